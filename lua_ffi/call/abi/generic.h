/* Any machine that libffi knows: what abi.h, enter.c, visitor.c and libffi.h ask of the chosen
 * convention. Included by abi.h alone; the macros are used where its structs are known.
 *
 * libffi decides here which byte travels where. The "registers" are places in which arguments wait
 * for it: whole numbers and pointers in `gpr`, floats and doubles in `fpr`, all else, and what
 * comes when those are full, in the stack block. A value lies at the start of its place in its own
 * width, so that neither the byte order nor the size of a pointer matters to who reads and writes.
 */
#ifndef LFFI_GENERIC_H
#define LFFI_GENERIC_H

#define LFFI_ABI_LIBFFI 1

enum { LFFI_GPRS = 8, LFFI_FPRS = 8, LFFI_RESULT_FPRS = 4 };

/* No call needs more of the frame than its arguments take. */
enum { LFFI_FAST_STACK = 0, LFFI_WIDE_STACK = 0 };

/* A value lies at the start of its place. */
#define LFFI_WHOLE_WORDS 0
enum { LFFI_SPLIT_ARGUMENTS = 0, LFFI_SIGNED_U32 = 0, LFFI_BOXED_FLOATS = 0 };

/* Where the address of a result in memory stands. */
#define LFFI_HIDDEN_RESULT(regs) (&(regs)->hidden)

/* What libffi needs to know of one signature, or of one call of a variadic function: generic.c. */
struct lffi_prepared;
#define LFFI_ASSIGN_MORE                                                                          \
    struct lffi_prepared *prepared; /* NULL: only its size is counted, in the next two */         \
    uint32_t passed;                /* arguments that libffi is given: those that have a size */  \
    uint32_t described;             /* bytes of the descriptions of their types, and the result's \
                                     */                                                           \
    uint32_t machine_gprs, machine_fprs; /* x86-64: registers that libffi has given away */

/* Where the code of callbacks comes from: closures alone. */
#define LFFI_IN_WORDS(kind) ((void)(kind), false)
#define LFFI_IN_WIDE(kind) ((void)(kind), false)

#endif
