/* Threads that run callbacks of a universe of which they are no resident: each has a coroutine of
 * its own there, made with its first callback and dropped when the thread ends (docs/design.md
 * S26).
 *
 * Depends on object/running.h. A guest is process memory, owned by its thread; when that has ended,
 * by its gate, for whoever has the universe next to drop. The key whose destructor tells the end of
 * a thread is one of the module's process-wide variables.
 */
#include <pthread.h>
#include <stdio.h>

#include "callback/slot.h"

static struct {
    pthread_once_t once;
    pthread_key_t key; /* &lffi_thread, where somebody wants to know */
    bool works;
} ends = {.once = PTHREAD_ONCE_INIT};

/* ---- the end of a thread --------------------------------------------------------------------- */

/* Hands the guest to its gate; to nobody, when the universe is closed. */
static void leave(struct lffi_guest *guest)
{
    struct lffi_gate *gate = guest->gate;
    if (gate != NULL) {
        lffi_lock_universe(&gate->universe);
        if (guest->gate == gate) {
            guest->thread = NULL;
            guest->inside = NULL;
            guest->next_gone = gate->gone;
            gate->gone = guest;
            atomic_fetch_or(&gate->universe.door.attention, LFFI_EVENTS);
            lffi_unlock_universe(&gate->universe, true);
            return;
        }
        lffi_unlock_universe(&gate->universe, false);
    }
    free(guest);
}

static void end_thread(void *thread)
{
    struct lffi_guest *guest = lffi_thread.guests;
    (void)thread;
    lffi_thread.guests = NULL;
    while (guest != NULL) {
        struct lffi_guest *next = guest->next;
        leave(guest);
        guest = next;
    }
    lffi_forget_thread(lffi_me());
}

static void make_key(void)
{
    ends.works = pthread_key_create(&ends.key, end_thread) == 0;
    if (!ends.works)
        fputs("cffi: the system has no key left: ends of threads are not noticed\n", stderr);
}

void lffi_watch_thread(void)
{
    pthread_once(&ends.once, make_key);
    if (ends.works)
        pthread_setspecific(ends.key, &lffi_thread);
}

/* ---- guests ---------------------------------------------------------------------------------- */

/* Those of universes that are closed, unless frames of theirs are on this thread's stack. */
static void forget_closed(void)
{
    struct lffi_guest **link = &lffi_thread.guests;
    while (*link != NULL) {
        struct lffi_guest *guest = *link;
        if (guest->gate != NULL || guest->depth > 0) {
            link = &guest->next;
            continue;
        }
        *link = guest->next;
        free(guest);
    }
}

struct lffi_guest *lffi_guest_of(struct lffi_gate *gate)
{
    struct lffi_guest *guest = lffi_find_guest(gate);
    if (guest != NULL)
        return guest;
    forget_closed();
    guest = calloc(1, sizeof *guest);
    if (guest == NULL)
        return NULL;
    guest->gate = gate;
    guest->thread = lffi_me();
    guest->base.gate = gate;
    guest->base.error_index = LFFI_OF_GUEST;
    guest->ref = LUA_NOREF;
    lffi_lock_universe(&gate->universe);
    guest->neighbour = gate->guests;
    gate->guests = guest;
    lffi_unlock_universe(&gate->universe, false);
    guest->next = lffi_thread.guests;
    lffi_thread.guests = guest;
    lffi_watch_thread();
    return guest;
}

/* Stack: the guest. */
static int make_coroutine(lua_State *L)
{
    struct lffi_guest *guest = lua_touserdata(L, 1);
    lua_State *own = lua_newthread(L);
    guest->ref = luaL_ref(L, LUA_REGISTRYINDEX);
    guest->base.L = own;
    return 0;
}

/* On the thread of the state's arena, for every other may be in the middle of something. */
bool lffi_has_coroutine(struct lffi_state *st, struct lffi_guest *guest)
{
    lua_State *T = st->arena_thread;
    int top = lua_gettop(T);
    if (guest->base.L != NULL)
        return true;
    if (!lua_checkstack(T, LUA_MINSTACK))
        return false;
    lffi_drop_gone(T, guest->gate);
    lua_pushcfunction(T, make_coroutine);
    lua_pushlightuserdata(T, guest);
    lua_pcall(T, 1, 0, 0);
    lua_settop(T, top);
    return guest->base.L != NULL;
}

static void remove_neighbour(struct lffi_gate *gate, const struct lffi_guest *guest)
{
    struct lffi_guest **link = &gate->guests;
    while (*link != guest)
        link = &(*link)->neighbour;
    *link = guest->neighbour;
}

static struct lffi_guest *take_gone(struct lffi_gate *gate)
{
    struct lffi_guest *guest;
    lffi_lock_universe(&gate->universe);
    guest = gate->gone;
    if (guest != NULL) {
        gate->gone = guest->next_gone;
        remove_neighbour(gate, guest);
    }
    lffi_unlock_universe(&gate->universe, false);
    return guest;
}

void lffi_drop_gone(lua_State *L, struct lffi_gate *gate)
{
    struct lffi_guest *guest;
    if (!lua_checkstack(L, LUA_MINSTACK))
        return;
    while ((guest = take_gone(gate)) != NULL) {
        luaL_unref(L, LUA_REGISTRYINDEX, guest->ref); /* in a place that is there: does not raise */
        free(guest);
    }
}

bool lffi_close_guests(struct lffi_gate *gate)
{
    bool inside = false;
    struct lffi_guest *next;
    lffi_lock_universe(&gate->universe);
    for (struct lffi_guest *guest = gate->guests; guest != NULL; guest = next) {
        next = guest->neighbour;
        inside |= guest->depth > 0;
        guest->base.L = NULL;
        guest->gate = NULL; /* now it is its thread's alone, which frees it when it ends */
    }
    gate->guests = NULL;
    for (struct lffi_guest *guest = gate->gone; guest != NULL; guest = next) {
        next = guest->next_gone;
        free(guest);
    }
    gate->gone = NULL;
    lffi_unlock_universe(&gate->universe, false);
    return inside;
}

void lffi_fork_guests(struct lffi_gate *gate)
{
    for (struct lffi_guest *guest = gate->guests; guest != NULL; guest = guest->neighbour) {
        if (guest->thread == NULL || guest->thread == lffi_me())
            continue;
        guest->thread = NULL;
        guest->inside = NULL;
        guest->next_gone = gate->gone;
        gate->gone = guest;
    }
}

bool lffi_run_as_guest(struct lffi_gate *gate, struct lffi_state *st, void (*run)(void *data),
                       void *data)
{
    struct lffi_guest *guest = lffi_guest_of(gate);
    if (guest == NULL || !lffi_hold(&gate->universe, lffi_me(), LFFI_FOREVER))
        return false;
    guest->depth++;
    lffi_swap_turn(st, guest);
    run(data);
    lffi_swap_turn(st, guest);
    guest->depth--;
    lffi_give_back(&gate->universe, true);
    return true;
}
