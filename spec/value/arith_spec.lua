-- Operators on C values: boxed integers, floats, pointers, comparison (docs/design.md S3, S17).

local cffi = require "cffi"
local bigint = require "support.bigint"
local support = require "support"
local raises = support.raises
local INT64 = support.int64()

local ffi = cffi.scope {}
local jit = cffi.scope {luajit = true, bounds = false, overflow = "wrap"}

local target = cffi.scope {}
target.cdef "extern const bool values_has_int128;"
local compiled = target.load(support.library "values")

ffi.cdef "enum colour { RED, GREEN = 5, BLUE }; struct s { int x; }; struct opaque;"
jit.cdef "enum colour { RED, GREEN = 5, BLUE }; struct s { int x; };"

local function i64(v) return ffi.cast("int64_t", v) end
local function u64(v) return ffi.cast("uint64_t", v) end
local function i128(v) return ffi.cast("__int128", v) end
local function u128(v) return ffi.cast("unsigned __int128", v) end

local function text(v) return (tostring(v):gsub("^cdata<.*>: ", "")) end
local function kind(v) return tostring(ffi.typeof(v)) end

describe("boxed integers", function()
    it("stay boxed and take the wider operand's type", function()
        assert.equal("8", text(i64(5) + 3))
        local signed, unsigned = ("ctype<%s>"):format(INT64), ("ctype<unsigned %s>"):format(INT64)
        assert.equal(signed, kind(i64(5) + 3))
        assert.equal(unsigned, kind(u64(5) + 3))
        assert.equal(unsigned, kind(3 + u64(5)))
        assert.equal(unsigned, kind(i64(3) + u64(5)))
    end)

    it("take the type of 128 bits, the unsigned one and that of _BitInt #int128", function()
        assert.equal("ctype<__int128>", kind(u64(5) * i128(2)))
        assert.equal("ctype<unsigned __int128>", kind(u128(5) - i128(2)))
        assert.equal("ctype<unsigned _BitInt(100)>",
            kind(ffi.cast("unsigned _BitInt(100)", 5) - i64(2)))
    end)

    it("wrap modulo 2^N", function()
        assert.equal("0", text(u64(2^64 - 2048) + 2048))
        assert.equal("18446744073709551615", text(u64(0) - 1))
        assert.equal("-9223372036854775808", text(i64(math.maxinteger) + 1))
    end)

    it("wrap modulo 2^N beyond 64 bits #int128", function()
        assert.equal("-170141183460469231731687303715884105728", text(-(i128(2)^0 == 1 and
            ffi.cast("__int128", "-170141183460469231731687303715884105728"))))
        assert.equal("340282366920938463463374607431768211455", text(u128(0) - 1))
        assert.equal("1", text(ffi.cast("unsigned _BitInt(65)", "36893488147419103231") *
            ffi.cast("unsigned _BitInt(65)", "36893488147419103231")))
    end)

    it("compute exactly, checked against decimal arithmetic", function()
        local values = {0, 1, -1, 2, -3, 7, 10^6 // 1 | 0, math.maxinteger, math.mininteger}
        for _, x in ipairs(values) do
            for _, y in ipairs(values) do
                assert.equal(bigint.wrap(tostring(x + y), 64, true), text(i64(x) + y))
                assert.equal(tostring(x - y), text(i64(x) - y))
                assert.equal(tostring(x * y), text(x * i64(y)))
                assert.equal(tostring(x & y), text(i64(x) & y))
                assert.equal(tostring(x | y), text(i64(x) | y))
                assert.equal(tostring(x ~ y), text(x ~ i64(y)))
                assert.equal(tostring(x << y), text(i64(x) << y))
                assert.equal(tostring(x >> y), text(i64(x) >> y))
                if y ~= 0 then
                    assert.equal(tostring(x // y), text(i64(x) // y))
                    assert.equal(tostring(x % y), text(i64(x) % i64(y)))
                end
            end
            assert.equal(tostring(-x), text(-i64(x)))
            assert.equal(tostring(~x), text(~i64(x)))
        end
    end)

    it("divide like Lua: floored, and by zero is an error", function()
        assert.equal("-4", text(i64(-7) // 2))
        assert.equal("1", text(i64(-7) % 2))
        assert.equal("-1", text(i64(7) % -2))
        assert.equal("-9223372036854775808", text(i64(math.mininteger) // -1))
        assert.equal("0", text(i64(math.mininteger) % -1))
        assert.equal("9223372036854775807", text(u64(-1) // 2))
        raises("attempt to perform 'n//0'", function() return i64(1) // 0 end)
        raises("attempt to perform 'n%%0'", function() return i64(1) % 0 end)
    end)

    it("of 128 bits divide likewise #int128", function()
        assert.equal("-4", text(i128(-7) // 2))
        assert.equal("1", text(i128(-7) % 2))
        assert.equal("-1", text(i128(7) % -2))
        local least = ffi.cast("__int128", "-170141183460469231731687303715884105728")
        assert.equal("-170141183460469231731687303715884105728", text(least // -1))
        assert.equal("0", text(least % -1))
        raises("attempt to perform 'n//0'", function() return 1 // u128(0) end)
    end)

    it("give floats with / and ^ and floats", function()
        assert.equal(2.5, i64(5) / 2)
        assert.equal(1024.0, i64(2) ^ 10)
        assert.equal(5.5, i64(5) + 0.5)
        assert.equal(18446744073709551616.0, u64(-1) * 1.0)
        assert.equal(2.0, i64(5) // 2.0)
        assert.equal(math.huge, i64(5) / 0)
        assert.equal("float", math.type(i64(4) / 2))
    end)

    it("shift logically within their width", function()
        assert.equal("9223372036854775807", text(u64(-1) >> 1))
        assert.equal("9223372036854775807", text(i64(-1) >> 1))
        assert.equal("0", text(i64(-1) >> 64))
        assert.equal("0", text(i64(1) << 64))
        assert.equal("2", text(i64(1) >> -1))
        assert.equal("0", text(i64(1) << u64(-1)))
    end)

    it("of 128 bits shift within theirs #int128", function()
        assert.equal("18446744073709551616", text(i128(1) << 64))
        assert.equal("1", text(u128(-1) >> 127))
    end)

    it("take integral floats in bitwise operators", function()
        assert.equal("3", text(i64(7) & 3.0))
        raises("number has no integer representation", function() return i64(7) & 1.5 end)
        raises("number has no integer representation", function() return 1e300 | i64(7) end)
        raises("number has no integer representation", function() return i64(7) & (0 / 0) end)
    end)

    it("combine with small integers, enums and big integers", function()
        assert.equal("2147483648", text(ffi.new("int", 2147483647) + ffi.new("int", 1)))
        assert.equal("10", text(ffi.new("enum colour", "GREEN") * 2))
        assert.equal(7.5, ffi.new("double", 2.5) * 3)
        assert.equal(4.0, ffi.new("float", 1.5) + 2.5)
        local big = setmetatable({}, {__cffi_integer = function() return "1000" end})
        assert.equal("1001", text(i64(1) + big))
        assert.equal("999", text(big - i64(1)))
        local huge = setmetatable({}, {__cffi_integer = function() return ("9"):rep(50) end})
        assert.is_true(u64(-1) < huge and huge > i64(5))
        assert.is_false(ffi.eq(u64(-1), huge))
        local refused = ("operand needs more than %d bits"):format(compiled.values_has_int128 and 128 or 64)
        raises(refused, function() return i64(1) + huge end)
        raises(refused, function() return ffi.new("double", 1e300) < huge end)
        assert.is_true(ffi.eq(i64(1000), big))
        assert.is_false(ffi.eq(big, i64(1)))
        local a = ffi.new("int[1001]", {[0] = 1})
        a[1000] = 8
        assert.equal(8, (a + big)[0])
        assert.equal(8, (big + a)[0])
        assert.is_true(a + 1000 - big == a)
        for digits, named in pairs {[38] = ("9"):rep(38), [50] = ("9"):rep(50),
                                    [200] = ("9"):rep(20) .. "..." .. ("9"):rep(20) .. " (200 digits)"} do
            raises(("integer %s is out of range as an offset"):format(named), function()
                return a + setmetatable({}, {__cffi_integer = function() return ("9"):rep(digits) end})
            end)
        end
        raises("number 1e+40 is out of range as an offset", function() return 1e40 + a end)
        raises("attempt to perform arithmetic on a table value", function() return a + {} end)
    end)

    it("and big integers are read by ffi.tonumber", function()
        local function big(digits)
            return setmetatable({}, {__cffi_integer = function() return digits end})
        end
        assert.equal(-5, ffi.tonumber(big "-5"))
        assert.equal("integer", math.type(ffi.tonumber(big "-9223372036854775808")))
        assert.equal(2.0 ^ 63, ffi.tonumber(big "9223372036854775808"))
        assert.equal(-2.0 ^ 63, ffi.tonumber(big "-9223372036854775809"))
        assert.equal(tonumber(("9"):rep(200) .. ".0"), ffi.tonumber(big(("9"):rep(200))))
        assert.equal(math.huge, ffi.tonumber(big(("9"):rep(400))))
        assert.is_nil(ffi.tonumber {})
        assert.equal("cdata<void *>: 0x10", tostring(ffi.cast("void *", big "16")))
        raises("cannot convert table to 'int *'", ffi.new, "int *", big "16")
    end)

    it("are told apart from floats by ffi.math_type", function()
        for _, v in ipairs {1, i64(1), u64(-1), ffi.new("char", 65), ffi.new("enum colour", "RED"),
                            ffi.cast("_BitInt(7)", 3)} do
            assert.equal("integer", ffi.math_type(v))
        end
        for _, v in ipairs {1.0, ffi.new("float", 1), ffi.new("long double", 1), ffi.new("double", 2)} do
            assert.equal("float", ffi.math_type(v))
        end
        for _, v in ipairs {"1", true, ffi.new("bool"), ffi.new("int *"), ffi.new("int[1]"),
                            ffi.new("double _Complex")} do
            assert.is_nil(ffi.math_type(v))
        end
        assert.is_nil(ffi.math_type(nil))
        raises("bad argument #1 to 'math_type' (value expected)", ffi.math_type)
    end)

    it("let another object's metamethod answer first", function()
        local other = setmetatable({}, {__add = function() return "mine" end,
                                        __lt = function() return true end,
                                        __cffi_integer = function() return 1 end})
        assert.equal("mine", i64(1) + other)
        assert.is_true(i64(5) < other)
    end)

    it("concatenate as their decimal text", function()
        assert.equal("n = 18446744073709551615", "n = " .. u64(-1))
        assert.equal("5-6", i64(5) .. "-" .. u64(6))
        assert.equal("57", i64(5) .. 7)
        assert.equal("GREEN is 5", "GREEN is " .. ffi.new("enum colour", "GREEN"))
    end)

    it("of 128 bits are integers, too, to ffi.math_type, comparison and .. #int128", function()
        assert.equal("integer", ffi.math_type(u128(-1)))
        assert.equal("5-6", i64(5) .. "-" .. i128(6))
        assert.is_true(i128(5) == u64(5))
        assert.is_true(u128(-1) < 1e300)
        assert.is_true(i128(-1) > -1e300)
        assert.is_true(u128(-1) < 2.0^128)
        assert.is_true(ffi.cast("__int128", "-170141183460469231731687303715884105728") <= -2.0^127)
        assert.is_true(ffi.cast("__int128", "-170141183460469231731687303715884105728") >= -2.0^127)
        local huge = setmetatable({}, {__cffi_integer = function() return ("9"):rep(50) end})
        assert.is_true(u128(-1) < huge)
        assert.is_false(ffi.eq(u128(-1), huge))
    end)
end)

describe("comparison", function()
    it("of numbers is by value, without rounding", function()
        assert.is_true(u64(-1) > math.maxinteger)
        assert.is_true(u64(-1) > i64(-1))
        assert.is_true(i64(-1) < u64(0))
        assert.is_true(-1 < u64(0))
        assert.is_false(u64(-1) == i64(-1))
        assert.is_true(u64(5) == i64(5))
        assert.is_true(u64(-1) < 18446744073709551616.0)
        assert.is_true(u64(-1) > 18446744073709549568.0)
        assert.is_true(i64(2^53 | 0) + 1 > 2.0^53)
        assert.is_true(i64(1) < 1.5)
        assert.is_true(i64(-1) > -1.5)
        assert.is_true(i64(-2) < -1.5)
        assert.is_true(i64(1) <= 1.0)
        assert.is_false(i64(1) < 0 / 0)
        assert.is_false(i64(1) >= 0 / 0)
        assert.is_true(i64(1) < math.huge)
        assert.is_true(ffi.new("double", 1.5) == ffi.new("float", 1.5))
        assert.is_true(ffi.new("double", 2) == i64(2))
        assert.is_true(ffi.new("enum colour", "GREEN") == i64(5))
    end)

    it("of pointers is by address, whatever their types", function()
        local a = ffi.new "int[4]"
        local p, q = ffi.cast("int *", a), ffi.cast("char *", a)
        assert.is_true(p == q)
        assert.is_true(p == a)
        assert.is_true(p < q + 1)
        assert.is_true(p <= ffi.cast("void *", a))
        assert.is_true(ffi.cast("void *", -1) > p)
        assert.is_false(p == p + 1)
    end)

    it("of structs is by identity", function()
        local s, t = ffi.new("struct s", 1), ffi.new("struct s", 1)
        assert.is_false(s == t)
        local a = ffi.new "struct s[2]"
        assert.is_true(a[1] == a[1])
        assert.is_true(a[0] == ffi.cast("struct s *", a))
        assert.is_false(s == i64(1))
    end)

    it("of booleans and complex numbers is by value", function()
        assert.is_true(ffi.new("bool", true) == ffi.new("bool", true))
        assert.is_false(ffi.new("bool", true) == ffi.new("bool", false))
        assert.is_false(ffi.new("bool", true) == i64(1))
        assert.is_true(ffi.new("double _Complex", 1, 2) == ffi.new("float _Complex", 1, 2))
    end)

    it("of anything else is an error", function()
        local s = ffi.new "struct s"
        raises("attempt to compare 'struct s' with number", function() return s < 1 end)
        raises("attempt to compare number with 'struct s'", function() return 1 < s end)
        raises("attempt to compare two 'struct s' values", function() return s < s end)
        raises(("attempt to compare '%s' with string"):format(INT64), function() return i64(1) < "2" end)
        raises("attempt to compare 'int *' with nil", function() return ffi.new("int *") < nil end)
        raises("attempt to compare 'int *' with number", function() return ffi.new("int *") <= 0 end)
        raises("attempt to compare 'bool' with number", function() return ffi.new("bool") < 1 end)
    end)

    it("is ffi.eq where == cannot be asked", function()
        assert.is_true(ffi.eq(i64(5), 5))
        assert.is_true(ffi.eq(5.0, u64(5)))
        assert.is_false(ffi.eq(u64(-1), -1))
        assert.is_true(ffi.eq(ffi.new "int *", nil))
        assert.is_false(ffi.eq(ffi.new "int[1]", nil))
        assert.is_true(ffi.eq(ffi.new("enum colour", "BLUE"), "BLUE"))
        assert.is_false(ffi.eq(ffi.new("enum colour", "BLUE"), "PINK"))
        assert.is_true(ffi.eq(ffi.new("bool", true), true))
        assert.is_false(ffi.eq(ffi.new("bool", true), 1))
        assert.is_true(ffi.eq(1, 1.0))
        assert.is_false(ffi.eq("1", 1))
        assert.is_false(ffi.eq(i64(1), "1"))
        assert.is_false(ffi.eq(i64(0), nil))
    end)
end)

describe("pointer arithmetic", function()
    it("moves by elements", function()
        local a = ffi.new("int[5]", {10, 11, 12, 13, 14})
        local p = ffi.cast("int *", a)
        assert.equal(12, (p + 2)[0])
        assert.equal(13, (3 + p)[0])
        assert.equal(11, (p + 4 - 3)[0])
        assert.equal(14, (a + 4)[0])
        assert.equal(12, (p + 2.0)[0])
        assert.equal(12, (p + u64(2))[0])
        assert.equal(11, (p + 2 + -1)[0])
        assert.equal("ctype<int *>", kind(a + 1))
        assert.equal("ctype<const int *>", kind(ffi.new("const int[3]") + 1))
        assert.equal("ctype<int (*)[3]>", kind(ffi.new("int[2][3]") + 1))
    end)

    it("keeps the memory alive", function()
        local p = ffi.new("int[3]", {1, 2, 3}) + 2
        local s = ffi.cast("const char *", ("abc"):rep(20)) + 57
        support.gc()
        for i = 1, 100 do local _, _ = ffi.new("int[3]", {i, i, i}), ("xyz"):rep(i) end
        support.gc()
        assert.equal(3, p[0])
        assert.equal("abc", ffi.string(s))
        local c = ffi.cast("const char *", ffi.cast("const void *", ("def"):rep(20))) + 57
        local held = ffi.new("const char *[1]", ffi.cast("const char *", ("ghi"):rep(20)))
        support.gc()
        for i = 1, 100 do local _ = ("uvw"):rep(i) end
        support.gc()
        assert.equal("def", ffi.string(c))
        assert.equal(("ghi"):rep(20), ffi.string(held[0]))
    end)

    it("gives differences as integers", function()
        local a = ffi.new "int[10]"
        local p = ffi.cast("const int *", a)
        assert.equal(7, (a + 7) - a)
        assert.equal(-7, p - (a + 7))
        assert.equal("integer", math.type((a + 7) - a))
        raises("attempt to subtract incompatible pointers 'const int *' and 'char *'",
            function() return p - ffi.cast("char *", a) end)
    end)

    it("needs the size of the elements", function()
        local v = ffi.cast("void *", ffi.new "int")
        raises("'void *' has no elements: ffi.cast(\"char *\", p) moves by bytes", function() return v + 1 end)
        raises("size of 'void' is unknown", function() return v - v end)
        raises("size of 'struct opaque' is unknown",
            function() return ffi.cast("struct opaque *", 16) + 1 end)
        raises("size of 'int (void)' is unknown",
            function() return ffi.cast("int (*)(void)", 16) + 1 end)
        raises("attempt to subtract pointers to 'struct { }', which has no size", function()
            local e = ffi.cast("struct {} *", 16)
            return e - e
        end)
    end)

    it("refuses the rest", function()
        local p = ffi.new "int *"
        raises("attempt to perform arithmetic on a 'int *' value", function() return p * 2 end)
        raises("attempt to perform arithmetic on a 'int *' value", function() return 1 - p end)
        raises("attempt to perform arithmetic on a 'int *' value", function() return p + p end)
        raises("attempt to perform arithmetic on a 'int *' value", function() return -p end)
        raises("attempt to perform arithmetic on a string value", function() return p + "1" end)
        raises("attempt to perform bitwise operation on a 'int *' value",
            function() return p & 1 end)
        raises("number has no integer representation", function() return p + 1.5 end)
    end)
end)

describe("operators without a meaning", function()
    it("are errors in Lua's words", function()
        local s = ffi.new "struct s"
        raises("attempt to perform arithmetic on a 'struct s' value", function() return s + 1 end)
        raises("attempt to perform arithmetic on a 'struct s' value", function() return 1 / s end)
        raises("attempt to perform arithmetic on a nil value", function() return i64(1) + nil end)
        raises("attempt to perform arithmetic on a string value",
            function() return i64(1) + "1" end)
        raises("attempt to perform arithmetic on a 'bool' value",
            function() return ffi.new("bool", true) + 1 end)
        raises("attempt to perform bitwise operation on a 'struct s' value",
            function() return ~s end)
        raises("attempt to concatenate a 'struct s' value", function() return "x" .. s end)
        raises("attempt to concatenate a 'int *' value",
            function() return ffi.new("int *") .. "x" end)
        raises("attempt to concatenate a nil value", function() return i64(1) .. nil end)
    end)
end)

describe("LuaJIT's rules for operators", function()
    local function ll(v) return jit.cast("int64_t", v) end
    local function ull(v) return jit.cast("uint64_t", v) end

    it("compute in 64 bits and drop fractions", function()
        assert.equal("4LL", tostring(ll(3) + 1.5))
        assert.equal("-3LL", tostring(ll(-7) / 2))
        assert.equal("-1LL", tostring(ll(-7) % 2))
        assert.equal("1024LL", tostring(ll(2) ^ 10))
        assert.equal("0LL", tostring(ll(2) ^ -1))
        assert.equal("9223372036854775807LL", tostring(ll(0) ^ -1))
        assert.equal("-1LL", tostring(ll(-1) ^ -3))
        assert.equal("18446744073709551615ULL", tostring(ull(1) - 2))
        assert.equal("18446744073709551615ULL", tostring(-ull(1)))
        assert.equal("-1LL", tostring(jit.new("uint32_t", 1) - 2))
        assert.equal("2LL", tostring(jit.new("double", 1.5) * 2))
        assert.equal("2LL", tostring(jit.new("bool", true) + 1))
    end)

    it("define division by zero", function()
        assert.equal("-9223372036854775808LL", tostring(ll(1) / 0))
        assert.equal("-9223372036854775808LL", tostring(ll(1) % 0))
        assert.equal("9223372036854775808ULL", tostring(ull(1) / 0))
        assert.equal("-9223372036854775808LL", tostring(ll(math.mininteger) / -1))
        assert.equal("0LL", tostring(ll(math.mininteger) % -1))
    end)

    it("compare after conversion", function()
        assert.is_true(ll(1) == jit.new("double", 1.5))
        assert.is_false(ll(-1) < ull(1))
        assert.is_true(ll(1) <= 1.5)
        assert.is_true(jit.eq(ll(1), 1.5))
        assert.is_true(jit.new("enum colour", "GREEN") < "BLUE")
        raises("attempt to compare 'int *' with 'char *'",
            function() return jit.new("int *") < jit.new("char *") end)
        assert.is_true(jit.new("int *") <= jit.new("unsigned int *"))
    end)

    it("do not concatenate cdata", function()
        local refused = ("attempt to concatenate a '%s' value"):format(INT64)
        raises(refused, function() return ll(1) .. "" end)
        raises(refused, function() return "" .. ll(1) end)
    end)

    it("truncate indices and offsets", function()
        local a = jit.new("int[3]", {1, 2, 3})
        assert.equal(2, a[1.7])
        assert.equal(2, (a + 1.7)[0])
    end)
end)

describe("128 bits #int128", function()
    local TEXTS = {"-170141183460469231731687303715884105728", "-170141183460469231731687303715884105727",
        "-18446744073709551617", "-18446744073709551616", "-9223372036854775809",
        "-9223372036854775808", "-4294967296", "-7", "-2", "-1", "0", "1", "2", "3", "7", "4294967296",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "123456789012345678901234567890",
        "170141183460469231731687303715884105727", "170141183460469231731687303715884105728",
        "340282366920938463463374607431768211455"}

    it("compute by the laws of arithmetic, signed and unsigned", function()
        for _, name in ipairs {"__int128", "unsigned __int128", "_BitInt(128)"} do
            local zero = ffi.cast(name, 0)
            for _, x in ipairs(TEXTS) do
                local a = ffi.cast(name, x)
                assert.is_true(-(-a) == a and ~a == -a - 1 and a - a == zero and a ~ a == zero)
                for _, y in ipairs(TEXTS) do
                    local b = ffi.cast(name, y)
                    local where = ("%s: %s, %s"):format(name, a, b)
                    assert.is_true(a - b + b == a and a + b == b + a and a * b == b * a, where)
                    assert.is_true((a & b) + (a | b) == a + b and (a ~ b) ~ b == a, where)
                    assert.is_true((a + b) * b == a * b + b * b, where)
                    if y ~= "0" then
                        local q, r = a // b, a % b
                        assert.is_true(q * b + r == a, where)
                        assert.is_true(r == zero or (r < zero) == (b < zero), where)
                        assert.is_true(b > zero and r < b or b < zero and r > b, where)
                    end
                end
                for k = 0, 127, 9 do
                    assert.is_true(a << k == a * (ffi.cast(name, 1) << k), name)
                    if a >= zero and k < 127 then
                        assert.is_true(a >> k == a // (ffi.cast(name, 1) << k), name)
                    end
                end
            end
        end
    end)

    -- Every C integer type, and Lua's numbers, that hold the value.
    local function forms(digits)
        local list = {}
        for _, name in ipairs {"int64_t", "uint64_t", "__int128", "unsigned __int128"} do
            local v = ffi.cast(name, digits)
            if tostring(v) == digits then list[#list + 1] = v end
        end
        local number = tonumber(digits)
        if math.type(number) == "integer" then list[#list + 1] = number end
        local float = number + 0.0
        if ("%.0f"):format(float) == digits then
            list[#list + 1] = float
            list[#list + 1] = ffi.new("double", float)
        end
        return list
    end

    it("compare by value, whatever the types on both sides", function()
        for i, x in ipairs(TEXTS) do
            for k, y in ipairs(TEXTS) do
                for _, a in ipairs(forms(x)) do
                    for _, b in ipairs(forms(y)) do
                        local where = ("%s %s, %s %s"):format(ffi.type(a), a, ffi.type(b), b)
                        assert.equal(i < k, a < b, where)
                        assert.equal(i <= k, a <= b, where)
                        assert.equal(i == k, ffi.eq(a, b), where)
                        if ffi.type(a) == "cdata" and ffi.type(b) == "cdata" then
                            assert.equal(i == k, a == b, where)
                        end
                    end
                end
            end
        end
    end)

    it("divide by zero with Lua's error, never a signal", function()
        for _, x in ipairs(TEXTS) do
            for _, a in ipairs(forms(x)) do
                for _, zero in ipairs {i64(0), u64(0), i128(0), u128(0)} do
                    if math.type(a) ~= "float" and ffi.math_type(a) ~= "float" then
                        raises("attempt to perform 'n//0'", function() return a // zero end)
                        raises("attempt to perform 'n%%0'", function() return a % zero end)
                    end
                end
            end
        end
    end)
end)

describe("metamethods that are called by their names", function()
    it("take what is missing for nil, and nothing more", function()
        local x, array = ffi.new("int64_t", 5), ffi.new "int[3]"
        local mt, elements = debug.getmetatable(x), debug.getmetatable(array)
        raises("attempt to perform arithmetic on a nil value", mt.__add, x)
        assert.equal("10", tostring(mt.__add(x, x, 1)))
        raises("attempt to compare 'long' with nil", mt.__lt, x)
        assert.is_false(mt.__lt(x, x, 4))
        raises("element 1 of 'int[3]': cannot convert no value to 'int'", elements.__newindex, array, 1)
        elements.__newindex(array, 1, 5, 6)
        assert.equal(5, array[1])
        assert.equal("1.5x2", ffi.cast("long double", 1.5) .. "x" .. ffi.cast("float", 2))
        assert.equal("-1.5", tostring(-ffi.cast("_Float128", 1.5)))
    end)
end)
