/* A library that does things when it is loaded and when it is unloaded, for linker_spec: what the
 * environment says. LINKED_CALL and LINKED_CLOSE are addresses of a function that a new thread
 * calls, which is joined, or with LINKED_HERE the loading thread after some time. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

typedef int linked_fn(int);

int linked_answer;

static linked_fn *function_in(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? (linked_fn *)strtoull(text, NULL, 10) : NULL;
}

static void *call(void *f)
{
    linked_answer = ((linked_fn *)f)(1);
    return NULL;
}

static void act(linked_fn *f)
{
    struct timespec pause = {.tv_nsec = 60000000};
    pthread_t thread;
    if (f == NULL)
        return;
    if (getenv("LINKED_HERE") != NULL) {
        nanosleep(&pause, NULL);
        call((void *)f);
        return;
    }
    pthread_create(&thread, NULL, call, (void *)f);
    pthread_join(thread, NULL);
}

__attribute__((constructor)) static void begin(void)
{
    act(function_in("LINKED_CALL"));
}

__attribute__((destructor)) static void end(void)
{
    act(function_in("LINKED_CLOSE"));
}

/* Calls back from inside. */
int linked_call(linked_fn *f, int x)
{
    return f(x);
}

int linked_pause(int milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&pause, NULL);
    return milliseconds;
}
