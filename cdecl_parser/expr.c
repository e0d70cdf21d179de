/* Expressions, evaluated as they are read: constants in 64-bit typed arithmetic with C's promotions
 * and conversions (C11 6.3, 6.5, 6.6), and the types of everything else, for sizeof and typeof.
 * What cannot be known has value kind CDECL_VALUE_NONE. Depends on expr_primary.c,
 * expr_arithmetic.c, expr_operand.c and type.c; owns nothing. */
#include <string.h>
#include "expr.h"
#include "target.h"

static struct operand cast(struct parser *p);
static struct operand unary(struct parser *p);

/* ---- postfix expressions [6.5.2] ---- */

static struct operand dereference(struct parser *p, struct operand o, const struct place *at)
{
    o = cdecl__rvalue(p, o);
    const struct cdecl_type *type = o.v.type;
    if (type->kind != CDECL_POINTER && type->kind != CDECL_ARRAY)
        cdecl__fail_at(p, at, "'%s' is not a pointer", cdecl__type_text(p->state, type));
    return cdecl__of_object(type->target, o.v.kind == CDECL_VALUE_INT, o.v.u);
}

/* LuaJIT's, and C++'s: a static constant or an enumerator declared in the struct. */
static const struct cdecl_decl *find_constant(const struct cdecl_type *type,
                                              const struct name *name)
{
    for (uint32_t i = 0; i < type->tag->nconstants; i++) {
        if (strcmp(type->tag->constants[i]->name, name->text) == 0)
            return type->tag->constants[i];
    }
    return NULL;
}

OUT_OF_LINE static struct operand member(struct parser *p, struct operand o, const struct place *at)
{
    uint64_t offset;
    const struct cdecl_type *type = o.v.type;
    if (p->tok.kind != TOK_IDENT)
        cdecl__expected(p, "a member's name");
    const struct name *name = p->tok.name;
    if (type->kind != CDECL_STRUCT && type->kind != CDECL_UNION)
        cdecl__fail_at(p, at, "'%s' has no members", cdecl__type_text(p->state, type));
    const struct cdecl_member *m = cdecl_find_member(type, name->text, name->size, &offset);
    const struct cdecl_decl *constant = m == NULL ? find_constant(type, name) : NULL;
    if (constant != NULL) {
        cdecl__advance(p);
        return cdecl__of_decl(constant);
    }
    if (m == NULL)
        cdecl__fail(p->state, "'%s' has no member '%s'", cdecl__type_text(p->state, type),
                    name->text);
    cdecl__advance(p);
    return cdecl__of_object(
        cdecl__qualify(p->state, m->type, type->quals & ~(unsigned)CDECL_RESTRICT), o.located,
        o.address + offset);
}

OUT_OF_LINE static struct operand subscript(struct parser *p, struct operand o,
                                            const struct place *at)
{
    struct operand index = cdecl__rvalue(p, cdecl__full_operand(p));
    o = cdecl__rvalue(p, o);
    cdecl__expect(p, TOK_RBRACKET, "to close the index");
    if (cdecl__is_integer(o.v.type)) { /* 1[a] */
        struct operand swap = o;
        o = index;
        index = swap;
    }
    if (o.v.type->kind != CDECL_POINTER && o.v.type->kind != CDECL_ARRAY)
        cdecl__fail_at(p, at, "'%s' cannot be indexed", cdecl__type_text(p->state, o.v.type));
    return dereference(p, cdecl__scale_add(p, o, index, false), at);
}

/* The result of a call or a change, of which only the type is known. */
static struct operand effect(struct parser *p, const struct cdecl_type *type)
{
    p->effects += p->unevaluated == 0;
    return cdecl__of_type(type);
}

OUT_OF_LINE static struct operand call(struct parser *p, struct operand o, const struct place *at)
{
    const struct cdecl_type *type = o.v.type;
    if (type->kind == CDECL_POINTER)
        type = type->target;
    if (type->kind != CDECL_FUNCTION)
        cdecl__fail_at(p, at, "'%s' is not a function", cdecl__type_text(p->state, o.v.type));
    cdecl__skip_parens(p);
    return effect(p, type->target);
}

/* postfix = primary { "[" e "]" | "(" args ")" | "." name | "->" name | "++" | "--" } */
static struct operand postfix(struct parser *p, struct operand o)
{
    for (;;) {
        struct place at = cdecl__here(p);
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
            o = effect(p, o.v.type);
        else
            return o;
    }
}

