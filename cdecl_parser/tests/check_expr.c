/* expr.c and expr_*.c: what expressions are worth and of which type, as
 * the compiler that builds the suite says in expressions.h, and what no compiler is asked for. */
#include <stdio.h>

#include "expressions.h"
#include "support.h"

/* ---- integers ---- */

START_TEST(integer)
{
    const struct integer *wanted = &integers[_i];
    must_parse(pair_text);
    must_parse(declarations);
    struct cdecl_value value = value_of(wanted->text);
    ck_assert_msg(value.kind == CDECL_VALUE_INT, "%s is no integer", wanted->text);
    ck_assert_msg(value.u == wanted->value, "%s: %lld, not %lld", wanted->text,
                  (long long)wanted->value, (long long)value.u);
    const struct cdecl_type *type = value.type->unqual;
    if (type->kind == CDECL_ENUM)
        type = type->tag->underlying;
    ck_assert_msg(strcmp(print_type(type), wanted->type) == 0, "%s: %s, not %s", wanted->text,
                  wanted->type, print_type(type));
}
END_TEST

/* ---- floats ---- */

START_TEST(floating)
{
    must_parse(pair_text);
    must_parse(declarations);
    struct cdecl_value value = value_of(floats[_i].text);
    ck_assert_msg(value.kind == CDECL_VALUE_FLOAT, "%s is no float", floats[_i].text);
    ck_assert_msg(same_float((long double)value.f, floats[_i].value), "%s: %.21Lg, not %.21Lg",
                  floats[_i].text, floats[_i].value, (long double)value.f);
    ck_assert_str_eq(print_type(value.type->unqual), floats[_i].type);
}
END_TEST

START_TEST(not_a_number)
{
    static const char *const texts[] = {"__builtin_nan(\"\")", "0.0 / 0.0", "__builtin_nanf(\"1\")",
                                        "__builtin_inf() - __builtin_inf()",
                                        "-__builtin_nanl(\"\")"};
    struct cdecl_value value = value_of(texts[_i]);
    ck_assert_int_eq(value.kind, CDECL_VALUE_FLOAT);
    ck_assert(value.f != value.f);
}
END_TEST

/* ---- the types of what has no value here ---- */

static const struct {
    const char *text, *type;
} typed[] = {
    {"var", "int"},
    {"array", "char[12]"},
    {"&array", "char (*)[12]"},
    {"*array", "char"},
    {"array + 1", "char *"},
    {"1 + array", "char *"},
    {"array - 1", "char *"},
    {"&array[2] - array", PTRDIFF_NAME},
    {"func", "float (int)"},
    {"&func", "float (*)(int)"},
    {"*func", "float (int)"},
    {"func(1)", "float"},
    {"(&func)(1)", "float"},
    {"pointer", "struct pair *"},
    {"*pointer", "struct pair"},
    {"pointer->first", "char"},
    {"pointer->second", "long[3]"},
    {"pointer[1].deep.inner", "short"},
    {"object.i", "int"},
    {"&object.d", "double *"},
    {"(const struct pair){1}", "const struct pair"},
    {"((const struct pair *)0)->first", "const char"},
    {"(volatile int *)&var", "volatile int *"},
    {"var + 1.5f", "float"},
    {"var ? 1 : 2u", "unsigned int"},
    {"var ? pointer : (void *)0", "struct pair *"},
    {"var ? 0 : pointer", "struct pair *"},
    {"var < 1.5", "int"},
    {"!var", "int"},
    {"-array[0]", "int"},
    {"~array[0]", "int"},
    {"var << 1ll", "int"},
    {"var++", "int"},
    {"--pointer", "struct pair *"},
    {"var = 3", "int"},
    {"(1, array)", "char *"},
    {"(int[]){1, 2}", "int[]"},
    {"(long double)var", "long double"},
    {"(void)var", "void"},
    {"sizeof var", SIZE_NAME},
    {"\"text\"", "char[5]"},
    {"L\"text\"", WCHAR_NAME "[5]"},
    {"\"text\"[1]", "char"},
    {"*\"text\"", "char"},
    {"&\"text\"", "char (*)[5]"},
    {"seven", "const int"},
    {"half", "const double"},
    {"true", "bool"},
    {"nullptr", "void *"},
    {"1.0 + (_Complex double)1", "double _Complex"},
    {"(_Complex double)1 * 2", "double _Complex"},
    {"var && array", "int"},
    {"1 ? func : 0", "float (*)(int)"},
    {"_Generic(var, int: array, default: 1)", "char[12]"},
    {"_Generic(\"x\", char *: 1.0f, default: 1)", "float"},
    {"(_Float16)1 + 1", "_Float16"},
    {"(_Float128)1 + 1.0l", "_Float128"},
    {"(__int128)1 + 1ull", "__int128"},
    {"(_BitInt(40))1", "_BitInt(40)"},
};

