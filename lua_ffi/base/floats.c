/* Floating types of every width, read and written through lffi_real, which holds all of them
 * exactly.
 *
 * Depends on the compiler and its libm; texts go to Lua's stack. _Float16 is converted by hand (not
 * every compiler has the type); __float128 where the compiler has it.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/quad.h"

/* glibc has functions on _Float128; its headers hide them from clang. */
#if defined __SIZEOF_FLOAT128__ && defined __GLIBC__
#define QUAD_LIBM __GLIBC_PREREQ(2, 26)
#else
#define QUAD_LIBM 0
#endif
#if QUAD_LIBM
#define quad_floor floorf128
#define quad_fmod fmodf128
#elif defined LFFI_QUAD
#define quad_floor lffi_quad_floor
#define quad_fmod lffi_quad_fmod
#else /* long double is the type */
#define quad_floor floorl
#define quad_fmod fmodl
#endif
#if QUAD_LIBM && !(defined __HAVE_FLOAT128 && __HAVE_FLOAT128)
__float128 powf128(__float128 x, __float128 y);
__float128 floorf128(__float128 x);
__float128 fmodf128(__float128 x, __float128 y);
#endif

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
static double load_half(const void *src)
{
    uint16_t h;
    double value;
    int exponent;
    int fraction;
    memcpy(&h, src, sizeof h);
    exponent = (h >> 10) & 31;
    fraction = h & 1023;
    if (exponent == 31)
        value = fraction != 0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, -24);
    else
        value = ldexp(fraction + 1024, exponent - 25);
    return (h & 0x8000) != 0 ? -value : value;
}

lffi_real lffi_truncate(lffi_real value)
{
    lffi_real high;
    if (value >= 0x1p124 || value <= -0x1p124 || value != value)
        return value; /* no fraction in so large a number */
    if (value < 0x1p62 && value > -0x1p62)
        return (lffi_real)(int64_t)value;
    high = (lffi_real)(int64_t)(value * 0x1p-62) * 0x1p62; /* exact, as what it leaves */
    return high + (lffi_real)(int64_t)(value - high);
}

/* Nearest integer, ties to even, of 0 <= value < 2^31. */
static unsigned round_even(lffi_real value)
{
    unsigned whole = (unsigned)value;
    lffi_real rest = value - whole;
    return rest > 0.5 || (rest == 0.5 && (whole & 1) != 0) ? whole + 1 : whole;
}

/* `value` is scaled so that its unit is one step of the target. */
static uint16_t half_magnitude(lffi_real value)
{
    int exponent = 15; /* value = 2^exponent * (0.5 .. 1), or below the smallest normal */
    if (value != value)
        return 0x7E00;
    if (value >= 65520) /* halfway between the largest half and the next step */
        return 0x7C00;
    for (value /= 32; exponent > -14 && value < 1024; exponent--)
        value *= 2;
    if (value < 1024)
        return (uint16_t)round_even(value);
    return (uint16_t)((unsigned)(exponent + 15) * 1024 + round_even(value) - 1024);
}

static void store_half(void *dst, lffi_real value)
{
    uint16_t h = half_magnitude(value < 0 ? -value : value);
    if (signbit((double)value))
        h = (uint16_t)(h | 0x8000);
    memcpy(dst, &h, sizeof h);
}

lffi_real lffi_load_float(enum lffi_op op, const void *src)
{
    float f;
    double d;
    long double l;
    lffi_real quad;
    if (op == LFFI_FLOAT16)
        return load_half(src);
    if (op == LFFI_FLOAT) {
        memcpy(&f, src, sizeof f);
        return f;
    }
    if (op == LFFI_DOUBLE) {
        memcpy(&d, src, sizeof d);
        return d;
    }
    if (op == LFFI_FLOAT128) {
        memcpy(&quad, src, sizeof quad);
        return quad;
    }
    memcpy(&l, src, sizeof l);
    return l;
}

void lffi_store_float(enum lffi_op op, void *dst, lffi_real value)
{
    float f = (float)value;
    double d = (double)value;
    long double l = (long double)value;
    if (op == LFFI_FLOAT16)
        store_half(dst, value);
    else if (op == LFFI_FLOAT)
        memcpy(dst, &f, sizeof f);
    else if (op == LFFI_DOUBLE)
        memcpy(dst, &d, sizeof d);
    else if (op == LFFI_FLOAT128)
        memcpy(dst, &value, sizeof value);
    else
        memcpy(dst, &l, sizeof l);
}

