/* Making, changing, listing and freeing callbacks from Lua (docs/design.md S14).
 *
 * Depends on slot.c for slots and on convert.c for error values. The registry holds each live
 * callback's function; `st->ref_callbacks` is a list of three tables: code address to slot, plan to
 * the functions converted implicitly ({[function] = slot}), plan to signature.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callback/slot.h"
#include "object/argument.h"

enum { MANY_IMPLICIT = 10000 };
enum { TABLE_CODES = 1, TABLE_IMPLICIT, TABLE_SIGNATURES };

/* What a callback is to be: the options of ffi.callback, values as stack indices, 0: not given. */
struct options {
    enum lffi_slot_kind kind;
    int error;
    int onerror;
    bool always;
};

/* Pushes one of the state's tables. */
static void push_table(lua_State *L, struct lffi_state *st, int which)
{
    if (st->ref_callbacks == 0) {
        lua_createtable(L, 3, 2);
        for (int i = TABLE_CODES; i <= TABLE_SIGNATURES; i++) {
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

static bool is_shared(const struct lffi_slot *slot)
{
    return slot->use.kind == LFFI_KIND_SHARED || slot->use.kind == LFFI_KIND_BORROWED;
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

void lffi_free_slot(lua_State *L, struct lffi_slot *slot)
{
    int ref_function = slot->use.ref_function;
    int ref_onerror = slot->use.ref_onerror;
    if (is_shared(slot))
        forget_implicit(L, slot);
    slot->use.ref_function = slot->use.ref_onerror = LUA_NOREF;
    lffi_bury_slot(slot); /* from now on it may be another state's */
    luaL_unref(L, LUA_REGISTRYINDEX, ref_function);
    luaL_unref(L, LUA_REGISTRYINDEX, ref_onerror);
}

/* The slot of a code address in this state, freed or not; NULL when it is none of ours. */
static struct lffi_slot *find_slot(lua_State *L, struct lffi_state *st, const void *code)
{
    struct lffi_slot *slot;
    if (st->ref_callbacks == 0 || st->gate == NULL)
        return NULL;
    push_table(L, st, TABLE_CODES);
    lua_rawgetp(L, -1, code);
    slot = lua_touserdata(L, -1);
    lua_pop(L, 2);
    return slot != NULL && slot->gate == st->gate ? slot : NULL;
}

/* ---- making ---------------------------------------------------------------------------------- */

static bool is_integer_register(const struct lffi_param *param)
{
    return lffi_in_general_register(param->op) && param->to < LFFI_STACK_START;
}

/* A plan that callbacks can have; raises otherwise. */
static const struct lffi_plan *check_plan(lua_State *L, struct lffi_ctype *ct,
                                          enum lffi_slot_kind kind)
{
    bool signal = kind == LFFI_KIND_SIGNAL;
    const struct lffi_plan *plan = lffi_find_plan(L, ct);
    const char *why = plan == NULL ? lua_tostring(L, -1) : NULL;
    if (plan != NULL && ct->type->variadic)
        why = "the types of its variadic arguments are not known";
    for (uint32_t i = 0; why == NULL && signal && i < plan->nparams; i++)
        if (!is_integer_register(&plan->param[i]))
            why = "a signal callback takes only integers and pointers, in registers";
    if (why != NULL)
        luaL_error(L, "no callback of type '%s' is possible: %s",
                   lffi_push_type_text(L, ct->type, NULL), why);
    return plan;
}

/* The signature, by the state's own table: comparing texts once per type is enough. */
static const struct lffi_signature *signature_of(lua_State *L, struct lffi_state *st,
                                                 const struct lffi_plan *plan)
{
    const struct lffi_signature *signature;
    const char *text;
    push_table(L, st, TABLE_SIGNATURES);
    lua_rawgetp(L, -1, plan);
    signature = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (signature == NULL) {
        text = lffi_push_type_text(L, lffi_pointer_to(L, plan->ct)->type, NULL);
        signature = lffi_signature_of(plan, text);
        lua_pop(L, 1);
        if (signature == NULL)
            luaL_error(L, "not enough memory");
        lua_pushlightuserdata(L, (void *)(uintptr_t)signature);
        lua_rawsetp(L, -2, plan);
    }
    lua_pop(L, 1);
    return signature;
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
    push_table(L, slot->use.st, TABLE_CODES);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, -2, slot->code);
    if (!lua_isnil(L, 3)) {
        lua_pushvalue(L, 3);
        slot->use.ref_onerror = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_pushvalue(L, 2);
    slot->use.ref_function = luaL_ref(L, LUA_REGISTRYINDEX);
    if (is_shared(slot)) { /* last: a failure must not leave a tombstone in there */
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
    atomic_store_explicit(&gate->owner, &lffi_innermost, memory_order_relaxed);
    return slot;
}

/* Makes a live callback of the function at idx. */
static struct lffi_slot *make_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                                       const struct options *options)
{
    struct lffi_state *st = ct->scope->st;
    const struct lffi_plan *plan = check_plan(L, ct, options->kind);
    struct lffi_use use = {.st = st, .plan = plan, .kind = (uint8_t)options->kind,
                           .always = options->always, .ref_function = LUA_NOREF,
                           .ref_onerror = LUA_NOREF};
    const struct lffi_signature *signature;
    struct lffi_slot *slot;
    const void *error;
    int top = lua_gettop(L);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (st->closing)
        luaL_error(L, "no callback can be made while the Lua state closes");
    signature = signature_of(L, st, plan);
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
        lua_pushfstring(L, "%d Lua functions are kept as C callbacks by implicit conversions: use "
                           "ffi.callback and :free(), or ffi.release(fn)",
                        MANY_IMPLICIT);
        lffi_report(L, scope);
    }
}

void *lffi_implicit_callback(lua_State *L, struct lffi_ctype *ct, int idx,
                             struct lffi_loans *loans)
{
    struct options options = {.kind = loans != NULL ? LFFI_KIND_BORROWED : LFFI_KIND_SHARED};
    struct lffi_slot *slot = NULL;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    idx = lua_absindex(L, idx);
    if (ct->base->plan != NULL)
        slot = find_implicit(L, ct->scope->st, ct->base->plan, idx);
    if (slot == NULL) {
        slot = make_callback(L, ct, idx, &options);
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

/* ffi.release(fn): frees what implicit conversions of the function have made. Returns how many. */
static int api_release(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    lua_Integer count = 0;
    if (!lua_isfunction(L, 1))
        lffi_expected(L, 1, "function");
    lua_settop(L, 1);
    push_table(L, scope->st, TABLE_IMPLICIT);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        struct lffi_slot *slot;
        lua_pushvalue(L, 1);
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
    lua_pushinteger(L, count);
    return 1;
}

/* ---- callbacks of their own ------------------------------------------------------------------ */

static void read_option(lua_State *L, const char *name, struct options *options)
{
    int idx = lua_gettop(L);
    if (strcmp(name, "error") == 0)
        options->error = idx;
    else if (strcmp(name, "onerror") == 0 && lua_isfunction(L, idx))
        options->onerror = idx;
    else if (strcmp(name, "always") == 0 && lua_isboolean(L, idx))
        options->always = lua_toboolean(L, idx);
    else if (strcmp(name, "signal") == 0 && lua_isboolean(L, idx))
        options->kind = lua_toboolean(L, idx) ? LFFI_KIND_SIGNAL : LFFI_KIND_OWN;
    else if (strcmp(name, "onerror") == 0 || strcmp(name, "always") == 0 ||
             strcmp(name, "signal") == 0)
        luaL_error(L, "callback option '%s' must be a %s, got %s", name,
                   *name == 'o' ? "function" : "boolean", luaL_typename(L, idx));
    else
        luaL_error(L, "unknown callback option '%s' (there are error, onerror, always, signal)",
                   name);
}

/* Leaves the values of the options on the stack. */
static void read_options(lua_State *L, int table, struct options *options)
{
    *options = (struct options){.kind = LFFI_KIND_OWN};
    if (table == 0)
        return;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "callback options have names, got %s", luaL_typename(L, -2));
        luaL_checkstack(L, 6, NULL);
        read_option(L, lua_tostring(L, -2), options);
        lua_pushvalue(L, -2); /* the value stays below for as long as it is needed */
    }
}

static void check_function(lua_State *L, int idx)
{
    if (!lua_isfunction(L, idx))
        luaL_error(L, "a callback needs a function, got %s", luaL_typename(L, idx));
}

void lffi_push_callback(lua_State *L, struct lffi_ctype *ct, int idx, int options_idx)
{
    struct lffi_ctype *function = ct->op == LFFI_POINTER ? ct->base->target : ct;
    struct options options;
    struct lffi_cdata *pointer;
    const struct lffi_slot *slot;
    int top;
    idx = lua_absindex(L, idx);
    if (function->op != LFFI_FUNCTION)
        luaL_error(L, "'%s' is no function type", lffi_push_type_text(L, ct->type, NULL));
    check_function(L, idx);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    /* first: nothing may fail once the callback lives */
    lua_pushinteger(L, 0);
    pointer = lffi_push_anchored_pointer(
        L, ct->op == LFFI_POINTER ? ct : lffi_pointer_to(L, ct), NULL, -1);
    lua_remove(L, -2);
    top = lua_gettop(L);
    read_options(L, options_idx, &options);
    slot = make_callback(L, function, idx, &options);
    memcpy(pointer->addr, &slot->code, sizeof slot->code);
    lua_settop(L, top);
    lua_pushinteger(L, (lua_Integer)slot->born);
    lua_setiuservalue(L, -2, 1);
}

/* ffi.callback(type, function [, options]) */
static int api_callback(lua_State *L)
{
    struct lffi_scope *scope = lffi_scope_upvalue(L);
    struct lffi_ctype *ct = lffi_arg_ctype(L, scope, 1);
    bool given = !lua_isnoneornil(L, 3);
    if (!lua_isfunction(L, 2))
        lffi_expected(L, 2, "function");
    if (given && !lua_istable(L, 3))
        lffi_expected(L, 3, "table");
    lua_settop(L, 3);
    lffi_push_callback(L, ct, 2, given ? 3 : 0);
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
    lua_pushboolean(L, is_shared(slot));
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

/* True when the function pointer at idx was made for an earlier callback of the slot: pointers of
 * callbacks, and those taken from them, carry the number of their use of the slot as user value. */
static bool is_outlived(lua_State *L, int idx, const struct lffi_slot *slot)
{
    bool outlived = lua_getiuservalue(L, idx, 1) == LUA_TNUMBER &&
                    lua_tointeger(L, -1) != (lua_Integer)slot->born;
    lua_pop(L, 1);
    return outlived;
}

bool lffi_is_outlived(lua_State *L, struct lffi_state *st, int idx, const void *code)
{
    const struct lffi_slot *slot;
    if (st->ref_callbacks == 0 || st->closing)
        return false;
    idx = lua_absindex(L, idx);
    luaL_checkstack(L, 4, NULL);
    push_table(L, st, TABLE_CODES); /* of any state now: slots are never returned */
    lua_rawgetp(L, -1, code);
    slot = lua_touserdata(L, -1);
    lua_pop(L, 2);
    return slot != NULL && is_outlived(L, idx, slot);
}

/* The slot of the function pointer at index 1, NULL when the callback was freed so long ago that
 * another has its slot; raises when it is no callback. */
static struct lffi_slot *self_slot(lua_State *L)
{
    struct lffi_state *st = lffi_open_state(L);
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, 1);
    struct lffi_slot *slot;
    const void *code;
    if (cd == NULL || cd->ct->op != LFFI_POINTER || cd->ct->base->target->op != LFFI_FUNCTION)
        luaL_error(L, "function pointer expected, got %s", lffi_push_kind_of(L, st, 1));
    if (st->closing)
        luaL_error(L, "all callbacks were freed when the Lua state closed");
    memcpy(&code, cd->addr, sizeof code);
    slot = find_slot(L, st, code);
    if (slot == NULL)
        luaL_error(L, "'%s' is not a callback made from a Lua function",
                   lffi_push_type_text(L, cd->ct->type, NULL));
    if (is_outlived(L, 1, slot))
        return NULL;
    if (is_shared(slot) && atomic_load(&slot->status) == LFFI_SLOT_LIVE)
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
    check_function(L, 2);
    lua_settop(L, 2);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot->use.ref_function);
    slot->version++;
    return 0;
}

bool lffi_push_callback_method(lua_State *L, const struct lffi_ctype *ct, const char *name)
{
    static const struct lffi_public methods[] = {{"free", method_free, 0},
                                                 {"set", method_set, 1},
                                                 {"close", method_close, 0},
                                                 {NULL, NULL, 0}};
    for (const struct lffi_public *method = methods; method->name != NULL; method++) {
        if (strcmp(method->name, name) == 0) {
            lffi_push_method(L, ct->scope, method);
            return true;
        }
    }
    return false;
}

void lffi_callback_api(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {
        {"callback", api_callback, 3},
        {"release", api_release, 1},
        {"callbacks", api_callbacks, 0},
        {NULL, NULL, 0}};
    lffi_api_add(L, scope, functions);
}
