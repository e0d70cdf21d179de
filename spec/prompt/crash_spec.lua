-- The crash guard: what crashes in C at the prompt is an error, and the session goes on. Each session is a
-- process of its own.
local support = require "support"

local DECLARED = [[
size_t strlen(const char *s); void abort(void); void free(void *p); void *malloc(size_t n);
int crash_overflow(int depth); int crash_divide(int a, int b); int crash_write(int *where);
int crash_in(int (*callback)(int), int *where); int kill(int pid, int signal); int getpid(void);
char *strcpy(char *to, const char *from);
]]

-- The errors of lines piped to the prompt, what it printed, and its exit status. The last line must still work.
local function session(lines, environment)
    local input = ("c = ffi.load '%s'\nffi.cdef [[%s]]\n%s\n6 * 7\n"):format(support.library "crash", DECLARED, lines)
    local words = { "env", environment or "X=1", support.lua, "bin/cffi" }
    local code, out, err = support.run(words, input)
    return err, out, code
end

local ADVICE = "the process may be damaged; :save FILE keeps what worked\n"

-- Addresses as "@", no tracebacks.
local function plain(text)
    return (text:gsub("0x%x+", "@"):gsub("\nstack traceback:.-\n(the process)", "\n%1"))
end

describe("a crash at the prompt", function()
    local first = 3 + select(2, DECLARED:gsub("\n", "")) -- the line of the session
    for name, row in pairs {
        ["of a wild pointer"] = { "C.strlen(ffi.cast('char *', 8))", "C crashed (SIGSEGV at @) in strlen(@)" },
        ["of a write"] = { "c.crash_write(ffi.cast('int *', 16))", "C crashed (SIGSEGV at @) in crash_write(@)" },
        ["of a copy"] = { "C.strcpy(ffi.cast('char *', 8), 'text')",
            "C crashed (SIGSEGV at @) in strcpy(@, \"text\")" },
        ["by abort"] = { "C.abort()", "C crashed (SIGABRT) in abort()" },
        ["of a division"] = { "c.crash_divide(1, 0)", "C crashed (SIGFPE) in crash_divide(1, 0)" },
        ["of a stack"] = { "c.crash_overflow(0)", "C crashed (SIGSEGV at @) in crash_overflow(0)" },
        ["of a function pointer"] = { "f = ffi.cast('int (*)(int)', 8) f(1)", "C crashed (SIGSEGV at @) in f" },
        ["of C after a callback"] = { "c.crash_in(function(x) return x end, nil)",
            "C crashed (SIGSEGV at (nil)) in crash_in(function, NULL)" },
    } do
        it(name .. " is an error that names it", function()
            local err, out, code = session(row[1])
            assert.equal(("stdin:%d: %s\n%s"):format(first, row[2], ADVICE), plain(err))
            assert.equal("42\n", out)
            assert.equal(1, code)
        end)
    end

    for name, line in pairs {
        ["a read"] = "ffi.cast('int *', 8)[0]", ["a write"] = "ffi.cast('int *', 8)[0] = 1",
        ["ffi.string"] = "ffi.string(ffi.cast('char *', 8))",
    } do
        it("of " .. name .. " of ours names the address alone", function()
            local err, out = session(line)
            assert.equal(("stdin:%d: memory at 0x8 cannot be used (SIGSEGV)\n"):format(first), err)
            assert.equal("42\n", out)
        end)
    end

    it("can be caught, again and again, also in callbacks and coroutines", function()
        local err, out = session [[
for i = 1, 1000 do if pcall(C.strlen, ffi.cast("char *", 8)) then error "no" end end
for i = 1, 5 do if pcall(C.abort) then error "no" end end
pcall(c.crash_in, function() return C.strlen(ffi.cast("char *", 8)) end, ffi.new "int[1]")
pcall(c.crash_in, function() return ffi.cast("int *", 16)[0] end, ffi.new "int[1]")
select(2, pcall(coroutine.wrap(function() return C.strlen(ffi.cast("char *", 8)) end)))
c.crash_in(function(x) return x + 1 end, ffi.new "int[1]")
:x ffi.cast("char *", 8)]]
        assert.equal("", err)
        out = plain(out)
        assert.truthy(out:find "^false\t\"stdin:%d+: C crashed %(SIGSEGV at @%) in strlen%(@%)")
        assert.truthy(out:find "\nfalse\t\"stdin:%d+: memory at @ cannot be used %(SIGSEGV%)")
        assert.truthy(out:find "\n2\n@  %(unreadable%)\n42\n$", out)
    end)

    it("in a library's constructor is an error of :lib", function()
        local code, out, err = support.run({ "env", "CFFI_CRASH=1", support.lua, "bin/cffi" },
            ":lib " .. support.library "crash" .. "\n6 * 7\n")
        assert.truthy(err:find "cannot be used %(SIGSEGV%)")
        assert.equal("42\n", out)
        assert.equal(1, code)
    end)

    it("is one under valgrind, too", function()
        if not os.execute "command -v valgrind >/dev/null" or os.getenv "ASAN_OPTIONS" then
            return pending "valgrind is not here"
        end
        local _, out, err = support.run({ "valgrind", "-q", "--log-file=/dev/null", support.lua, "bin/cffi" },
            "size_t strlen(const char *); void abort(void);\nC.strlen(ffi.cast('char *', 8))\nC.abort()\n"
            .. "ffi.cast('int *', 8)[0] = 1\n6 * 7\n")
        assert.equal("declared strlen, abort\n42\n", out)
        assert.equal("stdin:2: C crashed (SIGSEGV at @) in strlen(@)\n" .. ADVICE
            .. "stdin:3: C crashed (SIGABRT) in abort()\n" .. ADVICE
            .. "stdin:4: memory at @ cannot be used (SIGSEGV)\n", plain(err))
    end)

    it("leaves a session that can be saved", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        local _, out = session("C.abort()\nx = 5\n:save " .. path)
        assert.equal(path .. ": 3 inputs\n42\n", out)
        assert.truthy(support.read_file(path):find "\nx = 5\n")
    end)

    it("stays one for scripts, -e and signals that somebody sends", function()
        local ends = support.run { support.lua, "bin/cffi", "-e",
            "ffi.cdef 'size_t strlen(const char *);' C.strlen(ffi.cast('char *', 8))" }
        assert.equal(os.getenv "ASAN_OPTIONS" and 1 or 128 + 11, ends)
        for _, signal in ipairs { 11, 6 } do
            local _, out, code = session("C.kill(C.getpid(), " .. signal .. ")")
            assert.equal("", out)
            assert.equal(128 + signal, code)
        end
    end)
end)
