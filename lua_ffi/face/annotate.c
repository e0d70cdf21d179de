/* ffi.annotate: attributes for declarations that are not ours, after the fact; and the functions
 * that attributes name (docs/design.md S24).
 *
 * Depends on the parser for what they mean, on namespace.c for libraries and on function.c, which
 * has functions that were fetched before follow.
 */
#include <string.h>

#include "call/call.h"
#include "face/face.h"
#include "face/library.h"

/* ---- functions that were fetched ------------------------------------------------------------- */

/* Whether the scope says of the function by now what it does not know. */
static bool is_stale(const struct lffi_function *fn, const struct cdecl_decl *decl)
{
    const struct lffi_record *record = (const struct lffi_record *)(const void *)fn;
    if (decl == NULL || decl->kind != CDECL_DECL_FUNCTION || strcmp(decl->name, fn->name) != 0)
        return false;
    return decl->type != fn->decl->type ||
           (record->script == NULL && cdecl_is_releaser(fn->ct->scope->cdecl, decl->name));
}

/* The function at idx, fetched from a namespace. */
static void refresh(lua_State *L, int idx)
{
    const struct lffi_function *fn = lffi_to_function(L, idx);
    const struct cdecl_decl *decl = NULL;
    if (fn != NULL)
        decl = cdecl_find(fn->ct->scope->cdecl, fn->name, strlen(fn->name));
    if (fn == NULL || fn->lib == NULL || !is_stale(fn, decl) ||
        !cdecl_compatible(decl->type, fn->ct->type))
        return;
    lua_getupvalue(L, idx, LFFI_UPVALUE_LIBRARY);
    lffi_push_function(L, lffi_ctype_of(L, fn->ct->scope, decl->type), decl, fn->address, -1, 0);
    lua_remove(L, -2);
    lffi_rebind_function(L, idx);
}

static void refresh_namespace(lua_State *L, int idx)
{
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
        if (lua_iscfunction(L, -1))
            refresh(L, lua_gettop(L));
}

void lffi_refresh_functions(lua_State *L, struct lffi_scope *scope)
{
    lffi_visit_namespaces(L, scope, refresh_namespace);
}

/* ---- functions by name ----------------------------------------------------------------------- */

/* What frees and is declared nowhere takes a pointer. */
static const struct cdecl_decl *releaser_decl(lua_State *L, struct lffi_scope *scope,
                                              const char *name)
{
    struct cdecl_source source = {.flags = CDECL_TERMINATED};
    struct cdecl_error error;
    source.text = lua_pushfstring(L, "void %s(void *)", name);
    source.size = strlen(source.text);
    return cdecl_parse_unbound(scope->cdecl, &source, &error);
}

bool lffi_push_named_function(lua_State *L, struct lffi_scope *scope, const char *name)
{
    int top = lua_gettop(L);
    const struct lffi_library *lib = lua_touserdata(L, top);
    const struct cdecl_decl *decl = cdecl_find(scope->cdecl, name, strlen(name));
    const char *near = cdecl_suggest(scope->cdecl, CDECL_SPACE_VALUES, name, strlen(name));
    const char *symbol = decl != NULL && decl->kind == CDECL_DECL_FUNCTION ? decl->symbol : name;
    void *code = NULL;
    void (*address)(void);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (decl != NULL && decl->kind != CDECL_DECL_FUNCTION) {
        lua_pushliteral(L, "is no function");
        return false;
    }
    if (lib != NULL && lib->open)
        code = lffi_library_symbol(L, lib, symbol);
    if (code == NULL && (lib = lffi_push_holder(L, scope, lib, symbol)) != NULL) {
        code = lffi_library_symbol(L, lib, symbol);
        lua_pushvalue(L, top + 2); /* the holder, below what looking for it has left */
        lua_replace(L, top);
    }
    lua_settop(L, top);
    if (decl == NULL && code != NULL)
        decl = releaser_decl(L, scope, name);
    if (code == NULL || decl == NULL) {
        if (decl != NULL || near == NULL)
            lua_pushstring(L, decl != NULL ? "no library has it" : "is not declared");
        else
            lua_pushfstring(L, "is not declared (did you mean '%s'?)", near);
        return false;
    }
    memcpy(&address, &code, sizeof address);
    lffi_push_function(L, lffi_ctype_of(L, scope, decl->type), decl, address, top, 0);
    lua_replace(L, top);
    lua_settop(L, top);
    lua_pushvalue(L, top); /* in place of the library, as callers have it */
    return true;
}

