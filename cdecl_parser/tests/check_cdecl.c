/* cdecl.c: the public functions, as an embedder sees them. */
#include <stdio.h>
#include <stdlib.h>
#include "support.h"

/* ---- states ---- */

START_TEST(states_are_independent)
{
    struct cdecl_state *other = cdecl_new(NULL);
    must_parse("int x; struct s { int a; };");
    ck_assert_ptr_null(cdecl_find(other, "x", 1));
    ck_assert_ptr_null(cdecl_find_tag(other, "s", 1));
    ck_assert_ptr_ne(cdecl_basic(other, CDECL_PRIM_INT), cdecl_basic(state, CDECL_PRIM_INT));
    cdecl_free(other);
    cdecl_free(NULL);
}
END_TEST

START_TEST(memory_is_counted)
{
    size_t before = cdecl_memory(state);
    ck_assert_uint_gt(before, 0);
    ck_assert_uint_le(before, state_heap.bytes);
    must_parse("struct memory_test { int memory_test_member; };");
    ck_assert_uint_gt(cdecl_memory(state), before);
}
END_TEST

START_TEST(a_state_needs_its_memory)
{
    struct heap heap;
    struct cdecl_allocator allocator = heap_allocator(&heap);
    heap.granted = 0;
    ck_assert_ptr_null(cdecl_new(&allocator));
    heap.granted = 1;
    ck_assert_ptr_null(cdecl_new(&allocator));
    ck_assert_uint_eq(heap.bytes, 0);
}
END_TEST

/* ---- finding ---- */

START_TEST(finding_names)
{
    must_parse("int x; void f(void); typedef int t; enum e { A }; struct s { int a; };\n"
               "#define M 1\n#define t2 2\ntypedef int t2_t;");
    ck_assert_uint_eq(decl_of("x")->kind, CDECL_DECL_VARIABLE);
    ck_assert_uint_eq(decl_of("f")->kind, CDECL_DECL_FUNCTION);
    ck_assert_uint_eq(decl_of("t")->kind, CDECL_DECL_TYPEDEF);
    ck_assert_uint_eq(decl_of("A")->kind, CDECL_DECL_CONSTANT);
    ck_assert_uint_eq(decl_of("M")->kind, CDECL_DECL_MACRO);
    ck_assert_ptr_null(cdecl_find(state, "y", 1));
    ck_assert_ptr_null(cdecl_find(state, "s", 1)); /* a tag is no ordinary name */
    ck_assert_ptr_null(cdecl_find(state, "", 0));
    ck_assert_ptr_null(cdecl_find(state, "xx", 2));
    ck_assert_ptr_eq(cdecl_find(state, "xyz", 1), decl_of("x")); /* the size counts */
    ck_assert_ptr_null(cdecl_find(state, "x\0y", 3));
    ck_assert_ptr_null(cdecl_find(state, "int", 3));
    ck_assert_ptr_null(cdecl_find(state, "__x86_64__", 10)); /* the compiler's own macros */
    ck_assert_ptr_null(cdecl_find(state, "__SIZE_TYPE__", 13));
    ck_assert_ptr_eq(cdecl_find_tag(state, "s", 1), type_of("struct s"));
    ck_assert_ptr_eq(cdecl_find_tag(state, "e", 1), type_of("enum e"));
    ck_assert_ptr_null(cdecl_find_tag(state, "t", 1));
    ck_assert_ptr_null(cdecl_find_tag(state, "none", 4));
}
END_TEST

START_TEST(a_name_before_a_macro)
{
    must_parse("int x;\n#define x x + 1\n#define y 3\n");
    ck_assert_uint_eq(decl_of("x")->kind, CDECL_DECL_VARIABLE);
    ck_assert_uint_eq(decl_of("y")->kind, CDECL_DECL_MACRO);
    must_parse("#undef y\n");
    ck_assert(!is_declared("y"));
}
END_TEST

START_TEST(predeclared_names)
{
    const struct cdecl_decl *decl = decl_of("size_t");
    ck_assert_uint_eq(decl->kind, CDECL_DECL_TYPEDEF);
    ck_assert_uint_eq(decl->line, 0);
    must_fail("typedef unsigned char size_t;", "1:23: 'size_t' redeclared as 'typedef unsigned "
                                               "char size_t', was 'typedef " SIZE_NAME " size_t'");
    must_parse("typedef unsigned char wint_t; int bool(void);"); /* anybody may have these */
    ck_assert_ptr_eq(decl_of("wint_t")->type, cdecl_basic(state, CDECL_PRIM_UCHAR));
    ck_assert_uint_eq(decl_of("wint_t")->line, 1);
    ck_assert_uint_eq(decl_of("bool")->kind, CDECL_DECL_FUNCTION);
}
END_TEST

