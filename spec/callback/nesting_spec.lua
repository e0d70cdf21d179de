-- Lua, C, Lua, C, Lua: frames within frames, each with its own error; recursion through C (S13).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()

describe("nested callbacks", function()
    before_each(lib.callbacks_reset)

    it("return through every frame", function()
        assert.equal(1234, lib.callbacks_call(function(x)
            return 1000 + lib.callbacks_call(function(y)
                return 200 + lib.callbacks_call(function(z) return z end, y + 1)
            end, x + 1)
        end, 32))
        assert.equal(3, lib.callbacks_cleaned)
    end)

    it("pass one error through three C frames, each of which cleans up", function()
        local ok, err = pcall(function()
            return 1 + lib.callbacks_call(function(x)
                return 1 + lib.callbacks_call(function(y)
                    return 1 + lib.callbacks_call(function() error "deep" end, y)
                end, x)
            end, 1)
        end)
        assert.is_false(ok)
        assert.equal("deep", callbacks.first_line(err))
        assert.equal(3, lib.callbacks_cleaned)
        local _, tracebacks = err:gsub("stack traceback:", "")
        assert.equal(1, tracebacks)
        local _, frames = err:gsub("callbacks_call'", "")
        assert.equal(3, frames)
    end)

    it("have each their own error, three deep", function()
        local errors = {}
        local ok, err = pcall(lib.callbacks_call, function()
            local _, e2 = pcall(lib.callbacks_call, function()
                local _, e3 = pcall(lib.callbacks_call, function() error("third", 0) end, 3)
                errors[3] = e3
                error("second", 0)
            end, 2)
            errors[2] = e2
            error("first", 0)
        end, 1)
        errors[1] = err
        assert.is_false(ok)
        assert.same({ "first", "second", "third" }, errors)
        assert.equal(3, lib.callbacks_cleaned)
    end)

    it("keep an error of the outer call while inner calls succeed", function()
        local reports, ok, err = callbacks.reports(lib.callbacks_both,
            function() error("outer", 0) end,
            ffi.callback("int (int)", function(x)
                return lib.callbacks_repeat(function(i) return i end, x) -- not stopped: a call of its own
            end, { always = true }), 4)
        assert.is_false(ok)
        assert.equal("outer", err)
        assert.same({}, reports)
        assert.equal(10, lib.callbacks_seen[5])
        assert.equal(2, lib.callbacks_cleaned)
    end)

    it("run on the coroutine that calls C", function()
        local seen = {}
        local function note(x) seen[#seen + 1] = coroutine.running() return x end
        local co = coroutine.create(function()
            lib.callbacks_call(note, 1)
            local inner = coroutine.create(function() return lib.callbacks_call(note, 2) end)
            seen.inner = inner
            assert(coroutine.resume(inner))
            lib.callbacks_call(note, 3)
        end)
        assert(coroutine.resume(co))
        assert.same({ co, seen.inner, co, inner = seen.inner }, seen)
    end)

    it("resume coroutines that call C that calls back", function()
        local generator = coroutine.wrap(function()
            for i = 1, 3 do
                coroutine.yield(lib.callbacks_call(function(x) return 10 * x end, i))
            end
        end)
        assert.equal(60, lib.callbacks_repeat(function() return generator() end, 3))
        assert.equal(4, lib.callbacks_cleaned)
    end)
end)

describe("the coroutine that made a callback", function()
    before_each(lib.callbacks_reset)

    local function make(fn)
        local cb
        local co = coroutine.create(function() cb = ffi.callback("int (int)", fn) end)
        assert(coroutine.resume(co))
        return cb, co
    end

    it("may be dead, or collected", function()
        local cb, co = make(function(x) return x + 1 end)
        assert.equal("dead", coroutine.status(co))
        assert.equal(2, lib.callbacks_call(cb, 1))
        local weak = setmetatable({ co }, { __mode = "v" })
        co = nil -- luacheck: ignore 311
        collectgarbage()
        collectgarbage()
        assert.is_nil(weak[1])
        assert.equal(3, lib.callbacks_call(cb, 2))
        assert.equal(4, coroutine.wrap(lib.callbacks_call)(cb, 3))
        cb:free()
    end)

    it("may be suspended in the middle", function()
        local cb
        local co = coroutine.wrap(function()
            cb = ffi.callback("int (int)", function(x) return x * 2 end)
            coroutine.yield()
            return lib.callbacks_call(cb, 21)
        end)
        co()
        assert.equal(8, lib.callbacks_call(cb, 4))
        assert.equal(8, coroutine.wrap(function() return lib.callbacks_call(cb, 4) end)())
        assert.equal(42, co())
        cb:free()
    end)

    it("may be closed with an error #close", function()
        local cb
        local co = coroutine.create(function()
            cb = ffi.callback("int (int)", function(x) return x * 2 end)
            coroutine.yield()
        end)
        coroutine.resume(co)
        assert.is_true(coroutine.close(co))
        assert.equal(10, lib.callbacks_call(cb, 5))
        cb:free()
    end)
end)

describe("recursion through C", function()
    before_each(lib.callbacks_reset)

    it("without end is Lua's C stack error, about 100 deep", function()
        local depth, f = 0, nil
        function f(x)
            depth = depth + 1
            return lib.callbacks_call(f, x)
        end
        local ok, err = pcall(lib.callbacks_call, f, 1)
        assert.is_false(ok)
        assert.truthy(err:find "C stack overflow", err)
        assert.is_true(depth > 60 and depth < 200, depth)
        assert.is_true(lib.callbacks_cleaned >= depth and lib.callbacks_cleaned <= depth + 1)
        assert.equal(7, lib.callbacks_call(function() return 7 end, 1))
        ffi.release(f)
    end)

    it("without end in Lua alone is Lua's stack error", function()
        local function f(x) return 1 + f(x) end
        local ok, err = pcall(lib.callbacks_call, f, 1)
        assert.is_false(ok)
        assert.truthy(err:find "stack overflow", err)
        assert.equal(1, lib.callbacks_cleaned)
    end)

    -- Runs Lua code that prints on a C stack of so many KiB; what watches memory makes frames `larger` times as large.
    local function printed(kilobytes, source, setting, larger)
        local script = os.tmpname()
        support.write_file(script, callbacks.prelude .. source)
        local code, out, err = support.run { "env", setting or "CFFI_NO_FASTCALL=0",
            "sh", "-c", 'ulimit -s $2; exec "$0" "$1"',
            support.lua, script, tostring(kilobytes * (support.keeps_freed and (larger or 8) or 1)) }
        os.remove(script)
        assert.equal("", err)
        assert.equal(0, code)
        return out
    end

    it("ends well on a C stack of 256 KiB", function()
        assert.equal("false\tC stack overflow\ttrue\n", printed(256, [[
            local depth, f = 0, nil
            function f(x) depth = depth + 1 return lib.callbacks_call(f, x) end
            local ok, err = pcall(lib.callbacks_call, f, 1)
            print(ok, err:match "C stack overflow", depth > 60)
        ]]))
    end)

    -- An error of ours, where Lua's count of C calls comes too late.
    it("ends well when the frames of C are large #ulimit", function()
        assert.equal("false\tC stack overflow\ttrue\n7\n", printed(512, [[
            local depth, f = 0, nil
            function f(x) depth = depth + 1 return lib.callbacks_call_large(f, x) end
            local ok, err = pcall(lib.callbacks_call_large, f, 1)
            print(ok, err:match "^[^\n]*:%d+: (C stack overflow)\n", depth >= 8 and depth < 60)
            print(lib.callbacks_call_large(function() return 7 end, 1))
        ]], nil, 2)) -- they are large already
    end)

    it("ends well when structs, pointers and libffi take part #frames", function()
        local source = [[
            ffi.cdef [=[
                struct large { long long word[8]; };
                typedef struct large large_fn(struct large, double, void *);
            ]=]
            local fill = ffi.new "struct large"
            local depth, f, cb, call = 0, nil, nil, nil
            function f(x, y, p) depth = depth + 1 return call(x, y, p) end
            cb = ffi.callback("large_fn *", f)
            call = ffi.cast("large_fn *", cb)
            local ok, err = pcall(call, fill, 1, nil)
            print(ok, err:match "C stack overflow", depth > 40)
        ]]
        assert.equal("false\tC stack overflow\ttrue\n", printed(256, source))
        assert.equal("false\tC stack overflow\ttrue\n", printed(256, source, "CFFI_NO_FASTCALL=1"))
    end)

    it("ends well in a thread with a small C stack", function()
        for _, kilobytes in ipairs { 64, 128, 256 } do
            local size = kilobytes * 1024 * (support.keeps_freed and 8 or 1)
            assert.equal(0, lib.callbacks_small_state(callbacks.prelude .. [[
                local depth, f = 0, nil
                function f(x) depth = depth + 1 return lib.callbacks_call(f, x) end
                local ok, err = pcall(lib.callbacks_call, f, 1)
                assert(not ok and err:find "C stack overflow", err)
                assert(depth > 8, depth)
            ]], size))
        end
    end)

    it("may run on a C stack that is not the thread's", function()
        local function f(x) return x > 0 and lib.callbacks_call_elsewhere(f, x - 1) or 7 end
        assert.equal(7, lib.callbacks_call_elsewhere(f, 0))
        local depth = 0
        local function g(x)
            depth = depth + 1
            return lib.callbacks_call(g, x)
        end
        local ok, err = pcall(lib.callbacks_call_elsewhere, g, 0)
        assert.is_false(ok)
        assert.truthy(err:find "C stack overflow", err)
        assert.is_true(depth > 60, depth)
        assert.equal(7, lib.callbacks_call(function() return 7 end, 1))
    end)

    it("from a nearly full Lua stack is an error as well", function()
        local function deep(n)
            if n == 0 then
                return lib.callbacks_call(function(x) return x end, 5)
            end
            return (deep(n - 1))
        end
        assert.equal(5, deep(1000))
        local depth = 0
        local function same(x) return x end
        local function fill()
            depth = depth + 1
            local a, b, c, d = 1, 2, 3, 4
            return lib.callbacks_call(same, a) + fill() + b + c + d
        end
        local ok, err = pcall(fill)
        assert.is_false(ok)
        assert.truthy(tostring(err):find "stack overflow", err)
        assert.is_true(depth > 1000)
        assert.equal(5, lib.callbacks_call(function(x) return x end, 5))
    end)
end)
