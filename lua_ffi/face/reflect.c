/* What is known of types and declarations, as plain Lua data: ffi.reflect, ffi.declarations,
 * ffi.parse; and ffi.tofunction, which gives an address the form that functions of a library have.
 *
 * Depends on ctype.c for the objects of nested types and on call.c for functions. Everything
 * returned is made of Lua tables, strings, numbers and ctypes; nothing refers to the parser's
 * memory, but for the long lists of parsed.c.
 */
#include <string.h>

#include "face/face.h"
#include "object/scope.h"

/* ---- fields of a description: the table on the stack top ------------------------------------- */

static void set_integer(lua_State *L, const char *key, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void set_flag(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}

static void set_type(lua_State *L, struct lffi_scope *scope, const char *key,
                     const struct cdecl_type *type)
{
    lffi_push_ctype(L, lffi_ctype_of(L, scope, type));
    lua_setfield(L, -2, key);
}

/* ---- types ----------------------------------------------------------------------------------- */

static const char *kind_name(const struct cdecl_type *type)
{
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_VOID: return "void";
    case CDECL_BOOL: return "bool";
    case CDECL_INT: return "int";
    case CDECL_FLOAT: return "float";
    case CDECL_COMPLEX: return "complex";
    case CDECL_ENUM: return "enum";
    case CDECL_POINTER: return "pointer";
    case CDECL_ARRAY: return "array";
    case CDECL_VECTOR: return "vector";
    case CDECL_FUNCTION: return "function";
    case CDECL_STRUCT: return "struct";
    case CDECL_UNION: return "union";
    }
    return NULL;
}

static void describe_member(lua_State *L, struct lffi_scope *scope, const struct cdecl_tag *tag,
                            const struct cdecl_member *member)
{
    lua_createtable(L, 0, 4);
    if (member->name != NULL)
        set_text(L, "name", member->name);
    set_type(L, scope, "type", member->type);
    set_integer(L, "offset", member->offset);
    lffi_push_member_text(L, tag, member);
    if (member->width != CDECL_NOT_BITFIELD) {
        lua_pushfstring(L, ":%I", (LUAI_UACINT)member->width);
        lua_concat(L, 2);
    }
    lua_setfield(L, -2, "text");
    if (member->width == CDECL_NOT_BITFIELD)
        return;
    set_integer(L, "bit", member->bit);
    set_integer(L, "width", member->width);
}

static void describe_members(lua_State *L, struct lffi_scope *scope, const struct cdecl_tag *tag)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < tag->nmembers; i++) {
        describe_member(L, scope, tag, &tag->members[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "members");
}

static void describe_constants(lua_State *L, struct lffi_scope *scope, const struct cdecl_tag *tag)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < tag->nconstants; i++) {
        lua_createtable(L, 0, 2);
        set_text(L, "name", tag->constants[i]->name);
        lffi_push_constant(L, scope, tag->constants[i]);
        lua_setfield(L, -2, "value");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "constants");
}

static void describe_tag(lua_State *L, struct lffi_scope *scope, const struct cdecl_type *type)
{
    const struct cdecl_tag *tag = type->tag;
    if (tag->name != NULL)
        set_text(L, "tag", tag->name);
    else if (tag->typedef_name == NULL)
        set_flag(L, "anonymous", true);
    if (tag->packed)
        set_flag(L, "packed", true);
    if (!tag->complete)
        return;
    if (tag->kind != CDECL_ENUM)
        describe_members(L, scope, tag);
    else if (tag->underlying != NULL)
        set_type(L, scope, "underlying", tag->underlying);
    if (tag->nconstants > 0 || tag->kind == CDECL_ENUM)
        describe_constants(L, scope, tag);
}

/* The attributes of a function, or (from 1 on) of a parameter, as text, pushed. */
static const char *push_annotation(lua_State *L, const struct cdecl_type *type, uint32_t param)
{
    luaL_Buffer text;
    size_t size = cdecl_print_annotation(type, param, NULL, 0);
    cdecl_print_annotation(type, param, luaL_buffinitsize(L, &text, size + 1), size + 1);
    luaL_pushresultsize(&text, size);
    return lua_tostring(L, -1);
}

/* "errno(-1), string" as errno = "-1", string = true into the table on the stack top. */
static void set_words(lua_State *L, const char *text)
{
    while (*text != '\0') {
        size_t word = strcspn(text, "(,");
        size_t all = text[word] == '(' ? strcspn(text, ")") : word;
        lua_pushlstring(L, text, word);
        if (all > word)
            lua_pushlstring(L, text + word + 1, all - word - 1);
        else
            lua_pushboolean(L, 1);
        lua_rawset(L, -4);
        text += all + (text[all] == ')');
        text += strspn(text, ", ");
    }
}

