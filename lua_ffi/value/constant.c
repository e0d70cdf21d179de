/* The values of C's constants, enumerators and macros as Lua values.
 *
 * Depends on convert.c, which makes what is read from memory of them.
 */
#include "value/value.h"

/* As one read from memory: a long double that is no double stays what it is (S4). */
static void push_float_constant(lua_State *L, struct lffi_scope *scope,
                                const struct cdecl_value *value)
{
    struct lffi_ctype *ct = lffi_ctype_of(L, scope, value->type);
    _Alignas(16) char bytes[16];
    lffi_store_float(ct->op, bytes, value->f);
    lffi_load(L, ct, bytes, 0);
}

void lffi_push_value(lua_State *L, struct lffi_scope *scope, const struct cdecl_value *value)
{
    struct lffi_integer integer;
    bool is_signed;
    switch (value->kind) {
    case CDECL_VALUE_NONE: lua_pushnil(L); break;
    case CDECL_VALUE_FLOAT: push_float_constant(L, scope, value); break;
    case CDECL_VALUE_STRING: lua_pushlstring(L, value->s, value->size); break;
    case CDECL_VALUE_INT:
        if (value->type->kind == CDECL_POINTER) { /* ((void *)-1) */
            uintptr_t address = (uintptr_t)value->u;
            lffi_load(L, lffi_ctype_of(L, scope, value->type), &address, 0);
            break;
        }
        is_signed = value->type->kind == CDECL_ENUM ? value->type->tag->underlying->is_signed != 0
                                                    : value->type->is_signed != 0;
        integer = lffi_integer_of_bits(value->u, 64, is_signed);
        lffi_push_integer(L, lffi_ctype_of(L, scope, value->type), &integer);
        break;
    }
}
