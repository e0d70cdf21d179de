-- Whole jobs against the C bindings that a user would install instead, all in one process.
--
--   lua bench/jobs.lua [--check] [--job NAME] [--rounds N]
--
-- Each job is written three times: with the binding, plainly with cffi, and with declarations that
-- say how to call (docs/annotations.md). All must give the same result. They take turns, and the
-- best of all rounds counts, by the CPU time of this process. A binding that is missing leaves its
-- jobs out. --check exits 1 when a goal is missed: plain 1.5 each and 1.15 in the mean, annotated
-- 1.25 and 1.

local GOALS = { plain = { each = 1.5, mean = 1.15 }, annotated = { each = 1.25, mean = 1.0 } }
local SIDES = { "binding", "plain", "annotated" }

local rounds, check, only = 7, false, nil
do
    local i = 1
    while arg[i] do
        if arg[i] == "--check" then
            check = true
        elseif arg[i] == "--job" then
            i = i + 1
            only = arg[i]
        elseif arg[i] == "--rounds" then
            i = i + 1
            rounds = tonumber(arg[i])
        else
            error("unknown argument " .. arg[i], 0)
        end
        i = i + 1
    end
end

local jobs = {}
for _, name in ipairs { "sqlite", "expat", "files", "zlib", "sockets", "system", "luv",
    "yaml" } do
    require("jobs." .. name)(function(title, library, sides)
        if not only or title:find(only, 1, true) then
            sides.title, sides.library = title, library
            jobs[#jobs + 1] = sides
        end
    end)
end

local function seconds(fn)
    local start = os.clock()
    fn()
    return os.clock() - start
end

local function measure(job)
    local best, results = {}, {}
    for _, side in ipairs(SIDES) do
        best[side], results[side] = math.huge, tostring((job[side]()))
        assert(results[side] == results.binding,
            ("%s: %s gives %s, not %s"):format(job.title, side, results[side], results.binding))
    end
    for _ = 1, rounds do
        for _, side in ipairs(SIDES) do
            collectgarbage()
            best[side] = math.min(best[side], seconds(job[side]))
        end
    end
    return best
end

local sums, missed = { plain = 0, annotated = 0 }, 0

local function mark(ratio, goal)
    missed = missed + (ratio > goal and 1 or 0)
    return ("%7.2f%s"):format(ratio, ratio > goal and "!" or " ")
end

print(("%-40s %-16s %10s %8s %10s"):format("job", "binding", "ms", "plain", "annotated"))
for _, job in ipairs(jobs) do
    local best = measure(job)
    local shown = {}
    for i, side in ipairs { "plain", "annotated" } do
        local ratio = best[side] / best.binding
        sums[side] = sums[side] + math.log(ratio)
        shown[i] = mark(ratio, GOALS[side].each)
    end
    print(("%-40s %-16s %10.2f %s %s"):format(job.title, job.library, best.binding * 1e3, shown[1],
        shown[2]))
end
if #jobs > 0 then
    print(("geometric means of %d jobs: plain %s, annotated %s"):format(#jobs,
        mark(math.exp(sums.plain / #jobs), GOALS.plain.mean),
        mark(math.exp(sums.annotated / #jobs), GOALS.annotated.mean)))
end
if check and missed > 0 then
    os.exit(1)
end
