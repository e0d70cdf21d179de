/* Annotated functions (docs/design.md S24): what a call of one does, decided once, and one such
 * call.
 */
#ifndef LFFI_SCRIPT_H
#define LFFI_SCRIPT_H

#include "call/outgoing.h"

/* Where the value of a parameter comes from. The first ones take the next argument. */
enum lffi_role {
    LFFI_ROLE_PASSED,
    LFFI_ROLE_FLAGS,        /* a number, names, or a list of these */
    LFFI_ROLE_IN,           /* a buffer and, by `length`, how much there is */
    LFFI_ROLE_INOUT,        /* to a word of the call, and back */
    LFFI_ROLE_INOUT_OBJECT, /* to an object of Lua's, and back */
    LFFI_ROLE_CAPACITY,     /* the pointer to a length of out(length) */
    LFFI_ROLE_OUT,          /* a word of the call */
    LFFI_ROLE_OUT_OBJECT,   /* an object of Lua's */
    LFFI_ROLE_BUFFER,       /* out(length) */
    LFFI_ROLE_FILLED,       /* the length of a buffer that goes in */
    LFFI_ROLE_LENGTH        /* the pointer to the length of the result */
};

static inline bool lffi_takes_argument(enum lffi_role role)
{
    return role <= LFFI_ROLE_CAPACITY;
}

enum lffi_answer {
    LFFI_ANSWER_VALUE, /* as without annotations */
    LFFI_ANSWER_NONE,  /* nothing, or a status, or a count */
    LFFI_ANSWER_STRING,
    LFFI_ANSWER_OWNED
};

struct lffi_step {
    const struct lffi_param *param;
    const struct cdecl_param_annotation *says;
    struct lffi_ctype *target; /* of a pointer to what is not const: where values go */
    uint64_t size;             /* of an element of a buffer; 1 for bytes */
    uint32_t length;           /* the parameter with the length, from 0 on */
    uint32_t word;             /* its word of the call */
    uint8_t role;              /* enum lffi_role */
    bool text;                 /* a buffer of bytes: a Lua string comes back */
    bool alone;                /* IN: takes strings as they are, and no other has its length */
    uint8_t op;                /* of `target`, an enum's that of its integer type */
    int object;                /* from 1 on: its place among the objects of the call, 0: none */
    int helper;                /* user value of the script: the function that frees, 0: none */
};

/* A userdata; its user values are the Lua functions that the annotations name, once needed. */
struct lffi_script {
    const struct cdecl_annotation *says; /* NULL: nothing, it only frees what is owned */
    const struct lffi_plan *plan;
    const struct lffi_record *record; /* the function's; NULL for calls through pointers */
    struct lffi_callee callee;        /* of the record, whose own is never open (function.c) */
    void (*free)(void *);             /* of the function's library, frees a string: once known */
    uint64_t mask, fails; /* the bits of the result that count, and what they are of a failure (of
                           * success, for a status) */
    uint64_t tested;      /* the bits that tell failures: `mask`, or none; a call has failed ... */
    bool differs;         /* ... when whether they differ from `fails` is this */
    uint32_t nsteps, nwords;
    uint32_t first_out;             /* the first step with ROLE_OUT */
    const struct lffi_step *buffer; /* the last with ROLE_BUFFER */
    int nobjects, npassed, nrequired;
    lua_CFunction caller;          /* its short way of quick.c, which serves no other script */
    uint8_t few;                   /* with few.c's in front: how many arguments */
    uint8_t answer;                /* enum lffi_answer */
    bool counts;                   /* the result counts the elements of buffers */
    bool releases;                 /* arguments that it owns are not to be freed again */
    bool plain;                    /* of the parameters all are just passed */
    int message, helper, nhelpers; /* user values: of a status; that frees the result */
    struct lffi_step step[];
};

/* Where the result says nothing of failures no bit is looked at. */
static inline bool lffi_has_failed(const struct lffi_script *script, uint64_t word)
{
    bool differs = ((word ^ script->fails) & script->tested) != 0;
    return differs == script->differs;
}

enum { LFFI_FEW_WORDS = 8 };

