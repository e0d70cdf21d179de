-- The parent: runs children, each some thousand steps in a process of its own, until the time is over; reports
-- the first that fails or crashes, and looks for a shorter run that fails alike.
local runner = {}

local STEPS = 4000      -- of one child
-- A child that takes longer hangs: of the processor, and on a clock that goes on while others have the processor.
local CHILD_SECONDS, CHILD_WAIT = 90, 1200
local WAYS = {
    { name = "default", env = "" }, { name = "api", env = "CFFI_NO_PEEK=1 " },
    { name = "libffi", env = "CFFI_NO_FASTCALL=1 " },
}

local function env(name, default)
    return os.getenv(name) or default
end

local function read(path)
    local file = io.open(path)
    local text = file and file:read "a" or ""
    if file then
        file:close()
    end
    return text
end

-- options: seed, steps, way, deadline, only. Returns "ok", or how it ended and what it said.
function runner.child(options)
    local dir = env("CFFI_BUILD", "build") .. "/monkey"
    local log, errors = dir .. "/log", dir .. "/errors"
    os.remove(log)
    local seconds = options.seconds or CHILD_SECONDS
    local limits = ("ulimit -t %d; %s timeout -s KILL %d"):format(seconds, options.way.env,
        options.seconds and seconds * 4 or CHILD_WAIT)
    local command = ("%s env %s %s tools/monkey.lua child %d %d %s %d %s >%s 2>&1"):format(limits,
        env("MONKEY_ENV", ""), env("LUA", "lua5.4"), options.seed, options.steps, log, options.deadline or 0,
        options.only or "", errors)
    local _, how, code = os.execute(command)
    if how == "exit" and code == 0 then
        return "ok"
    elseif how == "exit" and code > 128 or how == "signal" then
        local signal = how == "signal" and code or code - 128
        return (signal == 9 or signal == 24) and "timeout" or "signal " .. signal, read(errors), read(log)
    end
    return "failure", read(errors), read(log)
end

-- What is the same in two reports of one fault.
local function essence(how, text)
    text = text:match "step %d+: ([^\n]*)" or text:match "SUMMARY: ([^\n]*)" or ""
    return how .. text:gsub("0x%x+", ""):gsub("%d+", "#"):gsub("'.-'", "")
end

local function ranges_text(ranges)
    local parts = {}
    for i, r in ipairs(ranges) do
        parts[i] = ("%d-%d"):format(r[1], r[2])
    end
    return table.concat(parts, ",")
end

-- Halves, quarters, ... of the steps are left out as long as the run fails alike.
local function shrink(options, last, wanted)
    local ranges, size = { { 1, last } }, last // 2
    local until_when = os.time() + 60
    while size >= 1 and os.time() < until_when do
        local i = 1
        local shorter = false
        local pieces = {}
        for _, r in ipairs(ranges) do
            for first = r[1], r[2], size do
                pieces[#pieces + 1] = { first, math.min(first + size - 1, r[2]) }
            end
        end
        while i <= #pieces and #pieces > 1 and os.time() < until_when do
            local piece = table.remove(pieces, i)
            local how, text = runner.child { seed = options.seed, steps = last, way = options.way,
                only = ranges_text(pieces), seconds = 20 }
            if how ~= "ok" and essence(how, text) == wanted then
                shorter = true
            else
                table.insert(pieces, i, piece)
                i = i + 1
            end
        end
        ranges = pieces
        size = shorter and size > 8 and size // 2 or size // 4
    end
    return ranges_text(ranges)
end

local function tail(text, count)
    local lines = {}
    for line in text:gmatch "[^\n]+" do
        lines[#lines + 1] = line
    end
    return table.concat(lines, "\n", math.max(1, #lines - count + 1))
end

local function report(options, how, text, log)
    local last = 0
    for line in log:gmatch "[^\n]+" do
        last = tonumber(line:match "^(%d+) ") or last
    end
    print(("monkey: %s, seed %d, step %d, way %s"):format(how, options.seed, last, options.way.name))
    print(tail(text, 60))
    print("the last operations:")
    print(tail(log, 40))
    local replay = ("make monkey SEED=%d STEPS=%d WAY=%s"):format(options.seed, last, options.way.name)
    if how ~= "timeout" and env("SHRINK", "1") ~= "0" and not options.only then
        replay = replay .. " ONLY=" .. shrink(options, last, essence(how, text))
    end
    print("again: " .. replay)
end

local function way_named(name)
    for _, way in ipairs(WAYS) do
        if way.name == name then
            return way
        end
    end
    error(("no way is called '%s' (there are default, api, libffi)"):format(name), 0)
end

-- Returns whether all went well.
local function run_all(seconds, seed)
    local deadline, runs = os.time() + seconds, 0
    repeat
        local way = WAYS[runs % #WAYS + 1]
        local options = { seed = seed + runs // #WAYS, steps = STEPS, way = way, deadline = deadline }
        local how, text, log = runner.child(options)
        if how ~= "ok" then
            report(options, how, text, log)
            print(("monkey: %d passed, 1 failed"):format(runs))
            return false
        end
        runs = runs + 1
    until os.time() >= deadline
    print(("monkey: %d passed, 0 failed (runs of up to %d steps, seeds %d to %d, %d s)"):format(runs, STEPS, seed,
        seed + (runs - 1) // #WAYS, seconds))
    return true
end

-- seconds, seed: numbers as text, or "". The environment may name STEPS, WAY and ONLY: that run alone.
function runner.main(seconds, seed)
    os.execute(("mkdir -p '%s/monkey'"):format(env("CFFI_BUILD", "build")))
    seed = math.tointeger(tonumber(seed)) or os.time() % 1000000
    local steps = math.tointeger(tonumber(env("STEPS", "")))
    if not steps then
        print(("monkey: seed %d"):format(seed))
        return run_all(math.tointeger(tonumber(seconds)) or 60, seed)
    end
    local passed, name = 0, env("WAY", "")
    local only = env("ONLY", "")
    for _, way in ipairs(name ~= "" and { way_named(name) } or WAYS) do
        local options = { seed = seed, steps = steps, way = way, only = only ~= "" and only or nil }
        local how, text, log = runner.child(options)
        if how ~= "ok" then
            report(options, how, text, log)
            print(("monkey: %d passed, 1 failed"):format(passed))
            return false
        end
        passed = passed + 1
    end
    print(("monkey: %d passed, 0 failed"):format(passed))
    return true
end

return runner
