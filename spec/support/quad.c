/* The module's remainder and floor of quad.c, which it uses where the C library has none, against
 * the C library's: linked with the object that the module has. */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/quad.h"

#ifdef LFFI_QUAD

#if defined __GLIBC__
__float128 floorf128(__float128 value);
__float128 fmodf128(__float128 a, __float128 b);
#define DIGITS 112
#else /* of long doubles alone */
#define floorf128 floorl
#define fmodf128 fmodl
#define DIGITS 63
#endif

static uint64_t state;

static uint64_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Also whole numbers, and what differs in the last bits alone. */
static lffi_real random_quad(void)
{
    lffi_wide whole = (lffi_wide)random_bits() << 64 | random_bits();
    lffi_real value = (lffi_real)(whole >> (128 - DIGITS + random_bits() % DIGITS));
    int power = (int)(random_bits() % 240) - 120;
    for (; power > 0; power--)
        value *= 2;
    for (; power < 0; power++)
        value /= 2;
    return random_bits() % 2 == 0 ? value : -value;
}

static int differs(lffi_real a, lffi_real b)
{
    return a == b ? memcmp(&a, &b, sizeof a) != 0 : a == a || b == b;
}

int quad_differences(int n, uint64_t seed);
int quad_differences(int n, uint64_t seed)
{
    static const lffi_real special[] = {0,
                                        -0.0L,
                                        0.5L,
                                        -0.5L,
                                        1,
                                        -1,
                                        1.5L,
                                        -1.5L,
                                        3,
                                        1e4000L,
                                        -1e-4000L,
                                        __builtin_inf(),
                                        -__builtin_inf()};
    const int nspecial = sizeof special / sizeof *special;
    int count = 0;
    state = seed;
    for (int i = 0; i < n; i++) {
        lffi_real a = random_quad();
        lffi_real b = random_quad();
        if (i < nspecial * nspecial) {
            a = special[i / nspecial];
            b = special[i % nspecial];
        }
        count += differs(lffi_quad_floor(a), floorf128(a));
        count += differs(lffi_quad_fmod(a, b), fmodf128(a, b));
    }
    return count;
}

#endif
