/* Scopes: their memory, what they anchor, and how their objects are told.
 *
 * Depends on the Lua API and on the parser. Scopes and the parser's arena blocks are Lua userdata
 * without finalisers, so that they are freed after every finaliser has run, also those of objects
 * older than this module.
 *
 * The default scope, and those made to stay, are anchored by the registry. What belongs to any
 * other stands on the stack of an idle thread of its own, which C reaches without the registry and
 * which nothing but the scope refers to: a ring of scope, thread, metatables, ctypes and API table,
 * that is collected as a whole. Every object of the scope holds the ring by its metatable, every
 * function, library and iterator by an upvalue or user value.
 */
#include <string.h>

#include "object/object.h"
#include "object/scope.h"

/* ---- the arenas' memory ---------------------------------------------------------------------- */

/* A request of the parser's allocator; the fields live on the C stack of `resize_block`. */
struct block_request {
    void *old;
    size_t size;
    void *result;
};

enum { BLOCK_ALIGN = 16 }; /* of long double, the strictest type in the parser's structures */

/* The stack of such a thread. The state's, for scopes that stay, has the first two alone. */
enum {
    ANCHOR_BLOCKS = 1,                   /* the arena's blocks, by address */
    ANCHOR_REQUEST,                      /* the C closure that run_request calls */
    ANCHOR_REFS,                         /* the table of lffi_ref */
    ANCHOR_METATABLES,                   /* three of them, by enum lffi_metatable */
    ANCHOR_SCOPE = ANCHOR_METATABLES + 3 /* the scope's userdata */
};

/* Stack: the request (light userdata). Upvalue: the table of blocks. */
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
        int top = lua_gettop(T);
        lua_pushvalue(T, ANCHOR_REQUEST);
        lua_pushlightuserdata(T, request);
        status = lua_pcall(T, 1, 0, 0);
        lua_settop(T, top);
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

/* Pushes a thread with blocks and closure: pushing that one later must not allocate. What may fail
 * is done on L, for T has no one to catch errors. */
lua_State *lffi_push_arena_thread(lua_State *L)
{
    lua_State *T = lua_newthread(L);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, request_block, 1);
    lua_xmove(L, T, 2);
    return T;
}

/* ---- scopes ---------------------------------------------------------------------------------- */

static const char scope_key = 0; /* in the metatables of scopes that do not stay: the scope */

/* Pushes the value at an index of the scope's thread. */
static void push_anchor(lua_State *L, const struct lffi_scope *scope, int index)
{
    lua_pushvalue(scope->anchors, index);
    lua_xmove(scope->anchors, L, 1);
}

void lffi_push_scope(lua_State *L, struct lffi_scope *scope)
{
    if (scope->anchors == NULL)
        lua_pushlightuserdata(L, scope);
    else
        push_anchor(L, scope, ANCHOR_SCOPE);
}

int lffi_ref(lua_State *L, const struct lffi_scope *scope)
{
    int ref;
    if (scope->anchors == NULL)
        return luaL_ref(L, LUA_REGISTRYINDEX);
    push_anchor(L, scope, ANCHOR_REFS);
    lua_insert(L, -2);
    ref = luaL_ref(L, -2);
    lua_pop(L, 1);
    return ref;
}

void lffi_push_ref(lua_State *L, const struct lffi_scope *scope, int ref)
{
    if (scope->anchors == NULL) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
        return;
    }
    push_anchor(L, scope, ANCHOR_REFS);
    lua_rawgeti(L, -1, ref);
    lua_remove(L, -2);
}

void lffi_set_ref(lua_State *L, const struct lffi_scope *scope, int ref)
{
    if (scope->anchors == NULL) {
        lua_rawseti(L, LUA_REGISTRYINDEX, ref);
        return;
    }
    push_anchor(L, scope, ANCHOR_REFS);
    lua_insert(L, -2);
    lua_rawseti(L, -2, ref);
    lua_pop(L, 1);
}

