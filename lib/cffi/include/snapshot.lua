-- The snapshot of C's, POSIX's and Linux's headers that `make` made with the compiler that built
-- the module, and which lies beside the core: one unit (cffi/include/unit.lua) for all of them. It
-- serves cffi.posix, and ffi.include where there is no compiler.
local fields = require "cffi.include.fields"
local mapped = require "cffi.include.mapped"
local own = require "cffi.include.own"
local units = require "cffi.include.unit"

local snapshot = {}

-- Its own name in its file; changes when the format of a unit does.
local KEY = "posix"

local known

-- Where the snapshot lies: beside core.so.
local function path()
    local core = package.searchpath("cffi.core", package.cpath)
    return core and core:gsub("core%.so$", "posix.headers")
end

-- The unit, read once; nil and why when there is none.
function snapshot.unit()
    if not known then
        local file = path()
        local bytes, size = mapped.file(file or "")
        known = bytes and fields.lazily(bytes, size, KEY) -- trusted as core.so is
        if not known then
            return nil, ("%s is missing or damaged: run make"):format(file or "posix.headers")
        end
    end
    return known
end

-- The text of a snapshot's file.
function snapshot.encode(unit)
    return fields.encode(KEY, unit)
end

-- Which file includes which, as the snapshot's field `includes` has it.
function snapshot.includes(list)
    local lines = {}
    for i, include in ipairs(list) do
        lines[i] = ("%s\t%s\t%s\n"):format(include.from, include.file,
            include.in_quotes and "q" or "")
    end
    return table.concat(lines)
end

-- Whether a name of a file is one of the headers' own.
local function ownership(unit, headers)
    local asked, includes = {}, {}
    for _, file in ipairs(units.paths(unit)) do
        for _, header in ipairs(headers) do
            asked[file] = asked[file] or own.is_header(file, header) or nil
        end
    end
    for from, file, quote in unit.includes:gmatch "([^\t\n]*)\t([^\t\n]*)\t(q?)\n" do
        includes[#includes + 1] = { from = from, file = file, in_quotes = quote ~= "" }
    end
    return own.names(asked, includes)
end

-- The unit when it has all of these headers; its own names are then theirs.
function snapshot.covers(headers)
    local unit = snapshot.unit()
    if not unit then
        return nil
    end
    for _, header in ipairs(headers) do
        if not unit.headers:find("\n" .. header .. "\n", 1, true) then
            return nil
        end
    end
    local is_listed, paths = ownership(unit, headers), units.paths(unit)
    local names, counts = {}, {}
    for line, name, kind, file in
        unit.names:gmatch "(([^\t\n]*)\t([^\t\n]*)\t(%d+)\t%d+\n)" do
        if is_listed(name, paths[tonumber(file)]) then
            names[#names + 1] = line
            counts[kind] = (counts[kind] or 0) + 1
        end
    end
    local fields_of = { names = table.concat(names), kinds = units.kinds(counts) }
    return setmetatable(fields_of, { __index = unit })
end

return snapshot
