/* What [[cffi::...]] says of the calls of a function, made a part of its type: notes as note.c
 * reads them in, struct cdecl_annotation out. Refuses what contradicts itself or the types. Depends
 * on type.c for the types, print.c and suggest.c for messages. Annotations belong to the state's
 * arena and are immutable once their type is made. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

const char *const cdecl__note_words[NOTE_WORDS] = {
    "errno", "fails", "status", "string", "owned",   "count",    "out",
    "inout", "in",    "scoped", "flags",  "default", "nullable",
};

/* A function whose annotation is being made. */
struct subject {
    const struct parser *p;
    const struct cdecl_type *type;
    const struct cdecl_param *params; /* names of its parameters, NULL: it has none */
    struct cdecl_annotation *to;
    const struct note *note; /* the one that is looked at: where errors point */
};

static const char *word_of(const struct note *note)
{
    return cdecl__note_words[note->word];
}

static const char *name_of(const struct subject *s, uint32_t param)
{
    const char *name = s->params != NULL ? s->params[param].name : NULL;
    return name != NULL ? name : "(unnamed)";
}

static const char *text_of(const struct subject *s, const struct cdecl_type *type)
{
    return cdecl__type_text(s->p->state, type);
}

#define FAIL(s, ...) cdecl__fail_at((s)->p, &(s)->note->at, __VA_ARGS__)

/* ---- types ---- */

static bool is_character(const struct cdecl_type *type)
{
    return type->kind == CDECL_INT && type->size == 1;
}

static bool is_text(const struct cdecl_type *type)
{
    return type->kind == CDECL_POINTER && is_character(type->target);
}

static bool is_bytes(const struct cdecl_type *type)
{
    return is_text(type) || (type->kind == CDECL_POINTER && type->target->kind == CDECL_VOID);
}

static bool is_function_pointer(const struct cdecl_type *type)
{
    return type->kind == CDECL_POINTER && type->target->kind == CDECL_FUNCTION;
}

static bool is_word(const struct cdecl_type *type)
{
    return cdecl__is_integer(type) && type->size <= 8;
}

static bool points_to_length(const struct cdecl_type *type)
{
    return type->kind == CDECL_POINTER && is_word(type->target) &&
           !(type->target->quals & CDECL_CONST);
}

/* ---- parameters ---- */

/* The parameter of that name, from 1 on; 0: there is none. */
static uint32_t find_param(const struct subject *s, const char *name)
{
    for (uint32_t i = 0; s->params != NULL && i < s->type->nparams; i++)
        if (s->params[i].name == name)
            return i + 1;
    return 0;
}

static const char *nearest_param(const struct subject *s, const char *name)
{
    const char *found = NULL;
    struct cdecl_near near;
    cdecl_near_start(&near, name, strlen(name));
    for (uint32_t i = 0; s->params != NULL && i < s->type->nparams; i++)
        if (s->params[i].name != NULL && cdecl_near_take(&near, s->params[i].name))
            found = s->params[i].name;
    return found;
}

/* The parameter that the note's argument names, from 1 on. */
static uint32_t length_param(const struct subject *s, uint32_t of)
{
    const char *name = s->note->name;
    uint32_t found = find_param(s, name);
    const char *near = found == 0 ? nearest_param(s, name) : NULL;
    if (near != NULL)
        cdecl__fail_at(s->p, &s->note->argument_at,
                       "'%s(%s)' names no parameter (did you mean '%s'?)", word_of(s->note), name,
                       near);
    if (found == 0 || found == of)
        cdecl__fail_at(s->p, &s->note->argument_at, "'%s(%s)' names no %sparameter",
                       word_of(s->note), name, found != 0 ? "other " : "");
    return found;
}

