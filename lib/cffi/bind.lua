-- `cffi bind`: what ffi.include finds in headers, as a Lua module that needs neither them nor a
-- compiler, and a file of its names for editors.
local core = require "cffi"
local annotations = require "cffi.bind.annotations"
local chunks = require "cffi.include.chunks"
local compiler = require "cffi.include.compiler"
local earlier = require "cffi.bind.earlier"
local session = require "cffi.include.session"
local source = require "cffi.repl.source"
local target = require "cffi.bind.target"
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

-- Whether a text has the same value wherever it is compiled: numbers and texts without the types
-- and names that differ among machines.
local function is_portable(text)
    local rest = text:gsub('"[ -~]*"', ""):gsub("'[ -~]'", "0"):gsub("0[xX]%x+", "0")
    return not rest:gsub("%d[uU]", "0"):find "[%a_\x80-\xff\"']"
end

-- The value of a constant expression as Lua has it; nil when the text is none.
local function constant(ffi, text, foreign)
    if foreign and not is_portable(text) then
        return nil
    end
    local ok, value = pcall(ffi.eval, text)
    if ok and type(value) ~= "string" then
        return ffi.toretval(value)
    end
    return ok and value or nil
end

-- Splits the macros into constants, integers and texts that are the same wherever they are used,
-- and the others, which stay C text.
local function split_macros(ffi, unit, names, foreign)
    local constants, macros = {}, {}
    local find = units.macro_finder(unit)
    for _, item in ipairs(names) do
        local macro = item.kind:find "macro" and find(item.name)
        if macro and not macro.broken then
            local value = not macro.count and constant(ffi, macro.text, foreign)
            if macro.text == "" and not macro.count then
                constants[item.name] = true
            elseif math.type(value) == "integer" or type(value) == "string" then
                constants[item.name] = value
            else
                macros[#macros + 1] = { item.name, macro.count or false, variadic = macro.variadic,
                    (macro.text:gsub("cffi__arg_(%d+)_", "$%1"):gsub("cffi__rest", "$*")) }
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

-- What a file of C declarations says of calls, declared and behind the headers' own.
local function annotate(ffi, list, path)
    local file, missing = io.open(path)
    if not file then
        error("cannot read " .. missing, 0)
    end
    local text = file:read "a"
    file:close()
    local ok, why = pcall(ffi.cdef, text, { name = path })
    if not ok then
        error((why:gsub("^[^\n:]+:%d+: ", "", 1)), 0)
    end
    for _, chunk in ipairs(chunks.split((text:gsub("/%*.-%*/", " "):gsub("//[^\n]*", "")))) do
        chunk.needed = true
        list[#list + 1] = chunk
    end
end

local function name_words(names)
    local words = {}
    for i, item in ipairs(names) do
        words[i] = ("%s:%s"):format(item.name, (item.kind:gsub(" ", "_")))
    end
    return words
end

-- What is known of headers, for the writers. `options` are those of ffi.include.
local function gather(headers, options)
    local ffi = core.scope()
    local annotations_of = options.annotate
    options.annotate = nil
    local unit, libraries, _, known = session.include(ffi, headers, options)
    local names, files = own_names(unit)
    local needed = needed_chunks(ffi, unit, files)
    if annotations_of then
        annotate(ffi, needed, annotations_of)
    end
    local on = known.how.program and target.of(known.how, known.flags) or target.own()
    local constants, macros = split_macros(ffi, unit, names, on ~= target.own())
    return {
        ffi = ffi,
        title = compiler.title(headers),
        target = on,
        libraries = library_names(ffi, libraries),
        own = names,
        names = name_words(names),
        constants = constants,
        macros = macros,
        chunks = needed,
        shadowed = unit.shadowed,
        comment_of = function(chunk) return source.comment(chunk.file, chunk.line) end,
    }
end

-- bind.text(headers, options, command, name [, old]): the text of the module and that of the file
-- for editors. `options.annotate` names a file of C declarations that say how to call
-- (docs/design.md S24). `command` stands in both, `name` is the class of the namespace. `old`:
-- { module =, editors = }, texts of an earlier call, with whose targets the new one is merged.
-- Raises strings without a position.
function bind.text(headers, options, command, name, old)
    local bound = gather(headers, options)
    bound.command = command
    local parts = writer.parts(bound, bound.target)
    local module = { title = bound.title, command = command, targets = { bound.target },
        parts = parts }
    if old then
        module = earlier.merged(module, earlier.read(old.module))
    end
    return writer.module(module), annotations.text(bound, name, old and old.editors)
end

return bind
