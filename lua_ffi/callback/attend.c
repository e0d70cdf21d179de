/* A safe point: what waits for one is done. Events are told, the functions of signal callbacks run,
 * and so does what other threads have left (later.c); coroutines of guests that are gone are let
 * go.
 *
 * Depends on events.c, later.c and guest.c. Called at the end of a C call and by hook.c, on the
 * thread that has the universe.
 */
#include "callback/slot.h"

/* A parameter of a signal callback: integers as they came; what pointers pointed to is gone. */
static void push_signal_argument(lua_State *L, const struct lffi_slot *slot,
                                 const struct lffi_param *param)
{
    size_t first = offsetof(struct lffi_registers, gpr);
    uint64_t word = atomic_load(&slot->signal->gpr[(param->to - first) / sizeof word]);
    if (param->op == LFFI_POINTER)
        word = 0;
    if (!lffi_push_plain(L, param->op, (const unsigned char *)&word))
        lffi_load(L, param->ct, &word, 0);
}

static void run_signal(lua_State *L, const struct lffi_slot *slot)
{
    const struct lffi_plan *plan = slot->use.plan;
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    for (uint32_t i = 0; i < plan->nparams; i++)
        push_signal_argument(L, slot, &plan->param[i]);
    lua_pushinteger(L, atomic_exchange(&slot->signal->pending, 0));
    lua_call(L, (int)plan->nparams + 1, 0);
}

void lffi_attend(lua_State *L, struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    struct lffi_slot *slot;
    bool signals;
    if (gate == NULL)
        return;
    if (!(atomic_load(&gate->universe.door.attention) & LFFI_EVENTS) &&
        !lffi_is_holding(&gate->universe, lffi_me()))
        return;
    luaL_checkstack(L, LFFI_GPRS + LUA_MINSTACK, NULL); /* before anything is taken out */
    if (!lffi_is_holding(&gate->universe, lffi_me()))   /* some may be for the resident */
        atomic_fetch_and(&gate->universe.door.attention, ~LFFI_EVENTS);
    lffi_serve(L, st);
    lffi_drop_gone(L, gate);
    while ((slot = lffi_tell_event(L, gate, &signals)) != NULL) {
        if (signals && lffi_is_live(slot, gate) && atomic_load(&slot->signal->pending) > 0) {
            lffi_queue_event(slot, gate); /* an error leaves it for the next safe point */
            run_signal(L, slot);
        }
    }
}
