-- A growing byte buffer and a binary parser: malloc with ffi.gc, casts of strings, unions, bit-fields.
local ffi = require "ffi"
local bit = require "bit"
local C = ffi.C

ffi.cdef [[
void *malloc(size_t); void *realloc(void *, size_t); void free(void *);
int memcmp(const void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
typedef struct buffer_s { uint8_t *data; size_t size, capacity; } buffer_t;
#pragma pack(push, 1)
typedef struct {
    char magic[4];
    uint16_t version;
    union { uint32_t raw; struct { uint32_t kind : 4, level : 12, rest : 16; }; uint8_t byte[4]; } flags;
    int64_t stamp;
    float ratio;
    uint8_t count;
} header_t;
#pragma pack(pop)
typedef struct { uint8_t length; char text[?]; } pascal_t;
typedef union { double d; uint64_t u; struct { uint32_t lo, hi; } w; } bits_t;
]]

local methods = {}
local buffer_t = ffi.metatype("buffer_t", {
    __index = methods,
    __len = function(b) return tonumber(b.size) end,
    __tostring = function(b) return ffi.string(b.data, b.size) end,
    __gc = function(b) C.free(b.data) end,
    __concat = function(a, b) return tostring(a) .. tostring(b) end,
})
function methods.reserve(b, n)
    local need = b.size + n
    if need > b.capacity then
        local capacity = b.capacity
        if capacity == 0 then capacity = 8 end
        while capacity < need do capacity = capacity * 2 end
        local p = ffi.cast("uint8_t *", C.realloc(b.data, capacity))
        if p == nil then error "out of memory" end
        b.data, b.capacity = p, capacity
    end
    return b.data + b.size
end
function methods.put(b, s, n)
    n = n or #s
    ffi.copy(b:reserve(n), s, n)
    b.size = b.size + n
    return b
end
function methods.number(b, ctype, value)
    local box = ffi.new(ffi.typeof("$[1]", ffi.typeof(ctype)), value)
    return b:put(box, ffi.sizeof(box))
end
function methods.drop(b, n)
    b.size = b.size - n
    C.memmove(b.data, b.data + n, b.size)
end

local b = buffer_t()
b:put "CFFI":number("uint16_t", 3):number("uint32_t", 0xABCD0125):number("int64_t", -2)
    :number("float", 0.5):number("uint8_t", 3)
b:put("\003one\003two\005three")
print(#b, tonumber(b.capacity), ffi.sizeof "header_t")

local data = tostring(b)
local p = ffi.cast("const uint8_t *", data)
local h = ffi.cast("const header_t *", p)
print(ffi.string(h.magic, 4), h.version, h.flags.kind, h.flags.level, h.flags.rest, h.flags.byte[3],
    tonumber(h.stamp), h.ratio, h.count)
print(ffi.string(h.magic) == "CFFI\3", h.magic[0] == ("C"):byte(), C.memcmp(p, "CFFI", 4))
local at = ffi.sizeof "header_t"
local words = {}
for _ = 1, h.count do
    local n = p[at]
    words[#words + 1] = ffi.string(p + at + 1, n)
    at = at + n + 1
end
print(table.concat(words, ","), at == #data, p + at == ffi.cast("const uint8_t *", data) + #data)
local s = ffi.new("pascal_t", 5)
s.length = 5
ffi.copy(s.text, "hello", 5)
print(ffi.sizeof(s), ffi.sizeof("pascal_t", 10), ffi.string(s.text, s.length))
b:drop(4)
print(#b, tostring(b):byte(1, 2))
print(#(b .. "!"), pcall(function() h.version = 4 end) == false)

local u = ffi.new "bits_t"
u.d = 1.5
print(bit.tohex(u.w.hi), u.w.lo, u.u - 0x3ff8000000000000ULL, bit.tohex(u.u + 0ULL))
u.u = 0x7ff0000000000000ULL
print(u.d == math.huge)

local matrix = ffi.new("float[3][3]", { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } })
local row = matrix[1]
row[2] = 0.25
print(matrix[1][2], ffi.sizeof(matrix), ffi.sizeof(row))
local names = ffi.new("const char *[3]", { "zero", "one" })
print(ffi.string(names[0]), ffi.string(names[1]), names[2] == nil)
local raw = ffi.gc(C.malloc(64), C.free)
local ints = ffi.cast("int32_t *", raw)
for i = 0, 15 do ints[i] = i * i end
local sum = 0
for i = 0, 15 do sum = sum + ints[i] end
local finish = ints + 16
local n = 0
while ints < finish do n, ints = n + 1, ints + 1 end
print(sum, n, finish - ffi.cast("int32_t *", raw))
ffi.fill(raw, 64, 0xFF)
print(ffi.cast("int32_t *", raw)[3], ffi.cast("uint16_t *", raw)[3], tonumber(ffi.cast("int64_t *", raw)[0]))
C.free(ffi.gc(raw, nil))
