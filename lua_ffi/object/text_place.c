/* Where in a Lua file a C text stands that an error is in: for a literal of several lines the line
 * there says more than the one that its reader was called in.
 *
 * Depends on libc and Lua. What is read of the file belongs to Lua.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "object/argument.h"

enum { LONGEST_FILE = 4 << 20 };

/* Pushes what the file holds; NULL, and nothing is pushed, when it cannot be read. */
static const char *push_file(lua_State *L, const char *path, size_t *size)
{
    struct stat st;
    FILE *file;
    char *bytes;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > LONGEST_FILE)
        return NULL;
    bytes = lua_newuserdatauv(L, (size_t)st.st_size + 1, 0);
    file = fopen(path, "rb");
    *size = file != NULL ? fread(bytes, 1, (size_t)st.st_size, file) : 0;
    if (file != NULL)
        fclose(file);
    bytes[*size] = '\0';
    return bytes;
}

/* The line of the file in which the text begins, 0 when it is not there. When it is there several
 * times the one that the calling line is nearest to is meant. */
static int line_of(const char *file, size_t size, const char *text, size_t text_size, int calling)
{
    const char *at = file, *counted = file, *end = file + size;
    int line = 1, found = 0;
    while ((at = memmem(at, (size_t)(end - at), text, text_size)) != NULL) {
        for (; counted < at; counted++)
            line += *counted == '\n';
        if (found == 0 || abs(line - calling) < abs(found - calling))
            found = line;
        at++;
    }
    return found;
}

bool lffi_push_text_place(lua_State *L, const struct cdecl_source *source, uint32_t line)
{
    lua_Debug caller;
    const char *file;
    size_t file_size;
    int first;
    if (line == 0 || memchr(source->text, '\n', source->size) == NULL ||
        !lua_getstack(L, 1, &caller) || !lua_getinfo(L, "Sl", &caller) || caller.source[0] != '@')
        return false;
    file = push_file(L, caller.source + 1, &file_size);
    if (file == NULL)
        return false;
    first = line_of(file, file_size, source->text, source->size, caller.currentline);
    lua_pop(L, 1);
    if (first == 0)
        return false;
    lua_pushfstring(L, "%s:%d: ", caller.short_src, first + (int)line - 1);
    return true;
}
