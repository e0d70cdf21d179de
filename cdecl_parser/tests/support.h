/* What the suites of the parser share: memory that is counted, one state for each test, texts that
 * must be read or refused. Every helper fails the test itself and says which text it was. Refused
 * texts are compared with their whole message and must leave the state as it was. Depends on Check
 * and on the parser's internal.h; texts returned stand in static buffers. */
#ifndef CDECL_TESTS_SUPPORT_H
#define CDECL_TESTS_SUPPORT_H

#include <inttypes.h>

#include "internal.h"
#include "suites.h"

/* ---- the machine's data model, which the parser's answers follow ---- */

#if __SIZEOF_LONG__ == 8
#define LONG64 1
#define POINTER_SIZE "8"
#define SIZE_NAME "unsigned long"
#define PTRDIFF_NAME "long"
#define INT64_NAME "long" /* the first that holds so much */
#define UINT64_NAME "unsigned long"
#else
#define LONG64 0
#define POINTER_SIZE "4"
#define SIZE_NAME "unsigned int"
#define PTRDIFF_NAME "int"
#define INT64_NAME "long long"
#define UINT64_NAME "unsigned long long"
#endif
/* Spelt as the parser does. */
#ifdef __i386__
#define WCHAR_NAME "long"
#else
#define WCHAR_NAME TEXT(__WCHAR_TYPE__)
#endif
#define TEXT(...) TEXT_OF(__VA_ARGS__)
#define TEXT_OF(...) #__VA_ARGS__

/* Alignments as members have them; i386 has 4 for what has 8 bytes. */
struct align_probe {
    struct {
        char c;
        long long l;
    } of_long_long;
};
#define PADDED_LONG_LONG sizeof(((struct align_probe *)0)->of_long_long) /* char, long long */

/* ---- memory ---- */

/* malloc with a count of what is out and of the requests still granted. A block given back is
 * overwritten first. */
struct heap {
    size_t bytes;
    size_t granted;  /* SIZE_MAX: no end of them */
    size_t requests; /* made so far, refused ones included */
};

/* An allocator on `heap`, which it empties. The parser frees and allocates, it never resizes: that
 * is asserted. */
struct cdecl_allocator heap_allocator(struct heap *heap);

/* ---- the state of a test ---- */

extern struct cdecl_state *state; /* made by new_state() */
extern struct heap state_heap;    /* its memory */

/* A checked fixture: a fresh state before each test, freed after it; nothing may be left then. */
void new_state(void);
void free_state(void);
/* A test case with this fixture, added to `suite`. */
TCase *add_case(Suite *suite, const char *name);

/* ---- reading ---- */

void must_parse(const char *text);
void must_parse_source(const struct cdecl_source *source);
/* The text is refused with exactly this: "line:col: message", "file:line:col: message" below a line
 * marker, "message" when there is no position. The state is as before. */
void must_fail(const char *text, const char *expected);
void must_fail_source(const struct cdecl_source *source, const char *expected);
/* Likewise for a type name and for an expression. */
void must_fail_type(const char *text, const char *expected);
void must_fail_value(const char *text, const char *expected);
enum entry { DECLARATIONS, TYPE_NAME, EXPRESSION };
void must_fail_as(enum entry entry, const struct cdecl_source *source, const char *expected);

const struct cdecl_type *type_of(const char *text); /* of a type name: "int (*)(void)" */
struct cdecl_value value_of(const char *text);      /* of a constant expression */
int64_t int_of(const char *text);                   /* likewise, an integer */
/* Whether the two are the same, as far as the machine has long doubles: valgrind has doubles. */
bool same_float(long double a, long double b);
const struct cdecl_decl *decl_of(const char *name);
bool is_declared(const char *name);
const struct cdecl_member *member_of(const struct cdecl_type *type, const char *name);
const struct cdecl_attr *attr_of(const struct cdecl_attr *list,
                                 enum cdecl_attr_id id); /* or NULL */

/* A text as a source, without flags. */
struct cdecl_source source_of(const char *text);
/* "file:line:col: message", without the quoted source line. */
const char *message_of(const struct cdecl_error *error);

/* ---- printing ---- */

const char *print_type(const struct cdecl_type *type);
const char *print_name(const char *name); /* the declaration of a name, typedefs spelt out */

/* ---- what a transaction must leave as it was ---- */

/* Without padding, so that two may be compared by their bytes. */
struct snapshot {
    size_t memory;    /* arena bytes */
    size_t names;     /* interned */
    size_t types;     /* interned */
    size_t ids;       /* of anonymous tags */
    size_t decls;     /* in the list */
    size_t tags;      /* in the list */
    uint64_t meaning; /* of every name, declaration and tag */
};

struct snapshot take_snapshot(const struct cdecl_state *of);
/* `text` is for the failure's message. */
void must_be_unchanged(const struct cdecl_state *of, const struct snapshot *before,
                       const char *text);

#endif
