-- A soak of callbacks: random calls, errors, frees, collections and threads, with exact counts.
--   make soak [N=1000000] [SEED=1]
--   lua5.4 tools/callback_soak.lua [N [SEED [KILOBYTES]]]     with the paths set; growth allowed, 2048 unless given
-- N callbacks are run or answered. Each step predicts what C and Lua will count; at the end
-- the sums must match and the memory of the process must be that of the beginning.
local callbacks = require "support.callbacks"
local ffi = require "cffi"

local N = math.tointeger(tonumber((...) or 1000000))
local SEED = math.tointeger(tonumber(select(2, ...) or 1))
local GROWTH = math.tointeger(tonumber(select(3, ...) or 2048))
local LIVE = 400 -- callbacks of their own that are alive at a time: more than there are entries
local lib = callbacks.load()
local random = math.random
math.randomseed(SEED)

-- What Lua saw, and what the steps predict.
local seen = { runs = 0, errors = 0, reports = 0, handled = 0, foreign = 0 }
local want = { runs = 0, errors = 0, reports = 0, handled = 0, foreign = 0, total = 0, cleaned = 0 }

ffi.onerror = function()
    seen.reports = seen.reports + 1
end

local function check(ok, ...)
    if not ok then
        error(("seed %d: "):format(SEED) .. table.concat({ ... }, " "), 2)
    end
end

-- ---- callbacks ----------------------------------------------------------------------------------

local KINDS = { "string", "table", "position" }

local function fail(kind)
    if kind == "string" then
        error("expected", 0)
    elseif kind == "table" then
        error { text = "expected" }
    end
    error "expected"
end

local function is_expected(err)
    return type(err) == "table" and err.text == "expected"
        or type(err) == "string" and err:find("expected", 1, true) ~= nil
end

