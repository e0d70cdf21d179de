/* Plain Lua values and register slots, inline: the fast paths of calls and callbacks. plain.c has
 * the same as functions, for the paths where a call more does not matter.
 */
#ifndef LFFI_PLAIN_H
#define LFFI_PLAIN_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "call/call.h"

/* Nothing is written unless the value is right: in a callback's result the slot holds the error
 * value. */
static inline __attribute__((always_inline)) bool plain_integer(lua_State *L,
                                                                const struct lffi_param *param,
                                                                int idx, uint64_t *word)
{
    lua_Integer value;
    if (!lua_isinteger(L, idx))
        return false;
    value = lua_tointegerx(L, idx, NULL);
    if (value < param->min || value > param->max)
        return false;
    *word = (uint64_t)value;
    return true;
}

static inline bool plain_double(lua_State *L, int idx, double *out)
{
    double value;
    if (lua_type(L, idx) != LUA_TNUMBER)
        return false;
    value = lua_tonumberx(L, idx, NULL);
    if (!(fabs(value) < 9007199254740992.0) && lua_isinteger(L, idx))
        return false;
    *out = value;
    return true;
}

static inline bool plain_float(lua_State *L, int idx, float *out)
{
    double value;
    if (lua_type(L, idx) != LUA_TNUMBER)
        return false;
    value = lua_tonumberx(L, idx, NULL);
    if (lua_isinteger(L, idx) ? fabs(value) >= 16777216.0 : fabs(value) > FLT_MAX && !isinf(value))
        return false;
    *out = (float)value;
    return true;
}

static inline bool plain_boolean(lua_State *L, int idx, uint64_t *word)
{
    if (lua_type(L, idx) != LUA_TBOOLEAN)
        return false;
    *word = (uint64_t)lua_toboolean(L, idx);
    return true;
}

/* The address of a cdata for a parameter whose pointee is just its own (or void), no qualifier
 * lost. */
static inline bool plain_address(const struct lffi_ctype *pointee, const struct lffi_cdata *cd,
                                 uint64_t *word)
{
    const struct lffi_ctype *source = cd->ct;
    uint64_t address = (uintptr_t)cd->addr;
    if (source->op == LFFI_POINTER) {
        source = source->target;
        memcpy(&address, cd->addr, sizeof address);
    } else if (source->op == LFFI_ARRAY) {
        source = source->target;
    } else if (!lffi_is_record(source->op)) {
        return false;
    }
    if ((source->base != pointee->base && pointee->op != LFFI_VOID) ||
        (source->type->quals & ~pointee->type->quals & (CDECL_CONST | CDECL_VOLATILE)) != 0)
        return false;
    *word = address;
    return true;
}

/* nil, a pointer, array or struct that needs no conversion, or text for a const char *. */
static inline bool plain_pointer(lua_State *L, const struct lffi_param *param, int idx,
                                 uint64_t *word)
{
    const struct lffi_cdata *cd;
    const char *text;
    size_t size;
    switch (lua_type(L, idx)) {
    case LUA_TNIL:
        *word = 0;
        return true;
    case LUA_TUSERDATA:
        cd = lffi_to_cdata(L, param->ct->scope->st, idx);
        return cd != NULL && plain_address(param->ct->target, cd, word);
    case LUA_TSTRING:
        if ((param->flags & LFFI_PARAM_STRING) == 0)
            return false;
        text = lua_tolstring(L, idx, &size);
        if (strlen(text) != size)
            return false;
        *word = (uintptr_t)text;
        return true;
    default:
        return false;
    }
}

/* See lffi_store_plain. */
static inline bool plain_store(lua_State *L, const struct lffi_param *param, int idx,
                               unsigned char *slot)
{
    uint64_t *word = (uint64_t *)(void *)slot; /* registers and stack words are 8-byte aligned */
    switch ((enum lffi_op)param->op) {
    case LFFI_BOOL: return plain_boolean(L, idx, word);
    case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16: case LFFI_I32: case LFFI_U32:
    case LFFI_I64: case LFFI_U64:
        return plain_integer(L, param, idx, word);
    case LFFI_FLOAT: return plain_float(L, idx, (float *)(void *)slot);
    case LFFI_DOUBLE: return plain_double(L, idx, (double *)(void *)slot);
    case LFFI_POINTER: return plain_pointer(L, param, idx, word);
    case LFFI_VOID: case LFFI_I128: case LFFI_U128: case LFFI_BITINT: case LFFI_FLOAT16:
    case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_ENUM: case LFFI_ARRAY:
    case LFFI_VECTOR: case LFFI_FUNCTION: case LFFI_STRUCT: case LFFI_UNION:
        return false;
    }
    return false;
}

/* A value of 64 bits or less, by its own width: the rest of its slot may hold anything. */
static inline bool plain_push(lua_State *L, uint8_t op, const unsigned char *slot)
{
    uint64_t word;
    float single;
    double number;
    memcpy(&word, slot, sizeof word);
    switch ((enum lffi_op)op) {
    case LFFI_BOOL: lua_pushboolean(L, (uint8_t)word != 0); return true;
    case LFFI_I8: lua_pushinteger(L, (int8_t)word); return true;
    case LFFI_U8: lua_pushinteger(L, (uint8_t)word); return true;
    case LFFI_I16: lua_pushinteger(L, (int16_t)word); return true;
    case LFFI_U16: lua_pushinteger(L, (uint16_t)word); return true;
    case LFFI_I32: lua_pushinteger(L, (int32_t)word); return true;
    case LFFI_U32: lua_pushinteger(L, (uint32_t)word); return true;
    case LFFI_I64: lua_pushinteger(L, (int64_t)word); return true;
    case LFFI_FLOAT:
        memcpy(&single, slot, sizeof single);
        lua_pushnumber(L, (lua_Number)single);
        return true;
    case LFFI_DOUBLE:
        memcpy(&number, slot, sizeof number);
        lua_pushnumber(L, number);
        return true;
    case LFFI_POINTER:
        if (word != 0)
            return false;
        lua_pushnil(L);
        return true;
    case LFFI_VOID: case LFFI_U64: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
    case LFFI_FLOAT16: case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_ENUM:
    case LFFI_ARRAY: case LFFI_VECTOR: case LFFI_FUNCTION: case LFFI_STRUCT: case LFFI_UNION:
        return false;
    }
    return false;
}

#endif
