/* Binary operators on operands (C11 6.5.5 to 6.5.12): 64-bit typed integer arithmetic, floating
 * arithmetic, pointers. Depends on expr_operand.c; owns nothing. */
#include "expr.h"

struct operand cdecl__scale_add(struct parser *p, struct operand pointer, struct operand index,
                                bool subtract)
{
    const struct cdecl_type *type = pointer.v.type;
    if (pointer.v.kind != CDECL_VALUE_INT || index.v.kind != CDECL_VALUE_INT)
        return cdecl__of_type(type->kind == CDECL_ARRAY ? cdecl__decay(p->state, type) : type);
    uint64_t step = cdecl_sizeof(type->target) * index.v.u;
    return cdecl__of_int(type, subtract ? pointer.v.u - step : pointer.v.u + step);
}

int cdecl__precedence(enum token_kind kind)
{
    switch ((int)kind) {
    case TOK_STAR:
    case TOK_SLASH:
    case TOK_PERCENT: return 10;
    case TOK_PLUS:
    case TOK_MINUS: return 9;
    case TOK_SHL:
    case TOK_SHR: return 8;
    case TOK_LT:
    case TOK_GT:
    case TOK_LE:
    case TOK_GE: return 7;
    case TOK_EQ:
    case TOK_NE: return 6;
    case TOK_AMP: return 5;
    case TOK_CARET: return 4;
    case TOK_PIPE: return 3;
    case TOK_ANDAND: return 2;
    case TOK_OROR: return 1;
    default: return 0;
    }
}

COLD _Noreturn static void fail_operands(struct parser *p, const struct token *op,
                                         const struct cdecl_type *a, const struct cdecl_type *b)
{
    cdecl__fail_token(p, op, "'%.*s' on '%s' and '%s'", (int)op->size, op->start,
                      cdecl__type_text(p->state, a), cdecl__type_text(p->state, b));
}

static bool compare_ints(enum token_kind op, uint64_t a, uint64_t b, bool with_sign)
{
    if (with_sign) { /* order-preserving map to unsigned */
        a ^= (uint64_t)1 << 63;
        b ^= (uint64_t)1 << 63;
    }
    switch ((int)op) {
    case TOK_LT: return a < b;
    case TOK_GT: return a > b;
    case TOK_LE: return a <= b;
    case TOK_GE: return a >= b;
    case TOK_EQ: return a == b;
    default: return a != b;
    }
}

static bool compare_floats(enum token_kind op, cdecl_real a, cdecl_real b)
{
    switch ((int)op) {
    case TOK_LT: return a < b;
    case TOK_GT: return a > b;
    case TOK_LE: return a <= b;
    case TOK_GE: return a >= b;
    case TOK_EQ: return a == b;
    default: return a != b;
    }
}

/* Quotient or remainder. The cases C leaves undefined are errors, unless nothing depends on them.
 */
static struct operand divide(struct parser *p, const struct token *op, uint64_t a, uint64_t b,
                             const struct cdecl_type *type)
{
    bool with_sign = type->is_signed, quotient = op->kind == TOK_SLASH;
    uint64_t least = cdecl__wrap((uint64_t)1 << (type->bits > 64 ? 63 : type->bits - 1), type);
    bool overflow = with_sign && b == UINT64_MAX && a == least;
    if ((b == 0 || overflow) && p->unevaluated > 0)
        return cdecl__of_type(type);
    if (b == 0)
        cdecl__fail_token(p, op, "division by zero in a constant expression");
    if (overflow)
        cdecl__fail_token(p, op, "overflow in a constant expression: %lld %s -1", (long long)a,
                          quotient ? "/" : "%");
    if (!with_sign)
        return cdecl__of_int(type, quotient ? a / b : a % b);
    int64_t x = (int64_t)a, y = (int64_t)b;
    return cdecl__of_int(type, (uint64_t)(quotient ? x / y : x % y));
}

static struct operand integer_arithmetic(struct parser *p, const struct token *op, uint64_t a,
                                         uint64_t b, const struct cdecl_type *type)
{
    uint64_t u = 0;
    if (type->bits > 64) {
        if (p->unevaluated == 0)
            cdecl__fail_token(p, op, "constants wider than 64 bits are not supported");
        return cdecl__of_type(type);
    }
    switch ((int)op->kind) {
    case TOK_STAR: u = a * b; break;
    case TOK_PLUS: u = a + b; break;
    case TOK_MINUS: u = a - b; break;
    case TOK_AMP: u = a & b; break;
    case TOK_CARET: u = a ^ b; break;
    case TOK_PIPE: u = a | b; break;
    default: return divide(p, op, a, b, type);
    }
    return cdecl__of_int(type, cdecl__wrap(u, type));
}

static long double in_long_double(const struct token *op, long double a, long double b)
{
    switch ((int)op->kind) {
    case TOK_STAR: return a * b;
    case TOK_SLASH: return a / b;
    case TOK_PLUS: return a + b;
    default: return a - b;
    }
}

static cdecl_real in_widest(const struct token *op, cdecl_real a, cdecl_real b)
{
    switch ((int)op->kind) {
    case TOK_STAR: return a * b;
    case TOK_SLASH: return a / b;
    case TOK_PLUS: return a + b;
    default: return a - b;
    }
}

/* What is rounded twice, to the widest type first, is rounded correctly where that has more than
 * twice as many digits, as it has than double, but not than long double. */
static struct operand float_arithmetic(const struct token *op, cdecl_real a, cdecl_real b,
                                       const struct cdecl_type *type)
{
    struct cdecl_value v = {.kind = CDECL_VALUE_FLOAT, .type = type};
    if (type->prim == CDECL_PRIM_LDOUBLE)
        v.f = in_long_double(op, (long double)a, (long double)b);
    else
        v.f = cdecl__round_to(in_widest(op, a, b), type);
    return cdecl__of_value(v);
}

