/* Callbacks as C sees them: code addresses, and what answers when C calls one.
 *
 * Depends on libffi, call.h and signature.c; it touches no Lua state but hands over to enter.c
 * once it is certain that the calling thread owns the state and that the callback lives. All here
 * is process memory, because C may call after lua_close: slots, signatures and gates are reused,
 * never freed. The two process-wide variables of the module are here: the table of slots and
 * `lffi_thread`.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callback/signature.h"
#include "callback/slot.h"

/* Tombstones of one pool, in the order of their death. */
struct graveyard {
    struct lffi_slot *oldest, *newest;
};

/* Each state rests its own tombstones, until it has made enough new callbacks itself. */
struct yard {
    struct lffi_gate gate;
    uint64_t created;
    struct graveyard freed[LFFI_POOLS][2]; /* [1]: of signal callbacks, which stay such */
};

/* The process-wide table. `all` is read without the lock: slots are only ever added. */
static struct {
    pthread_once_t once; /* for forks */
    pthread_mutex_t lock;
    struct lffi_slot *_Atomic all;
    struct lffi_signatures signatures;
    struct lffi_creations places;
    struct yard orphans; /* tombstones of closed states; counts all that is created */
    struct lffi_gate *free_gates;
    unsigned entries_used[LFFI_POOLS];
    struct lffi_slot *slots[LFFI_POOLS][LFFI_ENTRIES]; /* of those, by their number */
} table = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

static void take_table(void)
{
    pthread_mutex_lock(&table.lock);
}

static void give_table(void)
{
    pthread_mutex_unlock(&table.lock);
}

/* The child has only the thread that forks: a lock that another one held would never open. */
static void survive_fork(void)
{
    if (pthread_atfork(take_table, give_table, give_table) != 0)
        fputs("cffi: not enough memory: callbacks may hang in forked processes\n", stderr);
}

static void lock(void)
{
    pthread_once(&table.once, survive_fork);
    take_table();
}

static void unlock(void)
{
    give_table();
}

/* ---- answering without Lua ------------------------------------------------------------------- */

/* Puts the error value, zero unless given, where C will look for the result. */
static void give_error_value(const struct lffi_signature *signature, const unsigned char *error,
                             const struct lffi_registers *in, struct lffi_return *ret)
{
    void *memory;
    memset(ret, 0, sizeof *ret);
    if (signature->kind != LFFI_RETURN_MEMORY) {
        if (error != NULL)
            memcpy(ret, error, lffi_error_size(signature));
        return;
    }
    ret->gpr[0] = *LFFI_HIDDEN_RESULT(in); /* x86-64 wants the address back */
    memory = (void *)(uintptr_t)ret->gpr[0];
    if (error != NULL)
        memcpy(memory, error, (size_t)signature->result_size);
    else
        memset(memory, 0, (size_t)signature->result_size);
}

void lffi_give_error_value(const struct lffi_slot *slot, const struct lffi_registers *in,
                           struct lffi_return *ret)
{
    give_error_value(slot->signature, slot->error, in, ret);
}

/* The Lua state is gone: all that is left to tell, once, is stderr. Perhaps in a signal handler. */
static void report_closed(struct lffi_slot *slot, const struct lffi_signature *signature)
{
    const char *const texts[] = {"cffi: callback '", signature->text, "' (created at ",
                                 slot->place->text,
                                 ") was called by C after its Lua state was closed\n"};
    if (atomic_exchange(&slot->told, true))
        return;
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (write(STDERR_FILENO, texts[i], strlen(texts[i])) < 0)
            return; /* which nobody can be told */
    }
}

/* Only the owner takes out, so that the head which it sees cannot come back as another. */
void lffi_queue_event(struct lffi_slot *slot, struct lffi_gate *gate)
{
    struct lffi_slot *head = atomic_load(&gate->events);
    if (!atomic_exchange(&slot->queued, true)) {
        do
            slot->next_event = head;
        while (!atomic_compare_exchange_weak(&gate->events, &head, slot));
    }
    atomic_store(&gate->attention, true);
}

/* In a signal handler: only atomics, and the hook as the stand-alone interpreter sets it, when
 * it is the owner that the signal has interrupted. Elsewhere the hook would race with Lua. */
