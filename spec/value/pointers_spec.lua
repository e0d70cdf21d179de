-- Pointers into C and NULL out of it (docs/design.md S5, S6).

local ffi = require "cffi"
local support = require "support"

local function raises(fn, text)
    return support.raises(text, fn)
end

describe("pointers", function()
    it("read NULL as nil and take nil for it", function()
        local p = ffi.new("char *[2]")
        assert.is_nil(p[0])
        p[1] = nil
        assert.is_nil(p[1])
    end)
    it("match by pointee and refuse to drop const", function()
        ffi.cdef "struct cv_a { int x; }; struct cv_b { int x; };"
        local a = ffi.new("struct cv_a")
        local p = ffi.new("struct cv_b *[1]")
        raises(function() p[0] = a end,
            "element 0 of 'struct cv_b *[1]': cannot convert 'struct cv_a' to 'struct cv_b *'")
        local c = ffi.new("char *[1]")
        local const = ffi.cast("const char *", "text")
        raises(function() c[0] = const end,
            "element 0 of 'char *[1]': cannot convert 'const char *' to 'char *': it would drop a qualifier")
        raises(function() c[0] = "text" end,
            "element 0 of 'char *[1]': a Lua string is constant and 'char *' may be written through: "
            .. "use ffi.new(\"char[?]\", #s + 1, s)")
    end)
    it("take neither integers nor text", function()
        local cell = ffi.new "int *[1]"
        raises(function() cell[0] = 5 end, "element 0 of 'int *[1]': cannot convert integer 5 to 'int *'")
        raises(function() cell[0] = "abc" end,
            "element 0 of 'int *[1]': cannot convert string \"abc\" to 'int *'")
    end)
    it("keep a stored string alive with the memory that holds it", function()
        local s = ffi.new("const char *[1]")
        s[0] = ("x"):rep(50) .. "!"
        collectgarbage() collectgarbage()
        assert.equal(("x"):rep(50) .. "!", ffi.string(s[0]))
    end)
    it("refuse to store a string in memory that Lua does not own", function()
        ffi.cdef "void *malloc(size_t); void free(void *);"
        local p = ffi.cast("const char **", ffi.C.malloc(16))
        raises(function() p[0] = "x" end,
            "element 0 of 'const char **': a Lua string cannot be stored in memory that Lua does "
            .. "not own: copy it with ffi.arena or ffi.new")
        ffi.C.free(p)
    end)
end)

describe("NULL from C is nil", function()
    it("as a result, field, element, variable and callback argument", function()
        ffi.cdef [[
            char *getenv(const char *);
            struct sp_pointers { int *p; void (*f)(void); const char *s; };
            typedef int (*sp_compare)(const void *, const void *);
            extern void *library_nothing;
        ]]
        local s = ffi.new "struct sp_pointers"
        assert.same({n = 3}, table.pack(s.p, s.f, s.s))
        assert.is_nil(ffi.new("int *[2]")[1])
        assert.is_nil(ffi.C.getenv "NO_SUCH_VARIABLE")
        assert.is_nil(ffi.load(support.library "library").library_nothing)
        local got
        local cb <close> = ffi.callback("sp_compare", function(...) got = table.pack(...) return 0 end)
        cb(nil, "x")
        assert.is_nil(got[1])
        assert.equal("cdata", ffi.type(got[2]))
    end)

    it("and nil stores NULL", function()
        local a = ffi.new("int *[1]", {ffi.new "int[1]"})
        a[0] = nil
        assert.is_nil(a[0])
        a[0] = ffi.new "int[1]"
        a[0] = ffi.cast("void *", nil)
        assert.is_nil(a[0])
    end)

    it("is ffi.nullptr, and what C calls NULL", function()
        local scope = ffi.scope()
        scope.cdef [[
            struct sp_nothing;
            #define NULL ((void *)0)
            #define SP_NOTHING ((const struct sp_nothing *)NULL)
            #define SP_SOMETHING ((void *)-1)
        ]]
        local C = scope.C
        assert.same({n = 4}, table.pack(scope.nullptr, ffi.nullptr, C.NULL, C.SP_NOTHING))
        assert.is_true(ffi.C.getenv "NO_SUCH_VARIABLE" == C.NULL)
        assert.equal("cdata<void *>: 0x" .. ("ff"):rep(ffi.sizeof "void *"), tostring(C.SP_SOMETHING))
        raises(function() C.NULL = 5 end, "attempt to write to constant 'NULL'")
        assert.equal("cdata<int *>: NULL", tostring(ffi.cast("int *", nil)))
        assert.is_true(ffi.isnull(ffi.cast("int *", nil)) and ffi.isnull(nil))
        assert.is_true(ffi.cast("void *", nil) == ffi.new "int *")
    end)

    it("makes no module load when ffi.nullptr is asked for", function()
        local code, out = support.run {support.lua, "-e", [[
            local ffi = require "cffi"
            print(ffi.nullptr, ffi.scope().nullptr, package.loaded["cffi.fiddle"])]]}
        assert.same({0, "nil\tnil\tnil\n"}, {code, out})
    end)
end)
