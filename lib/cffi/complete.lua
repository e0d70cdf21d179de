-- Completion for the prompt: the names that could continue what is typed. It only looks: fields of
-- tables, members of structs, declared names of a library; no function is called on the way.
--
--   complete("ffi.si", env)  --> { "ffi.sizeof" }
local ffi = require "cffi"

local MAX_DEPTH = 8 -- of metatables with tables as __index

local function index(object, key)
    return object[key]
end

-- The value of a path like "ffi.C", nil when a part of it is missing.
local function value_of(path, env)
    local value = env
    for name in path:gmatch "[^.:]+" do
        local ok, found = pcall(index, value, name)
        if not ok or found == nil then
            return nil
        end
        value = found
    end
    return value
end

local function is_namespace(object)
    return type(object) == "table" and tostring(object):find "^library: " ~= nil
end

-- Names declared in the default scope that the library has.
local function add_declared(names, library, prefix)
    for name, kind in ffi.declarations("^" .. prefix) do
        if kind ~= "typedef" and pcall(index, library, name) then
            names[name] = true
        end
    end
end

local function add_keys(names, object)
    for _ = 1, MAX_DEPTH do
        for key in next, object do
            names[key] = true
        end
        local mt = debug.getmetatable(object)
        object = type(mt) == "table" and rawget(mt, "__index")
        if type(object) ~= "table" then
            return
        end
    end
end

local function add_members(names, ct)
    local info = ffi.reflect(ct)
    local members = info.members or info.target and ffi.reflect(info.target).members
    for _, member in ipairs(members or {}) do
        if member.name then
            names[member.name] = true
        elseif not member.width then
            add_members(names, member.type)
        end
    end
end

local function names_in(object, prefix)
    local names = {}
    if type(object) == "string" then
        add_keys(names, string)
    elseif ffi.type(object) == "cdata" then
        add_members(names, object)
    elseif type(object) == "table" then
        add_keys(names, object)
        if is_namespace(object) then
            add_declared(names, object, prefix)
        end
    end
    return names
end

-- The completions of `text`, sorted; each is the whole of `text` continued.
return function(text, env)
    local path, separator, prefix = text:match "^([%a_][%w_.:]*)([.:])([%w_]*)$"
    if not path then
        path, separator, prefix = "", "", text:match "^[%w_]*$"
    end
    local found = {}
    if prefix then
        for name in pairs(names_in(value_of(path, env), prefix)) do
            if type(name) == "string" and name:find "^[%a_][%w_]*$"
                and name:sub(1, #prefix) == prefix then
                found[#found + 1] = path .. separator .. name
            end
        end
    end
    table.sort(found)
    return found
end
