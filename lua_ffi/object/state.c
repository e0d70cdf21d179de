/* The state of one Lua universe: metatables and weak tables.
 *
 * Depends on metatables.c and scope.c. The state userdata is anchored in the registry under the
 * address of `state_key`; opening the module twice finds it again.
 */
#include <string.h>

#include "object/ctype.h"
#include "object/inplace.h"
#include "object/scope.h"

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
    st->ref_metatable[LFFI_MT_CDATA] = anchor_metatable(L, &st->mt_cdata);
    lua_newtable(L);
    lffi_cdata_metatable(L, st, true);
    st->ref_metatable[LFFI_MT_CDATA_GC] = anchor_metatable(L, &st->mt_cdata_gc);
    lua_newtable(L);
    lffi_ctype_metatable(L, st);
    st->ref_metatable[LFFI_MT_CTYPE] = anchor_metatable(L, &st->mt_ctype);
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

static void keep_values(lua_State *L, struct lffi_state *st)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_finalizers);
    lffi_keep_value(L, &st->finalizers);
    lua_pushliteral(L, "__index");
    lffi_keep_value(L, &st->name_index);
    lua_pop(L, 2);
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
    st->arena_thread = lffi_push_arena_thread(L);
    luaL_ref(L, LUA_REGISTRYINDEX);
    make_metatables(L, st);
    if (lffi_peeks(st))
        keep_values(L, st);
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
    st->scope = lffi_push_new_scope(L, st, true);
    lua_pop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
    return st;
}