/* What a length is kept in: an integer or, where C writes it, a pointer to one. */
static void set_length(const struct subject *s, struct cdecl_param_annotation *param, uint32_t i,
                       bool may_point)
{
    uint32_t found = length_param(s, i + 1);
    const struct cdecl_type *type = s->type->params[found - 1];
    if (!is_word(type) && !(may_point && points_to_length(type)))
        cdecl__fail_at(s->p, &s->note->argument_at,
                       "'%s(%s)' needs an integer%s, parameter '%s' is '%s'", word_of(s->note),
                       s->note->name, may_point ? " or a pointer to one" : "", s->note->name,
                       text_of(s, type));
    if (param->length != 0 && param->length != found)
        FAIL(s, "parameter '%s' has two lengths, '%s' and '%s'", name_of(s, i), param->length_name,
             s->note->name);
    param->length = found;
    param->length_name = s->note->name;
}

static void set_passing(const struct subject *s, uint32_t i, enum cdecl_passing passing)
{
    static const char *const names[] = {"", "in", "out", "inout"};
    struct cdecl_param_annotation *param = &s->to->param[i];
    const struct cdecl_type *type = s->type->params[i];
    if (param->passing != CDECL_PASS && param->passing != passing)
        FAIL(s, "parameter '%s' is '%s' and '%s'", name_of(s, i), names[param->passing],
             names[passing]);
    if (type->kind != CDECL_POINTER || is_function_pointer(type))
        FAIL(s, "'%s' needs a pointer, parameter '%s' is '%s'", names[passing], name_of(s, i),
             text_of(s, type));
    if (passing != CDECL_PASS_IN && type->target->quals & CDECL_CONST)
        FAIL(s, "'%s' needs a pointer that C writes through, parameter '%s' is '%s'",
             names[passing], name_of(s, i), text_of(s, type));
    param->passing = (uint8_t)passing;
}

/* Elements of a parameter that was declared as an array; 0: it was not. */
static uint64_t count_of(const struct subject *s, uint32_t i)
{
    const struct cdecl_param_more *more = s->params != NULL ? s->params[i].more : NULL;
    return more != NULL ? more->count : 0;
}

static void note_out(const struct subject *s, uint32_t i, enum cdecl_passing passing)
{
    const struct cdecl_type *type = s->type->params[i];
    set_passing(s, i, passing);
    if (s->note->name != NULL) {
        set_length(s, &s->to->param[i], i, true);
    } else if (count_of(s, i) != 0) {
        s->to->param[i].array = cdecl__array(s->p->state, type->target, count_of(s, i));
    } else if (type->target->kind == CDECL_VOID && s->to->param[i].length == 0) {
        FAIL(s, "'%s' of 'void' has no size: out(LENGTH), parameter '%s' is '%s'", word_of(s->note),
             name_of(s, i), text_of(s, type));
    }
}

static void note_in(const struct subject *s, uint32_t i)
{
    set_passing(s, i, CDECL_PASS_IN);
    set_length(s, &s->to->param[i], i, false);
}

static void note_param_string(const struct subject *s, uint32_t i)
{
    const struct cdecl_type *type = s->type->params[i];
    bool bytes = is_bytes(type);
    s->to->param[i].string = true;
    if (s->note->name != NULL)
        set_length(s, &s->to->param[i], i, false);
    if (s->note->name != NULL ? !bytes : !is_text(type))
        FAIL(s, "'string' needs a pointer to characters, parameter '%s' is '%s'", name_of(s, i),
             text_of(s, type));
}

static void note_param_owned(const struct subject *s, uint32_t i)
{
    struct cdecl_param_annotation *param = &s->to->param[i];
    if (param->owned != NULL && param->owned != s->note->name)
        FAIL(s, "parameter '%s' is owned twice, by '%s' and '%s'", name_of(s, i), param->owned,
             s->note->name);
    param->owned = s->note->name;
}

