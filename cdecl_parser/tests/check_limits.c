/* Every limit of parse_limits.h at its value and one beyond, nests of 100,000, what C11 asks for at
 * least (5.2.4.1), texts cut anywhere, many types; all in bounded time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "support.h"

/* ---- making long texts ---- */

/* malloc'ed: `first`, `count` times `each` with "%d" standing for the number, `last`. */
static char *repeat(const char *first, const char *each, int count, const char *last)
{
    size_t room = strlen(first) + (size_t)count * (strlen(each) + 16) + strlen(last) + 1;
    char *text = malloc(room), *to = text;
    ck_assert_ptr_nonnull(text);
    to = stpcpy(to, first);
    bool counted = strchr(each, '%') != NULL;
    for (int i = 0; i < count; i++)
        if (!counted)
            to = stpcpy(to, each);
        else
            for (const char *from = each; *from != '\0'; from++)
                if (from[0] == '%')
                    to += sprintf(to, "%d", i + (from[1] == '+')), from += 1;
                else
                    *to++ = *from;
    strcpy(to, last);
    return text;
}

static char *nest(const char *first, const char *open, const char *middle, const char *close,
                  const char *last, int count)
{
    char *opened = repeat(first, open, count, middle);
    char *text = repeat(opened, close, count, last);
    free(opened);
    return text;
}

/* CPU time that an answer may take; CK_TIMEOUT_MULTIPLIER says how slow the machine is. */
static double patience(void)
{
    const char *factor = getenv("CK_TIMEOUT_MULTIPLIER");
    return 2.0 * (factor == NULL ? 1 : atof(factor));
}

static clock_t started;

static void begin_timing(void)
{
    started = clock();
}

static void must_be_quick(const char *text)
{
    double seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
    ck_assert_msg(seconds < patience(), "%.60s...\ntook %.2f s", text, seconds);
}

static void free_parse(char *text)
{
    begin_timing();
    must_parse(text);
    must_be_quick(text);
    free(text);
}

/* Refused with this message, wherever. */
static void free_fail(char *text, const char *message)
{
    struct cdecl_error error;
    struct cdecl_source source = source_of(text);
    struct snapshot before = take_snapshot(state);
    begin_timing();
    ck_assert_msg(!cdecl_parse(state, &source, &error), "%.60s... is read", text);
    must_be_quick(text);
    if (strcmp(error.message, message) != 0)
        ck_abort_msg("%.60s...\nexpected: %s\nbut got:  %s", text, message, error.message);
    must_be_unchanged(state, &before, "the text");
    free(text);
}

/* ---- nesting ---- */

#define TOO_DEEP "nested too deeply (more than 256 levels)"
#define TYPE_TOO_DEEP "type nests too deeply (more than 256 levels)"

