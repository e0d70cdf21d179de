/* Declarations: declarator lists, initialisers, function bodies (skipped), static assertions, and
 * what a declared name comes to mean. Depends on every other parsing file. Published declarations
 * belong to the state's arena. */
#include <string.h>
#include "internal.h"

/* ---- what a name comes to mean ---- */

struct cdecl_decl cdecl__new_decl(const struct parser *p, enum cdecl_decl_kind kind,
                                  const struct place *at, const struct cdecl_type *type)
{
    return (struct cdecl_decl){.kind = (uint8_t)kind,
                               .line = at->line,
                               .file = p->lex.file,
                               .name = at->name->text,
                               .type = type};
}

struct decl_text {
    char text[200];
};

static struct decl_text decl_text(const struct cdecl_decl *decl)
{
    struct decl_text result;
    size_t needed = cdecl_print_decl(decl, result.text, sizeof result.text);
    if (needed >= sizeof result.text)
        memcpy(result.text + sizeof result.text - 4, "...", 4);
    return result;
}

COLD _Noreturn static void fail_conflict(struct parser *p, const struct place *at,
                                    const struct cdecl_decl *old, const struct cdecl_decl *decl)
{
    cdecl__fail_at(p, at, "'%s' redeclared as '%s', was '%s'", decl->name, decl_text(decl).text,
                   decl_text(old).text);
}

void cdecl__set_value(struct cdecl_state *state, struct cdecl_decl *decl,
                      const struct cdecl_value *value)
{
    decl->u = value->u;
    decl->value = NULL;
    if (value->kind == CDECL_VALUE_INT && value->type == cdecl__plain(decl->type))
        return;
    struct cdecl_value *copy = NEW(state, struct cdecl_value);
    *copy = *value;
    decl->value = copy;
}

bool cdecl__same_value(const struct cdecl_decl *a, const struct cdecl_decl *b)
{
    struct cdecl_value x = cdecl_value_of(a), y = cdecl_value_of(b);
    if (x.kind != y.kind)
        return false;
    if (x.kind == CDECL_VALUE_FLOAT)
        return x.f == y.f || (x.f != x.f && y.f != y.f);
    if (x.kind == CDECL_VALUE_STRING)
        return x.size == y.size && memcmp(x.s, y.s, x.size) == 0;
    return x.u == y.u;
}

static const struct cdecl_decl *publish(struct parser *p, const struct place *at,
                                        const struct cdecl_decl *decl)
{
    struct cdecl_decl *copy = NEW(p->state, struct cdecl_decl);
    *copy = *decl;
    cdecl__bind(p->state, at->name, copy);
    return copy;
}

static bool has_attr(const struct cdecl_attr *list, const struct cdecl_attr *attr)
{
    for (; list != NULL; list = list->next) {
        bool same_text = list->text == attr->text || (list->text != NULL && attr->text != NULL &&
                                                      strcmp(list->text, attr->text) == 0);
        if (list->id == attr->id && list->name == attr->name && same_text &&
            list->nints == attr->nints &&
            (attr->nints == 0 ||
             memcmp(list->ints, attr->ints, attr->nints * sizeof *attr->ints) == 0))
            return true;
    }
    return false;
}

/* The attributes of two declarations of one name, without repetitions. */
static const struct cdecl_attr *unite(struct cdecl_state *state, const struct cdecl_attr *old,
                                      const struct cdecl_attr *fresh)
{
    unsigned count = 0;
    for (const struct cdecl_attr *attr = old; attr != NULL && fresh != NULL; attr = attr->next)
        count++;
    for (; fresh != NULL; fresh = fresh->next) {
        if (has_attr(old, fresh))
            continue;
        if (++count > CDECL_MAX_ATTRIBUTES)
            cdecl__fail(state, "more than %d attributes", CDECL_MAX_ATTRIBUTES);
        struct cdecl_attr *copy = NEW(state, struct cdecl_attr);
        *copy = *fresh;
        copy->next = old;
        old = copy;
    }
    return old;
}

