/* Declarators, in two phases: the syntax is collected as a list of derivations (pointer to, array
 * of, function returning) in scratch memory, then folded onto the type the specifiers gave. What
 * needs no list, the first pointers and a name alone, goes without. Depends on parse.c for
 * parameters' specifiers, expr.c for array lengths. */
#include <string.h>
#include "internal.h"

enum derivation { DERIVE_POINTER, DERIVE_BLOCK, DERIVE_ARRAY, DERIVE_FUNCTION };

struct derived {
    struct derived *next; /* the one applied after this */
    enum derivation kind;
    unsigned quals; /* pointers; arrays: those of the parameter they become */
    uint64_t count; /* arrays */
    bool variadic, no_proto;
    bool parameter; /* arrays: written as only a parameter's may be, "[static 3]" or "[const]" */
    uint32_t nparams;
    struct param_node *params;
    struct place at;
};

/* A list in the order of application. */
struct derived_list {
    struct derived *first, **tail;
};

static struct derived *new_derived(struct parser *p, enum derivation kind)
{
    struct derived *d = SCRATCH(p->state, struct derived);
    d->kind = kind;
    d->at = cdecl__here(p);
    return d;
}

static void append(struct derived_list *list, struct derived *d)
{
    *list->tail = d;
    list->tail = &d->next;
}

/* ---- phase one: collecting ---- */

static unsigned qualifier(const struct parser *p)
{
    switch (p->tok.kind) {
    case TOK_CONST: return CDECL_CONST;
    case TOK_VOLATILE: return CDECL_VOLATILE;
    case TOK_RESTRICT: return CDECL_RESTRICT;
    case TOK_ATOMIC: return CDECL_ATOMIC;
    default: return 0;
    }
}

/* qualifiers = { "const" | "volatile" | "restrict" | "_Atomic" | attributes } */
static unsigned qualifiers(struct parser *p, struct attrs *attrs)
{
    unsigned quals = 0;
    for (;;) {
        unsigned one = qualifier(p);
        if (one != 0)
            cdecl__advance(p);
        else if (RARELY(cdecl__at_attribute(p)))
            cdecl__attributes(p, attrs);
        else
            return quals;
        quals |= one;
    }
}

/* Whether a length names another parameter, as the manual pages of Linux write it: "[.count]",
 * "[*.length]", "[(.max + 1) / 2]". C has no such thing. */
static bool at_manual_length(struct parser *p)
{
    enum token_kind kind = p->tok.kind;
    return kind == TOK_DOT ||
           ((kind == TOK_STAR || kind == TOK_LPAREN) && cdecl__peek(p)->kind == TOK_DOT);
}

/* [ "*" | "(" ] "." name { token }; the parameter is a pointer. */
OUT_OF_LINE static void manual_length(struct parser *p)
{
    while (p->tok.kind != TOK_RBRACKET && p->tok.kind != TOK_EOF) {
        if (p->tok.kind == TOK_LPAREN || p->tok.kind == TOK_LBRACKET)
            cdecl__skip_parens(p);
        else
            cdecl__advance(p);
    }
}

/* length = [ "static" ] qualifiers [ "static" ] [ "*" | "?" | expression ] "]" [6.7.6.2] */
static void array_length(struct parser *p, struct derived *d, struct attrs *attrs, bool parameter)
{
    bool present = cdecl__accept(p, TOK_STATIC);
    d->quals = qualifiers(p, attrs);
    present |= cdecl__accept(p, TOK_STATIC);
    d->parameter = present || d->quals != 0;
    if (present && parameter) /* has elements, hence is not NULL [6.7.6.3p7] */
        cdecl__attributes_add(p->state, attrs, CDECL_ATTR_NONNULL, "nonnull");
    d->count = CDECL_COUNT_UNKNOWN;
    if (cdecl__accept(p, TOK_RBRACKET))
        return;
    d->count = CDECL_COUNT_VLA;
    bool star = p->tok.kind == TOK_STAR && cdecl__peek(p)->kind == TOK_RBRACKET;
    if (star && !parameter)
        cdecl__fail_token(p, &p->tok, "'[*]' is for parameters");
    if (p->tok.kind == TOK_QUESTION || star) {
        cdecl__advance(p);
    } else if (parameter && at_manual_length(p)) {
        manual_length(p);
    } else {
        struct place at = cdecl__here(p);
        struct cdecl_value length = cdecl__whole(p, cdecl__conditional(p));
        if (length.kind == CDECL_VALUE_INT && cdecl__is_integer(length.type)) {
            d->count = length.u;
            if (cdecl__promote(p->state, length.type)->is_signed && (int64_t)length.u < 0)
                cdecl__fail_at(p, &at, "array length %lld is negative", (long long)length.u);
            if (length.u > CDECL_MAX_SIZE)
                cdecl__fail_at(p, &at, "size of array is too large");
        } else if (!parameter) {
            cdecl__fail_at(
                p, &at, "array length is not an integer constant%s",
                cdecl__is_whole(&length) ? " (of a Lua float: math.tointeger makes it one)" : "");
        }
    }
    cdecl__expect(p, TOK_RBRACKET, "to close the array length");
}

