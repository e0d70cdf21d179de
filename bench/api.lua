-- What surrounds a call (api_rows.lua), ours against LuaJIT's interpreter.
--
--   lua bench/api.lua LIBRARY [--check] [--row PART]
--
-- Processes of both take turns; of each row the best of TURNS counts, for other programs can only
-- make one slower. When a row is over its limit there are more turns. --check exits 1 when a row
-- stays over its limit or the geometric mean is over 1.

local TURNS, MORE_TURNS = 5, 4

-- What a ratio may be: of what LuaJIT does in less time than a C function takes to be called, the
-- call of one is most.
local LIMIT, LIMIT_OF_QUICK, QUICK = 1.5, 2.2, 30

local OURS, THEIRS = arg[-1] .. " bench/api_rows.lua", "luajit -joff bench/api_rows.lua"

local function has_luajit()
    local pipe = assert(io.popen "command -v luajit")
    local path = pipe:read "l"
    pipe:close()
    return path ~= nil
end

local library, check, part = arg[1], false, nil
for i = 2, #arg do
    if arg[i] == "--check" then check = true end
    if arg[i] == "--row" then part = arg[i + 1] end
end

-- Lowers best[row] to what this run gives; returns the rows in their order.
local function turn(command, best)
    local order = {}
    local only = part and (" --row '%s'"):format((part:gsub("'", "'\\''"))) or ""
    local pipe = assert(io.popen(("%s %s%s"):format(command, library, only)))
    for line in pipe:lines() do
        local name, ns = line:match "^(.-)\t([%d.]+)$"
        best[name] = math.min(best[name] or math.huge, tonumber(ns))
        order[#order + 1] = name
    end
    assert(pipe:close(), command .. " failed")
    return order
end

local function limit_of(theirs)
    return theirs < QUICK and LIMIT_OF_QUICK or LIMIT
end

-- How many rows are over their limit, and the geometric mean.
local function judge(order, ours, theirs)
    local over, log_sum = 0, 0
    for _, name in ipairs(order) do
        local ratio = ours[name] / theirs[name]
        over = over + (ratio > limit_of(theirs[name]) and 1 or 0)
        log_sum = log_sum + math.log(ratio)
    end
    return over, math.exp(log_sum / #order)
end

local function run()
    local ours, theirs = {}, {}
    local order, over, mean
    for i = 1, TURNS + MORE_TURNS do
        order = turn(OURS, ours)
        turn(THEIRS, theirs)
        over, mean = judge(order, ours, theirs)
        if i >= TURNS and over == 0 then break end
    end
    print(("%-28s %6s %10s %10s %7s"):format("row", "limit", "LuaJIT ns", "cffi ns", "ratio"))
    for _, name in ipairs(order) do
        local ratio, limit = ours[name] / theirs[name], limit_of(theirs[name])
        print(("%-28s %6.2f %10.1f %10.1f %7.2f%s"):format(name, limit, theirs[name], ours[name],
            ratio, ratio > limit and "  over" or ""))
    end
    print(("geometric mean of %d rows: %.2f; %d over their limit"):format(#order, mean, over))
    if check and (over > 0 or mean > 1) then os.exit(1) end
end

if has_luajit() then
    run()
else
    print "bench-api is skipped: luajit is not installed"
end
