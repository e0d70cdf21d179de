-- Event loops of others wait for callbacks and tasks by ffi.fd (S27, S28): luv and cqueues.
local ffi = require "cffi"
local callbacks = require "support.callbacks"

local lib = callbacks.load()

-- The module, or the test is pending where it is not installed.
local function need(name)
    local ok, module = pcall(require, name)
    if not ok and not os.getenv "CFFI_NO_SKIP" then
        pending(name .. " is not installed")
    end
    assert(ok, module)
    return module
end

describe("cqueues", function()
    it("has coroutines that await tasks beside its own", function()
        local cqueues = need "cqueues"
        local queue, order = cqueues.new(), {}
        ffi.cdef [[
            typedef struct { long words[4]; } loops_semaphore; int sem_init(loops_semaphore *, int, unsigned);
            int sem_wait(loops_semaphore *); int sem_post(loops_semaphore *);
        ]]
        local semaphore = ffi.new "loops_semaphore"
        ffi.C.sem_init(semaphore, 0, 0)
        for i = 1, 3 do
            queue:wrap(function()
                assert(ffi.await(ffi.async(ffi.C.sem_wait, semaphore)) == 0) -- until another coroutine goes on
                order[#order + 1] = "task" .. i
            end)
        end
        queue:wrap(function()
            cqueues.sleep(0.005)
            order[#order + 1] = "sleep"
            for _ = 1, 3 do ffi.C.sem_post(semaphore) end
        end)
        assert.is_truthy(queue:loop(5))
        assert.equal("sleep", order[1])
        table.sort(order)
        assert.same({ "sleep", "task1", "task2", "task3" }, order)
    end)

    it("lets tasks call back that its coroutines await, and their callbacks' owner run", function()
        local cqueues = need "cqueues"
        local queue, sum = cqueues.new(), 0
        local run <close> = ffi.callback("int (int)", function(x) return x + 1 end)
        local owner <close> = ffi.callback("int (int)", function(x) return x + 2 end, { thread = "owner", error = -99 })
        for i, cb in ipairs { run, owner, run, owner } do
            queue:wrap(function()
                local result = ffi.await(ffi.async(lib.callbacks_call, cb, i))
                sum = sum + result
            end)
        end
        assert.is_truthy(queue:loop(5))
        assert.equal(1 + 2 + 3 + 4 + 2 * 1 + 2 * 2, sum)
    end)

    it("wakes those who await a task though another coroutine polls", function()
        local cqueues = need "cqueues"
        local queue, n, fd = cqueues.new(), 0, ffi.fd()
        local one = ffi.async(lib.callbacks_pause, 30)
        for i = 1, 20 do
            queue:wrap(function()
                assert(ffi.await(one) == 30)
                assert(ffi.await(ffi.async(lib.callbacks_pause, i)) == i)
                n = n + 1
            end)
        end
        queue:wrap(function()
            while n < 20 do
                cqueues.poll({ pollfd = fd, events = "r" }, 0.001)
                ffi.poll()
            end
        end)
        assert.is_truthy(queue:loop(5))
        assert.equal(20, n)
        ffi.poll()
    end)

    it("is woken by what is posted", function()
        local cqueues = need "cqueues"
        local queue, n = cqueues.new(), 0
        local post <close> = ffi.callback("callbacks_void_fn", function() n = n + 1 end, { thread = "post" })
        local fd = ffi.fd()
        queue:wrap(function()
            lib.callbacks_delay = 20
            lib.callbacks_start_void(post, 2, 5)
            while n < 10 do
                cqueues.poll { pollfd = fd, events = "r", timeout = 5 }
                ffi.poll()
            end
        end)
        assert.is_truthy(queue:loop(5))
        assert.equal(10, n)
        lib.callbacks_join()
        lib.callbacks_reset()
    end)
end)

describe("luv", function()
    -- Serves what ffi.fd tells of until step() says that all is done, or for five seconds.
    local function serve(uv, step)
        local poll, timer = uv.new_poll(ffi.fd()), uv.new_timer()
        local function finish()
            poll:close()
            timer:close()
        end
        timer:start(5000, 0, finish)
        poll:start("r", function()
            ffi.poll()
            if step() then finish() end
        end)
        uv.run()
    end

    it("serves threads that wait for the owner, and resumes coroutines that await", function()
        local uv = need "luv"
        local n, done = 0, nil
        local owner <close> = ffi.callback("int (int)", function() n = n + 1 return 1 end,
            { thread = "owner", error = 5 })
        lib.callbacks_delay = 20
        lib.callbacks_start(owner, 2, 5, 1)
        local co = coroutine.create(function()
            done = ffi.await(ffi.async(lib.callbacks_call, owner, 1)) + ffi.await(ffi.async(lib.callbacks_pause, 20))
        end)
        local _, task = coroutine.resume(co)
        serve(uv, function()
            if task and task:done() then _, task = coroutine.resume(co) end
            return done and n == 11
        end)
        assert.equal(21, done)
        assert.equal(11, n)
        assert.equal(0, lib.callbacks_join())
        lib.callbacks_reset()
    end)

    it("has threads with Lua states of their own, which use cffi", function()
        local uv = need "luv"
        local sums = {}
        local work = uv.new_work(function(path, cpath)
            package.path, package.cpath = path, cpath
            local own = require "cffi"
            own.cdef "void qsort(void *, size_t, size_t, int (*)(const void *, const void *)); int abs(int);"
            local array = own.new("int[3]", { 3, 1, 2 })
            own.C.qsort(array, 3, 4, function(a, b)
                return own.cast("const int *", a)[0] - own.cast("const int *", b)[0]
            end)
            return array[0] * 100 + array[1] * 10 + array[2] + own.async(own.C.abs, -1):wait()
        end, function(sum) sums[#sums + 1] = sum end)
        for _ = 1, 6 do uv.queue_work(work, package.path, package.cpath) end
        uv.run()
        assert.same({ 124, 124, 124, 124, 124, 124 }, sums)
    end)

    it("polls ffi.fd and finds tasks done and callbacks run", function()
        local uv = need "luv"
        local n, tasks, done = 0, {}, 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 1 end)
        lib.callbacks_delay = 20
        lib.callbacks_start(cb, 2, 5, 1)
        for i = 1, 3 do tasks[i] = ffi.async(lib.callbacks_pause, 10 * i) end
        serve(uv, function()
            for i = #tasks, 1, -1 do
                if tasks[i]:done() then
                    table.remove(tasks, i)
                    done = done + 1
                end
            end
            return done == 3 and n == 10
        end)
        assert.equal(3, done)
        assert.equal(10, n)
        assert.equal(0, lib.callbacks_join())
        lib.callbacks_reset()
    end)
end)