/* ---- unary and cast expressions [6.5.3, 6.5.4] ---- */

static uint64_t checked_size(struct parser *p, const struct cdecl_type *type,
                             const struct place *at)
{
    if (type->kind == CDECL_VOID || type->kind == CDECL_FUNCTION)
        return 1; /* GNU */
    if (!cdecl_is_complete(type) && !cdecl__complete_known(p->state, type->unqual))
        cdecl__fail_at(p, at, "sizeof of incomplete type '%s'", cdecl__type_text(p->state, type));
    if (type->kind == CDECL_ARRAY && type->count == CDECL_COUNT_VLA)
        cdecl__fail_at(p, at, "sizeof of variable-length type '%s'",
                       cdecl__type_text(p->state, type));
    return cdecl_sizeof(type);
}

/* The braces of a compound literal, (type){...}. */
OUT_OF_LINE static struct operand compound_literal(struct parser *p, const struct cdecl_type *type)
{
    cdecl__skip_parens(p);
    return cdecl__of_object(type, false, 0);
}

/* _Alignof gives what a member of the type has; __alignof__ what an object has if it may. */
static uint32_t alignment_of(const struct cdecl_type *type, bool preferred)
{
    uint32_t align = cdecl_alignof(type);
    if (!preferred || type->align != type->unqual->align)
        return align;
    while (type->kind == CDECL_ARRAY)
        type = type->target;
    return cdecl__preferred_align((enum cdecl_prim)type->prim, align);
}

/* ( "sizeof" | "_Alignof" ) ( "(" type-name ")" | unary ) */
OUT_OF_LINE static struct operand size_or_align(struct parser *p, bool size)
{
    const struct cdecl_type *type;
    bool preferred = p->tok.start[1] == '_'; /* __alignof__ */
    cdecl__advance(p);
    struct place at = cdecl__here(p);
    p->unevaluated++;
    if (p->tok.kind == TOK_LPAREN) {
        cdecl__advance(p);
        if (cdecl__starts_type(p)) {
            type = cdecl__type_name(p);
            cdecl__expect(p, TOK_RPAREN, "to close the type name");
            if (p->tok.kind == TOK_LBRACE)
                type = postfix(p, compound_literal(p, type)).v.type;
        } else {
            struct operand o = cdecl__full_operand(p);
            cdecl__expect(p, TOK_RPAREN, "to close '('");
            type = postfix(p, o).v.type;
        }
    } else {
        type = unary(p).v.type;
    }
    p->unevaluated--;
    return cdecl__of_int(cdecl__size_type(p->state),
                         size ? checked_size(p, type, &at) : alignment_of(type, preferred));
}

OUT_OF_LINE static struct operand address_of(struct parser *p, struct operand o,
                                             const struct place *at)
{
    const struct cdecl_type *type = o.v.type;
    if (!o.lvalue && o.v.kind != CDECL_VALUE_STRING)
        cdecl__fail_at(p, at, "'&' needs an object");
    type = cdecl__pointer(p->state, type);
    return o.located ? cdecl__of_int(type, o.address) : cdecl__of_type(type);
}

OUT_OF_LINE static struct operand arithmetic_unary(struct parser *p, struct operand o,
                                                   const struct token *op)
{
    o = cdecl__rvalue(p, o);
    if (!cdecl__is_arithmetic(o.v.type) && o.v.type->kind != CDECL_COMPLEX &&
        o.v.type->kind != CDECL_VECTOR)
        cdecl__fail_token(p, op, "'%.*s' on '%s'", (int)op->size, op->start,
                          cdecl__type_text(p->state, o.v.type));
    if (!cdecl__is_known(&o))
        return cdecl__of_type(cdecl__promote(p->state, o.v.type));
    if (o.v.kind == CDECL_VALUE_FLOAT) {
        if (op->kind == TOK_TILDE)
            cdecl__fail_token(p, op, "'~' on '%s'", cdecl__type_text(p->state, o.v.type));
        if (op->kind == TOK_MINUS)
            o.v.f = -o.v.f;
        return o;
    }
    cdecl__convert(p, &o.v, cdecl__promote(p->state, o.v.type));
    if (op->kind == TOK_MINUS)
        o.v.u = cdecl__wrap(0 - o.v.u, o.v.type);
    else if (op->kind == TOK_TILDE)
        o.v.u = cdecl__wrap(~o.v.u, o.v.type);
    return o;
}