-- A function that fails at its argument `bad`, in a random way.
local function function_failing_at(state)
    return function(x)
        seen.runs = seen.runs + 1
        if x == state.bad then
            fail(KINDS[random(#KINDS)])
        end
        return x
    end
end

local function new_callback()
    local one = { error = random(0, 3) > 0 and -random(1000) or nil }
    one.handled = random(10) == 1
    one.always = random(10) == 1
    local options = { error = one.error, always = one.always }
    if one.handled then
        options.onerror = function(err)
            check(is_expected(err), "onerror got", tostring(err))
            seen.handled = seen.handled + 1
            return 5
        end
    end
    one.pointer = ffi.callback("int (int)", function_failing_at(one), options)
    one.code = ffi.cast("int (*)(int)", ffi.cast("uintptr_t", one.pointer)) -- as C has it
    return one
end

local live = {}
for i = 1, LIVE do
    live[i] = new_callback()
end

-- ---- steps --------------------------------------------------------------------------------------

-- After an error the callbacks of the same call are answered, unless they always run.
local function repeat_calls()
    local one, n = live[random(LIVE)], random(20)
    one.bad = random(4) == 1 and random(n) or 0
    local ok, result = pcall(lib.callbacks_repeat, one.pointer, n)
    want.total = want.total + n
    want.cleaned = want.cleaned + 1
    local sum = n * (n + 1) // 2
    if one.bad == 0 then
        want.runs = want.runs + n
        check(ok and result == sum, "wrong sum")
    elseif one.handled then
        want.runs, want.handled = want.runs + n, want.handled + 1
        check(ok and result == sum - one.bad + 5, "wrong sum with onerror")
    else
        want.errors, seen.errors = want.errors + 1, seen.errors + (is_expected(result) and 1 or 0)
        want.runs = want.runs + (one.always and n or one.bad)
        check(not ok, "no error")
    end
    one.bad = 0
end

local graves = {} -- the last 20 that were freed: too young to be taken again
local function free_one()
    local i = random(LIVE)
    local one = live[i]
    one.pointer:free()
    table.insert(graves, one)
    if #graves > 20 then
        table.remove(graves, 1)
    end
    live[i] = new_callback()
end

local function call_freed()
    local one = graves[random(#graves)]
    if not one then
        return
    end
    local ok, err = pcall(lib.callbacks_call, one.code, 1)
    want.total, want.cleaned = want.total + 1, want.cleaned + 1
    check(not ok and err:find("was called by C after it was freed", 1, true), tostring(err))
end

local function implicit()
    local state = { bad = random(3) }
    local fn = function_failing_at(state)
    for x = 1, 2 do
        local ok, result = pcall(lib.callbacks_call, fn, x)
        want.errors = want.errors + (x == state.bad and 1 or 0)
        seen.errors = seen.errors + (not ok and is_expected(result) and 1 or 0)
        check(ok == (x ~= state.bad), "wrong outcome")
    end
    want.total, want.cleaned, want.runs = want.total + 2, want.cleaned + 2, want.runs + 2
    check(ffi.release(fn) == 1, "not released")
end

local function borrowed()
    local fn = function_failing_at {}
    check(lib.callbacks_borrow_both(fn, fn, 3) == 6, "wrong sum")
    check(not pcall(lib.callbacks_borrow, fn, "x"), "no error")
    want.total, want.cleaned, want.runs = want.total + 2, want.cleaned + 1, want.runs + 2
end

-- Three deep, on a coroutine; the error of the innermost passes all, or stops half-way.
local function nested()
    local catch = random(2) == 1
    local one, two = live[random(LIVE)], live[random(LIVE)]
    if one.handled or two.handled or one == two then
        return
    end
    one.bad = 7
    local function middle(x)
        seen.runs = seen.runs + 1
        local ok, err = pcall(lib.callbacks_call, one.pointer, x)
        seen.errors = seen.errors + (not ok and is_expected(err) and 1 or 0)
        if catch then
            return x
        end
        error(err, 0)
    end
    local co = coroutine.create(function() return lib.callbacks_borrow(middle, 7) end)
    local ok, err = coroutine.resume(co)
    check(ok == catch and (catch and err == 7 or is_expected(err)), "wrong outcome")
    want.total, want.cleaned, want.runs = want.total + 2, want.cleaned + 2, want.runs + 2
    want.errors = want.errors + 1
    one.bad = 0
end

-- A callback that frees itself, and one that is set anew by itself.
local function by_themselves()
    local pointer
    pointer = ffi.callback("int (int)", function(x)
        seen.runs = seen.runs + 1
        pointer:set(function(y)
            seen.runs = seen.runs + 1
            pointer:free()
            return 2 * y
        end)
        return x
    end)
    check(lib.callbacks_repeat(pointer, 2) == 5, "wrong sum")
    want.total, want.cleaned, want.runs = want.total + 2, want.cleaned + 1, want.runs + 2
end

-- Four threads at once, of whose 25 calls each three fail; there is no Lua below them to raise in.
local function new_foreign()
    return ffi.callback("int (int)", function(x)
        seen.foreign = seen.foreign + 1
        if x % 10 == 3 then
            fail(KINDS[random(#KINDS)])
        end
        return 4
    end, { error = 4 })
end
local foreign = new_foreign()

local function threads()
    check(lib.callbacks_in_threads(foreign, 4, 25, 4) == 0, "wrong results in threads")
    want.foreign, want.reports = want.foreign + 100, want.reports + 12
    if random(10) == 1 then
        foreign:free()
        foreign = new_foreign()
    end
end

local STEPS = {
    { 60, repeat_calls }, { 15, free_one }, { 8, call_freed }, { 8, implicit }, { 5, borrowed }, { 5, nested },
    { 4, by_themselves }, { 1, function() if random(30) == 1 then threads() end end },
    { 2, function() collectgarbage "step" end }, { 1, function() if random(50) == 1 then collectgarbage() end end },
}
local wheel = {}
for _, step in ipairs(STEPS) do
    for _ = 1, step[1] do
        wheel[#wheel + 1] = step[2]
    end
end

-- ---- the run --------------------------------------------------------------------------------------

local function resident()
    for line in io.lines "/proc/self/status" do
        local kilobytes = line:match "^VmRSS:%s+(%d+) kB"
        if kilobytes then
            return math.tointeger(tonumber(kilobytes))
        end
    end
end

local function memory()
    collectgarbage()
    collectgarbage()
    return resident(), collectgarbage "count"
end

local base = lib.callbacks_total
local function done()
    return lib.callbacks_total - base + want.foreign
end

local function run(n)
    while done() < n do
        wheel[random(#wheel)]()
    end
end

local start = os.clock()
run(N // 10)
local process, lua = memory()
local most = process
for tenth = 2, 10 do
    run(N * tenth // 10)
    most = math.max(most, resident())
end
local process_end, lua_end = memory()
local seconds = os.clock() - start

for name, value in pairs(seen) do
    check(value == want[name], name, "counted:", tostring(value), "expected:", tostring(want[name]))
end
check(lib.callbacks_total - base == want.total, "C counted", tostring(lib.callbacks_total - base), "calls, expected",
    tostring(want.total))
check(lib.callbacks_cleaned == want.cleaned, "C cleaned up", tostring(lib.callbacks_cleaned), "times, expected",
    tostring(want.cleaned))
check(#ffi.callbacks() == LIVE + 1, "live callbacks:", tostring(#ffi.callbacks()))
print(("%d callbacks in %.1f s (seed %d): %d ran, %d errors raised, %d reported, %d handled, %d by foreign threads")
    :format(done(), seconds, SEED, seen.runs, seen.errors, seen.reports, seen.handled, seen.foreign))
print(("memory after a tenth: %d kB, Lua %.0f kB; at the end: %d kB, Lua %.0f kB; most: %d kB"):format(
    process, lua, process_end, lua_end, most))
check(process_end - process < GROWTH and lua_end - lua < 256, "memory has grown")