START_TEST(where_names_were_declared)
{
    struct cdecl_source source =
        source_of("int a;\n\n  int b,\nc;\n# 70 \"h.h\"\nint d; enum {\nE };");
    source.name = "text";
    must_parse_source(&source);
    ck_assert_uint_eq(decl_of("a")->line, 1);
    ck_assert_str_eq(decl_of("a")->file, "text");
    ck_assert_uint_eq(decl_of("b")->line, 3);
    ck_assert_uint_eq(decl_of("c")->line, 4);
    ck_assert_uint_eq(decl_of("d")->line, 70);
    ck_assert_str_eq(decl_of("d")->file, "h.h");
    ck_assert_uint_eq(decl_of("E")->line, 71);
    must_parse("int f; int a;");
    ck_assert_ptr_null(decl_of("f")->file);
    ck_assert_uint_eq(decl_of("a")->line, 1); /* the first declaration counts */
    ck_assert_str_eq(decl_of("a")->file, "text");
}
END_TEST

/* ---- going through everything ---- */

START_TEST(declarations_in_order)
{
    static const char *const expected[] = {"a", "f", "t", "A", "B", "c", "M", "v"};
    must_parse("int a; int f(int p); typedef struct s { int m; } t; enum { A, B };"
               "static const int c = 1;\n#define M 2\n");
    must_parse("int a; int f(int); int v;");
    size_t count = 0;
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;) {
        if (d->line == 0)
            continue;
        ck_assert_uint_lt(count, sizeof expected / sizeof *expected);
        ck_assert_str_eq(d->name, expected[count++]);
    }
    ck_assert_uint_eq(count, sizeof expected / sizeof *expected);
}
END_TEST

/* Only what a name means now; a replaced declaration is not shown. */
START_TEST(declarations_that_are_current)
{
    must_parse("int x(); int y;\n#define M 1\n#undef M\n#define N 1\n#undef N\n#define N 2\n");
    must_parse("int x(int a);");
    size_t x = 0, m = 0, n = 0;
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;) {
        x += strcmp(d->name, "x") == 0;
        m += strcmp(d->name, "M") == 0;
        n += strcmp(d->name, "N") == 0;
    }
    ck_assert(x == 1 && m == 0 && n == 1);
}
END_TEST

START_TEST(tags_in_order)
{
    must_parse("struct a { union b { int x; } y; struct { int z; } w; }; enum c { C }; struct d;");
    static const char *const expected[] = {"a", "b", NULL, "c", "d"};
    size_t count = 0;
    bool started = false;
    for (const struct cdecl_tag *tag = NULL; (tag = cdecl_next_tag(state, tag)) != NULL;) {
        started |= tag->name != NULL && strcmp(tag->name, "a") == 0;
        if (started)
            ck_assert_pstr_eq(tag->name, expected[count++]);
    }
    ck_assert_uint_eq(count, 5);
}
END_TEST

/* ---- values ---- */

START_TEST(evaluating)
{
    must_parse("enum { A = 5 }; static const double d = 2.5; static const char s[] = \"ab\\0c\";\n"
               "#define M (A + 1)\n");
    ck_assert_int_eq(int_of("A * 2 + M"), 16);
    struct cdecl_value v = value_of("d / 2");
    ck_assert_int_eq(v.kind, CDECL_VALUE_FLOAT);
    ck_assert(v.f == 1.25);
    ck_assert_ptr_eq(v.type, type_of("double"));
    v = value_of("s");
    ck_assert_int_eq(v.kind, CDECL_VALUE_STRING);
    ck_assert_uint_eq(v.size, 4);
    ck_assert(memcmp(v.s, "ab\0c", 5) == 0);
    v = value_of("(1.5f, 2)");
    ck_assert_uint_eq(v.u, 2);
    ck_assert(value_of("-1").u == UINT64_MAX);
    ck_assert(value_of("1.0f").type == type_of("float"));
}
END_TEST

