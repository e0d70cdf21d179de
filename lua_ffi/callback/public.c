/* What Lua programs call: ffi.callback, ffi.release, ffi.callbacks, and the methods of callbacks
 * (docs/design.md S14).
 *
 * Depends on make.c, which makes and frees, and on identity.c: the pointer to a callback is a cdata
 * whose user value is the number of its use of the slot.
 */
#include <string.h>

#include "callback/slot.h"
#include "object/argument.h"

/* ---- callbacks of their own ------------------------------------------------------------------ */

static enum lffi_thread_mode read_mode(lua_State *L, int idx)
{
    static const char *const modes[] = {
        [LFFI_RUN] = "run", [LFFI_POST] = "post", [LFFI_OWNER] = "owner", [LFFI_VALUE] = "value"};
    const char *mode = lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";
    int i = LFFI_RUN;
    while (i <= LFFI_VALUE && strcmp(modes[i], mode) != 0)
        i++;
    if (i > LFFI_VALUE)
        lffi_arg_error(L, 3, "option 'thread' must be \"run\", \"post\", \"owner\" or \"value\"");
    return (enum lffi_thread_mode)i;
}

/* What ffi.callback takes as its third argument. */
static void read_option(lua_State *L, const char *name, struct lffi_options *options)
{
    int idx = lua_gettop(L);
    bool is_flag = strcmp(name, "always") == 0 || strcmp(name, "signal") == 0;
    if (strcmp(name, "error") == 0) {
        options->error = idx;
    } else if (strcmp(name, "thread") == 0) {
        options->mode = read_mode(L, idx);
    } else if (strcmp(name, "onerror") == 0) {
        if (!lua_isfunction(L, idx))
            lffi_arg_error(L, 3, "option 'onerror' must be a function, not %s",
                           lffi_push_kind_of(L, lffi_open_state(L), idx));
        options->onerror = idx;
    } else if (!is_flag) {
        lffi_arg_error(
            L, 3, "unknown option '%s' (there are error, onerror, always, signal, thread)", name);
    } else if (!lua_isboolean(L, idx)) {
        lffi_arg_error(L, 3, "option '%s' must be a boolean, not %s", name,
                       lffi_push_kind_of(L, lffi_open_state(L), idx));
    } else if (*name == 'a') {
        options->always = lua_toboolean(L, idx);
    } else {
        options->kind = lua_toboolean(L, idx) ? LFFI_KIND_SIGNAL : LFFI_KIND_OWN;
    }
}

/* Leaves the values of the options on the stack, where they are needed. */
static void read_options(lua_State *L, struct lffi_options *options)
{
    if (lua_isnoneornil(L, 3))
        return;
    if (!lua_istable(L, 3))
        lffi_expected(L, 3, "table");
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            lffi_arg_error(L, 3, "options have names, got %s",
                           lffi_push_kind_of(L, lffi_open_state(L), -2));
        luaL_checkstack(L, 6, NULL);
        read_option(L, lua_tostring(L, -2), options);
        lua_pushvalue(L, -2); /* the value stays below for as long as it is needed */
    }
}

/* Pushes the pointer to a callback of its own, of the function at idx. */
static void push_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                          const struct lffi_options *options)
{
    bool is_pointer = ct->op == LFFI_POINTER;
    struct lffi_cdata *pointer;
    const struct lffi_slot *slot;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    idx = lua_absindex(L, idx);
    /* first: nothing may fail once the callback lives */
    lua_pushinteger(L, 0);
    pointer = lffi_push_anchored_pointer(L, is_pointer ? ct : lffi_pointer_to(L, ct), NULL, -1);
    lua_remove(L, -2);
    slot = lffi_make_callback(L, is_pointer ? ct->base->target : ct, idx, options);
    memcpy(pointer->addr, &slot->code, sizeof slot->code);
    lua_pushinteger(L, (lua_Integer)slot->born);
    lua_setiuservalue(L, -2, 1);
}

void lffi_push_callback(lua_State *L, struct lffi_ctype *ct, int idx)
{
    static const struct lffi_options none = {.kind = LFFI_KIND_OWN};
    push_callback(L, ct, idx, &none);
}

/* ffi.callback(type, function [, options]) */
static int api_callback(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_ctype(L, scope, 1);
    struct lffi_options options = {.kind = LFFI_KIND_OWN};
    uint8_t op = ct->op == LFFI_POINTER ? ct->base->target->op : ct->op;
    if (op != LFFI_FUNCTION)
        lffi_arg_error(L, 1, "function type expected, got '%s'",
                       lffi_push_type_text(L, ct->type, NULL));
    if (!lua_isfunction(L, 2))
        lffi_expected(L, 2, "function");
    lua_settop(L, 3);
    read_options(L, &options);
    if (options.mode != LFFI_RUN && options.kind == LFFI_KIND_SIGNAL)
        lffi_arg_error(L, 3, "a signal callback has no option 'thread'");
    push_callback(L, ct, 2, &options);
    return 1;
}

