/* What owned memory keeps alive: the Lua values behind the pointers stored in it (docs/design.md
 * S6, S12).
 *
 * Depends on the Lua API alone. One ephemeron table holds a table for each owner that needs one,
 * from the offset in its block to the value; so what is kept dies with its owner, cycles included.
 * As long as no program has stored such a pointer, nothing is looked up (lffi_state.keeps).
 */
#include "object/ctype.h"

/* Pushes the table of values kept by the owner at owner_idx; `create`: makes one when missing. */
static bool push_kept(lua_State *L, const struct lffi_state *st, int owner_idx, bool create)
{
    owner_idx = lua_absindex(L, owner_idx);
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_kept);
    lua_pushvalue(L, owner_idx);
    if (lua_rawget(L, -2) == LUA_TTABLE) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 1);
    if (!create) {
        lua_pop(L, 1);
        return false;
    }
    lua_newtable(L);
    lua_pushvalue(L, owner_idx);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
    lua_remove(L, -2);
    return true;
}

static lua_Integer offset_in(lua_State *L, int owner_idx, const void *addr)
{
    return (lua_Integer)((uintptr_t)addr - (uintptr_t)lua_touserdata(L, owner_idx));
}

bool lffi_push_kept(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr)
{
    owner_idx = lua_absindex(L, owner_idx);
    if (!st->keeps || !push_kept(L, st, owner_idx, false))
        return false;
    if (lua_rawgeti(L, -1, offset_in(L, owner_idx, addr)) == LUA_TNIL) {
        lua_pop(L, 2);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

void lffi_keep(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr, int value_idx)
{
    bool drop = lua_isnoneornil(L, value_idx);
    if (drop && !st->keeps)
        return;
    st->keeps = true;
    value_idx = lua_absindex(L, value_idx);
    owner_idx = lua_absindex(L, owner_idx);
    if (!push_kept(L, st, owner_idx, !drop))
        return;
    if (drop)
        lua_pushnil(L);
    else
        lua_pushvalue(L, value_idx);
    lua_rawseti(L, -2, offset_in(L, owner_idx, addr));
    lua_pop(L, 1);
}

/* Pushes the values that the table on the stack top has in [start, start+size), by offset from
 * start: a copy, as the two owners may be one. Returns its index; 0 when there are none. */
static int gather_kept(lua_State *L, lua_Integer start, uint64_t size)
{
    int table = lua_gettop(L);
    int list = table + 1;
    bool any = false;
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_Integer offset = lua_tointeger(L, -2) - start;
        if (offset >= 0 && (uint64_t)offset < size) {
            lua_rawseti(L, list, offset);
            any = true;
        } else {
            lua_pop(L, 1);
        }
    }
    return any ? list : 0;
}

/* Gives the table on the stack top the entries of `list` that it has none for. */
static void add_missing(lua_State *L, int list, lua_Integer start)
{
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, list)) {
        lua_Integer key = lua_tointeger(L, -2) + start;
        bool missing = lua_rawgeti(L, table, key) == LUA_TNIL;
        lua_pop(L, 1);
        if (missing)
            lua_rawseti(L, table, key);
        else
            lua_pop(L, 1);
    }
}

/* Makes the entries in [start, start+size) of the table on the stack top those of `list`, which has
 * none (or is 0) that are missing: only fields that exist are assigned, which a traversal allows
 * and which needs no memory. */
static void replace_kept(lua_State *L, int list, lua_Integer start, uint64_t size)
{
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_Integer key = lua_tointeger(L, -2);
        lua_Integer offset = key - start;
        lua_pop(L, 1);
        if (offset < 0 || (uint64_t)offset >= size)
            continue;
        if (list != 0)
            lua_rawgeti(L, list, offset);
        else
            lua_pushnil(L);
        lua_rawseti(L, table, key);
    }
}

/* What can run out of memory comes first and takes no anchor away: dst still holds its old pointers
 * then. */
void lffi_keep_copy(lua_State *L, struct lffi_state *st, int dst_owner, const void *dst,
                    int src_owner, const void *src, uint64_t size)
{
    int top = lua_gettop(L);
    int list = 0;
    if (!st->keeps)
        return;
    luaL_checkstack(L, 10, NULL);
    if (src_owner != 0 && push_kept(L, st, src_owner, false))
        list = gather_kept(L, offset_in(L, src_owner, src), size);
    if (push_kept(L, st, dst_owner, list != 0)) {
        lua_Integer start = offset_in(L, dst_owner, dst);
        if (list != 0)
            add_missing(L, list, start);
        replace_kept(L, list, start, size);
    }
    lua_settop(L, top);
}
