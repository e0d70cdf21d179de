-- ffi.await and ffi.run: tasks for coroutines (docs/design.md S28). The core makes tasks and tells
-- their end; nothing here waits but ffi.poll.

-- Whether a value is what ffi.async returns, or can be asked as that can.
local function is_task(value)
    return type(value) == "userdata" and tostring(value):find("^task of ") ~= nil
end

-- Within cqueues a coroutine waits by its own function, for which a task has a descriptor.
local function give_way(task)
    local cqueues = package.loaded.cqueues
    if cqueues and cqueues.running() then
        cqueues.poll(task)
    else
        coroutine.yield(task)
    end
end

local function await(task)
    if not is_task(task) then
        error("bad argument #1 to 'await' (task expected, got " .. type(task) .. ")", 2)
    elseif not coroutine.isyieldable() then
        error("ffi.await is for coroutines: use task:wait() here", 2)
    end
    while not task:done() do
        give_way(task)
    end
    return task:wait()
end

-- Resumes what is ready, in order; true: something was. A coroutine that has yielded a task waits
-- for that, one that has yielded anything else is ready again.
local function turn(list)
    local progress = false
    local i = 1
    while i <= #list do
        local entry = list[i]
        if not entry.task or entry.task:done() then
            progress = true
            local ok, value = coroutine.resume(entry.co)
            if not ok then
                error(value, 0)
            end
            entry.task = is_task(value) and value or nil
        end
        if coroutine.status(entry.co) == "dead" then
            table.remove(list, i)
        else
            i = i + 1
        end
    end
    return progress
end

return function(ffi)
    local function run(...)
        local list = {}
        for i = 1, select("#", ...) do
            local fn = select(i, ...)
            if type(fn) ~= "function" then
                local text = "bad argument #%d to 'run' (function expected, got %s)"
                error(text:format(i, type(fn)), 2)
            end
            list[i] = { co = coroutine.create(fn) }
        end
        while #list > 0 do
            if not turn(list) then
                ffi.poll(math.huge)
            end
        end
    end

    return { await = await, run = run }
end
