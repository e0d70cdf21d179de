/* The shortest way from Lua to C: functions whose arguments and result are scalars, called with
 * plain Lua values.
 *
 * Depends on fast_slot.h for reading arguments in place, and on call.c, which gets every call that
 * is not plain (and then starts anew: nothing has happened yet). Which of the few entry points a
 * function gets is decided when its Lua function is made.
 */
#include "call/reach.h"

#if defined CFFI_NO_PEEK || defined LFFI_ABI_LIBFFI

lua_CFunction lffi_direct_caller(const struct lffi_record *record)
{
    (void)record;
    return NULL;
}

bool lffi_is_direct_caller(lua_CFunction fn)
{
    (void)fn;
    return false;
}

int lffi_quick_call_pointer(lua_State *L, const struct lffi_ctype *ct, const void *code)
{
    (void)L, (void)ct, (void)code;
    return -1;
}

#else

/* ---- arguments ------------------------------------------------------------------------------- */

static LFFI_NOINLINE bool no_null(const struct lffi_record *record, const unsigned char *frame)
{
    for (uint32_t i = 0; i < record->plan->nparams && i < 64; i++) {
        uint64_t word;
        memcpy(&word, frame + record->plan->param[i].to, sizeof word);
        if ((record->nonnull >> i & 1) != 0 && word == 0)
            return false;
    }
    return true;
}

static INLINE bool load(const struct lffi_record *record, const struct lffi_value *arg,
                        unsigned char *frame, enum reach reach)
{
    return slots_put(record->plan->param, record->plan->nparams, arg, frame) &&
           (reach == REACH_FLOATS || record->nonnull == 0 || no_null(record, frame));
}

/* ---- variadic arguments ---------------------------------------------------------------------- */

/* What a format asks of an argument is answered by its kind. Integers by the narrowest type that
 * takes them (S1), in this order: what takes a larger one takes the smaller ones too. */
enum kind {
    KIND_I8 = 1,
    KIND_U8,
    KIND_I16,
    KIND_U16,
    KIND_I32,
    KIND_U32,
    KIND_64,
    KIND_FLOAT,
    KIND_TEXT,
    KIND_NULL,
    KIND_BOOLEAN
};
enum { MAX_KINDS = 16, KIND_BITS = 4, KIND_MASK = 15 };

static INLINE unsigned integer_kind(lua_Integer value)
{
    if (value >= INT8_MIN && value <= UINT8_MAX)
        return value <= INT8_MAX ? KIND_I8 : KIND_U8;
    if (value >= INT16_MIN && value <= UINT16_MAX)
        return value <= INT16_MAX ? KIND_I16 : KIND_U16;
    if (value >= INT32_MIN && value <= UINT32_MAX)
        return value <= INT32_MAX ? KIND_I32 : KIND_U32;
    return KIND_64;
}

/* Stores a plain value as C's promotions have it (S7); returns its kind, 0 when it is not plain. */
static INLINE unsigned promoted(const struct lffi_value *arg, uint64_t *word)
{
    *word = 0;
    /* clang-format off */
    switch (lffi_kind_in_place(arg)) {
    case LFFI_IS_INTEGER:
        *word = (uint64_t)lffi_integer_in_place(arg);
        return integer_kind(lffi_integer_in_place(arg));
    case LFFI_IS_NAME: case LFFI_IS_TEXT:
        *word = (uintptr_t)lffi_text_in_place(arg);
        return is_whole(lffi_text_in_place(arg), lffi_size_in_place(arg)) ? KIND_TEXT : 0;
    case LFFI_IS_NIL: return KIND_NULL;
    case LFFI_IS_TRUE: *word = 1; return KIND_BOOLEAN;
    case LFFI_IS_FALSE: return KIND_BOOLEAN;
    default: return 0;
    }
    /* clang-format on */
}

