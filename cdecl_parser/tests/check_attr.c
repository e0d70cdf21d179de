/* attr.c: every attribute of attrs.def kept, acted on or refused, the others skipped, in each
 * spelling and at each place; _Alignas, asm labels, calling conventions. */
#include <float.h>
#include <stdio.h>

#include "support.h"

/* The type of mode TF: gcc names the first that has its format. */
#if LDBL_MANT_DIG == 113
#define QUAD "long double"
#else
#define QUAD "_Float128"
#endif
#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- what is kept ---- */

static const struct {
    const char *written; /* as in attrs.def, with arguments */
    enum cdecl_attr_id id;
    const char *name, *text; /* NULL: none */
    uint32_t nints;
    int64_t ints[3];
} kept[] = {
    {"nonnull", CDECL_ATTR_NONNULL, "nonnull", NULL, 0, {0}},
    {"nonnull()", CDECL_ATTR_NONNULL, "nonnull", NULL, 0, {0}},
    {"nonnull(1)", CDECL_ATTR_NONNULL, "nonnull", NULL, 1, {1}},
    {"nonnull(1, 2, 1 + 2)", CDECL_ATTR_NONNULL, "nonnull", NULL, 3, {1, 2, 3}},
    {"format(printf, 1, 2)", CDECL_ATTR_FORMAT, "format", "printf", 2, {1, 2}},
    {"format(__printf__, 2, 3)", CDECL_ATTR_FORMAT, "format", "printf", 2, {2, 3}},
    {"format(gnu_scanf, 1, 0)", CDECL_ATTR_FORMAT, "format", "gnu_scanf", 2, {1, 0}},
    {"deprecated", CDECL_ATTR_DEPRECATED, "deprecated", NULL, 0, {0}},
    {"deprecated(\"use g\" \" instead\")",
     CDECL_ATTR_DEPRECATED,
     "deprecated",
     "use g instead",
     0,
     {0}},
    {"noreturn", CDECL_ATTR_NORETURN, "noreturn", NULL, 0, {0}},
    {"malloc", CDECL_ATTR_MALLOC, "malloc", NULL, 0, {0}},
    {"malloc(release, 1)", CDECL_ATTR_MALLOC, "malloc", "release", 1, {1}},
    {"returns_nonnull", CDECL_ATTR_RETURNS_NONNULL, "returns_nonnull", NULL, 0, {0}},
    {"warn_unused_result", CDECL_ATTR_WARN_UNUSED_RESULT, "warn_unused_result", NULL, 0, {0}},
    {"nodiscard", CDECL_ATTR_WARN_UNUSED_RESULT, "nodiscard", NULL, 0, {0}},
    {"visibility(\"hidden\")", CDECL_ATTR_VISIBILITY, "visibility", "hidden", 0, {0}},
    {"cdecl", CDECL_ATTR_CALLCONV, "cdecl", "cdecl", 0, {0}},
#ifndef __i386__ /* where these are other conventions, and refused */
    {"stdcall", CDECL_ATTR_CALLCONV, "stdcall", "stdcall", 0, {0}},
    {"fastcall", CDECL_ATTR_CALLCONV, "fastcall", "fastcall", 0, {0}},
    {"thiscall", CDECL_ATTR_CALLCONV, "thiscall", "thiscall", 0, {0}},
#endif
    {"sysv_abi", CDECL_ATTR_CALLCONV, "sysv_abi", "sysv_abi", 0, {0}},
    {"noescape", CDECL_ATTR_NOESCAPE, "noescape", NULL, 0, {0}},
};

static void must_be_kept(const struct cdecl_attr *list, int i)
{
    const struct cdecl_attr *attr = attr_of(list, kept[i].id);
    ck_assert_msg(attr != NULL, "%s is not kept", kept[i].written);
    ck_assert_str_eq(attr->name, kept[i].name);
    ck_assert_int_eq(attr->text == NULL, kept[i].text == NULL);
    if (attr->text != NULL)
        ck_assert_str_eq(attr->text, kept[i].text);
    ck_assert_uint_eq(attr->nints, kept[i].nints);
    for (uint32_t n = 0; n < attr->nints; n++)
        ck_assert_int_eq(attr->ints[n], kept[i].ints[n]);
    ck_assert_ptr_null(attr->next);
}

