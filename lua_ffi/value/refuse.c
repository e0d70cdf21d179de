/* Values that do not convert: where they were to go, as errors tell it (docs/design.md S19).
 *
 * Depends on kind.c for what they are.
 */
#include <stdarg.h>
#include <string.h>

#include "value/refuse.h"
#include "value/value.h"

/* Pushes "bad argument #1 to 'abs' (int abs(int)): ", "field 'x' of 'struct s': ", ... */
static void push_place(lua_State *L, const struct lffi_where *where)
{
    int index = (int)where->index;
    const char *of = where->of != NULL ? lffi_push_type_text(L, where->of, NULL) : "?";
    switch (where->place) {
    case LFFI_TO_ARGUMENT:
        if (where->fn != NULL)
            lua_pushfstring(L, "bad argument #%d to '%s' (%s): ", index, where->fn->name,
                            lffi_push_decl_text(L, where->fn->decl));
        else
            lua_pushfstring(L, "bad argument #%d to '%s': ", index, of);
        break;
    case LFFI_TO_RESULT: lua_pushfstring(L, "result of callback '%s': ", of); break;
    case LFFI_TO_ERROR_VALUE: lua_pushfstring(L, "error value of callback '%s': ", of); break;
    case LFFI_TO_FIELD:
        lua_pushfstring(L, "field '%s' of '%s'%s: ", where->name, of,
                        where->of != NULL ? lffi_push_named_text(L, where->of, where->name) : "");
        break;
    case LFFI_TO_ELEMENT:
        lua_pushfstring(L, "element %I of '%s': ", (LUAI_UACINT)where->index, of);
        break;
    case LFFI_TO_VARIABLE: lua_pushfstring(L, "variable '%s': ", where->name); break;
    case LFFI_TO_VALUE: lua_pushliteral(L, ""); break;
    }
}

/* Pushes "[2].name", as the program writes it, of a part of an argument. */
static const char *push_path(lua_State *L, const struct lffi_where *where)
{
    const char *before;
    if (where->outer == NULL)
        return lua_pushliteral(L, "");
    luaL_checkstack(L, 10, NULL);
    before = push_path(L, where->outer);
    if (where->place != LFFI_TO_FIELD)
        return lua_pushfstring(L, "%s[%I]", before, (LUAI_UACINT)(where->index + where->start));
    return lua_pushfstring(L, "%s%s%s", before, *before != '\0' ? "." : "", where->name);
}

static void push_prefix(lua_State *L, const struct lffi_where *where)
{
    const struct lffi_where *whole = where;
    const char *path;
    while (whole->outer != NULL)
        whole = whole->outer;
    if (whole == where) {
        push_place(L, where);
        return;
    }
    path = push_path(L, where);
    push_place(L, whole);
    lua_pushfstring(L, *path == '[' ? "element %s: " : "field '%s': ", path);
    lua_concat(L, 2);
}

/* Raises the text at the stack index with the prefix that stands above it. */
static _Noreturn void raise_prefixed(lua_State *L, int text)
{
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_pushvalue(L, text);
    lua_concat(L, 3);
    lua_error(L);
    abort();
}

_Noreturn void lffi_convert_error(lua_State *L, const struct lffi_where *where, const char *fmt,
                                  ...)
{
    va_list args;
    int text = lua_gettop(L) + 1;
    luaL_checkstack(L, 10, NULL);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args); /* first: `fmt` may use texts on the stack */
    va_end(args);
    push_prefix(L, where);
    raise_prefixed(L, text);
}

_Noreturn void lffi_init_error(lua_State *L, const struct lffi_where *where, const char *fmt, ...)
{
    const struct lffi_where *whole = where;
    va_list args;
    int text = lua_gettop(L) + 1;
    luaL_checkstack(L, 10, NULL);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    while (whole->outer != NULL)
        whole = whole->outer;
    if (whole->place == LFFI_TO_ARGUMENT)
        push_prefix(L, where);
    else
        lua_pushliteral(L, "");
    raise_prefixed(L, text);
}

_Noreturn void lffi_zero_inside(lua_State *L, const char *text, const struct lffi_where *where)
{
    lffi_convert_error(L, where,
                       "the string contains a zero byte at position %d; "
                       "ffi.cast(\"const char *\", s) passes it whole",
                       (int)strlen(text) + 1);
}

_Noreturn void lffi_mismatch(lua_State *L, struct lffi_ctype *ct, int idx,
                             const struct lffi_where *where)
{
    const char *kind = lffi_push_kind_of(L, ct->scope->st, idx);
    lffi_convert_error(L, where, "cannot convert %s to '%s'%s", kind,
                       lffi_push_type_text(L, ct->type, NULL), lffi_push_hint(L, ct, idx, where));
}

_Noreturn void lffi_no_integer(lua_State *L, struct lffi_ctype *ct, int idx,
                               const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    if (cd != NULL && (lffi_is_float(cd->ct->op) || cd->ct->op == LFFI_COMPLEX))
        lffi_convert_error(L, where, "cannot convert number %s to '%s'",
                           lffi_push_real_text(L, cd->ct, cd->addr),
                           lffi_push_type_text(L, ct->type, NULL));
    lffi_mismatch(L, ct, idx, where);
}

/* ---- integers that do not fit ---------------------------------------------------------------- */

const char *lffi_push_cast_hint(lua_State *L, const struct lffi_integer *value, unsigned bits,
                                const char *type)
{
    if (!lffi_integer_has_bits(value, bits))
        return lua_pushliteral(L, "");
    return lua_pushfstring(L, "; if its bits are meant: ffi.cast(\"%s\", v)", type);
}

/* Likewise for a bit-field: no type is as narrow, so what to write is the number with the bits. */
static const char *push_field_hint(lua_State *L, const struct lffi_integer *value, unsigned bits)
{
    if (bits >= 64 || !lffi_integer_has_bits(value, bits))
        return lua_pushliteral(L, "");
    return lua_pushfstring(L, "; if its bits are meant: v %s (1 << %d)",
                           value->negative ? "+" : "-", (int)bits);
}

_Noreturn void lffi_misfit(lua_State *L, struct lffi_ctype *ct, unsigned bits,
                           const struct lffi_integer *value, int idx,
                           const struct lffi_where *where)
{
    const struct cdecl_type *integer = ct->op == LFFI_ENUM ? ct->target->type : ct->type;
    const char *number = lffi_push_number_text(L, ct->scope->st, value, idx);
    const char *type = lffi_push_type_text(L, ct->type, NULL);
    const char *hint;
    if (bits < integer->bits)
        hint = push_field_hint(L, value, bits);
    else
        hint = lffi_push_cast_hint(L, value, bits, lffi_push_type_text(L, integer->unqual, NULL));
    lffi_convert_error(L, where, "%s does not fit '%s' (%d bits)%s", number, type, (int)bits, hint);
}
