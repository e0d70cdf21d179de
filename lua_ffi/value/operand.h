/* What arith.c hands to number.c and pointer.c: the operands of an operator. */
#ifndef LFFI_OPERAND_H
#define LFFI_OPERAND_H

#include "object/inplace.h"
#include "value/value.h"

/* An operand as arith.c found it. Aggregates and values that no operator knows are OTHER. */
enum lffi_operand_kind {
    LFFI_OTHER_OPERAND,
    LFFI_INTEGER_OPERAND,
    LFFI_FLOAT_OPERAND,
    LFFI_ADDRESS_OPERAND /* pointers, arrays, functions */
};
struct lffi_operand {
    enum lffi_operand_kind kind;
    int idx;
    struct lffi_ctype *ct; /* of a cdata, else NULL */
    struct lffi_integer integer;
    lffi_real number;
    const void *address; /* also of aggregates: where they lie */
};
#define LFFI_UNORDERED 2 /* result of comparing with a NaN */

/* Pushes the result of Lua's operator `op` (LUA_OPADD ...) on two numbers by the scope's rules; for
 * unary operators both are the same. */
void lffi_number_arith(lua_State *L, struct lffi_scope *scope, int op, struct lffi_operand *a,
                       struct lffi_operand *b);
/* -1, 0, 1 by value, or LFFI_UNORDERED. */
int lffi_number_compare(const struct lffi_scope *scope, const struct lffi_operand *a,
                        const struct lffi_operand *b);
/* Pushes pointer + integer, integer + pointer, pointer - integer, pointer - pointer; false when the
 * operator and the operands are none of these. */
bool lffi_pointer_arith(lua_State *L, int op, const struct lffi_operand *a,
                        const struct lffi_operand *b);
/* -1, 0, 1 by address. Raises for incompatible types under LuaJIT's rules. */
int lffi_pointer_compare(lua_State *L, const struct lffi_operand *a, const struct lffi_operand *b);

/* ---- quick.c: the commonest ones in place ---------------------------------------------------- */

/* Push the result of an operator on the two arguments from `arg` on; false, with nothing pushed: it
 * is none of the common ones. */
bool lffi_quick_number_arith(lua_State *L, const struct lffi_value *arg, int op);
bool lffi_quick_pointer_arith(lua_State *L, const struct lffi_value *arg,
                              const struct lffi_cdata *left, int op);
/* -1, 0 or 1 of two integers of one type, or of two pointers; false: look closer. */
bool lffi_quick_order(lua_State *L, const struct lffi_value *arg, int *order);
/* Stores the third argument from `arg` on, whose first is the cdata that has the `ct` at dst. */
bool lffi_quick_store(lua_State *L, const struct lffi_value *arg, const struct lffi_ctype *ct,
                      void *dst);

/* Stores a number or the name of an enumerator in a `*ct`. */
bool lffi_quick_number(const struct lffi_ctype *ct, void *dst, const struct lffi_value *value);

/* ---- quick_init.c ---------------------------------------------------------------------------- */

/* Pushes a new struct of a type of which a new object is zeroed bytes alone, initialised with the n
 * values from stack index 2 on, which are all; false, with nothing pushed: look closer. */
bool lffi_quick_construct(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n);
/* Likewise, a T[?] of integers from its length and, for n = 2, a table of so many. */
bool lffi_quick_array(lua_State *L, struct lffi_ctype *ct, ptrdiff_t n);

#endif
