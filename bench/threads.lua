-- What threads cost (docs/threads.md): callbacks on a foreign thread beside the owner's, threads
-- that come and go, tasks.
--   make bench-threads; make bench-threads-count counts what calls pay
-- Ratios and the flat memory hold on any machine; times are this one's.
local callbacks = require "support.callbacks"
local ffi = require "cffi"

local lib = callbacks.load()
ffi.cdef "int clock_gettime(int, long *); int usleep(unsigned);"

local time = ffi.new "long[2]"
local function now()
    ffi.C.clock_gettime(1, time)
    return time[0] + time[1] / 1e9
end

-- The best of some runs of fn, in seconds.
local function best(fn)
    local least = math.huge
    for _ = 1, 5 do
        local t = now()
        fn()
        least = math.min(least, now() - t)
    end
    return least
end

local N = 200000
local cb = ffi.callback("int (int)", function() return 1 end)
local owner = best(function() lib.callbacks_repeat(cb, N) end) / N
local foreign = best(function() assert(lib.callbacks_in_threads(cb, 1, N, 1) == 0) end) / N
print(("a callback on the owner's thread: %.2f us; on a foreign one: %.2f us, %.1f times"):format(
    owner * 1e6, foreign * 1e6, foreign / owner))

local n = 0
local count = ffi.callback("int (int)", function() n = n + 1 return 1 end)
local t = now()
assert(lib.callbacks_in_threads(count, 4, 250000, 1) == 0)
print(("four threads of 250,000 callbacks: %d counted, %.2f s in all"):format(n, now() - t))

local function memory()
    collectgarbage()
    collectgarbage()
    for line in io.lines "/proc/self/status" do
        local kilobytes = line:match "^VmRSS:%s+(%d+) kB"
        if kilobytes then return tonumber(kilobytes), collectgarbage "count" end
    end
end
local function come_and_go(times)
    for _ = 1, times do lib.callbacks_in_threads(cb, 4, 1, 1) end
    return memory()
end
local process, lua = come_and_go(250)
local process_after, lua_after = come_and_go(250)
print(("1,000 more threads that came and went: %+d kB of process, %+.1f kB of Lua"):format(
    process_after - process, lua_after - lua))

ffi.threads(8)
local function sleeps()
    local tasks = {}
    for i = 1, 100 do tasks[i] = ffi.async(ffi.C.usleep, 1000) end
    for i = 1, 100 do assert(tasks[i]:wait() == 0) end
end
sleeps() -- makes the threads
print(("100 sleeps of 1 ms on 8 threads: %.1f ms, ideal 12.5"):format(best(sleeps) * 1000))
