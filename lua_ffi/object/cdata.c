/* C values as Lua objects: allocation, ownership, extents, finalisers.
 *
 * Depends on ctype.c and the Lua API. A cdata that owns its memory holds it after its header; a
 * view, or a pointer into memory of another cdata, carries that root owner as its user value. What
 * owners keep alive beyond that is keep.c's.
 */
#include <string.h>

#include "object/inplace.h"
#include "object/keep.h"
#include "object/scope.h"

/* ---- recognising and making ------------------------------------------------------------------ */

struct lffi_cdata *lffi_to_cdata(lua_State *L, struct lffi_state *st, int idx)
{
    if (lffi_peeks(st) && idx > LUA_REGISTRYINDEX) {
        const struct lffi_value *value = lffi_value_at(L, idx);
        struct lffi_cdata *cd;
        if (value == NULL || lffi_kind_in_place(value) != LFFI_IS_USERDATA)
            return NULL;
        cd = lffi_cdata_in_place(st, value);
        if (cd != NULL || lffi_ctype_in_place(st, value) != NULL)
            return cd;
    }
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

static LFFI_INLINE void set_metatable(lua_State *L, const struct lffi_ctype *ct, bool finalised)
{
    const struct lffi_scope *scope = ct->scope;
    if (!finalised && lffi_peeks(scope->st) && lffi_furnish_in_place(L, scope->mt_cdata, NULL))
        return;
    lffi_push_metatable(L, scope, finalised ? LFFI_MT_CDATA_GC : LFFI_MT_CDATA);
    lua_setmetatable(L, -2);
}

/* Userdata are aligned to 8. A block of a type that wants more has bytes to spare before and behind
 * its object, and ends in the number of bytes behind, itself included. */
static size_t slack_of(const struct lffi_ctype *ct)
{
    return ct->align > 8 ? ct->align - 8 + sizeof(size_t) : 0;
}

static struct lffi_cdata *new_aligned(lua_State *L, struct lffi_ctype *ct, uint64_t size)
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
    cd->addr = (void *)start;
    return cd;
}

struct lffi_cdata *lffi_new(lua_State *L, struct lffi_ctype *ct, uint64_t size)
{
    const struct lffi_ctype *base = ct->base;
    struct lffi_cdata *cd;
    if (size < LARGE_BLOCK / 2 && ct->align <= 8 && base->knows_places) {
        cd = lua_newuserdatauv(L, sizeof *cd + (size_t)size, base->keeps_table ? 1 : base->nplaces);
        cd->addr = cd + 1;
    } else {
        cd = new_aligned(L, ct, size);
    }
    cd->ct = ct;
    memset(cd->addr, 0, (size_t)size);
    set_metatable(L, ct, base->has_gc);
    return cd;
}

/* ---- ownership ------------------------------------------------------------------------------- */

/* What a cdata's memory belongs to. */
enum owner {
    NOBODY,
    ITSELF,
    ITS_USER_VALUE,
    ITS_KEEPER /* a pointer that was written to through its address */
};

/* True when the value lies in the userdata itself, whose block has that size. */
static bool is_inside(const struct lffi_cdata *cd, size_t size)
{
    uintptr_t start = (uintptr_t)cd;
    uintptr_t addr = (uintptr_t)cd->addr;
    return addr >= start && addr - start <= size;
}

bool lffi_owns_memory(lua_State *L, int idx)
{
    return is_inside(lua_touserdata(L, idx), (size_t)lua_rawlen(L, idx));
}

/* A pointer with a finaliser stands for what it points to: that is gone with the pointer. */
static bool is_finalised(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    bool finalised;
    if (lffi_peeks(cd->ct->scope->st))
        return lffi_metatable_in_place(lffi_value_at(L, idx)) == cd->ct->scope->mt_cdata_gc;
    finalised = lua_getmetatable(L, idx) && lua_topointer(L, -1) == cd->ct->scope->mt_cdata_gc;
    lua_pop(L, 1);
    return finalised;
}

static enum owner without_owner(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    if (cd->ct->op != LFFI_POINTER || !lffi_push_kept(L, cd->ct->scope->st, idx, cd->addr))
        return NOBODY;
    lua_pop(L, 1);
    return ITS_KEEPER;
}

