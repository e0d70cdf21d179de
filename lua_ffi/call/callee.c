/* What is called, and whether it still may be: its name in errors, its library, the callbacks among
 * its arguments, and what those of a call that is over have left.
 *
 * Depends on the callbacks' hooks (object/hooks.h). Nothing is owned here.
 */
#include <string.h>

#include "call/outgoing.h"
#include "value/refuse.h"

/* "'abs' (int abs(int))", or "'int (int)'" for a pointer. */
const char *lffi_push_callee(lua_State *L, const struct outgoing *call)
{
    const struct lffi_record *record = call->record;
    if (record != NULL)
        return lua_pushfstring(L, "'%s' (%s)", record->pub.name,
                               lffi_push_decl_text(L, record->pub.decl));
    return lua_pushfstring(L, "'%s'", lffi_push_type_text(L, call->plan->ct->type, NULL));
}

void lffi_set_where(struct outgoing *call, const struct lffi_library *lib)
{
    const struct lffi_scope *scope = call->plan->ct->scope;
    call->where.place = LFFI_TO_ARGUMENT;
    call->where.policy = lib != NULL && lib->has_policy ? lib->policy : scope->policy;
    call->where.of = call->plan->ct->type;
    call->where.fn = call->record != NULL ? &call->record->pub : NULL;
}

/* Raises when the library is closed, or what the pointer was is freed. */
void lffi_check_callee(lua_State *L, const struct outgoing *call)
{
    const struct lffi_library *lib = call->record != NULL ? call->record->pub.lib : NULL;
    int origin = call->record != NULL ? lua_upvalueindex(LFFI_UPVALUE_LIBRARY) : call->first - 1;
    const char *freed;
    const void *code;
    if (lib == NULL) {
        memcpy(&code, &call->address, sizeof code);
        freed = lffi_push_freed_callback(L, call->plan->ct->scope->st, origin, code);
        if (freed != NULL)
            luaL_error(L, "%s", freed);
    } else if (!lib->open) {
        luaL_error(L, "cannot call '%s': library '%s' is closed", call->record->pub.name,
                   lib->path);
    }
}

/* Callbacks among the arguments that the conversions of later ones have freed. */
LFFI_NOINLINE void lffi_check_callbacks(lua_State *L, struct outgoing *call)
{
    const void *code;
    for (int i = 0; i < call->nargs; i++) {
        int idx = call->first + i;
        const struct lffi_cdata *cd = lffi_to_cdata(L, call->plan->ct->scope->st, idx);
        const char *freed;
        if (cd == NULL || cd->ct->op != LFFI_POINTER || cd->ct->target->op != LFFI_FUNCTION)
            continue;
        memcpy(&code, cd->addr, sizeof code);
        freed = lffi_push_freed_callback(L, cd->ct->scope->st, idx, code);
        call->where.index = i + 1;
        if (freed != NULL)
            lffi_convert_error(L, &call->where, "%s", freed);
    }
}

/* Raises what a callback of this call has left behind. */
static _Noreturn void raise_kept(lua_State *L, const struct lffi_call *running)
{
    if (running->error_index != LFFI_FAILED) {
        lua_settop(L, running->error_index);
        lua_error(L);
    }
    luaL_error(L, "%s", running->failure);
    abort();
}

void lffi_after_call(lua_State *L, struct lffi_state *st, const struct lffi_call *running)
{
    if (lffi_has_error(running))
        raise_kept(L, running);
    if (st->gate != NULL)
        lffi_attend(L, st);
}
