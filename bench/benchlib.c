/* The C library that every binding of the benchmark calls. Functions that do next to nothing: what
 * is measured is the way to them. */
#include <stdlib.h>

#include "benchlib.h"

void bench_nop(void)
{
}

int bench_add(int a, int b)
{
    return a + b;
}

double bench_addd(double a, double b)
{
    return a + b;
}

float bench_addf(float a, float b)
{
    return a + b;
}

uint64_t bench_addu64(uint64_t a, uint64_t b)
{
    return a + b;
}

double bench_mixed(int a, double b, long c, float d, unsigned char e, short f)
{
    return a + b + (double)c + d + e + f;
}

int bench_deref(const int *p)
{
    return *p;
}

bool bench_not(bool b)
{
    return !b;
}

long bench_sum8(long a, long b, long c, long d, long e, long f, long g, long h)
{
    return a + b + c + d + e + f + g + h;
}

struct bench_vec bench_scale(struct bench_vec v, double k)
{
    v.x *= k;
    v.y *= k;
    return v;
}

const char *bench_greeting(void)
{
    return "hello from C";
}

int bench_paint(enum bench_color c)
{
    return (int)c;
}

int bench_repeat(int (*fn)(int, int), int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += fn(i, 1);
    return sum;
}

struct bench_node *bench_list(int n)
{
    struct bench_node *nodes = malloc((size_t)n * sizeof *nodes);
    for (int i = 0; i < n; i++) {
        nodes[i].value = i;
        nodes[i].next = i + 1 < n ? &nodes[i + 1] : NULL;
    }
    return nodes;
}

/* ---- how the cost grows (growth.lua) --------------------------------------------------------- */

#define LONGS1 long a
#define LONGS2 LONGS1, long b
#define LONGS3 LONGS2, long c
#define LONGS4 LONGS3, long d
#define LONGS5 LONGS4, long e
#define LONGS6 LONGS5, long f
#define LONGS7 LONGS6, long g
#define LONGS8 LONGS7, long h
#define LONGS9 LONGS8, long i
#define LONGS10 LONGS9, long j
#define LONGS11 LONGS10, long k
#define LONGS12 LONGS11, long l
#define LONGS13 LONGS12, long m
#define LONGS14 LONGS13, long n
#define FIRST(n)                   \
    long bench_longs##n(LONGS##n); \
    long bench_longs##n(LONGS##n)  \
    {                              \
        return a;                  \
    }
long bench_longs0(void);
long bench_longs0(void)
{
    return 0;
}
/* clang-format off */
FIRST(1) FIRST(2) FIRST(3) FIRST(4) FIRST(5) FIRST(6) FIRST(7)
FIRST(8) FIRST(9) FIRST(10) FIRST(11) FIRST(12) FIRST(13) FIRST(14)
/* clang-format on */

#define ECHO(size)                                                             \
    struct bench_bytes##size {                                                 \
        unsigned char bytes[size];                                             \
    };                                                                         \
    struct bench_bytes##size bench_echo##size(struct bench_bytes##size value); \
    struct bench_bytes##size bench_echo##size(struct bench_bytes##size value)  \
    {                                                                          \
        return value;                                                          \
    }
    /* clang-format off */
ECHO(1) ECHO(2) ECHO(4) ECHO(8) ECHO(12) ECHO(16) ECHO(24) ECHO(32) ECHO(64) ECHO(128) ECHO(256)
    /* clang-format on */
