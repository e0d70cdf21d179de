/* Finding the file of a library: names to try, and what a linker script stands for. */
#ifndef LFFI_LIBPATH_H
#define LFFI_LIBPATH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __APPLE__
#define LFFI_LIB_SUFFIX ".dylib"
#else
#define LFFI_LIB_SUFFIX ".so"
#endif

/* The versioned file names found for one library, best first: highest version, then shortest name
 * ("libz.so.1" before "libz.so.1.2.13", which is the same file). Lesser ones fall out at the end.
 */
enum { LFFI_SONAMES = 6, LFFI_SONAME_SIZE = 256 };
struct lffi_sonames {
    unsigned count;
    char name[LFFI_SONAMES][LFFI_SONAME_SIZE];
};

/* Adds the files of directory `path` that are versions of `stem` ("libz.so"): "libz.so.1". */
void lffi_sonames_in_directory(struct lffi_sonames *found, const char *path, const char *stem);
/* Adds a file name if it is a version of `stem`, in its place; the last falls out when there is no
 * room. */
void lffi_add_soname(struct lffi_sonames *found, const char *name, const char *stem);

/* The first shared library that the GNU linker script at `path` names: a path, a file name or
 * "-lname". False when the file is no such script or names none that fits. */
bool lffi_linker_script(const char *path, char *entry, size_t size);

/* ---- system_linux.c, system_freebsd.c or system_darwin.c, as the Makefile chooses ------------ */

/* The directories the system's linker looks in without being told, most specific first. Ends in
 * NULL. */
extern const char *const lffi_library_directories[];
/* system_*.c: adds the versions of `stem` that the dynamic linker itself has a list of. */
void lffi_sonames_in_cache(struct lffi_sonames *found, const char *stem);

#endif
