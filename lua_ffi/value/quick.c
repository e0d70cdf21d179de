/* The commonest operations of operators and assignments, on values in place: 64-bit integers of one
 * type, pointers; what members and elements other than numbers get.
 *
 * Depends on cdata.c for new objects and what they keep. What is not decided here has no effect:
 * arith.c and index.c go the long way with it, which raises all errors. The arguments are those of
 * the running metamethod, whose first upvalue is the state.
 */
#include <string.h>

#include "object/keep.h"
#include "value/fast.h"
#include "value/operand.h"

/* A 64-bit integer and another of its type or Lua's. `ct`: the type of their result. */
struct quick_integers {
    uint64_t a, b;
    struct lffi_ctype *ct;
};

static LFFI_INLINE bool quick_integer(const struct lffi_state *st, const struct lffi_value *arg,
                                      uint64_t *value, struct lffi_ctype **ct)
{
    const struct lffi_cdata *cd;
    if (lffi_kind_in_place(arg) == LFFI_IS_INTEGER) {
        *value = (uint64_t)lffi_integer_in_place(arg);
        return true;
    }
    cd = lffi_cdata_in_place(st, arg);
    if (cd == NULL || (cd->ct->op != LFFI_I64 && cd->ct->op != LFFI_U64) || cd->ct->scope->luajit ||
        (*ct != NULL && *ct != cd->ct->base))
        return false;
    memcpy(value, cd->addr, sizeof *value);
    *ct = cd->ct->base;
    return true;
}

/* True when the two arguments are such integers. A negative one of Lua's is none next to
 * an unsigned one, when `exact`. */
static LFFI_INLINE bool quick_integers(const struct lffi_value *arg, bool exact,
                                       struct quick_integers *o)
{
    const struct lffi_state *st = lffi_bound(arg);
    o->ct = NULL;
    if (!quick_integer(st, &arg[0], &o->a, &o->ct) || !quick_integer(st, &arg[1], &o->b, &o->ct) ||
        o->ct == NULL)
        return false;
    if (!exact || o->ct->op == LFFI_I64)
        return true;
    return (lffi_kind_in_place(&arg[0]) != LFFI_IS_INTEGER || (int64_t)o->a >= 0) &&
           (lffi_kind_in_place(&arg[1]) != LFFI_IS_INTEGER || (int64_t)o->b >= 0);
}

/* The floored quotient or remainder of integers that are both positive or zero, b not zero. */
static bool quick_divide(const struct quick_integers *o, bool remainder, uint64_t *result)
{
    if (o->b == 0 || (o->ct->op == LFFI_I64 && ((int64_t)o->a < 0 || (int64_t)o->b < 0)))
        return false;
    *result = remainder ? o->a % o->b : o->a / o->b;
    return true;
}

/* Modulo 2^64, as the result wraps. */
bool lffi_quick_number_arith(lua_State *L, const struct lffi_value *arg, int op)
{
    struct quick_integers o;
    struct lffi_cdata *cd;
    bool divides = op == LUA_OPMOD || op == LUA_OPIDIV;
    uint64_t result;
    if (!quick_integers(arg, divides, &o))
        return false;
    switch (op) {
    case LUA_OPADD: result = o.a + o.b; break;
    case LUA_OPSUB: result = o.a - o.b; break;
    case LUA_OPMUL: result = o.a * o.b; break;
    case LUA_OPBAND: result = o.a & o.b; break;
    case LUA_OPBOR: result = o.a | o.b; break;
    case LUA_OPBXOR: result = o.a ^ o.b; break;
    default:
        if (!divides || !quick_divide(&o, op == LUA_OPMOD, &result))
            return false;
    }
    cd = lffi_new(L, o.ct, sizeof result);
    memcpy(cd->addr, &result, sizeof result);
    return true;
}

/* The address that a pointer or array is; false: it is something else. */
static bool address_of(const struct lffi_cdata *cd, const void **address)
{
    if (cd == NULL || (cd->ct->op != LFFI_POINTER && cd->ct->op != LFFI_ARRAY))
        return false;
    *address = cd->addr;
    if (cd->ct->op == LFFI_POINTER)
        memcpy(address, cd->addr, sizeof *address);
    return cd->ct->target->op != LFFI_FUNCTION;
}

