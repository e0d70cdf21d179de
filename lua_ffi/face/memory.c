/* The API's functions on raw memory: string, copy, fill; and errno, strerror.
 *
 * Depends on cdata.c for how far memory is known to reach; nothing is written or read beyond that
 * (docs/design.md S20). Strings returned are Lua's own copies.
 */
#include <limits.h>
#include <string.h>

#include "face/face.h"
#include "object/inplace.h"
#include "object/keep.h"

/* A stretch of memory that an argument stands for. */
struct memory {
    const char *addr;
    uint64_t size; /* bytes known to be there, UINT64_MAX when not known */
    /* What lies there: pointee, element, or the object's own type. */
    const struct lffi_ctype *target;
};

static bool is_memory(const struct lffi_ctype *ct)
{
    if (ct->op == LFFI_POINTER)
        return ct->target->op != LFFI_FUNCTION;
    return ct->op == LFFI_ARRAY || ct->op == LFFI_VECTOR || ct->op == LFFI_STRUCT ||
           ct->op == LFFI_UNION || ct->op == LFFI_COMPLEX;
}

/* The memory that a cdata of such a type is or points to. */
static LFFI_INLINE struct memory memory_of(lua_State *L, const struct lffi_scope *scope, int arg,
                                           const struct lffi_cdata *cd)
{
    struct memory m = {cd->addr, UINT64_MAX, cd->ct};
    if (cd->ct->op == LFFI_POINTER)
        memcpy(&m.addr, cd->addr, sizeof m.addr);
    if (cd->ct->op == LFFI_POINTER || cd->ct->op == LFFI_ARRAY)
        m.target = cd->ct->target;
    if (scope->bounds && m.addr != NULL)
        m.size = lffi_extent(L, arg, cd);
    return m;
}

/* The memory of a cdata argument. */
static struct memory cdata_memory(lua_State *L, struct lffi_scope *scope, int arg,
                                  const struct lffi_cdata *cd)
{
    struct memory m;
    if (!is_memory(cd->ct))
        lffi_expected(L, arg, "pointer, array, struct or union");
    m = memory_of(L, scope, arg, cd);
    if (m.addr == NULL)
        lffi_arg_error(L, arg, "null pointer");
    return m;
}

static struct memory memory_arg(lua_State *L, struct lffi_scope *scope, int arg)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, arg);
    struct memory m = {lua_touserdata(L, arg), UINT64_MAX, NULL};
    if (cd != NULL)
        return cdata_memory(L, scope, arg, cd);
    if (lua_isnil(L, arg))
        lffi_arg_error(L, arg, "null pointer");
    if (!lua_islightuserdata(L, arg))
        lffi_expected(L, arg, "pointer, array, struct or union");
    return m;
}

static void check_reach(lua_State *L, int arg, int size_arg, uint64_t size, const struct memory *m)
{
    if (size > m->size)
        lffi_arg_error(L, size_arg, "%I bytes, but argument #%d has only %I", (LUAI_UACINT)size,
                       arg, (LUAI_UACINT)m->size);
}

/* Memory that may be written: not behind a pointer to const, nor a const object. */
static struct memory writable_arg(lua_State *L, struct lffi_scope *scope, int arg)
{
    struct memory m = memory_arg(L, scope, arg);
    if (m.target != NULL && m.target->constant)
        lffi_arg_error(L, arg, "attempt to write to constant %s",
                       lffi_push_kind_of(L, scope->st, arg));
    if (scope->st->locked && lffi_may_hold_pointers(m.target))
        lffi_arg_error(L, arg, "bytes of %s may be pointers: no new pointer casts after ffi.lock()",
                       lffi_push_kind_of(L, scope->st, arg));
    return m;
}

/* ---- string ---------------------------------------------------------------------------------- */

