/* The library bound by hand, as a careful person writes it: luaL_check* and a range check for every
 * argument, a metatable per type, strcmp on member names. The yardstick of every row of the
 * benchmark. */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "benchlib.h"

#define POINT "hand.point"
#define VEC "hand.vec"
#define INTS "hand.ints"
#define DOUBLES "hand.doubles"
#define NODE "hand.node"
#define INTREF "hand.intref"
#define TEXT "hand.text"

static int hand_nop(lua_State *L)
{
    (void)L;
    bench_nop();
    return 0;
}

static int check_int(lua_State *L, int idx)
{
    lua_Integer v = luaL_checkinteger(L, idx);
    luaL_argcheck(L, v >= INT_MIN && v <= INT_MAX, idx, "out of range");
    return (int)v;
}

static int hand_add(lua_State *L)
{
    lua_pushinteger(L, bench_add(check_int(L, 1), check_int(L, 2)));
    return 1;
}

static int hand_addd(lua_State *L)
{
    lua_pushnumber(L, bench_addd(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
    return 1;
}

static int hand_addf(lua_State *L)
{
    lua_pushnumber(L, bench_addf((float)luaL_checknumber(L, 1), (float)luaL_checknumber(L, 2)));
    return 1;
}

static int hand_addu64(lua_State *L)
{
    uint64_t a = (uint64_t)luaL_checkinteger(L, 1);
    lua_pushinteger(L, (lua_Integer)bench_addu64(a, (uint64_t)luaL_checkinteger(L, 2)));
    return 1;
}

static int hand_mixed(lua_State *L)
{
    int a = check_int(L, 1);
    double b = luaL_checknumber(L, 2);
    long c = (long)luaL_checkinteger(L, 3);
    float d = (float)luaL_checknumber(L, 4);
    lua_Integer e = luaL_checkinteger(L, 5);
    lua_Integer f = luaL_checkinteger(L, 6);
    luaL_argcheck(L, e >= 0 && e <= 255, 5, "out of range");
    luaL_argcheck(L, f >= INT16_MIN && f <= INT16_MAX, 6, "out of range");
    lua_pushnumber(L, bench_mixed(a, b, c, d, (unsigned char)e, (short)f));
    return 1;
}

static int hand_deref(lua_State *L)
{
    lua_pushinteger(L, bench_deref(luaL_checkudata(L, 1, INTS)));
    return 1;
}

static int hand_not(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    lua_pushboolean(L, bench_not(lua_toboolean(L, 1)));
    return 1;
}

static int hand_strlen(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)strlen(luaL_checkstring(L, 1)));
    return 1;
}

static int hand_sum8(lua_State *L)
{
    long v[8];
    for (int i = 0; i < 8; i++)
        v[i] = (long)luaL_checkinteger(L, i + 1);
    lua_pushinteger(L, bench_sum8(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]));
    return 1;
}

static int hand_point_new(lua_State *L)
{
    struct bench_point *p = lua_newuserdatauv(L, sizeof *p, 0);
    memset(p, 0, sizeof *p);
    luaL_setmetatable(L, POINT);
    return 1;
}

static int point_index(lua_State *L)
{
    struct bench_point *p = luaL_checkudata(L, 1, POINT);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "x") == 0)
        lua_pushinteger(L, p->x);
    else if (strcmp(key, "y") == 0)
        lua_pushinteger(L, p->y);
    else if (strcmp(key, "weight") == 0)
        lua_pushnumber(L, p->weight);
    else
        return luaL_error(L, "no member '%s'", key);
    return 1;
}

static int point_newindex(lua_State *L)
{
    struct bench_point *p = luaL_checkudata(L, 1, POINT);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "x") == 0)
        p->x = check_int(L, 3);
    else if (strcmp(key, "y") == 0)
        p->y = check_int(L, 3);
    else if (strcmp(key, "weight") == 0)
        p->weight = luaL_checknumber(L, 3);
    else
        return luaL_error(L, "no member '%s'", key);
    return 0;
}

static int hand_ints_new(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    int *a = lua_newuserdatauv(L, (size_t)n * sizeof *a, 0);
    memset(a, 0, (size_t)n * sizeof *a);
    luaL_setmetatable(L, INTS);
    return 1;
}

static int *check_element(lua_State *L)
{
    int *a = luaL_checkudata(L, 1, INTS);
    lua_Integer i = luaL_checkinteger(L, 2);
    luaL_argcheck(L, i >= 0 && (size_t)i < lua_rawlen(L, 1) / sizeof *a, 2, "out of bounds");
    return &a[i];
}

