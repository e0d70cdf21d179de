/* scope.c: names and their meanings, tags, and the transaction: a text that fails leaves no trace.
 */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

/* ---- names ---- */

static const struct name *intern(const char *text, size_t size)
{
    struct cdecl_arg arg = {.kind = CDECL_ARG_NAME, .name = text, .name_size = size};
    struct cdecl_source source = source_of("int $;");
    source.args = &arg;
    source.nargs = 1;
    must_parse_source(&source);
    return cdecl__lookup(state, text, size);
}

/* Lengths around the words that the hash reads, and bytes that differ in one place only. */
START_TEST(names_differ_in_any_byte)
{
    size_t size = (size_t)_i;
    char text[128], other[128];
    memset(text, 'a', sizeof text);
    const struct name *name = intern(text, size);
    ck_assert_ptr_nonnull(name);
    ck_assert_uint_eq(name->size, size);
    ck_assert_mem_eq(name->text, text, size);
    ck_assert_int_eq(name->text[size], '\0');
    ck_assert_ptr_eq(cdecl__name_of(name->text), name);
    for (size_t i = 0; i < size; i++) {
        memcpy(other, text, size);
        other[i] = 'b';
        ck_assert_ptr_null(cdecl__lookup(state, other, size));
    }
    ck_assert_ptr_null(cdecl__lookup(state, text, size + 1));
    ck_assert_ptr_eq(intern(text, size), name);
}
END_TEST

START_TEST(many_names_are_all_found)
{
    enum { COUNT = 20000 };
    char *text = malloc(COUNT * 16), *to = text;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < COUNT; i++)
        to += sprintf(to, "int n%d;", i * 7919);
    must_parse(text);
    free(text);
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "n%d", i * 7919);
        ck_assert_str_eq(decl_of(name)->name, name);
    }
    ck_assert(!is_declared("n1"));
}
END_TEST

START_TEST(the_spaces_of_names_are_apart)
{
    must_parse("struct x { int x; }; typedef struct x x; enum y { z }; int y;");
    ck_assert_int_eq(decl_of("x")->kind, CDECL_DECL_TYPEDEF);
    ck_assert_int_eq(decl_of("y")->kind, CDECL_DECL_VARIABLE);
    ck_assert_str_eq(print_type(cdecl_find_tag(state, "x", 1)), "struct x");
    ck_assert_str_eq(print_type(cdecl_find_tag(state, "y", 1)), "enum y");
    ck_assert_ptr_null(cdecl_find_tag(state, "z", 1));
    ck_assert_ptr_null(cdecl_find_tag(state, "nobody", 6));
    ck_assert(!is_declared("nobody"));
}
END_TEST

START_TEST(macros_are_found_after_names)
{
    must_parse("#define m 1\n#define v v\nint v;");
    ck_assert_int_eq(decl_of("m")->kind, CDECL_DECL_MACRO);
    ck_assert_str_eq(decl_of("m")->text, "1");
    ck_assert_int_eq(decl_of("v")->kind, CDECL_DECL_VARIABLE);
    must_parse("#ifdef __CHAR_BIT__\nint c[__CHAR_BIT__];\n#endif");
    ck_assert_str_eq(print_name("c"), "extern int c[8]");
    ck_assert(!is_declared("__CHAR_BIT__")); /* the compiler's own stay out of sight */
}
END_TEST

/* ---- the lists ---- */

static const char *listed(void)
{
    static char text[400];
    size_t used = 0;
    text[0] = '\0';
    for (const struct cdecl_decl *decl = NULL; (decl = cdecl_next(state, decl)) != NULL;)
        if (decl->line != 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s@%u ", decl->name,
                                     (unsigned)decl->line);
    return text;
}

START_TEST(declarations_come_in_order)
{
    must_parse("int b;\nint a;\nenum { c, d };\n#define e 1\ntypedef int f;\nint b;");
    must_parse("void g(void);\nint a;");
    ck_assert_str_eq(listed(), "b@1 a@2 c@3 d@3 e@4 f@5 g@1 ");
}
END_TEST

