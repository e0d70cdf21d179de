/* Tokens: what the lexer makes of a text and the grammar reads. Included by internal.h. */
#ifndef CDECL_TOKEN_H
#define CDECL_TOKEN_H

#include <stdint.h>
#include "cdecl.h"

struct name;

enum token_kind {
#define TOK(id, spelling) TOK_##id,
#define KW(id, spelling) TOK_##id,
#define SOFT(id, spelling) TOK_##id,
#include "tokens.def"
    TOK_COUNT
};

struct token {
    uint8_t kind; /* enum token_kind; soft keywords come as TOK_IDENT */
    uint32_t line;
    uint32_t size;
    uint32_t arg;      /* "$": index of the type or integer that stands for it */
    const char *start; /* its spelling */
    const char *at;    /* where errors point: differs from `start` inside a macro */
    struct name *name; /* identifiers and keywords */
};

/* Where something stands, with the name that stands there. Smaller than a token: declarators and
 * members carry one each. */
struct place {
    const char *at;
    uint32_t line;
    struct name *name;
};

/* ---- token.c: how they are spelt ---- */

const char *cdecl__token_spelling(enum token_kind kind);
const char *cdecl__tag_keyword(enum cdecl_kind kind); /* "struct", "union" or "enum" */

#endif
