/* print.c: types and declarations as C text. What is printed is read again: as the same pointer
 * where names allow it, as an equal layout where a body has to be printed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "support.h"

static const char names[] =
    "struct s { int a; struct s *next; }; union u { int a; double b; }; enum e { E0, E1 = -5 };"
    "struct incomplete; enum fixed : short { F0 };"
    "typedef struct { int x, y; } point; typedef union { int i; float f; } number;"
    "typedef enum { RED, GREEN } color; typedef struct { char c; } __attribute__((packed)) tight;"
    "typedef struct s s_t, *s_ptr; typedef int integer; typedef int row[3];"
    "typedef int callback(void *, point);"
    "typedef int aligned16 __attribute__((aligned(16)));"
    "typedef point aligned_point __attribute__((aligned(32)));"
    "typedef float v4 __attribute__((vector_size(16)));"
    "struct outer { struct { int inner; } nameless; };";

/* ---- the same pointer ---- */

static const char *const types[] = {
    "int",
    "const int",
    "volatile _Atomic int",
    "unsigned long long",
    "long double",
    "bool",
    "void",
    "char",
    "signed char",
    "_Float16",
    "_Float128",
    "__int128",
    "unsigned __int128",
    "float _Complex",
    "_Float128 _Complex",
    "_BitInt(7)",
    "unsigned _BitInt(128)",
    "const _BitInt(33) *",
    "size_t",
    "wchar_t",
    "max_align_t",
    "va_list",
    "nullptr_t",
    "struct s",
    "const struct s",
    "union u",
    "enum e",
    "enum fixed",
    "struct incomplete *",
    "point",
    "const point *",
    "number",
    "color",
    "volatile color",
    "tight",
    "s_t",
    "s_ptr",
    "const s_ptr",
    "integer",
    "row",
    "const row",
    "row *",
    "callback",
    "callback *",
    "int *",
    "int **const *",
    "int *const volatile _Atomic restrict",
    "const char *const *restrict",
    "int[3]",
    "int[2][3][4]",
    "int *[3]",
    "int (*)[3]",
    "int *(*[2])[3]",
    "int[]",
    "int[][3]",
    "int[?]",
    "int[0]",
    "int (*)[]",
    "int (*)[?]",
    "const int[2]",
    "int *const[2]",
    "int (void)",
    "int ()",
    "int (int)",
    "int (int, ...)",
    "int (...)",
    "void *(void *, size_t)",
    "int (*)(void)",
    "int (*const)(int)",
    "int (*(*)(char))[4]",
    "int (*(void))(long)",
    "void (*(int, void (*)(int)))(int)",
    "int (*(*(*)(void))(int))(char)",
    "int (*[3])(struct s *, const point, enum e, color (*)(union u))",
    "int (int (*)(int (*)(int)))",
    "int (*(*[2])(void))[3]",
    "void (int *restrict, const void *)",
    "void (callback *, row *)",
    "int __attribute__((vector_size(16)))",
    "v4",
    "v4 *",
    "const v4[2]",
    "v4 (v4, v4 *)",
    "unsigned char __attribute__((vector_size(64))) *(*)(void)",
    "aligned16",
    "const aligned16",
    "aligned16 *",
    "aligned16 (*)(void)",
    "aligned_point",
    "const aligned_point *",
    "struct s (point, union u)",
    "_Atomic struct s",
    "_Atomic(point) *",
    "typeof(((struct outer *)0)->nameless) *",
};

static const struct cdecl_type *read_again(const char *text)
{
    struct cdecl_error error;
    struct cdecl_source source = source_of(text);
    const struct cdecl_type *type = cdecl_parse_type(state, &source, &error);
    ck_assert_msg(type != NULL, "printed: %s\nis refused: %s", text, message_of(&error));
    return type;
}

