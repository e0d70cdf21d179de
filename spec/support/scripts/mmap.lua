-- The lines of a file in memory: mmap, memchr.
local ffi = require "cffi"
local posix = require "cffi.posix"

local fd = posix.open(arg[1], posix.O_RDONLY | posix.O_CLOEXEC)
assert(fd >= 0, ffi.strerror())
local state = posix["struct stat"]()
assert(posix.fstat(fd, state) == 0)
local size = state.st_size
local start = posix.mmap(nil, size, posix.PROT_READ, posix.MAP_PRIVATE, fd, 0)
posix.close(fd)
assert(start ~= posix.MAP_FAILED, ffi.strerror())
posix.madvise(start, size, posix.MADV_SEQUENTIAL)

local at, stop = ffi.cast("const char *", start), ffi.cast("const char *", start) + size
local lines, longest = 0, 0
while at < stop do
    local found = posix.memchr(at, ("\n"):byte(), stop - at)
    local line_end = found and ffi.cast("const char *", found) or stop
    lines, longest = lines + 1, math.max(longest, line_end - at)
    at = line_end + 1
end
posix.munmap(start, size)
print(lines, longest, posix.open("/no/such/file", posix.O_RDONLY), ffi.errno() == posix.ENOENT)
