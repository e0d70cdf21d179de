/* compat.c: compatible types (C11 6.2.7), their composite, and what declaring a name again does. */
#include <stdio.h>
#include "support.h"

/* ---- pairs of types ---- */

static const char declarations[] =
    "struct s { int a; }; struct t { int a; }; union u { int a; }; struct incomplete;"
    "enum e { E0, E1 }; enum n { N0 = -1 }; enum wide { W0 = 0x100000000 };"
    "enum c : unsigned char { C0 };"
    "typedef int a16 __attribute__((aligned(16))); typedef struct s ts;"
    "typedef struct s as16 __attribute__((aligned(16)));";

/* Compatible, and their composite as printed. */
static const char *const compatible[][3] = {
    {"int", "int", "int"},
    {"int", "signed", "int"},
    {"int", "a16", "int"},
    {"ts", "struct s", "struct s"},
    {"struct s", "as16", "struct s"},
    {"enum e", "unsigned", "enum e"},
    {"enum n", "int", "enum n"},
    {"enum wide", UINT64_NAME, "enum wide"},
    {"enum c", "unsigned char", "enum c"},
    {"enum e *", "unsigned *", "enum e *"},
    {"int[]", "int[3]", "int[3]"},
    {"int[3]", "int[]", "int[3]"},
    {"int[3]", "int[?]", "int[3]"},
    {"int[?]", "int[]", "int[]"},
    {"int (*)[]", "int (*)[3]", "int (*)[3]"},
    {"int *(*)[]", "int *(*)[3]", "int *(*)[3]"},
    {"const int[]", "const int[2]", "const int[2]"},
    {"int ()", "int (void)", "int (void)"},
    {"int (void)", "int ()", "int (void)"},
    {"int ()", "int (int, double, char *)", "int (int, double, char *)"},
    {"int ()", "int (long long, struct s)", "int (long long, struct s)"},
    {"int ()", "int ()", "int ()"},
    {"int (*)()", "int (*)(void)", "int (*)(void)"},
    {"int (int (*)())", "int (int (*)(long))", "int (int (*)(long))"},
    {"int (int (*)[], int (*)[4])", "int (int (*)[3], int (*)[])", "int (int (*)[3], int (*)[4])"},
    {"int (const int)", "int (int)", "int (int)"},
    {"int (enum e)", "int (unsigned)", "int (enum e)"},
    {"int (*(void))[]", "int (*(void))[2]", "int (*(void))[2]"},
    {"int (*const)[]", "int (*const)[2]", "int (*const)[2]"},
    {"struct incomplete *", "struct incomplete *", "struct incomplete *"},
    {"struct { int a; }", "struct { int a; }", "struct { int a; }"},
    {"struct { int a; struct { char b : 3; }; }", "struct { int a; struct { char b : 3; }; }",
     "struct { int a; struct { char b : 3; }; }"},
    {"_BitInt(9)", "_BitInt(9)", "_BitInt(9)"},
    {"int __attribute__((vector_size(8)))", "typeof(int __attribute__((vector_size(8))))",
     "int __attribute__((vector_size(8)))"},
    {"float _Complex", "_Complex float", "float _Complex"},
};

START_TEST(compatible_types)
{
    must_parse(declarations);
    const struct cdecl_type *a = type_of(compatible[_i][0]), *b = type_of(compatible[_i][1]);
    ck_assert_msg(cdecl_compatible(a, b), "%s and %s", compatible[_i][0], compatible[_i][1]);
    ck_assert(cdecl_compatible(b, a));
    ck_assert(cdecl_compatible(a, a));
    /* with prototypes compared, "()" of one alone makes the difference, wherever it stands */
    int open =
        (strstr(compatible[_i][0], "()") != NULL) + (strstr(compatible[_i][1], "()") != NULL);
    ck_assert_int_eq(cdecl_compatible_prototypes(a, b), open != 1);
    ck_assert_int_eq(cdecl_compatible_prototypes(b, a), open != 1);
}
END_TEST

