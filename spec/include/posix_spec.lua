-- cffi.posix, the snapshot of the system's headers, and ffi.include without a compiler (docs/design.md S21).
local core = require "cffi"
local support = require "spec.support"

local HEADERS = [[
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
]]

local CONSTANTS = [[
    O_RDONLY O_CREAT O_CLOEXEC O_DIRECTORY AT_FDCWD F_SETLK FD_CLOEXEC S_IFMT S_IRWXU SEEK_END
    EPOLLIN EPOLLET EPOLL_CTL_ADD EPOLL_CLOEXEC EFD_NONBLOCK IN_CREATE IN_ALL_EVENTS SFD_CLOEXEC TFD_TIMER_ABSTIME
    AF_INET AF_INET6 AF_UNIX AF_NETLINK SOCK_STREAM SOL_SOCKET SO_REUSEADDR IPPROTO_TCP INADDR_LOOPBACK SOMAXCONN
    NETLINK_ROUTE RTM_GETLINK NLM_F_DUMP TIOCGWINSZ TCGETS FIONREAD SIOCGIFADDR IFF_UP
    PR_SET_NAME SCHED_FIFO CLONE_NEWNS MS_BIND MNT_DETACH STATX_ALL AT_EMPTY_PATH XATTR_CREATE MFD_CLOEXEC
    SIGINT SIGKILL SIGRTMAX SA_RESTART SIG_BLOCK ICANON ECHO TCSANOW VMIN B115200 PROT_READ MAP_ANONYMOUS
    RLIMIT_NOFILE RLIM_INFINITY CLOCK_MONOTONIC WNOHANG POLLIN _SC_PAGESIZE _PC_NAME_MAX SYS_gettid PATH_MAX
]]

-- Runs a script where no compiler and no cache is found.
local function without_compiler(code)
    local command = { "env", "-u", "CC", "-u", "CFFI_CC", "PATH=/nowhere", "XDG_CACHE_HOME=/nowhere",
        (assert(io.popen("command -v " .. support.lua)):read "l"), "bin/cffi", "-e", code }
    local code_, out, err = support.run(command)
    return code_, out, err
end