static INLINE uint64_t bits_of(lua_Number value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Loads the `n` arguments from `arg` on into the registers that the parameters have left. Returns
 * their kinds; 0 when there is none or one is not plain. */
static INLINE uint64_t load_variadic(const struct lffi_plan *plan, const struct lffi_value *arg,
                                     ptrdiff_t n, struct lffi_registers *regs)
{
    uint64_t kinds = 0;
    uint32_t gprs = plan->end.gprs;
    uint32_t fprs = plan->end.fprs;
    if (n > MAX_KINDS)
        return 0;
    for (ptrdiff_t i = 0; i < n; i++, arg++) {
        unsigned kind = KIND_FLOAT;
        if (lffi_kind_in_place(arg) == LFFI_IS_FLOAT && fprs < LFFI_VARIADIC_FPRS(&plan->end))
            regs->fpr[fprs++].d = lffi_float_in_place(arg);
        else if (LFFI_FLOATS_IN_GPRS && lffi_kind_in_place(arg) == LFFI_IS_FLOAT &&
                 gprs < LFFI_GPRS)
            regs->gpr[gprs++] = bits_of(lffi_float_in_place(arg));
        else if (gprs >= LFFI_GPRS || (kind = promoted(arg, &regs->gpr[gprs++])) == 0)
            return 0;
        kinds = kinds << KIND_BITS | kind;
    }
    return kinds;
}

/* Where a format is remembered: Lua's strings lie 16 bytes apart at least. */
static inline unsigned seen_index(const void *text)
{
    return (unsigned)((uintptr_t)text >> 5) % LFFI_SEEN_FORMATS;
}

/* The larger kind of each argument, when all that differs is the size of integers; 0 otherwise. */
static LFFI_NOINLINE uint64_t united_kinds(uint64_t a, uint64_t b)
{
    uint64_t united = 0;
    for (unsigned shift = 0; shift < MAX_KINDS * KIND_BITS; shift += KIND_BITS) {
        uint64_t x = a >> shift & KIND_MASK;
        uint64_t y = b >> shift & KIND_MASK;
        if (x != y && (x == 0 || y == 0 || x > KIND_64 || y > KIND_64))
            return 0;
        united |= (x > y ? x : y) << shift;
    }
    return united;
}

static INLINE bool is_known_format(const struct lffi_record *record, const struct lffi_value *arg,
                                   uint64_t kinds)
{
    const struct lffi_seen *seen;
    const void *text;
    if (record->format.text == 0)
        return true;
    text = lffi_string_in_place(&arg[record->format.text - 1]);
    seen = &record->seen[seen_index(text)];
    return seen->text == text &&
           (seen->kinds == kinds || united_kinds(seen->kinds, kinds) == seen->kinds);
}

/* A format may be remembered when the kinds are all that its check depends on. */
static bool is_lasting(lua_State *L, const struct lffi_record *record)
{
    const struct lffi_library *lib = record->callee.lib;
    enum lffi_policy policy = lib->has_policy ? lib->policy : record->plan->ct->scope->policy;
    return policy <= LFFI_STRICT && record->format.first > record->plan->nparams &&
           record->format.text <= record->plan->nparams &&
           lua_type(L, (int)record->format.text) == LUA_TSTRING;
}

/* Calls the general way, which reads the format, and remembers it when it fits. */
static LFFI_NOINLINE int call_and_remember(lua_State *L, struct lffi_record *record, uint64_t kinds)
{
    int text = (int)record->format.text;
    bool lasting = is_lasting(L, record);
    int nresults = lffi_call_function(L);
    if (lasting && lua_checkstack(L, 2)) {
        const void *string = lffi_string_in_place(&lffi_arguments(L)[text - 1]);
        struct lffi_seen *seen = &record->seen[seen_index(string)];
        uint64_t united = seen->text == string ? united_kinds(seen->kinds, kinds) : 0;
        lua_pushvalue(L, lua_upvalueindex(LFFI_UPVALUE_RECORD));
        lua_pushvalue(L, text);
        lua_setiuservalue(L, -2, (int)seen_index(string) + 1);
        lua_pop(L, 1);
        *seen = (struct lffi_seen){string, united != 0 ? united : kinds};
    }
    return nresults;
}

/* ---- entry points ---------------------------------------------------------------------------- */

/* What comes back, as far as it is known when a function is fetched: nothing, an int, 64 bits with
 * or without a sign; of any other the record knows. */
enum answer { ANSWER_NOTHING, ANSWER_INT, ANSWER_WIDE, ANSWER_ANY };

static INLINE const struct lffi_record *record_of(const struct lffi_call *running)
{
    const char *callee = (const char *)running->callee;
    return (const void *)(callee - offsetof(struct lffi_record, callee));
}

/* Whatever the call needs is read from `running`: nothing has to be saved while C runs. */
static INLINE int push_answer(const struct lffi_call *running, uint64_t word, enum answer answer)
{
    if (answer == ANSWER_NOTHING)
        return 0;
    if (answer == ANSWER_ANY || (answer == ANSWER_WIDE && (int64_t)word < 0))
        return push_word(running->L, record_of(running), word);
    lffi_place_integer(running->L, answer == ANSWER_INT ? (int32_t)(uint32_t)word : (int64_t)word);
    return 1;
}

/* The end of a call, the innermost, of which a callback has failed, or when others want to run Lua.
 */
static const struct lffi_call *end_rarely(int error_number)
{
    struct lffi_call *running = lffi_innermost;
    lffi_come_back(running);
    lffi_leave_quickly(running, running->thread, error_number);
    lffi_after_call(running->L, running->callee->st, running);
    return running;
}

static LFFI_NOINLINE int end_rarely_with_word(uint64_t word, int error_number)
{
    const struct lffi_call *running = end_rarely(error_number);
    return push_word(running->L, record_of(running), word);
}

static LFFI_NOINLINE int end_rarely_with_float(double number, int error_number)
{
    const struct lffi_call *running = end_rarely(error_number);
    return push_float(running->L, record_of(running), number);
}

/* The call when others want to run Lua. */
static LFFI_NOINLINE int run_attended(const unsigned char *frame, enum reach reach)
{
    struct lffi_call *running = lffi_innermost;
    uint64_t word;
    lffi_let_go(running);
    word = invoke_word(record_of(running)->pub.address, frame, reach);
    return end_rarely_with_word(word, *running->thread->error_number);
}

static LFFI_NOINLINE int run_float_attended(const unsigned char *frame, enum reach reach)
{
    struct lffi_call *running = lffi_innermost;
    double number;
    lffi_let_go(running);
    number = invoke_float(record_of(running)->pub.address, frame, reach);
    return end_rarely_with_float(number, *running->thread->error_number);
}

static INLINE int run_word(lua_State *L, const struct lffi_record *record,
                           const unsigned char *frame, enum reach reach, enum answer answer)
{
    struct lffi_call running;
    struct lffi_thread *thread;
    int *errno_now = lffi_thread.error_number;
    uint64_t word;
    int error_number;
    if (errno_now == NULL)
        return NOT_PLAIN;
    if (lffi_enter_quickly(L, &record->callee, &running, errno_now))
        return results(run_attended(frame, reach));
    word = invoke_word(record->pub.address, frame, reach);
    thread = running.thread;
    error_number = *thread->error_number;
    if (lffi_is_kept_out(&running, thread->error_number))
        return results(end_rarely_with_word(word, error_number));
    lffi_leave_quickly(&running, thread, error_number);
    return push_answer(&running, word, answer);
}

static INLINE int run_float(lua_State *L, const struct lffi_record *record,
                            const unsigned char *frame, enum reach reach)
{
    struct lffi_call running;
    struct lffi_thread *thread;
    int *errno_now = lffi_thread.error_number;
    double number;
    int error_number;
    if (errno_now == NULL)
        return NOT_PLAIN;
    if (lffi_enter_quickly(L, &record->callee, &running, errno_now))
        return results(run_float_attended(frame, reach));
    number = invoke_float(record->pub.address, frame, reach);
    thread = running.thread;
    error_number = *thread->error_number;
    if (lffi_is_kept_out(&running, thread->error_number))
        return results(end_rarely_with_float(number, error_number));
    lffi_leave_quickly(&running, thread, error_number);
    return push_float(running.L, record_of(&running), number);
}

static INLINE bool is_callable(lua_State *L, const struct lffi_record *record,
                               const struct lffi_value *first, ptrdiff_t nparams)
{
    return lffi_count_arguments(L, first) == nparams && record->callee.lib->open;
}

/* Inlined into each entry point, where all but L is constant. */
static INLINE int direct(lua_State *L, unsigned char *frame, enum reach reach, enum answer answer,
                         bool is_float)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_plan *plan = record->plan;
    if (!is_callable(L, record, first, reach == REACH_NOTHING ? 0 : (ptrdiff_t)plan->nparams) ||
        (reach != REACH_NOTHING && !load(record, first, frame, reach)))
        return NOT_PLAIN;
    return is_float ? run_float(L, record, frame, reach)
                    : run_word(L, record, frame, reach, answer);
}

