-- The names of a session: its own (`_`, `__`, what inputs declared with `local`) before the global
-- ones, and after those the names of the headers that were included.
local function strip_position(message)
    return type(message) == "string" and message:gsub("^[^\n:]+:%d+: ", "") or message
end

return function(globals)
    local own, included = {}, {} -- own: names of the session, declared or not set
    local declared = {}
    local names = {}

    -- What the headers say of a name; raises what stands in the way of one that they have.
    local function from_headers(name)
        local why
        for i = #included, 1, -1 do
            local ok, value = pcall(function() return included[i][name] end)
            if ok then
                return value
            elseif not tostring(value):find "is not declared" then
                why = why or value
            end
        end
        if why then
            error(strip_position(why), 3)
        end
    end

    local function look_up(_, name)
        local value = globals[name]
        if value == nil and type(name) == "string" then
            return from_headers(name)
        end
        return value
    end

    -- Without headers a global name costs one table access more than it does elsewhere.
    local mt = { __index = globals }

    function mt.__newindex(env, name, value)
        if declared[name] then
            rawset(env, name, value)
        else
            globals[name] = value
        end
    end

    names.env = setmetatable(own, mt)

    function names.declare(list)
        for _, name in ipairs(list) do
            declared[name] = true
        end
    end

    function names.set(name, value)
        declared[name] = true
        own[name] = value
    end

    -- Whether the session has declared or set the name, to nil perhaps.
    function names.is_known(name)
        return declared[name] == true
    end

    function names.get(name)
        return names.env[name]
    end

    function names.include(namespace)
        included[#included + 1] = namespace
        mt.__index = look_up
    end

    function names.included()
        return included
    end

    -- What is there without `require`.
    function names.predefine(ffi)
        globals.ffi, globals.C = ffi, ffi.C
    end

    -- As it was in the beginning, but for what is global.
    function names.reset()
        for name in pairs(own) do
            rawset(own, name, nil)
        end
        declared, included = {}, {}
        mt.__index = globals
    end

    return names
end
