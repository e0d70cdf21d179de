/* Callback slots: the table of all there are, and how one is taken, buried and closed.
 *
 * Depends on libffi for closures, on entries.c, signature.c and creation.c; touches no Lua state.
 * All here is process memory, because C may call after lua_close: slots, signatures and gates are
 * reused, never freed. The table is one of the module's process-wide variables.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call/task.h"
#include "callback/signature.h"
#include "callback/slot.h"

enum { TOMBSTONE_AGE = 100 }; /* callbacks */

/* Tombstones of one pool, in the order of their death. */
struct graveyard {
    struct lffi_slot *oldest, *newest;
};

/* Each state rests its own tombstones, until it has made enough new callbacks itself. The state is
 * known by its gate, which is the first member: yard_of goes from one to the other. */
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
    struct lffi_gate *_Atomic gates; /* likewise */
    struct lffi_signatures signatures;
    struct lffi_creations places;
    struct yard orphans; /* tombstones of closed states */
    uint64_t count;      /* of all slots */
    struct lffi_gate *free_gates;
} table = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

static void take_table(void)
{
    pthread_mutex_lock(&table.lock);
}

static void give_table(void)
{
    pthread_mutex_unlock(&table.lock);
}

/* ---- forks ----------------------------------------------------------------------------------- */

/* The child has only the thread that forks. It must find Lua states that nobody was changing, and
 * no lock that another thread held. */

/* How long a fork waits for who runs Lua in a state in which this thread is inside C. */
static const int64_t patience = 1000000000;

static bool is_calling(const struct lffi_gate *gate)
{
    const struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->gate != gate)
        call = call->outer;
    return call != NULL;
}

static bool has_universe(const struct lffi_universe *universe)
{
    return atomic_load(&universe->seat) == (const void *)&lffi_innermost ||
           lffi_is_holding(universe, &lffi_innermost);
}

static void before_fork(void)
{
    struct lffi_gate *gate;
    for (gate = atomic_load(&table.gates); gate != NULL; gate = gate->known) {
        struct lffi_universe *universe = &gate->universe;
        int64_t until = lffi_now() + (is_calling(gate) ? patience : 0);
        gate->forking = !has_universe(universe) && lffi_hold(universe, &lffi_innermost, until);
    }
    take_table();
    for (gate = atomic_load(&table.gates); gate != NULL; gate = gate->known)
        lffi_lock_universe(&gate->universe);
}

static void after_fork(void)
{
    struct lffi_gate *gate;
    for (gate = atomic_load(&table.gates); gate != NULL; gate = gate->known)
        lffi_unlock_universe(&gate->universe, false);
    give_table();
    for (gate = atomic_load(&table.gates); gate != NULL; gate = gate->known) {
        if (gate->forking)
            lffi_give_back(&gate->universe, false);
        gate->forking = false;
    }
}

/* A state in which another thread was running Lua is half done here, for ever. */
static void in_child(void)
{
    struct lffi_gate *gate;
    pthread_mutex_init(&table.lock, NULL);
    for (gate = atomic_load(&table.gates); gate != NULL; gate = gate->known) {
        struct lffi_universe *universe = &gate->universe;
        lffi_fork_universe(universe, has_universe(universe));
        lffi_fork_guests(gate);
        lffi_drop_items(gate);
        if (gate->forking)
            lffi_give_back(universe, false);
        gate->forking = false;
    }
}

static void survive_forks(void)
{
    if (pthread_atfork(before_fork, after_fork, in_child) != 0)
        fputs("cffi: not enough memory: callbacks may hang in forked processes\n", stderr);
}

static void lock(void)
{
    pthread_once(&table.once, survive_forks);
    take_table();
}

static void unlock(void)
{
    give_table();
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
    bool is_new;
    if (gate != NULL)
        return gate;
    lock();
    gate = table.free_gates;
    if (gate != NULL)
        table.free_gates = gate->next;
    unlock();
    is_new = gate == NULL;
    if (is_new)
        gate = calloc(1, sizeof(struct yard)); /* yard_of relies on it */
    if (gate == NULL)
        return NULL;
    memset(gate->armed, 0, sizeof gate->armed);
    gate->next = NULL;
    gate->last_item = &gate->first_item;
    if (is_new)
        lffi_make_universe(&gate->universe, &lffi_innermost);
    else
        lffi_renew_universe(&gate->universe, &lffi_innermost);
    st->gate = gate;
    lock();
    if (is_new) {
        gate->known = atomic_load(&table.gates);
        atomic_store(&table.gates, gate);
    }
    unlock();
    return gate;
}

/* ---- slots ----------------------------------------------------------------------------------- */

struct closure_slot {
    struct lffi_slot slot;
    ffi_closure *closure;
};

/* Makes the tombstone IDLE, unless it is in use or something is to be told of it. */
static bool rouse(struct lffi_slot *slot)
{
    int status;
    if (slot->use.runs != slot->use.ended) /* a run still needs it */
        return false;
    status = atomic_exchange(&slot->status, LFFI_SLOT_IDLE);
    if (atomic_load(&slot->visitors) == 0 && !atomic_load(&slot->queued))
        return true;
    atomic_store(&slot->status, status);
    return false;
}

