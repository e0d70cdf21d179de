-- docs/design.md S23: symbols that the program brings, given to cffi_register (include/cffi.h). Each
-- part runs in a state of its own, for what is registered stays.
local support = require "support"

-- Not by bin/cffi, which loads the module for itself alone.
local function run(code, preload)
    local script = os.tmpname()
    local prelude = ([[
        assert(package.loadlib(%q, "*"))
        local own = assert(package.loadlib(%q, "luaopen_registered"))()
        local register = own.register
        local function raises(text, fn, ...)
            local ok, message = pcall(fn, ...)
            message = tostring(message):gsub("^[^\n:]+:%%d+: ", "")
            if ok or message ~= text then
                error(("expected %%q, got %%q"):format(text, message), 2)
            end
        end
    ]]):format(support.build .. "/cffi/core.so", support.library "registered")
    support.write_file(script, prelude .. code)
    preload = "LD_PRELOAD=" .. (preload or os.getenv "LD_PRELOAD" or "")
    local exit, out, err = support.run { "env", preload, support.lua, script }
    os.remove(script)
    assert.equal("", err)
    assert.equal(0, exit)
    return out
end

local declarations = [[
    local ffi = require "cffi"
    ffi.cdef "typedef struct { int x, y; } point; int sum(int, int); point mirrored(point); extern int count;"
    ffi.cdef "int call(int (*f)(int), int value); int call_kept(int value); double half(double), plain(double);"
]]

