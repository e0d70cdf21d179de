/* The grammar, construct by construct: what each declares, printed as C. All of C11's declarations,
 * the GNU and Clang forms that headers contain, and C23's. What must be refused is in
 * check_refusals.c. */
#include "support.h"

/* A text, a name it declares, and that declaration as it is printed. */
struct example {
    const char *text, *name, *printed;
};

static void read_example(const struct example *e)
{
    must_parse(e->text);
    const char *printed = print_name(e->name);
    ck_assert_msg(strcmp(printed, e->printed) == 0, "%s\nexpected: %s\nprinted:  %s", e->text,
                  e->printed, printed);
}

#define EXAMPLES(test, table)     \
    START_TEST(test)              \
    {                             \
        read_example(&table[_i]); \
    }                             \
    END_TEST
#define ADD_EXAMPLES(tcase, test, table) \
    tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

/* ---- C11 6.7.1-6.7.4: specifiers ---- */

static const struct example specifier_examples[] = {
    {"int x;", "x", "extern int x"},
    {"extern int x;", "x", "extern int x"},
    {"int extern long unsigned x;", "x", "extern unsigned long x"},
    {"signed x;", "x", "extern int x"},
    {"signed char x;", "x", "extern signed char x"},
    {"char signed x;", "x", "extern signed char x"},
    {"long long int unsigned x;", "x", "extern unsigned long long x"},
    {"long int long x;", "x", "extern long long x"},
    {"int short unsigned x;", "x", "extern unsigned short x"},
    {"double long x;", "x", "extern long double x"},
    {"int const volatile x;", "x", "extern const volatile int x"},
    {"const const int x;", "x", "extern const int x"},
    {"int typedef t;", "t", "typedef int t"},
    {"long typedef unsigned t; t x;", "x", "extern unsigned long x"},
    {"_Thread_local int x;", "x", "extern _Thread_local int x"},
    {"extern __thread int x;", "x", "extern _Thread_local int x"},
    {"thread_local extern int x;", "x", "extern _Thread_local int x"},
    {"register int x;", "x", "extern int x"},
    {"auto int x;", "x", "extern int x"},
    {"void f(register int i);", "f", "void f(int i)"},
    {"_Noreturn void f(void);", "f", "void f(void)"},
    {"void _Noreturn f(void);", "f", "void f(void)"},
    {"inline int f(void);", "f", "int f(void)"},
    {"extern inline __attribute__((gnu_inline)) int f(void);", "f", "int f(void)"},
    {"static __inline__ int f(void);", "f", "int f(void)"},
    {"__inline int f(void);", "f", "int f(void)"},
    {"__extension__ long long x;", "x", "extern long long x"},
    {"__extension__ typedef struct { int x; } t;", "t", "typedef struct { int x; } t"},
    {"__signed__ char x; __volatile__ __const int y;", "y", "extern const volatile int y"},
    {"_Alignas(16) int x;", "x", "extern int x"},
    {"int _Alignas(double) x;", "x", "extern int x"},
    {"alignas(8) int x;", "x", "extern int x"},
};
EXAMPLES(specifiers_in_any_order, specifier_examples)

/* ---- types ---- */

