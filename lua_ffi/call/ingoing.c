/* The arguments of an annotated call: what is passed, what is filled in, what C may write to
 * (docs/design.md S24).
 *
 * Depends on outgoing.c for plain arguments and on temporary.c for lists. All memory that C gets is
 * a Lua object on the stack of the call, or a word of it.
 */
#include <string.h>

#include "call/fast_slot.h"
#include "call/script.h"
#include "value/refuse.h"

/* The call while its arguments are stored. */
struct storing {
    struct lffi_annotated *call;
    int next; /* stack index of the next argument */
    int end;  /* behind the last one */
};

static struct outgoing *out_of(const struct storing *s)
{
    return &s->call->out;
}

static void *word_of(const struct storing *s, const struct lffi_step *step)
{
    return &s->call->words[step->word];
}

static void put_word(const struct storing *s, const struct lffi_step *step, uint64_t word)
{
    word = lffi_to_place(word, step->param->ct->size);
    memcpy(out_of(s)->frame + step->param->to, &word, sizeof word);
}

static void put_address(const struct storing *s, const struct lffi_step *step, const void *address)
{
    put_word(s, step, (uintptr_t)address);
}

static const char *name_of(lua_State *L, const struct storing *s, const struct lffi_step *step)
{
    const struct lffi_record *record = out_of(s)->record;
    uint32_t i = (uint32_t)(step - s->call->script->step);
    const struct cdecl_param *params = record != NULL ? record->pub.decl->params : NULL;
    if (params != NULL && params[i].name != NULL)
        return params[i].name;
    return lua_pushfstring(L, "%d", (int)i + 1);
}

/* ---- one argument ---------------------------------------------------------------------------- */

static void store_plain(lua_State *L, const struct storing *s, const struct lffi_step *step,
                        int idx)
{
    struct outgoing *out = out_of(s);
    uint32_t i = (uint32_t)(step->param - out->plan->param);
    if (lffi_store_plain(L, step->param, idx, out->frame + step->param->to))
        return;
    out->where.loans = NULL;
    if (out->record != NULL && i < 64 && (out->record->borrows >> i & 1) != 0)
        out->where.loans = out->loans;
    lffi_store_general(L, out, step->param, out->plan->pieces, idx);
}

/* Pushes what stands for a missing argument. */
static void push_default(lua_State *L, const struct storing *s, const struct lffi_step *step)
{
    if (step->says->value.kind == CDECL_VALUE_NONE)
        lua_pushnil(L);
    else
        lffi_push_value(L, out_of(s)->plan->ct->scope, &step->says->value);
}

/* The index of the next argument, or of its default. */
static int take_argument(lua_State *L, struct storing *s, const struct lffi_step *step)
{
    int idx = s->next++;
    bool missing = idx >= s->end;
    if (!missing && step->says->optional && step->param->op != LFFI_POINTER)
        missing = lua_isnil(L, idx);
    out_of(s)->where.index = idx - out_of(s)->first + 1;
    if (!missing)
        return idx;
    push_default(L, s, step);
    return lua_gettop(L);
}

/* ---- flags ----------------------------------------------------------------------------------- */

static _Noreturn void unknown_flag(lua_State *L, const struct storing *s,
                                   const struct cdecl_type *flags, const char *name, size_t size)
{
    const char *near = NULL;
    struct cdecl_near nearest;
    const char *text = lua_pushlstring(L, name, size);
    cdecl_near_start(&nearest, text, size);
    for (uint32_t i = 0; i < flags->tag->nconstants; i++)
        if (cdecl_near_take(&nearest, flags->tag->constants[i]->name))
            near = flags->tag->constants[i]->name;
    if (near != NULL)
        lffi_convert_error(L, &out_of(s)->where, "'%s' is no flag of '%s' (did you mean '%s'?)",
                           text, lffi_push_type_text(L, flags, NULL), near);
    lffi_convert_error(L, &out_of(s)->where, "'%s' is no flag of '%s'", text,
                       lffi_push_type_text(L, flags, NULL));
}

static uint64_t flag_of(lua_State *L, const struct storing *s, const struct cdecl_type *flags,
                        const char *name, size_t size)
{
    for (uint32_t i = 0; i < flags->tag->nconstants; i++) {
        const struct cdecl_decl *flag = flags->tag->constants[i];
        if (strlen(flag->name) == size && memcmp(flag->name, name, size) == 0)
            return cdecl_value_of(flag).u;
    }
    unknown_flag(L, s, flags, name, size);
}

