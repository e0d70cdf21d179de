/* enum.c: values, the types of enumerators and of the enum. What the compiler that builds this test
 * makes of the same enum is the measure. */
#include <stdio.h>
#include "support.h"

/* ---- against the compiler ---- */

/* ENUM(name, attributes, enumerators without initial braces): read by both. */
#define ENUMS(ENUM)                                                                  \
    ENUM(plain, , P0, P1, P2 = 7, P3)                                                \
    ENUM(one, , ONE)                                                                 \
    ENUM(negative, , N0 = -1, N1, N2)                                                \
    ENUM(int_max, , IM0 = 0x7fffffff)                                                \
    ENUM(int_min, , IN0 = -0x7fffffff - 1)                                           \
    ENUM(past_int, , PI0 = 0x7fffffff, PI1 = 0x80000000)                             \
    ENUM(uint_max, , UM0 = 0xffffffff)                                               \
    ENUM(past_uint, , PU0 = 0x100000000)                                             \
    ENUM(signed_wide, , SW0 = -1, SW1 = 0xffffffff)                                  \
    ENUM(long_max, , LM0 = 0x7fffffffffffffff)                                       \
    ENUM(long_min, , LN0 = -0x7fffffffffffffff - 1)                                  \
    ENUM(ulong_max, , UL0 = 0xffffffffffffffff)                                      \
    ENUM(mixed, , M0 = 5, M1 = 3, M2 = M0 + M1, M3 = 'a', M4 = sizeof(int), M5 = ~0) \
    ENUM(packed_byte, __attribute__((packed)), PB0, PB1 = 127)                       \
    ENUM(packed_ubyte, __attribute__((packed)), PUB0 = 255)                          \
    ENUM(packed_sbyte, __attribute__((packed)), PSB0 = -128)                         \
    ENUM(packed_short, __attribute__((packed)), PS0 = 256)                           \
    ENUM(packed_sshort, __attribute__((packed)), PSS0 = -129, PSS1 = 32767)          \
    ENUM(packed_ushort, __attribute__((packed)), PUS0 = 65535)                       \
    ENUM(packed_int, __attribute__((packed)), PKI0 = 65536)                          \
    ENUM(packed_mixed, __attribute__((packed)), PM0 = -1, PM1 = 128)                 \
    ENUM(packed_long, __attribute__((packed)), PL0 = 0x100000000)                    \
    ENUM(aligned, __attribute__((aligned(8))), AL0)

#define AS_CODE(name, attributes, ...) enum attributes name { __VA_ARGS__ };
ENUMS(AS_CODE)

static const struct {
    const char *name, *text;
    size_t size;
    bool is_signed;
} enums[] = {
#define AS_ROW(name, attributes, ...)                                                          \
    {"enum " #name, "enum " #attributes " " #name " { " #__VA_ARGS__ " };", sizeof(enum name), \
     (enum name) - 1 < (enum name)1},
    ENUMS(AS_ROW)
#undef AS_ROW
};

START_TEST(size_and_sign)
{
    must_parse(enums[_i].text);
    const struct cdecl_type *type = type_of(enums[_i].name);
    ck_assert_uint_eq(cdecl_sizeof(type), enums[_i].size);
    ck_assert_int_eq(type->tag->underlying->is_signed, enums[_i].is_signed);
    ck_assert_uint_eq(cdecl_sizeof(type->tag->underlying), enums[_i].size);
}
END_TEST

#define KIND(e)                                     \
    _Generic((e), int                               \
             : CDECL_PRIM_INT, unsigned             \
             : CDECL_PRIM_UINT, long                \
             : CDECL_PRIM_LONG, unsigned long       \
             : CDECL_PRIM_ULONG, long long          \
             : CDECL_PRIM_LLONG, unsigned long long \
             : CDECL_PRIM_ULLONG)