OUT_OF_LINE static struct operand logical_not(struct parser *p, struct operand o)
{
    const struct cdecl_type *type = p->state->basic[CDECL_PRIM_INT];
    o = cdecl__rvalue(p, o);
    return cdecl__is_known(&o) ? cdecl__of_int(type, !cdecl__is_true(&o.v)) : cdecl__of_type(type);
}

/* unary = postfix | ( "&" "*" "+" "-" "~" "!" "++" "--" ) cast | sizeof | _Alignof */
static struct operand unary_inner(struct parser *p)
{
    struct place at = cdecl__here(p);
    switch (p->tok.kind) {
    case TOK_SIZEOF: return size_or_align(p, true);
    case TOK_ALIGNOF: return size_or_align(p, false);
    case TOK_EXTENSION: cdecl__advance(p); return cast(p);
    case TOK_AMP: cdecl__advance(p); return address_of(p, cast(p), &at);
    case TOK_STAR: cdecl__advance(p); return dereference(p, cast(p), &at);
    case TOK_PLUS:
    case TOK_MINUS:
    case TOK_TILDE: {
        struct token op = p->tok;
        cdecl__advance(p);
        return arithmetic_unary(p, cast(p), &op);
    }
    case TOK_NOT: cdecl__advance(p); return logical_not(p, cast(p));
    case TOK_INCREMENT:
    case TOK_DECREMENT: cdecl__advance(p); return effect(p, unary(p).v.type);
    default: break;
    }
    if (cdecl__is_soft(&p->tok, TOK_SOFT_ALIGNOF) && p->tok.name->decl == NULL && !p->preprocessing)
        return size_or_align(p, false);
    return postfix(p, cdecl__primary(p));
}

static struct operand unary(struct parser *p)
{
    cdecl__enter(p);
    struct operand o = unary_inner(p);
    cdecl__leave(p);
    return o;
}

/* A cast, its type name read. */
OUT_OF_LINE static struct operand convert_operand(struct parser *p, const struct cdecl_type *type,
                                                  struct operand o, const struct place *at)
{
    o = cdecl__rvalue(p, o);
    const struct cdecl_type *from = o.v.type;
    bool aggregate = from->kind == CDECL_STRUCT || from->kind == CDECL_UNION;
    if (aggregate && type->kind != CDECL_VOID && type != from)
        cdecl__fail_at(p, at, "cast of '%s' to '%s'", cdecl__type_text(p->state, from),
                       cdecl__type_text(p->state, type));
    if (!cdecl__is_known(&o))
        return cdecl__of_type(type);
    cdecl__convert(p, &o.v, cdecl__unqualified(p->state, type));
    return o;
}

/* cast = "(" type-name ")" cast | unary */
static struct operand cast(struct parser *p)
{
    struct place at = cdecl__here(p);
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
        o = cdecl__full_operand(p);
        cdecl__expect(p, TOK_RPAREN, "to close '('");
        o = postfix(p, o);
    }
    cdecl__leave(p);
    return o;
}

/* ---- binary expressions, by precedence climbing [6.5.5 - 6.5.14] ---- */

static struct operand binary(struct parser *p, int least);

/* The right operand of && and ||, dead when the left one decides. */
OUT_OF_LINE static struct operand logical(struct parser *p, struct operand a, bool is_and)
{
    const struct cdecl_type *type = p->state->basic[CDECL_PRIM_INT];
    a = cdecl__rvalue(p, a);
    bool decided = cdecl__is_known(&a) && cdecl__is_true(&a.v) != is_and;
    p->unevaluated += decided;
    struct operand b = cdecl__rvalue(p, binary(p, is_and ? 3 : 2));
    p->unevaluated -= decided;
    if (decided)
        return cdecl__of_int(type, !is_and);
    if (!cdecl__is_known(&a) || !cdecl__is_known(&b))
        return cdecl__of_type(type);
    return cdecl__of_int(type, cdecl__is_true(&b.v));
}

/* binary = cast { operator binary }, by precedence climbing. */
static struct operand binary(struct parser *p, int least)
{
    struct operand left = cast(p);
    for (;;) {
        int level = cdecl__precedence(p->tok.kind);
        if (level == 0 || level < least)
            return left;
        struct token op = p->tok;
        cdecl__advance(p);
        if (level <= 2)
            left = logical(p, left, op.kind == TOK_ANDAND);
        else
            left = cdecl__combine(p, &op, left, binary(p, level + 1));
    }
}

/* ---- conditional, assignment, comma [6.5.15 - 6.5.17] ---- */

