-- The prompt: by itself with lines from a table, and as `cffi repl` with lines from a pipe.
local support = require "support"
local repl = require "cffi.repl.session"

-- Feeds lines to a prompt; returns what it printed, its errors, its prompts, and their count.
local function session(...)
    local lines, out, errors, prompts, at = { ... }, {}, {}, {}, 0
    local count = repl.run {
        env = setmetatable({}, { __index = _G }),
        read = function(prompt)
            prompts[#prompts + 1] = prompt
            at = at + 1
            return lines[at]
        end,
        write = function(text) out[#out + 1] = text end,
        write_error = function(text) errors[#errors + 1] = text end,
    }
    return table.concat(out), table.concat(errors), table.concat(prompts), count
end

describe("the prompt", function()
    it("prints the values of an expression, with and without '='", function()
        assert.equal("3\n", (session "1 + 2"))
        assert.equal("3\n", (session "=1 + 2"))
        assert.equal("1\tnil\t\"text\"\n", (session "1, nil, 'text'"))
    end)

    it("prints nothing for statements, calls without results and empty lines", function()
        assert.equal("", (session("x = 1", "(function() end)()", "", "   ", "-- remark")))
    end)

    it("writes tables readably, within limits", function()
        assert.equal('{1, "a\\n", {b = true}, [2.5] = nil_text, c = "q\\""}\n', (session(
            "nil_text = setmetatable({}, {__tostring = function() return 'nil_text' end})",
            [[{1, "a\n", {b = true}, [2.5] = nil_text, c = 'q"'}]])))
        assert.equal("{{{{..}}}}\n", (session "{{{{{1}}}}}"))
        assert.equal("{self = {..}}\n", (session("t = {}", "t.self = t", "t")))
        local long = session("t = {} for i = 1, 1000 do t[i] = i end", "t")
        assert.truthy(long:find("39, 40,\n    ..\n}", 1, true))
    end)

    it("asks for more lines until a statement is complete", function()
        local out, errors, prompts = session("for i = 1, 2 do", "print_i = i", "end", "print_i")
        assert.equal("2\n", out)
        assert.equal("", errors)
        assert.equal("> >> >> > > ", prompts)
        assert.equal("3\n", (session("1 +", "2")))
        assert.equal("2\n", (session("#[[a", "]]")))
    end)

    it("asks for more lines within comments of C", function()
        assert.equal("declared repl_commented\n", (session("/* About", "it. */", "int repl_commented(int);")))
        local out, errors = session("/* never", "closed")
        assert.equal("", out)
        assert.truthy(errors:find "unterminated comment")
    end)

    it("asks for more lines of a macro", function()
        assert.equal("declared REPL_SUM\n5\n", (session("#define REPL_SUM 2 \\", "+ 3",
            "ffi.tonumber(ffi.eval 'REPL_SUM')")))
        assert.equal("the last line ends with a backslash, which continues it\n",
            select(2, session("#define REPL_MORE 2 \\")))
    end)

    it("takes time with the length of an input, not with its square", function()
        local rows = {
            ["x = {"] = "1,", ["x = 1 +"] = "2 +", ["x = [["] = "text", ["function f()"] = "x = 1",
            ["struct repl_long {"] = "int x%d;", ["/*"] = "text", ["--[==["] = "]]",
            ["#define REPL_LONG \\"] = "+ 1 \\",
        }
        for first, further in pairs(rows) do
            local lines = { first }
            for i = 2, 5000 do lines[i] = further:format(i) end
            local start = os.clock()
            local _, _, prompts = session(table.unpack(lines))
            assert.is_true(os.clock() - start < 3, first)
            assert.equal(2, select(2, prompts:gsub("%f[>]> ", "")), first) -- for it, and the end
        end
    end)

    it("finds where a long input ends, and what is wrong in it", function()
        local lines = { "function f()" }
        for i = 2, 300 do lines[i] = i == 7 and "local s = 'end' --[[ do (" or i == 8 and "]] -- if" or "x = 1" end
        lines[301], lines[302], lines[303] = "return 'x\\", "y' end", "f()"
        assert.equal('"x\\ny"\n', (session(table.unpack(lines))))
        lines = { "struct repl_parens { // it's (" }
        for i = 2, 300 do lines[i] = ("int (*x%d)(int); /* { */"):format(i) end
        lines[301] = "};"
        assert.equal("declared struct repl_parens\n", (session(table.unpack(lines))))
        lines = { "x = {" }
        for i = 2, 300 do lines[i] = i == 150 and "x x" or "1," end
        local _, errors = session(table.unpack(lines))
        assert.truthy(errors:find "^stdin:150: '}' expected %(to close '{' at line 1%)")
    end)

    it("reports what is still incomplete at the end", function()
        local _, errors, _, count = session "f("
        assert.equal("stdin:1: unexpected symbol near <eof>\n", errors)
        assert.equal(1, count)
    end)

    it("keeps globals and locals from line to line", function()
        assert.equal("5\n1\n", (session("x = 5", "x", "local y = 1", "y")))
        assert.equal("7\nnil\n", (session("local function f() return y end; local y = 7", "f()", "rawget(_G, 'y')")))
        assert.equal("1\t2\tnil\n", (session("local a <const>, b, c = 1, 2", "a, b, c")))
        assert.equal("nil\n2\n", (session("local a do local a = 1 end", "a", "a = 2", "a")))
        assert.equal("1\n", (session("local t = {1}; local print = print", "t[1]")))
        assert.equal("nil\t{\"closed\"}\n", (session("list = {}",
            "local x <close> = setmetatable({}, {__close = function() list[1] = 'closed' end})", "x, list")))
    end)

    it("keeps the last values as _ and __", function()
        assert.equal("1\t2\n1\n{1}\n{{1}}\n", (session("1, 2", "_", "x = 5", "__", "__")))
    end)

    it("prints every error and goes on", function()
        local out, errors, _, count = session("error('first', 0)", "1", "error {}", "2", "x x", "3",
            "error(setmetatable({}, {__tostring = function() error 'no' end}))", "4")
        assert.equal("1\n2\n3\n4\n", out)
        assert.equal("first\n(error object is a table value)\n"
            .. "stdin:5: syntax error near 'x'\n    x x\n      ^\n(error object is a table value)\n", errors)
        assert.equal(4, count)
    end)

    it("survives an interrupt while it reads, but not a reader that fails", function()
        local reads = 0
        local count = repl.run {
            env = {},
            read = function()
                reads = reads + 1
                return reads == 1 and error "interrupted!" or nil
            end,
            write_error = function(text) assert.truthy(text:find "interrupted!\n$") end,
        }
        assert.equal(1, count)
        assert.has_error(function()
            repl.run { env = {}, read = function() error("broken", 0) end }
        end, "broken")
    end)

    it("has ffi and C predefined", function()
        assert.equal("true\ttrue\n", (session "ffi == require 'cffi', C == ffi.C"))
        assert.equal("7\n", (session("ffi.cdef 'int abs(int);'", "C.abs(-7)")))
    end)

    it("survives bad C, unknown names, missing libraries and values that do not fit", function()
        local out, errors, _, count = session(
            "ffi.cdef 'int repl_broken(int'", "ffi.new 'struct repl_unknown'",
            "C.repl_no_such_function()", "ffi.load 'repl_no_such_library'",
            "ffi.cdef 'int abs(int);'", "C.abs('x')", "C.abs(1, 2)", "C.abs(1 << 40)",
            "ffi.cast('int *', 0)[0]", "C.abs(-1)")
        assert.equal("1\n", out)
        assert.equal(8, count)
        assert.truthy(errors:find("1099511627776 does not fit 'int' (32 bits)", 1, true), errors)
    end)
end)

describe("cffi", function()
    local function cffi(words, input)
        return support.run({ support.lua, "bin/cffi", table.unpack(words) }, input)
    end

    it("repl evaluates piped lines without prompt or banner", function()
        local code, out, err = cffi({ "repl" }, "x = 20\nx * 2\n")
        assert.equal("40\n", out)
        assert.equal("", err)
        assert.equal(0, code)
    end)

    it("repl exits with 1 after an error, having evaluated all lines", function()
        local code, out, err = cffi({ "repl" }, "error('one', 0)\nprint 'two'\n")
        assert.equal("two\n", out)
        assert.equal("one\n", err)
        assert.equal(1, code)
    end)

    it("runs a script with its arguments", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        support.write_file(path, "#!/usr/bin/env cffi\nlocal ffi = require 'cffi'\n"
            .. "print(ffi.sizeof 'int', arg[0] == '" .. path .. "', arg[1], #arg, ...)")
        local code, out, err = cffi { path, "a b", "c" }
        assert.equal("", err)
        assert.equal("4\ttrue\ta b\t2\ta b\tc\n", out)
        assert.equal(0, code)
    end)

    it("reports a script's error with a traceback and exits with 1", function()
        local code, out, err = support.run_lua "local function f() error 'deep' end\nf()"
        assert.equal("", out)
        assert.truthy(err:find "^cffi: [^\n]*:1: deep\nstack traceback:\n", err)
        assert.truthy(err:find("in local 'f'", 1, true) or err:find("in upvalue 'f'", 1, true), err)
        assert.truthy(err:find "in main chunk\n$", err) -- and nothing of the launcher
        assert.equal(1, code)
        code, out, err = cffi { "/no/such/script.lua" }
        assert.equal("", out)
        assert.equal("cffi: cannot open /no/such/script.lua: No such file or directory\n", err)
        assert.equal(1, code)
    end)

    it("runs its standard input as a script", function()
        local code, out, err = cffi({ "-", "a b" }, "print(arg[0], arg[1], ...)\nlocal x = 1\nprint(x)\n")
        assert.equal("", err)
        assert.equal("-\ta b\ta b\n1\n", out)
        assert.equal(0, code)
        code, out, err = cffi({ "-" }, "error 'there'")
        assert.equal("", out)
        assert.truthy(err:find "^cffi: stdin:1: there\n", err)
        assert.equal(1, code)
    end)

    it("says where a script does not compile", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        support.write_file(path, "print(1")
        local code, out, err = cffi { path }
        assert.equal("", out)
        assert.equal(("cffi: %s:1: ')' expected near <eof>\n"):format(path), err)
        assert.equal(1, code)
    end)

    it("prints an error where it happened, also when all goes to one file", function()
        local _, out = support.run({ "sh", "-c", "exec " .. support.lua .. " bin/cffi repl 2>&1" },
            "1\nerror('two', 0)\n3\n")
        assert.equal("1\ntwo\n3\n", out)
    end)

    it("is found through a symbolic link", function()
        local dir = os.tmpname()
        os.remove(dir)
        assert(os.execute(("mkdir %s && ln -s \"$PWD/bin/cffi\" %s/link"):format(dir, dir)))
        finally(function() os.execute("rm -r " .. dir) end)
        local code, out, err = support.run { "env", "CFFI_BUILD=" .. support.build, support.lua, dir .. "/link",
            "-e", "ffi.sizeof 'int'" }
        assert.equal("", err)
        assert.equal("4\n", out)
        assert.equal(0, code)
    end)

    it("says when its module is not built, or not there", function()
        local code, out, err = support.run { "env", "CFFI_BUILD=/no/such/build", "LUA_CPATH=/no/such/?.so",
            support.lua, "bin/cffi", "-e", "1" }
        assert.equal("", out)
        assert.equal("cffi: the module is not built: run make\n", err)
        assert.equal(1, code)
        local copy = os.tmpname()
        finally(function() os.remove(copy) end)
        support.write_file(copy, support.read_file "bin/cffi")
        code, out, err = support.run { "env", "LUA_PATH=/no/such/?.lua", support.lua, copy, "--version" }
        assert.equal("", out)
        assert.equal(("cffi: the module 'cffi' is neither beside %s nor on Lua's path\n"):format(copy), err)
        assert.equal(1, code)
    end)

    it("says why its module cannot be loaded, whatever it was asked to do", function()
        local build = os.tmpname()
        os.remove(build)
        finally(function() os.execute("rm -r " .. build) end)
        assert(os.execute(("mkdir -p %s/cffi"):format(build)))
        support.write_file(build .. "/cffi/core.so", "junk")
        for _, what in ipairs {"-e1", "repl", "--version", "examples/qsort.lua"} do
            local code, out, err = support.run { "env", "CFFI_BUILD=" .. build, support.lua, "bin/cffi", what }
            assert.equal("", out)
            assert.equal(("cffi: %s/cffi/core.so is no shared library\n"):format(build), err)
            assert.equal(1, code)
        end
    end)

    it("-e prints what an expression gives, as the prompt does", function()
        local code, out, err = cffi { "-e", "ffi.sizeof 'short', {1, 'a'}, ...", "x" }
        assert.equal("", err)
        assert.equal("2\t{1, \"a\"}\tx\n", out)
        assert.equal(0, code)
        code, out, err = cffi { "-e", "print(" }
        assert.equal("", out)
        assert.equal("cffi: (command line):1: unexpected symbol near <eof>\n", err)
        assert.equal(1, code)
    end)

    it("-e runs code with ffi and C predefined", function()
        local code, out = cffi { "-e", "print(ffi.sizeof 'char', C == ffi.C, ...)", "x" }
        assert.equal("1\ttrue\tx\n", out)
        assert.equal(0, code)
        code = cffi { "-e", "error 'x'" }
        assert.equal(1, code)
    end)
end)
