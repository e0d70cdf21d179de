/* The widest integers that the machine calculates with, and how many bits they have: 128, or 64
 * where the compiler has no more, which is on 32-bit machines. There no type of C is wider, and
 * __int128 is refused by the parser.
 */
#ifndef LFFI_INT128_H
#define LFFI_INT128_H

#include <stdint.h>

#ifdef __SIZEOF_INT128__
typedef unsigned __int128 lffi_wide;
typedef __int128 lffi_signed_wide;
#define LFFI_WIDE_BITS 128
#define LFFI_WIDE_END 0x1p128 /* just beyond the largest */
#else
typedef uint64_t lffi_wide;
typedef int64_t lffi_signed_wide;
#define LFFI_WIDE_BITS 64
#define LFFI_WIDE_END 0x1p64
#endif

#endif