/* Bytes of a floating type: a long double has 8, 12 or 16. */
static size_t float_size(enum lffi_op op)
{
    if (op == LFFI_FLOAT16)
        return sizeof(uint16_t);
    if (op == LFFI_FLOAT)
        return sizeof(float);
    if (op == LFFI_DOUBLE)
        return sizeof(double);
    return op == LFFI_FLOAT128 ? sizeof(lffi_real) : sizeof(long double);
}

void lffi_load_complex(enum lffi_op part, const void *src, lffi_real *re, lffi_real *im)
{
    size_t size = float_size(part);
    *re = lffi_load_float(part, src);
    *im = lffi_load_float(part, (const char *)src + size);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* "1.5-2i"; after letters ("inf", "nan") a capital I, as LuaJIT prints. */
const char *lffi_push_complex_text(lua_State *L, enum lffi_op part, const void *src)
{
    char text[128];
    lffi_real re;
    lffi_real im;
    lffi_load_complex(part, src, &re, &im);
    snprintf(text, sizeof text, "%.14Lg%+.14Lg%c", (long double)re, (long double)im,
             lffi_is_finite(im) ? 'i' : 'I');
    return lua_pushstring(L, text);
}

const char *lffi_push_float_text(lua_State *L, enum lffi_op op, const void *src)
{
    char text[64];
    lffi_real value = lffi_load_float(op, src);
#ifdef CDECL_QUAD
    if (op == LFFI_FLOAT128) {
        cdecl_print_quad(text, sizeof text, value, CDECL_QUAD_DIGITS);
        return lua_pushstring(L, text);
    }
#endif
    if (op == LFFI_FLOAT128)
        snprintf(text, sizeof text, "%.36Lg", (long double)value);
    else if (op == LFFI_LDOUBLE)
        snprintf(text, sizeof text, "%.*Lg", LDBL_DECIMAL_DIG, (long double)value);
    else
        snprintf(text, sizeof text, "%.14g", (double)value);
    return lua_pushstring(L, text);
}

/* ---- arithmetic in the wide types ------------------------------------------------------------ */

/* Whether fmod's result must move by the divisor to have its sign, as Lua's `%` has it. Their
 * product would tell it too, but underflows to zero when both are tiny.
 */
static bool signs_differ(lffi_real rest, lffi_real b)
{
    return rest > 0 ? b < 0 : rest < 0 && b > 0;
}

static long double long_double_result(int op, long double a, long double b)
{
    long double rest;
    switch (op) {
    case LUA_OPADD: return a + b;
    case LUA_OPSUB: return a - b;
    case LUA_OPMUL: return a * b;
    case LUA_OPDIV: return a / b;
    case LUA_OPPOW: return powl(a, b);
    case LUA_OPIDIV: return floorl(a / b);
    case LUA_OPUNM: return -a;
    default: break;
    }
    rest = fmodl(a, b); /* LUA_OPMOD */
    return signs_differ(rest, b) ? rest + b : rest;
}

/* Without a libm for the type, `^` is computed by products for whole exponents, else in long
 * double.
 */
static lffi_real quad_power(lffi_real a, lffi_real b)
{
#if QUAD_LIBM
    return powf128(a, b);
#else
    lffi_real result = 1;
    unsigned n = b < 0 ? (unsigned)-b : (unsigned)b;
    if (b != lffi_truncate(b) || b > INT16_MAX || b < -INT16_MAX)
        return powl((long double)a, (long double)b);
    for (; n > 0; n >>= 1, a *= a) {
        if ((n & 1) != 0)
            result *= a;
    }
    return b < 0 ? 1 / result : result;
#endif
}

static lffi_real quad_result(int op, lffi_real a, lffi_real b)
{
    lffi_real rest;
    switch (op) {
    case LUA_OPADD: return a + b;
    case LUA_OPSUB: return a - b;
    case LUA_OPMUL: return a * b;
    case LUA_OPDIV: return a / b;
    case LUA_OPUNM: return -a;
    case LUA_OPPOW: return quad_power(a, b);
    case LUA_OPIDIV: return quad_floor(a / b);
    default: break;
    }
    rest = quad_fmod(a, b); /* LUA_OPMOD */
    return signs_differ(rest, b) ? rest + b : rest;
}

void lffi_float_arith(enum lffi_op op, int operator, void * dst, const void *a, const void *b)
{
    lffi_real x = lffi_load_float(op, a);
    lffi_real y = lffi_load_float(op, b);
    if (op == LFFI_FLOAT128)
        lffi_store_float(op, dst, quad_result(operator, x, y));
    else
        lffi_store_float(op, dst, long_double_result(operator,(long double) x, (long double)y));
}
