/* Namespace tables: what ffi.load returns and ffi.C is. They resolve names to C functions,
 * constants and variables.
 *
 * Depends on library.c for symbols, convert.c for variables, call.c for functions. A namespace is a
 * plain table: functions are stored in it when first fetched and are found there without a call
 * from then on. Constants are found so in its metatable's __index, a table of its own, lest they
 * be assigned to. Variables are in neither, and are read and written through the metamethods, whose
 * upvalues keep the library alive.
 */
#include <string.h>

#include "face/face.h"
#include "face/library.h"

static const char library_key = 0;    /* in a namespace's metatable: its library */
static const char variables_key = 0;  /* in a namespace's metatable: variables fetched before */
static const char namespaces_key = 0; /* in the registry: namespace -> scope, weak keys */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- resolving names ------------------------------------------------------------------------- */

/* Where a variable of a library lies. */
struct variable {
    struct lffi_ctype *ct;
    void *address;
};

/* Upvalues of a namespace's metamethods. */
enum { UP_SCOPE = 1, UP_LIBRARY, UP_VARIABLES, UP_NAMESPACE };

static struct lffi_scope *namespace_scope(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(UP_SCOPE));
}

static struct lffi_library *open_library(lua_State *L)
{
    struct lffi_library *lib = lua_touserdata(L, lua_upvalueindex(UP_LIBRARY));
    lffi_library_check_open(L, lib);
    return lib;
}

static const char *check_name(lua_State *L, struct lffi_scope *scope, int idx, size_t *size)
{
    if (lua_type(L, idx) != LUA_TSTRING)
        luaL_error(L, "name expected as library index, got %s",
                   lffi_push_kind_of(L, scope->st, idx));
    return lua_tolstring(L, idx, size);
}

/* The names of C's that are macros of its headers: what they stand for here. */
static const char *macro_hint(const char *name)
{
    return strcmp(name, "errno") == 0 ? "'errno' is no symbol: ffi.errno() gives its value" : NULL;
}

/* "struct point": the names of types stand in no namespace of a library. */
static bool is_tag(const char *name)
{
    static const char *const words[] = {"struct ", "union ", "enum "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strncmp(name, words[i], strlen(words[i])) == 0)
            return true;
    }
    return false;
}

static _Noreturn void undeclared_error(lua_State *L, struct lffi_scope *scope,
                                       const struct lffi_library *lib, const char *name)
{
    const char *near = cdecl_suggest(scope->cdecl, CDECL_SPACE_VALUES, name, strlen(name));
    if (is_tag(name))
        luaL_error(L, "'%s' is a type: use ffi.typeof", name);
    if (macro_hint(name) != NULL)
        luaL_error(L, "%s", macro_hint(name));
    if (lffi_library_symbol(L, lib, name) != NULL) {
        bool is_object = lffi_library_kind_of(lib, name) == LFFI_SYMBOL_OBJECT;
        const char *form = is_object ? "extern TYPE %s;" : "RESULT %s(PARAMETERS);";
        const char *text = lua_pushfstring(L, form, name);
        luaL_error(L, "symbol '%s' exists in %s but is not declared: use ffi.cdef \"%s\"", name,
                   base_name(lib->path), text);
    }
    if (near != NULL)
        luaL_error(L, "'%s' is not declared (did you mean '%s'?)", name, near);
    near = lffi_push_nearest_symbol(L, lib, name);
    if (near != NULL)
        luaL_error(L, "'%s' is not declared (did you mean '%s', which %s exports?)", name, near,
                   base_name(lib->path));
    luaL_error(L, "'%s' is not declared", name);
    abort();
}

/* The declaration of the name at idx. Raises when there is none that a library could hold. */
static const struct cdecl_decl *check_decl(lua_State *L, struct lffi_scope *scope,
                                           const struct lffi_library *lib, int idx)
{
    size_t size;
    const char *name = check_name(L, scope, idx, &size);
    const struct cdecl_decl *decl = cdecl_find(scope->cdecl, name, size);
    if (decl == NULL)
        undeclared_error(L, scope, lib, name);
    if (decl->refusal != CDECL_USABLE)
        luaL_error(L, "'%s' cannot be used: %s", name, cdecl_refusal_text(decl->refusal));
    if (decl->kind == CDECL_DECL_TYPEDEF)
        luaL_error(L, "'%s' is a type: use ffi.typeof", name);
    return decl;
}

