/* The running call: what the thread that makes it knows, and what other threads may look at.
 *
 * Every way out of Lua into C that may take long, or call back, goes through lffi_enter_c and
 * lffi_leave_c: between them the thread has let go of the universe (base/universe.h), others may
 * run its Lua code, and nothing of Lua's may be touched, raised or allocated.
 */
#ifndef LFFI_RUNNING_H
#define LFFI_RUNNING_H

#include <errno.h>
#include <stdatomic.h>

#include "base/stack.h"
#include "base/universe.h"
#include "object/record.h"

struct lffi_gate;
struct lffi_thread;

/* One running FFI call, on the C stack of the thread that makes it. */
struct lffi_call {
    struct lffi_call *outer;
    lua_State *L;                     /* the stack that called; callbacks run on it */
    const struct lffi_callee *callee; /* NULL: no call, but what a guest's callbacks run on */
    struct lffi_gate *gate;           /* of its state when C was entered */
    struct lffi_door *back; /* by which it comes back: the universe's, the gate's detour, or NULL */
    struct lffi_thread *thread; /* this one's: known here, it need not be found again */
    int error_index;  /* 0, LFFI_OF_GUEST, or stack index of the kept error of a callback, or ... */
    int prepared;     /* stack index of what scalar callbacks have left there (enter.c), or 0 */
    uint32_t version; /* with `prepared`: of the function there, and the slot it is of */
    const void *slot;
    const char *failure; /* ... this, when it is LFFI_FAILED: an error without a Lua value */
    bool reported;       /* with an error: a suppressed callback has told ffi.onerror */
    bool of_guest;       /* unless error_index is 0: the thread is no resident of the universe */
    int64_t kept_at;     /* with an error: since when, in milliseconds */
};
enum { LFFI_FAILED = -1, LFFI_OF_GUEST = -2 };

/* A callback of this call has failed. */
static inline bool lffi_has_error(const struct lffi_call *call)
{
    return call->error_index != 0 && call->error_index != LFFI_OF_GUEST;
}

/* What is different for each thread that runs Lua in turn: while a guest does, it has what the
 * resident left in the state (S13, S15). */
struct lffi_turn {
    int saved_errno;
    bool errno_assigned;
    unsigned scalar_callbacks;
    unsigned serving;
};

/* A thread that has run callbacks of a universe of which it is no resident (callback/guest.c). The
 * thread owns it until it ends; what it has of Lua is touched with the universe alone. */
struct lffi_guest {
    struct lffi_guest *next;          /* of this thread */
    struct lffi_guest *next_gone;     /* of the gate, when the thread has ended */
    _Atomic(struct lffi_gate *) gate; /* NULL, under the gate's mutex: the universe is closed */
    const void *thread;               /* its lffi_me() */
    struct lffi_guest *neighbour;     /* all of the gate */
    struct lffi_call base;            /* L: its coroutine, or NULL */
    int ref;                          /* which keeps that */
    unsigned depth;                   /* callbacks that run, each in the one before */
    const struct lffi_call *inside;   /* its innermost call that has let go, or NULL */
    struct lffi_turn other;           /* the turn that is not in the state */
};

struct lffi_gate;
struct lffi_task;

/* What a thread has: the innermost of its running calls, and where its errno and its C stack lie,
 * once known. Defined in running.c. */
struct lffi_thread {
    struct lffi_call *innermost;
    int *error_number;
    struct lffi_stack stack;
    struct lffi_guest *guests;            /* by universe */
    struct lffi_guard *guard;             /* of the prompt (face/guard.c), NULL: none */
    struct lffi_task *task;               /* that it runs (call/task.c), NULL: none */
    _Atomic(struct lffi_gate *) waits_in; /* NULL, or, under its universe's mutex ... */
    struct lffi_task *waits_for;          /* ... the task that it waits for without a limit */
};
#ifdef __GLIBC__ /* modules are loaded late, and glibc keeps room for such small variables */
#define LFFI_TLS __attribute__((tls_model("initial-exec")))
#else
#define LFFI_TLS
#endif
extern _Thread_local struct lffi_thread lffi_thread LFFI_TLS;
#define lffi_innermost (lffi_thread.innermost)

/* The hook that a Lua thread had before lffi_arm_hook. Places for the main thread and for those
 * whose calls are nested in each other; when there are more, the others are not armed. */
