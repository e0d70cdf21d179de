/* The API table of a scope with ffi.cdef, ffi.eval and ffi.scope, and the entry point of the module
 * "cffi.core".
 *
 * Depends on ctype.c for types and on the other api files for their functions. The table is
 * anchored by the scope; what the functions return belongs to Lua.
 */
#include <string.h>

#include <cffi.h>

#include "base/cpu.h"
#include "face/face.h"
#include "face/library.h"
#include "object/scope.h"

/* ---- cdef ------------------------------------------------------------------------------------ */

/* The replacement text of a definition: the value at the stack top as a string, in its place. False
 * for `false`: a name that is not to be defined. */
static bool define_text(lua_State *L, int arg, const char *name)
{
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        if (!lua_toboolean(L, -1))
            return false;
        lua_pop(L, 1);
        lua_pushliteral(L, "1");
        return true;
    case LUA_TNUMBER:
    case LUA_TSTRING: lua_tostring(L, -1); return true;
    default:
        lffi_arg_error(L, arg, "value of '%s' in 'defs' must be a string, number or boolean", name);
    }
}

static size_t count_pairs(lua_State *L, int table)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1))
        count++;
    return count;
}

/* Turns the table of definitions at the stack top into an array; leaves on the stack the array and
 * a table that anchors the texts. */
static void read_defines(lua_State *L, struct lffi_scope *scope, int arg,
                         struct cdecl_source *source)
{
    struct cdecl_define *defines;
    int defs = lua_gettop(L);
    int texts;
    if (!lua_istable(L, defs))
        lffi_arg_error(L, arg, "option 'defs' must be a table, not %s",
                       lffi_push_kind_of(L, scope->st, defs));
    defines = lua_newuserdatauv(L, (count_pairs(L, defs) + 1) * sizeof *defines, 0);
    lua_newtable(L);
    texts = lua_gettop(L);
    source->defines = defines;
    for (lua_pushnil(L); lua_next(L, defs) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            lffi_arg_error(L, arg, "keys of 'defs' must be strings");
        if (!define_text(L, arg, lua_tostring(L, -2)))
            continue;
        defines[source->ndefines].name = lua_tostring(L, -2);
        defines[source->ndefines++].text = lua_tostring(L, -1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, texts, (lua_Integer)source->ndefines);
    }
}

/* {override =, defs =, name =}. What the source points into stays on the stack. */
static void read_cdef_options(lua_State *L, struct lffi_scope *scope, int arg,
                              struct cdecl_source *source)
{
    static const char *const names[] = {"override", "defs", "name", NULL};
    lffi_arg_options(L, arg, names);
    lua_getfield(L, arg, "override");
    if (lua_toboolean(L, -1))
        source->flags |= CDECL_OVERRIDE;
    lua_pushliteral(L, "names"); /* all but structs, unions and enums */
    if (lua_rawequal(L, -1, -2))
        source->flags |= CDECL_KEEP_TAGS;
    if (lua_getfield(L, arg, "name") != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TSTRING)
            lffi_arg_error(L, arg, "option 'name' must be a string, not %s",
                           lffi_push_kind_of(L, scope->st, -1));
        source->name = lua_tostring(L, -1);
    }
    if (lua_getfield(L, arg, "defs") != LUA_TNIL)
        read_defines(L, scope, arg, source);
}

/* ffi.cdef(text [, "$" arguments ...] [, options]) */
static int api_cdef(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct cdecl_source source = {.flags = CDECL_TERMINATED};
    struct cdecl_error error;
    int last = lua_gettop(L);
    bool plain = last == 1;
    size_t replaced = cdecl_macros_replaced(scope->cdecl);
    uint32_t annotations = cdecl_annotations(scope->cdecl);
    int memory = lua_gc(L, LUA_GCCOUNT);
    source.text = lffi_arg_string(L, 1, &source.size);
    if (plain && lffi_text_is_known(L, scope, source.text, source.size))
        return 0;
    lffi_check_lock(L, scope->st, "declarations");
    if (scope->luajit)
        source.flags |= CDECL_KEEP_FIRST;
    if (last > 1 && lua_istable(L, last)) {
        read_cdef_options(L, scope, last, &source);
        last--;
    } else if (last == 2 && lua_isnil(L, last)) {
        last--; /* options that were not given */
    }
    source.args = lffi_collect_args(L, scope, 2, last);
    source.nargs = (size_t)(last - 1);
    if (!cdecl_parse(scope->cdecl, &source, &error))
        lffi_parse_error(L, &source, &error);
    lffi_catch_up(L, memory);
    lua_newtable(L);
    lffi_set_ref(L, scope, scope->ref_names);
    memset(scope->seen_types, 0, sizeof scope->seen_types);
    if (plain)
        lffi_remember_text(L, scope, source.text, source.size);
    else
        lffi_forget_texts(L, scope); /* macros of `defs`, declarations replaced */
    if ((source.flags & CDECL_OVERRIDE) || cdecl_macros_replaced(scope->cdecl) != replaced)
        lffi_namespaces_flush(L, scope);
    else if (cdecl_annotations(scope->cdecl) != annotations)
        lffi_refresh_functions(L, scope);
    return 0;
}

