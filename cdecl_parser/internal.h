/* What the files of the parser share, a section for each file in the order of dependency: a file
 * calls those of the sections above its own. Only the files of C's grammar, which is recursive,
 * call each other. tools/lint-layers checks it. Not for embedders.
 *
 * Functions named cdecl__x cross files. Those that can fail do not return then: they end in
 * cdecl__fail*(), which longjmps to the entry point (cdecl.c), where the transaction is rolled
 * back. So nothing here may own memory outside the state's arenas across a call.
 */
#ifndef CDECL_INTERNAL_H
#define CDECL_INTERNAL_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include "annotation.h"
#include "cdecl.h"
#include "parse_limits.h"
#include "memory.h"
#include "name.h"
#include "reader.h"
#include "token.h"

#if defined(__GNUC__)
#define LIKE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LIKE_PRINTF(text, first)
#endif

/* OUT_OF_LINE for the rarer steps of recursive functions: inlined, their locals would be in every
 * frame. COLD for failing: the compiler moves what leads there out of the way, and a first text,
 * for which most of the time goes into fetching code, is read from fewer cache lines. */
#if defined(__GNUC__)
#define OUT_OF_LINE __attribute__((noinline))
#define COLD __attribute__((cold))
#else
#define OUT_OF_LINE
#define COLD
#endif

struct cdecl_state;
struct parser;

/* ---- quad_text.c: constants of _Float128 ---- */

#ifdef CDECL_QUAD
/* The value of a floating constant without its suffix, as C writes it, rounded to nearest. The byte
 * among the digits that is none is the decimal point. */
cdecl_real cdecl__read_quad(const char *text, size_t size);
#endif

/* ---- arena.c, table.c: in memory.h ---- */
/* ---- token.c: in token.h ---- */
/* ---- target.c: in target.h ---- */

/* ---- predeclared.c ---- */

extern const char cdecl__predeclared[];

/* ---- predefined.c ---- */

/* The replacement of one of the compiler's own macros, NULL when it has none of this name. */
const char *cdecl__predefined(const char *text, size_t size);

/* ---- refusal.c ---- */

/* The attribute that the refusal is about, NULL when it is none. */
const char *cdecl__refused_attribute(enum cdecl_refusal refusal);

/* ---- out.c ---- */

/* A bounded buffer; `used` counts what would have been written. */
struct out {
    char *buffer;
    size_t size, used;
    char last;            /* the last character written */
    const char *declared; /* the typedef being printed: what it names is spelt out */
    const char *base;     /* the typedef that stands for `named`, NULL when none does */
    const struct cdecl_type *named;
    unsigned nreplaced; /* bodies spelt out because their typedef's name means something else */
    bool in_replaced;   /* in one of them */
    bool resolved;      /* typedefs are spelt out, but those of nameless tags */
};

void cdecl__put(struct out *out, const char *text, size_t size);

/* ---- cplusplus.c ---- */

bool cdecl__is_cpp(const char *word); /* begins declarations of C++ alone */
/* ": ... is C++", what the current token is where C does not take it; or an empty text. */
const char *cdecl__cpp_reason(const struct parser *p);

/* ---- error.c ---- */

COLD _Noreturn void cdecl__fail_memory(struct cdecl_state *state);
COLD _Noreturn void cdecl__fail(struct cdecl_state *state, const char *format, ...)
    LIKE_PRINTF(2, 3);
COLD _Noreturn void cdecl__fail_at(const struct parser *p, const struct place *place,
                                   const char *format, ...) LIKE_PRINTF(3, 4);
COLD _Noreturn void cdecl__fail_token(const struct parser *p, const struct token *token,
                                      const char *format, ...) LIKE_PRINTF(3, 4);
/* "expected <what>, got <the current token>" */
COLD _Noreturn void cdecl__expected(const struct parser *p, const char *what);

/* ---- scope.c: names, their meanings, and the transaction ---- */

/* What suggest.c looks through before it looks at names: for each declaration in the order of the
 * list which letters its name has. Filled when a name is missed, and, because a miss is to be
 * cheap, at the end of each text that leaves many declarations that are not in it. */
struct name_index {
    const struct cdecl_decl **blocks; /* the first declaration of each block of rows */
    uint32_t *letters;
    size_t count, capacity;
};

