/* What waits for a safe point: calls of callbacks by other threads, to be told of, and signals,
 * whose functions run then.
 *
 * Depends on slot.c for the events and on enter.c for reporting. Called at the end of a C call
 * and by hook.c, on the thread that owns the state.
 */
#include <string.h>

#include "callback/slot.h"

/* ---- the queue ------------------------------------------------------------------------------- */

/* What a slot has to tell at a safe point. The texts are copies, for another state may take a
 * tombstone. */
struct event {
    unsigned strangers; /* calls by foreign threads, or of a freed signal callback */
    bool freed;
    const struct lffi_signature *signature;
    const struct lffi_plan *plan;
    bool signals; /* signals are pending */
    char place[LFFI_PLACE_SIZE];
};

/* Only the owner takes out, so that the head which it sees cannot come back as another. The
 * exchange that puts the slot in front publishes `next_event`. */
void lffi_queue_event(struct lffi_slot *slot, struct lffi_gate *gate)
{
    struct lffi_slot *head = atomic_load(&gate->events);
    if (!atomic_exchange(&slot->queued, true)) {
        do
            slot->next_event = head;
        while (!atomic_compare_exchange_weak(&gate->events, &head, slot));
    }
    atomic_store(&gate->attention, true);
}

static struct lffi_slot *pop_event(struct lffi_gate *gate)
{
    struct lffi_slot *slot = atomic_load(&gate->events);
    while (slot != NULL && !atomic_compare_exchange_weak(&gate->events, &slot, slot->next_event))
        continue;
    return slot;
}

/* Takes a slot out of the gate's events and says what it has to tell, which is thereby told but for
 * signals. NULL when there is none. For the owner. */
static struct lffi_slot *next_event(struct lffi_gate *gate, struct event *event)
{
    struct lffi_slot *slot = pop_event(gate);
    if (slot == NULL)
        return NULL;
    memset(event, 0, sizeof *event);
    atomic_fetch_add(&slot->visitors, 1); /* or another state might take a tombstone */
    atomic_store(&slot->queued, false);
    if (atomic_load(&slot->gate) == gate) {
        event->strangers = atomic_exchange(&slot->strangers, 0);
        event->signals = slot->signal != NULL && atomic_load(&slot->signal->pending) > 0;
        event->freed = atomic_load(&slot->status) == LFFI_SLOT_FREED;
        event->signature = atomic_load(&slot->signature);
        event->plan = slot->use.plan;
        memcpy(event->place, slot->use.place->text, strlen(slot->use.place->text) + 1);
    }
    atomic_fetch_sub(&slot->visitors, 1);
    return slot;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Stack: the event. Calls from other threads, told at last. */
static int push_strangers(lua_State *L)
{
    const struct event *event = lua_touserdata(L, 1);
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

static void report_strangers(lua_State *L, const struct event *event)
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
    struct event event;
    if (!lua_checkstack(st->main, LUA_MINSTACK))
        return;
    while (next_event(st->gate, &event) != NULL)
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
    struct event event;
    luaL_checkstack(L, LFFI_GPRS + LUA_MINSTACK, NULL); /* before anything is taken out */
    if (gate == NULL)
        return;
    atomic_store(&gate->attention, false);
    while ((slot = next_event(gate, &event)) != NULL) {
        report_strangers(L, &event);
        if (event.signals && lffi_is_live(slot, gate) && atomic_load(&slot->signal->pending) > 0) {
            lffi_queue_event(slot, gate); /* an error leaves it for the next safe point */
            run_signal(L, slot);
        }
    }
}
