-- luacheck: globals jit table.unpack unpack loadstring
-- What public LuaJIT programs rely on: name, the right result as text, code. Runs under LuaJIT and,
-- after install { source = true }, under this module, and prints for each case its name, what is
-- right and what came out. Written in Lua 5.1 with LuaJIT's literals.
local ffi = require "ffi"
local bit = require "bit"

local function show(v)
    if type(v) == "number" then
        return ("%.14g"):format(v)
    elseif type(v) == "cdata" then
        return (tostring(v):gsub("^(%-?%d+)U?LL$", "%1"))
    end
    return tostring(v)
end

local function case(name, expected, fn)
    local function text(ok, ...)
        local out = {}
        for i = 1, select("#", ...) do
            out[i] = show((select(i, ...)))
        end
        return ok and table.concat(out, " ") or "error"
    end
    print(name .. "\t" .. expected .. "\t" .. text(pcall(fn)))
end

ffi.cdef [[
    typedef struct { short l_type; short l_whence; long l_start; long l_len; int l_pid; } lock_t;
    int fcntl(int, int, ...);
    int open(const char *, int, ...);
    int close(int);
    int abs(int);
    int snprintf(char *, size_t, const char *, ...);
    struct event { int n; char name[]; };
    struct counted { int n; short items[?]; };
    struct opaque;
    enum color { RED, GREEN = 5 };
]]
local C = ffi.C

case("a struct in '...' goes by address", "0 2", function()
    local fd = C.open("/dev/null", 0)
    local lock = ffi.new("lock_t", { 1 })
    local result = C.fcntl(fd, 5, lock) -- F_GETLK
    C.close(fd)
    return result, lock.l_type
end)

case("a union in '...' goes by address, also a view of one", "hello 5", function()
    ffi.cdef "typedef union { char text[8]; int i; } text_t;"
    local buffer = ffi.new "char[64]"
    local n = C.snprintf(buffer, 64, "%s", ffi.new("text_t[1]", { { "hello" } })[0])
    return ffi.string(buffer), n
end)

case("type(C.f) is cdata", "cdata function", function()
    return type(C.abs), type(print)
end)

case("C.f has the order of a pointer", "false true", function()
    local p = ffi.cast("int (*)(int)", C.abs)
    return p < C.abs, C.abs <= p
end)

case("sizeof a struct with a flexible member", "4 4 10 12", function()
    local block = ffi.new "char[64]"
    return ffi.sizeof "struct event", ffi.sizeof(ffi.cast("struct event *", block)[0]),
        ffi.sizeof("struct counted", 3), ffi.sizeof(ffi.new("struct counted", 4))
end)

case("sizeof T[?] needs a length", "error", function() return ffi.sizeof "int[?]" end)

case("sizeof and alignof of what has none", "nil 1 1", function()
    return ffi.sizeof "int[]", ffi.alignof "void", ffi.alignof "struct opaque"
end)

