/* Lua calls C: the functions of a namespace, and function pointers.
 *
 * Depends on plan.c for where arguments travel, on pieces.c and
 * convert.c for values, on running.c for the call chain. Each call fills a frame of its own,
 * on the C stack or, when its stack block is large, in a userdata, so calls may nest at will.
 */
#include <errno.h>
#include <string.h>

#include "call/call.h"

/* One call under preparation. */
struct outgoing {
    const struct lffi_plan *plan;
    const struct lffi_record *record; /* NULL: a function pointer */
    void (*address)(void);
    int first;                  /* stack index of the first argument */
    int nargs;
    unsigned char *frame;       /* a struct lffi_frame, perhaps with a longer stack block */
    unsigned char *copies;      /* of indirect arguments */
    bool recheck;               /* against the format, when all is converted */
    struct lffi_loans *loans;   /* of arguments that C does not keep */
    struct lffi_assign assigned;
    struct lffi_where where;
};

/* ---- the general conversion ------------------------------------------------------------------ */

struct attempt {
    struct lffi_ctype *ct;
    void *dst;
    const struct lffi_where *where;
};

/* Stack: value, struct attempt. */
static int try_store(lua_State *L)
{
    const struct attempt *attempt = lua_touserdata(L, 2);
    lffi_store(L, attempt->ct, attempt->dst, 1, attempt->where);
    return 0;
}

/* A transparent union takes what one of its members takes. */
static void store_transparent(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                              const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    const struct cdecl_tag *tag = ct->type->tag;
    if (cd != NULL && lffi_same_type(cd->ct, ct)) {
        lffi_store(L, ct, dst, idx, where);
        return;
    }
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        struct attempt attempt = {NULL, dst, where};
        attempt.ct = lffi_ctype_of(L, ct->scope, tag->members[i].type);
        lua_pushcfunction(L, try_store);
        lua_pushvalue(L, idx);
        lua_pushlightuserdata(L, &attempt);
        if (lua_pcall(L, 2, 0, 0) == LUA_OK)
            return;
        lua_pop(L, 1);
    }
    lffi_convert_error(L, where, "no member of '%s' takes %s",
                       lffi_push_type_text(L, ct->type, NULL),
                       lffi_push_kind_of(L, ct->scope->st, idx));
}

/* A table for a struct goes through a struct of Lua's own, which keeps the strings stored in it. */
static void store_table(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                        struct lffi_where where)
{
    uint64_t size = lffi_sizeof(L, ct);
    struct lffi_cdata *cd = lffi_new(L, ct->base, size);
    where.owner_idx = lua_gettop(L);
    lffi_store(L, ct, cd->addr, idx, &where);
    memcpy(dst, cd->addr, (size_t)size);
}

static void store_value(lua_State *L, const struct lffi_param *param, void *dst, int idx,
                        const struct lffi_where *where)
{
    if (param->flags & LFFI_PARAM_TRANSPARENT)
        store_transparent(L, param->ct, dst, idx, where);
    else if (lua_type(L, idx) == LUA_TTABLE && lffi_is_record(param->op))
        store_table(L, param->ct, dst, idx, *where);
    else
        lffi_store(L, param->ct, dst, idx, where);
}

/* AArch64: the next part of the area for copies of indirect arguments. */
static unsigned char *next_copy(struct outgoing *call, const struct lffi_param *param)
{
    unsigned char *copy = call->copies;
    call->copies += (cdecl_sizeof(param->ct->type) + 15) & ~(uint64_t)15;
    memcpy(call->frame + param->to, &copy, sizeof copy);
    return copy;
}

/* `pieces`: those that the parameter's `first` counts from. */
static void store_general(lua_State *L, struct outgoing *call, const struct lffi_param *param,
                          const struct lffi_piece *pieces, int idx)
{
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    unsigned char *slot = call->frame + param->to;
    luaL_checkstack(L, 10, NULL);
    call->where.index = idx - call->first + 1;
    if (param->flags & LFFI_PARAM_INDIRECT)
        slot = next_copy(call, param);
    if (param->pieces != 1) {
        store_value(L, param, scratch, idx, &call->where);
        lffi_scatter(pieces, param, scratch, call->frame);
    } else {
        store_value(L, param, slot, idx, &call->where);
        lffi_widen(param, slot);
    }
}

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
    store_general(L, call, param, call->plan->pieces, idx);
}

