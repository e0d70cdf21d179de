/* C enters Lua: the protected run of a callback, and what becomes of its errors (docs/design.md
 * S13).
 *
 * Depends on convert.c and pieces.c for values, on report.c for what is told. Called by all code of
 * slots, which answer.c takes over when it is not the resident's plain call, by answer.c and
 * later.c on the thread that has the universe. Nothing here may raise over the C frames that
 * called: all of Lua's work stands inside lua_pcall, after a lua_checkstack, which does not raise.
 * A kept error stays on the stack of the call it belongs to.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "call/fast_slot.h"
#include "callback/slot.h"
#include "object/scope.h"
#include "value/refuse.h"

/* One run of a callback. */
struct invocation {
    const struct lffi_slot *slot;
    const struct lffi_plan *plan; /* kept here: the function may free its own slot */
    const struct lffi_registers *in;
    const unsigned char *stack;
    struct lffi_return *ret;
    int nresults; /* of the function: 0, or all of them */
};

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

/* ---- values ---------------------------------------------------------------------------------- */

static const unsigned char *argument_base(const struct invocation *run,
                                          const struct lffi_param *param)
{
    return lffi_argument_base(run->plan, run->in, run->stack, param);
}

/* Pushes a struct as an object of its own, any other type by lffi_load. Not inline: `scratch` would
 * stay on the C stack of every nested callback. */
static LFFI_NOINLINE void push_general(lua_State *L, const struct invocation *run,
                                       const struct lffi_param *param)
{
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    const unsigned char *base = argument_base(run, param);
    struct lffi_ctype *ct = param->ct;
    bool object = lffi_travels_as_object(param->op);
    unsigned char *value = scratch;
    if (object)
        value = lffi_new(L, ct->base, cdecl_sizeof(ct->type))->addr;
    if (param->flags & LFFI_PARAM_INDIRECT) {
        const void *copy;
        memcpy(&copy, base + param->to, sizeof copy);
        if (!object)
            lffi_load(L, ct, copy, 0);
        else
            memcpy(value, copy, (size_t)cdecl_sizeof(ct->type));
        return;
    }
    if (!object && cdecl_sizeof(ct->type) > sizeof scratch) {
        lffi_load(L, ct, base + param->to, 0);
        return;
    }
    lffi_gather(run->plan->pieces, param, base, value);
    if (!object)
        lffi_load(L, ct, scratch, 0);
}

/* What is an object or a text. */
static LFFI_NOINLINE void push_object(lua_State *L, const struct invocation *run,
                                      const struct lffi_param *param)
{
    const char *address;
    if (param->op != LFFI_POINTER) {
        push_general(L, run, param);
        return;
    }
    memcpy(&address, argument_base(run, param) + param->to, sizeof address);
    if (param->flags & LFFI_PARAM_SIZED)
        lffi_push_sized(L, run->slot, run->plan, param, run->in, run->stack);
    else if (param->flags & LFFI_PARAM_TEXT)
        lua_pushstring(L, address);
    else
        lffi_push_pointer(L, param->ct->base, address, 0);
}

/* So many arguments leave enough of LUA_MINSTACK for making the last. */
enum { FEW = 6 };

/* Returns the number of arguments. */
static int push_arguments(lua_State *L, const struct invocation *run)
{
    const struct lffi_plan *plan = run->plan;
    const struct lffi_param *end = plan->param + plan->nparams;
    int count = 0;
    if (plan->nparams > FEW)
        luaL_checkstack(L, (int)plan->nparams + LUA_MINSTACK, NULL);
    for (const struct lffi_param *param = plan->param; param < end; param++) {
        const unsigned char *slot = argument_base(run, param) + param->to;
        if (param->flags & LFFI_PARAM_LENGTH)
            continue;
        if ((param->flags & LFFI_PARAM_TEXT) || !slot_push(L, param->op, slot))
            push_object(L, run, param);
        count++;
    }
    return count;
}

static void set_result_where(struct lffi_where *where, const struct lffi_plan *plan)
{
    *where = (struct lffi_where){0};
    where->place = LFFI_TO_RESULT;
    where->policy = plan->ct->scope->policy;
    where->of = plan->ct->type;
}

