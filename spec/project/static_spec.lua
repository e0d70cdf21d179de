-- cffi embed, and the static program of examples/static where there is musl-gcc (docs/design.md S23).
local support = require "support"

local function temporary(suffix, text)
    local path = os.tmpname()
    os.remove(path)
    path = path .. suffix
    support.write_file(path, text or "")
    finally(function() os.remove(path) end)
    return path
end

local function embed(...)
    return support.run { support.lua, "bin/cffi", "embed", ... }
end

-- What a program that has the table of `tables` (C text of cffi embed) prints of it; the symbols are those of
-- this C text.
local function printed(table_text, library_text)
    local exe = temporary ".exe"
    local source = temporary(".c", table_text .. library_text .. [[

        #include <stdio.h>
        int main(void)
        {
            for (const struct cffi_symbol *s = cffi_symbols_own; s->name != NULL; s++)
                printf("%s %d %d\n", s->name, (int)s->kind, *(const char *)s->address != 0);
            return 0;
        }
    ]])
    local _, flags = support.run { "pkg-config", "--cflags", assert(io.popen "tools/lua-config pc"):read() }
    local code, _, err = support.run { "sh", "-c", ("%s -Wall -Wextra -Werror -Iinclude %s -o %s %s"):format(
        os.getenv "CC" or "cc", flags:gsub("\n", ""), exe, source) }
    assert.equal("", err)
    assert.equal(0, code)
    return select(2, support.run { exe })
end

