-- MemoryView (Ruby: test_memory_view.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises

describe("fiddle.view", function()
    it("refuses what has no memory", function()
        raises("ArgumentError", "Unable to get a memory view from a null pointer", fiddle.view, fiddle.NULL, "int[3]")
        raises("ArgumentError", "Unable to get a memory view from nil", fiddle.view, nil)
        raises("ArgumentError", "Unable to get a memory view from number", fiddle.view, 5)
        raises("ArgumentError", "the size of the memory is unknown: give a type", fiddle.view, fiddle.Pointer(16))
        raises("TypeError", "size of 'int[]' is unknown", fiddle.view, fiddle.Pointer.malloc(8), "int[]")
    end)

    it("is bytes without a type", function()
        local v = fiddle.view(helpers.buffer("hello", 5))
        assert.equal(5, #v)
        assert.equal("unsigned char", v.format)
        assert.equal(1, v.item_size)
        assert.equal(5, v.byte_size)
        assert.equal(1, v.ndim)
        assert.same({ 5 }, v.shape)
        assert.same({ 1 }, v.strides)
        assert.is_false(v:is_readonly())
        assert.equal(("e"):byte(), v[1])
        assert.equal("hello", v:string())
    end)

    it("has any number of dimensions", function()
        local p = fiddle.Pointer.malloc(48)
        local v = fiddle.view(p, "int[3][4]")
        assert.same({ 3, 4 }, v.shape)
        assert.same({ 16, 4 }, v.strides)
        assert.equal(2, v.ndim)
        assert.equal("int", v.format)
        assert.equal(ffi.typeof "int[3][4]", fiddle.typeof(v))
        v[2][1] = 7
        assert.equal(7, v[2][1])
        assert.equal(7, v(2, 1))
        assert.equal(7, (p + 36):deref "int")
        raises("IndexError", "wrong number of index (1 for 2)", v, 1)
        raises("IndexError", "index 3 out of bounds for 'int[3][4]'", function() return v[3] end)
        raises("IndexError", "index 4 out of bounds for 'int[4]'", v, 0, 4)
    end)

    it("has items that are structs", function()
        local v = fiddle.view(fiddle.Pointer.malloc(32), ffi.typeof("$[4]", fiddle.struct "int x; float y"))
        v[1] = { 5, 0.5 }
        assert.equal(0.5, v[1].y)
        assert.equal(8, v.item_size)
        local sum = 0
        for _, item in pairs(v) do sum = sum + item.x end
        assert.equal(5, sum)
    end)

    it("is over cdata and strings too", function()
        local array = ffi.new("short[3]", { 1, 2, 3 })
        local v = fiddle.view(array)
        assert.equal("short", v.format)
        v[0] = 9
        assert.equal(9, array[0])
        assert.equal(array, v.obj)
        local text = fiddle.view "read only"
        assert.is_true(text:is_readonly())
        assert.equal(("r"):byte(), text[0])
        assert.is_false((pcall(function() text[0] = 1 end)))
    end)

    it("keeps the memory, and raises once it is freed", function()
        local p = fiddle.Pointer.malloc(8)
        local v = fiddle.view(p)
        p:free()
        raises("DLError", "the memory was freed", function() return v[0] end)
        v = fiddle.view(fiddle.Pointer.malloc(8))
        collectgarbage()
        collectgarbage()
        v[7] = 1
        assert.equal(1, v[7])
    end)

    it("is released", function()
        local v = fiddle.view(fiddle.Pointer.malloc(8))
        assert.is_true(v:release())
        assert.is_false(v:release())
        raises("ArgumentError", "the view was released", function() return v[0] end)
        raises("ArgumentError", "the view was released", v.string, v)
        assert.equal("fiddle.MemoryView unsigned char[8] (released)", tostring(v))
        local kept
        assert.equal(5, fiddle.MemoryView.export(helpers.buffer("hello", 5), function(w)
            kept = w
            return #w
        end))
        raises("ArgumentError", "the view was released", function() return kept[0] end)
    end)

    it("passes for its memory", function()
        local v = fiddle.view(helpers.buffer "text")
        assert.equal(4, fiddle.Function(helpers.libc.strlen, { "voidp" }, "size_t")(v))
    end)
end)
