/* The face wing: the functions and libraries that users see. First the parts of the API table, then
 * the tables of namespace.c; library.h has what is behind those. */
#ifndef LFFI_FACE_H
#define LFFI_FACE_H

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
/* proxy.c: puts newproxy of Lua 5.1 into the registry as "cffi.newproxy". */
void lffi_open_proxy(lua_State *L);
/* tags.c: puts what lists the types that all scopes know into the registry as "cffi.known". */
void lffi_open_known(lua_State *L);

/* parsed.c: pushes the list of the tables that `push` makes for a chain of declarations; returns 1.
 */
typedef void lffi_parsed_push(lua_State *L, struct lffi_scope *scope,
                              const struct cdecl_decl *decl);
int lffi_push_parsed_list(lua_State *L, struct lffi_scope *scope, const struct cdecl_decl *decl,
                          lffi_parsed_push *push);
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
