/* What all public functions and methods share: registration under a name, and arguments checked
 * with it (docs/design.md S19).
 *
 * Depends on ctype.c, record.c and kind.c. Everything returned belongs to the arguments; ctypes
 * live as long as their scope.
 */
#include <string.h>

#include "object/argument.h"
#include "object/inplace.h"
#include "object/integer.h"
#include "object/record.h"
#include "object/scope.h"

const char *const lffi_policy_names[] = {"fit", "strict", "wrap", "saturate", NULL};

/* ---- registration ---------------------------------------------------------------------------- */

/* Upvalues of a public function. */
enum { UP_CONTEXT = 1, UP_PUBLIC, UP_METHOD, UP_STATE };

/* What is registered in place of a function that counts: it has the same upvalues. */
static int call_counted(lua_State *L)
{
    const struct lffi_public *running = lua_touserdata(L, lua_upvalueindex(UP_PUBLIC));
    lffi_arg_most(L, running->most + lua_toboolean(L, lua_upvalueindex(UP_METHOD)));
    return running->function(L);
}

/* The same where arguments may be read in place. */
static int call_counted_in_place(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_public *running = lffi_address_in_place(lffi_bound_value(arg, UP_PUBLIC));
    bool method = lffi_kind_in_place(lffi_bound_value(arg, UP_METHOD)) == LFFI_IS_TRUE;
    if (lffi_count_arguments(L, arg) > running->most + method)
        return call_counted(L);
    return running->function(L);
}

int lffi_call_general(lua_State *L)
{
    const struct lffi_public *running = lua_touserdata(L, lua_upvalueindex(UP_PUBLIC));
    const struct lffi_scope *scope = lffi_scope_upvalue(L);
    if (!scope->luajit && running->most != LFFI_ANY)
        return call_counted(L);
    return running->function(L);
}

/* Stack top: the context, which is popped. `quick` may be NULL. */
static void push_public(lua_State *L, struct lffi_state *st, const struct lffi_public *function,
                        lua_CFunction quick, unsigned how)
{
    bool counted = (how & LFFI_COUNTED) != 0 && function->most != LFFI_ANY;
    lua_CFunction entry = function->function;
    if (counted)
        entry = lffi_peeks(st) ? call_counted_in_place : call_counted;
    if (quick != NULL && lffi_peeks(st))
        entry = quick;
    lua_pushlightuserdata(L, (void *)(uintptr_t)function);
    lua_pushboolean(L, (how & LFFI_METHOD) != 0);
    lua_pushlightuserdata(L, st);
    lua_pushcclosure(L, entry, UP_STATE);
}

static unsigned counting(const struct lffi_scope *scope)
{
    return scope->luajit ? 0 : LFFI_COUNTED;
}

void lffi_push_method(lua_State *L, struct lffi_scope *scope, const struct lffi_public *method)
{
    lffi_push_scope(L, scope);
    push_public(L, scope->st, method, NULL, LFFI_METHOD | counting(scope));
}

void lffi_add_functions(lua_State *L, struct lffi_state *st, const struct lffi_public *functions,
                        unsigned how)
{
    for (const struct lffi_public *f = functions; f->name != NULL; f++) {
        lua_pushlightuserdata(L, st);
        push_public(L, st, f, NULL, how);
        lua_setfield(L, -2, f->name);
    }
}

static lua_CFunction quick_of(const struct lffi_quick *quick, const char *name)
{
    while (quick->name != NULL && strcmp(quick->name, name) != 0)
        quick++;
    return quick->function;
}

void lffi_api_add_quick(lua_State *L, struct lffi_scope *scope, const struct lffi_public *functions,
                        const struct lffi_quick *quick)
{
    for (const struct lffi_public *f = functions; f->name != NULL; f++) {
        lffi_push_scope(L, scope);
        push_public(L, scope->st, f, quick_of(quick, f->name), counting(scope));
        lua_setfield(L, -2, f->name);
    }
}

