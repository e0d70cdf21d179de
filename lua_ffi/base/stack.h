/* How much of the C stack is left. */
#ifndef LFFI_STACK_H
#define LFFI_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* The C stack of a thread, which grows from `top` down to `end`; below `low` it is nearly full. All
 * 0: not measured yet, or cannot be. */
struct lffi_stack {
    uintptr_t end, low, top;
};

/* The rare part of lffi_is_stack_low. */
bool lffi_measure_stack(struct lffi_stack *stack, uintptr_t here);

/* True when there is little left below the caller's frame. `stack`: of this thread. A stack that is
 * not the thread's own, as libraries of coroutines have them, is never taken for full. */
static inline bool lffi_is_stack_low(struct lffi_stack *stack)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return (here < stack->low || here >= stack->top) && lffi_measure_stack(stack, here);
}

#endif
