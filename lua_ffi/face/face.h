/* The face wing: the functions and libraries that users see. First the parts of the API table, then
 * libraries and the tables of namespace.c. */
#ifndef LFFI_FACE_H
#define LFFI_FACE_H

#include "base/elfsym.h"
#include "callback/callback.h"
#include "object/argument.h"

/* The parts of the API table, each adding its functions to the table on the stack top. */
void lffi_api_types(lua_State *L, struct lffi_scope *scope);    /* types.c */
void lffi_api_values(lua_State *L, struct lffi_scope *scope);   /* values.c */
void lffi_api_memory(lua_State *L, struct lffi_scope *scope);   /* memory.c */
void lffi_api_rules(lua_State *L, struct lffi_scope *scope);    /* rules.c */
void lffi_api_arena(lua_State *L, struct lffi_scope *scope);    /* arena.c */
void lffi_api_handle(lua_State *L, struct lffi_scope *scope);   /* handle.c */
void lffi_api_reflect(lua_State *L, struct lffi_scope *scope);  /* reflect.c */
void lffi_api_symbols(lua_State *L, struct lffi_scope *scope);  /* symbols.c */
void lffi_api_tags(lua_State *L, struct lffi_scope *scope);     /* tags.c */
void lffi_api_annotate(lua_State *L, struct lffi_scope *scope); /* annotate.c */
void lffi_api_load(lua_State *L, struct lffi_scope *scope);     /* load.c */
void lffi_api_lock(lua_State *L, struct lffi_scope *scope);     /* lock.c */

/* texts.c: whether the scope has declared this very text, and nothing since that could change what
 * it means. */
bool lffi_text_is_known(lua_State *L, const struct lffi_scope *scope, const char *text,
                        size_t size);
void lffi_remember_text(lua_State *L, struct lffi_scope *scope, const char *text, size_t size);
void lffi_forget_texts(lua_State *L, struct lffi_scope *scope);
/* texts.c: puts the function that the cache of ffi.include checks its files with into the registry
 * as "cffi.fingerprint". */
void lffi_open_texts(lua_State *L);
/* guard.c: puts the prompt's crash guard into the registry as "cffi.guard". */
void lffi_open_guard(lua_State *L);
/* tags.c: puts what lists the types that all scopes know into the registry as "cffi.known". */
void lffi_open_known(lua_State *L);

/* symbols.c: true when the value at pattern_idx is nil or a pattern that the name matches. */
bool lffi_name_matches(lua_State *L, int pattern_idx, const char *name);
/* symbols.c: iterators over the declarations or tags of a scope: their upvalues, of which POSITION
 * is light userdata, NULL at the start. */
enum { LFFI_UP_SCOPE = 1, LFFI_UP_PATTERN, LFFI_UP_POSITION };
/* Pushes the iterator `next` for a scope and the pattern, or nil, at stack index 1, which is all
 * that stands there; returns 1. */
int lffi_push_iterator(lua_State *L, struct lffi_scope *scope, lua_CFunction next);
/* Makes `node` the position of the running iterator; false: it is NULL, the end. */
bool lffi_step(lua_State *L, const void *node);
/* namespace.c: forgets what the namespaces of a scope have fetched, after declarations were
 * replaced. */
void lffi_namespaces_flush(lua_State *L, struct lffi_scope *scope);
/* namespace.c: calls `visit` with the stack index of each namespace of the scope. */
void lffi_visit_namespaces(lua_State *L, struct lffi_scope *scope,
                           void (*visit)(lua_State *L, int idx));
/* namespace.c: pushes the library among the scope's namespaces, `lib` aside, that has the symbol,
 * ffi.C before all others; NULL when none has. */
const struct lffi_library *lffi_push_holder(lua_State *L, const struct lffi_scope *scope,
                                            const struct lffi_library *lib, const char *symbol);
/* annotate.c: has functions that were fetched do what their declarations say by now. */
void lffi_refresh_functions(lua_State *L, struct lffi_scope *scope);
/* namespace.c: pushes a pointer to the variable or function `name` of the namespace at `lib_idx`.
 */
void lffi_push_symbol_address(lua_State *L, struct lffi_scope *scope, int lib_idx, int name_idx);
/* namespace.c: whether the value at idx is a namespace made by ffi.load, or ffi.C. */
bool lffi_is_namespace(lua_State *L, int idx);

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

/* ---- namespace.c: the tables ----------------------------------------------------------------- */

/* Pushes a new namespace table for the library at lib_idx. */
void lffi_push_namespace(lua_State *L, struct lffi_scope *scope, int lib_idx);
/* The library of the namespace at idx, pushed; pushes nothing and returns NULL when it is none. */
struct lffi_library *lffi_push_library_of(lua_State *L, int idx);
/* Closes the library and empties its namespace, the table at idx. */
void lffi_close_namespace(lua_State *L, struct lffi_library *lib, int idx);

/* ---- lock.c ---------------------------------------------------------------------------------- */

/* Whether bytes written to a place of this type could be read as a pointer; NULL: any type. */
bool lffi_may_hold_pointers(const struct lffi_ctype *ct);

/* ---- tasks.c --------------------------------------------------------------------------------- */

/* Adds async, threads and worker to the API table on the stack top. */
void lffi_tasks_api(lua_State *L, struct lffi_scope *scope);

#endif
