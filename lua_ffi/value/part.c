/* The parts of a cdata: which member a name means, which element an index, where they lie and of
 * what type.
 *
 * Depends on ctype.c for member tables and cdata.c for lengths. Nothing is owned here: a part lies
 * in the memory of the cdata it was asked of.
 */
#include <string.h>

#include "value/part.h"

/* ---- members --------------------------------------------------------------------------------- */

/* The struct or union whose members names mean: the value itself or what it points to, one level.
 * NULL when there is none, or when it is incomplete. */
struct lffi_ctype *lffi_record_of(const struct lffi_cdata *cd)
{
    struct lffi_ctype *ct = cd->ct->op == LFFI_POINTER ? cd->ct->target : cd->ct;
    return lffi_is_record(ct->op) && (ct->complete || lffi_is_complete(ct)) ? ct : NULL;
}

/* Start of the struct; `name`: the member wanted, for the error. */
unsigned char *lffi_record_address(lua_State *L, const struct lffi_cdata *cd, const char *name)
{
    unsigned char *base = cd->addr;
    if (cd->ct->op == LFFI_POINTER) {
        base = lffi_pointer_value(cd);
        if (base == NULL)
            luaL_error(L, "null pointer: cannot index '%s' with '%s'", lffi_type_text(L, cd->ct),
                       name);
    }
    return base;
}

/* The type of a member, const when the struct around it is: a view must refuse what the struct
 * does. */
static struct lffi_ctype *member_type(lua_State *L, const struct lffi_ctype *record,
                                      const struct lffi_field *field)
{
    if (!record->constant || field->ct->constant)
        return field->ct;
    return lffi_qualified(L, field->ct, CDECL_CONST);
}

void lffi_load_member(lua_State *L, const struct lffi_cdata *cd, const struct lffi_ctype *record,
                      const struct lffi_field *field)
{
    const unsigned char *base = lffi_record_address(L, cd, field->key);
    struct lffi_ctype *ct = field->ct;
    if (field->is_bits) {
        lffi_load_bits(L, field, base);
        return;
    }
    if (lffi_is_aggregate(ct->op))
        ct = member_type(L, record, field);
    lffi_load(L, ct, base + field->offset, 1);
}

/* ---- elements -------------------------------------------------------------------------------- */

static bool has_elements(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_POINTER || ct->op == LFFI_ARRAY || ct->op == LFFI_VECTOR ||
           ct->op == LFFI_COMPLEX;
}

/* Float cdata are no indices, as in LuaJIT. */
static bool is_float_cdata(lua_State *L, struct lffi_state *st, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    return cd != NULL && lffi_is_float(cd->ct->op);
}

/* A key that is no Lua integer: integral floats, boxed integers, enums, big integers. False: no
 * number at all. */
static bool convert_index(lua_State *L, const struct lffi_ctype *ct, int64_t *index)
{
    struct lffi_integer value;
    lffi_wide bits;
    bool fraction = false;
    int exact = 0;
    if (lua_type(L, 2) == LUA_TSTRING)
        return false;
    *index = lua_tointegerx(L, 2, &exact);
    if (exact)
        return true;
    if (lua_type(L, 2) == LUA_TNUMBER && !(lua_tonumber(L, 2) - lua_tonumber(L, 2) == 0))
        lffi_index_error(L, "is not an integer"); /* an infinity or NaN */
    if (is_float_cdata(L, ct->scope->st, 2) ||
        !lffi_to_integer(L, ct->scope->st, 2, &value, &fraction))
        return false;
    if (fraction && !ct->scope->luajit)
        lffi_index_error(L, "is not an integer");
    if (!lffi_integer_reduce(&value, 64, true, LFFI_STRICT, &bits))
        lffi_index_error(L, "is out of range");
    *index = (int64_t)bits;
    return true;
}

static uint64_t element_count(lua_State *L, const struct lffi_cdata *cd)
{
    if (cd->ct->op == LFFI_COMPLEX)
        return 2;
    if (!cd->ct->scope->bounds || cd->ct->op == LFFI_POINTER)
        return UINT64_MAX;
    if (cd->ct->type->count < CDECL_COUNT_VLA)
        return cd->ct->type->count;
    return lffi_length(L, 1, cd);
}

