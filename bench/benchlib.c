/* The C library that both bindings of the benchmark call. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct bench_point {
    int x, y;
    double weight;
};

struct bench_vec {
    double x, y;
};

struct bench_node {
    struct bench_node *next;
    int value;
};

enum bench_color { BENCH_RED, BENCH_GREEN, BENCH_BLUE };

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
