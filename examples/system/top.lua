-- What you learn: clocks and sleeping with struct timespec, the size of the terminal by ioctl.
-- Samples /proc and shows who uses the processors, the busiest first.
--     cffi top.lua [SECONDS [ROUNDS]]
local ffi = require "cffi"
local posix = require "cffi.posix"

local TICKS = posix.sysconf(posix._SC_CLK_TCK)

local function now()
    local time = posix["struct timespec"]()
    posix.clock_gettime(posix.CLOCK_MONOTONIC, time)
    return time.tv_sec + time.tv_nsec / 1e9
end

local function sleep(seconds)
    posix.nanosleep({ math.floor(seconds), math.floor(seconds % 1 * 1e9) }, nil)
end

-- Rows and columns of the terminal; 24 by 80 where there is none.
local function size()
    local window = posix["struct winsize"]()
    if posix.ioctl(posix.STDOUT_FILENO, posix.TIOCGWINSZ, window) ~= 0 or window.ws_row == 0 then
        return 24, 80
    end
    return window.ws_row, window.ws_col
end

-- {pid = {name, seconds of CPU since its start}}
local function sample()
    local found = posix.glob_t()
    local out = {}
    if posix.glob("/proc/[0-9]*/stat", 0, nil, found) == 0 then
        for i = 0, found.gl_pathc - 1 do
            local file <close> = io.open(ffi.string(found.gl_pathv[i]))
            local pid, name, rest = (file and file:read "a" or ""):match "^(%d+) %((.*)%) (.*)"
            if pid then
                local user, system = rest:match(("%S+ "):rep(11) .. "(%d+) (%d+)")
                out[pid] = { name = name, seconds = (user + system) / TICKS }
            end
        end
    end
    posix.globfree(found)
    return out
end

local function show(before, after, seconds)
    local rows, columns = size()
    local list, total = {}, 0
    for pid, it in pairs(after) do
        local used = it.seconds - (before[pid] and before[pid].seconds or 0)
        total = total + used
        list[#list + 1] = { used = used, line = ("%5.1f %7s  %s"):format(
            100 * used / seconds, pid, it.name) }
    end
    table.sort(list, function(a, b) return a.used > b.used end)
    print(("%d processes, %.1f of %d processors busy"):format(
        #list, total / seconds, posix.sysconf(posix._SC_NPROCESSORS_ONLN)))
    for i = 1, math.min(#list, rows - 3) do print(list[i].line:sub(1, columns)) end
end

local pause, rounds = tonumber(arg[1] or 1), tonumber(arg[2] or math.huge)
local before, started = sample(), now()
for _ = 1, rounds do
    sleep(pause)
    local after, ended = sample(), now()
    if posix.isatty(1) == 1 then io.write "\27[H\27[2J" end
    show(before, after, ended - started)
    before, started = after, ended
end