static const struct example type_examples[] = {
    {"_Bool x;", "x", "extern bool x"},
    {"bool x;", "x", "extern bool x"},
    {"float _Complex x;", "x", "extern float _Complex x"},
    {"_Complex double x;", "x", "extern double _Complex x"},
    {"_Complex x;", "x", "extern double _Complex x"},
    {"long _Complex double x;", "x", "extern long double _Complex x"},
    {"__complex__ float x;", "x", "extern float _Complex x"},
    {"double complex x;", "x", "extern double _Complex x"},
    {"complex float x;", "x", "extern float _Complex x"},
    {"float complex; extern float complex;", "complex", "extern float complex"},
    {"__int128 x;", "x", "extern __int128 x"},
    {"unsigned __int128 x;", "x", "extern unsigned __int128 x"},
    {"__int128 unsigned x;", "x", "extern unsigned __int128 x"},
#ifdef __SIZEOF_INT128__
    {"__int128_t x; __uint128_t y;", "y", "extern unsigned __int128 y"},
#endif
    {"_Float16 x;", "x", "extern _Float16 x"},
    {"_Float32 x;", "x", "extern float x"},
    {"_Float64 x;", "x", "extern double x"},
    {"_Float128 x;", "x", "extern _Float128 x"},
    {"_Float32x x;", "x", "extern double x"},
    {"_Float64x x;", "x", "extern long double x"},
    {"__float128 x;", "x", "extern _Float128 x"},
    {"_Complex _Float16 x;", "x", "extern _Float16 _Complex x"},
    {"_Float128 _Complex x;", "x", "extern _Float128 _Complex x"},
    {"typedef float _Float32; _Float32 x;", "x", "extern float x"},
    {"typedef double _Float64x; _Float64x x;", "x", "extern double x"},
    {"typedef __float128 _Float128;", "_Float128", "typedef _Float128 _Float128"},
    {"_BitInt(7) x;", "x", "extern _BitInt(7) x"},
    {"unsigned _BitInt(1) x;", "x", "extern unsigned _BitInt(1) x"},
    {"signed _BitInt(3 + 4) x;", "x", "extern _BitInt(7) x"},
    {"_BitInt(128) unsigned x;", "x", "extern unsigned _BitInt(128) x"},
    {"__int64 x; unsigned __int8 y;", "x", "extern long long x"},
    {"wchar_t x;", "x", "extern " WCHAR_NAME " x"},
    {"char8_t x;", "x", "extern unsigned char x"},
    {"char16_t x;", "x", "extern unsigned short x"},
    {"char32_t x;", "x", "extern unsigned int x"},
    {"typedef unsigned long size_t; size_t x;", "x", "extern unsigned long x"},
    {"typedef unsigned char bool; bool x;", "x", "extern unsigned char x"},
    {"_Atomic int x;", "x", "extern _Atomic int x"},
    {"_Atomic(int) x;", "x", "extern _Atomic int x"},
    {"_Atomic(int *) x;", "x", "extern int *_Atomic x"},
    {"int *_Atomic x;", "x", "extern int *_Atomic x"},
    {"const _Atomic(int) x;", "x", "extern const _Atomic int x"},
    {"typeof(int) x;", "x", "extern int x"},
    {"__typeof__(int *) x, y;", "y", "extern int *y"},
    {"int a[3]; typeof(a) x;", "x", "extern int x[3]"},
    {"int a[3]; typeof(a[1]) x;", "x", "extern int x"},
    {"const int c; typeof(c) x;", "x", "extern const int x"},
    {"const int c; typeof_unqual(c) x;", "x", "extern int x"},
    {"typeof(1 ? 1u : 1ll) x;", "x", "extern long long x"},
    {"typeof(\"ab\") x;", "x", "extern char x[3]"},
    {"int f(char); typeof(f) *x;", "x", "extern int (*x)(char)"},
    {"int f(char); typeof(f(0)) x;", "x", "extern int x"},
    {"struct s { short m[2]; }; typeof(((struct s *)0)->m[0]) x;", "x", "extern short x"},
};

EXAMPLES(all_types, type_examples)

/* ---- vectors ---- */

static const struct example vector_examples[] = {
    {"typedef int v4 __attribute__((vector_size(16))); v4 x;", "x",
     "extern int __attribute__((vector_size(16))) x"},
    {"typedef float __attribute__((__vector_size__(8))) v2; v2 x;", "x",
     "extern float __attribute__((vector_size(8))) x"},
    {"__attribute__((vector_size(16))) char x;", "x",
     "extern char __attribute__((vector_size(16))) x"},
    {"char __attribute__((vector_size(16))) *x;", "x",
     "extern char __attribute__((vector_size(16))) *x"},
    {"int f(int) __attribute__((vector_size(16)));", "f",
     "int __attribute__((vector_size(16))) f(int)"},
    {"typedef long long __m128i __attribute__((__vector_size__(16), __may_alias__)); __m128i x[2];",
     "x", "extern long long __attribute__((vector_size(16))) x[2]"},
    {"typedef int t __attribute__((mode(DI))); t x;", "x", "extern " INT64_NAME " x"},
    {"typedef unsigned int t __attribute__((__mode__(__QI__))); t x;", "x",
     "extern unsigned char x"},
    {"typedef int t __attribute__((mode(TI))); t x;", "x", "extern __int128 x"},
    {"typedef float t __attribute__((mode(DF))); t x;", "x", "extern double x"},
    {"int *x __attribute__((mode(pointer)));", "x", "extern int *x"},
    {"typedef _Complex float t __attribute__((mode(DC))); t x;", "x", "extern double _Complex x"},
    {"typedef int t __attribute__((mode(V4SI))); t x;", "x",
     "extern int __attribute__((vector_size(16))) x"},
};
EXAMPLES(vectors_and_modes, vector_examples)

/* ---- declarators ---- */

