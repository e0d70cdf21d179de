/* What an annotated call gives back: values and buffers that C has filled, failures as nil, message
 * and code (docs/design.md S24).
 *
 * Depends on convert.c for values. What C hands over to be freed has an owner, made before the
 * call, before anything here can raise.
 */
#include <errno.h>
#include <string.h>

#include "call/script.h"

static const struct lffi_plan *plan_of(const struct lffi_annotated *call)
{
    return call->out.plan;
}

static uint64_t result_word(const struct lffi_annotated *call, const struct lffi_return *ret)
{
    uint64_t word;
    memcpy(&word, (const unsigned char *)ret + plan_of(call)->result.to, sizeof word);
    return lffi_of_place(word, plan_of(call)->result.ct->size) & call->script->mask;
}

static const void *pointer_in(const struct lffi_cdata *cd)
{
    const void *pointer;
    memcpy(&pointer, cd->addr, sizeof pointer);
    return pointer;
}

/* ---- owners ---------------------------------------------------------------------------------- */

struct lffi_cdata *lffi_push_result_owner(lua_State *L, const struct lffi_annotated *call)
{
    lffi_push_helper(L, call, call->script->helper, call->script->says->owned);
    return lffi_push_owning_pointer(L, plan_of(call)->result.ct->base);
}

void lffi_prepare_answer(lua_State *L, struct lffi_annotated *call)
{
    if (call->script->answer != LFFI_ANSWER_OWNED)
        return;
    call->result = call->base + call->script->nobjects;
    lffi_push_result_owner(L, call);
    lua_replace(L, call->result);
}

void lffi_own_answer(lua_State *L, const struct lffi_annotated *call, const struct lffi_return *ret)
{
    const struct lffi_cdata *cd;
    if (call->result == 0)
        return;
    cd = lua_touserdata(L, call->result);
    memcpy(cd->addr, (const unsigned char *)ret + plan_of(call)->result.to, sizeof(void *));
}

/* Pushes the pointer at idx, which owns what it points to; nil when that is nothing. */
static void push_owner(lua_State *L, const struct lffi_annotated *call, int idx)
{
    if (pointer_in(lua_touserdata(L, idx)) != NULL) {
        lua_pushvalue(L, idx);
        return;
    }
    lffi_disarm(L, plan_of(call)->ct->scope->st, idx);
    lua_pushnil(L);
}

/* ---- failures -------------------------------------------------------------------------------- */

/* What came back all the same is freed: by a function that takes back the duty itself, just before
 * it does. */
static void free_owned(lua_State *L, const struct lffi_annotated *call)
{
    struct lffi_state *st = plan_of(call)->ct->scope->st;
    for (uint32_t i = 0; i < call->script->nsteps; i++) {
        const struct lffi_step *step = &call->script->step[i];
        int idx = call->base + step->object;
        if (step->helper == 0)
            continue;
        if (pointer_in(lua_touserdata(L, idx)) != NULL) {
            lffi_push_helper(L, call, step->helper, step->says->owned);
            lua_pushvalue(L, idx);
            lua_call(L, 1, 0);
        }
        lffi_disarm(L, st, idx);
    }
    if (call->result != 0)
        lffi_disarm(L, st, call->result);
}

static int push_errno(lua_State *L, int code)
{
    lua_pushnil(L);
    lua_pushstring(L, strerror(code));
    lua_pushinteger(L, code);
    return 3;
}

/* "'sqlite3_open' returned 14", with the enumerator's name where there is one. */
static void push_status_text(lua_State *L, const struct lffi_annotated *call, uint64_t code)
{
    const struct cdecl_tag *tag = plan_of(call)->result.ct->type->tag;
    const char *callee = lffi_push_type_text(L, plan_of(call)->ct->type, NULL);
    if (call->out.record != NULL)
        callee = call->out.record->pub.name;
    for (uint32_t i = 0; tag != NULL && i < tag->nconstants; i++) {
        if ((cdecl_value_of(tag->constants[i]).u & call->script->mask) != code)
            continue;
        lua_pushfstring(L, "'%s' returned %s", callee, tag->constants[i]->name);
        return;
    }
    lua_pushvalue(L, -2); /* the code, below the text of the type */
    lua_pushfstring(L, "'%s' returned %s", callee, luaL_tolstring(L, -1, NULL));
}

