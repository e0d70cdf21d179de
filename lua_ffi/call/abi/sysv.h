/* The System V convention of x86-64: what abi.h, direct.c, entries.c and libffi.c ask of the chosen
 * convention. Included by abi.h alone; the macros are used where its structs are known. */
#ifndef LFFI_SYSV_H
#define LFFI_SYSV_H

#define LFFI_ABI_SYSV 1

enum { LFFI_GPRS = 6, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 2 };

/* Bytes of stack that the register path passes along: usually, and when libffi cannot make the call
 * because it does not know of 128-bit floating registers. */
enum { LFFI_FAST_STACK = 512, LFFI_WIDE_STACK = 8192 };

/* The register that tells the callee where to write a result in memory. */
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->gpr[0])

/* A place of 64 bits is filled by what it holds; of wider ones, a float is all that matters. */
#define LFFI_WHOLE_WORDS 1
enum { LFFI_SPLIT_ARGUMENTS = 0, LFFI_SIGNED_U32 = 0, LFFI_BOXED_FLOATS = 0 };

/* Variadic arguments travel as others do, floats in their own registers or on the stack. */
enum { LFFI_FLOATS_IN_GPRS = 0 };
#define LFFI_VARIADIC_FPRS(end) ((void)(end), LFFI_FPRS)

/* ---- calls: the general registers as a list -------------------------------------------------- */

#define LFFI_GPR_TYPES uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define LFFI_GPR_VALUES(g) (g)[0], (g)[1], (g)[2], (g)[3], (g)[4], (g)[5]

/* Results in rax and xmm0, whichever the caller looks at. */
struct lffi_words {
    uint64_t word;
    double number;
};

/* As what a variadic function is called that gets its registers. */
#define LFFI_VARIADIC_TYPES (uint64_t, ...)

/* ---- callbacks: what an entry saves and returns ---------------------------------------------- */

#define LFFI_GPR_PARAMETERS \
    uint64_t g0, uint64_t g1, uint64_t g2, uint64_t g3, uint64_t g4, uint64_t g5
#define LFFI_SAVE_GPRS(in) \
    in.gpr[0] = g0, in.gpr[1] = g1, in.gpr[2] = g2, in.gpr[3] = g3, in.gpr[4] = g4, in.gpr[5] = g5
#define LFFI_FPR_PARAMETER LFFI_VECTOR16
#define LFFI_FPR_MEMBER v
#define LFFI_STACK_ARGUMENTS(ap) ((ap)[0].overflow_arg_area)

#define LFFI_GPR_RESULT uint64_t
#define LFFI_GPR_OF(ret) ((ret).gpr[0])
#define LFFI_WORDS_OF(ret) ((struct lffi_words){(ret).gpr[0], (ret).fpr[0].d})
#define LFFI_WIDE_RESULT LFFI_VECTOR16
#define LFFI_WIDE_OF(ret) ((ret).fpr[0].v)

/* Whether entries that return words, or a wide result, serve a kind of result. */
#define LFFI_IN_WORDS(kind) ((kind) == LFFI_RETURN_WORDS || (kind) == LFFI_RETURN_MEMORY)
#define LFFI_IN_WIDE(kind) ((kind) == LFFI_RETURN_WIDE)

/* ---- libffi ---------------------------------------------------------------------------------- */

/* Bytes of a floating register that libffi hands through, and their type. */
enum { LFFI_LIBFFI_FPR = 8 };
#define LFFI_FPR_FFI_TYPE ffi_type_double

/* The stack block is one value to it. */
enum { LFFI_STACK_BY_WORDS = 0, LFFI_LIBFFI_VALUES = 1 };

#endif
