/* declarator.c: derivations are applied in the order of C, parameters are adjusted, names and
 * attributes end where they belong. */
#include <stdio.h>
#include "support.h"

static const struct cdecl_type *type_of_name(const char *name)
{
    return decl_of(name)->type;
}

/* ---- the order of derivations, link by link ---- */

START_TEST(inside_out)
{
    must_parse("char *(*(*x[3])(int))[5];"); /* array of pointer to function returning pointer to
                                                array of pointer to char */
    static const enum cdecl_kind chain[] = {CDECL_ARRAY,   CDECL_POINTER, CDECL_FUNCTION,
                                            CDECL_POINTER, CDECL_ARRAY,   CDECL_POINTER,
                                            CDECL_INT};
    const struct cdecl_type *type = type_of_name("x");
    for (size_t i = 0; i < sizeof chain / sizeof *chain; i++, type = type->target)
        ck_assert_uint_eq(type->kind, chain[i]);
    ck_assert_ptr_null(type);
    ck_assert_uint_eq(type_of_name("x")->count, 3);
    ck_assert_uint_eq(type_of_name("x")->target->target->target->target->count, 5);
}
END_TEST

START_TEST(rows_and_columns)
{
    must_parse("int a[2][3][4], *b[2][3], (*c)[2][3], (*d[2])[3];");
    ck_assert_uint_eq(type_of_name("a")->count, 2);
    ck_assert_uint_eq(type_of_name("a")->target->count, 3);
    ck_assert_uint_eq(type_of_name("a")->target->target->count, 4);
    ck_assert_uint_eq(cdecl_sizeof(type_of_name("a")), 24 * sizeof(int));
    ck_assert_uint_eq(cdecl_sizeof(type_of_name("b")), 6 * sizeof(int *));
    ck_assert_uint_eq(cdecl_sizeof(type_of_name("c")), sizeof(int(*)[2][3]));
    ck_assert_uint_eq(cdecl_sizeof(type_of_name("c")->target), 6 * sizeof(int));
    ck_assert_uint_eq(cdecl_sizeof(type_of_name("d")), 2 * sizeof(int(*)[3]));
}
END_TEST

START_TEST(qualifiers_belong_to_their_star)
{
    must_parse("const int *const volatile *restrict x;");
    const struct cdecl_type *type = type_of_name("x");
    ck_assert_uint_eq(type->quals, CDECL_RESTRICT);
    ck_assert_uint_eq(type->target->quals, CDECL_CONST | CDECL_VOLATILE);
    ck_assert_uint_eq(type->target->target->quals, CDECL_CONST);
}
END_TEST

START_TEST(specifiers_are_shared_declarators_are_not)
{
    must_parse("const char a, *b, c[2], *(*d)(void);");
    ck_assert_ptr_eq(type_of_name("a"), type_of("const char"));
    ck_assert_ptr_eq(type_of_name("b"), type_of("const char *"));
    ck_assert_ptr_eq(type_of_name("c"), type_of("const char[2]"));
    ck_assert_ptr_eq(type_of_name("d"), type_of("const char *(*)(void)"));
}
END_TEST

/* ---- parameters ---- */

static const char *const adjusted[][2] = {
    {"int (int[3])", "int (int *)"},
    {"int (int[])", "int (int *)"},
    {"int (int[?])", "int (int *)"},
    {"int (int[2][3])", "int (int (*)[3])"},
    {"int (const int[3])", "int (const int *)"},
    {"int (int a[const 3])", "int (int *)"},
    {"int (int a[static 1])", "int (int *)"},
    {"int (int a[restrict static 1])", "int (int *)"},
    {"int (int a[volatile])", "int (int *)"},
    {"int (int a[*])", "int (int *)"},
    {"int (int a[*][3])", "int (int (*)[3])"},
    {"int (int n, int a[n + 1])", "int (int, int *)"},
    {"int (int a[.n * (n + m[1])], int n)", "int (int *, int)"},
    {"int (void a[restrict *.n], int *n)", "int (void *restrict, int *)"},
    {"int (long a[(.n + 63) / 64], long n)", "int (long *, long)"},
    {"int (int n, int a[][n])", "int (int, int (*)[?])"},
    {"int (int f(char))", "int (int (*)(char))"},
    {"int (int (char))", "int (int (*)(char))"},
    {"int (int (*)(char))", "int (int (*)(char))"},
    {"int (const int)", "int (int)"},
    {"int (int *const)", "int (int *)"},
    {"int (volatile double d)", "int (double)"},
    {"int (register int i)", "int (int)"},
    {"int (int (a))", "int (int)"},
    {"int (int ((*a)))", "int (int *)"},
    {"int (int (*(a))[2])", "int (int (*)[2])"},
};

