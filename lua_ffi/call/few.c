/* The shortest way of annotated calls: one to three arguments that are just passed, in general
 * registers, and nothing that C writes to (docs/design.md S24).
 *
 * Depends on reach.h for registers and on comeback.c for failures. Whatever is not plain goes to
 * quick.c, which starts anew: nothing has happened yet. As in direct.c what is needed after C has
 * run is read from the running call, so that these functions have no registers to save.
 */
#include "call/reach.h"
#include "call/script.h"

#if defined CFFI_NO_PEEK || defined LFFI_ABI_LIBFFI

lua_CFunction lffi_few_caller(const struct lffi_record *record)
{
    return lffi_quick_caller(record);
}

#else

static INLINE const struct lffi_script *script_of(const struct lffi_call *running)
{
    const char *callee = (const char *)running->callee;
    return (const void *)(callee - offsetof(struct lffi_script, callee));
}

static LFFI_NOINLINE int fail(lua_State *L, const struct lffi_script *script, uint64_t word)
{
    struct lffi_annotated call = {.script = script};
    call.out.record = script->record;
    call.out.plan = script->plan;
    return lffi_push_failure(L, &call, word & script->mask);
}

static INLINE int push_result(lua_State *L, const struct lffi_script *script, uint64_t word)
{
    int n = 0;
    if (lffi_has_failed(script, word))
        return results(fail(L, script, word));
    if (script->answer == LFFI_ANSWER_VALUE)
        n = push_word(L, script->record, word);
    else if (script->answer == LFFI_ANSWER_STRING)
        lua_pushstring(L, (const char *)(uintptr_t)word), n = 1;
    if (n == 0 && script->differs && script->tested != 0)
        lffi_place_boolean(L, true), n = 1;
    return n;
}

/* The end of a call, the innermost, of which a callback has failed, or when others want to run Lua.
 */
static LFFI_NOINLINE int end_rarely(uint64_t word, int error_number)
{
    struct lffi_call *running = lffi_innermost;
    lffi_come_back(running);
    lffi_leave_quickly(running, running->thread, error_number);
    lffi_after_call(running->L, running->callee->st, running);
    return push_result(running->L, script_of(running), word);
}

static LFFI_NOINLINE int run_attended(const uint64_t *words, enum reach reach)
{
    struct lffi_call *running = lffi_innermost;
    uint64_t word;
    lffi_let_go(running);
    word =
        invoke_word(script_of(running)->record->pub.address, (const unsigned char *)words, reach);
    return end_rarely(word, *running->thread->error_number);
}

static INLINE int few_words(lua_State *L, uint64_t *words, int n)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_script *script = record->script;
    const struct lffi_param *param = record->plan->param;
    int *errno_now = lffi_thread.error_number;
    struct lffi_call running;
    struct lffi_thread *thread;
    uint64_t word;
    int error_number;
    if (script->few != n || lffi_count_arguments(L, first) != n || !script->callee.lib->open ||
        errno_now == NULL)
        return NOT_PLAIN;
    for (int i = 0; i < n; i++)
        if (!slot_put_at_once(&param[i], &first[i], (unsigned char *)&words[i]))
            return NOT_PLAIN;
    if (lffi_enter_quickly(L, &script->callee, &running, errno_now))
        return results(run_attended(words, reach_of(n)));
    word = invoke_word(record->pub.address, (const unsigned char *)words, reach_of(n));
    thread = running.thread;
    error_number = *thread->error_number;
    if (lffi_is_kept_out(&running, thread->error_number))
        return results(end_rarely(word, error_number));
    lffi_leave_quickly(&running, thread, error_number);
    return push_result(running.L, script_of(&running), word);
}

/* An annotation may have come since one of these was chosen: then `few` is another. The frame is
 * gone when a call is not plain: that one has its own. */
#define ENTRY(n)                                                                \
    static OUTLINE int word##n##_if_plain(lua_State *L)                         \
    {                                                                           \
        struct lffi_general regs;                                               \
        return few_words(L, regs.gpr, n);                                       \
    }                                                                           \
    static int word##n(lua_State *L)                                            \
    {                                                                           \
        int nresults = word##n##_if_plain(L);                                   \
        return nresults == NOT_PLAIN ? lffi_call_annotated_words(L) : nresults; \
    }
ENTRY(1)
ENTRY(2)
ENTRY(3)

lua_CFunction lffi_few_caller(const struct lffi_record *record)
{
    static const lua_CFunction few[FEW] = {word1, word2, word3};
    struct lffi_script *script = (struct lffi_script *)(uintptr_t)record->script;
    lua_CFunction caller = lffi_quick_caller(record);
    uint32_t n = record->plan->nparams;
    if (caller != lffi_call_annotated_words || n == 0 || !script->plain ||
        script->says->length != 0)
        return caller;
    script->few = (uint8_t)n;
    return few[n - 1];
}

#endif
