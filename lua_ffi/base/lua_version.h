/* Lua's API as 5.4 has it, whichever of 5.3 to 5.5 the module is built for: all that differs
 * between them is said here, but for how they lay out values, which is peek.h's.
 */
#ifndef LFFI_LUA_VERSION_H
#define LFFI_LUA_VERSION_H

#include <stdbool.h>

#include <lua.h>
#include <lauxlib.h>

#if LUA_VERSION_NUM < 503 || LUA_VERSION_NUM > 505
#error "cffi needs Lua 5.3, 5.4 or 5.5"
#endif

/* Raises unless this is the Lua that the module is built for. */
static inline void lffi_check_version(lua_State *L)
{
#if LUA_VERSION_NUM == 503
    int running = (int)*lua_version(L);
#else
    int running = (int)lua_version(L);
#endif
    if (running != LUA_VERSION_NUM)
        luaL_error(L, "cffi was built for Lua %d.%d, and this is Lua %d.%d", LUA_VERSION_NUM / 100,
                   LUA_VERSION_NUM % 100, running / 100, running % 100);
    luaL_checkversion(L); /* sizes of numbers */
}

#if LUA_VERSION_NUM == 503

/* There is one user value: a table of them, and at 0 how many there are. It is made with the
 * userdata, so that setting one neither raises nor needs memory. */
static inline void *lffi_53_newuserdatauv(lua_State *L, size_t size, int count)
{
    void *block = lua_newuserdata(L, size);
    if (count > 0) {
        lua_createtable(L, count, 1);
        lua_pushinteger(L, count);
        lua_rawseti(L, -2, 0);
        lua_setuservalue(L, -2);
    }
    return block;
}

static inline int lffi_53_setiuservalue(lua_State *L, int idx, int which)
{
    bool there = false;
    if (lua_getuservalue(L, idx) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 0);
        there = which <= lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    lua_insert(L, -2);
    if (there)
        lua_rawseti(L, -2, which);
    lua_settop(L, there ? -2 : -3);
    return there;
}

static inline int lffi_53_getiuservalue(lua_State *L, int idx, int which)
{
    int type;
    if (lua_getuservalue(L, idx) != LUA_TTABLE)
        return LUA_TNONE;
    type = lua_rawgeti(L, -1, which);
    lua_remove(L, -2);
    return type;
}

/* What a thread yields or returns is all that its stack holds then. */
static inline int lffi_53_resume(lua_State *L, lua_State *from, int count, int *results)
{
    int status = lua_resume(L, from, count);
    *results = lua_gettop(L);
    return status;
}

#define lua_resume lffi_53_resume
#define lua_newuserdatauv lffi_53_newuserdatauv
#define lua_setiuservalue lffi_53_setiuservalue
#define lua_getiuservalue lffi_53_getiuservalue
#define lua_gc(L, what) (lua_gc)(L, what, 0)
#define luaL_pushfail lua_pushnil
/* What would be closed has a __gc that does the same, later. */
#define lua_toclose(L, idx) ((void)(L), (void)(idx))
/* There are no warnings. */
#define lua_warning(L, text, to_continue) ((void)(L), (void)(text), (void)(to_continue))

#endif

/* A collector that is stopped and restarted forgets what was allocated meanwhile. From 5.4 on its
 * steps are long enough to make up for that; in 5.3 it would never be done with a cycle. To be
 * called with what lua_gc(L, LUA_GCCOUNT) was before; finalisers run. */
static inline void lffi_catch_up(lua_State *L, int before)
{
#if LUA_VERSION_NUM == 503
    int grown = lua_gc(L, LUA_GCCOUNT) - before;
    if (grown > 0 && lua_gc(L, LUA_GCISRUNNING))
        (lua_gc)(L, LUA_GCSTEP, grown);
#else
    (void)L, (void)before;
#endif
}

#endif