/* Each "%s" is the attribute; f is declared. */
static const char *const places[] = {
    "void *f(const char *, void *, int, ...) __attribute__((%s));",
    "__attribute__((%s)) void *f(const char *, void *, int, ...);",
    "void *__attribute__((%s)) f(const char *, void *, int, ...);",
    "void __attribute__((%s)) *f(const char *, void *, int, ...);",
    "extern __attribute((%s)) void *f(const char *, void *, int, ...);",
    "void *f(const char *, void *, int, ...) __attribute__((unused, %s, cold));",
    "void *f(const char *, void *, int, ...) __attribute__((unused)) __attribute__((%s));",
    "void *f(const char *, void *, int, ...) asm(\"g\") __attribute__((%s));",
    "void *f(const char *, void *, int, ...) __attribute__((%s)) __asm__(\"g\");",
    "__extension__ void *f(const char *, void *, int, ...) __attribute__((,%s,,));",
    "[[%s]] void *f(const char *, void *, int, ...);",
    "[[gnu::%s]] void *f(const char *, void *, int, ...);",
    "[[gnu::unused, gnu::%s]] void *f(const char *, void *, int, ...);",
    "void *f [[%s]] (const char *, void *, int, ...);",
    "__declspec(%s) void *f(const char *, void *, int, ...);",
    "#define ATTRIBUTE __attribute__((%s))\nvoid *f(const char *, void *, int, ...) ATTRIBUTE;",
};

START_TEST(kept_at_every_place)
{
    char text[300];
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(text, sizeof text, places[i], kept[_i].written);
        must_parse(text);
        must_be_kept(decl_of("f")->attrs, _i);
        ck_assert_ptr_null(cdecl_refusal_text(decl_of("f")->refusal));
        free_state();
        new_state();
    }
}
END_TEST

/* "__name__" is "name"; on variables, typedefs, enumerators and parameters as on functions. */
START_TEST(kept_with_underscores_on_anything)
{
    char word[40], text[400];
    size_t size = strcspn(kept[_i].written, "(");
    snprintf(word, sizeof word, "__%.*s__%s", (int)size, kept[_i].written, kept[_i].written + size);
    snprintf(text, sizeof text,
             "void f(int) __attribute__((%s)); int v __attribute__((%s)); "
             "typedef int t __attribute__((%s)); enum { A __attribute__((%s)) = 3, B }; "
             "void g(int *p __attribute__((%s)), int q);",
             word, word, word, word, word);
    must_parse(text);
    must_be_kept(decl_of("f")->attrs, _i);
    must_be_kept(decl_of("v")->attrs, _i);
    must_be_kept(decl_of("t")->attrs, _i);
    must_be_kept(decl_of("A")->attrs, _i);
    must_be_kept(cdecl_param_attrs(&decl_of("g")->params[0]), _i);
    ck_assert_ptr_null(decl_of("B")->attrs);
    ck_assert_ptr_null(cdecl_param_attrs(&decl_of("g")->params[1]));
    ck_assert_ptr_null(decl_of("g")->attrs);
}
END_TEST

START_TEST(several_are_all_kept)
{
    must_parse("__attribute__((noreturn)) void f(char *a, ...) __attribute__((nonnull(1), "
               "format(printf, 1, 2))), g(void) __attribute__((cold));");
    const struct cdecl_attr *attrs = decl_of("f")->attrs;
    ck_assert_ptr_nonnull(attr_of(attrs, CDECL_ATTR_NORETURN));
    ck_assert_ptr_nonnull(attr_of(attrs, CDECL_ATTR_NONNULL));
    ck_assert_ptr_nonnull(attr_of(attrs, CDECL_ATTR_FORMAT));
    attrs = decl_of("g")->attrs; /* has those before the first declarator, not those of f */
    ck_assert_ptr_nonnull(attr_of(attrs, CDECL_ATTR_NORETURN));
    ck_assert_ptr_null(attr_of(attrs, CDECL_ATTR_FORMAT));
}
END_TEST

