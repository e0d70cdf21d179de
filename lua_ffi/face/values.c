/* The API's functions on values: new, cast, gc, addressof, byvalue, toretval, tonumber, math_type,
 * isnull, eq, totable, nullptr.
 *
 * Depends on construct.c and convert.c, which do the work; here arguments are checked. Objects made
 * here belong to Lua.
 */
#include <string.h>

#include "face/face.h"
#include "object/keep.h"
#include "value/fast.h"
#include "value/part.h"

/* ffi.new(ct [, nelem] [, initialisers ...]) */
static int api_new(lua_State *L)
{
    struct lffi_ctype *ct = lffi_arg_any_ctype(L, lffi_scope_upvalue(L), 1);
    lffi_construct(L, ct, 2, lua_gettop(L), false);
    return 1;
}

/* LuaJIT returns the very object when its type is the one asked for and one that casts may have. */
static bool is_same_object(lua_State *L, struct lffi_scope *scope, const struct lffi_ctype *ct)
{
    const struct lffi_cdata *cd = scope->luajit ? lffi_to_cdata(L, scope->st, 2) : NULL;
    return cd != NULL && cd->ct == ct && (lffi_is_number(ct->op) || ct->op == LFFI_POINTER);
}

/* ffi.cast(ct, value) */
static int api_cast(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_any_ctype(L, scope, 1);
    lffi_arg_value(L, 2);
    lua_settop(L, 2);
    if (!is_same_object(L, scope, ct))
        lffi_cast(L, ct, 2);
    return 1;
}

/* ---- lifetime and addresses ------------------------------------------------------------------ */

/* ffi.gc(cdata, finaliser or nil): returns the cdata. nil, a NULL result, needs no finaliser. */
static int api_gc(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd;
    int type = lua_type(L, 2);
    if (lua_isnil(L, 1)) {
        lua_settop(L, 1);
        return 1;
    }
    cd = lffi_arg_cdata(L, scope, 1);
    if (!lffi_has_address(cd->ct->op))
        lffi_expected(L, 1, "pointer, array, struct or union");
    if (type == LUA_TNONE)
        lffi_expected(L, 2, "function or nil");
    if (type != LUA_TNIL && type != LUA_TFUNCTION && lffi_to_cdata(L, scope->st, 2) == NULL &&
        luaL_getmetafield(L, 2, "__call") == LUA_TNIL)
        lffi_expected(L, 2, "function or nil");
    lffi_set_finalizer(L, scope->st, 1, 2);
    lua_settop(L, 1);
    return 1;
}

/* The address of a pointer to a callback that was freed would show C its place. */
static void check_callback(lua_State *L, const struct lffi_cdata *cd)
{
    const void *code = cd->addr;
    const char *freed;
    if (cd->ct->op == LFFI_POINTER)
        memcpy(&code, cd->addr, sizeof code);
    freed = lffi_push_freed_callback(L, cd->ct->scope->st, 1, code);
    if (freed != NULL)
        lffi_arg_error(L, 1, "%s", freed);
}

/* ffi.addressof(cdata [, member or index]) or ffi.addressof(library, name): a pointer to it. */
static int api_addressof(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_cdata *cd;
    const struct lffi_function *fn;
    if (lffi_is_namespace(L, 1)) {
        lffi_push_symbol_address(L, scope, 1, 2);
        return 1;
    }
    fn = lffi_to_function(L, 1);
    if (fn != NULL) {
        const void *address;
        memcpy(&address, &fn->address, sizeof address);
        lffi_push_pointer(L, lffi_pointer_to(L, fn->ct), address, 0);
        return 1;
    }
    cd = lffi_arg_cdata(L, scope, 1);
    check_callback(L, cd);
    if (!lua_isnoneornil(L, 2)) {
        lffi_push_part_address(L, cd);
        return 1;
    }
    lffi_push_anchored_pointer(L, lffi_pointer_to(L, cd->ct), cd->addr, 1);
    return 1;
}

/* ffi.byvalue(struct or union): what passes it by value for "...", where it passes its address. */
static int api_byvalue(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    if (cd == NULL || !lffi_is_record(cd->ct->op))
        lffi_expected(L, 1, "struct or union");
    lffi_push_by_value(L, 1);
    return 1;
}

/* ---- to Lua values --------------------------------------------------------------------------- */

