/* Calls through C function-pointer types: every register loaded from the frame, no libffi.
 *
 * Depends on call.h alone. On both conventions integer and floating arguments travel in separate
 * registers, so one type, all general registers then all floating ones, calls every function
 * whose arguments fit; eight-byte words after them become the stack block. The types are
 * variadic because a variadic callee on x86-64 wants to know of the floating registers (AL) and
 * others do not mind. libffi does the rest: long stack blocks and results that no type here
 * describes.
 */
#include <stdlib.h>
#include <string.h>

#include "call/call.h"

bool lffi_prefers_libffi(void)
{
    const char *value = getenv("CFFI_NO_FASTCALL");
    return value != NULL && strcmp(value, "1") == 0;
}

#ifdef LFFI_ABI_GENERIC

void lffi_invoke(const struct lffi_plan *plan, void (*address)(void), const unsigned char *frame,
                 const struct lffi_assign *used, struct lffi_return *ret)
{
    lffi_invoke_generic(plan, address, frame, used, ret);
}

#else

/* What is passed: a few registers, all of them, words of stack, all 128 bits of the floating
 * registers. */
enum shape {
    SHAPE_3,
    SHAPE_REGISTERS,
    SHAPE_8,
    SHAPE_16,
    SHAPE_BLOCK,
    SHAPE_WIDE,
    SHAPE_WIDE_LARGE
};

#define WORDS4(w) (w)[0], (w)[1], (w)[2], (w)[3]
#define WORDS8(w) WORDS4(w), WORDS4((w) + 4)
#define WORDS16(w) WORDS8(w), WORDS8((w) + 8)
#define FPRS(f, as) \
    (f)[0].as, (f)[1].as, (f)[2].as, (f)[3].as, (f)[4].as, (f)[5].as, (f)[6].as, (f)[7].as
#ifdef LFFI_ABI_SYSV
#define GPRS(g) WORDS4(g), (g)[4], (g)[5]
/* On x86-64 a large struct by value is just a piece of the stack. */
struct block {
    _Alignas(16) uint64_t words[LFFI_FAST_STACK / 8];
};
struct large_block {
    _Alignas(16) uint64_t words[LFFI_WIDE_STACK / 8];
};
#define BLOCK(stack) (*(const struct block *)(stack))
#define LARGE_BLOCK(stack) (*(const struct large_block *)(stack))
#else
#define GPRS(g) WORDS8(g)
#define BLOCK(stack) WORDS16(stack)
#define LARGE_BLOCK(stack) WORDS16(stack)
#endif

/* A function that calls code returning R. */
#define DEFINE_CALLER(name, R)                                                                     \
    static R name(void (*address)(void), const struct lffi_registers *regs, const uint64_t *stack, \
                  enum shape shape)                                                                \
    {                                                                                              \
        R (*code)(uint64_t, ...) = (R(*)(uint64_t, ...))address;                                   \
        const uint64_t *g = regs->gpr;                                                             \
        const union lffi_fpr *f = regs->fpr;                                                       \
        switch (shape) {                                                                           \
        case SHAPE_3: return code(g[0], g[1], g[2]);                                               \
        case SHAPE_REGISTERS: return code(GPRS(g), FPRS(f, d));                             \
        case SHAPE_8: return code(GPRS(g), FPRS(f, d), WORDS8(stack));                      \
        case SHAPE_16: return code(GPRS(g), FPRS(f, d), WORDS16(stack));                    \
        case SHAPE_BLOCK: return code(GPRS(g), FPRS(f, d), BLOCK(stack));                          \
        case SHAPE_WIDE: return code(GPRS(g), FPRS(f, v), BLOCK(stack));                           \
        case SHAPE_WIDE_LARGE: break;                                                              \
        }                                                                                          \
        return code(GPRS(g), FPRS(f, v), LARGE_BLOCK(stack));                                      \
    }

struct two_words {
    uint64_t low, high;
};

DEFINE_CALLER(call_gprs, struct two_words)

#ifdef LFFI_ABI_SYSV

struct word_and_float {
    uint64_t word;
    double number;
};
struct two_floats {
    double first, second;
};

