/* Assigning registers and stack: what the calling conventions share.
 *
 * Depends on the type description alone (abi.h, cdecl.h); no Lua, no libffi. Allocates nothing.
 */
#include "call/abi/assign.h"

uint32_t lffi_align_up(uint32_t size, uint32_t align)
{
    return (size + align - 1) & ~(align - 1);
}

void lffi_add_piece(struct lffi_way *way, uint64_t from, uint64_t to, uint64_t size)
{
    if (way->npieces > 0) {
        struct lffi_piece *last = &way->piece[way->npieces - 1];
        if (last->from + last->size == from && last->to + last->size == to) {
            last->size += (uint32_t)size;
            return;
        }
    }
    way->piece[way->npieces++] = (struct lffi_piece){(uint32_t)from, (uint32_t)to, (uint32_t)size};
}

bool lffi_add_stack(struct lffi_assign *assign, struct lffi_way *way, uint64_t size, uint32_t align,
                    const char **why)
{
    if (align > 16) {
        *why = "alignments above 16 bytes cannot be passed on the stack";
        return false;
    }
    assign->stack = lffi_align_up(assign->stack, align < 8 ? 8 : align);
    if (size > LFFI_MAX_STACK - assign->stack) {
        *why = "its arguments need more than 256 KiB of stack";
        return false;
    }
    lffi_add_piece(way, 0, LFFI_STACK_START + assign->stack, size);
    assign->stack = lffi_align_up(assign->stack + (uint32_t)size, 8);
    return true;
}

uint32_t lffi_member_align(const struct cdecl_type *type, const struct cdecl_member *member)
{
    uint32_t align = member->packed || type->tag->packed ? 1 : cdecl_alignof(member->type);
    if (member->alignment > align)
        align = member->alignment;
    if (type->tag->pack != 0 && align > type->tag->pack)
        align = type->tag->pack;
    return align;
}

uint64_t lffi_gpr_offset(uint32_t number)
{
    return offsetof(struct lffi_registers, gpr) + number * sizeof(uint64_t);
}

uint64_t lffi_fpr_offset(uint32_t number)
{
    return offsetof(struct lffi_registers, fpr) + number * sizeof(union lffi_fpr);
}

static bool members_supported(const struct cdecl_type *type, const char **why)
{
    for (uint32_t i = 0; i < type->tag->nmembers; i++)
        if (!lffi_vectors_supported(type->tag->members[i].type, why))
            return false;
    return true;
}

bool lffi_vectors_supported(const struct cdecl_type *type, const char **why)
{
    if (type->kind == CDECL_ARRAY)
        return lffi_vectors_supported(type->target, why);
    if (type->kind == CDECL_STRUCT || type->kind == CDECL_UNION)
        return members_supported(type, why);
    if (type->kind != CDECL_VECTOR || (type->count > 1 && (type->size == 8 || type->size == 16)))
        return true;
    *why = "only vectors of 8 or 16 bytes with two or more elements can be passed";
    return false;
}