static const char not_exported[] = "it is static, so no library exports it";

/* clang's overloadable functions: none of them can be used. */
static bool are_overloads(const struct cdecl_decl *a, const struct cdecl_decl *b)
{
    return a->unsupported != NULL && a->unsupported != not_exported &&
           a->unsupported == b->unsupported;
}

/* A compatible re-declaration: composite type, united attributes (docs/design.md, S9). */
static const struct cdecl_decl *merge(struct parser *p, const struct place *at,
                                      const struct cdecl_decl *old, const struct cdecl_decl *decl)
{
    struct cdecl_decl merged = *old;
    merged.type = cdecl__composite(p->state, old->type, decl->type);
    if (merged.type == NULL && are_overloads(old, decl))
        return old;
    if (merged.type == NULL)
        fail_conflict(p, at, old, decl);
    merged.attrs = unite(p->state, old->attrs, decl->attrs);
    if (merged.symbol == old->name)
        merged.symbol = decl->symbol;
    if (merged.params == NULL || merged.type->nparams != old->type->nparams)
        merged.params = decl->params;
    if (merged.unsupported == NULL)
        merged.unsupported = decl->unsupported;
    if (merged.type == old->type && merged.attrs == old->attrs && merged.symbol == old->symbol &&
        merged.params == old->params && merged.unsupported == old->unsupported)
        return old;
    return publish(p, at, &merged);
}

/* Appends to the list of a text whose declarations get no meaning. */
static const struct cdecl_decl *list_unbound(struct parser *p, const struct cdecl_decl *decl)
{
    struct cdecl_decl *copy = NEW(p->state, struct cdecl_decl);
    *copy = *decl;
    copy->next = NULL;
    if (p->unbound == NULL)
        p->unbound = copy;
    else
        p->last_unbound->next = copy;
    p->last_unbound = copy;
    return copy;
}

const struct cdecl_decl *cdecl__declare(struct parser *p, const struct place *at,
                                        const struct cdecl_decl *decl)
{
    const struct cdecl_decl *old = at->name->decl;
    if (p->source->flags & CDECL_UNBOUND)
        return list_unbound(p, decl);
    if (old == NULL)
        return publish(p, at, decl);
    bool predeclared = old->line == 0;
    if (predeclared && (old->kind != decl->kind || old->type != decl->type))
        return publish(p, at, decl);
    if (p->source->flags & CDECL_OVERRIDE && !predeclared)
        return publish(p, at, decl);
    if (p->source->flags & CDECL_KEEP_FIRST && decl->kind != CDECL_DECL_CONSTANT)
        return old;
    if (old->kind != decl->kind)
        fail_conflict(p, at, old, decl);
    if (decl->kind != CDECL_DECL_CONSTANT)
        return merge(p, at, old, decl);
    if (!cdecl__same_value(old, decl))
        fail_conflict(p, at, old, decl);
    return old;
}

/* ---- declarations [6.7, 6.9] ---- */

/* static-assert = { "__extension__" } ( "_Static_assert" | "static_assert" ) ...: past the keyword.
 */
bool cdecl__read_static_assert(struct parser *p)
{
    while (p->tok.kind == TOK_EXTENSION) {
        const struct token *next = cdecl__peek(p);
        if (next->kind != TOK_EXTENSION && next->kind != TOK_STATIC_ASSERT &&
            !cdecl__is_soft(next, TOK_SOFT_STATIC_ASSERT))
            return false;
        cdecl__advance(p);
    }
    bool soft = cdecl__is_soft(&p->tok, TOK_SOFT_STATIC_ASSERT);
    if (p->tok.kind != TOK_STATIC_ASSERT && !(soft && cdecl__peek(p)->kind == TOK_LPAREN))
        return false;
    cdecl__advance(p);
    return true;
}