static void check_nonnull(lua_State *L, struct outgoing *call)
{
    for (uint32_t i = 0; i < call->plan->nparams && i < 64; i++) {
        uint64_t word;
        memcpy(&word, call->frame + call->plan->param[i].to, sizeof word);
        if (has_bit(call->record->nonnull, i) && word == 0) {
            call->where.index = i + 1;
            lffi_convert_error(L, &call->where, "NULL is not allowed here (nonnull)");
        }
    }
}

/* ---- variadic arguments ---------------------------------------------------------------------- */

/* The type a cdata has after C's default argument promotions. */
static struct lffi_ctype *promote_cdata(lua_State *L, const struct lffi_plan *plan,
                                        const struct lffi_cdata *cd)
{
    struct lffi_ctype *ct = cd->ct->base;
    switch ((enum lffi_op)ct->op) {
    case LFFI_BOOL: case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16:
        return plan->promoted[LFFI_PROMOTED_BOOLEAN];
    case LFFI_FLOAT: return plan->promoted[LFFI_PROMOTED_FLOAT];
    case LFFI_ENUM: return ct->target;
    case LFFI_ARRAY: return lffi_pointer_to(L, ct->target);
    case LFFI_FUNCTION: return lffi_pointer_to(L, ct);
    case LFFI_VOID: case LFFI_I32: case LFFI_U32: case LFFI_I64: case LFFI_U64: case LFFI_I128:
    case LFFI_U128: case LFFI_BITINT: case LFFI_FLOAT16: case LFFI_DOUBLE: case LFFI_LDOUBLE:
    case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_POINTER: case LFFI_VECTOR: case LFFI_STRUCT:
    case LFFI_UNION:
        break;
    }
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
    lffi_convert_error(L, &call->where, "a %s cannot be a variadic argument: use ffi.new or "
                                        "ffi.cast to give it a type",
                       luaL_typename(L, idx));
}

/* S7: the type that a value passed for "..." travels as. */
static struct lffi_ctype *promote(lua_State *L, struct outgoing *call, int idx)
{
    struct lffi_ctype *const *promoted = call->plan->promoted;
    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        return promoted[lua_isinteger(L, idx) && !call->plan->ct->scope->luajit
                            ? LFFI_PROMOTED_INTEGER
                            : LFFI_PROMOTED_FLOAT];
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
}

/* A cdata by value, or any scalar, as variadic argument. */
static void store_variadic(lua_State *L, struct outgoing *call, int idx)
{
    bool truth;
    struct lffi_way way;
    struct lffi_param param = {0};
    const char *why = NULL;
    param.ct = promote(L, call, idx);
    if (!lffi_abi_argument(&call->assigned, param.ct->type, &way, &why)) {
        call->where.index = idx - call->first + 1;
        lffi_convert_error(L, &call->where, "'%s' cannot be passed: %s",
                           lffi_push_type_text(L, param.ct->type, NULL), why);
    }
    lffi_set_op(&param, param.ct->op);
    param.to = way.npieces > 0 ? way.piece[0].to : 0;
    param.pieces = (uint8_t)way.npieces;
    param.flags = way.indirect ? LFFI_PARAM_INDIRECT : 0;
    if (param.op == LFFI_POINTER)
        param.flags |= LFFI_PARAM_STRING;
    if (lffi_to_boolean(L, call->plan->ct->scope->st, idx, &truth)) {
        uint64_t word = truth; /* travels as int, though no integer takes a boolean elsewhere */
        memcpy(call->frame + param.to, &word, sizeof word);
    } else if (!lffi_store_plain(L, &param, idx, call->frame + param.to)) {
        store_general(L, call, &param, way.piece, idx);
    }
}

/* Bytes of stack, and of copies, that the variadic arguments take at most. */
static uint32_t variadic_room(lua_State *L, const struct outgoing *call, uint32_t *copies)
{
    uint64_t stack = call->plan->end.stack;
    uint64_t copied = call->plan->copies;
    for (int idx = call->first + (int)call->plan->nparams; idx < call->first + call->nargs; idx++) {
        const struct lffi_cdata *cd = lffi_to_cdata(L, call->plan->ct->scope->st, idx);
        uint64_t size = cd != NULL ? (cdecl_sizeof(cd->ct->type) + 31) & ~(uint64_t)15 : 8;
        if (cd != NULL && cd->ct->op == LFFI_ARRAY)
            size = 8;
        stack += size;
        copied += cd != NULL ? size : 0;
        if (stack > LFFI_MAX_STACK || copied > LFFI_MAX_STACK)
            luaL_error(L, "the arguments need more than 256 KiB of stack");
    }
    *copies = (uint32_t)copied;
    return (uint32_t)stack;
}

