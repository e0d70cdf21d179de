-- What operations cost, as docs/costs.md has it: time as multiples of a call of a Lua function, and
-- what is allocated.
--
--   lua bench/costs.lua LIBRARY
--
-- The least of several processes with the rows of api_rows.lua.

local PROCESSES = 5
local BASE = "f(a, b), a Lua function"

local library = arg[1]

local function run(options, results, better)
    local order = {}
    local command = ("%s bench/api_rows.lua %s --basic 1 %s"):format(arg[-1], library, options)
    local pipe = assert(io.popen(command))
    for line in pipe:lines() do
        local name, value = line:match "^(.-)\t([%d.]+)$"
        results[name] = better(results[name] or math.huge, tonumber(value))
        order[#order + 1] = name
    end
    assert(pipe:close(), command .. " failed")
    return order
end

local times, bytes = {}, {}
local order = run("--bytes 1", bytes, math.min)
for _ = 1, PROCESSES do run("", times, math.min) end
table.sort(order, function(a, b) return times[a] < times[b] end)

print "| Operation | Lua calls | ns | bytes |"
print "|---|---:|---:|---:|"
for _, name in ipairs(order) do
    local size = bytes[name] < 1 and "" or ("%.0f"):format(bytes[name])
    print(("| `%s` | %.1f | %.0f | %s |"):format(name, times[name] / times[BASE], times[name],
        size))
end
