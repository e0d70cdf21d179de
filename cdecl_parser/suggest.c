/* "did you mean": the known name nearest to a misspelt one. Programs probe for names, so a miss has
 * to be cheap: names whose size or letters differ too much are passed over by an index, and of the
 * others only the most promising are compared. Depends on scope.c and token.c; owns the index, in
 * memory of the state's allocator. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* Longer names are not compared: nobody reads them, and a column has a bit for each letter. */
#define LONGEST 64

/* One for every three letters, at most three. */
static size_t tolerance(size_t size)
{
    return size < 3 ? (size > 1) : size / 3 > 3 ? 3 : size / 3;
}

/* Optimal string alignment distance: insertions, deletions, changes, swapped neighbours. A column
 * of the usual table at a time, as the bits where it goes up and down (Hyyro 2003). m is 1 to 64.
 */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    uint64_t where[256] = {0}, up = UINT64_MAX, down = 0, same = 0, before = 0;
    const uint64_t last = (uint64_t)1 << (m - 1);
    size_t d = m;
    for (size_t i = 0; i < m; i++)
        where[(unsigned char)a[i]] |= (uint64_t)1 << i;
    for (size_t j = 0; j < n; j++) {
        uint64_t here = where[(unsigned char)b[j]];
        uint64_t swapped = (~same & here) << 1 & before;
        same = (((here & up) + up) ^ up) | here | down | swapped;
        uint64_t right = down | ~(same | up), left = same & up;
        d += (right & last) != 0;
        d -= (left & last) != 0;
        right = right << 1 | 1;
        up = left << 1 | ~(same | right);
        down = right & same;
        before = here;
    }
    return d;
}

size_t cdecl_near_limit(size_t size)
{
    return size > LONGEST ? 0 : tolerance(size) + 1;
}

bool cdecl_is_nearer(const char *name, size_t size, const char *candidate, size_t *limit)
{
    size_t other = strlen(candidate), gap = other > size ? other - size : size - other;
    if (other == 0 || other > LONGEST || gap >= *limit)
        return false;
    size_t d = distance(name, size, candidate, other);
    if (d == 0 || d >= *limit)
        return false;
    *limit = d;
    return true;
}

struct nearest {
    const char *name;
    size_t size;
    size_t limit;
    const char *found;
};

static void consider(struct nearest *n, const char *candidate)
{
    if (candidate != NULL && cdecl_is_nearer(n->name, n->size, candidate, &n->limit))
        n->found = candidate;
}

static struct nearest start(const char *name, size_t size)
{
    return (struct nearest){name, size, cdecl_near_limit(size), NULL};
}

/* ---- the index ---- */

/* One bit for each letter, of 58: few share one. */
static uint64_t letters_of(const char *name, size_t size)
{
    uint64_t letters = 0;
    for (size_t i = 0; i < size; i++)
        letters |= (uint64_t)1 << ((unsigned char)name[i] % 58);
    return letters;
}

