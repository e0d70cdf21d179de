/* New objects: ffi.new, ct(...) and ffi.cast (docs/design.md S1, S2, S6).
 *
 * Depends on convert.c, initialise.c and cdata.c. Objects own zeroed memory before anything is
 * converted into it, so a failed initialiser leaves nothing behind but garbage for the collector.
 */
#include <string.h>

#include "object/argument.h"
#include "value/fast.h"
#include "value/operand.h"

/* The length argument of a T[?] or of a struct that ends so. */
static uint64_t check_count(lua_State *L, const struct lffi_scope *scope, int idx)
{
    struct lffi_integer count;
    bool fraction;
    if (!lffi_to_integer(L, scope->st, idx, &count, &fraction) || (fraction && !scope->luajit))
        luaL_error(L, "the number of elements of a variable-length type must be an integer, got %s",
                   lffi_push_kind_of(L, scope->st, idx));
    if (count.negative)
        luaL_error(L, "the number of elements of a variable-length type is negative: %s",
                   lffi_push_number_text(L, scope->st, &count, idx));
    return count.beyond || count.bits > UINT64_MAX ? UINT64_MAX : (uint64_t)count.bits;
}

/* Element type of the variable part, or NULL when the type has none. */
static struct lffi_ctype *variable_part(lua_State *L, struct lffi_ctype *ct)
{
    const struct cdecl_tag *tag = ct->type->tag;
    const struct cdecl_type *last;
    if (!lffi_is_open(ct))
        return NULL;
    if (ct->op == LFFI_ARRAY)
        return ct->target;
    last = tag->members[tag->nmembers - 1].type;
    while (last->tag != NULL && last->tag->nmembers > 0)
        last = last->tag->members[last->tag->nmembers - 1].type;
    return last->target != NULL ? lffi_ctype_of(L, ct->scope, last->target) : NULL;
}

/* Size of a variable-length object with `count` elements behind its fixed part. */
static uint64_t variable_size(lua_State *L, struct lffi_ctype *ct, struct lffi_ctype *element,
                              uint64_t count)
{
    uint64_t fixed = ct->op == LFFI_ARRAY ? 0 : lffi_sizeof(L, ct);
    uint64_t each = lffi_sizeof(L, element);
    uint64_t size;
    if (__builtin_mul_overflow(each, count, &size) || __builtin_add_overflow(size, fixed, &size))
        luaL_error(L, "size of '%s' is too large", lffi_push_type_text(L, ct->type, NULL));
    return size;
}

/* True when the type's length must be given. `struct { ...; T x[]; }` may be made without. */
static bool needs_count(const struct lffi_ctype *ct)
{
    if (ct->op == LFFI_ARRAY)
        return true;
    return ct->type->tag->vla;
}

/* T[] without what tells its length. */
static _Noreturn void unknown_length(lua_State *L, struct lffi_ctype *ct)
{
    const char *list = lffi_type_text(L, lffi_array_of(L, ct->target, CDECL_COUNT_VLA));
    luaL_error(L, "length of '%s' is unknown: give a table, or a number as in ffi.new(\"%s\", n)",
               lffi_type_text(L, ct), list);
    abort();
}

/* Size of the new object; takes the length off the arguments when the type has one. */
static uint64_t object_size(lua_State *L, struct lffi_ctype *ct, int *first, int last)
{
    struct lffi_ctype *element = variable_part(L, ct);
    if (element == NULL)
        return lffi_sizeof(L, ct);
    if (ct->op == LFFI_ARRAY && ct->type->count == CDECL_COUNT_UNKNOWN)
        unknown_length(L, ct);
    if (*first <= last && (needs_count(ct) || lua_type(L, *first) == LUA_TNUMBER))
        return variable_size(L, ct, element, check_count(L, ct->scope, (*first)++));
    if (needs_count(ct))
        luaL_error(L, "'%s' needs its number of elements", lffi_push_type_text(L, ct->type, NULL));
    return lffi_sizeof(L, ct);
}