/* ffi.eval(text [, "$" arguments ...]): a C constant expression as a cdata of its type. */
static int api_eval(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct cdecl_source source = {.flags = lffi_text_flags(scope)};
    struct cdecl_value value;
    struct cdecl_error error;
    int last = lua_gettop(L);
    source.text = lffi_arg_string(L, 1, &source.size);
    source.args = lffi_collect_args(L, scope, 2, last);
    source.nargs = (size_t)(last - 1);
    if (!cdecl_eval(scope->cdecl, &source, &value, &error))
        lffi_parse_error(L, &source, &error);
    lffi_push_value(L, scope, &value);
    if (value.kind != CDECL_VALUE_STRING)
        lffi_cast(L, lffi_ctype_of(L, scope, value.type->unqual), lua_gettop(L));
    return 1;
}

/* ---- the table ------------------------------------------------------------------------------- */

static int api_scope(lua_State *L);

static void fill_api(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"cdef", api_cdef, LFFI_ANY},
                                                   {"eval", api_eval, LFFI_ANY},
                                                   {"scope", api_scope, 1},
                                                   {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
    lffi_api_types(L, scope);
    lffi_api_values(L, scope);
    lffi_api_memory(L, scope);
    lffi_api_rules(L, scope);
    lffi_api_arena(L, scope);
    lffi_api_handle(L, scope);
    lffi_api_reflect(L, scope);
    lffi_api_symbols(L, scope);
    lffi_api_tags(L, scope);
    lffi_api_annotate(L, scope);
    lffi_api_load(L, scope);
    lffi_api_lock(L, scope);
    lffi_callback_api(L, scope);
    lffi_tasks_api(L, scope);
    lua_pushliteral(L, "cffi " CFFI_VERSION);
    lua_setfield(L, -2, "_VERSION");
}

static void push_api(lua_State *L, struct lffi_scope *scope)
{
    if (scope->ref_api == LUA_NOREF) {
        lua_newtable(L);
        fill_api(L, scope);
        scope->ref_api = lffi_ref(L, scope);
    }
    lffi_push_ref(L, scope, scope->ref_api);
}

/* ffi.scope([{overflow =, bounds =, luajit =, stays =}]): the API table of a new, independent
 * scope. It gets the metatable of the outer scope's, through which the names that live in Lua are
 * found. */
static int api_scope(lua_State *L)
{
    static const char *const names[] = {"overflow", "bounds", "luajit", "stays", NULL};
    struct lffi_scope *outer = lffi_scope_upvalue(L);
    struct lffi_scope rules = {.bounds = true};
    struct lffi_scope *scope;
    bool stays = false;
    lua_settop(L, 1);
    if (lffi_arg_options(L, 1, names)) {
        if (lua_getfield(L, 1, "overflow") != LUA_TNIL)
            rules.policy = (enum lffi_policy)lffi_arg_choice(L, 1, lffi_policy_names);
        if (lua_getfield(L, 1, "bounds") != LUA_TNIL)
            rules.bounds = lua_toboolean(L, -1);
        lua_getfield(L, 1, "luajit");
        rules.luajit = lua_toboolean(L, -1);
        lua_getfield(L, 1, "stays");
        stays = lua_toboolean(L, -1);
    }
    scope = lffi_push_new_scope(L, outer->st, stays);
    scope->policy = rules.policy;
    scope->bounds = rules.bounds;
    scope->luajit = rules.luajit;
    push_api(L, scope);
    push_api(L, outer);
    if (lua_getmetatable(L, -1))
        lua_setmetatable(L, -3);
    lua_pop(L, 1);
    return 1;
}

/* ---- the module ------------------------------------------------------------------------------ */

/* The state is found again when the module is opened a second time in one Lua universe, and so is
 * the table. */
int luaopen_cffi_core(lua_State *L)
{
    const char *lacking = lffi_cpu_lacks();
    if (lacking != NULL)
        luaL_error(L,
                   "cffi was built for processors with '%s', which this one lacks: build it "
                   "without -march",
                   lacking);
    lffi_check_version(L);
    lffi_library_pin();
    lffi_open_guard(L);
    lffi_open_known(L);
    lffi_open_texts(L);
    lffi_open_proxy(L);
    push_api(L, lffi_open_state(L)->scope);
    return 1;
}
