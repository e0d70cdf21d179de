/* pairs(v) of C values: members in order by name, elements from 0 on (docs/design.md S11).
 *
 * Depends on part.c. What is iterated over is an upvalue of the iterator, and so alive.
 */
#include "value/part.h"

/* Takes the position from upvalue 2 and moves it on. */
static lua_Integer next_position(lua_State *L)
{
    lua_Integer position = lua_tointeger(L, lua_upvalueindex(2));
    lua_pushinteger(L, position + 1);
    lua_replace(L, lua_upvalueindex(2));
    return position;
}

/* Upvalues: the cdata, the position among the names, the slot of the next member as struct
 * lffi_field has it, the names. These are taken from their list: to find a million strings again
 * among Lua's takes longer than all else. */
static int next_member(lua_State *L)
{
    struct lffi_cdata *cd = lua_touserdata(L, lua_upvalueindex(1));
    struct lffi_ctype *record = lffi_record_of(cd);
    lua_Integer slot = lua_tointeger(L, lua_upvalueindex(3));
    const struct lffi_field *field;
    if (slot == 0)
        return 0;
    field = &lffi_fields_of(L, record)->slot[slot - 1];
    lua_pushinteger(L, field->next);
    lua_replace(L, lua_upvalueindex(3));
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_rawgeti(L, lua_upvalueindex(4), next_position(L) + 1);
    lffi_load_member(L, cd, record, field);
    return 2;
}

/* Upvalues: the cdata, the position, the length. */
static int next_element(lua_State *L)
{
    struct lffi_cdata *cd = lua_touserdata(L, lua_upvalueindex(1));
    struct lffi_element e;
    lua_Integer position = next_position(L);
    if (position >= lua_tointeger(L, lua_upvalueindex(3)))
        return 0;
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushinteger(L, position);
    lffi_find_element(L, cd, &e);
    lffi_load(L, e.ct, e.addr, 1);
    return 2;
}

static int pairs_elements(lua_State *L, struct lffi_cdata *cd)
{
    uint64_t length = cd->ct->op == LFFI_ARRAY ? lffi_length(L, 1, cd) : cd->ct->type->count;
    if (length == UINT64_MAX)
        return luaL_error(L, "length of '%s' is unknown", lffi_type_text(L, cd->ct));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, (lua_Integer)length);
    lua_pushcclosure(L, next_element, 3);
    return 1;
}

static int return_three(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 3;
}

int lffi_pairs(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    struct lffi_ctype *record = lffi_record_of(cd);
    if (lffi_push_metamethod(L, cd->ct, "__pairs")) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, return_three);
        return 3;
    }
    if (cd->ct->op == LFFI_ARRAY || cd->ct->op == LFFI_VECTOR)
        return pairs_elements(L, cd);
    if (record == NULL)
        return luaL_error(L, "cannot iterate over '%s'", lffi_type_text(L, cd->ct));
    lffi_record_address(L, cd, "pairs");
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, lffi_fields_of(L, record)->first);
    lffi_push_member_names(L, record);
    lua_pushcclosure(L, next_member, 4);
    return 1;
}
