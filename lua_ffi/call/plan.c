/* Signature to call plan: where each argument of a function type travels, decided once.
 *
 * Depends on the calling convention (abi/abi.h) and on ctypes. A plan is one userdata,
 * immutable after `lffi_find_plan` has returned it, held by a user value of the base function
 * ctype, and so alive as long as the universe.
 */
#include <string.h>

#include "call/call.h"

/* A plan under construction: what the first pass over the parameters counts. */
struct draft {
    const struct cdecl_type *type;
    struct lffi_assign assign;
    struct lffi_way result;
    enum lffi_return_kind kind;
    uint32_t npieces;
    uint32_t copies;
};

static bool is_aggregate(const struct cdecl_type *type)
{
    return type->kind == CDECL_STRUCT || type->kind == CDECL_UNION;
}

/* The type whose convention a parameter follows: a transparent union travels as its first member.
 */
static const struct cdecl_type *travelling_type(const struct cdecl_type *type)
{
    if (type->kind == CDECL_UNION && type->tag->transparent && type->tag->nmembers > 0)
        return type->tag->members[0].type;
    return type;
}

/* Why a value of the type can neither be passed nor returned, or NULL. */
static const char *refusal(lua_State *L, const struct cdecl_type *type)
{
    if (type->refusal != CDECL_USABLE)
        return cdecl_refusal_text(type->refusal);
    if (is_aggregate(type) && type->tag->refusal != CDECL_USABLE)
        return cdecl_refusal_text(type->tag->refusal);
    if (type->kind == CDECL_VOID)
        return NULL;
    if (!cdecl_complete(type))
        return lua_pushfstring(L, "'%s' is incomplete", lffi_push_type_text(L, type, NULL));
    if (is_aggregate(type) && type->tag->vla)
        return lua_pushfstring(L, "'%s' has no fixed size", lffi_push_type_text(L, type, NULL));
    return NULL;
}

static uint32_t pieces_kept(const struct lffi_way *way)
{
    return way->npieces > 1 ? way->npieces : 0;
}

/* Assigns result and parameters without storing where they go. */
static const char *measure(lua_State *L, struct draft *draft)
{
    const struct cdecl_type *type = draft->type;
    const char *why = cdecl_refusal_text(type->refusal);
    if (why == NULL)
        why = refusal(L, type->target);
    if (why != NULL ||
        !lffi_abi_result(&draft->assign, type->target, &draft->result, &draft->kind, &why))
        return why;
    draft->npieces = pieces_kept(&draft->result);
    for (uint32_t i = 0; i < type->nparams; i++) {
        struct lffi_way way;
        const struct cdecl_type *param = type->params[i];
        why = refusal(L, param);
        if (why != NULL || !lffi_abi_argument(&draft->assign, travelling_type(param), &way, &why))
            return why;
        draft->npieces += pieces_kept(&way);
        if (way.indirect)
            draft->copies += (uint32_t)(cdecl_sizeof(param) + 15) & ~(uint32_t)15;
        if (draft->copies > LFFI_MAX_STACK)
            return "its arguments need more than 256 KiB of stack";
    }
    return NULL;
}

/* The representation that the fast paths switch on. */
static uint8_t fast_op(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_ENUM ? ct->base->target->op : ct->op;
}

static bool is_const_char(const struct lffi_ctype *ct)
{
    return ct->constant && ct->type->kind == CDECL_INT && ct->type->prim == CDECL_PRIM_CHAR;
}

static uint8_t param_flags(const struct lffi_ctype *ct, const struct lffi_way *way)
{
    unsigned flags = 0;
    if (way->indirect)
        flags |= LFFI_PARAM_INDIRECT;
    if (ct->op == LFFI_POINTER && ct->base->target->op == LFFI_FUNCTION)
        flags |= LFFI_PARAM_FUNCTION;
    if (ct->op == LFFI_POINTER && is_const_char(ct->base->target))
        flags |= LFFI_PARAM_STRING;
    if (ct->op == LFFI_UNION && ct->type->tag->transparent)
        flags |= LFFI_PARAM_TRANSPARENT;
    return (uint8_t)flags;
}

