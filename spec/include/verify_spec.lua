-- ffi.verify: declarations typed by hand beside the system's headers (docs/design.md S21).
local core = require "cffi"
local support = require "spec.support"

describe("ffi.verify", function()
    local ffi
    before_each(function() ffi = core.scope() end)

    local function differs(message, text, headers, options)
        local ok, caught = pcall(ffi.verify, text, headers, options)
        assert.is_false(ok)
        assert.equal("the declarations differ from " .. message, (caught:gsub("‘", "'"):gsub("’", "'")))
    end

    it("is content with what the headers say", function()
        local numbers, declared = ffi.verify([[
            struct timeval { long tv_sec; long tv_usec; };
            int gettimeofday(struct timeval *tv, void *tz);
            extern char **environ;
            enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC };
            typedef struct z_stream_s z_stream;
            const char *zlibVersion(void);
            #define Z_BEST_SPEED 1
            typedef struct { int quot; int rem; } div_t;
            div_t div(int, int);
        ]], { "sys/time.h", "unistd.h", "time.h", "zlib.h", "stdlib.h" })
        assert.equal(2 + 4 + 2 + 1 + 2 + 4, numbers)
        assert.equal(4, declared)
        for name in ffi.declarations() do
            error("declared in the caller's scope: " .. name)
        end
    end)

    it("names the first difference and both numbers #lp64", function()
        differs("<sys/time.h>: the size of 'struct timeval' is 8, the compiler says 16",
            "struct timeval { int tv_sec; int tv_usec; };", "sys/time.h")
        differs("<sys/time.h>: the size of member 'tv_sec' of 'struct timeval' is 4, the compiler says 8",
            "struct timeval { int tv_sec; long tv_usec; };", "sys/time.h")
        differs("<sys/time.h>: the offset of member 'tv_usec' of 'struct timeval' is 0, the compiler says 8",
            "struct timeval { long tv_usec; long tv_sec; };", "sys/time.h")
        differs("<zlib.h>: the value of 'Z_BEST_SPEED' is 2, the compiler says 1",
            "enum { Z_BEST_SPEED = 2 };", "zlib.h")
        differs("<zlib.h>: the value of 'Z_BEST_SPEED' is 2, the compiler says 1",
            "#define Z_BEST_SPEED 2", "zlib.h")
    end)

    it("shows what the compiler says of what it refuses, at the text's line", function()
        local who = os.getenv "CC" == "clang" and { have = "conflicting types for 'zlibVersion'" }
            or { have = "conflicting types for 'zlibVersion'; have 'int(void)'" }
        differs("<zlib.h>: mine.h:2: " .. who.have, "struct s;\nint zlibVersion(void);", "zlib.h", { name = "mine.h" })
        local ok, caught = pcall(ffi.verify, "int no_such_function(int);", "zlib.h")
        assert.is_false(ok)
        assert.is_truthy(caught:find("the declarations differ from <zlib.h>: text:1: .*undeclared.*no_such_function") or
            caught:find("the declarations differ from <zlib.h>: text:1: .*no_such_function.* undeclared"))
        ok, caught = pcall(ffi.verify, "struct timeval { long tv_sec, usec; };", "sys/time.h")
        assert.is_false(ok)
        assert.is_truthy(caught:find("the offset of member 'usec' of 'struct timeval': .*usec"))
        ok, caught = pcall(ffi.verify, "int x;", "no/such.h")
        assert.is_false(ok)
        assert.is_truthy(caught:find("no/such.h", 1, true))
    end)

    it("raises for what is no text, no compiler, no option", function()
        support.raises("bad argument #1 to 'verify' (string expected, got nil)", function()
            ffi.verify(nil, "zlib.h")
        end)
        local no_option = "bad argument #3 to 'verify' (unknown option 'lib'; there are cc, cflags, defs, name, undefs)"
        support.raises(no_option, function()
            ffi.verify("int x;", "zlib.h", { lib = "z" })
        end)
        support.raises("bad argument #3 to 'verify' (option 'name' must be a string, not number)", function()
            ffi.verify("int x;", "zlib.h", { name = 1 })
        end)
        local no_header = "bad argument #2 to 'verify' (name of a header, or a list of names, expected, got nil)"
        support.raises(no_header, function()
            ffi.verify("int x;")
        end)
        support.raises("cannot include <zlib.h>: there is no 'no-such-cc', which the option 'cc' names", function()
            ffi.verify("int x;", "zlib.h", { cc = "no-such-cc" })
        end)
        support.raises("text:1:7: expected ';' after a declaration, got 'y'\n    int x y;\n          ^", function()
            ffi.verify("int x y;", "zlib.h")
        end)
    end)
end)

describe("ffi.tags", function()
    it("iterates over what texts named, by the name alone", function()
        local ffi, found = core.scope(), {}
        ffi.cdef "struct a; union b { int x; }; enum c { C1 }; typedef struct { int y; } d; struct timespec;"
        ffi.sizeof "struct timeval" -- known without a text: not listed
        for name, keyword, complete in ffi.tags() do
            found[#found + 1] = ("%s %s %s"):format(name, keyword, complete)
        end
        assert.same({ "struct a struct false", "union b union true", "enum c enum true",
            "struct timespec struct false" }, found)
        for name in ffi.tags "^b$" do
            assert.equal("union b", name)
        end
    end)
end)
