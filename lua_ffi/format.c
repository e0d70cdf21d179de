/* The variadic arguments of printf and its like against their format (docs/design.md S10).
 *
 * Depends on convert.c for its error and on cdata.c. C reads whatever type the format names, so an
 * argument of another type is an error here, before the call; a format with "%1$d" positions, or with a
 * conversion that is not C's, is left alone from there on. Nothing is owned.
 */
#include <stdio.h>
#include <string.h>

#include "plan.h"

/* What a conversion reads. */
enum wanted { WANTS_NOTHING, WANTS_INTEGER, WANTS_FLOAT, WANTS_STRING, WANTS_POINTER, UNKNOWN };

/* One conversion specification: "%-5.3lld". */
struct spec {
    const char *text; /* from the '%' to the conversion character */
    int size;
    int stars;    /* arguments for width and precision */
    bool is_long; /* l, ll, j, z, t, q, L: 64 bits, wchar_t or long double */
    enum wanted wanted;
};

struct check {
    lua_State *L;
    struct lffi_where *where;
    struct lffi_state *st;
    int first, last; /* stack indices of all arguments */
    int next;        /* of the next variadic one */
};

static enum wanted wanted_by(char conversion)
{
    if (conversion == '\0')
        return UNKNOWN;
    if (strchr("diouxXc", conversion) != NULL)
        return WANTS_INTEGER;
    if (strchr("fFeEgGaA", conversion) != NULL)
        return WANTS_FLOAT;
    if (strchr("pn", conversion) != NULL)
        return WANTS_POINTER;
    if (conversion == 's')
        return WANTS_STRING;
    return conversion == '%' || conversion == 'm' ? WANTS_NOTHING : UNKNOWN;
}

/* Digits, or '*' for an argument. */
static const char *skip_number(const char *p, struct spec *spec)
{
    if (*p == '*') {
        spec->stars++;
        return p + 1;
    }
    return p + strspn(p, "0123456789");
}

/* "%" flags [width] ["." precision] [length] conversion; returns the text behind it. */
static const char *read_spec(const char *p, struct spec *spec)
{
    size_t length;
    memset(spec, 0, sizeof *spec);
    spec->text = p++;
    p += strspn(p, "-+ #0'I");
    p = skip_number(p, spec);
    if (*p == '.')
        p = skip_number(p + 1, spec);
    length = strspn(p, "hlqjztL");
    spec->is_long = length > 0 && *p != 'h';
    p += length;
    spec->wanted = wanted_by(*p);
    if (*p != '\0')
        p++;
    spec->size = (int)(p - spec->text);
    return p;
}

static _Noreturn void refuse(struct check *c, const struct spec *spec, const char *type)
{
    char text[32];
    const char *got = lffi_push_kind_of(c->L, c->st, c->next);
    snprintf(text, sizeof text, "%.*s", spec->size, spec->text);
    c->where->index = c->next - c->first + 1;
    lffi_convert_error(c->L, c->where, "format '%s' wants %s, got %s", text, type, got);
}

/* An integer; one that C would read as an int must fit one. */
static void check_integer(struct check *c, const struct spec *spec, bool is_long)
{
    struct lffi_integer value;
    unsigned __int128 bits;
    bool fraction;
    int type = lua_type(c->L, c->next);
    bool is_float = type == LUA_TNUMBER && !lua_isinteger(c->L, c->next);
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, c->next);
    if (type == LUA_TBOOLEAN || (cd != NULL && cd->ct->op == LFFI_BOOL))
        return;
    if (is_float || (cd != NULL && cd->ct->op >= LFFI_FLOAT16 && cd->ct->op <= LFFI_FLOAT128) ||
        !lffi_to_integer(c->L, c->st, c->next, &value, &fraction))
        refuse(c, spec, is_long ? "a 64-bit integer" : "'int'");
    if (!lffi_integer_reduce(&value, is_long ? 64 : 32, true, LFFI_FIT, &bits))
        refuse(c, spec, is_long ? "a 64-bit integer" : "'int' (32 bits)");
}

static void check_float(struct check *c, const struct spec *spec)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, c->next);
    bool is_float = lua_type(c->L, c->next) == LUA_TNUMBER && !lua_isinteger(c->L, c->next);
    if (memchr(spec->text, 'L', (size_t)spec->size) != NULL) {
        if (cd == NULL || cd->ct->op != LFFI_LDOUBLE)
            refuse(c, spec, "'long double'");
    } else if (!is_float && (cd == NULL || (cd->ct->op != LFFI_DOUBLE && cd->ct->op != LFFI_FLOAT))) {
        refuse(c, spec, "'double'");
    }
}

/* The type behind a pointer or array cdata, NULL when the value is neither. */
static const struct lffi_ctype *pointee(const struct lffi_cdata *cd)
{
    if (cd == NULL || (cd->ct->op != LFFI_POINTER && cd->ct->op != LFFI_ARRAY))
        return NULL;
    return cd->ct->target;
}

/* An object that stands for a pointer; to what, the conversion will see. */
static bool is_pointer_object(const struct check *c)
{
    if (luaL_getmetafield(c->L, c->next, "__cffi_pointer") == LUA_TNIL)
        return false;
    lua_pop(c->L, 1);
    return true;
}