/* parameter = specifiers [ declarator ] attributes */
static struct param_node *parameter(struct parser *p)
{
    struct specs specs;
    struct declarator d;
    struct place start = cdecl__here(p);
    cdecl__specifiers(p, &specs);
    if (specs.storage != STORAGE_NONE && specs.storage != STORAGE_OTHER)
        cdecl__fail_at(p, &start, "a parameter cannot have a storage class");
    struct place at = cdecl__here(p);
    cdecl__declarator(p, &specs, NAME_PARAMETER, &d);
    if (d.type->kind == CDECL_VOID && (d.name != NULL || p->tok.kind != TOK_RPAREN))
        cdecl__fail_at(p, &at, "parameter has type 'void'");
    struct param_node *node = SCRATCH(p->state, struct param_node);
    node->type = cdecl__unqualified(p->state, cdecl__decay(p->state, d.type));
    node->name = d.name;
    node->base = specs.base;
    node->params = d.params;
    node->attrs = d.attrs.kept;
    node->notes = d.attrs.notes;
    node->count = d.type->kind == CDECL_ARRAY ? d.type->count : d.count;
    if (node->count >= CDECL_COUNT_VLA)
        node->count = 0;
    return node;
}

/* No two parameters have one name [6.7.6.3p4, 6.7p3]. */
static void check_names(struct parser *p, const struct derived *d)
{
    struct name_set set;
    bool few = d->nparams <= 8;
    if (!few)
        set = cdecl__name_set(p->state, d->nparams);
    for (const struct param_node *node = d->params; node != NULL; node = node->next) {
        const struct param_node *same = d->params;
        while (few && same != node && same->name != node->name)
            same = same->next;
        if (node->name != NULL && (few ? same != node : !cdecl__add_name(&set, node->name->text)))
            cdecl__fail(p->state, "two parameters are named '%s'", node->name->text);
    }
}

/* C++ alone has these. */
COLD static void refuse_reference(const struct parser *p)
{
    if (p->tok.kind == TOK_AMP || p->tok.kind == TOK_ANDAND)
        cdecl__fail_token(p, &p->tok, "a reference is C++: what C has for it is a pointer, '*'");
}

COLD static void refuse_default(const struct parser *p)
{
    if (p->tok.kind == TOK_ASSIGN)
        cdecl__fail_token(p, &p->tok,
                          "a default argument is C++: leave out '=' and what follows it");
}

/* parameters = [ "void" | parameter { "," parameter } [ "," "..." ] | "..." ] ")" [6.7.6.3] */
static void parameters(struct parser *p, struct derived *d)
{
    struct param_node **tail = &d->params, *outer = p->prototype;
    d->no_proto = p->tok.kind == TOK_RPAREN;
    p->prototype = NULL;
    while (p->tok.kind != TOK_RPAREN) {
        if (cdecl__accept(p, TOK_ELLIPSIS)) {
            d->variadic = true;
            break;
        }
        struct param_node *node = parameter(p);
        if (node->type->kind == CDECL_VOID && d->nparams == 0 && p->tok.kind == TOK_RPAREN)
            break; /* (void) */
        if (node->type->kind == CDECL_VOID)
            cdecl__fail_token(p, &p->tok, "parameter has type 'void'");
        if (++d->nparams > CDECL_MAX_PARAMS)
            cdecl__fail_token(p, &p->tok, "more than %d parameters", CDECL_MAX_PARAMS);
        *tail = node;
        tail = &node->next;
        p->prototype = d->params;
        if (!cdecl__accept(p, TOK_COMMA))
            break;
        if (p->tok.kind == TOK_RPAREN)
            cdecl__expected(p, "a parameter");
    }
    p->prototype = outer;
    if (d->nparams > 1 && !(p->source->flags & CDECL_KEEP_FIRST))
        check_names(p, d);
    if (p->tok.kind != TOK_RPAREN) {
        refuse_reference(p);
        refuse_default(p);
    }
    cdecl__expect(p, TOK_RPAREN, "to close the parameter list");
}

