/* Functions whose calls attributes describe, and what a careful person would write to call them
 * from Lua: arguments checked, ranges too, failures as nil, message and code, errno kept.
 * said_rows.lua compares them. */
#include <errno.h>
#include <limits.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#define PUBLIC __attribute__((visibility("default")))

/* ---- the library ----------------------------------------------------------------------------- */

PUBLIC int said_try(int fd);
PUBLIC int said_try(int fd)
{
    if (fd >= 0)
        return fd;
    errno = EBADF;
    return -1;
}

PUBLIC int said_status(int code);
PUBLIC int said_status(int code)
{
    return code;
}

PUBLIC const char *said_name(int n);
PUBLIC const char *said_name(int n)
{
    static const char *const names[] = {"alpha", "a somewhat longer name", "gamma", "delta"};
    return names[n & 3];
}

PUBLIC double said_split(double value, int *whole);
PUBLIC double said_split(double value, int *whole)
{
    *whole = (int)value;
    return value - *whole;
}

PUBLIC unsigned said_sum(const void *data, size_t size);
PUBLIC unsigned said_sum(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    return sum;
}

PUBLIC long said_read(int fd, void *to, size_t room);
PUBLIC long said_read(int fd, void *to, size_t room)
{
    size_t size = room < 60 ? room : 60;
    memset(to, fd, size);
    return (long)size;
}

PUBLIC char *said_copy(const char *text);
PUBLIC char *said_copy(const char *text)
{
    return strdup(text);
}

struct said_box {
    int value;
};

PUBLIC struct said_box *said_new(int value);
PUBLIC struct said_box *said_new(int value)
{
    struct said_box *box = malloc(sizeof *box);
    if (box != NULL)
        box->value = value;
    return box;
}

PUBLIC void said_free(struct said_box *box);
PUBLIC void said_free(struct said_box *box)
{
    free(box);
}

PUBLIC void said_each(void (*each)(const char *name), int n);
PUBLIC void said_each(void (*each)(const char *name), int n)
{
    for (int i = 0; i < n; i++)
        each(said_name(i));
}

/* ---- the binding ----------------------------------------------------------------------------- */

static int check_int(lua_State *L, int arg)
{
    lua_Integer value = luaL_checkinteger(L, arg);
    luaL_argcheck(L, value >= INT_MIN && value <= INT_MAX, arg, "out of range");
    return (int)value;
}

static int fail(lua_State *L, int code)
{
    lua_pushnil(L);
    lua_pushstring(L, strerror(code));
    lua_pushinteger(L, code);
    return 3;
}

static int hand_try(lua_State *L)
{
    int result = said_try(check_int(L, 1));
    if (result == -1)
        return fail(L, errno);
    lua_pushinteger(L, result);
    return 1;
}

static int hand_status(lua_State *L)
{
    int code = said_status(check_int(L, 1));
    if (code != 0)
        return fail(L, code);
    lua_pushboolean(L, 1);
    return 1;
}

static int hand_name(lua_State *L)
{
    lua_pushstring(L, said_name(check_int(L, 1))); /* nil for NULL */
    return 1;
}

static int hand_split(lua_State *L)
{
    int whole = 0;
    lua_pushnumber(L, said_split(luaL_checknumber(L, 1), &whole));
    lua_pushinteger(L, whole);
    return 2;
}

static int hand_sum(lua_State *L)
{
    size_t size;
    const char *data = luaL_checklstring(L, 1, &size);
    lua_pushinteger(L, said_sum(data, size));
    return 1;
}

static int hand_read(lua_State *L)
{
    luaL_Buffer buffer;
    int fd = check_int(L, 1);
    lua_Integer room = luaL_checkinteger(L, 2);
    long size;
    char *to;
    luaL_argcheck(L, room >= 0, 2, "negative");
    to = luaL_buffinitsize(L, &buffer, (size_t)room);
    size = said_read(fd, to, (size_t)room);
    if (size == -1)
        return fail(L, errno);
    luaL_pushresultsize(&buffer, (size_t)size);
    return 1;
}

static int hand_copy(lua_State *L)
{
    char *copy = said_copy(luaL_checkstring(L, 1));
    lua_pushstring(L, copy);
    free(copy);
    return 1;
}

static int box_close(lua_State *L)
{
    struct said_box **box = luaL_checkudata(L, 1, "said_box");
    if (*box != NULL)
        said_free(*box);
    *box = NULL;
    return 0;
}

static int hand_new(lua_State *L)
{
    int value = check_int(L, 1);
    struct said_box **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, "said_box");
    *box = said_new(value);
    if (*box == NULL)
        return fail(L, errno);
    return 1;
}

static lua_State *each_state;
static void each_name(const char *name)
{
    lua_State *L = each_state;
    lua_pushvalue(L, 1);
    lua_pushstring(L, name);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        abort();
}

static int hand_each(lua_State *L)
{
    int n = check_int(L, 2);
    luaL_checktype(L, 1, LUA_TFUNCTION);
    each_state = L;
    said_each(each_name, n);
    return 0;
}

PUBLIC int luaopen_said(lua_State *L);
int luaopen_said(lua_State *L)
{
    static const luaL_Reg functions[] = {{"try", hand_try},   {"status", hand_status},
                                         {"name", hand_name}, {"split", hand_split},
                                         {"sum", hand_sum},   {"read", hand_read},
                                         {"copy", hand_copy}, {"new", hand_new},
                                         {"each", hand_each}, {NULL, NULL}};
    luaL_newmetatable(L, "said_box");
    lua_pushcfunction(L, box_close);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__gc");
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, functions);
    return 1;
}
