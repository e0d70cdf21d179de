/* preproc.c: conditions and their arithmetic, macros, #pragma pack, line markers, what is passed
 * over. */
#include <stdio.h>

#include "support.h"

/* ---- conditions ---- */

/* All true. intmax_t arithmetic, unknown names are 0 (C11 6.10.1p4). */
static const char *const conditions[] = {
    "1",
    "-1",
    "!0",
    "2 - 1",
    "UNKNOWN == 0",
    "int == 0 && struct == 0",
    "true",
    "!false",
    "'a' == 97",
    "('\\377' < 0) != defined __CHAR_UNSIGNED__",
    "'\\n' == 10",
    "L'\\xff' == 255",
    "0x7fffffff + 1 > 0",
    "2147483647 * 2 == 4294967294",
    "4294967295 + 1 == 4294967296",
    "-1 > 0u",
    "18446744073709551615u == -1",
    "-1 == 0xffffffffffffffff",
    "9223372036854775807 > 0",
    "(-9223372036854775807 - 1) < 0",
    "1 << 62 > 0",
    "-1 >> 1 == -1",
    "-7 / 2 == -3 && -7 % 2 == -1",
    "7u / 2 == 3",
    "~0 == -1",
    "~0u == 18446744073709551615u",
    "-1u == 18446744073709551615u",
    "-1 < 0xffffffff",
    "0x80000000 > -1",
    "0xffffffffffffffff > 0 && -1 == 0xffffffffffffffff",
    "4294967295u + 1u == 4294967296",
    "1 << 31 == 2147483648",
    "1u << 32 == 4294967296",
    "1 + 2 * 3 == 7",
    "(1 | 6 & 3 ^ 1) == 3",
    "10 - 4 - 3 == 3",
    "1 << 2 + 3 == 32",
    "(2 || 1 / 0) && !(0 && 1 / 0)",
    "(1 ? 2 : 1 / 0) == 2",
    "(0 ? 1 / 0 : 3) == 3",
    "0 ? 0 : 0 ? 0 : 1",
    "(1, 2) == 2",
    "1 == 1L && 1u == 1ull",
    "010 == 8 && 0b11 == 3",
    "((((1))))",
    "- - 1 == 1",
    "1 // comment",
    "1 /* comment */",
    "/* comment */ 1",
    "defined DEF",
    "defined(DEF)",
    "defined ( DEF )",
    "!defined NOPE && !defined(NOPE)",
    "defined DEF && DEF == 3",
    "defined EMPTY",
    "DEF + DEF == 6",
    "SUM == 7",
    "CHAIN == 3",
    "(INDIRECT(1)) == 1",
    "__CHAR_BIT__ == 8",
    "defined __CHAR_BIT__",
    "__SIZEOF_INT__ == 4",
    "defined __has_include && defined(__has_attribute) && defined __has_builtin",
    "defined __has_c_attribute && defined __has_feature && defined __has_extension",
    "!__has_include(<stdio.h>)",
    "!__has_include(\"stdio.h\")",
    "!__has_include_next(<stdio.h>)",
    "!__has_attribute(nonnull)",
    "!__has_attribute(__nonnull__)",
    "!__has_cpp_attribute(gnu::unused)",
    "!__has_c_attribute(nodiscard)",
    "!__has_declspec_attribute(dllexport)",
    "!__has_builtin(__builtin_expect)",
    "!__has_feature(address_sanitizer)",
    "!__has_extension(c_atomic)",
    "!__has_warning(\"-Wall\")",
    "__has_attribute(x) || __has_builtin(y) || 1",
    "!defined __has_nothing",
    "!(__has_include(<a/b-c.h>) + __has_include(DEF))",
};

static const char prelude[] = "#define DEF 3\n#define EMPTY\n#define SUM 1 + DEF * 2\n"
                              "#define CHAIN LINK\n#define LINK DEF\n#define INDIRECT\n";

START_TEST(condition)
{
    char text[400];
    must_parse(prelude);
    snprintf(text, sizeof text, "#if %s\nint yes;\n#else\nint no;\n#endif\n", conditions[_i]);
    must_parse(text);
    ck_assert_msg(is_declared("yes") && !is_declared("no"), "%s is false", conditions[_i]);
    snprintf(text, sizeof text, "#if 0\n#elif %s\nint elif;\n#else\nint neither;\n#endif\n",
             conditions[_i]);
    must_parse(text);
    ck_assert(is_declared("elif") && !is_declared("neither"));
}
END_TEST

