/* What Lua does with ctypes and cdata on its own: printing, length, calls, <close>, collection; and
 * what a ctype has by name.
 *
 * Depends on ctype.c, members.c, cdata.c and integer.c; operators are added by higher wings through
 * hooks. Nothing is owned here.
 */
#include <string.h>

#include "object/argument.h"
#include "object/inplace.h"
#include "object/integer.h"
#include "object/members.h"

static struct lffi_state *state_upvalue(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* ---- ctypes ---------------------------------------------------------------------------------- */

struct lffi_ctype *lffi_self_ctype(lua_State *L)
{
    struct lffi_ctype *ct = lffi_to_ctype(L, state_upvalue(L), 1);
    if (ct == NULL)
        lffi_expected(L, 1, "C type");
    return ct;
}

static int ctype_tostring(lua_State *L)
{
    struct lffi_ctype *ct = lffi_self_ctype(L);
    lua_pushfstring(L, "ctype<%s>", lffi_push_spelling(L, ct));
    return 1;
}

static int ctype_eq(lua_State *L)
{
    struct lffi_state *st = state_upvalue(L);
    struct lffi_ctype *a = lffi_to_ctype(L, st, 1);
    struct lffi_ctype *b = lffi_to_ctype(L, st, 2);
    bool same = a != NULL && b != NULL && a->type->quals == b->type->quals && lffi_same_type(a, b);
    lua_pushboolean(L, same);
    return 1;
}

/* A static constant or an enumerator of the type itself, named at index 2; pushes it and returns
 * true when found. */
static bool push_type_constant(lua_State *L, struct lffi_ctype *ct)
{
    const struct cdecl_decl *found = ct->type->tag != NULL ? lffi_find_constant(L, ct, 2) : NULL;
    if (found != NULL)
        lffi_push_constant(L, ct->scope, found);
    return found != NULL;
}

static _Noreturn void no_type_member(lua_State *L, const struct lffi_ctype *ct)
{
    const char *name = luaL_tolstring(L, 2, NULL);
    lffi_no_name(L, ct->type, name, lffi_nearest_constant(ct, name));
}

/* ct.NAME: constants of the type, then the metatype's __index (ct.static()). */
static int ctype_index(lua_State *L)
{
    struct lffi_ctype *ct = lffi_self_ctype(L);
    bool answered = true;
    if (lua_type(L, 2) == LUA_TSTRING && push_type_constant(L, ct))
        return 1;
    if (ct->scope->luajit && lua_type(L, 2) != LUA_TSTRING)
        luaL_error(L, "a ctype cannot be indexed with a %s", luaL_typename(L, 2));
    if (lffi_push_metamethod(L, ct, "__index")) {
        if (lua_isfunction(L, -1)) {
            lua_pushvalue(L, 1);
            lua_pushvalue(L, 2);
            lua_call(L, 2, 1);
        } else {
            answered = lffi_answer(L, ct->scope, 2);
        }
        if (answered)
            return 1;
    }
    no_type_member(L, ct);
}

void lffi_ctype_metatable(lua_State *L, struct lffi_state *st)
{
    static const struct lffi_public methods[] = {{"__tostring", ctype_tostring, LFFI_ANY},
                                                 {"__eq", ctype_eq, LFFI_ANY},
                                                 {"__index", ctype_index, LFFI_ANY},
                                                 {NULL, NULL, 0}};
    lffi_add_functions(L, st, methods, 0);
    lffi_construct_metatable(L, st);
    lua_pushliteral(L, "ffi");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "ctype");
    lua_setfield(L, -2, "__name");
}

/* ---- cdata: the end of life ------------------------------------------------------------------ */

struct lffi_cdata *lffi_self_cdata(lua_State *L)
{
    struct lffi_cdata *cd = lffi_to_cdata(L, state_upvalue(L), 1);
    if (cd == NULL)
        lffi_expected(L, 1, "cdata");
    return cd;
}

/* Takes the finaliser from the cdata at index 1 and pushes it; false when there is none. A cdata
 * that is resurrected or closed is not finalised twice. */
