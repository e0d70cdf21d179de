-- What you learn: records of different sizes in one buffer (inotify's events, with their flexible
-- array member), and flags of a header by name.
-- Runs a command each time that something in a directory is written, made, moved or removed;
-- without a command it says what happened.
--     cffi watch.lua DIRECTORY [COMMAND]
local ffi = require "cffi"
local posix = require "cffi.posix"

local happens = {
    [posix.IN_CLOSE_WRITE] = "written", [posix.IN_CREATE] = "made", [posix.IN_DELETE] = "removed",
    [posix.IN_MOVED_FROM] = "moved away", [posix.IN_MOVED_TO] = "moved here",
}
local wanted = posix.IN_ONLYDIR
for flag in pairs(happens) do wanted = wanted | flag end

local function check(result)
    return result >= 0 and result or error(ffi.strerror(), 2)
end

local fd = check(posix.inotify_init1(posix.IN_CLOEXEC))
local directory, command = arg[1] or ".", arg[2]
check(posix.inotify_add_watch(fd, directory, wanted))

local Event = posix["struct inotify_event"]
local buffer = ffi.new "char[65536]"

-- Waits; calls seen(what, name, is_directory) for each event.
local function wait(seen)
    local size = check(posix.read(fd, buffer, #buffer))
    local at = 0
    while at < size do
        local event = ffi.cast(posix["struct inotify_event *"], buffer + at)
        local name = event.len > 0 and ffi.string(event.name, event.len):match "^%Z*" or ""
        seen(happens[event.mask & ~posix.IN_ISDIR], name, event.mask & posix.IN_ISDIR ~= 0)
        at = at + ffi.sizeof(Event) + event.len
    end
end

io.stdout:setvbuf "line"
print("watching " .. directory)
repeat
    local gone = false
    wait(function(what, name, is_directory)
        gone = gone or not what -- the directory itself: IN_IGNORED
        if what and not command then print(what, name .. (is_directory and "/" or "")) end
    end)
    if command then os.execute(command) end
until gone
