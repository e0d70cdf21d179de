-- How fast ffi.cdef reads, against LuaJIT's, and whether time and memory grow with the text.
--
--   lua bench/parse.lua [PARSE_COST [PROCESSES [LUAJIT]]]
--
-- Each time is CPU time of one ffi.cdef in a process of its own, the best of PROCESSES (5) that
-- take turns with LuaJIT's. PARSE_COST (build/drivers/parse_cost) counts the parser's memory. Run
-- from the root of the tree with LUA_PATH and LUA_CPATH as `make bench-parse` sets them.

local declarations = require "declarations"

local parse_cost = arg[1] or "build/drivers/parse_cost"
local processes = tonumber(arg[2]) or 5
local luajit = arg[3] or "luajit"
local lua = arg[-1]

-- what the time may be of LuaJIT's
local SIZES = {{10000, 1}, {50000, 1}, {200000, 1}, {800000, 1 / 3}}

local function output(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read "a"
    return pipe:close() and text
end

local function seconds(interpreter, bytes)
    local command = ("%s bench/parse_once.lua %d"):format(interpreter, bytes)
    return (assert(tonumber(output(command)), command .. " failed"))
end

-- The least time of each run {interpreter, bytes}; they take turns.
local function best(runs)
    local least = {}
    for _ = 1, processes do
        for i, run in ipairs(runs) do
            least[i] = math.min(least[i] or math.huge, seconds(run[1], run[2]))
        end
    end
    return table.unpack(least)
end

local function against_luajit()
    print(("%-10s %10s %10s %10s %10s %7s %7s"):format("text", "cffi ms", "MB/s", "LuaJIT ms",
        "MB/s", "ratio", "goal"))
    for _, row in ipairs(SIZES) do
        local bytes, goal = row[1], row[2]
        local ours, theirs = best {{lua, bytes}, {luajit, bytes}}
        print(("%7.0f KB %10.3f %10.1f %10.3f %10.1f %7.2f %7.2f"):format(bytes / 1000, ours * 1e3,
            bytes / ours / 1e6, theirs * 1e3, bytes / theirs / 1e6, ours / theirs, goal))
    end
end

local function growth()
    for _, bytes in ipairs {200000, 800000} do
        local once, fourfold = best {{lua, bytes}, {lua, bytes * 4}}
        print(("%7.0f KB to %4.0f KB: %.2f times the time (goal 4.40)"):format(bytes / 1000,
            bytes / 250, fourfold / once))
    end
end

local function memory()
    local path = os.tmpname()
    for _, bytes in ipairs {10000, 800000} do
        local file = assert(io.open(path, "w"))
        assert(file:write(declarations.text(bytes)))
        file:close()
        local items, arena = assert(output(("%s %s"):format(parse_cost, path))):match "(%d+) (%d+)"
        print(("%7.0f KB: %.1f arena bytes for each of %d members, parameters, enumerators and "
            .. "names (goal 120.0)"):format(bytes / 1000, arena / items, items))
    end
    os.remove(path)
end

print(("Parsing: CPU time, best of %d processes"):format(processes))
if output("command -v " .. luajit) then
    against_luajit()
else
    print("LuaJIT is not installed: no comparison")
end
print "Growth"
growth()
print "Memory"
memory()
