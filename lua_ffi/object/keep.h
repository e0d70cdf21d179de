/* What owned memory keeps alive. */
#ifndef LFFI_KEEP_H
#define LFFI_KEEP_H

#include "object/object.h"

/* ---- keep.c: what owned memory keeps alive --------------------------------------------------- */

/* Finds out where objects of the base type ct keep values (struct lffi_ctype). */
void lffi_find_places(struct lffi_ctype *ct);
/* The owner's user value for the pointer at `addr`; 0: it has none. */
int lffi_place_of(const struct lffi_cdata *owner, const void *addr);
/* Keeps the value at value_idx alive as long as the owner at owner_idx, under the key `addr`, an
 * address in the owner's memory; nil drops what was kept there (S6). */
void lffi_keep(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr, int value_idx);
/* Copies what is kept for [src, src+size) of one owner to dst of another (aggregate copies). */
void lffi_keep_copy(lua_State *L, struct lffi_state *st, int dst_owner, const void *dst,
                    int src_owner, const void *src, uint64_t size);
/* Pushes what the owner keeps for the pointer at `addr` in its block; false: nothing. */
bool lffi_push_kept(lua_State *L, struct lffi_state *st, int owner_idx, const void *addr);

/* ---- cdata.c --------------------------------------------------------------------------------- */

/* Whether Lua values may be kept for what the cdata at idx has in memory at `addr`. For where
 * values are read in place. */
bool lffi_may_keep(const lua_State *L, int idx, const struct lffi_cdata *cd, const void *addr);
/* The second argument of the running function, where values are read in place, becomes the
 * finaliser of the first, a cdata that is no pointer, and is popped. */
void lffi_quick_finalizer(lua_State *L, struct lffi_state *st);
/* Where values are read in place: what lffi_keep and lffi_push_kept do for the pointer at `addr` in
 * the memory of the cdata at idx, when that is its own or not Lua's. The value at value_idx (0:
 * none) is a string or a cdata, whose owner is kept. False, with nothing done: look closer. */
bool lffi_quick_keep(lua_State *L, int idx, const void *addr, int value_idx);
/* Pushes the pointer at `addr` in the cdata at idx, with the value kept for it. False: nothing is,
 * or unless `*known`: look closer. */
bool lffi_quick_load_kept(lua_State *L, struct lffi_ctype *ct, const void *addr, int idx,
                          bool *known);

#endif
