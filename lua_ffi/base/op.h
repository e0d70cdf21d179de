/* How C values are represented, for the switches of load and store, and every question that is
 * answered by the order of the representations: none is asked elsewhere.
 */
#ifndef LFFI_OP_H
#define LFFI_OP_H

#include <stdbool.h>
#include <stdint.h>

/* The representation of a type. Derived from kind and prim. ORDER: the predicates below. */
enum lffi_op {
    LFFI_VOID,
    LFFI_BOOL,
    LFFI_I8,
    LFFI_U8,
    LFFI_I16,
    LFFI_U16,
    LFFI_I32,
    LFFI_U32,
    LFFI_I64,
    LFFI_U64,
    LFFI_I128,
    LFFI_U128,
    LFFI_BITINT, /* _BitInt(N): value in the low N bits, the rest ignored */
    LFFI_FLOAT16,
    LFFI_FLOAT,
    LFFI_DOUBLE,
    LFFI_LDOUBLE,
    LFFI_FLOAT128,
    LFFI_COMPLEX,
    LFFI_ENUM, /* an integer of type `target` */
    LFFI_POINTER,
    LFFI_ARRAY,
    LFFI_VECTOR,
    LFFI_FUNCTION,
    LFFI_STRUCT,
    LFFI_UNION
};

_Static_assert(LFFI_BOOL == LFFI_VOID + 1 && LFFI_I8 == LFFI_BOOL + 1, "nothing, then words");
_Static_assert(LFFI_U64 == LFFI_I8 + 7 && LFFI_I64 == LFFI_I8 + 6, "words: pairs, by size");
_Static_assert(LFFI_BITINT == LFFI_U64 + 3, "integers follow the words");
_Static_assert(LFFI_FLOAT16 == LFFI_BITINT + 1 && LFFI_FLOAT128 == LFFI_FLOAT16 + 4, "floats next");
_Static_assert(LFFI_DOUBLE == LFFI_FLOAT + 1, "those that Lua's numbers hold");
_Static_assert(LFFI_COMPLEX == LFFI_FLOAT128 + 1 && LFFI_ENUM == LFFI_COMPLEX + 1 &&
                   LFFI_POINTER == LFFI_ENUM + 1 && LFFI_ARRAY == LFFI_POINTER + 1,
               "what is copied as it is, then what is referred to");
_Static_assert(LFFI_FUNCTION == LFFI_VECTOR + 1 && LFFI_STRUCT == LFFI_FUNCTION + 1 &&
                   LFFI_UNION == LFFI_STRUCT + 1,
               "records last");

/* The Lua integers that are plain for a type: they become a value of it exactly, under every
 * policy. For floating types these are the integers that all have a value of their own. */
struct lffi_range {
    int64_t min, max;
};
#define LFFI_NO_RANGE \
    {                 \
        0, -1         \
    }
static const struct lffi_range lffi_plain[] = {
    [LFFI_VOID] = LFFI_NO_RANGE,          [LFFI_BOOL] = LFFI_NO_RANGE,
    [LFFI_I8] = {INT8_MIN, INT8_MAX},     [LFFI_U8] = {0, UINT8_MAX},
    [LFFI_I16] = {INT16_MIN, INT16_MAX},  [LFFI_U16] = {0, UINT16_MAX},
    [LFFI_I32] = {INT32_MIN, INT32_MAX},  [LFFI_U32] = {0, UINT32_MAX},
    [LFFI_I64] = {INT64_MIN, INT64_MAX},  [LFFI_U64] = {0, INT64_MAX},
    [LFFI_I128] = LFFI_NO_RANGE,          [LFFI_U128] = LFFI_NO_RANGE,
    [LFFI_BITINT] = LFFI_NO_RANGE,        [LFFI_FLOAT16] = LFFI_NO_RANGE,
    [LFFI_FLOAT] = {-(1 << 24), 1 << 24}, [LFFI_DOUBLE] = {-((int64_t)1 << 53), (int64_t)1 << 53},
    [LFFI_LDOUBLE] = LFFI_NO_RANGE,       [LFFI_FLOAT128] = LFFI_NO_RANGE,
    [LFFI_COMPLEX] = LFFI_NO_RANGE,       [LFFI_ENUM] = LFFI_NO_RANGE,
    [LFFI_POINTER] = LFFI_NO_RANGE,       [LFFI_ARRAY] = LFFI_NO_RANGE,
    [LFFI_VECTOR] = LFFI_NO_RANGE,        [LFFI_FUNCTION] = LFFI_NO_RANGE,
    [LFFI_STRUCT] = LFFI_NO_RANGE,        [LFFI_UNION] = LFFI_NO_RANGE};

static inline bool lffi_is_within(const struct lffi_range *range, int64_t value)
{
    return value >= range->min && value <= range->max;
}

/* An integer that fills one register at most. */
static inline bool lffi_is_word(enum lffi_op op)
{
    return op >= LFFI_I8 && op <= LFFI_U64;
}

/* One of the integer types, whatever its width; no bool, no enum. */
static inline bool lffi_is_integer(enum lffi_op op)
{
    return op >= LFFI_I8 && op <= LFFI_BITINT;
}

/* What C calculates with as an integer. */
static inline bool lffi_is_integral(enum lffi_op op)
{
    return lffi_is_integer(op) || op == LFFI_ENUM;
}

/* An integer wider than Lua's, or as wide: LuaJIT boxes these. */
static inline bool lffi_is_long(enum lffi_op op)
{
    return op >= LFFI_I64 && op <= LFFI_BITINT;
}

static inline bool lffi_is_float(enum lffi_op op)
{
    return op >= LFFI_FLOAT16 && op <= LFFI_FLOAT128;
}

/* A floating type of which every value is a Lua number. */
static inline bool lffi_is_lua_float(enum lffi_op op)
{
    return op >= LFFI_FLOAT16 && op <= LFFI_DOUBLE;
}

/* One number or truth value: real arithmetic. */
static inline bool lffi_is_number(enum lffi_op op)
{
    return op == LFFI_BOOL || lffi_is_integral(op) || lffi_is_float(op);
}

/* A scalar that one general register holds. */
static inline bool lffi_in_general_register(enum lffi_op op)
{
    return op == LFFI_BOOL || lffi_is_word(op) || op == LFFI_POINTER;
}

/* ... or that one register of either kind holds: what the shortest paths pass. */
static inline bool lffi_in_register(enum lffi_op op)
{
    return lffi_in_general_register(op) || op == LFFI_FLOAT || op == LFFI_DOUBLE;
}

/* struct or union */
static inline bool lffi_is_record(enum lffi_op op)
{
    return op >= LFFI_STRUCT;
}

/* Not a scalar: made of parts, or a function; its value is referred to, not copied. */
static inline bool lffi_is_aggregate(enum lffi_op op)
{
    return op >= LFFI_ARRAY;
}

/* Aggregates that travel by value in C. */
static inline bool lffi_travels_as_object(enum lffi_op op)
{
    return op == LFFI_VECTOR || lffi_is_record(op);
}

/* A pointer, or what decays to one or has an address of its own. */
static inline bool lffi_has_address(enum lffi_op op)
{
    return op == LFFI_POINTER || lffi_is_aggregate(op);
}

#endif