/* As ffi.annotate takes them. */
static void describe_annotations(lua_State *L, const struct cdecl_type *type)
{
    if (!type->annotated)
        return;
    luaL_checkstack(L, 10, NULL);
    lua_newtable(L);
    set_words(L, push_annotation(L, type, 0));
    lua_pop(L, 1);
    for (uint32_t i = 1; i <= type->nparams; i++) {
        if (*push_annotation(L, type, i) != '\0')
            lua_rawseti(L, -2, i);
        else
            lua_pop(L, 1);
    }
    lua_setfield(L, -2, "annotations");
}

static void describe_function(lua_State *L, struct lffi_scope *scope, const struct cdecl_type *type)
{
    describe_annotations(L, type);
    set_type(L, scope, "result", type->target);
    set_flag(L, "variadic", type->variadic);
    lua_newtable(L);
    for (uint32_t i = 0; i < type->nparams; i++) {
        lffi_push_ctype(L, lffi_ctype_of(L, scope, type->params[i]));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "params");
}

static void describe_elements(lua_State *L, struct lffi_scope *scope, const struct cdecl_type *type)
{
    set_type(L, scope, "element", type->target);
    if (type->count < CDECL_COUNT_VLA)
        set_integer(L, "count", type->count);
}

/* What only types of this kind have. */
static void describe_kind(lua_State *L, struct lffi_scope *scope, const struct cdecl_type *type)
{
    /* clang-format off */
    switch ((enum cdecl_kind)type->kind) {
    case CDECL_BOOL: case CDECL_INT:
        set_integer(L, "bits", type->bits);
        set_flag(L, "signed", type->is_signed);
        break;
    case CDECL_POINTER: set_type(L, scope, "target", type->target); break;
    case CDECL_ARRAY: case CDECL_VECTOR: describe_elements(L, scope, type); break;
    case CDECL_FUNCTION: describe_function(L, scope, type); break;
    case CDECL_STRUCT: case CDECL_UNION: case CDECL_ENUM: describe_tag(L, scope, type); break;
    case CDECL_VOID: case CDECL_FLOAT: case CDECL_COMPLEX: break;
    }
    /* clang-format on */
}

static void describe_qualifiers(lua_State *L, const struct cdecl_type *type)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{CDECL_CONST, "const"},
                 {CDECL_VOLATILE, "volatile"},
                 {CDECL_RESTRICT, "restrict"},
                 {CDECL_ATOMIC, "atomic"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (type->quals & names[i].bit)
            set_flag(L, names[i].name, true);
}

/* Size and alignment, where there are such. */
static void describe_size(lua_State *L, const struct cdecl_type *type)
{
    bool complete = cdecl_complete(type) && type->kind != CDECL_VOID;
    set_flag(L, "complete", complete);
    if (!complete || type->kind == CDECL_FUNCTION)
        return;
    set_integer(L, "size", cdecl_sizeof(type));
    set_integer(L, "align", cdecl_alignof(type));
}

/* Names of the parameters as declared; false for one without. */
static void describe_parameters(lua_State *L, const struct cdecl_decl *decl)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < decl->type->nparams; i++) {
        if (decl->params != NULL && decl->params[i].name != NULL)
            lua_pushstring(L, decl->params[i].name);
        else
            lua_pushboolean(L, 0);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "names");
}

/* What a declaration says beyond its type: into the table on the stack top. */
static void describe_decl(lua_State *L, const struct cdecl_decl *decl)
{
    set_text(L, "symbol", decl->symbol);
    lffi_push_decl_text(L, decl);
    lua_setfield(L, -2, "text");
    if (decl->type->kind == CDECL_FUNCTION)
        describe_parameters(L, decl);
}

/* ffi.reflect(type, cdata or C function): a table that describes the type; of a function also its
 * name, symbol and the names of its parameters. */
static int api_reflect(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_ctype *ct = lffi_arg_ctype(L, scope, 1);
    const struct lffi_function *fn = lffi_to_function(L, 1);
    const struct cdecl_type *type = ct->type;
    luaL_checkstack(L, 8, NULL);
    lua_newtable(L);
    set_text(L, "kind", kind_name(type));
    lffi_push_type_text(L, type, NULL);
    lua_setfield(L, -2, "name");
    describe_size(L, type);
    describe_qualifiers(L, type);
    describe_kind(L, ct->scope, type);
    if (fn != NULL)
        describe_decl(L, fn->decl);
    return 1;
}

/* ---- declarations ---------------------------------------------------------------------------- */

