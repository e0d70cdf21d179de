/* Lua calls C: the functions of a namespace, and function pointers.
 *
 * Depends on plan.c for where arguments travel, on outgoing.c and variadic.c for values, on
 * pieces.c for records, on callee.c and result.c, on running.c for the call chain; what annotated.c
 * and task.c are for it hands over. Each call fills a frame of its own, on the C stack or, when its
 * stack block is large, in a userdata, so calls may nest at will.
 */
#include <errno.h>
#include <string.h>

#include "call/script.h"
#include "call/task.h"
#include "value/refuse.h"

/* ---- parameters ------------------------------------------------------------------------------ */

static bool has_bit(uint64_t bits, uint32_t index)
{
    return index < 64 && (bits >> index & 1) != 0;
}

/* A struct or union of just the parameter's type, from its bytes to its registers. */
static bool store_object(lua_State *L, const struct outgoing *call, const struct lffi_param *param,
                         int idx)
{
    const struct lffi_cdata *cd;
    if (!lffi_is_record(param->op) ||
        (param->flags & (LFFI_PARAM_INDIRECT | LFFI_PARAM_TRANSPARENT)))
        return false;
    cd = lffi_to_cdata(L, param->ct->scope->st, idx);
    if (cd == NULL || cd->ct->base != param->ct->base)
        return false;
    lffi_scatter(call->plan->pieces, param, cd->addr, call->frame);
    return true;
}

static void store_argument(lua_State *L, struct outgoing *call, uint32_t i)
{
    const struct lffi_param *param = &call->plan->param[i];
    int idx = call->first + (int)i;
    if (lffi_store_plain(L, param, idx, call->frame + param->to) ||
        store_object(L, call, param, idx))
        return;
    call->where.loans = NULL;
    if (call->record != NULL && has_bit(call->record->borrows, i))
        call->where.loans = call->loans;
    lffi_store_general(L, call, param, call->plan->pieces, idx);
}

