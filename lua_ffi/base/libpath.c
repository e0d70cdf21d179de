/* Finding the file of a library: versioned names in directories, and GNU linker scripts.
 *
 * Depends on libc only; what the dynamic linker knows besides is system_*.c's. Nothing here raises
 * or allocates Lua memory, so that open directories and mapped files never outlive a call; results
 * go into the caller's buffers.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/libpath.h"

/* ---- versions -------------------------------------------------------------------------------- */

/* The version of a file name: "1.2.13" of "libz.so.1.2.13" when `stem` is "libz.so", or NULL. */
static const char *version_of(const char *name, const char *stem)
{
    size_t size = strlen(stem);
    const char *version = name + size + 1;
    if (strncmp(name, stem, size) != 0 || name[size] != '.' || !isdigit((unsigned char)*version))
        return NULL;
    return version[strspn(version, "0123456789.")] == '\0' ? version : NULL;
}

/* True when version `a` is to be tried before `b`: greater, or equal as far as it goes and shorter.
 */
static bool version_before(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        char *a_end;
        char *b_end;
        unsigned long x = strtoul(a, &a_end, 10);
        unsigned long y = strtoul(b, &b_end, 10);
        if (x != y)
            return x > y;
        a = *a_end == '.' ? a_end + 1 : a_end;
        b = *b_end == '.' ? b_end + 1 : b_end;
    }
    return *a == '\0' && *b != '\0';
}

void lffi_add_soname(struct lffi_sonames *found, const char *name, const char *stem)
{
    const char *version = version_of(name, stem);
    unsigned place = 0;
    if (version == NULL || strlen(name) >= LFFI_SONAME_SIZE)
        return;
    while (place < found->count && !version_before(version, version_of(found->name[place], stem))) {
        if (strcmp(found->name[place], name) == 0)
            return;
        place++;
    }
    if (place == LFFI_SONAMES)
        return;
    if (found->count < LFFI_SONAMES)
        found->count++;
    memmove(found->name[place + 1], found->name[place],
            (found->count - place - 1) * sizeof found->name[0]);
    memcpy(found->name[place], name, strlen(name) + 1);
}

void lffi_sonames_in_directory(struct lffi_sonames *found, const char *path, const char *stem)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL)
        lffi_add_soname(found, entry->d_name, stem);
    closedir(directory);
}

/* ---- linker scripts -------------------------------------------------------------------------- */

/* Blanks out comments, in place. */
static void strip_comments(char *text)
{
    char *start;
    while ((start = strstr(text, "/*")) != NULL) {
        char *end = strstr(start + 2, "*/");
        size_t size = end == NULL ? strlen(start) : (size_t)(end + 2 - start);
        memset(start, ' ', size);
        text = start + size;
    }
}

/* The text after the "(" of the command, or NULL. */
static const char *command_arguments(const char *text, const char *command)
{
    const char *found = strstr(text, command);
    if (found == NULL)
        return NULL;
    found += strlen(command);
    found += strspn(found, " \t\r\n");
    return *found == '(' ? found + 1 : NULL;
}

/* True for words of a script that a shared library may hide behind: not static archives. */
static bool is_library_word(const char *word, size_t size)
{
    bool archive = size > 2 && memcmp(word + size - 2, ".a", 2) == 0;
    bool nested = size == 9 && memcmp(word, "AS_NEEDED", 9) == 0;
    return size > 0 && !archive && !nested;
}

static bool first_library(const char *list, char *entry, size_t size)
{
    while (*list != '\0' && *list != ')') {
        size_t length = strcspn(list, " \t\r\n,()");
        if (length < size && is_library_word(list, length)) {
            memcpy(entry, list, length);
            entry[length] = '\0';
            return true;
        }
        list += length;
        list += strspn(list, " \t\r\n,(");
    }
    return false;
}

bool lffi_linker_script(const char *path, char *entry, size_t size)
{
    char text[4096]; /* scripts are a few lines; an ELF file is recognised by its first byte */
    const char *list;
    size_t count;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[count] = '\0';
    strip_comments(text);
    if ((list = command_arguments(text, "GROUP")) == NULL &&
        (list = command_arguments(text, "INPUT")) == NULL)
        return false;
    return first_library(list, entry, size);
}
