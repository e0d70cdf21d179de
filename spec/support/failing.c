/* A Lua module that runs a script in a Lua state of its own whose allocator fails on demand; for
 * exhaustion_spec.
 *
 * failing.run(setup, script, n, window) runs `setup`, then `script` with its allocations n .. n +
 * window - 1 refused, then, with memory again, `script` once more, and closes the state. Returns a
 * table: hit (an allocation was refused), ok and message of the first run, again and again_message
 * of the second, leaked (bytes not returned when the state was closed).
 */
#include <stdbool.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_failing(lua_State *L);

struct heap {
    bool armed;
    long count; /* allocations since armed */
    long first, window;
    long hits;
    long bytes;
};

static void *allocate(void *data, void *block, size_t old_size, size_t size)
{
    struct heap *heap = data;
    void *fresh;
    if (block == NULL)
        old_size = 0; /* a kind of object otherwise */
    if (size == 0) {
        heap->bytes -= (long)old_size;
        free(block);
        return NULL;
    }
    if (size > old_size && heap->armed) {
        heap->count++;
        if (heap->count >= heap->first && heap->count - heap->first < heap->window) {
            heap->hits++;
            return NULL;
        }
    }
    fresh = realloc(block, size);
    if (fresh != NULL)
        heap->bytes += (long)size - (long)old_size;
    return fresh;
}

static lua_State *new_state(struct heap *heap)
{
#if LUA_VERSION_NUM >= 505
    return lua_newstate(allocate, heap, 0);
#else
    return lua_newstate(allocate, heap);
#endif
}

static int open_libraries(lua_State *L)
{
    luaL_Buffer buffer;
    luaL_openlibs(L);
    /* Lua 5.4 keeps half a metatable for the memory of large buffers when it runs out while making
     * that: it is made here. */
    luaL_buffinitsize(L, &buffer, 100000);
    luaL_pushresultsize(&buffer, 0);
    return 0;
}

static bool run(lua_State *to, const char *name, lua_State *L)
{
    bool ok = lua_pcall(L, 0, 0, 0) == LUA_OK;
    lua_pushboolean(to, ok);
    lua_setfield(to, -2, name);
    return ok;
}

static void set_message(lua_State *to, const char *name, lua_State *L)
{
    lua_pushstring(to, lua_isstring(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1));
    lua_setfield(to, -2, name);
    lua_pop(L, 1);
}

static int failing_run(lua_State *to)
{
    struct heap heap = {0};
    const char *setup = luaL_checkstring(to, 1);
    const char *script = luaL_checkstring(to, 2);
    lua_State *L = new_state(&heap);
    heap.first = (long)luaL_checkinteger(to, 3);
    heap.window = (long)luaL_checkinteger(to, 4);
    lua_pushcfunction(L, open_libraries);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK || luaL_dostring(L, setup) != LUA_OK) {
        lua_pushstring(to, lua_tostring(L, -1));
        lua_close(L);
        return lua_error(to);
    }
    lua_newtable(to);
    if (luaL_loadstring(L, script) != LUA_OK || luaL_loadstring(L, script) != LUA_OK) {
        set_message(to, "message", L);
        lua_close(L);
        return 1;
    }
    lua_insert(L, -2);
    heap.armed = true;
    if (!run(to, "ok", L))
        set_message(to, "message", L);
    heap.armed = false;
    if (!run(to, "again", L))
        set_message(to, "again_message", L);
    lua_close(L);
    lua_pushboolean(to, heap.hits > 0);
    lua_setfield(to, -2, "hit");
    lua_pushinteger(to, heap.bytes);
    lua_setfield(to, -2, "leaked");
    return 1;
}

int luaopen_failing(lua_State *L)
{
    static const luaL_Reg functions[] = {{"run", failing_run}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