/* Stores the value on the stack top as the result, in registers or in memory at `ret`'s address. */
static void store_result(lua_State *L, const struct invocation *run)
{
    const struct lffi_plan *plan = run->plan;
    struct lffi_return *ret = run->ret;
    const struct lffi_param *result = &plan->result;
    unsigned char *registers = (unsigned char *)ret;
    struct lffi_where where;
    int idx = lua_gettop(L);
    void *value;
    if (result->op == LFFI_VOID ||
        (plan->ct->type->annotated && lffi_store_text(L, run->slot, plan, ret)) ||
        (result->pieces == 1 && lffi_store_plain(L, result, idx, registers + result->to)))
        return;
    set_result_where(&where, plan);
    /* userdata: a struct may be large, and a conversion that raises must have written nothing */
    value = lua_newuserdatauv(L, (size_t)cdecl_sizeof(result->ct->type) + 8, 0);
    memset(value, 0, (size_t)cdecl_sizeof(result->ct->type));
    lffi_store(L, result->ct, value, idx, &where);
    if (plan->result_kind == LFFI_RETURN_MEMORY) {
        memcpy((void *)(uintptr_t)ret->gpr[0], value, (size_t)cdecl_sizeof(result->ct->type));
        return;
    }
    lffi_scatter(plan->pieces, result, value, registers);
    if (result->pieces == 1)
        lffi_widen(result, registers + result->to);
}

static _Noreturn void refuse_no_value(lua_State *L, const struct lffi_plan *plan)
{
    struct lffi_where where;
    set_result_where(&where, plan);
    lffi_convert_error(L, &where, "cannot convert no value to '%s'",
                       lffi_push_type_text(L, plan->result.ct->type, NULL));
}

/* ---- the protected part ---------------------------------------------------------------------- */

/* Stack: the invocation, the function, what it returned. A result that is missing, unlike nil, is
 * no pointer either. */
static int run_result(lua_State *L)
{
    const struct invocation *run = lua_touserdata(L, 1);
    if (run->plan->result.op == LFFI_VOID)
        return 0;
    if (lua_gettop(L) == 2 && !run->plan->ct->scope->luajit)
        refuse_no_value(L, run->plan);
    lua_settop(L, 3);
    store_result(L, run);
    return 0;
}

/* Stack: the invocation. */
static int run_function(lua_State *L)
{
    const struct invocation *run = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->slot->use.ref_function);
    lua_pushvalue(L, 2);
    lua_call(L, push_arguments(L, run), LUA_MULTRET);
    return run_result(L);
}

/* Stack: the callback's own onerror, the error, the invocation. It handles the error and may give
 * the result. */
static int run_onerror(lua_State *L)
{
    const struct invocation *run = lua_touserdata(L, 3);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    if (!lua_isnil(L, -1))
        store_result(L, run);
    return 0;
}

/* Stack: the invocation, the function, whose results it returns. Of the quick way. */
static int run_call(lua_State *L)
{
    const struct invocation *run = lffi_address_in_place(lffi_arguments(L));
    lua_call(L, push_arguments(L, run), run->nresults);
    return run->nresults == 0 ? 0 : lua_gettop(L) - 1;
}

int lffi_function_of_part(lua_CFunction part)
{
    if (part == run_onerror)
        return 1;
    return part == run_function || part == run_result || part == run_call ? 2 : 0;
}

bool lffi_is_part_of_luajit(lua_State *L, const lua_Debug *ar, lua_CFunction part)
{
    const struct invocation *run;
    if (lua_getlocal(L, ar, part == run_onerror ? 3 : 1) == NULL)
        return false;
    run = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return run->plan->ct->scope->luajit;
}

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
    lua_pushcfunction(L, run_result);
    lua_pushlightuserdata(L, run);
    lua_pushvalue(L, top);
    lua_rotate(L, top + 1, 3);
    return lua_pcall(L, nresults + 2, 0, top - FUNCTION + HANDLER) == LUA_OK ? DONE : FAILED;
}

/* Has the message handler, run_call and the slot's function on top of the stack, where they stay
 * for the next callback of the same call, and with them the room that was asked for. Returns the
 * handler's index; 0: no room. */
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
        lua_pushcfunction(L, run_call);
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
        const unsigned char *arg = argument_base(run, param) + param->to;
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
    fine = run_protected(L, run_function, 0, run);
    if (!fine && handled)
        fine = run_protected(L, run_onerror, 2, run);
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

/* The resident in a call of C: nobody else wants the universe, or a visitor takes over. */
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
        atomic_load_explicit(&universe->seat, memory_order_relaxed) != NULL) {
        lffi_answer_visitor(slot, entry_errno, in, stack, ret);
        return;
    }
    if (lffi_sit_down(universe, &lffi_innermost)) {
        lffi_stand_up(universe);
        lffi_stood_up(universe);
        lffi_answer_visitor(slot, entry_errno, in, stack, ret);
        return;
    }
    slot->use.runs++;
    *error_number = enter_lua(slot, call, entry_errno, in, stack, ret);
    slot->use.ended++;
    if (lffi_stand_up(universe))
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
