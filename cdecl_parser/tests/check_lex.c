/* lex.c: text to tokens: blanks, comments, continued lines, spellings of keywords and punctuators,
 * words that are keywords only sometimes, what is passed over in bodies, names of any bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- the same declaration, written otherwise ---- */

static const struct {
    const char *text, *printed; /* of x */
} texts[] = {
    {"int x", "extern int x"}, /* the last one may go without ";" */
    {"int x;", "extern int x"},
    {" \t\v\f\r\n int \t\v\f\r\n x \t\v\f\r\n ; \t\v\f\r\n", "extern int x"},
    {"/**/int/**/x/**/;/**/", "extern int x"},
    {"/* /* */int/* // */x/***/;/* * / */", "extern int x"},
    {"int// comment\nx// comment\n;// comment", "extern int x"},
    {"//\nint x;//", "extern int x"},
    {"int x; // \xff\xfe any \x01 bytes", "extern int x"},
    {"/* \xff\xfe any \x01 bytes */ int x;", "extern int x"},
    {"int \\\nx;", "extern int x"},
    {"i\\\nn\\\nt x\\\n;", "extern int x"},
    {"int \\\r\nx;", "extern int x"},
    {"int \\\n\\\n\\\nx;", "extern int x"},
    {"in\\\nt x; /\\\n/ comment \\\n still comment", "extern int x"},
    {"/\\\n* comment *\\\n/ int x;", "extern int x"},
    {"\xef\xbb\xbfint x;", "extern int x"}, /* a byte order mark */
    {"int x<:3:>;", "extern int x[3]"},
    {"struct <% int a; %> x;", "extern struct { int a; } x"},
    {"int x[3]\n;\n", "extern int x[3]"},
    {"int*x;", "extern int *x"},
    {"int**x;", "extern int **x"},
    {"int(*x)(int,...);", "extern int (*x)(int, ...)"},
    {"int x[1<<2];", "extern int x[4]"},
    {"int x[8>>1];", "extern int x[4]"},
    {"int x[1<=2];", "extern int x[1]"},
    {"int x[2>=2];", "extern int x[1]"},
    {"int x[1==1];", "extern int x[1]"},
    {"int x[1!=2];", "extern int x[1]"},
    {"int x[1&&2];", "extern int x[1]"},
    {"int x[0||2];", "extern int x[1]"},
    {"int x[6&3|8^1];", "extern int x[11]"},
    {"int x[- -3];", "extern int x[3]"},
    {"int x[1+ +2];", "extern int x[3]"},
    {"int x[5-+2];", "extern int x[3]"},
    {"int x[~-4];", "extern int x[3]"},
    {"int x[!0+2];", "extern int x[3]"},
    {"int x[7%4];", "extern int x[3]"},
    {"int x[1?3:4];", "extern int x[3]"},
    {"int x[sizeof(char[3])];", "extern int x[3]"},
    {"int x[1 ? 3 :4];", "extern int x[3]"},
    {"int x[.5<1];", "extern int x[1]"},
    {"int x[0x3];", "extern int x[3]"},
    {"int x[3.5e0>3];", "extern int x[1]"},
    {"int x['\\'' - '\"'];", "extern int x[5]"},
    {"int x[sizeof \"\\\"\\\\\"];", "extern int x[3]"},
    {"int x[L'a' == 'a'];", "extern int x[1]"},
    {"typedef int L, u, U, u8; L x;", "extern int x"}, /* no prefixes without a quote */
};

START_TEST(written)
{
    must_parse(texts[_i].text);
    ck_assert_str_eq(print_name("x"), texts[_i].printed);
}
END_TEST

/* The same with the text read in place, with nothing after it but its zero. */
START_TEST(written_in_place)
{
    size_t size = strlen(texts[_i].text);
    char *exact = malloc(size + 1);
    memcpy(exact, texts[_i].text, size + 1);
    struct cdecl_source source = {.text = exact, .size = size, .flags = CDECL_TERMINATED};
    must_parse_source(&source);
    free(exact);
    ck_assert_str_eq(print_name("x"), texts[_i].printed);
}
END_TEST

START_TEST(no_text_at_all)
{
    struct cdecl_source source = {.text = NULL, .size = 0};
    ck_assert(cdecl_parse(state, &source, NULL));
    must_parse("");
    must_parse(" \n");
    must_parse(";;;");
    must_parse("/* nothing */");
    must_parse("\xef\xbb\xbf");
}
END_TEST

