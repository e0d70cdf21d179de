/* What a call brings back: the object that a result needs before C runs, and the Lua value of it.
 *
 * Depends on pieces.c for records. The object is the caller's, on its stack.
 */
#include <string.h>

#include "call/outgoing.h"

static bool needs_object(const struct lffi_plan *plan)
{
    return plan->result_kind == LFFI_RETURN_MEMORY || lffi_travels_as_object(plan->result.op);
}

/* A result that is put together from its pieces. Its object is on the stack top, if it has one. */
static LFFI_NOINLINE void push_pieces(lua_State *L, const struct lffi_plan *plan,
                                      const struct lffi_incoming *in)
{
    _Alignas(16) unsigned char scratch[16 * LFFI_MAX_PIECES];
    if (plan->result_kind != LFFI_RETURN_MEMORY)
        lffi_gather(plan->pieces, &plan->result, (const unsigned char *)&in->ret,
                    in->object != NULL ? in->object->addr : scratch);
    if (in->object == NULL)
        lffi_load(L, plan->result.ct, scratch, 0);
}

int lffi_push_result(lua_State *L, const struct lffi_plan *plan, const struct lffi_incoming *in)
{
    const unsigned char *ret = (const unsigned char *)&in->ret;
    if (plan->result.op == LFFI_VOID)
        return 0;
    if (!lffi_push_plain(L, plan->result.op, ret + plan->result.to))
        push_pieces(L, plan, in);
    return 1;
}

void lffi_prepare_result(lua_State *L, const struct outgoing *call, struct lffi_incoming *in)
{
    const struct lffi_plan *plan = call->plan;
    in->object = NULL;
    if (!needs_object(plan))
        return;
    in->object = lffi_new(L, plan->result.ct->base, cdecl_sizeof(plan->result.ct->type));
    if (plan->result_kind == LFFI_RETURN_MEMORY) {
        struct lffi_registers *regs = (struct lffi_registers *)(void *)call->frame;
        uint64_t *hidden = LFFI_HIDDEN_RESULT(regs);
        *hidden = (uintptr_t)in->object->addr;
    }
}
