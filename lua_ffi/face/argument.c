/* What all public functions share: registration under a name, and arguments checked with it
 * (docs/design.md S19).
 *
 * Depends on ctype.c, record.c and refuse.c. Everything returned belongs to the arguments.
 */
#include <string.h>

#include "face/face.h"

const char *const lffi_policy_names[] = {"fit", "strict", "wrap", "saturate", NULL};

void lffi_api_add(lua_State *L, struct lffi_scope *scope, const luaL_Reg *functions)
{
    for (const luaL_Reg *f = functions; f->name != NULL; f++) {
        lua_pushlightuserdata(L, scope);
        lua_pushstring(L, f->name);
        lua_pushcclosure(L, f->func, 2);
        lua_setfield(L, -2, f->name);
    }
}

_Noreturn void lffi_arg_error(lua_State *L, int arg, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    luaL_error(L, "bad argument #%d to '%s' (%s)", arg, lua_tostring(L, lua_upvalueindex(2)),
               lua_tostring(L, -1));
    abort();
}

_Noreturn void lffi_expected(lua_State *L, struct lffi_scope *scope, int arg, const char *expected)
{
    const char *got = "no value";
    if (!lua_isnone(L, arg))
        got = lffi_push_kind_of(L, scope->st, arg);
    lffi_arg_error(L, arg, "%s expected, got %s", expected, got);
}

struct lffi_ctype *lffi_arg_ctype(lua_State *L, struct lffi_scope *scope, int arg)
{
    if (lua_type(L, arg) != LUA_TSTRING && lffi_to_ctype(L, scope->st, arg) == NULL &&
        lffi_to_cdata(L, scope->st, arg) == NULL && lffi_to_function(L, arg) == NULL)
        lffi_expected(L, scope, arg, "C type");
    return lffi_check_ctype(L, scope, arg);
}

struct lffi_cdata *lffi_arg_cdata(lua_State *L, struct lffi_scope *scope, int arg)
{
    struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, arg);
    if (cd == NULL)
        lffi_expected(L, scope, arg, "cdata");
    return cd;
}

const char *lffi_arg_string(lua_State *L, struct lffi_scope *scope, int arg, size_t *size)
{
    if (lua_type(L, arg) != LUA_TSTRING)
        lffi_expected(L, scope, arg, "string");
    return lua_tolstring(L, arg, size);
}

uint64_t lffi_arg_size(lua_State *L, struct lffi_scope *scope, int arg)
{
    struct lffi_integer value;
    bool fraction = false;
    if (!lffi_to_integer(L, scope->st, arg, &value, &fraction) || fraction)
        lffi_expected(L, scope, arg, "integer");
    if (value.negative)
        lffi_arg_error(L, arg, "must not be negative");
    if (value.beyond || value.bits > INT64_MAX)
        lffi_arg_error(L, arg, "too large");
    return (uint64_t)value.bits;
}

bool lffi_arg_options(lua_State *L, struct lffi_scope *scope, int arg, const char *const *names)
{
    if (lua_isnoneornil(L, arg))
        return false;
    if (!lua_istable(L, arg))
        lffi_expected(L, scope, arg, "table");
    lua_pushnil(L);
    while (lua_next(L, arg) != 0) {
        const char *const *name = names;
        lua_pop(L, 1);
        while (*name != NULL &&
               (lua_type(L, -1) != LUA_TSTRING || strcmp(*name, lua_tostring(L, -1)) != 0))
            name++;
        if (*name == NULL)
            lffi_arg_error(L, arg, "unknown option '%s'", luaL_tolstring(L, -1, NULL));
    }
    return true;
}

int lffi_arg_choice(lua_State *L, struct lffi_scope *scope, int arg, const char *const *names)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        lffi_arg_error(L, arg, "string expected, got %s", lffi_push_kind_of(L, scope->st, -1));
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], lua_tostring(L, -1)) == 0)
            return i;
    }
    lffi_arg_error(L, arg, "invalid option '%s'", lua_tostring(L, -1));
}

bool lffi_name_matches(lua_State *L, int pattern_idx, const char *name)
{
    bool matches;
    if (lua_isnil(L, pattern_idx))
        return true;
    lua_pushstring(L, name);
    lua_getfield(L, -1, "find");
    lua_insert(L, -2);
    lua_pushvalue(L, pattern_idx);
    lua_call(L, 2, 1);
    matches = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return matches;
}
