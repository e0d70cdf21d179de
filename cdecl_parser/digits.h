/* Digits of any base up to 16: the one reader of literals, escapes, line numbers and pragmas.
 * Depends on the language alone. */
#ifndef CDECL_DIGITS_H
#define CDECL_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What `c` counts as a digit; 99 for what is none in any base. */
static inline unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 99;
}

static inline bool is_digit(char c)
{
    return digit_value(c) < 10;
}

/* Appends the digits of `base` at *at to *value, which keeps the lowest 64 bits. False when there
 * were more. */
static inline bool read_digits(const char **at, const char *end, unsigned base, uint64_t *value)
{
    bool fits = true;
    for (; *at < end && digit_value(**at) < base; (*at)++) {
        unsigned digit = digit_value(**at);
        fits &= *value <= (UINT64_MAX - digit) / base;
        *value = *value * base + digit;
    }
    return fits;
}

/* The same where no more than `most` is of use: what is greater is `most`. */
static inline uint32_t read_count(const char **at, const char *end, uint32_t most)
{
    uint64_t value = 0;
    bool fits = read_digits(at, end, 10, &value);
    return fits && value < most ? (uint32_t)value : most;
}

#endif
