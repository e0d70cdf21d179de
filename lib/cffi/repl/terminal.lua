-- The prompt on a terminal, through our own FFI: lines with editing, history and completion, and a
-- pager. libreadline (or libedit, which has the same functions) is opened when a prompt is
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
    struct winsize { unsigned short rows, columns, x, y; };
    int ioctl(int fd, unsigned long request, ...);
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
    extern char *rl_line_buffer;
    extern int rl_point;
]]

local SIGINT, POLLIN = 2, 1
local NEWLINE, EOF = 10, -1
local HISTORY_LINES = 5000
local HISTORY_SIZE = 1 << 20 -- bytes; of a longer file the end is kept
local TIOCGWINSZ = ffi.os == "Linux" and 0x5413 or 0x40087468

local terminal = {}

function terminal.is_terminal(fd)
    return C.isatty(fd) == 1
end

-- Rows and columns, as they are now.
local function screen_size()
    local size = ffi.new "struct winsize[1]"
    local known = C.ioctl(1, TIOCGWINSZ, size) == 0 and size[0].rows > 0 and size[0].columns > 0
    return known and size[0].rows or 24, known and size[0].columns or 80
end

-- Whether colours may be used: https://no-color.org
local function has_colour()
    local refused, term = os.getenv "NO_COLOR", os.getenv "TERM"
    return (not refused or refused == "") and term ~= nil and term ~= "dumb"
end

-- Keeps the end of a history that something made huge.
local function shorten(path)
    local file = io.open(path, "rb")
    local size = file and file:seek "end" or 0
    local rest
    if size > HISTORY_SIZE then
        file:seek("set", size - HISTORY_SIZE // 2)
        rest = file:read "a":gsub("^[^\n]*\n", "")
    end
    if file then
        file:close()
    end
    local new <close> = rest and io.open(path, "wb")
    if new then
        new:write(rest)
    end
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

-- The candidates, which begin at `from` of the line, as the library has them: from `start` on.
local function aligned(list, from, before, start)
    local aligned_list = {}
    for i, candidate in ipairs(list) do
        aligned_list[i] = from <= start and candidate:sub(start - from + 1)
            or before:sub(start, from - 1) .. candidate
    end
    return aligned_list
end

-- Tab asks `complete(before)` for what could stand before the cursor, and from where on. The file
-- names that these libraries would offer by themselves never come.
local function offer_completions(lib, complete)
    local list = {}
    local generate = ffi.callback("generator", function(_, state)
        local text = list[state + 1]
        return text and C.strdup(text)
    end)
    lib.rl_attempted_completion_function = function(text, start)
        lib.rl_attempted_completion_over = 1
        lib.rl_completion_append_character = 0
        local before = ffi.string(lib.rl_line_buffer, lib.rl_point)
        local ok, found, from = pcall(complete, before)
        list = ok and aligned(found, from, before, start + 1) or {}
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

-- The handler of `lua` raises "interrupted!" in the running Lua code, once: it is set again after
-- each line. While a line is read, ours stands in for it.
local function interruptible(lib)
    local handler, was_interrupted = nil, function() return false end
    if pcall(function() return lib.rl_check_signals end) then -- not in libedit
        handler, was_interrupted = watch_interrupts(lib)
    end
    local host = C.signal(SIGINT, nil)
    return function(prompt)
        C.signal(SIGINT, handler or host)
        local line = lib.readline(prompt)
        C.signal(SIGINT, host)
        local text = line and ffi.string(line)
        C.free(line)
        if was_interrupted() then
            error("interrupted!", 0)
        end
        return text
    end
end

-- Returns a function that reads a line after a prompt: nil at the end, an error after ^C. With
-- `is_answer` it is no input and not remembered. The history is written with each line, for C may
-- end the process at any. For `complete` see above.
function terminal.reader(complete)
    local lib = load_editor()
    if not lib then
        return plain_reader
    end
    offer_completions(lib, complete)
    local read_line, file = interruptible(lib), history_file()
    lib.using_history() -- libedit's other functions crash without it
    lib.stifle_history(HISTORY_LINES)
    if file then
        shorten(file)
        lib.read_history(file)
    end
    return function(prompt, is_answer)
        local text = read_line(prompt)
        if text and text:find "%S" and not is_answer then
            lib.add_history(text)
            if file then
                lib.write_history(file)
            end
        end
        return ended(text)
    end
end

-- Shows lines a screen at a time.
local function pager(read)
    return function(lines)
        local rows, columns = screen_size()
        local used = 0
        for i, line in ipairs(lines) do
            local height = (math.max(utf8.len(line) or #line, 1) + columns - 1) // columns
            if used + height > rows - 1 and i > 1 then
                local rest = #lines - i + 1
                local answer = read(("-- %d more; Enter, or q and Enter -- "):format(rest), true)
                if not answer or answer:find "^%s*q" then
                    return
                end
                used = 0
            end
            io.stdout:write(line, "\n")
            used = used + height
        end
    end
end

-- A session on this terminal. `prepare(session)` is called before the first line is asked for.
function terminal.run(prepare)
    local session = require "cffi.repl.session"
    local self
    local read = terminal.reader(function(before)
        return require "cffi.repl.complete"(self, before)
    end)
    self = session.new {
        read = read, page = pager(read), colour = has_colour(),
        width = function() return select(2, screen_size()) - 1 end, -- some wrap a full line
    }
    self:print("%s, %s.   :help   :include FILE.h   :lib NAME   :find WORD   ?NAME   ^D",
        require "cffi"._VERSION, _VERSION)
    if prepare then
        prepare(self)
    end
    return self:run()
end

return terminal