static const struct {
    const char *first, *open, *middle, *close, *last;
    int most;            /* levels that are read; one more is not */
    const char *message; /* NULL: there is no limit */
    const char *huge;    /* message for 100,000 levels where it is another */
} nests[] = {
    {"int ", "(", "x", ")", ";", 255, TOO_DEEP, NULL},
    {"int ", "*", "x", "", ";", 255, TYPE_TOO_DEEP, NULL},
    {"int x", "", "", "[1]", ";", 255, TYPE_TOO_DEEP, NULL},
    {"int ", "(*", "f", ")(void)", ";", 127, TYPE_TOO_DEEP, TOO_DEEP},
    {"void f(", "void (*)(", "int", ")", ");", 127, TYPE_TOO_DEEP, TOO_DEEP},
    {"", "struct { ", "int x;", " };", "", 127, TOO_DEEP, NULL},
    {"", "union { ", "int x;", " };", "", 127, TOO_DEEP, NULL},
    {"", "typeof(", "int", ")", " x;", 255, TOO_DEEP, NULL},
    {"", "_Atomic(", "int", ")", " x;", 255, TOO_DEEP, NULL},
    {"", "extern \"C\" { ", "int x;", " }", "", 255, TOO_DEEP, NULL},
    {"int x[", "(", "1", ")", "];", 126, TOO_DEEP, NULL},
    {"enum { A = ", "(", "1", ")", " };", 126, TOO_DEEP, NULL},
    {"struct { int b : ", "(", "1", ")", "; } s;", 126, TOO_DEEP, NULL},
    {"_Static_assert(", "(", "1", ")", ", \"\");", 127, TOO_DEEP, NULL},
    {"int x[", "+ ", "1", "", "];", 253, TOO_DEEP, NULL},
    {"int x[1 + ", "!", "1", "", "];", 253, TOO_DEEP, NULL},
    {"int x[", "(int)", "1", "", "];", 253, TOO_DEEP, NULL},
    {"int x[", "sizeof ", "1", "", "];", 253, TOO_DEEP, NULL},
    {"int x[", "1 ? 1 : ", "1", "", "];", 253, TOO_DEEP, NULL},
    {"int x[", "1 ? ", "1", " : 1", "];", 253, TOO_DEEP, NULL},
    {"int x[", "_Generic(1, int: ", "1", ")", "];", 126, TOO_DEEP, NULL},
    {"int x[", "__builtin_choose_expr(1, ", "1", ", 0)", "];", 126, TOO_DEEP, NULL},
    {"int x[", "__builtin_constant_p(", "1", ")", "];", 126, TOO_DEEP, NULL},
    {"int x[", "offsetof(struct { char a[9]; }, a[", "1", "])", "];", 126, TOO_DEEP, NULL},
    {"", "_Alignas(_Alignof(struct { ", "int x; ", "char c; })) ", "int x;", 51, TOO_DEEP, NULL},
    {"#if ", "(", "1", ")", "\n#endif", 127, TOO_DEEP, NULL},
    {"#if ", "!", "1", "", "\n#endif", 254, TOO_DEEP, NULL},
    {"", "#if 1\n", "", "#endif\n", "", 256, "more than 256 '#if' inside each other", NULL},
    {"", "#if 0\n", "", "#endif\n", "", 0, NULL, NULL},
    {"", "#pragma pack(push, 1)\n", "int x;\n", "#pragma pack(pop)\n", "", 256,
     "more than 256 '#pragma pack(push)' inside each other", NULL},
    {"int f(int *) ", "__attribute__((nonnull(1))) ", "", "", ";", 256, "more than 256 attributes",
     NULL},
    {"int f(void) ", "{", "", "}", "", 0, NULL, NULL},
    {"int x = ", "{", "1", "}", ";", 0, NULL, NULL},
    {"int x __attribute__((a", "(", "", ")", "));", 0, NULL, NULL},
    {"int x __attribute__((a(", "[", "", "]", ")));", 0, NULL, NULL},
    {"[[a", "(", "", ")", "]] int x;", 0, NULL, NULL},
    {"asm(", "(", "\"x\"", ")", ");", 0, NULL, NULL},
    {"int x[", "1 + ", "1", "", "];", 0, NULL, NULL},
    {"int x[", "1 || ", "1", "", "];", 0, NULL, NULL},
    {"int x[", "1 << 0 << ", "0", "", "];", 0, NULL, NULL},
};

static char *nested(int i, int count)
{
    return nest(nests[i].first, nests[i].open, nests[i].middle, nests[i].close, nests[i].last,
                count);
}

START_TEST(nesting_at_the_limit)
{
    int most = nests[_i].most;
    free_parse(nested(_i, most > 0 && most < 63 ? most : 63)); /* 63: C11 */
    free_state();
    new_state();
    if (nests[_i].message == NULL)
        return;
    free_parse(nested(_i, most));
    free_state();
    new_state();
    free_fail(nested(_i, most + 1), nests[_i].message);
}
END_TEST

START_TEST(nesting_of_100000)
{
    if (nests[_i].message == NULL)
        free_parse(nested(_i, 100000));
    else
        free_fail(nested(_i, 100000), nests[_i].huge == NULL ? nests[_i].message : nests[_i].huge);
}
END_TEST