START_TEST(noreturn_has_several_names)
{
    static const char *const texts[] = {"_Noreturn void f(void);",
                                        "void _Noreturn f(void);",
                                        "noreturn void f(void);",
                                        "[[noreturn]] void f(void);",
                                        "void f(void) __attribute__((noreturn));",
                                        "_Noreturn void f(void) __attribute__((__noreturn__));"};
    must_parse(texts[_i]);
    const struct cdecl_attr *attr = attr_of(decl_of("f")->attrs, CDECL_ATTR_NORETURN);
    ck_assert_ptr_nonnull(attr);
    ck_assert_ptr_null(attr_of(attr->next, CDECL_ATTR_NORETURN));
}
END_TEST

/* ---- what is refused ---- */

static const char *const refused[] = {
#define REFUSE(name) #name,
#include "attrs.def"
};

START_TEST(refused_with_a_reason)
{
    static const char *const texts[] = {"void f(int) __attribute__((%s));",
                                        "void f(int) __attribute__((__%s__));",
                                        "[[gnu::%s]] void f(int);", "__declspec(%s) void f(int);",
                                        "void f(int) __attribute__((%s(3, x)));"};
    char text[200], reason[100];
    snprintf(reason, sizeof reason, "__attribute__((%s)) is not supported", refused[_i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(text, sizeof text, texts[i], refused[_i]);
        must_parse(text);
        ck_assert_ptr_nonnull(cdecl_refusal_text(decl_of("f")->refusal));
        ck_assert_str_eq(cdecl_refusal_text(decl_of("f")->refusal), reason);
        ck_assert_str_eq(cdecl_refusal_text(decl_of("f")->type->refusal), reason);
        free_state();
        new_state();
    }
    snprintf(text, sizeof text, "typedef void (*t)(int) __attribute__((%s)); t v; void ok(int);",
             refused[_i]);
    must_parse(text);
    ck_assert_str_eq(cdecl_refusal_text(decl_of("t")->refusal), reason);
    ck_assert_str_eq(cdecl_refusal_text(decl_of("v")->type->target->refusal), reason);
    ck_assert_ptr_null(cdecl_refusal_text(decl_of("ok")->refusal));
    ck_assert_ptr_null(cdecl_refusal_text(decl_of("ok")->type->refusal));
}
END_TEST

/* ---- what is skipped ---- */

static const char *const skipped[] = {
    "__attribute__(())",
    "__attribute__((unused))",
    "__attribute__((__unused__, cold, hot))",
    "__attribute__((alloc_size(1, 2)))",
    "__attribute__((section(\".text\")))",
    "__attribute__((foo(bar(1, \")\"), [3], {4})))",
    "__attribute__((const))",
    "__attribute__((access(read_only, 1)))",
    "__attribute__((alias(\"x\")))",
    "[[]]",
    "[[unused]]",
    "[[maybe_unused]]",
    "[[vendor::thing]]",
    "[[vendor::thing(1, \"]]\", (2))]]",
    "[[a, b::c, d(1)]]",
    "[[,]]",
    "__declspec()",
    "__declspec(dllimport)",
    "__declspec(dllexport) __declspec(nothrow)",
    "__declspec(allocate(\"x\") naked)",
    "__extension__",
    "__extension__ __extension__",
    "__attribute__((enable_if(x > 1, \"no\")))",
    "__attribute__((int, if, struct))",
};

START_TEST(others_are_skipped)
{
    static const char *const texts[] = {"%s int v;", "extern %s int v;", "int %s v;"};
    char text[200];
    must_parse("int v;");
    const struct cdecl_decl *plain = decl_of("v");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(text, sizeof text, texts[i], skipped[_i]);
        must_parse(text);
        ck_assert_ptr_eq(decl_of("v"), plain);
        ck_assert_ptr_null(decl_of("v")->attrs);
    }
    snprintf(text, sizeof text, "struct %s s { %s int m; }; enum %s e { A };", skipped[_i],
             skipped[_i], skipped[_i]);
    must_parse(text);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct s")), 4);
}
END_TEST

