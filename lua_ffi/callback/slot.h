/* Callback slots, and what the files of this wing have of each other. callback.h has the words, who
 * may touch which field, and why.
 */
#ifndef LFFI_SLOT_H
#define LFFI_SLOT_H

#include "callback/callback.h"

/* What entering and leaving code of one signature takes without Lua. Shared, never freed. */
struct lffi_signature;

enum lffi_slot_status { LFFI_SLOT_IDLE, LFFI_SLOT_FREED, LFFI_SLOT_LIVE, LFFI_SLOT_CLOSED };

/* Where a slot's code comes from: a libffi closure, or an entry of entries.c: one that looks at the
 * general argument registers alone; one for all arguments that brings back one general and one
 * floating register (AArch64: two general ones), or a whole one (up to four). */
enum lffi_pool { LFFI_POOL_CLOSURE, LFFI_POOL_GPRS, LFFI_POOL_WORDS, LFFI_POOL_WIDE, LFFI_POOLS };

enum { LFFI_PLACE_SIZE = LUA_IDSIZE + 16 };

/* "app.lua:12": where callbacks were created. */
struct lffi_creation {
    struct lffi_creation *next;
    uint32_t holders; /* slots that hold it */
    char text[];
};

/* One callback: one use of a slot. */
struct lffi_use {
    struct lffi_state *st;
    const struct lffi_plan *plan;
    unsigned char *error; /* registers, or bytes of a result in memory; NULL: zero */
    struct lffi_creation *place;
    uint64_t runs;    /* calls that entered Lua ... */
    uint64_t ended;   /* ... and those that have come back */
    uint8_t kind;     /* enum lffi_slot_kind */
    uint8_t mode;     /* enum lffi_thread_mode */
    bool always;      /* runs even when an error is pending */
    bool quick;       /* no onerror, a scope that stays, and values can be read in place */
    uint32_t loans;   /* BORROWED */
    int ref_function; /* registry references, while LIVE */
    int ref_onerror;
};

/* `born` is the number of the slot times this and how often it was taken: it tells uses of one slot
 * from each other and from those of all others. */
#define LFFI_USES_OF_A_SLOT ((uint64_t)1 << 32)

struct lffi_slot {
    atomic_int status; /* read before `gate` */
    uint8_t pool;      /* enum lffi_pool */
    uint32_t version;  /* another one whenever the function is another */
    atomic_uint visitors;
    _Atomic(struct lffi_gate *) gate; /* NULL: the state is closed */
    _Atomic(const struct lffi_signature *) signature;
    _Atomic(const void *) owner; /* the thread that made it: its lffi_me(); NULL: ended */
    void *code;
    struct lffi_use use;
    atomic_uint_fast64_t visits; /* calls that did not enter Lua */
    atomic_uint_fast64_t born;   /* number of this use, see LFFI_USES_OF_A_SLOT */
    atomic_uint strangers;       /* calls of a tombstone, not told yet */
    atomic_uint refused;         /* calls for whose thread C has waited in vain, likewise */
    atomic_uint failed;          /* calls for which memory was out, likewise */
    /* ints that are exchanged: gcc before 14 has no such bytes in line on riscv64 */
    atomic_int plain;  /* LIVE, no signal's, of mode RUN: whoever may run Lua runs it */
    atomic_int told;   /* that C has called it, CLOSED */
    atomic_int queued; /* stands in its gate's `events`; not recycled meanwhile */
    struct lffi_slot *next_event;
    struct lffi_signal *signal; /* of SIGNAL, else NULL */
    uint64_t freed_at;          /* how many callbacks its state had created */
    struct lffi_slot *next_freed;
    struct lffi_slot *next; /* all slots, newest first */
};

static inline bool lffi_is_shared(const struct lffi_slot *slot)
{
    return slot->use.kind >= LFFI_KIND_SHARED;
}

/* Signals that have arrived and not been handed to Lua. */
struct lffi_signal {
    atomic_uint pending;
    _Atomic uint64_t gpr[LFFI_GPRS]; /* of the latest */
};

/* ---- signature.c ----------------------------------------------------------------------------- */

const char *lffi_signature_text(const struct lffi_signature *signature);
/* Bytes that a copy of the arguments outside registers takes, and the copy: `in` is a copy of the
 * registers, in which addresses of such arguments become those of the copies. */
size_t lffi_stack_room(const struct lffi_signature *signature);
void lffi_copy_stack(const struct lffi_signature *signature, unsigned char *to,
                     const unsigned char *from, struct lffi_registers *in);
