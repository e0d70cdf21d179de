-- ffi.include: the declarations, macros and library of C headers, read by the system's compiler.
local compiler = require "cffi.include.compiler"
local library = require "cffi.include.library"
local namespace = require "cffi.include.namespace"
local system = require "cffi.include.system"

-- The functions that the files asked for declare, as the linker knows them.
local function own_functions(ffi, unit)
    local asked, names = {}, {}
    for _, path in ipairs(unit.files) do
        asked[path] = unit.asked[path]
    end
    for name, kind, _, file in ffi.declarations() do
        if kind == "function" and asked[file] then
            names[#names + 1] = name
        end
    end
    return names
end

local function find_library(ffi, headers, unit)
    local functions = own_functions(ffi, unit)
    if #functions == 0 then
        return { ffi.C }
    end
    local found, why = library.find(headers, functions, system.is_loaded)
    if found == "process" then
        return { ffi.C }
    elseif not found then
        return {}, why
    end
    return { ffi.load(found) }
end

local function include(ffi, headers)
    local words, _, source = compiler.choose()
    local unit = compiler.read({ words = words, source = source }, compiler.flags {}, headers)
    ffi.cdef(unit.text, { override = true })
    local libraries, why = find_library(ffi, headers, unit)
    return namespace.new(ffi, unit, compiler.title(headers), libraries, why)
end

return function(ffi)
    local api = {}

    function api.include(headers)
        headers = type(headers) == "table" and headers or { headers }
        local ok, result = pcall(include, ffi, headers)
        if not ok then
            error(result, 2)
        end
        return result
    end

    return api
end