/* The composite is what a re-declaration leaves. */
START_TEST(composite_types)
{
    char text[512], name[] = "typeof(%s) *x; typeof(%s) *x;";
    must_parse(declarations);
    snprintf(text, sizeof text, name, compatible[_i][0], compatible[_i][1]);
    must_parse(text);
    const char *printed = print_type(decl_of("x")->type->target);
    ck_assert_msg(strcmp(printed, compatible[_i][2]) == 0, "%s and %s give %s", compatible[_i][0],
                  compatible[_i][1], printed);
}
END_TEST

static const char *const incompatible[][2] = {
    {"int", "unsigned"},
    {"int", "long"},
    {"long", "long long"},
    {"char", "signed char"},
    {"char", "unsigned char"},
    {"bool", "unsigned char"},
    {"bool", "int"},
    {"int", "float"},
    {"double", "long double"},
    {"float", "_Float16"},
    {"double", "double _Complex"},
    {"int", "const int"},
    {"const int", "volatile int"},
    {"int", "_Atomic int"},
    {"int *", "const int *"},
    {"int *", "int *const"},
    {"int *", "int *restrict"},
    {"int *", "long *"},
    {"int *", "void *"},
    {"int *", "int **"},
    {"int *", "int[]"},
    {"int[3]", "int[4]"},
    {"int[3]", "long[3]"},
    {"int[2][3]", "int[2][4]"},
    {"int[]", "const int[]"},
    {"int (*)[3]", "int (*)[4]"},
    {"struct s", "const struct s"},
    {"struct s", "struct t"},
    {"struct s", "union u"},
    {"struct s", "struct incomplete"},
    {"struct { int a; }", "struct { int b; }"},
    {"struct { int a; }", "struct { long a; }"},
    {"struct { int a; }", "struct { int a, b; }"},
    {"struct { int a; }", "union { int a; }"},
    {"struct { int a : 3; }", "struct { int a : 4; }"},
    {"struct { int a : 3; }", "struct { int a; }"},
    {"struct { char a; int b; }", "struct __attribute__((packed)) { char a; int b; }"},
    {"struct { int a; }", "struct { int a; } __attribute__((aligned(8)))"},
    {"struct { int a; }", "struct s"},
    {"enum e", "enum n"},
    {"enum e", "int"},
    {"enum c", "int"},
    {"enum { A }", "enum { B }"},
    {"enum { X1 = 1 }", "enum { X1 = 1, X2 = 2 }"},
    {"int (int)", "int (long)"},
    {"int (int)", "long (int)"},
    {"int (int)", "int (int, int)"},
    {"int (int)", "int (int, ...)"},
    {"int (void)", "int (int)"},
    {"int ()", "int (char)"},
    {"int ()", "int (float)"},
    {"int ()", "int (short, int)"},
    {"int ()", "int (bool)"},
    {"int ()", "int (int, ...)"},
    {"int ()", "long ()"},
    {"int (int *)", "int (const int *)"},
    {"int (*)(void)", "int (void)"},
    {"int (int (*)(int))", "int (int (*)(long))"},
    {"_BitInt(9)", "_BitInt(10)"},
    {"_BitInt(9)", "unsigned _BitInt(9)"},
    {"_BitInt(32)", "int"},
    {"int __attribute__((vector_size(8)))", "int __attribute__((vector_size(16)))"},
    {"int __attribute__((vector_size(8)))", "unsigned __attribute__((vector_size(8)))"},
    {"int __attribute__((vector_size(8)))", "int[2]"},
};

START_TEST(incompatible_types)
{
    must_parse(declarations);
    const struct cdecl_type *a = type_of(incompatible[_i][0]), *b = type_of(incompatible[_i][1]);
    ck_assert_msg(!cdecl_compatible(a, b), "%s and %s", incompatible[_i][0], incompatible[_i][1]);
    ck_assert(!cdecl_compatible(b, a));
    struct cdecl_error error;
    ck_assert(
        !cdecl_compatible(cdecl_pointer_to(state, a, &error), cdecl_pointer_to(state, b, &error)));
}
END_TEST

