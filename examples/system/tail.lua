-- What you learn: an event loop with epoll over descriptors of several kinds: inotify for files
-- that grow, signalfd for Ctrl-C, so that nothing runs in a signal handler.
-- Prints the end of each file, and what is added to it until it is interrupted.
--     cffi tail.lua FILE...
local ffi = require "cffi"
local posix = require "cffi.posix"

local function check(result)
    return result >= 0 and result or error(ffi.strerror(), 2)
end

local poll = check(posix.epoll_create1(posix.EPOLL_CLOEXEC))
local handlers = {}

-- handler() is called whenever `fd` has something to read.
local function on(fd, handler)
    local event = posix["struct epoll_event"] { events = posix.EPOLLIN, data = { fd = fd } }
    check(posix.epoll_ctl(poll, posix.EPOLL_CTL_ADD, fd, event))
    handlers[fd] = handler
end

local running = true
local signals = posix.sigset_t()
posix.sigaddset(signals, posix.SIGINT)
posix.sigaddset(signals, posix.SIGTERM)
check(posix.sigprocmask(posix.SIG_BLOCK, signals, nil))
on(check(posix.signalfd(-1, signals, posix.SFD_CLOEXEC)), function() running = false end)

local inotify = check(posix.inotify_init1(posix.IN_CLOEXEC | posix.IN_NONBLOCK))
local files, last = {}, nil

-- Prints what `file` has beyond what was printed; a file that became shorter begins anew.
local function show(file)
    if file.handle:seek "end" < file.at then file.at = 0 end
    file.handle:seek("set", file.at)
    local text = file.handle:read "a"
    file.at = file.at + #text
    if text == "" then return end
    if last ~= file and #arg > 1 then print("==> " .. file.path .. " <==") end
    last = file
    io.write(text)
    io.flush()
end

for _, path in ipairs(arg) do
    local file = { path = path, handle = assert(io.open(path, "rb")) }
    file.at = math.max(0, file.handle:seek "end" - 1000)
    files[check(posix.inotify_add_watch(inotify, path, posix.IN_MODIFY))] = file
    show(file)
end

local Event = posix["struct inotify_event"]
on(inotify, function()
    local event = Event()
    while posix.read(inotify, event, ffi.sizeof(Event)) > 0 do show(files[event.wd]) end
end)

local ready = posix["struct epoll_event[8]"]()
while running do
    for i = 0, check(posix.epoll_wait(poll, ready, #ready, -1)) - 1 do
        handlers[ready[i].data.fd]()
    end
end
