-- docs/design.md S20, sentence by sentence.

local cffi = require "cffi"
local support = require "support"
local raises = support.raises

local ffi = cffi.scope {}

describe("S20: known without a header", function()
    it("are the types of stdint.h, stddef.h, uchar.h and the compiler's own #lp64", function()
        local SIZES = {
            bool = 1, _Bool = 1, int8_t = 1, uint8_t = 1, int16_t = 2, uint16_t = 2, int32_t = 4,
            uint32_t = 4, int64_t = 8, uint64_t = 8, int_least8_t = 1, uint_least8_t = 1,
            int_least16_t = 2, uint_least16_t = 2, int_least32_t = 4, uint_least32_t = 4,
            int_least64_t = 8, uint_least64_t = 8, int_fast8_t = 1, uint_fast8_t = 1,
            intmax_t = 8, uintmax_t = 8, intptr_t = 8, uintptr_t = 8, size_t = 8, ssize_t = 8,
            ptrdiff_t = 8, max_align_t = 32, wchar_t = 4, char16_t = 2, char32_t = 4,
            __int8 = 1, __int16 = 2, __int32 = 4, __int64 = 8, ["double complex"] = 16,
            ["float complex"] = 8, ["long double complex"] = 32,
        }
        for name, size in pairs(SIZES) do
            assert.equal(size, ffi.sizeof(name), name)
        end
        for _, name in ipairs {"int8_t", "intptr_t", "ptrdiff_t", "ssize_t", "intmax_t", "__int32"} do
            assert.equal(-1, ffi.tonumber(ffi.cast(name, -1)), name)
        end
        for _, name in ipairs {"uint8_t", "uintptr_t", "size_t", "uintmax_t", "char16_t", "char32_t"} do
            assert.is_true(ffi.tonumber(ffi.cast(name, -1)) > 0, name)
        end
    end)

    it("is va_list as the ABI has it", function()
        local size = {x64 = 24, arm64 = 32}
        assert.equal(size[ffi.arch] or ffi.sizeof "va_list", ffi.sizeof "va_list")
        ffi.cdef "int vsnprintf(char *, size_t, const char *, va_list);"
        assert.is_function(ffi.C.vsnprintf)
    end)
end)

describe("S20: values", function()
    it("bool is a Lua boolean, char an integer, an enum member takes integers and names", function()
        ffi.cdef "enum sp_color { SP_RED, SP_GREEN = 5 }; struct sp { bool b; char c; enum sp_color e; };"
        local s = ffi.new("struct sp", true, 65, "SP_GREEN")
        assert.same({true, 65, 5}, {s.b, s.c, s.e})
        s.e = 77 -- C's enums hold any integer of their type
        assert.equal(77, s.e)
        raises("field 'e' of 'struct sp': 'enum sp_color' has no enumerator 'SP_BLUE'",
            function() s.e = "SP_BLUE" end)
        raises("field 'e' of 'struct sp': 'enum sp_color' has no enumerator 'SP_GREN' (did you mean 'SP_GREEN'?)",
            function() s.e = "SP_GREN" end)
        raises("'enum sp_color' has no enumerator 'SP_ERD' (did you mean 'SP_RED'?)", ffi.cast,
            "enum sp_color", "SP_ERD")
        raises("'enum sp_color' has no member 'SP_ERD' (did you mean 'SP_RED'?)",
            function() return ffi.typeof("enum sp_color").SP_ERD end)
        ffi.cdef "struct sp_limits { static const int LIMIT = 4; int x; };"
        raises("'struct sp_limits' has no member 'LIMTI' (did you mean 'LIMIT'?)",
            function() return ffi.new("struct sp_limits").LIMTI end)
        raises("'struct sp_limits' has no member 'LIMTI' (did you mean 'LIMIT'?)",
            function() return ffi.typeof("struct sp_limits").LIMTI end)
        raises("'enum sp_color' has no enumerator 'R'", ffi.cast, "enum sp_color", "R")
        assert.equal(77, s.e)
    end)

    it("known extents bound ffi.string, copy and fill", function()
        local full = ffi.new("char[4]", "abcd")
        assert.equal("abcd", ffi.string(full))
        assert.equal("cd", ffi.string(full + 2))
        assert.equal("ab", ffi.string(ffi.new("char[4]", "ab")))
        raises("bad argument #2 to 'string' (5 bytes, but argument #1 has only 4)", ffi.string, full, 5)
        raises("bad argument #2 to 'copy' (5 bytes, but argument #1 has only 4)", ffi.copy, full, "wxyz")
        raises("bad argument #3 to 'copy' (5 bytes, but argument #2 has only 4)", ffi.copy,
            ffi.new "char[9]", full, 5)
        raises("bad argument #2 to 'fill' (5 bytes, but argument #1 has only 4)", ffi.fill, full, 5)
        raises("bad argument #2 to 'fill' (3 bytes, but argument #1 has only 2)", ffi.fill, full + 2, 3)
        assert.equal("abcd", ffi.string(full))
    end)

    it("ffi.string(nil) and ffi.gc(nil, f) are nil", function()
        assert.is_nil(ffi.string(nil))
        assert.is_nil(ffi.string(ffi.cast("void *", nil)))
        assert.is_nil(ffi.string(nil, 5))
        assert.is_nil(ffi.gc(nil, print))
    end)
end)

