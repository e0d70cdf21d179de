/* The registers that the short ways into C load, and the results that they bring back: for direct.c
 * and quick.c, into whose entry points all of it is inlined.
 */
#ifndef LFFI_REACH_H
#define LFFI_REACH_H

#include "call/fast_slot.h"

#if !defined CFFI_NO_PEEK && !defined LFFI_ABI_LIBFFI

#define FPR_TYPES LFFI_FPR_TYPES
#define FPR_VALUES(f) LFFI_FPR_VALUES(f, d)
#define WORD_TYPES uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define WORD_VALUES(w) LFFI_WORDS8(w)
#define INLINE LFFI_INLINE
#ifdef __OPTIMIZE__
#define OUTLINE inline
#else /* nothing shares room on the C stack, and it is kept while C runs */
#define OUTLINE LFFI_NOINLINE
#endif

/* What an entry point passes: a few registers of one kind, all of both, those to a variadic
 * function (x86-64 says in a register how many floating ones matter), and some stack. */
enum reach {
    REACH_NOTHING,
    REACH_WORD,
    REACH_TWO,
    REACH_WORDS,
    REACH_FLOATS,
    REACH_ALL,
    REACH_VARIADIC,
    REACH_STACK
};
enum { FEW = 3, STACK_WORDS = 8 };

/* The frame of an entry point is as much of this as its reach needs: recursion through callbacks
 * needs the C stack. Elsewhere it is bytes, to which offsets are added. */
struct frame {
    struct lffi_registers regs;
    uint64_t stack[STACK_WORDS];
};
struct few_floats {
    struct lffi_general unused;
    union lffi_fpr fpr[FEW];
};
_Static_assert(offsetof(struct frame, stack) == LFFI_STACK_START, "as plans have it");
_Static_assert(offsetof(struct few_floats, fpr) == offsetof(struct frame, regs.fpr), "likewise");

#define GPRS(frame) ((uint64_t *)(void *)(uintptr_t)(frame))
#define FPRS(frame) \
    ((const union lffi_fpr *)(const void *)((frame) + offsetof(struct lffi_registers, fpr)))
#define STACK(frame) ((const uint64_t *)(const void *)((frame) + LFFI_STACK_START))
#define CALL(result, types, values) (((result(*) types)address)values)

static INLINE uint64_t invoke_word(void (*address)(void), const unsigned char *frame,
                                   enum reach reach)
{
    const uint64_t *g = GPRS(frame);
    const union lffi_fpr *f = FPRS(frame);
    if (reach == REACH_NOTHING)
        return CALL(uint64_t, (void), ());
    if (reach == REACH_WORD)
        return CALL(uint64_t, (uint64_t), (g[0]));
    if (reach == REACH_TWO)
        return CALL(uint64_t, (uint64_t, uint64_t), (g[0], g[1]));
    if (reach == REACH_WORDS)
        return CALL(uint64_t, (uint64_t, uint64_t, uint64_t), (g[0], g[1], g[2]));
    if (reach == REACH_ALL)
        return CALL(uint64_t, (LFFI_GPR_TYPES, FPR_TYPES), (LFFI_GPR_VALUES(g), FPR_VALUES(f)));
    if (reach == REACH_VARIADIC)
        return CALL(uint64_t, LFFI_VARIADIC_TYPES, (LFFI_GPR_VALUES(g), FPR_VALUES(f)));
    return CALL(uint64_t, (LFFI_GPR_TYPES, FPR_TYPES, WORD_TYPES),
                (LFFI_GPR_VALUES(g), FPR_VALUES(f), WORD_VALUES(STACK(frame))));
}

static INLINE double invoke_float(void (*address)(void), const unsigned char *frame,
                                  enum reach reach)
{
    const uint64_t *g = GPRS(frame);
    const union lffi_fpr *f = FPRS(frame);
    if (reach == REACH_FLOATS)
        return CALL(double, (double, double, double), (f[0].d, f[1].d, f[2].d));
    return CALL(double, (LFFI_GPR_TYPES, FPR_TYPES), (LFFI_GPR_VALUES(g), FPR_VALUES(f)));
}

static INLINE enum reach reach_of(int nwords)
{
    return nwords == 1 ? REACH_WORD : nwords == 2 ? REACH_TWO : REACH_WORDS;
}

/* What an entry point returns for a call that takes the other way: of values that are not plain,
 * and now and then, on a thread whose errno has not been looked for. */
enum { NOT_PLAIN = -1 };

/* A number of results, which NOT_PLAIN is not. */
static INLINE int results(int n)
{
    if (n < 0)
        __builtin_unreachable();
    return n;
}

/* ---- results --------------------------------------------------------------------------------- */

static LFFI_NOINLINE void push_other(lua_State *L, const struct lffi_record *record, uint64_t word)
{
    lffi_load(L, record->plan->result.ct, &word, 0);
}

static INLINE int push_no_integer(lua_State *L, const struct lffi_record *record, uint64_t word)
{
    if (record->result_sign == LFFI_NOTHING)
        return 0;
    if (record->result_sign == LFFI_TRUTH)
        lffi_place_boolean(L, (uint8_t)word != 0);
    else
        push_other(L, record, word);
    return 1;
}

/* The bits of the result above its type's are anything. There is room: a C function has it. */
static INLINE int push_word(lua_State *L, const struct lffi_record *record, uint64_t word)
{
    if (record->result_mask == 0)
        return push_no_integer(L, record, word);
    word = ((word & record->result_mask) ^ record->result_sign) - record->result_sign;
    if ((int64_t)word < 0 && record->result_sign == 0)
        push_other(L, record, word);
    else
        lffi_place_integer(L, (lua_Integer)word);
    return 1;
}

static INLINE int push_float(lua_State *L, const struct lffi_record *record, double number)
{
    float single;
    if (record->plan->result.op == LFFI_FLOAT) {
        memcpy(&single, &number, sizeof single);
        number = single;
    }
    lffi_place_float(L, number);
    return 1;
}

#endif

#endif
