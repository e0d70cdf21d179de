/* The object wing: the state of a Lua universe, and C values as Lua objects. ctype.h has the types,
 * scope.h, keep.h, members.h, integer.h, record.h and running.h what few need.
 *
 * Who owns what. One `lffi_state` per Lua universe, a userdata in the registry, created first and
 * so finalised last. The default scope, and those made to stay, are anchored until lua_close; all
 * others by their API table, ctypes, cdata, libraries, functions and callbacks. A scope anchors its
 * ctypes: no cdata can outlive its type. A cdata is a userdata of its own; views and pointers into
 * memory of another cdata carry that owner as their one user value, objects what the pointers in
 * them lead to (keep.c). Plans, records and field tables are userdata held by ctypes.
 */
#ifndef LFFI_OBJECT_H
#define LFFI_OBJECT_H

#include "object/state.h"

struct lffi_plan;
struct lffi_ctype;

enum { LFFI_SEEN_TYPES = 16 };

struct lffi_scope {
    struct lffi_state *st;
    struct cdecl_state *cdecl;
    enum lffi_policy policy; /* S1; read when used */
    bool luajit;             /* S17 rules */
    bool bounds;             /* S11 checks */
    lua_State *anchors;      /* what only this scope's objects keep, see scope.c; NULL: it stays */
    const void *mt_cdata;    /* addresses of its metatables of cdata ... */
    const void *mt_cdata_gc; /* ... with finalisers ... */
    const void *mt_ctype;    /* ... and of ctypes */
    /* lffi_push_ref: */
    int ref_api;   /* the `ffi` table users hold */
    int ref_names; /* type text -> ctype, emptied by every cdef */
    /* Some of these, by the address of their key: read in place. */
    struct {
        const void *text;
        struct lffi_ctype *ct;
    } seen_types[LFFI_SEEN_TYPES];
    int ref_texts; /* face/texts.c's set, LUA_NOREF until there is one */
};

/* A C value as a Lua object: where it lies and what it is. Owned payloads follow the header,
 * aligned by lffi_new. A pointer cdata is a value of pointer type: its payload holds the address.
 */
struct lffi_cdata {
    struct lffi_ctype *ct;
    void *addr; /* of the value; NULL never (a NULL pointer's payload is a NULL) */
};

/* The scope of the running API function (its first upvalue, which keeps it). */
#define lffi_scope_upvalue(L) ((struct lffi_scope *)lua_touserdata((L), lua_upvalueindex(1)))

/* ---- cdata.c: values as objects -------------------------------------------------------------- */

/* The address of the metatable of the value at `idx`, NULL when it has none: how objects are
 * recognised. */
static inline const void *lffi_metatable(lua_State *L, int idx)
{
    const void *mt;
    if (!lua_getmetatable(L, idx))
        return NULL;
    mt = lua_topointer(L, -1);
    lua_pop(L, 1);
    return mt;
}
/* The cdata at `idx`, or NULL when the value is none. Constant time: two address comparisons. */
struct lffi_cdata *lffi_to_cdata(lua_State *L, struct lffi_state *st, int idx);
/* Pushes a cdata that owns `size` zeroed bytes (at least 1), aligned for its type. */
struct lffi_cdata *lffi_new(lua_State *L, struct lffi_ctype *ct, uint64_t size);
/* Pushes a cdata that refers to memory at `addr`; when owner_idx is not 0, the cdata there (its
 * root owner) is kept alive by the new one. */
struct lffi_cdata *lffi_push_view(lua_State *L, struct lffi_ctype *ct, void *addr, int owner_idx);
/* Likewise, keeping the value at anchor_idx (a library, say) alive. */
struct lffi_cdata *lffi_push_anchored_view(lua_State *L, struct lffi_ctype *ct, void *addr,
                                           int anchor_idx);
/* Pushes a pointer value (also a NULL one: callers that read from C push nil instead, S5). */
struct lffi_cdata *lffi_push_pointer(lua_State *L, struct lffi_ctype *ct, const void *value,
                                     int owner_idx);
/* Likewise, keeping the value at anchor_idx (a string, say) alive. */
struct lffi_cdata *lffi_push_anchored_pointer(lua_State *L, struct lffi_ctype *ct,
                                              const void *value, int anchor_idx);
/* Pushes what must live as long as the memory that the cdata at idx is or points to: its root
 * owner, itself when it owns its memory, a pointer when it has a finaliser, a string. False: there
 * is none. */
bool lffi_push_owner(lua_State *L, int idx);
/* Pushes the one of these whose own block holds `addr`; false: the memory is not Lua's. */
bool lffi_push_block(lua_State *L, int idx, const void *addr);
/* True when the value of the cdata at idx lies in the cdata itself: it is no view. */
bool lffi_owns_memory(lua_State *L, int idx);
/* Bytes of the payload from addr to the end of what the cdata's memory is known to hold, or
 * UINT64_MAX when unknown. For ffi.copy/fill/string and open-ended arrays. */
uint64_t lffi_extent(lua_State *L, int idx, const struct lffi_cdata *cd);
/* Bytes from addr, in the block of the cdata at idx, to the end of its object. */
uint64_t lffi_room(lua_State *L, int idx, const void *addr);
/* Sets (function at fin_idx) or removes (nil) the finaliser of the cdata at idx. */
void lffi_set_finalizer(lua_State *L, struct lffi_state *st, int idx, int fin_idx);
/* Pushes it: nil when there never was one, false when it was removed or has run. */
void lffi_push_finalizer(lua_State *L, const struct lffi_state *st, int idx);
/* Removes it, as one that has run. */
void lffi_disarm(lua_State *L, struct lffi_state *st, int idx);
/* Pushes a NULL pointer whose finaliser is the value on the stack top, which it replaces. */
struct lffi_cdata *lffi_push_owning_pointer(lua_State *L, struct lffi_ctype *ct);
/* Number of elements of an array cdata; UINT64_MAX when open-ended. */
uint64_t lffi_length(lua_State *L, int idx, const struct lffi_cdata *cd);
/* Whether the number of elements is what the array was made with: not so at the open end of a
 * struct, which reaches as far as the memory does. */
bool lffi_is_definite(lua_State *L, int idx, const struct lffi_cdata *cd);

/* ---- metatables.c ---------------------------------------------------------------------------- */

/* Metatables of ctypes and of cdata: each fills the table on the stack top. */
void lffi_ctype_metatable(lua_State *L, struct lffi_state *st);
void lffi_cdata_metatable(lua_State *L, struct lffi_state *st, bool with_gc);
/* Argument 1 of a metamethod of ctypes, or of cdata, whose upvalue 1 is the state. Raises when it
 * is none: who has the debug library reaches metamethods. */
struct lffi_ctype *lffi_self_ctype(lua_State *L);
struct lffi_cdata *lffi_self_cdata(lua_State *L);

#endif