static void note_flags(const struct subject *s, uint32_t i)
{
    const struct cdecl_type *type = s->type->params[i];
    if (s->note->type->kind != CDECL_ENUM)
        cdecl__fail_at(s->p, &s->note->argument_at, "'flags' needs an enum, '%s' is none",
                       text_of(s, s->note->type));
    if (!is_word(type) || type->kind == CDECL_BOOL)
        FAIL(s, "'flags' needs an integer, parameter '%s' is '%s'", name_of(s, i),
             text_of(s, type));
    s->to->param[i].flags = s->note->type;
}

/* Whether a constant may stand for a missing argument of the type. */
static bool is_default(const struct cdecl_type *type, const struct cdecl_value *value)
{
    if (type->kind == CDECL_POINTER)
        return value->kind == CDECL_VALUE_NONE ||
               (value->kind == CDECL_VALUE_INT && value->u == 0) ||
               (value->kind == CDECL_VALUE_STRING && is_text(type));
    if (value->kind == CDECL_VALUE_FLOAT)
        return type->kind == CDECL_FLOAT;
    return value->kind == CDECL_VALUE_INT && (is_word(type) || type->kind == CDECL_FLOAT);
}

static void note_default(const struct subject *s, uint32_t i)
{
    struct cdecl_param_annotation *param = &s->to->param[i];
    if (!is_default(s->type->params[i], &s->note->value))
        cdecl__fail_at(s->p, &s->note->argument_at,
                       "the default of parameter '%s' is no constant for '%s'", name_of(s, i),
                       text_of(s, s->type->params[i]));
    param->optional = true;
    param->value = s->note->value;
    if (s->type->params[i]->kind == CDECL_POINTER && param->value.kind == CDECL_VALUE_INT)
        param->value.kind = CDECL_VALUE_NONE;
}

static void note_scoped(const struct subject *s, uint32_t i)
{
    if (!is_function_pointer(s->type->params[i]))
        FAIL(s, "'scoped' needs a function pointer, parameter '%s' is '%s'", name_of(s, i),
             text_of(s, s->type->params[i]));
    s->to->param[i].scoped = true;
}

static void note_param(const struct subject *s, uint32_t i)
{
    switch (s->note->word) {
    case NOTE_OUT: note_out(s, i, CDECL_PASS_OUT); break;
    case NOTE_INOUT: note_out(s, i, CDECL_PASS_INOUT); break;
    case NOTE_IN: note_in(s, i); break;
    case NOTE_STRING: note_param_string(s, i); break;
    case NOTE_OWNED: note_param_owned(s, i); break;
    case NOTE_FLAGS: note_flags(s, i); break;
    case NOTE_DEFAULT: note_default(s, i); break;
    case NOTE_SCOPED: note_scoped(s, i); break;
    case NOTE_NULLABLE: s->to->param[i].nullable = true; break;
    case NOTE_ERRNO:
    case NOTE_FAILS:
    case NOTE_STATUS:
    case NOTE_COUNT:
    case NOTE_WORDS: FAIL(s, "'%s' stands on functions, not on parameters", word_of(s->note));
    }
}

/* ---- functions ---- */

static void note_errno(const struct subject *s)
{
    const struct cdecl_type *result = s->type->target;
    bool pointer = result->kind == CDECL_POINTER;
    bool fits = pointer ? s->note->value.kind == CDECL_VALUE_NONE || s->note->value.u == 0
                        : is_word(result);
    if (s->to->failure == CDECL_FAILURE_STATUS)
        FAIL(s, "the result is a 'status', so it cannot be '%s'", word_of(s->note));
    if (!fits || (result->kind == CDECL_BOOL && s->note->value.kind == CDECL_VALUE_NONE))
        FAIL(s, "'%s' %s '%s'", word_of(s->note),
             result->kind == CDECL_BOOL ? "needs the value of a failure: errno(0), the result is"
             : pointer                  ? "can only be NULL of"
                                        : "needs an integer or pointer as result, it is",
             text_of(s, result));
    s->to->failure = CDECL_FAILURE_ERRNO;
    s->to->value = s->note->value;
}

