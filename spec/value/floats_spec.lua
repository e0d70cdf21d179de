-- Floating values of every width (docs/design.md S4): exact or refused, rounded as C rounds.
-- #x87 marks what needs all 64 bits of a long double, which valgrind computes with 53.

local ffi = require "cffi"
local bigint = require "support.bigint"
local support = require "support"
local raises = support.raises

ffi.cdef [[
    float strtof(const char *, char **);
    double strtod(const char *, char **);
    long double strtold(const char *, char **);
]]

local wrap = ffi.scope {overflow = "wrap"}

local Big = {__cffi_integer = function(self) return self.text end}
local function big(text) return setmetatable({text = text}, Big) end

-- Type, significant bits, and the exponent that its values stay below.
local TYPES = {{"_Float16", 11, 16}, {"float", 24, 128}, {"double", 53, 1024},
               {"long double", 64, 16384}, {"_Float128", 113, 16384}}

describe("floating types", function()
    for _, t in ipairs(TYPES) do
        local name, digits, most = table.unpack(t)
        local tag = name == "long double" and " #x87" or digits > 64 and " #int128" or ""
        it("take the integers they hold exactly and refuse all others: " .. name .. tag, function()
            local cell = ffi.new(name .. "[1]")
            for _, exponent in ipairs {0, 1, 10, 15, 53, 64, 100, 127, 128, 200, 1023, 1024} do
                local text = bigint.pow2(exponent)
                for _, sign in ipairs {"", "-"} do
                    local ok, message = pcall(function() cell[0] = big(sign .. text) end)
                    assert.equal(exponent < most, ok, message)
                    if ok then assert.equal((sign == "" and 1 or -1) * 2.0 ^ exponent, ffi.tonumber(cell[0])) end
                end
            end
            local exact = bigint.add(bigint.pow2(digits), -1)
            local holds = digits > 64 and "unsigned __int128" or "uint64_t"
            cell[0] = big(exact)
            assert.is_true(ffi.cast(name, cell[0]) == ffi.cast(holds, exact))
            local inexact = bigint.add(bigint.pow2(digits), 1)
            raises(("element 0 of '%s[1]': integer %s has no exact '%s' value"):format(name, inexact, name),
                function() cell[0] = big(inexact) end)
            assert.is_true(ffi.cast(name, cell[0]) == ffi.cast(holds, exact))
        end)
    end

    it("refuse integers of 200 digits by their digits", function()
        raises("integer 12345678901234567890...12345678901234567890 (200 digits) has no exact " ..
            "'double' value", function() ffi.new("double", big(("1234567890"):rep(20))) end)
        raises("integer -12345678901234567890...12345678901234567890 (200 digits) has no exact " ..
            "'float' value", function() ffi.new("float", big("-" .. ("1234567890"):rep(20))) end)
    end)

    it("round integers of any size once, as the C library rounds their text", function()
        local seed = 12345
        local function digit()
            seed = (seed * 1103515245 + 12345) % 2147483648
            return seed // 65536 % 10
        end
        for length = 1, 330, 3 do
            local text = {digit() % 2 == 0 and "-" or ""}
            for i = 1, length do text[i + 1] = tostring(i == 1 and 1 + digit() % 9 or digit()) end
            text = table.concat(text)
            local value = wrap.new("struct { float f; double d; long double l; }",
                {big(text), big(text), big(text)})
            assert.equal(ffi.C.strtof(text, nil), value.f, text)
            assert.equal(ffi.C.strtod(text, nil), value.d, text)
            assert.is_true(ffi.cast("long double", value.l) ==
                ffi.cast("long double", ffi.C.strtold(text, nil)), text)
        end
    end)

    it("meet halfway cases at the even neighbour, and a bit beyond decides", function()
        local zeros = ("0"):rep(20)
        local function float(text) return ffi.tonumber(ffi.cast("float", text)) end
        assert.equal(2.0 ^ 24, float("16777217")) -- halfway between two floats
        assert.equal(2.0 ^ 24 + 4, float("16777219"))
        assert.equal(2.0 ^ 104, float("0x1000001" .. zeros))
        assert.equal(2.0 ^ 104 + 2.0 ^ 81, float("0x1000001" .. ("0"):rep(19) .. "1"))
        assert.equal(-2.0 ^ 104 - 2.0 ^ 82, float("-0x1000003" .. zeros))
        local far = "0x1000001" .. ("0"):rep(200) -- beyond float, not beyond double's last bit
        local double = ffi.tonumber(ffi.cast("double", "0x20000000000001" .. ("0"):rep(200)))
        assert.equal(2.0 ^ 853, double)
        assert.equal(2.0 ^ 853 + 2.0 ^ 801, ffi.tonumber(ffi.cast("double",
            "0x20000000000001" .. ("0"):rep(199) .. "1")))
        assert.equal(math.huge, float(far))
    end)

    it("become infinite only where values are rounded", function()
        local cell, rounded = ffi.new "float[1]", wrap.new "float[1]"
        raises("element 0 of 'float[1]': number 1e+300 is out of range for 'float'",
            function() cell[0] = 1e300 end)
        rounded[0] = 1e300
        assert.equal(math.huge, rounded[0])
        rounded[0] = big("-" .. ("9"):rep(5000))
        assert.equal(-math.huge, rounded[0])
        cell[0] = -math.huge -- is no finite number
        assert.equal(-math.huge, cell[0])
        cell[0] = 0 / 0
        assert.is_true(cell[0] ~= cell[0])
        raises("element 0 of '_Float16[1]': number 65520.0 is out of range for '_Float16'",
            function() ffi.new("_Float16[1]")[0] = 65520.0 end)
        assert.equal(math.huge, ffi.tonumber(ffi.cast("float", ("9"):rep(40))))
        assert.equal(3.4028234663852886e38, ffi.tonumber(ffi.cast("float", "340282346638528859811704183484516925440")))
    end)

    it("round as C does and read back exactly", function()
        local f = ffi.new "float[1]"
        for _, v in ipairs {0.1, -0.1, 1 / 3, 1e-45, 1e-46, 3.4e38, 16777217.0} do
            f[0] = v
            assert.equal(string.unpack("f", string.pack("f", v)), f[0])
        end
        local h = ffi.new("_Float16[8]", {1.0, 65504.0, 2 ^ -24, -0.333251953125, 65519.0, 2 ^ -25,
                                          2 ^ -25 * 1.001, 1 + 2 ^ -11})
        assert.same({1.0, 65504.0, 2 ^ -24, -0.333251953125, 65504.0, 0.0, 2 ^ -24, 1.0},
            ffi.totable(h))
        assert.equal(-math.huge, 1 / ffi.new("_Float16[1]", {-0.0})[0])
    end)

    it("hold every value of a _Float16", function()
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

    it("refuse what is no number", function()
        local cell = ffi.new "double[1]"
        raises("element 0 of 'double[1]': cannot convert string \"1.5\" to 'double'",
            function() cell[0] = "1.5" end)
        raises("element 0 of 'double[1]': cannot convert boolean true to 'double'",
            function() cell[0] = true end)
        raises("element 0 of 'double[1]': cannot convert nil to 'double'", function() cell[0] = nil end)
        raises("cannot convert 'int *' to 'double': one level too many, pass its [0]",
            function() ffi.cast("double", ffi.cast("int *", 16)) end)
    end)

    for _, case in ipairs {
        {"double", "1.5", "cannot convert string \"1.5\" to 'double'"},
        {"double", (1 << 53) + 1, "integer 9007199254740993 has no exact 'double' value"},
        {"float", 1e300, "number 1e+300 is out of range for 'float'"},
        {"float", 16777217, "integer 16777217 has no exact 'float' value"},
    } do
        it(("refuse: %s <- %s"):format(case[1], case[2]), function()
            local cell = ffi.new(case[1] .. "[1]")
            raises(("element 0 of '%s[1]': %s"):format(case[1], case[3]), function() cell[0] = case[2] end)
        end)
    end
end)

describe("wide floating values", function()
    local third = ffi.cast("long double", 1) / 3

    it("are Lua floats when exact, otherwise boxed #x87", function()
        local l = ffi.new("long double[2]", {0.25})
        assert.equal(0.25, l[0])
        l[1] = third
        assert.equal("cdata", ffi.type(l[1]))
        assert.equal("0.333333333333333333342", tostring(l[1]))
        assert.is_true(l[1] == third)
    end)

    it("of 128 bits are likewise #int128", function()
        local q = ffi.new("_Float128[1]")
        q[0] = ffi.cast("__int128", "1298074214633706907132624082305025") -- 2^110 + 1
        assert.equal("1298074214633706907132624082305025", tostring(q[0]))
        assert.is_true(q[0] > 2.0 ^ 110)
        assert.is_true(q[0] == ffi.cast("__int128", "1298074214633706907132624082305025"))
    end)

    for _, name in ipairs {"long double", "_Float128"} do
        local tag = name == "long double" and " #x87" or " #int128"
        it("are written with the digits that tell neighbours apart: " .. name .. tag, function()
            local value, step = ffi.cast(name, 1) / 3, ffi.cast(name, 1)
            while value + step / 2 ~= value do
                step = ffi.cast(name, step) / 2
            end
            assert.not_equal(tostring(value), tostring(value + step))
        end)
    end

    it("of 128 bits have every digit, rounded to 36, as %.36g has #int128", function()
        local quad = ffi.typeof "_Float128"
        local tiny = ffi.new("_Float128[1]")
        ffi.cast("unsigned char *", tiny)[ffi.abi "le" and 0 or 15] = 1
        local max = ffi.new("_Float128[1]")
        ffi.fill(max, 16, 0xff)
        ffi.cast("unsigned char *", max)[ffi.abi "le" and 14 or 1] = 0xfe
        ffi.cast("unsigned char *", max)[ffi.abi "le" and 15 or 0] = 0x7f
        for text, value in pairs {
            ["0.666666666666666666666666666666666635"] = quad(2) / 3,
            ["-33.3333333333333333333333333333333354"] = quad(-100) / 3,
            ["0.000333333333333333333333333333333333314"] = quad(1) / 3000,
            ["3.33333333333333333333333333333333361e-05"] = quad(1) / 30000,
            ["333333333333333333333333333333333312"] = quad(ffi.cast("__int128", "1" .. ("0"):rep(36))) / 3,
            ["3.3333333333333333333333333333333335e+36"] = quad(ffi.cast("__int128", "1" .. ("0"):rep(37))) / 3,
            ["6.47517511943802511092443895822764655e-4966"] = tiny[0],
            ["1.18973149535723176508575932662800702e+4932"] = max[0],
        } do
            assert.equal(text, tostring(value))
        end
    end)

    it("compute in their own type #x87", function()
        local max = ffi.cast("long double", "9223372036854775807")
        assert.equal("9223372036854775806", tostring(max - 1))
        assert.equal("18446744073709551614", tostring(max + max))
        assert.equal("18446744073709551614", tostring(2 * max))
        assert.equal("-9223372036854775807", tostring(-max))
        assert.equal("ctype<long double>", tostring(ffi.typeof(max - 1)))
        assert.equal(0.5, third * 3 / 2) -- exact results are Lua floats
        assert.equal(7.0, max % 1000 - 800)
        assert.equal("-193", tostring(max % -1000 // 1 | 0))
        assert.equal("3074457345618258602", tostring(max // 3 | 0))
        assert.equal(8.0, ffi.cast("long double", 2) ^ 3)
    end)

    it("of 128 bits compute in theirs, also with a long double #x87 #int128", function()
        local max = ffi.cast("long double", "9223372036854775807")
        local quad = ffi.cast("_Float128", 1) / 3
        assert.equal("0.333333333333333333333333333333333317", tostring(quad))
        assert.equal("ctype<_Float128>", tostring(ffi.typeof(quad + max)))
        assert.equal(1.0, quad * 3)
        assert.equal(0.0, quad // 1)
        assert.equal(0.0, (quad - quad) % 5)
        assert.is_true(quad < third and third ~= quad)
    end)
end)

describe("the modulo of wide floats", function()
    for _, name in ipairs {"long double", "_Float128"} do
        local tags = " #x87" .. (name == "_Float128" and " #int128" or "")
        it("has the divisor's sign, of tiny numbers too: " .. name .. tags, function()
            local tiny = ffi.cast(name, 2) ^ -16000
            for _, unit in ipairs {ffi.cast(name, 1), tiny} do
                for _, case in ipairs {{7, 3}, {-7, 3}, {7, -3}, {-7, -3}, {-6, 3}, {6, -3}} do
                    local a, b = table.unpack(case)
                    assert.equal(a % b + 0.0, (unit * a) % (unit * b) / unit)
                end
            end
        end)
    end
end)

describe("complex values", function()
    it("are refused, part by part, when they do not fit", function()
        raises("number 1e+300 is out of range for 'float'", ffi.new, "float _Complex", 1, 1e300)
        raises("integer 16777217 has no exact 'float' value", ffi.new, "float _Complex",
            {re = 16777217})
        raises("number 1e+300+1i is out of range for 'float'", ffi.new, "float _Complex",
            ffi.new("double _Complex", 1e300, 1))
        local cell = ffi.new("float _Complex[1]", {{1, 2}})
        raises("element 0 of 'float _Complex[1]': number 1e+300 is out of range for 'float'",
            function() cell[0] = {5, 1e300} end)
        assert.same({1.0, 2.0}, {cell[0].re, cell[0].im})
        raises("element 0 of 'float _Complex[1]': cannot convert string \"i\" to 'float'",
            function() cell[0] = {im = "i"} end)
    end)

    it("have parts of each size that floats have", function()
        for _, name in ipairs {"_Float16", "float", "double", "long double", "_Float128"} do
            local has, z = pcall(ffi.new, name .. " _Complex", {1.5, -2})
            if has then -- see machine_spec
                assert.same({"1.5-2i", "1.5", "-2"}, {tostring(z), tostring(z.re):match "^[^.]*%.?5?",
                    tostring(z.im):match "^[^.]*"}, name)
                assert.equal(2 * ffi.sizeof(name), ffi.sizeof(z))
                assert.equal("1.5-2i", tostring(ffi.new("double _Complex", z)))
                assert.equal("1.5-2i", tostring(ffi.new(name .. " _Complex", ffi.new("float _Complex", z))))
            end
        end
    end)

    it("pass in and out of C #x87", function()
        local lib = ffi.load(support.library "values")
        ffi.cdef [[float _Complex values_same_cfloat(float _Complex v);
            double _Complex values_same_cdouble(double _Complex v);
            long double values_same_ldouble(long double v);]]
        local z = lib.values_same_cdouble({re = 1.5, im = -2})
        assert.equal("1.5-2i", tostring(z))
        z = lib.values_same_cfloat(z)
        assert.same({1.5, -2.0}, {z.re, z.im})
        raises("bad argument #1 to 'values_same_cfloat' (float _Complex values_same_cfloat(float " ..
            "_Complex v)): number 1e+300 is out of range for 'float'", lib.values_same_cfloat, 1e300)
        local max = ffi.cast("long double", "9223372036854775807")
        assert.equal("9223372036854775807", tostring(lib.values_same_ldouble(max)))
    end)

    it("of 128 bits pass in and out of C #x87 #int128 #registers", function()
        local lib = ffi.load(support.library "values")
        ffi.cdef "_Float128 values_same_float128(_Float128 v);"
        local max = ffi.cast("long double", "9223372036854775807")
        assert.equal("9223372036854775807", tostring(lib.values_same_float128(max)))
    end)
end)

describe("_Float128 without the C library's help", function()
    -- In programs of musl this is all there is; here glibc has the same functions.
    it("has the same remainders and floors #int128 #x64", function()
        local lib = ffi.load(support.library "quad")
        ffi.cdef "int quad_differences(int n, uint64_t seed);"
        assert.equal(0, lib.quad_differences(4000, 88172645463325252))
        assert.equal(0, lib.quad_differences(4000, 1181783497276652981))
    end)

    it("has the texts of strfromf128 #int128 #registers", function()
        ffi.cdef "int strfromf128(char *, size_t, const char *, _Float128);"
        if not pcall(function() return ffi.C.strfromf128 end) then pending "the C library has no strfromf128" end
        local to, bits = ffi.new "char[64]", ffi.new "uint64_t[2]"
        local quad = ffi.cast("_Float128 *", bits)
        for i = 1, 600 do
            bits[0], bits[1] = math.random(0), math.random(0) & ~(1 << 62) -- no infinity, no NaN
            if i % 3 == 0 then bits[0] = 0 end
            ffi.C.strfromf128(to, 64, "%.36g", quad[0])
            assert.equal(ffi.string(to), tostring(ffi.cast("_Float128", quad[0])))
        end
    end)
end)
