/* Integers of any magnitude: the carrier between Lua values and C integers (docs/design.md S1-S3).
 *
 * Depends on cdata.c and ctype.c. The carrier holds two's complement wide bits, the sign, and
 * whether the true value needs more; reduction modulo 2^N and range checks are exact for every
 * magnitude.
 */
#include <math.h>
#include <string.h>

#include "object/integer.h"

struct lffi_integer lffi_integer_of_int64(int64_t value)
{
    return (struct lffi_integer){(lffi_wide)(lffi_signed_wide)value, value < 0, false};
}

/* Gives a magnitude its sign; `beyond` grows when -magnitude is below -2^127 (or -2^63). */
static struct lffi_integer with_sign(lffi_wide magnitude, bool negative, bool beyond)
{
    struct lffi_integer out = {magnitude, negative && (magnitude != 0 || beyond), beyond};
    if (negative) {
        out.bits = -magnitude;
        out.beyond = beyond || magnitude > (lffi_wide)1 << (LFFI_WIDE_BITS - 1);
    }
    return out;
}

struct lffi_integer lffi_integer_of_real(lffi_real value)
{
    bool negative = value < 0;
    bool beyond;
    if (negative)
        value = -value;
    beyond = value >= LFFI_WIDE_END;
    if (beyond) /* the remainder, exactly: powers of two lose nothing */
        value -= lffi_truncate(value / LFFI_WIDE_END) * LFFI_WIDE_END;
    return with_sign((lffi_wide)value, negative, beyond);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* digits+ ; the value modulo 2^LFFI_WIDE_BITS, and whether it overflowed. */
static bool read_digits(const char *text, const char *end, unsigned base, lffi_wide *magnitude,
                        bool *beyond)
{
    const lffi_wide most = ~(lffi_wide)0;
    *magnitude = 0;
    *beyond = false;
    if (text == end)
        return false;
    for (; text < end; text++) {
        unsigned digit = lffi_digit(*text);
        if (digit >= base)
            return false;
        if (*magnitude > (most - digit) / base)
            *beyond = true;
        *magnitude = *magnitude * base + digit;
    }
    return true;
}

bool lffi_text_to_integer(const char *text, size_t size, struct lffi_integer *out)
{
    const char *end = text + size;
    bool negative = size > 0 && *text == '-';
    lffi_wide magnitude;
    bool beyond;
    unsigned base = 10;
    if (size > 0 && (*text == '-' || *text == '+'))
        text++;
    if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (!read_digits(text, end, base, &magnitude, &beyond))
        return false;
    *out = with_sign(magnitude, negative, beyond);
    return true;
}

const char *lffi_push_integer_text(lua_State *L, const struct lffi_integer *value)
{
    char text[48];
    char *p = text + sizeof text;
    lffi_wide rest = value->negative ? -value->bits : value->bits;
    uint64_t word; /* most are no longer: dividing 128 bits takes a function */
    for (; rest > UINT64_MAX; rest /= 10)
        *--p = (char)('0' + (int)(rest % 10));
    word = (uint64_t)rest;
    do {
        *--p = (char)('0' + word % 10);
        word /= 10;
    } while (word != 0);
    if (value->negative)
        *--p = '-';
    return lua_pushlstring(L, p, (size_t)(text + sizeof text - p));
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Keeps the low `bits` bits, extended by the sign when is_signed. */
static lffi_wide extend(lffi_wide value, unsigned bits, bool is_signed)
{
    unsigned shift = LFFI_WIDE_BITS - bits;
    value <<= shift;
    return is_signed ? (lffi_wide)((lffi_signed_wide)value >> shift) : value >> shift;
}

struct lffi_integer lffi_integer_of_bits(lffi_wide value, unsigned bits, bool is_signed)
{
    struct lffi_integer out = {extend(value, bits, is_signed), false, false};
    out.negative = is_signed && (lffi_signed_wide)out.bits < 0;
    return out;
}

/* The bytes of an integer object of up to 16 bytes, zero-extended. */
static lffi_wide load_raw(const void *src, uint64_t size)
{
    lffi_wide raw = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&raw, src, (size_t)size);
#else
    memcpy((char *)&raw + sizeof raw - size, src, (size_t)size);
#endif
    return raw;
}

struct lffi_integer lffi_integer_of_memory(const struct lffi_ctype *ct, const void *src)
{
    const struct cdecl_type *type = ct->op == LFFI_ENUM ? ct->target->type : ct->type;
    unsigned bits = type->kind == CDECL_BOOL ? 8 : type->bits;
    return lffi_integer_of_bits(load_raw(src, type->size), bits, type->is_signed != 0);
}

void lffi_integer_to_memory(const struct lffi_ctype *ct, void *dst, lffi_wide bits)
{
    uint64_t size = ct->op == LFFI_ENUM ? ct->target->size : ct->size;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(dst, &bits, (size_t)size);
#else
    memcpy(dst, (const char *)&bits + sizeof bits - size, (size_t)size);
#endif
}

/* ---- reducing, comparing --------------------------------------------------------------------- */

/* Range of the value against that of N bits: down to -2^(N-1) or to 0, up to 2^(N-1) - 1 or to
 * 2^N - 1. */
static bool fits(const struct lffi_integer *value, unsigned bits, bool min_signed, bool max_signed)
{
    lffi_wide most = ~(lffi_wide)0 >> (LFFI_WIDE_BITS - bits);
    if (value->beyond)
        return false;
    if (value->negative)
        return min_signed && (lffi_signed_wide)value->bits >= -(lffi_signed_wide)(most >> 1) - 1;
    return value->bits <= (max_signed ? most >> 1 : most);
}

static lffi_wide clamp(const struct lffi_integer *value, unsigned bits, bool is_signed)
{
    lffi_wide most = ~(lffi_wide)0 >> (LFFI_WIDE_BITS - bits);
    if (is_signed)
        most >>= 1;
    if (!value->negative)
        return most;
    return is_signed ? ~most : 0;
}

bool lffi_integer_reduce(const struct lffi_integer *value, unsigned bits, bool is_signed,
                         enum lffi_policy policy, lffi_wide *out)
{
    lffi_wide mask = ~(lffi_wide)0 >> (LFFI_WIDE_BITS - bits);
    bool exact = fits(value, bits, is_signed, is_signed);
    *out = value->bits & mask;
    if (exact || policy == LFFI_WRAP)
        return true;
    if (policy == LFFI_SATURATE) {
        *out = clamp(value, bits, is_signed) & mask;
        return true;
    }
    if (policy == LFFI_STRICT || (is_signed && bits > 1)) /* a flag of one bit takes 1 as well */
        return false;
    return fits(value, bits, true, false);
}

bool lffi_integer_has_bits(const struct lffi_integer *value, unsigned bits)
{
    return fits(value, bits, true, false);
}

int lffi_integer_compare(const struct lffi_integer *a, const struct lffi_integer *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    if (a->beyond != b->beyond)
        return a->beyond == a->negative ? -1 : 1;
    if (a->bits == b->bits)
        return 0;
    return a->bits < b->bits ? -1 : 1; /* same sign: two's complement keeps the order */
}

/* ---- Lua values ------------------------------------------------------------------------------ */

static bool integer_of_number(lua_State *L, int idx, struct lffi_integer *out, bool *fraction)
{
    double value;
    if (lua_isinteger(L, idx)) {
        *out = lffi_integer_of_int64(lua_tointeger(L, idx));
        return true;
    }
    value = lua_tonumber(L, idx);
    if (!isfinite(value))
        return false;
    *fraction = trunc(value) != value;
    *out = fabs(value) < 0x1p63 ? lffi_integer_of_int64((int64_t)value)
                                : lffi_integer_of_real((lffi_real)value);
    return true;
}

static bool integer_of_cdata(const struct lffi_cdata *cd, struct lffi_integer *out, bool *fraction)
{
    uint8_t op = cd->ct->op;
    lffi_real value;
    if (lffi_is_integral(op)) {
        *out = lffi_integer_of_memory(cd->ct, cd->addr);
        return true;
    }
    if (!lffi_is_float(op))
        return false;
    value = lffi_load_float(cd->ct->op, cd->addr);
    if (!lffi_is_finite(value))
        return false;
    *fraction = lffi_truncate(value) != value;
    *out = lffi_integer_of_real(value);
    return true;
}

/* Pushes the function that answers for the value's type: __cffi_integer or ffi.integer_type's. */
static bool push_converter(lua_State *L, const struct lffi_state *st, int idx,
                           const struct lffi_cdata *cd)
{
    if (cd != NULL)
        return lffi_push_metamethod(L, cd->ct, "__cffi_integer");
    if (luaL_getmetafield(L, idx, "__cffi_integer") != LUA_TNIL)
        return true;
    if (!lua_getmetatable(L, idx))
        return false;
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_integer_types);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

/* Asks the converter on the stack top; its answer is an integer or the text of one. */
static void run_converter(lua_State *L, int idx, struct lffi_integer *out)
{
    size_t size;
    const char *text;
    bool fraction = false;
    lua_pushvalue(L, idx);
    lua_call(L, 1, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
        text = lua_tolstring(L, -1, &size);
        if (!lffi_text_to_integer(text, size, out))
            luaL_error(L, "'__cffi_integer' gave '%s', which is not the text of an integer", text);
    } else if (lua_type(L, -1) != LUA_TNUMBER || !integer_of_number(L, -1, out, &fraction) ||
               fraction) {
        luaL_error(L, "'__cffi_integer' must give an integer or its text, got %s",
                   lua_type(L, -1) == LUA_TNUMBER
                       ? lua_pushfstring(L, "number %f", lua_tonumber(L, -1))
                       : luaL_typename(L, -1));
    }
    lua_pop(L, 1);
}

bool lffi_is_integer_object(lua_State *L, struct lffi_state *st, int idx)
{
    bool found = push_converter(L, st, lua_absindex(L, idx), lffi_to_cdata(L, st, idx));
    if (found)
        lua_pop(L, 1);
    return found;
}

bool lffi_to_integer(lua_State *L, struct lffi_state *st, int idx, struct lffi_integer *out,
                     bool *fraction)
{
    int type = lua_type(L, idx);
    const struct lffi_cdata *cd;
    *fraction = false;
    if (type == LUA_TNUMBER)
        return integer_of_number(L, idx, out, fraction);
    if (type != LUA_TUSERDATA && type != LUA_TTABLE)
        return false;
    idx = lua_absindex(L, idx);
    cd = lffi_to_cdata(L, st, idx);
    if (cd != NULL && integer_of_cdata(cd, out, fraction))
        return true;
    if (!push_converter(L, st, idx, cd))
        return false;
    run_converter(L, idx, out);
    return true;
}

const char *lffi_push_integer_source(lua_State *L, struct lffi_state *st, int idx)
{
    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) == LUA_TSTRING || !push_converter(L, st, idx, lffi_to_cdata(L, st, idx))) {
        lua_pushvalue(L, idx);
    } else {
        lua_pushvalue(L, idx);
        lua_call(L, 1, 1);
    }
    luaL_tolstring(L, -1, NULL); /* a converter may have changed its mind: any value has a text */
    lua_remove(L, -2);
    return lua_tostring(L, -1);
}
