/* Members and elements of C values: what `v.name`, `v[i]`, their assignments and pairs(v) mean.
 *
 * Depends on ctype.c for member tables, cdata.c for owners and convert.c for the bytes. Nothing is
 * allocated here but the views that convert.c makes; a view keeps the cdata it came from alive.
 */
#include <string.h>

#include "value/fast.h"

static void *pointer_value(const struct lffi_cdata *cd)
{
    void *value;
    memcpy(&value, cd->addr, sizeof value);
    return value;
}

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
static _Noreturn void no_index(lua_State *L, struct lffi_cdata *cd)
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
    luaL_error(L, "cannot index '%s' with %s", lffi_type_text(L, ct),
               lffi_push_kind_of(L, ct->scope->st, 2));
    abort();
}

static int index_metatype(lua_State *L, struct lffi_cdata *cd)
{
    if (!lffi_push_metamethod(L, cd->ct, "__index"))
        no_index(L, cd);
    if (lua_isfunction(L, -1)) {
        lua_pushvalue(L, 1);
        lua_pushvalue(L, 2);
        lua_callk(L, 2, 1, 0, return_one);
    } else {
        if (!lffi_answer(L, cd->ct->scope, 2))
            no_index(L, cd);
    }
    return 1;
}

static int newindex_metatype(lua_State *L, struct lffi_cdata *cd)
{
    if (!lffi_push_metamethod(L, cd->ct, "__newindex"))
        no_index(L, cd);
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

/* The struct or union whose members names mean: the value itself or what it points to, one level.
 * NULL when there is none, or when it is incomplete. */
static struct lffi_ctype *record_of(const struct lffi_cdata *cd)
{
    struct lffi_ctype *ct = cd->ct->op == LFFI_POINTER ? cd->ct->target : cd->ct;
    return lffi_is_record(ct->op) && (ct->complete || lffi_is_complete(ct)) ? ct : NULL;
}

/* Start of the struct; `name`: the member wanted, for the error. */
static unsigned char *record_address(lua_State *L, const struct lffi_cdata *cd, const char *name)
{
    unsigned char *base = cd->addr;
    if (cd->ct->op == LFFI_POINTER) {
        base = pointer_value(cd);
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

static void load_member(lua_State *L, const struct lffi_cdata *cd, const struct lffi_ctype *record,
                        const struct lffi_field *field)
{
    const unsigned char *base = record_address(L, cd, field->key);
    struct lffi_ctype *ct = field->ct;
    if (field->is_bits) {
        lffi_load_bits(L, field, base);
        return;
    }
    if (lffi_is_aggregate(ct->op))
        ct = member_type(L, record, field);
    lffi_load(L, ct, base + field->offset, 1);
}

/* Pushes the owner of the memory at `addr` behind the cdata at index 1, where a stored `ct` may
 * have to keep Lua values alive; returns its index, 0 when there is no need or the memory is not
 * Lua's. */
static int push_owner(lua_State *L, const struct lffi_ctype *ct, const void *addr)
{
    bool keeps = ct->op == LFFI_POINTER || ct->op == LFFI_ARRAY || lffi_is_record(ct->op);
    return keeps && lffi_push_block(L, 1, addr) ? lua_gettop(L) : 0;
}

/* The type to store by: an open-ended array gets the length that its memory or its declaration has.
 */
static struct lffi_ctype *stored_type(lua_State *L, const struct lffi_field *field, void *addr)
{
    struct lffi_ctype *ct = field->ct;
    const struct cdecl_type *declared = field->member->type;
    uint64_t length;
    if (!lffi_is_open_array(ct))
        return ct;
    length = lffi_length(L, -1, lffi_push_view(L, ct, addr, 1));
    lua_pop(L, 1);
    if (length == UINT64_MAX && declared->count != 1)
        luaL_error(L, "length of '%s' is unknown", lffi_type_text(L, ct));
    return lffi_array_of(L, ct->target, length == UINT64_MAX ? 1 : length);
}

static void store_member(lua_State *L, const struct lffi_cdata *cd, const struct lffi_ctype *record,
                         const struct lffi_field *field)
{
    unsigned char *base = record_address(L, cd, field->key);
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

struct element {
    struct lffi_ctype *ct;
    unsigned char *addr;
    int64_t index;
};

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
    unsigned __int128 bits;
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
static bool find_element(lua_State *L, const struct lffi_cdata *cd, struct element *e)
{
    unsigned char *base = cd->addr;
    uint64_t count;
    if (!has_elements(cd->ct) || !convert_index(L, cd->ct, &e->index))
        return false;
    e->ct = cd->ct->op == LFFI_COMPLEX ? lffi_complex_part(L, cd->ct) : cd->ct->target;
    if (cd->ct->op == LFFI_POINTER) {
        base = pointer_value(cd);
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
    e->addr = (unsigned char *)((uintptr_t)base + (uintptr_t)e->index * lffi_sizeof(L, e->ct));
    return true;
}

/* Elements of vectors and complex numbers are read only: reading such a value out of a struct makes
 * a copy, and a write into the copy would be lost without a word. */
static void store_element(lua_State *L, const struct lffi_cdata *cd, const struct element *e)
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

/* ---- metamethods ----------------------------------------------------------------------------- */

/* Argument 1 is a cdata here: the metatable is protected, so only the virtual machine calls these.
 */

static int index_name(lua_State *L, struct lffi_cdata *cd)
{
    const struct lffi_field *field;
    struct lffi_ctype *record = record_of(cd);
    if (record != NULL) {
        field = lffi_find_field(L, record, 2);
        if (field != NULL) {
            load_member(L, cd, record, field);
            return 1;
        }
        if (push_constant(L, record))
            return 1;
    } else if (push_special(L, cd, lua_tostring(L, 2))) {
        return 1;
    }
    return index_metatype(L, cd);
}

/* The commonest reads and writes: a number of a struct's member, or an element of an array with a
 * Lua integer as key, where nothing can be wrong. NULL: the general way decides. */
static inline void *quick_member(const struct lffi_cdata *cd, const char *key, bool writing,
                                 uint8_t *op)
{
    const struct lffi_ctype *record = cd->ct;
    const struct lffi_fields *fields;
    const struct lffi_field *field;
    unsigned char *base = cd->addr;
    if (record->op == LFFI_POINTER) {
        record = record->target;
        base = pointer_value(cd);
    }
    fields = record->base->fields;
    if (fields == NULL || base == NULL || !lffi_is_record(record->op))
        return NULL;
    field = lffi_interned_field(fields, key);
    if (field == NULL || field->is_bits)
        return NULL;
    *op = field->ct->op;
    if (writing && (record->constant || field->ct->constant))
        return NULL;
    return base + field->offset;
}

static inline void *quick_element(const struct lffi_cdata *cd, lua_Integer index, bool writing,
                                  uint8_t *op)
{
    const struct lffi_ctype *element = cd->ct->target;
    if (cd->ct->op != LFFI_ARRAY || lffi_is_aggregate(element->op) ||
        (uint64_t)index >= cd->ct->type->count || cd->ct->type->count >= CDECL_COUNT_VLA)
        return NULL;
    *op = element->op;
    if (writing && (cd->ct->constant || element->constant))
        return NULL;
    return (unsigned char *)cd->addr + (uint64_t)index * element->size;
}

static inline void *quick_part(const struct lffi_value *arg, bool writing, uint8_t *op)
{
    const struct lffi_cdata *cd = lffi_peek_block(&arg[0]);
    if (arg[1].tag == LFFI_TAG_SHORT_STRING)
        return quick_member(cd, lffi_peek_text(&arg[1]), writing, op);
    if (arg[1].tag == LFFI_TAG_INTEGER)
        return quick_element(cd, arg[1].as.integer, writing, op);
    return NULL;
}

static int cdata_index(lua_State *L)
{
    struct lffi_cdata *cd = lua_touserdata(L, 1);
    struct element e;
    if (lua_type(L, 2) == LUA_TSTRING)
        return index_name(L, cd);
    if (!find_element(L, cd, &e))
        return index_metatype(L, cd);
    lffi_load(L, e.ct, e.addr, 1);
    return 1;
}

/* The same where arguments may be read in place. */
static int cdata_quick_index(lua_State *L)
{
    uint8_t op;
    const void *src = quick_part(lffi_running(L) + 1, false, &op);
    return src != NULL && lffi_fast_load(L, op, src) ? 1 : cdata_index(L);
}

static int newindex_name(lua_State *L, struct lffi_cdata *cd)
{
    const char *name = lua_tostring(L, 2);
    const struct lffi_field *field;
    struct lffi_ctype *record = record_of(cd);
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
    struct lffi_cdata *cd = lua_touserdata(L, 1);
    struct element e;
    if (lua_type(L, 2) == LUA_TSTRING)
        return newindex_name(L, cd);
    if (!find_element(L, cd, &e))
        return newindex_metatype(L, cd);
    store_element(L, cd, &e);
    return 0;
}

static int cdata_quick_newindex(lua_State *L)
{
    const struct lffi_value *arg = lffi_running(L) + 1;
    uint8_t op;
    void *dst = quick_part(arg, true, &op);
    return dst != NULL && lffi_fast_put(op, dst, &arg[2]) ? 0 : cdata_newindex(L);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

/* The member names in order, those of anonymous members in place. Counts `*skip` down and returns
 * the name where it reaches zero; NULL: there are fewer. Depth is bounded by the type's. */
static const char *nth_name(const struct cdecl_type *type, lua_Integer *skip)
{
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *m = &type->tag->members[i];
        const char *name = m->name;
        if (name != NULL) {
            if ((*skip)-- == 0)
                return name;
        } else if (m->width == CDECL_NOT_BITFIELD) {
            name = nth_name(m->type, skip);
            if (name != NULL)
                return name;
        }
    }
    return NULL;
}

/* Takes the position from upvalue 2 and moves it on. */
static lua_Integer next_position(lua_State *L)
{
    lua_Integer position = lua_tointeger(L, lua_upvalueindex(2));
    lua_pushinteger(L, position + 1);
    lua_replace(L, lua_upvalueindex(2));
    return position;
}

/* Upvalues: the cdata, the position. */
static int next_member(lua_State *L)
{
    struct lffi_cdata *cd = lua_touserdata(L, lua_upvalueindex(1));
    struct lffi_ctype *record = record_of(cd);
    lua_Integer position = next_position(L);
    const char *name = nth_name(record->type, &position);
    if (name == NULL)
        return 0;
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushstring(L, name);
    load_member(L, cd, record, lffi_find_field(L, record, 2));
    return 2;
}

/* Upvalues: the cdata, the position, the length. */
static int next_element(lua_State *L)
{
    struct lffi_cdata *cd = lua_touserdata(L, lua_upvalueindex(1));
    struct element e;
    lua_Integer position = next_position(L);
    if (position >= lua_tointeger(L, lua_upvalueindex(3)))
        return 0;
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushinteger(L, position);
    find_element(L, cd, &e);
    lffi_load(L, e.ct, e.addr, 1);
    return 2;
}

static int pairs_elements(lua_State *L, struct lffi_cdata *cd)
{
    uint64_t length = cd->ct->op == LFFI_ARRAY ? lffi_length(L, 1, cd) : cd->ct->type->count;
    if (length == UINT64_MAX)
        return luaL_error(L, "length of '%s' is unknown", lffi_type_text(L, cd->ct));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, (lua_Integer)length);
    lua_pushcclosure(L, next_element, 3);
    return 1;
}

static int return_three(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 3;
}

static int cdata_pairs(lua_State *L)
{
    struct lffi_cdata *cd = lua_touserdata(L, 1);
    struct lffi_ctype *record = record_of(cd);
    if (lffi_push_metamethod(L, cd->ct, "__pairs")) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, return_three);
        return 3;
    }
    if (cd->ct->op == LFFI_ARRAY || cd->ct->op == LFFI_VECTOR)
        return pairs_elements(L, cd);
    if (record == NULL)
        return luaL_error(L, "cannot iterate over '%s'", lffi_type_text(L, cd->ct));
    record_address(L, cd, "pairs");
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_member, 2);
    return 1;
}

void lffi_index_metatable(lua_State *L, const struct lffi_state *st)
{
    const luaL_Reg methods[] = {
        {"__index", lffi_peeks(st) ? cdata_quick_index : cdata_index},
        {"__newindex", lffi_peeks(st) ? cdata_quick_newindex : cdata_newindex},
        {"__pairs", cdata_pairs},
        {NULL, NULL}};
    luaL_setfuncs(L, methods, 0);
}
