-- {signal = true}: signal handlers count, the function runs at the next safe point (S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()
local SIGUSR1, SIGUSR2, SIGALRM = 10, 12, 14 -- Linux

ffi.cdef [[
    int raise(int);
    typedef struct { unsigned long bits[16]; } callbacks_sigset;
    struct callbacks_sigaction {
        void (*sa_handler)(int);
        callbacks_sigset sa_mask;
        int sa_flags;
        void (*sa_restorer)(void);
    };
    int callbacks_libc_sigaction(int, const struct callbacks_sigaction *, struct callbacks_sigaction *)
        __asm__("sigaction");
    void (*callbacks_libc_signal(int, void (*)(int)))(int) __asm__("signal");
]]

-- A signal callback that adds up what it is told.
local function counter()
    local state = { count = 0, runs = 0, numbers = {} }
    local cb = ffi.callback("void (int)", function(number, count)
        state.count = state.count + count
        state.runs = state.runs + 1
        state.numbers[number] = true
    end, { signal = true })
    return cb, state
end

local function ignore(number)
    ffi.C.callbacks_libc_signal(number, ffi.cast("void (*)(int)", 1))
end

-- Runs Lua code, and nothing else, until `done` or for two minutes.
local function busy(done)
    local limit = os.time() + 120
    local last
    repeat
        for i = 1, 1000 do last = { i, last and last[1] } end
    until done() or os.time() > limit
    return last
end

describe("a signal callback", function()
    before_each(lib.callbacks_reset)

    it("installed by sigaction runs when the call that raised has returned", function()
        local cb, state = counter()
        local action = ffi.new("struct callbacks_sigaction", { sa_handler = cb })
        assert.equal(0, ffi.C.callbacks_libc_sigaction(SIGUSR1, action, nil))
        ffi.C.raise(SIGUSR1)
        assert.same({ count = 1, runs = 1, numbers = { [SIGUSR1] = true } }, state)
        for _ = 1, 10000 do
            ffi.C.raise(SIGUSR1)
        end
        assert.equal(10001, state.count)
        ignore(SIGUSR1)
        cb:free()
    end)

    it("counts every one of 10,000 SIGUSR1 that arrive during busy Lua code", function()
        local cb, state = counter()
        lib.callbacks_on_signal(SIGUSR1, cb)
        lib.callbacks_storm(SIGUSR1, 50)
        busy(function() return state.count >= 10000 end)
        lib.callbacks_storm(SIGUSR1, 0)
        ignore(SIGUSR1)
        assert.is_true(state.count >= 10000)
        assert.equal(lib.callbacks_delivered(), state.count)
        assert.is_true(state.runs >= 2)
        local calls
        for _, entry in ipairs(ffi.callbacks()) do
            calls = calls or entry.type == "void (*)(int)" and entry.calls
        end
        assert.equal(state.count, calls)
        cb:free()
    end)

    it("counts every SIGALRM of an interval timer", function()
        local cb, state = counter()
        lib.callbacks_on_signal(SIGALRM, cb)
        lib.callbacks_alarm(200)
        busy(function() return state.count >= 1000 end)
        lib.callbacks_alarm(0)
        ignore(SIGALRM)
        assert.is_true(state.count >= 1000)
        assert.equal(lib.callbacks_delivered(), state.count)
        assert.same({ [SIGALRM] = true }, state.numbers)
        cb:free()
    end)

    it("runs in the main thread as soon as Lua goes on, without any call", function()
        local code, out, err = callbacks.run [[
            local got
            local cb = ffi.callback("void (int)", function(n, count) got = n + count end, {signal = true})
            lib.callbacks_on_signal_bare(14, cb)
            lib.callbacks_alarm(20000)
            local t = {}
            repeat t[1] = {} until got
            lib.callbacks_alarm(0)
            print(got)
        ]]
        assert.equal("", err)
        assert.equal(0, code)
        assert.equal("15\n", out)
    end)

    it("runs at the next call of C when a coroutine is busy, or a foreign thread got the signal", function()
        local cb, state = counter()
        lib.callbacks_on_signal(SIGUSR2, cb)
        coroutine.wrap(function()
            ffi.C.raise(SIGUSR2)
            assert.equal(1, state.count)
        end)()
        lib.callbacks_raise_elsewhere(SIGUSR2)
        assert.equal(2, state.count)
        ignore(SIGUSR2)
        cb:free()
    end)

    it("raises its error in the code that runs", function()
        local raised = false
        local cb <close> = ffi.callback("void (int)", function()
            if not raised then
                raised = true
                error("interrupted", 0)
            end
        end, { signal = true })
        lib.callbacks_on_signal_bare(SIGUSR1, cb)
        local ok, err = pcall(ffi.C.raise, SIGUSR1)
        assert.is_false(ok)
        assert.equal("interrupted", err)
        lib.callbacks_on_signal(SIGUSR1, cb)
        raised = false
        ok, err = pcall(function()
            lib.callbacks_storm(SIGUSR1, 50)
            busy(function() return false end)
        end)
        ignore(SIGUSR1)
        assert.is_false(ok)
        assert.equal("interrupted", err)
        lib.callbacks_storm(SIGUSR1, 0)
    end)

    it("gets NULL for pointers, the count after its parameters, and returns the error value", function()
        local got
        local cb <close> = ffi.callback("int (int, void *, unsigned char, long)", function(...)
            got = table.pack(...)
        end, { signal = true, error = -8 })
        assert.equal(-8, cb(7, ffi.new "int[1]", 255, -3))
        assert.same({ 7, nil, 255, -3, 1, n = 5 }, got)
    end)

    it("called by any thread counts there, too, and that is no event of a stranger", function()
        local got = 0
        local cb <close> = ffi.callback("int (int)", function(_, count) got = got + count end,
            { signal = true, error = 3 })
        local reports, ok, wrong = callbacks.reports(lib.callbacks_in_threads, cb, 8, 20000, 3)
        assert.is_true(ok)
        assert.same({}, reports)
        assert.equal(0, wrong)
        assert.equal(160000, got)
    end)

    it("keeps errno", function()
        local cb <close> = ffi.callback("int (void)", function() ffi.errno(9) end, { signal = true })
        assert.equal(42, lib.callbacks_errno(cb, 42, 7))
    end)

    it("needs parameters in integer registers", function()
        local function refused(ctype)
            support.raises(("no callback of type '%s' is possible: a signal callback takes only integers and "
                .. "pointers, in registers"):format(ctype), ffi.callback, ctype, print, { signal = true })
        end
        refused "void (double)"
        refused "void (struct callbacks_ops)"
        refused "void (int, int, int, int, int, int, int, int, int)"
    end)
end)

describe("a signal callback that was freed", function()
    it("and is still installed is reported at the next safe point, never run in the handler", function()
        local cb, state = counter()
        lib.callbacks_on_signal_bare(SIGUSR1, cb)
        cb:free()
        local reports = callbacks.reports(function()
            ffi.C.raise(SIGUSR1)
            ffi.C.raise(SIGUSR1)
        end)
        assert.equal(0, state.count)
        assert.equal(2, #reports)
        assert.truthy(reports[1]:find("^callback 'void %(%*%)%(int%)' %(created at [^)]*%) was called by C after it "
            .. "was freed$"))
        ignore(SIGUSR1)
    end)

    it("keeps its place: only signal callbacks take it again", function()
        local cb = counter()
        lib.callbacks_on_signal_bare(SIGUSR1, cb)
        cb:free()
        for _ = 1, 1000 do
            ffi.callback("void (int)", print):free()
        end
        local reports = callbacks.reports(ffi.C.raise, SIGUSR1)
        assert.equal(1, #reports)
        ignore(SIGUSR1)
    end)

    it("by lua_close is told to stderr", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "int raise(int);"
            local cb = ffi.callback("void (int)", function() print "must not run" end, {signal = true})
            lib.callbacks_on_signal_bare(10, cb)
            lib.callbacks_keep(ffi.cast("callbacks_fn *", ffi.cast("void *", cb)))
            lib.callbacks_call_at_exit()
        ]]
        assert.equal("", out)
        assert.truthy(err:find("^cffi: callback 'void %(%*%)%(int%)' %(created at [^)]*%) was called by C after its "
            .. "Lua state was closed\n$"), err)
        assert.equal(0, code)
    end)
end)

describe("signals", function()
    it("do not disturb a debug hook", function()
        local cb, state = counter()
        lib.callbacks_on_signal(SIGUSR1, cb)
        local old = table.pack(debug.gethook())
        local lines = 0
        local function hook() lines = lines + 1 end
        debug.sethook(hook, "l", 0)
        lib.callbacks_storm(SIGUSR1, 300)
        busy(function() return state.count >= 200 end)
        lib.callbacks_storm(SIGUSR1, 0)
        ignore(SIGUSR1)
        local kept, mask = debug.gethook()
        debug.sethook(table.unpack(old, 1, old.n))
        assert.equal(hook, kept)
        assert.equal("l", mask)
        assert.is_true(lines > 1000)
        assert.is_true(state.count >= 200)
        assert.equal(lib.callbacks_delivered(), state.count)
        cb:free()
    end)

    it("are not lost with a hook whose mask is cleared, as when one comes while the hook is taken away", function()
        -- In a process of its own, where the main thread is the main one.
        local code, out, err = callbacks.run(([[
            local lose = assert(package.loadlib(%q, "callbacks_lua_lose_hook"))
            local raise = assert(package.loadlib(%q, "callbacks_lua_raise"))
            local count, runs = 0, 0
            local cb = ffi.callback("void (int)", function(_, n) count, runs = count + n, runs + 1 end, {signal = true})
            lib.callbacks_on_signal(10, cb)
            local lost = lose(10)
            print(lost, count, (debug.gethook()))
            raise(10)
            local before = count
            for i = 1, 100 do before = before + 0 end
            print(count, runs, (debug.gethook()))
            raise(10)
            for i = 1, 100 do before = before + 0 end
            print(count, runs, (debug.gethook()))
            debug.sethook(print, "", 10000)
            print(debug.gethook() == print)
            debug.sethook()
        ]]):format(callbacks.path, callbacks.path))
        assert.equal("", err)
        assert.equal("1\t0\texternal hook\n2\t1\tnil\n3\t2\tnil\ntrue\n", out)
        assert.equal(0, code)
    end)

    it("do not disturb the hooks of threads that wait for each other's calls", function()
        local cb, state = counter()
        lib.callbacks_on_signal(SIGUSR1, cb)
        local depth <const>, hooks, threads, kept = 12, {}, {}, {}
        -- In each thread C calls back and the next one runs: under it a signal is for the thread that called.
        local function run(level)
            threads[level] = coroutine.running()
            hooks[level] = function() end
            debug.sethook(threads[level], hooks[level], "", 1000 + level)
            os.execute "kill -USR1 $PPID"
            if level < depth then
                lib.callbacks_call(function() coroutine.wrap(run)(level + 1) return 0 end, 0)
            end
            os.execute "kill -USR1 $PPID"
            kept[level] = table.pack(debug.gethook(threads[level]))
        end
        coroutine.wrap(run)(1)
        ignore(SIGUSR1)
        assert.equal(lib.callbacks_delivered(), state.count)
        for level = 1, depth do
            assert.same({ hooks[level], "", 1000 + level, n = 3 }, kept[level])
        end
        cb:free()
    end)

    it("arrive while callbacks are made, freed and run, and while Lua collects", function()
        local cb, state = counter()
        lib.callbacks_on_signal(SIGUSR1, cb)
        lib.callbacks_storm(SIGUSR1, 100)
        busy(function()
            local other <close> = ffi.callback("int (int)", function(x) return x end)
            assert(lib.callbacks_repeat(other, 4) == 10)
            collectgarbage "step"
            return state.count >= 3000
        end)
        lib.callbacks_storm(SIGUSR1, 0)
        ignore(SIGUSR1)
        assert.is_true(state.count >= 3000)
        assert.equal(lib.callbacks_delivered(), state.count)
        cb:free()
    end)

    it("arrive while the state closes", function()
        for _ = 1, 5 do
            local code, _, err = callbacks.run [[
                local cb = ffi.callback("void (int)", function() end, {signal = true})
                lib.callbacks_on_signal_bare(14, cb)
                lib.callbacks_keep(ffi.cast("callbacks_fn *", ffi.cast("void *", cb)))
                lib.callbacks_call_at_exit() -- in case no alarm comes between the closing and the end
                for i = 1, 2000 do ffi.callback("int (int)", function(x) return x end) end
                lib.callbacks_alarm(50)
                local t = {}
                for i = 1, 20000 do t[i] = {i} end
            ]]
            assert.equal(0, code)
            assert.truthy(err:find("^cffi: callback 'void %(%*%)%(int%)' %(created at [^)]*%) was called by C after "
                .. "its Lua state was closed\n$"), err)
        end
    end)
end)
