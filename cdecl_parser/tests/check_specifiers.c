/* specifiers.c: which type keywords go together, in any order, and what they mean. All sequences of
 * up to four are tried against the list of C11 6.7.2p2, with what GNU C adds. */
#include <stdio.h>
#include "support.h"

/* ---- every sequence of type keywords ---- */

enum {
    VOID,
    BOOL,
    CHAR,
    SHORT,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    SIGNED,
    UNSIGNED,
    COMPLEX,
    INT128,
    WORDS
};
static const char *const words[WORDS] = {"void",   "_Bool",    "char",     "short",
                                         "int",    "long",     "float",    "double",
                                         "signed", "unsigned", "_Complex", "__int128"};

/* The multisets of the standard; the count of "long" may be two. */
static const struct {
    const char *set; /* sorted by the order above, "i" for the i-th keyword */
    enum cdecl_prim prim;
} meanings[] = {
    {"a", CDECL_PRIM_VOID},      {"b", CDECL_PRIM_BOOL},     {"c", CDECL_PRIM_CHAR},
    {"ci", CDECL_PRIM_SCHAR},    {"cj", CDECL_PRIM_UCHAR},   {"d", CDECL_PRIM_SHORT},
    {"di", CDECL_PRIM_SHORT},    {"de", CDECL_PRIM_SHORT},   {"dei", CDECL_PRIM_SHORT},
    {"dj", CDECL_PRIM_USHORT},   {"dej", CDECL_PRIM_USHORT}, {"e", CDECL_PRIM_INT},
    {"i", CDECL_PRIM_INT},       {"ei", CDECL_PRIM_INT},     {"j", CDECL_PRIM_UINT},
    {"ej", CDECL_PRIM_UINT},     {"f", CDECL_PRIM_LONG},     {"fi", CDECL_PRIM_LONG},
    {"ef", CDECL_PRIM_LONG},     {"efi", CDECL_PRIM_LONG},   {"fj", CDECL_PRIM_ULONG},
    {"efj", CDECL_PRIM_ULONG},   {"ff", CDECL_PRIM_LLONG},   {"ffi", CDECL_PRIM_LLONG},
    {"eff", CDECL_PRIM_LLONG},   {"effi", CDECL_PRIM_LLONG}, {"ffj", CDECL_PRIM_ULLONG},
    {"effj", CDECL_PRIM_ULLONG}, {"g", CDECL_PRIM_FLOAT},    {"h", CDECL_PRIM_DOUBLE},
    {"fh", CDECL_PRIM_LDOUBLE},  {"k", CDECL_PRIM_CDOUBLE}, /* GNU */
    {"gk", CDECL_PRIM_CFLOAT},   {"hk", CDECL_PRIM_CDOUBLE}, {"fhk", CDECL_PRIM_CLDOUBLE},
    {"l", CDECL_PRIM_INT128}, /* GNU */
    {"il", CDECL_PRIM_INT128},   {"jl", CDECL_PRIM_UINT128},
};

static enum cdecl_prim meaning_of(const int *sequence, int length)
{
    char set[8] = "";
    int count = 0;
    for (int word = 0; word < WORDS; word++)
        for (int i = 0; i < length; i++)
            if (sequence[i] == word)
                set[count++] = (char)('a' + word);
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(set, meanings[i].set) == 0)
            return meanings[i].prim;
    return CDECL_PRIM_COUNT;
}

static void try_sequence(const int *sequence, int length)
{
    char text[80] = "";
    for (int i = 0; i < length; i++) {
        strcat(text, i == 0 ? "" : " ");
        strcat(text, words[sequence[i]]);
    }
    struct cdecl_error error;
    struct cdecl_source source = source_of(text);
    const struct cdecl_type *type = cdecl_parse_type(state, &source, &error);
    enum cdecl_prim prim = meaning_of(sequence, length);
    if (prim == CDECL_PRIM_COUNT)
        ck_assert_msg(type == NULL, "'%s' is read as '%s'", text, type ? print_type(type) : "");
    else
        ck_assert_msg(type == cdecl_basic(state, prim), "'%s': %s", text,
                      type == NULL ? message_of(&error) : print_type(type));
}

