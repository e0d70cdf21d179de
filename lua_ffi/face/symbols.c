/* ffi.symbols: what a library exports.
 *
 * Depends on library.c for the loaded files and on elfsym.c for their tables. The iterator keeps
 * its library; names are copied, so nothing it returned refers to the library's memory.
 */
#include <string.h>

#include "face/face.h"
#include "base/elfsym.h"

/* Upvalues of the iterator. */
enum { UP_SCOPE = 1, UP_LIBRARY, UP_PATTERN, UP_PLACE };

/* How far an iteration has come. */
struct place {
    const struct link_map *map;
    struct lffi_symbols symbols;
    bool started;
};

static const char *kind_name(enum lffi_symbol_kind kind)
{
    switch (kind) {
    case LFFI_SYMBOL_FUNCTION: return "function";
    case LFFI_SYMBOL_OBJECT: return "object";
    case LFFI_SYMBOL_OTHER: return "other";
    }
    return NULL;
}

/* The next symbol of the library, in file after file. */
static bool next_symbol(const struct lffi_library *lib, struct place *place,
                        struct lffi_symbol *symbol)
{
    while (!place->started || !lffi_next_symbol(&place->symbols, symbol)) {
        if (place->started && place->map == NULL)
            return false;
        place->started = true;
        place->map = lffi_library_next_map(lib, place->map);
        if (place->map == NULL || !lffi_symbols_of(place->map, &place->symbols))
            memset(&place->symbols, 0, sizeof place->symbols);
        if (place->map == NULL)
            return false;
    }
    return true;
}

/* name, kind, size, whether the scope has a declaration of it */
static int symbols_next(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, lua_upvalueindex(UP_SCOPE));
    const struct lffi_library *lib = lua_touserdata(L, lua_upvalueindex(UP_LIBRARY));
    struct place *place = lua_touserdata(L, lua_upvalueindex(UP_PLACE));
    struct lffi_symbol symbol;
    do {
        lffi_library_check_open(L, lib);
        if (!next_symbol(lib, place, &symbol))
            return 0;
    } while (!lffi_name_matches(L, lua_upvalueindex(UP_PATTERN), symbol.name));
    lua_pushstring(L, symbol.name);
    lua_pushstring(L, kind_name(symbol.kind));
    lua_pushinteger(L, (lua_Integer)symbol.size);
    lua_pushboolean(L, cdecl_find(scope->cdecl, symbol.name, strlen(symbol.name)) != NULL);
    return 4;
}

/* ffi.symbols(library [, pattern]): iterator over name, kind ("function", "object", "other"), size
 * and whether it is declared. */
static int api_symbols(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_library *lib;
    struct place *place;
    lua_settop(L, 2);
    lib = lffi_push_library_of(L, 1);
    if (lib == NULL)
        lffi_arg_error(L, 1, "library expected, got %s", lffi_push_kind_of(L, scope->st, 1));
    if (!lua_isnil(L, 2))
        lffi_arg_string(L, scope, 2, NULL);
    lua_pushlightuserdata(L, scope);
    lua_insert(L, -2);
    lua_pushvalue(L, 2);
    place = lua_newuserdatauv(L, sizeof *place, 0);
    memset(place, 0, sizeof *place);
    lua_pushcclosure(L, symbols_next, UP_PLACE);
    return 1;
}

void lffi_api_symbols(lua_State *L, struct lffi_scope *scope)
{
    static const luaL_Reg functions[] = {{"symbols", api_symbols}, {NULL, NULL}};
    lffi_api_add(L, scope, functions);
}
