/* From a name to a file: what ffi.load tries for "z", and how it tells that nothing was found.
 *
 * Depends on libpath.c for directories and linker scripts, on system_*.c for the loader's cache,
 * and on library.c, which opens. Nothing is owned here: the library takes what was opened.
 */
#include <string.h>
#include <unistd.h>

#include "base/libpath.h"
#include "face/face.h"
#include "face/library.h"

/* One ffi.load: what is being opened and what was tried. */
struct search {
    struct lffi_library *lib;
    int flags;
    int log;         /* stack index of the table of lines for the error */
    int depth;       /* of linker scripts that refer to others */
    bool impossible; /* the program cannot load files */
};

enum { SCRIPT_DEPTH_MAX = 4 };

static bool open_name(lua_State *L, struct search *s, const char *name);
static bool open_file(lua_State *L, struct search *s, const char *name);

static void log_line(lua_State *L, struct search *s)
{
    lua_rawseti(L, s->log, (lua_Integer)lua_rawlen(L, s->log) + 1);
}

/* A file name without a directory may be in the script's own. */
static bool open_beside(lua_State *L, struct search *s, const char *script, const char *entry)
{
    const char *slash = strrchr(script, '/');
    bool opened;
    if (slash == NULL || strchr(entry, '/') != NULL)
        return false;
    luaL_checkstack(L, 8, NULL);
    lua_pushlstring(L, script, (size_t)(slash - script));
    lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), entry);
    opened = access(lua_tostring(L, -1), F_OK) == 0 && open_file(L, s, lua_tostring(L, -1));
    lua_pop(L, 2);
    return opened;
}

/* The library a linker script stands for; `path` is the script's. */
static bool open_script(lua_State *L, struct search *s, const char *path)
{
    char entry[LFFI_SONAME_SIZE];
    bool opened;
    if (s->depth == SCRIPT_DEPTH_MAX || !lffi_linker_script(path, entry, sizeof entry))
        return false;
    s->depth++;
    if (strncmp(entry, "-l", 2) == 0)
        opened = open_name(L, s, entry + 2);
    else
        opened = open_beside(L, s, path, entry) || open_name(L, s, entry);
    s->depth--;
    return opened;
}

/* The file that dlopen's message is about, pushed: the message begins with its path. */
static const char *push_refused_path(lua_State *L, const char *message)
{
    const char *colon = strstr(message, ": ");
    if (message[0] != '/' || colon == NULL)
        lua_pushnil(L);
    else
        lua_pushlstring(L, message, (size_t)(colon - message));
    return lua_tostring(L, -1);
}

static bool has_suffix(const char *name)
{
    const char *suffix = strstr(name, LFFI_LIB_SUFFIX);
    return suffix != NULL &&
           (suffix[strlen(LFFI_LIB_SUFFIX)] == '\0' || suffix[strlen(LFFI_LIB_SUFFIX)] == '.');
}

/* What a user of other systems expects to be found. */
static void log_current(lua_State *L, struct search *s, const char *name)
{
    if (strchr(name, '/') != NULL || !has_suffix(name) || access(name, F_OK) != 0)
        return;
    lua_pushfstring(L, "the current directory is not searched: use ffi.load \"./%s\"", name);
    log_line(L, s);
}

/* Opens exactly this name, or what the linker script of this name stands for. */
static bool open_file(lua_State *L, struct search *s, const char *name)
{
    const char *path;
    if (s->impossible)
        return false;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (lffi_library_open(L, s->lib, name, s->flags))
        return true;
    s->impossible = lffi_library_cannot_open(lua_tostring(L, -1));
    path = push_refused_path(L, lua_tostring(L, -1));
    if (path != NULL && open_script(L, s, path)) {
        lua_pop(L, 2);
        return true;
    }
    lua_pop(L, 1);
    log_line(L, s);
    if (path == NULL)
        log_current(L, s, name);
    return false;
}

static bool open_found(lua_State *L, struct search *s, const struct lffi_sonames *found,
                       const char *directory)
{
    for (unsigned i = 0; i < found->count; i++) {
        const char *name = found->name[i];
        bool opened;
        if (directory != NULL)
            name = lua_pushfstring(L, "%s/%s", directory, name);
        opened = open_file(L, s, name);
        if (directory != NULL)
            lua_pop(L, 1);
        if (opened)
            return true;
    }
    return false;
}

static bool open_version_in(lua_State *L, struct search *s, const char *directory, const char *stem)
{
    struct lffi_sonames found = {0};
    lffi_sonames_in_directory(&found, directory, stem);
    if (open_found(L, s, &found, directory))
        return true;
    if (found.count == 0) {
        lua_pushfstring(L, "%s/%s.*: no such file", directory, stem);
        log_line(L, s);
    }
    return false;
}

/* The directories of LD_LIBRARY_PATH; relative and empty ones, the current directory, are left out.
 */
static bool open_version_in_path(lua_State *L, struct search *s, const char *stem)
{
    const char *path = getenv("LD_LIBRARY_PATH");
    bool opened = false;
    while (path != NULL && *path != '\0' && !opened) {
        size_t size = strcspn(path, ":;");
        if (*path == '/') {
            opened = open_version_in(L, s, lua_pushlstring(L, path, size), stem);
            lua_pop(L, 1);
        }
        path += size;
        path += *path != '\0';
    }
    return opened;
}

