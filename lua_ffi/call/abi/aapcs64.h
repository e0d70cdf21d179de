/* AAPCS64, the convention of 64-bit Arm: what abi.h, direct.c, entries.c and libffi.c ask of the
 * chosen convention. Included by abi.h alone; the macros are used where its structs are known. */
#ifndef LFFI_AAPCS64_H
#define LFFI_AAPCS64_H

#define LFFI_ABI_AAPCS64 1

enum { LFFI_GPRS = 8, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 4 };

/* Bytes of stack that the register path passes along: usually, and when libffi cannot make the
 * call, which here it always can. */
enum { LFFI_FAST_STACK = 128, LFFI_WIDE_STACK = 0 };

/* The register that tells the callee where to write a result in memory: x8. */
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->hidden)

/* A place of 64 bits is filled by what it holds; of wider ones, a float is all that matters. */
#define LFFI_WHOLE_WORDS 1
enum { LFFI_SPLIT_ARGUMENTS = 0, LFFI_SIGNED_U32 = 0, LFFI_BOXED_FLOATS = 0 };

/* Variadic arguments travel as others do, floats in their own registers or on the stack. */
enum { LFFI_FLOATS_IN_GPRS = 0 };
#define LFFI_VARIADIC_FPRS(end) ((void)(end), LFFI_FPRS)

/* ---- calls: the general registers as a list -------------------------------------------------- */

#define LFFI_GPR_TYPES \
    uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define LFFI_GPR_VALUES(g) LFFI_WORDS8(g)

struct lffi_words {
    uint64_t low, high;
};
struct lffi_vectors {
    LFFI_VECTOR16 v[LFFI_RESULT_FPRS];
};

/* As what a variadic function is called that gets its registers. */
#define LFFI_VARIADIC_TYPES (uint64_t, ...)

/* ---- callbacks: what an entry saves and returns ---------------------------------------------- */

#define LFFI_GPR_PARAMETERS LFFI_WORD_PARAMETERS8
#define LFFI_SAVE_GPRS(in) LFFI_SAVE_WORDS8(in)
#define LFFI_FPR_PARAMETER LFFI_VECTOR16
#define LFFI_FPR_MEMBER v
#define LFFI_STACK_ARGUMENTS(ap) ((ap).__stack)

#define LFFI_GPR_RESULT struct lffi_words
#define LFFI_GPR_OF LFFI_WORDS_OF
#define LFFI_WORDS_OF(ret) ((struct lffi_words){(ret).gpr[0], (ret).gpr[1]})
#define LFFI_WIDE_RESULT struct lffi_vectors
#define LFFI_WIDE_OF(ret) \
    ((struct lffi_vectors){{(ret).fpr[0].v, (ret).fpr[1].v, (ret).fpr[2].v, (ret).fpr[3].v}})

/* Whether entries that return words, or a wide result, serve a kind of result. */
#define LFFI_IN_WORDS(kind) ((kind) == LFFI_RETURN_GPRS)
#define LFFI_IN_WIDE(kind) ((kind) == LFFI_RETURN_FPRS)

/* ---- libffi ---------------------------------------------------------------------------------- */

/* Bytes of a floating register that libffi hands through, and their type: an IEEE quad, which is
 * the whole register. */
enum { LFFI_LIBFFI_FPR = 16 };
#define LFFI_FPR_FFI_TYPE ffi_type_longdouble

/* The stack block is one value to it. */
enum { LFFI_STACK_BY_WORDS = 0, LFFI_LIBFFI_VALUES = 1 };

#endif
