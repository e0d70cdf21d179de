/* A thread that loads and unloads a library all the time, for loading_spec, and a library
 * that it can be: 4,096 exported functions, so that whoever reads their names is likely to be at it
 * when they go.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define ONE(n)                     \
    int loading_function_##n(void) \
    {                              \
        return 0;                  \
    }
#define FOUR(n) ONE(n##a) ONE(n##b) ONE(n##c) ONE(n##d)
#define SIXTEEN(n) FOUR(n##a) FOUR(n##b) FOUR(n##c) FOUR(n##d)
#define SIXTY_FOUR(n) SIXTEEN(n##a) SIXTEEN(n##b) SIXTEEN(n##c) SIXTEEN(n##d)
#define QUARTER_THOUSAND(n) SIXTY_FOUR(n##a) SIXTY_FOUR(n##b) SIXTY_FOUR(n##c) SIXTY_FOUR(n##d)
#define THOUSAND(n) \
    QUARTER_THOUSAND(n##a) QUARTER_THOUSAND(n##b) QUARTER_THOUSAND(n##c) QUARTER_THOUSAND(n##d)

THOUSAND(a)
THOUSAND(b)
THOUSAND(c)
THOUSAND(d)

static pthread_t thread;
static atomic_bool stop;
static const char *file;
static long rounds; /* -1: the file cannot be loaded; read after the thread has ended */

static void *load_and_unload(void *unused)
{
    for (rounds = 0; !atomic_load(&stop); rounds++) {
        void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL) {
            rounds = -1;
            break;
        }
        dlclose(handle);
    }
    return unused;
}

/* Starts the thread; 0 when it runs. The path must stay valid until loading_stop. */
int loading_start(const char *path)
{
    file = path;
    atomic_store(&stop, false);
    return pthread_create(&thread, NULL, load_and_unload, NULL);
}

/* Ends the thread. How often it loaded the file, or -1 when it could not. */
long loading_stop(void)
{
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    return rounds;
}
