/* Bit-fields: the same pair as convert.c's, for members that are bits within bytes.
 *
 * Depends on convert.c for the values. A field's bits are taken in memory order from the bytes
 * it touches, so packed fields that cross their type's boundaries need no case of their own.
 */
#include <string.h>

#include "value/value.h"

/* A run of bits within one byte: how many, how far above the byte's bit 0, and how far above bit 0
 * of the field's value. */
struct run {
    unsigned size;
    unsigned in_byte;
    unsigned in_value;
};

/* The run at bit `bit` from the start of the field's bytes, of which `done` bits of the value came
 * before. */
static struct run run_at(unsigned bit, unsigned done, unsigned width)
{
    struct run run = {8 - bit % 8, 0, 0};
    if (run.size > width - done)
        run.size = width - done;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    run.in_byte = bit % 8;
    run.in_value = done;
#else
    run.in_byte = 8 - bit % 8 - run.size;
    run.in_value = width - done - run.size;
#endif
    return run;
}

/* The bytes that hold the field, when they make one word whose order is that of the bits: 0, or how
 * many they are. */
static size_t word_size(const struct cdecl_member *m)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    size_t size = ((size_t)m->bit + m->width + 7) / 8;
    return size <= sizeof(uint64_t) ? size : 0;
#else
    (void)m;
    return 0;
#endif
}

static uint64_t mask_of(const struct cdecl_member *m)
{
    return UINT64_MAX >> (64 - m->width);
}

static lffi_wide load_value(const unsigned char *src, const struct cdecl_member *m)
{
    size_t size = word_size(m);
    lffi_wide value = 0;
    uint64_t word = 0;
    struct run run;
    if (size > 0 && m->width > 0) {
        memcpy(&word, src, size);
        return word >> m->bit & mask_of(m);
    }
    for (unsigned done = 0; done < m->width; done += run.size) {
        unsigned bit = m->bit + done;
        run = run_at(bit, done, m->width);
        value |= (lffi_wide)((unsigned)src[bit / 8] >> run.in_byte & ((1u << run.size) - 1))
                 << run.in_value;
    }
    return value;
}

static void store_value(unsigned char *dst, const struct cdecl_member *m, lffi_wide value)
{
    size_t size = word_size(m);
    uint64_t word = 0;
    struct run run;
    if (size > 0 && m->width > 0) {
        memcpy(&word, dst, size);
        word = (word & ~(mask_of(m) << m->bit)) | ((uint64_t)value & mask_of(m)) << m->bit;
        memcpy(dst, &word, size);
        return;
    }
    for (unsigned done = 0; done < m->width; done += run.size) {
        unsigned bit = m->bit + done;
        unsigned mask;
        run = run_at(bit, done, m->width);
        mask = ((1u << run.size) - 1) << run.in_byte;
        dst[bit / 8] = (unsigned char)((dst[bit / 8] & ~mask) |
                                       ((unsigned)(value >> run.in_value) << run.in_byte & mask));
    }
}

static bool bits_signed(const struct lffi_ctype *ct)
{
    return (ct->op == LFFI_ENUM ? ct->target : ct)->type->is_signed != 0;
}

void lffi_load_bits(lua_State *L, const struct lffi_field *field, const void *base)
{
    const struct cdecl_member *m = field->member;
    const unsigned char *src = (const unsigned char *)base + field->offset;
    lffi_wide bits = load_value(src, m);
    struct lffi_integer value;
    if (field->ct->op == LFFI_BOOL) {
        lua_pushboolean(L, (int)(bits & 1));
        return;
    }
    if (m->width > 0 && m->width < 64) {
        uint64_t sign = bits_signed(field->ct) ? (uint64_t)1 << (m->width - 1) : 0;
        lua_pushinteger(L, (lua_Integer)(((uint64_t)bits ^ sign) - sign));
        return;
    }
    value = lffi_integer_of_bits(bits, m->width, bits_signed(field->ct));
    lffi_push_integer(L, field->ct, &value);
}

/* The bits to store; texts name the width ("does not fit 'unsigned int' (3 bits)"). */
static lffi_wide bits_of(lua_State *L, const struct lffi_field *field, int idx,
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
    unsigned char *dst = (unsigned char *)base + field->offset;
    store_value(dst, field->member, bits_of(L, field, idx, where));
}

bool lffi_quick_store_bits(const struct lffi_field *field, void *base, int64_t value)
{
    const struct lffi_ctype *ct = field->ct;
    unsigned width = field->member->width;
    uint64_t most = width > 0 && width <= 64 ? mask_of(field->member) : 0;
    if (!lffi_is_word(ct->op))
        return false;
    if (bits_signed(ct) ? value > (int64_t)(most >> 1) || value < -(int64_t)(most >> 1) - 1
                        : value < 0 || (uint64_t)value > most)
        return false;
    store_value((unsigned char *)base + field->offset, field->member, (lffi_wide)(uint64_t)value);
    return true;
}
