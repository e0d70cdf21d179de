-- What surrounds a call: conversions, memory, members, elements, pointers, boxed integers.
--
--   lua bench/api_rows.lua LIBRARY [--row PART] [--count PREFIX | --bytes 1] [--basic 1]
--   luajit -joff bench/api_rows.lua LIBRARY [--row PART]
--
-- The same text for both; where Lua 5.4 cannot say it as LuaJIT does (ffi.tonumber, ffi.addressof),
-- `ours` chooses. Prints "row<TAB>nanoseconds", the loop included; with --count, under callgrind,
-- instructions; with --bytes, what a run allocates. Runs under Lua 5.1 and later.

local ours = rawget(_G, "jit") == nil
local ffi = require(ours and "cffi" or "ffi")

ffi.cdef [[
struct api_point { int x, y; };
struct api_vec { double x, y; };
enum api_color { API_RED, API_GREEN = 5, API_BLUE };
struct api_box {
    struct api_point p;
    struct api_vec v;
    const char *s;
    struct api_box *next;
    enum api_color color;
    bool flag;
    unsigned bits : 5;
    char name[16];
    int64_t wide;
    struct api_point points[4];
};
const char *bench_greeting(void);
int bench_add(int a, int b);
int bench_repeat(int (*fn)(int, int), int n);
int snprintf(char *, size_t, const char *, ...);
void qsort(void *base, size_t n, size_t size, int (*compare)(const int *, const int *));
]]

local lib, C = ffi.load(arg[1]), ffi.C
local str, copy, fill, cast, sizeof = ffi.string, ffi.copy, ffi.fill, ffi.cast, ffi.sizeof
local istype, typeof, new, offsetof, gc = ffi.istype, ffi.typeof, ffi.new, ffi.offsetof, ffi.gc
local errno, tonumber = ffi.errno, ours and ffi.tonumber or tonumber

