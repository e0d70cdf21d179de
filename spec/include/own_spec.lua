-- S21: the names that a namespace lists are those of its headers as users know them.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"
local own = require "cffi.include.own"

-- The names of a header that its namespace lists, by kind.
local function listed(header, options)
    local ns, kinds = core.scope {}.include(header, options), {}
    for name, kind in core.declarations(ns) do
        kinds[kind] = kinds[kind] or {}
        kinds[kind][name] = true
    end
    return kinds, ns
end

-- What stands in which of libc's headers for its users, wherever it stands for the compiler, and what other
-- headers' it is.
local LIBC = {
    { "math.h", "function: hypot acos fmaf sqrtl", "macro: M_PI HUGE_VAL INFINITY", "constant: FP_NAN",
        no = "__hypot __fpclassify size_t" },
    { "string.h", "function: memcpy strlen strerror strtok_r", no = "strcasecmp size_t" },
    { "stdio.h", "function: printf fopen rename", "macro: BUFSIZ FILENAME_MAX SEEK_SET", "typedef: FILE fpos_t",
        no = "va_list size_t" },
    { "stdlib.h", "function: malloc strtod atexit", "macro: EXIT_FAILURE", "function-like macro: WEXITSTATUS",
        no = "select alloca" },
    { "errno.h", "macro: ENOENT EAGAIN ENOTSUP errno", no = "__linux__" },
    { "limits.h", "macro: INT_MAX PATH_MAX CHAR_BIT" },
    { "poll.h", "function: poll", "macro: POLLIN" },
    { "fcntl.h", "function: open fcntl", "macro: O_RDONLY O_CLOEXEC" },
    { "unistd.h", "function: read getpid", "constant: _SC_PAGESIZE", "macro: STDIN_FILENO" },
    { "time.h", "function: time mktime", "typedef: time_t clock_t", "macro: CLOCK_MONOTONIC CLOCKS_PER_SEC" },
    { "signal.h", "function: kill sigaction", "macro: SIGINT SIG_BLOCK" },
    { "sys/stat.h", "function: stat mkdir", "function-like macro: S_ISDIR", "macro: S_IFDIR" },
    { "sys/socket.h", "function: socket send", "macro: AF_INET SOL_SOCKET SO_REUSEADDR", "constant: MSG_PEEK",
        "typedef: socklen_t sa_family_t", no = "select FD_SET" },
    { "sys/ioctl.h", "function: ioctl", "macro: TIOCGWINSZ", "function-like macro: _IOR" },
    { "netinet/in.h", "function: ntohl", "macro: INADDR_ANY", "constant: IPPROTO_TCP", no = "socket" },
    { "linux/input.h", "macro: KEY_A EV_KEY", "function-like macro: EVIOCGNAME" },
    { "zlib.h", "function: deflate crc32", "macro: Z_OK MAX_WBITS", "typedef: z_stream Bytef uLong",
        no = "getpid size_t" },
}

