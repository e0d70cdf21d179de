/* The way from a signal handler back into Lua: a hook that runs lffi_attend at the next Lua
 * instruction and undoes itself.
 *
 * Depends on enter.c. The hook that a thread had before is kept in the state's gate.
 */
#include "slot.h"

/* Puts back the hook that the thread had before. */
static void disarm(struct lffi_gate *gate, lua_State *L)
{
    for (unsigned i = 0; gate != NULL && i < sizeof gate->armed / sizeof *gate->armed; i++) {
        struct lffi_armed before = gate->armed[i];
        if (before.L == L) {
            gate->armed[i].L = NULL;
            lua_sethook(L, before.hook, before.mask, before.count);
            return;
        }
    }
    lua_sethook(L, NULL, 0, 0);
}

/* `lua_sethook` is all that a signal handler may do to a state. */
static void hook(lua_State *L, lua_Debug *ar)
{
    struct lffi_state *st = lffi_open_state(L);
    (void)ar;
    disarm(st->gate, L);
    lffi_attend(L, st);
}

/* A debugger's hook is kept for `disarm`: two places, for the main thread and the one that calls C.
 * A place whose thread has died without running is taken anew. */
void lffi_arm_hook(struct lffi_gate *gate, lua_State *L)
{
    struct lffi_armed *armed = &gate->armed[0];
    if (lua_gethook(L) == hook)
        return;
    if (armed->L != NULL && armed->L != L)
        armed = &gate->armed[1];
    *armed = (struct lffi_armed){L, lua_gethook(L), lua_gethookmask(L), lua_gethookcount(L)};
    lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}