START_TEST(every_sequence_of_keywords)
{
    int sequence[4];
    for (int length = 1; length <= 4; length++) {
        int all = 1;
        for (int i = 0; i < length; i++)
            all *= WORDS;
        for (int number = 0; number < all; number++) {
            for (int i = 0, rest = number; i < length; i++, rest /= WORDS)
                sequence[i] = rest % WORDS;
            try_sequence(sequence, length);
        }
    }
}
END_TEST

/* ---- qualifiers and storage classes between them ---- */

START_TEST(qualifiers_anywhere)
{
    const struct cdecl_type *type = type_of("const volatile unsigned long");
    ck_assert_ptr_eq(type_of("unsigned const long volatile"), type);
    ck_assert_ptr_eq(type_of("long volatile const unsigned int"), type);
    ck_assert_ptr_eq(type_of("const const volatile const unsigned long"), type);
    ck_assert_uint_eq(type->quals, CDECL_CONST | CDECL_VOLATILE);
    ck_assert_ptr_eq(type->unqual, type_of("unsigned long"));
    must_parse("typedef const int c; typedef c volatile cv;");
    ck_assert_ptr_eq(type_of("cv"), type_of("const volatile int"));
    ck_assert_ptr_eq(type_of("const cv"), type_of("const volatile int"));
}
END_TEST

START_TEST(both_forms_of_atomic)
{
    ck_assert_ptr_eq(type_of("_Atomic(int)"), type_of("_Atomic int"));
    ck_assert_ptr_eq(type_of("int _Atomic"), type_of("_Atomic int"));
    ck_assert_ptr_eq(type_of("_Atomic(int *)"), type_of("int *_Atomic"));
    ck_assert_ptr_ne(type_of("_Atomic(int *)"), type_of("_Atomic(int) *"));
    ck_assert_ptr_eq(type_of("_Atomic(_Atomic(int))"), type_of("_Atomic int"));
    ck_assert_ptr_eq(type_of("_Atomic const int"), type_of("const _Atomic(int)"));
    ck_assert_uint_eq(type_of("_Atomic int")->quals, CDECL_ATOMIC);
}
END_TEST

START_TEST(storage_classes)
{
    must_parse("_Thread_local extern int a; extern _Thread_local int b; static __thread int c;"
               "int d; static int e; extern int g;");
    ck_assert(decl_of("a")->thread_local && decl_of("b")->thread_local);
    ck_assert(decl_of("c")->thread_local && !decl_of("d")->thread_local);
    ck_assert_int_eq(decl_of("e")->refusal, CDECL_NOT_EXPORTED);
    ck_assert_int_eq(decl_of("d")->refusal, CDECL_USABLE);
    ck_assert_int_eq(decl_of("g")->refusal, CDECL_USABLE);
}
END_TEST

/* A word that is a keyword only where nothing else gave it a meaning. */
START_TEST(soft_keywords)
{
    ck_assert_ptr_eq(type_of("complex"), cdecl_basic(state, CDECL_PRIM_CDOUBLE));
    ck_assert_ptr_eq(type_of("float complex"), cdecl_basic(state, CDECL_PRIM_CFLOAT));
    ck_assert_ptr_eq(type_of("_Float32"), cdecl_basic(state, CDECL_PRIM_FLOAT));
    ck_assert_ptr_eq(type_of("__int16"), cdecl_basic(state, CDECL_PRIM_SHORT));
    ck_assert_ptr_eq(type_of("unsigned __int64"), cdecl_basic(state, CDECL_PRIM_ULLONG));
    must_parse("typedef short complex, _Float32, alignas, noreturn, constexpr, thread_local;"
               "complex a; alignas b; noreturn c; constexpr d; thread_local e; _Float32 f;");
    for (const char *name = "abcdef"; *name != '\0'; name++) {
        char text[2] = {*name, '\0'};
        ck_assert_ptr_eq(decl_of(text)->type, cdecl_basic(state, CDECL_PRIM_SHORT));
    }
    must_parse("int alignof, offsetof, defined, static_assert, nullptr; struct true { int false; };"
               "int g[sizeof alignof];");
    ck_assert_uint_eq(decl_of("g")->type->count, sizeof(int));
}
END_TEST

