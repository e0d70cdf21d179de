/* Callback slots: shared by slot.c, signature.c and creation.c (what lives outside every Lua
 * state), entries.c (the code that C calls), enter.c (C enters Lua), events.c and hook.c (what
 * waits for a safe point), loans.c (callbacks of one call) and make.c (making, changing, freeing
 * them).
 *
 * A slot is a code address that C may call at any time, also after it was freed or its Lua state
 * was closed. So slots and all they need to answer without Lua are process memory that is reused
 * but never returned. The owner of a state is the thread that runs it; only the owner touches the
 * state.
 */
#ifndef LFFI_SLOT_H
#define LFFI_SLOT_H

#include "callback/callback.h"

/* What entering and leaving code of one signature takes without Lua. Shared, never freed. */
struct lffi_signature;

enum lffi_slot_status {
    LFFI_SLOT_IDLE,   /* being made, or made anew: answers with zero and looks at nothing */
    LFFI_SLOT_FREED,  /* a tombstone: reports calls, is reused after a while */
    LFFI_SLOT_LIVE,
    LFFI_SLOT_CLOSED  /* its Lua state is gone */
};

/* Where a slot's code comes from: a libffi closure, or an entry of entries.c: one that looks at the
 * general argument registers alone; one for all arguments that brings back one general and one
 * floating register (AArch64: two general ones), or a whole one (up to four). */
enum lffi_pool { LFFI_POOL_CLOSURE, LFFI_POOL_GPRS, LFFI_POOL_WORDS, LFFI_POOL_WIDE, LFFI_POOLS };
enum { LFFI_ENTRIES = 256, LFFI_WIDE_ENTRIES = 64 };

enum { LFFI_PLACE_SIZE = LUA_IDSIZE + 16, LFFI_TOMBSTONE_AGE = 100, LFFI_MANY_IMPLICIT = 10000 };

/* "app.lua:12": where callbacks were created. */
struct lffi_creation {
    struct lffi_creation *next;
    uint32_t holders; /* slots that hold it */
    char text[];
};
enum { LFFI_BUCKETS = 256 };
struct lffi_creations {
    struct lffi_creation *bucket[LFFI_BUCKETS];
};

/* Who may touch what. A thread that has read LIVE and then a gate that it owns may use every field:
 * only the owner ends that. Any other one counts itself in `visitors` first; while they are not 0
 * nothing that a visitor reads is changed or freed. `code`, `pool` and `signal` never change. */
struct lffi_slot {
    atomic_int status;           /* read before `gate` */
    uint8_t pool;                /* enum lffi_pool */
    bool shared;                 /* an implicit conversion; ffi.release frees it */
    bool borrowed;               /* shared and freed when `uses` drops to 0 */
    bool always;                 /* runs even when an error is pending */
    uint32_t uses;
    atomic_uint visitors;
    _Atomic(struct lffi_gate *) gate; /* NULL: the state is closed */
    struct lffi_state *st;       /* until CLOSED */
    const struct lffi_plan *plan;
    _Atomic(const struct lffi_signature *) signature;
    void *code;
    uint32_t version;            /* another one whenever the function is another */
    int ref_function;            /* registry references, while LIVE */
    int ref_onerror;
    unsigned char
        *error; /* the error value: registers, or bytes of a result in memory; NULL: zero */
    uint64_t runs;               /* calls that entered Lua, and ... */
    atomic_uint_fast64_t visits; /* ... others */
    atomic_uint strangers;       /* calls by foreign threads, not reported yet */
    atomic_int told;             /* that C has called it, CLOSED; exchanged, and so no byte: gcc
                                  * before 14 has none of those in line on riscv64 */
    atomic_int queued;           /* stands in its gate's `events`; not recycled meanwhile */
    struct lffi_slot *next_event;
    struct lffi_signal *signal;  /* {signal = true}, else NULL */
    atomic_uint_fast64_t born;   /* number of this use of the slot; another state may take it */
    uint64_t freed_at;           /* how many callbacks its state had created */
    struct lffi_slot *next_freed;
    struct lffi_slot *next;      /* all slots, newest first */
    struct lffi_creation *place;
};

/* Signals that have arrived and not been handed to Lua. */
struct lffi_signal {
    atomic_uint pending;
    _Atomic uint64_t gpr[LFFI_GPRS]; /* of the latest */
};

/* What a slot has to tell at a safe point. The texts are copies, for another state may take a
 * tombstone. */
struct lffi_event {
    unsigned strangers;          /* calls by foreign threads, or of a freed signal callback */
    bool freed;
    const struct lffi_signature *signature;
    const struct lffi_plan *plan;
    bool signals;                /* signals are pending */
    char place[LFFI_PLACE_SIZE];
};

/* ---- creation.c ------------------------------------------------------------------------------ */

