/* Integers of any size as floating values: their leading bits, and rounding these once to a type.
 *
 * Depends on floats.c. Text may be of any length; what no floating type can reach is found out
 * early, so the work is bounded. Nothing is allocated.
 */
#include <float.h>
#include <limits.h>
#include <string.h>

#include "base/base.h"

enum {
    HUGE_BITS =
        16384, /* the largest finite values of LDOUBLE and FLOAT128 are just below 2^16384 */
    LIMBS = HUGE_BITS / 32 + 1
};

struct number {
    uint32_t limb[LIMBS]; /* least significant first */
    int count;
};

/* n = n * base + digit; false when it outgrows every floating type. */
static bool append_digit(struct number *n, unsigned base, unsigned digit)
{
    uint64_t carry = digit;
    for (int i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * base;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && n->count == LIMBS)
        return false;
    if (carry != 0)
        n->limb[n->count++] = (uint32_t)carry;
    return true;
}

unsigned lffi_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') + 10 : UINT_MAX;
}

/* The text of an integer as lffi_text_to_integer reads it. False: too large. */
static bool read_text(struct number *n, const char *text, size_t size)
{
    const char *end = text + size;
    unsigned base = 10;
    text += *text == '-' || *text == '+';
    if (end - text > 2 && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    for (; text < end; text++) {
        if (!append_digit(n, base, lffi_digit(*text)))
            return false;
    }
    return true;
}

static uint64_t bit_at(const struct number *n, int position)
{
    return n->limb[position / 32] >> (position % 32) & 1;
}

static int bit_length(const struct lffi_magnitude *m)
{
    if (m->high != 0)
        return 128 - __builtin_clzll(m->high);
    return m->low != 0 ? 64 - __builtin_clzll(m->low) : 0;
}

/* Drops `n` low bits; they are added to the rest. */
static void shift_right(struct lffi_magnitude *m, int n)
{
    for (; n >= 64; n -= 64) {
        m->rest = m->rest || m->low != 0;
        m->low = m->high;
        m->high = 0;
    }
    if (n > 0) {
        m->rest = m->rest || m->low << (64 - n) != 0;
        m->low = m->low >> n | m->high << (64 - n);
        m->high >>= n;
    }
}

struct lffi_magnitude lffi_magnitude_of_integer(const struct lffi_integer *value)
{
    struct lffi_magnitude m = {0};
    lffi_wide bits = value->negative ? -value->bits : value->bits;
#if LFFI_WIDE_BITS > 64
    m.high = (uint64_t)(bits >> 64);
#endif
    m.low = (uint64_t)bits;
    m.negative = value->negative;
    return m;
}

struct lffi_magnitude lffi_magnitude_of_text(const char *text, size_t size)
{
    struct number n = {{0}, 0};
    struct lffi_magnitude m = {0};
    int length;
    m.negative = size > 0 && *text == '-';
    m.huge = !read_text(&n, text, size);
    if (m.huge || n.count == 0)
        return m;
    length = n.count * 32 - __builtin_clz(n.limb[n.count - 1]);
    m.exponent = length > 128 ? length - 128 : 0;
    for (int i = length - 1; i >= m.exponent; i--)
        m.high = m.high << 1 | m.low >> 63, m.low = m.low << 1 | bit_at(&n, i);
    for (int i = 0; i < m.exponent && !m.rest; i++)
        m.rest = bit_at(&n, i) != 0;
    return m;
}

/* Significand bits (including the implicit one) of a type, and the exponent its values stay below.
 */
static void float_limits(enum lffi_op op, int *digits, int *exponent)
{
    switch ((unsigned)op) { /* the five floating ones */
    case LFFI_FLOAT16:
        *digits = 11;
        *exponent = 16;
        break;
    case LFFI_FLOAT:
        *digits = FLT_MANT_DIG;
        *exponent = FLT_MAX_EXP;
        break;
    case LFFI_DOUBLE:
        *digits = DBL_MANT_DIG;
        *exponent = DBL_MAX_EXP;
        break;
    case LFFI_LDOUBLE:
        *digits = LDBL_MANT_DIG;
        *exponent = LDBL_MAX_EXP;
        break;
    default:
        *digits = 113;
        *exponent = 16384;
        break;
    }
}

bool lffi_magnitude_is_exact(enum lffi_op op, const struct lffi_magnitude *m)
{
    int digits;
    int exponent;
    int zeros = m->low != 0 ? __builtin_ctzll(m->low) : 64;
    float_limits(op, &digits, &exponent);
    if (m->huge || m->rest || bit_length(m) + m->exponent > exponent)
        return false;
    if (m->low == 0 && m->high != 0)
        zeros += __builtin_ctzll(m->high);
    return bit_length(m) - zeros <= digits;
}

/* Drops low bits until at most `bits` are left, the last one set when a dropped one was: so
 * rounding to a type of fewer than bits - 1 significant bits goes the way that the whole value
 * would. */
static void jam(struct lffi_magnitude *m, int bits)
{
    int excess = bit_length(m) - bits;
    if (excess > 0) {
        shift_right(m, excess);
        m->exponent += excess;
    }
    m->low |= m->rest;
}

void lffi_store_magnitude(enum lffi_op op, void *dst, const struct lffi_magnitude *m)
{
    struct lffi_magnitude top = *m;
    int digits;
    int most;
    lffi_real value;
    float_limits(op, &digits, &most);
    /* Each half is a lffi_real exactly, when both are needed; one rounding is left: that of their
     * sum for the widest type, that of lffi_store_float for all others. */
    jam(&top, digits + 2);
    value = (lffi_real)top.low;
    if (top.high != 0)
        value += (lffi_real)top.high * 0x1p64;
    for (; top.exponent > 0; top.exponent--)
        value *= 2;
    if (top.huge)
        value = (lffi_real)__builtin_inff();
    lffi_store_float(op, dst, top.negative ? -value : value);
}
