/* Lua values <-> C bytes: the one inverse pair, lffi_store and lffi_load (docs/design.md S1-S8).
 *
 * Depends on integer.c, floats.c, pointer.c, truth.c and cdata.c; aggregates go through
 * initialise.c, refusals through refuse.c. The cases of both switches stand in the order of enum
 * lffi_op. Memory is read and written by memcpy only, so any alignment works. Every failure raises
 * before a byte of the destination has changed.
 */
#include <string.h>

#include "object/keep.h"
#include "value/fast.h"
#include "value/refuse.h"

/* ---- integers -------------------------------------------------------------------------------- */

static enum lffi_policy policy_of(const struct lffi_where *where)
{
    return where->cast ? LFFI_WRAP : where->policy;
}

/* LuaJIT's value for a float that no int64_t holds, where the hardware gives INT64_MIN. */
static bool luajit_integer(lua_State *L, const struct lffi_ctype *ct, int idx,
                           struct lffi_integer *out)
{
    double value;
    if (!ct->scope->luajit || lua_type(L, idx) != LUA_TNUMBER || lua_isinteger(L, idx))
        return false;
    value = lua_tonumber(L, idx);
    if (value >= -9223372036854775808.0 && value < 18446744073709551616.0)
        return false;
    *out = lffi_integer_of_int64(INT64_MIN);
    return true;
}

/* Numeric text and booleans count as integers where a value is reduced (S1, S2); to LuaJIT no text
 * is a number. */
static bool reducible(lua_State *L, struct lffi_ctype *ct, int idx, const struct lffi_where *where,
                      struct lffi_integer *out)
{
    size_t size;
    const char *text;
    bool truth;
    if (policy_of(where) == LFFI_WRAP && lffi_to_boolean(L, ct->scope->st, idx, &truth)) {
        *out = lffi_integer_of_int64(truth);
        return true;
    }
    if (lua_type(L, idx) != LUA_TSTRING || !where->cast || ct->scope->luajit)
        return false;
    text = lua_tolstring(L, idx, &size);
    return lffi_text_to_integer(text, size, out);
}

/* The real part of the complex number at idx; false when there is none. C drops the imaginary part,
 * which the policies that lose nothing refuse. */
static bool real_part(lua_State *L, const struct lffi_ctype *ct, int idx,
                      const struct lffi_where *where, lffi_real *re)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    lffi_real im;
    if (cd == NULL || cd->ct->op != LFFI_COMPLEX)
        return false;
    lffi_load_complex(lffi_part_op(cd->ct), cd->addr, re, &im);
    if (im != 0 && policy_of(where) <= LFFI_STRICT)
        lffi_convert_error(
            L, where, "'%s' has no room for the imaginary part of '%s': pass its .re",
            lffi_push_type_text(L, ct->type, NULL), lffi_push_type_text(L, cd->ct->type, NULL));
    return true;
}

static bool complex_integer(lua_State *L, const struct lffi_ctype *ct, int idx,
                            const struct lffi_where *where, struct lffi_integer *out,
                            bool *fraction)
{
    lffi_real re;
    if (!real_part(L, ct, idx, where, &re) || !lffi_is_finite(re))
        return false;
    *out = lffi_integer_of_real(re);
    *fraction = lffi_truncate(re) != re;
    return true;
}

static struct lffi_integer check_integer(lua_State *L, struct lffi_ctype *ct, int idx,
                                         const struct lffi_where *where)
{
    struct lffi_integer value;
    bool fraction = false;
    if (luajit_integer(L, ct, idx, &value))
        return value;
    if (!complex_integer(L, ct, idx, where, &value, &fraction) &&
        !lffi_to_integer(L, ct->scope->st, idx, &value, &fraction) &&
        !reducible(L, ct, idx, where, &value))
        lffi_no_integer(L, ct, idx, where);
    if (fraction && policy_of(where) != LFFI_WRAP && policy_of(where) != LFFI_SATURATE)
        lffi_convert_error(L, where, "%s is not an integer, as '%s' needs",
                           lffi_push_number_text(L, ct->scope->st, &value, idx),
                           lffi_push_type_text(L, ct->type, NULL));
    return value;
}

