/* "did you mean": how far names lie apart. Depends on libc; owns nothing. */
#include <string.h>

#include "near.h"

enum { NEAR_MAX = 64 }; /* longer names get no suggestion */

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edit distance of two names, exchanged neighbours counting once; from `limit` on it is just that.
 * Three rows of the usual table: the one being filled, the one above, the one above that. */
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size, unsigned limit)
{
    unsigned rows[3][NEAR_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *above2 = rows[(i + 1) % 3];
        unsigned least = row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = least_of(above[j - 1] + (a[i - 1] != b[j - 1]),
                              least_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least_of(row[j], above2[j - 2] + 1);
            least = least_of(least, row[j]);
        }
        if (least >= limit)
            return limit;
    }
    return rows[a_size % 3][b_size];
}

unsigned lffi_near_limit(const char *name)
{
    size_t size = strlen(name);
    if (size < 3 || size > NEAR_MAX)
        return 0;
    return size < 8 ? 3 : 4;
}

bool lffi_is_nearer(const char *name, const char *candidate, unsigned *limit)
{
    size_t size = strlen(name);
    size_t other = strlen(candidate);
    size_t difference = other > size ? other - size : size - other;
    unsigned d;
    if (other > NEAR_MAX || difference >= *limit)
        return false;
    d = distance(name, size, candidate, other, *limit);
    if (d == 0 || d >= *limit)
        return false;
    *limit = d;
    return true;
}
