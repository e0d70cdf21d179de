/* C calls a slot's code: who is calling, and what becomes of it (callback.h has the table).
 *
 * Depends on libffi for closures, on call.h, guest.c and later.c; it touches no Lua state but hands
 * over to enter.c once the calling thread has the universe and it is certain that the callback
 * lives. Any thread comes here, also in a signal handler or after lua_close; all but signals may
 * wait for the universe.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "callback/signature.h"
#include "callback/slot.h"

/* ---- answering without Lua ------------------------------------------------------------------- */

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

static void note_failure(struct lffi_slot *slot, struct lffi_gate *gate)
{
    atomic_fetch_add(&slot->failed, 1);
    lffi_queue_event(slot, gate);
}

/* ---- coming in and going out ----------------------------------------------------------------- */

/* How a thread has come to have the universe. */
enum entrance { REFUSED, INSIDE, SEATED, HELD };

/* One coming in. */
struct visit {
    struct lffi_gate *gate;
    struct lffi_call *call;   /* the thread's innermost of the state, or NULL */
    struct lffi_guest *guest; /* NULL: the resident */
    enum entrance by;
};

static bool is_guest_call(const struct lffi_call *call)
{
    return call->error_index == LFFI_OF_GUEST || (call->error_index != 0 && call->of_guest);
}

/* The thread is the resident: between its calls, or in one. */
static bool is_resident(const struct lffi_gate *gate, const struct lffi_call *call)
{
    return call != NULL ? !is_guest_call(call)
                        : atomic_load(&gate->universe.door.seat) == lffi_me();
}

static void come_in_as_resident(struct visit *visit)
{
    struct lffi_universe *universe = &visit->gate->universe;
    visit->by = INSIDE;
    if (atomic_load(&universe->door.seat) == lffi_me())
        return;
    visit->by = SEATED;
    if (lffi_sit_down(&universe->door, lffi_me()) && !lffi_sat_down(universe, lffi_me()))
        visit->by = REFUSED;
}

static void come_in_as_guest(struct visit *visit)
{
    struct lffi_universe *universe = &visit->gate->universe;
    visit->by = INSIDE;
    if (lffi_is_holding(universe, lffi_me()))
        return;
    visit->by = lffi_hold(universe, lffi_me(), LFFI_FOREVER) ? HELD : REFUSED;
}

/* Lets go again. What waits for the resident is run before: C may never return to Lua. */
static void go_out(const struct visit *visit, struct lffi_state *st)
{
    struct lffi_universe *universe = &visit->gate->universe;
    if (visit->by == SEATED) {
        if ((atomic_load(&universe->door.attention) & LFFI_EVENTS) && visit->call != NULL &&
            lua_checkstack(visit->call->L, LUA_MINSTACK))
            lffi_serve(visit->call->L, st);
        if (lffi_stand_up(&universe->door))
            lffi_stood_up(universe);
    } else if (visit->by == HELD) {
        lffi_swap_turn(st, visit->guest);
        lffi_give_back(universe, true);
    }
}

/* ---- the long way ---------------------------------------------------------------------------- */

/* The visitor has the universe. A slot that is visited is not taken by others, but it may have been
 * freed, or its state closed, while the thread was waiting. */
static bool run_visitor(struct lffi_slot *slot, struct visit *visit, int *error_number,
                        const struct lffi_registers *in, const unsigned char *stack,
                        struct lffi_return *ret)
{
    struct lffi_call *call = visit->call;
    struct lffi_call base;
    int top = 0;
    if (visit->guest != NULL && call == NULL) {
        if (!lffi_has_coroutine(slot->use.st, visit->guest)) {
            note_failure(slot, visit->gate);
            return false;
        }
        base = visit->guest->base;
        call = &base;
        top = lua_gettop(base.L);
    }
    slot->use.runs++;
    *error_number = lffi_enter_lua(slot, call, *error_number, in, stack, ret);
    slot->use.ended++;
    if (call == &base)
        lua_settop(base.L, top);
    return true;
}

static bool enter(struct lffi_slot *slot, struct visit *visit, int *error_number,
                  const struct lffi_registers *in, const unsigned char *stack,
                  struct lffi_return *ret)
{
    bool ran = false;
    struct lffi_state *st = slot->use.st;
    if (atomic_load(&slot->gate) != visit->gate) { /* closed; the gate may be another state's */
        if (visit->by == HELD)
            lffi_give_back(&visit->gate->universe, false);
        return false;
    }
    if (visit->guest != NULL) {
        visit->guest->depth++;
        if (visit->by == HELD)
            lffi_swap_turn(st, visit->guest);
    }
    if (lffi_is_live(slot, visit->gate))
        ran = run_visitor(slot, visit, error_number, in, stack, ret);
    else if (visit->guest == NULL)
        lffi_enter_freed(slot, visit->call);
    else
        note_stranger(slot, visit->gate);
    if (visit->guest != NULL)
        visit->guest->depth--;
    go_out(visit, st);
    return ran;
}

