/* layout.c: sizes, alignments, offsets and bit positions. What is expected comes from the compiler
 * that builds this file: each declaration of layouts.def stands once and is read by both, the
 * compiler as code and the parser as text. The compiler's bits are found by storing ones. */
#include <stddef.h>
#include "support.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wbitfield-constant-conversion"
#pragma clang diagnostic ignored "-Wsingle-bit-bitfield-constant-conversion"
#endif
#pragma GCC diagnostic ignored "-Wattributes"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpacked-not-aligned"
#endif
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Woverflow"
#pragma GCC diagnostic ignored "-Wsign-conversion"

/* ---- the declarations, read twice ---- */

#define AS_CODE(...) __VA_ARGS__
/* clang-format off */
#define PRELUDE(READ) READ( \
    typedef int vec4 __attribute__((vector_size(16))); \
    typedef float vec2 __attribute__((vector_size(8))); \
    typedef int under1 __attribute__((aligned(1))); \
    typedef long under2 __attribute__((aligned(2))); \
    typedef short over16 __attribute__((aligned(16))); \
    struct empty {}; \
    struct small { char a; short b; }; \
    struct packed_small { char a; int b; } __attribute__((packed)); \
    struct wide_small { char a; } __attribute__((aligned(8))); \
    struct large { char a[20]; }; \
    struct flexible { int n; double d[]; }; \
    union either { int a; double b; char c[5]; }; \
    enum plain { PLAIN_A, PLAIN_B = 5 }; \
    enum negative { NEGATIVE_A = -3, NEGATIVE_B }; \
    enum wide { WIDE_A = 0x100000000 }; \
    enum __attribute__((packed)) tiny { TINY_A, TINY_B = 200 };)
/* clang-format on */

PRELUDE(AS_CODE)
static const char prelude[] = PRELUDE(TEXT);

#define LAYOUT(name, keyword, body, attributes, members) keyword name body attributes;
#define PACKED(n, name, keyword, body, attributes, members)    \
    _Pragma(TEXT(pack(push, n))) keyword name body attributes; \
    _Pragma("pack(pop)")
#include "layouts.def"
#undef LAYOUT
#undef PACKED

/* ---- comparing ---- */

/* Where the compiler has a member, in bits of memory order. */
struct place_in {
    const char *member;
    size_t first, bits;
    bool bitfield;
};

/* Within a byte, in the order in which bit-fields fill it. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define PLACE(i) (7 - (i) % 8)
#else
#define PLACE(i) ((i) % 8)
#endif

/* `object` is zero but for the ones of a member. */
static struct place_in find_ones(const char *member, const void *object, size_t size)
{
    const unsigned char *bytes = object;
    struct place_in place = {member, 0, 0, true};
    for (size_t i = 0; i < size * 8; i++)
        if (bytes[i / 8] >> PLACE(i) & 1 && place.bits++ == 0)
            place.first = i;
    return place;
}

static void must_be_placed(const struct cdecl_type *type, struct place_in place)
{
    uint64_t offset = 0;
    const struct cdecl_member *m =
        cdecl_find_member(type, place.member, strlen(place.member), &offset);
    ck_assert_msg(m != NULL, "%s has no member %s", print_type(type), place.member);
    ck_assert_int_eq(m->width != CDECL_NOT_BITFIELD, place.bitfield);
    uint64_t first = offset * 8 + (place.bitfield ? m->bit : 0);
    uint64_t bits = place.bitfield ? m->width : cdecl_sizeof(m->type) * 8;
    ck_assert_msg(first == place.first && bits == place.bits,
                  "%s: %d bits of '%s' at %d, the compiler has %d at %d", print_type(type),
                  (int)bits, place.member, (int)first, (int)place.bits, (int)place.first);
}

static void must_measure(const struct cdecl_type *type, size_t size, size_t align)
{
    ck_assert_msg(cdecl_sizeof(type) == size && cdecl_alignof(type) == align,
                  "%s: size %d, alignment %d, the compiler has %d and %d", print_type(type),
                  (int)cdecl_sizeof(type), (int)cdecl_alignof(type), (int)size, (int)align);
}

