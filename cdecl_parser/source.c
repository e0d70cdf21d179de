/* The text as the lexer reads it: in place, or a copy in the transaction's log when lines are to be
 * joined or directives to be cut off. Depends on scope.c for memory and the name of the file. */
#include <string.h>
#include "internal.h"

/* Copies the text, joining lines that end in a backslash; the joined lines' ends are put after the
 * next real one, so that line numbers stay right. */
static size_t splice(char *to, const char *from, size_t size)
{
    size_t used = 0, owed = 0;
    for (size_t i = 0; i < size; i++) {
        size_t end = i + 1 < size && from[i + 1] == '\r' ? i + 2 : i + 1;
        if (from[i] == '\\' && end < size && from[end] == '\n') {
            owed++;
            i = end;
            continue;
        }
        to[used++] = from[i];
        if (from[i] == '\n')
            for (; owed > 0; owed--)
                to[used++] = '\n';
    }
    return used;
}

static bool has_splice(const char *text, size_t size)
{
    for (const char *at = text; (at = memchr(at, '\\', size - (size_t)(at - text))) != NULL; at++) {
        const char *next = at + 1;
        if (next < text + size && *next == '\r')
            next++;
        if (next < text + size && *next == '\n')
            return true;
    }
    return false;
}

/* The text itself when it can be read in place: ends in a zero byte, has no lines to join, and no
 * directive, whose line is cut off with a zero while it is evaluated. Otherwise a copy. */
static const char *readable(struct parser *p, const struct cdecl_source *source, size_t *size)
{
    bool spliced = source->size > 0 && has_splice(source->text, source->size);
    *size = source->size;
    if (source->flags & CDECL_TERMINATED && !spliced && memchr(source->text, '#', *size) == NULL)
        return source->text;
    char *copy = cdecl__keep(p->state, source->size + 1, 1);
    if (spliced)
        *size = splice(copy, source->text, source->size);
    else if (source->size > 0)
        memcpy(copy, source->text, source->size);
    copy[*size] = '\0';
    return copy;
}

void cdecl__open_source(struct parser *p, const struct cdecl_source *source)
{
    if (source->size > CDECL_MAX_TEXT)
        cdecl__fail(p->state, "text of %zu bytes is too long", source->size);
    size_t size;
    const char *text = readable(p, source, &size);
    p->lex = (struct lexer){.next = text,
                            .end = text + size,
                            .text = text,
                            .size = size,
                            .line = 1,
                            .line_start = true};
    if (size >= 3 && memcmp(p->lex.next, "\xef\xbb\xbf", 3) == 0)
        p->lex.next += 3; /* a byte order mark */
    if (source->name != NULL)
        p->lex.file = cdecl__intern(p->state, source->name, strlen(source->name))->text;
}
