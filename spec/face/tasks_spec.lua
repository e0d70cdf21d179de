-- Tasks (S28): C functions on threads of the module's own: ffi.async, await, run, threads, worker.
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local fails, lib = callbacks.fails, callbacks.load()
ffi.cdef [[
    typedef struct { int quot, rem; } tasks_div;
    tasks_div tasks_div_(int, int) __asm__("div");
    int close(int); size_t strlen(const char *s); int snprintf(char *, size_t, const char *, ...);
    int abs(int); double sqrt(double);
    typedef struct { int fd; short events, revents; } modes_pollfd; int poll(modes_pollfd *, unsigned long, int);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
    int clock_gettime(int, long *); unsigned long pthread_self(void);
]]
local C = ffi.C

local function now()
    local time = ffi.new "long[2]"
    C.clock_gettime(1, time)
    return time[0] + time[1] / 1e9
end

local function readable(fd)
    return C.poll(ffi.new("modes_pollfd[1]", { { fd, 1 } }), 1, 0) == 1
end

describe("ffi.async", function()
    before_each(lib.callbacks_reset)

    it("runs a C function on another thread and gives a task with the results", function()
        local task = ffi.async(C.abs, -3)
        assert.equal(3, task:wait())
        assert.equal(3, task:wait()) -- each time
        assert.is_true(task:done())
        assert.equal("task of abs: done", tostring(task))
        assert.not_equal(C.pthread_self(), ffi.async(C.pthread_self):wait())
    end)

    it("takes whatever a call takes and gives what it gives", function()
        assert.equal(5, ffi.async(C.strlen, "hello"):wait())
        assert.equal(math.sqrt(2), ffi.async(C.sqrt, 2):wait())
        local div = ffi.async(C.tasks_div_, 17, 5):wait()
        assert.same({ 3, 2 }, { div.quot, div.rem })
        local buffer = ffi.new "char[64]"
        assert.equal(7, ffi.async(C.snprintf, buffer, 64, "%d %s %g", 5, "x", 1.5):wait())
        assert.equal("5 x 1.5", ffi.string(buffer))
        assert.equal(0, select("#", ffi.async(lib.callbacks_reset):wait()))
        local pointer = ffi.cast("int (*)(int)", C.abs)
        local task = ffi.async(pointer, -9)
        assert.equal(9, task:wait())
        assert.equal("task of a function pointer: done", tostring(task))
        local large = ffi.new("struct callbacks_large", { { 1, 2, 3, 4, 5 }, 6 })
        ffi.cdef [[struct callbacks_large callbacks_same_large(struct callbacks_large (*)(struct callbacks_large),
            struct callbacks_large);]]
        local back = ffi.async(lib.callbacks_same_large, function(x) x.d = x.d + 1 return x end, large):wait()
        assert.same({ 5, 7.0 }, { back.l[4], back.d })
    end)

    it("converts arguments at once, and raises what that raises", function()
        local ok, err = pcall(ffi.async, C.abs, "x")
        assert.is_false(ok)
        assert.truthy(err:find("bad argument #1 to 'abs' (int abs(int)): cannot convert string", 1, true))
        fails("wrong number of arguments to 'abs' (int abs(int)): expected 1, got 2", ffi.async, C.abs,
            1, 2)
        fails("bad argument #1 to 'async' (C function expected, got function)", ffi.async, print)
        fails("bad argument #1 to 'async' (C function expected, got no value)", ffi.async)
    end)

    it("begins and ends while Lua computes", function()
        local task = ffi.async(lib.callbacks_pause, 20)
        local limit = os.time() + 5
        while not task:done() and os.time() < limit do end -- none of this enters C through the module
        assert.is_true(task:done())
    end)

    it("keeps what the call borrows until it is over", function()
        local text = ffi.async(lib.callbacks_pause, 1) -- the collector has something to do
        text:wait()
        local tasks = {}
        for i = 1, 20 do
            tasks[i] = ffi.async(C.strlen, ("x"):rep(1000 + i) .. tostring(i))
            collectgarbage()
        end
        for i = 1, 20 do assert.equal(1000 + i + #tostring(i), tasks[i]:wait()) end
    end)

    it("runs callbacks on its thread, for the call only where C says so", function()
        local n = #ffi.callbacks()
        local array = ffi.new("int[5]", { 5, 3, 1, 4, 2 })
        local main = coroutine.running()
        ffi.async(C.qsort, array, 5, 4, function(a, b)
            assert(coroutine.running() ~= main)
            return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
        end):wait()
        assert.same({ 1, 2, 3, 4, 5 }, ffi.totable(array))
        assert.equal(n, #ffi.callbacks())
    end)

    it("tells ffi.onerror of errors in callbacks there", function()
        local cb <close> = ffi.callback("int (int)", function() error("there", 0) end, { error = 4 })
        local result
        local reports = callbacks.reports(function() result = ffi.async(lib.callbacks_call, cb, 1):wait() end)
        assert.same({ "there" }, reports)
        assert.equal(4, result)
    end)

    it("does with an annotated function what its attributes say", function()
        ffi.cdef [=[
            [[cffi::errno(-1)]] int tasks_dup(int fd) __asm__("dup");
            int tasks_div2(int, [[cffi::out]] int *) __asm__("callbacks_half");
        ]=]
        local task = ffi.async(C.tasks_dup, -1)
        local results = table.pack(task:wait())
        assert.same({ n = 3, nil, "Bad file descriptor", 9 }, results)
        assert.equal(9, task:errno())
        assert.same({ n = 2, 1, 3 }, table.pack(ffi.async(lib.tasks_div2, 7):wait()))
        local ok, err = pcall(function() ffi.async(C.tasks_dup, "x"):wait() end)
        assert.is_false(ok)
        assert.truthy(err:find "cannot convert string")
    end)

    it("does a hundred sleeps of a millisecond on eight threads at once", function()
        local before = ffi.threads(8)
        finally(function() ffi.threads(before) end)
        local function sleeps()
            local tasks = {}
            for i = 1, 100 do tasks[i] = ffi.async(lib.callbacks_pause, 1) end
            for i = 1, 100 do assert.equal(1, tasks[i]:wait()) end
        end
        local function threads() -- of C, which sleep as often: 104 times
            assert.equal(0, lib.callbacks_in_threads(lib.callbacks_nap, 8, 13, 0))
        end
        -- side by side, and the best of each, for what else the machine does delays both
        local least, ideal = math.huge, math.huge
        for _ = 1, 40 do
            local t = now()
            sleeps()
            least = math.min(least, now() - t)
            t = now()
            threads()
            ideal = math.min(ideal, (now() - t) * 12.5 / 13)
            if least <= 1.3 * ideal then break end
        end
        assert.is_true(least <= 1.3 * ideal or support.patience > 1, least .. " s, ideal " .. ideal)
    end)

    it("says when the system has no thread left #process", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "int pthread_attr_setstacksize(void *, size_t); int pthread_setattr_default_np(const void *);"
            local attr = ffi.new "long[32]"
            local size = ffi.abi "64bit" and 1 << 46 or 3 << 30 -- as all threads have: there is no such room
            assert(ffi.C.pthread_attr_setstacksize(attr, size) == 0)
            assert(ffi.C.pthread_setattr_default_np(attr) == 0)
            print(pcall(ffi.async, lib.callbacks_pause, 1))
        ]]
        assert.equal("", err)
        assert.equal("false\tthe system has no thread left for a task\n", out)
        assert.equal(0, code)
    end)

    it("takes what is passed in other ways, and what only it knows of then", function()
        ffi.cdef "long double sqrtl(long double); double ldexp(double, int);"
        assert.truthy(tostring(ffi.async(C.sqrtl, 2):wait()):find "^1%.4142135623730950")
        assert.equal(24.0, ffi.async(C.ldexp, 1.5, 4):wait())
        local scope = ffi.scope {}
        scope.cdef(callbacks.declarations)
        local own = scope.load(callbacks.path)
        local task = scope.async(own.callbacks_call, function(x) lib.callbacks_pause(20) return x + 1 end, 4)
        own, scope = nil, nil -- luacheck: ignore 311
        support.gc()
        assert.equal(5, task:wait())
        local callback <close> = ffi.callback("unsigned long (int)", function() return C.pthread_self() end)
        assert.not_equal(C.pthread_self(), ffi.async(callback, 1):wait())
    end)

    it("does not let its library be closed meanwhile", function()
        local own = ffi.load(callbacks.path)
        local task = ffi.async(own.callbacks_pause, 50)
        local ok = pcall(ffi.close, own)
        assert.is_false(ok)
        task:wait()
        ffi.close(own)
    end)
end)

