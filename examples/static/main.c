/* A Lua interpreter with cffi, zlib and SQLite in one static file: what it runs finds the libraries
 * by ffi.load "z" and ffi.load "sqlite3", and the C library's functions of libc.names in ffi.C.
 */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <cffi.h>

/* Made by cffi embed. */
extern const struct cffi_symbol cffi_symbols_c[], cffi_symbols_z[], cffi_symbols_sqlite3[];
void cffi_preload(lua_State *L);

static int run(lua_State *L)
{
    const char *script = lua_touserdata(L, 1);
    luaL_openlibs(L);
    cffi_register(L, "c", cffi_symbols_c);
    cffi_register(L, "z", cffi_symbols_z);
    cffi_register(L, "sqlite3", cffi_symbols_sqlite3);
    cffi_preload(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_PRELOAD");
    lua_pushcfunction(L, luaopen_cffi_core);
    lua_setfield(L, -2, "cffi.core");
    lua_settop(L, 0);
    if (luaL_loadfile(L, script) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

int main(int count, char **words)
{
    lua_State *L = luaL_newstate();
    int status;
    if (L == NULL || count != 2) {
        fprintf(stderr, "usage: %s SCRIPT\n", words[0]);
        return 2;
    }
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, words[1]);
    status = lua_pcall(L, 1, 0, 0);
    if (status != LUA_OK)
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
    lua_close(L);
    return status != LUA_OK;
}
