-- A random user of the whole API with a model of what is alive, which says what every value and every error must
-- be. tools/monkey/ has the model, the operations by subject, the contexts they run in, and the runner.
--   make monkey [SECONDS=60] [SEED=n]          children of 4,000 operations each, on the three call paths in turn
--   make monkey SEED=n STEPS=n [WAY=libffi] [ONLY=5-9,12-12]            one run again (SHRINK=0: as it is)
-- Run directly:  lua5.4 tools/monkey.lua [SECONDS [SEED]]   or   child SEED STEPS LOG [DEADLINE [ONLY]]
package.path = "tools/?.lua;" .. package.path

local function run_child(seed, steps, log, deadline, only)
    local world = require "monkey.world"
    world.open_log(log)
    local wanted
    for first, last in (only or ""):gmatch "(%d+)%-(%d+)" do
        wanted = wanted or {}
        for step = tonumber(first), tonumber(last) do
            wanted[step] = true
        end
    end
    local step, failure = require("monkey.child").run(math.tointeger(tonumber(seed)), math.tointeger(tonumber(steps)),
        wanted, tonumber(deadline or 0) > 0 and tonumber(deadline) or nil)
    if failure then
        io.stderr:write(("step %d: %s\n"):format(step, failure))
        os.exit(1, false)
    end
    os.exit(0, true)
end

if ... == "child" then
    run_child(select(2, ...))
else
    os.exit(require("monkey.runner").main(...))
end