static const struct {
    const char *name;
    enum cdecl_prim prim;
    uint64_t value;
} enumerators[] = {
#define ROW(e)                   \
    {                            \
#e, KIND(e), (uint64_t)e \
    }
    ROW(P0),   ROW(P1),   ROW(P2),  ROW(P3),  ROW(N0),  ROW(N1),  ROW(N2),  ROW(IM0),
    ROW(IN0),  ROW(PI0),  ROW(PI1), ROW(UM0), ROW(PU0), ROW(SW0), ROW(SW1), ROW(LM0),
    ROW(LN0),  ROW(UL0),  ROW(M0),  ROW(M2),  ROW(M3),  ROW(M4),  ROW(M5),  ROW(PB1),
    ROW(PUB0), ROW(PSB0), ROW(PS0), ROW(PM1), ROW(PL0)
#undef ROW
};

START_TEST(types_and_values_of_enumerators)
{
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++)
        must_parse(enums[i].text);
    const struct cdecl_decl *decl = decl_of(enumerators[_i].name);
    ck_assert_uint_eq(decl->kind, CDECL_DECL_CONSTANT);
    ck_assert_uint_eq(cdecl_value_of(decl).kind, CDECL_VALUE_INT);
    ck_assert_uint_eq(cdecl_value_of(decl).u, enumerators[_i].value);
    ck_assert_ptr_eq(decl->type, cdecl_basic(state, enumerators[_i].prim));
    ck_assert_ptr_eq(cdecl_value_of(decl).type, decl->type);
}
END_TEST

/* ---- C23: a fixed underlying type ---- */

static const struct {
    const char *text;
    enum cdecl_prim prim;
    uint64_t last; /* value of Z */
} fixed[] = {
    {"enum e : char { A, Z };", CDECL_PRIM_CHAR, 1},
    {"enum e : unsigned char { A, Z = 255 };", CDECL_PRIM_UCHAR, 255},
    {"enum e : short { Z = -32768 };", CDECL_PRIM_SHORT, (uint64_t)-32768},
    {"enum e : long long unsigned { A = 0x7fffffffffffffff, Z };", CDECL_PRIM_ULLONG,
     (uint64_t)1 << 63},
    {"enum e : uint16_t { A = 65534, Z };", CDECL_PRIM_USHORT, 65535},
    {"enum e : const int { Z };", CDECL_PRIM_INT, 0},
    {"enum e : bool { A, Z };", CDECL_PRIM_BOOL, 1},
    {"enum e : typeof(1u) { A, Z = A + 2 };", CDECL_PRIM_UINT, 2},
    {"enum __attribute__((unused)) e : short { Z = 3 } __attribute__((unused));", CDECL_PRIM_SHORT,
     3},
};

START_TEST(a_fixed_type)
{
    must_parse(fixed[_i].text);
    const struct cdecl_type *type = type_of("enum e");
    ck_assert_ptr_eq(type->tag->underlying, cdecl_basic(state, fixed[_i].prim));
    ck_assert_uint_eq(cdecl_sizeof(type), cdecl_sizeof(type->tag->underlying));
    ck_assert_uint_eq(cdecl_value_of(decl_of("Z")).u, fixed[_i].last);
    ck_assert_ptr_eq(decl_of("Z")->type, type->tag->underlying);
}
END_TEST

START_TEST(a_fixed_type_completes)
{
    must_parse("enum e : short; struct s { enum e a; };");
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct s")), sizeof(short));
    must_parse("enum e : short { A = 4 };");
    ck_assert_uint_eq(type_of("enum e")->tag->nconstants, 1);
    must_parse("enum e : short; enum e : short { A = 4 };");
    must_fail("enum e : int { A = 4 };",
              "1:6: 'enum e' redefined with size 4 and alignment 4, was 2 and 2, first declared in "
              "line 1 of an earlier text");
}
END_TEST

/* A ':' after an enum may also be a bit-field's. */
START_TEST(colons)
{
    must_parse("enum e { A, B }; enum { N = 3 };"
               "struct s { enum e a : 2; enum e : 3; enum f { C } b : N; enum { D } : 4; };");
    const struct cdecl_tag *tag = type_of("struct s")->tag;
    ck_assert_uint_eq(tag->nmembers, 4);
    ck_assert_uint_eq(tag->members[0].width, 2);
    ck_assert_uint_eq(tag->members[1].width, 3);
    ck_assert_uint_eq(tag->members[2].width, 3);
    ck_assert_uint_eq(tag->members[3].width, 4);
}
END_TEST