/* Every gate was made as the first member of a yard (lffi_gate_of), so that the pointers convert
 * (C11 6.7.2.1p15). No thread but the owner and who holds the lock looks behind the gate. */
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
    if (slot == NULL || yard->created - slot->freed_at < TOMBSTONE_AGE)
        return NULL;
    freed->oldest = slot->next_freed;
    if (freed->oldest == NULL)
        freed->newest = NULL;
    if (!rouse(slot)) {
        bury(slot);
        return NULL;
    }
    free(slot->use.error);
    slot->use.error = NULL;
    lffi_drop_creation(&table.places, slot->use.place);
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
    atomic_store(&slot->born, ++table.count * LFFI_USES_OF_A_SLOT);
    slot->next = atomic_load(&table.all);
    atomic_store(&table.all, slot);
    return slot;
}

/* What a slot keeps for life: its code, its pool and whether signal handlers may call it. */
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
    struct lffi_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    if (give_signal(slot, is_signal))
        slot->code = lffi_claim_entry(pool, slot);
    if (slot->code == NULL) {
        free(slot->signal);
        free(slot);
        return NULL;
    }
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
    ffi_cif *cif = (ffi_cif *)(uintptr_t)lffi_signature_cif(signature); /* only read by libffi */
    return ffi_prep_closure_loc(closure, cif, lffi_answer_closure, slot, slot->code) == FFI_OK;
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

/* The fields that other threads may be looking at: one by one. */
static void begin_use(struct lffi_slot *slot, const struct lffi_signature *signature,
                      struct lffi_gate *gate)
{
    atomic_fetch_add(&slot->born, 1);
    atomic_store(&slot->signature, signature);
    atomic_store(&slot->gate, gate);
    atomic_store(&slot->owner, &lffi_innermost);
    atomic_store(&slot->visits, 0);
    atomic_store(&slot->strangers, 0);
    atomic_store(&slot->refused, 0);
    atomic_store(&slot->failed, 0);
    atomic_store(&slot->told, false);
    if (slot->signal != NULL)
        atomic_store(&slot->signal->pending, 0);
}

struct lffi_slot *lffi_take_slot(const struct lffi_signature *signature, struct lffi_gate *gate,
                                 const struct lffi_use *use, const char *place_text,
                                 const char **why)
{
    struct lffi_slot *slot = NULL;
    struct lffi_creation *place;
    *why = "not enough memory for a callback";
    lock();
    place = lffi_hold_creation(&table.places, place_text);
    if (place != NULL)
        slot = find_code(signature, gate, use->kind == LFFI_KIND_SIGNAL, why);
    if (slot == NULL) {
        if (place != NULL)
            lffi_drop_creation(&table.places, place);
        unlock();
        return NULL;
    }
    yard_of(gate)->created++;
    table.orphans.created++; /* counts what all create */
    slot->use = *use;
    slot->use.place = place;
    slot->version++;
    begin_use(slot, signature, gate);
    unlock();
    return slot;
}

void lffi_publish_slot(struct lffi_slot *slot)
{
    atomic_store(&slot->status, LFFI_SLOT_LIVE);
    atomic_store(&slot->plain, slot->signal == NULL && slot->use.mode == LFFI_RUN);
}

void lffi_bury_slot(struct lffi_slot *slot)
{
    lock();
    slot->version++;
    atomic_store(&slot->plain, false);
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

/* A signal handler on another thread may be about to look at the Lua state: it soon returns. */
static void wait_for_signals(const struct lffi_slot *slot)
{
    while (slot->signal != NULL && atomic_load(&slot->visitors) > 0)
        sched_yield();
}

static void close_slot(struct lffi_slot *slot)
{
    atomic_store(&slot->plain, false);
    atomic_store(&slot->status, LFFI_SLOT_CLOSED);
    wait_for_signals(slot);
    atomic_store(&slot->gate, NULL);
    bury(slot);
}

void lffi_callback_close(struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    bool inside;
    if (gate == NULL)
        return;
    lffi_report_last(st);
    lock();
    memset(yard_of(gate)->freed, 0, sizeof yard_of(gate)->freed);
    for (struct lffi_slot *slot = atomic_load(&table.all); slot != NULL; slot = slot->next)
        if (atomic_load(&slot->gate) == gate)
            close_slot(slot);
    st->gate = NULL;
    unlock();
    lffi_close_universe(&gate->universe);
    lffi_drop_items(gate);
    lffi_close_tasks(gate);
    if (st->crew != NULL && st->crew_process == getpid())
        lffi_end_crew(st->crew);
    st->crew = NULL;
    /* a thread that comes back from C must find it closed: then it is not used again */
    inside = lffi_close_guests(gate) || lffi_is_holding(&gate->universe, &lffi_innermost);
    if (inside)
        return;
    lock();
    gate->next = table.free_gates;
    table.free_gates = gate;
    unlock();
}

/* What the thread was to a state, another one at the same address is not: a seat of nobody's. */
void lffi_forget_thread(const void *thread)
{
    static const char nobody = 0;
    const void *expected;
    for (struct lffi_gate *gate = atomic_load(&table.gates); gate != NULL; gate = gate->known) {
        expected = thread;
        atomic_compare_exchange_strong(&gate->universe.seat, &expected, &nobody);
    }
    for (struct lffi_slot *slot = atomic_load(&table.all); slot != NULL; slot = slot->next) {
        expected = thread;
        atomic_compare_exchange_strong(&slot->owner, &expected, NULL);
    }
}
