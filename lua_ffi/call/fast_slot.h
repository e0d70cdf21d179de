/* Plain Lua values and register slots, inline: the fast paths of calls and callbacks. What is
 * stored here is right under every policy, by the rules of value/fast.h; where a function returns
 * false nothing is written: in the result of a callback the slot holds the error value. A slot is a
 * register or a word of the stack block, 8-byte aligned, and an integer fills all of it, except
 * with abi/generic.h, where it lies at the start in its own width. pieces.c
 * has the reader by the API, and the load, as functions.
 */
#ifndef LFFI_FAST_SLOT_H
#define LFFI_FAST_SLOT_H

#include "call/call.h"
#include "value/fast.h"

/* ---- what is plain --------------------------------------------------------------------------- */

static LFFI_INLINE void slot_narrow(enum lffi_op op, uint64_t word, unsigned char *slot)
{
    uint16_t half = (uint16_t)word;
    uint32_t single = (uint32_t)word;
    if (op <= LFFI_U8)
        *slot = (uint8_t)word;
    else if (op <= LFFI_U16)
        memcpy(slot, &half, sizeof half);
    else if (op <= LFFI_U32)
        memcpy(slot, &single, sizeof single);
    else
        memcpy(slot, &word, sizeof word);
}

/* A boolean or an integer that fits the op. */
static LFFI_INLINE bool slot_word(enum lffi_op op, uint64_t word, unsigned char *slot)
{
    if (LFFI_SIGNED_U32 && op == LFFI_U32)
        word = (uint64_t)(int32_t)word;
    if (LFFI_WHOLE_WORDS)
        *(uint64_t *)(void *)slot = word;
    else
        slot_narrow(op, word, slot);
    return true;
}

static LFFI_INLINE bool slot_address(uintptr_t address, unsigned char *slot)
{
    if (LFFI_WHOLE_WORDS)
        *(uint64_t *)(void *)slot = address;
    else
        memcpy(slot, &address, sizeof address);
    return true;
}

/* What lies in front of a float. */
static LFFI_INLINE bool slot_box(enum lffi_op op, unsigned char *slot)
{
    if (LFFI_BOXED_FLOATS && op == LFFI_FLOAT)
        memset(slot + sizeof(float), 0xff, sizeof(float));
    return true;
}

static LFFI_INLINE bool slot_float(enum lffi_op op, lua_Number value, unsigned char *slot)
{
    return lffi_fast_float(op, value, slot) && slot_box(op, slot);
}

static LFFI_INLINE bool slot_integer(const struct lffi_param *param, lua_Integer value,
                                     unsigned char *slot)
{
    if (!lffi_is_within(&param->plain, value))
        return false;
    if (lffi_is_word(param->op))
        return slot_word(param->op, (uint64_t)value, slot);
    return lffi_fast_integer(param->op, value, slot) && slot_box(param->op, slot);
}

static LFFI_INLINE bool slot_boolean(enum lffi_op op, bool value, unsigned char *slot)
{
    return op == LFFI_BOOL && slot_word(op, value, slot);
}

static LFFI_INLINE bool slot_null(enum lffi_op op, unsigned char *slot)
{
    return op == LFFI_POINTER && slot_address(0, slot);
}

/* Whether C sees all of a string: it has no zero before its end. */
static inline bool is_whole(const char *text, size_t size)
{
    return strlen(text) == size;
}

/* A string without a zero for a const char *. */
static LFFI_INLINE bool slot_text(const struct lffi_param *param, const char *text, size_t size,
                                  unsigned char *slot)
{
    return (param->flags & LFFI_PARAM_STRING) != 0 && is_whole(text, size) &&
           slot_address((uintptr_t)text, slot);
}

/* The address of a cdata for a parameter whose pointee is just its own (or void), no qualifier
 * lost. */
