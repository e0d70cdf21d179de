-- What you learn: structs as the system defines them, errno, nested fields, walking what C returns.
-- Lists a directory (this one's unless named) and everything below it.
local ffi = require "cffi"

ffi.cdef [[
    struct dirent {
        long d_ino, d_off; unsigned short d_reclen; unsigned char d_type; char d_name[256];
    };
    struct timespec { long tv_sec, tv_nsec; };
    typedef struct __dirstream DIR;
    DIR *opendir(const char *name);
    struct dirent *readdir(DIR *dir);
    int closedir(DIR *dir);
    char *strerror(int code);
]]
local stats = {
    x64 = [[ struct stat {
        unsigned long st_dev, st_ino, st_nlink;
        unsigned st_mode, st_uid, st_gid, unused;
        unsigned long st_rdev;
        long st_size, st_blksize, st_blocks;
        struct timespec st_atim, st_mtim, st_ctim;
        long reserved[3];
    }; ]],
    arm64 = [[ struct stat {
        unsigned long st_dev, st_ino;
        unsigned st_mode, st_nlink, st_uid, st_gid;
        unsigned long st_rdev, unused;
        long st_size; int st_blksize, unused2; long st_blocks;
        struct timespec st_atim, st_mtim, st_ctim;
        int reserved[2];
    }; ]],
}
ffi.cdef(stats[ffi.arch] .. "int stat(const char *path, struct stat *result);")
local C, info = ffi.C, ffi.new "struct stat"

local function check(ok, path)
    return ok or error(path .. ": " .. ffi.string(C.strerror(ffi.errno())), 0)
end

local function walk(path, indent)
    local dir, names = check(C.opendir(path), path), {}
    for entry in function() return C.readdir(dir) end do
        names[#names + 1] = ffi.string(entry.d_name)
    end
    C.closedir(dir)
    table.sort(names)
    for _, name in ipairs(names) do
        if name ~= "." and name ~= ".." then
            check(C.stat(path .. "/" .. name, info) == 0, path .. "/" .. name)
            local is_dir = info.st_mode & 0xF000 == 0x4000
            local year = os.date("!%Y", info.st_mtim.tv_sec)
            print(("%s%-12s %s %s"):format(indent, name, is_dir and "dir " or info.st_size, year))
            if is_dir then walk(path .. "/" .. name, indent .. "  ") end
        end
    end
end

walk(arg[1] or arg[0]:match "^(.*)/" or ".", "")
print(pcall(walk, "/no/such/directory", ""))
