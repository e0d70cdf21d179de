/* New structs of numbers, from numbers in place: ct(1, 2), ct{x = 1, y = 2}, ct{1, 2}, ct(another);
 * arrays of integers: int[?](n), int[?](n, {1, 2}).
 *
 * Depends on cdata.c for the object. Where a value or key is not plain the object that was begun is
 * garbage, and construct.c begins anew.
 */
#include <string.h>

#include "value/fast.h"
#include "value/operand.h"

static const struct lffi_field *next_field(const struct lffi_fields *fields, uint32_t slot)
{
    return slot != 0 ? &fields->slot[slot - 1] : NULL;
}

static bool put(const struct lffi_field *field, const struct lffi_cdata *cd,
                const struct lffi_value *value)
{
    return lffi_fast_put(field->ct->op, (char *)cd->addr + field->offset, value);
}

/* One value after the other. */
static bool put_values(const struct lffi_fields *fields, const struct lffi_cdata *cd,
                       const struct lffi_value *value, ptrdiff_t n)
{
    const struct lffi_field *field = next_field(fields, fields->first);
    for (; n > 0; n--, value++) {
        if (field == NULL || !put(field, cd, value))
            return false;
        field = next_field(fields, field->next);
    }
    return true;
}

/* The values of the table at index 2, all by name or all by position from 1; the table's keys are
 * met in any order, but those of a list nearly always in theirs. */
static bool put_table(lua_State *L, const struct lffi_fields *fields, const struct lffi_cdata *cd)
{
    const struct lffi_field *next = next_field(fields, fields->first);
    lua_Integer count = 0;
    bool names = false;
    if (lua_getmetatable(L, 2)) {
        lua_pop(L, 1);
        return false;
    }
    lua_pushnil(L);
    while (lua_next(L, 2) != 0) {
        const struct lffi_field *field;
        const struct lffi_value *value;
        const char *name;
        lua_Integer key;
        value = lffi_next_name_in_place(L, &name);
        if (value != NULL) {
            field = lffi_interned_field(fields, name);
            names = true;
        } else {
            value = lffi_next_in_place(L, &key);
            field = next;
            if (value == NULL || key != ++count || field == NULL)
                return false;
            next = next_field(fields, field->next);
        }
        if (field == NULL || (names && count > 0) || !put(field, cd, value))
            return false;
        lffi_drop_from(L, value);
    }
    return true;
}

/* As many elements as the table at index 3 has, which are all of them and more than one: a single
 * one may stand for all. */
static bool put_list(lua_State *L, const struct lffi_ctype *element, char *addr, lua_Integer count)
{
    lua_Integer n = 0;
    lua_Integer key;
    if (count < 2 || lua_type(L, 3) != LUA_TTABLE || lua_getmetatable(L, 3))
        return false;
    lua_pushnil(L);
    while (lua_next(L, 3) != 0) {
        const struct lffi_value *value = lffi_next_in_place(L, &key);
        if (value == NULL || key != ++n || n > count || !lffi_fast_put(element->op, addr, value))
            return false;
        addr += element->size;
        lffi_drop_from(L, value);
    }
    return n == count;
}

bool lffi_quick_array(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n)
{
    enum { MOST = 1 << 16 };
    const struct lffi_ctype *element = ct->target;
    const struct lffi_value *first = lffi_arguments(L) + 1;
    lua_Integer count;
    char *addr;
    if (ct->type->count != CDECL_COUNT_VLA || n < 1 || n > 2 || !lffi_is_word(element->op) ||
        lffi_kind_in_place(first) != LFFI_IS_INTEGER || ct->type->refusal != CDECL_USABLE)
        return false;
    count = lffi_integer_in_place(first);
    if (count < 1 || count > MOST)
        return false;
    addr = lffi_new(L, ct, (uint64_t)count * element->size)->addr;
    if (n == 1 || put_list(L, element, addr, count))
        return true;
    lua_settop(L, (int)n + 1);
    return false;
}

/* A struct of the same type, of which no pointer keeps anything. */
static bool put_copy(const struct lffi_state *st, const struct lffi_cdata *cd,
                     const struct lffi_value *value)
{
    const struct lffi_cdata *from = lffi_cdata_in_place(st, value);
    const struct lffi_ctype *base = cd->ct->base;
    if (from == NULL || from->ct->base != base || base->keeps_table || base->nplaces > 0 ||
        st->keeps_apart)
        return false;
    memcpy(cd->addr, from->addr, (size_t)base->size);
    return true;
}

bool lffi_quick_construct(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n)
{
    const struct lffi_fields *fields = ct->base->fields;
    const struct lffi_cdata *cd;
    const struct lffi_value *first;
    bool done;
    if (fields == NULL || !fields->flat)
        return false;
    cd = lffi_new(L, ct, ct->size);
    first = lffi_arguments(L) + 1; /* now: the collector may have moved the stack */
    if (n == 1 && lua_type(L, 2) == LUA_TTABLE)
        done = put_table(L, fields, cd);
    else if (n == 1 && lffi_kind_in_place(first) == LFFI_IS_USERDATA)
        done = put_copy(ct->scope->st, cd, first);
    else
        done = put_values(fields, cd, first, n);
    if (!done)
        lua_settop(L, (int)n + 1);
    return done;
}
