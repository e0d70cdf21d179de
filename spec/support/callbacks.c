/* A library that calls back, for spec/callback: after each callback its functions run clean-up
 * code, which counts, so that a specification sees whether an error jumped over it. */
#include <complex.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

typedef int callbacks_fn(int);

/* Atomic, for several states call at the same time. */
atomic_int callbacks_cleaned; /* clean-ups that ran */
atomic_long callbacks_total;  /* calls of callbacks whose result was seen */
int callbacks_seen[32];       /* results in the order of the calls */
atomic_int callbacks_nseen;

static int see(int result)
{
    callbacks_total++;
    int i = callbacks_nseen++;
    if (i < 32)
        callbacks_seen[i] = result;
    return result;
}

int callbacks_half(int x, int *half)
{
    *half = x / 2;
    return x % 2;
}

int callbacks_delay; /* milliseconds before a thread makes its first call */

void callbacks_reset(void)
{
    callbacks_delay = 0;
    callbacks_cleaned = callbacks_nseen = 0;
}

/* ---- calling -----------------------------------------------------------------------------------
 */

int callbacks_call(callbacks_fn *f, int x)
{
    int result = see(f(x));
    callbacks_cleaned++;
    return result;
}

/* As C code with large frames does. */
int callbacks_call_large(callbacks_fn *f, int x)
{
    char frame[16 * 1024];
    int result;
    __asm__ volatile("" : : "r"(frame) : "memory"); /* lest the compiler make it smaller */
    result = callbacks_call(f, x);
    __asm__ volatile("" : : "r"(frame) : "memory");
    return result;
}

/* On a C stack of its own, as libraries of coroutines have them. */
static struct {
    callbacks_fn *f;
    int result;
} elsewhere;

static void call_elsewhere(void)
{
    elsewhere.result = callbacks_call(elsewhere.f, elsewhere.result);
}

int callbacks_call_elsewhere(callbacks_fn *f, int x)
{
    size_t size = 4 << 20;
    ucontext_t here;
    ucontext_t there;
    void *stack = malloc(size);
    if (stack == NULL || getcontext(&there) != 0)
        abort();
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = size;
    there.uc_link = &here;
    elsewhere.f = f;
    elsewhere.result = x;
    makecontext(&there, call_elsewhere, 0);
    swapcontext(&here, &there);
    free(stack);
    return elsewhere.result;
}

/* Calls f(1) ... f(n) whatever they answer. */
int callbacks_repeat(callbacks_fn *f, int n)
{
    int sum = 0;
    for (int i = 1; i <= n; i++)
        sum += see(f(i));
    callbacks_cleaned++;
    return sum;
}

/* Likewise, a tenth of a second between two of them: a loop that does not return soon. */
int callbacks_slowly(callbacks_fn *f, int n)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    int sum = 0;
    for (int i = 1; i <= n; i++) {
        sum += see(f(i));
        nanosleep(&pause, NULL);
    }
    callbacks_cleaned++;
    return sum;
}

int callbacks_both(callbacks_fn *f, callbacks_fn *g, int x)
{
    int result = see(f(x));
    result += see(g(x));
    callbacks_cleaned++;
    return result;
}

/* Declared with an attribute in the specifications: `f` is called during the call only. */
int callbacks_borrow(callbacks_fn *f, int x)
{
    return callbacks_call(f, x);
}

int callbacks_borrow_both(callbacks_fn *f, callbacks_fn *g, int x)
{
    return callbacks_both(f, g, x);
}

void callbacks_call_void(void (*f)(void))
{
    f();
    callbacks_cleaned++;
}

void *callbacks_call_pointer(void *(*f)(void *), void *p)
{
    void *result = f(p);
    callbacks_cleaned++;
    return result;
}

/* ---- keeping -----------------------------------------------------------------------------------
 */

static callbacks_fn *kept;

void callbacks_keep(callbacks_fn *f)
{
    kept = f;
}

callbacks_fn *callbacks_kept(void)
{
    return kept;
}

int callbacks_call_kept(int x)
{
    return callbacks_call(kept, x);
}

struct callbacks_ops {
    callbacks_fn *op;
    callbacks_fn *table[2];
};

int callbacks_run_ops(const struct callbacks_ops *ops, int x)
{
    int result = see(ops->op(x));
    for (int i = 0; i < 2; i++)
        if (ops->table[i] != NULL)
            result += see(ops->table[i](x));
    callbacks_cleaned++;
    return result;
}