struct cdecl_state {
    struct cdecl_allocator allocator;
    struct arena arena;   /* everything published */
    struct arena log;     /* what one transaction needs to its end: the text, what to undo */
    struct arena scratch; /* what one declaration needs while it is read */
    struct table names, types;
    struct name_index index;
    const struct cdecl_type *basic[CDECL_PRIM_COUNT];
    const struct cdecl_decl *first_decl;
    struct cdecl_decl *last_decl;
    size_t ndecls; /* in their list */
    const struct cdecl_tag *first_tag;
    struct cdecl_tag *last_tag;
    uint32_t next_id; /* of nameless tags */
    size_t macros_replaced;

    /* The running transaction. */
    uint32_t epoch; /* its number */
    struct undo *undo;
    bool conflict; /* the error that comes is one with an earlier text */
    bool body;     /* it is a body that may not be there */
    struct arena_mark mark;
    struct cdecl_decl *mark_decl;
    size_t mark_indexed, mark_ndecls;
    struct cdecl_tag *mark_tag;
    uint32_t mark_id;
    const struct parser *parser; /* for positions in errors, NULL when no text is being read */
    struct cdecl_error *error;
    const struct releaser *releasers;
    uint32_t annotations; /* changes of them, so far */
    char texts[2][160];   /* of cdecl__type_text() */
    unsigned next_text;
    jmp_buf jump;
};

/* From a new block; fails when memory is out. */
COLD void *cdecl__alloc_block(struct cdecl_state *state, struct arena *arena, size_t size,
                              size_t align);

/* From one of the state's arenas; does not return when memory is out. */
static inline void *cdecl__take(struct cdecl_state *state, struct arena *arena, size_t size,
                                size_t align)
{
    void *result = cdecl__arena_bump(arena, size, align);
    return result != NULL ? result : cdecl__alloc_block(state, arena, size, align);
}

/* Published memory. */
static inline void *cdecl__alloc(struct cdecl_state *state, size_t size, size_t align)
{
    return cdecl__take(state, &state->arena, size, align);
}

/* Memory until the end of the declaration, zeroed. */
static inline void *cdecl__scratch(struct cdecl_state *state, size_t size, size_t align)
{
    return memset(cdecl__take(state, &state->scratch, size, align), 0, size);
}

/* Memory to the transaction's end. */
void *cdecl__keep(struct cdecl_state *state, size_t size, size_t align);
#define NEW(state, type) ((type *)cdecl__alloc(state, sizeof(type), _Alignof(type)))
#define NEW_ARRAY(state, type, n) \
    ((type *)cdecl__alloc_array(state, n, sizeof(type), _Alignof(type)))
#define KEEP_ONE(state, type) ((type *)cdecl__keep(state, sizeof(type), _Alignof(type)))
#define SCRATCH(state, type) ((type *)cdecl__scratch(state, sizeof(type), _Alignof(type)))
void *cdecl__alloc_array(struct cdecl_state *state, size_t n, size_t size, size_t align);
const char *cdecl__copy_text(struct cdecl_state *state, const char *text, size_t size);

struct name *cdecl__intern(struct cdecl_state *state, const char *text, size_t size);
struct name *cdecl__new_name(struct cdecl_state *state, const char *text, size_t size,
                             uint32_t hash); /* one that is not known yet */
struct name *cdecl__lookup(const struct cdecl_state *state, const char *text, size_t size);
struct name *cdecl__name_of(const char *text);
/* A set of interned names, in scratch memory, to find one that stands twice. */
struct name_set {
    const char **slots;
    size_t mask;
};
struct name_set cdecl__name_set(struct cdecl_state *state, size_t names); /* room for so many */
bool cdecl__add_name(struct name_set *set, const char *name);             /* false: it was there */
bool cdecl__is_current(const struct cdecl_decl *decl); /* what its name means, not replaced */
bool cdecl__is_defined(const struct name *name);       /* as a macro */
struct name_extra *cdecl__extra(struct cdecl_state *state, struct name *name);
void cdecl__table_insert(struct cdecl_state *state, struct table *table, void *node);

void cdecl__begin(struct cdecl_state *state);
void cdecl__commit(struct cdecl_state *state);
void cdecl__rollback(struct cdecl_state *state);
void cdecl__log(struct cdecl_state *state, void *address, size_t size);
/* Call before changing anything that was there before the transaction. What came later goes away
 * with the arena's new part. */
