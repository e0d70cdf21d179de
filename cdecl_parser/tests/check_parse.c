/* parse.c: what declared names come to mean, initialisers, function bodies, linkage, assertions.
 * Declaring a name again is check_compat.c's business. */
#include <stdio.h>
#include "support.h"

/* ---- kinds of declarations ---- */

START_TEST(variables)
{
    must_parse("int a; extern int b; static int c; int d = 5; int e asm(\"real_e\");"
               "_Thread_local int f; const int g; volatile int h = 3;");
    static const char *const names = "abcdefgh";
    for (const char *name = names; *name != '\0'; name++) {
        char text[2] = {*name, '\0'};
        ck_assert_uint_eq(decl_of(text)->kind, CDECL_DECL_VARIABLE);
        ck_assert_ptr_eq(decl_of(text)->type->unqual, type_of("int"));
        ck_assert_str_eq(decl_of(text)->symbol, *name == 'e' ? "real_e" : text);
        ck_assert_pstr_eq(cdecl_refusal_text(decl_of(text)->refusal),
                          *name == 'c' ? "it is static, so no library exports it" : NULL);
        ck_assert_int_eq(decl_of(text)->thread_local, *name == 'f');
    }
}
END_TEST

START_TEST(functions)
{
    must_parse("int a(void); extern int b(int x); static int c(void); int d(void) asm(\"real_d\"),"
               " e(char); typedef int type(long y); type f; inline int g(void);");
    static const char *const names = "abcdefg";
    for (const char *name = names; *name != '\0'; name++) {
        char text[2] = {*name, '\0'};
        ck_assert_uint_eq(decl_of(text)->kind, CDECL_DECL_FUNCTION);
        ck_assert_str_eq(decl_of(text)->symbol, *name == 'd' ? "real_d" : text);
        ck_assert_pstr_eq(cdecl_refusal_text(decl_of(text)->refusal),
                          *name == 'c' ? "it is static, so no library exports it" : NULL);
    }
    ck_assert_str_eq(decl_of("b")->params[0].name, "x");
    ck_assert_ptr_eq(decl_of("f")->type, type_of("type"));
}
END_TEST

START_TEST(typedefs)
{
    must_parse(
        "typedef int a, *b, c[3], d(void); typedef a e; typedef struct s f; e x; f *y; d z;");
    ck_assert_uint_eq(decl_of("d")->kind, CDECL_DECL_TYPEDEF);
    ck_assert_ptr_eq(decl_of("x")->type, type_of("int"));
    ck_assert_ptr_eq(decl_of("y")->type, type_of("struct s *"));
    ck_assert_uint_eq(decl_of("z")->kind, CDECL_DECL_FUNCTION);
}
END_TEST

/* ---- attributes kept on declarations ---- */

