-- Unions (Ruby: test_c_union_entity.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"

describe("fiddle.union", function()
    it("has the compiler's size, padding included #lp64", function()
        assert.equal(8, fiddle.union "int a; double b".size)
        assert.equal(8, fiddle.union "char c[5]; int i".size)
        assert.equal(20, fiddle.union "int a[5]; double b __attribute__((packed))".size)
        assert.equal(24, fiddle.union "int a[5]; double b".size)
        assert.equal(4, fiddle.union { { ["c[4]"] = fiddle.TYPE_CHAR }, { i = "int" } }.size)
    end)

    it("has members that overlap", function()
        local U = fiddle.union "int i; unsigned char bytes[4]; struct { short low, high; } halves"
        local u = U()
        u.i = 0x01020304
        assert.equal(4, u.bytes[0])
        assert.equal(0x0102, u.halves.high)
        u.bytes[0] = 255
        assert.equal(0x010203FF, u.i)
        assert.equal(0, U:offsetof "halves")
        assert.equal(2, U:offsetof "halves.high")
    end)

    it("passes by value", function()
        local U = fiddle.union "int i; float f"
        local c <close> = fiddle.Closure("float", { U }, function(u) return u.f end)
        local u = U { f = 1.5 }
        assert.equal(1.5, fiddle.Function(c, { U }, "float")(u))
        assert.is_true(ffi.istype(U, u))
    end)
end)
