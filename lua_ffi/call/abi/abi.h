/* How values travel between Lua's C functions and C code on this machine.
 *
 * One *frame* describes the arguments of one call: every argument register the platform has, then
 * the block of stack arguments. An argument is a list of pieces, each "these bytes of the value
 * lie at that offset of the frame", so that filling a frame, or taking it apart in a callback, is
 * copying bytes. The same holds for the result and the registers that bring it back.
 */
#ifndef LFFI_ABI_H
#define LFFI_ABI_H

#include "object/running.h"

/* A 16-byte vector is what both conventions pass whole in one register. */
#define LFFI_VECTOR16 float __attribute__((vector_size(16)))

union lffi_fpr {
    float f;
    double d;
    LFFI_VECTOR16 v;
    unsigned char bytes[16];
};

/* The one place that chooses the convention. NAME.h says what is known when compiling, NAME.c holds
 * the functions declared at the end of this file. */
#if !defined LFFI_ABI_GENERIC && defined __x86_64__ && defined __LP64__ && !defined _WIN32
#include "call/abi/sysv.h"
#elif !defined LFFI_ABI_GENERIC && defined __aarch64__ && defined __LP64__ && \
    !defined __APPLE__ && !defined __AARCH64EB__
#include "call/abi/aapcs64.h"
#elif !defined LFFI_ABI_GENERIC && defined __riscv_float_abi_double && __riscv_xlen == 64
#include "call/abi/riscv64.h"
#else
#include "call/abi/generic.h"
#endif

/* More fields of struct lffi_assign, which only some conventions have. */
#ifndef LFFI_ASSIGN_MORE
#define LFFI_ASSIGN_MORE
#endif

/* The argument registers. */
struct lffi_registers {
    uint64_t gpr[LFFI_GPRS];
    uint64_t hidden; /* AArch64: address for a result in memory */
    uint64_t unused;
    union lffi_fpr fpr[LFFI_FPRS];
};
_Static_assert(sizeof(struct lffi_registers) % 16 == 0, "the stack block follows, aligned to 16");

/* How they begin: all there is where floating registers concern nobody, for calls that nest in each
 * other share one C stack. */
struct lffi_general {
    uint64_t gpr[LFFI_GPRS];
    uint64_t hidden, unused;
};
_Static_assert(sizeof(struct lffi_general) == offsetof(struct lffi_registers, fpr), "no gap");

/* The frame of one call. A larger stack block lies in a userdata of the same form. */
enum { LFFI_STACK_BLOCK = 512 };
_Static_assert((int)LFFI_FAST_STACK <= (int)LFFI_STACK_BLOCK, "a call reads so much of the frame");
struct lffi_frame {
    struct lffi_registers regs;
    _Alignas(16) unsigned char stack[LFFI_STACK_BLOCK];
};
#define LFFI_STACK_START ((uint32_t)offsetof(struct lffi_frame, stack))

/* The registers that bring a result back; x87 values lie in `fpr`. */
struct lffi_return {
    uint64_t gpr[2];
    union lffi_fpr fpr[LFFI_RESULT_FPRS];
};

/* Which of them a function sets. */
enum lffi_return_kind {
    LFFI_RETURN_WORDS,    /* at most one general and one floating register, of 64 bits; void */
    LFFI_RETURN_GPRS,     /* two general registers */
    LFFI_RETURN_FPRS,     /* two floating registers (AArch64: up to four) */
    LFFI_RETURN_WIDE,     /* one floating register, all 128 bits */
    LFFI_RETURN_X87,      /* long double */
    LFFI_RETURN_X87_PAIR, /* long double _Complex */
    LFFI_RETURN_MEMORY    /* written to memory whose address the caller passed */
};

/* `size` bytes at `from` in the value lie at `to` in the frame (or in struct lffi_return). */
struct lffi_piece {
    uint32_t from, to, size;
};

/* How one value travels. */
enum { LFFI_MAX_PIECES = 4 };
struct lffi_way {
    unsigned npieces;
    bool indirect; /* piece[0].to holds the address of a copy of the value */
    struct lffi_piece piece[LFFI_MAX_PIECES];
};

/* What the arguments assigned so far have used up. */
struct lffi_assign {
    uint32_t gprs, fprs;
    uint32_t stack; /* bytes of the stack block */
    bool wide;      /* an argument, or the result, fills 128 bits of a floating register */
    LFFI_ASSIGN_MORE
};

/* Where the argument at `to` of the stack block lies in a callback. */
#ifdef LFFI_ABI_LIBFFI
const unsigned char *lffi_closure_stack(const struct lffi_prepared *prepared, const void *values,
                                        uint32_t to);