static void note_signal(struct lffi_slot *slot, struct lffi_gate *gate, bool ours,
                        const struct lffi_registers *in)
{
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        atomic_store_explicit(&slot->signal->gpr[i], in->gpr[i], memory_order_relaxed);
    atomic_fetch_add(&slot->signal->pending, 1);
    lffi_queue_event(slot, gate);
    if (!ours)
        return;
    lffi_arm_hook(slot->st, slot->st->main);
    if (lffi_innermost != NULL && lffi_innermost->callee->st == slot->st)
        lffi_arm_hook(slot->st, lffi_innermost->L);
}

static void note_stranger(struct lffi_slot *slot, struct lffi_gate *gate)
{
    atomic_fetch_add(&slot->strangers, 1);
    lffi_queue_event(slot, gate);
}

/* The innermost call of the gate's state on this thread, NULL when there is none. */
static struct lffi_call *innermost_of(const struct lffi_gate *gate)
{
    struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->callee->st->gate != gate)
        call = call->outer;
    return call;
}

/* True when this thread owns the state of the gate, whose innermost call is `call`. */
static bool is_owner(const struct lffi_gate *gate, const struct lffi_call *call)
{
    return call != NULL || atomic_load(&gate->owner) == (const void *)&lffi_innermost;
}

/* A call that must not enter Lua: by a foreign thread or a signal, of a tombstone, at any time. */
static LFFI_NOINLINE void visit(struct lffi_slot *slot, const struct lffi_registers *in,
                                struct lffi_return *ret)
{
    int status = atomic_load(&slot->status);
    struct lffi_gate *gate = atomic_load(&slot->gate);
    const struct lffi_signature *signature = atomic_load(&slot->signature);
    struct lffi_call *call = gate != NULL ? innermost_of(gate) : NULL;
    bool ours = gate != NULL && is_owner(gate, call);
    give_error_value(signature, status == LFFI_SLOT_IDLE ? NULL : slot->error, in, ret);
    if (status == LFFI_SLOT_IDLE)
        return;
    if (status == LFFI_SLOT_CLOSED || gate == NULL)
        report_closed(slot, signature);
    else if (status == LFFI_SLOT_LIVE && slot->signal != NULL)
        note_signal(slot, gate, ours, in);
    else if (status == LFFI_SLOT_LIVE || slot->signal != NULL || !ours)
        note_stranger(slot, gate);
    else
        lffi_enter_freed(slot, call);
}

/* C has called the slot's code. */
static LFFI_INLINE void answer(struct lffi_slot *slot, const struct lffi_registers *in,
                               const unsigned char *stack, struct lffi_return *ret)
{
    int entry_errno = *lffi_errno();
    int status = atomic_load(&slot->status);
    struct lffi_gate *gate = atomic_load(&slot->gate);
    struct lffi_call *call = gate != NULL ? innermost_of(gate) : NULL;
    if (status == LFFI_SLOT_LIVE && slot->signal == NULL && gate != NULL && is_owner(gate, call)) {
        slot->runs++;
        *lffi_errno() = lffi_enter_lua(slot, call, entry_errno, in, stack, ret);
        return;
    }
    atomic_fetch_add_explicit(&slot->visits, 1, memory_order_relaxed);
    atomic_fetch_add(&slot->visitors, 1);
    visit(slot, in, ret);
    atomic_fetch_sub(&slot->visitors, 1);
    errno = entry_errno;
}

void lffi_answer_entry(enum lffi_pool pool, unsigned index, const struct lffi_registers *in,
                       const void *stack, struct lffi_return *ret)
{
    answer(table.slots[pool][index], in, stack, ret);
}

/* Bytes of each floating register to copy. On x86-64 libffi promises 64 bits; it saves all 128 in
 * an array and points into that, which the distance of the pointers shows. */
