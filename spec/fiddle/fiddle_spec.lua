-- The module itself: constants, dlopen, memory, errno, error objects (Ruby: test_fiddle.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises

describe("fiddle", function()
    it("is found name by name in the core module", function()
        for _, name in ipairs { "dlopen", "Handle", "Function", "Closure", "Pointer", "Importer",
            "struct", "union", "malloc", "free", "TYPE_INT", "SIZEOF_LONG", "ALIGN_DOUBLE", "NULL",
            "RTLD_LAZY", "parse_signature", "pin", "view", "to_ptr", "dlwrap", "last_error", "ABI" } do
            assert.equal(fiddle[name], ffi[name], name)
        end
        assert.is_nil(ffi.no_such_name)
        assert.are_not.equal(fiddle.typeof, ffi.typeof) -- the core's own names stay the core's
    end)

    it("has classes that are called and have new", function()
        for _, name in ipairs { "Handle", "Function", "Closure", "Pointer", "Importer", "Pinned",
            "MemoryView", "Cell", "BlockCaller" } do
            assert.is_function(fiddle[name].new, name)
            assert.is_function(getmetatable(fiddle[name]).__call, name)
        end
        assert.equal(8, fiddle.Pointer.new(16, 8).size)
        assert.equal(8, fiddle.Pointer(16, 8).size)
    end)

    it("has Fiddle's type numbers #lp64", function()
        local expected = { VOID = 0, VOIDP = 1, CHAR = 2, SHORT = 3, INT = 4, LONG = 5, LONG_LONG = 6,
            FLOAT = 7, DOUBLE = 8, VARIADIC = 9, CONST_STRING = 10, BOOL = 11, UCHAR = -2, USHORT = -3,
            UINT = -4, ULONG = -5, ULONG_LONG = -6, INT8_T = 2, UINT8_T = -2, INT16_T = 3,
            UINT16_T = -3, INT32_T = 4, UINT32_T = -4, INT64_T = 5, UINT64_T = -5, SIZE_T = -5,
            SSIZE_T = 5, PTRDIFF_T = 5, INTPTR_T = 5, UINTPTR_T = -5 }
        for name, code in pairs(expected) do
            assert.equal(code, fiddle["TYPE_" .. name], name)
            assert.equal(code, fiddle.types[name], name)
        end
    end)

    it("knows sizes and alignments #lp64", function()
        for _, name in ipairs { "VOIDP", "CHAR", "SHORT", "INT", "LONG", "LONG_LONG", "INT8_T",
            "INT16_T", "INT32_T", "INT64_T", "FLOAT", "DOUBLE", "SIZE_T", "SSIZE_T", "PTRDIFF_T",
            "INTPTR_T", "UINTPTR_T", "BOOL" } do
            local size = fiddle.sizeof(fiddle["TYPE_" .. name])
            assert.equal(size, fiddle["SIZEOF_" .. name], name)
            assert.equal(fiddle.alignof(fiddle["TYPE_" .. name]), fiddle["ALIGN_" .. name], name)
        end
        assert.equal(8, fiddle.SIZEOF_CONST_STRING)
        assert.equal(1, fiddle.SIZEOF_UCHAR)
        assert.equal(4, fiddle.SIZEOF_UINT)
    end)

    it("tells the platform", function()
        assert.is_false(fiddle.WINDOWS)
        assert.equal("string", type(fiddle.VERSION))
        assert.truthy(fiddle.BUILD_PLATFORM:find "linux")
        assert.equal(fiddle.BUILD_PLATFORM, fiddle.arch .. "-" .. fiddle.os:lower())
        assert.is_true(fiddle.abi "le")
    end)

    it("opens linker scripts by what they stand for", function()
        assert.truthy(fiddle.dlopen("libc.so"):file_name():find "libc%.so%.6$")
    end)

    it("takes a type as number, name, C text, ctype and object", function()
        for _, t in ipairs { fiddle.TYPE_UINT, "uint", "unsigned", ffi.typeof "unsigned int",
            ffi.new "unsigned int" } do
            assert.equal(ffi.typeof "unsigned int", fiddle.typeof(t))
        end
        assert.equal(ffi.typeof "void *", fiddle.typeof "voidp")
        assert.equal(ffi.typeof "long long", fiddle.typeof "long_long")
        assert.equal(ffi.typeof "const char *", fiddle.typeof "const_string")
        raises("TypeError", "unknown type 99", fiddle.typeof, 99)
        raises("TypeError", "C type expected, got nil", fiddle.typeof, nil)
        raises("DLError", "1:1: unknown type 'zork'\n    zork\n    ^", fiddle.typeof, "zork")
    end)

    it("allocates, reallocates and frees", function()
        local p = fiddle.malloc(16)
        assert.equal(("\0"):rep(16), p:bytes())
        assert.is_nil(p.finalizer)
        p:put(0, "hello")
        local inner = p + 2
        local q = fiddle.realloc(p, 64)
        raises("DLError", "the memory was freed", inner.string, inner)
        assert.equal("hello", q:string())
        assert.equal(64, q.size)
        assert.is_true(p:is_freed())
        raises("DLError", "the memory was freed", p.string, p)
        fiddle.free(q)
        raises("DLError", "the memory was freed", fiddle.free, q)
        raises("ArgumentError", "size -1 is negative", fiddle.malloc, -1)
        raises("TypeError", "size must be an integer, got string", fiddle.malloc, "8")
    end)

    it("frees nothing for NULL, and cdata blocks too", function()
        fiddle.free(fiddle.NULL)
        fiddle.free(fiddle.realloc(nil, 8):cdata())
        raises("TypeError", "address or pointer expected, got string", fiddle.free, "text")
    end)

    it("keeps errno of the last call #lp64", function()
        local strtol = fiddle.Function(helpers.libc.strtol, { "const_string", "voidp", "int" }, "long")
        fiddle.last_error(0)
        assert.equal(math.maxinteger, strtol("9" .. ("0"):rep(30), nil, 10))
        assert.equal(34, fiddle.last_error()) -- ERANGE
        assert.equal(34, fiddle.last_error(0))
        assert.equal(0, fiddle.last_error())
    end)

    it("wraps Lua values and knows when they are gone", function()
        local value = { "value" }
        local p = fiddle.dlwrap(value)
        assert.equal(value, fiddle.dlunwrap(p))
        assert.equal(value, fiddle.dlunwrap(p:address()))
        assert.is_nil(fiddle.dlunwrap(fiddle.dlwrap(nil)))
        local address = p:address()
        p = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        local ok, err = pcall(fiddle.dlunwrap, address)
        assert.is_false(ok)
        assert.truthy(err.message:find "is no handle, or one whose value is gone$")
        assert.equal("ClearedReferenceError", err.kind)
    end)

    it("has error objects that print and concatenate", function()
        local line = debug.getinfo(1, "l").currentline + 1
        local ok, err = pcall(function() fiddle.dlopen(1) end)
        assert.is_false(ok)
        assert.equal("name of a library or list of names expected, got number", err.message)
        local where = ("spec/fiddle/fiddle_spec.lua:%d: "):format(line)
        assert.equal(where .. err.message, tostring(err))
        assert.equal("> " .. where .. err.message, "> " .. err)
        assert.equal(where .. err.message .. " <", err .. " <")
        assert.equal("TypeError", err.kind)
    end)

    it("reads and writes at any address", function()
        local p = fiddle.Pointer.malloc(8)
        fiddle.write(p:address(), "abc")
        assert.equal("abc", fiddle.read(p:address(), 3))
        assert.equal("bc", fiddle.read(p + 1, 2))
        raises("DLError", "null pointer", fiddle.read, 0, 1)
        raises("TypeError", "string expected, got nil", fiddle.write, p, nil)
    end)
end)
