-- A module that cannot be loaded says why in one line, at require.
local support = require "support"

local cc = os.getenv "CC" or "cc"
local folder

-- Runs `require "cffi"` with `file` as core.so: a path, or C text with flags of the compiler.
local function required(path)
    local code, out, err = support.run { "env", "LUA_CPATH=" .. path .. "/?.so", support.lua, "-e",
        'print(select(2, pcall(require, "cffi")))' }
    assert.equal("", err)
    assert.equal(0, code)
    return (out:gsub("%s+$", ""))
end

local function build(text, flags)
    support.write_file(folder .. "/core.c", text)
    assert(os.execute(("%s -shared -fPIC -o %s/cffi/core.so %s/core.c %s"):format(cc, folder, folder, flags or "")))
end

describe("a core that cannot be loaded:", function()
    before_each(function()
        folder = os.tmpname()
        os.remove(folder)
        assert(os.execute("mkdir -p " .. folder .. "/cffi"))
    end)

    after_each(function()
        os.execute("rm -r " .. folder)
    end)

    it("it is nowhere", function()
        assert.equal("cffi: the module's file cffi/core.so is not on package.cpath: build it with make, or install it",
            required(folder))
    end)

    it("it was built for another Lua", function()
        build "int lua_no_such_function(void *); int luaopen_cffi_core(void *L) { return lua_no_such_function(L); }"
        local text = "cffi: %s/cffi/core.so was built for another Lua than this %s: "
            .. "build it with the headers of this one"
        assert.equal(text:format(folder, _VERSION), required(folder))
    end)

    it("it was built for another machine", function()
        build "int luaopen_cffi_core(void *L) { return L == 0; }"
        local text = support.read_file(folder .. "/cffi/core.so")
        support.write_file(folder .. "/cffi/core.so", text:sub(1, 18) .. "\22\0" .. text:sub(21))
        assert.equal(("cffi: %s/cffi/core.so was built for another machine (S/390)"):format(folder), required(folder))
    end)

    it("libffi is not there", function()
        support.write_file(folder .. "/ffi.c", "int ffi_call(void) { return 0; }")
        assert(os.execute(("%s -shared -fPIC -Wl,-soname,libffi.so.99 -o %s/libffi.so %s/ffi.c"):format(
            cc, folder, folder)))
        build("int ffi_call(void); int luaopen_cffi_core(void *L) { return L == 0 ? 0 : ffi_call(); }",
            "-L" .. folder .. " -lffi")
        assert.equal(("cffi: %s/cffi/core.so needs libffi.so.99, which is not installed"):format(folder),
            required(folder))
    end)

    it("it is no library", function()
        support.write_file(folder .. "/cffi/core.so", ("no library "):rep(20))
        assert.equal(("cffi: %s/cffi/core.so is no shared library"):format(folder), required(folder))
    end)

    it("what it raises itself is told as it is", function()
        build("int lua_error(void *); void *lua_pushstring(void *, const char *); "
            .. "int luaopen_cffi_core(void *L) { lua_pushstring(L, \"its own words\"); return lua_error(L); }")
        assert.equal("its own words", required(folder))
    end)

    -- Lua 5.4 and 5.5 have the same functions, so that either takes the other's modules.
    local other = _VERSION == "Lua 5.4" and "5.5" or _VERSION == "Lua 5.5" and "5.4"
    local command = other and io.popen("tools/lua-config interpreter " .. other):read()
    if command then
        it("the other Lua's numbers are told", function()
            local _, out = support.run { command, "-e", 'print(select(2, pcall(require, "cffi")))' }
            local text = "cffi was built for %s, and this is Lua %s"
            assert.equal(text:format(_VERSION, other), (out:gsub("%s+$", "")))
        end)
    end
end)
