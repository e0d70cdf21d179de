/* What becomes a vector, its own type aside (docs/design.md S2, S17).
 *
 * Depends on convert.c for the elements; owns nothing.
 */
#include <string.h>

#include "value/value.h"

/* A number is every element of a vector, as it is the operand of C's vector arithmetic. */
static void fill(lua_State *L, struct lffi_ctype *ct, char *dst, int idx,
                 const struct lffi_where *where)
{
    char element[16];
    size_t size = (size_t)ct->target->size;
    lffi_store(L, ct->target, element, idx, where);
    for (uint64_t i = 0; i < ct->type->count; i++)
        memcpy(dst + i * size, element, size);
}

/* LuaJIT takes the bytes of any vector of the same size, and numbers also in a cdata. */
static bool store_luajit(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                         const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    if (cd == NULL)
        return false;
    if (cd->ct->op == LFFI_VECTOR && cd->ct->size == ct->size)
        memmove(dst, cd->addr, (size_t)ct->size);
    else if (lffi_is_integral(cd->ct->op) || lffi_is_float(cd->ct->op) ||
             cd->ct->op == LFFI_COMPLEX)
        fill(L, ct, dst, idx, where);
    else
        return false;
    return true;
}

bool lffi_store_vector(lua_State *L, struct lffi_ctype *ct, void *dst, int idx,
                       const struct lffi_where *where)
{
    if (lua_type(L, idx) != LUA_TNUMBER)
        return ct->scope->luajit && store_luajit(L, ct, dst, idx, where);
    fill(L, ct, dst, idx, where);
    return true;
}