/* The integer at idx reduced to `bits` bits of type ct. */
lffi_wide lffi_reduced_integer(lua_State *L, struct lffi_ctype *ct, unsigned bits, bool is_signed,
                               int idx, const struct lffi_where *where)
{
    struct lffi_integer value = check_integer(L, ct, idx, where);
    lffi_wide out;
    if (!lffi_integer_reduce(&value, bits, is_signed, policy_of(where), &out))
        lffi_misfit(L, ct, bits, &value, idx, where);
    return lffi_integer_of_bits(out, bits, is_signed).bits;
}

/* Whether the range is a signed one: C leaves it open for plain char, so "fit" takes both (S1). */
static bool has_sign(const struct cdecl_type *type, const struct lffi_where *where)
{
    bool is_open = type->prim == CDECL_PRIM_CHAR && type->kind == CDECL_INT;
    return type->is_signed != 0 && !(is_open && policy_of(where) == LFFI_FIT);
}

static void store_integer(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                          const struct lffi_where *where)
{
    const struct cdecl_type *type = ct->type;
    lffi_wide bits = lffi_reduced_integer(L, ct, type->bits, has_sign(type, where), idx, where);
    lffi_integer_to_memory(ct, dst, bits);
}

static _Noreturn void no_enumerator(lua_State *L, const struct lffi_ctype *ct, const char *name,
                                    const struct lffi_where *where)
{
    const char *type = lffi_push_type_text(L, ct->type->unqual, NULL);
    const char *near = lffi_nearest_constant(ct, name);
    if (near != NULL)
        lffi_convert_error(L, where, "'%s' has no enumerator '%s' (did you mean '%s'?)", type, name,
                           near);
    lffi_convert_error(L, where, "'%s' has no enumerator '%s'", type, name);
}

/* An enumerator by name; raises for names the enum does not have. */
static uint64_t enumerator(lua_State *L, struct lffi_ctype *ct, int idx,
                           const struct lffi_where *where)
{
    const struct lffi_field *name;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    name = lffi_find_field(L, ct, idx); /* makes the table that direct.c looks into */
    if (name == NULL)
        no_enumerator(L, ct, lua_tostring(L, idx), where);
    return name->offset;
}

/* Bits of the enum value at idx, reduced to `bits`. */
lffi_wide lffi_reduced_enum(lua_State *L, struct lffi_ctype *ct, unsigned bits, int idx,
                            const struct lffi_where *where)
{
    const struct cdecl_type *integer = ct->target->type;
    bool is_signed = integer->is_signed != 0;
    if (lua_type(L, idx) == LUA_TSTRING)
        return enumerator(L, ct, idx, where);
    if (bits == integer->bits)
        is_signed = has_sign(integer, where);
    return lffi_reduced_integer(L, ct, bits, is_signed, idx, where);
}

static void store_enum(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                       const struct lffi_where *where)
{
    lffi_integer_to_memory(ct, dst, lffi_reduced_enum(L, ct, ct->target->type->bits, idx, where));
}

void lffi_push_integer(lua_State *L, struct lffi_ctype *ct, const struct lffi_integer *value)
{
    struct lffi_cdata *cd;
    if (!value->beyond && (lffi_signed_wide)value->bits >= INT64_MIN &&
        (lffi_signed_wide)value->bits <= INT64_MAX &&
        value->negative == ((lffi_signed_wide)value->bits < 0)) {
        lua_pushinteger(L, (lua_Integer)value->bits);
        return;
    }
    cd = lffi_new(L, ct->base, ct->op == LFFI_ENUM ? ct->target->size : ct->size);
    lffi_integer_to_memory(ct, cd->addr, value->bits);
}

/* ---- floats ---------------------------------------------------------------------------------- */

static bool float_cdata(lua_State *L, struct lffi_state *st, int idx, lffi_real *out)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    if (cd == NULL || !lffi_is_float(cd->ct->op))
        return false;
    *out = lffi_load_float(cd->ct->op, cd->addr);
    return true;
}

