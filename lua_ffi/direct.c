/* The shortest way from Lua to C: functions whose arguments and result are scalars in registers, called
 * with plain Lua values.
 *
 * Depends on plain.h and on call.c, which gets every call that is not plain (and then starts anew:
 * nothing has happened yet). The frame is the registers alone; which of the few entry points a
 * function gets is decided when its Lua function is made.
 */
#include <errno.h>

#include "plain.h"

#ifdef LFFI_ABI_GENERIC

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

#else

#ifdef LFFI_ABI_SYSV
#define GPR_TYPES uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define GPR_VALUES(g) (g)[0], (g)[1], (g)[2], (g)[3], (g)[4], (g)[5]
#else
#define GPR_TYPES \
    uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t
#define GPR_VALUES(g) (g)[0], (g)[1], (g)[2], (g)[3], (g)[4], (g)[5], (g)[6], (g)[7]
#endif
#define FPR_TYPES double, double, double, double, double, double, double, double
#define FPR_VALUES(f) (f)[0].d, (f)[1].d, (f)[2].d, (f)[3].d, (f)[4].d, (f)[5].d, (f)[6].d, (f)[7].d

/* How many arguments of each kind an entry point passes. */
enum reach { REACH_WORDS, REACH_FLOATS, REACH_ALL };
enum { FEW = 3 }; /* registers of REACH_WORDS and of REACH_FLOATS */

typedef uint64_t word_of_words(uint64_t, uint64_t, uint64_t);
typedef uint64_t word_of_all(GPR_TYPES, FPR_TYPES);
typedef double float_of_floats(double, double, double);
typedef double float_of_all(GPR_TYPES, FPR_TYPES);

static inline uint64_t invoke_word(void (*address)(void), const struct lffi_registers *regs,
                                   enum reach reach)
{
    const uint64_t *g = regs->gpr;
    const union lffi_fpr *f = regs->fpr;
    if (reach == REACH_WORDS)
        return ((word_of_words *)address)(g[0], g[1], g[2]);
    return ((word_of_all *)address)(GPR_VALUES(g), FPR_VALUES(f));
}

static inline double invoke_float(void (*address)(void), const struct lffi_registers *regs,
                                  enum reach reach)
{
    const uint64_t *g = regs->gpr;
    const union lffi_fpr *f = regs->fpr;
    if (reach == REACH_FLOATS)
        return ((float_of_floats *)address)(f[0].d, f[1].d, f[2].d);
    return ((float_of_all *)address)(GPR_VALUES(g), FPR_VALUES(f));
}

/* What an entry point knows of its arguments. */
enum arguments { INTEGERS, DOUBLES, SCALARS };

static inline __attribute__((always_inline)) bool load(lua_State *L, const struct lffi_plan *plan,
                                                       struct lffi_registers *regs,
                                                       enum arguments arguments)
{
    const struct lffi_param *param = plan->param;
    int nparams = (int)plan->nparams;
    for (int i = 0; i < nparams; i++, param++) {
        unsigned char *slot = (unsigned char *)regs + param->to;
        bool done;
        if (arguments == INTEGERS)
            done = plain_integer(L, param, i + 1, (uint64_t *)(void *)slot);
        else if (arguments == DOUBLES)
            done = plain_double(L, i + 1, (double *)(void *)slot);
        else
            done = plain_store(L, param, i + 1, slot);
        if (!done)
            return false;
    }
    return true;
}

/* The result slot is one register, in `slot` as memory has it. */
static int push_scalar(lua_State *L, const struct lffi_plan *plan, const void *slot)
{
    if (!plain_push(L, plan->result.op, slot))
        lffi_load(L, plan->result.ct, slot, 0);
    return 1;
}

static inline __attribute__((always_inline)) int push_word(lua_State *L,
                                                           const struct lffi_plan *plan,
                                                           uint64_t word)
{
    if (plan->result.op == LFFI_VOID)
        return 0;
    if (!LFFI_IS_WORD(plan->result.op) || (plan->result.op == LFFI_U64 && word > INT64_MAX))
        return push_scalar(L, plan, &word);
    word <<= plan->result_shift;
    lua_pushinteger(L, plan->result_signed ? (int64_t)word >> plan->result_shift
                                           : (int64_t)(word >> plan->result_shift));
    return 1;
}

static inline __attribute__((always_inline)) int push_float(lua_State *L,
                                                            const struct lffi_plan *plan,
                                                            double number)
{
    float single;
    memcpy(&single, &number, sizeof single);
    lua_pushnumber(L, plan->result.op == LFFI_DOUBLE ? number : (lua_Number)single);
    return 1;
}