int callbacks_ops_by_value(struct callbacks_ops ops, int x)
{
    int result = ops.op(x);
    callbacks_cleaned++;
    return result;
}

/* Creates an object whose destructor is the callback: for finalisers. */
struct callbacks_object {
    callbacks_fn *destroy;
    int id;
};

struct callbacks_object *callbacks_object_new(callbacks_fn *destroy, int id)
{
    struct callbacks_object *object = malloc(sizeof *object);
    object->destroy = destroy;
    object->id = id;
    return object;
}

void callbacks_object_free(struct callbacks_object *object)
{
    object->destroy(object->id);
    callbacks_cleaned++;
    free(object);
}

static void run_at_exit(void)
{
    kept(7);
}

/* Calls the kept callback from exit(), after lua_close. */
void callbacks_call_at_exit(void)
{
    atexit(run_at_exit);
}

/* ---- errno
 * --------------------------------------------------------------------------------------- */

/* Sets errno to `before`, calls, returns what errno is then, and leaves `outer` in it. */
int callbacks_errno(int (*f)(void), int before, int outer)
{
    int after;
    errno = before;
    f();
    after = errno;
    errno = outer;
    return after;
}

/* ---- signatures
 * ------------------------------------------------------------------------------------ */

struct callbacks_small {
    signed char c;
    short s;
};
struct callbacks_mixed {
    double d;
    long l;
};
struct callbacks_large {
    long l[5];
    double d;
};
union callbacks_union {
    int i;
    double d;
};
struct callbacks_bits {
    unsigned a : 3, b : 13, c : 20;
};
#pragma pack(push, 1)
struct callbacks_packed {
    char c;
    double d;
};
#pragma pack(pop)
struct callbacks_ld {
    long double x;
};
struct callbacks_empty {
};

#define SAME(name, type)                                \
    type callbacks_same_##name(type (*f)(type), type x) \
    {                                                   \
        type result = f(x);                             \
        callbacks_cleaned++;                            \
        return result;                                  \
    }
SAME(bool, _Bool)
SAME(schar, signed char)
SAME(uchar, unsigned char)
SAME(short, short)
SAME(ushort, unsigned short)
SAME(int, int)
SAME(uint, unsigned)
SAME(int64, int64_t)
SAME(uint64, uint64_t)
SAME(float, float)
SAME(double, double)
SAME(ldouble, long double)
SAME(cfloat, float _Complex)
SAME(cdouble, double _Complex)
SAME(cldouble, long double _Complex)
#ifdef __SIZEOF_INT128__
SAME(int128, __int128)
SAME(uint128, unsigned __int128)
#endif
SAME(pointer, void *)
SAME(small, struct callbacks_small)
SAME(mixed, struct callbacks_mixed)
SAME(large, struct callbacks_large)
SAME(union, union callbacks_union)
SAME(bits, struct callbacks_bits)
SAME(packed, struct callbacks_packed)
SAME(ld, struct callbacks_ld)
SAME(empty, struct callbacks_empty)

/* Reckons with what it is given: a float must be one to the processor also when it is an error's
 * zero or a struct's member. */
void callbacks_reckon(float (*f)(float), float x, float *sum)
{
    *sum = f(x / 2) + 1.5f;
}
struct callbacks_point {
    float x, y;
};
void callbacks_reckon_point(struct callbacks_point (*f)(struct callbacks_point), float x,
                            float *sum)
{
    struct callbacks_point point = f((struct callbacks_point){x / 2, x / 4});
    *sum = point.x + point.y + 1.5f;
}

/* What the caller finds in the whole register of a small result: the callee must have widened it,
 * as clang's callers expect. */
int64_t callbacks_widened(signed char (*f)(void))
{
    return ((int64_t(*)(void))(void *)f)();
}

#define PAIRS(a)                                                                                \
    int a##0, double a##1, int a##2, double a##3, int a##4, double a##5, int a##6, double a##7, \
        int a##8, double a##9
typedef double callbacks_forty_fn(PAIRS(a), PAIRS(b), PAIRS(c), PAIRS(d));

double callbacks_forty(callbacks_forty_fn *f)
{
    double result = f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                      23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40);
    callbacks_cleaned++;
    return result;
}

