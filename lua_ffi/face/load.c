/* Libraries as scripts get them: ffi.load, ffi.close, ffi.C.
 *
 * Depends on library.c and search.c, and on namespace.c for the tables that scripts see, which own
 * the libraries.
 */
#include <string.h>

#include "face/face.h"
#include "face/library.h"

/* The option `flags` at the stack top: a number, or words ("now deepbind"). */
static int read_flags(lua_State *L, struct lffi_scope *scope, int arg)
{
    const char *words;
    int flags = 0;
    if (lua_isinteger(L, -1))
        return (int)lua_tointeger(L, -1);
    if (lua_type(L, -1) != LUA_TSTRING)
        lffi_arg_error(L, arg, "option 'flags' must be a string or an integer, not %s",
                       lffi_push_kind_of(L, scope->st, -1));
    words = lua_tostring(L, -1);
    while (*(words += strspn(words, " ,|")) != '\0') {
        size_t size = strcspn(words, " ,|");
        int flag = lffi_library_flag(words, size);
        if (flag < 0)
            lffi_arg_error(L, arg, "unknown flag '%s'", lua_pushlstring(L, words, size));
        flags |= flag;
        words += size;
    }
    return flags;
}

/* {global =, overflow =, flags =, unload =}. Returns dlopen's flags. */
static int read_options(lua_State *L, struct lffi_library *lib, int arg, bool *unload)
{
    static const char *const names[] = {"global", "overflow", "flags", "unload", NULL};
    int flags = 0;
    lffi_arg_options(L, arg, names);
    if (lua_getfield(L, arg, "flags") != LUA_TNIL)
        flags = read_flags(L, lib->scope, arg);
    if (lua_getfield(L, arg, "overflow") != LUA_TNIL) {
        lib->policy = (enum lffi_policy)lffi_arg_choice(L, arg, lffi_policy_names);
        lib->has_policy = true;
    }
    lua_getfield(L, arg, "global");
    if (lua_toboolean(L, -1))
        flags |= lffi_library_flag("global", strlen("global"));
    lua_getfield(L, arg, "unload");
    *unload = lua_toboolean(L, -1);
    lua_pop(L, 4);
    return flags;
}

/* What to call the library: its file or the name it is registered by, or else the name that was
 * given. */
static void push_path(lua_State *L, const struct lffi_library *lib)
{
    const char *file = lffi_library_file(lib);
    if (lib->registered != NULL)
        lua_pushstring(L, lib->registered);
    else if (*file != '\0')
        lua_pushstring(L, file);
    else if (lua_type(L, 1) == LUA_TSTRING)
        lua_pushvalue(L, 1);
    else
        lua_rawgeti(L, 1, 1);
}

/* ffi.load(name or list of names [, true or options]) */
static int api_load(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_library *lib;
    bool unload = false;
    int flags = 0;
    if (!lua_istable(L, 1))
        lffi_arg_string(L, 1, NULL);
    lffi_check_lock(L, scope->st, "libraries");
    lua_settop(L, 2);
    lib = lffi_push_library(L, scope);
    if (lua_istable(L, 2))
        flags = read_options(L, lib, 2, &unload);
    else if (lua_toboolean(L, 2))
        flags = lffi_library_flag("global", strlen("global"));
    if (unload)
        lffi_unload_when_collected(L, 3);
    scope->st->unloads |= unload;
    lffi_find_library(L, lib, flags);
    push_path(L, lib);
    lffi_library_set_path(L, lib, 3);
    lffi_push_namespace(L, scope, 3);
    return 1;
}

/* ffi.close(lib): unmaps the library now, when nothing else in the process uses it. */
static int api_close(lua_State *L)
{
    struct lffi_library *lib = lffi_push_library_of(L, 1);
    if (lib == NULL)
        lffi_expected(L, 1, "library");
    if (lib->is_default)
        lffi_arg_error(L, 1, "ffi.C cannot be closed");
    lffi_close_namespace(L, lib, 1);
    return 0;
}

void lffi_api_load(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"load", api_load, 2}, {"close", api_close, 1}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
    lffi_push_default_library(L, scope);
    lffi_push_namespace(L, scope, lua_gettop(L));
    lua_setfield(L, -3, "C");
    lua_pop(L, 1);
}
