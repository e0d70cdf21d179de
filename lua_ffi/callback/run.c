/* What a callback's run does under protection: arguments become values, what the function returns
 * becomes the result.
 *
 * Depends on convert.c and pieces.c for values, on text.c for annotated ones. All may raise.
 */
#include <string.h>

#include "call/fast_slot.h"
#include "callback/run.h"
#include "value/refuse.h"

/* ---- values ---------------------------------------------------------------------------------- */

/* Puts an argument together that is no copy of the caller's. */
static void gather(const struct invocation *run, const struct lffi_param *param,
                   unsigned char *value)
{
    if (!LFFI_SPLIT_ARGUMENTS || param->pieces == 1) {
        lffi_gather(run->plan->pieces, param, lffi_run_base(run, param), value);
        return;
    }
    for (unsigned i = 0; i < param->pieces; i++) {
        const struct lffi_piece *piece = &run->plan->pieces[param->first + i];
        const unsigned char *from = (const unsigned char *)run->in + piece->to;
        if (piece->to >= LFFI_STACK_START)
            from = LFFI_STACK_ARGUMENT(run->plan, run->stack, piece->to);
        memcpy(value + piece->from, from, piece->size);
    }
}

/* Pushes a struct as an object of its own, any other type by lffi_load. Not inline: `scratch` would
 * stay on the C stack of every nested callback. */
static LFFI_NOINLINE void push_general(lua_State *L, const struct invocation *run,
                                       const struct lffi_param *param)
{
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    const unsigned char *base = lffi_run_base(run, param);
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
    gather(run, param, value);
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
    memcpy(&address, lffi_run_base(run, param) + param->to, sizeof address);
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
        const unsigned char *slot = lffi_run_base(run, param) + param->to;
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

/* ---- the protected parts --------------------------------------------------------------------- */

/* Stack: the invocation, the function, what it returned. A result that is missing, unlike nil, is
 * no pointer either. */
int lffi_run_result(lua_State *L)
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
int lffi_run_function(lua_State *L)
{
    const struct invocation *run = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->slot->use.ref_function);
    lua_pushvalue(L, 2);
    lua_call(L, push_arguments(L, run), LUA_MULTRET);
    return lffi_run_result(L);
}

/* Stack: the callback's own onerror, the error, the invocation. It handles the error and may give
 * the result. */
int lffi_run_onerror(lua_State *L)
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
int lffi_run_call(lua_State *L)
{
    const struct invocation *run = lffi_address_in_place(lffi_arguments(L));
    lua_call(L, push_arguments(L, run), run->nresults);
    return run->nresults == 0 ? 0 : lua_gettop(L) - 1;
}

int lffi_function_of_part(lua_CFunction part)
{
    if (part == lffi_run_onerror)
        return 1;
    return part == lffi_run_function || part == lffi_run_result || part == lffi_run_call ? 2 : 0;
}

bool lffi_is_part_of_luajit(lua_State *L, const lua_Debug *ar, lua_CFunction part)
{
    const struct invocation *run;
    if (lua_getlocal(L, ar, part == lffi_run_onerror ? 3 : 1) == NULL)
        return false;
    run = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return run->plan->ct->scope->luajit;
}
