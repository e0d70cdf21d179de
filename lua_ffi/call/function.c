/* C functions as Lua values: the record that stands for one, and the Lua function made from it.
 *
 * Depends on plan.c for how it is called and on call.c and direct.c, which call it. A record is a
 * userdata that the Lua function holds.
 */
#include <string.h>

#include "call/script.h"
#include "object/scope.h"

static uint64_t bit(int64_t index)
{
    return index >= 0 && index < 64 ? (uint64_t)1 << index : 0;
}

/* Parameters that refuse NULL; `nonnull` without numbers means every pointer. */
static uint64_t nonnull_bits(const struct cdecl_decl *decl, const struct cdecl_attr *attr)
{
    uint64_t bits = 0;
    uint64_t pointers = 0;
    for (uint32_t i = 0; i < attr->nints; i++)
        bits |= bit(attr->ints[i] - 1);
    for (uint32_t i = 0; i < decl->type->nparams; i++)
        if (decl->type->params[i]->kind == CDECL_POINTER)
            pointers |= bit(i);
    return attr->nints == 0 ? pointers : bits & pointers;
}

static bool is_noescape(const struct cdecl_attr *attr)
{
    for (; attr != NULL; attr = attr->next)
        if (attr->id == CDECL_ATTR_NOESCAPE)
            return true;
    return false;
}

