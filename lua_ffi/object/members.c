/* Names within a type: the table of a struct's members, built on first use, and constants.
 *
 * Depends on ctype.c. The table is a userdata held by its ctype, as is the Lua table that anchors
 * the strings whose addresses are its keys.
 */
#include <string.h>

#include "object/members.h"

/* Named members, those of anonymous ones included. Depth is bounded by the type's. */
static uint32_t count_members(const struct cdecl_type *type)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->tag->nmembers; i++) {
        const struct cdecl_member *m = &type->tag->members[i];
        if (m->name != NULL)
            count++;
        else if (m->width == CDECL_NOT_BITFIELD)
            count += count_members(m->type);
    }
    return count;
}

/* A trailing T[], T[0] or T[1] of a struct is open-ended, as C programs use it (S11). */
static struct lffi_ctype *member_ctype(lua_State *L, struct lffi_scope *scope,
                                       const struct cdecl_tag *tag, const struct cdecl_member *m,
                                       unsigned quals)
{
    struct lffi_ctype *ct = lffi_ctype_of(L, scope, m->type);
    bool last = m == &tag->members[tag->nmembers - 1] && tag->kind == CDECL_STRUCT;
    if (quals != 0)
        ct = lffi_qualified(L, ct, quals);
    if (last && scope->bounds && ct->op == LFFI_ARRAY && ct->type->count <= 1)
        ct = lffi_array_of(L, ct->target, CDECL_COUNT_UNKNOWN);
    return ct;
}

struct field_builder {
    struct lffi_fields *fields;
    struct lffi_scope *scope;
    uint32_t *end;     /* of the chain in the order of declaration */
    int keys;          /* stack index of the anchoring table */
    lua_Integer count; /* keys in it */
};

/* Anchors the string `name`, hence its address, in the order of declaration, and those that Lua
 * does not intern by themselves, too. NULL: one of these is there already. */
static const char *new_key(lua_State *L, struct field_builder *b, const char *name)
{
    size_t size = strlen(name);
    const char *key = lua_pushlstring(L, name, size);
    if (size > b->scope->st->interned_max) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, b->keys) != LUA_TNIL) {
            lua_pop(L, 2);
            return NULL;
        }
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushvalue(L, -1);
        lua_rawset(L, b->keys);
    }
    lua_rawseti(L, b->keys, ++b->count);
    return key;
}

static void insert(lua_State *L, struct field_builder *b, const char *name, struct lffi_field field)
{
    uint32_t slot;
    field.key = new_key(L, b, name);
    if (field.key == NULL) /* LuaJIT's scopes: the first of a name is meant */
        return;
    slot = lffi_field_slot(field.key, b->fields->mask);
    for (; b->fields->slot[slot].key != NULL; slot = (slot + 1) & b->fields->mask) {
        if (b->fields->slot[slot].key == field.key) { /* likewise; its key's place is used again */
            b->count--;
            return;
        }
    }
    b->fields->slot[slot] = field;
    *b->end = slot + 1;
    b->end = &b->fields->slot[slot].next;
}

static void add_field(lua_State *L, struct field_builder *b, const struct cdecl_tag *tag,
                      const struct cdecl_member *m, uint64_t offset, unsigned quals)
{
    struct lffi_ctype *ct = member_ctype(L, b->scope, tag, m, quals);
    bool is_bits = m->width != CDECL_NOT_BITFIELD;
    insert(L, b, m->name, (struct lffi_field){NULL, m, ct, offset + m->offset, 0, is_bits});
}

static void add_fields(lua_State *L, struct field_builder *b, const struct cdecl_type *type,
                       uint64_t offset, unsigned quals)
{
    const struct cdecl_tag *tag = type->tag;
    luaL_checkstack(L, 8, NULL);
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        const struct cdecl_member *m = &tag->members[i];
        if (m->name == NULL && m->width != CDECL_NOT_BITFIELD)
            continue;
        if (m->name != NULL)
            add_field(L, b, tag, m, offset, quals);
        else
            add_fields(L, b, m->type, offset + m->offset, quals | m->type->quals);
    }
}

static void add_enumerators(lua_State *L, struct field_builder *b, const struct cdecl_tag *tag)
{
    for (uint32_t i = 0; i < tag->nconstants; i++)
        insert(L, b, tag->constants[i]->name, (struct lffi_field){.offset = tag->constants[i]->u});
}

static bool is_flat(const struct cdecl_type *type)
{
    if (type->kind != CDECL_STRUCT)
        return false;
    for (uint32_t i = 0; i < type->tag->nmembers; i++)
        if (type->tag->members[i].name == NULL || type->tag->members[i].width != CDECL_NOT_BITFIELD)
            return false;
    return true;
}

static const struct lffi_fields *build_fields(lua_State *L, struct lffi_ctype *base)
{
    struct field_builder b;
    uint32_t slots = 4;
    bool is_enum = base->op == LFFI_ENUM;
    uint32_t count = is_enum ? base->type->tag->nconstants : count_members(base->type);
    lffi_check_supported(L, base->type);
    lffi_sizeof(L, base);
    while (slots < count * 2 && slots < UINT32_MAX / 2)
        slots *= 2;
    lffi_push_ctype(L, base);
    b.scope = base->scope;
    b.fields =
        lua_newuserdatauv(L, sizeof *b.fields + (size_t)slots * sizeof(struct lffi_field), 0);
    memset(b.fields, 0, sizeof *b.fields + (size_t)slots * sizeof(struct lffi_field));
    b.fields->mask = slots - 1;
    b.fields->flat = is_flat(base->type);
    b.end = &b.fields->first;
    lua_createtable(L, count > INT32_MAX ? 0 : (int)count, 0);
    b.keys = lua_gettop(L);
    b.count = 0;
    if (is_enum)
        add_enumerators(L, &b, base->type->tag);
    else
        add_fields(L, &b, base->type, 0, 0);
    lua_setiuservalue(L, -3, LFFI_CTYPE_KEYS);
    lua_setiuservalue(L, -2, LFFI_CTYPE_FIELDS);
    lua_pop(L, 1);
    base->fields = b.fields;
    return b.fields;
}

