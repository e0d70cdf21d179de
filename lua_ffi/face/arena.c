/* ffi.arena(): owners made by the script, for `<close>`.
 *
 * Depends on construct.c and cdata.c. An arena keeps what was made through it alive until it is
 * closed; the memory itself belongs to each cdata, so that closing an arena leaves no dangling
 * object.
 */
#include <string.h>

#include "face/face.h"
#include "object/scope.h"

#define ARENA_METATABLE "cffi.arena"

struct arena {
    struct lffi_scope *scope;
    bool open;
};

enum { ARENA_OBJECTS = 1, ARENA_SCOPE }; /* user values: the list of what it keeps; its scope */

static struct arena *self_arena(lua_State *L)
{
    struct arena *arena = luaL_testudata(L, 1, ARENA_METATABLE);
    if (arena == NULL)
        lffi_expected(L, 1, "arena");
    return arena;
}

static struct arena *open_arena(lua_State *L)
{
    struct arena *arena = self_arena(L);
    if (!arena->open)
        luaL_error(L, "the arena is closed");
    return arena;
}

/* Keeps the cdata at the stack top until the arena at index 1 is closed. */
static void adopt(lua_State *L)
{
    lua_getiuservalue(L, 1, ARENA_OBJECTS);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

/* arena:new(ct [, nelem] [, initialisers ...]) */
static int arena_new(lua_State *L)
{
    struct arena *arena = open_arena(L);
    struct lffi_ctype *ct = lffi_arg_any_ctype(L, arena->scope, 2);
    lffi_construct(L, ct, 3, lua_gettop(L), false);
    adopt(L);
    return 1;
}

/* arena:string(s): a char array with a copy of the string and a final zero. */
static int arena_string(lua_State *L)
{
    struct arena *arena = open_arena(L);
    size_t size;
    const char *text = lffi_arg_string(L, 2, &size);
    struct lffi_ctype *ct =
        lffi_array_of(L, lffi_basic(L, arena->scope, CDECL_PRIM_CHAR), CDECL_COUNT_VLA);
    struct lffi_cdata *cd = lffi_new(L, ct, (uint64_t)size + 1);
    memcpy(cd->addr, text, size + 1);
    adopt(L);
    return 1;
}

/* arena:close(), and the end of a `local a <close>`. */
static int arena_close(lua_State *L)
{
    struct arena *arena = self_arena(L);
    arena->open = false;
    lua_pushnil(L);
    lua_setiuservalue(L, 1, ARENA_OBJECTS);
    return 0;
}

static int arena_tostring(lua_State *L)
{
    const struct arena *arena = self_arena(L);
    lua_pushstring(L, arena->open ? "arena" : "arena (closed)");
    return 1;
}

/* Registered when complete: memory may run out on the way. */
static void push_arena_metatable(lua_State *L, struct lffi_state *st)
{
    static const struct lffi_public methods[] = {{"new", arena_new, LFFI_ANY},
                                                 {"string", arena_string, 1},
                                                 {"close", arena_close, 0},
                                                 {NULL, NULL, 0}};
    static const struct lffi_public events[] = {{"__close", arena_close, LFFI_ANY},
                                                {"__tostring", arena_tostring, LFFI_ANY},
                                                {NULL, NULL, 0}};
    if (luaL_getmetatable(L, ARENA_METATABLE) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lffi_add_functions(L, st, events, 0);
    lua_newtable(L);
    lffi_add_functions(L, st, methods, LFFI_METHOD | LFFI_COUNTED);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "ffi");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, ARENA_METATABLE);
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, ARENA_METATABLE);
}

/* ffi.arena() */
static int api_arena(lua_State *L)
{
    struct arena *arena = lua_newuserdatauv(L, sizeof *arena, 2);
    arena->scope = lffi_scope_upvalue(L);
    arena->open = true;
    lffi_push_scope(L, arena->scope);
    lua_setiuservalue(L, -2, ARENA_SCOPE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, ARENA_OBJECTS);
    push_arena_metatable(L, arena->scope->st);
    lua_setmetatable(L, -2);
    return 1;
}

void lffi_api_arena(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"arena", api_arena, 0}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
