/* Expressions, evaluated as they are read: constants in 64-bit typed arithmetic with C's promotions and
 * conversions (C11 6.3, 6.5, 6.6), and the types of everything else, for sizeof and typeof. What
 * cannot be known has value kind CDECL_VALUE_NONE. Depends on literal.c and type.c; owns nothing. */
#include <string.h>
#include "internal.h"

/* A value that may also designate an object, as in &((struct s *)0)->member. */
struct operand {
    struct cdecl_value v;
    bool lvalue;
    bool located; /* lvalue: its address is known */
    uint64_t address;
};

static struct operand conditional(struct parser *p);
static struct operand full(struct parser *p);
static struct operand cast(struct parser *p);
static struct operand unary(struct parser *p);

/* ---- making operands ---- */

static struct operand of_value(struct cdecl_value v)
{
    return (struct operand){.v = v};
}

static struct operand of_int(const struct cdecl_type *type, uint64_t u)
{
    return of_value((struct cdecl_value){.kind = CDECL_VALUE_INT, .type = type, .u = u});
}

static struct operand of_type(const struct cdecl_type *type)
{
    return of_value((struct cdecl_value){.kind = CDECL_VALUE_NONE, .type = type});
}

static struct operand of_object(const struct cdecl_type *type, bool located, uint64_t address)
{
    struct operand o = of_type(type);
    o.lvalue = true;
    o.located = located;
    o.address = address;
    return o;
}

static bool is_known(const struct operand *o)
{
    return o->v.kind != CDECL_VALUE_NONE;
}

/* The value in an object, the pointer an array or function becomes (C11 6.3.2.1). */
static struct operand rvalue(struct parser *p, struct operand o)
{
    const struct cdecl_type *type = o.v.type;
    if (o.v.kind == CDECL_VALUE_STRING)
        return o;
    if (type->kind == CDECL_ARRAY || type->kind == CDECL_FUNCTION) {
        const struct cdecl_type *pointer = cdecl__decay(p->state, type);
        return o.located ? of_int(pointer, o.address) : of_type(pointer);
    }
    o.v.type = cdecl__unqualified(p->state, type);
    o.lvalue = false;
    return o;
}

/* ---- conversions ---- */

static uint64_t wrap(uint64_t u, const struct cdecl_type *type)
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

static bool is_negative(const struct cdecl_value *v)
{
    return v->kind == CDECL_VALUE_INT && is_signed(v->type) && (int64_t)v->u < 0;
}

static void float_to_int(struct parser *p, struct cdecl_value *v, const struct cdecl_type *to)
{
    long double f = v->f;
    v->kind = CDECL_VALUE_INT;
    if (to->kind == CDECL_BOOL) {
        v->u = f != 0;
        return;
    }
    bool fits = f > -9223372036854775809.0L && f < 18446744073709551616.0L;
    if (!fits && p->unevaluated == 0)
        cdecl__fail(p->state, "floating constant does not fit '%s'", TYPE_TEXT(to));
    if (!fits)
        v->u = 0;
    else
        v->u = f < 0 ? (uint64_t)(int64_t)f : (uint64_t)f;
    v->u = wrap(v->u, to);
}

static long double round_to(long double f, const struct cdecl_type *type)
{
    if (type->prim == CDECL_PRIM_FLOAT)
        return (float)f;
    if (type->prim == CDECL_PRIM_DOUBLE)
        return (double)f;
    return f;
}