/* Text without a length ends at a zero: only of bytes, or of what C calls nothing in particular. */
static bool is_text(const struct memory *m)
{
    return m->target == NULL || m->target->op == LFFI_I8 || m->target->op == LFFI_U8 ||
           m->target->op == LFFI_VOID;
}

static void check_text(lua_State *L, struct lffi_scope *scope, const struct memory *m)
{
    const char *wide = m->target != NULL && lffi_is_integer(m->target->op) && m->target->size == 4
                           ? "; wide characters are utf8.char(table.unpack(ffi.totable(v, n)))"
                           : "";
    if (!is_text(m))
        lffi_arg_error(L, 1, "%s is no string of bytes: give its length%s",
                       lffi_push_kind_of(L, scope->st, 1), wide);
}

static size_t text_size(const struct memory *m)
{
    return m->size < SIZE_MAX ? strnlen(m->addr, (size_t)m->size) : strlen(m->addr);
}

static int string_of_lua_string(lua_State *L, struct lffi_scope *scope)
{
    size_t size;
    const char *text = lua_tolstring(L, 1, &size);
    if (!lua_isnoneornil(L, 2)) {
        struct memory m = {text, size, NULL};
        uint64_t count = lffi_arg_size(L, scope, 2);
        check_reach(L, 1, 2, count, &m);
        size = (size_t)count;
    } else if (scope->luajit) {
        size = strlen(text);
    }
    lua_pushlstring(L, text, size);
    return 1;
}

/* ffi.string(pointer [, n]): n bytes, or up to a zero or the end of an array. nil for nil and NULL.
 */
static int api_string(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    const void *pointer = "";
    struct memory m;
    uint64_t size;
    if (cd != NULL && cd->ct->op == LFFI_POINTER)
        memcpy(&pointer, cd->addr, sizeof pointer);
    if (lua_isnil(L, 1) || pointer == NULL) {
        lua_pushnil(L);
        return 1;
    }
    if (lua_type(L, 1) == LUA_TSTRING)
        return string_of_lua_string(L, scope);
    m = memory_arg(L, scope, 1);
    if (!lua_isnoneornil(L, 2)) {
        size = lffi_arg_size(L, scope, 2);
        check_reach(L, 1, 2, size, &m);
    } else {
        check_text(L, scope, &m);
        size = text_size(&m);
    }
    lua_pushlstring(L, m.addr, (size_t)size);
    return 1;
}

/* ---- copy, fill ------------------------------------------------------------------------------ */

/* Pushes the block of Lua's that the memory of a cdata argument is in, returns its index, or 0. */
static int push_block_arg(lua_State *L, struct lffi_scope *scope, int arg, const struct memory *m)
{
    bool found = lffi_to_cdata(L, scope->st, arg) != NULL && lffi_push_block(L, arg, m->addr);
    return found ? lua_gettop(L) : 0;
}

/* The values behind the pointers in the bytes go along with these; without `from`, into oblivion.
 */
static void keep_copied(lua_State *L, struct lffi_scope *scope, const struct memory *to,
                        const struct memory *from, uint64_t size)
{
    int dst = push_block_arg(L, scope, 1, to);
    int src = from != NULL ? push_block_arg(L, scope, 2, from) : 0;
    if (dst != 0)
        lffi_keep_copy(L, scope->st, dst, to->addr, src, src != 0 ? from->addr : NULL, size);
}

/* ffi.copy(to, from, n) or ffi.copy(to, string): the latter with its final zero, as LuaJIT. */
static int api_copy(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct memory to = writable_arg(L, scope, 1);
    struct memory from;
    uint64_t size;
    int size_arg = 3;
    if (lua_type(L, 2) == LUA_TSTRING) {
        size_t length;
        from.addr = lua_tolstring(L, 2, &length);
        from.size = (uint64_t)length + 1;
    } else {
        from = memory_arg(L, scope, 2);
    }
    if (lua_type(L, 2) == LUA_TSTRING && lua_isnoneornil(L, 3)) {
        size = from.size;
        size_arg = 2;
    } else if (lua_isnoneornil(L, 3)) {
        lffi_arg_error(L, 3, "how many bytes? only a Lua string knows: ffi.sizeof(from)");
    } else {
        size = lffi_arg_size(L, scope, 3);
    }
    check_reach(L, 1, size_arg, size, &to);
    check_reach(L, 2, size_arg, size, &from);
    if (scope->st->keeps)
        keep_copied(L, scope, &to, &from, size);
    memmove((void *)(uintptr_t)to.addr, from.addr, (size_t)size);
    return 0;
}

