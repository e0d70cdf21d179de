/* Plain Lua values and register slots: the conversions that the fast paths of calls and callbacks
 * share. What is stored here is right under every policy; all else is convert.c's.
 *
 * Depends on cdata.c for recognising pointers. Slots are registers or stack words, 8-byte aligned.
 */
#include <string.h>

#include "call/fast_slot.h"

bool lffi_store_plain(lua_State *L, const struct lffi_param *param, int idx, unsigned char *slot)
{
    return slot_store(L, param, idx, slot);
}

static uint64_t widen_bitint(const struct cdecl_type *type, uint64_t word)
{
    word = (uint64_t)lffi_integer_of_bits(word, type->bits, type->is_signed != 0).bits;
    return LFFI_SIGNED_U32 && type->bits <= 32 ? (uint64_t)(int32_t)word : word;
}

/* Ones in front of a value of less than 64 bits, which may lie in a floating register. */
static void box(unsigned char *place, uint64_t size)
{
    if (LFFI_BOXED_FLOATS && size < 8)
        memset(place + size, 0xff, 8 - (size_t)size);
}

#if LFFI_WHOLE_WORDS

void lffi_widen(const struct lffi_param *param, unsigned char *slot)
{
    uint64_t word;
    memcpy(&word, slot, sizeof word);
    /* clang-format off */
    switch ((enum lffi_op)param->op) {
    case LFFI_BITINT: word = widen_bitint(param->ct->type, word); break;
    case LFFI_BOOL: case LFFI_U8: word = (uint8_t)word; break;
    case LFFI_I8: word = (uint64_t)(int8_t)word; break;
    case LFFI_I16: word = (uint64_t)(int16_t)word; break;
    case LFFI_U16: word = (uint16_t)word; break;
    case LFFI_I32: word = (uint64_t)(int32_t)word; break;
    case LFFI_U32: word = LFFI_SIGNED_U32 ? (uint64_t)(int32_t)word : (uint32_t)word; break;
    case LFFI_VOID: case LFFI_I64: case LFFI_U64: case LFFI_I128: case LFFI_U128: return;
    case LFFI_FLOAT16: case LFFI_FLOAT: case LFFI_DOUBLE: case LFFI_LDOUBLE: case LFFI_FLOAT128:
    case LFFI_COMPLEX: case LFFI_ENUM: case LFFI_POINTER: case LFFI_ARRAY: case LFFI_VECTOR:
    case LFFI_FUNCTION: case LFFI_STRUCT: case LFFI_UNION:
        box(slot, cdecl_sizeof(param->ct->type));
        return;
    }
    /* clang-format on */
    memcpy(slot, &word, sizeof word);
}

#else

/* Nobody looks beyond a value but for the spare bits of a _BitInt. */
void lffi_widen(const struct lffi_param *param, unsigned char *slot)
{
    uint64_t size = cdecl_sizeof(param->ct->type);
    uint64_t word = 0;
    size_t start = 0;
    if (param->op != LFFI_BITINT || size > sizeof word)
        return;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    start = sizeof word - (size_t)size;
#endif
    memcpy((char *)&word + start, slot, (size_t)size);
    word = widen_bitint(param->ct->type, word);
    memcpy(slot, (char *)&word + start, (size_t)size);
}

#endif

int64_t lffi_integer_at(uint8_t op, const void *at)
{
    union {
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
    } as = {.i64 = 0};
    memcpy(&as, at, sizeof as);
    if (op == LFFI_I8)
        return as.i8;
    if (op == LFFI_U8 || op == LFFI_BOOL)
        return as.u8;
    if (op == LFFI_I16)
        return as.i16;
    if (op == LFFI_U16)
        return as.u16;
    if (op == LFFI_I32)
        return as.i32;
    if (op == LFFI_U32 || op == LFFI_ENUM)
        return as.u32;
    return as.i64;
}

bool lffi_push_plain(lua_State *L, uint8_t op, const unsigned char *slot)
{
    return slot_push(L, op, slot);
}

void lffi_gather(const struct lffi_piece *pieces, const struct lffi_param *param,
                 const unsigned char *registers, unsigned char *value)
{
    if (param->pieces == 1) {
        memcpy(value, registers + param->to, (size_t)cdecl_sizeof(param->ct->type));
        return;
    }
    for (unsigned i = 0; i < param->pieces; i++) {
        const struct lffi_piece *piece = &pieces[param->first + i];
        memcpy(value + piece->from, registers + piece->to, piece->size);
    }
}

void lffi_scatter(const struct lffi_piece *pieces, const struct lffi_param *param,
                  const unsigned char *value, unsigned char *registers)
{
    if (param->pieces == 1) {
        memcpy(registers + param->to, value, (size_t)cdecl_sizeof(param->ct->type));
        box(registers + param->to, cdecl_sizeof(param->ct->type));
        return;
    }
    for (unsigned i = 0; i < param->pieces; i++) {
        const struct lffi_piece *piece = &pieces[param->first + i];
        memcpy(registers + piece->to, value + piece->from, piece->size);
        if (piece->size > 0)
            box(registers + piece->to, piece->size);
    }
}
