/* C enters Lua: the protected run of a callback, and what becomes of its errors (docs/design.md
 * S13).
 *
 * Depends on convert.c and pieces.c for values. Called by answer.c and later.c on the thread that
 * has the universe. Nothing here may raise over the C frames that called: all of Lua's work stands
 * inside lua_pcall, after a lua_checkstack, which does not raise. A kept error stays on the stack
 * of the call it belongs to.
 */
#include <ctype.h>
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
};

/* The parts that add_definition knows. */
static int run_function(lua_State *L);
static int run_result(lua_State *L);
static int run_onerror(lua_State *L);

/* ---- error texts ----------------------------------------------------------------------------- */

const char *lffi_push_callback_text(lua_State *L, const struct lffi_signature *signature,
                                    const char *place)
{
    return lua_pushfstring(L, "callback '%s' (created at %s)", lffi_signature_text(signature),
                           place);
}

const char *lffi_push_slot_text(lua_State *L, const struct lffi_slot *slot)
{
    return lffi_push_callback_text(L, slot->signature, slot->use.place->text);
}

/* True for "file:12: text": an error that tells where it was raised, and so wants a traceback. One
 * raised without (`error(v, 0)`) may be a value that the program compares. */
static bool has_position(const char *text)
{
    for (; *text != '\0' && *text != '\n'; text++) {
        size_t digits = 0;
        if (*text != ':')
            continue;
        while (isdigit((unsigned char)text[1 + digits]))
            digits++;
        if (digits > 0 && text[1 + digits] == ':' && text[2 + digits] == ' ')
            return true;
    }
    return false;
}

/* Puts "app.lua:12: " before the string on the stack top: the innermost Lua code from `level` on.
 */
static void add_position(lua_State *L, int level)
{
    lua_Debug ar;
    for (; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0)
            continue;
        lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
        lua_insert(L, -2);
        lua_concat(L, 2);
        return;
    }
}

/* The function at level 1 has raised: when it is ours, a value did not convert, which is nobody's
 * line; the error begins with where the callback's function is defined. That one stands on the
 * raiser's stack: the slot may have another by now. */
static void add_definition(lua_State *L)
{
    lua_CFunction raiser;
    lua_Debug ar;
    if (!lua_getstack(L, 1, &ar) || lua_getinfo(L, "f", &ar) == 0)
        return;
    raiser = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    if ((raiser != run_function && raiser != run_result && raiser != run_onerror) ||
        lua_getlocal(L, &ar, raiser == run_onerror ? 1 : 2) == NULL)
        return;
    lua_getinfo(L, ">S", &ar);
    if (ar.linedefined <= 0) { /* a C function is nowhere: what called C is the next best */
        add_position(L, 2);
        return;
    }
    lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.linedefined);
    lua_insert(L, -2);
    lua_concat(L, 2);
}

/* Message handler. The stack of a callback stands on that of the call: one traceback shows both. */
static int add_traceback(lua_State *L)
{
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    if (text == NULL)
        return 1;
    if (strcmp(text, "attempt to yield across a C-call boundary") == 0 ||
        strcmp(text, "attempt to yield from outside a coroutine") == 0) {
        lua_pushliteral(L, "attempt to yield out of a callback: C code stands between it and its "
                           "coroutine");
        add_position(L, 1);
    } else if (!has_position(text)) {
        add_definition(L);
    }
    text = lua_tostring(L, -1);
    if (has_position(text) && strstr(text, "\nstack traceback:\n") == NULL)
        luaL_traceback(L, L, text, 1);
    return 1;
}

/* ---- the last resort ------------------------------------------------------------------------- */

/* Stack: the error, the scope, what it is. */
static int call_onerror(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, 2);
    lffi_push_ref(L, scope, scope->ref_api);
    if (!lua_istable(L, -1) || lua_getfield(L, -1, "onerror") == LUA_TNIL) {
        fprintf(stderr, "cffi: %s: %s\n", lua_tostring(L, 3), luaL_tolstring(L, 1, NULL));
        return 0;
    }
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