static int ints_index(lua_State *L)
{
    lua_pushinteger(L, *check_element(L));
    return 1;
}

static int ints_newindex(lua_State *L)
{
    int *p = check_element(L);
    *p = check_int(L, 3);
    return 0;
}

static int hand_vec_new(lua_State *L)
{
    struct bench_vec *v = lua_newuserdatauv(L, sizeof *v, 0);
    v->x = luaL_optnumber(L, 1, 0);
    v->y = luaL_optnumber(L, 2, 0);
    luaL_setmetatable(L, VEC);
    return 1;
}

static int hand_scale(lua_State *L)
{
    struct bench_vec *v = luaL_checkudata(L, 1, VEC);
    double k = luaL_checknumber(L, 2);
    struct bench_vec *r = lua_newuserdatauv(L, sizeof *r, 0);
    *r = bench_scale(*v, k);
    luaL_setmetatable(L, VEC);
    return 1;
}

/* The pointer as an object, to be read by hand_text: what a binding does that cannot know whether
 * its user wants the bytes or the address. */
static int hand_greeting(lua_State *L)
{
    const char *text = bench_greeting();
    const char **ref;
    if (text == NULL) {
        lua_pushnil(L);
        return 1;
    }
    ref = lua_newuserdatauv(L, sizeof *ref, 0);
    *ref = text;
    luaL_setmetatable(L, TEXT);
    return 1;
}

static int hand_text(lua_State *L)
{
    const char **ref = luaL_checkudata(L, 1, TEXT);
    lua_pushstring(L, *ref);
    return 1;
}

/* The same function bound as one that returns a Lua string. */
static int hand_greet(lua_State *L)
{
    lua_pushstring(L, bench_greeting());
    return 1;
}

static int hand_paint(lua_State *L)
{
    static const char *const names[] = {"BENCH_RED", "BENCH_GREEN", "BENCH_BLUE", NULL};
    lua_pushinteger(L, bench_paint((enum bench_color)luaL_checkoption(L, 1, NULL, names)));
    return 1;
}

/* The function that C calls back, at `function` on the stack of the state that made the call. Its
 * error is kept above and raised when C has returned; until then it is not called again. */
struct callback {
    lua_State *L;
    int function;
    bool failed;
    struct callback *outer;
};

static struct callback *current; /* the C functions here pass no user data on */

static void begin_callbacks(lua_State *L, struct callback *callback, int function)
{
    luaL_checktype(L, function, LUA_TFUNCTION);
    luaL_checkstack(L, 4, NULL);
    *callback = (struct callback){L, function, false, current};
    current = callback;
}

static void end_callbacks(struct callback *callback)
{
    current = callback->outer;
    if (callback->failed)
        lua_error(callback->L);
}

/* Calls the function with the two arguments on the stack top. */
static int finish_callback(struct callback *callback)
{
    lua_State *L = callback->L;
    lua_Integer result;
    int is_integer;
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
        callback->failed = true;
        return 0;
    }
    result = lua_tointegerx(L, -1, &is_integer);
    lua_pop(L, 1);
    if (!is_integer || result < INT_MIN || result > INT_MAX) {
        lua_pushliteral(L, "the callback's result is no int");
        callback->failed = true;
        return 0;
    }
    return (int)result;
}

static int trampoline(int a, int b)
{
    lua_State *L = current->L;
    if (current->failed)
        return 0;
    lua_pushvalue(L, current->function);
    lua_pushinteger(L, a);
    lua_pushinteger(L, b);
    return finish_callback(current);
}

static int hand_repeat(lua_State *L)
{
    struct callback callback;
    int n = check_int(L, 2);
    int result;
    begin_callbacks(L, &callback, 1);
    result = bench_repeat(trampoline, n);
    end_callbacks(&callback);
    lua_pushinteger(L, result);
    return 1;
}

static int push_intref(lua_State *L, const int *p)
{
    const int **ref = lua_newuserdatauv(L, sizeof *ref, 0);
    *ref = p;
    luaL_setmetatable(L, INTREF);
    return 1;
}

static int intref_index(lua_State *L)
{
    const int **ref = luaL_checkudata(L, 1, INTREF);
    lua_Integer i = luaL_checkinteger(L, 2);
    lua_pushinteger(L, (*ref)[i]);
    return 1;
}