/* Types of two states are compared by structure. */
START_TEST(across_states)
{
    must_parse(declarations);
    struct cdecl_state *mine = state, *other = cdecl_new(NULL);
    const struct cdecl_type *types[sizeof compatible / sizeof *compatible][2];
    for (size_t i = 0; i < sizeof compatible / sizeof *compatible; i++)
        types[i][0] = type_of(compatible[i][0]);
    state = other;
    must_parse(declarations);
    for (size_t i = 0; i < sizeof compatible / sizeof *compatible; i++)
        types[i][1] = type_of(compatible[i][1]);
    for (size_t i = 0; i < sizeof compatible / sizeof *compatible; i++)
        ck_assert_msg(cdecl_compatible(types[i][0], types[i][1]) &&
                          cdecl_compatible(types[i][1], types[i][0]),
                      "%s and %s", compatible[i][0], compatible[i][1]);
    const struct cdecl_type *theirs = type_of("struct t");
    state = mine;
    ck_assert(!cdecl_compatible(type_of("struct s"), theirs));
    cdecl_free(other);
}
END_TEST

START_TEST(recursive_structs_across_states)
{
    static const char list[] = "struct list { int value; struct list *next; struct tree *t; };"
                               "struct tree { struct list *l; struct tree *children[2]; };",
                      longer[] = "struct list { int value; struct list *next; struct tree *t; };"
                                 "struct tree { struct list *l; struct tree *children[3]; };";
    must_parse(list);
    struct cdecl_state *mine = state, *same = cdecl_new(NULL), *differs = cdecl_new(NULL);
    const struct cdecl_type *a = type_of("struct list");
    state = same;
    must_parse(list);
    const struct cdecl_type *b = type_of("struct list");
    state = differs;
    must_parse(longer);
    const struct cdecl_type *c = type_of("struct list");
    state = mine;
    ck_assert(cdecl_compatible(a, b) && cdecl_compatible(b, a));
    ck_assert(!cdecl_compatible(a, c) && !cdecl_compatible(c, a));
    cdecl_free(same);
    cdecl_free(differs);
}
END_TEST

/* s0 { struct s1 *next; struct s0 *first; } to the last, which has a member of this type. */
static const char *chain(int length, const char *last)
{
    static char text[40000];
    size_t used = 0;
    for (int i = 0; i < length; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "struct s%d { struct s%d *next; struct s0 *first; };", i, i + 1);
    snprintf(text + used, sizeof text - used, "struct s%d { %s x; };", length, last);
    return text;
}

static bool same_in_another_state(const char *mine, const char *other, const char *name)
{
    struct cdecl_state *first = state, *second = cdecl_new(NULL);
    static char copy[60000];
    snprintf(copy, sizeof copy, "%s", other);
    must_parse(mine);
    const struct cdecl_type *a = type_of(name);
    state = second;
    must_parse(copy);
    bool same = cdecl_compatible(a, type_of(name));
    state = first;
    cdecl_free(second);
    return same;
}

/* Below 128 structs inside each other only the size is compared. */
START_TEST(deep_structs_across_states)
{
    static const struct {
        int length;
        const char *mine, *theirs;
        bool same;
    } chains[] = {{100, "int", "int", true},
                  {100, "int", "float", false},
                  {200, "int", "float", true},
                  {127, "int", "long long", false},
                  {128, "int", "long long", false}};
    char mine[40000];
    snprintf(mine, sizeof mine, "%s", chain(chains[_i].length, chains[_i].mine));
    ck_assert_int_eq(
        same_in_another_state(mine, chain(chains[_i].length, chains[_i].theirs), "struct s0"),
        chains[_i].same);
}
END_TEST

/* More pairs than are remembered, then the first again. */
START_TEST(wide_structs_across_states)
{
    static char mine[60000], theirs[60100];
    size_t used = 0;
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(mine + used, sizeof mine - used, "struct p%d { int x; };", i);
    used += (size_t)snprintf(mine + used, sizeof mine - used, "struct all {");
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(mine + used, sizeof mine - used, "struct p%d *m%d;", i, i);
    snprintf(theirs, sizeof theirs, "%sstruct all *self; %s end; };", mine,
             _i == 0 ? "int" : "float");
    snprintf(mine + used, sizeof mine - used, "struct all *self; int end; };");
    ck_assert_int_eq(same_in_another_state(mine, theirs, "struct all"), _i == 0);
}
END_TEST

