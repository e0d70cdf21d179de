-- Memory that is out: in every allocation that a callback and its error can make (S13).
local callbacks = require "support.callbacks"

local lib = callbacks.load()

-- A program that fails from the n-th allocation on, for n = 0, 1, ... until it succeeds. `body` makes
-- `attempt` and `check(ok, err, n)`.
local function exhausting(body)
    return callbacks.prelude .. body .. [[
        for n = 0, 5000 do
            collectgarbage()
            lib.callbacks_reset()
            lib.callbacks_allocations(n)
            local ok, err = pcall(attempt)
            lib.callbacks_allocations(-1)
            check(ok, err, n)
            if ok then
                assert(n > minimum, "it fails for no reason: " .. n)
                return
            end
        end
        error "it never succeeds"
    ]]
end

-- Runs it in a state with an allocator that can fail.
local function exhaust(body)
    return lib.callbacks_poor_state(exhausting(body))
end

describe("without memory", function()
    it("a callback's error is Lua's memory error, C finishes and the next call works", function()
        assert.equal(0, exhaust [[
            local minimum = 2
            local cb = ffi.callback("int (int)", function(x)
                local t = {}
                for i = 1, 20 do t[i] = {i} end
                return x + #t
            end, {error = -3})
            local call = lib.callbacks_call
            local function attempt() return call(cb, 1) end
            local function check(ok, err)
                assert(lib.callbacks_cleaned == lib.callbacks_nseen, "C did not finish")
                assert(lib.callbacks_nseen == 0 or lib.callbacks_seen[0] == (ok and 21 or -3), lib.callbacks_seen[0])
                assert(ok or err == "not enough memory", err)
            end
        ]])
    end)

    it("an error with a traceback becomes a memory error or stays", function()
        assert.equal(0, exhaust [[
            local minimum = 2
            local cb = ffi.callback("int (int)", function(x) error("boom" .. x) end)
            local call = lib.callbacks_call
            local function attempt()
                local ok, err = pcall(call, cb, 1)
                assert(not ok)
                if not err:find "boom1\nstack traceback" then error(err, 0) end
            end
            local function check(ok, err)
                assert(lib.callbacks_cleaned == lib.callbacks_nseen, "C did not finish")
                assert(ok or err == "not enough memory", err)
            end
        ]])
    end)

    it("texts and pointers that C passes are errors of the call like any other", function()
        assert.equal(0, exhaust [==[
            ffi.cdef [=[
                typedef int (*visit_t)([[cffi::string]] const char *path, const struct stat *st, int flag);
                int ftw(const char *path, visit_t visit, int depth);
            ]=]
            local minimum, text = 2, nil
            local cb = ffi.callback("visit_t", function(path, st, flag)
                text = path .. st.st_size .. flag
                return 7
            end, {error = 9})
            local ftw = ffi.C.ftw
            local function attempt() return assert(ftw("/dev/null", cb, 1) == 7) end
            local function check(ok, err)
                assert(ok or err == "not enough memory", err)
                assert(not ok or text == "/dev/null00", text)
            end
        ]==])
    end)

    it("structs in and out of callbacks fail as cleanly", function()
        assert.equal(0, exhaust [[
            ffi.cdef "struct big { long l[5]; double d; };"
            ffi.cdef "struct big callbacks_same_large(struct big (*)(struct big), struct big);"
            local minimum = 2
            local cb = ffi.callback("struct big (struct big)", function(x) return {x.l, x.d + 1} end)
            local call, big = lib.callbacks_same_large, ffi.new("struct big", {{1, 2, 3, 4, 5}, 6})
            local function attempt() return call(cb, big) end
            local function check(ok, err, n)
                assert(ok or err == "not enough memory", err)
            end
        ]])
    end)

    it("no callback is made and none is left behind", function()
        assert.equal(0, exhaust [[
            local minimum = 2
            local made
            local function attempt()
                made = ffi.callback("int (int)", function(x) return x end, {error = 1, onerror = print})
            end
            local function check(ok, err)
                assert(#ffi.callbacks() == (ok and 1 or 0), #ffi.callbacks())
                if ok then made:free() end
                assert(ok or err == "not enough memory", err)
            end
        ]])
    end)

    it("a borrowed conversion ends", function()
        assert.equal(0, exhaust [[
            local minimum = 2
            local borrow = lib.callbacks_borrow
            local function attempt() return borrow(function(x) return x end, 1) end
            local function check(ok, err)
                assert(#ffi.callbacks() == 0, #ffi.callbacks())
                assert(ok or err == "not enough memory", err)
            end
        ]])
    end)

    it("callbacks on foreign threads give the error value, and are told of", function()
        local text = " was called 1 time by another thread when memory was out; it returned its error value"
        local code, out, err = callbacks.run(("print(lib.callbacks_poor_state(%q))"):format(exhausting(([[
            local minimum = 2
            local told, ran
            local text = %q
            ffi.onerror = function(err)
                assert(err == "not enough memory" or err:sub(-#text) == text, err)
                told = told + 1
            end
            local cb = ffi.callback("int (int)", function() ran = ran + 1 return 5 end, {error = 5})
            local threads = lib.callbacks_in_threads
            ffi.cdef "unsigned long pthread_self(void);"
            local me = ffi.C.pthread_self()
            local function attempt()
                told, ran = 0, 0
                assert(threads(cb, 1, 1, 5) == 0)
                if ran == 0 then error("not told", 0) end
            end
            local function check()
                assert(ffi.C.pthread_self() == me, "an error has left its thread")
            end
        ]]):format(text))))
        assert.equal("0\n", out)
        assert.equal(0, code)
        assert.equal("", (err:gsub("cffi: error in ffi.onerror: not enough memory\n", "")))
    end)
end)
