/* Memory that never moves. Allocation is a pointer bump; memory is given back only from a mark
 * onwards, or all at once. Depends on libc alone. The arena owns what it returns.
 *
 * Built with CDECL_STRESS, each allocation gets a block of its own and released memory is
 * overwritten first, so that a stale pointer shows at once under valgrind or ASan. */
#include <string.h>
#include "internal.h"

/* A block is a quarter of what is in use: few calls of the allocator, and small blocks while the
 * arena is small, as they find room in memory the process has touched before. To touch a page for
 * the first time costs more than to read the declarations that fill it. */
#define SMALLEST_BLOCK 4096
#define LARGEST_BLOCK 65536

struct arena_block {
    struct arena_block *previous;
    size_t size; /* of `data` */
    _Alignas(max_align_t) char data[];
};

static size_t used_in_block(const struct arena *arena)
{
    return arena->block == NULL ? 0 : (size_t)(arena->next - arena->block->data);
}

static size_t block_size(const struct arena *arena, size_t least)
{
#ifdef CDECL_STRESS
    (void)arena;
    return least;
#else
    size_t size = cdecl__arena_used(arena) / 4 / sizeof(max_align_t) * sizeof(max_align_t);
    if (size < SMALLEST_BLOCK)
        size = SMALLEST_BLOCK;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    return size < least ? least : size;
#endif
}

void *cdecl__arena_grow(struct arena *arena, size_t size, size_t align)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t data = block_size(arena, size + align);
    struct arena_block *block =
        arena->allocator->resize(arena->allocator->user, NULL, 0, sizeof *block + data);
    if (block == NULL)
        return NULL;
    arena->older += used_in_block(arena);
    block->previous = arena->block;
    block->size = data;
    arena->block = block;
    arena->next = arena->fresh = block->data;
    arena->limit = block->data + data;
    return cdecl__arena_alloc(arena, size, align);
}

struct arena_mark cdecl__arena_mark(struct arena *arena)
{
    arena->fresh = arena->next;
    return (struct arena_mark){arena->block, arena->next, arena->older};
}

static void free_block(struct arena *arena)
{
    struct arena_block *block = arena->block;
    arena->block = block->previous;
#ifdef CDECL_STRESS
    memset(block->data, 0xdd, block->size);
#endif
    arena->allocator->resize(arena->allocator->user, block, sizeof *block + block->size, 0);
}

/* Back to an arena that had no block yet keeps one: the next declaration needs it again. */
void cdecl__arena_release(struct arena *arena, struct arena_mark mark)
{
    if (mark.block == NULL) {
        cdecl__arena_reset(arena);
        return;
    }
    while (arena->block != mark.block)
        free_block(arena);
    arena->next = arena->fresh = mark.next;
    arena->limit = mark.block->data + mark.block->size;
    arena->older = mark.older;
}

void cdecl__arena_reset(struct arena *arena)
{
    while (arena->block != NULL && arena->block->previous != NULL)
        free_block(arena);
    arena->older = 0;
    if (arena->block == NULL)
        return;
    arena->next = arena->fresh = arena->block->data;
    arena->limit = arena->block->data + arena->block->size;
}

void cdecl__arena_free(struct arena *arena)
{
    cdecl__arena_reset(arena);
    if (arena->block != NULL)
        free_block(arena);
    arena->next = arena->limit = arena->fresh = NULL;
}

size_t cdecl__arena_used(const struct arena *arena)
{
    return arena->older + used_in_block(arena);
}

bool cdecl__arena_is_after(const struct arena *arena, struct arena_mark mark, const void *address)
{
    uintptr_t at = (uintptr_t)address;
    for (const struct arena_block *block = arena->block; block != NULL; block = block->previous) {
        bool marked = block == mark.block;
        uintptr_t from = (uintptr_t)(marked ? mark.next : block->data);
        if (at >= from && at < (uintptr_t)(block->data + block->size))
            return true;
        if (marked)
            return false;
    }
    return false;
}
