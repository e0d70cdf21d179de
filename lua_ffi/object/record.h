/* Libraries and their functions as Lua values refer to them. */
#ifndef LFFI_RECORD_H
#define LFFI_RECORD_H

#include "object/ctype.h"

/* A library handle: userdata, metatable and namespace table belong to library.c. */
struct lffi_registry;

struct lffi_library {
    void *handle; /* dlopen's; NULL when closed or registered */
    bool open;    /* tested by every call */
    bool has_policy;
    bool is_default;         /* ffi.C, which is the process itself */
    enum lffi_policy policy; /* overrides the scope's when has_policy */
    struct lffi_scope *scope;
    const struct lffi_registry *registry; /* all that cffi_register was given */
    const char *registered;               /* the library of it that this is; NULL: none, or ffi.C */
    const char *path; /* for errors; string anchored by the library's user value */
};

/* A C function reachable by name: userdata, upvalue 2 of its Lua function (docs/design.md S18). */
struct lffi_function {
    const char *name; /* interned by the scope */
    void (*address)(void);
    struct lffi_ctype *ct; /* its function type */
    const struct cdecl_decl *decl;
    struct lffi_library *lib; /* kept alive by upvalue 3 */
};

/* Where a printf-like function has its format and the first argument for it, counted from 1; both 0
 * for any other. */
struct lffi_format {
    uint16_t text, first;
    bool scan; /* scanf's rules, not printf's */
};

/* A format that fitted arguments of these kinds (direct.c): it is not read again. The string is
 * held by a user value of the record. */
struct lffi_seen {
    const void *text;
    uint64_t kinds;
};

/* Whose function runs. */
struct lffi_callee {
    struct lffi_state *st;
    const struct lffi_library *lib; /* NULL when called through a pointer, then ... */
    const void *code;               /* ... what it points to */
};

/* What a Lua function of a namespace is about: the public record, and what calls need at once. The
 * plan is held by its ctype until lua_close, so upvalue 1 can be the record's bare address, which
 * is quicker to read; upvalues 2 and 3 keep the record and the library alive (docs/design.md S18).
 */
struct lffi_record {
    struct lffi_function pub;
    const struct lffi_plan *plan;
    struct lffi_callee callee; /* the library is that of `pub` */
    uint64_t nonnull;          /* bit i: parameter i + 1 refuses NULL */
    uint64_t borrows; /* bit i: a Lua function given there is only called during the call */
    const void *kind; /* &lffi_record_kind: tells a record from all other userdata */
    const struct lffi_script *script; /* annotated, or frees what is owned: its last user value */
    struct lffi_format format;
    /* results of a word: which of its bits count and their sign bit; 0 when it is no integer, and
     * LFFI_NOTHING, LFFI_TRUTH or 0 */
    uint64_t result_mask, result_sign;
    struct lffi_seen seen[]; /* LFFI_SEEN_FORMATS of them when there is a format */
};
enum { LFFI_SEEN_FORMATS = 4 };
enum { LFFI_NOTHING = 1, LFFI_TRUTH };
/* Which user value: behind the formats and the scope. */
static inline int lffi_script_slot(const struct lffi_record *record)
{
    return (record->format.text > 0 ? LFFI_SEEN_FORMATS : 0) +
           (record->pub.ct->scope->anchors != NULL) + 1;
}
enum { LFFI_UPVALUE_ADDRESS = 1, LFFI_UPVALUE_RECORD, LFFI_UPVALUE_LIBRARY };

/* ---- record.c -------------------------------------------------------------------------------- */

extern const char lffi_record_kind;
/* The record behind a Lua function made by lffi_push_function, or NULL. */
const struct lffi_function *lffi_to_function(lua_State *L, int idx);

#endif
