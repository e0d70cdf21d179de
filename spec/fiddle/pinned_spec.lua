-- Pinned (Ruby: test_pinned.rb).
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises

describe("fiddle.Pinned", function()
    it("gives back the very value", function()
        local value = {}
        assert.equal(value, fiddle.pin(value):ref())
        assert.equal(value, fiddle.Pinned(value):ref())
        assert.is_nil(fiddle.pin(nil):ref())
    end)

    it("keeps the value alive", function()
        local watch = setmetatable({}, { __mode = "v" })
        local p = fiddle.pin {}
        watch[1] = p:ref()
        collectgarbage()
        assert.is_table(watch[1])
        p:clear()
        collectgarbage()
        collectgarbage()
        assert.is_nil(watch[1])
    end)

    it("is cleared, once or twice, and raises from then on", function()
        local p = fiddle.pin "value"
        assert.is_false(p:is_cleared())
        p:clear()
        p:clear()
        assert.is_true(p:is_cleared())
        raises("ClearedReferenceError", "`ref` called on a cleared object", p.ref, p)
        assert.equal("fiddle.Pinned (cleared)", tostring(p))
    end)

    it("is cleared at the end of a block #close", function()
        local p
        do
            local q <close> = fiddle.pin "value"
            p = q
        end
        assert.is_true(p:is_cleared())
    end)

    it("passes through C as a pointer", function()
        local got
        local c <close> = fiddle.Closure("void", { "voidp" }, function(data)
            got = fiddle.dlunwrap(data)
        end)
        local call = fiddle.Function(c, { "voidp" }, "void")
        local value = { "user data" }
        local p = fiddle.pin(value)
        call(p)
        assert.equal(value, got)
        p:clear()
        raises("ClearedReferenceError", "`ref` called on a cleared object", call, p)
    end)
end)