static void report(lua_State *L, struct lffi_scope *scope, const char *what)
{
    int top = lua_gettop(L);
    if (!lua_checkstack(L, LUA_MINSTACK)) {
        fprintf(stderr, "cffi: %s, and no stack left to report it\n", what);
    } else {
        lua_pushcfunction(L, call_onerror);
        lua_pushvalue(L, top);
        lua_pushlightuserdata(L, scope);
        lua_pushstring(L, what);
        if (lua_pcall(L, 3, 0, 0) != LUA_OK)
            fprintf(stderr, "cffi: error in ffi.onerror: %s\n",
                    lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "(not a string)");
    }
    lua_settop(L, top - 1);
}

void lffi_report(lua_State *L, struct lffi_scope *scope)
{
    report(L, scope, "error in a callback");
}

void lffi_warn(lua_State *L, struct lffi_scope *scope)
{
    report(L, scope, "warning");
}

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

/* Returns the number of arguments. */
static int push_arguments(lua_State *L, const struct invocation *run)
{
    const struct lffi_plan *plan = run->plan;
    int top = lua_gettop(L);
    luaL_checkstack(L, (int)plan->nparams + LUA_MINSTACK, NULL);
    for (uint32_t i = 0; i < plan->nparams; i++) {
        const struct lffi_param *param = &plan->param[i];
        const unsigned char *slot = argument_base(run, param) + param->to;
        if ((plan->ct->type->annotated &&
             lffi_push_text(L, run->slot, plan, i, run->in, run->stack)) ||
            lffi_push_plain(L, param->op, slot))
            continue;
        if (param->op == LFFI_POINTER) {
            const void *address;
            memcpy(&address, slot, sizeof address);
            lffi_push_pointer(L, param->ct->base, address, 0);
        } else {
            push_general(L, run, param);
        }
    }
    return lua_gettop(L) - top;
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

/* Runs `part` protected with the `nargs` values on the stack top and the invocation. On failure the
 * error is left on the stack instead of the arguments. */
static bool run_protected(lua_State *L, lua_CFunction part, int nargs, struct invocation *run)
{
    int base = lua_gettop(L) - nargs + 1;
    int status;
    lua_pushcfunction(L, add_traceback);
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

/* Deep recursion takes the general way, which Lua counts as two C calls: its limit of 200 is then
 * met before the end of a small C stack is. */
enum { SCALAR_NESTS = 8 };

/* What became of the scalar way. On failure the error is on the stack top. */
enum outcome { NOT_TRIED, DONE, FAILED };

/* A result that needs conversion, by the general way. It is what stands above `top`, or nothing
 * does; the function stands there and the handler below. */
static LFFI_NOINLINE enum outcome convert_result(lua_State *L, struct invocation *run, int top)
{
    int nresults = lua_gettop(L) > top ? 1 : 0;
    lffi_give_error_value(run->slot, run->in, run->ret);
    lua_settop(L, top + nresults);
    lua_pushcfunction(L, run_result);
    lua_pushlightuserdata(L, run);
    lua_pushvalue(L, top);
    lua_rotate(L, top + 1, 3);
    return lua_pcall(L, nresults + 2, 0, top - 1) == LUA_OK ? DONE : FAILED;
}

/* Has the message handler and the slot's function on top of the stack, where they stay for the next
 * callback of the same call, and with them the room that was asked for. Returns the handler's
 * index; 0: no room. */
static int prepare(lua_State *L, struct lffi_call *call, const struct lffi_slot *slot)
{
    int top = (int)lffi_count_arguments(L, lffi_arguments(L));
    if (call->prepared != 0 && call->prepared == top - 1) {
        if (call->slot == slot && call->version == slot->version)
            return call->prepared;
        lua_settop(L, call->prepared);
    } else {
        if (!lua_checkstack(L, LUA_MINSTACK))
            return 0;
        lua_pushcfunction(L, add_traceback);
        call->prepared = top + 1;
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    call->slot = slot;
    call->version = slot->version;
    return call->prepared;
}

/* The scalar way: arguments that are pushed without a chance of failing and a result that needs no
 * conversion, so that only the function itself has to be protected. */
static enum outcome run_scalars(lua_State *L, struct lffi_call *call, struct invocation *run)
{
    const struct lffi_plan *plan = run->plan;
    const struct lffi_value *first;
    int base = prepare(L, call, run->slot);
    if (base == 0)
        return NOT_TRIED;
    lua_pushvalue(L, base + 1);
    for (uint32_t i = 0; i < plan->nparams; i++) {
        const struct lffi_param *param = &plan->param[i];
        const unsigned char *arg = argument_base(run, param) + param->to;
        if (param->op == LFFI_I32) { /* the commonest by far */
            lua_pushinteger(L, *(const int32_t *)(const void *)arg);
        } else if (!slot_push(L, param->op, arg)) {
            lua_settop(L, base + 1);
            return NOT_TRIED;
        }
    }
    if (lua_pcall(L, (int)plan->nparams, LUA_MULTRET, base) != LUA_OK) {
        lffi_give_error_value(run->slot, run->in, run->ret);
        return FAILED;
    }
    first = lffi_arguments(L);
    if (plan->result.op != LFFI_VOID &&
        (lffi_count_arguments(L, first) == base + 1 ||
         !slot_put(&plan->result, &first[base + 1], (unsigned char *)run->ret + plan->result.to)))
        return convert_result(L, run, base + 1);
    lua_settop(L, base + 1);
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
    lffi_give_error_value(slot, run->in, run->ret);
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

static void run_callback(lua_State *L, const struct lffi_slot *slot, struct lffi_call *call,
                         struct invocation *run)
{
    struct lffi_state *st = slot->use.st;
    enum outcome outcome = NOT_TRIED;
    if (lffi_is_stack_low(&lffi_thread.stack)) {
        lffi_give_error_value(slot, run->in, run->ret);
        keep_failure(call, "C stack overflow");
        return;
    }
    if (run->plan->scalar_callback && call != NULL && slot->use.ref_onerror == LUA_NOREF &&
        run->plan->ct->scope->anchors == NULL && /* else it is held meanwhile, the other way */
        lffi_peeks(st) && st->scalar_callbacks < SCALAR_NESTS) {
        st->scalar_callbacks++;
        outcome = run_scalars(L, call, run);
        st->scalar_callbacks--;
    }
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

int lffi_enter_lua(struct lffi_slot *slot, struct lffi_call *call, int entry_errno,
                   const struct lffi_registers *in, const unsigned char *stack,
                   struct lffi_return *ret)
{
    struct lffi_state *st = slot->use.st;
    struct invocation run = {slot, slot->use.plan, in, stack, ret};
    lua_State *L = call != NULL ? call->L : st->main;
    int outer_errno = st->saved_errno;
    bool outer_assigned = st->errno_assigned;
    if (call != NULL && call->error_index != 0 && suppressed(L, slot, call)) {
        lffi_give_error_value(slot, in, ret);
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

/* ---- calls of tombstones --------------------------------------------------------------------- */

/* Stack: the slot. Raises the report, so that it is kept like any error of a callback. */
static int raise_freed(lua_State *L)
{
    const struct lffi_slot *slot = lua_touserdata(L, 1);
    lua_pushfstring(L, "%s was called by C after it was freed", lffi_push_slot_text(L, slot));
    add_position(L, 1);
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
    lua_pushcfunction(L, add_traceback);
    lua_pushcfunction(L, raise_freed);
    lua_pushlightuserdata(L, slot);
    lua_pcall(L, 1, 0, -3);
    lua_remove(L, -2);
    keep_error(L, call, slot->use.plan->ct->scope);
}
