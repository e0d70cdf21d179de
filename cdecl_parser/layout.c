/* Where the members of a struct or union lie. The rules are those of gcc (stor-layout.c:
 * layout_decl, place_field, update_alignment_for_field) for targets where a bit-field's declared
 * type matters; in a build by clang its own (RecordLayoutBuilder.cpp: LayoutBitField), which differ
 * in rare cases. Depends on type.c for sizes. Positions are kept in bits during layout. */
#include <string.h>
#include "internal.h"
#include "checked.h"
#include "target.h"

struct layout {
    struct cdecl_state *state;
    struct cdecl_tag *tag;
    uint64_t bits;   /* struct: end of the last member */
    uint64_t bytes;  /* union: largest member */
    uint64_t align;  /* of the whole, bytes */
    bool whole_unit; /* the member at hand is a bit-field that gcc lays out as an integer */
};

COLD _Noreturn static void too_large(struct cdecl_state *state, const struct cdecl_tag *tag)
{
    cdecl__fail(state, "size of '%s' is too large", cdecl__type_text(state, tag->type));
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool is_bitfield(const struct cdecl_member *m)
{
    return m->width != CDECL_NOT_BITFIELD;
}

static bool is_packed(const struct layout *l, const struct cdecl_member *m)
{
    return m->packed || l->tag->packed;
}

/* gcc's DECL_ALIGN in bits: what the member's position is rounded up to. */
static uint64_t position_align(const struct layout *l, const struct cdecl_member *m)
{
    uint64_t explicit = (uint64_t)m->alignment * 8, natural = (uint64_t)cdecl_alignof(m->type) * 8;
    bool packed = is_packed(l, m);
    if (is_bitfield(m) && m->width == 0)
        return most(natural, explicit); /* neither packed nor #pragma pack touches ":0" */
    uint64_t align = most(explicit, 1);
    if (!is_bitfield(m))
        align = packed ? most(explicit, 8) : most(natural, explicit);
    if (l->tag->pack != 0)
        align = least(align, (uint64_t)l->tag->pack * 8);
    return align;
}

/* A bit-field may not touch more units of its type's alignment than its type has. */
static bool crosses_unit(const struct cdecl_member *m, uint64_t position)
{
    struct cdecl__extent extent = cdecl__extent_of(m->type);
    uint64_t low = (uint64_t)extent.align * 8 - 1; /* alignments are powers of two */
    return (((position & low) + m->width + low) & ~low) > (extent.size * 8 & ~low);
}

/* A bit-field as wide as an integer mode, already at a fitting position, is laid out like an
 * ordinary member: gcc does not look at its type's units then. */
static bool is_whole_unit(const struct layout *l, const struct cdecl_member *m)
{
    bool power = m->width >= 8 && (m->width & (m->width - 1)) == 0;
    return power && !(m->width > 8 && is_packed(l, m)) && (l->bits & (m->width - 1u)) == 0;
}

/* clang's FieldAlign of a bit-field, in bits. */
static uint64_t clang_align(const struct layout *l, const struct cdecl_member *m)
{
    uint64_t explicit = (uint64_t)m->alignment * 8, natural = (uint64_t)cdecl_alignof(m->type) * 8;
    uint64_t align = most(natural, explicit), pack = (uint64_t)l->tag->pack * 8;
    if (m->width == 0)
        return align;
    if (pack != 0)
        return least(align, pack);
    return is_packed(l, m) ? most(explicit, 1) : align;
}

/* What a member contributes to the alignment of the whole, in bits. */
static uint64_t whole_align(const struct layout *l, const struct cdecl_member *m)
{
    uint64_t align = position_align(l, m);
    if (!is_bitfield(m))
        return align;
    if (m->name == NULL && !CDECL_ANONYMOUS_ALIGNS)
        return 8;
    if (CDECL_CLANG_BITFIELDS)
        return most(8, clang_align(l, m));
    uint64_t natural = (uint64_t)cdecl_alignof(m->type) * 8;
    if (m->width == 0)
        return most(align, natural);
    if (l->whole_unit) /* matters when a typedef lowered the alignment */
        natural = most(natural, (uint64_t)cdecl__bitint_extent(m->width).align * 8);
    if (l->tag->pack != 0)
        natural = least(natural, (uint64_t)l->tag->pack * 8);
    else if (is_packed(l, m))
        natural = 8;
    return most(align, natural);
}

static bool must_advance(const struct layout *l, const struct cdecl_member *m, uint64_t position)
{
    if (m->width == 0 || is_packed(l, m) || l->tag->pack != 0)
        return false;
    return !l->whole_unit && crosses_unit(m, position);
}

/* Rounds the position of a bit-field up as clang does; false when it overflows. */
static bool clang_advance(const struct layout *l, const struct cdecl_member *m, uint64_t *at)
{
    uint64_t explicit = (uint64_t)m->alignment * 8, align = clang_align(l, m);
    uint64_t unit = cdecl_sizeof(m->type) * 8, pack = (uint64_t)l->tag->pack * 8;
    if (m->width == 0 || (pack == 0 && *at % align + m->width > unit))
        return size_align_up(*at, align, at);
    if (explicit != 0 && (pack == 0 || explicit <= pack))
        return size_align_up(*at, explicit, at);
    return true;
}

static bool gcc_advance(const struct layout *l, const struct cdecl_member *m, uint64_t *at)
{
    if (!size_align_up(*at, position_align(l, m), at))
        return false;
    return !must_advance(l, m, *at) || size_align_up(*at, (uint64_t)cdecl_alignof(m->type) * 8, at);
}

static bool advance(const struct layout *l, const struct cdecl_member *m, uint64_t *at)
{
    if (!is_bitfield(m))
        return size_align_up(*at, position_align(l, m), at);
    return CDECL_CLANG_BITFIELDS ? clang_advance(l, m, at) : gcc_advance(l, m, at);
}

static void place_in_struct(struct layout *l, struct cdecl_member *m)
{
    uint64_t at = l->bits, size = m->width;
    if (!advance(l, m, &at) || (!is_bitfield(m) && !size_mul(cdecl_sizeof(m->type), 8, &size)))
        too_large(l->state, l->tag);
    m->offset = at / 8;
    m->bit = (uint8_t)(at % 8);
    if (!size_add(at, size, &l->bits))
        too_large(l->state, l->tag);
}

static void place_in_union(struct layout *l, struct cdecl_member *m)
{
    uint64_t size = is_bitfield(m) ? (uint64_t)(m->width + 7) / 8 : cdecl_sizeof(m->type);
    m->offset = 0;
    m->bit = 0;
    l->bytes = most(l->bytes, size);
}

static bool ends_open(const struct cdecl_type *type)
{
    if (type->kind == CDECL_ARRAY)
        return type->count == CDECL_COUNT_UNKNOWN || type->count == CDECL_COUNT_VLA;
    return type->kind == CDECL_STRUCT && type->tag->flexible;
}

static bool ends_vla(const struct cdecl_type *type)
{
    if (type->kind == CDECL_ARRAY)
        return type->count == CDECL_COUNT_VLA;
    return type->kind == CDECL_STRUCT && type->tag->vla;
}

static void note_open_end(struct layout *l, const struct cdecl_type *type)
{
    if (l->tag->kind == CDECL_STRUCT && ends_open(type)) {
        l->tag->flexible = true;
        l->tag->vla = ends_vla(type);
    }
}

static uint64_t total_size(struct layout *l)
{
    uint64_t size = l->bytes;
    if (l->tag->kind == CDECL_STRUCT)
        size = l->bits / 8 + (l->bits % 8 != 0);
    if (!size_align_up(size, l->align, &size))
        too_large(l->state, l->tag);
    return size;
}

/* A member to which no special rule applies: its own size and alignment, nothing else. */
static bool is_ordinary(const struct layout *l, const struct cdecl_member *m)
{
    return !is_bitfield(m) && m->alignment == 0 && l->tag->pack == 0 && !is_packed(l, m);
}

static void place_ordinary(struct layout *l, struct cdecl_member *m)
{
    struct cdecl__extent extent = cdecl__extent_of(m->type);
    uint64_t at = l->bits, bits, size = extent.size, align = extent.align;
    l->align = most(l->align, align);
    m->offset = 0;
    m->bit = 0;
    if (l->tag->kind == CDECL_UNION) {
        l->bytes = most(l->bytes, size);
        return;
    }
    if (!size_align_up(at, align * 8, &at) || !size_mul(size, 8, &bits) ||
        !size_add(at, bits, &l->bits))
        too_large(l->state, l->tag);
    m->offset = at / 8;
}

static void place_special(struct layout *l, struct cdecl_member *m)
{
    l->whole_unit = is_bitfield(m) && is_whole_unit(l, m);
    if (l->tag->kind == CDECL_UNION)
        place_in_union(l, m);
    else
        place_in_struct(l, m);
    l->align = most(l->align, whole_align(l, m) / 8);
}

void cdecl__layout(struct cdecl_state *state, struct cdecl_tag *tag, struct cdecl_member *members,
                   uint32_t count)
{
    struct layout l = {.state = state, .tag = tag, .align = most(1, tag->alignment)};
    for (uint32_t i = 0; i < count; i++) {
        if (is_ordinary(&l, &members[i]))
            place_ordinary(&l, &members[i]);
        else
            place_special(&l, &members[i]);
    }
    if (count > 0)
        note_open_end(&l, members[count - 1].type);
    tag->align = (uint32_t)l.align;
    tag->size = total_size(&l);
}
