-- Rows for declarations that say how to call, against what a careful person would write (said.c).

local ffi = require "cffi"
local said = require "said"

ffi.cdef [==[
struct said_box;
[[cffi::errno(-1)]] int said_try(int fd);
[[cffi::status(0)]] int said_status(int code);
[[cffi::string]] const char *said_name(int n);
double said_split(double value, [[cffi::out]] int *whole);
unsigned said_sum([[cffi::in(size)]] const void *data, size_t size);
[[cffi::errno(-1)]] ssize_t said_read(int fd, [[cffi::out(room)]] void *to, size_t room);
[[cffi::string(free)]] char *said_copy(const char *text);
[[cffi::errno, cffi::owned(said_free)]] struct said_box *said_new(int value);
void said_free(struct said_box *box);
void said_each([[cffi::scoped]] void (*each)([[cffi::string]] const char *name), int n);
]==]

local build = os.getenv "CFFI_BUILD" or "build"
local lib = ffi.load(build .. "/bench/said.so")

local function nothing() end

-- `row`: of rows.lua.
return function(row)
    local function one(name, limit, key, a, b)
        local function side(fn)
            return b and function(k) for _ = 1, k do fn(a, b) end end
                or function(k) for _ = 1, k do fn(a) end end
        end
        row("said: " .. name, limit, 5e4, side(said[key]), side(lib["said_" .. key]))
    end
    one("errno", 1.15, "try", 3)
    one("errno, a failure", 1.3, "try", -3)
    one("status", 1.15, "status", 0)
    one("string", 1.15, "name", 1)
    one("out", 1.3, "split", 3.25)
    one("in(size)", 1.15, "sum", "a string of some length")
    one("out(room)", 1.15, "read", 3, 100)
    one("out(room), large", 1.15, "read", 3, 100000)
    one("string(free)", nil, "copy", "a text")
    row("said: owned, <close>", nil, 2e4,
        function(k) local new = said.new for i = 1, k do local box <close> = new(i) end end, -- luacheck: ignore
        function(k) local new = lib.said_new for i = 1, k do local box <close> = new(i) end end) -- luacheck: ignore
    row("said: callback with a string", nil, 2e4,
        function(k) said.each(nothing, k) end,
        function(k) lib.said_each(nothing, k) end)
end
