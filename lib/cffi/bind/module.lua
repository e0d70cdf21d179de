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

-- The unit (cffi/include/unit.lua) of a bound file's table.
local function unit_of(bound)
    local macros, names = {}, {}
    local function add(name, params, text)
        macros[#macros + 1] = ("%s\t%s\t0\t0\t%s\n"):format(name, params, text)
    end
    for name, value in pairs(bound.constants) do
        add(name, "", value == true and "" or c_text(value))
    end
    for _, macro in ipairs(bound.macros) do
        local text = macro[3]:gsub("%$(%d+)", "cffi__arg_%1_"):gsub("%$%*", "cffi__rest")
        add(macro[1], parameters(macro), text)
    end
    for name, kind in bound.names:gmatch "([%w_]+):([^%s:]+)" do
        names[#names + 1] = ("%s\t%s\t0\t0\n"):format(name, kind:gsub("_", " "))
    end
    local text = table.concat(macros)
    return { macros = text, index = index.of(text), names = table.concat(names), paths = "",
        shadowed = bound.shadowed }
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

-- module.namespace(bound): the namespace, in a scope of its own.
function module.namespace(bound)
    local ffi = core.scope()
    ffi.cdef(bound.cdef, { name = bound.title })
    local libraries, why = open(ffi, bound.libraries)
    return namespace.new(ffi, unit_of(bound), bound.title, libraries, why)
end

return module
