/* Literals as C and as text, for check_literal.c: the compiler that builds the suite says what they
 * are worth and of which type. A header of its own, declared the system's: compilers warn of many.
 */
#ifndef CDECL_TESTS_LITERALS_H
#define CDECL_TESTS_LITERALS_H

#pragma GCC system_header

#include <stddef.h>
#include <stdint.h>

/* Names of the types as the parser prints them; char16_t and its like are the integers they are. */
#define TYPE(e)                                     \
    _Generic((e), int                               \
             : "int", unsigned                      \
             : "unsigned int", long                 \
             : "long", unsigned long                \
             : "unsigned long", long long           \
             : "long long", unsigned long long      \
             : "unsigned long long", unsigned short \
             : "unsigned short", float              \
             : "float", double                      \
             : "double", long double                \
             : "long double")

#define INTEGER(e)                 \
    {                              \
#e, (uint64_t)(e), TYPE(e) \
    }
#define ALL_SUFFIXES(n)                                                                     \
    INTEGER(n), INTEGER(n##u), INTEGER(n##U), INTEGER(n##l), INTEGER(n##L), INTEGER(n##ul), \
        INTEGER(n##Lu), INTEGER(n##ll), INTEGER(n##LL), INTEGER(n##ull), INTEGER(n##LLU)

static const struct {
    const char *text;
    uint64_t value;
    const char *type;
} integers[] = {
    ALL_SUFFIXES(0),
    ALL_SUFFIXES(1),
    ALL_SUFFIXES(2147483647),
    ALL_SUFFIXES(2147483648),
    ALL_SUFFIXES(4294967295),
    ALL_SUFFIXES(4294967296),
    ALL_SUFFIXES(9223372036854775807),
    ALL_SUFFIXES(0x0),
    ALL_SUFFIXES(0x7fffffff),
    ALL_SUFFIXES(0x80000000),
    ALL_SUFFIXES(0xFFFFFFFF),
    ALL_SUFFIXES(0x100000000),
    ALL_SUFFIXES(0x7fffffffffffffff),
    ALL_SUFFIXES(0x8000000000000000),
    ALL_SUFFIXES(0XFFFFFFFFFFFFFFFF),
    ALL_SUFFIXES(017),
    ALL_SUFFIXES(037777777777),
    ALL_SUFFIXES(040000000000),
    ALL_SUFFIXES(0777777777777777777777),
    ALL_SUFFIXES(01777777777777777777777),
    ALL_SUFFIXES(0b0),
    ALL_SUFFIXES(0b1011),
    ALL_SUFFIXES(0B11),
    ALL_SUFFIXES(0b10000000000000000000000000000000),
    INTEGER(0xabcDEF),
    INTEGER(18446744073709551615u),
    INTEGER(00),
    INTEGER(0x1e5),
    INTEGER(0xE),
    INTEGER(0x00000000000000000000001),

    INTEGER('a'),
    INTEGER('\''),
    INTEGER('"'),
    INTEGER('\"'),
    INTEGER('\\'),
    INTEGER('\?'),
    INTEGER('?'),
    INTEGER('\a'),
    INTEGER('\b'),
    INTEGER('\f'),
    INTEGER('\n'),
    INTEGER('\r'),
    INTEGER('\t'),
    INTEGER('\v'),
    INTEGER('\e'),
    INTEGER('\0'),
    INTEGER('\7'),
    INTEGER('\77'),
    INTEGER('\101'),
    INTEGER('\377'),
    INTEGER('\x41'),
    INTEGER('\xff'),
    INTEGER('\x7'),
    INTEGER('\x00000041'),
    INTEGER('ab'),
    INTEGER('abc'),
    INTEGER('abcd'),
    INTEGER('\0a'),
    INTEGER('a\0'),
    INTEGER('\xff\xff'),
    INTEGER(L'a'),
    INTEGER(L'\xff'),
    INTEGER(L'\377'),
    INTEGER(L'\u00e9'),
    INTEGER(L'\U0001F600'),
    INTEGER(L'é'),
    INTEGER(L'日'),
    INTEGER(L'😀'),
    INTEGER(u'a'),
    INTEGER(u'\xffff'),
    INTEGER(u'é'),
    INTEGER(u'日'),
    INTEGER(U'a'),
    INTEGER(U'\xffffffff'),
    INTEGER(U'😀'),
    INTEGER(L'\x12345678'),
    INTEGER(' '),
    INTEGER('\1234' & 0xff),
};

#define FLOATING(e)                   \
    {                                 \
#e, (long double)(e), TYPE(e) \
    }

static const struct {
    const char *text;
    long double value;
    const char *type;
} floats[] = {
    FLOATING(0.0),
    FLOATING(1.),
    FLOATING(.5),
    FLOATING(1e3),
    FLOATING(1E3),
    FLOATING(1e+3),
    FLOATING(1e-3),
    FLOATING(1.5e10),
    FLOATING(.5e-5),
    FLOATING(1.5f),
    FLOATING(1.5F),
    FLOATING(1.5l),
    FLOATING(1.5L),
    FLOATING(1e3f),
    FLOATING(0.1f),
    FLOATING(0.1),
    FLOATING(0.1l),
    FLOATING(1e400l),
    FLOATING(1e-400l),
    FLOATING(0x1p0),
    FLOATING(0x1.8p1),
    FLOATING(0X.8P+4),
    FLOATING(0x1.p-3),
    FLOATING(0x1.fffffep127f),
    FLOATING(0xap3l),
    FLOATING(1.7976931348623157e308),
    FLOATING(4.9406564584124654e-324),
    FLOATING(3.40282347e38f),
    FLOATING(1.40129846e-45f),
    FLOATING(09.5),
    FLOATING(0123e0),
    FLOATING(08e1),
    FLOATING(3.14159265358979323846264338327950288),
    FLOATING(1e0),
    FLOATING(123456789012345678901234567890.0),
};

struct bytes {
    const char *text;
    const void *bytes;
    size_t size; /* with the terminating zero */
    const char *type;
};

#define ELEMENT(s)                        \
    _Generic((s)[0], char                 \
             : "char", int                \
             : "int", long                \
             : "long", unsigned short     \
             : "unsigned short", unsigned \
             : "unsigned int")
#define STRING(...)                                                            \
    {                                                                          \
#__VA_ARGS__, __VA_ARGS__, sizeof(__VA_ARGS__), ELEMENT((__VA_ARGS__)) \
    }

static const struct bytes strings[] = {
    STRING(""),
    STRING("abc"),
    STRING("a\0b"),
    STRING("\0"),
    STRING("a"
           "b"),
    STRING(""
           ""
           ""),
    STRING("\x41"
           "1"),
    STRING("\1"
           "1"),
    STRING("\1234"),
    STRING("\x000041"),
    STRING("\377\xff"),
    STRING("\"\\\'\?\a\b\f\n\r\t\v\e"),
    STRING("'"),
    STRING("é"),
    STRING("日本"),
    STRING("😀"),
    STRING("\u0024"),
    STRING("\u00e9"),
    STRING("\u65e5"),
    STRING("\U0001F600"),
    STRING("\u00e9"
           "x"),
    STRING(u8"é\u00e9"),
    STRING(u8"a"
           "b"),
    STRING("a"
           u8"b"),
    STRING(L""),
    STRING(L"abc"),
    STRING(L"é日😀"),
    STRING(L"\xff\u00e9\U0001F600"),
    STRING(L"a"
           "b"),
    STRING("a"
           L"b"),
    STRING("é"
           L"\xff"),
    STRING(L"a\0b"),
    STRING(u"abc"),
    STRING(u"é日"),
    STRING(u"😀"),
    STRING(u"\U0001F600"),
    STRING(u"\xffff"),
    STRING("a"
           u"é"),
    STRING(u"a"
           "b"
           u"c"),
    STRING(U"abc"),
    STRING(U"é日😀"),
    STRING(U"\U0001F600\xffffffff"),
    STRING(U"a"
           "b"),
    STRING("/* no comment */ // none"),
    STRING("a" /* c */ "b"),
    STRING("%s\t{}"),
};

#endif