/* ---- threads
 * ----------------------------------------------------------------------------------------- */

struct job {
    callbacks_fn *f;
    int count, wrong, expected;
};

int callbacks_pause(int milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&pause, NULL);
    return milliseconds;
}

int callbacks_nap(int x)
{
    callbacks_pause(1);
    return x - x;
}

/* The delay counts from when all threads of a start are there: making them takes its time. */
static atomic_int all_made;

static void await_start(void)
{
    while (!atomic_load(&all_made))
        sched_yield();
    callbacks_pause(callbacks_delay);
}

static void *run_job(void *user)
{
    struct job *job = user;
    await_start();
    for (int i = 0; i < job->count; i++) {
        job->wrong += job->f(i) != job->expected;
        pthread_testcancel();
    }
    return NULL;
}

enum { MAX_THREADS = 16 };
static struct job jobs[MAX_THREADS];
static pthread_t threads[MAX_THREADS];
static int nthreads;

/* Starts threads that call f `count` times each. */
void callbacks_start(callbacks_fn *f, int n, int count, int expected)
{
    nthreads = n;
    atomic_store(&all_made, 0);
    for (int i = 0; i < n; i++) {
        jobs[i] = (struct job){f, count, 0, expected};
        pthread_create(&threads[i], NULL, run_job, &jobs[i]);
    }
    atomic_store(&all_made, 1);
}

/* Waits for them. The number of results that were not as expected. */
int callbacks_join(void)
{
    int wrong = 0;
    for (int i = 0; i < nthreads; i++) {
        pthread_join(threads[i], NULL);
        wrong += jobs[i].wrong;
    }
    nthreads = 0;
    return wrong;
}

/* Those that callbacks_start has started. */
void callbacks_cancel(void)
{
    for (int i = 0; i < nthreads; i++)
        pthread_cancel(threads[i]);
}

int callbacks_in_threads(callbacks_fn *f, int n, int count, int expected)
{
    callbacks_start(f, n, count, expected);
    return callbacks_join();
}

/* Threads that call a function without a result, with what travels in every way. */
typedef void callbacks_void_fn(int thread, int i, double d, long a, long b, long c, long e, long f,
                               struct callbacks_large large);
static callbacks_void_fn *void_fn;

static void *run_void_job(void *user)
{
    struct job *job = user;
    await_start();
    for (int i = 0; i < job->count; i++) {
        struct callbacks_large large = {{i, 1, 2, 3, 4}, i / 2.0};
        void_fn(job->expected, i, i / 4.0, 5, 6, 7, 8, i, large);
        memset(&large, -1, sizeof large);
    }
    return NULL;
}

void callbacks_start_void(callbacks_void_fn *f, int n, int count)
{
    void_fn = f;
    nthreads = n;
    atomic_store(&all_made, 0);
    for (int i = 0; i < n; i++) {
        jobs[i] = (struct job){NULL, count, 0, i + 1};
        pthread_create(&threads[i], NULL, run_void_job, &jobs[i]);
    }
    atomic_store(&all_made, 1);
}

/* Likewise with structs, of which AArch64 passes addresses: in registers and on the stack. */
typedef void callbacks_large_fn(struct callbacks_large a, struct callbacks_large b, int i,
                                struct callbacks_large c, struct callbacks_large d,
                                struct callbacks_large e[4], int f, struct callbacks_large *g,
                                struct callbacks_large h);
static callbacks_large_fn *large_fn;

static void *run_large_job(void *user)
{
    struct job *job = user;
    for (int i = 0; i < job->count; i++) {
        struct callbacks_large large[5];
        for (int k = 0; k < 5; k++)
            large[k] = (struct callbacks_large){{i, 1, 2, 3, 10 * (k + 1)}, i / 2.0};
        large_fn(large[0], large[1], i, large[2], large[3], NULL, i, NULL, large[4]);
        memset(large, -1, sizeof large);
    }
    return NULL;
}

void callbacks_start_large(callbacks_large_fn *f, int n, int count)
{
    large_fn = f;
    nthreads = n;
    atomic_store(&all_made, 0);
    for (int i = 0; i < n; i++) {
        jobs[i] = (struct job){NULL, count, 0, 0};
        pthread_create(&threads[i], NULL, run_large_job, &jobs[i]);
    }
    atomic_store(&all_made, 1);
}

