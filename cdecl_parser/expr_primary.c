/* Primary expressions (C11 6.5.1): literals, names, and the operators that look like calls. Depends
 * on literal.c, expr_operand.c and, for what stands in parentheses, expr.c; owns nothing. */
#include <string.h>
#include "expr.h"
#include "checked.h"

struct operand cdecl__of_decl(const struct cdecl_decl *decl)
{
    if (decl->kind == CDECL_DECL_CONSTANT) {
        struct operand o = cdecl__of_value(cdecl_value_of(decl));
        o.v.type = decl->type; /* qualified, for typeof */
        return o;
    }
    return cdecl__of_object(decl->type, false, 0);
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
        v.f = builtins[i].nan ? (cdecl_real)__builtin_nan("") : (cdecl_real)__builtin_inf();
        *result = cdecl__of_value(v);
        return true;
    }
    return false;
}

OUT_OF_LINE static struct operand unknown_name(struct parser *p, const struct place *at)
{
    const struct name *name = at->name;
    struct operand result;
    const struct cdecl_type *i = p->state->basic[CDECL_PRIM_INT];
    if (p->preprocessing)
        return cdecl__of_int(i, name->token == TOK_SOFT_TRUE);
    if (name->token == TOK_SOFT_TRUE || name->token == TOK_SOFT_FALSE)
        return cdecl__of_int(p->state->basic[CDECL_PRIM_BOOL], name->token == TOK_SOFT_TRUE);
    if (name->token == TOK_SOFT_NULLPTR)
        return cdecl__of_int(cdecl__pointer(p->state, p->state->basic[CDECL_PRIM_VOID]), 0);
    if (p->tok.kind == TOK_LPAREN && float_builtin(p, name, &result))
        return result;
    struct hint hint = cdecl__hint(p->state, CDECL_SPACE_VALUES, name->text, name->size);
    cdecl__fail_at(p, at, "unknown name '%s'%s", name->text, hint.text);
}

/* A member or element inside another, as offsetof goes down to it. */
struct inside {
    const struct cdecl_type *type;
    uint64_t offset;
};

static void go_down(const struct parser *p, struct inside *in, const struct cdecl_type *type,
                    uint64_t by)
{
    if (!size_add(in->offset, by, &in->offset))
        cdecl__fail(p->state, "offset is too large");
    in->type = type;
}

static void to_member(struct parser *p, struct inside *in)
{
    uint64_t at;
    if (p->tok.name == NULL || p->tok.kind != TOK_IDENT)
        cdecl__expected(p, "a member's name");
    const struct name *name = p->tok.name;
    const struct cdecl_member *m = cdecl_find_member(in->type, name->text, name->size, &at);
    if (m == NULL)
        cdecl__fail(p->state, "'%s' has no member '%s'", cdecl__type_text(p->state, in->type),
                    name->text);
    if (m->width != CDECL_NOT_BITFIELD)
        cdecl__fail(p->state, "offset of bit-field '%s'", m->name);
    go_down(p, in, m->type, at);
    cdecl__advance(p);
}

/* After '['. */
static void to_element(struct parser *p, struct inside *in)
{
    uint64_t at;
    if (in->type->kind != CDECL_ARRAY)
        cdecl__fail(p->state, "'%s' is not an array", cdecl__type_text(p->state, in->type));
    const struct cdecl_type *element = in->type->target;
    if (!size_mul(cdecl__integer(p, "array index").u, cdecl_sizeof(element), &at))
        cdecl__fail(p->state, "offset is too large");
    go_down(p, in, element, at);
    cdecl__expect(p, TOK_RBRACKET, "to close the index");
}

/* "offsetof" "(" type-name "," name { "." name | "[" expression "]" } ")" */
OUT_OF_LINE static struct operand offset_of(struct parser *p)
{
    cdecl__expect(p, TOK_LPAREN, "after 'offsetof'");
    struct inside in = {cdecl__type_name(p), 0};
    cdecl__expect(p, TOK_COMMA, "after offsetof's type");
    to_member(p, &in);
    for (;;) {
        if (cdecl__accept(p, TOK_LBRACKET))
            to_element(p, &in);
        else if (cdecl__accept(p, TOK_DOT))
            to_member(p, &in);
        else
            break;
    }
    cdecl__expect(p, TOK_RPAREN, "to close 'offsetof'");
    return cdecl__of_int(cdecl__size_type(p->state), in.offset);
}

OUT_OF_LINE static struct operand types_compatible(struct parser *p)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__builtin_types_compatible_p'");
    const struct cdecl_type *a = cdecl__plain(cdecl__type_name(p));
    cdecl__expect(p, TOK_COMMA, "between the types");
    const struct cdecl_type *b = cdecl__plain(cdecl__type_name(p));
    cdecl__expect(p, TOK_RPAREN, "to close '__builtin_types_compatible_p'");
    return cdecl__of_int(p->state->basic[CDECL_PRIM_INT], cdecl_compatible(a, b));
}

static struct operand unevaluated(struct parser *p, bool dead)
{
    p->unevaluated += dead;
    struct operand o = cdecl__conditional_operand(p);
    p->unevaluated -= dead;
    return o;
}

OUT_OF_LINE static struct operand choose_expr(struct parser *p)
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

OUT_OF_LINE static struct operand constant_p(struct parser *p)
{
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '__builtin_constant_p'");
    struct operand o = unevaluated(p, true);
    cdecl__expect(p, TOK_RPAREN, "to close '__builtin_constant_p'");
    return cdecl__of_int(p->state->basic[CDECL_PRIM_INT], cdecl__is_known(&o));
}

