/* ffi.async, ffi.threads, ffi.worker: C functions that run on threads of the module's own
 * (docs/design.md S28). lib/cffi/task.lua has ffi.await and ffi.run.
 *
 * Depends on call/task.c for what the thread sees and on callback/ for waiting. A task's object
 * holds its coroutine, on which the call is prepared, waits and ends; while the task is not done
 * the state's table holds the object. Crews are process memory: the state has one, each worker its
 * own.
 */
#include <string.h>
#include <unistd.h>

#include "call/task.h"
#include "callback/callback.h"
#include "face/face.h"
#include "object/argument.h"

enum { THREADS = 4, MANY_THREADS = 1024 };

static const char task_key = 0, worker_key = 0; /* registry: metatables */

struct handle {
    struct lffi_task *task;
};

struct worker {
    struct lffi_crew *crew; /* NULL: closed */
    pid_t process;
};

/* ---- the table of tasks that are not done ---------------------------------------------------- */

static void push_tasks(lua_State *L, struct lffi_state *st)
{
    if (st->ref_tasks == 0) {
        lua_newtable(L);
        st->ref_tasks = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, st->ref_tasks);
}

/* Holds the object at idx, or (0) none any more. */
static void set_held(lua_State *L, struct lffi_state *st, const struct lffi_task *task, int idx)
{
    push_tasks(L, st);
    if (idx != 0)
        lua_pushvalue(L, idx);
    else
        lua_pushnil(L);
    lua_rawsetp(L, -2, task);
    lua_pop(L, 1);
}

/* Lets go of those that are done. */
static void sweep(lua_State *L, struct lffi_state *st)
{
    push_tasks(L, st);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        const struct handle *handle = lua_touserdata(L, -1);
        bool done;
        lffi_lock_universe(&handle->task->gate->universe);
        done = handle->task->state == LFFI_TASK_DONE;
        lffi_unlock_universe(&handle->task->gate->universe, false);
        if (!done)
            continue;
        lua_pushnil(L);
        lua_rawsetp(L, -4, handle->task);
    }
    lua_pop(L, 1);
}

/* ---- beginning ------------------------------------------------------------------------------- */

static struct lffi_gate *gate_of(lua_State *L, struct lffi_state *st)
{
    struct lffi_gate *gate;
    if (st->closing)
        luaL_error(L, "no task can begin while the Lua state closes");
    gate = lffi_gate_of(st);
    if (gate == NULL)
        luaL_error(L, "not enough memory");
    return gate;
}

/* A whole Lua call, for functions whose way cannot be cut in two: on the thread, as a guest. */
static void run_lua(void *data)
{
    struct lffi_task *task = data;
    int nargs = lua_gettop(task->L) - 1;
    task->status = lua_pcall(task->L, nargs, LUA_MULTRET, 0);
    task->nresults = task->status == LUA_OK ? lua_gettop(task->L) : 1;
    task->error_number = task->st->saved_errno;
}

static void run_whole(struct lffi_job *job)
{
    struct lffi_task *task = (struct lffi_task *)job; /* its first member */
    if (!lffi_begin_task(task))
        return;
    if (!lffi_run_as_guest(task->gate, task->st, run_lua, task))
        task->cancelled = true;
    lffi_finish_task(task);
}

/* Whether its conversions and its call can be done one after the other, the call elsewhere. */
static bool is_divisible(lua_State *L, struct lffi_state *st, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    lua_CFunction fn = lua_tocfunction(L, idx);
    const struct lffi_record *record;
    if (cd != NULL)
        return !cd->ct->target->type->annotated;
    record = (const struct lffi_record *)lffi_to_function(L, idx);
    return record->script == NULL && (fn == lffi_call_function || lffi_is_direct_caller(fn));
}

/* Moves the function at idx and the arguments above it to the coroutine. A function of a namespace
 * becomes one that takes the general way. */
static void move_call(lua_State *L, lua_State *T, int idx, bool divisible)
{
    int n = lua_gettop(L) - idx + 1;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (!lua_checkstack(T, n + LUA_MINSTACK))
        luaL_error(L, "stack overflow");
    if (lua_type(L, idx) != LUA_TUSERDATA && divisible) {
        for (int i = LFFI_UPVALUE_ADDRESS; i <= LFFI_UPVALUE_LIBRARY; i++)
            lua_getupvalue(L, idx, i);
        lua_pushcclosure(L, lffi_call_function, 3);
        lua_replace(L, idx);
    }
    lua_xmove(L, T, n);
}

/* Runs the call on its coroutine up to C. Raises what converting an argument raises. */
static void prepare(lua_State *L, struct lffi_state *st, struct lffi_task *task)
{
    lua_State *T = task->L;
    int n;
    st->beginning = task;
    task->status = lua_resume(T, L, lua_gettop(T) - 1, &n);
    st->beginning = NULL;
    if (task->status == LUA_YIELD)
        return;
    if (task->status == LUA_OK)
        abort(); /* every call that begins so comes to call.c's begin_task */
    lua_xmove(T, L, 1);
    lua_error(L);
}

