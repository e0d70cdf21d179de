/* cdecl: C declaration text in, types with layouts out. The only public header of the library.
 *
 * It knows nothing of Lua and nothing of libffi; it depends on libc alone. One `struct cdecl_state`
 * is one scope: it owns every type, name and declaration made in it, in an arena whose addresses
 * never move. Types are immutable once published and hash-consed: inside one state the same type is
 * the same pointer. The one permitted change is a tag going from incomplete to complete.
 *
 * No function here raises, exits or longjmps to its caller; failures are `false` or NULL plus a
 * `struct cdecl_error`. Not thread-safe: one state, one thread at a time.
 */
#ifndef CDECL_H
#define CDECL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a type is. Which fields of `struct cdecl_type` hold what:
 *
 *   kind       size align | prim bits | target  count      params ... | tag
 *   VOID BOOL INT FLOAT COMPLEX
 *              yes  yes   | yes  yes  |                               |
 *   ENUM       by tag     |           |                               | yes
 *   POINTER    yes  yes   |           | pointee                       |
 *   ARRAY      yes  yes   |           | element elements              |
 *   VECTOR     yes  yes   |           | element elements              |
 *   FUNCTION   0    1     |           | result             yes        |
 *   STRUCT UNION by tag   |           |                               | yes
 */
enum cdecl_kind {
    CDECL_VOID,
    CDECL_BOOL,
    CDECL_INT, /* every integer type, `char` and _BitInt included; not bool, not enums */
    CDECL_FLOAT,
    CDECL_COMPLEX,
    CDECL_ENUM,
    CDECL_POINTER,
    CDECL_ARRAY,
    CDECL_VECTOR,
    CDECL_FUNCTION,
    CDECL_STRUCT,
    CDECL_UNION
};

enum cdecl_prim {
#define PRIM(id, spelling, class, size, align, is_signed, bits) CDECL_PRIM_##id,
#include "prims.def"
#undef PRIM
    CDECL_PRIM_COUNT
};

/* Why something cannot be used or called; cdecl_refusal_text() says it. */
enum cdecl_refusal {
    CDECL_USABLE,       /* nothing speaks against it */
    CDECL_NOT_EXPORTED, /* static: no library has it */
    CDECL_NO_INT128,    /* of the machine, or of the compiler that built this */
    CDECL_NO_FLOAT128,
#define CONVENTION(name) CDECL_REFUSED_##name,
#define REFUSE(name) CDECL_REFUSED_##name,
#include "attrs.def"
    CDECL_REFUSAL_COUNT
};

/* Qualifier bits of `struct cdecl_type.quals`. */
enum { CDECL_CONST = 1, CDECL_VOLATILE = 2, CDECL_RESTRICT = 4, CDECL_ATOMIC = 8 };

/* `count` of an array whose length is not a number. */
#define CDECL_COUNT_UNKNOWN UINT64_MAX   /* T a[]: incomplete, or a flexible member */
#define CDECL_COUNT_VLA (UINT64_MAX - 1) /* T a[?]: length given when an object is made */

struct cdecl_type {
    uint8_t kind;      /* enum cdecl_kind */
    uint8_t quals;     /* CDECL_CONST ... */
    uint8_t prim;      /* enum cdecl_prim; for BOOL, INT, FLOAT, COMPLEX, VOID */
    uint8_t is_signed; /* integers: signed; `char` as the platform has it */
    uint8_t variadic;  /* functions: ends in ", ..." */
    uint8_t no_proto;  /* functions: declared with "()" */
    uint8_t refusal;   /* enum cdecl_refusal: why values cannot be used or called */
    uint8_t annotated; /* functions: cdecl_annotation_of() has something to say */
    uint16_t bits;     /* integers: value and sign bits (1 for bool, N for _BitInt(N)) */
    uint16_t depth; /* nesting of this type, at most CDECL_MAX_DEPTH, to where a pointer leads to a
                     * named tag: bounds every walker that stops there */
    uint32_t align; /* bytes; ENUM, STRUCT, UNION: use cdecl_alignof() */
    uint32_t nparams; /* functions */
    uint32_t hash;    /* of the parser's own table */
    uint64_t size;    /* bytes; ENUM, STRUCT, UNION: use cdecl_sizeof() */
    union {
        uint64_t count;                         /* ARRAY, VECTOR: elements, or CDECL_COUNT_* */
        const struct cdecl_type *const *params; /* functions: adjusted parameter types */
    };
    const struct cdecl_type *unqual; /* the same type without qualifiers and alignment attribute */
    const struct cdecl_type *target; /* pointee, element, function result */
    struct cdecl_tag *tag;           /* STRUCT, UNION, ENUM */
    void *user;                      /* the embedder's slot, through cdecl_user() */
};

