/* What waits for a safe point: calls of callbacks by other threads, to be told of, and signals,
 * whose functions run then.
 *
 * Depends on slot.c for the events and on enter.c for reporting. Called at the end of a C call
 * and by hook.c, on the thread that owns the state.
 */
#include "callback/slot.h"

/* Stack: the event. Calls from other threads, told at last. */
static int push_strangers(lua_State *L)
{
    const struct lffi_event *event = lua_touserdata(L, 1);
    const char *text = lffi_push_callback_text(L, event->signature, event->place);
    int count = (int)event->strangers;
    if (!event->freed)
        lua_pushfstring(L,
                        "%s was called %d time%s by a thread that does not own the Lua state; it "
                        "returned its error value",
                        text, count, count == 1 ? "" : "s");
    else if (count == 1)
        lua_pushfstring(L, "%s was called by C after it was freed", text);
    else
        lua_pushfstring(L, "%s was called by C %d times after it was freed", text, count);
    return 1;
}

static void report_strangers(lua_State *L, const struct lffi_event *event)
{
    if (event->strangers == 0)
        return;
    lua_pushcfunction(L, push_strangers);
    lua_pushlightuserdata(L, (void *)(uintptr_t)event);
    lua_pcall(L, 1, 1, 0); /* its error, that memory is out, is told as well */
    lffi_report(L, event->plan->ct->scope);
}

void lffi_report_last(struct lffi_state *st)
{
    struct lffi_event event;
    if (!lua_checkstack(st->main, LUA_MINSTACK))
        return;
    while (lffi_next_event(st->gate, &event) != NULL)
        report_strangers(st->main, &event);
}

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
    const struct lffi_plan *plan = slot->plan;
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->ref_function);
    for (uint32_t i = 0; i < plan->nparams; i++)
        push_signal_argument(L, slot, &plan->param[i]);
    lua_pushinteger(L, atomic_exchange(&slot->signal->pending, 0));
    lua_call(L, (int)plan->nparams + 1, 0);
}

void lffi_attend(lua_State *L, struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    struct lffi_slot *slot;
    struct lffi_event event;
    luaL_checkstack(L, LFFI_GPRS + LUA_MINSTACK, NULL); /* before anything is taken out */
    if (gate == NULL)
        return;
    atomic_store(&gate->attention, false);
    while ((slot = lffi_next_event(gate, &event)) != NULL) {
        report_strangers(L, &event);
        if (event.signals && lffi_is_live(slot, gate) && atomic_load(&slot->signal->pending) > 0) {
            lffi_queue_event(slot, gate); /* an error leaves it for the next safe point */
            run_signal(L, slot);
        }
    }
}