/* All places where gcc takes them at once. */
START_TEST(anywhere)
{
    must_parse(
        "#define X __attribute__((unused))\n"
        "X extern X int X * X const X v X, * X w X;\n"
        "X int X f X (X int X p X, X char X * X (X * X q X)(X int X)) X;\n"
        "struct X s { X int X a X; X int X b X : 3 X, c X : 2 X; X union X { int X u; } X; } X;\n"
        "enum X e { A X = 1, B X } X; typedef X struct s X t X; X int X (X *X fp X)(X void) X;\n"
        "int X arr X[3] X; X struct X s X x X;\n");
    ck_assert_str_eq(print_name("v"), "extern int *const v");
    ck_assert_str_eq(print_name("w"), "extern int *w");
    ck_assert_str_eq(print_name("f"), "int f(int p, char *(*q)(int))");
    ck_assert_str_eq(print_name("fp"), "extern int (*fp)(void)");
    ck_assert_str_eq(print_name("arr"), "extern int arr[3]");
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct s")), 12);
}
END_TEST

/* ---- what changes types ---- */

#if LONG64
#define WORD_NAME "long"
#else
#define WORD_NAME "int"
#endif

#define VECTOR16 _Alignof(int __attribute__((vector_size(16))))

static const struct {
    const char *text; /* declares v */
    const char *printed;
    uint32_t size, align;
} acted[] = {
    {"int v __attribute__((mode(QI)));", "signed char", 1, 1},
    {"unsigned v __attribute__((mode(__QI__)));", "unsigned char", 1, 1},
    {"__attribute__((mode(QI))) int v;", "signed char", 1, 1},
    {"int v __attribute__((mode(byte)));", "signed char", 1, 1},
    {"int v __attribute__((mode(HI)));", "short", 2, 2},
    {"int v __attribute__((__mode__(__SI__)));", "int", 4, 4},
    {"int v __attribute__((mode(DI)));", INT64_NAME, 8, _Alignof(int64_t)},
    {"unsigned v __attribute__((mode(DI)));", UINT64_NAME, 8, _Alignof(int64_t)},
#ifdef __SIZEOF_INT128__
    {"int v __attribute__((mode(TI)));", "__int128", 16, _Alignof(__int128)},
#endif
    {"int v __attribute__((mode(word)));", WORD_NAME, sizeof(void *), sizeof(void *)},
    {"int v __attribute__((mode(unwind_word)));", WORD_NAME, sizeof(void *), sizeof(void *)},
    {"unsigned v __attribute__((mode(pointer)));", SIZE_NAME, sizeof(void *), sizeof(void *)},
    {"float v __attribute__((mode(HF)));", "_Float16", 2, 2},
    {"double v __attribute__((mode(SF)));", "float", 4, 4},
    {"float v __attribute__((mode(DF)));", "double", 8, _Alignof(double)},
#if __LDBL_MANT_DIG__ == 64
    {"float v __attribute__((mode(XF)));", "long double", sizeof(long double),
     _Alignof(long double)},
    {"_Complex float v __attribute__((mode(XC)));", "long double _Complex", 2 * sizeof(long double),
     _Alignof(long double)},
#endif
    {"float v __attribute__((mode(TF)));", QUAD, 16, _Alignof(cdecl_real)},
    {"_Complex float v __attribute__((mode(SC)));", "float _Complex", 8, 4},
    {"_Complex float v __attribute__((mode(DC)));", "double _Complex", 16, _Alignof(double)},
    {"_Complex float v __attribute__((mode(TC)));", QUAD " _Complex", 32, _Alignof(cdecl_real)},
    {"const int v __attribute__((mode(QI)));", "const signed char", 1, 1},
    {"int v __attribute__((regparm(3)));", "int", 4, 4}, /* of functions: means nothing here */
    {"enum { A, B } v __attribute__((mode(QI)));", "unsigned char", 1, 1},
    {"int v __attribute__((mode(V4SI)));", "int __attribute__((vector_size(16)))", 16, VECTOR16},
    {"int v __attribute__((vector_size(16)));", "int __attribute__((vector_size(16)))", 16,
     VECTOR16},
    {"float v __attribute__((vector_size(4 * sizeof(float))));",
     "float __attribute__((vector_size(16)))", 16, VECTOR16},
    {"char v __attribute__((__vector_size__(8)));", "char __attribute__((vector_size(8)))", 8,
     _Alignof(char __attribute__((vector_size(8))))},
    {"int *v __attribute__((vector_size(16)));", "int __attribute__((vector_size(16))) *",
     sizeof(void *), sizeof(void *)},
    {"int v[2] __attribute__((vector_size(16)));", "int __attribute__((vector_size(16)))[2]", 32,
     VECTOR16},
    {"__attribute__((vector_size(16))) int v;", "int __attribute__((vector_size(16)))", 16,
     VECTOR16},
    {"typedef int t __attribute__((vector_size(16))); t v;", "int __attribute__((vector_size(16)))",
     16, VECTOR16},
};