static const struct cdecl_type *branch_type(struct parser *p, const struct operand *a,
                                            const struct operand *b)
{
    if (cdecl__is_arithmetic(a->v.type) && cdecl__is_arithmetic(b->v.type))
        return cdecl__usual(p->state, a->v.type, b->v.type);
    if (cdecl__is_pointer(b) && !cdecl__is_pointer(a))
        return b->v.type;
    return a->v.type;
}

OUT_OF_LINE static struct operand choose(struct parser *p, struct operand condition)
{
    bool known = cdecl__is_known(&condition), yes = known && cdecl__is_true(&condition.v);
    struct operand a = condition;
    if (p->tok.kind != TOK_COLON) { /* "a ?: b" is GNU */
        p->unevaluated += known && !yes;
        a = cdecl__rvalue(p, cdecl__full_operand(p));
        p->unevaluated -= known && !yes;
    }
    cdecl__expect(p, TOK_COLON, "after '?'");
    p->unevaluated += yes;
    struct operand b = cdecl__rvalue(p, cdecl__conditional_operand(p));
    p->unevaluated -= yes;
    const struct cdecl_type *type = branch_type(p, &a, &b);
    struct operand chosen = yes ? a : b;
    if (!known || !cdecl__is_known(&chosen))
        return cdecl__of_type(type);
    if (cdecl__is_arithmetic(type))
        cdecl__convert(p, &chosen.v, type);
    return chosen;
}

/* A number and nothing else, as most array lengths, widths and enumerators are. */
static bool is_lone_number(const struct parser *p)
{
    char after = cdecl__byte_after(p);
    return p->tok.kind == TOK_NUMBER && (after == ']' || after == ',' || after == ';');
}

/* conditional = binary [ "?" [ expression ] ":" conditional ] */
struct operand cdecl__conditional_operand(struct parser *p)
{
    if (is_lone_number(p))
        return cdecl__primary(p);
    cdecl__enter(p);
    struct operand o = binary(p, 1);
    if (cdecl__accept(p, TOK_QUESTION))
        o = choose(p, cdecl__rvalue(p, o));
    cdecl__leave(p);
    return o;
}

/* assignment = conditional [ assignment-operator assignment ], never a constant */
static struct operand assignment(struct parser *p)
{
    struct operand o = cdecl__conditional_operand(p);
    while (p->tok.kind == TOK_ASSIGN || p->tok.kind == TOK_OPASSIGN) {
        cdecl__advance(p);
        cdecl__conditional_operand(p);
        o = effect(p, o.v.type);
    }
    return o;
}

/* expression = assignment { "," assignment } */
struct operand cdecl__full_operand(struct parser *p)
{
    unsigned effects = p->effects;
    struct operand o = assignment(p);
    while (cdecl__accept(p, TOK_COMMA)) {
        bool pure = p->effects == effects;
        o = cdecl__rvalue(p, assignment(p));
        if (!pure) /* what is dropped would have had to be done */
            o = cdecl__of_type(o.v.type);
    }
    return o;
}

/* ---- what other files call ---- */

struct cdecl_value cdecl__expression(struct parser *p)
{
    return cdecl__rvalue(p, assignment(p)).v;
}

struct cdecl_value cdecl__conditional(struct parser *p)
{
    return cdecl__rvalue(p, cdecl__conditional_operand(p)).v;
}

struct cdecl_value cdecl__full_expression(struct parser *p)
{
    return cdecl__full_operand(p).v;
}

bool cdecl__is_whole(const struct cdecl_value *v)
{
    return v->kind == CDECL_VALUE_FLOAT && v->f >= 0 && v->f <= (cdecl_real)CDECL_MAX_SIZE &&
           v->f == (cdecl_real)(uint64_t)v->f;
}

struct cdecl_value cdecl__whole(struct parser *p, struct cdecl_value v)
{
    if (!(p->source->flags & CDECL_KEEP_FIRST) || !cdecl__is_whole(&v))
        return v;
    return cdecl__of_int(cdecl__size_type(p->state), (uint64_t)v.f).v;
}

struct cdecl_value cdecl__integer(struct parser *p, const char *what)
{
    struct place at = cdecl__here(p);
    struct cdecl_value v = cdecl__whole(p, cdecl__conditional(p));
    if (v.kind != CDECL_VALUE_INT || !cdecl__is_integer(v.type))
        cdecl__fail_at(p, &at, "%s is not an integer constant", what);
    return v;
}
