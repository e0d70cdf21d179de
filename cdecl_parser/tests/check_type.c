/* type.c: inside one state the same type is the same pointer, however it came about; the
 * constructors; the data model, which is that of the compiler that builds this test. */
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>
#include "support.h"

static const struct cdecl_type *basic(enum cdecl_prim prim)
{
    return cdecl_basic(state, prim);
}

static const struct cdecl_type *pointer_to(const struct cdecl_type *type)
{
    struct cdecl_error error;
    const struct cdecl_type *result = cdecl_pointer_to(state, type, &error);
    ck_assert_msg(result != NULL, "%s", error.message);
    return result;
}

static const struct cdecl_type *array_of(const struct cdecl_type *type, uint64_t count)
{
    struct cdecl_error error;
    const struct cdecl_type *result = cdecl_array_of(state, type, count, &error);
    ck_assert_msg(result != NULL, "%s", error.message);
    return result;
}

static const struct cdecl_type *qualified(const struct cdecl_type *type, unsigned quals)
{
    struct cdecl_error error;
    const struct cdecl_type *result = cdecl_qualified(state, type, quals, &error);
    ck_assert_msg(result != NULL, "%s", error.message);
    return result;
}

/* ---- the data model ---- */

static const struct {
    const char *text;
    size_t size, align;
    enum cdecl_kind kind;
    bool is_signed;
} model[] = {
#define REAL(type, kind)                                              \
    {                                                                 \
#type, sizeof(type), _Alignof(type), kind, (type)-1 < (type)1 \
    }
    REAL(_Bool, CDECL_BOOL),
    REAL(char, CDECL_INT),
    REAL(signed char, CDECL_INT),
    REAL(unsigned char, CDECL_INT),
    REAL(short, CDECL_INT),
    REAL(unsigned short, CDECL_INT),
    REAL(int, CDECL_INT),
    REAL(unsigned, CDECL_INT),
    REAL(long, CDECL_INT),
    REAL(unsigned long, CDECL_INT),
    REAL(long long, CDECL_INT),
    REAL(unsigned long long, CDECL_INT),
    REAL(float, CDECL_FLOAT),
    REAL(double, CDECL_FLOAT),
    REAL(long double, CDECL_FLOAT),
    REAL(size_t, CDECL_INT),
    REAL(ptrdiff_t, CDECL_INT),
    REAL(ssize_t, CDECL_INT),
    REAL(wchar_t, CDECL_INT),
    REAL(int8_t, CDECL_INT),
    REAL(uint16_t, CDECL_INT),
    REAL(int32_t, CDECL_INT),
    REAL(uint64_t, CDECL_INT),
    REAL(intptr_t, CDECL_INT),
    REAL(uintptr_t, CDECL_INT),
    REAL(intmax_t, CDECL_INT),
    REAL(int_fast16_t, CDECL_INT),
    REAL(uint_least32_t, CDECL_INT),
#ifdef __SIZEOF_INT128__
    REAL(__int128, CDECL_INT),
    REAL(unsigned __int128, CDECL_INT),
#endif
#ifdef __FLT16_MANT_DIG__
    REAL(_Float16, CDECL_FLOAT),
#endif
#ifdef __SIZEOF_FLOAT128__
    REAL(__float128, CDECL_FLOAT),
#endif
#undef REAL
#define OTHER(type, kind)                                \
    {                                                    \
#type, sizeof(type), _Alignof(type), kind, false \
    }
    OTHER(void *, CDECL_POINTER),
    OTHER(int (*)(void), CDECL_POINTER),
    OTHER(float _Complex, CDECL_COMPLEX),
    OTHER(double _Complex, CDECL_COMPLEX),
    OTHER(long double _Complex, CDECL_COMPLEX),
    OTHER(max_align_t, CDECL_STRUCT),
#undef OTHER
};

