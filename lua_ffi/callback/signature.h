/* What slot.c knows of the callbacks' types without Lua: the inside of slot.h's struct
 * lffi_signature.
 */
#ifndef LFFI_SIGNATURE_H
#define LFFI_SIGNATURE_H

#include "call/libffi.h"
#include "callback/slot.h"

struct lffi_signature {
    const struct lffi_signature *next;
    uint64_t result_size; /* bytes of a result in memory */
    uint32_t stack_size;
    bool wide;      /* 128 bits of a floating register matter */
    bool gprs_only; /* no floating register matters, nor the stack */
    enum lffi_return_kind kind;
    struct lffi_lowered lowered;
    char text[];
};

/* All that were ever needed, in lists by the hash of their texts. */
struct lffi_signatures {
    const struct lffi_signature *bucket[LFFI_BUCKETS];
};

/* The signature of a plan, made when it is new; NULL when memory is out. `text`: see
 * lffi_signature_of. The caller holds the lock of the table that `known` is part of. */
const struct lffi_signature *lffi_find_signature(struct lffi_signatures *known,
                                                 const struct lffi_plan *plan, const char *text);

#endif