/* Pushes a list of the scope's libraries: while one is asked for a symbol others may load some. */
static void push_libraries(lua_State *L, const struct lffi_scope *scope)
{
    int list = lua_gettop(L) + 1;
    lua_newtable(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &namespaces_key);
    for (lua_pushnil(L); lua_next(L, list + 1) != 0; lua_settop(L, list + 2)) {
        if (lua_touserdata(L, -1) == scope && lffi_push_library_of(L, list + 2) != NULL)
            lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
    }
    lua_settop(L, list);
}

const struct lffi_library *lffi_push_holder(lua_State *L, const struct lffi_scope *scope,
                                            const struct lffi_library *lib, const char *symbol)
{
    const struct lffi_library *found = NULL;
    int top = lua_gettop(L);
    push_libraries(L, scope);
    lua_pushnil(L); /* the library found, held by its place */
    for (lua_Integer i = 1; lua_rawgeti(L, top + 1, i) != LUA_TNIL; i++, lua_settop(L, top + 2)) {
        const struct lffi_library *other = lua_touserdata(L, -1);
        if (other == lib || !other->open || (found != NULL && !other->is_default) ||
            lffi_library_symbol(L, other, symbol) == NULL)
            continue;
        found = other;
        lua_replace(L, top + 2);
    }
    lua_settop(L, top + 2);
    return found;
}

static _Noreturn void missing_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol)
{
    const struct lffi_library *other = lffi_push_holder(L, lib->scope, lib, symbol);
    if (other != NULL && other->is_default)
        luaL_error(L, "undefined symbol '%s' in %s: ffi.C has it", symbol, lib->path);
    if (other != NULL)
        luaL_error(L,
                   "undefined symbol '%s' in %s: it is in %s, which is loaded: use that "
                   "namespace",
                   symbol, lib->path, other->path);
    lffi_undefined_symbol(L, lib, symbol);
}

/* The address of what is declared, which the library must not call the contrary: jumping into data,
 * or storing into code, ends the process. */
static void *check_symbol(lua_State *L, const struct lffi_library *lib,
                          const struct cdecl_decl *decl)
{
    void *address = lffi_library_symbol(L, lib, decl->symbol);
    enum lffi_symbol_kind kind;
    if (address == NULL)
        missing_symbol(L, lib, decl->symbol);
    kind = lffi_library_kind_of(lib, decl->symbol);
    if (decl->kind == CDECL_DECL_FUNCTION && kind == LFFI_SYMBOL_OBJECT)
        luaL_error(L, "'%s' is declared as a function, but is a variable in %s", decl->name,
                   lib->path);
    if (decl->kind == CDECL_DECL_VARIABLE && kind == LFFI_SYMBOL_FUNCTION)
        luaL_error(L, "'%s' is declared as a variable, but is a function in %s", decl->name,
                   lib->path);
    return address;
}

/* Fills `variable`, and remembers it under its name unless each thread has a variable of its own.
 */
static void find_variable(lua_State *L, struct lffi_scope *scope, const struct lffi_library *lib,
                          const struct cdecl_decl *decl, struct variable *variable)
{
    struct variable *remembered;
    variable->ct = lffi_ctype_of(L, scope, decl->type);
    variable->address = check_symbol(L, lib, decl);
    if (decl->thread_local)
        return;
    lua_pushvalue(L, 2);
    remembered = lua_newuserdatauv(L, sizeof *remembered, 0);
    *remembered = *variable;
    lua_rawset(L, lua_upvalueindex(UP_VARIABLES));
}

/* A variable fetched before, or NULL. */
static const struct variable *known_variable(lua_State *L)
{
    const struct variable *variable;
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(UP_VARIABLES));
    variable = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return variable;
}