static void check_callable(lua_State *L, struct lffi_state *st, int idx)
{
    const struct lffi_cdata *cd = lffi_to_cdata(L, st, idx);
    if (cd != NULL && cd->ct->op == LFFI_POINTER && cd->ct->target->op == LFFI_FUNCTION)
        return;
    if (lffi_to_function(L, idx) == NULL)
        lffi_expected(L, idx, "C function");
}

/* Pushes the object of a new task of the crew, which calls the function at idx with what is above
 * it; these are popped. */
static struct handle *begin(lua_State *L, struct lffi_state *st, struct lffi_crew *crew, int idx,
                            bool pinned)
{
    struct lffi_gate *gate = gate_of(L, st);
    struct handle *handle;
    bool divisible;
    check_callable(L, st, idx);
    sweep(L, st);
    divisible = is_divisible(L, st, idx);
    handle = lua_newuserdatauv(L, sizeof *handle, 2);
    handle->task = NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &task_key);
    lua_setmetatable(L, -2);
    lua_insert(L, idx);
    handle->task = lffi_make_task(gate);
    if (handle->task == NULL)
        luaL_error(L, "not enough memory");
    handle->task->st = st;
    handle->task->crew = crew;
    handle->task->pinned = pinned;
    handle->task->L = lua_newthread(L);
    lua_setiuservalue(L, idx, 1);
    lua_pushvalue(L, idx + 1); /* for tostring */
    lua_setiuservalue(L, idx, 2);
    move_call(L, handle->task->L, idx + 1, divisible);
    if (divisible)
        prepare(L, st, handle->task);
    else
        handle->task->job.run = run_whole;
    set_held(L, st, handle->task, idx);
    if (!lffi_start_task(handle->task)) {
        set_held(L, st, handle->task, 0);
        luaL_error(L, "the system has no thread left for a task");
    }
    return handle;
}

