/* Which Lua values are which C addresses (docs/design.md S5, S6, S14, S18).
 *
 * Depends on ctype.c, cdata.c and integer.c; callbacks are made by make.c. Nothing here owns
 * memory: an address stays valid as long as the Lua value it came from, which the callers keep on
 * the stack or in the ephemeron table.
 */
#include <string.h>

#include "value/refuse.h"
#include "value/value.h"

static bool is_byte(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_I8 || ct->op == LFFI_U8;
}

/* Function types: C's compatibility; LuaJIT compares the number of parameters only, which after
 * ffi.lock() would be a cast. */
static bool functions_match(const struct lffi_ctype *dst, const struct lffi_ctype *src)
{
    if (dst->scope->luajit && !dst->scope->st->locked)
        return dst->type->nparams == src->type->nparams;
    return lffi_same_type(dst, src);
}

/* True when a pointer to `src` may be used as a pointer to `dst`, qualifiers aside. Integers match
 * by size, whatever their sign, as C programs use them; pointers to pointers match exactly. After
 * ffi.lock() a pointer to void leads nowhere else: by way of it every pointer could be cast. */
static bool pointees_match(const struct lffi_ctype *dst, const struct lffi_ctype *src)
{
    if (dst->op == LFFI_VOID)
        return true;
    if (src->op == LFFI_VOID)
        return !dst->scope->st->locked;
    if (dst->op == LFFI_FUNCTION && src->op == LFFI_FUNCTION)
        return functions_match(dst, src);
    if (lffi_is_integral(dst->op) && lffi_is_integral(src->op))
        return cdecl_sizeof(dst->type) == cdecl_sizeof(src->type);
    return lffi_same_type(dst, src);
}

static bool drops_qualifiers(const struct lffi_ctype *dst, const struct lffi_ctype *src)
{
    unsigned lost = src->type->quals & ~(unsigned)dst->type->quals;
    return (lost & (CDECL_CONST | CDECL_VOLATILE)) != 0;
}

/* Checks a pointer to `pointee` against what ct (a pointer type, NULL: any) wants. */
static void check_pointee(lua_State *L, struct lffi_ctype *ct, struct lffi_ctype *pointee, int idx,
                          const struct lffi_where *where)
{
    const char *kind;
    if (ct == NULL || where->cast)
        return;
    if (!pointees_match(ct->target, pointee))
        lffi_mismatch(L, ct, idx, where);
    if (!drops_qualifiers(ct->target, pointee))
        return;
    kind = lffi_push_kind_of(L, ct->scope->st, idx);
    lffi_convert_error(L, where, "cannot convert %s to '%s': it would drop a qualifier", kind,
                       lffi_push_type_text(L, ct->type, NULL));
}

/* ---- strings --------------------------------------------------------------------------------- */

static void check_string_place(lua_State *L, const struct lffi_where *where)
{
    if (where->place != LFFI_TO_ARGUMENT && where->place != LFFI_TO_VALUE && where->owner_idx == 0)
        lffi_convert_error(L, where,
                           "a Lua string cannot be stored in memory that Lua does not "
                           "own: copy it with ffi.arena or ffi.new");
}

/* A Lua string as const char *, or as const bytes or void (S6). */
static const void *address_of_string(lua_State *L, struct lffi_ctype *ct, int idx,
                                     const struct lffi_where *where)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    if (ct != NULL && ct->target->op == LFFI_FUNCTION && !ct->scope->luajit)
        lffi_mismatch(L, ct, idx, where); /* also in casts: its bytes are no code */
    if (ct == NULL || where->cast)
        return text;
    if (!is_byte(ct->target) && ct->target->op != LFFI_VOID)
        lffi_mismatch(L, ct, idx, where);
    if (!ct->target->constant)
        lffi_convert_error(L, where,
                           "a Lua string is constant and '%s' may be written through: "
                           "use ffi.new(\"char[?]\", #s + 1, s)",
                           lffi_push_type_text(L, ct->type, NULL));
    if (ct->target->type->prim == CDECL_PRIM_CHAR && !ct->scope->luajit && strlen(text) != size)
        lffi_zero_inside(L, text, where);
    check_string_place(L, where);
    return text;
}

/* ---- functions ------------------------------------------------------------------------------- */

