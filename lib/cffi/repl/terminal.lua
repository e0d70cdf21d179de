-- The prompt on a terminal, through our own FFI: lines with editing, history and completion, and a
-- pager. libreadline (or libedit, which has the same functions) is opened when a prompt is
-- wanted: nothing links with it, and without either the lines come from io.read. The history's file
-- is read and written here, for each library has a format of its own.
local ffi = require "cffi".scope {} -- of its own: what the prompt declares is no concern of ours
local posix = require "cffi.posix"

ffi.cdef [[
    char *readline(const char *prompt);
    void using_history(void);
    void add_history(const char *line);
    void stifle_history(int max);
    extern int (*rl_getc_function)(void *stream);
    void rl_check_signals(void);
    typedef char *(*generator)(const char *text, int state);
    extern char **(*rl_attempted_completion_function)(const char *text, int start, int end);
    extern int rl_attempted_completion_over, rl_completion_append_character;
    char **rl_completion_matches(const char *text, generator generator);
    int rl_on_new_line(void);
    int rl_forced_update_display(void);
    extern char *rl_line_buffer;
    extern int rl_point;
]]

local NEWLINE, EOF, ENOENT = 10, -1, 2
local MOST_NAMES = 1000 -- that Tab hands to the library
local HISTORY_LINES = 5000
local HISTORY_SIZE = 1 << 20 -- bytes; of a longer file the end is kept

local terminal = {}

function terminal.is_terminal(fd)
    return posix.isatty(fd) == 1
end

-- Rows and columns, as they are now.
local function screen_size()
    local size = posix["struct winsize"]()
    local known = posix.ioctl(1, posix.TIOCGWINSZ, ffi.addressof(size)) == 0
        and size.ws_row > 0 and size.ws_col > 0
    return known and size.ws_row or 24, known and size.ws_col or 80
end

-- Whether colours may be used: https://no-color.org
local function has_colour()
    local refused, term = os.getenv "NO_COLOR", os.getenv "TERM"
    return (not refused or refused == "") and term ~= nil and term ~= "dumb"
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
            posix.mkdir(dir:sub(1, slash - 1), posix.S_IRWXU) -- most exist already
        end
    end
    return dir .. "/history"
end

-- The lines of an open history, of a huge one the end, to which the file is cut; nil of a pipe.
local function lines_of(file, path)
    local size = file:seek "end"
    if not size or size <= HISTORY_SIZE then
        return size and file:seek "set" and file:read "a"
    end
    file:seek("set", size - HISTORY_SIZE // 2)
    local rest = file:read "a":gsub("^[^\n]*\n", "")
    local new = io.open(path, "wb")
    if new then
        new:write(rest)
        new:close()
    end
    return rest
end

-- Those at a path, none yet perhaps; nil where it is no file of ours, which mode r+ tells: a
-- folder, another user's.
local function remembered(path)
    local file, _, errno = io.open(path, "r+b")
    if not file then
        return errno == ENOENT and "" or nil
    end
    local lines = lines_of(file, path)
    file:close()
    return lines
end

-- Hands the remembered lines to the library; returns what remembers one more.
local function open_history(lib, path)
    local lines = remembered(path)
    for line in (lines or ""):gmatch "[^\n\0]+" do
        lib.add_history(line)
    end
    return function(line)
        local out = lines and io.open(path, "ab")
        if out then
            out:write(line, "\n")
            out:close()
        end
    end
end

-- Returns a signal handler for ^C at a line that is being read; a function that waits until there
-- is something to read, false after ^C; and one that tells whether ^C came since last asked.
local function watch_interrupts()
    local interrupted = false
    local input = posix["struct pollfd[1]"]({ { fd = 0, events = posix.POLLIN } })
    local function note() interrupted = true end
    local function wait(check)
        repeat
            check()
            -- A signal ends the wait, but for one that comes just before it: hence the limit.
        until interrupted or posix.poll(input, 1, 200) == 1
        return not interrupted
    end
    local function was_interrupted()
        local was = interrupted
        interrupted = false
        return was
    end
    return ffi.callback(posix.sighandler_t, note, { signal = true }), wait, was_interrupted
end

-- Readline by itself would wait for Enter after ^C: its keys come from here.
local function hand_keys(lib, wait)
    local byte = ffi.new "unsigned char[1]"
    lib.rl_getc_function = function()
        -- What readline has caught goes on to our handler.
        if not wait(function() lib.rl_check_signals() end) then
            return NEWLINE
        end
        return posix.read(0, byte, 1) == 1 and byte[0] or EOF
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
        return text and posix.strdup(text)
    end)
    lib.rl_attempted_completion_function = function(text, start)
        lib.rl_attempted_completion_over = 1
        lib.rl_completion_append_character = 0
        local before = ffi.string(lib.rl_line_buffer, lib.rl_point)
        local ok, found, from, wanted = pcall(complete, before)
        if ok and wanted then
            io.stdout:write("\n", wanted, "\n"):flush()
            lib.rl_on_new_line()
            lib.rl_forced_update_display()
        end
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