/* The same of the texts that Lua gets as strings: C may change them when it goes on. In `in` and
 * `stack` the copies take their places. */
size_t lffi_texts_room(const struct lffi_signature *signature, const struct lffi_registers *in,
                       const unsigned char *stack);
void lffi_copy_texts(const struct lffi_signature *signature, unsigned char *to,
                     struct lffi_registers *in, unsigned char *stack);
/* Copies what calls of the signature read of the registers: not all need be there. */
void lffi_copy_registers(const struct lffi_signature *signature, struct lffi_registers *to,
                         const struct lffi_registers *from);
/* Bytes of an error value in the form that struct lffi_use.error has. */
size_t lffi_error_size(const struct lffi_signature *signature);
/* Puts an error value, zero when it is NULL, where C will look for the result. */
void lffi_give_error_value(const struct lffi_signature *signature, const unsigned char *error,
                           const struct lffi_registers *in, struct lffi_return *ret);

/* ---- slot.c ---------------------------------------------------------------------------------- */

/* The signature of a plan; NULL when memory is out. `text` is its C type as messages show it. */
const struct lffi_signature *lffi_signature_of(const struct lffi_plan *plan, const char *text);
void lffi_publish_slot(struct lffi_slot *slot);
/* Makes a tombstone of it. */
void lffi_bury_slot(struct lffi_slot *slot);
/* All slots ever made; go on with `next`. Those of a state are for its owner alone. */
struct lffi_slot *lffi_all_slots(void);
bool lffi_is_live(const struct lffi_slot *slot, const struct lffi_gate *gate);
/* This thread ends, and what its address stood for is over. */
void lffi_forget_thread(const void *thread);

/* ---- code.c -----------------------------------------------------------------------------------
 */

/* A slot for the callback `use`, whose place it fills in, IDLE until published: a tombstone old
 * enough, or a new one. NULL with `*why` when there is none. Owns use->error on success. */
struct lffi_slot *lffi_take_slot(const struct lffi_signature *signature, struct lffi_gate *gate,
                                 const struct lffi_use *use, const char *place, const char **why);

/* ---- visitor.c, entries.c -------------------------------------------------------------------- */

/* The innermost call of the gate's state on this thread, NULL when there is none. */
static LFFI_INLINE struct lffi_call *lffi_innermost_of(const struct lffi_gate *gate)
{
    struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->gate != gate &&
           (call->gate != NULL || call->callee->st->gate != gate))
        call = call->outer;
    return call;
}

/* Any call of a slot's code that the resident does not simply run. */
void lffi_answer_visitor(struct lffi_slot *slot, int error_number, const struct lffi_registers *in,
                         const unsigned char *stack, struct lffi_return *ret);
/* The pool of entries for signatures with a kind of result; closures when there is none. */
enum lffi_pool lffi_pool_for(enum lffi_return_kind kind);
/* The code of an entry that no slot has had; NULL when the pool has none. With the lock of slot.c's
 * table.
 */
void *lffi_claim_entry(enum lffi_pool pool, struct lffi_slot *slot);

/* ---- enter.c --------------------------------------------------------------------------------- */

/* Runs the slot's Lua function on the thread that has the universe. `call`: the innermost call of
 * that state; NULL when none is active; one without a callee where only its L is to be used. `in`
 * and `stack` hold the arguments, `ret` gets the result. Takes the errno that C had set and returns
 * the one that C gets back. */
int lffi_enter_lua(struct lffi_slot *slot, struct lffi_call *call, int entry_errno,
                   const struct lffi_registers *in, const unsigned char *stack,
                   struct lffi_return *ret);
/* What all code of slots calls. */
void lffi_answer_call(struct lffi_slot *slot, const struct lffi_registers *in,
                      const unsigned char *stack, struct lffi_return *ret);
/* Reports the call of a tombstone. */
void lffi_enter_freed(struct lffi_slot *slot, struct lffi_call *call);

/* ---- report.c -------------------------------------------------------------------------------- */

/* Message handler: says where, and adds the stack. */
int lffi_add_traceback(lua_State *L);
/* Puts "app.lua:12: " before the string on the stack top: the innermost Lua code from `level` on.
 */
void lffi_add_position(lua_State *L, int level);
/* Calls ffi.onerror with the value on the stack top and pops it; stderr when there is none. Does
 * not raise. */