/* The value of a variable; a view of the library's memory keeps the library. */
static int push_variable(lua_State *L, const struct variable *variable)
{
    struct lffi_ctype *ct = variable->ct;
    const void *pointer = NULL;
    if (ct->op == LFFI_POINTER && ct->scope->st->unloads)
        memcpy(&pointer, variable->address, sizeof pointer);
    if (pointer != NULL) /* it may lead to more of that memory */
        lffi_push_anchored_pointer(L, ct->base, pointer, lua_upvalueindex(UP_LIBRARY));
    else if (ct->op == LFFI_ARRAY || ct->op == LFFI_STRUCT || ct->op == LFFI_UNION)
        lffi_push_anchored_view(L, ct, variable->address, lua_upvalueindex(UP_LIBRARY));
    else
        lffi_load(L, ct, variable->address, 0);
    return 1;
}

/* Conversions may run what closes the library: converts aside, and looks again. */
static void store_variable(lua_State *L, const struct lffi_library *lib,
                           const struct variable *variable, const struct lffi_where *where)
{
    struct lffi_cdata *aside;
    bool calls = lua_type(L, 3) == LUA_TTABLE || lua_type(L, 3) == LUA_TUSERDATA;
    if (!calls || !lffi_is_complete(variable->ct)) {
        lffi_store(L, variable->ct, variable->address, 3, where);
        return;
    }
    aside = lffi_new(L, variable->ct, variable->ct->size);
    lffi_store(L, variable->ct, aside->addr, 3, where);
    lffi_library_check_open(L, lib);
    memcpy(variable->address, aside->addr, (size_t)variable->ct->size);
}

static void warn_deprecated(lua_State *L, const struct cdecl_decl *decl)
{
    for (const struct cdecl_attr *a = decl->attrs; a != NULL; a = a->next) {
        if (a->id != CDECL_ATTR_DEPRECATED)
            continue;
        if (a->text != NULL)
            lua_pushfstring(L, "'%s' is deprecated: %s", decl->name, a->text);
        else
            lua_pushfstring(L, "'%s' is deprecated", decl->name);
        lua_warning(L, lua_tostring(L, -1), 0);
        lua_pop(L, 1);
    }
}

static void push_function(lua_State *L, struct lffi_scope *scope, const struct lffi_library *lib,
                          const struct cdecl_decl *decl)
{
    void *symbol = check_symbol(L, lib, decl);
    void (*address)(void);
    memcpy(&address, &symbol, sizeof address); /* POSIX: a void * holds a function's address */
    warn_deprecated(L, decl);
    lua_pushvalue(L, lua_upvalueindex(UP_LIBRARY));
    lffi_push_function(L, lffi_ctype_of(L, scope, decl->type), decl, address, lua_gettop(L), 0);
}

static void push_macro(lua_State *L, struct lffi_scope *scope, const struct cdecl_decl *decl)
{
    struct cdecl_value value;
    struct cdecl_error error;
    if (!cdecl_macro_value(scope->cdecl, decl, &value, &error))
        luaL_error(L, "macro '%s' is no constant: %s", decl->name, error.message);
    lffi_push_value(L, scope, &value);
}

/* Who has the debug library calls metamethods with anything. */
static void check_self(lua_State *L, const char *event)
{
    if (!lua_istable(L, 1))
        luaL_error(L, "bad argument #1 to '%s' (library expected, got %s)", event,
                   luaL_typename(L, 1));
}

/* __index(constants, name): functions stay in the namespace, constants in their table; variables
 * are read each time. */