/* ---- ffi.annotate ---------------------------------------------------------------------------- */

static const char *const function_words[] = {"errno", "fails", "status", "string",
                                             "owned", "count", NULL};

/* The remarks of a table while they are read: they stand in a userdata, their texts in a table. */
struct reading {
    const struct cdecl_decl *decl;
    struct cdecl_remark *remarks;
    size_t count;
    int texts; /* stack index */
    int from;  /* that of the table */
};

/* Keeps the text on the stack top. */
static void add_remark(lua_State *L, struct reading *r, uint32_t param)
{
    struct cdecl_remark *remark = &r->remarks[r->count++];
    remark->text = lua_tolstring(L, -1, &remark->size);
    remark->param = param;
    lua_rawseti(L, r->texts, (lua_Integer)r->count);
}

/* Pushes the argument of a function's attribute as C text: of a number or string itself, of a list
 * with commas between. False: there is none. */
static bool push_argument(lua_State *L, int idx, const char *word)
{
    luaL_Buffer text;
    if (lua_type(L, idx) == LUA_TBOOLEAN && lua_toboolean(L, idx))
        return false;
    if (lua_type(L, idx) == LUA_TNUMBER || lua_type(L, idx) == LUA_TSTRING) {
        luaL_tolstring(L, idx, NULL);
        return true;
    }
    if (!lua_istable(L, idx))
        lffi_arg_error(L, 3, "attribute '%s': true, a number, a text or a list expected, got %s",
                       word, luaL_typename(L, idx));
    luaL_buffinit(L, &text);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, idx); i++) {
        if (i > 1)
            luaL_addstring(&text, ", ");
        lua_rawgeti(L, idx, i);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    return true;
}

static void read_function_words(lua_State *L, struct reading *r)
{
    for (int i = 0; function_words[i] != NULL; i++) {
        const char *word = function_words[i];
        if (lua_getfield(L, r->from, word) == LUA_TNIL) {
            lua_pop(L, 1);
            continue;
        }
        if (push_argument(L, lua_gettop(L), word))
            lua_pushfstring(L, "%s(%s)", word, lua_tostring(L, -1));
        else
            lua_pushstring(L, word);
        add_remark(L, r, 0);
        lua_settop(L, r->texts);
    }
}

static bool is_function_word(const char *key)
{
    for (int i = 0; function_words[i] != NULL; i++)
        if (strcmp(function_words[i], key) == 0)
            return true;
    return false;
}

/* The parameter that the key at the stack top names, from 1 on; 0: it is an attribute. */
static uint32_t param_of(lua_State *L, const struct reading *r)
{
    const struct cdecl_decl *decl = r->decl;
    if (lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
        lua_tointeger(L, -1) <= (lua_Integer)decl->type->nparams)
        return (uint32_t)lua_tointeger(L, -1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *key = lua_tostring(L, -1);
        if (is_function_word(key))
            return 0;
        for (uint32_t i = 0; decl->params != NULL && i < decl->type->nparams; i++)
            if (decl->params[i].name != NULL && strcmp(decl->params[i].name, key) == 0)
                return i + 1;
    }
    const char *key = luaL_tolstring(L, -1, NULL);
    lffi_arg_error(L, 3, "'%s' is neither an attribute of functions nor a parameter of '%s'", key,
                   lffi_push_decl_text(L, decl));
}

