-- Errors in callbacks: kept while C finishes, raised when the C call has returned (S13).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()
local raises = support.raises

-- The error of fn(...), which must fail.
local function failure(fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    return err
end

local function here()
    local info = debug.getinfo(2, "Sl")
    return info.short_src .. ":" .. info.currentline
end

describe("an error in a callback", function()
    before_each(lib.callbacks_reset)

    it("lets C finish, and is raised when C has returned", function()
        local place
        local err = failure(lib.callbacks_call, function()
            place = here() error "boom"
        end, 1)
        assert.equal(place .. ": boom", err:match "^[^\n]*")
        assert.equal(1, lib.callbacks_cleaned)
        assert.equal(0, lib.callbacks_seen[0])
    end)

    it("has a traceback of both sides", function()
        local function inner() error "boom" end
        local function callback() inner() return 1 end
        local function outer() lib.callbacks_call(callback, 1) end
        local err = failure(outer)
        local lines = {}
        for line in err:gmatch "[^\n]+" do
            lines[#lines + 1] = line
        end
        assert.truthy(lines[1]:find "boom$")
        assert.equal("stack traceback:", lines[2])
        local text = table.concat(lines, "\n")
        local positions = {}
        for _, part in ipairs { "in %a+ 'error'", "in upvalue 'inner'", "in function <", "callbacks_call'",
            "in %a+ 'pcall'" } do
            positions[#positions + 1] = assert(text:find(part), part)
        end
        local sorted = table.move(positions, 1, #positions, 1, {})
        table.sort(sorted)
        assert.same(sorted, positions)
    end)

    it("has no traceback when it is raised without a position", function()
        assert.equal("boom", failure(lib.callbacks_call, function() error("boom", 0) end, 1))
    end)

    it("keeps an error object that is no string", function()
        local objects = { {}, 42, 4.5, true, false, print, coroutine.create(print), io.stdout, ffi.new "int" }
        for _, object in ipairs(objects) do
            assert.equal(object, failure(lib.callbacks_call, function() error(object) end, 1))
        end
        local object = setmetatable({}, { __tostring = function() return "object" end })
        assert.equal(object, failure(lib.callbacks_call, function() error(object) end, 1))
        local none = failure(lib.callbacks_call, function() error(nil) end, 1)
        assert.equal(_VERSION >= "Lua 5.5" and "<no error object>" or nil, none)
        assert.equal(11, lib.callbacks_cleaned)
    end)

    it("gives C zero, or the error value", function()
        local function fail() error("boom", 0) end
        failure(lib.callbacks_call, fail, 1)
        local cb <close> = ffi.callback("int (int)", fail, { error = -7 })
        failure(lib.callbacks_call, cb, 1)
        assert.equal(0, lib.callbacks_seen[0])
        assert.equal(-7, lib.callbacks_seen[1])
        assert.equal(2, lib.callbacks_cleaned)
    end)

    it("stops later callbacks of the same call, which return their own error values", function()
        local runs = 0
        local first <close> = ffi.callback("int (int)", function() runs = runs + 1 error("first", 0) end, { error = 3 })
        local second <close> = ffi.callback("int (int)", function() runs = runs + 1 return 9 end, { error = 4 })
        local reports, ok, err = callbacks.reports(lib.callbacks_both, first, second, 1)
        assert.is_false(ok)
        assert.equal("first", err)
        assert.same({}, reports)
        assert.equal(1, runs)
        assert.equal(3, lib.callbacks_seen[0])
        assert.equal(4, lib.callbacks_seen[1])
        assert.equal(1, lib.callbacks_cleaned)
        assert.equal(9, lib.callbacks_call(second, 1)) -- the next call is not concerned
    end)

    it("is not told to ffi.onerror as well when C returns soon", function()
        local runs = 0
        local reports, ok, err = callbacks.reports(lib.callbacks_repeat, function(i)
            runs = runs + 1
            if i == 3 then error("third", 0) end
            return i
        end, 20)
        assert.is_false(ok)
        assert.equal("third", err)
        assert.same({}, reports)
        assert.equal(3, runs)
        assert.equal(1, lib.callbacks_cleaned)
    end)

    it("is told to ffi.onerror once when C does not return", function()
        local reports, ok, err = callbacks.reports(lib.callbacks_slowly, function() error("first", 0) end, 14)
        assert.is_false(ok)
        assert.equal("first", err)
        assert.same({ "first" }, reports)
    end)

    it("with a traceback is on standard error no more than in the message", function()
        local code, out, err = callbacks.run [[
            ffi.cdef "void qsort(void *, size_t, size_t, int (*)(const void *, const void *));"
            local numbers = ffi.new("int[3]", 3, 2, 1)
            print(pcall(ffi.C.qsort, numbers, 3, 4, function() error("no order", 0) end))
        ]]
        assert.equal("", err)
        assert.equal("false\tno order\n", out)
        assert.equal(0, code)
    end)

    it("is not told to ffi.onerror when no callback follows", function()
        local reports = callbacks.reports(lib.callbacks_call, error, 1)
        assert.same({}, reports)
    end)

    it("does not stop a callback with always", function()
        local seen = {}
        local always <close> = ffi.callback("int (int)", function(x) seen[#seen + 1] = x return 2 * x end,
            { always = true })
        local reports, ok, err = callbacks.reports(lib.callbacks_both,
            function() error("first", 0) end, always, 21)
        assert.is_false(ok)
        assert.equal("first", err)
        assert.same({}, reports)
        assert.same({ 21 }, seen)
        assert.equal(42, lib.callbacks_seen[1])
    end)

    it("wins over one in a callback with always, which ffi.onerror gets", function()
        local always <close> = ffi.callback("int (int)", function() error("second", 0) end,
            { always = true, error = 8 })
        local reports, ok, err = callbacks.reports(lib.callbacks_both,
            function() error("first", 0) end, always, 1)
        assert.is_false(ok)
        assert.equal("first", err)
        assert.same({ "second" }, reports)
        assert.equal(8, lib.callbacks_seen[1])
    end)

    it("with no FFI call below goes to ffi.onerror", function()
        local call_kept = assert(package.loadlib(callbacks.path, "callbacks_lua_call_kept"))
        local cb <close> = ffi.callback("int (int)", function(x)
            if x == 1 then error("nobody's", 0) end
            return x
        end, { error = -1 })
        lib.callbacks_keep(cb)
        assert.equal(2, call_kept(2))
        local reports, ok, result = callbacks.reports(call_kept, 1)
        assert.is_true(ok)
        assert.equal(-1, result)
        assert.same({ "nobody's" }, reports)
        reports, ok, result = callbacks.reports(coroutine.wrap(call_kept), 1)
        assert.is_true(ok)
        assert.equal(-1, result)
        assert.same({ "nobody's" }, reports)
        assert.equal(4, call_kept(4))
    end)

    it("goes on into the caller of a coroutine", function()
        local co = coroutine.create(function()
            return lib.callbacks_call(function() error("boom", 0) end, 1)
        end)
        local ok, err = coroutine.resume(co)
        assert.is_false(ok)
        assert.equal("boom", err)
        assert.equal(1, lib.callbacks_cleaned)
    end)
end)

describe("onerror of a callback", function()
    before_each(lib.callbacks_reset)

    it("gets the error, supplies the value, and nothing is raised", function()
        local got
        local cb <close> = ffi.callback("int (int)", function() error("boom", 0) end, {
            error = 1,
            onerror = function(err) got = err return 77 end,
        })
        assert.equal(77, lib.callbacks_call(cb, 1))
        assert.equal("boom", got)
        assert.equal(1, lib.callbacks_cleaned)
    end)

    it("gets error objects and tracebacks", function()
        local got
        local object = {}
        local cb <close> = ffi.callback("int (int)", function(x) error(x == 1 and object or "text") end, {
            onerror = function(err) got = err end,
        })
        assert.equal(0, lib.callbacks_call(cb, 1))
        assert.equal(object, got)
        assert.equal(0, lib.callbacks_call(cb, 2))
        assert.truthy(got:find "text\nstack traceback:\n")
    end)

    it("that returns nil leaves the error value", function()
        local cb <close> = ffi.callback("int (int)", function() error "boom" end,
            { error = 5, onerror = function() end })
        assert.equal(5, lib.callbacks_call(cb, 1))
    end)

    it("that fails itself: its error is the callback's", function()
        local cb <close> = ffi.callback("int (int)", function() error("first", 0) end, {
            error = 5,
            onerror = function(err) error(err .. ", second", 0) end,
        })
        assert.equal("first, second", failure(lib.callbacks_call, cb, 1))
        assert.equal(5, lib.callbacks_seen[0])
        assert.equal(1, lib.callbacks_cleaned)
    end)

    it("whose value does not convert: that is the callback's error", function()
        local line
        local cb <close> = ffi.callback("int (int)", function() error("first", 0) end, {
            error = 5,
            onerror = function() line = debug.getinfo(1, "S").linedefined return "x" end,
        })
        local err = failure(lib.callbacks_call, cb, 1)
        assert.equal("result of callback 'int (int)': cannot convert string \"x\" to 'int': (\"x\"):byte() is its code",
            callbacks.first_line(err))
        assert.equal(line, tonumber(err:match ":(%d+):"))
        assert.equal(5, lib.callbacks_seen[0])
    end)

    it("makes the callback run after the error of another, too", function()
        local cb <close> = ffi.callback("int (int)", function(x) return x + 1 end, { onerror = print })
        local _, ok, err = callbacks.reports(lib.callbacks_both, function() error("first", 0) end, cb, 1)
        assert.is_false(ok)
        assert.equal("first", err)
        assert.equal(2, lib.callbacks_seen[1])
    end)

    it("serves a callback that frees itself, even when its place is taken", function()
        local got, cb
        local others = {}
        cb = ffi.callback("int (int)", function()
            cb:free()
            for i = 1, 300 do
                others[i] = ffi.callback("int (int)", print, { onerror = function() got = "another's" end })
            end
            error("boom", 0)
        end, { onerror = function(err) got = err return 4 end })
        assert.equal(4, lib.callbacks_call(cb, 1))
        assert.equal("boom", got)
        for _, other in ipairs(others) do
            other:free()
        end
    end)
end)

describe("a callback that frees itself, with a place that is wanted again,", function()
    -- In a process of its own, where no other tombstones are in line.
    local function run(code)
        return callbacks.run([[
            local others = {}
            local function replace(cb)
                cb:free()
                for i = 1, 700 do
                    others[#others + 1] = ffi.callback("int (int)", function() return i end, {error = 1000 + i})
                end
            end
        ]] .. code)
    end

    it("gives its own error value", function()
        local code, out, err = run [[
            local cb
            cb = ffi.callback("int (int)", function() replace(cb) error("boom", 0) end, {error = -7})
            print(pcall(lib.callbacks_call, cb, 1))
            print(lib.callbacks_seen[0])
        ]]
        assert.equal("", err)
        assert.equal("false\tboom\n-7\n", out)
        assert.equal(0, code)
    end)

    it("is the one that errors name", function()
        local code, out, err = run [[
            for _, options in ipairs {{}, {error = -7}, {onerror = function(err) error(err, 0) end}} do
                local cb
                local function fn() replace(cb) return "x" end
                local line = debug.getinfo(fn, "S").linedefined
                cb = ffi.callback("int (int)", fn, options)
                local _, err = pcall(lib.callbacks_call, cb, 1)
                print(err:match "^[^:]*:(%d+)" == tostring(line), err:match ": ([^\n]*)")
            end
        ]]
        assert.equal("", err)
        assert.equal(("true\tresult of callback 'int (int)': cannot convert string \"x\" to 'int': "
            .. "(\"x\"):byte() is its code\n"):rep(3), out)
        assert.equal(0, code)
    end)
end)

describe("ffi.onerror", function()
    it("that fails is told to stderr, as is an error when it is nil", function()
        local code, out, err = callbacks.run [[
            local function twice(err)
                local always <close> = ffi.callback("int (int)", function() error(err, 0) end, { always = true })
                print(pcall(lib.callbacks_both, function() error("first", 0) end, always, 1))
            end
            ffi.onerror = function(err) error("handler of " .. err, 0) end
            twice "second"
            ffi.onerror = function() error {} end
            twice "second"
            ffi.onerror = nil
            twice "second"
            twice(setmetatable({}, {__name = "object"}))
        ]]
        assert.equal(0, code)
        assert.equal(("false\tfirst\n"):rep(4), out)
        assert.equal([[
cffi: error in ffi.onerror: handler of second
cffi: error in ffi.onerror: (not a string)
cffi: error in a callback: second
cffi: error in a callback: object: ADDRESS
]], (err:gsub("0x%x+", "ADDRESS")))
    end)
end)

describe("the result of a callback", function()
    before_each(lib.callbacks_reset)

    local function refused(text, fn)
        local err = failure(lib.callbacks_call, fn, 1)
        assert.equal("result of callback 'int (int)': " .. text, callbacks.first_line(err))
        assert.equal(debug.getinfo(fn, "S").linedefined, tonumber(err:match ":(%d+):"))
        assert.truthy(err:find("\nstack traceback:\n", 1, true))
    end

    it("that is missing or wrong is an error, at the line of the function", function()
        refused("cannot convert no value to 'int'", function() end)
        refused("cannot convert nil to 'int'", function() return nil end)
        refused("cannot convert string \"5\" to 'int'", function() return "5" end)
        refused("cannot convert boolean true to 'int'", function() return true end)
        refused("cannot convert table to 'int'", function() return {} end)
        refused("integer 4294967296 does not fit 'int' (32 bits)", function() return 1 << 32 end)
        refused("number 1.5 is not an integer, as 'int' needs", function() return 1.5 end)
        assert.equal(7, lib.callbacks_cleaned)
    end)

    it("that is missing is no null pointer; nil is one", function()
        assert.equal("result of callback 'void *(void *)': cannot convert no value to 'void *'",
            callbacks.first_line(failure(lib.callbacks_call_pointer, function() end, nil)))
        assert.is_nil(lib.callbacks_call_pointer(function() return nil end, nil))
        local luajit = require "cffi.luajit" -- where a missing one is nil
        luajit.cdef "void *callbacks_call_pointer(void *(*f)(void *), void *p);"
        assert.is_nil(luajit.load(callbacks.path).callbacks_call_pointer(function() end, nil))
    end)

    it("is the first of several; none is needed for void", function()
        assert.equal(3, lib.callbacks_call(function() return 3, 4, "x" end, 1))
        lib.callbacks_call_void(function() end)
        lib.callbacks_call_void(function() return 1, 2 end)
        assert.equal(3, lib.callbacks_cleaned)
    end)

    it("obeys the policy of its type's scope", function()
        local scope = ffi.scope { overflow = "wrap" }
        scope.cdef(callbacks.declarations)
        local wrap = scope.load(callbacks.path)
        assert.equal(-1, wrap.callbacks_call(function() return 0xFFFFFFFFFF end, 1))
    end)

    it("may be a Lua string only where C does not keep it, so never", function()
        local cb <close> = ffi.callback("const char *(int)", function() return "text" end)
        assert.equal("result of callback 'const char *(int)': a Lua string cannot be stored in memory that Lua "
            .. "does not own: copy it with ffi.arena or ffi.new", callbacks.first_line(failure(cb, 1)))
    end)
end)

describe("arguments of a callback", function()
    it("need not be named, and no more are there", function()
        assert.equal(0, lib.callbacks_call(function() return 0 end, 1))
        assert.equal(1, lib.callbacks_call(function(...) return select("#", ...) end, 5))
        assert.equal(6, lib.callbacks_call(function(x, y) return y == nil and x + 1 or 0 end, 5))
    end)
end)

describe("options of ffi.callback", function()
    it("are checked", function()
        local function refused(text, ...)
            raises(text, ffi.callback, ...)
        end
        local third = "bad argument #3 to 'callback' "
        refused(third .. "(unknown option 'errors' (there are error, onerror, always, signal, "
            .. "thread))", "int (int)", print,
            { errors = 1 })
        refused(third .. "(options have names, got integer 1)", "int (int)", print, { 1 })
        refused(third .. "(option 'onerror' must be a function, not integer 1)", "int (int)", print,
            { onerror = 1 })
        refused(third .. "(option 'always' must be a boolean, not integer 1)", "int (int)", print, { always = 1 })
        refused(third .. "(option 'signal' must be a boolean, not string \"x\")", "int (int)", print,
            { signal = "x" })
        refused("error value of callback 'int (int)': cannot convert string \"x\" to 'int': (\"x\"):byte() is its code",
            "int (int)", print,
            { error = "x" })
        refused("'void (*)(int)' returns nothing: it takes no error value", "void (int)", print, { error = 1 })
        refused("bad argument #3 to 'callback' (table expected, got integer 5)", "int (int)", print, 5)
        refused("bad argument #2 to 'callback' (function expected, got table)", "int (int)", {})
        refused("bad argument #2 to 'callback' (function expected, got no value)", "int (int)")
        refused("bad argument #1 to 'callback' (function type expected, got 'int')", "int", print)
        refused("bad argument #1 to 'callback' (function type expected, got 'int *')", "int *", print)
        refused("bad argument #4 to 'callback' (surplus: at most 3 expected)", "int (int)", print, nil, 1)
    end)
end)

describe("a yield in a callback", function()
    before_each(lib.callbacks_reset)
    local text = "attempt to yield out of a callback: C code stands between it and its coroutine"

    it("is refused in clear words, at its line", function()
        local line
        local function yield() line = debug.getinfo(1, "l").currentline coroutine.yield(1) end
        local err = failure(coroutine.wrap(lib.callbacks_call), yield, 1)
        assert.equal(text, callbacks.first_line(err))
        assert.equal(line, tonumber(err:match ":(%d+):"))
        assert.equal(1, lib.callbacks_cleaned)
        err = failure(lib.callbacks_call, yield, 1)
        assert.equal(text, callbacks.first_line(err))
    end)

    it("leaves the coroutine usable", function()
        local co = coroutine.wrap(function()
            local ok, err = pcall(lib.callbacks_call, function() coroutine.yield "lost" end, 1)
            coroutine.yield(ok, callbacks.first_line(err))
            return lib.callbacks_call(function(x) return x end, 5)
        end)
        local ok, err = co()
        assert.is_false(ok)
        assert.equal(text, err)
        assert.equal(5, co())
    end)

    it("is fine within a coroutine of the callback's own", function()
        assert.equal(3, lib.callbacks_call(function()
            local co = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end)
            return co() + co()
        end, 1))
    end)

    it("is refused from a table.sort inside it as well", function()
        local err = failure(coroutine.wrap(lib.callbacks_call), function()
            table.sort({ 1, 2, 3 }, function() coroutine.yield() end)
            return 1
        end, 1)
        assert.equal(text, callbacks.first_line(err))
    end)
end)
