-- A command on a terminal of its own, made with our own FFI.
local luassert = require "luassert"
local ffi = require "cffi".scope {}
local C = ffi.C

ffi.cdef [[
    struct winsize { unsigned short rows, columns, x, y; };
    int forkpty(int *master, char *name, const void *termios, const struct winsize *size);
    int execvp(const char *file, char *const *arguments);
    void _exit(int code);
    ssize_t write(int fd, const void *bytes, size_t size);
    ssize_t read(int fd, void *to, size_t size);
    struct pollfd { int fd; short events, revents; };
    int poll(struct pollfd *fds, unsigned long count, int timeout);
    int waitpid(int pid, int *status, int options);
    int close(int fd);
    int ioctl(int fd, unsigned long request, ...);
    struct spec_termios { unsigned input, output, control, local_flags; char rest[64]; };
    int tcgetattr(int fd, struct spec_termios *settings);
]]

local POLLIN, TIMEOUT_MS, TIOCSWINSZ, ICANON = 1, 10000, 0x5414, 2

local terminal = {}

-- Starts a command, a list of words. Its `send` types, its `expect` reads until `text` came and returns what came
-- before; `raw` also waits until the command asks for keys instead of lines.
function terminal.start(words, rows, columns)
    local argv = ffi.new("const char *[?]", #words + 1)
    for i, word in ipairs(words) do
        argv[i - 1] = word
    end
    local master = ffi.new "int[1]"
    local pid = C.forkpty(master, nil, nil, ffi.new("struct winsize", rows or 24, columns or 80))
    if pid == 0 then
        C.execvp(words[1], ffi.cast("char *const *", argv))
        C._exit(127)
    end
    luassert.is_true(pid > 0)
    local self, unread = {}, ""
    local ready = ffi.new("struct pollfd[1]", { { fd = master[0], events = POLLIN } })
    local buffer = ffi.new "char[4096]"

    function self.send(text)
        luassert.equal(#text, C.write(master[0], text, #text))
    end

    function self.expect(text)
        while not unread:find(text, 1, true) do
            assert(C.poll(ready, 1, TIMEOUT_MS) == 1, ("no %q came, only %q"):format(text, unread))
            local count = C.read(master[0], buffer, 4096)
            assert(count > 0, ("it ended without %q, after %q"):format(text, unread))
            unread = unread .. ffi.string(buffer, count)
        end
        local first, last = unread:find(text, 1, true)
        local before = unread:sub(1, first - 1)
        unread = unread:sub(last + 1)
        return before
    end

    -- libedit asks for keys only after it has written the prompt: what is typed between is not edited.
    function self.raw()
        local settings = ffi.new "struct spec_termios[1]"
        for _ = 1, 500 do
            assert(C.tcgetattr(master[0], settings) == 0)
            if settings[0].local_flags & ICANON == 0 then
                return
            end
            C.poll(nil, 0, 10)
        end
        error "the command never asks for keys"
    end

    -- The window gets another size.
    function self.resize(new_rows, new_columns)
        luassert.equal(0, C.ioctl(master[0], TIOCSWINSZ, ffi.new("struct winsize[1]", { { new_rows, new_columns } })))
    end

    -- The terminal goes away. Returns the status that the command ended with.
    function self.hang_up()
        local status = ffi.new "int[1]"
        C.close(master[0])
        luassert.equal(pid, C.waitpid(pid, status, 0))
        return status[0]
    end

    -- Waits for the end and returns the exit status.
    function self.finish()
        local rest, count = unread
        repeat
            assert(C.poll(ready, 1, TIMEOUT_MS) == 1, ("it does not end, after %q"):format(rest))
            count = C.read(master[0], buffer, 4096)
            rest = rest .. ffi.string(buffer, math.max(count, 0))
        until count <= 0
        return self.hang_up()
    end
    return self
end

return terminal
