/* Signatures: what entering and leaving the code of callbacks of one type takes, without Lua.
 *
 * Depends on libffi.c and slot.h. C may call after lua_close, so that they are process memory,
 * shared by all callbacks that look the same and never freed.
 */
#include <stdlib.h>
#include <string.h>

#include "callback/signature.h"

static size_t up16(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static uint32_t stack_size_of(const struct lffi_plan *plan)
{
    return (plan->end.stack + 15) & ~(uint32_t)15;
}

/* What libffi has to know: in `room` bytes behind the text. */
#ifdef LFFI_ABI_LIBFFI

static size_t room_for(const struct lffi_plan *plan)
{
    return lffi_abi_room(&plan->end) + 15;
}

static void describe(struct lffi_signature *signature, const struct lffi_plan *plan, void *room)
{
    struct lffi_assign assign;
    lffi_abi_begin(&assign, room, &plan->end, true);
    lffi_assign_again(plan, &assign);
    signature->prepared = assign.prepared;
}

static bool same_description(const struct lffi_signature *signature, const struct lffi_plan *plan)
{
    return lffi_same_prepared(signature->prepared, plan->end.prepared);
}

const ffi_cif *lffi_signature_cif(const struct lffi_signature *signature)
{
    return lffi_prepared_cif(signature->prepared);
}

size_t lffi_stack_room(const struct lffi_signature *signature)
{
    const ffi_cif *cif = lffi_signature_cif(signature);
    size_t size = up16(cif->nargs * sizeof(void *));
    for (unsigned i = 0; i < cif->nargs; i++)
        size += up16(cif->arg_types[i]->size);
    return size;
}

static const unsigned char *stack_argument(const struct lffi_signature *signature,
                                           const unsigned char *stack, uint32_t to)
{
    return lffi_closure_stack(signature->prepared, stack, to);
}

/* libffi hands over the addresses of the arguments. */
void lffi_copy_stack(const struct lffi_signature *signature, unsigned char *to,
                     const unsigned char *from, struct lffi_registers *in)
{
    const ffi_cif *cif = lffi_signature_cif(signature);
    void *const *values = (void *const *)(const void *)from;
    void **copies = (void **)(void *)to;
    (void)in;
    to += up16(cif->nargs * sizeof(void *));
    for (unsigned i = 0; i < cif->nargs; i++) {
        copies[i] = memcpy(to, values[i], cif->arg_types[i]->size);
        to += up16(cif->arg_types[i]->size);
    }
}

#else

static size_t room_for(const struct lffi_plan *plan)
{
    return lffi_count_lowered(stack_size_of(plan)) * sizeof(ffi_type *) + 15;
}

/* libffi takes its time for each register: it is told of those that have arguments, unless the
 * stack comes in, which is reached when all are taken, or halves of registers are to be found. */
static void count_registers(const struct lffi_plan *plan, uint8_t *gprs, uint8_t *fprs)
{
    bool all = plan->end.stack > 0 || plan->end.wide;
    *gprs = all || plan->end.gprs > LFFI_GPRS ? LFFI_GPRS : (uint8_t)plan->end.gprs;
    *fprs = all || plan->end.fprs > LFFI_FPRS ? LFFI_FPRS : (uint8_t)plan->end.fprs;
}

static void describe(struct lffi_signature *signature, const struct lffi_plan *plan, void *room)
{
    count_registers(plan, &signature->gprs, &signature->fprs);
    lffi_lower(&signature->lowered, room, lffi_abi_result_type(signature->kind), signature->gprs,
               signature->fprs, signature->stack_size);
}

static bool same_description(const struct lffi_signature *signature, const struct lffi_plan *plan)
{
    uint8_t gprs;
    uint8_t fprs;
    count_registers(plan, &gprs, &fprs);
    return signature->gprs == gprs && signature->fprs == fprs;
}

const ffi_cif *lffi_signature_cif(const struct lffi_signature *signature)
{
    return &signature->lowered.cif;
}

size_t lffi_stack_room(const struct lffi_signature *signature)
{
    size_t size = signature->stack_size;
    for (uint32_t i = 0; i < signature->nindirect; i++)
        size += up16(signature->indirect[i].size);
    return size;
}

static const unsigned char *stack_argument(const struct lffi_signature *signature,
                                           const unsigned char *stack, uint32_t to)
{
    (void)signature;
    return stack + (to - LFFI_STACK_START);
}

/* What an address leads to, in registers or on the stack, lies behind the stack. */
void lffi_copy_stack(const struct lffi_signature *signature, unsigned char *to,
                     const unsigned char *from, struct lffi_registers *in)
{
    unsigned char *room = to + signature->stack_size;
    if (signature->stack_size > 0)
        memcpy(to, from, signature->stack_size);
    for (uint32_t i = 0; i < signature->nindirect; i++) {
        const struct lffi_indirect *indirect = &signature->indirect[i];
        unsigned char *place = indirect->to >= LFFI_STACK_START
                                   ? to + (indirect->to - LFFI_STACK_START)
                                   : (unsigned char *)in + indirect->to;
        const void *value;
        memcpy(&value, place, sizeof value);
        memcpy(room, value, indirect->size);
        value = room;
        memcpy(place, &value, sizeof value);
        room += up16(indirect->size);
    }
}

#endif

/* ---- indirect arguments ---------------------------------------------------------------------- */

static bool is_indirect(const struct lffi_plan *plan, uint32_t i)
{
    return (plan->param[i].flags & LFFI_PARAM_INDIRECT) != 0;
}

static struct lffi_indirect indirect_of(const struct lffi_plan *plan, uint32_t i)
{
    const struct lffi_param *param = &plan->param[i];
    return (struct lffi_indirect){param->to, (uint32_t)cdecl_sizeof(param->ct->type)};
}

static uint32_t count_indirect(const struct lffi_plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->nparams; i++)
        n += is_indirect(plan, i);
    return n;
}

