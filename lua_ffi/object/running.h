/* The running call: what the thread that makes it knows, and what other threads may look at.
 */
#ifndef LFFI_RUNNING_H
#define LFFI_RUNNING_H

#include <errno.h>
#include <stdatomic.h>

#include "base/stack.h"
#include "object/record.h"

/* One running FFI call, on the C stack of the thread that makes it. */
struct lffi_call {
    struct lffi_call *outer;
    lua_State *L; /* the stack that called; callbacks run on it */
    const struct lffi_callee *callee;
    int error_index;  /* stack index of the kept error of a callback, 0: none, or ... */
    int prepared;     /* stack index of what scalar callbacks have left there (enter.c), or 0 */
    uint32_t version; /* with `prepared`: of the function there, and the slot it is of */
    const void *slot;
    const char *failure; /* ... this, when it is LFFI_FAILED: an error without a Lua value */
    bool reported;       /* with an error: a suppressed callback has told ffi.onerror */
    int64_t kept_at;     /* with an error: since when, in milliseconds */
};
enum { LFFI_FAILED = -1 };

/* What a thread has: the innermost of its running calls, and where its errno and its C stack lie,
 * once known. The address of the first names the thread. Defined in running.c. */
struct lffi_thread {
    struct lffi_call *innermost;
    int *error_number;
    struct lffi_stack stack;
    struct lffi_guard *guard; /* of the prompt (face/guard.c), NULL: none */
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

/* What other threads and signal handlers may look at: outside every Lua state, never freed. */
struct lffi_gate {
    _Atomic(const void *) owner;         /* &lffi_innermost of the owning thread */
    atomic_int attention;                /* events wait for lffi_attend */
    _Atomic(struct lffi_slot *) events;  /* slots that have some, newest first */
    struct lffi_armed armed[LFFI_ARMED]; /* the owner's */
    struct lffi_gate *next;              /* the free ones */
};

/* The errno of this thread. */
static LFFI_INLINE int *lffi_errno(void)
{
    if (lffi_thread.error_number == NULL)
        lffi_thread.error_number = &errno;
    return lffi_thread.error_number;
}

/* Begins the part of a call that runs C: nothing may raise until lffi_leave_c. */
static LFFI_INLINE void lffi_enter_c(lua_State *L, const struct lffi_callee *callee,
                                     struct lffi_call *running)
{
    struct lffi_state *st = callee->st;
    struct lffi_gate *gate = st->gate;
    running->outer = lffi_innermost;
    running->L = L;
    running->callee = callee;
    running->error_index = running->prepared = 0;
    if (gate != NULL)
        atomic_store_explicit(&gate->owner, &lffi_innermost, memory_order_relaxed);
    atomic_signal_fence(memory_order_release); /* a signal callback's handler looks at it */
    lffi_innermost = running;
    *lffi_errno() = st->saved_errno;
}

static LFFI_INLINE void lffi_leave_c(const struct lffi_callee *callee,
                                     const struct lffi_call *running)
{
    callee->st->saved_errno = *lffi_thread.error_number;
    lffi_innermost = running->outer;
}

#endif
