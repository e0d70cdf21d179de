/* The API's questions about types: typeof, sizeof, alignof, offsetof, istype, type, metatype.
 *
 * Depends on ctype.c, and on cdata.c for the size of variable-length objects. Returns ctypes, which
 * live until lua_close, and Lua numbers.
 */
#include <limits.h>
#include <string.h>

#include "face/face.h"
#include "object/inplace.h"
#include "object/scope.h"

/* ffi.typeof(ct [, "$" arguments ...]) */
static int api_typeof(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct;
    int last = lua_gettop(L);
    if (last > 1 && lua_type(L, 1) == LUA_TSTRING) {
        ct = lffi_parse_ctype(L, scope, 1, 2, last);
    } else {
        ct = lffi_arg_ctype(L, scope, 1);
        if (!scope->luajit)
            lffi_arg_most(L, 1);
    }
    lffi_push_ctype(L, ct);
    return 1;
}

/* ---- size, alignment, offset ----------------------------------------------------------------- */

/* The element type of a variable-length type's open end. */
static struct lffi_ctype *open_element(lua_State *L, struct lffi_ctype *ct)
{
    while (ct->op == LFFI_STRUCT) {
        const struct cdecl_tag *tag = ct->type->tag;
        ct = lffi_ctype_of(L, ct->scope, tag->members[tag->nmembers - 1].type);
    }
    return ct->target;
}

/* Bytes of a variable-length type with `count` elements at its open end. */
static uint64_t variable_size(lua_State *L, struct lffi_ctype *ct, uint64_t count)
{
    uint64_t fixed = ct->op == LFFI_STRUCT ? lffi_sizeof(L, ct) : 0;
    uint64_t bytes;
    if (__builtin_mul_overflow(lffi_sizeof(L, open_element(L, ct)), count, &bytes) ||
        __builtin_add_overflow(bytes, fixed, &bytes) || bytes > INT64_MAX)
        lffi_arg_error(L, 2, "size of C type is too large");
    return bytes;
}

/* Pushes the size of a cdata, of which a variable-length one knows more than its type, or nil. A
 * struct behind a pointer, or in a larger block, is of its type's size: nobody knows where it ends.
 */
static void push_object_size(lua_State *L, const struct lffi_cdata *cd)
{
    uint64_t size;
    if (cd->ct->op == LFFI_STRUCT && !lffi_owns_memory(L, 1)) {
        size = cd->ct->size;
    } else if (cd->ct->op == LFFI_ARRAY) {
        size = lffi_length(L, 1, cd);
        if (size != UINT64_MAX)
            size *= lffi_sizeof(L, cd->ct->target); /* the object exists: no overflow */
    } else {
        size = lffi_extent(L, 1, cd);
        if (size == UINT64_MAX)
            size = cd->ct->size;
    }
    if (size == UINT64_MAX)
        lua_pushnil(L);
    else
        lua_pushinteger(L, (lua_Integer)size);
}

/* Whether a length must be given: T[?], or a struct that ends in one. */
static bool wants_length(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_ARRAY ? ct->type->count == CDECL_COUNT_VLA : ct->type->tag->vla;
}

/* ffi.sizeof(ct [, nelem]): nil when the size is not known; LuaJIT raises for T[?] without a
 * length, and has nil for a negative one. */
static int api_sizeof(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_any_ctype(L, scope, 1);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    bool open = lffi_is_open(ct);
    if (scope->luajit && cd == NULL && open && wants_length(ct) && lua_isnoneornil(L, 2))
        lffi_arg_error(L, 1, "size of '%s' is unknown", lffi_push_type_text(L, ct->type, NULL));
    if (cd != NULL && open)
        push_object_size(L, cd);
    else if (open && scope->luajit && lua_isnumber(L, 2) && lua_tonumber(L, 2) < 0)
        lua_pushnil(L);
    else if (open && !lua_isnoneornil(L, 2))
        lua_pushinteger(L, (lua_Integer)variable_size(L, ct, lffi_arg_size(L, scope, 2)));
    else if (!lffi_is_complete(ct) || ct->op == LFFI_VOID || ct->op == LFFI_FUNCTION ||
             (open && (ct->op == LFFI_ARRAY || ct->type->tag->vla)))
        lua_pushnil(L);
    else
        lua_pushinteger(L, (lua_Integer)ct->size);
    return 1;
}