START_TEST(the_compilers_data_model)
{
    const struct cdecl_type *type = type_of(model[_i].text);
    ck_assert_uint_eq(type->kind, model[_i].kind);
    ck_assert_uint_eq(cdecl_sizeof(type), model[_i].size);
    ck_assert_uint_eq(cdecl_alignof(type), model[_i].align);
    if (type->kind == CDECL_INT) {
        ck_assert_int_eq(type->is_signed, model[_i].is_signed);
        ck_assert_uint_eq(type->bits, model[_i].size * CHAR_BIT);
    }
}
END_TEST

START_TEST(the_compilers_own_names)
{
    must_parse("typedef __SIZE_TYPE__ a; typedef __PTRDIFF_TYPE__ b; typedef __WCHAR_TYPE__ c;"
               "typedef __UINT64_TYPE__ d; typedef __CHAR16_TYPE__ e;");
    ck_assert_ptr_eq(type_of("a"), type_of("size_t"));
    ck_assert_ptr_eq(type_of("b"), type_of("ptrdiff_t"));
    ck_assert_ptr_eq(type_of("c"), type_of("wchar_t"));
    ck_assert_ptr_eq(type_of("d"), type_of("uint64_t"));
    ck_assert_ptr_eq(type_of("e"), type_of("char16_t"));
    ck_assert_ptr_eq(value_of("sizeof(int)").type, type_of("size_t"));
    ck_assert_ptr_eq(value_of("(char *)1 - (char *)0").type, type_of("ptrdiff_t"));
    ck_assert_ptr_eq(value_of("L'a'").type, type_of("wchar_t"));
    ck_assert_ptr_eq(value_of("u'a'").type, type_of("char16_t"));
    ck_assert_ptr_eq(value_of("U'a'").type, type_of("char32_t"));
    ck_assert_int_eq(int_of("(char)-1 < 0"), (char)-1 < 0);
    ck_assert_int_eq(int_of("'\\xff'"), '\xff');
    ck_assert_int_eq(int_of("__alignof__(long long)"), __alignof__(long long));
    ck_assert_int_eq(int_of("__alignof__(double[3])"), __alignof__(double[3]));
    ck_assert_int_eq(int_of("_Alignof(long long)"), _Alignof(long long));
    ck_assert_uint_eq(cdecl_sizeof(type_of("va_list")), sizeof(va_list));
    ck_assert_uint_eq(cdecl_alignof(type_of("va_list")), _Alignof(va_list));
    ck_assert_uint_eq(cdecl_sizeof(type_of("max_align_t")), sizeof(max_align_t));
    ck_assert_uint_eq(cdecl_alignof(type_of("max_align_t")), _Alignof(max_align_t));
    must_parse("struct aligned { char c; } __attribute__((aligned));");
    struct aligned {
        char c;
    } __attribute__((aligned));
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct aligned")), sizeof(struct aligned));
}
END_TEST

START_TEST(modes)
{
    typedef int word __attribute__((mode(word)));
    typedef int unwind_word __attribute__((mode(unwind_word)));
    typedef int pointer __attribute__((mode(pointer)));
    typedef unsigned byte __attribute__((mode(byte)));
    typedef int di __attribute__((mode(DI)));
    must_parse("typedef int word __attribute__((mode(word)));"
               "typedef int unwind_word __attribute__((mode(__unwind_word__)));"
               "typedef int pointer __attribute__((mode(pointer)));"
               "typedef unsigned byte __attribute__((__mode__(byte)));"
               "typedef int di __attribute__((mode(DI)));");
    ck_assert_uint_eq(cdecl_sizeof(type_of("word")), sizeof(word));
    ck_assert_uint_eq(cdecl_sizeof(type_of("unwind_word")), sizeof(unwind_word));
    ck_assert_uint_eq(cdecl_sizeof(type_of("pointer")), sizeof(pointer));
    ck_assert_uint_eq(cdecl_sizeof(type_of("byte")), sizeof(byte));
    ck_assert(!type_of("byte")->is_signed);
    ck_assert_uint_eq(cdecl_sizeof(type_of("di")), sizeof(di));
}
END_TEST

/* ---- the same type is the same pointer ---- */