local rows, basic = {}, {}
local function row(name, fn, list)
    list = list or rows
    list[#list + 1] = {name = name, fn = fn}
end

local point_t, box_t = typeof "struct api_point", typeof "struct api_box"
local vec_t = typeof "struct api_vec"
local point_p, char_p, int_t = typeof "struct api_point *", typeof "char *", typeof "int"
local ints_t, color_t = typeof "int[?]", typeof "enum api_color"

local text = lib.bench_greeting()
local chars = new("char[64]", "a text of some length")
local other = new "char[64]"
local point, box, ints = point_t(1, 2), box_t(), new("int[100]")
local p, q = cast("int *", ints), cast("int *", ints) + 7
local pp = cast(point_p, point)

-- memory
row("string(p)", function(k) for _ = 1, k do str(text) end end)
row("string(p, n)", function(k) for _ = 1, k do str(text, 5) end end)
row("string(array)", function(k) for _ = 1, k do str(chars) end end)
row("string(array, n)", function(k) for _ = 1, k do str(chars, 8) end end)
row("string(f())", function(k)
    local f = lib.bench_greeting
    for _ = 1, k do str(f()) end
end)
row("copy(array, array, n)", function(k) for _ = 1, k do copy(other, chars, 16) end end)
row("copy(array, string)", function(k) for _ = 1, k do copy(other, "hello, world") end end)
row("copy(p, string, n)", function(k)
    local to = cast(char_p, other)
    for _ = 1, k do copy(to, "hello, world", 5) end
end)
row("fill(array, n)", function(k) for _ = 1, k do fill(other, 16) end end)
row("fill(array, n, byte)", function(k) for _ = 1, k do fill(other, 16, 32) end end)

-- types
row("sizeof(ct)", function(k) for _ = 1, k do sizeof(point_t) end end)
row("sizeof(cdata)", function(k) for _ = 1, k do sizeof(ints) end end)
row("sizeof(text)", function(k) for _ = 1, k do sizeof "struct api_point" end end)
row("typeof(text)", function(k) for _ = 1, k do typeof "struct api_point" end end)
row("typeof(cdata)", function(k) for _ = 1, k do typeof(point) end end)
row("istype(ct, cdata)", function(k) for _ = 1, k do istype(point_t, point) end end)
row("istype(ct, another)", function(k) for _ = 1, k do istype(vec_t, point) end end)
row("istype(text, cdata)", function(k) for _ = 1, k do istype("struct api_point", point) end end)
row("offsetof(ct, name)", function(k) for _ = 1, k do offsetof(box_t, "color") end end)

-- objects
row("ct()", function(k) for _ = 1, k do point_t() end end)
row("ct(1, 2)", function(k) for _ = 1, k do point_t(1, 2) end end)
row("ct{x=, y=}", function(k) for _ = 1, k do point_t {x = 1, y = 2} end end)
row("ct{1, 2}", function(k) for _ = 1, k do point_t {1, 2} end end)
row("ct(cdata)", function(k) for _ = 1, k do point_t(point) end end)
row("new(ct)", function(k) for _ = 1, k do new(point_t) end end)
row("new(text, 1, 2)", function(k) for _ = 1, k do new("struct api_point", 1, 2) end end)
row("new(\"int[?]\", n)", function(k) for _ = 1, k do new("int[?]", 4) end end)
row("ct(n, {...})", function(k) for _ = 1, k do ints_t(4, {1, 2, 3, 4}) end end)
row("new(\"char[16]\", string)", function(k) for _ = 1, k do new("char[16]", "hello") end end)
row("gc(cdata, f)", function(k)
    local function f() end
    local anew = point_t()
    for _ = 1, k do gc(anew, f) end
    gc(anew, nil)
end)

-- casts
row("cast(ct, p)", function(k) for _ = 1, k do cast(char_p, p) end end)
row("cast(text, array)", function(k) for _ = 1, k do cast("char *", ints) end end)
row("cast(\"int\", n)", function(k) for _ = 1, k do cast("int", 5) end end)
row("cast(ct, n)", function(k) for _ = 1, k do cast(int_t, 5) end end)
row("cast(\"int64_t\", n)", function(k) for _ = 1, k do cast("int64_t", 5) end end)
row("cast(\"intptr_t\", p)", function(k) for _ = 1, k do cast("intptr_t", p) end end)
row("cast(\"void *\", n)", function(k) for _ = 1, k do cast("void *", 4096) end end)
row("addressof(struct)", ours
    and function(k) local of = ffi.addressof for _ = 1, k do of(point) end end
    or function(k) for _ = 1, k do cast(point_p, point) end end)

-- members
row("b.flag", function(k) for _ = 1, k do local _ = box.flag end end)
row("b.flag = true", function(k) for _ = 1, k do box.flag = true end end)
row("b.p", function(k) for _ = 1, k do local _ = box.p end end)
row("b.p.x", function(k) for _ = 1, k do local _ = box.p.x end end)
row("b.p.x = n", function(k) for _ = 1, k do box.p.x = 3 end end)
row("b.p = struct", function(k) for _ = 1, k do box.p = point end end)
row("b.points[i].y", function(k) for i = 1, k do local _ = box.points[i % 4].y end end)
row("b.bits", function(k) for _ = 1, k do local _ = box.bits end end)
row("b.bits = n", function(k) for _ = 1, k do box.bits = 9 end end)
row("b.color", function(k) for _ = 1, k do local _ = box.color end end)
row("b.color = n", function(k) for _ = 1, k do box.color = 5 end end)
row("b.color = name", function(k) for _ = 1, k do box.color = "API_GREEN" end end)
row("b.name = string", function(k) for _ = 1, k do box.name = "hello" end end)
row("b.wide", function(k) for _ = 1, k do local _ = box.wide end end)
do
    local boxed = box_t()
    row("b.s = nil", function(k) for _ = 1, k do boxed.s = nil end end)
    row("b.s = string", function(k) for _ = 1, k do boxed.s = "a word" end end)
    row("b.s", function(k) for _ = 1, k do local _ = boxed.s end end)
    row("b.next = b", function(k) for _ = 1, k do boxed.next = box end end)
end
row("p.x through a pointer", function(k) for _ = 1, k do local _ = pp.x end end)
row("p.x = n through a pointer", function(k) for _ = 1, k do pp.x = 3 end end)

-- elements
row("a[i]", function(k) for i = 1, k do local _ = ints[i % 64] end end)
row("a[i] = n", function(k) for i = 1, k do ints[i % 64] = 7 end end)
row("p[i]", function(k) for i = 1, k do local _ = p[i % 64] end end)
row("p[i] = n", function(k) for i = 1, k do p[i % 64] = 7 end end)

-- pointers
row("p + i", function(k) for _ = 1, k do local _ = p + 3 end end)
row("p - i", function(k) for _ = 1, k do local _ = q - 3 end end)
row("p - q", function(k) for _ = 1, k do local _ = q - p end end)
row("p == q", function(k) for _ = 1, k do local _ = p == q end end)
row("p < q", function(k) for _ = 1, k do local _ = p < q end end)
row("tostring(p)", function(k) for _ = 1, k do tostring(p) end end)

-- boxed integers
do
    local a, b = cast("int64_t", 12345), cast("int64_t", 678)
    local u = cast("uint64_t", 12345)
    row("int64 + 1", function(k) for _ = 1, k do local _ = a + 1 end end)
    row("int64 * int64", function(k) for _ = 1, k do local _ = a * b end end)
    row("uint64 % n", function(k) for _ = 1, k do local _ = u % 10 end end)
    row("int64 == int64", function(k) for _ = 1, k do local _ = a == b end end)
    row("int64 < int64", function(k) for _ = 1, k do local _ = a < b end end)
    row("tonumber(int64)", function(k) for _ = 1, k do tonumber(a) end end)
    row("tostring(int64)", function(k) for _ = 1, k do tostring(a) end end)
end

-- metatypes
do
    ffi.metatype("struct api_vec", {
        __index = {get = function(v) return v end},
        __add = function(a) return a end,
        __eq = function() return true end,
    })
    local v, w = vec_t(1, 2), vec_t(3, 4)
    row("v:method()", function(k) for _ = 1, k do v:get() end end)
    row("v + w", function(k) for _ = 1, k do local _ = v + w end end)
    row("v == w", function(k) for _ = 1, k do local _ = v == w end end)
    row("v.x of a metatype", function(k) for _ = 1, k do local _ = v.x end end)
end

-- libraries
row("errno()", function(k) for _ = 1, k do errno() end end)
row("errno(n)", function(k) for _ = 1, k do errno(0) end end)
row("C.f", function(k) for _ = 1, k do local _ = C.snprintf end end)
row("C.ENUMERATOR", function(k) for _ = 1, k do local _ = C.API_BLUE end end)
row("enum(name)", function(k) for _ = 1, k do color_t "API_BLUE" end end)
do
    local address = cast("int (*)(int, int)", lib.bench_add)
    row("fp(a, b)", function(k) for _ = 1, k do address(3, 4) end end)
    local add = cast("int (*)(int, int)", function(a, b) return a + b end)
    row("callback(int, int)", function(k) lib.bench_repeat(add, k) end)
    local compare = cast("int (*)(const int *, const int *)", function() return 0 end)
    local pair = new "int[2]"
    row("qsort of two by a callback", function(k)
        local qsort = C.qsort
        for _ = 1, k do qsort(pair, 2, 4, compare) end
    end)
    row("snprintf of a float", function(k)
        local snprintf = C.snprintf
        for _ = 1, k do snprintf(other, 64, "%g", 1.5) end
    end)
end

-- what costs.lua compares with
row("f(a, b), a Lua function", function(k)
    local function add(a, b) return a + b end
    for _ = 1, k do add(3, 4) end
end, basic)
row("f(a, b), two integers to C", function(k)
    local f = lib.bench_add
    for _ = 1, k do f(3, 4) end
end, basic)
row("lib.f(a, b), looked up", function(k) for _ = 1, k do lib.bench_add(3, 4) end end, basic)

-- ---- measuring ------------------------------------------------------------------------------

local SLICES, TIME = 5, 0.004

-- The least of several slices, each of so many runs that it can be timed.
local function nanoseconds(fn)
    local count, least = 1000, math.huge
    local function slice()
        local start = os.clock()
        fn(count)
        return os.clock() - start
    end
    collectgarbage()
    while slice() < TIME do count = count * 2 end
    for _ = 1, SLICES do least = math.min(least, slice()) end
    return least / count * 1e9
end

local options = {}
for i = 2, #arg, 2 do options[arg[i]] = arg[i + 1] end
-- Bytes of Lua's heap that one run takes, with the collector stopped.
local function allocated(fn)
    local count = 1000
    fn(count)
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    fn(count)
    local bytes = (collectgarbage "count" - before) * 1024
    collectgarbage "restart"
    return bytes / count
end

local part, prefix = options["--row"], options["--count"]
local measure = nanoseconds
if prefix then
    local counting = require "counting"
    measure = function(fn) return counting.instructions(fn, 20000, prefix) end
elseif options["--bytes"] then
    measure = allocated
end
if options["--basic"] then
    for _, r in ipairs(basic) do rows[#rows + 1] = r end
end
for _, r in ipairs(rows) do
    if not part or r.name:find(part, 1, true) then
        print(("%s\t%.1f"):format(r.name, measure(r.fn)))
    end
end