/* Call f with texts of their own, which are gone afterwards. */
void callbacks_say(void (*f)(const char *, int), const char *text, int n)
{
    char own[16] = "";
    if (text != NULL)
        strncpy(own, text, sizeof own - 1);
    f(text != NULL ? own : NULL, n);
    memset(own, 'x', sizeof own - 1);
}

void callbacks_say_far(void (*f)(long, long, long, long, long, long, const char *, const char *,
                                 size_t),
                       const char *text, size_t n)
{
    char own[16] = "";
    strncpy(own, text, sizeof own - 1);
    f(1, 2, 3, 4, 5, 6, own, own, n);
    memset(own, 'x', sizeof own - 1);
}

/* One call in a thread of its own; may be called while others are. */
int callbacks_in_a_thread(callbacks_fn *f, int expected)
{
    struct job job = {f, 1, 0, expected};
    pthread_t thread;
    pthread_create(&thread, NULL, run_job, &job);
    pthread_join(thread, NULL);
    return job.wrong;
}

/* While the threads run, the caller's own thread calls g. */
int callbacks_beside_threads(callbacks_fn *f, callbacks_fn *g, int n, int count, int expected)
{
    int wrong = 0;
    callbacks_start(f, n, count, expected);
    for (int i = 0; i < count; i++)
        wrong += g(i) != i;
    return wrong + callbacks_join();
}

static atomic_int stop_kept, kept_calls;

static void *call_until_told(void *user)
{
    (void)user;
    while (!atomic_load(&stop_kept)) {
        kept(1);
        atomic_fetch_add(&kept_calls, 1);
        sched_yield(); /* valgrind runs one thread at a time, until a system call */
    }
    return NULL;
}

static pthread_t kept_thread;

/* A thread that calls the kept callback all the time, until exit() runs callbacks_stop. That waits
 * for one whole call: the first to end may have begun before. */
void callbacks_stop(void)
{
    int calls = atomic_load(&kept_calls);
    while (atomic_load(&kept_calls) < calls + 2)
        sched_yield();
    atomic_store(&stop_kept, 1);
    pthread_join(kept_thread, NULL);
}

void callbacks_start_kept(int stop_at_exit)
{
    atomic_store(&stop_kept, 0);
    pthread_create(&kept_thread, NULL, call_until_told, NULL);
    if (stop_at_exit)
        atexit(callbacks_stop);
}

/* Lua states of their own, each in a thread. The functions are those of the interpreter. */
typedef struct lua_State lua_State;
lua_State *luaL_newstate(void);
/* Until 5.4, and from 5.5 on: the interpreter has one of them. */
void luaL_openlibs(lua_State *) __attribute__((weak));
void luaL_openselectedlibs(lua_State *, int, int) __attribute__((weak));
int luaL_loadstring(lua_State *, const char *);
int lua_pcallk(lua_State *, int, int, int, intptr_t, void *);
const char *lua_tolstring(lua_State *, int, size_t *);
void lua_close(lua_State *);

static void open_libs(lua_State *L)
{
    if (luaL_openlibs != NULL)
        luaL_openlibs(L);
    else
        luaL_openselectedlibs(L, ~0, 0);
}

static int run_chunk(lua_State *L, const char *code)
{
    int failed = luaL_loadstring(L, code) != 0 || lua_pcallk(L, 0, 0, 0, 0, NULL) != 0;
    if (failed) {
        const char *text = lua_tolstring(L, -1, NULL);
        size_t length = 0;
        while (text != NULL && text[length] != '\0')
            length++;
        if (write(2, text, length) < 0)
            abort();
    }
    return failed;
}

static int finish_state(lua_State *L, const char *code)
{
    int failed;
    open_libs(L);
    failed = run_chunk(L, code);
    lua_close(L);
    return failed;
}

static int run_state(const char *code)
{
    return finish_state(luaL_newstate(), code);
}

/* A host with one state that its threads use in turn: one runs `first`, another one `then` after a
 * while. */
struct turn {
    lua_State *L;
    const char *code;
    int failed;
};

static void *take_turn(void *user)
{
    struct turn *turn = user;
    turn->failed = run_chunk(turn->L, turn->code);
    return NULL;
}

