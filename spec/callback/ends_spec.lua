-- How threads end, and what cannot hang (S26, S27): joins, locks of libraries, closing, os.exit, forks, cancelled
-- threads. Code that is to stay out of cffi's calls for a while, and not to let others run, has Lua run `sleep`.
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()
ffi.cdef [[
    typedef struct { long words[5]; } ends_mutex; typedef struct { long words[4]; } ends_semaphore;
    int sem_init(ends_semaphore *, int, unsigned); int sem_wait(ends_semaphore *); int sem_post(ends_semaphore *);
    int pthread_mutex_lock(ends_mutex *); int pthread_mutex_unlock(ends_mutex *);
    int clock_gettime(int, long *); unsigned long pthread_self(void);
]]

local function now()
    local time = ffi.new "long[2]"
    ffi.C.clock_gettime(1, time)
    return time[0] + time[1] / 1e9
end

-- Runs code in a process of its own, which must end within `seconds`, one unless given, beyond what an
-- empty one takes. On a busy machine it may be the third that does: what waits in vain does so each time.
local function run(code, seconds)
    local status, out, err
    local least = math.huge
    local limit = (seconds or 1) * support.patience
    for _ = 1, 3 do
        local t = now()
        callbacks.run ""
        local empty = now() - t
        t = now()
        status, out, err = callbacks.run(code)
        least = math.min(least, now() - t - empty)
        if least < limit then return status, out, err end
    end
    assert.is_true(least < limit, "took " .. least)
    return status, out, err
end

local fork = [[
    ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int); unsigned alarm(unsigned);"
    local function in_child(fn)
        io.stdout:flush()
        local child = ffi.C.fork()
        if child == 0 then
            ffi.C.alarm(60) -- a busy machine, and what watches memory, take their time
            local ok, err = pcall(fn)
            if not ok then print(err) end
            io.stdout:flush()
            ffi.C._exit(ok and 0 or 1)
        end
        local status = ffi.new "int[1]"
        ffi.C.waitpid(child, status, 0)
        return status[0]
    end
]]

