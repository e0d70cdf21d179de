/* The way from a signal handler back into Lua: a hook that runs lffi_attend at the next Lua
 * instruction and undoes itself.
 *
 * Depends on attend.c. The hook that a thread had before is kept in the state's gate.
 */
#include "callback/slot.h"

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

/* Whether C that the thread has called is still to return. */
static bool is_calling(const lua_State *L)
{
    const struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->L != L)
        call = call->outer;
    return call != NULL;
}

/* Where the hook of `L` is kept: its own place, or else one that is free or whose thread has died
 * without running again. Threads that wait for their calls will run. */
static struct lffi_armed *find_place(struct lffi_state *st, const lua_State *L)
{
    struct lffi_armed *found = NULL;
    for (unsigned i = 0; i < LFFI_ARMED; i++) {
        struct lffi_armed *place = &st->gate->armed[i];
        if (place->L == L)
            return place;
        if (place->L == NULL || (place->L != st->main && !is_calling(place->L)))
            found = place;
    }
    return found;
}

/* A debugger's hook is kept for `disarm`. When there is no place for it, it stays: the end of the
 * thread's call attends as well. The hook is read last: another handler may interrupt this one.
 * Ours without a mask is what a signal leaves that came between the stores of the lua_sethook in
 * `disarm`, which writes the mask last: it never runs, nor is it anyone's to keep. */
void lffi_arm_hook(struct lffi_state *st, lua_State *L)
{
    struct lffi_armed before = {.L = L, .mask = lua_gethookmask(L), .count = lua_gethookcount(L)};
    struct lffi_armed *place;
    before.hook = lua_gethook(L);
    if (before.hook == hook && before.mask != 0)
        return;
    if (before.hook == hook)
        before.hook = NULL;
    place = find_place(st, L);
    if (before.hook != NULL && place == NULL)
        return;
    if (before.hook != NULL)
        *place = before;
    else if (place != NULL && place->L == L) /* of a hook that is gone */
        place->L = NULL;
    lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}
