/* Whose braces a table is: in C, and so in an initialiser, an anonymous struct or union may have
 * its own or go without, and then they are its first member's.
 *
 * Depends on the type description and on Lua's tables. Owns nothing.
 */
#include "value/value.h"

/* The type of the first named member within, of anonymous ones too, or of the first element; NULL
 * when there is none. */
static const struct cdecl_type *first_within(const struct cdecl_type *type)
{
    if (type->kind == CDECL_ARRAY || type->kind == CDECL_VECTOR)
        return type->target;
    while (type->tag->nmembers > 0 && type->tag->members[0].name == NULL &&
           type->tag->members[0].width == CDECL_NOT_BITFIELD)
        type = type->tag->members[0].type;
    return type->tag->nmembers > 0 ? type->tag->members[0].type : NULL;
}

bool lffi_is_of_first_member(lua_State *L, const struct cdecl_type *type, int idx)
{
    const struct cdecl_type *first = first_within(type);
    bool twice = lua_istable(L, idx) && lua_rawgeti(L, idx, 1) == LUA_TTABLE;
    lua_settop(L, idx);
    if (first != NULL && first->kind >= CDECL_ARRAY && twice)
        first = first_within(first);
    return first == NULL || first->kind >= CDECL_ARRAY;
}