START_TEST(macro_values)
{
    struct cdecl_error error;
    struct cdecl_value v;
    must_parse("#define A 3\n#define B (A << 2)\n#define S \"x\" \"y\"\n#define F 1.5\n"
               "#define EMPTY\n#define CALL f(1)\n#define LATER (X + 1)\n#define SELF SELF\n");
    ck_assert(cdecl_macro_value(state, decl_of("B"), &v, &error));
    ck_assert_uint_eq(v.u, 12);
    ck_assert(cdecl_macro_value(state, decl_of("S"), &v, &error));
    ck_assert_str_eq(v.s, "xy");
    ck_assert(cdecl_macro_value(state, decl_of("F"), &v, &error));
    ck_assert(v.f == 1.5);
    ck_assert(!cdecl_macro_value(state, decl_of("EMPTY"), &v, &error));
    ck_assert_str_eq(error.message, "expected an expression, got end of text");
    ck_assert_str_eq(error.file, "EMPTY");
    ck_assert(!cdecl_macro_value(state, decl_of("CALL"), &v, &error));
    ck_assert_str_eq(error.message, "unknown name 'f'");
    ck_assert(!cdecl_macro_value(state, decl_of("SELF"), &v, &error));
    ck_assert_str_eq(error.message, "unknown name 'SELF'");
    ck_assert(!cdecl_macro_value(state, decl_of("LATER"), &v, &error));
    must_parse("enum { X = 9 };");
    ck_assert(cdecl_macro_value(state, decl_of("LATER"), &v, &error));
    ck_assert_uint_eq(v.u, 10);
}
END_TEST

/* ---- one type; declarations without a meaning ---- */

START_TEST(parsing_a_type_declares_nothing)
{
    size_t tags = take_snapshot(state).tags;
    must_fail_type("struct unknown *", "1:8: undeclared tag 'struct unknown'");
    must_fail_type("struct s { int a; }", "1:8: 'struct s' cannot be declared in a type name");
    ck_assert_uint_eq(take_snapshot(state).tags, tags);
    must_parse("struct s { int a; };");
    ck_assert_str_eq(print_type(type_of("const struct s *(*)[2]")), "const struct s *(*)[2]");
    ck_assert_str_eq(print_type(type_of("struct { int x; }")), "struct { int x; }");
    ck_assert_ptr_eq(type_of("  int /* a */ * // b\n"), type_of("int *"));
    ck_assert_ptr_eq(type_of("\n#if 1\nint\n#else\nlong\n#endif\n"), type_of("int"));
}
END_TEST

START_TEST(unbound_declarations)
{
    struct cdecl_error error;
    struct cdecl_source source =
        source_of("int f(int a), x[2]; typedef char t; struct made { int m; };");
    const struct cdecl_decl *decl = cdecl_parse_unbound(state, &source, &error);
    ck_assert_ptr_nonnull(decl);
    ck_assert_str_eq(decl->name, "f");
    ck_assert_str_eq(decl->params[0].name, "a");
    ck_assert_str_eq(decl->next->name, "x");
    ck_assert_str_eq(decl->next->next->name, "t");
    ck_assert_ptr_null(decl->next->next->next);
    ck_assert(!is_declared("f") && !is_declared("x") && !is_declared("t"));
    ck_assert_ptr_nonnull(cdecl_find_tag(state, "made", 4)); /* tags are made as usual */
    for (const struct cdecl_decl *d = NULL; (d = cdecl_next(state, d)) != NULL;)
        ck_assert_uint_eq(d->line, 0);
    must_parse("long f;"); /* no conflict with what has no meaning */
    source = source_of("int f(void);");
    ck_assert_ptr_nonnull(cdecl_parse_unbound(state, &source, &error));
    source = source_of("struct made; ;");
    ck_assert_ptr_null(cdecl_parse_unbound(state, &source, &error));
    ck_assert_str_eq(error.message, "the text declares nothing");
}
END_TEST

/* ---- flags ---- */

static const char *after_flag(const char *first, const char *second, unsigned flags)
{
    struct cdecl_source source = source_of(second);
    source.flags = flags;
    must_parse(first);
    must_parse_source(&source);
    return print_name("x");
}

START_TEST(override)
{
    ck_assert_str_eq(after_flag("int x;", "long x(void);", CDECL_OVERRIDE), "long x(void)");
    ck_assert_str_eq(after_flag("", "typedef char x;", CDECL_OVERRIDE), "typedef char x");
    ck_assert_str_eq(after_flag("", "int x(int); int x(char);", CDECL_OVERRIDE), "int x(char)");
    must_fail("int x;",
              "1:5: 'x' redeclared as 'extern int x', was 'int x(char)', first declared in "
              "line 1 of an earlier text");
}
END_TEST