/* ffi.release(fn): frees what implicit conversions of the function have made. Returns how many. */
/* What ends by itself, or by a method of its own. */
static _Noreturn void not_a_function(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, scope->st, 1);
    const struct lffi_ctype *target =
        cd != NULL && cd->ct->op == LFFI_POINTER ? cd->ct->target : NULL;
    const char *hint;
    if (target == NULL || (target->op != LFFI_FUNCTION && target->op != LFFI_VOID))
        lffi_expected(L, 1, "function");
    hint = target->op == LFFI_FUNCTION ? "the Lua function that was converted"
                                       : "a handle ends when its pointer is collected";
    lffi_arg_error(L, 1, "function expected, got %s: %s", lffi_push_kind_of(L, scope->st, 1), hint);
}

static int api_release(lua_State *L)
{
    if (!lua_isfunction(L, 1))
        not_a_function(L);
    lua_pushinteger(L, lffi_release(L, lffi_scope_upvalue(L), 1));
    return 1;
}

static void push_description(lua_State *L, const struct lffi_slot *slot)
{
    lua_createtable(L, 0, 5);
    lua_pushstring(L, lffi_signature_text(slot->signature));
    lua_setfield(L, -2, "type");
    lua_pushstring(L, slot->use.place->text);
    lua_setfield(L, -2, "created");
    lua_pushinteger(L, (lua_Integer)(slot->use.runs + atomic_load(&slot->visits)));
    lua_setfield(L, -2, "calls");
    lua_pushboolean(L, lffi_is_shared(slot));
    lua_setfield(L, -2, "shared");
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    lua_setfield(L, -2, "fn");
}

/* ffi.callbacks(): a list of the live ones, newest slot first. */
static int api_callbacks(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    const struct lffi_gate *gate = scope->st->gate;
    lua_Integer n = 0;
    lua_newtable(L);
    for (struct lffi_slot *slot = lffi_all_slots(); slot != NULL; slot = slot->next) {
        if (!lffi_is_live(slot, gate))
            continue;
        push_description(L, slot);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* ---- methods --------------------------------------------------------------------------------- */

/* The slot of the function pointer at index 1, NULL when the callback was freed so long ago that
 * another has its slot; raises when it is no callback. */
static struct lffi_slot *self_slot(lua_State *L)
{
    struct lffi_state *st = lffi_open_state(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, 1);
    struct lffi_slot *slot;
    const void *code;
    if (cd == NULL || cd->ct->op != LFFI_POINTER || cd->ct->base->target->op != LFFI_FUNCTION)
        lffi_expected(L, 1, "function pointer");
    if (st->closing)
        luaL_error(L, "all callbacks were freed when the Lua state closed");
    memcpy(&code, cd->addr, sizeof code);
    slot = lffi_find_slot(L, st, code);
    if (slot != NULL && lffi_is_outlived(L, 1, slot))
        return NULL;
    if (slot == NULL || atomic_load(&slot->gate) != st->gate)
        luaL_error(L, "'%s' is not a callback made from a Lua function",
                   lffi_push_type_text(L, cd->ct->type, NULL));
    if (lffi_is_shared(slot) && atomic_load(&slot->status) == LFFI_SLOT_LIVE)
        luaL_error(L, "%s is shared by all conversions of its function: use ffi.release(fn)",
                   lffi_push_slot_text(L, slot));
    return slot;
}

static struct lffi_slot *live_self(lua_State *L)
{
    struct lffi_slot *slot = self_slot(L);
    if (slot == NULL)
        luaL_error(L, "the callback was freed already");
    if (atomic_load(&slot->status) != LFFI_SLOT_LIVE)
        luaL_error(L, "%s was freed already", lffi_push_slot_text(L, slot));
    return slot;
}

/* cb:free() */
static int method_free(lua_State *L)
{
    lffi_free_slot(L, live_self(L));
    return 0;
}

/* `local cb <close>`: like free, but freed already is fine. */
static int method_close(lua_State *L)
{
    struct lffi_slot *slot = self_slot(L);
    if (slot != NULL && atomic_load(&slot->status) == LFFI_SLOT_LIVE)
        lffi_free_slot(L, slot);
    return 0;
}

/* cb:set(fn) */
static int method_set(lua_State *L)
{
    struct lffi_slot *slot = live_self(L);
    if (!lua_isfunction(L, 2))
        lffi_expected(L, 2, "function");
    lffi_check_lock(L, slot->use.st, "callbacks");
    lua_settop(L, 2);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    slot->version++;
    return 0;
}

bool lffi_push_callback_method(lua_State *L, const struct lffi_ctype *ct, const char *name)
{
    static const struct lffi_public methods[] = {
        {"free", method_free, 0}, {"set", method_set, 1}, {"close", method_close, 0}};
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            lffi_push_method(L, ct->scope, &methods[i]);
            return true;
        }
    }
    return false;
}

void lffi_callback_api(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"callback", api_callback, 3},
                                                   {"release", api_release, 1},
                                                   {"callbacks", api_callbacks, 0},
                                                   {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
    lffi_poll_api(L, scope);
}