/* "A|B", blanks around the names left out. */
static uint64_t flags_of_text(lua_State *L, const struct storing *s, const struct cdecl_type *flags,
                              const char *text)
{
    uint64_t all = 0;
    for (;;) {
        size_t size = strcspn(text, "|");
        size_t begin = strspn(text, " ");
        size_t end = size;
        while (end > begin && text[end - 1] == ' ')
            end--;
        if (begin < size || text[size] == '|' || all != 0)
            all |= flag_of(L, s, flags, text + (begin < end ? begin : end),
                           begin < end ? end - begin : 0);
        if (text[size] == '\0')
            return all;
        text += size + 1;
    }
}

static uint64_t flags_of_list(lua_State *L, const struct storing *s, const struct cdecl_type *flags,
                              int idx)
{
    uint64_t all = 0;
    for (lua_Integer i = 1; lua_rawgeti(L, idx, i) != LUA_TNIL; i++) {
        if (lua_isinteger(L, -1))
            all |= (uint64_t)lua_tointeger(L, -1);
        else if (lua_type(L, -1) == LUA_TSTRING)
            all |= flags_of_text(L, s, flags, lua_tostring(L, -1));
        else
            lffi_convert_error(L, &out_of(s)->where, "a list of flags has names, not %s",
                               lffi_push_kind_of(L, out_of(s)->plan->ct->scope->st, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return all;
}

static void store_flags(lua_State *L, struct storing *s, const struct lffi_step *step)
{
    int idx = take_argument(L, s, step);
    const struct cdecl_type *flags = step->says->flags;
    int64_t index = out_of(s)->where.index;
    if (lua_type(L, idx) == LUA_TSTRING)
        lua_pushinteger(L, (lua_Integer)flags_of_text(L, s, flags, lua_tostring(L, idx)));
    else if (lua_istable(L, idx) && luaL_getmetafield(L, idx, "__cffi_integer") == LUA_TNIL)
        lua_pushinteger(L, (lua_Integer)flags_of_list(L, s, flags, idx));
    else
        lua_pushvalue(L, idx);
    if (lffi_store_plain(L, step->param, lua_gettop(L), out_of(s)->frame + step->param->to))
        return;
    out_of(s)->where.index = index;
    lffi_store(L, step->param->ct, out_of(s)->frame + step->param->to, lua_gettop(L),
               &out_of(s)->where);
    lffi_widen(step->param, out_of(s)->frame + step->param->to);
}

/* ---- buffers that go in ---------------------------------------------------------------------- */

/* A buffer as C gets it. */
struct extent {
    const void *address;
    uint64_t count;
};

static _Noreturn void no_extent(lua_State *L, const struct storing *s, const struct lffi_step *step,
                                int idx)
{
    lffi_convert_error(L, &out_of(s)->where,
                       "nobody knows how long %s is, as '%s' needs: pass a string, an array or a "
                       "list",
                       lffi_push_kind_of(L, out_of(s)->plan->ct->scope->st, idx),
                       step->says->length_name);
}

static struct extent extent_of_cdata(lua_State *L, const struct storing *s,
                                     const struct lffi_step *step, int idx)
{
    const struct lffi_cdata *cd = lua_touserdata(L, idx);
    struct extent extent = {lffi_to_address(L, step->param->ct, idx, &out_of(s)->where), 0};
    extent.count = lffi_extent(L, idx, cd);
    if (extent.count == UINT64_MAX)
        no_extent(L, s, step, idx);
    extent.count /= step->size;
    return extent;
}

/* A list; its array has one element more than the list. */
static struct extent extent_of_list(lua_State *L, const struct storing *s,
                                    const struct lffi_step *step, int idx)
{
    struct extent extent = {lffi_push_temporary(L, step->param->ct, idx, &out_of(s)->where), 1};
    const struct lffi_cdata *cd = lua_touserdata(L, -1);
    if (cd->ct->op == LFFI_ARRAY)
        extent.count = lffi_length(L, lua_gettop(L), cd) - 1;
    return extent;
}

static struct extent extent_of_string(lua_State *L, const struct storing *s,
                                      const struct lffi_step *step, int idx)
{
    size_t size;
    const char *text = lua_tolstring(L, idx, &size);
    const struct lffi_ctype *target = step->param->ct->target;
    if (!step->text || !target->constant) /* which says what to write instead */
        lffi_store_general(L, out_of(s), step->param, out_of(s)->plan->pieces, idx);
    return (struct extent){text, size};
}

static struct extent extent_of(lua_State *L, const struct storing *s, const struct lffi_step *step,
                               int idx)
{
    struct outgoing *out = out_of(s);
    struct lffi_state *st = out->plan->ct->scope->st;
    if (lua_type(L, idx) == LUA_TSTRING)
        return extent_of_string(L, s, step, idx);
    if (lua_isnil(L, idx) && step->says->nullable)
        return (struct extent){NULL, 0};
    if (lua_isnil(L, idx))
        lffi_convert_error(L, &out->where, "nil is no buffer, whose length is '%s'",
                           step->says->length_name);
    if (lffi_is_temporary(L, step->param->ct, idx))
        return extent_of_list(L, s, step, idx);
    if (lua_istable(L, idx) && lffi_push_pointed(L, step->param->ct, idx, &out->where))
        idx = lua_gettop(L);
    if (lffi_to_cdata(L, st, idx) != NULL)
        return extent_of_cdata(L, s, step, idx);
    lffi_to_address(L, step->param->ct, idx, &out->where); /* raises for what is no pointer */
    no_extent(L, s, step, idx);
}

/* Puts the length where it belongs, or compares it with what another buffer has put there. */
static void fill_length(lua_State *L, const struct storing *s, const struct lffi_step *step,
                        uint64_t count)
{
    const struct lffi_step *steps = s->call->script->step;
    const struct lffi_step *length = &steps[step->length];
    unsigned char *place = out_of(s)->frame + length->param->to;
    uint64_t before = (uint64_t)lffi_integer_at(length->param->op, place);
    uint32_t other = 0;
    if (count > (uint64_t)length->param->plain.max)
        lffi_convert_error(L, &out_of(s)->where,
                           "its length %I does not fit '%s' of parameter '%s'", (LUAI_UACINT)count,
                           lffi_push_type_text(L, length->param->ct->type, NULL),
                           step->says->length_name);
    while (&steps[other] != step &&
           !(steps[other].role == LFFI_ROLE_IN && steps[other].length == step->length))
        other++;
    if (&steps[other] != step && before != count)
        lffi_convert_error(
            L, &out_of(s)->where,
            "its length is %I, but that of parameter '%s' is %I: '%s' is one for both",
            (LUAI_UACINT)count, name_of(L, s, &steps[other]), (LUAI_UACINT)before,
            step->says->length_name);
    put_word(s, length, count);
    lffi_widen(length->param, place);
}

static void store_in(lua_State *L, struct storing *s, const struct lffi_step *step)
{
    int idx = take_argument(L, s, step);
    struct extent extent = extent_of(L, s, step, idx);
    put_address(s, step, extent.address);
    fill_length(L, s, step, extent.count);
}

/* ---- what C writes to ------------------------------------------------------------------------ */

int64_t lffi_length_of(const struct lffi_annotated *call, const struct lffi_step *step)
{
    const struct lffi_step *length = &call->script->step[step->length];
    if (length->role == LFFI_ROLE_CAPACITY || length->role == LFFI_ROLE_LENGTH)
        return lffi_integer_at(length->op, &call->words[length->word]);
    return lffi_integer_at(length->param->op, call->out.frame + length->param->to);
}

static void store_inout(lua_State *L, struct storing *s, const struct lffi_step *step)
{
    int idx = take_argument(L, s, step);
    lffi_store(L, step->target, word_of(s, step), idx, &out_of(s)->where);
    put_address(s, step, word_of(s, step));
}

/* The object that comes back, in its place. */
static struct lffi_cdata *new_object(lua_State *L, const struct storing *s,
                                     const struct lffi_step *step)
{
    struct lffi_cdata *cd = lffi_new(L, step->target, step->size);
    lua_replace(L, s->call->base + step->object);
    return cd;
}

static void store_inout_object(lua_State *L, struct storing *s, const struct lffi_step *step)
{
    int idx = take_argument(L, s, step);
    struct lffi_cdata *cd = new_object(L, s, step);
    struct lffi_where where = out_of(s)->where;
    where.owner_idx = s->call->base + step->object;
    lffi_store(L, step->target, cd->addr, idx, &where);
    put_address(s, step, cd->addr);
}

static void store_out_object(lua_State *L, const struct storing *s, const struct lffi_step *step)
{
    struct lffi_cdata *cd;
    if (step->says->owned == NULL) {
        put_address(s, step, new_object(L, s, step)->addr);
        return;
    }
    lffi_push_helper(L, s->call, step->helper, step->says->owned);
    cd = lffi_push_owning_pointer(L, step->target);
    lua_replace(L, s->call->base + step->object);
    put_address(s, step, cd->addr);
}

/* Raises about the length that the caller has passed. */
static _Noreturn void bad_length(lua_State *L, const struct storing *s,
                                 const struct lffi_step *step, int64_t length, const char *what)
{
    const struct lffi_step *steps = s->call->script->step;
    int64_t index = 0;
    for (uint32_t i = 0; i <= step->length; i++)
        index += lffi_takes_argument(steps[i].role);
    out_of(s)->where.index = index;
    lffi_convert_error(L, &out_of(s)->where, "length %I of parameter '%s' is %s",
                       (LUAI_UACINT)length, name_of(L, s, step), what);
}

/* Room for what C writes. Bytes of unknown content never reach Lua: what C says it wrote comes
 * back, or all, and then it is zeroed before. */
static void store_buffer(lua_State *L, const struct storing *s, const struct lffi_step *step)
{
    int64_t length = lffi_length_of(s->call, step);
    const struct lffi_step *steps = s->call->script->step;
    struct lffi_ctype *element = step->text ? NULL : step->target;
    uint64_t size = (uint64_t)length * step->size;
    bool told = s->call->script->counts || steps[step->length].role == LFFI_ROLE_CAPACITY;
    void *memory;
    if (length < 0)
        bad_length(L, s, step, length, "negative");
    if ((uint64_t)length > (uint64_t)PTRDIFF_MAX / 2 / step->size)
        bad_length(L, s, step, length, "too large");
    if (element == NULL && size < 1 << 20) {
        memory = lua_newuserdatauv(L, (size_t)size + 1, 0);
        if (!told && !step->says->string)
            memset(memory, 0, (size_t)size);
    } else {
        if (element == NULL)
            element = lffi_basic(L, step->param->ct->scope, CDECL_PRIM_CHAR);
        memory = lffi_new(L, lffi_array_of(L, element, CDECL_COUNT_VLA), size)->addr;
    }
    if (step->says->string && size > 0)
        *(char *)memory = '\0';
    lua_replace(L, s->call->base + step->object);
    put_address(s, step, memory);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* What takes an argument, and what no argument has to be known for. */
static void store_step(lua_State *L, struct storing *s, const struct lffi_step *step)
{
    switch ((enum lffi_role)step->role) {
    case LFFI_ROLE_PASSED: store_plain(L, s, step, take_argument(L, s, step)); break;
    case LFFI_ROLE_FLAGS: store_flags(L, s, step); break;
    case LFFI_ROLE_IN: store_in(L, s, step); break;
    case LFFI_ROLE_INOUT:
    case LFFI_ROLE_CAPACITY: store_inout(L, s, step); break;
    case LFFI_ROLE_INOUT_OBJECT: store_inout_object(L, s, step); break;
    case LFFI_ROLE_OUT:
    case LFFI_ROLE_LENGTH: put_address(s, step, word_of(s, step)); break;
    case LFFI_ROLE_OUT_OBJECT: store_out_object(L, s, step); break;
    case LFFI_ROLE_BUFFER:
    case LFFI_ROLE_FILLED: break;
    }
}

void lffi_store_annotated(lua_State *L, struct lffi_annotated *call)
{
    const struct lffi_script *script = call->script;
    struct outgoing *out = &call->out;
    struct storing s = {call, out->first, out->first + out->nargs};
    for (uint32_t i = 0; i < script->nsteps; i++)
        store_step(L, &s, &script->step[i]);
    for (uint32_t i = 0; i < script->nsteps; i++)
        if (script->step[i].role == LFFI_ROLE_BUFFER)
            store_buffer(L, &s, &script->step[i]);
}
