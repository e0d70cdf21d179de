/* How far names lie apart, for "did you mean" among symbols of libraries and enumerators. */
#ifndef LFFI_NEAR_H
#define LFFI_NEAR_H

#include <stdbool.h>

/* How many letters may differ for "did you mean", plus one; 0 for names that get no suggestion. */
unsigned lffi_near_limit(const char *name);
/* True when fewer than `*limit` letters of `candidate` differ from `name`, but some; `*limit`, at
 * first that of lffi_near_limit, becomes their number: the next candidate must do better. */
bool lffi_is_nearer(const char *name, const char *candidate, unsigned *limit);

#endif
