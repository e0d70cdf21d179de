/* Numbers as operands: arithmetic and comparison of boxed integers, floats and Lua numbers.
 *
 * Depends on integer.c, floats.c, convert.c and cdata.c; arith.c decides which operands are
 * numbers. A result that is an integer is a new cdata, any other a Lua float. Integers are computed
 * exactly and then wrapped into the result's type; in scopes with LuaJIT's rules as C computes in
 * 64 bits (docs/design.md S3, S17).
 */
#include <math.h>
#include <string.h>

#include "value/operand.h"

/* ---- the type of a result -------------------------------------------------------------------- */

/* The integer type of an operand when it has 64 bits or more; NULL: it counts as a Lua integer. */
static struct lffi_ctype *wide_type(const struct lffi_operand *o)
{
    struct lffi_ctype *ct = o->ct;
    if (ct == NULL || o->kind != LFFI_INTEGER_OPERAND)
        return NULL;
    ct = ct->op == LFFI_ENUM ? ct->target->base : ct->base;
    return ct->type->bits >= 64 ? ct : NULL;
}

static struct lffi_ctype *int64_type(lua_State *L, struct lffi_scope *scope, bool is_signed)
{
    if (sizeof(long) == sizeof(int64_t)) /* what int64_t stands for */
        return lffi_basic(L, scope, is_signed ? CDECL_PRIM_LONG : CDECL_PRIM_ULONG);
    return lffi_basic(L, scope, is_signed ? CDECL_PRIM_LLONG : CDECL_PRIM_ULLONG);
}

/* More bits win, then unsigned; C's usual conversions, from 64 bits up. */
static struct lffi_ctype *result_type(lua_State *L, struct lffi_scope *scope,
                                      const struct lffi_operand *a, const struct lffi_operand *b)
{
    struct lffi_ctype *ta = wide_type(a);
    struct lffi_ctype *tb = wide_type(b);
    if (ta == NULL && tb == NULL)
        return int64_type(L, scope, true);
    if (ta == NULL || tb == NULL)
        return ta != NULL ? ta : tb;
    if (ta->type->bits != tb->type->bits)
        return ta->type->bits > tb->type->bits ? ta : tb;
    return tb->type->is_signed || !ta->type->is_signed ? ta : tb;
}

static void push_boxed(lua_State *L, struct lffi_ctype *ct, lffi_wide bits)
{
    struct lffi_integer value =
        lffi_integer_of_bits(bits, ct->type->bits, ct->type->is_signed != 0);
    struct lffi_cdata *cd = lffi_new(L, ct, ct->size);
    lffi_integer_to_memory(ct, cd->addr, value.bits);
}

/* ---- exact integers -------------------------------------------------------------------------- */

static lffi_wide magnitude(const struct lffi_integer *v)
{
    return v->negative ? -v->bits : v->bits;
}

/* Quotient rounded towards minus infinity and its remainder, modulo 2^LFFI_WIDE_BITS; magnitudes
 * never trap.
 */
static lffi_wide floor_divide(const struct lffi_integer *a, const struct lffi_integer *b,
                              bool remainder)
{
    lffi_wide q = magnitude(a) / magnitude(b);
    lffi_wide r = magnitude(a) % magnitude(b);
    if (a->negative != b->negative) {
        q = r != 0 ? -q - 1 : -q;
        r = r != 0 ? magnitude(b) - r : 0;
    }
    if (remainder)
        return b->negative ? -r : r;
    return q;
}

/* Logical shift to the left within `bits`, to the right when n is negative (Lua's rule). */
static lffi_wide shift(lffi_wide value, const struct lffi_integer *n, bool left, unsigned bits)
{
    lffi_wide count = magnitude(n);
    if (count >= bits)
        return 0;
    value &= ~(lffi_wide)0 >> (LFFI_WIDE_BITS - bits);
    return left != n->negative ? value << (unsigned)count : value >> (unsigned)count;
}

static lffi_wide integer_result(lua_State *L, int op, const struct lffi_integer *a,
                                const struct lffi_integer *b, unsigned bits)
{
    switch (op) {
    case LUA_OPADD: return a->bits + b->bits;
    case LUA_OPSUB: return a->bits - b->bits;
    case LUA_OPMUL: return a->bits * b->bits;
    case LUA_OPBAND: return a->bits & b->bits;
    case LUA_OPBOR: return a->bits | b->bits;
    case LUA_OPBXOR: return a->bits ^ b->bits;
    case LUA_OPSHL: return shift(a->bits, b, true, bits);
    case LUA_OPSHR: return shift(a->bits, b, false, bits);
    case LUA_OPUNM: return -a->bits;
    case LUA_OPBNOT: return ~a->bits;
    default: break;
    }
    if (b->bits == 0)
        luaL_error(L,
                   op == LUA_OPMOD ? "attempt to perform 'n%%%%0'" : "attempt to perform 'n//0'");
    return floor_divide(a, b, op == LUA_OPMOD);
}

