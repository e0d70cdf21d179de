-- Operations of those who let others work: functions on other threads, annotated functions, scopes of their own and
-- what is listed of them, the short ways of ffi.string, ffi.copy and ffi.fill.
local ffi = require "cffi"
local memory = require "monkey.memory"
local values = require "monkey.values"
local world = require "monkey.world"

local jobs = {}
local chance, pick, random = world.chance, world.pick, world.random
local build = os.getenv "CFFI_BUILD" or "build"

ffi.cdef [=[
    int jobs_abs(int) __asm__("abs");
    size_t jobs_strlen(const char *) __asm__("strlen");
    int jobs_apply(int (*f)(int), int x) __asm__("callbacks_call");
    struct box;
    [[cffi::errno, cffi::owned(an_free)]] struct box *an_new(int value);
    int an_free(struct box *box);
    int an_value(const struct box *box);
    int an_alive(void);
    [[cffi::status(0)]] int an_open(int value, [[cffi::out, cffi::owned(an_free)]] struct box **box);
    [[cffi::count]] int an_fill([[cffi::out(room)]] char *to, int room, int claim);
    int an_sum([[cffi::in(n)]] const int *values, int n);
    void an_swap([[cffi::inout]] int *a, [[cffi::inout]] int *b);
]=]
local annotated = ffi.load("./" .. build .. "/spec/annotated.so")
local callbacks = ffi.load("./" .. build .. "/spec/callbacks.so")

-- ---- other threads ------------------------------------------------------------------------------

-- A function, its arguments and what it must give.
local function work()
    local n, kind = random(-1000, 1000), random(4)
    if kind == 1 then
        return math.abs(n), ffi.C.jobs_abs, n
    elseif kind == 2 then
        return math.abs(n), ffi.C.jobs_abs, values.integer_object(values.wide(n), memory.hook)
    elseif kind == 3 then
        local text = ("x"):rep(random(0, 200))
        return #text, ffi.C.jobs_strlen, chance(50) and text or ffi.new("char[?]", #text + 1, text)
    end
    return n + 1, callbacks.jobs_apply, function(x)
        if chance(20) then
            collectgarbage "step"
        end
        return x + 1
    end, n
end

