-- The operating system's files, as ffi.include needs them, through our own FFI: their state,
-- directories made and files renamed. Its declarations stand in a scope of their own. Nothing here
-- raises because of a file: it returns nil and why.
local ffi = require "cffi".scope {}
local C = ffi.C

ffi.cdef [[
    int mkdir(const char *path, unsigned mode);
    int open(const char *path, int flags, ...);
    int mkstemp(char *pattern);
    ssize_t write(int fd, const void *bytes, size_t size);
    int close(int fd);
    int memfd_create(const char *name, unsigned flags);
    int rename(const char *from, const char *to);
    int unlink(const char *path);
    char *realpath(const char *path, char *resolved);
    void free(void *block);
    unsigned geteuid(void);
    void *opendir(const char *path);
    void *readdir(void *folder);
    void *readdir64(void *folder);
    int closedir(void *folder);
    void *dlsym(void *handle, const char *name);
    void *dlopen(const char *name, int flags);

    /* The one structure of file states that is the same on all of Linux's machines. */
    struct time { int64_t seconds; uint32_t nanoseconds; int32_t reserved; };
    struct statx {
        uint32_t mask, blksize;
        uint64_t attributes;
        uint32_t nlink, uid, gid;
        uint16_t mode, spare0;
        uint64_t ino, size, blocks, attributes_mask;
        struct time atime, btime, ctime, mtime;
        uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
        uint64_t spare[14];
    };
    int statx(int directory, const char *path, int flags, unsigned mask, struct statx *state);
]]

local EINTR, EEXIST = 4, 17
local AT_FDCWD, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, STATX_BASIC = -100, 0x100, 0x1000, 0x7ff
local FILE_TYPE, DIRECTORY, REGULAR = 0xF000, 0x4000, 0x8000
local PRIVATE, EXECUTABLE = 448, 73 -- 0700, 0111
local MFD_CLOEXEC = 1

local system = {}

local state = ffi.new "struct statx"

-- What the clock of the file system says: seconds and nanoseconds in one integer.
function system.now()
    local fd = C.memfd_create("cffi", MFD_CLOEXEC)
    if fd < 0 then
        error("cannot make a temporary file: " .. ffi.strerror(), 0)
    end
    C.write(fd, "x", 1)
    C.statx(fd, "", AT_EMPTY_PATH, STATX_BASIC, state)
    C.close(fd)
    return state.mtime.seconds * 1000000000 + state.mtime.nanoseconds
end

-- What is known of a file: uid, permissions, is_directory, is_file. nil when there is none.
-- `links`: of a symbolic link itself.
function system.state(path, links)
    if path:find "\0" or C.statx(AT_FDCWD, path, links and AT_SYMLINK_NOFOLLOW or 0, STATX_BASIC,
            state) ~= 0 then
        return nil
    end
    local kind = state.mode & FILE_TYPE
    return {
        uid = state.uid,
        permissions = state.mode & 511,
        is_directory = kind == DIRECTORY,
        is_file = kind == REGULAR,
    }
end

-- Size and time ("size:nanoseconds") of a file in one string, "-" when there is none: equal as long
-- as it is unchanged.
function system.stamp(path)
    if path:find "\0" or C.statx(AT_FDCWD, path, 0, STATX_BASIC, state) ~= 0 then
        return "-"
    end
    local time = state.mtime
    return ("%d:%d"):format(state.size, time.seconds * 1000000000 + time.nanoseconds)
end

function system.user()
    return C.geteuid()
end

-- The file a path leads to, without links; nil when there is none.
function system.real_path(path)
    local found = C.realpath(path, nil)
    local text = found and ffi.string(found)
    C.free(found)
    return text
end

-- Where the name is in what readdir gives, whose other members are no concern of ours: two 64-bit
-- numbers, a 16-bit one and a byte stand before it. Where glibc's own has 32-bit ones, and stops at
-- a file whose number needs more, that is readdir64's.
local NAME_OFFSET = 19

local function read_folder()
    local found, wide = pcall(function() return ffi.sizeof "long" < 8 and C.readdir64 end)
    return found and wide or C.readdir
end

-- The names in a folder; none when it cannot be read.
function system.names_in(path)
    local names = {}
    local folder = C.opendir(path)
    local next_entry = folder and read_folder()
    while folder do
        local entry = next_entry(folder)
        if not entry then
            C.closedir(folder)
            break
        end
        names[#names + 1] = ffi.string(ffi.cast("char *", entry) + NAME_OFFSET)
    end
    return names
end

-- Makes a directory, those above it too, for its owner only. nil and why when that failed.
function system.make_directory(path)
    for slash in (path .. "/"):gmatch "()/" do
        local part = path:sub(1, slash - 1)
        if part ~= "" and C.mkdir(part, PRIVATE) ~= 0 and ffi.errno() ~= EEXIST then
            local why = ffi.strerror()
            if not system.state(part) then
                return nil, part .. ": " .. why
            end
        end
    end
    return true
end

-- A new empty file beside `path`, of a name that nobody has; nil and why when there is none.
function system.new_file(path)
    local name = ffi.new("char[?]", #path + 8, path .. ".XXXXXX")
    local fd = C.mkstemp(name)
    if fd < 0 then
        return nil, path .. ": " .. ffi.strerror()
    end
    C.close(fd)
    return ffi.string(name)
end

-- Writes a file so that others see all of it or what was there before. nil and why on failure.
function system.write_whole(path, text)
    local name = ffi.new("char[?]", #path + 8, path .. ".XXXXXX")
    local fd = C.mkstemp(name)
    if fd < 0 then
        return nil, path .. ": " .. ffi.strerror()
    end
    local at = 0
    while at < #text do
        local written = C.write(fd, at == 0 and text or text:sub(at + 1), #text - at)
        if written < 0 and ffi.errno() ~= EINTR then
            break
        end
        at = at + math.max(written, 0)
    end
    local why = at < #text and ffi.strerror()
    C.close(fd)
    if not why and C.rename(name, path) ~= 0 then
        why = ffi.strerror()
    end
    if why then
        C.unlink(name)
        return nil, path .. ": " .. why
    end
    return true
end

local program

-- Whether what the process has loaded, for all to see, defines a name. Asked of the program:
-- without a handle dlsym looks through the scope of its caller, which may be libffi, and that has
-- what others loaded with it.
function system.is_loaded(name)
    program = program or C.dlopen(nil, 1) -- RTLD_LAZY; NULL in a static program
    return not name:find "\0" and C.dlsym(program, name) ~= nil
end

-- The first program of that name in PATH, or the name itself when it has a slash.
function system.find_program(name)
    if name:find "/" then
        return system.state(name) and name
    end
    for directory in (os.getenv "PATH" or "/bin:/usr/bin"):gmatch "[^:]+" do
        local path = directory .. "/" .. name
        local found = system.state(path)
        if found and found.is_file and found.permissions & EXECUTABLE ~= 0 then
            return path
        end
    end
end

function system.read_file(path)
    local file = io.open(path, "rb")
    -- Of a known size it is read in one piece, which takes half of the time.
    local size = file and file:seek "end"
    local text = size and file:seek "set" and file:read(size > 0 and size or "a")
    if file then
        file:close()
    end
    return text
end

return system
