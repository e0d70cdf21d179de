/* Libraries: finding, opening and closing them, and looking up their symbols: ffi.load, ffi.close,
 * ffi.C.
 *
 * Depends on libpath.c and elfsym.c for files and symbol tables and on namespace.c for the tables
 * that scripts see; the only file that includes <dlfcn.h>. A library is a userdata kept alive by
 * its namespace's metatable and by every function fetched from it. It is made before dlopen runs,
 * so that no handle is ever without an owner; the collector does not unmap libraries
 * (docs/design.md S12).
 */
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "face/face.h"
#include "base/elfsym.h"
#include "base/libpath.h"

#if defined __linux__ || defined __FreeBSD__
#include <link.h>
#endif

enum { LIBRARY_PATH = 1, LIBRARY_VALUES = 1 }; /* user values of a library */

/* ---- library objects ------------------------------------------------------------------------- */

/* Only for libraries loaded with {unload = true}; all others stay mapped. */
static int library_gc(lua_State *L)
{
    struct lffi_library *lib = lua_touserdata(L, 1);
    if (lib->open) {
        lib->open = false;
        dlclose(lib->handle);
    }
    return 0;
}

/* Pushes a closed library without a handle. */
static struct lffi_library *push_library(lua_State *L, struct lffi_scope *scope)
{
    struct lffi_library *lib = lua_newuserdatauv(L, sizeof *lib, LIBRARY_VALUES);
    memset(lib, 0, sizeof *lib);
    lib->scope = scope;
    lib->path = "";
    return lib;
}

/* Gives the library its path, for errors: the string at the stack top, which is popped. */
static void set_path(lua_State *L, struct lffi_library *lib, int lib_idx)
{
    const char *path = lua_tostring(L, -1);
    lua_setiuservalue(L, lib_idx, LIBRARY_PATH);
    lib->path = path;
}

static const struct link_map *map_of(void *handle)
{
#if defined __linux__ || defined __FreeBSD__
    struct link_map *map = NULL;
    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 ? map : NULL;
#else
    (void)handle;
    return NULL;
#endif
}

bool lffi_library_is_default(const struct lffi_library *lib)
{
    return lib->handle == RTLD_DEFAULT && lib->open;
}

/* A file is told by where it is mapped: it may have several names. */
bool lffi_library_holds(const struct lffi_library *lib, const void *address)
{
#if defined __linux__ || defined __FreeBSD__
    Dl_info file;
    const struct link_map *map = lib->open ? map_of(lib->handle) : NULL;
    return map != NULL && dladdr(address, &file) != 0 &&
           (uintptr_t)file.dli_fbase == (uintptr_t)map->l_addr;
#else
    (void)lib;
    (void)address;
    return false;
#endif
}

void lffi_library_check_open(lua_State *L, const struct lffi_library *lib)
{
    if (!lib->open)
        luaL_error(L, "library '%s' is closed", lib->path);
}

bool lffi_library_close(struct lffi_library *lib)
{
    if (!lib->open)
        return false;
    lib->open = false;
    dlclose(lib->handle);
    lib->handle = NULL;
    return true;
}

/* ---- symbols --------------------------------------------------------------------------------- */

/* "name@VERSION", as an assembler label may say it. */
static void *versioned_symbol(lua_State *L, const struct lffi_library *lib, const char *symbol,
                              const char *at)
{
#ifdef __GLIBC__
    const char *name = lua_pushlstring(L, symbol, (size_t)(at - symbol));
    void *address = dlvsym(lib->handle, name, at + strspn(at, "@"));
    lua_pop(L, 1);
    return address;
#else
    (void)L;
    (void)at;
    return dlsym(lib->handle, symbol);
#endif
}

void *lffi_library_symbol(lua_State *L, const struct lffi_library *lib, const char *symbol)
{
    const char *at = strchr(symbol, '@');
    return at != NULL ? versioned_symbol(L, lib, symbol, at) : dlsym(lib->handle, symbol);
}

struct lffi_files lffi_library_files(const struct lffi_library *lib)
{
    struct lffi_files files = {.all = lffi_library_is_default(lib)};
    const struct link_map *map = files.all || !lib->open ? NULL : map_of(lib->handle);
    if (map != NULL)
        files.dynamic = lffi_map_dynamic(map);
    return files;
}