/* Pushes what the function of messages has to say of the code on the stack top, as a string. False:
 * nothing. */
static bool push_message(lua_State *L, const struct lffi_annotated *call)
{
    const struct lffi_cdata *cd;
    int code = lua_gettop(L);
    lffi_push_helper(L, call, call->script->message, call->script->says->message);
    lua_pushvalue(L, code);
    lua_call(L, 1, 1);
    cd = lffi_to_cdata(L, plan_of(call)->ct->scope->st, -1);
    if (cd != NULL && cd->ct->op == LFFI_POINTER && cd->ct->target->size == 1) {
        lua_pushstring(L, pointer_in(cd));
        lua_replace(L, -2);
    }
    return lua_type(L, -1) == LUA_TSTRING;
}

static int push_status(lua_State *L, const struct lffi_annotated *call, uint64_t word)
{
    const struct lffi_param *result = &plan_of(call)->result;
    uint64_t word_at_start;
    int top = lua_gettop(L);
    lua_pushnil(L);
    word_at_start = lffi_to_place(word, result->ct->size);
    lffi_load(L, result->ct, &word_at_start, 0);
    if (call->script->message == 0 || !push_message(L, call)) {
        lua_settop(L, top + 2);
        push_status_text(L, call, word);
    }
    lua_insert(L, top + 3);
    lua_settop(L, top + 3);
    lua_insert(L, top + 2); /* nil, message, code */
    return 3;
}

static bool has_failed(const struct lffi_script *script, uint64_t word)
{
    switch (script->says->failure) {
    case CDECL_FAILURE_ERRNO: return word == script->fails;
    case CDECL_FAILURE_STATUS: return word != script->fails;
    default: return false;
    }
}

LFFI_NOINLINE int lffi_push_failure(lua_State *L, const struct lffi_annotated *call, uint64_t word)
{
    const struct lffi_script *script = call->script;
    int code = plan_of(call)->ct->scope->st->saved_errno;
    bool by_errno =
        script->says->failure == CDECL_FAILURE_ERRNO ||
        (script->says->message != NULL && strcmp(script->says->message, "strerror") == 0);
    free_owned(L, call);
    return by_errno ? push_errno(L, code) : push_status(L, call, word);
}

/* ---- the result ------------------------------------------------------------------------------ */

/* Keeps the code of the function at idx, when all that calling it takes is the pointer. */
static void find_free(lua_State *L, const struct lffi_annotated *call, int idx)
{
    struct lffi_script *script = (struct lffi_script *)(uintptr_t)call->script;
    const struct lffi_function *fn = lffi_to_function(L, idx);
    const struct lffi_record *record = (const struct lffi_record *)(const void *)fn;
    if (script->free != NULL || call->out.record == NULL || record == NULL ||
        record->script != NULL || record->plan == NULL || record->plan->by_libffi ||
        record->plan->nparams != 1 || !record->plan->general ||
        record->plan->param[0].op != LFFI_POINTER ||
        record->plan->result_kind != LFFI_RETURN_WORDS || fn->lib != call->out.record->pub.lib)
        return;
    memcpy(&script->free, &fn->address, sizeof script->free);
}

/* Stack: the text as light userdata, its size. */
static int copy_text(lua_State *L)
{
    lua_pushlstring(L, lua_touserdata(L, 1), (size_t)lua_tointeger(L, 2));
    return 1;
}

int lffi_copy_text(lua_State *L, const char *text)
{
    lua_pushcfunction(L, copy_text);
    lua_pushlightuserdata(L, (void *)(uintptr_t)text);
    lua_pushinteger(L, (lua_Integer)strlen(text));
    return lua_pcall(L, 2, 1, 0);
}

/* A text that is to be freed: also when there is no memory for the string. errno is what it was
 * before. */
