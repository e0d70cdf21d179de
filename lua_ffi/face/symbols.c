/* ffi.symbols: what a library exports; and what iterators over names share.
 *
 * Depends on library.c for the loaded files and on elfsym.c for their tables. The iterator owns
 * copies of all symbols, made when it is: anyone may unload files of ffi.C between two steps.
 */
#include <string.h>

#include "face/face.h"
#include "face/library.h"
#include "base/elfsym.h"
#include "object/scope.h"

/* Upvalues of the iterator. */
enum { UP_SCOPE = 1, UP_LIBRARY, UP_PATTERN, UP_COPIES };

/* The symbols, and how far the iteration has come. */
struct copies {
    size_t used;
    size_t place;
    char memory[];
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

/* Those of files and those that the program brings. */
static size_t copy_all(const struct lffi_library *lib, char *memory, size_t size)
{
    size_t used = lffi_copy_symbols(lffi_library_files(lib), memory, size);
    return lffi_copy_registered(lib, memory, size, used);
}

/* Pushes copies of the library's symbols. Their size is known only after a walk over them, and
 * another thread may load more meanwhile. */
static void push_copies(lua_State *L, const struct lffi_library *lib)
{
    size_t used = copy_all(lib, NULL, 0);
    size_t size;
    struct copies *copies;
    lua_pushnil(L);
    do {
        size = used < SIZE_MAX / 2 ? used + used / 16 : SIZE_MAX - sizeof *copies;
        lua_pop(L, 1);
        copies = lua_newuserdatauv(L, sizeof *copies + size, 0);
        used = copy_all(lib, copies->memory, size);
    } while (used > size);
    copies->used = used;
    copies->place = 0;
}

/* Whether a pattern is "^" and characters that stand for themselves. */
static bool is_prefix(const char *pattern, size_t size)
{
    return size > 0 && *pattern == '^' &&
           strspn(pattern + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               size - 1;
}

bool lffi_name_matches(lua_State *L, int pattern_idx, const char *name)
{
    const char *pattern;
    size_t size;
    bool matches;
    if (lua_isnil(L, pattern_idx))
        return true;
    pattern = lua_tolstring(L, pattern_idx, &size);
    if (is_prefix(pattern, size)) /* as completion asks, often */
        return strncmp(name, pattern + 1, size - 1) == 0;
    lua_pushstring(L, name);
    lua_getfield(L, -1, "find");
    lua_insert(L, -2);
    lua_pushvalue(L, pattern_idx);
    lua_call(L, 2, 1);
    matches = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return matches;
}

int lffi_push_iterator(lua_State *L, struct lffi_scope *scope, lua_CFunction next)
{
    lua_settop(L, 1);
    if (!lua_isnil(L, 1))
        lffi_arg_string(L, 1, NULL);
    lffi_push_scope(L, scope);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, NULL);
    lua_pushcclosure(L, next, LFFI_UP_POSITION);
    return 1;
}

bool lffi_step(lua_State *L, const void *node)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)node);
    lua_replace(L, lua_upvalueindex(LFFI_UP_POSITION));
    return node != NULL;
}

/* name, kind, size, whether the scope has a declaration of it */
static int symbols_next(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, lua_upvalueindex(UP_SCOPE));
    const struct lffi_library *lib = lua_touserdata(L, lua_upvalueindex(UP_LIBRARY));
    struct copies *copies = lua_touserdata(L, lua_upvalueindex(UP_COPIES));
    struct lffi_symbol symbol;
    do {
        lffi_library_check_open(L, lib);
        if (copies->place == copies->used)
            return 0;
        symbol = lffi_copied_symbol(copies->memory, &copies->place);
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
    lua_settop(L, 2);
    lib = lffi_push_library_of(L, 1);
    if (lib == NULL)
        lffi_expected(L, 1, "library");
    if (!lua_isnil(L, 2))
        lffi_arg_string(L, 2, NULL);
    lffi_push_scope(L, scope);
    lua_insert(L, -2);
    lua_pushvalue(L, 2);
    push_copies(L, lib);
    lua_pushcclosure(L, symbols_next, UP_COPIES);
    return 1;
}

void lffi_api_symbols(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"symbols", api_symbols, 2}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
