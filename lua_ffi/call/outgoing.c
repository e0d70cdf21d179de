/* One argument of a call of C, by the general conversion: transparent unions, tables that become
 * structs or temporaries, values in several pieces, copies of indirect arguments.
 *
 * Depends on pieces.c, and on value/ for conversions. What is made for the call stays on the Lua
 * stack until C has returned.
 */
#include <string.h>

#include "call/outgoing.h"
#include "value/refuse.h"

struct attempt {
    struct lffi_ctype *ct;
    void *dst;
    const struct lffi_where *where;
};

/* Stack: value, struct attempt. */
static int try_store(lua_State *L)
{
    const struct attempt *attempt = lua_touserdata(L, 2);
    lffi_store(L, attempt->ct, attempt->dst, 1, attempt->where);
    return 0;
}

/* A transparent union takes what one of its members takes. */
static void store_transparent(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                              const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    const struct cdecl_tag *tag = ct->type->tag;
    if (cd != NULL && lffi_same_type(cd->ct, ct)) {
        lffi_store(L, ct, dst, idx, where);
        return;
    }
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        struct attempt attempt = {NULL, dst, where};
        attempt.ct = lffi_ctype_of(L, ct->scope, tag->members[i].type);
        lua_pushcfunction(L, try_store);
        lua_pushvalue(L, idx);
        lua_pushlightuserdata(L, &attempt);
        if (lua_pcall(L, 2, 0, 0) == LUA_OK)
            return;
        lua_pop(L, 1);
    }
    lffi_convert_error(L, where, "no member of '%s' takes %s",
                       lffi_push_type_text(L, ct->type, NULL),
                       lffi_push_kind_of(L, ct->scope->st, idx));
}

/* A table for a struct goes through a struct of Lua's own, which keeps the strings stored in it. */
static void store_table(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                        struct lffi_where where)
{
    uint64_t size = lffi_sizeof(L, ct);
    struct lffi_cdata *cd = lffi_new(L, ct->base, size);
    where.owner_idx = lua_gettop(L);
    lffi_store(L, ct, cd->addr, idx, &where);
    memcpy(dst, cd->addr, (size_t)size);
}

/* A table for a pointer to const: what it is read into stays on the stack until C has returned. */
static void store_temporary(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                            const struct lffi_where *where)
{
    const void *address = lffi_push_temporary(L, ct, idx, where);
    memcpy(dst, &address, sizeof address);
}

static void store_value(lua_State *L, const struct lffi_param *param, void *dst, int idx,
                        const struct lffi_where *where)
{
    if (param->flags & LFFI_PARAM_TRANSPARENT)
        store_transparent(L, param->ct, dst, idx, where);
    else if (lua_type(L, idx) == LUA_TTABLE && lffi_is_record(param->op))
        store_table(L, param->ct, dst, idx, *where);
    else if (lffi_is_temporary(L, param->ct, idx))
        store_temporary(L, param->ct, dst, idx, where);
    else
        lffi_store(L, param->ct, dst, idx, where);
}

/* AArch64: the next part of the area for copies of indirect arguments. */
static unsigned char *next_copy(struct outgoing *call, const struct lffi_param *param)
{
    unsigned char *copy = call->copies;
    call->copies += (cdecl_sizeof(param->ct->type) + 15) & ~(uint64_t)15;
    memcpy(call->frame + param->to, &copy, sizeof copy);
    return copy;
}

/* Not inline, as little here: `scratch` would stay on the C stack while C runs. */
static LFFI_NOINLINE void store_pieces(lua_State *L, struct outgoing *call,
                                       const struct lffi_param *param,
                                       const struct lffi_piece *pieces, int idx)
{
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    store_value(L, param, scratch, idx, &call->where);
    lffi_scatter(pieces, param, scratch, call->frame);
}

LFFI_NOINLINE void lffi_store_general(lua_State *L, struct outgoing *call,
                                      const struct lffi_param *param,
                                      const struct lffi_piece *pieces, int idx)
{
    unsigned char *slot = call->frame + param->to;
    luaL_checkstack(L, 10, NULL);
    call->where.index = idx - call->first + 1;
    if (param->flags & LFFI_PARAM_INDIRECT)
        slot = next_copy(call, param);
    if (param->pieces != 1) {
        store_pieces(L, call, param, pieces, idx);
    } else {
        store_value(L, param, slot, idx, &call->where);
        lffi_widen(param, slot);
    }
}