static const char *const equals[][2] = {
    {"int", "signed int"},
    {"int *", "int*"},
    {"int *const", "int * const"},
    {"int[3]", "int[1 + 2]"},
    {"const int[3]", "typeof(const int[3])"},
    {"int (*)(char, ...)", "typeof(int (char c, ...)) *"},
    {"int (int)", "int (const int)"},
    {"int (int *)", "int (int[5])"},
    {"int (int (*)(void))", "int (int (void))"},
    {"int ()", "typeof(int ())"},
    {"int __attribute__((vector_size(16)))", "typeof(int __attribute__((vector_size(8 * 2))))"},
    {"struct s", "struct s"},
    {"const struct s *", "struct s const *"},
    {"unsigned _BitInt(7)", "_BitInt(7) unsigned"},
    {"_Atomic int", "_Atomic(int)"},
    {"int[?]", "int[?]"},
    {"char[]", "char[]"},
    {"t", "struct s"},
    {"void (t *)", "void (struct s *)"},
};

START_TEST(same_type_same_pointer)
{
    must_parse("struct s { int a; }; typedef struct s t;");
    ck_assert_ptr_eq(type_of(equals[_i][0]), type_of(equals[_i][1]));
}
END_TEST

static const char *const different[][2] = {
    {"char", "signed char"},
    {"long", "long long"},
    {"int", "enum e"},
    {"int", "const int"},
    {"int *", "const int *"},
    {"const int *", "int *const"},
    {"int[3]", "int[4]"},
    {"int[]", "int[?]"},
    {"int[]", "int[0]"},
    {"int ()", "int (void)"},
    {"int (int)", "int (int, ...)"},
    {"int (int)", "long (int)"},
    {"int (*)(void)", "int (void)"},
    {"struct s", "union u"},
    {"float", "_Float16"},
    {"double", "long double"},
    {"_BitInt(7)", "_BitInt(8)"},
    {"int __attribute__((vector_size(16)))", "int __attribute__((vector_size(8)))"},
    {"int __attribute__((vector_size(16)))", "unsigned __attribute__((vector_size(16)))"},
    {"int __attribute__((vector_size(16)))", "int[4]"},
    {"struct { int a; }", "struct { int a; }"},
};

START_TEST(different_types_differ)
{
    must_parse("struct s { int a; }; union u { int a; }; enum e { A };");
    ck_assert_ptr_ne(type_of(different[_i][0]), type_of(different[_i][1]));
}
END_TEST

START_TEST(constructors_and_text_agree)
{
    const struct cdecl_type *i = basic(CDECL_PRIM_INT);
    ck_assert_ptr_eq(type_of("int"), i);
    ck_assert_ptr_eq(pointer_to(i), type_of("int *"));
    ck_assert_ptr_eq(pointer_to(pointer_to(i)), type_of("int **"));
    ck_assert_ptr_eq(array_of(i, 3), type_of("int[3]"));
    ck_assert_ptr_eq(array_of(array_of(i, 3), 2), type_of("int[2][3]"));
    ck_assert_ptr_eq(array_of(i, CDECL_COUNT_UNKNOWN), type_of("int[]"));
    ck_assert_ptr_eq(array_of(i, CDECL_COUNT_VLA), type_of("int[?]"));
    ck_assert_ptr_eq(qualified(i, CDECL_CONST), type_of("const int"));
    ck_assert_ptr_eq(qualified(pointer_to(i), CDECL_RESTRICT), type_of("int *restrict"));
    ck_assert_ptr_eq(qualified(qualified(i, CDECL_CONST), CDECL_VOLATILE),
                     type_of("const volatile int"));
    ck_assert_ptr_eq(qualified(i, 0), i);
    ck_assert_ptr_eq(qualified(qualified(i, CDECL_CONST), CDECL_CONST), qualified(i, CDECL_CONST));
    ck_assert_ptr_eq(qualified(array_of(i, 3), CDECL_CONST), type_of("const int[3]"));
    ck_assert_ptr_eq(qualified(type_of("int (void)"), CDECL_CONST), type_of("int (void)"));
    ck_assert_ptr_eq(pointer_to(type_of("int (void)")), type_of("int (*)(void)"));
}
END_TEST

