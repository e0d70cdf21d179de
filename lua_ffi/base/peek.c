/* Proves, or not, that the interpreter keeps the arguments of C functions where peek.h says.
 *
 * Depends on the API alone. A pointer is followed only when the API has given the same one, or when
 * the distance of two of them is what the API says it must be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/peek.h"

enum { INTEGER = 0x5a17c0de };
static const lua_Number number = 12345.0625;

/* What `probe` is called with. */
enum argument {
    AN_INTEGER,
    A_FLOAT,
    A_NIL,
    FALSE,
    TRUE,
    TEXT,
    LONG_TEXT,
    USERDATA,
    WITH_VALUE,
    COUNT
};

static bool numbers_are_right(const struct lffi_value *arg)
{
    return arg[AN_INTEGER].tag == LFFI_TAG_INTEGER && arg[AN_INTEGER].as.integer == INTEGER &&
           arg[A_FLOAT].tag == LFFI_TAG_FLOAT && arg[A_FLOAT].as.number == number &&
           arg[A_NIL].tag == LFFI_TAG_NIL && arg[FALSE].tag == LFFI_TAG_FALSE &&
           arg[TRUE].tag == LFFI_TAG_TRUE;
}

static bool text_is_right(lua_State *L, const struct lffi_value *arg)
{
    return arg[TEXT].tag == LFFI_TAG_SHORT_STRING && arg[LONG_TEXT].tag == LFFI_TAG_LONG_STRING &&
           lffi_peek_text(&arg[TEXT]) == lua_tostring(L, TEXT + 1) &&
           lffi_peek_text(&arg[LONG_TEXT]) == lua_tostring(L, LONG_TEXT + 1) &&
           lffi_peek_size(&arg[TEXT]) == lua_rawlen(L, TEXT + 1) &&
           lffi_peek_size(&arg[LONG_TEXT]) == lua_rawlen(L, LONG_TEXT + 1);
}

/* A userdata whose metatable is the table on the stack top. */
static bool userdata_is_right(lua_State *L, const struct lffi_value *arg, int which)
{
    return arg[which].tag == LFFI_TAG_USERDATA &&
           lffi_peek_block(&arg[which]) == lua_touserdata(L, which + 1) &&
           lffi_peek(arg[which].as.object, LFFI_AT_METATABLE) == lua_topointer(L, -1);
}

/* The running function is on the stack top; its first upvalue is the address `upvalue`. */
static bool closure_is_right(lua_State *L, const struct lffi_value *function, const void *upvalue)
{
    return function->as.object == lua_topointer(L, -1) &&
           lua_upvalueid(L, -1, 1) == (const char *)function->as.object + LFFI_AT_UPVALUE &&
           lffi_first_upvalue(function) == upvalue;
}

/* Upvalue: the address of the answer. */
static int probe(lua_State *L)
{
    bool *answer = lua_touserdata(L, lua_upvalueindex(1));
    const struct lffi_value *function;
    const struct lffi_value *arg;
    lua_Debug here;
    if (sizeof *arg != 16 || sizeof(lua_Integer) != 8 || sizeof(lua_Number) != 8 ||
        !lua_getstack(L, 0, &here) || lffi_peek(L, LFFI_AT_CALL) != (const void *)here.i_ci)
        return 0;
    function = lffi_running(L);
    if ((uintptr_t)function % _Alignof(struct lffi_value) != 0 ||
        lffi_argument_count(L, function) != COUNT)
        return 0;
    arg = function + 1;
    *answer = numbers_are_right(arg) && text_is_right(L, arg) && lua_getmetatable(L, COUNT) &&
              userdata_is_right(L, arg, USERDATA) && userdata_is_right(L, arg, WITH_VALUE) &&
              lua_getinfo(L, "f", &here) && closure_is_right(L, function, answer);
    return 0;
}

bool lffi_can_peek(lua_State *L)
{
    char long_text[256];
    bool answer = false;
    const char *value = getenv("CFFI_NO_PEEK");
    if (value != NULL && strcmp(value, "1") == 0)
        return false;
    luaL_checkstack(L, COUNT + 4, NULL);
    memset(long_text, 'x', sizeof long_text);
    lua_pushlightuserdata(L, &answer);
    lua_pushcclosure(L, probe, 1);
    lua_pushinteger(L, INTEGER);
    lua_pushnumber(L, number);
    lua_pushnil(L);
    lua_pushboolean(L, 0);
    lua_pushboolean(L, 1);
    lua_pushliteral(L, "probe");
    lua_pushlstring(L, long_text, sizeof long_text);
    lua_newuserdatauv(L, 1, 0);
    lua_newuserdatauv(L, 1, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setmetatable(L, -4);
    lua_setmetatable(L, -2);
    lua_call(L, COUNT, 0);
    return answer;
}