/* Opened 100,000 times and never closed. */
static const struct {
    const char *first, *open, *message;
} open_nests[] = {
    {"", "(", "expected a type, got '('"},
    {"int ", "(", TOO_DEEP},
    {"int x", "[", "expected an attribute, got '[['"},
    {"int ", "*", TYPE_TOO_DEEP},
    {"", "{", "expected a type, got '{'"},
    {"", "struct {", TOO_DEEP},
    {"", "struct s {", TOO_DEEP},
    {"int f(void) ", "{", "'{' is never closed"},
    {"int x = ", "{", "'{' is never closed"},
    {"int x __attribute__((a", "(", "'(' is never closed"},
    {"", "[[", "expected an attribute, got '[['"},
    {"", "__attribute__((", "'(' is never closed"},
    {"", "extern \"C\" {", TOO_DEEP},
    {"", "enum {", "expected an enumerator, got 'enum'"},
    {"", "typeof(", TOO_DEEP},
    {"", "#if 1\n", "more than 256 '#if' inside each other"},
    {"", "#if 0\n", "'#if' is never closed"},
    {"void ", "f(void ", TOO_DEEP},
    {"", "\"", "expected a type, got '\"\"'"},
    {"int x = ", "-", TOO_DEEP},
    {"", "/* ", "unterminated comment"},
    {"asm", "(", "'(' is never closed"},
};

START_TEST(opened_100000_times)
{
    struct cdecl_error error;
    char *text = repeat(open_nests[_i].first, open_nests[_i].open, 100000, "");
    struct cdecl_source source = source_of(text);
    begin_timing();
    ck_assert(!cdecl_parse(state, &source, &error));
    must_be_quick(text);
    free(text);
    ck_assert_str_eq(error.message, open_nests[_i].message);
}
END_TEST

/* ---- depth of types through names ---- */

START_TEST(structs_in_structs_by_name)
{
    free_parse(repeat("struct s0 { int x; };", "struct s%+ { struct s%0 in; };", 254, ""));
    ck_assert_uint_eq(cdecl_find_tag(state, "s254", 4)->depth, 256);
    must_fail("struct last { struct s254 in; };", "1:8: " TYPE_TOO_DEEP);
    must_fail("struct s254 a[1];", "1:15: " TYPE_TOO_DEEP);
    must_parse("struct s254 *p[3];"); /* a pointer to a tag ends a path */
}
END_TEST

START_TEST(typedefs_of_typedefs)
{
    free_parse(repeat("typedef int t0;", "typedef t%0 t%+;", 5000, ""));
    ck_assert_ptr_eq(type_of("t5000"), type_of("int"));
    free_state();
    new_state();
    free_parse(repeat("typedef int t0;", "typedef t%0 *t%+;", 255, ""));
    must_fail("typedef t255 *t256;", "1:14: " TYPE_TOO_DEEP);
}
END_TEST

/* ---- sizes ---- */

#if LONG64
START_TEST(sizes_of_arrays)
{
    must_parse("extern char a[9223372036854775807];");
    ck_assert_uint_eq(cdecl_sizeof(decl_of("a")->type), CDECL_MAX_SIZE);
    must_parse("extern short b[4611686018427387903];");
    must_fail("extern short c[4611686018427387904];", "1:16: size of array is too large");
    must_fail("extern char c[9223372036854775808u];", "1:15: size of array is too large");
    must_fail("extern char c[18446744073709551615u];", "1:15: size of array is too large");
    must_fail("extern char c[4294967296][4294967296];", "1:15: size of array is too large");
    must_fail("typedef char c[4611686018427387904]; c d[2];", "1:42: size of array is too large");
}
END_TEST

