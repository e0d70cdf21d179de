/* Integers of any magnitude: the carrier between Lua values and C integers (integer.c). */
#ifndef LFFI_INTEGER_H
#define LFFI_INTEGER_H

#include "object/ctype.h"

/* Reads a Lua integer, an integral float, a boxed integer, an object with __cffi_integer or
 * registered by ffi.integer_type. False when the value at idx is none of these. Fractions:
 * `*fraction` is set and the integer is truncated. */
bool lffi_to_integer(lua_State *L, struct lffi_state *st, int idx, struct lffi_integer *out,
                     bool *fraction);
/* True for a table or userdata with __cffi_integer, or registered by ffi.integer_type. */
bool lffi_is_integer_object(lua_State *L, struct lffi_state *st, int idx);
/* Reads "[+-]?(0[xX]hex+|dec+)"; false when the text is anything else. */
bool lffi_text_to_integer(const char *text, size_t size, struct lffi_integer *out);
struct lffi_integer lffi_integer_of_real(lffi_real value); /* finite; truncated */
struct lffi_integer lffi_integer_of_int64(int64_t value);
/* The low `bits` bits as an integer of that width. */
struct lffi_integer lffi_integer_of_bits(lffi_wide value, unsigned bits, bool is_signed);
/* Integers, enums and bool in memory; the other way stores the low bytes. */
void lffi_integer_to_memory(const struct lffi_ctype *ct, void *dst, lffi_wide bits);
struct lffi_integer lffi_integer_of_memory(const struct lffi_ctype *ct, const void *src);
/* Reduces to `bits` (1..128) by policy (docs/design.md S1). False when it does not fit under FIT or
 * STRICT. */
bool lffi_integer_reduce(const struct lffi_integer *value, unsigned bits, bool is_signed,
                         enum lffi_policy policy, lffi_wide *out);
/* True when so many bits hold the value in either signedness. */
bool lffi_integer_has_bits(const struct lffi_integer *value, unsigned bits);
/* -1, 0, 1 by value. */
int lffi_integer_compare(const struct lffi_integer *a, const struct lffi_integer *b);
/* Pushes the decimal text. */
const char *lffi_push_integer_text(lua_State *L, const struct lffi_integer *value);
/* Pushes the text that the value at idx gives for its integer: the string itself, or what an
 * object's converter says. For the values that lffi_integer has no room for. */
const char *lffi_push_integer_source(lua_State *L, struct lffi_state *st, int idx);

#endif
