/* The C library that every binding of the benchmark calls. */
#ifndef BENCHLIB_H
#define BENCHLIB_H

#include <stdbool.h>
#include <stdint.h>

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

void bench_nop(void);
int bench_add(int a, int b);
double bench_addd(double a, double b);
float bench_addf(float a, float b);
uint64_t bench_addu64(uint64_t a, uint64_t b);
double bench_mixed(int a, double b, long c, float d, unsigned char e, short f);
int bench_deref(const int *p);
bool bench_not(bool b);
long bench_sum8(long a, long b, long c, long d, long e, long f, long g, long h);
struct bench_vec bench_scale(struct bench_vec v, double k);
const char *bench_greeting(void);
int bench_paint(enum bench_color c);
int bench_repeat(int (*fn)(int, int), int n);
/* The list is one block, never freed. */
struct bench_node *bench_list(int n);

#endif
