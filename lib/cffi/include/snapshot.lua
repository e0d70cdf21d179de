-- The snapshot of C's, POSIX's and Linux's headers that `make` made with the compiler that built
-- the module, and which lies beside the core: one unit (cffi/include/unit.lua) for all of them. It
-- serves cffi.posix, and ffi.include where there is no compiler.
local fields = require "cffi.include.fields"
local mapped = require "cffi.include.mapped"
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

-- The unit when it has all of these headers; its own names are then theirs and those of the files
-- that they stand for in libc (<sys/stat.h>: bits/stat.h).
function snapshot.covers(headers)
    local unit = snapshot.unit()
    if not unit then
        return nil
    end
    local wanted = {}
    for _, header in ipairs(headers) do
        if not unit.headers:find("\n" .. header .. "\n", 1, true) then
            return nil
        end
        wanted[#wanted + 1] = "/" .. header
        wanted[#wanted + 1] = "/bits/" .. header:match "[^/]*$"
    end
    local own = {}
    for number, file in ipairs(units.paths(unit)) do
        for _, suffix in ipairs(wanted) do
            own[number] = own[number] or file:sub(-#suffix) == suffix
        end
    end
    local names = {}
    for line, file in unit.names:gmatch "([^\t\n]*\t[^\t\n]*\t(%d+)\t%d+\n)" do
        names[#names + 1] = own[tonumber(file)] and line or nil
    end
    return setmetatable({ names = table.concat(names) }, { __index = unit })
end

return snapshot
