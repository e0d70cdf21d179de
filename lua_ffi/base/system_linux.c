/* What Linux's dynamic linkers know: their directories, and glibc's cache of what is in others.
 *
 * Depends on libc only; owns nothing. Symbols of loaded files are elfsym.c's.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/libpath.h"

#if defined __x86_64__
#define MULTIARCH "x86_64-linux-gnu"
#elif defined __aarch64__
#define MULTIARCH "aarch64-linux-gnu"
#elif defined __riscv
#define MULTIARCH "riscv64-linux-gnu"
#elif defined __i386__
#define MULTIARCH "i386-linux-gnu"
#elif defined __ARM_PCS_VFP
#define MULTIARCH "arm-linux-gnueabihf"
#elif defined __arm__
#define MULTIARCH "arm-linux-gnueabi"
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define MULTIARCH "powerpc64le-linux-gnu"
#elif defined __s390x__
#define MULTIARCH "s390x-linux-gnu"
#endif

const char *const lffi_library_directories[] = {"/usr/local/lib",
#ifdef MULTIARCH
                                                "/usr/local/lib/" MULTIARCH,
                                                "/lib/" MULTIARCH,
                                                "/usr/lib/" MULTIARCH,
#endif
                                                "/lib64",
                                                "/usr/lib64",
                                                "/lib",
                                                "/usr/lib",
                                                NULL};

#ifdef __GLIBC__

/* Every path in the cache is a zero-terminated string; its format beyond that, which has changed
 * over the years and differs between byte orders, does not matter here. */
static void scan_cache(struct lffi_sonames *found, const char *text, size_t size, const char *stem)
{
    const char *end = text + size;
    while (text < end) {
        const char *slash = memchr(text, '/', (size_t)(end - text));
        const char *stop;
        if (slash == NULL || (stop = memchr(slash, '\0', (size_t)(end - slash))) == NULL)
            return;
        lffi_add_soname(found, strrchr(slash, '/') + 1, stem);
        text = stop + 1;
    }
}

void lffi_sonames_in_cache(struct lffi_sonames *found, const char *stem)
{
    struct stat st;
    int fd = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        size_t size = (size_t)st.st_size;
        void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            scan_cache(found, map, size, stem);
            munmap(map, size);
        }
    }
    close(fd);
}

#else

/* A cache would be another C library's, and so would be what it names. */
void lffi_sonames_in_cache(struct lffi_sonames *found, const char *stem)
{
    (void)found;
    (void)stem;
}

#endif