/* The '(' just read begins a nested declarator, not parameters. */
static bool nests(struct parser *p, enum naming naming)
{
    if (naming == NAME_REQUIRED)
        return true;
    if (p->tok.kind == TOK_RPAREN || p->tok.kind == TOK_ELLIPSIS)
        return false;
    if (p->tok.kind == TOK_LATTR)
        return false;
    return cdecl__at_attribute(p) || !cdecl__starts_type(p);
}

static void suffix(struct parser *p, struct derived_list *list, struct attrs *attrs,
                   enum derivation kind, enum naming naming)
{
    struct derived *d = new_derived(p, kind);
    if (kind == DERIVE_ARRAY)
        array_length(p, d, attrs, naming == NAME_PARAMETER || p->prototype != NULL);
    else
        parameters(p, d);
    d->next = list->first; /* a[2][3] is 2 of 3: the later one is applied first */
    if (list->first == NULL)
        list->tail = &d->next;
    list->first = d;
}

/* suffixes = { "[" length | "(" parameters } */
static void suffixes(struct parser *p, struct derived_list *list, struct attrs *attrs,
                     enum naming naming)
{
    for (;;) {
        if (cdecl__accept(p, TOK_LBRACKET))
            suffix(p, list, attrs, DERIVE_ARRAY, naming);
        else if (cdecl__accept(p, TOK_LPAREN))
            suffix(p, list, attrs, DERIVE_FUNCTION, naming);
        else
            return;
    }
}

static void take_name(struct parser *p, struct declarator *result, enum naming naming)
{
    result->at = cdecl__here(p);
    if (p->tok.kind == TOK_IDENT && naming != NAME_NONE) {
        result->name = p->tok.name;
        cdecl__advance(p);
        cdecl__attributes(p, &result->attrs);
    } else if (naming == NAME_REQUIRED) {
        refuse_reference(p);
        cdecl__expected(p, "a name");
    }
}

static void collect(struct parser *p, enum naming naming, struct declarator *result,
                    struct derived_list *list);

/* At the '(' of a nested declarator, or of an abstract function's parameters. */
static void parenthesis(struct parser *p, enum naming naming, struct declarator *result,
                        struct derived_list *tail, struct derived_list *inner)
{
    cdecl__advance(p);
    if (nests(p, naming)) {
        collect(p, naming, result, inner);
        cdecl__expect(p, TOK_RPAREN, "to close the declarator");
    } else {
        result->at = cdecl__here(p);
        suffix(p, tail, &result->attrs, DERIVE_FUNCTION, naming);
    }
}

/* What follows the pointers: ( name | "(" declarator ")" | nothing ) suffixes */
OUT_OF_LINE static void direct(struct parser *p, enum naming naming, struct declarator *result,
                               struct derived_list *list)
{
    struct derived_list inner = {NULL, &inner.first}, tail = {NULL, &tail.first};
    cdecl__enter(p);
    if (p->tok.kind == TOK_LPAREN)
        parenthesis(p, naming, result, &tail, &inner);
    else
        take_name(p, result, naming);
    suffixes(p, &tail, &result->attrs, naming);
    if (tail.first != NULL) {
        *list->tail = tail.first;
        list->tail = tail.tail;
    }
    if (inner.first != NULL) {
        *list->tail = inner.first;
        list->tail = inner.tail;
    }
    cdecl__leave(p);
}

/* declarator = { ( "*" | "^" ) qualifiers } ( name | "(" declarator ")" | nothing ) suffixes
 * [6.7.6]. "^": a pointer to one of clang's blocks. */
static void collect(struct parser *p, enum naming naming, struct declarator *result,
                    struct derived_list *list)
{
    cdecl__attributes(p, &result->attrs);
    while (p->tok.kind == TOK_STAR || p->tok.kind == TOK_CARET) {
        bool block = p->tok.kind == TOK_CARET;
        struct derived *d = new_derived(p, block ? DERIVE_BLOCK : DERIVE_POINTER);
        cdecl__advance(p);
        d->quals = qualifiers(p, &result->attrs);
        append(list, d);
    }
    direct(p, naming, result, list);
}

/* ---- phase two: folding ---- */