START_TEST(parameters_are_adjusted)
{
    ck_assert_msg(type_of(adjusted[_i][0]) == type_of(adjusted[_i][1]), "%s is %s", adjusted[_i][0],
                  print_type(type_of(adjusted[_i][0])));
}
END_TEST

START_TEST(prototypes)
{
    const struct cdecl_type *f = type_of("int (void)");
    ck_assert(!f->no_proto && !f->variadic && f->nparams == 0);
    f = type_of("int ()");
    ck_assert(f->no_proto && !f->variadic && f->nparams == 0);
    f = type_of("int (...)");
    ck_assert(!f->no_proto && f->variadic && f->nparams == 0);
    f = type_of("int (char, long, ...)");
    ck_assert(!f->no_proto && f->variadic && f->nparams == 2);
    ck_assert_ptr_eq(f->params[0], type_of("char"));
    ck_assert_ptr_eq(f->params[1], type_of("long"));
    must_parse("typedef void nothing; int g(nothing);");
    ck_assert_ptr_eq(decl_of("g")->type, type_of("int (void)"));
}
END_TEST

START_TEST(names_and_attributes_of_parameters)
{
    must_parse("int f(int a, char *, void (*cb)(int inner) __attribute__((noescape)),"
               " [[cffi::out]] int *d);");
    const struct cdecl_param *params = decl_of("f")->params;
    ck_assert_str_eq(params[0].name, "a");
    ck_assert_ptr_null(params[1].name);
    ck_assert_str_eq(params[2].name, "cb");
    ck_assert_ptr_null(cdecl_param_attrs(&params[0]));
    ck_assert_ptr_nonnull(attr_of(cdecl_param_attrs(&params[2]), CDECL_ATTR_NOESCAPE));
    ck_assert_int_eq(cdecl_annotation_of(decl_of("f")->type)->param[3].passing, CDECL_PASS_OUT);
    must_parse("int g(int, char); int h(void);");
    ck_assert_ptr_null(decl_of("g")->params);
    ck_assert_ptr_null(decl_of("h")->params);
}
END_TEST

/* The parameters recorded are those of the function declared or pointed to, not of its result. */
START_TEST(the_declared_functions_own_parameters)
{
    must_parse("int (*f(int a, char b))(long c); typedef int fn(int code, void *user);"
               "int (*variable)(int unused);");
    ck_assert_str_eq(decl_of("f")->params[0].name, "a");
    ck_assert_str_eq(decl_of("f")->params[1].name, "b");
    ck_assert_str_eq(decl_of("fn")->params[1].name, "user");
    ck_assert_str_eq(decl_of("variable")->params[0].name, "unused");
    must_parse("void g(int (*compare)(const void *a, const void *b), int (^block)(int c));");
    ck_assert_str_eq(decl_of("g")->params[0].more->params[1].name, "b");
    ck_assert_ptr_null(decl_of("g")->params[1].more);
}
END_TEST

START_TEST(earlier_parameters_are_seen_in_lengths)
{
    must_parse("int n; enum { k = 2 };"
               "void f(char n, int a[sizeof n], int (*b)[sizeof(n) + k]);"
               "void g(int (*b)[sizeof(n)]);");
    ck_assert_ptr_eq(decl_of("f")->type, type_of("void (char, int *, int (*)[3])"));
    ck_assert_ptr_eq(decl_of("g")->type, type_of("void (int (*)[4])"));
    must_fail("void h(int (*b)[m], int m);", "1:17: unknown name 'm'");
}
END_TEST