static int namespace_index(lua_State *L)
{
    struct lffi_scope *scope = namespace_scope(L);
    const struct lffi_library *lib = open_library(L);
    const struct variable *known = known_variable(L);
    const struct cdecl_decl *decl;
    struct variable variable;
    if (known != NULL)
        return push_variable(L, known);
    decl = check_decl(L, scope, lib, 2);
    switch (decl->kind) {
    case CDECL_DECL_VARIABLE:
        find_variable(L, scope, lib, decl, &variable);
        return push_variable(L, &variable);
    case CDECL_DECL_FUNCTION: push_function(L, scope, lib, decl); break;
    case CDECL_DECL_CONSTANT: lffi_push_constant(L, scope, decl); break;
    case CDECL_DECL_MACRO: push_macro(L, scope, decl); break;
    case CDECL_DECL_TYPEDEF: return 0; /* refused by check_decl */
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, decl->kind == CDECL_DECL_FUNCTION ? lua_upvalueindex(UP_NAMESPACE) : 1);
    return 1;
}

/* __newindex(namespace, name, value): C variables only. */
static int namespace_newindex(lua_State *L)
{
    struct lffi_scope *scope = namespace_scope(L);
    const struct lffi_library *lib = open_library(L);
    const struct cdecl_decl *decl = check_decl(L, scope, lib, 2);
    struct lffi_where where = {.place = LFFI_TO_VARIABLE, .name = decl->name};
    struct variable variable;
    where.policy = lib->has_policy ? lib->policy : scope->policy;
    if (decl->kind == CDECL_DECL_FUNCTION)
        return luaL_error(L, "attempt to write to function '%s'", decl->name);
    if (decl->kind != CDECL_DECL_VARIABLE)
        return luaL_error(L, "attempt to write to constant '%s'", decl->name);
    find_variable(L, scope, lib, decl, &variable);
    if (lffi_is_fixed(variable.ct))
        return luaL_error(L, "attempt to write to constant '%s'", decl->name);
    store_variable(L, lib, &variable, &where);
    return 0;
}

static int namespace_tostring(lua_State *L)
{
    const struct lffi_library *lib = lua_touserdata(L, lua_upvalueindex(UP_LIBRARY));
    lua_pushfstring(L, "library: %s%s", lib->path, lib->open ? "" : " (closed)");
    return 1;
}

/* ---- namespaces ------------------------------------------------------------------------------ */

/* What the metatable at the top says of its library, in its place; for a namespace made in Lua that
 * is the library of the namespace under __cffi_library. */
static struct lffi_library *library_of_metatable(lua_State *L)
{
    if (lua_rawgetp(L, -1, &library_key) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        lua_pushliteral(L, "__cffi_library");
        lua_rawget(L, -2);
        if (!lua_istable(L, -1) || !lua_getmetatable(L, -1)) {
            lua_pop(L, 2);
            return NULL;
        }
        lua_replace(L, -2);
        if (lua_rawgetp(L, -1, &library_key) != LUA_TUSERDATA) {
            lua_pop(L, 3);
            return NULL;
        }
        lua_remove(L, -2);
    }
    lua_remove(L, -2);
    return lua_touserdata(L, -1);
}

struct lffi_library *lffi_push_library_of(lua_State *L, int idx)
{
    if (!lua_istable(L, idx) || !lua_getmetatable(L, idx))
        return NULL;
    return library_of_metatable(L);
}

bool lffi_is_namespace(lua_State *L, int idx)
{
    bool found = lffi_push_library_of(L, idx) != NULL;
    if (found)
        lua_pop(L, 1);
    return found;
}

static void clear_table(lua_State *L, int idx)
{
    for (lua_pushnil(L); lua_next(L, idx) != 0;) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, idx); /* clearing a field during a traversal is allowed */
    }
}

/* Forgets everything fetched through the namespace at idx, and the one it is made from. */
static void flush_namespace(lua_State *L, int idx)
{
    clear_table(L, idx);
    if (!lua_getmetatable(L, idx))
        return;
    if (lua_getfield(L, -1, "__index") == LUA_TTABLE)
        clear_table(L, lua_gettop(L));
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "__cffi_library") == LUA_TTABLE) {
        flush_namespace(L, lua_gettop(L));
        lua_pop(L, 2);
        return;
    }
    lua_pop(L, 1);
    if (lua_rawgetp(L, -1, &variables_key) == LUA_TTABLE)
        clear_table(L, lua_gettop(L));
    lua_pop(L, 2);
}