/* Of a cdata in place. */
static LFFI_INLINE enum owner owner_in_place(const struct lffi_value *value,
                                             const struct lffi_cdata *cd)
{
    const struct lffi_value *owner;
    if (cd->ct->op == LFFI_POINTER ? lffi_metatable_in_place(value) == cd->ct->scope->mt_cdata_gc
                                   : is_inside(cd, lffi_block_size_in_place(value)))
        return ITSELF;
    owner = lffi_user_value_in_place(value);
    return owner != NULL && lffi_kind_in_place(owner) != LFFI_IS_NIL ? ITS_USER_VALUE : NOBODY;
}

static LFFI_NOINLINE enum owner owner_by_api(lua_State *L, int idx)
{
    const struct lffi_cdata *cd;
    enum owner owner;
    if (lua_type(L, idx) != LUA_TUSERDATA)
        return NOBODY;
    cd = lua_touserdata(L, idx);
    if (cd->ct->op == LFFI_POINTER ? is_finalised(L, idx, cd) : lffi_owns_memory(L, idx))
        return ITSELF;
    owner = lua_getiuservalue(L, idx, 1) > LUA_TNIL ? ITS_USER_VALUE : NOBODY;
    lua_pop(L, 1);
    return owner != NOBODY ? owner : without_owner(L, idx, cd);
}

/* Of the value at idx; 0: of none. */
static LFFI_INLINE enum owner owner_of(lua_State *L, const struct lffi_state *st, int idx)
{
    const struct lffi_value *value;
    const struct lffi_cdata *cd;
    enum owner owner;
    if (idx == 0)
        return NOBODY;
    if (!lffi_peeks(st))
        return owner_by_api(L, idx);
    value = lffi_value_at(L, idx);
    if (value == NULL || lffi_kind_in_place(value) != LFFI_IS_USERDATA)
        return NOBODY;
    cd = lffi_block_in_place(value);
    owner = owner_in_place(value, cd);
    /* what is kept for a pointer is its user value, or stands apart */
    return owner != NOBODY || !st->keeps_apart ? owner : without_owner(L, idx, cd);
}

/* Pushes the owner of the cdata at idx: nil when that has lost it meanwhile. */
static void push_owner(lua_State *L, int idx, enum owner owner, int place)
{
    const struct lffi_cdata *cd;
    if (owner == ITSELF) {
        lua_pushvalue(L, idx);
    } else if (owner == ITS_USER_VALUE) {
        lua_getiuservalue(L, idx, place);
    } else {
        cd = lua_touserdata(L, idx);
        if (!lffi_push_kept(L, cd->ct->scope->st, idx, cd->addr))
            lua_pushnil(L);
    }
}

