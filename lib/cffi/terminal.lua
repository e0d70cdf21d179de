-- The terminal, through our own FFI: is it one, and lines from it with editing and history.
-- libreadline (or libedit, which has the same functions) is opened when a prompt is wanted: nothing
-- links with it, and without either the lines come from io.read.
local ffi = require "cffi".scope {} -- of its own: what the prompt declares is no concern of ours

ffi.cdef [[
    int isatty(int fd);
    int mkdir(const char *path, unsigned mode);
    void free(void *p);
    char *readline(const char *prompt);
    void add_history(const char *line);
    int read_history(const char *file);
    int write_history(const char *file);
    void stifle_history(int max);
]]

local HISTORY_LINES = 5000

local terminal = {}

function terminal.is_terminal(fd)
    return ffi.C.isatty(fd) == 1
end

-- The history's file, its directory made; nil when there is no home.
local function history_file()
    local home = os.getenv "HOME"
    local state = os.getenv "XDG_STATE_HOME" or home and home .. "/.local/state"
    if not state then
        return nil
    end
    local dir = state .. "/cffi"
    for slash in dir:gmatch "()/" do
        if slash > 1 then
            ffi.C.mkdir(dir:sub(1, slash - 1), 448) -- 0700; most exist already
        end
    end
    ffi.C.mkdir(dir, 448)
    return dir .. "/history"
end

local function plain_reader(prompt)
    io.stdout:write(prompt):flush()
    return io.stdin:read()
end

-- Returns a function that reads a line after a prompt (nil at the end), and one to call at the end.
function terminal.reader()
    local ok, lib = pcall(ffi.load, { "readline", "edit" })
    if not ok then
        return plain_reader, function() end
    end
    local file = history_file()
    lib.stifle_history(HISTORY_LINES)
    if file then
        lib.read_history(file)
    end
    local function read(prompt)
        local line = lib.readline(prompt)
        if not line then
            return nil
        end
        local text = ffi.string(line)
        ffi.C.free(line)
        if text:find "%S" then
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
