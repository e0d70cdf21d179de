/* The short way of annotated calls: plain arguments, strings that go in, words and buffers of bytes
 * that come back (docs/design.md S24).
 *
 * Depends on reach.h for registers and on comeback.c for failures. Whatever is not plain goes to
 * annotated.c, which starts anew: nothing has happened yet.
 */
#include "call/reach.h"
#include "call/script.h"

#if defined CFFI_NO_PEEK || defined LFFI_ABI_LIBFFI

lua_CFunction lffi_quick_caller(const struct lffi_record *record)
{
    (void)record;
    return NULL;
}

#else

enum { WORDS = 4, BYTES = 4096 };

/* What one entry point has: its registers, then words that C writes to. */
struct room {
    struct lffi_registers regs;
    uint64_t words[WORDS];
};
struct wide_room {
    struct room room;
    char bytes[BYTES];
};

/* ---- arguments ------------------------------------------------------------------------------- */

static INLINE void put(struct room *room, const struct lffi_step *step, uint64_t word)
{
    *(uint64_t *)(void *)((unsigned char *)&room->regs + step->param->to) = word;
}

/* A string for bytes that C only reads, and its length. */
static INLINE bool put_string(const struct lffi_script *script, const struct lffi_step *step,
                              const struct lffi_value *arg, struct room *room)
{
    const struct lffi_step *length = &script->step[step->length];
    unsigned kind = lffi_kind_in_place(arg);
    size_t size;
    if ((kind != LFFI_IS_NAME && kind != LFFI_IS_TEXT) || !step->alone)
        return false;
    size = lffi_size_in_place(arg);
    if (size > (uint64_t)length->param->plain.max)
        return false;
    put(room, step, (uintptr_t)lffi_text_in_place(arg));
    return slot_word(length->param->op, size, (unsigned char *)&room->regs + length->param->to);
}

/* How much room there is, where C leaves how much it used. */
static INLINE bool put_capacity(const struct lffi_step *step, const struct lffi_value *arg,
                                struct room *room)
{
    uint64_t *word = &room->words[step->word];
    *word = 0;
    put(room, step, (uintptr_t)word);
    return lffi_kind_in_place(arg) == LFFI_IS_INTEGER && lffi_is_word(step->op) &&
           lffi_fast_integer(step->op, lffi_integer_in_place(arg), word);
}

static INLINE bool put_step(const struct lffi_script *script, const struct lffi_step *step,
                            const struct lffi_value **arg, struct room *room)
{
    switch ((enum lffi_role)step->role) {
    case LFFI_ROLE_PASSED:
    case LFFI_ROLE_FLAGS: /* numbers; names are for the other way */
        return slot_put(step->param, (*arg)++, (unsigned char *)&room->regs + step->param->to);
    case LFFI_ROLE_IN: return put_string(script, step, (*arg)++, room);
    case LFFI_ROLE_OUT:
    case LFFI_ROLE_LENGTH:
        room->words[step->word] = 0;
        put(room, step, (uintptr_t)&room->words[step->word]);
        return true;
    case LFFI_ROLE_BUFFER:
    case LFFI_ROLE_FILLED: return true;
    case LFFI_ROLE_CAPACITY: return put_capacity(step, (*arg)++, room);
    case LFFI_ROLE_INOUT:
    case LFFI_ROLE_INOUT_OBJECT:
    case LFFI_ROLE_OUT_OBJECT: break;
    }
    return false;
}

static INLINE bool load_plain(const struct lffi_script *script, const struct lffi_value *arg,
                              struct room *room)
{
    return slots_put(script->plan->param, script->nsteps, arg, (unsigned char *)&room->regs);
}

static INLINE bool load_steps(const struct lffi_script *script, const struct lffi_value *arg,
                              struct room *room)
{
    const struct lffi_step *end = script->step + script->nsteps;
    for (const struct lffi_step *step = script->step; step < end; step++)
        if (!put_step(script, step, &arg, room))
            return false;
    return true;
}

/* ---- what comes back ------------------------------------------------------------------------- */