START_TEST(override_of_tags)
{
    must_parse("struct s { int a; }; struct s *p;");
    const struct cdecl_type *old = type_of("struct s");
    struct cdecl_source source = source_of("struct s { long b; }; struct s *q;");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    ck_assert_ptr_ne(type_of("struct s"), old);
    ck_assert_ptr_eq(decl_of("p")->type->target, old); /* the old one lives on where it is used */
    ck_assert_ptr_eq(decl_of("q")->type->target, type_of("struct s"));
    ck_assert_uint_eq(cdecl_sizeof(old), sizeof(int));
    must_parse_source(&source);
    ck_assert_ptr_eq(decl_of("q")->type->target, type_of("struct s")); /* the same again */
}
END_TEST

START_TEST(keep_first)
{
    ck_assert_str_eq(
        after_flag("int x(int a);", "long x; typedef int x; char x(void);", CDECL_KEEP_FIRST),
        "int x(int a)");
    struct cdecl_source source = source_of("enum { E = 2 };");
    source.flags = CDECL_KEEP_FIRST;
    must_parse("enum { E = 1 };");
    must_fail_source(&source, "1:8: 'E' redeclared as 'static const int E = 2', was 'static const "
                              "int E = 1', first declared in line 1 of an earlier text");
    source = source_of("struct s { int a; }; struct s { long a; };");
    source.flags = CDECL_KEEP_FIRST;
    must_fail_source(&source, "1:29: 'struct s' redefined: member 1 is 'long a' at byte 0, was "
                              "'int a' at byte 0");
}
END_TEST

START_TEST(terminated_texts_are_read_in_place)
{
    struct cdecl_source source = source_of("int x; struct s { int a; };");
    source.flags = CDECL_TERMINATED;
    must_parse_source(&source);
    ck_assert(is_declared("x"));
    char part[] = "int y; int z;";
    source = (struct cdecl_source){.text = part, .size = 6}; /* no zero after it: copied */
    must_parse_source(&source);
    ck_assert(is_declared("y") && !is_declared("z"));
    memset(part, '#', sizeof part);
    ck_assert_str_eq(decl_of("y")->name, "y"); /* nothing points into the text */
}
END_TEST

/* ---- "$" ---- */

static struct cdecl_arg type_arg(const char *type)
{
    return (struct cdecl_arg){.kind = CDECL_ARG_TYPE, .type = type_of(type)};
}

static struct cdecl_arg name_arg(const char *name)
{
    return (struct cdecl_arg){.kind = CDECL_ARG_NAME, .name = name, .name_size = strlen(name)};
}

static struct cdecl_arg int_arg(int64_t integer)
{
    return (struct cdecl_arg){.kind = CDECL_ARG_INT, .integer = integer};
}

START_TEST(arguments_of_each_kind)
{
    struct cdecl_arg args[] = {type_arg("const char *"), name_arg("made"),  int_arg(3),
                               type_arg("int"),          name_arg("field"), int_arg(-5),
                               name_arg("made"),         name_arg("K")};
    struct cdecl_source source =
        source_of("typedef $ $[$]; struct s { $ $; }; enum { N = $ }; $ x; enum { $ = 4 };");
    source.args = args;
    source.nargs = sizeof args / sizeof *args;
    must_parse_source(&source);
    ck_assert_str_eq(print_name("made"), "typedef const char *made[3]");
    ck_assert_ptr_eq(member_of(type_of("struct s"), "field")->type, type_of("int"));
    ck_assert_int_eq(int_of("N"), -5);
    ck_assert_ptr_eq(decl_of("x")->type, decl_of("made")->type);
    ck_assert_int_eq(int_of("K"), 4);
}
END_TEST

/* Those of a condition are used up as others are, also in a branch that is not taken at first. */
START_TEST(arguments_in_a_condition)
{
    struct cdecl_arg args[] = {int_arg(1), int_arg(2), int_arg(7), int_arg(3)};
    struct cdecl_source source =
        source_of("#if $ == 2\n#elif $ == 2\nint x[$];\n#endif\nint y[$];");
    source.args = args;
    source.nargs = 4;
    must_parse_source(&source);
    ck_assert_str_eq(print_name("x"), "extern int x[7]");
    ck_assert_str_eq(print_name("y"), "extern int y[3]");
}
END_TEST

