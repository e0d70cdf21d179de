/* Types as Lua objects: one userdata per type, found through the type's own slot.
 *
 * Depends on the parser's public header and state.c. Ctypes are anchored by their scope as long as
 * it lives, so plain pointers to them may be kept by all that keeps the scope. The parser's
 * allocations happen on a thread of their own and never raise; every raising call is made with
 * nothing unowned in hand.
 */
#include <string.h>

#include "object/inplace.h"
#include "object/scope.h"

/* ---- making ctypes --------------------------------------------------------------------------- */

static enum lffi_op integer_op(const struct cdecl_type *type)
{
    static const uint8_t signed_op[] = {LFFI_I8, LFFI_I16, LFFI_I32, LFFI_I64, LFFI_I128};
    static const uint8_t unsigned_op[] = {LFFI_U8, LFFI_U16, LFFI_U32, LFFI_U64, LFFI_U128};
    unsigned log2 = 0;
    if (type->prim == CDECL_PRIM_BITINT || type->prim == CDECL_PRIM_UBITINT)
        return LFFI_BITINT;
    while (((uint64_t)1 << log2) < type->size)
        log2++;
    return type->is_signed ? signed_op[log2] : unsigned_op[log2];
}

static enum lffi_op float_op(const struct cdecl_type *type)
{
    switch (type->prim) {
    case CDECL_PRIM_FLOAT16: return LFFI_FLOAT16;
    case CDECL_PRIM_FLOAT: return LFFI_FLOAT;
    case CDECL_PRIM_DOUBLE: return LFFI_DOUBLE;
    case CDECL_PRIM_LDOUBLE: return LFFI_LDOUBLE;
    default: return LFFI_FLOAT128;
    }
}

static enum lffi_op op_of(const struct cdecl_type *type)
{
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_VOID: return LFFI_VOID;
    case CDECL_BOOL: return LFFI_BOOL;
    case CDECL_INT: return integer_op(type);
    case CDECL_FLOAT: return float_op(type);
    case CDECL_COMPLEX: return LFFI_COMPLEX;
    case CDECL_ENUM: return LFFI_ENUM;
    case CDECL_POINTER: return LFFI_POINTER;
    case CDECL_ARRAY: return LFFI_ARRAY;
    case CDECL_VECTOR: return LFFI_VECTOR;
    case CDECL_FUNCTION: return LFFI_FUNCTION;
    case CDECL_STRUCT: return LFFI_STRUCT;
    case CDECL_UNION: return LFFI_UNION;
    }
    return LFFI_VOID;
}

bool lffi_is_complete(struct lffi_ctype *ct)
{
    if (!ct->complete && cdecl_complete(ct->type)) {
        ct->size = cdecl_sizeof(ct->type);
        ct->align = cdecl_alignof(ct->type);
        ct->complete = true;
        if (ct->op == LFFI_ENUM)
            ct->target = ct->type->tag->underlying->user; /* made by make_integers */
    }
    return ct->complete;
}

static void fill_ctype(struct lffi_ctype *ct, struct lffi_scope *scope,
                       const struct cdecl_type *type)
{
    memset(ct, 0, sizeof *ct);
    ct->type = type;
    ct->scope = scope;
    ct->op = (uint8_t)op_of(type);
    ct->constant = (type->quals & CDECL_CONST) != 0;
    ct->serial = ++scope->st->ctypes;
    ct->ref_metatype = LUA_NOREF;
    ct->align = 1;
    lffi_is_complete(ct);
}

/* The types that may become an enum's integer type when the enum is completed, where nothing can be
 * made: their ctypes stand ready. */
static void make_integers(lua_State *L, struct lffi_scope *scope, const struct cdecl_type *type)
{
    if (type->tag->underlying != NULL) {
        lffi_ctype_of(L, scope, type->tag->underlying);
        return;
    }
    for (int prim = CDECL_PRIM_CHAR; prim <= CDECL_PRIM_ULLONG; prim++)
        lffi_basic(L, scope, (enum cdecl_prim)prim);
}

static struct lffi_ctype *make_ctype(lua_State *L, struct lffi_scope *scope,
                                     const struct cdecl_type *type)
{
    struct lffi_ctype *ct;
    struct lffi_ctype *base = NULL;
    struct lffi_ctype *target = NULL;
    luaL_checkstack(L, 4, NULL);
    if (type->unqual != type)
        base = lffi_ctype_of(L, scope, type->unqual);
    if (type->target != NULL)
        target = lffi_ctype_of(L, scope, type->target);
    if (type->kind == CDECL_ENUM)
        make_integers(L, scope, type);
    ct = lua_newuserdatauv(L, sizeof *ct, 3);
    fill_ctype(ct, scope, type);
    ct->base = base != NULL ? base : ct;
    if (target != NULL)
        ct->target = target;
    lffi_push_metatable(L, scope, LFFI_MT_CTYPE);
    lua_setmetatable(L, -2);
    ct->ref = lffi_ref(L, scope);
    *cdecl_user(type) = ct;
    return ct;
}

struct lffi_ctype *lffi_ctype_of(lua_State *L, struct lffi_scope *scope,
                                 const struct cdecl_type *type)
{
    return type->user != NULL ? type->user : make_ctype(L, scope, type);
}

void lffi_push_ctype(lua_State *L, struct lffi_ctype *ct)
{
    lffi_push_ref(L, ct->scope, ct->ref);
}

