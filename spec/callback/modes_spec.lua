-- What callbacks do on threads that do not run Lua (S27): run, post, owner, value; ffi.poll and ffi.fd.
local ffi = require "cffi"
local callbacks = require "support.callbacks"

local lib = callbacks.load()
ffi.cdef "typedef struct { int fd; short events, revents; } modes_pollfd; int poll(modes_pollfd *, unsigned long, int);"

-- Whether the descriptor is readable now.
local function readable(fd)
    return ffi.C.poll(ffi.new("modes_pollfd[1]", { { fd, 1 } }), 1, 0) == 1
end

local function busy(seconds)
    local t = os.clock()
    while os.clock() - t < seconds do end
end

-- Calls of C go on until `done()`; fails after some seconds.
local function serve_until(done)
    for _ = 1, 5000 do
        if done() then return end
        lib.callbacks_pause(1)
    end
    error "it never came"
end

describe("a callback of mode", function()
    before_each(lib.callbacks_reset)

    it("run is the default, and says so", function()
        local cb <close> = ffi.callback("int (int)", function() return 3 end, { thread = "run" })
        assert.equal(0, lib.callbacks_in_threads(cb, 1, 3, 3))
    end)

    it("value never enters Lua, on whatever thread", function()
        local ran = 0
        local function run() ran = ran + 1 return 1 end
        local cb <close> = ffi.callback("int (int)", run, { thread = "value", error = 9 })
        assert.equal(0, lib.callbacks_in_threads(cb, 2, 50, 9))
        assert.equal(9, lib.callbacks_call(cb, 1))
        assert.equal(0, ran)
        assert.equal(101, callbacks.entry(run).calls)
    end)

    it("post copies the arguments and lets C go on; they come in order, per thread", function()
        local last, wrong, n = { 0, 0, 0, 0 }, 0, 0
        local cb <close> = ffi.callback("callbacks_void_fn", function(thread, i, d, a, b, c, e, f, large)
            if i ~= last[thread] or d ~= i / 4 or a ~= 5 or b ~= 6 or c ~= 7 or e ~= 8 or f ~= i
                or large.l[0] ~= i or large.l[4] ~= 4 or large.d ~= i / 2 then
                wrong = wrong + 1
            end
            last[thread] = i + 1
            n = n + 1
        end, { thread = "post" })
        lib.callbacks_start_void(cb, 4, 2500)
        assert.equal(0, lib.callbacks_join())
        serve_until(function() return n == 10000 end)
        assert.equal(0, wrong)
    end)

    it("post does not wait for an owner that is busy", function()
        local n = 0
        local cb <close> = ffi.callback("callbacks_void_fn", function() n = n + 1 end, { thread = "post" })
        lib.callbacks_delay = 30
        lib.callbacks_start_void(cb, 1, 1000)
        busy(0.1) -- all are posted meanwhile
        assert.equal(1000, ffi.poll())
        assert.equal(1000, n)
        lib.callbacks_join()
    end)

    it("post runs at once on the owner's thread", function()
        local n = 0
        local cb <close> = ffi.callback("void (void)", function() n = n + 1 end, { thread = "post" })
        lib.callbacks_call_void(cb)
        assert.equal(1, n)
    end)

    it("post tells ffi.onerror of each error", function()
        local cb <close> = ffi.callback("callbacks_void_fn", function(_, i) error("no " .. i, 0) end,
            { thread = "post" })
        local reports = callbacks.reports(function()
            lib.callbacks_start_void(cb, 1, 3)
            lib.callbacks_join()
            ffi.poll()
        end)
        assert.same({ "no 0", "no 1", "no 2" }, reports)
    end)

    it("post is told of, not run, when it is freed before its turn", function()
        local function run() error "ran" end
        local cb = ffi.callback("callbacks_void_fn", run, { thread = "post" })
        local place = callbacks.entry(run).created
        local text
        local reports = callbacks.reports(function()
            text = callbacks.entry(run).type
            lib.callbacks_delay = 30
            lib.callbacks_start_void(cb, 1, 2)
            busy(0.1)
            cb:free()
            lib.callbacks_join()
        end)
        assert.same({ ("callback '%s' (created at %s) was called by C 2 times after it was freed")
            :format(text, place) }, reports)
    end)

    it("post waits until the one that runs has ended, which itself may wait for other things", function()
        local depth, deepest, n, cpu = 0, 0, 0, os.clock()
        local cb <close> = ffi.callback("callbacks_void_fn", function()
            depth = depth + 1
            deepest = math.max(deepest, depth)
            ffi.async(lib.callbacks_pause, 30):wait() -- asleep, though the next is there
            depth, n = depth - 1, n + 1
        end, { thread = "post" })
        lib.callbacks_start_void(cb, 1, 5)
        serve_until(function() return n == 5 end)
        lib.callbacks_join()
        assert.equal(1, deepest)
        assert.is_true(os.clock() - cpu < 0.1)
    end)

    it("post needs a type without a result", function()
        local ok, err = pcall(ffi.callback, "int (int)", print, { thread = "post" })
        assert.is_false(ok)
        assert.equal("no callback of type 'int (int)' is possible: what is posted returns nothing, for C does not wait",
            err)
    end)

    it("post takes whatever its caller has: on its stack, and copies that only an address leads to", function()
        local n, wrong = 0, 0
        local cb <close> = ffi.callback("callbacks_large_fn", function(a, b, i, c, d, _, f, _, e)
            n = n + (f == i and 1 or 0)
            for k, large in ipairs { a, b, c, d, e } do
                if large.l[0] ~= i or large.l[4] ~= 10 * k or large.d ~= i / 2 then wrong = wrong + 1 end
            end
        end, { thread = "post" })
        lib.callbacks_start_large(cb, 2, 500)
        assert.equal(0, lib.callbacks_join())
        serve_until(function() return n == 1000 end)
        assert.equal(0, wrong)
    end)

    it("post copies the texts that attributes make strings, for C may change them", function()
        ffi.cdef [=[
            typedef void (*modes_says)(const char *[[cffi::string]], int);
            typedef void (*modes_says_far)(long, long, long, long, long, long, const char *a [[cffi::string]],
                const char *b [[cffi::string(n)]], size_t n);
        ]=]
        local got
        local near <close> = ffi.callback("modes_says", function(s, i) got = { s or "NULL", i } end,
            { thread = "post" })
        local far <close> = ffi.callback("modes_says_far", function(a, _, _, _, _, f, s, t) got = { a, f, s, t } end,
            { thread = "post" })
        local function post(fn, cb, ...)
            ffi.async(fn, ffi.cast("void *", cb), ...):wait()
            ffi.poll()
            local seen = got
            got = nil
            return seen
        end
        assert.same({ "hello", 3 }, post(lib.callbacks_say, near, "hello", 3))
        assert.same({ "NULL", 4 }, post(lib.callbacks_say, near, nil, 4))
        assert.same({ 1, 6, "hello", "hel" }, post(lib.callbacks_say_far, far, "hello", 3))
        assert.same({ 1, 6, "hello", "" }, post(lib.callbacks_say_far, far, "hello", 0))
    end)

    it("owner waits until the thread that made it runs it, and gives C its result", function()
        local seen, main = {}, coroutine.running()
        local cb <close> = ffi.callback("int (int)", function(x)
            seen[#seen + 1] = x
            assert(coroutine.running() == main)
            ffi.errno(5)
            return 4
        end, { thread = "owner" })
        lib.callbacks_start(cb, 2, 5, 4)
        serve_until(function() return #seen == 10 end)
        assert.equal(0, lib.callbacks_join())
    end)

    it("owner runs at once on the owner's thread, where its error is raised", function()
        local cb <close> = ffi.callback("int (int)", function() error("mine", 0) end, { thread = "owner" })
        local ok, err = pcall(lib.callbacks_call, cb, 1)
        assert.is_false(ok)
        assert.equal("mine", err)
    end)

    it("owner gives C the error value for an error, which ffi.onerror is told", function()
        local n = 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 error("owner's", 0) end,
            { thread = "owner", error = 6 })
        local reports, ok, wrong = callbacks.reports(function()
            lib.callbacks_start(cb, 1, 2, 6)
            serve_until(function() return n == 2 end)
            return lib.callbacks_join()
        end)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.same({ "owner's", "owner's" }, reports)
    end)

    it("owner is refused after a second when the owner sits in C, as when it joins the caller", function()
        local function run() return 1 end
        local cb <close> = ffi.callback("int (int)", run, { thread = "owner", error = 6 })
        local place = callbacks.entry(run).created
        local reports, ok, wrong = callbacks.reports(lib.callbacks_in_threads, cb, 1, 1, 6)
        assert.is_true(ok)
        assert.equal(0, wrong)
        assert.same({ ("callback 'int (*)(int)' (created at %s) was called 1 time by a thread that waited in vain for "
            .. "its owner, which is inside C or has ended; it returned its error value"):format(place) }, reports)
    end)

    it("owner is refused at once when the owner has ended, and post is for any thread then", function()
        local made, n = {}, 0
        local maker <close> = ffi.callback("int (int)", function()
            made[1] = ffi.callback("int (int)", function() return 4 end, { thread = "owner", error = 9 })
            made[2] = ffi.callback("callbacks_void_fn", function() n = n + 1 end, { thread = "post" })
            return 1
        end)
        assert.equal(0, lib.callbacks_in_threads(maker, 1, 1, 1))
        local reports = callbacks.reports(function()
            assert.equal(0, lib.callbacks_in_threads(made[1], 2, 3, 9))
            lib.callbacks_start_void(made[2], 2, 3)
            lib.callbacks_join()
        end)
        assert.equal(1, #reports)
        assert.truthy(reports[1]:find("was called 6 times by a thread that waited in vain for its owner, which is "
            .. "inside C or has ended; it returned its error value", 1, true))
        serve_until(function() return n == 6 end)
        for i = 1, 2 do made[i]:free() end
    end)

    it("owner is served while it waits for a task, a worker, or in ffi.run", function()
        local main, asks = coroutine.running(), nil
        local cb <close> = ffi.callback("int (int)", function(x) -- on the owner's coroutine that asks or waits
            local here = coroutine.running()
            return (here == main or here == asks) and x + 1 or x + 2
        end, { thread = "owner", error = -9 })
        assert.equal(2, ffi.async(lib.callbacks_call, cb, 1):wait())
        local worker <close> = ffi.worker()
        assert.equal(6, worker:call(lib.callbacks_call, cb, 5))
        local result
        ffi.run(function()
            asks = coroutine.running()
            result = ffi.await(ffi.async(lib.callbacks_call, cb, 7))
        end)
        assert.equal(8, result)
    end)

    it("owner is served within the owner's callbacks, when C never returns", function()
        local n = 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 4 end, { thread = "owner" })
        lib.callbacks_start(cb, 1, 3, 4)
        lib.callbacks_slowly(function() return 1 end, 6) -- a loop with a callback each tenth of a second
        assert.equal(3, n)
        assert.equal(0, lib.callbacks_join())
    end)

    it("another name is refused", function()
        for _, mode in ipairs { "later", 1 } do
            local ok, err = pcall(ffi.callback, "int (int)", print, { thread = mode })
            assert.is_false(ok)
            assert.equal("bad argument #3 to 'callback' (option 'thread' must be \"run\", \"post\", \"owner\" or "
                .. "\"value\")", err)
        end
        local ok, err = pcall(ffi.callback, "void (int)", print, { thread = "post", signal = true })
        assert.is_false(ok)
        assert.equal("bad argument #3 to 'callback' (a signal callback has no option 'thread')", err)
    end)
end)

describe("ffi.poll", function()
    before_each(function()
        lib.callbacks_reset()
        lib.callbacks_delay = 30
    end)
    after_each(lib.callbacks_reset)

    it("serves those that wait now, without a number", function()
        local n = 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 2 end)
        assert.equal(0, ffi.poll())
        lib.callbacks_start(cb, 3, 1, 2)
        busy(0.1)
        assert.equal(0, n)
        assert.equal(3, ffi.poll())
        assert.equal(3, n)
        assert.equal(0, lib.callbacks_join())
    end)

    it("waits so many seconds at most for the first", function()
        local t = os.time()
        assert.equal(0, ffi.poll(0.05))
        assert.is_true(os.time() - t <= 1)
        local n = 0
        local cb <close> = ffi.callback("int (int)", function() n = n + 1 return 2 end)
        lib.callbacks_start(cb, 1, 20, 2)
        local served = 0
        while served < 20 do served = served + ffi.poll(5) end
        assert.equal(20, served)
        assert.equal(20, n)
        assert.equal(0, lib.callbacks_join())
    end)

    it("refuses times that are none", function()
        local function refused(text, ...)
            local ok, err = pcall(ffi.poll, ...)
            assert.is_false(ok)
            assert.equal(text, err)
        end
        refused("bad argument #1 to 'poll' (a time is 0 or more seconds, not -1.0)", -1)
        refused("bad argument #1 to 'poll' (number of seconds expected, got string \"soon\")", "soon")
    end)
end)

