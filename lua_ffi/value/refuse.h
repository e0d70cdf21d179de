/* Values that do not convert: the errors, and what to write instead. */
#ifndef LFFI_REFUSE_H
#define LFFI_REFUSE_H

#include "value/value.h"

/* ---- refuse.c: values that do not convert ---------------------------------------------------- */

/* Raises a conversion error with the prefix of `where`; `fmt` as for lua_pushfstring. */
_Noreturn void lffi_convert_error(lua_State *L, const struct lffi_where *where, const char *fmt,
                                  ...);
/* Likewise what is wrong with an initialiser, whose text names the type: the prefix is the way to
 * it from an argument. */
_Noreturn void lffi_init_error(lua_State *L, const struct lffi_where *where, const char *fmt, ...);
/* Raises what to write for a text with a zero byte inside. */
_Noreturn void lffi_zero_inside(lua_State *L, const char *text, const struct lffi_where *where);
/* Raises "cannot convert string "x" to 'int'". */
_Noreturn void lffi_mismatch(lua_State *L, struct lffi_ctype *ct, int idx,
                             const struct lffi_where *where);
/* The same for an integer type; of an infinity or NaN in a cdata it is the value that is wrong. */
_Noreturn void lffi_no_integer(lua_State *L, struct lffi_ctype *ct, int idx,
                               const struct lffi_where *where);
/* Raises "integer 300 does not fit 'unsigned char' (8 bits)", and what to write when the bits of
 * the value are meant, where so many could hold it. `bits`: fewer than the type's in a bit-field.
 */
_Noreturn void lffi_misfit(lua_State *L, struct lffi_ctype *ct, unsigned bits,
                           const struct lffi_integer *value, int idx,
                           const struct lffi_where *where);
/* Pushes "; if its bits are meant: ffi.cast("int", v)", or "" where no cast to an integer type of
 * that name would help. */
const char *lffi_push_cast_hint(lua_State *L, const struct lffi_integer *value, unsigned bits,
                                const char *type);

/* ---- hint.c: what to write instead ---------------------------------------------------------- */

/* Pushes the end of the error that the value at idx does not convert to a `ct`: ": pass ...". */
const char *lffi_push_hint(lua_State *L, struct lffi_ctype *ct, int idx,
                           const struct lffi_where *where);

/* Likewise for an open-ended array ct of `size` bytes that needs so many elements (0: that is not
 * known): none when it has room, of which its length is told. */
const char *lffi_push_length_hint(lua_State *L, const struct lffi_ctype *ct, uint64_t size,
                                  const struct lffi_where *where, size_t needed);

#endif
