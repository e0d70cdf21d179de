/* Aggregate initialisers: Lua values into a new array, struct, union, vector or complex number.
 *
 * Depends on ctype.c and convert.c. The rules are LuaJIT's: one value fills an array, several go to
 * the elements or members in order, a table initialises by position from [0] or [1] or by member
 * name. Writes only to the caller's memory, which is zeroed and owned by a Lua object, so raising
 * half-way is safe.
 */
#include <string.h>

#include "object/keep.h"
#include "value/fast.h"
#include "value/refuse.h"

/* A piece of memory to be filled. */
struct object {
    struct lffi_ctype *ct;
    unsigned char *addr;
    uint64_t size; /* of the memory: more than the type's for variable-length types */
};

static void init_from_value(lua_State *L, const struct object *o, int idx,
                            const struct lffi_where *where);

static _Noreturn void too_many(lua_State *L, const struct object *o, const struct lffi_where *where)
{
    lffi_init_error(L, where, "too many initializers for '%s'", lffi_type_text(L, o->ct));
}

/* A table, but not one that stands for an integer (S2). */
static bool is_initialiser(lua_State *L, const struct lffi_ctype *ct, int idx)
{
    struct lffi_integer ignored;
    bool fraction;
    if (!lua_istable(L, idx))
        return false;
    if (!lua_getmetatable(L, idx))
        return true;
    lua_pop(L, 1);
    return !lffi_to_integer(L, ct->scope->st, idx, &ignored, &fraction);
}

/* Where a part of an object goes: errors name the way from the argument to it. */
static struct lffi_where part_of(const struct lffi_where *where, enum lffi_place place,
                                 const struct lffi_ctype *ct)
{
    struct lffi_where part = *where;
    part.place = place;
    part.of = ct->type;
    if (where->place == LFFI_TO_ARGUMENT || where->outer != NULL)
        part.outer = where;
    return part;
}

/* ---- one value into one object --------------------------------------------------------------- */

/* A cdata of the same type: copied with what it keeps alive. False when the value is none. */
static bool copy_same(lua_State *L, const struct object *o, int idx, const struct lffi_where *where)
{
    struct lffi_state *st = o->ct->scope->st;
    const struct lffi_cdata *src = lffi_to_cdata(L, st, idx);
    uint64_t size;
    int top = lua_gettop(L);
    if (src == NULL || src->ct->op != o->ct->op || !lffi_same_value(src->ct, o->ct) ||
        lffi_luajit_refuses(o->ct, src->ct))
        return false;
    size = lffi_extent(L, idx, src);
    if (size > o->size && src->ct->op == LFFI_ARRAY && !lffi_is_definite(L, idx, src))
        size = o->size; /* the open end of a struct reaches as far as there is memory */
    if (size > o->size)
        too_many(L, o, where);
    memcpy(o->addr, src->addr, (size_t)size);
    if (where->owner_idx != 0) {
        int owner = lffi_push_block(L, idx, src->addr) ? lua_gettop(L) : 0;
        lffi_keep_copy(L, st, where->owner_idx, o->addr, owner, src->addr, size);
    } else if (where->anchors != 0) {
        lua_pushvalue(L, idx);
        lffi_anchor(L, where);
    }
    lua_settop(L, top);
    return true;
}

/* A string into an array of bytes: the rest stays zero; one byte too many for the terminating zero
 * is what C accepts too. */
static void init_text(lua_State *L, const struct object *o, int idx, const struct lffi_where *where)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    if (size > o->size) {
        if (!o->ct->scope->luajit)
            lffi_convert_error(L, where, "string of %I bytes does not fit '%s' (%I bytes)%s",
                               (LUAI_UACINT)size, lffi_type_text(L, o->ct), (LUAI_UACINT)o->size,
                               lffi_push_length_hint(L, o->ct, o->size, where, size + 1));
        size = (size_t)o->size;
    }
    memcpy(o->addr, text, size);
}

/* C's null pointer constant: what the brace initialisers of headers say. The memory is zero. */
static bool is_null_constant(lua_State *L, const struct lffi_ctype *ct, int idx)
{
    return ct->op == LFFI_POINTER && lua_isinteger(L, idx) && lua_tointeger(L, idx) == 0;
}

/* Stores into a part (element or member). Aggregates are filled in place: the memory is new, so no
 * copy is needed to leave it untouched on failure. */
