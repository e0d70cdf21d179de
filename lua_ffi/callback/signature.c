/* Signatures: what entering and leaving the code of callbacks of one type takes, without Lua.
 *
 * Depends on libffi.c and slot.h. C may call after lua_close, so that they are process memory,
 * shared by all callbacks that look the same and never freed.
 */
#include <stdlib.h>
#include <string.h>

#include "callback/signature.h"

static bool same_signature(const struct lffi_signature *signature, const struct lffi_plan *plan,
                           uint32_t stack_size, uint64_t result_size, const char *text)
{
    return signature->kind == plan->result_kind && signature->wide == plan->end.wide &&
           signature->stack_size == stack_size && signature->result_size == result_size &&
           strcmp(signature->text, text) == 0;
}

static struct lffi_signature *new_signature(const struct lffi_plan *plan, uint32_t stack_size,
                                            uint64_t result_size, const char *text)
{
    size_t length = strlen(text) + 1;
    struct lffi_signature *signature = malloc(sizeof *signature + length);
    if (signature == NULL)
        return NULL;
    signature->kind = plan->result_kind;
    signature->wide = plan->end.wide;
    signature->gprs_only =
        plan->end.fprs == 0 && stack_size == 0 &&
        (plan->result.op == LFFI_VOID || lffi_in_general_register(plan->result.op));
    signature->stack_size = stack_size;
    signature->result_size = result_size;
    memcpy(signature->text, text, length);
    lffi_lower(&signature->lowered, signature->kind, stack_size);
    return signature;
}

const struct lffi_signature *lffi_find_signature(struct lffi_signatures *known,
                                                 const struct lffi_plan *plan, const char *text)
{
    const struct lffi_signature **bucket = &known->bucket[lffi_text_hash(text) % LFFI_BUCKETS];
    const struct lffi_signature *signature = *bucket;
    struct lffi_signature *made;
    uint32_t stack_size = (plan->end.stack + 15) & ~(uint32_t)15;
    uint64_t result_size = cdecl_sizeof(plan->result.ct->type);
    while (signature != NULL && !same_signature(signature, plan, stack_size, result_size, text))
        signature = signature->next;
    if (signature != NULL)
        return signature;
    made = new_signature(plan, stack_size, result_size, text);
    if (made == NULL)
        return NULL;
    made->next = *bucket;
    return *bucket = made;
}

const char *lffi_signature_text(const struct lffi_signature *signature)
{
    return signature->text;
}

size_t lffi_error_size(const struct lffi_signature *signature)
{
    if (signature->kind == LFFI_RETURN_MEMORY)
        return (size_t)signature->result_size;
    if (signature->kind == LFFI_RETURN_WORDS)
        return offsetof(struct lffi_return, fpr) + sizeof(double);
    return sizeof(struct lffi_return);
}
