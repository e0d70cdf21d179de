-- The terminal, through our own FFI: is it one, and lines from it with editing and history.
-- libreadline (or libedit, which has the same functions) is opened when a prompt is wanted: nothing
-- links with it, and without either the lines come from io.read.
local ffi = require "cffi".scope {} -- of its own: what the prompt declares is no concern of ours
local C = ffi.C

ffi.cdef [[
    typedef void (*handler)(int);
    handler signal(int number, handler handler);
    int isatty(int fd);
    int mkdir(const char *path, unsigned mode);
    ssize_t read(int fd, void *to, size_t size);
    void free(void *p);
    int abs(int);

    char *readline(const char *prompt);
    void add_history(const char *line);
    int read_history(const char *file);
    int write_history(const char *file);
    void stifle_history(int max);
    extern int (*rl_getc_function)(void *stream);
    int rl_pending_signal(void);
    void rl_check_signals(void);
]]

local SIGINT, EINTR = 2, 4
local NEWLINE, EOF = 10, -1
local HISTORY_LINES = 5000

local terminal = {}

function terminal.is_terminal(fd)
    return C.isatty(fd) == 1
end

-- The history's file, its directory made; nil when there is no home.
local function history_file()
    local home = os.getenv "HOME"
    local state = os.getenv "XDG_STATE_HOME" or home and home .. "/.local/state"
    if not state then
        return nil
    end
    local dir = state .. "/cffi"
    for slash in (dir .. "/"):gmatch "()/" do
        if slash > 1 then
            C.mkdir(dir:sub(1, slash - 1), 448) -- 0700; most exist already
        end
    end
    return dir .. "/history"
end

-- Makes ^C end the line that is being edited: readline by itself would wait for Enter. Returns a
-- function that tells whether that happened since it was last asked.
local function watch_interrupts(lib)
    local interrupted = false
    local byte = ffi.new "unsigned char[1]"
    lib.rl_getc_function = function()
        while true do
            local count = C.read(0, byte, 1)
            if count == 1 then
                return byte[0]
            elseif count == 0 or ffi.errno() ~= EINTR then
                return EOF
            end
            interrupted = lib.rl_pending_signal() == SIGINT
            lib.rl_check_signals()
            if interrupted then
                return NEWLINE
            end
        end
    end
    return function()
        local was = interrupted
        interrupted = false
        return was
    end
end

local function plain_reader(prompt)
    io.stdout:write(prompt):flush()
    return io.stdin:read()
end

-- Returns a function that reads a line after a prompt (nil at the end, an error after ^C), and one
-- to call at the end.
function terminal.reader()
    local found, lib = pcall(ffi.load, "readline")
    local was_interrupted = found and watch_interrupts(lib) or function() return false end
    if not found then
        found, lib = pcall(ffi.load, "edit")
    end
    if not found then
        return plain_reader, function() end
    end
    local file = history_file()
    lib.stifle_history(HISTORY_LINES)
    if file then
        lib.read_history(file)
    end
    -- The handler of `lua` raises "interrupted!" in the running Lua code, once: it is set again
    -- after each line. While a line is read, a function without effect stands in for it.
    local idle = ffi.cast("handler", C.abs)
    local host = C.signal(SIGINT, idle)
    local function read(prompt)
        C.signal(SIGINT, idle)
        local line = lib.readline(prompt)
        C.signal(SIGINT, host)
        local text = line and ffi.string(line)
        C.free(line)
        if was_interrupted() then
            error("interrupted!", 0)
        elseif text and text:find "%S" then
            lib.add_history(text)
        end
        return text
    end
    return read, function()
        if file then
            lib.write_history(file)
        end
    end
end

return terminal