static void note_status(const struct subject *s)
{
    if (s->to->failure == CDECL_FAILURE_ERRNO)
        FAIL(s, "the result fails by 'errno', so it cannot be a 'status'");
    if (!is_word(s->type->target))
        FAIL(s, "'status' needs an integer as result, it is '%s'", text_of(s, s->type->target));
    s->to->failure = CDECL_FAILURE_STATUS;
    s->to->value = s->note->value;
    s->to->message = s->note->name;
}

static void note_string(const struct subject *s)
{
    const struct cdecl_type *result = s->type->target;
    uint32_t length = s->note->name != NULL ? find_param(s, s->note->name) : 0;
    s->to->string = true;
    if (length == 0) {
        if (!is_text(result))
            FAIL(s, "'string' needs a pointer to characters as result, it is '%s'",
                 text_of(s, result));
        if (s->note->name != NULL)
            s->to->freed_by = s->note->name;
        return;
    }
    if (!is_bytes(result))
        FAIL(s, "'string(%s)' needs a pointer to bytes as result, it is '%s'", s->note->name,
             text_of(s, result));
    if (!points_to_length(s->type->params[length - 1]))
        cdecl__fail_at(s->p, &s->note->argument_at,
                       "'string(%s)' needs a pointer to an integer, parameter '%s' is '%s'",
                       s->note->name, s->note->name, text_of(s, s->type->params[length - 1]));
    s->to->length = length;
    s->to->length_name = s->note->name;
}

static void note_owned(const struct subject *s)
{
    if (s->type->target->kind != CDECL_POINTER)
        FAIL(s, "'owned' needs a pointer as result, it is '%s'", text_of(s, s->type->target));
    s->to->owned = s->note->name;
}

static void note_count(const struct subject *s)
{
    if (!is_word(s->type->target) || s->type->target->kind == CDECL_BOOL)
        FAIL(s, "'count' needs an integer as result, it is '%s'", text_of(s, s->type->target));
    s->to->count = true;
}

static void note_function(const struct subject *s)
{
    switch (s->note->word) {
    case NOTE_ERRNO:
    case NOTE_FAILS: note_errno(s); break;
    case NOTE_STATUS: note_status(s); break;
    case NOTE_STRING: note_string(s); break;
    case NOTE_OWNED: note_owned(s); break;
    case NOTE_COUNT: note_count(s); break;
    case NOTE_OUT:
    case NOTE_INOUT:
    case NOTE_IN:
    case NOTE_SCOPED:
    case NOTE_FLAGS:
    case NOTE_DEFAULT:
    case NOTE_NULLABLE:
    case NOTE_WORDS: FAIL(s, "'%s' stands on parameters, not on functions", word_of(s->note));
    }
}

/* ---- the whole ---- */

#define REFUSE(s, ...) cdecl__fail((s)->p->state, __VA_ARGS__)

/* Whether the parameter is the length of the result or of another parameter; `of_in`: of one whose
 * length the caller's argument tells. */
static bool is_length(const struct subject *s, uint32_t param, bool of_in)
{
    for (uint32_t i = 0; i < s->type->nparams; i++)
        if (s->to->param[i].length == param + 1 &&
            (!of_in || s->to->param[i].passing == CDECL_PASS_IN))
            return true;
    return s->to->length == param + 1;
}

static bool is_filled(const struct subject *s, uint32_t param)
{
    return is_length(s, param, true);
}

static void check_result(const struct subject *s)
{
    const struct cdecl_annotation *a = s->to;
    bool buffer = false;
    for (uint32_t i = 0; i < s->type->nparams; i++)
        buffer |= a->param[i].passing == CDECL_PASS_OUT && a->param[i].length != 0;
    if (a->string && a->owned != NULL)
        REFUSE(s, "a result that is a 'string' cannot be 'owned': string(%s)", a->owned);
    if (a->freed_by != NULL && a->length != 0)
        REFUSE(s, "a 'string' has a length, '%s', or a function that frees it, '%s', not both",
               a->length_name, a->freed_by);
    if (a->count && !buffer)
        REFUSE(s, "'count' needs a parameter with 'out(LENGTH)'");
    if (a->count && a->failure == CDECL_FAILURE_STATUS)
        REFUSE(s, "a result that is a 'status' cannot be a 'count'");
}

