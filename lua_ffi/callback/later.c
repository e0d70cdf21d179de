/* Calls that wait for the thread their callback belongs to: of mode "post", whose caller goes on at
 * once, and of mode "owner", whose caller waits (docs/design.md S27).
 *
 * Depends on enter.c, which runs them, and on the universe's mutex, under which their list is
 * looked at. An item of "post" is allocated here and freed when it has run; one of "owner" lies on
 * its caller's C stack. Its slot counts it as a visitor, so that nobody else takes that meanwhile.
 */
#include <pthread.h>
#include <string.h>

#include "call/task.h"
#include "callback/signature.h"
#include "callback/slot.h"

/* How long C waits in vain for an owner that is itself inside C, and how often it looks. */
static const int64_t patience = 1000000000;
static const int64_t glance = 50000000;
enum { OWNER_NESTS = 8 };

struct lffi_item {
    struct lffi_item *next;
    struct lffi_slot *slot;
    const void *from;       /* the thread that calls ... */
    struct lffi_task *task; /* ... and, for an owner, what it runs for this gate, or NULL */
    bool post;
    bool begun, done;
    int error_number;
    int64_t since;
    struct lffi_registers in;
    const unsigned char *stack;
    struct lffi_return *ret;
    _Alignas(16) unsigned char bytes[]; /* of the stack, copied for "post" */
};

/* ---- the list, under the mutex --------------------------------------------------------------- */

static void append(struct lffi_gate *gate, struct lffi_item *item)
{
    item->next = NULL;
    *gate->last_item = item;
    gate->last_item = &item->next;
    gate->universe.pending++;
    atomic_fetch_or(&gate->universe.door.attention, LFFI_EVENTS);
}

static void take_out(struct lffi_gate *gate, struct lffi_item *item)
{
    struct lffi_item **link = &gate->first_item;
    while (*link != item)
        link = &(*link)->next;
    *link = item->next;
    if (item->next == NULL)
        gate->last_item = link;
    gate->universe.pending--;
}

/* Whether an item before this one is of the same thread: each thread's run in their order. */
static bool is_behind(const struct lffi_gate *gate, const struct lffi_item *item)
{
    const struct lffi_item *before = gate->first_item;
    while (before != item && before->from != item->from)
        before = before->next;
    return before != item;
}

/* What is posted to a thread that has ended is for any. */
static bool is_mine(const struct lffi_item *item)
{
    const void *owner = atomic_load(&item->slot->owner);
    return owner == lffi_me() || (owner == NULL && item->post);
}

/* The next item for this thread. One of "post" waits until no other one runs, or each call within
 * one would begin the next; one of "owner" has somebody waiting. */
static struct lffi_item *find_item(const struct lffi_gate *gate, unsigned serving)
{
    struct lffi_item *item = gate->first_item;
    for (; item != NULL; item = item->next)
        if (is_mine(item) && serving < (item->post ? 1 : OWNER_NESTS) && !is_behind(gate, item))
            break;
    return item;
}

/* ---- running --------------------------------------------------------------------------------- */

/* Runs the item's callback on L, where no call of C's keeps its error. */
static void run_item(lua_State *L, struct lffi_state *st, struct lffi_item *item)
{
    struct lffi_slot *slot = item->slot;
    struct lffi_call here = {.L = L, .gate = st->gate, .error_index = LFFI_OF_GUEST};
    int top = lua_gettop(L);
    if (!lffi_is_live(slot, st->gate)) { /* freed meanwhile */
        atomic_fetch_add(&slot->strangers, 1);
        lffi_queue_event(slot, st->gate);
        return;
    }
    slot->use.runs++;
    item->error_number =
        lffi_enter_lua(slot, &here, item->error_number, &item->in, item->stack, item->ret);
    slot->use.ended++;
    lua_settop(L, top);
}

static struct lffi_item *begin_item(struct lffi_gate *gate, unsigned serving)
{
    struct lffi_item *item;
    lffi_lock_universe(&gate->universe);
    item = find_item(gate, serving);
    if (item != NULL) {
        take_out(gate, item);
        item->begun = true;
        if (item->task != NULL)
            item->task->asks = &lffi_thread;
    }
    lffi_unlock_universe(&gate->universe, false);
    return item;
}

static void free_item(struct lffi_item *item)
{
    atomic_fetch_sub(&item->slot->visitors, 1);
    free(item);
}

/* Its caller's stack has it no more once that is told. */
static void end_item(struct lffi_gate *gate, struct lffi_item *item)
{
    if (item->post) {
        free_item(item);
        return;
    }
    lffi_lock_universe(&gate->universe);
    item->done = true;
    if (item->task != NULL)
        item->task->asks = NULL;
    lffi_unlock_universe(&gate->universe, true);
}

void lffi_serve(lua_State *L, struct lffi_state *st)
{
    struct lffi_gate *gate = st->gate;
    struct lffi_item *item;
    while (!st->closing && (item = begin_item(gate, st->serving)) != NULL) {
        st->serving++;
        run_item(L, st, item);
        st->serving--;
        end_item(gate, item);
        st->items_served++;
    }
}

