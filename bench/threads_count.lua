-- What the lock of a Lua state costs the thread that makes the calls (docs/design.md S26): counted
-- instructions of a call, a field and a callback, before a first callback exists and after.
--   make bench-threads-count
local counting = require "counting"
local callbacks = require "support.callbacks"
local ffi = require "cffi"

local prefix = assert(arg[1], "usage: threads_count.lua PREFIX")
local N = 20000

local lib = callbacks.load()
ffi.cdef [[
    int abs(int); double fabs(double); size_t strlen(const char *);
    struct threads_count_point { int x; };
]]

local C, reset = ffi.C, lib.callbacks_reset
local abs, fabs, strlen = C.abs, C.fabs, C.strlen
local point = ffi.new "struct threads_count_point"
local rows = {
    {"void(void)", function(k) for _ = 1, k do reset() end end},
    {"abs(i)", function(k) for i = 1, k do abs(i) end end},
    {"fabs(1.5)", function(k) for _ = 1, k do fabs(1.5) end end},
    {[[strlen("hello")]], function(k) for _ = 1, k do strlen "hello" end end},
    {"p.x = i", function(k) for i = 1, k do point.x = i end end},
}

local function count(fn) return counting.instructions(fn, N, prefix) end

local before = {}
for i, row in ipairs(rows) do before[i] = count(row[2]) end
local cb = ffi.callback("int (int)", function(x) return x end)
print(("%-20s %8s %8s"):format("loop around", "before", "after"))
for i, row in ipairs(rows) do
    local after = count(row[2])
    print(("%-20s %8.1f %8.1f %6.3f"):format(row[1], before[i], after, after / before[i]))
end
local callback = count(function(k) lib.callbacks_repeat(cb, k) end)
print(("%-20s %8s %8.1f"):format("a callback", "", callback))