static const struct example declarator_examples[] = {
    {"int *a, b, **c;", "b", "extern int b"},
    {"int *a, b, **c;", "c", "extern int **c"},
    {"int (x);", "x", "extern int x"},
    {"int *(x[3]);", "x", "extern int *x[3]"},
    {"int (*x)[3];", "x", "extern int (*x)[3]"},
    {"int (*x[2])[3];", "x", "extern int (*x[2])[3]"},
    {"int *(*x)(void);", "x", "extern int *(*x)(void)"},
    {"int (*(*x)(char))[4];", "x", "extern int (*(*x)(char))[4]"},
    {"void (*signal(int sig, void (*func)(int)))(int);", "signal",
     "void (*signal(int sig, void (*func)(int)))(int)"},
    {"char (*(*x[3])(void))[5];", "x", "extern char (*(*x[3])(void))[5]"},
    {"int *const *volatile x;", "x", "extern int *const *volatile x"},
    {"int *restrict x; int *__restrict y; int *__restrict__ z;", "z", "extern int *restrict z"},
    {"int *const volatile restrict _Atomic x;", "x",
     "extern int *const volatile _Atomic restrict x"},
    {"int f();", "f", "int f()"},
    {"int f(void);", "f", "int f(void)"},
    {"int f(int, ...);", "f", "int f(int, ...)"},
    {"int f(...);", "f", "int f(...)"},
    {"int f(int[]);", "f", "int f(int *)"},
    {"int f(int a[3]);", "f", "int f(int *a)"},
    {"int f(int a[static 3]);", "f", "int f(int *a)"},
    {"int f(int a[static const 3]);", "f", "int f(int *a)"},
    {"int f(int a[const static 3]);", "f", "int f(int *a)"},
    {"int f(int a[const]);", "f", "int f(int *a)"},
    {"int f(int a[restrict]);", "f", "int f(int *a)"},
    {"int f(int a[*]);", "f", "int f(int *a)"},
    {"int f(int a[const *]);", "f", "int f(int *a)"},
    {"int f(int n, int a[n]);", "f", "int f(int n, int *a)"},
    {"int f(int n, int a[n][n]);", "f", "int f(int n, int (*a)[?])"},
    {"int f(int a[2][3]);", "f", "int f(int (*a)[3])"},
    {"int f(int (int));", "f", "int f(int (*)(int))"},
    {"int f(int g(void), int h());", "f", "int f(int (*g)(void), int (*h)())"},
    {"int f(const int c);", "f", "int f(int c)"},
    {"typedef int t; int f(t);", "f", "int f(int)"},
    {"typedef int t; int f(t t);", "f", "int f(int t)"},
    {"typedef int t; int f(int (t));", "f", "int f(int (*)(int))"},
    {"typedef int fn(char); fn f, *g;", "f", "int f(char)"},
    {"typedef int fn(char); fn f, *g;", "g", "extern int (*g)(char)"},
    {"typedef const int c; c x;", "x", "extern const int x"},
    {"typedef int a[2]; const a x;", "x", "extern const int x[2]"},
    {"typedef int *p; const p x;", "x", "extern int *const x"},
    {"int x[];", "x", "extern int x[]"},
    {"int x[?];", "x", "extern int x[?]"},
    {"int x[][3];", "x", "extern int x[][3]"},
    {"int x[sizeof(long long) * 2];", "x", "extern int x[16]"},
    {"int x[(sizeof(int) > 2 ? 3 : 5) | 8];", "x", "extern int x[11]"},
    {"int x['a'];", "x", "extern int x[97]"},
    {"enum { N = 4 }; int x[N << 2];", "x", "extern int x[16]"},
    {"int x[(int)3.9];", "x", "extern int x[3]"},
    {"int x[(unsigned char)-1];", "x", "extern int x[255]"},
    {"int x[0];", "x", "extern int x[0]"},
    {"int x[__builtin_offsetof(struct { char c; int i; }, i)];", "x", "extern int x[4]"},
    {"int x[__builtin_choose_expr(1, 2, 3)];", "x", "extern int x[2]"},
    {"int x[__builtin_types_compatible_p(int, const int) + 1];", "x", "extern int x[2]"},
    {"int x[_Generic(1.0f, float: 7, default: 8)];", "x", "extern int x[7]"},
    {"int x[sizeof(struct { char a; int b; })];", "x", "extern int x[8]"},
    {"int x[1 ?: 2];", "x", "extern int x[1]"},
};
EXAMPLES(declarators, declarator_examples)

/* ---- attributes: everywhere gcc takes them ---- */

