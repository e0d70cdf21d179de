-- What you learn: ioctl and fcntl, whose last argument is whatever the request says, and macros
-- that take numbers apart (S_ISCHR, major).
-- Says what descriptors or files are: terminals with their size, pipes with what waits in them,
-- devices with their numbers.
--     cffi fdinfo.lua [PATH...]      without one: standard input, output and error
local ffi = require "cffi"
local posix = require "cffi.posix"

-- What ioctl writes to an object of C type `ct`; nil and the reason where it does not apply.
local function ask(fd, request, ct)
    local out = ffi.new(ct)
    if posix.ioctl(fd, request, out) == 0 then return out end
    return nil, ffi.strerror()
end

local function character_device(fd, device)
    local window, why = ask(fd, posix.TIOCGWINSZ, posix["struct winsize"])
    local numbers = ("%d, %d"):format(posix.major(device), posix.minor(device))
    if window then
        return ("terminal, %d rows, %d columns, device %s"):format(
            window.ws_row, window.ws_col, numbers)
    end
    return ("character device %s (TIOCGWINSZ: %s)"):format(numbers, why)
end

local function pipe(fd)
    local waiting, room = ask(fd, posix.FIONREAD, "int[1]"), posix.fcntl(fd, posix.F_GETPIPE_SZ)
    return ("pipe, %d of %d bytes waiting"):format(waiting[0], room)
end

local function describe(fd)
    local state = posix["struct stat"]()
    if posix.fstat(fd, state) ~= 0 then return ffi.strerror() end
    local mode = state.st_mode
    if posix.S_ISCHR(mode) then return character_device(fd, state.st_rdev) end
    if posix.S_ISFIFO(mode) then return pipe(fd) end
    if posix.S_ISDIR(mode) then return "directory" end
    if posix.S_ISSOCK(mode) then return "socket" end
    if posix.S_ISREG(mode) then return ("file, %d bytes"):format(state.st_size) end
    return ("mode %o"):format(mode)
end

if not arg[1] then
    for i, name in ipairs { "input", "output", "error" } do print(name, describe(i - 1)) end
end
for _, path in ipairs(arg) do
    local fd = posix.open(path, posix.O_RDONLY | posix.O_NONBLOCK | posix.O_NOCTTY)
    print(path, fd >= 0 and describe(fd) or ffi.strerror())
    if fd >= 0 then posix.close(fd) end
end
