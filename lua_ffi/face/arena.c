/* Owners made by the script: ffi.arena(), and ffi.handle / ffi.from_handle, Lua values as void *.
 *
 * Depends on construct.c and cdata.c. An arena keeps what was made through it alive until it is
 * closed; the memory itself belongs to each cdata, so that closing an arena leaves no dangling
 * object. A handle is a number, never an address: one that is stale is recognised, because numbers
 * are not reused.
 */
#include <string.h>

#include "face/face.h"

#define ARENA_METATABLE "cffi.arena"

/* ---- arenas ---------------------------------------------------------------------------------- */

struct arena {
    struct lffi_scope *scope;
    bool open;
};

enum { ARENA_OBJECTS = 1 }; /* user value: the list of what the arena keeps */

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
    struct lffi_ctype *ct = lffi_arg_ctype(L, arena->scope, 2);
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
static void push_arena_metatable(lua_State *L)
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
    lffi_add_functions(L, NULL, events, 0);
    lua_newtable(L);
    lffi_add_functions(L, NULL, methods, LFFI_METHOD | LFFI_COUNTED);
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
    struct arena *arena = lua_newuserdatauv(L, sizeof *arena, 1);
    arena->scope = lffi_scope_upvalue(L);
    arena->open = true;
    lua_newtable(L);
    lua_setiuservalue(L, -2, ARENA_OBJECTS);
    push_arena_metatable(L);
    lua_setmetatable(L, -2);
    return 1;
}

/* ---- handles --------------------------------------------------------------------------------- */

/* In the registry: {[number] = value, n = last number}. A nil is stored as the key's own address.
 */
static const char handles_key = 0;

static void push_handles(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &handles_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &handles_key);
}

/* Numbers become odd pointers, which are addresses of nothing that C allocates. */
static const void *pointer_of(lua_Integer number)
{
    return (const void *)((uintptr_t)number * 2 + 1);
}

static lua_Integer next_number(lua_State *L, int handles)
{
    lua_Integer number;
    lua_getfield(L, handles, "n");
    number = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushinteger(L, number);
    lua_setfield(L, handles, "n");
    return number;
}

/* Finaliser of a handle's cdata; upvalue 1 is its number. */
static int release_handle(lua_State *L)
{
    push_handles(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushnil(L);
    lua_rawset(L, -3);
    return 0;
}

/* ffi.handle(value): a void * that stands for the value as long as the returned cdata lives. */
static int api_handle(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_pointer_to(L, lffi_basic(L, scope, CDECL_PRIM_VOID));
    lua_Integer number;
    lffi_arg_value(L, 1);
    lua_settop(L, 1);
    push_handles(L);
    number = next_number(L, 2);
    lffi_push_pointer(L, ct, pointer_of(number), 0);
    lua_pushinteger(L, number);
    lua_pushcclosure(L, release_handle, 1);
    lffi_set_finalizer(L, scope->st, 3, 4);
    if (lua_isnil(L, 1))
        lua_pushlightuserdata(L, (void *)(uintptr_t)&handles_key);
    else
        lua_pushvalue(L, 1);
    lua_rawseti(L, 2, number);
    lua_settop(L, 3);
    return 1;
}

static const void *handle_arg(lua_State *L, struct lffi_scope *scope)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    const void *pointer;
    if (cd == NULL && lua_islightuserdata(L, 1))
        return lua_touserdata(L, 1);
    if (cd == NULL || cd->ct->op != LFFI_POINTER)
        lffi_expected(L, 1, "pointer");
    memcpy(&pointer, cd->addr, sizeof pointer);
    return pointer;
}

/* ffi.from_handle(pointer): the value it stands for. */
static int api_from_handle(lua_State *L)
{
    uintptr_t bits = (uintptr_t)handle_arg(L, lffi_scope_upvalue(L));
    push_handles(L);
    if (bits % 2 == 0 || lua_rawgeti(L, -1, (lua_Integer)(bits / 2)) == LUA_TNIL)
        return luaL_error(L, "'%p' is no handle, or one whose value is gone", (void *)bits);
    if (lua_islightuserdata(L, -1) && lua_touserdata(L, -1) == &handles_key)
        lua_pushnil(L);
    return 1;
}

void lffi_api_arena(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"arena", api_arena, 0},
        {"handle", api_handle, 1},
        {"from_handle", api_from_handle, 1},
        {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
