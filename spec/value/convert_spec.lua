-- Scalar conversions (docs/design.md S2-S6), with the exact texts of what is refused. The table of
-- integer types, policies and boundary values is integers_spec.lua's, floats are floats_spec.lua's.

local ffi = require "cffi"
local bigint = require "support.bigint"
local support = require "support"

local function raises(fn, text)
    return support.raises(text, fn)
end

local TYPES = {
    {"signed char", 8, true}, {"unsigned short", 16, false}, {"int", 32, true}, {"unsigned long", 64, false},
    {"long", 64, true}, {"__int128", 128, true}, {"unsigned __int128", 128, false},
    {"_BitInt(7)", 7, true}, {"unsigned _BitInt(127)", 127, false},
}

local function decimal(v)
    return (tostring(v):gsub("^cdata<.*>: ", ""))
end

describe("integers into C", function()
    it("takes Lua integers and floats of every size exactly", function()
        for _, t in ipairs(TYPES) do
            local name, bits, signed = t[1], t[2], t[3]
            for _, v in ipairs {0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 65535, 1 << 31, -(1 << 31),
                                (1 << 32) - 1, math.maxinteger, math.mininteger} do
                assert.equal(bigint.wrap(("%d"):format(v), bits, signed), decimal(ffi.cast(name, v)))
            end
            for _, v in ipairs {1e308, -1e308, 2.0^63, 2.0^64, -2.0^63, 2.0^100, 1.5e18} do
                local text = ("%.0f"):format(v)
                assert.equal(bigint.wrap(text, bits, signed), decimal(ffi.cast(name, v)), name .. text)
            end
            assert.equal("0", decimal(ffi.cast(name, 0.5)))
            assert.equal("-1", decimal(ffi.cast("int", -1.9)))
        end
    end)

    it("never makes integers of NaN and infinities", function()
        for _, v in ipairs {0 / 0, 1 / 0, -1 / 0} do
            for _, policy in ipairs {"fit", "strict", "wrap", "saturate"} do
                local cell = ffi.scope{overflow = policy}.new("int[1]")
                assert.is_false(pcall(function() cell[0] = v end))
            end
        end
    end)

    it("passes integral floats and refuses fractions under fit and strict", function()
        local cell = ffi.new("int[1]")
        cell[0] = 3.0
        assert.equal(3, cell[0])
        raises(function() cell[0] = 0.5 end,
            "element 0 of 'int[1]': number 0.5 is not an integer, as 'int' needs")
    end)
end)

describe("texts of refused scalars", function()
    local cases = {
        {"int", 2147483648000, "integer 2147483648000 does not fit 'int' (32 bits)"},
        {"char", 300, "integer 300 does not fit 'char' (8 bits)"},
        {"int", 1e300, "number 1e+300 does not fit 'int' (32 bits)"},
        {"int", "5", "cannot convert string \"5\" to 'int'"},
        {"int", true, "cannot convert boolean true to 'int'"},
        {"int", nil, "cannot convert nil to 'int'"},
        {"int", {}, "cannot convert table to 'int'"},
        {"bool", 1, "cannot convert integer 1 to 'bool'"},
        {"double", "1.5", "cannot convert string \"1.5\" to 'double'"},
        {"double", (1 << 53) + 1, "integer 9007199254740993 has no exact 'double' value"},
        {"float", 1e300, "number 1e+300 is out of range for 'float'"},
        {"float", 16777217, "integer 16777217 has no exact 'float' value"},
        {"int *", 5, "cannot convert integer 5 to 'int *'"},
        {"int *", "abc", "cannot convert string \"abc\" to 'int *'"},
    }
    for _, case in ipairs(cases) do
        it(("%s <- %s"):format(case[1], tostring(case[2])), function()
            local cell = ffi.new(ffi.typeof("$[1]", ffi.typeof(case[1])))
            raises(function() cell[0] = case[2] end,
                ("element 0 of '%s': %s"):format(
                    tostring(ffi.typeof(cell)):match("^ctype<(.*)>$"), case[3]))
        end)
    end
end)

describe("integers out of C", function()
    it("are Lua integers when they fit, boxed otherwise", function()
        local u = ffi.new("uint64_t[2]", {math.maxinteger, -1})
        assert.equal(math.maxinteger, u[0])
        assert.equal("cdata", ffi.type(u[1]))
        assert.equal("18446744073709551615", tostring(u[1]))
        local w = ffi.new("__int128[2]")
        w[0] = -5
        assert.equal(-5, w[0])
        w[1] = ffi.cast("__int128", "-170141183460469231731687303715884105728")
        assert.equal("-170141183460469231731687303715884105728", tostring(w[1]))
    end)
end)

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

    it("reach every value of a _Float16", function()
        local h = ffi.new "_Float16[1]"
        local bits = ffi.cast("uint16_t *", h)
        for pattern = 0, 0xFFFF do
            if pattern & 0x7C00 ~= 0x7C00 then
                bits[0] = pattern
                local value = h[0]
                bits[0] = ~pattern & 0xFFFF
                h[0] = value
                if bits[0] ~= pattern then
                    assert.equal(pattern, bits[0])
                end
            end
        end
    end)
end)

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

describe("pointers", function()
    it("read NULL as nil and take nil for it", function()
        local p = ffi.new("char *[2]")
        assert.is_nil(p[0])
        p[1] = nil
        assert.is_nil(p[1])
    end)
    it("match by pointee and refuse to drop const", function()
        ffi.cdef "struct cv_a { int x; }; struct cv_b { int x; };"
        local a = ffi.new("struct cv_a")
        local p = ffi.new("struct cv_b *[1]")
        raises(function() p[0] = a end,
            "element 0 of 'struct cv_b *[1]': cannot convert 'struct cv_a' to 'struct cv_b *'")
        local c = ffi.new("char *[1]")
        local const = ffi.cast("const char *", "text")
        raises(function() c[0] = const end,
            "element 0 of 'char *[1]': cannot convert 'const char *' to 'char *': it would drop a qualifier")
        raises(function() c[0] = "text" end,
            "element 0 of 'char *[1]': a Lua string is constant and 'char *' may be written through: "
            .. "use ffi.new(\"char[?]\", #s + 1, s)")
    end)
    it("keep a stored string alive with the memory that holds it", function()
        local s = ffi.new("const char *[1]")
        s[0] = ("x"):rep(50) .. "!"
        collectgarbage() collectgarbage()
        assert.equal(("x"):rep(50) .. "!", ffi.string(s[0]))
    end)
    it("refuse to store a string in memory that Lua does not own", function()
        ffi.cdef "void *malloc(size_t); void free(void *);"
        local p = ffi.cast("const char **", ffi.C.malloc(16))
        raises(function() p[0] = "x" end,
            "element 0 of 'const char **': a Lua string cannot be stored in memory that Lua does "
            .. "not own: copy it with ffi.arena or ffi.new")
        ffi.C.free(p)
    end)
end)
