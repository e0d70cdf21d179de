-- What you learn: fork, exec and pipes from Lua: what the child must do between them, and lists of
-- words for char *const [].
-- Runs commands as a pipeline without a shell, and says how each of them ended.
--     cffi pipeline.lua COMMAND [ARGUMENT...] [-- COMMAND [ARGUMENT...]]...
local ffi = require "cffi"
local posix = require "cffi.posix"

local function check(result)
    return result >= 0 and result or error(ffi.strerror(), 2)
end

-- In the child: `input` and `output` become 0 and 1. All other ends are closed by exec (O_CLOEXEC).
local function become(words, input, output)
    check(posix.dup2(input, posix.STDIN_FILENO))
    check(posix.dup2(output, posix.STDOUT_FILENO))
    posix.execvp(words[1], words)
    local message = words[1] .. ": " .. ffi.strerror() .. "\n"
    posix.write(posix.STDERR_FILENO, message, #message)
    posix._exit(127) -- not os.exit: the buffers and finalisers are the parent's
end

local function start(words, input, output)
    local pid = check(posix.fork())
    if pid == 0 then become(words, input, output) end
    return pid
end

local function run(commands)
    local pids, input = {}, posix.STDIN_FILENO
    for i, words in ipairs(commands) do
        local ends, output = ffi.new "int[2]", posix.STDOUT_FILENO
        if i < #commands then
            check(posix.pipe2(ends, posix.O_CLOEXEC))
            output = ends[1]
        end
        pids[i] = start(words, input, output)
        if input ~= posix.STDIN_FILENO then posix.close(input) end
        if output ~= posix.STDOUT_FILENO then posix.close(output) end
        input = ends[0]
    end
    return pids
end

local function finish(pid)
    local status = ffi.new "int[1]"
    check(posix.waitpid(pid, status, 0))
    if posix.WIFSIGNALED(status[0]) then
        return "signal " .. posix.WTERMSIG(status[0])
    end
    return "exit code " .. posix.WEXITSTATUS(status[0])
end

local commands = { {} }
for _, word in ipairs(arg) do
    local last = commands[#commands]
    if word == "--" then commands[#commands + 1] = {} else last[#last + 1] = word end
end
for _, words in ipairs(commands) do
    if not words[1] then
        io.stderr:write "usage: cffi pipeline.lua COMMAND... [-- COMMAND...]...\n"
        os.exit(2)
    end
end
io.stdout:flush()
for i, pid in ipairs(run(commands)) do
    io.stderr:write(commands[i][1], ": ", finish(pid), "\n")
end