int callbacks_host(const char *first, const char *then, int milliseconds)
{
    lua_State *L = luaL_newstate();
    struct turn turns[2] = {{L, first, 0}, {L, then, 0}};
    open_libs(L);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, take_turn, &turns[i]);
        pthread_join(thread, NULL);
        callbacks_pause(milliseconds);
    }
    lua_close(L);
    return turns[0].failed + turns[1].failed;
}

/* A Lua function, and no FFI call: returns what the kept callback gives for its argument. */
int64_t lua_tointegerx(lua_State *, int, int *);
void lua_pushinteger(lua_State *, int64_t);

int callbacks_lua_call_kept(lua_State *L)
{
    lua_pushinteger(L, kept((int)lua_tointegerx(L, 1, NULL)));
    callbacks_cleaned++;
    return 1;
}

/* An allocator that has a number of allocations left; -1: any number. */
static int allocations = -1;

void callbacks_allocations(int n)
{
    allocations = n;
}

static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if ((block == NULL || new_size > old_size) && allocations >= 0 && allocations-- == 0) {
        allocations = 0;
        return NULL;
    }
    return realloc(block, new_size);
}

/* With the seed that 5.5 takes. */
lua_State *lua_newstate(void *(*)(void *, void *, size_t, size_t), void *, unsigned);

/* Runs the code in a new state with that allocator. */
int callbacks_poor_state(const char *code)
{
    lua_State *L = lua_newstate(allocate, NULL, 0);
    return finish_state(L, code);
}

/* An allocator that finds two threads in it at once: Lua allocates all the time. */
static atomic_int allocating, overlaps;

static void *watch(void *user, void *block, size_t old_size, size_t new_size)
{
    void *result = NULL;
    (void)user;
    (void)old_size;
    if (atomic_fetch_add(&allocating, 1) != 0)
        atomic_fetch_add(&overlaps, 1);
    if (new_size == 0)
        free(block);
    else
        result = realloc(block, new_size);
    atomic_fetch_sub(&allocating, 1);
    return result;
}

/* Runs the code in a new state with that allocator. How often two met there; -1: it failed. */
int callbacks_watched_state(const char *code)
{
    atomic_store(&overlaps, 0);
    return finish_state(lua_newstate(watch, NULL, 0), code) ? -1 : atomic_load(&overlaps);
}

static void *state_thread(void *code)
{
    return run_state(code) ? code : NULL;
}

/* Runs the code in n new states, at the same time in n threads. The number of those that failed. */
int callbacks_states(const char *code, int n)
{
    pthread_t thread[MAX_THREADS];
    int failed = 0;
    for (int i = 0; i < n; i++)
        pthread_create(&thread[i], NULL, state_thread, (void *)code);
    for (int i = 0; i < n; i++) {
        void *result;
        pthread_join(thread[i], &result);
        failed += result != NULL;
    }
    return failed;
}

/* Runs the code in a new state within a thread that has so many bytes of C stack. */
int callbacks_small_state(const char *code, size_t stack)
{
    pthread_attr_t attr;
    pthread_t thread;
    void *result;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack);
    if (pthread_create(&thread, &attr, state_thread, (void *)code) != 0)
        return -1;
    pthread_attr_destroy(&attr);
    pthread_join(thread, &result);
    return result != NULL;
}

static void join_and_tell(void)
{
    printf("%d wrong", callbacks_join());
}

void callbacks_join_at_exit(void)
{
    atexit(join_and_tell);
}

int callbacks_fork_after(int milliseconds)
{
    callbacks_pause(milliseconds);
    return fork();
}

/* Runs the code in a new state within the caller's thread. */
int callbacks_state(const char *code)
{
    int failed = run_state(code);
    callbacks_cleaned++;
    return failed;
}

/* ---- forks
 * ------------------------------------------------------------------------------------------- */

atomic_int callbacks_forking; /* tells the states when to end */

/* A child that does not end is ended by SIGALRM after `seconds`. */
static int status_of_child(callbacks_fn *f, unsigned seconds)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(seconds);
        _exit(f(1));
    }
    while (child > 0 && waitpid(child, &status, 0) == -1 && errno == EINTR)
        continue;
    return status;
}

/* Forks n times while threads with Lua states of their own run `code` all the time; each child
 * calls f and exits with its result. The number of children that ended otherwise than with 0; -1: a
 * state failed. */