describe("nothing hangs", function()
    before_each(lib.callbacks_reset)

    it("when a thread holds a library's lock around its callback, for which the owner waits in C", function()
        local mutex = ffi.new "ends_mutex"
        local n = 0
        local cb <close> = ffi.callback("int (int)", function()
            ffi.C.pthread_mutex_lock(mutex)
            n = n + 1
            lib.callbacks_pause(5) -- others run Lua meanwhile, and want the mutex
            ffi.C.pthread_mutex_unlock(mutex)
            return 1
        end)
        lib.callbacks_start(cb, 4, 5, 1)
        for _ = 1, 10 do
            ffi.C.pthread_mutex_lock(mutex)
            n = n + 1
            ffi.C.pthread_mutex_unlock(mutex)
        end
        assert.equal(0, lib.callbacks_join())
        assert.equal(30, n)
    end)

    it("when two callbacks wait for each other inside C", function()
        local semaphore = ffi.new "ends_semaphore"
        local order = {}
        ffi.C.sem_init(semaphore, 0, 0)
        local first = true
        local cb <close> = ffi.callback("int (int)", function()
            local mine = first and 0 or 1
            first = false
            if mine == 0 then
                ffi.C.sem_wait(semaphore) -- until the other one posts it
                order[#order + 1] = "first"
            else
                order[#order + 1] = "second"
                ffi.C.sem_post(semaphore)
            end
            return 1
        end)
        assert.equal(0, lib.callbacks_in_threads(cb, 2, 1, 1))
        assert.same({ "second", "first" }, order)
    end)

    it("when the collector runs finalisers that call C on whatever thread", function()
        local freed = 0
        local made = 0
        local function make()
            made = made + 1
            ffi.gc(ffi.new "char[16]", function() freed = freed + 1 lib.callbacks_pause(0) end)
        end
        local cb <close> = ffi.callback("int (int)", function(x)
            make()
            if x % 10 == 0 then collectgarbage() end
            return 1
        end)
        lib.callbacks_start(cb, 3, 100, 1)
        for _ = 1, 50 do make() collectgarbage "step" lib.callbacks_pause(0) end
        assert.equal(0, lib.callbacks_join())
        collectgarbage()
        collectgarbage()
        assert.equal(made, freed)
    end)
end)

describe("closing", function()
    it("refuses those that wait for Lua: C gets the error value #process", function()
        local status, out, err = run [[
            local cb = ffi.callback("int (int)", function() return 1 end, { error = 6 })
            lib.callbacks_keep(cb)
            lib.callbacks_delay = 50
            lib.callbacks_start(cb, 3, 1, 6)
            lib.callbacks_join_at_exit()
            os.execute "sleep 0.15" -- all three wait then
            io.write "end "
        ]]
        assert.equal("end 0 wrong", out)
        assert.equal("", err)
        assert.equal(0, status)
    end)

    it("refuses those that wait for an owner #process", function()
        local status, out, err = run [[
            local cb = ffi.callback("int (int)", function() return 1 end, { error = 6, thread = "owner" })
            lib.callbacks_delay = 50
            lib.callbacks_start(cb, 3, 1, 6)
            lib.callbacks_join_at_exit()
            os.execute "sleep 0.15"
            io.write "end "
        ]]
        assert.equal("end 0 wrong", out)
        assert.equal("", err)
        assert.equal(0, status)
    end)

    it("by os.exit on a foreign thread ends the process, while Lua's own is inside C #process", function()
        for _, close in ipairs { "false", "true" } do
            local status, out, err = run(([[
                local cb = ffi.callback("int (int)", function() io.write "bye" os.exit(7, %s) end)
                lib.callbacks_in_threads(cb, 1, 1, 1)
                print "not reached"
            ]]):format(close))
            assert.equal("bye", out)
            assert.equal("", err)
            assert.equal(7, status)
        end
    end)

    it("by os.exit on the thread of a task, in what is posted or for an owner, waits for nobody #process", function()
        local ways = {
            "ffi.async(lib.callbacks_call, cb, 1):wait()",
            "ffi.worker():call(lib.callbacks_call, cb, 1)",
            "lib.callbacks_start(owner, 3, 3, 1) for _ = 1, 1000 do lib.callbacks_pause(1) end",
            "lib.callbacks_start_void(post, 3, 3) for _ = 1, 1000 do lib.callbacks_pause(1) end",
        }
        for _, way in ipairs(ways) do
            for _, close in ipairs { "false", "true" } do
                local status, out, err = run(([[
                    local function bye() io.write "bye" os.exit(7, %s) end
                    local cb = ffi.callback("int (int)", bye)
                    local owner = ffi.callback("int (int)", bye, { thread = "owner" })
                    local post = ffi.callback("callbacks_void_fn", bye, { thread = "post" })
                    %s
                    print "not reached"
                ]]):format(close, way), 0.7)
                assert.equal("bye", out)
                assert.truthy(err == "" or err:find "was called by C after its Lua state was closed\n$", err)
                assert.equal(7, status)
            end
        end
    end)

    it("by os.exit ends the process while others are inside Lua's calls of C, and while they wait #process", function()
        for _, close in ipairs { "false", "true" } do
            local status, out, err = run(([[
                local inside = 0
                local cb = ffi.callback("int (int)", function()
                    inside = inside + 1
                    lib.callbacks_pause(3000)
                    return 1
                end)
                local busy = ffi.callback("int (int)", function() return 1 end)
                lib.callbacks_start(cb, 3, 1, 1)
                while inside < 3 do lib.callbacks_pause(1) end
                lib.callbacks_keep(busy)
                lib.callbacks_start_kept(0)
                lib.callbacks_pause(20)
                os.exit(5, %s)
            ]]):format(close))
            assert.equal("", out)
            assert.truthy(err == "" or err:find "was called by C after its Lua state was closed\n$", err)
            assert.equal(5, status)
        end
    end)
end)

describe("a thread that is cancelled", function()
    it("within a callback ends when that has returned #process", function()
        local status, out, err = run [[
            ffi.cdef "int pthread_cancel(unsigned long); unsigned long pthread_self(void);"
            local n, thread, cancelled = 0
            local cb = ffi.callback("int (int)", function()
                n = n + 1
                thread = ffi.C.pthread_self()
                repeat lib.callbacks_pause(1) until cancelled
                lib.callbacks_pause(1) -- a point where a thread that may be cancelled would end
                n = n + 1
                return 1
            end)
            lib.callbacks_start(cb, 1, 3, 1)
            while not thread do lib.callbacks_pause(1) end
            ffi.C.pthread_cancel(thread)
            cancelled = true
            lib.callbacks_join()
            print(n)
            lib.callbacks_in_threads(cb, 1, 1, 1)
            print(n)
        ]]
        assert.equal("", err)
        assert.equal("2\n4\n", out)
        assert.equal(0, status)
    end)
end)

describe("a fork", function()
    it("on Lua's thread leaves the child its Lua, whatever other threads do #process", function()
        local status, out, err = run(fork .. [[
            local n = 0
            local cb = ffi.callback("int (int)", function()
                local t = {}
                for i = 1, 50 do t[i] = { i } end
                n = n + 1
                return 1
            end)
            lib.callbacks_keep(cb)
            lib.callbacks_start_kept(0)
            for i = 1, 30 do
                local status = in_child(function()
                    collectgarbage()
                    assert(lib.callbacks_call(cb, 1) == 1)
                    assert(lib.callbacks_in_threads(cb, 2, 3, 1) == 0)
                    assert(ffi.async(lib.callbacks_pause, 1):wait() == 1)
                end)
                if status ~= 0 then print("child", i, status) end
            end
            lib.callbacks_stop()
            print "end"
        ]], 20)
        assert.equal("", err)
        assert.equal("end\n", out)
        assert.equal(0, status)
    end)

    it("on a foreign thread leaves the child its callbacks #process", function()
        local status, out, err = run(fork .. [[
            local status
            local cb = ffi.callback("int (int)", function(x)
                if x == 0 and not status then
                    status = in_child(function()
                        collectgarbage()
                        assert(lib.callbacks_call(math.abs, 3) == 3)
                    end)
                end
                return 1
            end)
            print(lib.callbacks_in_threads(cb, 1, 2, 1), status)
        ]], 5)
        assert.equal("", err)
        assert.equal("0\t0\n", out)
        assert.equal(0, status)
    end)

    it("on several foreign threads at once leaves each child its Lua #process", function()
        local status, out, err = run(fork .. [[
            local bad, n = 0, 0
            local cb = ffi.callback("int (int)", function()
                local status = in_child(function()
                    collectgarbage "step"
                    assert(lib.callbacks_call(math.abs, 3) == 3)
                end)
                if status ~= 0 then bad = bad + 1 end
                n = n + 1
                return 1
            end)
            lib.callbacks_start(cb, 4, 25, 1)
            while n < 100 do lib.callbacks_pause(0) end -- which comes back to Lua all the time
            print(lib.callbacks_join(), n, bad)
        ]], 20)
        assert.equal("", err)
        assert.equal("0\t100\t0\n", out)
        assert.equal(0, status)
    end)

    it("waits a second for a thread that runs Lua, and the child cannot use the state then #process", function()
        local status, out, err = run(fork .. [[
            local inside
            local cb = ffi.callback("int (int)", function()
                inside = true
                local t = os.time()
                while os.time() - t < 3 do end
                return 1
            end)
            lib.callbacks_delay = 100
            lib.callbacks_start(cb, 1, 1, 1)
            local child = lib.callbacks_fork_after(300) -- in C: the thread runs Lua meanwhile
            if child == 0 then print "in the child" os.exit(0) end
            local status = ffi.new "int[1]"
            ffi.C.waitpid(child, status, 0)
            print(status[0] >> 8, inside, lib.callbacks_join())
        ]], 10)
        assert.equal("cffi: another thread was running Lua when this process was forked: its Lua state cannot be used "
            .. "here\n", err)
        assert.equal("1\ttrue\t0\n", out)
        assert.equal(0, status)
    end)
end)

-- What may hang, while the Lua state closes: each ends within a second or two.
describe("lua_close", function()
    it("ends while a thread holds a library's lock around its callback #process", function()
        local status, out, err = run [[
            ffi.cdef [=[
                typedef struct { long words[5]; } ends_mutex;
                int pthread_mutex_lock(ends_mutex *); int pthread_mutex_unlock(ends_mutex *);
            ]=]
            mutex = ffi.new "ends_mutex"
            local inside
            local cb = ffi.callback("int (int)", function()
                ffi.C.pthread_mutex_lock(mutex)
                inside = true
                lib.callbacks_pause(300) -- comes back to a state that is closed
                ffi.C.pthread_mutex_unlock(mutex)
                return 1
            end, { error = 6 })
            lib.callbacks_start(cb, 3, 1, 6) -- two wait for the mutex in C
            while not inside do lib.callbacks_pause(1) end
            io.write "end"
        ]]
        -- the two may come before the process is gone
        assert.truthy(err == "" or err:find "^cffi: callback .* was called by C after its Lua state was closed\n$", err)
        assert.equal("end", out)
        assert.equal(0, status)
    end)

    it("ends while two callbacks wait for each other inside C #process", function()
        local status, out, err = run [[
            ffi.cdef [=[
                typedef struct { long words[4]; } ends_semaphore;
                int sem_init(ends_semaphore *, int, unsigned); int sem_wait(ends_semaphore *);
            ]=]
            semaphores = ffi.new "ends_semaphore[2]"
            for i = 0, 1 do ffi.C.sem_init(semaphores[i], 0, 0) end
            local inside = 0
            local cb = ffi.callback("int (int)", function()
                inside = inside + 1
                ffi.C.sem_wait(semaphores[inside - 1]) -- which nobody posts
                return 1
            end)
            lib.callbacks_start(cb, 2, 1, 1)
            while inside < 2 do lib.callbacks_pause(1) end
            io.write "end"
        ]]
        assert.equal("", err)
        assert.equal("end", out)
        assert.equal(0, status)
    end)

    it("ends while a callback waits for the owner, within a callback that waits for Lua #process", function()
        local status, out, err = run [[
            local owned = ffi.callback("int (int)", function() return 1 end, { thread = "owner", error = 7 })
            lib.callbacks_keep(owned)
            local cb = ffi.callback("int (int)", function() return lib.callbacks_call_kept(1) end, { error = 6 })
            lib.callbacks_delay = 20
            lib.callbacks_start(cb, 2, 1, 1)
            lib.callbacks_pause(30) -- one is inside and waits for this thread, which stays out of C
            os.execute "sleep 0.1"
            io.write "end"
        ]]
        assert.equal("", err)
        assert.equal("end", out)
        assert.equal(0, status)
    end)

    it("ends while a task calls back and waits for Lua #process", function()
        local status, out, err = run([[
            local n = 0
            local cb = ffi.callback("int (int)", function() n = n + 1 return 1 end, { error = 6 })
            for _ = 1, 3 do ffi.async(lib.callbacks_repeat, cb, 1000000000) end
            while n < 10 do lib.callbacks_pause(1) end
            io.write "end"
        ]], 1.5) -- a second for tasks inside C, which these remain
        assert.equal("end", out)
        assert.truthy(err == "" or err:find "was called by C after its Lua state was closed\n$", err)
        assert.equal(0, status)
    end)

    it("ends while tasks wait for themselves with a limit, and workers are inside C for long #process", function()
        local status, out, err = run([[
            local task
            local cb = ffi.callback("int (int)", function() return task:wait(60) or 1 end, { error = -1 })
            task = ffi.async(lib.callbacks_call, cb, 1)
            ffi.worker():async(lib.callbacks_call, cb, 1)
            ffi.worker():async(lib.callbacks_pause, 60000)
            lib.callbacks_start(cb, 2, 1, 1)
            lib.callbacks_pause(20)
            io.write "end"
        ]], 1.5) -- a second for tasks inside C
        assert.truthy(err == "" or err:find "was called by C after its Lua state was closed\n$", err)
        assert.equal("end", out)
        assert.equal(0, status)
    end)

    it("ends after an error that nobody catches, with threads inside #process", function()
        local status, out, err = run([[
            local cb = ffi.callback("int (int)", function() return 1 end)
            lib.callbacks_keep(cb)
            lib.callbacks_start_kept(0)
            for _ = 1, 4 do ffi.async(lib.callbacks_pause, 100) end
            lib.callbacks_pause(1)
            error "nobody's"
        ]])
        assert.equal("", out)
        assert.truthy(err:find("nobody's", 1, true))
        assert.equal(1, status)
    end)

    it("runs finalisers that call C while threads call back, and wait for them #process", function()
        local status, out, err = run [[
            local n = 0
            cb = ffi.callback("int (int)", function() n = n + 1 return 1 end, { error = 1 })
            lib.callbacks_start(cb, 3, 500, 1)
            last = setmetatable({}, { __gc = function() io.write("joined ", lib.callbacks_join(), " ") end })
            io.write "end "
        ]]
        assert.equal("end joined 0 ", out)
        assert.truthy(err == "" or err:find "was called by C after its Lua state was closed\n$", err)
        assert.equal(0, status)
    end)
end)

describe("a thread that comes back to a state that is closed", function()
    it("touches nothing of it and never returns; others go on #process", function()
        local status, out, err = run(([[
            local function threads()
                return tonumber(io.open "/proc/self/status":read "a":match "Threads:%%s+(%%d+)")
            end
            local before = threads()
            assert(lib.callbacks_state(%q) == 0)
            local inside = threads() - before
            lib.callbacks_pause(200) -- it comes back meanwhile
            local n = 0
            local cb = ffi.callback("int (int)", function() n = n + 1 return 1 end)
            assert(lib.callbacks_in_a_thread(cb, 1) == 0)
            print(inside, threads() - before, n)
            os.exit(0, false)
        ]]):format(callbacks.prelude .. [[
            local inside
            local cb = ffi.callback("int (int)", function()
                inside = true
                lib.callbacks_pause(100)
                return 1
            end)
            lib.callbacks_start(cb, 1, 1, 1)
            while not inside do lib.callbacks_pause(1) end
        ]]))
        assert.equal("", err)
        assert.equal("1\t1\t1\n", out)
        assert.equal(0, status)
    end)
end)

describe("a thread that is cancelled", function()
    local cancel = [[
        ffi.cdef "int pthread_cancel(unsigned long); unsigned long pthread_self(void);"
        ffi.cdef "int pthread_create(unsigned long *, const void *, void *(*)(void *), void *);"
        ffi.cdef "int pthread_join(unsigned long, void **);"
        local thread = ffi.new "unsigned long[1]"
        local function join()
            local result = ffi.new "void *[1]"
            ffi.C.pthread_join(thread[0], result)
            return ffi.tonumber(ffi.cast("intptr_t", result[0]))
        end
    ]]

    it("while it waits for Lua runs its callback, and is cancelled after it #process", function()
        local status, out, err = run(cancel .. [[
            local n = 0
            local cb = ffi.callback("int (int)", function() thread[0] = ffi.C.pthread_self() n = n + 1 return 1 end)
            lib.callbacks_start(cb, 1, 1000000000, 1)
            while thread[0] == 0 do lib.callbacks_pause(1) end
            os.execute "sleep 0.05" -- it waits then
            ffi.C.pthread_cancel(thread[0])
            lib.callbacks_join()
            print(n < 1000000000)
            print(lib.callbacks_in_threads(cb, 1, 1, 1))
        ]])
        assert.equal("", err)
        assert.equal("true\n0\n", out)
        assert.equal(0, status)
    end)

    it("while it posts, or waits for an owner, leaves no lock behind #process #exits", function()
        local status, out, err = run(cancel .. [[
            ffi.fd() -- which is written to for what waits: a point where a thread may end
            local n = 0
            local dies = ffi.callback("int (int)", function() return ffi.C.pthread_cancel(ffi.C.pthread_self()) end)
            local post = ffi.callback("void (int)", function() n = n + 1 end, { thread = "post" })
            local owner = ffi.callback("int (int)", function() return 5 end, { thread = "owner", error = 1 })
            for _, cb in ipairs { ffi.cast("callbacks_fn *", post), owner } do
                local worker <close> = ffi.worker()
                local task = worker:async(lib.callbacks_both, dies, cb, 1)
                task:wait()
                ffi.poll()
                print((select(2, pcall(worker.call, worker, lib.callbacks_pause, 1)):gsub("^[^:]*:%d+: ", "")))
            end
            print(n)
        ]])
        assert.equal("", err)
        local lost = "the task's thread has ended within it: by pthread_exit, or cancelled\n"
        assert.equal(lost .. lost .. "1\n", out)
        assert.equal(0, status)
    end)

    it("while it runs Lua ends when the callback has returned, at C's next point of that kind #process", function()
        local status, out, err = run(cancel .. [[
            local cb = ffi.callback("void *(void *)", function()
                ffi.C.pthread_cancel(ffi.C.pthread_self())
                lib.callbacks_pause(1)
                io.write "still here "
                return ffi.cast("void *", 5)
            end)
            assert(ffi.C.pthread_create(thread, nil, cb, nil) == 0)
            print(join()) -- the callback is the whole thread: it returned before any such point
        ]])
        assert.equal("", err)
        assert.equal("still here 5\n", out)
        assert.equal(0, status)
    end)
end)

describe("a yield out of a callback", function()
    it("is an error on foreign threads, within tasks, and on Lua's own", function()
        local cb <close> = ffi.callback("int (int)", function() coroutine.yield() end, { error = 3 })
        local text = "attempt to yield out of a callback: C code stands between it and its coroutine"
        local reports = callbacks.reports(function()
            assert.equal(0, lib.callbacks_in_threads(cb, 1, 1, 3))
            assert.equal(3, ffi.async(lib.callbacks_call, cb, 1):wait())
            local worker <close> = ffi.worker()
            assert.equal(3, worker:call(lib.callbacks_call, cb, 1))
        end)
        assert.equal(3, #reports)
        for i = 1, 3 do assert.equal(text, callbacks.first_line(reports[i])) end
        local _, err = coroutine.resume(coroutine.create(function() lib.callbacks_call(cb, 1) end))
        assert.equal(text, callbacks.first_line(err))
    end)

    it("is an error for ffi.await, too", function()
        local task
        local cb <close> = ffi.callback("int (int)", function()
            task = ffi.async(lib.callbacks_pause, 1)
            ffi.await(task)
            return 1
        end, { error = 3 })
        local reports = callbacks.reports(function() assert.equal(0, lib.callbacks_in_threads(cb, 1, 1, 3)) end)
        task:wait() -- or ffi.poll of another spec counts its end
        assert.equal(1, #reports)
        assert.truthy(reports[1]:find("attempt to yield out of a callback", 1, true)
            or reports[1]:find("ffi.await is for coroutines: use task:wait() here", 1, true), reports[1])
    end)
end)