void lffi_report(lua_State *L, struct lffi_scope *scope);
/* Likewise with a warning, which stderr calls so. */
void lffi_warn(lua_State *L, struct lffi_scope *scope);
/* Pushes "callback 'int (*)(int)' (created at app.lua:12)". */
const char *lffi_push_callback_text(lua_State *L, const struct lffi_signature *signature,
                                    const char *place);
const char *lffi_push_slot_text(lua_State *L, const struct lffi_slot *slot);

/* Where the parameter's `to` counts from. */
static inline const unsigned char *lffi_argument_base(const struct lffi_plan *plan,
                                                      const struct lffi_registers *in,
                                                      const unsigned char *stack,
                                                      const struct lffi_param *param)
{
    (void)plan; /* most conventions know without */
    if (param->to >= LFFI_STACK_START && param->pieces == 1)
        return LFFI_STACK_ARGUMENT(plan, stack, param->to) - param->to;
    return (const unsigned char *)in;
}

/* ---- text.c ---------------------------------------------------------------------------------- */

/* Pushes a LFFI_PARAM_SIZED as a string, NULL as nil. */
void lffi_push_sized(lua_State *L, const struct lffi_slot *slot, const struct lffi_plan *plan,
                     const struct lffi_param *param, const struct lffi_registers *in,
                     const unsigned char *stack);
/* Stores the string on the stack top as the result, and keeps it until the callback's next one or
 * its end. False: it is none, or the type does not say so. */
bool lffi_store_text(lua_State *L, const struct lffi_slot *slot, const struct lffi_plan *plan,
                     struct lffi_return *ret);
/* Whether its attributes are such that only C's functions can have. */
bool lffi_is_called_only(const struct lffi_plan *plan);

/* ---- events.c, attend.c (object/hooks.h has lffi_attend), hook.c ------------------------------
 */

/* Puts the slot into the gate's events. Any number of threads and signal handlers may, at any time.
 */
void lffi_queue_event(struct lffi_slot *slot, struct lffi_gate *gate);
/* Takes a slot out of the gate's events and tells ffi.onerror what there is to tell; NULL when
 * there is none. Does not raise. For who has the universe. `*signals`: some are pending. */
struct lffi_slot *lffi_tell_event(lua_State *L, struct lffi_gate *gate, bool *signals);
/* All of them, at the end of the state. */
void lffi_report_last(struct lffi_state *st);
/* Asks, once, for lffi_attend at the next Lua instruction. Safe in signal handlers on the owner's
 * thread. */
void lffi_arm_hook(struct lffi_state *st, lua_State *L);

/* ---- guest.c --------------------------------------------------------------------------------- */

/* This thread as a guest of the gate's universe, made on first use; NULL when memory is out. */
struct lffi_guest *lffi_guest_of(struct lffi_gate *gate);
/* Has a coroutine of the guest's, which has the universe; false when memory is out. */
bool lffi_has_coroutine(struct lffi_state *st, struct lffi_guest *guest);
/* Notices the end of this thread, if it has not been asked to before. */
void lffi_watch_thread(void);
/* Drops the coroutines of guests that are gone. Does not raise. */
void lffi_drop_gone(lua_State *L, struct lffi_gate *gate);
/* The universe is closed: no guest has anything of it. True: some thread has Lua frames in it. */
bool lffi_close_guests(struct lffi_gate *gate);
/* In the child of a fork: all other threads are gone. */
void lffi_fork_guests(struct lffi_gate *gate);

/* ---- later.c --------------------------------------------------------------------------------- */

/* Keeps a call for the callback's thread, and waits for that if it is of mode OWNER; the slot is
 * visited. False: it was refused, and ret stays as it is. */
bool lffi_call_later(struct lffi_slot *slot, struct lffi_gate *gate, int *error_number,
                     const struct lffi_registers *in, const unsigned char *stack,
                     struct lffi_return *ret);
/* Runs what waits for this thread, counted by the state; errors go to ffi.onerror. */
void lffi_serve(lua_State *L, struct lffi_state *st);
/* With the universe's mutex: whether something waits for this thread that lffi_serve would run
 * while so many run already. */
bool lffi_is_waited_for(const struct lffi_gate *gate, unsigned serving);
/* Lets go of what was kept; the universe is closed. */
void lffi_drop_items(struct lffi_gate *gate);

/* ---- poll.c ---------------------------------------------------------------------------------- */

/* Adds poll and fd to the API table on the stack top (upvalue: scope). */
void lffi_poll_api(lua_State *L, struct lffi_scope *scope);

#endif
