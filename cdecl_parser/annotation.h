/* [[cffi::...]]: what is read, and what becomes of it. Included by internal.h. */
#ifndef CDECL_ANNOTATION_H
#define CDECL_ANNOTATION_H

#include "cdecl.h"
#include "token.h"

struct attrs;
struct declarator;
struct parser;

/* ---- annotation.c: what [[cffi::...]] says becomes a part of a function's type ---- */

/* Those of functions, then those that only parameters have. */
enum note_word {
    NOTE_ERRNO,
    NOTE_FAILS,
    NOTE_STATUS,
    NOTE_STRING,
    NOTE_OWNED,
    NOTE_COUNT,
    NOTE_OUT,
    NOTE_INOUT,
    NOTE_IN,
    NOTE_SCOPED,
    NOTE_FLAGS,
    NOTE_DEFAULT,
    NOTE_NULLABLE,
    NOTE_WORDS
};
extern const char *const cdecl__note_words[NOTE_WORDS];

/* One such word as it was read. */
struct note {
    struct note *older; /* all of one declaration: parser.notes */
    enum note_word word;
    bool taken;                    /* by a function or parameter */
    struct place at, argument_at;  /* the word, what stands in its parentheses */
    const char *name;              /* an argument that is a name, interned; of STATUS the second */
    struct cdecl_value value;      /* one that is a constant */
    const struct cdecl_type *type; /* one that is a type */
};

/* Those that stand at one place, in their order. */
struct note_link {
    struct note_link *next;
    struct note *note;
};

/* A function that frees what others own. */
struct releaser {
    const struct releaser *next;
    const char *name;
};

/* PART: more notes of the function follow, after which it is checked. */
enum note_context { NOTES_OF_FUNCTION, NOTES_OF_TYPE, NOTES_IN_PART };

/* The function type with what the notes add: [0] of the function, then of each parameter. */
const struct cdecl_type *cdecl__annotate(struct parser *p, const struct cdecl_type *type,
                                         const struct cdecl_param *params,
                                         struct note_link *const *notes, enum note_context context);
/* `type`, the composite of two declarations `a` and `b` of `at->name`, with what both say; `a` when
 * that says it all. Fails when they contradict each other. */
const struct cdecl_type *cdecl__unite_annotations(struct parser *p, const struct place *at,
                                                  const struct cdecl_type *type,
                                                  const struct cdecl_type *a,
                                                  const struct cdecl_type *b);

/* ---- note.c ---- */

void cdecl__read_note(struct parser *p, struct attrs *attrs); /* at the word after "cffi::" */
void cdecl__add_notes(struct cdecl_state *state, struct attrs *to, const struct attrs *from);
/* Makes the notes of a declarator and of its parameters a part of its type. */
void cdecl__note_declarator(struct parser *p, struct declarator *d, bool is_parameter,
                            bool is_typedef);
/* At the end of a declaration: no note may be left that nothing has taken. */
void cdecl__end_notes(struct parser *p);

#endif
