/* How tokens, and the keywords of tags, are spelt. Depends on tokens.def; owns nothing. */
#include "internal.h"

const char *cdecl__token_spelling(enum token_kind kind)
{
    static const char *const spellings[TOK_COUNT] = {
#define TOK(id, spelling) [TOK_##id] = spelling,
#define KW(id, spelling) [TOK_##id] = spelling,
#define SOFT(id, spelling) [TOK_##id] = spelling,
#include "tokens.def"
    };
    return spellings[kind];
}

const char *cdecl__tag_keyword(enum cdecl_kind kind)
{
    return kind == CDECL_ENUM ? "enum" : kind == CDECL_STRUCT ? "struct" : "union";
}