/* ffi.alignof(ct); in LuaJIT 1 for what has none. */
static int api_alignof(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_any_ctype(L, scope, 1);
    bool known = (lffi_is_complete(ct) || ct->op == LFFI_ARRAY) && ct->op != LFFI_VOID &&
                 ct->op != LFFI_FUNCTION;
    if (!known && scope->luajit) {
        lua_pushinteger(L, 1);
        return 1;
    }
    if (!known)
        lffi_arg_error(L, 1, "alignment of '%s' is unknown",
                       lffi_push_type_text(L, ct->type, NULL));
    lua_pushinteger(L, (lua_Integer)cdecl_alignof(ct->type));
    return 1;
}

/* A bit-field's place as LuaJIT tells it: the offset of the storage unit of its declared type and
 * the first bit in that; where a packed one straddles two units, its first byte and the bit in
 * that. */
static int push_bitfield_place(lua_State *L, const struct lffi_field *field)
{
    uint64_t unit = CHAR_BIT * cdecl_sizeof(field->member->type);
    uint64_t bit = field->offset * CHAR_BIT + field->member->bit;
    if (bit / unit != (bit + field->member->width - 1) / unit)
        unit = CHAR_BIT;
    lua_pushinteger(L, (lua_Integer)(bit / unit * (unit / CHAR_BIT)));
    lua_pushinteger(L, (lua_Integer)(bit % unit));
    lua_pushinteger(L, (lua_Integer)field->member->width);
    return 3;
}

/* ffi.offsetof(ct, member): offset [, bit position, bit size]. LuaJIT gives nothing when there is
 * no such member. */
static int api_offsetof(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_any_ctype(L, scope, 1);
    const struct lffi_field *field;
    lffi_arg_string(L, 2, NULL);
    if (!lffi_is_record(ct->op))
        lffi_arg_error(L, 1, "struct or union expected, got '%s'",
                       lffi_push_type_text(L, ct->type, NULL));
    field = lffi_find_field(L, ct, 2);
    if (field == NULL && scope->luajit)
        return 0;
    if (field == NULL)
        lffi_no_member(L, ct, lua_tostring(L, 2));
    if (field->member->width != CDECL_NOT_BITFIELD)
        return push_bitfield_place(L, field);
    lua_pushinteger(L, (lua_Integer)field->offset);
    return 1;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

/* Integers that their representation alone tells apart. */
static bool is_basic_integer(const struct lffi_ctype *ct)
{
    return lffi_is_integer(ct->op) && ct->op != LFFI_BITINT;
}

/* An enum is not its integer type here, compatible as C calls them; qualifiers of elements do not
 * count, as those of values do not. */
static bool same_type(const struct lffi_ctype *a, const struct lffi_ctype *b)
{
    while (a->op == LFFI_ARRAY && b->op == LFFI_ARRAY && a->type->count == b->type->count) {
        a = a->target;
        b = b->target;
    }
    return (a->op == LFFI_ENUM) == (b->op == LFFI_ENUM) && lffi_same_type(a, b);
}

static bool is_pointer(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_POINTER || ct->op == LFFI_ARRAY;
}

/* LuaJIT takes integers of one size and signedness as one type, and compares the elements of
 * arrays of one size as it compares pointees; two structs without a name are two types. */
static bool luajit_same_type(const struct lffi_ctype *a, const struct lffi_ctype *b)
{
    if (is_basic_integer(a) && is_basic_integer(b))
        return a->op == b->op;
    if (lffi_is_record(a->op))
        return a->base == b->base;
    if (a->op == b->op && is_pointer(a))
        return cdecl_sizeof(a->type) == cdecl_sizeof(b->type) &&
               lffi_luajit_compatible(a->target, b->target);
    return same_type(a, b);
}

static bool is_type(const struct lffi_scope *scope, const struct lffi_ctype *ct,
                    const struct lffi_ctype *other)
{
    if (other->op == LFFI_POINTER && lffi_is_record(ct->op))
        other = other->target;
    if (scope->luajit)
        return luajit_same_type(ct, other);
    if (other->op == LFFI_POINTER && ct->op == LFFI_POINTER)
        return same_type(ct->target, other->target);
    return same_type(ct, other);
}

/* ffi.istype(ct, value): qualifiers do not count; a struct type accepts a pointer to it. */
static int api_istype(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_ctype *ct = lffi_arg_ctype(L, scope, 1);
    const struct lffi_ctype *other = NULL;
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 2);
    lffi_arg_value(L, 2);
    if (cd != NULL)
        other = cd->ct;
    else
        other = lffi_to_ctype(L, scope->st, 2);
    if (other == NULL && lffi_to_function(L, 2) != NULL)
        other = lffi_to_function(L, 2)->ct;
    lua_pushboolean(L, other != NULL && is_type(scope, ct, other));
    return 1;
}