START_TEST(types_that_change)
{
    must_parse(acted[_i].text);
    const struct cdecl_type *type = decl_of("v")->type;
    ck_assert_str_eq(print_type(type), acted[_i].printed);
    ck_assert_uint_eq(cdecl_sizeof(type), acted[_i].size);
    ck_assert_uint_eq(cdecl_alignof(type), acted[_i].align);
}
END_TEST

struct most_aligned {
    char c;
} __attribute__((aligned));

static const struct {
    const char *text; /* of a struct s */
    uint32_t size, align;
} aligned[] = {
    {"struct s { char c; };", 1, 1},
    {"struct s { char c; } __attribute__((aligned(8)));", 8, 8},
    {"struct __attribute__((aligned(8))) s { char c; };", 8, 8},
    {"struct _Alignas(8) s { char c; };", 8, 8},
    {"struct s { char c; } __attribute__((aligned));", sizeof(struct most_aligned),
     _Alignof(struct most_aligned)},
    {"struct s { char c; } __attribute__((aligned(4), aligned(2)));", 4, 4},
    {"struct s { char c; _Alignas(4) char d; };", 8, 4},
    {"struct s { char c; _Alignas(int) char d; };", 8, 4},
    {"struct s { char c; alignas(8) char d; };", 16, 8},
    {"struct s { char c; _Alignas(2) _Alignas(8) char d; };", 16, 8},
    {"struct s { char c; _Alignas(0) char d; };", 2, 1},
    {"struct s { char c; char d __attribute__((aligned(4))); };", 8, 4},
    {"struct s { char c; __declspec(align(4)) char d; };", 8, 4},
    {"struct s { char c; [[gnu::aligned(4)]] char d; };", 8, 4},
    {"typedef char t __attribute__((aligned(4))); struct s { char c; t d; };", 8, 4},
    {"typedef int t __attribute__((aligned(1))); struct s { char c; t d; };", 5, 1},
    {"struct s { char c; int i; } __attribute__((packed));", 5, 1},
    {"struct __attribute__((packed)) s { char c; int i; };", 5, 1},
    {"struct s { char c; int i; } __attribute__((__packed__, __aligned__(2)));", 6, 2},
    {"struct s { char c; int i __attribute__((packed)); };", 5, 1},
    {"struct s { char c; long l; int i __attribute__((packed)); char d; };", 2 * sizeof(long) + 8,
     sizeof(long)},
    {"struct [[gnu::packed]] s { char c; int i; };", 5, 1},
};

START_TEST(alignment)
{
    must_parse(aligned[_i].text);
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct s")), aligned[_i].size);
    ck_assert_uint_eq(cdecl_alignof(type_of("struct s")), aligned[_i].align);
}
END_TEST

START_TEST(transparent_unions)
{
    must_parse("typedef union { int *i; float *f; } a __attribute__((transparent_union));"
               "union __attribute__((__transparent_union__)) b { int *i; }; union c { int *i; };");
    ck_assert(decl_of("a")->type->tag->transparent);
    ck_assert(type_of("union b")->tag->transparent);
    ck_assert(!type_of("union c")->tag->transparent);
}
END_TEST

/* ---- asm labels and calling conventions ---- */

