-- What a file that `cffi bind` wrote calls: its table becomes a namespace as ffi.include returns
-- it. No compiler and no header is needed.
local core = require "cffi"
local index = require "cffi.include.index"
local namespace = require "cffi.include.namespace"

local module = {}

-- A Lua constant as the C text that has its value.
local function c_text(value)
    if type(value) == "string" then
        return ("%q"):format(value):gsub("\\\n", "\\n")
    elseif math.type(value) == "integer" then
        return ("%dLL"):format(value)
    end
    return value
end

local function parameters(macro)
    if not macro[2] then
        return ""
    end
    return macro[2] .. (macro.variadic and "+" or "")
end

-- The unit (cffi/include/unit.lua) of a bound file's table, with what only one target has.
local function unit_of(bound, only, number)
    local macros, names = {}, {}
    local function add(name, params, text)
        macros[#macros + 1] = ("%s\t%s\t0\t0\t%s\n"):format(name, params, text)
    end
    for _, part in ipairs { bound, only } do
        for name, value in pairs(part.constants or {}) do
            add(name, "", value == true and "" or c_text(value))
        end
        for _, macro in ipairs(part.macros or {}) do
            local text = macro[3]:gsub("%$(%d+)", "cffi__arg_%1_"):gsub("%$%*", "cffi__rest")
            add(macro[1], parameters(macro), text)
        end
    end
    for name, kind, on in bound.names:gmatch "([%w_\x80-\xff]+):([%a_%-]+)(@?[%d,]*)" do
        if on == "" or ("," .. on:sub(2) .. ","):find("," .. number .. ",", 1, true) then
            names[#names + 1] = ("%s\t%s\t0\t0\n"):format(name, kind:gsub("_", " "))
        end
    end
    local text = table.concat(macros)
    return { macros = text, index = index.of(text), names = table.concat(names), paths = "",
        shadowed = only.shadowed or bound.shadowed }
end

-- The libraries, or none and why.
local function open(ffi, wanted)
    local list = {}
    for _, names in ipairs(wanted) do
        if names == "C" then
            list[#list + 1] = ffi.C
        else
            local ok, lib = pcall(ffi.load, names)
            if not ok then
                return {}, lib
            end
            list[#list + 1] = lib
        end
    end
    return list, #list == 0 and "the headers were bound without one" or nil
end

-- Which of the file's targets this is, and what only that one has. A file for one target serves all
-- that compile it alike, as nobody knows better.
local function target_of(bound)
    local targets, own = bound.targets, core.arch .. " " .. core.os
    for i, name in ipairs(targets) do
        if name == own then
            return i, bound.only and bound.only[name] or {}
        end
    end
    if targets[2] then
        error(("%s was bound for %s, not for %s: bind it there with 'cffi bind --merge'"):format(
            bound.title, table.concat(targets, ", "), own), 0)
    end
    return 1, {}
end

-- module.namespace(bound): the namespace, in a scope of its own.
function module.namespace(bound)
    local ffi = core.scope()
    local number, only = target_of(bound)
    ffi.cdef(bound.cdef, { name = bound.title })
    local libraries, why = open(ffi, only.libraries or bound.libraries)
    return namespace.new(ffi, unit_of(bound, only, number), bound.title, libraries, why)
end

return module
