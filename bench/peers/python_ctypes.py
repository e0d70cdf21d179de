"""The rows of the benchmark by ctypes. Argument: the library."""
import ctypes as c
import sys

from measure import calls, row


class Point(c.Structure):
    _fields_ = [("x", c.c_int), ("y", c.c_int), ("weight", c.c_double)]


class Vec(c.Structure):
    _fields_ = [("x", c.c_double), ("y", c.c_double)]


class Node(c.Structure):
    pass


Node._fields_ = [("next", c.POINTER(Node)), ("value", c.c_int)]
lib = c.CDLL(sys.argv[1])
libc = c.CDLL(None)


def bind(library, name, result, *args):
    function = getattr(library, name)
    function.restype = result
    function.argtypes = args
    return function


ADD = c.CFUNCTYPE(c.c_int, c.c_int, c.c_int)
COMPARE = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_int), c.POINTER(c.c_int))
ints = (c.c_int * 100)()
point = Point()
add_function = bind(lib, "bench_add", c.c_int, c.c_int, c.c_int)
calls("void()", bind(lib, "bench_nop", None))
calls("int(int, int)", add_function, 3, 4)
calls("double(double, double)", bind(lib, "bench_addd", c.c_double, c.c_double, c.c_double), 1.5, 2.5)
calls("float(float, float)", bind(lib, "bench_addf", c.c_float, c.c_float, c.c_float), 1.5, 2.5)
calls("uint64_t(uint64_t, uint64_t)",
      bind(lib, "bench_addu64", c.c_uint64, c.c_uint64, c.c_uint64), 5, 6)
calls("mixed six arguments",
      bind(lib, "bench_mixed", c.c_double, c.c_int, c.c_double, c.c_long, c.c_float, c.c_ubyte,
           c.c_short), 1, 2.5, 3, 4.5, 5, 6)
calls("pointer argument", bind(lib, "bench_deref", c.c_int, c.POINTER(c.c_int)), ints)
calls("bool(bool)", bind(lib, "bench_not", c.c_bool, c.c_bool), True)
calls("strlen(string)", bind(libc, "strlen", c.c_size_t, c.c_char_p), b"a string of some length")
calls("eight longs", bind(lib, "bench_sum8", c.c_long, *[c.c_long] * 8), 1, 2, 3, 4, 5, 6, 7, 8)
calls("16-byte struct in and out", bind(lib, "bench_scale", Vec, Vec, c.c_double), Vec(1, 2), 2.0)
calls("ffi.string of a result", bind(lib, "bench_greeting", c.c_char_p))


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
        Point()


def read_element(k):
    for i in range(k):
        ints[i & 63]


def write_element(k):
    for i in range(k):
        ints[i & 63] = i


row("namespace call lib.f(a, b)", 20000, namespace_call)
row("field read", 20000, read)
row("field write", 20000, write)
row("double field", 20000, read_double)
row("new struct", 20000, new)
row("array read", 20000, read_element)
row("array write", 20000, write_element)

repeat = bind(lib, "bench_repeat", c.c_int, ADD, c.c_int)
add = ADD(lambda a, b: a + b)
row("callback int(int, int)", 20000, lambda k: repeat(add, k))

N = 100000
array = (c.c_int * N)()
qsort = bind(libc, "qsort", None, c.c_void_p, c.c_size_t, c.c_size_t, COMPARE)


@COMPARE
def compare(a, b):
    x, y = a[0], b[0]
    return -1 if x < y else 1 if x > y else 0


def sort(_):
    seed = 1
    for i in range(N):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        array[i] = seed
    qsort(array, N, 4, compare)


row("qsort of 100,000 ints", 1, sort)
buffer = c.create_string_buffer(64)
snprintf = libc.snprintf
snprintf.argtypes = [c.c_char_p, c.c_size_t, c.c_char_p]


def printf(k):
    for i in range(k):
        snprintf(buffer, 64, b"%d %s", i, b"text")


row("snprintf", 20000, printf)
head = bind(lib, "bench_list", c.POINTER(Node), c.c_int)(1000)


def walk(k):
    for _ in range(k):
        node, total = head, 0
        while node:
            contents = node.contents
            total += contents.value
            node = contents.next


row("linked list of 1,000", 20, walk)
Doubles = c.c_double * 10000
doubles = Doubles()
values = [0.0] * 10000


def totable(k):
    for _ in range(k):
        doubles[:]


def fill(k):
    for _ in range(k):
        Doubles(*values)


row("totable of 10,000 doubles", 20, totable)
row("fill 10,000 doubles from a table", 20, fill)