/* Which of the names are declared, in order. */
static const struct {
    const char *text, *declared;
} branches[] = {
    {"#if 1\nint a;\n#endif\nint b;", "a b"},
    {"#if 0\nint a;\n#endif\nint b;", "b"},
    {"#if 1\nint a;\n#else\nint b;\n#endif", "a"},
    {"#if 0\nint a;\n#elif 1\nint b;\n#elif 1\nint c;\n#else\nint d;\n#endif", "b"},
    {"#if 0\nint a;\n#elif 0\nint b;\n#else\nint c;\n#endif\nint d;", "c d"},
    {"#if 1\nint a;\n#elif 1 / 0\nint b;\n#endif", "a"}, /* not evaluated */
    {"#ifdef DEF\nint a;\n#else\nint b;\n#endif", "a"},
    {"#ifdef NOPE\nint a;\n#else\nint b;\n#endif", "b"},
    {"#ifndef DEF\nint a;\n#else\nint b;\n#endif", "b"},
    {"#ifndef NOPE\nint a;\n#endif", "a"},
    {"#ifdef NOPE\nint a;\n#elifdef DEF\nint b;\n#else\nint c;\n#endif", "b"},
    {"#ifdef NOPE\nint a;\n#elifndef NOPE\nint b;\n#endif", "b"},
    {"#ifdef NOPE\n#elifndef DEF\nint b;\n#elifdef NOPE\nint c;\n#else\nint d;\n#endif", "d"},
    {"#ifdef DEF // why\nint a;\n#endif /* DEF */", "a"},
    {"#if 1\n#if 0\nint a;\n#else\nint b;\n#endif\nint c;\n#endif", "b c"},
    {"#if 0\n#if 1\nint a;\n#else\nint b;\n#endif\n#else\nint c;\n#endif", "c"},
    {"#if 0\n#ifdef X\n#elif 1\n#else\n#endif\n#ifndef X\n#endif\nint a;\n#endif\nint b;", "b"},
    {"#if 0\n it's \"not closed\n /* #endif */\n#bogus\n#if )(\n#endif\n#endif\nint a;", "a"},
    {"#if 0\n/* \n#endif\n*/\nint a;\n#endif\nint b;", "b"},
    {"  #  if 1\nint a;\n\t#\telse\nint b;\n /* x */ # endif", "a"},
    {"/* c */ #if 0\nint a;\n#endif\nint b;", "b"},
    {"#if 1 \\\n && 1\nint a;\n#en\\\ndif", "a"},
    {"#if 1 \\\r\n && 1\r\nint a;\r\n#endif\r\n", "a"},
    {"int\n#if 1\na\n#else\nb\n#endif\n;", "a"}, /* within a declaration */
    {"int a\n#if 0\n, b\n#endif\n, c;", "a c"},
    {"int f(void) {\n#if 0\n}\n#endif\n}\nint a;", "f a"},
    {"#if 1\nint a;\n#endif junk\nint b;", "a b"},
    {"#if 0\n#else junk\nint a;\n#endif", "a"},
    {"#ifdef DEF junk\nint a;\n#endif", "a"},
    {"#ifdef __has_include\nint a;\n#endif", "a"},
    {"int a; #if 0\n", NULL}, /* only at the start of a line */
};

START_TEST(branch)
{
    char declared[64] = "";
    must_parse(prelude);
    if (branches[_i].declared == NULL) {
        must_fail(branches[_i].text, "1:8: expected a type, got '#'");
        return;
    }
    must_parse(branches[_i].text);
    for (const struct cdecl_decl *decl = NULL; (decl = cdecl_next(state, decl)) != NULL;)
        if (decl->line != 0 && decl->kind != CDECL_DECL_MACRO) {
            strcat(declared, declared[0] == '\0' ? "" : " ");
            strcat(declared, decl->name);
        }
    ck_assert_str_eq(declared, branches[_i].declared);
}
END_TEST

/* ---- macros ---- */