/* "(" constant-expression [ "," string ] ")" ";" [6.7.10] */
void cdecl__static_assert(struct parser *p)
{
    cdecl__expect(p, TOK_LPAREN, "after '_Static_assert'");
    struct place at = cdecl__here(p);
    struct cdecl_value value = cdecl__integer(p, "static assertion");
    struct cdecl_value message = {.kind = CDECL_VALUE_NONE};
    if (cdecl__accept(p, TOK_COMMA)) {
        if (p->tok.kind != TOK_STRING)
            cdecl__expected(p, "a string");
        message = cdecl__strings(p);
    }
    cdecl__expect(p, TOK_RPAREN, "to close '_Static_assert'");
    if (value.u == 0 && message.kind == CDECL_VALUE_STRING)
        cdecl__fail_at(p, &at, "static assertion failed: %s", message.s);
    if (value.u == 0)
        cdecl__fail_at(p, &at, "static assertion failed");
    if (p->tok.kind != TOK_EOF)
        cdecl__expect(p, TOK_SEMICOLON, "after '_Static_assert'");
}

/* At '{': through the matching '}'. Nothing in it is looked at but brackets. */
static void skip_body(struct parser *p)
{
    struct place open = cdecl__here(p);
    size_t depth = 0;
    p->lex.skipping = true;
    do {
        if (p->tok.kind == TOK_LBRACE)
            depth++;
        else if (p->tok.kind == TOK_RBRACE && --depth == 0)
            break;
        else if (p->tok.kind == TOK_EOF)
            cdecl__fail_at(p, &open, "'{' is never closed");
        cdecl__advance(p);
    } while (depth > 0);
    p->lex.skipping = false;
    cdecl__advance(p);
}

struct cdecl_value cdecl__initialiser(struct parser *p)
{
    if (p->tok.kind != TOK_LBRACE)
        return cdecl__expression(p);
    cdecl__skip_parens(p);
    return (struct cdecl_value){.kind = CDECL_VALUE_NONE};
}

/* Parameter names and attributes, NULL when there is nothing to tell. */
static const struct cdecl_param *copy_params(struct cdecl_state *state,
                                             const struct param_node *node, uint32_t count)
{
    bool any = false;
    for (const struct param_node *n = node; n != NULL; n = n->next)
        any |= n->name != NULL || n->attrs != NULL;
    if (!any || count == 0)
        return NULL;
    struct cdecl_param *params = NEW_ARRAY(state, struct cdecl_param, count);
    for (uint32_t i = 0; i < count; i++, node = node->next) {
        params[i].name = node->name == NULL ? NULL : node->name->text;
        params[i].attrs = node->attrs;
    }
    return params;
}

static void declare_typedef(struct parser *p, struct declarator *d)
{
    const struct cdecl_type *type = d->type;
    struct cdecl_tag *tag = type->tag;
    if (d->attrs.alignment != 0)
        type = cdecl__align(p->state, type, d->attrs.alignment);
    if (d->attrs.transparent && type->kind == CDECL_UNION && !tag->transparent) {
        SAVE(p->state, tag->transparent);
        tag->transparent = true;
    }
    struct cdecl_decl decl = cdecl__new_decl(p, CDECL_DECL_TYPEDEF, &d->at, type);
    decl.symbol = decl.name;
    decl.attrs = d->attrs.kept;
    decl.unsupported = d->attrs.unsupported;
    if (type->kind == CDECL_FUNCTION)
        decl.params = copy_params(p->state, d->params, type->nparams);
    const struct cdecl_decl *meant = cdecl__declare(p, &d->at, &decl);
    if (tag != NULL && tag->name == NULL && tag->typedef_name == NULL && type->quals == 0 &&
        meant->type == type) {
        SAVE(p->state, tag->typedef_name);
        SAVE(p->state, tag->typedef_align);
        tag->typedef_name = decl.name;
        tag->typedef_align = type->align;
    }
}

static bool has_kind(const struct cdecl_attr *list, enum cdecl_attr_id id)
{
    while (list != NULL && list->id != id)
        list = list->next;
    return list != NULL;
}