/* An integer as a float: rounded where the policy rounds, otherwise refused unless exact. */
static void store_integral(lua_State *L, struct lffi_ctype *ct, void *dst,
                           const struct lffi_integer *value, int idx,
                           const struct lffi_where *where)
{
    struct lffi_magnitude m;
    if (value->beyond) {
        const char *text = lffi_push_integer_source(L, ct->scope->st, idx);
        m = lffi_magnitude_of_text(text, strlen(text));
        lua_pop(L, 1);
    } else {
        m = lffi_magnitude_of_integer(value);
    }
    if (policy_of(where) < LFFI_WRAP && !lffi_magnitude_is_exact(ct->op, &m))
        lffi_convert_error(L, where, "%s has no exact '%s' value",
                           lffi_push_number_text(L, ct->scope->st, value, idx),
                           lffi_push_type_text(L, ct->type, NULL));
    lffi_store_magnitude(ct->op, dst, &m);
}

/* Rounds as C does; raises when a finite number would become infinite and the policy says so. */
static void store_real(lua_State *L, struct lffi_ctype *ct, void *dst, lffi_real value, int idx,
                       const struct lffi_where *where)
{
    char bytes[16];
    lffi_store_float(ct->op, bytes, value);
    if (policy_of(where) <= LFFI_STRICT && lffi_is_finite(value) &&
        !lffi_is_finite(lffi_load_float(ct->op, bytes)))
        lffi_convert_error(L, where, "%s is out of range for '%s'",
                           lffi_push_number_text(L, ct->scope->st, NULL, idx),
                           lffi_push_type_text(L, ct->type, NULL));
    memcpy(dst, bytes, (size_t)ct->size);
}

static void store_float(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                        const struct lffi_where *where)
{
    struct lffi_integer integer;
    lffi_real value;
    bool fraction;
    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) == LUA_TNUMBER && !lua_isinteger(L, idx))
        store_real(L, ct, dst, lua_tonumber(L, idx), idx, where);
    else if (float_cdata(L, ct->scope->st, idx, &value) || real_part(L, ct, idx, where, &value))
        store_real(L, ct, dst, value, idx, where);
    else if (lffi_to_integer(L, ct->scope->st, idx, &integer, &fraction) ||
             reducible(L, ct, idx, where, &integer))
        store_integral(L, ct, dst, &integer, idx, where);
    else
        lffi_mismatch(L, ct, idx, where);
}

static void load_wide_float(lua_State *L, struct lffi_ctype *ct, const void *src)
{
    lffi_real value = lffi_load_float(ct->op, src);
    struct lffi_cdata *cd;
    if (value != value || (lffi_real)(double)value == value) {
        lua_pushnumber(L, (double)value);
        return;
    }
    cd = lffi_new(L, ct->base, ct->size);
    memcpy(cd->addr, src, (size_t)ct->size);
}

/* ---- complex --------------------------------------------------------------------------------- */

struct lffi_ctype *lffi_complex_part(lua_State *L, const struct lffi_ctype *ct)
{
    switch (ct->type->prim) {
    case CDECL_PRIM_CFLOAT16: return lffi_basic(L, ct->scope, CDECL_PRIM_FLOAT16);
    case CDECL_PRIM_CFLOAT: return lffi_basic(L, ct->scope, CDECL_PRIM_FLOAT);
    case CDECL_PRIM_CDOUBLE: return lffi_basic(L, ct->scope, CDECL_PRIM_DOUBLE);
    case CDECL_PRIM_CLDOUBLE: return lffi_basic(L, ct->scope, CDECL_PRIM_LDOUBLE);
    default: return lffi_basic(L, ct->scope, CDECL_PRIM_FLOAT128);
    }
}

/* The part `name` or [index] of the table at idx; absent ones are 0. */
static void store_part(lua_State *L, struct lffi_ctype *part, void *dst, int idx, const char *name,
                       int index, const struct lffi_where *where)
{
    if (lua_getfield(L, idx, name) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_rawgeti(L, idx, index);
    }
    if (!lua_isnil(L, -1))
        store_float(L, part, dst, -1, where);
    lua_pop(L, 1);
}