/* One to three integers, no enumerators among them: how many is constant, too. */
static INLINE int integers(lua_State *L, uint64_t *word, int n, enum answer answer)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_param *param = record->plan->param;
    if (!is_callable(L, record, first, n))
        return NOT_PLAIN;
    for (int i = 0; i < n; i++) {
        lua_Integer value = lffi_integer_in_place(&first[i]);
        if (lffi_kind_in_place(&first[i]) != LFFI_IS_INTEGER ||
            !lffi_is_within(&param[i].plain, value))
            return NOT_PLAIN;
        slot_word(param[i].op, (uint64_t)value, (unsigned char *)&word[i]);
    }
    return run_word(L, record, (const unsigned char *)word, reach_of(n), answer);
}

/* One to three arguments in general registers, read at once. */
static INLINE int words(lua_State *L, uint64_t *word, int n, enum answer answer)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_param *param = record->plan->param;
    if (!is_callable(L, record, first, n))
        return NOT_PLAIN;
    for (int i = 0; i < n; i++)
        if (!slot_put_at_once(&param[i], &first[i], (unsigned char *)&word[i]))
            return NOT_PLAIN;
    if (record->nonnull != 0)
        for (int i = 0; i < n; i++)
            if ((record->nonnull >> i & 1) != 0 && word[i] == 0)
                return NOT_PLAIN;
    return run_word(L, record, (const unsigned char *)word, reach_of(n), answer);
}