START_TEST(replaced_ones_are_not_listed)
{
    struct cdecl_source source = source_of("long a;\n#define m 2\ntypedef long t;\nint f(long);");
    must_parse("int a;\n#define m 1\ntypedef int t;\nint f(int);");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    ck_assert_str_eq(listed(), "a@1 m@2 t@3 f@4 ");
    ck_assert_str_eq(print_name("a"), "extern long a");
    ck_assert_str_eq(print_name("f"), "int f(long)");
    ck_assert_str_eq(print_name("m"), "#define m 2");
    must_parse("#undef m");
    ck_assert_str_eq(listed(), "a@1 t@3 f@4 ");
}
END_TEST

START_TEST(the_first_one_is_kept_when_asked)
{
    struct cdecl_source source = source_of("long a;\n#define m 2\ntypedef long t;\nint f(long);");
    must_parse("int a;\n#define m 1\ntypedef int t;\nint f(int);");
    source.flags = CDECL_KEEP_FIRST;
    must_parse_source(&source);
    ck_assert_str_eq(print_name("a"), "extern int a");
    ck_assert_str_eq(print_name("f"), "int f(int)");
}
END_TEST

START_TEST(tags_come_in_order_with_ids)
{
    const struct cdecl_tag *last = NULL, *tag;
    while ((tag = cdecl_next_tag(state, last)) != NULL)
        last = tag;
    must_parse("struct b; union { int x; } u; enum a { A }; struct b { struct { int y; }; };");
    uint32_t ids = 0;
    char names[64] = "";
    while ((tag = cdecl_next_tag(state, last)) != NULL) {
        strcat(names, tag->name == NULL ? "- " : tag->name);
        ck_assert(tag->name != NULL ? tag->id == 0 : tag->id > ids);
        ids = tag->id > ids ? tag->id : ids;
        ck_assert_ptr_eq(tag->state, state);
        ck_assert_ptr_eq(tag->type->tag, tag);
        last = tag;
    }
    ck_assert_str_eq(names, "b- a- ");
}
END_TEST

START_TEST(files_and_lines_are_noted)
{
    struct cdecl_source source = source_of("int a;\n# 20 \"in.h\"\nint b;\n\nint c;");
    source.name = "chunk";
    must_parse_source(&source);
    ck_assert_str_eq(decl_of("a")->file, "chunk");
    ck_assert_str_eq(decl_of("b")->file, "in.h");
    ck_assert_uint_eq(decl_of("b")->line, 20);
    ck_assert_uint_eq(decl_of("c")->line, 22);
    must_parse("int d;");
    ck_assert_ptr_null(decl_of("d")->file);
    ck_assert_uint_eq(decl_of("int8_t")->line, 0); /* predeclared */
}
END_TEST

/* ---- the transaction ---- */

/* After `before`, `text` fails at its end: nothing of it is left, so `after`, which contradicts it,
 * is read. */
