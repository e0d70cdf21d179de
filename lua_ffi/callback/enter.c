/* C enters Lua: the protected run of a callback, and what becomes of its errors (docs/design.md
 * S13).
 *
 * Depends on run.c for what is protected, on report.c for what is told. Called by all code of
 * slots, which visitor.c takes over when it is not the resident's plain call, by visitor.c and
 * later.c on the thread that has the universe. Nothing here may raise over the C frames that
 * called: all of Lua's work stands inside lua_pcall, after a lua_checkstack, which does not raise.
 * A kept error stays on the stack of the call it belongs to.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "call/fast_slot.h"
#include "callback/run.h"
#include "object/scope.h"

static void give_error_value(const struct lffi_slot *slot, const struct lffi_registers *in,
                             struct lffi_return *ret)
{
    lffi_give_error_value(slot->signature, slot->use.error, in, ret);
}

/* ---- kept errors ----------------------------------------------------------------------------- */

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the call is of stands apart while it has an error. */
static void begin_error(struct lffi_call *call, int index)
{
    call->of_guest = call->error_index == LFFI_OF_GUEST;
    call->error_index = index;
    lffi_take_detour(call, call->callee->st->gate);
}

/* Keeps the error on the stack top for the end of the call, unless there is no call, or one is kept
 * already: then it is reported. */
static LFFI_NOINLINE void keep_error(lua_State *L, struct lffi_call *call, struct lffi_scope *scope)
{
    if (call == NULL || call->callee == NULL || lffi_has_error(call)) {
        lffi_report(L, scope);
        return;
    }
    begin_error(call, lua_gettop(L));
    call->reported = false;
    call->kept_at = milliseconds();
}

/* An error for which there is no Lua value. */
static void keep_failure(struct lffi_call *call, const char *text)
{
    bool callless = call == NULL || call->callee == NULL;
    if (callless)
        fprintf(stderr, "cffi: error in a callback: %s\n", text);
    if (callless || lffi_has_error(call))
        return;
    begin_error(call, LFFI_FAILED);
    call->failure = text;
}

/* ---- the protected part ---------------------------------------------------------------------- */

/* Runs `part` protected with the `nargs` values on the stack top and the invocation. On failure the
 * error is left on the stack instead of the arguments. */
static bool run_protected(lua_State *L, lua_CFunction part, int nargs, struct invocation *run)
{
    int base = lua_gettop(L) - nargs + 1;
    int status;
    lua_pushcfunction(L, lffi_add_traceback);
    lua_pushcfunction(L, part);
    if (nargs > 0)
        lua_rotate(L, base, 2);
    lua_pushlightuserdata(L, run);
    status = lua_pcall(L, nargs + 1, 0, base);
    if (status == LUA_OK)
        lua_settop(L, base - 1);
    else
        lua_remove(L, base);
    return status == LUA_OK;
}

/* Deep recursion takes a way that Lua counts as two C calls: its limit of 200 is then met before
 * the end of a small C stack is. */
enum { SCALAR_NESTS = 8 };

/* What became of the quick way. On failure the error is on the stack top. */
enum outcome { NOT_TRIED, DONE, FAILED };

/* What stands on the stack for all callbacks of one call, from the index `prepared` on. */
enum { HANDLER, CALLER, FUNCTION, PREPARED };

/* A result that needs conversion, by the general way. It is what stands above `top`, or nothing
 * does; the function stands there. */
static LFFI_NOINLINE enum outcome convert_result(lua_State *L, struct invocation *run, int top)
{
    int nresults = lua_gettop(L) > top ? 1 : 0;
    give_error_value(run->slot, run->in, run->ret);
    lua_settop(L, top + nresults);
    lua_pushcfunction(L, lffi_run_result);
    lua_pushlightuserdata(L, run);
    lua_pushvalue(L, top);
    lua_rotate(L, top + 1, 3);
    return lua_pcall(L, nresults + 2, 0, top - FUNCTION + HANDLER) == LUA_OK ? DONE : FAILED;
}

/* Has the message handler, lffi_run_call and the slot's function on top of the stack, where they
 * stay for the next callback of the same call, and with them the room that was asked for. Returns
 * the handler's index; 0: no room. */
