/* Declarations: declarator lists, initialisers, function bodies (skipped), static assertions.
 * Depends on every other file of the grammar, and on declare.c for what the names come to mean. */
#include <string.h>
#include "internal.h"

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

static const struct cdecl_param_more *copy_more(struct cdecl_state *state,
                                                const struct param_node *node);

/* What was written of the parameters of the function that `type` is or leads to: names, typedefs,
 * attributes. NULL when there is nothing to tell. */
static const struct cdecl_param *
copy_params(struct cdecl_state *state, const struct param_node *node, const struct cdecl_type *type)
{
    bool any = false;
    for (const struct param_node *n = node; n != NULL; n = n->next)
        any |= n->name != NULL || n->attrs != NULL || n->base != NULL || n->params != NULL ||
               n->count != 0;
    if (!any)
        return NULL;
    const struct cdecl_type *function = cdecl__function_of(type);
    struct cdecl_param *params = NEW_ARRAY(state, struct cdecl_param, function->nparams);
    for (uint32_t i = 0; i < function->nparams; i++, node = node->next) {
        params[i].name = node->name == NULL ? NULL : node->name->text;
        params[i].base = node->base;
        params[i].more = copy_more(state, node);
    }
    return params;
}

static const struct cdecl_param_more *copy_more(struct cdecl_state *state,
                                                const struct param_node *node)
{
    const struct cdecl_param *params = copy_params(state, node->params, node->type);
    if (params == NULL && node->attrs == NULL && node->count == 0)
        return NULL;
    struct cdecl_param_more *more = NEW(state, struct cdecl_param_more);
    *more = (struct cdecl_param_more){params, node->attrs, node->count};
    return more;
}

static void declare_typedef(struct parser *p, const struct specs *specs, struct declarator *d)
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
    decl.refusal = (uint8_t)d->attrs.refusal;
    decl.base = specs->base;
    decl.params = copy_params(p->state, d->params, type);
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
    decl.base = specs->base;
    decl.params = copy_params(p->state, d->params, d->type);
    decl.refusal = (uint8_t)d->attrs.refusal;
    if (decl.refusal == CDECL_USABLE && specs->storage == STORAGE_STATIC)
        decl.refusal = CDECL_NOT_EXPORTED;
    cdecl__declare(p, &d->at, &decl);
}

/* A const object with a constant initialiser. */
static bool declare_constant(struct parser *p, const struct specs *specs, struct declarator *d,
                             struct cdecl_value *value)
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
    decl.base = specs->base;
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
    if (constant && value.kind != CDECL_VALUE_NONE && declare_constant(p, specs, d, &value))
        return;
    if (d->type->kind == CDECL_VOID)
        cdecl__fail_at(p, &d->at, "variable '%s' has type 'void'", d->name->text);
    struct cdecl_decl decl = cdecl__new_decl(p, CDECL_DECL_VARIABLE, &d->at, d->type);
    decl.thread_local = specs->thread_local;
    decl.base = specs->base;
    decl.params = copy_params(p->state, d->params, d->type);
    decl.symbol = d->attrs.symbol == NULL ? decl.name : d->attrs.symbol;
    decl.attrs = d->attrs.kept;
    decl.refusal = (uint8_t)d->attrs.refusal;
    if (specs->storage == STORAGE_STATIC)
        decl.refusal = CDECL_NOT_EXPORTED;
    cdecl__declare(p, &d->at, &decl);
}

static void declare(struct parser *p, const struct specs *specs, struct declarator *d)
{
    if (specs->storage == STORAGE_TYPEDEF)
        declare_typedef(p, specs, d);
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
    if (RARELY(p->notes != NULL))
        cdecl__end_notes(p);
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
