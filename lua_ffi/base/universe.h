/* The lock of a Lua universe: which thread may run its Lua code (docs/design.md S26).
 *
 * A thread that runs Lua holds the lock; it lets go of it when it enters C and takes it again when
 * it comes back. Any thread may hold it. Nearly always one thread alone does, the resident, which
 * makes call after call, and which must not pay for the others: it uses plain loads and stores, and
 * they, the guests, pay for both sides.
 *
 * The words
 *
 *     seat       the resident while it holds the lock, NULL while it is in C. Written by the
 *                resident alone, and by a guest that stores NULL into it where NULL counts already
 *     attention  bits: WANTED: there are guests, so that all take the long way; EVENTS: something
 *                waits for a safe point; FENCES: no barriers in other threads are to be had;
 *                CLOSED: the universe is gone
 *     holder     the guest that holds the lock, NULL: none. Written under the mutex
 *     first ...  who waits, the oldest first. Under the mutex
 *
 * Who may run Lua: the resident when it has stored itself into `seat`, and then read `attention`
 * and found no WANTED; or, under the mutex, who finds both holder and seat NULL: a guest becomes
 * the holder, the resident sits down.
 *
 * Why never two
 *
 *     resident comes back from C      guest comes
 *     R1  seat = me                   G1  attention |= WANTED   (under the mutex, unless it is set)
 *     R2  compiler barrier            G2  membarrier
 *     R3  read attention              G3  read seat
 *
 * membarrier runs a full barrier on the resident's processor at some point of its program between
 * G1 and G3. Is that point after R1, then R1's store is visible at G3: the guest sees the seat
 * taken and waits. Is it before R1, then it is before R3 too, which reads what G1 has stored: the
 * resident sees WANTED and takes the long way. So at least one of them sees the other; when both
 * do, the mutex decides: the resident leaves the seat under it and queues up.
 *
 * It is enough that a guest does so when it sets WANTED. The bit is cleared by the resident alone,
 * under the mutex, when nobody waits and no guest holds the lock; while it is set, each R3 after
 * the barrier reads it, and no later guest needs another one. Threads that are no resident never
 * touch `seat` with a value: a call that is begun while `holder` is its thread is marked in its
 * struct lffi_call, and its way back leads to a detour (object/running.h): two words like seat and
 * attention, of which the first is nobody's seat and the second never 0, so that S1 and R1 to R3
 * stay as they are, without a question, and the long way follows.
 *
 * Why nobody waits for ever
 *
 *     resident enters C               guest waits
 *     S1  seat = NULL                 G1 G2 as above
 *     S2  compiler barrier            G3  read seat: taken; sleep on its own condition
 *     S3  read attention              (all under the mutex)
 *
 * By the same argument either S3 sees WANTED, and the resident wakes the oldest waiter under the
 * mutex, or G3 sees S1. Whoever lets go the long way wakes the oldest waiter, too. It is woken
 * before its turn only when others have gone first, which they may for a tenth of a millisecond
 * after its coming (SOON): a lock handed over at each callback would cost two switches of threads.
 *
 * What is seen. S1 is a release and G3 an acquire, so that a guest sees all of Lua that the
 * resident wrote. What a guest wrote is published by the mutex, which the resident passes while
 * WANTED is set; when R3 reads it cleared, the resident itself has done that. `seat` is compared
 * with a thread's own name by others only through callbacks: no old value is one's own. What names
 * a thread is the address of its errno, which the way back from C has loaded anyway.
 *
 * Without membarrier (lffi_open_barrier is false) FENCES is set for good: every call takes the long
 * way, which has full fences between R1 and R3, and S1 and S3. When a sandbox takes membarrier away
 * later, FENCES is set then, and the guest waits far longer than any processor delays a store.
 *
 * What it costs before there is a universe with a callback, a task or a worker: nothing, for the
 * gate (object/running.h) that holds all this is made with the first. After that two stores, two
 * loads and two tests for each call.
 *
 * Fork: the thread that forks takes the lock for the moment (callback/ends.c), so that the child
 * finds Lua's memory whole. The resident, which the child has not, may just have passed R1: there
 * its seat is empty again. In a universe that it could not get within a second another thread was
 * running Lua for so long: in the child it is closed, and a thread that returns to it ends the
 * child, with a line on stderr.
 *
 * Close: CLOSED is set for good, waiters get false, and a thread that comes back to its Lua frames,
 * which are gone, never returns.
 *
 * Lock order: the universe, then callback/slot.c's table, then `mutex`, under which nothing else
 * is taken but the dynamic linker's list of files. Depends on barrier.c; no Lua object is known
 * here.
 */