/* With a name: as a declaration. */
static const struct cdecl_type *declared_again(const struct cdecl_type *type)
{
    char text[4096] = "extern ";
    struct cdecl_error error;
    size_t size = cdecl_print(type, "name", text + 7, sizeof text - 7);
    ck_assert_uint_lt(size, sizeof text - 7);
    struct cdecl_source source = source_of(text);
    const struct cdecl_decl *decl = cdecl_parse_unbound(state, &source, &error);
    ck_assert_msg(decl != NULL, "printed: %s\nis refused: %s", text, message_of(&error));
    ck_assert_str_eq(decl->name, "name");
    return decl->type;
}

static void must_survive(const struct cdecl_type *type)
{
    const char *text = print_type(type);
    const struct cdecl_type *again = read_again(text);
    ck_assert_msg(again == type, "%s\nis read again as %s", text, print_type(again));
    if (type->kind == CDECL_VOID)
        return; /* no object can have it */
    again = declared_again(type);
    ck_assert_msg(again == type, "%s\nwith a name is read again as %s", text, print_type(again));
}

START_TEST(print_and_parse)
{
    must_parse(names);
    const struct cdecl_type *type = type_of(types[_i]);
    if (strstr(types[_i], "nameless") == NULL)
        must_survive(type);
    else /* not by its name: the body makes a new type */
        ck_assert(cdecl_compatible(read_again(print_type(type)), type));
}
END_TEST

/* ---- random types ---- */

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * n) >> 32);
}

static const char *const bases[] = {"int",
                                    "char",
                                    "unsigned long",
                                    "double",
                                    "void *",
                                    "bool",
                                    "_Float16",
                                    "__int128",
                                    "float _Complex",
                                    "_BitInt(17)",
                                    "struct s",
                                    "union u",
                                    "enum e",
                                    "point",
                                    "number",
                                    "color",
                                    "v4",
                                    "aligned16",
                                    "aligned_point",
                                    "enum fixed",
                                    "callback *",
                                    "struct incomplete *"};

static const struct cdecl_type *random_type(unsigned depth);

static const struct cdecl_type *random_function(unsigned depth)
{
    char text[8192];
    size_t used =
        (size_t)snprintf(text, sizeof text, "typeof(%s) (", print_type(random_type(depth)));
    uint32_t count = below(4);
    for (uint32_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : ", ",
                                 print_type(random_type(depth / 2)));
    snprintf(text + used, sizeof text - used,
             count == 0 ? (below(2) ? "void) " : ")") : (below(3) ? ")" : ", ...)"));
    return type_of(text);
}

static const struct cdecl_type *derive(const struct cdecl_type *type)
{
    struct cdecl_error error;
    static const uint64_t counts[] = {0, 1, 3, 1000, CDECL_COUNT_UNKNOWN, CDECL_COUNT_VLA};
    const struct cdecl_type *result = NULL;
    switch (below(4)) {
    case 0: return cdecl_pointer_to(state, type, &error);
    case 1: result = cdecl_array_of(state, type, counts[below(6)], &error); break;
    case 2: result = cdecl_qualified(state, type, below(16), &error); break;
    default: result = cdecl_qualified(state, type, 1u << below(3), &error); break;
    }
    return result == NULL ? type : result; /* what C does not allow stays as it was */
}

/* One that may be returned and passed. */
static const struct cdecl_type *random_type(unsigned depth)
{
    const struct cdecl_type *type = type_of(bases[below(sizeof bases / sizeof *bases)]);
    for (unsigned i = below(depth + 1); i > 0; i--) {
        struct cdecl_error error;
        type = below(4) == 0 ? random_function(depth / 2) : derive(type);
        if (type->kind == CDECL_FUNCTION)
            type = cdecl_pointer_to(state, type, &error);
    }
    struct cdecl_error error;
    return type->kind == CDECL_ARRAY ? cdecl_pointer_to(state, type, &error) : type;
}

START_TEST(random_types)
{
    must_parse(names);
    seed = (uint32_t)_i + 1;
    for (int i = 0; i < 2000; i++) {
        const struct cdecl_type *type = random_type(6);
        must_survive(type);
        must_survive(derive(type));
    }
}
END_TEST