/* A member of a struct or union, in declaration order. A member without a name is an anonymous
 * struct or union (its members are found through it) or an unnamed bit-field (padding). */
struct cdecl_member {
    const char *name; /* interned, NULL when unnamed */
    const struct cdecl_type *type;
    uint64_t offset;    /* bytes from the start; for a bit-field the byte of its first bit */
    uint32_t alignment; /* explicit aligned/_Alignas, 0 when none */
    uint8_t bit;        /* bit-fields: first bit within that byte, counted as memory order goes */
    uint8_t width;      /* bit-fields: bits, 0 for ":0"; CDECL_NOT_BITFIELD otherwise */
    bool packed;        /* explicit packed on the member */
};
#define CDECL_NOT_BITFIELD 255

/* The body shared by every qualified variant of one struct, union or enum. */
struct cdecl_tag {
    uint8_t kind;     /* CDECL_STRUCT, CDECL_UNION, CDECL_ENUM */
    bool complete;    /* the one field group that changes after publication */
    bool packed;      /* as declared, for printing */
    bool transparent; /* __attribute__((transparent_union)) */
    bool flexible;    /* last member is T[], T[?] or a struct ending so */
    bool vla;         /* last member is T[?]: size given at creation */
    bool fixed;       /* a member, or a part of one, is const: no whole value is assigned */
    bool predeclared; /* no text has its body, but POSIX (S20): to be completed, or completed so */
    uint8_t refusal;  /* enum cdecl_refusal: its layout is not the one we would give it */
    bool named;       /* some member's type was written as a typedef: cdecl_print_member knows */
    uint32_t id;      /* distinguishes nameless tags within a state */
    uint32_t align;
    uint32_t pack;       /* #pragma pack in force, 0 when none; for printing */
    uint32_t alignment;  /* explicit aligned/_Alignas on the whole, 0 when none; for printing */
    uint32_t nmembers;   /* STRUCT, UNION */
    uint32_t nconstants; /* ENUM: enumerators; STRUCT: its static constants */
    uint32_t line;       /* of the body, or of the first mention; 1-based, 0: predeclared */
    const char *file;    /* likewise, as of a declaration */
    uint64_t size;
    const char *name;                /* NULL when anonymous */
    const char *typedef_name;        /* first typedef of an anonymous one, NULL when none */
    uint32_t typedef_align;          /* `align` of the type that this typedef names */
    const struct cdecl_type *type;   /* the unqualified type of this tag */
    const struct cdecl_state *state; /* the scope it belongs to */
    union {
        const struct cdecl_member *members;  /* STRUCT, UNION */
        const struct cdecl_type *underlying; /* ENUM; NULL while it is not known */
    };
    const struct cdecl_decl *const *constants;
    const struct cdecl_tag *next; /* in the order of creation; use cdecl_next_tag() */
};

/* The widest floating type, of which the values of all others are. */
#ifdef __SIZEOF_FLOAT128__
typedef __float128 cdecl_real;
#else
typedef long double cdecl_real;
#endif
/* Where it has more digits than long double, and there are integers of its size: the text of
 * printf's %.<digits>g, correctly rounded. CDECL_QUAD_DIGITS tell any two values apart. */
#if defined __SIZEOF_FLOAT128__ && defined __SIZEOF_INT128__
#define CDECL_QUAD 1
enum { CDECL_QUAD_DIGITS = 36 };
void cdecl_print_quad(char *text, size_t size, cdecl_real value, int digits);
#endif

enum cdecl_value_kind { CDECL_VALUE_NONE, CDECL_VALUE_INT, CDECL_VALUE_FLOAT, CDECL_VALUE_STRING };

