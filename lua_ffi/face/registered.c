/* The symbols that a program brings itself (include/cffi.h): libraries without files.
 *
 * Depends on the API and the parser's distances between names alone, so that a program may register
 * before it opens the module. The tables are the program's; the list of them belongs to Lua's
 * registry and lives as long as the state.
 */
#include <string.h>

#include <cffi.h>

#include "base/libpath.h"
#include "face/face.h"
#include "face/library.h"

/* One table of symbols: a userdata, kept with its library's name by the table of the list. */
struct registered {
    const char *library;
    const struct cffi_symbol *symbols;
    struct registered *next;
};

struct lffi_registry {
    struct registered *first;
    struct registered **end;
};

static const char registry_key = 0; /* in Lua's registry: the list */

const struct lffi_registry *lffi_registered(lua_State *L)
{
    struct lffi_registry *registry;
    luaL_checkstack(L, 3, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_key);
    registry = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (registry != NULL)
        return registry;
    registry = lua_newuserdatauv(L, sizeof *registry, 1);
    registry->first = NULL;
    registry->end = &registry->first;
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &registry_key);
    return registry;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* "z" of "libz.so.1", "libz.so", "z.so" and "z". */
static size_t stem_of(const char **name)
{
    const char *suffix = strstr(*name, LFFI_LIB_SUFFIX);
    if (strncmp(*name, "lib", 3) == 0)
        *name += 3;
    return suffix != NULL && suffix > *name ? (size_t)(suffix - *name) : strlen(*name);
}

static bool same_stem(const char *a, const char *b)
{
    size_t size = stem_of(&a);
    return stem_of(&b) == size && memcmp(a, b, size) == 0;
}

const char *lffi_registered_library(const struct lffi_registry *registry, const char *name)
{
    for (const struct registered *r = registry->first; r != NULL; r = r->next) {
        if (strcmp(r->library, name) == 0)
            return r->library;
    }
    for (const struct registered *r = registry->first; r != NULL; r = r->next) {
        if (same_stem(r->library, name))
            return r->library;
    }
    return NULL;
}

/* A place among the symbols. */
struct walk {
    const struct registered *table;
    const char *library; /* NULL: all */
    size_t next;
};

static struct walk walk_of(const struct lffi_library *lib)
{
    struct walk walk = {.library = lib->registered};
    if (lib->registered != NULL || lib->is_default)
        walk.table = lib->registry->first;
    return walk;
}

/* The symbol at a place, which moves on; NULL at the end. */
static const struct cffi_symbol *step(struct walk *walk)
{
    for (; walk->table != NULL; walk->table = walk->table->next, walk->next = 0) {
        const struct cffi_symbol *s = &walk->table->symbols[walk->next];
        if (s->name == NULL ||
            (walk->library != NULL && strcmp(walk->library, walk->table->library) != 0))
            continue;
        walk->next++;
        return s;
    }
    return NULL;
}

static const struct cffi_symbol *find(const struct lffi_library *lib, const char *name)
{
    struct walk walk = walk_of(lib);
    const struct cffi_symbol *s;
    while ((s = step(&walk)) != NULL && strcmp(s->name, name) != 0)
        ;
    return s;
}

static enum lffi_symbol_kind kind_of(const struct cffi_symbol *s)
{
    switch (s->kind) {
    case CFFI_IS_FUNCTION: return LFFI_SYMBOL_FUNCTION;
    case CFFI_IS_VARIABLE: return LFFI_SYMBOL_OBJECT;
    case CFFI_UNKNOWN: return LFFI_SYMBOL_OTHER;
    }
    return LFFI_SYMBOL_OTHER;
}

void *lffi_registered_symbol(const struct lffi_library *lib, const char *name)
{
    const struct cffi_symbol *s = find(lib, name);
    return s != NULL ? (void *)(uintptr_t)s->address : NULL;
}

bool lffi_registered_kind(const struct lffi_library *lib, const char *name,
                          enum lffi_symbol_kind *kind)
{
    const struct cffi_symbol *s = find(lib, name);
    if (s != NULL)
        *kind = kind_of(s);
    return s != NULL;
}

void lffi_nearest_registered(const struct lffi_library *lib, const struct cdecl_near *start,
                             char *rows)
{
    struct cdecl_near near = *start;
    size_t row = near.size + near.limit;
    struct walk walk = walk_of(lib);
    const struct cffi_symbol *s;
    while (near.limit > 1 && (s = step(&walk)) != NULL) {
        if (cdecl_near_take(&near, s->name))
            strcpy(rows + near.limit * row, s->name);
    }
}

