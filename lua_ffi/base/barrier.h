/* A memory barrier in all other threads of the process, so that they need none of their own. */
#ifndef LFFI_BARRIER_H
#define LFFI_BARRIER_H

#include <stdbool.h>

/* Asks the system for it; false: it has none, or does not allow it. */
bool lffi_open_barrier(void);
/* When this returns true, each other thread has executed a full barrier since it was called. */
bool lffi_barrier(void);

#ifdef CFFI_DELAYS /* a build for tests: now and then some time passes at each step that races */
void lffi_delay(void);
#define LFFI_DELAY() lffi_delay()
#else
#define LFFI_DELAY() ((void)0)
#endif

#endif
