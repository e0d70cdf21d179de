/* error.c: every message as errors.def has it, and how an error is rendered: file, line, column,
 * the source line or a window of it, the caret. */
#include <stdio.h>

#include "support.h"

/* ---- every message ---- */

enum { D = DECLARATIONS, T = TYPE_NAME, E = EXPRESSION };

static const struct {
    enum entry entry;
    const char *text;
    size_t size;
    const char *message;
} errors[] = {
#define ERROR(how, text, message) {(enum entry)how, text, sizeof text - 1, message},
#include "errors.def"
#undef ERROR
};

START_TEST(message)
{
    struct cdecl_source source = {.text = errors[_i].text, .size = errors[_i].size};
    must_fail_as(errors[_i].entry, &source, errors[_i].message);
}
END_TEST

/* The same without a terminating zero, and cut to this size exactly: nothing beyond is read. */
START_TEST(message_of_a_text_in_place)
{
    char exact[256];
    struct cdecl_source source = {.text = exact, .size = errors[_i].size};
    ck_assert_uint_lt(errors[_i].size, sizeof exact);
    memset(exact, '!', sizeof exact);
    memcpy(exact, errors[_i].text, errors[_i].size);
    must_fail_as(errors[_i].entry, &source, errors[_i].message);
    exact[errors[_i].size] = '\0';
    source.flags = CDECL_TERMINATED;
    must_fail_as(errors[_i].entry, &source, errors[_i].message);
}
END_TEST

/* ---- rendering ---- */

static const char *render(const struct cdecl_source *source)
{
    static char text[1200];
    struct cdecl_error error;
    ck_assert(!cdecl_parse(state, source, &error));
    ck_assert_uint_lt(cdecl_error_text(&error, text, sizeof text), sizeof text);
    return text;
}

static const struct {
    const char *name; /* of the source, NULL for none */
    const char *text;
    const char *rendered;
} rendered[] = {
    {NULL, "int 3;", "1:5: expected a name, got '3'\n    int 3;\n        ^"},
    {"x.h", "int 3;", "x.h:1:5: expected a name, got '3'\n    int 3;\n        ^"},
    {NULL, "int x;\n\n  int 3;\nint y;",
     "3:7: expected a name, got '3'\n      int 3;\n          ^"},
    {"a", "\n# 40 \"dir/b.h\" 2\nint x;\nint 3;",
     "dir/b.h:41:5: expected a name, got '3'\n    int 3;\n        ^"},
    /* A tab stays one, so the caret is under its column whatever the tab's width. */
    {NULL, "\tint\t3;", "1:6: expected a name, got '3'\n    \tint\t3;\n    \t   \t^"},
    /* Columns count bytes, the caret counts characters. */
    {NULL, "int caf\xc3\xa9 3;",
     "1:11: expected ';' after a declaration, got '3'\n    int caf\xc3\xa9 3;\n             ^"},
    {NULL, "/* \xe6\x97\xa5\xe6\x9c\xac */ int 3;",
     "1:18: expected a name, got '3'\n    /* \xe6\x97\xa5\xe6\x9c\xac */ int 3;\n                 "
     "^"},
    {NULL, "int 3;\r\nint y;\r\n", "1:5: expected a name, got '3'\n    int 3;\n        ^"},
    {NULL, "int x", NULL},
    {NULL, "int", NULL},
    {NULL, "int (", "1:6: expected a name, got end of text\n    int (\n         ^"},
    {NULL, "int (\n\n", "3:1: expected a name, got end of text"},
    {NULL, "", NULL},
    /* Inside a macro the error is where the macro is used. */
    {NULL, "#define A 3\nint x, A;", "2:8: expected a name, got '3'\n    int x, A;\n           ^"},
    {NULL, "#define A B\n#define B x 3\nint A;",
     "3:5: expected ';' after a declaration, got '3'\n    int A;\n        ^"},
    /* A line that was continued is one line here, and the lines after it keep their numbers. */
    {NULL, "int \\\n 3;", "1:6: expected a name, got '3'\n    int  3;\n         ^"},
    {NULL, "int \\\n x;\nint 3;", "3:5: expected a name, got '3'\n    int 3;\n        ^"},
    {NULL, "int \\\r\n x;\r\nint 3;", "3:5: expected a name, got '3'\n    int 3;\n        ^"},
    {NULL, "\xef\xbb\xbfint 3;",
     "1:8: expected a name, got '3'\n    \xef\xbb\xbfint 3;\n         ^"},
};