#define A "__attribute__((unused)) "
static const struct example attribute_places[] = {
    {A "int x;", "x", "extern int x"},
    {"int " A "x;", "x", "extern int x"},
    {"int x " A ";", "x", "extern int x"},
    {"int x " A "= 3;", "x", "extern int x"},
    {"const " A "int x;", "x", "extern const int x"},
    {"extern " A "int x;", "x", "extern int x"},
    {"int a, " A "x;", "x", "extern int x"},
    {"int *" A "x;", "x", "extern int *x"},
    {"int *const " A "*" A "x;", "x", "extern int *const *x"},
    {"int (" A "x);", "x", "extern int x"},
    {"int (" A "*x)(void);", "x", "extern int (*x)(void)"},
    {"int (*" A "x)(void);", "x", "extern int (*x)(void)"},
    {"int x[3] " A ";", "x", "extern int x[3]"},
    {A "int f(void);", "f", "int f(void)"},
    {"int " A "f(void);", "f", "int f(void)"},
    {"int f(void) " A ";", "f", "int f(void)"},
    {"int f(void) __asm__(\"g\") " A ";", "f", "int f(void) __asm__(\"g\")"},
    {"int f(int i " A ", " A "int j, int " A "k, int *" A "l);", "f",
     "int f(int i, int j, int k, int *l)"},
    {"int f(int " A ", char *" A ");", "f", "int f(int, char *)"},
    {"int f(" A "int (" A "*)(void));", "f", "int f(int (*)(void))"},
    {"int f(int a[" A "3]);", "f", "int f(int *a)"},
    {"int x[sizeof(int (*" A ")(void))];", "x", "extern int x[" POINTER_SIZE "]"},
    {"int f(int a[3] " A ");", "f", "int f(int *a)"},
    {A "static inline int f(void) { return 1; }", "f", "int f(void)"},
    {"static inline int f(void) " A "; static inline int f(void) { return 1; }", "f",
     "int f(void)"},
    {"struct " A "s { int a; }; struct s x;", "x", "extern struct s x"},
    {"struct s { int a; } " A "; struct s x;", "x", "extern struct s x"},
    {"struct s { int a; } " A "x;", "x", "extern struct s x"},
    {"struct " A "s; struct s *x;", "x", "extern struct s *x"},
    {"struct s { " A "int a; int " A "b; int c " A "; int d, " A "e; } x;", "x",
     "extern struct s x"},
    {"struct s { int a : 3 " A "; int " A ": 4; " A "int c : 5; } x;", "x", "extern struct s x"},
    {"struct s { struct { int a; } " A "; union " A "{ int b; }; } x;", "x", "extern struct s x"},
    {"struct s { int (*f)(int) " A "; } x;", "x", "extern struct s x"},
    {"union " A "u { int a; } " A "; union u x;", "x", "extern union u x"},
    {"enum " A "e { A1 }; enum e x;", "x", "extern enum e x"},
    {"enum e { A1 } " A "; enum e x;", "x", "extern enum e x"},
    {"enum e { A1 " A ", B1 " A "= 5, C1 }; enum e x;", "C1", "static const int C1 = 6"},
    {"typedef int " A "t; t x;", "x", "extern int x"},
    {"typedef " A "int t; t x;", "x", "extern int x"},
    {"typedef int t " A "; t x;", "x", "extern int x"},
    {"typedef struct s " A "t; t *x;", "x", "extern struct s *x"},
    {"int x = sizeof(int " A ");", "x", "extern int x"},
    {"int x[sizeof(int *" A ")];", "x", "extern int x[" POINTER_SIZE "]"},
    {"__attribute__(()) int x;", "x", "extern int x"},
    {"__attribute__((, unused, , cold)) int x;", "x", "extern int x"},
    {"__attribute((__unused__)) int x;", "x", "extern int x"},
    {A A A "int x;", "x", "extern int x"},
    {"__attribute__((const)) int f(void);", "f", "int f(void)"},
    {"__attribute__((alloc_size(1, 2), section(\".a\" \"b\"), error(\"no (\"))) int f(int, int);",
     "f", "int f(int, int)"},
    {"__attribute__((access(read_only, 1), unknown_one({[(1)]}, ;, \")\"))) int f(char *);", "f",
     "int f(char *)"},
    {"__attribute__((availability(macos, introduced=10.4))) int f(void);", "f", "int f(void)"},
    {"[[nodiscard]] int f(void);", "f", "int f(void)"},
    {"[[gnu::const, deprecated(\"x\")]] [[noreturn]] int f(void);", "f", "int f(void)"},
    {"int f [[deprecated]] (void);", "f", "int f(void)"},
    {"int x [[maybe_unused]], y;", "y", "extern int y"},
    {"int x [[maybe_unused]] [3];", "x", "extern int x[3]"},
    {"int f(void) [[gnu::nonnull]];", "f", "int f(void)"},
    {"int f([[maybe_unused]] int a, int b [[maybe_unused]]);", "f", "int f(int a, int b)"},
    {"int *[[x::y(1, (2))]] x;", "x", "extern int *x"},
    {"struct [[deprecated]] s { [[x]] int a [[y]]; int b [[z]] : 3; }; struct s x;", "x",
     "extern struct s x"},
    {"enum [[x]] e { A1 [[deprecated]] = 1, B1 [[y]] }; enum e x;", "B1",
     "static const int B1 = 2"},
    {"int x [[]];", "x", "extern int x"},
    {"[[__gnu__::__aligned__(16)]] int x;", "x", "extern int x"},
    {"[[]]; int x;", "x", "extern int x"},
    {"[[fallthrough]]; int x;", "x", "extern int x"},
    {"__declspec(dllimport) int f(void);", "f", "int f(void)"},
    {"__declspec(noreturn deprecated(\"x\")) void f(void);", "f", "void f(void)"},
    {"int __cdecl f(int); int (__cdecl *g)(int);", "g", "extern int (*g)(int)"},
#ifndef __i386__
    {"int (__stdcall f)(int);", "f", "int f(int)"},
#endif
    {"char *_Nonnull f(char *_Nullable s);", "f", "char *f(char *s)"},
};
#undef A
EXAMPLES(attributes_everywhere, attribute_places)

