/* newproxy of Lua 5.1, which cffi.luajit.install gives to programs: a userdata without a value.
 *
 * Depends on the Lua API alone. Lua decides when a metatable is set whether it has a finaliser, and
 * programs add theirs afterwards: every such metatable has one from the start, which does nothing.
 */
#include "face/face.h"

/* In the metatables made here, so that no other userdata passes for a proxy. */
static const char proxy_key = 0;

static int finalise_nothing(lua_State *L)
{
    (void)L;
    return 0;
}

static void push_metatable(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, finalise_nothing);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 1);
    lua_rawsetp(L, -2, &proxy_key);
}

/* Pushes the metatable of the proxy at stack index 1; false: it is none. */
static bool push_metatable_of_proxy(lua_State *L)
{
    return lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1) &&
           lua_rawgetp(L, -1, &proxy_key) != LUA_TNIL;
}

/* newproxy([true or a proxy]): with a metatable of its own, or that of the proxy. */
static int newproxy(lua_State *L)
{
    lua_settop(L, 1);
    lua_newuserdatauv(L, 0, 0);
    if (!lua_toboolean(L, 1))
        return 1;
    if (lua_isboolean(L, 1)) {
        push_metatable(L);
    } else {
        luaL_argcheck(L, push_metatable_of_proxy(L), 1, "boolean or proxy expected");
        lua_pop(L, 1);
    }
    lua_setmetatable(L, 2);
    return 1;
}

void lffi_open_proxy(lua_State *L)
{
    lua_pushcfunction(L, newproxy);
    lua_setfield(L, LUA_REGISTRYINDEX, "cffi.newproxy");
}