static void declare_function(struct parser *p, const struct specs *specs, struct declarator *d)
{
    struct cdecl_decl decl = cdecl__new_decl(p, CDECL_DECL_FUNCTION, &d->at, d->type);
    if (d->attrs.noreturn && !has_kind(d->attrs.kept, CDECL_ATTR_NORETURN))
        cdecl__attributes_add(p->state, &d->attrs, CDECL_ATTR_NORETURN, "noreturn");
    decl.symbol = d->attrs.symbol == NULL ? decl.name : d->attrs.symbol;
    decl.attrs = d->attrs.kept;
    decl.params = copy_params(p->state, d->params, d->type->nparams);
    decl.unsupported = d->attrs.unsupported;
    if (decl.unsupported == NULL && specs->storage == STORAGE_STATIC)
        decl.unsupported = not_exported;
    cdecl__declare(p, &d->at, &decl);
}

/* A const object with a constant initialiser. */
static bool declare_constant(struct parser *p, struct declarator *d, struct cdecl_value *value)
{
    struct cdecl_decl decl = cdecl__new_decl(p, CDECL_DECL_CONSTANT, &d->at, d->type);
    bool is_string = value->kind == CDECL_VALUE_STRING;
    if (is_string && d->type->kind == CDECL_ARRAY)
        decl.type = value->type;
    else if (is_string && d->type->kind != CDECL_POINTER)
        return false;
    else if (!is_string && !cdecl__is_arithmetic(d->type))
        return false;
    if (!is_string)
        cdecl__convert(p, value, cdecl__plain(d->type));
    cdecl__set_value(p->state, &decl, value);
    decl.attrs = d->attrs.kept;
    cdecl__declare(p, &d->at, &decl);
    return true;
}

static void declare_variable(struct parser *p, const struct specs *specs, struct declarator *d)
{
    struct cdecl_value value = {.kind = CDECL_VALUE_NONE};
    const struct cdecl_type *object = d->type->kind == CDECL_ARRAY ? d->type->target : d->type;
    bool constant = object->quals & CDECL_CONST || specs->is_constexpr;
    if (cdecl__accept(p, TOK_ASSIGN)) {
        p->unevaluated += !constant;
        value = cdecl__initialiser(p);
        p->unevaluated -= !constant;
        constant |= value.kind == CDECL_VALUE_STRING && specs->storage == STORAGE_STATIC;
    }
    if (constant && value.kind != CDECL_VALUE_NONE && declare_constant(p, d, &value))
        return;
    if (d->type->kind == CDECL_VOID)
        cdecl__fail_at(p, &d->at, "variable '%s' has type 'void'", d->name->text);
    struct cdecl_decl decl = cdecl__new_decl(p, CDECL_DECL_VARIABLE, &d->at, d->type);
    decl.thread_local = specs->thread_local;
    decl.symbol = d->attrs.symbol == NULL ? decl.name : d->attrs.symbol;
    decl.attrs = d->attrs.kept;
    decl.unsupported = d->attrs.unsupported;
    if (specs->storage == STORAGE_STATIC)
        decl.unsupported = not_exported;
    cdecl__declare(p, &d->at, &decl);
}

static void declare(struct parser *p, const struct specs *specs, struct declarator *d)
{
    if (specs->storage == STORAGE_TYPEDEF)
        declare_typedef(p, d);
    else if (d->type->kind == CDECL_FUNCTION)
        declare_function(p, specs, d);
    else
        declare_variable(p, specs, d);
}

/* True after a function body. */
static bool init_declarator(struct parser *p, const struct specs *specs)
{
    struct declarator d;
    cdecl__declarator(p, specs, NAME_REQUIRED, &d);
    declare(p, specs, &d);
    if (!d.is_function || p->tok.kind != TOK_LBRACE)
        return false;
    skip_body(p);
    return true;
}

