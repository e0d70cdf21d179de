/* Proves, or not, that the interpreter keeps the arguments of C functions where peek.h says.
 *
 * Depends on the API alone. A pointer is followed only when the API has given the same one, or when
 * the distance of two of them is what the API says it must be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/peek.h"

#ifndef CFFI_NO_PEEK

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
enum { UPVALUES = 2 };

/* INTEGER and `number` side by side. */
static bool pair_is_right(const struct lffi_value *pair)
{
    return pair[0].tag == LFFI_TAG_INTEGER && pair[0].as.integer == INTEGER &&
           pair[1].tag == LFFI_TAG_FLOAT && pair[1].as.number == number;
}

static bool numbers_are_right(const struct lffi_value *arg)
{
    return pair_is_right(&arg[AN_INTEGER]) && arg[A_NIL].tag == LFFI_TAG_NIL &&
           arg[FALSE].tag == LFFI_TAG_FALSE && arg[TRUE].tag == LFFI_TAG_TRUE;
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
           lffi_peek_block_size(&arg[which]) == lua_rawlen(L, which + 1) &&
           lffi_peek(arg[which].as.object, LFFI_AT_METATABLE) == lua_topointer(L, -1);
}

/* A new userdata that is given a metatable and a user value without the API has them. Strings that
 * the collector never looks at, as names of metamethods, are not white. The arguments are looked
 * for again: the stack may have moved. */
static bool poke_is_right(lua_State *L)
{
    int top = lua_gettop(L);
    bool right;
    lua_pushliteral(L, "__index");
    right = !lffi_is_white(lffi_stack_top(L)->as.object);
    lua_newtable(L);
    lua_newuserdatauv(L, 11, 2);
    if (lffi_is_white(lffi_stack_top(L)->as.object)) { /* or the collector was there at once */
        lffi_poke(L, lua_topointer(L, -2), lffi_running(L) + 1 + A_FLOAT);
        right = right && lua_getmetatable(L, -1) && lua_rawequal(L, -1, -3) &&
                lua_getiuservalue(L, -2, 1) == LUA_TNUMBER && lua_tonumber(L, -1) == number &&
                lua_getiuservalue(L, -3, 2) == LUA_TNIL && lua_rawlen(L, -4) == 11;
    }
    lua_settop(L, top);
    return right;
}

/* INTEGER and `number` are the user values of the one that has some. */
static bool user_values_are_right(const struct lffi_value *arg)
{
    return lffi_peek_user_value(&arg[USERDATA]) == NULL &&
           pair_is_right(lffi_peek_user_value(&arg[WITH_VALUE]));
}

/* The running function is on the stack top; its upvalues are the address `upvalue`, twice. */
static bool closure_is_right(lua_State *L, const struct lffi_value *function, const void *upvalue)
{
    if (function->as.object != lua_topointer(L, -1))
        return false;
    for (int i = 1; i <= UPVALUES; i++)
        if (lua_upvalueid(L, -1, i) != lffi_upvalue(function, i) ||
            lffi_upvalue(function, i)->tag != LFFI_TAG_LIGHT_USERDATA ||
            lffi_upvalue(function, i)->as.object != upvalue)
            return false;
    return true;
}

/* Where lua_next leaves a key and its value (initialise.c). */
static bool next_is_right(lua_State *L)
{
    int top = lua_gettop(L);
    bool right;
    lua_newtable(L);
    lua_pushnumber(L, number);
    lua_rawseti(L, -2, INTEGER);
    lua_pushnil(L);
    right = lua_next(L, -2) != 0 && pair_is_right(lffi_stack_top(L) - 1);
    lua_settop(L, top);
    return right;
}

/* Returns its arguments when they are where they should be. */
static int callee(lua_State *L)
{
    const struct lffi_value *function = lffi_running(L);
    return lffi_argument_count(L, function) == 2 && pair_is_right(function + 1) ? 2 : 0;
}

/* A function called from a running one, and what it returns there (enter.c). */
static bool callback_is_right(lua_State *L)
{
    int top = lua_gettop(L);
    bool right;
    lua_pushcfunction(L, callee);
    lua_pushinteger(L, INTEGER);
    lua_pushnumber(L, number);
    right = lua_pcall(L, 2, LUA_MULTRET, 0) == LUA_OK && lua_gettop(L) == top + 2 &&
            lffi_argument_count(L, lffi_running(L)) == top + 2 &&
            pair_is_right(lffi_running(L) + top + 1);
    lua_settop(L, top);
    return right;
}

/* What is pushed and popped without the API. */
static bool top_is_right(lua_State *L, const struct lffi_value *arg)
{
    int top = lua_gettop(L);
    const void *address = lua_topointer(L, lua_upvalueindex(1));
    struct lffi_value *slot = lffi_poke_slot(L);
    bool right;
    slot[0].as = arg[A_FLOAT].as;
    slot[0].tag = arg[A_FLOAT].tag;
    slot[1].as.object = address;
    slot[1].tag = LFFI_TAG_LIGHT_USERDATA;
    lffi_poke_top(L, slot + 2);
    right = lua_gettop(L) == top + 2 && lua_rawequal(L, top + 1, A_FLOAT + 1) &&
            lua_islightuserdata(L, top + 2) && lua_topointer(L, top + 2) == address;
    lffi_poke_top(L, slot);
    return right && lua_gettop(L) == top;
}

/* Upvalues: the address of the answer. */
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
              user_values_are_right(arg) && lua_getinfo(L, "f", &here) &&
              closure_is_right(L, function, answer) && next_is_right(L) && callback_is_right(L) &&
              poke_is_right(L) && top_is_right(L, lffi_running(L) + 1);
    return 0;
}

static bool is_proved(lua_State *L)
{
    char long_text[256];
    bool answer = false;
    luaL_checkstack(L, COUNT + 4, NULL);
    memset(long_text, 'x', sizeof long_text);
    for (int i = 0; i < UPVALUES; i++)
        lua_pushlightuserdata(L, &answer);
    lua_pushcclosure(L, probe, UPVALUES);
    lua_pushinteger(L, INTEGER);
    lua_pushnumber(L, number);
    lua_pushnil(L);
    lua_pushboolean(L, 0);
    lua_pushboolean(L, 1);
    lua_pushliteral(L, "probe");
    lua_pushlstring(L, long_text, sizeof long_text);
    lua_newuserdatauv(L, 11, 0);
    lua_newuserdatauv(L, 13, 3);
    lua_pushinteger(L, INTEGER);
    lua_setiuservalue(L, -2, 1);
    lua_pushnumber(L, number);
    lua_setiuservalue(L, -2, 2);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setmetatable(L, -4);
    lua_setmetatable(L, -2);
    lua_call(L, COUNT, 0);
    return answer;
}

#else

static bool is_proved(lua_State *L)
{
    (void)L;
    return false;
}

#endif

bool lffi_can_peek(lua_State *L)
{
    const char *value = getenv("CFFI_NO_PEEK");
    bool answer = (value == NULL || strcmp(value, "1") != 0) && is_proved(L);
    if (value != NULL && strcmp(value, "0") == 0 && !answer)
        luaL_error(L, "CFFI_NO_PEEK=0, but arguments cannot be read in place here");
    return answer;
}
