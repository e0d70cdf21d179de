/* Texts of callbacks, as attributes of their type have them: parameters that reach Lua as strings,
 * and strings that C gets (docs/design.md S24).
 *
 * Depends on pieces.c. All of it runs inside enter.c's protected calls. A string that C has got is
 * kept in the registry under the address of the slot's use.
 */
#include <string.h>

#include "callback/slot.h"

static const struct cdecl_annotation *annotation_of(const struct lffi_plan *plan)
{
    return cdecl_annotation_of(plan->ct->type);
}

void lffi_push_sized(lua_State *L, const struct lffi_slot *slot, const struct lffi_plan *plan,
                     const struct lffi_param *param, const struct lffi_registers *in,
                     const unsigned char *stack)
{
    const struct cdecl_param_annotation *says = &annotation_of(plan)->param[param - plan->param];
    const struct lffi_param *length = &plan->param[says->length - 1];
    const char *text;
    int64_t count;
    memcpy(&text, lffi_argument_base(plan, in, stack, param) + param->to, sizeof text);
    if (text == NULL) {
        lua_pushnil(L);
        return;
    }
    count = lffi_integer_at(length->op, lffi_argument_base(plan, in, stack, length) + length->to);
    if (count < 0)
        luaL_error(L, "callback '%s' got %I as length '%s' of a text",
                   lffi_signature_text(slot->signature), (LUAI_UACINT)count, says->length_name);
    lua_pushlstring(L, text, (size_t)count);
}

bool lffi_store_text(lua_State *L, const struct lffi_slot *slot, const struct lffi_plan *plan,
                     struct lffi_return *ret)
{
    const struct cdecl_annotation *says = annotation_of(plan);
    size_t size;
    const char *text;
    if (says == NULL || !says->string || lua_type(L, -1) != LUA_TSTRING)
        return false;
    text = lua_tolstring(L, -1, &size);
    if (strlen(text) != size)
        luaL_error(L, "result of callback '%s': the string contains a zero byte at position %d",
                   lffi_signature_text(slot->signature), (int)strlen(text) + 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &slot->use);
    memcpy((unsigned char *)ret + plan->result.to, &text, sizeof text);
    return true;
}

/* Only a text can be asked of a callback. */
bool lffi_is_called_only(const struct lffi_plan *plan)
{
    const struct cdecl_annotation *says = annotation_of(plan);
    bool only;
    if (says == NULL)
        return false;
    only = says->failure != CDECL_NO_FAILURE || says->count || says->owned != NULL ||
           says->freed_by != NULL || says->length != 0;
    for (uint32_t i = 0; i < plan->nparams; i++)
        only |= says->param[i].passing != CDECL_PASS || says->param[i].optional ||
                says->param[i].flags != NULL;
    return only;
}