/* Pushes the table of all namespaces, weak keys, each with the scope it belongs to. */
static void push_namespaces(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &namespaces_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lffi_push_weak_table(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &namespaces_key);
}

void lffi_visit_namespaces(lua_State *L, struct lffi_scope *scope,
                           void (*visit)(lua_State *L, int idx))
{
    push_namespaces(L);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_touserdata(L, -1) == scope)
            visit(L, lua_gettop(L) - 1);
    }
    lua_pop(L, 1);
}

void lffi_namespaces_flush(lua_State *L, struct lffi_scope *scope)
{
    lffi_visit_namespaces(L, scope, flush_namespace);
}

void lffi_close_namespace(lua_State *L, struct lffi_library *lib, int idx)
{
    if (lib->is_default)
        luaL_error(L, "ffi.C cannot be closed");
    if (!lib->open)
        return;
    if (lffi_is_guest(lib->scope->st))
        luaL_error(L,
                   "cannot close library '%s' in a callback on a foreign thread: Lua's own may be "
                   "inside it",
                   base_name(lib->path));
    if (lffi_is_running(lib, lffi_library_holds))
        luaL_error(L, "cannot close library '%s': one of its functions is running",
                   base_name(lib->path));
    flush_namespace(L, idx);
    lffi_library_close(L, lib);
}

/* __close of a namespace: `local z <close> = ffi.load "z"`. */
static int namespace_close(lua_State *L)
{
    check_self(L, "__close");
    lffi_close_namespace(L, lua_touserdata(L, lua_upvalueindex(UP_LIBRARY)), 1);
    return 0;
}

/* Gives the metatable at the top its __index: the table of constants, with a metatable that has the
 * metamethod at the top of all. */
static void set_index(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_rotate(L, -3, -1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
}
void lffi_push_namespace(lua_State *L, struct lffi_scope *scope, int lib_idx)
{
    static const luaL_Reg methods[] = {{"__index", namespace_index},
                                       {"__newindex", namespace_newindex},
                                       {"__tostring", namespace_tostring},
                                       {"__close", namespace_close},
                                       {NULL, NULL}};
    lua_newtable(L);
    lua_newtable(L); /* the metatable */
    lua_pushlightuserdata(L, scope);
    lua_pushvalue(L, lib_idx);
    lua_newtable(L); /* variables */
    lua_pushvalue(L, -1);
    lua_rawsetp(L, -5, &variables_key);
    lua_pushvalue(L, -5);
    luaL_setfuncs(L, methods, UP_NAMESPACE);
    lua_getfield(L, -1, "__index");
    set_index(L);
    lua_pushvalue(L, lib_idx);
    lua_rawsetp(L, -2, &library_key);
    lua_pushliteral(L, "ffi");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    push_namespaces(L);
    lua_pushvalue(L, -2);
    lua_pushlightuserdata(L, scope);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* ---- addresses ------------------------------------------------------------------------------- */

void lffi_push_symbol_address(lua_State *L, struct lffi_scope *scope, int lib_idx, int name_idx)
{
    size_t size;
    const char *name = lffi_arg_string(L, name_idx, &size);
    const struct lffi_library *lib = lffi_push_library_of(L, lib_idx);
    const struct cdecl_decl *decl = cdecl_find(scope->cdecl, name, size);
    struct lffi_ctype *ct;
    void *address;
    lffi_library_check_open(L, lib);
    if (decl == NULL) {
        address = lffi_library_symbol(L, lib, name);
        if (address == NULL)
            lffi_undefined_symbol(L, lib, name);
        ct = lffi_basic(L, scope, CDECL_PRIM_VOID);
    } else {
        if (decl->kind != CDECL_DECL_VARIABLE && decl->kind != CDECL_DECL_FUNCTION)
            lffi_arg_error(L, name_idx, "'%s' has no address", name);
        address = check_symbol(L, lib, decl);
        ct = lffi_ctype_of(L, scope, decl->type);
    }
    lffi_push_library_of(L, lib_idx);
    lffi_push_anchored_pointer(L, lffi_pointer_to(L, ct), address, lua_gettop(L));
}