/* ffi.toretval(cdata): the Lua value it would be as the result of a C function. */
static int api_toretval(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_arg_cdata(L, scope, 1);
    const void *value = NULL;
    if (cd->ct->op == LFFI_POINTER)
        memcpy(&value, cd->addr, sizeof value);
    if (value != NULL)
        lffi_push_pointer(L, cd->ct->base, value, 1); /* keeps what the argument keeps */
    else
        lffi_load(L, cd->ct, cd->addr, 1);
    return 1;
}

/* Pushes the nearest Lua float of a boxed integer of any size. */
static void push_integer_float(lua_State *L, const struct lffi_cdata *cd)
{
    struct lffi_integer value = lffi_integer_of_memory(cd->ct, cd->addr);
    if (value.negative)
        lua_pushnumber(L, (lua_Number)(lffi_signed_wide)value.bits);
    else
        lua_pushnumber(L, (lua_Number)value.bits);
}

/* Pushes the number that a complex one is: none when it has an imaginary part, which LuaJIT drops.
 */
static void push_real_part(lua_State *L, const struct lffi_cdata *cd)
{
    lffi_real re;
    lffi_real im;
    lffi_load_complex(lffi_part_op(cd->ct), cd->addr, &re, &im);
    if (im == 0 || cd->ct->scope->luajit)
        lua_pushnumber(L, (lua_Number)re);
    else
        luaL_pushfail(L);
}

/* Pushes the number that a cdata is, or nil: integers that fit as integers, the rest as floats. */
static void push_number(lua_State *L, const struct lffi_cdata *cd)
{
    /* clang-format off */
    switch ((enum lffi_op)cd->ct->op) {
    case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16: case LFFI_I32: case LFFI_U32:
    case LFFI_I64: case LFFI_U64: case LFFI_I128: case LFFI_U128: case LFFI_BITINT: case LFFI_ENUM:
        lffi_load(L, cd->ct, cd->addr, 0);
        if (!lua_isinteger(L, -1))
            push_integer_float(L, cd);
        break;
    case LFFI_BOOL:
        lua_pushinteger(L, *(const unsigned char *)cd->addr != 0);
        break;
    case LFFI_FLOAT16: case LFFI_FLOAT: case LFFI_DOUBLE: case LFFI_LDOUBLE: case LFFI_FLOAT128:
        lua_pushnumber(L, (lua_Number)lffi_load_float(cd->ct->op, cd->addr));
        break;
    case LFFI_COMPLEX:
        push_real_part(L, cd);
        break;
    case LFFI_VOID: case LFFI_POINTER: case LFFI_ARRAY: case LFFI_VECTOR:
    case LFFI_FUNCTION: case LFFI_STRUCT: case LFFI_UNION:
        luaL_pushfail(L);
        break;
    }
    /* clang-format on */
}

/* Text in a base from 2 to 36 as Lua's tonumber reads it: blanks around, a sign, wraps. */
static bool text_in_base(const char *text, size_t size, unsigned base, lua_Unsigned *out)
{
    const char *end = text + size;
    const char *digits;
    bool negative = false;
    text += strspn(text, " \f\n\r\t\v");
    if (*text == '-' || *text == '+')
        negative = *text++ == '-';
    *out = 0;
    for (digits = text; lffi_digit(*text) < base; text++)
        *out = *out * base + lffi_digit(*text);
    if (text == digits)
        return false;
    text += strspn(text, " \f\n\r\t\v");
    if (negative)
        *out = 0u - *out;
    return text == end;
}

static void push_text_number(lua_State *L, struct lffi_scope *scope)
{
    size_t size;
    const char *text;
    lua_Unsigned value;
    uint64_t base;
    if (lua_isnoneornil(L, 2)) {
        text = lua_tolstring(L, 1, &size);
        if (lua_stringtonumber(L, text) != size + 1)
            luaL_pushfail(L);
        return;
    }
    text = lffi_arg_string(L, 1, &size);
    base = lffi_arg_size(L, scope, 2);
    if (base < 2 || base > 36)
        lffi_arg_error(L, 2, "base out of range");
    if (text_in_base(text, size, (unsigned)base, &value))
        lua_pushinteger(L, (lua_Integer)value);
    else
        luaL_pushfail(L);
}

