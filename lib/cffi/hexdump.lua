-- ffi.hexdump(v [, n]): the bytes at a pointer, of an object or of a string, as text with their
-- addresses and what they are in ASCII. Memory that cannot be read is said to be so.
local bytes_of = require "cffi.bytes"
local memory = require "cffi.memory"

local ROW = bytes_of.ROW
local UNKNOWN_SIZE = 64 -- bytes shown where nobody knows how many there are
-- Bytes of memory that are shown at most: what is read is kept in memory, which would be read, too.
local MOST = 1 << 20

-- Rows of `bytes`; of those that repeat the one before only a star.
local function add_rows(list, format, start, bytes)
    local last
    for at = 1, #bytes, ROW do
        local row = bytes:sub(at, at + ROW - 1)
        if row ~= last or at + ROW > #bytes then
            list[#list + 1] = format:format(start + at - 1) .. "  " .. bytes_of.row(row)
        elseif list[#list] ~= "*" then
            list[#list + 1] = "*"
        end
        last = row
    end
end

local function count_of(n, known)
    if n == nil then
        return known
    elseif math.type(n) ~= "integer" or n < 0 then
        error(("bad argument #2 to 'hexdump' (number of bytes expected, got %s)"):format(n), 3)
    end
    return n
end

return function(scope)
    -- Address of the memory that a value stands for, and its size.
    local function place_of(v)
        if type(v) == "function" then -- one of C's: its code
            local info = scope.reflect(v)
            v = scope.cast("void *", v)
            return memory.address(v, true), info.size or UNKNOWN_SIZE
        end
        local info = scope.reflect(v)
        if info.kind == "pointer" then
            return memory.address(v, true), scope.reflect(info.target).size or UNKNOWN_SIZE
        end
        local sized, size = pcall(scope.sizeof, v) -- an open-ended array has none
        return memory.address(v, false), sized and size or UNKNOWN_SIZE
    end

    local function hexdump(v, n, ...)
        if select("#", ...) > 0 then
            error("bad argument #3 to 'hexdump' (two arguments are enough)", 2)
        end
        local list = {}
        if type(v) == "string" then
            add_rows(list, "%08x", 0, v:sub(1, count_of(n, #v)))
            return table.concat(list, "\n")
        end
        local ok, address, size = pcall(place_of, v)
        if not ok or scope.type(v) ~= "cdata" and type(v) ~= "function" then
            error(("bad argument #1 to 'hexdump' (C object or string expected, got %s)"):format(
                scope.type(v)), 2)
        end
        size = count_of(n, size)
        local bytes = memory.read(address, math.min(size, MOST))
        add_rows(list, "0x%012x", address, bytes)
        if #bytes == MOST and size > MOST then
            list[#list + 1] = ("0x%012x  (%d bytes more)"):format(address + MOST, size - MOST)
        elseif #bytes < size then
            list[#list + 1] = ("0x%012x  (unreadable)"):format(address + #bytes)
        end
        return table.concat(list, "\n")
    end
    return { hexdump = hexdump }
end
