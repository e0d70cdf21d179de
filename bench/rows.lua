-- The rows of the benchmark: a name, a limit for the ratio, how often a slice of measurement runs
-- it, and the two sides, functions that run it `k` times.

local ffi = require "cffi"
local hand = require "hand"

ffi.cdef [[
struct bench_point { int x, y; double weight; };
struct bench_vec { double x, y; };
struct bench_node { struct bench_node *next; int value; };
enum bench_color { BENCH_RED, BENCH_GREEN, BENCH_BLUE };
void bench_nop(void);
int bench_add(int a, int b);
double bench_addd(double a, double b);
float bench_addf(float a, float b);
uint64_t bench_addu64(uint64_t a, uint64_t b);
double bench_mixed(int a, double b, long c, float d, unsigned char e, short f);
int bench_deref(const int *p);
bool bench_not(bool b);
size_t strlen(const char *);
long bench_sum8(long, long, long, long, long, long, long, long);
struct bench_vec bench_scale(struct bench_vec v, double k);
const char *bench_greeting(void);
int bench_paint(enum bench_color c);
int bench_repeat(int (*fn)(int, int), int n);
struct bench_node *bench_list(int n);
void qsort(void *base, size_t n, size_t size, int (*compare)(const int *, const int *));
int snprintf(char *, size_t, const char *, ...);
]]

local build = os.getenv "CFFI_BUILD" or "build"
local lib = ffi.load(build .. "/bench/benchlib.so")