static int compare(const void *a, const void *b)
{
    lua_State *L = current->L;
    if (current->failed)
        return 0;
    lua_pushvalue(L, current->function);
    push_intref(L, a);
    push_intref(L, b);
    return finish_callback(current);
}

static int hand_qsort(lua_State *L)
{
    int *a = luaL_checkudata(L, 1, INTS);
    struct callback callback;
    begin_callbacks(L, &callback, 2);
    qsort(a, lua_rawlen(L, 1) / sizeof *a, sizeof *a, compare);
    end_callbacks(&callback);
    return 0;
}

static int hand_format(lua_State *L)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%d %s", check_int(L, 1), luaL_checkstring(L, 2));
    lua_pushinteger(L, n);
    return 1;
}

static int push_node(lua_State *L, struct bench_node *node)
{
    struct bench_node **ref;
    if (node == NULL) {
        lua_pushnil(L);
        return 1;
    }
    ref = lua_newuserdatauv(L, sizeof *ref, 0);
    *ref = node;
    luaL_setmetatable(L, NODE);
    return 1;
}

static int node_index(lua_State *L)
{
    struct bench_node **ref = luaL_checkudata(L, 1, NODE);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "next") == 0)
        return push_node(L, (*ref)->next);
    if (strcmp(key, "value") != 0)
        return luaL_error(L, "no member '%s'", key);
    lua_pushinteger(L, (*ref)->value);
    return 1;
}

static int hand_list(lua_State *L)
{
    return push_node(L, bench_list(check_int(L, 1)));
}

static int hand_doubles_new(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    double *a = lua_newuserdatauv(L, (size_t)n * sizeof *a, 0);
    memset(a, 0, (size_t)n * sizeof *a);
    luaL_setmetatable(L, DOUBLES);
    return 1;
}

static int hand_totable(lua_State *L)
{
    double *a = luaL_checkudata(L, 1, DOUBLES);
    int n = (int)(lua_rawlen(L, 1) / sizeof *a);
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushnumber(L, a[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int hand_fromtable(lua_State *L)
{
    lua_Integer n;
    double *a;
    luaL_checktype(L, 1, LUA_TTABLE);
    n = luaL_len(L, 1);
    a = lua_newuserdatauv(L, (size_t)n * sizeof *a, 0);
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        a[i] = luaL_checknumber(L, -1);
        lua_pop(L, 1);
    }
    luaL_setmetatable(L, DOUBLES);
    return 1;
}

static void metatable(lua_State *L, const char *name, lua_CFunction index, lua_CFunction newindex)
{
    luaL_newmetatable(L, name);
    if (index != NULL) {
        lua_pushcfunction(L, index);
        lua_setfield(L, -2, "__index");
    }
    if (newindex != NULL) {
        lua_pushcfunction(L, newindex);
        lua_setfield(L, -2, "__newindex");
    }
    lua_pop(L, 1);
}

__attribute__((visibility("default"))) int luaopen_hand(lua_State *L);

int luaopen_hand(lua_State *L)
{
    static const luaL_Reg functions[] = {{"nop", hand_nop},
                                         {"add", hand_add},
                                         {"addd", hand_addd},
                                         {"addf", hand_addf},
                                         {"addu64", hand_addu64},
                                         {"mixed", hand_mixed},
                                         {"deref", hand_deref},
                                         {"notb", hand_not},
                                         {"strlen", hand_strlen},
                                         {"sum8", hand_sum8},
                                         {"point", hand_point_new},
                                         {"ints", hand_ints_new},
                                         {"vec", hand_vec_new},
                                         {"scale", hand_scale},
                                         {"greeting", hand_greeting},
                                         {"text", hand_text},
                                         {"greet", hand_greet},
                                         {"paint", hand_paint},
                                         {"repeat_", hand_repeat},
                                         {"qsort", hand_qsort},
                                         {"format", hand_format},
                                         {"list", hand_list},
                                         {"doubles", hand_doubles_new},
                                         {"totable", hand_totable},
                                         {"fromtable", hand_fromtable},
                                         {NULL, NULL}};
    metatable(L, POINT, point_index, point_newindex);
    metatable(L, INTS, ints_index, ints_newindex);
    metatable(L, VEC, NULL, NULL);
    metatable(L, NODE, node_index, NULL);
    metatable(L, INTREF, intref_index, NULL);
    metatable(L, DOUBLES, NULL, NULL);
    metatable(L, TEXT, NULL, NULL);
    luaL_newlib(L, functions);
    return 1;
}