START_TEST(every_qualifier_set_is_one_type)
{
    const struct cdecl_type *pointer = type_of("char *");
    const struct cdecl_type *seen[16];
    for (unsigned quals = 0; quals < 16; quals++) {
        seen[quals] = qualified(pointer, quals);
        ck_assert_uint_eq(seen[quals]->quals, quals);
        ck_assert_ptr_eq(seen[quals]->unqual, pointer);
        ck_assert_ptr_eq(seen[quals]->target, pointer->target);
        for (unsigned other = 0; other < quals; other++)
            ck_assert_ptr_ne(seen[quals], seen[other]);
    }
    for (unsigned quals = 0; quals < 16; quals++)
        ck_assert_ptr_eq(qualified(pointer, quals), seen[quals]);
}
END_TEST

/* A type found again costs no memory. */
START_TEST(what_exists_is_not_made_again)
{
    type_of("int (*(*[3])(const char *, struct { int a; } *))[4]");
    type_of("const volatile char *const *(*)(int, double)");
    size_t before = cdecl_memory(state);
    for (int i = 0; i < 100; i++)
        type_of("const volatile char *const *(*)(int, double)");
    ck_assert_uint_eq(cdecl_memory(state), before);
}
END_TEST

/* ---- what cannot be made ---- */

static void refuses(const struct cdecl_type *made, const struct cdecl_error *error,
                    const char *message)
{
    ck_assert_ptr_null(made);
    ck_assert_str_eq(error->message, message);
    ck_assert_uint_eq(error->line, 0);
    ck_assert(!error->out_of_memory);
}

START_TEST(impossible_types)
{
    struct cdecl_error error;
    const struct cdecl_type *i = basic(CDECL_PRIM_INT);
    must_parse("struct s; union u { int a; };");
    struct snapshot before = take_snapshot(state);
    refuses(cdecl_array_of(state, basic(CDECL_PRIM_VOID), 2, &error), &error,
            "array element has incomplete type 'void'");
    refuses(cdecl_array_of(state, type_of("struct s"), 2, &error), &error,
            "array element has incomplete type 'struct s'");
    refuses(cdecl_array_of(state, i, CDECL_MAX_SIZE / sizeof(int) + 1, &error), &error,
            "size of array is too large");
    refuses(cdecl_qualified(state, i, CDECL_RESTRICT, &error), &error,
            "restrict needs a pointer, not 'int'");
    refuses(cdecl_qualified(state, type_of("union u"), CDECL_RESTRICT | CDECL_CONST, &error),
            &error, "restrict needs a pointer, not 'union u'");
    must_be_unchanged(state, &before, "constructors that fail");
    const struct cdecl_type *function = type_of("int (void)"), *vla = type_of("int[?]");
    refuses(cdecl_array_of(state, function, 2, &error), &error, "array of functions 'int (void)'");
    refuses(cdecl_array_of(state, vla, 2, &error), &error,
            "only the outermost array length can be '?'");
    ck_assert_ptr_nonnull(cdecl_array_of(state, i, CDECL_MAX_SIZE / sizeof(int), &error));
    ck_assert_ptr_null(cdecl_array_of(state, function, 2, NULL)); /* no error wanted */
}
END_TEST

/* ---- properties ---- */

START_TEST(completeness)
{
    must_parse("struct s; union u { int a; }; enum e; enum f { A }; extern int open[];");
    ck_assert(!cdecl_is_complete(type_of("void")));
    ck_assert(!cdecl_is_complete(type_of("struct s")));
    ck_assert(!cdecl_is_complete(type_of("enum e")));
    ck_assert(!cdecl_is_complete(type_of("int[]")));
    ck_assert(!cdecl_is_complete(type_of("int (void)")));
    ck_assert(!cdecl_is_complete(type_of("const struct s")));
    ck_assert(cdecl_is_complete(type_of("struct s *")));
    ck_assert(cdecl_is_complete(type_of("union u")));
    ck_assert(cdecl_is_complete(type_of("const enum f")));
    ck_assert(cdecl_is_complete(type_of("int[3]")));
    const struct cdecl_type *s = type_of("const struct s");
    ck_assert_uint_eq(cdecl_sizeof(s), 0);
    must_parse("struct s { int a; double b; };");
    ck_assert(cdecl_is_complete(s));
    ck_assert_ptr_eq(type_of("const struct s"), s);
    ck_assert_uint_eq(cdecl_sizeof(s), 8 + _Alignof(double));
    ck_assert_uint_eq(cdecl_alignof(s), _Alignof(double));
}
END_TEST

