/* Floating types of every width, read and written through `long double`.
 *
 * Depends on nothing but the compiler: it is a leaf that convert.c, cdata.c and arith.c use. _Float16 is
 * converted by hand (not every compiler has the type); __float128 where the compiler has it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lffi.h"

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

/* Rounds to nearest, ties to even: `value` is scaled so that its unit is one step of the target. */
static uint16_t half_magnitude(double value)
{
    int exponent;
    double steps;
    if (isnan(value))
        return 0x7E00;
    if (value >= 65520.0) /* halfway between the largest half and the next step */
        return 0x7C00;
    frexp(value, &exponent);
    if (exponent < -13)
        return (uint16_t)nearbyint(ldexp(value, 24));
    steps = nearbyint(ldexp(value, 11 - exponent)); /* 1024 .. 2048 */
    return (uint16_t)(((exponent + 14) << 10) + (int)steps - 1024);
}

static void store_half(void *dst, long double value)
{
    double d = (double)value;
    uint16_t h = half_magnitude(fabs(d));
    if (signbit(d))
        h = (uint16_t)(h | 0x8000);
    memcpy(dst, &h, sizeof h);
}

#ifdef __SIZEOF_FLOAT128__
static long double load_quad(const void *src)
{
    __float128 q;
    memcpy(&q, src, sizeof q);
    return (long double)q;
}

static void store_quad(void *dst, long double value)
{
    __float128 q = (__float128)value;
    memcpy(dst, &q, sizeof q);
}
#else /* long double is the quad type here */
static long double load_quad(const void *src)
{
    long double q;
    memcpy(&q, src, sizeof q);
    return q;
}

static void store_quad(void *dst, long double value)
{
    memcpy(dst, &value, sizeof value);
}
#endif

static long double load_op(enum lffi_op op, const void *src)
{
    float f;
    double d;
    long double l;
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
    if (op == LFFI_FLOAT128)
        return load_quad(src);
    memcpy(&l, src, sizeof l);
    return l;
}

static void store_op(enum lffi_op op, void *dst, long double value)
{
    float f = (float)value;
    double d = (double)value;
    if (op == LFFI_FLOAT16)
        store_half(dst, value);
    else if (op == LFFI_FLOAT)
        memcpy(dst, &f, sizeof f);
    else if (op == LFFI_DOUBLE)
        memcpy(dst, &d, sizeof d);
    else if (op == LFFI_FLOAT128)
        store_quad(dst, value);
    else
        memcpy(dst, &value, sizeof value);
}

long double lffi_load_float(const struct lffi_ctype *ct, const void *src)
{
    return load_op((enum lffi_op)ct->op, src);
}

void lffi_store_float(const struct lffi_ctype *ct, void *dst, long double value)
{
    store_op((enum lffi_op)ct->op, dst, value);
}

/* The type of one part, by its size. */
static enum lffi_op part_op(const struct lffi_ctype *ct)
{
    if (ct->size == 2 * sizeof(float))
        return LFFI_FLOAT;
    if (ct->size == 2 * sizeof(double))
        return LFFI_DOUBLE;
    return ct->type->prim == CDECL_PRIM_CLDOUBLE ? LFFI_LDOUBLE : LFFI_FLOAT128;
}

void lffi_load_complex(const struct lffi_ctype *ct, const void *src, long double *re,
                       long double *im)
{
    *re = load_op(part_op(ct), src);
    *im = load_op(part_op(ct), (const char *)src + ct->size / 2);
}

void lffi_store_complex(const struct lffi_ctype *ct, void *dst, long double re, long double im)
{
    store_op(part_op(ct), dst, re);
    store_op(part_op(ct), (char *)dst + ct->size / 2, im);
}

/* "1.5-2i"; after letters ("inf", "nan") a capital I, as LuaJIT prints. */
static const char *push_complex_text(lua_State *L, const struct lffi_ctype *ct, const void *src)
{
    char text[128];
    long double re;
    long double im;
    lffi_load_complex(ct, src, &re, &im);
    snprintf(text, sizeof text, "%.14Lg%+.14Lg%c", re, im, isfinite(im) ? 'i' : 'I');
    return lua_pushstring(L, text);
}

const char *lffi_push_float_text(lua_State *L, const struct lffi_ctype *ct, const void *src)
{
    char text[64];
    if (ct->op == LFFI_COMPLEX)
        return push_complex_text(L, ct, src);
    snprintf(text, sizeof text, ct->op >= LFFI_LDOUBLE ? "%.21Lg" : "%.14Lg",
             lffi_load_float(ct, src));
    return lua_pushstring(L, text);
}