static const char *declaration_kind(const struct cdecl_decl *decl)
{
    switch ((enum cdecl_decl_kind)decl->kind) {
    case CDECL_DECL_TYPEDEF: return "typedef";
    case CDECL_DECL_FUNCTION: return "function";
    case CDECL_DECL_VARIABLE: return "variable";
    case CDECL_DECL_CONSTANT: return "constant";
    case CDECL_DECL_MACRO: return "macro";
    }
    return NULL;
}

/* File and line, nil where there is none, and, if it cannot be used, why. Returns how many. */
static int push_place(lua_State *L, const struct cdecl_decl *decl)
{
    lua_pushstring(L, decl->file);
    if (decl->line == 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, decl->line);
    if (decl->refusal == CDECL_USABLE)
        return 2;
    lua_pushstring(L, cdecl_refusal_text(decl->refusal));
    return 3;
}

/* The next declaration made by a text; what every scope predeclares is left out. With "names" as
 * the state of the loop only name and kind: the text takes longer than all else. */
static int next_declaration(lua_State *L)
{
    struct lffi_scope *scope = lua_touserdata(L, lua_upvalueindex(LFFI_UP_SCOPE));
    const struct cdecl_decl *decl = lua_touserdata(L, lua_upvalueindex(LFFI_UP_POSITION));
    bool names_only = lua_type(L, 1) == LUA_TSTRING;
    do {
        decl = cdecl_next(scope->cdecl, decl);
        if (!lffi_step(L, decl))
            return 0;
    } while (decl->line == 0 ||
             !lffi_name_matches(L, lua_upvalueindex(LFFI_UP_PATTERN), decl->name));
    lua_pushstring(L, decl->name);
    lua_pushstring(L, declaration_kind(decl));
    if (names_only)
        return 2;
    lffi_push_decl_text(L, decl);
    return 3 + push_place(L, decl);
}

/* ffi.declarations([pattern]): iterator over name, kind, C text, file and line of what was
 * declared, and why it cannot be used. With a namespace that has the metamethod
 * __cffi_declarations, what that one says. */
static int api_declarations(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    if (luaL_getmetafield(L, 1, "__cffi_declarations") != LUA_TNIL) {
        lua_insert(L, 1);
        lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
        return lua_gettop(L);
    }
    if (lua_gettop(L) > 1)
        lffi_arg_error(L, 2, "surplus: at most 1 expected");
    return lffi_push_iterator(L, scope, next_declaration);
}

/* ffi.declaration(name): kind, C text, file and line of one name (no file and line when the scope
 * knows it by itself), and why it cannot be used; nil when it is not declared. */
static int api_declaration(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    size_t size;
    const char *name = lffi_arg_string(L, 1, &size);
    const struct cdecl_decl *decl = cdecl_find(scope->cdecl, name, size);
    if (decl == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, declaration_kind(decl));
    lffi_push_decl_text(L, decl);
    return 2 + push_place(L, decl);
}

/* One declaration of ffi.parse, as a table that is pushed. */
static void push_parsed(lua_State *L, struct lffi_scope *scope, const struct cdecl_decl *decl)
{
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, 6); /* the size is spared growing, which takes longer than all else */
    set_text(L, "kind", declaration_kind(decl));
    set_text(L, "name", decl->name);
    set_type(L, scope, "type", decl->type);
    if (decl->kind == CDECL_DECL_CONSTANT) {
        lffi_push_constant(L, scope, decl);
        lua_setfield(L, -2, "value");
        return;
    }
    describe_decl(L, decl);
}

/* The declarations of the text at stack index arg with the "$" arguments up to `last`. A text
 * without such is remembered among the scope's type names, by itself behind a zero, until the next
 * cdef: reading it again would take memory again. */
static const struct cdecl_decl *parse_text(lua_State *L, struct lffi_scope *scope, int arg,
                                           int last)
{
    struct cdecl_source source = {.flags = lffi_text_flags(scope)};
    struct cdecl_error error;
    const struct cdecl_decl *decl;
    source.text = lffi_arg_string(L, arg, &source.size);
    lffi_push_ref(L, scope, scope->ref_names);
    lua_pushlstring(L, "", 1);
    lua_pushvalue(L, arg);
    lua_concat(L, 2);
    lua_pushvalue(L, -1);
    if (last == arg && lua_rawget(L, -3) == LUA_TLIGHTUSERDATA)
        return lua_touserdata(L, -1);
    source.args = lffi_collect_args(L, scope, arg + 1, last);
    source.nargs = (size_t)(last - arg);
    decl = cdecl_parse_unbound(scope->cdecl, &source, &error);
    if (decl == NULL)
        lffi_parse_error(L, &source, &error);
    lua_pop(L, 2);
    lua_pushlightuserdata(L, (void *)(uintptr_t)decl);
    if (last == arg)
        lua_rawset(L, -3);
    return decl;
}