case("ipairs asks __ipairs", "1 2 3", function()
    local list = ffi.metatype("struct { int n; int items[3]; }", {
        __ipairs = function(self)
            return function(s, i)
                if i < s.n then
                    return i + 1, s.items[i]
                end
            end, self, 0
        end,
    })
    local out = {}
    for _, v in ipairs(list(3, { 1, 2, 3 })) do
        out[#out + 1] = v
    end
    return out[1], out[2], out[3]
end)

case("ipairs refuses arrays", "error", function() return ipairs(ffi.new "int[3]") end)

case("a string casts to its address", "true true", function()
    local text = "12"
    return ffi.cast("uintptr_t", text) == ffi.cast("uintptr_t", ffi.cast("const char *", text)),
        ffi.cast("enum color", "GREEN") == ffi.new("enum color", 5)
end)

case("a string is no number for new", "error", function() return ffi.new("int", "12") end)

case("istype ignores qualifiers of elements, one level deep", "true false false", function()
    return ffi.istype("int[3]", ffi.new "const int[3]"),
        ffi.istype("int[2][3]", ffi.new "const int[2][3]"), ffi.istype("int[3]", ffi.new "int[4]")
end)

case("istype compares pointers by size of integer", "true true false false false", function()
    return ffi.istype("int *", ffi.new "unsigned *"), ffi.istype("enum color *", ffi.new "int *"),
        ffi.istype("void *", ffi.new "int *"), ffi.istype("int **", ffi.new "const int **"),
        ffi.istype("float *", ffi.new "int *")
end)

case("istype compares arrays of one size only", "false true true", function()
    return ffi.istype("int[]", ffi.new "int[3]"), ffi.istype("int[3]", ffi.new "unsigned[3]"),
        ffi.istype("int[?]", ffi.new("int[?]", 3))
end)

case("string.format takes 64-bit cdata", "-5|1234|ffffffffffffffff|18446744073709551615", function()
    return ("%d|%x|%x|%u"):format(-5LL, ffi.cast("uintptr_t", ffi.cast("void *", 0x1234)), -1LL,
        18446744073709551615ULL)
end)

case("string.format cuts fractions off", "2 -2 7    |00003 25% 18446744073709551615", function()
    return ("%d %i %-5d|%05u %.0f%% %u"):format(2.7, -2.7, 7LL, 3, 25, -1)
end)

case("string.format names the argument", "true", function()
    local _, message = pcall(string.format, "%d", ffi.new "int[2]")
    return message:find("number expected, got cdata", 1, true) ~= nil
end)

case("bit: any cdata makes the operation a 64-bit one", "4294967280 1099511627776 11 15", function()
    return bit.band(ffi.new("uint32_t", 0xfffffff0), 0xffffffff), bit.lshift(ffi.new("int", 1), 40),
        bit.bor(ffi.new("float", 3.7), 8), bit.band("0xff", 0x0f)
end)

case("bit: hexadecimal digits of a uint32_t", "00000000000000ff", function()
    return bit.tohex(ffi.new("uint32_t", 255))
end)

case("a complex number becomes a real one", "3 3 3", function()
    local z = ffi.new("double _Complex", 3, 4)
    return tonumber(z), ffi.new("struct { double d; }", { z }).d, tonumber(ffi.cast("int", z))
end)

case("a number fills a vector", "3 3", function()
    ffi.cdef "typedef float vector_t __attribute__((vector_size(16))); struct body { vector_t v; };"
    local body = ffi.new "struct body"
    body.v = 3
    return body.v[0], body.v[3]
end)

case("typedefs of names that are known take no effect", "16 8 3", function()
    ffi.cdef [[
        typedef int intptr_t;
        struct holder { char c; intptr_t p; };
        typedef unsigned char size_t;
        typedef struct { char text[3]; } int_fast16_t; // not one of LuaJIT's
    ]]
    return ffi.sizeof "struct holder", ffi.sizeof "size_t", ffi.sizeof "int_fast16_t"
end)

case("a type text completes a tag that was mentioned", "4 4 8 1", function()
    ffi.cdef "struct context; int use(struct context *, union either *); enum mode;"
    local context = ffi.typeof "struct context { int a; }"
    ffi.typeof "union either { int a; double d; } *"
    ffi.typeof "enum mode { MODE_READ, MODE_WRITE }"
    return ffi.sizeof(context), ffi.sizeof "struct context", ffi.sizeof "union either", C.MODE_WRITE
end)

case("a type text makes no new tag", "error", function()
    return ffi.typeof "struct never_mentioned { int a; }"
end)

case("names of members may be repeated", "3 7 7 8", function()
    ffi.cdef "typedef union { struct { int a, b; }; struct { int a, c; }; } repeated_t;"
    local u = ffi.new "repeated_t"
    u.a, u.c = 3, 7
    return u.a, u.b, u.c, ffi.sizeof "repeated_t"
end)

case("a repeated name means its first member, values go by position", "1 4 2 3 0 12", function()
    ffi.cdef "struct twice { int a; int a; struct { int a, b; }; };"
    local s = ffi.new("struct twice", { 1, 2, 3, 4 })
    local raw = ffi.cast("int *", s)
    return s.a, s.b, raw[1], raw[2], ffi.offsetof("struct twice", "a"), ffi.offsetof("struct twice", "b")
end)

case("a repeated name gives its value to all of them", "1 1 1", function()
    local raw = ffi.cast("int *", ffi.new("struct twice", { a = 1, b = 2 }))
    return raw[0], raw[1], raw[2]
end)

case("parameters may have one name", "", function() ffi.cdef "int doubled(int x, int x);" end)

case("__ptr64 is read", "8", function() return ffi.sizeof "char * __ptr64" end)

case("C.f is read though a parameter is incomplete", "cdata", function()
    ffi.cdef "struct later; int atoi(struct later);"
    return type(C.atoi)
end)

case("its call is what raises", "error", function() return C.atoi(1) end)

case("an array with const elements is not assigned", "error", function()
    ffi.cdef "struct fixed { const int items[2]; int n; };"
    ffi.new("struct fixed").items = { 1, 2 }
end)

case("nor is a struct with a const member", "error", function()
    local list = ffi.new "struct fixed[2]"
    list[0] = list[1]
end)

case("the rest of such a struct is", "2 5", function()
    local s = ffi.new("struct fixed", { { 1, 2 } })
    s.n = 5
    return s.items[1], s.n
end)

case("the length of an array may come from a division", "8", function()
    return ffi.sizeof("char[" .. 16 / 2 .. "]")
end)

case("a string becomes the address of a function by a cast", "true", function()
    return ffi.cast("int (*)(int)", "text") ~= nil
end)

-- Function pointers made of Lua functions: each conversion its own, with :free and :set; `pcall` shows that the
-- slot is gone without saying how.
ffi.cdef [[
    typedef int (*op_t)(int);
    struct ops { op_t op; op_t table[2]; };
]]
local function double(x) return 2 * x end
local function negate(x) return -x end

case("a function stored in a field is a callback with :set and :free", "8 -4 false", function()
    local s = ffi.new "struct ops"
    s.op = double
    local before = s.op(4)
    s.op:set(negate)
    local after = s.op(4)
    s.op:free()
    return before, after, (pcall(s.op.free, s.op))
end)

case("each conversion by assignment makes another one", "false 6 -3", function()
    local s = ffi.new "struct ops"
    s.table[0] = double
    s.table[1] = double
    local same = s.table[0] == s.table[1]
    s.table[1]:set(negate)
    local first, second = s.table[0](3), s.table[1](3)
    s.table[0]:free()
    s.table[1]:free()
    return same, first, second
end)

case("so does each by an initialiser", "false 6 6 -3", function()
    local s = ffi.new("struct ops", { op = double, table = { double } })
    local p = ffi.new("op_t", double)
    local same = s.op == s.table[0]
    local first, second = s.op(3), s.table[0](3)
    p:set(negate)
    local third = p(3)
    s.op:free()
    s.table[0]:free()
    p:free()
    return same, first, second, third
end)

case("and each cast", "false 6 -3", function()
    local a, b = ffi.cast("op_t", double), ffi.cast("op_t", double)
    b:set(negate)
    local same, first, second = a == b, a(3), b(3)
    a:free()
    b:free()
    return same, first, second
end)

case("a slot is found through any pointer to it", "-3 false", function()
    local s = ffi.new("struct ops", { double })
    local p = ffi.cast("op_t", ffi.cast("void *", s.op))
    p:set(negate)
    local result = s.op(3)
    p:free()
    return result, (pcall(s.op.set, s.op, double))
end)