static const struct {
    const char *text, *name, *printed;
} macros[] = {
    {"#define N 3\nint a[N];", "a", "extern int a[3]"},
    {"#define N 3", "N", "#define N 3"},
    {"#define\tN\t 1  +\t2 \t\n", "N", "#define N 1 + 2"},
    {"#define N /* a */ 1 /* b */ + /* c */ 2 // d", "N", "#define N 1 + 2"},
    {"#define N 1 \\\n + 2\nint a[N];", "a", "extern int a[3]"},
    {"#define S \"a  b /* c */ // d\"", "S", "#define S \"a  b /* c */ // d\""},
    {"#define C '\"'\nint a[C];", "a", "extern int a[34]"},
    {"#define C '\\''\nint a[C];", "a", "extern int a[39]"},
    {"#define EMPTY\nEMPTY int EMPTY a EMPTY;", "a", "extern int a"},
    {"#define TYPE unsigned long\nTYPE a;", "a", "extern unsigned long a"},
    {"#define DECL int a\nDECL, b;", "a", "extern int a"},
    {"#define ATTR __attribute__((deprecated))\nint a ATTR;", "a", "extern int a"},
    {"#define OPEN (\n#define CLOSE )\nvoid a OPEN int CLOSE;", "a", "void a(int)"},
    {"#define A B\n#define B C\n#define C 3\nint a[A];", "a", "extern int a[3]"},
    {"#define A a\n#define a A\nint a;", "a", "extern int a"}, /* not expanded again [6.10.3.4] */
    {"#define a a\nint a;", "a", "extern int a"},
    {"#define int long\nint a;", "a", "extern long a"},
    {"#define A 1\n#undef A\n#define A 2\nint a[A];", "a", "extern int a[2]"},
    {"#define A 1\n#define A 1\n#define A /* same */ 1\nint a[A];", "a", "extern int a[1]"},
    {"#undef NEVER\nint a;", "a", "extern int a"},
    {"#define A 5\nint a[A], b[A + A];", "b", "extern int b[10]"},
    {"#define A sizeof(struct { char c[7]; })\nint a[A];", "a", "extern int a[7]"},
    {"#define STR \"one\" \"two\"\nstatic const char a[] = STR \"!\";", "a",
     "static const char a[8] = \"onetwo!\""},
    {"#define L 3\nstatic const char a = 'L', b[] = \"L\";", "b", "static const char b[2] = \"L\""},
    {"#define caf\xc3\xa9 3\nint a[caf\xc3\xa9];", "a", "extern int a[3]"},
    {"#define __x86_64__ 7\nint a[__x86_64__];", "a", "extern int a[7]"},
    {"#define A 1\nenum { A_B = A, AB };\nint a[AB];", "a", "extern int a[2]"},
    {"struct s {\n#define IN 4\nint m[IN];\n};\nint a[sizeof(struct s)];", "a", "extern int a[16]"},
    {"int f(void) {\n#define IN 4\n}\nint a[IN];", "a", "extern int a[4]"},
    {"int a[__CHAR_BIT__];", "a", "extern int a[8]"},
    {"__SIZE_TYPE__ a;", "a", "extern " SIZE_NAME " a"},
    {"#define F(x) x", "F", "#define F(x) x"},
    {"#define F( x /* ) */ , ... )  x+ 1 // y", "F", "#define F( x , ... ) x+ 1"},
    {"#define F()", "F", "#define F()"},
    {"#define F (x)", "F", "#define F (x)"},
    {"#define F(x) 1\n#define F(x) /* same */ 1\nint F;", "F", "extern int F"}, /* not called */
    {"#define F(x) 1\nint f(int F), a;", "a", "extern int a"},
    {"#define F(x) 1\n#undef F\nint F(int);", "F", "int F(int)"},
    {"#define F(x) 1\n#if defined F && defined(F) && !F\nint a;\n#endif", "a", "extern int a"},
    {"#define F(x) 1\nint g(void) { return F(1); }\nint a;", "a", "extern int a"},
};

START_TEST(macro)
{
    must_parse(macros[_i].text);
    ck_assert_str_eq(print_name(macros[_i].name), macros[_i].printed);
}
END_TEST

/* What `cc -E -dD` writes: its macros are remembered, and nothing is expanded a second time. */
static const struct {
    const char *text, *name, *printed; /* NULL: not listed */
} outputs[] = {
    {"#define A 1", "A", "#define A 1"},
    {"#define A (4 + A)\nextern int A;", "A", "extern int A"},
    {"#define F(x) F(x, 1)\nint F(int, int);", "F", "int F(int, int)"},
    {"#define a b\nint a;", "a", "extern int a"},
    {"#define A 1\n#define A 2", "A", "#define A 2"},
    {"#define A 1\n#undef A\nint x;", "A", NULL},
    {"#define linux 1", "linux", NULL},
    {"#define linux 2", "linux", "#define linux 2"},
    {"#define __CHAR_BIT__ 16\n#undef __SIZEOF_INT__", "__CHAR_BIT__", NULL},
    {"#define __CHAR_BIT__ 8", "__CHAR_BIT__", NULL},
    {"#pragma pack(3)\n#pragma pack(push, 5)\n#line x\nint a;", "a", "extern int a"},
    {"#pragma GCC visibility push(default)\n#ident \"x\"\nint a;", "a", "extern int a"},
    {"#include <a.h> /* -dI */\n#include_next \"b.h\"\nint a;", "a", "extern int a"},
    {"#define S don't\n#define T 3\nint a;", "T", "#define T 3"},
};

