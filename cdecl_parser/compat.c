/* Comparing types: compatibility (C11 6.2.7) within one state and across states, and the composite
 * type of two compatible ones. Depends on type.c and scope.c; new types belong to the state named
 * in the call. */
#include <string.h>
#include "internal.h"

/* Bodies compared inside each other, and in all; tags reached beyond that are compared by name and
 * size alone, so that no web of structs exhausts the stack or takes long. */
#define DEEPEST 128
#define MOST_BODIES 65536

#define REMEMBERED 256 /* a power of two */

/* One comparison. A pair of tags is taken for equal as soon as its bodies are being compared:
 * recursive types end that way, and when the pair differs after all, so do the types. */
struct comparison {
    unsigned depth, bodies;
    bool prototypes; /* "()" goes with itself alone */
    struct {
        const struct cdecl_tag *a, *b;
    } pairs[REMEMBERED]; /* found by address; a later pair takes an earlier one's place */
    const struct assumption *open;
};

/* A pair of tags whose bodies are being compared. */
struct assumption {
    const struct assumption *outer;
    const struct cdecl_tag *a, *b;
};

static bool compatible(const struct cdecl_type *a, const struct cdecl_type *b,
                       struct comparison *c);

static bool same_name(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* ---- bodies ---- */

static bool same_member(const struct cdecl_member *a, const struct cdecl_member *b,
                        struct comparison *c)
{
    return same_name(a->name, b->name) && a->offset == b->offset && a->bit == b->bit &&
           a->width == b->width && compatible(a->type, b->type, c);
}

bool cdecl__same_constants(const struct cdecl_tag *a, const struct cdecl_tag *b)
{
    if (a->nconstants != b->nconstants)
        return false;
    for (uint32_t i = 0; i < a->nconstants; i++)
        if (!same_name(a->constants[i]->name, b->constants[i]->name) ||
            !cdecl__same_value(a->constants[i], b->constants[i]))
            return false;
    return true;
}

static bool same_bodies(const struct cdecl_tag *a, const struct cdecl_tag *b, struct comparison *c)
{
    if (a->size != b->size || a->align != b->align || !cdecl__same_constants(a, b))
        return false;
    if (a->kind == CDECL_ENUM)
        return compatible(a->underlying, b->underlying, c);
    if (a->nmembers != b->nmembers || a->packed != b->packed)
        return false;
    for (uint32_t i = 0; i < a->nmembers; i++)
        if (!same_member(&a->members[i], &b->members[i], c))
            return false;
    return true;
}

static size_t place_of(const struct cdecl_tag *a, const struct cdecl_tag *b)
{
    return (((uintptr_t)a ^ (uintptr_t)b * 31) / sizeof(struct cdecl_tag)) & (REMEMBERED - 1);
}

/* Whether the pair is assumed equal: met before, or its bodies are being compared. */
static bool is_assumed(const struct comparison *c, const struct cdecl_tag *a,
                       const struct cdecl_tag *b)
{
    size_t at = place_of(a, b);
    if (c->pairs[at].a == a && c->pairs[at].b == b)
        return true;
    for (const struct assumption *known = c->open; known != NULL; known = known->outer)
        if (known->a == a && known->b == b)
            return true;
    return false;
}

/* Compares the bodies of a pair not met before. */
static bool same_pair(const struct cdecl_tag *a, const struct cdecl_tag *b, struct comparison *c)
{
    struct assumption self = {c->open, a, b};
    size_t at = place_of(a, b);
    if (c->depth >= DEEPEST || c->bodies >= MOST_BODIES)
        return a->size == b->size && a->align == b->align;
    c->pairs[at].a = a;
    c->pairs[at].b = b;
    c->open = &self;
    c->depth++;
    c->bodies++;
    bool same = same_bodies(a, b, c);
    c->depth--;
    c->open = self.outer;
    return same;
}

uint32_t cdecl__first_difference(const struct cdecl_tag *a, const struct cdecl_tag *b)
{
    bool is_enum = a->kind == CDECL_ENUM;
    uint32_t na = is_enum ? a->nconstants : a->nmembers, nb = is_enum ? b->nconstants : b->nmembers;
    struct assumption self = {NULL, a, b};
    struct comparison c = {.open = &self};
    uint32_t i = 0;
    for (; i < na && i < nb; i++) {
        bool same = is_enum ? same_name(a->constants[i]->name, b->constants[i]->name)
                            : same_member(&a->members[i], &b->members[i], &c);
        if (!same)
            return i;
    }
    return na == nb ? UINT32_MAX : i;
}

bool cdecl__same_body(const struct cdecl_tag *a, const struct cdecl_tag *b)
{
    struct comparison c = {0};
    return same_pair(a, b, &c);
}

/* Named tags of one state are one tag, so two of them differ; nameless ones and those of two states
 * are compared by their bodies. */
static bool may_be_same(const struct cdecl_tag *a, const struct cdecl_tag *b)
{
    if (a == b)
        return true;
    return a->kind == b->kind && same_name(a->name, b->name) &&
           (a->state != b->state || a->name == NULL);
}

static bool same_tags(const struct cdecl_tag *a, const struct cdecl_tag *b, struct comparison *c)
{
    if (a == b)
        return true;
    if (!may_be_same(a, b))
        return false;
    if (!a->complete || !b->complete)
        return a->name != NULL;
    return is_assumed(c, a, b) || same_pair(a, b, c);
}

/* ---- types ---- */

/* C11 6.7.6.3p15: "()" goes with parameters that the default promotions leave alone. */
static bool promotes_to_itself(const struct cdecl_type *type)
{
    if (type->kind == CDECL_BOOL)
        return false;
    if (type->kind == CDECL_INT)
        return type->size >= sizeof(int);
    return type->kind != CDECL_FLOAT || type->size >= sizeof(double);
}

static bool unprototyped(const struct cdecl_type *with)
{
    for (uint32_t i = 0; i < with->nparams; i++)
        if (!promotes_to_itself(with->params[i]))
            return false;
    return !with->variadic;
}

static bool same_functions(const struct cdecl_type *a, const struct cdecl_type *b,
                           struct comparison *c)
{
    if (!compatible(a->target, b->target, c))
        return false;
    if (a->no_proto || b->no_proto)
        return a->no_proto == b->no_proto || (!c->prototypes && unprototyped(a->no_proto ? b : a));
    if (a->nparams != b->nparams || a->variadic != b->variadic)
        return false;
    for (uint32_t i = 0; i < a->nparams; i++)
        if (!compatible(cdecl__plain(a->params[i]), cdecl__plain(b->params[i]), c))
            return false;
    return true;
}

/* An enum is compatible with its integer type (C11 6.7.2.2p4). */
static const struct cdecl_type *enum_integer(const struct cdecl_type *type,
                                             const struct cdecl_type *other)
{
    if (type->kind == CDECL_ENUM && other->kind == CDECL_INT && type->tag->underlying != NULL)
        return type->tag->underlying;
    return type;
}

static bool same_lengths(const struct cdecl_type *a, const struct cdecl_type *b)
{
    return a->count == b->count || a->count >= CDECL_COUNT_VLA || b->count >= CDECL_COUNT_VLA;
}

static bool compatible(const struct cdecl_type *a, const struct cdecl_type *b, struct comparison *c)
{
    if (a == b)
        return true;
    if (a->quals != b->quals)
        return false;
    const struct cdecl_type *x = enum_integer(a, b), *y = enum_integer(b, a);
    if (x->kind != y->kind)
        return false;
    switch ((enum cdecl_kind)x->kind) {
    case CDECL_VOID:
    case CDECL_BOOL:
    case CDECL_INT:
    case CDECL_FLOAT:
    case CDECL_COMPLEX: return x->prim == y->prim && x->bits == y->bits;
    case CDECL_POINTER: return compatible(x->target, y->target, c);
    case CDECL_ARRAY: return same_lengths(x, y) && compatible(x->target, y->target, c);
    case CDECL_VECTOR: return x->count == y->count && compatible(x->target, y->target, c);
    case CDECL_FUNCTION: return same_functions(x, y, c);
    case CDECL_ENUM:
    case CDECL_STRUCT:
    case CDECL_UNION: return same_tags(x->tag, y->tag, c);
    }
    return false;
}

static bool compare(const struct cdecl_type *a, const struct cdecl_type *b, bool prototypes)
{
    struct comparison c;
    if (a == b)
        return true;
    if (a->kind != b->kind && a->kind != CDECL_ENUM && b->kind != CDECL_ENUM)
        return false; /* before room is made for a comparison */
    if (a->tag != NULL && b->tag != NULL && !may_be_same(a->tag, b->tag))
        return false;
    memset(&c, 0, sizeof c);
    c.prototypes = prototypes;
    return compatible(a, b, &c);
}

bool cdecl_compatible(const struct cdecl_type *a, const struct cdecl_type *b)
{
    return compare(a, b, false);
}

bool cdecl_compatible_prototypes(const struct cdecl_type *a, const struct cdecl_type *b)
{
    return compare(a, b, true);
}

/* ---- the composite type (C11 6.2.7p3) ---- */

static const struct cdecl_type *compose(struct cdecl_state *state, const struct cdecl_type *a,
                                        const struct cdecl_type *b);

/* What an annotated function says, for the composite `made`, which is that function mostly. */
static const struct cdecl_type *keep_annotation(struct cdecl_state *state,
                                                const struct cdecl_type *made,
                                                const struct cdecl_type *annotated)
{
    bool same = made->target == annotated->target && made->nparams == annotated->nparams &&
                made->variadic == annotated->variadic && made->refusal == annotated->refusal;
    for (uint32_t i = 0; same && i < made->nparams; i++)
        same = made->params[i] == annotated->params[i];
    if (same)
        return annotated;
    return cdecl__annotated(state, made, cdecl__copy_annotation(state, annotated, made->nparams));
}

static const struct cdecl_type *
compose_functions(struct cdecl_state *state, const struct cdecl_type *a, const struct cdecl_type *b)
{
    const struct cdecl_type *shape = a->no_proto ? b : a;
    const struct cdecl_type **params = NULL;
    if (shape->nparams > 0)
        params = cdecl__scratch(state, shape->nparams * sizeof *params, _Alignof(void *));
    for (uint32_t i = 0; i < shape->nparams; i++)
        params[i] = a->no_proto || b->no_proto ? shape->params[i]
                                               : compose(state, a->params[i], b->params[i]);
    const struct cdecl_type *made = cdecl__function(
        state, compose(state, a->target, b->target), params, shape->nparams, shape->variadic,
        shape->no_proto, a->refusal != CDECL_USABLE ? a->refusal : b->refusal);
    if (!a->annotated && !b->annotated)
        return made;
    return keep_annotation(state, made, a->annotated ? a : b);
}

static const struct cdecl_type *compose(struct cdecl_state *state, const struct cdecl_type *a,
                                        const struct cdecl_type *b)
{
    if (a == b || a->kind != b->kind)
        return a;
    if (a->kind == CDECL_POINTER) {
        const struct cdecl_type *target = compose(state, a->target, b->target);
        return target == a->target ? a
                                   : cdecl__qualify(state, cdecl__pointer(state, target), a->quals);
    }
    if (a->kind == CDECL_ARRAY) {
        uint64_t count = a->count >= CDECL_COUNT_VLA ? b->count : a->count;
        return cdecl__array(state, compose(state, a->target, b->target), count);
    }
    return a->kind == CDECL_FUNCTION ? compose_functions(state, a, b) : a;
}

const struct cdecl_type *cdecl__composite(struct cdecl_state *state, const struct cdecl_type *a,
                                          const struct cdecl_type *b)
{
    if (a == b)
        return a;
    return cdecl_compatible(a, b) ? compose(state, a, b) : NULL;
}