START_TEST(sizes_of_structs)
{
    must_parse("struct a { char c[1152921504606846975]; };"); /* 2^60 - 1 */
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "a", 1)), ((uint64_t)1 << 60) - 1);
    must_fail("struct b { char c[1152921504606846976]; };", "1:8: size of 'struct b' is too large");
    must_fail("struct b { struct a a; char c; };", "1:8: size of 'struct b' is too large");
    must_fail("struct b { struct a a; int i : 3, j; };", "1:8: size of 'struct b' is too large");
    must_parse("union u { char c[9223372036854775807]; };");
    must_fail("union v { char c[9223372036854775807]; int i; };",
              "1:7: size of 'union v' is too large");
    must_fail("struct b { union u u; };", "1:8: size of 'struct b' is too large");
}
END_TEST
#else
START_TEST(sizes_of_arrays)
{
    must_parse("extern char a[2147483647];");
    ck_assert_uint_eq(cdecl_sizeof(decl_of("a")->type), CDECL_MAX_SIZE);
    must_parse("extern short b[1073741823];");
    must_fail("extern short c[1073741824];", "1:16: size of array is too large");
    must_fail("extern char c[4294967295u];", "1:15: size of array is too large");
    must_fail("extern char c[65536][65536];", "1:15: size of array is too large");
    must_fail("typedef char c[1073741824]; c d[2];", "1:33: size of array is too large");
}
END_TEST

START_TEST(sizes_of_structs)
{
    must_parse("struct a { char c[268435455]; };"); /* 2^28 - 1 */
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "a", 1)), ((uint64_t)1 << 28) - 1);
    must_fail("struct b { char c[268435456]; };", "1:8: size of 'struct b' is too large");
    must_fail("struct b { struct a a; char c; };", "1:8: size of 'struct b' is too large");
    must_fail("struct b { struct a a; int i : 3, j; };", "1:8: size of 'struct b' is too large");
    must_parse("union u { char c[2147483647]; };");
    must_fail("union v { char c[2147483647]; int i; };", "1:7: size of 'union v' is too large");
}
END_TEST
#endif

START_TEST(alignments)
{
    must_parse(
        "struct a { char c; } __attribute__((aligned(268435456))); _Alignas(268435456) int x;");
    ck_assert_uint_eq(cdecl_alignof(cdecl_find_tag(state, "a", 1)), CDECL_MAX_ALIGN);
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "a", 1)), CDECL_MAX_ALIGN);
    must_fail("_Alignas(536870912) int y;",
              "1:10: alignment 536870912 is not a power of two up to 268435456");
    must_parse("typedef char v __attribute__((vector_size(268435456)));");
    must_fail("typedef char w __attribute__((vector_size(268435457)));",
              "1:43: vector size 268435457 is out of range");
}
END_TEST

START_TEST(bits_of_bitint)
{
    must_parse("_BitInt(2) a; _BitInt(128) b; unsigned _BitInt(1) c; unsigned _BitInt(128) d;");
    must_fail("unsigned _BitInt(129) e;",
              "1:1: unsigned _BitInt(129) is not supported: 1 to 128 bits are");
    must_fail("_BitInt(18446744073709551615u) e;",
              "1:1: _BitInt(-1) is not supported: 2 to 128 bits are");
}
END_TEST

/* ---- lengths ---- */

START_TEST(length_of_a_name)
{
    free_parse(repeat("int ", "n", CDECL_MAX_NAME, ";"));
    free_fail(repeat("int ", "n", CDECL_MAX_NAME + 1, ";"), "name of 65536 bytes is too long");
    free_fail(repeat("int ", "n", 3000000, ";"), "name of 3000000 bytes is too long");
    free_fail(repeat("int x asm(\"", "n", CDECL_MAX_NAME + 1, "\");"),
              "name of 65536 bytes is too long");
    free_fail(repeat("# 1 \"", "n", CDECL_MAX_NAME + 1, "\"\nint 3;"), "expected a name, got '3'");
}
END_TEST

