/* Callbacks that live for one call: Lua functions given to parameters marked noescape
 * (docs/design.md S14). A loan counts one use of a shared slot; the last one to end frees it.
 *
 * Depends on make.c, which frees slots. The list of loans is a userdata on the stack of the
 * call, closed when the call ends, however it does.
 */
#include "callback/slot.h"

/* The callbacks made for one call only. */
struct loan {
    struct lffi_slot *slot;
    uint64_t born; /* of the slot: another one may have taken its place */
};
struct lffi_loans {
    uint32_t n;
    struct loan loan[];
};

static const char loans_key = 0;

void lffi_end_loans(lua_State *L, struct lffi_loans *loans)
{
    for (; loans != NULL && loans->n > 0; loans->n--) {
        const struct loan *loan = &loans->loan[loans->n - 1];
        struct lffi_slot *slot = loan->slot;
        if (slot->born == loan->born && atomic_load(&slot->status) == LFFI_SLOT_LIVE &&
            slot->use.kind == LFFI_KIND_BORROWED && --slot->use.loans == 0)
            lffi_free_slot(L, slot);
    }
}

/* The call has never begun: an argument did not convert. In a coroutine that dies of it nobody
 * closes anything, so the collector does the same. */
static int close_loans(lua_State *L)
{
    lffi_end_loans(L, lua_touserdata(L, 1));
    return 0;
}

struct lffi_loans *lffi_push_loans(lua_State *L, uint32_t room)
{
    struct lffi_loans *loans;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    loans = lua_newuserdatauv(L, sizeof *loans + room * sizeof *loans->loan, 0);
    loans->n = 0;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loans_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 2);
        lua_pushcfunction(L, close_loans);
        lua_setfield(L, -2, "__close");
        lua_pushcfunction(L, close_loans);
        lua_setfield(L, -2, "__gc");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &loans_key);
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    return loans;
}

void lffi_lend(struct lffi_loans *loans, struct lffi_slot *slot)
{
    loans->loan[loans->n++] = (struct loan){slot, slot->born};
    slot->use.loans++;
}
