/* Threads that run jobs: of tasks and workers (docs/design.md S28). */
#ifndef LFFI_CREW_H
#define LFFI_CREW_H

#include <stdbool.h>
#include <stdint.h>

struct lffi_crew;

/* One job, part of something larger; who submits it keeps that until `run` has returned, or `lose`
 * when the thread has ended within it. */
struct lffi_job {
    struct lffi_job *next;
    void (*run)(struct lffi_job *job);
    void (*lose)(struct lffi_job *job);
};

/* A crew that has so many threads at most, each made when it is needed; NULL: no memory. */
struct lffi_crew *lffi_make_crew(unsigned size);
void lffi_resize_crew(struct lffi_crew *crew, unsigned size);
/* False: no thread can be made, and there is none. */
bool lffi_submit(struct lffi_crew *crew, struct lffi_job *job);
/* Takes back a job; false: it has begun. */
bool lffi_withdraw(struct lffi_crew *crew, struct lffi_job *job);
/* A thread of the crew waits for other jobs: it does not count until lffi_return_thread. False: no
 * other is left, and none can be made; it counts. */
bool lffi_lend_thread(struct lffi_crew *crew);
void lffi_return_thread(struct lffi_crew *crew);
/* The crew takes no more jobs, its threads end after those it has, and the last one frees it. */
void lffi_end_crew(struct lffi_crew *crew);

#endif
