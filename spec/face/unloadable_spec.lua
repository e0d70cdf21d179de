-- What `require "cffi"` says where the module cannot be used: one line that names the file and what is
-- wrong with it (docs/design.md S19). Each case in a process of its own, with a module made for it.
local ffi = require "cffi"
local support = require "support"

local CC = os.getenv "CC" or "cc"
local dir = os.tmpname()
os.remove(dir)
assert(os.execute("mkdir -p " .. dir .. "/cffi"))
local core = dir .. "/cffi/core.so"
teardown(function() os.execute("rm -rf " .. dir) end)

-- What an interpreter says: the first line on stderr, without its own name.
local function said_by(lua, cpath)
    local code, out, err = support.run { "env", "LUA_PATH=./lib/?.lua;;", "LUA_CPATH=" .. cpath, lua, "-e",
        'require "cffi"' }
    assert.equal(1, code)
    assert.equal("", out)
    return (err:gsub("^[^:]*: ", "", 1):gsub("\nstack traceback.*", ""):gsub("\n$", ""))
end

local function said() return said_by(support.lua, dir .. "/?.so") end

local function compile(out, text, ...)
    support.write_file(dir .. "/x.c", text)
    local code, _, err = support.run { CC, "-shared", "-fPIC", "-o", out, dir .. "/x.c", ... }
    assert.equal("", err)
    assert.equal(0, code)
end

describe("a module that cannot be loaded says why, in one line:", function()
    before_each(function() os.remove(core) end)

    it("it is not there", function()
        assert.equal("cffi: the module's file cffi/core.so is not on package.cpath: build it with make, or install it",
            said())
    end)

    it("it is for another machine", function()
        local bytes = support.read_file(assert(package.searchpath("cffi.core", package.cpath)))
        local class, order = bytes:byte(5, 6)
        for machine, name in pairs { [258] = "LoongArch", [4660] = "machine 4660" } do
            local number = ((order == 2 and ">" or "<") .. "I2"):pack(machine)
            support.write_file(core, bytes:sub(1, 18) .. number .. bytes:sub(21))
            assert.equal(("cffi: %s was built for another machine (%s)"):format(core, name), said())
        end
        support.write_file(core, bytes:sub(1, 4) .. string.char(3 - class) .. bytes:sub(6))
        assert.matches("^cffi: " .. core:gsub("%p", "%%%0") .. " was built for another machine %([%w%-/ ]+%)$", said())
    end)

    it("it is for another Lua", function()
        compile(core, "void lua_ofanotherversion(void); int luaopen_cffi_core(void *L)\n"
            .. "{ (void)L; lua_ofanotherversion(); return 0; }", "-Wl,-z,now")
        assert.equal(("cffi: %s was built for another Lua than this %s: build it with the headers of this one"):format(
            core, _VERSION), said())
    end)

    it("it is no module at all", function()
        for _, text in ipairs { "", "text", ("text"):rep(1000) } do
            support.write_file(core, text)
            assert.equal(("cffi: %s is no shared library"):format(core), said())
        end
    end)

    it("libffi is missing", function()
        compile(dir .. "/libgone.so.7", "int gone(void) { return 1; }", "-Wl,-soname,libgone.so.7")
        compile(core, "int gone(void); int luaopen_cffi_core(void *L) { (void)L; return gone(); }",
            dir .. "/libgone.so.7")
        os.remove(dir .. "/libgone.so.7")
        assert.equal(("cffi: %s needs libgone.so.7, which is not installed"):format(core), said())
    end)

    it("Lua is too old", function()
        for _, lua in ipairs { "lua5.1", "luajit" } do
            if os.execute("command -v " .. lua .. " >/dev/null") then
                assert.matches("^cffi: needs Lua 5%.3, 5%.4 or 5%.5, and this is Lua", said_by(lua, dir .. "/?.so"))
            end
        end
    end)
end)

describe("a processor", function()
    it("is asked for what the compiler was told of it", function()
        if ffi.arch ~= "x64" then return end
        local lib = dir .. "/cpu.so"
        local code, _, err = support.run { CC, "-shared", "-fPIC", "-Ilua_ffi", "-mxop", "-mfma4", "-o", lib,
            "lua_ffi/base/cpu.c" }
        assert.equal("", err)
        assert.equal(0, code)
        local scope = ffi.scope()
        scope.cdef "const char *lffi_cpu_lacks(void);"
        local cpuinfo = support.read_file "/proc/cpuinfo"
        if not (cpuinfo:find "%sfma4%s" and cpuinfo:find "%sxop%s") then -- of some of AMD's alone
            assert.matches("^[%w.]+$", scope.string(scope.load(lib).lffi_cpu_lacks()))
        end
    end)
end)