/* "(" begins parameters or a nested declarator: a type name decides, where no name must come. */
START_TEST(ambiguous_parentheses)
{
    must_parse("typedef int t; void f(int (t)); void g(int (u)); void h(int (*t)); void i(t (t));"
               "void j(int (*)(t)); void k(int (const t)); void l(int ((t)));");
    ck_assert_str_eq(print_name("f"), "void f(int (*)(int))");
    ck_assert_str_eq(print_name("g"), "void g(int u)");
    ck_assert_str_eq(print_name("h"), "void h(int *t)");
    ck_assert_str_eq(print_name("i"), "void i(int (*)(int))");
    ck_assert_str_eq(print_name("j"), "void j(int (*)(int))");
    ck_assert_str_eq(print_name("k"), "void k(int (*)(int))");
    must_parse("int (t2), *(u2), (*(v2)), (w2)(void), (*(x2)(void));");
    ck_assert_str_eq(print_name("v2"), "extern int *v2");
    ck_assert_str_eq(print_name("w2"), "int w2(void)");
    ck_assert_str_eq(print_name("x2"), "int *x2(void)");
}
END_TEST

/* ---- abstract declarators ---- */

static const char *const abstract[][2] = {
    {"int", "int"},
    {"int *", "int *"},
    {"int *[3]", "int *[3]"},
    {"int (*)[3]", "int (*)[3]"},
    {"int *()", "int *()"},
    {"int (*)(void)", "int (*)(void)"},
    {"int (*const[])(unsigned, ...)", "int (*const[])(unsigned int, ...)"},
    {"int (*(*)(void))[2]", "int (*(*)(void))[2]"},
    {"int ()", "int ()"},
    {"int (int)", "int (int)"},
    {"int ((int))", "int (int)"},
    {"int (*(int))(char)", "int (*(int))(char)"},
    {"int (((*)))", "int *"},
    {"int [][2]", "int[][2]"},
    {"int (*)[][2]", "int (*)[][2]"},
    {"int *(*[2])[3]", "int *(*[2])[3]"},
    {"const char *volatile *", "const char *volatile *"},
};

START_TEST(abstract_declarators)
{
    ck_assert_str_eq(print_type(type_of(abstract[_i][0])), abstract[_i][1]);
}
END_TEST

/* ---- bad nesting and great length ---- */

START_TEST(a_long_declarator_list)
{
    static char text[200000];
    size_t used = (size_t)snprintf(text, sizeof text, "int x0");
    for (int i = 1; i < 10000; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, ",%sx%d", i % 3 ? "*" : "", i);
    snprintf(text + used, sizeof text - used, ";");
    must_parse(text);
    ck_assert_ptr_eq(type_of_name("x9999"), type_of("int"));
    ck_assert_ptr_eq(type_of_name("x9998"), type_of("int *"));
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_declarator(void)
{
    Suite *suite = suite_create("declarator");
    TCase *tcase = add_case(suite, "declarator");
    tcase_add_test(tcase, inside_out);
    tcase_add_test(tcase, rows_and_columns);
    tcase_add_test(tcase, qualifiers_belong_to_their_star);
    tcase_add_test(tcase, specifiers_are_shared_declarators_are_not);
    ADD_LOOP(tcase, parameters_are_adjusted, adjusted);
    tcase_add_test(tcase, prototypes);
    tcase_add_test(tcase, names_and_attributes_of_parameters);
    tcase_add_test(tcase, the_declared_functions_own_parameters);
    tcase_add_test(tcase, earlier_parameters_are_seen_in_lengths);
    tcase_add_test(tcase, ambiguous_parentheses);
    ADD_LOOP(tcase, abstract_declarators, abstract);
    tcase_add_test(tcase, a_long_declarator_list);
    return suite;
}