-- Limit nil: a row for information, which neither limits nor the mean regard.
local rows = {}
local function row(name, limit, count, hand_side, ffi_side)
    rows[#rows + 1] = {name = name, limit = limit, count = count, hand = hand_side, ffi = ffi_side}
end

-- Both sides of a call row: the same loop around the two functions.
local function call_row(name, limit, h, f, ...)
    local n = select("#", ...)
    local a, b, c, d, e, g, i7, i8 = ...
    local loops = {
        [0] = function(fn) return function(k) for _ = 1, k do fn() end end end,
        function(fn) return function(k) for _ = 1, k do fn(a) end end end,
        function(fn) return function(k) for _ = 1, k do fn(a, b) end end end,
        [6] = function(fn) return function(k) for _ = 1, k do fn(a, b, c, d, e, g) end end end,
        [8] = function(fn)
            return function(k) for _ = 1, k do fn(a, b, c, d, e, g, i7, i8) end end
        end,
    }
    row(name, limit, 5e4, loops[n](h), loops[n](f))
end

call_row("void()", 1.45, hand.nop, lib.bench_nop)
call_row("int(int, int)", 1.15, hand.add, lib.bench_add, 3, 4)
call_row("double(double, double)", 1.15, hand.addd, lib.bench_addd, 1.5, 2.5)
call_row("float(float, float)", 1.15, hand.addf, lib.bench_addf, 1.5, 2.5)
call_row("uint64_t(uint64_t, uint64_t)", 1.15, hand.addu64, lib.bench_addu64, 5, 6)
call_row("mixed six arguments", 1.15, hand.mixed, lib.bench_mixed, 1, 2.5, 3, 4.5, 5, 6)
do
    local hi, fi = hand.ints(4), ffi.new("int[4]")
    row("pointer argument", 1.15, 5e4,
        function(k) local f = hand.deref for _ = 1, k do f(hi) end end,
        function(k) local f = lib.bench_deref for _ = 1, k do f(fi) end end)
end
call_row("bool(bool)", 1.25, hand.notb, lib.bench_not, true)
call_row("strlen(string)", 1.25, hand.strlen, ffi.C.strlen, "a string of some length")
row("namespace call lib.f(a, b)", 1.25, 5e4,
    function(k) for i = 1, k do hand.add(i & 7, 4) end end,
    function(k) for i = 1, k do lib.bench_add(i & 7, 4) end end)
call_row("eight longs", 1.6, hand.sum8, lib.bench_sum8, 1, 2, 3, 4, 5, 6, 7, 8)

do
    local hp, fp = hand.point(), ffi.new("struct bench_point")
    row("field read", 0.6, 5e4,
        function(k) local s = 0 for _ = 1, k do s = s + hp.y end return s end,
        function(k) local s = 0 for _ = 1, k do s = s + fp.y end return s end)
    row("field write", 0.7, 5e4,
        function(k) for i = 1, k do hp.y = i & 255 end end,
        function(k) for i = 1, k do fp.y = i & 255 end end)
    row("double field", 0.6, 5e4,
        function(k) local s = 0 for _ = 1, k do s = s + hp.weight end return s end,
        function(k) local s = 0 for _ = 1, k do s = s + fp.weight end return s end)
end
do
    local point = ffi.typeof "struct bench_point"
    row("new struct", 1.3, 1e5,
        function(k) local new = hand.point for _ = 1, k do new() end end,
        function(k) for _ = 1, k do point() end end)
end
do
    local ha, fa = hand.ints(100), ffi.new("int[100]")
    row("array read", 0.8, 5e4,
        function(k) local s = 0 for i = 1, k do s = s + ha[i & 63] end return s end,
        function(k) local s = 0 for i = 1, k do s = s + fa[i & 63] end return s end)
    row("array write", 0.8, 5e4,
        function(k) for i = 1, k do ha[i & 63] = i & 255 end end,
        function(k) for i = 1, k do fa[i & 63] = i & 255 end end)
end
do
    local hv, fv = hand.vec(1, 2), ffi.new("struct bench_vec", 1, 2)
    row("16-byte struct in and out", 1.6, 1e5,
        function(k) local f = hand.scale for _ = 1, k do f(hv, 2.0) end end,
        function(k) local f = lib.bench_scale for _ = 1, k do f(fv, 2.0) end end)
end
do
    local greeting, text = lib.bench_greeting, ffi.string
    local function ffi_side(k) for _ = 1, k do text(greeting()) end end
    row("ffi.string of a result", 1.8, 1e5,
        function(k) local f, g = hand.text, hand.greeting for _ = 1, k do f(g()) end end, ffi_side)
    row("... by hand as a Lua string at once", nil, 1e5,
        function(k) local f = hand.greet for _ = 1, k do f() end end, ffi_side)
end
do
    local function add(a, b) return a + b end
    row("callback int(int, int)", 1.25, 5e4,
        function(k) hand.repeat_(add, k) end,
        function(k) lib.bench_repeat(add, k) end)
end
do
    local N = 100000
    local function shuffled(array)
        local seed = 1
        for i = 0, N - 1 do
            seed = (seed * 1103515245 + 12345) & 0x7fffffff
            array[i] = seed
        end
        return array
    end
    local ha, fa = hand.ints(N), ffi.new("int[?]", N)
    local function compare(a, b)
        local x, y = a[0], b[0]
        return x < y and -1 or x > y and 1 or 0
    end
    row("qsort of 100,000 ints", 1.2, 1,
        function() hand.qsort(shuffled(ha), compare) end,
        function() ffi.C.qsort(shuffled(fa), N, 4, compare) end)
end
do
    local buffer, snprintf = ffi.new("char[64]"), ffi.C.snprintf
    row("snprintf", 1.5, 3e4,
        function(k) local f = hand.format for i = 1, k do f(i, "text") end end,
        function(k) for i = 1, k do snprintf(buffer, 64, "%d %s", i, "text") end end)
end
call_row("enum by name", 1.5, hand.paint, lib.bench_paint, "BENCH_GREEN")
do
    local hl, fl = hand.list(1000), lib.bench_list(1000)
    local function walk(list)
        return function(k)
            for _ = 1, k do
                local node, sum = list, 0
                while node do
                    sum = sum + node.value
                    node = node.next
                end
            end
        end
    end
    row("linked list of 1,000", 1.2, 50, walk(hl), walk(fl))
end
do
    local hd, fd = hand.doubles(10000), ffi.new("double[10000]")
    row("totable of 10,000 doubles", 1.2, 10,
        function(k) for _ = 1, k do hand.totable(hd) end end,
        function(k) for _ = 1, k do ffi.totable(fd) end end)
    local t = hand.totable(hd)
    local doubles = ffi.typeof "double[10000]"
    row("fill 10,000 doubles from a table", 1.2, 10,
        function(k) for _ = 1, k do hand.fromtable(t) end end,
        function(k) for _ = 1, k do doubles(t) end end)
end

require "said_rows"(row)

return rows