/* Pushes the exported name nearest to `symbol`; for ffi.C among all that it finds. NULL when there
 * is none. */
static const char *push_nearest(lua_State *L, const struct lffi_library *lib, const char *symbol)
{
    size_t limit = cdecl_near_limit(strlen(symbol));
    size_t row = strlen(symbol) + limit;
    char *near = lua_newuserdatauv(L, limit * row, 0); /* a limit of 0 means too long a name */
    lffi_nearest_symbols(lffi_library_files(lib), symbol, limit, near);
    for (size_t d = 1; d < limit; d++) {
        if (near[d * row] != '\0' && dlsym(lib->handle, near + d * row) != NULL)
            return near + d * row;
    }
    return NULL;
}

/* True for functions that C programs get from libc_nonshared.a: whoever has glibc's own lacks them.
 */
static bool is_nonshared(const struct lffi_library *lib, const char *symbol)
{
    static const char *const names[] = {"atexit", "at_quick_exit", "pthread_atfork", /* or older: */
                                        "stat", "lstat", "fstat", "fstatat", "stat64", "lstat64",
                                        "fstat64", "fstatat64", "mknod", "mknodat"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], symbol) == 0)
            return dlsym(lib->handle, "gnu_get_libc_version") != NULL;
    }
    return false;
}

_Noreturn void lffi_undefined_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol)
{
    const char *near;
    if (is_nonshared(lib, symbol))
        luaL_error(L, "undefined symbol '%s' in %s (glibc links it into each program statically)",
                   symbol, lib->path);
    near = push_nearest(L, lib, symbol);
    if (near != NULL)
        luaL_error(L, "undefined symbol '%s' in %s (did you mean '%s'?)", symbol, lib->path, near);
    luaL_error(L, "undefined symbol '%s' in %s", symbol, lib->path);
    abort();
}

enum lffi_symbol_kind lffi_library_kind_of(const struct lffi_library *lib, const char *name)
{
    return lffi_kind_of_symbol(lffi_library_files(lib), name);
}

/* ---- finding and opening the file ------------------------------------------------------------ */

/* One ffi.load: what is being opened and what was tried. */
struct search {
    struct lffi_library *lib;
    int flags;
    int log;   /* stack index of the table of lines for the error */
    int depth; /* of linker scripts that refer to others */
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
    const char *message;
    const char *path;
    s->lib->handle = dlopen(name, s->flags);
    if (s->lib->handle != NULL) {
        s->lib->open = true;
        return true;
    }
    message = dlerror();
    lua_pushstring(L, message != NULL ? message : name);
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

/* "/a/path", "libz.so.1", "z.so" or "z". */
static bool open_name(lua_State *L, struct search *s, const char *name)
{
    const char *prefix = strncmp(name, "lib", 3) == 0 ? "" : "lib";
    const char *stem;
    bool opened;
    if (open_file(L, s, name))
        return true;
    if (strchr(name, '/') != NULL || (has_suffix(name) && *prefix == '\0'))
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

/* Raises what was tried, one line for each; `what`: "library 'z'". */
static _Noreturn void not_found(lua_State *L, const struct search *s, const char *what)
{
    luaL_Buffer b;
    lua_Integer count = (lua_Integer)lua_rawlen(L, s->log);
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

/* ---- ffi.load -------------------------------------------------------------------------------- */

/* Flags by name, as <dlfcn.h> spells them after "RTLD_". */
static int flag_of(const char *name, size_t size)
{
    static const struct {
        const char *name;
        int flag;
    } flags[] = {{"lazy", RTLD_LAZY},
                 {"now", RTLD_NOW},
                 {"global", RTLD_GLOBAL},
                 {"local", RTLD_LOCAL},
#ifdef RTLD_DEEPBIND
                 {"deepbind", RTLD_DEEPBIND},
#endif
                 {"nodelete", RTLD_NODELETE},
                 {"noload", RTLD_NOLOAD}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strlen(flags[i].name) == size && memcmp(flags[i].name, name, size) == 0)
            return flags[i].flag;
    }
    return -1;
}

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
        int flag = flag_of(words, size);
        if (flag < 0)
            lffi_arg_error(L, arg, "unknown flag '%s'", lua_pushlstring(L, words, size));
        flags |= flag;
        words += size;
    }
    return flags;
}

