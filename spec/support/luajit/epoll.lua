-- An epoll loop over a pipe and a timer, as LuaJIT programs write it.
local ffi = require "ffi"
local bit = require "bit"
local C = ffi.C

-- The kernel packs the struct on x86-64 alone.
ffi.cdef((([[
typedef union epoll_data { void *ptr; int fd; uint32_t u32; uint64_t u64; } epoll_data_t;
struct epoll_event { uint32_t events; epoll_data_t data; } PACKED;
int epoll_create1(int flags);
int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
int pipe(int fd[2]);
ssize_t read(int fd, void *buf, size_t count);
ssize_t write(int fd, const void *buf, size_t count);
int close(int fd);
struct timespec { long tv_sec; long tv_nsec; };
struct itimerspec { struct timespec it_interval, it_value; };
int timerfd_create(int clock, int flags);
int timerfd_settime(int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old);
char *strerror(int);
]]):gsub("PACKED", ffi.arch == "x64" and "__attribute__((packed))" or "")))

local EPOLLIN, EPOLL_CTL_ADD, EPOLL_CTL_DEL, CLOCK_MONOTONIC = 1, 1, 2, 1

local function check(result)
    if result < 0 then
        error(ffi.string(C.strerror(ffi.errno())), 2)
    end
    return result
end

local loop = check(C.epoll_create1(0))
local handlers = {}

local function watch(fd, fn)
    local event = ffi.new("struct epoll_event", { events = EPOLLIN, data = { fd = fd } })
    check(C.epoll_ctl(loop, EPOLL_CTL_ADD, fd, event))
    handlers[fd] = fn
end

local function unwatch(fd)
    check(C.epoll_ctl(loop, EPOLL_CTL_DEL, fd, nil))
    handlers[fd] = nil
    C.close(fd)
end

local fds = ffi.new "int[2]"
check(C.pipe(fds))
local reader, writer = fds[0], fds[1]
local timer = check(C.timerfd_create(CLOCK_MONOTONIC, 0))
check(C.timerfd_settime(timer, 0, ffi.new("struct itimerspec", { it_value = { tv_nsec = 2000000 },
    it_interval = { tv_nsec = 2000000 } }), nil))

local buffer = ffi.new "char[64]"
local ticks, seen = 0, {}
watch(timer, function()
    local expirations = ffi.new "uint64_t[1]"
    check(tonumber(C.read(timer, expirations, 8)))
    assert(expirations[0] >= 1)
    ticks = ticks + 1
    if ticks <= 3 then
        local text = "tick " .. ticks .. ", " -- one read may bring two
        check(tonumber(C.write(writer, text, #text)))
    else
        C.close(writer)
        unwatch(timer)
    end
end)
watch(reader, function()
    local n = check(tonumber(C.read(reader, buffer, ffi.sizeof(buffer))))
    if n == 0 then
        unwatch(reader)
    else
        seen[#seen + 1] = ffi.string(buffer, n)
    end
end)

local events = ffi.new "struct epoll_event[8]"
while next(handlers) do
    local n = check(C.epoll_wait(loop, events, 8, 1000))
    assert(n > 0, "timeout")
    for i = 0, n - 1 do
        assert(bit.band(events[i].events, 0xFFFF) ~= 0)
        local handler = handlers[events[i].data.fd]
        if handler then
            handler()
        end
    end
end
C.close(loop)
print(table.concat(seen), ffi.sizeof "struct epoll_event" == (ffi.arch == "x64" and 12 or 16))
print(pcall(check, C.epoll_ctl(loop, EPOLL_CTL_ADD, 0, nil)))
