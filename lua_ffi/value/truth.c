/* What becomes a bool: booleans, and under the policies that convert what C calls true
 * (docs/design.md S1).
 *
 * Depends on the loads of floats.c and on integer.c for numbers, on refuse.c; owns nothing.
 */
#include "value/refuse.h"
#include "value/value.h"

bool lffi_to_boolean(lua_State *L, struct lffi_state *st, int idx, bool *truth)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    bool is_cdata = cd != NULL && cd->ct->op == LFFI_BOOL;
    *truth = is_cdata ? *(const uint8_t *)cd->addr != 0 : lua_toboolean(L, idx);
    return is_cdata || lua_type(L, idx) == LUA_TBOOLEAN;
}

/* C's truth of a number or numeric cdata, for the policies that convert. */
static bool number_truth(lua_State *L, struct lffi_ctype *ct, int idx,
                         const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    struct lffi_integer value;
    bool fraction = false;
    lffi_real re, im;
    if (lua_type(L, idx) == LUA_TNUMBER)
        return !(lua_tonumber(L, idx) == 0);
    if (cd != NULL && lffi_is_float(cd->ct->op))
        return !(lffi_load_float(cd->ct->op, cd->addr) == 0);
    if (cd != NULL && cd->ct->op == LFFI_COMPLEX) {
        lffi_load_complex(lffi_part_op(cd->ct), cd->addr, &re, &im);
        return !(re == 0 && im == 0);
    }
    if (!lffi_to_integer(L, ct->scope->st, idx, &value, &fraction))
        lffi_mismatch(L, ct, idx, where);
    return fraction || value.bits != 0 || value.beyond;
}

bool lffi_truth_of(lua_State *L, struct lffi_ctype *ct, int idx, const struct lffi_where *where)
{
    bool truth;
    if (lffi_to_boolean(L, ct->scope->st, idx, &truth))
        return truth;
    if (!where->cast && where->policy != LFFI_WRAP)
        lffi_mismatch(L, ct, idx, where);
    return number_truth(L, ct, idx, where);
}