START_TEST(output_of_a_compiler)
{
    static const char *const begins[] = {
        "#define __STDC__ 1\n",
        "# 0 \"x.c\"\n# 0 \"<built-in>\"\n#define __NEW__ 7\n# 0 \"<command-line>\"\n",
        "# 1 \"x.c\"\n# 1 \"<built-in>\" 1\n#define __STDC__ 1\n# 1 \"x.c\" 2\n",
    };
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        char text[300];
        snprintf(text, sizeof text, "%s%s", begins[i], outputs[_i].text);
        new_state();
        must_parse(text);
        must_parse(text); /* again */
        ck_assert(!is_declared("__NEW__"));
        if (outputs[_i].printed == NULL)
            ck_assert(!is_declared(outputs[_i].name));
        else
            ck_assert_str_eq(print_name(outputs[_i].name), outputs[_i].printed);
        must_parse("#if __CHAR_BIT__ != 8 || __SIZEOF_INT__ != 4\nint 3;\n#endif"); /* still ours */
        free_state();
    }
    new_state();
}
END_TEST

/* Macros of a text that is read without giving its names a meaning mean nothing afterwards. */
START_TEST(unbound_macros)
{
    struct cdecl_error error;
    struct cdecl_source source = source_of("#define N 2\n#define A 4\n#undef A\n#define A 3\n"
                                           "#undef B\nint a[N], b[A];");
    must_parse("#define A 1\n#define B 7");
    const struct cdecl_decl *decl = cdecl_parse_unbound(state, &source, &error);
    ck_assert_msg(decl != NULL, "%s", error.message);
    ck_assert_uint_eq(decl->next->type->count, 3);
    ck_assert(!is_declared("N"));
    ck_assert_str_eq(print_name("A"), "#define A 1");
    ck_assert_str_eq(print_name("B"), "#define B 7");
}
END_TEST

static const struct {
    const char *definition;
    enum cdecl_value_kind kind;
    int64_t integer;
    const char *type;
} values[] = {
    {"3", CDECL_VALUE_INT, 3, "int"},
    {"(-1)", CDECL_VALUE_INT, -1, "int"},
    {"0x80000000", CDECL_VALUE_INT, 0x80000000, "unsigned int"},
    {"1ull << 40", CDECL_VALUE_INT, (int64_t)1 << 40, "unsigned long long"},
    {"(LATER | 4)", CDECL_VALUE_INT, 7, "int"},
    {"'x'", CDECL_VALUE_INT, 'x', "int"},
    {"sizeof(int)", CDECL_VALUE_INT, 4, SIZE_NAME},
    {"((short)70000)", CDECL_VALUE_INT, 4464, "short"},
    {"RED", CDECL_VALUE_INT, 5, "int"},
    {"1.5f", CDECL_VALUE_FLOAT, 0, "float"},
    {"(1 / 4.0)", CDECL_VALUE_FLOAT, 0, "double"},
    {"\"text\" \"more\"", CDECL_VALUE_STRING, 0, "char[9]"},
    {"((void *)0)", CDECL_VALUE_INT, 0, "void *"},
};

/* A macro is evaluated when its value is asked for: with the names known then. */
START_TEST(value_of_a_macro)
{
    char text[100];
    struct cdecl_value value;
    struct cdecl_error error;
    snprintf(text, sizeof text, "#define M %s", values[_i].definition);
    must_parse(text);
    must_parse("#define LATER 3\nenum { RED = 5 };");
    for (int again = 0; again < 2; again++) {
        ck_assert_msg(cdecl_macro_value(state, decl_of("M"), &value, &error), "%s", error.message);
        ck_assert_int_eq(value.kind, values[_i].kind);
        if (value.kind == CDECL_VALUE_INT)
            ck_assert_int_eq((int64_t)value.u, values[_i].integer);
        ck_assert_str_eq(print_type(value.type), values[_i].type);
    }
}
END_TEST