static void int_to_int(struct parser *p, struct cdecl_value *v, const struct cdecl_type *to)
{
    if (to->kind == CDECL_BOOL) {
        v->u = v->u != 0;
    } else if (to->bits > 64) { /* only values whose 64-bit form reads the same are kept */
        if ((is_negative(v) ? !to->is_signed : to->is_signed && (int64_t)v->u < 0) &&
            p->unevaluated == 0)
            cdecl__fail(p->state, "constants wider than 64 bits are not supported");
    } else {
        v->u = wrap(v->u, to);
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
        v->f = round_to(v->f, to);
    else if (to->kind == CDECL_FLOAT && from_int) {
        long double f = is_negative(v) ? (long double)(int64_t)v->u : (long double)v->u;
        v->kind = CDECL_VALUE_FLOAT;
        v->f = round_to(f, to);
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

/* ---- primary expressions [6.5.1] ---- */

static struct operand of_decl(const struct cdecl_decl *decl)
{
    if (decl->kind == CDECL_DECL_CONSTANT) {
        struct operand o = of_value(decl->value);
        if (o.v.kind == CDECL_VALUE_STRING)
            o.v.type = decl->type;
        return o;
    }
    return of_object(decl->type, false, 0);
}

static const struct param_node *find_param(const struct parser *p, const struct name *name)
{
    const struct param_node *node = p->prototype;
    while (node != NULL && node->name != name)
        node = node->next;
    return node;
}

static const struct cdecl_decl *find_body_constant(const struct parser *p, const struct name *name)
{
    const struct constant_node *node = p->body == NULL ? NULL : p->body->constants;
    while (node != NULL && node->decl->name != name->text)
        node = node->next;
    return node == NULL ? NULL : node->decl;
}

/* Builtins that yield floating constants: what HUGE_VAL, INFINITY and NAN expand to. */
static bool float_builtin(struct parser *p, const struct name *name, struct operand *result)
{
    static const struct {
        const char *name;
        enum cdecl_prim prim;
        bool nan;
    } builtins[] = {{"__builtin_huge_val", CDECL_PRIM_DOUBLE, false},
                    {"__builtin_huge_valf", CDECL_PRIM_FLOAT, false},
                    {"__builtin_huge_vall", CDECL_PRIM_LDOUBLE, false},
                    {"__builtin_inf", CDECL_PRIM_DOUBLE, false},
                    {"__builtin_inff", CDECL_PRIM_FLOAT, false},
                    {"__builtin_infl", CDECL_PRIM_LDOUBLE, false},
                    {"__builtin_nan", CDECL_PRIM_DOUBLE, true},
                    {"__builtin_nanf", CDECL_PRIM_FLOAT, true},
                    {"__builtin_nanl", CDECL_PRIM_LDOUBLE, true}};
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (strcmp(name->text, builtins[i].name) != 0)
            continue;
        cdecl__skip_parens(p);
        struct cdecl_value v = {.kind = CDECL_VALUE_FLOAT,
                                .type = p->state->basic[builtins[i].prim]};
        v.f = builtins[i].nan ? (long double)__builtin_nan("") : (long double)__builtin_inf();
        *result = of_value(v);
        return true;
    }
    return false;
}

static struct operand unknown_name(struct parser *p, const struct token *at)
{
    const struct name *name = at->name;
    struct operand result;
    const struct cdecl_type *i = p->state->basic[CDECL_PRIM_INT];
    if (p->preprocessing)
        return of_int(i, name->token == TOK_SOFT_TRUE);
    if (name->token == TOK_SOFT_TRUE || name->token == TOK_SOFT_FALSE)
        return of_int(p->state->basic[CDECL_PRIM_BOOL], name->token == TOK_SOFT_TRUE);
    if (name->token == TOK_SOFT_NULLPTR)
        return of_int(cdecl__pointer(p->state, p->state->basic[CDECL_PRIM_VOID]), 0);
    if (p->tok.kind == TOK_LPAREN && float_builtin(p, name, &result))
        return result;
    struct hint hint = cdecl__hint(p->state, CDECL_SPACE_VALUES, name->text, name->size);
    cdecl__fail_at(p, at, "unknown name '%s'%s", name->text, hint.text);
}

/* "offsetof" "(" type-name "," name { "." name | "[" expression "]" } ")" */
static struct operand offset_of(struct parser *p)
{
    cdecl__expect(p, TOK_LPAREN, "after 'offsetof'");
    const struct cdecl_type *type = cdecl__type_name(p);
    uint64_t offset = 0;
    bool first = true;
    cdecl__expect(p, TOK_COMMA, "after offsetof's type");
    while (first || p->tok.kind == TOK_DOT || p->tok.kind == TOK_LBRACKET) {
        if (!first && cdecl__accept(p, TOK_LBRACKET)) {
            if (type->kind != CDECL_ARRAY)
                cdecl__fail(p->state, "'%s' is not an array", TYPE_TEXT(type));
            type = type->target;
            offset += cdecl__integer(p, "array index").u * cdecl_sizeof(type);
            cdecl__expect(p, TOK_RBRACKET, "to close the index");
            continue;
        }
        if (!first)
            cdecl__advance(p);
        first = false;
        if (p->tok.name == NULL || p->tok.kind != TOK_IDENT)
            cdecl__expected(p, "a member's name");
        uint64_t at;
        const struct cdecl_member *m =
            cdecl_find_member(type, p->tok.name->text, p->tok.name->size, &at);
        if (m == NULL)
            cdecl__fail(p->state, "'%s' has no member '%s'", TYPE_TEXT(type), p->tok.name->text);
        if (m->width != CDECL_NOT_BITFIELD)
            cdecl__fail(p->state, "offset of bit-field '%s'", m->name);
        offset += at;
        type = m->type;
        cdecl__advance(p);
    }
    cdecl__expect(p, TOK_RPAREN, "to close 'offsetof'");
    return of_int(cdecl__size_type(p->state), offset);
}

static struct operand types_compatible(struct parser *p)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__builtin_types_compatible_p'");
    const struct cdecl_type *a = cdecl__plain(cdecl__type_name(p));
    cdecl__expect(p, TOK_COMMA, "between the types");
    const struct cdecl_type *b = cdecl__plain(cdecl__type_name(p));
    cdecl__expect(p, TOK_RPAREN, "to close '__builtin_types_compatible_p'");
    return of_int(p->state->basic[CDECL_PRIM_INT], cdecl_compatible(a, b));
}

static struct operand unevaluated(struct parser *p, bool dead)
{
    p->unevaluated += dead;
    struct operand o = conditional(p);
    p->unevaluated -= dead;
    return o;
}

static struct operand choose_expr(struct parser *p)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__builtin_choose_expr'");
    bool first = cdecl__integer(p, "condition").u != 0;
    cdecl__expect(p, TOK_COMMA, "after the condition");
    struct operand a = unevaluated(p, !first);
    cdecl__expect(p, TOK_COMMA, "between the expressions");
    struct operand b = unevaluated(p, first);
    cdecl__expect(p, TOK_RPAREN, "to close '__builtin_choose_expr'");
    return first ? a : b;
}

