-- A soak of callbacks on four threads at once: errors, frees, collections, forks and closes, with exact counts.
--   make soak-threads [N=1000000] [SEED=1]
-- In each round four threads call one callback; what each call came to is counted in Lua, by C and by ffi.onerror,
-- and the sums must match.
local callbacks = require "support.callbacks"
local ffi = require "cffi"

local N = math.tointeger(tonumber((...) or 1000000))
local SEED = math.tointeger(tonumber(select(2, ...) or 1))
local THREADS, CALLS = 4, 2500 -- in a round
local RESULT, ERROR = 4, 5
local lib = callbacks.load()
local random = math.random
math.randomseed(SEED)

ffi.cdef [[
    int fork(void); int waitpid(int, int *, int); void _exit(int); unsigned alarm(unsigned);
    int dup(int); int dup2(int, int); int close(int); int open(const char *, int, ...);
]]
local C = ffi.C

local function check(ok, ...)
    if not ok then
        error(("seed %d: "):format(SEED) .. table.concat({ ... }, " "), 2)
    end
end

local function check_equal(what, got, expected)
    check(got == expected, what, "counted:", tostring(got), "expected:", tostring(expected))
end

-- ---- what is counted ----------------------------------------------------------------------------

local totals = { calls = 0, ran = 0, errors = 0, answered = 0, forks = 0, closes = 0 }
local told, errors -- by ffi.onerror, in this round: calls of what was freed; errors

ffi.onerror = function(err)
    if err == "expected" then
        errors = errors + 1
        return
    end
    local n = tostring(err):match "was called by C (%d+) times? after it was freed$"
    check(n, "ffi.onerror got", tostring(err))
    told = told + math.tointeger(tonumber(n))
end

-- ---- forks --------------------------------------------------------------------------------------

local ends = ffi.new "int[1]"

-- A child that uses all it has: its Lua, callbacks on new threads, tasks; nobody else is left in it.
local function fork_one()
    local child = C.fork()
    check(child >= 0, "no fork")
    if child == 0 then
        C.alarm(60)
        local ok, err = pcall(function()
            local n = 0
            collectgarbage "step"
            local own <close> = ffi.callback("int (int)", function(x) n = n + 1 return x end)
            assert(lib.callbacks_repeat(own, 5) == 15)
            assert(lib.callbacks_in_threads(own, 2, 1, 0) == 0 and n == 7)
            assert(ffi.async(lib.callbacks_pause, 1):wait() == 1)
        end)
        if not ok then print("in a child: " .. tostring(err)) io.stdout:flush() end
        C._exit(ok and 0 or 1)
    end
    check_equal("the child", C.waitpid(child, ends, 0), child)
    check_equal("status of a child", ends[0], 0)
    totals.forks = totals.forks + 1
end

-- ---- rounds -------------------------------------------------------------------------------------

-- What the owner does meanwhile.
local own = ffi.callback("int (int)", function(x)
    if x == 13 then error("own", 0) end
    return x
end)
local function work()
    for _ = 1, random(30) do
        local x = random(13)
        local ok, result = pcall(lib.callbacks_call, own, x)
        check(ok == (x ~= 13) and result == (ok and x or "own"), "wrong outcome")
        local t = { { x }, { x } }
        if #t == 2 and random(20) == 1 then collectgarbage "step" end
        if random(20) == 1 then ffi.callback("int (int)", function() return x end):free() end
    end
end

-- A function for the threads, and what it has counted.
local function counting()
    local seen = { ran = 0, errors = 0 }
    return seen, function(x)
        local t = { { x }, {} }
        if x % 500 == 0 then collectgarbage "step" end
        if x % 100 == 3 then
            seen.errors = seen.errors + 1
            error("expected", 0)
        end
        seen.ran = seen.ran + #t - 1
        if x == 1000 and random(20) == 1 then fork_one() end -- on the foreign thread
        return RESULT
    end
end

