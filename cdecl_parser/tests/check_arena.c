/* arena.c: addresses that never move, alignment, mark and release, accounting, memory that is out.
 */
#include "support.h"

static struct heap heap;
static struct cdecl_allocator allocator;
static struct arena arena;

static void set_up(void)
{
    allocator = heap_allocator(&heap);
    arena = (struct arena){.allocator = &allocator};
}

static void tear_down(void)
{
    cdecl__arena_free(&arena);
    ck_assert_uint_eq(heap.bytes, 0);
}

START_TEST(addresses_stay)
{
    enum { COUNT = 5000 };
    static uint32_t *at[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        at[i] = cdecl__arena_alloc(&arena, sizeof *at[i] * (1 + i % 7), _Alignof(uint32_t));
        ck_assert_ptr_nonnull(at[i]);
        *at[i] = i;
    }
    for (uint32_t i = 0; i < COUNT; i++)
        ck_assert_uint_eq(*at[i], i);
}
END_TEST

START_TEST(alignment_is_as_asked)
{
    for (size_t align = 1; align <= 4096; align *= 2) {
        ck_assert_ptr_nonnull(cdecl__arena_alloc(&arena, 1, 1));
        void *got = cdecl__arena_alloc(&arena, 3, align);
        ck_assert_ptr_nonnull(got);
        ck_assert_uint_eq((uintptr_t)got % align, 0);
    }
}
END_TEST

START_TEST(release_gives_back_what_came_after_the_mark)
{
    char *kept = cdecl__arena_alloc(&arena, 16, 8);
    memset(kept, 'k', 16);
    struct arena_mark mark = cdecl__arena_mark(&arena);
    size_t used = cdecl__arena_used(&arena);
    size_t bytes = heap.bytes;
    for (int i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(cdecl__arena_alloc(&arena, 10000, 8));
    ck_assert_uint_gt(cdecl__arena_used(&arena), used + 100 * 10000 - 1);
    cdecl__arena_release(&arena, mark);
    ck_assert_uint_eq(cdecl__arena_used(&arena), used);
    ck_assert_uint_eq(heap.bytes, bytes);
    for (int i = 0; i < 16; i++)
        ck_assert_int_eq(kept[i], 'k');
}
END_TEST

START_TEST(release_to_the_empty_arena_keeps_a_block)
{
    struct arena_mark empty = cdecl__arena_mark(&arena);
    char *first = cdecl__arena_alloc(&arena, 100, 8);
    ck_assert_ptr_nonnull(cdecl__arena_alloc(&arena, 100000, 8));
    cdecl__arena_release(&arena, empty);
    ck_assert_uint_eq(cdecl__arena_used(&arena), 0);
    ck_assert_uint_gt(heap.bytes, 0);
    ck_assert_ptr_eq(cdecl__arena_alloc(&arena, 100, 8), first);
}
END_TEST

START_TEST(is_new_never_claims_what_is_old)
{
    char *old = cdecl__arena_alloc(&arena, 8, 8);
    struct arena_mark mark = cdecl__arena_mark(&arena);
    char *new = cdecl__arena_alloc(&arena, 8, 8);
    ck_assert(!cdecl__arena_is_new(&arena, old));
    ck_assert(cdecl__arena_is_new(&arena, new));
    ck_assert_ptr_nonnull(cdecl__arena_alloc(&arena, 100000, 8)); /* a new block */
    ck_assert(!cdecl__arena_is_new(&arena, old));
    ck_assert(cdecl__arena_is_new(&arena, cdecl__arena_alloc(&arena, 8, 8)));
    cdecl__arena_release(&arena, mark);
    ck_assert(!cdecl__arena_is_new(&arena, old));
    ck_assert(cdecl__arena_is_new(&arena, cdecl__arena_alloc(&arena, 8, 8)));
}
END_TEST

START_TEST(is_after_knows_every_block)
{
    char *old = cdecl__arena_alloc(&arena, 8, 8);
    struct arena_mark mark = cdecl__arena_mark(&arena);
    ck_assert(!cdecl__arena_is_after(&arena, mark, old));
    char *here = cdecl__arena_alloc(&arena, 8, 8);
    char *next = cdecl__arena_alloc(&arena, 100000, 8);
    char *last = cdecl__arena_alloc(&arena, 200000, 8);
    ck_assert(!cdecl__arena_is_after(&arena, mark, old));
    ck_assert(cdecl__arena_is_after(&arena, mark, here));
    ck_assert(cdecl__arena_is_after(&arena, mark, next + 99999));
    ck_assert(cdecl__arena_is_after(&arena, mark, last));
    ck_assert(!cdecl__arena_is_after(&arena, mark, &mark));
}
END_TEST

START_TEST(no_memory_is_null_and_changes_nothing)
{
    char *kept = cdecl__arena_alloc(&arena, 8, 8);
    size_t used = cdecl__arena_used(&arena);
    heap.granted = 0;
    ck_assert_ptr_null(cdecl__arena_alloc(&arena, 1 << 20, 8));
    ck_assert_uint_eq(cdecl__arena_used(&arena), used);
    heap.granted = 1;
    ck_assert_ptr_nonnull(cdecl__arena_alloc(&arena, 1 << 20, 8));
    ck_assert_ptr_nonnull(kept);
}
END_TEST

START_TEST(sizes_that_cannot_be_are_refused)
{
    ck_assert_ptr_null(cdecl__arena_alloc(&arena, SIZE_MAX, 1));
    ck_assert_ptr_null(cdecl__arena_alloc(&arena, SIZE_MAX - 4096, 4096));
    ck_assert_ptr_null(cdecl__arena_alloc(&arena, SIZE_MAX / 2 + 1, 16));
    ck_assert_uint_eq(cdecl__arena_used(&arena), 0);
}
END_TEST

Suite *check_arena(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, addresses_stay);
    tcase_add_test(tcase, alignment_is_as_asked);
    tcase_add_test(tcase, release_gives_back_what_came_after_the_mark);
    tcase_add_test(tcase, release_to_the_empty_arena_keeps_a_block);
    tcase_add_test(tcase, is_new_never_claims_what_is_old);
    tcase_add_test(tcase, is_after_knows_every_block);
    tcase_add_test(tcase, no_memory_is_null_and_changes_nothing);
    tcase_add_test(tcase, sizes_that_cannot_be_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