static struct operand constant_p(struct parser *p)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__builtin_constant_p'");
    struct operand o = unevaluated(p, true);
    cdecl__expect(p, TOK_RPAREN, "to close '__builtin_constant_p'");
    return of_int(p->state->basic[CDECL_PRIM_INT], is_known(&o));
}

/* "_Generic" "(" expression { "," ( type-name | "default" ) ":" expression } ")" [6.5.1.1] */
static struct operand generic(struct parser *p)
{
    bool found = false, has_default = false;
    struct operand result = {0};
    struct token start = p->tok;
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '_Generic'");
    struct operand control = rvalue(p, unevaluated(p, true));
    const struct cdecl_type *type = control.v.type;
    if (control.v.kind == CDECL_VALUE_STRING)
        type = cdecl__decay(p->state, type);
    while (cdecl__accept(p, TOK_COMMA)) {
        bool match = false, other = p->tok.kind == TOK_STATEMENT;
        if (other && strcmp(p->tok.name->text, "default") == 0)
            cdecl__advance(p);
        else
            match = !found && cdecl_compatible(cdecl__type_name(p), type);
        cdecl__expect(p, TOK_COLON, "after _Generic's type");
        struct operand o = unevaluated(p, !match);
        if (match || (other && !found))
            result = o;
        found |= match;
        has_default |= other;
    }
    cdecl__expect(p, TOK_RPAREN, "to close '_Generic'");
    if (!found && !has_default)
        cdecl__fail_at(p, &start, "no _Generic association for '%s'", TYPE_TEXT(type));
    return result;
}

static struct operand has_feature(struct parser *p)
{
    cdecl__advance(p);
    if (p->tok.kind == TOK_LPAREN)
        cdecl__skip_parens(p);
    return of_int(p->state->basic[CDECL_PRIM_INT], 0);
}

static struct operand identifier(struct parser *p)
{
    struct token at = p->tok;
    const struct param_node *param = find_param(p, at.name);
    const struct cdecl_decl *decl = find_body_constant(p, at.name);
    if (p->preprocessing && at.name->token >= TOK_SOFT_HAS_INCLUDE)
        return has_feature(p);
    cdecl__advance(p);
    if (param != NULL)
        return of_object(param->type, false, 0);
    if (decl == NULL)
        decl = at.name->decl;
    if (decl != NULL && decl->kind != CDECL_DECL_TYPEDEF && !p->preprocessing)
        return of_decl(decl);
    if (decl == NULL && at.name->token == TOK_SOFT_OFFSETOF && p->tok.kind == TOK_LPAREN)
        return offset_of(p);
    if (decl != NULL && !p->preprocessing)
        cdecl__fail_at(p, &at, "expected an expression, got the type '%s'", at.name->text);
    return unknown_name(p, &at);
}

/* primary = number | character | strings | name | "(" expression ")" | builtin */
static struct operand primary(struct parser *p)
{
    struct token at = p->tok;
    struct operand o;
    switch (p->tok.kind) {
    case TOK_NUMBER:
        cdecl__advance(p);
        return of_value(cdecl__number(p, &at));
    case TOK_CHAR:
        cdecl__advance(p);
        return of_value(cdecl__character(p, &at));
    case TOK_STRING: return of_value(cdecl__strings(p));
    case TOK_IDENT: return identifier(p);
    case TOK_LPAREN:
        cdecl__advance(p);
        if (p->tok.kind == TOK_LBRACE)
            cdecl__fail_at(p, &at, "statement expressions are not supported");
        o = full(p);
        cdecl__expect(p, TOK_RPAREN, "to close '('");
        return o;
    case TOK_DOLLAR:
        if (p->tok.arg->kind != CDECL_ARG_INT)
            break;
        cdecl__advance(p);
        return of_int(p->state->basic[CDECL_PRIM_LLONG], (uint64_t)at.arg->integer);
    case TOK_OFFSETOF:
        cdecl__advance(p);
        return offset_of(p);
    case TOK_TYPES_COMPATIBLE: return types_compatible(p);
    case TOK_CHOOSE_EXPR: return choose_expr(p);
    case TOK_CONSTANT_P: return constant_p(p);
    case TOK_GENERIC: return generic(p);
    default: break;
    }
    if (p->preprocessing && p->tok.name != NULL && p->tok.kind >= TOK_AUTO) {
        cdecl__advance(p); /* keywords are ordinary names in #if */
        return of_int(p->state->basic[CDECL_PRIM_INT], 0);
    }
    cdecl__expected(p, "an expression");
}

