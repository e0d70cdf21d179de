/* Memory of the C library that is refused on demand: preloaded, for spec/callback/exhaustion_spec.
 * Lua's own goes through realloc and is not touched.
 */
#include <errno.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);

int scarce; /* set by the script */

void *malloc(size_t size)
{
    return scarce ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return scarce ? NULL : __libc_calloc(count, size);
}

/* What pthread_atfork is behind the scenes. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso);

int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *dso)
{
    (void)prepare, (void)parent, (void)child, (void)dso;
    return ENOMEM;
}
