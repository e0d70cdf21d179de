/* Annotation to script: what a call of an annotated function does with each parameter and with the
 * result, decided once (docs/design.md S24).
 *
 * Depends on plan.c and ctypes. A script is a userdata held by its function's record or, for calls
 * through pointers, by the plan; it holds the functions that the annotation names.
 */
#include <string.h>

#include "call/script.h"

/* ---- roles ----------------------------------------------------------------------------------- */

static bool fills(const struct cdecl_annotation *says, uint32_t nparams, uint32_t param)
{
    for (uint32_t i = 0; i < nparams; i++)
        if (says->param[i].passing == CDECL_PASS_IN && says->param[i].length == param + 1)
            return true;
    return false;
}

static bool is_buffer(const struct cdecl_param_annotation *param)
{
    return param->passing == CDECL_PASS_OUT && param->length != 0;
}

static bool is_capacity(const struct lffi_plan *plan, const struct cdecl_annotation *says,
                        uint32_t param)
{
    for (uint32_t i = 0; i < plan->nparams; i++)
        if (is_buffer(&says->param[i]) && says->param[i].length == param + 1)
            return plan->param[param].op == LFFI_POINTER;
    return false;
}

/* Whether the target of an `out` is a word of the call, not an object of its own. */
static bool is_word(const struct lffi_step *step)
{
    enum lffi_op op =
        step->target->op == LFFI_ENUM ? step->target->base->target->op : step->target->op;
    return lffi_in_register(op) && step->says->owned == NULL;
}

