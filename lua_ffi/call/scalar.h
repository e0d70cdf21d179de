/* Plain Lua values and register slots, like plain.h, of values that are read in place.
 */
#ifndef LFFI_SCALAR_H
#define LFFI_SCALAR_H

#include "call/plain.h"
#include "value/quick.h"

static LFFI_INLINE bool double_of(const struct lffi_value *arg, double *slot)
{
    if (arg->tag == LFFI_TAG_FLOAT) {
        *slot = arg->as.number;
        return true;
    }
    *slot = (double)arg->as.integer;
    return arg->tag == LFFI_TAG_INTEGER && fabs(*slot) < 9007199254740992.0;
}

static LFFI_INLINE bool float_of(const struct lffi_value *arg, float *slot)
{
    if (arg->tag == LFFI_TAG_FLOAT) {
        *slot = (float)arg->as.number;
        return !isinf(*slot) || isinf(arg->as.number);
    }
    *slot = (float)arg->as.integer;
    return arg->tag == LFFI_TAG_INTEGER && fabsf(*slot) < 16777216.0F;
}

static LFFI_INLINE bool address_of(const struct lffi_param *param, const struct lffi_value *arg,
                                uint64_t *slot)
{
    const struct lffi_cdata *cd;
    const char *text;
    if (arg->tag == LFFI_TAG_USERDATA) {
        cd = lffi_peek_cdata(param->ct->scope->st, arg);
        return cd != NULL && plain_address(param->ct->target, cd, slot);
    }
    *slot = 0;
    if (arg->tag == LFFI_TAG_NIL)
        return true;
    if ((arg->tag | 0x10) != LFFI_TAG_LONG_STRING || (param->flags & LFFI_PARAM_STRING) == 0)
        return false;
    text = lffi_peek_text(arg);
    *slot = (uintptr_t)text;
    return strlen(text) == lffi_peek_size(arg);
}

/* An enumerator by name, once the general conversion has made the table of them. */
static inline bool enumerator_of(const struct lffi_param *param,
                                                      const struct lffi_value *arg, uint64_t *slot)
{
    const struct lffi_fields *names = param->ct->base->fields;
    const struct lffi_field *name;
    if (arg->tag != LFFI_TAG_SHORT_STRING || names == NULL)
        return false;
    name = lffi_quick_field(names, lffi_peek_text(arg));
    if (name == NULL)
        return false;
    *slot = name->offset;
    return true;
}

/* Stores a plain value that is right for the parameter under every policy, see lffi_store_plain.
 * Where it returns false the slot may hold anything. */
static LFFI_INLINE bool scalar_of(const struct lffi_param *param, const struct lffi_value *arg,
                               unsigned char *slot)
{
    uint64_t *word = (uint64_t *)(void *)slot; /* registers and stack words are 8-byte aligned */
    switch ((enum lffi_op)param->op) {
    case LFFI_I8: case LFFI_U8: case LFFI_I16: case LFFI_U16: case LFFI_I32: case LFFI_U32:
    case LFFI_I64: case LFFI_U64:
        if (arg->tag != LFFI_TAG_INTEGER)
            return enumerator_of(param, arg, word);
        *word = (uint64_t)arg->as.integer;
        return arg->as.integer >= param->min && arg->as.integer <= param->max;
    case LFFI_FLOAT: return float_of(arg, (float *)(void *)slot);
    case LFFI_DOUBLE: return double_of(arg, (double *)(void *)slot);
    case LFFI_POINTER: return address_of(param, arg, word);
    case LFFI_BOOL:
        *word = arg->tag == LFFI_TAG_TRUE;
        return arg->tag == LFFI_TAG_TRUE || arg->tag == LFFI_TAG_FALSE;
    case LFFI_VOID: case LFFI_I128: case LFFI_U128: case LFFI_BITINT: case LFFI_FLOAT16:
    case LFFI_LDOUBLE: case LFFI_FLOAT128: case LFFI_COMPLEX: case LFFI_ENUM: case LFFI_ARRAY:
    case LFFI_VECTOR: case LFFI_FUNCTION: case LFFI_STRUCT: case LFFI_UNION:
        return false;
    }
    return false;
}

#endif
