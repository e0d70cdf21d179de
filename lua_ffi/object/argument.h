/* Public functions and methods: how they are registered, and how they check their arguments. */
#ifndef LFFI_ARGUMENT_H
#define LFFI_ARGUMENT_H

#include <limits.h>

#include "object/ctype.h"

/* ---- registration ---------------------------------------------------------------------------- */

enum { LFFI_ANY = INT_MAX }; /* as many arguments as the caller likes */

/* A public function, and how many arguments it takes at most (a method: besides the object). Lists
 * of them end in one without a name. */
struct lffi_public {
    const char *name;
    lua_CFunction function;
    int most;
};

/* The short way of a public function, for the commonest arguments, read in place. All others it
 * hands to lffi_call_general with nothing done, so it raises nothing itself. */
struct lffi_quick {
    const char *name;
    lua_CFunction function;
};

enum {
    LFFI_METHOD = 1, /* its first argument is the object it belongs to */
    LFFI_COUNTED = 2 /* surplus arguments raise */
};

/* A public function is a C closure over (1) the scope of an API table's, the state otherwise, (2)
 * its struct lffi_public, so that an argument error has its name however it was reached (pcall, a
 * local), (3) whether it is a method, (4) the state. */

/* Adds functions to a scope's API table, the table on the stack top. They count their arguments,
 * but not under LuaJIT's rules: LuaJIT ignores surplus ones. */
void lffi_api_add(lua_State *L, struct lffi_scope *scope, const struct lffi_public *functions);
/* Likewise; `quick`: the short ways of some of them, where arguments can be read in place. */
void lffi_api_add_quick(lua_State *L, struct lffi_scope *scope, const struct lffi_public *functions,
                        const struct lffi_quick *quick);
/* Runs the function that has a short way the long one. */
int lffi_call_general(lua_State *L);
/* Adds methods or metamethods to the table on the stack top. */
void lffi_add_functions(lua_State *L, struct lffi_state *st, const struct lffi_public *functions,
                        unsigned how);
/* Pushes one method, of something that belongs to the scope: it counts as the scope's functions do.
 */
void lffi_push_method(lua_State *L, struct lffi_scope *scope, const struct lffi_public *method);

/* ---- errors: only from functions registered so ----------------------------------------------- */

/* Raises "bad argument #1 to 'sizeof' (...)"; `fmt` as for lua_pushfstring. For the object of a
 * method: "calling 'new' on bad self (...)". */
_Noreturn void lffi_arg_error(lua_State *L, int arg, const char *fmt, ...);
/* Raises "X expected, got Y" about the argument: "no value" when it is not there. */
_Noreturn void lffi_expected(lua_State *L, int arg, const char *expected);
/* Raises "no new WHAT after ffi.lock()" when the host has locked this universe. */
void lffi_check_lock(lua_State *L, const struct lffi_state *st, const char *what);
/* How a text that ends in a zero is read, but by ffi.cdef: after the lock bodies make no types. */
unsigned lffi_text_flags(const struct lffi_scope *scope);
/* Raises the rendered parser error at the caller's line, or at that of the text it is in. */
_Noreturn void lffi_parse_error(lua_State *L, const struct cdecl_source *source,
                                const struct cdecl_error *error);
/* text_place.c: pushes "file:line: " of a line of a text, whose literal of several lines stands in
 * the Lua file that calls; false, and nothing is pushed, when it does not. */
bool lffi_push_text_place(lua_State *L, const struct cdecl_source *source, uint32_t line);

/* ---- arguments: each raises an argument error when the value is something else --------------- */

/* No more than `most` arguments, the object of a method included. For functions that are not
 * LFFI_COUNTED because only some of their forms are bounded. */
void lffi_arg_most(lua_State *L, int most);
/* Any value, nil as well. */
void lffi_arg_value(lua_State *L, int arg);
/* A type: ctype, cdata, function of a namespace, or C text. */
struct lffi_ctype *lffi_arg_ctype(lua_State *L, struct lffi_scope *scope, int arg);
/* Likewise, where a nameless struct in a text may be the one that the same text gave before: for
 * values and questions, in loops, without a type for each. */
struct lffi_ctype *lffi_arg_any_ctype(lua_State *L, struct lffi_scope *scope, int arg);
/* Likewise from text with "$" arguments at first_arg .. last_arg of the stack. */
struct lffi_ctype *lffi_parse_ctype(lua_State *L, struct lffi_scope *scope, int text_idx,
                                    int first_arg, int last_arg);
/* Gathers "$" arguments into an array that is a userdata pushed on the stack. */
struct cdecl_arg *lffi_collect_args(lua_State *L, struct lffi_scope *scope, int first, int last);
struct lffi_cdata *lffi_arg_cdata(lua_State *L, struct lffi_scope *scope, int arg);
const char *lffi_arg_string(lua_State *L, int arg, size_t *size);
/* A number of bytes or elements: a non-negative integer, boxed ones included. */
uint64_t lffi_arg_size(lua_State *L, struct lffi_scope *scope, int arg);
/* A table whose keys are all among `names` (ends in NULL). Absent or nil: false. */
bool lffi_arg_options(lua_State *L, int arg, const char *const *names);
/* The index in `names` (ends in NULL) of the string at the stack top, which is argument `arg` or a
 * field of it. */
int lffi_arg_choice(lua_State *L, int arg, const char *const *names);
/* "fit" "strict" "wrap" "saturate" NULL, in the order of enum lffi_policy. */
extern const char *const lffi_policy_names[];

#endif
