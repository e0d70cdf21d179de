/* Tags: making one, completing it, declaring it again. cdecl__complete_tag() is the one function
 * that changes what is published. Depends on compat.c to compare bodies and print.c for messages;
 * tags belong to the state's arena. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* An incomplete tag with its type; `name` NULL for a nameless one. */
struct cdecl_tag *cdecl__new_tag(struct cdecl_state *state, enum cdecl_kind kind, struct name *name)
{
    struct cdecl_tag *tag = NEW(state, struct cdecl_tag);
    struct cdecl_type *type = NEW(state, struct cdecl_type);
    *type = cdecl__new_type;
    type->kind = (uint8_t)kind;
    type->unqual = type;
    type->tag = tag;
    *tag = cdecl__incomplete_tag;
    tag->kind = (uint8_t)kind;
    tag->name = name == NULL ? NULL : name->text;
    tag->type = type;
    tag->state = state;
    if (state->parser != NULL) {
        tag->line = state->parser->tok.line == 0 ? 1 : state->parser->tok.line;
        tag->file = state->parser->lex.file;
    }
    type->hash = (uint32_t)((uintptr_t)type >> 3) * 2654435761u;
    if (name == NULL) {
        tag->id = ++state->next_id;
    } else {
        struct name_extra *extra = cdecl__extra(state, name);
        SAVE(state, extra->tag);
        extra->tag = tag;
    }
    if (state->last_tag == NULL)
        state->first_tag = tag;
    else
        state->last_tag->next = tag;
    state->last_tag = tag;
    return tag;
}

/* ---- completing a tag ---- */

void cdecl__complete_tag(struct cdecl_state *state, struct cdecl_tag *tag,
                         const struct cdecl_tag *contents, uint16_t depth)
{
    struct cdecl_type *type = (struct cdecl_type *)(uintptr_t)tag->type;
    cdecl__save(state, tag, sizeof *tag);
    cdecl__save(state, type, sizeof *type);
    const struct cdecl_tag *next = tag->next;
    *tag = *contents;
    tag->next = next;
    tag->complete = true;
    type->depth = depth;
}

struct shown {
    char text[200];
};

/* One member or enumerator for a message: "'int b : 3' at byte 4". */
static struct shown show_part(const struct cdecl_tag *tag, uint32_t i)
{
    struct shown shown = {"none"}, declared;
    if (tag->kind == CDECL_ENUM) {
        if (i < tag->nconstants)
            snprintf(shown.text, sizeof shown.text, "'%.150s'", tag->constants[i]->name);
        return shown;
    }
    if (i >= tag->nmembers)
        return shown;
    const struct cdecl_member *m = &tag->members[i];
    char width[16] = "";
    if (m->width != CDECL_NOT_BITFIELD)
        snprintf(width, sizeof width, " : %u", m->width);
    cdecl_print(m->type, m->name, declared.text, sizeof declared.text);
    snprintf(shown.text, sizeof shown.text, "'%.130s%s' at byte %llu", declared.text, width,
             (unsigned long long)m->offset);
    return shown;
}

COLD _Noreturn static void fail_redefined(struct parser *p, const struct cdecl_tag *old,
                                          const struct cdecl_tag *fresh, const struct place *at)
{
    const char *word = cdecl__tag_keyword((enum cdecl_kind)old->kind);
    uint32_t i = cdecl__first_difference(old, fresh);
    struct origin origin = cdecl__tag_origin(p, at, old);
    if (i == UINT32_MAX && !cdecl__same_constants(old, fresh))
        cdecl__fail_at(p, at, "'%s %s' redefined with other constants%s", word, old->name,
                       origin.text);
    if (i == UINT32_MAX)
        cdecl__fail_at(
            p, at, "'%s %s' redefined with size %llu and alignment %lu, was %llu and %lu%s", word,
            old->name, (unsigned long long)fresh->size, (unsigned long)fresh->align,
            (unsigned long long)old->size, (unsigned long)old->align, origin.text);
    cdecl__fail_at(p, at, "'%s %s' redefined: %s %lu is %s, was %s%s", word, old->name,
                   old->kind == CDECL_ENUM ? "enumerator" : "member", (unsigned long)i + 1,
                   show_part(fresh, i).text, show_part(old, i).text, origin.text);
}

/* Keeps the body that was there when the new one says the same; otherwise refuses, or lets the new
 * one take the name, with CDECL_OVERRIDE or from a structure that no text has declared. */
static struct cdecl_tag *redefine(struct parser *p, struct cdecl_tag *old, struct cdecl_tag *fresh,
                                  const struct place *at, uint16_t depth)
{
    struct cdecl_state *s = p->state;
    if (cdecl__same_body(old, fresh))
        return old;
    unsigned replaces = p->source->flags & (CDECL_OVERRIDE | CDECL_KEEP_TAGS);
    if (replaces != CDECL_OVERRIDE && !old->predeclared)
        fail_redefined(p, old, fresh, at);
    struct cdecl_tag *tag = cdecl__new_tag(s, old->kind, cdecl__name_of(old->name));
    fresh->type = tag->type;
    cdecl__complete_tag(s, tag, fresh, depth);
    return tag;
}

/* "enum e : T;" is complete without its enumerators, which may follow (C23). */
static bool awaits_enumerators(const struct cdecl_tag *old, const struct cdecl_tag *fresh)
{
    return old->kind == CDECL_ENUM && old->nconstants == 0 && old->underlying == fresh->underlying;
}

struct cdecl_tag *cdecl__finish_tag(struct parser *p, struct cdecl_tag *tag,
                                    struct cdecl_tag *fresh, const struct place *at, uint16_t depth)
{
    fresh->line = at->line == 0 ? 1 : at->line;
    fresh->file = p->lex.file;
    fresh->predeclared = false;
    if (depth > CDECL_MAX_DEPTH)
        cdecl__fail_at(p, at, "type nests too deeply (more than %d levels)", CDECL_MAX_DEPTH);
    if (tag->complete && !awaits_enumerators(tag, fresh))
        return redefine(p, tag, fresh, at, depth);
    cdecl__complete_tag(p->state, tag, fresh, depth);
    return tag;
}
