/* The commonest conversions, inline: what needs no policy, no allocation and no second thought. All
 * else is convert.c's.
 *
 * Whether a value is plain is said once, of numbers that have been read (lffi_plain,
 * lffi_fast_float); how they are read, by the API or in place, is up to two short readers.
 * call/fast_slot.h has the same for registers.
 */
#ifndef LFFI_FAST_H
#define LFFI_FAST_H

#include <math.h>
#include <string.h>

#include "object/inplace.h"
#include "value/value.h"

/* ---- what is plain --------------------------------------------------------------------------- */

/* Stores an integer; false, with nothing written: look closer. */
static inline bool lffi_fast_integer(enum lffi_op op, lua_Integer value, void *dst)
{
    uint32_t word = (uint32_t)value;
    uint16_t half = (uint16_t)value;
    float single = (float)value;
    double number = (double)value;
    if (!lffi_is_within(&lffi_plain[op], value))
        return false;
    /* clang-format off */
    switch (op) {
    case LFFI_I8: case LFFI_U8: *(uint8_t *)dst = (uint8_t)value; return true;
    case LFFI_I16: case LFFI_U16: memcpy(dst, &half, sizeof half); return true;
    case LFFI_I32: case LFFI_U32: memcpy(dst, &word, sizeof word); return true;
    case LFFI_I64: case LFFI_U64: memcpy(dst, &value, sizeof value); return true;
    case LFFI_FLOAT: memcpy(dst, &single, sizeof single); return true;
    case LFFI_DOUBLE: memcpy(dst, &number, sizeof number); return true;
    case LFFI_VOID: case LFFI_BOOL: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
    case LFFI_FLOAT16: case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_ENUM:
    case LFFI_POINTER: case LFFI_ARRAY: case LFFI_VECTOR: case LFFI_FUNCTION: case LFFI_STRUCT:
    case LFFI_UNION:
        break;
    }
    /* clang-format on */
    return false;
}

/* Stores a Lua float as a double or, unless that would make it infinite, as a float. */
static inline bool lffi_fast_float(enum lffi_op op, lua_Number value, void *dst)
{
    float rounded = (float)value;
    if (op == LFFI_DOUBLE) {
        memcpy(dst, &value, sizeof value);
        return true;
    }
    if (op != LFFI_FLOAT || (isinf(rounded) && !isinf(value)))
        return false;
    memcpy(dst, &rounded, sizeof rounded);
    return true;
}

/* Stores the low bytes of a word in an integer of that size. */
static inline void lffi_fast_word(uint64_t size, uint64_t value, void *dst)
{
    uint32_t word = (uint32_t)value;
    uint16_t half = (uint16_t)value;
    switch (size) {
    case 8: memcpy(dst, &value, sizeof value); break;
    case 4: memcpy(dst, &word, sizeof word); break;
    case 2: memcpy(dst, &half, sizeof half); break;
    default: *(uint8_t *)dst = (uint8_t)value;
    }
}

/* ---- the two readers ------------------------------------------------------------------------- */

/* Stores the number at idx when it is plain. */
static inline bool lffi_fast_store(lua_State *L, enum lffi_op op, void *dst, int idx)
{
    if (lua_isinteger(L, idx))
        return lffi_fast_integer(op, lua_tointegerx(L, idx, NULL), dst);
    return lua_type(L, idx) == LUA_TNUMBER && lffi_fast_float(op, lua_tonumberx(L, idx, NULL), dst);
}

/* The same of a value in place. */
static inline bool lffi_fast_put(enum lffi_op op, void *dst, const struct lffi_value *value)
{
    if (lffi_kind_in_place(value) == LFFI_IS_INTEGER)
        return lffi_fast_integer(op, lffi_integer_in_place(value), dst);
    return lffi_kind_in_place(value) == LFFI_IS_FLOAT &&
           lffi_fast_float(op, lffi_float_in_place(value), dst);
}

/* ---- the other way --------------------------------------------------------------------------- */

#define LFFI_LOADER(type)                                \
    static inline type lffi_read_##type(const void *src) \
    {                                                    \
        type value;                                      \
        memcpy(&value, src, sizeof value);               \
        return value;                                    \
    }
LFFI_LOADER(int16_t)
LFFI_LOADER(uint16_t)
LFFI_LOADER(int32_t)
LFFI_LOADER(uint32_t)
LFFI_LOADER(int64_t)
LFFI_LOADER(float)
LFFI_LOADER(double)

/* Pushes a number or boolean; false for all other types. */
static inline bool lffi_fast_load(lua_State *L, enum lffi_op op, const void *src)
{
    /* clang-format off */
    switch (op) {
    case LFFI_BOOL: lua_pushboolean(L, *(const uint8_t *)src != 0); return true;
    case LFFI_I8: lua_pushinteger(L, *(const int8_t *)src); return true;
    case LFFI_U8: lua_pushinteger(L, *(const uint8_t *)src); return true;
    case LFFI_I16: lua_pushinteger(L, lffi_read_int16_t(src)); return true;
    case LFFI_U16: lua_pushinteger(L, lffi_read_uint16_t(src)); return true;
    case LFFI_I32: lua_pushinteger(L, lffi_read_int32_t(src)); return true;
    case LFFI_U32: lua_pushinteger(L, lffi_read_uint32_t(src)); return true;
    case LFFI_I64: lua_pushinteger(L, lffi_read_int64_t(src)); return true;
    case LFFI_U64: /* unless Lua has no integer for it */
        if (lffi_read_int64_t(src) < 0)
            return false;
        lua_pushinteger(L, lffi_read_int64_t(src));
        return true;
    case LFFI_FLOAT: lua_pushnumber(L, lffi_read_float(src)); return true;
    case LFFI_DOUBLE: lua_pushnumber(L, lffi_read_double(src)); return true;
    case LFFI_VOID: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
    case LFFI_FLOAT16: case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_ENUM:
    case LFFI_POINTER: case LFFI_ARRAY: case LFFI_VECTOR: case LFFI_FUNCTION: case LFFI_STRUCT:
    case LFFI_UNION:
        break;
    }
    /* clang-format on */
    return false;
}

#endif