/* A constant. Integers are two's complement in `u`, to be read as signed when the type is. */
struct cdecl_value {
    enum cdecl_value_kind kind;
    const struct cdecl_type *type; /* of the expression; element type for strings is type->target */
    union {
        uint64_t u;   /* INT */
        cdecl_real f; /* FLOAT */
        struct {
            const char *s; /* STRING: bytes in the execution character set, owned by the state */
            size_t size;   /* STRING: bytes, without the terminating zero */
        };
    };
};

enum cdecl_attr_id {
    CDECL_ATTR_NONNULL,    /* ints: 1-based parameters, none: all pointers */
    CDECL_ATTR_FORMAT,     /* text: archetype ("printf"), ints: format index, first argument */
    CDECL_ATTR_DEPRECATED, /* text: message or NULL */
    CDECL_ATTR_NORETURN,
    CDECL_ATTR_MALLOC,
    CDECL_ATTR_RETURNS_NONNULL,
    CDECL_ATTR_WARN_UNUSED_RESULT,
    CDECL_ATTR_VISIBILITY, /* text */
    CDECL_ATTR_CALLCONV,   /* text: "cdecl", "stdcall", ... */
    CDECL_ATTR_NOESCAPE    /* on parameters; also [[cffi::noescape]] */
};

struct cdecl_attr {
    const struct cdecl_attr *next;
    enum cdecl_attr_id id;
    uint32_t nints;
    const char *name; /* as written, without underscores around it */
    const char *text;
    const int64_t *ints;
};

/* How a function is called from Lua, as [[cffi::...]] says (docs/design.md S24): a part of its
 * type, that makes no type another one. Places of parameters are counted from 1, 0 is none. */
enum cdecl_passing { CDECL_PASS, CDECL_PASS_IN, CDECL_PASS_OUT, CDECL_PASS_INOUT };
enum cdecl_failure { CDECL_NO_FAILURE, CDECL_FAILURE_ERRNO, CDECL_FAILURE_STATUS };

struct cdecl_param_annotation {
    uint8_t passing;                /* enum cdecl_passing */
    bool string;                    /* what comes back, or reaches a callback, is text */
    bool nullable, scoped;          /* nullable: of `in` */
    bool optional;                  /* there is a `value` for when it is left out */
    uint32_t length;                /* the parameter with the length of the buffer or string */
    const char *length_name;        /* its name */
    const char *owned;              /* the function that frees what comes back */
    const struct cdecl_type *flags; /* an enum */
    const struct cdecl_type *array; /* what comes back, when the parameter was declared so */
    struct cdecl_value value;       /* NONE: a null pointer */
};

struct cdecl_annotation {
    uint8_t failure;          /* enum cdecl_failure */
    bool string, count;       /* of the result */
    uint32_t length;          /* string: the parameter with its length */
    const char *length_name;  /* its name */
    const char *freed_by;     /* string: the function that frees it */
    const char *owned;        /* the function that frees the result */
    const char *message;      /* STATUS: the function that has the texts, or "strerror" */
    struct cdecl_value value; /* ERRNO: of a failure, NONE: the usual one; STATUS: of success */
    struct cdecl_param_annotation param[];
};

/* What is known of one parameter of one declaration (not part of the function's type), and what is
 * so of few. */
struct cdecl_param {
    const char *name; /* NULL when not named */
    const char *base; /* the typedef its declaration began with, NULL when none: for printing */
    const struct cdecl_param_more *more; /* NULL: none of it */
};
struct cdecl_param_more {
    const struct cdecl_param *params; /* of the function that it points to, or NULL */
    const struct cdecl_attr *attrs;
    uint64_t count; /* elements, when it was declared as an array of so many; 0: it was not */
};

static inline const struct cdecl_attr *cdecl_param_attrs(const struct cdecl_param *param)
{
    return param->more != NULL ? param->more->attrs : NULL;
}

enum cdecl_decl_kind {
    CDECL_DECL_TYPEDEF,
    CDECL_DECL_FUNCTION,
    CDECL_DECL_VARIABLE,
    CDECL_DECL_CONSTANT, /* enumerator, static const/constexpr with a constant value */
    CDECL_DECL_MACRO     /* #define; of object-like ones the value by cdecl_macro_value() */
};

