-- The table that ffi.include returns: functions and variables of the library, enumerators, macros
-- and types of the headers.
local macros = require "cffi.include.macros"

local namespace = {}

-- Object-like macros (name -> text) and function-like ones (name -> {text, count, variadic}).
local function index_of(list)
    local objects, functions = {}, {}
    for _, macro in ipairs(list) do
        if macro.count then
            functions[macro.name] = macro
        else
            objects[macro.name] = macro.text
        end
    end
    return objects, functions
end

-- The first of the libraries that has the symbol of a declared name; raises the first one's error.
local function from_libraries(state, name)
    local first
    for _, lib in ipairs(state.libraries) do
        local ok, value = pcall(function() return lib[name] end)
        if ok then
            return value
        end
        first = first or value
    end
    error(first:gsub("^[^\n:]+:%d+: ", "", 1), 0)
end

local function lookup(state, name)
    local kind = state.ffi.declaration(name)
    if kind == "typedef" then
        return state.ffi.typeof(name), true
    elseif kind == "function" and #state.libraries == 0 then
        error(("'%s' has no library: %s"):format(name, state.why), 0)
    elseif kind == "variable" or kind == "function" then
        return from_libraries(state, name), kind == "function"
    elseif kind == "constant" then
        local value = state.ffi.toretval(state.ffi.eval(name))
        return value, true
    end
    error(("'%s' is not declared"):format(name), 0)
end

-- Value of a name, and whether it stays that.
local function value_of(state, name)
    local text = state.objects[name]
    if text and text ~= name then
        return macros.value(state, name, text)
    end
    local kind = state.ffi.declaration(name)
    if kind and kind ~= "macro" then
        return lookup(state, name)
    elseif state.functions[name] then
        return macros.callable(state, name, state.functions[name]), true
    end
    local is_type, ct = pcall(state.ffi.typeof, name)
    if is_type then
        return ct, true
    end
    error(("'%s' is not declared by %s"):format(name, state.title), 0)
end

local function index(state)
    return function(ns, name)
        if type(name) ~= "string" then
            error(("name expected as index of %s, got %s"):format(state.title,
                state.ffi.type(name)), 2)
        end
        local ok, value, stays = pcall(value_of, state, name)
        if not ok then
            error(value, 2)
        elseif stays and value ~= nil then
            rawset(ns, name, value)
        end
        return value
    end
end

local function assign(state)
    return function(_, name, value)
        if #state.libraries == 0 then
            error(("'%s' has no library: %s"):format(name, state.why), 2)
        end
        state.variables[name] = value
    end
end

-- unit: what compiler.read returns. libraries: a list of the core's namespaces; when it is empty,
-- `why` says so.
function namespace.new(ffi, unit, title, libraries, why)
    local state = { ffi = ffi, title = title, libraries = libraries, why = why }
    state.objects, state.functions = index_of(unit.macros)
    state.lookup = function(name) return (lookup(state, name)) end
    state.address_of = function(name) return ffi.addressof(libraries[1], name) end
    state.variables = libraries[1] or {}
    return setmetatable({}, {
        __index = index(state),
        __newindex = assign(state),
        __tostring = function()
            return ("%s: %s"):format(title, libraries[1] and tostring(libraries[1]) or "no library")
        end,
        __cffi_library = libraries[1],
        __metatable = "ffi",
    })
end

return namespace