START_TEST(rendering)
{
    struct cdecl_source source = source_of(rendered[_i].text);
    source.name = rendered[_i].name;
    if (rendered[_i].rendered == NULL)
        must_parse_source(&source);
    else
        ck_assert_str_eq(render(&source), rendered[_i].rendered);
}
END_TEST

/* A line of 1000 names, the error at a chosen column: the window holds it, the caret stands under
 * it. */
START_TEST(long_lines_are_cut_around_the_error)
{
    static const uint32_t columns[] = {5, 9, 125, 129, 133, 253, 257, 1001, 3973, 3997};
    char text[4001];
    for (uint32_t i = 0; i < 4000; i += 4)
        memcpy(text + i, i == 0 ? "int " : i % 8 == 0 ? "a0, " : "b_, ", 4);
    memcpy(text + columns[_i] - 1, "@", 1);
    text[4000] = '\0';
    struct cdecl_source source = source_of(text);
    struct cdecl_error error;
    ck_assert(!cdecl_parse(state, &source, &error));
    ck_assert_str_eq(error.message, "unexpected character '@'");
    ck_assert_uint_eq(error.column, columns[_i]);
    ck_assert_uint_le(error.source_column, strlen(error.source));
    ck_assert_int_eq(error.source[error.source_column - 1], '@');
    size_t shift = error.column - error.source_column;
    ck_assert_mem_eq(error.source, text + shift, strlen(error.source));
}
END_TEST

START_TEST(rendering_is_cut_like_snprintf)
{
    char whole[200], part[200];
    struct cdecl_error error;
    struct cdecl_source source = source_of("int 3;");
    ck_assert(!cdecl_parse(state, &source, &error));
    size_t size = cdecl_error_text(&error, whole, sizeof whole);
    ck_assert_uint_eq(size, strlen(whole));
    ck_assert_uint_eq(cdecl_error_text(&error, NULL, 0), size);
    for (size_t room = 1; room <= size + 1; room++) {
        memset(part, 'x', sizeof part);
        ck_assert_uint_eq(cdecl_error_text(&error, part, room), size);
        ck_assert_uint_eq(strlen(part), room - 1);
        ck_assert_mem_eq(part, whole, room - 1);
        ck_assert_int_eq(part[room], 'x');
    }
}
END_TEST

START_TEST(long_names_and_messages_are_cut)
{
    char name[301], text[2000];
    struct cdecl_error error;
    memset(name, 'n', 300);
    name[300] = '\0';
    snprintf(text, sizeof text, "int %s; long %s;", name, name);
    struct cdecl_source source = source_of(text);
    source.name = name;
    ck_assert(!cdecl_parse(state, &source, &error));
    ck_assert_uint_eq(strlen(error.file), sizeof error.file - 1);
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
    ck_assert_mem_eq(error.message, "'nnnn", 5);
}
END_TEST

START_TEST(the_error_may_be_null)
{
    struct cdecl_source source = source_of("int 3;");
    struct cdecl_value value;
    ck_assert(!cdecl_parse(state, &source, NULL));
    ck_assert_ptr_null(cdecl_parse_type(state, &source, NULL));
    ck_assert(!cdecl_eval(state, &source, &value, NULL));
    must_parse("int x;");
}
END_TEST

/* Constructors fail without a text, hence without a position. */
START_TEST(errors_without_a_text)
{
    struct cdecl_error error = {.line = 7};
    ck_assert_ptr_null(cdecl_array_of(state, type_of("char"), UINT64_MAX / 2 + 1, &error));
    ck_assert_str_eq(message_of(&error), "size of array is too large");
    ck_assert_uint_eq(error.line, 0);
    char text[100];
    cdecl_error_text(&error, text, sizeof text);
    ck_assert_str_eq(text, "size of array is too large");
    ck_assert_ptr_null(cdecl_qualified(state, type_of("int"), CDECL_RESTRICT, &error));
    ck_assert_str_eq(message_of(&error), "restrict needs a pointer, not 'int'");
}
END_TEST

