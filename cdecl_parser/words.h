/* Words of a text, sixteen bytes at a time: where one ends, and its hash. Inline because the lexer
 * does this for every word it meets, which is most of its work; the ends of words are hard to
 * foresee for a loop over single bytes, and that costs more than looking at the bytes. Depends on
 * libc alone. Included by name.h. */
#ifndef CDECL_WORDS_H
#define CDECL_WORDS_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define CHUNK 16

/* What hardly ever holds in an ordinary text: the way without it stays together. */
#if defined(__GNUC__)
#define RARELY(condition) __builtin_expect(!!(condition), 0)
#else
#define RARELY(condition) (condition)
#endif

/* Up to CHUNK bytes as two numbers, the first byte lowest, zeros beyond the last. */
struct chunk {
    uint64_t low, high;
};

/* Eight bytes, the first one lowest. */
static inline uint64_t cdecl__read8(const char *s)
{
    uint64_t bytes;
    memcpy(&bytes, s, sizeof bytes);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/* The first `size` bytes, at most CHUNK, of CHUNK readable ones. */
static inline struct chunk cdecl__chunk(const char *s, size_t size)
{
    static const char keep[2 * CHUNK] = "\xff\xff\xff\xff\xff\xff\xff\xff"
                                        "\xff\xff\xff\xff\xff\xff\xff\xff";
    const char *mask = keep + CHUNK - size;
    return (struct chunk){cdecl__read8(s) & cdecl__read8(mask),
                          cdecl__read8(s + 8) & cdecl__read8(mask + 8)};
}

/* The same of bytes of which no more than `size` may be read. */
static inline struct chunk cdecl__short_chunk(const char *s, size_t size)
{
    char bytes[CHUNK] = {0};
    if (size > 0) /* else `s` may be NULL */
        memcpy(bytes, s, size);
    return (struct chunk){cdecl__read8(bytes), cdecl__read8(bytes + 8)};
}

/* The hash of a name: of its whole chunks, then of the rest, which may be empty. */
static inline uint64_t cdecl__hash_chunk(uint64_t hash, struct chunk c)
{
    hash = (hash ^ c.low) * 0x9e3779b97f4a7c15u ^ (c.high + hash) * 0xc2b2ae3d27d4eb4fu;
    return hash ^ hash >> 32;
}

static inline uint32_t cdecl__hash_end(uint64_t hash, size_t size)
{
    hash = (hash ^ (uint64_t)size << 56) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32) | 1u << 31; /* never 0 */
}

static inline uint32_t cdecl__hash_text(const char *s, size_t size)
{
    uint64_t hash = 0;
    size_t left = size;
    for (; left >= CHUNK; s += CHUNK, left -= CHUNK)
        hash = cdecl__hash_chunk(hash, cdecl__chunk(s, CHUNK));
    return cdecl__hash_end(cdecl__hash_chunk(hash, cdecl__short_chunk(s, left)), size);
}

/* ---- what may be part of a name: letters, digits and '_' ---- */

#define EACH(byte) (0x0101010101010101u * (byte))

/* For eight bytes: the top bit of each that may. */
static inline uint64_t cdecl__word_bits(uint64_t bytes)
{
    uint64_t low = bytes & EACH(0x7f), lower = low | EACH(0x20);
    uint64_t letter = (lower + EACH(0x80 - 'a')) & ~(lower + EACH(0x7f - 'z'));
    uint64_t digit = (low + EACH(0x80 - '0')) & ~(low + EACH(0x7f - '9'));
    uint64_t underscore = ~((low ^ EACH('_')) + EACH(0x7f));
    return (letter | digit | underscore) & ~bytes & EACH(0x80);
}

#undef EACH

/* For the CHUNK bytes at `s`: a bit for each that may, the first byte's lowest. */
static inline unsigned cdecl__word_bytes_portable(const char *s)
{
    const uint64_t gather = 0x0102040810204080u; /* bits 0, 8, 16 ... to 56, 57, 58 ... */
    uint64_t low = (cdecl__word_bits(cdecl__read8(s)) >> 7) * gather >> 56;
    uint64_t high = (cdecl__word_bits(cdecl__read8(s + 8)) >> 7) * gather >> 56;
    return (unsigned)(low | high << 8);
}

static inline unsigned cdecl__word_bytes(const char *s)
{
#if defined(__SSE2__) /* comparisons are signed: bytes from 0x80 on are below every letter */
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)s);
    __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                   _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
    __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('0' - 1)),
                                  _mm_cmplt_epi8(bytes, _mm_set1_epi8('9' + 1)));
    __m128i underscore = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letter, digit), underscore));
#else
    return cdecl__word_bytes_portable(s);
#endif
}

/* How many of the CHUNK bytes at `s`, from the first on, may be part of a name. */
static inline unsigned cdecl__word_size(const char *s)
{
    unsigned others = ~cdecl__word_bytes(s); /* the bits from CHUNK on are set */
#if defined(__GNUC__)
    return (unsigned)__builtin_ctz(others);
#else
    unsigned size = 0;
    while ((others >> size & 1) == 0)
        size++;
    return size;
#endif
}

#endif