START_TEST(no_value_of_a_function_like_macro)
{
    struct cdecl_value value;
    struct cdecl_error error;
    must_parse("#define F(x, y) ((x) + (y))");
    ck_assert_str_eq(decl_of("F")->parameters, "(x, y)");
    ck_assert_str_eq(decl_of("F")->text, "((x) + (y))");
    ck_assert(!cdecl_macro_value(state, decl_of("F"), &value, &error));
    ck_assert_str_eq(message_of(&error), "it takes arguments, 'F(x, y)'; write what it stands for, "
                                         "'((x) + (y))'");
}
END_TEST

/* ---- #pragma pack ---- */

/* Size of struct { char c; long long l; } after the pragmas: PADDED_LONG_LONG unless they pack. */
static const struct {
    const char *text;
    size_t size;
} packs[] = {
    {"", PADDED_LONG_LONG},
    {"#pragma pack(1)\n", 9},
    {"#pragma pack(2)\n", 10},
    {"#pragma pack(4)\n", 12},
    {"#pragma pack(8)\n", PADDED_LONG_LONG},
    {"#pragma pack(16)\n", PADDED_LONG_LONG},
    {"#pragma pack(0)\n", PADDED_LONG_LONG},
    {"#pragma pack()\n", PADDED_LONG_LONG},
    {"#pragma pack(1)\n#pragma pack()\n", PADDED_LONG_LONG},
    {"#pragma pack(1)\n#pragma pack(0)\n", PADDED_LONG_LONG},
    {"#pragma pack(push, 1)\n", 9},
    {"#pragma pack(push)\n", PADDED_LONG_LONG},
    {"#pragma pack(push)\n#pragma pack(1)\n", 9},
    {"#pragma pack(push)\n#pragma pack(1)\n#pragma pack(pop)\n", PADDED_LONG_LONG},
    {"#pragma pack(push, 1)\n#pragma pack(pop)\n", PADDED_LONG_LONG},
    {"#pragma pack(push, 1)\n#pragma pack(push, 2)\n#pragma pack(pop)\n", 9},
    {"#pragma pack(push, 1)\n#pragma pack(push, 2)\n#pragma pack(pop)\n#pragma pack(pop)\n",
     PADDED_LONG_LONG},
    {"#pragma pack(2)\n#pragma pack(push, 1)\n#pragma pack(pop)\n", 10},
    {"#pragma pack(pop)\n", PADDED_LONG_LONG},
    {"#pragma pack(1)\n#pragma pack(pop)\n", 9},
    {"#pragma pack(pop, 1)\n", 9},
    {"#pragma pack(push, name, 1)\n", 9},
    {"#pragma pack(push, 1, name)\n", 9},
    {"#pragma pack(push, a, 1)\n#pragma pack(push, b, 2)\n#pragma pack(pop, a)\n",
     PADDED_LONG_LONG},
    {"#pragma pack(push, a, 1)\n#pragma pack(push, b, 2)\n#pragma pack(pop, b)\n", 9},
    {"#pragma pack(push, a, 1)\n#pragma pack(push, 2)\n#pragma pack(pop, nobody)\n", 10},
    {"#pragma pack ( push , 1 )\n", 9},
    {"#pragma pack(1) // comment\n", 9},
    {"#pragma pack\n", PADDED_LONG_LONG},
    {"#pragma pack 1\n", PADDED_LONG_LONG},
    {"#pragma pack(show)\n", PADDED_LONG_LONG},
    {"#pragma pack(push, $)\n", PADDED_LONG_LONG},
    {"#pragma packed(1)\n", PADDED_LONG_LONG},
    {"#pragma GCC pack(1)\n", PADDED_LONG_LONG},
    {"#pragma once\n#pragma\n#pragma STDC FENV_ACCESS ON\n", PADDED_LONG_LONG},
    {"  #  pragma pack(1)\n", 9},
    {"#if 0\n#pragma pack(1)\n#endif\n", PADDED_LONG_LONG},
    {"_Pragma(\"pack(1)\")", 9},
    {"_Pragma(\"pack(push, 1)\") _Pragma(\"pack(pop)\")", PADDED_LONG_LONG},
    {"_Pragma(\"once\")", PADDED_LONG_LONG},
    {"__pragma(pack(push, 1))", 9},
    {"__pragma(pack(push, 1)) __pragma(pack(pop))", PADDED_LONG_LONG},
    {"__pragma(warning(disable: 4))", PADDED_LONG_LONG},
    {"#define PACKED _Pragma(\"pack(1)\")\nPACKED ", 9},
    {"#pragma pack(1)\nstruct before { char c; long long l; };\n#pragma pack()\n",
     PADDED_LONG_LONG},
};

