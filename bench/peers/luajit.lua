-- The rows of the benchmark by LuaJIT's FFI. Argument: the library.
local ffi = require "ffi"
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
local lib, C = ffi.load(arg[1]), ffi.C

-- Nanoseconds per run of fn(k), best of several slices of CPU time.
local function row(name, count, fn)
    local best = math.huge
    fn(count)
    for _ = 1, 15 do
        local start = os.clock()
        fn(count)
        best = math.min(best, os.clock() - start)
    end
    print(("%s\t%.1f"):format(name, best / count * 1e9))
end

row("void()", 1e5, function(k) local f = lib.bench_nop for _ = 1, k do f() end end)
row("int(int, int)", 1e5, function(k) local f = lib.bench_add for _ = 1, k do f(3, 4) end end)
row("double(double, double)", 1e5, function(k)
    local f = lib.bench_addd
    for _ = 1, k do f(1.5, 2.5) end
end)
row("float(float, float)", 1e5, function(k)
    local f = lib.bench_addf
    for _ = 1, k do f(1.5, 2.5) end
end)
row("uint64_t(uint64_t, uint64_t)", 1e5, function(k)
    local f = lib.bench_addu64
    for _ = 1, k do f(5, 6) end
end)
row("mixed six arguments", 1e5, function(k)
    local f = lib.bench_mixed
    for _ = 1, k do f(1, 2.5, 3, 4.5, 5, 6) end
end)
local ints = ffi.new("int[100]")
row("pointer argument", 1e5, function(k) local f = lib.bench_deref for _ = 1, k do f(ints) end end)
row("bool(bool)", 1e5, function(k) local f = lib.bench_not for _ = 1, k do f(true) end end)
row("strlen(string)", 1e5, function(k)
    local f = C.strlen
    for _ = 1, k do f "a string of some length" end
end)
row("namespace call lib.f(a, b)", 1e5, function(k) for i = 1, k do lib.bench_add(i, 4) end end)
row("eight longs", 1e5, function(k)
    local f = lib.bench_sum8
    for _ = 1, k do f(1, 2, 3, 4, 5, 6, 7, 8) end
end)
local point = ffi.typeof "struct bench_point"
local p = point()
row("field read", 1e5, function(k) local s = 0 for _ = 1, k do s = s + p.y end return s end)
row("field write", 1e5, function(k) for i = 1, k do p.y = i end end)
row("double field", 1e5, function(k) local s = 0 for _ = 1, k do s = s + p.weight end return s end)
row("new struct", 1e5, function(k) for _ = 1, k do point() end end)
row("array read", 1e5, function(k) local s = 0 for i = 1, k do s = s + ints[i % 64] end end)
row("array write", 1e5, function(k) for i = 1, k do ints[i % 64] = i end end)
local vec = ffi.new("struct bench_vec", 1, 2)
row("16-byte struct in and out", 1e5, function(k)
    local f = lib.bench_scale
    for _ = 1, k do f(vec, 2) end
end)
row("ffi.string of a result", 1e5, function(k)
    for _ = 1, k do ffi.string(lib.bench_greeting()) end
end)
-- A call that calls back must not be compiled.
local function add(a, b) return a + b end
local cb = ffi.cast("int (*)(int, int)", add)
local function repeated(k) lib.bench_repeat(cb, k) end
jit.off(repeated)
row("callback int(int, int)", 1e5, repeated)
local N = 100000
local array = ffi.new("int[?]", N)
local compare = ffi.cast("int (*)(const int *, const int *)", function(a, b)
    return a[0] < b[0] and -1 or a[0] > b[0] and 1 or 0
end)
local function sort()
    local seed = 1
    for i = 0, N - 1 do
        seed = (seed * 16807) % 2147483647
        array[i] = seed
    end
    C.qsort(array, N, 4, compare)
end
jit.off(sort)
row("qsort of 100,000 ints", 1, sort)
local buffer = ffi.new "char[64]"
row("snprintf", 1e5, function(k)
    for i = 1, k do C.snprintf(buffer, 64, "%d %s", ffi.cast("int", i), "text") end
end)
row("enum by name", 1e5, function(k)
    local f = lib.bench_paint
    for _ = 1, k do f "BENCH_GREEN" end
end)
local list = lib.bench_list(1000)
row("linked list of 1,000", 100, function(k)
    for _ = 1, k do
        local node, sum = list, 0
        while node ~= nil do
            sum = sum + node.value
            node = node.next
        end
    end
end)
local doubles = ffi.new "double[10000]"
local values = {}
for i = 1, 10000 do values[i] = 0.0 end
row("totable of 10,000 doubles", 20, function(k)
    for _ = 1, k do
        local t = {}
        for i = 0, 9999 do t[i + 1] = doubles[i] end
        values = t
    end
end)
local doubles_t = ffi.typeof "double[10000]"
row("fill 10,000 doubles from a table", 20, function(k) for _ = 1, k do doubles_t(values) end end)