/* ---- asm labels ---- */

static const struct example asm_examples[] = {
    {"int f(void) asm(\"g\");", "f", "int f(void) __asm__(\"g\")"},
    {"int f(void) __asm__(\"\" \"__xpg\" \"_f\");", "f", "int f(void) __asm__(\"__xpg_f\")"},
    {"int f(void) __asm(\"f\");", "f", "int f(void)"},
    {"extern int x __asm__(\"y\");", "x", "extern int x __asm__(\"y\")"},
    {"extern int x __asm__(\"y\"), z;", "z", "extern int z"},
    {"int f(void) asm(\"g\") __attribute__((nothrow)); int f(void);", "f",
     "int f(void) __asm__(\"g\")"},
    {"int f(void); int f(void) asm(\"g\");", "f", "int f(void) __asm__(\"g\")"},
    {"asm(\".globl x\"); int x;", "x", "extern int x"},
    {"__asm__ volatile (\"nop\" \"(\"); int x;", "x", "extern int x"},
};
EXAMPLES(asm_labels, asm_examples)

/* ---- enums ---- */

static const struct example enum_examples[] = {
    {"enum { A1, B1, C1 };", "C1", "static const int C1 = 2"},
    {"enum { A1 = 5, B1, };", "B1", "static const int B1 = 6"},
    {"enum { A1 = -3, B1 };", "B1", "static const int B1 = -2"},
    {"enum { A1 = 'x' };", "A1", "static const int A1 = 120"},
    {"enum { A1 = 1, B1 = A1 << 4, C1 = A1 | B1 };", "C1", "static const int C1 = 17"},
    {"enum { A1 = 0xffffffff };", "A1", "static const unsigned int A1 = 4294967295"},
    {"enum { A1 = 0xffffffffffffffff };", "A1",
     "static const " UINT64_NAME " A1 = 18446744073709551615u"},
    {"enum { A1 = -0x7fffffffffffffff - 1 };", "A1",
     "static const " INT64_NAME " A1 = -9223372036854775807 - 1"},
    {"enum { A1 = 0x7fffffff, B1 };", "B1", "static const unsigned int B1 = 2147483648"},
    {"enum e : unsigned char { A1 = 255 }; enum e x;", "A1", "static const unsigned char A1 = 255"},
    {"enum : short { A1 = -1 };", "A1", "static const short A1 = -1"},
    {"enum e : long long; enum e x;", "x", "extern enum e x"},
    {"enum e : int long long unsigned { A1 = -1ull };", "A1",
     "static const unsigned long long A1 = 18446744073709551615u"},
    {"enum e { A1 }; enum e;", "A1", "static const int A1 = 0"},
    {"enum e; enum e *x; enum e { A1 };", "x", "extern enum e *x"},
    {"typedef enum { A1 } t; t x;", "x", "extern t x"},
    {"enum { A1 = sizeof(int[5]) };", "A1", "static const int A1 = 20"},
};
EXAMPLES(enums, enum_examples)

/* ---- constants: static const and constexpr objects, of integer, floating and string kind ---- */

static const struct example constant_examples[] = {
    {"static const int x = 3;", "x", "static const int x = 3"},
    {"const int x = 3;", "x", "static const int x = 3"},
    {"static const unsigned char x = 300;", "x", "static const unsigned char x = 44"},
    {"static const _Bool x = 7;", "x", "static const bool x = 1"},
    {"static const long x = -1;", "x", "static const long x = -1"},
    {"static const int x = 3, y = x + 1;", "y", "static const int y = 4"},
    {"constexpr int x = 3;", "x", "static const int x = 3"},
    {"static constexpr double x = 1.5;", "x", "static const double x = 1.5"},
    {"static const float x = 0.1f;", "x", "static const float x = 0.1"},
    {"static const double x = 1;", "x", "static const double x = 1.0"},
    {"static const int x = 2.9;", "x", "static const int x = 2"},
    {"static const double x = 0x1p-3;", "x", "static const double x = 0.125"},
    {"static const double x = 1 / 2;", "x", "static const double x = 0.0"},
    {"static const char x[] = \"a\" \"b\\n\";", "x", "static const char x[4] = \"ab\\012\""},
    {"static const char *const x = \"hi\";", "x", "static const char *const x = \"hi\""},
    {"static const char *x = \"hi\";", "x", "static const char *x = \"hi\""},
    {"static char *x = \"hi\";", "x", "static char *x = \"hi\""},
    {"static const enum { A1 = 2 } x = A1;", "A1", "static const int A1 = 2"},
    {"static const int x = sizeof(long long);", "x", "static const int x = 8"},
    {"const int x;", "x", "extern const int x"},
    {"extern const int x;", "x", "extern const int x"},
    {"int x = 3;", "x", "extern int x"},
    {"static int x[2] = {1, 2};", "x", "extern int x[2]"},
    {"static const int x[] = {1, {2}, \"}\"};", "x", "extern const int x[]"},
    {"struct s { int a, b; }; static const struct s x = {.b = 2, .a = 1};", "x",
     "extern const struct s x"},
    {"int y; static int *x = &y, *z = &y + 1;", "z", "extern int *z"},
    {"int (*x)(void) = (int (*)(void))0;", "x", "extern int (*x)(void)"},
};
EXAMPLES(constants, constant_examples)