static size_t fpr_bytes(const struct lffi_signature *signature, void *const *fprs)
{
    if (!signature->wide || LFFI_LIBFFI_FPR == sizeof(union lffi_fpr))
        return LFFI_LIBFFI_FPR;
    for (unsigned i = 1; i < LFFI_FPRS; i++)
        if ((char *)fprs[i] - (char *)fprs[i - 1] != sizeof(union lffi_fpr)) {
            fprintf(stderr, "cffi: this libffi loses half of a 128-bit argument of callback '%s'\n",
                    signature->text);
            return LFFI_LIBFFI_FPR;
        }
    return sizeof(union lffi_fpr);
}

/* The handler of every libffi closure. */
static void closure_entry(ffi_cif *cif, void *result, void **values, void *user)
{
    struct lffi_slot *slot = user;
    const struct lffi_signature *signature = slot->signature; /* the slot may change meanwhile */
    struct lffi_registers in;
    struct lffi_return ret;
    const unsigned char *stack = NULL;
    (void)cif;
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        memcpy(&in.gpr[i], values[i], sizeof in.gpr[i]);
    for (unsigned i = 0; i < LFFI_FPRS; i++)
        memcpy(&in.fpr[i], values[LFFI_GPRS + i], fpr_bytes(signature, values + LFFI_GPRS));
    if (signature->stack_size > 0)
        stack = values[LFFI_GPRS + LFFI_FPRS];
    in.hidden = (uintptr_t)result;
    answer(slot, &in, stack, &ret);
    lffi_return_to_libffi(signature->kind, &ret, result);
}

/* ---- signatures and gates -------------------------------------------------------------------- */

const struct lffi_signature *lffi_signature_of(const struct lffi_plan *plan, const char *text)
{
    const struct lffi_signature *signature;
    lock();
    signature = lffi_find_signature(&table.signatures, plan, text);
    unlock();
    return signature;
}

struct lffi_gate *lffi_gate_of(struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    if (gate != NULL)
        return gate;
    lock();
    gate = table.free_gates;
    if (gate != NULL)
        table.free_gates = gate->next;
    unlock();
    if (gate == NULL)
        gate = calloc(1, sizeof(struct yard));
    if (gate == NULL)
        return NULL;
    memset(gate->armed, 0, sizeof gate->armed);
    gate->next = NULL;
    atomic_store(&gate->attention, false);
    atomic_store(&gate->owner, &lffi_innermost);
    st->gate = gate;
    return gate;
}

/* ---- slots ----------------------------------------------------------------------------------- */

struct closure_slot {
    struct lffi_slot slot;
    ffi_closure *closure;
};

/* Whether a run that still needs the slot may not be over: enter.c's quick way. The thread is the
 * one that owns the slot's state, or that state is gone. */
static bool is_running(const struct lffi_slot *slot)
{
    const struct lffi_call *call = lffi_innermost;
    while (call != NULL && (call->prepared == 0 || call->slot != slot))
        call = call->outer;
    return call != NULL;
}

/* Makes the tombstone IDLE, unless it is in use or something is to be told of it. */
static bool rouse(struct lffi_slot *slot)
{
    int status;
    if (is_running(slot))
        return false;
    status = atomic_exchange(&slot->status, LFFI_SLOT_IDLE);
    if (atomic_load(&slot->visitors) == 0 && !atomic_load(&slot->queued))
        return true;
    atomic_store(&slot->status, status);
    return false;
}

static struct yard *yard_of(struct lffi_gate *gate)
{
    return gate != NULL ? (struct yard *)gate : &table.orphans;
}

static void bury(struct lffi_slot *slot)
{
    struct yard *yard = yard_of(slot->gate);
    struct graveyard *freed = &yard->freed[slot->pool][slot->signal != NULL];
    slot->freed_at = yard->created;
    slot->next_freed = NULL;
    if (freed->newest != NULL)
        freed->newest->next_freed = slot;
    else
        freed->oldest = slot;
    freed->newest = slot;
}

/* The oldest tombstone, when it has rested long enough. */
static struct lffi_slot *exhume_from(struct yard *yard, enum lffi_pool pool, bool is_signal)
{
    struct graveyard *freed = &yard->freed[pool][is_signal];
    struct lffi_slot *slot = freed->oldest;
    if (slot == NULL || yard->created - slot->freed_at < LFFI_TOMBSTONE_AGE)
        return NULL;
    freed->oldest = slot->next_freed;
    if (freed->oldest == NULL)
        freed->newest = NULL;
    if (!rouse(slot)) {
        bury(slot);
        return NULL;
    }
    free(slot->error);
    slot->error = NULL;
    lffi_drop_creation(&table.places, slot->place);
    return slot;
}

