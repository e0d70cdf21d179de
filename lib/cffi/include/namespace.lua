-- The table that ffi.include returns: functions and variables of the library, enumerators, macros
-- and types of the headers. Functions that were found stay in the table, constants and types in its
-- metatable's __index, lest they be assigned to; variables and what macros compute stay nowhere.
local late = require "cffi.late"
local macros = late "cffi.include.macros"
local nearest = late "cffi.include.nearest"
local reader = late "cffi.include.reader"
local units = require "cffi.include.unit"

local namespace = {}

-- ---- names -------------------------------------------------------------------------------------

local function no_library(state, name)
    error(("'%s' has no library: %s"):format(name, state.why), 0)
end

-- The first of the libraries that has the symbol of a declared name; raises the first one's error.
local function from_libraries(state, name)
    if #state.libraries == 0 then
        no_library(state, name)
    end
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

-- What a declaration makes of a name, and whether it stays that.
local function declared(state, name, kind, refused)
    if kind == "typedef" then
        return state.ffi.typeof(name), true
    elseif kind == "constant" then
        return state.ffi.toretval(state.ffi.eval(name)), true
    elseif kind == "function" and refused and refused:find "static" then
        error(("'%s' is static, so no library exports it: the option 'compile = true' makes it "
            .. "callable"):format(name), 0)
    end
    return from_libraries(state, name), kind == "function"
end

local function unknown(state, name)
    local near = nearest.of(name, function(visit)
        for other in units.names(state.unit) do
            visit(other)
        end
    end)
    for _, tag in ipairs { "struct ", "union ", "enum " } do
        local is_type, ct = pcall(state.ffi.typeof, tag .. name)
        near = is_type and state.ffi.sizeof(ct) and tag .. name or near
    end
    error(("'%s' is not declared by %s%s"):format(name, state.title,
        near and (" (did you mean '%s'?)"):format(near) or ""), 0)
end

-- The value of a name, and whether it stays that.
local function value_of(state, name)
    if state.compiled[name] then
        return state.compiled[name], true
    end
    local kind, _, _, _, refused = state.ffi.declaration(name)
    local hidden = state.unit.shadowed:find(" " .. name .. " ", 1, true)
    if kind and kind ~= "macro" and not hidden then
        return declared(state, name, kind, refused)
    end
    local macro = state.find_macro(name)
    if macro and name == "errno" then -- C's may be another once its place has been asked for
        return state.ffi.errno(), false
    elseif macro and macro.broken then
        error(("macro '%s' cannot be expanded: %s"):format(name, macro.text), 0)
    elseif macro and macro.count then
        return macros.callable(state, name, macro), true
    elseif macro then
        return macros.value(state, name, macro.text)
    end
    local is_type, ct = pcall(state.ffi.typeof, name)
    if is_type then
        return ct, true
    end
    unknown(state, name)
end

local function index(state, ns)
    return function(constants, name)
        if type(name) ~= "string" then
            error(("%s has names, no %s"):format(state.title, state.ffi.type(name)), 2)
        end
        local ok, value, stays = pcall(value_of, state, name)
        if not ok then
            error(value, 2)
        elseif stays and value ~= nil then
            rawset(type(value) == "function" and ns or constants, name, value)
        end
        return value
    end
end

local function assign(state)
    return function(_, name, value)
        local ok, why = pcall(function()
            if name == "errno" and state.find_macro(name) then
                state.ffi.errno(value)
                return
            elseif state.find_macro(name) then
                error(("attempt to write to macro '%s'"):format(name), 0)
            end
            local kind = state.ffi.declaration(name)
            if kind == "constant" then
                error(("attempt to write to constant '%s'"):format(name), 0)
            elseif kind == "typedef" or not kind and pcall(state.ffi.typeof, name) then
                error(("attempt to write to type '%s'"):format(name), 0)
            elseif not kind then
                unknown(state, name)
            elseif #state.libraries == 0 then
                no_library(state, name)
            end
            state.variables[name] = value
        end)
        if not ok then
            error((why:gsub("^[^\n:]+:%d+: ", "", 1)), 2)
        end
    end
end

-- Variables are written where they are read.
local function variables_of(state)
    return setmetatable({}, {
        __index = function(_, name) return from_libraries(state, name) end,
        __newindex = function(_, name, value)
            for i, lib in ipairs(state.libraries) do
                local found = pcall(function() return lib[name] end)
                if found or i == #state.libraries then
                    lib[name] = value
                    return
                end
            end
        end,
    })
end

-- ---- listings ----------------------------------------------------------------------------------

-- In a scope that is filled when names are asked for, all at once.
local function declare_all(state)
    if state.ffi.everything then
        state.ffi.everything()
    end
end

