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
        for i = 1, 3 do
            queue:wrap(function()
                assert(ffi.await(ffi.async(lib.callbacks_pause, 20 * i)) == 20 * i)
                order[#order + 1] = "task" .. i
            end)
        end
        queue:wrap(function() cqueues.sleep(0.005) order[#order + 1] = "sleep" end)
        assert.is_truthy(queue:loop(5))
        assert.same({ "sleep", "task1", "task2", "task3" }, order)
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
    it("polls ffi.fd and finds tasks done and callbacks run", function()
        local uv = need "luv"
        local n, tasks, done = 0, {}, 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 1 end)
        lib.callbacks_delay = 20
        lib.callbacks_start(cb, 2, 5, 1)
        for i = 1, 3 do tasks[i] = ffi.async(lib.callbacks_pause, 10 * i) end
        local poll, timer = uv.new_poll(ffi.fd()), uv.new_timer()
        local function finish()
            poll:close()
            timer:close()
        end
        timer:start(5000, 0, finish) -- else it hangs when nothing comes
        poll:start("r", function()
            ffi.poll()
            for i = #tasks, 1, -1 do
                if tasks[i]:done() then
                    table.remove(tasks, i)
                    done = done + 1
                end
            end
            if done == 3 and n == 10 then finish() end
        end)
        uv.run()
        assert.equal(3, done)
        assert.equal(10, n)
        assert.equal(0, lib.callbacks_join())
        lib.callbacks_reset()
    end)
end)