function jobs.op_async()
    local tasks, wanted, closures = {}, {}, {}
    local worker <close> = chance(30) and ffi.worker() or nil
    for i = 1, random(4) do
        local job = table.pack(work())
        wanted[i] = job[1]
        closures[#closures + 1] = type(job[3]) == "function" and job[3] or nil
        if worker and chance(30) then
            local got = world.succeeds("worker", worker.call, worker, table.unpack(job, 2, job.n))
            world.check(got == wanted[i], "a worker's call gives %s, not %s", world.show(got), world.show(wanted[i]))
        end
        local start = worker and chance(50) and function(...) return worker:async(...) end or ffi.async
        tasks[i] = world.succeeds("async", start, table.unpack(job, 2, job.n))
    end
    world.log("%d tasks%s", #tasks, worker and " and a worker" or "")
    world.raises("async", "bad argument #1", ffi.async, ffi.C.jobs_abs, pick { {}, "x", 0.5 })
    if chance(30) then
        collectgarbage()
    end
    for i = #tasks, 1, -1 do
        local got
        if chance(70) then
            got = world.succeeds("wait", tasks[i].wait, tasks[i])
        else
            world.succeeds("run", ffi.run, function() got = ffi.await(tasks[i]) end)
        end
        world.check(got == wanted[i], "task %d gives %s instead of %s", i, world.show(got), world.show(wanted[i]))
        world.check(tasks[i]:done(), "a task that was waited for is not done")
    end
    for _, closure in ipairs(closures) do
        ffi.release(closure)
    end
end

-- ---- annotated functions ------------------------------------------------------------------------

function jobs.op_annotated()
    local kind, n = random(5), random(0, 1000)
    world.log("annotated %d, %d", kind, n)
    if kind == 1 then
        local box <close> = world.succeeds("new", annotated.an_new, n)
        world.check(annotated.an_value(box) == n, "the value of a box")
        local none, message, code = annotated.an_new(-1 - n)
        world.check(none == nil and type(message) == "string" and code == 22, "errno of a box: %s", world.show(code))
        if chance(50) then
            annotated.an_free(box)
        end
    elseif kind == 2 then
        local box = world.succeeds("open", annotated.an_open, n + 20)
        world.check(annotated.an_value(box) == n + 20, "the value of an opened box")
        local none, _, code = annotated.an_open(-1 - n)
        world.check(none == nil and code == 14, "status of a box: %s", world.show(code))
    elseif kind == 3 then
        local claim = random(0, n)
        local text = world.succeeds("fill", annotated.an_fill, n, claim)
        world.check(text == ("x"):rep(claim), "%d of %d letters: %s", claim, n, world.show(text))
        world.raises("fill", "", annotated.an_fill, -1 - n, 0)
    elseif kind == 4 then
        local list, sum = {}, 0
        for i = 1, random(0, 20) do
            local v = random(-1000, 1000)
            list[i], sum = chance(30) and values.integer_object(values.wide(v), memory.hook) or v, sum + v
        end
        world.check(world.succeeds("sum", annotated.an_sum, list) == sum, "a sum")
        world.check(annotated.an_sum(ffi.new("int[3]", { 1, 2, n })) == n + 3, "a sum of an array")
    else
        local a, b = annotated.an_swap(n, -n)
        world.check(a == -n and b == n, "swapped: %s, %s", world.show(a), world.show(b))
    end
    if chance(20) then
        collectgarbage()
        collectgarbage()
    end
end

-- ---- scopes -------------------------------------------------------------------------------------

function jobs.op_scope()
    local own, n = ffi.scope {}, random(30)
    local text, unit = {}, pick { "int", "unsigned char", "double" }
    for i = 1, n do
        text[i] = ("typedef %s t%d; struct s%d { t%d a[%d]; };"):format(unit, i, i, i, i)
    end
    text = table.concat(text)
    world.log("a scope of %d structs of %s", n, unit)
    local parsed = world.succeeds("parse", own.parse, ("extern %s v; "):format(unit):rep(n) .. "int f(int x);")
    world.check(#parsed == n + 1 and parsed[n + 1].name == "f" and parsed[n + 1].names[1] == "x", "parse")
    world.raises("before", "unknown type", own.new, "t1")
    world.succeeds("cdef", own.cdef, text)
    local count = 0
    for name, kind in own.declarations "^t%d" do
        count = count + (kind == "typedef" and own.sizeof(name) == ffi.sizeof(unit) and 1 or 0)
    end
    world.check(count == n, "%d declarations of %d", count, n)
    local object = world.succeeds("new", own.new, "struct s" .. n, { { n } })
    local typed = own.reflect("struct s" .. n).members[1].text
    world.check(typed == ("t%d a[%d]"):format(n, n), "member: %s", typed)
    local list = object.a -- a view: keeps the object, and both the scope
    own, object = nil, nil -- luacheck: ignore 311
    if chance(50) then
        collectgarbage()
    end
    world.check(list[0] == n and #list == n, "a view of an object of a scope: %s", world.show(list[0]))
end

-- ---- the short ways -----------------------------------------------------------------------------

function jobs.op_bytes()
    local n = random(60)
    local to, model = ffi.new("char[?]", n), ("\0"):rep(n)
    world.log("%d bytes filled and copied", n)
    for _ = 1, random(8) do
        local size, kind = random(0, n), random(4)
        if kind == 1 then
            local byte = random(0, 255)
            ffi.fill(to, size, byte)
            model = string.char(byte):rep(size) .. model:sub(size + 1)
        elseif kind == 2 then
            local text = ("ab"):rep(size // 2 + 1):sub(1, size)
            ffi.copy(to, text, size)
            model = text .. model:sub(size + 1)
        elseif kind == 3 then
            ffi.copy(to, ffi.new("char[?]", n, model), size)
        else
            world.raises("beyond", { "has only", "bytes" }, ffi.fill, to, n + 1 + size)
            world.raises("beyond", { "has only", "bytes" }, ffi.copy, to, ("x"):rep(n + 1), n + 1)
        end
        local got = ffi.string(to, n)
        for i = 1, got == model and 0 or n do
            local is, want = got:byte(i), model:byte(i)
            world.check(is == want, "byte %d of %d is %d instead of %d", i - 1, n, is, want)
        end
    end
    local zero = model:find("\0", 1, true)
    if zero then
        world.check(ffi.string(to) == model:sub(1, zero - 1), "text up to its zero")
    end
    world.raises("beyond", "has only", ffi.string, to, n + 1)
end

jobs.operations = {
    { 2, "async", jobs.op_async }, { 5, "annotated", jobs.op_annotated }, { 2, "scope", jobs.op_scope },
    { 4, "short ways", jobs.op_bytes },
}

return jobs
