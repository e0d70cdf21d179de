/* The target's data model as the compiler that builds the library has it: probes, evaluated when
 * this file is compiled. See target.h. Owns nothing. */
#include <limits.h>
#include <stddef.h>
#include "target.h"

/* ---- bit-fields: layout.c knows one rule, nearly all platforms'; MinGW's default is another ----
 */

struct mixed_types {
    char a : 4;
    int b : 4;
};
_Static_assert(sizeof(struct mixed_types) == sizeof(int),
               "this compiler lays bit-fields out as MSVC does: build with -mno-ms-bitfields");

struct type_matters {
    char a;
    int b : 8;
};
_Static_assert(_Alignof(struct type_matters) == _Alignof(int),
               "this compiler does not align a struct for the types of its bit-fields");

/* ---- _Atomic: gcc aligns what fits a lock-free access, clang rounds the size up as well ---- */

/* clang-format off */
#define BYTES(n) struct bytes##n { char bytes[n]; }
#define ATOMIC(n) {sizeof(_Atomic struct bytes##n), _Alignof(_Atomic struct bytes##n)}
BYTES(1); BYTES(2); BYTES(3); BYTES(4); BYTES(5); BYTES(6); BYTES(7); BYTES(8);
BYTES(9); BYTES(10); BYTES(11); BYTES(12); BYTES(13); BYTES(14); BYTES(15); BYTES(16);

static const struct cdecl__extent atomics[] = {
    {0, 1}, ATOMIC(1), ATOMIC(2), ATOMIC(3), ATOMIC(4), ATOMIC(5), ATOMIC(6), ATOMIC(7), ATOMIC(8),
    ATOMIC(9), ATOMIC(10), ATOMIC(11), ATOMIC(12), ATOMIC(13), ATOMIC(14), ATOMIC(15), ATOMIC(16)};
/* clang-format on */

struct cdecl__extent cdecl__atomic_extent(struct cdecl__extent plain)
{
    if (plain.size >= sizeof atomics / sizeof *atomics)
        return plain;
    struct cdecl__extent atomic = atomics[plain.size];
    if (atomic.align < plain.align)
        atomic.align = plain.align;
    return atomic;
}

/* ---- vectors: as large as they are, up to what the target cares for ---- */

/* In a struct, as i386 has a rule for members: 8-byte vectors of integers are aligned as long long
 * is there, those of floats as they are large. */
#define VECTOR(n) char __attribute__((vector_size(n)))
#define VECTOR_ALIGN(n) offsetof(struct vector##n, vector)
/* clang-format off */
struct vector1 { char c; VECTOR(1) vector; };
struct vector2 { char c; VECTOR(2) vector; };
struct vector4 { char c; VECTOR(4) vector; };
struct vector8 { char c; VECTOR(8) vector; };
struct vector16 { char c; VECTOR(16) vector; };
struct vector32 { char c; VECTOR(32) vector; };
struct vector64 { char c; VECTOR(64) vector; };
struct vector4096 { char c; VECTOR(4096) vector; };
struct vector8f { char c; float __attribute__((vector_size(8))) vector; };
/* clang-format on */

uint32_t cdecl__vector_align(uint64_t bytes, bool of_floats)
{
    static const struct {
        uint64_t bytes, align;
    } vectors[] = {{1, VECTOR_ALIGN(1)},  {2, VECTOR_ALIGN(2)},   {4, VECTOR_ALIGN(4)},
                   {8, VECTOR_ALIGN(8)},  {16, VECTOR_ALIGN(16)}, {32, VECTOR_ALIGN(32)},
                   {64, VECTOR_ALIGN(64)}};
    const uint64_t most = VECTOR_ALIGN(4096);
    if (bytes == 8 && of_floats)
        return VECTOR_ALIGN(8f);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (bytes == vectors[i].bytes)
            return (uint32_t)vectors[i].align;
    return (uint32_t)(most < 4096 && most < bytes ? most : bytes);
}

/* ---- _BitInt: the smallest integer type that holds it, then an array of words ---- */

#if defined(__BITINT_MAXWIDTH__) && __BITINT_MAXWIDTH__ >= 128
#define WORD_ALIGN _Alignof(_BitInt(128))
#define WORD_SIZE (sizeof(_BitInt(65)) == 12 ? 4u : 8u)
#elif defined(__aarch64__)
#define WORD_ALIGN 16
#define WORD_SIZE 16u
#else
#define WORD_ALIGN _Alignof(long)
#define WORD_SIZE sizeof(long)
#endif

struct cdecl__extent cdecl__bitint_extent(uint64_t bits)
{
    if (bits <= sizeof(char) * CHAR_BIT)
        return (struct cdecl__extent){sizeof(char), _Alignof(char)};
    if (bits <= sizeof(short) * CHAR_BIT)
        return (struct cdecl__extent){sizeof(short), _Alignof(short)};
    if (bits <= sizeof(int) * CHAR_BIT)
        return (struct cdecl__extent){sizeof(int), _Alignof(int)};
    if (bits <= sizeof(long long) * CHAR_BIT)
        return (struct cdecl__extent){sizeof(long long), _Alignof(long long)};
    uint64_t words = (bits + WORD_SIZE * CHAR_BIT - 1) / (WORD_SIZE * CHAR_BIT);
    return (struct cdecl__extent){words * WORD_SIZE, WORD_ALIGN};
}

/* ---- __alignof__ ---- */

uint32_t cdecl__preferred_align(enum cdecl_prim prim, uint32_t align)
{
    static const uint32_t preferred[CDECL_PRIM_COUNT] = {
        [CDECL_PRIM_LLONG] = __alignof__(long long),
        [CDECL_PRIM_ULLONG] = __alignof__(unsigned long long),
        [CDECL_PRIM_DOUBLE] = __alignof__(double),
        [CDECL_PRIM_CDOUBLE] = __alignof__(double _Complex)};
    return preferred[prim] > align ? preferred[prim] : align;
}