/* A call of the other way's, for what is rare. */
static struct lffi_annotated rare_call(const struct lffi_record *record, uint64_t *words)
{
    struct lffi_annotated call = {.script = record->script, .words = words};
    call.out.record = record;
    call.out.plan = record->plan;
    return call;
}

static LFFI_NOINLINE int fail(lua_State *L, const struct lffi_record *record, uint64_t word)
{
    struct lffi_annotated call = rare_call(record, NULL);
    return lffi_push_failure(L, &call, word & record->script->mask);
}

static LFFI_NOINLINE void push_sized(lua_State *L, const struct lffi_record *record,
                                     const char *text, uint64_t *words)
{
    struct lffi_annotated call = rare_call(record, words);
    lffi_push_string(L, &call, text);
}

static INLINE int push_words(lua_State *L, const struct lffi_script *script, struct room *room)
{
    int n = 0;
    for (uint32_t i = script->first_out; i < script->nsteps; i++) {
        const struct lffi_step *step = &script->step[i];
        if (step->role != LFFI_ROLE_OUT)
            continue;
        if (!lffi_fast_load(L, step->op, &room->words[step->word]))
            lffi_load(L, step->target, &room->words[step->word], 0);
        n++;
    }
    return n;
}

/* Frees a text that could not be copied before, for it is long: what may fail is protected. */
static LFFI_NOINLINE void push_and_free_long(lua_State *L, const struct lffi_script *script,
                                             char *text)
{
    struct lffi_call running;
    int error_number;
    int status = lffi_copy_text(L, text);
    lffi_enter_c(L, &script->callee, &running);
    error_number = *running.thread->error_number;
    script->free(text);
    *running.thread->error_number = error_number;
    if (lffi_leave_c(&running))
        lffi_after_call(L, script->callee.st, &running);
    if (status != LUA_OK)
        lua_error(L);
}

static INLINE int push_result(lua_State *L, const struct lffi_record *record, struct room *room,
                              uint64_t word)
{
    const struct lffi_script *script = record->script;
    int n = 0;
    if (lffi_has_failed(script, word))
        return fail(L, record, word);
    if (script->answer == LFFI_ANSWER_VALUE)
        n = push_word(L, record, word);
    else if (script->answer == LFFI_ANSWER_STRING && script->says->length != 0)
        push_sized(L, record, (const char *)(uintptr_t)word, room->words), n = 1;
    else if (script->answer == LFFI_ANSWER_STRING)
        lua_pushstring(L, (const char *)(uintptr_t)word), n = 1;
    if (script->nwords > 0)
        n += push_words(L, script, room);
    if (n == 0 && script->says->failure == CDECL_FAILURE_STATUS)
        lua_pushboolean(L, 1), n = 1;
    return n;
}

/* ---- the call -------------------------------------------------------------------------------- */

/* `self` is the entry point: an annotation may have come since it was chosen. */
static INLINE bool is_ready(lua_State *L, const struct lffi_record *record,
                            const struct lffi_value *first, struct room *room, lua_CFunction self)
{
    const struct lffi_script *script = record->script;
    return script->caller == self && lffi_count_arguments(L, first) == script->npassed &&
           script->callee.lib->open &&
           (script->plain ? load_plain(script, first, room) : load_steps(script, first, room));
}

static INLINE uint64_t run_word(lua_State *L, const struct lffi_record *record,
                                const struct room *room, enum reach reach)
{
    const struct lffi_callee *callee = &record->script->callee;
    struct lffi_call running;
    uint64_t word;
    lffi_enter_c(L, callee, &running);
    word = invoke_word(record->pub.address, (const unsigned char *)&room->regs, reach);
    if (lffi_leave_c(&running))
        lffi_after_call(L, callee->st, &running);
    return word;
}

static INLINE double run_float(lua_State *L, const struct lffi_record *record,
                               const struct room *room, enum reach reach)
{
    const struct lffi_callee *callee = &record->script->callee;
    struct lffi_call running;
    double number;
    lffi_enter_c(L, callee, &running);
    number = invoke_float(record->pub.address, (const unsigned char *)&room->regs, reach);
    if (lffi_leave_c(&running))
        lffi_after_call(L, callee->st, &running);
    return number;
}

