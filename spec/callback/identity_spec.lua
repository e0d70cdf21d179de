-- A freed callback is known by its own pointer, wherever that is used, whoever has its place by now (S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()
local raises = support.raises

ffi.cdef [[
    int snprintf(char *buffer, size_t size, const char *format, ...);
    struct identity_holder { int (*f)(int); };
]]

local function same(x)
    return x
end

local here = callbacks.here

-- A callback that was freed, and what is said of it.
local function make_freed()
    local made = here() local cb = ffi.callback("int (*)(int)", same)
    local holder = ffi.new("int (*[1])(int)", cb)
    cb:free()
    return cb, ("callback 'int (*)(int)' (created at %s) was freed already"):format(made), holder
end

-- Makes callbacks until one has the place that is at `code`; returns them, that one last.
local function retake(code)
    local live = {}
    repeat
        live[#live + 1] = ffi.callback("int (*)(int)", function(x) return x + #live end)
    until callbacks.as_c_has_it(live[#live]) == code or #live == 20000
    assert.is_true(callbacks.as_c_has_it(live[#live]) == code)
    return live
end

local function free_all(list)
    for _, cb in ipairs(list) do
        cb:free()
    end
end

-- All that raises with the pointer to a freed callback.
local function refused_everywhere(cb, text, holder)
    raises(text, cb.free, cb)
    raises(text, cb.set, cb, print)
    raises(text, holder[0].free, holder[0])
    raises(text, cb, 1)
    raises(text, holder[0], 1)
    raises("bad argument #1 to 'callbacks_call' (int callbacks_call(callbacks_fn *f, int x)): " .. text,
        lib.callbacks_call, cb, 1)
    raises("bad argument #2 to 'callbacks_both' (int callbacks_both(callbacks_fn *f, callbacks_fn *g, int x)): "
            .. text,
        lib.callbacks_both, same, holder[0], 1)
    raises("bad argument #4 to 'snprintf' (" ..
        "int snprintf(char *buffer, size_t size, const char *format, ...)): " .. text,
        ffi.C.snprintf, nil, 0, "%p", cb)
    raises(text, ffi.cast, "void *", cb)
    raises(text, ffi.cast, "uintptr_t", cb)
    raises(text, ffi.cast, "int (*)(long)", cb)
    raises(text, ffi.new, "int (*)(int)", cb)
    raises("element 0 of 'int (*[1])(int)': " .. text, ffi.new, "int (*[1])(int)", cb)
    raises("field 'f' of 'struct identity_holder': " .. text, ffi.new, "struct identity_holder", { cb })
    raises("field 'f' of 'struct identity_holder': " .. text, function()
        ffi.new("struct identity_holder").f = cb
    end)
    raises("bad argument #1 to 'addressof' (" .. text .. ")", ffi.addressof, cb)
    raises("bad argument #1 to 'tofunction' (" .. text .. ")", ffi.tofunction, cb, "name")
    local result <close> = ffi.callback("int (*(*)(void))(int)", function() return cb end)
    local ok, message = pcall(result)
    assert.is_false(ok)
    assert.equal("result of callback 'int (*(void))(int)': " .. text, callbacks.first_line(message))
    result:free()
    do
        local _ <close> = cb -- freed already is fine
    end
    assert.equal("cdata<int (*)(int)>: 0x", tostring(cb):sub(1, 23))
    assert.equal(ffi.typeof "int (*)(int)", ffi.typeof(cb))
end

describe("the pointer to a freed callback", function()
    before_each(lib.callbacks_reset)

    it("is refused while nobody has its place", function()
        refused_everywhere(make_freed())
    end)

    it("is refused when another callback has its place", function()
        local cb = ffi.callback("int (*)(int)", same)
        local holder = ffi.new("int (*[1])(int)", cb)
        local code = callbacks.as_c_has_it(cb)
        cb:free()
        local live = retake(code)
        local count = #ffi.callbacks()
        refused_everywhere(cb, "the callback was freed already", holder)
        assert.equal(count, #ffi.callbacks())
        assert.equal(#live + 1, live[#live](1))
        assert.equal(#live + 1, lib.callbacks_call(code, 1)) -- C's own is the new one
        free_all(live)
    end)

    it("is refused when its place is free again, but another one's tombstone", function()
        local cb = ffi.callback("int (*)(int)", same)
        local holder = ffi.new("int (*[1])(int)", cb)
        local code = callbacks.as_c_has_it(cb)
        cb:free()
        free_all(retake(code))
        refused_everywhere(cb, "the callback was freed already", holder)
    end)

    it("compares as what C has, until another callback has its place", function()
        local cb, _, holder = make_freed()
        local code = callbacks.as_c_has_it(holder[0] == cb and ffi.callback("int (*)(int)", same))
        code:free()
        assert.is_true(cb == holder[0])
        assert.is_true(ffi.eq(cb, holder[0]))

        cb = ffi.callback("int (*)(int)", same)
        holder[0] = cb
        code = callbacks.as_c_has_it(cb)
        local light = ffi.cast("uintptr_t", cb)
        cb:free()
        assert.is_true(cb == code)
        assert.is_true(ffi.eq(code, cb))
        local live = retake(code)
        assert.is_false(cb == code)
        assert.is_false(code == cb)
        assert.is_false(ffi.eq(cb, code))
        assert.is_false(cb == live[#live])
        assert.is_false(ffi.eq(live[#live], cb))
        assert.is_true(code == live[#live])
        assert.is_true(ffi.eq(live[#live], code))
        assert.is_true(cb == holder[0])
        assert.is_true(cb == cb)
        assert.is_false(ffi.isnull(cb))
        assert.equal(light, ffi.cast("uintptr_t", live[#live]))
        free_all(live)
    end)

    it("read from memory in which C has put another one is that one", function()
        local cb <close> = ffi.callback("int (*)(int)", same)
        local other <close> = ffi.callback("int (*)(int)", function(x) return x + 7 end)
        local freed = ffi.callback("int (*)(int)", same)
        local holder = ffi.new("int (*[1])(int)", freed)
        freed:free()
        for _, now in ipairs { cb, other } do
            ffi.copy(holder, ffi.new("int (*[1])(int)", now), ffi.sizeof "void *")
            assert.is_true(holder[0] == now)
            assert.equal(now(5), holder[0](5))
        end
    end)

    it("as a void * is an address, until it is a function pointer again", function()
        local cb = ffi.callback("int (*)(int)", same)
        local address = ffi.cast("void *", cb)
        cb:free()
        assert.is_false(ffi.isnull(address))
        local ok, message = pcall(ffi.cast, "int (*)(int)", address)
        assert.is_false(ok)
        assert.truthy(message:find "callback 'int %(%*%)%(int%)' %(created at [^)]+%) was freed already$")
    end)

    it("made a Lua function is refused by that", function()
        local cb = ffi.callback("int (*)(int)", function(x) return 2 * x end)
        local code = callbacks.as_c_has_it(cb)
        local fn = ffi.tofunction(cb, "twice")
        assert.equal(8, fn(4))
        cb:free()
        local ok, message = pcall(fn, 4)
        assert.is_false(ok)
        assert.truthy(message:find "callback 'int %(%*%)%(int%)' %(created at [^)]+%) was freed already$")
        local live = retake(code)
        raises("the callback was freed already", fn, 4)
        free_all(live)
    end)
end)

describe("a callback freed while arguments are converted", function()
    local text = "callback 'int %(%*%)%(int%)' %(created at [^)]+%) was freed already$"

    local function freeing(cb)
        return setmetatable({}, { __cffi_integer = function() cb:free() return 1 end })
    end

    local function refused(pattern, fn, ...)
        local ok, message = pcall(fn, ...)
        assert.is_false(ok)
        assert.truthy(message:find(pattern), message)
    end

    it("is not called", function()
        local cb = ffi.callback("int (*)(int)", same)
        refused("^[^:]+:%d+: " .. text, function() return cb(freeing(cb)) end)
        cb = ffi.callback("int (*)(int)", same)
        local fn = ffi.tofunction(cb, "fn")
        refused("^[^:]+:%d+: " .. text, function() return fn(freeing(cb)) end)
    end)

    it("is not passed", function()
        local cb = ffi.callback("int (*)(int)", same)
        refused("bad argument #1 to 'callbacks_call' %(int callbacks_call%(callbacks_fn %*f, int x%)%): " .. text,
            function() return lib.callbacks_call(cb, freeing(cb)) end)
        cb = ffi.callback("int (*)(int)", same)
        refused("bad argument #4 to 'snprintf' .*: " .. text,
            function() return ffi.C.snprintf(nil, 0, "%p %d", cb, freeing(cb)) end)
    end)
end)

describe("the pointer to a freed callback of another signature", function()
    -- Entries are used again for all signatures of their pool, closures for all: by the way without
    -- entries after 100 callbacks, else when a pool is used up.
    local code = [[
        local ffi = require "cffi"
        local stale = ffi.callback("int (*)(long, double)", function() return 0 end)
        stale:free()
        for i = 1, 400 do
            ffi.callback("struct { long a[9]; } (*)(double)", function() return {} end):free()
            ffi.callback("int (*)(const char *, void *)", function() return 0 end):free()
        end
        for _, what in ipairs { stale, function(...) return ffi.cast("int (*)(long, double)", stale)(...) end } do
            local ok, message = pcall(what, 0x1234, 1.5)
            print(ok, (message:gsub("^[^:]+:%d+: ", ""):gsub("%(created at .-:%d+%)", "()")))
        end
    ]]

    it("writes nowhere", function()
        for _, way in ipairs { "CFFI_NO_FASTCALL=0", "CFFI_NO_FASTCALL=1", "CFFI_NO_PEEK=1" } do
            local status, out, err = support.run { "env", way, support.lua, "-e", code }
            assert.equal("", err)
            assert.equal(0, status)
            for line in out:gmatch "[^\n]+" do
                assert.truthy(line == "false\tthe callback was freed already" or
                    line == "false\tcallback 'int (*)(long, double)' () was freed already", line)
            end
            assert.equal(2, select(2, out:gsub("\n", "")))
        end
    end)
end)