describe("S20: misuse", function()
    it("of NULL says null pointer", function()
        ffi.cdef "struct sp_node { struct sp_node *next; int (*f)(void); };"
        raises("null pointer: cannot index 'int *'", function() return ffi.new("int *")[0] end)
        raises("null pointer: cannot index 'int *'", function() ffi.new("int *")[3] = 1 end)
        raises("null pointer: cannot index 'struct sp_node *' with 'next'",
            function() return ffi.new("struct sp_node *").next end)
        raises("null pointer: cannot call 'int (*)(void)'", function() ffi.new("int (*)(void)")() end)
        raises("bad argument #1 to 'copy' (null pointer)", ffi.copy, ffi.cast("void *", nil), "x")
        raises("bad argument #2 to 'copy' (null pointer)", ffi.copy, ffi.new "char[4]", nil, 1)
        raises("bad argument #1 to 'fill' (null pointer)", ffi.fill, nil, 1)
        raises("bad argument #1 to 'totable' (null pointer)", ffi.totable,
            ffi.new "struct sp_node *")
    end)

    it("of a closed library says closed", function()
        local lib = ffi.load(support.library "library")
        ffi.cdef "int library_add(int, int); extern int library_counter;"
        local add = lib.library_add
        ffi.close(lib)
        local path = support.library "library"
        raises(("cannot call 'library_add': library '%s' is closed"):format(path), add, 1, 2)
        raises(("library '%s' is closed"):format(path), function() return lib.library_counter end)
    end)

    it("of strings as lengths, integers as pointers, closed files", function()
        ffi.cdef "typedef struct _IO_FILE FILE; int fileno(FILE *); size_t strlen(const char *);"
        raises("the number of elements of a variable-length type must be an integer, got string \"5\"",
            ffi.new, "char[?]", "5")
        raises("bad argument #1 to 'strlen' (size_t strlen(const char *)): " ..
            "cannot convert integer 5 to 'const char *'", ffi.C.strlen, 5)
        raises("cannot convert integer 0 to 'int *'", ffi.new, "int *", 0)
        assert.equal("cdata<int *>: 0x10", tostring(ffi.cast("int *", 16)))
        local file = io.tmpfile()
        assert.is_true(ffi.C.fileno(file) > 2)
        file:close()
        raises("bad argument #1 to 'fileno' (int fileno(FILE *)): the file is closed",
            ffi.C.fileno, file)
    end)
end)

describe("S20: the module", function()
    it("reports through ffi.onerror, a field", function()
        assert.is_nil(ffi.onerror)
        local function report() end
        ffi.onerror = report
        assert.equal(report, ffi.onerror)
        ffi.onerror = nil
    end)

    it("replaces a metatype, in cffi.luajit refuses to", function()
        ffi.cdef "struct sp_meta { int x; };"
        local old = ffi.new "struct sp_meta"
        ffi.metatype("struct sp_meta", {__index = {version = 1}})
        ffi.metatype("struct sp_meta", {__index = {version = 2}})
        assert.same({2, 2}, {old.version, ffi.new("struct sp_meta").version})
        local jit = cffi.scope {luajit = true}
        jit.cdef "struct sp_meta { int x; };"
        jit.metatype("struct sp_meta", {})
        raises("cannot change a protected metatable", jit.metatype, "struct sp_meta", {})
    end)

    it("is one table in a state", function()
        local first = require "cffi"
        package.loaded.cffi = nil
        assert.equal(first, require "cffi")
    end)

    it("takes what C11 says any compiler must", function()
        local names, params, nested = {}, {}, "int x;"
        for i = 1, 1023 do names[i] = ("int member_%d;"):format(i) end
        for i = 1, 127 do params[i] = "int p" .. i end
        for i = 1, 63 do nested = ("struct { %s } level_%d;"):format(nested, i) end
        ffi.cdef(("struct sp_wide { %s }; int sp_many(%s); struct sp_deep { %s };"):format(
            table.concat(names), table.concat(params, ","), nested))
        local wide = ffi.new "struct sp_wide"
        wide.member_1023 = 5
        assert.same({5, 4092}, {wide.member_1023, ffi.sizeof(wide)})
        local deep = ffi.new "struct sp_deep"
        local inner = deep
        for i = 63, 1, -1 do inner = inner["level_" .. i] end
        inner.x = 7
        assert.equal(7, ffi.cast("int *", deep)[0])
        ffi.cdef(("#if 1\n"):rep(63) .. "typedef int sp_deep_if;\n" .. ("#endif\n"):rep(63))
        assert.equal(4, ffi.sizeof "sp_deep_if")
    end)

    it("answers within two seconds whatever the text #clock", function()
        local start = os.clock()
        for _, text in ipairs {("struct {"):rep(1e6), ("("):rep(1e6), ("int "):rep(1e6),
                               "int x = " .. ("1+"):rep(1e6), ("*"):rep(1e6), ("#if 1\n"):rep(1e6),
                               "int f(" .. ("int (*)("):rep(3e5), '"' .. ("a"):rep(1e6),
                               "/*" .. ("*"):rep(1e6), "enum { " .. ("A,"):rep(1e6)} do
            local before = os.clock()
            assert.is_false(pcall(ffi.cdef, text))
            assert.is_true(os.clock() - before < 2, text:sub(1, 20))
        end
        assert.is_true(os.clock() - start < 10)
    end)
end)
