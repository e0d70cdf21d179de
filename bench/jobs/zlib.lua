-- Zlib against lua-zlib.
local ffi = require "cffi"
local found, zlib = pcall(require, "zlib")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef [[
unsigned long compressBound(unsigned long size);
int compress2(unsigned char *to, unsigned long *size, const unsigned char *from,
    unsigned long length, int level);
int uncompress(unsigned char *to, unsigned long *size, const unsigned char *from,
    unsigned long length);
unsigned long crc32(unsigned long crc, const unsigned char *data, unsigned size);
]]
said.cdef [==[
unsigned long compressBound(unsigned long size);
[[cffi::status(0)]] int compress2([[cffi::out(size)]] unsigned char *to, unsigned long *size,
    [[cffi::in(length)]] const unsigned char *from, unsigned long length,
    [[cffi::default(6)]] int level);
[[cffi::status(0)]] int uncompress([[cffi::out(size)]] unsigned char *to, unsigned long *size,
    [[cffi::in(length)]] const unsigned char *from, unsigned long length);
unsigned long crc32(unsigned long crc, [[cffi::in(size)]] const unsigned char *data, unsigned size);
]==]

local pieces = {}
for i = 1, 20000 do
    pieces[i] = ("%d,%d;"):format(i, i * 7919 % 1000)
end
local LARGE, SHORT = table.concat(pieces), ("a short text, "):rep(10)

return function(job)
    if not found then
        return
    end
    local c, a = plain.load "z", said.load "z"
    local function plain_pack(text)
        local size = plain.new("unsigned long[1]", c.compressBound(#text))
        local buffer = plain.new("unsigned char[?]", size[0])
        assert(c.compress2(buffer, size, text, #text, 6) == 0)
        return plain.string(buffer, size[0])
    end
    local function plain_unpack(text, room)
        local size = plain.new("unsigned long[1]", room)
        local buffer = plain.new("unsigned char[?]", room)
        assert(c.uncompress(buffer, size, text, #text) == 0)
        return plain.string(buffer, size[0])
    end
    local function sides(text, times)
        return {
            binding = function()
                local size = 0
                for _ = 1, times do
                    local packed = zlib.deflate(6)(text, "finish")
                    size = size + #zlib.inflate()(packed)
                end
                return size
            end,
            plain = function()
                local size = 0
                for _ = 1, times do
                    size = size + #plain_unpack(plain_pack(text), #text)
                end
                return size
            end,
            annotated = function()
                local size = 0
                for _ = 1, times do
                    local packed = assert(a.compress2(a.compressBound(#text), text))
                    size = size + #a.uncompress(#text, packed)
                end
                return size
            end,
        }
    end
    job("zlib: pack and unpack 200 KB", "lua-zlib", sides(LARGE, 1))
    job("zlib: pack and unpack 200 short texts", "lua-zlib", sides(SHORT, 200))
    job("zlib: checksums of 10,000 short texts", "lua-zlib", {
        binding = function()
            local sum = 0
            for i = 1, 10000 do sum = sum ~ zlib.crc32()("text number " .. i) end
            return sum
        end,
        plain = function()
            local sum, crc32 = 0, c.crc32
            for i = 1, 10000 do
                local text = "text number " .. i
                sum = sum ~ crc32(0, text, #text)
            end
            return sum
        end,
        annotated = function()
            local sum, crc32 = 0, a.crc32
            for i = 1, 10000 do sum = sum ~ crc32(0, "text number " .. i) end
            return sum
        end,
    })
end
