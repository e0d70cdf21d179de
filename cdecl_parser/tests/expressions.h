/* Expressions as C and as text, for check_expr.c: the compiler that builds the suite says what
 * they are worth and of which type. A header of its own, declared the system's, because overflow,
 * mixed signs and division of sizes are the point of many of them and compilers warn of each. */
#ifndef CDECL_TESTS_EXPRESSIONS_H
#define CDECL_TESTS_EXPRESSIONS_H

#pragma GCC system_header

#include <float.h>
#include <stddef.h>
#include <stdint.h>

/* As C and as text. */
#define DECLARE(...) \
    __VA_ARGS__;     \
    static const char declarations[] = #__VA_ARGS__ ";";

struct pair {
    char first;
    long second[3];
    struct {
        short inner;
    } deep;
    union {
        int i;
        double d;
    };
};
static const char pair_text[] =
    "struct pair { char first; long second[3]; struct { short inner; } deep;"
    " union { int i; double d; }; };";

DECLARE(enum small{MINUS = -1, ZERO, SEVEN = 7, NEXT}; enum unsign{ONE = 1, TOP = 4294967295u};
        enum wide{HUGE = 1ull << 40, LITTLE = -5}; static const int seven = 7;
        static const unsigned char byte = 200; static const double half = 0.5;
        static const float third = 1.0f / 3; extern int var; extern char array[12];
        extern struct pair * pointer; extern struct pair object; extern float func(int))

#define TYPE(...)                              \
    _Generic((__VA_ARGS__), _Bool              \
             : "bool", char                    \
             : "char", signed char             \
             : "signed char", unsigned char    \
             : "unsigned char", short          \
             : "short", unsigned short         \
             : "unsigned short", int           \
             : "int", unsigned                 \
             : "unsigned int", long            \
             : "long", unsigned long           \
             : "unsigned long", long long      \
             : "long long", unsigned long long \
             : "unsigned long long", float     \
             : "float", double                 \
             : "double", long double           \
             : "long double")

struct integer {
    const char *text;
    uint64_t value;
    const char *type;
};

#define INTEGER(...)                                             \
    {                                                            \
#__VA_ARGS__, (uint64_t)(__VA_ARGS__), TYPE(__VA_ARGS__) \
    }

/* Every operator on operands of many types: promotions and the usual conversions [6.3.1]. */
#define WITH_TYPES(op)                                                                             \
    INTEGER((_Bool)1 op(_Bool) 1), INTEGER((char)100 op(char) 3),                                  \
        INTEGER((signed char)-7 op(short) 2), INTEGER((unsigned char)200 op(unsigned char) 100),   \
        INTEGER((unsigned short)65535 op 2), INTEGER(-7 op 2), INTEGER(-7 op 2u),                  \
        INTEGER(7u op - 2), INTEGER(-7l op 2u), INTEGER(-7l op 2ul), INTEGER(7ll op 2ul),          \
        INTEGER(-7ll op 2l), INTEGER(7ull op - 2), INTEGER((short)-300 op 7ull),                   \
        INTEGER(2147483647 op 3l), INTEGER(0xffffffff op 2), INTEGER(0x7fffffffffffffff op 3),     \
        INTEGER(0xffffffffffffffff op 10), INTEGER('a' op 3), INTEGER(MINUS op 3),                 \
        INTEGER(SEVEN op(ZERO + 1)), INTEGER(TOP op 2), INTEGER(HUGE op 2), INTEGER(LITTLE op 2u), \
        INTEGER(seven op byte)

#define WITH_SHIFTS(op)                                                                \
    INTEGER(1 op 5), INTEGER((char)1 op 3l), INTEGER(1u op 31), INTEGER(1l op 30),     \
        INTEGER(1ll op 40), INTEGER(-5 op 1), INTEGER(-1ll op 60),                     \
        INTEGER(0xffffffffffffffff op 63), INTEGER((_Bool)1 op 1ull),                  \
        INTEGER((unsigned char)255 op 4), INTEGER((short)-1 op 0), INTEGER(HUGE op 3), \
        INTEGER(MINUS op 2), INTEGER(seven op 1), INTEGER(2147483647u op 1)

