/* C values as Lua objects: allocation, ownership, extents, finalisers.
 *
 * Depends on ctype.c and the Lua API. A cdata that owns its memory holds it after its header; a
 * view, or a pointer into memory of another cdata, carries that root owner as its user value. What
 * owners keep alive beyond that is keep.c's.
 */
#include <string.h>

#include "object/ctype.h"
#include "object/keep.h"
#include "object/scope.h"

/* ---- recognising and making ------------------------------------------------------------------ */

struct lffi_cdata *lffi_to_cdata(lua_State *L, struct lffi_state *st, int idx)
{
    return lffi_recognise(L, idx, st->mt_cdata, st->mt_cdata_gc, LFFI_MT_CDATA);
}

enum { LARGE_BLOCK = 1 << 20 };

static int push_userdata(lua_State *L)
{
    lua_newuserdatauv(L, (size_t)lua_tointeger(L, 1), (int)lua_tointeger(L, 2));
    return 1;
}

/* How many user values an object has: for what the pointers in it lead to. */
static int user_values(struct lffi_ctype *base)
{
    if (!base->knows_places)
        lffi_find_places(base);
    return base->keeps_table ? 1 : base->nplaces;
}

/* Lua's own error says neither what memory lacked for nor where. Small blocks, which are hardly to
 * blame, are spared the protected call. */
static void *new_block(lua_State *L, struct lffi_ctype *ct, size_t total, uint64_t size)
{
    int nvalues = user_values(ct->base);
    int status;
    if (total < LARGE_BLOCK)
        return lua_newuserdatauv(L, total, nvalues);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    lua_pushcfunction(L, push_userdata);
    lua_pushinteger(L, (lua_Integer)total);
    lua_pushinteger(L, nvalues);
    status = lua_pcall(L, 2, 1, 0);
    if (status == LUA_ERRMEM)
        luaL_error(L, "not enough memory for '%s' (%I bytes)",
                   lffi_push_type_text(L, ct->type, NULL), (LUAI_UACINT)size);
    if (status != LUA_OK)
        lua_error(L);
    return lua_touserdata(L, -1);
}

static void set_metatable(lua_State *L, const struct lffi_ctype *ct, bool finalised)
{
    lffi_push_metatable(L, ct->scope, finalised ? LFFI_MT_CDATA_GC : LFFI_MT_CDATA);
    lua_setmetatable(L, -2);
}

/* Userdata are aligned to 8. A block of a type that wants more has bytes to spare before and behind
 * its object, and ends in the number of bytes behind, itself included. */
static size_t slack_of(const struct lffi_ctype *ct)
{
    return ct->align > 8 ? ct->align - 8 + sizeof(size_t) : 0;
}

struct lffi_cdata *lffi_new(lua_State *L, struct lffi_ctype *ct, uint64_t size)
{
    struct lffi_cdata *cd;
    size_t slack = slack_of(ct);
    uintptr_t start;
    if (size > (SIZE_MAX >> 1) - sizeof *cd - slack)
        luaL_error(L, "size of '%s' is too large", lffi_push_type_text(L, ct->type, NULL));
    cd = new_block(L, ct, sizeof *cd + (size_t)size + slack, size);
    start = (uintptr_t)(cd + 1);
    if (slack > 0) {
        uintptr_t end = start + (size_t)size + slack;
        size_t behind;
        start = (start + ct->align - 1) & ~(uintptr_t)(ct->align - 1);
        behind = end - start - (size_t)size;
        memcpy((void *)(end - sizeof behind), &behind, sizeof behind);
    }
    cd->ct = ct;
    cd->addr = (void *)start;
    memset(cd->addr, 0, (size_t)size);
    set_metatable(L, ct, ct->base->has_gc);
    return cd;
}

/* A cdata without payload; `owner` true: the root owner is on the stack top and gets replaced. */
static struct lffi_cdata *new_reference(lua_State *L, struct lffi_ctype *ct, size_t payload,
                                        bool owner)
{
    struct lffi_cdata *cd = lua_newuserdatauv(L, sizeof *cd + payload, owner ? 1 : 0);
    cd->ct = ct;
    cd->addr = cd + 1;
    if (owner) {
        lua_insert(L, -2);
        lua_setiuservalue(L, -2, 1);
    }
    set_metatable(L, ct, false);
    return cd;
}

struct lffi_cdata *lffi_push_view(lua_State *L, struct lffi_ctype *ct, void *addr, int owner_idx)
{
    bool owner = owner_idx != 0 && lffi_push_owner(L, owner_idx);
    struct lffi_cdata *cd = new_reference(L, ct, 0, owner);
    cd->addr = addr;
    return cd;
}

struct lffi_cdata *lffi_push_anchored_view(lua_State *L, struct lffi_ctype *ct, void *addr,
                                           int anchor_idx)
{
    struct lffi_cdata *cd;
    lua_pushvalue(L, anchor_idx);
    cd = new_reference(L, ct, 0, true);
    cd->addr = addr;
    return cd;
}