void lffi_keep_scope(lua_State *L, const struct lffi_scope *scope, struct lffi_scope *other)
{
    if (other == scope || other->anchors == NULL)
        return;
    if (scope->anchors == NULL)
        lua_pushvalue(L, LUA_REGISTRYINDEX);
    else
        push_anchor(L, scope, ANCHOR_REFS);
    lffi_push_scope(L, other);
    lua_rawsetp(L, -2, other);
    lua_pop(L, 1);
}

void lffi_push_metatable(lua_State *L, const struct lffi_scope *scope, enum lffi_metatable which)
{
    if (scope->anchors == NULL)
        lua_rawgeti(L, LUA_REGISTRYINDEX, scope->st->ref_metatable[which]);
    else
        push_anchor(L, scope, ANCHOR_METATABLES + (int)which);
}

void *lffi_recognise(lua_State *L, int idx, const void *first, const void *second,
                     enum lffi_metatable which)
{
    const void *mt;
    bool is_one;
    if (lua_type(L, idx) != LUA_TUSERDATA || !lua_getmetatable(L, idx))
        return NULL;
    mt = lua_topointer(L, -1);
    is_one = mt == first || mt == second;
    if (!is_one && lua_rawgetp(L, -1, &scope_key) != LUA_TNIL) {
        const struct lffi_scope *scope = lua_touserdata(L, -1);
        lua_pop(L, 1);
        is_one = (mt == scope->mt_ctype) == (which == LFFI_MT_CTYPE);
    } else if (!is_one) {
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return is_one ? lua_touserdata(L, idx) : NULL;
}

/* Pushes a copy of a metatable that refers to the scope at scope_idx. */
static void push_own_metatable(lua_State *L, int ref, int scope_idx)
{
    int common = lua_gettop(L) + 1;
    lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, common) != 0;) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, common + 1);
    }
    lua_pushvalue(L, scope_idx);
    lua_rawsetp(L, -2, &scope_key);
    lua_remove(L, common);
}

/* Fills a thread for the scope at the stack top, which keeps it. */
static void make_anchors(lua_State *L, struct lffi_scope *scope)
{
    const struct lffi_state *st = scope->st;
    int self = lua_gettop(L);
    lua_State *T = lffi_push_arena_thread(L);
    lua_newtable(L);
    push_own_metatable(L, st->ref_metatable[LFFI_MT_CDATA], self);
    scope->mt_cdata = lua_topointer(L, -1);
    push_own_metatable(L, st->ref_metatable[LFFI_MT_CDATA_GC], self);
    scope->mt_cdata_gc = lua_topointer(L, -1);
    push_own_metatable(L, st->ref_metatable[LFFI_MT_CTYPE], self);
    scope->mt_ctype = lua_topointer(L, -1);
    lua_pushvalue(L, self);
    lua_xmove(L, T, ANCHOR_SCOPE - ANCHOR_REFS + 1);
    lua_setiuservalue(L, self, 1);
    scope->anchors = T;
}

struct lffi_scope *lffi_push_new_scope(lua_State *L, struct lffi_state *st, bool stays)
{
    struct cdecl_allocator allocator = {resize_block, st->arena_thread};
    int memory = lua_gc(L, LUA_GCCOUNT);
    struct lffi_scope *scope = lua_newuserdatauv(L, sizeof *scope, 1);
    memset(scope, 0, sizeof *scope);
    scope->st = st;
    scope->bounds = true;
    scope->ref_api = scope->ref_texts = LUA_NOREF;
    scope->mt_cdata = st->mt_cdata;
    scope->mt_cdata_gc = st->mt_cdata_gc;
    scope->mt_ctype = st->mt_ctype;
    if (stays) {
        lua_pushvalue(L, -1);
        luaL_ref(L, LUA_REGISTRYINDEX);
    } else {
        make_anchors(L, scope);
        allocator.user = scope->anchors;
    }
    lua_newtable(L);
    scope->ref_names = lffi_ref(L, scope);
    scope->cdecl = cdecl_new(&allocator);
    if (scope->cdecl == NULL)
        luaL_error(L, "not enough memory");
    lffi_catch_up(L, memory);
    return scope;
}
