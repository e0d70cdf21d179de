-- What you learn: directories, owners and limits of the system (opendir, stat, getpwuid, sysconf)
-- without a declaration. Lists processes with owner, memory, seconds of CPU and command.
--     cffi ps.lua [USER]
local ffi = require "cffi"
local posix = require "cffi.posix"

local PAGE = posix.sysconf(posix._SC_PAGESIZE)
local TICKS = posix.sysconf(posix._SC_CLK_TCK)

local function read(path)
    local file <close> = io.open(path, "rb")
    return file and file:read "a"
end

local function user_name(uid)
    local entry = posix.getpwuid(uid)
    return entry and ffi.string(entry.pw_name) or tostring(uid)
end

-- Iterates over the names in a directory.
local function names(path)
    local directory = posix.opendir(path) or error(path .. ": " .. ffi.strerror())
    return function()
        local entry = posix.readdir(directory)
        return entry and ffi.string(entry.d_name)
    end, nil, nil, ffi.gc(directory, posix.closedir)
end

-- What /proc says of a process; nil when it has ended meanwhile.
local function process(pid)
    local state = posix["struct stat"]()
    local folder = "/proc/" .. pid
    local stat, command = read(folder .. "/stat"), read(folder .. "/cmdline")
    if not stat or not command or posix.stat(folder, state) ~= 0 then return end
    local name, rest = stat:match "%((.*)%) (.*)"
    local fields = {}
    for field in rest:gmatch "%S+" do fields[#fields + 1] = tonumber(field) or field end
    return {
        pid = pid, user = user_name(state.st_uid), state = fields[1],
        kilobytes = fields[22] * PAGE // 1024, seconds = (fields[12] + fields[13]) / TICKS,
        command = command == "" and "[" .. name .. "]" or command:gsub("%z$", ""):gsub("%c", " "),
    }
end

print "  PID USER       S   MEMORY      CPU COMMAND"
for name in names "/proc" do
    local it = name:match "^%d+$" and process(name)
    if it and (not arg[1] or it.user == arg[1]) then
        print(("%5s %-10s %s %7dk %8.2f %s"):format(
            it.pid, it.user, it.state, it.kilobytes, it.seconds, it.command))
    end
end