/* One to three floating arguments. */
static INLINE int floats(lua_State *L, unsigned char *frame, int n)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_param *param = record->plan->param;
    union lffi_fpr *fpr = ((struct few_floats *)(void *)frame)->fpr;
    if (!is_callable(L, record, first, n))
        return NOT_PLAIN;
    for (int i = 0; i < n; i++)
        if (!slot_number(&param[i], &first[i], (unsigned char *)&fpr[i]))
            return NOT_PLAIN;
    /* All are passed: clang takes a path that passes what was never written for one never taken. */
    for (int i = n; i < FEW; i++)
        fpr[i].d = 0;
    return run_float(L, record, frame, REACH_FLOATS);
}

static OUTLINE int variadic(lua_State *L, unsigned char *frame)
{
    const struct lffi_value *first = lffi_arguments(L);
    const struct lffi_record *record = lffi_bound(first);
    const struct lffi_plan *plan = record->plan;
    ptrdiff_t n = lffi_count_arguments(L, first) - (ptrdiff_t)plan->nparams;
    uint64_t kinds;
    if (n < 0 || !record->callee.lib->open || plan->ct->scope->luajit ||
        !load(record, first, frame, REACH_VARIADIC))
        return NOT_PLAIN;
    kinds = load_variadic(plan, first + plan->nparams, n, (struct lffi_registers *)frame);
    if (kinds == 0)
        return NOT_PLAIN;
    if (!is_known_format(record, first, kinds))
        return call_and_remember(L, (struct lffi_record *)(uintptr_t)record, kinds);
    return run_word(L, record, frame, REACH_VARIADIC, ANSWER_ANY);
}

/* The entry point `name`. Its frame is gone when a call is not plain: that one has its own. */
#define ENTRY(name, room, call, otherwise)                      \
    static OUTLINE int name##_if_plain(lua_State *L)            \
    {                                                           \
        room room_of_frame;                                     \
        unsigned char *frame = (unsigned char *)&room_of_frame; \
        return call;                                            \
    }                                                           \
    static LFFI_NOINLINE int name(lua_State *L)                 \
    {                                                           \
        int nresults = name##_if_plain(L);                      \
        return nresults == NOT_PLAIN ? otherwise(L) : nresults; \
    }