/* Attributes before a declarator are its alone. */
OUT_OF_LINE static bool attributed_declarator(struct parser *p, struct specs specs)
{
    cdecl__attributes(p, &specs.attrs);
    return init_declarator(p, &specs);
}

/* init-declarators = declarator [ "=" initialiser ] { "," ... } ; true after a function body. */
static bool init_declarators(struct parser *p, const struct specs *specs)
{
    do {
        bool ended = RARELY(cdecl__at_attribute(p)) ? attributed_declarator(p, *specs)
                                                    : init_declarator(p, specs);
        if (ended)
            return true;
    } while (cdecl__accept(p, TOK_COMMA));
    return false;
}

static void end_declaration(struct parser *p)
{
    if (p->tok.kind == TOK_EOF)
        return; /* the last one may go without, as in LuaJIT */
    if (p->tok.kind == TOK_SEMICOLON)
        cdecl__advance(p);
    else
        cdecl__expected(p, "';' after a declaration");
}

/* declaration = [ attributes ] ( ";" | specifiers [ init-declarators ] ";" | function-definition )
 */
static void declaration(struct parser *p)
{
    struct specs specs;
    struct attrs before;
    before.any = false;
    if (p->tok.kind == TOK_LATTR) {
        before = (struct attrs){0};
        cdecl__attributes(p, &before);
        if (cdecl__accept(p, TOK_SEMICOLON))
            return; /* "[[fallthrough]];": an attribute declaration (C23) */
    }
    cdecl__specifiers(p, &specs);
    cdecl__attributes_unite(p->state, &specs.attrs, &before);
    if (p->tok.kind == TOK_SEMICOLON || p->tok.kind == TOK_EOF) {
        end_declaration(p);
        return;
    }
    if (!init_declarators(p, &specs))
        end_declaration(p);
}

static void external_declaration(struct parser *p);

/* "extern" string ( declaration | "{" { external-declaration } "}" ) */
static void linkage(struct parser *p)
{
    cdecl__advance(p);
    cdecl__strings(p);
    if (p->tok.kind != TOK_LBRACE) {
        declaration(p);
        return;
    }
    struct place open = cdecl__here(p);
    cdecl__enter(p);
    cdecl__advance(p);
    while (p->tok.kind != TOK_RBRACE) {
        if (p->tok.kind == TOK_EOF)
            cdecl__fail_at(p, &open, "'{' is never closed");
        external_declaration(p);
    }
    cdecl__advance(p);
    cdecl__leave(p);
}

static void one_external_declaration(struct parser *p);

/* With its own scratch memory, so that a long text needs no more of it than a short one. */
static void external_declaration(struct parser *p)
{
    struct arena_mark mark = cdecl__arena_mark(&p->state->scratch);
    one_external_declaration(p);
    if (p->lex.expansion == NULL) /* a macro's expansion may outlast its declaration */
        cdecl__arena_release(&p->state->scratch, mark);
}

/* external-declaration = declaration | static-assert | asm | linkage | ";" [6.9] */
static void one_external_declaration(struct parser *p)
{
    switch (p->tok.kind) {
    case TOK_SEMICOLON: cdecl__advance(p); return;
    case TOK_ASM:
        do
            cdecl__advance(p);
        while (p->tok.kind == TOK_VOLATILE || p->tok.kind == TOK_INLINE);
        if (p->tok.kind != TOK_LPAREN)
            cdecl__expected(p, "'(' after 'asm'");
        cdecl__skip_parens(p);
        end_declaration(p);
        return;
    case TOK_EXTERN:
        if (cdecl__peek(p)->kind == TOK_STRING) {
            linkage(p);
            return;
        }
        break;
    default: break;
    }
    if (cdecl__accept_static_assert(p)) {
        cdecl__static_assert(p);
        return;
    }
    declaration(p);
}

void cdecl__declarations(struct parser *p)
{
    while (p->tok.kind != TOK_EOF)
        external_declaration(p);
}