/* A name of the ordinary name space, or a macro. Which alternatives of the union hold what:
 * FUNCTION, VARIABLE, TYPEDEF: symbol and params; CONSTANT: cdecl_value_of(); MACRO: text
 * and parameters. */
struct cdecl_decl {
    uint8_t kind;                  /* enum cdecl_decl_kind */
    bool thread_local;             /* variables */
    uint8_t refusal;               /* enum cdecl_refusal: why it cannot be used */
    uint32_t line;                 /* 1-based; of the first declaration; 0: predeclared */
    const char *file;              /* from a line marker or the source's name; NULL when neither */
    const char *name;              /* interned */
    const struct cdecl_type *type; /* NULL for macros */
    const struct cdecl_attr *attrs;
    const char *base; /* the typedef its declaration began with, NULL when none: for printing */
    union {
        struct {
            const char *symbol;               /* asm label, or `name` */
            const struct cdecl_param *params; /* of the function that `type` is or points to: its
                                               * nparams entries, or NULL */
        };
        struct {
            uint64_t u; /* constants: integers of the declared type, when `value` is NULL */
            const struct cdecl_value *value; /* all other constants; see cdecl_value_of() */
        };
        struct {
            const char *text;       /* macros: replacement text */
            const char *parameters; /* function-like ones: "(a, b)"; NULL: object-like */
        };
    };
    const struct cdecl_decl *next; /* in the order of declaration; use cdecl_next() */
};

/* Where and why a text was refused. `cdecl_error_text` renders it. */
struct cdecl_error {
    uint32_t line;   /* 1-based, after line markers; 0 when there is no position */
    uint32_t column; /* 1-based, in bytes */
    char file[128];
    char message[512];
    char source[256];       /* the source line, cut to a window around the column when long */
    uint32_t source_column; /* caret position in `source`, 1-based */
    uint32_t surplus;       /* 1-based: the first argument that no "$" takes, 0 for other errors */
    bool out_of_memory;
    bool conflict; /* with a declaration of an earlier text */
    bool body;     /* of a type, where CDECL_NO_BODIES allows none */
};

/* An argument for "$" in a text. */
struct cdecl_arg {
    enum { CDECL_ARG_TYPE, CDECL_ARG_NAME, CDECL_ARG_INT } kind;
    const struct cdecl_type *type;
    const char *name;
    size_t name_size;
    int64_t integer;
};

/* A macro for the time of one text. */
struct cdecl_define {
    const char *name;
    const char *text; /* replacement, "1" when NULL */
};

/* How a text is read; flags of `struct cdecl_source`. */
enum {
    CDECL_OVERRIDE = 1, /* functions, variables, typedefs and macros may be replaced */
    /* LuaJIT's rules: differing re-declarations are ignored, names of members and parameters may be
     * repeated, a type name may complete a tag, an array length may be a float. */
    CDECL_KEEP_FIRST = 2,
    CDECL_SINGLE_TYPE = 4, /* internal: set by cdecl_parse_type */
    CDECL_UNBOUND = 8,     /* internal: set by cdecl_parse_unbound */
    CDECL_TERMINATED = 16, /* text[size] is a zero byte: the text need not be copied */
    CDECL_KEEP_TAGS = 32,  /* with CDECL_OVERRIDE: structs, unions and enums must agree */
    CDECL_NO_BODIES = 64   /* structs, unions and enums are named only: no type of them is made */
};

struct cdecl_source {
    const char *text;
    size_t size;
    const char *name; /* shown in errors, NULL for none */
    unsigned flags;
    const struct cdecl_arg *args;
    size_t nargs;
    const struct cdecl_define *defines;
    size_t ndefines;
};

/* Memory comes from `resize(user, block, old size, new size)`: Lua's lua_Alloc contract. */
struct cdecl_allocator {
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user;
};

/* Creates a scope with the predeclared names (docs/design.md S20). `allocator` may
 * be NULL for malloc. NULL when memory is out. Freed by cdecl_free, with all types and names in it.
 */
struct cdecl_state *cdecl_new(const struct cdecl_allocator *allocator);
void cdecl_free(struct cdecl_state *state);

/* Bytes of arena memory in use. */
size_t cdecl_memory(const struct cdecl_state *state);