/* libNAME.so.N of systems where the development package with libNAME.so is not installed. */
static bool open_version(lua_State *L, struct search *s, const char *stem)
{
    struct lffi_sonames found = {0};
    if (open_version_in_path(L, s, stem))
        return true;
    lffi_sonames_in_cache(&found, stem);
    if (open_found(L, s, &found, NULL))
        return true;
    for (const char *const *d = lffi_library_directories; *d != NULL; d++) {
        if (open_version_in(L, s, *d, stem))
            return true;
    }
    return false;
}

/* A library that the program brings. */
static bool open_registered(struct lffi_library *lib, const char *name)
{
    lib->registered = lffi_registered_library(lib->registry, name);
    lib->open = lib->registered != NULL;
    return lib->open;
}

/* "/a/path", "libz.so.1", "z.so" or "z". */
static bool open_name(lua_State *L, struct search *s, const char *name)
{
    const char *prefix = strncmp(name, "lib", 3) == 0 ? "" : "lib";
    const char *stem;
    bool opened;
    if (open_registered(s->lib, name) || open_file(L, s, name))
        return true;
    if (s->impossible || strchr(name, '/') != NULL || (has_suffix(name) && *prefix == '\0'))
        return false;
    luaL_checkstack(L, 8, NULL);
    if (has_suffix(name)) {
        opened = open_file(L, s, lua_pushfstring(L, "lib%s", name));
        lua_pop(L, 1);
        return opened;
    }
    stem = lua_pushfstring(L, "lib%s" LFFI_LIB_SUFFIX, name);
    opened = open_file(L, s, stem) || open_version(L, s, stem);
    lua_pop(L, 1);
    if (!opened && *prefix == '\0') { /* "libz" is more likely libz.so than liblibz.so */
        stem = lua_pushfstring(L, "%s" LFFI_LIB_SUFFIX, name);
        opened = open_file(L, s, stem) || open_version(L, s, stem);
        lua_pop(L, 1);
    }
    return opened;
}

/* Where there is no dlopen, what there is instead. */
static _Noreturn void cannot_load(lua_State *L, const struct search *s, const char *what)
{
    luaL_error(L,
               "cannot load %s: the program is linked statically, and cffi_register was given %s",
               what, lffi_push_registered_names(L, s->lib->registry));
    abort();
}

/* Raises what was tried, one line for each; `what`: "library 'z'". */
static _Noreturn void not_found(lua_State *L, const struct search *s, const char *what)
{
    luaL_Buffer b;
    lua_Integer count = (lua_Integer)lua_rawlen(L, s->log);
    if (s->impossible)
        cannot_load(L, s, what);
    luaL_buffinit(L, &b);
    for (lua_Integer i = 1; i <= count; i++) {
        luaL_addstring(&b, "\n\t");
        lua_rawgeti(L, s->log, i);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    luaL_error(L, "cannot load %s:%s", what, lua_tostring(L, -1));
    abort();
}

/* dlopen takes "" for the program, and ends a name at a zero byte. */
static void check_library_name(lua_State *L, int idx)
{
    size_t size;
    const char *name = lua_tolstring(L, idx, &size);
    if (size == 0)
        lffi_arg_error(L, 1, "library name is empty");
    if (strlen(name) != size)
        lffi_arg_error(L, 1, "library name contains a zero byte");
}

/* "any of 'a', 'b'": the list at stack index 1. */
static const char *push_alternatives(lua_State *L, lua_Integer count)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "any of ");
    for (lua_Integer i = 1; i <= count; i++) {
        luaL_addstring(&b, i > 1 ? ", '" : "'");
        lua_rawgeti(L, 1, i);
        luaL_addvalue(&b);
        luaL_addchar(&b, '\'');
    }
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

/* The first that can be opened of the list of names at stack index 1. */
static void open_any(lua_State *L, struct search *s)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    if (count == 0)
        lffi_arg_error(L, 1, "list of library names is empty");
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 1, i) != LUA_TSTRING)
            lffi_arg_error(L, 1, "name %I is no string but %s", (LUAI_UACINT)i,
                           lffi_push_kind_of(L, s->lib->scope->st, -1));
        check_library_name(L, -1);
        if (open_name(L, s, lua_tostring(L, -1)))
            return;
        lua_pop(L, 1);
    }
    not_found(L, s, push_alternatives(L, count));
}

void lffi_find_library(lua_State *L, struct lffi_library *lib, int flags)
{
    struct search s = {.lib = lib, .flags = flags};
    lua_newtable(L);
    s.log = lua_gettop(L);
    if (lua_istable(L, 1)) {
        open_any(L, &s);
    } else {
        check_library_name(L, 1);
        if (!open_name(L, &s, lua_tostring(L, 1)))
            not_found(L, &s, lua_pushfstring(L, "library '%s'", lua_tostring(L, 1)));
    }
    lua_settop(L, s.log - 1);
}