static inline void cdecl__save(struct cdecl_state *state, void *address, size_t size)
{
    if (!cdecl__arena_is_new(&state->arena, address))
        cdecl__log(state, address, size);
}
#define SAVE(state, lvalue) cdecl__save(state, (void *)&(lvalue), sizeof(lvalue))

/* ", first declared at FILE:LINE", or in which line of which text, for a conflict with what is
 * known at `old`; an empty text when that is the line of the error, or the parser's own. Notes for
 * the error that follows whether it is of an earlier text. */
struct origin {
    char text[200];
};
struct origin cdecl__origin(const struct parser *p, const struct place *at,
                            const struct cdecl_decl *old);
struct origin cdecl__tag_origin(const struct parser *p, const struct place *at,
                                const struct cdecl_tag *old);
void cdecl__bind(struct cdecl_state *state, struct name *name, struct cdecl_decl *decl);
void cdecl__append_decl(struct cdecl_state *state, struct cdecl_decl *decl);
/* Has the name or macro of which `place` holds the meaning mean `decl` until
 * cdecl__mean_as_before(), which puts back what it meant; where that has changed meanwhile only
 * when `given` is NULL. */
void cdecl__mean_for_now(struct parser *p, const struct cdecl_decl **place,
                         const struct cdecl_decl *decl, const struct cdecl_decl *given);
void cdecl__mean_as_before(struct parser *p);

/* ---- value.c ---- */

/* Gives a constant its value; its type must be set. */
void cdecl__set_value(struct cdecl_state *state, struct cdecl_decl *decl,
                      const struct cdecl_value *value);
bool cdecl__same_value(const struct cdecl_decl *a, const struct cdecl_decl *b);

/* ---- print.c ---- */

/* A type as C text for a message, cut when long. The state has room for two, so that no function
 * that may fail needs the room on its stack. */
const char *cdecl__type_text(struct cdecl_state *state, const struct cdecl_type *type);
/* As cdecl_print_decl(), but with what the typedefs mean: for conflicts, which may lie there. */
size_t cdecl__print_resolved(const struct cdecl_decl *decl, char *buffer, size_t size);
/* The function that a type is or, through pointers and arrays, leads to; NULL when to none. */
const struct cdecl_type *cdecl__function_of(const struct cdecl_type *type);

/* ---- type.c: constructors; the same type is the same pointer ---- */

/* What new types of tags, and new tags, are copies of. In another file than their use, because
 * compilers that see the zeros store them one by one, with an instruction that starts slowly. */
extern const struct cdecl_type cdecl__new_type;
extern const struct cdecl_tag cdecl__incomplete_tag;

const struct cdecl_type *cdecl__pointer(struct cdecl_state *state, const struct cdecl_type *to);
const struct cdecl_type *cdecl__array(struct cdecl_state *state, const struct cdecl_type *element,
                                      uint64_t count);
const struct cdecl_type *cdecl__vector(struct cdecl_state *state, const struct cdecl_type *element,
                                       uint64_t bytes);
const struct cdecl_type *cdecl__qualify(struct cdecl_state *state, const struct cdecl_type *type,
                                        unsigned quals);
/* The type with an alignment of its own, as typedefs with aligned have it. */
const struct cdecl_type *cdecl__align(struct cdecl_state *state, const struct cdecl_type *type,
                                      uint32_t align);
const struct cdecl_type *cdecl__bitint(struct cdecl_state *state, uint64_t bits, bool is_signed);
const struct cdecl_type *cdecl__function(struct cdecl_state *state, const struct cdecl_type *result,
                                         const struct cdecl_type *const *params, uint32_t nparams,
                                         bool variadic, bool no_proto, enum cdecl_refusal refusal);
const struct cdecl_type *cdecl__decay(struct cdecl_state *state, const struct cdecl_type *type);
const struct cdecl_type *cdecl__unqualified(struct cdecl_state *state,
                                            const struct cdecl_type *type); /* keeps alignment */
/* Strips qualifiers and alignment. */
static inline const struct cdecl_type *cdecl__plain(const struct cdecl_type *type)
{
    return type->unqual;
}
bool cdecl__is_integer(const struct cdecl_type *type); /* enums and bool included */
bool cdecl__is_arithmetic(const struct cdecl_type *type);
const struct cdecl_type *cdecl__promote(struct cdecl_state *state, const struct cdecl_type *type);
const struct cdecl_type *cdecl__usual(struct cdecl_state *state, const struct cdecl_type *a,
                                      const struct cdecl_type *b);