static void push_freed_text(lua_State *L, const struct lffi_annotated *call, const char *text)
{
    struct lffi_state *st = plan_of(call)->ct->scope->st;
    int error_number = st->saved_errno;
    int status;
    int top = lua_gettop(L);
    lffi_push_helper(L, call, call->script->helper, call->script->says->freed_by);
    status = lffi_copy_text(L, text);
    find_free(L, call, top + 1);
    lua_insert(L, top + 1);
    lua_pushlightuserdata(L, (void *)(uintptr_t)text);
    lua_call(L, 1, 0);
    st->saved_errno = error_number;
    if (status != LUA_OK)
        lua_error(L);
}

_Noreturn void lffi_bad_count(lua_State *L, const struct lffi_annotated *call, int64_t count,
                              const struct lffi_step *step, int64_t room)
{
    const struct lffi_record *record = call->out.record;
    uint32_t i = (uint32_t)(step - call->script->step);
    const struct cdecl_param *params = record != NULL ? record->pub.decl->params : NULL;
    const char *name = params != NULL && params[i].name != NULL
                           ? params[i].name
                           : lua_pushfstring(L, "%d", (int)i + 1);
    if (count < 0)
        luaL_error(L,
                   "%s gave %I as what it wrote to parameter '%s'; if that is a failure: errno(%I)",
                   lffi_push_callee(L, &call->out), (LUAI_UACINT)count, name, (LUAI_UACINT)count);
    luaL_error(L, "%s gave %I as what it wrote to parameter '%s', which has room for %I",
               lffi_push_callee(L, &call->out), (LUAI_UACINT)count, name, (LUAI_UACINT)room);
    abort();
}

void lffi_push_string(lua_State *L, const struct lffi_annotated *call, const char *text)
{
    const struct lffi_script *script = call->script;
    if (text == NULL) {
        lua_pushnil(L);
    } else if (script->says->length != 0) {
        struct lffi_step at = {.length = script->says->length - 1};
        int64_t size = lffi_length_of(call, &at);
        if (size < 0)
            luaL_error(L, "%s gave %I as the length of its result", lffi_push_callee(L, &call->out),
                       (LUAI_UACINT)size);
        lua_pushlstring(L, text, (size_t)size);
    } else if (script->helper != 0) {
        push_freed_text(L, call, text);
    } else {
        lua_pushstring(L, text);
    }
}

/* Whether a pointer that C returns leads to a buffer of this very call, which comes back anyway. */
static bool is_in_buffer(lua_State *L, const struct lffi_annotated *call, uintptr_t pointer)
{
    for (uint32_t i = 0; i < call->script->nsteps; i++) {
        const struct lffi_step *step = &call->script->step[i];
        int idx = call->base + step->object;
        if (step->object != 0 &&
            pointer - (uintptr_t)lua_touserdata(L, idx) < (uintptr_t)lua_rawlen(L, idx))
            return true;
    }
    return false;
}

/* Pushes the result; false: nothing, the result is none of its own. */
static bool push_value(lua_State *L, const struct lffi_annotated *call,
                       const struct lffi_incoming *in, uint64_t word)
{
    switch ((enum lffi_answer)call->script->answer) {
    case LFFI_ANSWER_NONE: return false;
    case LFFI_ANSWER_STRING: lffi_push_string(L, call, (const char *)(uintptr_t)word); return true;
    case LFFI_ANSWER_OWNED: push_owner(L, call, call->result); return true;
    case LFFI_ANSWER_VALUE: break;
    }
    if (plan_of(call)->result.op == LFFI_POINTER && word != 0 && call->script->nobjects > 0 &&
        is_in_buffer(L, call, (uintptr_t)word))
        return false;
    lffi_push_result(L, plan_of(call), in); /* of an object: nothing, that is on the top */
    if (in->object != NULL)
        lua_pushvalue(L, -1);
    return true;
}

/* ---- what C has written ---------------------------------------------------------------------- */

static int64_t integer_of(const struct lffi_annotated *call, uint64_t word)
{
    const struct lffi_param *result = &plan_of(call)->result;
    word = lffi_to_place(word, result->ct->size);
    return lffi_integer_at(result->op, &word);
}

