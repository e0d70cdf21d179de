-- Programs with their output in a pipe: fork, execvp, waitpid.
local ffi = require "cffi"
local posix = require "cffi.posix"

local function run(...)
    local ends, status = ffi.new "int[2]", ffi.new "int[1]"
    assert(posix.pipe2(ends, posix.O_CLOEXEC) == 0)
    local pid = posix.fork()
    if pid == 0 then
        posix.dup2(ends[1], posix.STDOUT_FILENO)
        posix.execvp((...), { ... })
        posix._exit(127)
    end
    posix.close(ends[1])
    local parts, buffer = {}, ffi.new("char[?]", posix.BUFSIZ)
    for count in function() return posix.read(ends[0], buffer, posix.BUFSIZ) end do
        if count <= 0 then break end
        parts[#parts + 1] = ffi.string(buffer, count)
    end
    posix.close(ends[0])
    posix.waitpid(pid, status, 0)
    if posix.WIFSIGNALED(status[0]) then
        return table.concat(parts), "signal " .. posix.WTERMSIG(status[0])
    end
    return table.concat(parts), posix.WEXITSTATUS(status[0])
end

print(run("seq", "5"))
print(run("sh", "-c", "exit 3"))
print(run("sh", "-c", "kill -9 $$"))
print(run("no-such-program-anywhere"))