describe("a task", function()
    it("waits for so many seconds", function()
        local task = ffi.async(lib.callbacks_pause, 100 * support.patience)
        assert.same({ n = 2, nil, "timeout" }, table.pack(task:wait(0.01)))
        assert.is_false(task:done())
        assert.is_nil(task:errno())
        assert.truthy(tostring(task):find "^task of callbacks_pause: ")
        assert.equal(100 * support.patience, task:wait(50))
        assert.equal("task of callbacks_pause: done", tostring(task))
        fails("bad argument #1 to 'wait' (a time is 0 or more seconds, not -1.0)", task.wait, task, -1)
    end)

    it("has the errno that C left", function()
        ffi.errno(3)
        local task = ffi.async(C.close, -1)
        assert.equal(-1, task:wait())
        assert.equal(9, task:errno())
        assert.equal(3, ffi.errno())
    end)

    it("is cancelled before it begins, not after", function()
        local before = ffi.threads(1)
        local first, second = ffi.async(lib.callbacks_pause, 50), ffi.async(lib.callbacks_pause, 50)
        assert.equal("task of callbacks_pause: waits for a thread", tostring(second))
        assert.is_true(second:cancel())
        assert.is_false(second:cancel())
        assert.same({ n = 2, nil, "cancelled" }, table.pack(second:wait()))
        assert.equal("task of callbacks_pause: cancelled", tostring(second))
        assert.is_nil(second:errno())
        assert.equal(50, first:wait())
        assert.is_false(first:cancel())
        ffi.threads(before)
    end)

    it("is over when its block is #close", function()
        local t = now()
        do
            local task <close> = ffi.async(lib.callbacks_pause, 60)
            while tostring(task) ~= "task of callbacks_pause: runs" do lib.callbacks_pause(1) end
        end
        assert.is_true(now() - t >= 0.05)
    end)

    it("lets those run that wait for Lua when it is asked whether it is done, for it may need them", function()
        local cb <close> = ffi.callback("int (int)", function(x) return x + 1 end)
        local task, limit = ffi.async(lib.callbacks_call, cb, 1), os.time() + 10
        while not task:done() do assert(os.time() < limit) end
        assert.equal(2, task:wait())
        task = ffi.async(lib.callbacks_call, cb, 2)
        while task:wait(0) == nil do assert(os.time() < limit) end
        assert.equal(3, task:wait())
    end)

    it("that nobody has looked at is no reason to wake anybody when it is collected", function()
        local fd = ffi.fd()
        ffi.async(lib.callbacks_pause, 1)
        lib.callbacks_pause(50)
        assert.is_true(readable(fd))
        ffi.async(lib.callbacks_pause, 1):wait() -- at which those are dropped that are done
        support.gc()
        assert.is_false(readable(fd))
    end)

    it("is needed by nobody: what it borrowed is kept until C is over", function()
        for _ = 1, 10 do ffi.async(lib.callbacks_pause, 5) end
        collectgarbage()
        collectgarbage()
        lib.callbacks_pause(60)
        ffi.poll()
    end)

    it("makes ffi.fd readable when it is done, until somebody has looked", function()
        local fd = ffi.fd()
        ffi.poll()
        assert.is_false(readable(fd))
        local task = ffi.async(lib.callbacks_pause, 5)
        assert.is_false(readable(fd))
        lib.callbacks_pause(50)
        assert.is_true(readable(fd))
        assert.is_true(task:done())
        assert.is_false(readable(fd))
        task = ffi.async(lib.callbacks_pause, 5)
        assert.equal(1, ffi.poll(5))
        assert.is_false(readable(fd))
        assert.is_true(task:done())
        assert.equal(fd, task:pollfd())
        assert.equal("r", task:events())
    end)

    it("knows itself", function()
        local task = ffi.async(C.abs, 1)
        fails("calling 'wait' on bad self (task expected, got table)", task.wait, {})
        task:wait()
    end)
end)

