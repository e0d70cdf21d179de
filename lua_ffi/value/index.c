/* Members and elements of C values: what `v.name`, `v[i]`, their assignments and pairs(v) mean.
 *
 * Depends on ctype.c for member tables, cdata.c for owners and convert.c for the bytes. Nothing is
 * allocated here but the views that convert.c makes; a view keeps the cdata it came from alive.
 */
#include <string.h>

#include "object/argument.h"
#include "object/scope.h"
#include "value/fast.h"
#include "value/operand.h"
#include "value/part.h"

/* ---- metatypes and failures ------------------------------------------------------------------ */

static int return_one(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 1;
}

static int return_none(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 0;
}

static int index_metatype(lua_State *L, struct lffi_cdata *cd)
{
    if (!lffi_push_metamethod(L, cd->ct, "__index"))
        lffi_no_index(L, cd);
    if (lua_isfunction(L, -1)) {
        lua_pushvalue(L, 1);
        lua_pushvalue(L, 2);
        lua_callk(L, 2, 1, 0, return_one);
    } else {
        if (!lffi_answer(L, cd->ct->scope, 2))
            lffi_no_index(L, cd);
    }
    return 1;
}

/* LuaJIT asks no metatype what to write into an object that is const. */
static void check_luajit_const(lua_State *L, const struct lffi_cdata *cd)
{
    const struct lffi_ctype *ct = cd->ct->op == LFFI_POINTER ? cd->ct->target : cd->ct;
    if (ct->scope->luajit && lffi_is_record(ct->op) && ct->constant)
        luaL_error(L, "attempt to write to constant '%s'", lffi_type_text(L, ct));
}

static int newindex_metatype(lua_State *L, struct lffi_cdata *cd)
{
    check_luajit_const(L, cd);
    if (!lffi_push_metamethod(L, cd->ct, "__newindex"))
        lffi_no_index(L, cd);
    if (lua_isfunction(L, -1)) {
        lua_pushvalue(L, 1);
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 3);
        lua_callk(L, 3, 0, 0, return_none);
    } else {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 3);
        lua_settable(L, -3);
    }
    return 0;
}

/* ---- members --------------------------------------------------------------------------------- */

/* Pushes the owner of the memory at `addr` behind the cdata at index 1, where a stored `ct` may
 * have to keep Lua values alive; returns its index, 0 when there is no need or the memory is not
 * Lua's. */
static int push_owner(lua_State *L, const struct lffi_ctype *ct, const void *addr)
{
    bool keeps = ct->op == LFFI_POINTER || ct->op == LFFI_ARRAY || lffi_is_record(ct->op);
    return keeps && lffi_push_block(L, 1, addr) ? lua_gettop(L) : 0;
}

/* The number of elements that the value at index 3 stores in an open end: of an array those it was
 * made with, of another open end as many as are declared. A T[1] takes no more than it is given:
 * other members may follow it, of the next element of an array of such structs. */
static uint64_t stored_length(lua_State *L, const struct lffi_field *field, uint64_t room)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, field->ct->scope->st, 3);
    bool one = field->member->type->count == 1;
    uint64_t length = room;
    if (one && room == UINT64_MAX)
        return 1;
    if (cd != NULL && cd->ct->op == LFFI_ARRAY)
        length = one && !lffi_is_definite(L, 3, cd) ? 1 : lffi_length(L, 3, cd);
    else if (one && lffi_initialiser_length(L, field->ct, 3, &length) && length == 0)
        length = 1;
    return length < room ? length : room;
}

/* The type to store by: an open-ended array gets the length that the value, its memory or its
 * declaration has. */
static struct lffi_ctype *stored_type(lua_State *L, const struct lffi_field *field, void *addr)
{
    struct lffi_ctype *ct = field->ct;
    uint64_t length;
    if (!lffi_is_open_array(ct))
        return ct;
    length = lffi_length(L, -1, lffi_push_view(L, ct, addr, 1));
    lua_pop(L, 1);
    length = stored_length(L, field, length);
    if (length == UINT64_MAX)
        luaL_error(L, "length of '%s' is unknown", lffi_type_text(L, ct));
    return lffi_array_of(L, ct->target, length);
}

