-- Files in memory, of which only what is looked at is read. They must not be shortened meanwhile:
-- this is for files that are installed as shared libraries are.
local ffi = require "cffi".scope {}
local C = ffi.C

ffi.cdef [[
    int open(const char *path, int flags, ...);
    off_t lseek(int fd, off_t offset, int whence);
    void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
    int munmap(void *address, size_t size);
    int close(int fd);
]]

local O_RDONLY, SEEK_END, PROT_READ, MAP_PRIVATE = 0, 2, 1, 2

local mapped = {}

-- An object with the method `sub`, as strings have it (positions from 1 on); its size; and what
-- ends it. nil when the file cannot be read.
function mapped.file(path)
    local fd = C.open(path, O_RDONLY)
    if fd < 0 then
        return nil
    end
    local size = C.lseek(fd, 0, SEEK_END)
    local start = size > 0 and C.mmap(nil, size, PROT_READ, MAP_PRIVATE, fd, 0)
    C.close(fd)
    if not start or ffi.tonumber(ffi.cast("intptr_t", start)) == -1 then
        return nil
    end
    local bytes = ffi.cast("const char *", start)
    local view = {}
    function view.sub(_, from, to)
        to = math.min(to, size)
        return from > 0 and from <= to and ffi.string(bytes + (from - 1), to - from + 1) or ""
    end
    return view, size, function()
        if start then
            C.munmap(start, size)
            start, size = nil, 0
        end
    end
end

return mapped
