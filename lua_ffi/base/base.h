/* The base wing: numbers of every width, without Lua objects. peek.h, elfsym.h and libpath.h are
 * headers of their own, for few need them.
 */
#ifndef LFFI_BASE_H
#define LFFI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "cdecl.h"

#include "base/int128.h"
#include "base/lua_version.h"
#include "base/op.h"

#define LFFI_INLINE inline __attribute__((always_inline))
#define LFFI_NOINLINE __attribute__((noinline)) /* what is rare, out of the way */

/* A number that every floating type converts to exactly, but for IBM's pairs of doubles when these
 * are further apart than 113 bits. */
typedef cdecl_real lffi_real;

/* How integers that do not fit are treated (docs/design.md S1). */
enum lffi_policy { LFFI_FIT, LFFI_STRICT, LFFI_WRAP, LFFI_SATURATE };

/* An integer: two's complement low LFFI_WIDE_BITS bits, its sign, and whether it needs more than
 * that. */
struct lffi_integer {
    lffi_wide bits;
    bool negative;
    bool beyond; /* outside [-2^127, 2^128), or [-2^63, 2^64): bits are exact modulo 2^128 (2^64) */
};

/* ---- peek.c: arguments in place -------------------------------------------------------------- */

/* True when peek.h holds for this interpreter and the environment does not say CFFI_NO_PEEK=1.
 * Raises when it says CFFI_NO_PEEK=0 and the proof fails, or when memory is out. */
bool lffi_can_peek(lua_State *L);

/* ---- floats.c: floating types of every width ------------------------------------------------- */

lffi_real lffi_truncate(lffi_real value);
static inline bool lffi_is_finite(lffi_real value)
{
    return value - value == 0;
}
/* Reads and writes one number of a FLOAT16 .. FLOAT128 type; writing rounds to nearest. */
lffi_real lffi_load_float(enum lffi_op op, const void *src);
void lffi_store_float(enum lffi_op op, void *dst, lffi_real value);
/* The parts of a complex value, which have the representation `part`. */
void lffi_load_complex(enum lffi_op part, const void *src, lffi_real *re, lffi_real *im);
/* Stores the result of Lua's arithmetic operator on two values of a LDOUBLE or FLOAT128 type,
 * computed in that type; for unary operators both are the same. */
void lffi_float_arith(enum lffi_op op, int operator, void * dst, const void *a, const void *b);
/* Pushes the text of a floating value ("1.5"), of a complex one ("1-2i"), and returns it. */
const char *lffi_push_float_text(lua_State *L, enum lffi_op op, const void *src);
const char *lffi_push_complex_text(lua_State *L, enum lffi_op part, const void *src);

/* ---- magnitude.c: integers of any size as floating values ------------------------------------ */

/* The leading bits of an integer: (top + something below 1 when `rest`) * 2^exponent. */
struct lffi_magnitude {
    uint64_t high, low; /* of `top`: all 128 bits in use when `rest` or exponent > 0 */
    int exponent;
    bool rest; /* nonzero bits follow */
    bool negative;
    bool huge; /* beyond every floating type; the rest says nothing */
};
struct lffi_magnitude
lffi_magnitude_of_integer(const struct lffi_integer *value); /* not `beyond` */
struct lffi_magnitude lffi_magnitude_of_text(const char *text,
                                             size_t size); /* of an integer (S2) */
/* What a digit of any base up to 36 counts; UINT_MAX when the character is none. */
unsigned lffi_digit(char c);
/* True when a FLOAT16 .. FLOAT128 type has exactly this value. */
bool lffi_magnitude_is_exact(enum lffi_op op, const struct lffi_magnitude *m);
/* Stores it, rounded once to nearest; infinity when it is too large. */
void lffi_store_magnitude(enum lffi_op op, void *dst, const struct lffi_magnitude *m);

#endif
