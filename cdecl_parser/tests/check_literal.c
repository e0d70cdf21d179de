/* literal.c: numbers, characters and strings, as the compiler that builds the suite reads them
 * (literals.h), and what that compiler does not know. */
#include <locale.h>

#include "literals.h"
#include "support.h"

START_TEST(integer)
{
    struct cdecl_value value = value_of(integers[_i].text);
    ck_assert_int_eq(value.kind, CDECL_VALUE_INT);
    ck_assert_msg(value.u == integers[_i].value, "%s is %" PRIx64, integers[_i].text, value.u);
    ck_assert_msg(strcmp(print_type(value.type), integers[_i].type) == 0, "%s is %s, not %s",
                  integers[_i].text, print_type(value.type), integers[_i].type);
}
END_TEST

START_TEST(floating)
{
    struct cdecl_value value = value_of(floats[_i].text);
    ck_assert_int_eq(value.kind, CDECL_VALUE_FLOAT);
    ck_assert_msg(value.f == (cdecl_real)floats[_i].value, "%s is %.21Lg", floats[_i].text,
                  (long double)value.f);
    ck_assert_str_eq(print_type(value.type), floats[_i].type);
}
END_TEST

START_TEST(string)
{
    const struct bytes *wanted = &strings[_i];
    struct cdecl_value value = value_of(wanted->text);
    ck_assert_int_eq(value.kind, CDECL_VALUE_STRING);
    ck_assert_str_eq(print_type(value.type->target), wanted->type);
    size_t unit = (size_t)cdecl_sizeof(value.type->target);
    ck_assert_uint_eq(value.size + unit, wanted->size);
    ck_assert_uint_eq(cdecl_sizeof(value.type), wanted->size);
    ck_assert_msg(memcmp(value.s, wanted->bytes, wanted->size) == 0, "%s differs", wanted->text);
}
END_TEST

/* C23's, and the suffixes of types that the compiler may lack. */
static const struct {
    const char *text;
    long double value;
    const char *type;
} newer[] = {
    {"1'000'000", 1000000, "int"},
    {"0x12'34", 0x1234, "int"},
    {"0b1111'0000", 240, "int"},
    {"01'7", 15, "int"},
    {"4'294'967'296u", 4294967296, UINT64_NAME},
    {"18446744073709551615", 18446744073709551615u, "unsigned long long"}, /* as gcc does */
    {"1'0.2'5", 10.25L, "double"},
    {"1'5e1'0", 15e10L, "double"},
    {"1.5f16", 1.5L, "_Float16"},
    {"1.5f32", 1.5L, "float"},
    {"1.5F64", 1.5L, "double"},
    {"1.5f32x", 1.5L, "double"},
    {"1.5f64x", 1.5L, "long double"},
    {"1.5f128", 1.5L, "_Float128"},
    {"1.5Q", 1.5L, "_Float128"},
    {"0.0f128", 0, "_Float128"},
    {"0x0p5f128", 0, "_Float128"},
    {"1.5w", 1.5L, "long double"},
    {"2e1W", 20, "long double"},
    {"u8'a'", 97, "unsigned char"},
};

START_TEST(newer_number)
{
    struct cdecl_value value = value_of(newer[_i].text);
    long double number =
        value.kind == CDECL_VALUE_INT ? (long double)value.u : (long double)value.f;
    ck_assert_msg(same_float(number, newer[_i].value), "%s is %Lg", newer[_i].text, number);
    ck_assert_str_eq(print_type(value.type), newer[_i].type);
}
END_TEST

/* The decimal point of C texts is the same in every locale. */
START_TEST(the_locale_does_not_matter)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8", "C"};
    setlocale(LC_ALL, locales[_i]); /* NULL where it is not installed: then it is "C" */
    struct cdecl_value value = value_of("1.5 + .25e1");
    setlocale(LC_ALL, "C");
    ck_assert(value.f == 4.0);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_literal(void)
{
    Suite *suite = suite_create("literal");
    TCase *tcase = add_case(suite, "literal");
    tcase_add_loop_test(tcase, integer, 0, LENGTH(integers));
    tcase_add_loop_test(tcase, floating, 0, LENGTH(floats));
    tcase_add_loop_test(tcase, string, 0, LENGTH(strings));
    tcase_add_loop_test(tcase, newer_number, 0, LENGTH(newer));
    tcase_add_loop_test(tcase, the_locale_does_not_matter, 0, 4);
    return suite;
}
