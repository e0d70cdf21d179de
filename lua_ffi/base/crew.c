/* Threads that run jobs.
 *
 * Depends on nothing. A crew is process memory; its threads are detached, take no signals, and hold
 * the crew as long as they live, as its maker does until lffi_end_crew. A forked child has none of
 * them: there the crew is left alone and another one made (face/tasks.c).
 */
#include "base/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct lffi_crew {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct lffi_job *first, **last;
    unsigned size, threads, idle, lent;
    bool ended;
};

struct lffi_crew *lffi_make_crew(unsigned size)
{
    struct lffi_crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL)
        return NULL;
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->work, NULL);
    crew->last = &crew->first;
    crew->size = size;
    return crew;
}

/* With the mutex, which is given back. */
static void free_if_last(struct lffi_crew *crew)
{
    bool last = crew->ended && crew->threads == 0;
    pthread_mutex_unlock(&crew->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&crew->mutex);
    pthread_cond_destroy(&crew->work);
    free(crew);
}

static struct lffi_job *next_job(struct lffi_crew *crew)
{
    struct lffi_job *job = crew->first;
    if (job == NULL)
        return NULL;
    crew->first = job->next;
    if (crew->first == NULL)
        crew->last = &crew->first;
    return job;
}

static unsigned count_jobs(const struct lffi_crew *crew)
{
    unsigned n = 0;
    for (const struct lffi_job *job = crew->first; job != NULL && n <= crew->idle; job = job->next)
        n++;
    return n;
}

static bool add_thread(struct lffi_crew *crew);

/* Adds the threads that the jobs need and the crew may have. */
static void add_threads(struct lffi_crew *crew)
{
    unsigned spare = crew->idle;
    for (const struct lffi_job *job = crew->first;
         job != NULL && crew->threads - crew->lent < crew->size; job = job->next)
        if (spare > 0)
            spare--;
        else if (!add_thread(crew))
            break;
}

/* A job that runs. */
struct run {
    struct lffi_crew *crew;
    struct lffi_job *job;
};

/* The thread ends within it. */
static void lose(void *user)
{
    const struct run *run = user;
    struct lffi_crew *crew = run->crew;
    run->job->lose(run->job);
    pthread_mutex_lock(&crew->mutex);
    crew->threads--;
    add_threads(crew);
    free_if_last(crew);
}

/* C may end the thread by pthread_exit, and have it cancelled, in here alone. */
static void run_job(struct lffi_crew *crew, struct lffi_job *job)
{
    struct run run = {crew, job};
    pthread_cleanup_push(lose, &run);
    job->run(job);
    pthread_cleanup_pop(0);
}

/* More threads than the crew should have end, as all do when it has ended. */
static void *run_jobs(void *user)
{
    struct lffi_crew *crew = user;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_mutex_lock(&crew->mutex);
    while (crew->threads - crew->lent <= crew->size) {
        struct lffi_job *job = next_job(crew);
        if (job == NULL && crew->ended)
            break;
        if (job == NULL) {
            crew->idle++;
            pthread_cond_wait(&crew->work, &crew->mutex);
            crew->idle--;
            continue;
        }
        pthread_mutex_unlock(&crew->mutex);
        run_job(crew, job);
        pthread_mutex_lock(&crew->mutex);
    }
    crew->threads--;
    free_if_last(crew);
    return NULL;
}

static bool add_thread(struct lffi_crew *crew)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    bool made;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    made = pthread_create(&thread, &attr, run_jobs, crew) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    crew->threads += made;
    return made;
}

bool lffi_submit(struct lffi_crew *crew, struct lffi_job *job)
{
    bool taken;
    pthread_mutex_lock(&crew->mutex);
    if (count_jobs(crew) >= crew->idle && crew->threads - crew->lent < crew->size)
        add_thread(crew);
    taken = crew->threads > crew->lent; /* those wait, perhaps for this one */
    if (taken) {
        job->next = NULL;
        *crew->last = job;
        crew->last = &job->next;
        pthread_cond_signal(&crew->work);
    }
    pthread_mutex_unlock(&crew->mutex);
    return taken;
}

bool lffi_withdraw(struct lffi_crew *crew, struct lffi_job *job)
{
    struct lffi_job **link;
    bool found;
    pthread_mutex_lock(&crew->mutex);
    link = &crew->first;
    while (*link != NULL && *link != job)
        link = &(*link)->next;
    found = *link != NULL;
    if (found) {
        *link = job->next;
        if (job->next == NULL)
            crew->last = link;
    }
    pthread_mutex_unlock(&crew->mutex);
    return found;
}

void lffi_resize_crew(struct lffi_crew *crew, unsigned size)
{
    pthread_mutex_lock(&crew->mutex);
    crew->size = size;
    add_threads(crew);
    pthread_cond_broadcast(&crew->work); /* those that are too many end */
    pthread_mutex_unlock(&crew->mutex);
}

bool lffi_lend_thread(struct lffi_crew *crew)
{
    bool others;
    pthread_mutex_lock(&crew->mutex);
    crew->lent++;
    add_threads(crew);
    others = crew->first == NULL || crew->threads > crew->lent;
    if (!others)
        crew->lent--;
    pthread_mutex_unlock(&crew->mutex);
    return others;
}

void lffi_return_thread(struct lffi_crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    crew->lent--;
    if (crew->threads - crew->lent > crew->size)
        pthread_cond_broadcast(&crew->work); /* those that are too many end */
    pthread_mutex_unlock(&crew->mutex);
}

void lffi_end_crew(struct lffi_crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    crew->ended = true;
    pthread_cond_broadcast(&crew->work);
    free_if_last(crew);
}
