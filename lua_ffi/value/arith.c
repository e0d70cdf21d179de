/* The operators of C values: which operands mean what, metatype metamethods, errors.
 *
 * Depends on number.c and address.c for the operations themselves. A predefined operation comes
 * first, then the metamethod of the left and of the right operand, then an error in Lua's words.
 */
#include <string.h>

#include "object/inplace.h"
#include "object/scope.h"
#include "value/operand.h"

/* ---- operands -------------------------------------------------------------------------------- */

static void read_cdata(struct lffi_operand *o, const struct lffi_cdata *cd)
{
    uint8_t op = cd->ct->op;
    o->ct = cd->ct;
    o->address = cd->addr;
    if (lffi_is_integral(op) || (op == LFFI_BOOL && cd->ct->scope->luajit)) {
        o->kind = LFFI_INTEGER_OPERAND;
        o->integer = lffi_integer_of_memory(cd->ct, cd->addr);
    } else if (lffi_is_float(op)) {
        o->kind = LFFI_FLOAT_OPERAND;
        o->number = lffi_load_float(cd->ct->op, cd->addr);
    } else if (op == LFFI_POINTER) {
        o->kind = LFFI_ADDRESS_OPERAND;
        memcpy(&o->address, cd->addr, sizeof o->address);
    } else if (op == LFFI_ARRAY || op == LFFI_FUNCTION) {
        o->kind = LFFI_ADDRESS_OPERAND;
    }
}

static void read_operand(lua_State *L, struct lffi_state *st, int idx, struct lffi_operand *o)
{
    const struct lffi_cdata *cd;
    o->kind = LFFI_OTHER_OPERAND;
    o->idx = idx;
    o->ct = NULL;
    o->address = NULL;
    o->integer.beyond = false; /* check_room asks it of every kind */
    if (lua_isinteger(L, idx)) {
        o->kind = LFFI_INTEGER_OPERAND;
        o->integer = lffi_integer_of_int64(lua_tointeger(L, idx));
    } else if (lua_type(L, idx) == LUA_TNUMBER) {
        o->kind = LFFI_FLOAT_OPERAND;
        o->number = lua_tonumber(L, idx);
    } else if ((cd = lffi_to_cdata(L, st, idx)) != NULL) {
        read_cdata(o, cd);
    }
}

static bool is_number(const struct lffi_operand *o)
{
    return o->kind == LFFI_INTEGER_OPERAND || o->kind == LFFI_FLOAT_OPERAND;
}

/* An enum and a string: the string names an enumerator. */
static bool read_enumerator(lua_State *L, const struct lffi_operand *e, struct lffi_operand *name)
{
    const struct cdecl_decl *constant;
    if (e->ct == NULL || e->ct->op != LFFI_ENUM || lua_type(L, name->idx) != LUA_TSTRING)
        return false;
    constant = lffi_find_constant(L, e->ct, name->idx);
    if (constant == NULL)
        return false;
    name->integer = lffi_integer_of_bits(constant->u, 64, e->ct->target->type->is_signed != 0);
    name->kind = LFFI_INTEGER_OPERAND;
    return true;
}

struct operands {
    struct lffi_state *st;
    struct lffi_scope *scope; /* whose rules hold: the left cdata's */
    struct lffi_operand a, b;
};

static void read_operands(lua_State *L, struct operands *o)
{
    o->st = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, 2);
    read_operand(L, o->st, 1, &o->a);
    read_operand(L, o->st, 2, &o->b);
    o->scope = o->st->scope;
    if (o->a.ct != NULL || o->b.ct != NULL)
        o->scope = o->a.ct != NULL ? o->a.ct->scope : o->b.ct->scope;
    if (o->scope->luajit) {
        read_enumerator(L, &o->a, &o->b);
        read_enumerator(L, &o->b, &o->a);
    }
}

static bool both_numbers(const struct operands *o)
{
    return is_number(&o->a) && is_number(&o->b);
}

