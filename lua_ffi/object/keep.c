/* What owned memory keeps alive: the Lua values behind the pointers stored in it (docs/design.md
 * S6, S12).
 *
 * Depends on the Lua API alone. An owner keeps such values itself, in its user values, so that the
 * collector walks from object to object as through tables: chains of any length are collected in
 * linear time. An object of a type with up to LFFI_PLACES pointers has one for each; of one with
 * more, or with arrays whose length depends on the object, or with bytes instead of pointers, a
 * single one with a table from the offset in the block to the value. Only what has no such place (a
 * pointer in numbers, or in bytes beside pointers; the target of a pointer that was made without
 * one) is in a table common to all, an ephemeron, which the collector may have to read as often as
 * a chain is long.
 * As long as no program has stored such a pointer, nothing is looked up (lffi_state.keeps).
 */
#include "object/ctype.h"
#include "object/keep.h"

/* ---- places ---------------------------------------------------------------------------------- */

/* How many parts of a type are looked at: it is taken for one with many pointers beyond. */
enum { LARGEST_WALK = 1000 };

struct walk {
    struct lffi_ctype *ct;
    unsigned steps;
    unsigned pointers; /* met so far */
    bool many;
    bool has_buffer;
};

/* Bytes that programs put pointers in. */
static bool is_buffer(const struct cdecl_type *type)
{
    return type->target->kind == CDECL_INT && cdecl_sizeof(type->target) == 1 &&
           type->count >= sizeof(void *);
}

static void add_place(struct walk *walk, uint64_t offset)
{
    struct lffi_ctype *ct = walk->ct;
    walk->pointers++;
    for (unsigned i = 0; i < ct->nplaces; i++)
        if (ct->place[i] == offset)
            return; /* of a union */
    if (ct->nplaces == LFFI_PLACES || offset > UINT32_MAX) {
        walk->many = true;
        return;
    }
    ct->place[ct->nplaces++] = (uint32_t)offset;
}

/* Adds the pointers in a value of the type; the parser bounds the depth of types. */
static void walk_type(struct walk *walk, const struct cdecl_type *type, uint64_t offset)
{
    unsigned before = walk->pointers;
    if (++walk->steps > LARGEST_WALK)
        walk->many = true;
    if (type->kind == CDECL_POINTER)
        add_place(walk, offset);
    if (type->kind == CDECL_ARRAY) {
        bool is_open = type->count >= CDECL_COUNT_VLA;
        walk->has_buffer = walk->has_buffer || is_buffer(type);
        for (uint64_t i = 0; !walk->many && i < type->count; i++) {
            walk_type(walk, type->target, offset + i * cdecl_sizeof(type->target));
            if (walk->pointers == before)
                return; /* there are none in its elements */
            walk->many = walk->many || is_open;
        }
    }
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        for (uint32_t i = 0; !walk->many && i < type->tag->nmembers; i++)
            walk_type(walk, type->tag->members[i].type, offset + type->tag->members[i].offset);
}

void lffi_find_places(struct lffi_ctype *ct)
{
    struct walk walk = {.ct = ct};
    ct->nplaces = 0;
    walk_type(&walk, ct->type, 0);
    ct->keeps_table = walk.many || (walk.has_buffer && walk.pointers == 0);
    ct->knows_places = true;
}

/* A pointer's own is the first, and has what the pointer was made from. */
int lffi_place_of(const struct lffi_cdata *owner, const void *addr)
{
    const struct lffi_ctype *ct = owner->ct->base;
    uintptr_t offset = (uintptr_t)addr - (uintptr_t)owner->addr;
    if (ct->op == LFFI_POINTER)
        return offset == 0 ? 1 : 0;
    if (!ct->knows_places || ct->keeps_table)
        return 0;
    for (int i = 0; i < ct->nplaces; i++)
        if (ct->place[i] == offset)
            return i + 1;
    return 0;
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Pushes the owner's part of the common table; false, with nothing pushed: there is none. */
static bool push_common(lua_State *L, const struct lffi_state *st, int owner_idx)
{
    if (!st->keeps_apart)
        return false;
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_kept);
    lua_pushvalue(L, owner_idx);
    if (lua_rawget(L, -2) == LUA_TTABLE) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 2);
    return false;
}

/* Pushes the table of values kept by the owner, by offset in the block; `create`: makes one when
 * missing. False, with nothing pushed: there is none. */
static bool push_table(lua_State *L, struct lffi_state *st, int owner_idx, bool create)
{
    const struct lffi_cdata *owner = lua_touserdata(L, owner_idx);
    bool own = owner->ct->base->keeps_table;
    if (own) {
        if (lua_getiuservalue(L, owner_idx, 1) == LUA_TTABLE)
            return true;
        lua_pop(L, 1);
    } else if (push_common(L, st, owner_idx)) {
        return true;
    }
    if (!create)
        return false;
    lua_newtable(L);
    if (own) {
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, owner_idx, 1);
        return true;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_kept);
    lua_pushvalue(L, owner_idx);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    st->keeps_apart = true;
    return true;
}

static lua_Integer offset_in(lua_State *L, int owner_idx, const void *addr)
{
    return (lua_Integer)((uintptr_t)addr - (uintptr_t)lua_touserdata(L, owner_idx));
}

/* ---- one value ------------------------------------------------------------------------------- */

