-- What you learn: a thread that wants Lua every millisecond, as audio does, and how late it comes:
-- "run" while the owner loops over short C calls, "post" while Lua computes.
--   cffi examples/audio.lua [MILLISECONDS]
local ffi = require "cffi"
local posix = ffi.include { "signal.h", "time.h", "unistd.h" }

local time = ffi.new "struct timespec"
local function now()
    posix.clock_gettime(posix.CLOCK_MONOTONIC, time)
    return time.tv_sec * 1000 + time.tv_nsec / 1e6
end

-- A timer of POSIX calls back on a thread while `work` does something. How often, the worst delay.
local function measure(mode, milliseconds, work)
    local calls, worst, last = 0, 0, nil
    local tick <close> = ffi.callback("void (union sigval)", function()
        local at = now()
        worst = math.max(worst, last and at - last - 1 or 0)
        last, calls = at, calls + 1
    end, { thread = mode })
    local event = ffi.new "struct sigevent"
    event.sigev_notify = posix.SIGEV_THREAD
    event._sigev_un._sigev_thread._function = tick
    local timer = ffi.new "timer_t[1]"
    assert(posix.timer_create(posix.CLOCK_MONOTONIC, event, timer) == 0)
    local every = ffi.new("struct itimerspec", { { 0, 1000000 }, { 0, 1000000 } })
    posix.timer_settime(timer[0], 0, every, nil)
    local finish = now() + milliseconds
    while now() < finish do work() end
    posix.timer_delete(timer[0])
    ffi.poll(0.02) -- those under way
    return calls, worst
end

local milliseconds = tonumber(arg[1]) or 200
local calls, worst = measure("run", milliseconds, function() posix.usleep(10) end)
print(("run:  %d calls, at worst %.1f ms late, beside short calls of C"):format(calls, worst))
calls, worst = measure("post", milliseconds, function()
    local sum = 0
    for i = 1, 100000 do sum = sum + i end -- about a millisecond without C
    return sum
end)
print(("post: %d calls, at worst %.1f ms late, while Lua computes"):format(calls, worst))