/* A big integer (S2) next to a number is a number too. */
static void read_big_integer(lua_State *L, struct operands *o, struct lffi_operand *big)
{
    bool fraction;
    if (is_number(big) || !lffi_to_integer(L, o->st, big->idx, &big->integer, &fraction))
        return;
    big->kind = LFFI_INTEGER_OPERAND;
}

static bool both_become_numbers(lua_State *L, struct operands *o)
{
    read_big_integer(L, o, &o->a);
    read_big_integer(L, o, &o->b);
    return both_numbers(o);
}

/* Results and floats have no room for an integer beyond the widest. */
static void check_room(lua_State *L, const struct operands *o)
{
    if (o->a.integer.beyond || o->b.integer.beyond)
        luaL_error(L, "operand needs more than %d bits", LFFI_WIDE_BITS);
}

/* ---- metamethods ----------------------------------------------------------------------------- */

/* Of a metatype, or of the metatable of another object. Strings have arithmetic metamethods, which
 * would call back here. */
static bool push_event_of(lua_State *L, const struct lffi_operand *o, const char *event)
{
    if (o->ct != NULL)
        return lffi_push_metamethod(L, o->ct, event);
    return (lua_istable(L, o->idx) || lua_isuserdata(L, o->idx)) &&
           luaL_getmetafield(L, o->idx, event) != LUA_TNIL;
}

static bool push_event(lua_State *L, const struct operands *o, const char *event)
{
    return push_event_of(L, &o->a, event) || push_event_of(L, &o->b, event);
}

static int finish_call(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 1;
}

/* Calls the metamethod on the stack top with both operands. */
static int call_event(lua_State *L)
{
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_callk(L, 2, 1, 0, finish_call);
    return 1;
}

