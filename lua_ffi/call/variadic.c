/* What stands for "..." in a call of C: the types that Lua values travel as, and the check of a
 * format (docs/design.md S7, S10).
 *
 * Depends on outgoing.c for storing, on byvalue.c, on format.c for the check. Owns nothing: what
 * replaces one of the arguments is anchored by the stack.
 */
#include <string.h>

#include "call/fast_slot.h"
#include "call/outgoing.h"
#include "value/refuse.h"

/* ---- structs by value ------------------------------------------------------------------------ */

/* The struct or union that goes by value at idx, NULL when there is none. The argument holds it. */
static const struct lffi_cdata *by_value(lua_State *L, const struct outgoing *call, int idx)
{
    const struct lffi_cdata *cd;
    if (!lffi_is_by_value(L, idx))
        return NULL;
    lua_getiuservalue(L, idx, 1);
    cd = lffi_to_cdata(L, call->plan->ct->scope->st, -1);
    lua_pop(L, 1);
    return cd;
}

/* ---- promotions ------------------------------------------------------------------------------ */

/* The type a cdata has after C's default argument promotions; a struct or union passes its address,
 * which is what functions with "..." want of one. */
static struct lffi_ctype *promote_cdata(lua_State *L, const struct lffi_plan *plan,
                                        const struct lffi_cdata *cd)
{
    struct lffi_ctype *ct = cd->ct->base;
    /* clang-format off */
    switch ((enum lffi_op)ct->op) {
    case LFFI_BOOL: case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16:
        return plan->promoted[LFFI_PROMOTED_BOOLEAN];
    case LFFI_FLOAT: return plan->promoted[LFFI_PROMOTED_FLOAT];
    case LFFI_ENUM: return ct->target;
    case LFFI_ARRAY: return lffi_pointer_to(L, ct->target);
    case LFFI_FUNCTION: return lffi_pointer_to(L, ct);
    case LFFI_STRUCT: case LFFI_UNION: return lffi_pointer_to(L, cd->ct);
    case LFFI_VOID: case LFFI_I32: case LFFI_U32: case LFFI_I64: case LFFI_U64: case LFFI_I128:
    case LFFI_U128: case LFFI_BITINT: case LFFI_FLOAT16: case LFFI_DOUBLE: case LFFI_LDOUBLE:
    case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_POINTER: case LFFI_VECTOR:
        break;
    }
    /* clang-format on */
    return ct;
}

/* What an object that stands for a pointer travels as. */
static struct lffi_ctype *const_data_pointer(lua_State *L, const struct lffi_plan *plan)
{
    struct lffi_ctype *data = lffi_basic(L, plan->ct->scope, CDECL_PRIM_VOID);
    return lffi_pointer_to(L, lffi_qualified(L, data, CDECL_CONST));
}

static struct lffi_ctype *promote_object(lua_State *L, struct outgoing *call, int idx)
{
    const struct lffi_plan *plan = call->plan;
    struct lffi_state *st = plan->ct->scope->st;
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    struct lffi_integer integer;
    bool fraction;
    if (cd != NULL)
        return promote_cdata(L, plan, cd);
    if (lffi_to_integer(L, st, idx, &integer, &fraction)) {
        if (LFFI_VARIADIC_SIZES && !integer.beyond && (integer.bits + 0x80000000u) >> 32 == 0)
            return plan->promoted[LFFI_PROMOTED_BOOLEAN];
        if (!integer.negative && integer.bits > INT64_MAX && integer.bits <= UINT64_MAX)
            return lffi_basic(L, plan->ct->scope, CDECL_PRIM_ULLONG);
        return plan->promoted[LFFI_PROMOTED_INTEGER];
    }
    if (lua_type(L, idx) == LUA_TUSERDATA)
        return plan->promoted[LFFI_PROMOTED_POINTER];
    if (luaL_getmetafield(L, idx, "__cffi_pointer") != LUA_TNIL) {
        lua_pop(L, 1);
        return const_data_pointer(L, plan);
    }
    call->where.index = idx - call->first + 1;
    lffi_convert_error(L, &call->where,
                       "a %s cannot be a variadic argument: use ffi.new or "
                       "ffi.cast to give it a type",
                       luaL_typename(L, idx));
}