static bool has_elements(const struct lffi_ctype *ct)
{
    return ct->target->complete && ct->target->size > 0 && ct->target->op != LFFI_VOID;
}

/* pointer + integer, pointer - integer, pointer - pointer to the same type. */
bool lffi_quick_pointer_arith(lua_State *L, const struct lffi_value *arg,
                              const struct lffi_cdata *a, int op)
{
    const struct lffi_state *st = lffi_bound(arg);
    const struct lffi_cdata *b;
    const void *p;
    const void *q;
    uint64_t offset;
    if ((op != LUA_OPADD && op != LUA_OPSUB) || !address_of(a, &p) || !has_elements(a->ct))
        return false;
    if (lffi_kind_in_place(&arg[1]) == LFFI_IS_INTEGER) {
        offset = (uint64_t)lffi_integer_in_place(&arg[1]) * a->ct->target->size;
        if (op == LUA_OPSUB)
            offset = 0 - offset;
        lffi_push_pointer(
            L, a->ct->op == LFFI_POINTER ? a->ct->base : lffi_pointer_to(L, a->ct->target),
            (const void *)((uintptr_t)p + (uintptr_t)offset), 1);
        return true;
    }
    b = lffi_cdata_in_place(st, &arg[1]);
    if (op != LUA_OPSUB || !address_of(b, &q) || a->ct->target->base != b->ct->target->base)
        return false;
    lua_pushinteger(L, (intptr_t)((uintptr_t)p - (uintptr_t)q) / (int64_t)a->ct->target->size);
    return true;
}

/* -1, 0 or 1 of two integers of one type, or of two pointers; false: look closer. */
bool lffi_quick_order(lua_State *L, const struct lffi_value *arg, int *order)
{
    const struct lffi_state *st = lffi_bound(arg);
    struct quick_integers o;
    const struct lffi_cdata *a;
    const void *p;
    const void *q;
    bool less;
    if (lffi_count_arguments(L, arg) != 2)
        return false;
    a = lffi_cdata_in_place(st, &arg[0]);
    if (a != NULL && lffi_has_address(a->ct->op)) {
        if (!address_of(a, &p) || a->ct->scope->luajit ||
            !address_of(lffi_cdata_in_place(st, &arg[1]), &q))
            return false;
        *order = p == q ? 0 : (uintptr_t)p < (uintptr_t)q ? -1 : 1;
        return true;
    }
    if (!quick_integers(arg, true, &o))
        return false;
    less = o.ct->op == LFFI_I64 ? (int64_t)o.a < (int64_t)o.b : o.a < o.b;
    *order = o.a == o.b ? 0 : less ? -1 : 1;
    return true;
}

/* ---- stores ---------------------------------------------------------------------------------- */

static bool store_enumerator(const struct lffi_ctype *ct, void *dst, const struct lffi_value *value)
{
    const struct lffi_fields *names = ct->base->fields;
    const struct lffi_field *name = NULL;
    if (ct->target == NULL)
        return false;
    if (lffi_kind_in_place(value) == LFFI_IS_INTEGER)
        return lffi_fast_integer(ct->target->op, lffi_integer_in_place(value), dst);
    if (names != NULL && lffi_kind_in_place(value) == LFFI_IS_NAME)
        name = lffi_interned_field(names, lffi_text_in_place(value));
    if (name != NULL)
        lffi_integer_to_memory(ct, dst, name->offset);
    return name != NULL;
}

bool lffi_quick_number(const struct lffi_ctype *ct, void *dst, const struct lffi_value *value)
{
    return ct->op == LFFI_ENUM ? store_enumerator(ct, dst, value)
                               : lffi_fast_put(ct->op, dst, value);
}

static bool is_string(const struct lffi_value *value)
{
    return lffi_kind_in_place(value) == LFFI_IS_NAME || lffi_kind_in_place(value) == LFFI_IS_TEXT;
}

static bool is_byte(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_I8 || ct->op == LFFI_U8;
}

