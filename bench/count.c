/* Instruction counts: the requests to callgrind that bench.lua makes under `make bench-count`. They
 * do nothing outside valgrind. */
#include <lauxlib.h>
#include <lua.h>
#include <valgrind/callgrind.h>

static int running(lua_State *L)
{
    lua_pushboolean(L, RUNNING_ON_VALGRIND != 0);
    return 1;
}

static int start(lua_State *L)
{
    (void)L;
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    return 0;
}

/* stop(name): writes what was counted since start, labelled. */
static int stop(lua_State *L)
{
    CALLGRIND_DUMP_STATS_AT(luaL_checkstring(L, 1));
    CALLGRIND_STOP_INSTRUMENTATION;
    return 0;
}

__attribute__((visibility("default"))) int luaopen_count(lua_State *L);

int luaopen_count(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"running", running}, {"start", start}, {"stop", stop}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