-- The library, as $CFFI_EDITOR says ("readline", "edit", "none"), else the first that is there.
-- libedit's functions call each other by names that the `lua` command may have from readline.
local function load_editor()
    local wanted = os.getenv "CFFI_EDITOR" or ""
    local options = { edit = ffi.os ~= "OSX" and { flags = "lazy deepbind" } or nil }
    for _, name in ipairs { "readline", "edit" } do
        if wanted == "" or wanted == name then
            local found, lib = pcall(ffi.load, name, options[name])
            if found then
                return lib
            end
        end
    end
    if wanted ~= "" and wanted ~= "none" then
        io.stderr:write(("cffi: there is no editor '%s' (CFFI_EDITOR: readline, edit or none)\n")
            :format(wanted))
    end
end

-- The handler of `lua` raises "interrupted!" in the running Lua code, once: it is set again after
-- each line. While a line is read, ours stands in for it: `read(prompt)` gives the line.
local function interruptible(read, handler, was_interrupted)
    local host = posix.signal(posix.SIGINT, nil)
    return function(prompt)
        posix.signal(posix.SIGINT, handler or host)
        local line = read(prompt)
        posix.signal(posix.SIGINT, host)
        if was_interrupted() then
            error("interrupted!", 0)
        end
        return line
    end
end

local function plain_reader()
    local handler, wait, was_interrupted = watch_interrupts()
    return interruptible(function(prompt)
        io.stdout:write(prompt):flush()
        return wait(function() end) and ended(io.stdin:read()) or nil
    end, handler, was_interrupted)
end

local function edited_reader(lib)
    local handler, wait, was_interrupted
    if pcall(function() return lib.rl_check_signals end) then
        handler, wait, was_interrupted = watch_interrupts()
        hand_keys(lib, wait)
    else -- libedit ends the line by itself
        was_interrupted = function() return false end
    end
    return interruptible(function(prompt)
        local line = lib.readline(prompt)
        local text = line and ffi.string(line)
        posix.free(line)
        return text
    end, handler, was_interrupted)
end

-- Returns a function that reads a line after a prompt: nil at the end, an error after ^C. With
-- `is_answer` it is no input and not remembered. The history is written with each line, for C may
-- end the process at any. For `complete` see above.
function terminal.reader(complete)
    local lib = load_editor()
    if not lib then
        return plain_reader()
    end
    offer_completions(lib, complete)
    local read_line, file = edited_reader(lib), history_file()
    lib.using_history() -- libedit's other functions crash without it
    lib.stifle_history(HISTORY_LINES)
    local remember = file and open_history(lib, file) or function() end
    return function(prompt, is_answer)
        local text = read_line(prompt)
        if text and text:find "%S" and not is_answer then
            lib.add_history(text)
            remember(text)
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
        return require "cffi.repl.complete"(self, before, MOST_NAMES)
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