/* ---- keywords ---- */

static const struct {
    const char *other, *usual; /* two type names, the same type */
} spellings[] = {
    {"__const int", "const int"},
    {"__const__ int", "const int"},
    {"__volatile int", "volatile int"},
    {"__volatile__ int", "volatile int"},
    {"int *__restrict", "int *restrict"},
    {"int *__restrict__", "int *restrict"},
    {"__signed", "int"},
    {"__signed__ char", "signed char"},
    {"__unsigned__ int", "unsigned"},
    {"__complex float", "_Complex float"},
    {"__complex__ double", "_Complex double"},
    {"complex double", "_Complex double"},
    {"float complex", "_Complex float"},
    {"__int128__", "__int128"},
    {"__float128", "_Float128"},
    {"__typeof(int)", "int"},
    {"__typeof__(int)", "int"},
    {"typeof_unqual(const int)", "int"},
    {"__typeof_unqual__(const int)", "int"},
    {"bool", "_Bool"},
    {"__int8", "char"},
    {"unsigned __int16", "unsigned short"},
    {"__int32", "int"},
    {"unsigned __int64", "unsigned long long"},
    {"_Float32", "float"},
    {"_Float64", "double"},
    {"_Float32x", "double"},
    {"_Float64x", "long double"},
    {"long unsigned int long", "unsigned long long"},
    {"int short signed", "short"},
    {"double long", "long double"},
    {"char unsigned const", "const unsigned char"},
    {"__extension__ int", "int"},
};

START_TEST(spelling)
{
    ck_assert_ptr_eq(type_of(spellings[_i].other), type_of(spellings[_i].usual));
}
END_TEST

static const char *const declarations[] = {
    "__inline int f(void);",
    "__inline__ int f(void);",
    "extern __thread int v;",
    "_Thread_local extern int v;",
    "thread_local int v;",
    "__asm(\"nop\");",
    "__asm__ volatile (\"nop\");",
    "asm(\"nop\");",
    "int v[_Alignof(int) + __alignof(int) + __alignof__(int) + alignof(int)];",
    "static_assert(1, \"\"); static_assert(1); _Static_assert(1);",
    "alignas(8) int v;",
    "constexpr int v = 3;",
    "int v[true + 1 + false];",
    "void *v = nullptr;",
    "int v[offsetof(struct { int a, b; }, b)];",
    "auto int v; register int w;",
};

START_TEST(declaration)
{
    must_parse(declarations[_i]);
}
END_TEST

/* Words that are keywords in some C only: anyone may declare them, and then they are names. */
START_TEST(words_that_may_be_names)
{
    static const char *const words[] = {"alignas",       "alignof",       "static_assert",
                                        "thread_local",  "noreturn",      "constexpr",
                                        "complex",       "_Float16",      "_Float32",
                                        "_Float64",      "_Float128",     "_Float32x",
                                        "_Float64x",     "__int8",        "__int16",
                                        "__int32",       "__int64",       "offsetof",
                                        "true",          "false",         "nullptr",
                                        "defined",       "__has_include", "__has_attribute",
                                        "__has_builtin", "__has_feature", "__has_extension",
                                        "bool",          "wint_t",        "char8_t"};
    const char *w = words[_i];
    char text[300];
    snprintf(text, sizeof text, "struct m { int %s; }; struct %s { int x; }; void f(int %s, int);",
             w, w, w);
    must_parse(text);
    ck_assert_str_eq(member_of(type_of("struct m"), w)->name, w);
    ck_assert_str_eq(decl_of("f")->params[0].name, w);
    ck_assert_ptr_nonnull(cdecl_find_tag(state, w, strlen(w)));
    snprintf(text, sizeof text, "typedef long %s; %s v; int g(%s *);", w, w, w);
    must_parse(text);
    ck_assert_str_eq(print_type(decl_of("v")->type), "long");
    ck_assert_str_eq(print_type(decl_of("g")->type), "int (long *)");
}
END_TEST

START_TEST(words_that_headers_define)
{
    must_parse("typedef float _Float32; typedef double _Float64; typedef unsigned char bool;"
               "enum { false, true }; typedef int complex; typedef short __int16;");
    must_parse("_Float32 a; _Float64 b; bool c; complex d; __int16 e; int f[true + 1];");
    ck_assert_str_eq(print_type(decl_of("a")->type), "float");
    ck_assert_str_eq(print_type(decl_of("c")->type), "unsigned char");
    ck_assert_str_eq(print_type(decl_of("d")->type), "int");
    ck_assert_str_eq(print_type(decl_of("f")->type), "int[2]");
}
END_TEST