static const struct {
    const char *before, *text, *after;
} failures[] = {
    /* New names. */
    {"", "typedef int x;", "long x;"},
    {"", "int x(void);", "typedef int x;"},
    {"", "int x(void) { return 0; }", "int x;"},
    {"", "extern int x;", "void x(void);"},
    {"", "static const int x = 3;", "static const int x = 4;"},
    {"", "static const char x[] = \"abc\";", "int x;"},
    {"", "enum { x };", "int x;"},
    {"", "enum e { x = 1 };", "enum e { x = 2 };"},
    {"", "int a, *b, c[3], d(void);", "char a, b, c, d;"},
    {"", "void f(struct inner { int x; } *p);", "union inner { int x; };"},
    {"", "int caf\xc3\xa9;", "long caf\xc3\xa9;"},
    /* Tags: new, completed, nested, by mention only. */
    {"", "struct s { int x; };", "union s { int x; };"},
    {"", "struct s;", "enum s { A };"},
    {"", "struct s *p;", "union s { int x; } p;"},
    {"struct s;", "struct s { int x; };", "struct s { long y; };"},
    {"struct s *p;", "struct s { int x; } v;", "struct s { long y; }; int v;"},
    {"union u;", "union u { int x; long y; };", "union u { char c; };"},
    {"enum e *p;", "enum e { A, B };", "enum e { B = 7, A };"},
    {"", "enum e : char;", "enum e : long { A };"},
    {"enum e : int;", "enum e : int { A };", "enum e : int { A = 5 };"},
    {"", "struct s { struct t { int x; } in; };", "union t { int x; }; struct s { union t a; };"},
    {"struct t;", "struct s { struct t { int x; } in; };", "struct t { char c[9]; };"},
    {"struct s;", "struct s { struct s *next; struct { int deep; }; };", "struct s { int flat; };"},
    {"typedef union { int *i; char *c; } u;", "typedef u v __attribute__((transparent_union));",
     "typedef u *v;"},
    {"", "typedef struct { int x; } t;", "typedef struct { long y; } t;"},
    {"struct { int x; } v;", "typedef typeof(v) t;", "typedef typeof(v) u;"},
    {"", "struct { int x; } a; struct { int x; } b;", "int a, b;"},
    {"", "enum { A } a;", "enum { B, A } a;"},
    {"", "struct s { static const int c = 3; enum { D = 4 }; };", "struct s { int c; int D; };"},
    /* Macros. */
    {"", "#define M 1\n", "#define M 2\n"},
    {"", "#define M 1\nint a[M];", "#define M 2\nint a[M];"},
    {"#define M 1", "#undef M\n", "_Static_assert(M == 1, \"\");"},
    {"#define M 1", "#undef M\n#define M 2\n", "_Static_assert(M == 1, \"\");"},
    {"", "#define __x86_64__ 7\n#undef __CHAR_BIT__\n", "_Static_assert(__CHAR_BIT__ == 8, \"\");"},
    {"#define M N\n#define N 3", "int a[M];", "int a[M + M];"},
    /* #pragma pack, of the text only. */
    {"", "#pragma pack(push, 1)\nstruct s { char c; int i; };",
     "struct s { char c; int i; }; _Static_assert(sizeof(struct s) == 8, \"\");"},
    {"", "#pragma pack(1)\nint packed;",
     "struct s { char c; int i; } x[sizeof(struct s) == 8 ? 1 : -1];"},
    /* What a re-declaration adds. */
    {"void f(void *);", "void f(void *) __attribute__((nonnull, deprecated(\"x\")));", ""},
    {"void f();", "void f(int, char *);", "void f(double);"},
    {"extern int a[];", "extern int a[3];", "extern int a[4];"},
    {"void f(int);", "void f(int named);", ""},
    {"int v;", "int v __asm__(\"w\");", "int v __asm__(\"u\");"},
    {"void f(int);", "void f(int) __attribute__((regparm(1)));", ""},
    {"struct s; struct s *p;", "struct s { int x; }; extern struct s *p;", "struct s { char c; };"},
};

START_TEST(a_failing_text_leaves_no_trace)
{
    static const char *const endings[] = {"\nint 3;", "\nunknown_t x;", "\nstruct open {",
                                          "\n#error stop", "\n/* open"};
    char text[400];
    must_parse(failures[_i].before);
    struct snapshot before = take_snapshot(state);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct cdecl_error error;
        snprintf(text, sizeof text, "%s%s", failures[_i].text, endings[i]);
        struct cdecl_source source = source_of(text);
        ck_assert_msg(!cdecl_parse(state, &source, &error), "%s is read", text);
        must_be_unchanged(state, &before, text);
    }
    must_parse(failures[_i].after);
}
END_TEST

/* The same text succeeds when it does not end in a failure: the table above tests what it says. */
START_TEST(without_the_failure_there_is_a_trace)
{
    must_parse(failures[_i].before);
    struct snapshot before = take_snapshot(state);
    must_parse(failures[_i].text);
    struct snapshot now = take_snapshot(state);
    ck_assert(now.memory != before.memory || now.meaning != before.meaning);
}
END_TEST

START_TEST(overriding_and_keeping_leave_no_trace)
{
    static const unsigned flags[] = {CDECL_OVERRIDE, CDECL_KEEP_FIRST, CDECL_TERMINATED,
                                     CDECL_OVERRIDE | CDECL_TERMINATED};
    must_parse("int a; typedef int t; struct s { int x; };\n#define M 1\nvoid f(int);");
    struct cdecl_source source =
        source_of("long a; typedef long t; void f(long);\n#define M 2\nint b; enum { C };\nint 3;");
    source.flags = flags[_i];
    struct snapshot before = take_snapshot(state);
    ck_assert(!cdecl_parse(state, &source, NULL));
    must_be_unchanged(state, &before, source.text);
    source = source_of("struct s { long y; };\nint 3;");
    source.flags = flags[_i];
    ck_assert(!cdecl_parse(state, &source, NULL));
    must_be_unchanged(state, &before, source.text);
}
END_TEST

