/* Hash sets of arena nodes: open addressing, linear probing, each node carrying its own hash. The
 * table owns its slot array only, taken from the state's allocator and freed by
 * cdecl__table_free(). Depends on libc alone. Searching is done by the users (scope.c, type.c),
 * which know what equality means. */
#include <string.h>
#include "internal.h"

#define FIRST_CAPACITY 256

static void put(void **slots, uint32_t mask, void *node, uint32_t hash)
{
    uint32_t at = hash & mask;
    while (slots[at] != NULL)
        at = (at + 1) & mask;
    slots[at] = node;
}

static bool grow(struct table *table, const struct cdecl_allocator *allocator)
{
    uint32_t old = table->slots == NULL ? 0 : table->mask + 1;
    if (old > UINT32_MAX / 4)
        return false;
    uint32_t capacity = old == 0 ? FIRST_CAPACITY : old * 2;
    void **slots = allocator->resize(allocator->user, NULL, 0, capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0, capacity * sizeof *slots);
    for (uint32_t i = 0; i < old; i++)
        if (table->slots[i] != NULL)
            put(slots, capacity - 1, table->slots[i], cdecl__node_hash(table, table->slots[i]));
    cdecl__table_free(table, allocator);
    table->slots = slots;
    table->mask = capacity - 1;
    return true;
}

/* Makes room for one more node; at most 5/8 of the slots are in use. False when memory is out. */
bool cdecl__table_reserve(struct table *table, const struct cdecl_allocator *allocator)
{
    if (table->slots != NULL && table->count < table->mask / 8 * 5)
        return true;
    return grow(table, allocator);
}

void cdecl__table_put(struct table *table, void *node)
{
    put(table->slots, table->mask, node, cdecl__node_hash(table, node));
    table->count++;
}

/* Takes a node out and closes the gap, so that probing needs no tombstones. */
void cdecl__table_remove(struct table *table, const void *node)
{
    uint32_t mask = table->mask;
    uint32_t gap = cdecl__node_hash(table, node) & mask;
    while (table->slots[gap] != node)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; table->slots[at] != NULL; at = (at + 1) & mask) {
        uint32_t home = cdecl__node_hash(table, table->slots[at]) & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) { /* its home is at or before the gap */
            table->slots[gap] = table->slots[at];
            gap = at;
        }
    }
    table->slots[gap] = NULL;
    table->count--;
}

void cdecl__table_free(struct table *table, const struct cdecl_allocator *allocator)
{
    if (table->slots != NULL)
        allocator->resize(allocator->user, table->slots,
                          ((size_t)table->mask + 1) * sizeof *table->slots, 0);
    table->slots = NULL;
}