/* An incomplete tag goes with the complete one of its name in another state. */
START_TEST(incomplete_across_states)
{
    must_parse("struct s;");
    struct cdecl_state *mine = state, *other = cdecl_new(NULL);
    const struct cdecl_type *incomplete = type_of("struct s");
    state = other;
    must_parse("struct s { int a; }; struct t { int a; };");
    ck_assert(cdecl_compatible(type_of("struct s"), incomplete));
    ck_assert(!cdecl_compatible(type_of("struct t"), incomplete));
    state = mine;
    cdecl_free(other);
}
END_TEST

/* ---- declaring a name again ---- */

/* Two declarations, the name, what it means then. */
static const char *const again[][3] = {
    {"int x;", "int x;", "extern int x"},
    {"extern int x[];", "int x[3];", "extern int x[3]"},
    {"int x[3];", "extern int x[];", "extern int x[3]"},
    {"int x();", "int x(int a, char *b);", "int x(int a, char *b)"},
    {"int x(int a, char *b);", "int x();", "int x(int a, char *b)"},
    {"int x(int, char *);", "int x(int a, char *b);", "int x(int a, char *b)"},
    {"int x(int a);", "int x(int b);", "int x(int a)"},
    {"int x(int a);", "int x(int);", "int x(int a)"},
    {"int x(int[3]);", "int x(int *);", "int x(int *)"},
    {"int x(const int);", "int x(int);", "int x(int)"},
    {"int x(int (*)[]);", "int x(int (*)[3]);", "int x(int (*)[3])"},
    {"int x(void);", "int x(void) asm(\"y\");", "int x(void) __asm__(\"y\")"},
    {"int x(void) asm(\"y\");", "int x(void);", "int x(void) __asm__(\"y\")"},
    {"typedef int x;", "typedef int x;", "typedef int x"},
    {"typedef struct s x;", "typedef struct s x; struct s { int a; };", "typedef struct s x"},
    {"typedef int *x;", "typedef typeof(int *) x;", "typedef int *x"},
    {"static const int x = 3;", "static const int x = 3;", "static const int x = 3"},
    {"static const double x = 0.0 / 0.0;", "static const double x = 0.0 / 0.0;",
     "static const double x = __builtin_nan(\"\")"},
    {"static const char x[] = \"a\";", "static const char x[] = \"a\";",
     "static const char x[2] = \"a\""},
    {"enum { x = 3 };", "enum { x = 3 };", "static const int x = 3"},
    {"enum e { x }; enum e f(enum e);", "unsigned f(unsigned);", "static const int x = 0"},
    {"struct x { int a; };", "struct x; struct x { int a; }; struct x *x;", "extern struct x *x"},
    {"struct s { static const char *const n = \"a\"; int i; } *x;",
     "struct s { static const char *const n = \"a\"; int i; } *x;", "extern struct s *x"},
    {"extern int x;", "int x = 3;", "extern int x"},
    {"inline int x(void) { return 1; }", "int x(void);", "int x(void)"},
    {"#define x 1\n", "#define x 1\n", "#define x 1"},
};

START_TEST(compatibly_declared_again)
{
    must_parse(again[_i][0]);
    must_parse(again[_i][1]);
    ck_assert_msg(strcmp(print_name("x"), again[_i][2]) == 0, "%s %s\ngive %s", again[_i][0],
                  again[_i][1], print_name("x"));
    must_parse(again[_i][0]); /* and once more */
    ck_assert_str_eq(print_name("x"), again[_i][2]);
}
END_TEST

