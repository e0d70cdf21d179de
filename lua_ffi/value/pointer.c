/* Pointer arithmetic and comparison. Arrays count as pointers to their first element. quick.c does
 * the commonest of it before.
 *
 * Depends on ctype.c and cdata.c; arith.c reads the operands. A pointer made here keeps alive what
 * the operand it was computed from keeps alive.
 */
#include "value/operand.h"

static bool is_pointer(const struct lffi_operand *o)
{
    return o->kind == LFFI_ADDRESS_OPERAND && o->ct != NULL && o->ct->op != LFFI_FUNCTION;
}

/* The number of elements to move by; false when the operand is no number. */
static bool element_offset(lua_State *L, const struct lffi_ctype *pointer,
                           const struct lffi_operand *o, int64_t *offset)
{
    lffi_wide bits;
    struct lffi_integer value;
    if (o->kind == LFFI_FLOAT_OPERAND) {
        if (!lffi_is_finite(o->number) ||
            (lffi_truncate(o->number) != o->number && !pointer->scope->luajit))
            luaL_error(L, "number has no integer representation");
        value = lffi_integer_of_real(o->number);
    } else if (o->kind == LFFI_INTEGER_OPERAND) {
        value = o->integer;
    } else {
        return false;
    }
    /* A uint64_t of 2^63 and more is a negative offset to C; so it is here. */
    if (!lffi_integer_reduce(&value, 64, false, LFFI_FIT, &bits))
        luaL_error(L, "%s is out of range as an offset",
                   lffi_push_number_text(L, pointer->scope->st, &value, o->idx));
    *offset = (int64_t)bits;
    return true;
}

/* Pushes p + offset elements, computed modulo the address space as C does. */
static void push_moved(lua_State *L, const struct lffi_operand *p, int64_t offset)
{
    uintptr_t address = (uintptr_t)p->address;
    struct lffi_ctype *ct =
        p->ct->op == LFFI_POINTER ? p->ct->base : lffi_pointer_to(L, p->ct->target);
    if (p->ct->target->op == LFFI_VOID)
        luaL_error(L, "'%s' has no elements: ffi.cast(\"%schar *\", p) moves by bytes",
                   lffi_type_text(L, p->ct), p->ct->target->constant ? "const " : "");
    address += (uintptr_t)offset * (uintptr_t)lffi_sizeof(L, p->ct->target);
    lffi_push_pointer(L, ct, (const void *)address, p->idx);
}

/* What an enum is to LuaJIT's comparison of types. */
static const struct lffi_ctype *plain_pointee(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_ENUM ? ct->target->base : ct->base;
}

/* Levels below the first must have equal qualifiers. */
static bool luajit_compatible(const struct lffi_ctype *a, const struct lffi_ctype *b, bool exactly)
{
    if (exactly && a->type->quals != b->type->quals)
        return false;
    a = plain_pointee(a);
    b = plain_pointee(b);
    if (a->op == LFFI_FUNCTION && b->op == LFFI_FUNCTION)
        return a->type->nparams == b->type->nparams;
    if (a->op == b->op && (a->op == LFFI_POINTER || a->op == LFFI_ARRAY))
        return cdecl_sizeof(a->type) == cdecl_sizeof(b->type) &&
               luajit_compatible(a->target, b->target, true);
    if (a->type->kind == CDECL_INT && b->type->kind == CDECL_INT)
        return a->size == b->size;
    return lffi_same_type(a, b);
}

bool lffi_luajit_compatible(const struct lffi_ctype *a, const struct lffi_ctype *b)
{
    return luajit_compatible(a, b, false);
}

static bool compatible(const struct lffi_ctype *a, const struct lffi_ctype *b)
{
    return lffi_same_type(a->target, b->target) ||
           (a->scope->luajit && lffi_luajit_compatible(a->target, b->target));
}

static void push_difference(lua_State *L, const struct lffi_operand *a,
                            const struct lffi_operand *b)
{
    int64_t distance = (intptr_t)((uintptr_t)a->address - (uintptr_t)b->address);
    uint64_t size;
    if (!compatible(a->ct, b->ct))
        luaL_error(L, "attempt to subtract incompatible pointers '%s' and '%s'",
                   lffi_type_text(L, a->ct), lffi_type_text(L, b->ct));
    size = lffi_sizeof(L, a->ct->target);
    if (size == 0)
        luaL_error(L, "attempt to subtract pointers to '%s', which has no size",
                   lffi_type_text(L, a->ct->target));
    lua_pushinteger(L, distance / (int64_t)size);
}

bool lffi_pointer_arith(lua_State *L, int op, const struct lffi_operand *a,
                        const struct lffi_operand *b)
{
    int64_t offset;
    if (op != LUA_OPADD && op != LUA_OPSUB)
        return false;
    if (op == LUA_OPADD && is_pointer(b)) {
        const struct lffi_operand *swap = a;
        a = b;
        b = swap;
    }
    if (!is_pointer(a))
        return false;
    if (op == LUA_OPSUB && is_pointer(b))
        push_difference(L, a, b);
    else if (element_offset(L, a->ct, b, &offset))
        push_moved(L, a, op == LUA_OPSUB ? (int64_t)(0 - (uint64_t)offset) : offset);
    else
        return false;
    return true;
}

int lffi_pointer_compare(lua_State *L, const struct lffi_operand *a, const struct lffi_operand *b)
{
    if (a->ct != NULL && b->ct != NULL && a->ct->scope->luajit && !compatible(a->ct, b->ct))
        luaL_error(L, "attempt to compare '%s' with '%s'", lffi_type_text(L, a->ct),
                   lffi_type_text(L, b->ct));
    if (a->address == b->address)
        return 0;
    return (uintptr_t)a->address < (uintptr_t)b->address ? -1 : 1;
}