/* One call; inlined into each entry point, where all but L is constant. */
static inline __attribute__((always_inline)) int direct(lua_State *L, enum arguments arguments,
                                                        enum reach reach, bool is_float)
{
    const struct lffi_record *record = lua_touserdata(L, lua_upvalueindex(LFFI_UPVALUE_ADDRESS));
    const struct lffi_plan *plan = record->plan;
    struct lffi_state *st = record->st;
    struct lffi_registers regs;
    struct lffi_call running;
    int *error_number;
    uint64_t word = 0;
    double number = 0;
    if (lua_gettop(L) != (int)plan->nparams || !record->pub.lib->open ||
        !load(L, plan, &regs, arguments))
        return lffi_call_function(L);
    running = (struct lffi_call){
        .outer = lffi_innermost, .L = L, .st = st, .lib = record->pub.lib};
    if (st->gate != NULL)
        atomic_store_explicit(&st->gate->owner, &lffi_innermost, memory_order_relaxed);
    lffi_innermost = &running;
    error_number = &errno;
    *error_number = st->saved_errno;
    if (is_float)
        number = invoke_float(record->pub.address, &regs, reach);
    else
        word = invoke_word(record->pub.address, &regs, reach);
    st->saved_errno = *error_number;
    lffi_innermost = running.outer;
    if (lffi_call_left_something(st, &running))
        lffi_after_call(L, st, &running);
    return is_float ? push_float(L, plan, number) : push_word(L, plan, word);
}

#define ENTRY(name, arguments, reach, is_float)                                                    \
    static int name(lua_State *L)                                                                  \
    {                                                                                              \
        return direct(L, arguments, reach, is_float);                                              \
    }
ENTRY(integers_to_word, INTEGERS, REACH_WORDS, false)
ENTRY(doubles_to_float, DOUBLES, REACH_FLOATS, true)
ENTRY(words_to_word, SCALARS, REACH_WORDS, false)
ENTRY(floats_to_float, SCALARS, REACH_FLOATS, true)
ENTRY(all_to_word, SCALARS, REACH_ALL, false)
ENTRY(all_to_float, SCALARS, REACH_ALL, true)

/* Scalars that one register holds and that plain_store and lffi_load know. */
static bool is_scalar(const struct lffi_param *param)
{
    return param->op <= LFFI_U64 || param->op == LFFI_FLOAT || param->op == LFFI_DOUBLE ||
           param->op == LFFI_POINTER;
}

static bool is_direct(const struct lffi_record *record)
{
    const struct lffi_plan *plan = record->plan;
    if (plan->variadic || plan->by_libffi || plan->copies != 0 || plan->end.stack != 0 ||
        plan->end.wide || record->nonnull != 0 || record->borrows != 0 || record->format.text != 0 ||
        record->pub.lib == NULL || plan->result_kind != LFFI_RETURN_WORDS)
        return false;
    for (uint32_t i = 0; i < plan->nparams; i++) {
        if (!is_scalar(&plan->param[i]) || plan->param[i].pieces != 1)
            return false;
    }
    return is_scalar(&plan->result);
}

bool lffi_is_direct_caller(lua_CFunction fn)
{
    return fn == integers_to_word || fn == doubles_to_float || fn == words_to_word ||
           fn == floats_to_float || fn == all_to_word || fn == all_to_float;
}

/* True when every parameter's op is between the two. */
static bool all_within(const struct lffi_plan *plan, enum lffi_op first, enum lffi_op last)
{
    for (uint32_t i = 0; i < plan->nparams; i++) {
        if (plan->param[i].op < first || plan->param[i].op > last)
            return false;
    }
    return true;
}

lua_CFunction lffi_direct_caller(const struct lffi_record *record)
{
    const struct lffi_plan *plan = record->plan;
    const struct lffi_assign *end = &plan->end;
    bool is_float = plan->result.op == LFFI_FLOAT || plan->result.op == LFFI_DOUBLE;
    if (!is_direct(record))
        return NULL;
    if (!is_float && end->fprs == 0 && end->gprs <= FEW)
        return all_within(plan, LFFI_I8, LFFI_U64) ? integers_to_word : words_to_word;
    if (is_float && end->gprs == 0 && end->fprs <= FEW)
        return all_within(plan, LFFI_DOUBLE, LFFI_DOUBLE) ? doubles_to_float : floats_to_float;
    return is_float ? all_to_float : all_to_word;
}

#endif
