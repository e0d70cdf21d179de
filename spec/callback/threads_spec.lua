-- Threads that do not own the Lua state: their callbacks return the error value, Lua is told later (S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"

local lib = callbacks.load()

local function told(count, place)
    return ("callback 'int (*)(int)' (created at %s) was called %d time%s by a thread that does not own the Lua "
        .. "state; it returned its error value"):format(place, count, count == 1 and "" or "s")
end

local function place_of(cb)
    for _, entry in ipairs(ffi.callbacks()) do
        if entry.created and entry.fn == cb then
            return entry.created
        end
    end
end

-- A callback that foreign threads call, its function, and where it was made.
local function foreign(options)
    local ran = {}
    local function fn(x)
        ran[#ran + 1] = x
        return x
    end
    local cb = ffi.callback("int (int)", fn, options)
    return cb, ran, place_of(fn)
end

describe("a callback on a foreign thread", function()
    before_each(lib.callbacks_reset)

    it("is told to ffi.onerror when it was freed before, with the number of calls", function()
        local cb, ran, place = foreign { error = -5 }
        lib.callbacks_keep(cb)
        cb:free()
        local reports = callbacks.reports(function()
            lib.callbacks_in_threads(lib.callbacks_kept(), 1, 2, -5)
        end)
        lib.callbacks_keep(nil)
        assert.same({}, ran)
        assert.same({ ("callback 'int (*)(int)' (created at %s) was called by C 2 times after it was "
            .. "freed"):format(place) }, reports)
    end)

    it("returns its error value and does not enter Lua; ffi.onerror is told afterwards", function()
        local cb, ran, place = foreign { error = -5 }
        local reports, ok, wrong = callbacks.reports(lib.callbacks_in_threads, cb, 1, 3, -5)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.same({}, ran)
        assert.same({ told(3, place) }, reports)
        reports = callbacks.reports(lib.callbacks_in_threads, cb, 1, 1, -5)
        assert.same({ told(1, place) }, reports)
        cb:free()
    end)

    it("is one of 160,000 by 8 threads, none of which is lost in the count", function()
        local cb, ran, place = foreign()
        local reports, ok, wrong = callbacks.reports(lib.callbacks_in_threads, cb, 8, 20000, 0)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.same({}, ran)
        assert.same({ told(160000, place) }, reports)
        cb:free()
    end)

    it("runs beside the owner's, which enters Lua, allocates and collects", function()
        local cb, ran, place = foreign { error = 4 }
        local own <close> = ffi.callback("int (int)", function(x)
            local t = {}
            for i = 1, 10 do t[i] = { i } end
            if x % 500 == 0 then collectgarbage() end
            return x + #t - 10
        end)
        local reports, ok, wrong = callbacks.reports(lib.callbacks_beside_threads, cb, own, 4, 5000, 4)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.same({}, ran)
        local sum = 0
        for _, text in ipairs(reports) do -- calls of C within callbacks may be told of some earlier
            sum = sum + tonumber(text:match "called (%d+) times? by a thread")
        end
        assert.equal(20000, sum)
        assert.equal(told(1, place):gsub("%d+ times? by", "N by"), (reports[1]:gsub("%d+ times? by", "N by")))
        cb:free()
    end)

    it("while Lua runs on its own is told at the next call", function()
        local cb, ran, place = foreign { error = 6 }
        local reports, ok = callbacks.reports(function()
            lib.callbacks_start(cb, 4, 1000, 6)
            local last
            for i = 1, 200000 do last = { i, last and last[1] } end
            return lib.callbacks_join(), last
        end)
        assert.is_true(ok)
        assert.same({}, ran)
        local sum = 0
        for _, text in ipairs(reports) do
            assert.truthy(text:find(place, 1, true))
            sum = sum + tonumber(text:match "called (%d+) times? by a thread")
        end
        assert.equal(4000, sum)
        cb:free()
    end)

    it("has no onerror and no always there: nothing of Lua is touched", function()
        local got = 0
        local cb <close> = ffi.callback("int (int)", function() got = got + 1 return 1 end,
            { error = 9, always = true, onerror = function() got = got + 1 end })
        local reports, _, wrong = callbacks.reports(lib.callbacks_in_threads, cb, 2, 50, 9)
        assert.equal(0, wrong)
        assert.equal(0, got)
        assert.equal(1, #reports)
    end)

    it("that is freed gives its error value, also while others are made and freed", function()
        local cb, _, place = foreign { error = 77 }
        local function churn()
            lib.callbacks_start(cb, 2, 20000, 77)
            cb:free()
            for i = 1, 90 do
                ffi.callback("int (int)", print, { error = i }):free()
            end
            return lib.callbacks_join()
        end
        local reports, ok, wrong = callbacks.reports(churn)
        assert.is_true(ok)
        assert.equal(0, wrong)
        local sum = 0
        for _, text in ipairs(reports) do
            assert.truthy(text:find(place, 1, true))
            sum = sum + tonumber(text:match "called (%d+) times? by a thread"
                or text:match "was called by C (%d+) times after it was freed$" or 1)
        end
        assert.equal(40000, sum)
    end)

    it("is harmless while its tombstone is taken again and again", function()
        local cb = ffi.callback("int (int)", function(x) return x end, { error = 5 })
        lib.callbacks_keep(cb)
        local reports, ok = callbacks.reports(function()
            lib.callbacks_start_kept(0)
            cb:free()
            for i = 1, 20000 do
                ffi.callback(i % 2 == 0 and "int (int)" or "double (double)", print, { error = i }):free()
            end
            lib.callbacks_stop()
        end)
        assert.is_true(ok)
        assert.is_true(#reports > 0)
    end)

    it("is told to stderr when the state closes before anything else #process", function()
        local code, out, err = callbacks.run [[
            local cb = ffi.callback("int (int)", function(x) return x end, {error = 5})
            lib.callbacks_start(cb, 1, 10, 5)
            local text = ("x"):rep(100000)
            for i = 1, 200 do text:rep(10) end
            os.execute "sleep 1" -- no call of C's through this module: none may tell it before
        ]]
        assert.equal("", out)
        assert.equal(0, code)
        assert.truthy(err:find("^cffi: error in a callback: callback 'int %(%*%)%(int%)' %(created at [^)]*%) was "
            .. "called 10 times by a thread that does not own the Lua state; it returned its error value\n$"), err)
    end)

    it("goes on after lua_close, until the process ends #process", function()
        local code, out, err = callbacks.run [[
            ffi.onerror = function() end
            local cb = ffi.callback("int (int)", function(x) return x end, {error = 5})
            lib.callbacks_keep(cb)
            lib.callbacks_start_kept(1)
            print(lib.callbacks_call(cb, 3))
        ]]
        assert.equal("3\n", out)
        assert.equal(0, code)
        assert.truthy(err:find("^cffi: callback 'int %(%*%)%(int%)' %(created at [^)]*%) was called by C "
            .. "after its Lua state was closed\n$"), err)
    end)
end)

describe("threads with Lua states of their own", function()
    local code = callbacks.prelude .. [[
        local live = 0
        ffi.onerror = function(err) error(err, 0) end
        local function check(ok, text) if not ok then error(text, 2) end end
        for round = 1, 30 do
            local list = {}
            for i = 1, 40 do
                list[i] = ffi.callback("int (int)", function(x)
                    if x == 13 then error("thirteen", 0) end
                    return x + i
                end, {error = -i})
            end
            for i = 1, 40 do
                check(lib.callbacks_call(list[i], round + 100) == round + 100 + i, "wrong result")
                local ok, err = pcall(lib.callbacks_call, list[i], 13)
                check(not ok and err == "thirteen", "wrong error")
                check(ffi.callbacks()[1].fn, "wrong list")
            end
            check(#ffi.callbacks() == 40, "callbacks of others are listed")
            local code = ffi.cast("int (*)(int)", ffi.cast("uintptr_t", list[40]))
            for i = 1, 40 do list[i]:free() end
            local ok, err = pcall(lib.callbacks_call, code, 1)
            check(not ok and err:find "was called by C after it was freed", err)
            check(lib.callbacks_borrow(function(x) return x + 1 end, 1) == 2, "wrong result")
            collectgarbage()
        end
    ]]

    it("run callbacks at the same time", function()
        assert.equal(0, lib.callbacks_states(code, 2))
        assert.equal(0, lib.callbacks_states(code, 8))
    end)

    it("leave the table to a child of fork, whichever of them holds it #process", function()
        local failed = lib.callbacks_fork_beside(callbacks.prelude .. [[
            while lib.callbacks_forking ~= 0 do
                for i = 1, 20 do ffi.callback("int (int)", function(x) return x + i end, {error = -i}):free() end
            end
        ]], function(x)
            local made <close> = ffi.callback("int (int)", function(y) return y - x end, { error = 9 })
            local other <close> = ffi.callback("double (double)", function(y) return y end)
            return made(x) + (other(2) == 2 and 0 or 1)
        end, 300, 20)
        assert.equal(0, failed)
    end)

    it("may pass over the slots of states that are closed", function()
        for _ = 1, 5 do
            assert.equal(0, lib.callbacks_states(code, 2))
            assert.equal(0, lib.callbacks_state(code))
        end
    end)

    it("do not own each other's: a callback of this state is called there as by any thread", function()
        local cb, ran, place = foreign { error = 31 }
        lib.callbacks_keep(cb)
        local reports, ok, failed = callbacks.reports(lib.callbacks_states, callbacks.prelude .. [[
            local own = ffi.callback("int (int)", function(x) return lib.callbacks_call_kept(x) end)
            assert(lib.callbacks_call_kept(1) == 31)
            assert(lib.callbacks_call(own, 1) == 31)
        ]], 2)
        assert.is_true(ok)
        assert.equal(0, failed)
        assert.same({}, ran)
        assert.same({ told(4, place) }, reports)
        cb:free()
    end)
end)

describe("states in one thread", function()
    before_each(lib.callbacks_reset)

    it("do not meet: each callback runs in its own", function()
        local seen = {}
        local cb <close> = ffi.callback("int (int)", function(x)
            seen[#seen + 1] = x
            return 2 * x
        end)
        lib.callbacks_keep(cb)
        assert.equal(0, lib.callbacks_state(callbacks.prelude .. [[
            assert(#ffi.callbacks() == 0)
            local own = ffi.callback("int (int)", function(x) return lib.callbacks_call_kept(x) + 1 end)
            assert(lib.callbacks_call_kept(5) == 10) -- the outer state's, through this one's call
            assert(lib.callbacks_call(own, 6) == 13)
            local kept = lib.callbacks_kept()
            local ok, err = pcall(kept.free, kept)
            assert(not ok and err:find "'int %(%*%)%(int%)' is not a callback made from a Lua function$", err)
        ]]))
        assert.same({ 5, 6 }, seen)
    end)

    it("keep an error for the call of the state that it is of", function()
        local cb <close> = ffi.callback("int (int)", function() error("outer's", 0) end, { error = -1 })
        lib.callbacks_keep(cb)
        local ok, err = pcall(lib.callbacks_state, callbacks.prelude .. [[
            assert(lib.callbacks_call_kept(5) == -1) -- raised when the outer state's call returns
            assert(lib.callbacks_call(function(x) return x end, 3) == 3)
        ]])
        assert.is_false(ok)
        assert.equal("outer's", err)
    end)

    it("leave tombstones when they close #process", function()
        local inner = callbacks.prelude .. [[
            lib.callbacks_keep(ffi.callback("int (int)", function(x) return x end, {error = 44}))
            assert(lib.callbacks_call_kept(2) == 2)
        ]]
        local code, out, err = callbacks.run(("local inner = %q\n"):format(inner) .. [[
            assert(lib.callbacks_state(inner) == 0)
            print(lib.callbacks_call_kept(1), lib.callbacks_call_kept(2))
            local mine = {}
            for i = 1, 300 do mine[i] = ffi.callback("int (int)", function(x) return x end) end
            assert(lib.callbacks_state(inner) == 0) -- this state's gate and slots are others
            lib.callbacks_in_threads(mine[1], 1, 1, 0)
        ]])
        assert.equal("44\t44\n", out)
        assert.truthy(err:find("^cffi: callback 'int %(%*%)%(int%)' %(created at [^)]*%) was called by C after its "
            .. "Lua state was closed\n"
            .. "cffi: error in a callback: callback [^\n]* was called 1 time by a thread [^\n]*\n$"), err)
        assert.equal(0, code)
    end)
end)