/* Where they do not travel alike, an integer travels as C's constant of that value does: as int or
 * unsigned if it is one. */
static struct lffi_ctype *promote_integer(lua_State *L, const struct lffi_plan *plan, int idx)
{
    lua_Integer value = lua_tointeger(L, idx);
    if (LFFI_VARIADIC_SIZES && value >= INT32_MIN && value <= INT32_MAX)
        return plan->promoted[LFFI_PROMOTED_BOOLEAN];
    if (LFFI_VARIADIC_SIZES && value > 0 && value <= UINT32_MAX)
        return lffi_basic(L, plan->ct->scope, CDECL_PRIM_UINT);
    return plan->promoted[LFFI_PROMOTED_INTEGER];
}

/* S7: the type that a value passed for "..." travels as. */
static struct lffi_ctype *promote(lua_State *L, struct outgoing *call, int idx)
{
    struct lffi_ctype *const *promoted = call->plan->promoted;
    /* clang-format off */
    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, idx) && !call->plan->ct->scope->luajit)
            return promote_integer(L, call->plan, idx);
        return promoted[LFFI_PROMOTED_FLOAT];
    case LUA_TBOOLEAN: return promoted[LFFI_PROMOTED_BOOLEAN];
    case LUA_TSTRING: return promoted[LFFI_PROMOTED_STRING];
    case LUA_TNIL: case LUA_TLIGHTUSERDATA: return promoted[LFFI_PROMOTED_POINTER];
    case LUA_TFUNCTION:
        if (lffi_to_function(L, idx) != NULL)
            return promoted[LFFI_PROMOTED_POINTER];
        call->where.index = idx - call->first + 1;
        lffi_convert_error(L, &call->where, "a Lua function has no C type here: use "
                                            "ffi.callback(type, function)");
    default: return promote_object(L, call, idx);
    }
    /* clang-format on */
}

/* Where the next argument travels, of type param->ct. */
static struct lffi_way assign(lua_State *L, struct outgoing *call, struct lffi_param *param,
                              int idx)
{
    struct lffi_way way;
    const char *why = NULL;
    if (!lffi_abi_argument(&call->assigned, param->ct->type, &way, &why)) {
        call->where.index = idx - call->first + 1;
        lffi_convert_error(L, &call->where, "'%s' cannot be passed: %s",
                           lffi_push_type_text(L, param->ct->type, NULL), why);
    }
    lffi_set_op(param, param->ct->op);
    param->to = way.npieces > 0 ? way.piece[0].to : 0;
    param->pieces = (uint8_t)way.npieces;
    param->flags = way.indirect ? LFFI_PARAM_INDIRECT : 0;
    return way;
}

static void store_by_value(lua_State *L, struct outgoing *call, const struct lffi_cdata *cd,
                           int idx)
{
    struct lffi_param param = {.ct = cd->ct->base};
    struct lffi_way way = assign(L, call, &param, idx);
    luaL_checkstack(L, 2, NULL);
    lua_getiuservalue(L, idx, 1);
    lffi_store_general(L, call, &param, way.piece, lua_gettop(L));
    lua_pop(L, 1);
}

void lffi_store_variadic(lua_State *L, struct outgoing *call, int idx)
{
    bool truth;
    struct lffi_way way;
    struct lffi_param param = {0};
    const struct lffi_cdata *record = by_value(L, call, idx);
    if (record != NULL) {
        store_by_value(L, call, record, idx);
        return;
    }
    param.ct = promote(L, call, idx);
    way = assign(L, call, &param, idx);
    if (param.op == LFFI_POINTER)
        param.flags |= LFFI_PARAM_STRING;
    if (lffi_to_boolean(L, call->plan->ct->scope->st, idx, &truth)) {
        /* travels as int, though no integer takes a boolean elsewhere */
        slot_integer(&param, truth, call->frame + param.to);
    } else if (!lffi_store_plain(L, &param, idx, call->frame + param.to)) {
        lffi_store_general(L, call, &param, way.piece, idx);
    }
}