/* Copies the pieces of a way that has more than one; returns the index of the first. */
static uint8_t keep_pieces(struct lffi_piece *pieces, uint32_t *used, const struct lffi_way *way)
{
    uint32_t first = *used;
    if (pieces_kept(way) > 0) {
        memcpy(pieces + first, way->piece, way->npieces * sizeof *pieces);
        *used += way->npieces;
    }
    return (uint8_t)first;
}

static void fill_param(lua_State *L, struct lffi_scope *scope, const struct cdecl_type *type,
                       struct lffi_param *param, const struct lffi_way *way)
{
    param->ct = lffi_ctype_of(L, scope, type);
    param->to = way->npieces > 0 ? way->piece[0].to : 0;
    param->pieces = (uint8_t)way->npieces;
    lffi_set_op(param, fast_op(param->ct));
    param->flags = param_flags(param->ct, way);
}

/* Numbers and booleans in one piece. A pointer would be a new cdata. */
static bool is_scalar(const struct lffi_param *param)
{
    return param->pieces == 1 && (param->flags & LFFI_PARAM_INDIRECT) == 0 &&
           lffi_in_register(param->op) && param->op != LFFI_POINTER;
}

/* Few enough that LUA_MINSTACK is room for them. */
static bool is_scalar_callback(const struct lffi_plan *plan)
{
    for (uint32_t i = 0; i < plan->nparams; i++)
        if (!is_scalar(&plan->param[i]))
            return false;
    return plan->nparams <= LUA_MINSTACK / 2;
}

/* What a callback's attributes say of its parameters. */
static void note_texts(struct lffi_plan *plan)
{
    const struct cdecl_annotation *says = cdecl_annotation_of(plan->ct->type);
    for (uint32_t i = 0; says != NULL && i < plan->nparams; i++) {
        if (!says->param[i].string)
            continue;
        plan->param[i].flags |= LFFI_PARAM_TEXT;
        if (says->param[i].length == 0)
            continue;
        plan->param[i].flags |= LFFI_PARAM_SIZED;
        plan->param[says->param[i].length - 1].flags |= LFFI_PARAM_LENGTH;
    }
}

/* The second pass: the same assignment again, kept this time. */
static void fill(lua_State *L, struct lffi_plan *plan, struct lffi_piece *pieces,
                 const struct draft *draft)
{
    struct lffi_scope *scope = plan->ct->scope;
    const struct cdecl_type *type = draft->type;
    struct lffi_way way = draft->result;
    enum lffi_return_kind kind = draft->kind;
    const char *why = NULL;
    uint32_t used = 0;
    fill_param(L, scope, type->target, &plan->result, &way);
    plan->result_kind = (uint8_t)kind;
    plan->result.flags = 0; /* those are rules for what is passed in */
    plan->result.first = keep_pieces(pieces, &used, &way);
    lffi_abi_result(&plan->end, type->target, &way, &kind, &why);
    for (uint32_t i = 0; i < type->nparams; i++) {
        lffi_abi_argument(&plan->end, travelling_type(type->params[i]), &way, &why);
        fill_param(L, scope, type->params[i], &plan->param[i], &way);
        plan->param[i].first = keep_pieces(pieces, &used, &way);
    }
    lffi_abi_end(&plan->end, type->variadic);
    note_texts(plan);
    plan->scalar_callback = is_scalar_callback(plan);
    plan->plain_result = plan->result.op == LFFI_POINTER || is_scalar(&plan->result);
}

static void fill_promoted(lua_State *L, struct lffi_scope *scope, struct lffi_ctype **promoted)
{
    struct lffi_ctype *text = lffi_qualified(L, lffi_basic(L, scope, CDECL_PRIM_CHAR), CDECL_CONST);
    promoted[LFFI_PROMOTED_INTEGER] = lffi_basic(L, scope, CDECL_PRIM_LLONG);
    promoted[LFFI_PROMOTED_FLOAT] = lffi_basic(L, scope, CDECL_PRIM_DOUBLE);
    promoted[LFFI_PROMOTED_BOOLEAN] = lffi_basic(L, scope, CDECL_PRIM_INT);
    promoted[LFFI_PROMOTED_STRING] = lffi_pointer_to(L, text);
    promoted[LFFI_PROMOTED_POINTER] = lffi_pointer_to(L, lffi_basic(L, scope, CDECL_PRIM_VOID));
}