/* ---- bodies ---- */

/* Nameless aggregates: what is printed, when it is not the text itself. */
static const char *const bodies[][2] = {
    {"struct { int a; char b[3]; }", NULL},
    {"struct { int a : 3; int : 4; int : 0; unsigned b : 5; }",
     "struct { int a : 3; int : 4; int : "
     "0; unsigned int b : 5; }"},
    {"union { int a; struct { char b; double c; }; }", NULL},
    {"struct { }", NULL},
    {"struct { int n; double d[]; }", NULL},
    {"struct { int n; double d[?]; }", NULL},
    {"struct { int n; struct { int m; char c[?]; } d; }", NULL},
    {"struct __attribute__((packed)) { char a; int b; }", NULL},
    {"struct __attribute__((aligned(32))) { char a; }", NULL},
    {"struct __attribute__((packed)) __attribute__((aligned(2))) { char a; int b : 20; }", NULL},
    {"struct { char a; int b __attribute__((packed)); int c : 9 __attribute__((packed)); }", NULL},
    {"struct { char a; int b __attribute__((aligned(16))); char c __attribute__((aligned(2))); }",
     NULL},
    {"struct { char a; int b __attribute__((packed)) __attribute__((aligned(2))); }", NULL},
    {"_Pragma(\"pack(push, 2)\") struct { char a; int b; long long c : 40; } "
     "_Pragma(\"pack(pop)\")",
     NULL},
    {"struct { enum { A = 0, B = 1 } a; enum { C = -1 } b; }", NULL},
    {"struct { enum { A = 5000000000 } a; }",
     "struct { enum : " UINT64_NAME " { A = 5000000000 } a; }"},
    {"struct { enum __attribute__((packed)) { A = 3 } a; }", NULL},
    {"enum { A = -9223372036854775807 - 1 }",
     "enum : " INT64_NAME " { A = -9223372036854775807 - 1 }"},
    {"enum { A = 18446744073709551615u }", "enum : " UINT64_NAME " { A = 18446744073709551615u }"},
    {"enum : unsigned char { A = 255 }", NULL},
    {"struct { struct s a; point b; number c[2]; color d; struct { int x; } e; }", NULL},
    {"struct { const int a; volatile point b; int *const c; _Atomic int d; }", NULL},
    {"struct { int (*f)(int, point *); callback *g; int (*h[2])(void); }", NULL},
    {"struct { v4 a; aligned16 b; _Atomic struct s c; _BitInt(40) d; }", NULL},
    {"struct { const v4 *a, b[2]; struct { callback *c; }; aligned16 d[2]; }",
     "struct { const v4 *a; const v4 b[2]; struct { callback *c; }; aligned16 d[2]; }"},
    {"struct { struct { struct { struct { char a; } b; } c; } d[2]; }", NULL},
    {"struct { struct __attribute__((packed)) { char a; int b; }; union "
     "__attribute__((aligned(16))) { int c; }; }",
     NULL},
    {"struct { int a; struct { int b; } __attribute__((aligned(16))) c "
     "__attribute__((aligned(8))); }",
     "struct { int a; struct __attribute__((aligned(16))) { int b; } c "
     "__attribute__((aligned(8))); }"},
};