/* ---- floats ---------------------------------------------------------------------------------- */

/* The integer of an integral number; false when its magnitude needs more than a wide integer's
 * bits. */
static bool integer_of_float(lffi_real whole, struct lffi_integer *out)
{
    if (!(whole < LFFI_WIDE_END && whole > -LFFI_WIDE_END))
        return false;
    *out = lffi_integer_of_real(whole);
    return true;
}

/* Rounded once, from the integer itself. */
static lua_Number as_lua_float(const struct lffi_operand *o)
{
    if (o->kind == LFFI_FLOAT_OPERAND)
        return (lua_Number)o->number;
    return o->integer.negative ? (lua_Number)(lffi_signed_wide)o->integer.bits
                               : (lua_Number)o->integer.bits;
}

static bool is_wide_float(const struct lffi_operand *o)
{
    return o->ct != NULL && (o->ct->op == LFFI_LDOUBLE || o->ct->op == LFFI_FLOAT128);
}

/* The operand as a value of a wide floating type. */
static void as_wide_float(const struct lffi_ctype *ct, void *dst, const struct lffi_operand *o)
{
    struct lffi_magnitude m;
    if (o->kind == LFFI_FLOAT_OPERAND) {
        lffi_store_float(ct->op, dst, o->number);
        return;
    }
    m = lffi_magnitude_of_integer(&o->integer);
    lffi_store_magnitude(ct->op, dst, &m);
}

static void wide_float_arith(lua_State *L, int op, const struct lffi_operand *a,
                             const struct lffi_operand *b)
{
    char x[16];
    char y[16];
    char result[16];
    const struct lffi_operand *wider = is_wide_float(a) ? a : b;
    if (is_wide_float(b) && b->ct->op == LFFI_FLOAT128)
        wider = b;
    as_wide_float(wider->ct, x, a);
    as_wide_float(wider->ct, y, b);
    lffi_float_arith(wider->ct->op, op, result, x, y);
    lffi_load(L, wider->ct, result, 0);
}

static void float_arith(lua_State *L, int op, const struct lffi_operand *a,
                        const struct lffi_operand *b)
{
    if (is_wide_float(a) || is_wide_float(b)) {
        wide_float_arith(L, op, a, b);
        return;
    }
    lua_pushnumber(L, as_lua_float(a));
    if (op != LUA_OPUNM)
        lua_pushnumber(L, as_lua_float(b));
    lua_arith(L, op);
}

static bool is_bitwise(int op)
{
    return (op >= LUA_OPBAND && op <= LUA_OPSHR) || op == LUA_OPBNOT;
}

/* Bitwise operators take integral floats, as in Lua. */
static void make_integer(lua_State *L, struct lffi_operand *o)
{
    if (o->kind != LFFI_FLOAT_OPERAND)
        return;
    if (lffi_truncate(o->number) != o->number || !integer_of_float(o->number, &o->integer))
        luaL_error(L, "number has no integer representation");
    o->kind = LFFI_INTEGER_OPERAND;
}

/* ---- LuaJIT's rules -------------------------------------------------------------------------- */

static int64_t luajit_int64(double value)
{
    if (value >= -0x1p63 && value < 0x1p63)
        return (int64_t)value;
    return INT64_MIN;
}

static uint64_t luajit_operand(const struct lffi_operand *o, bool is_unsigned)
{
    double value = (double)o->number;
    if (o->kind == LFFI_INTEGER_OPERAND)
        return (uint64_t)o->integer.bits;
    if (is_unsigned && value >= 0x1p63)
        return (uint64_t)luajit_int64(value - 0x1p64);
    return (uint64_t)luajit_int64(value);
}

static bool is_uint64(const struct lffi_operand *o)
{
    const struct lffi_ctype *ct = wide_type(o);
    return ct != NULL && !ct->type->is_signed;
}

/* More than 64 bits: LuaJIT has no such types, so the exact rules hold for them. */
static bool is_wider(const struct lffi_operand *o)
{
    const struct lffi_ctype *ct = wide_type(o);
    return is_wide_float(o) || (ct != NULL && ct->type->bits > 64);
}

