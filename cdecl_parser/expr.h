/* What the expression files share: an operand and what is done with it. Included by expr_operand.c,
 * expr_primary.c, expr_arithmetic.c and expr.c only. */
#ifndef CDECL_EXPR_H
#define CDECL_EXPR_H

#include "internal.h"

/* A value that may also designate an object, as in &((struct s *)0)->member. */
struct operand {
    struct cdecl_value v;
    bool lvalue;
    bool located; /* lvalue: its address is known */
    uint64_t address;
};

/* ---- expr_operand.c ---- */

struct operand cdecl__of_value(struct cdecl_value v);
struct operand cdecl__of_int(const struct cdecl_type *type, uint64_t u);
struct operand cdecl__of_type(const struct cdecl_type *type); /* value unknown */
struct operand cdecl__of_object(const struct cdecl_type *type, bool located, uint64_t address);
bool cdecl__is_known(const struct operand *o);
bool cdecl__is_pointer(const struct operand *o);
struct operand cdecl__rvalue(struct parser *p, struct operand o);
bool cdecl__is_negative(const struct cdecl_value *v);
cdecl_real cdecl__round_to(cdecl_real f, const struct cdecl_type *type);

/* ---- expr_primary.c ---- */

struct operand cdecl__of_decl(const struct cdecl_decl *decl); /* a constant or an object */
struct operand cdecl__primary(struct parser *p);

/* ---- expr_arithmetic.c ---- */

int cdecl__precedence(enum token_kind kind); /* of a binary operator, 0 when it is none */
struct operand cdecl__combine(struct parser *p, const struct token *op, struct operand a,
                              struct operand b);
/* pointer + index or, with `subtract`, pointer - index */
struct operand cdecl__scale_add(struct parser *p, struct operand pointer, struct operand index,
                                bool subtract);

/* ---- expr.c ---- */

struct operand cdecl__conditional_operand(struct parser *p);
struct operand cdecl__full_operand(struct parser *p);

#endif
