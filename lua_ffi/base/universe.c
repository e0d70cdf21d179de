/* The long way of the universe's lock: waiting, waking, closing. universe.h has the argument.
 *
 * Depends on barrier.c. All waiting is done on conditions of the waiting thread's own C stack, or
 * on `change`, with cancellation off: a thread that is cancelled here ends at its next chance.
 */
#include "base/universe.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* How long others may go first, and how long a store takes at most to be seen, far beyond truth. */
enum { SOON = 100000, LONG = 10000000 };

/* Who waits, on its own C stack. */
struct lffi_waiter {
    struct lffi_waiter *next;
    pthread_cond_t ready;
    bool called; /* and has not looked yet */
    int64_t since;
};

int64_t lffi_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attr);
    pthread_condattr_destroy(&attr);
}

static void forget_waiters(struct lffi_universe *universe)
{
    universe->first = NULL;
    universe->last = &universe->first;
    universe->resting = 0;
    pthread_mutex_init(&universe->mutex, NULL);
    make_condition(&universe->change);
}

static void fill(struct lffi_universe *universe, const void *me)
{
    universe->pending = 0;
    universe->served = 0;
    universe->left = 0;
    universe->fd[0] = universe->fd[1] = -1;
    universe->readable = false;
    atomic_store(&universe->holder, NULL);
    atomic_store(&universe->door.attention, lffi_open_barrier() ? 0 : LFFI_FENCES);
    atomic_store(&universe->door.seat, me);
}

void lffi_make_universe(struct lffi_universe *universe, const void *me)
{
    forget_waiters(universe);
    fill(universe, me);
}

void lffi_renew_universe(struct lffi_universe *universe, const void *me)
{
    pthread_mutex_lock(&universe->mutex);
    fill(universe, me);
    pthread_mutex_unlock(&universe->mutex);
}

/* ---- under the mutex ------------------------------------------------------------------------- */

static void take_mutex(struct lffi_universe *universe)
{
    pthread_mutex_lock(&universe->mutex);
    LFFI_DELAY();
}

static void give_mutex(struct lffi_universe *universe)
{
    LFFI_DELAY();
    pthread_mutex_unlock(&universe->mutex);
}

static bool has(const struct lffi_universe *universe, int bits)
{
    return (atomic_load(&universe->door.attention) & bits) != 0;
}

/* Waits on the condition; false: it is later than `until`. */
static bool await(struct lffi_universe *universe, pthread_cond_t *condition, int64_t until)
{
    struct timespec time = {.tv_sec = (time_t)(until / 1000000000),
                            .tv_nsec = (long)(until % 1000000000)};
    int state;
    int result = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (until == LFFI_FOREVER)
        pthread_cond_wait(condition, &universe->mutex);
    else
        result = pthread_cond_timedwait(condition, &universe->mutex, &time);
    pthread_setcancelstate(state, &state);
    return result != ETIMEDOUT;
}

/* The descriptor says what there is. */
static void show(struct lffi_universe *universe)
{
    bool readable = universe->first != NULL || universe->pending > 0;
    char byte = 0;
    int state;
    if (universe->fd[0] < 0 || readable == universe->readable)
        return;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* the mutex is held */
    /* a pipe that holds one byte or none: neither blocks nor is full */
    if ((readable ? write(universe->fd[1], &byte, 1) : read(universe->fd[0], &byte, 1)) == 1)
        universe->readable = readable;
    pthread_setcancelstate(state, &state);
}

/* Whether nobody runs Lua, so far as a guest may say it. */
static bool is_free(const struct lffi_universe *universe)
{
    return atomic_load(&universe->holder) == NULL && atomic_load(&universe->door.seat) == NULL;
}

/* Wakes the oldest waiter, when it could have the lock. */
static void wake(struct lffi_universe *universe)
{
    struct lffi_waiter *first = universe->first;
    if (first == NULL || first->called || !is_free(universe))
        return;
    first->called = true;
    pthread_cond_signal(&first->ready);
}

/* Says that there are guests, and does not return before the resident has seen it or will. */
static void announce(struct lffi_universe *universe)
{
    if (has(universe, LFFI_WANTED))
        return;
    atomic_fetch_or(&universe->door.attention, LFFI_WANTED);
    LFFI_DELAY();
    if (has(universe, LFFI_FENCES)) {
        atomic_thread_fence(memory_order_seq_cst);
    } else if (!lffi_barrier()) {
        struct timespec pause = {.tv_nsec = LONG};
        atomic_fetch_or(&universe->door.attention, LFFI_FENCES);
        nanosleep(&pause, NULL);
    }
    LFFI_DELAY();
}

/* Whether a thread may have the lock now: the oldest waiter, or who comes soon after it. */
static bool may_take(const struct lffi_universe *universe, const struct lffi_waiter *self)
{
    const struct lffi_waiter *first = universe->first;
    if (!is_free(universe) || has(universe, LFFI_CLOSED))
        return false;
    return first == self || first == NULL || lffi_now() - first->since < SOON;
}

static void queue(struct lffi_universe *universe, struct lffi_waiter *self)
{
    self->next = NULL;
    self->called = false;
    self->since = lffi_now();
    make_condition(&self->ready);
    *universe->last = self;
    universe->last = &self->next;
}

static void unqueue(struct lffi_universe *universe, struct lffi_waiter *self)
{
    struct lffi_waiter **link = &universe->first;
    while (*link != self)
        link = &(*link)->next;
    *link = self->next;
    if (self->next == NULL)
        universe->last = link;
    pthread_cond_destroy(&self->ready);
}

