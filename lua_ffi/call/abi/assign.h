/* What the conventions have in common when they assign registers and stack: for the ABI files
 * alone. */
#ifndef LFFI_ASSIGN_H
#define LFFI_ASSIGN_H

#include "call/abi/abi.h"

uint32_t lffi_align_up(uint32_t size, uint32_t align);
/* Offsets of argument registers in the frame. */
uint64_t lffi_gpr_offset(uint32_t number);
uint64_t lffi_fpr_offset(uint32_t number);
/* One more piece of a value, joined to the last one where it continues that. */
void lffi_add_piece(struct lffi_way *way, uint64_t from, uint64_t to, uint64_t size);
/* Puts `size` bytes into the stack block; false with `*why` when they cannot stand there. */
bool lffi_add_stack(struct lffi_assign *assign, struct lffi_way *way, uint64_t size, uint32_t align,
                    const char **why);
/* The alignment of a member as laid out, without that of an attribute on the enclosing type. */
uint32_t lffi_member_align(const struct cdecl_type *type, const struct cdecl_member *member);
/* Vectors of other sizes travel in registers that the frame does not have, or by rules that differ
 * between compilers: false with `*why`. */
bool lffi_vectors_supported(const struct cdecl_type *type, const char **why);

#endif
