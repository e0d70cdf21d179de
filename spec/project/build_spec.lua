-- What the build refuses (functions that are nowhere, calls of what nothing declares), what distributions add to
-- it, and the archive of a release.
local support = require "support"

-- A build directory with all objects of this build, and for which Lua they are, but nothing linked.
local function objects()
    local dir = os.tmpname()
    os.remove(dir)
    assert(os.execute(("mkdir %s && cd %s && cp -pr lua_ffi cdecl_parser libcdecl.a lua-[0-9]* %s"):format(
        dir, support.build, dir)))
    return dir, function() os.execute("rm -rf " .. dir) end
end

local function make(dir, ...)
    return support.run { "env", "MAKEFLAGS=", "make", "--no-print-directory", "BUILD=" .. dir, "LUA=" .. support.lua,
        ... }
end

local function exists(path)
    local file = io.open(path)
    return file ~= nil and file:close()
end

describe("linking the module", function()
    it("takes Lua's functions from whoever loads it #plain", function()
        local dir, remove = objects()
        finally(remove)
        local code, _, err = make(dir, dir .. "/cffi/core.so")
        assert.equal("", err)
        assert.equal(0, code)
        assert.truthy(exists(dir .. "/cffi/core.so"))
        local _, undefined = support.run { "nm", "-D", "-u", dir .. "/cffi/core.so" }
        assert.truthy(undefined:find " lua_newuserdata")
        assert.truthy(undefined:find " luaL_error\n")
    end)

    it("refuses every other function that is nowhere", function()
        local dir, remove = objects()
        finally(remove)
        for name, text in pairs {
            cffi = "void cffi_missing(void); void cffi_calls(void); void cffi_calls(void) { cffi_missing(); }",
            luaX = "void luaX_missing(void); void cffi_calls(void); void cffi_calls(void) { luaX_missing(); }",
        } do
            local source, object = ("%s/%s.c"):format(dir, name), ("%s/%s.o"):format(dir, name)
            support.write_file(source, text)
            assert(os.execute(("${CC:-cc} -fPIC -c -o %s %s"):format(object, source)))
            local code, _, err = make(dir, "LDFLAGS=" .. object, dir .. "/cffi/core.so")
            assert.not_equal(0, code)
            assert.truthy(err:find("undefined reference to [`']" .. name .. "_missing'"), err)
            assert.falsy(exists(dir .. "/cffi/core.so"))
        end
    end)
end)

describe("compiling", function()
    it("refuses calls of what nothing declares", function()
        local dir, remove = objects()
        finally(remove)
        local name = dir .. "/undeclared"
        support.write_file(name .. ".c", "int f(void);\nint f(void) { return cffi_undeclared(); }\n")
        local code, flags = make(dir, "--eval=show-flags:; @echo $(CC) $(ALL_CFLAGS)", "show-flags")
        assert.equal(0, code)
        local failed, _, err = support.run { "sh", "-c",
            ("%s -MF %s.d -c -o %s.o %s.c"):format((flags:gsub("\n", "")), name, name, name) }
        assert.not_equal(0, failed)
        assert.truthy(err:find ":2:%d+: error: .*implicit.* declaration of function .-cffi_undeclared", err)
    end)

    -- glibc's checks ask whether limits.h is the system's.
    it("works with the flags of distributions", function()
        local dir, remove = objects()
        finally(remove)
        local object = dir .. "/lua_ffi/base/magnitude.o"
        os.remove(object)
        local code, _, err = make(dir, "CFLAGS=-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong", object)
        assert.equal("", err)
        assert.equal(0, code)
    end)
end)

describe("make dist", function()
    local in_git = os.execute "git rev-parse --git-dir >/dev/null 2>&1"

    it("makes the same archive twice, whose files build without git", function()
        if not in_git then return pending "only a checkout of git makes an archive" end
        local dir = os.tmpname()
        os.remove(dir)
        finally(function() os.execute("rm -rf " .. dir) end)
        local function archive(into)
            local code, out, err = make(dir, "dist", "DIST=" .. dir .. into)
            assert.equal("", err)
            assert.equal(0, code)
            return out:match "(%x+)  luacffi%-[%d.]+%.tar%.gz"
        end
        local first = archive "/1"
        assert.equal(64, #first)
        assert.equal(first, archive "/2")
        for name, line in pairs { ["APKBUILD"] = "\n%x+  luacffi%-[%d.]+%.tar%.gz\n",
            ["luacffi.rb"] = '\n  sha256 "' .. first .. '"\n', ["luacffi-[0-9]*.rockspec"] = 'url = "luacffi%-' } do
            local _, recipe = support.run { "sh", "-c", "cat " .. dir .. "/1/" .. name }
            assert.truthy(recipe:find(line), recipe)
            assert.is_nil(recipe:find "@%u")
        end
        local version = support.read_file("VERSION"):match "%S+"
        assert(os.execute(("tar -xzf %s/1/luacffi-%s.tar.gz -C %s"):format(dir, version, dir)))
        local code, _, err = support.run { "make", "-C", ("%s/luacffi-%s"):format(dir, version), "-n", "core" }
        assert.equal("", err)
        assert.equal(0, code)
    end)

    it("names the version in one place", function()
        local version = support.read_file("VERSION"):match "%S+"
        assert.equal("cffi " .. version, require("cffi")._VERSION)
    end)
end)