void lffi_api_add(lua_State *L, struct lffi_scope *scope, const struct lffi_public *functions)
{
    static const struct lffi_quick none = {NULL, NULL};
    lffi_api_add_quick(L, scope, functions, &none);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* Methods count their arguments as they are written: the object itself is none. */
_Noreturn void lffi_arg_error(lua_State *L, int arg, const char *fmt, ...)
{
    const struct lffi_public *running = lua_touserdata(L, lua_upvalueindex(UP_PUBLIC));
    va_list args;
    const char *text;
    va_start(args, fmt);
    text = lua_pushvfstring(L, fmt, args);
    va_end(args);
    if (lua_toboolean(L, lua_upvalueindex(UP_METHOD)) && --arg == 0)
        luaL_error(L, "calling '%s' on bad self (%s)", running->name, text);
    luaL_error(L, "bad argument #%d to '%s' (%s)", arg, running->name, text);
    abort();
}

_Noreturn void lffi_expected(lua_State *L, int arg, const char *expected)
{
    const char *got = "no value";
    if (!lua_isnone(L, arg))
        got = lffi_push_kind_of(L, lua_touserdata(L, lua_upvalueindex(UP_STATE)), arg);
    lffi_arg_error(L, arg, "%s expected, got %s", expected, got);
}

/* ---- locked ---------------------------------------------------------------------------------- */

static void refuse_locked(lua_State *L, const char *what)
{
    luaL_error(L, "no new %s after ffi.lock()", what);
}

void lffi_check_lock(lua_State *L, const struct lffi_state *st, const char *what)
{
    if (st->locked)
        refuse_locked(L, what);
}

unsigned lffi_text_flags(const struct lffi_scope *scope)
{
    return CDECL_TERMINATED | (scope->st->locked ? CDECL_NO_BODIES : 0u);
}

/* ---- types ----------------------------------------------------------------------------------- */

_Noreturn void lffi_parse_error(lua_State *L, const struct cdecl_source *source,
                                const struct cdecl_error *error)
{
    luaL_Buffer b;
    size_t size;
    if (error->out_of_memory)
        luaL_error(L, "not enough memory");
    if (error->body)
        refuse_locked(L, "declarations");
    if (error->surplus > 0) /* arguments for "$" come right after the text, which is the first */
        lffi_arg_error(L, 1 + (int)error->surplus, "the text has no '$' for it");
    size = cdecl_error_text(error, NULL, 0) + 1;
    cdecl_error_text(error, luaL_buffinitsize(L, &b, size), size);
    luaL_pushresultsize(&b, size - 1);
    if (error->file[0] != '\0' || !lffi_push_text_place(L, source, error->line))
        luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_error(L);
    abort();
}

/* One "$" argument: a type, an identifier or a number. */
static void collect_arg(lua_State *L, struct lffi_scope *scope, int idx, struct cdecl_arg *arg)
{
    const struct lffi_ctype *ct;
    memset(arg, 0, sizeof *arg);
    if (lua_isinteger(L, idx)) {
        arg->kind = CDECL_ARG_INT;
        arg->integer = lua_tointeger(L, idx);
    } else if (lua_type(L, idx) == LUA_TSTRING) {
        arg->kind = CDECL_ARG_NAME;
        arg->name = lua_tolstring(L, idx, &arg->name_size);
    } else {
        arg->kind = CDECL_ARG_TYPE;
        ct = lffi_arg_ctype(L, scope, idx);
        lffi_keep_scope(L, scope, ct->scope);
        arg->type = ct->type;
    }
}

struct cdecl_arg *lffi_collect_args(lua_State *L, struct lffi_scope *scope, int first, int last)
{
    size_t count = last >= first ? (size_t)(last - first + 1) : 0;
    struct cdecl_arg *args = lua_newuserdatauv(L, (count + 1) * sizeof *args, 0);
    for (size_t i = 0; i < count; i++)
        collect_arg(L, scope, first + (int)i, &args[i]);
    return args;
}

struct lffi_ctype *lffi_parse_ctype(lua_State *L, struct lffi_scope *scope, int text_idx,
                                    int first_arg, int last_arg)
{
    struct cdecl_source source = {.flags = lffi_text_flags(scope)};
    struct cdecl_error error;
    const struct cdecl_type *type;
    source.text = lua_tolstring(L, text_idx, &source.size);
    source.args = lffi_collect_args(L, scope, first_arg, last_arg);
    source.nargs = last_arg >= first_arg ? (size_t)(last_arg - first_arg + 1) : 0;
    if (scope->luajit)
        source.flags |= CDECL_KEEP_FIRST;
    type = cdecl_parse_type(scope->cdecl, &source, &error);
    if (type == NULL)
        lffi_parse_error(L, &source, &error);
    lua_pop(L, 1);
    return lffi_ctype_of(L, scope, type);
}

/* Pushes what the text of a type at idx is remembered by. A body makes a new type each time and is
 * not, but where its identity does not matter, by itself behind a zero byte: nothing is pushed and
 * false returned when it does. */
static bool push_type_key(lua_State *L, const struct lffi_scope *scope, int idx, bool any)
{
    bool body = strchr(lua_tostring(L, idx), '{') != NULL;
    if (body && (!any || scope->luajit))
        return false;
    lua_pushlstring(L, "", body);
    lua_pushvalue(L, idx);
    lua_concat(L, 2);
    return true;
}

/* A type that was given a metatype has got an identity. */
static bool is_still_any(const struct lffi_ctype *ct)
{
    return ct->base->ref_metatype == LUA_NOREF;
}

/* The text at idx is a key of the scope's names, which keeps its address: it has one for each
 * content when it is short. A body is no key by itself. */
static void remember_in_place(const lua_State *L, struct lffi_scope *scope, int idx,
                              struct lffi_ctype *ct)
{
    const struct lffi_value *text = lffi_peeks(scope->st) ? lffi_value_at(L, idx) : NULL;
    unsigned slot;
    if (text == NULL || lffi_kind_in_place(text) != LFFI_IS_NAME ||
        strchr(lffi_text_in_place(text), '{') != NULL)
        return;
    slot = lffi_seen_slot(lffi_string_in_place(text));
    scope->seen_types[slot].text = lffi_string_in_place(text);
    scope->seen_types[slot].ct = ct;
}

/* Text of a type, remembered. `any`: a struct that the text describes, not a new one. */
static struct lffi_ctype *named_ctype(lua_State *L, struct lffi_scope *scope, int idx, bool any)
{
    struct lffi_ctype *ct;
    idx = lua_absindex(L, idx);
    if (!push_type_key(L, scope, idx, any))
        return lffi_parse_ctype(L, scope, idx, 1, 0);
    lffi_push_ref(L, scope, scope->ref_names);
    lua_insert(L, -2);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TUSERDATA) {
        ct = lua_touserdata(L, -1);
        if (!any || is_still_any(ct)) {
            lua_pop(L, 3);
            remember_in_place(L, scope, idx, ct);
            return ct;
        }
    }
    lua_pop(L, 1);
    ct = lffi_parse_ctype(L, scope, idx, 1, 0);
    lffi_push_ctype(L, ct);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    remember_in_place(L, scope, idx, ct);
    return ct;
}