/* What the convention keeps of it. */
static size_t room_of(lua_State *L, const struct outgoing *call, int idx)
{
    const struct lffi_cdata *cd;
    if (lffi_abi_argument_room(NULL) == 0)
        return 0;
    cd = by_value(L, call, idx);
    return lffi_abi_argument_room(cd != NULL ? cd->ct->type : NULL);
}

/* The bytes of the argument at idx that travel, of those in more than one word. */
static uint64_t wide_size(lua_State *L, const struct outgoing *call, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, call->plan->ct->scope->st, idx);
    if (cd == NULL)
        cd = by_value(L, call, idx);
    else if (lffi_has_address(cd->ct->op) && cd->ct->op != LFFI_VECTOR)
        cd = NULL;
    return cd != NULL ? (cdecl_sizeof(cd->ct->type) + 31) & ~(uint64_t)15 : 0;
}

uint32_t lffi_variadic_room(lua_State *L, const struct outgoing *call, uint32_t *copies)
{
    uint64_t stack = call->plan->end.stack;
    uint64_t copied = call->plan->copies + lffi_abi_variadic_room(&call->plan->end);
    for (int idx = call->first + (int)call->plan->nparams; idx < call->first + call->nargs; idx++) {
        uint64_t size = wide_size(L, call, idx);
        stack += size > 0 ? size : 8;
        copied += size + room_of(L, call, idx);
        if (stack > LFFI_MAX_STACK || copied > LFFI_MAX_STACK)
            luaL_error(L, "the arguments need more than 256 KiB of stack");
    }
    *copies = (uint32_t)copied;
    return (uint32_t)stack;
}

/* ---- formats --------------------------------------------------------------------------------- */

/* Replaces an object with "__cffi_pointer" among the variadic arguments by what it gives, anchored
 * by it: asked once, so that what the format check sees is what travels. */
static void settle_object(lua_State *L, struct outgoing *call, int idx)
{
    struct lffi_scope *scope = call->plan->ct->scope;
    const struct lffi_cdata *cd;
    int top = lua_gettop(L);
    call->where.index = idx - call->first + 1;
    if (lffi_is_integer_object(L, scope->st, idx) ||
        !lffi_push_pointed(L, const_data_pointer(L, call->plan), idx, &call->where))
        return;
    cd = lffi_to_cdata(L, scope->st, top + 1);
    if (cd != NULL && cd->ct->op == LFFI_ARRAY) {
        lffi_push_anchored_view(L, cd->ct, cd->addr, idx);
    } else {
        struct lffi_ctype *ct = lffi_basic(L, scope, CDECL_PRIM_VOID);
        if (cd != NULL)
            ct = cd->ct->op == LFFI_POINTER ? cd->ct->target : cd->ct;
        lffi_push_anchored_pointer(L, lffi_pointer_to(L, ct),
                                   lffi_to_address(L, NULL, top + 1, &call->where), idx);
    }
    lua_replace(L, idx);
    lua_settop(L, top);
}

static bool is_object(lua_State *L, const struct outgoing *call, int idx)
{
    int type = lua_type(L, idx);
    return type == LUA_TTABLE ||
           (type == LUA_TUSERDATA && lffi_to_cdata(L, call->plan->ct->scope->st, idx) == NULL);
}

/* Checks the arguments against the format; once more, when all conversions are done, if these may
 * run Lua, which may change the format or a text. */
void lffi_prepare_format(lua_State *L, struct outgoing *call)
{
    int first_variadic = (int)call->plan->nparams + 1;
    luaL_checkstack(L, 10, NULL);
    for (int idx = 1; idx <= call->nargs; idx++) {
        if (!is_object(L, call, idx))
            continue;
        call->recheck = true;
        if (idx >= first_variadic)
            settle_object(L, call, idx);
    }
    lffi_check_format(L, call->record, &call->where, call->nargs);
}
