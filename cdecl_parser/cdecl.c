/* The public entry points. Each that can fail runs in a transaction under the library's one setjmp:
 * it commits on success and leaves no trace on failure. Depends on every other file. The state owns
 * everything handed out until cdecl_free(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

/* ---- the protected call ---- */

/* So many names a first miss may take in. */
enum { FEW_NAMES = 250 };

/* Runs `body` as a transaction. NULL when it failed; `error`, if not NULL, then says why. */
static const void *protect(struct cdecl_state *state, struct cdecl_error *error,
                           const void *(*body)(struct cdecl_state *, void *), void *argument)
{
    struct cdecl_error ignored;
    state->error = error == NULL ? &ignored : error;
    cdecl__begin(state);
    if (setjmp(state->jump) != 0) {
        cdecl__rollback(state);
        return NULL;
    }
    const void *result = body(state, argument);
    if (state->ndecls - state->index.count > FEW_NAMES)
        cdecl__index_names(state); /* without memory the list will do */
    cdecl__commit(state);
    return result;
}

/* ---- creating a state ---- */

static void *default_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size != 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

static void intern_words(struct cdecl_state *state)
{
    static const struct {
        const char *word;
        enum token_kind kind;
    } words[] = {
#define KW(id, spelling) {spelling, TOK_##id},
#define ALIAS(id, spelling) {spelling, TOK_##id},
#define SOFT(id, spelling) {spelling, TOK_##id},
#include "tokens.def"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cdecl__intern(state, words[i].word, strlen(words[i].word))->token = (uint8_t)words[i].kind;
    cdecl__intern_attributes(state);
}

static void start_parser(struct parser *p, struct cdecl_state *state,
                         const struct cdecl_source *source)
{
    *p = (struct parser){.state = state, .source = source, .preprocessor = &cdecl__preprocessor};
    cdecl__open_source(p, source);
    p->tok = (struct token){.kind = TOK_EOF, .line = 1, .start = p->lex.text, .at = p->lex.text};
    state->parser = p;
    cdecl__define_all(p, source);
    cdecl__advance(p);
}

static const void *populate(struct cdecl_state *state, void *argument)
{
    struct parser p;
    struct cdecl_source source = {.text = cdecl__predeclared, .size = strlen(cdecl__predeclared)};
    (void)argument;
    cdecl__make_basic(state);
    intern_words(state);
    start_parser(&p, state, &source);
    cdecl__declarations(&p);
    for (const struct cdecl_decl *decl = state->first_decl; decl != NULL; decl = decl->next)
        ((struct cdecl_decl *)(uintptr_t)decl)->line = 0; /* marks it as predeclared */
    for (const struct cdecl_tag *tag = state->first_tag; tag != NULL; tag = tag->next) {
        struct cdecl_tag *ours = (struct cdecl_tag *)(uintptr_t)tag;
        ours->predeclared = true;
        ours->line = 0;
    }
    return state;
}

struct cdecl_state *cdecl_new(const struct cdecl_allocator *allocator)
{
    struct cdecl_allocator memory = {default_resize, NULL};
    if (allocator != NULL)
        memory = *allocator;
    struct cdecl_state *state = memory.resize(memory.user, NULL, 0, sizeof *state);
    if (state == NULL)
        return NULL;
    memset(state, 0, sizeof *state);
    state->allocator = memory;
    state->arena.allocator = state->log.allocator = state->scratch.allocator = &state->allocator;
    /* Room for what every state has, 250 names and 30 types, and for a text of ordinary size. */
    state->names.first_capacity = 1024;
    state->types.first_capacity = 512;
    state->names.hash_at = offsetof(struct name, hash);
    state->types.hash_at = offsetof(struct cdecl_type, hash);
    if (!cdecl__table_reserve(&state->names, &state->allocator) ||
        !cdecl__table_reserve(&state->types, &state->allocator) ||
        protect(state, NULL, populate, NULL) == NULL) {
        cdecl_free(state);
        return NULL;
    }
    return state;
}

void cdecl_free(struct cdecl_state *state)
{
    if (state == NULL)
        return;
    cdecl__arena_free(&state->arena);
    cdecl__arena_free(&state->log);
    cdecl__arena_free(&state->scratch);
    cdecl__table_free(&state->names, &state->allocator);
    cdecl__table_free(&state->types, &state->allocator);
    cdecl__index_free(state);
    struct cdecl_allocator memory = state->allocator;
    memory.resize(memory.user, state, sizeof *state, 0);
}

size_t cdecl_memory(const struct cdecl_state *state)
{
    return cdecl__arena_used(&state->arena);
}

size_t cdecl_macros_replaced(const struct cdecl_state *state)
{
    return state->macros_replaced;
}

/* ---- reading texts ---- */

static void end_parser(struct parser *p)
{
    if (p->notes != NULL)
        cdecl__end_notes(p);
    cdecl__mean_as_before(p);
    if (p->next_arg < p->source->nargs) {
        p->surplus = (uint32_t)p->next_arg + 1;
        cdecl__fail_token(p, &p->tok, "%zu arguments for %zu '$'", p->source->nargs, p->next_arg);
    }
}

static const void *read_declarations(struct cdecl_state *state, void *argument)
{
    struct parser p;
    start_parser(&p, state, argument);
    cdecl__declarations(&p);
    end_parser(&p);
    return state;
}

bool cdecl_parse(struct cdecl_state *state, const struct cdecl_source *source,
                 struct cdecl_error *error)
{
    return protect(state, error, read_declarations, (void *)(uintptr_t)source) != NULL;
}

static const void *read_unbound(struct cdecl_state *state, void *argument)
{
    struct parser p;
    struct cdecl_source source = *(const struct cdecl_source *)argument;
    source.flags |= CDECL_UNBOUND;
    start_parser(&p, state, &source);
    cdecl__declarations(&p);
    end_parser(&p);
    if (p.unbound == NULL)
        cdecl__fail_token(&p, &p.tok, "the text declares nothing");
    return p.unbound;
}

const struct cdecl_decl *cdecl_parse_unbound(struct cdecl_state *state,
                                             const struct cdecl_source *source,
                                             struct cdecl_error *error)
{
    return protect(state, error, read_unbound, (void *)(uintptr_t)source);
}

static const void *read_type(struct cdecl_state *state, void *argument)
{
    struct parser p;
    struct cdecl_source source = *(const struct cdecl_source *)argument;
    source.flags |= CDECL_SINGLE_TYPE;
    start_parser(&p, state, &source);
    const struct cdecl_type *type = cdecl__type_name(&p);
    if (p.tok.kind != TOK_EOF)
        cdecl__expected(&p, "the end of the type name");
    end_parser(&p);
    return type;
}

const struct cdecl_type *cdecl_parse_type(struct cdecl_state *state,
                                          const struct cdecl_source *source,
                                          struct cdecl_error *error)
{
    return protect(state, error, read_type, (void *)(uintptr_t)source);
}

struct evaluation {
    const struct cdecl_source *source;
    struct name_extra *macro;        /* whose text it is, NULL when it is none */
    const struct cdecl_decl *called; /* likewise */
    struct cdecl_value value;
};

static const void *evaluate(struct cdecl_state *state, void *argument)
{
    struct evaluation *e = argument;
    struct parser p;
    struct cdecl_source source = *e->source;
    source.flags |= CDECL_SINGLE_TYPE;
    if (e->called != NULL && e->called->parameters != NULL)
        cdecl__fail(state, "it takes arguments, '%s%s'; write what it stands for, '%s'",
                    e->called->name, e->called->parameters, e->called->text);
    if (e->macro != NULL)
        e->macro->expanding = state->epoch;
    start_parser(&p, state, &source);
    e->value = cdecl__full_expression(&p);
    if (p.tok.kind != TOK_EOF)
        cdecl__expected(&p, "the end of the expression");
    if (e->value.kind == CDECL_VALUE_NONE)
        cdecl__fail(state, "the expression is not a constant");
    end_parser(&p);
    if (e->macro != NULL)
        e->macro->expanding = 0;
    return state;
}

bool cdecl_eval(struct cdecl_state *state, const struct cdecl_source *source,
                struct cdecl_value *value, struct cdecl_error *error)
{
    struct evaluation e = {.source = source};
    if (protect(state, error, evaluate, &e) == NULL)
        return false;
    *value = e.value;
    return true;
}

bool cdecl_macro_value(struct cdecl_state *state, const struct cdecl_decl *macro,
                       struct cdecl_value *value, struct cdecl_error *error)
{
    struct cdecl_source source = {
        .text = macro->text, .size = strlen(macro->text), .name = macro->name};
    struct evaluation e = {
        .source = &source, .macro = cdecl__name_of(macro->name)->extra, .called = macro};
    if (protect(state, error, evaluate, &e) == NULL)
        return false;
    *value = e.value;
    return true;
}

/* ---- attributes after the fact ---- */

struct remarks {
    const struct cdecl_decl *decl;
    const struct cdecl_remark *remark;
    size_t count;
    size_t *which;
};

/* The function type with what one text adds: notes = note { "," note } */
static const struct cdecl_type *add_remark(struct cdecl_state *state, const struct cdecl_decl *decl,
                                           const struct cdecl_type *type,
                                           const struct cdecl_remark *remark)
{
    struct parser p;
    struct attrs attrs = {0};
    struct cdecl_source source = {.text = remark->text, .size = remark->size};
    struct note_link **notes =
        cdecl__scratch(state, (type->nparams + 1) * sizeof *notes, _Alignof(struct note_link *));
    start_parser(&p, state, &source);
    do
        cdecl__read_note(&p, &attrs);
    while (cdecl__accept(&p, TOK_COMMA));
    if (p.tok.kind != TOK_EOF)
        cdecl__expected(&p, "',' or the end of the attributes");
    notes[remark->param] = attrs.notes;
    type = cdecl__annotate(&p, type, decl->params, notes, NOTES_IN_PART);
    cdecl__mean_as_before(&p);
    state->parser = NULL;
    return type;
}

static const void *add_remarks(struct cdecl_state *state, void *argument)
{
    const struct remarks *remarks = argument;
    const struct cdecl_type *type = remarks->decl->type;
    struct parser p = {.state = state};
    struct cdecl_decl *decl = NEW(state, struct cdecl_decl);
    for (size_t i = 0; i < remarks->count; i++) {
        *remarks->which = i;
        type = add_remark(state, remarks->decl, type, &remarks->remark[i]);
    }
    *remarks->which = remarks->count;
    struct note_link **none =
        cdecl__scratch(state, (type->nparams + 1) * sizeof *none, _Alignof(struct note_link *));
    *decl = *remarks->decl;
    decl->type = cdecl__annotate(&p, type, decl->params, none, NOTES_OF_FUNCTION);
    cdecl__bind(state, cdecl__name_of(decl->name), decl);
    return decl;
}

const struct cdecl_decl *cdecl_annotate(struct cdecl_state *state, const struct cdecl_decl *decl,
                                        const struct cdecl_remark *remarks, size_t count,
                                        size_t *which, struct cdecl_error *error)
{
    struct remarks all = {decl, remarks, count, which};
    return protect(state, error, add_remarks, &all);
}

/* ---- constructors ---- */

static const void *make_complete(struct cdecl_state *state, void *argument)
{
    return cdecl__complete_known(state, argument) ? state : NULL;
}

bool cdecl_complete(const struct cdecl_type *type)
{
    if (cdecl_is_complete(type) || type->kind != CDECL_STRUCT || !type->tag->predeclared)
        return cdecl_is_complete(type);
    struct cdecl_state *state = (struct cdecl_state *)(uintptr_t)type->tag->state;
    return protect(state, NULL, make_complete, (void *)(uintptr_t)type->unqual) != NULL;
}

struct construction {
    const struct cdecl_type *type;
    uint64_t number;
};

static const void *make_pointer(struct cdecl_state *state, void *argument)
{
    const struct construction *c = argument;
    return cdecl__pointer(state, c->type);
}

static const void *make_array(struct cdecl_state *state, void *argument)
{
    const struct construction *c = argument;
    cdecl__complete_known(state, c->type->unqual);
    return cdecl__array(state, c->type, c->number);
}

static const void *make_qualified(struct cdecl_state *state, void *argument)
{
    const struct construction *c = argument;
    return cdecl__qualify(state, c->type, (unsigned)c->number);
}

const struct cdecl_type *cdecl_basic(struct cdecl_state *state, enum cdecl_prim prim)
{
    return state->basic[prim];
}

const struct cdecl_type *cdecl_pointer_to(struct cdecl_state *state,
                                          const struct cdecl_type *target,
                                          struct cdecl_error *error)
{
    struct construction c = {target, 0};
    return protect(state, error, make_pointer, &c);
}

const struct cdecl_type *cdecl_array_of(struct cdecl_state *state, const struct cdecl_type *element,
                                        uint64_t count, struct cdecl_error *error)
{
    struct construction c = {element, count};
    return protect(state, error, make_array, &c);
}

const struct cdecl_type *cdecl_qualified(struct cdecl_state *state, const struct cdecl_type *type,
                                         unsigned quals, struct cdecl_error *error)
{
    struct construction c = {type, quals};
    return protect(state, error, make_qualified, &c);
}

/* ---- the embedder's slot ---- */

void **cdecl_user(const struct cdecl_type *type)
{
    return &((struct cdecl_type *)(uintptr_t)type)->user;
}