/* Waits for the universe and runs the callback, or reports the call of a tombstone. True: it ran. A
 * thread cannot be cancelled meanwhile: Lua's frames, and its lock, would stay behind. */
static bool wait_and_enter(struct lffi_slot *slot, struct lffi_gate *gate, struct lffi_call *call,
                           int *error_number, const struct lffi_registers *in,
                           const unsigned char *stack, struct lffi_return *ret)
{
    struct visit visit = {.gate = gate, .call = call};
    bool ran = false;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (is_resident(gate, call)) {
        come_in_as_resident(&visit);
    } else {
        visit.guest = lffi_guest_of(gate);
        if (visit.guest != NULL)
            come_in_as_guest(&visit);
        else
            note_failure(slot, gate);
    }
    if (visit.by != REFUSED)
        ran = enter(slot, &visit, error_number, in, stack, ret);
    pthread_setcancelstate(state, &state);
    return ran;
}

/* A live callback that is not a signal's. */
static bool visit_live(struct lffi_slot *slot, struct lffi_gate *gate, struct lffi_call *call,
                       int *error_number, const struct lffi_registers *in,
                       const unsigned char *stack, struct lffi_return *ret)
{
    if (slot->use.mode == LFFI_VALUE)
        return false;
    if (slot->use.mode != LFFI_RUN && atomic_load(&slot->owner) != lffi_me()) {
        lffi_call_later(slot, gate, error_number, in, stack, ret);
        return false;
    }
    return wait_and_enter(slot, gate, call, error_number, in, stack, ret);
}

/* Any call that the owner of a live callback does not simply run. True: it ran here. */
static bool visit(struct lffi_slot *slot, int *error_number, const struct lffi_registers *in,
                  const unsigned char *stack, struct lffi_return *ret)
{
    int status = atomic_load(&slot->status);
    struct lffi_gate *gate = atomic_load(&slot->gate);
    const struct lffi_signature *signature = atomic_load(&slot->signature);
    struct lffi_call *call = gate != NULL ? lffi_innermost_of(gate) : NULL;
    lffi_give_error_value(signature, status == LFFI_SLOT_IDLE ? NULL : slot->use.error, in, ret);
    if (status == LFFI_SLOT_IDLE)
        return false;
    if (status == LFFI_SLOT_CLOSED || gate == NULL)
        report_closed(slot, signature);
    else if (status == LFFI_SLOT_LIVE && slot->signal == NULL)
        return visit_live(slot, gate, call, error_number, in, stack, ret);
    else if (status == LFFI_SLOT_LIVE)
        note_signal(slot, gate, is_resident(gate, call), in);
    else if (slot->signal != NULL || !is_resident(gate, call))
        note_stranger(slot, gate);
    else
        wait_and_enter(slot, gate, call, error_number, in, stack, ret);
    return false;
}

void lffi_answer_visitor(struct lffi_slot *slot, int error_number, const struct lffi_registers *in,
                         const unsigned char *stack, struct lffi_return *ret)
{
    atomic_fetch_add(&slot->visitors, 1);
    if (!visit(slot, &error_number, in, stack, ret))
        atomic_fetch_add_explicit(&slot->visits, 1, memory_order_relaxed);
    atomic_fetch_sub(&slot->visitors, 1);
    errno = error_number;
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

/* The stack block again, from words that libffi has copied somewhere each. */
static const unsigned char *join_words(unsigned char *to, uint32_t size, void *const *values)
{
    for (uint32_t i = 0; i < size / 8; i++)
        memcpy(to + 8 * i, values[i], 8);
    return to;
}

void lffi_answer_closure(ffi_cif *cif, void *result, void **values, void *user)
{
    struct lffi_slot *slot = user;
    const struct lffi_signature *signature = slot->signature; /* the slot may change meanwhile */
    struct lffi_registers in;
    struct lffi_return ret;
    const unsigned char *stack = NULL;
    (void)cif;
    for (unsigned i = 0; i < signature->gprs; i++)
        memcpy(&in.gpr[i], values[i], sizeof in.gpr[i]);
    for (unsigned i = 0; i < signature->fprs; i++)
        memcpy(&in.fpr[i], values[signature->gprs + i],
               fpr_bytes(signature, values + signature->gprs));
    if (signature->stack_size > 0)
        stack = values[LFFI_GPRS + LFFI_FPRS];
    if (signature->stack_size > 0 && LFFI_STACK_BY_WORDS) /* as much as the caller has there */
        stack = join_words(__builtin_alloca(signature->stack_size), signature->stack_size,
                           values + LFFI_GPRS + LFFI_FPRS);
    in.hidden = (uintptr_t)result;
    lffi_answer_call(slot, &in, stack, &ret);
    lffi_return_to_libffi(signature->kind, &ret, result);
}

#endif