static bool take_finalizer(lua_State *L, struct lffi_state *st, struct lffi_ctype *ct)
{
    lffi_push_finalizer(L, st, 1);
    lffi_disarm(L, st, 1);
    if (lua_isnil(L, -1) && ct->base->has_gc && ct->op != LFFI_POINTER) {
        lua_pop(L, 1);
        return lffi_push_metamethod(L, ct, "__gc");
    }
    if (lua_toboolean(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

static int cdata_gc(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    if (take_finalizer(L, state_upvalue(L), cd->ct)) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 0);
    }
    return 0;
}

/* `local x <close>`: the metatype's __close, else the callback's free, else the finaliser, now. */
static int cdata_close(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    int nargs = 1;
    bool found;
    lua_settop(L, 2); /* Lua 5.5 passes no second argument when there is no error */
    found = lffi_push_metamethod(L, cd->ct, "__close");
    if (found) {
        lua_pushvalue(L, 1);
        lua_pushvalue(L, 2);
        nargs = 2;
    } else {
        found = take_finalizer(L, state_upvalue(L), cd->ct);
        if (!found && cd->ct->op == LFFI_POINTER && cd->ct->target->op == LFFI_FUNCTION)
            found = lffi_push_callback_method(L, cd->ct, "close");
        if (found)
            lua_pushvalue(L, 1);
    }
    if (found)
        lua_call(L, nargs, 0);
    return 0;
}

/* ---- printing -------------------------------------------------------------------------------- */

/* "0x7f0123": by hand, for Lua's "%p" is the C library's printf. */
static const char *address_text(const void *addr, char text[2 + 2 * sizeof addr + 1])
{
    uintptr_t rest = (uintptr_t)addr;
    char *p = text + 2 + 2 * sizeof addr;
    *p = '\0';
    for (; rest != 0; rest >>= 4)
        *--p = "0123456789abcdef"[rest & 15];
    *--p = 'x';
    *--p = '0';
    return p;
}

/* In one piece when it is short, as nearly always. */
static void push_address_text(lua_State *L, const struct lffi_cdata *cd, const void *addr)
{
    enum { HEAD = sizeof "cdata<" - 1 };
    char digits[2 + 2 * sizeof addr + 1];
    const char *place = addr == NULL ? "NULL" : address_text(addr, digits);
    char text[128] = "cdata<";
    size_t room = sizeof text - HEAD - sizeof ">: " - sizeof digits;
    size_t size = cd->ct->scope->luajit ? room : cdecl_print(cd->ct->type, NULL, text + HEAD, room);
    if (size < room) {
        size_t rest = strlen(place);
        memcpy(text + HEAD + size, ">: ", 3);
        memcpy(text + HEAD + size + 3, place, rest);
        lua_pushlstring(L, text, HEAD + size + 3 + rest);
    } else {
        lua_pushfstring(L, "cdata<%s>: %s", lffi_push_spelling(L, cd->ct), place);
    }
}

static void push_integer_cdata(lua_State *L, const struct lffi_cdata *cd)
{
    struct lffi_integer value = lffi_integer_of_memory(cd->ct, cd->addr);
    const char *text = lffi_push_integer_text(L, &value);
    bool luajit = cd->ct->scope->luajit;
    if (cd->ct->op == LFFI_I64 && luajit)
        lua_pushfstring(L, "%sLL", text);
    else if (cd->ct->op == LFFI_U64 && luajit)
        lua_pushfstring(L, "%sULL", text);
    else if (!lffi_is_long(cd->ct->op))
        lua_pushfstring(L, "cdata<%s>: %s", lffi_push_spelling(L, cd->ct), text);
}

static void push_enum_cdata(lua_State *L, const struct lffi_cdata *cd)
{
    struct lffi_integer value = lffi_integer_of_memory(cd->ct, cd->addr);
    const char *text = lffi_push_integer_text(L, &value);
    lua_pushfstring(L, "cdata<%s>: %s", lffi_push_spelling(L, cd->ct), text);
}

static void push_text(lua_State *L, const struct lffi_cdata *cd)
{
    const void *target;
    bool luajit = cd->ct->scope->luajit;
    if (cd->ct->op == LFFI_POINTER) {
        memcpy(&target, cd->addr, sizeof target);
        push_address_text(L, cd, target);
    } else if (cd->ct->op == LFFI_COMPLEX) {
        lffi_push_real_text(L, cd->ct, cd->addr);
    } else if (cd->ct->op == LFFI_ENUM) {
        push_enum_cdata(L, cd);
    } else if (luajit ? lffi_is_long(cd->ct->op) : lffi_is_integer(cd->ct->op)) {
        push_integer_cdata(L, cd);
    } else if (cd->ct->op == LFFI_LDOUBLE || cd->ct->op == LFFI_FLOAT128) {
        lffi_push_real_text(L, cd->ct, cd->addr);
    } else {
        push_address_text(L, cd, cd->addr);
    }
}

static int cdata_tostring(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    if (lffi_push_metamethod(L, cd->ct, "__tostring")) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        return 1;
    }
    push_text(L, cd);
    return 1;
}