/* ---- linkage blocks, line markers, bodies, _Static_assert ---- */

static const struct example file_examples[] = {
    {"extern \"C\" { int x; }", "x", "extern int x"},
    {"extern \"C\" int x;", "x", "extern int x"},
    {"extern \"C\" { extern \"C++\" { int x; } int y; };", "y", "extern int y"},
    {"extern \"C\" {} int x;", "x", "extern int x"},
    {"# 12 \"file.h\"\nint x;", "x", "extern int x"},
    {"# 12 \"file.h\" 1 3 4\nint x;", "x", "extern int x"},
    {"#line 12 \"file.h\"\nint x;", "x", "extern int x"},
    {"int\n# 3 \"a.h\"\nx\n# 4\n;", "x", "extern int x"},
    {";;; int x;; ;", "x", "extern int x"},
    {"int x", "x", "extern int x"},
    {"inline int f(void) { return 0; } int x;", "x", "extern int x"},
    {"static int f(int i) { if (i) { return '}'; } /* } */ return \"}\"[0]; // }\n } int x;", "x",
     "extern int x"},
    {"int f(void) { char *s = \"\\\"}\"; char c = '\\''; s = \"//\"; } int x;", "x",
     "extern int x"},
    {"int f(void) { @ ` \\ \xff {{{}}} # } int x;", "x", "extern int x"},
    {"int f(int a) { return a; }\nint g(void) { return f(1); }", "g", "int g(void)"},
    {"void f(void) {} void g(void) {}", "g", "void g(void)"},
    {"int f(void)\n# 3 \"x.h\"\n{\n# 4 \"x.h\"\nreturn 1;\n#pragma GCC x\n}\nint x;", "x",
     "extern int x"},
    {"_Static_assert(1, \"no\"); int x;", "x", "extern int x"},
    {"_Static_assert(sizeof(int) == 4); int x;", "x", "extern int x"},
    {"static_assert(1 > 0, \"a\" \"b\"); int x;", "x", "extern int x"},
    {"__extension__ _Static_assert(1, \"\"); int x;", "x", "extern int x"},
    {"struct s { __extension__ _Static_assert(1); __extension__ int a; } x;", "x",
     "extern struct s x"},
    {"struct s { _Static_assert(1, \"\"); int a; static_assert(1); }; struct s x;", "x",
     "extern struct s x"},
    {"int a\\\nb;", "ab", "extern int ab"},
    {"int /* a\n b */ x // c \\\n still\n;", "x", "extern int x"},
    {"int x; /* * / ** */", "x", "extern int x"},
    {"_Pragma(\"GCC x\") int x;", "x", "extern int x"},
    {"#pragma once\nint x;", "x", "extern int x"},
    {"int \xc3\xa9;", "\xc3\xa9", "extern int \xc3\xa9"},
};

EXAMPLES(between_declarations, file_examples)

/* ---- structs and unions: the members, one after the other ---- */

