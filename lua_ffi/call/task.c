/* The life of a task between Lua's side (face/tasks.c) and the thread that runs it (docs/design.md
 * S28).
 *
 * Depends on base/crew.c and on the universe's mutex, under which states change. The gate's list
 * has the tasks that are submitted and whose end Lua has not seen. No Lua state is touched here.
 */
#include "call/task.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static const int64_t patience = 1000000000;

struct lffi_task *lffi_make_task(struct lffi_gate *gate)
{
    struct lffi_task *task = calloc(1, sizeof *task);
    if (task == NULL)
        return NULL;
    task->gate = gate;
    task->holders = 1;
    task->nresults = -1;
    task->process = getpid();
    return task;
}

/* Out of the gate's list, if it is there. */
static void unlink_task(struct lffi_task *task)
{
    struct lffi_task **link = &task->gate->tasks;
    while (task->linked && *link != NULL && *link != task)
        link = &(*link)->next;
    if (task->linked && *link != NULL)
        *link = task->next;
    task->linked = false;
}

/* With the mutex, which is given back. One that the state was closed on is still in the list, which
 * lffi_close_tasks looks through meanwhile. */
static void drop(struct lffi_task *task, bool changed)
{
    bool last = --task->holders == 0;
    if (last && task->state == LFFI_TASK_DONE)
        lffi_see_task(task); /* nobody ever will */
    if (last)
        unlink_task(task);
    lffi_unlock_universe(&task->gate->universe, changed);
    if (!last)
        return;
    free(task->memory);
    free(task);
}

void lffi_drop_task(struct lffi_task *task)
{
    lffi_lock_universe(&task->gate->universe);
    drop(task, false);
}

/* ---- the thread's side ----------------------------------------------------------------------- */

bool lffi_begin_task(struct lffi_task *task)
{
    bool closed;
    lffi_lock_universe(&task->gate->universe);
    closed = task->closed;
    if (!closed) {
        task->state = LFFI_TASK_RUNNING;
        task->runs_on = &lffi_thread;
        lffi_thread.task = task;
        lffi_unlock_universe(&task->gate->universe, false);
    } else {
        drop(task, false);
    }
    return !closed;
}

void lffi_finish_task(struct lffi_task *task)
{
    lffi_thread.task = NULL;
    lffi_lock_universe(&task->gate->universe);
    task->state = LFFI_TASK_DONE;
    if (!task->closed)
        task->gate->universe.pending++;
    drop(task, true);
}

/* One that closing has freed from it is not this thread's any more. */
static void lose(struct lffi_job *job)
{
    struct lffi_task *task = (struct lffi_task *)job; /* its first member */
    if (lffi_thread.task != task)
        return;
    lffi_lock_universe(&task->gate->universe);
    task->lost = true;
    lffi_unlock_universe(&task->gate->universe, false);
    lffi_finish_task(task);
}

static void run_call(struct lffi_job *job)
{
    struct lffi_task *task = (struct lffi_task *)job; /* its first member */
    int state;
    if (!lffi_begin_task(task))
        return;
    errno = task->error_number;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state); /* in C alone */
    lffi_invoke(task->kind, task->by_libffi, task->address, task->frame, &task->assigned,
                &task->ret);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    task->error_number = errno;
    lffi_finish_task(task);
}

/* ---- Lua's side ------------------------------------------------------------------------------ */

bool lffi_start_task(struct lffi_task *task)
{
    struct lffi_gate *gate = task->gate;
    bool started;
    if (task->job.run == NULL)
        task->job.run = run_call;
    task->job.lose = lose;
    lffi_lock_universe(&gate->universe);
    task->state = LFFI_TASK_QUEUED;
    task->holders++;
    task->next = gate->tasks;
    task->linked = true;
    gate->tasks = task;
    lffi_unlock_universe(&gate->universe, false);
    started = lffi_submit(task->crew, &task->job);
    if (!started) {
        lffi_lock_universe(&gate->universe);
        unlink_task(task);
        drop(task, false);
    }
    return started;
}

bool lffi_cancel_task(struct lffi_task *task)
{
    if (!lffi_withdraw(task->crew, &task->job))
        return false;
    lffi_lock_universe(&task->gate->universe);
    task->state = LFFI_TASK_DONE;
    task->seen = task->cancelled = true;
    unlink_task(task);
    drop(task, true);
    return true;
}

