/* Precompiled code addresses for callbacks: C functions that save every argument register and hand
 * over, each with a number of its own. They need no executable memory and are cheaper to enter than
 * libffi's closures, which serve when they run out and for the other kinds of results.
 *
 * Depends on enter.c, which they all call. Which slot an entry is of never changes: the arrays are
 * part of the table of slots (slot.c), whose lock lffi_claim_entry needs; an entry reads its own
 * without, for its address is given out after that is written. The functions are variadic after all
 * registers are named, so that va_start yields the address of the stack arguments, by the layout of
 * va_list that each ABI defines.
 */
#include <stdarg.h>

#include "callback/slot.h"

enum lffi_pool lffi_pool_for(enum lffi_return_kind kind)
{
    if (LFFI_IN_WORDS(kind))
        return LFFI_POOL_WORDS;
    return LFFI_IN_WIDE(kind) ? LFFI_POOL_WIDE : LFFI_POOL_CLOSURE;
}

#ifdef LFFI_ABI_LIBFFI

void *lffi_claim_entry(enum lffi_pool number, struct lffi_slot *slot)
{
    (void)number;
    (void)slot;
    return NULL;
}

#else

#define FPR LFFI_FPR_PARAMETER
#define FPR_PARAMETERS FPR f0, FPR f1, FPR f2, FPR f3, FPR f4, FPR f5, FPR f6, FPR f7
#define SAVE_FPR(in, i) in.fpr[i].LFFI_FPR_MEMBER = f##i
#define SAVE_FPRS(in)                                                                    \
    SAVE_FPR(in, 0), SAVE_FPR(in, 1), SAVE_FPR(in, 2), SAVE_FPR(in, 3), SAVE_FPR(in, 4), \
        SAVE_FPR(in, 5), SAVE_FPR(in, 6), SAVE_FPR(in, 7)

enum { ENTRIES = 256, WIDE_ENTRIES = 64 };

static struct lffi_slot *gprs_slot[ENTRIES];
static struct lffi_slot *words_slot[ENTRIES];
static struct lffi_slot *wide_slot[WIDE_ENTRIES];

#define ENTRY(R, name, index, result)                                                     \
    static R name##_##index(LFFI_GPR_PARAMETERS, FPR_PARAMETERS, ...)                     \
    {                                                                                     \
        struct lffi_registers in;                                                         \
        struct lffi_return ret;                                                           \
        va_list stack;                                                                    \
        LFFI_SAVE_GPRS(in);                                                               \
        SAVE_FPRS(in);                                                                    \
        va_start(stack, f7);                                                              \
        lffi_answer_call(name##_slot[0x##index], &in, LFFI_STACK_ARGUMENTS(stack), &ret); \
        va_end(stack);                                                                    \
        return result(ret);                                                               \
    }

/* The same for functions that floating registers and the stack do not concern. */
#define GPR_ENTRY(index)                                                                        \
    static LFFI_GPR_RESULT gprs_##index(LFFI_GPR_PARAMETERS)                                    \
    {                                                                                           \
        struct lffi_general in;                                                                 \
        struct lffi_return ret;                                                                 \
        LFFI_SAVE_GPRS(in);                                                                     \
        lffi_answer_call(gprs_slot[0x##index], (const struct lffi_registers *)&in, NULL, &ret); \
        return LFFI_GPR_OF(ret);                                                                \
    }

/* ENTRIES16(x, 3) is x(30) x(31) ... x(3f): the numbers are hexadecimal. */
#define ENTRIES4(x, a, b, c, d, h) x(h##a) x(h##b) x(h##c) x(h##d)
#define ENTRIES16(x, h)        \
    ENTRIES4(x, 0, 1, 2, 3, h) \
    ENTRIES4(x, 4, 5, 6, 7, h) ENTRIES4(x, 8, 9, a, b, h) ENTRIES4(x, c, d, e, f, h)
#define ENTRIES64(x, a, b, c, d) \
    ENTRIES16(x, a)              \
    ENTRIES16(x, b)              \
    ENTRIES16(x, c)              \
    ENTRIES16(x, d)
#define ENTRIES256(x)        \
    ENTRIES64(x, 0, 1, 2, 3) \
    ENTRIES64(x, 4, 5, 6, 7) \
    ENTRIES64(x, 8, 9, a, b) \
    ENTRIES64(x, c, d, e, f)

#define WORDS_ENTRY(index) ENTRY(struct lffi_words, words, index, LFFI_WORDS_OF)
#define WIDE_ENTRY(index) ENTRY(LFFI_WIDE_RESULT, wide, index, LFFI_WIDE_OF)
#define GPR_CODE(index) (void (*)(void)) gprs_##index,
#define WORDS_CODE(index) (void (*)(void)) words_##index,
#define WIDE_CODE(index) (void (*)(void)) wide_##index,

ENTRIES256(GPR_ENTRY)
ENTRIES256(WORDS_ENTRY)
ENTRIES64(WIDE_ENTRY, 0, 1, 2, 3)

static void (*const gprs_code[ENTRIES])(void) = {ENTRIES256(GPR_CODE)};
static void (*const words_code[ENTRIES])(void) = {ENTRIES256(WORDS_CODE)};
static void (*const wide_code[WIDE_ENTRIES])(void) = {ENTRIES64(WIDE_CODE, 0, 1, 2, 3)};

struct pool {
    struct lffi_slot **slot;
    void (*const *code)(void);
    unsigned size, used;
};

void *lffi_claim_entry(enum lffi_pool number, struct lffi_slot *slot)
{
    static struct pool pools[LFFI_POOLS] = {
        [LFFI_POOL_GPRS] = {gprs_slot, gprs_code, ENTRIES, 0},
        [LFFI_POOL_WORDS] = {words_slot, words_code, ENTRIES, 0},
        [LFFI_POOL_WIDE] = {wide_slot, wide_code, WIDE_ENTRIES, 0}};
    struct pool *pool = &pools[number];
    if (pool->used == pool->size)
        return NULL;
    pool->slot[pool->used] = slot;
    return (void *)(uintptr_t)pool->code[pool->used++];
}

#endif