/* Pages that nobody wrote: all zero, and no memory. */
START_TEST(length_of_a_text)
{
    size_t size = CDECL_MAX_TEXT + 2;
    void *pages = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        ck_abort_msg("no room for a text of %zu bytes", size);
    struct cdecl_source source = {.text = pages, .size = CDECL_MAX_TEXT, .flags = CDECL_TERMINATED};
    struct cdecl_error error;
    begin_timing();
    ck_assert(!cdecl_parse(state, &source, &error));
    ck_assert_str_eq(message_of(&error), "1:1: zero byte in the text");
    source.size++;
    ck_assert(!cdecl_parse(state, &source, &error));
    ck_assert_str_eq(error.message, "text of 1073741825 bytes is too long");
    source.flags = 0;
    source.size = SIZE_MAX;
    ck_assert(!cdecl_parse(state, &source, &error));
    char message[100];
    snprintf(message, sizeof message, "text of %zu bytes is too long", (size_t)SIZE_MAX);
    ck_assert_str_eq(error.message, message);
    must_be_quick("the pages");
    munmap(pages, size);
}
END_TEST

START_TEST(number_of_parameters)
{
    free_parse(repeat("void f(int", ", int", CDECL_MAX_PARAMS - 1, ");"));
    ck_assert_uint_eq(decl_of("f")->type->nparams, CDECL_MAX_PARAMS);
    free_fail(repeat("void g(int", ", int", CDECL_MAX_PARAMS, ");"), "more than 65535 parameters");
}
END_TEST

START_TEST(digits_of_a_float)
{
    free_parse(repeat("static const double a = 1.", "0", 1022, ";"));
    free_fail(repeat("static const double b = 1.", "0", 1023, ";"),
              "floating constant is too long");
    free_fail(repeat("static const double b = 1.", "0", 3000000, ";"),
              "floating constant is too long");
    free_parse(repeat("int c[0", "0", 3000000, "7];"));
}
END_TEST

START_TEST(bytes_of_expansions)
{
    char *quoted = repeat("#define M \"", "s", (1 << 24) - 3, "\"\nstatic const char text[] = M;");
    free_parse(quoted); /* with its end, 2^24 bytes */
    ck_assert_uint_eq(cdecl_value_of(decl_of("text")).size, (1 << 24) - 3);
    free_state();
    new_state();
    free_fail(repeat("#define M \"", "s", (1 << 24) - 2, "\"\nstatic const char text[] = M;"),
              "macros expand to too much text");
    /* Each doubles the one before. */
    free_fail(repeat("#define A0 +1\n", "#define A%+ A%0 A%0\n", 60, "int a[A60];"),
              "macros expand to too much text");
    free_fail(repeat("#define A0 +1\n", "#define A%+ A%0 A%0\n", 60, "#if A60\n#endif"),
              "macros expand to too much text");
    free_parse(repeat("#define A0 1\n", "#define A%+ A%0\n", 20000, "int a[A20000];"));
}
END_TEST

/* ---- many of a thing ---- */

static const struct {
    const char *first, *each;
    int count;
    const char *last;
} crowds[] = {
    {"", "int a%0[%+];", 70000, ""}, /* as many types */
    {"", "struct s%0 { struct s%+ *p; };", 70000, ""},
    {"", "struct { int x; } a%0;", 70000, ""},
    {"", "int f%0(int (*)[%+]);", 70000, ""},
    {"", "enum { E%0 };", 70000, ""},
    {"", "#define M%0 %0\n", 100000, "int a[M99999];"},
    {"enum e { A", ", E%0", 100000, " };"},
    {"struct s { int x;", "char m%0;", 100000, " };"},
    {"struct s { int x;", "struct { char m%0; };", 20000, " };"},
    {"union u { int x;", "long m%0[%+];", 100000, " };"},
    {"int x", ", *y%0", 100000, ";"},
    {"", "struct s { int x; };", 30000, ""},
    {"", "int x;", 300000, ""},
    {"", ";", 1000000, ""},
    {"static const char s[] = \"\"", "\"0123456789\" ", 100000, ";"},
    {"int x[0", "+%+ - %0", 100000, "];"},
    {"", "\n", 2000000, "int x;"},
    {"/*", "*", 2000000, "*/ int x;"},
    {"//", "/", 2000000, "\nint x;"},
    {"int x", "\\\n", 500000, ";"},
    {"", "#pragma pack(push, 1)\n#pragma pack(pop)\n", 100000, ""},
    {"", "#undef x%0\n", 100000, ""},
    {"", "# %+ \"f.h\"\n", 100000, ""},
    {"", "void f(int) __attribute__((deprecated));", 30000, ""},
    {"", "extern int a[];extern int a[3];", 30000, ""},
    {"int x __attribute__((", "unused,", 100000, "));"},
    {"int x ", "__attribute__((unused)) ", 100000, ";"},
    {"void f(int a", ", int (*p%0)[sizeof(a)]", 20000, ");"},
    {"struct s { ", "enum { E%0 = %+ }; char m%0[E%0];", 5000, " };"},
    {"const ", "const volatile ", 100000, "int x;"},
    {"", "typedef int t;", 100000, ""},
    {"", "extern \"C\" { int x; }", 50000, ""},
    {"#if 0\n", "#if x\n#else\n#endif\n it's \" not read\n", 50000, "#endif\n"},
    {"#if 0\n", "#elif 0\n", 100000, "#endif\n"},
};

