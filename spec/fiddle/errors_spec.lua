-- The errors of cffi.fiddle: what the core says becomes an object whose kind a script can test and
-- whose name is what the error is about (docs/design.md S19).
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local libc = helpers.libc

-- An error of each sort: what raises it, its kind, its name, a part of its text.
local cases = {
    { "RangeError", "abs", "does not fit 'int'", function(f) f.abs(1 << 40) end },
    { "RangeError", "ldexpf", "is out of range for 'float'", function(f) f.ldexpf(1e300, 1) end },
    { "RangeError", "ldexpf", "integer 16777217 has no exact 'float'", function(f) f.ldexpf(16777217, 1) end },
    { "TypeError", "abs", "number 1.5 is not an integer", function(f) f.abs(1.5) end },
    { "TypeError", "abs", "cannot convert string \"1\"", function(f) f.abs "1" end },
    { "ArgumentError", "abs", "expected 1, got 0", function(f) f.abs() end },
    { "ArgumentError", "strlen", "zero byte at position 2", function(f) f.strlen "a\0b" end },
    { "TypeError", "sprintf", "format '%d' wants 'int'", function(f) f.sprintf(nil, "%d", "x") end },
    { "ArgumentError", "sprintf", "has no argument", function(f) f.sprintf(nil, "%d") end },
    { "DLError", "zork", "unknown type 'zork'", function() fiddle.parse_ctype "zork" end },
    { "DLError", nil, "expected ')'", function() fiddle.parse_signature "int f(int" end },
    { "DLError", "abs", "'abs' redeclared", function(f) f:extern "long abs(long);" end },
    { "DLError", "no_such", "undefined symbol 'no_such'", function() return libc.no_such end },
    { "DLError", "nolib", "cannot load library 'nolib'", function() fiddle.dlopen "nolib" end },
    { "ArgumentError", "z", "has no member 'z'", function() fiddle.struct("int xx"):offsetof "z" end },
    { "IndexError", nil, "out of bounds", function() return fiddle.Pointer.malloc(4)[4] end },
    { "RangeError", nil, "integer 256 does not fit", function() fiddle.Pointer.malloc(4)[0] = 256 end },
    { "TypeError", nil, "'unsigned char' needs", function() fiddle.Pointer.malloc(4)[0] = 0.5 end },
    { "TypeError", nil, "index 0.5 is not an integer", function() return fiddle.Pointer.malloc(4)[0.5] end },
    { "DLError", nil, "null pointer", function() return fiddle.NULL[0] end },
    { "TypeError", nil, "size of 'void' is unknown", function() fiddle.out "void" end },
    { "NoMemoryError", nil, "not enough memory for 1152921504606846976 bytes",
        function() fiddle.Pointer.malloc(1 << 60) end },
    { "NoMemoryError", nil, "not enough memory for 'char[1][1125899906842624]' (1125899906842624 bytes)",
        function() fiddle.out "char[1L << 50]" end },
    { "ClearedReferenceError", nil, "is no handle", function() fiddle.dlunwrap(fiddle.Pointer.malloc(8)) end },
    { "TypeError", nil, "result of callback 'int (void)': cannot convert", function()
        local c <close> = fiddle.Closure("int", {}, function() return "x" end)
        fiddle.Function(c, {}, "int")()
    end },
    { "TypeError", nil, "a struct needs members", function() fiddle.struct {} end },
    { "TypeError", nil, "got boolean", function() fiddle.dlopen(true) end },
    { "ArgumentError", "y", "'struct { int x; }' has no member 'y'", function() fiddle.struct("int x")().y = 1 end },
}

