-- The library of spec/support/callbacks.c, declared and loaded.
local assert = require "luassert"
local ffi = require "cffi"
local support = require "support"

local callbacks = {}

callbacks.declarations = [=[
    typedef int callbacks_fn(int);
    extern int callbacks_cleaned, callbacks_nseen, callbacks_seen[32];
    extern long callbacks_total;
    void callbacks_reset(void);

    int callbacks_call(callbacks_fn *f, int x);
    int callbacks_call_large(callbacks_fn *f, int x);
    int callbacks_call_elsewhere(callbacks_fn *f, int x);
    int callbacks_repeat(callbacks_fn *f, int n);
    int callbacks_slowly(callbacks_fn *f, int n);
    int callbacks_both(callbacks_fn *f, callbacks_fn *g, int x);
    int callbacks_borrow(callbacks_fn *f __attribute__((noescape)), int x);
    int callbacks_borrow_both(callbacks_fn *f __attribute__((noescape)),
        [[cffi::noescape]] callbacks_fn *g, int x);
    void callbacks_call_void(void (*f)(void));
    void *callbacks_call_pointer(void *(*f)(void *), void *p);

    void callbacks_keep(callbacks_fn *f);
    callbacks_fn *callbacks_kept(void);
    int callbacks_call_kept(int x);
    struct callbacks_ops { callbacks_fn *op; callbacks_fn *table[2]; };
    int callbacks_run_ops(const struct callbacks_ops *ops, int x);
    typedef struct callbacks_object callbacks_object;
    callbacks_object *callbacks_object_new(callbacks_fn *destroy, int id);
    void callbacks_object_free(callbacks_object *object);
    void callbacks_call_at_exit(void);

    int callbacks_errno(int (*f)(void), int before, int outer);

    void callbacks_start(callbacks_fn *f, int n, int count, int expected);
    int callbacks_join(void);
    void callbacks_cancel(void);
    int callbacks_in_threads(callbacks_fn *f, int n, int count, int expected);
    struct callbacks_large { long l[5]; double d; };
    typedef void callbacks_void_fn(int thread, int i, double d, long a, long b, long c, long e, long f,
        struct callbacks_large large);
    void callbacks_start_void(callbacks_void_fn *f, int n, int count);
    typedef void callbacks_large_fn(struct callbacks_large a, struct callbacks_large b, int i,
        struct callbacks_large c, struct callbacks_large d, struct callbacks_large e[4], int f,
        struct callbacks_large *g, struct callbacks_large h);
    void callbacks_start_large(callbacks_large_fn *f, int n, int count);
    extern int callbacks_delay;
    void callbacks_join_at_exit(void);
    int callbacks_fork_after(int milliseconds);
    int callbacks_pause(int milliseconds);
    void callbacks_say(void *f, const char *text, int n);
    void callbacks_say_far(void *f, const char *text, size_t n);
    int callbacks_nap(int);
    int callbacks_in_a_thread(callbacks_fn *f, int expected);
    int callbacks_beside_threads(callbacks_fn *f, callbacks_fn *g, int n, int count, int expected);
    void callbacks_start_kept(int stop_at_exit);
    void callbacks_stop(void);
    int callbacks_small_state(const char *code, size_t stack);
    int callbacks_states(const char *code, int n);
    int callbacks_state(const char *code);
    int callbacks_host(const char *first, const char *then, int milliseconds);
    int callbacks_poor_state(const char *code);
    void callbacks_allocations(int n);
    int callbacks_watched_state(const char *code);
    extern int callbacks_forking;
    int callbacks_fork_beside(const char *code, callbacks_fn *f, int n, unsigned seconds);

    void callbacks_on_signal(int number, void (*f)(int));
    void callbacks_on_signal_bare(int number, void (*f)(int));
    int callbacks_delivered(void);
    void callbacks_storm(int number, int microseconds);
    void callbacks_alarm(int microseconds);
    void callbacks_raise_elsewhere(int number);
]=]

callbacks.path = support.library "callbacks"

function callbacks.load()
    ffi.cdef(callbacks.declarations)
    return ffi.load(callbacks.path)
end

-- Lua code that sets `ffi` and `lib`, in any state.
callbacks.prelude = ([[
    package.path, package.cpath = %q, %q
    local ffi = require "cffi"
    ffi.cdef [==[%s]==]
    local lib = ffi.load %q
]]):format(package.path, package.cpath, callbacks.declarations, callbacks.path)

-- A callback's pointer as C has it: an address, which does not know of being freed.
function callbacks.as_c_has_it(cb)
    return ffi.cast(ffi.typeof(cb), ffi.cast("uintptr_t", cb))
end

-- Runs code in a process of its own, with `ffi` and the library as `lib`. Its exit code, output, errors.
function callbacks.run(code)
    return support.run_lua(callbacks.prelude .. code)
end

-- What ffi.callbacks() says of the callback of `fn`; others may live that earlier specs have left.
function callbacks.entry(fn)
    for _, entry in ipairs(ffi.callbacks()) do
        if entry.fn == fn then return entry end
    end
end

-- Calls fn with ffi.onerror collecting: what it was told, and the results of pcall(fn, ...).
function callbacks.reports(fn, ...)
    local list = {}
    local old = ffi.onerror
    ffi.onerror = function(err) list[#list + 1] = err end
    local results = table.pack(pcall(fn, ...))
    ffi.onerror = old
    return list, table.unpack(results, 1, results.n)
end

-- The first line of an error without the position that it begins with.
function callbacks.first_line(err)
    return (tostring(err):gsub("\n.*", ""):gsub("^[^\n:]+:%d+: ", ""))
end

-- Asserts that the function raises an error with this first line, wherever.
function callbacks.fails(text, fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    assert.equal(text, callbacks.first_line(err))
end

-- "file:line" of the caller, to compare with where a callback says that it was made.
function callbacks.here()
    local info = debug.getinfo(2, "Sl")
    return info.short_src .. ":" .. info.currentline
end

return callbacks
