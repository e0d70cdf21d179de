-- The declarations of a large unit one by one: which piece of its text declares a name, and which
-- other pieces that one needs. So a program that uses three functions of the system's headers does
-- not declare six thousand. What is known of the pieces are strings of the unit, too:
--
--   pieces     a record for each, of RECORD: first and last byte in the text, line, number of the
--              file in `paths`, what #pragma pack says there, and where its links begin
--   links      the numbers of the pieces that each one needs: how many, then these
--   declarers  a line for each name, be it a tag's or another: name, numbers of pieces
--   declared   where the lines of the declarers are (cffi/include/index.lua)
local late = require "cffi.late"
local chunks = late "cffi.include.chunks"
local index = require "cffi.include.index"
local units = require "cffi.include.unit"

local pieces = {}

local RECORD = "<I4I4I4I4I4I4"
local SIZE = string.packsize(RECORD)

-- ---- making ------------------------------------------------------------------------------------

-- Keeps account of #pragma pack: returns a function that takes the pragmas in their order and says
-- how many bytes hold after each, 0 when none do.
local function packing()
    local now, outer = 0, {}
    return function(line)
        local words = line:match "^#%s*pragma%s+pack%s*%((.*)%)"
        if words and words:find "pop" then
            now = table.remove(outer) or 0
        elseif words then
            outer[#outer + 1] = words:find "push" and now or nil
            now = tonumber(words:match "%d+%s*$") or words:find "push" and now or 0
        end
        return now
    end
end

-- Adds the fields above to a unit. `ffi` is a scope in which its text is declared.
function pieces.add(unit, ffi)
    local paths, numbers = units.paths(unit), {}
    for number, path in ipairs(paths) do
        numbers[path] = number
    end
    local list, pack, pack_of = {}, 0, packing()
    for _, chunk in ipairs(chunks.split(unit.text)) do
        if chunk.pragma then
            pack = pack_of(chunk.text)
        else
            list[#list + 1] = chunk
            chunk.number, chunk.pack = #list, pack
        end
    end
    local records, links, at = {}, {}, 1
    local declarers = chunks.link(list, function(name)
        return select(3, ffi.declaration(name))
    end)
    for i, chunk in ipairs(list) do
        local file = numbers[chunk.file] or #paths + 1 -- one that declares no names
        paths[file], numbers[chunk.file] = chunk.file, file
        records[i] = RECORD:pack(chunk.first, chunk.stop, chunk.line, file, chunk.pack, at)
        table.sort(chunk.needs, function(a, b) return a.number < b.number end)
        local needs = { string.pack("<I4", #chunk.needs) }
        for k, other in ipairs(chunk.needs) do
            needs[k + 1] = string.pack("<I4", other.number)
        end
        links[i] = table.concat(needs)
        at = at + #links[i]
    end
    local lines = {}
    for name, found in pairs(declarers) do
        local line = {}
        for i, chunk in ipairs(found) do
            line[i] = chunk.number
        end
        lines[#lines + 1] = line[1] and ("%s\t%s\n"):format(name, table.concat(line, " "))
    end
    table.sort(lines)
    unit.paths = table.concat(paths, "\n")
    unit.pieces, unit.links = table.concat(records), table.concat(links)
    unit.declarers = table.concat(lines)
    unit.declared = index.of(unit.declarers)
end

-- ---- using -------------------------------------------------------------------------------------

-- How the fields of a unit are read.
local function reader_of(unit)
    local records, size = units.view(unit, "pieces")
    local links, text = units.view(unit, "links"), units.view(unit, "text")
    local declarers = units.view(unit, "declarers")
    local declared, declared_size = units.view(unit, "declared")
    local reader = { count = size // SIZE, text = text }
    function reader.record(number)
        return RECORD:unpack(records:sub((number - 1) * SIZE + 1, number * SIZE))
    end
    function reader.link(at)
        return (string.unpack("<I4", links:sub(at, at + 3)))
    end
    function reader.declarers(name)
        local line = index.find(declared, declared_size, declarers, name)
        return (line or ""):gmatch "%d+"
    end
    return reader
end

-- Adds the number of a piece to `list`, and those of what it needs.
local function collect(reader, done, list, number)
    if done[number] then
        return
    end
    done[number] = true
    list[#list + 1] = number
    local _, _, _, _, _, at = reader.record(number)
    for i = 1, reader.link(at) do
        collect(reader, done, list, reader.link(at + 4 * i))
    end
end

-- The text of these pieces, in their order in the headers, each with file and line.
local function text_of(reader, paths, list)
    table.sort(list)
    local parts = {}
    for i, number in ipairs(list) do
        local first, stop, line, file, pack = reader.record(number)
        local text = ('# %d "%s"\n%s\n'):format(line, paths[file], reader.text:sub(first, stop))
        parts[i] = pack == 0 and text
            or ("#pragma pack(push, %d)\n%s#pragma pack(pop)\n"):format(pack, text)
    end
    return table.concat(parts)
end

-- A scope's table that knows all names of a unit, and declares each when it is first mentioned: in
-- the names and texts that typeof, eval and declaration are asked about. everything() declares the
-- rest.
function pieces.scope(ffi, unit)
    local reader, paths = reader_of(unit), units.paths(unit)
    local done, asked = {}, {}
    local function declare(list)
        local ok, why = pcall(ffi.cdef, text_of(reader, paths, list))
        for _, number in ipairs(ok and {} or list) do
            done[number] = nil
        end
        if not ok then
            error(why, 0)
        end
    end
    local function need(text)
        local list = {}
        for name in text:gmatch "[%a_\x80-\xff][%w_\x80-\xff]*" do
            for number in reader.declarers(name) do
                collect(reader, done, list, tonumber(number))
            end
        end
        if list[1] then
            declare(list)
        end
        asked[text] = true
    end
    local lazy = {}
    for _, name in ipairs { "typeof", "eval", "declaration" } do
        local fn = ffi[name]
        lazy[name] = function(text, ...)
            if type(text) == "string" and not asked[text] then
                need(text)
            end
            return fn(text, ...)
        end
    end
    function lazy.everything()
        local list = {}
        for number = 1, reader.count do
            list[#list + 1] = not done[number] and number or nil
            done[number] = true
        end
        if list[1] then
            declare(list)
        end
    end
    return setmetatable(lazy, { __index = ffi })
end

return pieces