/* The whole body as it is printed for a nameless one. */
static const struct example body_examples[] = {
    {"struct { int a, *b, c[3]; }", NULL, "struct { int a; int *b; int c[3]; }"},
    {"struct { int a : 3, : 4, b : 5; }", NULL, "struct { int a : 3; int : 4; int b : 5; }"},
    {"struct { int a : 3; int : 0; int b : 5; }", NULL,
     "struct { int a : 3; int : 0; int b : 5; }"},
    {"struct { _Bool a : 1; bool b : 1; }", NULL, "struct { bool a : 1; bool b : 1; }"},
    {"struct { unsigned long long a : 64; long long b : 33; }", NULL,
     "struct { unsigned long long a : 64; long long b : 33; }"},
    {"struct { int a; struct { int b; union { int c; float d; }; }; }", NULL,
     "struct { int a; struct { int b; union { int c; float d; }; }; }"},
    {"struct { int n; char d[]; }", NULL, "struct { int n; char d[]; }"},
    {"struct { int n; char d[0]; }", NULL, "struct { int n; char d[0]; }"},
    {"struct { int n; char d[?]; }", NULL, "struct { int n; char d[?]; }"},
    {"struct { int n, d[]; }", NULL, "struct { int n; int d[]; }"},
    {"struct {}", NULL, "struct { }"},
    {"union {}", NULL, "union { }"},
    {"struct { ; int a;; }", NULL, "struct { int a; }"},
    {"struct { int a }", NULL, "struct { int a; }"},
    {"struct { __extension__ long long a; __extension__ struct { int b; }; }", NULL,
     "struct { long long a; struct { int b; }; }"},
    {"struct { char a; int b __attribute__((packed)); }", NULL,
     "struct { char a; int b __attribute__((packed)); }"},
    {"struct __attribute__((packed)) { char a; int b; }", NULL,
     "struct __attribute__((packed)) { char a; int b; }"},
    {"struct { char a; int b; } __attribute__((packed, aligned(2)))", NULL,
     "struct __attribute__((packed)) __attribute__((aligned(2))) { char a; int b; }"},
    {"struct { char a __attribute__((aligned(8))); _Alignas(16) char b; }", NULL,
     "struct { char a __attribute__((aligned(8))); char b __attribute__((aligned(16))); }"},
    {"struct { enum { A1, B1 } a; }", NULL, "struct { enum { A1 = 0, B1 = 1 } a; }"},
    {"struct { int (*f)(int a, char *b); void (*g[2])(void); }", NULL,
     "struct { int (*f)(int, char *); void (*g[2])(void); }"},
    {"struct { const int a; volatile struct { int b; } c; _Atomic int d; }", NULL,
     "struct { const int a; volatile struct { int b; } c; _Atomic int d; }"},
    {"struct { static const int K = 3; int a[K]; }", NULL, "struct { int a[3]; }"},
    {"struct { typeof(int) a; int b : sizeof(char) * 3; }", NULL, "struct { int a; int b : 3; }"},
    {"union { int a; float b; struct { short c, d; }; }", NULL,
     "union { int a; float b; struct { short c; short d; }; }"},
};

START_TEST(bodies)
{
    const struct example *e = &body_examples[_i];
    const char *printed = print_type(type_of(e->text));
    ck_assert_msg(strcmp(printed, e->printed) == 0, "%s\nexpected: %s\nprinted:  %s", e->text,
                  e->printed, printed);
}
END_TEST

/* MS and Plan 9: a member without a name whose type has one. */
START_TEST(tagged_anonymous_members)
{
    must_parse("struct base { int a; short b; }; typedef struct base base_t;"
               "struct derived { long x; struct base; int y; };"
               "struct by_typedef { char x; base_t; };"
               "union u { struct base; double d; };");
    ck_assert_int_eq(int_of("offsetof(struct derived, b)"), sizeof(long) + 4);
    ck_assert_int_eq(int_of("offsetof(struct derived, y)"), sizeof(long) + 8);
    ck_assert_int_eq(int_of("sizeof(struct derived)"), 2 * sizeof(long) + 8);
    ck_assert_int_eq(int_of("offsetof(struct by_typedef, a)"), 4);
    ck_assert_int_eq(int_of("offsetof(union u, b)"), 4);
    ck_assert_uint_eq(type_of("struct derived")->tag->nmembers, 3);
    ck_assert_ptr_null(type_of("struct derived")->tag->members[1].name);
}
END_TEST

/* A tag declared in a body, and one that is only mentioned there, are no members. */
START_TEST(tags_declared_in_bodies)
{
    must_parse("struct s { struct t; struct u *p; enum { A1 = 4 }; enum f { B1 } b; };");
    ck_assert_uint_eq(type_of("struct s")->tag->nmembers, 2);
    ck_assert_str_eq(print_name("A1"), "static const int A1 = 4");
    ck_assert(!cdecl_is_complete(type_of("struct t")));
    ck_assert(!cdecl_is_complete(type_of("struct u")));
    ck_assert(cdecl_is_complete(type_of("enum f")));
}
END_TEST

/* ---- literals and operators: values and their types ---- */