/* ---- postfix expressions [6.5.2] ---- */

static struct operand dereference(struct parser *p, struct operand o, const struct token *at)
{
    o = rvalue(p, o);
    const struct cdecl_type *type = o.v.type;
    if (type->kind != CDECL_POINTER && type->kind != CDECL_ARRAY)
        cdecl__fail_at(p, at, "'%s' is not a pointer", TYPE_TEXT(type));
    return of_object(type->target, o.v.kind == CDECL_VALUE_INT, o.v.u);
}

static struct operand scale_add(struct parser *p, struct operand pointer, struct operand index,
                                bool subtract)
{
    const struct cdecl_type *type = pointer.v.type;
    if (pointer.v.kind != CDECL_VALUE_INT || index.v.kind != CDECL_VALUE_INT)
        return of_type(type->kind == CDECL_ARRAY ? cdecl__decay(p->state, type) : type);
    uint64_t step = cdecl_sizeof(type->target) * index.v.u;
    return of_int(type, subtract ? pointer.v.u - step : pointer.v.u + step);
}

static struct operand member(struct parser *p, struct operand o, const struct token *at)
{
    uint64_t offset;
    const struct cdecl_type *type = o.v.type;
    if (p->tok.kind != TOK_IDENT)
        cdecl__expected(p, "a member's name");
    const struct name *name = p->tok.name;
    if (type->kind != CDECL_STRUCT && type->kind != CDECL_UNION)
        cdecl__fail_at(p, at, "'%s' has no members", TYPE_TEXT(type));
    const struct cdecl_member *m = cdecl_find_member(type, name->text, name->size, &offset);
    if (m == NULL)
        cdecl__fail(p->state, "'%s' has no member '%s'", TYPE_TEXT(type), name->text);
    cdecl__advance(p);
    return of_object(cdecl__qualify(p->state, m->type, type->quals & ~(unsigned)CDECL_RESTRICT),
                     o.located, o.address + offset);
}

static struct operand subscript(struct parser *p, struct operand o, const struct token *at)
{
    struct operand index = rvalue(p, full(p));
    o = rvalue(p, o);
    cdecl__expect(p, TOK_RBRACKET, "to close the index");
    if (cdecl__is_integer(o.v.type)) { /* 1[a] */
        struct operand swap = o;
        o = index;
        index = swap;
    }
    if (o.v.type->kind != CDECL_POINTER && o.v.type->kind != CDECL_ARRAY)
        cdecl__fail_at(p, at, "'%s' cannot be indexed", TYPE_TEXT(o.v.type));
    return dereference(p, scale_add(p, o, index, false), at);
}

static struct operand call(struct parser *p, struct operand o, const struct token *at)
{
    const struct cdecl_type *type = o.v.type;
    if (type->kind == CDECL_POINTER)
        type = type->target;
    if (type->kind != CDECL_FUNCTION)
        cdecl__fail_at(p, at, "'%s' is not a function", TYPE_TEXT(o.v.type));
    cdecl__skip_parens(p);
    return of_type(type->target);
}

/* postfix = primary { "[" e "]" | "(" args ")" | "." name | "->" name | "++" | "--" } */
static struct operand postfix(struct parser *p, struct operand o)
{
    for (;;) {
        struct token at = p->tok;
        if (p->preprocessing)
            return o;
        if (cdecl__accept(p, TOK_LBRACKET))
            o = subscript(p, o, &at);
        else if (p->tok.kind == TOK_LPAREN)
            o = call(p, o, &at);
        else if (cdecl__accept(p, TOK_DOT))
            o = member(p, o, &at);
        else if (cdecl__accept(p, TOK_ARROW))
            o = member(p, dereference(p, o, &at), &at);
        else if (cdecl__accept(p, TOK_INCREMENT) || cdecl__accept(p, TOK_DECREMENT))
            o = of_type(o.v.type);
        else
            return o;
    }
}

/* ---- unary and cast expressions [6.5.3, 6.5.4] ---- */

