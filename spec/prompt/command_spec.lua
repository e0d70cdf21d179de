-- The command's own words: options, subcommands, their help, exit codes, the manual page and completion.
local support = require "support"
local command = require "cffi.command"
local check = require "cffi.command.check"

local function cffi(words, input)
    return support.run({ support.lua, "bin/cffi", table.unpack(words) }, input)
end

-- What a run that must succeed prints.
local function output(words, input)
    local code, out, err = cffi(words, input)
    assert.equal("", err)
    assert.equal(0, code)
    return out
end

local function fails(status, text, words, input)
    local code, out, err = cffi(words, input)
    assert.equal(text, err)
    assert.equal(status, code)
    return out
end

describe("cffi", function()
    it("explains itself and each subcommand", function()
        local help = output { "--help" }
        assert.equal(help, output { "-h" })
        assert.truthy(help:find "^usage: cffi %[OPTION%]%.%.%. SCRIPT %[ARGUMENT%]%.%.%. +run a Lua script")
        for _, entry in ipairs(command.list) do
            assert.truthy(help:find("cffi " .. entry.name, 1, true))
            local text = output { entry.name, "--help" }
            assert.truthy(text:find("usage: cffi " .. entry.name, 1, true))
            assert.truthy(text:find("\n\n" .. entry.says, 1, true))
        end
        for _, option in ipairs(command.options) do
            assert.truthy(help:find("\n  " .. option.name .. " ", 1, true), option.name)
        end
        assert.truthy(output({ "--version" }):find("^cffi %S+, " .. _VERSION:gsub("%.", "%%.") .. "\n$"))
        assert.equal(output { "--version" }, output { "-v" })
    end)

    it("exits with 2 when its command line is wrong", function()
        for text, words in pairs {
            ["unknown option '--wrong'"] = { "--wrong" }, ["unknown option '-x'"] = { "-x" },
            ["-e wants code"] = { "-e" }, ["-i wants a header"] = { "-i" }, ["-l wants a library"] = { "-l" },
            ["repl takes no 'more'"] = { "repl", "more" }, ["layout wants TYPE..."] = { "layout" },
            ["'layout' does not take -l"] = { "layout", "-l", "z", "int" },
            ["sym takes no 'c'"] = { "sym", "a", "b", "c" },
            ["-o is for 'cffi bind'"] = { "-o", "x", "script.lua" }, ["bind wants HEADER..."] = { "bind" },
            ["-o wants a file"] = { "bind", "zlib.h", "-o" }, ["-p wants a package"] = { "-p" },
            ["--merge is for 'cffi bind'"] = { "--merge" }, ["--annotate is for 'cffi bind'"] = { "--annotate" },
            ["check wants FILE..."] = { "check" }, ["sym wants LIBRARY [GLOB]"] = { "sym" },
            ["'repl' does not take -e"] = { "repl", "-e", "1" },
            ["unknown option '--all'"] = { "bind", "zlib.h", "--all" },
        } do
            assert.equal("", fails(2, "cffi: " .. text .. " (cffi --help tells more)\n", words))
        end
    end)

    it("exits with 1 when what it is asked for fails", function()
        for text, words in pairs {
            ["--merge wants -o FILE"] = { "bind", "--merge", "zlib.h" },
            ["cannot read /no/such: No such file or directory"] = { "bind", "--annotate", "/no/such", "zlib.h" },
            ["/no/such: No such file or directory"] = { "check", "/no/such" },
            ["cannot open /no/such: No such file or directory"] = { "trace", "/no/such" },
            ["cannot open chek: No such file or directory (did you mean 'cffi check'?)"] = { "chek", "x.h" },
            ["(command line):1: unexpected symbol near ')'"] = { "-e", ")" },
        } do
            assert.equal("", fails(1, "cffi: " .. text .. "\n", words))
        end
        local code, _, err = cffi { "-e", "error(5)" }
        assert.equal(1, code)
        assert.truthy(err:find "^cffi: 5\nstack traceback:\n")
        assert.equal(7, (cffi { "-e", "os.exit(7)" }))
    end)

    it("-i makes the names of headers global names of a script", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        support.write_file(path, "made = zlibVersion() ~= nil "
            .. "print(made, _G.made, Z_OK, sqlite3_libversion_number() > 1, ...)")
        assert.equal("true\ttrue\t0\ttrue\tx\n", output { "-i", "zlib.h", "-isqlite3.h", path, "x" })
        assert.equal("10\n", output { "-i", "zlib.h", "-e", "Z_BEST_COMPRESSION + 1" })
        local _, err = select(2, cffi { "-i", "no/such/header.h", path })
        assert.truthy(err:find "^cffi: cannot include <no/such/header.h>: ")
    end)

    it("-l opens libraries under their names", function()
        assert.truthy(output({ "-l", "m", "-lz", "-e", "tostring(m), tostring(z)" }):find "libm%.so%.6\t.*libz%.so")
        local code, _, err = cffi { "-l", "no_such_library", "-e", "1" }
        assert.truthy(err:find "^cffi: [^\n]*no_such_library")
        assert.equal(1, code)
    end)

    it("repl has -i and -l too, and prints nothing of them when its input is piped", function()
        assert.equal("10\ntrue\n", output({ "-i", "zlib.h", "-l", "m" }, "Z_BEST_COMPRESSION + 1\nm ~= nil\n"))
        assert.equal("10\n", output({ "repl", "-i", "zlib.h" }, "Z_BEST_COMPRESSION + 1\n"))
        local code, out = cffi({ "-i", "no/such/header.h" }, "1\n")
        assert.equal("1\n", out)
        assert.equal(1, code)
    end)

    it("layout prints types #lp64", function()
        assert.equal("int; /* size: 4, align: 4 */\nshort; /* size: 2, align: 2 */\n",
            output { "layout", "int", "short" })
        assert.truthy(output({ "layout", "-i", "zlib.h", "z_stream" }):find "\n    /%* XXX 4 bytes hole %*/\n")
        local code, _, err = cffi { "layout", "struct unheard_of" }
        assert.truthy(err:find "^cffi: 1:8: undeclared tag 'struct unheard_of'")
        assert.equal(1, code)
    end)

    it("sym lists what a library exports", function()
        local out = output { "sym", "m", "cosh*" }
        assert.truthy(out:find "^function +%d+ cosh\nfunction +%d+ coshf\n")
        assert.truthy(#output { "sym", "m" } > #out)
        fails(1, "cffi: no export of m fits 'nothing_like_it'\n", { "sym", "m", "nothing_like_it" })
    end)

    it("bind writes a module and a file for editors", function()
        local base = os.tmpname()
        finally(function()
            os.remove(base)
            os.remove(base .. ".lua")
            os.remove(base .. ".d.lua")
        end)
        assert.equal("", output { "bind", "zlib.h", "-o", base .. ".lua" })
        local text = support.read_file(base .. ".lua")
        assert.equal(text, output { "bind", "zlib.h" })
        assert.equal("-- <zlib.h>, bound by: cffi bind zlib.h\n", text:match "^[^\n]*\n")
        assert.equal(1, load(text)().Z_BEST_SPEED)
        local class = base:match "[^/]*$":gsub("[^%w_]", "_")
        assert.truthy(support.read_file(base .. ".d.lua"):find("---@class " .. class .. ": ffi.namespace\n", 1, true))
        assert.truthy(output { "bind", "-l", "m", "math.h" }:find('libraries = { { "libm.so.6", "m" } },', 1, true))
        fails(1, "cffi: cannot write /no/such/x.lua: No such file or directory\n",
            { "bind", "zlib.h", "-o", "/no/such/x.lua" })
    end)

    it("trace runs a script and shows its calls", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        support.write_file(path, "local ffi = require 'cffi' ffi.cdef 'int abs(int number);' "
            .. "print(ffi.C.abs(-5), ..., ffi.scope().load 'm')")
        local code, out, err = cffi { "trace", path, "--help" }
        assert.equal("abs(number = -5) = 5\n", err)
        assert.truthy(out:find "^5\t%-%-help\tlibrary: [^\n]*libm")
        assert.equal(0, code)
        support.write_file(path, "local posix = require 'cffi.posix' "
            .. "print(posix.toupper(97), posix.S_ISDIR(posix.S_IFDIR))")
        code, out, err = cffi { "trace", path }
        assert.equal("toupper(__c = 97) = 65\n", err)
        assert.equal("65\ttrue\n", out)
        assert.equal(0, code)
        code, out, err = cffi { "trace", "-i", "zlib.h", "-" }
        assert.equal("", out .. err)
        assert.equal(0, code)
        fails(2, "cffi: trace wants SCRIPT [ARGUMENT]... (cffi --help tells more)\n", { "trace" })
    end)

    it("repl exits with 1 when nothing can be read or written", function()
        local repl = support.lua .. " bin/cffi repl"
        local code, _, err = support.run({ "sh", "-c", repl .. " >/dev/full" }, "5\n")
        assert.same({ 1, "cffi: cannot write: No space left on device\n" }, { code, err })
        code, _, err = support.run({ "sh", "-c", repl .. " >/dev/full" }, ("('x'):rep(100000)\n"):rep(9))
        assert.same({ 1, "cffi: cannot write: No space left on device\n" }, { code, err })
        code, _, err = support.run { "sh", "-c", repl .. " </" }
        assert.same({ 1, "cffi: cannot read: Is a directory\n" }, { code, err })
    end)

    it("exits with 1 when nothing can be written", function()
        for _, words in ipairs { "-e 1", "sym z", "layout int", "bind zlib.h", "--help", "--version", "layout --help",
            "check " .. os.tmpname() } do
            local code, _, err = support.run { "sh", "-c", support.lua .. " bin/cffi " .. words .. " >/dev/full" }
            assert.same({ 1, "cffi: cannot write: No space left on device\n" }, { code, err }, words)
        end
        for redirection, text in pairs { [">&-"] = "write", ["<&-"] = "read" } do
            local code, out = support.run { "sh", "-c", "echo 5 | " .. support.lua .. " bin/cffi 2>&1 " .. redirection }
            assert.same({ 1, ("cffi: cannot %s: Bad file descriptor\n"):format(text) }, { code, out })
        end
    end)

    it("leaves what a script closes closed", function()
        local code, out, err = cffi({ "-" }, "io.stdout:close()")
        assert.same({ 0, "", "" }, { code, out, err })
        code, out, err = cffi({ "-" }, "io.stdout:close() error('no', 0)")
        assert.same({ 1, "" }, { code, out })
        assert.truthy(err:find "^cffi: no\nstack traceback:")
    end)

    it("repl takes junk", function()
        local file <close> = assert(io.open("/dev/urandom", "rb"))
        local code, out, err = support.run({ support.lua, "bin/cffi", "repl" }, file:read(50000) .. "\n6 * 7\n")
        assert.equal(1, code)
        assert.is_nil((out .. err):find "[\0-\8\11-\31]")
        assert.truthy(utf8.len(err))
    end)

    it("survives a closed output", function()
        local _, first = support.run { "sh", "-c", "exec 2>&1; (echo 5; yes 6 | head -n 100000) | " .. support.lua
            .. " bin/cffi | head -n 1" }
        assert.equal("5\n", first)
        local _, out = support.run { "sh", "-c", "exec 2>&1; " .. support.lua .. " bin/cffi sym c | head -n 1" }
        assert.truthy(out:find "^%a+ +%d+ [^\n]+\n$")
    end)
end)

describe("cffi check", function()
    local bad = [[
int ok(int);
int bad(unknown_t x);
typedef struct { nope_t x; } lost;
int uses(lost *p);
#define FIVE 5
int array[FIVE];
int y[;
struct s { int a; /* ; */ int a; };
int z(struct s *);
static const char *text = "a;b" "
]]

    it("finds all errors, and leaves out what follows from one", function()
        local rows = {}
        for i, found in ipairs((check.errors(bad))) do
            rows[i] = ("%d:%d: %s"):format(found[1], found[2], found[3]:match "^[^\n]*")
        end
        assert.same({ "2:9: unknown type 'unknown_t'", "3:18: unknown type 'nope_t' (did you mean 'mode_t'?)",
            "7:7: expected an expression, got ';'", "8:31: duplicate member 'a'" }, { table.unpack(rows, 1, 4) })
        assert.equal(5, #rows)
        assert.truthy(rows[5]:find "^10:")
    end)

    it("prints them with their place, and exits with 1", function()
        local out = fails(1, "", { "check", "-" }, "int f(a_t);\nint g(b_t);\n")
        assert.equal("-:1:7: unknown type 'a_t'\n    int f(a_t);\n          ^\n-:2:7: unknown type 'b_t'\n"
            .. "    int g(b_t);\n          ^\n", out)
        assert.equal("-: no errors, 2 declarations\n", output({ "check", "-" }, "int f(int); int g(int);"))
        assert.equal("-: no errors, 0 declarations\n", output({ "check", "-" }, ""))
        fails(1, "cffi: /no/such/file.h: No such file or directory\n", { "check", "/no/such/file.h" })
    end)

    it("comes to an end whatever it is given", function()
        for _, text in ipairs { "}", "{{{", ");", "\0\1\255", "/*", '"', "#if", "int f(",
            "struct { int x; } }; int x y;" } do
            assert.is_true(#check.errors(text) > 0, text)
        end
        assert.equal(200, #check.errors(("int f(unknown_t);"):rep(300)))
    end)
end)

describe("what is made from the tables", function()
    local function made(what)
        local code, out, err = support.run { "env", "LUA_PATH=lib/?.lua", support.lua, "tools/manual.lua", what }
        assert.equal("", err)
        assert.equal(0, code)
        return out
    end

    it("is a manual page with every option, subcommand and command of the prompt", function()
        local page = made "man"
        assert.truthy(page:find '^%.TH CFFI 1 "" "cffi" "User Commands"\n%.SH NAME\ncffi \\%- calls C from Lua')
        for _, entry in ipairs(command.list) do
            assert.truthy(page:find("\n.B " .. entry.name, 1, true), entry.name)
        end
        for _, entry in ipairs(require "cffi.repl.commands".list) do
            assert.truthy(page:find("\n.B :" .. entry.name, 1, true), entry.name)
        end
        for line in page:gmatch "[^\n]+" do -- no text is taken for a request
            assert.truthy(line:find "^[^.']" or line:find "^%.[TSBb]", line)
        end
    end)

    it("is a manual page with every public name", function()
        local page = made "man3"
        assert.truthy(page:find '^%.TH CFFI 3LUA "" "cffi" "Lua Modules"\n')
        for _, entry in ipairs(require "cffi.reference".entries()) do
            assert.truthy(page:find("\n.B ffi." .. entry.name, 1, true), entry.name)
        end
        for line in page:gmatch "[^\n]+" do -- no text is taken for a request
            assert.truthy(line:find "^[^.']" or line:find "^%.[TSBbIPRnf]", line)
        end
    end)

    it("is completion that bash understands", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        support.write_file(path, made "bash" .. [[
COMP_WORDS=(cffi che) COMP_CWORD=1; _cffi; echo "${COMPREPLY[@]}"
COMP_WORDS=(cffi --ver) COMP_CWORD=1; _cffi; echo "${COMPREPLY[@]}"
COMP_WORDS=(cffi -i zli) COMP_CWORD=2; _cffi; echo "${COMPREPLY[@]}"
]])
        local _, out = support.run { "bash", path }
        assert.equal("check\n--version\nzlib.h\n", out)
    end)

    it("is completion for zsh", function()
        local text = made "zsh"
        assert.truthy(text:find "^#compdef cffi\n")
        assert.truthy(text:find("'check:report all errors of C declarations'", 1, true))
        assert.truthy(text:find("'*-l[open a library; it is a global of its name\\: -l z is z]:library:'", 1, true))
    end)
end)
