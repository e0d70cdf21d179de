/* [[cffi::word(arguments)]] read into notes, one for each word; annotation.c says what they mean.
 * Depends on expr.c for constants and specifiers.c for types. Notes are scratch memory: they end
 * with the declaration. */
#include <string.h>
#include "internal.h"

static bool is_function_word(enum note_word word)
{
    return word <= NOTE_COUNT;
}

/* The word that the current token is. */
static enum note_word find_word(struct parser *p)
{
    const char *text = p->tok.name->text, *near = NULL;
    struct cdecl_near query;
    cdecl_near_start(&query, text, p->tok.name->size);
    for (int i = 0; i < NOTE_WORDS; i++) {
        if (strcmp(text, cdecl__note_words[i]) == 0)
            return (enum note_word)i;
        if (cdecl_near_take(&query, cdecl__note_words[i]))
            near = cdecl__note_words[i];
    }
    if (near != NULL)
        cdecl__fail_token(p, &p->tok, "'cffi::%s' is no attribute (did you mean '%s'?)", text,
                          near);
    cdecl__fail_token(p, &p->tok, "'cffi::%s' is no attribute", text);
}

static const char *read_name(struct parser *p, const char *what)
{
    if (p->tok.name == NULL)
        cdecl__expected(p, what);
    const char *name = p->tok.name->text;
    cdecl__advance(p);
    return name;
}

/* "NULL" | "nullptr" | constant */
static struct cdecl_value read_constant(struct parser *p)
{
    struct cdecl_value none = {.kind = CDECL_VALUE_NONE};
    struct place at = cdecl__here(p);
    if (p->tok.name != NULL &&
        (strcmp(p->tok.name->text, "NULL") == 0 || strcmp(p->tok.name->text, "nullptr") == 0)) {
        cdecl__advance(p);
        return none;
    }
    struct cdecl_value value = cdecl__conditional(p);
    if (value.kind == CDECL_VALUE_NONE)
        cdecl__fail_at(p, &at, "the attribute's argument is not a constant");
    return value;
}

/* What stands between the parentheses. */
static void read_arguments(struct parser *p, struct note *note)
{
    note->argument_at = cdecl__here(p);
    switch (note->word) {
    case NOTE_ERRNO:
    case NOTE_FAILS:
    case NOTE_DEFAULT: note->value = read_constant(p); break;
    case NOTE_STATUS:
        note->value = cdecl__integer(p, "status");
        if (cdecl__accept(p, TOK_COMMA))
            note->name = read_name(p, "the name of a function");
        break;
    case NOTE_OWNED: note->name = read_name(p, "the name of a function"); break;
    case NOTE_STRING: note->name = read_name(p, "the name of a parameter or function"); break;
    case NOTE_IN:
    case NOTE_OUT: note->name = read_name(p, "the name of a parameter"); break;
    case NOTE_FLAGS: note->type = cdecl__type_name(p); break;
    case NOTE_COUNT:
    case NOTE_INOUT:
    case NOTE_SCOPED:
    case NOTE_NULLABLE:
    case NOTE_WORDS:
        cdecl__fail_token(p, &p->tok, "'%s' takes no argument", cdecl__note_words[note->word]);
    }
}

/* What a word that needs arguments is like with them; NULL: it does without. */
static const char *example_of(enum note_word word)
{
    switch (word) {
    case NOTE_STATUS: return "status(0)";
    case NOTE_OWNED: return "owned(fclose)";
    case NOTE_IN: return "in(LENGTH)";
    case NOTE_FLAGS: return "flags(enum NAME)";
    case NOTE_DEFAULT: return "default(0)";
    case NOTE_ERRNO:
    case NOTE_FAILS:
    case NOTE_STRING:
    case NOTE_COUNT:
    case NOTE_OUT:
    case NOTE_INOUT:
    case NOTE_SCOPED:
    case NOTE_NULLABLE:
    case NOTE_WORDS: break;
    }
    return NULL;
}

static void append(struct cdecl_state *state, struct attrs *attrs, struct note *note)
{
    struct note_link **tail = &attrs->notes;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = SCRATCH(state, struct note_link);
    (*tail)->note = note;
}

