-- The terminal, through our own FFI: is it one, and lines from it with editing, history and
-- completion. libreadline (or libedit, which has the same functions) is opened when a prompt is
-- wanted: nothing links with it, and without either the lines come from io.read.
local ffi = require "cffi".scope {} -- of its own: what the prompt declares is no concern of ours
local C = ffi.C

ffi.cdef [[
    typedef void (*handler)(int);
    handler signal(int number, handler handler);
    int isatty(int fd);
    int mkdir(const char *path, unsigned mode);
    ssize_t read(int fd, void *to, size_t size);
    struct pollfd { int fd; short events, revents; };
    int poll(struct pollfd *fds, unsigned long count, int timeout);
    void free(void *p);
    char *strdup(const char *s);

    char *readline(const char *prompt);
    void using_history(void);
    void add_history(const char *line);
    int read_history(const char *file);
    int write_history(const char *file);
    void stifle_history(int max);
    extern int (*rl_getc_function)(void *stream);
    void rl_check_signals(void);
    typedef char *(*generator)(const char *text, int state);
    extern char **(*rl_attempted_completion_function)(const char *text, int start, int end);
    extern int rl_attempted_completion_over, rl_completion_append_character;
    char **rl_completion_matches(const char *text, generator generator);
]]

local SIGINT, POLLIN = 2, 1
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

-- Makes ^C end the line that is being edited: readline by itself would wait for Enter. Returns
-- the signal handler to use meanwhile, and a function that tells whether it was called since last
-- asked.
local function watch_interrupts(lib)
    local interrupted = false
    local byte = ffi.new "unsigned char[1]"
    local input = ffi.new("struct pollfd[1]", { { fd = 0, events = POLLIN } })
    lib.rl_getc_function = function()
        while true do
            lib.rl_check_signals() -- what readline has caught goes on to our handler
            if interrupted then
                return NEWLINE
            end
            -- A signal ends the wait, but for one that comes just before it: hence the limit.
            if C.poll(input, 1, 200) == 1 then
                return C.read(0, byte, 1) == 1 and byte[0] or EOF
            end
        end
    end
    local function note() interrupted = true end
    return ffi.callback("handler", note, { signal = true }), function()
        local was = interrupted
        interrupted = false
        return was
    end
end

-- Tab asks `complete(text)` for a list of what the word `text` could become. File names, which
-- these libraries would offer, never come.
local function offer_completions(lib, complete)
    local list = {}
    local generate = ffi.callback("generator", function(_, state)
        local text = list[state + 1]
        return text and C.strdup(text)
    end)
    lib.rl_attempted_completion_function = function(text)
        lib.rl_attempted_completion_over = 1
        lib.rl_completion_append_character = 0
        local ok, found = pcall(complete, ffi.string(text))
        list = ok and found or {}
        return lib.rl_completion_matches(text, generate)
    end
end

-- The end of the input ends the line of the prompt, too.
local function ended(line)
    if not line then
        io.stdout:write "\n"
    end
    return line
end

local function plain_reader(prompt)
    io.stdout:write(prompt):flush()
    return ended(io.stdin:read())
end

local function load_editor()
    local found, lib = pcall(ffi.load, "readline")
    if not found then
        -- Its functions call each other by names that the `lua` command may have from readline.
        local options = ffi.os == "OSX" and {} or { flags = "lazy deepbind" }
        found, lib = pcall(ffi.load, "edit", options)
    end
    return found and lib
end

-- Returns a function that reads a line after a prompt: nil at the end, an error after ^C. The
-- history is written with each line, for C may end the process at any. For `complete` see above.
function terminal.reader(complete)
    local lib = load_editor()
    if not lib then
        return plain_reader
    end
    local handler, was_interrupted = nil, function() return false end
    if pcall(function() return lib.rl_check_signals end) then -- not in libedit
        handler, was_interrupted = watch_interrupts(lib)
    end
    offer_completions(lib, complete)
    local file = history_file()
    lib.using_history() -- libedit's other functions crash without it
    lib.stifle_history(HISTORY_LINES)
    if file then
        lib.read_history(file)
    end
    -- The handler of `lua` raises "interrupted!" in the running Lua code, once: it is set again
    -- after each line. While a line is read, ours stands in for it.
    local host = C.signal(SIGINT, nil)
    local function read(prompt)
        C.signal(SIGINT, handler or host)
        local line = lib.readline(prompt)
        C.signal(SIGINT, host)
        local text = line and ffi.string(line)
        C.free(line)
        if was_interrupted() then
            error("interrupted!", 0)
        elseif text and text:find "%S" then
            lib.add_history(text)
            if file then
                lib.write_history(file)
            end
        end
        return ended(text)
    end
    return read
end

return terminal