describe("cffi.posix", function()
    local posix = require "cffi.posix"

    it("has the values of the compiler", function()
        local body, ours = {}, {}
        for name in CONSTANTS:gmatch "%S+" do
            body[#body + 1] = ('printf("%s %%lld\\n", (long long)(%s));\n'):format(name, name)
            local value = posix[name]
            value = type(value) == "boolean" and (value and 1 or 0) or value
            ours[#ours + 1] = ("%s %d\n"):format(name, core.tonumber(core.cast("int64_t", value)))
        end
        assert.is_true(#ours > 65)
        assert.equal(support.compiled(HEADERS, table.concat(body)), table.concat(ours))
    end)

    it("has functions, types and function-like macros", function()
        local state = posix["struct stat"]()
        assert.equal(0, posix.stat("/", state))
        assert.is_true(posix.S_ISDIR(state.st_mode))
        assert.is_false(posix.S_ISREG(state.st_mode))
        assert.equal(3, posix.WEXITSTATUS(0x300))
        assert.equal(2.0, posix.sqrt(4))
        assert.equal(12, core.sizeof(posix["struct epoll_event"]))
        assert.equal("ctype<struct pollfd[2]>", tostring(core.typeof("$[2]", posix["struct pollfd"])))
        assert.equal(posix.TIOCGWINSZ, 0x5413)
        local set = posix.fd_set()
        assert.equal(128, core.sizeof(set))
    end)

    it("names itself, its names, and the nearest one", function()
        assert.is_truthy(tostring(posix):find "^cffi%.posix: ffi%.C")
        support.raises("'O_RDNLY' is not declared by cffi.posix (did you mean 'O_RDONLY'?)", function()
            return posix.O_RDNLY
        end)
        support.raises("'timespec' is not declared by cffi.posix (did you mean 'struct timespec'?)", function()
            return posix.timespec
        end)
        local kinds = {}
        for name, kind in core.declarations(posix, "^inotify_add_watch$") do
            kinds[#kinds + 1] = name .. " " .. kind
        end
        assert.same({ "inotify_add_watch function" }, kinds)
    end)

    it("declares a name when it is asked for as if all were declared", function()
        local pieces, snapshot = require "cffi.include.pieces", require "cffi.include.snapshot"
        local unit = snapshot.unit()
        local whole, lazy = core.scope(), pieces.scope(core.scope(), unit)
        require "cffi.include.unit".declare(whole, unit.text)
        local names, tags = {}, {}
        for name in whole.declarations() do
            names[#names + 1] = name
        end
        for name in whole.tags() do
            tags[#tags + 1] = name
        end
        assert.is_true(#names > 5000 and #tags > 500)
        for i = #names, 1, -1 do
            assert.same({ whole.declaration(names[i]) }, { lazy.declaration(names[i]) })
        end
        for i = #tags, 1, -1 do
            local ours, theirs = lazy.typeof(tags[i]), whole.typeof(tags[i])
            assert.equal(whole.sizeof(theirs), lazy.sizeof(ours), tags[i])
            local members = { whole.reflect(theirs).members, lazy.reflect(ours).members }
            for k, member in ipairs(members[1] or {}) do
                assert.equal(member.name, members[2][k].name)
                assert.equal(member.offset, members[2][k].offset)
            end
        end
        lazy.everything()
        local count = 0
        for _ in lazy.declarations() do
            count = count + 1
        end
        assert.equal(#names, count)
    end)

    it("keeps what #pragma pack says of a piece", function()
        local pieces, units = require "cffi.include.pieces", require "cffi.include.unit"
        local text = '# 1 "a.h"\n#pragma pack(push, 1)\nstruct tight { char a; int b; };\n#pragma pack(push)\n'
            .. "#pragma pack(2)\nstruct half { struct tight a; char c; int b; };\n#pragma pack(pop)\n"
            .. "struct tight2 { char a; int b; };\n#pragma pack(pop)\nstruct wide { char a; int b; };\n"
        local ffi = core.scope()
        ffi.cdef(text)
        local unit = { text = text, paths = "a.h" }
        pieces.add(unit, ffi)
        assert.same({ "a.h" }, units.paths(unit))
        local lazy = pieces.scope(core.scope(), unit)
        for _, name in ipairs { "struct wide", "struct half", "struct tight2", "struct tight" } do
            assert.equal(ffi.sizeof(name), lazy.sizeof(lazy.typeof(name)), name)
        end
        assert.equal(5, lazy.sizeof(lazy.typeof "struct tight2"))
    end)

    it("leaves declarations typed by hand alone", function()
        local ffi = core.scope()
        ffi.cdef "typedef struct mine FILE; enum { O_RDONLY = 77 };"
        assert.equal(77, ffi.C.O_RDONLY)
        assert.equal(0, posix.O_RDONLY)
    end)

    it("reads nothing before a name is asked for", function()
        local code, out = support.run_lua [[
            local posix = require "cffi.posix"
            local loaded = package.loaded
            print(loaded["cffi.include.snapshot"] == nil, posix.ENOENT, loaded["cffi.include.snapshot"] ~= nil)
        ]]
        assert.equal(0, code)
        assert.equal("true\t2\ttrue\n", out)
    end)

    it("needs no compiler; ffi.include has those headers without one, too", function()
        local code, out, err = without_compiler [[
            local posix = require "cffi.posix"
            local ffi = require "cffi"
            local state = ffi.include "sys/stat.h"
            local names = {}
            for name in ffi.declarations(state, "^S_ISDIR$") do names[#names + 1] = name end
            print(posix.EPOLLIN, state.S_ISDIR(0x4000), ffi.sizeof "struct stat" == ffi.sizeof(posix["struct stat"]),
                table.concat(names), ffi.declarations(state, "^EPOLLIN$")() == nil)
            print(pcall(ffi.include, "zlib.h"))
            print(pcall(ffi.include, "sys/stat.h", { defs = { X = 1 } }))
        ]]
        assert.equal("", err)
        assert.equal(0, code)
        local none = "there is no C compiler (cc, gcc or clang): install one, or name one in $CFFI_CC\n"
        assert.equal("1\ttrue\ttrue\tS_ISDIR\ttrue\n"
            .. "false\tcannot include <zlib.h>: " .. none
            .. "false\tcannot include <sys/stat.h>: " .. none, out)
    end)

    it("says so where the snapshot is missing or damaged", function()
        local dir = os.tmpname() .. ".d"
        assert(os.execute(("mkdir -p %s/cffi && cp %s/cffi/core.so %s/cffi/"):format(
            dir, os.getenv "CFFI_BUILD" or "build", dir)))
        local script = "print(pcall(function() return require('cffi.posix').O_RDONLY end))"
        local function run()
            return select(2, support.run { "env", "CFFI_BUILD=" .. dir, support.lua, "bin/cffi", "-e", script })
        end
        local expected = ("false\t[string \"%s\"]:1: cannot load cffi.posix: %s/cffi/posix.headers "
            .. "is missing or damaged: run make\n"):format(script, dir)
        local function plain(text) return (text:gsub("^false\t.-: cannot", "cannot")) end
        assert.equal(plain(expected), plain(run()))
        support.write_file(dir .. "/cffi/posix.headers", "cffi headers 0\nnonsense")
        assert.equal(plain(expected), plain(run()))
        assert(os.execute("rm -r " .. dir))
    end)
end)
