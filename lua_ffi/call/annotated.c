/* Calls of annotated functions (docs/design.md S24).
 *
 * Depends on ingoing.c and comeback.c for what goes in and comes back, on script.c for what that
 * is, and on call.c for what every call does. Functions that nothing is said of never come here.
 * Stack: the arguments, the objects that come back, temporaries, results.
 */
#include <string.h>

#include "call/script.h"
#include "value/refuse.h"

/* ---- the call -------------------------------------------------------------------------------- */

/* Takes back the duty to free what this call frees. */
void lffi_release_arguments(lua_State *L, const struct lffi_annotated *call)
{
    const struct outgoing *out = &call->out;
    struct lffi_state *st = out->plan->ct->scope->st;
    luaL_checkstack(L, 6, NULL);
    for (int idx = out->first; idx < out->first + out->nargs; idx++) {
        const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
        const struct lffi_function *finalizer;
        if (cd == NULL || cd->ct->op != LFFI_POINTER ||
            lffi_metatable(L, idx) != cd->ct->scope->mt_cdata_gc)
            continue;
        lffi_push_finalizer(L, st, idx);
        finalizer = lffi_to_function(L, -1);
        if (finalizer != NULL && finalizer->address == out->address)
            lffi_disarm(L, st, idx);
        lua_pop(L, 1);
    }
}

static void check_nonnull(lua_State *L, struct lffi_annotated *call)
{
    int64_t index = 0;
    for (uint32_t i = 0; i < call->script->nsteps && i < 64; i++) {
        const struct lffi_step *step = &call->script->step[i];
        index += lffi_takes_argument(step->role);
        call->out.where.index = index;
        if ((call->out.record->nonnull >> i & 1) != 0 &&
            lffi_slot_word(&call->out, step->param) == 0)
            lffi_convert_error(L, &call->out.where, "NULL is not allowed here (nonnull)");
    }
}

/* "..." behind what is passed. Arguments are counted as C does from here on. */
static void store_rest(lua_State *L, struct lffi_annotated *call)
{
    struct outgoing *out = &call->out;
    int hidden = (int)call->script->nsteps - call->script->npassed;
    int end = out->first + out->nargs;
    for (int idx = out->first + call->script->npassed; idx < end; idx++) {
        out->where.index = idx - out->first + 1;
        out->first -= hidden;
        lffi_store_variadic(L, out, idx);
        out->first += hidden;
    }
}

static void run(lua_State *L, struct lffi_annotated *call, struct lffi_return *ret)
{
    struct outgoing *out = &call->out;
    struct lffi_callee callee = {out->plan->ct->scope->st, NULL, NULL};
    struct lffi_call running;
    bool rare;
    int top = lua_gettop(L);
    if (out->record != NULL)
        callee.lib = out->record->pub.lib;
    if (callee.lib == NULL)
        memcpy(&callee.code, &out->address, sizeof out->address);
    lffi_enter_c(L, &callee, &running);
    lffi_invoke(out->plan->result_kind, out->plan->by_libffi, out->address, out->frame,
                &out->assigned, ret);
    rare = lffi_leave_c(&running);
    lffi_own_answer(L, call, ret);
    lffi_end_loans(L, out->loans);
    if (rare)
        lffi_after_call(L, callee.st, &running);
    lua_settop(L, top);
}

static int convert_and_run(lua_State *L, struct lffi_annotated *call)
{
    struct outgoing *out = &call->out;
    struct lffi_state *st = out->plan->ct->scope->st;
    struct lffi_incoming in;
    out->assigned = out->plan->end;
    if (out->plan->variadic)
        lffi_abi_begin_variadic(&out->assigned, out->copies,
                                (uint32_t)(out->nargs - call->script->npassed));
    out->freed = st->callbacks_freed;
    if (out->record != NULL && out->record->borrows != 0)
        out->loans = lffi_push_loans(L, out->plan->nparams);
    lffi_store_annotated(L, call);
    if (out->plan->variadic)
        store_rest(L, call);
    if (out->record != NULL && out->record->nonnull != 0)
        check_nonnull(L, call);
    lffi_prepare_answer(L, call);
    lffi_prepare_result(L, out, &in);
    lffi_check_callee(L, out); /* again: conversions may have run what closes it */
    if (out->freed != st->callbacks_freed)
        lffi_check_callbacks(L, out);
    if (call->script->releases)
        lffi_release_arguments(L, call);
    run(L, call, &in.ret);
    return lffi_push_answer(L, call, &in);
}

