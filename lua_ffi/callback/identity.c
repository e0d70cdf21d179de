/* Which callback a pointer of Lua's stands for (docs/design.md S14). Slots are used again, so an
 * address does not say it: the pointer that ffi.callback returns, and what is made of it, carry the
 * number of that use of the slot as their user value.
 *
 * Depends on make.c, which knows the state's slots by their code. An address that C gave has no
 * number, and stands for whatever callback has the slot now.
 */
#include "callback/slot.h"

/* The number that the value at idx carries; 0, as nearly always: none. */
static uint64_t carried_number(lua_State *L, int idx)
{
    uint64_t number = 0;
    if (lua_type(L, idx) != LUA_TUSERDATA)
        return 0;
    if (lua_getiuservalue(L, idx, 1) == LUA_TNUMBER)
        number = (uint64_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return number;
}

/* Which use of the slot the number is of. It may be of another slot: the memory that it was kept
 * for may have got another address from C. That is as good as none: what lives there now. */
static uint64_t use_of(uint64_t number, const struct lffi_slot *slot)
{
    uint64_t now = slot->born;
    return number / LFFI_USES_OF_A_SLOT == now / LFFI_USES_OF_A_SLOT ? number : now;
}

bool lffi_is_outlived(lua_State *L, int idx, const struct lffi_slot *slot)
{
    return use_of(carried_number(L, idx), slot) != slot->born;
}

const char *lffi_push_freed_callback(lua_State *L, struct lffi_state *st, int idx, const void *code)
{
    const struct lffi_slot *slot;
    uint64_t number;
    if (st->ref_callbacks == 0)
        return NULL;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    idx = lua_absindex(L, idx);
    number = carried_number(L, idx);
    slot = number != 0 ? lffi_find_slot(L, st, code) : NULL;
    if (slot == NULL)
        return NULL;
    if (use_of(number, slot) != slot->born)
        return lua_pushliteral(L, "the callback was freed already");
    /* of this state then, or a number of another slot */
    if (number != slot->born || atomic_load(&slot->status) == LFFI_SLOT_LIVE)
        return NULL;
    lua_pushfstring(L, "%s was freed already", lffi_push_slot_text(L, slot));
    lua_remove(L, -2);
    return lua_tostring(L, -1);
}

bool lffi_same_callback(lua_State *L, struct lffi_state *st, int a, int b, const void *code)
{
    const struct lffi_slot *slot;
    uint64_t of_a;
    uint64_t of_b;
    if (st->ref_callbacks == 0)
        return true;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    of_a = carried_number(L, a);
    of_b = carried_number(L, b);
    slot = of_a != 0 || of_b != 0 ? lffi_find_slot(L, st, code) : NULL;
    return slot == NULL || use_of(of_a, slot) == use_of(of_b, slot);
}
