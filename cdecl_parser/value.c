/* The values of constants: kept in the declaration where 64 bits of its own type say all, beside it
 * where they do not. Depends on scope.c for memory; copies belong to the state's arena. */
#include <string.h>
#include "internal.h"

struct cdecl_value cdecl_value_of(const struct cdecl_decl *constant)
{
    if (constant->value != NULL)
        return *constant->value;
    return (struct cdecl_value){
        .kind = CDECL_VALUE_INT, .type = cdecl__plain(constant->type), .u = constant->u};
}

void cdecl__set_value(struct cdecl_state *state, struct cdecl_decl *decl,
                      const struct cdecl_value *value)
{
    decl->u = value->u;
    decl->value = NULL;
    if (value->kind == CDECL_VALUE_INT && value->type == cdecl__plain(decl->type))
        return;
    struct cdecl_value *copy = NEW(state, struct cdecl_value);
    *copy = *value;
    decl->value = copy;
}

bool cdecl__same_value(const struct cdecl_decl *a, const struct cdecl_decl *b)
{
    struct cdecl_value x = cdecl_value_of(a), y = cdecl_value_of(b);
    if (x.kind != y.kind)
        return false;
    if (x.kind == CDECL_VALUE_FLOAT)
        return x.f == y.f || (x.f != x.f && y.f != y.f);
    if (x.kind == CDECL_VALUE_STRING)
        return x.size == y.size && memcmp(x.s, y.s, x.size) == 0;
    return x.u == y.u;
}
