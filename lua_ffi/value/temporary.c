/* Tables as arguments for pointers to const: the array or struct of one call that C reads instead
 * (docs/design.md S22).
 *
 * Depends on initialise.c for the values and address.c for all other pointers. The memory belongs
 * to a cdata on the stack, and whatever is pointed to from there to the table of anchors beside it:
 * both live as long as the C function that pushed them runs.
 */
#include <string.h>

#include "value/refuse.h"
#include "value/value.h"

static bool is_constant(const struct lffi_ctype *ct)
{
    while (ct->op == LFFI_ARRAY)
        ct = ct->target;
    return ct->constant;
}

static bool is_byte_or_void(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_I8 || ct->op == LFFI_U8 || ct->op == LFFI_VOID;
}

/* A table that stands for a pointer or a number is none to be read. */
static bool is_object(lua_State *L, struct lffi_state *st, int idx)
{
    if (luaL_getmetafield(L, idx, "__cffi_pointer") != LUA_TNIL) {
        lua_pop(L, 1);
        return true;
    }
    return lffi_is_integer_object(L, st, idx);
}

bool lffi_is_temporary(lua_State *L, struct lffi_ctype *ct, int idx)
{
    return ct->op == LFFI_POINTER && !ct->scope->luajit && lua_istable(L, idx) &&
           !is_object(L, ct->scope->st, idx);
}

/* Raises what to write for a pointer that C may write through: an object that can be read after. */
static _Noreturn void refuse_copy(lua_State *L, struct lffi_ctype *ct, int idx,
                                  const struct lffi_where *where)
{
    struct lffi_ctype *target = ct->target;
    const char *text = lffi_type_text(L, ct);
    const char *object;
    if (lffi_is_record(target->op))
        object = lua_pushfstring(L, "\"%s\", t", lffi_type_text(L, target->base));
    else if (lua_rawlen(L, idx) == 0)
        object = lua_pushfstring(L, "\"%s\"", lffi_type_text(L, lffi_array_of(L, target, 1)));
    else
        object = lua_pushfstring(L, "\"%s\", #t, t",
                                 lffi_type_text(L, lffi_array_of(L, target, CDECL_COUNT_VLA)));
    lffi_convert_error(L, where,
                       "'%s' may be written through, and a table is copied: use "
                       "ffi.new(%s)",
                       text, object);
}

static void check_table(lua_State *L, struct lffi_ctype *ct, int idx,
                        const struct lffi_where *where)
{
    struct lffi_ctype *target = ct->target;
    if (target->op == LFFI_VOID)
        lffi_convert_error(L, where,
                           "a table has no C type of its own, which '%s' needs: use "
                           "ffi.new(\"TYPE[?]\", #t, t)",
                           lffi_type_text(L, ct));
    if (target->op == LFFI_FUNCTION || !lffi_is_complete(target))
        lffi_mismatch(L, ct, idx, where);
    if (!is_constant(target))
        refuse_copy(L, ct, idx, where);
}

/* The value of a table at its first position, [0] or [1]: pushed; returns that position. */
static lua_Integer push_first(lua_State *L, int table)
{
    if (lua_rawgeti(L, table, 0) != LUA_TNIL)
        return 0;
    lua_pop(L, 1);
    lua_rawgeti(L, table, 1);
    return 1;
}

/* For a struct: whether the table is a list of them, each a table or a cdata, and not one's own
 * members. */
static bool is_list(lua_State *L, struct lffi_ctype *element, int table)
{
    struct lffi_state *st = element->scope->st;
    const struct lffi_cdata *cd;
    bool list;
    if (!lffi_is_record(element->op))
        return true;
    push_first(L, table);
    cd = lffi_to_cdata(L, st, -1);
    list = cd != NULL ? lffi_same_type(cd->ct, element)
                      : lua_istable(L, -1) && !is_object(L, st, lua_gettop(L));
    lua_pop(L, 1);
    return list;
}

static uint64_t list_length(lua_State *L, int table)
{
    lua_Integer position = push_first(L, table);
    uint64_t count = 0;
    while (!lua_isnil(L, -1)) {
        lua_pop(L, 1);
        count++;
        lua_rawgeti(L, table, position + (lua_Integer)count);
    }
    lua_pop(L, 1);
    return count;
}

const void *lffi_push_temporary(lua_State *L, struct lffi_ctype *ct, int idx,
                                const struct lffi_where *where)
{
    struct lffi_ctype *object = ct->target;
    struct lffi_where inner = *where;
    struct lffi_cdata *cd;
    uint64_t size;
    idx = lua_absindex(L, idx);
    luaL_checkstack(L, LUA_MINSTACK, "table nested too deeply");
    check_table(L, ct, idx, where);
    size = lffi_sizeof(L, object);
    if (is_list(L, object, idx)) {
        size *= list_length(L, idx); /* no overflow: a table has fewer than 2^32 positions */
        object = lffi_array_of(L, object, CDECL_COUNT_VLA);
    }
    if (inner.anchors == 0) {
        lua_newtable(L);
        inner.anchors = lua_gettop(L);
    }
    /* One element more stays zero: lists of strings end in NULL. */
    cd = lffi_new(L, object, object->op == LFFI_ARRAY ? size + ct->target->size : size);
    inner.owner_idx = 0;
    lffi_initialise(L, object, cd->addr, size, idx, idx, &inner);
    return cd->addr;
}

/* ---- what the elements point to -------------------------------------------------------------- */

void lffi_anchor(lua_State *L, const struct lffi_where *where)
{
    lua_rawseti(L, where->anchors, (lua_Integer)lua_rawlen(L, where->anchors) + 1);
}

/* The bytes of a string with a zero behind them: C may write into what no list says is const. */
static const void *copy_of_string(lua_State *L, struct lffi_ctype *ct, int idx,
                                  const struct lffi_where *where)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    char *copy;
    if (ct->target->type->prim == CDECL_PRIM_CHAR && strlen(text) != size)
        lffi_zero_inside(L, text, where);
    copy = lua_newuserdatauv(L, size + 1, 0);
    memcpy(copy, text, size + 1);
    lffi_anchor(L, where);
    return copy;
}

const void *lffi_temporary_address(lua_State *L, struct lffi_ctype *ct, int idx,
                                   const struct lffi_where *where)
{
    const void *address;
    int top = lua_gettop(L);
    luaL_checkstack(L, LUA_MINSTACK, "table nested too deeply");
    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) == LUA_TSTRING && is_byte_or_void(ct->target))
        return copy_of_string(L, ct, idx, where);
    if (lffi_is_temporary(L, ct, idx)) {
        address = lffi_push_temporary(L, ct, idx, where);
    } else {
        address = lffi_to_address(L, ct, idx, where);
        lua_pushvalue(L, idx);
    }
    lffi_anchor(L, where);
    lua_settop(L, top);
    return address;
}
