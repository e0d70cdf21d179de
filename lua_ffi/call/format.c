/* The variadic arguments of printf and its like against their format (docs/design.md S10).
 *
 * Depends on convert.c for its error and on cdata.c; scanf's conversions are format_scan.c's. C
 * reads whatever type the format names, so an argument of another type is an error here, before the
 * call, as are missing and unused ones and what is no conversion of the C library. Nothing is
 * owned.
 */
#include <stdarg.h>
#include <string.h>

#include "call/format.h"
#include "value/refuse.h"

/* ---- reading a specification ----------------------------------------------------------------- */

/* A decimal number; what exceeds any width reads as the greatest one. */
static const char *read_digits(const char *p, int *value)
{
    *value = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        *value = *value > (INT32_MAX - 9) / 10 ? INT32_MAX : *value * 10 + (*p - '0');
    return p;
}

/* "2$" of an argument's place; 0 when there is none. */
static const char *read_place(const char *p, int *place)
{
    const char *end = read_digits(p, place);
    if (end > p && *end == '$')
        return end + 1;
    *place = 0;
    return p;
}

/* Digits, or '*' for an argument. */
static const char *read_number(const char *p, struct lffi_format_number *number)
{
    if (*p == '*') {
        number->given = number->star = true;
        return read_place(p + 1, &number->place);
    }
    number->given = *p >= '0' && *p <= '9';
    return number->given ? read_digits(p, &number->value) : p;
}

static const char *read_length(const char *p, enum lffi_format_length *length)
{
    /* clang-format off */
    switch (*p) {
    case 'h':
        *length = p[1] == 'h' ? LFFI_LENGTH_BYTE : LFFI_LENGTH_SHORT;
        return p + 1 + (p[1] == 'h');
    case 'l':
        *length = p[1] == 'l' ? LFFI_LENGTH_WIDE : LFFI_LENGTH_LONG;
        return p + 1 + (p[1] == 'l');
    case 'L': *length = LFFI_LENGTH_LDOUBLE; return p + 1;
    case 'q': case 'j': *length = LFFI_LENGTH_WIDE; return p + 1;
    case 'z': case 'Z': case 't':
        *length = sizeof(size_t) > sizeof(int) ? LFFI_LENGTH_WIDE : LFFI_LENGTH_NONE;
        return p + 1;
    default: return p;
    }
    /* clang-format on */
}

/* Behind the '[' of scanf's "%[^]a-z]"; NULL when the set is not closed. */
static const char *skip_set(const char *p)
{
    p += *p == '^';
    p += *p == ']';
    p = strchr(p, ']');
    return p != NULL ? p + 1 : NULL;
}

static const char *read_scan_flags(const char *p, struct lffi_format_spec *spec)
{
    for (; *p == '*' || *p == '\'' || *p == 'I'; p++)
        spec->suppressed |= *p == '*';
    p = read_number(p, &spec->width);
    if (*p == 'm') {
        spec->allocates = true;
        p++;
    }
    return p;
}

static const char *read_print_flags(const char *p, struct lffi_format_spec *spec)
{
    p += strspn(p, "-+ #0'I");
    p = read_number(p, &spec->width);
    if (*p == '.') {
        p = read_number(p + 1, &spec->precision);
        if (!spec->precision.given)
            spec->precision = (struct lffi_format_number){.given = true};
    }
    return p;
}

/* "%" [place "$"] flags [width] ["." precision] [length] conversion; returns the text behind it. */
static const char *read_spec(const char *p, struct lffi_format_spec *spec, bool scan)
{
    memset(spec, 0, sizeof *spec);
    spec->width.value = spec->precision.value = -1;
    spec->text = p;
    p = read_place(p + 1, &spec->place);
    p = scan ? read_scan_flags(p, spec) : read_print_flags(p, spec);
    p = read_length(p, &spec->length);
    spec->conversion = *p;
    if (*p != '\0')
        p++;
    if (scan && spec->conversion == '[') {
        const char *end = skip_set(p);
        if (end == NULL)
            spec->conversion = '\0';
        p = end != NULL ? end : p + strlen(p);
    }
    spec->size = (size_t)(p - spec->text);
    return p;
}