/* ffi.type(value): Lua's type, but "cdata" and "ctype" for ours. LuaJIT calls both cdata, and so
 * its functions of C. */
static int api_type(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    lffi_arg_value(L, 1);
    if (lffi_to_cdata(L, scope->st, 1) != NULL)
        lua_pushliteral(L, "cdata");
    else if (lffi_to_ctype(L, scope->st, 1) != NULL)
        lua_pushstring(L, scope->luajit ? "cdata" : "ctype");
    else if (scope->luajit && lffi_to_function(L, 1) != NULL)
        lua_pushliteral(L, "cdata");
    else
        lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

/* ---- metatypes ------------------------------------------------------------------------------- */

/* The type that holds the metatype: the struct or union itself, also when a pointer to it is given
 * (libraries typedef pointers to structs they never show). */
static struct lffi_ctype *metatype_holder(lua_State *L, struct lffi_ctype *ct)
{
    struct lffi_ctype *base = ct->op == LFFI_POINTER ? ct->target->base : ct->base;
    if (lffi_is_record(base->op))
        return base;
    if (ct->op == LFFI_ENUM || ct->op == LFFI_COMPLEX || ct->op == LFFI_VECTOR)
        return base;
    lffi_arg_error(L, 1, "'%s' cannot have a metatype: struct, union or enum expected",
                   lffi_push_type_text(L, ct->type, NULL));
}

/* ffi.metatype(ct, metatable): returns the ctype. */
static int api_metatype(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_ctype(L, scope, 1);
    struct lffi_ctype *holder = metatype_holder(L, ct);
    if (!lua_istable(L, 2))
        lffi_expected(L, 2, "table");
    if (scope->luajit && holder->ref_metatype != LUA_NOREF)
        luaL_error(L, "cannot change a protected metatable");
    lua_getfield(L, 2, "__gc");
    holder->has_gc = !lua_isnil(L, -1);
    lua_pushvalue(L, 2);
    if (holder->ref_metatype == LUA_NOREF)
        holder->ref_metatype = lffi_ref(L, holder->scope);
    else
        lffi_set_ref(L, holder->scope, holder->ref_metatype);
    lffi_push_ctype(L, ct);
    return 1;
}

/* ffi.ipairs(value) of LuaJIT's scopes, for install() to put in the place of Lua's, which knows no
 * "__ipairs" and would run through an array without bounds. */
static int api_ipairs(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    if (cd == NULL)
        lffi_expected(L, 1, "cdata");
    if (!lffi_push_metamethod(L, cd->ct, "__ipairs"))
        luaL_error(L, "'%s' has no '__ipairs' metamethod", lffi_type_text(L, cd->ct));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
}

/* ---- the same in place ----------------------------------------------------------------------- */

/* Whose type every object of it has the size of. */
static bool has_own_size(const struct lffi_ctype *ct)
{
    return ct->complete && ct->op != LFFI_VOID && ct->op != LFFI_FUNCTION && !lffi_is_open(ct);
}

static int quick_typeof(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_scope *scope = lffi_scope_in_place(arg);
    struct lffi_ctype *ct;
    const struct lffi_cdata *cd;
    if (lffi_count_arguments(L, arg) != 1)
        return lffi_call_general(L);
    ct = lffi_type_in_place(scope, arg);
    cd = ct == NULL ? lffi_cdata_in_place(scope->st, arg) : NULL;
    if (ct == NULL && cd == NULL)
        return lffi_call_general(L);
    lffi_push_ctype(L, ct != NULL ? ct : cd->ct);
    return 1;
}

static int quick_sizeof(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_scope *scope = lffi_scope_in_place(arg);
    const struct lffi_ctype *ct;
    const struct lffi_cdata *cd;
    uint64_t length;
    if (lffi_count_arguments(L, arg) != 1)
        return lffi_call_general(L);
    ct = lffi_type_in_place(scope, arg);
    cd = ct == NULL ? lffi_cdata_in_place(scope->st, arg) : NULL;
    if (cd != NULL)
        ct = cd->ct;
    if (ct != NULL && has_own_size(ct)) {
        lua_pushinteger(L, (lua_Integer)ct->size);
        return 1;
    }
    if (cd == NULL || ct->op != LFFI_ARRAY || !ct->target->complete ||
        (length = lffi_length(L, 1, cd)) == UINT64_MAX)
        return lffi_call_general(L);
    lua_pushinteger(L, (lua_Integer)(length * ct->target->size));
    return 1;
}

static int quick_istype(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_scope *scope = lffi_scope_in_place(arg);
    const struct lffi_ctype *ct;
    const struct lffi_cdata *cd;
    if (lffi_count_arguments(L, arg) != 2)
        return lffi_call_general(L);
    ct = lffi_type_in_place(scope, &arg[0]);
    cd = lffi_cdata_in_place(scope->st, &arg[1]);
    if (ct == NULL || cd == NULL)
        return lffi_call_general(L);
    lua_pushboolean(L, is_type(scope, ct, cd->ct));
    return 1;
}

static int quick_offsetof(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_ctype *ct = NULL;
    const struct lffi_field *field = NULL;
    if (lffi_count_arguments(L, arg) == 2)
        ct = lffi_type_in_place(lffi_scope_in_place(arg), &arg[0]);
    if (ct != NULL && lffi_is_record(ct->op) && ct->base->fields != NULL &&
        lffi_kind_in_place(&arg[1]) == LFFI_IS_NAME)
        field = lffi_interned_field(ct->base->fields, lffi_text_in_place(&arg[1]));
    if (field == NULL || field->is_bits)
        return lffi_call_general(L);
    lua_pushinteger(L, (lua_Integer)field->offset);
    return 1;
}

void lffi_api_types(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"typeof", api_typeof, LFFI_ANY}, {"sizeof", api_sizeof, 2},
        {"alignof", api_alignof, 1},      {"offsetof", api_offsetof, 2},
        {"istype", api_istype, 2},        {"type", api_type, 1},
        {"metatype", api_metatype, 2},    {NULL, NULL, 0}};
    static const struct lffi_quick quick[] = {{"typeof", quick_typeof},
                                              {"sizeof", quick_sizeof},
                                              {"istype", quick_istype},
                                              {"offsetof", quick_offsetof},
                                              {NULL, NULL}};
    static const struct lffi_public luajit_functions[] = {{"ipairs", api_ipairs, 1},
                                                          {NULL, NULL, 0}};
    lffi_api_add_quick(L, scope, functions, quick);
    if (scope->luajit)
        lffi_api_add(L, scope, luajit_functions);
}
