/* C calls a slot's code: who is calling, and what becomes of it (callback.h has the table).
 *
 * Depends on libffi for closures and on call.h; it touches no Lua state but hands over to enter.c
 * once it is certain that the calling thread owns the state and that the callback lives. Any thread
 * comes here, also in a signal handler or after lua_close, and nothing here waits for another.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "callback/signature.h"
#include "callback/slot.h"

/* ---- answering without Lua ------------------------------------------------------------------- */

/* Puts the error value, zero unless given, where C will look for the result. */
static void give_error_value(const struct lffi_signature *signature, const unsigned char *error,
                             const struct lffi_registers *in, struct lffi_return *ret)
{
    void *memory;
    memset(ret, 0, sizeof *ret);
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

void lffi_give_error_value(const struct lffi_slot *slot, const struct lffi_registers *in,
                           struct lffi_return *ret)
{
    give_error_value(slot->signature, slot->use.error, in, ret);
}

/* The Lua state is gone: all that is left to tell, once, is stderr. Perhaps in a signal handler. */
static void report_closed(struct lffi_slot *slot, const struct lffi_signature *signature)
{
    const char *const texts[] = {"cffi: callback '", signature->text, "' (created at ",
                                 slot->use.place->text,
                                 ") was called by C after its Lua state was closed\n"};
    if (atomic_exchange(&slot->told, true))
        return;
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (write(STDERR_FILENO, texts[i], strlen(texts[i])) < 0)
            return; /* which nobody can be told */
    }
}

/* In a signal handler: only atomics, and the hook as the stand-alone interpreter sets it, when
 * it is the owner that the signal has interrupted. Elsewhere the hook would race with Lua. */
static void note_signal(struct lffi_slot *slot, struct lffi_gate *gate, bool ours,
                        const struct lffi_registers *in)
{
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        atomic_store_explicit(&slot->signal->gpr[i], in->gpr[i], memory_order_relaxed);
    atomic_fetch_add(&slot->signal->pending, 1);
    lffi_queue_event(slot, gate);
    if (!ours)
        return;
    lffi_arm_hook(slot->use.st, slot->use.st->main);
    if (lffi_innermost != NULL && lffi_innermost->callee->st == slot->use.st)
        lffi_arm_hook(slot->use.st, lffi_innermost->L);
}

static void note_stranger(struct lffi_slot *slot, struct lffi_gate *gate)
{
    atomic_fetch_add(&slot->strangers, 1);
    lffi_queue_event(slot, gate);
}

/* The innermost call of the gate's state on this thread, NULL when there is none. */
static struct lffi_call *innermost_of(const struct lffi_gate *gate)
{
    struct lffi_call *call = lffi_innermost;
    while (call != NULL && call->callee->st->gate != gate)
        call = call->outer;
    return call;
}

/* True when this thread owns the state of the gate, whose innermost call is `call`. */
static bool is_owner(const struct lffi_gate *gate, const struct lffi_call *call)
{
    return call != NULL || atomic_load(&gate->owner) == (const void *)&lffi_innermost;
}

/* A call that must not enter Lua: by a foreign thread or a signal, of a tombstone, at any time. */
static LFFI_NOINLINE void visit(struct lffi_slot *slot, const struct lffi_registers *in,
                                struct lffi_return *ret)
{
    int status = atomic_load(&slot->status);
    struct lffi_gate *gate = atomic_load(&slot->gate);
    const struct lffi_signature *signature = atomic_load(&slot->signature);
    struct lffi_call *call = gate != NULL ? innermost_of(gate) : NULL;
    bool ours = gate != NULL && is_owner(gate, call);
    give_error_value(signature, status == LFFI_SLOT_IDLE ? NULL : slot->use.error, in, ret);
    if (status == LFFI_SLOT_IDLE)
        return;
    if (status == LFFI_SLOT_CLOSED || gate == NULL)
        report_closed(slot, signature);
    else if (status == LFFI_SLOT_LIVE && slot->signal != NULL)
        note_signal(slot, gate, ours, in);
    else if (status == LFFI_SLOT_LIVE || slot->signal != NULL || !ours)
        note_stranger(slot, gate);
    else
        lffi_enter_freed(slot, call);
}

void lffi_answer_call(struct lffi_slot *slot, const struct lffi_registers *in,
                      const unsigned char *stack, struct lffi_return *ret)
{
    int entry_errno = *lffi_errno();
    int status = atomic_load(&slot->status);
    struct lffi_gate *gate = atomic_load(&slot->gate);
    struct lffi_call *call = gate != NULL ? innermost_of(gate) : NULL;
    if (status == LFFI_SLOT_LIVE && slot->signal == NULL && gate != NULL && is_owner(gate, call)) {
        slot->use.runs++;
        *lffi_errno() = lffi_enter_lua(slot, call, entry_errno, in, stack, ret);
        return;
    }
    atomic_fetch_add_explicit(&slot->visits, 1, memory_order_relaxed);
    atomic_fetch_add(&slot->visitors, 1);
    visit(slot, in, ret);
    atomic_fetch_sub(&slot->visitors, 1);
    errno = entry_errno;
}

/* ---- libffi's closures ----------------------------------------------------------------------- */

#ifdef LFFI_ABI_LIBFFI

void lffi_answer_closure(ffi_cif *cif, void *result, void **values, void *user)
{
    struct lffi_slot *slot = user;
    const struct lffi_signature *signature = slot->signature; /* the slot may change meanwhile */
    struct lffi_registers in;
    struct lffi_return ret;
    (void)cif;
    lffi_closure_arguments(signature->prepared, values, &in);
    in.hidden = (uintptr_t)result;
    lffi_answer_call(slot, &in, (const unsigned char *)(void *)values, &ret);
    lffi_closure_result(lffi_prepared_cif(signature->prepared)->rtype, &ret, result);
}

#else

/* Bytes of each floating register to copy. On x86-64 libffi promises 64 bits; it saves all 128 in
 * an array and points into that, which the distance of the pointers shows. */
static size_t fpr_bytes(const struct lffi_signature *signature, void *const *fprs)
{
    if (!signature->wide || LFFI_LIBFFI_FPR == sizeof(union lffi_fpr))
        return LFFI_LIBFFI_FPR;
    for (unsigned i = 1; i < LFFI_FPRS; i++)
        if ((char *)fprs[i] - (char *)fprs[i - 1] != sizeof(union lffi_fpr)) {
            fprintf(stderr, "cffi: this libffi loses half of a 128-bit argument of callback '%s'\n",
                    signature->text);
            return LFFI_LIBFFI_FPR;
        }
    return sizeof(union lffi_fpr);
}

void lffi_answer_closure(ffi_cif *cif, void *result, void **values, void *user)
{
    struct lffi_slot *slot = user;
    const struct lffi_signature *signature = slot->signature; /* the slot may change meanwhile */
    struct lffi_registers in;
    struct lffi_return ret;
    const unsigned char *stack = NULL;
    (void)cif;
    for (unsigned i = 0; i < LFFI_GPRS; i++)
        memcpy(&in.gpr[i], values[i], sizeof in.gpr[i]);
    for (unsigned i = 0; i < LFFI_FPRS; i++)
        memcpy(&in.fpr[i], values[LFFI_GPRS + i], fpr_bytes(signature, values + LFFI_GPRS));
    if (signature->stack_size > 0)
        stack = values[LFFI_GPRS + LFFI_FPRS];
    in.hidden = (uintptr_t)result;
    lffi_answer_call(slot, &in, stack, &ret);
    lffi_return_to_libffi(signature->kind, &ret, result);
}

#endif
