/* ffi.poll and ffi.fd: other threads run Lua, and what waits for this one runs, where Lua's thread
 * is not inside C anyway (docs/design.md S27).
 *
 * Depends on later.c, on object/running.h and on the universe's mutex.
 */
#include <string.h>

#include "call/task.h"
#include "callback/slot.h"
#include "object/argument.h"

/* ---- waiting outside of Lua ------------------------------------------------------------------ */

static bool wait_locked(struct lffi_gate *gate, unsigned serving, int64_t until, lffi_met *met,
                        void *data)
{
    while (!met(gate, data)) {
        if (lffi_is_waited_for(gate, serving) ||
            (atomic_load(&gate->universe.door.attention) & LFFI_CLOSED) ||
            !lffi_rest(&gate->universe, until))
            return met(gate, data);
    }
    return true;
}

bool lffi_wait_outside(lua_State *L, struct lffi_state *st, int64_t until, lffi_met *met,
                       void *data)
{
    const struct lffi_callee nothing = {st, NULL, NULL};
    struct lffi_gate *gate = st->gate;
    struct lffi_call running;
    struct lffi_crew *lent;
    unsigned serving = st->serving;
    bool is_met;
    if (!lffi_lend_this_thread(&lent)) {
        lffi_end_waiting();
        luaL_error(L, "the system has no thread left for a task");
    }
    lffi_enter_c(L, &nothing, &running);
    lffi_lock_universe(&gate->universe);
    is_met = wait_locked(gate, serving, until, met, data);
    lffi_unlock_universe(&gate->universe, false);
    if (lent != NULL)
        lffi_return_thread(lent);
    lffi_end_waiting();
    if (lffi_leave_c(&running))
        lffi_after_call(L, st, &running);
    return is_met;
}

int64_t lffi_until(lua_State *L, int idx)
{
    lua_Number seconds;
    if (lua_isnoneornil(L, idx))
        return LFFI_FOREVER;
    if (lua_type(L, idx) != LUA_TNUMBER)
        lffi_expected(L, idx, "number of seconds");
    seconds = lua_tonumber(L, idx);
    if (!(seconds >= 0))
        lffi_arg_error(L, idx, "a time is 0 or more seconds, not %f", seconds);
    return seconds < 1e9 ? lffi_now() + (int64_t)(seconds * 1e9) : LFFI_FOREVER;
}

/* ---- ffi.poll -------------------------------------------------------------------------------- */

/* How much others have done since: a number of callbacks. */
struct progress {
    uint64_t before;
    uint64_t waiting; /* who waits to begin with; 0: the first that comes counts */
    uint64_t tasks;   /* that are done and were not seen before */
    struct lffi_gate *gate;
};

static bool has_served(const struct lffi_gate *gate, void *data)
{
    struct progress *progress = data;
    const struct lffi_universe *universe = &gate->universe;
    uint64_t served = universe->served - progress->before;
    progress->tasks += lffi_see_tasks(progress->gate);
    if (progress->waiting == 0)
        return served > 0 || progress->tasks > 0;
    return served >= progress->waiting || !lffi_is_wanted(universe);
}

static struct lffi_gate *gate_of(lua_State *L, struct lffi_state *st)
{
    struct lffi_gate *gate = lffi_gate_of(st);
    if (gate == NULL)
        luaL_error(L, "not enough memory");
    return gate;
}

/* ffi.poll([seconds]): how many callbacks have run and tasks have ended. */
static int api_poll(lua_State *L)
{
    struct lffi_state *st = lffi_scope_upvalue(L)->st;
    struct lffi_gate *gate;
    struct progress progress;
    uint64_t items = st->items_served;
    int64_t until = lffi_until(L, 1);
    bool is_brief = lua_isnoneornil(L, 1);
    if (st->closing)
        luaL_error(L, "nothing is served while the Lua state closes");
    gate = gate_of(L, st);
    lffi_attend(L, st);
    lffi_lock_universe(&gate->universe);
    progress.before = gate->universe.served;
    progress.waiting = lffi_count_waiters(&gate->universe);
    progress.gate = gate;
    progress.tasks = lffi_see_tasks(gate);
    lffi_unlock_universe(&gate->universe, false);
    if (progress.waiting > 0 || (!is_brief && st->items_served == items && progress.tasks == 0))
        lffi_wait_outside(L, st, until, has_served, &progress);
    lffi_lock_universe(&gate->universe);
    items = gate->universe.served - progress.before + st->items_served - items + progress.tasks;
    lffi_unlock_universe(&gate->universe, false);
    lua_pushinteger(L, (lua_Integer)items);
    return 1;
}

/* ---- ffi.fd ---------------------------------------------------------------------------------- */

/* ffi.fd(): readable while something waits. */
static int api_fd(lua_State *L)
{
    struct lffi_state *st = lffi_scope_upvalue(L)->st;
    int fd;
    if (st->closing)
        luaL_error(L, "nothing is served while the Lua state closes");
    fd = lffi_universe_fd(&gate_of(L, st)->universe);
    if (fd < 0)
        luaL_error(L, "the system has no file descriptor left");
    lua_pushinteger(L, fd);
    return 1;
}

void lffi_poll_api(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"poll", api_poll, 1}, {"fd", api_fd, 0}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
