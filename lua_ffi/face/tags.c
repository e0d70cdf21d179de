/* ffi.tags: the structs, unions and enums that the texts of a scope have named.
 *
 * Depends on the parser's list of tags. The iterator holds its place in that list, whose nodes live
 * as long as the scope.
 */
#include <string.h>

#include "face/face.h"
#include "object/scope.h"

enum { UP_SCOPE = 1, UP_PATTERN, UP_POSITION }; /* upvalues of the iterator */

static const char *keyword(const struct cdecl_tag *tag)
{
    return tag->kind == CDECL_STRUCT ? "struct" : tag->kind == CDECL_UNION ? "union" : "enum";
}

static int next_tag(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, lua_upvalueindex(UP_SCOPE));
    const struct cdecl_tag *tag = lua_touserdata(L, lua_upvalueindex(UP_POSITION));
    do {
        tag = cdecl_next_tag(scope->cdecl, tag);
        lua_pushlightuserdata(L, (void *)(uintptr_t)tag);
        lua_replace(L, lua_upvalueindex(UP_POSITION));
        if (tag == NULL)
            return 0;
    } while (tag->name == NULL || (tag->predeclared && tag->complete) ||
             cdecl_find_tag(scope->cdecl, tag->name, strlen(tag->name)) != tag->type ||
             !lffi_name_matches(L, lua_upvalueindex(UP_PATTERN), tag->name));
    lua_pushfstring(L, "%s %s", keyword(tag), tag->name);
    lua_pushstring(L, keyword(tag));
    lua_pushboolean(L, tag->complete);
    return 3;
}

/* ffi.tags([pattern]): iterator over "struct name", the keyword, and whether it is complete. */
static int api_tags(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    lua_settop(L, 1);
    if (!lua_isnil(L, 1))
        lffi_arg_string(L, 1, NULL);
    lffi_push_scope(L, scope);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, NULL);
    lua_pushcclosure(L, next_tag, 3);
    return 1;
}

void lffi_api_tags(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"tags", api_tags, 1}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