/* ---- scope, lists, attributes ---- */

START_TEST(enumerators_see_the_earlier_ones)
{
    must_parse("enum { A = 3, B = A * 2, C = B + sizeof(char[A]), D };"
               "enum { E = (enum { F = 9 })0 + F, G };");
    ck_assert_int_eq(int_of("C"), 9);
    ck_assert_int_eq(int_of("D"), 10);
    ck_assert_int_eq(int_of("G"), 10);
    must_fail("enum { X = Y, Y };", "1:12: unknown name 'Y'");
}
END_TEST

START_TEST(the_list_of_constants)
{
    must_parse("enum e { A, B = -2, C };");
    const struct cdecl_tag *tag = type_of("enum e")->tag;
    ck_assert_uint_eq(tag->nconstants, 3);
    ck_assert_str_eq(tag->constants[0]->name, "A");
    ck_assert_str_eq(tag->constants[2]->name, "C");
    ck_assert_ptr_eq(tag->constants[1], decl_of("B"));
    ck_assert_int_eq((int64_t)cdecl_value_of(tag->constants[2]).u, -1);
}
END_TEST

START_TEST(attributes_of_enumerators)
{
    must_parse("enum e { A __attribute__((deprecated(\"use B\"))), B [[deprecated]] = 4,"
               " C __attribute__((unused)) };");
    ck_assert_str_eq(attr_of(decl_of("A")->attrs, CDECL_ATTR_DEPRECATED)->text, "use B");
    ck_assert_ptr_nonnull(attr_of(decl_of("B")->attrs, CDECL_ATTR_DEPRECATED));
    ck_assert_ptr_null(decl_of("C")->attrs);
    ck_assert_int_eq(int_of("C"), 5);
}
END_TEST

START_TEST(the_same_enum_again)
{
    must_parse("enum e { A, B }; enum e { A, B }; enum e { A = 0, B = 1 };");
    ck_assert_uint_eq(type_of("enum e")->tag->nconstants, 2);
    must_parse("enum { X = 5 }; enum { X = 5 };"); /* two types, one constant */
    must_parse("enum e *p; enum g; enum g *q; enum g { C }; ");
    ck_assert_ptr_eq(decl_of("q")->type->target, type_of("enum g"));
    ck_assert(cdecl_is_complete(type_of("enum g")));
}
END_TEST

START_TEST(many_enumerators)
{
    static char text[700000];
    size_t used = (size_t)snprintf(text, sizeof text, "enum e {");
    for (int i = 0; i < 50000; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "E%d,", i);
    snprintf(text + used, sizeof text - used, "};");
    must_parse(text);
    ck_assert_int_eq(int_of("E49999"), 49999);
    ck_assert_uint_eq(type_of("enum e")->tag->nconstants, 50000);
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

/* gcc refuses what clang takes. */
START_TEST(past_the_largest_signed_one)
{
    must_parse("enum e { A = 0x7fffffffffffffff, B };");
    ck_assert_uint_eq(value_of("B").u, (uint64_t)1 << 63);
    ck_assert_str_eq(print_type(type_of("enum e")->tag->underlying), UINT64_NAME);
}
END_TEST

Suite *check_enum(void)
{
    Suite *suite = suite_create("enum");
    TCase *tcase = add_case(suite, "enum");
    ADD_LOOP(tcase, size_and_sign, enums);
    ADD_LOOP(tcase, types_and_values_of_enumerators, enumerators);
    ADD_LOOP(tcase, a_fixed_type, fixed);
    tcase_add_test(tcase, a_fixed_type_completes);
    tcase_add_test(tcase, colons);
    tcase_add_test(tcase, enumerators_see_the_earlier_ones);
    tcase_add_test(tcase, the_list_of_constants);
    tcase_add_test(tcase, attributes_of_enumerators);
    tcase_add_test(tcase, the_same_enum_again);
    tcase_add_test(tcase, many_enumerators);
    tcase_add_test(tcase, past_the_largest_signed_one);
    return suite;
}