void lffi_assign_again(const struct lffi_plan *plan, struct lffi_assign *assign)
{
    const struct cdecl_type *type = plan->ct->type;
    struct lffi_way way;
    enum lffi_return_kind kind;
    const char *why;
    lffi_abi_result(assign, type->target, &way, &kind, &why);
    for (uint32_t i = 0; i < type->nparams; i++)
        lffi_abi_argument(assign, travelling_type(type->params[i]), &way, &why);
    lffi_abi_end(assign, type->variadic);
}

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static bool is_in_registers(const struct lffi_plan *plan)
{
    if (plan->by_libffi || plan->copies != 0 || plan->end.wide ||
        plan->result_kind != LFFI_RETURN_WORDS)
        return false;
    for (uint32_t i = 0; i < plan->nparams; i++)
        if (!lffi_in_register(plan->param[i].op) || plan->param[i].pieces != 1)
            return false;
    return plan->result.op == LFFI_VOID || lffi_in_register(plan->result.op);
}

/* Pushes a new plan. One block: the plan, its parameters, the promoted types, the pieces, what the
 * convention keeps. */
static struct lffi_plan *build(lua_State *L, struct lffi_ctype *ct, const struct draft *draft)
{
    bool variadic = ct->type->variadic || ct->type->no_proto;
    size_t params = sizeof(struct lffi_plan) + ct->type->nparams * sizeof(struct lffi_param);
    size_t types = variadic ? LFFI_PROMOTED_COUNT * sizeof(struct lffi_ctype *) : 0;
    size_t pieces = draft->npieces * sizeof(struct lffi_piece);
    size_t rest = aligned(params + types + pieces);
    size_t room = lffi_abi_room(&draft->assign);
    struct lffi_plan *plan = lua_newuserdatauv(L, rest + room + 15, ct->type->annotated);
    void *convention = (void *)aligned((uintptr_t)plan + rest);
    struct lffi_ctype **promoted = (struct lffi_ctype **)((char *)plan + params);
    struct lffi_piece *piece = (struct lffi_piece *)((char *)plan + params + types);
    plan->ct = ct;
    plan->variadic = variadic;
    plan->by_libffi = lffi_prefers_libffi();
    plan->nparams = ct->type->nparams;
    plan->copies = draft->copies;
    plan->promoted = promoted;
    plan->pieces = piece;
    if (variadic)
        fill_promoted(L, ct->scope, promoted);
    plan->end = (struct lffi_assign){0};
    lffi_abi_begin(&plan->end, convention, &draft->assign, false);
    fill(L, plan, piece, draft);
    plan->script = NULL;
    plan->general = !plan->by_libffi && lffi_is_general(plan->result_kind, &plan->end);
    plan->in_registers = is_in_registers(plan);
    return plan;
}

const struct lffi_plan *lffi_find_plan(lua_State *L, struct lffi_ctype *ct)
{
    struct draft draft = {0};
    const struct lffi_plan *plan;
    const char *why;
    int top = lua_gettop(L);
    ct = ct->base;
    if (ct->plan != NULL)
        return ct->plan;
    draft.type = ct->type;
    luaL_checkstack(L, 8, NULL);
    why = measure(L, &draft);
    if (why != NULL) {
        lua_pushstring(L, why);
        lua_insert(L, top + 1);
        lua_settop(L, top + 1);
        return NULL;
    }
    lua_settop(L, top);
    lffi_push_ctype(L, ct);
    plan = build(L, ct, &draft);
    lua_setiuservalue(L, -2, LFFI_CTYPE_PLAN);
    lua_pop(L, 1);
    ct->plan = plan;
    return plan;
}

const struct lffi_plan *lffi_plan_of(lua_State *L, struct lffi_ctype *ct)
{
    const struct lffi_plan *plan = lffi_find_plan(L, ct);
    if (plan == NULL) {
        const char *why = lua_tostring(L, -1);
        luaL_error(L, "functions of type '%s' cannot be called: %s",
                   lffi_push_type_text(L, ct->type, NULL), why);
    }
    return plan;
}
