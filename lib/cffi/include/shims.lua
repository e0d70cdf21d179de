-- What of headers no library exports, made callable by the compiler: static functions, whose
-- address an object of ours holds, and macros of which the caller knows a prototype, called by
-- functions of that object.
local build = require "cffi.include.build"
local units = require "cffi.include.unit"

local shims = {}

local PREFIX = "cffi__shim_"

-- Names and declarations of the headers' own static functions.
local function static_functions(ffi, unit)
    local found = {}
    for name, kind in units.names(unit) do
        local _, text, _, _, refused = ffi.declaration(name)
        if kind == "function" and refused and refused:find "static" then
            found[#found + 1] = { name = name, text = text }
        end
    end
    return found
end

-- "int (int, char *)" as C that calls the macro: every type stands in typeof, where any can.
local function wrapper(ffi, name, prototype, is_function_like)
    local ok, ct = pcall(ffi.typeof, prototype)
    local described = ok and ffi.reflect(ct)
    if not ok or described.kind ~= "function" or described.variadic then
        error(("'%s' is no prototype for macro '%s': write \"int (int)\""):format(prototype,
            name), 0)
    end
    local parameters, arguments = {}, {}
    for i, parameter in ipairs(described.params) do
        parameters[i] = ("__typeof__(%s) a%d"):format(ffi.reflect(parameter).name, i)
        arguments[i] = "a" .. i
    end
    local call = is_function_like and ("%s(%s)"):format(name, table.concat(arguments, ", ")) or name
    local result = ffi.reflect(described.result)
    return ct, ('# 1 "macro %s"\n__typeof__(%s) %s%s(%s) { %s%s; }\n'):format(name, result.name,
        PREFIX, name, parameters[1] and table.concat(parameters, ", ") or "void",
        result.kind == "void" and "" or "return ", call)
end

-- The macros for which there are prototypes, sorted by name.
local function wanted_macros(ffi, find_macro, prototypes, title)
    local names, found = {}, {}
    for name in pairs(prototypes) do
        names[#names + 1] = name
    end
    table.sort(names)
    for i, name in ipairs(names) do
        local macro = find_macro(name)
        if not macro then
            error(("%s has no macro '%s'"):format(title, name), 0)
        end
        local ct, text = wrapper(ffi, name, prototypes[name], macro.count ~= nil)
        found[i] = { name = name, ct = ct, text = text }
    end
    return found
end

local function program(source, functions, macros)
    local parts = { source.lines }
    for _, fn in ipairs(functions) do
        parts[#parts + 1] = ("__typeof__(%s) *const %s%s = %s;\n"):format(fn.name, PREFIX, fn.name,
            fn.name)
    end
    for _, macro in ipairs(macros) do
        parts[#parts + 1] = macro.text
    end
    return table.concat(parts)
end

-- The file of each library, for the linker: what the functions call is found there.
local function files_of(libraries)
    local files = {}
    for _, lib in ipairs(libraries) do
        files[#files + 1] = tostring(lib):match "^library: (/.*)$"
    end
    return files
end

-- Builds what is needed for headers. `known`: { unit =, libraries =, how =, flags =, source = },
-- see session.include and compiler.source; `prototypes`: the option `functions`. Returns a table
-- from names to Lua functions.
function shims.make(ffi, known, prototypes, title)
    local functions = static_functions(ffi, known.unit)
    local macros = wanted_macros(ffi, units.macro_finder(known.unit), prototypes, title)
    if not functions[1] and not macros[1] then
        return {}
    end
    local lib = build.library(ffi, {
        how = known.how, flags = known.flags, link = files_of(known.libraries),
        files = known.unit.files,
        source = { lines = program(known.source, functions, macros),
            words = known.source.words, doing = known.source.doing },
    })
    local callable = {}
    local pointer = ffi.typeof "void **"
    for _, fn in ipairs(functions) do
        local at = ffi.cast(pointer, ffi.addressof(lib, PREFIX .. fn.name))
        callable[fn.name] = ffi.tofunction(at[0], fn.text, lib)
    end
    for _, macro in ipairs(macros) do
        local at = ffi.cast(ffi.typeof("$ *", macro.ct), ffi.addressof(lib, PREFIX .. macro.name))
        callable[macro.name] = ffi.tofunction(at, macro.name, lib)
    end
    return callable
end

return shims
