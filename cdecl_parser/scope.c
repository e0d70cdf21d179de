/* Names and what they mean, and the transaction around every change. Depends on arena.c and
 * table.c. A name is interned once and carries its meanings (ordinary declaration, tag, macro), so
 * looking up is following a pointer. Everything returned lives in the state's arena.
 *
 * The transaction: what is new lies after the arena's mark and is dropped by releasing to it; what
 * was there before is saved by cdecl__save() before it changes and written back; nodes put into the
 * hash tables are found there by their hashes, which are noted, and taken out again. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* Bytes to write back. */
struct undo {
    struct undo *previous;
    void *address;
    size_t size;
    unsigned char bytes[];
};

/* The hashes of the nodes put into a table, in lumps because there are many. */
struct insertions {
    struct insertions *previous;
    uint32_t count;
    uint32_t hashes[125];
};

/* ---- memory ---- */

void *cdecl__alloc_block(struct cdecl_state *state, struct arena *arena, size_t size, size_t align)
{
    void *result = cdecl__arena_grow(arena, size, align);
    if (result == NULL)
        cdecl__fail_memory(state);
    return result;
}

void *cdecl__alloc_array(struct cdecl_state *state, size_t n, size_t size, size_t align)
{
    if (n > SIZE_MAX / 2 / size)
        cdecl__fail_memory(state);
    return cdecl__alloc(state, n * size, align);
}

void *cdecl__keep(struct cdecl_state *state, size_t size, size_t align)
{
    return cdecl__take(state, &state->log, size, align);
}