static void init_part(lua_State *L, const struct object *part, int idx,
                      const struct lffi_where *where)
{
    idx = lua_absindex(L, idx);
    if (is_null_constant(L, part->ct, idx))
        return;
    if (part->ct->op == LFFI_ARRAY || lffi_is_record(part->ct->op))
        init_from_value(L, part, idx, where);
    else
        lffi_store(L, part->ct, part->addr, idx, where);
}

/* ---- arrays, vectors ------------------------------------------------------------------------- */

struct elements {
    struct lffi_ctype *ct;
    uint64_t size;
    uint64_t count;
};

static struct elements elements_of(lua_State *L, const struct object *o)
{
    struct elements e = {o->ct->target, 0, o->ct->type->count};
    e.size = lffi_sizeof(L, e.ct);
    if (e.count >= CDECL_COUNT_VLA)
        e.count = e.size == 0 ? 0 : o->size / e.size;
    return e;
}

static void init_element(lua_State *L, const struct object *o, const struct elements *e,
                         uint64_t index, int idx, const struct lffi_where *where)
{
    struct object part = {e->ct, o->addr + index * e->size, e->size};
    struct lffi_where here = part_of(where, LFFI_TO_ELEMENT, o->ct);
    if (index >= e->count)
        lffi_init_error(L, where, "too many initializers for '%s'%s", lffi_type_text(L, o->ct),
                        lffi_push_length_hint(L, o->ct, o->size, where, 0));
    here.index = (int64_t)index;
    init_part(L, &part, idx, &here);
}

/* Fills elements 1 and up with what element 0 was filled with. */
static void replicate(lua_State *L, const struct object *o, const struct elements *e, int idx,
                      const struct lffi_where *where)
{
    bool plain = !lffi_has_address(e->ct->op); /* nothing to be kept alive: the bytes are all */
    for (uint64_t i = 1; i < e->count; i++) {
        if (plain)
            memcpy(o->addr + i * e->size, o->addr, (size_t)e->size);
        else
            init_element(L, o, e, i, idx, where);
    }
}

static void init_array_flat(lua_State *L, const struct object *o, int first, int last,
                            const struct lffi_where *where)
{
    struct elements e = elements_of(L, o);
    for (int idx = first; idx <= last; idx++)
        init_element(L, o, &e, (uint64_t)(idx - first), idx, where);
    if (first == last)
        replicate(L, o, &e, first, where);
}

/* Pushes the table's value at position `i` counted from its first one; false (nothing pushed): the
 * end. */
static bool push_position(lua_State *L, int table, lua_Integer i)
{
    if (lua_rawgeti(L, table, i) != LUA_TNIL)
        return true;
    lua_pop(L, 1);
    return false;
}

/* 0 when the table starts at [0], else 1. */
static lua_Integer first_position(lua_State *L, int table)
{
    if (!push_position(L, table, 0))
        return 1;
    lua_pop(L, 1);
    return 0;
}

/* The key on the stack top is none of the object's. */
static _Noreturn void key_error(lua_State *L, const struct object *o, const char *what,
                                const struct lffi_where *where)
{
    const char *key = luaL_tolstring(L, -1, NULL); /* before lffi_type_text pushes */
    lffi_init_error(L, where, "initializer for '%s' has a key that %s: %s",
                    lffi_type_text(L, o->ct), what, key);
}

/* Every key of a table must be one of the `count` positions from `start`: what stands behind a gap
 * or under a name would be lost. */
static void check_indices(lua_State *L, const struct object *o, int table, lua_Integer start,
                          uint64_t count, const struct lffi_where *where)
{
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_Integer position = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : -1;
        lua_pop(L, 1);
        if (position < start)
            key_error(L, o, "is no position", where);
        if ((uint64_t)(position - start) >= count)
            lffi_init_error(L, where, "initializer for '%s' has a gap at position %I",
                            lffi_type_text(L, o->ct), (LUAI_UACINT)(start + (lua_Integer)count));
    }
}

/* Fills the array in one pass over the table's keys; returns their number. 0: something is not
 * plain, and nothing is decided. Not for LuaJIT's rules, which leave what stands behind a gap
 * alone. */
