"""The rows of the benchmark by python-cffi in ABI mode. Argument: the library."""
import sys

from cffi import FFI
from measure import calls, row

ffi = FFI()
ffi.cdef("""
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
int bench_repeat(int (*fn)(int, int), int n);
struct bench_node *bench_list(int n);
void qsort(void *base, size_t n, size_t size, int (*compare)(const int *, const int *));
int snprintf(char *, size_t, const char *, ...);
""")
lib = ffi.dlopen(sys.argv[1])
libc = ffi.dlopen(None)
ints = ffi.new("int[100]")
point = ffi.new("struct bench_point *")
vec = ffi.new("struct bench_vec *", [1, 2])[0]

calls("void()", lib.bench_nop)
calls("int(int, int)", lib.bench_add, 3, 4)
calls("double(double, double)", lib.bench_addd, 1.5, 2.5)
calls("float(float, float)", lib.bench_addf, 1.5, 2.5)
calls("uint64_t(uint64_t, uint64_t)", lib.bench_addu64, 5, 6)
calls("mixed six arguments", lib.bench_mixed, 1, 2.5, 3, 4.5, 5, 6)
calls("pointer argument", lib.bench_deref, ints)
calls("bool(bool)", lib.bench_not, True)
calls("strlen(string)", libc.strlen, b"a string of some length")
calls("eight longs", lib.bench_sum8, 1, 2, 3, 4, 5, 6, 7, 8)
calls("16-byte struct in and out", lib.bench_scale, vec, 2.0)


def namespace_call(k):
    for i in range(k):
        lib.bench_add(i & 7, 4)


def read(k):
    for _ in range(k):
        point.y


def write(k):
    for i in range(k):
        point.y = i


def read_double(k):
    for _ in range(k):
        point.weight


def new(k):
    for _ in range(k):
        ffi.new("struct bench_point *")


def read_element(k):
    for i in range(k):
        ints[i & 63]


def write_element(k):
    for i in range(k):
        ints[i & 63] = i


def text(k):
    for _ in range(k):
        ffi.string(lib.bench_greeting())


row("namespace call lib.f(a, b)", 20000, namespace_call)
row("field read", 20000, read)
row("field write", 20000, write)
row("double field", 20000, read_double)
row("new struct", 20000, new)
row("array read", 20000, read_element)
row("array write", 20000, write_element)
row("ffi.string of a result", 20000, text)

add = ffi.callback("int(int, int)", lambda a, b: a + b)
row("callback int(int, int)", 20000, lambda k: lib.bench_repeat(add, k))

N = 100000
array = ffi.new("int[]", N)


@ffi.callback("int(const int *, const int *)")
def compare(a, b):
    x, y = a[0], b[0]
    return -1 if x < y else 1 if x > y else 0


def sort(_):
    seed = 1
    for i in range(N):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        array[i] = seed
    libc.qsort(array, N, 4, compare)


row("qsort of 100,000 ints", 1, sort)
buffer = ffi.new("char[64]")
word = ffi.new("char[]", b"text")


def printf(k):
    for i in range(k):
        libc.snprintf(buffer, 64, b"%d %s", ffi.cast("int", i), word)


row("snprintf", 20000, printf)
head = lib.bench_list(1000)


def walk(k):
    for _ in range(k):
        node, total = head, 0
        while node:
            total += node.value
            node = node.next


row("linked list of 1,000", 20, walk)
doubles = ffi.new("double[10000]")
values = [0.0] * 10000


def totable(k):
    for _ in range(k):
        ffi.unpack(doubles, 10000)


def fill(k):
    for _ in range(k):
        ffi.new("double[]", values)


row("totable of 10,000 doubles", 20, totable)
row("fill 10,000 doubles from a table", 20, fill)