int callbacks_fork_beside(const char *code, callbacks_fn *f, int n, unsigned seconds)
{
    enum { BESIDE = 2 };
    pthread_t thread[BESIDE];
    int failed = 0, states = 0;
    atomic_store(&callbacks_forking, 1);
    for (int i = 0; i < BESIDE; i++)
        pthread_create(&thread[i], NULL, state_thread, (void *)code);
    for (int i = 0; i < n && failed == 0; i++)
        failed += status_of_child(f, seconds) != 0;
    atomic_store(&callbacks_forking, 0);
    for (int i = 0; i < BESIDE; i++) {
        void *result;
        pthread_join(thread[i], &result);
        states += result != NULL;
    }
    return states > 0 ? -1 : failed;
}

/* ---- signals
 * ------------------------------------------------------------------------------------------ */

static void (*signal_fn)(int);
static atomic_int delivered;

static void handler(int number)
{
    signal_fn(number);
    atomic_fetch_add(&delivered, 1);
}

/* Installs a handler that counts what arrives and calls f. */
void callbacks_on_signal(int number, void (*f)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    signal_fn = f;
    atomic_store(&delivered, 0);
    sigaction(number, &action, NULL);
}

/* Installs f itself. */
void callbacks_on_signal_bare(int number, void (*f)(int))
{
    struct sigaction action = {.sa_handler = f, .sa_flags = SA_RESTART};
    sigaction(number, &action, NULL);
}

int callbacks_delivered(void)
{
    return atomic_load(&delivered);
}

static timer_t storm_timer;

/* Sends the process a signal every `microseconds`; 0 ends it. Those that find one pending are no
 * signals: `delivered` counts what arrived. */
void callbacks_storm(int number, int microseconds)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    struct itimerspec timer = {{0, 1000L * microseconds}, {0, 1000L * microseconds}};
    if (microseconds == 0) {
        timer_delete(storm_timer);
        return;
    }
    timer_create(CLOCK_MONOTONIC, &event, &storm_timer);
    timer_settime(storm_timer, 0, &timer, NULL);
}

/* SIGALRM every `microseconds`; 0 ends it. */
void callbacks_alarm(int microseconds)
{
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void *raise_in_thread(void *user)
{
    pthread_kill(pthread_self(), *(int *)user);
    return NULL;
}

/* The hooks of Lua threads, as the interpreter has them. */
typedef struct lua_Debug lua_Debug;
typedef void lua_Hook(lua_State *, lua_Debug *);
void lua_sethook(lua_State *, lua_Hook *, int mask, int count);
int lua_gethookmask(lua_State *);

static void no_hook(lua_State *L, lua_Debug *ar)
{
    (void)L, (void)ar;
}

/* Where the state keeps the mask of its hook: the one int that follows what lua_sethook is given.
 */
static volatile int *find_mask(lua_State *L)
{
    enum {
        LARGEST = 52
    }; /* ints of a lua_State, more or less; the main thread's lies in something larger */
    static const int masks[] = {4, 10, 1, 14};
    volatile int *found = NULL;
    for (int i = 0; i < LARGEST; i++) {
        volatile int *place = (volatile int *)L + i;
        size_t equal = 0;
        for (size_t k = 0; k < sizeof masks / sizeof *masks; k++) {
            lua_sethook(L, no_hook, masks[k], 77);
            equal += *place == masks[k];
        }
        if (equal == sizeof masks / sizeof *masks)
            found = place;
    }
    lua_sethook(L, NULL, 0, 0);
    return found;
}

/* Lua functions, for the main thread. The first raises a signal, whose handler sets the hook, and
 * then clears the mask: as when the signal comes within the lua_sethook that takes a hook away,
 * which does that last. Returns whether the state is as it is then. The second raises the signal
 * and does no more. */
int callbacks_lua_lose_hook(lua_State *L)
{
    volatile int *mask = find_mask(L);
    raise((int)lua_tointegerx(L, 1, NULL));
    if (mask != NULL && *mask != 0)
        *mask = 0;
    else
        mask = NULL;
    lua_pushinteger(L, mask != NULL && lua_gethookmask(L) == 0);
    return 1;
}

int callbacks_lua_raise(lua_State *L)
{
    raise((int)lua_tointegerx(L, 1, NULL));
    return 0;
}

/* A thread of its own receives the signal. */
void callbacks_raise_elsewhere(int number)
{
    pthread_t thread;
    pthread_create(&thread, NULL, raise_in_thread, &number);
    pthread_join(thread, NULL);
}