static uint64_t checked_size(struct parser *p, const struct cdecl_type *type, const struct token *at)
{
    if (type->kind == CDECL_VOID || type->kind == CDECL_FUNCTION)
        return 1; /* GNU */
    if (!cdecl_is_complete(type))
        cdecl__fail_at(p, at, "sizeof of incomplete type '%s'", TYPE_TEXT(type));
    if (type->kind == CDECL_ARRAY && type->count == CDECL_COUNT_VLA)
        cdecl__fail_at(p, at, "sizeof of variable-length type '%s'", TYPE_TEXT(type));
    return cdecl_sizeof(type);
}

/* The braces of a compound literal, (type){...}. */
static struct operand compound_literal(struct parser *p, const struct cdecl_type *type)
{
    cdecl__skip_parens(p);
    return of_object(type, false, 0);
}

/* ( "sizeof" | "_Alignof" ) ( "(" type-name ")" | unary ) */
static struct operand size_or_align(struct parser *p, bool size)
{
    const struct cdecl_type *type;
    cdecl__advance(p);
    struct token at = p->tok;
    p->unevaluated++;
    if (p->tok.kind == TOK_LPAREN) {
        cdecl__advance(p);
        if (cdecl__starts_type(p)) {
            type = cdecl__type_name(p);
            cdecl__expect(p, TOK_RPAREN, "to close the type name");
            if (p->tok.kind == TOK_LBRACE)
                type = postfix(p, compound_literal(p, type)).v.type;
        } else {
            struct operand o = full(p);
            cdecl__expect(p, TOK_RPAREN, "to close '('");
            type = postfix(p, o).v.type;
        }
    } else {
        type = unary(p).v.type;
    }
    p->unevaluated--;
    return of_int(cdecl__size_type(p->state),
                  size ? checked_size(p, type, &at) : cdecl_alignof(type));
}

static struct operand address_of(struct parser *p, struct operand o, const struct token *at)
{
    const struct cdecl_type *type = o.v.type;
    if (!o.lvalue && o.v.kind != CDECL_VALUE_STRING)
        cdecl__fail_at(p, at, "'&' needs an object");
    type = cdecl__pointer(p->state, type);
    return o.located ? of_int(type, o.address) : of_type(type);
}

static struct operand arithmetic_unary(struct parser *p, struct operand o, const struct token *at)
{
    o = rvalue(p, o);
    if (!cdecl__is_arithmetic(o.v.type) && o.v.type->kind != CDECL_COMPLEX &&
        o.v.type->kind != CDECL_VECTOR)
        cdecl__fail_at(p, at, "'%.*s' on '%s'", (int)at->size, at->start, TYPE_TEXT(o.v.type));
    if (!is_known(&o))
        return of_type(cdecl__promote(p->state, o.v.type));
    if (o.v.kind == CDECL_VALUE_FLOAT) {
        if (at->kind == TOK_TILDE)
            cdecl__fail_at(p, at, "'~' on '%s'", TYPE_TEXT(o.v.type));
        if (at->kind == TOK_MINUS)
            o.v.f = -o.v.f;
        return o;
    }
    cdecl__convert(p, &o.v, cdecl__promote(p->state, o.v.type));
    if (at->kind == TOK_MINUS)
        o.v.u = wrap(0 - o.v.u, o.v.type);
    else if (at->kind == TOK_TILDE)
        o.v.u = wrap(~o.v.u, o.v.type);
    return o;
}

static struct operand logical_not(struct parser *p, struct operand o)
{
    const struct cdecl_type *type = p->state->basic[CDECL_PRIM_INT];
    o = rvalue(p, o);
    return is_known(&o) ? of_int(type, !cdecl__is_true(&o.v)) : of_type(type);
}

/* unary = postfix | ( "&" "*" "+" "-" "~" "!" "++" "--" ) cast | sizeof | _Alignof */
static struct operand unary_inner(struct parser *p)
{
    struct token at = p->tok;
    switch (p->tok.kind) {
    case TOK_SIZEOF: return size_or_align(p, true);
    case TOK_ALIGNOF: return size_or_align(p, false);
    case TOK_EXTENSION:
        cdecl__advance(p);
        return cast(p);
    case TOK_AMP:
        cdecl__advance(p);
        return address_of(p, cast(p), &at);
    case TOK_STAR:
        cdecl__advance(p);
        return dereference(p, cast(p), &at);
    case TOK_PLUS:
    case TOK_MINUS:
    case TOK_TILDE:
        cdecl__advance(p);
        return arithmetic_unary(p, cast(p), &at);
    case TOK_NOT:
        cdecl__advance(p);
        return logical_not(p, cast(p));
    case TOK_INCREMENT:
    case TOK_DECREMENT:
        cdecl__advance(p);
        return of_type(unary(p).v.type);
    default: break;
    }
    if (cdecl__is_soft(&p->tok, TOK_SOFT_ALIGNOF) && p->tok.name->decl == NULL &&
        !p->preprocessing)
        return size_or_align(p, false);
    return postfix(p, primary(p));
}