bool lffi_is_waited_for(const struct lffi_gate *gate, unsigned serving)
{
    return find_item(gate, serving) != NULL;
}

/* ---- calling --------------------------------------------------------------------------------- */

static bool post(struct lffi_slot *slot, struct lffi_gate *gate, int error_number,
                 const struct lffi_registers *in, const unsigned char *stack)
{
    size_t size = lffi_stack_room(slot->signature);
    size_t texts = lffi_texts_room(slot->signature, in, stack);
    struct lffi_item *item = calloc(1, sizeof *item + sizeof *item->ret + size + texts);
    unsigned char *copy;
    if (item == NULL)
        return false;
    item->slot = slot;
    item->from = lffi_me();
    item->post = true;
    item->error_number = error_number;
    lffi_copy_registers(slot->signature, &item->in, in);
    item->ret = (struct lffi_return *)(void *)item->bytes;
    item->stack = copy = item->bytes + sizeof *item->ret;
    lffi_copy_stack(slot->signature, copy, stack, &item->in);
    if (texts > 0)
        lffi_copy_texts(slot->signature, copy + size, &item->in, copy);
    atomic_fetch_add(&slot->visitors, 1);
    lffi_lock_universe(&gate->universe);
    if (atomic_load(&gate->universe.door.attention) & LFFI_CLOSED)
        free_item(item);
    else
        append(gate, item);
    lffi_unlock_universe(&gate->universe, true);
    return true;
}

/* Whether the state is closed, also while the callback runs; or the owner has ended, or been inside
 * C for as long as anybody waits. */
static bool is_hopeless(const struct lffi_gate *gate, const struct lffi_item *item)
{
    const struct lffi_universe *universe = &gate->universe;
    const void *owner = atomic_load(&item->slot->owner);
    int64_t since = universe->left > item->since ? universe->left : item->since;
    if (atomic_load(&universe->door.attention) & LFFI_CLOSED)
        return true;
    if (item->begun || owner == NULL)
        return !item->begun;
    return atomic_load(&universe->door.seat) != owner && !lffi_is_holding(universe, owner) &&
           lffi_now() - since >= patience;
}

static bool wait_for_owner(struct lffi_gate *gate, struct lffi_item *item)
{
    bool refused = false;
    lffi_lock_universe(&gate->universe);
    append(gate, item);
    lffi_unlock_universe(&gate->universe, true);
    lffi_lock_universe(&gate->universe);
    while (!item->done && !refused) {
        lffi_rest(&gate->universe, lffi_now() + glance);
        refused = !item->done && is_hopeless(gate, item);
    }
    if (refused && !item->begun)
        take_out(gate, item);
    lffi_unlock_universe(&gate->universe, false);
    return !refused;
}

static bool ask_owner(struct lffi_slot *slot, struct lffi_gate *gate, int *error_number,
                      const struct lffi_registers *in, const unsigned char *stack,
                      struct lffi_return *ret)
{
    struct lffi_item item = {.slot = slot, .from = lffi_me(), .since = lffi_now()};
    struct lffi_crew *lent;
    bool done;
    item.error_number = *error_number;
    lffi_copy_registers(slot->signature, &item.in, in);
    item.stack = stack;
    item.ret = ret;
    if (lffi_thread.task != NULL && lffi_thread.task->gate == gate)
        item.task = lffi_thread.task;
    lffi_lend_this_thread(&lent); /* if that cannot be, the owner may have no need of it */
    done = wait_for_owner(gate, &item);
    if (lent != NULL)
        lffi_return_thread(lent);
    if (!done)
        return false;
    *error_number = item.error_number;
    return true;
}

bool lffi_call_later(struct lffi_slot *slot, struct lffi_gate *gate, int *error_number,
                     const struct lffi_registers *in, const unsigned char *stack,
                     struct lffi_return *ret)
{
    bool done;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* or the item would be nobody's */
    if (slot->use.mode == LFFI_POST) {
        done = post(slot, gate, *error_number, in, stack);
        if (!done)
            atomic_fetch_add(&slot->failed, 1);
    } else {
        done = ask_owner(slot, gate, error_number, in, stack, ret);
        if (!done)
            atomic_fetch_add(&slot->refused, 1);
    }
    if (!done)
        lffi_queue_event(slot, gate);
    pthread_setcancelstate(state, &state);
    return done;
}

/* ---- the end --------------------------------------------------------------------------------- */

void lffi_drop_items(struct lffi_gate *gate)
{
    struct lffi_item *next;
    lffi_lock_universe(&gate->universe);
    for (struct lffi_item *item = gate->first_item; item != NULL; item = next) {
        next = item->next;
        if (item->post) {
            take_out(gate, item);
            free_item(item);
        }
    }
    lffi_unlock_universe(&gate->universe, true);
}
