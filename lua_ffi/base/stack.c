/* How much of the C stack is left: recursion through callbacks ends before the stack does, however
 * large the frames of the C code in between are.
 *
 * Depends on nothing. The thread owns what is measured. Where the system cannot be asked, Lua's own
 * count of C calls is all there is.
 */
#include <pthread.h>

#include "base/stack.h"

/* What one more callback may need, with the C code that it calls and an error's traceback; less of
 * a small stack. */
enum { RESERVE = 32 * 1024, SHARE = 4 };

/* Of the main thread this reads /proc/self/maps, hence once and not for each callback. */
static bool ask(struct lffi_stack *stack)
{
#ifdef __linux__
    pthread_attr_t attr;
    void *end;
    size_t size;
    bool known;
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return false;
    known = pthread_attr_getstack(&attr, &end, &size) == 0 && size > 0;
    pthread_attr_destroy(&attr);
    if (!known)
        return false;
    stack->end = (uintptr_t)end;
    stack->top = stack->end + size;
    stack->low = stack->end + (size / SHARE < RESERVE ? size / SHARE : RESERVE);
    return true;
#else
    (void)stack;
    return false;
#endif
}

bool lffi_measure_stack(struct lffi_stack *stack, uintptr_t here)
{
    static const struct lffi_stack unknown = {0, 0, UINTPTR_MAX};
    if (stack->top != 0 && (here < stack->end || here >= stack->top))
        return false;
    /* also when it seems full: its limit may have been raised */
    if (!ask(stack))
        *stack = unknown;
    return here >= stack->end && here < stack->low;
}
