/* ffi.tags: the structs, unions and enums that the texts of a scope have named; and the types that
 * all scopes know, for the prompt's completion.
 *
 * Depends on symbols.c for the iterator, which holds its place in the parser's list of tags; the
 * nodes live as long as the scope.
 */
#include <string.h>

#include "face/face.h"

static const char *keyword(const struct cdecl_tag *tag)
{
    return tag->kind == CDECL_STRUCT ? "struct" : tag->kind == CDECL_UNION ? "union" : "enum";
}

static int next_tag(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, lua_upvalueindex(LFFI_UP_SCOPE));
    const struct cdecl_tag *tag = lua_touserdata(L, lua_upvalueindex(LFFI_UP_POSITION));
    do {
        tag = cdecl_next_tag(scope->cdecl, tag);
        if (!lffi_step(L, tag))
            return 0;
    } while (tag->name == NULL || (tag->predeclared && tag->complete) ||
             cdecl_find_tag(scope->cdecl, tag->name, strlen(tag->name)) != tag->type ||
             !lffi_name_matches(L, lua_upvalueindex(LFFI_UP_PATTERN), tag->name));
    lua_pushfstring(L, "%s %s", keyword(tag), tag->name);
    lua_pushstring(L, keyword(tag));
    lua_pushboolean(L, tag->complete);
    return 3;
}

/* ffi.tags([pattern]): iterator over "struct name", the keyword, and whether it is complete. */
static int api_tags(lua_State *L)
{
    return lffi_push_iterator(L, lffi_scope_upvalue(L), next_tag);
}

/* known(): the types of POSIX that all scopes know (S20): names of typedefs, "struct tag". */
static int list_known(lua_State *L)
{
    lua_Integer count = 0;
    lua_newtable(L);
    for (size_t i = 0; cdecl_known_typedef(i) != NULL; i++) {
        lua_pushstring(L, cdecl_known_typedef(i));
        lua_rawseti(L, -2, ++count);
    }
    for (size_t i = 0; cdecl_known_tag(i) != NULL; i++) {
        lua_pushfstring(L, "struct %s", cdecl_known_tag(i));
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

void lffi_open_known(lua_State *L)
{
    lua_pushcfunction(L, list_known);
    lua_setfield(L, LUA_REGISTRYINDEX, "cffi.known");
}

void lffi_api_tags(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"tags", api_tags, 1}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
