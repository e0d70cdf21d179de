/* Arenas and the hash tables of their nodes: arena.c and table.c, which know no parser. Included by
 * internal.h, where the state that owns them is. */
#ifndef CDECL_MEMORY_H
#define CDECL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "cdecl.h"

/* ---- arena.c: memory that never moves, freed from a mark onwards ---- */

struct arena_block;

struct arena {
    const struct cdecl_allocator *allocator;
    struct arena_block *block; /* the one being filled, NULL at first */
    char *next, *limit;        /* its free part */
    char *fresh;               /* in this block, the first byte handed out since the last mark */
    size_t older;              /* bytes handed out from the blocks before it */
};

struct arena_mark {
    struct arena_block *block;
    char *next;
    size_t older;
};

void *cdecl__arena_grow(struct arena *arena, size_t size, size_t align);
struct arena_mark cdecl__arena_mark(struct arena *arena);
void cdecl__arena_release(struct arena *arena, struct arena_mark mark);
void cdecl__arena_reset(struct arena *arena); /* empties it, keeps one block */
void cdecl__arena_free(struct arena *arena);
size_t cdecl__arena_used(const struct arena *arena);
/* Whether `address` was handed out after the mark. Looks at every block since. */
bool cdecl__arena_is_after(const struct arena *arena, struct arena_mark mark, const void *address);

/* Whether `address` lies in the current block at or after the last mark. A quick test: a false
 * answer may be wrong, a true one is not. */
static inline bool cdecl__arena_is_new(const struct arena *arena, const void *address)
{
    return (uintptr_t)address >= (uintptr_t)arena->fresh &&
           (uintptr_t)address < (uintptr_t)arena->next;
}

/* From the block being filled, NULL when it is full. */
static inline void *cdecl__arena_bump(struct arena *arena, size_t size, size_t align)
{
    uintptr_t at = ((uintptr_t)arena->next + (align - 1)) & ~(uintptr_t)(align - 1);
    if (at > (uintptr_t)arena->limit || size > (uintptr_t)arena->limit - at)
        return NULL;
    char *result = arena->next + (at - (uintptr_t)arena->next);
    arena->next = result + size;
    return result;
}

/* NULL when memory is out. */
static inline void *cdecl__arena_alloc(struct arena *arena, size_t size, size_t align)
{
    void *result = cdecl__arena_bump(arena, size, align);
    return result != NULL ? result : cdecl__arena_grow(arena, size, align);
}

/* ---- table.c: hash sets of arena nodes that carry their own 32-bit hash, never 0 ---- */

struct table {
    void **slots;
    uint32_t *hashes; /* of the nodes in `slots`; 0: the slot is free */
    uint32_t mask;    /* capacity - 1 */
    uint32_t count;
    uint32_t first_capacity;     /* a power of two */
    size_t hash_at;              /* offset of the hash in a node */
    struct insertions *inserted; /* in the running transaction */
};

static inline uint32_t cdecl__node_hash(const struct table *table, const void *node)
{
    return *(const uint32_t *)(const void *)((const char *)node + table->hash_at);
}

bool cdecl__table_grow(struct table *table, const struct cdecl_allocator *allocator);

/* Makes room for one more node; at most three quarters of the slots are in use. False when memory
 * is out. */
static inline bool cdecl__table_reserve(struct table *table,
                                        const struct cdecl_allocator *allocator)
{
    if (table->slots != NULL && table->count < table->mask / 4 * 3)
        return true;
    return cdecl__table_grow(table, allocator);
}

void cdecl__table_put(struct table *table, void *node); /* after a successful reserve */
void cdecl__table_remove(struct table *table, const void *node);
void cdecl__table_free(struct table *table, const struct cdecl_allocator *allocator);

#endif
