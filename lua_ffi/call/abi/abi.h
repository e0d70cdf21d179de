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

/* Which convention abi.c implements. Elsewhere libffi classifies, from real types (libffi.c). */
#if defined LFFI_ABI_GENERIC
#elif defined __x86_64__ && defined __LP64__ && !defined _WIN32
#define LFFI_ABI_SYSV 1
#elif defined __aarch64__ && defined __LP64__ && !defined __APPLE__ && !defined __AARCH64EB__
#define LFFI_ABI_AAPCS 1
#else
#define LFFI_ABI_GENERIC 1
#endif

#ifdef LFFI_ABI_SYSV
enum { LFFI_GPRS = 6, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 2 };
#else
enum { LFFI_GPRS = 8, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 4 };
#endif

/* A 16-byte vector is what both conventions pass whole in one register. */
#define LFFI_VECTOR16 float __attribute__((vector_size(16)))

union lffi_fpr {
    float f;
    double d;
    LFFI_VECTOR16 v;
    unsigned char bytes[16];
};

/* The argument registers. `gpr` has one word more than there are registers: AArch64's x8. */
struct lffi_registers {
    union lffi_fpr fpr[LFFI_FPRS];
    uint64_t gpr[LFFI_GPRS];
    uint64_t hidden; /* AArch64: address for a result in memory */
    uint64_t unused;
};
_Static_assert(sizeof(struct lffi_registers) % 16 == 0, "the stack block follows, aligned to 16");

/* The frame of one call. A larger stack block lies in a userdata of the same form. */
enum { LFFI_STACK_BLOCK = 512 };
struct lffi_frame {
    struct lffi_registers regs;
    _Alignas(16) unsigned char stack[LFFI_STACK_BLOCK];
};
/* Bytes of stack that the register path passes along: usually, and when libffi cannot make the call
 * because it does not know of 128-bit floating registers. */
#ifdef LFFI_ABI_SYSV
enum { LFFI_FAST_STACK = LFFI_STACK_BLOCK, LFFI_WIDE_STACK = 8192 };
#else
enum { LFFI_FAST_STACK = 128, LFFI_WIDE_STACK = 0 };
#endif
#define LFFI_STACK_START ((uint32_t)offsetof(struct lffi_frame, stack))

/* The registers that bring a result back; x87 values lie in `fpr`. */
struct lffi_return {
    uint64_t gpr[2];
    union lffi_fpr fpr[LFFI_RESULT_FPRS];
};

/* The register that tells the callee where to write a result in memory. */
#ifdef LFFI_ABI_SYSV
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->gpr[0])
#else
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->hidden)
#endif

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
};


/* Bytes of arguments on the stack: far more than any real call, and safe on small thread stacks. */
enum { LFFI_MAX_STACK = 1 << 18 };

/* Assigns the next argument. False with `*why` when the value cannot be passed. */
bool lffi_abi_argument(struct lffi_assign *assign, const struct cdecl_type *type,
                       struct lffi_way *way, const char **why);
/* Says how a result comes back; a result in memory takes its register from `assign`, which must be
 * fresh. False with `*why` when it cannot. */
bool lffi_abi_result(struct lffi_assign *assign, const struct cdecl_type *type,
                     struct lffi_way *way, enum lffi_return_kind *kind, const char **why);

#endif