/* ---- room ------------------------------------------------------------------------------------ */

static LFFI_NOINLINE int call_with_frame(lua_State *L, struct lffi_annotated *call)
{
    struct lffi_frame frame;
    call->out.frame = (unsigned char *)&frame;
    return convert_and_run(L, call);
}

static int call_with_block(lua_State *L, struct lffi_annotated *call, uint32_t stack,
                           uint32_t copies)
{
    size_t size = sizeof(struct lffi_frame) + LFFI_WIDE_STACK + stack + copies;
    uintptr_t block = (uintptr_t)lua_newuserdatauv(L, size + 16, 0);
    call->out.frame = (unsigned char *)((block + 15) & ~(uintptr_t)15);
    call->out.copies = call->out.frame + sizeof(struct lffi_frame) + ((stack + 15) & ~(uint32_t)15);
    return convert_and_run(L, call);
}

/* As if the parameters that are not passed were among the arguments. */
static uint32_t room_for_rest(lua_State *L, const struct lffi_annotated *call, uint32_t *copies)
{
    struct outgoing all = call->out;
    int hidden = (int)call->script->nsteps - call->script->npassed;
    all.first -= hidden;
    all.nargs += hidden;
    return lffi_variadic_room(L, &all, copies);
}

/* Room for the objects and for the words. */
static int call_with_room(lua_State *L, struct lffi_annotated *call)
{
    uint64_t few[LFFI_FEW_WORDS];
    const struct lffi_script *script = call->script;
    uint32_t copies = script->plan->copies;
    uint32_t stack = script->plan->end.stack;
    size_t size = script->nwords * sizeof(uint64_t);
    call->base = lua_gettop(L);
    if (script->nobjects > 0) {
        luaL_checkstack(L, script->nobjects + LUA_MINSTACK, NULL);
        lua_settop(L, call->base + script->nobjects);
    }
    call->words = script->nwords <= LFFI_FEW_WORDS ? few : lua_newuserdatauv(L, size, 0);
    memset(call->words, 0, size);
    if (script->plan->variadic)
        stack = room_for_rest(L, call, &copies);
    if (stack > LFFI_STACK_BLOCK || copies > 0)
        return call_with_block(L, call, stack, copies);
    return call_with_frame(L, call);
}

/* ---- entry points ---------------------------------------------------------------------------- */

static void check_count(lua_State *L, const struct lffi_annotated *call)
{
    const struct lffi_script *script = call->script;
    int got = call->out.nargs;
    if (got >= script->nrequired && (got <= script->npassed || script->plan->variadic))
        return;
    if (script->plan->variadic || script->nrequired == script->npassed)
        luaL_error(L, "wrong number of arguments to %s: expected %s%d, got %d",
                   lffi_push_callee(L, &call->out), script->plan->variadic ? "at least " : "",
                   script->nrequired, got);
    luaL_error(L, "wrong number of arguments to %s: expected %d to %d, got %d",
               lffi_push_callee(L, &call->out), script->nrequired, script->npassed, got);
}

int lffi_call_annotated(lua_State *L)
{
    struct lffi_annotated call = {.out = {.first = 1, .nargs = lua_gettop(L)}};
    struct outgoing *out = &call.out;
    out->record = lua_touserdata(L, lua_upvalueindex(LFFI_UPVALUE_ADDRESS));
    out->plan = out->record->plan;
    out->address = out->record->pub.address;
    call.script = out->record->script;
    lffi_check_callee(L, out);
    check_count(L, &call);
    lffi_set_where(out, out->record->pub.lib);
    if (out->record->format.text > 0 && !out->plan->ct->scope->luajit && call.script->plain)
        lffi_prepare_format(L, out);
    return call_with_room(L, &call);
}

int lffi_call_annotated_pointer(lua_State *L, const struct outgoing *out)
{
    struct lffi_annotated call = {.out = *out, .script = lffi_script_of(L, out->plan)};
    lffi_check_callee(L, out);
    check_count(L, &call);
    lffi_set_where(&call.out, NULL);
    return call_with_room(L, &call);
}