/* One call. */
struct lffi_annotated {
    struct outgoing out;
    const struct lffi_script *script;
    int base;   /* below the objects */
    int result; /* index of an owned result, 0: none */
    uint64_t *words;
};

/* ---- script.c -------------------------------------------------------------------------------- */

/* Pushes the script of a function type, or of a function that frees; raises when there can be none.
 * `name` is for errors. */
struct lffi_script *lffi_push_script(lua_State *L, const struct lffi_plan *plan, const char *name,
                                     bool releases);
/* That of calls through pointers to functions of an annotated type. */
const struct lffi_script *lffi_script_of(lua_State *L, const struct lffi_plan *plan);
/* Pushes the function that a user value of the script stands for, looked up when it is first needed
 * in the library at index 3 of the running function, or (a pointer) in the scope's. */
void lffi_push_helper(lua_State *L, const struct lffi_annotated *call, int helper,
                      const char *name);

/* ---- annotated.c ----------------------------------------------------------------------------- */

int lffi_call_annotated(lua_State *L);
/* Takes back the duty to free what this call frees. */
void lffi_release_arguments(lua_State *L, const struct lffi_annotated *call);
int lffi_call_annotated_pointer(lua_State *L, const struct outgoing *out);

/* ---- quick.c --------------------------------------------------------------------------------- */

/* The short way of an annotated function; NULL when there is none. */
lua_CFunction lffi_quick_caller(const struct lffi_record *record);
/* That of any arguments in the first three general registers, and a result that is a word. */
int lffi_call_annotated_words(lua_State *L);

/* ---- few.c ----------------------------------------------------------------------------------- */

/* A shorter one still, where there is one. */
lua_CFunction lffi_few_caller(const struct lffi_record *record);

/* ---- ingoing.c: what is passed --------------------------------------------------------------- */

/* A value of `size` bytes lies at the start of its place of 64 bits: where the most significant
 * byte comes first, those are not the low ones of the word. */
static inline uint64_t lffi_of_place(uint64_t word, uint64_t size)
{
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && size > 0 && size < sizeof word)
        word >>= 64 - 8 * size;
    return word;
}
static inline uint64_t lffi_to_place(uint64_t value, uint64_t size)
{
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && size > 0 && size < sizeof value)
        value <<= 64 - 8 * size;
    return value;
}

/* Stores all arguments into the frame. */
void lffi_store_annotated(lua_State *L, struct lffi_annotated *call);
/* What one of them is by now. */
static inline uint64_t lffi_slot_word(const struct outgoing *out, const struct lffi_param *param)
{
    uint64_t word;
    memcpy(&word, out->frame + param->to, sizeof word);
    return lffi_of_place(word, param->ct->size);
}

/* Elements that the buffer of a step has room for, or that C says it has used. */
int64_t lffi_length_of(const struct lffi_annotated *call, const struct lffi_step *step);

/* ---- comeback.c: what comes back ------------------------------------------------------------- */

/* Makes what a result needs before C runs: what owns it. */
void lffi_prepare_answer(lua_State *L, struct lffi_annotated *call);
/* Right after C has returned, when nothing may raise yet: gives an owner what it owns. */
void lffi_own_answer(lua_State *L, const struct lffi_annotated *call,
                     const struct lffi_return *ret);
/* Pushes a pointer that will own the result: NULL so far. */
struct lffi_cdata *lffi_push_result_owner(lua_State *L, const struct lffi_annotated *call);
/* Copies a text of C's, which may fail, so that it is freed all the same. Returns Lua's status. */
int lffi_copy_text(lua_State *L, const char *text);
/* Parts of it: nil, message and code of a result; the result as a string; a count that is none. */
int lffi_push_failure(lua_State *L, const struct lffi_annotated *call, uint64_t word);
void lffi_push_string(lua_State *L, const struct lffi_annotated *call, const char *text);
_Noreturn void lffi_bad_count(lua_State *L, const struct lffi_annotated *call, int64_t count,
                              const struct lffi_step *step, int64_t room);
/* Pushes the results; returns how many. */
int lffi_push_answer(lua_State *L, struct lffi_annotated *call, const struct lffi_incoming *in);

#endif