static void check_param(const struct subject *s, uint32_t i, bool is_declared)
{
    const struct cdecl_param_annotation *param = &s->to->param[i];
    const struct cdecl_type *type = s->type->params[i];
    const char *name = name_of(s, i);
    bool buffer = param->passing == CDECL_PASS_OUT && param->length != 0;
    if (param->nullable && param->passing != CDECL_PASS_IN)
        REFUSE(s, "'nullable' of parameter '%s' needs 'in(LENGTH)'", name);
    if (param->passing == CDECL_PASS_INOUT && param->length != 0)
        REFUSE(s, "parameter '%s' is 'inout', which has no length", name);
    if (param->passing != CDECL_PASS && is_length(s, i, false))
        REFUSE(s, "parameter '%s' is a length: it cannot be 'in', 'out' or 'inout' itself", name);
    if (param->owned != NULL &&
        (param->passing != CDECL_PASS_OUT || buffer || type->target->kind != CDECL_POINTER))
        REFUSE(s, "'owned' needs a pointer that comes back, parameter '%s' is no 'out' of one",
               name);
    if (param->string && is_declared && !buffer)
        REFUSE(s, "'string' of parameter '%s' needs 'out(LENGTH)'; alone it is for callbacks",
               name);
    if (param->string && buffer && !is_text(type))
        REFUSE(s, "'string' needs a pointer to characters, parameter '%s' is '%s'", name,
               text_of(s, type));
    if ((param->optional || param->flags != NULL) &&
        (param->passing != CDECL_PASS || is_filled(s, i)))
        REFUSE(s, "parameter '%s' is not passed as it is: no '%s'", name,
               param->optional ? "default" : "flags");
}

/* What is left out must be the last of what is passed. */
static void check_defaults(const struct subject *s)
{
    const char *before = NULL;
    for (uint32_t i = 0; i < s->type->nparams; i++) {
        const struct cdecl_param_annotation *param = &s->to->param[i];
        bool passed = param->passing != CDECL_PASS_OUT && !is_filled(s, i);
        if (param->optional)
            before = name_of(s, i);
        else if (passed && before != NULL)
            REFUSE(s, "parameter '%s' has a default, so '%s' behind it needs one", before,
                   name_of(s, i));
    }
    if (before != NULL && s->type->variadic)
        REFUSE(s, "parameter '%s' has a default, but '...' follows", before);
}

static void check_whole(const struct subject *s, bool is_declared)
{
    check_result(s);
    for (uint32_t i = 0; i < s->type->nparams; i++)
        check_param(s, i, is_declared);
    check_defaults(s);
}

static void note_all(struct subject *s, const struct note_link *link, uint32_t param)
{
    for (; link != NULL; link = link->next) {
        s->note = link->note;
        link->note->taken = true;
        if (param == 0)
            note_function(s);
        else
            note_param(s, param - 1);
    }
}

/* Functions that free what others own are remembered by the state. */
static void remember_releaser(struct cdecl_state *state, const char *name)
{
    if (name == NULL || cdecl_is_releaser(state, name))
        return;
    struct releaser *releaser = NEW(state, struct releaser);
    *releaser = (struct releaser){state->releasers, name};
    SAVE(state, state->releasers);
    state->releasers = releaser;
}

static const struct cdecl_type *finish(const struct subject *s)
{
    struct cdecl_state *state = s->p->state;
    remember_releaser(state, s->to->owned);
    for (uint32_t i = 0; i < s->type->nparams; i++)
        remember_releaser(state, s->to->param[i].owned);
    SAVE(state, state->annotations);
    state->annotations++;
    return cdecl__annotated(state, s->type, s->to);
}

