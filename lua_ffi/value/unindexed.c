/* Indices that mean nothing, as errors tell it; and ipairs, which walks until a nil comes.
 *
 * Depends on ctype.c. The key stands at stack index 2, as for every metamethod.
 */
#include <string.h>

#include "value/value.h"

/* Raises the text on the stack top at the line that runs: functions of Lua's own (table.unpack)
 * read elements, too, and have none. */
static _Noreturn void raise_at_line(lua_State *L)
{
    lua_Debug ar;
    int level = 1;
    while (lua_getstack(L, level, &ar) && lua_getinfo(L, "S", &ar) && *ar.what == 'C')
        level++;
    luaL_where(L, level);
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_error(L);
    abort();
}

_Noreturn void lffi_index_error(lua_State *L, const char *what)
{
    lua_pushfstring(L, "index %s %s", luaL_tolstring(L, 2, NULL), what);
    raise_at_line(L);
}

_Noreturn void lffi_cannot_index(lua_State *L, const struct lffi_ctype *ct)
{
    lua_pushfstring(L, "cannot index '%s' with %s", lffi_type_text(L, ct),
                    lffi_push_kind_of(L, ct->scope->st, 2));
    raise_at_line(L);
}

/* Whether a function of Lua's own reads the element: what runs is __index, called by one. */
static bool is_read_by_c(lua_State *L)
{
    lua_Debug ar;
    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "S", &ar) || *ar.what != 'C')
        return false;
    return lua_getstack(L, 0, &ar) && lua_getinfo(L, "f", &ar) &&
           luaL_getmetafield(L, 1, "__index") != LUA_TNIL && lua_rawequal(L, -1, -2);
}

/* Whether ipairs reads the element: for its iterator, a C function, a value is indexed. */
static bool is_walk(lua_State *L)
{
    lua_Debug ar;
    return lua_getstack(L, 1, &ar) && lua_getinfo(L, "Sn", &ar) && *ar.what == 'C' &&
           strcmp(ar.namewhat, "for iterator") == 0;
}

/* The element that ipairs reads first, or the first one behind an array. */
static bool may_be_first(const struct lffi_ctype *ct, int64_t index)
{
    return index == 1 || (ct->op == LFFI_ARRAY && (uint64_t)index == ct->type->count);
}

void lffi_check_walk(lua_State *L, const struct lffi_ctype *ct, int64_t index)
{
    if (!may_be_first(ct, index) || !is_walk(L))
        return;
    lua_pushfstring(L,
                    "ipairs cannot walk '%s', of which no element is nil: "
                    "for i = 0, n - 1 do counts them",
                    lffi_type_text(L, ct));
    raise_at_line(L);
}

_Noreturn void lffi_out_of_bounds(lua_State *L, const struct lffi_ctype *ct)
{
    const char *type = lffi_type_text(L, ct);
    if (is_walk(L)) {
        lua_pushfstring(L,
                        "index %s out of bounds for '%s': arrays count from 0, "
                        "for i, v in pairs(array)",
                        luaL_tolstring(L, 2, NULL), type);
        raise_at_line(L);
    }
    lua_pushfstring(L, "out of bounds for '%s'%s", type,
                    ct->op == LFFI_ARRAY && is_read_by_c(L)
                        ? ": arrays count from 0, ffi.totable(array) is a table"
                        : "");
    lffi_index_error(L, lua_tostring(L, -1));
}

_Noreturn void lffi_no_elements(lua_State *L, const struct lffi_ctype *ct)
{
    luaL_error(L, "'%s' has no elements: ffi.cast(\"%sint *\", p)[%s]", lffi_type_text(L, ct),
               ct->target->constant ? "const " : "", luaL_tolstring(L, 2, NULL));
    abort();
}