/* "_Generic" "(" expression { "," ( type-name | "default" ) ":" expression } ")" [6.5.1.1] */
OUT_OF_LINE static struct operand generic(struct parser *p)
{
    bool found = false, has_default = false;
    struct operand result = {0};
    struct place start = cdecl__here(p);
    cdecl__advance(p);
    cdecl__expect(p, TOK_LPAREN, "after '_Generic'");
    struct operand control = cdecl__rvalue(p, unevaluated(p, true));
    const struct cdecl_type *type =
        cdecl__unqualified(p->state, cdecl__decay(p->state, control.v.type));
    while (cdecl__accept(p, TOK_COMMA)) {
        bool match = false, other = p->tok.kind == TOK_STATEMENT;
        if (other && strcmp(p->tok.name->text, "default") == 0)
            cdecl__advance(p);
        else
            match = cdecl_compatible(cdecl__type_name(p), type) && !found;
        cdecl__expect(p, TOK_COLON, "after _Generic's type");
        struct operand o = unevaluated(p, !match);
        if (match || (other && !found))
            result = o;
        found |= match;
        has_default |= other;
    }
    cdecl__expect(p, TOK_RPAREN, "to close '_Generic'");
    if (!found && !has_default)
        cdecl__fail_at(p, &start, "no _Generic association for '%s'",
                       cdecl__type_text(p->state, type));
    return result;
}

/* __has_include(<x>) and its like: known, and 0. Their argument is no text to expand macros in. */
OUT_OF_LINE static struct operand has_feature(struct parser *p)
{
    p->lex.no_expand = true;
    cdecl__advance(p);
    bool parens = p->tok.kind == TOK_LPAREN;
    for (size_t depth = parens; depth > 0;) {
        cdecl__advance(p);
        if (p->tok.kind == TOK_EOF)
            cdecl__expected(p, "')'");
        depth += p->tok.kind == TOK_LPAREN;
        depth -= p->tok.kind == TOK_RPAREN;
    }
    p->lex.no_expand = false;
    if (parens)
        cdecl__advance(p);
    return cdecl__of_int(p->state->basic[CDECL_PRIM_INT], 0);
}

/* "defined" name | "defined" "(" name ")" */
OUT_OF_LINE static struct operand is_defined(struct parser *p)
{
    p->lex.no_expand = true;
    cdecl__advance(p);
    bool parens = cdecl__accept(p, TOK_LPAREN);
    p->lex.no_expand = false;
    const struct name *name = p->tok.name;
    if (name == NULL)
        cdecl__expected(p, "a name after 'defined'");
    cdecl__advance(p);
    if (parens)
        cdecl__expect(p, TOK_RPAREN, "after 'defined('");
    return cdecl__of_int(p->state->basic[CDECL_PRIM_INT], cdecl__is_defined(name));
}

OUT_OF_LINE static struct operand identifier(struct parser *p)
{
    struct place at = cdecl__here(p);
    const struct param_node *param = find_param(p, at.name);
    const struct cdecl_decl *decl = find_body_constant(p, at.name);
    if (p->preprocessing && at.name->token >= TOK_SOFT_HAS_INCLUDE)
        return has_feature(p);
    if (p->preprocessing && at.name->token == TOK_SOFT_DEFINED)
        return is_defined(p);
    cdecl__advance(p);
    if (param != NULL)
        return cdecl__of_object(param->type, false, 0);
    if (decl == NULL)
        decl = at.name->decl;
    if (decl != NULL && decl->kind != CDECL_DECL_TYPEDEF && !p->preprocessing)
        return cdecl__of_decl(decl);
    if (decl == NULL && at.name->token == TOK_SOFT_OFFSETOF && p->tok.kind == TOK_LPAREN)
        return offset_of(p);
    if (decl != NULL && !p->preprocessing)
        cdecl__fail_at(p, &at, "expected an expression, got the type '%s'", at.name->text);
    return unknown_name(p, &at);
}

/* primary = number | character | strings | name | "(" expression ")" | builtin */
struct operand cdecl__primary(struct parser *p)
{
    struct place at = cdecl__here(p);
    struct operand o;
    switch (p->tok.kind) {
    case TOK_NUMBER:
        o = cdecl__of_value(cdecl__number(p, &p->tok));
        cdecl__advance(p);
        return o;
    case TOK_CHAR:
        o = cdecl__of_value(cdecl__character(p, &p->tok));
        cdecl__advance(p);
        return o;
    case TOK_STRING: return cdecl__of_value(cdecl__strings(p));
    case TOK_IDENT: return identifier(p);
    case TOK_LPAREN:
        cdecl__advance(p);
        if (p->tok.kind == TOK_LBRACE)
            cdecl__fail_at(p, &at, "statement expressions are not supported");
        o = cdecl__full_operand(p);
        cdecl__expect(p, TOK_RPAREN, "to close '('");
        return o;
    case TOK_DOLLAR:
        if (cdecl__arg(p)->kind != CDECL_ARG_INT)
            break;
        o = cdecl__of_int(p->state->basic[CDECL_PRIM_LLONG], (uint64_t)cdecl__arg(p)->integer);
        cdecl__advance(p);
        return o;
    case TOK_OFFSETOF: cdecl__advance(p); return offset_of(p);
    case TOK_TYPES_COMPATIBLE: return types_compatible(p);
    case TOK_CHOOSE_EXPR: return choose_expr(p);
    case TOK_CONSTANT_P: return constant_p(p);
    case TOK_GENERIC: return generic(p);
    default: break;
    }
    if (p->preprocessing && p->tok.name != NULL && p->tok.kind >= TOK_AUTO) {
        cdecl__advance(p); /* keywords are ordinary names in #if */
        return cdecl__of_int(p->state->basic[CDECL_PRIM_INT], 0);
    }
    cdecl__expected(p, "an expression");
}