/* A macro's value is evaluated when it is asked for; its name is the file then. */
static const struct {
    const char *text, *message;
} macros[] = {
    {"#define M 1 +", "M:1:4: expected an expression, got end of text"},
    {"#define M unknown", "M:1:1: unknown name 'unknown'"},
    {"#define M int", "M:1:1: expected an expression, got 'int'"},
    {"#define M do_it(1)", "M:1:1: unknown name 'do_it'"},
    {"#define M", "M:1:1: expected an expression, got end of text"},
    {"#define M 1 2", "M:1:3: expected the end of the expression, got '2'"},
    {"#define N 1 / 0\n#define M 2 + N", "M:1:5: division by zero in a constant expression"},
    {"#define M M", "M:1:1: unknown name 'M'"},
    {"#define N M\n#define M N", "M:1:1: unknown name 'M'"},
    {"int x;\n#define M x", "M:1:2: the expression is not a constant"},
    {"#define M {1, 2}", "M:1:1: expected an expression, got '{'"},
};

START_TEST(macros_that_are_no_constants)
{
    struct cdecl_error error;
    struct cdecl_value value;
    must_parse(macros[_i].text);
    for (int again = 0; again < 2; again++) {
        struct snapshot before = take_snapshot(state);
        ck_assert(!cdecl_macro_value(state, decl_of("M"), &value, &error));
        ck_assert_str_eq(message_of(&error), macros[_i].message);
        must_be_unchanged(state, &before, macros[_i].text);
    }
}
END_TEST

/* ---- "$" and texts that must declare something ---- */

static const struct cdecl_arg three = {.kind = CDECL_ARG_INT, .integer = 3};

static const struct {
    const char *text;
    size_t nargs;
    const char *message;
} arguments[] = {
    {"int a[$];", 0, "1:7: no argument left for this '$'"},
    {"int a[$], b[$];", 1, "1:13: no argument left for this '$'"},
    {"int a[$];", 2, "1:10: 2 arguments for 1 '$'"},
    {"int x;", 1, "1:7: 1 arguments for 0 '$'"},
    {"int a[$x];", 1, "1:7: '$' must stand alone"},
    {"int a[$3];", 1, "1:7: '$' must stand alone"},
    {"int $;", 1, "1:5: expected a name, got '$'"},
    {"$ x;", 1, "1:1: expected a type, got '$'"},
};

START_TEST(wrong_arguments)
{
    struct cdecl_arg args[2] = {three, three};
    struct cdecl_source source = source_of(arguments[_i].text);
    source.args = args;
    source.nargs = arguments[_i].nargs;
    must_fail_source(&source, arguments[_i].message);
}
END_TEST

START_TEST(a_type_that_does_not_go_on)
{
    struct cdecl_arg arg = {.kind = CDECL_ARG_TYPE, .type = type_of("int *")};
    struct cdecl_source source = source_of("unsigned $ x;");
    source.args = &arg;
    source.nargs = 1;
    must_fail_source(&source, "1:10: '$' does not go with the type before it");
}
END_TEST

START_TEST(unbound_texts_declare_something)
{
    struct cdecl_error error;
    struct cdecl_source source = source_of("struct s { int x; };");
    struct snapshot before = take_snapshot(state);
    ck_assert_ptr_null(cdecl_parse_unbound(state, &source, &error));
    ck_assert_str_eq(message_of(&error), "1:21: the text declares nothing");
    must_be_unchanged(state, &before, source.text);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_error(void)
{
    Suite *suite = suite_create("error");
    TCase *tcase = add_case(suite, "error");
    tcase_add_loop_test(tcase, message, 0, LENGTH(errors));
    tcase_add_loop_test(tcase, message_of_a_text_in_place, 0, LENGTH(errors));
    tcase_add_loop_test(tcase, rendering, 0, LENGTH(rendered));
    tcase_add_loop_test(tcase, long_lines_are_cut_around_the_error, 0, 10);
    tcase_add_test(tcase, rendering_is_cut_like_snprintf);
    tcase_add_test(tcase, long_names_and_messages_are_cut);
    tcase_add_test(tcase, the_error_may_be_null);
    tcase_add_test(tcase, errors_without_a_text);
    tcase_add_loop_test(tcase, macros_that_are_no_constants, 0, LENGTH(macros));
    tcase_add_loop_test(tcase, wrong_arguments, 0, LENGTH(arguments));
    tcase_add_test(tcase, a_type_that_does_not_go_on);
    tcase_add_test(tcase, unbound_texts_declare_something);
    return suite;
}
