/* What to write instead: the end of an error about a value that does not convert
 * (docs/design.md S19).
 *
 * Depends on ctype.c and cdata.c. Texts are pushed, and stay on the stack; "" where nothing can be
 * told.
 */
#include <string.h>

#include "value/refuse.h"
#include "value/value.h"

static bool is_pointer(const struct lffi_ctype *ct)
{
    return ct->op == LFFI_POINTER || ct->op == LFFI_ARRAY;
}

static bool is_scalar(const struct lffi_ctype *ct)
{
    return lffi_is_number(ct->op) || ct->op == LFFI_ENUM || ct->op == LFFI_POINTER;
}

/* A function that stores its result through the pointer ct gets the value, or nothing much. */
static bool is_out_parameter(const struct lffi_ctype *ct, const struct lffi_cdata *cd,
                             bool is_number)
{
    const struct lffi_ctype *target = ct->op == LFFI_POINTER ? ct->target : NULL;
    if (target == NULL || target->constant || !is_scalar(target))
        return false;
    if (cd == NULL)
        return is_number;
    return lffi_is_number(cd->ct->op) || (is_pointer(cd->ct) && target->op == LFFI_POINTER &&
                                          lffi_same_type(cd->ct->target, target->target));
}

/* What the value points to is what was wanted, or converts to it. */
static bool is_one_level_more(const struct lffi_ctype *ct, const struct lffi_ctype *value)
{
    const struct lffi_ctype *inner = is_pointer(value) ? value->target : NULL;
    if (inner == NULL || inner->op == LFFI_VOID)
        return false;
    if (is_pointer(inner) && ct->op == LFFI_POINTER)
        return lffi_same_type(inner->target, ct->target) || ct->target->op == LFFI_VOID;
    return lffi_same_type(inner, ct) || (lffi_is_number(inner->op) && lffi_is_number(ct->op));
}

/* ffi.new(T, p) of a `T *`: the first member gets what was meant for all. */
static bool is_whole_struct(const struct lffi_where *where, const struct lffi_cdata *cd)
{
    return where->place == LFFI_TO_FIELD && where->of != NULL && cd->ct->op == LFFI_POINTER &&
           cd->ct->target->type->unqual == where->of->unqual;
}

static const char *push_cdata_hint(lua_State *L, struct lffi_ctype *ct, const struct lffi_cdata *cd,
                                   const struct lffi_where *where)
{
    if (is_whole_struct(where, cd))
        return lua_pushliteral(L, ": to copy what it points to, pass p[0]");
    if (is_one_level_more(ct, cd->ct))
        return lua_pushliteral(L, ": one level too many, pass its [0]");
    return NULL;
}

/* A one-letter string where a character's code is wanted, text where its characters are wide. */
static const char *push_string_hint(lua_State *L, const struct lffi_ctype *ct, int idx)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    const struct lffi_ctype *element = is_pointer(ct) ? ct->target : NULL;
    bool shown = size == 1 && *text > ' ' && strchr("0123456789\"\\", *text) == NULL;
    if (lffi_is_integer(ct->op) && shown)
        return lua_pushfstring(L, ": (\"%s\"):byte() is its code", text);
    if (element == NULL || element->type->kind != CDECL_INT ||
        (element->size != 2 && element->size != 4) ||
        (ct->op == LFFI_POINTER && !element->constant))
        return NULL;
    if (ct->op == LFFI_ARRAY)
        return lua_pushliteral(L, ": wide characters are {utf8.codepoint(s, 1, -1)}");
    return lua_pushfstring(L,
                           ": wide characters are ffi.new(\"%s[?]\", #s + 1, "
                           "{utf8.codepoint(s, 1, -1)})",
                           lffi_push_type_text(L, element->type->unqual, NULL));
}

const char *lffi_push_hint(lua_State *L, struct lffi_ctype *ct, int idx,
                           const struct lffi_where *where)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, ct->scope->st, idx);
    const char *hint = NULL;
    luaL_checkstack(L, 10, NULL);
    if (cd != NULL)
        hint = push_cdata_hint(L, ct, cd, where);
    else if (lua_type(L, idx) == LUA_TSTRING)
        hint = push_string_hint(L, ct, idx);
    if (hint == NULL && where->place == LFFI_TO_ARGUMENT &&
        is_out_parameter(ct, cd, lua_type(L, idx) == LUA_TNUMBER))
        hint = lua_pushfstring(L, ": for an out-parameter pass ffi.new \"%s\"",
                               lffi_type_text(L, lffi_array_of(L, ct->target, 1)));
    return hint != NULL ? hint : lua_pushliteral(L, "");
}

const char *lffi_push_length_hint(lua_State *L, const struct lffi_ctype *ct, uint64_t size,
                                  const struct lffi_where *where, size_t needed)
{
    bool open = lffi_is_open_array(ct) && size == 0;
    if (!open || where->place != LFFI_TO_FIELD || where->owner_idx == 0)
        return lua_pushliteral(L, "");
    const char *type = lffi_push_type_text(L, where->of, NULL);
    const char *count = needed == 0 ? "n" : lua_pushfstring(L, "%I", (LUAI_UACINT)needed);
    return lua_pushfstring(L, ": give the length first, ffi.new(\"%s\", %s, {...})", type, count);
}
