-- Libraries closed at the wrong moment, and what keeps them mapped (docs/design.md S12).
local support = require "support"

local path = support.build .. "/spec/library.so"
local declarations = [[
    struct library_point { int x, y; };
    extern int library_counter;
    extern struct library_point library_origin;
    extern int library_numbers[4];
    int library_twice(int a);
    int library_apply(int (*f)(int), int x);
    extern struct library_hold { int *p; int (*f)(int); } library_hold;
    extern int *library_pointer;
]]

local function open(options)
    local ffi = require("cffi").scope {}
    ffi.cdef(declarations)
    return ffi, ffi.load(path, options)
end

describe("a library closed while its function's arguments are converted", function()
    for _, key in ipairs { "__cffi_integer", "__cffi_pointer" } do
        it("is not entered, when " .. key .. " does it", function()
            local ffi, lib = open()
            local file = ffi.load(path) -- stays mapped, so that a fault shows as a result
            local closer = setmetatable({}, { [key] = function()
                ffi.close(lib)
                return key == "__cffi_integer" and 1 or ffi.cast("int (*)(int)", file.library_twice)
            end })
            local call, name = lib.library_twice, "library_twice"
            local arguments = { closer }
            if key == "__cffi_pointer" then
                call, name, arguments = lib.library_apply, "library_apply", { closer, 1 }
            end
            local ok, message = pcall(call, table.unpack(arguments))
            assert.is_false(ok)
            assert.equal(("cannot call '%s': library '%s' is closed"):format(name, path), message)
        end)
    end

    it("does not get the value of a variable", function()
        local ffi, lib = open()
        local other = ffi.load(path)
        local before = other.library_counter
        local closer = setmetatable({}, { __cffi_integer = function()
            ffi.close(lib)
            return before + 1
        end })
        local ok, message = pcall(function() lib.library_counter = closer end)
        assert.is_false(ok)
        assert.matches(("library '%s' is closed"):format(path), message, 1, true)
        assert.equal(before, other.library_counter)
    end)

    it("is not unmapped under a function called through a pointer", function()
        local ffi, lib = open()
        local functions = {
            ffi.cast("int (*)(int (*)(int), int)", lib.library_apply),
            ffi.tofunction(ffi.cast("int (*)(int (*)(int), int)", lib.library_apply), "apply"),
        }
        for _, apply in ipairs(functions) do
            local message
            assert.equal(3, apply(function()
                message = select(2, pcall(ffi.close, lib))
                return 3
            end, 1))
            assert.equal("cannot close library 'library.so': one of its functions is running", message)
        end
        ffi.close(lib)
    end)
end)

describe("{unload = true}", function()
    -- What `keep` returns is used after the collector had every reason to unload the library.
    local function after_collection(keep)
        return support.run_lua(([[
            local ffi = require "cffi"
            ffi.cdef %q
            local kept = (function() return (%s)(ffi, ffi.load(%q, {unload = true})) end)()
            collectgarbage() collectgarbage()
            io.write(kept())
        ]]):format(declarations, keep, path))
    end

    for what, case in pairs {
        ["a struct"] = { "function(_, lib) local v = lib.library_origin return function() return v.x end end", "3" },
        ["a member's address"] = { "function(ffi, lib) local v = ffi.addressof(lib.library_origin)"
            .. " return function() return v.y end end", "4" },
        ["an array"] = { "function(_, lib) local v = lib.library_numbers return function() return v[2] end end", "30" },
        ["an address"] = { "function(ffi, lib) local v = ffi.addressof(lib, 'library_counter')"
            .. " return function() return v[0] end end", "7" },
        ["a function pointer"] = { "function(ffi, lib) local f = ffi.cast('int (*)(int)', lib.library_twice)"
            .. " return function() return f(4) end end", "8" },
        ["a pointer variable's value"] = { "function(_, lib) local p = lib.library_pointer"
            .. " return function() return p[0] end end", "7" },
        ["a member's value"] = { "function(_, lib) local p, f = lib.library_hold.p, lib.library_hold.f"
            .. " return function() return p[0] + f(4) end end", "15" },
        ["memory that a function is stored in"] = { "function(ffi, lib)"
            .. " local hold = ffi.new('struct library_hold', { f = lib.library_twice })"
            .. " return function() return hold.f(4) end end", "8" },
    } do
        it("leaves the library to " .. what, function()
            local code, out, err = after_collection(case[1])
            assert.equal("", err)
            assert.equal(case[2], out)
            assert.equal(0, code)
        end)
    end
end)

describe("<close> of ffi.C", function()
    it("is refused #close", function()
        local ffi = require("cffi").scope {}
        local ok, message = pcall(function() local _ <close> = ffi.C end)
        assert.is_false(ok)
        assert.matches("ffi.C cannot be closed", message, 1, true)
        ffi.cdef "int abs(int);"
        assert.equal(3, ffi.C.abs(-3))
    end)
end)