/* How often a macro has got another meaning, or none: whoever keeps values of macros compares. */
size_t cdecl_macros_replaced(const struct cdecl_state *state);

/* Reads declarations. All of the text is declared or, on `false`, none of it and nothing changed.
 */
bool cdecl_parse(struct cdecl_state *state, const struct cdecl_source *source,
                 struct cdecl_error *error);

/* Reads declarations and returns them, linked by `next`; their names have a meaning to the end of
 * the text only: the scope finds no name more than before. Tags and types are made as usual. NULL
 * with `error` filled on failure, or when the text declares no name. */
const struct cdecl_decl *cdecl_parse_unbound(struct cdecl_state *state,
                                             const struct cdecl_source *source,
                                             struct cdecl_error *error);

/* Reads one type name ("int (*)(void)", "struct tm", "struct { int x; }"). It may build anonymous
 * types; it neither declares nor implicitly introduces a tag. NULL with `error` filled on failure.
 */
const struct cdecl_type *cdecl_parse_type(struct cdecl_state *state,
                                          const struct cdecl_source *source,
                                          struct cdecl_error *error);

/* Evaluates a constant expression with the scope's names. */
bool cdecl_eval(struct cdecl_state *state, const struct cdecl_source *source,
                struct cdecl_value *value, struct cdecl_error *error);

/* Finds an ordinary name or, when there is none, a macro. NULL when neither is known. */
const struct cdecl_decl *cdecl_find(const struct cdecl_state *state, const char *name, size_t size);

/* The value of a constant. */
struct cdecl_value cdecl_value_of(const struct cdecl_decl *constant);

/* Finds a tag. NULL when not known. */
const struct cdecl_type *cdecl_find_tag(const struct cdecl_state *state, const char *name,
                                        size_t size);

/* Evaluates a macro on first use; `false` with the reason when it is no constant. */
bool cdecl_macro_value(struct cdecl_state *state, const struct cdecl_decl *macro,
                       struct cdecl_value *value, struct cdecl_error *error);

/* The declarations in the order they were made: `previous` NULL starts, NULL ends. Tags likewise.
 */
const struct cdecl_decl *cdecl_next(const struct cdecl_state *state,
                                    const struct cdecl_decl *previous);
const struct cdecl_tag *cdecl_next_tag(const struct cdecl_state *state,
                                       const struct cdecl_tag *previous);
/* The i-th type of POSIX, sorted, that every scope knows when it is first named; NULL after the
 * last: typedefs, and tags of structs. */
const char *cdecl_known_typedef(size_t i);
const char *cdecl_known_tag(size_t i);

/* The known name closest to `name` (ordinary names, or tags), for "did you mean"; NULL when none is
 * near. */
enum cdecl_space { CDECL_SPACE_VALUES, CDECL_SPACE_TYPES, CDECL_SPACE_TAGS };
const char *cdecl_suggest(const struct cdecl_state *state, enum cdecl_space space, const char *name,
                          size_t size);
/* Likewise among the members of a struct or union, anonymous ones included. */
const char *cdecl_suggest_member(const struct cdecl_type *type, const char *name, size_t size);
/* Likewise among any names, one after the other: `limit` - 1 letters of the next may differ from
 * the name (0: such names get no suggestion). */
enum { CDECL_NEAR_LONGEST = 64 }; /* longer names nobody reads; a bit is one letter */
struct cdecl_near {
    size_t size;
    size_t limit;
    uint64_t where[256]; /* for each letter, the places where the name has it */
};
void cdecl_near_start(struct cdecl_near *near, const char *name, size_t size);
/* Whether fewer letters than the limit differ, but some. Then the limit becomes their number, so
 * that the next candidate must do better. */
bool cdecl_near_take(struct cdecl_near *near, const char *candidate);

/* A member by name, searched through anonymous members. `*offset` gets its byte offset from the
 * start of `type`; qualifiers of enclosing anonymous members are not applied. NULL when there is
 * none. */
const struct cdecl_member *cdecl_find_member(const struct cdecl_type *type, const char *name,
                                             size_t size, uint64_t *offset);

/* Constructors. Each returns the one type of that shape in the state; NULL when memory is out or
 * the size would be too large (then `error` says which). */