static void must_have_equal_layout(const struct cdecl_type *a, const struct cdecl_type *b)
{
    ck_assert_uint_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->quals, b->quals);
    ck_assert_uint_eq(cdecl_sizeof(a), cdecl_sizeof(b));
    ck_assert_uint_eq(cdecl_alignof(a), cdecl_alignof(b));
    if (a->tag == NULL || a == b)
        return;
    ck_assert_uint_eq(a->tag->nmembers, b->tag->nmembers);
    ck_assert_uint_eq(a->tag->nconstants, b->tag->nconstants);
    ck_assert(a->tag->flexible == b->tag->flexible && a->tag->vla == b->tag->vla);
    for (uint32_t i = 0; i < a->tag->nmembers; i++) {
        const struct cdecl_member *m = &a->tag->members[i], *n = &b->tag->members[i];
        ck_assert_pstr_eq(m->name, n->name);
        ck_assert(m->offset == n->offset && m->bit == n->bit && m->width == n->width);
        must_have_equal_layout(m->type, n->type);
    }
    for (uint32_t i = 0; i < a->tag->nconstants; i++) {
        ck_assert_str_eq(a->tag->constants[i]->name, b->tag->constants[i]->name);
        ck_assert_uint_eq(cdecl_value_of(a->tag->constants[i]).u,
                          cdecl_value_of(b->tag->constants[i]).u);
        ck_assert_str_eq(print_type(a->tag->constants[i]->type),
                         print_type(b->tag->constants[i]->type));
    }
}

START_TEST(nameless_bodies)
{
    must_parse(names);
    const struct cdecl_type *type = type_of(bodies[_i][0]);
    char printed[512];
    ck_assert_uint_lt(cdecl_print(type, NULL, printed, sizeof printed), sizeof printed);
    const char *expected = bodies[_i][1] == NULL ? bodies[_i][0] : bodies[_i][1];
    ck_assert_msg(strcmp(printed, expected) == 0, "expected: %s\nprinted:  %s", expected, printed);
    const struct cdecl_type *again = read_again(printed);
    ck_assert_ptr_ne(again, type);
    must_have_equal_layout(type, again);
    ck_assert(cdecl_compatible(type, again));
    ck_assert_str_eq(print_type(again), printed);
}
END_TEST

/* A typedef'd one is printed by its typedef, wherever it stands; the typedef itself, by its body.
 */
START_TEST(typedefd_bodies)
{
    must_parse("typedef struct { int a; } t; typedef struct { t a, *b; } u; typedef t v[2];");
    ck_assert_str_eq(print_type(type_of("t")), "t");
    ck_assert_str_eq(print_type(type_of("const t *(*)(t)")), "const t *(*)(t)");
    ck_assert_str_eq(print_type(type_of("v")), "t[2]");
    ck_assert_str_eq(print_name("t"), "typedef struct { int a; } t");
    ck_assert_str_eq(print_name("u"), "typedef struct { t a; t *b; } u");
    ck_assert_str_eq(print_name("v"), "typedef t v[2]");
}
END_TEST

/* Unless the name has another meaning by then. Inside such a body names stay as they were, and
 * so do
 * those after the first 64 bodies: a type is never longer than it was by more than that. */
START_TEST(replaced_typedefs)
{
    const struct cdecl_type *aligned = type_of("max_align_t *");
    must_parse("long max_align_t;");
    ck_assert_str_ne(print_type(aligned), "max_align_t *");
    ck_assert_mem_eq(print_type(aligned), "struct { long long __max_align_ll", 33);

    must_parse("typedef struct { int a; } t; typedef struct { t *b; } u;");
    const struct cdecl_type *pointer = type_of("u *"), *function = type_of("t (*)(t, u)");
    struct cdecl_source source = source_of("int t(void); typedef char u;");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    ck_assert_str_eq(print_type(pointer), "struct { t *b; } *");
    ck_assert_str_eq(print_type(function),
                     "struct { int a; } (*)(struct { int a; }, struct { t *b; })");
    ck_assert_str_eq(print_type(type_of("u")), "char");
}
END_TEST

START_TEST(many_replaced_typedefs)
{
    char text[400] = "typedef struct { int a; } t; void f(t", *end = text + strlen(text);
    for (int i = 0; i < 99; i++, end += 3)
        memcpy(end, ", t", 3);
    memcpy(end, ");", 3);
    must_parse(text);
    struct cdecl_source source = source_of("typedef char t;");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    char printed[4000];
    size_t size = cdecl_print(decl_of("f")->type, NULL, printed, sizeof printed), count = 0;
    ck_assert_uint_lt(size, sizeof printed);
    for (const char *at = printed; (at = strstr(at, "struct {")) != NULL; at++)
        count++;
    ck_assert_uint_eq(count, 64);
    ck_assert_str_eq(printed + size - 5, "t, t)");
}
END_TEST