#ifndef LFFI_UNIVERSE_H
#define LFFI_UNIVERSE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/barrier.h"

enum { LFFI_EVENTS = 1, LFFI_WANTED = 2, LFFI_FENCES = 4, LFFI_CLOSED = 8 };

/* The two words of the resident's way, which takes no other. */
struct lffi_door {
    _Atomic(const void *) seat;
    atomic_int attention;
};

struct lffi_waiter;

struct lffi_universe {
    struct lffi_door door;
    _Atomic(const void *) holder;
    pthread_mutex_t mutex;
    /* under the mutex: */
    pthread_cond_t change; /* for who rests: see lffi_rest */
    struct lffi_waiter *first, **last;
    unsigned resting; /* threads that wait for `change` */
    unsigned pending; /* things that wait for a safe point and make the descriptor readable */
    uint64_t served;  /* callbacks that guests have ended */
    int64_t left;     /* when the resident last entered C and something waited, see lffi_now */
    int fd[2];        /* readable end, writing end; -1: none */
    bool readable;
    bool is_forked; /* closed by a fork */
};

/* Nanoseconds of a clock that nobody sets; never 0. */
int64_t lffi_now(void);
#define LFFI_FOREVER INT64_MAX

/* Makes a universe whose seat is taken by `me`. */
void lffi_make_universe(struct lffi_universe *universe, const void *me);
/* The same of one that is closed: a thread that knew it may still be about to look. */
void lffi_renew_universe(struct lffi_universe *universe, const void *me);

/* ---- the resident's way ---------------------------------------------------------------------- */

/* Lets go of the lock. True: lffi_stood_up must be called. */
static inline __attribute__((always_inline)) bool lffi_stand_up(struct lffi_door *door)
{
    LFFI_DELAY();
    atomic_store_explicit(&door->seat, NULL, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
    LFFI_DELAY();
    return atomic_load_explicit(&door->attention, memory_order_acquire) != 0;
}

/* Takes the lock. True: lffi_sat_down must be called, without which it is not taken. */
static inline __attribute__((always_inline)) bool lffi_sit_down(struct lffi_door *door,
                                                                const void *me)
{
    LFFI_DELAY();
    atomic_store_explicit(&door->seat, me, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    LFFI_DELAY();
    return atomic_load_explicit(&door->attention, memory_order_acquire) != 0;
}

/* The rare parts. Waits until this thread has the lock; false: the universe is closed. */
void lffi_stood_up(struct lffi_universe *universe);
bool lffi_sat_down(struct lffi_universe *universe, const void *me);

/* ---- the guests' way ------------------------------------------------------------------------- */

/* Waits for the lock; false: the universe is closed, or it is later than `until`. */
bool lffi_hold(struct lffi_universe *universe, const void *me, int64_t until);
void lffi_give_back(struct lffi_universe *universe, bool has_served);
/* Whether the thread holds the lock as a guest. */
static inline bool lffi_is_holding(const struct lffi_universe *universe, const void *me)
{
    return atomic_load_explicit(&universe->holder, memory_order_relaxed) == me;
}

/* ---- waiting for other things ---------------------------------------------------------------- */

/* The mutex, for lists of things that wait. Giving it back tells who rests, when `changed`. */
void lffi_lock_universe(struct lffi_universe *universe);
void lffi_unlock_universe(struct lffi_universe *universe, bool changed);
/* Waits, with the mutex, for something to change; false: it is later than `until`. */
bool lffi_rest(struct lffi_universe *universe, int64_t until);
/* With the mutex: how many wait for the lock; whether anybody does, or has it as a guest. */
unsigned lffi_count_waiters(const struct lffi_universe *universe);
bool lffi_is_wanted(const struct lffi_universe *universe);
/* A descriptor that is readable while `pending` is not 0 or somebody waits for the lock; -1: the
 * system has none left. */
int lffi_universe_fd(struct lffi_universe *universe);

/* ---- ends ------------------------------------------------------------------------------------ */

/* Refuses all who wait or come, and returns when none of them waits any more. */
void lffi_close_universe(struct lffi_universe *universe);
/* In the child of a fork, where nobody but this thread is left: the mutex is new, and when it does
 * not have the lock nobody ever will: it is closed. */
void lffi_fork_universe(struct lffi_universe *universe, const void *me);

#endif
