-- What you learn: a terminal's settings (termios), put back by a to-be-closed variable whatever
-- happens, and waiting with a timeout (poll).
-- Says how large the terminal is, also when it changes, and which bytes each key sends, until q.
--     cffi keys.lua
local ffi = require "cffi"
local posix = require "cffi.posix"

local function check(result)
    return result >= 0 and result or error(ffi.strerror(), 2)
end

-- Keys as they are pressed, without echo; the result puts the terminal back when it is closed.
local function raw(fd)
    local old = posix["struct termios"]()
    check(posix.tcgetattr(fd, old))
    local new = ffi.new(ffi.typeof(old), old)
    posix.cfmakeraw(new)
    new.c_oflag = old.c_oflag -- "\n" still goes to the first column
    check(posix.tcsetattr(fd, posix.TCSADRAIN, new))
    return setmetatable({}, { __close = function() posix.tcsetattr(fd, posix.TCSADRAIN, old) end })
end

local function size(fd)
    local window = posix["struct winsize"]()
    check(posix.ioctl(fd, posix.TIOCGWINSZ, window))
    return ("%d rows, %d columns"):format(window.ws_row, window.ws_col)
end

-- The bytes of one key: what is there within a twentieth of a second of each other.
local function key(fd, timeout)
    local bytes, buffer = "", ffi.new "char[16]"
    local waiting = posix["struct pollfd"] { fd = fd, events = posix.POLLIN }
    while posix.poll(waiting, 1, bytes == "" and timeout or 50) > 0 do
        local count = posix.read(fd, buffer, #buffer)
        if count <= 0 then return bytes == "" and "q" or bytes end -- the terminal is closed
        bytes = bytes .. ffi.string(buffer, count)
    end
    return bytes
end

local names = { A = "up", B = "down", C = "right", D = "left", H = "home", F = "end" }

local input = posix.STDIN_FILENO
if posix.isatty(input) == 0 then
    io.stderr:write "keys.lua: standard input is no terminal\n"
    os.exit(1)
end
local _ <close> = raw(input)
local shown
repeat
    local now = size(input)
    if now ~= shown then print(now) end
    shown = now
    local bytes = key(input, 200)
    if bytes ~= "" then
        local hex = bytes:gsub(".", function(byte) return ("%02x "):format(byte:byte()) end)
        local name = names[bytes:match "^\27[%[O](%u)$"] or bytes:gsub("%c", ".")
        print(("%-18s %s"):format(hex, name))
        io.flush()
    end
until bytes == "q" or bytes == "\3"