static INLINE int quick_word(lua_State *L, struct room *room, lua_CFunction self, enum reach reach)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    if (!is_ready(L, record, first, room, self))
        return NOT_PLAIN;
    return push_result(L, record, room, run_word(L, record, room, reach));
}

/* ---- a string that is freed ------------------------------------------------------------------ */

enum { SHORT_TEXT = 256 };

/* It is copied and freed before Lua runs again, so that nothing can fail meanwhile; a long one is
 * for the other way. */
static INLINE int quick_freed(lua_State *L, struct room *room, lua_CFunction self)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_script *script = record->script;
    char copy[SHORT_TEXT];
    struct lffi_call running;
    char *text;
    size_t size = 0;
    int error_number;
    if (!is_ready(L, record, first, room, self) || script->free == NULL)
        return NOT_PLAIN;
    lffi_enter_c(L, &script->callee, &running);
    text = (char *)(uintptr_t)invoke_word(record->pub.address, (const unsigned char *)&room->regs,
                                          REACH_ALL);
    error_number = *running.thread->error_number;
    if (text != NULL)
        size = strnlen(text, sizeof copy);
    if (text != NULL && size < sizeof copy) {
        memcpy(copy, text, size);
        script->free(text);
        *running.thread->error_number = error_number;
    }
    if (lffi_leave_c(&running))
        lffi_after_call(L, script->callee.st, &running);
    if (lffi_has_failed(script, (uintptr_t)text))
        return fail(L, record, (uintptr_t)text);
    if (text == NULL)
        lua_pushnil(L);
    else if (size == sizeof copy)
        push_and_free_long(L, script, text);
    else
        lua_pushlstring(L, copy, size);
    return 1;
}

/* A function that frees: what it gets is nobody's any more. Nothing else is said of the call. */
static INLINE int quick_release(lua_State *L, struct room *room, lua_CFunction self)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_script *script = record->script;
    bool finalised = false;
    if (!is_ready(L, record, first, room, self))
        return NOT_PLAIN;
    for (int i = 0; i < script->npassed; i++)
        finalised |= lffi_metatable_in_place(&first[i]) == script->callee.st->mt_cdata_gc;
    if (finalised) {
        struct lffi_annotated call = rare_call(record, NULL);
        call.out.first = 1;
        call.out.nargs = script->npassed;
        call.out.address = record->pub.address;
        lffi_release_arguments(L, &call);
    }
    return push_word(L, record, run_word(L, record, room, REACH_ALL));
}

/* A result that is owned. */
static INLINE int quick_owner(lua_State *L, struct room *room, lua_CFunction self)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_script *script = record->script;
    struct lffi_annotated call = rare_call(record, NULL);
    struct lffi_cdata *cd;
    struct lffi_call running;
    uint64_t word;
    bool rare;
    if (!is_ready(L, record, first, room, self))
        return NOT_PLAIN;
    cd = lffi_push_result_owner(L, &call);
    if (!script->callee.lib->open) { /* the collector has closed it */
        lffi_disarm(L, script->callee.st, lua_gettop(L));
        lua_pop(L, 1);
        return NOT_PLAIN;
    }
    lffi_enter_c(L, &script->callee, &running);
    word = invoke_word(record->pub.address, (const unsigned char *)&room->regs, REACH_ALL);
    rare = lffi_leave_c(&running);
    memcpy(cd->addr, &word, sizeof word);
    if (rare)
        lffi_after_call(L, script->callee.st, &running);
    if (word != 0)
        return 1;
    lffi_disarm(L, script->callee.st, lua_gettop(L));
    if (script->says->failure == CDECL_FAILURE_ERRNO)
        return fail(L, record, word);
    lua_pushnil(L);
    return 1;
}

static INLINE int quick_float(lua_State *L, struct room *room, lua_CFunction self, enum reach reach)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    if (!is_ready(L, record, first, room, self))
        return NOT_PLAIN;
    push_float(L, record, run_float(L, record, room, reach));
    return 1 + push_words(L, record->script, room);
}

/* ---- one buffer of bytes --------------------------------------------------------------------- */

