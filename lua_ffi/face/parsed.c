/* The list that ffi.parse returns: a table of tables for a text of ordinary length; for a long one
 * a table that makes each of its tables when asked, for Lua takes seconds to find room for the
 * names of a million.
 *
 * reflect.c hands in what makes the table of one declaration. The long list is empty, its
 * metamethods share the declarations (in the memory of the scope, which is an upvalue) and the
 * tables made so far; written to, or walked by pairs, it becomes a table like any other.
 */
#include "face/face.h"
#include "object/scope.h"

/* Longer lists make their tables when asked. */
enum { PLAIN = 10000 };

/* Upvalues of the metamethods: the scope, a userdata with the declarations, {[i] = table}. */
enum { UP_SCOPE = 1, UP_DECLS, UP_MADE, UPVALUES = UP_MADE };

struct decls {
    lffi_parsed_push *push;
    lua_Integer count;
    const struct cdecl_decl *decl[];
};

/* Pushes the table of declaration i, the same each time. */
static void push_entry(lua_State *L, const struct decls *decls, lua_Integer i)
{
    if (lua_rawgeti(L, lua_upvalueindex(UP_MADE), i) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    decls->push(L, lua_touserdata(L, lua_upvalueindex(UP_SCOPE)), decls->decl[i - 1]);
    lua_pushvalue(L, -1);
    lua_rawseti(L, lua_upvalueindex(UP_MADE), i);
}

static int parsed_index(lua_State *L)
{
    const struct decls *decls = lua_touserdata(L, lua_upvalueindex(UP_DECLS));
    int is_integer;
    lua_Integer i = lua_tointegerx(L, 2, &is_integer);
    if (lua_type(L, 2) != LUA_TNUMBER || !is_integer || i < 1 || i > decls->count)
        return 0;
    push_entry(L, decls, i);
    return 1;
}

static int parsed_len(lua_State *L)
{
    const struct decls *decls = lua_touserdata(L, lua_upvalueindex(UP_DECLS));
    lua_pushinteger(L, decls->count);
    return 1;
}

/* Makes the list at index 1 a table like any other. */
static int fill(lua_State *L)
{
    const struct decls *decls = lua_touserdata(L, lua_upvalueindex(UP_DECLS));
    for (lua_Integer i = 1; i <= decls->count; i++) {
        push_entry(L, decls, i);
        lua_rawseti(L, 1, i);
    }
    lua_pushnil(L);
    lua_setmetatable(L, 1);
    return 0;
}

/* Calls the function below its nargs arguments without the collector: all that is made lives on;
 * going over it again and again while it grows would take as long as all else. */
static void call_uncollected(lua_State *L, int nargs, int nresults)
{
    bool collects = lua_gc(L, LUA_GCISRUNNING) != 0;
    int before = lua_gc(L, LUA_GCCOUNT);
    int status;
    lua_gc(L, LUA_GCSTOP);
    status = lua_pcall(L, nargs, nresults, 0);
    if (collects)
        lua_gc(L, LUA_GCRESTART);
    if (status != LUA_OK)
        lua_error(L);
    lffi_catch_up(L, before);
}

static void fill_first(lua_State *L)
{
    for (int i = 1; i <= UPVALUES; i++)
        lua_pushvalue(L, lua_upvalueindex(i));
    lua_pushcclosure(L, fill, UPVALUES);
    lua_pushvalue(L, 1);
    call_uncollected(L, 1, 0);
}

static int parsed_newindex(lua_State *L)
{
    lua_settop(L, 3);
    fill_first(L);
    lua_settable(L, 1);
    return 0;
}

static int next_pair(lua_State *L)
{
    lua_settop(L, 2);
    return lua_next(L, 1) != 0 ? 2 : 0;
}

static int parsed_pairs(lua_State *L)
{
    fill_first(L);
    lua_pushcfunction(L, next_pair);
    lua_pushvalue(L, 1);
    return 2;
}

/* What push_plain is called with. */
struct plain {
    struct lffi_scope *scope;
    const struct cdecl_decl *first;
    lffi_parsed_push *push;
};

static int push_plain(lua_State *L)
{
    const struct plain *plain = lua_touserdata(L, 1);
    const struct cdecl_decl *decl = plain->first;
    lua_newtable(L);
    for (lua_Integer i = 1; decl != NULL; decl = decl->next, i++) {
        plain->push(L, plain->scope, decl);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

static void push_long(lua_State *L, const struct plain *list, size_t count)
{
    static const luaL_Reg methods[] = {{"__index", parsed_index},
                                       {"__len", parsed_len},
                                       {"__newindex", parsed_newindex},
                                       {"__pairs", parsed_pairs},
                                       {NULL, NULL}};
    const struct cdecl_decl *decl = list->first;
    struct decls *decls;
    lua_newtable(L);
    lua_createtable(L, 0, 4);
    lffi_push_scope(L, list->scope);
    decls = lua_newuserdatauv(L, sizeof *decls + count * sizeof *decls->decl, 0);
    decls->push = list->push;
    decls->count = (lua_Integer)count;
    for (size_t i = 0; i < count; i++, decl = decl->next)
        decls->decl[i] = decl;
    lua_newtable(L);
    luaL_setfuncs(L, methods, UPVALUES);
    lua_setmetatable(L, -2);
}

int lffi_push_parsed_list(lua_State *L, struct lffi_scope *scope, const struct cdecl_decl *decl,
                          lffi_parsed_push *push)
{
    struct plain list = {scope, decl, push};
    size_t count = 0;
    for (const struct cdecl_decl *d = decl; d != NULL; d = d->next)
        count++;
    if (count > PLAIN) {
        push_long(L, &list, count);
        return 1;
    }
    lua_pushcfunction(L, push_plain);
    lua_pushlightuserdata(L, &list);
    call_uncollected(L, 1, 1);
    return 1;
}