/* Resolves the key at index 2 to an element; false when the value has none or the key is no number.
 */
bool lffi_find_element(lua_State *L, const struct lffi_cdata *cd, struct lffi_element *e)
{
    unsigned char *base = cd->addr;
    uint64_t count;
    if (!has_elements(cd->ct) || !convert_index(L, cd->ct, &e->index))
        return false;
    e->ct = cd->ct->op == LFFI_COMPLEX ? lffi_complex_part(L, cd->ct) : cd->ct->target;
    if (cd->ct->op == LFFI_POINTER) {
        base = lffi_pointer_value(cd);
        if (base == NULL)
            luaL_error(L, "null pointer: cannot index '%s'", lffi_type_text(L, cd->ct));
    }
    if (e->ct->op == LFFI_VOID)
        lffi_no_elements(L, cd->ct);
    count = element_count(L, cd);
    if (count != UINT64_MAX && (uint64_t)e->index >= count)
        lffi_out_of_bounds(L, cd->ct);
    if (count == UINT64_MAX)
        lffi_check_walk(L, cd->ct, e->index);
    /* Computed as C does through a pointer: modulo the address space. */
    e->addr = (unsigned char *)((uintptr_t)base +
                                (uintptr_t)((uint64_t)e->index * lffi_sizeof(L, e->ct)));
    return true;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void push_member_address(lua_State *L, const struct lffi_cdata *cd,
                                struct lffi_ctype *record)
{
    const struct lffi_field *field = lffi_find_field(L, record, 2);
    const char *name = lua_tostring(L, 2);
    unsigned char *base;
    if (field == NULL)
        lffi_no_member(L, record, name);
    if (field->is_bits)
        luaL_error(L, "bit-field '%s' of '%s' has no address", name, lffi_type_text(L, record));
    base = lffi_record_address(L, cd, name);
    lffi_push_pointer(L, lffi_pointer_to(L, member_type(L, record, field)), base + field->offset,
                      1);
}

void lffi_push_part_address(lua_State *L, struct lffi_cdata *cd)
{
    struct lffi_ctype *record = lffi_record_of(cd);
    struct lffi_element e;
    if (lua_type(L, 2) == LUA_TSTRING && record != NULL)
        push_member_address(L, cd, record);
    else if ((cd->ct->op != LFFI_ARRAY && cd->ct->op != LFFI_POINTER) ||
             !lffi_find_element(L, cd, &e))
        lffi_no_index(L, cd);
    else
        lffi_push_pointer(L, lffi_pointer_to(L, e.ct), e.addr, 1);
}

/* ---- failures -------------------------------------------------------------------------------- */

/* Of structs, or of pointers to them: one level more than names mean. */
static bool is_list_of_records(const struct lffi_ctype *ct)
{
    const struct lffi_ctype *element;
    if (ct->op != LFFI_ARRAY && ct->op != LFFI_POINTER)
        return false;
    element = ct->target;
    return lffi_is_record(element->op) ||
           (element->op == LFFI_POINTER && lffi_is_record(element->target->op));
}

/* The key at index 2 finds nothing in a value of type ct. */
_Noreturn void lffi_no_index(lua_State *L, struct lffi_cdata *cd)
{
    struct lffi_ctype *ct = cd->ct;
    struct lffi_ctype *record = ct->op == LFFI_POINTER ? ct->target : ct;
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    if (key != NULL && lffi_is_record(record->op)) {
        lffi_sizeof(L, record);
        lffi_no_member(L, record, key);
    }
    if (key != NULL && is_list_of_records(ct))
        luaL_error(L, "'%s' has no member '%s' (index an element first)", lffi_type_text(L, ct),
                   key);
    if (key != NULL)
        luaL_error(L, "'%s' has no member '%s'%s", lffi_type_text(L, ct), key,
                   lffi_push_text_hint(L, ct));
    lffi_cannot_index(L, ct);
}
