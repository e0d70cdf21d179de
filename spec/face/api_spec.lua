-- The functions of the ffi table: what they answer when used rightly. Their argument errors are in
-- errors_spec.
local core = require "cffi"
local support = require "spec.support"
local raises, gc = support.raises, support.gc

local ffi = core.scope()

ffi.cdef [[
    struct api_point { int x, y; };
    struct api_bits { unsigned a : 3; unsigned b : 7; int : 0; signed c : 4; char tail; };
    struct __attribute__((packed)) api_packed {
        char first; unsigned wide : 31; unsigned over : 9;
    };
    struct api_line { struct api_point from, to; char name[8]; struct { int inner; }; };
    union api_any { int i; float f; };
    struct api_flexible { int count; short items[]; };
    struct api_vls { int count; short items[?]; };
    struct api_opaque;
    enum api_color { API_RED, API_GREEN };
    typedef int (*api_binary)(int, int);
    int abs(int);
    size_t strlen(const char *);
]]

describe("ffi.cdef", function()
    it("takes $ arguments", function()
        local s = core.scope()
        s.cdef("typedef $ *$; enum { api_n = $ };", s.typeof "short", "api_pointer", 12)
        assert.equal("ctype<short *>", tostring(s.typeof "api_pointer"))
        assert.equal(12, s.C.api_n)
    end)

    it("takes options after them", function()
        local s = core.scope()
        s.cdef([[
            #ifdef WITH
            int api_with(void);
            #endif
            enum { api_n = N, api_m = $, api_y = YES };
            #ifdef NO
            #error no
            #endif
        ]], 4, { defs = { WITH = true, N = 3, YES = "1 + 1", NO = false } })
        assert.same({ 3, 4, 2 }, { s.C.api_n, s.C.api_m, s.C.api_y })
        raises("undefined symbol 'api_with' in ffi.C", function() return s.C.api_with end)
    end)

    it("names its source in errors", function()
        local s = core.scope()
        local ok, message = pcall(s.cdef, "int x\nint y;", { name = "my.h" })
        assert.is_false(ok)
        assert.matches("^my%.h:2:1: ", message)
    end)

    it("replaces declarations with {override = true} only", function()
        local s = core.scope()
        s.cdef "int api_f(int);"
        assert.has_error(function() s.cdef "long api_f(long);" end)
        s.cdef("long api_f(long);", { override = true })
        s.cdef "long api_f(long);"
    end)
end)