/* ---- tasks that wait for tasks --------------------------------------------------------------- */

/* The thread that must go on for a running task to be done. */
static const struct lffi_thread *hand_of(const struct lffi_task *task)
{
    return task->asks != NULL ? task->asks : task->runs_on;
}

/* What must be done before the task can be, as far as that is known; NULL: nothing. */
static const struct lffi_task *obstacle_of(const struct lffi_task *task)
{
    const struct lffi_task *other = task->gate->tasks;
    if (task->state == LFFI_TASK_RUNNING)
        return atomic_load(&hand_of(task)->waits_in) == task->gate ? hand_of(task)->waits_for
                                                                   : NULL;
    if (task->state != LFFI_TASK_QUEUED || !task->pinned)
        return NULL;
    while (other != NULL && (other->crew != task->crew || other->state != LFFI_TASK_RUNNING))
        other = other->next;
    return other;
}

/* No circle is there before: each would have been one when its last wait began. */
static bool needs_this_thread(const struct lffi_task *task)
{
    while (task != NULL && (task->state != LFFI_TASK_RUNNING || hand_of(task) != &lffi_thread))
        task = obstacle_of(task);
    return task != NULL;
}

bool lffi_begin_waiting(struct lffi_task *task)
{
    struct lffi_gate *gate = task->gate;
    bool fine;
    lffi_lock_universe(&gate->universe);
    fine = !needs_this_thread(task);
    if (fine) {
        lffi_thread.waits_for = task;
        atomic_store(&lffi_thread.waits_in, gate);
    }
    lffi_unlock_universe(&gate->universe, false);
    return fine;
}

void lffi_end_waiting(void)
{
    struct lffi_gate *gate = atomic_load(&lffi_thread.waits_in);
    if (gate == NULL)
        return;
    lffi_lock_universe(&gate->universe);
    atomic_store(&lffi_thread.waits_in, NULL);
    lffi_unlock_universe(&gate->universe, false);
}

bool lffi_lend_this_thread(struct lffi_crew **lent)
{
    const struct lffi_task *task = lffi_thread.task;
    *lent = NULL;
    if (task == NULL || task->pinned)
        return true;
    if (!lffi_lend_thread(task->crew))
        return false;
    *lent = task->crew;
    return true;
}

/* ---- seeing ---------------------------------------------------------------------------------- */

void lffi_see_task(struct lffi_task *task)
{
    if (task->seen || task->closed)
        return;
    unlink_task(task);
    task->seen = true;
    task->gate->universe.pending--;
}

unsigned lffi_see_tasks(struct lffi_gate *gate)
{
    struct lffi_task **link = &gate->tasks;
    unsigned n = 0;
    while (*link != NULL) {
        struct lffi_task *task = *link;
        if (task->state != LFFI_TASK_DONE || task->polled) {
            link = &task->next;
            continue;
        }
        lffi_see_task(task); /* which takes it out */
        n++;
    }
    return n;
}

bool lffi_is_task_running(struct lffi_gate *gate, const struct lffi_library *lib, lffi_holds *holds)
{
    bool running = false;
    const void *code;
    if (gate == NULL)
        return false;
    lffi_lock_universe(&gate->universe);
    for (const struct lffi_task *task = gate->tasks; task != NULL; task = task->next) {
        if (task->state == LFFI_TASK_DONE)
            continue;
        memcpy(&code, &task->address, sizeof code);
        running |= task->lib == lib || (task->lib == NULL && code != NULL && holds(lib, code));
    }
    lffi_unlock_universe(&gate->universe, false);
    return running;
}

/* Besides the one that this thread runs, which closes the state, and those of a process that this
 * one was forked from. */
static bool is_any_running(const struct lffi_gate *gate)
{
    const struct lffi_task *task = gate->tasks;
    pid_t process = getpid();
    while (task != NULL && (task->state != LFFI_TASK_RUNNING || task == lffi_thread.task ||
                            task->process != process))
        task = task->next;
    return task != NULL;
}

void lffi_close_tasks(struct lffi_gate *gate)
{
    int64_t until = lffi_now() + patience;
    lffi_lock_universe(&gate->universe);
    for (struct lffi_task *task = gate->tasks; task != NULL; task = task->next)
        task->closed = true;
    while (is_any_running(gate) && lffi_rest(&gate->universe, until))
        continue;
    gate->tasks = NULL;
    lffi_unlock_universe(&gate->universe, false);
}
