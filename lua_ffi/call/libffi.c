/* libffi's view of a frame, and calls through libffi.
 *
 * Depends on <ffi.h>. Since the convention has already decided which byte travels where, libffi is
 * given scalars only: every general register as a 64-bit integer, every floating register, and the
 * stack block as one value of a type whose class is "memory" on every convention. The types here
 * are constants or lie in a struct lffi_lowered of the caller.
 */
#include <stdlib.h>
#include <string.h>

#include "call/call.h"
#include "call/libffi.h"

bool lffi_prefers_libffi(void)
{
    const char *value = getenv("CFFI_NO_FASTCALL");
    return value != NULL && strcmp(value, "1") == 0;
}

#ifndef LFFI_ABI_LIBFFI

void lffi_lower(struct lffi_lowered *lowered, ffi_type **types, ffi_type *result, unsigned gprs,
                unsigned fprs, uint32_t stack_size)
{
    unsigned all = (unsigned)lffi_count_lowered(stack_size);
    unsigned count = gprs + fprs + (all - LFFI_GPRS - LFFI_FPRS);
    for (unsigned i = 0; i < count; i++)
        types[i] = i >= gprs && i < gprs + fprs ? &LFFI_FPR_FFI_TYPE : &ffi_type_uint64;
    /* A long double's class is memory once the floating registers are taken, and its bytes are
     * copied by the size that the type claims. */
    lowered->block = (ffi_type){stack_size, 16, FFI_TYPE_LONGDOUBLE, NULL};
    if (stack_size > 0 && !LFFI_STACK_BY_WORDS)
        types[count - 1] = &lowered->block;
    if (ffi_prep_cif(&lowered->cif, FFI_DEFAULT_ABI, count, result, types) != FFI_OK)
        abort(); /* only for an unknown ABI or a type without size: neither can be */
}

void lffi_invoke_libffi(ffi_type *result, void (*address)(void), const unsigned char *frame,
                        uint32_t stack, void *value)
{
    struct lffi_lowered lowered;
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    ffi_type *types[LFFI_GPRS + LFFI_FPRS + LFFI_LIBFFI_VALUES];
    void *values[LFFI_GPRS + LFFI_FPRS + LFFI_LIBFFI_VALUES];
    unsigned n = 0;
    lffi_lower(&lowered, types, result, LFFI_GPRS, LFFI_FPRS, (stack + 15) & ~(uint32_t)15);
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        values[n++] = (void *)(uintptr_t)&regs->gpr[i];
    for (unsigned i = 0; i < LFFI_FPRS; i++)
        values[n++] = (void *)(uintptr_t)&regs->fpr[i];
    for (unsigned i = 0; i < LFFI_LIBFFI_VALUES; i++)
        values[n++] = (void *)(uintptr_t)(frame + LFFI_STACK_START + 8 * i);
    ffi_call(&lowered.cif, address, value, values);
}

#endif