static int prepare(lua_State *L, struct lffi_call *call, const struct lffi_slot *slot)
{
    int top = (int)lffi_count_arguments(L, lffi_arguments(L));
    if (call->prepared != 0 && call->prepared == top - FUNCTION) {
        if (call->slot == slot && call->version == slot->version)
            return call->prepared;
        lua_settop(L, call->prepared + CALLER);
    } else {
        if (!lua_checkstack(L, LUA_MINSTACK))
            return 0;
        lua_pushcfunction(L, lffi_add_traceback);
        lua_pushcfunction(L, lffi_run_call);
        call->prepared = top + 1;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    call->slot = slot;
    call->version = slot->version;
    return call->prepared;
}

/* Pushes the function and its arguments, all without a chance of failing: only the function itself
 * has to be protected. False, with nothing pushed: an argument needs more. */
static LFFI_INLINE bool push_scalars(lua_State *L, const struct lffi_value *function,
                                     const struct invocation *run)
{
    const struct lffi_plan *plan = run->plan;
    const struct lffi_param *end = plan->param + plan->nparams;
    lffi_place_copy(L, function);
    for (const struct lffi_param *param = plan->param; param < end; param++) {
        const unsigned char *arg = lffi_run_base(run, param) + param->to;
        if (param->op == LFFI_I32) { /* the commonest by far */
            lffi_place_integer(L, *(const int32_t *)(const void *)arg);
        } else if (!slot_push(L, param->op, arg)) {
            lffi_drop_from(L, function + 1);
            return false;
        }
    }
    return true;
}

/* Calls the function with what making needs protection: objects and strings. */
static LFFI_INLINE int call_with_objects(lua_State *L, int base, struct invocation *run)
{
    const struct lffi_value *prepared = lffi_arguments(L) + base - 1;
    lffi_place_copy(L, prepared + CALLER);
    lffi_place_address(L, run);
    lffi_place_copy(L, prepared + FUNCTION);
    return lua_pcall(L, 2, run->nresults, base);
}

static LFFI_INLINE int call_quickly(lua_State *L, int base, struct invocation *run)
{
    struct lffi_state *st = run->slot->use.st;
    int status;
    if (!run->plan->scalar_callback || st->scalar_callbacks >= SCALAR_NESTS ||
        !push_scalars(L, lffi_arguments(L) + base - 1 + FUNCTION, run))
        return call_with_objects(L, base, run);
    st->scalar_callbacks++;
    status = lua_pcall(L, (int)run->plan->nparams, run->nresults, base);
    st->scalar_callbacks--;
    return status;
}

/* The quick way: handler and function stay on the stack, and a plain result needs no protection. */
static enum outcome run_quickly(lua_State *L, struct lffi_call *call, struct invocation *run)
{
    const struct lffi_param *result = &run->plan->result;
    const struct lffi_value *value;
    int base = prepare(L, call, run->slot);
    if (base == 0)
        return NOT_TRIED;
    if (call_quickly(L, base, run) != LUA_OK) {
        give_error_value(run->slot, run->in, run->ret);
        return FAILED;
    }
    if (run->nresults == 0)
        return DONE;
    value = lffi_arguments(L) + base - 1 + PREPARED;
    if (lffi_count_arguments(L, value) == 0 || !run->plan->plain_result ||
        !slot_put(result, value, (unsigned char *)run->ret + result->to))
        return convert_result(L, run, base + FUNCTION);
    lffi_drop_from(L, value);
    return DONE;
}

/* The general way. */
static LFFI_NOINLINE void run_converting(lua_State *L, const struct lffi_slot *slot,
                                         struct lffi_call *call, struct invocation *run)
{
    bool handled = slot->use.ref_onerror != LUA_NOREF;
    struct lffi_scope *scope = run->plan->ct->scope;
    int top = lua_gettop(L);
    bool fine;
    give_error_value(slot, run->in, run->ret);
    /* lua_pcall's own needs, and room for an error that stays */
    if (!lua_checkstack(L, LUA_MINSTACK)) {
        keep_failure(call, "stack overflow in a callback");
        return;
    }
    if (scope->anchors != NULL) /* the function may free its slot and drop all else of the scope */
        lffi_push_scope(L, scope);
    if (handled) /* now, for the same reason */
        lua_rawgeti(L, LUA_REGISTRYINDEX, slot->use.ref_onerror);
    fine = run_protected(L, lffi_run_function, 0, run);
    if (!fine && handled)
        fine = run_protected(L, lffi_run_onerror, 2, run);
    if (fine) {
        lua_settop(L, top);
        return;
    }
    if (scope->anchors != NULL)
        lua_remove(L, top + 1);
    keep_error(L, call, scope);
}

static LFFI_INLINE bool is_quick(const struct lffi_slot *slot)
{
#ifdef CFFI_NO_PEEK
    (void)slot;
    return false;
#else
    return slot->use.quick;
#endif
}

static void run_callback(lua_State *L, const struct lffi_slot *slot, struct lffi_call *call,
                         struct invocation *run)
{
    enum outcome outcome = NOT_TRIED;
    if (lffi_is_stack_low(&lffi_thread.stack)) {
        give_error_value(slot, run->in, run->ret);
        keep_failure(call, "C stack overflow");
        return;
    }
    if (is_quick(slot) && call != NULL)
        outcome = run_quickly(L, call, run);
    if (outcome == NOT_TRIED)
        run_converting(L, slot, call, run);
    else if (outcome == FAILED)
        keep_error(L, call, run->plan->ct->scope);
}

/* How long a kept error waits for C to return before a suppressed callback tells it. */
enum { PATIENCE = 1000 };

/* True when an error of this call is pending, so that the callback is not run. When C has not
 * returned for a while the first one so suppressed tells ffi.onerror: a C loop that never returns
 * would hide the error for ever. */
static LFFI_NOINLINE bool suppressed(lua_State *L, const struct lffi_slot *slot,
                                     struct lffi_call *call)
{
    if (!lffi_has_error(call) || slot->use.always || slot->use.ref_onerror != LUA_NOREF)
        return false;
    if (call->error_index != LFFI_FAILED && !call->reported &&
        milliseconds() - call->kept_at >= PATIENCE && lua_checkstack(L, 1)) {
        call->reported = true;
        lua_pushvalue(L, call->error_index);
        lffi_report(L, slot->use.plan->ct->scope);
    }
    return true;
}

static LFFI_INLINE int enter_lua(struct lffi_slot *slot, struct lffi_call *call, int entry_errno,
                                 const struct lffi_registers *in, const unsigned char *stack,
                                 struct lffi_return *ret)
{
    struct lffi_state *st = slot->use.st;
    const struct lffi_plan *plan = slot->use.plan;
    int nresults = plan->result.op == LFFI_VOID ? 0 : LUA_MULTRET;
    struct invocation run = {slot, plan, in, stack, ret, nresults};
    lua_State *L = call != NULL ? call->L : st->main;
    int outer_errno = st->saved_errno;
    bool outer_assigned = st->errno_assigned;
    if (call != NULL && call->error_index != 0 && suppressed(L, slot, call)) {
        give_error_value(slot, in, ret);
        return entry_errno;
    }
    st->saved_errno = entry_errno;
    st->errno_assigned = false;
    run_callback(L, slot, call, &run);
    if (st->errno_assigned)
        entry_errno = st->saved_errno;
    st->saved_errno = outer_errno;
    st->errno_assigned = outer_assigned;
    return entry_errno;
}

LFFI_NOINLINE int lffi_enter_lua(struct lffi_slot *slot, struct lffi_call *call, int entry_errno,
                                 const struct lffi_registers *in, const unsigned char *stack,
                                 struct lffi_return *ret)
{
    return enter_lua(slot, call, entry_errno, in, stack, ret);
}

/* The resident in a call of C: nobody else wants the universe, or a visitor takes over. Here and
 * not in visitor.c, for enter_lua is part of it: every callback comes this way. */
void lffi_answer_call(struct lffi_slot *slot, const struct lffi_registers *in,
                      const unsigned char *stack, struct lffi_return *ret)
{
    int *error_number = lffi_errno();
    int entry_errno = *error_number;
    struct lffi_gate *gate = atomic_load(&slot->gate);
    struct lffi_call *call = gate != NULL ? lffi_innermost_of(gate) : NULL;
    struct lffi_universe *universe = gate != NULL ? &gate->universe : NULL;
    if (call == NULL || call->error_index != 0 ||
        !atomic_load_explicit(&slot->plain, memory_order_acquire) ||
        atomic_load_explicit(&universe->door.seat, memory_order_relaxed) != NULL) {
        lffi_answer_visitor(slot, entry_errno, in, stack, ret);
        return;
    }
    if (lffi_sit_down(&universe->door, error_number)) {
        lffi_stand_up(&universe->door);
        lffi_stood_up(universe);
        lffi_answer_visitor(slot, entry_errno, in, stack, ret);
        return;
    }
    slot->use.runs++;
    *error_number = enter_lua(slot, call, entry_errno, in, stack, ret);
    slot->use.ended++;
    if (lffi_stand_up(&universe->door))
        lffi_stood_up(universe);
}

/* ---- calls of tombstones --------------------------------------------------------------------- */

/* Stack: the slot. Raises the report, so that it is kept like any error of a callback. */
static int raise_freed(lua_State *L)
{
    const struct lffi_slot *slot = lua_touserdata(L, 1);
    lua_pushfstring(L, "%s was called by C after it was freed", lffi_push_slot_text(L, slot));
    lffi_add_position(L, 1);
    return lua_error(L);
}

void lffi_enter_freed(struct lffi_slot *slot, struct lffi_call *call)
{
    lua_State *L = call != NULL ? call->L : slot->use.st->main;
    if (call != NULL && lffi_has_error(call))
        return;
    if (!lua_checkstack(L, LUA_MINSTACK)) {
        keep_failure(call, "a freed callback was called by C");
        return;
    }
    lua_pushcfunction(L, lffi_add_traceback);
    lua_pushcfunction(L, raise_freed);
    lua_pushlightuserdata(L, slot);
    lua_pcall(L, 1, 0, -3);
    lua_remove(L, -2);
    keep_error(L, call, slot->use.plan->ct->scope);
}