static const struct cdecl_type *fold_function(struct parser *p, const struct cdecl_type *type,
                                              const struct derived *d)
{
    const struct cdecl_type **types = NULL;
    if (type->kind == CDECL_FUNCTION || type->kind == CDECL_ARRAY)
        cdecl__fail_at(p, &d->at, "a function cannot return '%s'",
                       cdecl__type_text(p->state, type));
    if (d->nparams > 0)
        types = cdecl__scratch(p->state, d->nparams * sizeof *types, _Alignof(void *));
    uint32_t i = 0;
    for (const struct param_node *node = d->params; node != NULL; node = node->next)
        types[i++] = node->type;
    return cdecl__function(p->state, cdecl__unqualified(p->state, type), types, d->nparams,
                           d->variadic, d->no_proto, CDECL_USABLE);
}

static const struct cdecl_type *fold_one(struct parser *p, const struct cdecl_type *type,
                                         const struct derived *d, bool parameter)
{
    struct cdecl_state *s = p->state;
    bool decays = parameter && d->next == NULL;
    if (d->kind == DERIVE_FUNCTION)
        return fold_function(p, type, d);
    if (d->kind == DERIVE_BLOCK && type->kind != CDECL_FUNCTION)
        cdecl__fail_at(p, &d->at, "a block cannot be of type '%s'", cdecl__type_text(s, type));
    if (d->kind == DERIVE_BLOCK) /* an object of its runtime, no function */
        type = s->basic[CDECL_PRIM_VOID];
    if (d->kind == DERIVE_POINTER || d->kind == DERIVE_BLOCK || decays)
        return cdecl__qualify(s, cdecl__pointer(s, type), d->quals);
    if (d->parameter)
        cdecl__fail_at(p, &d->at, "qualifiers and 'static' in '[]' are for parameters");
    cdecl__complete_known(s, type->unqual);
    return cdecl__array(s, type, d->count);
}

/* The pointers before everything else need no list: they are the first to be applied. */
static const struct cdecl_type *pointers(struct parser *p, const struct cdecl_type *type,
                                         struct attrs *attrs)
{
    while (p->tok.kind == TOK_STAR) {
        struct place at = cdecl__here(p);
        cdecl__advance(p);
        unsigned quals = qualifiers(p, attrs);
        p->culprit = &at;
        type = cdecl__pointer(p->state, type);
        if (quals != 0)
            type = cdecl__qualify(p->state, type, quals);
        p->culprit = NULL;
    }
    return type;
}

OUT_OF_LINE static void fold(struct parser *p, enum naming naming, struct declarator *result,
                             const struct derived *first)
{
    const struct derived *last = NULL;
    result->params = NULL;
    for (const struct derived *d = first; d != NULL; d = d->next) {
        p->culprit = &d->at;
        result->type = fold_one(p, result->type, d, naming == NAME_PARAMETER);
        last = d;
        if (d->kind == DERIVE_ARRAY && naming == NAME_PARAMETER && d->next == NULL)
            result->count = d->count;
        if (d->kind == DERIVE_FUNCTION || d->kind == DERIVE_BLOCK) /* a block hides its function */
            result->params = d->params;
    }
    p->culprit = NULL;
    result->is_function = last->kind == DERIVE_FUNCTION;
}

/* Nothing but a name with the end of the declarator right after it: most declarators. */
static bool plain_name(struct parser *p, enum naming naming, struct declarator *result)
{
    char after = cdecl__byte_after(p);
    if (p->tok.kind != TOK_IDENT || naming == NAME_NONE ||
        (after != ';' && after != ',' && after != ')'))
        return false;
    result->at = cdecl__here(p);
    result->name = p->tok.name;
    cdecl__advance(p);
    return true;
}

void cdecl__declarator(struct parser *p, const struct specs *specs, enum naming naming,
                       struct declarator *result)
{
    struct derived_list list = {NULL, &list.first};
    result->name = NULL; /* field by field: zeroing all of it costs more than the rest here */
    result->params = NULL;
    result->is_function = false;
    result->count = 0;
    result->attrs = (struct attrs){0};
    cdecl__attributes(p, &result->attrs);
    result->type = pointers(p, specs->type, &result->attrs);
    if (!plain_name(p, naming, result)) {
        direct(p, naming, result, &list);
        if (list.first != NULL)
            fold(p, naming, result, list.first);
        while (p->tok.kind == TOK_ASM || cdecl__at_attribute(p)) {
            if (p->tok.kind == TOK_ASM)
                cdecl__asm_label(p, &result->attrs);
            else
                cdecl__attributes(p, &result->attrs);
        }
    }
    cdecl__attributes_unite(p->state, &result->attrs, &specs->attrs);
    result->type = cdecl__attributes_apply(p, result->type, &result->attrs);
    if (RARELY(p->notes != NULL))
        cdecl__note_declarator(p, result, naming == NAME_PARAMETER,
                               specs->storage == STORAGE_TYPEDEF);
}
