/* The table of callback slots and gates: how a slot is begun, buried, closed and used again. code.c
 * takes them for callbacks, ends.c closes states and survives forks.
 *
 * Depends on signature.c and creation.c; touches no Lua state. All here is process memory, because
 * C may call after lua_close: slots, signatures and gates are reused, never freed. The table is one
 * of the module's process-wide variables.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "callback/table.h"

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
    pthread_mutex_t lock;
    struct lffi_slot *_Atomic all;
    struct lffi_gate *_Atomic gates; /* likewise */
    struct lffi_signatures signatures;
    struct lffi_creations places;
    struct yard orphans; /* tombstones of closed states */
    uint64_t count;      /* of all slots */
    struct lffi_gate *free_gates;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

void lffi_lock_slots(void)
{
    pthread_mutex_lock(&table.lock);
}

void lffi_unlock_slots(void)
{
    pthread_mutex_unlock(&table.lock);
}

void lffi_renew_slots(void)
{
    pthread_mutex_init(&table.lock, NULL);
}

/* ---- signatures and gates -------------------------------------------------------------------- */

const struct lffi_signature *lffi_signature_of(const struct lffi_plan *plan, const char *text)
{
    const struct lffi_signature *signature;
    lffi_lock_slots();
    signature = lffi_find_signature(&table.signatures, plan, text);
    lffi_unlock_slots();
    return signature;
}

struct lffi_gate *lffi_open_gate(struct lffi_state *st)
{
    struct lffi_gate *gate;
    bool is_new;
    lffi_lock_slots();
    gate = table.free_gates;
    if (gate != NULL)
        table.free_gates = gate->next;
    lffi_unlock_slots();
    is_new = gate == NULL;
    if (is_new)
        gate = calloc(1, sizeof(struct yard)); /* yard_of relies on it */
    if (gate == NULL)
        return NULL;
    memset(gate->armed, 0, sizeof gate->armed);
    atomic_store(&gate->detour.attention, LFFI_EVENTS);
    gate->next = NULL;
    gate->last_item = &gate->first_item;
    if (is_new)
        lffi_make_universe(&gate->universe, lffi_me());
    else
        lffi_renew_universe(&gate->universe, lffi_me());
    st->gate = gate;
    lffi_lock_slots();
    if (is_new) {
        gate->known = atomic_load(&table.gates);
        atomic_store(&table.gates, gate);
    }
    lffi_unlock_slots();
    return gate;
}

/* ---- slots ----------------------------------------------------------------------------------- */

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

/* Every gate was made as the first member of a yard (lffi_open_gate), so that the pointers convert
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
struct lffi_slot *lffi_exhume(struct lffi_gate *gate, enum lffi_pool pool, bool is_signal)
{
    struct lffi_slot *slot = exhume_from(yard_of(gate), pool, is_signal);
    return slot != NULL ? slot : exhume_from(&table.orphans, pool, is_signal);
}

struct lffi_slot *lffi_add_slot(struct lffi_slot *slot, enum lffi_pool pool)
{
    slot->pool = (uint8_t)pool;
    atomic_store(&slot->born, ++table.count * LFFI_USES_OF_A_SLOT);
    slot->next = atomic_load(&table.all);
    atomic_store(&table.all, slot);
    return slot;
}

/* The fields that other threads may be looking at: one by one. */
static void begin(struct lffi_slot *slot, const struct lffi_signature *signature,
                  struct lffi_gate *gate)
{
    atomic_fetch_add(&slot->born, 1);
    atomic_store(&slot->signature, signature);
    atomic_store(&slot->gate, gate);
    atomic_store(&slot->owner, lffi_me());
    atomic_store(&slot->visits, 0);
    atomic_store(&slot->strangers, 0);
    atomic_store(&slot->refused, 0);
    atomic_store(&slot->failed, 0);
    atomic_store(&slot->told, false);
    if (slot->signal != NULL)
        atomic_store(&slot->signal->pending, 0);
}

void lffi_begin_use(struct lffi_slot *slot, const struct lffi_signature *signature,
                    struct lffi_gate *gate, const struct lffi_use *use, struct lffi_creation *place)
{
    yard_of(gate)->created++;
    table.orphans.created++; /* counts what all create */
    slot->use = *use;
    slot->use.place = place;
    slot->version++;
    begin(slot, signature, gate);
}

struct lffi_creation *lffi_hold_place(const char *text)
{
    return lffi_hold_creation(&table.places, text);
}

void lffi_drop_place(struct lffi_creation *place)
{
    lffi_drop_creation(&table.places, place);
}

void lffi_publish_slot(struct lffi_slot *slot)
{
    atomic_store(&slot->status, LFFI_SLOT_LIVE);
    atomic_store(&slot->plain, slot->signal == NULL && slot->use.mode == LFFI_RUN);
}

void lffi_bury_slot(struct lffi_slot *slot)
{
    lffi_lock_slots();
    slot->version++;
    atomic_store(&slot->plain, false);
    atomic_store(&slot->status, LFFI_SLOT_FREED);
    bury(slot);
    lffi_unlock_slots();
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

void lffi_close_slots(struct lffi_gate *gate)
{
    lffi_lock_slots();
    memset(yard_of(gate)->freed, 0, sizeof yard_of(gate)->freed);
    for (struct lffi_slot *slot = atomic_load(&table.all); slot != NULL; slot = slot->next)
        if (atomic_load(&slot->gate) == gate)
            close_slot(slot);
    lffi_unlock_slots();
}

struct lffi_gate *lffi_all_gates(void)
{
    return atomic_load(&table.gates);
}

void lffi_return_gate(struct lffi_gate *gate)
{
    lffi_lock_slots();
    gate->next = table.free_gates;
    table.free_gates = gate;
    lffi_unlock_slots();
}

/* What the thread was to a state, another one at the same address is not: a seat of nobody's. */
void lffi_forget_thread(const void *thread)
{
    static const char nobody = 0;
    const void *expected;
    for (struct lffi_gate *gate = atomic_load(&table.gates); gate != NULL; gate = gate->known) {
        expected = thread;
        atomic_compare_exchange_strong(&gate->universe.door.seat, &expected, &nobody);
    }
    for (struct lffi_slot *slot = atomic_load(&table.all); slot != NULL; slot = slot->next) {
        expected = thread;
        atomic_compare_exchange_strong(&slot->owner, &expected, NULL);
    }
}
