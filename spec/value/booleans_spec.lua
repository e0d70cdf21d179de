-- bool, which takes Lua booleans, and what it makes of numbers (docs/design.md S1).

local ffi = require "cffi"
local support = require "support"

local function raises(fn, text)
    return support.raises(text, fn)
end

describe("booleans", function()
    it("go only into bool, and bool takes only them, unless values wrap", function()
        for _, policy in ipairs {"fit", "strict", "saturate"} do
            local scope = ffi.scope {overflow = policy}
            local b = scope.new("bool[1]", {true})
            assert.is_true(b[0])
            for value, name in pairs {[1] = "integer 1", [0] = "integer 0", [0.5] = "number 0.5",
                                      ["true"] = 'string "true"'} do
                raises(function() b[0] = value end,
                    ("element 0 of 'bool[1]': cannot convert %s to 'bool'"):format(name))
                assert.is_true(b[0])
            end
            raises(function() b[0] = nil end, "element 0 of 'bool[1]': cannot convert nil to 'bool'")
            b[0] = scope.new("bool", false)
            assert.is_false(b[0])
        end
        local wrap = ffi.scope {overflow = "wrap"}.new("bool[1]")
        for value, truth in pairs {[2] = true, [0] = false, [0.5] = true, [256] = true} do
            wrap[0] = value
            assert.equal(truth, wrap[0])
        end
        raises(function() wrap[0] = "true" end,
            "element 0 of 'bool[1]': cannot convert string \"true\" to 'bool'")
    end)
    it("are what cast makes of numbers", function()
        for value, truth in pairs {[2] = true, [0] = false, [0.5] = true} do
            assert.equal(truth, ffi.toretval(ffi.cast("bool", value)))
        end
        assert.equal(1, ffi.tonumber(ffi.cast("int", true)))
        raises(function() ffi.new("bool", 1) end, "cannot convert integer 1 to 'bool'")
    end)
    it("are what cast makes of floats and complex numbers in a cdata", function()
        local function truth(c, v) return ffi.toretval(ffi.cast("bool", ffi.new(c, v))) end
        for value, wanted in pairs {[0.25] = true, [0.0] = false, [-1 / math.huge] = false, [math.huge] = true} do
            assert.equal(wanted, truth("float", value))
            assert.equal(wanted, truth("long double", value))
        end
        assert.is_true(truth("double", 0 / 0))
        assert.is_true(truth("double _Complex", {0, 1}))
        assert.is_true(truth("float _Complex", {0 / 0, 0}))
        assert.is_false(truth("double _Complex", {0, 0}))
        raises(function() ffi.new("bool", ffi.new("float", 1)) end, "cannot convert 'float' to 'bool'")
    end)
end)