START_TEST(many_of_a_thing)
{
    free_parse(repeat(crowds[_i].first, crowds[_i].each, crowds[_i].count, crowds[_i].last));
}
END_TEST

START_TEST(more_than_65536_types)
{
    free_parse(repeat("", "extern int a%0[%+];", 70000, ""));
    ck_assert_uint_gt(state->types.count, 70000);
    ck_assert_uint_eq(cdecl_sizeof(decl_of("a69999")->type), 4 * 70000);
    ck_assert_ptr_eq(type_of("int[69999]"), decl_of("a69998")->type);
    free_parse(repeat("", "struct s%0 { char c[%+]; };", 70000, ""));
    ck_assert_uint_eq(cdecl_sizeof(cdecl_find_tag(state, "s69999", 6)), 70000);
}
END_TEST

/* ---- what C11 asks for at least [5.2.4.1] ---- */

START_TEST(minimum_limits_of_c11)
{
    free_parse(repeat("struct m { ", "int m%0;", 1023, " };"));
    free_parse(repeat("enum c { C", ", C%0", 1023, " };"));
    free_parse(repeat("void f(int a", ", int a%0", 126, ");"));
    free_parse(repeat("", "#define MACRO%0 %0\n", 4095, ""));
    free_parse(repeat("", "extern int external%0;", 4095, ""));
    free_parse(repeat("static const char s[] = \"", "c", 4095, "\";"));
    free_parse(repeat("int ", " ", 4095, "line;"));
    must_parse(
        "extern char object[65535]; int ************p; int a[1][1][1][1][1][1][1][1][1][1][1][1];");
    ck_assert_uint_eq(cdecl_find_tag(state, "m", 1)->tag->nmembers, 1023);
    ck_assert_uint_eq(decl_of("f")->type->nparams, 127);
    ck_assert_int_eq(int_of("MACRO4094"), 4094);
    ck_assert_int_eq(int_of("C1022"), 1023);
}
END_TEST

/* ---- cut and damaged texts ---- */

static const char sample[] =
    "# 1 \"s.h\"\n#define N (3 * 'a')\n#if N > 2 && defined(N) /* x */\n#pragma pack(push, 2)\n"
    "typedef struct tag { int a : 3, *b[N]; union { char c; double d; }; } __attribute__((packed)) "
    "tag_t;\n#endif\n#pragma pack(pop)\nenum e : short { A = -1, B = sizeof(tag_t), C = L'\\x41' "
    "};\n"
    "extern \"C\" { static const char text[] = \"\\\"caf\xc3\xa9\\n\" u8\"x\"; }\n"
    "_Static_assert(1.5e3 > 0x1p4, \"m\");\nint *restrict (*const f(void (*)(int, ...), char [*]))"
    "(struct tag *p) __asm__(\"g\") __attribute__((nonnull(1), deprecated(\"no\")));\n"
    "_Atomic(int) v; [[cffi::status(0, t)]] int an(int *, [[cffi::in(n)]] const void *b, int n);"
    " typeof(&*(int *)0) w = &v;\n"
    "static inline int body(void) { return '}' + \"{\"[0]; /* } */ }\n"
    "_BitInt(N / 9) x; __typeof__(_Generic(1, int: 2.5)) y; int z[offsetof(struct tag, c) + 1];\n";

