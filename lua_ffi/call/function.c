/* C functions as Lua values: the record that stands for one, and the Lua function made from it.
 *
 * Depends on plan.c for how it is called and on call.c and direct.c, which call it. A record is a
 * userdata that the Lua function holds.
 */
#include <string.h>

#include "call/call.h"

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
        if (attr->id == CDECL_ATTR_NOESCAPE ||
            (attr->id == CDECL_ATTR_CFFI && strcmp(attr->name, "cffi::noescape") == 0))
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
        if (decl->params != NULL)
            read_parameter(record, plan, i, decl->params[i].attrs);
    }
}

/* The plan for a declared function; the error names it. */
static const struct lffi_plan *plan_for(lua_State *L, struct lffi_ctype *ct,
                                        const struct cdecl_decl *decl)
{
    const struct lffi_plan *plan = NULL;
    const char *why = cdecl_refusal_text(decl->refusal);
    if (why == NULL) {
        plan = lffi_find_plan(L, ct);
        why = plan == NULL ? lua_tostring(L, -1) : NULL;
    }
    if (why != NULL)
        luaL_error(L, "cannot call '%s' (%s): %s", decl->name, lffi_push_decl_text(L, decl), why);
    return plan;
}

static struct lffi_record *new_record(lua_State *L, const struct lffi_plan *plan,
                                      const struct cdecl_decl *decl)
{
    struct lffi_format format = {0};
    struct lffi_record *record;
    size_t size;
    int nseen = 0;
    if (plan->variadic) {
        format = lffi_format_of(decl);
        nseen = format.text > 0 ? LFFI_SEEN_FORMATS : 0;
    }
    size = sizeof *record + (size_t)nseen * sizeof(struct lffi_seen);
    record = lua_newuserdatauv(L, size, nseen);
    memset(record, 0, size);
    record->plan = plan;
    record->format = format;
    return record;
}

void lffi_push_function(lua_State *L, struct lffi_ctype *ct, const struct cdecl_decl *decl,
                        void (*address)(void), int lib_idx, int origin_idx)
{
    const struct lffi_plan *plan;
    struct lffi_record *record;
    lua_CFunction caller;
    lib_idx = lib_idx != 0 ? lua_absindex(L, lib_idx) : 0;
    luaL_checkstack(L, 6, NULL);
    plan = plan_for(L, ct, decl);
    lua_pushnil(L); /* the record's address, once it has one */
    record = new_record(L, plan, decl);
    lua_pushlightuserdata(L, record);
    lua_replace(L, -3);
    record->pub = (struct lffi_function){decl->name, address, ct->base, decl, NULL};
    record->callee.st = ct->scope->st;
    record->kind = &lffi_record_kind;
    read_attributes(record, plan);
    read_result(record, &plan->result);
    if (lib_idx != 0) {
        record->pub.lib = lua_touserdata(L, lib_idx);
        record->callee.lib = record->pub.lib;
        lua_pushvalue(L, lib_idx);
    } else {
        memcpy(&record->callee.code, &address, sizeof address);
        lua_pushvalue(L, origin_idx);
    }
    caller = lffi_direct_caller(record);
    lua_pushcclosure(L, caller != NULL ? caller : lffi_call_function, 3);
}