/* ---- arguments and errors -------------------------------------------------------------------- */

void lffi_format_refuse(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx,
                        const char *fmt, ...)
{
    const char *text = lua_pushlstring(c->L, spec->text, spec->size);
    const char *message;
    va_list ap;
    va_start(ap, fmt);
    message = lua_pushvfstring(c->L, fmt, ap);
    va_end(ap);
    c->where->index = idx - c->first + 1;
    lffi_convert_error(c->L, c->where, "format '%s' %s", text, message);
}

void lffi_format_wants(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx,
                       const char *wanted)
{
    lffi_format_refuse(c, spec, idx, "wants %s, got %s", wanted,
                       lffi_push_kind_of(c->L, c->st, idx));
}

/* The argument at idx is taken by its number. */
static void take_numbered(struct lffi_format_check *c, int idx)
{
    if (c->numbered < 0) {
        size_t count = (size_t)(c->last - c->start + 1);
        c->taken = lua_newuserdatauv(c->L, count + 1, 0);
        memset(c->taken, 0, count);
        c->numbered = 0;
    }
    c->numbered += c->taken[idx - c->start] == 0;
    c->taken[idx - c->start] = 1;
}

int lffi_format_take(struct lffi_format_check *c, const struct lffi_format_spec *spec, int place)
{
    int format = c->start - 1;
    int idx = place > 0 ? c->start - 1 : c->next;
    if (place > 0 ? c->next > c->start : c->numbered >= 0)
        lffi_format_refuse(c, spec, format, "cannot stand beside ones that %s",
                           place > 0 ? "have no number" : "have a number");
    if (place > c->last - c->start + 1)
        lffi_format_refuse(c, spec, c->last + 1, "has no argument");
    idx += place;
    if (idx > c->last)
        lffi_format_refuse(c, spec, idx, "has no argument");
    if (place > 0)
        take_numbered(c, idx);
    else
        c->next++;
    return idx;
}

const struct lffi_ctype *lffi_format_pointee(const struct lffi_format_check *c, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    if (cd == NULL || (cd->ct->op != LFFI_POINTER && cd->ct->op != LFFI_ARRAY))
        return NULL;
    return cd->ct->target;
}

bool lffi_format_is_untyped(const struct lffi_format_check *c, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    bool untyped;
    if (cd == NULL || cd->ct->op != LFFI_POINTER || cd->ct->target->op != LFFI_VOID)
        return false;
    untyped = lua_getiuservalue(c->L, idx, 1) == LUA_TTABLE;
    lua_pop(c->L, 1);
    return untyped;
}

unsigned lffi_format_integer_size(const struct lffi_ctype *ct)
{
    if (ct == NULL || (ct->op != LFFI_ENUM && !lffi_is_word(ct->op)))
        return 0;
    return (unsigned)cdecl_sizeof(ct->type);
}

/* ---- printf ---------------------------------------------------------------------------------- */

static unsigned integer_bits(const struct lffi_format_spec *spec)
{
    /* clang-format off */
    switch (spec->length) {
    case LFFI_LENGTH_BYTE: return 8;
    case LFFI_LENGTH_SHORT: return 16;
    case LFFI_LENGTH_NONE: return 32;
    case LFFI_LENGTH_LONG: return (unsigned)sizeof(long) * 8;
    case LFFI_LENGTH_WIDE: case LFFI_LENGTH_LDOUBLE: break;
    }
    /* clang-format on */
    return 64;
}

static const char *integer_name(unsigned bits, bool is_signed)
{
    switch (bits) {
    case 8: return is_signed ? "signed char" : "unsigned char";
    case 16: return is_signed ? "short" : "unsigned short";
    case 32: return is_signed ? "int" : "unsigned int";
    default: return is_signed ? "int64_t" : "uint64_t";
    }
}

