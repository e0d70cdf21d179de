-- One run: so many steps from one seed, in this process.
local ffi = require "cffi"
local calls = require "monkey.calls"
local contexts = require "monkey.contexts"
local declarations = require "monkey.declarations"
local jobs = require "monkey.jobs"
local looks = require "monkey.looks"
local memory = require "monkey.memory"
local owners = require "monkey.owners"
local types = require "monkey.types"
local world = require "monkey.world"

local child = {}

local FAMILIES = { memory, declarations, calls, owners, looks, jobs }

local rows = {}
for _, family in ipairs(FAMILIES) do
    for _, row in ipairs(family.operations) do
        rows[#rows + 1] = { row[1], row }
    end
end
local wheel = world.wheel(rows)

local function operation()
    local row = world.pick(wheel)
    world.counts[row[2]] = (world.counts[row[2]] or 0) + 1
    return row[3]()
end

-- In the midst of a conversion: what the objects that are asked do before they answer.
function memory.hook()
    if world.depth < 4 and not world.failure then
        world.depth = world.depth + 1
        local ok, err = pcall(operation)
        world.depth = world.depth - 1
        world.failure = world.failure or not ok and tostring(err) or nil
    end
end

local PAUSES = { 110, 130, 150, 200 }

local function begin(seed)
    math.randomseed(seed, 0)
    world.step = 0
    collectgarbage("incremental", world.pick(PAUSES), 100)
    for _ = 1, 4 do
        declarations.declare_record()
        declarations.declare_enum()
    end
end

-- Runs the steps of `wanted` (nil: all of 1 to n); returns the number of the last, and what failed.
function child.run(seed, n, wanted, deadline)
    world.seed = seed
    local ok, err = pcall(begin, seed)
    for step = 1, ok and n or 0 do
        if not wanted or wanted[step] then
            world.step = step
            math.randomseed(seed, step)
            ok, err = pcall(contexts.run, operation)
            if not ok then
                break
            end
        end
        if deadline and os.time() > deadline then
            break
        end
    end
    return world.step, not ok and (world.failure or tostring(err)) or nil
end

child.types, child.ffi = types, ffi

return child