/* Pushes the number that a big integer (S2) at index 1 is, or the nearest float; nil when it is
 * none. */
static void push_big_number(lua_State *L, struct lffi_scope *scope)
{
    struct lffi_integer value;
    struct lffi_magnitude m;
    bool fraction;
    double number;
    if (!lffi_to_integer(L, scope->st, 1, &value, &fraction)) {
        luaL_pushfail(L);
        return;
    }
    if (value.beyond) {
        const char *text = lffi_push_integer_source(L, scope->st, 1);
        m = lffi_magnitude_of_text(text, strlen(text));
    } else if ((lffi_signed_wide)value.bits == (int64_t)value.bits &&
               value.negative == ((int64_t)value.bits < 0)) {
        lua_pushinteger(L, (lua_Integer)value.bits);
        return;
    } else {
        m = lffi_magnitude_of_integer(&value);
    }
    lffi_store_magnitude(LFFI_DOUBLE, &number, &m);
    lua_pushnumber(L, number);
}

/* ffi.tonumber(value [, base]): Lua's tonumber, numeric cdata and big integers. It does not call
 * Lua's: programs may have put this one in its place. */
static int api_tonumber(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    lffi_arg_value(L, 1);
    if (cd != NULL && (lffi_is_number(cd->ct->op) || cd->ct->op == LFFI_COMPLEX))
        push_number(L, cd);
    else if (lua_type(L, 1) == LUA_TSTRING || !lua_isnoneornil(L, 2))
        push_text_number(L, scope);
    else if (lua_type(L, 1) == LUA_TNUMBER)
        lua_pushvalue(L, 1);
    else
        push_big_number(L, scope);
    return 1;
}

/* ffi.math_type(value): math.type for numeric cdata too: "integer", "float", or nil for what is no
 * number. */