/* ---- declarations ---- */

static const char *const declarations[] = {
    "extern int x",
    "extern const char *const x[3]",
    "extern _Thread_local int x",
    "extern int x __asm__(\"y\")",
    "int x(void)",
    "int x(int a, char *b, ...)",
    "int (*x(int a))(long)",
    "int x(int (*cb)(int), struct s *)",
    "int x(void) __asm__(\"y\")",
    "typedef int x",
    "typedef int x[3]",
    "typedef int x(int a, char *b)",
    "typedef int (*x)(int)",
    "typedef struct s x",
    "typedef struct { int a; struct { int b; }; } x",
    "typedef union { int a; } x",
    "typedef enum { A = 0, B = 5 } x",
    "static const int x = 3",
    "static const int x = -3",
    "static const " INT64_NAME " x = -9223372036854775807 - 1",
    "static const " UINT64_NAME " x = 18446744073709551615u",
    "static const unsigned char x = 200",
    "static const bool x = 1",
    "static const float x = 0.1",
    "static const float x = 16777216.0",
    "static const float x = 3.4028235e+38",
    "static const double x = 0.1",
    "static const double x = 0.30000000000000004",
    "static const double x = -1.0",
    "static const double x = 1e+300",
    "static const double x = 4.94066e-324",
    "static const double x = __builtin_inf()",
    "static const float x = -__builtin_inf()",
    "static const long double x = 0.1L",
    "static const long double x = 1.5L",
    "static const long double x = 3.0L",
    "static const char x[4] = \"abc\"",
    "static const char x[7] = \"\\\"\\\\\\012\\377\\0001\"",
    "static const char *const x = \"abc\"",
    "static const char *x = \"abc\"",
    "#define x",
    "#define x 1 + 2",
    "#define x \"a\" \"b\"",
};

START_TEST(declarations_print_as_they_were_written)
{
    char text[512];
    must_parse("struct s;");
    const char *declaration = declarations[_i];
    snprintf(text, sizeof text, "%s%s\n", declaration, declaration[0] == '#' ? "" : ";");
    must_parse(text);
    ck_assert_str_eq(print_name("x"), declaration);
    must_parse(text); /* means the same again */
}
END_TEST