/* The crew of the state; a forked child, which has none of its threads, gets another one. */
static struct lffi_crew *crew_of(lua_State *L, struct lffi_state *st)
{
    unsigned size = st->crew_size != 0 ? st->crew_size : THREADS;
    if (st->crew == NULL || st->crew_process != getpid()) {
        st->crew = lffi_make_crew(size);
        st->crew_process = getpid();
    }
    if (st->crew == NULL)
        luaL_error(L, "not enough memory");
    return st->crew;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static bool is_done(const struct lffi_gate *gate, void *data)
{
    const struct lffi_task *task = data;
    (void)gate;
    return task->state == LFFI_TASK_DONE;
}

/* Raises when nobody will ever do the task. */
static bool ask_done(lua_State *L, struct lffi_state *st, struct lffi_task *task)
{
    bool done;
    lffi_lock_universe(&task->gate->universe);
    done = is_done(task->gate, task);
    if (done)
        lffi_see_task(task);
    lffi_unlock_universe(&task->gate->universe, false);
    if (!done && task->process != getpid())
        luaL_error(L, "the task runs in the process that this one was forked from");
    if (done)
        set_held(L, st, task, 0);
    return done;
}

/* Whether it is done; if not, those who wait for Lua have a turn, for the task may need them. */
static bool look(lua_State *L, struct lffi_state *st, struct lffi_task *task)
{
    if (ask_done(L, st, task))
        return true;
    if (atomic_load(&task->gate->universe.door.attention) == 0)
        return false;
    lffi_wait_outside(L, st, lffi_now(), is_done, task);
    return ask_done(L, st, task);
}

static bool wait_until(lua_State *L, struct lffi_state *st, struct lffi_task *task, int64_t until)
{
    bool forever = until == LFFI_FOREVER;
    while (!look(L, st, task)) {
        if (lffi_now() >= until)
            return false;
        if (forever && !lffi_begin_waiting(task))
            luaL_error(L, "the task cannot end before this callback does, which runs on its thread "
                          "or is what it waits for");
        lffi_wait_outside(L, st, until, is_done, task);
    }
    return true;
}

static int push_failure(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* Pushes what the call has returned, or raises what its end has raised, each time. */
static int push_results(lua_State *L, struct lffi_task *task)
{
    lua_State *T = task->L;
    if (task->cancelled)
        return push_failure(L, "cancelled");
    if (task->lost)
        luaL_error(L, "the task's thread has ended within it: by pthread_exit, or cancelled");
    if (task->nresults < 0) {
        task->status = lua_resume(T, L, 0, &task->nresults);
        if (task->status != LUA_OK)
            task->nresults = 1;
    }
    luaL_checkstack(L, task->nresults, NULL);
    if (!lua_checkstack(T, task->nresults))
        luaL_error(L, "stack overflow");
    for (int i = 0, first = lua_gettop(T) - task->nresults + 1; i < task->nresults; i++)
        lua_pushvalue(T, first + i);
    lua_xmove(T, L, task->nresults);
    if (task->status != LUA_OK)
        lua_error(L);
    return task->nresults;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

/* The first argument, when its metatable is the one that the registry has for the key. */
static void *self_of(lua_State *L, const void *key)
{
    void *object = lua_touserdata(L, 1);
    bool is_one = false;
    if (object != NULL && lua_getmetatable(L, 1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, key);
        is_one = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    return is_one ? object : NULL;
}

static struct handle *self(lua_State *L)
{
    struct handle *handle = self_of(L, &task_key);
    if (handle == NULL || handle->task == NULL)
        lffi_expected(L, 1, "task");
    return handle;
}

/* task:wait([seconds]) */
static int task_wait(lua_State *L)
{
    struct lffi_task *task = self(L)->task;
    if (!wait_until(L, lffi_open_state(L), task, lffi_until(L, 2)))
        return push_failure(L, "timeout");
    return push_results(L, task);
}

static int task_done(lua_State *L)
{
    lua_pushboolean(L, look(L, lffi_open_state(L), self(L)->task));
    return 1;
}

/* task:errno(): what C left in errno; nil while it is not done. */
static int task_errno(lua_State *L)
{
    struct lffi_task *task = self(L)->task;
    if (!ask_done(L, lffi_open_state(L), task) || task->cancelled)
        lua_pushnil(L);
    else
        lua_pushinteger(L, task->error_number);
    return 1;
}

/* task:cancel(): true when C has not begun, and will not. */
static int task_cancel(lua_State *L)
{
    const struct handle *handle = self(L);
    struct lffi_state *st = lffi_open_state(L);
    bool cancelled = !ask_done(L, st, handle->task) && lffi_cancel_task(handle->task);
    if (cancelled)
        set_held(L, st, handle->task, 0);
    lua_pushboolean(L, cancelled);
    return 1;
}

/* `local task <close>`: C is over when the block is. */
static int task_close(lua_State *L)
{
    const struct handle *handle = self(L);
    task_cancel(L);
    wait_until(L, lffi_open_state(L), handle->task, LFFI_FOREVER);
    return 0;
}

static int task_gc(lua_State *L)
{
    struct handle *handle = lua_touserdata(L, 1);
    if (handle->task != NULL)
        lffi_drop_task(handle->task);
    handle->task = NULL;
    return 0;
}

static int task_tostring(lua_State *L)
{
    static const char *const states[] = {"new", "waits for a thread", "runs", "done"};
    struct lffi_task *task = self(L)->task;
    const struct lffi_function *fn;
    int state;
    lffi_lock_universe(&task->gate->universe);
    state = task->state;
    lffi_unlock_universe(&task->gate->universe, false);
    lua_getiuservalue(L, 1, 2);
    fn = lffi_to_function(L, -1);
    lua_pushfstring(L, "task of %s: %s", fn != NULL ? fn->name : "a function pointer",
                    task->cancelled ? "cancelled" : states[state]);
    return 1;
}

/* What cqueues asks of an object to poll. */
static int task_pollfd(lua_State *L)
{
    struct lffi_task *task = self(L)->task;
    lua_pushinteger(L, lffi_universe_fd(&task->gate->universe));
    lffi_lock_universe(&task->gate->universe);
    task->polled = true;
    lffi_unlock_universe(&task->gate->universe, false);
    return 1;
}

static int task_events(lua_State *L)
{
    self(L);
    lua_pushliteral(L, "r");
    return 1;
}

/* ---- workers --------------------------------------------------------------------------------- */

static struct worker *self_worker(lua_State *L)
{
    struct worker *worker = self_of(L, &worker_key);
    if (worker == NULL)
        lffi_expected(L, 1, "worker");
    return worker;
}

static struct lffi_crew *open_worker(lua_State *L)
{
    const struct worker *worker = self_worker(L);
    if (worker->crew == NULL)
        luaL_error(L, "the worker is closed");
    if (worker->process != getpid())
        luaL_error(L, "the worker's thread is in the process that this one was forked from");
    return worker->crew;
}

static int worker_async(lua_State *L)
{
    begin(L, lffi_open_state(L), open_worker(L), 2, true);
    return 1;
}

/* w:call(fn, ...): as fn(...), on the worker's thread, with errno as after any call. */
static int worker_call(lua_State *L)
{
    struct lffi_state *st = lffi_open_state(L);
    struct lffi_crew *crew = open_worker(L);
    struct lffi_task *task;
    if (lffi_thread.task != NULL && lffi_thread.task->crew == crew) { /* it is this thread */
        check_callable(L, st, 2);
        lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
        return lua_gettop(L) - 1;
    }
    task = begin(L, st, crew, 2, true)->task;
    wait_until(L, st, task, LFFI_FOREVER);
    st->saved_errno = task->error_number;
    return push_results(L, task);
}

/* w:close(): its thread ends after what it has to do. */
static int worker_close(lua_State *L)
{
    struct worker *worker = self_worker(L);
    if (worker->crew != NULL && worker->process == getpid())
        lffi_end_crew(worker->crew);
    worker->crew = NULL;
    return 0;
}

static int worker_tostring(lua_State *L)
{
    const struct worker *worker = self_worker(L);
    lua_pushstring(L, worker->crew != NULL ? "worker" : "worker: closed");
    return 1;
}

/* ---- the API --------------------------------------------------------------------------------- */

/* ffi.async(fn, ...) */
static int api_async(lua_State *L)
{
    struct lffi_state *st = lffi_scope_upvalue(L)->st;
    check_callable(L, st, 1);
    gate_of(L, st);
    begin(L, st, crew_of(L, st), 1, false);
    return 1;
}

/* ffi.threads([n]): how many threads tasks have at most, and had before. */
static int api_threads(lua_State *L)
{
    struct lffi_state *st = lffi_scope_upvalue(L)->st;
    unsigned before = st->crew_size != 0 ? st->crew_size : THREADS;
    int is_integer = 0;
    lua_Integer n = lua_tointegerx(L, 1, &is_integer);
    if (!lua_isnoneornil(L, 1)) {
        if (lua_type(L, 1) != LUA_TNUMBER || !is_integer)
            lffi_expected(L, 1, "number of threads");
        if (n < 1 || n > MANY_THREADS)
            lffi_arg_error(L, 1, "tasks have 1 to %d threads, not %I", MANY_THREADS, n);
        st->crew_size = (unsigned)n;
        if (st->crew != NULL && st->crew_process == getpid())
            lffi_resize_crew(st->crew, (unsigned)n);
    }
    lua_pushinteger(L, before);
    return 1;
}

/* ffi.worker() */
static int api_worker(lua_State *L)
{
    struct worker *worker;
    gate_of(L, lffi_scope_upvalue(L)->st);
    worker = lua_newuserdatauv(L, sizeof *worker, 0);
    *worker = (struct worker){NULL, getpid()};
    lua_rawgetp(L, LUA_REGISTRYINDEX, &worker_key);
    lua_setmetatable(L, -2);
    worker->crew = lffi_make_crew(1);
    if (worker->crew == NULL)
        luaL_error(L, "not enough memory");
    return 1;
}

static void make_metatable(lua_State *L, struct lffi_state *st, const char *key, const char *name,
                           const struct lffi_public *methods, const struct lffi_public *meta)
{
    lua_newtable(L);
    lffi_add_functions(L, st, meta, LFFI_METHOD);
    lua_newtable(L);
    lffi_add_functions(L, st, methods, LFFI_METHOD | LFFI_COUNTED);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void lffi_tasks_api(lua_State *L, struct lffi_scope *scope)
{
    static const struct lffi_public functions[] = {{"async", api_async, LFFI_ANY},
                                                   {"threads", api_threads, 1},
                                                   {"worker", api_worker, 0},
                                                   {NULL, NULL, 0}};
    static const struct lffi_public of_task[] = {{"wait", task_wait, 1},
                                                 {"done", task_done, 0},
                                                 {"errno", task_errno, 0},
                                                 {"cancel", task_cancel, 0},
                                                 {"pollfd", task_pollfd, 0},
                                                 {"events", task_events, 0},
                                                 {NULL, NULL, 0}};
    static const struct lffi_public meta_of_task[] = {{"__close", task_close, LFFI_ANY},
                                                      {"__gc", task_gc, LFFI_ANY},
                                                      {"__tostring", task_tostring, LFFI_ANY},
                                                      {NULL, NULL, 0}};
    static const struct lffi_public of_worker[] = {{"async", worker_async, LFFI_ANY},
                                                   {"call", worker_call, LFFI_ANY},
                                                   {"close", worker_close, 0},
                                                   {NULL, NULL, 0}};
    static const struct lffi_public meta_of_worker[] = {{"__close", worker_close, LFFI_ANY},
                                                        {"__gc", worker_close, LFFI_ANY},
                                                        {"__tostring", worker_tostring, LFFI_ANY},
                                                        {NULL, NULL, 0}};
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &task_key) == LUA_TNIL) {
        make_metatable(L, scope->st, &task_key, "task", of_task, meta_of_task);
        make_metatable(L, scope->st, &worker_key, "worker", of_worker, meta_of_worker);
    }
    lua_pop(L, 1);
    lffi_api_add(L, scope, functions);
}