START_TEST(typedefs_with_an_alignment)
{
    must_parse("typedef int a16 __attribute__((aligned(16))); typedef struct { int x; } a1"
               " __attribute__((aligned(1))); typedef const a16 c16;");
    ck_assert_uint_eq(cdecl_alignof(type_of("a16")), 16);
    ck_assert_uint_eq(cdecl_sizeof(type_of("a16")), sizeof(int));
    ck_assert_uint_eq(cdecl_alignof(type_of("a1")), 1);
    ck_assert_uint_eq(cdecl_alignof(type_of("c16")), 16);
    ck_assert_ptr_ne(type_of("a16"), type_of("int"));
    ck_assert_ptr_eq(type_of("a16")->unqual, type_of("int"));
    ck_assert(cdecl_compatible(type_of("a16"), type_of("int")));
    ck_assert_uint_eq(cdecl_sizeof(type_of("struct { char c; a16 i; }")), 32);
}
END_TEST

START_TEST(depth_is_bounded)
{
    struct cdecl_error error;
    const struct cdecl_type *type = basic(CDECL_PRIM_INT), *last = NULL;
    unsigned made = 0;
    while ((type = cdecl_pointer_to(state, type, &error)) != NULL) {
        last = type;
        made++;
        ck_assert_uint_le(made, CDECL_MAX_DEPTH);
    }
    ck_assert_uint_eq(made, CDECL_MAX_DEPTH - 1);
    ck_assert_uint_eq(last->depth, CDECL_MAX_DEPTH);
    ck_assert_str_eq(error.message, "type nests too deeply (more than 256 levels)");
}
END_TEST

START_TEST(a_hundred_thousand_types)
{
    const struct cdecl_type *i = basic(CDECL_PRIM_INT);
    static const struct cdecl_type *made[100000];
    for (uint64_t n = 0; n < 100000; n++)
        made[n] = array_of(i, n);
    for (uint64_t n = 0; n < 100000; n++) {
        ck_assert_ptr_eq(array_of(i, n), made[n]);
        ck_assert_uint_eq(made[n]->size, n * sizeof(int));
    }
}
END_TEST

START_TEST(slot_of_the_embedder)
{
    int a;
    const struct cdecl_type *type = type_of("int *");
    ck_assert_ptr_null(*cdecl_user(type));
    *cdecl_user(type) = &a;
    ck_assert_ptr_eq(*cdecl_user(type_of("int *")), &a);
    ck_assert_ptr_null(*cdecl_user(type_of("int *const"))); /* not copied to variants */
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_type(void)
{
    Suite *suite = suite_create("type");
    TCase *tcase = add_case(suite, "type");
    tcase_set_timeout(tcase, 30);
    ADD_LOOP(tcase, the_compilers_data_model, model);
    ADD_LOOP(tcase, same_type_same_pointer, equals);
    ADD_LOOP(tcase, different_types_differ, different);
    tcase_add_test(tcase, the_compilers_own_names);
    tcase_add_test(tcase, modes);
    tcase_add_test(tcase, constructors_and_text_agree);
    tcase_add_test(tcase, every_qualifier_set_is_one_type);
    tcase_add_test(tcase, what_exists_is_not_made_again);
    tcase_add_test(tcase, impossible_types);
    tcase_add_test(tcase, completeness);
    tcase_add_test(tcase, typedefs_with_an_alignment);
    tcase_add_test(tcase, depth_is_bounded);
    tcase_add_test(tcase, a_hundred_thousand_types);
    tcase_add_test(tcase, slot_of_the_embedder);
    return suite;
}