enum { LFFI_ARMED = 8 };
struct lffi_armed {
    lua_State *L; /* NULL: unused */
    lua_Hook hook;
    int mask, count;
};

struct lffi_slot;
struct lffi_item;

/* What other threads and signal handlers may look at: outside every Lua state, never freed. */
struct lffi_gate {
    struct lffi_universe universe;
    struct lffi_door detour; /* no seat of anybody's: attention is never 0, see lffi_take_detour */
    _Atomic(struct lffi_slot *) events;  /* slots that have some, newest first */
    struct lffi_armed armed[LFFI_ARMED]; /* the resident's */
    struct lffi_gate *next;              /* the free ones */
    struct lffi_gate *known;             /* all there ever were (callback/slot.c) */
    _Atomic(const void *) forker; /* the thread that has taken the universe to fork, or NULL */
    /* under the universe's mutex: */
    struct lffi_guest *guests, *gone;          /* all of them; those whose threads have ended */
    struct lffi_task *tasks;                   /* whose end Lua has not seen (call/task.c) */
    struct lffi_item *first_item, **last_item; /* callbacks that wait for a thread (later.c) */
};

/* The errno of this thread. */
static LFFI_INLINE int *lffi_errno(void)
{
    if (lffi_thread.error_number == NULL)
        lffi_thread.error_number = &errno;
    return lffi_thread.error_number;
}

/* What names the thread while it lives: lffi_leave_c has it at hand. */
static LFFI_INLINE const void *lffi_me(void)
{
    return lffi_errno();
}

/* This thread as a guest of the gate's universe, or NULL. */
struct lffi_guest *lffi_find_guest(const struct lffi_gate *gate);
/* Exchanges what is the guest's own with what the state has; the guest holds the universe. */
void lffi_swap_turn(struct lffi_state *st, struct lffi_guest *guest);

/* The rare parts of entering and leaving C (running.c). */
void lffi_let_go(struct lffi_call *running);
void lffi_come_back(struct lffi_call *running);

/* Has the running call come back the long way, lffi_come_back: it has an error or is a guest's. So
 * the short way need not ask. `gate`: its state's. */
static inline void lffi_take_detour(struct lffi_call *running, struct lffi_gate *gate)
{
    running->back = &gate->detour;
}

/* Begins the part of a call that runs C: nothing may raise until the call is left. The thread's
 * errno lies at `error_number`. True: lffi_let_go must be called. */
static LFFI_INLINE bool lffi_enter_quickly(lua_State *L, const struct lffi_callee *callee,
                                           struct lffi_call *running, int *error_number)
{
    struct lffi_thread *thread = &lffi_thread;
    struct lffi_state *st = callee->st;
    struct lffi_gate *gate = st->gate;
    running->outer = thread->innermost;
    running->L = L;
    running->callee = callee;
    running->gate = gate;
    running->back = gate != NULL ? &gate->universe.door : NULL;
    running->thread = thread;
    running->error_index = running->prepared = 0;
    atomic_signal_fence(memory_order_release); /* a signal callback's handler looks at it */
    thread->innermost = running;
    *error_number = st->saved_errno;
    return gate != NULL && lffi_stand_up(&gate->universe.door);
}

/* C has returned to the thread whose errno lies at `error_number`. True: lffi_come_back must be
 * called before all else. */
static LFFI_INLINE bool lffi_is_kept_out(const struct lffi_call *running, const int *error_number)
{
    struct lffi_door *back = running->back;
    return back != NULL && lffi_sit_down(back, error_number);
}

/* Ends that part: what errno was when C returned is saved. */
static LFFI_INLINE void lffi_leave_quickly(const struct lffi_call *running,
                                           struct lffi_thread *thread, int error_number)
{
    running->callee->st->saved_errno = error_number;
    thread->innermost = running->outer;
}

/* All of that. */
static LFFI_INLINE void lffi_enter_c(lua_State *L, const struct lffi_callee *callee,
                                     struct lffi_call *running)
{
    if (lffi_enter_quickly(L, callee, running, lffi_errno()))
        lffi_let_go(running);
}

/* True: lffi_after_call must be called. */
static LFFI_INLINE bool lffi_leave_c(struct lffi_call *running)
{
    struct lffi_thread *thread = running->thread;
    int error_number = *thread->error_number;
    bool rare = lffi_is_kept_out(running, thread->error_number);
    if (rare)
        lffi_come_back(running);
    lffi_leave_quickly(running, thread, error_number);
    return rare;
}

#endif