/* Pushes the value at idx as a pointer, which keeps alive what it came from: a string, an object
 * with __cffi_pointer, a function with its library, or the owner of a cdata's memory. */
static void push_converted_pointer(lua_State *L, struct lffi_ctype *ct, int idx,
                                   const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    const void *address = lffi_to_address(L, ct, idx, where);
    if (lua_type(L, idx) == LUA_TSTRING || lua_type(L, idx) == LUA_TTABLE ||
        lffi_to_function(L, idx) != NULL)
        lffi_push_anchored_pointer(L, ct, address, idx);
    else
        lffi_push_pointer(L, ct, address, cd != NULL && lffi_has_address(cd->ct->op) ? idx : 0);
}

static void initialise(lua_State *L, struct lffi_ctype *ct, struct lffi_cdata *cd, uint64_t size,
                       int first, int last)
{
    struct lffi_where where = {0};
    where.place = LFFI_TO_VALUE;
    where.policy = ct->scope->policy;
    where.owner_idx = lua_gettop(L);
    where.of = ct->type;
    if (last < first)
        return;
    if (lffi_is_aggregate(ct->op) || (ct->op == LFFI_COMPLEX && last > first)) {
        lffi_initialise(L, ct, cd->addr, size, first, last, &where);
        return;
    }
    if (last > first)
        luaL_error(L, "too many initializers for '%s'", lffi_push_type_text(L, ct->type, NULL));
    where.cast = lffi_is_integer(ct->op); /* new of an integer reduces */
    lffi_store(L, ct, cd->addr, first, &where);
}

/* ct(...) with a metatype that has __new. */
static bool construct_by_metatype(lua_State *L, struct lffi_ctype *ct, int first, int last)
{
    if (!lffi_push_metamethod(L, ct, "__new"))
        return false;
    luaL_checkstack(L, last - first + 4, NULL);
    lffi_push_ctype(L, ct);
    for (int i = first; i <= last; i++)
        lua_pushvalue(L, i);
    lua_call(L, last - first + 2, 1);
    return true;
}

/* T[] becomes T[n] by a string, table or array that initialises it. */
static struct lffi_ctype *completed(lua_State *L, struct lffi_ctype *ct, int first, int last)
{
    uint64_t count;
    if (ct->op != LFFI_ARRAY || ct->type->count != CDECL_COUNT_UNKNOWN || ct->scope->luajit ||
        first != last || !lffi_initialiser_length(L, ct, first, &count))
        return ct;
    return lffi_array_of(L, ct->target, count);
}

void lffi_construct(lua_State *L, struct lffi_ctype *ct, int first, int last, bool call)
{
    struct lffi_cdata *cd;
    uint64_t size;
    if (call && ct->op != LFFI_POINTER && construct_by_metatype(L, ct, first, last))
        return;
    lffi_check_supported(L, ct->type);
    if (ct->scope->luajit && first == last && lffi_makes_callback(L, ct, first)) {
        lffi_push_callback(L, ct, first);
        return;
    }
    if (ct->op == LFFI_POINTER && first == last) {
        struct lffi_where where = {.place = LFFI_TO_VALUE, .policy = ct->scope->policy};
        push_converted_pointer(L, ct, first, &where);
        return;
    }
    ct = completed(L, ct, first, last);
    size = object_size(L, ct, &first, last);
    cd = lffi_new(L, ct, size);
    initialise(L, ct, cd, size, first, last);
}

/* ---- cast ------------------------------------------------------------------------------------ */

static void cast_to_pointer(lua_State *L, struct lffi_ctype *ct, int idx,
                            const struct lffi_where *where)
{
    lffi_check_lock(L, ct->scope->st, "pointer casts");
    if (lffi_makes_callback(L, ct, idx))
        lffi_push_callback(L, ct, idx);
    else
        push_converted_pointer(L, ct, idx, where);
}

/* The address behind a pointer, array or function, as C casts it to an integer; in LuaJIT nil is
 * NULL and a string an array. */
