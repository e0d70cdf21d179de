/* Slots with something to tell: calls of callbacks that came to nothing, and signals that arrived.
 *
 * Depends on slot.h for the events and on enter.c for reporting. attend.c takes them out.
 */
#include <string.h>

#include "callback/slot.h"

/* ---- the queue ------------------------------------------------------------------------------- */

/* What a slot has to tell at a safe point. The texts are copies, for another state may take a
 * tombstone. */
struct event {
    unsigned strangers, refused, failed; /* calls, as in struct lffi_slot */
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
    atomic_fetch_or(&gate->universe.door.attention, LFFI_EVENTS);
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
        event->refused = atomic_exchange(&slot->refused, 0);
        event->failed = atomic_exchange(&slot->failed, 0);
        event->signals = slot->signal != NULL && atomic_load(&slot->signal->pending) > 0;
        event->signature = atomic_load(&slot->signature);
        event->plan = slot->use.plan;
        memcpy(event->place, slot->use.place->text, strlen(slot->use.place->text) + 1);
    }
    atomic_fetch_sub(&slot->visitors, 1);
    return slot;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Stack: the event. */
static int push_strangers(lua_State *L)
{
    const struct event *event = lua_touserdata(L, 1);
    const char *text = lffi_push_callback_text(L, event->signature, event->place);
    int count = (int)event->strangers;
    if (count == 1)
        lua_pushfstring(L, "%s was called by C after it was freed", text);
    else
        lua_pushfstring(L, "%s was called by C %d times after it was freed", text, count);
    return 1;
}

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

static int push_refused(lua_State *L)
{
    const struct event *event = lua_touserdata(L, 1);
    lua_pushfstring(L,
                    "%s was called %d time%s by a thread that waited in vain for its owner, which "
                    "is inside C or has ended; it returned its error value",
                    lffi_push_callback_text(L, event->signature, event->place), (int)event->refused,
                    plural(event->refused));
    return 1;
}

static int push_failed(lua_State *L)
{
    const struct event *event = lua_touserdata(L, 1);
    lua_pushfstring(L,
                    "%s was called %d time%s by another thread when memory was out; it returned "
                    "its error value",
                    lffi_push_callback_text(L, event->signature, event->place), (int)event->failed,
                    plural(event->failed));
    return 1;
}

/* An error of `push`, that memory is out, is told as well. */
static void report(lua_State *L, const struct event *event, unsigned count, lua_CFunction push)
{
    if (count == 0)
        return;
    lua_pushcfunction(L, push);
    lua_pushlightuserdata(L, (void *)(uintptr_t)event);
    lua_pcall(L, 1, 1, 0);
    lffi_report(L, event->plan->ct->scope);
}

static void report_event(lua_State *L, const struct event *event)
{
    report(L, event, event->strangers, push_strangers);
    report(L, event, event->refused, push_refused);
    report(L, event, event->failed, push_failed);
}

struct lffi_slot *lffi_tell_event(lua_State *L, struct lffi_gate *gate, bool *signals)
{
    struct event event;
    struct lffi_slot *slot = next_event(gate, &event);
    if (slot == NULL)
        return NULL;
    report_event(L, &event);
    *signals = event.signals;
    return slot;
}

void lffi_report_last(struct lffi_state *st)
{
    bool signals;
    if (!lua_checkstack(st->main, LUA_MINSTACK))
        return;
    while (lffi_tell_event(st->main, st->gate, &signals) != NULL)
        continue;
}