static const struct {
    const char *text;
    enum cdecl_attr_id id;
    const char *argument; /* text of the attribute */
    uint32_t nints;
    int64_t ints[3];
} kept[] = {
    {"void x(char *) __attribute__((nonnull));", CDECL_ATTR_NONNULL, NULL, 0, {0}},
    {"void x(char *, int, char *) __attribute__((nonnull(1, 3)));",
     CDECL_ATTR_NONNULL,
     NULL,
     2,
     {1, 3}},
    {"__attribute__((__nonnull__(1 + 1))) void x(int, char *);", CDECL_ATTR_NONNULL, NULL, 1, {2}},
    {"[[gnu::nonnull(1)]] void x(char *);", CDECL_ATTR_NONNULL, NULL, 1, {1}},
    {"int x(const char *, ...) __attribute__((format(printf, 1, 2)));",
     CDECL_ATTR_FORMAT,
     "printf",
     2,
     {1, 2}},
    {"int x(int, const char *, ...) __attribute__((__format__(__scanf__, 2, 0)));",
     CDECL_ATTR_FORMAT,
     "scanf",
     2,
     {2, 0}},
    {"int x __attribute__((deprecated));", CDECL_ATTR_DEPRECATED, NULL, 0, {0}},
    {"int x(void) __attribute__((deprecated(\"use \" \"y\")));",
     CDECL_ATTR_DEPRECATED,
     "use y",
     0,
     {0}},
    {"[[deprecated(\"old\")]] int x;", CDECL_ATTR_DEPRECATED, "old", 0, {0}},
    {"typedef int x __attribute__((deprecated));", CDECL_ATTR_DEPRECATED, NULL, 0, {0}},
    {"__declspec(deprecated(\"no\")) int x(void);", CDECL_ATTR_DEPRECATED, "no", 0, {0}},
    {"static const int x __attribute__((deprecated)) = 3;", CDECL_ATTR_DEPRECATED, NULL, 0, {0}},
    {"void x(void) __attribute__((noreturn));", CDECL_ATTR_NORETURN, NULL, 0, {0}},
    {"_Noreturn void x(void);", CDECL_ATTR_NORETURN, NULL, 0, {0}},
    {"noreturn void x(void);", CDECL_ATTR_NORETURN, NULL, 0, {0}},
    {"[[noreturn]] void x(void);", CDECL_ATTR_NORETURN, NULL, 0, {0}},
    {"__declspec(noreturn) void x(void);", CDECL_ATTR_NORETURN, NULL, 0, {0}},
    {"void *x(int) __attribute__((malloc));", CDECL_ATTR_MALLOC, NULL, 0, {0}},
    {"void *x(int) __attribute__((__malloc__(free, 1)));", CDECL_ATTR_MALLOC, "free", 1, {1}},
    {"void *x(int) __attribute__((returns_nonnull));", CDECL_ATTR_RETURNS_NONNULL, NULL, 0, {0}},
    {"int x(int) __attribute__((warn_unused_result));",
     CDECL_ATTR_WARN_UNUSED_RESULT,
     NULL,
     0,
     {0}},
    {"[[nodiscard]] int x(int);", CDECL_ATTR_WARN_UNUSED_RESULT, NULL, 0, {0}},
    {"int x __attribute__((visibility(\"hidden\")));", CDECL_ATTR_VISIBILITY, "hidden", 0, {0}},
    {"int x(void) __attribute__((cdecl));", CDECL_ATTR_CALLCONV, "cdecl", 0, {0}},
    {"int __stdcall x(void);", CDECL_ATTR_CALLCONV, "stdcall", 0, {0}},
    {"int x(void) __attribute__((sysv_abi));", CDECL_ATTR_CALLCONV, "sysv_abi", 0, {0}},
};

START_TEST(attributes_are_kept)
{
    must_parse(kept[_i].text);
    const struct cdecl_attr *attr = attr_of(decl_of("x")->attrs, kept[_i].id);
    ck_assert_msg(attr != NULL, "%s", kept[_i].text);
    ck_assert_pstr_eq(attr->text, kept[_i].argument);
    ck_assert_uint_eq(attr->nints, kept[_i].nints);
    for (uint32_t i = 0; i < attr->nints; i++)
        ck_assert_int_eq(attr->ints[i], kept[_i].ints[i]);
    ck_assert_ptr_null(attr->next); /* and once */
}
END_TEST

START_TEST(attributes_belong_to_one_declarator)
{
    must_parse("__attribute__((deprecated)) int a, b __attribute__((visibility(\"default\"))), c;"
               "int d __attribute__((deprecated)), e;");
    ck_assert_ptr_nonnull(attr_of(decl_of("a")->attrs, CDECL_ATTR_DEPRECATED));
    ck_assert_ptr_nonnull(attr_of(decl_of("b")->attrs, CDECL_ATTR_DEPRECATED));
    ck_assert_ptr_nonnull(attr_of(decl_of("b")->attrs, CDECL_ATTR_VISIBILITY));
    ck_assert_ptr_nonnull(attr_of(decl_of("c")->attrs, CDECL_ATTR_DEPRECATED));
    ck_assert_ptr_null(attr_of(decl_of("c")->attrs, CDECL_ATTR_VISIBILITY));
    ck_assert_ptr_nonnull(attr_of(decl_of("d")->attrs, CDECL_ATTR_DEPRECATED));
    ck_assert_ptr_null(decl_of("e")->attrs);
}
END_TEST

/* ---- constants and initialisers ---- */

