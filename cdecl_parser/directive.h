/* One directive's line while it is looked at, and what finds words in it. Depends on
 * digits.h. Included by preproc.c and pragma.c. */
#ifndef CDECL_DIRECTIVE_H
#define CDECL_DIRECTIVE_H

#include <string.h>
#include "digits.h"
#include "internal.h"

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static inline bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           (unsigned char)c >= 0x80;
}

static inline const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static inline const char *end_of_word(const char *at, const char *end)
{
    while (at < end && is_word(*at))
        at++;
    return at;
}

static inline bool word_is(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && memcmp(at, word, (size_t)(end - at)) == 0;
}

struct directive {
    struct token token; /* its '#', for errors */
    const char *word, *word_end;
    const char *rest, *end; /* what follows the word, without the blanks before it */
};

static inline bool is_directive(const struct directive *d, const char *word)
{
    return word_is(d->word, d->word_end, word);
}

#endif
