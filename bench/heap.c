/* What bench/memory.lua cannot ask Lua: the process's allocated bytes, and userdata without a
 * meaning. */
#include <malloc.h>

#include <lauxlib.h>
#include <lua.h>

int luaopen_heap(lua_State *L);

/* Bytes in use of malloc's, Lua's own heap included. */
static int allocated(lua_State *L)
{
    struct mallinfo2 info = mallinfo2();
    lua_pushinteger(L, (lua_Integer)(info.uordblks + info.hblkhd));
    return 1;
}

static int userdata(lua_State *L)
{
    lua_newuserdatauv(L, (size_t)luaL_checkinteger(L, 1), 0);
    return 1;
}

int luaopen_heap(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"allocated", allocated}, {"userdata", userdata}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
