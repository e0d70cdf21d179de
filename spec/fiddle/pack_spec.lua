-- Members at their extremes (Ruby: test_pack.rb, whose Packer is Lua's string.pack).
local fiddle = require "cffi.fiddle"

describe("a member of every type", function()
    it("keeps the largest and the smallest value #lp64", function()
        for name, format in pairs { CHAR = "i1", SHORT = "i2", INT = "i4", LONG = "i8", LONG_LONG = "i8" } do
            local S = fiddle.struct { { s = fiddle["TYPE_" .. name] }, { u = -fiddle["TYPE_" .. name] } }
            local size = fiddle["SIZEOF_" .. name]
            local s = S()
            local largest = (1 << (8 * size - 1)) - 1
            s.s = largest
            assert.equal(largest, s.s, name)
            s.s = -largest - 1
            assert.equal(-largest - 1, s.s, name)
            s.u = -1
            assert.equal(size == 8 and "18446744073709551615" or tostring((1 << (8 * size)) - 1),
                tostring(s.u), name)
            assert.equal(string.pack("=" .. format, -largest - 1), fiddle.addr(s):sub(0, size), name)
        end
    end)

    it("keeps floats, pointers and booleans #lp64", function()
        local S = fiddle.struct { { f = "float" }, { d = "double" }, { p = "voidp" }, { b = "bool" },
            { l = "long double" } }
        local s = S { f = 0.5, d = 0.1, p = fiddle.NULL, b = true, l = 0.25 }
        assert.same({ 0.5, 0.1, true, 0.25 }, { s.f, s.d, s.b, s.l })
        assert.is_nil(s.p)
        assert.equal(string.pack("=fd", 0.5, 0.1), fiddle.addr(s):sub(0, 4) .. fiddle.addr(s):sub(8, 8))
    end)
end)
