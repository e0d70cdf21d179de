/* Libraries: files and what a program registers, how they are found, and their symbols. */
#ifndef LFFI_LIBRARY_H
#define LFFI_LIBRARY_H

#include "base/elfsym.h"
#include "object/record.h"

/* ---- library.c: libraries -------------------------------------------------------------------- */

/* Keeps the module mapped when Lua lets go of it: C may still call callbacks. */
void lffi_library_pin(void);
/* Pushes a closed library without a handle. */
struct lffi_library *lffi_push_library(lua_State *L, struct lffi_scope *scope);
/* Pushes ffi.C's: the process itself, open for ever. */
struct lffi_library *lffi_push_default_library(lua_State *L, struct lffi_scope *scope);
/* Gives the library at lib_idx its path, for errors: the string at the stack top, which is popped.
 */
void lffi_library_set_path(lua_State *L, struct lffi_library *lib, int lib_idx);
/* Only for libraries loaded with {unload = true}; all others stay mapped. */
void lffi_unload_when_collected(lua_State *L, int lib_idx);
/* The flag of dlopen that <dlfcn.h> spells so after "RTLD_", in small letters; -1: none. */
int lffi_library_flag(const char *name, size_t size);
/* Opens exactly this name. False: why it cannot be is pushed. Raises what callbacks raise that its
 * constructors call. */
bool lffi_library_open(lua_State *L, struct lffi_library *lib, const char *name, int flags);
/* True when the message of a failed opening says that this program cannot load files at all. */
bool lffi_library_cannot_open(const char *message);
/* The file of an open library; "" when the system does not tell. */
const char *lffi_library_file(const struct lffi_library *lib);
/* Address of a symbol of an open library, or NULL. Others may run Lua meanwhile; raises when they
 * have closed it. */
void *lffi_library_symbol(lua_State *L, const struct lffi_library *lib, const char *symbol);
/* Raises "undefined symbol 'x' in PATH (did you mean 'y'?)". */
_Noreturn void lffi_undefined_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol);
/* Pushes the exported name nearest to `symbol`; for ffi.C among all that it finds. NULL when there
 * is none. */
const char *lffi_push_nearest_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol);
/* What the library's own tables call the symbol; "other" when they do not have it. */
enum lffi_symbol_kind lffi_library_kind_of(const struct lffi_library *lib, const char *name);
/* True when the code or data at `address` is the library's. */
bool lffi_library_holds(const struct lffi_library *lib, const void *address);
/* The loaded files that the library's symbols come from: its own, for ffi.C all; none when it is
 * closed or the system does not tell. */
struct lffi_files lffi_library_files(const struct lffi_library *lib);
/* Raises "library 'PATH' is closed". */
void lffi_library_check_open(lua_State *L, const struct lffi_library *lib);
/* Unmaps a library, if it is open. Raises what callbacks raise that its destructors call. */
void lffi_library_close(lua_State *L, struct lffi_library *lib);

/* ---- registered.c: symbols that the program brings (include/cffi.h) -------------------------- */

/* The list of all that is or will be registered in this state. */
const struct lffi_registry *lffi_registered(lua_State *L);
/* The registered library that a name for ffi.load stands for, as it was registered; or NULL. */
const char *lffi_registered_library(const struct lffi_registry *registry, const char *name);
/* "'z', 'sqlite3'", pushed; "nothing" when nothing is registered. */
const char *lffi_push_registered_names(lua_State *L, const struct lffi_registry *registry);
/* Of the library's registered symbols, for ffi.C all: as the functions of files of the same names.
 */
void *lffi_registered_symbol(const struct lffi_library *lib, const char *name);
bool lffi_registered_kind(const struct lffi_library *lib, const char *name,
                          enum lffi_symbol_kind *kind);
void lffi_nearest_registered(const struct lffi_library *lib, const struct cdecl_near *start,
                             char *rows);
/* Appends copies to the `used` bytes of `memory`; returns what is used then, even if it is too
 * small. */
size_t lffi_copy_registered(const struct lffi_library *lib, char *memory, size_t size, size_t used);

/* ---- search.c: from a name to a file --------------------------------------------------------- */

/* Opens what the name, or the first that can be opened of a list of names, at stack index 1 stands
 * for; raises with all that was tried. */
void lffi_find_library(lua_State *L, struct lffi_library *lib, int flags);

#endif
