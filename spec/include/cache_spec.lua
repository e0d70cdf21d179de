-- S21: what ffi.include keeps, and when it asks the compiler again.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"

describe("the cache of ffi.include", function()
    local cache, folder, compiler, calls

    -- How often the compiler ran.
    local function runs()
        local file = io.open(calls)
        local text = file and file:read "a" or ""
        if file then file:close() end
        return #text
    end

    local function include(header, options)
        options = options or {}
        options.cc = options.cc or { compiler }
        return core.scope {}.include(folder .. "/" .. header, options)
    end

    before_each(function()
        cache, folder = headers.own_cache(), headers.folder()
        calls = folder .. "/calls"
        compiler = headers.program(folder, "cc", 'printf x >>"' .. calls .. '"\nexec cc "$@"\n')
        headers.write(folder, "one.h", "#define ONE 1\nint abs(int);\n#define TWICE(x) (2 * (x))\n")
    end)
    after_each(headers.clean)

    it("spares the compiler", function()
        assert.equal(1, include("one.h").ONE)
        assert.equal(2, runs())
        local ns = include "one.h"
        assert.equal(2, runs())
        assert.same({ 1, 3, 8 }, { ns.ONE, ns.abs(-3), ns.TWICE(4) })
    end)

    it("is for its user only", function()
        include "one.h"
        local out = select(2, support.run { "stat", "-c", "%a", cache })
        assert.equal("700\n", out)
    end)

    it("notices changed headers, flags and compilers", function()
        include "one.h"
        headers.write(folder, "one.h", "#define ONE 11\n")
        headers.age(folder .. "/one.h", 1800)
        assert.equal(11, include("one.h").ONE)
        assert.equal(4, runs())
        include("one.h", { defs = { X = 1 } })
        assert.equal(6, runs())
        headers.age(compiler, 1800)
        include "one.h"
        assert.equal(8, runs())
        include "one.h"
        assert.equal(8, runs())
    end)

    it("notices a file that is read by another", function()
        headers.write(folder, "two.h", '#include "one.h"\n#define TWO (ONE + 1)\n')
        assert.equal(2, include("two.h").TWO)
        headers.write(folder, "one.h", "#define ONE 5\n#define MORE\n")
        assert.equal(6, include("two.h").TWO)
    end)

    it("makes damaged entries anew, whatever the damage", function()
        include "one.h"
        local path = select(2, support.run { "sh", "-c", "ls " .. cache .. "/*.headers" }):match "[^\n]+"
        local whole = support.read_file(path)
        local broken = {
            "", "x", whole:sub(1, 30), whole:sub(1, #whole // 2), whole .. "more",
            whole:gsub("ONE", "TEN"), ("\255"):rep(200), "return os.exit(9)",
            whole:sub(1, 15) .. ("\255"):rep(8) .. whole:sub(24),
        }
        for i, text in ipairs(broken) do
            support.write_file(path, text)
            local before = runs()
            assert.equal(1, include("one.h").ONE)
            assert.equal(before + 2, runs(), "damage " .. i)
            assert.equal(whole, support.read_file(path))
        end
    end)

    -- make fuzz-cache has more of it.
    it("never believes, runs or stumbles over a file that somebody changed", function()
        local code, out, err = support.run { support.lua, "tools/cache_fuzz.lua", "60", "1" }
        assert.equal("", err)
        assert.matches("^cache%-fuzz: 60 files changed %(seed 1%): %d+ made anew, %d+ refused, 0 wrong\n$", out)
        assert.equal(0, code)
    end)

    it("does not read a file of another user in it #users", function()
        local _, me = support.run { "id", "-u" }
        if me ~= "0\n" then
            return -- nobody else can give a file away
        end
        include "one.h"
        local path = select(2, support.run { "sh", "-c", "ls " .. cache .. "/*.headers" }):match "[^\n]+"
        local before = runs()
        support.run { "chown", "12345", path }
        assert.equal(1, include("one.h").ONE)
        assert.equal(before + 2, runs())
        local owner = select(2, support.run { "stat", "-c", "%u", path })
        assert.equal("0\n", owner) -- renamed over it
    end)

    it("loads no library that the system does not have", function()
        local fields = require "cffi.include.fields"
        assert.matches("libsqlite3", tostring(core.scope {}.include("sqlite3.h", { cc = { compiler } })))
        local path = select(2, support.run { "sh", "-c", "ls " .. cache .. "/*.headers" }):match "[^\n]+"
        local text = support.read_file(path)
        local key = string.unpack("<s4", text, #fields.encode("", {}) - 3)
        local unit = fields.decode(text, key)
        unit.library = folder .. "/evil.so"
        support.write_file(path, fields.encode(key, unit))
        local before = runs()
        assert.matches("libsqlite3", tostring(core.scope {}.include("sqlite3.h", { cc = { compiler } })))
        assert.equal(before, runs())
    end)

    it("does not keep what changes while it is read", function()
        support.write_file(folder .. "/new.h", "#define NEW 1\n")
        assert.equal(1, include("new.h").NEW)
        headers.age(folder .. "/new.h", -3600) -- from the future
        assert.equal(1, include("new.h").NEW)
        local before = runs()
        assert.equal(1, include("new.h").NEW)
        assert.is_true(runs() > before)
    end)

    it("raises when headers never come to rest", function()
        local restless = headers.program(folder, "restless", ([[
printf '#define N 1%%s\n' $(date +%%N) >"%s/n.h"
exec cc "$@"
]]):format(folder))
        headers.write(folder, "n.h", "#define N 1\n")
        support.raises(("cannot include \"%s/n.h\": the headers change while they are read"):format(folder),
            include, "n.h", { cc = { restless } })
    end)

    -- Runs a script in a process of its own; returns its output and what it wrote to stderr.
    local function run(script)
        local _, out, err = support.run { support.lua, "-e", script }
        return out, err
    end

    local script = [[
        local ffi = require "cffi"
        io.write(ffi.include(%q).ONE, ffi.include(%q).ONE)
    ]]

    it("warns once when it cannot write, and works", function()
        headers.set_environment("XDG_CACHE_HOME", "/proc/nowhere")
        local one = folder .. "/one.h"
        local out, err = run(script:format(one, one))
        assert.equal("11", out)
        assert.equal("cffi: warning: headers are not cached: /proc/nowhere: No such file or directory\n", err)
    end)

    it("does not trust folders that others may write to", function()
        local one = folder .. "/one.h"
        run(script:format(one, one))
        headers.mode(cache, 511) -- 0777
        local out, err = run(script:format(one, one))
        assert.equal("11", out)
        assert.equal(("cffi: warning: headers are not cached: others may write to %s\n"):format(cache), err)
    end)

    it("does not read folders of others #users", function()
        local _, me = support.run { "id", "-u" }
        local one = folder .. "/one.h"
        run(script:format(one, one))
        if me == "0\n" then
            support.run { "chown", "12345", cache }
        else
            support.run { "rm", "-r", cache }
            support.run { "ln", "-s", "/", cache } -- root's
        end
        local out, err = run(script:format(one, one))
        assert.equal("11", out)
        assert.equal(("cffi: warning: headers are not cached: %s belongs to another user\n"):format(cache), err)
    end)

    it("does without a folder when no name of one is known", function()
        headers.set_environment("XDG_CACHE_HOME", nil)
        local home = os.getenv "HOME"
        headers.set_environment("HOME", nil)
        local one = folder .. "/one.h"
        local out, err = run(script:format(one, one))
        headers.set_environment("HOME", home)
        assert.equal("11", out)
        assert.equal("cffi: warning: headers are not cached: neither $XDG_CACHE_HOME nor $HOME names a folder\n",
            err)
    end)

    it("serves without a compiler", function()
        local one = folder .. "/one.h"
        run(script:format(one, one))
        local path, cc = os.getenv "PATH", os.getenv "CC"
        headers.set_environment("PATH", folder .. "/empty")
        headers.set_environment("CC", nil)
        local ok, failure = pcall(function()
            local ns = core.scope {}.include(one)
            assert.same({ 1, 3 }, { ns.ONE, ns.abs(-3) })
            support.raises(("cannot include \"%s/none.h\": there is no C compiler (cc, gcc or clang): install one, "
                .. "or name one in $CFFI_CC"):format(folder), core.scope {}.include, folder .. "/none.h")
        end)
        headers.set_environment("PATH", path)
        headers.set_environment("CC", cc)
        assert.is_true(ok, failure)
    end)
end)