bool lffi_makes_callback(lua_State *L, const struct lffi_ctype *ct, int idx)
{
    return ct->op == LFFI_POINTER && ct->target->op == LFFI_FUNCTION &&
           lua_type(L, idx) == LUA_TFUNCTION && lffi_to_function(L, idx) == NULL;
}

static const void *address_of_function(lua_State *L, struct lffi_ctype *ct, int idx,
                                       const struct lffi_where *where)
{
    const struct lffi_function *fn = lffi_to_function(L, idx);
    const void *address;
    if (fn != NULL) {
        check_pointee(L, ct, fn->ct, idx, where);
        memcpy(&address, &fn->address, sizeof address);
        return address;
    }
    if (ct == NULL || ct->target->op != LFFI_FUNCTION)
        lffi_convert_error(L, where, "cannot convert a Lua function to '%s'",
                           ct != NULL ? lffi_push_type_text(L, ct->type, NULL) : "a pointer");
    return lffi_implicit_callback(L, ct->target, idx, where->loans);
}

/* ---- objects --------------------------------------------------------------------------------- */

static const void *address_of_number(lua_State *L, struct lffi_ctype *ct, int idx,
                                     const struct lffi_where *where)
{
    struct lffi_integer value;
    bool fraction;
    if (!where->cast || !lffi_to_integer(L, ct->scope->st, idx, &value, &fraction))
        lffi_mismatch(L, ct, idx, where);
    return (const void *)(uintptr_t)value.bits;
}

/* A callback that was freed is nothing that C may get: another one may have its place. */
static void check_callback(lua_State *L, const struct lffi_cdata *cd, int idx, const void *code,
                           const struct lffi_where *where)
{
    const char *freed = lffi_push_freed_callback(L, cd->ct->scope->st, idx, code);
    if (freed != NULL)
        lffi_convert_error(L, where, "%s", freed);
}

/* Where any pointer is wanted. */
static _Noreturn void no_pointer(lua_State *L, struct lffi_state *st, int idx,
                                 const struct lffi_where *where)
{
    lffi_convert_error(L, where, "cannot convert %s to a pointer", lffi_push_kind_of(L, st, idx));
}

static const void *address_of_cdata(lua_State *L, struct lffi_ctype *ct,
                                    const struct lffi_cdata *cd, int idx,
                                    const struct lffi_where *where)
{
    const void *address;
    /* clang-format off */
    switch ((enum lffi_op)cd->ct->op) {
    case LFFI_POINTER:
        check_pointee(L, ct, cd->ct->target, idx, where);
        memcpy(&address, cd->addr, sizeof address);
        if (cd->ct->target->op == LFFI_FUNCTION ||
            (ct != NULL && ct->target->op == LFFI_FUNCTION))
            check_callback(L, cd, idx, address, where);
        return address;
    case LFFI_FUNCTION:
        check_pointee(L, ct, cd->ct, idx, where);
        check_callback(L, cd, idx, cd->addr, where);
        return cd->addr;
    case LFFI_ARRAY:
        if (ct == NULL || !lffi_same_type(ct->target, cd->ct))
            check_pointee(L, ct, cd->ct->target, idx, where);
        return cd->addr;
    case LFFI_STRUCT: case LFFI_UNION: case LFFI_VECTOR: case LFFI_COMPLEX:
        check_pointee(L, ct, cd->ct, idx, where);
        return cd->addr;
    case LFFI_VOID: case LFFI_BOOL: case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16:
    case LFFI_I32: case LFFI_U32: case LFFI_I64: case LFFI_U64: case LFFI_I128: case LFFI_U128:
    case LFFI_BITINT: case LFFI_FLOAT16: case LFFI_FLOAT: case LFFI_DOUBLE: case LFFI_LDOUBLE:
    case LFFI_FLOAT128: case LFFI_ENUM:
        break;
    }
    /* clang-format on */
    if (ct == NULL)
        no_pointer(L, cd->ct->scope->st, idx, where);
    if (ct->scope->luajit && lffi_is_float(cd->ct->op)) /* in a Lua number it would do */
        lffi_mismatch(L, ct, idx, where);
    return address_of_number(L, ct, idx, where);
}