describe("an error of cffi.fiddle", function()
    for _, case in ipairs(cases) do
        local kind, name, text, raise = table.unpack(case, 1, 4)
        local tag = kind == "NoMemoryError" and " #lp64" or ""
        it(("is %s, about %s: %s%s"):format(kind, name or "nothing", text, tag), function()
            local M = fiddle.importer("libc.so.6", "libm.so.6")
            M:extern [[
                float ldexpf(float, int);
                int abs(int);
                size_t strlen(const char *);
                int sprintf(void *, const char *, ...);
            ]]
            local ok, err = pcall(raise, M)
            assert.is_false(ok)
            assert.equal(fiddle.Error, getmetatable(err), tostring(err))
            assert.truthy(err.message:find(text, 1, true), err.message)
            assert.equal(kind, err.kind)
            assert.equal(name, err.name)
            assert.truthy(tostring(err):find "^[^\n:]*spec/fiddle/errors_spec%.lua:%d+: ", tostring(err))
        end)
    end

    it("of a field or element of a struct is the core's string", function()
        local s = fiddle.struct "char c" ()
        local ok, err = pcall(function() s.c = 300 end)
        assert.is_false(ok)
        assert.equal("string", type(err))
        assert.truthy(err:find("field 'c' of 'struct { char c; }': integer 300 does not fit 'char' (8 bits)", 1, true))
    end)

    it("that a callback raised passes as it is, also when it reads like one of the core", function()
        local qsort = fiddle.Function(libc.qsort, { "voidp", "size_t", "size_t", "voidp" }, "void")
        ffi.onerror = function() end
        finally(function() ffi.onerror = nil end)
        for _, raised in ipairs { "does not fit", 42, {} } do
            local c <close> = fiddle.Closure("int", { "voidp", "voidp" }, function() error(raised, 0) end)
            local ok, err = pcall(qsort, helpers.buffer "ba", 2, 1, c)
            assert.is_false(ok)
            assert.equal(raised, err)
        end
    end)

    it("is what any odd argument of any function raises, and never shows the inside #lp64", function()
        local S = fiddle.struct "int x"
        local odd = { -1, 1.5, 1 << 62, "x", "", "int", "void", "int(int)", "...", {}, { 5 }, { "int" }, { x = 1 },
            true, function() end, io.stdout, coroutine.create(print), setmetatable({}, {}), fiddle.NULL,
            ffi.new "int[3]", ffi.typeof "int", S, S(), fiddle.pin(1) }
        local addresses = {} -- what none of these functions may take for an address at random
        for _, value in ipairs(odd) do
            if type(value) ~= "number" then addresses[#addresses + 1] = value end
        end
        local count = 0
        local function try(what, fn, ...)
            local ok, err = pcall(fn, ...)
            if not ok then
                count = count + 1
                assert.equal(fiddle.Error, getmetatable(err), what .. ": " .. tostring(err))
                assert.is_nil(tostring(err):find("lib/cffi/fiddle", 1, true), what .. ": " .. tostring(err))
            end
        end
        local function sweep(what, values, call)
            try(what, call)
            for _, a in ipairs(values) do
                try(what, call, a)
                for _, b in ipairs { "x", true, {} } do try(what, call, a, b) end
            end
        end
        for _, name in ipairs { "Handle", "Closure", "Importer", "Pinned", "Cell", "struct", "union", "dlopen",
            "sym", "has", "parse_signature", "parse_struct_signature", "parse_ctype", "malloc", "sizeof",
            "alignof", "last_error", "importer", "out" } do
            sweep(name, odd, function(...) fiddle[name](...) end)
        end
        for _, name in ipairs { "Function", "view", "to_ptr", "assign", "clear", "addr", "dlunwrap", "totable" } do
            sweep(name, addresses, function(...) fiddle[name](...) end)
        end
        for _, name in ipairs { "sub", "string", "bytes", "cdata", "deref", "view" } do
            local p = fiddle.Pointer.malloc(16)
            sweep("Pointer:" .. name, odd, function(...) p[name](p, ...) end)
        end
        for _, name in ipairs { "dlload", "extern", "bind", "symbol", "typealias", "struct", "union", "sizeof",
            "value", "func", "handler" } do
            local M = fiddle.importer "libm.so.6"
            sweep("Importer:" .. name, odd, function(...) M[name](M, ...) end)
        end
        for _, name in ipairs { "global", "include", "import_function", "bind_function" } do
            local M = fiddle.importer "libm.so.6"
            sweep("Importer:" .. name, addresses, function(...) M[name](M, ...) end)
        end
        assert.is_true(count > 1000)
    end)

    it("can be made by a script and tested for", function()
        local err = errors.new("RangeError", "text", "name")
        assert.is_true(errors.is(err))
        assert.is_true(errors.is(err, "RangeError"))
        assert.is_false(errors.is(err, "TypeError"))
        assert.is_false(errors.is "text")
    end)
end)

describe("errors where the debug library is gone", function()
    it("have no position", function()
        local code, out, err = require("support").run_lua([[
            debug, package.loaded.debug = nil, nil
            local fiddle = require "cffi.fiddle"
            local ok, e = pcall(fiddle.dlopen, "no such library")
            io.write(tostring(ok), " ", e.kind)
        ]])
        assert.equal("", err)
        assert.equal("false DLError", out)
        assert.equal(0, code)
    end)
end)