/* Memory for it: of the room or, pushed, of Lua's. NULL: lengths that are none, and huge ones. */
static INLINE char *buffer_of(lua_State *L, const struct lffi_script *script,
                              struct wide_room *wide, uint64_t *size)
{
    const struct lffi_step *step = script->buffer;
    const struct lffi_step *length = &script->step[step->length];
    char *memory = wide->bytes;
    *size = length->role == LFFI_ROLE_CAPACITY
                ? (uint64_t)lffi_integer_at(length->op, &wide->room.words[length->word])
                : *(uint64_t *)(void *)((unsigned char *)&wide->room.regs + length->param->to);
    if (*size >= 1 << 20)
        return NULL;
    if (*size > BYTES)
        memory = lua_newuserdatauv(L, (size_t)*size, 0);
    if (step->says->string)
        *memory = '\0';
    else if (!script->counts)
        memset(memory, 0, (size_t)*size);
    put(&wide->room, step, (uintptr_t)memory);
    return memory;
}

/* How much C has written, if it says so. */
static INLINE uint64_t used_of(const struct lffi_record *record, const struct room *room,
                               uint64_t size, uint64_t word)
{
    const struct lffi_script *script = record->script;
    const struct lffi_step *length = &script->step[script->buffer->length];
    if (length->role == LFFI_ROLE_CAPACITY)
        return (uint64_t)lffi_integer_at(length->op, &room->words[length->word]);
    return script->counts
               ? ((word & record->result_mask) ^ record->result_sign) - record->result_sign
               : size;
}

static INLINE int push_bytes(lua_State *L, const struct lffi_record *record, const char *memory,
                             uint64_t size, uint64_t used)
{
    const struct lffi_script *script = record->script;
    const char *end = NULL;
    if (used > size) {
        struct lffi_annotated call = rare_call(record, NULL);
        lffi_bad_count(L, &call, (int64_t)used, script->buffer, (int64_t)size);
    }
    size = used;
    if (script->buffer->says->string)
        end = memchr(memory, '\0', (size_t)size);
    lua_pushlstring(L, memory, end != NULL ? (size_t)(end - memory) : (size_t)size);
    return 1;
}

/* A pointer into the buffer, which comes back anyway. */
static INLINE bool is_inside(const struct lffi_record *record, const char *memory, uint64_t size,
                             uint64_t word)
{
    return record->plan->result.op == LFFI_POINTER && word - (uintptr_t)memory < size;
}

/* What follows the result is the buffer alone. */
static INLINE int quick_buffer(lua_State *L, struct wide_room *wide, lua_CFunction self)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_script *script = record->script;
    char *memory;
    uint64_t size;
    uint64_t word;
    int n = 0;
    if (!is_ready(L, record, first, &wide->room, self))
        return NOT_PLAIN;
    memory = buffer_of(L, script, wide, &size);
    if (memory == NULL)
        return NOT_PLAIN;
    if (!script->callee.lib->open) { /* the collector has closed it */
        lua_pop(L, 1);
        return NOT_PLAIN;
    }
    word = run_word(L, record, &wide->room, REACH_ALL);
    if (lffi_has_failed(script, word))
        return fail(L, record, word);
    if (script->answer == LFFI_ANSWER_VALUE && !is_inside(record, memory, size, word))
        n = push_word(L, record, word);
    return n + push_bytes(L, record, memory, size, used_of(record, &wide->room, size, word));
}

/* ---- entry points ---------------------------------------------------------------------------- */

/* The room is gone when a call is not plain: that one has its own. */
#define ENTRY(name, kind, call)                                           \
    static int name(lua_State *L);                                        \
    static OUTLINE int name##_if_plain(lua_State *L)                      \
    {                                                                     \
        struct kind room;                                                 \
        return call;                                                      \
    }                                                                     \
    static int name(lua_State *L)                                         \
    {                                                                     \
        int nresults = name##_if_plain(L);                                \
        return nresults == NOT_PLAIN ? lffi_call_annotated(L) : nresults; \
    }