START_TEST(constants_of_each_kind)
{
    must_parse("static const short i = -70000; const float f = 1 / 3.0; constexpr unsigned u = -1;"
               "static const char s[] = \"a\\0b\"; static const wchar_t w[] = L\"ab\";"
               "static const char *const p = \"ptr\"; static const bool b = 0.5;"
               "static const long double l = 0.1L;");
    ck_assert_int_eq((int64_t)cdecl_value_of(decl_of("i")).u, (short)-70000);
    ck_assert_ptr_eq(cdecl_value_of(decl_of("i")).type, type_of("short"));
    ck_assert(cdecl_value_of(decl_of("f")).f == (float)(1 / 3.0));
    ck_assert_uint_eq(cdecl_value_of(decl_of("u")).u, (unsigned)-1);
    ck_assert_uint_eq(cdecl_value_of(decl_of("s")).size, 3);
    ck_assert_str_eq(print_type(decl_of("s")->type), "char[4]");
    ck_assert_uint_eq(cdecl_value_of(decl_of("w")).size, 2 * sizeof(wchar_t));
    ck_assert_str_eq(cdecl_value_of(decl_of("p")).s, "ptr");
    ck_assert_uint_eq(cdecl_value_of(decl_of("b")).u, 1);
    ck_assert(cdecl_value_of(decl_of("l")).f == (cdecl_real)0.1L);
}
END_TEST

/* Not constants: objects, whatever they are initialised with. */
static const char *const objects[] = {
    "int x = 3;",
    "extern const int x;",
    "static int x = sizeof(int);",
    "const int x[] = {1, 2, 3};",
    "int y; int *const x = &y;",
    "const struct { int a; } x = {1};",
    "static const struct { int a; } x[] = {{1}, {.a = 2}, [7] = {3}};",
    "int f(int); const int x = f(3);",
    "int x = (int){3};",
    "const int x = {3};",
    "int x[] = {[0 ... 3] = 1, sizeof(struct s *), '}', \"}\"};",
    "double x = __builtin_nan(\"\");",
    "int (*const x)(void) = 0 ? (int (*)(void))1 : (void *)0;",
};

START_TEST(objects_with_initialisers)
{
    must_parse("struct s { int a; };");
    must_parse(objects[_i]);
    ck_assert_uint_eq(decl_of("x")->kind, CDECL_DECL_VARIABLE);
}
END_TEST

/* ---- function bodies ---- */

static const char *const function_bodies[] = {
    "{}",
    "{ return 0; }",
    "{ { { } } { } }",
    "{ char *s = \"}\"; char c = '}'; }",
    "{ char *s = \"\\\"}\"; char c = '\\''; char d = '\"'; }",
    "{ /* } */ // }\n }",
    "{ a:; goto a; asm(\"}\"); }",
    "{ @ $ ` \\ # 08 1.2.3 0x 'abcdefghi' \xff \x01 }",
    "{ int unknown_type * const x[undeclared]; struct { int a; }; }",
    "\n# 3 \"x.h\"\n{\n# 4 \"x.h\"\n}\n",
    "{\n#pragma omp parallel\n}",
    "{\n#if 0\n}\n#endif\n}",
    "{\n#ifdef NOTHING\n{\n#else\n{ }\n#endif\n}",
    "{ L\"}\"; u8\"}\"; U'}'; }",
    "{ 'don\\'t }' }",
    "{ ({ 1; }); [](){}; }",
};

START_TEST(bodies_are_skipped)
{
    static const char *const heads[] = {"static inline int f0(void)", "int f1(a)",
                                        "int *f2(int a) __attribute__((cold))",
                                        "int (*f3(void))(int)", "void f4(int (*g)(int a))"};
    char text[512];
    must_parse("typedef int a;");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        snprintf(text, sizeof text, "%s %s int after%zu;", heads[i], function_bodies[_i], i);
        must_parse(text);
        snprintf(text, sizeof text, "after%zu", i);
        ck_assert_msg(is_declared(text), "%s", function_bodies[_i]);
        snprintf(text, sizeof text, "f%zu", i);
        ck_assert_uint_eq(decl_of(text)->kind, CDECL_DECL_FUNCTION);
    }
}
END_TEST

START_TEST(bodies_leave_no_names)
{
    must_parse("int f(void) { int made_here = other_name; struct inner_tag { int z; }; }");
    ck_assert_ptr_null(cdecl__lookup(state, "made_here", 9));
    ck_assert_ptr_null(cdecl_find_tag(state, "inner_tag", 9));
}
END_TEST