struct lffi_cdata *lffi_push_pointer(lua_State *L, struct lffi_ctype *ct, const void *value,
                                     int owner_idx)
{
    bool owner = owner_idx != 0 && lffi_push_owner(L, owner_idx);
    struct lffi_cdata *cd = new_reference(L, ct, sizeof value, owner);
    memcpy(cd->addr, &value, sizeof value);
    return cd;
}

struct lffi_cdata *lffi_push_anchored_pointer(lua_State *L, struct lffi_ctype *ct,
                                              const void *value, int anchor_idx)
{
    struct lffi_cdata *cd;
    lua_pushvalue(L, anchor_idx);
    cd = new_reference(L, ct, sizeof value, true);
    memcpy(cd->addr, &value, sizeof value);
    return cd;
}

/* ---- ownership ------------------------------------------------------------------------------- */

/* True when the value lies in the userdata itself. */
static bool owns_itself(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    uintptr_t start = (uintptr_t)cd;
    uintptr_t addr = (uintptr_t)cd->addr;
    return addr >= start && addr - start <= lua_rawlen(L, idx);
}

bool lffi_owns_memory(lua_State *L, int idx)
{
    return owns_itself(L, idx, lua_touserdata(L, idx));
}

/* A pointer with a finaliser stands for what it points to: that is gone with the pointer. */
static bool is_finalised(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    bool finalised = lua_getmetatable(L, idx) && lua_topointer(L, -1) == cd->ct->scope->mt_cdata_gc;
    lua_pop(L, 1);
    return finalised;
}

bool lffi_push_owner(lua_State *L, int idx)
{
    const struct lffi_cdata *cd = lua_touserdata(L, idx);
    bool is_pointer;
    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) != LUA_TUSERDATA)
        return false;
    is_pointer = cd->ct->op == LFFI_POINTER;
    if (is_pointer ? is_finalised(L, idx, cd) : owns_itself(L, idx, cd)) {
        lua_pushvalue(L, idx);
        return true;
    }
    if (lua_getiuservalue(L, idx, 1) > LUA_TNIL)
        return true;
    lua_pop(L, 1); /* a pointer without, that was written to through its address: */
    return is_pointer && lffi_push_kept(L, cd->ct->scope->st, idx, cd->addr);
}

bool lffi_push_block(lua_State *L, int idx, const void *addr)
{
    if (!lffi_push_owner(L, idx))
        return false;
    while (lua_type(L, -1) == LUA_TUSERDATA) {
        if ((uintptr_t)addr - (uintptr_t)lua_touserdata(L, -1) <= lua_rawlen(L, -1))
            return true;
        lua_getiuservalue(L, -1, 1);
        lua_remove(L, -2);
    }
    lua_pop(L, 1);
    return false;
}

/* ---- extents --------------------------------------------------------------------------------- */

/* Where the object in the block at the stack top ends. */
static uintptr_t object_end(lua_State *L)
{
    const struct lffi_cdata *block = lua_touserdata(L, -1);
    uintptr_t end = (uintptr_t)block + lua_rawlen(L, -1);
    size_t behind;
    if (slack_of(block->ct) == 0)
        return end;
    memcpy(&behind, (const void *)(end - sizeof behind), sizeof behind);
    return end - behind;
}

/* Bytes from addr to the end of the owner's object; UINT64_MAX when the memory is not Lua's. */
static uint64_t owner_extent(lua_State *L, int idx, const void *addr)
{
    uint64_t extent = UINT64_MAX;
    if (lffi_push_block(L, idx, addr)) {
        extent = object_end(L) - (uintptr_t)addr;
        lua_pop(L, 1);
    }
    return extent;
}

uint64_t lffi_extent(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    const void *target;
    if (cd->ct->op != LFFI_POINTER) {
        if (!lffi_is_open(cd->ct) && lffi_is_complete(cd->ct))
            return cd->ct->size;
        return owner_extent(L, idx, cd->addr);
    }
    memcpy(&target, cd->addr, sizeof target);
    return owner_extent(L, idx, target);
}

uint64_t lffi_length(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    uint64_t extent;
    uint64_t size;
    if (cd->ct->type->count < CDECL_COUNT_VLA)
        return cd->ct->type->count;
    extent = owner_extent(L, idx, cd->addr);
    size = lffi_sizeof(L, cd->ct->target);
    return extent == UINT64_MAX || size == 0 ? UINT64_MAX : extent / size;
}

bool lffi_is_definite(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    return !lffi_is_open_array(cd->ct) || owns_itself(L, idx, cd);
}

/* ---- finalisers ------------------------------------------------------------------------------ */

void lffi_set_finalizer(lua_State *L, struct lffi_state *st, int idx, int fin_idx)
{
    idx = lua_absindex(L, idx);
    fin_idx = lua_absindex(L, fin_idx);
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_finalizers);
    lua_pushvalue(L, idx);
    if (lua_isnil(L, fin_idx))
        lua_pushboolean(L, 0); /* removed: a metatype's __gc does not run either */
    else
        lua_pushvalue(L, fin_idx);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lffi_push_metatable(L, ((struct lffi_cdata *)lua_touserdata(L, idx))->ct->scope,
                        LFFI_MT_CDATA_GC);
    lua_setmetatable(L, idx);
}