static inline bool slot_cdata(const struct lffi_param *param, const struct lffi_cdata *cd,
                              unsigned char *slot)
{
    const struct lffi_ctype *pointee = param->ct->target;
    const struct lffi_ctype *source = cd->ct;
    uintptr_t address = (uintptr_t)cd->addr;
    if (source->op == LFFI_POINTER) {
        source = source->target;
        if (source->op == LFFI_FUNCTION)
            return false; /* perhaps a callback that was freed */
        memcpy(&address, cd->addr, sizeof address);
    } else if (source->op == LFFI_ARRAY) {
        source = source->target;
    } else if (!lffi_is_record(source->op)) {
        return false;
    }
    return (source->base == pointee->base || pointee->op == LFFI_VOID) &&
           (source->type->quals & ~pointee->type->quals & (CDECL_CONST | CDECL_VOLATILE)) == 0 &&
           slot_address(address, slot);
}

/* ---- the two readers ------------------------------------------------------------------------- */

static inline bool slot_store(lua_State *L, const struct lffi_param *param, int idx,
                              unsigned char *slot)
{
    enum lffi_op op = param->op;
    const struct lffi_cdata *cd;
    const char *text;
    size_t size;
    if (!lffi_in_register(op))
        return false; /* before asking what the value is */
    switch (lua_type(L, idx)) {
    case LUA_TNUMBER:
        if (lua_isinteger(L, idx))
            return slot_integer(param, lua_tointegerx(L, idx, NULL), slot);
        return slot_float(op, lua_tonumberx(L, idx, NULL), slot);
    case LUA_TBOOLEAN: return slot_boolean(op, lua_toboolean(L, idx), slot);
    case LUA_TNIL: return slot_null(op, slot);
    case LUA_TSTRING:
        text = lua_tolstring(L, idx, &size);
        return slot_text(param, text, size, slot);
    case LUA_TUSERDATA:
        cd = op == LFFI_POINTER ? lffi_to_cdata(L, param->ct->scope->st, idx) : NULL;
        return cd != NULL && slot_cdata(param, cd, slot);
    default: return false;
    }
}

/* A number in place. */
static LFFI_INLINE bool slot_number(const struct lffi_param *param, const struct lffi_value *arg,
                                    unsigned char *slot)
{
    if (lffi_kind_in_place(arg) == LFFI_IS_FLOAT)
        return slot_float(param->op, lffi_float_in_place(arg), slot);
    return lffi_kind_in_place(arg) == LFFI_IS_INTEGER &&
           slot_integer(param, lffi_integer_in_place(arg), slot);
}

/* An enumerator by name, once the general conversion has made the table of them. */
static inline bool slot_enumerator(const struct lffi_param *param, const struct lffi_value *arg,
                                   unsigned char *slot)
{
    const struct lffi_fields *names = param->ct->base->fields;
    const struct lffi_field *name;
    if (!lffi_is_word(param->op) || names == NULL)
        return false;
    name = lffi_interned_field(names, lffi_text_in_place(arg));
    return name != NULL && slot_word(param->op, name->offset, slot);
}

/* The same of a value in place. Interned names are found here too. */
static LFFI_INLINE bool slot_put(const struct lffi_param *param, const struct lffi_value *arg,
                                 unsigned char *slot)
{
    enum lffi_op op = param->op;
    unsigned kind = lffi_kind_in_place(arg);
    const struct lffi_cdata *cd;
    if (kind == LFFI_IS_INTEGER) /* before the others: these are the most */
        return slot_integer(param, lffi_integer_in_place(arg), slot);
    if (kind == LFFI_IS_FLOAT)
        return slot_float(op, lffi_float_in_place(arg), slot);
    /* clang-format off */
    switch (kind) {
    case LFFI_IS_FALSE: case LFFI_IS_TRUE: return slot_boolean(op, kind == LFFI_IS_TRUE, slot);
    case LFFI_IS_NIL: return slot_null(op, slot);
    case LFFI_IS_NAME: case LFFI_IS_TEXT:
        return slot_text(param, lffi_text_in_place(arg), lffi_size_in_place(arg), slot) ||
               (kind == LFFI_IS_NAME && slot_enumerator(param, arg, slot));
    case LFFI_IS_USERDATA:
        cd = op == LFFI_POINTER ? lffi_cdata_in_place(param->ct->scope->st, arg) : NULL;
        return cd != NULL && slot_cdata(param, cd, slot);
    default: return false;
    }
    /* clang-format on */
}