/* One declaration, another, and the error, with both, but for where the first one stands. */
static const char *const conflicts[][3] = {
    {"static int x(int);", "static int x(char *);",
     "1:12: 'x' redeclared as 'int x(char *)', was 'int x(int)'"},
    {"int x;", "long x;", "1:6: 'x' redeclared as 'extern long x', was 'extern int x'"},
    {"int x;", "const int x;", "1:11: 'x' redeclared as 'extern const int x', was 'extern int x'"},
    {"int x;", "int x(void);", "1:5: 'x' redeclared as 'int x(void)', was 'extern int x'"},
    {"int x;", "typedef int x;", "1:13: 'x' redeclared as 'typedef int x', was 'extern int x'"},
    {"int x;", "enum { x };",
     "1:8: 'x' redeclared as 'static const int x = 0', was 'extern int x'"},
    {"int x;", "static const int x = 3;",
     "1:18: 'x' redeclared as 'static const int x = 3', was 'extern int x'"},
    {"int x[3];", "int x[4];", "1:5: 'x' redeclared as 'extern int x[4]', was 'extern int x[3]'"},
    {"int x[];", "int *x;", "1:6: 'x' redeclared as 'extern int *x', was 'extern int x[]'"},
    {"int x(void);", "int x(int a);", "1:5: 'x' redeclared as 'int x(int a)', was 'int x(void)'"},
    {"int x(int);", "int x(int, ...);",
     "1:5: 'x' redeclared as 'int x(int, ...)', was 'int x(int)'"},
    {"int x(int a);", "long x(int b);",
     "1:6: 'x' redeclared as 'long x(int b)', was 'int x(int a)'"},
    {"int x(char *s);", "int x(const char *s);",
     "1:5: 'x' redeclared as 'int x(const char *s)', was 'int x(char *s)'"},
    {"int x();", "int x(char);", "1:5: 'x' redeclared as 'int x(char)', was 'int x()'"},
    {"int x(void);", "int x;", "1:5: 'x' redeclared as 'extern int x', was 'int x(void)'"},
    {"int x(void);", "typedef int x(void);",
     "1:13: 'x' redeclared as 'typedef int x(void)', was 'int x(void)'"},
    {"typedef int x;", "typedef long x;",
     "1:14: 'x' redeclared as 'typedef long x', was 'typedef int x'"},
    {"typedef int x;", "int (x);", "1:6: 'x' redeclared as 'extern int x', was 'typedef int x'"},
    {"typedef struct { int a; } x;", "typedef struct { long a; } x;",
     "1:28: 'x' redeclared as 'typedef struct { long a; } x', was 'typedef struct { int a; } x'"},
    {"typedef struct s x;", "typedef struct t x;",
     "1:18: 'x' redeclared as 'typedef struct t x', was 'typedef struct s x'"},
    {"enum { x };", "enum { x = 1 };",
     "1:8: 'x' redeclared as 'static const int x = 1', was 'static const int x = 0'"},
    {"enum { x };", "int x;",
     "1:5: 'x' redeclared as 'extern int x', was 'static const int x = 0'"},
    {"static const int x = 1;", "static const int x = 2;",
     "1:18: 'x' redeclared as 'static const int x = 2', was 'static const int x = 1'"},
    {"static const int x = 1;", "static const double x = 1;",
     "1:21: 'x' redeclared as 'static const double x = 1.0', was 'static const int x = 1'"},
    {"static const char x[] = \"a\";", "static const char x[] = \"b\";",
     "1:19: 'x' redeclared as 'static const char x[2] = \"b\"', was 'static const char x[2] = "
     "\"a\"'"},
    {"struct x { int a; };", "struct x { long a; };",
     "1:8: 'struct x' redefined: member 1 is 'long a' at byte 0, was 'int a' at byte 0"},
    {"union x { int a; };", "union x { int b; };",
     "1:7: 'union x' redefined: member 1 is 'int b' at byte 0, was 'int a' at byte 0"},
    {"struct x { int a; };", "struct x { int a, b; };",
     "1:8: 'struct x' redefined: member 2 is 'int b' at byte 4, was none"},
    {"struct x { int a; char b : 3; };", "struct x { int a; char b : 4; };",
     "1:8: 'struct x' redefined: member 2 is 'char b : 4' at byte 4, was 'char b : 3' at byte 4"},
    {"struct x { static const int n = 1; int a; };", "struct x { static const int n = 2; int a; };",
     "1:8: 'struct x' redefined with other constants"},
    {"struct x { static const char *const n = \"a\"; int a; };",
     "struct x { static const char *const n = \"b\"; int a; };",
     "1:8: 'struct x' redefined with other constants"},
    {"enum x { A };", "enum x { B };", "1:6: 'enum x' redefined: enumerator 1 is 'B', was 'A'"},
    {"struct x;", "union x;", "1:7: 'union x' was declared as 'struct x'"},
    {"enum x { A };", "struct x *p;", "1:8: 'struct x' was declared as 'enum x'"},
};