static _Noreturn void wants_integer(struct lffi_format_check *c,
                                    const struct lffi_format_spec *spec, int idx, const char *type)
{
    const char *wanted = lua_pushfstring(c->L, "'%s'", type);
    lffi_format_wants(c, spec, idx, wanted);
}

/* Under fit and strict alike a negative number has its hexadecimal digits. */
static void check_range(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx,
                        const struct lffi_integer *value, unsigned bits, bool is_signed)
{
    lffi_wide reduced;
    const char *type = integer_name(bits, is_signed);
    const char *got;
    if (c->where->policy > LFFI_STRICT ||
        lffi_integer_reduce(value, bits, is_signed, LFFI_FIT, &reduced))
        return;
    got = lffi_push_kind_of(c->L, c->st, idx);
    lffi_format_refuse(c, spec, idx, "wants '%s' (%d bits), got %s%s", type, (int)bits, got,
                       lffi_push_cast_hint(c->L, value, bits, type));
}

/* Where integers of 32 and of 64 bits do not travel alike, this one travels as what the format
 * reads. Signed below 32 bits, as C promotes it. */
static void settle_size(struct lffi_format_check *c, int idx, const struct lffi_integer *value,
                        unsigned bits, bool is_signed)
{
    enum cdecl_prim prim = is_signed || bits < 32 ? CDECL_PRIM_INT : CDECL_PRIM_UINT;
    uint64_t low = (uint64_t)value->bits;
    struct lffi_ctype *ct;
    struct lffi_cdata *cd;
    if (bits == 64)
        prim = is_signed ? CDECL_PRIM_LLONG : CDECL_PRIM_ULLONG;
    ct = lffi_basic(c->L, c->scope, prim);
    cd = lffi_new(c->L, ct, ct->size);
    if (bits == 64)
        memcpy(cd->addr, &low, sizeof low);
    else
        memcpy(cd->addr, &(uint32_t){(uint32_t)low}, sizeof(uint32_t));
    lua_replace(c->L, idx);
}

/* An integer; under fit and strict one that the C type holds. */
static void check_integer(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx,
                          unsigned bits, bool is_signed)
{
    struct lffi_integer value = {0};
    bool fraction;
    bool truth;
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    bool is_float = lua_type(c->L, idx) == LUA_TNUMBER && !lua_isinteger(c->L, idx);
    if (lffi_to_boolean(c->L, c->st, idx, &truth)) {
        value.bits = truth;
        if (LFFI_VARIADIC_SIZES)
            settle_size(c, idx, &value, bits, is_signed);
        return;
    }
    if (is_float || (cd != NULL && lffi_format_integer_size(cd->ct) == 0) ||
        !lffi_to_integer(c->L, c->st, idx, &value, &fraction))
        wants_integer(c, spec, idx, integer_name(bits, is_signed));
    check_range(c, spec, idx, &value, bits, is_signed);
    if (LFFI_VARIADIC_SIZES)
        settle_size(c, idx, &value, bits, is_signed);
}

static void check_float(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    bool is_float = lua_type(c->L, idx) == LUA_TNUMBER && !lua_isinteger(c->L, idx);
    if (spec->length == LFFI_LENGTH_LDOUBLE) {
        if (cd == NULL || cd->ct->op != LFFI_LDOUBLE)
            lffi_format_wants(c, spec, idx, "'long double'");
    } else if (!is_float &&
               (cd == NULL || (cd->ct->op != LFFI_DOUBLE && cd->ct->op != LFFI_FLOAT))) {
        lffi_format_wants(c, spec, idx, "'double'");
    }
}

/* False for an array without a zero byte. Where one of unknown length ends cannot be checked. */
static bool ends_in_zero(lua_State *L, int idx, const struct lffi_cdata *cd)
{
    uint64_t extent = lffi_extent(L, idx, cd);
    return extent == UINT64_MAX || memchr(cd->addr, '\0', (size_t)extent) != NULL;
}

