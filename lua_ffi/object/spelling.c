/* Types and declarations as text: C's, and for tostring in cffi.luajit LuaJIT's (docs/design.md
 * S17), with canonical names of the integers, "int [3]", and parameters left out.
 *
 * Depends on the parser's printer. The strings are Lua's, on its stack.
 */
#include <string.h>

#include "object/ctype.h"

enum { ORDINARY = 256 }; /* what most texts fit in: those are written once */

/* Pushes and returns what print(..., buffer, size) writes. */
#define RETURN_PRINTED(print, ...)                                        \
    do {                                                                  \
        char text[ORDINARY];                                              \
        luaL_Buffer b;                                                    \
        size_t size = print(__VA_ARGS__, text, sizeof text);              \
        if (size < sizeof text)                                           \
            return lua_pushlstring(L, text, size);                        \
        print(__VA_ARGS__, luaL_buffinitsize(L, &b, size + 1), size + 1); \
        luaL_pushresultsize(&b, size);                                    \
        return lua_tostring(L, -1);                                       \
    } while (0)

const char *lffi_push_type_text(lua_State *L, const struct cdecl_type *type, const char *name)
{
    RETURN_PRINTED(cdecl_print, type, name);
}

const char *lffi_push_decl_text(lua_State *L, const struct cdecl_decl *decl)
{
    RETURN_PRINTED(cdecl_print_decl, decl);
}

const char *lffi_push_member_text(lua_State *L, const struct cdecl_tag *tag,
                                  const struct cdecl_member *m)
{
    RETURN_PRINTED(cdecl_print_member, tag, m);
}

/* The member of that name when a typedef is in its declaration, with the tag it is in. */
static const struct cdecl_member *find_named(const struct cdecl_tag **tag, const char *name)
{
    const struct cdecl_tag *of = *tag;
    for (uint32_t i = 0; i < of->nmembers; i++) {
        const struct cdecl_member *m = &of->members[i], *inside = NULL;
        if (m->name != NULL && strcmp(m->name, name) == 0)
            return cdecl_member_typedef(of, m) != NULL ? m : NULL;
        *tag = m->type->tag;
        if (m->name == NULL && m->width == CDECL_NOT_BITFIELD)
            inside = find_named(tag, name);
        if (inside != NULL)
            return inside;
        *tag = of;
    }
    return NULL;
}

const char *lffi_push_named_text(lua_State *L, const struct cdecl_type *type, const char *name)
{
    const struct cdecl_tag *tag = type->tag;
    const struct cdecl_member *m = find_named(&tag, name);
    if (m == NULL)
        return lua_pushliteral(L, "");
    return lua_pushfstring(L, " (%s)", lffi_push_member_text(L, tag, m));
}

/* ---- LuaJIT's spelling ----------------------------------------------------------------------- */

static const char *qualifiers(const struct cdecl_type *type)
{
    switch (type->quals & (CDECL_CONST | CDECL_VOLATILE)) {
    case CDECL_CONST: return "const ";
    case CDECL_VOLATILE: return "volatile ";
    case CDECL_CONST | CDECL_VOLATILE: return "const volatile ";
    default: return "";
    }
}

static const char *integer_name(const struct cdecl_type *type)
{
    bool is_unsigned = !type->is_signed;
    switch (type->size) {
    case 1:
        if (is_unsigned == ((char)-1 > 0))
            return "char";
        return is_unsigned ? "unsigned char" : "signed char";
    case 2: return is_unsigned ? "unsigned short" : "short";
    case 4: return is_unsigned ? "unsigned int" : "int";
    case 8: return is_unsigned ? "uint64_t" : "int64_t";
    default: return NULL;
    }
}

/* The name LuaJIT has for a basic type, or NULL. */
static const char *basic_name(const struct cdecl_type *type)
{
    if (type->kind == CDECL_COMPLEX && type->prim == CDECL_PRIM_CDOUBLE)
        return "complex";
    if (type->kind == CDECL_COMPLEX && type->prim == CDECL_PRIM_CFLOAT)
        return "complex float";
    if (type->kind != CDECL_INT || type->prim == CDECL_PRIM_BITINT ||
        type->prim == CDECL_PRIM_UBITINT)
        return NULL;
    return integer_name(type);
}

/* Pushes a type that is neither pointer, array nor function. */
static void push_base(lua_State *L, const struct cdecl_type *type)
{
    const char *name = type->tag == NULL && type->kind != CDECL_VECTOR ? basic_name(type) : NULL;
    if (name == NULL)
        name = lffi_push_type_text(L, type->unqual, NULL);
    lua_pushfstring(L, "%s%s", qualifiers(type), name);
}

/* Pushes the declarator around the one given: "*", "(*)", "[3]", "()". */
static const char *push_declarator(lua_State *L, const struct cdecl_type *type, const char *inner)
{
    if (type->kind == CDECL_FUNCTION)
        return lua_pushfstring(L, "%s()", inner);
    if (type->kind == CDECL_ARRAY) {
        if (type->count == CDECL_COUNT_UNKNOWN)
            return lua_pushfstring(L, "%s[]", inner);
        if (type->count == CDECL_COUNT_VLA)
            return lua_pushfstring(L, "%s[?]", inner);
        return lua_pushfstring(L, "%s[%I]", inner, (LUAI_UACINT)type->count);
    }
    lua_pushfstring(L, "*%s%s", qualifiers(type), inner);
    if (type->quals != 0 && *inner == '\0') /* "*const", without the blank */
        lua_pushlstring(L, lua_tostring(L, -1), (size_t)lua_rawlen(L, -1) - 1);
    if (type->target->kind == CDECL_ARRAY || type->target->kind == CDECL_FUNCTION)
        lua_pushfstring(L, "(%s)", lua_tostring(L, -1));
    return lua_tostring(L, -1);
}

static bool is_derived(const struct cdecl_type *type)
{
    return type->kind == CDECL_POINTER || type->kind == CDECL_ARRAY || type->kind == CDECL_FUNCTION;
}

const char *lffi_push_spelling(lua_State *L, const struct lffi_ctype *ct)
{
    const struct cdecl_type *type = ct->type;
    const char *declarator = "";
    int base = lua_gettop(L) + 1;
    if (!ct->scope->luajit)
        return lffi_push_type_text(L, type, NULL);
    luaL_checkstack(L, 10, NULL);
    lua_pushliteral(L, "");
    for (; is_derived(type); type = type->target) {
        declarator = push_declarator(L, type, declarator);
        lua_replace(L, base);
        lua_settop(L, base);
    }
    push_base(L, type);
    lua_pushfstring(L, "%s%s%s", lua_tostring(L, -1), *declarator != '\0' ? " " : "", declarator);
    lua_replace(L, base);
    lua_settop(L, base);
    return lua_tostring(L, -1);
}