/* One of the state's own, or of a state that is gone. */
static struct lffi_slot *exhume(struct lffi_gate *gate, enum lffi_pool pool, bool is_signal)
{
    struct lffi_slot *slot = exhume_from(yard_of(gate), pool, is_signal);
    return slot != NULL ? slot : exhume_from(&table.orphans, pool, is_signal);
}

/* Without a gate it is nobody's. */
static struct lffi_slot *add_slot(struct lffi_slot *slot, enum lffi_pool pool)
{
    slot->pool = (uint8_t)pool;
    slot->next = atomic_load(&table.all);
    atomic_store(&table.all, slot);
    return slot;
}

static bool give_signal(struct lffi_slot *slot, bool is_signal)
{
    slot->signal = is_signal ? calloc(1, sizeof *slot->signal) : NULL;
    return !is_signal || slot->signal != NULL;
}

static struct lffi_slot *new_closure(bool is_signal)
{
    struct closure_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    if (give_signal(&slot->slot, is_signal))
        slot->closure = ffi_closure_alloc(sizeof *slot->closure, &slot->slot.code);
    if (slot->closure == NULL) {
        free(slot->slot.signal);
        free(slot);
        return NULL;
    }
    return add_slot(&slot->slot, LFFI_POOL_CLOSURE);
}

/* A slot with an entry that none has had before. */
static struct lffi_slot *new_entry(enum lffi_pool pool, bool is_signal)
{
    unsigned index = table.entries_used[pool];
    void *code = lffi_entry_code(pool, index);
    struct lffi_slot *slot = code != NULL ? calloc(1, sizeof *slot) : NULL;
    if (slot == NULL)
        return NULL;
    if (!give_signal(slot, is_signal)) {
        free(slot);
        return NULL;
    }
    slot->code = code;
    table.entries_used[pool]++;
    table.slots[pool][index] = slot;
    return add_slot(slot, pool);
}

/* An entry, new or long at rest; NULL when there is none. */
static struct lffi_slot *find_entry(struct lffi_gate *gate, enum lffi_pool pool, bool is_signal)
{
    struct lffi_slot *slot = new_entry(pool, is_signal);
    return slot != NULL ? slot : exhume(gate, pool, is_signal);
}

static bool prepare_closure(struct lffi_slot *slot, const struct lffi_signature *signature)
{
    ffi_closure *closure = ((struct closure_slot *)slot)->closure;
    ffi_cif *cif = (ffi_cif *)(uintptr_t)&signature->lowered.cif; /* libffi only reads it */
    return ffi_prep_closure_loc(closure, cif, closure_entry, slot, slot->code) == FFI_OK;
}

/* A slot whose code can serve the signature. */
static struct lffi_slot *find_code(const struct lffi_signature *signature, struct lffi_gate *gate,
                                   bool is_signal, const char **why)
{
    bool only_entry = signature->kind == LFFI_RETURN_WIDE; /* which libffi does not know of */
    enum lffi_pool pool = lffi_pool_for(signature->kind);
    struct lffi_slot *slot = NULL;
    if (pool != LFFI_POOL_CLOSURE && (only_entry || !lffi_prefers_libffi())) {
        if (pool == LFFI_POOL_WORDS && signature->gprs_only)
            slot = find_entry(gate, LFFI_POOL_GPRS, is_signal);
        if (slot == NULL)
            slot = find_entry(gate, pool, is_signal);
        if (slot != NULL)
            return slot;
    }
    if (only_entry) {
        *why = "too many callbacks with results of 128 bits";
        return NULL;
    }
    slot = exhume(gate, LFFI_POOL_CLOSURE, is_signal);
    if (slot == NULL)
        slot = new_closure(is_signal);
    if (slot != NULL && !prepare_closure(slot, signature))
        abort(); /* only for a cif of an unknown ABI */
    return slot;
}