/* Macros given by the caller are there for one text, whether it succeeds or not, and hide others.
 */
START_TEST(the_callers_macros_end_with_the_text)
{
    const struct cdecl_define defines[] = {{"M", "5"}, {"ONE", NULL}, {"__CHAR_BIT__", "9"}};
    struct cdecl_source source = source_of("int a[M], b[ONE], c[__CHAR_BIT__];");
    source.defines = defines;
    source.ndefines = 3;
    must_parse("#define M 2");
    must_parse_source(&source);
    ck_assert_str_eq(print_name("a"), "extern int a[5]");
    ck_assert_str_eq(print_name("b"), "extern int b[1]");
    ck_assert_str_eq(print_name("c"), "extern int c[9]");
    must_parse("_Static_assert(M == 2 && __CHAR_BIT__ == 8, \"\");\n#ifdef ONE\n#error\n#endif");
    source.text = "int d[M + ONE]; int 3;";
    source.size = strlen(source.text);
    must_fail_source(&source, "1:21: expected a name, got '3'");
    must_parse("_Static_assert(M == 2 && __CHAR_BIT__ == 8, \"\");\n#ifdef ONE\n#error\n#endif");
}
END_TEST

/* Types, expressions and constructors are transactions as well. */
START_TEST(other_entries_leave_no_trace)
{
    struct cdecl_error error;
    must_fail_type("struct { struct { int x; } a[sizeof(struct { char c; })]; }[x]",
                   "1:61: unknown name 'x'");
    must_fail_value("sizeof(struct { int x[__LINE_UP__]; })", "1:23: unknown name '__LINE_UP__'");
    must_fail_value("(struct { int a; } *)0 + \"x\"",
                    "1:24: '+' on 'struct { int a; } *' and 'char[2]'");
    struct cdecl_source source = source_of("struct t { int x; }; int f(struct t *), 3;");
    struct snapshot before = take_snapshot(state);
    ck_assert_ptr_null(cdecl_parse_unbound(state, &source, &error));
    must_be_unchanged(state, &before, source.text);
    const struct cdecl_type *type = type_of("struct { int x; }");
    before = take_snapshot(state);
    ck_assert_ptr_null(cdecl_array_of(state, type, UINT64_MAX / 4, &error));
    must_be_unchanged(state, &before, "array_of");
}
END_TEST

/* Thousands of names, types and tags at once: the tables grow on the way, the notes take many
 * lumps. */
START_TEST(a_large_failing_text_leaves_no_trace)
{
    enum { COUNT = 3000 };
    char *text = malloc(COUNT * 100), *to = text;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < COUNT; i++)
        to += sprintf(to, "struct s%d { int m%d; }; int (*f%d)(struct s%d *, int [%d]);\n", i, i, i,
                      i, i + 1);
    strcpy(to, "int 3;");
    char expected[60];
    snprintf(expected, sizeof expected, "%d:5: expected a name, got '3'", COUNT + 1);
    for (int again = 0; again < 3; again++)
        must_fail(text, expected);
    *to = '\0';
    must_parse(text);
    free(text);
}
END_TEST

START_TEST(failing_again_and_again_takes_no_memory)
{
    must_fail("struct s { int x; } *f(void); int 3;", "1:35: expected a name, got '3'");
    size_t bytes = state_heap.bytes;
    for (int i = 0; i < 2000; i++)
        must_fail("struct s { int x; } *f(void); int 3;", "1:35: expected a name, got '3'");
    ck_assert_uint_eq(state_heap.bytes, bytes);
}
END_TEST

