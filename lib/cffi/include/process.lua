-- Programs run without a shell, through our own FFI. Its declarations stand in a scope of their
-- own. Nothing here raises because of a program: it returns nil and why.
local ffi = require "cffi".scope {}
local system = require "cffi.include.system"
local C, locked = ffi.C, ffi.locked

ffi.cdef [[
    int posix_spawn(int *pid, const char *path, const void *actions, const void *attributes,
                    char *const *arguments, char *const *environment);
    int posix_spawnp(int *pid, const char *file, const void *actions, const void *attributes,
                     char *const *arguments, char *const *environment);
    int posix_spawn_file_actions_init(void *actions);
    int posix_spawn_file_actions_adddup2(void *actions, int from, int to);
    int posix_spawn_file_actions_destroy(void *actions);
    int waitpid(int pid, int *status, int options);
    extern char **environ;

    int memfd_create(const char *name, unsigned flags);
    int pipe(int ends[2]);
    int fcntl(int fd, int command, ...);
    off_t lseek(int fd, off_t offset, int whence);
    ssize_t read(int fd, void *bytes, size_t size);
    ssize_t write(int fd, const void *bytes, size_t size);
    int close(int fd);
    struct pollfd { int fd; short events, revents; };
    int poll(struct pollfd *files, unsigned long count, int milliseconds);

    /* Larger than any libc's. */
    typedef union { long long align; char bytes[512]; } file_actions;
]]

local ENOENT, EINTR = 2, 4
local MFD_CLOEXEC, SEEK_SET, SEEK_END, WNOHANG, POLLIN = 1, 0, 2, 1, 1
local F_SETFD, FD_CLOEXEC = 2, ffi.new("int", 1)
local F_SETPIPE_SZ, PIPE_SIZE = 1031, ffi.new("int", 1048576)
local PIECE = 65536 -- bytes read at once
local QUIET = 100 -- milliseconds without output, after which is seen whether the program has ended

local process = {}

-- ---- files without a name ----------------------------------------------------------------------

