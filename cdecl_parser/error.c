/* Failing: fills the caller's `struct cdecl_error` and jumps to the entry point in cdecl.c, which
 * rolls the transaction back. Also renders an error as text. Depends on out.c; of the parser it
 * reads positions. Owns nothing. */
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* Longest piece of the source text quoted in a message. */
#define QUOTED 40

/* Copies the line around `at`, cut to what fits, and finds the column. */
static void locate(struct cdecl_error *error, const char *text, const char *text_end,
                   const char *at)
{
    const char *start = at, *end = at;
    while (start > text && start[-1] != '\n')
        start--;
    while (end < text_end && *end != '\n' && *end != '\r' && *end != '\0')
        end++;
    size_t column = (size_t)(at - start);
    error->column = (uint32_t)column + 1;
    size_t room = sizeof error->source - 1;
    if ((size_t)(end - start) > room && column > room / 2) {
        start = at - room / 2;
        column = room / 2;
    }
    size_t size = (size_t)(end - start) < room ? (size_t)(end - start) : room;
    memcpy(error->source, start, size);
    error->source[size] = '\0';
    error->source_column = (uint32_t)column + 1;
}

static void clear(struct cdecl_error *error)
{
    error->line = error->column = error->source_column = error->surplus = 0;
    error->file[0] = error->message[0] = error->source[0] = '\0';
    error->out_of_memory = error->conflict = error->body = false;
}

COLD _Noreturn static void fail(struct cdecl_state *state, const struct parser *p,
                                const struct place *place, const char *format, va_list args)
{
    struct cdecl_error *error = state->error;
    clear(error);
    if (p != NULL) {
        error->line = place->line;
        error->surplus = p->surplus;
        if (p->lex.file != NULL)
            snprintf(error->file, sizeof error->file, "%s", p->lex.file);
        locate(error, p->lex.text, p->lex.text + p->lex.size, place->at);
    }
    error->conflict = state->conflict;
    error->body = state->body;
    state->conflict = state->body = false;
    vsnprintf(error->message, sizeof error->message, format, args);
    longjmp(state->jump, 1);
}

void cdecl__fail(struct cdecl_state *state, const char *format, ...)
{
    va_list args;
    const struct parser *p = state->parser;
    va_start(args, format);
    struct place here = {NULL, 0, NULL};
    if (p != NULL)
        here = p->culprit != NULL ? *p->culprit : cdecl__here(p);
    fail(state, p, &here, format, args);
}

void cdecl__fail_at(const struct parser *p, const struct place *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(p->state, p, place, format, args);
}

void cdecl__fail_token(const struct parser *p, const struct token *token, const char *format, ...)
{
    struct place place = {token->at, token->line, token->name};
    va_list args;
    va_start(args, format);
    fail(p->state, p, &place, format, args);
}

void cdecl__fail_memory(struct cdecl_state *state)
{
    clear(state->error);
    snprintf(state->error->message, sizeof state->error->message, "not enough memory");
    state->error->out_of_memory = true;
    longjmp(state->jump, 1);
}

void cdecl__expected(const struct parser *p, const char *what)
{
    const struct token *token = &p->tok;
    if (token->kind == TOK_EOF)
        cdecl__fail_token(p, token, "expected %s, got end of %s", what,
                          p->preprocessing ? "line" : "text");
    int size = token->size > QUOTED ? QUOTED : (int)token->size;
    cdecl__fail_token(p, token, "expected %s, got '%.*s%s'%s", what, size, token->start,
                      token->size > QUOTED ? "..." : "", cdecl__cpp_reason(p));
}

static void put_position(struct out *out, const struct cdecl_error *error)
{
    char number[48];
    if (error->line == 0)
        return;
    cdecl__put(out, error->file, strlen(error->file));
    if (error->file[0] != '\0')
        cdecl__put(out, ":", 1);
    int size = snprintf(number, sizeof number, "%lu:%lu: ", (unsigned long)error->line,
                        (unsigned long)error->column);
    cdecl__put(out, number, (size_t)size);
}

/* Tabs are kept, and the later bytes of a UTF-8 character take no room, so that the caret stands
 * under its column. */
static void put_caret(struct out *out, const struct cdecl_error *error)
{
    cdecl__put(out, "\n    ", 5);
    cdecl__put(out, error->source, strlen(error->source));
    cdecl__put(out, "\n    ", 5);
    for (uint32_t i = 0; i + 1 < error->source_column; i++)
        if (((unsigned char)error->source[i] & 0xc0) != 0x80)
            cdecl__put(out, error->source[i] == '\t' ? "\t" : " ", 1);
    cdecl__put(out, "^", 1);
}

size_t cdecl_error_text(const struct cdecl_error *error, char *buffer, size_t size)
{
    static const char fresh[] = " (ffi.scope{} starts afresh)";
    struct out out = {.buffer = buffer, .size = size};
    put_position(&out, error);
    cdecl__put(&out, error->message, strlen(error->message));
    if (error->conflict)
        cdecl__put(&out, fresh, sizeof fresh - 1);
    if (error->line != 0 && error->source[0] != '\0')
        put_caret(&out, error);
    if (size > 0)
        buffer[out.used < size ? out.used : size - 1] = '\0';
    return out.used;
}