static struct lffi_ctype *arg_ctype(lua_State *L, struct lffi_scope *scope, int arg, bool any)
{
    struct lffi_ctype *ct;
    const struct lffi_cdata *cd;
    const struct lffi_function *fn;
    if (lua_type(L, arg) == LUA_TSTRING)
        return named_ctype(L, scope, arg, any);
    if ((ct = lffi_to_ctype(L, scope->st, arg)) != NULL)
        return ct;
    if ((cd = lffi_to_cdata(L, scope->st, arg)) != NULL)
        return cd->ct;
    if ((fn = lffi_to_function(L, arg)) != NULL)
        return fn->ct;
    if (lua_isnil(L, arg) && scope->luajit)
        lffi_arg_error(L, arg,
                       "C type expected, got nil: a pointer that is NULL reads as nil and "
                       "has no type");
    lffi_expected(L, arg, "C type");
}

struct lffi_ctype *lffi_arg_ctype(lua_State *L, struct lffi_scope *scope, int arg)
{
    return arg_ctype(L, scope, arg, false);
}

struct lffi_ctype *lffi_arg_any_ctype(lua_State *L, struct lffi_scope *scope, int arg)
{
    return arg_ctype(L, scope, arg, true);
}

/* ---- other arguments ------------------------------------------------------------------------- */

void lffi_arg_most(lua_State *L, int most)
{
    int written = most - lua_toboolean(L, lua_upvalueindex(UP_METHOD));
    if (lua_gettop(L) <= most)
        return;
    if (written == 0)
        lffi_arg_error(L, most + 1, "surplus: none expected");
    lffi_arg_error(L, most + 1, "surplus: at most %d expected", written);
}

void lffi_arg_value(lua_State *L, int arg)
{
    if (lua_isnone(L, arg))
        lffi_arg_error(L, arg, "value expected");
}

struct lffi_cdata *lffi_arg_cdata(lua_State *L, struct lffi_scope *scope, int arg)
{
    struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, arg);
    if (cd == NULL)
        lffi_expected(L, arg, "cdata");
    return cd;
}

const char *lffi_arg_string(lua_State *L, int arg, size_t *size)
{
    if (lua_type(L, arg) != LUA_TSTRING)
        lffi_expected(L, arg, "string");
    return lua_tolstring(L, arg, size);
}

uint64_t lffi_arg_size(lua_State *L, struct lffi_scope *scope, int arg)
{
    struct lffi_integer value;
    bool fraction = false;
    if (!lffi_to_integer(L, scope->st, arg, &value, &fraction) || fraction)
        lffi_expected(L, arg, "integer");
    if (value.negative)
        lffi_arg_error(L, arg, "must not be negative");
    if (value.beyond || value.bits > INT64_MAX)
        lffi_arg_error(L, arg, "too large");
    return (uint64_t)value.bits;
}

bool lffi_arg_options(lua_State *L, int arg, const char *const *names)
{
    if (lua_isnoneornil(L, arg))
        return false;
    if (!lua_istable(L, arg))
        lffi_expected(L, arg, "table");
    lua_pushnil(L);
    while (lua_next(L, arg) != 0) {
        const char *const *name = names;
        lua_pop(L, 1);
        while (*name != NULL &&
               (lua_type(L, -1) != LUA_TSTRING || strcmp(*name, lua_tostring(L, -1)) != 0))
            name++;
        if (*name == NULL)
            lffi_arg_error(L, arg, "unknown option '%s'", luaL_tolstring(L, -1, NULL));
    }
    return true;
}

int lffi_arg_choice(lua_State *L, int arg, const char *const *names)
{
    struct lffi_state *st = lua_touserdata(L, lua_upvalueindex(UP_STATE));
    if (lua_type(L, -1) != LUA_TSTRING)
        lffi_arg_error(L, arg, "string expected, got %s", lffi_push_kind_of(L, st, -1));
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], lua_tostring(L, -1)) == 0)
            return i;
    }
    lffi_arg_error(L, arg, "invalid option '%s'", lua_tostring(L, -1));
}
