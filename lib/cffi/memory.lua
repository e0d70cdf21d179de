-- Memory that may not be there: the kernel is asked for the bytes, so that a wild pointer is an
-- answer and no crash. Also where a C object lies, and which function lies at an address.
-- Addresses are Lua integers; bytes come as Lua strings of their own.
local ffi = require "cffi".scope {}
local C = ffi.C

ffi.cdef [[
    struct piece { intptr_t address; size_t size; };
    ssize_t process_vm_readv(int pid, const struct piece *to, unsigned long to_count,
        const struct piece *from, unsigned long from_count, unsigned long flags);
    int getpid(void);
    int pipe(int ends[2]);
    ssize_t write(int fd, intptr_t from, size_t size);
    ssize_t read(int fd, void *to, size_t size);
    int close(int fd);

    struct place { const char *file; intptr_t base; const char *name; intptr_t address; };
    int dladdr(intptr_t address, struct place *place);
]]

local PAGE = 4096 -- divides the size of every system's pages

local memory = {}

local buffer = ffi.new("uint8_t[?]", PAGE)

local function has(library, name)
    return pcall(function() return library[name] end)
end

-- The readers copy `size` bytes that lie within one page to the buffer: true when they could, nil
-- when the system refuses to be asked that way.
local to, from = ffi.new "struct piece", ffi.new "struct piece"
to.address = ffi.tonumber(ffi.cast("intptr_t", buffer))

local EFAULT = 14

function memory.by_kernel(address, size)
    if not has(C, "process_vm_readv") then
        return nil
    end
    to.size, from.address, from.size = size, address, size
    if C.process_vm_readv(C.getpid(), to, 1, from, 1, 0) == size then
        return true
    end
    return ffi.errno() ~= EFAULT and nil -- a sandbox may have forbidden it
end

function memory.by_pipe(address, size)
    local ends = ffi.new "int[2]"
    if C.pipe(ends) ~= 0 then
        return nil
    end
    local ok = C.write(ends[1], address, size) == size and C.read(ends[0], buffer, size) == size
    C.close(ends[0])
    C.close(ends[1])
    return ok
end

-- The first that the system allows. Where it allows none nothing can be read. Looking leaves no
-- trace in errno.
local function read_piece(address, size)
    local errno = ffi.errno()
    local done = memory.by_kernel(address, size)
    if done == nil then
        done = memory.by_pipe(address, size)
    end
    ffi.errno(errno)
    return done
end

-- The bytes from `address` on: `size` of them, or fewer when the memory ends before.
function memory.read(address, size)
    local pieces = {}
    while size > 0 do
        local count = math.min(size, PAGE - address % PAGE)
        if not read_piece(address, count) then
            break
        end
        pieces[#pieces + 1] = ffi.string(buffer, count)
        address, size = address + count, size - count
    end
    return table.concat(pieces)
end

-- Whether all these bytes can be read; the first and the last page of many stand for the others.
function memory.is_readable(address, size)
    if size == 0 then
        return true
    end
    local first = math.min(size, PAGE - address % PAGE)
    local last = (address + size) % PAGE
    last = last == 0 and PAGE or last
    return read_piece(address, first) == true
        and (first == size or read_piece(address + size - last, last) == true)
end

-- The text at `address` up to its zero, at most `limit` bytes; nil when not even its first byte can
-- be read.
function memory.text(address, limit)
    local bytes = ""
    repeat
        local more = memory.read(address + #bytes, math.min(64, limit - #bytes))
        bytes = bytes .. more
    until more == "" or more:find "\0" or #bytes >= limit
    return bytes ~= "" and (bytes:match "^[^\0]*") or nil
end

-- Where a pointer leads, or where another object lies.
function memory.address(cdata, is_pointer)
    local pointer = is_pointer and cdata or ffi.addressof(cdata)
    return ffi.tonumber(ffi.cast("intptr_t", pointer))
end

-- The exported function or variable at this very address, and the file it is in; or nothing.
function memory.symbol(address)
    local place = ffi.new "struct place"
    local errno = ffi.errno()
    local found = has(C, "dladdr") and C.dladdr(address, place) ~= 0 and place.address == address
    ffi.errno(errno)
    if found then
        return ffi.string(place.name), ffi.string(place.file):match "[^/]*$"
    end
end

return memory
