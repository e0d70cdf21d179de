/* One call of C under preparation: outgoing.c stores one argument, variadic.c what stands for
 * "...". */
#ifndef LFFI_OUTGOING_H
#define LFFI_OUTGOING_H

#include "call/call.h"

/* One call under preparation. */
struct outgoing {
    const struct lffi_plan *plan;
    const struct lffi_record *record; /* NULL: a function pointer */
    void (*address)(void);
    int first; /* stack index of the first argument */
    int nargs;
    unsigned char *frame;     /* a struct lffi_frame, perhaps with a longer stack block */
    unsigned char *copies;    /* of indirect arguments */
    unsigned freed;           /* st->callbacks_freed before conversions ran Lua */
    bool recheck;             /* against the format, when all is converted */
    struct lffi_loans *loans; /* of arguments that C does not keep */
    struct lffi_task *task;   /* that another thread is to run; NULL: this one */
    struct lffi_assign assigned;
    struct lffi_where where;
};

/* Where the registers of a result in pieces are put together. */
struct lffi_incoming {
    struct lffi_return ret;
    struct lffi_cdata *object; /* a struct, or what came in memory; on the stack top */
};

/* ---- callee.c: before C is entered, and when it has returned --------------------------------- */

/* Pushes "'abs' (int abs(int))", or "'int (int)'" for a pointer. */
const char *lffi_push_callee(lua_State *L, const struct outgoing *call);
void lffi_set_where(struct outgoing *call, const struct lffi_library *lib);
/* Raises when the library is closed, or what the pointer was is freed. */
void lffi_check_callee(lua_State *L, const struct outgoing *call);
/* Raises about callbacks among the arguments that the conversions of later ones have freed. */
void lffi_check_callbacks(lua_State *L, struct outgoing *call);

/* ---- result.c -------------------------------------------------------------------------------- */

/* Makes the object that a result needs, on the stack top. */
void lffi_prepare_result(lua_State *L, const struct outgoing *call, struct lffi_incoming *in);
int lffi_push_result(lua_State *L, const struct lffi_plan *plan, const struct lffi_incoming *in);

/* ---- outgoing.c ------------------------------------------------------------------------------ */

/* Stores the argument at idx by the general conversion. `pieces`: what the parameter's `first`
 * counts from. */
void lffi_store_general(lua_State *L, struct outgoing *call, const struct lffi_param *param,
                        const struct lffi_piece *pieces, int idx);

/* ---- variadic.c ------------------------------------------------------------------------------ */

/* Stores the argument at idx as C's promotions have it (S7). */
void lffi_store_variadic(lua_State *L, struct outgoing *call, int idx);
/* Bytes of stack, and of copies, that the variadic arguments take at most. */
uint32_t lffi_variadic_room(lua_State *L, const struct outgoing *call, uint32_t *copies);
/* Checks the arguments against the format; says when it must be done once more. */
void lffi_prepare_format(lua_State *L, struct outgoing *call);

#endif