-- The commonest texts of types are known by their address (object/inplace.h).
describe("a text that was read before", function()
    it("means what it was declared as last", function()
        local s = core.scope()
        for _, declared in ipairs { { "short", 2 }, { "double", 8 }, { "char", 1 } } do
            s.cdef(("typedef %s api_again;"):format(declared[1]), { override = true })
            for _ = 1, 3 do
                assert.equal(declared[2], s.sizeof "api_again")
                assert.equal(s.typeof(declared[1]), s.typeof "api_again")
                assert.is_true(s.istype("api_again", s.new "api_again"))
            end
        end
    end)

    it("is each scope's own", function()
        local a, b = core.scope(), core.scope()
        a.cdef "typedef short api_own;"
        b.cdef "typedef double api_own;"
        for _ = 1, 3 do
            assert.equal(2, a.sizeof "api_own")
            assert.equal(8, b.sizeof "api_own")
            assert.has_error(function() ffi.sizeof "api_own" end)
        end
    end)

    it("is any of many", function()
        local s, seen = core.scope(), {}
        for i = 1, 200 do s.cdef(("typedef char api_many%d[%d];"):format(i, i)) end
        for _ = 1, 3 do
            for i = 1, 200 do seen[s.sizeof("api_many" .. i)] = true end
        end
        assert.equal(200, #seen)
    end)

    it("completes and gets a metatype", function()
        local s = core.scope()
        s.cdef "struct api_late;"
        local pointer = s.typeof "struct api_late *"
        assert.has_error(function() s.new "struct api_late" end)
        s.cdef "struct api_late { int x; };"
        for _ = 1, 3 do assert.equal(4, s.sizeof "struct api_late") end
        s.metatype("struct api_late", { __index = { get = function(v) return v.x end } })
        for i = 1, 3 do
            assert.equal(i, s.new("struct api_late", i):get())
            assert.equal(pointer, s.typeof "struct api_late *")
        end
    end)
end)

describe("ffi.typeof", function()
    it("takes text, types, values and functions", function()
        assert.equal("ctype<int>", tostring(ffi.typeof "int"))
        assert.equal(ffi.typeof "int", ffi.typeof(ffi.typeof "int"))
        assert.equal("ctype<struct api_point>", tostring(ffi.typeof(ffi.new "struct api_point")))
        assert.equal("ctype<int (int)>", tostring(ffi.typeof(ffi.C.abs)))
    end)

    it("takes $ arguments", function()
        assert.equal("ctype<struct api_point[3]>",
            tostring(ffi.typeof("$[$]", ffi.typeof "struct api_point", 3)))
    end)
end)

describe("ffi.sizeof", function()
    it("answers the size of types and values", function()
        assert.equal(4, ffi.sizeof "int")
        assert.equal(8, ffi.sizeof "struct api_point")
        assert.equal(8, ffi.sizeof(ffi.new "struct api_point"))
        assert.equal(12, ffi.sizeof "int[3]")
        assert.equal(ffi.abi "64bit" and 8 or 4, ffi.sizeof(ffi.cast("char *", nil)))
        assert.equal(ffi.tonumber(ffi.eval "__SIZEOF_LONG_DOUBLE__"), ffi.sizeof "long double")
    end)

    it("answers nil when the size is not known", function()
        for _, name in ipairs { "void", "struct api_opaque", "int (void)", "int[]", "int[?]",
            "struct api_vls" } do
            assert.is_nil(ffi.sizeof(name), name)
        end
        assert.is_nil(ffi.sizeof(ffi.C.abs))
    end)

    it("knows variable-length types and objects", function()
        assert.equal(40, ffi.sizeof("int[?]", 10))
        assert.equal(4 + 10, ffi.sizeof("struct api_vls", 5))
        assert.equal(4 + 10, ffi.sizeof("struct api_flexible", 5))
        assert.equal(4, ffi.sizeof "struct api_flexible")
        assert.equal(40, ffi.sizeof(ffi.new("int[?]", 10)))
        assert.equal(4 + 6, ffi.sizeof(ffi.new("struct api_vls", 3)))
        assert.equal(0, ffi.sizeof(ffi.new("int[?]", 0)))
    end)
end)

describe("ffi.alignof and ffi.offsetof", function()
    it("answer as the compiler does", function()
        assert.equal(4, ffi.alignof "int")
        assert.equal(4, ffi.alignof "struct api_point")
        assert.equal(({ x86 = 4, s390x = 8, arm = 8 })[ffi.arch] or 16, ffi.alignof "long double")
        assert.equal(1, ffi.alignof "struct api_packed")
        assert.equal(2, ffi.alignof "short[]")
        assert.equal(4, ffi.offsetof("struct api_point", "y"))
        assert.equal(24, ffi.offsetof("struct api_line", "inner"))
        assert.equal(0, ffi.offsetof("union api_any", "f"))
    end)

    it("place bit-fields in their storage unit, as LuaJIT does", function()
        assert.same({ 0, 0, 3 }, { ffi.offsetof("struct api_bits", "a") })
        assert.same({ 0, 3, 7 }, { ffi.offsetof("struct api_bits", "b") })
        assert.same({ 4, 0, 4 }, { ffi.offsetof("struct api_bits", "c") })
        assert.same({ 5 }, { ffi.offsetof("struct api_bits", "tail") })
        assert.same({ 4, 7, 9 }, { ffi.offsetof("struct api_packed", "over") })
    end)

    it("refuse a member that is not there, as LuaJIT does not", function()
        local ok, message = pcall(ffi.offsetof, "struct api_point", "z")
        assert.is_false(ok)
        assert.equal("'struct api_point' has no member 'z' (members: x, y)", message)
        local luajit = require "cffi.luajit"
        assert.equal(0, select("#", luajit.offsetof("struct { int x; }", "z")))
    end)
end)

describe("ffi.istype", function()
    it("compares types without their qualifiers", function()
        local p = ffi.new "struct api_point"
        assert.is_true(ffi.istype("struct api_point", p))
        assert.is_true(ffi.istype("const struct api_point", p))
        assert.is_true(ffi.istype("struct api_point", ffi.addressof(p)))
        assert.is_false(ffi.istype("struct api_point *", p))
        assert.is_true(ffi.istype("struct api_point *", ffi.addressof(p)))
        assert.is_true(ffi.istype("const struct api_point *", ffi.addressof(p)))
        assert.is_false(ffi.istype("void *", ffi.addressof(p)))
        assert.is_true(ffi.istype("int", ffi.new "int"))
        assert.is_false(ffi.istype("int", ffi.new "unsigned"))
        assert.is_false(ffi.istype("long", ffi.new "long long"))
        assert.is_true(ffi.istype("int32_t", ffi.typeof "int"))
        assert.is_true(ffi.istype("int (int)", ffi.C.abs))
    end)

    it("is false for all that is not C's", function()
        for _, value in ipairs { 5, "int", true, {}, print } do
            assert.is_false(ffi.istype("int", value))
        end
        assert.is_false(ffi.istype("void *", nil))
    end)

    it("finds the same struct in another scope", function()
        local s = core.scope()
        s.cdef "struct api_point { int x, y; };"
        assert.is_true(ffi.istype("struct api_point", s.new "struct api_point"))
    end)
end)

describe("ffi.type and ffi.tonumber", function()
    it("know cdata", function()
        assert.equal("cdata", ffi.type(ffi.new "int"))
        assert.equal("ctype", ffi.type(ffi.typeof "int"))
        assert.equal("userdata", ffi.type(io.stdout))
        assert.equal("nil", ffi.type(nil))
        assert.equal("function", ffi.type(ffi.C.abs))
    end)

    it("convert numeric cdata #lp64", function()
        assert.equal(5, ffi.tonumber(ffi.new("int", 5)))
        assert.equal("integer", math.type(ffi.tonumber(ffi.new("uint64_t", 5))))
        assert.equal(2.0 ^ 64, ffi.tonumber(ffi.new("uint64_t", -1)))
        assert.equal(-2.0 ^ 100,
            ffi.tonumber(ffi.cast("__int128", "-0x10000000000000000000000000")))
        assert.equal(0.5, ffi.tonumber(ffi.new("float", 0.5)))
        assert.equal(0.5, ffi.tonumber(ffi.new("long double", 0.5)))
        assert.equal(1, ffi.tonumber(ffi.new("bool", true)))
        assert.equal(1, ffi.tonumber(ffi.new("enum api_color", "API_GREEN")))
        assert.is_nil(ffi.tonumber(ffi.new "struct api_point"))
        assert.is_nil(ffi.tonumber(ffi.cast("void *", nil)))
    end)

    it("convert the rest as Lua does", function()
        for _, case in ipairs { { "10" }, { "0x1p4" }, { " 5 " }, { "5x" }, { "" }, { "ff", 16 },
            { "-zz", 36 }, { " 11 ", 2 }, { "12", 2 }, { "", 10 }, { 5 }, { 5.5 }, { true },
            { {} } } do
            local want = tonumber(table.unpack(case))
            local got = ffi.tonumber(table.unpack(case))
            assert.equal(want, got)
            assert.equal(math.type(want), math.type(got))
        end
    end)
end)

describe("ffi.string", function()
    it("reads to the zero, or to the end of an array", function()
        assert.equal("hello", ffi.string(ffi.new("char[10]", "hello")))
        assert.equal("hell", ffi.string(ffi.new("char[4]", { 104, 101, 108, 108 })))
        assert.equal("hello", ffi.string(ffi.cast("const char *", "hello")))
        assert.equal("hello", ffi.string(ffi.cast("void *", "hello")))
        assert.equal("hi", ffi.string(ffi.new("uint8_t[?]", 2, { 104, 105 })))
        assert.equal("bc", ffi.string(ffi.new("char[3]", "abc") + 1))
    end)

    it("reads a given number of bytes of anything", function()
        assert.equal("a\0b", ffi.string(ffi.new("char[4]", "a\0b"), 3))
        assert.equal("\1\0\0\0\2\0\0\0", ffi.string(ffi.new("struct api_point", 1, 2), 8))
        assert.equal("\5\0", ffi.string(ffi.new("int[1]", 5), 2))
        assert.equal("", ffi.string(ffi.new "int[1]", 0))
    end)

    it("answers nil for nil and NULL", function()
        assert.is_nil(ffi.string(nil))
        assert.is_nil(ffi.string(ffi.cast("void *", nil)))
        assert.is_nil(ffi.string(ffi.cast("char *", 0), 5))
    end)

    it("takes Lua strings", function()
        assert.equal("a\0b", ffi.string "a\0b")
        assert.equal("ab", ffi.string("abc", 2))
    end)
end)

describe("ffi.copy and ffi.fill", function()
    it("copy strings with their zero", function()
        local buffer = ffi.new("char[6]", "xxxxx")
        ffi.copy(buffer, "abc")
        assert.equal("abc\0x\0", ffi.string(buffer, 6))
        ffi.copy(buffer, "xy", 2)
        assert.equal("xyc", ffi.string(buffer))
    end)

    it("copy memory, overlapping too", function()
        local a, b = ffi.new("int[3]", 1, 2, 3), ffi.new "int[3]"
        ffi.copy(b, a, 12)
        assert.equal(3, b[2])
        ffi.copy(a + 1, a, 8)
        assert.same({ 1, 1, 2 }, ffi.totable(a))
        local p, q = ffi.new("struct api_point", 1, 2), ffi.new "struct api_point"
        ffi.copy(q, p, ffi.sizeof(p))
        assert.equal(2, q.y)
    end)

    it("fill with zero or with the low byte of a number", function()
        local buffer = ffi.new("uint8_t[4]", 9, 9, 9, 9)
        ffi.fill(buffer, 2)
        assert.same({ 0, 0, 9, 9 }, ffi.totable(buffer))
        ffi.fill(buffer, 3, 0x1FF)
        assert.same({ 255, 255, 255, 9 }, ffi.totable(buffer))
        ffi.fill(buffer + 3, 1, ffi.new("int", 7))
        assert.equal(7, buffer[3])
    end)
end)

describe("ffi.errno and ffi.strerror", function()
    it("answer the last call's errno and set the next one's", function()
        ffi.cdef "int close(int);"
        ffi.errno(0)
        assert.equal(-1, ffi.C.close(-1))
        assert.equal(9, ffi.errno())
        assert.equal("Bad file descriptor", ffi.strerror())
        assert.equal("No such file or directory", ffi.strerror(2))
        assert.equal(9, ffi.errno(5))
        assert.equal(5, ffi.errno())
        raises("bad argument #1 to 'errno' (integer 4294967296 is no errno value)", ffi.errno, 1 << 32)
        raises("bad argument #1 to 'errno' (integer expected, got number 1.5)", ffi.errno, 1.5)
        raises("bad argument #1 to 'strerror' (integer expected, got string \"2\")", ffi.strerror, "2")
        assert.equal(5, ffi.errno())
        ffi.errno(0)
    end)
end)

describe("ffi.gc", function()
    it("calls the finaliser once, with the cdata", function()
        local seen = {}
        local function fin(cd) seen[#seen + 1] = cd.x end
        do
            local p = ffi.gc(ffi.new("struct api_point", 5), fin)
            assert.equal(5, p.x)
        end
        gc()
        gc()
        assert.same({ 5 }, seen)
    end)

    it("replaces and removes finalisers, and lets nil pass", function()
        local count = 0
        ffi.gc(ffi.gc(ffi.new "int[1]", function() count = count + 1 end), nil)
        ffi.gc(ffi.gc(ffi.new "int[1]", function() count = count + 10 end),
            function() count = count + 100 end)
        gc()
        assert.equal(100, count)
        assert.is_nil(ffi.gc(nil, print))
    end)

    it("takes C functions and callable values", function()
        ffi.cdef "void *malloc(size_t); void free(void *);"
        local p = ffi.gc(ffi.C.malloc(10), ffi.C.free)
        assert.is_not_nil(p)
        local called = false
        ffi.gc(ffi.new "int[1]", setmetatable({}, { __call = function() called = true end }))
        p = nil -- luacheck: ignore
        gc()
        assert.is_true(called)
    end)
end)

describe("ffi.addressof", function()
    it("points to the value and keeps it alive", function()
        local pointer = ffi.addressof(ffi.new("struct api_point", 1, 2))
        gc()
        assert.equal(2, pointer.y)
        local n = ffi.new("int", 5)
        local to = ffi.addressof(n)
        assert.equal("ctype<int *>", tostring(ffi.typeof(to)))
        to[0] = 6
        assert.equal(6, ffi.tonumber(n))
        assert.equal(3, ffi.addressof(ffi.C.abs)(-3))
    end)

    it("points to a member or an element, which keeps the whole alive", function()
        local s = ffi.new [[const struct { int bits : 3; struct { int b; char c[4]; } in;
            union { int u; float f; }; int rows[2][3]; int *p; }]]
        local of = ffi.offsetof
        local base = ffi.cast("char *", s)
        for name, type in pairs { ["in"] = "const struct { int b; char c[4]; } *", u = "const int *",
            f = "const float *", rows = "const int (*)[2][3]", p = "int *const *" } do
            local at = ffi.addressof(s, name)
            assert.equal("ctype<" .. type .. ">", tostring(ffi.typeof(at)))
            assert.equal(of(ffi.typeof(s), name), ffi.cast("char *", at) - base)
        end
        assert.equal(12, ffi.cast("char *", ffi.addressof(s.rows, 1)) - ffi.cast("char *", s.rows))
        local point = ffi.new("struct api_point", 1, 2)
        local y = ffi.addressof(ffi.addressof(point), "y")
        y[0] = 9
        assert.equal(9, point.y)
        local third = ffi.addressof(ffi.new("int[4]", 5, 6, 7, 8), 2)
        gc()
        assert.same({ 6, 7, 8 }, { third[-1], third[0], third[1] })
        assert.equal("cdata<int *>: 0x10", tostring(ffi.addressof(ffi.cast("int *", 8), 2)))
        local holder = ffi.new "struct { int *p; }"
        ffi.addressof(holder, "p")[0] = ffi.new("int[1]", 7)
        gc()
        assert.equal(7, holder.p[0])
    end)

    it("refuses what has no address", function()
        local s = ffi.new "struct { int bits : 3; int list[2]; }"
        raises("bit-field 'bits' of 'struct { int bits : 3; int list[2]; }' has no address", ffi.addressof, s, "bits")
        raises("'struct { int bits : 3; int list[2]; }' has no member 'lst' (did you mean 'list'?)",
            ffi.addressof, s, "lst")
        raises("cannot index 'struct { int bits : 3; int list[2]; }' with integer 1", ffi.addressof, s, 1)
        raises("index 2 out of bounds for 'int[2]'", ffi.addressof, s.list, 2)
        raises("'int[2]' has no member 'x'", ffi.addressof, s.list, "x")
        raises("cannot index 'int' with integer 0", ffi.addressof, ffi.new "int", 0)
        raises("null pointer: cannot index 'int *'", ffi.addressof, ffi.cast("int *", nil), 0)
        raises("null pointer: cannot index 'struct api_point *' with 'x'",
            ffi.addressof, ffi.cast("struct api_point *", nil), "x")
        raises("'void *' has no elements: ffi.cast(\"int *\", p)[1]", ffi.addressof, ffi.cast("void *", s), 1)
    end)
end)

describe("ffi.toretval and ffi.eval", function()
    it("give the Lua value of a cdata", function()
        assert.equal(5, ffi.toretval(ffi.new("int", 5)))
        assert.equal(true, ffi.toretval(ffi.new("bool", true)))
        assert.is_nil(ffi.toretval(ffi.cast("void *", nil)))
        assert.equal("18446744073709551615", tostring(ffi.toretval(ffi.new("uint64_t", -1))))
    end)

    it("evaluate C expressions to cdata of their type", function()
        local n = ffi.eval "1 + 2"
        assert.equal("cdata", ffi.type(n))
        assert.is_true(ffi.istype("int", n))
        assert.equal(3, ffi.tonumber(n))
        assert.is_true(ffi.istype("unsigned long long", ffi.eval "0xFFFFFFFFFFFFFFFFULL"))
        assert.equal(18446744073709551615.0, ffi.tonumber(ffi.eval "0xFFFFFFFFFFFFFFFFULL"))
        assert.equal(0.5, ffi.tonumber(ffi.eval "1 / 2.0"))
        assert.equal(8, ffi.tonumber(ffi.eval "sizeof(struct api_point)"))
        assert.equal(1, ffi.tonumber(ffi.eval "API_GREEN"))
        assert.equal("text", ffi.eval '"te" "xt"')
    end)
end)

describe("ffi.isnull and ffi.eq", function()
    it("see NULL", function()
        assert.is_true(ffi.isnull(nil))
        assert.is_true(ffi.isnull(ffi.cast("void *", nil)))
        assert.is_true(ffi.isnull(ffi.cast("int *", 0)))
        assert.is_false(ffi.isnull(ffi.cast("int *", 1)))
        assert.is_false(ffi.isnull(ffi.new "int[1]"))
        assert.is_false(ffi.isnull(0))
        assert.is_false(ffi.isnull(false))
        assert.is_true(ffi.isnull(ffi.cast("int *", nil)))
    end)

    it("compare by value and by address", function()
        assert.is_true(ffi.eq(ffi.new("int", 5), 5))
        assert.is_true(ffi.eq(5, ffi.new("uint64_t", 5)))
        assert.is_false(ffi.eq(-1, ffi.new("uint64_t", -1)))
        assert.is_true(ffi.eq(ffi.cast("void *", nil), nil))
        assert.is_false(ffi.eq(ffi.cast("void *", 8), nil))
        assert.is_true(ffi.eq("a", "a"))
        local n = 1
        local light = debug.upvalueid(function() return n end, 1)
        assert.is_true(ffi.eq(ffi.cast("void *", light), light))
        assert.is_true(ffi.eq(light, ffi.cast("char *", light)))
        assert.is_false(ffi.eq(ffi.cast("char *", light) + 1, light))
        assert.is_false(ffi.eq(ffi.cast("void *", light), print))
    end)
end)

describe("ffi.totable", function()
    it("makes structs tables and arrays lists", function()
        local line = ffi.new("struct api_line", { from = { 1, 2 }, to = { 3, 4 }, inner = 5 })
        assert.same({ from = { x = 1, y = 2 }, to = { x = 3, y = 4 },
            name = { 0, 0, 0, 0, 0, 0, 0, 0 }, inner = 5 }, ffi.totable(line))
        assert.same({ 1, 2, 3 }, ffi.totable(ffi.new("int[3]", 1, 2, 3)))
        assert.same({ { x = 1, y = 2 } }, ffi.totable(ffi.new("struct api_point[1]", { { 1, 2 } })))
        assert.same({ a = 5, b = 100, c = -3, tail = 1 },
            ffi.totable(ffi.new("struct api_bits", { a = 5, b = 100, c = -3, tail = 1 })))
        assert.same({ { 1, 2 }, { 3, 4 } },
            ffi.totable(ffi.new("int[2][2]", { { 1, 2 }, { 3, 4 } })))
    end)

    it("counts what it is told to", function()
        local a = ffi.new("int[3]", 1, 2, 3)
        assert.same({ 1, 2 }, ffi.totable(a, 2))
        assert.same({ 2, 3 }, ffi.totable(a + 1, 2))
        assert.same({}, ffi.totable(a, 0))
        assert.same({ x = 1, y = 2 }, ffi.totable(ffi.addressof(ffi.new("struct api_point", 1, 2))))
        assert.same({ 4, 5 }, ffi.totable(ffi.new("short[?]", 2, 4, 5)))
    end)
end)

describe("ffi.handle", function()
    it("stands for a Lua value while it lives", function()
        local value = {}
        local handle = ffi.handle(value)
        assert.is_true(ffi.istype("void *", handle))
        assert.equal(value, ffi.from_handle(handle))
        assert.equal(value, ffi.from_handle(ffi.cast("void *", handle)))
        local _, message = pcall(ffi.from_handle, debug.upvalueid(function() return value end, 1))
        assert.truthy(message:find "^'0x%x+' is no handle, or one whose value is gone$")
        for _, other in ipairs { 5, "x", false } do
            assert.equal(other, ffi.from_handle(ffi.handle(other)))
        end
        assert.is_nil(ffi.from_handle(ffi.handle(nil)))
    end)

    it("passes through C", function()
        local lib = ffi.load(support.library "library")
        ffi.cdef "void library_keep(void *); void *library_get_kept(void);"
        local value = { "mine" }
        local handle = ffi.handle(value)
        lib.library_keep(handle)
        assert.equal(value, ffi.from_handle(lib.library_get_kept()))
        local stale = tostring(lib.library_get_kept()):match "0x%x+"
        handle = nil -- luacheck: ignore
        gc()
        raises(("'%s' is no handle, or one whose value is gone"):format(stale),
            function() return ffi.from_handle(lib.library_get_kept()) end)
    end)

    it("lets go of the value when the handle is gone", function()
        local weak = setmetatable({ {} }, { __mode = "v" })
        local handle = ffi.handle(weak[1])
        gc()
        assert.equal(weak[1], ffi.from_handle(handle))
        handle = nil -- luacheck: ignore
        gc()
        assert.is_nil(weak[1])
    end)

    it("refuses what never was one", function()
        raises("'0x10' is no handle, or one whose value is gone", ffi.from_handle,
            ffi.cast("void *", 16))
        raises("'(nil)' is no handle, or one whose value is gone", ffi.from_handle, ffi.cast("void *", nil))
    end)
end)

describe("ffi.arena", function()
    it("keeps what it makes until it is closed #close", function()
        local weak = setmetatable({}, { __mode = "v" })
        do
            local arena <close> = ffi.arena()
            weak[1] = arena:new("struct api_point", 1, 2)
            weak[2] = arena:string "hello"
            gc()
            assert.equal(2, weak[1].y)
            assert.equal("hello", ffi.string(weak[2]))
            assert.equal(6, ffi.sizeof(weak[2]))
            assert.equal("arena", tostring(arena))
        end
        gc()
        assert.is_nil(weak[1])
        assert.is_nil(weak[2])
    end)

    it("holds text for memory that Lua does not own", function()
        ffi.cdef "void *calloc(size_t, size_t);"
        local arena = ffi.arena()
        local memory = ffi.gc(ffi.C.calloc(1, 8), ffi.C.free)
        local slot = ffi.cast("const char **", memory)
        slot[0] = arena:string "kept"
        gc()
        assert.equal("kept", ffi.string(slot[0]))
        assert.is_false(ffi.isnull(memory))
        arena:close()
    end)

    it("is of no use once closed", function()
        local arena = ffi.arena()
        arena:close()
        arena:close()
        raises("the arena is closed", function() arena:new "int" end)
        raises("the arena is closed", function() arena:string "x" end)
        assert.equal("arena (closed)", tostring(arena))
    end)
end)

describe("the target", function()
    it("is known #lp64", function()
        assert.matches("^Lua 5%.[345]$", _VERSION)
        assert.matches("^cffi %d+%.%d+%.%d+$", ffi._VERSION)
        assert.is_true(ffi.abi "64bit")
        assert.is_false(ffi.abi "32bit")
        assert.is_true(ffi.abi "le" ~= ffi.abi "be")
        assert.is_true(ffi.abi "fpu")
        assert.is_false(ffi.abi "win")
        assert.is_false(ffi.abi "no such thing")
        local uname = io.popen("uname -s"):read "l"
        if uname == "Linux" then
            assert.equal("Linux", ffi.os)
        end
        assert.is_string(ffi.arch)
    end)
end)

describe("the module", function()
    it("is one table however often it is required", function()
        local first = require "cffi.core"
        package.loaded["cffi.core"] = nil
        assert.equal(first, require "cffi.core")
        assert.equal(first, core)
    end)
end)