local function write_all(fd, text)
    local at = 0
    while at < #text do
        local written = C.write(fd, at == 0 and text or text:sub(at + 1), #text - at)
        if written < 0 and ffi.errno() ~= EINTR then
            error("cannot write to a temporary file: " .. ffi.strerror(), 0)
        end
        at = at + math.max(written, 0)
    end
    C.lseek(fd, 0, SEEK_SET)
end

-- A file in memory with this text; programs that are started see it when `flags` is 0.
local function temporary(text, flags)
    local fd = C.memfd_create("cffi", flags or MFD_CLOEXEC)
    if fd < 0 then
        error("cannot make a temporary file: " .. ffi.strerror(), 0)
    end
    write_all(fd, text)
    return fd
end

-- What comes next in a file, at most `size` bytes; "" at its end.
local function read_piece(fd, buffer, size)
    while true do
        local count = C.read(fd, buffer, size)
        if count >= 0 then
            return ffi.string(buffer, count)
        elseif ffi.errno() ~= EINTR then
            return ""
        end
    end
end

local function contents(fd)
    local size = C.lseek(fd, 0, SEEK_END)
    C.lseek(fd, 0, SEEK_SET)
    local text = size > 0 and read_piece(fd, ffi.new("char[?]", size), size) or ""
    C.close(fd)
    return text
end

-- ---- programs ----------------------------------------------------------------------------------

-- What waitpid says: the process when it has ended, with its exit code (128 + n when signal n ended
-- it); 0 when it has not; nil and why.
local function wait_for(pid, options)
    local status = ffi.new "int[1]"
    local which
    repeat
        which = C.waitpid(pid, status, options)
    until which >= 0 or ffi.errno() ~= EINTR
    if which < 0 then
        return nil, ffi.strerror()
    end
    local signal = status[0] & 0x7f
    return which, signal == 0 and status[0] >> 8 & 0xff or 128 + signal
end

-- Starts a program given as a list of words, `path` or found through PATH, with these standard
-- streams. Returns the process or nil, and what is wrong, as errno.
local function spawn(words, path, streams)
    local argv = ffi.new("const char *[?]", #words + 1)
    for i, word in ipairs(words) do
        argv[i - 1] = word
    end
    local actions, pid = ffi.new "file_actions", ffi.new "int[1]"
    C.posix_spawn_file_actions_init(actions)
    for fd = 0, 2 do
        C.posix_spawn_file_actions_adddup2(actions, streams[fd], fd)
    end
    local run = path and C.posix_spawn or C.posix_spawnp
    local failed = run(pid, path or words[1], actions, nil, ffi.cast("char *const *", argv),
        C.environ)
    C.posix_spawn_file_actions_destroy(actions)
    return failed == 0 and pid[0] or nil, failed
end

-- Both ends of a pipe that programs do not see.
local function pipe()
    local ends = ffi.new "int[2]"
    if C.pipe(ends) ~= 0 then
        error("cannot make a pipe: " .. ffi.strerror(), 0)
    end
    C.fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    C.fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    return ends[0], ends[1]
end

-- Gives what comes through a pipe to feed(piece), until that ends or the program has: it may leave
-- others behind that keep the pipe. Returns what wait_for says.
local function drain(fd, pid, feed)
    local buffer, file = ffi.new("char[?]", PIECE), ffi.new("struct pollfd", fd, POLLIN)
    local which, code = 0, nil
    while true do
        local ready = C.poll(file, 1, which == 0 and QUIET or 0)
        local piece = ready > 0 and read_piece(fd, buffer, PIECE)
        if piece and piece ~= "" then
            feed(piece)
        elseif which == 0 then
            which, code = wait_for(pid, piece and 0 or WNOHANG)
        end
        if piece == "" or not piece and which ~= 0 then
            return which, code
        end
    end
end

-- The standard streams of a program, and where its output comes from when that is a pipe.
local function open_streams(input, piped)
    local streams, from = {}, nil
    local ok, why = pcall(function()
        streams[0] = temporary(input)
        streams[2] = temporary ""
        if piped then
            from, streams[1] = pipe()
            C.fcntl(from, F_SETPIPE_SZ, PIPE_SIZE) -- so that it seldom waits for us
        else
            streams[1] = temporary ""
        end
    end)
    if not ok then -- as when too many files are open
        for _, fd in pairs(streams) do
            C.close(fd)
        end
        error(why, 0)
    end
    return streams, from
end

-- Starts a program given as a list of words, `path` or found through PATH, with `input` as its
-- standard input. Returns a function that waits for its end and returns its exit code (128 + n when
-- signal n ended it), its output and what it wrote to stderr; nil, why and whether there is no such
-- program when it could not be run. The function must be called. The streams are files, so that
-- neither side can wait for the other; but with `piped` the function is to be given another,
-- feed(piece), which gets the output as it comes, and must not raise.
function process.start(words, input, path, piped)
    if locked() then -- also for whoever has put aside the checks of the callers
        error("no new declarations after ffi.lock()", 0)
    end
    local streams, from = open_streams(input or "", piped)
    local pid, failed = spawn(words, path, streams)
    C.close(streams[0])
    if piped then
        C.close(streams[1])
    end
    return function(feed)
        local which, code, output
        if pid and piped then
            which, code = drain(from, pid, feed)
        elseif pid then
            which, code = wait_for(pid, 0)
        else
            code = ffi.strerror(failed)
        end
        if piped then
            C.close(from)
        else
            output = contents(streams[1])
        end
        local messages = contents(streams[2])
        if not which then
            return nil, code, failed == ENOENT
        end
        return code, output, messages
    end
end

-- The same, waited for.
function process.run(words, input)
    return process.start(words, input)()
end

-- A text that a program which is started now reads later: { paths =, write = }. The program is to
-- read these two files, one after the other; it waits at the first one until write(text) is called,
-- which must be done, once. nil where open files have no names.
function process.awaited()
    local from, to = pipe()
    local gate = ("/dev/fd/%d"):format(from)
    if not system.state(gate) then
        C.close(from)
        C.close(to)
        return nil
    end
    local ok, file = pcall(temporary, "", 0)
    if not ok then
        C.close(from)
        C.close(to)
        error(file, 0)
    end
    -- The program has all but the end for writing: what it reads ends when that is closed here.
    C.fcntl(from, F_SETFD, ffi.new("int", 0))
    local function write(text)
        write_all(file, text)
        C.close(to)
        C.close(from)
        C.close(file)
    end
    return { paths = { gate, ("/dev/fd/%d"):format(file) }, write = write }
end

return process