static void store_member(lua_State *L, const struct lffi_cdata *cd, const struct lffi_ctype *record,
                         const struct lffi_field *field)
{
    unsigned char *base = lffi_record_address(L, cd, field->key);
    struct lffi_where where = {.place = LFFI_TO_FIELD, .policy = record->scope->policy};
    if (record->constant || lffi_is_fixed(field->ct))
        luaL_error(L, "attempt to write to constant member '%s' of '%s'", field->key,
                   lffi_type_text(L, record));
    where.name = field->key;
    where.of = record->type->unqual;
    where.owner_idx = push_owner(L, field->ct, base + field->offset);
    if (field->is_bits)
        lffi_store_bits(L, field, base, 3, &where);
    else
        lffi_store(L, stored_type(L, field, base + field->offset), base + field->offset, 3, &where);
}

/* A static constant declared in the struct, named by the key at index 2; pushes it and returns true
 * when there is one. */
static bool push_constant(lua_State *L, const struct lffi_ctype *record)
{
    const struct cdecl_decl *found = lffi_find_constant(L, record, 2);
    if (found == NULL)
        return false;
    lffi_push_constant(L, record->scope, found);
    return true;
}

/* ---- elements -------------------------------------------------------------------------------- */

/* Elements of vectors and complex numbers are read only: reading such a value out of a struct makes
 * a copy, and a write into the copy would be lost without a word. */
static void store_element(lua_State *L, const struct lffi_cdata *cd, const struct lffi_element *e)
{
    struct lffi_where where = {.place = LFFI_TO_ELEMENT, .policy = cd->ct->scope->policy};
    if (lffi_is_fixed(e->ct) || cd->ct->op == LFFI_VECTOR || cd->ct->op == LFFI_COMPLEX ||
        (cd->ct->op == LFFI_ARRAY && cd->ct->constant))
        luaL_error(L, "attempt to write to constant element of '%s'", lffi_type_text(L, cd->ct));
    where.of = cd->ct->type;
    where.index = e->index;
    where.owner_idx = push_owner(L, e->ct, e->addr);
    lffi_store(L, e->ct, e->addr, 3, &where);
}

/* ---- names on other values ------------------------------------------------------------------- */

/* Offset of "re" or "im" within a complex number, SIZE_MAX for other names. */
static size_t part_offset(const struct lffi_ctype *ct, const char *name)
{
    if (strcmp(name, "re") == 0)
        return 0;
    return strcmp(name, "im") == 0 ? (size_t)ct->size / 2 : SIZE_MAX;
}