describe("a task that a callback of another one waits for", function()
    local text = "the task cannot end before this callback does, which runs on its thread or is what it waits for"

    it("is done, though all threads wait so", function()
        local before = ffi.threads(2)
        finally(function() ffi.threads(before) end)
        local depth, cb = 0, nil
        cb = ffi.callback("int (int)", function()
            depth = depth + 1
            return depth < 20 and ffi.async(lib.callbacks_call, cb, 1):wait() + 1 or 0
        end)
        assert.equal(19, ffi.async(lib.callbacks_call, cb, 1):wait())
        cb:free()
        local tasks = {}
        for i = 1, 10 do tasks[i] = ffi.async(lib.callbacks_pause, i) end
        for i = 1, 10 do assert.equal(i, tasks[i]:wait()) end
    end)

    it("is refused when it is that one itself", function()
        local task
        local cb <close> = ffi.callback("int (int)", function() return task:wait() end, { error = 7 })
        local reports, _, result = callbacks.reports(function()
            task = ffi.async(lib.callbacks_call, cb, 1)
            return task:wait()
        end)
        assert.equal(7, result)
        assert.equal(1, #reports)
        assert.equal(text, callbacks.first_line(reports[1]))
    end)

    it("is refused when they wait for each other, in a circle of pool and worker, too", function()
        local a, b
        local function waits_for(get, value)
            return ffi.callback("int (int)", function()
                while not get() do lib.callbacks_pause(1) end
                return get():wait()
            end, { error = value })
        end
        local first <close> = waits_for(function() return b end, 5)
        local second <close> = waits_for(function() return a end, 6)
        local reports = callbacks.reports(function()
            local one, two = ffi.async(lib.callbacks_call, first, 1), ffi.async(lib.callbacks_call, second, 1)
            a, b = one, two
            local value = a:wait()
            assert.is_true(value == 5 or value == 6)
            assert.equal(value, b:wait())
            a, b = nil, nil
            local worker <close> = ffi.worker()
            one = ffi.async(lib.callbacks_call, first, 1)
            two = worker:async(lib.callbacks_call, second, 1)
            b = worker:async(lib.callbacks_pause, 1) -- comes after `two`
            a = one
            assert.is_true(a:wait() == 5 or two:wait() == 6)
            assert.equal(1, b:wait())
        end)
        assert.equal(2, #reports)
        for i = 1, 2 do assert.equal(text, callbacks.first_line(reports[i])) end
    end)

    it("is done, or refused, when the callback has an owner, who waits", function()
        local owner
        owner = ffi.callback("int (int)", function(x)
            return x > 0 and ffi.async(lib.callbacks_call, owner, x - 1):wait() + 1 or 1
        end, { thread = "owner", error = -1 })
        assert.equal(7, ffi.async(lib.callbacks_call, owner, 6):wait()) -- more than there are threads
        owner:free()
        local worker <close> = ffi.worker()
        local again <close> = ffi.callback("int (int)", function() return worker:call(lib.callbacks_pause, 1) end,
            { thread = "owner", error = 3 })
        local reports = callbacks.reports(function()
            assert.equal(3, worker:call(lib.callbacks_call, again, 1))
        end)
        assert.equal(1, #reports)
        assert.equal(text, callbacks.first_line(reports[1]))
    end)

    it("may be waited for with a limit of time even so", function()
        local task
        local cb <close> = ffi.callback("int (int)", function() return select("#", task:wait(0.01)) end)
        task = ffi.async(lib.callbacks_call, cb, 1)
        assert.equal(2, task:wait()) -- nil, "timeout"
    end)
end)

describe("a task whose thread ends within it", function()
    local text = "the task's thread has ended within it: by pthread_exit, or cancelled"
    before_each(function() ffi.cdef "void pthread_exit(void *);" end)

    it("says so each time, and others are run by other threads #exits", function()
        local before = ffi.threads(1)
        finally(function() ffi.threads(before) end)
        local worker <close> = ffi.worker()
        for _, async in ipairs { ffi.async, function(...) return worker:async(...) end } do
            local task, behind = async(C.pthread_exit, nil), async(lib.callbacks_pause, 3)
            fails(text, task.wait, task)
            fails(text, task.wait, task)
            assert.is_true(task:done())
            assert.equal(3, behind:wait())
        end
        fails(text, worker.call, worker, C.pthread_exit, nil)
        assert.equal(4, worker:call(lib.callbacks_pause, 4))
    end)

    it("also when it ends in Lua's call of C #exits", function()
        local exits <close> = ffi.callback("int (int)", function() C.pthread_exit(nil) return 1 end)
        local task = ffi.async(lib.callbacks_call, exits, 1)
        fails(text, task.wait, task)
        assert.equal(4, ffi.async(lib.callbacks_pause, 4):wait())
    end)

    -- A thread that is cancelled inside one of its functions is lost to ThreadSanitizer.
    it("also when it is cancelled while inside C #process #exits", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "unsigned long pthread_self(void); int pthread_cancel(unsigned long);"
            local worker = ffi.worker()
            local thread = worker:call(ffi.C.pthread_self)
            local task = worker:async(lib.callbacks_pause, 10000)
            while tostring(task) ~= "task of callbacks_pause: runs" do lib.callbacks_pause(1) end
            ffi.C.pthread_cancel(thread)
            print((select(2, pcall(task.wait, task)):gsub("^[^:]*:%d+: ", "")))
            print(worker:call(lib.callbacks_pause, 4))
        ]]
        assert.equal("", err)
        assert.equal(text .. "\n4\n", out)
        assert.equal(0, code)
    end)
end)

describe("ffi.threads", function()
    it("says how many threads tasks have, and sets it", function()
        assert.equal(4, ffi.threads())
        assert.equal(4, ffi.threads(2))
        assert.equal(2, ffi.threads(4))
        fails("bad argument #1 to 'threads' (tasks have 1 to 1024 threads, not 0)", ffi.threads, 0)
        fails("bad argument #1 to 'threads' (number of threads expected, got string \"many\")", ffi.threads, "many")
    end)
end)

describe("ffi.worker", function()
    it("is one thread that runs what it is given", function()
        local worker <close> = ffi.worker()
        local id = worker:call(C.pthread_self)
        assert.not_equal(C.pthread_self(), id)
        for _ = 1, 5 do assert.equal(id, worker:call(C.pthread_self)) end
        assert.equal(id, worker:async(C.pthread_self):wait())
        assert.equal(-1, worker:call(C.close, -1))
        assert.equal(9, ffi.errno())
        assert.equal("worker", tostring(worker))
        local ok, err = pcall(worker.call, worker, C.abs, "x")
        assert.is_false(ok)
        assert.truthy(err:find "cannot convert string")
    end)

    it("runs at once what a callback on its own thread gives it to do", function()
        local worker <close> = ffi.worker()
        local id = worker:call(C.pthread_self)
        local cb <close> = ffi.callback("int (int)", function(x)
            return worker:call(C.pthread_self) == id and worker:call(C.abs, -x) or 0
        end)
        assert.equal(5, worker:call(lib.callbacks_call, cb, 5))
        local failing <close> = ffi.callback("int (int)", function() return worker:call(print) end, { error = 3 })
        local waiting <close> = ffi.callback("int (int)", function() return worker:async(C.abs, 1):wait() end,
            { error = 4 })
        local reports = callbacks.reports(function()
            assert.equal(3, worker:call(lib.callbacks_call, failing, 1))
            assert.equal(4, worker:call(lib.callbacks_call, waiting, 1))
        end)
        assert.equal(2, #reports)
        assert.truthy(reports[1]:find("C function expected, got function", 1, true))
        assert.equal("the task cannot end before this callback does, which runs on its thread or is what it waits for",
            callbacks.first_line(reports[2]))
        assert.equal(7, worker:call(lib.callbacks_pause, 7))
    end)

    it("is closed by a callback of its own, or used by other threads", function()
        local worker = ffi.worker()
        local used <close> = ffi.callback("int (int)", function() return worker:call(lib.callbacks_pause, 1) end)
        assert.equal(0, lib.callbacks_in_threads(used, 3, 5, 1))
        local cb <close> = ffi.callback("int (int)", function() worker:close() return 5 end)
        assert.equal(5, worker:call(lib.callbacks_call, cb, 1))
        assert.equal("worker: closed", tostring(worker))
    end)

    it("is used no more when it is closed", function()
        local worker = ffi.worker()
        local task = worker:async(lib.callbacks_pause, 20)
        worker:close()
        worker:close()
        assert.equal(20, task:wait()) -- what it had to do is done
        assert.equal("worker: closed", tostring(worker))
        fails("the worker is closed", worker.call, worker, C.abs, 1)
        fails("the worker is closed", worker.async, worker, C.abs, 1)
        fails("calling 'call' on bad self (worker expected, got table)", worker.call, {})
    end)
end)

describe("ffi.await and ffi.run", function()
    it("run coroutines beside each other, each waiting for its tasks", function()
        ffi.cdef [[
            typedef struct { long words[8]; } tasks_barrier; int pthread_barrier_wait(tasks_barrier *);
            int pthread_barrier_init(tasks_barrier *, const void *, unsigned);
        ]]
        local barrier = ffi.new "tasks_barrier" -- from which nobody comes back before all three are there
        C.pthread_barrier_init(barrier, nil, 3)
        local order = {}
        local function step(name)
            return function()
                for i = 1, 3 do
                    ffi.await(ffi.async(C.pthread_barrier_wait, barrier))
                    order[#order + 1] = name .. i
                end
            end
        end
        ffi.run(step "a", step "b", step "c")
        table.sort(order)
        assert.same({ "a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3" }, order)
    end)

    it("let coroutines give way to each other without a task, and raise their errors", function()
        local text = ""
        ffi.run(function() text = text .. "a" coroutine.yield() text = text .. "c" end,
            function() text = text .. "b" end)
        assert.equal("abc", text)
        fails("mine", ffi.run, function() error("mine", 0) end)
        ffi.run()
    end)

    it("work with any scheduler's coroutines, which get the task to wait for", function()
        local co = coroutine.wrap(function() return ffi.await(ffi.async(lib.callbacks_pause, 10)) end)
        local task = co()
        assert.truthy(tostring(task):find "^task of callbacks_pause: ")
        task:wait()
        assert.equal(10, co())
    end)

    it("refuse what they are not for", function()
        local co = coroutine.wrap(function() ffi.await(3) end)
        fails("bad argument #1 to 'await' (task expected, got number)", co)
        fails("bad argument #2 to 'run' (function expected, got number)", ffi.run, print, 3)
    end)

    it("are no way to wait outside of coroutines #process", function()
        local code, _, err = callbacks.run "ffi.await(ffi.async(lib.callbacks_pause, 1))"
        assert.equal(1, code)
        assert.truthy(err:find("ffi.await is for coroutines: use task:wait() here", 1, true))
    end)
end)

describe("a forked child", function()
    local fork = [[
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int); unsigned alarm(unsigned);"
        local function child(fn)
            io.stdout:flush()
            local pid, status = ffi.C.fork(), ffi.new "int[1]"
            if pid == 0 then
                ffi.C.alarm(60)
                local ok, err = pcall(fn)
                if not ok then print(err) end
                io.stdout:flush()
                ffi.C._exit(ok and 0 or 1)
            end
            ffi.C.waitpid(pid, status, 0)
            return status[0]
        end
        local cb = ffi.callback("int (int)", function() return 1 end)
        local function use()
            assert(ffi.async(lib.callbacks_pause, 2):wait() == 2)
            assert(lib.callbacks_call(math.abs, 3) == 3)
            assert(lib.callbacks_in_threads(cb, 2, 5, 1) == 0)
        end
    ]]

    it("is made in callbacks of tasks and workers, too #process", function()
        local code, out, err = callbacks.run(fork .. [[
            local forks = ffi.callback("int (int)", function() return child(use) end, { error = -1 })
            print(ffi.async(lib.callbacks_call, forks, 1):wait(), ffi.worker():call(lib.callbacks_call, forks, 1))
        ]])
        assert.equal("", err)
        assert.equal("0\t0\n", out)
        assert.equal(0, code)
    end)

    it("has children of its own, while threads of the first process call back #process", function()
        local code, out, err = callbacks.run(fork .. [[
            lib.callbacks_keep(cb)
            lib.callbacks_start_kept(0)
            local fd = ffi.fd()
            print(child(function()
                use()
                assert(child(function() use() assert(ffi.fd() and ffi.poll() == 0) end) == 0)
                use()
            end))
            for _ = 1, 10 do -- those of Lua's own
                local pipe = io.popen "echo x"
                assert(pipe:read "l" == "x")
                pipe:close()
                os.execute "true"
            end
            lib.callbacks_stop()
            print(fd == ffi.fd())
        ]])
        assert.equal("", err)
        assert.equal("0\ntrue\n", out)
        assert.equal(0, code)
    end)

    it("has a pool of its own, and not the parent's tasks or workers #process", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int); unsigned alarm(unsigned);"
            local task, worker = ffi.async(lib.callbacks_pause, 200), ffi.worker()
            worker:call(lib.callbacks_pause, 1)
            local done = ffi.async(lib.callbacks_pause, 1)
            done:wait()
            local child = ffi.C.fork()
            if child == 0 then
                ffi.C.alarm(10)
                print(ffi.async(lib.callbacks_pause, 2):wait())
                print(done:wait())
                print((select(2, pcall(task.wait, task)):gsub("^[^:]*:%d+: ", "")))
                print((select(2, pcall(worker.call, worker, lib.callbacks_pause, 1)):gsub("^[^:]*:%d+: ", "")))
                io.stdout:flush()
                ffi.C._exit(0)
            end
            local status = ffi.new "int[1]"
            ffi.C.waitpid(child, status, 0)
            print(status[0], task:wait(), worker:call(lib.callbacks_pause, 1))
        ]]
        assert.equal("", err)
        assert.equal("2\n1\nthe task runs in the process that this one was forked from\n"
            .. "the worker's thread is in the process that this one was forked from\n0\t200\t1\n", out)
        assert.equal(0, code)
    end)
