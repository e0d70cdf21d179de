/* Callbacks made and freed, and those that functions become by conversion (docs/design.md S14).
 *
 * Depends on code.c and slot.c for slots and on convert.c for error values. The registry holds each
 * live callback's function; `st->ref_callbacks` is a list of three tables: code address to slot,
 * plan to the functions converted implicitly ({[function] = slot}), slot to scope.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callback/slot.h"
#include "object/argument.h"
#include "object/scope.h"

enum { MANY_IMPLICIT = 10000 };
enum { TABLE_CODES = 1, TABLE_IMPLICIT, TABLE_SCOPES };

/* Pushes one of the state's tables. */
static void push_table(lua_State *L, struct lffi_state *st, int which)
{
    if (st->ref_callbacks == 0) {
        lua_createtable(L, 3, 2);
        for (int i = TABLE_CODES; i <= TABLE_SCOPES; i++) {
            lua_newtable(L);
            lua_rawseti(L, -2, i);
        }
        lua_pushinteger(L, 0); /* how many implicit ones live */
        lua_setfield(L, -2, "n");
        st->ref_callbacks = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_callbacks);
    lua_rawgeti(L, -1, which);
    lua_remove(L, -2);
}

/* ---- freeing --------------------------------------------------------------------------------- */

/* Takes the slot's function out of the table of implicit conversions. */
static void forget_implicit(lua_State *L, struct lffi_slot *slot)
{
    push_table(L, slot->use.st, TABLE_IMPLICIT);
    lua_rawgetp(L, -1, slot->use.plan);
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 2);
}

/* A tombstone keeps the scope of its type, whose rules its reports follow, until this state takes
 * the slot again; a slot that another state takes instead leaves it anchored. */
static void hold_scope(lua_State *L, struct lffi_slot *slot)
{
    struct lffi_scope *scope = slot->use.plan->ct->scope;
    push_table(L, slot->use.st, TABLE_SCOPES);
    if (scope->anchors != NULL)
        lffi_push_scope(L, scope);
    else
        lua_pushnil(L);
    lua_rawsetp(L, -2, slot);
    lua_pop(L, 1);
}

void lffi_free_slot(lua_State *L, struct lffi_slot *slot)
{
    int ref_function = slot->use.ref_function;
    int ref_onerror = slot->use.ref_onerror;
    bool has_text = slot->use.plan->ct->type->annotated;
    if (lffi_is_shared(slot))
        forget_implicit(L, slot);
    slot->use.ref_function = slot->use.ref_onerror = LUA_NOREF;
    slot->use.st->callbacks_freed++;
    lffi_bury_slot(slot); /* from now on it may be another state's */
    luaL_unref(L, LUA_REGISTRYINDEX, ref_function);
    luaL_unref(L, LUA_REGISTRYINDEX, ref_onerror);
    if (!has_text)
        return;
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &slot->use); /* text.c's string */
}

