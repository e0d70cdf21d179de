-- What you learn: system calls without a declaration: functions, structs, constants and macros of
-- C's headers. Runs a command, reads its output through a pipe, and says how it ended.
local ffi = require "cffi"

local c = ffi.include { "unistd.h", "fcntl.h", "sys/stat.h", "sys/wait.h", "spawn.h", "signal.h" }

local function check(result)
    return result >= 0 and result or error(ffi.strerror(), 2)
end

-- Starts a program with its standard output in a pipe; returns its pid and the pipe's other end.
local function start(words)
    local ends = ffi.new "int[2]"
    check(c.pipe2(ends, c.O_CLOEXEC))
    local actions, pid = ffi.new(c.posix_spawn_file_actions_t), ffi.new "pid_t[1]"
    c.posix_spawn_file_actions_init(actions)
    c.posix_spawn_file_actions_adddup2(actions, ends[1], c.STDOUT_FILENO)
    local failed = c.posix_spawnp(pid, words[1], actions, nil, words, c.environ)
    c.posix_spawn_file_actions_destroy(actions)
    c.close(ends[1])
    return failed == 0 and pid[0] or error(ffi.strerror(failed), 2), ends[0]
end

local function read_all(fd)
    local buffer, parts = ffi.new "char[4096]", {}
    repeat
        local size = check(c.read(fd, buffer, #buffer))
        parts[#parts + 1] = ffi.string(buffer, size)
    until size == 0
    c.close(fd)
    return table.concat(parts)
end

local function finish(pid)
    local status = ffi.new "int[1]"
    check(c.waitpid(pid, status, 0))
    if c.WIFEXITED(status[0]) then
        return "exit code " .. c.WEXITSTATUS(status[0])
    end
    return "signal " .. c.WTERMSIG(status[0])
end

for _, words in ipairs { { "echo", "from", "a", "pipe" }, { "sh", "-c", "echo; exit 3" },
    { "sh", "-c", "kill -" .. c.SIGTERM .. " $$" } } do
    local pid, fd = start(words)
    print(("%q, %s"):format(read_all(fd), finish(pid)))
end

local stat = ffi.new "struct stat"
check(c.stat("/", stat))
print("/ is a directory: " .. tostring(c.S_ISDIR(stat.st_mode)))