/* libc's functions that call back only while they run. */
static bool borrows_by_name(const char *name)
{
    static const char *const names[] = {"qsort", "qsort_r", "bsearch", "ftw", "nftw", "scandir"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Integers of up to 64 bits; a uint64_t with the highest bit set is no Lua integer. */
static void read_result(struct lffi_record *record, const struct lffi_param *result)
{
    uint64_t bits;
    if (result->op == LFFI_VOID || result->op == LFFI_BOOL)
        record->result_sign = result->op == LFFI_VOID ? LFFI_NOTHING : LFFI_TRUTH;
    if (!lffi_is_word(result->op) || result->pieces != 1)
        return;
    bits = 8 * cdecl_sizeof(result->ct->type);
    record->result_mask = UINT64_MAX >> (64 - bits);
    record->result_sign = result->plain.min < 0 ? (uint64_t)1 << (bits - 1) : 0;
}

/* Attributes of single parameters: clang's nonnull stands there as well. */
static void read_parameter(struct lffi_record *record, const struct lffi_plan *plan, uint32_t i,
                           const struct cdecl_attr *attrs)
{
    if ((plan->param[i].flags & LFFI_PARAM_FUNCTION) && is_noescape(attrs))
        record->borrows |= bit(i);
    for (; attrs != NULL; attrs = attrs->next)
        if (attrs->id == CDECL_ATTR_NONNULL && plan->param[i].op == LFFI_POINTER)
            record->nonnull |= bit(i);
}

static void read_attributes(struct lffi_record *record, const struct lffi_plan *plan)
{
    const struct cdecl_decl *decl = record->pub.decl;
    bool by_name = borrows_by_name(decl->name);
    for (const struct cdecl_attr *attr = decl->attrs; attr != NULL; attr = attr->next) {
        if (attr->id == CDECL_ATTR_NONNULL)
            record->nonnull |= nonnull_bits(decl, attr);
    }
    for (uint32_t i = 0; i < plan->nparams; i++) {
        if ((plan->param[i].flags & LFFI_PARAM_FUNCTION) && by_name)
            record->borrows |= bit(i);
        if (cdecl_annotation_of(decl->type) != NULL &&
            cdecl_annotation_of(decl->type)->param[i].scoped)
            record->borrows |= bit(i);
        if (decl->params != NULL)
            read_parameter(record, plan, i, cdecl_param_attrs(&decl->params[i]));
    }
}

static _Noreturn void cannot_call(lua_State *L, const struct cdecl_decl *decl, const char *why)
{
    luaL_error(L, "cannot call '%s' (%s): %s", decl->name, lffi_push_decl_text(L, decl), why);
    abort();
}

/* Whether calls follow a script. Only the names of the scope's own declarations are interned. */
static bool is_scripted(const struct lffi_ctype *ct, const struct cdecl_decl *decl)
{
    return ct->type->annotated || cdecl_is_releaser(ct->scope->cdecl, decl->name);
}

static struct lffi_record *new_record(lua_State *L, const struct lffi_ctype *ct,
                                      const struct cdecl_decl *decl)
{
    struct lffi_format format = {0};
    struct lffi_record *record;
    size_t size;
    int nseen = 0;
    if (ct->type->variadic || ct->type->no_proto) {
        format = lffi_format_of(decl);
        nseen = format.text > 0 ? LFFI_SEEN_FORMATS : 0;
    }
    size = sizeof *record + (size_t)nseen * sizeof(struct lffi_seen);
    record =
        lua_newuserdatauv(L, size, nseen + (ct->scope->anchors != NULL) + is_scripted(ct, decl));
    memset(record, 0, size);
    if (ct->scope->anchors != NULL) {
        lffi_push_scope(L, ct->scope);
        lua_setiuservalue(L, -2, nseen + 1);
    }
    record->format = format;
    return record;
}

/* In place of a library, of functions whose short ways are closed (call_annotated looks at it). */
static const struct lffi_library never_open = {.open = false};

/* The record's userdata is at idx. */
static void take_plan(lua_State *L, struct lffi_record *record, int idx,
                      const struct lffi_plan *plan)
{
    struct lffi_script *script;
    idx = idx < 0 && idx > LUA_REGISTRYINDEX ? lua_absindex(L, idx) : idx;
    record->plan = plan;
    read_attributes(record, plan);
    read_result(record, &plan->result);
    if (!is_scripted(record->pub.ct, record->pub.decl))
        return;
    record->script = lffi_push_script(L, plan, record->pub.name,
                                      cdecl_is_releaser(plan->ct->scope->cdecl, record->pub.name));
    lua_pushvalue(L, idx);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, lffi_script_slot(record));
    lua_pop(L, 1);
    script = (struct lffi_script *)(uintptr_t)record->script;
    script->callee = record->callee;
    script->record = record;
    record->callee.lib = &never_open;
}

/* A function of which a parameter was incomplete when it was fetched: reading it is no fault, and a
 * later text may have completed the type. */
static int call_unplanned(lua_State *L)
{
    struct lffi_record *record = lua_touserdata(L, lua_upvalueindex(LFFI_UPVALUE_ADDRESS));
    const struct lffi_plan *plan = lffi_find_plan(L, record->pub.ct);
    if (plan == NULL)
        cannot_call(L, record->pub.decl, lua_tostring(L, -1));
    take_plan(L, record, lua_upvalueindex(LFFI_UPVALUE_RECORD), plan);
    return lffi_call_function(L);
}

/* Whether a later text may make a function of the type one that can be called. */
static bool awaits_types(const struct cdecl_type *type)
{
    bool awaits = type->target->kind != CDECL_VOID && !cdecl_is_complete(type->target);
    for (uint32_t i = 0; i < type->nparams; i++)
        awaits |= !cdecl_is_complete(type->params[i]);
    return awaits;
}

/* What the Lua function runs. */
static lua_CFunction caller_of(lua_State *L, struct lffi_record *record)
{
    const struct lffi_plan *plan = lffi_find_plan(L, record->pub.ct);
    lua_CFunction caller;
    if (plan == NULL && !awaits_types(record->pub.ct->type))
        cannot_call(L, record->pub.decl, lua_tostring(L, -1));
    if (plan == NULL) {
        lua_pop(L, 1);
        return call_unplanned;
    }
    take_plan(L, record, -2, plan);
    if (record->script != NULL) {
        caller = lffi_few_caller(record);
        return caller != NULL ? caller : lffi_call_annotated;
    }
    caller = lffi_direct_caller(record);
    return caller != NULL ? caller : lffi_call_function;
}

void lffi_push_function(lua_State *L, struct lffi_ctype *ct, const struct cdecl_decl *decl,
                        void (*address)(void), int lib_idx, int origin_idx)
{
    struct lffi_record *record;
    const char *why = cdecl_refusal_text(decl->refusal);
    lib_idx = lib_idx != 0 ? lua_absindex(L, lib_idx) : 0;
    luaL_checkstack(L, 6, NULL);
    if (why != NULL)
        cannot_call(L, decl, why);
    lua_pushnil(L); /* the record's address, once it has one */
    record = new_record(L, ct, decl);
    lua_pushlightuserdata(L, record);
    lua_replace(L, -3);
    record->pub = (struct lffi_function){decl->name, address, ct->base, decl, NULL};
    record->callee.st = ct->scope->st;
    record->kind = &lffi_record_kind;
    if (lib_idx != 0) {
        record->pub.lib = lua_touserdata(L, lib_idx);
        record->callee.lib = record->pub.lib;
        lua_pushvalue(L, lib_idx);
    } else {
        memcpy(&record->callee.code, &address, sizeof address);
        lua_pushvalue(L, origin_idx);
    }
    lua_pushcclosure(L, caller_of(L, record), 3);
}

/* A call that runs in it uses the old record, which lives on with the scope. */
void lffi_rebind_function(lua_State *L, int idx)
{
    int made = lua_gettop(L);
    luaL_checkstack(L, 6, NULL);
    lua_getupvalue(L, idx, LFFI_UPVALUE_RECORD);
    lffi_ref(L, ((const struct lffi_record *)lua_touserdata(L, -1))->pub.ct->scope);
    for (int i = LFFI_UPVALUE_RECORD; i >= LFFI_UPVALUE_ADDRESS; i--) {
        lua_getupvalue(L, made, i);
        lua_setupvalue(L, idx, i);
    }
    lua_settop(L, made - 1);
}