struct lffi_slot *lffi_find_slot(lua_State *L, struct lffi_state *st, const void *code)
{
    struct lffi_slot *slot;
    if (st->ref_callbacks == 0 || st->closing)
        return NULL;
    luaL_checkstack(L, 4, NULL);
    push_table(L, st, TABLE_CODES);
    lua_rawgetp(L, -1, code);
    slot = lua_touserdata(L, -1);
    lua_pop(L, 2);
    return slot;
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool is_integer_register(const struct lffi_param *param)
{
    return lffi_in_general_register(param->op) && param->to < LFFI_STACK_START;
}

/* Why the parameter cannot be one of such a callback; NULL: it can. */
static const char *check_param(const struct lffi_param *param, const struct lffi_options *options)
{
    if (options->kind == LFFI_KIND_SIGNAL && !is_integer_register(param))
        return "a signal callback takes only integers and pointers, in registers";
    return NULL;
}

/* A plan that callbacks can have; raises otherwise. */
static const struct lffi_plan *check_plan(lua_State *L, struct lffi_ctype *ct,
                                          const struct lffi_options *options)
{
    const struct lffi_plan *plan = lffi_find_plan(L, ct);
    const char *why = plan == NULL ? lua_tostring(L, -1) : NULL;
    if (plan != NULL && lffi_is_called_only(plan))
        why = "its attributes are for functions of C";
    if (plan != NULL && ct->type->variadic)
        why = "the types of its variadic arguments are not known";
    for (uint32_t i = 0; why == NULL && i < plan->nparams; i++)
        why = check_param(&plan->param[i], options);
    if (why == NULL && options->mode == LFFI_POST && plan->result.op != LFFI_VOID)
        why = "what is posted returns nothing, for C does not wait";
    if (why != NULL)
        luaL_error(L, "no callback of type '%s' is possible: %s",
                   lffi_push_type_text(L, ct->type, NULL), why);
    return plan;
}

/* The signature, kept by the type: comparing texts once is enough. */
static const struct lffi_signature *signature_of(lua_State *L, const struct lffi_plan *plan)
{
    struct lffi_ctype *ct = plan->ct->base;
    if (ct->signature == NULL) {
        const char *text = lffi_push_type_text(L, lffi_pointer_to(L, ct)->type, NULL);
        ct->signature = lffi_signature_of(plan, text);
        lua_pop(L, 1);
        if (ct->signature == NULL)
            luaL_error(L, "not enough memory");
    }
    return ct->signature;
}

/* Pushes the bytes of the error value in the form of struct lffi_slot.error; NULL when it is zero.
 */
static const void *push_error_value(lua_State *L, const struct lffi_plan *plan,
                                    const struct lffi_signature *signature, int idx)
{
    struct lffi_where where = {.place = LFFI_TO_ERROR_VALUE};
    size_t size = (size_t)cdecl_sizeof(plan->result.ct->type);
    unsigned char *value;
    unsigned char *bytes;
    if (idx == 0)
        return NULL;
    if (plan->result.op == LFFI_VOID)
        luaL_error(L, "'%s' returns nothing: it takes no error value",
                   lffi_signature_text(signature));
    where.policy = plan->ct->scope->policy;
    where.of = plan->ct->type;
    bytes = lua_newuserdatauv(L, sizeof(struct lffi_return) + lffi_error_size(signature), 0);
    value = lua_newuserdatauv(L, size + 8, 0);
    memset(bytes, 0, sizeof(struct lffi_return) + lffi_error_size(signature));
    memset(value, 0, size);
    lffi_store(L, plan->result.ct, value, idx, &where);
    if (plan->result_kind == LFFI_RETURN_MEMORY) {
        memcpy(bytes, value, size);
        return bytes;
    }
    lffi_scatter(plan->pieces, &plan->result, value, bytes);
    if (plan->result.pieces == 1)
        lffi_widen(&plan->result, bytes + plan->result.to);
    return bytes;
}

/* Where the running Lua code stands: "app.lua:12". */
static void write_place(lua_State *L, char *place)
{
    lua_Debug ar;
    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            snprintf(place, LFFI_PLACE_SIZE, "%s:%d", ar.short_src, ar.currentline);
            return;
        }
    }
    snprintf(place, LFFI_PLACE_SIZE, "?");
}

/* Stack: the slot, the function, the onerror function or nil. Enters them where they are looked up.
 */
static int anchor(lua_State *L)
{
    struct lffi_slot *slot = lua_touserdata(L, 1);
    hold_scope(L, slot);
    push_table(L, slot->use.st, TABLE_CODES);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, -2, slot->code);
    if (!lua_isnil(L, 3)) {
        lua_pushvalue(L, 3);
        slot->use.ref_onerror = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_pushvalue(L, 2);
    slot->use.ref_function = luaL_ref(L, LUA_REGISTRYINDEX);
    if (lffi_is_shared(slot)) { /* last: a failure must not leave a tombstone in there */
        push_table(L, slot->use.st, TABLE_IMPLICIT);
        if (lua_rawgetp(L, -1, slot->use.plan) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -1);
            lua_rawsetp(L, -3, slot->use.plan);
        }
        lua_pushvalue(L, 2);
        lua_pushvalue(L, 1);
        lua_rawset(L, -3);
    }
    return 0;
}

/* Takes a slot for `use`, whose error value is a copy of the bytes at `error`. */
static struct lffi_slot *take_slot(lua_State *L, const struct lffi_signature *signature,
                                   struct lffi_use *use, const void *error)
{
    struct lffi_gate *gate = lffi_gate_of(use->st);
    struct lffi_slot *slot = NULL;
    char place[LFFI_PLACE_SIZE];
    size_t size = lffi_error_size(signature);
    const char *why = "not enough memory for a callback";
    lffi_check_lock(L, use->st, "callbacks");
    write_place(L, place);
    use->error = error != NULL ? malloc(size) : NULL;
    if (use->error != NULL)
        memcpy(use->error, error, size);
    if (gate != NULL && (use->error != NULL || error == NULL))
        slot = lffi_take_slot(signature, gate, use, place, &why);
    if (slot == NULL) {
        free(use->error);
        luaL_error(L, "%s", why);
    }
    lffi_watch_thread(); /* its address may be another's later */
    return slot;
}

