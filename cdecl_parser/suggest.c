/* "did you mean": the known name nearest to a misspelt one. Programs probe for names, so a miss has
 * to be cheap: an index tells the declarations whose letters are nearly those of the name, and of
 * these only the most promising are compared. Depends on scope.c and token.c; owns the index, in
 * memory of the state's allocator. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* ---- comparing ---- */

/* One for every three letters, at most three. */
static size_t tolerance(size_t size)
{
    return size < 3 ? (size > 1) : size / 3 > 3 ? 3 : size / 3;
}

void cdecl_near_start(struct cdecl_near *near, const char *name, size_t size)
{
    *near = (struct cdecl_near){.size = size, .limit = tolerance(size) + 1};
    if (size > CDECL_NEAR_LONGEST)
        near->limit = 0;
    for (size_t i = 0; i < size && near->limit > 0; i++)
        near->where[(unsigned char)name[i]] |= (uint64_t)1 << i;
}

/* The size of a candidate; 0 when it is too long, or too many of its letters are none of the
 * name's: most candidates fail soon. */
static size_t alike_size(const struct cdecl_near *near, const char *candidate)
{
    size_t size = 0, strange = 0;
    for (; candidate[size] != '\0'; size++) {
        strange += near->where[(unsigned char)candidate[size]] == 0;
        if (strange >= near->limit || size + 1 >= near->size + near->limit)
            return 0;
    }
    return size <= CDECL_NEAR_LONGEST ? size : 0;
}

/* Optimal string alignment distance: insertions, deletions, changes, swapped neighbours. A column
 * of the usual table at a time, as the bits where it goes up and down (Hyyro 2003). */
