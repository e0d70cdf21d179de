/* Checked arithmetic on sizes. Every sum and product of C object sizes goes through these; each
 * returns false instead of a result above CDECL_MAX_SIZE. */
#ifndef CDECL_CHECKED_H
#define CDECL_CHECKED_H

#include <stdbool.h>
#include <stdint.h>
#include "parse_limits.h"

static inline bool size_add(uint64_t a, uint64_t b, uint64_t *sum)
{
    if (a > CDECL_MAX_SIZE || b > CDECL_MAX_SIZE - a)
        return false;
    *sum = a + b;
    return true;
}

static inline bool size_mul(uint64_t a, uint64_t b, uint64_t *product)
{
#if defined(__GNUC__)
    uint64_t result;
    if (__builtin_mul_overflow(a, b, &result) || result > CDECL_MAX_SIZE)
        return false;
    *product = result;
    return true;
#else
    if (a != 0 && b > CDECL_MAX_SIZE / a)
        return false;
    *product = a * b;
    return true;
#endif
}

/* `align` is a power of two. */
static inline bool size_align_up(uint64_t size, uint64_t align, uint64_t *result)
{
    uint64_t sum;
    if (!size_add(size, align - 1, &sum))
        return false;
    *result = sum & ~(align - 1);
    return true;
}

#endif