/* ---- results --------------------------------------------------------------------------------- */

/* Where the registers of a result in pieces are put together. */
struct incoming {
    struct lffi_return ret;
    struct lffi_cdata *object; /* a struct, or what came in memory; on the stack top */
};

static bool needs_object(const struct lffi_plan *plan)
{
    return plan->result_kind == LFFI_RETURN_MEMORY || lffi_travels_as_object(plan->result.op);
}

/* A plain result straight from its register; the others put together from their pieces. */
static int push_result(lua_State *L, const struct lffi_plan *plan, const struct incoming *in)
{
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    const unsigned char *ret = (const unsigned char *)&in->ret;
    if (plan->result.op == LFFI_VOID)
        return 0;
    if (lffi_push_plain(L, plan->result.op, ret + plan->result.to))
        return 1;
    if (plan->result_kind != LFFI_RETURN_MEMORY)
        lffi_gather(plan->pieces, &plan->result, ret,
                    in->object != NULL ? in->object->addr : scratch);
    if (in->object == NULL)
        lffi_load(L, plan->result.ct, scratch, 0);
    return 1;
}

static void prepare_result(lua_State *L, const struct outgoing *call, struct incoming *in)
{
    const struct lffi_plan *plan = call->plan;
    in->object = NULL;
    if (!needs_object(plan))
        return;
    in->object = lffi_new(L, plan->result.ct->base, cdecl_sizeof(plan->result.ct->type));
    if (plan->result_kind == LFFI_RETURN_MEMORY) {
        struct lffi_registers *regs = (struct lffi_registers *)(void *)call->frame;
        uint64_t *hidden = LFFI_HIDDEN_RESULT(regs);
        *hidden = (uintptr_t)in->object->addr;
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

/* Raises what a callback of this call has left behind. */
static _Noreturn void raise_kept(lua_State *L, const struct lffi_call *running)
{
    if (running->error_index != LFFI_FAILED) {
        lua_settop(L, running->error_index);
        lua_error(L);
    }
    luaL_error(L, "%s", running->failure);
    abort();
}

void lffi_after_call(lua_State *L, struct lffi_state *st, const struct lffi_call *running)
{
    if (running->error_index != 0)
        raise_kept(L, running);
    if (st->gate != NULL && atomic_load_explicit(&st->gate->attention, memory_order_relaxed))
        lffi_attend(L, st);
}

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
    return type == LUA_TTABLE || (type == LUA_TUSERDATA &&
                                  lffi_to_cdata(L, call->plan->ct->scope->st, idx) == NULL);
}

/* Checks the arguments against the format; once more, when all conversions are done, if these may
 * run Lua, which may change the format or a text. */
static void check_format(lua_State *L, struct outgoing *call)
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

static void run(lua_State *L, const struct outgoing *call, struct lffi_return *ret)
{
    struct lffi_callee pointer = {call->plan->ct->scope->st, NULL, NULL};
    const struct lffi_callee *callee = call->record != NULL ? &call->record->callee : &pointer;
    struct lffi_call running;
    memcpy(&pointer.code, &call->address, sizeof call->address);
    lffi_enter_c(L, callee, &running);
    lffi_invoke(call->plan->result_kind, call->plan->by_libffi, call->address, call->frame,
                &call->assigned, ret);
    lffi_leave_c(callee, &running);
    lffi_end_loans(L, call->loans);
    lffi_end_call(L, callee, &running);
    if (running.prepared != 0) /* a result object is on the top again */
        lua_settop(L, running.prepared - 1);
}

bool lffi_is_running(const struct lffi_library *lib, lffi_holds *holds)
{
    const struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->callee->lib != lib &&
           (call->callee->lib != NULL || !holds(lib, call->callee->code)))
        call = call->outer;
    return call != NULL;
}

static void check_open(lua_State *L, const struct outgoing *call)
{
    const struct lffi_library *lib = call->record != NULL ? call->record->pub.lib : NULL;
    if (lib != NULL && !lib->open)
        luaL_error(L, "cannot call '%s': library '%s' is closed", call->record->pub.name,
                   lib->path);
}