const struct cdecl_type *cdecl__annotate(struct parser *p, const struct cdecl_type *type,
                                         const struct cdecl_param *params,
                                         struct note_link *const *notes, enum note_context context)
{
    struct subject s = {.p = p, .type = type, .params = params};
    s.to = cdecl__copy_annotation(p->state, type, type->nparams);
    for (uint32_t i = 0; i < type->nparams; i++)
        note_all(&s, notes[i + 1], i + 1);
    note_all(&s, notes[0], 0);
    if (context != NOTES_IN_PART)
        check_whole(&s, context == NOTES_OF_FUNCTION);
    return finish(&s);
}

/* ---- two of one function ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b;
}

static bool same_value(const struct cdecl_value *a, const struct cdecl_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == CDECL_VALUE_STRING)
        return a->size == b->size && memcmp(a->s, b->s, a->size) == 0;
    if (a->kind == CDECL_VALUE_FLOAT)
        return a->f == b->f;
    return a->kind == CDECL_VALUE_NONE || a->u == b->u;
}

static bool same_param(const struct cdecl_param_annotation *a,
                       const struct cdecl_param_annotation *b)
{
    return a->passing == b->passing && a->string == b->string && a->nullable == b->nullable &&
           a->scoped == b->scoped && a->optional == b->optional && a->length == b->length &&
           same_text(a->owned, b->owned) && a->flags == b->flags &&
           same_value(&a->value, &b->value);
}

static bool same_function(const struct cdecl_annotation *a, const struct cdecl_annotation *b)
{
    return a->failure == b->failure && a->string == b->string && a->count == b->count &&
           a->length == b->length && same_text(a->freed_by, b->freed_by) &&
           same_text(a->owned, b->owned) && same_text(a->message, b->message) &&
           same_value(&a->value, &b->value);
}

static bool is_empty(const struct cdecl_annotation *a)
{
    static const struct cdecl_annotation nothing;
    return same_function(a, &nothing);
}

static bool is_empty_param(const struct cdecl_param_annotation *param)
{
    static const struct cdecl_param_annotation nothing;
    return same_param(param, &nothing);
}

const struct cdecl_type *cdecl__unite_annotations(struct parser *p, const struct place *at,
                                                  const struct cdecl_type *type,
                                                  const struct cdecl_type *a,
                                                  const struct cdecl_type *b)
{
    const struct cdecl_annotation *fresh = b->nparams == type->nparams
                                               ? cdecl_annotation_of(b)
                                               : cdecl__copy_annotation(p->state, b, type->nparams);
    struct subject s = {.p = p, .type = type};
    bool changed = type != a;
    s.to = cdecl__copy_annotation(p->state, a, type->nparams);
    if (!is_empty(fresh) && !same_function(s.to, fresh)) {
        if (!is_empty(s.to))
            cdecl__fail_at(p, at, "'%s' was declared with other attributes", at->name->text);
        memcpy(s.to, fresh, sizeof *fresh);
        changed = true;
    }
    for (uint32_t i = 0; i < type->nparams; i++) {
        struct cdecl_param_annotation *param = &s.to->param[i];
        if (is_empty_param(&fresh->param[i]) || same_param(param, &fresh->param[i]))
            continue;
        if (!is_empty_param(param))
            cdecl__fail_at(p, at, "parameter %lu of '%s' was declared with other attributes",
                           (unsigned long)i + 1, at->name->text);
        *param = fresh->param[i];
        changed = true;
    }
    p->culprit = at;
    check_whole(&s, true);
    p->culprit = NULL;
    return changed ? finish(&s) : a;
}

/* ---- what the state knows ---- */

bool cdecl_is_releaser(const struct cdecl_state *state, const char *name)
{
    const struct releaser *releaser = state->releasers;
    while (releaser != NULL && releaser->name != name)
        releaser = releaser->next;
    return releaser != NULL;
}

uint32_t cdecl_annotations(const struct cdecl_state *state)
{
    return state->annotations;
}
