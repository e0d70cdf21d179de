-- Directories, times and threads of libc and libpthread, in the style of a system library.
local ffi = require "ffi"
local C = ffi.C

ffi.cdef [[
typedef long time_t;
typedef struct DIR DIR;
struct dirent {
    unsigned long d_ino;
    long d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[256];
};
DIR *opendir(const char *name);
struct dirent *readdir(DIR *dir);
int closedir(DIR *dir);
int mkdir(const char *path, unsigned int mode);
int rmdir(const char *path);
int unlink(const char *path);
char *strerror(int errnum);
char *mkdtemp(char *template);

struct tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    long tm_gmtoff;
    const char *tm_zone;
};
struct tm *gmtime_r(const time_t *timep, struct tm *result);
time_t timegm(struct tm *tm);
size_t strftime(char *s, size_t max, const char *format, const struct tm *tm);
struct timespec { time_t tv_sec; long tv_nsec; };
int clock_gettime(int clock, struct timespec *ts);
int nanosleep(const struct timespec *req, struct timespec *rem);

typedef union { char size[64]; long align; } pthread_mutex_t; // 40 on x86-64, 48 on arm64
int pthread_mutex_init(pthread_mutex_t *m, const void *attr);
int pthread_mutex_lock(pthread_mutex_t *m);
int pthread_mutex_trylock(pthread_mutex_t *m);
int pthread_mutex_unlock(pthread_mutex_t *m);
int pthread_mutex_destroy(pthread_mutex_t *m);
]]

local function check(result)
    if result == -1 then
        local code = ffi.errno()
        return nil, ffi.string(C.strerror(code)), code
    end
    return result
end

local function dir(path)
    local d = C.opendir(path)
    if d == nil then return check(-1) end
    d = ffi.gc(d, C.closedir)
    return function()
        local e = C.readdir(d)
        if e ~= nil then return ffi.string(e.d_name), e.d_type, e end
        ffi.gc(d, nil)
        C.closedir(d)
    end
end

local template = ffi.new("char[?]", 32, "/tmp/cffi-lj-XXXXXX")
assert(C.mkdtemp(template) ~= nil)
local root = ffi.string(template)
for _, name in ipairs { "one", "two", "three" } do
    assert(check(C.mkdir(root .. "/" .. name, tonumber("755", 8))))
end
local names = {}
for name, kind in assert(dir(root)) do names[#names + 1] = name .. ":" .. kind end
table.sort(names)
print(table.concat(names, " "))
for _, name in ipairs { "one", "two", "three" } do C.rmdir(root .. "/" .. name) end
print(check(C.rmdir(root)))
print(select(2, dir(root)), select(3, check(C.unlink(root))))

local seconds = ffi.new("time_t[1]", 86400 * 365)
local tm = ffi.new "struct tm"
assert(C.gmtime_r(seconds, tm) ~= nil)
local text = ffi.new("char[?]", 64)
local n = tonumber(C.strftime(text, ffi.sizeof(text), "%Y-%m-%d %H:%M:%S", tm))
print(ffi.string(text, n), n, tm.tm_year, ffi.string(tm.tm_zone), tonumber(C.timegm(tm)))
tm = ffi.new("struct tm", { tm_year = 124, tm_mon = 1, tm_mday = 29 })
print(tonumber(C.timegm(tm)), tm.tm_wday, tm.tm_yday)

local ts = ffi.new("struct timespec[2]")
assert(check(C.clock_gettime(1, ts)))
assert(check(C.nanosleep(ffi.new("struct timespec", 0, 1000000), nil)))
assert(check(C.clock_gettime(1, ts + 1)))
local elapsed = tonumber(ts[1].tv_sec - ts[0].tv_sec) * 1e9 + tonumber(ts[1].tv_nsec - ts[0].tv_nsec)
print(elapsed >= 1e6, elapsed < 60e9, ffi.istype("struct timespec", ts[0]), ffi.sizeof(ts))

local mutex = ffi.gc(ffi.new "pthread_mutex_t", C.pthread_mutex_destroy)
print(C.pthread_mutex_init(mutex, nil), C.pthread_mutex_lock(mutex), C.pthread_mutex_trylock(mutex) ~= 0,
    C.pthread_mutex_unlock(mutex), C.pthread_mutex_trylock(mutex), C.pthread_mutex_unlock(mutex))
