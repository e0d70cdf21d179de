-- Objects of structs: members, memory, assignment (Ruby: test_c_struct_entry.rb and the replacing in
-- test_import.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises

describe("an object of fiddle.struct", function()
    local Point = fiddle.struct "int x; int y"
    local S = fiddle.struct { "int i", "unsigned char text[8]", { pos = Point }, { ["v[3]"] = Point }, "char *p",
        "char *list[2]" }

    it("is zero, or what it is given", function()
        local p = Point()
        assert.equal(0, p.x)
        p = Point { y = 7 }
        assert.equal(7, p.y)
        p = Point(1, 2)
        assert.equal(2, p.y)
        assert.equal(5, Point.new(Point, 5).x)
        local _, err = pcall(Point, { z = 1 })
        assert.equal("'struct { int x; int y; }' has no member 'z' (members: x, y)", err.message)
    end)

    it("checks what its members take", function()
        local s = S()
        assert.has_error(function() s.i = 2 ^ 31 * 4 | 0 end,
            "field 'i' of '" .. ffi.reflect(S).name .. "': integer 8589934592 does not fit 'int' (32 bits)")
        assert.has_error(function() s.i = "a" end)
        s.text = "hello"
        assert.equal("hello", ffi.string(s.text))
        assert.has_error(function() s.text = "far too long" end)
        assert.has_error(function() s.i = 1.9 end)
        assert.has_error(function() return s.nope end)
    end)

    it("has arrays that write through and are checked", function()
        local s = S()
        s.v[2].y = 9
        assert.equal(9, s.v[2].y)
        s.v[0] = Point(3, 4)
        assert.equal(4, s.v[0].y)
        local ok, err = pcall(function() return s.v[3] end)
        assert.is_false(ok)
        assert.truthy(tostring(err):find "index 3 out of bounds")
    end)

    it("holds pointers, and what they point to stays alive", function()
        local s = S()
        s.p = helpers.buffer "kept alive"
        s.list[1] = ffi.new("char[4]", "abc")
        collectgarbage()
        collectgarbage()
        assert.equal("kept alive", ffi.string(s.p))
        assert.equal("abc", ffi.string(s.list[1]))
        assert.is_nil(s.list[0])
    end)

    it("lies in C's memory if that is wanted #close", function()
        local s = S:malloc()
        assert.equal(0, s.i)
        s.i = 5
        local p = fiddle.addr(s)
        assert.equal(5, p:deref "int")
        fiddle.free(s)
        local kept = S:malloc(false)
        local address = fiddle.addr(kept)
        do
            local _ <close> = kept -- frees nothing
        end
        assert.equal(0, kept.i)
        fiddle.free(kept)
        for _, gone in ipairs { s, kept } do
            raises("DLError", "the memory was freed", fiddle.free, gone)
        end
        assert.is_false(address:is_null())
        local freed
        do
            local t <close> = S:malloc(function(q) -- a free function of the script's own
                freed = fiddle.Pointer.is(q)
                fiddle.free(q)
            end)
            t.i = 1
        end
        assert.is_true(freed)
    end)

    it("is freed once, after the last view of it is gone", function()
        local count = 0
        local inner
        do
            local s = S:malloc(function(q)
                count = count + 1
                fiddle.free(q)
            end)
            s.pos.x = 42
            inner = s.pos
        end
        collectgarbage()
        collectgarbage()
        assert.equal(0, count)
        assert.equal(42, inner.x)
        inner = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.equal(1, count)
    end)

    it("is freed after a function, whose results malloc gives", function()
        local a, b = Point:malloc("free", function(p)
            p.x = 3
            return p.x, "two"
        end)
        assert.equal(3, a)
        assert.equal("two", b)
        assert.has_error(function() Point:malloc("free", function() error("boom", 0) end) end, "boom")
        raises("ArgumentError", "a free function must be supplied to malloc when it is called with a function",
            Point.malloc, Point, false, function() end)
    end)

    it("is a view of memory that is there, and keeps it", function()
        local p = fiddle.Pointer.malloc(Point.size)
        local view = Point(p)
        view.y = 8
        assert.equal(8, (p + 4):deref "int")
        assert.equal(8, Point:at(p).y)
        p = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.equal(8, view.y)
        raises("DLError", "null pointer", Point.at, Point, nil)
        raises("IndexError", "'struct { int x; int y; }' of 8 bytes is out of bounds for a pointer to 4 bytes",
            Point.at, Point, fiddle.Pointer.malloc(4))
    end)

    it("goes through its members in order", function()
        local names = {}
        for name, value in pairs(Point(1, 2)) do
            names[#names + 1] = name .. "=" .. value
        end
        assert.same({ "x=1", "y=2" }, names)
        assert.same({ x = 1, y = 2 }, fiddle.totable(Point(1, 2)))
    end)

    it("is assigned in part, from tables, structs, arrays, nil", function()
        local s = S { i = 1, text = "abc", pos = { 2, 3 } }
        assert.equal(s, fiddle.assign(s, { pos = { y = 9 } }))
        assert.same({ 1, 2, 9 }, { s.i, s.pos.x, s.pos.y })
        fiddle.assign(s, { v = { { 1, 2 }, { 3, 4 }, { 5, 6 } } })
        assert.equal(6, s.v[2].y)
        fiddle.assign(s.pos, Point(7, 8))
        assert.same({ 7, 8 }, { s.pos.x, s.pos.y })
        fiddle.assign(s, { pos = fiddle.struct "long y" (5) }) -- a different struct: what they share
        assert.same({ 7, 5 }, { s.pos.x, s.pos.y })
        fiddle.assign(s.pos, nil)
        assert.same({ 0, 0 }, { s.pos.x, s.pos.y })
        fiddle.clear(s)
        assert.equal(0, s.v[2].y)
        assert.equal(0, s.i)
        local _, err = pcall(fiddle.assign, s, { pos = { z = 1 } })
        assert.equal("'struct { int x; int y; }' has no member 'z' (members: x, y)", err.message)
        raises("TypeError", "table, struct or nil expected, got number", fiddle.assign, s, 5)
        raises("TypeError", "struct or union expected, got table", fiddle.assign, {}, {})
    end)

    it("has bytes", function()
        local p = fiddle.addr(Point(1, 2))
        assert.equal(8, p.size)
        assert.equal(string.pack("=i4i4", 1, 2), p:bytes())
        p:put(4, string.pack("=i4", 77))
        assert.equal(77, p:view("int", 2)[1])
    end)
end)
