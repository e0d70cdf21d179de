/* What the compiler that builds the library says about its target, besides the sizes in prims.def.
 * Everything here is computed by that compiler, so that a build for another target is right without
 * edits; where it lacks a type (_BitInt), the rule of the platform's psABI stands in. */
#ifndef CDECL_TARGET_H
#define CDECL_TARGET_H

#include <float.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "cdecl.h"

/* The primitive that an integer type of the compiler's is: __SIZE_TYPE__ and the like. */
#define CDECL_PRIM_OF(type)                         \
    _Generic((type)0, signed char                   \
             : CDECL_PRIM_SCHAR, unsigned char      \
             : CDECL_PRIM_UCHAR, short              \
             : CDECL_PRIM_SHORT, unsigned short     \
             : CDECL_PRIM_USHORT, int               \
             : CDECL_PRIM_INT, unsigned             \
             : CDECL_PRIM_UINT, long                \
             : CDECL_PRIM_LONG, unsigned long       \
             : CDECL_PRIM_ULONG, long long          \
             : CDECL_PRIM_LLONG, unsigned long long \
             : CDECL_PRIM_ULLONG)

/* What prims.def cannot ask everywhere: compilers without the type have no alignment for it either;
 * then no code of theirs has such a value. */
#if defined(__SIZEOF_INT128__)
#define CDECL_INT128_ALIGN _Alignof(__int128)
#define CDECL_HAS_INT128 1
#else
#define CDECL_HAS_INT128 0
#define CDECL_INT128_ALIGN 16
#endif
/* Without integers of its size the module cannot print one. */
#if CDECL_HAS_INT128 && \
    (defined(__FLT128_MANT_DIG__) || defined(__SIZEOF_FLOAT128__) || LDBL_MANT_DIG == 113)
#define CDECL_HAS_FLOAT128 1
#else
#define CDECL_HAS_FLOAT128 0
#endif
#if defined(__FLT128_MANT_DIG__) && !defined(__clang__)
#define CDECL_FLOAT128_ALIGN _Alignof(_Float128)
#elif defined(__SIZEOF_FLOAT128__)
#define CDECL_FLOAT128_ALIGN _Alignof(__float128)
#elif LDBL_MANT_DIG == 113
#define CDECL_FLOAT128_ALIGN _Alignof(long double)
#else
#define CDECL_FLOAT128_ALIGN 16
#endif

/* Modes that differ between targets. */
typedef int cdecl__word __attribute__((mode(word)));
typedef int cdecl__unwind_word __attribute__((mode(unwind_word)));
#define CDECL_QUAD_PRIM (LDBL_MANT_DIG == 113 ? CDECL_PRIM_LDOUBLE : CDECL_PRIM_FLOAT128)
#define CDECL_QUAD_COMPLEX_PRIM (LDBL_MANT_DIG == 113 ? CDECL_PRIM_CLDOUBLE : CDECL_PRIM_CFLOAT128)

/* Whether an unnamed bit-field aligns the whole struct, as on AArch64. */
struct cdecl__anonymous_probe {
    char c;
    int : 5;
};
#define CDECL_ANONYMOUS_ALIGNS (_Alignof(struct cdecl__anonymous_probe) > 1)

/* Whether bit-fields are laid out by clang's rules, where they are not gcc's: an alignment of their
 * own under #pragma pack, and types of less than natural alignment. */
#pragma pack(push, 1)
struct cdecl__bits_probe {
    char a : 3;
    char b : 5 __attribute__((aligned(4)));
};
#pragma pack(pop)
#define CDECL_CLANG_BITFIELDS (sizeof(struct cdecl__bits_probe) == 1)

/* Whether every enum is as small as its values allow (-fshort-enums, bare-metal ARM). */
enum cdecl__enum_probe { CDECL__ENUM_PROBE };
#define CDECL_SHORT_ENUMS (sizeof(enum cdecl__enum_probe) < sizeof(int))

/* Whether all enumerators have the enum's type as soon as one does not fit int: C23's rule, which
 * gcc follows from 13 on in C11 too. Elsewhere those that fit int are int. */
enum cdecl__wide_enum_probe { CDECL__WIDE_ENUM_SMALL, CDECL__WIDE_ENUM_LARGE = LLONG_MAX };
#ifndef CDECL_ENUMERATORS_SHARE_TYPE /* else given on the command line: to test the other rule */
#define CDECL_ENUMERATORS_SHARE_TYPE (sizeof(CDECL__WIDE_ENUM_SMALL) > sizeof(int))
#endif

/* What __attribute__((aligned)) without a number gives; not __BIGGEST_ALIGNMENT__, which grows with
 * AVX while this stays. */
struct cdecl__aligned_probe {
    char c __attribute__((aligned));
};
#define CDECL_MOST_ALIGNED _Alignof(struct cdecl__aligned_probe)

/* Size and alignment of _Atomic T for a T of this size and alignment, both bytes. */
struct cdecl__extent {
    uint64_t size;
    uint32_t align;
};
struct cdecl__extent cdecl__atomic_extent(struct cdecl__extent plain);

/* Whether an array is aligned as its atomic elements are; gcc forgets that they are. */
struct cdecl__pair {
    char bytes[2];
};
struct cdecl__atomic_probe {
    char c;
    _Atomic struct cdecl__pair array[1];
};
#define CDECL_ATOMIC_ARRAYS_ALIGN (_Alignof(struct cdecl__atomic_probe) > 1)

/* Of a vector of `bytes`, a power of two. */
uint32_t cdecl__vector_align(uint64_t bytes, bool of_floats);

/* Of a _BitInt of `bits`, at most CDECL_MAX_BITINT. */
struct cdecl__extent cdecl__bitint_extent(uint64_t bits);

/* What __alignof__ says of a basic type: on i386 more than _Alignof does. */
uint32_t cdecl__preferred_align(enum cdecl_prim prim, uint32_t align);

#endif
