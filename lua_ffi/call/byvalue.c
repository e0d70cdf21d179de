/* What ffi.byvalue makes: an object that passes a struct or union by value for "..." (S7).
 *
 * Depends on Lua alone. The object holds the cdata.
 */
#include "call/call.h"

/* The metatable's name; its objects have the cdata as user value. */
#define BY_VALUE "cffi.byvalue"

static void push_by_value_metatable(lua_State *L)
{
    if (luaL_getmetatable(L, BY_VALUE) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, BY_VALUE);
    lua_setfield(L, -2, "__name");
    lua_pushliteral(L, "ffi");
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, BY_VALUE);
}

void lffi_push_by_value(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, idx);
    lua_setiuservalue(L, -2, 1);
    push_by_value_metatable(L);
    lua_setmetatable(L, -2);
}

bool lffi_is_by_value(lua_State *L, int idx)
{
    return luaL_testudata(L, idx, BY_VALUE) != NULL;
}