static unsigned bits_of(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    return (unsigned)(((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56);
}

static size_t index_bytes(size_t capacity)
{
    return capacity * (sizeof(struct cdecl_decl *) + sizeof(uint64_t) + sizeof(uint8_t));
}

static void index_arrays(struct name_index *index, void *memory, size_t capacity)
{
    index->decls = memory;
    index->letters = (uint64_t *)(void *)(index->decls + capacity);
    index->sizes = (uint8_t *)(index->letters + capacity);
    index->capacity = capacity;
}

void cdecl__index_free(struct cdecl_state *state)
{
    struct name_index *index = &state->index;
    if (index->capacity != 0)
        state->allocator.resize(state->allocator.user, index->decls, index_bytes(index->capacity),
                                0);
    *index = (struct name_index){0};
}

/* Room for one more; false when memory is out. */
static bool grow_index(struct cdecl_state *state)
{
    struct name_index *index = &state->index, grown = *index;
    size_t capacity = index->capacity == 0 ? 256 : index->capacity * 2;
    if (index->count < index->capacity)
        return true;
    void *memory = state->allocator.resize(state->allocator.user, NULL, 0, index_bytes(capacity));
    if (memory == NULL)
        return false;
    index_arrays(&grown, memory, capacity);
    if (index->count > 0) {
        memcpy(grown.decls, index->decls, index->count * sizeof *grown.decls);
        memcpy(grown.letters, index->letters, index->count * sizeof *grown.letters);
        memcpy(grown.sizes, index->sizes, index->count);
    }
    cdecl__index_free(state);
    *index = grown;
    return true;
}

/* Takes in what was declared since the last time. */
static bool fill_index(struct cdecl_state *state)
{
    struct name_index *index = &state->index;
    const struct cdecl_decl *decl =
        index->count == 0 ? state->first_decl : index->decls[index->count - 1]->next;
    for (; decl != NULL; decl = decl->next) {
        size_t size = cdecl__name_of(decl->name)->size;
        if (!grow_index(state))
            return false;
        index->decls[index->count] = decl;
        index->letters[index->count] = letters_of(decl->name, size);
        index->sizes[index->count++] = (uint8_t)(size > UINT8_MAX ? UINT8_MAX : size);
    }
    return true;
}

/* ---- searching ---- */

static bool belongs(const struct cdecl_decl *decl, enum cdecl_space space)
{
    return (decl->kind == CDECL_DECL_TYPEDEF) == (space == CDECL_SPACE_TYPES);
}

enum {
    THOROUGH = 4,      /* searches that compare all names whose size and letters fit; later ones, */
    MOST_BITS = 6,     /* by how many letters the one or the other name has alone (two a change), */
    PROMISING = 32,    /* compare so many names of each number, */
    MOST_COMPARED = 96 /* and so many in all */
};

static void consider_decl(struct nearest *n, const struct cdecl_decl *decl, enum cdecl_space space)
{
    if (cdecl__is_current(decl) && belongs(decl, space))
        consider(n, decl->name);
}

/* Compares the declarations whose letters differ least, in the order of the list. */
static void search_index(const struct name_index *index, enum cdecl_space space, struct nearest *n)
{
    uint32_t promising[MOST_BITS + 1][PROMISING], counts[MOST_BITS + 1] = {0};
    uint64_t letters = letters_of(n->name, n->size);
    unsigned limit = n->limit == 0 ? 0 : (unsigned)n->limit - 1;
    bool thorough = index->searches <= THOROUGH;
    int compared = 0;
    uint8_t least = (uint8_t)(n->size > limit ? n->size - limit : 0);
    uint8_t range = (uint8_t)(n->size + limit - least);
    for (size_t i = 0; i < index->count; i++) {
        if ((uint8_t)(index->sizes[i] - least) > range)
            continue;
        unsigned bits = bits_of(index->letters[i] ^ letters);
        if (bits <= 2 * limit && thorough)
            consider_decl(n, index->decls[i], space);
        else if (bits <= 2 * limit && counts[bits] < PROMISING)
            promising[bits][counts[bits]++] = (uint32_t)i;
    }
    for (unsigned bits = 0; bits <= 2 * limit; bits++)
        for (uint32_t k = 0; k < counts[bits] && compared < MOST_COMPARED; k++, compared++)
            consider_decl(n, index->decls[promising[bits][k]], space);
}

static void search_list(const struct cdecl_state *state, enum cdecl_space space, struct nearest *n)
{
    for (const struct cdecl_decl *decl = NULL; (decl = cdecl_next(state, decl)) != NULL;)
        if (belongs(decl, space))
            consider(n, decl->name);
}

const char *cdecl_suggest(const struct cdecl_state *state, enum cdecl_space space, const char *name,
                          size_t size)
{
    struct nearest n = start(name, size);
    if (space == CDECL_SPACE_TAGS) {
        for (const struct cdecl_tag *tag = state->first_tag; tag != NULL; tag = tag->next)
            consider(&n, tag->name);
        return n.found;
    }
    struct cdecl_state *s = (struct cdecl_state *)(uintptr_t)state; /* only its index changes */
    s->index.searches++;
    if (fill_index(s))
        search_index(&state->index, space, &n);
    else
        search_list(state, space, &n);
    if (space == CDECL_SPACE_TYPES)
        for (size_t i = 0; cdecl__known_name(i) != NULL; i++)
            consider(&n, cdecl__known_name(i));
    if (space == CDECL_SPACE_TYPES)
        for (int i = TOK_AUTO; i < TOK_SOFT_ALIGNAS; i++) {
            const char *keyword = cdecl__token_spelling((enum token_kind)i);
            if (i == TOK_INT || i == TOK_CHARKW || i == TOK_LONG || i == TOK_SHORT ||
                i == TOK_FLOAT || i == TOK_DOUBLE || i == TOK_VOID || i == TOK_UNSIGNED ||
                i == TOK_SIGNED || i == TOK_STRUCT || i == TOK_UNION || i == TOK_ENUM ||
                i == TOK_TYPEDEF || i == TOK_CONST || i == TOK_EXTERN || i == TOK_STATIC)
                consider(&n, keyword);
        }
    return n.found;
}

static void consider_members(struct nearest *n, const struct cdecl_type *type)
{
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *m = &type->tag->members[i];
        consider(n, m->name);
        if (m->name == NULL && m->type->tag != NULL && m->type->kind != CDECL_ENUM)
            consider_members(n, m->type);
    }
}

const char *cdecl_suggest_member(const struct cdecl_type *type, const char *name, size_t size)
{
    struct nearest n = start(name, size);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        consider_members(&n, type);
    return n.found;
}

struct hint cdecl__hint(const struct cdecl_state *state, enum cdecl_space space, const char *name,
                        size_t size)
{
    struct hint hint = {""};
    const char *near = cdecl_suggest(state, space, name, size);
    if (near != NULL && strlen(near) <= LONGEST)
        snprintf(hint.text, sizeof hint.text, " (did you mean '%s'?)", near);
    return hint;
}
