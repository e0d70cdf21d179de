-- Operations of those who look: objects and layouts as text, names that are there and are not, constants, tables as
-- arguments, pointers in bytes, signals.
local ffi = require "cffi"
local posix = require "cffi.posix"
local memory = require "monkey.memory"
local types = require "monkey.types"
local values = require "monkey.values"
local world = require "monkey.world"

local looks = {}
local chance, pick, random = world.chance, world.pick, world.random

ffi.cdef [[
    int raise(int);
    int looks_same(const int *, const int *, size_t) __asm__("memcmp");
    enum looks_constants { LOOKS_ONE = 1, LOOKS_TWO };
    struct looks_bytes { int n; char bytes[24]; };
]]

function looks.op_inspect()
    local t = pick(types.records)
    local object = ffi.new(t.tag)
    world.log("inspect, hexdump, layout of %s", t.tag)
    local text = world.succeeds("inspect", ffi.inspect, object)
    world.check(text:find(t.tag, 1, true) == 1, "inspect: %s", text)
    local lines = world.succeeds("hexdump", ffi.hexdump, object)
    world.check(select(2, lines:gsub("\n", "")) <= ffi.sizeof(object) // 16 + 1, "hexdump: %s", lines)
    local layout = world.succeeds("layout", ffi.layout, t.tag)
    world.check(layout:find(("size: %d,"):format(ffi.sizeof(object)), 1, true), "layout: %s", layout)
    world.check(#world.succeeds("inspect", ffi.inspect, ffi.cast("void *", random(1 << 20))) > 0, "a wild pointer")
end

function looks.op_posix()
    local name = pick { "O_RDONLY", "EINTR", "SIGUSR1", "getpid", "struct stat", "PATH_MAX", "S_ISDIR" }
    world.log("posix.%s", name)
    local value = world.succeeds("posix", function() return posix[name] end)
    world.check(value ~= nil and rawequal(value, posix[name]), "posix.%s is another", name)
    if type(value) ~= "function" then
        world.raises("write", "attempt to write to", function() posix[name] = 1 end)
    end
    world.check(posix.S_ISDIR(posix.S_IFDIR) == true, "S_ISDIR")
end

function looks.op_names()
    local name = pick { "LOOKS_ONE", "LOOKS_TWO" }
    world.log("misses, and writes to %s", name)
    local value = name == "LOOKS_ONE" and 1 or 2
    world.raises("write", "attempt to write to constant", function() ffi.C[name] = random(9) end)
    world.check(ffi.C[name] == value, "%s is %s", name, tostring(ffi.C[name]))
    world.raises("miss", "is not declared", function() return ffi.C["looks_none_" .. random(1000)] end)
    world.raises("near miss", "did you mean '" .. name .. "'?", function() return ffi.C[name .. "E"] end)
end

function looks.op_list()
    local n = random(20)
    local list, other = {}, {}
    for i = 1, n do
        local v = random(-1 << 31, (1 << 31) - 1)
        list[i] = chance(30) and values.integer_object(values.wide(v), memory.hook) or v
        other[i] = v
    end
    world.log("a list of %d as argument", n)
    world.check(world.succeeds("list", ffi.C.looks_same, list, other, 4 * n) == 0, "another list")
end

-- Each buffer holds the next one alone.
function looks.op_bytes()
    local n = random(30)
    world.log("%d buffers that keep each other", n)
    local function new()
        local kind = random(3)
        local object = kind == 1 and ffi.new("char[?]", 16) or kind == 2 and ffi.new "uint8_t[24]"
            or ffi.new "struct looks_bytes"
        return ffi.cast("char *", object) + (kind == 3 and 8 or 0)
    end
    local first
    for i = 1, n do
        local bytes = new()
        ffi.cast("void **", bytes)[0] = first
        ffi.cast("long *", bytes)[1] = i
        first = bytes
    end
    collectgarbage()
    for i = n, 1, -1 do
        world.check(ffi.cast("long *", first)[1] == i, "buffer %d of %d", i, n)
        first = ffi.cast("char **", first)[0]
    end
    world.check(first == nil, "the last buffer has a next")
end

function looks.op_signal()
    if world.busy.signal then
        return
    end
    world.busy.signal = true
    local times, count = random(3), 0
    world.log("%d signals", times)
    local handler <close> = ffi.callback("void (int)", function(number)
        count = count + (number == posix.SIGUSR1 and 1 or 100)
    end, { signal = true })
    local before = posix.signal(posix.SIGUSR1, handler)
    for i = 1, times do
        posix.raise(posix.SIGUSR1)
        for _ = 1, 10 do
            ffi.C.abs(i)
        end
    end
    posix.signal(posix.SIGUSR1, before)
    for _ = 1, 10 do
        ffi.C.abs(1)
    end
    world.check(count == times, "%d signals of %d", count, times)
    world.busy.signal = nil
end

looks.operations = {
    { 2, "inspect", looks.op_inspect }, { 1, "posix", looks.op_posix }, { 2, "names", looks.op_names },
    { 3, "list", looks.op_list }, { 3, "bytes", looks.op_bytes }, { 1, "signal", looks.op_signal },
}

return looks
