/* A library with a bit of everything that a namespace can resolve; for clib_spec and scope_spec. */
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

struct library_point {
    int x, y;
};

enum library_color { LIBRARY_RED, LIBRARY_GREEN = 5 };

int library_counter = 7;
const int library_answer = 42;
double library_ratio = 0.5;
unsigned char library_byte = 250;
uint64_t library_big = UINT64_C(0xFFFFFFFFFFFFFFFF);
_Bool library_flag = 1;
const char *library_text = "hello";
void *library_nothing = 0;
struct library_point library_origin = {3, 4};
int library_numbers[4] = {10, 20, 30, 40};
const char library_name[8] = "library";
enum library_color library_color = LIBRARY_GREEN;
_Thread_local int library_per_thread = 11;
int library_undeclared = 1;

int library_add(int a, int b)
{
    return a + b;
}

int library_twice(int a)
{
    return 2 * a;
}

int library_apply(int (*f)(int), int x)
{
    return f(x);
}

int library_get_counter(void)
{
    return library_counter;
}

int library_get_per_thread(void)
{
    return library_per_thread;
}

int library_renamed_v2(void)
{
    return 2;
}

int (*library_operation)(int, int) = library_add;

int library_operate(int a, int b)
{
    return library_operation(a, b);
}

int library_sum_bytes(const unsigned char *bytes, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

/* Keeps a pointer, as C libraries keep their callers' user data. */
static void *library_kept;

void library_keep(void *pointer)
{
    library_kept = pointer;
}

void *library_get_kept(void)
{
    return library_kept;
}

/* What leads from the library's memory to more of it. */
struct library_hold {
    int *p;
    int (*f)(int);
} library_hold = {&library_counter, library_twice};
int *library_pointer = &library_counter;
