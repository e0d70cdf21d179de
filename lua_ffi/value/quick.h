/* The commonest conversions, inline: what needs no policy, no allocation and no second thought. All
 * else is convert.c's.
 */
#ifndef LFFI_QUICK_H
#define LFFI_QUICK_H

#include <string.h>

#include "base/peek.h"
#include "value/value.h"

/* The cdata that the value is, or NULL. */
static inline struct lffi_cdata *lffi_peek_cdata(const struct lffi_state *st,
                                                 const struct lffi_value *value)
{
    const void *mt;
    if (value->tag != LFFI_TAG_USERDATA)
        return NULL;
    mt = lffi_peek(value->as.object, LFFI_AT_METATABLE);
    return mt == st->mt_cdata || mt == st->mt_cdata_gc ? lffi_peek_block(value) : NULL;
}

#define LFFI_QUICK_STORE(type, dst, value)                                                         \
    do {                                                                                           \
        type stored_ = (type)(value);                                                              \
        if (stored_ != (value))                                                                    \
            return false;                                                                          \
        memcpy((dst), &stored_, sizeof stored_);                                                   \
        return true;                                                                               \
    } while (0)

/* Stores a Lua integer that is in the type's own range; false: look closer. */
static inline bool lffi_quick_integer(uint8_t op, void *dst, lua_Integer value)
{
    switch ((enum lffi_op)op) {
    case LFFI_I8: LFFI_QUICK_STORE(int8_t, dst, value);
    case LFFI_U8: LFFI_QUICK_STORE(uint8_t, dst, value);
    case LFFI_I16: LFFI_QUICK_STORE(int16_t, dst, value);
    case LFFI_U16: LFFI_QUICK_STORE(uint16_t, dst, value);
    case LFFI_I32: LFFI_QUICK_STORE(int32_t, dst, value);
    case LFFI_U32: LFFI_QUICK_STORE(uint32_t, dst, value);
    case LFFI_I64: LFFI_QUICK_STORE(int64_t, dst, value);
    case LFFI_U64:
        if (value < 0)
            return false;
        memcpy(dst, &value, sizeof value);
        return true;
    case LFFI_DOUBLE: {
        double number = (double)value;
        if (value > (lua_Integer)1 << 53 || value < -((lua_Integer)1 << 53))
            return false;
        memcpy(dst, &number, sizeof number);
        return true;
    }
    case LFFI_VOID: case LFFI_BOOL: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
    case LFFI_FLOAT16: case LFFI_FLOAT: case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX:
    case LFFI_ENUM: case LFFI_POINTER: case LFFI_ARRAY: case LFFI_VECTOR: case LFFI_FUNCTION:
    case LFFI_STRUCT: case LFFI_UNION:
        break;
    }
    return false;
}

/* Stores a Lua float as a double or, unless that would make it infinite, as a float. */
static inline bool lffi_quick_number(uint8_t op, void *dst, double value)
{
    float rounded = (float)value;
    if (op == LFFI_DOUBLE) {
        memcpy(dst, &value, sizeof value);
        return true;
    }
    if (op != LFFI_FLOAT || (rounded - rounded != 0 && value - value == 0))
        return false;
    memcpy(dst, &rounded, sizeof rounded);
    return true;
}

/* Stores the value at idx when it is a Lua integer in range or a Lua float for a double or float.
 */
static inline bool lffi_quick_store(lua_State *L, uint8_t op, void *dst, int idx)
{
    if (lua_isinteger(L, idx))
        return lffi_quick_integer(op, dst, lua_tointegerx(L, idx, NULL));
    if (op >= LFFI_FLOAT && op <= LFFI_DOUBLE && lua_type(L, idx) == LUA_TNUMBER)
        return lffi_quick_number(op, dst, lua_tonumberx(L, idx, NULL));
    return false;
}

/* The same of a value that is read in place. */
static inline bool lffi_quick_put(uint8_t op, void *dst, const struct lffi_value *value)
{
    if (value->tag == LFFI_TAG_INTEGER)
        return lffi_quick_integer(op, dst, value->as.integer);
    if (op != LFFI_DOUBLE || value->tag != LFFI_TAG_FLOAT)
        return false;
    memcpy(dst, &value->as.number, sizeof value->as.number);
    return true;
}

#define LFFI_QUICK_LOAD(L, type, push, src)                                                        \
    do {                                                                                           \
        type loaded_;                                                                              \
        memcpy(&loaded_, (src), sizeof loaded_);                                                   \
        push((L), loaded_);                                                                        \
        return true;                                                                               \
    } while (0)

/* Pushes a number or boolean; false for all other types. */
static inline bool lffi_quick_load(lua_State *L, uint8_t op, const void *src)
{
    switch ((enum lffi_op)op) {
    case LFFI_BOOL: lua_pushboolean(L, *(const uint8_t *)src != 0); return true;
    case LFFI_I8: LFFI_QUICK_LOAD(L, int8_t, lua_pushinteger, src);
    case LFFI_U8: LFFI_QUICK_LOAD(L, uint8_t, lua_pushinteger, src);
    case LFFI_I16: LFFI_QUICK_LOAD(L, int16_t, lua_pushinteger, src);
    case LFFI_U16: LFFI_QUICK_LOAD(L, uint16_t, lua_pushinteger, src);
    case LFFI_I32: LFFI_QUICK_LOAD(L, int32_t, lua_pushinteger, src);
    case LFFI_U32: LFFI_QUICK_LOAD(L, uint32_t, lua_pushinteger, src);
    case LFFI_I64: LFFI_QUICK_LOAD(L, int64_t, lua_pushinteger, src);
    case LFFI_FLOAT: LFFI_QUICK_LOAD(L, float, lua_pushnumber, src);
    case LFFI_DOUBLE: LFFI_QUICK_LOAD(L, double, lua_pushnumber, src);
    case LFFI_VOID: case LFFI_U64: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
    case LFFI_FLOAT16: case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_ENUM:
    case LFFI_POINTER: case LFFI_ARRAY: case LFFI_VECTOR: case LFFI_FUNCTION: case LFFI_STRUCT:
    case LFFI_UNION:
        break;
    }
    return false;
}

#endif