/* True when the pointee is C's FILE, by the name that the C library gives its struct. */
static bool is_file_type(const struct lffi_ctype *pointee)
{
    const struct cdecl_tag *tag = pointee->type->tag;
    const char *name = NULL;
    if (pointee->op == LFFI_VOID)
        return true;
    if (tag != NULL)
        name = tag->name != NULL ? tag->name : tag->typedef_name;
    return name != NULL && (strcmp(name, "_IO_FILE") == 0 || strcmp(name, "FILE") == 0 ||
                            strcmp(name, "__sFILE") == 0 || strcmp(name, "__FILE") == 0);
}

static const void *address_of_userdata(lua_State *L, struct lffi_ctype *ct, int idx,
                                       const struct lffi_where *where)
{
    const struct lffi_cdata *cd;
    const luaL_Stream *file;
    struct lffi_state *st = lffi_open_state(L);
    bool any_pointer = ct == NULL || (ct->scope->luajit && !st->locked);
    if ((cd = lffi_to_cdata(L, st, idx)) != NULL)
        return address_of_cdata(L, ct, cd, idx, where);
    file = luaL_testudata(L, idx, LUA_FILEHANDLE);
    if (file != NULL && (any_pointer || where->cast || is_file_type(ct->target))) {
        if (file->closef == NULL)
            lffi_convert_error(L, where, "the file is closed");
        return file->f;
    }
    if (lffi_to_ctype(L, st, idx) == NULL && (any_pointer || ct->target->op == LFFI_VOID))
        return lua_touserdata(L, idx);
    if (ct == NULL)
        no_pointer(L, st, idx, where);
    lffi_mismatch(L, ct, idx, where);
}

/* How many objects may stand for each other before one gives a pointer. */
enum { MAX_STANDING_IN = 16 };

static bool push_pointed(lua_State *L, struct lffi_ctype *ct, int idx,
                         const struct lffi_where *where, int depth)
{
    idx = lua_absindex(L, idx);
    if (luaL_getmetafield(L, idx, "__cffi_pointer") == LUA_TNIL)
        return false;
    luaL_checkstack(L, 10, NULL);
    lua_pushvalue(L, idx);
    if (ct != NULL)
        lffi_push_ctype(L, ct);
    else
        lua_pushnil(L);
    lua_call(L, 2, 1);
    if (lua_type(L, -1) == LUA_TTABLE && depth < MAX_STANDING_IN &&
        push_pointed(L, ct, lua_gettop(L), where, depth + 1)) {
        lua_remove(L, -2);
        return true;
    }
    if (lua_istable(L, -1) || lua_type(L, -1) == LUA_TSTRING)
        lffi_convert_error(L, where, "'__cffi_pointer' must give a pointer, got a %s",
                           luaL_typename(L, -1));
    return true;
}

bool lffi_push_pointed(lua_State *L, struct lffi_ctype *ct, int idx, const struct lffi_where *where)
{
    return push_pointed(L, ct, idx, where, 0);
}

static bool address_of_object(lua_State *L, struct lffi_ctype *ct, int idx,
                              const struct lffi_where *where, const void **address)
{
    int top = lua_gettop(L);
    if (!lffi_push_pointed(L, ct, idx, where))
        return false;
    *address = lffi_to_address(L, ct, top + 1, where);
    lua_settop(L, top);
    return true;
}

const void *lffi_to_address(lua_State *L, struct lffi_ctype *ct, int idx,
                            const struct lffi_where *where)
{
    const void *address;
    switch (lua_type(L, idx)) {
    case LUA_TNIL: return NULL;
    case LUA_TLIGHTUSERDATA: /* C's address of anything: like a void *, also after ffi.lock() */
        if (ct == NULL || ct->target->op == LFFI_VOID || !ct->scope->st->locked)
            return lua_touserdata(L, idx);
        break;
    case LUA_TSTRING: return address_of_string(L, ct, idx, where);
    case LUA_TFUNCTION: return address_of_function(L, ct, idx, where);
    case LUA_TUSERDATA: return address_of_userdata(L, ct, idx, where);
    case LUA_TNUMBER:
        if (ct != NULL)
            return address_of_number(L, ct, idx, where);
        break;
    case LUA_TTABLE:
        if (address_of_object(L, ct, idx, where, &address))
            return address;
        if (ct != NULL)
            return address_of_number(L, ct, idx, where); /* a big integer, in casts */
        break;
    default: break;
    }
    if (ct != NULL)
        lffi_mismatch(L, ct, idx, where);
    no_pointer(L, lffi_open_state(L), idx, where);
}