static uint64_t fill_quickly(lua_State *L, const struct object *o, const struct elements *e,
                             int table, lua_Integer start)
{
    uint64_t count = 0;
    uint64_t end = 0;
    if (!lffi_peeks(o->ct->scope->st) || o->ct->scope->luajit)
        return 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_Integer key;
        const struct lffi_value *value = lffi_next_in_place(L, &key);
        uint64_t index = (uint64_t)key - (uint64_t)start;
        if (value == NULL || index >= e->count ||
            !lffi_fast_put(e->ct->op, o->addr + index * e->size, value)) {
            lua_pop(L, 2);
            return 0;
        }
        lua_pop(L, 1);
        count++;
        end = index >= end ? index + 1 : end;
    }
    return end == count ? count : 0;
}

/* Fills the array position by position up to the first that is nil; returns how many there are. */
static uint64_t fill_positions(lua_State *L, const struct object *o, const struct elements *e,
                               int table, lua_Integer start, const struct lffi_where *where)
{
    uint64_t count = 0;
    struct lffi_where list = *where;
    list.start = start;
    for (; push_position(L, table, start + (lua_Integer)count); count++) {
        init_element(L, o, e, count, -1, &list);
        lua_pop(L, 1);
    }
    if (!o->ct->scope->luajit)
        check_indices(L, o, table, start, count, where);
    return count;
}

static void init_array_table(lua_State *L, const struct object *o, int table,
                             const struct lffi_where *where)
{
    struct elements e = elements_of(L, o);
    lua_Integer start = first_position(L, table);
    uint64_t count = fill_quickly(L, o, &e, table, start);
    bool fixed = !lffi_is_open_array(o->ct);
    if (count == 0)
        count = fill_positions(L, o, &e, table, start, where);
    if (count != 1 || !fixed)
        return;
    push_position(L, table, start);
    replicate(L, o, &e, lua_gettop(L), where);
    lua_pop(L, 1);
}

bool lffi_initialiser_length(lua_State *L, struct lffi_ctype *ct, int idx, uint64_t *count)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    lua_Integer start;
    if (lua_type(L, idx) == LUA_TSTRING && lffi_is_text(ct)) {
        *count = (uint64_t)lua_rawlen(L, idx) + 1; /* with the final zero, as in C */
        return true;
    }
    if (cd != NULL && cd->ct->op == LFFI_ARRAY && lffi_same_type(cd->ct->target, ct->target)) {
        *count = lffi_length(L, idx, cd);
        return *count != UINT64_MAX;
    }
    if (!is_initialiser(L, ct, idx))
        return false;
    start = first_position(L, idx);
    for (*count = 0; push_position(L, idx, start + (lua_Integer)*count); ++*count)
        lua_pop(L, 1);
    return true;
}

/* ---- structs and unions ---------------------------------------------------------------------- */

/* The memory of a member. A trailing array without a length has what is left of the object. */
static struct object member_object(lua_State *L, const struct object *o,
                                   const struct lffi_field *field)
{
    struct object part = {field->ct, o->addr + field->offset, 0};
    uint64_t left = o->size > field->offset ? o->size - field->offset : 0;
    const struct cdecl_type *type = field->member->type;
    if (type->kind == CDECL_ARRAY && type->count != 0 && type->count < CDECL_COUNT_VLA)
        part.ct = lffi_ctype_of(L, o->ct->scope, type);
    lffi_is_complete(part.ct);
    part.size = part.ct->size;
    if (lffi_is_open(part.ct))
        part.size = left;
    return part;
}

/* Stores the value at idx into the member with the interned name on the stack top. */
static void init_member(lua_State *L, const struct object *o, const struct lffi_field *field,
                        int idx, const struct lffi_where *where)
{
    struct lffi_where here = part_of(where, LFFI_TO_FIELD, o->ct->base);
    struct object part;
    here.name = field->key;
    if (field->member->width != CDECL_NOT_BITFIELD) {
        lffi_store_bits(L, field, o->addr, idx, &here);
        return;
    }
    part = member_object(L, o, field);
    init_part(L, &part, idx, &here);
}

/* The field of the member at `offset`: with LuaJIT's rules a name may stand for an earlier one. */
static struct lffi_field field_of(lua_State *L, const struct object *o,
                                  const struct cdecl_member *m, uint64_t offset)
{
    struct lffi_field field;
    lua_pushstring(L, m->name);
    field = *lffi_find_field(L, o->ct, -1);
    lua_pop(L, 1);
    if (field.member != m) {
        field.member = m;
        field.ct = lffi_ctype_of(L, o->ct->scope, m->type);
        field.offset = offset + m->offset;
    }
    return field;
}