static const struct {
    const char *text, *symbol;
} labels[] = {
    {"int f(void);", "f"},
    {"int f(void) asm(\"g\");", "g"},
    {"int f(void) __asm(\"g\");", "g"},
    {"int f(void) __asm__(\"\" \"__isoc99\" \"_f\");", "__isoc99_f"},
    {"int f asm(\"g\");", "g"},
    {"extern int f __asm__(\"g\") __attribute__((unused));", "g"},
    {"extern __attribute__((unused)) int f __attribute__((unused)) __asm__(\"g\");", NULL},
    {"int f(void); int f(void) asm(\"g\");", "g"},
    {"int f(void) asm(\"g\"); int f(void);", "g"},
    {"int f(void) asm(\"caf\xc3\xa9@VERS_1.0\");", "caf\xc3\xa9@VERS_1.0"},
};

START_TEST(label)
{
    must_parse(labels[_i].text);
    ck_assert_str_eq(decl_of("f")->symbol, labels[_i].symbol == NULL ? "g" : labels[_i].symbol);
}
END_TEST

START_TEST(calling_conventions)
{
    static const char *const words[] = {"cdecl", "stdcall", "fastcall", "thiscall", "vectorcall"};
    char text[100];
    snprintf(text, sizeof text, "int __%s f(int); typedef int (__%s *t)(int);", words[_i],
             words[_i]);
    must_parse(text);
    const struct cdecl_attr *attr = attr_of(decl_of("f")->attrs, CDECL_ATTR_CALLCONV);
    ck_assert_ptr_nonnull(attr);
    ck_assert_str_eq(attr->text, words[_i]);
    ck_assert_mem_eq(print_type(decl_of("t")->type), "int (*)(int)", 12);
    ck_assert_int_eq(decl_of("f")->refusal == CDECL_REFUSED_vectorcall,
                     strcmp(words[_i], "vectorcall") == 0);
}
END_TEST

START_TEST(nullability_words_are_skipped)
{
    must_parse("int *_Nonnull f(int *_Nullable a, int *_Null_unspecified b);");
    ck_assert_str_eq(print_name("f"), "int *f(int *a, int *b)");
}
END_TEST

/* ---- [[cffi::...]]: the others are of check_annotation.c ---- */

START_TEST(noescape_of_ours_counts_as_noescape)
{
    must_parse("void f([[cffi::noescape]] void (*cb)(void), void (*kept)(void),"
               " void (*other)(void) __attribute__((noescape)));");
    const struct cdecl_param *params = decl_of("f")->params;
    ck_assert_ptr_nonnull(attr_of(cdecl_param_attrs(&params[0]), CDECL_ATTR_NOESCAPE));
    ck_assert_ptr_null(attr_of(cdecl_param_attrs(&params[1]), CDECL_ATTR_NOESCAPE));
    ck_assert_ptr_nonnull(attr_of(cdecl_param_attrs(&params[2]), CDECL_ATTR_NOESCAPE));
}
END_TEST

Suite *check_attr(void)
{
    Suite *suite = suite_create("attr");
    TCase *tcase = add_case(suite, "attr");
    tcase_add_loop_test(tcase, kept_at_every_place, 0, LENGTH(kept));
    tcase_add_loop_test(tcase, kept_with_underscores_on_anything, 0, LENGTH(kept));
    tcase_add_test(tcase, several_are_all_kept);
    tcase_add_loop_test(tcase, noreturn_has_several_names, 0, 6);
    tcase_add_loop_test(tcase, refused_with_a_reason, 0, LENGTH(refused));
    tcase_add_loop_test(tcase, others_are_skipped, 0, LENGTH(skipped));
    tcase_add_test(tcase, anywhere);
    tcase_add_loop_test(tcase, types_that_change, 0, LENGTH(acted));
    tcase_add_loop_test(tcase, alignment, 0, LENGTH(aligned));
    tcase_add_test(tcase, transparent_unions);
    tcase_add_loop_test(tcase, label, 0, LENGTH(labels));
    tcase_add_loop_test(tcase, calling_conventions, 0, 5);
    tcase_add_test(tcase, nullability_words_are_skipped);
    tcase_add_test(tcase, noescape_of_ours_counts_as_noescape);
    return suite;
}
