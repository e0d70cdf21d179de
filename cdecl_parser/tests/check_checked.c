/* checked.h: sums, products and roundings of object sizes, at the limit and just beyond it. */
#include "checked.h"
#include "support.h"

#define MOST CDECL_MAX_SIZE

static const struct {
    bool (*operation)(uint64_t, uint64_t, uint64_t *);
    uint64_t a, b;
    bool fits;
    uint64_t result;
} cases[] = {
    {size_add, 0, 0, true, 0},
    {size_add, 1, 2, true, 3},
    {size_add, MOST, 0, true, MOST},
    {size_add, 0, MOST, true, MOST},
    {size_add, MOST - 1, 1, true, MOST},
    {size_add, MOST, 1, false, 0},
    {size_add, 1, MOST, false, 0},
    {size_add, MOST, MOST, false, 0},
    {size_add, UINT64_MAX, 0, false, 0},
    {size_add, 0, UINT64_MAX, false, 0},
    {size_add, UINT64_MAX, UINT64_MAX, false, 0},
    {size_mul, 0, 0, true, 0},
    {size_mul, 6, 7, true, 42},
    {size_mul, MOST, 1, true, MOST},
    {size_mul, 1, MOST, true, MOST},
    {size_mul, MOST, 2, false, 0},
    {size_mul, 2, MOST / 2, true, MOST - 1},
    {size_mul, 2, MOST / 2 + 1, false, 0},
    {size_mul, 3, MOST / 3, true, MOST / 3 * 3},
    {size_mul, 3, MOST / 3 + 1, false, 0},
#if LONG64
    {size_mul, (uint64_t)1 << 32, (uint64_t)1 << 30, true, (uint64_t)1 << 62},
#else
    {size_mul, (uint64_t)1 << 16, (uint64_t)1 << 14, true, (uint64_t)1 << 30},
    {size_mul, (uint64_t)1 << 16, (uint64_t)1 << 15, false, 0},
#endif
    {size_mul, (uint64_t)1 << 32, (uint64_t)1 << 31, false, 0},
    {size_mul, (uint64_t)1 << 32, (uint64_t)1 << 32, false, 0}, /* 0 modulo 2^64 */
    {size_mul, UINT64_MAX, UINT64_MAX, false, 0},               /* 1 modulo 2^64 */
    {size_mul, 0, UINT64_MAX, true, 0},
    {size_mul, UINT64_MAX, 0, true, 0},
    {size_align_up, 0, 1, true, 0},
    {size_align_up, 0, 4096, true, 0},
    {size_align_up, 1, 1, true, 1},
    {size_align_up, 1, 8, true, 8},
    {size_align_up, 8, 8, true, 8},
    {size_align_up, 9, 8, true, 16},
    {size_align_up, MOST, 1, true, MOST},
    {size_align_up, MOST - 7, 8, true, MOST - 7},
    {size_align_up, MOST - 6, 8, false, 0},
    {size_align_up, MOST, 2, false, 0},
    {size_align_up, UINT64_MAX, 1, false, 0},
};

START_TEST(result_or_refusal)
{
    uint64_t result = 99;
    bool fits = cases[_i].operation(cases[_i].a, cases[_i].b, &result);
    ck_assert_int_eq(fits, cases[_i].fits);
    ck_assert_uint_eq(result, fits ? cases[_i].result : 99);
}
END_TEST

Suite *check_checked(void)
{
    Suite *suite = suite_create("checked");
    TCase *tcase = tcase_create("size");
    tcase_add_loop_test(tcase, result_or_refusal, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);
    return suite;
}
