/* Values that do not convert: where they were to go and what they are, as errors tell it
 * (docs/design.md S19).
 *
 * Depends on integer.c, floats.c and cdata.c for the texts of values.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "value/value.h"

/* Pushes "bad argument #1 to 'abs' (int abs(int)): ", "field 'x' of 'struct s': ", ... */
static void push_prefix(lua_State *L, const struct lffi_where *where)
{
    int index = (int)where->index;
    const char *of = where->of != NULL ? lffi_push_type_text(L, where->of, NULL) : "?";
    switch (where->place) {
    case LFFI_TO_ARGUMENT:
        if (where->fn != NULL)
            lua_pushfstring(L, "bad argument #%d to '%s' (%s): ", index, where->fn->name,
                            lffi_push_decl_text(L, where->fn->decl));
        else
            lua_pushfstring(L, "bad argument #%d to '%s': ", index, of);
        break;
    case LFFI_TO_RESULT: lua_pushfstring(L, "result of callback '%s': ", of); break;
    case LFFI_TO_ERROR_VALUE: lua_pushfstring(L, "error value of callback '%s': ", of); break;
    case LFFI_TO_FIELD: lua_pushfstring(L, "field '%s' of '%s': ", where->name, of); break;
    case LFFI_TO_ELEMENT:
        lua_pushfstring(L, "element %I of '%s': ", (LUAI_UACINT)where->index, of);
        break;
    case LFFI_TO_VARIABLE: lua_pushfstring(L, "variable '%s': ", where->name); break;
    case LFFI_TO_VALUE: lua_pushliteral(L, ""); break;
    }
}

_Noreturn void lffi_convert_error(lua_State *L, const struct lffi_where *where, const char *fmt,
                                  ...)
{
    va_list args;
    int text = lua_gettop(L) + 1;
    luaL_checkstack(L, 10, NULL);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args); /* first: `fmt` may use texts on the stack */
    va_end(args);
    push_prefix(L, where);
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_pushvalue(L, text);
    lua_concat(L, 3);
    lua_error(L);
    abort();
}

/* A short string as it would be written, or its length. */
static const char *push_string_text(lua_State *L, int idx)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    bool plain = size <= 32;
    for (size_t i = 0; plain && i < size; i++)
        plain = text[i] >= ' ' && text[i] != '"' && text[i] != 127;
    return plain ? lua_pushfstring(L, "string \"%s\"", text)
                 : lua_pushfstring(L, "string of %I bytes", (LUAI_UACINT)size);
}

/* "number 0.5": with all its digits when Lua's usual 14 would show another number. */
static const char *push_float(lua_State *L, lua_Number value)
{
    char text[40];
    snprintf(text, sizeof text, "%.14g", value);
    if (isfinite(value) && strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    else
        return lua_pushfstring(L, "number %f", value); /* marks integral floats with ".0" */
    return lua_pushfstring(L, "number %s", text);
}

const char *lffi_push_kind_of(lua_State *L, struct lffi_state *st, int idx)
{
    const struct lffi_cdata *cd;
    idx = lua_absindex(L, idx);
    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        if (!lua_isinteger(L, idx))
            return push_float(L, lua_tonumber(L, idx));
        return lua_pushfstring(L, "integer %I", (LUAI_UACINT)lua_tointeger(L, idx));
    case LUA_TBOOLEAN: return lua_pushfstring(L, "boolean %s", luaL_tolstring(L, idx, NULL));
    case LUA_TSTRING: return push_string_text(L, idx);
    case LUA_TUSERDATA:
        cd = lffi_to_cdata(L, st, idx);
        if (cd != NULL)
            return lua_pushfstring(L, "'%s'", lffi_push_type_text(L, cd->ct->type, NULL));
        return lua_pushstring(L, lffi_to_ctype(L, st, idx) != NULL ? "a C type" : "userdata");
    default: return lua_pushstring(L, luaL_typename(L, idx));
    }
}

_Noreturn void lffi_mismatch(lua_State *L, struct lffi_ctype *ct, int idx,
                             const struct lffi_where *where)
{
    const char *kind = lffi_push_kind_of(L, ct->scope->st, idx);
    lffi_convert_error(L, where, "cannot convert %s to '%s'", kind,
                       lffi_push_type_text(L, ct->type, NULL));
}

/* "integer 123", its middle left out when it is long. */
static const char *push_long_integer(lua_State *L, struct lffi_state *st, int idx)
{
    const char *text = lffi_push_integer_source(L, st, idx);
    size_t size = strlen(text);
    if (size <= 80)
        return lua_pushfstring(L, "integer %s", text);
    lua_pushlstring(L, text, 20 + strspn(text, "+-"));
    return lua_pushfstring(L, "integer %s...%s (%d digits)", lua_tostring(L, -1), text + size - 20,
                           (int)(size - strspn(text, "+-")));
}

const char *lffi_push_number_text(lua_State *L, struct lffi_state *st,
                                  const struct lffi_integer *value, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    uint8_t op = cd != NULL ? cd->ct->op : LFFI_VOID;
    if (lua_type(L, idx) == LUA_TNUMBER && !lua_isinteger(L, idx))
        return push_float(L, lua_tonumber(L, idx));
    if (lffi_is_lua_float(op))
        return push_float(L, (lua_Number)lffi_load_float(cd->ct->op, cd->addr));
    if (op == LFFI_LDOUBLE || op == LFFI_FLOAT128 || op == LFFI_COMPLEX)
        return lua_pushfstring(L, "number %s", lffi_push_real_text(L, cd->ct, cd->addr));
    if (value->beyond)
        return push_long_integer(L, st, idx);
    return lua_pushfstring(L, "integer %s", lffi_push_integer_text(L, value));
}

/* ---- integers that do not fit ---------------------------------------------------------------- */

const char *lffi_push_cast_hint(lua_State *L, const struct lffi_integer *value, unsigned bits,
                                const char *type)
{
    if (!lffi_integer_has_bits(value, bits))
        return lua_pushliteral(L, "");
    return lua_pushfstring(L, "; if its bits are meant: ffi.cast(\"%s\", v)", type);
}

/* Likewise for a bit-field: no type is as narrow, so what to write is the number with the bits. */
static const char *push_field_hint(lua_State *L, const struct lffi_integer *value, unsigned bits)
{
    if (bits >= 64 || !lffi_integer_has_bits(value, bits))
        return lua_pushliteral(L, "");
    return lua_pushfstring(L, "; if its bits are meant: v %s (1 << %d)",
                           value->negative ? "+" : "-", (int)bits);
}

_Noreturn void lffi_misfit(lua_State *L, struct lffi_ctype *ct, unsigned bits,
                           const struct lffi_integer *value, int idx,
                           const struct lffi_where *where)
{
    const struct cdecl_type *integer = ct->op == LFFI_ENUM ? ct->target->type : ct->type;
    const char *number = lffi_push_number_text(L, ct->scope->st, value, idx);
    const char *type = lffi_push_type_text(L, ct->type, NULL);
    const char *hint;
    if (bits < integer->bits)
        hint = push_field_hint(L, value, bits);
    else
        hint = lffi_push_cast_hint(L, value, bits, lffi_push_type_text(L, integer->unqual, NULL));
    lffi_convert_error(L, where, "%s does not fit '%s' (%d bits)%s", number, type, (int)bits, hint);
}
