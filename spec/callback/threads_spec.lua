-- Callbacks on threads that are not Lua's (S26): they run, one at a time, while nobody else runs Lua.
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()

describe("a callback on a foreign thread", function()
    before_each(lib.callbacks_reset)

    it("runs while the owner is inside C, and gives C its result", function()
        local ran = {}
        local cb <close> = ffi.callback("int (int)", function(x) ran[#ran + 1] = x return 7 end, { error = -5 })
        assert.equal(0, lib.callbacks_in_threads(cb, 1, 3, 7))
        assert.same({ 0, 1, 2 }, ran)
    end)

    it("is one of a million by four threads, which are counted exactly", function()
        local n = 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 7 end)
        assert.equal(0, lib.callbacks_in_threads(cb, 4, 250000, 7))
        assert.equal(1000000, n)
    end)

    it("costs less than 2 us, and at most three times one of the owner's, while that sits in C", function()
        local N = 20000
        local cb <close> = ffi.callback("int (int)", function() return 1 end)
        local function cost(fn) -- the processor's time, of this process alone
            local t = os.clock()
            fn()
            return (os.clock() - t) / N
        end
        -- in turns, until one pair is right: other processes slow either down
        local own, foreign
        for round = 1, 240 do
            if round % 60 == 0 then os.execute "sleep 1" end -- others may be done then
            own = cost(function() lib.callbacks_repeat(cb, N) end)
            foreign = cost(function()
                assert.equal(0, lib.callbacks_in_threads(cb, 1, N, 1))
            end)
            if foreign < 2e-6 and foreign <= 3 * own then return end
        end
        assert.is_true(foreign < 2e-6 * support.patience and foreign <= 3 * own * support.patience,
            ("%.2f us, the owner's %.2f"):format(foreign * 1e6, own * 1e6))
    end)

    it("runs beside the owner's callbacks, which allocate and collect, never two at a time", function()
        local inside, most, n = 0, 0, 0
        local function work(x)
            inside = inside + 1
            most = math.max(most, inside)
            local t = {}
            for i = 1, 10 do t[i] = { i } end
            if x % 500 == 0 then collectgarbage() end
            n = n + 1
            inside = inside - 1
            return x + #t - 10
        end
        local cb <close> = ffi.callback("int (int)", function(x) work(x) return 4 end)
        local own <close> = ffi.callback("int (int)", work)
        assert.equal(0, lib.callbacks_beside_threads(cb, own, 4, 5000, 4))
        assert.equal(25000, n)
        assert.equal(1, most)
    end)

    it("never meets another one in Lua's allocator, whatever each of them does", function()
        -- CFFI_DELAY_SECONDS: for how long, as `make delays` asks
        local seconds = tonumber(os.getenv "CFFI_DELAY_SECONDS") or 0.5
        assert.equal(0, lib.callbacks_watched_state(callbacks.prelude .. [[
            local n, want = 0, 0
            local function work(x)
                local t = {}
                for i = 1, 5 do t[i] = { i } end
                if x % 7 == 0 then lib.callbacks_pause(0) end
                if x % 50 == 0 then ffi.callback("int (int)", function() end):free() end
                if x % 97 == 0 then collectgarbage "step" end
                n = n + 1
                return 1
            end
            local cb, own = ffi.callback("int (int)", work), ffi.callback("int (int)", work)
            local posted = 0
            local post = ffi.callback("callbacks_void_fn", function() posted = posted + 1 end, { thread = "post" })
            local owned = ffi.callback("int (int)", work, { thread = "owner", error = 1 })
            local refused = 0 -- the owner was given no processor for a second
            ffi.onerror = function(err)
                refused = refused + err:match "was called (%d+) times? by a thread that waited in vain for its owner"
            end
            ffi.cdef "int clock_gettime(int, long *);"
            local time = ffi.new "long[2]"
            local function now()
                ffi.C.clock_gettime(1, time)
                return time[0] + time[1] / 1e9
            end
            local begun, rounds = now(), 0
            while now() - begun < ]] .. seconds .. [[ or rounds < 2 do
                rounds = rounds + 1
                want = want + 300
                lib.callbacks_start(rounds % 3 == 0 and owned or cb, 4, 50, 1)
                for i = 1, 100 do assert(lib.callbacks_call(own, i) == 1) end
                while n + refused < want do lib.callbacks_pause(0) end
                assert(lib.callbacks_join() == 0)
                lib.callbacks_start_void(post, 2, 20)
                for i = 1, 10 do assert(ffi.async(lib.callbacks_pause, 0):wait() == 0) end
                lib.callbacks_join()
                while posted < 40 * rounds do ffi.poll(0.01) end
            end
            assert(n + refused == want)
            if os.getenv "CFFI_DELAY_SECONDS" then
                print(("%d rounds of 350 callbacks on other threads in %.0f s"):format(rounds, now() - begun))
            end
        ]]))
    end)

    it("does so where the system has no membarrier, too: with fences #process", function()
        local script = os.tmpname()
        support.write_file(script, callbacks.prelude .. [[
            local n = 0
            local cb = ffi.callback("int (int)", function() n = n + 1 return 7 end)
            local own = ffi.callback("int (int)", function(x) n = n + 1 return x end)
            print(lib.callbacks_in_threads(cb, 4, 20000, 7), n)
            print(lib.callbacks_beside_threads(cb, own, 3, 5000, 7), n)
        ]])
        finally(function() os.remove(script) end)
        local preload = (os.getenv "LD_PRELOAD" or "") .. ":" .. support.library "nobarrier"
        for _, after in ipairs { "0", "1", "3" } do -- calls after which a sandbox takes it away
            local code, out, err = support.run { "env", "LD_PRELOAD=" .. preload, "NOBARRIER_AFTER=" .. after,
                support.lua, script }
            assert.equal("", err)
            assert.equal("0\t80000\n0\t100000\n", out)
            assert.equal(0, code)
        end
    end)

    it("waits while Lua runs: the lock changes hands only when the owner enters C", function()
        local n = 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 6 end)
        lib.callbacks_delay = 5
        lib.callbacks_start(cb, 4, 1000, 6)
        local before, last = n, nil
        for i = 1, 200000 do last = { i, last and last[1] } end
        assert.equal(before, n)
        assert.equal(0, lib.callbacks_join())
        assert.equal(4000, n)
    end)

    it("runs on a coroutine of its thread, which no two threads share", function()
        local seen, main = {}, coroutine.running()
        local cb <close> = ffi.callback("int (int)", function()
            local co, is_main = coroutine.running()
            assert(co ~= main and not is_main and not coroutine.isyieldable())
            seen[co] = (seen[co] or 0) + 1
            return 1
        end)
        assert.equal(0, lib.callbacks_in_threads(cb, 4, 50, 1))
        local counts = {}
        for _, count in pairs(seen) do counts[#counts + 1] = count end
        assert.same({ 50, 50, 50, 50 }, counts)
    end)

    it("has its coroutine dropped when the thread has ended", function()
        local seen = setmetatable({}, { __mode = "k" })
        local cb <close> = ffi.callback("int (int)", function() seen[coroutine.running()] = true return 1 end)
        assert.equal(0, lib.callbacks_in_threads(cb, 4, 1, 1))
        collectgarbage()
        collectgarbage()
        assert.is_nil(next(seen))
    end)

    it("leaves no memory behind when 1,000 threads come and go", function()
        local cb <close> = ffi.callback("int (int)", function() return 1 end)
        local function round(n)
            for _ = 1, n do lib.callbacks_in_threads(cb, 4, 1, 1) end
            collectgarbage()
            collectgarbage()
            local process = io.open "/proc/self/status":read "a":match "VmRSS:%s+(%d+) kB"
            return collectgarbage "count", tonumber(process)
        end
        local lua, process = round(250)
        local lua_after, process_after = round(250)
        assert.is_true(lua_after - lua < 4)
        assert.is_true(process_after - process < 512 or support.keeps_freed, process_after - process)
    end)

    it("tells ffi.onerror of each error, and C gets the error value", function()
        local cb <close> = ffi.callback("int (int)", function(x) error("no " .. x, 0) end, { error = 9 })
        local reports, ok, wrong = callbacks.reports(lib.callbacks_in_threads, cb, 1, 3, 9)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.same({ "no 0", "no 1", "no 2" }, reports)
    end)

    it("has its own onerror there, whose value goes to C", function()
        local got = {}
        local cb <close> = ffi.callback("int (int)", function() error("own", 0) end,
            { error = 9, onerror = function(err) got[#got + 1] = err return 8 end })
        assert.equal(0, lib.callbacks_in_threads(cb, 1, 2, 8))
        assert.same({ "own", "own" }, got)
    end)

    it("cannot yield", function()
        local cb <close> = ffi.callback("int (int)", function() coroutine.yield() end, { error = 3 })
        local reports = callbacks.reports(lib.callbacks_in_threads, cb, 1, 1, 3)
        assert.equal(1, #reports)
        assert.equal("attempt to yield out of a callback: C code stands between it and its coroutine",
            callbacks.first_line(reports[1]))
    end)

    it("has the errno of its thread, and gives it one", function()
        local cb <close> = ffi.callback("int (int)", function(x)
            if ffi.errno() ~= 0 and x == 0 then return 0 end
            ffi.errno(x + 5)
            return 1
        end)
        ffi.errno(77)
        assert.equal(0, lib.callbacks_in_threads(cb, 2, 50, 1))
        ffi.errno(78)
        lib.callbacks_reset()
        assert.equal(78, ffi.errno())
    end)

    it("nests: Lua, C, thread, Lua, C, thread, Lua", function()
        local depth, deepest = 0, 0
        local cb
        cb = ffi.callback("int (int)", function()
            depth = depth + 1
            deepest = math.max(deepest, depth)
            local wrong = 0
            if depth < 6 then
                local own <close> = ffi.callback("int (int)", function(x)
                    return x < 1 and lib.callbacks_call_kept(x + 1) or x
                end)
                lib.callbacks_keep(own)
                wrong = lib.callbacks_call(own, 0) - 1
                wrong = wrong + lib.callbacks_in_a_thread(cb, 7)
            end
            depth = depth - 1
            return 7 + wrong
        end)
        assert.equal(0, lib.callbacks_in_a_thread(cb, 7))
        assert.equal(6, deepest)
        cb:free()
    end)

    it("raises there what a callback of its own call of C raises", function()
        local inner <close> = ffi.callback("int (int)", function() error("inner", 0) end)
        local caught
        local cb <close> = ffi.callback("int (int)", function()
            caught = select(2, pcall(lib.callbacks_call, inner, 1))
            return 2
        end)
        assert.equal(0, lib.callbacks_in_threads(cb, 1, 1, 2))
        assert.equal("inner", caught)
    end)

    it("may make and free callbacks, itself too, and release functions of others", function()
        local before = #ffi.callbacks()
        local implicit = function(x) return x end
        lib.callbacks_keep(implicit)
        local cb
        cb = ffi.callback("int (int)", function(x)
            local made = ffi.callback("int (int)", function(y) return y + 1 end)
            local sum = lib.callbacks_call(made, x) + lib.callbacks_borrow(function(y) return y end, 1)
            made:free()
            if x == 199 then
                assert(ffi.release(implicit) == 1)
                cb:free()
            end
            return sum - x
        end)
        assert.equal(0, lib.callbacks_in_threads(cb, 1, 200, 2))
        assert.equal(before, #ffi.callbacks())
    end)

    it("that waits is not run when it is freed meanwhile", function()
        local ran = 0
        local function run() ran = ran + 1 return 5 end
        local cb = ffi.callback("int (int)", run, { error = 77 })
        local place = callbacks.entry(run).created
        local reports, ok, wrong = callbacks.reports(function()
            lib.callbacks_delay = 20
            lib.callbacks_start(cb, 2, 1, 77)
            local t = os.clock()
            while os.clock() - t < 0.08 do end
            cb:free()
            return lib.callbacks_join()
        end)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.equal(0, ran)
        assert.same({ ("callback 'int (*)(int)' (created at %s) was called by C 2 times after it was freed")
            :format(place) }, reports)
    end)

    it("is told to ffi.onerror when it was freed before, with the number of calls", function()
        local ran = {}
        local function run(x) ran[#ran + 1] = x end
        local cb = ffi.callback("int (int)", run, { error = -5 })
        local place = callbacks.entry(run).created
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

    it("gives its error value while the state closes, and afterwards until the process ends #process", function()
        local code, out, err = callbacks.run [[
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

    it("may have one that they use in turn; between its turns callbacks wait for ffi.poll", function()
        assert.equal(0, lib.callbacks_host(callbacks.prelude .. [[
            n, posted, _G.ffi = 0, 0, ffi
            cb = ffi.callback("int (int)", function() n = n + 1 return 1 end)
            owner = ffi.callback("int (int)", function() error "it has ended" end, { thread = "owner", error = 1 })
            post = ffi.callback("callbacks_void_fn", function() posted = posted + 1 end, { thread = "post" })
            assert(lib.callbacks_in_threads(cb, 2, 5, 1) == 0)
            lib.callbacks_delay = 10
            lib.callbacks_start(cb, 3, 1, 1)
            -- the host has the state now, and is not inside C
        ]], ([[
            assert(n == 10)
            ffi.poll()
            local lib = ffi.load %q
            while n < 13 do ffi.poll(1) end
            assert(lib.callbacks_join() == 0)
            lib.callbacks_delay = 0
            ffi.onerror = function(err) told = err end
            assert(lib.callbacks_in_threads(owner, 1, 1, 1) == 0)
            assert(told:find "waited in vain for its owner, which is inside C or has ended")
            lib.callbacks_start_void(post, 2, 3)
            lib.callbacks_join()
            while posted < 6 do ffi.poll(0.1) end
            assert(lib.callbacks_in_threads(cb, 2, 5, 1) == 0 and lib.callbacks_call(cb, 1) == 1 and n == 24)
            assert(ffi.async(lib.callbacks_call, cb, 1):wait() == 1)
        ]]):format(callbacks.path), 30))
        lib.callbacks_reset()
    end)

    it("call each other's: a callback of this state is called there as by any thread", function()
        local ran = {}
        local cb <close> = ffi.callback("int (int)", function(x) ran[#ran + 1] = x return 31 end)
        lib.callbacks_keep(cb)
        assert.equal(0, lib.callbacks_states(callbacks.prelude .. [[
            local own = ffi.callback("int (int)", function(x) return lib.callbacks_call_kept(x) end)
            assert(lib.callbacks_call_kept(1) == 31)
            assert(lib.callbacks_call(own, 1) == 31)
        ]], 2))
        assert.same({ 1, 1, 1, 1 }, ran)
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
            print(lib.callbacks_in_threads(mine[1], 1, 1, 0))
        ]])
        assert.equal("44\t44\n0\n", out)
        assert.truthy(err:find("^cffi: callback 'int %(%*%)%(int%)' %(created at [^)]*%) was called by C after its "
            .. "Lua state was closed\n$"), err)
        assert.equal(0, code)
    end)
end)
