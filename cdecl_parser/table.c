/* Hash sets of arena nodes: open addressing, linear probing. The hashes stand in an array of their
 * own beside the pointers, so that probing and growing touch no node. The table owns that memory
 * only, taken from the state's allocator and freed by cdecl__table_free(). Depends on libc alone.
 * Searching is done by the users (scope.c, type.c), which know what equality means. */
#include "internal.h"

static size_t bytes(size_t capacity)
{
    return capacity * (sizeof(void *) + sizeof(uint32_t));
}

static void put(struct table *table, void *node, uint32_t hash)
{
    uint32_t at = hash & table->mask;
    while (table->hashes[at] != 0)
        at = (at + 1) & table->mask;
    table->slots[at] = node;
    table->hashes[at] = hash;
}

bool cdecl__table_grow(struct table *table, const struct cdecl_allocator *allocator)
{
    struct table old = *table;
    uint32_t capacity = old.slots == NULL ? old.first_capacity : (old.mask + 1) * 2;
    if (capacity == 0)
        return false;
    void *memory = allocator->resize(allocator->user, NULL, 0, bytes(capacity));
    if (memory == NULL)
        return false;
    table->slots = memory;
    table->hashes = (uint32_t *)(void *)(table->slots + capacity);
    table->mask = capacity - 1;
    memset(table->hashes, 0, capacity * sizeof *table->hashes);
    if (old.slots == NULL)
        return true;
    for (uint32_t i = 0; i <= old.mask; i++)
        if (old.hashes[i] != 0)
            put(table, old.slots[i], old.hashes[i]);
    cdecl__table_free(&old, allocator);
    return true;
}

void cdecl__table_put(struct table *table, void *node)
{
    put(table, node, cdecl__node_hash(table, node));
    table->count++;
}

/* Takes a node out and closes the gap, so that probing needs no tombstones. */
void cdecl__table_remove(struct table *table, const void *node)
{
    uint32_t mask = table->mask, gap = cdecl__node_hash(table, node) & mask;
    while (table->slots[gap] != node || table->hashes[gap] == 0)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; table->hashes[at] != 0; at = (at + 1) & mask) {
        uint32_t home = table->hashes[at] & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) { /* its home is at or before the gap */
            table->slots[gap] = table->slots[at];
            table->hashes[gap] = table->hashes[at];
            gap = at;
        }
    }
    table->hashes[gap] = 0;
    table->count--;
}

void cdecl__table_free(struct table *table, const struct cdecl_allocator *allocator)
{
    if (table->slots != NULL)
        allocator->resize(allocator->user, table->slots, bytes((size_t)table->mask + 1), 0);
    table->slots = NULL;
}
