/* Libraries as clib.c opens them, and the tables of namespace.c through which scripts use them. */
#ifndef LFFI_NAMESPACE_H
#define LFFI_NAMESPACE_H

#include "elfsym.h"
#include "lffi.h"

/* ---- clib.c: libraries ----------------------------------------------------------------------- */

/* Address of a symbol of an open library, or NULL. */
void *lffi_library_symbol(lua_State *L, const struct lffi_library *lib, const char *symbol);
/* Raises "undefined symbol 'x' in PATH (did you mean 'y'?)". */
_Noreturn void lffi_undefined_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol);
/* What the library's own tables call the symbol; "other" when they do not have it. */
enum lffi_symbol_kind lffi_library_kind_of(const struct lffi_library *lib, const char *name);
struct link_map;
/* The loaded files that the library's symbols come from, one after the other: its own, for ffi.C
 * all. `map` NULL starts, NULL ends, or says that the system does not tell. */
const struct link_map *lffi_library_next_map(const struct lffi_library *lib,
                                             const struct link_map *map);
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

#endif