/* Parts of complex numbers, methods of function pointers; pushes and returns true when found. */
static bool push_special(lua_State *L, const struct lffi_cdata *cd, const char *name)
{
    if (cd->ct->op == LFFI_COMPLEX) {
        size_t offset = part_offset(cd->ct, name);
        if (offset == SIZE_MAX)
            return false;
        lffi_load(L, lffi_complex_part(L, cd->ct), (const char *)cd->addr + offset, 0);
        return true;
    }
    return cd->ct->op == LFFI_POINTER && cd->ct->target->op == LFFI_FUNCTION &&
           lffi_push_callback_method(L, cd->ct, name);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int index_name(lua_State *L, struct lffi_cdata *cd)
{
    const struct lffi_field *field;
    struct lffi_ctype *record = lffi_record_of(cd);
    if (record != NULL) {
        field = lffi_find_field(L, record, 2);
        if (field != NULL) {
            lffi_load_member(L, cd, record, field);
            return 1;
        }
        if (push_constant(L, record))
            return 1;
    } else if (push_special(L, cd, lua_tostring(L, 2))) {
        return 1;
    }
    return index_metatype(L, cd);
}

/* ---- the commonest parts --------------------------------------------------------------------- */

/* A member, or an element with a Lua integer as key, where nothing can be wrong but the value: what
 * lies at the address that is returned is a `*ct`. NULL: the general way decides. */
static LFFI_INLINE unsigned char *quick_member(const struct lffi_cdata *cd, const char *key,
                                               bool writing, struct lffi_ctype **ct)
{
    const struct lffi_ctype *record = cd->ct;
    const struct lffi_fields *fields;
    const struct lffi_field *field;
    unsigned char *base = cd->addr;
    if (record->op == LFFI_POINTER) {
        record = record->target;
        base = lffi_pointer_value(cd);
    }
    fields = record->base->fields;
    if (fields == NULL || base == NULL || !lffi_is_record(record->op))
        return NULL;
    field = lffi_interned_field(fields, key);
    if (field == NULL || field->is_bits)
        return NULL;
    *ct = field->ct;
    if (record->constant && (writing || lffi_is_aggregate(field->ct->op)))
        return NULL; /* a view is const as well */
    return base + field->offset;
}

/* Elements behind a pointer are not counted; the one that ipairs reads first asks for it. */
static LFFI_INLINE unsigned char *quick_element(const struct lffi_cdata *cd, lua_Integer index,
                                                bool writing, struct lffi_ctype **ct)
{
    const struct lffi_ctype *owner = cd->ct;
    struct lffi_ctype *element = owner->target;
    unsigned char *base = cd->addr;
    if (owner->op == LFFI_ARRAY) {
        if ((uint64_t)index >= owner->type->count || owner->type->count >= CDECL_COUNT_VLA ||
            (writing && owner->constant))
            return NULL;
    } else if (owner->op == LFFI_POINTER) {
        base = lffi_pointer_value(cd);
        if (base == NULL || index == 1 || !element->complete || element->op == LFFI_VOID ||
            element->op == LFFI_FUNCTION)
            return NULL;
    } else {
        return NULL;
    }
    *ct = element;
    return base + (uint64_t)index * element->size;
}

static LFFI_INLINE unsigned char *quick_part(const struct lffi_value *arg, bool writing,
                                             struct lffi_ctype **ct)
{
    const struct lffi_cdata *cd = lffi_cdata_in_place(lffi_bound(arg), &arg[0]);
    if (cd == NULL)
        return NULL;
    if (lffi_kind_in_place(&arg[1]) == LFFI_IS_NAME)
        return quick_member(cd, lffi_text_in_place(&arg[1]), writing, ct);
    if (lffi_kind_in_place(&arg[1]) == LFFI_IS_INTEGER)
        return quick_element(cd, lffi_integer_in_place(&arg[1]), writing, ct);
    return NULL;
}

/* ---- metamethods ----------------------------------------------------------------------------- */

/* The struct with a table of members that the first argument is or points to, when the second is a
 * name; NULL: something else. */
static const struct lffi_ctype *named_record(const struct lffi_value *arg,
                                             const struct lffi_cdata **cd)
{
    const struct lffi_ctype *record;
    *cd = lffi_cdata_in_place(lffi_bound(arg), arg);
    if (*cd == NULL || lffi_kind_in_place(&arg[1]) != LFFI_IS_NAME)
        return NULL;
    record = (*cd)->ct->op == LFFI_POINTER ? (*cd)->ct->target : (*cd)->ct;
    return lffi_is_record(record->op) && record->base->fields != NULL ? record : NULL;
}

/* What the metatype of a struct without constants has for a name that is no member: its __index is
 * a table mostly. False, with nothing pushed: the general way decides. */
static bool quick_metatype(lua_State *L, const struct lffi_ctype *record)
{
    if (record->base->ref_metatype == LUA_NOREF || record->type->tag->nconstants > 0)
        return false;
    lffi_push_ref(L, record->scope, record->base->ref_metatype);
    lffi_place_kept(L, &record->scope->st->name_index);
    if (lua_gettable(L, -2) == LUA_TTABLE) {
        lffi_place_copy(L, &lffi_arguments(L)[1]);
        if (lua_gettable(L, -2) != LUA_TNIL)
            return true;
    }
    lua_settop(L, 2);
    return false;
}

/* Bit-fields, methods. */
static LFFI_NOINLINE bool quick_rest(lua_State *L, const struct lffi_value *arg)
{
    const struct lffi_cdata *cd;
    const struct lffi_ctype *record = named_record(arg, &cd);
    const struct lffi_field *field;
    const unsigned char *base;
    if (record == NULL)
        return false;
    field = lffi_interned_field(record->base->fields, lffi_text_in_place(&arg[1]));
    if (field == NULL)
        return quick_metatype(L, record);
    base = cd->ct->op == LFFI_POINTER ? lffi_pointer_value(cd) : cd->addr;
    if (!field->is_bits || base == NULL)
        return false;
    lffi_load_bits(L, field, base);
    return true;
}

static LFFI_NOINLINE bool quick_store_bits(const struct lffi_value *arg)
{
    const struct lffi_cdata *cd;
    const struct lffi_ctype *record = named_record(arg, &cd);
    const struct lffi_field *field;
    unsigned char *base;
    if (record == NULL || record->constant || lffi_kind_in_place(&arg[2]) != LFFI_IS_INTEGER)
        return false;
    field = lffi_interned_field(record->base->fields, lffi_text_in_place(&arg[1]));
    base = cd->ct->op == LFFI_POINTER ? lffi_pointer_value(cd) : cd->addr;
    return field != NULL && field->is_bits && !field->ct->constant && base != NULL &&
           lffi_quick_store_bits(field, base, lffi_integer_in_place(&arg[2]));
}

static int cdata_index(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    struct lffi_element e;
    if (lua_type(L, 2) == LUA_TSTRING)
        return index_name(L, cd);
    if (!lffi_find_element(L, cd, &e))
        return index_metatype(L, cd);
    lffi_load(L, e.ct, e.addr, 1);
    return 1;
}

/* The same where arguments may be read in place. */
static int cdata_quick_index(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    struct lffi_ctype *ct;
    const void *src = quick_part(arg, false, &ct);
    if (src == NULL)
        return quick_rest(L, arg) ? 1 : cdata_index(L);
    if (ct->op == LFFI_POINTER)
        lffi_load_pointer(L, ct, src, 1);
    else if (!lffi_fast_load(L, ct->op, src))
        lffi_load(L, ct, src, 1);
    return 1;
}

static int newindex_name(lua_State *L, struct lffi_cdata *cd)
{
    const char *name = lua_tostring(L, 2);
    const struct lffi_field *field;
    struct lffi_ctype *record = lffi_record_of(cd);
    if (record != NULL) {
        field = lffi_find_field(L, record, 2);
        if (field != NULL) {
            store_member(L, cd, record, field);
            return 0;
        }
        if (push_constant(L, record))
            return luaL_error(L, "attempt to write to constant member '%s' of '%s'", name,
                              lffi_type_text(L, record));
    } else if (cd->ct->op == LFFI_COMPLEX && part_offset(cd->ct, name) != SIZE_MAX) {
        return luaL_error(L, "attempt to write to constant member '%s' of '%s'", name,
                          lffi_type_text(L, cd->ct));
    }
    return newindex_metatype(L, cd);
}

static int cdata_newindex(lua_State *L)
{
    struct lffi_cdata *cd = lffi_self_cdata(L);
    struct lffi_element e;
    if (lua_type(L, 2) == LUA_TSTRING)
        return newindex_name(L, cd);
    if (!lffi_find_element(L, cd, &e))
        return newindex_metatype(L, cd);
    store_element(L, cd, &e);
    return 0;
}

static int cdata_quick_newindex(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    struct lffi_ctype *ct;
    void *dst = quick_part(arg, true, &ct);
    if (dst != NULL && !ct->constant &&
        (lffi_fast_put(ct->op, dst, &arg[2]) || lffi_quick_store(L, arg, ct, dst)))
        return 0;
    return dst == NULL && quick_store_bits(arg) ? 0 : cdata_newindex(L);
}

void lffi_index_metatable(lua_State *L, struct lffi_state *st)
{
    static const struct lffi_public quick[] = {{"__index", cdata_quick_index, LFFI_ANY},
                                               {"__newindex", cdata_quick_newindex, LFFI_ANY},
                                               {NULL, NULL, 0}};
    static const struct lffi_public methods[] = {{"__index", cdata_index, LFFI_ANY},
                                                 {"__newindex", cdata_newindex, LFFI_ANY},
                                                 {"__pairs", lffi_pairs, LFFI_ANY},
                                                 {NULL, NULL, 0}};
    lffi_add_functions(L, st, methods, 0);
    if (lffi_peeks(st))
        lffi_add_functions(L, st, quick, 0);
}