START_TEST(incompatibly_declared_again)
{
    char expected[300], both[256];
    must_parse(conflicts[_i][0]);
    snprintf(expected, sizeof expected, "%s, first declared in line 1 of an earlier text",
             conflicts[_i][2]);
    must_fail(conflicts[_i][1], expected);
    snprintf(both, sizeof both, "int first; %s", conflicts[_i][1]); /* nothing of it stays */
    struct cdecl_source source = source_of(both);
    struct cdecl_error error;
    ck_assert(!cdecl_parse(state, &source, &error));
    ck_assert_str_eq(error.message, strchr(strchr(expected, ':') + 1, ':') + 2);
    ck_assert(!is_declared("first"));
}
END_TEST

/* In one text, in lines of their own. */
START_TEST(incompatibly_declared_in_lines)
{
    char expected[300], both[256];
    const char *message = strchr(conflicts[_i][2], ':');
    snprintf(both, sizeof both, "%s\n%s", conflicts[_i][0], conflicts[_i][1]);
    snprintf(expected, sizeof expected, "2%s, first declared in line 1", message);
    must_fail(both, expected);
    snprintf(both, sizeof both, "# 7 \"a.h\"\n%s\n# 2 \"b.h\"\n%s", conflicts[_i][0],
             conflicts[_i][1]);
    snprintf(expected, sizeof expected, "b.h:2%s, first declared at a.h:7", message);
    must_fail(both, expected);
}
END_TEST

/* The first place is named where that says something. */
static const struct {
    const char *first, *second, *expected;
} places[] = {
    {"# 7 \"a.h\"\nint x;", "# 9 \"b.h\"\n\nlong x;",
     "b.h:10:6: 'x' redeclared as 'extern long x', was 'extern int x', first declared at a.h:7"},
    {"# 7 \"a.h\"\nint x;", "long x;",
     "1:6: 'x' redeclared as 'extern long x', was 'extern int x', first declared at a.h:7"},
    {"int y;", "int x;\n\nlong x;",
     "3:6: 'x' redeclared as 'extern long x', was 'extern int x', first declared in line 1"},
    {"\nint x;", "\n\nlong x;",
     "3:6: 'x' redeclared as 'extern long x', was 'extern int x', first declared in line 2 of an "
     "earlier text"},
    {"int x;", "# 7 \"a.h\"\nlong x;",
     "a.h:7:6: 'x' redeclared as 'extern long x', was 'extern int x', first declared in line 1 of "
     "an earlier text"},
    {"\nstruct s;", "struct s { int a; };\nstruct s { long b; };",
     "2:8: 'struct s' redefined: member 1 is 'long b' at byte 0, was 'int a' at byte 0, first "
     "declared in line 1"},
    {"", "enum { A, B };\nenum { A = 1 };",
     "2:8: 'A' redeclared as 'static const int A = 1', was 'static const int A = 0', first "
     "declared in line 1"},
    {"", "# 7 \"a.h\"\nint x; long x;",
     "a.h:7:13: 'x' redeclared as 'extern long x', was 'extern int x'"},
    {"", "# 7 \"a.h\"\nint x;\nlong x;",
     "a.h:8:6: 'x' redeclared as 'extern long x', was 'extern int x', first declared at a.h:7"},
    {"# 0 \"a.h\"\nenum e { A,\nB };", "enum f { B };",
     "1:10: 'B' redeclared as 'static const int B = 0', was 'static const int B = 1', first "
     "declared at a.h:1"},
    {"# 5 \"a.h\"\nstruct s;\nstruct s {\nint a; };", "struct s { long a; };",
     "1:8: 'struct s' redefined: member 1 is 'long a' at byte 0, was 'int a' at byte 0, first "
     "declared at a.h:6"},
    {"# 5 \"a.h\"\nenum s { A };", "enum s { A = 0, };\nenum s;\nenum s { B };",
     "3:6: 'enum s' redefined: enumerator 1 is 'B', was 'A', first declared at a.h:5"},
    {"# 5 \"a.h\"\nenum s : short { A };", "enum s : int { A };",
     "1:6: 'enum s' redefined with size 4 and alignment 4, was 2 and 2, first declared at a.h:5"},
    {"# 5 \"a.h\"\nstruct s { static const int a = 1; int b; };",
     "struct s { static const int a = 2; int b; };",
     "1:8: 'struct s' redefined with other constants, first declared at a.h:5"},
    {"# 5 \"a.h\"\nextern struct\ns *x;", "union s;",
     "1:7: 'union s' was declared as 'struct s', first declared at a.h:6"},
    {"# 5 \"a.h\"\n#define M 1", "#define M 2",
     "1:1: macro 'M' redefined as '2', was '1', first declared at a.h:5"},
    {"", "#define M 1\n#define M 2",
     "2:1: macro 'M' redefined as '2', was '1', first declared in line 1"},
};

