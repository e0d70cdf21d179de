-- What all parts of the monkey share: chance, the log, expectations, and the lists of what is alive.
--
-- Chance is math.random's, seeded anew for every step from (seed, step), so that a step can be left out and
-- the others stay what they were. Nothing that runs at a time the collector chooses may draw from it.
local world = {
    seed = 0, step = 0, depth = 0,
    failure = nil, -- the first thing that went wrong: text
    busy = {},     -- regions, libraries and callbacks in the middle of an operation: nested ones leave them alone
    counts = {},   -- name of an operation -> how often it ran
}

local random = math.random
world.random = random

function world.pick(list)
    return list[random(#list)]
end

-- True that often in a hundred.
function world.chance(percent)
    return random(100) <= percent
end

-- A wheel of {weight, value} rows.
function world.wheel(rows)
    local wheel = {}
    for _, row in ipairs(rows) do
        for _ = 1, row[1] do
            wheel[#wheel + 1] = row[2]
        end
    end
    return wheel
end

-- ---- the log ------------------------------------------------------------------------------------

local file
function world.open_log(path)
    file = assert(io.open(path, "w"))
    file:setvbuf "line" -- a crash must not take it along
end

function world.log(format, ...)
    local text = select("#", ...) > 0 and format:format(...) or format
    if file then
        file:write(("%d%s %s\n"):format(world.step, (" "):rep(world.depth), text))
    end
end

-- Any value, short and the same in every run (addresses are not).
function world.show(v)
    if math.type(v) == "float" then
        return ("%.17g"):format(v)
    elseif type(v) == "string" then
        return #v > 40 and ("%q..."):format(v:sub(1, 40)) or ("%q"):format(v)
    elseif type(v) == "table" then
        local parts = {}
        for k, x in pairs(v) do
            parts[#parts + 1] = ("[%s] = %s"):format(tostring(k), world.show(x))
        end
        table.sort(parts)
        return "{" .. table.concat(parts, ", ") .. "}"
    end
    return (tostring(v):gsub("0x%x+", "0x.."))
end

-- ---- expectations -------------------------------------------------------------------------------

-- Ends the run: at once where that is possible, else when the step ends.
function world.fail(format, ...)
    local text = select("#", ...) > 0 and format:format(...) or format
    if not world.failure then
        world.failure = debug.traceback(text, 2)
        world.log("FAILED: %s", text)
    end
    error(world.failure, 0)
end

function world.check(ok, ...)
    if not ok then
        world.fail(...)
    end
    return ok
end

local function judge(what, ok, ...)
    if world.failure then
        error(world.failure, 0) -- a nested operation failed: that is what happened
    elseif not ok then
        world.fail("%s: unexpected error: %s", what, tostring((...)))
    end
    return ...
end

-- Calls the function, which must not raise; gives its results.
function world.succeeds(what, fn, ...)
    return judge(what, pcall(fn, ...))
end

-- The same, but nothing where libffi makes the calls and cannot make this one.
function world.possible(what, fn, ...)
    local ok, result = pcall(fn, ...)
    if ok or not tostring(result):find("is possible: libffi cannot", 1, true) then
        return judge(what, ok, result)
    end
end

-- Calls the function, which must raise an error with this text in it (a list: one of these).
function world.raises(what, wanted, fn, ...)
    local ok, err = pcall(fn, ...)
    if world.failure then
        error(world.failure, 0)
    end
    local texts = type(wanted) == "table" and wanted or { wanted }
    if ok then
        world.fail("%s: no error, expected '%s', got %s", what, table.concat(texts, "' or '"), world.show(err))
    end
    for _, text in ipairs(texts) do
        if type(err) == "string" and err:find(text, 1, true) then
            return err
        end
    end
    return world.fail("%s: expected '%s', got the error: %s", what, table.concat(texts, "' or '"), tostring(err))
end

-- Either is right; the error, when there is one, has that text.
function world.may_raise(what, wanted, fn, ...)
    local results = table.pack(pcall(fn, ...))
    if world.failure then
        error(world.failure, 0)
    end
    if not results[1] then
        world.check(tostring(results[2]):find(wanted, 1, true), "%s: expected '%s' or success, got the error: %s", what,
            wanted, tostring(results[2]))
    end
    return table.unpack(results, 1, results.n)
end

-- ---- what is alive ------------------------------------------------------------------------------

-- A list that forgets a random one when it is full. `dispose(one)` is told.
function world.pool(size, dispose)
    local pool = {}
    function pool.add(one)
        if #pool >= size then
            pool.remove(random(#pool))
        end
        pool[#pool + 1] = one
        return one
    end
    function pool.remove(i)
        local one = pool[i]
        pool[i] = pool[#pool]
        pool[#pool] = nil
        if dispose then
            dispose(one)
        end
        return one
    end
    -- A random one that passes the test and is not busy; nil when a few tries find none.
    function pool.any(test)
        for _ = 1, #pool > 0 and 12 or 0 do
            local one = pool[random(#pool)]
            if not world.busy[one] and not (one.region and world.busy[one.region]) and (not test or test(one)) then
                return one
            end
        end
    end
    return pool
end

-- Keeps nested operations away from something while the function runs.
function world.while_busy(one, fn)
    local before = world.busy[one]
    world.busy[one] = true
    fn()
    world.busy[one] = before
end

return world
