/* The pointers given to scanf-like functions against their format (docs/design.md S10).
 *
 * Depends on format.c. C writes through them whatever the format names: into an object of another
 * size it would destroy what lies beside it, and into a Lua string the string of everyone who has
 * it.
 */
#include <string.h>
#include <wchar.h>

#include "call/format.h"

/* What a conversion writes. */
struct target {
    const char *name;
    unsigned integer; /* bytes of an integer, or 0 ... */
    uint8_t op;       /* ... and this operation */
};

static struct target integer_target(const struct lffi_format_spec *spec)
{
    /* clang-format off */
    switch (spec->length) {
    case LFFI_LENGTH_BYTE: return (struct target){"'signed char *'", 1, 0};
    case LFFI_LENGTH_SHORT: return (struct target){"'short *'", sizeof(short), 0};
    case LFFI_LENGTH_NONE: return (struct target){"'int *'", sizeof(int), 0};
    case LFFI_LENGTH_LONG: return (struct target){"'long *'", sizeof(long), 0};
    case LFFI_LENGTH_WIDE: case LFFI_LENGTH_LDOUBLE: break;
    }
    /* clang-format on */
    return (struct target){"a pointer to a 64-bit integer", sizeof(long long), 0};
}

static struct target float_target(const struct lffi_format_spec *spec)
{
    if (spec->length == LFFI_LENGTH_NONE)
        return (struct target){"'float *'", 0, LFFI_FLOAT};
    if (spec->length == LFFI_LENGTH_LONG)
        return (struct target){"'double *'", 0, LFFI_DOUBLE};
    return (struct target){"'long double *'", 0, LFFI_LDOUBLE};
}

static bool is_wide(const struct lffi_format_spec *spec)
{
    return spec->length == LFFI_LENGTH_LONG || spec->conversion == 'S' || spec->conversion == 'C';
}

static void check_target(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx,
                         struct target wanted)
{
    const struct lffi_ctype *ct = lffi_format_pointee(c, idx);
    bool fits = ct != NULL && (wanted.integer != 0 ? lffi_format_integer_size(ct) == wanted.integer
                                                   : ct->op == wanted.op);
    if (!fits || ct->constant)
        lffi_format_wants(c, spec, idx, wanted.name);
}

/* From the length modifier on: "s", "ls", "[". */
static const char *conversion_text(const struct lffi_format_spec *spec)
{
    if (spec->conversion == '[')
        return is_wide(spec) ? "l[" : "[";
    return spec->conversion == 's' && is_wide(spec) ? "ls" : spec->conversion == 'S' ? "S" : "s";
}

/* An array of known size takes the text, and its zero byte unless that is "%3c". */
static void check_room(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(c->L, c->st, idx);
    bool counted = spec->conversion == 'c' || spec->conversion == 'C';
    uint64_t unit = is_wide(spec) ? sizeof(wchar_t) : 1;
    uint64_t count = counted ? 1 : 2;
    uint64_t extent;
    if (cd == NULL || cd->ct->op != LFFI_ARRAY)
        return;
    if (spec->width.given)
        count = (uint64_t)spec->width.value + (counted ? 0 : 1);
    extent = lffi_extent(c->L, idx, cd);
    if (count * unit > extent)
        lffi_format_refuse(c, spec, idx, "writes up to %I bytes into %I of '%s'",
                           (LUAI_UACINT)(count * unit), (LUAI_UACINT)extent,
                           lffi_push_type_text(c->L, cd->ct->type, NULL));
    if (!counted && !spec->width.given && extent != UINT64_MAX)
        lffi_format_refuse(c, spec, idx, "has no width and may write beyond '%s': write '%%%I%s'",
                           lffi_push_type_text(c->L, cd->ct->type, NULL),
                           (LUAI_UACINT)(extent / unit - 1), conversion_text(spec));
}

static void check_text(struct lffi_format_check *c, const struct lffi_format_spec *spec, int idx)
{
    bool wide = is_wide(spec);
    struct target wanted = {wide ? "'wchar_t *'" : "'char *'", wide ? sizeof(wchar_t) : 1, 0};
    const struct lffi_ctype *ct = lffi_format_pointee(c, idx);
    if (spec->allocates) {
        if (ct == NULL || ct->op != LFFI_POINTER || ct->constant ||
            lffi_format_integer_size(ct->target) != wanted.integer)
            lffi_format_wants(c, spec, idx, wide ? "'wchar_t **'" : "'char **'");
        return;
    }
    check_target(c, spec, idx, wanted);
    check_room(c, spec, idx);
}

void lffi_format_check_scan(struct lffi_format_check *c, const struct lffi_format_spec *spec)
{
    struct target pointer = {"'void **'", 0, LFFI_POINTER};
    int idx;
    if (spec->conversion == '%')
        return;
    if (spec->conversion == '\0')
        lffi_format_refuse(c, spec, c->start - 1, "ends too early");
    if (strchr("diouxXnfFeEgGaAsSc[Cpb", spec->conversion) == NULL)
        lffi_format_refuse(c, spec, c->start - 1, "is no conversion of scanf");
    if (spec->suppressed)
        return;
    idx = lffi_format_take(c, spec, spec->place);
    if (lffi_format_is_untyped(c, idx))
        return;
    if (strchr("diouxXnb", spec->conversion) != NULL)
        check_target(c, spec, idx, integer_target(spec));
    else if (strchr("fFeEgGaA", spec->conversion) != NULL)
        check_target(c, spec, idx, float_target(spec));
    else if (spec->conversion == 'p')
        check_target(c, spec, idx, pointer);
    else
        check_text(c, spec, idx);
}