const char *cdecl__copy_text(struct cdecl_state *state, const char *text, size_t size)
{
    char *copy = cdecl__alloc(state, size + 1, 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

/* ---- names ---- */

static struct name *find_name(const struct table *table, const char *text, size_t size,
                              uint32_t hash)
{
    uint32_t at = hash & table->mask;
    for (; table->hashes[at] != 0; at = (at + 1) & table->mask) {
        if (table->hashes[at] != hash)
            continue;
        struct name *name = table->slots[at];
        if (name->size == size && memcmp(name->text, text, size) == 0)
            return name;
    }
    return NULL;
}

/* A name the compiler predefines as a macro gets that meaning when it is first seen. */
static void predefine(struct cdecl_state *state, struct name *name)
{
    const char *text = cdecl__predefined(name->text, name->size);
    if (text == NULL)
        return;
    struct cdecl_decl *decl = NEW(state, struct cdecl_decl);
    *decl = (struct cdecl_decl){.kind = CDECL_DECL_MACRO, .name = name->text};
    decl->text = text;
    cdecl__extra(state, name)->macro = decl;
}

struct name *cdecl__new_name(struct cdecl_state *state, const char *text, size_t size,
                             uint32_t hash)
{
    if (size > CDECL_MAX_NAME)
        cdecl__fail(state, "name of %zu bytes is too long", size);
    size_t room = size < CHUNK ? CHUNK : size + 1;
    struct name *name =
        cdecl__alloc(state, offsetof(struct name, text) + room, _Alignof(struct name));
    name->hash = hash;
    name->size = (uint16_t)size;
    name->token = TOK_IDENT;
    name->attribute = ATTR_UNKNOWN;
    name->decl = NULL;
    name->extra = NULL;
    memset(name->text, 0, CHUNK);
    if (size > 0) /* else `text` may be NULL */
        memcpy(name->text, text, size);
    name->text[size] = '\0';
    cdecl__table_insert(state, &state->names, name);
    if (name->text[0] == '_' && state->parser != NULL)
        predefine(state, name);
    return name;
}

struct name *cdecl__intern(struct cdecl_state *state, const char *text, size_t size)
{
    uint32_t hash = cdecl__hash_text(text, size);
    struct name *name = find_name(&state->names, text, size, hash);
    return name != NULL ? name : cdecl__new_name(state, text, size, hash);
}

struct name *cdecl__lookup(const struct cdecl_state *state, const char *text, size_t size)
{
    return find_name(&state->names, text, size, cdecl__hash_text(text, size));
}

struct name *cdecl__name_of(const char *text)
{
    return (struct name *)(void *)(uintptr_t)((uintptr_t)text - offsetof(struct name, text));
}

struct name_set cdecl__name_set(struct cdecl_state *state, size_t names)
{
    size_t capacity = 4;
    while (capacity < names * 2)
        capacity *= 2;
    return (struct name_set){cdecl__scratch(state, capacity * sizeof(const char *), sizeof(char *)),
                             capacity - 1};
}

bool cdecl__add_name(struct name_set *set, const char *name)
{
    size_t at = cdecl__name_of(name)->hash & set->mask;
    for (; set->slots[at] != NULL; at = (at + 1) & set->mask)
        if (set->slots[at] == name)
            return false;
    set->slots[at] = name;
    return true;
}

struct name_extra *cdecl__extra(struct cdecl_state *state, struct name *name)
{
    if (name->extra == NULL) {
        struct name_extra *extra = NEW(state, struct name_extra);
        *extra = (struct name_extra){NULL, NULL, 0};
        SAVE(state, name->extra);
        name->extra = extra;
    }
    return name->extra;
}

bool cdecl__is_defined(const struct name *name)
{
    if (name->token >= TOK_SOFT_HAS_INCLUDE)
        return true;
    return name->extra != NULL && name->extra->macro != NULL;
}

/* ---- the transaction ---- */

/* Notes the hash for the case of a rollback; before its node is put into the table. */
static void note_insertion(struct cdecl_state *state, struct table *table, uint32_t hash)
{
    struct insertions *lump = table->inserted;
    if (lump == NULL || lump->count == sizeof lump->hashes / sizeof *lump->hashes) {
        lump = cdecl__keep(state, sizeof *lump, _Alignof(struct insertions));
        lump->previous = table->inserted;
        lump->count = 0;
        table->inserted = lump;
    }
    lump->hashes[lump->count++] = hash;
}

void cdecl__table_insert(struct cdecl_state *state, struct table *table, void *node)
{
    if (!cdecl__table_reserve(table, &state->allocator))
        cdecl__fail_memory(state);
    note_insertion(state, table, cdecl__node_hash(table, node));
    cdecl__table_put(table, node);
}

/* The node with this hash that the running transaction put in. That more than one has the same
 * 32 bits is rare; only then it matters where they lie. */
static const void *find_new(const struct cdecl_state *state, const struct table *table,
                            uint32_t hash)
{
    const void *found = NULL;
    for (uint32_t at = hash & table->mask; table->hashes[at] != 0; at = (at + 1) & table->mask) {
        if (table->hashes[at] != hash)
            continue;
        if (found != NULL && cdecl__arena_is_after(&state->arena, state->mark, found))
            break;
        found = table->slots[at];
    }
    return found;
}

static void take_out(const struct cdecl_state *state, struct table *table)
{
    for (const struct insertions *lump = table->inserted; lump != NULL; lump = lump->previous)
        for (uint32_t i = 0; i < lump->count; i++)
            cdecl__table_remove(table, find_new(state, table, lump->hashes[i]));
}

void cdecl__log(struct cdecl_state *state, void *address, size_t size)
{
    struct undo *undo = cdecl__keep(state, sizeof *undo + size, _Alignof(struct undo));
    undo->previous = state->undo;
    undo->address = address;
    undo->size = size;
    memcpy(undo->bytes, address, size);
    state->undo = undo;
}

void cdecl__begin(struct cdecl_state *state)
{
    state->undo = NULL;
    state->epoch++;
    state->mark = cdecl__arena_mark(&state->arena);
    state->mark_decl = state->last_decl;
    state->mark_indexed = state->index.count;
    state->mark_ndecls = state->ndecls;
    state->mark_tag = state->last_tag;
    state->mark_id = state->next_id;
}

void cdecl__commit(struct cdecl_state *state)
{
    state->undo = NULL;
    state->names.inserted = state->types.inserted = NULL;
    state->parser = NULL;
    cdecl__arena_reset(&state->log);
    cdecl__arena_reset(&state->scratch);
}

static bool is_of_this_text(const struct cdecl_state *state, const void *object)
{
    return cdecl__arena_is_after(&state->arena, state->mark, object);
}

/* Whether the tag was given its body, or what else it is known by, in the running transaction. */
static bool is_changed(const struct cdecl_state *state, const struct cdecl_tag *tag)
{
    const struct undo *undo = state->undo;
    while (undo != NULL && (uintptr_t)undo->address - (uintptr_t)tag >= sizeof *tag)
        undo = undo->previous;
    return undo != NULL;
}

static struct origin origin_of(const struct parser *p, const struct place *at, bool here,
                               const char *file, uint32_t line)
{
    struct origin origin = {""};
    p->state->conflict = line != 0 && !here;
    if (line == 0 || (here && file == p->lex.file && line == at->line))
        return origin;
    if (file != NULL)
        snprintf(origin.text, sizeof origin.text, ", first declared at %.150s:%lu", file,
                 (unsigned long)line);
    else
        snprintf(origin.text, sizeof origin.text, ", first declared in line %lu%s",
                 (unsigned long)line, here ? "" : " of an earlier text");
    return origin;
}

struct origin cdecl__origin(const struct parser *p, const struct place *at,
                            const struct cdecl_decl *old)
{
    return origin_of(p, at, is_of_this_text(p->state, old), old->file, old->line);
}

struct origin cdecl__tag_origin(const struct parser *p, const struct place *at,
                                const struct cdecl_tag *old)
{
    bool here = is_of_this_text(p->state, old) || is_changed(p->state, old);
    return origin_of(p, at, here, old->file, old->line);
}

void cdecl__rollback(struct cdecl_state *state)
{
    for (const struct undo *undo = state->undo; undo != NULL; undo = undo->previous)
        memcpy(undo->address, undo->bytes, undo->size);
    take_out(state, &state->names);
    take_out(state, &state->types);
    state->last_decl = state->mark_decl;
    state->ndecls = state->mark_ndecls;
    if (state->index.count > state->mark_indexed) /* by a hint of the failure itself */
        state->index.count = state->mark_indexed;
    if (state->last_decl != NULL)
        state->last_decl->next = NULL;
    else
        state->first_decl = NULL;
    state->last_tag = state->mark_tag;
    if (state->last_tag != NULL)
        state->last_tag->next = NULL;
    else
        state->first_tag = NULL;
    state->next_id = state->mark_id;
    cdecl__arena_release(&state->arena, state->mark);
    cdecl__commit(state);
}

/* ---- declarations ---- */

void cdecl__append_decl(struct cdecl_state *state, struct cdecl_decl *decl)
{
    decl->next = NULL;
    state->ndecls++;
    if (state->last_decl == NULL)
        state->first_decl = decl;
    else
        state->last_decl->next = decl;
    state->last_decl = decl;
}

/* Makes `decl` the meaning of its name and appends it to the list. */
void cdecl__bind(struct cdecl_state *state, struct name *name, struct cdecl_decl *decl)
{
    SAVE(state, name->decl);
    name->decl = decl;
    cdecl__append_decl(state, decl);
}

/* ---- for the time of one text ---- */

void cdecl__mean_for_now(struct parser *p, const struct cdecl_decl **place,
                         const struct cdecl_decl *decl, const struct cdecl_decl *given)
{
    struct hidden_meaning *hidden = KEEP_ONE(p->state, struct hidden_meaning);
    *hidden = (struct hidden_meaning){p->hidden, place, *place, given};
    p->hidden = hidden;
    SAVE(p->state, *place);
    *place = decl;
}

void cdecl__mean_as_before(struct parser *p)
{
    for (const struct hidden_meaning *h = p->hidden; h != NULL; h = h->outer)
        if (h->given == NULL || *h->place == h->given)
            *h->place = h->meant;
}

/* ---- what the embedder looks up ---- */

const struct cdecl_decl *cdecl_find(const struct cdecl_state *state, const char *name, size_t size)
{
    const struct name *found = cdecl__lookup(state, name, size);
    if (found == NULL || found->decl != NULL)
        return found == NULL ? NULL : found->decl;
    const struct cdecl_decl *macro = found->extra == NULL ? NULL : found->extra->macro;
    return macro == NULL || macro->line == 0 ? NULL : macro; /* 0: the compiler's own */
}

const struct cdecl_type *cdecl_find_tag(const struct cdecl_state *state, const char *name,
                                        size_t size)
{
    const struct name *found = cdecl__lookup(state, name, size);
    if (found == NULL || found->extra == NULL || found->extra->tag == NULL)
        return NULL;
    return found->extra->tag->type;
}

/* A declaration that a later one of its name replaced stays in the list, but is not shown. */
bool cdecl__is_current(const struct cdecl_decl *decl)
{
    const struct name *name = cdecl__name_of(decl->name);
    if (decl->kind == CDECL_DECL_MACRO)
        return name->extra != NULL && name->extra->macro == decl;
    return name->decl == decl;
}

const struct cdecl_decl *cdecl_next(const struct cdecl_state *state,
                                    const struct cdecl_decl *previous)
{
    const struct cdecl_decl *decl = previous == NULL ? state->first_decl : previous->next;
    while (decl != NULL && !cdecl__is_current(decl))
        decl = decl->next;
    return decl;
}

const struct cdecl_tag *cdecl_next_tag(const struct cdecl_state *state,
                                       const struct cdecl_tag *previous)
{
    return previous == NULL ? state->first_tag : previous->next;
}