/* ---- names ---- */

START_TEST(names_of_any_letters)
{
    static const char *const names[] = {"a",
                                        "_",
                                        "__",
                                        "A1",
                                        "_9",
                                        "caf\xc3\xa9",
                                        "\xc3\xa9t\xc3\xa9",
                                        "\xe6\x97\xa5\xe6\x9c\xac",
                                        "\xf0\x9f\x98\x80",
                                        "x\xc2\x80",
                                        "y\xdf\xbf",
                                        "z\xe0\xa0\x80",
                                        "w\xed\x9f\xbf",
                                        "v\xee\x80\x80",
                                        "u\xef\xbf\xbf",
                                        "t\xf0\x90\x80\x80",
                                        "s\xf4\x8f\xbf\xbf",
                                        "intx",
                                        "xint",
                                        "int_",
                                        "_int"};
    char declared[100];
    snprintf(declared, sizeof declared, "int %s;", names[_i]);
    must_parse(declared);
    ck_assert_str_eq(decl_of(names[_i])->name, names[_i]);
}
END_TEST

/* ---- bodies ---- */

START_TEST(bodies_are_passed_over)
{
    static const char *const bodies[] = {"{}",
                                         "{ return 0; }",
                                         "{ { { } } }",
                                         "{ '}'; \"}\"; '{'; \"{\"; }",
                                         "{ '\\''; \"\\\"}\"; }",
                                         "{ /* } */ // }\n }",
                                         "{ @ ` $ \\ \x01 #}",
                                         "{ L'}' u8\"}\" U\"}\"; }",
                                         "{ a ## b; # c; }",
                                         "{\n#define INSIDE 1\n}",
                                         "{\n#if 0\n}\n#endif\n}",
                                         "{ unknown names(here) -> 3; }",
                                         "{ \xff\xfe; }",
                                         "{ <% %> }",
                                         "{ 1'000; 0x1.8p3; }",
                                         "{ asm(\"}\"); goto x; x: ; }"};
    char text[200];
    snprintf(text, sizeof text, "static inline int f(int a) %s int after;", bodies[_i]);
    must_parse(text);
    ck_assert_str_eq(print_name("f"), "int f(int a)");
    ck_assert_str_eq(print_name("after"), "extern int after");
}
END_TEST

/* ---- "$" ---- */

START_TEST(arguments)
{
    const struct cdecl_arg args[] = {
        {.kind = CDECL_ARG_TYPE, .type = type_of("unsigned char *")},
        {.kind = CDECL_ARG_NAME, .name = "named-not", .name_size = 5},
        {.kind = CDECL_ARG_INT, .integer = 7},
        {.kind = CDECL_ARG_INT, .integer = -1},
        {.kind = CDECL_ARG_NAME, .name = "tag", .name_size = 3},
    };
    struct cdecl_source source =
        source_of("const $ $[$]; enum { NEG = $ }; struct $ { int x; }; int f(void) { $ }");
    source.args = args;
    source.nargs = 5;
    must_parse_source(&source);
    ck_assert_str_eq(print_name("named"), "extern unsigned char *const named[7]");
    ck_assert_int_eq(int_of("NEG"), -1);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct tag")), 4);
}
END_TEST

Suite *check_lex(void)
{
    Suite *suite = suite_create("lex");
    TCase *tcase = add_case(suite, "lex");
    tcase_add_loop_test(tcase, written, 0, LENGTH(texts));
    tcase_add_loop_test(tcase, written_in_place, 0, LENGTH(texts));
    tcase_add_test(tcase, no_text_at_all);
    tcase_add_loop_test(tcase, spelling, 0, LENGTH(spellings));
    tcase_add_loop_test(tcase, declaration, 0, LENGTH(declarations));
    tcase_add_loop_test(tcase, words_that_may_be_names, 0, 30);
    tcase_add_test(tcase, words_that_headers_define);
    tcase_add_loop_test(tcase, names_of_any_letters, 0, 21);
    tcase_add_loop_test(tcase, bodies_are_passed_over, 0, 16);
    tcase_add_test(tcase, arguments);
    return suite;
}
