-- Installing, and the scripts in tools/.
local support = require "support"

local VERSION = _VERSION:match "%d.*"

-- A temporary directory for one test; `finally` removes it.
local function directory()
    local path = os.tmpname()
    os.remove(path)
    assert(os.execute("mkdir " .. path))
    return path, function() os.execute("rm -rf " .. path) end
end

local function make(...)
    local code, _, err = support.run {
        "make", "--no-print-directory", "BUILD=" .. support.build, "LUA=" .. support.lua, ...
    }
    assert.equal("", err)
    assert.equal(0, code)
end

local function files_below(path)
    local _, out = support.run { "sh", "-c", "cd " .. path .. " && find . ! -type d | sort" }
    return out
end

describe("tools/test-lua", function()
    it("knows versions that are installed and folders of Lua's sources", function()
        local code, _, err = support.run { "tools/test-lua", "build", "docs" }
        assert.equal("test-lua: docs is neither a version that is installed nor a folder of Lua's sources\n", err)
        assert.equal(1, code)
    end)
end)

describe("make install", function()
    it("puts every file where Lua looks, and uninstall removes exactly these", function()
        local dir, remove = directory()
        finally(remove)
        make("install", "DESTDIR=" .. dir, "PREFIX=/opt/x")
        local root = dir .. "/opt/x"
        local lib, share = "./lib/lua/" .. VERSION .. "/", "./share/lua/" .. VERSION .. "/"
        local expected = { "./bin/cffi", "./include/cffi.h", "./lib/libcffi.a", "./lib/pkgconfig/cffi.pc",
            lib .. "cffi/core.so", lib .. "cffi/posix.headers", share .. "cffi.lua", share .. "cffi.d.lua",
            "./share/doc/cffi/lib/cffi.d.lua" }
        for name in files_below("lib/cffi"):gmatch "%./([^\n]+)" do
            expected[#expected + 1] = share .. "cffi/" .. name
        end
        for _, folder in ipairs { "docs", "examples" } do
            for name in files_below(folder):gmatch "%./([^\n]+)" do
                expected[#expected + 1] = ("./share/doc/cffi/%s/%s"):format(folder, name)
            end
        end
        for _, name in ipairs { "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md",
            "bench/README.md" } do
            expected[#expected + 1] = "./share/doc/cffi/" .. name
        end
        for _, name in ipairs { "man/man1/cffi.1", "man/man3/cffi.3lua", "bash-completion/completions/cffi",
            "zsh/site-functions/_cffi" } do
            expected[#expected + 1] = "./share/" .. name
        end
        table.sort(expected)
        assert.equal(table.concat(expected, "\n") .. "\n", files_below(root))

        local code, out, err = support.run({ root .. "/bin/cffi", "repl" },
            "package.searchpath('cffi', package.path), ffi.sizeof 'int'\n")
        assert.equal("", err)
        assert.equal(('"%s/bin/../share/lua/%s/cffi.lua"\t4\n'):format(root, VERSION), out)
        assert.equal(0, code)

        support.write_file(root .. share:sub(2) .. "other.lua", "")
        support.write_file(root .. "/share/doc/cffi/docs/note", "")
        make("uninstall", "DESTDIR=" .. dir, "PREFIX=/opt/x")
        assert.equal("./share/doc/cffi/docs/note\n" .. share .. "other.lua\n", files_below(root))
        local _, directories = support.run { "find", root, "-name", "cffi*", "!", "-empty" }
        assert.equal(root .. "/share/doc/cffi\n", directories)
        os.remove(root .. "/share/doc/cffi/docs/note")
        make("uninstall", "DESTDIR=" .. dir, "PREFIX=/opt/x")
        assert.equal("", (select(2, support.run { "find", root, "-name", "cffi*" })))
    end)

    it("leaves no link of the pages dangling", function()
        local dir, remove = directory()
        finally(remove)
        make("install", "DESTDIR=" .. dir, "PREFIX=")
        local count = 0
        for name in files_below(dir .. "/share/doc/cffi"):gmatch "%./([^\n]+%.md)" do
            local page = dir .. "/share/doc/cffi/" .. name
            for target in support.read_file(page):gmatch "%]%(([%w_./-]+)[^)]*%)" do
                if not target:find "^https?" then
                    local there = os.execute(("test -e '%s'"):format(page:gsub("[^/]*$", "") .. target))
                    assert.is_true(there, page .. " links to " .. target)
                    count = count + 1
                end
            end
        end
        assert.is_true(count > 10)
    end)

    it("strips the module, unless STRIP is empty", function()
        local dir, remove = directory()
        finally(remove)
        local sections = {}
        for _, strip in ipairs { "STRIP=strip", "STRIP=" } do
            make("install", "DESTDIR=" .. dir, "PREFIX=", strip)
            local _, out = support.run { "nm", dir .. "/lib/lua/" .. VERSION .. "/cffi/core.so" }
            sections[#sections + 1] = out:find " t lffi_" ~= nil
        end
        assert.same({ false, true }, sections)
    end)
end)

describe("tools/bootstrap", function()
    it("is silent when nothing is missing", function()
        for _, module in ipairs { "luv", "cqueues" } do -- whose packages not every Lua has
            if not pcall(require, module) then return pending(module .. " is not installed") end
        end
        local code, out, err = support.run { "tools/bootstrap", "build", "test" }
        assert.equal("", out)
        assert.equal("", err)
        assert.equal(0, code)
    end)

    it("names what is missing where it knows no package manager", function()
        local dir, remove = directory()
        finally(remove)
        for _, tool in ipairs { "sh", "dirname", "tr", "mktemp", "rm", "grep", "awk", "sed" } do
            assert(os.execute(("ln -s $(command -v %s) %s"):format(tool, dir)))
        end
        local code, out, err = support.run {
            "env", "-i", "PATH=" .. dir, "/bin/sh", "tools/bootstrap", "build",
        }
        assert.equal("", out)
        assert.equal("bootstrap: missing: cc pkg-config lua lua-dev libffi. No package manager that"
            .. " I know (apt-get, dnf, apk, pacman, brew) is here: please install these by hand.\n",
            err)
        assert.equal(1, code)
    end)
end)

describe("tools/lint-layers", function()
    -- What the script says about a copy of the tree to which `text` was added at the end of `path`.
    local function lint_with(path, text)
        local dir, remove = directory()
        finally(remove)
        assert(os.execute(("cp -r bin lib lua_ffi cdecl_parser tools %s"):format(dir)))
        local file <close> = assert(io.open(dir .. "/" .. path, "a"))
        assert(file:write("\n", text, "\n"):flush())
        local code, out = support.run {
            "sh", "-c", ("cd %s && tools/lint-layers no-build"):format(dir),
        }
        return code, (out:gsub("%d+", "N"))
    end

    it("reports syntax that Lua 5.3 does not have", function()
        local code, out = lint_with("lib/cffi/trace.lua", 'local file <' .. 'close> = io.open "x"')
        assert.equal('lint-layers: lib and bin are Lua N.N, which has no attributes:\n'
            .. '    lib/cffi/trace.lua:N:local file <' .. 'close> = io.open "x"\n', out)
        assert.equal(1, code)
    end)

    it("passes the tree as it is #plain", function()
        local code, out = support.run { "tools/lint-layers", support.build }
        assert.equal("", out)
        assert.equal(0, code)
    end)

    for _, case in ipairs {
        { "cdecl_parser/lex.c", "#include <lua.h>", "<lua.h>",
            "cdecl_parser includes neither Lua, libffi, dlopen nor the module" },
        { "cdecl_parser/lex.c", '#include "../lua_ffi/object/object.h"', '"../lua_ffi/object/object.h"',
            "cdecl_parser includes neither Lua, libffi, dlopen nor the module" },
        { "lua_ffi/object/cdata.c", '#include "checked.h"', '"checked.h"',
            'lua_ffi includes the parser as "cdecl.h" and nothing else of it' },
        { "lua_ffi/object/cdata.c", '#include "../cdecl_parser/checked.h"', '"../cdecl_parser/checked.h"',
            'lua_ffi includes the parser as "cdecl.h" and nothing else of it' },
        { "lua_ffi/value/convert.c", "# include <ffi.h>", "<ffi.h>",
            "only call/libffi.h includes <ffi.h>" },
        { "lua_ffi/face/module.c", "#include <dlfcn.h>", "<dlfcn.h>", "only face/library.c includes <dlfcn.h>" },
    } do
        it("catches " .. case[2] .. " in " .. case[1], function()
            local code, out = lint_with(case[1], case[2])
            assert.equal(("lint-layers: %s:\n    %s:N:%s\n"):format(case[4], case[1], case[3]), out)
            assert.equal(1, code)
        end)
    end

    it("catches a foreign module in lib", function()
        local code, out = lint_with("lib/cffi.lua", 'require "lfs"')
        assert.equal("lint-layers: lib and bin require only modules of cffi:\n"
            .. '    lib/cffi.lua:N:require "lfs"\n', out)
        assert.equal(1, code)
    end)

    it("catches an include of a higher wing", function()
        local code, out = lint_with("lua_ffi/base/floats.c", '#include "face/face.h"')
        assert.equal("lint-layers: a file of lua_ffi includes its own wing and those below:\n"
            .. '    lua_ffi/base/floats.c:N: base includes "face/face.h"\n', out)
        assert.equal(1, code)
    end)

    it("catches a call to a higher wing of lua_ffi, whatever was included", function()
        local dir, remove = directory()
        finally(remove)
        support.write_file(dir .. "/floats.c", "void up(void); void down(void) { up(); }")
        support.write_file(dir .. "/index.c", "void down(void); void up(void) { down(); }")
        local script = "cd %s && mkdir -p lua_ffi/base lua_ffi/value && %s -c -o lua_ffi/base/floats.o "
            .. "floats.c && %s -c -o lua_ffi/value/index.o index.c"
        local cc = os.getenv "CC" or "cc"
        assert(os.execute(script:format(dir, cc, cc)))
        local code, out = support.run { "tools/lint-layers", dir }
        assert.equal("lint-layers: a file of lua_ffi calls its own wing and those below:\n"
            .. "    lua_ffi/base/floats.c: calls up to up of value/index.c\n", out)
        assert.equal(1, code)
    end)

    it("catches a file of the parser that calls one whose section is below its own", function()
        local dir, remove = directory()
        finally(remove)
        support.write_file(dir .. "/value.c", "void up(void); void down(void) { up(); }")
        support.write_file(dir .. "/tag.c", "void down(void); void up(void) { down(); }")
        assert(os.execute(("mkdir %s/cdecl_parser && for f in value tag; do %s -c -o %s/cdecl_parser/$f.o "
            .. "%s/$f.c || exit 1; done"):format(dir, os.getenv "CC" or "cc", dir, dir)))
        local code, out = support.run { "tools/lint-layers", dir }
        assert.equal("lint-layers: files of cdecl_parser call those above them in internal.h:\n"
            .. "    cdecl_parser/value.c: calls up of tag.c, whose section is below\n", out)
        assert.equal(1, code)
    end)
end)
