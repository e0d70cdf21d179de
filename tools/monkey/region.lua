-- The model of memory: a region is what one allocation holds, byte by byte. A byte is an integer, or false
-- where nothing is promised (the padding of a long double).
--
-- region.kept maps an offset to what the pointer there keeps alive: {region=, offset=, type=} or {text=}, as
-- long as its bytes are what was stored.
local region = {}
region.__index = region

function region.new(size, zeroed)
    local self = setmetatable({ size = size, kept = {} }, region)
    for i = 1, size do
        self[i] = zeroed and 0
    end
    return self
end

-- The bytes [offset, offset+n) as a string; nil when one of them is unknown.
function region:get(offset, n)
    for i = offset + 1, offset + n do
        if not self[i] then
            return nil
        end
    end
    local parts = {}
    for i = offset + 1, offset + n, 64 do
        parts[#parts + 1] = string.char(table.unpack(self, i, math.min(i + 63, offset + n)))
    end
    return table.concat(parts)
end

-- What pointers that overlap [offset, offset+n) keep is no longer promised.
function region:forget(offset, n)
    for at in pairs(self.kept) do
        if at + 8 > offset and at < offset + n then
            self.kept[at] = nil
        end
    end
end

-- bytes: a string, or a list with false for what is unknown.
function region:put(offset, bytes)
    self:forget(offset, #bytes)
    if type(bytes) == "string" then
        bytes = { bytes:byte(1, -1) }
    end
    table.move(bytes, 1, #bytes, offset + 1, self)
end

function region:fill(offset, n, byte)
    self:forget(offset, n)
    for i = offset + 1, offset + n do
        self[i] = byte
    end
end

-- memmove, with what the pointers keep. `keeps` false: only the bytes.
function region:copy(offset, from, from_offset, n)
    local kept = {}
    for at, what in pairs(from.kept) do
        if at >= from_offset and at + 8 <= from_offset + n then
            kept[at - from_offset + offset] = what
        end
    end
    self:forget(offset, n)
    table.move(from, from_offset + 1, from_offset + n, offset + 1, self)
    for at, what in pairs(kept) do
        self.kept[at] = what
    end
end

-- Bits of a bit-field as a non-negative integer (little-endian), and back.
function region:bits(offset, bit, width)
    local value = 0
    for i = 0, width - 1 do
        local at = bit + i
        local byte = self[offset + at // 8 + 1]
        if not byte then
            return nil
        end
        value = value | (byte >> (at % 8) & 1) << i
    end
    return value
end

function region:put_bits(offset, bit, width, value)
    for i = 0, width - 1 do
        local at = bit + i
        local index = offset + at // 8 + 1
        self:forget(index - 1, 1)
        local byte = self[index]
        if byte then
            self[index] = byte & ~(1 << at % 8) | (value >> i & 1) << (at % 8)
        end
    end
end

return region