/* Walks members in declaration order, those of anonymous members in place, giving each the next
 * value: a stack slot, a table position, or the table's value of its name. */
struct walk {
    const struct object *object;
    const struct lffi_where *where;
    int table; /* stack index; 0: values stand on the stack */
    bool by_name;
    lua_Integer next, end; /* stack slots; or the table position, `end` unused */
    lua_Integer done;      /* members initialised */
    bool luajit;
};

/* Pushes the value for the member; false when there is none. */
static bool push_next(lua_State *L, struct walk *w, const char *name)
{
    if (w->by_name) {
        lua_pushstring(L, name);
        if (lua_rawget(L, w->table) != LUA_TNIL)
            return true;
        lua_pop(L, 1);
        return false;
    }
    if (w->table != 0)
        return push_position(L, w->table, w->next);
    if (w->next > w->end)
        return false;
    lua_pushvalue(L, (int)w->next);
    return true;
}

/* True when the member was given a value. */
static bool walk_member(lua_State *L, struct walk *w, const struct cdecl_member *m, uint64_t offset)
{
    struct lffi_field field;
    if (!push_next(L, w, m->name))
        return false;
    field = field_of(L, w->object, m, offset);
    init_member(L, w->object, &field, lua_gettop(L), w->where);
    lua_pop(L, 1);
    w->next++;
    w->done++;
    return true;
}

/* C's braces around the members of an anonymous struct or union; true when the next value is such a
 * table. Where its first member takes a table itself, the table is that one's. */
static bool walk_braces(lua_State *L, struct walk *w, const struct cdecl_type *type,
                        uint64_t offset)
{
    struct object part = {NULL, w->object->addr + offset, cdecl_sizeof(type)};
    bool braces;
    if (w->luajit || w->by_name || !push_next(L, w, ""))
        return false;
    part.ct = lffi_ctype_of(L, w->object->ct->scope, type);
    braces = !lffi_is_of_first_member(L, type, lua_gettop(L)) &&
             is_initialiser(L, part.ct, lua_gettop(L));
    if (braces) {
        init_from_value(L, &part, lua_gettop(L), w->where);
        w->next++;
        w->done++;
    }
    lua_pop(L, 1);
    return braces;
}

/* A union takes one alternative. LuaJIT goes on after an anonymous one when it reads a table. */
static void walk_members(lua_State *L, struct walk *w, const struct cdecl_type *type,
                         uint64_t offset)
{
    bool is_union = type->kind == CDECL_UNION;
    luaL_checkstack(L, 8, NULL);
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *m = &type->tag->members[i];
        lua_Integer before = w->done;
        if (m->name != NULL) {
            if (walk_member(L, w, m, offset) && is_union)
                return;
            continue;
        }
        if (m->width != CDECL_NOT_BITFIELD)
            continue;
        if (!walk_braces(L, w, m->type, offset + m->offset))
            walk_members(L, w, m->type, offset + m->offset);
        if (is_union && w->done > before && !(w->luajit && w->table != 0))
            return;
    }
}

static void init_record_flat(lua_State *L, const struct object *o, int first, int last,
                             const struct lffi_where *where)
{
    struct walk w = {o, where, 0, false, first, last, 0, o->ct->scope->luajit};
    walk_members(L, &w, o->ct->type, 0);
    if (w.next <= last)
        too_many(L, o, where);
}

/* Every key of a table by names must name a member, and all of them must have been used. */
static void check_names(lua_State *L, const struct object *o, int table, lua_Integer used,
                        const struct lffi_where *where)
{
    lua_Integer keys = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        keys++;
        if (lua_type(L, -1) != LUA_TSTRING)
            key_error(L, o, "is no member name", where);
        if (lffi_find_field(L, o->ct, -1) == NULL)
            lffi_init_error(L, where, "%s", lffi_push_no_member(L, o->ct, lua_tostring(L, -1)));
    }
    if (keys > used)
        too_many(L, o, where);
}