const struct cdecl_type *cdecl__size_type(struct cdecl_state *state);
const struct cdecl_type *cdecl__ptrdiff_type(struct cdecl_state *state);
struct cdecl__extent cdecl__extent_of(const struct cdecl_type *type); /* of target.h */
void cdecl__make_basic(struct cdecl_state *state);

/* A function type of its own that says so; no other is the same type. */
/* What is said of a function of so many parameters that is declared as `type`, to be changed. */
struct cdecl_annotation *cdecl__copy_annotation(struct cdecl_state *state,
                                                const struct cdecl_type *type, uint32_t nparams);
const struct cdecl_type *cdecl__annotated(struct cdecl_state *state, const struct cdecl_type *type,
                                          const struct cdecl_annotation *annotation);

/* ---- compat.c ---- */

/* The composite of two compatible types of one state, NULL when they are not compatible. */
const struct cdecl_type *cdecl__composite(struct cdecl_state *state, const struct cdecl_type *a,
                                          const struct cdecl_type *b);
/* Whether two bodies declare the same members at the same places, or the same enumerators. */
bool cdecl__same_body(const struct cdecl_tag *a, const struct cdecl_tag *b);
bool cdecl__same_constants(const struct cdecl_tag *a, const struct cdecl_tag *b);
/* The first member or enumerator in which they differ, UINT32_MAX when it is something else. */
uint32_t cdecl__first_difference(const struct cdecl_tag *a, const struct cdecl_tag *b);

/* ---- tag.c ---- */

/* An incomplete tag with its type; `name` NULL for a nameless one. */
struct cdecl_tag *cdecl__new_tag(struct cdecl_state *state, enum cdecl_kind kind,
                                 struct name *name);
/* The one change a published tag may see: from incomplete to complete. */
void cdecl__complete_tag(struct cdecl_state *state, struct cdecl_tag *tag,
                         const struct cdecl_tag *contents, uint16_t depth);
/* Completes `tag`, or compares with the body it has. Returns the tag that has the body. */
struct cdecl_tag *cdecl__finish_tag(struct parser *p, struct cdecl_tag *tag,
                                    struct cdecl_tag *fresh, const struct place *at,
                                    uint16_t depth);

/* ---- layout.c ---- */

/* Gives every member its place and fills size, align, flexible, vla of `tag`. */
void cdecl__layout(struct cdecl_state *state, struct cdecl_tag *tag, struct cdecl_member *members,
                   uint32_t count);

/* ---- posix.c ---- */

/* Gives the name, which has no meaning, that of a type of POSIX; false when it is none. */
bool cdecl__declare_known(struct cdecl_state *state, struct name *name);
/* Completes a structure of POSIX that no text has completed; false when it is none. */
bool cdecl__complete_known(struct cdecl_state *state, const struct cdecl_type *type);
/* Whether POSIX names a structure so. */
bool cdecl__is_known_tag(const struct name *name);

/* ---- suggest.c ---- */

/* " (did you mean 'x'?)" or an empty string. */
struct hint {
    char text[96];
};
void cdecl__index_free(struct cdecl_state *state);
/* Takes in what was declared since the last time; false when memory is out. */
bool cdecl__index_names(struct cdecl_state *state);
struct hint cdecl__hint(const struct cdecl_state *state, enum cdecl_space space, const char *name,
                        size_t size);

/* ---- annotation_text.c: in cdecl.h ---- */

/* ---- annotation.c: in annotation.h ---- */

/* ---- foreign.c ---- */

/* Where a well-known name of a type comes from: a header, "<zlib.h>", or a typedef to write; NULL.
 */
const char *cdecl__foreign_type(const char *name);

/* ---- macro.c ---- */

/* #define and #undef of `at->name`; from `from` to `to` stands what follows the name. */
void cdecl__define(struct parser *p, const struct place *at, const char *from, const char *to);
void cdecl__undefine(struct parser *p, struct name *name);
/* The caller's macros: for the time of the text. */
void cdecl__define_all(struct parser *p, const struct cdecl_source *source);
/* At a name that is a macro, between `start` and `next`: reads its replacement from now on. False
 * when the name stands for itself here. */
