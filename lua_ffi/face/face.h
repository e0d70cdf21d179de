/* The face wing: the functions and libraries that users see. First the parts of the API table, then
 * libraries and the tables of namespace.c. */
#ifndef LFFI_FACE_H
#define LFFI_FACE_H

#include "base/elfsym.h"
#include "callback/callback.h"
#include "object/argument.h"

/* scope.c: "fit" "strict" "wrap" "saturate" NULL, in the order of enum lffi_policy. */
extern const char *const lffi_policy_names[];

/* The parts of the API table, each adding its functions to the table on the stack top. */
void lffi_api_types(lua_State *L, struct lffi_scope *scope);  /* types.c */
void lffi_api_values(lua_State *L, struct lffi_scope *scope); /* values.c */
void lffi_api_memory(lua_State *L, struct lffi_scope *scope); /* memory.c */
void lffi_api_scope(lua_State *L, struct lffi_scope *scope);  /* scope.c */
void lffi_api_arena(lua_State *L, struct lffi_scope *scope);  /* arena.c */
void lffi_api_reflect(lua_State *L, struct lffi_scope *scope); /* reflect.c */
void lffi_api_symbols(lua_State *L, struct lffi_scope *scope); /* symbols.c */

/* symbols.c: true when the value at pattern_idx is nil or a pattern that the name matches. */
bool lffi_name_matches(lua_State *L, int pattern_idx, const char *name);
/* namespace.c: forgets what the namespaces of a scope have fetched, after declarations were
 * replaced. */
void lffi_namespaces_flush(lua_State *L, struct lffi_scope *scope);
/* namespace.c: pushes a pointer to the variable or function `name` of the namespace at `lib_idx`.
 */
void lffi_push_symbol_address(lua_State *L, struct lffi_scope *scope, int lib_idx, int name_idx);
/* namespace.c: whether the value at idx is a namespace made by ffi.load, or ffi.C. */
bool lffi_is_namespace(lua_State *L, int idx);

/* ---- library.c: libraries -------------------------------------------------------------------- */

/* Address of a symbol of an open library, or NULL. */
void *lffi_library_symbol(lua_State *L, const struct lffi_library *lib, const char *symbol);
/* Raises "undefined symbol 'x' in PATH (did you mean 'y'?)". */
_Noreturn void lffi_undefined_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol);
/* What the library's own tables call the symbol; "other" when they do not have it. */
enum lffi_symbol_kind lffi_library_kind_of(const struct lffi_library *lib, const char *name);
/* True for ffi.C, which is the process itself. */
bool lffi_library_is_default(const struct lffi_library *lib);
/* True when the code or data at `address` is the library's. */
bool lffi_library_holds(const struct lffi_library *lib, const void *address);
/* The loaded files that the library's symbols come from: its own, for ffi.C all; none when it is
 * closed or the system does not tell. */
struct lffi_files lffi_library_files(const struct lffi_library *lib);
/* Raises "library 'PATH' is closed". */
void lffi_library_check_open(lua_State *L, const struct lffi_library *lib);
/* Unmaps a library; false when it was closed before. */
bool lffi_library_close(struct lffi_library *lib);

/* ---- namespace.c: the tables ----------------------------------------------------------------- */

/* Pushes a new namespace table for the library at lib_idx. */
void lffi_push_namespace(lua_State *L, struct lffi_scope *scope, int lib_idx);
/* The library of the namespace at idx, pushed; pushes nothing and returns NULL when it is none. */
struct lffi_library *lffi_push_library_of(lua_State *L, int idx);
/* Closes the library and empties its namespace, the table at idx. */
void lffi_close_namespace(lua_State *L, struct lffi_library *lib, int idx);

/* ---- library.c, api.c ------------------------------------------------------------------------ */

/* Adds load, close, C to the API table on the stack top (upvalue: scope). */
void lffi_clib_api(lua_State *L, struct lffi_scope *scope);
/* Pushes the API table of a scope (cdef, new, typeof, ...), creating it on first use. */
void lffi_push_api(lua_State *L, struct lffi_scope *scope);

#endif
