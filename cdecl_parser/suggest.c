/* "did you mean": the known name nearest to a misspelt one. Only errors call this, so it simply
 * walks all names. Depends on scope.c and token.c; owns nothing. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* Longer names are not compared: nobody reads them, and the rows below stay small. */
#define LONGEST 64

/* One for every three letters, at most three. */
static size_t tolerance(size_t size)
{
    return size < 3 ? (size > 1) : size / 3 > 3 ? 3 : size / 3;
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance: insertions, deletions, changes, swapped neighbours; from
 * `limit` on it is just that. Three rows of the usual table: the one being filled, the one above,
 * the one above that. */
static size_t distance(const char *a, size_t m, const char *b, size_t n, size_t limit)
{
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        size_t least = row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least_of(change, least_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least_of(row[j], before[j - 2] + 1);
            least = least_of(least, row[j]);
        }
        if (least >= limit)
            return limit;
    }
    return rows[m % 3][n];
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
    size_t d = distance(name, size, candidate, other, *limit);
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

static bool belongs(const struct cdecl_decl *decl, enum cdecl_space space)
{
    return (decl->kind == CDECL_DECL_TYPEDEF) == (space == CDECL_SPACE_TYPES);
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
    for (const struct cdecl_decl *decl = NULL; (decl = cdecl_next(state, decl)) != NULL;)
        if (belongs(decl, space))
            consider(&n, decl->name);
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