/* With the names of typedefs, and with these spelt out; NULL: the same. */
static const struct {
    const char *text, *name, *written, *resolved;
} written[] = {
    {"size_t f(const char *s)", "f", "size_t f(const char *s)", SIZE_NAME " f(const char *s)"},
    {"int f(h **out, size_t)", "f", "int f(h **out, size_t)",
     "int f(struct handle **out, " SIZE_NAME ")"},
    {"h *const f(c *p, const h *q)", "f", "h *f(c *p, const h *q)",
     "struct handle *f(const char *p, const struct handle *q)"},
    {"c x[3]", "x", "extern c x[3]", "extern const char x[3]"},
    {"volatile c x", "x", "extern volatile c x", "extern const volatile char x"},
    {"a x", "x", "extern a x", "extern int x[3]"},
    {"const a x[2]", "x", "extern const int x[2][3]", NULL}, /* its elements are const */
    {"a *x", "x", "extern a *x", "extern int (*x)[3]"},
    {"void f(a x, a *y)", "f", "void f(a x, a *y)", "void f(int *x, int (*y)[3])"},
    {"fn x, *y", "y", "extern fn *y", "extern int (*y)(long)"},
    {"fn x", "x", "fn x", "int x(long)"},
    {"void f(fn g, fn *const h)", "f", "void f(fn *g, fn *h)",
     "void f(int (*g)(long), int (*h)(long))"},
    {"n x; n y", "y", "extern n y", NULL},
    {"v x[2]", "x", "extern v x[2]", "extern int __attribute__((vector_size(16))) x[2]"},
    {"w x", "x", "extern w x", "extern __typeof__(__attribute__((aligned(16))) int) x"},
    {"typedef size_t mine; mine x", "x", "extern mine x", "extern " SIZE_NAME " x"},
    {"typedef h *ref", "ref", "typedef h *ref", "typedef struct handle *ref"},
    {"typedef int (*cb)(h *self, size_t (*read)(void *to, size_t n))", "cb",
     "typedef int (*cb)(h *self, size_t (*read)(void *to, size_t n))",
     "typedef int (*cb)(struct handle *self, " SIZE_NAME " (*read)(void *to, " SIZE_NAME " n))"},
    {"void (*f(int sig, void (*to)(int code)))(size_t)", "f",
     "void (*f(int sig, void (*to)(int code)))(" SIZE_NAME ")",
     "void (*f(int sig, void (*to)(int code)))(" SIZE_NAME ")"},
    {"void (*f[2])(size_t n)", "f", "extern void (*f[2])(size_t n)",
     "extern void (*f[2])(" SIZE_NAME " n)"},
    {"static const size_t k = 3", "k", "static const size_t k = 3",
     "static const " SIZE_NAME " k = 3"},
    {"size_t x __attribute__((vector_size(16)))", "x",
     "extern " SIZE_NAME " __attribute__((vector_size(16))) x", NULL},
    {"int f(" SIZE_NAME "); int f(size_t n); int f(size_t)", "f", "int f(size_t n)",
     "int f(" SIZE_NAME " n)"},
    {"int f(size_t n); int f(" SIZE_NAME " other)", "f", "int f(size_t n)",
     "int f(" SIZE_NAME " n)"},
    {"struct { h *p; size_t n; } x", "x", "extern struct { h *p; size_t n; } x",
     "extern struct { struct handle *p; " SIZE_NAME " n; } x"},
};

START_TEST(typedefs_as_they_were_written)
{
    char text[300];
    must_parse("typedef struct handle h; typedef const char c; typedef int a[3];"
               "typedef int fn(long); typedef struct { int m; } n;"
               "typedef int v __attribute__((vector_size(16)));"
               "typedef int w __attribute__((aligned(16)));");
    must_parse(written[_i].text);
    const char *resolved = written[_i].resolved;
    cdecl_print_decl(decl_of(written[_i].name), text, sizeof text);
    ck_assert_str_eq(text, written[_i].written);
    ck_assert_str_eq(print_name(written[_i].name), resolved == NULL ? text : resolved);
}
END_TEST

/* A typedef whose name means something else by now is spelt out. */
START_TEST(typedefs_of_another_meaning)
{
    char text[100];
    must_parse("typedef long t; t f(t *x);");
    struct cdecl_source source = source_of("typedef int t;");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    cdecl_print_decl(decl_of("f"), text, sizeof text);
    ck_assert_str_eq(text, "long f(long *x)");
    must_fail("int f(t *);", "1:5: 'f' redeclared as 'int f(int *)', was 'long f(long *x)', first "
                             "declared in line 1 of an earlier text");
    source = source_of("static const int t = 3;");
    source.flags = CDECL_OVERRIDE;
    must_parse_source(&source);
    cdecl_print_decl(decl_of("f"), text, sizeof text);
    ck_assert_str_eq(text, "long f(long *x)");
}
END_TEST

START_TEST(an_enumerator_is_printed_as_a_constant)
{
    must_parse("enum e { A = 3, B = -1 }; enum f : unsigned char { C = 9 };");
    ck_assert_str_eq(print_name("A"), "static const int A = 3");
    ck_assert_str_eq(print_name("C"), "static const unsigned char C = 9");
}
END_TEST

/* ---- _Float128 ---- */