describe("registered symbols:", function()
    it("calls, structs, variables and callbacks", function()
        run("assert(register('own', 'good'))" .. declarations .. [[
            local lib = ffi.load "own"
            assert(lib.sum(2, 3) == 5)
            local p = lib.mirrored { 1, 2 }
            assert(p.x == 2 and p.y == 1)
            assert(lib.count == 7)
            lib.count = 8
            assert(own.count() == 8)
            assert(ffi.addressof(lib, "count")[0] == 8)
            assert(lib.call(function(v) return v * 2 end, 21) == 42)
            local f = ffi.callback("int (int)", function(v) return v + 1 end)
            assert(lib.call(f, 1) == 2 and lib.call_kept(2) == 3)
            assert(lib.plain(3) == 1.5)
            assert(tostring(lib) == "library: own")
        ]])
    end)

    it("under every spelling of the library, and before files", function()
        run("register('z', 'good')" .. declarations .. [[
            for _, name in ipairs { "z", "libz", "z.so", "libz.so", "libz.so.1" } do
                assert(ffi.load(name).sum(1, 1) == 2, name)
            end
            assert(ffi.load { "no_such_library", "z" }.sum(1, 1) == 2)
            ffi.cdef "const char *zlibVersion(void);"
            raises("symbol 'zlibVersion' is not among those registered for library 'z'",
                function() return ffi.load("z").zlibVersion end)
        ]])
    end)

    it("a name that is registered exactly goes before one that is spelt alike", function()
        run("register('libz.so.1', 'good') register('z', 'more')" .. declarations .. [[
            assert(ffi.load("libz.so.1").sum(1, 1) == 2 and ffi.load("z").half(1) == 0.5)
        ]])
    end)

    it("ffi.C has those of all libraries, before the C library's", function()
        run(declarations .. [[
            ffi.cdef "int abs(int); int labs(int);"
            raises("undefined symbol 'half' in ffi.C", function() return ffi.C.half end)
            register("own", "good")
            register("more", "more")
            assert(ffi.C.sum(1, 2) == 3 and ffi.C.half(1) == 0.5 and ffi.C.count == 7)
            register("libc", "libc")
            assert(ffi.C.abs(-1) == 1001 and ffi.C.labs(-1) == 1)
        ]])
    end)

    it("a second table adds to a library, and the same table does nothing", function()
        run("register('own', 'good')" .. declarations .. [[
            local lib = ffi.load "own"
            raises("symbol 'half' is not among those registered for library 'own'",
                function() return lib.half end)
            register("own", "more")
            register("own", "good")
            assert(lib.half(3) == 1.5)
            local n = 0
            for name in ffi.symbols(lib) do n = n + (name == "sum" and 1 or 0) end
            assert(n == 1, n)
        ]])
    end)

    it("ffi.symbols lists them with kind and size", function()
        assert.equal("sum function 0 true\nmirrored function 0 true\ncall function 0 true\n" ..
            "call_kept function 0 true\ncount object 4 true\nplain other 0 true\n",
            run("register('own', 'good')" .. declarations .. [[
                for name, kind, size, declared in ffi.symbols(ffi.load "own") do
                    print(table.concat({ name, kind, size, tostring(declared) }, " "))
                end
                local found
                for name in ffi.symbols(ffi.C, "^mirrored$") do found = name end
                assert(found)
            ]]))
    end)

    it("near misses are suggested, and what is declared wrongly is refused", function()
        run("register('own', 'good')" .. [[
            local ffi = require "cffi"
            local lib = ffi.load "own"
            ffi.cdef "int mirored(int); extern int sum; int count(void);"
            raises("symbol 'mirored' is not among those registered for library 'own' (did you mean 'mirrored'?)",
                function() return lib.mirored end)
            raises("undefined symbol 'mirored' in ffi.C (did you mean 'mirrored'?)",
                function() return ffi.C.mirored end)
            raises("'call_kep' is not declared (did you mean 'call_kept', which own exports?)",
                function() return lib.call_kep end)
            local text = "RESULT call_kept(PARAMETERS);"
            raises(("symbol 'call_kept' exists in own but is not declared: use ffi.cdef %q"):format(text),
                function() return lib.call_kept end)
            raises("'sum' is declared as a variable, but is a function in own", function() return lib.sum end)
            raises("'count' is declared as a function, but is a variable in own", function() return lib.count end)
        ]])
    end)

    it("a closed one says so, and can be loaded again", function()
        run("register('own', 'good')" .. declarations .. [[
            local lib = ffi.load("own", { unload = true })
            local sum = lib.sum
            ffi.close(lib)
            raises("cannot call 'sum': library 'own' is closed", sum, 1, 2)
            raises("library 'own' is closed", function() return lib.sum end)
            lib, sum = nil, nil
            collectgarbage()
            assert(ffi.load("own").sum(1, 2) == 3)
        ]])
    end)

    it("what is wrong with a table is told when it is registered, and nothing of it is", function()
        run(declarations .. [[
            raises("cffi_register: the library has no name", register, nil, "good")
            raises("cffi_register: the library has no name", register, "", "good")
            raises("cffi_register: library 'own' has no table of symbols", register, "own", nil)
            raises("cffi_register: symbol 2 of library 'own' has no name", register, "own", "unnamed")
            raises("cffi_register: symbol 'lost' of library 'own' has no address", register, "own", "nowhere")
            raises("cffi_register: symbol 'sum' of library 'own' is of unknown kind 9", register, "own", "kinds")
            raises("cffi_register: symbol 'half' of library 'own' has two addresses", register, "own", "twice")
            raises("undefined symbol 'sum' in ffi.C", function() return ffi.C.sum end)
            assert(not pcall(ffi.load, "own"))
            register("own", "good")
            raises("cffi_register: symbol 'sum' of library 'own' has two addresses", register, "own", "other")
            assert(register("other", "other"), "another library's")
            assert(register("nothing", "empty"))
            local n = 0
            for _ in ffi.symbols(ffi.load "nothing") do n = n + 1 end
            assert(n == 0)
        ]])
    end)

    it("a program that cannot load files says so once, and what it has", function()
        run(declarations .. [[
            local text = "cannot load %s: the program is linked statically, and cffi_register was given %s"
            raises(text:format("library 'ssl'", "nothing"), ffi.load, "ssl")
            register("own", "good")
            register("own", "more")
            register("libc", "libc")
            assert(ffi.load("own").sum(1, 2) == 3)
            raises(text:format("library 'ssl'", "'own', 'libc'"), ffi.load, "ssl")
            raises(text:format("any of 'ssl', 'tls'", "'own', 'libc'"), ffi.load, { "ssl", "tls" })
        ]], support.library "static")
    end)
end)