size_t lffi_copy_registered(const struct lffi_library *lib, char *memory, size_t size, size_t used)
{
    struct walk walk = walk_of(lib);
    const struct cffi_symbol *s;
    while ((s = step(&walk)) != NULL)
        used = lffi_copy_symbol((struct lffi_symbol){s->name, kind_of(s), s->size}, memory, size,
                                used);
    return used;
}

const char *lffi_push_registered_names(lua_State *L, const struct lffi_registry *registry)
{
    int top = lua_gettop(L);
    luaL_checkstack(L, 4, NULL);
    lua_newtable(L); /* names told before */
    lua_pushliteral(L, "");
    for (const struct registered *r = registry->first; r != NULL; r = r->next) {
        if (lua_getfield(L, top + 1, r->library) == LUA_TNIL) {
            lua_pushfstring(L, "%s%s'%s'", lua_tostring(L, top + 2),
                            *lua_tostring(L, top + 2) == '\0' ? "" : ", ", r->library);
            lua_replace(L, top + 2);
            lua_pushboolean(L, 1);
            lua_setfield(L, top + 1, r->library);
        }
        lua_settop(L, top + 2);
    }
    if (registry->first == NULL)
        lua_pushliteral(L, "nothing");
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return lua_tostring(L, -1);
}

/* ---- registering ----------------------------------------------------------------------------- */

static void check_symbol(lua_State *L, const struct lffi_registry *registry, const char *library,
                         const struct cffi_symbol *symbols, size_t i)
{
    const struct cffi_symbol *s = &symbols[i];
    struct walk walk = {.table = registry->first, .library = library};
    const struct cffi_symbol *other;
    if (*s->name == '\0')
        luaL_error(L, "cffi_register: symbol %I of library '%s' has no name", (LUAI_UACINT)i + 1,
                   library);
    if (s->address == NULL)
        luaL_error(L, "cffi_register: symbol '%s' of library '%s' has no address", s->name,
                   library);
    if ((unsigned)s->kind > CFFI_IS_VARIABLE)
        luaL_error(L, "cffi_register: symbol '%s' of library '%s' is of unknown kind %d", s->name,
                   library, (int)s->kind);
    for (size_t j = 0; j < i; j++) {
        if (symbols[j].address != s->address && strcmp(symbols[j].name, s->name) == 0)
            luaL_error(L, "cffi_register: symbol '%s' of library '%s' has two addresses", s->name,
                       library);
    }
    while ((other = step(&walk)) != NULL) {
        if (other->address != s->address && strcmp(other->name, s->name) == 0)
            luaL_error(L, "cffi_register: symbol '%s' of library '%s' has two addresses", s->name,
                       library);
    }
}

static bool is_registered(const struct lffi_registry *registry, const char *library,
                          const struct cffi_symbol *symbols)
{
    for (const struct registered *r = registry->first; r != NULL; r = r->next) {
        if (r->symbols == symbols && strcmp(r->library, library) == 0)
            return true;
    }
    return false;
}

void cffi_register(lua_State *L, const char *library, const struct cffi_symbol *symbols)
{
    struct lffi_registry *registry;
    struct registered *r;
    int top = lua_gettop(L);
    luaL_checkstack(L, 4, NULL);
    if (library == NULL || *library == '\0')
        luaL_error(L, "cffi_register: the library has no name");
    if (symbols == NULL)
        luaL_error(L, "cffi_register: library '%s' has no table of symbols", library);
    lffi_registered(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_key);
    registry = lua_touserdata(L, -1);
    if (is_registered(registry, library, symbols)) {
        lua_settop(L, top);
        return;
    }
    for (size_t i = 0; symbols[i].name != NULL; i++)
        check_symbol(L, registry, library, symbols, i);
    lua_getiuservalue(L, -1, 1);
    r = lua_newuserdatauv(L, sizeof *r, 0);
    lua_pushstring(L, library);
    r->library = lua_tostring(L, -1);
    r->symbols = symbols;
    r->next = NULL;
    lua_rawset(L, -3); /* table[userdata] = name: keeps both */
    *registry->end = r;
    registry->end = &r->next;
    lua_settop(L, top);
}
