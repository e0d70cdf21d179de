/* Calls of C that run on another thread: what Lua's side and that thread share. */
#ifndef LFFI_TASK_H
#define LFFI_TASK_H

#include <sys/types.h>

#include "base/crew.h"
#include "call/call.h"

enum lffi_task_state { LFFI_TASK_NEW, LFFI_TASK_QUEUED, LFFI_TASK_RUNNING, LFFI_TASK_DONE };

/* Process memory, held by its userdata and, once submitted, by the thread that runs it: C may
 * return when the Lua state is gone. What its arguments borrow, and the frame, is Lua's, on the
 * stack of the coroutine that waits for the call's end. */
struct lffi_task {
    struct lffi_job job;
    struct lffi_gate *gate;
    /* under the universe's mutex: */
    struct lffi_task *next; /* of the gate's ... */
    bool linked;            /* ... in whose list it is */
    uint8_t state;          /* enum lffi_task_state */
    bool seen;              /* Lua knows that it is done */
    bool polled;            /* who waits for the descriptor will look itself: ffi.poll does not */
    bool closed;            /* the Lua state is gone */
    uint8_t holders;
    bool lost; /* the thread has ended within it */
    struct lffi_thread *runs_on;
    struct lffi_thread *asks; /* who runs a callback that runs_on waits for; NULL: nobody */
    /* what it is given to: */
    struct lffi_crew *crew;
    bool pinned; /* a worker's: its one thread does all */
    /* Lua's: */
    struct lffi_state *st;
    lua_State *L; /* its coroutine */
    bool cancelled;
    int nresults;  /* on L when it has returned; -1: it has not */
    int status;    /* ... and how */
    pid_t process; /* whose thread runs it */
    /* the call; the thread's while it runs */
    enum lffi_return_kind kind;
    bool by_libffi;
    int error_number;
    void (*address)(void);
    const struct lffi_library *lib; /* NULL: a function pointer */
    const unsigned char *frame;
    struct lffi_assign assigned;
    struct lffi_return ret;
    void *memory; /* for a result in memory */
    /* for the end of the call, on Lua's side */
    const struct lffi_plan *plan;
    struct lffi_cdata *object;
    struct lffi_loans *loans;
};

/* A task of the state; NULL: no memory. The caller holds it. */
struct lffi_task *lffi_make_task(struct lffi_gate *gate);
/* Lets go of it. */
void lffi_drop_task(struct lffi_task *task);
/* Enters it among those of its gate and gives it to its crew; false: there is no thread. */
bool lffi_start_task(struct lffi_task *task);
/* Takes it back; false: it has begun. */
bool lffi_cancel_task(struct lffi_task *task);
/* The thread has done it. */
void lffi_finish_task(struct lffi_task *task);
/* The thread begins; false: it need not. */
bool lffi_begin_task(struct lffi_task *task);
/* This thread waits for the task, until lffi_end_waiting, which lffi_wait_outside calls. False:
 * that cannot be done while this thread waits, and it does not. */
bool lffi_begin_waiting(struct lffi_task *task);
void lffi_end_waiting(void);
/* This thread, if it is one of a pool, waits for others: another one may take its place until
 * lffi_return_thread of the crew. `*lent` is NULL when there is none. False: another one is needed
 * and cannot be made; nothing is lent. */
bool lffi_lend_this_thread(struct lffi_crew **lent);
/* With the universe's mutex: notices that a task is done; all of them that are, and how many. */
void lffi_see_task(struct lffi_task *task);
unsigned lffi_see_tasks(struct lffi_gate *gate);
/* True while a task of the state runs, or will, a function of the library. */
bool lffi_is_task_running(struct lffi_gate *gate, const struct lffi_library *lib,
                          lffi_holds *holds);
/* The Lua state closes: waits up to a second for those that run. */
void lffi_close_tasks(struct lffi_gate *gate);

#endif