START_TEST(pack)
{
    char text[300];
    snprintf(text, sizeof text, "%sstruct s { char c; long long l; };", packs[_i].text);
    must_parse(text);
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "s", 1)), packs[_i].size);
}
END_TEST

/* What is in force at the closing brace counts, also where the next line changes it. */
START_TEST(pack_changes_around_a_struct)
{
    must_parse("#pragma pack(push, 1)\nstruct a { char c; int i; }\n#pragma pack(pop)\n;"
               "struct b { char c; int i; };");
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "a", 1)), 5);
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "b", 1)), 8);
    must_parse("struct c { char c; int i; };"); /* a new text starts unpacked */
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "c", 1)), 8);
}
END_TEST

/* ---- lines ---- */

static const struct {
    const char *text, *position; /* of the error in "int 3;" at the end */
} lines[] = {
    {"", "1:5: "},
    {"\n\n", "3:5: "},
    {"\r\n\r\n", "3:5: "},
    {"/* \n\n */\n", "4:5: "},
    {"int a\\\nb;\n", "3:5: "},
    {"#define A \\\n 3\n", "3:5: "},
    {"#define A /* \n */ 3\n", "3:5: "},
    {"#if 0\n\n\n#endif\n", "5:5: "},
    {"#if 0\n\n#else\n\n#endif\n", "6:5: "},
    {"#if 1\n\n#elif 1\n\n#endif\n", "6:5: "},
    {"#pragma x \\\n y\n", "3:5: "},
    {"int f(void)\n{\n\n}\n", "5:5: "},
    {"#line 100\n", "100:5: "},
    {"#line 100 \"a.h\"\n", "a.h:100:5: "},
    {"# 100 \"a.h\"\n", "a.h:100:5: "},
    {"# 100 \"a.h\" 1 3 4\n\n", "a.h:101:5: "},
    {"# 1 \"a.h\"\n# 50 \"b.h\" 1\n# 7 \"a.h\" 2\n", "a.h:7:5: "},
    {"# 7 \"a.h\"\n#line 9\n", "a.h:9:5: "},
    {"# 7\n", "7:5: "},
    {"#7 \"a.h\"\n", "a.h:7:5: "},
    {"# 7 \"with \\\"quotes\\\" and \\\\\"\n", "with \"quotes\" and \\:7:5: "},
    {"# 7 \"never closed\n", "7:5: "},
    {"# 7 \"a.h\" // comment\n", "a.h:7:5: "},
    {"# 2147483647 \"a.h\"\n", "a.h:2147483647:5: "},
    {"#if 0\n# 7 \"a.h\"\n#endif\n", "4:5: "},
    {"#warning careful: it's \"odd\n", "2:5: "},
    {"#ident \"x\"\n#sccs \"x\"\n#assert a(b)\n#unassert a\n#\n # \n", "7:5: "},
};

START_TEST(line)
{
    char text[200], expected[200];
    snprintf(text, sizeof text, "%sint 3;", lines[_i].text);
    snprintf(expected, sizeof expected, "%sexpected a name, got '3'", lines[_i].position);
    must_fail(text, expected);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_preproc(void)
{
    Suite *suite = suite_create("preproc");
    TCase *tcase = add_case(suite, "preproc");
    tcase_add_loop_test(tcase, condition, 0, LENGTH(conditions));
    tcase_add_loop_test(tcase, branch, 0, LENGTH(branches));
    tcase_add_loop_test(tcase, macro, 0, LENGTH(macros));
    tcase_add_loop_test(tcase, output_of_a_compiler, 0, LENGTH(outputs));
    tcase_add_test(tcase, unbound_macros);
    tcase_add_loop_test(tcase, value_of_a_macro, 0, LENGTH(values));
    tcase_add_test(tcase, no_value_of_a_function_like_macro);
    tcase_add_loop_test(tcase, pack, 0, LENGTH(packs));
    tcase_add_test(tcase, pack_changes_around_a_struct);
    tcase_add_loop_test(tcase, line, 0, LENGTH(lines));
    return suite;
}
