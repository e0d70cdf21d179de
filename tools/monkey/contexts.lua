-- Where an operation runs: the ways by which Lua code is entered in the midst of something else. A context
-- is a function that takes `run` and sees to it that it runs once, or more often where that is in its nature.
-- `run` never raises: what fails is kept by the world and raised when the context has ended.
local ffi = require "cffi"
local world = require "monkey.world"

local contexts = {}
local chance, pick = world.chance, world.pick

ffi.cdef [[
    int abs(int);
    size_t strlen(const char *);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
    int snprintf(char *, size_t, const char *, ...);
    struct monkey_object { int value; };
]]

-- ---- Lua's own ----------------------------------------------------------------------------------

function contexts.coroutine(run)
    local co = coroutine.wrap(function()
        run()
        coroutine.yield()
        return 1
    end)
    co()
    world.check(co() == 1, "coroutine")
end

function contexts.error_handler(run)
    xpcall(error, run)
end

-- Within hooks and finalisers Lua calls no hook.
local function with_hook(run, mask, count, fn)
    local done
    debug.sethook(function()
        debug.sethook()
        done = true
        run()
    end, mask, count)
    fn()
    debug.sethook()
    if not done then
        run()
    end
end

function contexts.hook(run)
    with_hook(run, "", 3, function()
        for _ = 1, 20 do
            ffi.tonumber(1)
        end
    end)
end

-- The hook is called inside a function that cffi calls.
function contexts.call_hook(run)
    with_hook(run, "c", nil, function() ffi.C.abs(-1) end)
end

function contexts.sort(run)
    local first = true
    table.sort({ 3, 1, 2 }, function(a, b)
        if first then
            first = false
            run()
        end
        return a < b
    end)
end

function contexts.finaliser(run)
    do
        local _ = setmetatable({}, { __gc = run })
    end
    collectgarbage()
end

function contexts.close(run)
    local _ <close> = setmetatable({}, { __close = run })
end

function contexts.tostring(run)
    tostring(setmetatable({}, { __tostring = function()
        run()
        return ""
    end }))
end

-- ---- metamethods that cffi asks -----------------------------------------------------------------

local function once(run, result)
    local done
    return function()
        if not done then
            done = true
            run()
        end
        return result
    end
end

function contexts.integer(run)
    local object = setmetatable({}, { __cffi_integer = once(run, 7) })
    local kind = world.random(6)
    if kind == 1 then
        world.check(ffi.C.abs(object) == 7, "abs of an object")
    elseif kind == 2 then
        world.check(ffi.new("int[3]", { 1, object, 3 })[1] == 7, "initialiser of an object")
    elseif kind == 3 then
        local one = ffi.new "struct monkey_object"
        one.value = object
        world.check(one.value == 7, "field of an object")
    elseif kind == 4 then
        world.check(ffi.tonumber(ffi.cast("long", object)) == 7, "cast of an object")
    elseif kind == 5 then
        world.check(ffi.new("int[9]")[object] == 0, "index by an object")
    else
        local to = ffi.new "char[20]"
        ffi.C.snprintf(to, 20, "%d", object)
        world.check(ffi.string(to) == "7", "variadic object")
    end
end

function contexts.pointer(run)
    local text = ffi.new("char[6]", "hello")
    local object = setmetatable({}, { __cffi_pointer = once(run, text) })
    if chance(60) then
        world.check(ffi.C.strlen(object) == 5, "strlen of an object")
    else
        local to = ffi.new "char[20]"
        ffi.C.snprintf(to, 20, "%s", object)
        world.check(ffi.string(to) == "hello", "variadic pointer object")
    end
end

-- Metamethods of a metatype, whose operation is that of the moment.
local current = function() end
local function act()
    local run = current
    current = function() end
    run()
end

local object = ffi.metatype("struct monkey_object", {
    __index = function() act() return 5 end, __newindex = act, __call = act, __len = function() act() return 1 end,
    __add = function() act() return 2 end, __unm = function() act() return 3 end,
    __eq = function() act() return true end, __lt = function() act() return true end,
    __concat = function() act() return "" end, __tostring = function() act() return "" end,
    __close = act, __gc = act, __pairs = function() act() return next, {}, nil end,
})

local USES = {
    function(o) return o.no_member end, function(o) o.no_member = 1 end, function(o) o() end, function(o) return #o end,
    function(o) return o + 1 end, function(o) return -o end, function(o) return o == object() end,
    function(o) return o < o end, function(o) return o .. "" end, tostring,
    function(o) local _ <close> = o end, function(o) pairs(o) end,
}

function contexts.metatype(run)
    local one = object(1)
    current = run
    local ok, err = pcall(pick(USES), one)
    world.check(ok, "metamethod: %s", tostring(err))
    world.check(current ~= run, "the metamethod did not run")
end

function contexts.metatype_gc(run)
    do
        local _ = object()
    end
    current = run
    collectgarbage()
    current = function() end
end

function contexts.gc(run)
    do
        local _ = ffi.gc(ffi.new "int[2]", run)
    end
    collectgarbage()
end

-- A finaliser that the collector runs while cffi allocates.
function contexts.gc_in_cffi(run)
    setmetatable({}, { __gc = run })
    collectgarbage "restart"
    local list = ffi.new "struct monkey_object[9]"
    for i = 1, 400 do
        local _ = list[i % 9]
    end
    collectgarbage()
end

-- ---- callbacks ----------------------------------------------------------------------------------

function contexts.callback(run)
    local numbers = ffi.new("int[3]", { 3, 1, 2 })
    local first = once(run)
    ffi.C.qsort(numbers, 3, 4, function(a, b)
        first()
        return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
    end)
    world.check(numbers[0] == 1 and numbers[2] == 3, "sorted")
end

function contexts.own_callback(run)
    local cb
    cb = ffi.callback("int (int)", function(x)
        if chance(30) then
            cb:free()
        end
        run()
        return x + 1
    end)
    world.check(cb(4) == 5, "callback")
    pcall(cb.free, cb)
end

function contexts.callback_onerror(run)
    local cb <close> = ffi.callback("int (int)", function() error "expected" end, { onerror = function()
        run()
        return 3
    end })
    world.check(cb(4) == 3, "onerror")
end

local names = {}
for name, context in pairs(contexts) do
    if type(context) == "function" then
        names[#names + 1] = name
    end
end
table.sort(names)

-- The operation for a context: it never raises, and does nothing once the context has ended, for a finaliser may
-- come late.
local function guard(operation)
    local ended = false
    return function()
        if ended then
            return 0
        end
        world.depth = world.depth + 1
        local ok, err = pcall(operation)
        world.depth = world.depth - 1
        if not ok and not world.failure then
            world.failure = tostring(err)
            world.log("FAILED: %s", world.failure)
        end
        return 0
    end, function() ended = true end
end

-- Runs the operation, deep inside others now and then.
function contexts.run(operation)
    if world.depth > 6 or chance(40) then
        return operation()
    end
    local name = pick(names)
    world.log("in %s:", name)
    world.counts["in " .. name] = (world.counts["in " .. name] or 0) + 1
    local run, finish = guard(chance(25) and function() contexts.run(operation) end or operation)
    contexts[name](run)
    finish()
    if world.failure then
        error(world.failure, 0)
    end
end

return contexts