/* Remainder and the bitwise operators take integers only [6.5.5p2, 6.5.10 to 6.5.12]. */
static bool takes_floats(enum token_kind op)
{
    return op != TOK_PERCENT && op != TOK_AMP && op != TOK_CARET && op != TOK_PIPE;
}

/* Both operands arithmetic: the usual conversions, then the operation. */
static struct operand arithmetic(struct parser *p, const struct token *op, struct operand a,
                                 struct operand b)
{
    const struct cdecl_type *type = cdecl__usual(p->state, a.v.type, b.v.type);
    const struct cdecl_type *i = p->state->basic[CDECL_PRIM_INT];
    int level = cdecl__precedence(op->kind);
    bool comparison = level == 7 || level == 6;
    if (type->kind == CDECL_FLOAT && !takes_floats(op->kind))
        fail_operands(p, op, a.v.type, b.v.type);
    if (!cdecl__is_known(&a) || !cdecl__is_known(&b))
        return cdecl__of_type(comparison ? i : type);
    if (p->preprocessing && cdecl__is_integer(type))
        type = p->state->basic[type->is_signed ? CDECL_PRIM_LLONG : CDECL_PRIM_ULLONG];
    cdecl__convert(p, &a.v, type);
    cdecl__convert(p, &b.v, type);
    if (type->kind == CDECL_FLOAT)
        return comparison ? cdecl__of_int(i, compare_floats(op->kind, a.v.f, b.v.f))
                          : float_arithmetic(op, a.v.f, b.v.f, type);
    return comparison ? cdecl__of_int(i, compare_ints(op->kind, a.v.u, b.v.u, type->is_signed))
                      : integer_arithmetic(p, op, a.v.u, b.v.u, type);
}

static struct operand shift(struct parser *p, const struct token *op, struct operand a,
                            struct operand b)
{
    const struct cdecl_type *type = cdecl__promote(p->state, a.v.type);
    if (!cdecl__is_integer(a.v.type) || !cdecl__is_integer(b.v.type))
        fail_operands(p, op, a.v.type, b.v.type);
    if (!cdecl__is_known(&a) || !cdecl__is_known(&b))
        return cdecl__of_type(type);
    if (p->preprocessing)
        type = p->state->basic[type->is_signed ? CDECL_PRIM_LLONG : CDECL_PRIM_ULLONG];
    cdecl__convert(p, &a.v, type);
    if (b.v.u >= type->bits || type->bits > 64) {
        if (p->unevaluated == 0)
            cdecl__fail_token(p, op, "shift by %lld is out of range for '%s'", (long long)b.v.u,
                              cdecl__type_text(p->state, type));
        return cdecl__of_type(type);
    }
    if (op->kind == TOK_SHL)
        return cdecl__of_int(type, cdecl__wrap(a.v.u << b.v.u, type));
    uint64_t u = a.v.u >> b.v.u;
    if (b.v.u > 0 && cdecl__is_negative(&a.v)) /* arithmetic, as every compiler here does */
        u |= ~(uint64_t)0 << (64 - b.v.u);
    return cdecl__of_int(type, u);
}

/* At least one operand a pointer. */
static struct operand pointers(struct parser *p, const struct token *op, struct operand a,
                               struct operand b)
{
    int level = cdecl__precedence(op->kind);
    bool known = a.v.kind == CDECL_VALUE_INT && b.v.kind == CDECL_VALUE_INT;
    const struct cdecl_type *i = p->state->basic[CDECL_PRIM_INT];
    if (level == 7 || level == 6)
        return known ? cdecl__of_int(i, compare_ints(op->kind, a.v.u, b.v.u, false))
                     : cdecl__of_type(i);
    if (op->kind == TOK_MINUS && cdecl__is_pointer(&a) && cdecl__is_pointer(&b)) {
        const struct cdecl_type *type = cdecl__ptrdiff_type(p->state);
        uint64_t size = cdecl_sizeof(a.v.type->target);
        if (!known)
            return cdecl__of_type(type);
        return cdecl__of_int(
            type, (uint64_t)((int64_t)(a.v.u - b.v.u) / (int64_t)(size == 0 ? 1 : size)));
    }
    bool first = cdecl__is_pointer(&a);
    const struct operand *index = first ? &b : &a;
    if (level != 9 || !cdecl__is_integer(index->v.type) || (op->kind == TOK_MINUS && !first))
        fail_operands(p, op, a.v.type, b.v.type);
    return cdecl__scale_add(p, first ? a : b, *index, op->kind == TOK_MINUS);
}

struct operand cdecl__combine(struct parser *p, const struct token *op, struct operand a,
                              struct operand b)
{
    a = cdecl__rvalue(p, a);
    b = cdecl__rvalue(p, b);
    if (op->kind == TOK_SHL || op->kind == TOK_SHR)
        return shift(p, op, a, b);
    if (cdecl__is_pointer(&a) || cdecl__is_pointer(&b))
        return pointers(p, op, a, b);
    if (cdecl__is_arithmetic(a.v.type) && cdecl__is_arithmetic(b.v.type))
        return arithmetic(p, op, a, b);
    if (a.v.type->kind == CDECL_COMPLEX || a.v.type->kind == CDECL_VECTOR)
        return cdecl__of_type(a.v.type);
    if (b.v.type->kind == CDECL_COMPLEX || b.v.type->kind == CDECL_VECTOR)
        return cdecl__of_type(b.v.type);
    fail_operands(p, op, a.v.type, b.v.type);
}
