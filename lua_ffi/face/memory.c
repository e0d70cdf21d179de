/* The API's functions on raw memory: string, copy, fill; and errno, strerror.
 *
 * Depends on cdata.c for how far memory is known to reach; nothing is written or read beyond that
 * (docs/design.md S20). Strings returned are Lua's own copies.
 */
#include <limits.h>
#include <string.h>

#include "face/face.h"
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

/* The memory of a cdata argument. */
static struct memory cdata_memory(lua_State *L, struct lffi_scope *scope, int arg,
                                  const struct lffi_cdata *cd)
{
    struct memory m = {cd->addr, UINT64_MAX, cd->ct};
    if (!is_memory(cd->ct))
        lffi_expected(L, arg, "pointer, array, struct or union");
    if (cd->ct->op == LFFI_POINTER)
        memcpy(&m.addr, cd->addr, sizeof m.addr);
    if (cd->ct->op == LFFI_POINTER || cd->ct->op == LFFI_ARRAY)
        m.target = cd->ct->target;
    if (m.addr == NULL)
        lffi_arg_error(L, arg, "null pointer");
    if (scope->bounds)
        m.size = lffi_extent(L, arg, cd);
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
static void check_text(lua_State *L, struct lffi_scope *scope, const struct memory *m)
{
    if (m->target != NULL && m->target->op != LFFI_I8 && m->target->op != LFFI_U8 &&
        m->target->op != LFFI_VOID)
        lffi_arg_error(L, 1, "%s is no string of bytes: give its length",
                       lffi_push_kind_of(L, scope->st, 1));
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
        size = m.size < SIZE_MAX ? strnlen(m.addr, (size_t)m.size) : strlen(m.addr);
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
    unsigned __int128 bits;
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

void lffi_api_memory(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"string", api_string, 2}, {"copy", api_copy, 3},         {"fill", api_fill, 3},
        {"errno", api_errno, 1},   {"strerror", api_strerror, 1}, {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