static int convert_and_run(lua_State *L, struct outgoing *call)
{
    const struct lffi_plan *plan = call->plan;
    struct incoming in;
    call->assigned = plan->end;
    if (call->record != NULL && call->record->borrows != 0)
        call->loans = lffi_push_loans(L, plan->nparams);
    for (uint32_t i = 0; i < plan->nparams; i++)
        store_argument(L, call, i);
    for (int i = (int)plan->nparams; i < call->nargs; i++)
        store_variadic(L, call, call->first + i);
    if (call->record != NULL && call->record->nonnull != 0)
        check_nonnull(L, call);
    prepare_result(L, call, &in);
    if (call->recheck)
        lffi_check_format(L, call->record, &call->where, call->nargs);
    check_open(L, call); /* conversions and the collector may have run what closes libraries */
    run(L, call, &in.ret);
    return push_result(L, plan, &in);
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

/* Neither inline, or the frames would add up: recursion through callbacks needs the C stack. */
static __attribute__((noinline)) int call_with_stack_frame(lua_State *L, struct outgoing *call)
{
    struct lffi_frame frame;
    call->frame = (unsigned char *)&frame;
    return convert_and_run(L, call);
}

static __attribute__((noinline)) int call_with_registers(lua_State *L, struct outgoing *call)
{
    struct lffi_registers regs;
    call->frame = (unsigned char *)&regs;
    return convert_and_run(L, call);
}

static int dispatch(lua_State *L, struct outgoing *call)
{
    uint32_t copies = call->plan->copies;
    uint32_t stack = call->plan->end.stack;
    if (call->plan->variadic)
        stack = variadic_room(L, call, &copies);
    if (stack > LFFI_STACK_BLOCK || copies > 0)
        return call_with_heap_frame(L, call, stack, copies);
    if (stack == 0 && !call->plan->variadic && !call->plan->end.wide)
        return call_with_registers(L, call);
    return call_with_stack_frame(L, call);
}

/* "'abs' (int abs(int))", or "'int (int)'" for a pointer. */
static const char *push_callee(lua_State *L, const struct outgoing *call)
{
    const struct lffi_record *record = call->record;
    if (record != NULL)
        return lua_pushfstring(L, "'%s' (%s)", record->pub.name,
                               lffi_push_decl_text(L, record->pub.decl));
    return lua_pushfstring(L, "'%s'", lffi_push_type_text(L, call->plan->ct->type, NULL));
}

static void check_count(lua_State *L, const struct outgoing *call)
{
    int wanted = (int)call->plan->nparams;
    if (call->nargs == wanted || (call->nargs > wanted && call->plan->variadic))
        return;
    luaL_error(L, "wrong number of arguments to %s: expected %s%d, got %d", push_callee(L, call),
               call->plan->variadic ? "at least " : "", wanted, call->nargs);
}

static void set_where(struct outgoing *call, const struct lffi_library *lib)
{
    const struct lffi_scope *scope = call->plan->ct->scope;
    call->where.place = LFFI_TO_ARGUMENT;
    call->where.policy = lib != NULL && lib->has_policy ? lib->policy : scope->policy;
    call->where.of = call->plan->ct->type;
    call->where.fn = call->record != NULL ? &call->record->pub : NULL;
}

int lffi_call_function(lua_State *L)
{
    struct outgoing call = {.first = 1, .nargs = lua_gettop(L)};
    const struct lffi_library *lib;
    call.record = lua_touserdata(L, lua_upvalueindex(LFFI_UPVALUE_ADDRESS));
    call.plan = call.record->plan;
    lib = call.record->pub.lib;
    check_open(L, &call);
    check_count(L, &call);
    call.address = call.record->pub.address;
    set_where(&call, lib);
    if (call.record->format.text > 0 && !call.plan->ct->scope->luajit)
        check_format(L, &call);
    return dispatch(L, &call);
}

int lffi_call_pointer(lua_State *L, struct lffi_ctype *ct, void (*address)(void), int first)
{
    struct outgoing call = {.first = first, .nargs = lua_gettop(L) - first + 1};
    call.plan = ct->base->plan != NULL ? ct->base->plan : lffi_plan_of(L, ct);
    call.address = address;
    check_count(L, &call);
    set_where(&call, NULL);
    return dispatch(L, &call);
}