/* A table by positions must end where the members do, and hold no names besides. */
static void check_positions(lua_State *L, const struct object *o, int table, lua_Integer end,
                            lua_Integer used, const struct lffi_where *where)
{
    lua_Integer keys = 0;
    if (push_position(L, table, end))
        too_many(L, o, where);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        keys++;
        if (lua_type(L, -1) == LUA_TSTRING) {
            const char *name = lua_tostring(L, -1);
            lffi_init_error(L, where, "initializer for '%s' mixes positions and the name '%s'",
                            lffi_type_text(L, o->ct), name);
        }
    }
    if (keys > used)
        lffi_init_error(L, where, "initializer for '%s' has a gap at position %I",
                        lffi_type_text(L, o->ct), (LUAI_UACINT)end);
}

static void init_record_table(lua_State *L, const struct object *o, int table,
                              const struct lffi_where *where)
{
    bool luajit = o->ct->scope->luajit;
    lua_Integer start = first_position(L, table);
    struct walk w = {o, where, table, false, start, 0, 0, luajit};
    if (start == 1) {
        w.by_name = !push_position(L, table, 1);
        if (!w.by_name)
            lua_pop(L, 1);
    }
    walk_members(L, &w, o->ct->type, 0);
    if (luajit)
        return;
    if (w.by_name)
        check_names(L, o, table, w.done, where);
    else
        check_positions(L, o, table, w.next, w.done, where);
}

/* ---- entry ----------------------------------------------------------------------------------- */

static void init_from_table(lua_State *L, const struct object *o, int table,
                            const struct lffi_where *where)
{
    luaL_checkstack(L, 8, "initializer nested too deeply");
    if (lffi_is_record(o->ct->op))
        init_record_table(L, o, table, where);
    else
        init_array_table(L, o, table, where);
}

/* One value: a table, a string for bytes, a cdata of the same type. False when it is none of these.
 */
static bool init_whole(lua_State *L, const struct object *o, int idx,
                       const struct lffi_where *where)
{
    if (is_initialiser(L, o->ct, idx))
        init_from_table(L, o, idx, where);
    else if (lffi_is_text(o->ct) && lua_type(L, idx) == LUA_TSTRING)
        init_text(L, o, idx, where);
    else
        return copy_same(L, o, idx, where);
    return true;
}

/* A part of an aggregate: only whole values convert, a single number does not fill a nested array.
 */
static void init_from_value(lua_State *L, const struct object *o, int idx,
                            const struct lffi_where *where)
{
    if (!init_whole(L, o, idx, where))
        lffi_mismatch(L, o->ct, idx, where);
}

/* ffi.new with one number fills an array or the first member; stores and strings convert as a
 * whole. */
static bool fills(lua_State *L, const struct object *o, int idx, const struct lffi_where *where)
{
    if (where->place != LFFI_TO_VALUE)
        return false;
    return lffi_is_record(o->ct->op) || lua_type(L, idx) != LUA_TSTRING;
}

static void init_from_one(lua_State *L, const struct object *o, int idx,
                          const struct lffi_where *where)
{
    if (o->ct->op == LFFI_COMPLEX)
        lffi_store(L, o->ct, o->addr, idx, where);
    else if (!fills(L, o, idx, where))
        init_from_value(L, o, idx, where);
    else if (init_whole(L, o, idx, where))
        return;
    else if (lffi_is_record(o->ct->op))
        init_record_flat(L, o, idx, idx, where);
    else
        init_array_flat(L, o, idx, idx, where);
}

/* ffi.new("complex", re, im) */
static void init_complex(lua_State *L, const struct object *o, int first, int last,
                         const struct lffi_where *where)
{
    if (last - first > 1)
        too_many(L, o, where);
    lua_createtable(L, 2, 0);
    for (int i = 0; i < 2; i++) {
        lua_pushvalue(L, first + i);
        lua_rawseti(L, -2, i + 1);
    }
    lffi_store(L, o->ct, o->addr, lua_gettop(L), where);
    lua_pop(L, 1);
}

void lffi_initialise(lua_State *L, struct lffi_ctype *ct, void *dst, uint64_t size, int first,
                     int last, const struct lffi_where *where)
{
    struct object o = {ct, dst, size};
    if (first > last)
        return;
    if (first == last)
        init_from_one(L, &o, first, where);
    else if (ct->op == LFFI_COMPLEX)
        init_complex(L, &o, first, last, where);
    else if (lffi_is_record(ct->op))
        init_record_flat(L, &o, first, last, where);
    else
        init_array_flat(L, &o, first, last, where);
}
