/* Functions of higher wings that lower ones call on purpose, each declared here alone.
 * tools/lint-layers has the list with the reasons, and refuses any other call upward.
 */
#ifndef LFFI_HOOKS_H
#define LFFI_HOOKS_H

#include "object/object.h"

struct lffi_loans;

/* ---- of value/ ------------------------------------------------------------------------------- */

/* ct(...): adds __call to the metatable of ctypes on the stack top. */
void lffi_construct_metatable(lua_State *L, struct lffi_state *st);
/* Pushes a constant: Lua integer, boxed integer, float or string. */
void lffi_push_value(lua_State *L, struct lffi_scope *scope, const struct cdecl_value *value);
/* Pushes the value of a constant. */
static inline void lffi_push_constant(lua_State *L, struct lffi_scope *scope,
                                      const struct cdecl_decl *constant)
{
    struct cdecl_value value = cdecl_value_of(constant);
    lffi_push_value(L, scope, &value);
}
void lffi_index_metatable(lua_State *L, struct lffi_state *st); /* __index __newindex __pairs */
void lffi_arith_metatable(lua_State *L, struct lffi_state *st); /* + - ... == < <= .. */

/* ---- of call/ -------------------------------------------------------------------------------- */

/* Calls the function pointer below stack index first, of that address, with the arguments from
 * there on; returns the result count. Raises when it is a callback that was freed. */
int lffi_call_pointer(lua_State *L, struct lffi_ctype *ct, void (*address)(void), int first);
/* Likewise, where values are read in place, of plain arguments behind the pointer, which is the
 * first argument of the running function. -1, with nothing done: look closer. */
int lffi_quick_call_pointer(lua_State *L, const struct lffi_ctype *ct, const void *code);

/* ---- of face/ -------------------------------------------------------------------------------- */

/* The C function of that name, declared in the scope, in place of the library on the stack top
 * (nil: any), or of ffi.C when that lacks it; what frees may be undeclared. False: why it cannot be
 * is pushed. */
bool lffi_push_named_function(lua_State *L, struct lffi_scope *scope, const char *name);

/* ---- of callback/ ---------------------------------------------------------------------------- */

/* Code address for the Lua function at idx as a function of type ct, shared per (function,
 * signature) and kept until ffi.release (S14), or for as long as `loans` say when these are not
 * NULL. */
void *lffi_implicit_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                             struct lffi_loans *loans);
/* Pushes a pointer cdata for a callback with a slot of its own, made of the Lua function at idx; ct
 * is the pointer type. */
void lffi_push_callback(lua_State *L, struct lffi_ctype *ct, int idx);
/* Pushes the method `name` ("free", "set", "close") of a function pointer of type ct, or returns
 * false. */
bool lffi_push_callback_method(lua_State *L, const struct lffi_ctype *ct, const char *name);
/* When the value at idx, with that code address, was made of a callback that was freed: pushes
 * what is to be said of it and returns that. NULL otherwise, with nothing pushed. */
const char *lffi_push_freed_callback(lua_State *L, struct lffi_state *st, int idx,
                                     const void *code);
/* Of two values with one address that is code: false when they are of two callbacks that had the
 * same place, one after the other. */
bool lffi_same_callback(lua_State *L, struct lffi_state *st, int a, int b, const void *code);
/* Turns every callback of the state into a tombstone; run by the state's finaliser. */
void lffi_callback_close(struct lffi_state *st);
/* Reports foreign-thread events and runs signal callbacks; may raise. Called at safe points. */
void lffi_attend(lua_State *L, struct lffi_state *st);
/* Pushes room for so many loans, which end with the C function that runs at the latest. */
struct lffi_loans *lffi_push_loans(lua_State *L, uint32_t room);
void lffi_end_loans(lua_State *L, struct lffi_loans *loans); /* NULL: none */

#endif
