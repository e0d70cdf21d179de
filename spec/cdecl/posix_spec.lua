-- The names of POSIX that every scope knows (docs/design.md S20), beside the compiler's headers.
local core = require "cffi"
local support = require "spec.support"
local raises = support.raises

-- The types by name and by tag that cdecl_parser/posix.def lists, the latter with their members.
local function listed()
    local names, tags = {}, {}
    local into = names
    local text = assert(io.open "cdecl_parser/posix.def"):read "a"
    text = text:gsub("/%*.-%*/", ""):gsub("\n +", " ")
    for line in text:gmatch "[^\n]+" do
        into = line:find "^#ifdef TAGS" and tags or into
        local kind, name = line:match "^(%u+)%(([%w_]+)"
        if kind then
            into[#into + 1] = { name = name, kind = kind, fields = {} }
            for member in line:sub(#kind + 2):gmatch "%u+%([%w_]+ ?[%w_]*, ([%w_]+)" do
                table.insert(into[#into].fields, member)
            end
        end
    end
    return names, tags
end

local HEADERS = [[
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <iconv.h>
#include <locale.h>
#include <netinet/in.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <utime.h>
#include <wchar.h>
#include <wctype.h>
]]

describe("the names of POSIX", function()
    local ffi
    before_each(function() ffi = core.scope() end)

    it("are what the compiler says", function()
        local names, tags = listed()
        assert.is_true(#names > 60 and #tags > 20)
        local body, ours = {}, {}
        local function size(text)
            body[#body + 1] = ('printf("%%s %%zu %%zu\\n", "%s", sizeof(%s), _Alignof(%s));'):format(text, text, text)
            ours[#ours + 1] = ("%s %d %d"):format(text, ffi.sizeof(text), ffi.alignof(text))
        end
        for _, type in ipairs(names) do
            if type.kind ~= "HANDLE" then
                size(type.name)
            end
            if type.kind == "ALIAS" then
                body[#body + 1] = ('printf("%%d\\n", (%s)-1 < 0);'):format(type.name)
                ours[#ours + 1] = ffi.cast(type.name, -1) < 0 and "1" or "0"
            end
        end
        for _, type in ipairs(tags) do
            local name = "struct " .. type.name
            size(name)
            for _, member in ipairs(type.fields) do
                body[#body + 1] = ('printf("%%s %%zu %%zu\\n", "%s", offsetof(%s, %s), sizeof((%s *)0)->%s);')
                    :format(member, name, member, name, member)
                local expression = ("sizeof((%s *)0)->%s"):format(name, member)
                ours[#ours + 1] = ("%s %d %d"):format(member, ffi.offsetof(name, member),
                    ffi.tonumber(ffi.eval(expression)))
            end
        end
        assert.equal(table.concat(ours, "\n") .. "\n", support.compiled(HEADERS, table.concat(body, "\n")))
    end)

    it("make prototypes of man pages acceptable as they stand", function()
        ffi.cdef [[
            FILE *fopen(const char *restrict pathname, const char *restrict mode);
            int fclose(FILE *stream);
            int fseeko(FILE *stream, off_t offset, int whence);
            ssize_t getline(char **restrict lineptr, size_t *restrict n, FILE *restrict stream);
            DIR *opendir(const char *name);
            struct dirent *readdir(DIR *dirp);
            pid_t fork(void);
            pid_t waitpid(pid_t pid, int *_Nullable wstatus, int options);
            int kill(pid_t pid, int sig);
            int open(const char *pathname, int flags, ... /* mode_t mode */ );
            int chmod(const char *pathname, mode_t mode);
            mode_t umask(mode_t mask);
            int mkdir(const char *pathname, mode_t mode);
            uid_t getuid(void);
            int setuid(uid_t uid);
            int chown(const char *pathname, uid_t owner, gid_t group);
            int socket(int domain, int type, int protocol);
            int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
            int accept(int sockfd, struct sockaddr *_Nullable restrict addr, socklen_t *_Nullable restrict addrlen);
            int setsockopt(int sockfd, int level, int optname, const void optval[.optlen], socklen_t optlen);
            int getsockopt(int sockfd, int level, int optname, void optval[restrict *.optlen],
                           socklen_t *restrict optlen);
            off_t lseek(int fd, off_t offset, int whence);
            void *mmap(void addr[.length], size_t length, int prot, int flags, int fd, off_t offset);
            time_t time(time_t *_Nullable tloc);
            struct tm *localtime_r(const time_t *restrict timep, struct tm *restrict result);
            int poll(struct pollfd *fds, nfds_t nfds, int timeout);
            int select(int nfds, fd_set *_Nullable restrict readfds, fd_set *_Nullable restrict writefds,
                       fd_set *_Nullable restrict exceptfds, struct timeval *_Nullable restrict timeout);
            int clock_gettime(clockid_t clockid, struct timespec *tp);
            int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr,
                               void *(*start_routine)(void *), void *restrict arg);
            int sigprocmask(int how, const sigset_t *_Nullable restrict set, sigset_t *_Nullable restrict oldset);
            key_t ftok(const char *pathname, int proj_id);
            int sigqueue(pid_t pid, int sig, const union sigval value);
            int sigwaitinfo(const sigset_t *restrict set, siginfo_t *_Nullable restrict info);
            int sigaltstack(const stack_t *_Nullable restrict ss, stack_t *_Nullable restrict old_ss);
            int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
            ssize_t copy_file_range(int fd_in, off64_t *_Nullable off_in, int fd_out, off64_t *_Nullable off_out,
                                    size_t len, unsigned int flags);
            int mq_send(mqd_t mqdes, const char msg_ptr[.msg_len], size_t msg_len, unsigned int msg_prio);
            int usleep(useconds_t usec);
            int glob(const char *restrict pattern, int flags, int (*errfunc)(const char *epath, int eerrno),
                     glob_t *restrict pglob);
            int regcomp(regex_t *restrict preg, const char *restrict regex, int cflags);
            sighandler_t signal(int signum, sighandler_t handler);
            int stat(const char *restrict pathname, struct stat *restrict statbuf);
            int uname(struct utsname *buf);
            struct passwd *getpwuid(uid_t uid);
        ]]
        local st = ffi.new "struct stat"
        assert.equal(0, ffi.C.stat("Makefile", st))
        assert.equal(assert(io.open "Makefile"):seek "end", st.st_size)
        local names = ffi.new "struct utsname"
        assert.equal(0, ffi.C.uname(names))
        assert.equal("Linux", ffi.string(names.sysname))
        assert.equal("root", ffi.string(ffi.C.getpwuid(0).pw_name))
        local dir = ffi.C.opendir "/"
        assert.is_true(#ffi.string(ffi.C.readdir(dir).d_name) > 0)
    end)

    it("give way to any declaration #lp64", function()
        assert.equal(4, ffi.sizeof "pid_t")
        ffi.cdef "typedef short pid_t; typedef struct FILE FILE; typedef struct { int x; } sigset_t;"
        assert.equal(2, ffi.sizeof "pid_t")
        assert.equal(4, ffi.sizeof "sigset_t")
        assert.equal("ctype<struct FILE>", tostring(ffi.typeof "FILE"))
        assert.equal(16, ffi.sizeof "struct timeval")
        ffi.cdef "struct timeval { short both[2]; };"
        assert.equal(4, ffi.sizeof "struct timeval")
        raises("1:8: 'struct timeval' redefined: member 1 is 'int x' at byte 0, was 'short both[2]' at byte 0, "
            .. "first declared in line 1 of an earlier text (ffi.scope{} starts afresh)"
            .. "\n    struct timeval { int x; };\n           ^", function()
            ffi.cdef "struct timeval { int x; };"
        end)
        ffi.cdef "enum { off_t = 3 }; int key_t(void);"
        assert.equal(3, ffi.C.off_t)
    end)

    it("are no obstacle to the system's headers after them", function()
        ffi.cdef [[ int before(FILE *, sigset_t *, time_t, struct timespec *, struct tm *, DIR *, struct stat *); ]]
        assert.equal(2 * ffi.sizeof "long", ffi.sizeof "struct timespec")
        ffi.sizeof "struct stat"
        local path = os.tmpname()
        local file = assert(io.open(path, "w"))
        file:write(HEADERS)
        file:close()
        ffi.cdef((assert(io.popen((os.getenv "CC" or "cc") .. " -E -P -x c " .. path)):read "a"))
        os.remove(path)
        assert.equal("ctype<struct _IO_FILE>", tostring(ffi.typeof "FILE"))
        assert.equal(4, ffi.offsetof("struct tm", "tm_min"))
    end)

    it("are not listed, and cost nothing until they are used", function()
        ffi.sizeof "pthread_mutex_t"
        for name in ffi.declarations() do
            error("listed: " .. name)
        end
        assert.equal("ctype<pthread_mutex_t>", tostring(ffi.typeof "pthread_mutex_t"))
        assert.equal("ctype<struct _IO_FILE *>", tostring(ffi.typeof "FILE *"))
        raises("1:1: unknown type 'pidt_t' (did you mean 'pid_t'?)\n    pidt_t\n    ^", function()
            core.scope().sizeof "pidt_t"
        end)
    end)
end)
