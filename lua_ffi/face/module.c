/* The entry point of the Lua module "cffi.core": the API table of the default scope.
 *
 * Depends on state.c and api.c. The state is found again when the module is opened a second time in
 * one Lua universe, and so is the table.
 */
#include "face/face.h"

#ifdef _WIN32
#define MODULE_API __declspec(dllexport)
#else
#define MODULE_API __attribute__((visibility("default")))
#endif

MODULE_API int luaopen_cffi_core(lua_State *L);

int luaopen_cffi_core(lua_State *L)
{
    luaL_checkversion(L);
    lffi_push_api(L, lffi_open_state(L)->scope);
    return 1;
}