/* Text in an array ends in it, or the precision does. */
static void check_end(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    const struct lffi_format_number *limit = &spec->precision;
    if (cd == NULL || cd->ct->op != LFFI_ARRAY || limit->star ||
        (limit->given && (uint64_t)limit->value <= lffi_extent(c->L, idx, cd)))
        return;
    if (!ends_in_zero(c->L, idx, cd))
        lffi_format_refuse(c, spec, idx, "wants text that ends in a zero byte, which '%s' does not",
                           lffi_push_type_text(c->L, cd->ct->type, NULL));
}

static void check_string(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    const struct lffi_ctype *target = lffi_format_pointee(c, idx);
    bool wide = spec->length == LFFI_LENGTH_LONG || spec->conversion == 'S';
    if ((lua_type(c->L, idx) == LUA_TSTRING && !wide) || lffi_format_is_untyped(c, idx))
        return;
    if (lffi_format_integer_size(target) != (wide ? sizeof(wchar_t) : 1))
        lffi_format_wants(c, spec, idx, wide ? "'wchar_t *'" : "'char *'");
    if (!wide)
        check_end(c, spec, idx);
}

static void check_pointer(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    int type = lua_type(c->L, idx);
    if (cd != NULL
            ? lffi_has_address(cd->ct->op) && cd->ct->op != LFFI_VECTOR
            : type == LUA_TNIL || type == LUA_TSTRING || type == LUA_TLIGHTUSERDATA ||
                  type == LUA_TFUNCTION || (type == LUA_TUSERDATA && !lffi_is_by_value(c->L, idx)))
        return;
    lffi_format_wants(c, spec, idx, "a pointer");
}

/* %n: C writes how many bytes it has printed. */
static void check_count(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    static const char *const names[] = {
        "'int *'", "'signed char *'", "'short *'", "'long *'", "a pointer to a 64-bit integer",
        "'long *'"};
    const struct lffi_ctype *target = lffi_format_pointee(c, idx);
    if (lffi_format_integer_size(target) != integer_bits(spec) / 8 || target->constant)
        lffi_format_wants(c, spec, idx, names[spec->length]);
}

static void check_star(struct lffi_format_check *c, const struct lffi_format_spec *spec,
                       const struct lffi_format_number *number)
{
    if (number->star)
        check_integer(c, spec, lffi_format_take(c, spec, number->place), 32, true);
}

static void check_print(struct lffi_format_check *c, const struct lffi_format_spec *spec)
{
    check_star(c, spec, &spec->width);
    check_star(c, spec, &spec->precision);
    /* clang-format off */
    switch (spec->conversion) {
    case 'd': case 'i': case 'o': case 'u': case 'x': case 'X': case 'b': case 'B':
        check_integer(c, spec, lffi_format_take(c, spec, spec->place), integer_bits(spec),
                      spec->conversion == 'd' || spec->conversion == 'i');
        break;
    case 'c': case 'C':
        check_integer(c, spec, lffi_format_take(c, spec, spec->place), 32, true);
        break;
    case 'f': case 'F': case 'e': case 'E': case 'g': case 'G': case 'a': case 'A':
        check_float(c, spec, lffi_format_take(c, spec, spec->place));
        break;
    case 's': case 'S': check_string(c, spec, lffi_format_take(c, spec, spec->place)); break;
    case 'p': check_pointer(c, spec, lffi_format_take(c, spec, spec->place)); break;
    case 'n': check_count(c, spec, lffi_format_take(c, spec, spec->place)); break;
    case '%': case 'm': break;
    case '\0': lffi_format_refuse(c, spec, c->start - 1, "ends too early");
    default: lffi_format_refuse(c, spec, c->start - 1, "is no conversion of printf");
    }
    /* clang-format on */
}

/* ---- the check ------------------------------------------------------------------------------- */