/* ffi.parse(text [, "$" arguments ...]): the declarations of a text as a list of tables with kind,
 * name, type and text, without declaring them. */
static int api_parse(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    return lffi_push_parsed_list(L, scope, parse_text(L, scope, 1, lua_gettop(L)), push_parsed);
}

/* ---- functions by address -------------------------------------------------------------------- */

/* In the registry, weak: {[ctype] = {[name] = declaration}}. A declaration made here is not known
 * to the parser and lives as long as the type, because the functions made from it refer to it. */
static const char declarations_key = 0;

/* Pushes the table t[key], made when missing; `t` is on the stack top and is replaced. */
static void enter_table(lua_State *L)
{
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
}

static void push_declarations(lua_State *L, struct lffi_ctype *ct)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &declarations_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lffi_push_weak_table(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &declarations_key);
    }
    lffi_push_ctype(L, ct);
    enter_table(L);
}

/* The declaration in a userdata: a long double in it wants more than the 8 bytes Lua aligns to. */
static struct cdecl_decl *aligned_decl(void *block)
{
    uintptr_t mask = _Alignof(struct cdecl_decl) - 1;
    return (struct cdecl_decl *)(((uintptr_t)block + mask) & ~mask);
}

/* A declaration of the string at name_idx as a function of type ct. */
static const struct cdecl_decl *function_decl(lua_State *L, struct lffi_ctype *ct, int name_idx)
{
    struct cdecl_decl *decl;
    push_declarations(L, ct);
    lua_pushvalue(L, name_idx);
    if (lua_rawget(L, -2) == LUA_TUSERDATA) {
        decl = aligned_decl(lua_touserdata(L, -1));
        lua_pop(L, 2);
        return decl;
    }
    lua_pop(L, 1);
    lua_pushvalue(L, name_idx);
    decl = aligned_decl(lua_newuserdatauv(L, sizeof *decl + _Alignof(struct cdecl_decl), 1));
    memset(decl, 0, sizeof *decl);
    lua_pushvalue(L, name_idx);
    lua_setiuservalue(L, -2, 1);
    decl->kind = CDECL_DECL_FUNCTION;
    decl->name = lua_tostring(L, name_idx);
    decl->symbol = decl->name;
    decl->type = ct->type;
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return decl;
}

/* A function of the name at index 2 with the type of the pointer, or the function that the
 * declaration there declares. */
static const struct cdecl_decl *named_or_declared(lua_State *L, struct lffi_scope *scope,
                                                  const struct lffi_cdata *cd)
{
    const struct cdecl_decl *decl;
    const char *text = lffi_arg_string(L, 2, NULL);
    if (strchr(text, '(') == NULL) {
        if (cd->ct->target->op != LFFI_FUNCTION)
            lffi_expected(L, 1, "function pointer");
        return function_decl(L, cd->ct->target->base, 2);
    }
    lffi_check_lock(L, scope->st, "pointer casts");
    decl = parse_text(L, scope, 2, 2);
    if (decl->kind != CDECL_DECL_FUNCTION || decl->next != NULL)
        lffi_arg_error(L, 2, "declaration of one function expected, got '%s'", text);
    return decl;
}

/* ffi.tofunction(pointer, name or declaration [, library]): the function that a function pointer,
 * or with a declaration any pointer, leads to, as a Lua function as fast as one of a library. Its
 * errors name it; once the library is closed it raises. */
static int api_tofunction(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_arg_cdata(L, scope, 1);
    const struct cdecl_decl *decl;
    const char *freed;
    void (*address)(void);
    lua_settop(L, 3);
    if (cd->ct->op != LFFI_POINTER)
        lffi_expected(L, 1, "function pointer");
    memcpy(&address, cd->addr, sizeof address);
    if (address == NULL)
        lffi_arg_error(L, 1, "null pointer");
    freed = lffi_push_freed_callback(L, scope->st, 1, *(const void *const *)cd->addr);
    if (freed != NULL)
        lffi_arg_error(L, 1, "%s", freed);
    decl = named_or_declared(L, scope, cd);
    lua_settop(L, 3);
    if (!lua_isnil(L, 3) && lffi_push_library_of(L, 3) == NULL)
        lffi_expected(L, 3, "library");
    lffi_push_function(L, lffi_ctype_of(L, scope, decl->type), decl, address,
                       lua_isnil(L, 3) ? 0 : 4, 1);
    return 1;
}

void lffi_api_reflect(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"reflect", api_reflect, 1},         {"declarations", api_declarations, 2},
        {"declaration", api_declaration, 1}, {"parse", api_parse, LFFI_ANY},
        {"tofunction", api_tofunction, 3},   {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
