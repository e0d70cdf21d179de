/* The crash guard of the prompt: while it runs a function, SIGSEGV, SIGBUS, SIGFPE and SIGABRT of
 * this thread become Lua errors. Never for scripts: what C was doing is left half done.
 *
 * Depends on running.c for the call that crashed. The handler runs on a stack of its own, for C's
 * may have overflowed, and leaves C's frames by Lua's longjmp: it raises in the Lua thread that
 * called C, which is between two operations of Lua's. A fault without a running call is one of our
 * own reads or writes through a pointer, and raises in the Lua thread that the guard runs. Loans of
 * callbacks are to-be-closed values, so the raise ends them as any other does.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "face/face.h"
#include "object/running.h"

enum { STACK = 1 << 18, SIGNALS = 4, SHOWN = 40 };
static const int signals[SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
static const char *const signal_names[SIGNALS] = {"SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT"};

struct lffi_guard {
    lua_State *L;
    struct lffi_call *innermost; /* when it began */
    struct sigaction before[SIGNALS];
    stack_t stack; /* what was there before */
};

/* ---- what is said ---------------------------------------------------------------------------- */

static const char *name_of(int number)
{
    int i = 0;
    while (i < SIGNALS - 1 && signals[i] != number)
        i++;
    return signal_names[i];
}

/* Pushes an argument as short text; no metamethod is called. */
static void push_argument(lua_State *L, struct lffi_state *st, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    void *pointer = NULL;
    if (cd != NULL && cd->ct->op == LFFI_POINTER) {
        memcpy(&pointer, cd->addr, sizeof pointer);
        lua_pushfstring(L, "%p", pointer);
    } else if (lua_type(L, idx) == LUA_TSTRING && lua_rawlen(L, idx) <= SHOWN) {
        lua_pushfstring(L, "\"%s\"", lua_tostring(L, idx));
    } else if (lua_type(L, idx) == LUA_TNUMBER) {
        lua_pushvalue(L, idx);
        lua_tostring(L, -1);
    } else if (lua_isnil(L, idx)) {
        lua_pushliteral(L, "NULL");
    } else {
        lua_pushstring(L, luaL_typename(L, idx));
    }
}

/* Pushes "strlen(0x8)": the C function that L runs, with its arguments. */
static const char *push_call(lua_State *L, struct lffi_state *st)
{
    lua_Debug ar;
    const struct lffi_function *fn;
    int top = lua_gettop(L);
    int nargs;
    lua_getstack(L, 0, &ar);
    lua_getinfo(L, "nf", &ar);
    fn = lffi_to_function(L, -1);
    if (fn == NULL) {
        lua_pushfstring(L, "%s", ar.name != NULL ? ar.name : "a function pointer");
        return lua_tostring(L, -1);
    }
    nargs = (int)fn->decl->type->nparams < top ? (int)fn->decl->type->nparams : top;
    lua_pushfstring(L, "%s(", fn->name);
    for (int i = 1; i <= nargs; i++) {
        if (i > 1)
            lua_pushliteral(L, ", ");
        push_argument(L, st, i);
        lua_concat(L, i > 1 ? 3 : 2);
    }
    lua_pushstring(L, fn->decl->type->variadic ? ", ..)" : ")");
    lua_concat(L, 2);
    return lua_tostring(L, -1);
}

/* ---- the handler ----------------------------------------------------------------------------- */

/* Whether what L runs is the C function of a call, not what Lua code does in a callback. */
static bool is_calling(lua_State *L)
{
    lua_Debug ar;
    bool calling;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (!lua_getstack(L, 0, &ar) || !lua_getinfo(L, "f", &ar))
        return false;
    calling = lffi_to_function(L, -1) != NULL;
    if (!calling && lua_gettop(L) > 1 && luaL_getmetafield(L, 1, "__call") != LUA_TNIL) {
        calling = lua_rawequal(L, -1, -2); /* a function pointer's */
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return calling;
}

static _Noreturn void raise_crash(struct lffi_guard *guard, int number, const void *address)
{
    struct lffi_call *running = lffi_innermost;
    lua_State *L = running != guard->innermost ? running->L : guard->L;
    if (running == guard->innermost || !is_calling(L)) {
        luaL_error(L, "memory at %p cannot be used (%s)", address, name_of(number));
        abort();
    }
    lffi_come_back(running);
    lffi_innermost = running->outer;
    if (number == SIGABRT || number == SIGFPE)
        luaL_error(L, "C crashed (%s) in %s", name_of(number), push_call(L, running->callee->st));
    luaL_error(L, "C crashed (%s at %p) in %s", name_of(number), address,
               push_call(L, running->callee->st));
    abort();
}

/* Whether the thread did it itself; abort() sends its signal by the thread's number. */
static bool is_own(int number, const siginfo_t *info)
{
    if (number == SIGABRT)
        return info->si_code == SI_TKILL && info->si_pid == getpid();
    return info->si_code > 0;
}

/* A signal of another thread, or one that somebody sent, does what it does without a guard: the
 * instruction is run again, or the signal comes again when the handler returns. */
static void crashed(int number, siginfo_t *info, void *context)
{
    struct lffi_guard *guard = lffi_thread.guard;
    (void)context;
    if (guard != NULL && is_own(number, info))
        raise_crash(guard, number, info->si_addr);
    signal(number, SIG_DFL);
    if (info->si_code <= 0)
        raise(number);
}

/* ---- the guard ------------------------------------------------------------------------------- */

static void begin(struct lffi_guard *guard, void *stack)
{
    stack_t own = {.ss_sp = stack, .ss_size = STACK};
    struct sigaction action = {.sa_sigaction = crashed,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaltstack(&own, &guard->stack);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &guard->before[i]);
    lffi_thread.guard = guard;
}

/* Handlers that the function has set itself stay. */
static void end(struct lffi_guard *guard)
{
    struct sigaction now;
    lffi_thread.guard = NULL;
    lffi_innermost = guard->innermost;
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
            now.sa_sigaction == crashed)
            sigaction(signals[i], &guard->before[i], NULL);
    sigaltstack(&guard->stack, NULL);
}

/* guard(fn, ...): calls fn(...) and returns or raises what that does. One within another is
 * nothing. */
static int run_guarded(lua_State *L)
{
    struct lffi_guard guard = {.L = L, .innermost = lffi_innermost};
    int nargs = lua_gettop(L) - 1;
    int status;
    if (lffi_thread.guard != NULL) {
        lua_call(L, nargs, LUA_MULTRET);
        return lua_gettop(L);
    }
    lua_newuserdatauv(L, STACK, 0);
    lua_insert(L, 1);
    begin(&guard, lua_touserdata(L, 1));
    status = lua_pcall(L, nargs, LUA_MULTRET, 0);
    end(&guard);
    if (status != LUA_OK)
        lua_error(L);
    return lua_gettop(L) - 1;
}

void lffi_open_guard(lua_State *L)
{
    lua_pushcfunction(L, run_guarded);
    lua_setfield(L, LUA_REGISTRYINDEX, "cffi.guard");
}
