/* annotation.c, annotation_text.c, note.c: what [[cffi::...]] makes a part of a function's type,
 * where it may stand, two declarations of one function, attributes after the fact. What is refused
 * is in errors.def. */
#include "support.h"

static const char *annotation_text(const struct cdecl_type *type, uint32_t param)
{
    static char text[200];
    while (type->kind == CDECL_POINTER)
        type = type->target;
    cdecl_print_annotation(type, param, text, sizeof text);
    return text;
}

/* What is written of `f` or of its first parameter comes back as text. */
static const struct {
    const char *declaration, *function, *param;
} kept[] = {
    {"[[cffi::errno]] int f(int a);", "errno", ""},
    {"[[cffi::errno(-1)]] int f(int a);", "errno(-1)", ""},
    {"[[cffi::fails(0)]] unsigned f(int a);", "errno(0)", ""},
    {"[[cffi::errno(NULL)]] void *f(int a);", "errno", ""},
    {"#define errno (*place())\n[[cffi::errno]] int f(int a);", "errno", ""},
    {"int f [[cffi::status(0, text), deprecated]] (int a);", "status(0, text)", ""},
    {"[[gnu::unused, cffi::status(1 + 1)]] int f(int a);", "status(2)", ""},
    {"char *f(int a) [[cffi::string]];", "string", ""},
    {"[[cffi::string(free)]] char *f(int a);", "string(free)", ""},
    {"[[cffi::string(n)]] const void *f(int a, size_t *n);", "string(n)", ""},
    {"[[cffi::owned(drop), cffi::errno]] struct s *f(int a);", "errno, owned(drop)", ""},
    {"[[cffi::count]] int f([[cffi::out(n)]] void *a, int n);", "count", "out(n)"},
    {"int f([[cffi::out]] int *a);", "", "out"},
    {"int f(int *a [[cffi::inout]]);", "", "inout"},
    {"int f([[cffi::out, cffi::owned(drop)]] void **a);", "", "out, owned(drop)"},
    {"int f([[cffi::in(n), cffi::nullable]] const void *a, long n);", "", "in(n), nullable"},
    {"int f([[cffi::out(n), cffi::string]] char *a, size_t *n);", "", "out(n), string"},
    {"int f([[cffi::scoped]] void (*a)(void));", "", "scoped"},
    {"enum e { A }; int f([[cffi::flags(enum e)]] int a);", "", "flags(enum e)"},
    {"int f([[cffi::default(-3)]] int a);", "", "default(-3)"},
    {"int f([[cffi::default(3u)]] int a);", "", "default(3)"},
    {"int f([[cffi::default(0.5)]] double a);", "", "default(0.5)"},
    {"int f([[cffi::default(\"x\")]] const char *a);", "", "default(\"x\")"},
    {"int f([[cffi::default(0)]] void *a);", "", "default(NULL)"},
    {"typedef void (*f)([[cffi::string]] const char *a);", "", "string"},
    {"typedef const char *(*f [[cffi::string]])(int a);", "string", ""},
    {"extern void (*f)([[cffi::string(n)]] const char *a, int n);", "", "string(n)"},
};

START_TEST(what_is_written_is_kept)
{
    must_parse(kept[_i].declaration);
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 0), kept[_i].function);
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 1), kept[_i].param);
    must_parse(kept[_i].declaration); /* adds nothing */
}
END_TEST

/* An annotated type is compatible with the same without. */
START_TEST(types)
{
    must_parse(
        "[[cffi::errno]] int f(int *a); int g(int *a); int f(int *b);"
        "struct s { const char *(*m [[cffi::string]])(int); };"
        "void h(const char *(*cb [[cffi::string]])(int), [[cffi::scoped]] void (*d)(void));");
    ck_assert(cdecl_compatible(decl_of("f")->type, decl_of("g")->type));
    ck_assert_ptr_ne(decl_of("f")->type, decl_of("g")->type);
    ck_assert_ptr_null(cdecl_annotation_of(decl_of("g")->type));
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 0), "errno");
    ck_assert_str_eq(print_name("f"), "int f(int *a)");
    ck_assert_str_eq(annotation_text(member_of(type_of("struct s"), "m")->type, 0), "string");
    ck_assert_str_eq(annotation_text(decl_of("h")->type->params[0], 0), "string");
    ck_assert_str_eq(annotation_text(decl_of("h")->type, 2), "scoped");
    ck_assert_str_eq(annotation_text(type_of("void (*)([[cffi::string]] const char *)"), 1),
                     "string");
    must_parse("extern const char *(*table [[cffi::string]][2])(int);");
    ck_assert_str_eq(print_name("table"), "extern const char *(*table[2])(int)");
    ck_assert_str_eq(annotation_text(decl_of("table")->type->target, 0), "string");
}
END_TEST