START_TEST(type_of_an_expression)
{
    char text[200];
    must_parse(pair_text);
    must_parse(declarations);
    snprintf(text, sizeof text, "typeof(%s)", typed[_i].text);
    ck_assert_str_eq(print_type(type_of(text)), typed[_i].type);
}
END_TEST

/* ---- strings ---- */

static const struct {
    const char *text, *type, *value;
} strings[] = {
    {"\"abc\"", "char[4]", "abc"},
    {"\"\"", "char[1]", ""},
    {"\"a\" \"b\" \"c\"", "char[4]", "abc"},
    {"(\"abc\")", "char[4]", "abc"},
    {"1 ? \"yes\" : \"no\"", "char[4]", "yes"},
    {"0 ? \"yes\" : \"no\"", "char[3]", "no"},
    {"_Generic(1, int: \"int\", default: \"other\")", "char[4]", "int"},
    {"__builtin_choose_expr(0, 1, \"chosen\")", "char[7]", "chosen"},
    {"(const char *)\"cast\"", "const char *", "cast"},
};

START_TEST(string)
{
    struct cdecl_value value = value_of(strings[_i].text);
    ck_assert_int_eq(value.kind, CDECL_VALUE_STRING);
    ck_assert_uint_eq(value.size, strlen(strings[_i].value));
    ck_assert_str_eq(value.s, strings[_i].value);
    ck_assert_str_eq(print_type(value.type), strings[_i].type);
}
END_TEST

/* ---- not constants ---- */

static const char *const unknown[] = {"var",      "var + 1",          "func(1)",  "array[1]",
                                      "*pointer", "(int)var",         "(2, var)", "var ? 1 : 2",
                                      "&var",     "1 && var",         "(int){3}", "object.first",
                                      "var++",    "(float _Complex)1"};

START_TEST(not_a_constant)
{
    struct cdecl_error error;
    struct cdecl_value value;
    struct cdecl_source source = source_of(unknown[_i]);
    must_parse(pair_text);
    must_parse(declarations);
    ck_assert(!cdecl_eval(state, &source, &value, &error));
    ck_assert_str_eq(error.message, "the expression is not a constant");
}
END_TEST

/* ---- where expressions stand ---- */

static const struct {
    const char *text, *name, *printed;
} places[] = {
    {"int a[2 + 3];", "a", "extern int a[5]"},
    {"enum { A = 1 << 4, B = A + 1, C = B * 2 }; int a[C];", "a", "extern int a[34]"},
    {"static const int n = 3; int a[n * 2];", "a", "extern int a[6]"},
    {"constexpr int n = 3; int a[n];", "a", "extern int a[3]"},
    {"#define N (2 * M)\n#define M 3\nint a[N];", "a", "extern int a[6]"},
    {"struct s { enum { X = 4 }; char m[X]; }; int a[sizeof(struct s)];", "a", "extern int a[4]"},
    {"struct s { static const int n = 2; int m[n]; }; int a[sizeof(struct s)];", "a",
     "extern int a[8]"},
    {"void a(int n, int m[n][3]);", "a", "void a(int n, int (*m)[3])"},
    {"typeof(1 ? 2l : 3) a;", "a", "extern long a"},
    {"_Alignas(8 + 8) int a;", "a", "extern int a"},
    {"int x; typeof(x) *a;", "a", "extern int *a"},
    {"typeof_unqual(*(const volatile int *)0) a;", "a", "extern int a"},
    {"static const double a = 1 / 4.0;", "a", "static const double a = 0.25"},
    {"static const char a = 300;", "a", "static const char a = 44"},
    {"static const float a = 3;", "a", "static const float a = 3.0"},
    {"static const unsigned a = -1;", "a", "static const unsigned int a = 4294967295"},
    {"static const char *const a = \"x\";", "a", "static const char *const a = \"x\""},
    {"static const _Bool a = 7;", "a", "static const bool a = 1"},
};

START_TEST(expressions_in_declarations)
{
    must_parse(places[_i].text);
    ck_assert_str_eq(print_name(places[_i].name), places[_i].printed);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_expr(void)
{
    Suite *suite = suite_create("expr");
    TCase *tcase = add_case(suite, "expr");
    tcase_add_loop_test(tcase, integer, 0, LENGTH(integers));
    tcase_add_loop_test(tcase, floating, 0, LENGTH(floats));
    tcase_add_loop_test(tcase, not_a_number, 0, 5);
    tcase_add_loop_test(tcase, type_of_an_expression, 0, LENGTH(typed));
    tcase_add_loop_test(tcase, string, 0, LENGTH(strings));
    tcase_add_loop_test(tcase, not_a_constant, 0, LENGTH(unknown));
    tcase_add_loop_test(tcase, expressions_in_declarations, 0, LENGTH(places));
    return suite;
}
