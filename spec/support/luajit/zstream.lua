-- A zlib stream in pieces, as LuaJIT programs write it.
local ffi = require "ffi"
local bit = require "bit"

ffi.cdef [[
typedef struct z_stream_s {
    const uint8_t *next_in; unsigned avail_in; unsigned long total_in;
    uint8_t *next_out; unsigned avail_out; unsigned long total_out;
    const char *msg; void *state;
    void *(*zalloc)(void *, unsigned, unsigned); void (*zfree)(void *, void *); void *opaque;
    int data_type; unsigned long adler; unsigned long reserved;
} z_stream;
const char *zlibVersion(void);
int deflateInit_(z_stream *, int level, const char *version, int stream_size);
int deflate(z_stream *, int flush);
int deflateEnd(z_stream *);
int inflateInit_(z_stream *, const char *version, int stream_size);
int inflate(z_stream *, int flush);
int inflateEnd(z_stream *);
unsigned long crc32(unsigned long crc, const uint8_t *buf, unsigned len);
]]

local z = ffi.load "z"
local Z_OK, Z_STREAM_END, Z_FINISH, Z_NO_FLUSH = 0, 1, 4, 0
local version = z.zlibVersion()

local Stream = {}
Stream.__index = Stream

function Stream:run(step, input, flush)
    local out, buffer = {}, ffi.new("uint8_t[?]", 256)
    local keep = ffi.new("uint8_t[?]", #input)
    ffi.copy(keep, input, #input)
    self.next_in, self.avail_in = keep, #input
    repeat
        self.next_out, self.avail_out = buffer, 256
        local code = step(self, flush)
        assert(code == Z_OK or code == Z_STREAM_END, code)
        out[#out + 1] = ffi.string(buffer, 256 - self.avail_out)
    until self.avail_out ~= 0 or code == Z_STREAM_END
    assert(self.avail_in == 0)
    return table.concat(out)
end

local stream_t = ffi.metatype("z_stream", Stream)

local text = {}
for i = 1, 2000 do
    text[i] = ("line %d: %s\n"):format(i, bit.tohex(i * 7919))
end
text = table.concat(text)

local deflater = stream_t()
assert(z.deflateInit_(deflater, 9, version, ffi.sizeof(deflater)) == Z_OK)
local packed = deflater:run(z.deflate, text, Z_FINISH)
assert(deflater.total_in == #text and deflater.total_out == #packed)
z.deflateEnd(deflater)

local inflater = stream_t()
assert(z.inflateInit_(inflater, version, ffi.sizeof("z_stream")) == Z_OK)
local parts = {}
for from = 1, #packed, 100 do
    parts[#parts + 1] = inflater:run(z.inflate, packed:sub(from, from + 99), Z_NO_FLUSH)
end
z.inflateEnd(inflater)
local whole = table.concat(parts)

print(#text, whole == text, #packed < #text / 2)
print(bit.tohex(tonumber(z.crc32(0, whole, #whole))))