bool cdecl__expand(struct parser *p, struct name *name, const char *start, const char *next);
/* At the end of a replacement: back to where the macro was used. False at the end of the text. */
bool cdecl__end_expansion(struct lexer *lex);

/* ---- lex.c: text to tokens ---- */

void cdecl__lex(struct parser *p, struct token *token);
void cdecl__check_utf8(struct parser *p, const char *at, const char *end); /* a name's bytes */
COLD _Noreturn void cdecl__fail_zero(const struct parser *p, const char *at, uint32_t line);
void cdecl__advance(struct parser *p); /* makes the next token the current one */
const struct token *cdecl__peek(struct parser *p);
/* The byte after the current token: what follows, known without reading it. Zero when not known. */
static inline char cdecl__byte_after(const struct parser *p)
{
    return p->has_ahead ? '\0' : *p->lex.next;
}

static inline bool cdecl__accept(struct parser *p, enum token_kind kind)
{
    if (p->tok.kind != kind)
        return false;
    cdecl__advance(p);
    return true;
}

COLD _Noreturn void cdecl__expected_token(const struct parser *p, enum token_kind kind,
                                          const char *why);

/* Reads this token or fails: "expected ')' <why>, got ...". */
static inline void cdecl__expect(struct parser *p, enum token_kind kind, const char *why)
{
    if (!cdecl__accept(p, kind))
        cdecl__expected_token(p, kind, why);
}

static inline bool cdecl__is_soft(const struct token *token, enum token_kind kind)
{
    return token->kind == TOK_IDENT && token->name->token == kind;
}

void cdecl__skip_parens(struct parser *p); /* at a bracket: through the matching one */

COLD _Noreturn void cdecl__too_deep(const struct parser *p);

static inline void cdecl__enter(struct parser *p) /* every recursive edge of the parser */
{
    if (++p->depth > CDECL_MAX_DEPTH)
        cdecl__too_deep(p);
}

static inline struct place cdecl__here(const struct parser *p)
{
    return (struct place){p->tok.at, p->tok.line, p->tok.name};
}

static inline const struct cdecl_arg *cdecl__arg(const struct parser *p)
{
    return &p->source->args[p->tok.arg];
}

static inline void cdecl__leave(struct parser *p)
{
    p->depth--;
}

/* ---- source.c ---- */

void cdecl__open_source(struct parser *p, const struct cdecl_source *source); /* fills p->lex */

/* ---- expr_operand.c: the rest in expr.h ---- */

void cdecl__convert(struct parser *p, struct cdecl_value *value, const struct cdecl_type *type);
uint64_t cdecl__wrap(uint64_t u, const struct cdecl_type *type); /* to an integer type of 64 bits */
bool cdecl__is_true(const struct cdecl_value *value);

/* ---- literal.c: the values of numbers, characters and strings ---- */

struct cdecl_value cdecl__number(struct parser *p, const struct token *token);
struct cdecl_value cdecl__character(struct parser *p, const struct token *token);
/* The current string token and those following it, joined; advances past them. */
struct cdecl_value cdecl__strings(struct parser *p);

/* ---- expr_arithmetic.c: in expr.h ---- */

/* ---- declare.c ---- */

/* Gives `at->name` the meaning in `decl`, or checks it against an earlier one. Returns what it
 * means. */
const struct cdecl_decl *cdecl__declare(struct parser *p, const struct place *at,
                                        const struct cdecl_decl *decl);
struct cdecl_decl cdecl__new_decl(const struct parser *p, enum cdecl_decl_kind kind,
                                  const struct place *at, const struct cdecl_type *type);

/* The grammar of C, which is recursive: from here on to parse.c the files call each other. */

/* ---- attr.c: in attr.h ---- */

#include "attr.h"

/* ---- note.c: in annotation.h ---- */

/* ---- specifiers.c ---- */

enum storage { STORAGE_NONE, STORAGE_TYPEDEF, STORAGE_EXTERN, STORAGE_STATIC, STORAGE_OTHER };

struct specs {
    enum storage storage;
    bool thread_local;
    bool is_constexpr;
    unsigned quals;
    const struct cdecl_type *type; /* qualifiers included */
    const char *base;              /* the typedef that names it, NULL when none does */
    struct attrs attrs;
};

