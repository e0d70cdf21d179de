/* Libraries: opening and closing them, and looking up their symbols.
 *
 * Depends on elfsym.c for symbol tables and on call.h to let go of the universe; the only file that
 * includes <dlfcn.h>. A library is a userdata kept alive by its namespace's metatable and by every
 * function fetched from it. It is made before dlopen runs, so that no handle is ever without an
 * owner; the collector does not unmap libraries (docs/design.md S12).
 *
 * dlopen and dlclose run code of libraries, which may wait for threads that wait for Lua; meanwhile
 * they hold a lock for which dlsym waits. So all three are calls of C as any other (S26).
 */
#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "call/call.h"
#include "face/face.h"
#include "face/library.h"
#include "object/scope.h"

#if defined __linux__ || defined __FreeBSD__
#include <link.h>
#elif defined __APPLE__
#include <mach-o/dyld.h>
#endif

enum { LIBRARY_PATH = 1, LIBRARY_SCOPE, LIBRARY_VALUES = 2 }; /* user values of a library */

/* ---- library objects ------------------------------------------------------------------------- */

/* Only for libraries loaded with {unload = true}; all others stay mapped. */
static int library_gc(lua_State *L)
{
    lffi_library_close(L, lua_touserdata(L, 1));
    return 0;
}

struct lffi_library *lffi_push_library(lua_State *L, struct lffi_scope *scope)
{
    struct lffi_library *lib = lua_newuserdatauv(L, sizeof *lib, LIBRARY_VALUES);
    memset(lib, 0, sizeof *lib);
    lib->scope = scope;
    lib->registry = lffi_registered(L);
    lib->path = "";
    lffi_push_scope(L, scope);
    lua_setiuservalue(L, -2, LIBRARY_SCOPE);
    return lib;
}

void lffi_library_set_path(lua_State *L, struct lffi_library *lib, int lib_idx)
{
    const char *path = lua_tostring(L, -1);
    lua_setiuservalue(L, lib_idx, LIBRARY_PATH);
    lib->path = path;
}

struct lffi_library *lffi_push_default_library(lua_State *L, struct lffi_scope *scope)
{
    struct lffi_library *lib = lffi_push_library(L, scope);
    lib->handle = RTLD_DEFAULT;
    lib->is_default = true;
    lib->open = true;
    lua_pushliteral(L, "ffi.C");
    lffi_library_set_path(L, lib, lua_gettop(L) - 1);
    return lib;
}

void lffi_unload_when_collected(lua_State *L, int lib_idx)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, library_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, lib_idx);
}

/* NULL where there is no one file. */
static const struct link_map *map_of(const struct lffi_library *lib)
{
#if defined __linux__ || defined __FreeBSD__
    struct link_map *map = NULL;
    bool is_file = lib->open && lib->registered == NULL && lib->handle != RTLD_DEFAULT;
    return is_file && dlinfo(lib->handle, RTLD_DI_LINKMAP, &map) == 0 ? map : NULL;
#elif defined __APPLE__ /* an image's header stands for it; opened again it has the same handle */
    bool is_file = lib->open && lib->registered == NULL && lib->handle != RTLD_DEFAULT;
    for (uint32_t i = 0; is_file && i < _dyld_image_count(); i++) {
        void *handle = dlopen(_dyld_get_image_name(i), RTLD_LAZY | RTLD_NOLOAD);
        if (handle != NULL)
            dlclose(handle);
        if (handle == lib->handle)
            return (const void *)_dyld_get_image_header(i);
    }
    return NULL;
#else
    (void)lib;
    return NULL;
#endif
}