struct lffi_slot *lffi_make_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                                     const struct lffi_options *options)
{
    struct lffi_state *st = ct->scope->st;
    const struct lffi_plan *plan = check_plan(L, ct, options);
    struct lffi_use use = {.st = st,
                           .plan = plan,
                           .mode = (uint8_t)options->mode,
                           .kind = (uint8_t)options->kind,
                           .always = options->always,
                           .quick = options->onerror == 0 && ct->scope->anchors == NULL &&
                                    lffi_peeks(st),
                           .ref_function = LUA_NOREF,
                           .ref_onerror = LUA_NOREF};
    const struct lffi_signature *signature;
    struct lffi_slot *slot;
    const void *error;
    int top = lua_gettop(L);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (st->closing)
        luaL_error(L, "no callback can be made while the Lua state closes");
    signature = signature_of(L, plan);
    error = push_error_value(L, plan, signature, options->error);
    lua_pushcfunction(L, anchor);
    slot = take_slot(L, signature, &use, error);
    lua_pushlightuserdata(L, slot);
    lua_pushvalue(L, idx);
    if (options->onerror != 0)
        lua_pushvalue(L, options->onerror);
    else
        lua_pushnil(L);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
        slot->use.kind = LFFI_KIND_OWN; /* it is in no table of implicit ones */
        lffi_free_slot(L, slot);
        lua_error(L);
    }
    lffi_publish_slot(slot);
    lua_settop(L, top);
    return slot;
}

/* ---- implicit conversions -------------------------------------------------------------------- */

static struct lffi_slot *find_implicit(lua_State *L, struct lffi_state *st,
                                       const struct lffi_plan *plan, int idx)
{
    struct lffi_slot *slot = NULL;
    push_table(L, st, TABLE_IMPLICIT);
    if (lua_rawgetp(L, -1, plan) == LUA_TTABLE) {
        lua_pushvalue(L, idx);
        lua_rawget(L, -2);
        slot = lua_touserdata(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
    if (slot != NULL && atomic_load(&slot->status) != LFFI_SLOT_LIVE)
        slot = NULL;
    return slot;
}

/* Tells ffi.onerror, once, that a program makes functions without end. */
static void count_implicit(lua_State *L, struct lffi_scope *scope, int change)
{
    lua_Integer n;
    bool told;
    lua_rawgeti(L, LUA_REGISTRYINDEX, scope->st->ref_callbacks);
    lua_getfield(L, -1, "n");
    n = lua_tointeger(L, -1) + change;
    lua_pushinteger(L, n);
    lua_setfield(L, -3, "n");
    lua_pop(L, 1);
    told = lua_getfield(L, -1, "told") != LUA_TNIL;
    if (n == MANY_IMPLICIT && !told) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -3, "told");
    }
    lua_pop(L, 2);
    if (n == MANY_IMPLICIT && !told) {
        luaL_where(L, 1);
        lua_pushfstring(L,
                        "%d Lua functions are kept as C callbacks by implicit conversions: use "
                        "ffi.callback and :free(), or ffi.release(fn)",
                        MANY_IMPLICIT);
        lua_concat(L, 2);
        lffi_warn(L, scope);
    }
}

void *lffi_implicit_callback(lua_State *L, struct lffi_ctype *ct, int idx, struct lffi_loans *loans)
{
    struct lffi_options options = {.kind = loans != NULL ? LFFI_KIND_BORROWED : LFFI_KIND_SHARED};
    struct lffi_slot *slot = NULL;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    idx = lua_absindex(L, idx);
    if (ct->base->plan != NULL)
        slot = find_implicit(L, ct->scope->st, ct->base->plan, idx);
    if (slot == NULL) {
        slot = lffi_make_callback(L, ct, idx, &options);
        if (loans == NULL)
            count_implicit(L, ct->scope, 1);
    } else if (slot->use.kind == LFFI_KIND_BORROWED && loans == NULL) {
        slot->use.kind = LFFI_KIND_SHARED; /* from now on C may keep it */
        count_implicit(L, ct->scope, 1);
    }
    if (loans != NULL && slot->use.kind == LFFI_KIND_BORROWED)
        lffi_lend(loans, slot);
    return slot->code;
}

lua_Integer lffi_release(lua_State *L, struct lffi_scope *scope, int idx)
{
    lua_Integer count = 0;
    int table;
    idx = lua_absindex(L, idx);
    push_table(L, scope->st, TABLE_IMPLICIT);
    table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        struct lffi_slot *slot;
        lua_pushvalue(L, idx);
        lua_rawget(L, -2);
        slot = lua_touserdata(L, -1);
        lua_pop(L, 2);
        if (slot != NULL) {
            if (slot->use.kind == LFFI_KIND_SHARED)
                count_implicit(L, scope, -1);
            lffi_free_slot(L, slot);
            count++;
        }
    }
    lua_pop(L, 1);
    return count;
}
