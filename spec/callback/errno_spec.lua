-- errno around callbacks (S13, S15).
local ffi = require "cffi"
local callbacks = require "support.callbacks"

local lib = callbacks.load()
ffi.cdef "int close(int);"
local EBADF = 9

describe("errno", function()
    before_each(function()
        lib.callbacks_reset()
        ffi.errno(0)
    end)

    it("of the thread is ffi.errno() on entry, and C gets it back", function()
        local seen
        local after = lib.callbacks_errno(function() seen = ffi.errno() return 0 end, 42, 7)
        assert.equal(42, seen)
        assert.equal(42, after)
        assert.equal(7, ffi.errno())
    end)

    it("is given back after calls, allocation and collection in the callback", function()
        local inner
        local after = lib.callbacks_errno(function()
            ffi.C.close(-1)
            inner = ffi.errno()
            local t = {}
            for i = 1, 1000 do t[i] = { ("x"):rep(i) } end
            collectgarbage()
            return io.open "/no/such/file" and #t or 0
        end, 42, 7)
        assert.equal(EBADF, inner)
        assert.equal(42, after)
        assert.equal(7, ffi.errno())
    end)

    it("is what the callback set by ffi.errno(n)", function()
        local old
        local after = lib.callbacks_errno(function()
            old = ffi.errno(99)
            return 0
        end, 42, 7)
        assert.equal(42, old)
        assert.equal(99, after)
        assert.equal(7, ffi.errno())
    end)

    it("is what a later call left when the callback has set it: the value at its end", function()
        local after = lib.callbacks_errno(function()
            ffi.errno(99)
            ffi.C.close(-1)
            return 0
        end, 42, 7)
        assert.equal(EBADF, after)
    end)

    it("saved for the outer call is untouched by what callbacks do", function()
        ffi.errno(5)
        local cb <close> = ffi.callback("int (int)", function(x)
            ffi.errno(123)
            ffi.C.close(-1)
            return x
        end)
        local outer <close> = ffi.callback("int (int)", function(x)
            assert.equal(5, ffi.errno()) -- C has not changed it
            lib.callbacks_call(cb, x)
            assert.equal(EBADF, ffi.errno()) -- what the inner call left
            return x
        end)
        lib.callbacks_call(outer, 1)
        assert.equal(5, ffi.errno())
    end)

    it("nests: each call has its own", function()
        local afters = {}
        local function nest(level)
            return function()
                assert.equal(level, ffi.errno())
                if level < 5 then
                    afters[level] = lib.callbacks_errno(nest(level + 1), level + 1, 100 + level)
                    assert.equal(100 + level, ffi.errno())
                end
                return 0
            end
        end
        afters[0] = lib.callbacks_errno(nest(1), 1, 100)
        assert.same({ [0] = 1, 2, 3, 4, 5 }, afters)
        assert.equal(100, ffi.errno())
    end)

    it("comes back to C after an error, and from a callback that is stopped or freed", function()
        local after
        local failing <close> = ffi.callback("int (void)", function()
            ffi.C.close(-1)
            error "boom"
        end)
        local outer <close> = ffi.callback("int (int)", function()
            local freed = ffi.callback("int (void)", print)
            freed:free()
            pcall(function() after = lib.callbacks_errno(freed, 42, 7) end)
            return ffi.errno()
        end)
        assert.is_false(pcall(lib.callbacks_errno, failing, 42, 7))
        assert.equal(7, ffi.errno())
        assert.equal(7, lib.callbacks_call(outer, 1))
        assert.is_nil(after)
    end)

    it("is that of onerror as well", function()
        local after
        local cb <close> = ffi.callback("int (void)", function() error "boom" end, {
            onerror = function() ffi.errno(66) return 1 end,
        })
        after = lib.callbacks_errno(cb, 42, 7)
        assert.equal(66, after)
    end)

    it("is each coroutine's call's, not the coroutine's", function()
        local co = coroutine.wrap(function()
            local after = lib.callbacks_errno(function() return 0 end, 11, 12)
            coroutine.yield(after, ffi.errno())
            return ffi.errno()
        end)
        local after, own = co()
        assert.equal(11, after)
        assert.equal(12, own)
        ffi.errno(13)
        assert.equal(13, co())
    end)
end)
