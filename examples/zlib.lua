-- What you learn: a library from its header, Lua strings as bytes, a result through a pointer.
-- Compresses a file (this one unless named), stores it, restores it and checks it.
local ffi = require "cffi"

local found, z = pcall(ffi.include, "zlib.h")
if not found then
    print "zlib is not here. Debian has it in the package zlib1g-dev."
    os.exit(77)
end

local function check(code)
    return code == z.Z_OK or error("zlib: " .. ffi.string(z.zError(code)), 2)
end

local function compress(text)
    local size = ffi.new("unsigned long[1]", z.compressBound(#text))
    local buffer = ffi.new("unsigned char[?]", size[0])
    check(z.compress2(buffer, size, text, #text, z.Z_BEST_COMPRESSION))
    return ffi.string(buffer, size[0])
end

local function restore(bytes, length)
    local size = ffi.new("unsigned long[1]", length)
    local buffer = ffi.new("unsigned char[?]", length)
    check(z.uncompress(buffer, size, bytes, #bytes))
    return ffi.string(buffer, size[0])
end

local function read(path)
    local file <close> = assert(io.open(path, "rb"))
    return file:read "a"
end

local function write(path, text)
    local file <close> = assert(io.open(path, "wb"))
    assert(file:write(text))
end

local original = read(arg[1] or arg[0])
local path = os.tmpname()
write(path, compress(original))
local packed = read(path)
assert(os.remove(path))
local restored = restore(packed, #original)
print("smaller:   " .. tostring(#packed < #original))
print("identical: " .. tostring(restored == original))
print("same crc:  " .. tostring(z.crc32(0, restored, #restored) == z.crc32(0, original, #original)))
print(("crc32 of 'hello': %x"):format(z.crc32(0, "hello", 5)))
print(select(2, pcall(restore, "no zlib data", 10)))
