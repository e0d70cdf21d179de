/* What a value is, as error texts tell it (docs/design.md S19).
 *
 * Depends on integer.c, floats.c and cdata.c for the texts of values. The strings are Lua's, on its
 * stack.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "object/integer.h"
#include "object/record.h"

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
    const struct lffi_function *fn;
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
    case LUA_TFUNCTION:
        fn = lffi_to_function(L, idx);
        if (fn != NULL)
            return lua_pushfstring(L, "'%s'", lffi_push_type_text(L, fn->ct->type, NULL));
        return lua_pushliteral(L, "function");
    default: return lua_pushstring(L, luaL_typename(L, idx));
    }
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

const char *lffi_push_text_hint(lua_State *L, const struct lffi_ctype *ct)
{
    bool text = (ct->op == LFFI_POINTER || ct->op == LFFI_ARRAY) &&
                ct->target->type->kind == CDECL_INT && ct->target->size == 1;
    return lua_pushstring(L, text ? ": ffi.string(p) makes a Lua string" : "");
}