static bool address_value(lua_State *L, struct lffi_ctype *ct, int idx,
                          const struct lffi_where *where, const void **address)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    bool text = lua_type(L, idx) == LUA_TSTRING && ct->op != LFFI_ENUM;
    bool luajit = ct->scope->luajit && (lua_isnil(L, idx) || text);
    bool pointer = cd != NULL && (cd->ct->op == LFFI_POINTER || cd->ct->op == LFFI_ARRAY ||
                                  cd->ct->op == LFFI_FUNCTION);
    if (!pointer && !luajit && lffi_to_function(L, idx) == NULL && !lua_islightuserdata(L, idx))
        return false;
    *address = lffi_to_address(L, NULL, idx, where);
    return true;
}

void lffi_cast(lua_State *L, struct lffi_ctype *ct, int idx)
{
    struct lffi_where where = {0};
    const void *address;
    struct lffi_cdata *cd;
    idx = lua_absindex(L, idx);
    where.place = LFFI_TO_VALUE;
    where.cast = true;
    if (ct->op == LFFI_POINTER) {
        cast_to_pointer(L, ct, idx, &where);
        return;
    }
    if (ct->op == LFFI_VOID || lffi_is_aggregate(ct->op))
        luaL_error(L, "cannot cast to '%s'", lffi_push_type_text(L, ct->type, NULL));
    cd = lffi_new(L, ct, lffi_sizeof(L, ct));
    if (lffi_is_integral(ct->op) && address_value(L, ct, idx, &where, &address))
        lffi_integer_to_memory(ct, cd->addr, (uintptr_t)address);
    else
        lffi_store(L, ct, cd->addr, idx, &where);
}

/* ---- ct(...) --------------------------------------------------------------------------------- */

static int ctype_call(lua_State *L)
{
    struct lffi_ctype *ct = lffi_self_ctype(L);
    lffi_construct(L, ct, 2, lua_gettop(L), true);
    return 1;
}

/* True when a new one, without initialisers and __new, is zeroed bytes and nothing else. */
static bool is_plain_record(const struct lffi_ctype *ct)
{
    const struct cdecl_tag *tag = ct->type->tag;
    return lffi_is_record(ct->op) && ct->complete && ct->type->refusal == CDECL_USABLE &&
           tag->refusal == CDECL_USABLE && !tag->flexible && !tag->vla;
}

/* The same where arguments may be read in place. */
static int ctype_quick_call(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    ptrdiff_t n = lffi_count_arguments(L, arg) - 1;
    struct lffi_ctype *ct = n >= 0 ? lffi_ctype_in_place(lffi_bound(arg), arg) : NULL;
    if (ct == NULL || ct->base->ref_metatype != LUA_NOREF || !lffi_quick_new(L, ct, n))
        return ctype_call(L);
    return 1;
}

/* A number or enumerator. */
static bool quick_scalar(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n)
{
    struct lffi_cdata *cd;
    if (n > 1 || !ct->complete || ct->type->refusal != CDECL_USABLE)
        return false;
    cd = lffi_new(L, ct, ct->size);
    if (n == 0 || lffi_quick_number(ct, cd->addr, lffi_arguments(L) + 1))
        return true;
    lua_settop(L, 2);
    return false;
}

bool lffi_quick_new(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n)
{
    if (lffi_is_word(ct->op) || ct->op == LFFI_ENUM || ct->op == LFFI_DOUBLE)
        return quick_scalar(L, ct, n);
    if (ct->op == LFFI_ARRAY)
        return lffi_quick_array(L, ct, n);
    if (!is_plain_record(ct))
        return false;
    if (n > 0)
        return lffi_quick_construct(L, ct, n);
    lffi_new(L, ct, ct->size);
    return true;
}

void lffi_construct_metatable(lua_State *L, struct lffi_state *st)
{
    static const struct lffi_public plain[] = {{"__call", ctype_call, LFFI_ANY}, {NULL, NULL, 0}};
    static const struct lffi_public quick[] = {{"__call", ctype_quick_call, LFFI_ANY},
                                               {NULL, NULL, 0}};
    lffi_add_functions(L, st, lffi_peeks(st) ? quick : plain, 0);
}