describe("cffi embed symbols", function()
    local own = "int first(void) { return 1; } int second = 0x0101; double sqrt(double x) { return x; }"

    it("takes a list of names", function()
        local list = temporary(".names", "# comment\nfirst\n\nvariable second # here\nfunction sqrt\nfirst\n")
        local code, out, err = embed("symbols", "own", list)
        assert.equal("", err)
        assert.equal(0, code)
        assert.equal("first 0 1\nsecond 2 1\nsqrt 1 1\n", printed(out, own))
    end)

    it("takes what `cffi bind` wrote", function()
        local header = temporary(".h", "int first(void); extern int second; typedef int t;\n#define M 1\n")
        local bound = temporary(".lua")
        local code, _, err = support.run { support.lua, "bin/cffi", "bind", header, "-o", bound }
        os.remove((bound:gsub("%.lua$", ".d.lua")))
        assert.equal("", err)
        assert.equal(0, code)
        assert.equal("first 1 1\nsecond 2 1\n", printed(select(2, embed("symbols", "own", bound)), own))
    end)

    it("takes static libraries, alone or to tell what of a list they have", function()
        local source = temporary(".c", own .. " static int hidden; int *third(void) { return &hidden; }")
        local object, archive = temporary ".o", temporary ".a"
        os.remove(archive)
        local cc = os.getenv "CC" or "cc"
        local command = ("%s -w -c -o %s %s && ar rcs %s %s"):format(cc, object, source, archive, object)
        assert.is_true(os.execute(command))
        local _, out = embed("symbols", "own", archive)
        local names = {}
        for name, kind in out:gmatch '{"([%w_]+)", symbol_%d+, CFFI_IS_(%u+), 0}' do
            names[#names + 1] = name .. " " .. kind
        end
        table.sort(names)
        assert.same({ "first FUNCTION", "second VARIABLE", "sqrt FUNCTION", "third FUNCTION" }, names)
        local list = temporary(".names", "nowhere\nfirst\nsecond\n")
        _, out = embed("symbols", "own", list, archive)
        assert.equal("first 1 1\nsecond 2 1\n", printed(out, own))
    end)

    it("says what is wrong with its input", function()
        local list = temporary(".names", "good\na b c\n")
        local lua = temporary(".lua", "return 1")
        local none = temporary(".names", "# nothing\n")
        local bad = temporary(".lua", "return (")
        local line = ":2: expected a name, or 'variable' or 'function' and a name, got 'a b c'"
        local no_module = " is no module that `cffi bind` wrote"
        for text, words in pairs {
            ["embed wants 'symbols LIBRARY FILE...' or 'modules [FOLDER...]'"] = { "symbols", "z" },
            ["no_such_file: No such file or directory"] = { "symbols", "z", "no_such_file" },
            ["no_such.a: No such file or directory"] = { "symbols", "z", "no_such.a" },
            [list .. line] = { "symbols", "z", list },
            [lua .. no_module] = { "symbols", "z", lua },
            [bad .. no_module .. ": " .. bad .. ":1: unexpected symbol near <eof>"] = { "symbols", "z", bad },
            [none .. " names no symbols"] = { "symbols", "z", none },
            ["no_such_folder/.: No such file or directory"] = { "modules", "no_such_folder" },
        } do
            local code, out, err = embed(table.unpack(words))
            assert.equal("cffi: " .. text .. "\n", err)
            assert.equal("", out)
            assert.equal(1, code)
        end
    end)
end)

describe("docs/embed.md", function()
    it("has a program that is built and run as it says", function()
        local page = support.read_file "docs/embed.md"
        local main = temporary(".c", page:match "```c\n(.-)```")
        local script = temporary(".lua", page:match "```lua\n(.-)```")
        local folder = temporary ""
        os.execute(("rm %s && mkdir -p %s/app"):format(folder, folder))
        finally(function() os.execute("rm -r " .. folder) end)
        support.write_file(folder .. "/app/main.lua", "return 'own'")
        support.write_file(folder .. "/own.lua", "print(require 'app.main', (pcall(require, 'app')))")
        local modules = temporary(".c", (select(2, embed("modules", folder))))
        local program = temporary ".exe"
        local pc = assert(io.popen "tools/lua-config pc"):read()
        local command = "%s -Wall -Wextra -Werror -Iinclude -o %s %s %s %s/libcffi.a " ..
            "$(pkg-config --cflags --libs %s libffi) -lz -ldl -lpthread -lm"
        local built = { support.run { "env", "MAKEFLAGS=", "make", "-s", "static", "BUILD=" .. support.build } }
        assert.equal(0, built[1], built[3])
        local code, _, err = support.run { "sh", "-c", command:format(os.getenv "CC" or "cc", program, main, modules,
            support.build, pc) }
        assert.equal("", err)
        assert.equal(0, code)
        local bare = { "env", "-i", "LUA_PATH=none", "LUA_CPATH=none", program }
        bare[6] = script
        assert.same({ 0, "3610a686\n", "" }, { support.run(bare) })
        bare[6] = folder .. "/own.lua"
        assert.same({ 0, "own\tfalse\n", "" }, { support.run(bare) })
    end)

    it("has a pkg-config file by make install, and none after make uninstall", function()
        local folder = temporary "-installed"
        os.remove(folder)
        finally(function() os.execute("rm -rf " .. folder) end)
        local make = "env MAKEFLAGS= make -s %s BUILD='%s' PREFIX='%s' LUA=%s"
        local function run(target)
            return support.run { "sh", "-c", make:format(target, support.build, folder, support.lua) }
        end
        assert.equal(0, (run "install"))
        local _, flags = support.run { "env", "PKG_CONFIG_PATH=" .. folder .. "/lib/pkgconfig",
            "pkg-config", "--cflags", "--libs", "cffi" }
        assert.truthy(flags:find("-I" .. folder .. "/include", 1, true), flags)
        assert.truthy(flags:find("-L" .. folder .. "/lib -lcffi", 1, true), flags)
        assert.truthy(flags:find("-lffi", 1, true), flags)
        assert.equal(0, (run "uninstall"))
        local _, left = support.run { "find", folder, "-type", "f" }
        assert.equal("", left)
    end)
end)

local has_musl = os.execute "command -v musl-gcc >/dev/null && command -v tclsh >/dev/null"

describe("examples/static", function()
    -- The sources come from Debian's packages, by the network.
    if has_musl then
        it("is one static file with Lua, cffi, zlib and SQLite", function()
            local out = os.getenv "CFFI_BUILD" or "build"
            local code, text, err = support.run { "env", "-u", "MAKEFLAGS", -- not this build's compiler
                "make", "-s", "-C", "examples/static", "LUA=" .. support.lua,
                "OUT=" .. (out:find "^/" and out or "../../" .. out) .. "/static" }
            assert.equal(0, code, err)
            assert.equal([[
zlib VERSION, crc32 of 'hello': 3610a686
7000 bytes become 42
a=2 b=two, a=1 b=one
same version: true
1 3 5 7 9
environ has it: true
cannot load library 'ssl': the program is linked statically, and cffi_register was given 'c', 'z', 'sqlite3'
undefined symbol 'puts' in ffi.C
]], (text:gsub("zlib [%d.]+", "zlib VERSION")))
            local program = assert(support.build .. "/static/luacffi")
            assert.equal("", (select(2, support.run { "nm", "-D", program })))
        end)
    end
end)
