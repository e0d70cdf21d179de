/* The life of a task between Lua's side (face/tasks.c) and the thread that runs it (docs/design.md
 * S28).
 *
 * Depends on base/crew.c and on the universe's mutex, under which states change. The gate's list
 * has the tasks that are submitted and whose end Lua has not seen. No Lua state is touched here.
 */
#include "call/task.h"

#include <errno.h>
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
        lffi_unlock_universe(&task->gate->universe, false);
    } else {
        drop(task, false);
    }
    return !closed;
}

void lffi_finish_task(struct lffi_task *task)
{
    lffi_lock_universe(&task->gate->universe);
    task->state = LFFI_TASK_DONE;
    if (!task->closed)
        task->gate->universe.pending++;
    drop(task, true);
}

static void run_call(struct lffi_job *job)
{
    struct lffi_task *task = (struct lffi_task *)job; /* its first member */
    if (!lffi_begin_task(task))
        return;
    errno = task->error_number;
    lffi_invoke(task->kind, task->by_libffi, task->address, task->frame, &task->assigned,
                &task->ret);
    task->error_number = errno;
    lffi_finish_task(task);
}

/* ---- Lua's side ------------------------------------------------------------------------------ */

bool lffi_start_task(struct lffi_task *task, struct lffi_crew *crew)
{
    struct lffi_gate *gate = task->gate;
    bool started;
    if (task->job.run == NULL)
        task->job.run = run_call;
    lffi_lock_universe(&gate->universe);
    task->state = LFFI_TASK_QUEUED;
    task->holders++;
    task->next = gate->tasks;
    task->linked = true;
    gate->tasks = task;
    lffi_unlock_universe(&gate->universe, false);
    started = lffi_submit(crew, &task->job);
    if (!started) {
        lffi_lock_universe(&gate->universe);
        unlink_task(task);
        drop(task, false);
    }
    return started;
}

bool lffi_cancel_task(struct lffi_task *task, struct lffi_crew *crew)
{
    if (!lffi_withdraw(crew, &task->job))
        return false;
    lffi_lock_universe(&task->gate->universe);
    task->state = LFFI_TASK_DONE;
    task->seen = task->cancelled = true;
    unlink_task(task);
    drop(task, true);
    return true;
}

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
        if (task->state != LFFI_TASK_DONE) {
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

static bool is_any_running(const struct lffi_gate *gate)
{
    const struct lffi_task *task = gate->tasks;
    while (task != NULL && task->state != LFFI_TASK_RUNNING)
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
