-- A terminal in raw mode, its size, and as it was again.
local ffi = require "cffi"
local posix = require "cffi.posix"

local before, raw = posix["struct termios"](), posix["struct termios"]()
if posix.tcgetattr(0, before) ~= 0 then
    print("no terminal: " .. ffi.strerror())
    os.exit(posix.EXIT_SUCCESS)
end
ffi.copy(raw, before, ffi.sizeof(before))
raw.c_lflag = raw.c_lflag & ~(posix.ICANON | posix.ECHO)
raw.c_cc[posix.VMIN], raw.c_cc[posix.VTIME] = 0, 5
posix.tcsetattr(0, posix.TCSANOW, raw)
local size = posix["struct winsize"]()
assert(posix.ioctl(1, posix.TIOCGWINSZ, ffi.addressof(size)) == 0)
print(size.ws_row, size.ws_col, raw.c_lflag & posix.ICANON == 0)
posix.tcsetattr(0, posix.TCSANOW, before)