/* The same name may be another struct's in another state. */
static bool same_indirect(const struct lffi_signature *signature, const struct lffi_plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->nparams; i++) {
        struct lffi_indirect indirect;
        if (!is_indirect(plan, i))
            continue;
        indirect = indirect_of(plan, i);
        if (n == signature->nindirect ||
            memcmp(&signature->indirect[n++], &indirect, sizeof indirect) != 0)
            return false;
    }
    return n == signature->nindirect;
}

/* False: memory is out. */
static bool list_indirect(struct lffi_signature *signature, const struct lffi_plan *plan)
{
    uint32_t n = 0;
    signature->nindirect = count_indirect(plan);
    signature->indirect = NULL;
    if (signature->nindirect == 0)
        return true;
    signature->indirect = calloc(signature->nindirect, sizeof *signature->indirect);
    for (uint32_t i = 0; signature->indirect != NULL && i < plan->nparams; i++)
        if (is_indirect(plan, i))
            signature->indirect[n++] = indirect_of(plan, i);
    return signature->indirect != NULL;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool is_text(const struct lffi_plan *plan, uint32_t i)
{
    return (plan->param[i].flags & LFFI_PARAM_TEXT) != 0;
}

static struct lffi_given_text text_of(const struct lffi_plan *plan, uint32_t i)
{
    const struct lffi_param *param = &plan->param[i];
    struct lffi_given_text text = {.to = param->to};
    if (param->flags & LFFI_PARAM_SIZED) {
        const struct cdecl_annotation *says = cdecl_annotation_of(plan->ct->type);
        const struct lffi_param *length = &plan->param[says->param[i].length - 1];
        text.has_length = true;
        text.length_to = length->to;
        text.length_op = length->op;
    }
    return text;
}

/* Attributes are no part of the text by which signatures are found. */
static bool same_texts(const struct lffi_signature *signature, const struct lffi_plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->nparams; i++) {
        struct lffi_given_text text;
        if (!is_text(plan, i))
            continue;
        text = text_of(plan, i);
        if (n == signature->ntexts || memcmp(&signature->texts[n++], &text, sizeof text) != 0)
            return false;
    }
    return n == signature->ntexts;
}

/* False: memory is out. */
static bool list_texts(struct lffi_signature *signature, const struct lffi_plan *plan)
{
    uint32_t n = 0;
    signature->texts = NULL;
    for (uint32_t i = 0; i < plan->nparams; i++)
        n += is_text(plan, i);
    signature->ntexts = n;
    if (n == 0)
        return true;
    signature->texts = calloc(n, sizeof *signature->texts);
    n = 0;
    for (uint32_t i = 0; signature->texts != NULL && i < plan->nparams; i++)
        if (is_text(plan, i))
            signature->texts[n++] = text_of(plan, i);
    return signature->texts != NULL;
}

static const unsigned char *argument(const struct lffi_signature *signature,
                                     const struct lffi_registers *in, const unsigned char *stack,
                                     uint32_t to)
{
    if (to < LFFI_STACK_START)
        return (const unsigned char *)in + to;
    return stack_argument(signature, stack, to);
}

/* What is read of the text, with its zero; 0: nothing. */
static size_t size_of_text(const struct lffi_signature *signature,
                           const struct lffi_given_text *text, const struct lffi_registers *in,
                           const unsigned char *stack, const char **address)
{
    int64_t size;
    memcpy(address, argument(signature, in, stack, text->to), sizeof *address);
    if (*address == NULL)
        return 0;
    if (!text->has_length)
        return strlen(*address) + 1;
    size =
        lffi_integer_at((uint8_t)text->length_op, argument(signature, in, stack, text->length_to));
    return size > 0 ? (size_t)size : 0;
}

size_t lffi_texts_room(const struct lffi_signature *signature, const struct lffi_registers *in,
                       const unsigned char *stack)
{
    const char *address;
    size_t room = 0;
    for (uint32_t i = 0; i < signature->ntexts; i++)
        room += size_of_text(signature, &signature->texts[i], in, stack, &address);
    return room;
}