static bool has_zero(const struct lffi_value *string)
{
    return strlen(lffi_text_in_place(string)) != lffi_size_in_place(string);
}

/* The address for a pointer whose pointee is just the cdata's own (or void), no qualifier lost. */
static bool address_for(const struct lffi_ctype *pointee, const struct lffi_cdata *cd,
                        const void **address)
{
    const struct lffi_ctype *source = cd->ct;
    if (source->op == LFFI_POINTER || source->op == LFFI_ARRAY) {
        if (!address_of(cd, address))
            return false;
        source = source->target;
    } else if (lffi_is_record(source->op)) {
        *address = cd->addr;
    } else {
        return false;
    }
    return (source->base == pointee->base || pointee->op == LFFI_VOID) &&
           (source->type->quals & ~pointee->type->quals & (CDECL_CONST | CDECL_VOLATILE)) == 0;
}

/* nil, a string for const char *, a pointer or what has an address. */
static bool store_pointer(lua_State *L, const struct lffi_value *arg, const struct lffi_ctype *ct,
                          void *dst)
{
    const struct lffi_state *st = lffi_bound(arg);
    const struct lffi_ctype *pointee = ct->target;
    const struct lffi_cdata *cd = lffi_cdata_in_place(st, &arg[2]);
    const void *address = NULL;
    bool drops = lffi_kind_in_place(&arg[2]) == LFFI_IS_NIL;
    if (st->locked || pointee->op == LFFI_FUNCTION)
        return false;
    if (is_string(&arg[2]) && pointee->constant && is_byte(pointee) && !has_zero(&arg[2]))
        address = lffi_text_in_place(&arg[2]);
    else if (!drops && (cd == NULL || !address_for(pointee, cd, &address)))
        return false;
    if (!lffi_quick_keep(L, 1, dst, drops ? 0 : 3))
        return false;
    memcpy(dst, &address, sizeof address);
    return true;
}

/* A struct of the same type in which nothing is constant and no pointer keeps anything. */
static bool store_record(const struct lffi_value *arg, const struct lffi_ctype *ct, void *dst)
{
    const struct lffi_state *st = lffi_bound(arg);
    const struct lffi_cdata *cd = lffi_cdata_in_place(st, &arg[2]);
    const struct lffi_ctype *base = ct->base;
    if (cd == NULL || cd->ct->base != base || lffi_is_fixed(ct) || lffi_is_open(ct) ||
        !base->knows_places || base->keeps_table || base->nplaces > 0 || st->keeps_apart)
        return false;
    memmove(dst, cd->addr, (size_t)ct->size);
    return true;
}

/* A string for char[N], by our rules. */
static bool store_text(const struct lffi_value *arg, const struct lffi_ctype *ct, void *dst)
{
    const struct lffi_state *st = lffi_bound(arg);
    size_t size;
    if (!is_string(&arg[2]) || !is_byte(ct->target) || lffi_is_fixed(ct) ||
        lffi_is_open_array(ct) || st->keeps_apart || ct->scope->luajit)
        return false;
    size = lffi_size_in_place(&arg[2]);
    if (size > ct->size)
        return false;
    memcpy(dst, lffi_text_in_place(&arg[2]), size);
    memset((char *)dst + size, 0, (size_t)ct->size - size);
    return true;
}

bool lffi_quick_store(lua_State *L, const struct lffi_value *arg, const struct lffi_ctype *ct,
                      void *dst)
{
    unsigned kind = lffi_kind_in_place(&arg[2]);
    if (lffi_count_arguments(L, arg) != 3)
        return false;
    if (ct->op == LFFI_POINTER)
        return store_pointer(L, arg, ct, dst);
    if (ct->op == LFFI_ENUM)
        return store_enumerator(ct, dst, &arg[2]);
    if (lffi_is_record(ct->op))
        return store_record(arg, ct, dst);
    if (ct->op == LFFI_ARRAY)
        return store_text(arg, ct, dst);
    if (ct->op != LFFI_BOOL || (kind != LFFI_IS_TRUE && kind != LFFI_IS_FALSE))
        return false;
    *(uint8_t *)dst = kind == LFFI_IS_TRUE;
    return true;
}
