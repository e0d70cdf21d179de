-- Pointer (Ruby: test_pointer.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local Pointer = fiddle.Pointer
local raises = helpers.raises

describe("fiddle.Pointer", function()
    it("reads and writes bytes, unsigned", function()
        local p = Pointer.malloc(4)
        p[0] = 200
        p[3] = -1
        assert.equal(200, p[0])
        assert.equal(255, p[3])
        raises("RangeError", "element 0 of 'unsigned char *': integer 300 does not fit 'unsigned char' (8 bits)",
            function() p[0] = 300 end)
        raises("TypeError", "element 0 of 'unsigned char *': cannot convert string \"a\" to 'unsigned char': "
            .. "(\"a\"):byte() is its code", function() p[0] = "a" end)
        raises("IndexError", "index 4 is out of bounds for a pointer to 4 bytes", function() return p[4] end)
        raises("IndexError", "index -1 is out of bounds for a pointer to 4 bytes", function() p[-1] = 0 end)
    end)

    it("reads and writes stretches", function()
        local p = Pointer.malloc(16)
        assert.equal(p, p:put(2, "hello"))
        assert.equal("\0\0hello\0", p:sub(0, 8))
        assert.equal("", p:sub(16, 0))
        p:put(8, p + 2, 5)
        assert.equal("hello", p:sub(8, 5))
        p:put(0, ffi.new("char[3]", "ab"))
        assert.equal("ab\0", p:sub(0, 3))
        p:put(0, "xyz", 1)
        assert.equal("xb", p:sub(0, 2))
        raises("IndexError", "bytes 12..16 are out of bounds for a pointer to 16 bytes", p.sub, p, 12, 5)
        raises("IndexError", "bytes 12..16 are out of bounds for a pointer to 16 bytes", p.put, p, 12, "hello")
        raises("IndexError", "3 bytes asked of a source that has 2: out of bounds", p.put, p, 0, "ab", 3)
        raises("ArgumentError", "length -1 is negative", p.sub, p, 0, -1)
        raises("TypeError", "offset must be an integer, got nil", p.sub, p)
        raises("ArgumentError", "the number of bytes at the source is unknown: give a length", p.put, p, 0,
            Pointer(p:address()))
        raises("IndexError", "bytes 0..9223372036854775806 are out of bounds for a pointer to 16 bytes", p.sub, p, 0,
            math.maxinteger)
    end)

    it("gives text up to a zero or to its end, bytes as many as it has", function()
        local p = helpers.buffer("ab\0cd", 5)
        assert.equal("ab", p:string())
        assert.equal("ab\0cd", p:bytes())
        assert.equal("ab\0", p:string(3))
        assert.equal("ab\0", p:bytes(3))
        assert.equal("cd", (p + 3):string()) -- no zero follows
        assert.equal(5, #p)
        local unknown = Pointer(p:address())
        assert.equal("ab", unknown:string())
        raises("ArgumentError", "the size of the memory is unknown: give a length", unknown.bytes, unknown)
        raises("ArgumentError", "the size of the memory is unknown", function() return #unknown end)
    end)

    it("is made of addresses, Pointers, cdata", function()
        local p = Pointer.malloc(8)
        assert.equal(p, Pointer(p:address()))
        assert.equal(p, Pointer(p))
        assert.equal(8, Pointer(p).size)
        assert.equal(4, Pointer(p, 4).size)
        assert.equal(p, Pointer(p:cdata()))
        assert.equal(ffi.typeof "int *", ffi.typeof(p:cdata "int *"))
        assert.is_true(Pointer(nil):is_null())
        assert.is_true(Pointer(0):is_null())
        raises("TypeError", "address or pointer expected, got string", Pointer, "text")
        raises("TypeError", "address must be an integer, got number", Pointer, 1.5)
        raises("TypeError", "cannot convert a Lua function to 'void *'", Pointer, print)
    end)

    it("of 2.0 is at 2", function()
        assert.equal(2, Pointer(2.0):address())
    end)

    it("frees by C's free, by a Function, by an address, by a Lua function", function()
        local p = Pointer.malloc(8, fiddle.FREE)
        assert.equal(fiddle.FREE, p.finalizer)
        p:free()
        assert.is_true(p:is_freed())
        p = Pointer.malloc(8, fiddle.Function(fiddle.DEFAULT.free, "void(void *)"))
        p:free()
        assert.is_true(p:is_freed())
        p = Pointer.malloc(8, fiddle.DEFAULT.free)
        p:free()
        p = Pointer.malloc(8, fiddle.DEFAULT.free:address())
        p:call_free()
        local got
        p = Pointer.malloc(8, function(q) got = q fiddle.free(q) end)
        local address = p:address()
        p:free()
        p:free() -- once is enough
        assert.equal(address, got._bytes and ffi.tonumber(ffi.cast("intptr_t", got._bytes)))
        raises("TypeError", "free function expected, got string", Pointer.malloc, 8, "fre")
        raises("TypeError", "free function expected, got string", Pointer.malloc, 1 << 60, "fre") -- none made
    end)

    it("frees when it is collected", function()
        local count = 0
        for _ = 1, 10 do
            Pointer.malloc(8, function(p)
                count = count + 1
                fiddle.free(p)
            end)
        end
        collectgarbage()
        collectgarbage()
        assert.equal(10, count)
    end)

    it("gives a Lua free function the memory as it is", function()
        local first
        local p = Pointer.malloc(8, function(q)
            first = q[0]
            fiddle.free(q)
        end)
        p[0] = 42
        Pointer(p + 4, 4, p.finalizer):free() -- the same block: freed once, from its start
        assert.equal(42, first)
        assert.is_true(p:is_freed())
    end)

    it("frees nothing without a free function", function()
        local p = Pointer.malloc(8, false)
        assert.is_nil(p.finalizer)
        p:free()
        assert.is_false(p:is_freed())
        p.finalizer = fiddle.FREE
        assert.equal(fiddle.FREE, p.finalizer)
        p.finalizer = nil
        p:free()
        assert.is_false(p:is_freed())
        fiddle.free(p)
        assert.is_true(p:is_freed())
        p.finalizer = "free"
        p:free()
        assert.is_true(p:is_freed())
    end)

    it("is freed after a function, whose results malloc gives", function()
        local kept
        local a, b = Pointer.malloc(8, fiddle.FREE, function(p)
            kept = p
            p:put(0, "text")
            return p:string(), "two"
        end)
        assert.equal("text", a)
        assert.equal("two", b)
        assert.is_true(kept:is_freed())
        assert.has_error(function() Pointer.malloc(8, nil, function(p) kept = p error("boom", 0) end) end, "boom")
        assert.is_true(kept:is_freed())
        raises("ArgumentError",
            "a free function must be supplied to Pointer.malloc when it is called with a function",
            Pointer.malloc, 8, false, print)
    end)

    it("is freed by <close> #close", function()
        local kept
        do
            local p <close> = Pointer.malloc(8)
            kept = p
        end
        assert.is_true(kept:is_freed())
    end)

    it("raises when used after it was freed, whoever holds it", function()
        local p = Pointer.malloc(8)
        local inner, again = p + 4, Pointer(p)
        p:free()
        for _, q in ipairs { p, inner, again } do
            raises("DLError", "the memory was freed", q.string, q)
            raises("DLError", "the memory was freed", q.address, q)
            raises("DLError", "the memory was freed", q.put, q, 0, "x")
            raises("DLError", "the memory was freed", function() return q[0] end)
            raises("DLError", "the memory was freed", function() return q + 1 end)
            raises("DLError", "the memory was freed", fiddle.Function(helpers.libc.strlen, { "voidp" }, "size_t"), q)
        end
        assert.truthy(tostring(p):find "size=8 free=FREE %(freed%)$")
    end)

    it("keeps the memory while arithmetic of it lives", function()
        local freed = false
        local q
        do
            local p = Pointer.malloc(8, function(r)
                freed = true
                fiddle.free(r)
            end)
            p:put(0, "abcdefg")
            q = p + 3
        end
        collectgarbage()
        collectgarbage()
        assert.is_false(freed)
        assert.equal("defg", q:string())
        q = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.is_true(freed)
    end)

    it("adds and subtracts bytes, and knows what is left #lp64", function()
        local p = Pointer.malloc(10)
        assert.equal(p:address() + 4, (p + 4):address())
        assert.equal(p:address() + 4, (4 + p):address())
        assert.equal(6, (p + 4).size)
        assert.equal(0, (p + 12).size)
        assert.equal(p, p + 4 - 4)
        assert.equal(10, (p + 4 - 4).size)
        assert.equal(7, (p + 7) - p)
        assert.equal(-7, p - (p + 7))
        raises("TypeError", "distance must be an integer, got string", function() return p + "1" end)
        raises("TypeError", "cannot subtract a Pointer from a number", function() return 1 - p end)
    end)

    it("compares by address", function()
        local p = Pointer.malloc(4)
        assert.is_true(p == Pointer(p:address()))
        assert.is_true(p ~= p + 1)
        assert.is_true(p < p + 1)
        assert.is_true(p <= p + 0)
        assert.is_true(p + 1 > p)
        assert.is_false(p == 5)
        assert.is_true(fiddle.NULL == Pointer(0))
        raises("TypeError", "cannot compare a Pointer with a number", function() return p < 5 end)
    end)

    it("stands for strings, files, objects, cdata, addresses", function()
        local text = fiddle.to_ptr "a string"
        assert.equal("a string", text:string())
        assert.equal(8, text.size)
        raises("TypeError", "attempt to write to constant element of 'const unsigned char *'", function()
            text[0] = 1
        end)
        assert.is_false((pcall(text.put, text, 0, "x")))
        local file = io.tmpfile()
        assert.is_false(fiddle.to_ptr(file):is_null())
        file:close()
        assert.is_false((pcall(fiddle.to_ptr, file)))
        local p = Pointer.malloc(4)
        assert.equal(p, fiddle.to_ptr(p))
        assert.equal(p, fiddle.to_ptr { to_ptr = function() return p end })
        raises("DLError", "to_ptr should return a fiddle.Pointer, got number", fiddle.to_ptr,
            { to_ptr = function() return 5 end })
        assert.equal(p, fiddle.to_ptr(p:address()))
        assert.equal(12, fiddle.to_ptr(ffi.new "int[3]").size)
        assert.equal(7, fiddle.to_ptr(ffi.new("int", 7)):deref "int")
        raises("TypeError", "address or pointer expected, got boolean", fiddle.to_ptr, true)
    end)

    it("keeps the string that it stands for", function()
        local p = fiddle.to_ptr(("x"):rep(100) .. tostring(os.time()))
        collectgarbage()
        collectgarbage()
        assert.equal(("x"):rep(100), p:sub(0, 100))
    end)

    it("dereferences, by type #lp64", function()
        local p = Pointer.malloc(16)
        p:put(0, string.pack("=i4i4j", -5, 6, p:address()))
        assert.equal(-5, p:deref "int")
        assert.equal(6, (p + 4):deref(fiddle.TYPE_INT))
        assert.equal(p, (p + 8):deref())
        assert.equal(p, (p + 8):ptr())
        assert.is_nil(Pointer.malloc(8):deref())
        local S = fiddle.struct "int a; int b"
        assert.equal(6, p:deref(S).b)
        raises("IndexError", "bytes 0..7 are out of bounds for a pointer to 4 bytes", function()
            return (p + 12):deref()
        end)
    end)

    it("has a reference for C to write its address to #lp64", function()
        local p = Pointer.malloc(8)
        local cell = p:ref()
        assert.equal(8, cell.size)
        assert.equal(p, cell:deref())
        assert.equal(cell, -p)
        local q = Pointer.malloc(8)
        cell:put(0, string.pack("j", q:address()))
        assert.equal(q, p)
        assert.is_nil(p.size)
        p = Pointer(nil)
        p:ref():put(0, string.pack("j", q:address()))
        assert.is_false(p:is_null())
    end)

    it("raises for what NULL has", function()
        local null = fiddle.NULL
        assert.is_true(null:is_null())
        assert.equal(0, null:address())
        for _, use in ipairs {
            function() return null[0] end, function() null[0] = 1 end, function() return null:string() end,
            function() return null:sub(0, 1) end, function() null:put(0, "x") end,
            function() return null:deref() end, function() return null + 1 end,
            function() return null - 1 end,
        } do
            raises("DLError", "null pointer", use)
        end
        assert.equal("fiddle.Pointer 0x0", tostring(null))
    end)

    it("has a size that can be set", function()
        local p = Pointer.malloc(4)
        p.size = 2
        assert.equal(2, p.size)
        raises("IndexError", "index 2 is out of bounds for a pointer to 2 bytes", function() return p[2] end)
        p.size = nil
        assert.is_nil(p.size)
        raises("ArgumentError", "size -1 is negative", function() p.size = -1 end)
        raises("ArgumentError", "a Pointer has no field 'sise' to set", function() p.sise = 1 end)
    end)

    it("says what it is", function()
        local p = Pointer.malloc(8)
        assert.equal(("fiddle.Pointer 0x%x size=8 free=FREE"):format(p:address()), tostring(p))
        assert.equal(("fiddle.Pointer 0x%x"):format(p:address()), tostring(Pointer(p:address())))
    end)

    it("has an array over its memory", function()
        local p = Pointer.malloc(16)
        local view = p:view("int", 4)
        view[3] = 7
        assert.equal(7, (p + 12):deref "int")
        assert.equal(2, #p:view "int[2]")
        raises("IndexError", "'int[5]' of 20 bytes is out of bounds for 16 bytes of memory", p.view, p, "int", 5)
    end)
end)