static void store_complex(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                          const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    struct lffi_ctype *part = lffi_complex_part(L, ct);
    char parts[32] = {0};
    lffi_real re;
    lffi_real im;
    bool truth;
    if (cd != NULL && cd->ct->op == LFFI_COMPLEX) {
        lffi_load_complex(lffi_part_op(cd->ct), cd->addr, &re, &im);
        store_real(L, part, parts, re, idx, where);
        store_real(L, part, parts + part->size, im, idx, where);
    } else if (lua_istable(L, idx)) {
        store_part(L, part, parts, idx, "re", 1, where);
        store_part(L, part, parts + part->size, idx, "im", 2, where);
    } else if (ct->scope->luajit && lffi_to_boolean(L, ct->scope->st, idx, &truth)) {
        lffi_mismatch(L, ct, idx, where);
    } else {
        store_float(L, part, parts, idx, where);
    }
    memcpy(dst, parts, (size_t)ct->size);
}

/* ---- pointers, aggregates -------------------------------------------------------------------- */

/* Keeps what a pointer stored in Lua's memory points to (S6); foreign addresses need nothing. */
static void keep_pointee(lua_State *L, struct lffi_state *st, const void *dst, int idx,
                         const struct lffi_where *where)
{
    int top = lua_gettop(L);
    int keep = 0;
    if (lua_type(L, idx) == LUA_TSTRING || lua_type(L, idx) == LUA_TTABLE ||
        lffi_to_function(L, idx) != NULL) /* it holds its library */
        keep = idx;
    else if (lffi_to_cdata(L, st, idx) != NULL && lffi_push_owner(L, idx))
        keep = lua_gettop(L);
    if (keep == 0) {
        lua_pushnil(L);
        keep = lua_gettop(L);
    }
    lffi_keep(L, st, where->owner_idx, dst, keep);
    lua_settop(L, top);
}

/* LuaJIT makes a callback of its own of a Lua function that becomes a pointer: but for one that is
 * passed to C or returned to it, where nobody could free it (S14). */
static bool makes_own_callback(lua_State *L, const struct lffi_ctype *ct, int idx,
                               const struct lffi_where *where)
{
    return ct->scope->luajit && where->place >= LFFI_TO_FIELD && where->outer == NULL &&
           lffi_makes_callback(L, ct, idx);
}

static void store_pointer(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                          const struct lffi_where *where)
{
    const void *address;
    int top = lua_gettop(L);
    if (makes_own_callback(L, ct, idx, where)) {
        lffi_push_callback(L, ct, idx);
        idx = top + 1;
    }
    address = where->anchors != 0 ? lffi_temporary_address(L, ct, idx, where)
                                  : lffi_to_address(L, ct, idx, where);
    if (where->owner_idx != 0 && where->anchors == 0)
        keep_pointee(L, ct->scope->st, dst, idx, where);
    memcpy(dst, &address, sizeof address);
    lua_settop(L, top);
}

/* An array made with another number of elements than ct has, or an open end that is shorter. */
static void check_length(lua_State *L, struct lffi_ctype *ct, const struct lffi_cdata *cd, int idx,
                         const struct lffi_where *where)
{
    uint64_t length;
    uint64_t wanted = ct->type->count;
    if (!lffi_is_open_array(cd->ct) || lffi_is_open_array(ct))
        return;
    length = lffi_length(L, idx, cd);
    if (length == UINT64_MAX || length == wanted ||
        (length > wanted && !lffi_is_definite(L, idx, cd)))
        return;
    lffi_convert_error(L, where, "cannot convert '%s' of %I elements to '%s'",
                       lffi_type_text(L, cd->ct), (LUAI_UACINT)length, lffi_type_text(L, ct));
}

