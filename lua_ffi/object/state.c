/* The state of one Lua universe: metatables, weak tables, scopes.
 *
 * Depends on the Lua API and on the parser for making scopes. The state userdata is anchored in
 * the registry under the address of `state_key`; opening the module twice finds it again. Scopes
 * and the parser's arena blocks are Lua userdata anchored by the registry, without finalisers, so
 * that they are freed after every finaliser has run, also those of objects older than this module.
 */
#include <string.h>

#include "object/ctype.h"

static const char state_key = 0;

void lffi_push_weak_table(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
}

/* The registry reference of a new one. */
static int weak_table(lua_State *L)
{
    lffi_push_weak_table(L);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Runs before every object older than the module is finalised: nothing is freed here. */
static int state_gc(lua_State *L)
{
    struct lffi_state *st = lua_touserdata(L, 1);
    if (!st->closing) {
        st->closing = true;
        lffi_callback_close(st);
    }
    return 0;
}

static int anchor_metatable(lua_State *L, const void **address)
{
    *address = lua_topointer(L, -1);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

static void make_metatables(lua_State *L, struct lffi_state *st)
{
    lua_newtable(L);
    lffi_cdata_metatable(L, st, false);
    st->ref_mt_cdata = anchor_metatable(L, &st->mt_cdata);
    lua_newtable(L);
    lffi_cdata_metatable(L, st, true);
    st->ref_mt_cdata_gc = anchor_metatable(L, &st->mt_cdata_gc);
    lua_newtable(L);
    lffi_ctype_metatable(L, st);
    st->ref_mt_ctype = anchor_metatable(L, &st->mt_ctype);
}

/* ---- the arenas' memory ---------------------------------------------------------------------- */

/* A request of the parser's allocator; the fields live on the C stack of `resize_block`. */
struct block_request {
    void *old;
    size_t size;
    void *result;
};

enum { BLOCK_ALIGN = 16 }; /* of long double, the strictest type in the parser's structures */

/* Stack: the request (light userdata). Slot 1 of the thread below is the table of blocks. */
static int request_block(lua_State *L)
{
    struct block_request *request = lua_touserdata(L, 1);
    int blocks = lua_upvalueindex(1);
    if (request->size > 0) {
        char *raw = lua_newuserdatauv(L, request->size + BLOCK_ALIGN, 0);
        char *block = raw + (BLOCK_ALIGN - (uintptr_t)raw % BLOCK_ALIGN) % BLOCK_ALIGN;
        lua_rawsetp(L, blocks, block);
        request->result = block;
    } else {
        lua_pushnil(L);
        lua_rawsetp(L, blocks, request->old);
    }
    return 0;
}

/* One protected Lua allocation; false when memory is out. */
static bool run_request(lua_State *T, struct block_request *request)
{
    int status;
    int running = lua_gc(T, LUA_GCISRUNNING);
    lua_gc(T, LUA_GCSTOP); /* a finaliser must not re-enter the parser half-way */
    status = LUA_ERRMEM;
    if (lua_checkstack(T, 4)) {
        lua_rawgetp(T, LUA_REGISTRYINDEX, request_block);
        lua_pushlightuserdata(T, request);
        status = lua_pcall(T, 1, 0, 0);
        lua_settop(T, 1);
    }
    if (running)
        lua_gc(T, LUA_GCRESTART);
    return status == LUA_OK;
}

/* The parser's allocator. The blocks are Lua userdata: counted by the collector's accounts, freed
 * with the universe. Runs on a thread of its own so that it never disturbs the caller's stack. */
static void *resize_block(void *user, void *block, size_t old_size, size_t new_size)
{
    lua_State *T = user;
    struct block_request request = {block, new_size, NULL};
    if (new_size > SIZE_MAX - BLOCK_ALIGN || (new_size > 0 && !run_request(T, &request)))
        return NULL;
    if (block != NULL && new_size > 0)
        memcpy(request.result, block, old_size < new_size ? old_size : new_size);
    if (block != NULL) {
        struct block_request release = {block, 0, NULL};
        run_request(T, &release);
    }
    return request.result;
}

/* Anchors the C closure that `run_request` calls: pushing it must not allocate. */
static void anchor_request(lua_State *L, struct lffi_state *st)
{
    lua_pushvalue(st->arena_thread, 1);
    lua_xmove(st->arena_thread, L, 1);
    lua_pushcclosure(L, request_block, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, request_block);
}

/* ---- the state ------------------------------------------------------------------------------- */

/* Lua interns strings up to LUAI_MAXSHORTLEN, which the API does not tell: try the usual value. */
static unsigned probe_interned_max(lua_State *L)
{
    static const char probe[] = "cffi probes the longest interned string ";
    _Static_assert(sizeof probe == 41, "40 is LUAI_MAXSHORTLEN's usual value");
    unsigned max = sizeof probe - 1;
    const char *first = lua_pushlstring(L, probe, max);
    const char *second = lua_pushlstring(L, probe, max);
    if (first != second)
        max = 0;
    lua_pop(L, 2);
    return max;
}

static void fill_state(lua_State *L, struct lffi_state *st)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    st->main = lua_tothread(L, -1);
    lua_pop(L, 1);
    st->interned_max = probe_interned_max(L);
    st->can_peek = lffi_can_peek(L);
    st->ref_kept = weak_table(L);
    st->ref_finalizers = weak_table(L);
    st->ref_integer_types = weak_table(L);
    st->arena_thread = lua_newthread(L);
    luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(st->arena_thread);
    anchor_request(L, st);
    make_metatables(L, st);
}

struct lffi_state *lffi_open_state(lua_State *L)
{
    struct lffi_state *st;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key) == LUA_TUSERDATA) {
        st = lua_touserdata(L, -1);
        lua_pop(L, 1);
        return st;
    }
    lua_pop(L, 1);
    st = lua_newuserdatauv(L, sizeof *st, 0);
    memset(st, 0, sizeof *st);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, state_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    fill_state(L, st);
    st->scope = lffi_new_scope(L, st);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
    return st;
}

/* ---- scopes ---------------------------------------------------------------------------------- */

struct lffi_scope *lffi_new_scope(lua_State *L, struct lffi_state *st)
{
    struct cdecl_allocator allocator = {resize_block, st->arena_thread};
    struct lffi_scope *scope = lua_newuserdatauv(L, sizeof *scope, 0);
    memset(scope, 0, sizeof *scope);
    scope->st = st;
    scope->bounds = true;
    scope->ref_api = LUA_NOREF;
    scope->ref_self = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    scope->ref_names = luaL_ref(L, LUA_REGISTRYINDEX);
    scope->cdecl = cdecl_new(&allocator);
    if (scope->cdecl == NULL)
        luaL_error(L, "not enough memory");
    return scope;
}