/* note = word [ "(" argument [ "," name ] ")" ] */
void cdecl__read_note(struct parser *p, struct attrs *attrs)
{
    if (p->tok.name == NULL)
        cdecl__expected(p, "an attribute of cffi");
    if (strcmp(p->tok.name->text, "noescape") == 0) {
        cdecl__attributes_add(p->state, attrs, CDECL_ATTR_NOESCAPE, p->tok.name->text);
        cdecl__advance(p);
        return;
    }
    struct note *note = SCRATCH(p->state, struct note);
    note->word = find_word(p);
    note->at = cdecl__here(p);
    note->older = p->notes;
    cdecl__advance(p);
    if (cdecl__accept(p, TOK_LPAREN)) {
        read_arguments(p, note);
        cdecl__expect(p, TOK_RPAREN, "to close the attribute's arguments");
    } else if (example_of(note->word) != NULL) {
        cdecl__fail_at(p, &note->at, "'%s' needs an argument: %s", cdecl__note_words[note->word],
                       example_of(note->word));
    }
    p->notes = note;
    append(p->state, attrs, note);
}

void cdecl__add_notes(struct cdecl_state *state, struct attrs *to, const struct attrs *from)
{
    for (const struct note_link *link = from->notes; link != NULL; link = link->next)
        append(state, to, link->note);
}

void cdecl__end_notes(struct parser *p)
{
    const struct note *unused = NULL;
    for (const struct note *note = p->notes; note != NULL; note = note->older)
        if (!note->taken)
            unused = note;
    if (unused != NULL)
        cdecl__fail_at(p, &unused->at, "'%s' says nothing here: it stands on %s",
                       cdecl__note_words[unused->word],
                       is_function_word(unused->word) ? "functions" : "parameters of functions");
    p->notes = NULL;
}

/* ---- what a declarator makes of them ---- */

/* Of a parameter that is a function pointer: what is said of the function it points to. */
static struct attrs take_function_notes(struct parser *p, struct attrs *attrs)
{
    struct attrs params = {0}, function = {0};
    for (const struct note_link *link = attrs->notes; link != NULL; link = link->next)
        append(p->state, is_function_word(link->note->word) ? &function : &params, link->note);
    attrs->notes = params.notes;
    return function;
}

static const struct cdecl_type *with_function(struct cdecl_state *state,
                                              const struct cdecl_type *type,
                                              const struct cdecl_type *function)
{
    const struct cdecl_type *made = function;
    if (type->kind == CDECL_POINTER)
        made = cdecl__pointer(state, with_function(state, type->target, function));
    else if (type->kind == CDECL_ARRAY)
        made = cdecl__array(state, with_function(state, type->target, function), type->count);
    return cdecl__qualify(state, made, type->quals);
}

void cdecl__note_declarator(struct parser *p, struct declarator *d, bool is_parameter,
                            bool is_typedef)
{
    const struct cdecl_type *function = cdecl__function_of(d->type);
    if (function == NULL)
        return;
    bool is_declared = d->type == function && !is_parameter && !is_typedef;
    struct attrs own = is_parameter ? take_function_notes(p, &d->attrs) : d->attrs;
    bool any = own.notes != NULL;
    uint32_t n = d->params != NULL ? function->nparams : 0, i = 0;
    struct note_link **notes = cdecl__scratch(p->state, (function->nparams + 1) * sizeof *notes,
                                              _Alignof(struct note_link *));
    struct cdecl_param *params =
        cdecl__scratch(p->state, (n + 1) * sizeof *params, _Alignof(struct cdecl_param));
    struct cdecl_param_more *more =
        cdecl__scratch(p->state, (n + 1) * sizeof *more, _Alignof(struct cdecl_param_more));
    for (struct param_node *node = d->params; i < n; node = node->next, i++) {
        params[i].name = node->name == NULL ? NULL : node->name->text;
        more[i].count = node->count;
        params[i].more = &more[i];
        notes[i + 1] = node->notes;
        any |= node->notes != NULL;
    }
    notes[0] = own.notes;
    if (!any)
        return;
    p->culprit = &d->at;
    d->type = with_function(p->state, d->type,
                            cdecl__annotate(p, function, n > 0 ? params : NULL, notes,
                                            is_declared ? NOTES_OF_FUNCTION : NOTES_OF_TYPE));
    p->culprit = NULL;
}
