/* cffi for programs in C that embed Lua: opening the module, and symbols that are linked into the
 * program instead of being found by dlopen.
 *
 *     static const struct cffi_symbol z[] = {
 *         CFFI_FUNCTION(crc32), CFFI_VARIABLE(z_errmsg), CFFI_END};
 *
 *     luaL_requiref(L, "cffi.core", luaopen_cffi_core, 0);
 *     lua_pop(L, 1);
 *     cffi_register(L, "z", z);
 *
 * A script then says ffi.load "z" as anywhere, also where the program is linked statically and
 * there is no dlopen. `cffi embed` writes such tables.
 *
 * A program links core.so, or libcffi.a, which `make install` brings. A Lua module in C that wants
 * to register finds cffi_register when core.so was loaded for all to see: package.loadlib(path,
 * "*") before the first require "cffi".
 */
#ifndef CFFI_H
#define CFFI_H

#include <stddef.h>

#include <lua.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef _WIN32
#define CFFI_API __declspec(dllexport)
#else
#define CFFI_API __attribute__((visibility("default")))
#endif

/* What a symbol is. Of CFFI_UNKNOWN the declaration is believed. */
enum cffi_kind { CFFI_UNKNOWN, CFFI_IS_FUNCTION, CFFI_IS_VARIABLE };

/* A symbol of the program. `size` is a variable's, 0 when it is not known. {"name", address} is
 * enough. */
struct cffi_symbol {
    const char *name;
    const void *address;
    enum cffi_kind kind;
    size_t size;
};

#define CFFI_FUNCTION(name)                              \
    {                                                    \
#name, (const void *)(name), CFFI_IS_FUNCTION, 0 \
    }
#define CFFI_VARIABLE(name)                                          \
    {                                                                \
#name, (const void *)&(name), CFFI_IS_VARIABLE, sizeof(name) \
    }
#define CFFI_END                    \
    {                               \
        NULL, NULL, CFFI_UNKNOWN, 0 \
    } /* behind the last symbol */

/* Makes `symbols` known to scripts of this Lua state and all its coroutines, as a library of this
 * name: ffi.load "name" gives it, under any spelling (z, libz.so.1), before files are looked for,
 * and ffi.C finds the symbols of all such libraries before those of the C library. Calls,
 * callbacks, variables and ffi.symbols are as with any library.
 *
 * When: at any time, before or after the module is opened. A second call for a library adds to it;
 * functions that scripts have fetched before stay as they are. Not from another thread than the one
 * that runs L.
 * Ownership: nothing is copied but the library's name. The table and the names in it must stay as
 * they are until lua_close(L); mostly they are static. Symbols of a file that is unloaded meanwhile
 * are wild pointers, as in C.
 * Errors: raised in L, as by lua_error, when the library's name is NULL or empty, the table is
 * NULL, or a symbol has an empty name, no address (a weak symbol that was not linked), an unknown
 * kind, or an address that differs from one registered before for the same library; then nothing of
 * the table is registered. Also when memory is out. Uses 4 stack slots, and leaves the stack as it
 * was.
 */
CFFI_API void cffi_register(lua_State *L, const char *library, const struct cffi_symbol *symbols);

/* Opens the module's core, which require "cffi" needs: for package.preload["cffi.core"] of a
 * program that has it linked in. */
CFFI_API int luaopen_cffi_core(lua_State *L);

#ifdef __cplusplus
}
#endif

#endif