describe("ffi.fd", function()
    before_each(lib.callbacks_reset)
    after_each(lib.callbacks_reset)

    it("is one descriptor, readable while something waits", function()
        local fd = ffi.fd()
        assert.equal(fd, ffi.fd())
        assert.is_false(readable(fd))
        local n = 0
        local post <close> = ffi.callback("callbacks_void_fn", function() n = n + 1 end, { thread = "post" })
        lib.callbacks_start_void(post, 1, 3)
        lib.callbacks_join() -- at whose end they run
        assert.equal(3, n)
        assert.is_false(readable(fd))
        lib.callbacks_delay = 30
        lib.callbacks_start_void(post, 1, 3)
        busy(0.1)
        -- the first call of C finds it readable, and serves at its end
        assert.is_true(readable(fd))
        assert.is_false(readable(fd))
        assert.equal(6, n)
        lib.callbacks_join()
    end)

    it("says when the system has none left #process #plain", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "int dup(int);"
            ffi.callback("int (int)", print)
            while ffi.C.dup(0) >= 0 do end
            print(pcall(ffi.fd))
        ]]
        assert.equal("", err)
        assert.equal("false\tthe system has no file descriptor left\n", out)
        assert.equal(0, code)
    end)
end)

describe("a process whose keys for threads are used up", function()
    it("says so once, and runs callbacks all the same #process", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "int pthread_key_create(unsigned *key, void *destructor);"
            local key = ffi.new "unsigned[1]"
            while ffi.C.pthread_key_create(key, nil) == 0 do end
            local n = 0
            local cb = ffi.callback("int (int)", function() n = n + 1 return 3 end)
            print(lib.callbacks_in_threads(cb, 2, 2, 3), n)
        ]]
        assert.equal("0\t4\n", out)
        assert.equal("cffi: the system has no key left: ends of threads are not noticed\n", err)
        assert.equal(0, code)
    end)
end)
