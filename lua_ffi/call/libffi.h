/* A frame as libffi sees it: shared by libffi.c, the ABI files, signature.c and code.c, which alone
 * know libffi. */
#ifndef LFFI_LIBFFI_H
#define LFFI_LIBFFI_H

#include <ffi.h>

#include "call/abi/abi.h"

#ifdef LFFI_ABI_LIBFFI

/* ---- generic.c: a signature as libffi is told of it ------------------------------------------ */

const ffi_cif *lffi_prepared_cif(const struct lffi_prepared *prepared);
bool lffi_same_prepared(const struct lffi_prepared *a, const struct lffi_prepared *b);
/* Copies the arguments that wait in registers; lffi_closure_stack finds the others. */
void lffi_closure_arguments(const struct lffi_prepared *prepared, void *const *values,
                            struct lffi_registers *in);
/* Copies a result to where libffi wants it. */
void lffi_closure_result(const ffi_type *type, const struct lffi_return *ret, void *result);

#else

/* One lowered signature: each register as a scalar argument, then the stack block as one value
 * that libffi copies as it is or, where its size would make a pointer of that, as words. Must not
 * move once made: the cif points into it, and to the types. */
struct lffi_lowered {
    ffi_cif cif;
    ffi_type block;
};

/* How many types there are for a stack block of that size. */
static inline size_t lffi_count_lowered(uint32_t stack_size)
{
    return LFFI_GPRS + LFFI_FPRS + (LFFI_STACK_BY_WORDS ? stack_size / 8 : stack_size > 0);
}
/* The first registers of each kind: all of them when there is a block. `stack_size` is a multiple
 * of 16; 0: no block. */
void lffi_lower(struct lffi_lowered *lowered, ffi_type **types, ffi_type *result, unsigned gprs,
                unsigned fprs, uint32_t stack_size);
/* Calls with every register of the frame and the first `stack` bytes of its stack block, at most
 * LFFI_LIBFFI_VALUES of what it is to libffi; `value` is where libffi puts what the type `result`
 * makes it bring back. */
void lffi_invoke_libffi(ffi_type *result, void (*address)(void), const unsigned char *frame,
                        uint32_t stack, void *value);

/* ---- what the convention's C file holds ------------------------------------------------------ */

/* A struct type; size and alignment are computed by the first cif made with it, so they are given:
 * the constants made with this are shared by threads. */
#define LFFI_STRUCT_TYPE(bytes, elements)       \
    {                                           \
        (bytes), 8, FFI_TYPE_STRUCT, (elements) \
    }

/* The type that makes libffi look at the registers in which this kind of result comes. */
ffi_type *lffi_abi_result_type(enum lffi_return_kind kind);
/* Copies the registers of a result from our form to libffi's. */
void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value);

#endif

#endif
