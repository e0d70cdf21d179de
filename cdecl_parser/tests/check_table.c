/* table.c: hash sets that grow, lose nodes without tombstones, and give their memory back. */
#include <stdlib.h>

#include "support.h"

struct node {
    uint32_t key;
    uint32_t hash;
};

static struct heap heap;
static struct cdecl_allocator allocator;
static struct table table;

static void set_up(void)
{
    allocator = heap_allocator(&heap);
    table = (struct table){.first_capacity = 256, .hash_at = offsetof(struct node, hash)};
    ck_assert(cdecl__table_reserve(&table, &allocator));
}

static void tear_down(void)
{
    cdecl__table_free(&table, &allocator);
    ck_assert_uint_eq(heap.bytes, 0);
}

static void put(struct node *node)
{
    ck_assert(cdecl__table_reserve(&table, &allocator));
    cdecl__table_put(&table, node);
}

/* As scope.c and type.c search. */
static bool contains(const struct node *node)
{
    for (uint32_t at = node->hash & table.mask; table.hashes[at] != 0; at = (at + 1) & table.mask)
        if (table.slots[at] == node)
            return table.hashes[at] == node->hash;
    return false;
}

static uint32_t occupied(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i <= table.mask; i++)
        count += table.hashes[i] != 0;
    return count;
}

enum { COUNT = 5000 };
static struct node nodes[COUNT];

static uint32_t spread(uint32_t key)
{
    return (key * 2654435761u) | 1;
}

/* Hashes for the same nodes: good ones, all equal, all at the table's end, few different ones. */
static uint32_t hash_of(int kind, uint32_t key)
{
    switch (kind) {
    case 0: return spread(key);
    case 1: return 7;
    case 2: return UINT32_MAX - key % 3;
    default: return key % 5 + 1;
    }
}

static uint32_t number_of(int kind)
{
    return kind == 0 ? COUNT : 600; /* colliding ones cost the square */
}

static void fill(int kind)
{
    for (uint32_t i = 0; i < number_of(kind); i++) {
        nodes[i] = (struct node){i, hash_of(kind, i)};
        put(&nodes[i]);
    }
}

START_TEST(what_is_put_is_found)
{
    fill(_i);
    ck_assert_uint_eq(table.count, number_of(_i));
    ck_assert_uint_eq(occupied(), number_of(_i));
    for (uint32_t i = 0; i < number_of(_i); i++)
        ck_assert(contains(&nodes[i]));
    struct node other = {0, hash_of(_i, 0)};
    ck_assert(!contains(&other));
}
END_TEST

START_TEST(a_quarter_stays_free)
{
    fill(0);
    ck_assert_uint_le(table.count, (table.mask + 1) / 4 * 3);
    ck_assert_uint_eq((table.mask + 1) & table.mask, 0);
}
END_TEST

/* Each third node goes; the others must be found across the closed gaps. */
START_TEST(removing_leaves_the_others)
{
    uint32_t count = number_of(_i), removed = 0;
    fill(_i);
    for (uint32_t i = 0; i < count; i += 3, removed++)
        cdecl__table_remove(&table, &nodes[i]);
    ck_assert_uint_eq(table.count, count - removed);
    ck_assert_uint_eq(occupied(), count - removed);
    for (uint32_t i = 0; i < count; i++)
        ck_assert_int_eq(contains(&nodes[i]), i % 3 != 0);
    for (uint32_t i = 0; i < count; i += 3)
        put(&nodes[i]);
    for (uint32_t i = 0; i < count; i++)
        ck_assert(contains(&nodes[i]));
}
END_TEST

START_TEST(removing_backwards_empties_it)
{
    uint32_t count = number_of(_i);
    fill(_i);
    for (uint32_t i = count; i > 0; i--) {
        cdecl__table_remove(&table, &nodes[i - 1]);
        bool right = true; /* one assertion, as each is noted in a file */
        for (uint32_t k = 0; i % 97 == 0 && k < count; k += 7)
            right &= contains(&nodes[k]) == (k < i - 1);
        ck_assert(right);
    }
    ck_assert_uint_eq(table.count, 0);
    ck_assert_uint_eq(occupied(), 0);
}
END_TEST

START_TEST(random_puts_and_removals)
{
    static bool in[512];
    uint32_t random = 12345, count = 0;
    for (uint32_t i = 0; i < 512; i++) {
        in[i] = false;
        nodes[i] = (struct node){i, hash_of(_i, i * 31)};
    }
    for (int step = 0; step < 30000; step++) {
        random = random * 1664525u + 1013904223u;
        uint32_t i = random >> 16 & 511;
        if (in[i])
            cdecl__table_remove(&table, &nodes[i]);
        else
            put(&nodes[i]);
        in[i] = !in[i];
        count += in[i] ? 1u : UINT32_MAX;
        ck_assert_uint_eq(table.count, count);
        if (step % 1000 == 0)
            for (uint32_t k = 0; k < 512; k++)
                ck_assert_int_eq(contains(&nodes[k]), in[k]);
    }
}
END_TEST

START_TEST(no_memory_leaves_it_as_it_was)
{
    uint32_t count = 0;
    heap.granted = 0;
    while (cdecl__table_reserve(&table, &allocator)) {
        nodes[count] = (struct node){count, spread(count)};
        cdecl__table_put(&table, &nodes[count++]);
    }
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_eq(table.count, count);
    for (uint32_t i = 0; i < count; i++)
        ck_assert(contains(&nodes[i]));
    ck_assert(!cdecl__table_reserve(&table, &allocator));
    heap.granted = 1;
    nodes[count] = (struct node){count, spread(count)};
    put(&nodes[count]);
    for (uint32_t i = 0; i <= count; i++)
        ck_assert(contains(&nodes[i]));
}
END_TEST

START_TEST(freeing_an_empty_one_is_fine)
{
    struct table empty = {.hash_at = offsetof(struct node, hash)};
    cdecl__table_free(&empty, &allocator);
    cdecl__table_free(&empty, &allocator);
}
END_TEST

Suite *check_table(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, what_is_put_is_found, 0, 4);
    tcase_add_test(tcase, a_quarter_stays_free);
    tcase_add_loop_test(tcase, removing_leaves_the_others, 0, 4);
    tcase_add_loop_test(tcase, removing_backwards_empties_it, 0, 4);
    tcase_add_loop_test(tcase, random_puts_and_removals, 0, 4);
    tcase_add_test(tcase, no_memory_leaves_it_as_it_was);
    tcase_add_test(tcase, freeing_an_empty_one_is_fine);
    suite_add_tcase(suite, tcase);
    return suite;
}
