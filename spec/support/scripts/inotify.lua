-- What happens to the files of a folder: inotify, poll.
local ffi = require "cffi"
local posix = require "cffi.posix"

local folder = arg[1]
local fd = posix.inotify_init1(posix.IN_CLOEXEC | posix.IN_NONBLOCK)
assert(posix.inotify_add_watch(fd, folder, posix.IN_CREATE | posix.IN_DELETE | posix.IN_CLOSE_WRITE) >= 0)
io.open(folder .. "/new", "w"):write("text"):close()
os.remove(folder .. "/new")

local names = { [posix.IN_CREATE] = "create", [posix.IN_DELETE] = "delete", [posix.IN_CLOSE_WRITE] = "write" }
local waiting = posix["struct pollfd[1]"]({ { fd = fd, events = posix.POLLIN } })
local size = posix.BUFSIZ
local buffer = ffi.new("char[?]", size)
while posix.poll(waiting, 1, 100) > 0 do
    local count, at = posix.read(fd, buffer, size), 0
    while at < count do
        local event = ffi.cast(posix["struct inotify_event *"], buffer + at)
        print(names[event.mask], ffi.string(ffi.cast("char *", event.name)))
        at = at + ffi.sizeof(posix["struct inotify_event"]) + event.len
    end
end
posix.close(fd)