static struct operand unary(struct parser *p)
{
    cdecl__enter(p);
    struct operand o = unary_inner(p);
    cdecl__leave(p);
    return o;
}

/* A cast, its type name read. */
static struct operand convert_operand(struct parser *p, const struct cdecl_type *type,
                                      struct operand o, const struct token *at)
{
    o = rvalue(p, o);
    const struct cdecl_type *from = o.v.type;
    bool aggregate = from->kind == CDECL_STRUCT || from->kind == CDECL_UNION;
    if (aggregate && type->kind != CDECL_VOID && type != from)
        cdecl__fail_at(p, at, "cast of '%s' to '%s'", TYPE_TEXT(from), TYPE_TEXT(type));
    if (!is_known(&o))
        return of_type(type);
    cdecl__convert(p, &o.v, cdecl__unqualified(p->state, type));
    return o;
}

/* cast = "(" type-name ")" cast | unary */
static struct operand cast(struct parser *p)
{
    struct token at = p->tok;
    if (p->tok.kind != TOK_LPAREN || p->preprocessing)
        return unary(p);
    cdecl__enter(p);
    cdecl__advance(p);
    struct operand o;
    if (cdecl__starts_type(p)) {
        const struct cdecl_type *type = cdecl__type_name(p);
        cdecl__expect(p, TOK_RPAREN, "to close the cast");
        if (p->tok.kind == TOK_LBRACE)
            o = postfix(p, compound_literal(p, type));
        else
            o = convert_operand(p, type, cast(p), &at);
    } else {
        if (p->tok.kind == TOK_LBRACE)
            cdecl__fail_at(p, &at, "statement expressions are not supported");
        o = full(p);
        cdecl__expect(p, TOK_RPAREN, "to close '('");
        o = postfix(p, o);
    }
    cdecl__leave(p);
    return o;
}

/* ---- binary expressions [6.5.5 - 6.5.14] ---- */

static int precedence(enum token_kind kind)
{
    switch ((int)kind) {
    case TOK_STAR: case TOK_SLASH: case TOK_PERCENT: return 10;
    case TOK_PLUS: case TOK_MINUS: return 9;
    case TOK_SHL: case TOK_SHR: return 8;
    case TOK_LT: case TOK_GT: case TOK_LE: case TOK_GE: return 7;
    case TOK_EQ: case TOK_NE: return 6;
    case TOK_AMP: return 5;
    case TOK_CARET: return 4;
    case TOK_PIPE: return 3;
    case TOK_ANDAND: return 2;
    case TOK_OROR: return 1;
    default: return 0;
    }
}