bool lffi_push_owner(lua_State *L, int idx)
{
    const struct lffi_cdata *cd;
    enum owner owner;
    if (lua_type(L, idx) != LUA_TUSERDATA)
        return false;
    cd = lua_touserdata(L, idx);
    owner = owner_of(L, cd->ct->scope->st, idx);
    if (owner != NOBODY)
        push_owner(L, idx, owner, 1);
    return owner != NOBODY;
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

/* ---- references ------------------------------------------------------------------------------ */

/* A cdata without payload that has as user value what `owner` says of the cdata at owner_idx: its
 * user value `place`, for one. */
static LFFI_INLINE struct lffi_cdata *new_reference(lua_State *L, struct lffi_ctype *ct,
                                                    size_t payload, int owner_idx, enum owner owner,
                                                    int place)
{
    const struct lffi_scope *scope = ct->scope;
    struct lffi_cdata *cd = lua_newuserdatauv(L, sizeof *cd + payload, owner != NOBODY);
    bool pseudo = owner_idx <= LUA_REGISTRYINDEX;
    cd->ct = ct;
    cd->addr = cd + 1;
    if (owner_idx < 0 && !pseudo)
        owner_idx--;
    if (lffi_peeks(scope->st) && owner != ITS_KEEPER && !pseudo) {
        const struct lffi_value *value = NULL; /* which the collector may have moved */
        if (owner != NOBODY)
            value = lffi_value_at(L, owner_idx);
        if (owner == ITS_USER_VALUE)
            value = lffi_user_value_in_place(value) + (place - 1);
        if (lffi_furnish_in_place(L, scope->mt_cdata, value))
            return cd;
    }
    if (owner != NOBODY) {
        push_owner(L, owner_idx, owner, place);
        lua_setiuservalue(L, -2, 1);
    }
    set_metatable(L, ct, false);
    return cd;
}

struct lffi_cdata *lffi_push_view(lua_State *L, struct lffi_ctype *ct, void *addr, int owner_idx)
{
    enum owner owner = owner_of(L, ct->scope->st, owner_idx);
    struct lffi_cdata *cd = new_reference(L, ct, 0, owner_idx, owner, 1);
    cd->addr = addr;
    return cd;
}

struct lffi_cdata *lffi_push_anchored_view(lua_State *L, struct lffi_ctype *ct, void *addr,
                                           int anchor_idx)
{
    struct lffi_cdata *cd = new_reference(L, ct, 0, anchor_idx, ITSELF, 1);
    cd->addr = addr;
    return cd;
}

struct lffi_cdata *lffi_push_pointer(lua_State *L, struct lffi_ctype *ct, const void *value,
                                     int owner_idx)
{
    enum owner owner = owner_of(L, ct->scope->st, owner_idx);
    struct lffi_cdata *cd = new_reference(L, ct, sizeof value, owner_idx, owner, 1);
    memcpy(cd + 1, &value, sizeof value);
    return cd;
}

struct lffi_cdata *lffi_push_anchored_pointer(lua_State *L, struct lffi_ctype *ct,
                                              const void *value, int anchor_idx)
{
    struct lffi_cdata *cd = new_reference(L, ct, sizeof value, anchor_idx, ITSELF, 1);
    memcpy(cd + 1, &value, sizeof value);
    return cd;
}

/* ---- extents --------------------------------------------------------------------------------- */

/* Where the object in a block of that size ends. */
static uintptr_t object_end(const struct lffi_cdata *block, size_t size)
{
    uintptr_t end = (uintptr_t)block + size;
    size_t behind;
    if (slack_of(block->ct) == 0)
        return end;
    memcpy(&behind, (const void *)(end - sizeof behind), sizeof behind);
    return end - behind;
}

/* Which block holds `addr`, of a cdata in place whose owner is known: as lffi_push_block goes from
 * one to the next. NULL: the memory is not Lua's. */
static const struct lffi_value *block_in_place(const struct lffi_value *value, enum owner owner,
                                               const void *addr)
{
    if (owner == ITS_USER_VALUE)
        value = lffi_user_value_in_place(value);
    while (value != NULL && lffi_kind_in_place(value) == LFFI_IS_USERDATA) {
        if ((uintptr_t)addr - (uintptr_t)lffi_block_in_place(value) <=
            lffi_block_size_in_place(value))
            return value;
        value = lffi_user_value_in_place(value);
    }
    return NULL;
}

static uint64_t extent_in_place(const struct lffi_value *value, enum owner owner, const void *addr)
{
    value = block_in_place(value, owner, addr);
    if (value == NULL)
        return UINT64_MAX;
    return object_end(lffi_block_in_place(value), lffi_block_size_in_place(value)) -
           (uintptr_t)addr;
}

bool lffi_may_keep(const lua_State *L, int idx, const struct lffi_cdata *cd, const void *addr)
{
    const struct lffi_state *st = cd->ct->scope->st;
    const struct lffi_value *value = lffi_value_at(L, idx);
    const struct lffi_cdata *block;
    enum owner owner;
    if (!st->keeps || st->keeps_apart)
        return st->keeps;
    owner = owner_in_place(value, cd);
    value = owner != NOBODY ? block_in_place(value, owner, addr) : NULL;
    if (value == NULL)
        return false;
    block = lffi_block_in_place(value);
    return !block->ct->base->knows_places || block->ct->base->keeps_table ||
           block->ct->base->nplaces > 0;
}

/* The user value of a cdata in place for the pointer at `addr` in its own memory; NULL: it has no
 * such place. */
static const struct lffi_value *place_in_place(const struct lffi_value *value, const void *addr,
                                               int *place)
{
    const struct lffi_cdata *cd = lffi_block_in_place(value);
    const struct lffi_value *first = lffi_user_value_in_place(value);
    *place = 0;
    if (cd->ct->op != LFFI_POINTER && first != NULL &&
        is_inside(cd, lffi_block_size_in_place(value)))
        *place = lffi_place_of(cd, addr);
    return *place > 0 ? first + (*place - 1) : NULL;
}

/* Pushes what is kept for a pointer to the memory of a value in place: a string itself, a cdata's
 * owner, nil. False, with nothing pushed: only the long way knows. */
static bool push_keepable(lua_State *L, struct lffi_state *st, int idx)
{
    const struct lffi_value *value = idx != 0 ? lffi_value_at(L, idx) : NULL;
    const struct lffi_cdata *cd;
    enum owner owner = NOBODY;
    if (value != NULL && lffi_kind_in_place(value) == LFFI_IS_USERDATA) {
        cd = lffi_block_in_place(value);
        owner = owner_in_place(value, cd);
        if (owner == NOBODY && cd->ct->op == LFFI_POINTER && st->keeps_apart)
            return false;
    } else if (value != NULL) {
        owner = ITSELF;
    }
    if (owner == NOBODY)
        lua_pushnil(L);
    else
        push_owner(L, idx, owner, 1);
    return true;
}

bool lffi_quick_keep(lua_State *L, int idx, const void *addr, int value_idx)
{
    const struct lffi_value *value = lffi_value_at(L, idx);
    const struct lffi_cdata *cd = lffi_block_in_place(value);
    struct lffi_state *st = cd->ct->scope->st;
    int place;
    const struct lffi_value *kept = place_in_place(value, addr, &place);
    if (kept == NULL) /* nothing is kept for memory that is not Lua's, nor may a string be there */
        return owner_in_place(value, cd) == NOBODY && !st->keeps_apart &&
               (value_idx == 0 ||
                lffi_kind_in_place(lffi_value_at(L, value_idx)) == LFFI_IS_USERDATA);
    if (value_idx == 0 && lffi_kind_in_place(kept) == LFFI_IS_NIL)
        return true;
    if (!push_keepable(L, st, value_idx))
        return false;
    st->keeps = true;
    lua_setiuservalue(L, idx, place);
    return true;
}

bool lffi_quick_load_kept(lua_State *L, struct lffi_ctype *ct, const void *addr, int idx,
                          bool *known)
{
    const struct lffi_value *value = lffi_value_at(L, idx);
    int place;
    const struct lffi_value *kept = place_in_place(value, addr, &place);
    bool empty = kept == NULL || lffi_kind_in_place(kept) == LFFI_IS_NIL;
    const struct lffi_cdata *cd = lffi_block_in_place(value);
    struct lffi_cdata *made;
    *known = kept != NULL && (!empty || !cd->ct->scope->st->keeps_apart);
    if (empty)
        return false;
    made = lua_newuserdatauv(L, sizeof *made + sizeof(void *), 1);
    made->ct = ct;
    made->addr = made + 1;
    if (!lffi_furnish_in_place(L, ct->scope->mt_cdata, kept)) { /* it lies in no stack that moves */
        lffi_place_copy(L, kept);
        lua_setiuservalue(L, -2, 1);
        set_metatable(L, ct, false);
    }
    memcpy(made->addr, addr, sizeof(void *));
    return true;
}

/* Bytes from addr to the end of the owner's object; UINT64_MAX when the memory is not Lua's. */
static uint64_t owner_extent(lua_State *L, int idx, const struct lffi_cdata *cd, const void *addr)
{
    uint64_t extent = UINT64_MAX;
    const struct lffi_state *st = cd->ct->scope->st;
    if (lffi_peeks(st)) {
        enum owner owner = owner_of(L, st, idx);
        if (owner == NOBODY)
            return UINT64_MAX;
        if (owner != ITS_KEEPER)
            return extent_in_place(lffi_value_at(L, idx), owner, addr);
    }
    if (lffi_push_block(L, idx, addr)) {
        extent = object_end(lua_touserdata(L, -1), (size_t)lua_rawlen(L, -1)) - (uintptr_t)addr;
        lua_pop(L, 1);
    }
    return extent;
}

uint64_t lffi_room(lua_State *L, int idx, const void *addr)
{
    const struct lffi_cdata *block = lua_touserdata(L, idx);
    return object_end(block, (size_t)lua_rawlen(L, idx)) - (uintptr_t)addr;
}

uint64_t lffi_extent(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    const void *target;
    if (cd->ct->op != LFFI_POINTER) {
        if (!lffi_is_open(cd->ct) && lffi_is_complete(cd->ct))
            return cd->ct->size;
        return owner_extent(L, idx, cd, cd->addr);
    }
    memcpy(&target, cd->addr, sizeof target);
    return owner_extent(L, idx, cd, target);
}

uint64_t lffi_length(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    uint64_t extent;
    uint64_t size;
    if (cd->ct->type->count < CDECL_COUNT_VLA)
        return cd->ct->type->count;
    extent = owner_extent(L, idx, cd, cd->addr);
    size = lffi_sizeof(L, cd->ct->target);
    return extent == UINT64_MAX || size == 0 ? UINT64_MAX : extent / size;
}

bool lffi_is_definite(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    return !lffi_is_open_array(cd->ct) || lffi_owns_memory(L, idx);
}

/* ---- finalisers ------------------------------------------------------------------------------ */

/* A pointer that was made to own what it points to has its finaliser as a user value of its own,
 * which is quicker than a table; no other pointer has as many. */
enum { OWNED_FINALIZER = 2 };

static bool has_place(lua_State *L, int idx)
{
    const struct lffi_cdata *cd = lua_touserdata(L, idx);
    bool has;
    if (cd->ct->op != LFFI_POINTER)
        return false;
    has = lua_getiuservalue(L, idx, OWNED_FINALIZER) != LUA_TNONE;
    lua_pop(L, 1);
    return has;
}

/* Keeps the value on the stack top, which it pops, as the finaliser. */
static void keep_finalizer(lua_State *L, struct lffi_state *st, int idx)
{
    idx = lua_absindex(L, idx);
    if (has_place(L, idx)) {
        lua_setiuservalue(L, idx, OWNED_FINALIZER);
        return;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_finalizers);
    lua_pushvalue(L, idx);
    lua_rotate(L, -3, -1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void lffi_push_finalizer(lua_State *L, const struct lffi_state *st, int idx)
{
    const struct lffi_cdata *cd = lua_touserdata(L, idx);
    idx = lua_absindex(L, idx);
    if (cd->ct->op == LFFI_POINTER) {
        if (lua_getiuservalue(L, idx, OWNED_FINALIZER) != LUA_TNONE)
            return;
        lua_pop(L, 1);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_finalizers);
    lua_pushvalue(L, idx);
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

void lffi_disarm(lua_State *L, struct lffi_state *st, int idx)
{
    idx = lua_absindex(L, idx);
    lua_pushboolean(L, 0);
    keep_finalizer(L, st, idx);
}

void lffi_set_finalizer(lua_State *L, struct lffi_state *st, int idx, int fin_idx)
{
    const struct lffi_cdata *cd = lua_touserdata(L, idx);
    idx = lua_absindex(L, idx);
    if (lua_isnil(L, fin_idx))
        lua_pushboolean(L, 0); /* removed: a metatype's __gc does not run either */
    else
        lua_pushvalue(L, fin_idx);
    keep_finalizer(L, st, idx);
    if (is_finalised(L, idx, cd))
        return;
    lffi_push_metatable(L, cd->ct->scope, LFFI_MT_CDATA_GC);
    lua_setmetatable(L, idx);
}

void lffi_quick_finalizer(lua_State *L, struct lffi_state *st)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_cdata *cd = lffi_block_in_place(arg);
    lffi_place_kept(L, &st->finalizers);
    lffi_place_copy(L, &arg[0]);
    lffi_place_copy(L, &arg[1]);
    lua_rawset(L, -3);
    arg = lffi_arguments(L);
    if (lffi_metatable_in_place(arg) != cd->ct->scope->mt_cdata_gc) {
        lffi_push_metatable(L, cd->ct->scope, LFFI_MT_CDATA_GC);
        lua_setmetatable(L, 1);
    }
    lffi_drop_from(L, &lffi_arguments(L)[1]);
}

struct lffi_cdata *lffi_push_owning_pointer(lua_State *L, struct lffi_ctype *ct)
{
    struct lffi_cdata *cd = lua_newuserdatauv(L, sizeof *cd + sizeof(void *), OWNED_FINALIZER);
    cd->ct = ct;
    cd->addr = cd + 1;
    memset(cd->addr, 0, sizeof(void *));
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, OWNED_FINALIZER);
    set_metatable(L, ct, true);
    return cd;
}
