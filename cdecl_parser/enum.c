/* The bodies of enums: enumerators, and the integer type that holds them, chosen as gcc does.
 * Depends on expr.c for values and parse.c for declaring the names; what it makes belongs to
 * the state's arena. */
#include <string.h>
#include "internal.h"
#include "target.h"

/* An enumerator while its enum is read. */
struct enumerator {
    struct enumerator *next;
    struct place at;
    struct cdecl_attr *attrs;
    const struct cdecl_decl *decl; /* as declared so far, with the type its value needs */
};

struct enum_body {
    struct enumerator *first, **tail;
    uint32_t count;
    bool negative;
    uint64_t largest,
        smallest; /* of the non-negative and, as two's complement, the negative ones */
    const struct cdecl_type *fixed; /* "enum : T", NULL when none */
};

static bool fits(uint64_t u, bool negative, const struct cdecl_type *type)
{
    if (type->kind == CDECL_BOOL)
        return !negative && u <= 1;
    unsigned bits = type->bits - (type->is_signed ? 1u : 0u);
    if (negative)
        return type->is_signed && ((int64_t)u >> (bits > 63 ? 63 : bits)) == -1;
    return bits >= 64 || u >> bits == 0;
}

static bool all_fit(const struct enum_body *body, const struct cdecl_type *type)
{
    return fits(body->largest, false, type) &&
           (!body->negative || fits(body->smallest, true, type));
}

static bool is_negative(const struct cdecl_value *v)
{
    return v->type->is_signed && (int64_t)v->u < 0;
}

/* The type of an enumerator while its enum is open: int, or its value's own type (gcc). */
static void note_value(struct parser *p, struct enum_body *body, struct cdecl_value *value,
                       const struct place *at)
{
    bool negative = is_negative(value);
    if (body->fixed != NULL) {
        if (!fits(value->u, negative, body->fixed))
            cdecl__fail_at(p, at, "enumerator '%s' does not fit '%s'", at->name->text,
                           cdecl__type_text(p->state, body->fixed));
        value->type = cdecl__plain(body->fixed);
    } else if (fits(value->u, negative, p->state->basic[CDECL_PRIM_INT])) {
        value->type = p->state->basic[CDECL_PRIM_INT];
    }
    if (negative && (!body->negative || (int64_t)value->u < (int64_t)body->smallest))
        body->smallest = value->u;
    else if (!negative && value->u > body->largest)
        body->largest = value->u;
    body->negative |= negative;
}

/* One more than the last enumerator; a type that can hold it is picked as gcc does. */
static struct cdecl_value successor(struct parser *p, const struct cdecl_value *last,
                                    const struct place *at)
{
    struct cdecl_state *s = p->state;
    struct cdecl_value value = *last;
    bool negative = is_negative(last);
    value.u++;
    if (!negative && value.u == 0)
        cdecl__fail_at(p, at, "enumerator '%s' does not fit 64 bits", at->name->text);
    if (negative || fits(value.u, false, value.type))
        return value;
    value.type = s->basic[CDECL_PRIM_LONG];
    if (!fits(value.u, false, value.type))
        value.type = s->basic[CDECL_PRIM_LLONG];
    if (!fits(value.u, false, value.type))
        value.type = s->basic[CDECL_PRIM_ULLONG];
    return value;
}

/* enumerator = name attributes [ "=" constant-expression ] */
static void enumerator(struct parser *p, struct enum_body *body, struct cdecl_value *last)
{
    struct place at = cdecl__here(p);
    struct attrs attrs = {0};
    if (p->tok.kind != TOK_IDENT)
        cdecl__expected(p, "an enumerator");
    cdecl__advance(p);
    cdecl__attributes(p, &attrs);
    if (cdecl__accept(p, TOK_ASSIGN)) {
        *last = cdecl__integer(p, "enumerator");
        last->type = cdecl__promote(p->state, last->type);
    } else if (body->count > 0) {
        *last = successor(p, last, &at);
    }
    note_value(p, body, last, &at);
    struct cdecl_decl decl = cdecl__new_decl(p, CDECL_DECL_CONSTANT, &at, last->type);
    decl.attrs = attrs.kept;
    decl.refusal = (uint8_t)attrs.refusal;
    cdecl__set_value(p->state, &decl, last);
    struct enumerator *node = SCRATCH(p->state, struct enumerator);
    node->at = at;
    node->decl = cdecl__declare(p, &at, &decl);
    *body->tail = node;
    body->tail = &node->next;
    body->count++;
}

/* gcc: the first of these that holds all values; packed, and -fshort-enums, starts at char. */
static const struct cdecl_type *underlying(struct parser *p, const struct enum_body *body,
                                           bool packed, const struct place *at)
{
    static const enum cdecl_prim signed_types[] = {
        CDECL_PRIM_SCHAR, CDECL_PRIM_SHORT, CDECL_PRIM_INT, CDECL_PRIM_LONG, CDECL_PRIM_LLONG};
    if (body->fixed != NULL)
        return body->fixed;
    size_t i = packed || CDECL_SHORT_ENUMS ? 0 : 2;
    for (; i < sizeof signed_types / sizeof *signed_types; i++) {
        enum cdecl_prim prim = signed_types[i] + (body->negative ? 0u : 1u);
        const struct cdecl_type *type = p->state->basic[prim];
        if (all_fit(body, type))
            return type;
    }
    cdecl__fail_at(p, at, "the enumerators do not fit any integer type");
}

