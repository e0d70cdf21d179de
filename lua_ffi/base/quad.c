/* IEEE quad precision where the C library has no functions on it: remainder and floor, by integers.
 *
 * Depends on the compiler's arithmetic alone.
 */
#include <string.h>

#include "base/base.h"
#include "base/quad.h"

#ifdef LFFI_QUAD

enum { FRACTION = 112, BIAS = 16383, SPECIAL = 0x7fff };

typedef lffi_wide word;

static word bits_of(lffi_real value)
{
    word bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static lffi_real real_of(word bits)
{
    lffi_real value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool is_negative(word bits)
{
    return bits >> 127 != 0;
}

/* A finite value without its sign: mantissa * 2^exponent. */
static word mantissa_of(word bits, int *exponent)
{
    int biased = (int)(bits >> FRACTION) & SPECIAL;
    word fraction = bits & (((word)1 << FRACTION) - 1);
    *exponent = (biased != 0 ? biased : 1) - BIAS - FRACTION;
    return biased != 0 ? fraction | (word)1 << FRACTION : fraction;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

enum { STEP = 100 }; /* powers of two that are multiplied at once */

lffi_real lffi_quad_floor(lffi_real value)
{
    word bits = bits_of(value);
    int exponent;
    word below;
    mantissa_of(bits, &exponent);
    if (exponent >= 0) /* also infinities and NaN */
        return value;
    if (-exponent > FRACTION)
        return !is_negative(bits) || value == 0 ? value * 0 : -1;
    below = ((word)1 << -exponent) - 1;
    value = real_of(bits & ~below);
    return (bits & below) != 0 && is_negative(bits) ? value - 1 : value;
}

/* fmod's, by long division: each step is a bit of the quotient. */
lffi_real lffi_quad_fmod(lffi_real a, lffi_real b)
{
    int exponent;
    int smaller;
    word rest = mantissa_of(bits_of(a), &exponent);
    word divisor = mantissa_of(bits_of(b), &smaller);
    lffi_real result;
    if (!lffi_is_finite(a) || b != b || divisor == 0)
        return (a - a) / (b - b);                 /* NaN */
    if (!lffi_is_finite(b) || exponent < smaller) /* then it is the smaller one */
        return a;
    for (; exponent > smaller; exponent--)
        rest = rest % divisor * 2;
    rest %= divisor;
    for (result = (lffi_real)rest; smaller <= -STEP; smaller += STEP)
        result *= 0x1p-100;
    for (; smaller >= STEP; smaller -= STEP)
        result *= 0x1p100;
    result *= smaller < 0 ? 1 / (lffi_real)((word)1 << -smaller) : (lffi_real)((word)1 << smaller);
    return is_negative(bits_of(a)) ? -result : result;
}

#endif
