/* One run of a callback, for run.c, enter.c and report.c. */
#ifndef LFFI_RUN_H
#define LFFI_RUN_H

#include "callback/slot.h"

struct invocation {
    const struct lffi_slot *slot;
    const struct lffi_plan *plan; /* kept here: the function may free its own slot */
    const struct lffi_registers *in;
    const unsigned char *stack;
    struct lffi_return *ret;
    int nresults; /* of the function: 0, or all of them */
};

static inline const unsigned char *lffi_run_base(const struct invocation *run,
                                                 const struct lffi_param *param)
{
    return lffi_argument_base(run->plan, run->in, run->stack, param);
}

/* ---- the protected parts, C functions of Lua's ----------------------------------------------- */

/* Stack: the invocation. */
int lffi_run_function(lua_State *L);
/* Stack: the invocation, the function, whose results it returns. Of the quick way. */
int lffi_run_call(lua_State *L);
/* Stack: the invocation, the function, what it returned. */
int lffi_run_result(lua_State *L);
/* Stack: the callback's own onerror, the error, the invocation. */
int lffi_run_onerror(lua_State *L);
/* Where such a part has the callback's function on its stack; 0: it is none. */
int lffi_function_of_part(lua_CFunction part);
/* Whether the part, which runs at that level, runs a callback of LuaJIT's rules. */
bool lffi_is_part_of_luajit(lua_State *L, const lua_Debug *ar, lua_CFunction part);

#endif
