/* C types as libffi's descriptions: for generic.c alone. */
#ifndef LFFI_DESCRIBE_H
#define LFFI_DESCRIBE_H

#include "call/abi/assign.h"
#include "call/libffi.h"

/* The description of an argument or a member, NULL with `*why` when libffi has none or would do
 * wrong with it. What is not a constant of libffi's is made in `room`, which moves on past it; with
 * a room of NULL, only `*size` does, and what is returned says no more than that there is one. */
struct lffi_room {
    unsigned char *next;
    size_t size;
};
ffi_type *lffi_describe(struct lffi_room *room, const struct cdecl_type *type, const char **why);
/* Likewise of a result, which is neither void nor empty. */
ffi_type *lffi_describe_result(struct lffi_room *room, const struct cdecl_type *type,
                               const char **why);
/* How many general and floating registers a value takes on x86-64, when that many are free; none:
 * it goes in memory. True when it is eight bytes with an integer, then a float. */
bool lffi_x86_registers(const struct cdecl_type *type, unsigned *gprs, unsigned *fprs);

#endif