DEFINE_CALLER(call_words, struct word_and_float)
DEFINE_CALLER(call_fprs, struct two_floats)
DEFINE_CALLER(call_wide, LFFI_VECTOR16)
DEFINE_CALLER(call_x87, long double)
DEFINE_CALLER(call_x87_pair, long double _Complex)

static void call_by_kind(enum lffi_return_kind kind, void (*address)(void),
                         const struct lffi_registers *regs, const uint64_t *stack,
                         enum shape shape, struct lffi_return *ret)
{
    switch (kind) {
    case LFFI_RETURN_WORDS:
    case LFFI_RETURN_MEMORY: {
        struct word_and_float got = call_words(address, regs, stack, shape);
        ret->gpr[0] = got.word;
        ret->fpr[0].d = got.number;
        break;
    }
    case LFFI_RETURN_GPRS: {
        struct two_words got = call_gprs(address, regs, stack, shape);
        ret->gpr[0] = got.low;
        ret->gpr[1] = got.high;
        break;
    }
    case LFFI_RETURN_FPRS: {
        struct two_floats got = call_fprs(address, regs, stack, shape);
        ret->fpr[0].d = got.first;
        ret->fpr[1].d = got.second;
        break;
    }
    case LFFI_RETURN_WIDE:
        ret->fpr[0].v = call_wide(address, regs, stack, shape);
        break;
    case LFFI_RETURN_X87: {
        long double got = call_x87(address, regs, stack, shape);
        memcpy(ret->fpr, &got, sizeof got);
        break;
    }
    case LFFI_RETURN_X87_PAIR: {
        long double _Complex got = call_x87_pair(address, regs, stack, shape);
        memcpy(ret->fpr, &got, sizeof got);
        break;
    }
    }
}

/* Only what fills 128 bits of a register cannot go through libffi. */
static bool by_libffi(const struct lffi_plan *plan, const struct lffi_assign *used)
{
    return !used->wide && (plan->by_libffi || used->stack > LFFI_FAST_STACK);
}

#else

struct four_vectors {
    LFFI_VECTOR16 v[LFFI_RESULT_FPRS];
};

DEFINE_CALLER(call_fprs, struct four_vectors)

static void call_by_kind(enum lffi_return_kind kind, void (*address)(void),
                         const struct lffi_registers *regs, const uint64_t *stack,
                         enum shape shape, struct lffi_return *ret)
{
    if (kind == LFFI_RETURN_FPRS) {
        struct four_vectors got = call_fprs(address, regs, stack, shape);
        memcpy(ret->fpr, &got, sizeof got);
    } else {
        struct two_words got = call_gprs(address, regs, stack, shape);
        ret->gpr[0] = got.low;
        ret->gpr[1] = got.high;
    }
}

/* C has no type that loads x8, the address for a result in memory, with a pointer of ours. */
static bool by_libffi(const struct lffi_plan *plan, const struct lffi_assign *used)
{
    return plan->by_libffi || used->stack > LFFI_FAST_STACK ||
           plan->result_kind == LFFI_RETURN_MEMORY;
}

#endif

static enum shape shape_of(const struct lffi_assign *used)
{
    if (used->wide)
        return used->stack > LFFI_FAST_STACK ? SHAPE_WIDE_LARGE : SHAPE_WIDE;
    if (used->stack > 64)
        return used->stack > 128 ? SHAPE_BLOCK : SHAPE_16;
    if (used->stack > 0)
        return SHAPE_8;
    return used->gprs <= 3 && used->fprs == 0 ? SHAPE_3 : SHAPE_REGISTERS;
}

void lffi_invoke(const struct lffi_plan *plan, void (*address)(void), const unsigned char *frame,
                 const struct lffi_assign *used, struct lffi_return *ret)
{
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    const uint64_t *stack = (const uint64_t *)(const void *)(frame + LFFI_STACK_START);
    enum lffi_return_kind kind = plan->result_kind;
    if (by_libffi(plan, used))
        lffi_invoke_libffi(kind, address, frame, (used->stack + 15) & ~(uint32_t)15, ret);
    else
        call_by_kind(kind, address, regs, stack, shape_of(used), ret);
}

#endif