static uint64_t luajit_divide(uint64_t a, uint64_t b, bool is_unsigned, bool remainder)
{
    const uint64_t undefined = (uint64_t)1 << 63;
    if (b == 0)
        return undefined;
    if (is_unsigned)
        return remainder ? a % b : a / b;
    if ((int64_t)b == -1) /* the quotient of INT64_MIN would trap */
        return remainder ? 0 : -a;
    return remainder ? (uint64_t)((int64_t)a % (int64_t)b) : (uint64_t)((int64_t)a / (int64_t)b);
}

static uint64_t luajit_power(uint64_t x, uint64_t k, bool is_unsigned)
{
    uint64_t y = 1;
    if (!is_unsigned && (int64_t)k < 0) {
        if (x == 0)
            return INT64_MAX;
        if (x == 1)
            return 1;
        if (x == UINT64_MAX)
            return (k & 1) != 0 ? UINT64_MAX : 1;
        return 0;
    }
    for (; k != 0; k >>= 1, x *= x) {
        if ((k & 1) != 0)
            y *= x;
    }
    return y;
}

static void luajit_arith(lua_State *L, struct lffi_scope *scope, int op,
                         const struct lffi_operand *a, const struct lffi_operand *b)
{
    bool is_unsigned = is_uint64(a) || is_uint64(b);
    uint64_t x = luajit_operand(a, is_unsigned);
    uint64_t y = luajit_operand(b, is_unsigned);
    uint64_t result;
    switch (op) {
    case LUA_OPADD: result = x + y; break;
    case LUA_OPSUB: result = x - y; break;
    case LUA_OPMUL: result = x * y; break;
    case LUA_OPUNM: result = -x; break;
    case LUA_OPPOW: result = luajit_power(x, y, is_unsigned); break;
    default: result = luajit_divide(x, y, is_unsigned, op == LUA_OPMOD); break;
    }
    push_boxed(L, int64_type(L, scope, !is_unsigned), result);
}

static int luajit_compare(const struct lffi_operand *a, const struct lffi_operand *b)
{
    bool is_unsigned = is_uint64(a) || is_uint64(b);
    uint64_t x = luajit_operand(a, is_unsigned);
    uint64_t y = luajit_operand(b, is_unsigned);
    if (x == y)
        return 0;
    if (is_unsigned)
        return x < y ? -1 : 1;
    return (int64_t)x < (int64_t)y ? -1 : 1;
}

/* ---- entry ----------------------------------------------------------------------------------- */

void lffi_number_arith(lua_State *L, struct lffi_scope *scope, int op, struct lffi_operand *a,
                       struct lffi_operand *b)
{
    struct lffi_ctype *ct;
    if (is_bitwise(op)) {
        make_integer(L, a);
        make_integer(L, b);
    } else if (scope->luajit && !is_wider(a) && !is_wider(b)) {
        luajit_arith(L, scope, op, a, b);
        return;
    }
    if (a->kind == LFFI_FLOAT_OPERAND || b->kind == LFFI_FLOAT_OPERAND || op == LUA_OPDIV ||
        op == LUA_OPPOW) {
        float_arith(L, op, a, b);
        return;
    }
    ct = result_type(L, scope, a, b);
    push_boxed(L, ct, integer_result(L, op, &a->integer, &b->integer, ct->type->bits));
}

static int compare_floats(lffi_real a, lffi_real b)
{
    if (a != a || b != b) /* a NaN */
        return LFFI_UNORDERED;
    return a < b ? -1 : a > b;
}

/* Without rounding: the integral part as an integer first, then the fraction. */
static int compare_with_float(const struct lffi_integer *a, lffi_real b)
{
    lffi_real whole = lffi_truncate(b);
    struct lffi_integer integral;
    int order;
    if (b != b)
        return LFFI_UNORDERED;
    if (!integer_of_float(whole, &integral))
        return whole > 0 ? -1 : 1;
    order = lffi_integer_compare(a, &integral);
    return order != 0 ? order : compare_floats(whole, b);
}

int lffi_number_compare(const struct lffi_scope *scope, const struct lffi_operand *a,
                        const struct lffi_operand *b)
{
    int order;
    if (scope->luajit && !is_wider(a) && !is_wider(b))
        return luajit_compare(a, b);
    if (a->kind == LFFI_INTEGER_OPERAND && b->kind == LFFI_INTEGER_OPERAND)
        return lffi_integer_compare(&a->integer, &b->integer);
    if (a->kind == LFFI_INTEGER_OPERAND)
        return compare_with_float(&a->integer, b->number);
    if (b->kind == LFFI_FLOAT_OPERAND)
        return compare_floats(a->number, b->number);
    order = compare_with_float(&b->integer, a->number);
    return order == LFFI_UNORDERED ? order : -order;
}