_Noreturn static void fail_operands(struct parser *p, const struct token *op,
                                    const struct cdecl_type *a, const struct cdecl_type *b)
{
    cdecl__fail_at(p, op, "'%.*s' on '%s' and '%s'", (int)op->size, op->start, TYPE_TEXT(a),
                   TYPE_TEXT(b));
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

static bool compare_floats(enum token_kind op, long double a, long double b)
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

/* Quotient or remainder. The cases C leaves undefined are errors, unless nothing depends on them. */
static struct operand divide(struct parser *p, const struct token *op, uint64_t a, uint64_t b,
                             const struct cdecl_type *type)
{
    bool with_sign = type->is_signed, quotient = op->kind == TOK_SLASH;
    uint64_t least = wrap((uint64_t)1 << (type->bits > 64 ? 63 : type->bits - 1), type);
    bool overflow = with_sign && b == UINT64_MAX && a == least;
    if ((b == 0 || overflow) && p->unevaluated > 0)
        return of_type(type);
    if (b == 0)
        cdecl__fail_at(p, op, "division by zero in a constant expression");
    if (overflow)
        cdecl__fail_at(p, op, "overflow in a constant expression: %lld %s -1", (long long)a,
                       quotient ? "/" : "%");
    if (!with_sign)
        return of_int(type, quotient ? a / b : a % b);
    int64_t x = (int64_t)a, y = (int64_t)b;
    return of_int(type, (uint64_t)(quotient ? x / y : x % y));
}

static struct operand integer_arithmetic(struct parser *p, const struct token *op, uint64_t a,
                                         uint64_t b, const struct cdecl_type *type)
{
    uint64_t u = 0;
    if (type->bits > 64) {
        if (p->unevaluated == 0)
            cdecl__fail_at(p, op, "constants wider than 64 bits are not supported");
        return of_type(type);
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
    return of_int(type, wrap(u, type));
}

static struct operand float_arithmetic(struct parser *p, const struct token *op, long double a,
                                       long double b, const struct cdecl_type *type)
{
    struct cdecl_value v = {.kind = CDECL_VALUE_FLOAT, .type = type};
    switch ((int)op->kind) {
    case TOK_STAR: v.f = a * b; break;
    case TOK_SLASH: v.f = a / b; break;
    case TOK_PLUS: v.f = a + b; break;
    case TOK_MINUS: v.f = a - b; break;
    default: fail_operands(p, op, type, type);
    }
    v.f = round_to(v.f, type);
    return of_value(v);
}

/* Both operands arithmetic: the usual conversions, then the operation. */
static struct operand arithmetic(struct parser *p, const struct token *op, struct operand a,
                                 struct operand b)
{
    const struct cdecl_type *type = cdecl__usual(p->state, a.v.type, b.v.type);
    const struct cdecl_type *i = p->state->basic[CDECL_PRIM_INT];
    int level = precedence(op->kind);
    bool comparison = level == 7 || level == 6;
    if (!is_known(&a) || !is_known(&b))
        return of_type(comparison ? i : type);
    if (p->preprocessing && cdecl__is_integer(type))
        type = p->state->basic[type->is_signed ? CDECL_PRIM_LLONG : CDECL_PRIM_ULLONG];
    cdecl__convert(p, &a.v, type);
    cdecl__convert(p, &b.v, type);
    if (type->kind == CDECL_FLOAT)
        return comparison ? of_int(i, compare_floats(op->kind, a.v.f, b.v.f))
                          : float_arithmetic(p, op, a.v.f, b.v.f, type);
    return comparison ? of_int(i, compare_ints(op->kind, a.v.u, b.v.u, type->is_signed))
                      : integer_arithmetic(p, op, a.v.u, b.v.u, type);
}

static struct operand shift(struct parser *p, const struct token *op, struct operand a,
                            struct operand b)
{
    const struct cdecl_type *type = cdecl__promote(p->state, a.v.type);
    if (!cdecl__is_integer(a.v.type) || !cdecl__is_integer(b.v.type))
        fail_operands(p, op, a.v.type, b.v.type);
    if (!is_known(&a) || !is_known(&b))
        return of_type(type);
    if (p->preprocessing)
        type = p->state->basic[type->is_signed ? CDECL_PRIM_LLONG : CDECL_PRIM_ULLONG];
    cdecl__convert(p, &a.v, type);
    if (b.v.u >= type->bits || type->bits > 64) {
        if (p->unevaluated == 0)
            cdecl__fail_at(p, op, "shift by %lld is out of range for '%s'", (long long)b.v.u,
                           TYPE_TEXT(type));
        return of_type(type);
    }
    if (op->kind == TOK_SHL)
        return of_int(type, wrap(a.v.u << b.v.u, type));
    uint64_t u = a.v.u >> b.v.u;
    if (b.v.u > 0 && is_negative(&a.v)) /* arithmetic, as every compiler here does */
        u |= ~(uint64_t)0 << (64 - b.v.u);
    return of_int(type, u);
}

static bool is_pointer(const struct operand *o)
{
    return o->v.type->kind == CDECL_POINTER || o->v.kind == CDECL_VALUE_STRING;
}

/* At least one operand a pointer. */
static struct operand pointers(struct parser *p, const struct token *op, struct operand a,
                               struct operand b)
{
    int level = precedence(op->kind);
    bool known = a.v.kind == CDECL_VALUE_INT && b.v.kind == CDECL_VALUE_INT;
    const struct cdecl_type *i = p->state->basic[CDECL_PRIM_INT];
    if (level == 7 || level == 6)
        return known ? of_int(i, compare_ints(op->kind, a.v.u, b.v.u, false)) : of_type(i);
    if (op->kind == TOK_MINUS && is_pointer(&a) && is_pointer(&b)) {
        const struct cdecl_type *type = cdecl__ptrdiff_type(p->state);
        uint64_t size = cdecl_sizeof(a.v.type->target);
        if (!known)
            return of_type(type);
        return of_int(type, (uint64_t)((int64_t)(a.v.u - b.v.u) / (int64_t)(size == 0 ? 1 : size)));
    }
    bool first = is_pointer(&a);
    const struct operand *index = first ? &b : &a;
    if (level != 9 || !cdecl__is_integer(index->v.type) || (op->kind == TOK_MINUS && !first))
        fail_operands(p, op, a.v.type, b.v.type);
    return scale_add(p, first ? a : b, *index, op->kind == TOK_MINUS);
}

static struct operand combine(struct parser *p, const struct token *op, struct operand a,
                              struct operand b)
{
    a = rvalue(p, a);
    b = rvalue(p, b);
    if (op->kind == TOK_SHL || op->kind == TOK_SHR)
        return shift(p, op, a, b);
    if (is_pointer(&a) || is_pointer(&b))
        return pointers(p, op, a, b);
    if (cdecl__is_arithmetic(a.v.type) && cdecl__is_arithmetic(b.v.type))
        return arithmetic(p, op, a, b);
    if (a.v.type->kind == CDECL_COMPLEX || a.v.type->kind == CDECL_VECTOR)
        return of_type(a.v.type);
    if (b.v.type->kind == CDECL_COMPLEX || b.v.type->kind == CDECL_VECTOR)
        return of_type(b.v.type);
    fail_operands(p, op, a.v.type, b.v.type);
}

static struct operand binary(struct parser *p, int least);

/* The right operand of && and ||, dead when the left one decides. */
static struct operand logical(struct parser *p, struct operand a, bool is_and)
{
    const struct cdecl_type *type = p->state->basic[CDECL_PRIM_INT];
    a = rvalue(p, a);
    bool decided = is_known(&a) && cdecl__is_true(&a.v) != is_and;
    p->unevaluated += decided;
    struct operand b = rvalue(p, binary(p, is_and ? 3 : 2));
    p->unevaluated -= decided;
    if (decided)
        return of_int(type, !is_and);
    if (!is_known(&a) || !is_known(&b))
        return of_type(type);
    return of_int(type, cdecl__is_true(&b.v));
}

/* binary = cast { operator binary }, by precedence climbing. */
static struct operand binary(struct parser *p, int least)
{
    struct operand left = cast(p);
    for (;;) {
        struct token op = p->tok;
        int level = precedence(op.kind);
        if (level == 0 || level < least)
            return left;
        cdecl__advance(p);
        if (level <= 2)
            left = logical(p, left, op.kind == TOK_ANDAND);
        else
            left = combine(p, &op, left, binary(p, level + 1));
    }
}

/* ---- conditional, assignment, comma [6.5.15 - 6.5.17] ---- */

static const struct cdecl_type *branch_type(struct parser *p, const struct operand *a,
                                            const struct operand *b)
{
    if (cdecl__is_arithmetic(a->v.type) && cdecl__is_arithmetic(b->v.type))
        return cdecl__usual(p->state, a->v.type, b->v.type);
    if (is_pointer(b) && !is_pointer(a))
        return b->v.type;
    return a->v.type;
}

static struct operand choose(struct parser *p, struct operand condition)
{
    bool known = is_known(&condition), yes = known && cdecl__is_true(&condition.v);
    struct operand a = condition;
    if (p->tok.kind != TOK_COLON) { /* "a ?: b" is GNU */
        p->unevaluated += known && !yes;
        a = rvalue(p, full(p));
        p->unevaluated -= known && !yes;
    }
    cdecl__expect(p, TOK_COLON, "after '?'");
    p->unevaluated += yes;
    struct operand b = rvalue(p, conditional(p));
    p->unevaluated -= yes;
    const struct cdecl_type *type = branch_type(p, &a, &b);
    struct operand chosen = yes ? a : b;
    if (!known || !is_known(&chosen))
        return of_type(type);
    if (cdecl__is_arithmetic(type))
        cdecl__convert(p, &chosen.v, type);
    return chosen;
}

/* conditional = binary [ "?" [ expression ] ":" conditional ] */
static struct operand conditional(struct parser *p)
{
    cdecl__enter(p);
    struct operand o = binary(p, 1);
    if (cdecl__accept(p, TOK_QUESTION))
        o = choose(p, rvalue(p, o));
    cdecl__leave(p);
    return o;
}

/* assignment = conditional [ assignment-operator assignment ], never a constant */
static struct operand assignment(struct parser *p)
{
    struct operand o = conditional(p);
    while (p->tok.kind == TOK_ASSIGN || p->tok.kind == TOK_OPASSIGN) {
        cdecl__advance(p);
        conditional(p);
        o = of_type(o.v.type);
    }
    return o;
}

/* expression = assignment { "," assignment } */
static struct operand full(struct parser *p)
{
    struct operand o = assignment(p);
    while (cdecl__accept(p, TOK_COMMA))
        o = rvalue(p, assignment(p));
    return o;
}

/* ---- what other files call ---- */

struct cdecl_value cdecl__expression(struct parser *p)
{
    return rvalue(p, assignment(p)).v;
}

struct cdecl_value cdecl__conditional(struct parser *p)
{
    return rvalue(p, conditional(p)).v;
}

struct cdecl_value cdecl__full_expression(struct parser *p)
{
    return full(p).v;
}

struct cdecl_value cdecl__integer(struct parser *p, const char *what)
{
    struct token at = p->tok;
    struct cdecl_value v = cdecl__conditional(p);
    if (v.kind != CDECL_VALUE_INT || !cdecl__is_integer(v.type))
        cdecl__fail_at(p, &at, "%s is not an integer constant", what);
    return v;
}
