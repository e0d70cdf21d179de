-- A small system-call library: a table of cached ctypes, metatypes with computed members, error
-- objects, flags by name, file descriptors that close themselves.
local ffi = require "ffi"
local bit = require "bit"
local C = ffi.C

ffi.cdef [[
typedef int32_t pid_t; typedef uint32_t mode_t; typedef int64_t off_t; typedef long ssize_t_;
struct iovec { void *iov_base; size_t iov_len; };
struct pollfd { int fd; short events, revents; };
typedef struct { int fd; } fd_t;
typedef struct { int32_t errno; } error_t;
typedef struct { off_t value; } size_box;
int open(const char *path, int flags, ...);
int close(int fd);
ssize_t read(int fd, void *buf, size_t n);
ssize_t write(int fd, const void *buf, size_t n);
ssize_t writev(int fd, const struct iovec *iov, int n);
ssize_t readv(int fd, const struct iovec *iov, int n);
off_t lseek(int fd, off_t offset, int whence);
int pipe(int fds[2]);
int poll(struct pollfd *fds, unsigned long n, int timeout);
int unlink(const char *path);
pid_t getpid(void);
char *strerror(int);
void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
int munmap(void *addr, size_t length);
enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000, O_CLOEXEC = 02000000 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1 };
]]

local c = setmetatable({}, { __index = function(t, k)
    local v = C[k]
    t[k] = v
    return v
end })

local function flags(prefix, text)
    local value = 0
    for word in text:gmatch "[^, ]+" do value = bit.bor(value, c[prefix .. word:upper()]) end
    return value
end

local t = {}
local error_mt = {
    __tostring = function(e) return ffi.string(C.strerror(e.errno)) end,
    __index = function(e, k)
        if k == "ENOENT" then return e.errno == 2 end
        if k == "EBADF" then return e.errno == 9 end
        error("no error called " .. tostring(k))
    end,
    __new = function(tp, code) return ffi.new(tp, code or ffi.errno()) end,
}
t.error = ffi.metatype("error_t", error_mt)

local function ret(result, value)
    if result == -1 then return nil, t.error() end
    return value or result
end

local fd_methods = {}
t.fd = ffi.metatype("fd_t", {
    __index = fd_methods,
    __gc = function(fd) if fd.fd >= 0 then C.close(fd.fd) end end,
    __tostring = function(fd) return "fd" .. (fd.fd < 0 and " closed" or "") end,
})
function fd_methods:close()
    local r = C.close(self.fd)
    self.fd = -1
    return ret(r, true)
end
function fd_methods:write(s, n)
    local r = C.write(self.fd, s, n or #s)
    if r == -1 then return nil, t.error() end
    return tonumber(r)
end
function fd_methods:read(n)
    local buf = ffi.new("char[?]", n)
    local r = tonumber(C.read(self.fd, buf, n))
    if r == -1 then return nil, t.error() end
    return ffi.string(buf, r)
end
function fd_methods:seek(offset, whence)
    local r = C.lseek(self.fd, offset or 0, whence or 0)
    if r == -1 then return nil, t.error() end
    return tonumber(r)
end
t.iovecs = ffi.typeof "struct iovec[?]"
t.int2 = ffi.typeof "int[2]"
t.pollfds = ffi.typeof "struct pollfd[?]"

local function open(path, mode, perm)
    local r = C.open(path, flags("O_", mode), ffi.cast("mode_t", perm or tonumber("644", 8)))
    if r == -1 then return nil, t.error() end
    return t.fd(r)
end

local path = os.tmpname()
local fd = assert(open(path, "rdwr, creat trunc"))
print(tostring(fd), fd:write "hello, world", fd:seek(7), fd:read(100), fd:seek(0, 2), fd:seek())
local iov = t.iovecs(2)
local parts = { "scatter ", "gather" }
for i = 0, 1 do
    iov[i].iov_base = ffi.cast("char *", parts[i + 1])
    iov[i].iov_len = #parts[i + 1]
end
print(tonumber(C.writev(fd.fd, iov, 2)), fd:seek(), fd:read(14))
local bufs = { ffi.new("uint8_t[?]", 7), ffi.new("uint8_t[?]", 7) }
for i = 0, 1 do iov[i].iov_base, iov[i].iov_len = bufs[i + 1], 7 end
fd:seek(0)
print(tonumber(C.readv(fd.fd, iov, 2)), ffi.string(bufs[1], 7), ffi.string(bufs[2], 7))

local map = C.mmap(nil, 14, bit.bor(c.PROT_READ, c.PROT_WRITE), c.MAP_SHARED, fd.fd, 0)
assert(map ~= ffi.cast("void *", -1))
local bytes = ffi.cast("char *", map)
bytes[0] = ("S"):byte()
print(ffi.string(map, 14), C.munmap(map, 14), (fd:seek(0)), fd:read(3))
print(fd:close(), tostring(fd))
print(fd:close())
local _, err = open("/no/such/file", "rdonly")
print(tostring(err), err.ENOENT, err.EBADF, pcall(function() return err.EWHAT end) == false)
local _, bad = t.fd(-1):write "x"
print(bad.EBADF, bad.errno, tostring(t.error(13)))

local fds = t.int2()
assert(ret(C.pipe(fds)))
local r, w = t.fd(fds[0]), t.fd(fds[1])
local polled = t.pollfds(2, { { fd = r.fd, events = 1 }, { fd = w.fd, events = 4 } })
print(C.poll(polled, 2, 0), polled[0].revents, polled[1].revents)
w:write(ffi.new("struct { char a; int b; }", 65, 66), 8)
print(C.poll(polled, 2, 0), polled[0].revents, #r:read(100), C.getpid() > 0)
C.unlink(path)
print(ffi.sizeof(t.iovecs, 3), ffi.sizeof(polled), ffi.offsetof("struct pollfd", "revents"), tostring(t.int2))