START_TEST(places_of_a_conflict)
{
    must_parse(places[_i].first);
    must_fail(places[_i].second, places[_i].expected);
}
END_TEST

START_TEST(attributes_are_united)
{
    must_parse("void f(char *, char *) __attribute__((nonnull(1)));"
               "void f(char *a, char *b) __attribute__((nonnull(2), deprecated(\"old\")));"
               "void f(char *, char *) __attribute__((nonnull(1), deprecated(\"old\")));");
    unsigned nonnull = 0, deprecated = 0;
    for (const struct cdecl_attr *attr = decl_of("f")->attrs; attr != NULL; attr = attr->next) {
        nonnull += attr->id == CDECL_ATTR_NONNULL;
        deprecated += attr->id == CDECL_ATTR_DEPRECATED;
    }
    ck_assert_uint_eq(nonnull, 2);
    ck_assert_uint_eq(deprecated, 1);
    ck_assert_str_eq(decl_of("f")->params[1].name, "b");
}
END_TEST

START_TEST(what_changes_nothing_costs_nothing)
{
    static const char text[] = "int f(int a); extern int x; typedef int t; struct s { int a; };"
                               "enum e { A }; static const int c = 1; enum e *f2(void);";
    must_parse(text);
    const struct cdecl_decl *f = decl_of("f");
    must_parse(text);
    size_t before = cdecl_memory(state);
    for (int i = 0; i < 10; i++)
        must_parse("int f(int); extern int x; typedef int t; struct s; enum e *f2(void);");
    ck_assert_uint_eq(cdecl_memory(state), before);
    ck_assert_ptr_eq(decl_of("f"), f);
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_compat(void)
{
    Suite *suite = suite_create("compat");
    TCase *tcase = add_case(suite, "compat");
    ADD_LOOP(tcase, compatible_types, compatible);
    ADD_LOOP(tcase, composite_types, compatible);
    ADD_LOOP(tcase, incompatible_types, incompatible);
    tcase_add_test(tcase, across_states);
    tcase_add_test(tcase, recursive_structs_across_states);
    tcase_add_loop_test(tcase, deep_structs_across_states, 0, 5);
    tcase_add_loop_test(tcase, wide_structs_across_states, 0, 2);
    tcase_add_test(tcase, incomplete_across_states);
    ADD_LOOP(tcase, compatibly_declared_again, again);
    ADD_LOOP(tcase, incompatibly_declared_again, conflicts);
    ADD_LOOP(tcase, incompatibly_declared_in_lines, conflicts);
    ADD_LOOP(tcase, places_of_a_conflict, places);
    tcase_add_test(tcase, attributes_are_united);
    tcase_add_test(tcase, what_changes_nothing_costs_nothing);
    return suite;
}