/* The bits of a field come in the order of memory. */
#define B(m)                                                   \
    {                                                          \
        static union {                                         \
            probed object;                                     \
            unsigned char bytes[sizeof(probed)];               \
        } one;                                                 \
        one.object.m = -1;                                     \
        must_be_placed(type, find_ones(#m, &one, sizeof one)); \
    }
#define M(m)                                                            \
    must_be_placed(type, (struct place_in){#m, offsetof(probed, m) * 8, \
                                           sizeof(((probed *)0)->m) * 8, false});
#define OPEN(m) must_be_placed(type, (struct place_in){#m, offsetof(probed, m) * 8, 0, false});

/* __alignof__, because gcc caps what _Alignof says of a struct. */
#define COMPARE(name, keyword, text, members)                        \
    START_TEST(layout_##name)                                        \
    {                                                                \
        typedef keyword name probed;                                 \
        must_parse(prelude);                                         \
        must_parse(text);                                            \
        const struct cdecl_type *type = type_of(TEXT(keyword name)); \
        must_measure(type, sizeof(probed), __alignof__(probed));     \
        members                                                      \
    }                                                                \
    END_TEST
#define LAYOUT(name, keyword, body, attributes, members) \
    COMPARE(name, keyword, TEXT(keyword name body attributes;), members)
#define PACKED(n, name, keyword, body, attributes, members)                    \
    COMPARE(name, keyword,                                                     \
            "#pragma pack(push, " #n                                           \
            ")\n" TEXT(keyword name body attributes;) "\n#pragma pack(pop)\n", \
            members)
#include "layouts.def"
#undef LAYOUT
#undef PACKED

/* ---- what has no compiler to ask ---- */

START_TEST(variable_length)
{
    const struct cdecl_type *type = type_of("struct { char c; int a[?]; }");
    ck_assert(type->tag->flexible && type->tag->vla);
    must_measure(type, 4, 4);
    must_parse("struct outer { long n; struct { char c; int a[?]; } s; };");
    type = type_of("struct outer");
    ck_assert(type->tag->flexible && type->tag->vla);
    must_measure(type, 2 * sizeof(long), _Alignof(long));
}
END_TEST

START_TEST(flexible_is_marked)
{
    ck_assert(type_of("struct { int n; char c[]; }")->tag->flexible);
    ck_assert(!type_of("struct { int n; char c[]; }")->tag->vla);
    ck_assert(!type_of("struct { int n; char c[1]; }")->tag->flexible);
    ck_assert(!type_of("union { int n; char c[3]; }")->tag->flexible);
    must_parse("struct f { int n; char c[]; };");
    ck_assert(type_of("struct { int n; struct f f; }")->tag->flexible);
    ck_assert(!type_of("struct { int n; struct f *f; }")->tag->flexible);
}
END_TEST

/* ":0" and unnamed bit-fields are members without a name, which padding is read from. */
START_TEST(unnamed_members)
{
    const struct cdecl_tag *tag = type_of("struct { int a : 3; int : 0; int : 7; int b; }")->tag;
    ck_assert_uint_eq(tag->nmembers, 4);
    ck_assert_ptr_null(tag->members[1].name);
    ck_assert_uint_eq(tag->members[1].width, 0);
    ck_assert_ptr_null(tag->members[2].name);
    ck_assert_uint_eq(tag->members[2].width, 7);
    ck_assert_uint_eq(tag->members[2].offset, sizeof(int));
}
END_TEST

START_TEST(sizes_beyond_all_bounds)
{
#if LONG64
    must_fail("struct s { char a[0x7fffffffffffffff]; char b[0x7fffffffffffffff]; };",
              "1:8: size of 'struct s' is too large");
    must_fail("struct s { char a[0x2000000000000000]; };", "1:8: size of 'struct s' is too large");
    must_fail("union u { char a[0x7fffffffffffffff]; int b; };",
              "1:7: size of 'union u' is too large");
    must_parse("union u { char a[0x7fffffffffffff00]; int b; };");
    ck_assert_uint_eq(cdecl_sizeof(type_of("union u")), 0x7fffffffffffff00);
#else
    must_fail("struct s { char a[0x7fffffff]; char b[0x7fffffff]; };",
              "1:8: size of 'struct s' is too large");
    must_fail("union u { char a[0x7fffffff]; int b; };", "1:7: size of 'union u' is too large");
    must_parse("union u { char a[0x7fffff00]; int b; };");
    ck_assert_uint_eq(cdecl_sizeof(type_of("union u")), 0x7fffff00);
#endif
}
END_TEST

Suite *check_layout(void)
{
    Suite *suite = suite_create("layout");
    TCase *tcase = add_case(suite, "layout");
#define LAYOUT(name, keyword, body, attributes, members) tcase_add_test(tcase, layout_##name);
#define PACKED(n, name, keyword, body, attributes, members) tcase_add_test(tcase, layout_##name);
#include "layouts.def"
#undef LAYOUT
#undef PACKED
    tcase_add_test(tcase, variable_length);
    tcase_add_test(tcase, flexible_is_marked);
    tcase_add_test(tcase, unnamed_members);
    tcase_add_test(tcase, sizes_beyond_all_bounds);
    return suite;
}