void lffi_copy_texts(const struct lffi_signature *signature, unsigned char *to,
                     struct lffi_registers *in, unsigned char *stack)
{
    for (uint32_t i = 0; i < signature->ntexts; i++) {
        const struct lffi_given_text *text = &signature->texts[i];
        const char *address;
        size_t size = size_of_text(signature, text, in, stack, &address);
        if (size == 0)
            continue;
        memcpy(to, address, size);
        memcpy((void *)(uintptr_t)argument(signature, in, stack, text->to), &to, sizeof to);
        to += size;
    }
}

/* ---- signatures ------------------------------------------------------------------------------ */

static bool is_gprs_only(const struct lffi_plan *plan)
{
    return plan->end.fprs == 0 && plan->end.stack == 0 &&
           (plan->result.op == LFFI_VOID || lffi_in_general_register(plan->result.op));
}

/* What the result's floating registers hold for a zero, where that tells a float from a double. */
static void zero_of(const struct lffi_plan *plan, uint64_t zero[LFFI_RESULT_FPRS])
{
    unsigned char value[16 * LFFI_MAX_PIECES] = {0};
    struct lffi_return ret;
    memset(&ret, 0, sizeof ret);
    if (plan->result_kind != LFFI_RETURN_MEMORY && plan->result.op != LFFI_VOID)
        lffi_scatter(plan->pieces, &plan->result, value, (unsigned char *)&ret);
    for (unsigned i = 0; i < LFFI_RESULT_FPRS; i++)
        memcpy(&zero[i], &ret.fpr[i], sizeof zero[i]);
}

static bool same_zero(const struct lffi_signature *signature, const struct lffi_plan *plan)
{
    uint64_t zero[LFFI_RESULT_FPRS];
    if (!LFFI_BOXED_FLOATS)
        return true;
    zero_of(plan, zero);
    return memcmp(signature->zero, zero, sizeof zero) == 0;
}

/* The same text may name another struct's type, which travels otherwise. */
static bool same_signature(const struct lffi_signature *signature, const struct lffi_plan *plan,
                           uint32_t stack_size, uint64_t result_size, const char *text)
{
    return signature->kind == plan->result_kind && signature->wide == plan->end.wide &&
           signature->gprs_only == is_gprs_only(plan) && signature->stack_size == stack_size &&
           signature->result_size == result_size && strcmp(signature->text, text) == 0 &&
           same_zero(signature, plan) && same_indirect(signature, plan) &&
           same_texts(signature, plan) && same_description(signature, plan);
}

static struct lffi_signature *new_signature(const struct lffi_plan *plan, uint32_t stack_size,
                                            uint64_t result_size, const char *text)
{
    size_t length = strlen(text) + 1;
    size_t size = sizeof(struct lffi_signature) + length;
    struct lffi_signature *signature = malloc(size + room_for(plan));
    if (signature == NULL || !list_indirect(signature, plan)) {
        free(signature);
        return NULL;
    }
    if (!list_texts(signature, plan)) {
        free(signature->indirect);
        free(signature);
        return NULL;
    }
    signature->kind = plan->result_kind;
    signature->wide = plan->end.wide;
    signature->gprs_only = is_gprs_only(plan);
    signature->stack_size = stack_size;
    signature->result_size = result_size;
    if (LFFI_BOXED_FLOATS)
        zero_of(plan, signature->zero);
    memcpy(signature->text, text, length);
    describe(signature, plan, (void *)(((uintptr_t)signature + size + 15) & ~(uintptr_t)15));
    return signature;
}

const struct lffi_signature *lffi_find_signature(struct lffi_signatures *known,
                                                 const struct lffi_plan *plan, const char *text)
{
    const struct lffi_signature **bucket = &known->bucket[lffi_text_hash(text) % LFFI_BUCKETS];
    const struct lffi_signature *signature = *bucket;
    struct lffi_signature *made;
    uint32_t stack_size = stack_size_of(plan);
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

void lffi_copy_registers(const struct lffi_signature *signature, struct lffi_registers *to,
                         const struct lffi_registers *from)
{
    memcpy(to, from, signature->gprs_only ? sizeof(struct lffi_general) : sizeof *to);
}

void lffi_give_error_value(const struct lffi_signature *signature, const unsigned char *error,
                           const struct lffi_registers *in, struct lffi_return *ret)
{
    void *memory;
    memset(ret, 0, sizeof *ret);
    for (unsigned i = 0; LFFI_BOXED_FLOATS && i < LFFI_RESULT_FPRS; i++)
        memcpy(&ret->fpr[i], &signature->zero[i], sizeof signature->zero[i]);
    if (signature->kind != LFFI_RETURN_MEMORY) {
        if (error != NULL)
            memcpy(ret, error, lffi_error_size(signature));
        return;
    }
    ret->gpr[0] = *LFFI_HIDDEN_RESULT(in); /* x86-64 wants the address back */
    memory = (void *)(uintptr_t)ret->gpr[0];
    if (error != NULL)
        memcpy(memory, error, (size_t)signature->result_size);
    else
        memset(memory, 0, (size_t)signature->result_size);
}
