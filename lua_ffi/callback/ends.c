/* What ends all that callbacks, tasks and workers of a state have: lua_close; and a fork, whose
 * child has one thread only. A fork must know of every gate, which is therefore had from here.
 *
 * Depends on slot.c for the table, and on all who have something of a gate: events.c, later.c,
 * guest.c, call/task.c, base/crew.c.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/crew.h"
#include "call/task.h"
#include "callback/table.h"

/* ---- forks ----------------------------------------------------------------------------------- */

/* The child has only the thread that forks. It must find Lua states that nobody was changing, and
 * no lock that another thread held. */

/* How long a fork waits for who runs Lua in a state in which this thread is inside C. */
static const int64_t patience = 1000000000;

static bool is_calling(const struct lffi_gate *gate)
{
    const struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->gate != gate)
        call = call->outer;
    return call != NULL;
}

static bool has_universe(const struct lffi_universe *universe)
{
    return atomic_load(&universe->door.seat) == lffi_me() || lffi_is_holding(universe, lffi_me());
}

/* Others may be about to fork, too: each knows what it has taken itself. */
static void take_to_fork(struct lffi_gate *gate)
{
    int64_t until = lffi_now() + (is_calling(gate) ? patience : 0);
    if (!has_universe(&gate->universe) && lffi_hold(&gate->universe, lffi_me(), until))
        atomic_store(&gate->forker, lffi_me());
}

static void give_after_fork(struct lffi_gate *gate)
{
    if (atomic_load(&gate->forker) != lffi_me())
        return;
    atomic_store(&gate->forker, NULL);
    lffi_give_back(&gate->universe, false);
}

static void before_fork(void)
{
    struct lffi_gate *gate;
    for (gate = lffi_all_gates(); gate != NULL; gate = gate->known)
        take_to_fork(gate);
    lffi_lock_slots();
    for (gate = lffi_all_gates(); gate != NULL; gate = gate->known)
        lffi_lock_universe(&gate->universe);
}

static void after_fork(void)
{
    struct lffi_gate *gate;
    for (gate = lffi_all_gates(); gate != NULL; gate = gate->known)
        lffi_unlock_universe(&gate->universe, false);
    lffi_unlock_slots();
    for (gate = lffi_all_gates(); gate != NULL; gate = gate->known)
        give_after_fork(gate);
}

/* A state in which another thread was running Lua is half done here, for ever. */
static void in_child(void)
{
    struct lffi_gate *gate;
    lffi_renew_slots();
    for (gate = lffi_all_gates(); gate != NULL; gate = gate->known) {
        lffi_fork_universe(&gate->universe, lffi_me());
        lffi_fork_guests(gate);
        lffi_drop_items(gate);
        give_after_fork(gate);
        atomic_store(&gate->forker, NULL); /* not here, if it was another thread */
    }
}

static void survive_forks(void)
{
    if (pthread_atfork(before_fork, after_fork, in_child) != 0)
        fputs("cffi: not enough memory: callbacks may hang in forked processes\n", stderr);
}

struct lffi_gate *lffi_gate_of(struct lffi_state *st)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (st->gate != NULL)
        return st->gate;
    pthread_once(&once, survive_forks);
    return lffi_open_gate(st);
}

/* ---- lua_close ------------------------------------------------------------------------------- */

void lffi_callback_close(struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    bool inside;
    if (gate == NULL)
        return;
    lffi_report_last(st);
    lffi_close_slots(gate);
    st->gate = NULL;
    lffi_close_universe(&gate->universe);
    lffi_drop_items(gate);
    lffi_close_tasks(gate);
    if (st->crew != NULL && st->crew_process == getpid())
        lffi_end_crew(st->crew);
    st->crew = NULL;
    /* a thread that comes back from C must find it closed: then it is not used again */
    inside = lffi_close_guests(gate) || lffi_is_holding(&gate->universe, lffi_me());
    if (!inside)
        lffi_return_gate(gate);
}
