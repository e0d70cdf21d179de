/* What FreeBSD's dynamic linker knows: its directories, and the hints file that names further ones.
 * Written from ld-elf.so.1(8), ldconfig(8) and <elf-hints.h>; never compiled on the system itself.
 *
 * Depends on libc only; owns nothing. Symbols of loaded files are elfsym.c's.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/libpath.h"

const char *const lffi_library_directories[] = {"/usr/local/lib", "/lib", "/usr/lib", NULL};

/* The head of the hints file: a list of directories, with colons between, lies `dirs` bytes into
 * its table of strings. */
struct hints {
    uint32_t magic, version, strings, strings_size, dirs, dirs_size;
};

enum { HINTS_MAGIC = 0x746e6845, HINTS_DIRS = 4096 };

static bool read_directories(FILE *file, char *list, size_t size)
{
    struct hints head;
    size_t count;
    if (fread(&head, sizeof head, 1, file) != 1 || head.magic != HINTS_MAGIC ||
        head.dirs_size >= size || fseek(file, (long)head.strings + (long)head.dirs, SEEK_SET) != 0)
        return false;
    count = fread(list, 1, head.dirs_size, file);
    list[count] = '\0';
    return true;
}

void lffi_sonames_in_cache(struct lffi_sonames *found, const char *stem)
{
    char list[HINTS_DIRS];
    char *rest;
    FILE *file = fopen("/var/run/ld-elf.so.hints", "re");
    bool there = file != NULL && read_directories(file, list, sizeof list);
    if (file != NULL)
        fclose(file);
    if (!there)
        return;
    for (char *path = strtok_r(list, ":", &rest); path != NULL; path = strtok_r(NULL, ":", &rest))
        lffi_sonames_in_directory(found, path, stem);
}