unsigned lffi_text_hash(const char *text);
/* The text as one more slot's; NULL when memory is out. */
struct lffi_creation *lffi_hold_creation(struct lffi_creations *places, const char *text);
void lffi_drop_creation(struct lffi_creations *places, struct lffi_creation *place);

/* ---- signature.c ----------------------------------------------------------------------------- */

const char *lffi_signature_text(const struct lffi_signature *signature);
/* Bytes of an error value in the form that struct lffi_slot.error has. */
size_t lffi_error_size(const struct lffi_signature *signature);

/* ---- slot.c ---------------------------------------------------------------------------------- */

/* The signature of a plan; NULL when memory is out. `text` is its C type as messages show it. */
const struct lffi_signature *lffi_signature_of(const struct lffi_plan *plan, const char *text);
/* The state's gate, made on first use; NULL when memory is out. */
struct lffi_gate *lffi_gate_of(struct lffi_state *st);
/* A slot with a code address, IDLE until published: a tombstone old enough, or a new one. NULL with
 * `*why` when there is none. Takes `error` (malloc'ed or NULL) only on success. */
struct lffi_slot *lffi_take_slot(const struct lffi_signature *signature, struct lffi_gate *gate,
                                 unsigned char *error, bool is_signal, const char *place,
                                 const char **why);
void lffi_publish_slot(struct lffi_slot *slot);
/* Makes a tombstone of it. */
void lffi_bury_slot(struct lffi_slot *slot);
/* All slots ever made; go on with `next`. Those of a state are for its owner alone. */
struct lffi_slot *lffi_all_slots(void);
bool lffi_is_live(const struct lffi_slot *slot, const struct lffi_gate *gate);
/* Puts the slot into the gate's events. Any number of threads and signal handlers may, at any time.
 */
void lffi_queue_event(struct lffi_slot *slot, struct lffi_gate *gate);
/* Takes a slot out of the gate's events and says what it has to tell, which is thereby told but for
 * signals. NULL when there is none. For the owner. */
struct lffi_slot *lffi_next_event(struct lffi_gate *gate, struct lffi_event *event);

/* Puts the error value where C will look for the result, as the owner. */
void lffi_give_error_value(const struct lffi_slot *slot, const struct lffi_registers *in,
                           struct lffi_return *ret);
/* What an entry of entries.c calls. */
void lffi_answer_entry(enum lffi_pool pool, unsigned index, const struct lffi_registers *in,
                       const void *stack, struct lffi_return *ret);

/* ---- entries.c ------------------------------------------------------------------------------- */

/* The pool of entries that serves all signatures with a kind of result; closures when there is
 * none. */
enum lffi_pool lffi_pool_for(enum lffi_return_kind kind);
/* The code address of an entry; NULL when the pool has no such. */
void *lffi_entry_code(enum lffi_pool pool, unsigned index);

/* ---- make.c, loans.c ----------------------------------------------------------------- */

/* Makes a tombstone of a live slot and lets go of its functions. */
void lffi_free_slot(lua_State *L, struct lffi_slot *slot);
/* Notes one more use of a borrowed slot, which the end of the loans takes back. */
void lffi_lend(struct lffi_loans *loans, struct lffi_slot *slot);

/* ---- enter.c --------------------------------------------------------------------------------- */

/* Runs the slot's Lua function on the thread that owns the state. `call`: the innermost call of
 * that state, NULL when none is active. `in` and `stack` hold the arguments, `ret` gets the result.
 * Takes the errno that C had set and returns the one that C gets back. */
int lffi_enter_lua(struct lffi_slot *slot, struct lffi_call *call, int entry_errno,
                   const struct lffi_registers *in, const unsigned char *stack,
                   struct lffi_return *ret);
/* Reports the call of a tombstone. */
void lffi_enter_freed(struct lffi_slot *slot, struct lffi_call *call);
/* Calls ffi.onerror with the value on the stack top and pops it; stderr when there is none. Does
 * not raise. */
void lffi_report(lua_State *L, struct lffi_scope *scope);
/* Pushes "callback 'int (*)(int)' (created at app.lua:12)". */
const char *lffi_push_callback_text(lua_State *L, const struct lffi_signature *signature,
                                    const char *place);
const char *lffi_push_slot_text(lua_State *L, const struct lffi_slot *slot);

/* ---- events.c (with call.h's lffi_attend), hook.c -------------------------------------------- */

/* Tells ffi.onerror of calls by foreign threads that nobody has been told of; does not raise. */
void lffi_report_last(struct lffi_state *st);
/* Asks, once, for lffi_attend at the next Lua instruction. Safe in signal handlers on the owner's
 * thread. */
void lffi_arm_hook(struct lffi_state *st, lua_State *L);

#endif