/* The same of `n` values in place, each into the slot of its parameter. */
static LFFI_INLINE bool slots_put(const struct lffi_param *param, uint32_t n,
                                  const struct lffi_value *arg, unsigned char *frame)
{
    for (const struct lffi_param *end = param + n; param < end; param++, arg++)
        if (!slot_put(param, arg, frame + param->to))
            return false;
    return true;
}

/* ---- what is found at once ------------------------------------------------------------------- */

static inline uint64_t four_bytes(const char *text)
{
    uint32_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

static inline uint64_t eight_bytes(const char *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/* The highest bit of each byte that is zero, and perhaps of some above it. */
static inline uint64_t zero_bytes(uint64_t bytes)
{
    return (bytes - 0x0101010101010101u) & ~bytes & 0x8080808080808080u;
}

/* is_whole of an interned string, which has 40 bytes at most: what is read at once may overlap. */
static LFFI_INLINE bool is_whole_name(const char *text, size_t size)
{
    uint64_t zeros;
    if (size < 4)
        return (size < 1 || text[0] != '\0') && (size < 2 || text[1] != '\0') &&
               (size < 3 || text[2] != '\0');
    if (size < 8)
        return zero_bytes(four_bytes(text) | four_bytes(text + size - 4) << 32) == 0;
    zeros = zero_bytes(eight_bytes(text)) | zero_bytes(eight_bytes(text + size - 8));
    if (size > 16)
        zeros |= zero_bytes(eight_bytes(text + 8)) | zero_bytes(eight_bytes(text + size - 16));
    if (size > 32)
        zeros |= zero_bytes(eight_bytes(text + 16));
    return zeros == 0;
}

/* slot_put of what travels in a general register, as far as it is decided without calling anything:
 * so an entry point that reads all its arguments this way has no registers to save. */
static LFFI_INLINE bool slot_put_at_once(const struct lffi_param *param,
                                         const struct lffi_value *arg, unsigned char *slot)
{
    enum lffi_op op = param->op;
    unsigned kind = lffi_kind_in_place(arg);
    const struct lffi_cdata *cd;
    if (kind == LFFI_IS_INTEGER)
        return lffi_is_within(&param->plain, lffi_integer_in_place(arg)) &&
               slot_word(op, (uint64_t)lffi_integer_in_place(arg), slot);
    if (kind == LFFI_IS_NAME && (param->flags & LFFI_PARAM_STRING) != 0)
        return is_whole_name(lffi_text_in_place(arg), lffi_size_in_place(arg)) &&
               slot_address((uintptr_t)lffi_text_in_place(arg), slot);
    /* clang-format off */
    switch (kind) {
    case LFFI_IS_FALSE: case LFFI_IS_TRUE: return slot_boolean(op, kind == LFFI_IS_TRUE, slot);
    case LFFI_IS_NIL: return slot_null(op, slot);
    case LFFI_IS_NAME: return slot_enumerator(param, arg, slot);
    case LFFI_IS_USERDATA:
        cd = op == LFFI_POINTER ? lffi_cdata_in_place(param->ct->scope->st, arg) : NULL;
        return cd != NULL && slot_cdata(param, cd, slot);
    default: return false;
    }
    /* clang-format on */
}

/* ---- the other way --------------------------------------------------------------------------- */

/* Pushes a value of 64 bits or less when that allocates nothing, by its own width: the rest of its
 * slot may hold anything. */
static inline bool slot_push(lua_State *L, enum lffi_op op, const unsigned char *slot)
{
    uintptr_t address;
    if (op != LFFI_POINTER)
        return lffi_fast_load(L, op, slot);
    memcpy(&address, slot, sizeof address);
    if (address == 0)
        lua_pushnil(L);
    return address == 0;
}

#endif
