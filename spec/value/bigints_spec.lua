-- Objects that stand for integers of any size, and texts of integers (docs/design.md S2).

local ffi = require "cffi"
local support = require "support"

local function raises(fn, text)
    return support.raises(text, fn)
end

describe("big-integer objects", function()
    it("answer through __cffi_integer or a registered function, also as userdata", function()
        local mt = {}
        ffi.integer_type(mt, function(v) return v.n end)
        local cell = ffi.new "int[2]"
        cell[0] = setmetatable({n = 5}, mt)
        cell[1] = setmetatable({}, {__cffi_integer = function() return "-0x10" end})
        assert.same({5, -16}, {cell[0], cell[1]})
        cell[0] = setmetatable({n = 7.0}, mt)
        assert.equal(7, cell[0])
        ffi.cdef "struct cv_big { int n; };"
        ffi.metatype("struct cv_big", {__cffi_integer = function(v) return v.n end})
        cell[0] = ffi.new("struct cv_big", 9)
        assert.equal(9, cell[0])
        ffi.integer_type(mt, nil)
        raises(function() cell[0] = setmetatable({n = 5}, mt) end,
            "element 0 of 'int[2]': cannot convert table to 'int'")
    end)
    it("must answer with an integer or its text", function()
        local cell = ffi.new "int[1]"
        local function answer(value)
            return function()
                cell[0] = setmetatable({}, {__cffi_integer = function() return value end})
            end
        end
        for value, got in pairs {[1.5] = "number 1.5", [true] = "boolean", [math.huge] = "number inf"} do
            raises(answer(value), "'__cffi_integer' must give an integer or its text, got " .. got)
        end
        raises(answer(nil), "'__cffi_integer' must give an integer or its text, got nil")
        for _, text in ipairs {"", " 5", "5 ", "0x", "5.0", "1e3", "+-5", "--5", "0b1"} do
            raises(answer(text),
                ("'__cffi_integer' gave '%s', which is not the text of an integer"):format(text))
        end
        assert.is_false(pcall(answer "5\0"))
        raises(function() cell[0] = setmetatable({}, {__cffi_integer = function() error "mine" end}) end,
            "mine")
        assert.equal(0, cell[0])
    end)
    it("count as lengths, indices and numbers of bytes too", function()
        local three = setmetatable({}, {__cffi_integer = function() return "3" end})
        local a = ffi.new("int[?]", three)
        assert.equal(3, #a)
        assert.equal(4, #ffi.new("int[?]", ffi.cast("uint8_t", 4)))
        a[setmetatable({}, {__cffi_integer = function() return 2 end})] = 8
        assert.equal(8, a[2])
        assert.equal("abc", ffi.string(ffi.cast("const char *", "abcdef"), three))
        assert.equal(12, ffi.sizeof("int[?]", three))
    end)
    it("are read only where a script says so when they are text", function()
        for _, text in ipairs {"0x7F", "0X7f", "127", "+127", "-129"} do
            assert.equal(127, ffi.tonumber(ffi.cast("int8_t", text)), text)
            assert.equal(127, ffi.tonumber(ffi.new("int8_t", text)), text)
        end
        for _, text in ipairs {"", " 5", "5 ", "0x", "5.0", "1e3", "+", "five", "5\n"} do
            assert.is_false(pcall(ffi.cast, "int", text), text)
            assert.is_false(pcall(ffi.new, "int", text), text)
        end
        raises(function() ffi.cast("int", "5.0") end, "cannot convert string \"5.0\" to 'int'")
        raises(function() ffi.new("int[1]", {"5"}) end,
            "element 0 of 'int[1]': cannot convert string \"5\" to 'int'")
    end)
end)