/* After the body an enumerator gets the enum's integer type or, with `or_int`, int when it fits. */
static void retype(struct cdecl_state *state, const struct cdecl_decl *decl,
                   const struct cdecl_type *type, bool or_int)
{
    struct cdecl_decl *d = (struct cdecl_decl *)(uintptr_t)decl;
    struct cdecl_value value = cdecl_value_of(decl);
    if (or_int && fits(value.u, is_negative(&value), state->basic[CDECL_PRIM_INT]))
        type = state->basic[CDECL_PRIM_INT];
    if (d->type == type)
        return;
    cdecl__save(state, d, sizeof *d);
    d->type = value.type = type;
    cdecl__set_value(state, d, &value);
}

/* Whether enumerators that fit int are int while others of the enum are not. */
static bool may_be_int(struct parser *p, const struct enum_body *body)
{
    if (body->fixed != NULL)
        return false;
    return !CDECL_ENUMERATORS_SHARE_TYPE || all_fit(body, p->state->basic[CDECL_PRIM_INT]);
}

static struct cdecl_tag *finish_enum(struct parser *p, struct cdecl_tag *tag,
                                     const struct enum_body *body, const struct attrs *attrs,
                                     const struct place *at)
{
    struct cdecl_tag fresh = *tag;
    const struct cdecl_decl **constants =
        NEW_ARRAY(p->state, const struct cdecl_decl *, body->count);
    uint32_t i = 0;
    for (const struct enumerator *node = body->first; node != NULL; node = node->next)
        constants[i++] = node->decl;
    cdecl__tag_attributes(&fresh, attrs);
    fresh.underlying = underlying(p, body, attrs->packed, at);
    fresh.constants = constants;
    fresh.nconstants = body->count;
    fresh.size = fresh.underlying->size;
    fresh.align = cdecl_alignof(fresh.underlying);
    if (attrs->alignment > fresh.align)
        fresh.align = attrs->alignment;
    struct cdecl_tag *result = cdecl__finish_tag(p, tag, &fresh, at, 2);
    if (result == tag || !tag->complete)
        for (i = 0; i < body->count; i++)
            retype(p->state, constants[i], result->underlying, may_be_int(p, body));
    if (p->body != NULL)
        for (i = 0; i < body->count; i++)
            cdecl__body_constant(p, constants[i]);
    return result;
}

/* enum-body = "{" enumerator { "," enumerator } [ "," ] "}" attributes [6.7.2.2] */
struct cdecl_tag *cdecl__enum_body(struct parser *p, struct cdecl_tag *tag, struct attrs *attrs,
                                   const struct cdecl_type *fixed, const struct place *at)
{
    struct enum_body body = {.tail = &body.first, .fixed = fixed};
    struct cdecl_value last = {.kind = CDECL_VALUE_INT, .type = p->state->basic[CDECL_PRIM_INT]};
    cdecl__advance(p);
    do {
        if (p->tok.kind == TOK_RBRACE && body.count > 0)
            break;
        enumerator(p, &body, &last);
    } while (cdecl__accept(p, TOK_COMMA));
    cdecl__expect(p, TOK_RBRACE, "to close the enum");
    cdecl__attributes(p, attrs);
    return finish_enum(p, tag, &body, attrs, at);
}

/* ":" type-name after enum [ name ]; a bit-field's ":" is followed by an expression instead. */
const struct cdecl_type *cdecl__enum_type(struct parser *p)
{
    if (p->tok.kind != TOK_COLON)
        return NULL;
    cdecl__peek(p);
    struct token colon = p->tok, ahead = p->ahead;
    p->tok = ahead;
    bool type_follows = cdecl__starts_type(p);
    p->tok = colon;
    if (!type_follows)
        return NULL;
    cdecl__advance(p);
    struct place at = cdecl__here(p);
    struct specs specs;
    cdecl__specifiers(p, &specs);
    if (!cdecl__is_integer(specs.type) || specs.type->kind == CDECL_ENUM)
        cdecl__fail_at(p, &at, "an enum cannot have the underlying type '%s'",
                       cdecl__type_text(p->state, specs.type));
    return cdecl__plain(specs.type);
}

/* "enum e : T" without a body is complete already (C23). */
void cdecl__complete_enum(struct cdecl_state *state, struct cdecl_tag *tag,
                          const struct cdecl_type *fixed)
{
    if (fixed == NULL || tag->complete)
        return;
    struct cdecl_tag fresh = *tag;
    fresh.underlying = fixed;
    fresh.size = fixed->size;
    fresh.align = cdecl_alignof(fixed);
    cdecl__complete_tag(state, tag, &fresh, 2);
}
