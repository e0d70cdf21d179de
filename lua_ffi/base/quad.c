/* IEEE quad precision where the C library has no functions on it: its text, remainder and floor, by
 * integers, exact in every digit. The text everywhere, so that it is the same.
 *
 * Depends on the compiler's arithmetic alone; texts go into the caller's buffer.
 */
#include <stdio.h>
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

/* ---- text ------------------------------------------------------------------------------------ */

/* An integer in base 10^9, lowest first; the largest is the smallest value's fraction, times
 * 10^16494. */
enum { BASE = 1000000000, BASE_DIGITS = 9, LIMBS = 1290, DIGITS = 36 };
struct decimal {
    uint32_t limb[LIMBS];
    unsigned count;
};

static void multiply(struct decimal *d, uint32_t factor)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < d->count; i++) {
        carry += (uint64_t)d->limb[i] * factor;
        d->limb[i] = (uint32_t)(carry % BASE);
        carry /= BASE;
    }
    for (; carry != 0; carry /= BASE)
        d->limb[d->count++] = (uint32_t)(carry % BASE);
}

static void multiply_by_power(struct decimal *d, uint32_t factor, uint32_t most, int most_is,
                              int times)
{
    for (; times >= most_is; times -= most_is)
        multiply(d, most);
    for (; times > 0; times--)
        multiply(d, factor);
}

/* mantissa * 2^exponent, times 10^-exponent where that is negative. */
static void to_decimal(struct decimal *d, word mantissa, int exponent)
{
    for (d->count = 0; mantissa != 0; mantissa /= BASE)
        d->limb[d->count++] = (uint32_t)(mantissa % BASE);
    if (exponent >= 0)
        multiply_by_power(d, 2, 1u << 30, 30, exponent);
    else
        multiply_by_power(d, 5, 1220703125, 13, -exponent);
}

/* The digit at a place counted from the lowest; 0 below. */
static unsigned digit_at(const struct decimal *d, int place)
{
    uint32_t limb = place < 0 ? 0 : d->limb[place / BASE_DIGITS];
    for (int i = place % BASE_DIGITS; i > 0; i--)
        limb /= 10;
    return limb % 10;
}

static bool any_below(const struct decimal *d, int place)
{
    for (int i = 0; i < place; i++) {
        if (digit_at(d, i) != 0)
            return true;
    }
    return false;
}

/* The first DIGITS digits, rounded to nearest, ties to even. Returns 1 when they became one more.
 */
static int round_digits(const struct decimal *d, int top, char *digits)
{
    int last = top - DIGITS + 1;
    unsigned next = digit_at(d, last - 1);
    bool up = next > 5;
    for (int i = 0; i < DIGITS; i++)
        digits[i] = (char)('0' + digit_at(d, top - i));
    if (next == 5)
        up = any_below(d, last - 1) || (digits[DIGITS - 1] - '0') % 2 != 0;
    for (int i = DIGITS - 1; up && i >= 0; i--) {
        up = digits[i] == '9';
        digits[i] = up ? '0' : (char)(digits[i] + 1);
    }
    if (up)
        digits[0] = '1';
    return up;
}

/* As printf's %.36g lays digits out: the first counts 10^exponent. */
static void lay_out(char *text, size_t size, const char *sign, const char *digits, int exponent)
{
    int count = DIGITS;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (exponent < -4 || exponent >= DIGITS)
        snprintf(text, size, "%s%c%s%.*se%c%02d", sign, digits[0], count > 1 ? "." : "", count - 1,
                 digits + 1, exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    else if (exponent < 0)
        snprintf(text, size, "%s0.%.*s%.*s", sign, -exponent - 1, "000", count, digits);
    else if (count <= exponent + 1)
        snprintf(text, size, "%s%.*s", sign, exponent + 1, digits);
    else
        snprintf(text, size, "%s%.*s.%.*s", sign, exponent + 1, digits, count - exponent - 1,
                 digits + exponent + 1);
}

void lffi_print_quad(char *text, size_t size, lffi_real value)
{
    word bits = bits_of(value);
    const char *sign = is_negative(bits) ? "-" : "";
    struct decimal d;
    char digits[DIGITS];
    int exponent;
    int top;
    word mantissa = mantissa_of(bits, &exponent);
    if (!lffi_is_finite(value) || mantissa == 0) {
        snprintf(text, size, "%s%s", sign, value != value ? "nan" : mantissa == 0 ? "0" : "inf");
        return;
    }
    to_decimal(&d, mantissa, exponent);
    top = (int)d.count * BASE_DIGITS - 1;
    while (digit_at(&d, top) == 0)
        top--;
    lay_out(text, size, sign, digits,
            round_digits(&d, top, digits) + top + (exponent < 0 ? exponent : 0));
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
        result *= 0x1p-100L;
    for (; smaller >= STEP; smaller -= STEP)
        result *= 0x1p100L;
    result *= smaller < 0 ? 1 / (lffi_real)((word)1 << -smaller) : (lffi_real)((word)1 << smaller);
    return is_negative(bits_of(a)) ? -result : result;
}

#endif