START_TEST(declarations_are_united)
{
    uint32_t changes = cdecl_annotations(state);
    must_parse("int f(int *a, void *b, int n); [[cffi::errno]] int f(int *a, void *b, int n);");
    must_parse("int f(int *a, [[cffi::in(n)]] void *b, int n); int f(int *x, void *y, int z);");
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 0), "errno");
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 2), "in(n)");
    ck_assert_uint_ne(cdecl_annotations(state), changes);
    changes = cdecl_annotations(state);
    const struct cdecl_decl *before = decl_of("f");
    must_parse("int f(int *a, void *b, int n);");
    ck_assert_ptr_eq(decl_of("f"), before);
    ck_assert_uint_eq(cdecl_annotations(state), changes);
    must_parse(
        "typedef void (*t)(const char *s); typedef void (*t)([[cffi::string]] const char *);");
    ck_assert_str_eq(annotation_text(decl_of("t")->type, 1), "string");
    must_parse("[[cffi::errno]] int g(int (*a)[]); int g(int (*a)[3]);");
    ck_assert_str_eq(print_name("g"), "int g(int (*a)[3])");
    ck_assert_str_eq(annotation_text(decl_of("g")->type, 0), "errno");
    must_parse("[[cffi::errno]] int h(); int h(int a);");
    ck_assert_str_eq(print_name("h"), "int h(int a)");
    ck_assert_str_eq(annotation_text(decl_of("h")->type, 0), "errno");
    must_parse("[[cffi::errno]] int h([[cffi::default(3)]] int a); [[cffi::errno]] int h();");
    ck_assert_str_eq(annotation_text(decl_of("h")->type, 0), "errno");
    ck_assert_str_eq(annotation_text(decl_of("h")->type, 1), "default(3)");
    must_parse("[[cffi::count]] int i([[cffi::out(n)]] char *a, int n); int i();"
               "[[cffi::count]] int i([[cffi::out(n)]] char *b, int n);");
    ck_assert_str_eq(annotation_text(decl_of("i")->type, 1), "out(n)");
}
END_TEST

static bool is_releaser(const char *name)
{
    const struct name *found = cdecl__lookup(state, name, strlen(name));
    return found != NULL && cdecl_is_releaser(state, found->text);
}

START_TEST(releasers)
{
    must_parse("[[cffi::owned(a)]] void *f(void); int g([[cffi::out, cffi::owned(b)]] void **p);");
    ck_assert(is_releaser("a"));
    ck_assert(is_releaser("b"));
    ck_assert(!is_releaser("c"));
    must_fail("[[cffi::owned(c)]] void *h(void); int x[",
              "1:41: expected an expression, got end of text");
    ck_assert(!is_releaser("c"));
}
END_TEST

static struct cdecl_remark remark(const char *text, uint32_t param)
{
    return (struct cdecl_remark){text, strlen(text), param};
}

START_TEST(after_the_fact)
{
    struct cdecl_error error;
    size_t which;
    must_parse("int f(int a, void **out, [[cffi::out(n)]] char *b, int n);");
    struct cdecl_remark good[] = {remark("count, errno", 0), remark("out, owned(drop)", 2)};
    ck_assert_ptr_nonnull(cdecl_annotate(state, decl_of("f"), good, 2, &which, &error));
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 0), "errno, count");
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 2), "out, owned(drop)");
    ck_assert_str_eq(annotation_text(decl_of("f")->type, 3), "out(n)");
}
END_TEST

static const struct {
    const char *first, *second; /* of the function, of the first parameter */
    size_t which;
    const char *error;
} refused[] = {
    {"errno", "in(q)", 1, "1:4: 'in(q)' names no parameter"},
    {"errno, statis", "out", 0, "1:8: 'cffi::statis' is no attribute (did you mean 'status'?)"},
    {"errno owned", "out", 0, "1:7: expected ',' or the end of the attributes, got 'owned'"},
    {"", "out", 0, "1:1: expected an attribute of cffi, got end of text"},
    {"count", "out", 2, "'count' needs a parameter with 'out(LENGTH)'"},
};

START_TEST(refused_after_the_fact)
{
    struct cdecl_error error;
    size_t which = 9;
    must_parse("int f(int *a, int n);");
    struct cdecl_remark remarks[] = {remark(refused[_i].first, 0), remark(refused[_i].second, 1)};
    struct snapshot before = take_snapshot(state);
    ck_assert_ptr_null(cdecl_annotate(state, decl_of("f"), remarks, 2, &which, &error));
    ck_assert_uint_eq(which, refused[_i].which);
    ck_assert_str_eq(message_of(&error), refused[_i].error);
    must_be_unchanged(state, &before, refused[_i].error);
    ck_assert_ptr_null(cdecl_annotation_of(decl_of("f")->type));
}
END_TEST

Suite *check_annotation(void)
{
    Suite *suite = suite_create("annotation");
    TCase *tcase = add_case(suite, "annotation");
    tcase_add_loop_test(tcase, what_is_written_is_kept, 0, sizeof kept / sizeof *kept);
    tcase_add_test(tcase, types);
    tcase_add_test(tcase, declarations_are_united);
    tcase_add_test(tcase, releasers);
    tcase_add_test(tcase, after_the_fact);
    tcase_add_loop_test(tcase, refused_after_the_fact, 0, sizeof refused / sizeof *refused);
    return suite;
}
