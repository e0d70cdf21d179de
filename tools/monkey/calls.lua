-- Operations that call: C functions of random types, which are callbacks, so that every value crosses twice; "...";
-- libraries that are closed; threads that call back.
local ffi = require "cffi"
local memory = require "monkey.memory"
local region = require "monkey.region"
local types = require "monkey.types"
local values = require "monkey.values"
local world = require "monkey.world"

local calls = {}
local chance, pick, random = world.chance, world.pick, world.random
local build = os.getenv "CFFI_BUILD" or "build"

-- ---- random signatures --------------------------------------------------------------------------

local function travels(t)
    return t.kind ~= "pointer" or t.text
end

local function parameter()
    if chance(25) and types.records[1] then
        local t = pick(types.records)
        if not t.flexible and t.size > 0 and t.size <= 300 then
            return t
        end
    end
    local t
    repeat
        t = types.scalar()
    until travels(t)
    return t
end

-- Random members of a struct that has travelled are those of the model.
local function check_parts(t, cd, bytes, what)
    for _ = 1, 4 do
        local path, part, offset, m = types.part(t)
        if path and #path > 0 then
            local of = cd
            for i = 1, #path - 1 do
                of = of[path[i]]
            end
            memory.check_scalar({ region = bytes }, part, offset, m, of[path[#path]], what .. types.path_text(path))
        end
    end
end

-- A value to pass as `t`: {v=, ok=, check=, text=}; check(got) compares what has arrived.
local function record_value(t, borrowed)
    local h = memory.handles.any(function(h) return h.type == t and not h.pointer end)
    local cd = h and h.cd or ffi.new(t.tag)
    local bytes = region.new(t.size, true)
    if h then
        borrowed[#borrowed + 1] = h.region
        bytes:copy(0, h.region, h.offset, t.size)
        bytes.kept = {} -- a copy that C has made keeps nothing
    end
    return { v = cd, ok = true, text = t.tag, check = function(got, what) check_parts(t, got, bytes, what) end }
end

local function text_value()
    local text = chance(20) and nil or ("x%d"):format(random(99)):rep(random(3))
    return { v = text, ok = true, text = world.show(text), check = function(got, what)
        local is = got ~= nil and ffi.string(got) or nil
        world.check(is == text, "%s: %s instead of %s", what, world.show(is), world.show(text))
    end }
end

local function packed(becomes)
    if type(becomes) == "table" then -- of a long double; the rest is padding
        return string.char(table.unpack(becomes, 1, 10))
    end
    return becomes
end

local function value(t, borrowed, hook)
    if types.is_record(t) then
        return record_value(t, borrowed)
    elseif t.text then
        return text_value()
    end
    local v, ok, becomes, text = values.into(t, nil, hook)
    return { v = v, ok = ok, text = text, check = function(got, what)
        local wanted = values.expected(t, packed(becomes))
        world.check(values.same(t, wanted, got), "%s: expected %s, got %s", what, world.show(wanted), world.show(got))
    end }
end

local function borrow(regions, busy)
    for _, r in ipairs(regions) do
        world.busy[r] = busy
    end
end

local function callees(text, cb)
    local one = ffi.cast(text, cb)
    local kind = random(4)
    if kind == 1 then
        return cb
    elseif kind == 2 then
        return one
    elseif kind == 3 then
        return ffi.tofunction(one, "monkey_function")
    end
    local list = ffi.new((text:gsub("%(%*%)", "(*[2])", 1)))
    list[1] = one
    return list[1]
end

function calls.op_call()
    local params, texts, borrowed = {}, {}, {}
    for i = 1, chance(90) and random(0, 7) or random(8, 20) do
        params[i] = parameter()
        texts[i] = types.text_of(params[i])
    end
    local result = chance(15) and types.void or parameter()
    while result.text do
        result = parameter()
    end
    local text = types.spell(result, ("(*)(%s)"):format(#texts > 0 and table.concat(texts, ", ") or "void"))
    local arguments, passed, all_ok = {}, {}, true
    for i, t in ipairs(params) do
        arguments[i] = value(t, borrowed, memory.hook)
        passed[i], all_ok = arguments[i].v, all_ok and arguments[i].ok
        texts[i] = arguments[i].text
    end
    local answer = result ~= types.void and value(result, borrowed) or { ok = true }
    local runs = 0
    local cb = world.possible(text, ffi.callback, text, function(...)
        runs = runs + 1
        world.check(select("#", ...) == #params, "%s: %d arguments", text, select("#", ...))
        for i = 1, #params do
            arguments[i].check((select(i, ...)), ("argument %d of %s"):format(i, text))
        end
        if chance(30) then
            memory.hook()
        end
        return answer.v
    end)
    if cb == nil then return end
    world.log("call %s with %s: %s", text, table.concat(texts, ", "), answer.text or "nothing")
    borrow(borrowed, true)
    local fn = callees(text, cb)
    if all_ok and answer.ok then
        local got = world.succeeds(text, fn, table.unpack(passed, 1, #params))
        if answer.check then
            answer.check(got, "result of " .. text)
        end
    else
        world.raises(text, values.REFUSED, fn, table.unpack(passed, 1, #params))
    end
    world.check(runs == (all_ok and 1 or 0), "%s ran %d times", text, runs)
    borrow(borrowed, nil)
    if chance(30) then
        world.raises(text, "wrong number of arguments", fn, table.unpack(passed, 1, #params + 1))
    end
    cb:free()
    world.raises(text, "was freed", cb, table.unpack(passed, 1, #params))
end

-- ---- ... ----------------------------------------------------------------------------------------

local CONVERSIONS = {
    function(hook)
        local n = random(-1 << 31, (1 << 31) - 1)
        return "%d", chance(40) and values.integer_object(values.wide(n), hook) or n, ("%d"):format(n)
    end,
    function()
        local n = random(0)
        return "%lld", chance(40) and ffi.cast("int64_t", n) or n, ("%d"):format(n)
    end,
    function() local n = random(-99, 99) / 8 return "%.4f", n, ("%.4f"):format(n) end,
    function() local s = ("ab"):rep(random(0, 20)) return "%s", s, s end,
    function() local n = random(32, 126) return "%c", n, string.char(n) end,
    function() local n = random(0, 255) return "%#x", ffi.new("uint8_t", n), ("%#x"):format(n) end,
}

ffi.cdef "int snprintf(char *, size_t, const char *, ...);"

function calls.op_variadic()
    local parts, wanted, arguments = {}, {}, {}
    for i = 1, random(0, 9) do
        parts[i], arguments[i], wanted[i] = pick(CONVERSIONS)(memory.hook)
    end
    local format, text = table.concat(parts, "|"), table.concat(wanted, "|")
    local room = random(1, 300)
    local to = ffi.new("char[?]", room)
    world.log("snprintf %d %s: %s", room, format, text)
    local n = world.succeeds(format, ffi.C.snprintf, to, room, format, table.unpack(arguments, 1, #parts))
    world.check(n == #text, "snprintf gives %s instead of %d", world.show(n), #text)
    world.check(ffi.string(to) == text:sub(1, room - 1), "snprintf wrote %s instead of %s", ffi.string(to), text)
    world.raises(format, "argument", ffi.C.snprintf, to, room, format .. "%d",
        table.unpack(arguments, 1, #parts))
    world.raises(format, "argument", ffi.C.snprintf, to, room, "%d", pick { "text", 0.5, {}, 1 << 40 })
end

-- ---- callbacks that C keeps ---------------------------------------------------------------------

ffi.cdef [[
    typedef int callbacks_fn(int);
    int callbacks_call(callbacks_fn *f, int x);
    int callbacks_repeat(callbacks_fn *f, int n);
    int callbacks_borrow(callbacks_fn *f __attribute__((noescape)), int x);
    void callbacks_keep(callbacks_fn *f);
    int callbacks_call_kept(int x);
    int callbacks_in_threads(callbacks_fn *f, int n, int count, int expected);
]]
local lib = ffi.load("./" .. build .. "/spec/callbacks.so")

function calls.op_library_callback()
    local kind, x = random(4), random(-1000, 1000)
    world.log("callback by way %d with %d", kind, x)
    local function fn(n)
        if chance(30) then
            memory.hook()
        end
        return n + 1
    end
    if kind == 1 then
        world.check(world.succeeds("borrow", lib.callbacks_borrow, fn, x) == x + 1, "borrowed")
        world.check(ffi.release(fn) == 0, "a borrowed callback is kept")
    elseif kind == 2 then
        world.check(world.succeeds("call", lib.callbacks_call, fn, x) == x + 1, "implicit")
        world.check(world.succeeds("call", lib.callbacks_call, fn, x) == x + 1, "implicit again")
        world.check(ffi.release(fn) == 1, "an implicit callback is not one")
    elseif kind == 3 then
        local failing = function() error("expected", 0) end
        world.raises("failing", "expected", lib.callbacks_repeat, failing, 3)
        ffi.release(failing)
    else
        local cb = ffi.callback("callbacks_fn *", fn, { error = -7 })
        lib.callbacks_keep(cb)
        cb:set(function(n) return 2 * n end)
        world.check(world.succeeds("kept", lib.callbacks_call_kept, x) == 2 * x, "set")
        cb:free()
        world.raises("freed", "was called by C after it was freed", lib.callbacks_call_kept, x)
        lib.callbacks_keep(nil)
    end
end

local threads_run = 0
function calls.op_threads()
    threads_run = threads_run + 1
    if threads_run > 60 or world.busy.threads then -- each waits for threads to begin and end
        return
    end
    world.busy.threads = true -- the library counts those of one call
    local mode = pick { "run", "value" }
    world.log("callbacks in threads: %s", mode)
    local told, before, entered = 0, ffi.onerror, 0
    local cb <close> = ffi.callback("callbacks_fn *", function()
        entered = entered + 1
        return 9
    end, { error = mode == "value" and 9 or 8, thread = mode })
    ffi.onerror = function(err) told = told + 1 world.log("told %s", err) end
    local n, times = random(3), random(30)
    local ok, wrong = pcall(lib.callbacks_in_threads, cb, n, times, 9)
    ffi.onerror = before
    world.check(ok and wrong == 0, "threads: %s", tostring(wrong))
    local wanted = mode == "run" and n * times or 0
    world.check(entered == wanted and told == 0, "threads: entered %d times, not %d, told %d times", entered, wanted,
        told)
    world.busy.threads = nil
end

-- ---- libraries ----------------------------------------------------------------------------------

ffi.cdef "int library_add(int, int); extern int library_counter;"
local library = "./" .. build .. "/spec/library.so"

function calls.op_library()
    local one = world.succeeds("load", ffi.load, library)
    local busy = world.busy[library]
    world.busy[library] = true
    local a, b = random(-1000, 1000), random(-1000, 1000)
    world.log("load, %d + %d%s", a, b, busy and "" or ", close")
    local add = one.library_add
    local object = values.integer_object(values.wide(b), memory.hook)
    world.check(world.succeeds("add", add, a, object) == a + b, "library_add")
    one.library_counter = a
    world.check(one.library_counter == a, "library_counter")
    world.raises("symbol", "is not declared", function() return one.no_such_function_at_all end)
    if not busy and chance(60) then
        local closing = setmetatable({}, { __cffi_integer = function() ffi.close(one) return 1 end })
        if chance(50) then
            world.raises("closing", "is closed", add, a, closing)
        else
            ffi.close(one)
        end
        world.raises("closed", "is closed", add, a, b)
        world.raises("closed", "is closed", function() return one.library_counter end)
    end
    world.busy[library] = busy
end

calls.operations = {
    { 14, "call", calls.op_call }, { 6, "variadic", calls.op_variadic },
    { 5, "library_callback", calls.op_library_callback }, { 1, "threads", calls.op_threads },
    { 2, "library", calls.op_library },
}

return calls
