/* Functions that give back what they got: for comparing the ways a call can take. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum paths_color { PATHS_RED, PATHS_GREEN = -5, PATHS_BLUE = 7 };

#define ECHO(name, type)          \
    type paths_##name(type value) \
    {                             \
        return value;             \
    }
ECHO(i8, int8_t)
ECHO(u8, uint8_t)
ECHO(i16, int16_t)
ECHO(u16, uint16_t)
ECHO(i32, int32_t)
ECHO(u32, uint32_t)
ECHO(i64, int64_t)
ECHO(u64, uint64_t)
ECHO(bool, bool)
ECHO(float, float)
ECHO(double, double)
ECHO(color, enum paths_color)
ECHO(ints, const int *)

/* Bit-fields of no width have a place, but no member that needs to be aligned. */
struct paths_bits {
    short : 4;
    bool b[1];
    union {
        int : 0;
        unsigned char c;
    } u[3];
};

int paths_bits(struct paths_bits s)
{
    return s.b[0] * 1000 + s.u[0].c * 100 + s.u[1].c * 10 + s.u[2].c;
}

int paths_bits_back(struct paths_bits (*f)(struct paths_bits), struct paths_bits s)
{
    return paths_bits(f(s));
}

const char *paths_text(const char *text)
{
    return text;
}

static int nothings;

void paths_nothing(void)
{
    nothings++;
}

int paths_nothings(void)
{
    return nothings;
}

int8_t paths_last_of_stack(long a, long b, long c, long d, long e, long f, long g, long h, float x,
                           double y, uint8_t i, int8_t j)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    return (int8_t)(g == 7 && h == 8 && x == 1.5F && y == 2.5 && i == 200 ? j : 0);
}

double paths_all(float a, int8_t b, double c, uint16_t d, float e)
{
    return (double)a + b + c + d + (double)e;
}

size_t paths_length(const char *text)
{
    return strlen(text);
}

/* Anything that depends on all that is printed. */
int paths_hash(const char *format, ...)
{
    char text[100];
    int hash = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (const char *p = text; *p != '\0'; p++)
        hash = hash * 31 + *p;
    return hash;
}

/* The sum of as many arguments as the letters say: i int, l long long, d double, s the length of a
 * text. */
double paths_sum(const char *letters, ...)
{
    double sum = 0;
    va_list args;
    va_start(args, letters);
    for (; *letters != '\0'; letters++) {
        if (*letters == 'i')
            sum += va_arg(args, int);
        else if (*letters == 'l')
            sum += (double)va_arg(args, long long);
        else if (*letters == 'd')
            sum += va_arg(args, double);
        else
            for (const char *p = va_arg(args, const char *); p != 0 && *p != '\0'; p++)
                sum++;
    }
    va_end(args);
    return sum;
}

/* Functions of one to three arguments with each kind of result. They say what they got, and call
 * back while something is kept. */
static int (*kept)(int);
static char said[200];

void paths_keep(int (*callback)(int))
{
    kept = callback;
}

const char *paths_said(void)
{
    return said;
}

static int64_t say(const char *format, ...)
{
    va_list args;
    int error_number = errno;
    va_start(args, format);
    vsnprintf(said, sizeof said, format, args);
    va_end(args);
    errno = error_number + 1;
    return kept != NULL ? kept(7) : 7;
}

#define FEW(name, type, back)                                                      \
    type paths_##name##_of_none(void)                                              \
    {                                                                              \
        back(say("nothing"));                                                      \
    }                                                                              \
    type paths_##name##_of_integer(int8_t a)                                       \
    {                                                                              \
        back(say("%d", a));                                                        \
    }                                                                              \
    type paths_##name##_of_two(uint32_t a, int16_t b)                              \
    {                                                                              \
        back(say("%u %d", a, b));                                                  \
    }                                                                              \
    type paths_##name##_of_three(int a, uint64_t b, uint8_t c)                     \
    {                                                                              \
        back(say("%d %llu %d", a, (unsigned long long)b, c));                      \
    }                                                                              \
    type paths_##name##_of_text(const char *a)                                     \
    {                                                                              \
        back(say("'%s'", a == NULL ? "NULL" : a));                                 \
    }                                                                              \
    type paths_##name##_of_words(const int *a, bool b)                             \
    {                                                                              \
        back(say("%d %d", a == NULL ? -1 : a[1], b));                              \
    }                                                                              \
    type paths_##name##_of_all(enum paths_color a, const char *b, const int *c)    \
    {                                                                              \
        back(say("%d '%s' %d", a, b == NULL ? "NULL" : b, c == NULL ? -1 : c[1])); \
    }                                                                              \
    type paths_##name##_of_floats(double a, float b, double c)                     \
    {                                                                              \
        back(say("%a %a %a", a, (double)b, c));                                    \
    }
#define BACK_NOTHING(value) (void)(value)
#define BACK_INT(value) return -(int)(value)
#define BACK_LONG(value) return -(value)
#define BACK_HUGE(value) return (uint64_t) - (value)
#define BACK_SMALL(value) return (uint8_t)(value)
#define BACK_TRUTH(value) return (value) != 0
#define BACK_TEXT(value) return (value) != 0 ? said : NULL
#define BACK_FLOAT(value) return (double)(value) / 2
FEW(nothing, void, BACK_NOTHING)
FEW(int, int, BACK_INT)
FEW(long, int64_t, BACK_LONG)
FEW(huge, uint64_t, BACK_HUGE)
FEW(small, uint8_t, BACK_SMALL)
FEW(truth, bool, BACK_TRUTH)
FEW(pointer, const char *, BACK_TEXT)
FEW(half, double, BACK_FLOAT)
