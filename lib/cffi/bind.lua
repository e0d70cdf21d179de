-- `cffi bind`: what ffi.include finds in headers, as a Lua module that needs neither them nor a
-- compiler, and a file of its names for editors.
local core = require "cffi"
local annotations = require "cffi.bind.annotations"
local chunks = require "cffi.include.chunks"
local compiler = require "cffi.include.compiler"
local session = require "cffi.include.session"
local source = require "cffi.repl.source"
local units = require "cffi.include.unit"
local writer = require "cffi.bind.writer"

local bind = {}

-- The headers' own names as a list of { name =, kind = }, each once, and a set of their files.
local function own_names(unit)
    local list, files, seen = {}, {}, {}
    for name, kind, file in units.names(unit) do
        files[file] = true
        if not seen[name] then
            seen[name] = true
            list[#list + 1] = { name = name, kind = kind }
        end
    end
    return list, files
end

-- The value of a constant expression as Lua has it; nil when the text is none.
local function constant(ffi, text)
    local ok, value = pcall(ffi.eval, text)
    if ok and type(value) ~= "string" then
        return ffi.toretval(value)
    end
    return ok and value or nil
end

-- Splits the macros into constants, integers and texts that are the same wherever they are used,
-- and the others, which stay C text.
local function split_macros(ffi, unit, names)
    local constants, macros = {}, {}
    local find = units.macro_finder(unit)
    for _, item in ipairs(names) do
        local macro = item.kind:find "macro" and find(item.name)
        if macro and not macro.broken then
            local value = not macro.count and constant(ffi, macro.text)
            if macro.text == "" and not macro.count then
                constants[item.name] = true
            elseif math.type(value) == "integer" or type(value) == "string" then
                constants[item.name] = value
            else
                macro.name = item.name
                macros[#macros + 1] = macro
            end
        end
    end
    return constants, macros
end

-- What ffi.load is to try for a library: its soname, then the name that `-l` takes.
local function library_names(ffi, libraries)
    local list = {}
    for _, library in ipairs(libraries) do
        local path = tostring(library):gsub("^library: ", "")
        local file = path:match "[^/]*$"
        list[#list + 1] = library == ffi.C and "C"
            or { file, file:match "^lib(.-)%.so" or file }
    end
    return list
end

local function needed_chunks(ffi, unit, files)
    local list, places = chunks.split(unit.text), {}
    local function place_of(name)
        if not places[name] then
            local _, _, file, line = ffi.declaration(name)
            places[name] = { file, line }
        end
        return table.unpack(places[name], 1, 2)
    end
    chunks.needed(list, place_of, function(file) return files[file] end)
    for _, chunk in ipairs(list) do
        chunk.own = files[chunk.file]
    end
    return list
end

-- What is known of headers, for the writers. `options` are those of ffi.include.
local function gather(headers, options, command)
    local ffi = core.scope()
    local unit, libraries = session.include(ffi, headers, options)
    local names, files = own_names(unit)
    local constants, macros = split_macros(ffi, unit, names)
    return {
        ffi = ffi,
        title = compiler.title(headers),
        command = command,
        target = ("%s %s"):format(ffi.arch, ffi.os),
        libraries = library_names(ffi, libraries),
        names = names,
        constants = constants,
        macros = macros,
        chunks = needed_chunks(ffi, unit, files),
        shadowed = unit.shadowed,
        comment_of = function(chunk) return source.comment(chunk.file, chunk.line) end,
    }
end

-- bind.text(headers, options, command, name): the text of the module and that of the file for
-- editors. `command` stands in both, `name` is the class of the namespace. Raises strings without
-- a position.
function bind.text(headers, options, command, name)
    local bound = gather(headers, options, command)
    return writer.module(bound), annotations.text(bound, name)
end

return bind