static void check_nonnull(lua_State *L, struct outgoing *call)
{
    for (uint32_t i = 0; i < call->plan->nparams && i < 64; i++) {
        const void *pointer;
        memcpy(&pointer, call->frame + call->plan->param[i].to, sizeof pointer);
        if (has_bit(call->record->nonnull, i) && pointer == NULL) {
            call->where.index = i + 1;
            lffi_convert_error(L, &call->where, "NULL is not allowed here (nonnull)");
        }
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

static void run(lua_State *L, const struct outgoing *call, struct lffi_return *ret)
{
    struct lffi_callee pointer = {call->plan->ct->scope->st, NULL, NULL};
    const struct lffi_callee *callee = call->record != NULL ? &call->record->callee : &pointer;
    struct lffi_call running;
    bool rare;
    memcpy(&pointer.code, &call->address, sizeof call->address);
    lffi_enter_c(L, callee, &running);
    lffi_invoke(call->plan->result_kind, call->plan->by_libffi, call->address, call->frame,
                &call->assigned, ret);
    rare = lffi_leave_c(&running);
    lffi_end_loans(L, call->loans);
    if (rare)
        lffi_after_call(L, callee->st, &running);
    if (running.prepared != 0) /* a result object is on the top again */
        lua_settop(L, running.prepared - 1);
}

/* The end of a task's call, on its coroutine, where the object of the result is on the top. */
static int end_task(lua_State *L, int status, lua_KContext context)
{
    const struct lffi_task *task = (const struct lffi_task *)context;
    struct lffi_incoming in = {.ret = task->ret, .object = task->object};
    (void)status;
    lffi_end_loans(L, task->loans);
    if (task->memory != NULL)
        memcpy(in.object->addr, task->memory, (size_t)cdecl_sizeof(task->plan->result.ct->type));
    return lffi_push_result(L, task->plan, &in);
}

/* Leaves the call to the thread that will run the task; the coroutine keeps what it borrows. A
 * result in memory is written to memory of the process: C may return when Lua's is gone. */
static int begin_task(lua_State *L, const struct outgoing *call, const struct lffi_incoming *in)
{
    struct lffi_task *task = call->task;
    struct lffi_registers *regs = (struct lffi_registers *)(void *)call->frame;
    uint64_t *hidden = LFFI_HIDDEN_RESULT(regs);
    task->plan = call->plan;
    task->kind = (enum lffi_return_kind)call->plan->result_kind;
    task->by_libffi = call->plan->by_libffi;
    task->address = call->address;
    task->lib = call->record != NULL ? call->record->pub.lib : NULL;
    task->frame = call->frame;
    task->assigned = call->assigned;
    task->object = in->object;
    task->loans = call->loans;
    task->error_number = call->plan->ct->scope->st->saved_errno;
    if (task->kind == LFFI_RETURN_MEMORY) {
        task->memory = malloc((size_t)cdecl_sizeof(call->plan->result.ct->type));
        if (task->memory == NULL)
            luaL_error(L, "not enough memory");
        *hidden = (uintptr_t)task->memory;
    }
    return lua_yieldk(L, 0, (lua_KContext)task, end_task);
}

/* The call that begins is the state's next task, if there is one. */
static struct lffi_task *take_task(struct lffi_state *st)
{
    struct lffi_task *task = st->beginning;
    st->beginning = NULL;
    return task;
}

static bool is_in_chain(const struct lffi_call *call, const struct lffi_library *lib,
                        lffi_holds *holds)
{
    while (call != NULL && call->callee->lib != lib &&
           (call->callee->lib != NULL || !holds(lib, call->callee->code)))
        call = call->outer;
    return call != NULL;
}

/* Whether another thread is: this one has the universe, so that the calls of those stay. */
static bool is_in_guest(struct lffi_gate *gate, const struct lffi_library *lib, lffi_holds *holds)
{
    bool running = false;
    if (gate == NULL)
        return false;
    lffi_lock_universe(&gate->universe);
    for (const struct lffi_guest *guest = gate->guests; guest != NULL; guest = guest->neighbour)
        running |= guest->inside != NULL && is_in_chain(guest->inside, lib, holds);
    lffi_unlock_universe(&gate->universe, false);
    return running;
}

bool lffi_is_running(const struct lffi_library *lib, lffi_holds *holds)
{
    struct lffi_gate *gate = lib->scope->st->gate;
    return is_in_chain(lffi_innermost, lib, holds) || is_in_guest(gate, lib, holds) ||
           lffi_is_task_running(gate, lib, holds);
}

bool lffi_is_guest(const struct lffi_state *st)
{
    return st->gate != NULL && lffi_is_holding(&st->gate->universe, lffi_me());
}

static int convert_and_run(lua_State *L, struct outgoing *call)
{
    const struct lffi_plan *plan = call->plan;
    struct lffi_incoming in;
    call->assigned = plan->end;
    if (plan->variadic)
        lffi_abi_begin_variadic(&call->assigned, call->copies,
                                (uint32_t)call->nargs - plan->nparams);
    call->freed = plan->ct->scope->st->callbacks_freed;
    if (call->record != NULL && call->record->borrows != 0)
        call->loans = lffi_push_loans(L, plan->nparams);
    for (uint32_t i = 0; i < plan->nparams; i++)
        store_argument(L, call, i);
    for (int i = (int)plan->nparams; i < call->nargs; i++)
        lffi_store_variadic(L, call, call->first + i);
    if (call->record != NULL && call->record->nonnull != 0)
        check_nonnull(L, call);
    lffi_prepare_result(L, call, &in);
    if (call->recheck)
        lffi_check_format(L, call->record, &call->where, call->nargs);
    lffi_check_callee(L, call); /* again: conversions and the collector may have run what closes */
    if (call->freed != plan->ct->scope->st->callbacks_freed)
        lffi_check_callbacks(L, call);
    if (call->task != NULL)
        return begin_task(L, call, &in);
    run(L, call, &in.ret);
    return lffi_push_result(L, plan, &in);
}

/* A frame in a userdata, for long stack blocks and copies of indirect arguments. */
static int call_with_heap_frame(lua_State *L, struct outgoing *call, uint32_t stack,
                                uint32_t copies)
{
    size_t size = sizeof(struct lffi_frame) + LFFI_WIDE_STACK + stack + copies;
    uintptr_t block = (uintptr_t)lua_newuserdatauv(L, size + 16, 0);
    call->frame = (unsigned char *)((block + 15) & ~(uintptr_t)15);
    call->copies = call->frame + sizeof(struct lffi_frame) + ((stack + 15) & ~(uint32_t)15);
    return convert_and_run(L, call);
}

/* None inline, or the frames would add up: recursion through callbacks needs the C stack. */
static LFFI_NOINLINE int call_with_stack_frame(lua_State *L, struct outgoing *call)
{
    struct lffi_frame frame;
    call->frame = (unsigned char *)&frame;
    return convert_and_run(L, call);
}

static LFFI_NOINLINE int call_with_registers(lua_State *L, struct outgoing *call)
{
    struct lffi_registers regs;
    call->frame = (unsigned char *)&regs;
    return convert_and_run(L, call);
}

static LFFI_NOINLINE int call_with_words(lua_State *L, struct outgoing *call)
{
    struct lffi_general regs;
    call->frame = (unsigned char *)&regs;
    return convert_and_run(L, call);
}

static int dispatch(lua_State *L, struct outgoing *call)
{
    uint32_t copies = call->plan->copies;
    uint32_t stack = call->plan->end.stack;
    if (call->plan->variadic)
        stack = lffi_variadic_room(L, call, &copies);
    if (stack > LFFI_STACK_BLOCK || copies > 0 || call->task != NULL)
        return call_with_heap_frame(L, call, stack, copies);
    if (stack > 0 || call->plan->variadic || call->plan->end.wide)
        return call_with_stack_frame(L, call);
    return call->plan->general ? call_with_words(L, call) : call_with_registers(L, call);
}

/* For lib:f(x), which passes the library, a table that has this function. */
static const char *colon_hint(lua_State *L, const struct outgoing *call)
{
    bool passed = false;
    if (call->record != NULL && call->nargs > 0 && lua_istable(L, call->first)) {
        lua_pushstring(L, call->record->pub.name);
        lua_rawget(L, call->first);
        passed = lffi_to_function(L, -1) == &call->record->pub;
        lua_pop(L, 1);
    }
    return passed ? ": call it with a dot, not a colon" : "";
}

static void check_count(lua_State *L, const struct outgoing *call)
{
    int wanted = (int)call->plan->nparams;
    if (call->nargs == wanted || (call->nargs > wanted && call->plan->variadic))
        return;
    luaL_error(L, "wrong number of arguments to %s: expected %s%d, got %d%s",
               lffi_push_callee(L, call), call->plan->variadic ? "at least " : "", wanted,
               call->nargs, colon_hint(L, call));
}

int lffi_call_function(lua_State *L)
{
    struct outgoing call = {.first = 1, .nargs = lua_gettop(L)};
    const struct lffi_library *lib;
    call.record = lua_touserdata(L, lua_upvalueindex(LFFI_UPVALUE_ADDRESS));
    call.plan = call.record->plan;
    call.address = call.record->pub.address;
    lib = call.record->pub.lib;
    if (call.record->script != NULL) /* annotated after it was fetched */
        return lffi_call_annotated(L);
    call.task = take_task(call.record->callee.st);
    lffi_check_callee(L, &call);
    check_count(L, &call);
    lffi_set_where(&call, lib);
    if (call.record->format.text > 0 && !call.plan->ct->scope->luajit)
        lffi_prepare_format(L, &call);
    return dispatch(L, &call);
}

int lffi_call_pointer(lua_State *L, struct lffi_ctype *ct, void (*address)(void), int first)
{
    struct outgoing call = {.first = first, .nargs = lua_gettop(L) - first + 1};
    call.plan = ct->base->plan != NULL ? ct->base->plan : lffi_plan_of(L, ct);
    call.address = address;
    if (call.plan->ct->type->annotated)
        return lffi_call_annotated_pointer(L, &call);
    call.task = take_task(ct->scope->st);
    lffi_check_callee(L, &call);
    check_count(L, &call);
    lffi_set_where(&call, NULL);
    return dispatch(L, &call);
}
