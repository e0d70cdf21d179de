/* The call wing: a function type prepared for calls, and C called. */
#ifndef LFFI_CALL_H
#define LFFI_CALL_H

#include "call/abi/abi.h"
#include "value/value.h"

/* ---- plan.c: a function type, prepared for calls --------------------------------------------- */

enum {
    LFFI_PARAM_INDIRECT = 1,    /* AArch64: by address of a copy */
    LFFI_PARAM_FUNCTION = 2,    /* function pointer: a Lua function becomes a callback */
    LFFI_PARAM_STRING = 4,      /* pointer to const char: a Lua string passes as it is */
    LFFI_PARAM_TRANSPARENT = 8, /* transparent_union: takes what a member takes */
    LFFI_PARAM_TEXT = 16,       /* of a callback: Lua gets a string ... */
    LFFI_PARAM_SIZED = 32,      /* ... with a length of its own ... */
    LFFI_PARAM_LENGTH = 64      /* ... that Lua does not get, which is this */
};

struct lffi_param {
    struct lffi_ctype *ct;
    struct lffi_range plain; /* of `op` */
    uint32_t to;             /* pieces == 1: where the whole value lies in the frame */
    uint8_t op;              /* enum lffi_op; an enum's is that of its integer type */
    uint8_t pieces;          /* 0: an empty struct, nothing travels */
    uint8_t first;           /* pieces > 1: index into the plan's pieces */
    uint8_t flags;           /* LFFI_PARAM_* */
};

static inline void lffi_set_op(struct lffi_param *param, enum lffi_op op)
{
    param->op = (uint8_t)op;
    param->plain = lffi_plain[op];
}

/* Everything about calling functions of one type. Immutable; a userdata held by the ctype. */
struct lffi_plan {
    struct lffi_ctype *ct; /* the function type */
    const struct lffi_piece *pieces;
    struct lffi_ctype *const *promoted; /* variadic: types of plain Lua values, LFFI_PROMOTED_* */
    uint32_t nparams;
    uint32_t copies;          /* bytes of copies of indirect arguments */
    struct lffi_assign end;   /* after the last parameter; where variadic ones go on */
    struct lffi_param result; /* offsets are in struct lffi_return */
    uint8_t result_kind;      /* enum lffi_return_kind */
    bool variadic;            /* ", ..." or "()" */
    bool by_libffi;           /* no register path */
    bool general;             /* a call looks at struct lffi_general alone, unless variadic */
    const struct lffi_script *script; /* of calls through pointers, once needed: user value 1 */
    bool scalar_callback; /* Lua's values of all parameters are made without allocating */
    bool plain_result;    /* of a callback: a pointer, or a number in one piece */
    bool in_registers;    /* each parameter and the result is in one, or on the stack */
    struct lffi_param param[];
};

enum {
    LFFI_PROMOTED_INTEGER,
    LFFI_PROMOTED_FLOAT,
    LFFI_PROMOTED_BOOLEAN, /* int */
    LFFI_PROMOTED_STRING,
    LFFI_PROMOTED_POINTER,
    LFFI_PROMOTED_COUNT
};

/* Whether an int and a long long among variadic arguments do not travel alike, as they do in words
 * of 64 bits. */
enum { LFFI_VARIADIC_SIZES = sizeof(void *) < sizeof(int64_t) };

/* The plan, or NULL with the reason pushed as a string. May raise when memory is out. */
const struct lffi_plan *lffi_find_plan(lua_State *L, struct lffi_ctype *ct);

/* The plan of a function type, built on first use. Raises with the reason when it cannot be called.
 */
const struct lffi_plan *lffi_plan_of(lua_State *L, struct lffi_ctype *ct);

/* Assigns result and arguments of a plan once more, for a room of its own: between lffi_abi_begin,
 * and lffi_abi_end, which it does. */
void lffi_assign_again(const struct lffi_plan *plan, struct lffi_assign *assign);

/* ---- call.c, direct.c, function.c ------------------------------------------------------------ */

/* Pushes the Lua function of a C function: of the library whose userdata is at lib_idx, or (0) of
 * one that the pointer at origin_idx leads to, which is kept alive and must not go stale. */
void lffi_push_function(lua_State *L, struct lffi_ctype *ct, const struct cdecl_decl *decl,
                        void (*address)(void), int lib_idx, int origin_idx);
/* Has the Lua function at idx do what the one on the stack top does, which is popped. */
void lffi_rebind_function(lua_State *L, int idx);
/* True while a function of the library runs on any thread for this state, or code that it `holds`,
 * called through a pointer: a callback must not unmap it. Of the resident that is known to itself
 * alone: asked by no guest. */
typedef bool lffi_holds(const struct lffi_library *lib, const void *address);
bool lffi_is_running(const struct lffi_library *lib, lffi_holds *holds);
/* Whether this thread runs Lua as a guest (base/universe.h). */
bool lffi_is_guest(const struct lffi_state *st);
/* The Lua function of any C function; upvalues as above. */
int lffi_call_function(lua_State *L);
/* Calls registers-only functions with plain arguments; all else it hands to lffi_call_function.
 * NULL when functions of this plan cannot be called so. */
lua_CFunction lffi_direct_caller(const struct lffi_record *record);
bool lffi_is_direct_caller(lua_CFunction fn);

/* ---- callee.c -------------------------------------------------------------------------------- */

/* When lffi_leave_c has said so: raises what callbacks of the call have left, runs what waits. */
void lffi_after_call(lua_State *L, struct lffi_state *st, const struct lffi_call *running);

/* ---- byvalue.c ------------------------------------------------------------------------------- */

/* Pushes an object that passes the struct or union at idx by value for "..." (S7). */
void lffi_push_by_value(lua_State *L, int idx);
bool lffi_is_by_value(lua_State *L, int idx);

/* ---- format.c -------------------------------------------------------------------------------- */

/* Of a variadic function, by its attribute or as one of libc's. */
struct lffi_format lffi_format_of(const struct cdecl_decl *decl);
/* Raises when a variadic argument is not what the format reads. The arguments begin at index 1. */
void lffi_check_format(lua_State *L, const struct lffi_record *record, struct lffi_where *where,
                       int nargs);

/* ---- pieces.c -------------------------------------------------------------------------------- */

/* Stores a plain Lua value that is right for the parameter under every policy. False: the general
 * conversion decides. */
bool lffi_store_plain(lua_State *L, const struct lffi_param *param, int idx, unsigned char *slot);
/* Pushes a plain value, or returns false. */
bool lffi_push_plain(lua_State *L, uint8_t op, const unsigned char *slot);
/* Widens the param's integer in the first bytes of a slot to the whole slot, as code compiled by
 * clang expects of small ones. */
void lffi_widen(const struct lffi_param *param, unsigned char *slot);
/* An integer of this kind as it lies in memory, or at the start of a slot; 8 bytes are there. */
int64_t lffi_integer_at(uint8_t op, const void *at);
/* Puts a value together from its pieces, and back. `registers` is what offsets count from, `pieces`
 * what the parameter's `first` does: those of its plan, or of one way. */
void lffi_gather(const struct lffi_piece *pieces, const struct lffi_param *param,
                 const unsigned char *registers, unsigned char *value);
void lffi_scatter(const struct lffi_piece *pieces, const struct lffi_param *param,
                  const unsigned char *value, unsigned char *registers);

/* ---- libffi.c -------------------------------------------------------------------------------- */

/* True when the environment (CFFI_NO_FASTCALL=1) asks for libffi wherever it can do the call. */
bool lffi_prefers_libffi(void);

#endif
