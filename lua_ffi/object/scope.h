/* Scopes: what keeps one alive, its own references and metatables. */
#ifndef LFFI_SCOPE_H
#define LFFI_SCOPE_H

#include "object/object.h"

/* ---- scope.c: scopes ------------------------------------------------------------------------- */

/* Pushes an idle thread whose stack anchors the blocks of arenas. */
lua_State *lffi_push_arena_thread(lua_State *L);
/* Pushes a new scope, which lives until lua_close (`stays`) or as long as something refers to it.
 * Its API table is set by the caller. */
struct lffi_scope *lffi_push_new_scope(lua_State *L, struct lffi_state *st, bool stays);
/* Pushes what keeps the scope alive, for the upvalues and user values of all that refers to it; its
 * address is the scope's. */
void lffi_push_scope(lua_State *L, struct lffi_scope *scope);
/* A scope's own references, which are gone with it: as luaL_ref and lua_rawgeti for the registry.
 */
int lffi_ref(lua_State *L, const struct lffi_scope *scope);
void lffi_push_ref(lua_State *L, const struct lffi_scope *scope, int ref);
/* Pops the value that `ref` stands for from now on. */
void lffi_set_ref(lua_State *L, const struct lffi_scope *scope, int ref);
/* Makes `scope` keep `other`, whose types it uses. */
void lffi_keep_scope(lua_State *L, const struct lffi_scope *scope, struct lffi_scope *other);
/* Pushes a metatable of the scope's objects, each of which keeps the scope alive. */
void lffi_push_metatable(lua_State *L, const struct lffi_scope *scope, enum lffi_metatable which);
/* The object at idx whose metatable is one of these: of a scope that stays, by their addresses
 * (`second` NULL or not), or of any other. */
void *lffi_recognise(lua_State *L, int idx, const void *first, const void *second,
                     enum lffi_metatable which);

#endif
