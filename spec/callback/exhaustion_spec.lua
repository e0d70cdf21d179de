-- Callbacks when the Lua stack or the C library's memory is used up (docs/design.md S13, S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local lib = callbacks.load()

-- From Lua 5.4.7 on a C function that is entered at all has the room that a callback needs.
local release = select(2, support.run { support.lua, "-v" }):match "Lua (%d+%.%d+%.%d+)"
local describe_where = (release < "5.4.7" and release >= "5.4") and describe or function() end

describe_where("with a Lua stack that is nearly full", function()
    it("a callback fails the call", function()
        local cb <close> = ffi.callback("int (*)(int)", function(x) return x end)
        local ops = ffi.new("struct callbacks_ops", { op = cb, table = { cb, cb } })
        local texts = support.crowd(function() return (lib.callbacks_run_ops(ops, 1)) end)
        assert.is_true(texts["stack overflow in a callback"])
    end)

    it("a freed callback fails the call", function()
        local cb = ffi.callback("int (*)(int)", function(x) return x end)
        lib.callbacks_keep(cb)
        cb:free()
        local texts = support.crowd(function() return (lib.callbacks_call_kept(1)) end)
        lib.callbacks_keep(nil)
        assert.is_true(texts["a freed callback was called by C"])
    end)

    it("a second error that cannot be reported is told on stderr", function()
        local code, out, err = callbacks.run [[
            local support = require "spec.support"
            local fails = ffi.callback("int (*)(int)", function() error("fails") end, {always = true})
            ffi.onerror = function() end
            support.crowd(function() return (lib.callbacks_both(fails, fails, 1)) end)
            print "done"
        ]]
        assert.equal("done\n", out)
        assert.equal(0, code)
        assert.truthy(err:find("cffi: error in a callback, and no stack left to report it\n", 1, true))
    end)
end)

-- With what stands before malloc; the sanitizers have one themselves.
describe("without memory of the C library", function()
    if support.keeps_freed then return end

    it("no callback is made, and there is one when memory is back", function()
        local script = os.tmpname()
        support.write_file(script, [[
            local ffi = require "cffi"
            ffi.cdef "extern int scarce;"
            local function make(ct)
                local _, text = pcall(ffi.callback, ct, function() return 5 end)
                return text
            end
            for _, ct in ipairs { "int (*)(int)", "struct { long a[9]; } (*)(int)" } do
                ffi.C.scarce = 1
                local first = make(ct)
                ffi.C.scarce = 0
                local callback = make(ct)
                ffi.C.scarce = 1
                local second = make(ct)
                ffi.C.scarce = 0
                print(first, second)
                callback:free()
            end
        ]])
        local code, out, err = support.run { "env", "LD_PRELOAD=" .. support.library "scarce",
            support.lua, "bin/cffi", script }
        os.remove(script)
        assert.equal(("not enough memory\tnot enough memory for a callback\n"):rep(2), out)
        assert.equal("cffi: not enough memory: callbacks may hang in forked processes\n", err)
        assert.equal(0, code)
    end)
end)