bool cdecl__starts_type(struct parser *p); /* the current token can begin a type name */
void cdecl__specifiers(struct parser *p, struct specs *specs);
const struct cdecl_type *cdecl__type_name(struct parser *p);

/* ---- declarator.c ---- */

/* One parameter as it is collected. */
struct param_node {
    struct param_node *next;
    const struct cdecl_type *type;
    struct name *name;
    const char *base;          /* of its specifiers */
    struct param_node *params; /* of the function that it points to */
    struct cdecl_attr *attrs;
    struct note_link *notes;
    uint64_t count; /* of the array that it was declared as */
};

struct declarator {
    struct name *name; /* NULL when abstract */
    struct place at;   /* the name, or where it would stand */
    const struct cdecl_type *type;
    struct param_node *params; /* of the function declared or, when it is none, pointed to */
    bool is_function;
    uint64_t count; /* elements of the array that became a pointer, 0: none did */
    struct attrs attrs;
};

/* Which names a declarator may, must or must not have. */
enum naming { NAME_REQUIRED, NAME_PARAMETER, NAME_NONE };
void cdecl__declarator(struct parser *p, const struct specs *specs, enum naming naming,
                       struct declarator *result);

/* ---- aggregate.c ---- */

/* A struct or union body while it is read. */
struct body {
    struct member_node *first, *last;
    struct constant_node *constants, *last_constant;
    uint32_t nmembers, nconstants;
};

struct constant_node {
    struct constant_node *next;
    const struct cdecl_decl *decl;
};

/* At struct, union or enum: the specifier through its attributes. */
const struct cdecl_type *cdecl__tag_specifier(struct parser *p);
void cdecl__tag_attributes(struct cdecl_tag *tag, const struct attrs *attrs);
void cdecl__body_constant(struct parser *p, const struct cdecl_decl *decl); /* for p->body */

/* ---- enum.c ---- */

struct cdecl_tag *cdecl__enum_body(struct parser *p, struct cdecl_tag *tag, struct attrs *attrs,
                                   const struct cdecl_type *fixed, const struct place *at);
const struct cdecl_type *cdecl__enum_type(struct parser *p); /* ": T", NULL when none */
void cdecl__complete_enum(struct cdecl_state *state, struct cdecl_tag *tag,
                          const struct cdecl_type *fixed);

/* ---- expr_primary.c: in expr.h ---- */

/* ---- expr.c: the rest in expr.h ---- */

/* Assignment-level expression, any type; value.kind is CDECL_VALUE_NONE when not constant. */
struct cdecl_value cdecl__expression(struct parser *p);
struct cdecl_value cdecl__conditional(struct parser *p); /* likewise, without assignment */
/* Conditional-level, must be an integer constant. `what` names it in errors: "array length". */
struct cdecl_value cdecl__integer(struct parser *p, const char *what);
/* "8.0", which is what Lua 5.4 makes of a float where LuaJIT writes "8"; by LuaJIT's rules it is
 * that integer. */
bool cdecl__is_whole(const struct cdecl_value *v);
struct cdecl_value cdecl__whole(struct parser *p, struct cdecl_value v);
/* A comma expression, as in #if and typeof. */
struct cdecl_value cdecl__full_expression(struct parser *p);

/* ---- parse.c ---- */

void cdecl__declarations(struct parser *p); /* a whole text */
/* After '=': the initialiser's value, kind CDECL_VALUE_NONE when it is no constant. */
struct cdecl_value cdecl__initialiser(struct parser *p);
bool cdecl__read_static_assert(struct parser *p);
static inline bool cdecl__accept_static_assert(struct parser *p)
{
    if (p->tok.kind != TOK_STATIC_ASSERT && p->tok.kind != TOK_EXTENSION &&
        !cdecl__is_soft(&p->tok, TOK_SOFT_STATIC_ASSERT))
        return false;
    return cdecl__read_static_assert(p);
}
void cdecl__static_assert(struct parser *p); /* after the keyword */

/* ---- pragma.c ---- */

/* What follows "#pragma" on its line. */
void cdecl__pragma(struct parser *p, const char *at, const char *end);
/* "(" string ")" after _Pragma, "(" the pragma itself ")" after __pragma. */
void cdecl__pragma_operator(struct parser *p, const struct name *name);

/* ---- preproc.c ---- */

extern const struct preprocessor cdecl__preprocessor;

/* ---- cdecl.c: in cdecl.h ---- */

#endif
