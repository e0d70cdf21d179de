-- A random user of the whole API with a model of what is alive: see tools/monkey/.
--   lua5.4 tools/monkey.lua child SEED STEPS LOG [DEADLINE [ONLY]]
package.path = "tools/?.lua;" .. package.path

local function run_child(seed, steps, log, deadline, only)
    local world = require "monkey.world"
    world.open_log(log)
    local child = require "monkey.child"
    local wanted
    for first, last in (only or ""):gmatch "(%d+)%-(%d+)" do
        wanted = wanted or {}
        for step = tonumber(first), tonumber(last) do
            wanted[step] = true
        end
    end
    local step, failure = child.run(math.tointeger(tonumber(seed)), math.tointeger(tonumber(steps)), wanted,
        tonumber(deadline or 0) > 0 and tonumber(deadline) or nil)
    if failure then
        world.log("failed at step %d: %s", step, failure)
        io.stderr:write(("step %d: %s\n"):format(step, failure))
        os.exit(1, false)
    end
    os.exit(0, true)
end

if ... == "child" then
    run_child(select(2, ...))
end
