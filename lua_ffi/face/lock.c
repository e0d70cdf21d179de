/* ffi.lock, by which a host that hands scripts a bound library ends what the API can still reach.
 *
 * Depends on the state, which has the flag, for all scopes and for good: declarations, libraries,
 * pointer casts and callbacks ask for it where each is made (lffi_check_lock). SECURITY.md says
 * what it does not do.
 */
#include "face/face.h"

static bool holds_pointers(const struct cdecl_type *type)
{
    switch (type->kind) {
    case CDECL_ARRAY: return holds_pointers(type->target);
    case CDECL_STRUCT:
    case CDECL_UNION:
        for (uint32_t i = 0; i < type->tag->nmembers; i++)
            if (holds_pointers(type->tag->members[i].type))
                return true;
        return !type->tag->complete;
    case CDECL_POINTER:
    case CDECL_FUNCTION:
    case CDECL_VOID: return true;
    default: return false;
    }
}

bool lffi_may_hold_pointers(const struct lffi_ctype *ct)
{
    return ct == NULL || holds_pointers(ct->type);
}

/* ffi.lock() */
static int api_lock(lua_State *L)
{
    lffi_scope_upvalue(L)->st->locked = true;
    return 0;
}

/* ffi.locked(): whether a host did. */
static int api_locked(lua_State *L)
{
    lua_pushboolean(L, lffi_scope_upvalue(L)->st->locked);
    return 1;
}

void lffi_api_lock(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"lock", api_lock, 0}, {"locked", api_locked, 0}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
