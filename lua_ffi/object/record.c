/* C functions as Lua values, recognised: the record behind the Lua function that function.c makes.
 *
 * Depends on the Lua API alone.
 */
#include "object/record.h"

const char lffi_record_kind = 0;

const struct lffi_function *lffi_to_function(lua_State *L, int idx)
{
    const struct lffi_record *record = NULL;
    const void *address = NULL;
    size_t size;
    if (!lua_iscfunction(L, idx) || lua_getupvalue(L, idx, LFFI_UPVALUE_ADDRESS) == NULL)
        return NULL;
    if (lua_islightuserdata(L, -1) && lua_getupvalue(L, idx - (idx < 0), LFFI_UPVALUE_RECORD)) {
        address = lua_touserdata(L, -2);
        record = lua_touserdata(L, -1);
        size = (size_t)lua_rawlen(L, -1);
        lua_pop(L, 1);
        if (record != address || size < sizeof *record || record->kind != &lffi_record_kind)
            record = NULL;
    }
    lua_pop(L, 1);
    return record == NULL ? NULL : &record->pub;
}
