-- Every integer type x policy x boundary value (docs/design.md S1, S2), and the other scalar
-- conversions (S3-S6), with the exact texts of what is refused.

local ffi = require "cffi"
local bigint = require "support.bigint"
local support = require "support"

local function raises(fn, text)
    return support.raises(text, fn)
end

local TYPES = {
    {"signed char", 8, true}, {"unsigned char", 8, false},
    {"short", 16, true}, {"unsigned short", 16, false},
    {"int", 32, true}, {"unsigned int", 32, false},
    {"long", 64, true}, {"unsigned long", 64, false},
    {"long long", 64, true}, {"unsigned long long", 64, false},
    {"__int128", 128, true}, {"unsigned __int128", 128, false},
    {"_BitInt(7)", 7, true}, {"unsigned _BitInt(7)", 7, false},
    {"_BitInt(65)", 65, true}, {"unsigned _BitInt(127)", 127, false},
}

-- Boundary values as decimal texts.
local function boundaries(bits, signed)
    local max = bigint.add(bigint.pow2(signed and bits - 1 or bits), -1)
    local min = signed and "-" .. bigint.pow2(bits - 1) or "0"
    local below = signed and "-" .. bigint.add(bigint.pow2(bits - 1), 1) or "-1"
    local long = ("1234567890"):rep(20)
    return {below, min, "-1", "0", "1", max, bigint.add(max, 1), bigint.add(bigint.pow2(bits), -1),
            bigint.pow2(bits), bigint.pow2(63), bigint.pow2(64), "-" .. bigint.pow2(63),
            "-" .. bigint.pow2(64), long, "-" .. long}
end

local Big = {__cffi_integer = function(self) return self.text end}
local function big(text) return setmetatable({text = text}, Big) end

-- What a policy makes of a value: the decimal text stored, or nil when it is refused.
local function expected(text, bits, signed, policy)
    local wrapped = bigint.wrap(text, bits, signed)
    local other = bigint.in_range(text, bits, not signed)
    if bigint.in_range(text, bits, signed) or policy == "wrap" then return wrapped end
    if policy == "fit" then return other and wrapped or nil end
    if policy == "strict" then return nil end
    if text:sub(1, 1) == "-" then
        return signed and "-" .. bigint.pow2(bits - 1) or "0"
    end
    return bigint.add(bigint.pow2(signed and bits - 1 or bits), -1)
end

local function decimal(v)
    return (tostring(v):gsub("^cdata<.*>: ", ""))
end

describe("integers into C", function()
    for _, policy in ipairs {"fit", "strict", "wrap", "saturate"} do
        local scope = ffi.scope {overflow = policy}
        for _, t in ipairs(TYPES) do
            local name, bits, signed = t[1], t[2], t[3]
            it(("stores every boundary value into %s under %s"):format(name, policy), function()
                local cell = scope.new(name .. "[1]")
                for _, text in ipairs(boundaries(bits, signed)) do
                    cell[0] = 5
                    local ok, err = pcall(function() cell[0] = big(text) end)
                    local want = expected(text, bits, signed, policy)
                    if want then
                        assert.is_true(ok, tostring(err))
                        assert.equal(want, decimal(cell[0]), text .. " into " .. name)
                    else
                        assert.is_false(ok, text .. " was accepted")
                        assert.matches("does not fit '" .. name:gsub("%p", "%%%0"), err)
                        assert.equal("5", decimal(cell[0]), "a refused value changed the cell")
                    end
                end
            end)
            it(("reduces in cast and new whatever the policy: %s, %s"):format(name, policy), function()
                for _, text in ipairs(boundaries(bits, signed)) do
                    local want = bigint.wrap(text, bits, signed)
                    assert.equal(want, decimal(scope.cast(name, text)), text)
                    assert.equal(want, decimal(scope.new(name, text)), text)
                    assert.equal(want, decimal(scope.cast(name, big(text))), text)
                end
            end)
        end
    end

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

describe("floating types", function()
    it("round as C does and read back exactly", function()
        local f = ffi.new("float[1]")
        f[0] = 0.1
        assert.equal(string.unpack("f", string.pack("f", 0.1)), f[0])
        local l = ffi.new("long double[1]", {0.25})
        assert.equal(0.25, l[0])
        local h = ffi.new("_Float16[4]", {1.0, 65504.0, 2^-24, -0.333251953125})
        assert.same({1.0, 65504.0, 2^-24, -0.333251953125}, ffi.totable(h))
        raises(function() h[0] = 65520.0 end,
            "element 0 of '_Float16[4]': number 65520.0 is out of range for '_Float16'")
    end)
end)

describe("booleans", function()
    it("go only into bool", function()
        local b = ffi.new("bool[1]", {true})
        assert.is_true(b[0])
        b[0] = false
        assert.is_false(b[0])
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