#ifdef CDECL_QUAD
/* Random long doubles are printf's with any number of digits, also ties, which go to even. */
START_TEST(quads_as_printf_prints_them)
{
    char text[128], expected[128];
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();
        int power = (int)(random() % (i % 2 == 0 ? 2000 : 20)), digits = (int)(random() % 36) + 1;
        long double value = ldexpl((long double)(i % 3 == 0 ? bits % 1000 : bits), -power / 2);
        if (i % 5 == 0)
            value = -value;
        cdecl_print_quad(text, sizeof text, value, digits);
        snprintf(expected, sizeof expected, "%.*Lg", digits, value);
        ck_assert_msg(strcmp(text, expected) == 0, "%La with %d digits is %s, not %s", value,
                      digits, text, expected);
    }
}
END_TEST

START_TEST(quads_are_rounded)
{
    static const struct {
        long double value;
        int digits;
        const char *text;
    } rounded[] = {{2.5L, 1, "2"},      {3.5L, 1, "4"},   {9.5L, 1, "1e+01"}, {9.75L, 2, "9.8"},
                   {99.5L, 2, "1e+02"}, {0.5L, 1, "0.5"}, {0.25L, 1, "0.2"},  {1e300L, 3, "1e+300"},
                   {-0.0L, 9, "-0"},    {12.5L, 2, "12"}};
    char text[64];
    cdecl_print_quad(text, sizeof text, rounded[_i].value, rounded[_i].digits);
    ck_assert_str_eq(text, rounded[_i].text);
}
END_TEST
#endif

/* ---- the buffer, as snprintf has it ---- */

START_TEST(short_buffers)
{
    must_parse(names);
    static const char *const texts[] = {"int", "int (*(*[3])(const struct s *, v4))[4]",
                                        "struct { int a : 3; char b[2]; }", "aligned_point *"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct cdecl_type *type = type_of(texts[i]);
        char full[256], cut[256];
        size_t length = cdecl_print(type, "name", full, sizeof full);
        ck_assert_uint_eq(strlen(full), length);
        ck_assert_uint_eq(cdecl_print(type, "name", NULL, 0), length);
        for (size_t size = 1; size <= length + 1; size++) {
            memset(cut, '#', sizeof cut);
            ck_assert_uint_eq(cdecl_print(type, "name", cut, size), length);
            ck_assert_uint_eq(strlen(cut), size - 1);
            ck_assert(memcmp(cut, full, size - 1) == 0);
            ck_assert_int_eq(cut[size], '#');
        }
    }
    char cut[8];
    must_parse("int f(int a, char *b);");
    ck_assert_uint_eq(cdecl_print_decl(decl_of("f"), cut, sizeof cut),
                      strlen("int f(int a, char *b)"));
    ck_assert_str_eq(cut, "int f(i");
}
END_TEST

#define ADD_LOOP(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

Suite *check_print(void)
{
    Suite *suite = suite_create("print");
    TCase *tcase = add_case(suite, "print");
    tcase_set_timeout(tcase, 60);
    ADD_LOOP(tcase, print_and_parse, types);
    tcase_add_loop_test(tcase, random_types, 0, 4);
    ADD_LOOP(tcase, nameless_bodies, bodies);
    tcase_add_test(tcase, typedefd_bodies);
    tcase_add_test(tcase, replaced_typedefs);
    tcase_add_test(tcase, many_replaced_typedefs);
    ADD_LOOP(tcase, declarations_print_as_they_were_written, declarations);
    ADD_LOOP(tcase, typedefs_as_they_were_written, written);
    tcase_add_test(tcase, typedefs_of_another_meaning);
#ifdef CDECL_QUAD
    tcase_add_test(tcase, quads_as_printf_prints_them);
    tcase_add_loop_test(tcase, quads_are_rounded, 0, 10);
#endif
    tcase_add_test(tcase, an_enumerator_is_printed_as_a_constant);
    tcase_add_test(tcase, short_buffers);
    return suite;
}
