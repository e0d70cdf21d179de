/* A Lua module with symbols that no file exports, which it gives to cffi_register; for
 * registered_spec. Loaded after package.loadlib(core, "*"), so that it finds cffi_register.
 *
 * registered.register(library, table): `table` is one of those below; whether the stack is as
 * before. registered.count() is the variable's value.
 */
#include <stdlib.h>
#include <string.h>

#include <cffi.h>
#include <lauxlib.h>

int luaopen_registered(lua_State *L);

struct point {
    int x, y;
};

static int count = 7;
static int (*kept)(int);

static int sum(int a, int b)
{
    return a + b;
}

static struct point mirrored(struct point p)
{
    return (struct point){p.y, p.x};
}

static int call(int (*f)(int), int value)
{
    kept = f;
    return f(value);
}

static int call_kept(int value)
{
    return kept(value);
}

static double half(double value)
{
    return value / 2;
}

static int abs_of_ours(int value) /* shadows libc's in ffi.C */
{
    return value < 0 ? -value + 1000 : value + 1000;
}

static const struct cffi_symbol good[] = {CFFI_FUNCTION(sum),
                                          CFFI_FUNCTION(mirrored),
                                          CFFI_FUNCTION(call),
                                          CFFI_FUNCTION(call_kept),
                                          CFFI_VARIABLE(count),
                                          {"plain", (const void *)half, CFFI_UNKNOWN, 0},
                                          CFFI_END};
static const struct cffi_symbol more[] = {CFFI_FUNCTION(half), CFFI_END};
static const struct cffi_symbol libc[] = {{"abs", (const void *)abs_of_ours, CFFI_IS_FUNCTION, 0},
                                          CFFI_END};
static const struct cffi_symbol empty[] = {CFFI_END};
static const struct cffi_symbol unnamed[] = {
    CFFI_FUNCTION(sum), {"", &count, CFFI_UNKNOWN, 0}, CFFI_END};
static const struct cffi_symbol nowhere[] = {{"lost", NULL, CFFI_UNKNOWN, 0}, CFFI_END};
static const struct cffi_symbol kinds[] = {{"sum", &count, (enum cffi_kind)9, 0}, CFFI_END};
static const struct cffi_symbol twice[] = {
    CFFI_FUNCTION(half), {"half", &count, CFFI_UNKNOWN, 0}, CFFI_END};
static const struct cffi_symbol other[] = {{"sum", &count, CFFI_UNKNOWN, 0}, CFFI_END};

static const struct {
    const char *name;
    const struct cffi_symbol *symbols;
} tables[] = {{"good", good},   {"more", more},       {"libc", libc},
              {"empty", empty}, {"unnamed", unnamed}, {"nowhere", nowhere},
              {"kinds", kinds}, {"twice", twice},     {"other", other}};

static int registered_register(lua_State *L)
{
    const char *library = lua_tostring(L, 1);
    const char *name = lua_tostring(L, 2);
    const struct cffi_symbol *symbols = NULL;
    int top = lua_gettop(L);
    for (size_t i = 0; name != NULL && i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(tables[i].name, name) == 0)
            symbols = tables[i].symbols;
    }
    cffi_register(L, library, symbols);
    lua_pushboolean(L, lua_gettop(L) == top);
    return 1;
}

static int registered_count(lua_State *L)
{
    lua_pushinteger(L, count);
    return 1;
}

int luaopen_registered(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"register", registered_register}, {"count", registered_count}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