/* Raises what a failed constructor of the parser reports. */
static _Noreturn void constructor_error(lua_State *L, const struct cdecl_error *error)
{
    luaL_error(L, "%s", error->out_of_memory ? "not enough memory" : error->message);
    abort();
}

struct lffi_ctype *lffi_pointer_to(lua_State *L, struct lffi_ctype *ct)
{
    struct cdecl_error error;
    const struct cdecl_type *type;
    if (ct->pointer != NULL)
        return ct->pointer;
    type = cdecl_pointer_to(ct->scope->cdecl, ct->type, &error);
    if (type == NULL)
        constructor_error(L, &error);
    ct->pointer = lffi_ctype_of(L, ct->scope, type);
    return ct->pointer;
}

struct lffi_ctype *lffi_array_of(lua_State *L, struct lffi_ctype *ct, uint64_t count)
{
    struct cdecl_error error;
    const struct cdecl_type *type = cdecl_array_of(ct->scope->cdecl, ct->type, count, &error);
    if (type == NULL)
        constructor_error(L, &error);
    return lffi_ctype_of(L, ct->scope, type);
}

struct lffi_ctype *lffi_qualified(lua_State *L, struct lffi_ctype *ct, unsigned quals)
{
    struct cdecl_error error;
    const struct cdecl_type *type;
    if ((ct->type->quals & quals) == quals)
        return ct;
    type = cdecl_qualified(ct->scope->cdecl, ct->type, quals, &error);
    if (type == NULL)
        constructor_error(L, &error);
    return lffi_ctype_of(L, ct->scope, type);
}

struct lffi_ctype *lffi_basic(lua_State *L, struct lffi_scope *scope, enum cdecl_prim prim)
{
    const struct cdecl_type *type = cdecl_basic(scope->cdecl, prim);
    if (type == NULL)
        luaL_error(L, "not enough memory");
    return lffi_ctype_of(L, scope, type);
}

uint64_t lffi_sizeof(lua_State *L, struct lffi_ctype *ct)
{
    if (!lffi_is_complete(ct))
        luaL_error(L, "size of '%s' is unknown", lffi_push_type_text(L, ct->type, NULL));
    return ct->size;
}

/* ---- what types are for ---------------------------------------------------------------------- */

struct lffi_ctype *lffi_to_ctype(lua_State *L, struct lffi_state *st, int idx)
{
    if (lffi_peeks(st) && idx > LUA_REGISTRYINDEX) {
        const struct lffi_value *value = lffi_value_at(L, idx);
        struct lffi_ctype *ct;
        if (value == NULL || lffi_kind_in_place(value) != LFFI_IS_USERDATA)
            return NULL;
        ct = lffi_ctype_in_place(st, value);
        if (ct != NULL || lffi_cdata_in_place(st, value) != NULL)
            return ct;
    }
    return lffi_recognise(L, idx, st->mt_ctype, NULL, LFFI_MT_CTYPE);
}

void lffi_check_supported(lua_State *L, const struct cdecl_type *type)
{
    enum cdecl_refusal why;
    while (type->kind == CDECL_ARRAY)
        type = type->target;
    why = type->refusal;
    if (why == CDECL_USABLE && type->tag != NULL)
        why = type->tag->refusal;
    if (why != CDECL_USABLE)
        luaL_error(L, "'%s' cannot be used: %s", lffi_push_type_text(L, type, NULL),
                   cdecl_refusal_text(why));
}

/* ---- sameness, metatypes --------------------------------------------------------------------- */

bool lffi_same_type(const struct lffi_ctype *a, const struct lffi_ctype *b)
{
    struct lffi_ctype *base = a->base;
    if (base == b->base)
        return true;
    if (a->scope->st->locked) /* "int (*)()" would be on the way from any function to any other */
        return cdecl_compatible_prototypes(base->type, b->base->type);
    if (base->twin == b->base->serial)
        return true;
    if (!cdecl_compatible(base->type, b->base->type))
        return false;
    if (base->complete && b->base->complete) /* final: nothing can make them differ any more */
        base->twin = b->base->serial;
    return true;
}

bool lffi_same_value(const struct lffi_ctype *a, const struct lffi_ctype *b)
{
    while (a->op == LFFI_ARRAY && b->op == LFFI_ARRAY && a->type->count == b->type->count) {
        a = a->target;
        b = b->target;
    }
    return lffi_same_type(a, b);
}

bool lffi_push_metamethod(lua_State *L, struct lffi_ctype *ct, const char *name)
{
    int ref = ct->base->ref_metatype;
    if (ref == LUA_NOREF && ct->op == LFFI_POINTER)
        ref = ct->target->base->ref_metatype;
    if (ref == LUA_NOREF)
        return false;
    lffi_push_ref(L, ct->scope, ref);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

/* Whether the value at idx is a table whose missing keys a function answers for, in the end. */
static bool ends_in_function(lua_State *L, int idx)
{
    bool found = false;
    lua_pushvalue(L, idx);
    while (lua_istable(L, -1) && luaL_getmetafield(L, -1, "__index") != LUA_TNIL) {
        lua_remove(L, -2);
        found = !lua_istable(L, -1);
    }
    lua_pop(L, 1);
    return found;
}

bool lffi_answer(lua_State *L, const struct lffi_scope *scope, int key_idx)
{
    lua_pushvalue(L, key_idx);
    return lua_gettable(L, -2) != LUA_TNIL || !scope->luajit || ends_in_function(L, -2);
}