#define DIRECT(name, room, reach, answer, is_float) \
    ENTRY(name, room, direct(L, frame, reach, answer, is_float), lffi_call_function)
#define FEW_WORDS(n, name, answer)                                                           \
    ENTRY(words##n##_to_##name, struct lffi_general, words(L, GPRS(frame), n, answer),       \
          words_to_word)                                                                     \
    ENTRY(integers##n##_to_##name, struct lffi_general, integers(L, GPRS(frame), n, answer), \
          words##n##_to_##name)
#define FEW_FLOATS(n) \
    ENTRY(floats##n##_to_float, struct few_floats, floats(L, frame, n), lffi_call_function)
#define BY_ANSWER(CALLERS, ...)                   \
    CALLERS(__VA_ARGS__, nothing, ANSWER_NOTHING) \
    CALLERS(__VA_ARGS__, int, ANSWER_INT)         \
    CALLERS(__VA_ARGS__, wide, ANSWER_WIDE)       \
    CALLERS(__VA_ARGS__, word, ANSWER_ANY)
#define NO_WORDS(from, to, answer) \
    DIRECT(from##_to_##to, struct lffi_general, REACH_NOTHING, answer, false)
DIRECT(words_to_word, struct lffi_general, REACH_WORDS, ANSWER_ANY, false)
BY_ANSWER(NO_WORDS, nothing)
BY_ANSWER(FEW_WORDS, 1)
BY_ANSWER(FEW_WORDS, 2)
BY_ANSWER(FEW_WORDS, 3)
FEW_FLOATS(1)
FEW_FLOATS(2)
FEW_FLOATS(3)
DIRECT(all_to_word, struct lffi_registers, REACH_ALL, ANSWER_ANY, false)
DIRECT(all_to_float, struct lffi_registers, REACH_ALL, ANSWER_ANY, true)
DIRECT(stack_to_word, struct frame, REACH_STACK, ANSWER_ANY, false)
ENTRY(variadic_to_word, struct lffi_registers, variadic(L, frame), lffi_call_function)

/* ---- pointers -------------------------------------------------------------------------------- */

/* Whether the pointer, the first argument, may be one to a callback: those carry a number. */
static INLINE bool may_be_callback(const struct lffi_state *st, const struct lffi_value *pointer)
{
    const struct lffi_value *carried = NULL;
    if (st->ref_callbacks != 0)
        carried = lffi_user_value_in_place(pointer);
    return carried != NULL && lffi_kind_in_place(carried) == LFFI_IS_INTEGER;
}

static INLINE int run_pointer(lua_State *L, const struct lffi_plan *plan, const void *code,
                              const unsigned char *frame, enum reach reach)
{
    struct lffi_callee callee = {plan->ct->scope->st, NULL, code};
    struct lffi_call running;
    void (*address)(void);
    uint64_t word;
    bool is_float = plan->result.op == LFFI_FLOAT || plan->result.op == LFFI_DOUBLE;
    memcpy(&address, &code, sizeof address);
    lffi_enter_c(L, &callee, &running);
    if (is_float) {
        double number = invoke_float(address, frame, REACH_ALL);
        memcpy(&word, &number, sizeof word);
    } else {
        word = invoke_word(address, frame, reach);
    }
    if (lffi_leave_c(&running))
        lffi_after_call(L, callee.st, &running);
    if (plan->result.op == LFFI_VOID)
        return 0;
    if (!lffi_fast_load(L, plan->result.op, &word))
        lffi_load(L, plan->result.ct, &word, 0);
    return 1;
}

int lffi_quick_call_pointer(lua_State *L, const struct lffi_ctype *ct, const void *code)
{
    const struct lffi_value *pointer = lffi_arguments(L);
    const struct lffi_plan *plan = ct->base->plan;
    const struct lffi_state *st = ct->scope->st;
    struct lffi_registers regs;
    unsigned char *frame = (unsigned char *)&regs;
    if (plan == NULL || !plan->in_registers || plan->variadic || plan->end.stack > 0 ||
        plan->ct->type->annotated || st->beginning != NULL || may_be_callback(st, pointer) ||
        lffi_count_arguments(L, pointer) != (ptrdiff_t)plan->nparams + 1 ||
        !slots_put(plan->param, plan->nparams, pointer + 1, frame))
        return NOT_PLAIN;
    if (plan->end.fprs == 0 && plan->end.gprs <= FEW)
        return run_pointer(L, plan, code, frame, REACH_WORDS);
    return run_pointer(L, plan, code, frame, REACH_ALL);
}

/* ---- which functions ------------------------------------------------------------------------- */

static bool is_direct(const struct lffi_record *record)
{
    const struct lffi_plan *plan = record->plan;
    return plan->in_registers && record->borrows == 0 && record->callee.lib != NULL &&
           plan->end.stack <= (plan->variadic ? 0 : 8 * STACK_WORDS);
}

/* By the number of arguments, and the answer. */
#define TO_ANSWERS(from)                                                 \
    {                                                                    \
        from##_to_nothing, from##_to_int, from##_to_wide, from##_to_word \
    }
static const lua_CFunction few_words[FEW + 1][ANSWER_ANY + 1] = {
    TO_ANSWERS(nothing), TO_ANSWERS(words1), TO_ANSWERS(words2), TO_ANSWERS(words3)};
static const lua_CFunction few_integers[FEW + 1][ANSWER_ANY + 1] = {
    TO_ANSWERS(nothing), TO_ANSWERS(integers1), TO_ANSWERS(integers2), TO_ANSWERS(integers3)};
static const lua_CFunction others[] = {all_to_float,     floats1_to_float, floats2_to_float,
                                       floats3_to_float, all_to_word,      stack_to_word,
                                       variadic_to_word};

static lua_CFunction float_caller(const struct lffi_plan *plan)
{
    const struct lffi_assign *end = &plan->end;
    if (end->stack > 0)
        return NULL;
    return others[end->gprs == 0 && end->fprs <= FEW ? end->fprs : 0];
}

static enum answer answer_of(const struct lffi_param *result)
{
    if (result->op == LFFI_VOID)
        return ANSWER_NOTHING;
    if (result->op == LFFI_I64 || result->op == LFFI_U64)
        return ANSWER_WIDE;
    return result->op == LFFI_I32 ? ANSWER_INT : ANSWER_ANY;
}

static bool has_integers_alone(const struct lffi_plan *plan)
{
    for (uint32_t i = 0; i < plan->nparams; i++)
        if (!lffi_is_word(plan->param[i].ct->op))
            return false;
    return true;
}

static lua_CFunction word_caller(const struct lffi_plan *plan)
{
    const struct lffi_assign *end = &plan->end;
    enum answer answer = answer_of(&plan->result);
    if (end->stack > 0)
        return stack_to_word;
    if (end->fprs > 0 || end->gprs > FEW)
        return all_to_word;
    return (has_integers_alone(plan) ? few_integers : few_words)[plan->nparams][answer];
}

static bool is_one_of(lua_CFunction fn, const lua_CFunction *callers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (callers[i] == fn)
            return true;
    return false;
}

bool lffi_is_direct_caller(lua_CFunction fn)
{
    return is_one_of(fn, *few_words, sizeof few_words / sizeof **few_words) ||
           is_one_of(fn, *few_integers, sizeof few_integers / sizeof **few_integers) ||
           is_one_of(fn, others, sizeof others / sizeof *others);
}

lua_CFunction lffi_direct_caller(const struct lffi_record *record)
{
    const struct lffi_plan *plan = record->plan;
    if (!lffi_peeks(record->callee.st) || !is_direct(record))
        return NULL;
    if (plan->result.op == LFFI_FLOAT || plan->result.op == LFFI_DOUBLE)
        return plan->variadic ? NULL : float_caller(plan);
    return plan->variadic ? variadic_to_word : word_caller(plan);
}

#endif
