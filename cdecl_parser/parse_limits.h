/* Every numeric limit of the parser, with its reason. A text beyond a limit gets an error. The file
 * is not named limits.h: the compiler's header would find it for the system's. */
#ifndef CDECL_LIMITS_H
#define CDECL_LIMITS_H

#include <stdint.h>

/* Nesting of anything: struct bodies, parentheses, declarators, types. Far above C11's minimum of
 * 63, small enough that every recursive walker fits a 256 KB thread stack. */
#define CDECL_MAX_DEPTH 256

/* Object sizes: what gcc allows, so that pointer differences inside an object are representable.
 * Structs end an eighth of it earlier, as places in them are counted in bits. */
#define CDECL_MAX_SIZE ((uint64_t)PTRDIFF_MAX)

/* Alignment in bytes: gcc's own limit, 2^28. */
#define CDECL_MAX_ALIGN ((uint64_t)1 << 28)

/* Bytes of one identifier: the length of a name is stored in 16 bits. */
#define CDECL_MAX_NAME 65535

/* Bytes of one text: lines and token lengths are stored in 32 bits. */
#define CDECL_MAX_TEXT ((size_t)1 << 30)

/* Nesting of #if: C11 asks for 63; each level is a small scratch record. */
#define CDECL_MAX_CONDITIONALS 256

/* Attributes kept on one name, and '#pragma pack(push)' inside each other: lists that are searched
 * from end to end. */
#define CDECL_MAX_ATTRIBUTES 256
#define CDECL_MAX_PACKS 256

/* Bytes read out of macro replacements in one text. Nested doubling macros ("#define A B B") grow
 * exponentially; real texts stay far below. */
#define CDECL_MAX_EXPANSION ((size_t)1 << 24)

/* Bits of a _BitInt: what two 64-bit registers hold; the wider ones have no calling convention
 * here. */
#define CDECL_MAX_BITINT 128

/* Parameters of one function, as `nparams` must stay a sane number for callers' buffers. */
#define CDECL_MAX_PARAMS 65535

#endif