ENTRY(words_to_word, room, quick_word(L, &room, lffi_call_annotated_words, REACH_WORDS))
ENTRY(all_to_word, room, quick_word(L, &room, all_to_word, REACH_ALL))
ENTRY(all_to_text, room, quick_freed(L, &room, all_to_text))
ENTRY(all_to_nothing, room, quick_release(L, &room, all_to_nothing))
ENTRY(all_to_owner, room, quick_owner(L, &room, all_to_owner))
ENTRY(all_to_float, room, quick_float(L, &room, all_to_float, REACH_ALL))
ENTRY(all_to_buffer, wide_room, quick_buffer(L, &room, all_to_buffer))

int lffi_call_annotated_words(lua_State *L)
{
    return words_to_word(L);
}

/* ---- which functions ------------------------------------------------------------------------- */

static bool in_registers(const struct lffi_plan *plan)
{
    if (plan->by_libffi || plan->copies != 0 || plan->end.wide || plan->end.stack > 0 ||
        plan->result_kind != LFFI_RETURN_WORDS || plan->variadic)
        return false;
    for (uint32_t i = 0; i < plan->nparams; i++)
        if (!lffi_in_register(plan->param[i].op) || plan->param[i].pieces != 1)
            return false;
    return plan->result.op == LFFI_VOID || lffi_in_register(plan->result.op);
}

static bool is_quick(const struct lffi_script *script, bool *buffer)
{
    unsigned buffers = 0;
    for (uint32_t i = 0; i < script->nsteps; i++) {
        const struct lffi_step *step = &script->step[i];
        switch ((enum lffi_role)step->role) {
        case LFFI_ROLE_INOUT:
        case LFFI_ROLE_INOUT_OBJECT:
        case LFFI_ROLE_OUT_OBJECT: return false;
        case LFFI_ROLE_BUFFER:
            if (!step->text || ++buffers > 1)
                return false;
            break;
        case LFFI_ROLE_PASSED:
        case LFFI_ROLE_FLAGS:
        case LFFI_ROLE_IN:
        case LFFI_ROLE_OUT:
        case LFFI_ROLE_CAPACITY:
        case LFFI_ROLE_FILLED:
        case LFFI_ROLE_LENGTH: break;
        }
    }
    *buffer = buffers > 0;
    return script->nwords <= WORDS && !script->releases;
}

/* A result beside a buffer that is no pointer into it, and no other value. */
static bool is_quick_buffer(const struct lffi_script *script)
{
    const struct lffi_step *length = &script->step[script->buffer->length];
    return script->nwords == (length->role == LFFI_ROLE_CAPACITY) &&
           (script->answer == LFFI_ANSWER_NONE || script->answer == LFFI_ANSWER_VALUE);
}

/* Of a script without buffers, when the result is a word. */
static lua_CFunction word_caller(const struct lffi_script *script)
{
    const struct lffi_assign *end = &script->plan->end;
    if (script->helper != 0)
        return script->says->length != 0 || script->nwords > 0 ? NULL : all_to_text;
    if (end->fprs > 0 || end->gprs > FEW)
        return all_to_word;
    return lffi_call_annotated_words;
}

static lua_CFunction caller_of(const struct lffi_record *record)
{
    const struct lffi_plan *plan = record->plan;
    const struct lffi_script *script = record->script;
    bool is_float = plan->result.op == LFFI_FLOAT || plan->result.op == LFFI_DOUBLE;
    bool buffer;
    if (!lffi_peeks(record->callee.st) || record->pub.lib == NULL || record->borrows != 0 ||
        record->nonnull != 0 || !in_registers(plan))
        return NULL;
    if (script->says == NULL)
        return is_float ? NULL : all_to_nothing;
    if (!is_quick(script, &buffer))
        return NULL;
    if (script->answer == LFFI_ANSWER_OWNED)
        return buffer || script->nwords > 0 ? NULL : all_to_owner;
    if (buffer)
        return is_quick_buffer(script) && !is_float ? all_to_buffer : NULL;
    if (is_float)
        return all_to_float;
    return word_caller(script);
}

lua_CFunction lffi_quick_caller(const struct lffi_record *record)
{
    struct lffi_script *script = (struct lffi_script *)(uintptr_t)record->script;
    return script->caller = caller_of(record);
}

#endif