/* The format's text, NULL when the argument is none that can be read. */
static const char *format_text(const struct lffi_format_check *c, int idx)
{
    const struct lffi_cdata *cd;
    const char *text;
    if (lua_type(c->L, idx) == LUA_TSTRING)
        return lua_tostring(c->L, idx);
    if (lffi_format_integer_size(lffi_format_pointee(c, idx)) != 1)
        return NULL;
    cd = lffi_to_cdata(c->L, c->st, idx);
    text = cd->addr;
    if (cd->ct->op == LFFI_POINTER)
        memcpy(&text, cd->addr, sizeof text);
    else if (!ends_in_zero(c->L, idx, cd))
        text = NULL;
    return text;
}

/* Whether an attribute is a format that can be checked; fills in which arguments it is about. */
static bool read_attribute(const struct cdecl_attr *attr, struct lffi_format *format)
{
    bool scan;
    if (attr->id != CDECL_ATTR_FORMAT || attr->text == NULL || attr->nints < 2 ||
        attr->ints[0] <= 0 || attr->ints[1] <= attr->ints[0] || attr->ints[1] > UINT16_MAX)
        return false;
    scan = strcmp(attr->text, "scanf") == 0 || strcmp(attr->text, "gnu_scanf") == 0;
    *format = (struct lffi_format){(uint16_t)attr->ints[0], (uint16_t)attr->ints[1], scan};
    return scan || strcmp(attr->text, "printf") == 0 || strcmp(attr->text, "gnu_printf") == 0;
}

/* Whether the last parameter is this one, a text: a function of another library may have the name
 * of one of libc and do something else. */
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
        uint16_t text;
        bool scan;
    } known[] = {{"printf", 1, false},  {"fprintf", 2, false},  {"dprintf", 2, false},
                 {"sprintf", 2, false}, {"snprintf", 3, false}, {"asprintf", 2, false},
                 {"syslog", 2, false},  {"scanf", 1, true},     {"fscanf", 2, true},
                 {"sscanf", 2, true}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, decl->name) == 0 && ends_in_text(decl->type, known[i].text))
            return (struct lffi_format){known[i].text, (uint16_t)(known[i].text + 1),
                                        known[i].scan};
    }
    return (struct lffi_format){0, 0, false};
}

struct lffi_format lffi_format_of(const struct cdecl_decl *decl)
{
    struct lffi_format format;
    for (const struct cdecl_attr *attr = decl->attrs; attr != NULL; attr = attr->next) {
        if (read_attribute(attr, &format))
            return format;
    }
    return by_name(decl);
}

/* Every argument is read: one that is not was meant for another format. */
static void check_unused(struct lffi_format_check *c)
{
    int idx = c->numbered < 0 ? c->next : c->start;
    while (c->numbered >= 0 && idx <= c->last && c->taken[idx - c->start] != 0)
        idx++;
    if (idx > c->last)
        return;
    c->where->index = idx - c->first + 1;
    lffi_convert_error(c->L, c->where, "the format does not use it");
}

void lffi_check_format(lua_State *L, const struct lffi_record *record, struct lffi_where *where,
                       int nargs)
{
    const struct lffi_format *format = &record->format;
    struct lffi_scope *scope = record->plan->ct->scope;
    struct lffi_format_check c = {L, where, scope, scope->st, 1, 1, nargs, 0, -1, NULL};
    struct lffi_format_spec spec;
    const char *p;
    int top = lua_gettop(L);
    if (format->text > nargs)
        return;
    luaL_checkstack(L, 10, NULL);
    c.next = c.start = (int)format->first;
    if (lua_istable(L, (int)format->text) && format->text <= record->plan->nparams &&
        lffi_is_temporary(L, record->plan->param[format->text - 1].ct, (int)format->text)) {
        where->index = (int)format->text;
        lffi_mismatch(L, record->plan->param[format->text - 1].ct, (int)format->text, where);
    }
    p = format_text(&c, (int)format->text);
    if (p == NULL)
        return;
    while ((p = strchr(p, '%')) != NULL) {
        p = read_spec(p, &spec, format->scan);
        if (format->scan)
            lffi_format_check_scan(&c, &spec);
        else
            check_print(&c, &spec);
    }
    check_unused(&c);
    lua_settop(L, top);
}