/* Checks the keys, and sorts the parameters' texts: list `params` on the stack top. */
static void read_params(lua_State *L, struct reading *r)
{
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, r->from) != 0; lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        uint32_t param = param_of(L, r);
        lua_pop(L, 1);
        if (param == 0)
            continue;
        if (lua_type(L, -1) != LUA_TSTRING)
            lffi_arg_error(L, 3, "parameter %d: attributes as text expected, got %s", (int)param,
                           luaL_typename(L, -1));
        lua_pushvalue(L, -1);
        lua_rawseti(L, -4, param);
    }
    for (uint32_t i = 1; i <= r->decl->type->nparams; i++) {
        if (lua_rawgeti(L, -1, i) == LUA_TSTRING)
            add_remark(L, r, i);
        else
            lua_pop(L, 1);
    }
    lua_settop(L, r->texts);
}

static _Noreturn void refuse(lua_State *L, const struct reading *r, size_t which,
                             const struct cdecl_error *error)
{
    if (which >= r->count)
        lffi_arg_error(L, 3, "%s", error->message);
    if (r->remarks[which].param == 0)
        lffi_arg_error(L, 3, "attribute '%s': %s", r->remarks[which].text, error->message);
    lffi_arg_error(L, 3, "parameter %d, '%s', column %d: %s", (int)r->remarks[which].param,
                   r->remarks[which].text, (int)error->column, error->message);
}

/* Stack: a namespace, a name. */
static int ask_for(lua_State *L)
{
    lua_gettable(L, 1);
    return 0;
}

/* Some namespaces find their library, and declare what they are asked for, only then. What is not
 * there is said by others. */
static void wake(lua_State *L)
{
    if (!lua_istable(L, 1) || lua_type(L, 2) != LUA_TSTRING)
        return;
    lua_pushcfunction(L, ask_for);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

static const struct cdecl_decl *check_function(lua_State *L, const struct lffi_scope *scope)
{
    size_t size;
    const char *name = lffi_arg_string(L, 2, &size);
    const struct cdecl_decl *decl = cdecl_find(scope->cdecl, name, size);
    const char *near =
        decl == NULL ? cdecl_suggest(scope->cdecl, CDECL_SPACE_VALUES, name, size) : NULL;
    if (near != NULL)
        lffi_arg_error(L, 2, "'%s' is not declared (did you mean '%s'?)", name, near);
    if (decl == NULL)
        lffi_arg_error(L, 2, "'%s' is not declared", name);
    if (decl->kind != CDECL_DECL_FUNCTION)
        lffi_arg_error(L, 2, "'%s' is no function", name);
    return decl;
}

/* ffi.annotate(ns, name, table): says after the fact how a declared function is called. */
static int api_annotate(lua_State *L)
{
    const struct lffi_library *lib;
    struct reading r = {.from = 3};
    struct cdecl_error error;
    size_t which = 0;
    wake(L);
    lib = lffi_push_library_of(L, 1);
    if (lib == NULL)
        lffi_expected(L, 1, "library");
    lffi_check_lock(L, lib->scope->st, "declarations");
    r.decl = check_function(L, lib->scope);
    if (!lua_istable(L, 3))
        lffi_expected(L, 3, "table");
    lua_settop(L, 3);
    r.remarks =
        lua_newuserdatauv(L,
                          (r.decl->type->nparams + sizeof function_words / sizeof *function_words) *
                              sizeof *r.remarks,
                          0);
    lua_newtable(L);
    r.texts = lua_gettop(L);
    read_function_words(L, &r);
    read_params(L, &r);
    if (r.count > 0 &&
        cdecl_annotate(lib->scope->cdecl, r.decl, r.remarks, r.count, &which, &error) == NULL)
        refuse(L, &r, which, &error);
    lffi_refresh_functions(L, lib->scope);
    return 0;
}

void lffi_api_annotate(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"annotate", api_annotate, 3}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