static enum lffi_role role_of(const struct lffi_plan *plan, const struct cdecl_annotation *says,
                              const struct lffi_step *step, uint32_t i)
{
    const struct cdecl_param_annotation *param = &says->param[i];
    if (param->passing == CDECL_PASS_IN)
        return LFFI_ROLE_IN;
    if (is_buffer(param))
        return LFFI_ROLE_BUFFER;
    if (param->passing == CDECL_PASS_OUT)
        return is_word(step) ? LFFI_ROLE_OUT : LFFI_ROLE_OUT_OBJECT;
    if (param->passing == CDECL_PASS_INOUT)
        return is_word(step) ? LFFI_ROLE_INOUT : LFFI_ROLE_INOUT_OBJECT;
    if (fills(says, plan->nparams, i))
        return LFFI_ROLE_FILLED;
    if (says->length == i + 1)
        return LFFI_ROLE_LENGTH;
    if (is_capacity(plan, says, i))
        return LFFI_ROLE_CAPACITY;
    return param->flags != NULL ? LFFI_ROLE_FLAGS : LFFI_ROLE_PASSED;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static _Noreturn void refuse(lua_State *L, const char *name, const struct lffi_step *step,
                             uint32_t i)
{
    luaL_error(L, "cannot call '%s': parameter %d comes back, but '%s' is incomplete", name,
               (int)i + 1, lffi_push_type_text(L, step->target->type, NULL));
    abort();
}

static bool is_byte(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_I8 || ct->op == LFFI_U8;
}

static bool has_word(enum lffi_role role)
{
    return role == LFFI_ROLE_OUT || role == LFFI_ROLE_INOUT || role == LFFI_ROLE_CAPACITY ||
           role == LFFI_ROLE_LENGTH;
}

static bool has_object(enum lffi_role role)
{
    return role == LFFI_ROLE_OUT_OBJECT || role == LFFI_ROLE_INOUT_OBJECT ||
           role == LFFI_ROLE_BUFFER;
}

/* What a pointer leads to. A buffer of void is one of bytes. */
static void find_target(lua_State *L, const char *name, struct lffi_step *step, uint32_t i)
{
    enum cdecl_passing passing = (enum cdecl_passing)step->says->passing;
    struct lffi_ctype *target = step->param->ct->target;
    if (step->says->array != NULL)
        target = lffi_ctype_of(L, target->scope, step->says->array);
    step->target = target->base;
    step->op = target->op == LFFI_ENUM ? target->base->target->op : target->op;
    step->text = is_byte(target) || target->op == LFFI_VOID;
    if (passing == CDECL_PASS_IN && !lffi_is_complete(target)) {
        step->size = 1; /* void, or what only C knows: then no buffer has a known length */
        return;
    }
    step->size = step->text ? 1 : target->size;
    if (passing != CDECL_PASS && !step->text && (!lffi_is_complete(target) || target->size == 0))
        refuse(L, name, step, i);
}

static void fill_step(lua_State *L, struct lffi_script *script, const char *name, uint32_t i)
{
    static const struct cdecl_param_annotation nothing;
    struct lffi_step *step = &script->step[i];
    step->param = &script->plan->param[i];
    step->says = script->says != NULL ? &script->says->param[i] : &nothing;
    step->length = step->says->length - 1; /* UINT32_MAX: none, and never looked at */
    if (step->param->op == LFFI_POINTER)
        find_target(L, name, step, i);
    if (script->says != NULL)
        step->role = (uint8_t)role_of(script->plan, script->says, step, i);
    if (step->role == LFFI_ROLE_OUT && script->first_out == script->nsteps)
        script->first_out = i;
    if (step->role == LFFI_ROLE_BUFFER)
        script->buffer = step;
    if (has_word(step->role))
        step->word = script->nwords++;
    if (has_object(step->role))
        step->object = ++script->nobjects;
    if (step->says->owned != NULL)
        step->helper = ++script->nhelpers;
    if (lffi_takes_argument(step->role)) {
        script->npassed++;
        if (!step->says->optional)
            script->nrequired = script->npassed;
    }
    script->plain &= step->role == LFFI_ROLE_PASSED && !step->says->optional;
}

/* ---- the result ------------------------------------------------------------------------------ */

static uint64_t mask_of(uint64_t size)
{
    return size == 0 || size > 8 ? 0 : UINT64_MAX >> (64 - 8 * size);
}

/* A long, and what has 64 bits, says by itself how much a buffer got. */
static bool is_count(const struct lffi_plan *plan, const struct cdecl_annotation *says)
{
    uint8_t prim = plan->result.ct->type->prim;
    bool wide =
        plan->result.op == LFFI_I64 || plan->result.op == LFFI_U64 ||
        (lffi_is_word(plan->result.op) && (prim == CDECL_PRIM_LONG || prim == CDECL_PRIM_ULONG));
    if (!(wide || says->count) || says->failure == CDECL_FAILURE_STATUS)
        return false;
    for (uint32_t i = 0; i < plan->nparams; i++)
        if (is_buffer(&says->param[i]) && plan->param[says->param[i].length - 1].op != LFFI_POINTER)
            return true;
    return false;
}

static void fill_result(struct lffi_script *script)
{
    const struct cdecl_annotation *says = script->says;
    const struct lffi_param *result = &script->plan->result;
    script->mask = mask_of(cdecl_sizeof(result->ct->type));
    script->fails = says->value.u & script->mask;
    if (says->failure == CDECL_FAILURE_ERRNO && says->value.kind == CDECL_VALUE_NONE)
        script->fails = result->op == LFFI_POINTER ? 0 : script->mask;
    script->tested = says->failure != CDECL_NO_FAILURE ? script->mask : 0;
    script->differs = says->failure != CDECL_FAILURE_ERRNO;
    script->counts = is_count(script->plan, says);
    if (says->failure == CDECL_FAILURE_STATUS || script->counts || result->op == LFFI_VOID)
        script->answer = LFFI_ANSWER_NONE;
    else if (says->string)
        script->answer = LFFI_ANSWER_STRING;
    else if (says->owned != NULL)
        script->answer = LFFI_ANSWER_OWNED;
    if (says->message != NULL)
        script->message = ++script->nhelpers;
    if (says->owned != NULL || says->freed_by != NULL)
        script->helper = ++script->nhelpers;
    if (script->answer == LFFI_ANSWER_OWNED)
        script->nobjects++;
}

/* Whether a string goes in as it is, and its length is nobody else's. */
static bool is_alone(const struct lffi_script *script, uint32_t param)
{
    const struct lffi_step *step = &script->step[param];
    unsigned others = 0;
    if (step->role != LFFI_ROLE_IN || !step->text || !step->param->ct->target->constant)
        return false;
    for (uint32_t i = 0; i < script->nsteps; i++)
        others += script->step[i].role == LFFI_ROLE_IN && script->step[i].length == step->length;
    return others == 1;
}

static void fill_script(lua_State *L, struct lffi_script *script, const char *name)
{
    for (uint32_t i = 0; i < script->nsteps; i++)
        fill_step(L, script, name, i);
    for (uint32_t i = 0; i < script->nsteps; i++)
        script->step[i].alone = is_alone(script, i);
    if (script->says != NULL)
        fill_result(script);
}

enum { MOST_HELPERS = 1002 }; /* Lua takes more */

struct lffi_script *lffi_push_script(lua_State *L, const struct lffi_plan *plan, const char *name,
                                     bool releases)
{
    const struct cdecl_annotation *says = cdecl_annotation_of(plan->ct->type);
    uint32_t nsteps = plan->nparams;
    size_t size = sizeof(struct lffi_script) + nsteps * sizeof(struct lffi_step);
    struct lffi_script *script;
    int nhelpers = 2; /* of the result */
    for (uint32_t i = 0; says != NULL && i < nsteps; i++)
        nhelpers += says->param[i].owned != NULL;
    if (nhelpers > MOST_HELPERS)
        luaL_error(L, "cannot call '%s': more than %d functions own what comes back", name,
                   MOST_HELPERS - 2);
    script = lua_newuserdatauv(L, size, nhelpers);
    memset(script, 0, size);
    script->says = says;
    script->plan = plan;
    script->nsteps = nsteps;
    script->releases = releases;
    script->plain = true;
    script->first_out = nsteps;
    fill_script(L, script, name);
    return script;
}

const struct lffi_script *lffi_script_of(lua_State *L, const struct lffi_plan *plan)
{
    struct lffi_plan *ours;
    const char *name;
    if (plan->script != NULL)
        return plan->script;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    lffi_push_ctype(L, plan->ct);
    lua_getiuservalue(L, -1, LFFI_CTYPE_PLAN);
    ours = lua_touserdata(L, -1);
    name = lffi_push_type_text(L, plan->ct->type, NULL);
    ours->script = lffi_push_script(L, plan, name, false);
    lua_setiuservalue(L, -3, 1);
    lua_pop(L, 3);
    return plan->script;
}

/* ---- the functions that it names ------------------------------------------------------------- */

/* Pushes the script's userdata. */
static void push_holder(lua_State *L, const struct lffi_annotated *call)
{
    const struct lffi_record *record = call->out.record;
    if (record == NULL) {
        lffi_push_ctype(L, call->out.plan->ct);
        lua_getiuservalue(L, -1, LFFI_CTYPE_PLAN);
        lua_getiuservalue(L, -1, 1);
        lua_replace(L, -3);
        lua_pop(L, 1);
        return;
    }
    lua_pushvalue(L, lua_upvalueindex(LFFI_UPVALUE_RECORD));
    lua_getiuservalue(L, -1, lffi_script_slot(record));
    lua_remove(L, -2);
}

void lffi_push_helper(lua_State *L, const struct lffi_annotated *call, int helper, const char *name)
{
    struct lffi_scope *scope = call->out.plan->ct->scope;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    push_holder(L, call);
    if (lua_getiuservalue(L, -1, helper) == LUA_TNIL) {
        lua_pop(L, 1);
        if (call->out.record != NULL && call->out.record->pub.lib != NULL)
            lua_pushvalue(L, lua_upvalueindex(LFFI_UPVALUE_LIBRARY));
        else
            lua_pushnil(L);
        if (!lffi_push_named_function(L, scope, name)) {
            const char *why = lua_tostring(L, -1);
            luaL_error(L, "cannot call %s: '%s', which its attributes name: %s",
                       lffi_push_callee(L, &call->out), name, why);
        }
        lua_remove(L, -2);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, -3, helper);
    }
    lua_remove(L, -2);
}
