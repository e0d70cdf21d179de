/* The object wing: the state of a Lua universe, and C values as Lua objects. ctype.h has the types,
 * scope.h, keep.h, members.h, integer.h, record.h and running.h what few need.
 *
 * Who owns what. One `lffi_state` per Lua universe, a userdata in the registry, created first and
 * so finalised last. The default scope, and those made to stay, are anchored until lua_close; all
 * others by their API table, ctypes, cdata, libraries, functions and callbacks. A scope anchors its
 * ctypes: no cdata can outlive its type. A cdata is a userdata of its own; views and pointers into
 * memory of another cdata carry that owner as their one user value, objects what the pointers in
 * them lead to (keep.c). Plans, records and field tables are userdata held by ctypes.
 */
#ifndef LFFI_OBJECT_H
#define LFFI_OBJECT_H

#include "base/base.h"

struct lffi_plan;
struct lffi_ctype;

/* Metatables: of cdata, of cdata with finalisers, of ctypes. */
enum lffi_metatable { LFFI_MT_CDATA, LFFI_MT_CDATA_GC, LFFI_MT_CTYPE, LFFI_METATABLES };

/* One per Lua universe (docs/design.md section 6). */
struct lffi_state {
    lua_State *main;
    struct lffi_scope *scope;           /* the default scope */
    const void *mt_cdata;               /* address of the common cdata metatable ... */
    const void *mt_cdata_gc;            /* ... of the one with __gc ... */
    const void *mt_ctype;               /* ... and of ctypes: how objects are recognised */
    int ref_metatable[LFFI_METATABLES]; /* registry references of the same */
    int ref_kept;              /* ephemeron: cdata -> {[offset] = value}, without places (S6) */
    int ref_finalizers;        /* ephemeron: cdata -> finaliser */
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

struct lffi_scope {
    struct lffi_state *st;
    struct cdecl_state *cdecl;
    enum lffi_policy policy; /* S1; read when used */
    bool luajit;             /* S17 rules */
    bool bounds;             /* S11 checks */
    lua_State *anchors;      /* what only this scope's objects keep, see scope.c; NULL: it stays */
    const void *mt_cdata_gc; /* addresses of its metatables of cdata with finalisers ... */
    const void *mt_ctype;    /* ... and of ctypes */
    /* lffi_push_ref: */
    int ref_api;   /* the `ffi` table users hold */
    int ref_names; /* type text -> ctype, emptied by every cdef */
    int ref_texts; /* face/texts.c's set, LUA_NOREF until there is one */
};

/* A C value as a Lua object: where it lies and what it is. Owned payloads follow the header,
 * aligned by lffi_new. A pointer cdata is a value of pointer type: its payload holds the address.
 */
struct lffi_cdata {
    struct lffi_ctype *ct;
    void *addr; /* of the value; NULL never (a NULL pointer's payload is a NULL) */
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

/* ---- state.c: the universe ------------------------------------------------------------------- */

/* The state of this universe, created on first use. */
struct lffi_state *lffi_open_state(lua_State *L);
/* Raises "no new WHAT after ffi.lock()" when the host has locked this universe. */
void lffi_check_lock(lua_State *L, const struct lffi_state *st, const char *what);
/* Pushes a new table with weak keys. */
void lffi_push_weak_table(lua_State *L);
/* The scope of the running API function (its first upvalue, which keeps it). */
#define lffi_scope_upvalue(L) ((struct lffi_scope *)lua_touserdata((L), lua_upvalueindex(1)))

/* ---- cdata.c: values as objects -------------------------------------------------------------- */

/* The address of the metatable of the value at `idx`, NULL when it has none: how objects are
 * recognised. */
static inline const void *lffi_metatable(lua_State *L, int idx)
{
    const void *mt;
    if (!lua_getmetatable(L, idx))
        return NULL;
    mt = lua_topointer(L, -1);
    lua_pop(L, 1);
    return mt;
}
/* The cdata at `idx`, or NULL when the value is none. Constant time: two address comparisons. */
struct lffi_cdata *lffi_to_cdata(lua_State *L, struct lffi_state *st, int idx);
/* Pushes a cdata that owns `size` zeroed bytes (at least 1), aligned for its type. */
struct lffi_cdata *lffi_new(lua_State *L, struct lffi_ctype *ct, uint64_t size);
/* Pushes a cdata that refers to memory at `addr`; when owner_idx is not 0, the cdata there (its
 * root owner) is kept alive by the new one. */
struct lffi_cdata *lffi_push_view(lua_State *L, struct lffi_ctype *ct, void *addr, int owner_idx);
/* Likewise, keeping the value at anchor_idx (a library, say) alive. */
struct lffi_cdata *lffi_push_anchored_view(lua_State *L, struct lffi_ctype *ct, void *addr,
                                           int anchor_idx);
/* Pushes a pointer value (also a NULL one: callers that read from C push nil instead, S5). */
struct lffi_cdata *lffi_push_pointer(lua_State *L, struct lffi_ctype *ct, const void *value,
                                     int owner_idx);
/* Likewise, keeping the value at anchor_idx (a string, say) alive. */
struct lffi_cdata *lffi_push_anchored_pointer(lua_State *L, struct lffi_ctype *ct,
                                              const void *value, int anchor_idx);
/* Pushes what must live as long as the memory that the cdata at idx is or points to: its root
 * owner, itself when it owns its memory, a pointer when it has a finaliser, a string. False: there
 * is none. */
bool lffi_push_owner(lua_State *L, int idx);
/* Pushes the one of these whose own block holds `addr`; false: the memory is not Lua's. */
bool lffi_push_block(lua_State *L, int idx, const void *addr);
/* True when the value of the cdata at idx lies in the cdata itself: it is no view. */
bool lffi_owns_memory(lua_State *L, int idx);
/* Bytes of the payload from addr to the end of what the cdata's memory is known to hold, or
 * UINT64_MAX when unknown. For ffi.copy/fill/string and open-ended arrays. */
uint64_t lffi_extent(lua_State *L, int idx, const struct lffi_cdata *cd);
/* Sets (function at fin_idx) or removes (nil) the finaliser of the cdata at idx. */
void lffi_set_finalizer(lua_State *L, struct lffi_state *st, int idx, int fin_idx);
/* Number of elements of an array cdata; UINT64_MAX when open-ended. */
uint64_t lffi_length(lua_State *L, int idx, const struct lffi_cdata *cd);
/* Whether the number of elements is what the array was made with: not so at the open end of a
 * struct, which reaches as far as the memory does. */
bool lffi_is_definite(lua_State *L, int idx, const struct lffi_cdata *cd);

/* ---- metatables.c ---------------------------------------------------------------------------- */

/* Metatables of ctypes and of cdata: each fills the table on the stack top. */
void lffi_ctype_metatable(lua_State *L, struct lffi_state *st);
void lffi_cdata_metatable(lua_State *L, struct lffi_state *st, bool with_gc);
/* Argument 1 of a metamethod of ctypes, or of cdata, whose upvalue 1 is the state. Raises when it
 * is none: who has the debug library reaches metamethods. */
struct lffi_ctype *lffi_self_ctype(lua_State *L);
struct lffi_cdata *lffi_self_cdata(lua_State *L);

#endif