/* Pushes how an error calls the operand: "'int *'", "string", "nil". */
static const char *push_name(lua_State *L, const struct lffi_operand *o)
{
    if (o->ct == NULL)
        return lua_pushstring(L, luaL_typename(L, o->idx));
    return lua_pushfstring(L, "'%s'", lffi_push_type_text(L, o->ct->type, NULL));
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

/* By LUA_OPADD ... LUA_OPBNOT. */
static const char *const arith_event[] = {"__add", "__sub",  "__mul",  "__mod", "__pow",
                                          "__div", "__idiv", "__band", "__bor", "__bxor",
                                          "__shl", "__shr",  "__unm",  "__bnot"};
enum { ARITH_EVENTS = sizeof arith_event / sizeof arith_event[0] };
_Static_assert(LUA_OPADD == 0 && LUA_OPMOD == 3 && LUA_OPBAND == 7 && LUA_OPBNOT == 13,
               "the order of arith_event is Lua's");

/* Blames the first operand that the operator cannot take. */
static int arith_error(lua_State *L, int op, const struct operands *o)
{
    bool pointers = op == LUA_OPADD || op == LUA_OPSUB;
    bool left_fits = is_number(&o->a) || (pointers && o->a.kind == LFFI_ADDRESS_OPERAND);
    bool bitwise = (op >= LUA_OPBAND && op <= LUA_OPSHR) || op == LUA_OPBNOT;
    return luaL_error(L, "attempt to perform %s on a %s value",
                      bitwise ? "bitwise operation" : "arithmetic",
                      push_name(L, left_fits ? &o->b : &o->a));
}

/* Upvalue 2: the operator. */
static int cdata_arith(lua_State *L)
{
    int op = (int)lua_tointeger(L, lua_upvalueindex(2));
    struct operands o;
    read_operands(L, &o);
    if (!both_numbers(&o)) {
        if (lffi_pointer_arith(L, op, &o.a, &o.b))
            return 1;
        if (push_event(L, &o, arith_event[op]))
            return call_event(L);
        if (!both_become_numbers(L, &o)) /* a pointer and a big integer, perhaps */
            return lffi_pointer_arith(L, op, &o.a, &o.b) ? 1 : arith_error(L, op, &o);
    }
    check_room(L, &o);
    lffi_number_arith(L, o.scope, op, &o.a, &o.b);
    return 1;
}

/* ---- order ----------------------------------------------------------------------------------- */

static int order_error(lua_State *L, const struct operands *o)
{
    const char *a = push_name(L, &o->a);
    const char *b = push_name(L, &o->b);
    if (strcmp(a, b) == 0)
        return luaL_error(L, "attempt to compare two %s values", a);
    return luaL_error(L, "attempt to compare %s with %s", a, b);
}

static int push_order(lua_State *L, int order, bool or_equal)
{
    lua_pushboolean(L, order == -1 || (or_equal && order == 0));
    return 1;
}

/* A function of a namespace stands for its address. */
static void read_function(lua_State *L, struct lffi_operand *o)
{
    const struct lffi_function *fn = lffi_to_function(L, o->idx);
    if (fn == NULL)
        return;
    memcpy(&o->address, &fn->address, sizeof o->address);
    o->kind = LFFI_ADDRESS_OPERAND;
}

static int compare(lua_State *L, const char *event, bool or_equal)
{
    struct operands o;
    read_operands(L, &o);
    if (!both_numbers(&o)) {
        read_function(L, &o.a);
        read_function(L, &o.b);
        if (o.a.kind == LFFI_ADDRESS_OPERAND && o.b.kind == LFFI_ADDRESS_OPERAND)
            return push_order(L, lffi_pointer_compare(L, &o.a, &o.b), or_equal);
        if (push_event(L, &o, event))
            return call_event(L);
        if (!both_become_numbers(L, &o))
            return order_error(L, &o);
    }
    if (o.a.kind != o.b.kind)
        check_room(L, &o);
    return push_order(L, lffi_number_compare(o.scope, &o.a, &o.b), or_equal);
}

static int cdata_lt(lua_State *L)
{
    return compare(L, "__lt", false);
}

static int cdata_le(lua_State *L)
{
    return compare(L, "__le", true);
}

/* ---- equality -------------------------------------------------------------------------------- */

/* Both are boolean or both complex: by value. */
static bool equal_values(const struct lffi_operand *a, const struct lffi_operand *b)
{
    lffi_real re[2];
    lffi_real im[2];
    if (a->ct->op == LFFI_BOOL && b->ct->op == LFFI_BOOL)
        return *(const unsigned char *)a->address == *(const unsigned char *)b->address;
    if (a->ct->op != LFFI_COMPLEX || b->ct->op != LFFI_COMPLEX || a->ct->scope->luajit)
        return false;
    lffi_load_complex(lffi_part_op(a->ct), a->address, &re[0], &im[0]);
    lffi_load_complex(lffi_part_op(b->ct), b->address, &re[1], &im[1]);
    return re[0] == re[1] && im[0] == im[1];
}

/* Of two operands with the same address: whether it stands for the same in both. Code addresses are
 * those of callbacks one after the other. */
static bool same_place(lua_State *L, const struct operands *o)
{
    return o->a.kind != LFFI_ADDRESS_OPERAND ||
           lffi_same_callback(L, o->st, o->a.idx, o->b.idx, o->a.address);
}

/* Without metamethods: numbers by value, everything else by where it points or lies. */
static bool equal_operands(lua_State *L, const struct operands *o)
{
    if (both_numbers(o))
        return lffi_number_compare(o->scope, &o->a, &o->b) == 0;
    if (is_number(&o->a) || is_number(&o->b) || o->a.ct == NULL || o->b.ct == NULL)
        return false;
    if (o->a.address != o->b.address)
        return equal_values(&o->a, &o->b);
    return same_place(L, o);
}

static int cdata_eq(lua_State *L)
{
    struct operands o;
    bool predefined;
    read_operands(L, &o);
    predefined =
        both_numbers(&o) || (o.a.kind == LFFI_ADDRESS_OPERAND && o.b.kind == LFFI_ADDRESS_OPERAND);
    if (!predefined && push_event(L, &o, "__eq"))
        return call_event(L);
    lua_pushboolean(L, equal_operands(L, &o));
    return 1;
}

/* nil is NULL, light userdata and C functions stand for their addresses, booleans for C's bool. */
static bool read_plain(lua_State *L, struct lffi_operand *o)
{
    switch (lua_type(L, o->idx)) {
    case LUA_TNIL: o->address = NULL; break;
    case LUA_TLIGHTUSERDATA: o->address = lua_touserdata(L, o->idx); break;
    case LUA_TFUNCTION: read_function(L, o); return o->kind == LFFI_ADDRESS_OPERAND;
    default: return false;
    }
    o->kind = LFFI_ADDRESS_OPERAND;
    return true;
}

static bool equal_boolean(lua_State *L, const struct lffi_operand *value, int boolean)
{
    return value->ct != NULL && value->ct->op == LFFI_BOOL &&
           (*(const unsigned char *)value->address != 0) == (lua_toboolean(L, boolean) != 0);
}

/* One cdata and one plain Lua value, or an object that stands for an integer. */
static bool equal_mixed(lua_State *L, struct operands *o, struct lffi_operand *value,
                        struct lffi_operand *plain)
{
    if (lua_isboolean(L, plain->idx))
        return equal_boolean(L, value, plain->idx);
    read_enumerator(L, value, plain);
    if (value->kind == LFFI_ADDRESS_OPERAND && read_plain(L, plain))
        return value->address == plain->address && same_place(L, o);
    if (is_number(value) && lua_istable(L, plain->idx))
        read_big_integer(L, o, plain);
    if (o->a.kind != o->b.kind)
        check_room(L, o);
    return both_numbers(o) && lffi_number_compare(o->scope, &o->a, &o->b) == 0;
}

bool lffi_equal(lua_State *L, struct lffi_state *st, int a, int b)
{
    struct operands o = {.st = st};
    read_operand(L, st, a, &o.a);
    read_operand(L, st, b, &o.b);
    if ((o.a.ct == NULL) == (o.b.ct == NULL))
        return lua_compare(L, a, b, LUA_OPEQ) != 0;
    o.scope = o.a.ct != NULL ? o.a.ct->scope : o.b.ct->scope;
    return o.a.ct != NULL ? equal_mixed(L, &o, &o.a, &o.b) : equal_mixed(L, &o, &o.b, &o.a);
}

/* ---- concatenation --------------------------------------------------------------------------- */

/* Pushes what Lua's `..` would take for the operand; false when it takes none. */
static bool push_piece(lua_State *L, const struct lffi_operand *o)
{
    int type = lua_type(L, o->idx);
    if (type == LUA_TSTRING || type == LUA_TNUMBER)
        luaL_tolstring(L, o->idx, NULL);
    else if (o->kind == LFFI_INTEGER_OPERAND)
        lffi_push_integer_text(L, &o->integer);
    else if (o->kind == LFFI_FLOAT_OPERAND)
        lffi_push_real_text(L, o->ct, o->address);
    else
        return false;
    return true;
}

/* In LuaJIT no cdata concatenates without a metamethod. */
static int cdata_concat(lua_State *L)
{
    struct operands o;
    const struct lffi_operand *blamed;
    bool left_fits = false;
    read_operands(L, &o);
    if (push_event(L, &o, "__concat"))
        return call_event(L);
    if (!o.scope->luajit) {
        left_fits = push_piece(L, &o.a);
        if (left_fits && push_piece(L, &o.b)) {
            lua_concat(L, 2);
            return 1;
        }
    } else {
        left_fits = o.a.ct == NULL;
    }
    blamed = left_fits ? &o.b : &o.a;
    return luaL_error(L, "attempt to concatenate a %s value%s", push_name(L, blamed),
                      blamed->ct != NULL ? lffi_push_text_hint(L, blamed->ct) : "");
}

/* ---- the same in place ----------------------------------------------------------------------- */

/* Calls what the left operand's metatype has for the event, if it is a struct, which no operator
 * knows. The
 * metatable stays below. False, with nothing pushed: look closer. */
static bool quick_event(lua_State *L, const struct lffi_cdata *cd, const struct lffi_value *event)
{
    const struct lffi_value *arg;
    if (cd == NULL || !lffi_is_record(cd->ct->op) || cd->ct->base->ref_metatype == LUA_NOREF)
        return false;
    lffi_push_ref(L, cd->ct->scope, cd->ct->base->ref_metatype);
    lffi_place_copy(L, event);
    if (lua_gettable(L, -2) == LUA_TNIL) {
        lua_pop(L, 2);
        return false;
    }
    arg = lffi_arguments(L); /* now: a metatable's __index may have run */
    lffi_place_copy(L, &arg[0]);
    lffi_place_copy(L, &arg[1]);
    lua_callk(L, 2, 1, 0, finish_call);
    return true;
}

/* Upvalues 2 and 3: the operator and its event. */
static int cdata_quick_arith(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    int op = (int)lffi_integer_in_place(lffi_bound_value(arg, 2));
    const struct lffi_cdata *left;
    bool done;
    if (lffi_count_arguments(L, arg) != 2)
        return cdata_arith(L);
    left = lffi_cdata_in_place(lffi_bound(arg), arg);
    if (left != NULL && lffi_is_record(left->ct->op))
        done = quick_event(L, left, lffi_bound_value(arg, 3));
    else if (left != NULL && (left->ct->op == LFFI_POINTER || left->ct->op == LFFI_ARRAY))
        done = lffi_quick_pointer_arith(L, arg, left, op);
    else
        done = lffi_quick_number_arith(L, arg, op);
    return done ? 1 : cdata_arith(L);
}

/* Upvalue 2: the event. */
static int cdata_quick_eq(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    const struct lffi_state *st = lffi_bound(arg);
    const struct lffi_cdata *left = lffi_cdata_in_place(st, arg);
    int order;
    /* of one address the general way tells which callback it is */
    if (!lffi_quick_order(L, arg, &order) || (order == 0 && st->ref_callbacks != 0))
        return lffi_count_arguments(L, arg) == 2 && quick_event(L, left, lffi_bound_value(arg, 2))
                   ? 1
                   : cdata_eq(L);
    lua_pushboolean(L, order == 0);
    return 1;
}

static int cdata_quick_lt(lua_State *L)
{
    int order;
    return lffi_quick_order(L, lffi_arguments(L), &order) ? push_order(L, order, false)
                                                          : cdata_lt(L);
}

static int cdata_quick_le(lua_State *L)
{
    int order;
    return lffi_quick_order(L, lffi_arguments(L), &order) ? push_order(L, order, true)
                                                          : cdata_le(L);
}

/* ---- metatable ------------------------------------------------------------------------------- */

void lffi_arith_metatable(lua_State *L, struct lffi_state *st)
{
    static const luaL_Reg methods[] = {{"__eq", cdata_eq},
                                       {"__lt", cdata_lt},
                                       {"__le", cdata_le},
                                       {"__concat", cdata_concat},
                                       {NULL, NULL}};
    static const luaL_Reg quick[] = {
        {"__lt", cdata_quick_lt}, {"__le", cdata_quick_le}, {NULL, NULL}};
    lua_pushlightuserdata(L, st);
    luaL_setfuncs(L, methods, 1);
    if (lffi_peeks(st)) {
        lua_pushlightuserdata(L, st);
        luaL_setfuncs(L, quick, 1);
        lua_pushlightuserdata(L, st);
        lua_pushliteral(L, "__eq");
        lua_pushcclosure(L, cdata_quick_eq, 2);
        lua_setfield(L, -2, "__eq");
    }
    for (int op = 0; op < ARITH_EVENTS; op++) {
        lua_pushlightuserdata(L, st);
        lua_pushinteger(L, op);
        lua_pushstring(L, arith_event[op]);
        lua_pushcclosure(L, lffi_peeks(st) ? cdata_quick_arith : cdata_arith, 3);
        lua_setfield(L, -2, arith_event[op]);
    }
}