/* ---- blocks, lines, ends ---- */

START_TEST(linkage_blocks)
{
    must_parse("extern \"C\" { int a; extern \"C\" { int b; } static inline int c(void) { } }"
               "extern \"C\" int d(void); extern \"C++\" typedef int e; extern \"C\" \"\" {}"
               "extern \"C\" {\n#ifdef NOTHING\n}\n#endif\nint g;\n}");
    ck_assert(is_declared("a") && is_declared("b") && is_declared("c") && is_declared("d"));
    ck_assert(is_declared("e") && is_declared("g"));
}
END_TEST

START_TEST(the_last_semicolon)
{
    must_parse("int a");
    must_parse("struct s { int a }");
    must_parse("typedef int t; t b");
    must_parse("int f(void)");
    must_parse("_Static_assert(1, \"\")");
    ck_assert(is_declared("a") && is_declared("b") && is_declared("f"));
    must_fail("int c int d", "1:7: expected ';' after a declaration, got 'int'");
}
END_TEST

START_TEST(line_markers)
{
    must_fail("# 12 \"a.h\"\nint x;\nbad y;", "a.h:13:1: unknown type 'bad'");
    must_fail("# 12 \"a.h\" 1 3\n# 5 \"b.h\" 2\nint x; bad y;", "b.h:5:8: unknown type 'bad'");
    must_fail("#line 99\nbad y;", "99:1: unknown type 'bad'");
    must_fail("#line 7 \"dir/\\\"c\\\".h\"\nbad y;", "dir/\"c\".h:7:1: unknown type 'bad'");
    struct cdecl_source source = source_of("int x;\n  bad y;");
    source.name = "chunk";
    must_fail_source(&source, "chunk:2:3: unknown type 'bad'");
    source = source_of("int f(void)\n{\n\n}\n  bad y;");
    source.name = "chunk";
    must_fail_source(&source, "chunk:5:3: unknown type 'bad'");
}
END_TEST

START_TEST(static_assertions)
{
    must_parse("_Static_assert(sizeof(int) >= 2, \"small\"); static_assert(1); enum { A = 2 };"
               "_Static_assert(A == 2 && !(A - 2), \"A\" \"B\");"
               "struct s { char c; _Static_assert(sizeof(char) == 1, \"\"); int i; };"
               "static_assert(__builtin_offsetof(struct s, i) == 4, \"offset\");");
    must_fail("enum { B = 3 }; _Static_assert(B == 2, \"B is \" \"not 2\");",
              "1:32: static assertion failed: B is not 2");
    ck_assert(!is_declared("B"));
}
END_TEST

START_TEST(a_megabyte_of_declarations)
{
    enum { COUNT = 20000 };
    static char text[COUNT * 96];
    size_t used = 0;
    for (int i = 0; i < COUNT; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "struct s%d { int a; struct s%d *p; }; int f%d(struct s%d *);\n",
                                 i, i / 2, i, i);
    must_parse(text);
    ck_assert(is_declared("f19999"));
    ck_assert_uint_eq(decl_of("f19999")->line, COUNT);
    ck_assert_ptr_eq(member_of(type_of("struct s19999"), "p")->type, type_of("struct s9999 *"));
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_parse(void)
{
    Suite *suite = suite_create("parse");
    TCase *tcase = add_case(suite, "parse");
    tcase_add_test(tcase, variables);
    tcase_add_test(tcase, functions);
    tcase_add_test(tcase, typedefs);
    ADD_LOOP(tcase, attributes_are_kept, kept);
    tcase_add_test(tcase, attributes_belong_to_one_declarator);
    tcase_add_test(tcase, constants_of_each_kind);
    ADD_LOOP(tcase, objects_with_initialisers, objects);
    ADD_LOOP(tcase, bodies_are_skipped, function_bodies);
    tcase_add_test(tcase, bodies_leave_no_names);
    tcase_add_test(tcase, linkage_blocks);
    tcase_add_test(tcase, the_last_semicolon);
    tcase_add_test(tcase, line_markers);
    tcase_add_test(tcase, static_assertions);
    tcase_add_test(tcase, a_megabyte_of_declarations);
    return suite;
}