const struct cdecl_type *cdecl_basic(struct cdecl_state *state, enum cdecl_prim prim);
const struct cdecl_type *cdecl_pointer_to(struct cdecl_state *state,
                                          const struct cdecl_type *target,
                                          struct cdecl_error *error);
const struct cdecl_type *cdecl_array_of(struct cdecl_state *state, const struct cdecl_type *element,
                                        uint64_t count, struct cdecl_error *error);
const struct cdecl_type *cdecl_qualified(struct cdecl_state *state, const struct cdecl_type *type,
                                         unsigned quals, struct cdecl_error *error);

/* Size and alignment in bytes. Incomplete types, functions and void have size 0: ask
 * cdecl_is_complete first. T[?] and structs ending so report the size of their fixed part. */
uint64_t cdecl_sizeof(const struct cdecl_type *type);
uint32_t cdecl_alignof(const struct cdecl_type *type);
bool cdecl_is_complete(const struct cdecl_type *type);

/* Whether the type is complete, after completing a structure of POSIX that no text has (S20). False
 * also when memory is out. */
bool cdecl_complete(const struct cdecl_type *type);

/* C11 6.2.7 compatibility. Types of different states are compared by structure. */
bool cdecl_compatible(const struct cdecl_type *a, const struct cdecl_type *b);

/* The same, but "()" goes with "()" alone: no chain of such types leads from one list of parameters
 * to another. */
bool cdecl_compatible_prototypes(const struct cdecl_type *a, const struct cdecl_type *b);

/* "__attribute__((ms_abi)) is not supported"; NULL for CDECL_USABLE. */
const char *cdecl_refusal_text(enum cdecl_refusal refusal);

/* Writes the type as C, declaring `name` when not NULL. Returns the length needed without the
 * terminating zero, as snprintf does. */
size_t cdecl_print(const struct cdecl_type *type, const char *name, char *buffer, size_t size);
/* Writes a whole declaration without the final semicolon, as it was written: with the names of
 * parameters and of typedefs, as far as these mean what they meant. */
size_t cdecl_print_decl(const struct cdecl_decl *decl, char *buffer, size_t size);
/* The same for a member of a struct or union, without its width. */
size_t cdecl_print_member(const struct cdecl_tag *tag, const struct cdecl_member *m, char *buffer,
                          size_t size);
/* The typedef that a member's declaration began with; NULL when none did, or one that its type goes
 * by anyway. They stand before the members, the first one's last. */
static inline const char *cdecl_member_typedef(const struct cdecl_tag *tag,
                                               const struct cdecl_member *m)
{
    return tag->named ? ((const char *const *)(const void *)tag->members)[tag->members - m - 1]
                      : NULL;
}

/* "file:line:col: message\n  source line\n  ^". As snprintf. */
size_t cdecl_error_text(const struct cdecl_error *error, char *buffer, size_t size);

/* What is said of calls of a function type, NULL: nothing. */
static inline const struct cdecl_annotation *cdecl_annotation_of(const struct cdecl_type *type)
{
    return type->annotated
               ? (const struct cdecl_annotation *)(const void *)type->params[type->nparams]
               : NULL;
}

/* The attributes of the function, or (from 1 on) of one of its parameters, as C text without
 * brackets: "out, owned(fclose)". As snprintf. */
size_t cdecl_print_annotation(const struct cdecl_type *function, uint32_t param, char *buffer,
                              size_t size);

/* Adds attributes to the declaration of a function after the fact, all or none: each text is what
 * stands within the brackets, of the function or (from 1 on) of a parameter. `which`: the one that
 * was refused. NULL with `error` filled on failure. */
struct cdecl_remark {
    const char *text;
    size_t size;
    uint32_t param;
};
const struct cdecl_decl *cdecl_annotate(struct cdecl_state *state, const struct cdecl_decl *decl,
                                        const struct cdecl_remark *remarks, size_t count,
                                        size_t *which, struct cdecl_error *error);

/* Whether a function of this name, interned, frees what others own. */
bool cdecl_is_releaser(const struct cdecl_state *state, const char *name);
/* Another number after each change to declarations that are annotated. */
uint32_t cdecl_annotations(const struct cdecl_state *state);

/* The embedder's slot: the only writable part of published types. */
void **cdecl_user(const struct cdecl_type *type);

#endif
