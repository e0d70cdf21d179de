/* IEEE quad precision as text and from text where the C library has no functions on it: by
 * integers, exact in every digit, and the same everywhere.
 *
 * Depends on the compiler's arithmetic alone; texts go into the caller's buffer.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "internal.h"

#ifdef CDECL_QUAD

enum { FRACTION = 112, BIAS = 16383, SPECIAL = 0x7fff };

typedef unsigned __int128 word;

static word bits_of(cdecl_real value)
{
    word bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
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
enum { BASE = 1000000000, BASE_DIGITS = 9, LIMBS = 1290 };
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

/* The first `count` digits, rounded to nearest, ties to even. Returns 1 when they became one more.
 */
static int round_digits(const struct decimal *d, int top, char *digits, int count)
{
    int last = top - count + 1;
    unsigned next = digit_at(d, last - 1);
    bool up = next > 5;
    for (int i = 0; i < count; i++)
        digits[i] = (char)('0' + digit_at(d, top - i));
    if (next == 5)
        up = any_below(d, last - 1) || (digits[count - 1] - '0') % 2 != 0;
    for (int i = count - 1; up && i >= 0; i--) {
        up = digits[i] == '9';
        digits[i] = up ? '0' : (char)(digits[i] + 1);
    }
    if (up)
        digits[0] = '1';
    return up;
}

/* As printf's %g lays `all` digits out: the first counts 10^exponent. */
static void lay_out(char *text, size_t size, const char *sign, const char *digits, int all,
                    int exponent)
{
    int count = all;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (exponent < -4 || exponent >= all)
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

void cdecl_print_quad(char *text, size_t size, cdecl_real value, int count)
{
    word bits = bits_of(value);
    const char *sign = is_negative(bits) ? "-" : "";
    struct decimal d;
    char digits[CDECL_QUAD_DIGITS];
    int exponent;
    int top;
    word mantissa = mantissa_of(bits, &exponent);
    if (value - value != 0 || mantissa == 0) {
        snprintf(text, size, "%s%s", sign, value != value ? "nan" : mantissa == 0 ? "0" : "inf");
        return;
    }
    to_decimal(&d, mantissa, exponent);
    top = (int)d.count * BASE_DIGITS - 1;
    while (digit_at(&d, top) == 0)
        top--;
    top += round_digits(&d, top, digits, count);
    lay_out(text, size, sign, digits, count, top + (exponent < 0 ? exponent : 0));
}

/* ---- from text ------------------------------------------------------------------------------- */

/* A whole number, 32 bits each, lowest first. Digits and powers are bounded below. */
enum {
    LONGEST = 1100, /* digits */
    MOST_DECIMAL = 6200,
    MOST_BINARY = 21000,
    WORDS = (LONGEST * 4 + MOST_BINARY) / 32 + 2
};
struct whole {
    uint32_t word[WORDS];
    unsigned count;
};

static void times(struct whole *n, uint32_t factor, uint32_t plus)
{
    uint64_t carry = plus;
    for (unsigned i = 0; i < n->count; i++) {
        carry += (uint64_t)n->word[i] * factor;
        n->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0)
        n->word[n->count++] = (uint32_t)carry;
}

static int bit_count(const struct whole *n)
{
    return (int)n->count * 32 - __builtin_clz(n->word[n->count - 1]);
}

static void shift(struct whole *n, unsigned by)
{
    unsigned words = by / 32;
    memmove(n->word + words, n->word, n->count * sizeof *n->word);
    memset(n->word, 0, words * sizeof *n->word);
    n->count += words;
    times(n, 1u << by % 32, 0);
}

static int compare(const struct whole *a, const struct whole *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;)
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

/* a -= b, which is not more */
static void subtract(struct whole *a, const struct whole *b)
{
    int64_t carry = 0;
    for (unsigned i = 0; i < a->count; i++) {
        carry += (int64_t)a->word[i] - (i < b->count ? b->word[i] : 0);
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    while (a->count > 0 && a->word[a->count - 1] == 0)
        a->count--;
}

/* n / d, neither of them 0, rounded to the nearest value, ties to even. Both are used up. */
static cdecl_real quotient(struct whole *n, struct whole *d)
{
    int exponent = bit_count(n) - bit_count(d); /* that of the first bit of the quotient */
    int digits = FRACTION + 1;
    word mantissa = 0;
    cdecl_real value;
    if (exponent < 0)
        shift(n, (unsigned)-exponent);
    else
        shift(d, (unsigned)exponent);
    if (compare(n, d) < 0) {
        shift(n, 1);
        exponent--;
    }
    if (exponent < 1 - BIAS) /* a subnormal one has fewer */
        digits -= 1 - BIAS - exponent;
    if (digits < 0)
        return 0;
    for (int i = 0; i < digits; i++) {
        bool bit = compare(n, d) >= 0;
        if (bit)
            subtract(n, d);
        mantissa = mantissa << 1 | bit;
        shift(n, 1);
    }
    int rest = compare(n, d); /* of twice the rest with the divisor */
    mantissa += rest > 0 || (rest == 0 && (mantissa & 1) != 0);
    value = (cdecl_real)mantissa;
    for (exponent -= digits - 1; exponent < 0; exponent++)
        value /= 2;
    for (; exponent > 0; exponent--)
        value *= 2;
    return value;
}

/* A number after 'e' or 'p', limited to what makes any constant 0 or infinite. */
static int power_at(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    int power = 0;
    at += at < end && (*at == '-' || *at == '+');
    for (; at < end && power < 100000; at++)
        power = power * 10 + (*at - '0');
    return negative ? -power : power;
}

static int digit_of(char c, bool hex)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

cdecl_real cdecl__read_quad(const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    bool hex = size > 2 && text[0] == '0' && (text[1] | 0x20) == 'x', after_point = false;
    struct whole n = {.count = 0}, d = {.word = {1}, .count = 1};
    int power = 0;
    for (at += hex ? 2 : 0; at < end && (*at | 0x20) != (hex ? 'p' : 'e'); at++) {
        int digit = digit_of(*at, hex);
        if (digit < 0) {
            after_point = true;
            continue;
        }
        power -= after_point ? hex ? 4 : 1 : 0;
        times(&n, hex ? 16 : 10, (uint32_t)digit);
    }
    if (at < end)
        power += power_at(at + 1, end);
    if (n.count == 0)
        return 0;
    int most = hex ? MOST_BINARY : MOST_DECIMAL;
    if (power > most || power < -most)
        return power > 0 ? (cdecl_real)__builtin_inf() : 0;
    struct whole *scaled = power < 0 ? &d : &n;
    if (hex)
        shift(scaled, (unsigned)(power < 0 ? -power : power));
    else
        for (int i = power < 0 ? -power : power; i > 0; i--)
            times(scaled, 10, 0);
    return quotient(&n, &d);
}

#endif