void lffi_library_pin(void)
{
#ifdef __APPLE__ /* elsewhere the linker is told so: -z nodelete */
    Dl_info file;
    if (dladdr((const void *)lffi_library_pin, &file) != 0)
        dlopen(file.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

/* A file is told by where it is mapped: it may have several names. */
bool lffi_library_holds(const struct lffi_library *lib, const void *address)
{
#if defined __linux__ || defined __FreeBSD__
    const struct link_map *map = map_of(lib);
    return map != NULL && lffi_file_holds(lffi_map_dynamic(map), address);
#elif defined __APPLE__
    Dl_info file;
    const void *header = map_of(lib);
    return header != NULL && dladdr(address, &file) != 0 && file.dli_fbase == header;
#else
    (void)lib;
    (void)address;
    return false;
#endif
}

/* ---- the linker, outside of Lua -------------------------------------------------------------- */

/* One call of the dynamic linker, and of what it calls, from begin to end. `errno` as Lua knows it
 * stays. */
struct linking {
    struct lffi_callee callee;
    struct lffi_call running;
    int errno_before;
    int top;
};

static void begin_linking(lua_State *L, struct linking *linking, const struct lffi_library *lib)
{
    struct lffi_state *st = lib->scope->st;
    linking->callee = (struct lffi_callee){st, lib, NULL};
    linking->errno_before = st->saved_errno;
    linking->top = lua_gettop(L);
    lffi_enter_c(L, &linking->callee, &linking->running);
}

/* True: end_linking has something to do. */
static bool leave_linker(struct linking *linking)
{
    bool rare = lffi_leave_c(&linking->running);
    linking->callee.st->saved_errno = linking->errno_before;
    return rare;
}

/* Raises what callbacks have left that ran meanwhile. */
static void end_linking(lua_State *L, const struct linking *linking)
{
    lffi_after_call(L, linking->callee.st, &linking->running);
    lua_settop(L, linking->top);
}

/* ---- opening and closing --------------------------------------------------------------------- */

int lffi_library_flag(const char *name, size_t size)
{
    static const struct {
        const char *name;
        int flag;
    } flags[] = {{"lazy", RTLD_LAZY},         {"now", RTLD_NOW},
                 {"global", RTLD_GLOBAL},     {"local", RTLD_LOCAL},
#ifdef RTLD_DEEPBIND
                 {"deepbind", RTLD_DEEPBIND},
#endif
                 {"nodelete", RTLD_NODELETE}, {"noload", RTLD_NOLOAD}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strlen(flags[i].name) == size && memcmp(flags[i].name, name, size) == 0)
            return flags[i].flag;
    }
    return -1;
}

bool lffi_library_open(lua_State *L, struct lffi_library *lib, const char *name, int flags)
{
    struct linking linking;
    const char *message = NULL;
    bool rare;
    lua_pushnil(L); /* the place of the message */
    if ((flags & RTLD_NOW) == 0)
        flags |= RTLD_LAZY;
    begin_linking(L, &linking, lib);
    lib->handle = dlopen(name, flags);
    lib->open = lib->handle != NULL;
    if (!lib->open)
        message = dlerror(); /* this thread's, until it calls the linker again */
    rare = leave_linker(&linking);
    if (!lib->open) {
        lua_pushstring(L, message != NULL ? message : name);
        lua_replace(L, linking.top);
    }
    if (rare)
        end_linking(L, &linking);
    lua_settop(L, linking.top);
    if (lib->open)
        lua_pop(L, 1);
    return lib->open;
}

bool lffi_library_cannot_open(const char *message)
{
    return strcmp(message, "Dynamic loading not supported") == 0 || /* musl */
           strcmp(message, "Service unavailable") == 0;             /* FreeBSD */
}

const char *lffi_library_file(const struct lffi_library *lib)
{
    const struct link_map *map = map_of(lib);
    return map != NULL ? lffi_map_path(map) : "";
}

void lffi_library_check_open(lua_State *L, const struct lffi_library *lib)
{
    if (!lib->open)
        luaL_error(L, "library '%s' is closed", lib->path);
}

void lffi_library_close(lua_State *L, struct lffi_library *lib)
{
    void *handle = lib->handle;
    struct linking linking;
    if (!lib->open)
        return;
    lib->open = false;
    lib->handle = NULL;
    if (handle == NULL) /* registered */
        return;
    begin_linking(L, &linking, lib);
    dlclose(handle);
    if (leave_linker(&linking))
        end_linking(L, &linking);
    lua_settop(L, linking.top);
}

/* ---- symbols --------------------------------------------------------------------------------- */

/* dlsym; "name@VERSION", as an assembler label may say it: `at` is where that begins, or NULL. */
static void *find_symbol(const struct lffi_library *lib, const char *name, const char *at)
{
#if defined __GLIBC__ || defined __FreeBSD__
    if (at != NULL)
        return dlvsym(lib->handle, name, at + strspn(at, "@"));
#else
    (void)at;
#endif
    return dlsym(lib->handle, name);
}

/* What waits is left for later: this is in the middle of many things. */
void *lffi_library_symbol(lua_State *L, const struct lffi_library *lib, const char *symbol)
{
    const char *at = strchr(symbol, '@');
    void *address = lffi_registered_symbol(lib, symbol);
    struct linking linking;
    if (address != NULL || lib->registered != NULL)
        return address;
    luaL_checkstack(L, 1, NULL);
#if defined __GLIBC__ || defined __FreeBSD__
    if (at != NULL)
        symbol = lua_pushlstring(L, symbol, (size_t)(at - symbol));
    else
        lua_pushnil(L);
#else
    lua_pushnil(L);
#endif
    begin_linking(L, &linking, lib);
    address = find_symbol(lib, symbol, at);
    leave_linker(&linking);
    lua_settop(L, linking.top - 1);
    lffi_library_check_open(L, lib);
    return address;
}

struct lffi_files lffi_library_files(const struct lffi_library *lib)
{
    struct lffi_files files = {.all = lib->is_default};
    const struct link_map *map = map_of(lib);
    if (map != NULL)
        files.dynamic = lffi_map_dynamic(map);
    return files;
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* How many searches in a row are made, and for how long there has to be none until it is no row. */
enum { SEARCHES = 4, ROW_ENDS = 1000000000 };

/* Whether to look through all exports for a near name. Programs probe for names by the thousand:
 * after the first few the searches take a twentieth of their time at most. */
static bool may_search(struct lffi_state *st)
{
    int64_t now = nanoseconds();
    if (now - st->search_after > ROW_ENDS)
        st->searches = 0;
    return st->searches < SEARCHES || now >= st->search_after;
}

static void note_search(struct lffi_state *st, int64_t began)
{
    int64_t now = nanoseconds();
    st->searches++;
    st->search_after = now + 20 * (now - began);
}

const char *lffi_push_nearest_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol)
{
    int64_t began = nanoseconds();
    struct cdecl_near near;
    size_t row;
    char *rows;
    if (!may_search(lib->scope->st))
        return NULL;
    cdecl_near_start(&near, symbol, strlen(symbol));
    row = near.size + near.limit;
    rows = lua_newuserdatauv(L, near.limit * row, 0); /* 0: too long a name */
    lffi_nearest_symbols(lffi_library_files(lib), &near, rows);
    lffi_nearest_registered(lib, &near, rows);
    note_search(lib->scope->st, began);
    for (size_t d = 1; d < near.limit; d++) {
        if (rows[d * row] != '\0' && lffi_library_symbol(L, lib, rows + d * row) != NULL)
            return rows + d * row;
    }
    return NULL;
}

/* True for functions that C programs get from libc_nonshared.a: whoever has glibc's own lacks them.
 */
static bool is_nonshared(lua_State *L, const struct lffi_library *lib, const char *symbol)
{
    static const char *const names[] = {"atexit", "at_quick_exit", "pthread_atfork", /* or older: */
                                        "stat",   "lstat",         "fstat",          "fstatat",
                                        "stat64", "lstat64",       "fstat64",        "fstatat64",
                                        "mknod",  "mknodat"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], symbol) == 0)
            return lffi_library_symbol(L, lib, "gnu_get_libc_version") != NULL;
    }
    return false;
}

_Noreturn void lffi_undefined_symbol(lua_State *L, const struct lffi_library *lib,
                                     const char *symbol)
{
    const char *near;
    if (is_nonshared(L, lib, symbol))
        luaL_error(L, "undefined symbol '%s' in %s (glibc links it into each program statically)",
                   symbol, lib->path);
    near = lffi_push_nearest_symbol(L, lib, symbol);
    if (lib->registered != NULL)
        luaL_error(L, "symbol '%s' is not among those registered for library '%s'%s%s%s", symbol,
                   lib->registered, near != NULL ? " (did you mean '" : "",
                   near != NULL ? near : "", near != NULL ? "'?)" : "");
    if (near != NULL)
        luaL_error(L, "undefined symbol '%s' in %s (did you mean '%s'?)", symbol, lib->path, near);
    luaL_error(L, "undefined symbol '%s' in %s", symbol, lib->path);
    abort();
}

enum lffi_symbol_kind lffi_library_kind_of(const struct lffi_library *lib, const char *name)
{
    enum lffi_symbol_kind kind;
    if (lffi_registered_kind(lib, name, &kind))
        return kind;
    return lffi_kind_of_symbol(lffi_library_files(lib), name);
}