#define LFFI_STACK_ARGUMENT(plan, stack, to) lffi_closure_stack((plan)->end.prepared, stack, to)
#else
#define LFFI_STACK_ARGUMENT(plan, stack, to) ((stack)-LFFI_STACK_START + (to))
#endif

/* Bytes of arguments on the stack: far more than any real call, and safe on small thread stacks. */
enum { LFFI_MAX_STACK = 1 << 18 };

/* Registers as lists of C arguments. */
#define LFFI_WORDS4(w) (w)[0], (w)[1], (w)[2], (w)[3]
#define LFFI_WORDS8(w) LFFI_WORDS4(w), LFFI_WORDS4((w) + 4)
#define LFFI_WORDS16(w) LFFI_WORDS8(w), LFFI_WORDS8((w) + 8)
#define LFFI_WORD_PARAMETERS8                                                                  \
    uint64_t g0, uint64_t g1, uint64_t g2, uint64_t g3, uint64_t g4, uint64_t g5, uint64_t g6, \
        uint64_t g7
#define LFFI_SAVE_WORDS8(in)                                                        \
    in.gpr[0] = g0, in.gpr[1] = g1, in.gpr[2] = g2, in.gpr[3] = g3, in.gpr[4] = g4, \
    in.gpr[5] = g5, in.gpr[6] = g6, in.gpr[7] = g7
#define LFFI_FPR_TYPES double, double, double, double, double, double, double, double
#define LFFI_FPR_VALUES(f, as) \
    (f)[0].as, (f)[1].as, (f)[2].as, (f)[3].as, (f)[4].as, (f)[5].as, (f)[6].as, (f)[7].as

/* ---- what the convention's C file holds (and for libffi.c, call/libffi.h) -------------------- */

/* Assigns the next argument. False with `*why` when the value cannot be passed. */
bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why);
/* Says how a result comes back; a result in memory takes its register from `assign`, which must be
 * fresh. False with `*why` when it cannot. */
bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why);

/* What a convention keeps of a signature for its calls, where it keeps something: `size` bytes at
 * `room`, which is aligned to 16. lffi_abi_begin comes before the result and the arguments are
 * assigned to `assign`, with what a first pass without it has come to in `counted`, lffi_abi_end
 * after. The arguments of one call of a variadic function go on from its plan's end, in a `room` of
 * their own. */
#ifdef LFFI_ABI_LIBFFI
size_t lffi_abi_room(const struct lffi_assign *counted);
void lffi_abi_begin(struct lffi_assign *assign, void *room, const struct lffi_assign *counted,
                    bool of_callback);
void lffi_abi_end(struct lffi_assign *assign, bool variadic);
/* One variadic argument takes at most so much of the room, besides what all calls take. */
size_t lffi_abi_variadic_room(const struct lffi_assign *end);
size_t lffi_abi_argument_room(const struct cdecl_type *type);
void lffi_abi_begin_variadic(struct lffi_assign *assign, void *room, uint32_t more);
#else
static inline size_t lffi_abi_room(const struct lffi_assign *counted)
{
    (void)counted;
    return 0;
}
static inline void lffi_abi_begin(struct lffi_assign *assign, void *room,
                                  const struct lffi_assign *counted, bool of_callback)
{
    (void)assign, (void)room, (void)counted, (void)of_callback;
}
#ifdef LFFI_ABI_RISCV64
void lffi_abi_end(struct lffi_assign *assign, bool variadic);
#else
static inline void lffi_abi_end(struct lffi_assign *assign, bool variadic)
{
    (void)assign, (void)variadic;
}
#endif
static inline size_t lffi_abi_variadic_room(const struct lffi_assign *end)
{
    (void)end;
    return 0;
}
static inline size_t lffi_abi_argument_room(const struct cdecl_type *type)
{
    (void)type;
    return 0;
}
static inline void lffi_abi_begin_variadic(struct lffi_assign *assign, void *room, uint32_t more)
{
    (void)assign, (void)room, (void)more;
}
#endif

/* True when lffi_invoke reads no more of the frame than struct lffi_general, unless it prefers
 * libffi. */
bool lffi_is_general(enum lffi_return_kind kind, const struct lffi_assign *used);

/* Runs the code at `address` with the registers and stack block of the frame, as far as `used`;
 * through libffi when that is preferred and can, or nothing else can. The registers that carry
 * results come back in `ret`. */
void lffi_invoke(enum lffi_return_kind kind, bool prefer_libffi, void (*address)(void),
                 const unsigned char *frame, const struct lffi_assign *used,
                 struct lffi_return *ret);

#endif