START_TEST(typedef_names_are_names_elsewhere)
{
    must_parse("typedef int t; struct t { t t; }; union u { struct t t; }; enum { e = sizeof(t) };"
               "void f(t t, int u); typedef t u; struct t g(u t); extern struct t *t2;");
    ck_assert_ptr_eq(member_of(type_of("struct t"), "t")->type, type_of("int"));
    ck_assert_ptr_eq(member_of(type_of("union u"), "t")->type, type_of("struct t"));
    ck_assert_str_eq(print_name("f"), "void f(int t, int u)");
    ck_assert_str_eq(print_name("g"), "struct t g(int t)");
}
END_TEST

/* ---- typeof, _BitInt ---- */

START_TEST(typeof_keeps_what_it_finds)
{
    must_parse("const int c; volatile struct s { int a; const char b[3]; } s; int f(char), *p;");
    ck_assert_ptr_eq(type_of("typeof(c)"), type_of("const int"));
    ck_assert_ptr_eq(type_of("typeof_unqual(c)"), type_of("int"));
    ck_assert_ptr_eq(type_of("typeof(s)"), type_of("volatile struct s"));
    ck_assert_ptr_eq(type_of("typeof(s.a)"), type_of("volatile int"));
    ck_assert_ptr_eq(type_of("typeof(&c)"), type_of("const int *"));
    ck_assert_ptr_eq(type_of("typeof(*p)"), type_of("int"));
    ck_assert_ptr_eq(type_of("typeof(f)"), type_of("int (char)"));
    ck_assert_ptr_eq(type_of("typeof(f) *"), type_of("int (*)(char)"));
    ck_assert_ptr_eq(type_of("typeof(f(1))"), type_of("int"));
    ck_assert_ptr_eq(type_of("typeof((char)1 + (short)2)"), type_of("int"));
    ck_assert_ptr_eq(type_of("typeof(1u + 1ll)"), type_of("long long"));
    ck_assert_ptr_eq(type_of("typeof(1 ? p : 0)"), type_of("int *"));
    ck_assert_ptr_eq(type_of("typeof(const int[2])"), type_of("const int[2]"));
    ck_assert_ptr_eq(type_of("typeof(typeof(int *) *)"), type_of("int **"));
    ck_assert_ptr_eq(type_of("const typeof(int)"), type_of("const int"));
}
END_TEST

START_TEST(bit_precise_integers)
{
    for (unsigned bits = 2; bits <= 128; bits++) {
        char text[64];
        snprintf(text, sizeof text, "_BitInt(%u)", bits);
        const struct cdecl_type *type = type_of(text);
        ck_assert_uint_eq(type->bits, bits);
        ck_assert(type->is_signed);
        ck_assert_uint_ge(type->size * 8, bits);
        ck_assert_uint_eq(type->size % type->align, 0);
        snprintf(text, sizeof text, "unsigned _BitInt(%u)", bits);
        ck_assert_ptr_ne(type_of(text), type);
        ck_assert(!type_of(text)->is_signed);
        ck_assert_uint_eq(type_of(text)->size, type->size);
    }
    ck_assert_uint_eq(type_of("unsigned _BitInt(1)")->bits, 1);
    ck_assert_uint_eq(type_of("_BitInt(8)")->size, 1);
    ck_assert_uint_eq(type_of("_BitInt(9)")->size, 2);
    ck_assert_uint_eq(type_of("_BitInt(33)")->size, 8);
    ck_assert_ptr_ne(type_of("_BitInt(32)"), type_of("int"));
    ck_assert(!cdecl_compatible(type_of("_BitInt(32)"), type_of("int")));
}
END_TEST

Suite *check_specifiers(void)
{
    Suite *suite = suite_create("specifiers");
    TCase *tcase = add_case(suite, "specifiers");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_sequence_of_keywords);
    tcase_add_test(tcase, qualifiers_anywhere);
    tcase_add_test(tcase, both_forms_of_atomic);
    tcase_add_test(tcase, storage_classes);
    tcase_add_test(tcase, soft_keywords);
    tcase_add_test(tcase, typedef_names_are_names_elsewhere);
    tcase_add_test(tcase, typeof_keeps_what_it_finds);
    tcase_add_test(tcase, bit_precise_integers);
    return suite;
}
