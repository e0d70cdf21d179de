-- What a callback costs to keep, to make and to free: `make bench-callbacks`.
--   lua5.4 bench/callbacks.lua [COUNT ...]     live callbacks, 10000 and 100000 unless given
-- All callbacks have the same Lua function, so that the memory is that of slots, code and registry
-- alone.
local ffi = require "cffi"

local function resident()
    for line in io.lines "/proc/self/status" do
        local kilobytes = line:match "^VmRSS:%s+(%d+) kB"
        if kilobytes then
            return tonumber(kilobytes) * 1024
        end
    end
end

local function nothing()
    return 0
end

-- Makes n callbacks that live at once. Only their addresses are kept, in a table of full size.
local function row(ctype, n, options)
    local addresses = {}
    for i = 1, n do
        addresses[i] = i
    end
    ffi.callback(ctype, nothing, options):free()
    collectgarbage()
    collectgarbage()
    local before, start = resident(), os.clock()
    for i = 1, n do
        local pointer = ffi.callback(ctype, nothing, options)
        addresses[i] = ffi.tonumber(ffi.cast("intptr_t", pointer))
    end
    local made = os.clock() - start
    collectgarbage()
    collectgarbage()
    local bytes = resident() - before
    start = os.clock()
    for i = 1, n do
        ffi.cast(ctype, addresses[i]):free()
    end
    local freed = os.clock() - start
    print(("%8d %12.0f %12.0f %12.0f   %s"):format(n, bytes / n, made / n * 1e9, freed / n * 1e9,
        ctype))
end

-- Each row in a process of its own: memory that one has let go would serve the next.
if arg[1] == "--row" then
    local options = arg[4] and { error = tonumber(arg[4]) }
    row(arg[2], math.tointeger(tonumber(arg[3])), options)
    return
end

print "    live   bytes each   ns to make   ns to free   signature"
for _, count in ipairs(#arg > 0 and arg or { 10000, 100000 }) do
    for _, case in ipairs { { "int (*)(int)", "" }, { "double (*)(double, void *)", "-1" } } do
        local words = { arg[-1], "bench/callbacks.lua --row", "'" .. case[1] .. "'", count }
        os.execute(table.concat(words, " ") .. " " .. case[2])
    end
end