/* Waits for the lock in the queue. */
static bool wait_in_queue(struct lffi_universe *universe, int64_t until)
{
    struct lffi_waiter self;
    bool mine;
    queue(universe, &self);
    show(universe);
    wake(universe);
    while (!(mine = may_take(universe, &self)) && !has(universe, LFFI_CLOSED)) {
        if (!await(universe, &self.ready, until)) {
            mine = may_take(universe, &self);
            break;
        }
        self.called = false;
    }
    unqueue(universe, &self);
    if (!mine)
        wake(universe);
    show(universe);
    return mine;
}

/* ---- the resident ---------------------------------------------------------------------------- */

void lffi_stood_up(struct lffi_universe *universe)
{
    atomic_thread_fence(memory_order_seq_cst);
    LFFI_DELAY();
    if (!has(universe, LFFI_WANTED | LFFI_EVENTS))
        return;
    take_mutex(universe);
    universe->left = lffi_now();
    wake(universe);
    give_mutex(universe);
}

bool lffi_sat_down(struct lffi_universe *universe, const void *me)
{
    bool mine;
    atomic_thread_fence(memory_order_seq_cst);
    LFFI_DELAY();
    if (!has(universe, LFFI_WANTED | LFFI_CLOSED))
        return true;
    take_mutex(universe);
    atomic_store(&universe->door.seat, NULL);
    mine = may_take(universe, NULL) || wait_in_queue(universe, LFFI_FOREVER);
    if (mine) {
        atomic_store(&universe->door.seat, me);
        if (universe->first == NULL)
            atomic_fetch_and(&universe->door.attention, ~LFFI_WANTED);
    }
    give_mutex(universe);
    return mine;
}

/* ---- guests ---------------------------------------------------------------------------------- */

bool lffi_hold(struct lffi_universe *universe, const void *me, int64_t until)
{
    bool mine;
    take_mutex(universe);
    announce(universe);
    mine =
        may_take(universe, NULL) || (!has(universe, LFFI_CLOSED) && wait_in_queue(universe, until));
    if (mine)
        atomic_store_explicit(&universe->holder, me, memory_order_relaxed);
    give_mutex(universe);
    LFFI_DELAY();
    return mine;
}

void lffi_give_back(struct lffi_universe *universe, bool has_served)
{
    LFFI_DELAY();
    take_mutex(universe);
    atomic_store_explicit(&universe->holder, NULL, memory_order_relaxed);
    universe->served += has_served;
    wake(universe);
    if (universe->resting > 0)
        pthread_cond_broadcast(&universe->change);
    give_mutex(universe);
}

/* ---- other things ---------------------------------------------------------------------------- */

void lffi_lock_universe(struct lffi_universe *universe)
{
    take_mutex(universe);
}

void lffi_unlock_universe(struct lffi_universe *universe, bool changed)
{
    if (changed && universe->resting > 0)
        pthread_cond_broadcast(&universe->change);
    show(universe);
    give_mutex(universe);
}

bool lffi_rest(struct lffi_universe *universe, int64_t until)
{
    bool in_time;
    universe->resting++;
    in_time = await(universe, &universe->change, until);
    universe->resting--;
    return in_time;
}

unsigned lffi_count_waiters(const struct lffi_universe *universe)
{
    unsigned n = 0;
    for (const struct lffi_waiter *waiter = universe->first; waiter != NULL; waiter = waiter->next)
        n++;
    return n;
}

bool lffi_is_wanted(const struct lffi_universe *universe)
{
    return universe->first != NULL || atomic_load(&universe->holder) != NULL;
}

int lffi_universe_fd(struct lffi_universe *universe)
{
    int fd;
    take_mutex(universe);
    if (universe->fd[0] < 0 && pipe(universe->fd) == 0) {
        for (int i = 0; i < 2; i++) {
            fcntl(universe->fd[i], F_SETFD, FD_CLOEXEC);
            fcntl(universe->fd[i], F_SETFL, O_NONBLOCK);
        }
        universe->readable = false;
        show(universe);
    }
    fd = universe->fd[0];
    give_mutex(universe);
    return fd;
}

/* ---- ends ------------------------------------------------------------------------------------ */

void lffi_close_universe(struct lffi_universe *universe)
{
    take_mutex(universe);
    atomic_fetch_or(&universe->door.attention, LFFI_CLOSED);
    while (universe->first != NULL || universe->resting > 0) {
        for (struct lffi_waiter *waiter = universe->first; waiter != NULL; waiter = waiter->next)
            pthread_cond_signal(&waiter->ready);
        pthread_cond_broadcast(&universe->change);
        await(universe, &universe->change, lffi_now() + SOON);
    }
    for (int i = 0; i < 2; i++) {
        if (universe->fd[i] >= 0)
            close(universe->fd[i]);
        universe->fd[i] = -1;
    }
    give_mutex(universe);
}

/* A lock that another thread held would never open: all of them are new. */
void lffi_fork_universe(struct lffi_universe *universe, const void *me)
{
    bool is_seated = atomic_load(&universe->door.seat) == me;
    bool is_mine = is_seated || lffi_is_holding(universe, me);
    forget_waiters(universe);
    if (!is_seated) /* who is not here may have been about to find that it cannot have it (R1) */
        atomic_store(&universe->door.seat, NULL);
    if (!is_mine && !has(universe, LFFI_CLOSED)) {
        universe->is_forked = true;
        atomic_fetch_or(&universe->door.attention, LFFI_CLOSED);
    }
    for (int i = 0; i < 2; i++) { /* the parent's pipe: a byte read here would be missing there */
        if (universe->fd[i] >= 0)
            close(universe->fd[i]);
        universe->fd[i] = -1;
    }
}
