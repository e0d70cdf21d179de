-- The snapshot of C's, POSIX's and Linux's headers that `make` made with the compiler that built
-- the module, and which lies beside the core: one unit (cffi/include/unit.lua) for all of them. It
-- serves cffi.posix, and ffi.include where there is no compiler.
local cache = require "cffi.include.cache"
local system = require "cffi.include.system"

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
        local text = file and system.read_file(file)
        known = text and cache.lazily(text, KEY) -- trusted as core.so is
        if not known then
            return nil, ("%s is missing or damaged: run make"):format(file or "posix.headers")
        end
    end
    return known
end

-- The text of a snapshot's file.
function snapshot.encode(unit)
    return cache.encode(KEY, unit)
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
    local names = {}
    for line, file in unit.names:gmatch "([^\t\n]*\t[^\t\n]*\t([^\t\n]*)\t%d+\n)" do
        for _, suffix in ipairs(wanted) do
            if file:sub(-#suffix) == suffix then
                names[#names + 1] = line
                break
            end
        end
    end
    return setmetatable({ names = table.concat(names) }, { __index = unit })
end

return snapshot
