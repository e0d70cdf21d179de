/* A system without membarrier, for a process that loads this first: the module falls back to fences
 * of its own (base/universe.h). NOBARRIER_AFTER calls of it work before, as when a sandbox begins
 * later. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_left(void)
{
    static int used;
    const char *after = getenv("NOBARRIER_AFTER");
    return after != NULL && used++ < atoi(after);
}

long syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
#if defined __x86_64__
    if (number != SYS_membarrier || is_left()) {
        long result;
        register long r10 __asm__("r10") = a[3];
        register long r8 __asm__("r8") = a[4];
        register long r9 __asm__("r9") = a[5];
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        if (result >= 0 || result < -4095)
            return result;
        errno = (int)-result;
        return -1;
    }
#endif
    errno = ENOSYS;
    return -1;
}
