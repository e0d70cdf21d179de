/* For each integer type a function that hands its value on, one that asks a callback for it, and a
 * variable; for the specs of values. _BitInt only where the compiler has it (the -clang library).
 */
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <wchar.h>

#ifndef __SIZEOF_FLOAT128__ /* where long double has this format there is no other name for it in \
                               C */
#define __float128 long double
#endif

enum values_signed { VALUES_MINUS = -1, VALUES_PLUS = 1 };
enum values_unsigned { VALUES_NONE, VALUES_MANY = 200 };
enum values_long { VALUES_HUGE = 0x123456789AL };

#define VALUES(name, ...)                                                         \
    __VA_ARGS__ values_var_##name;                                                \
    __VA_ARGS__ values_same_##name(__VA_ARGS__ v)                                 \
    {                                                                             \
        return v;                                                                 \
    }                                                                             \
    __VA_ARGS__ values_ask_##name(__VA_ARGS__ (*ask)(__VA_ARGS__), __VA_ARGS__ v) \
    {                                                                             \
        return ask(v);                                                            \
    }

/* What C leaves to the target, told by the compiler. */
const bool values_char_is_signed = (char)-1 < 0;
const bool values_wchar_is_signed = (wchar_t)-1 < 0;
#ifdef __SIZEOF_INT128__
const bool values_has_int128 = true;
#else
const bool values_has_int128 = false;
#endif

VALUES(char, char)
VALUES(schar, signed char)
VALUES(uchar, unsigned char)
VALUES(short, short)
VALUES(ushort, unsigned short)
VALUES(int, int)
VALUES(uint, unsigned int)
VALUES(long, long)
VALUES(ulong, unsigned long)
VALUES(llong, long long)
VALUES(ullong, unsigned long long)
VALUES(wchar, wchar_t)
VALUES(char16, char16_t)
VALUES(char32, char32_t)
#ifdef __SIZEOF_INT128__
VALUES(int128, __int128)
VALUES(uint128, unsigned __int128)
#endif
VALUES(esigned, enum values_signed)
VALUES(eunsigned, enum values_unsigned)
VALUES(elong, enum values_long)
VALUES(bool, bool)
VALUES(float, float)
VALUES(double, double)
VALUES(ldouble, long double)
VALUES(float128, __float128)
VALUES(cfloat, float _Complex)
VALUES(cdouble, double _Complex)

#ifdef __BITINT_MAXWIDTH__
enum values_byte : unsigned char { VALUES_LOW, VALUES_HIGH = 255 };
VALUES(ebyte, enum values_byte)
VALUES(bit2, _BitInt(2))
VALUES(bit7, _BitInt(7))
VALUES(ubit7, unsigned _BitInt(7))
VALUES(ubit1, unsigned _BitInt(1))
VALUES(bit33, _BitInt(33))
VALUES(bit64, _BitInt(64))
VALUES(ubit64, unsigned _BitInt(64))
VALUES(bit65, _BitInt(65))
VALUES(ubit127, unsigned _BitInt(127))
VALUES(bit128, _BitInt(128))
VALUES(ubit128, unsigned _BitInt(128))
#endif