const struct lffi_fields *lffi_fields_of(lua_State *L, struct lffi_ctype *ct)
{
    return ct->base->fields != NULL ? ct->base->fields : build_fields(L, ct->base);
}

/* The slow way, for keys that Lua does not intern: the anchored string of the same bytes. */
static const struct lffi_field *find_by_bytes(lua_State *L, struct lffi_ctype *base, int key_idx)
{
    const struct lffi_field *field = NULL;
    key_idx = lua_absindex(L, key_idx);
    luaL_checkstack(L, 4, NULL);
    lffi_push_ctype(L, base);
    lua_getiuservalue(L, -1, LFFI_CTYPE_KEYS);
    lua_pushvalue(L, key_idx);
    if (lua_rawget(L, -2) != LUA_TNIL)
        field = lffi_interned_field(base->fields, lua_tostring(L, -1));
    lua_pop(L, 3);
    return field;
}

void lffi_push_member_names(lua_State *L, struct lffi_ctype *ct)
{
    lffi_push_ctype(L, ct->base);
    lua_getiuservalue(L, -1, LFFI_CTYPE_KEYS);
    lua_remove(L, -2);
}

const struct lffi_field *lffi_find_field(lua_State *L, struct lffi_ctype *ct, int key_idx)
{
    const struct lffi_fields *fields = lffi_fields_of(L, ct);
    size_t size;
    const char *key = lua_tolstring(L, key_idx, &size);
    const struct lffi_field *field = lffi_interned_field(fields, key);
    if (field != NULL)
        return field;
    return size > ct->scope->st->interned_max ? find_by_bytes(L, ct->base, key_idx) : NULL;
}

const struct cdecl_decl *lffi_find_constant(lua_State *L, const struct lffi_ctype *ct, int idx)
{
    const struct cdecl_tag *tag = ct->type->tag;
    size_t size;
    const char *name = lua_tolstring(L, idx, &size);
    for (uint32_t i = 0; i < tag->nconstants; i++) {
        const char *constant = tag->constants[i]->name;
        if (strlen(constant) == size && memcmp(constant, name, size) == 0)
            return tag->constants[i];
    }
    return NULL;
}

const char *lffi_nearest_constant(const struct lffi_ctype *ct, const char *name)
{
    const struct cdecl_tag *tag = ct->type->tag;
    const char *nearest = NULL;
    struct cdecl_near near;
    cdecl_near_start(&near, name, strlen(name));
    for (uint32_t i = 0; tag != NULL && i < tag->nconstants; i++) {
        if (cdecl_near_take(&near, tag->constants[i]->name))
            nearest = tag->constants[i]->name;
    }
    return nearest;
}

/* How many of the members an error lists. */
enum { LISTED = 8 };

static int list_members(lua_State *L, const struct cdecl_type *type, int listed)
{
    luaL_checkstack(L, 4, NULL);
    for (uint32_t i = 0; i < type->tag->nmembers && listed <= LISTED; i++) {
        const struct cdecl_member *m = &type->tag->members[i];
        if (m->name == NULL && m->width == CDECL_NOT_BITFIELD)
            listed = list_members(L, m->type, listed);
        if (m->name == NULL)
            continue;
        lua_pushfstring(L, "%s%s", listed == 0 ? " (members: " : ", ",
                        listed == LISTED ? "..." : m->name);
        lua_concat(L, 2);
        listed++;
    }
    return listed;
}

/* Pushes " (members: x, y)", "" when there are none. */
static const char *push_members(lua_State *L, const struct cdecl_type *type)
{
    lua_pushliteral(L, "");
    if ((type->kind == CDECL_STRUCT || type->kind == CDECL_UNION) && list_members(L, type, 0) > 0) {
        lua_pushliteral(L, ")");
        lua_concat(L, 2);
    }
    return lua_tostring(L, -1);
}

static const char *push_no_name(lua_State *L, const struct cdecl_type *type, const char *name,
                                const char *near)
{
    const char *text = lffi_push_type_text(L, type, NULL);
    if (near != NULL)
        return lua_pushfstring(L, "'%s' has no member '%s' (did you mean '%s'?)", text, name, near);
    return lua_pushfstring(L, "'%s' has no member '%s'%s", text, name, push_members(L, type));
}

_Noreturn void lffi_no_name(lua_State *L, const struct cdecl_type *type, const char *name,
                            const char *near)
{
    luaL_error(L, "%s", push_no_name(L, type, name, near));
    abort();
}

const char *lffi_push_no_member(lua_State *L, struct lffi_ctype *ct, const char *name)
{
    const char *near = cdecl_suggest_member(ct->type, name, strlen(name));
    return push_no_name(L, ct->type->unqual, name,
                        near != NULL ? near : lffi_nearest_constant(ct, name));
}

_Noreturn void lffi_no_member(lua_State *L, struct lffi_ctype *ct, const char *name)
{
    luaL_error(L, "%s", lffi_push_no_member(L, ct, name));
    abort();
}