/* ffi.fill(to, n [, byte]) */
static int api_fill(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct memory to = writable_arg(L, scope, 1);
    uint64_t size = lffi_arg_size(L, scope, 2);
    struct lffi_integer byte = {0};
    bool fraction = false;
    if (!lua_isnoneornil(L, 3) && !lffi_to_integer(L, scope->st, 3, &byte, &fraction))
        lffi_expected(L, 3, "integer");
    check_reach(L, 1, 2, size, &to);
    if (scope->st->keeps)
        keep_copied(L, scope, &to, NULL, size);
    memset((void *)(uintptr_t)to.addr, (int)(byte.bits & 0xFF), (size_t)size);
    return 0;
}

/* ---- errno ----------------------------------------------------------------------------------- */

static int errno_arg(lua_State *L, struct lffi_scope *scope, int arg)
{
    struct lffi_integer value;
    lffi_wide bits;
    bool fraction = false;
    if (!lffi_to_integer(L, scope->st, arg, &value, &fraction) || fraction)
        lffi_expected(L, arg, "integer");
    if (!lffi_integer_reduce(&value, sizeof(int) * CHAR_BIT, true, LFFI_STRICT, &bits))
        lffi_arg_error(L, arg, "%s is no errno value", lffi_push_kind_of(L, scope->st, arg));
    return (int)bits;
}

/* ffi.errno([n]): errno as the last C call left it; n replaces it for the next. */
static int api_errno(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    int old = scope->st->saved_errno;
    if (!lua_isnoneornil(L, 1)) {
        scope->st->saved_errno = errno_arg(L, scope, 1);
        scope->st->errno_assigned = true;
    }
    lua_pushinteger(L, old);
    return 1;
}

/* ffi.strerror([n]): the text of an error number, ffi.errno() unless given. */
static int api_strerror(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    bool given = !lua_isnoneornil(L, 1);
    lua_pushstring(L, strerror(given ? errno_arg(L, scope, 1) : scope->st->saved_errno));
    return 1;
}

/* ---- the same in place ----------------------------------------------------------------------- */

/* The memory of the argument `which` (from 1), a cdata; false: look closer. */
static LFFI_INLINE bool quick_memory(lua_State *L, const struct lffi_scope *scope,
                                     const struct lffi_value *arg, int which, struct memory *m)
{
    const struct lffi_cdata *cd = lffi_cdata_in_place(scope->st, &arg[which - 1]);
    if (cd == NULL || !is_memory(cd->ct))
        return false;
    *m = memory_of(L, scope, which, cd);
    return m->addr != NULL;
}

/* Likewise, of bytes that are no Lua value's pointer: nothing goes along when they are copied. */
static bool quick_bytes(lua_State *L, const struct lffi_scope *scope, const struct lffi_value *arg,
                        int which, struct memory *m)
{
    return quick_memory(L, scope, arg, which, m) &&
           !lffi_may_keep(L, which, lffi_cdata_in_place(scope->st, &arg[which - 1]), m->addr);
}

static bool quick_target(lua_State *L, const struct lffi_scope *scope, const struct lffi_value *arg,
                         struct memory *m)
{
    return !scope->st->locked && quick_bytes(L, scope, arg, 1, m) && !m->target->constant;
}