static const struct integer integers[] = {
    WITH_TYPES(+),
    WITH_TYPES(-),
    WITH_TYPES(/),
    WITH_TYPES(%),
    WITH_TYPES(&),
    WITH_TYPES(|),
    WITH_TYPES(^),
    WITH_TYPES(<),
    WITH_TYPES(>),
    WITH_TYPES(<=),
    WITH_TYPES(>=),
    WITH_TYPES(==),
    WITH_TYPES(!=),
    WITH_TYPES(&&),
    WITH_TYPES(||),
    WITH_SHIFTS(<<),
    WITH_SHIFTS(>>),
    INTEGER(3 * -4),
    INTEGER(65536u * 65536u),
    INTEGER(65536l * 65536),
    INTEGER((char)100 * (char)100),
    INTEGER(0x8000000000000000 * 2),
    INTEGER(-3ll * 5ul),
    INTEGER(HUGE * 3),
    INTEGER(MINUS *TOP),

    /* Unary operators. */
    INTEGER(-5),
    INTEGER(+5),
    INTEGER(~5),
    INTEGER(!5),
    INTEGER(!0),
    INTEGER(- -5),
    INTEGER(-5u),
    INTEGER(~0u),
    INTEGER(~0ull),
    INTEGER(-(char)5),
    INTEGER(~(unsigned char)5),
    INTEGER(-(_Bool)1),
    INTEGER(~(short)-1),
    INTEGER(!0.5),
    INTEGER(!0.0),
    INTEGER(-2147483647 - 1),
    INTEGER(- -2147483647),
    INTEGER(!"text"),
    INTEGER(!MINUS),
    INTEGER(-SEVEN),
    INTEGER(~HUGE),
    INTEGER(-byte),
    INTEGER(-0x80000000),
    INTEGER(-0x8000000000000000),
    INTEGER(__extension__ 3),

    /* Precedence and grouping. */
    INTEGER(1 + 2 * 3),
    INTEGER((1 + 2) * 3),
    INTEGER(10 - 4 - 3),
    INTEGER(100 / 10 / 5),
    INTEGER(1 << 2 + 3),
    INTEGER(1 | 2 ^ 3 & 4),
    INTEGER(1 < 2 == 1),
    INTEGER(5 & 3 == 3),
    INTEGER(1 || 0 && 0),
    INTEGER(!1 + 1),
    INTEGER(~1 & 3),
    INTEGER(-1 < 0 ? 1 + 1 : 2 + 2),
    INTEGER(0   ? 1
            : 0 ? 2
                : 3),
    INTEGER(1 ? 0 ? 1 : 2 : 3),
    INTEGER(7 % 4 * 2),
    INTEGER(2 - -2),
    INTEGER(1 + +1),
    INTEGER(8 >> 1 << 2),
    INTEGER(6 / 4 * 4),
    INTEGER(1 == 2 != 3),

    /* The conditional operator: the type of both branches together, whichever is taken. */
    INTEGER(1 ? 2 : 3),
    INTEGER(0 ? 2 : 3),
    INTEGER(1 ? 2 : 3l),
    INTEGER(0 ? 2ull : -1),
    INTEGER(1 ? (char)1 : (char)2),
    INTEGER(1 ? -1 : 1u),
    INTEGER(5 ?: 6),
    INTEGER(0 ?: 6l),
    INTEGER(1 ? 2 : 1 / 0),
    INTEGER(0 ? 1 / 0 : 4),
    INTEGER(0.5 ? 1 : 2),
    INTEGER("x" ? 1 : 2),
    INTEGER(1 ? MINUS : 2u),
    INTEGER(1 || 1 / 0),
    INTEGER(0 && 1 % 0),
    INTEGER(1 ? 1 << 2 : 1 << 31),

    /* Casts convert. */
    INTEGER((char)300),
    INTEGER((signed char)200),
    INTEGER((unsigned char)-1),
    INTEGER((short)70000),
    INTEGER((unsigned short)-1),
    INTEGER((int)4294967295u),
    INTEGER((unsigned)-1),
    INTEGER((long)-1),
    INTEGER((long)4294967295u),
    INTEGER((unsigned long)-1),
    INTEGER((_Bool)256),
    INTEGER((_Bool)0.1),
    INTEGER((_Bool)0),
    INTEGER((int)3.99),
    INTEGER((int)-3.99),
    INTEGER((unsigned char)255.9),
    INTEGER((long long)1e18),
    INTEGER((unsigned long long)1.8e19),
    INTEGER((int)(char)255),
    INTEGER((long)(int)0x80000000),
    INTEGER((unsigned long)(unsigned)-1),
    INTEGER((enum small)3 + 0),
    INTEGER((int)1.5f + (int)2.5),
    INTEGER((char)(short)(int)0x12345678),
    INTEGER((int)'\xff'),
    INTEGER((signed char)-128.9),
    INTEGER((const int)5),
    INTEGER((volatile unsigned char)261),
    INTEGER((long)(char *)100),
    INTEGER((unsigned long)(void *)-1),
    INTEGER((int)(long)&((struct pair *)0)->second),
    INTEGER((int)(1 ? 2.9 : 1)),
    INTEGER((short)(unsigned short)40000),
    INTEGER((_Bool)(void *)8),

    /* sizeof and _Alignof. */
    INTEGER(sizeof(char)),
    INTEGER(sizeof(int)),
    INTEGER(sizeof(long double)),
    INTEGER(sizeof(void *)),
    INTEGER(sizeof(int[3])),
    INTEGER(sizeof(int[3][5])),
    INTEGER(sizeof(int (*)[3])),
    INTEGER(sizeof(struct pair)),
    INTEGER(sizeof(enum small)),
    INTEGER(sizeof(enum wide)),
    INTEGER(sizeof(_Bool)),
    INTEGER(sizeof(float _Complex)),
    INTEGER(sizeof(unsigned long long int)),
    INTEGER(sizeof 1),
    INTEGER(sizeof 1ll),
    INTEGER(sizeof 1.0f),
    INTEGER(sizeof 'a'),
    INTEGER(sizeof L'a'),
    INTEGER(sizeof "text"),
    INTEGER(sizeof L"text"),
    INTEGER(sizeof u"text"),
    INTEGER(sizeof("a"
                   "bc")),
    INTEGER(sizeof(char) + 1),
    INTEGER(sizeof(1 + 1ll)),
    INTEGER(sizeof - (char)1),
    INTEGER(sizeof !1.0),
    INTEGER(sizeof(char) - 1),
    INTEGER(sizeof array),
    INTEGER(sizeof array / sizeof *array),
    INTEGER(sizeof array[0]),
    INTEGER(sizeof &array),
    INTEGER(sizeof &array[3]),
    INTEGER(sizeof(array + 1)),
    INTEGER(sizeof pointer->second),
    INTEGER(sizeof object.deep),
    INTEGER(sizeof(*pointer).deep.inner),
    INTEGER(sizeof pointer->second[1]),
    INTEGER(sizeof func(1)),
    INTEGER(sizeof &func),
    INTEGER(sizeof *func),
    INTEGER(sizeof(1 ? 1 : 1.0)),
    INTEGER(sizeof(1, 2.0)),
    INTEGER(sizeof(var = 3)),
    INTEGER(sizeof var++),
    INTEGER(sizeof(var += 2, 'a')),
    INTEGER(sizeof(int){3}),
    INTEGER(sizeof(struct pair){1}.second),
    INTEGER(sizeof(int[]){1, 2, 3}[0]),
    INTEGER(sizeof ++var),
    INTEGER(sizeof 1 [array]),
    INTEGER(sizeof(1 / 0)),
    INTEGER(sizeof(int) * 3),
    INTEGER(sizeof sizeof 1),
    INTEGER(sizeof(void)),
    INTEGER(_Alignof(char)),
    INTEGER(_Alignof(double)),
    INTEGER(_Alignof(struct pair)),
    INTEGER(_Alignof(int[5])),
    INTEGER(__alignof__(long)),
    INTEGER(__alignof__(var)),
    INTEGER(_Alignof(void *)),
    INTEGER(_Alignof(long double)),

    /* offsetof and address arithmetic. */
    INTEGER(__builtin_offsetof(struct pair, second)),
    INTEGER(__builtin_offsetof(struct pair, second[2])),
    INTEGER(__builtin_offsetof(struct pair, deep.inner)),
    INTEGER(__builtin_offsetof(struct pair, d)),
    INTEGER(offsetof(struct pair, deep)),
    INTEGER(offsetof(struct pair, second[1]) + 1),
    INTEGER((size_t) & ((struct pair *)0)->deep.inner),
    INTEGER((size_t) & ((struct pair *)8)->second[1]),
    INTEGER((char *)&((struct pair *)0)->i - (char *)0),
    INTEGER((long *)64 - (long *)16),
    INTEGER((size_t)((int *)0 + 3)),
    INTEGER((size_t)(3 + (int *)0)),
    INTEGER((size_t)((int *)100 - 3)),
    INTEGER((size_t)(((struct pair *)0)->second + 1)),
    INTEGER((char *)4 < (char *)8),
    INTEGER((char *)4 == (char *)8),
    INTEGER((void *)0 == 0),
    INTEGER((size_t) & *(int *)12),
    INTEGER((size_t)&2 [(int *)0]),

    /* _Generic and the builtins. */
    INTEGER(_Generic(1, int : 1, long : 2, default : 3)),
    INTEGER(_Generic(1l, int : 1, long : 2, default : 3)),
    INTEGER(_Generic(1.0f, int : 1, default : 3)),
    INTEGER(_Generic(array, char * : 4l, default : 3)),
    INTEGER(_Generic(func, float (*)(int) : 5, default : 6)),
    INTEGER(_Generic(1, default : 3, int : 1)),
    INTEGER(_Generic((char)1, int : 1, char : 2)),
    INTEGER(_Generic(+(char)1, int : 1, char : 2)),
    INTEGER(_Generic(seven, int : 1, default : 2)),
    INTEGER(_Generic(1, int : 7, default : 1 / 0)),
    INTEGER(_Generic(1u, unsigned
                     : 'u', int : 0)),
    INTEGER(__builtin_choose_expr(1, 2, 3l)),
    INTEGER(__builtin_choose_expr(0, 2, 3l)),
    INTEGER(__builtin_choose_expr(1, 2, 1 / 0)),
    INTEGER(__builtin_types_compatible_p(int, int)),
    INTEGER(__builtin_types_compatible_p(int, long)),
    INTEGER(__builtin_types_compatible_p(int, const int)),
    INTEGER(__builtin_types_compatible_p(int *, const int *)),
    INTEGER(__builtin_constant_p(3)),
    INTEGER(__builtin_types_compatible_p(int[], int[5])),
    INTEGER(__builtin_constant_p(var)),

    /* Names. */
    INTEGER(MINUS),
    INTEGER(NEXT),
    INTEGER(TOP),
    INTEGER(HUGE),
    INTEGER(LITTLE),
    INTEGER(seven),
    INTEGER(byte),
    INTEGER(seven *byte),
    INTEGER((int)(half * 10)),
    INTEGER(ONE + seven),
    INTEGER((SEVEN)),
    INTEGER(-(-(seven))),

    /* Comparisons of mixed kinds. */
    INTEGER(-1 < 0u),
    INTEGER(-1l < 0u),
    INTEGER(1.5 > 1),
    INTEGER(0.1f == 0.1),
    INTEGER(-0.0 == 0.0),
    INTEGER(1e10 == 10000000000),
    INTEGER(0.5 && 0.25),
    INTEGER(0.0 || 0),
    INTEGER(2 == 2.0),
    INTEGER(0.5 <= 0.25),
    INTEGER(0.5 <= 0.5),
    INTEGER(0.5f >= 0.75),
    INTEGER(2 >= 2.0l),
    INTEGER(0.5 != 0.25),
    INTEGER(0.5 != 0.5f),

    /* What is not evaluated may be out of range. */
    INTEGER(0 && 1 << 70),
    INTEGER(1 || (int)1e30),
    INTEGER(1 ? 3 : (char)-1e30),
};