struct lffi_slot *lffi_take_slot(const struct lffi_signature *signature, struct lffi_gate *gate,
                                 unsigned char *error, bool is_signal, const char *place_text,
                                 const char **why)
{
    struct lffi_slot *slot = NULL;
    struct lffi_creation *place;
    *why = "not enough memory for a callback";
    lock();
    place = lffi_hold_creation(&table.places, place_text);
    if (place != NULL)
        slot = find_code(signature, gate, is_signal, why);
    if (slot == NULL) {
        if (place != NULL)
            lffi_drop_creation(&table.places, place);
        unlock();
        return NULL;
    }
    slot->place = place;
    slot->born = ++table.orphans.created;
    yard_of(gate)->created++;
    atomic_store(&slot->signature, signature);
    atomic_store(&slot->gate, gate);
    slot->error = error;
    if (slot->signal != NULL)
        atomic_store(&slot->signal->pending, 0);
    slot->shared = slot->borrowed = slot->always = false;
    slot->uses = 0;
    slot->version++;
    slot->ref_function = slot->ref_onerror = LUA_NOREF;
    slot->runs = 0;
    atomic_store(&slot->visits, 0);
    atomic_store(&slot->strangers, 0);
    atomic_store(&slot->told, false);
    unlock();
    return slot;
}

void lffi_publish_slot(struct lffi_slot *slot)
{
    atomic_store(&slot->status, LFFI_SLOT_LIVE);
}

void lffi_bury_slot(struct lffi_slot *slot)
{
    lock();
    slot->version++;
    atomic_store(&slot->status, LFFI_SLOT_FREED);
    bury(slot);
    unlock();
}

struct lffi_slot *lffi_all_slots(void)
{
    return atomic_load(&table.all);
}

bool lffi_is_live(const struct lffi_slot *slot, const struct lffi_gate *gate)
{
    return atomic_load(&slot->status) == LFFI_SLOT_LIVE && gate != NULL &&
           atomic_load(&slot->gate) == gate;
}

static struct lffi_slot *pop_event(struct lffi_gate *gate)
{
    struct lffi_slot *slot = atomic_load(&gate->events);
    while (slot != NULL &&
           !atomic_compare_exchange_weak(&gate->events, &slot, slot->next_event))
        continue;
    return slot;
}

struct lffi_slot *lffi_next_event(struct lffi_gate *gate, struct lffi_event *event)
{
    struct lffi_slot *slot = pop_event(gate);
    if (slot == NULL)
        return NULL;
    memset(event, 0, sizeof *event);
    atomic_fetch_add(&slot->visitors, 1); /* or another state might take a tombstone */
    atomic_store(&slot->queued, false);
    if (atomic_load(&slot->gate) == gate) {
        event->strangers = atomic_exchange(&slot->strangers, 0);
        event->signals = slot->signal != NULL && atomic_load(&slot->signal->pending) > 0;
        event->freed = atomic_load(&slot->status) == LFFI_SLOT_FREED;
        event->signature = atomic_load(&slot->signature);
        event->plan = slot->plan;
        memcpy(event->place, slot->place->text, strlen(slot->place->text) + 1);
    }
    atomic_fetch_sub(&slot->visitors, 1);
    return slot;
}

/* A signal handler on another thread may be about to look at the Lua state: it soon returns. */
static void wait_for_signals(const struct lffi_slot *slot)
{
    while (slot->signal != NULL && atomic_load(&slot->visitors) > 0)
        sched_yield();
}

static void close_slot(struct lffi_slot *slot)
{
    atomic_store(&slot->status, LFFI_SLOT_CLOSED);
    wait_for_signals(slot);
    atomic_store(&slot->gate, NULL);
    bury(slot);
}

void lffi_callback_close(struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    if (gate == NULL)
        return;
    lffi_report_last(st);
    lock();
    memset(yard_of(gate)->freed, 0, sizeof yard_of(gate)->freed);
    for (struct lffi_slot *slot = atomic_load(&table.all); slot != NULL; slot = slot->next)
        if (atomic_load(&slot->gate) == gate)
            close_slot(slot);
    gate->next = table.free_gates;
    table.free_gates = gate;
    st->gate = NULL;
    unlock();
}
