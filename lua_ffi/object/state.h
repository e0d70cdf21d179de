/* state.c: what one Lua universe has of the module (docs/design.md section 6). */
#ifndef LFFI_STATE_H
#define LFFI_STATE_H

#include "base/base.h"

/* Metatables: of cdata, of cdata with finalisers, of ctypes. */
enum lffi_metatable { LFFI_MT_CDATA, LFFI_MT_CDATA_GC, LFFI_MT_CTYPE, LFFI_METATABLES };

/* A Lua value that lives as long as the state, pushed without being looked up (object/inplace.h).
 */
struct lffi_kept_value {
    uint64_t words[2];
};

/* One per Lua universe. */
struct lffi_state {
    lua_State *main;
    struct lffi_scope *scope;           /* the default scope */
    const void *mt_cdata;               /* address of the common cdata metatable ... */
    const void *mt_cdata_gc;            /* ... of the one with __gc ... */
    const void *mt_ctype;               /* ... and of ctypes: how objects are recognised */
    int ref_metatable[LFFI_METATABLES]; /* registry references of the same */
    int ref_kept;       /* ephemeron: cdata -> {[offset] = value}, without places (S6) */
    int ref_finalizers; /* ephemeron: cdata -> finaliser */
    /* where values can be read in place: the same, and names of metamethods, which Lua never frees
     */
    struct lffi_kept_value finalizers, name_index, name_eq;
    int ref_integer_types;     /* weak keys: metatable -> function (S2) */
    int saved_errno;           /* S15 */
    unsigned scalar_callbacks; /* how many of those run, each in the one before */
    unsigned serving;          /* how many kept callbacks run, each in the one before (later.c) */
    uint64_t items_served;     /* how many have run */
    unsigned callbacks_freed;  /* how many were, so far */
    bool errno_assigned;       /* ffi.errno(n) ran since the running callback began (S13) */
    struct lffi_gate *gate;    /* what other threads may look at; NULL before the first callback */
    int ref_callbacks;         /* registry: make.c's tables; 0 before the first callback */
    struct lffi_task *beginning; /* the next call of C that begins is this task's (call.c) */
    struct lffi_crew *crew;      /* of tasks (face/tasks.c) ... */
    unsigned crew_size;          /* ... and how many threads it has; 0: nobody has said */
    int crew_process;            /* ... and in which process they are */
    int ref_tasks;               /* registry: task -> its object, while it is not done; 0: none */
    bool can_peek;               /* see lffi_peeks */
    unsigned interned_max;       /* strings up to this length have one address per content */
    bool keeps;                  /* some cdata keeps something for a pointer in its memory ... */
    bool keeps_apart;            /* ... in the table of ref_kept */
    unsigned searches;           /* for near exports, of late (library.c) ... */
    int64_t search_after;        /* ... and the time of the next, in nanoseconds */
    bool closing;                /* the state's own finaliser has begun */
    bool locked;             /* ffi.lock(): nothing new is declared, loaded, cast, called back */
    bool unloads;            /* there was a library that the collector unmaps */
    uint64_t ctypes;         /* made so far, see lffi_ctype.serial */
    lua_State *arena_thread; /* see scope.c: of the scopes that stay until lua_close */
};

/* Whether arguments may be read in place (base/peek.h): constant, and all that does so gone from
 * the module, when it is built with -DCFFI_NO_PEEK. */
static inline bool lffi_peeks(const struct lffi_state *st)
{
#ifdef CFFI_NO_PEEK
    (void)st;
    return false;
#else
    return st->can_peek;
#endif
}

/* The state of this universe, created on first use. */
struct lffi_state *lffi_open_state(lua_State *L);
/* Pushes a new table with weak keys. */
void lffi_push_weak_table(lua_State *L);

#endif
