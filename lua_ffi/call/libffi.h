/* A frame as libffi sees it: shared by libffi.c, signature.c and callback.c, which alone know
 * libffi. */
#ifndef LFFI_FFITYPE_H
#define LFFI_FFITYPE_H

#include <ffi.h>

#include "call/call.h"

/* Bytes of a floating register that libffi hands through. */
#ifdef LFFI_ABI_SYSV
enum { LFFI_LIBFFI_FPR = 8 };
#else
enum { LFFI_LIBFFI_FPR = 16 };
#endif

/* One lowered signature: every register as a scalar argument, then the stack block as one value
 * that libffi copies as it is. Must not move once made: the cif points into it. */
struct lffi_lowered {
    ffi_cif cif;
    ffi_type block;
    ffi_type *types[LFFI_GPRS + LFFI_FPRS + 1];
};

/* `stack_size` is a multiple of 16; 0: no block. */
void lffi_lower(struct lffi_lowered *lowered, enum lffi_return_kind kind, uint32_t stack_size);
/* Copies the registers of a result between libffi's form and ours. */
void lffi_return_from_libffi(enum lffi_return_kind kind, const void *value,
                             struct lffi_return *ret);
void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value);

#endif
