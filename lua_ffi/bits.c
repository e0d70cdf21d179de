/* Bit-fields: the same pair as convert.c's, for members that are bits within bytes.
 *
 * Depends on convert.c for the values. A field's bits are taken in memory order from the few bytes
 * it touches, so packed fields that cross their type's boundaries need no case of their own.
 */
#include "lffi.h"

/* Bytes that a bit-field of `width` bits starting at bit `bit` touches: at most 9. */
static unsigned bit_bytes(const struct cdecl_member *m)
{
    return ((unsigned)m->bit + m->width + 7) / 8;
}

/* The touched bytes as one number in memory order, and how far the field stands above bit 0. */
static unsigned __int128 load_unit(const unsigned char *src, unsigned bytes)
{
    unsigned __int128 unit = 0;
    for (unsigned i = 0; i < bytes; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        unit |= (unsigned __int128)src[i] << (8 * i);
#else
        unit = unit << 8 | src[i];
#endif
    }
    return unit;
}

static void store_unit(unsigned char *dst, unsigned bytes, unsigned __int128 unit)
{
    for (unsigned i = 0; i < bytes; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        dst[i] = (unsigned char)(unit >> (8 * i));
#else
        dst[i] = (unsigned char)(unit >> (8 * (bytes - 1 - i)));
#endif
    }
}

static unsigned bit_shift(const struct cdecl_member *m)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return m->bit;
#else
    return bit_bytes(m) * 8 - m->bit - m->width;
#endif
}

static bool bits_signed(const struct lffi_ctype *ct)
{
    return (ct->op == LFFI_ENUM ? ct->target : ct)->type->is_signed != 0;
}

void lffi_load_bits(lua_State *L, const struct lffi_field *field, const void *base)
{
    const struct cdecl_member *m = field->member;
    const unsigned char *src = (const unsigned char *)base + field->offset;
    unsigned __int128 unit = load_unit(src, bit_bytes(m)) >> bit_shift(m);
    struct lffi_integer value;
    if (field->ct->op == LFFI_BOOL) {
        lua_pushboolean(L, (int)(unit & 1));
        return;
    }
    value = lffi_integer_of_bits(unit, m->width, bits_signed(field->ct));
    lffi_push_integer(L, field->ct, &value);
}

/* The bits to store; texts name the width ("does not fit 'unsigned int' (3 bits)"). */
static unsigned __int128 bits_of(lua_State *L, const struct lffi_field *field, int idx,
                                 const struct lffi_where *where)
{
    unsigned width = field->member->width;
    if (field->ct->op == LFFI_BOOL)
        return lffi_truth_of(L, field->ct, idx, where);
    if (field->ct->op == LFFI_ENUM)
        return lffi_reduced_enum(L, field->ct, width, idx, where);
    return lffi_reduced_integer(L, field->ct, width, bits_signed(field->ct), idx, where);
}

void lffi_store_bits(lua_State *L, const struct lffi_field *field, void *base, int idx,
                     const struct lffi_where *where)
{
    const struct cdecl_member *m = field->member;
    unsigned char *dst = (unsigned char *)base + field->offset;
    unsigned __int128 bits = bits_of(L, field, idx, where);
    unsigned __int128 mask = ~(unsigned __int128)0 >> (128 - m->width);
    unsigned __int128 unit = load_unit(dst, bit_bytes(m));
    unit &= ~(mask << bit_shift(m));
    unit |= (bits & mask) << bit_shift(m);
    store_unit(dst, bit_bytes(m), unit);
}