/* Copies a struct, union, vector or array of the same type; false when idx holds none. */
static bool copy_aggregate(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                           const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    int top = lua_gettop(L);
    uint64_t size;
    if (cd == NULL || (cd->ct->base != ct->base && !lffi_same_value(cd->ct, ct)) ||
        lffi_luajit_refuses(ct, cd->ct))
        return false;
    check_length(L, ct, cd, idx, where);
    size = lffi_sizeof(L, ct);
    if (where->owner_idx != 0) {
        int src_owner = lffi_push_block(L, idx, cd->addr) ? lua_gettop(L) : 0;
        lffi_keep_copy(L, ct->scope->st, where->owner_idx, dst, src_owner, cd->addr, size);
    }
    memmove(dst, cd->addr, (size_t)size);
    lua_settop(L, top);
    return true;
}

/* LuaJIT: a string changes the bytes it has, and its zero where there is room, and no others. An
 * array of no elements is the name of what follows it, as far as the memory is known to go. */
static void store_text(lua_State *L, const struct lffi_ctype *ct, void *dst, int idx,
                       const struct lffi_where *where)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    uint64_t room = ct->size;
    if (room == 0 && where->owner_idx != 0)
        room = lffi_room(L, where->owner_idx, dst);
    else if (room == 0)
        room = UINT64_MAX;
    memcpy(dst, text, size + 1 > room ? (size_t)room : size + 1);
}

/* Builds the new value aside, so that a failure half-way leaves the destination as it was. */
static void store_aggregate(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                            const struct lffi_where *where)
{
    int top = lua_gettop(L);
    int type = lua_type(L, idx);
    struct lffi_where inner = *where;
    struct lffi_cdata *aside;
    uint64_t size;
    if (copy_aggregate(L, ct, dst, idx, where))
        return;
    if (ct->op == LFFI_VECTOR && lffi_store_vector(L, ct, dst, idx, where))
        return;
    if (type == LUA_TSTRING && ct->scope->luajit && lffi_is_text(ct)) {
        store_text(L, ct, dst, idx, where);
        return;
    }
    if (type != LUA_TTABLE && !(type == LUA_TSTRING && ct->op == LFFI_ARRAY))
        lffi_mismatch(L, ct, idx, where);
    size = lffi_sizeof(L, ct);
    idx = lua_absindex(L, idx);
    luaL_checkstack(L, 8, NULL);
    aside = lffi_new(L, ct->base, size);
    inner.owner_idx = lua_gettop(L);
    lffi_initialise(L, ct, aside->addr, size, idx, idx, &inner);
    if (where->owner_idx != 0)
        lffi_keep_copy(L, ct->scope->st, where->owner_idx, dst, inner.owner_idx, aside->addr, size);
    memcpy(dst, aside->addr, (size_t)size);
    lua_settop(L, top);
}

/* ---- the pair -------------------------------------------------------------------------------- */

/* Where there are no integers of 128 bits, none may come through a pointer either. */
static void check_width(lua_State *L, const struct lffi_ctype *ct)
{
    if (LFFI_WIDE_BITS < 128)
        lffi_check_supported(L, ct->type);
}

void lffi_store(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                const struct lffi_where *where)
{
    if (lffi_fast_store(L, ct->op, dst, idx))
        return;
    check_width(L, ct);
    /* clang-format off */
    switch ((enum lffi_op)ct->op) {
    case LFFI_BOOL: *(uint8_t *)dst = lffi_truth_of(L, ct, idx, where); break;
    case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16: case LFFI_I32: case LFFI_U32:
    case LFFI_I64: case LFFI_U64: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
        store_integer(L, ct, dst, idx, where);
        break;
    case LFFI_FLOAT16: case LFFI_FLOAT: case LFFI_DOUBLE: case LFFI_LDOUBLE: case LFFI_FLOAT128:
        store_float(L, ct, dst, idx, where);
        break;
    case LFFI_COMPLEX: store_complex(L, ct, dst, idx, where); break;
    case LFFI_ENUM: store_enum(L, ct, dst, idx, where); break;
    case LFFI_POINTER: store_pointer(L, ct, dst, idx, where); break;
    case LFFI_ARRAY: case LFFI_VECTOR: case LFFI_STRUCT: case LFFI_UNION:
        store_aggregate(L, ct, dst, idx, where);
        break;
    case LFFI_VOID: case LFFI_FUNCTION: lffi_mismatch(L, ct, idx, where);
    }
    /* clang-format on */
}