static size_t distance(const struct cdecl_near *near, const char *candidate, size_t n)
{
    uint64_t up = UINT64_MAX, down = 0, same = 0, before = 0;
    const uint64_t last = (uint64_t)1 << (near->size - 1);
    size_t d = near->size;
    for (size_t j = 0; j < n; j++) {
        uint64_t here = near->where[(unsigned char)candidate[j]];
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

bool cdecl_near_take(struct cdecl_near *near, const char *candidate)
{
    size_t size, d;
    if (near->limit <= 1)
        return false;
    size = alike_size(near, candidate);
    if (size == 0 || size + near->limit <= near->size)
        return false;
    d = distance(near, candidate, size);
    if (d == 0 || d >= near->limit)
        return false;
    near->limit = d;
    return true;
}

struct nearest {
    struct cdecl_near near;
    const char *name;
    size_t size;
    const char *found;
};

static void consider(struct nearest *n, const char *candidate)
{
    if (candidate != NULL && cdecl_near_take(&n->near, candidate))
        n->found = candidate;
}

static void start(struct nearest *n, const char *name, size_t size)
{
    cdecl_near_start(&n->near, name, size);
    n->name = name;
    n->size = size;
    n->found = NULL;
}

/* ---- the index ---- */

enum {
    BLOCK = 16,        /* rows that are looked at together; there is room for whole ones */
    MOST_BITS = 6,     /* by how many letters the one or the other name has alone (two a change), */
    PROMISING = 32,    /* so many names of each number are compared, */
    MOST_COMPARED = 96 /* and so many in all */
};

/* A bit for each kind of letter: '_', ten digits, the letters in any case, of which the rarest have
 * the bit of all other bytes. */
static uint32_t letters_of(const char *text, size_t size)
{
#define BIT(n) ((uint32_t)1 << (n))
#define OTHERS BIT(31)
#define EIGHT OTHERS, OTHERS, OTHERS, OTHERS, OTHERS, OTHERS, OTHERS, OTHERS
    /* clang-format off */
    static const uint32_t bits[256] = {
        EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT,
        BIT(1),  BIT(2),  BIT(3),  BIT(4),  BIT(5),  BIT(6),  BIT(7),  BIT(8),   /* 01234567 */
        BIT(9),  BIT(10), OTHERS,  OTHERS,  OTHERS,  OTHERS,  OTHERS,  OTHERS,   /* 89...... */
        OTHERS,  BIT(11), BIT(12), BIT(13), BIT(14), BIT(15), BIT(16), BIT(17),  /* .ABCDEFG */
        BIT(18), BIT(19), OTHERS,  OTHERS,  BIT(20), BIT(21), BIT(22), BIT(23),  /* HIJKLMNO */
        BIT(24), OTHERS,  BIT(25), BIT(26), BIT(27), BIT(28), OTHERS,  BIT(29),  /* PQRSTUVW */
        OTHERS,  BIT(30), OTHERS,  OTHERS,  OTHERS,  OTHERS,  OTHERS,  BIT(0),   /* XYZ...._ */
        OTHERS,  BIT(11), BIT(12), BIT(13), BIT(14), BIT(15), BIT(16), BIT(17),  /* .abcdefg */
        BIT(18), BIT(19), OTHERS,  OTHERS,  BIT(20), BIT(21), BIT(22), BIT(23),  /* hijklmno */
        BIT(24), OTHERS,  BIT(25), BIT(26), BIT(27), BIT(28), OTHERS,  BIT(29),  /* pqrstuvw */
        OTHERS,  BIT(30), OTHERS,  OTHERS,  OTHERS,  OTHERS,  OTHERS,  OTHERS,   /* xyz..... */
        EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT,
        EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT,
    };
    /* clang-format on */
#undef EIGHT
#undef OTHERS
#undef BIT
    const unsigned char *name = (const unsigned char *)text;
    uint32_t letters = 0;
    for (; size >= 4; name += 4, size -= 4)
        letters |= bits[name[0]] | bits[name[1]] | bits[name[2]] | bits[name[3]];
    for (size_t i = 0; i < size; i++)
        letters |= bits[name[i]];
    return letters;
}

static uint32_t bits_of(uint32_t x)
{
    x -= x >> 1 & 0x55555555;
    x = (x & 0x33333333) + (x >> 2 & 0x33333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f;
    x += x >> 8;
    return (x + (x >> 16)) & 63;
}

static size_t index_bytes(size_t capacity)
{
    return capacity * sizeof(uint32_t) + capacity / BLOCK * sizeof(struct cdecl_decl *);
}

static void index_arrays(struct name_index *index, void *memory, size_t capacity)
{
    index->blocks = memory;
    index->letters = (uint32_t *)(void *)(index->blocks + capacity / BLOCK);
    index->capacity = capacity;
}

void cdecl__index_free(struct cdecl_state *state)
{
    struct name_index *index = &state->index;
    if (index->capacity != 0)
        state->allocator.resize(state->allocator.user, index->blocks, index_bytes(index->capacity),
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
        memcpy(grown.blocks, index->blocks, index->count / BLOCK * sizeof *grown.blocks);
        memcpy(grown.letters, index->letters, index->count * sizeof *grown.letters);
    }
    memset(grown.letters + index->count, 0, (capacity - index->count) * sizeof *grown.letters);
    cdecl__index_free(state);
    *index = grown;
    return true;
}

/* The declaration of a row. */
static const struct cdecl_decl *decl_at(const struct name_index *index, size_t row)
{
    const struct cdecl_decl *decl = index->blocks[row / BLOCK];
    for (size_t i = row % BLOCK; i > 0; i--)
        decl = decl->next;
    return decl;
}

bool cdecl__index_names(struct cdecl_state *state)
{
    struct name_index *index = &state->index;
    const struct cdecl_decl *decl =
        index->count == 0 ? state->first_decl : decl_at(index, index->count - 1)->next;
    for (; decl != NULL; decl = decl->next) {
        if (!grow_index(state))
            return false;
        if (index->count % BLOCK == 0)
            index->blocks[index->count / BLOCK] = decl;
        index->letters[index->count++] = letters_of(decl->name, cdecl__name_of(decl->name)->size);
    }
    return true;
}

/* ---- searching ---- */

static bool belongs(const struct cdecl_decl *decl, enum cdecl_space space)
{
    return (decl->kind == CDECL_DECL_TYPEDEF) == (space == CDECL_SPACE_TYPES);
}

static void consider_decl(struct nearest *n, const struct cdecl_decl *decl, enum cdecl_space space)
{
    if (cdecl__is_current(decl) && belongs(decl, space))
        consider(n, decl->name);
}

/* The rows of the index that will be compared, by how many letters differ. */
struct promising {
    uint32_t letters; /* of the name */
    int32_t most;     /* letters that may differ, -1 when there are enough */
    uint32_t counts[MOST_BITS + 1];
    uint32_t rows[MOST_BITS + 1][PROMISING];
};

/* Notes a row whose letters differ in so many. Once that many, or enough better ones, are noted, no
 * more like it are asked for. */
static void note_row(struct promising *p, int32_t bits, uint32_t row)
{
    uint32_t better = 0;
    if (p->counts[bits] == PROMISING)
        return;
    p->rows[bits][p->counts[bits]++] = row;
    for (int32_t b = 0; b < p->most; b++)
        better += p->counts[b];
    while (p->most >= 0 && (better >= MOST_COMPARED || p->counts[p->most] == PROMISING))
        better -= --p->most >= 0 ? p->counts[p->most] : 0;
}

/* The loops over a block are for the compiler's vectors: most blocks have no row to note. */
static void note_rows(struct promising *p, const struct name_index *index)
{
    for (size_t from = 0; from < index->count; from += BLOCK) {
        const uint32_t *letters = index->letters + from;
        int32_t bits[BLOCK], within = 0;
        for (size_t i = 0; i < BLOCK; i++) {
            bits[i] = (int32_t)bits_of(letters[i] ^ p->letters);
            within |= bits[i] - p->most - 1; /* the sign */
        }
        if (within >= 0)
            continue;
        for (size_t i = 0; i < BLOCK && from + i < index->count; i++)
            if (bits[i] <= p->most)
                note_row(p, bits[i], (uint32_t)(from + i));
    }
}

/* Compares the declarations whose letters differ least, in the order of the list. */
static void search_index(const struct name_index *index, enum cdecl_space space, struct nearest *n)
{
    struct promising p;
    int compared = 0;
    if (n->near.limit <= 1)
        return;
    p.letters = letters_of(n->name, n->size);
    p.most = 2 * ((int32_t)n->near.limit - 1);
    memset(p.counts, 0, sizeof p.counts);
    note_rows(&p, index);
    for (uint32_t bits = 0; bits <= MOST_BITS && n->near.limit > (bits + 1) / 2; bits++)
        for (uint32_t i = 0; i < p.counts[bits] && compared < MOST_COMPARED; i++, compared++)
            consider_decl(n, decl_at(index, p.rows[bits][i]), space);
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
    struct nearest n;
    start(&n, name, size);
    if (space == CDECL_SPACE_TAGS) {
        for (const struct cdecl_tag *tag = state->first_tag; tag != NULL; tag = tag->next)
            consider(&n, tag->name);
        return n.found;
    }
    struct cdecl_state *s = (struct cdecl_state *)(uintptr_t)state; /* only its index changes */
    if (cdecl__index_names(s))
        search_index(&state->index, space, &n);
    else
        search_list(state, space, &n);
    if (space == CDECL_SPACE_TYPES)
        for (size_t i = 0; cdecl_known_typedef(i) != NULL; i++)
            consider(&n, cdecl_known_typedef(i));
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
    struct nearest n;
    start(&n, name, size);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        consider_members(&n, type);
    return n.found;
}

struct hint cdecl__hint(const struct cdecl_state *state, enum cdecl_space space, const char *name,
                        size_t size)
{
    struct hint hint = {""};
    const char *near = cdecl_suggest(state, space, name, size);
    if (near != NULL && strlen(near) <= CDECL_NEAR_LONGEST)
        snprintf(hint.text, sizeof hint.text, " (did you mean '%s'?)", near);
    return hint;
}