static bool quick_size(const struct lffi_value *arg, uint64_t *size)
{
    *size = (uint64_t)lffi_integer_in_place(arg);
    return lffi_kind_in_place(arg) == LFFI_IS_INTEGER && *size <= INT64_MAX;
}

static bool is_string(const struct lffi_value *arg)
{
    return lffi_kind_in_place(arg) == LFFI_IS_NAME || lffi_kind_in_place(arg) == LFFI_IS_TEXT;
}

/* Of a pointer or array, with or without a number of bytes. */
static int quick_string(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    ptrdiff_t n = lffi_count_arguments(L, arg);
    struct memory m;
    uint64_t size;
    if (n < 1 || n > 2 || !quick_memory(L, lffi_scope_in_place(arg), arg, 1, &m) ||
        (n == 1 ? !is_text(&m) : !quick_size(&arg[1], &size) || size > m.size))
        return lffi_call_general(L);
    lua_pushlstring(L, m.addr, n == 1 ? text_size(&m) : (size_t)size);
    return 1;
}

/* From a cdata with a number of bytes, or from a string. */
static int quick_copy(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    ptrdiff_t n = lffi_count_arguments(L, arg);
    const struct lffi_scope *scope = lffi_scope_in_place(arg);
    struct memory to;
    struct memory from;
    uint64_t size;
    if (n < 2 || n > 3 || !quick_target(L, scope, arg, &to))
        return lffi_call_general(L);
    if (is_string(&arg[1])) {
        from.addr = lffi_text_in_place(&arg[1]);
        from.size = lffi_size_in_place(&arg[1]) + 1;
    } else if (n == 2 || !quick_bytes(L, scope, arg, 2, &from)) {
        return lffi_call_general(L);
    }
    size = from.size;
    if ((n == 3 && !quick_size(&arg[2], &size)) || size > to.size || size > from.size)
        return lffi_call_general(L);
    memmove((void *)(uintptr_t)to.addr, from.addr, (size_t)size);
    return 0;
}

static int quick_fill(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    ptrdiff_t n = lffi_count_arguments(L, arg);
    const struct lffi_scope *scope = lffi_scope_in_place(arg);
    struct memory to;
    uint64_t size;
    if (n < 2 || n > 3 || !quick_target(L, scope, arg, &to) || !quick_size(&arg[1], &size) ||
        size > to.size || (n == 3 && lffi_kind_in_place(&arg[2]) != LFFI_IS_INTEGER))
        return lffi_call_general(L);
    memset((void *)(uintptr_t)to.addr, n == 3 ? (int)(lffi_integer_in_place(&arg[2]) & 0xFF) : 0,
           (size_t)size);
    return 0;
}

static int quick_errno(lua_State *L)
{
    const struct lffi_value *arg = lffi_arguments(L);
    ptrdiff_t n = lffi_count_arguments(L, arg);
    struct lffi_state *st = lffi_scope_in_place(arg)->st;
    int old = st->saved_errno;
    if (n > 1 || (n == 1 && (lffi_kind_in_place(arg) != LFFI_IS_INTEGER ||
                             lffi_integer_in_place(arg) != (int)lffi_integer_in_place(arg))))
        return lffi_call_general(L);
    if (n == 1) {
        st->saved_errno = (int)lffi_integer_in_place(arg);
        st->errno_assigned = true;
    }
    lua_pushinteger(L, old);
    return 1;
}

void lffi_api_memory(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"string", api_string, 2}, {"copy", api_copy, 3},         {"fill", api_fill, 3},
        {"errno", api_errno, 1},   {"strerror", api_strerror, 1}, {NULL, NULL, 0}};
    static const struct lffi_quick quick[] = {{"string", quick_string},
                                              {"copy", quick_copy},
                                              {"fill", quick_fill},
                                              {"errno", quick_errno},
                                              {NULL, NULL}};
    lffi_api_add_quick(L, scope, functions, quick);
}