static int api_math_type(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    uint8_t op = cd != NULL ? cd->ct->op : LFFI_VOID;
    lffi_arg_value(L, 1);
    if (lffi_is_integral(op) || lua_isinteger(L, 1))
        lua_pushliteral(L, "integer");
    else if (lffi_is_float(op) || lua_type(L, 1) == LUA_TNUMBER)
        lua_pushliteral(L, "float");
    else
        luaL_pushfail(L);
    return 1;
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* ffi.isnull(value): nil and NULL pointers. */
static int api_isnull(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    const void *pointer = cd;
    lffi_arg_value(L, 1);
    if (cd != NULL && cd->ct->op == LFFI_POINTER)
        memcpy(&pointer, cd->addr, sizeof pointer);
    else if (cd == NULL)
        pointer = lua_islightuserdata(L, 1) ? lua_touserdata(L, 1) : scope;
    lua_pushboolean(L, lua_isnil(L, 1) || pointer == NULL);
    return 1;
}

/* ffi.eq(a, b): C's ==, also between cdata and Lua values. */
static int api_eq(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    lffi_arg_value(L, 1);
    lffi_arg_value(L, 2);
    lua_pushboolean(L, lffi_equal(L, scope->st, 1, 2));
    return 1;
}

/* ---- totable --------------------------------------------------------------------------------- */

static void push_plain(lua_State *L, struct lffi_ctype *ct, const char *addr);

static void push_list(lua_State *L, struct lffi_ctype *element, const char *addr, uint64_t count)
{
    uint64_t size = lffi_sizeof(L, element);
    lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
    for (uint64_t i = 0; i < count; i++) {
        if (!lffi_fast_load(L, element->op, addr + i * size))
            push_plain(L, element, addr + i * size);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* The named members, those of anonymous members included; an open-ended last one is left out. */
static void push_members(lua_State *L, struct lffi_ctype *ct, const char *addr)
{
    const struct lffi_fields *fields = lffi_fields_of(L, ct);
    lua_newtable(L);
    for (uint32_t i = 0; i <= fields->mask; i++) {
        const struct lffi_field *f = &fields->slot[i];
        if (f->key == NULL || lffi_is_open_array(f->ct))
            continue;
        lua_pushstring(L, f->key);
        if (f->member->width != CDECL_NOT_BITFIELD)
            lffi_load_bits(L, f, addr);
        else
            push_plain(L, f->ct, addr + f->offset);
        lua_rawset(L, -3);
    }
}

/* Pushes a value in the memory of the cdata at index 1, with nested aggregates as tables; the depth
 * is bounded by the type's. */
static void push_plain(lua_State *L, struct lffi_ctype *ct, const char *addr)
{
    luaL_checkstack(L, 12, "type nested too deeply");
    if (lffi_is_record(ct->op))
        push_members(L, ct, addr);
    else if (ct->op == LFFI_ARRAY || ct->op == LFFI_VECTOR)
        push_list(L, ct->target, addr, ct->type->count);
    else
        lffi_load(L, ct, addr, 1);
}

/* The number of elements known to be there; UINT64_MAX when that is not known. */
static uint64_t known_count(lua_State *L, struct lffi_scope *scope, const struct lffi_cdata *cd)
{
    uint64_t size;
    uint64_t extent;
    if (cd->ct->op == LFFI_ARRAY)
        return lffi_length(L, 1, cd);
    if (cd->ct->op == LFFI_VECTOR)
        return cd->ct->type->count;
    size = lffi_sizeof(L, cd->ct->target);
    extent = scope->bounds ? lffi_extent(L, 1, cd) : UINT64_MAX;
    return extent == UINT64_MAX || size == 0 ? UINT64_MAX : extent / size;
}

/* The number of elements to convert: as asked, but no more than are known to be there. A pointer
 * does not say how many it points to, even where its memory is known. */
static uint64_t list_count(lua_State *L, struct lffi_scope *scope, const struct lffi_cdata *cd)
{
    uint64_t known = known_count(L, scope, cd);
    uint64_t count;
    if (lua_isnoneornil(L, 2)) {
        if (known == UINT64_MAX || cd->ct->op == LFFI_POINTER)
            lffi_arg_error(L, 2, "number of elements of '%s' is unknown",
                           lffi_push_type_text(L, cd->ct->type, NULL));
        return known;
    }
    count = lffi_arg_size(L, scope, 2);
    if (count > known)
        lffi_arg_error(L, 2, "%I elements asked of '%s', which has %I", (LUAI_UACINT)count,
                       lffi_push_type_text(L, cd->ct->type, NULL), (LUAI_UACINT)known);
    return count;
}

/* The struct that a cdata is or points to, or NULL. `*addr` is where it, or the pointee, lies. */
static struct lffi_ctype *struct_of(lua_State *L, const struct lffi_cdata *cd, const char **addr)
{
    struct lffi_ctype *ct = cd->ct;
    *addr = cd->addr;
    if (ct->op == LFFI_POINTER) {
        memcpy(addr, cd->addr, sizeof *addr);
        ct = ct->target;
        if (*addr == NULL)
            lffi_arg_error(L, 1, "null pointer");
    }
    return lffi_is_record(ct->op) ? ct : NULL;
}

/* ffi.totable(cdata [, n]): a struct as a table by member names, an array or n elements behind a
 * pointer as a list; what is nested likewise. */
static int api_totable(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_arg_cdata(L, scope, 1);
    const char *addr;
    struct lffi_ctype *ct = struct_of(L, cd, &addr);
    if (ct != NULL && (cd->ct->op != LFFI_POINTER || lua_isnoneornil(L, 2)))
        push_members(L, ct, addr);
    else if (cd->ct->op == LFFI_ARRAY || cd->ct->op == LFFI_VECTOR || cd->ct->op == LFFI_POINTER)
        push_list(L, cd->ct->target, addr, list_count(L, scope, cd));
    else
        lffi_expected(L, 1, "struct, union, array or pointer");
    return 1;
}

/* ---- the same in place ----------------------------------------------------------------------- */

static int quick_new(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    ptrdiff_t n = lffi_count_arguments(L, arg) - 1;
    struct lffi_ctype *ct = n >= 0 ? lffi_type_in_place(lffi_scope_in_place(arg), arg) : NULL;
    return ct != NULL && lffi_quick_new(L, ct, n) ? 1 : lffi_call_general(L);
}

/* What a Lua integer, or the address of a pointer, array or struct (which becomes no integer), is
 * cast to `ct` as; false: it is something else, or code. LuaJIT's cast to the very type is no new
 * object. */
static bool quick_word(const struct lffi_scope *scope, const struct lffi_ctype *ct,
                       const struct lffi_value *value, uint64_t *word)
{
    const struct lffi_cdata *cd;
    if (lffi_kind_in_place(value) == LFFI_IS_INTEGER) {
        *word = (uint64_t)lffi_integer_in_place(value);
        return true;
    }
    cd = lffi_cdata_in_place(scope->st, value);
    if (cd == NULL || (scope->luajit && cd->ct == ct))
        return false;
    *word = (uintptr_t)cd->addr;
    if (cd->ct->op == LFFI_POINTER) {
        *word = (uintptr_t)lffi_pointer_value(cd);
        return cd->ct->target->op != LFFI_FUNCTION;
    }
    return cd->ct->op == LFFI_ARRAY || (ct->op == LFFI_POINTER && lffi_is_record(cd->ct->op));
}

/* To an integer type or a pointer to objects. */
static int quick_cast(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_scope *scope = lffi_scope_in_place(arg);
    struct lffi_ctype *ct = NULL;
    uint64_t word;
    if (lffi_count_arguments(L, arg) == 2 && !scope->st->locked)
        ct = lffi_type_in_place(scope, &arg[0]);
    if (ct == NULL || !quick_word(scope, ct, &arg[1], &word))
        return lffi_call_general(L);
    if (lffi_is_word(ct->op))
        lffi_fast_word(ct->size, word, lffi_new(L, ct, ct->size)->addr);
    else if (ct->op == LFFI_POINTER && ct->target->op != LFFI_FUNCTION)
        lffi_push_pointer(L, ct, (const void *)(uintptr_t)word, 2);
    else
        return lffi_call_general(L);
    return 1;
}

/* The cdata that is the first of so many arguments, NULL when it or their number is another. */
static const struct lffi_cdata *cdata_first(lua_State *L, const struct lffi_value *arg,
                                            ptrdiff_t count)
{
    return lffi_count_arguments(L, arg) == count
               ? lffi_cdata_in_place(lffi_state_in_place(arg), arg)
               : NULL;
}

/* Of an object that is no pointer: that one may be a callback's. */
static int quick_addressof(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_cdata *cd = cdata_first(L, arg, 1);
    if (cd == NULL || cd->ct->op == LFFI_POINTER || cd->ct->op == LFFI_FUNCTION)
        return lffi_call_general(L);
    lffi_push_anchored_pointer(L, lffi_pointer_to(L, cd->ct), cd->addr, 1);
    return 1;
}

/* A finaliser that is a function, of an object that is no scalar or pointer. */
static int quick_gc(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_cdata *cd = cdata_first(L, arg, 2);
    if (cd == NULL || !lffi_is_aggregate(cd->ct->op) || lua_type(L, 2) != LUA_TFUNCTION)
        return lffi_call_general(L);
    lffi_quick_finalizer(L, cd->ct->scope->st);
    return 1;
}

static int quick_tonumber(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_cdata *cd = cdata_first(L, arg, 1);
    if (cd == NULL || cd->ct->op == LFFI_BOOL || !lffi_fast_load(L, cd->ct->op, cd->addr))
        return lffi_call_general(L);
    return 1;
}

void lffi_api_values(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"new", api_new, LFFI_ANY},
                                                   {"cast", api_cast, 2},
                                                   {"gc", api_gc, 2},
                                                   {"addressof", api_addressof, 2},
                                                   {"byvalue", api_byvalue, 1},
                                                   {"toretval", api_toretval, 1},
                                                   {"tonumber", api_tonumber, 2},
                                                   {"math_type", api_math_type, 1},
                                                   {"isnull", api_isnull, 1},
                                                   {"eq", api_eq, 2},
                                                   {"totable", api_totable, 2},
                                                   {NULL, NULL, 0}};
    static const struct lffi_quick quick[] = {{"new", quick_new},
                                              {"cast", quick_cast},
                                              {"gc", quick_gc},
                                              {"addressof", quick_addressof},
                                              {"tonumber", quick_tonumber},
                                              {NULL, NULL}};
    lffi_api_add_quick(L, scope, functions, quick);
    if (scope->luajit) { /* whose programs want a cdata; elsewhere NULL is nil (S5) */
        struct lffi_ctype *void_type = lffi_basic(L, scope, CDECL_PRIM_VOID);
        lffi_push_pointer(L, lffi_pointer_to(L, void_type), NULL, 0);
        lua_setfield(L, -2, "nullptr");
    }
}