/* {global =, overflow =, flags =, unload =}. Returns dlopen's flags. */
static int read_load_options(lua_State *L, struct lffi_library *lib, int arg, bool *unload)
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
        flags |= RTLD_GLOBAL;
    lua_getfield(L, arg, "unload");
    *unload = lua_toboolean(L, -1);
    lua_pop(L, 4);
    return flags;
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

/* Opens the name, or the first that can be opened of a list of names, at stack index 1. */
static void open_any(lua_State *L, struct lffi_scope *scope, struct search *s)
{
    lua_Integer count;
    if (!lua_istable(L, 1)) {
        check_library_name(L, 1);
        if (!open_name(L, s, lua_tostring(L, 1)))
            not_found(L, s, lua_pushfstring(L, "library '%s'", lua_tostring(L, 1)));
        return;
    }
    count = (lua_Integer)lua_rawlen(L, 1);
    if (count == 0)
        lffi_arg_error(L, 1, "list of library names is empty");
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 1, i) != LUA_TSTRING)
            lffi_arg_error(L, 1, "name %I is no string but %s", (LUAI_UACINT)i,
                           lffi_push_kind_of(L, scope->st, -1));
        check_library_name(L, -1);
        if (open_name(L, s, lua_tostring(L, -1)))
            return;
        lua_pop(L, 1);
    }
    not_found(L, s, push_alternatives(L, count));
}

static void unload_when_collected(lua_State *L, int lib_idx)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, library_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, lib_idx);
}

static void push_loaded_path(lua_State *L, const struct lffi_library *lib)
{
    const struct link_map *map = map_of(lib->handle);
    if (map != NULL && *lffi_map_path(map) != '\0')
        lua_pushstring(L, lffi_map_path(map));
    else if (lua_type(L, 1) == LUA_TSTRING)
        lua_pushvalue(L, 1);
    else
        lua_rawgeti(L, 1, 1);
}

/* ffi.load(name or list of names [, true or options]) */
static int clib_load(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct search s = {0};
    bool unload = false;
    int lib_idx;
    if (!lua_istable(L, 1))
        lffi_arg_string(L, 1, NULL);
    lua_settop(L, 2);
    s.lib = push_library(L, scope);
    lib_idx = lua_gettop(L);
    if (lua_istable(L, 2))
        s.flags = read_load_options(L, s.lib, 2, &unload);
    else if (lua_toboolean(L, 2))
        s.flags = RTLD_GLOBAL;
    if ((s.flags & RTLD_NOW) == 0)
        s.flags |= RTLD_LAZY;
    lua_newtable(L);
    s.log = lua_gettop(L);
    if (unload)
        unload_when_collected(L, lib_idx);
    open_any(L, scope, &s);
    push_loaded_path(L, s.lib);
    set_path(L, s.lib, lib_idx);
    lffi_push_namespace(L, scope, lib_idx);
    return 1;
}

/* ffi.close(lib): unmaps the library now, when nothing else in the process uses it. */
static int clib_close(lua_State *L)
{
    struct lffi_library *lib = lffi_push_library_of(L, 1);
    if (lib == NULL)
        lffi_expected(L, 1, "library");
    if (lffi_library_is_default(lib))
        lffi_arg_error(L, 1, "ffi.C cannot be closed");
    lffi_close_namespace(L, lib, 1);
    return 0;
}

void lffi_clib_api(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"load", clib_load, 2},
        {"close", clib_close, 1},
        {NULL, NULL, 0}};
    struct lffi_library *lib;
    lffi_api_add(L, scope, functions);
    lib = push_library(L, scope);
    lib->handle = RTLD_DEFAULT;
    lib->open = true;
    lua_pushliteral(L, "ffi.C");
    set_path(L, lib, lua_gettop(L) - 1);
    lffi_push_namespace(L, scope, lua_gettop(L));
    lua_setfield(L, -3, "C");
    lua_pop(L, 1);
}