end)

describe("lua_close in a forked child", function()
    it("does not wait for the parent's tasks #process", function()
        local least = math.huge
        for _ = 1, 3 do
            local code, out, err = callbacks.run [[
                ffi.cdef "int fork(void); int waitpid(int, int *, int); int clock_gettime(int, long *);"
                local worker = ffi.worker()
                for _ = 1, 3 do ffi.async(lib.callbacks_pause, 700) worker:async(lib.callbacks_pause, 700) end
                lib.callbacks_pause(50)
                local time, status = ffi.new "long[4]", ffi.new "int[1]"
                ffi.C.clock_gettime(1, time)
                local child = ffi.C.fork()
                if child == 0 then os.exit(3, true) end
                ffi.C.waitpid(child, status, 0)
                ffi.C.clock_gettime(1, time + 2)
                print(status[0] >> 8, time[2] - time[0] + (time[3] - time[1]) / 1e9)
                os.exit(0, false)
            ]]
            assert.equal("", err)
            assert.equal(0, code)
            local status, seconds = out:match "^(%d+)\t([%d.e-]+)\n$"
            assert.equal("3", status)
            least = math.min(least, tonumber(seconds))
            if least < 0.4 then break end
        end
        assert.is_true(least < 0.4, least)
    end)
end)

describe("lua_close", function()
    it("waits for tasks that are inside C, up to a second #process", function()
        local function time(code)
            local t = now()
            local status, out, err = callbacks.run(code)
            assert.equal("", err)
            assert.equal("end\n", out)
            assert.equal(0, status)
            return now() - t
        end
        for _, pause in ipairs { 200, 5000 } do
            local least, limit = math.huge, math.min(pause / 1000, 1)
            for _ = 1, 4 do -- the best of some: a busy machine delays
                local empty = time "print 'end'"
                local took = time(([[
                    for i = 1, 6 do ffi.async(lib.callbacks_pause, %d) end
                    lib.callbacks_pause(20)
                    print "end"
                ]]):format(pause))
                assert.is_true(took >= limit, took)
                least = math.min(least, took - empty)
                if least < limit + 0.1 then break end
            end
            assert.is_true(least < limit + 0.1 * support.patience, least)
        end
    end)

    it("lets no task begin or be waited for #process", function()
        local script = os.tmpname()
        support.write_file(script, ([[
            local ffi, lib, task
            anchor = setmetatable({}, {__gc = function()
                for _, fn in ipairs { function() ffi.async(lib.callbacks_pause, 1) end, function() ffi.worker() end } do
                    print((select(2, pcall(fn)):gsub("^[^:]*:%%d+: ", "")))
                end
                print((select(2, pcall(task.wait, task)):gsub("^[^:]*:%%d+: ", ""))) -- collected before
            end})
            package.path, package.cpath = %q, %q
            ffi = require "cffi"
            ffi.cdef %q
            lib = ffi.load %q
            task = ffi.async(lib.callbacks_pause, 1)
        ]]):format(package.path, package.cpath, callbacks.declarations, callbacks.path))
        local code, out, err = support.run { support.lua, script }
        os.remove(script)
        assert.equal("", err)
        assert.equal(("no task can begin while the Lua state closes\n"):rep(2)
            .. "calling 'wait' on bad self (task expected, got userdata)\n", out)
        assert.equal(0, code)
    end)
end)