static const struct {
    const char *text, *type;
    int64_t value;
} values[] = {
    {"0", "int", 0},
    {"017", "int", 15},
    {"0x1F", "int", 31},
    {"0b101", "int", 5},
    {"0B11", "int", 3},
    {"1'000'000", "int", 1000000},
    {"0xFF'FF", "int", 65535},
    {"0b1'0", "int", 2},
    {"2147483648", INT64_NAME, 2147483648},
    {"0x80000000", "unsigned int", 2147483648},
    {"0xffffffffffffffff", UINT64_NAME, -1},
    {"1u", "unsigned int", 1},
    {"1L", "long", 1},
    {"1ul", "unsigned long", 1},
    {"1LU", "unsigned long", 1},
    {"1ll", "long long", 1},
    {"1uLL", "unsigned long long", 1},
    {"'a'", "int", 97},
    {"'\\n'", "int", 10},
    {"'\\x41'", "int", 65},
    {"'\\101'", "int", 65},
    {"'\\0'", "int", 0},
    {"'\\e'", "int", 27},
    {"'ab'", "int", 'a' * 256 + 'b'},
    {"L'\\x100'", WCHAR_NAME, 256},
    {"u'\\u00e9'", "unsigned short", 233},
    {"U'\\U0001F600'", "unsigned int", 0x1f600},
    {"u8'a'", "unsigned char", 97},
    {"u8'\\xff'", "unsigned char", 255},
    {"sizeof(\"abc\")", SIZE_NAME, 4},
    {"sizeof(L\"ab\")", SIZE_NAME, 3 * sizeof(__WCHAR_TYPE__)},
    {"sizeof(u\"ab\")", SIZE_NAME, 6},
    {"sizeof(U\"ab\" \"c\")", SIZE_NAME, 16},
    {"sizeof(u8\"\xc3\xa9\")", SIZE_NAME, 3},
    {"-7 / 2", "int", -3},
    {"-7 % 2", "int", -1},
    {"1 - 2u > 0", "int", 1},
    {"-1 < 0u", "int", 0},
    {"1 << 31 >> 31", "int", -1},
    {"~0u", "unsigned int", 0xffffffff},
    {"!5 || 0 && 1 / 0", "int", 0},
    {"1 || 1 / 0", "int", 1},
    {"0 ? 1 / 0 : 2", "int", 2},
    {"(char)300", "char", 44},
    {"(unsigned short)-1", "unsigned short", 65535},
    {"(_Bool)0.5", "bool", 1},
    {"(int)3.99", "int", 3},
    {"(long)(float)16777217", "long", 16777216},
    {"(int)(1.5 * 4)", "int", 6},
    {"sizeof(int[3][4])", SIZE_NAME, 48},
    {"sizeof 1.0f", SIZE_NAME, 4},
    {"sizeof(1 ? 1 : 2ll)", SIZE_NAME, 8},
    {"sizeof(void)", SIZE_NAME, 1},
    {"sizeof(char) + sizeof(short) * 2", SIZE_NAME, 5},
    {"_Alignof(double)", SIZE_NAME, _Alignof(double)},
    {"alignof(short)", SIZE_NAME, 2},
    {"__alignof__(char)", SIZE_NAME, 1},
    {"__alignof(1ll)", SIZE_NAME, 8},
    {"sizeof(struct { char a; int b; })", SIZE_NAME, 8},
    {"__builtin_offsetof(struct { char a; struct { int b[3]; } c; }, c.b[2])", SIZE_NAME, 12},
    {"offsetof(struct { char a; struct { int b; }; }, b)", SIZE_NAME, 4},
    {"(long)&((struct { char a; int b; } *)0)->b", "long", 4},
    {"(char *)4 - (char *)1", PTRDIFF_NAME, 3},
    {"true", "bool", 1},
    {"false", "bool", 0},
    {"__builtin_constant_p(3)", "int", 1},
    {"__extension__ 5", "int", 5},
    {"(1, 2)", "int", 2},
    {"1 == 1.0", "int", 1},
    {"5 & 3 ^ 1 | 8", "int", 8},
    {"_Generic((char)1, int: 1, char: 2)", "int", 2},
    {"sizeof(int (*)[3])", SIZE_NAME, sizeof(void *)},
    {"(unsigned _BitInt(5))33", "unsigned _BitInt(5)", 1},
};

START_TEST(constant_expressions)
{
    struct cdecl_value v = value_of(values[_i].text);
    const char *type = print_type(v.type->unqual);
    ck_assert_msg(strcmp(type, values[_i].type) == 0, "%s\nhas type %s", values[_i].text, type);
    ck_assert_msg(v.kind == CDECL_VALUE_INT && (int64_t)v.u == values[_i].value, "%s\nis %lld",
                  values[_i].text, (long long)v.u);
}
END_TEST

Suite *check_grammar(void)
{
    Suite *suite = suite_create("grammar");
    TCase *tcase = add_case(suite, "grammar");
    ADD_EXAMPLES(tcase, specifiers_in_any_order, specifier_examples);
    ADD_EXAMPLES(tcase, all_types, type_examples);
    ADD_EXAMPLES(tcase, vectors_and_modes, vector_examples);
    ADD_EXAMPLES(tcase, declarators, declarator_examples);
    ADD_EXAMPLES(tcase, attributes_everywhere, attribute_places);
    ADD_EXAMPLES(tcase, asm_labels, asm_examples);
    ADD_EXAMPLES(tcase, enums, enum_examples);
    ADD_EXAMPLES(tcase, constants, constant_examples);
    ADD_EXAMPLES(tcase, between_declarations, file_examples);
    ADD_EXAMPLES(tcase, bodies, body_examples);
    ADD_EXAMPLES(tcase, constant_expressions, values);
    tcase_add_test(tcase, tagged_anonymous_members);
    tcase_add_test(tcase, tags_declared_in_bodies);
    return suite;
}
