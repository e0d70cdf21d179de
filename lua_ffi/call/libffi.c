/* libffi's view of a frame, and calls through libffi.
 *
 * Depends on <ffi.h> and call.h. Since abi.c has already decided which byte travels where, libffi
 * is given scalars only: every general register as a 64-bit integer, every floating register, and
 * the stack block as one value of a type whose class is "memory" on every convention. The types
 * here are constants or lie in a struct lffi_lowered of the caller.
 */
#include <stdlib.h>
#include <string.h>

#include "call/libffi.h"

#ifndef LFFI_ABI_GENERIC

#ifdef LFFI_ABI_SYSV
#define FPR_TYPE ffi_type_double
#else
#define FPR_TYPE ffi_type_longdouble /* IEEE quad: the whole register */
#endif

/* A struct type; size and alignment are computed by the first cif made with it, so they are given
 * here: these constants are shared by threads. */
#define STRUCT_TYPE(bytes, elements)                                                               \
    {                                                                                              \
        (bytes), 8, FFI_TYPE_STRUCT, (elements)                                                    \
    }

static ffi_type *two_words[] = {&ffi_type_uint64, &ffi_type_uint64, NULL};
static ffi_type two_words_type = STRUCT_TYPE(16, two_words);

#ifdef LFFI_ABI_SYSV

static ffi_type *word_and_float[] = {&ffi_type_uint64, &ffi_type_double, NULL};
static ffi_type word_and_float_type = STRUCT_TYPE(16, word_and_float);
static ffi_type *two_floats[] = {&ffi_type_double, &ffi_type_double, NULL};
static ffi_type two_floats_type = STRUCT_TYPE(16, two_floats);

static ffi_type *result_type(enum lffi_return_kind kind)
{
    switch (kind) {
    case LFFI_RETURN_WORDS:
    case LFFI_RETURN_MEMORY: return &word_and_float_type;
    case LFFI_RETURN_GPRS: return &two_words_type;
    case LFFI_RETURN_FPRS:
    case LFFI_RETURN_WIDE: return &two_floats_type; /* WIDE never comes here */
    case LFFI_RETURN_X87: return &ffi_type_longdouble;
    case LFFI_RETURN_X87_PAIR: return &ffi_type_complex_longdouble;
    }
    return &two_words_type;
}

/* Offsets in struct lffi_return of the first and second eightbyte of libffi's result. */
static void result_halves(enum lffi_return_kind kind, size_t *first, size_t *second)
{
    const size_t fpr = offsetof(struct lffi_return, fpr);
    *first = kind == LFFI_RETURN_FPRS ? fpr : 0;
    *second = kind == LFFI_RETURN_GPRS ? 8 : kind == LFFI_RETURN_FPRS ? fpr + 16 : fpr;
}

static size_t x87_size(enum lffi_return_kind kind)
{
    return kind == LFFI_RETURN_X87 ? 16 : kind == LFFI_RETURN_X87_PAIR ? 32 : 0;
}

void lffi_return_from_libffi(enum lffi_return_kind kind, const void *value,
                             struct lffi_return *ret)
{
    size_t first;
    size_t second;
    if (x87_size(kind) > 0) {
        memcpy(ret->fpr, value, x87_size(kind));
        return;
    }
    result_halves(kind, &first, &second);
    memcpy((char *)ret + first, value, 8);
    memcpy((char *)ret + second, (const char *)value + 8, 8);
}

void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value)
{
    size_t first;
    size_t second;
    if (x87_size(kind) > 0) {
        memcpy(value, ret->fpr, x87_size(kind));
        return;
    }
    result_halves(kind, &first, &second);
    memcpy(value, (const char *)ret + first, 8);
    memcpy((char *)value + 8, (const char *)ret + second, 8);
}

#else

static ffi_type *four_quads[] = {&ffi_type_longdouble, &ffi_type_longdouble, &ffi_type_longdouble,
                                 &ffi_type_longdouble, NULL};
static ffi_type four_quads_type = {64, 16, FFI_TYPE_STRUCT, four_quads};
static ffi_type *in_memory[] = {&ffi_type_uint64, &ffi_type_uint64, &ffi_type_uint64, NULL};
static ffi_type in_memory_type = STRUCT_TYPE(24, in_memory);

static ffi_type *result_type(enum lffi_return_kind kind)
{
    if (kind == LFFI_RETURN_MEMORY)
        return &in_memory_type;
    return kind == LFFI_RETURN_FPRS ? &four_quads_type : &two_words_type;
}

void lffi_return_from_libffi(enum lffi_return_kind kind, const void *value,
                             struct lffi_return *ret)
{
    if (kind == LFFI_RETURN_FPRS)
        memcpy(ret->fpr, value, sizeof ret->fpr);
    else if (kind != LFFI_RETURN_MEMORY)
        memcpy(ret->gpr, value, sizeof ret->gpr);
}

void lffi_return_to_libffi(enum lffi_return_kind kind, const struct lffi_return *ret, void *value)
{
    if (kind == LFFI_RETURN_FPRS)
        memcpy(value, ret->fpr, sizeof ret->fpr);
    else if (kind != LFFI_RETURN_MEMORY)
        memcpy(value, ret->gpr, sizeof ret->gpr);
}

#endif

void lffi_lower(struct lffi_lowered *lowered, enum lffi_return_kind kind, uint32_t stack_size)
{
    unsigned n = 0;
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        lowered->types[n++] = &ffi_type_uint64;
    for (unsigned i = 0; i < LFFI_FPRS; i++)
        lowered->types[n++] = &FPR_TYPE;
    /* A long double's class is memory once the floating registers are taken, and its bytes are
     * copied by the size that the type claims. */
    lowered->block = (ffi_type){stack_size, 16, FFI_TYPE_LONGDOUBLE, NULL};
    if (stack_size > 0)
        lowered->types[n++] = &lowered->block;
    if (ffi_prep_cif(&lowered->cif, FFI_DEFAULT_ABI, n, result_type(kind), lowered->types) !=
        FFI_OK)
        abort(); /* only for an unknown ABI or a type without size: neither can be */
}

void lffi_invoke_libffi(enum lffi_return_kind kind, void (*address)(void),
                        const unsigned char *frame, uint32_t stack_size, struct lffi_return *ret)
{
    struct lffi_lowered lowered;
    const struct lffi_registers *regs = (const struct lffi_registers *)(const void *)frame;
    void *values[LFFI_GPRS + LFFI_FPRS + 1];
    _Alignas(16) unsigned char result[16 * LFFI_MAX_PIECES];
    void *where = result;
    unsigned n = 0;
    lffi_lower(&lowered, kind, stack_size);
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        values[n++] = (void *)(uintptr_t)&regs->gpr[i];
    for (unsigned i = 0; i < LFFI_FPRS; i++)
        values[n++] = (void *)(uintptr_t)&regs->fpr[i];
    values[n] = (void *)(uintptr_t)(frame + LFFI_STACK_START);
#ifndef LFFI_ABI_SYSV
    if (kind == LFFI_RETURN_MEMORY)
        where = (void *)(uintptr_t)regs->hidden;
#endif
    ffi_call(&lowered.cif, address, where, values);
    lffi_return_from_libffi(kind, where, ret);
}

#endif