local function add(seen, wrong, calls)
    totals.calls, totals.ran = totals.calls + calls, totals.ran + seen.ran
    totals.errors, totals.answered = totals.errors + seen.errors, totals.answered + wrong - seen.errors
    check_equal("errors", errors, seen.errors)
    check_equal("calls of what was freed", told, wrong - seen.errors)
    check_equal("calls", seen.ran + wrong, calls)
end

local function round(mode, is_freed)
    local calls = mode == "owner" and CALLS // 25 or CALLS
    local seen, fn = counting()
    local cb = ffi.callback("int (int)", fn, { error = ERROR, thread = mode })
    lib.callbacks_start(cb, THREADS, calls, RESULT)
    work()
    if random(10) == 1 then fork_one() end
    if is_freed then cb:free() end
    while mode == "owner" and seen.ran + seen.errors < THREADS * calls do lib.callbacks_pause(0) end
    local wrong = lib.callbacks_join()
    ffi.poll()
    if not is_freed then cb:free() end
    add(seen, wrong, THREADS * calls)
end

-- What is posted; the threads wait for nothing.
local function posted()
    local n, calls = 0, CALLS // 5
    local cb <close> = ffi.callback("callbacks_void_fn", function() n = n + 1 end, { thread = "post" })
    lib.callbacks_start_void(cb, THREADS, calls)
    work()
    lib.callbacks_join()
    while n < THREADS * calls do ffi.poll(1) end
    totals.calls, totals.ran = totals.calls + n, totals.ran + n
    check_equal("posted", n, THREADS * calls)
end

-- A state that is closed while the threads call its callback: it ran, or C got the error value. The memory in which
-- Lua counts is this state's, which stays.
local counts = ffi.new "long[2]"
local function closed()
    counts[0], counts[1] = 0, 0
    check_equal("state", lib.callbacks_state(callbacks.prelude .. ([[
        local counts = ffi.cast("long *", %d)
        ffi.onerror = function() counts[1] = counts[1] + 1 end
        local cb = ffi.callback("int (int)", function(x)
            if x %% 100 == 3 then error("expected", 0) end
            counts[0] = counts[0] + 1
            return %d
        end, { error = %d })
        lib.callbacks_start(cb, %d, %d, %d)
        for i = 1, %d do
            assert(lib.callbacks_call(function(x) return x end, i) == i)
        end
    ]]):format(ffi.tonumber(ffi.cast("intptr_t", counts)), RESULT, ERROR, THREADS, CALLS, RESULT, random(0, 50))), 0)
    local wrong = lib.callbacks_join()
    errors, told = counts[1], wrong - counts[1]
    add({ ran = counts[0], errors = counts[1] }, wrong, THREADS * CALLS)
    totals.closes = totals.closes + 1
end

local ROUNDS = {
    { 10, function() round("run", false) end }, { 4, function() round("run", true) end },
    { 2, function() round("owner", false) end }, { 2, posted }, { 2, closed },
}
local wheel = {}
for _, step in ipairs(ROUNDS) do
    for _ = 1, step[1] do wheel[#wheel + 1] = step[2] end
end

-- ---- the run --------------------------------------------------------------------------------------

-- The line that each closed state's callback writes, once, is no error.
local path = os.tmpname()
local stderr, file = C.dup(2), C.open(path, 1)
C.dup2(file, 2)

local start = os.time()
local ok, err = pcall(function()
    while totals.calls < N do
        errors, told = 0, 0
        wheel[random(#wheel)]()
    end
end)

C.dup2(stderr, 2)
for line in io.lines(path) do
    if not line:find "^cffi: callback '[^']*' %(created at [^)]*%) was called by C after its Lua state was closed$" then
        ok, err = false, ok and "stderr: " .. line or err
    end
end
os.remove(path)
if not ok then
    error(err, 0)
end
check_equal("callbacks", #ffi.callbacks(), 1)
print(("%d calls on %d threads in %d s (seed %d): %d ran, %d errors, %d answered, %d forks, %d states closed"):format(
    totals.calls, THREADS, os.time() - start, SEED, totals.ran, totals.errors, totals.answered, totals.forks,
    totals.closes))