/* The same in place, of a 64-bit integer. */
static int cdata_quick_tostring(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_cdata *cd = NULL;
    struct lffi_integer value = {0};
    int64_t word;
    if (lffi_count_arguments(L, arg) > 0)
        cd = lffi_cdata_in_place(lffi_bound(arg), arg);
    if (cd == NULL || (cd->ct->op != LFFI_I64 && cd->ct->op != LFFI_U64) || cd->ct->scope->luajit)
        return cdata_tostring(L);
    memcpy(&word, cd->addr, sizeof word);
    value.negative = cd->ct->op == LFFI_I64 && word < 0;
    value.bits = value.negative ? (lffi_wide)word : (lffi_wide)(uint64_t)word;
    lffi_push_integer_text(L, &value);
    return 1;
}

/* ---- length, calls --------------------------------------------------------------------------- */

static int cdata_len(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    uint64_t length;
    if (lffi_push_metamethod(L, cd->ct, "__len")) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        return 1;
    }
    if (cd->ct->op == LFFI_VECTOR) {
        length = cd->ct->type->count;
    } else if (cd->ct->op == LFFI_ARRAY) {
        length = lffi_length(L, 1, cd);
        if (length == UINT64_MAX)
            return luaL_error(L, "length of '%s' is unknown",
                              lffi_push_type_text(L, cd->ct->type, NULL));
    } else {
        return luaL_error(L, "attempt to get length of a '%s' value%s",
                          lffi_push_type_text(L, cd->ct->type, NULL),
                          lffi_push_text_hint(L, cd->ct));
    }
    lua_pushinteger(L, (lua_Integer)length);
    return 1;
}

/* For who wrote ffi.new "struct point"{1, 2}. */
static const char *push_maker_hint(lua_State *L, const struct lffi_cdata *cd)
{
    if (!lffi_is_record(cd->ct->op))
        return lua_pushliteral(L, "");
    return lua_pushfstring(L, ": ffi.typeof \"%s\" is, and ffi.new takes values as well",
                           lffi_push_type_text(L, cd->ct->type, NULL));
}

static int call_metamethod(lua_State *L, struct lffi_cdata *cd)
{
    if (!lffi_push_metamethod(L, cd->ct, "__call"))
        return luaL_error(L, "'%s' is not callable%s", lffi_push_type_text(L, cd->ct->type, NULL),
                          push_maker_hint(L, cd));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int cdata_call(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    struct lffi_ctype *function = cd->ct;
    const void *code = cd->addr;
    void (*address)(void);
    if (cd->ct->op == LFFI_POINTER && cd->ct->target->op == LFFI_FUNCTION) {
        function = cd->ct->target;
        memcpy(&code, cd->addr, sizeof code);
    }
    if (function->op != LFFI_FUNCTION)
        return call_metamethod(L, cd);
    if (code == NULL)
        return luaL_error(L, "null pointer: cannot call '%s'",
                          lffi_push_type_text(L, cd->ct->type, NULL));
    memcpy(&address, &code, sizeof address);
    return lffi_call_pointer(L, function, address, 2); /* which checks that it is not stale */
}

/* The same where arguments may be read in place. */
static int cdata_quick_call(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_cdata *cd = NULL;
    const void *code = NULL;
    int nresults = -1;
    if (lffi_count_arguments(L, arg) > 0)
        cd = lffi_cdata_in_place(lffi_bound(arg), arg);
    if (cd != NULL && cd->ct->op == LFFI_POINTER && cd->ct->target->op == LFFI_FUNCTION)
        memcpy(&code, cd->addr, sizeof code);
    if (code != NULL)
        nresults = lffi_quick_call_pointer(L, cd->ct->target, code);
    return nresults >= 0 ? nresults : cdata_call(L);
}

void lffi_cdata_metatable(lua_State *L, struct lffi_state *st, bool with_gc)
{
    static const struct lffi_public methods[] = {{"__tostring", cdata_tostring, LFFI_ANY},
                                                 {"__len", cdata_len, LFFI_ANY},
                                                 {"__call", cdata_call, LFFI_ANY},
                                                 {"__close", cdata_close, LFFI_ANY},
                                                 {NULL, NULL, 0}};
    static const struct lffi_public quick[] = {{"__call", cdata_quick_call, LFFI_ANY},
                                               {"__tostring", cdata_quick_tostring, LFFI_ANY},
                                               {NULL, NULL, 0}};
    static const struct lffi_public finaliser[] = {{"__gc", cdata_gc, LFFI_ANY}, {NULL, NULL, 0}};
    lffi_add_functions(L, st, methods, 0);
    if (lffi_peeks(st))
        lffi_add_functions(L, st, quick, 0);
    if (with_gc)
        lffi_add_functions(L, st, finaliser, 0);
    lua_pushliteral(L, "ffi");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "cdata");
    lua_setfield(L, -2, "__name");
    lffi_index_metatable(L, st);
    lffi_arith_metatable(L, st);
}