/* Elements of the buffer that count. */
static int64_t used_of(lua_State *L, const struct lffi_annotated *call,
                       const struct lffi_step *step, int64_t room, uint64_t word)
{
    const struct lffi_script *script = call->script;
    const struct lffi_step *length = &script->step[step->length];
    int64_t used = room;
    if (length->role == LFFI_ROLE_CAPACITY)
        used = lffi_length_of(call, step);
    else if (script->counts)
        used = integer_of(call, word);
    if (used < 0 || used > room)
        lffi_bad_count(L, call, used, step, room);
    return used;
}

static void push_buffer(lua_State *L, const struct lffi_annotated *call,
                        const struct lffi_step *step, uint64_t word)
{
    int idx = call->base + step->object;
    const struct lffi_cdata *cd = lffi_to_cdata(L, plan_of(call)->ct->scope->st, idx);
    void *memory = cd != NULL ? cd->addr : lua_touserdata(L, idx);
    uint64_t bytes = cd != NULL ? lffi_extent(L, idx, cd) : lua_rawlen(L, idx) - 1;
    uint64_t used =
        (uint64_t)used_of(L, call, step, (int64_t)(bytes / step->size), word) * step->size;
    const char *end;
    if (step->text) {
        end = step->says->string ? memchr(memory, '\0', (size_t)used) : NULL;
        lua_pushlstring(L, memory, end != NULL ? (size_t)(end - (char *)memory) : (size_t)used);
    } else if (used == bytes) {
        lua_pushvalue(L, idx);
    } else {
        memcpy(lffi_new(L, cd->ct, used)->addr, memory, (size_t)used);
    }
}

static void push_word(lua_State *L, const struct lffi_annotated *call, const struct lffi_step *step)
{
    struct lffi_ctype *ct = step->target;
    uint64_t *word = &call->words[step->word];
    uint8_t op = ct->op == LFFI_ENUM ? ct->base->target->op : ct->op;
    if (!lffi_push_plain(L, op, (const unsigned char *)word))
        lffi_load(L, ct, word, 0);
}

static void push_object(lua_State *L, const struct lffi_annotated *call,
                        const struct lffi_step *step)
{
    int idx = call->base + step->object;
    const struct lffi_cdata *cd = lua_touserdata(L, idx);
    if (step->helper != 0)
        push_owner(L, call, idx);
    else if (lffi_is_aggregate(cd->ct->op))
        lua_pushvalue(L, idx);
    else
        lffi_load(L, cd->ct, cd->addr, 0);
}

/* Pushes what one parameter gives back; false: nothing. */
static bool push_step(lua_State *L, const struct lffi_annotated *call, const struct lffi_step *step,
                      uint64_t word)
{
    switch ((enum lffi_role)step->role) {
    case LFFI_ROLE_OUT:
    case LFFI_ROLE_INOUT: push_word(L, call, step); return true;
    case LFFI_ROLE_OUT_OBJECT:
    case LFFI_ROLE_INOUT_OBJECT: push_object(L, call, step); return true;
    case LFFI_ROLE_BUFFER: push_buffer(L, call, step, word); return true;
    case LFFI_ROLE_PASSED:
    case LFFI_ROLE_FLAGS:
    case LFFI_ROLE_IN:
    case LFFI_ROLE_CAPACITY:
    case LFFI_ROLE_FILLED:
    case LFFI_ROLE_LENGTH: break;
    }
    return false;
}

int lffi_push_answer(lua_State *L, struct lffi_annotated *call, const struct lffi_incoming *in)
{
    const struct lffi_script *script = call->script;
    uint64_t word = result_word(call, &in->ret);
    int n;
    if (script->says != NULL && has_failed(script, word))
        return lffi_push_failure(L, call, word);
    n = push_value(L, call, in, word);
    if (script->plain)
        return n > 0 || script->says == NULL || script->says->failure != CDECL_FAILURE_STATUS
                   ? n
                   : (lua_pushboolean(L, 1), 1);
    luaL_checkstack(L, (int)script->nsteps + LUA_MINSTACK, NULL);
    for (uint32_t i = 0; i < script->nsteps; i++)
        n += push_step(L, call, &script->step[i], word);
    if (n == 0 && script->says->failure == CDECL_FAILURE_STATUS) {
        lua_pushboolean(L, 1);
        n = 1;
    }
    return n;
}
