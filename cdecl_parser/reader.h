/* The state of one reading: the lexer's, the preprocessor's, the parser's. It lives on the stack of
 * the entry points in cdecl.c. Depends on name.h and token.h. Included by internal.h. */
#ifndef CDECL_READER_H
#define CDECL_READER_H

#include "cdecl.h"
#include "name.h"
#include "token.h"

struct parser;

/* A macro whose replacement is being read, and where to go on after it. */
struct expansion {
    struct expansion *outer;
    struct name_extra *macro;
    const char *next, *end;
};

/* One #if that is open. */
struct conditional {
    struct conditional *outer;
    struct token token; /* its '#' */
    bool taken;         /* some branch has been read */
    bool had_else;
};

struct lexer {
    const char *next; /* first byte not read */
    const char *end;  /* the zero after the last */
    const char *text; /* the whole text: errors scan it for the line they quote */
    size_t size;
    uint32_t line;
    const char *file;
    bool line_start; /* nothing but blanks since the line began */
    bool skipping;   /* in a function body: names are not interned, any character will do */
    bool no_expand;  /* the next name is not to be expanded (after defined, #ifdef) */
    bool verbatim;   /* a compiler's output (it defines __STDC__ or names <built-in>): it has
                      * expanded what it meant to, and its macros are only remembered */
    bool built_in;   /* in the part of it that lists the compiler's own macros */
    struct expansion *expansion;
    size_t expanded;                 /* bytes of replacement read so far */
    const char *use;                 /* the outermost macro's use, for error positions */
    struct conditional *conditional; /* innermost */
    unsigned nconditionals;
};

/* What a name or macro meant before, to be put back at the end of the text. */
struct hidden_meaning {
    struct hidden_meaning *outer;
    const struct cdecl_decl **place; /* of the name */
    const struct cdecl_decl *meant;
    const struct cdecl_decl *given; /* put back only where this is still meant, NULL: always */
};

/* What the lexer leaves to the preprocessor. */
struct preprocessor {
    void (*directive)(struct parser *p); /* at a '#' that begins a line: through the line's end */
    void (*pragma_operator)(struct parser *p, const struct name *name); /* after _Pragma */
};

struct parser {
    struct cdecl_state *state;
    const struct cdecl_source *source;
    struct lexer lex;
    const struct preprocessor *preprocessor;
    const struct place *culprit; /* where cdecl__fail() points instead of at `tok`, NULL: nowhere */
    struct token tok;            /* the current token */
    struct token ahead;          /* the one after it, when has_ahead */
    bool has_ahead;
    bool preprocessing; /* in #if: unknown names are 0 */
    unsigned depth;
    unsigned unevaluated; /* >0: values do not matter (sizeof, dead branches) */
    unsigned effects;     /* calls and changes that were met where values matter */
    size_t next_arg;      /* of source->args, for "$" */
    uint32_t surplus;     /* the first argument that no "$" took, when all is read */
    uint32_t pack;        /* #pragma pack in force, 0 when none */
    struct pack *packs;
    struct hidden_meaning *hidden;
    struct param_node *prototype; /* parameters read so far, visible in array lengths */
    struct note *notes;           /* of the declaration being read, the latest first */
    struct body *body;            /* the struct or union body being read */
    struct cdecl_decl *unbound, *last_unbound; /* what CDECL_UNBOUND declares */
};

#endif
