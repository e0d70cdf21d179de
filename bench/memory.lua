-- Memory and start-up: prints what objects cost and exits with 1 when a limit is passed.
--
--   make bench-memory
--
-- Lua's own heap is counted by collectgarbage "count"; what malloc has handed out, which includes
-- that heap and malloc's own overhead, by bench/heap.c.

local heap = require "heap"

local build = os.getenv "CFFI_BUILD" or "build"
local failed = false

local function report(what, value, limit, unit)
    local good = value <= limit
    failed = failed or not good
    print(("%-66s %8.2f %-5s limit %7.2f  %s"):format(
        what, value, unit, limit, good and "ok" or "TOO MUCH"))
end

-- ---- start-up: in processes of their own, before this one loads the module ----------------------

local START = [[
local heap = require "heap"
collectgarbage() collectgarbage()
local before, clock = heap.allocated(), os.clock()
require "cffi"
clock = os.clock() - clock
collectgarbage() collectgarbage()
print(clock, heap.allocated() - before)
]]

local function start()
    local pipe <close> = assert(io.popen(("%s -e '%s'"):format(arg[-1], START)))
    return pipe:read("n", "n")
end

local seconds, bytes = math.huge, 0
for _ = 1, 20 do
    local s, b = start()
    seconds, bytes = math.min(seconds, s), math.max(bytes, b)
end
report('require "cffi": CPU, best of 20 processes', seconds * 1000, 1.5, "ms")
report('require "cffi": Lua heap plus malloc, after a collection', bytes / 1024, 400, "KB")

-- ---- objects ------------------------------------------------------------------------------------

local ffi = require "cffi"

-- Lua bytes and malloc bytes for each of `count` objects that make(i) returns.
local function cost(count, make)
    local kept = {}
    for i = 1, count do kept[i] = false end
    make(0)
    collectgarbage() collectgarbage()
    collectgarbage "stop"
    local lua, all = collectgarbage "count", heap.allocated()
    for i = 1, count do kept[i] = make(i) end
    lua, all = (collectgarbage "count" - lua) * 1024 / count, (heap.allocated() - all) / count
    collectgarbage "restart"
    assert(kept[count]) -- in use until here
    return lua, all
end

ffi.cdef "struct memory_point { int x, y; };"
local point = ffi.typeof "struct memory_point"
local header = cost(100000, function() return heap.userdata(0) end)
local lua, all = cost(100000, function() return ffi.new(point) end)
print(("%-66s %8.2f bytes"):format("an empty userdata of Lua's", header))
report("an 8-byte struct, payload included, beyond Lua's header", lua - header, 32, "bytes")
print(("%-66s %8.2f bytes"):format("  the same with Lua's header and malloc's overhead", all))

-- Each keeps the one before: what links cost.
ffi.cdef "struct memory_node { struct memory_node *next, *previous; int v; };"
local node = ffi.typeof "struct memory_node"
local last = node()
lua, all = cost(100000, function()
    local new = node()
    new.previous, last.next = last, new
    last = new
    return new
end)
report("a struct of 24 bytes with two pointers to others, beyond it", lua - header, 88, "bytes")
print(("%-66s %8.2f bytes"):format("  the same with Lua's header and malloc's overhead", all))

-- ---- functions ----------------------------------------------------------------------------------

-- A thousand functions of three parameters, of ten types; those before bring the types' objects.
local RESULTS = {"int", "long", "double", "void *", "unsigned"}
local declarations, names = {}, {}
for i = -9, 1000 do
    names[i] = ("memory_function_%d"):format(i + 10)
    declarations[#declarations + 1] = ("%s %s(int a, %s b, const char *c);"):format(
        RESULTS[i % 5 + 1], names[i], i % 2 == 0 and "double" or "long")
end
declarations = table.concat(declarations, "\n")
all = heap.allocated()
ffi.cdef(declarations)
print(("%-66s %8.2f bytes"):format("the declaration of a function, its name and parameters",
    (heap.allocated() - all) / 1010))
local lib = ffi.load(build .. "/bench/functions.so")
for i = -9, 0 do local _ = lib[names[i]] end

lua, all = cost(1000, function(i) return lib[names[i]] end)
report("a function (closure, record, slot, share of the plan), Lua heap", lua, 300, "bytes")
report("  the same with malloc's overhead", all, 300, "bytes")

os.exit(not failed)
