-- Files and folders against lua-filesystem.
local ffi = require "cffi"
local found, lfs = pcall(require, "lfs")

local plain, said = ffi.scope { stays = true }, ffi.scope { stays = true }
plain.cdef [[
struct dirent { unsigned long d_ino; long d_off; unsigned short d_reclen; unsigned char d_type;
    char d_name[256]; };
DIR *opendir(const char *path);
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);
int stat(const char *path, struct stat *st);
char *getcwd(char *buffer, size_t size);
int mkdir(const char *path, mode_t mode);
int rmdir(const char *path);
]]
said.cdef [==[
struct dirent { unsigned long d_ino; long d_off; unsigned short d_reclen; unsigned char d_type;
    char d_name[256]; };
[[cffi::errno, cffi::owned(closedir)]] DIR *opendir(const char *path);
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);
[[cffi::errno]] int stat(const char *path, struct stat *st);
[[cffi::errno]] char *getcwd([[cffi::out(size), cffi::string]] char *buffer, size_t size);
[[cffi::errno]] int mkdir(const char *path, mode_t mode);
[[cffi::errno]] int rmdir(const char *path);
]==]

local FILES = 500

return function(job)
    if not found then
        return
    end
    local c, a = plain.C, said.C
    local folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder))
    for i = 1, FILES do
        local file <close> = assert(io.open(folder .. "/" .. i, "w"))
        file:write(("x"):rep(i % 7))
    end

    job("lfs: names and sizes of 500 files", "lfs", {
        binding = function()
            local size = 0
            for name in lfs.dir(folder) do
                if name ~= "." and name ~= ".." then
                    size = size + lfs.attributes(folder .. "/" .. name, "size")
                end
            end
            return size
        end,
        plain = function()
            local dir, size, st = c.opendir(folder), 0, plain.new "struct stat"
            local readdir, stat, string = c.readdir, c.stat, plain.string
            local entry = readdir(dir)
            while entry do
                local name = string(entry.d_name)
                if name ~= "." and name ~= ".." then
                    stat(folder .. "/" .. name, st)
                    size = size + st.st_size
                end
                entry = readdir(dir)
            end
            c.closedir(dir)
            return size
        end,
        annotated = function()
            local dir, size, st = assert(a.opendir(folder)), 0, said.new "struct stat"
            local readdir, stat, string = a.readdir, a.stat, said.string
            local entry = readdir(dir)
            while entry do
                local name = string(entry.d_name)
                if name ~= "." and name ~= ".." then
                    assert(stat(folder .. "/" .. name, st))
                    size = size + st.st_size
                end
                entry = readdir(dir)
            end
            a.closedir(dir)
            return size
        end,
    })
    job("lfs: current folder, 2,000 times", "lfs", {
        binding = function()
            local size = 0
            for _ = 1, 2000 do size = size + #lfs.currentdir() end
            return size
        end,
        plain = function()
            local size, buffer = 0, plain.new "char[4096]"
            for _ = 1, 2000 do
                assert(c.getcwd(buffer, 4096))
                size = size + #plain.string(buffer)
            end
            return size
        end,
        annotated = function()
            local size, getcwd = 0, a.getcwd
            for _ = 1, 2000 do size = size + #assert(getcwd(4096)) end
            return size
        end,
    })
    local inner = folder .. "/inner"
    job("lfs: make and remove 200 folders", "lfs", {
        binding = function()
            for _ = 1, 200 do
                assert(lfs.mkdir(inner))
                assert(lfs.rmdir(inner))
            end
        end,
        plain = function()
            for _ = 1, 200 do
                assert(c.mkdir(inner, 511) == 0)
                assert(c.rmdir(inner) == 0)
            end
        end,
        annotated = function()
            for _ = 1, 200 do
                assert(a.mkdir(inner, 511))
                assert(a.rmdir(inner))
            end
        end,
    })
end
