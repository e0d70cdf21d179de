-- A file as gzip writes it, through zlib's streams.
local ffi = require "cffi"
local z = ffi.include("zlib.h", { defs = { ZLIB_CONST = true } })

local function check(code)
    return code >= z.Z_OK and code or error(ffi.string(z.zError(code)), 2)
end

local input <close> = assert(io.open(arg[1], "rb"))
local output <close> = assert(io.open(arg[2], "wb"))
local stream, size = z.z_stream(), 1 << z.MAX_WBITS
check(z.deflateInit2(stream, z.Z_BEST_COMPRESSION, z.Z_DEFLATED, z.MAX_WBITS + 16, z.MAX_MEM_LEVEL,
    z.Z_DEFAULT_STRATEGY))
local buffer = ffi.new("unsigned char[?]", size)
repeat
    local part = input:read(size)
    local flush = part and z.Z_NO_FLUSH or z.Z_FINISH
    local bytes = ffi.new("unsigned char[?]", #(part or "") + 1, part or "")
    stream.next_in, stream.avail_in = bytes, #(part or "")
    repeat
        stream.next_out, stream.avail_out = buffer, size
        local code = check(z.deflate(stream, flush))
        output:write(ffi.string(buffer, size - stream.avail_out))
    until stream.avail_out > 0 or code == z.Z_STREAM_END
until flush == z.Z_FINISH
print(stream.total_in, stream.total_out > 0)
check(z.deflateEnd(stream))