bool lffi_push_kept(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr)
{
    int place;
    if (!st->keeps)
        return false;
    owner_idx = lua_absindex(L, owner_idx);
    place = lffi_place_of(lua_touserdata(L, owner_idx), addr);
    if (place > 0 && lua_getiuservalue(L, owner_idx, place) > LUA_TNIL)
        return true;
    if (place > 0)
        lua_pop(L, 1);
    if (!push_table(L, st, owner_idx, false))
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
    int place;
    if (drop && !st->keeps)
        return;
    st->keeps = true;
    value_idx = lua_absindex(L, value_idx);
    owner_idx = lua_absindex(L, owner_idx);
    place = lffi_place_of(lua_touserdata(L, owner_idx), addr);
    lua_pushvalue(L, value_idx);
    if (place > 0 && lua_setiuservalue(L, owner_idx, place))
        return;
    if (place > 0)
        lua_pushvalue(L, value_idx);
    if (push_table(L, st, owner_idx, !drop)) {
        lua_insert(L, -2);
        lua_rawseti(L, -2, offset_in(L, owner_idx, addr));
    }
    lua_pop(L, 1);
}

/* ---- many ------------------------------------------------------------------------------------ */

/* Adds the value on the stack top to the list at `list`, which is made when that is 0 and stands
 * below it. Returns the index of the list. */
static int add_to_list(lua_State *L, int list, lua_Integer offset)
{
    if (list == 0) {
        lua_newtable(L);
        lua_insert(L, -2);
        list = lua_gettop(L) - 1;
    }
    lua_rawseti(L, list, offset);
    return list;
}

/* Pushes the values that the owner has in [start, start+size), by offset from start: a copy, as the
 * two owners may be one. Returns its index; 0, with nothing pushed, when there are none. */
static int gather(lua_State *L, struct lffi_state *st, int owner_idx, const void *start,
                  uint64_t size)
{
    const struct lffi_cdata *owner = lua_touserdata(L, owner_idx);
    const struct lffi_ctype *ct = owner->ct->base;
    lua_Integer from = (lua_Integer)((uintptr_t)start - (uintptr_t)owner);
    int list = 0;
    int table;
    for (int i = 0; i < ct->nplaces && !ct->keeps_table; i++) {
        uint64_t offset = ct->place[i] - (uint64_t)((uintptr_t)start - (uintptr_t)owner->addr);
        if (offset < size && lua_getiuservalue(L, owner_idx, i + 1) > LUA_TNIL)
            list = add_to_list(L, list, (lua_Integer)offset);
        else if (offset < size)
            lua_pop(L, 1);
    }
    if (!push_table(L, st, owner_idx, false))
        return list;
    table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_Integer offset = lua_tointeger(L, -2) - from;
        if (offset < 0 || (uint64_t)offset >= size) {
            lua_pop(L, 1);
        } else if (list != 0) {
            lua_rawseti(L, list, offset);
        } else { /* between the table and the key, which lua_next wants on the top */
            lua_newtable(L);
            lua_insert(L, table);
            list = table++;
            lua_rawseti(L, list, offset);
        }
    }
    lua_settop(L, list != 0 ? list : table - 1);
    return list;
}

/* Gives the table on the stack top the entries of `list` that it has none for, and that the owner
 * has no place for. */
static void add_missing(lua_State *L, int owner_idx, int list, const char *start)
{
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, list)) {
        const char *addr = start + lua_tointeger(L, -2);
        lua_Integer key = offset_in(L, owner_idx, addr);
        bool missing = lffi_place_of(lua_touserdata(L, owner_idx), addr) == 0;
        if (missing) {
            missing = lua_rawgeti(L, table, key) == LUA_TNIL;
            lua_pop(L, 1);
        }
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

/* The same for the owner's places, which need no memory either. */
static void replace_places(lua_State *L, int owner_idx, int list, const void *start, uint64_t size)
{
    const struct lffi_cdata *owner = lua_touserdata(L, owner_idx);
    const struct lffi_ctype *ct = owner->ct->base;
    for (int i = 0; i < ct->nplaces && !ct->keeps_table; i++) {
        uint64_t offset = ct->place[i] - (uint64_t)((uintptr_t)start - (uintptr_t)owner->addr);
        if (offset >= size)
            continue;
        if (list != 0)
            lua_rawgeti(L, list, (lua_Integer)offset);
        else
            lua_pushnil(L);
        lua_setiuservalue(L, owner_idx, i + 1);
    }
}

/* Whether the list has entries that the owner has no place for. */
static bool needs_table(lua_State *L, int owner_idx, int list, const char *start)
{
    lua_pushnil(L);
    while (lua_next(L, list)) {
        lua_pop(L, 1);
        if (lffi_place_of(lua_touserdata(L, owner_idx), start + lua_tointeger(L, -1)) == 0) {
            lua_pop(L, 1);
            return true;
        }
    }
    return false;
}

/* What can run out of memory comes first and takes no anchor away: dst still holds its old pointers
 * then. */
void lffi_keep_copy(lua_State *L, struct lffi_state *st, int dst_owner, const void *dst,
                    int src_owner, const void *src, uint64_t size)
{
    int top = lua_gettop(L);
    int list = 0;
    bool create;
    if (!st->keeps)
        return;
    luaL_checkstack(L, 10, NULL);
    if (src_owner != 0)
        list = gather(L, st, src_owner, src, size);
    create = list != 0 && needs_table(L, dst_owner, list, dst);
    if (push_table(L, st, dst_owner, create)) {
        if (list != 0)
            add_missing(L, dst_owner, list, dst);
        replace_kept(L, list, offset_in(L, dst_owner, dst), size);
    }
    replace_places(L, dst_owner, list, dst, size);
    lua_settop(L, top);
}