describe("the own names of", function()
    after_each(headers.clean)

    for _, case in ipairs(LIBC) do
        it(case[1], function()
            local kinds = listed(case[1])
            for i = 2, #case do
                local kind, names = case[i]:match "^(.-): (.*)"
                for name in names:gmatch "%S+" do
                    assert.is_true((kinds[kind] or {})[name], ("%s %s of <%s>"):format(kind, name, case[1]))
                end
            end
            for name in (case.no or ""):gmatch "%S+" do
                for kind, names in pairs(kinds) do
                    assert.is_nil(names[name], ("%s %s of <%s>"):format(kind, name, case[1]))
                end
            end
        end)
    end

    it("a header are reached and listed like those of the files that it consists of", function()
        local kinds, ns = listed "math.h"
        local count, seen = 0, {}
        for name, value in pairs(ns) do
            count = count + 1
            seen[name] = value
        end
        assert.is_true(count > 200)
        assert.equal(5, seen.hypot(3, 4))
        assert.is_nil(kinds["function"].__hypot)
        assert.is_nil(kinds["function"].__fpclassify)
        assert.equal(ns.FP_NORMAL, ns.__fpclassify(3.0)) -- reached, and not listed
    end)

    it("a header are the same without a compiler", function()
        local script = [[
            local ffi, names = require "cffi", {}
            for _, header in ipairs { "math.h", "errno.h", "sys/socket.h", "string.h" } do
                local ns = ffi.scope {}.include(header)
                local has = {}
                for name in ffi.declarations(ns) do has[name] = true end
                names[#names + 1] = tostring(has.hypot or has.ENOENT or has.AF_INET or has.strlen) .. " "
                    .. tostring(has.__hypot or has.select or has.strcasecmp or has.size_t)
            end
            print(table.concat(names, ", "))
        ]]
        local lua = assert(io.popen("command -v " .. support.lua)):read "l"
        local code, out, err = support.run({ "env", "-u", "CC", "-u", "CFFI_CC", "PATH=/no/such/folder",
            "XDG_CACHE_HOME=" .. headers.folder(), lua, "-" }, script)
        assert.equal("", err)
        assert.equal("true nil, true nil, true nil, true nil\n", out)
        assert.equal(0, code)
    end)

    it("headers of one's own: their folders, not what they include from elsewhere", function()
        headers.own_cache()
        local folder, other = headers.folder(), headers.folder()
        headers.write(other, "other.h", "enum { OTHER = 1 };\n")
        support.run { "mkdir", folder .. "/bits" }
        headers.write(folder, "bits/part.h", "enum { __PART = 2, PART = 3 };\n")
        headers.write(folder, "mine.h", [[
#include <stdio.h>
#include "bits/part.h"
#include <other.h>
enum { MINE = 4 };
]])
        local kinds = listed(folder .. "/mine.h", { cflags = { "-I" .. other } })
        assert.same({ __PART = true, PART = true, MINE = true }, kinds.constant)
        assert.is_nil(kinds["function"])
    end)
end)

describe("cffi.include.own", function()
    -- Which of the files are own when `asked` is included and these lines say who includes whom: FROM FILE or,
    -- in quotes, FROM "FILE".
    local function owned(asked, ...)
        local includes, files = {}, {}
        for i, line in ipairs { ... } do
            local from, quote, file = line:match '^(%S+) ("?)([^"]+)'
            includes[i] = { from = from, file = file, in_quotes = quote ~= "" }
            files[i] = file
        end
        local is_listed, found = own.names({ [asked] = true }, includes), {}
        for _, file in ipairs(files) do
            found[#found + 1] = is_listed("name", file) and file or nil
        end
        return found
    end

    it("has the parts of libc and the kernel that own files include", function()
        assert.same({ "/usr/include/bits/a.h", "/usr/include/bits/types/b.h", "/usr/include/linux/c.h",
            "/usr/include/asm-generic/c.h" },
            owned("/usr/include/x.h", "/usr/include/x.h /usr/include/bits/a.h",
                "/usr/include/bits/a.h /usr/include/bits/types/b.h",
                "/usr/include/bits/a.h /usr/include/sys/types.h",
                "/usr/include/sys/types.h /usr/include/bits/of-types.h",
                "/usr/include/bits/a.h /usr/include/linux/c.h", "/usr/include/linux/c.h /usr/include/asm-generic/c.h",
                "/usr/include/x.h /usr/include/linux/other.h"))
    end)

    it("has what a header of the system names in quotes beside it, and what continues it", function()
        assert.same({ "/usr/include/xconf.h", "/usr/include/i386-linux-gnu/xarch.h", "/usr/include/sys/x.h" },
            owned("/usr/include/x.h", '/usr/include/x.h "/usr/include/xconf.h"',
                '/usr/include/x.h "/usr/include/i386-linux-gnu/xarch.h"', "/usr/include/x.h /usr/include/y.h",
                '/usr/include/x.h "/usr/include/stdio.h"', '/usr/include/x.h "/usr/include/sys/types.h"',
                "/usr/include/x.h /usr/include/sys/x.h", "/usr/include/y.h /usr/include/sys/y.h"))
        -- Elsewhere the folder says what belongs together.
        assert.same({ "/opt/x/y.h" }, owned("/opt/x/types.h", "/opt/x/types.h /opt/x/y.h",
            "/opt/x/types.h /usr/include/sys/types.h", '/opt/x/types.h "/usr/include/z.h"'))
    end)
end)
