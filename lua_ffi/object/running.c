/* What a thread has: the innermost of its running calls, and where some of its things lie; and the
 * rare parts of letting go of a universe for a call of C, and of coming back.
 *
 * Depends on base/universe.c. `lffi_thread` is one of the C globals (docs/design.md section 6).
 */
#include "object/running.h"

#include <unistd.h>

_Thread_local struct lffi_thread lffi_thread LFFI_TLS;

struct lffi_guest *lffi_find_guest(const struct lffi_gate *gate)
{
    struct lffi_guest *guest = lffi_thread.guests;
    while (guest != NULL && guest->gate != gate)
        guest = guest->next;
    return guest;
}

void lffi_swap_turn(struct lffi_state *st, struct lffi_guest *guest)
{
    struct lffi_turn mine = {st->saved_errno, st->errno_assigned, st->scalar_callbacks,
                             st->serving};
    st->saved_errno = guest->other.saved_errno;
    st->errno_assigned = guest->other.errno_assigned;
    st->scalar_callbacks = guest->other.scalar_callbacks;
    st->serving = guest->other.serving;
    guest->other = mine;
}

/* The Lua frames to which this thread would return are gone with the state, or half changed by a
 * thread that this process does not have. */
static _Noreturn void park(const struct lffi_universe *universe)
{
    static const char text[] = "cffi: another thread was running Lua when this process was forked: "
                               "its Lua state cannot be used here\n";
    int state;
    if (universe->is_forked) {
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
            _exit(EXIT_FAILURE); /* likewise */
        _exit(EXIT_FAILURE);
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    for (;;)
        pause();
}

void lffi_let_go(struct lffi_call *running)
{
    struct lffi_universe *universe = &running->gate->universe;
    struct lffi_guest *guest;
    int error_number = *lffi_errno();
    if (lffi_is_holding(universe, lffi_me())) {
        running->error_index = LFFI_OF_GUEST;
        running->of_guest = true;
        lffi_take_detour(running, running->gate);
        guest = lffi_find_guest(running->gate);
        guest->inside = running;
        lffi_swap_turn(running->callee->st, guest);
        lffi_give_back(universe, false);
    } else {
        lffi_stood_up(universe);
    }
    *lffi_errno() = error_number;
}

/* The thread's next call of the same universe. */
static const struct lffi_call *outer_of(const struct lffi_call *call)
{
    const struct lffi_call *outer = call->outer;
    while (outer != NULL && outer->gate != call->gate)
        outer = outer->outer;
    return outer;
}

void lffi_come_back(struct lffi_call *running)
{
    struct lffi_universe *universe = &running->gate->universe;
    struct lffi_guest *guest;
    if (running->gate == NULL)
        return; /* C has run Lua code that made the first callback: nobody else may so far */
    if (running->error_index != 0 && running->of_guest) {
        if (!lffi_hold(universe, lffi_me(), LFFI_FOREVER))
            park(universe);
        guest = lffi_find_guest(running->gate);
        guest->inside = outer_of(running);
        lffi_swap_turn(running->callee->st, guest);
    } else if (lffi_sit_down(&universe->door, lffi_me()) && !lffi_sat_down(universe, lffi_me())) {
        park(universe);
    }
}