START_TEST(a_text_cut_anywhere)
{
    ck_assert_int_lt(_i, (int)sizeof sample);
    for (size_t size = (size_t)_i; size < sizeof sample; size += 10) {
        char *exact = malloc(size + 1); /* of its own, so that reading beyond it shows */
        memcpy(exact, sample, size);
        exact[size] = '\0';
        struct cdecl_source source = {.text = exact, .size = size, .flags = CDECL_TERMINATED};
        struct cdecl_error error;
        struct snapshot before = take_snapshot(state);
        if (!cdecl_parse(state, &source, &error)) {
            must_be_unchanged(state, &before, exact);
            ck_assert_uint_gt(error.line, 0);
            ck_assert_str_ne(error.message, "");
        } else {
            free_state();
            new_state();
        }
        free(exact);
    }
}
END_TEST

/* Each byte in turn becomes another one, or goes. */
START_TEST(a_text_damaged_anywhere)
{
    static const char damage[] = {'\0', '(', ')',    '{', '"', '\'', '#',
                                  '\n', '*', '\xff', ';', '1', '\\'};
    char text[sizeof sample];
    for (size_t at = 0; at + 1 < sizeof sample; at++) {
        size_t size = sizeof sample - 1;
        memcpy(text, sample, sizeof sample);
        if ((size_t)_i < sizeof damage)
            text[at] = damage[_i];
        else
            memmove(text + at, text + at + 1, size-- - at);
        struct cdecl_source source = {.text = text, .size = size};
        struct snapshot before = take_snapshot(state);
        if (!cdecl_parse(state, &source, NULL)) {
            must_be_unchanged(state, &before, text);
            continue;
        }
        free_state();
        new_state();
    }
}
END_TEST

START_TEST(the_sample_is_read)
{
    must_parse(sample);
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

Suite *check_limits(void)
{
    Suite *suite = suite_create("limits");
    TCase *nesting = add_case(suite, "nesting");
    tcase_add_loop_test(nesting, nesting_at_the_limit, 0, LENGTH(nests));
    tcase_add_loop_test(nesting, nesting_of_100000, 0, LENGTH(nests));
    tcase_add_loop_test(nesting, opened_100000_times, 0, LENGTH(open_nests));
    tcase_add_test(nesting, structs_in_structs_by_name);
    tcase_add_test(nesting, typedefs_of_typedefs);
    TCase *sizes = add_case(suite, "sizes");
    tcase_add_test(sizes, sizes_of_arrays);
    tcase_add_test(sizes, sizes_of_structs);
    tcase_add_test(sizes, alignments);
    tcase_add_test(sizes, bits_of_bitint);
    TCase *lengths = add_case(suite, "lengths");
    tcase_add_test(lengths, length_of_a_name);
    tcase_add_test(lengths, length_of_a_text);
    tcase_add_test(lengths, number_of_parameters);
    tcase_add_test(lengths, digits_of_a_float);
    tcase_add_test(lengths, bytes_of_expansions);
    tcase_add_loop_test(lengths, many_of_a_thing, 0, LENGTH(crowds));
    tcase_add_test(lengths, more_than_65536_types);
    tcase_add_test(lengths, minimum_limits_of_c11);
    TCase *damage = add_case(suite, "damage");
    tcase_add_test(damage, the_sample_is_read);
    tcase_add_loop_test(damage, a_text_cut_anywhere, 0, 10);
    tcase_add_loop_test(damage, a_text_damaged_anywhere, 0, 14);
    return suite;
}
