/* ffi.handle and ffi.from_handle: Lua values as void *.
 *
 * Depends on cdata.c. A handle is a number, never an address: one that is stale is recognised,
 * because numbers are not reused. The registry owns the values until the handles are collected.
 */
#include <string.h>

#include "face/face.h"

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

void lffi_api_handle(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"handle", api_handle, 1}, {"from_handle", api_from_handle, 1}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