static void check_string(struct check *c, const struct spec *spec)
{
    const struct lffi_ctype *target = pointee(lffi_to_cdata(c->L, c->st, c->next));
    bool bytes = target != NULL && (target->op == LFFI_I8 || target->op == LFFI_U8);
    bool wide = target != NULL && target->op >= LFFI_I8 && target->op <= LFFI_U32;
    if (is_pointer_object(c))
        return;
    if (spec->is_long ? !wide : !bytes && lua_type(c->L, c->next) != LUA_TSTRING)
        refuse(c, spec, spec->is_long ? "'wchar_t *'" : "'char *'");
}

static void check_pointer(struct check *c, const struct spec *spec)
{
    int type = lua_type(c->L, c->next);
    if (pointee(lffi_to_cdata(c->L, c->st, c->next)) == NULL && type != LUA_TNIL &&
        type != LUA_TSTRING && type != LUA_TLIGHTUSERDATA && type != LUA_TFUNCTION &&
        !(type == LUA_TUSERDATA && lffi_to_cdata(c->L, c->st, c->next) == NULL) &&
        !is_pointer_object(c))
        refuse(c, spec, "a pointer");
}

static void need_argument(struct check *c, const struct spec *spec)
{
    char text[32];
    if (c->next <= c->last)
        return;
    snprintf(text, sizeof text, "%.*s", spec->size, spec->text);
    c->where->index = c->next - c->first + 1;
    lffi_convert_error(c->L, c->where, "format '%s' has no argument", text);
}

static void check_spec(struct check *c, const struct spec *spec)
{
    for (int i = 0; i < spec->stars; i++, c->next++) {
        need_argument(c, spec);
        check_integer(c, spec, false);
    }
    if (spec->wanted == WANTS_NOTHING)
        return;
    need_argument(c, spec);
    if (spec->wanted == WANTS_INTEGER)
        check_integer(c, spec, spec->is_long);
    else if (spec->wanted == WANTS_FLOAT)
        check_float(c, spec);
    else if (spec->wanted == WANTS_STRING)
        check_string(c, spec);
    else
        check_pointer(c, spec);
    c->next++;
}

/* The format's text, NULL when the argument is none that can be read. */
static const char *format_text(const struct check *c, int idx)
{
    const struct lffi_cdata *cd;
    const struct lffi_ctype *target;
    const char *text;
    if (lua_type(c->L, idx) == LUA_TSTRING)
        return lua_tostring(c->L, idx);
    cd = lffi_to_cdata(c->L, c->st, idx);
    target = pointee(cd);
    if (target == NULL || (target->op != LFFI_I8 && target->op != LFFI_U8))
        return NULL;
    text = cd->addr;
    if (cd->ct->op == LFFI_POINTER)
        memcpy(&text, cd->addr, sizeof text);
    else if (memchr(text, '\0', (size_t)lffi_extent(c->L, idx, cd)) == NULL)
        text = NULL; /* not terminated within its array */
    return text;
}

static bool is_printf(const struct cdecl_attr *attr)
{
    return attr->id == CDECL_ATTR_FORMAT && attr->text != NULL && attr->nints >= 2 &&
           attr->ints[0] > 0 && attr->ints[1] > attr->ints[0] &&
           (strcmp(attr->text, "printf") == 0 || strcmp(attr->text, "gnu_printf") == 0);
}

/* Whether the last parameter is this one, a text: a function of another library may have the name of
 * one of libc and do something else. */
static bool ends_in_text(const struct cdecl_type *fn, uint32_t index)
{
    const struct cdecl_type *param = fn->nparams == index ? fn->params[index - 1] : NULL;
    return param != NULL && param->kind == CDECL_POINTER && param->target->kind == CDECL_INT &&
           param->target->size == 1;
}

/* libc's own, which compilers know as well: a prototype typed at a prompt carries no attribute. */
static struct lffi_format by_name(const struct cdecl_decl *decl)
{
    static const struct {
        const char *name;
        uint32_t text;
    } known[] = {{"printf", 1},   {"fprintf", 2},  {"dprintf", 2}, {"sprintf", 2},
                 {"snprintf", 3}, {"asprintf", 2}, {"syslog", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, decl->name) == 0 && ends_in_text(decl->type, known[i].text))
            return (struct lffi_format){known[i].text, known[i].text + 1};
    }
    return (struct lffi_format){0, 0};
}

struct lffi_format lffi_format_of(const struct cdecl_decl *decl)
{
    for (const struct cdecl_attr *attr = decl->attrs; attr != NULL; attr = attr->next) {
        if (is_printf(attr))
            return (struct lffi_format){attr->ints[0], attr->ints[1]};
    }
    return by_name(decl);
}

void lffi_check_format(lua_State *L, const struct lffi_record *record, struct lffi_where *where,
                       int nargs)
{
    const struct lffi_format *format = &record->format;
    struct check c = {L, where, record->callee.st, 1, nargs, 0};
    const char *p;
    struct spec spec;
    if (format->text > nargs)
        return;
    luaL_checkstack(L, 10, NULL);
    c.next = (int)format->first;
    p = format_text(&c, (int)format->text);
    while (p != NULL && (p = strchr(p, '%')) != NULL) {
        p = read_spec(p, &spec);
        if (spec.wanted == UNKNOWN)
            return;
        check_spec(&c, &spec);
    }
}