#define FLOATING(...)                                               \
    {                                                               \
#__VA_ARGS__, (long double)(__VA_ARGS__), TYPE(__VA_ARGS__) \
    }

static const struct {
    const char *text;
    long double value;
    const char *type;
} floats[] = {
    FLOATING(1.5),
    FLOATING(-1.5),
    FLOATING(+1.5f),
    FLOATING(1.5l),
    FLOATING(0.1f),
    FLOATING(0.1),
    FLOATING(0.1l),
    FLOATING(1.5 + 1),
    FLOATING(1 + 1.5f),
    FLOATING(1.5f + 1.5),
    FLOATING(1.5 * 2l),
    FLOATING(1.5l - 1),
    FLOATING(1.1l * 3),
    FLOATING(1.1l + 3),
    FLOATING(1 / 3.0),
    FLOATING(1 / 3.0f),
    FLOATING(1.0f / 3),
#if LDBL_MANT_DIG != 106 /* gcc folds no quotient of two doubles that are one number */
    FLOATING(1.0l / 3),
#endif
    FLOATING(0.1f + 0.2f),
    FLOATING(0.1 + 0.2),
    FLOATING(16777216.0f + 1),
    FLOATING(1e308 * 10),
    FLOATING(1e38f * 10),
    FLOATING(1 / 0.0),
    FLOATING(-1 / 0.0),
    FLOATING((float)0.1),
    FLOATING((double)0.1f),
    FLOATING((float)16777217),
    FLOATING((double)9007199254740993),
    FLOATING((float)18446744073709551615u),
    FLOATING((double)-1ll),
    FLOATING((long double)18446744073709551615u),
    FLOATING((float)'a'),
    FLOATING(1 ? 1 : 2.0),
    FLOATING(0 ? 1.0f : 2),
    FLOATING(1 ? 0.5f : 2.0),
    FLOATING(0.5 ?: 1),
    FLOATING(half),
    FLOATING(third),
    FLOATING(third + half),
    FLOATING(-half),
    FLOATING(half *seven),
    FLOATING((float)half *third),
    FLOATING(1e10),
    FLOATING(0x1.8p3),
    FLOATING(0x1p-1074),
    FLOATING(1e-320),
    FLOATING(_Generic(1.0, double : 2.5f)),
    FLOATING((double)(int)2.9),
    FLOATING(__builtin_huge_val()),
    FLOATING(__builtin_inff()),
    FLOATING(-__builtin_infl()),
    FLOATING(1.0 - 0x1p-53),
    FLOATING(.5),
    FLOATING(5.),
    FLOATING((float)1e-46),
    FLOATING((double)TOP),
    FLOATING(HUGE * 1.0),
};

#endif
