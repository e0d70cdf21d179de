/* The small preprocessor: directives, found by the lexer at the start of a line. Depends on lex.c and
 * constexpr.c. Macros become declarations in the state's arena; the rest is scratch. */
#include <string.h>
#include "internal.h"

/* ---- reading a directive's line ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static const char *end_of_word(const char *at, const char *end)
{
    while (at < end && is_word(*at))
        at++;
    return at;
}

static bool word_is(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && memcmp(at, word, (size_t)(end - at)) == 0;
}

/* Where the line ends: a newline outside comments and quotes, or the end of the text. */
static const char *end_of_line(const struct parser *p, const char *at)
{
    const char *end = p->lex.end;
    for (char quote = '\0'; at < end && *at != '\n'; at++) {
        if (quote != '\0') {
            if (*at == '\\' && at + 1 < end && at[1] != '\n')
                at++;
            else if (*at == quote)
                quote = '\0';
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '/' && at[1] == '/') {
            const char *stop = memchr(at, '\n', (size_t)(end - at));
            return stop == NULL ? end : stop;
        } else if (*at == '/' && at[1] == '*') {
            for (at += 2; at < end && !(at[0] == '*' && at[1] == '/'); at++)
                ;
            if (at >= end)
                return end;
            at++;
        }
    }
    return at;
}

/* ---- #line and line markers ---- */

/* "# 12 "file.h" flags" and "#line 12 "file.h"": the next line is line 12 of file.h. */
static void line_marker(struct parser *p, const char *at, const char *end)
{
    uint32_t line = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        line = line > UINT32_MAX / 10 - 1 ? line : line * 10 + (uint32_t)(*at - '0');
    p->lex.line = line - 1; /* the newline that ends the directive counts one */
    at = skip_blanks(at, end);
    if (at >= end || *at != '"')
        return;
    const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
    if (close != NULL)
        p->lex.file = cdecl__intern(p->state, at + 1, (size_t)(close - at - 1))->text;
}

/* ---- #pragma pack ---- */

static void push_pack(struct parser *p, struct name *label)
{
    struct pack *pack = SCRATCH(p->state, struct pack);
    *pack = (struct pack){p->packs, p->pack, label};
    p->packs = pack;
}

static void pop_pack(struct parser *p, const struct name *label)
{
    struct pack *pack = p->packs;
    while (pack != NULL && label != NULL && pack->label != label)
        pack = pack->outer;
    if (pack == NULL)
        return; /* compilers warn and go on */
    p->pack = pack->value;
    p->packs = pack->outer;
}

static void set_pack(struct parser *p, uint32_t value)
{
    if ((value & (value - 1)) != 0 || value > 16)
        cdecl__fail(p->state, "#pragma pack(%lu): not 1, 2, 4, 8 or 16", (unsigned long)value);
    p->pack = value;
}

/* "pack" "(" [ push | pop ] [ , name ] [ , n ] ")" */
static void pragma_pack(struct parser *p, const char *at, const char *end)
{
    bool push = false, pop = false, any = false, has_value = false;
    uint32_t value = 0;
    struct name *label = NULL;
    at = skip_blanks(at, end);
    if (at >= end || *at != '(')
        return;
    for (at = skip_blanks(at + 1, end); at < end && *at != ')'; at = skip_blanks(at, end)) {
        const char *stop = end_of_word(at, end);
        any = true;
        if (*at == ',') {
            at++;
            continue;
        }
        if (stop == at)
            return; /* not a form we know: compilers ignore it with a warning */
        if (word_is(at, stop, "push"))
            push = true;
        else if (word_is(at, stop, "pop"))
            pop = true;
        else if (*at < '0' || *at > '9')
            label = cdecl__intern(p->state, at, (size_t)(stop - at));
        else {
            has_value = true;
            for (value = 0; at < stop; at++)
                value = value > 1000000 ? value : value * 10 + (uint32_t)(*at - '0');
        }
        at = stop;
    }
    if (push)
        push_pack(p, label);
    if (pop)
        pop_pack(p, label);
    if (has_value || !any)
        set_pack(p, value);
}

void cdecl__pragma(struct parser *p, const char *at, const char *end)
{
    at = skip_blanks(at, end);
    const char *stop = end_of_word(at, end);
    if (word_is(at, stop, "pack"))
        pragma_pack(p, stop, end);
}

/* ---- the directive ---- */

void cdecl__directive(struct parser *p)
{
    const char *start = p->lex.next, *end = end_of_line(p, start + 1);
    const char *at = skip_blanks(start + 1, end), *stop = end_of_word(at, end);
    struct token token = {.line = p->lex.line, .size = 1, .start = start, .at = start};
    if (at < end && *at >= '0' && *at <= '9')
        line_marker(p, at, end);
    else if (word_is(at, stop, "line"))
        line_marker(p, skip_blanks(stop, end), end);
    else if (word_is(at, stop, "pragma"))
        cdecl__pragma(p, stop, end);
    else if (at < end && !word_is(at, stop, "ident"))
        cdecl__fail_at(p, &token, "unknown directive '#%.*s'", (int)(stop - at > 40 ? 40 : stop - at),
                       at);
    p->lex.next = end;
}