/* Reading a text that says nothing new costs nothing. */
START_TEST(saying_it_again_takes_no_memory)
{
    static const char text[] = "typedef struct s { int x; } s_t; enum e { A, B = 5 }; int v[3];"
                               "int f(const s_t *, ...); static const double pi = 3.25;\n"
                               "#define M 1\n";
    must_parse(text);
    must_parse(text);
    struct snapshot before = take_snapshot(state);
    for (int i = 0; i < 100; i++)
        must_parse(text);
    struct snapshot now = take_snapshot(state);
    ck_assert_uint_eq(now.decls, before.decls);
    ck_assert_uint_eq(now.tags, before.tags);
    ck_assert_uint_eq(now.names, before.names);
    ck_assert_uint_eq(now.types, before.types);
    ck_assert_uint_eq(now.meaning, before.meaning);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* Two names with the same hash, which takes some looking. */
struct twins {
    char old[16], new[16];
};

struct hashed {
    uint32_t hash, number;
};

static int by_hash(const void *a, const void *b)
{
    uint32_t x = ((const struct hashed *)a)->hash, y = ((const struct hashed *)b)->hash;
    return (x > y) - (x < y);
}

static struct twins find_twins(void)
{
    enum { MANY = 300000 };
    struct hashed *all = malloc(MANY * sizeof *all);
    struct twins twins = {"", ""};
    for (uint32_t i = 0; i < MANY; i++) {
        int size = snprintf(twins.old, sizeof twins.old, "n%" PRIu32, i);
        all[i] = (struct hashed){cdecl__hash_text(twins.old, (size_t)size), i};
    }
    qsort(all, MANY, sizeof *all, by_hash);
    uint32_t i = 1;
    while (i < MANY && all[i].hash != all[i - 1].hash)
        i++;
    ck_assert_uint_lt(i, MANY);
    snprintf(twins.old, sizeof twins.old, "n%" PRIu32, all[i].number);
    snprintf(twins.new, sizeof twins.new, "n%" PRIu32, all[i - 1].number);
    free(all);
    return twins;
}

START_TEST(a_new_name_with_the_hash_of_an_old_one_goes_alone)
{
    struct twins twins = find_twins();
    char text[80], error[80];
    snprintf(text, sizeof text, "int %s;", twins.old);
    must_parse(text);
    snprintf(text, sizeof text, "int %s; nonsense x;", twins.new);
    snprintf(error, sizeof error, "1:%zu: unknown type 'nonsense'", strlen(twins.new) + 7);
    for (int i = 0; i < 3; i++) {
        must_fail(text, error);
        ck_assert(is_declared(twins.old));
        ck_assert(!is_declared(twins.new));
    }
    snprintf(text, sizeof text, "int %s;", twins.new);
    must_parse(text);
    ck_assert(is_declared(twins.old) && is_declared(twins.new));
}
END_TEST

Suite *check_scope(void)
{
    Suite *suite = suite_create("scope");
    TCase *names = add_case(suite, "names");
    tcase_add_loop_test(names, names_differ_in_any_byte, 1, 70);
    tcase_add_test(names, many_names_are_all_found);
    tcase_add_test(names, the_spaces_of_names_are_apart);
    tcase_add_test(names, macros_are_found_after_names);
    TCase *lists = add_case(suite, "lists");
    tcase_add_test(lists, declarations_come_in_order);
    tcase_add_test(lists, replaced_ones_are_not_listed);
    tcase_add_test(lists, the_first_one_is_kept_when_asked);
    tcase_add_test(lists, tags_come_in_order_with_ids);
    tcase_add_test(lists, files_and_lines_are_noted);
    TCase *transaction = add_case(suite, "transaction");
    tcase_add_loop_test(transaction, a_failing_text_leaves_no_trace, 0, LENGTH(failures));
    tcase_add_loop_test(transaction, without_the_failure_there_is_a_trace, 0, LENGTH(failures));
    tcase_add_loop_test(transaction, overriding_and_keeping_leave_no_trace, 0, 4);
    tcase_add_test(transaction, the_callers_macros_end_with_the_text);
    tcase_add_test(transaction, other_entries_leave_no_trace);
    tcase_add_test(transaction, a_large_failing_text_leaves_no_trace);
    tcase_add_test(transaction, a_new_name_with_the_hash_of_an_old_one_goes_alone);
    tcase_add_test(transaction, failing_again_and_again_takes_no_memory);
    tcase_add_test(transaction, saying_it_again_takes_no_memory);
    return suite;
}
