/* The LP64D convention of 64-bit RISC-V: what abi.h, reach.h, entries.c and libffi.c ask of the
 * chosen convention. Included by abi.h alone; the macros are used where its structs are known.
 */
#ifndef LFFI_RISCV64_H
#define LFFI_RISCV64_H

#define LFFI_ABI_RISCV64 1

enum { LFFI_GPRS = 8, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 2 };

/* Bytes of stack that are read whatever the arguments take: none but the arguments themselves. */
enum { LFFI_FAST_STACK = 0, LFFI_WIDE_STACK = 0 };

/* The register that tells the callee where to write a result in memory. */
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->gpr[0])

/* Variadic arguments travel as integers do, and so do floats when their registers are full. */
#define LFFI_ASSIGN_MORE bool anonymous; /* what comes now stands for "..." */
enum { LFFI_FLOATS_IN_GPRS = 1 };
#define LFFI_VARIADIC_FPRS(end) ((end)->anonymous ? 0 : LFFI_FPRS)

/* A place of 64 bits is filled by what it holds: unsigned int with the sign of int, a float with
 * ones, for the processor takes it for NaN otherwise. */
#define LFFI_WHOLE_WORDS 1
enum { LFFI_SIGNED_U32 = 1, LFFI_BOXED_FLOATS = 1 };

/* An argument may begin in the last register and end on the stack. */
enum { LFFI_SPLIT_ARGUMENTS = 1 };

/* ---- calls: the general registers as a list -------------------------------------------------- */

#define LFFI_GPR_TYPES \
    uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define LFFI_GPR_VALUES(g) LFFI_WORDS8(g)
/* As what a variadic function is called that gets its registers. */
#define LFFI_VARIADIC_TYPES (LFFI_GPR_TYPES, LFFI_FPR_TYPES)

/* Results in a0 and fa0, whichever the caller looks at. */
struct lffi_words {
    uint64_t word;
    double number;
};
struct lffi_pair {
    uint64_t low, high;
};

/* ---- callbacks: what an entry saves and returns ---------------------------------------------- */

#define LFFI_GPR_PARAMETERS LFFI_WORD_PARAMETERS8
#define LFFI_SAVE_GPRS(in) LFFI_SAVE_WORDS8(in)
#define LFFI_FPR_PARAMETER double
#define LFFI_FPR_MEMBER d
#define LFFI_STACK_ARGUMENTS(ap) ((const unsigned char *)(ap))

#define LFFI_GPR_RESULT uint64_t
#define LFFI_GPR_OF(ret) ((ret).gpr[0])
#define LFFI_WORDS_OF(ret) ((struct lffi_words){(ret).gpr[0], (ret).fpr[0].d})
#define LFFI_WIDE_RESULT struct lffi_pair
#define LFFI_WIDE_OF(ret) ((struct lffi_pair){(ret).gpr[0], (ret).gpr[1]})

/* Whether entries that return words, or a wide result, serve a kind of result. */
#define LFFI_IN_WORDS(kind) ((kind) == LFFI_RETURN_WORDS || (kind) == LFFI_RETURN_MEMORY)
#define LFFI_IN_WIDE(kind) ((kind) == LFFI_RETURN_GPRS)

/* ---- libffi ---------------------------------------------------------------------------------- */

/* Bytes of a floating register that libffi hands through, and their type. */
enum { LFFI_LIBFFI_FPR = 8 };
#define LFFI_FPR_FFI_TYPE ffi_type_double

/* What is larger than two words would travel by its address. A call has room for so many. */
enum { LFFI_STACK_BY_WORDS = 1, LFFI_LIBFFI_VALUES = 16 };

#endif
