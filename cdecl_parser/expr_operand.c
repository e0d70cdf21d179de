/* Operands: making them, what an object or array becomes as a value (C11 6.3.2), converting
 * constants (C11 6.3.1). Depends on type.c; owns nothing. */
#include "expr.h"

/* ---- making operands ---- */

struct operand cdecl__of_value(struct cdecl_value v)
{
    return (struct operand){.v = v};
}

struct operand cdecl__of_int(const struct cdecl_type *type, uint64_t u)
{
    return cdecl__of_value((struct cdecl_value){.kind = CDECL_VALUE_INT, .type = type, .u = u});
}

struct operand cdecl__of_type(const struct cdecl_type *type)
{
    return cdecl__of_value((struct cdecl_value){.kind = CDECL_VALUE_NONE, .type = type});
}

struct operand cdecl__of_object(const struct cdecl_type *type, bool located, uint64_t address)
{
    struct operand o = cdecl__of_type(type);
    o.lvalue = true;
    o.located = located;
    o.address = address;
    return o;
}

bool cdecl__is_known(const struct operand *o)
{
    return o->v.kind != CDECL_VALUE_NONE;
}

bool cdecl__is_pointer(const struct operand *o)
{
    return o->v.type->kind == CDECL_POINTER || o->v.kind == CDECL_VALUE_STRING;
}

/* The value in an object, the pointer an array or function becomes (C11 6.3.2.1). */
struct operand cdecl__rvalue(struct parser *p, struct operand o)
{
    const struct cdecl_type *type = o.v.type;
    if (o.v.kind == CDECL_VALUE_STRING)
        return o;
    if (type->kind == CDECL_ARRAY || type->kind == CDECL_FUNCTION) {
        const struct cdecl_type *pointer = cdecl__decay(p->state, type);
        return o.located ? cdecl__of_int(pointer, o.address) : cdecl__of_type(pointer);
    }
    o.v.type = cdecl__unqualified(p->state, type);
    o.lvalue = false;
    return o;
}

/* ---- conversions ---- */

uint64_t cdecl__wrap(uint64_t u, const struct cdecl_type *type)
{
    if (type->bits >= 64)
        return u;
    u &= ((uint64_t)1 << type->bits) - 1;
    if (type->is_signed && u >> (type->bits - 1) & 1)
        u |= ~(uint64_t)0 << type->bits;
    return u;
}

static const struct cdecl_type *integer_type(const struct cdecl_type *type)
{
    return type->kind == CDECL_ENUM && type->tag->underlying != NULL ? type->tag->underlying : type;
}

static bool is_signed(const struct cdecl_type *type)
{
    return integer_type(type)->is_signed;
}

bool cdecl__is_negative(const struct cdecl_value *v)
{
    return v->kind == CDECL_VALUE_INT && is_signed(v->type) && (int64_t)v->u < 0;
}

/* Whether the integral part of `f` is a value of the type (C11 6.3.1.4p1: the others are
 * undefined). */
static bool float_fits(cdecl_real f, const struct cdecl_type *to)
{
    unsigned bits = to->bits > 64 ? 64 : to->bits;
    cdecl_real half = (cdecl_real)((uint64_t)1 << (bits - 1)); /* 2^(bits - 1) */
    if (!to->is_signed)
        return f > -1 && f < half * 2;
    return (f >= -half || f > -half - 1) && f < half;
}

static void float_to_int(struct parser *p, struct cdecl_value *v, const struct cdecl_type *to)
{
    cdecl_real f = v->f;
    v->kind = CDECL_VALUE_INT;
    if (to->kind == CDECL_BOOL) {
        v->u = f != 0;
        return;
    }
    bool fits = float_fits(f, to);
    if (!fits && p->unevaluated == 0)
        cdecl__fail(p->state, "floating constant does not fit '%s'",
                    cdecl__type_text(p->state, to));
    if (!fits)
        v->u = 0;
    else
        v->u = f < 0 ? (uint64_t)(int64_t)f : (uint64_t)f;
    v->u = cdecl__wrap(v->u, to);
}

cdecl_real cdecl__round_to(cdecl_real f, const struct cdecl_type *type)
{
    if (type->prim == CDECL_PRIM_FLOAT)
        return (float)f;
    if (type->prim == CDECL_PRIM_DOUBLE)
        return (double)f;
    if (type->prim == CDECL_PRIM_LDOUBLE)
        return (long double)f;
    return f;
}

static void int_to_int(struct parser *p, struct cdecl_value *v, const struct cdecl_type *to)
{
    if (to->kind == CDECL_BOOL) {
        v->u = v->u != 0;
    } else if (to->bits > 64) { /* only values whose 64-bit form reads the same are kept */
        if ((cdecl__is_negative(v) ? !to->is_signed : to->is_signed && (int64_t)v->u < 0) &&
            p->unevaluated == 0)
            cdecl__fail(p->state, "constants wider than 64 bits are not supported");
    } else {
        v->u = cdecl__wrap(v->u, to);
    }
}

/* Converts a constant as a cast or assignment does; what cannot stay one becomes unknown. */
void cdecl__convert(struct parser *p, struct cdecl_value *v, const struct cdecl_type *type)
{
    const struct cdecl_type *to = integer_type(type);
    bool from_int = v->kind == CDECL_VALUE_INT, from_float = v->kind == CDECL_VALUE_FLOAT;
    if (cdecl__is_integer(to) && from_int)
        int_to_int(p, v, to);
    else if (cdecl__is_integer(to) && from_float)
        float_to_int(p, v, to);
    else if (to->kind == CDECL_FLOAT && from_float)
        v->f = cdecl__round_to(v->f, to);
    else if (to->kind == CDECL_FLOAT && from_int) {
        cdecl_real f = cdecl__is_negative(v) ? (cdecl_real)(int64_t)v->u : (cdecl_real)v->u;
        v->kind = CDECL_VALUE_FLOAT;
        v->f = cdecl__round_to(f, to);
    } else if (!(to->kind == CDECL_POINTER && (from_int || v->kind == CDECL_VALUE_STRING)))
        v->kind = CDECL_VALUE_NONE;
    v->type = type;
}

bool cdecl__is_true(const struct cdecl_value *v)
{
    if (v->kind == CDECL_VALUE_FLOAT)
        return v->f != 0;
    return v->kind == CDECL_VALUE_STRING || v->u != 0;
}