/* After ffi.lock(): what has a body raises, however its brace is spelt, and nothing is made. */
START_TEST(bodies_are_refused)
{
    static const char *const texts[] = {"struct { int x; }", "union <% long n; void *p; %>",
                                        "enum { ONE }", "struct BRACE int x; } *"};
    struct cdecl_error error;
    must_parse("#define BRACE {\nstruct known { int x; };");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct cdecl_source source = source_of(texts[i]);
        source.flags |= CDECL_NO_BODIES;
        ck_assert_ptr_null(cdecl_parse_type(state, &source, &error));
        ck_assert_str_eq(error.message, "a body makes a new type, which this text may not");
        ck_assert(error.body && !error.conflict);
        ck_assert_ptr_null(cdecl_parse_unbound(state, &source, &error));
        ck_assert(error.body);
    }
    struct cdecl_source source = source_of("struct known *[2]");
    source.flags |= CDECL_NO_BODIES;
    ck_assert_ptr_nonnull(cdecl_parse_type(state, &source, &error));
    source = source_of("struct { int x; ");
    ck_assert_ptr_null(cdecl_parse_type(state, &source, &error));
    ck_assert(!error.body);
}
END_TEST

START_TEST(arguments_in_a_type)
{
    struct cdecl_error error;
    struct cdecl_arg args[] = {type_arg("int (void)"), int_arg(2), int_arg(5)};
    struct cdecl_source source = source_of("const $ *[$ * $]");
    source.args = args;
    source.nargs = 3;
    const struct cdecl_type *type = cdecl_parse_type(state, &source, &error);
    ck_assert_ptr_eq(type, type_of("int (*[10])(void)"));
    struct cdecl_arg anonymous = type_arg("struct { int a; }");
    source = source_of("$ *");
    source.args = &anonymous;
    source.nargs = 1;
    ck_assert_ptr_eq(cdecl_parse_type(state, &source, &error)->target, anonymous.type);
}
END_TEST

static const struct {
    const char *text;
    const char *kinds; /* of the arguments: type "int", name "n", int 3 */
    const char *message;
} misuse[] = {
    {"int $;", "", "1:5: no argument left for this '$'"},
    {"int $; int $;", "n", "1:12: no argument left for this '$'"},
    {"int x;", "i", "1:7: 1 arguments for 0 '$'"},
    {"int $;", "nni", "1:7: 3 arguments for 1 '$'"},
    {"int $;", "i", "1:5: expected a name, got '$'"},
    {"int x[$];", "t", "1:7: expected an expression, got '$'"},
    {"int x[$];", "n", "1:7: unknown name 'n'"},
    {"$ x;", "i", "1:1: expected a type, got '$'"},
    {"$ x;", "n", "1:1: unknown type 'n'"},
    {"int $ x;", "t", "1:5: '$' does not go with the type before it"},
    {"$ int x;", "t", "1:3: 'int' does not go with the type before it"},
};

START_TEST(misused_arguments)
{
    struct cdecl_arg args[8];
    struct cdecl_source source = source_of(misuse[_i].text);
    for (const char *kind = misuse[_i].kinds; *kind != '\0'; kind++)
        args[source.nargs++] = *kind == 't'   ? type_arg("int")
                               : *kind == 'n' ? name_arg("n")
                                              : int_arg(3);
    source.args = args;
    must_fail_source(&source, misuse[_i].message);
}
END_TEST

/* ---- macros for one text ---- */

START_TEST(defines_of_the_caller)
{
    static const struct cdecl_define defines[] = {
        {"WIDTH", "8"}, {"FLAG", NULL}, {"T", "unsigned *"}};
    struct cdecl_source source =
        source_of("#if FLAG && WIDTH == 8\nT x[WIDTH];\n#endif\n#define KEPT 3\n");
    source.defines = defines;
    source.ndefines = 3;
    must_parse_source(&source);
    ck_assert_str_eq(print_name("x"), "extern unsigned int *x[8]");
    ck_assert(!is_declared("WIDTH") && !is_declared("FLAG") && is_declared("KEPT"));
    must_fail("int y[WIDTH];", "1:7: unknown name 'WIDTH'");
}
END_TEST

/* ---- members ---- */