-- __pairs: the headers' own names that have a value, in their order; not macros that would call or
-- change something.
local function each_value(ns)
    return function(state)
        declare_all(state)
        local iterate, seen = units.names(state.unit), {}
        return function()
            while true do
                local name = iterate()
                if not name then
                    return nil
                elseif not seen[name] then
                    seen[name] = true
                    state.listing = true
                    local ok, value = pcall(function() return ns[name] end)
                    state.listing = false
                    if ok and value ~= nil then
                        return name, value
                    end
                end
            end
        end
    end
end

-- "missing" for what the library lacks.
local function lack_of(state, ns, name, kind)
    if kind ~= "function" and kind ~= "variable" then
        return nil
    end
    local ok = pcall(function() return ns[name] end)
    return not ok and (select(5, state.ffi.declaration(name)) or "missing") or nil
end

local function macro_text(name, macro)
    if macro.broken then
        return "#define " .. name
    end
    local list = {}
    for i = 1, macro.count or 0 do
        list[i] = "a" .. i
    end
    list[#list + 1] = macro.variadic and "..." or nil
    local head = macro.count and ("%s(%s)"):format(name, table.concat(list, ", ")) or name
    local text = macro.text:gsub(reader.placeholder .. "(%d+)_", "a%1")
        :gsub(reader.rest, "__VA_ARGS__")
    return ("#define %s %s"):format(head, text)
end

-- ffi.declarations(ns [, pattern]): name, kind, C text, file, line, and why it cannot be used.
local function each_declaration(state)
    return function(ns, pattern)
        if pattern ~= nil and type(pattern) ~= "string" then
            error(("bad argument #2 to 'declarations' (string expected, got %s)"):format(
                state.ffi.type(pattern)), 2)
        end
        declare_all(state)
        local iterate = units.names(state.unit)
        return function()
            local name, kind, file, line
            repeat
                name, kind, file, line = iterate()
            until not name or not pattern or name:find(pattern)
            if not name then
                return nil
            end
            local macro = kind:find "macro" and state.find_macro(name)
            local text = macro and macro_text(name, macro) or select(2, state.ffi.declaration(name))
            return name, kind, text, file, line, lack_of(state, ns, name, kind)
        end
    end
end

local function title_of(state)
    local names = {}
    for i, lib in ipairs(state.libraries) do
        names[i] = tostring(lib):gsub("^library: ", "")
    end
    if #names == 0 then
        return ("%s: no library (%s)"):format(state.title, state.why)
    end
    return ("%s: %s"):format(state.title, table.concat(names, ", "))
end

local function is_active(state, name)
    local active = state.active
    while active and active.name ~= name do
        active = active.outer
    end
    return active ~= nil
end

-- unit: see unit.lua. libraries: a list of the core's namespaces; when it is empty, `why` says so.
-- `ns`, if given, is the empty table that becomes the namespace; `compiled` has functions that were
-- built for the headers, by name.
function namespace.new(ffi, unit, title, libraries, why, ns, compiled)
    local state = {
        ffi = ffi, unit = unit, title = title, libraries = libraries, why = why,
        compiled = compiled or {},
    }
    ns = ns or {}
    state.find_macro = units.macro_finder(unit)
    state.variables = variables_of(state)
    state.lookup = function(name)
        local macro, active = state.find_macro(name), is_active(state, name)
        local kind, _, _, _, refused = state.ffi.declaration(name)
        if kind and kind ~= "macro" and active then -- "#define optind (optind)"
            return (declared(state, name, kind, refused))
        elseif not kind and (not macro or macro.text == name or active) then
            error({ reason = ("'%s' is not declared"):format(name) }, 0)
        end
        return ns[name]
    end
    state.address_of = function(name)
        if #libraries == 0 then
            no_library(state, name)
        end
        ffi.declaration(name) -- declares it in a scope that is filled when names are asked for
        for i = 2, #libraries do
            local has, address = pcall(ffi.addressof, libraries[i - 1], name)
            if has then
                return address
            end
        end
        return ffi.addressof(libraries[#libraries], name)
    end
    return setmetatable(ns, {
        __index = setmetatable({}, { __index = index(state, ns) }),
        __newindex = assign(state),
        __pairs = function(_) return each_value(ns)(state) end,
        __tostring = function() return title_of(state) end,
        __cffi_library = libraries[1],
        __cffi_declarations = each_declaration(state),
        __cffi_names = function() return units.names(state.unit) end, -- the headers' own, cheaply
        __cffi_counts = function() return units.counts(state.unit) end, -- of them, by kind
        __cffi_names_with = function(prefix, visit)
            return units.each_with_prefix(state.unit, prefix, visit)
        end,
        __metatable = "ffi",
    })
end

return namespace
