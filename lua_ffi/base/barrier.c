/* Barriers in other threads: the system call membarrier of Linux 4.14, which makes every processor
 * that runs a thread of this process execute one.
 *
 * Depends on nothing and keeps nothing: the system knows which process has asked.
 */
#include "base/barrier.h"

#include <errno.h>

#ifdef CFFI_DELAYS
#include <sched.h>
#include <stdint.h>
#include <time.h>
#endif

#ifdef __linux__

#include <sys/syscall.h>
#include <unistd.h>

enum { BARRIER = 1 << 3, REGISTER = 1 << 4 }; /* MEMBARRIER_CMD_*PRIVATE_EXPEDITED */

static bool command(int what)
{
    int before = errno;
    bool done = syscall(SYS_membarrier, what, 0, 0) == 0;
    errno = before;
    return done;
}

bool lffi_open_barrier(void)
{
    return command(REGISTER);
}

bool lffi_barrier(void)
{
    return command(BARRIER) || (command(REGISTER) && command(BARRIER));
}

#else

bool lffi_open_barrier(void)
{
    return false;
}

bool lffi_barrier(void)
{
    return false;
}

#endif

#ifdef CFFI_DELAYS

/* Mostly nothing, else the processor is given away or some time is slept. */
void lffi_delay(void)
{
    static _Thread_local uint32_t seed;
    int before = errno;
    struct timespec pause = {.tv_nsec = 20000};
    if (seed == 0)
        seed = (uint32_t)(uintptr_t)&seed | 1;
    seed = seed * 1664525 + 1013904223;
    if ((seed >> 24) < 8)
        nanosleep(&pause, NULL);
    else if ((seed >> 24) < 32)
        sched_yield();
    errno = before;
}

#endif