START_TEST(finding_members)
{
    must_parse(
        "struct s { int a; struct { short b; union { char c; struct { long d; }; }; };"
        " union { int e; } f; int : 3; int g : 4; }; union u { int a; struct { int b, c; }; };");
    const struct cdecl_type *s = type_of("struct s"), *u = type_of("const union u");
    static const struct {
        const char *name;
        size_t offset;
    } places[] = {{"a", 0},
                  {"b", sizeof(long)},
                  {"c", 2 * sizeof(long)},
                  {"d", 2 * sizeof(long)},
                  {"f", 3 * sizeof(long)},
                  {"g", 3 * sizeof(long) + 4}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint64_t offset = 99;
        const struct cdecl_member *m = cdecl_find_member(s, places[i].name, 1, &offset);
        ck_assert_str_eq(m->name, places[i].name);
        ck_assert_uint_eq(offset, places[i].offset);
    }
    uint64_t offset = 99;
    ck_assert_ptr_null(cdecl_find_member(s, "e", 1, &offset));
    ck_assert_ptr_null(cdecl_find_member(s, "ab", 2, &offset));
    ck_assert_ptr_null(cdecl_find_member(type_of("struct s *"), "a", 1, &offset));
    ck_assert_ptr_nonnull(cdecl_find_member(u, "c", 1, &offset));
    ck_assert_uint_eq(offset, sizeof(int));
    ck_assert_str_eq(
        cdecl_suggest_member(type_of("struct { int colour; struct { int width; }; }"), "widht", 5),
        "width");
    ck_assert_ptr_null(cdecl_suggest_member(s, "zzzzzz", 6));
}
END_TEST

/* ---- errors ---- */

START_TEST(an_error_may_be_ignored)
{
    struct cdecl_source source = source_of("nonsense x;");
    ck_assert(!cdecl_parse(state, &source, NULL));
    ck_assert_ptr_null(cdecl_parse_type(state, &source, NULL));
    ck_assert_ptr_null(cdecl_parse_unbound(state, &source, NULL));
}
END_TEST

START_TEST(a_failure_leaves_nothing)
{
    struct cdecl_error error;
    struct cdecl_value value;
    struct snapshot before = take_snapshot(state);
    struct cdecl_source source = source_of("int x; struct s { int a; } y; enum { E }; bad z;");
    ck_assert_ptr_null(cdecl_parse_unbound(state, &source, &error));
    must_be_unchanged(state, &before, "cdecl_parse_unbound");
    source = source_of("sizeof(struct { int a; }) + bad");
    ck_assert(!cdecl_eval(state, &source, &value, &error));
    must_be_unchanged(state, &before, "cdecl_eval");
    source = source_of("struct { int a; } bad");
    ck_assert_ptr_null(cdecl_parse_type(state, &source, &error));
    must_be_unchanged(state, &before, "cdecl_parse_type");
}
END_TEST

START_TEST(odd_texts)
{
    must_parse("");
    must_parse(" \t\v\f\r\n");
    must_parse("/* nothing */ // at all");
    must_parse(";");
    struct cdecl_source source = {.text = NULL, .size = 0};
    must_parse_source(&source);
    source = (struct cdecl_source){.text = "int a\0;", .size = 7};
    must_fail_source(&source, "1:6: zero byte in the text");
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_cdecl(void)
{
    Suite *suite = suite_create("cdecl");
    TCase *tcase = add_case(suite, "cdecl");
    tcase_add_test(tcase, states_are_independent);
    tcase_add_test(tcase, memory_is_counted);
    tcase_add_test(tcase, a_state_needs_its_memory);
    tcase_add_test(tcase, finding_names);
    tcase_add_test(tcase, a_name_before_a_macro);
    tcase_add_test(tcase, predeclared_names);
    tcase_add_test(tcase, where_names_were_declared);
    tcase_add_test(tcase, declarations_in_order);
    tcase_add_test(tcase, declarations_that_are_current);
    tcase_add_test(tcase, tags_in_order);
    tcase_add_test(tcase, evaluating);
    tcase_add_test(tcase, macro_values);
    tcase_add_test(tcase, parsing_a_type_declares_nothing);
    tcase_add_test(tcase, unbound_declarations);
    tcase_add_test(tcase, override);
    tcase_add_test(tcase, override_of_tags);
    tcase_add_test(tcase, keep_first);
    tcase_add_test(tcase, terminated_texts_are_read_in_place);
    tcase_add_test(tcase, arguments_of_each_kind);
    tcase_add_test(tcase, arguments_in_a_condition);
    tcase_add_test(tcase, bodies_are_refused);
    tcase_add_test(tcase, arguments_in_a_type);
    ADD_LOOP(tcase, misused_arguments, misuse);
    tcase_add_test(tcase, defines_of_the_caller);
    tcase_add_test(tcase, finding_members);
    tcase_add_test(tcase, an_error_may_be_ignored);
    tcase_add_test(tcase, a_failure_leaves_nothing);
    tcase_add_test(tcase, odd_texts);
    return suite;
}