static void load_integer(lua_State *L, struct lffi_ctype *ct, const void *src)
{
    struct lffi_integer value = lffi_integer_of_memory(ct, src);
    lffi_push_integer(L, ct, &value);
}

/* Pushes what is kept for the pointer at src in memory of the cdata at owner_idx; false: nothing
 * is. */
static bool push_kept_pointee(lua_State *L, struct lffi_state *st, const void *src, int owner_idx)
{
    if (owner_idx == 0 || !st->keeps)
        return false;
    if (!lffi_push_block(L, owner_idx, src))
        return false;
    if (!lffi_push_kept(L, st, -1, src)) {
        lua_pop(L, 1);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

/* Pushes the library whose memory the cdata at owner_idx is a view of; false: it is no such view,
 * or no library can be unmapped behind its back. */
static bool push_library(lua_State *L, struct lffi_state *st, int owner_idx)
{
    if (owner_idx == 0 || !st->unloads || !lffi_push_owner(L, owner_idx))
        return false;
    if (lua_type(L, -1) == LUA_TUSERDATA && lffi_to_cdata(L, st, -1) == NULL)
        return true;
    lua_pop(L, 1);
    return false;
}

/* The pointer keeps what the memory keeps for it, for it may outlive that memory; one of a
 * library's memory may lead to more of it. */
void lffi_load_pointer(lua_State *L, struct lffi_ctype *ct, const void *src, int owner_idx)
{
    const struct lffi_state *st = ct->scope->st;
    const void *value;
    bool known = !st->keeps;
    memcpy(&value, src, sizeof value);
    if (value == NULL) {
        lua_pushnil(L);
        return;
    }
    if (!known && owner_idx != 0 && lffi_peeks(st) &&
        lffi_quick_load_kept(L, ct->base, src, owner_idx, &known))
        return;
    if ((!known && push_kept_pointee(L, ct->scope->st, src, owner_idx)) ||
        push_library(L, ct->scope->st, owner_idx)) {
        lffi_push_anchored_pointer(L, ct->base, value, -1);
        lua_remove(L, -2);
    } else {
        lffi_push_pointer(L, ct->base, value, 0);
    }
}

/* A copy as a cdata of its own. */
static void load_copy(lua_State *L, struct lffi_ctype *ct, const void *src)
{
    struct lffi_cdata *cd = lffi_new(L, ct->base, ct->size);
    memcpy(cd->addr, src, (size_t)ct->size);
}

void lffi_load(lua_State *L, struct lffi_ctype *ct, const void *src, int owner_idx)
{
    if (lffi_fast_load(L, ct->op, src))
        return;
    check_width(L, ct);
    /* clang-format off */
    switch ((enum lffi_op)ct->op) {
    case LFFI_VOID: lua_pushnil(L); break;
    case LFFI_BOOL: case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16: case LFFI_I32:
    case LFFI_U32: case LFFI_I64: case LFFI_FLOAT: case LFFI_DOUBLE:
        break; /* done */
    case LFFI_ENUM:
        if (lffi_fast_load(L, ct->target->op, src))
            break;
        load_integer(L, ct, src);
        break;
    case LFFI_U64: case LFFI_I128: case LFFI_U128: case LFFI_BITINT:
        load_integer(L, ct, src);
        break;
    case LFFI_FLOAT16: case LFFI_LDOUBLE: case LFFI_FLOAT128: load_wide_float(L, ct, src); break;
    case LFFI_COMPLEX: case LFFI_VECTOR: load_copy(L, ct, src); break;
    case LFFI_POINTER: lffi_load_pointer(L, ct, src, owner_idx); break;
    case LFFI_ARRAY: case LFFI_STRUCT: case LFFI_UNION:
        lffi_push_view(L, ct, (void *)(uintptr_t)src, owner_idx);
        break;
    case LFFI_FUNCTION: lffi_push_pointer(L, lffi_pointer_to(L, ct), src, 0); break;
    }
    /* clang-format on */
}
