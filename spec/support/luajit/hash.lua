-- Hashes as published in pure LuaJIT: 64-bit literals, bit operations on 64-bit cdata, strings read
-- through a cast, tables of uint32_t.
local ffi = require "ffi"
local bit = require "bit"
local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
local rol, ror, lshift, rshift, tohex, bswap = bit.rol, bit.ror, bit.lshift, bit.rshift, bit.tohex, bit.bswap

local function fnv1a64(s)
    local p = ffi.cast("const uint8_t *", s)
    local h = 0xcbf29ce484222325ULL
    for i = 0, #s - 1 do
        h = bxor(h, p[i]) * 0x100000001b3ULL
    end
    return h
end
for _, s in ipairs { "", "a", "foobar", "hello\0world" } do
    print(fnv1a64(s), tohex(fnv1a64(s)), tonumber(band(fnv1a64(s), 0xffff)))
end

local function splitmix(seed)
    local state = ffi.cast("uint64_t", seed)
    return function()
        state = state + 0x9e3779b97f4a7c15ULL
        local z = state
        z = bxor(z, rshift(z, 30)) * 0xbf58476d1ce4e5b9ULL
        z = bxor(z, rshift(z, 27)) * 0x94d049bb133111ebULL
        return bxor(z, rshift(z, 31))
    end
end
local random = splitmix(42)
for _ = 1, 4 do
    local v = random()
    print(v, tonumber(v % 100), tonumber(rshift(v, 11)) * 2 ^ -53 < 1)
end

local crc_table = ffi.new "uint32_t[256]"
for i = 0, 255 do
    local c = i
    for _ = 1, 8 do
        c = band(c, 1) ~= 0 and bxor(0xEDB88320, rshift(c, 1)) or rshift(c, 1)
    end
    crc_table[i] = c
end
local function crc32(s)
    local c = 0xFFFFFFFF
    for i = 1, #s do
        c = bxor(crc_table[band(bxor(c, s:byte(i)), 0xFF)], rshift(c, 8))
    end
    return bxor(c, 0xFFFFFFFF)
end
print(tohex(crc32 "123456789"), ("%.0f"):format(crc32 "123456789" % 2 ^ 32), crc_table[255], tohex(crc_table[1]))

local u64 = ffi.typeof "uint64_t"
local function siphash(key, s)
    local k = ffi.cast("const uint64_t *", key)
    local k0, k1 = u64(k[0]), u64(k[1])
    local v0, v1 = bxor(k0, 0x736f6d6570736575ULL), bxor(k1, 0x646f72616e646f6dULL)
    local v2, v3 = bxor(k0, 0x6c7967656e657261ULL), bxor(k1, 0x7465646279746573ULL)
    local function round()
        v0 = v0 + v1; v1 = rol(v1, 13); v1 = bxor(v1, v0); v0 = rol(v0, 32)
        v2 = v2 + v3; v3 = rol(v3, 16); v3 = bxor(v3, v2)
        v0 = v0 + v3; v3 = rol(v3, 21); v3 = bxor(v3, v0)
        v2 = v2 + v1; v1 = rol(v1, 17); v1 = bxor(v1, v2); v2 = rol(v2, 32)
    end
    local n = #s
    local p = ffi.cast("const uint8_t *", s)
    for i = 0, math.floor(n / 8) - 1 do
        local m = u64(ffi.cast("const uint64_t *", p)[i])
        v3 = bxor(v3, m); round(); round(); v0 = bxor(v0, m)
    end
    local last = ffi.new("union { uint8_t b[8]; uint64_t w; }")
    for i = 0, n % 8 - 1 do last.b[i] = p[n - n % 8 + i] end
    last.b[7] = n
    v3 = bxor(v3, last.w + 0ULL); round(); round(); v0 = bxor(v0, last.w + 0ULL)
    v2 = bxor(v2, 0xffULL)
    for _ = 1, 4 do round() end
    return bxor(v0, v1, v2, v3)
end
local key = {}
for i = 0, 15 do key[i + 1] = string.char(i) end
local message = {}
for i = 0, 14 do message[i + 1] = string.char(i) end
print(tohex(siphash(table.concat(key), table.concat(message)))) -- a129ca6149be45e5

local x = 0x0123456789ABCDEFULL
print(bnot(x), bswap(x), ror(x, 8), lshift(x, 4), tohex(bor(x, 0xF0), 8), band(x, -1LL), bit.arshift(-16LL, 2))
print(bnot(0), bswap(0x12345678), tohex(-1), bit.tobit(2 ^ 32 + 5), band(0xFFFFFFFF, 0xFF), bor(1, 2, 4, 8))
print(x == 0x0123456789ABCDEFLL, x < 0xFFFFFFFFFFFFFFFFULL, -1LL < 0, 5ULL > 3, 7LL / 2, -7LL / 2, -7LL % 3, 2LL ^ 40)
print(tonumber(x / 2 ^ 32 % 2 ^ 16), tostring(12LL), tostring(12ULL), tonumber "0x10", tonumber(3LL) + 0.5)
local t = {}
t[tonumber(5LL)] = "five"
print(t[5], type(5LL), type(x), (5LL + 1) * 2, 10 - 3LL, -(3LL))
