-- Integers into C and out of it: every integer type x policy x boundary value x place where a value is
-- converted (docs/design.md S1-S3): what is stored, or the whole text of the error and a destination left
-- as it was. Floats into integers are here too: a case stands where its destination is.

local cffi = require "cffi"
local bigint = require "support.bigint"
local support = require "support"

local raises = support.raises
local has_clang = io.open(support.library "values-clang") ~= nil

local target = cffi.scope {}
target.cdef "extern const bool values_char_is_signed, values_wchar_is_signed;"
local compiled = target.load(support.library "values")
local char_signed, wchar_signed = compiled.values_char_is_signed, compiled.values_wchar_is_signed
local lp64 = cffi.abi "64bit"
local LONG = lp64 and 64 or 32
local INT64 = support.int64()
local SIZE = lp64 and "unsigned long" or "unsigned int"

-- The part of a test's name that leaves it out where the compiler has no integers of that width.
local function needs(bits) return bits > 64 and " #int128" or "" end

local ENUMS = [[
    enum values_signed { VALUES_MINUS = -1, VALUES_PLUS = 1 };
    enum values_unsigned { VALUES_NONE, VALUES_MANY = 200 };
    enum values_long { VALUES_HUGE = 0x123456789AL };
    enum values_byte : unsigned char { VALUES_LOW, VALUES_HIGH = 255 };
]]

-- C name, its part in the names of support/values.c, bits, signed, and the name in errors if another.
local TYPES = {
    {"char", "char", 8, char_signed}, {"signed char", "schar", 8, true}, {"unsigned char", "uchar", 8, false},
    {"short", "short", 16, true}, {"unsigned short", "ushort", 16, false},
    {"int", "int", 32, true}, {"unsigned int", "uint", 32, false},
    {"long", "long", LONG, true}, {"unsigned long", "ulong", LONG, false},
    {"long long", "llong", 64, true}, {"unsigned long long", "ullong", 64, false},
    {"wchar_t", "wchar", 32, wchar_signed, cffi.arch == "x86" and "long" or wchar_signed and "int" or "unsigned int"},
    {"char16_t", "char16", 16, false, "unsigned short"}, {"char32_t", "char32", 32, false, "unsigned int"},
    {"int8_t", nil, 8, true, "signed char"}, {"uint64_t", nil, 64, false, "unsigned " .. INT64},
    {"size_t", nil, LONG, false, SIZE}, {"intmax_t", nil, 64, true, INT64},
    {"__int128", "int128", 128, true}, {"unsigned __int128", "uint128", 128, false},
    {"enum values_signed", "esigned", 32, true, integer = "int"},
    {"enum values_unsigned", "eunsigned", 32, false, integer = "unsigned int"},
    {"enum values_long", "elong", 64, false, integer = "unsigned " .. INT64},
    {"enum values_byte", "ebyte", 8, false, clang = true, integer = "unsigned char"},
    {"_BitInt(2)", "bit2", 2, true, clang = true}, {"_BitInt(7)", "bit7", 7, true, clang = true},
    {"unsigned _BitInt(1)", "ubit1", 1, false, clang = true},
    {"unsigned _BitInt(7)", "ubit7", 7, false, clang = true},
    {"_BitInt(33)", "bit33", 33, true, clang = true}, {"_BitInt(64)", "bit64", 64, true, clang = true},
    {"unsigned _BitInt(64)", "ubit64", 64, false, clang = true},
    {"_BitInt(65)", "bit65", 65, true, clang = true},
    {"unsigned _BitInt(127)", "ubit127", 127, false, clang = true},
    {"_BitInt(128)", "bit128", 128, true, clang = true},
    {"unsigned _BitInt(128)", "ubit128", 128, false, clang = true},
}

-- type, width, signed: values of bit-fields obey the width.
local BIT_FIELDS = {
    {"int", 1, true}, {"int", 5, true}, {"unsigned int", 1, false}, {"unsigned int", 31, false},
    {"unsigned char", 3, false}, {"long", LONG // 2 + 1, true}, {"unsigned long", LONG - 1, false},
    {"unsigned long", LONG, false}, {"long long", 33, true}, {"unsigned long long", 63, false},
    {"unsigned long long", 64, false}, {"enum values_unsigned", 9, false}, {"enum values_signed", 2, true},
}

-- ---- what is to be expected ---------------------------------------------------------------------

local memory = {}
local function memoised(name, text, bits, signed)
    local key = ("%s %s %d %s"):format(name, text, bits, signed)
    if memory[key] == nil then memory[key] = bigint[name](text, bits, signed) end
    return memory[key]
end

local function least(bits, signed) return signed and "-" .. bigint.pow2(bits - 1) or "0" end
local function most(bits, signed) return bigint.add(bigint.pow2(signed and bits - 1 or bits), -1) end

-- A value is the thing to convert, the text of the integer it is, and how an error names it.
local Big = {__cffi_integer = function(self) return self.text end}
local function integer(text)
    local value = math.tointeger(tonumber(text))
    if value == nil or ("%d"):format(value) ~= text then
        value = setmetatable({text = text}, Big)
    end
    local long = #text > 80 and ("integer %s...%s (%d digits)"):format(
        text:match "^%-?" .. text:match("%d+"):sub(1, 20), text:sub(-20), #text:gsub("%-", ""))
    return {value = value, text = text, name = long or "integer " .. text}
end

local function float(value)
    local name = tostring(value)
    if tonumber(name) ~= value then name = ("%.17g"):format(value) end
    return {value = value, text = ("%.0f"):format(value), name = "number " .. name}
end

local function boundary_values(bits, signed)
    local list = {}
    local below = signed and "-" .. bigint.add(bigint.pow2(bits - 1), 1) or "-1"
    local long = ("1234567890"):rep(20)
    for _, text in ipairs {below, least(bits, signed), "-1", "0", "1", most(bits, signed),
                           bigint.add(most(bits, signed), 1), bigint.add(bigint.pow2(bits), -1),
                           bigint.pow2(bits), "-" .. bigint.pow2(bits), bigint.pow2(63),
                           bigint.pow2(64), "-" .. bigint.pow2(63), "-" .. bigint.pow2(64),
                           bigint.pow2(127), bigint.pow2(128), "-" .. bigint.pow2(127),
                           long, "-" .. long} do
        list[#list + 1] = integer(text)
    end
    for _, value in ipairs {1e308, -1e308, 2.0 ^ 63, 2.0 ^ 64, -(2.0 ^ 63), 1.0, -0.0} do
        list[#list + 1] = float(value)
    end
    for _, value in ipairs {0.5, -0.5} do
        list[#list + 1] = {value = value, text = "0", fraction = true, name = "number " .. value}
    end
    for _, value in ipairs {0 / 0, 1 / 0, -1 / 0} do
        list[#list + 1] = {value = value, refused = "cannot convert number " .. value .. " to '%s'"}
    end
    for _, value in ipairs {true, "x1", {}} do
        local name = type(value) == "string" and 'string "x1"' or
            type(value) == "boolean" and "boolean true" or "table"
        list[#list + 1] = {value = value, refused = "cannot convert " .. name .. " to '%s'"}
    end
    return list
end

-- The decimal text stored, or nil and the text of the error.
local function expected(v, t, policy)
    local bits, signed, name = t.bits, t.signed, t.name
    if v.value == true and policy == "wrap" then
        return memoised("wrap", "1", bits, signed)
    elseif v.value == "x1" and t.enum then
        return nil, ("'%s' has no enumerator 'x1'"):format(name)
    elseif v.refused then
        return nil, v.refused:format(name)
    elseif v.fraction and (policy == "fit" or policy == "strict") then
        return nil, ("%s is not an integer, as '%s' needs"):format(v.name, name)
    end
    local twin = memoised("in_range", v.text, bits, not signed)
    if memoised("in_range", v.text, bits, signed) or policy == "wrap" or
        (policy == "fit" and twin and (not signed or bits == 1 or name == "char")) then
        return memoised("wrap", v.text, bits, signed)
    elseif policy == "saturate" then
        return v.text:sub(1, 1) == "-" and least(bits, signed) or most(bits, signed)
    end
    local hint = ""
    if twin and not t.field then
        hint = ('; if its bits are meant: ffi.cast("%s", v)'):format(t.integer or name)
    elseif twin and bits < 64 then
        hint = ("; if its bits are meant: v %s (1 << %d)"):format(signed and "-" or "+", bits)
    end
    return nil, ("%s does not fit '%s' (%d bits)%s"):format(v.name, name, bits, hint)
end

-- ---- where values go -----------------------------------------------------------------------------

local function decimal(v)
    return type(v) == "number" and ("%d"):format(v) or (tostring(v):gsub("^cdata<.*>: ", ""))
end

-- Puts every boundary value through `put` (which returns what came to be) and checks the outcome;
-- `get` reads what a refused value must have left alone.
local function check(t, policy, prefix, put, get)
    for _, v in ipairs(boundary_values(t.bits, t.signed)) do
        local want, refusal = expected(v, t, policy)
        local before = get and decimal(get())
        if want then
            assert.equal(want, decimal(put(v.value)), ("%s of %s"):format(prefix, v.name))
        else
            support.raises(prefix .. refusal, put, v.value)
            if get then assert.equal(before, decimal(get())) end
        end
    end
end

local function described(t)
    return {c = t[1], bits = t[3], signed = t[4], name = t[5] or t[1], enum = t[1]:match "^enum", integer = t.integer}
end

local function check_memory(ffi, t, policy)
    local cell = ffi.new(t.c .. "[1]")
    check(t, policy, ("element 0 of '%s[1]': "):format(t.name),
        function(v) cell[0] = v return cell[0] end, function() return cell[0] end)
    local pointer = ffi.cast(t.c .. " *", cell)
    check(t, policy, ("element 0 of '%s *': "):format(t.name),
        function(v) pointer[0] = v return cell[0] end, function() return cell[0] end)
    local object = ffi.new(("struct { char before; %s v; char after; }"):format(t.c))
    local declared = t.c:match "_t$" and (" (%s %%s)"):format(t.c) or "" -- with a typedef
    check(t, policy, ("field 'v' of '%s'%s: "):format(tostring(ffi.typeof(object)):match "<(.*)>", declared:format "v"),
        function(v) object.v = v return object.v end, function() return object.v end)
    assert.same({0, 0}, {object.before, object.after})
    local pair = ffi.typeof(("struct { %s v; %s w; }"):format(t.c, t.c))
    -- A table without a big integer's metatable would be an initialiser of the whole.
    check(t, policy, ("field 'w' of '%s'%s: "):format(tostring(pair):match "<(.*)>", declared:format "w"),
        function(v) return ffi.new(pair, {w = v}).w end)
end

local function check_functions(ffi, lib, t, id, policy)
    local same, ask, variable = "values_same_" .. id, "values_ask_" .. id, "values_var_" .. id
    ffi.cdef(("%s %s(%s v); %s %s(%s (*)(%s), %s v); extern %s %s;"):format(
        t.c, same, t.c, t.c, ask, t.c, t.c, t.c, t.c, variable))
    check(t, policy, ("bad argument #1 to '%s' (%s %s(%s v)): "):format(same, t.c, same, t.c),
        lib[same])
    check(t, policy, ("variable '%s': "):format(variable),
        function(v) lib[variable] = v return lib[variable] end,
        function() return lib[variable] end)
    check(t, policy, ("result of callback '%s (%s)': "):format(t.name, t.name),
        function(v) return lib[ask](function() return v end, 0) end)
    local handed
    check(t, policy, ("bad argument #2 to '%s' (%s %s(%s (*)(%s), %s v)): "):format(
            ask, t.c, ask, t.c, t.c, t.c),
        function(v)
            local result = lib[ask](function(got) handed = got return got end, v)
            assert.equal(decimal(result), decimal(handed))
            return result
        end)
end

describe("integers into C", function()
    for _, policy in ipairs {"fit", "strict", "wrap", "saturate"} do
        local ffi = cffi.scope {overflow = policy}
        ffi.cdef(ENUMS)
        local gcc = ffi.load(support.library "values")
        local clang = has_clang and ffi.load(support.library "values-clang")
        for _, entry in ipairs(TYPES) do
            local t, id = described(entry), entry[2]
            local lib = entry.clang and clang or not entry.clang and gcc
            it(("of type %s in memory under %s%s"):format(t.c, policy, needs(t.bits)), function()
                check_memory(ffi, t, policy)
            end)
            if id and lib then
                it(("of type %s through calls, callbacks and variables under %s%s"):format(t.c, policy, needs(t.bits)),
                    function() check_functions(ffi, lib, t, id, policy) end)
            end
        end
        for _, entry in ipairs(BIT_FIELDS) do
            local name, width, signed = table.unpack(entry)
            it(("of bit-fields %s : %d under %s"):format(name, width, policy), function()
                local object = ffi.new(("struct { char before; %s v : %d; unsigned after : 3; }"):format(
                    name, width))
                object.before, object.after = 85, 5
                local t = {bits = width, signed = signed, name = name, enum = name:match "^enum",
                           field = width < 8 * ffi.sizeof(name)}
                check(t, policy,
                    ("field 'v' of '%s': "):format(tostring(ffi.typeof(object)):match "<(.*)>"),
                    function(v) object.v = v return object.v end, function() return object.v end)
                assert.same({85, 5}, {object.before, object.after})
            end)
        end
    end
end)

describe("integers that are reduced", function()
    for _, policy in ipairs {"fit", "strict", "wrap", "saturate"} do
        local ffi = cffi.scope {overflow = policy}
        ffi.cdef(ENUMS)
        for _, entry in ipairs(TYPES) do
            local t = described(entry)
            it(("by cast and new of %s, whatever the policy: %s%s"):format(t.c, policy, needs(t.bits)), function()
                check(t, "wrap", "", function(v) return ffi.cast(t.c, v) end)
                for _, v in ipairs(boundary_values(t.bits, t.signed)) do
                    if v.text and not v.fraction then
                        local want = memoised("wrap", v.text, t.bits, t.signed)
                        if not t.enum then
                            assert.equal(want, decimal(ffi.new(t.c, v.value)), v.name)
                            assert.equal(want, decimal(ffi.new(t.c, v.text)), v.name)
                            assert.equal(want, decimal(ffi.cast(t.c, v.text)), v.name)
                        end
                    end
                end
            end)
        end
    end
end)

-- ---- by Lua value --------------------------------------------------------------------------------

local SOME_TYPES = {
    {"signed char", 8, true}, {"unsigned short", 16, false}, {"int", 32, true}, {"unsigned long", LONG, false},
    {"long", LONG, true}, {"uint64_t", 64, false}, {"int64_t", 64, true},
    {"__int128", 128, true}, {"unsigned __int128", 128, false},
    {"_BitInt(7)", 7, true}, {"unsigned _BitInt(127)", 127, false},
}

describe("numbers of Lua into integers", function()
    for _, t in ipairs(SOME_TYPES) do
        local name, bits, signed = t[1], t[2], t[3]
        it(("takes Lua integers and floats of every size exactly: %s%s"):format(name, needs(bits)), function()
            for _, v in ipairs {0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 65535, 1 << 31, -(1 << 31),
                                (1 << 32) - 1, math.maxinteger, math.mininteger} do
                assert.equal(bigint.wrap(("%d"):format(v), bits, signed), decimal(cffi.cast(name, v)))
            end
            for _, v in ipairs {1e308, -1e308, 2.0^63, 2.0^64, -2.0^63, 2.0^100, 1.5e18} do
                local text = ("%.0f"):format(v)
                assert.equal(bigint.wrap(text, bits, signed), decimal(cffi.cast(name, v)), name .. text)
            end
            assert.equal("0", decimal(cffi.cast(name, 0.5)))
            assert.equal("-1", decimal(cffi.cast("int", -1.9)))
        end)
    end

    it("never makes integers of NaN and infinities", function()
        for _, v in ipairs {0 / 0, 1 / 0, -1 / 0} do
            for _, policy in ipairs {"fit", "strict", "wrap", "saturate"} do
                local cell = cffi.scope{overflow = policy}.new("int[1]")
                assert.is_false(pcall(function() cell[0] = v end))
            end
        end
        raises("cannot convert number inf to 'int'", cffi.cast, "int", cffi.cast("float", 1 / 0))
        raises("cannot convert number -inf to 'short'", cffi.cast, "short", cffi.cast("long double", -1 / 0))
        raises("cannot convert number inf+0i to 'int'", cffi.cast, "int", cffi.new("double _Complex", {1 / 0, 0}))
    end)

    it("passes integral floats and refuses fractions under fit and strict", function()
        local cell = cffi.new("int[1]")
        cell[0] = 3.0
        assert.equal(3, cell[0])
        raises("element 0 of 'int[1]': number 0.5 is not an integer, as 'int' needs",
            function() cell[0] = 0.5 end)
    end)

    it("takes wide floats by their own digits #x87", function()
        local text = "9223372036854775807" -- no double has this value
        local third = cffi.cast("long double", 1) / 3
        local l = cffi.cast("long double", text)
        assert.equal(math.maxinteger, cffi.new("int64_t[1]", {l})[0])
        assert.equal(text, tostring(cffi.cast("int64_t", l)))
        raises("element 0 of 'int[1]': number 9223372036854775807 does not fit 'int' (32 bits)",
            function() cffi.new("int[1]")[0] = l end)
        raises("element 0 of 'int[1]': number 0.333333333333333333342 is not an integer, as 'int' needs",
            function() cffi.new("int[1]")[0] = third end)
        raises("element 0 of 'int[1]': number 2.5 is not an integer, as 'int' needs",
            function() cffi.new("int[1]")[0] = cffi.new("double", 2.5) end)
    end)

    it("takes quads by their own digits #int128", function()
        local quad = cffi.cast("_Float128", "1298074214633706907132624082305025")
        assert.equal("1298074214633706907132624082305025", tostring(cffi.cast("__int128", quad)))
    end)
end)

describe("texts of refused integers", function()
    for _, case in ipairs {
        {"int", 2147483648000, "integer 2147483648000 does not fit 'int' (32 bits)"},
        {"int", 3000000000, "integer 3000000000 does not fit 'int' (32 bits); \z
            if its bits are meant: ffi.cast(\"int\", v)"},
        {"int8_t", 200, "integer 200 does not fit 'signed char' (8 bits); \z
            if its bits are meant: ffi.cast(\"signed char\", v)", "signed char"},
        {"int64_t", 0x1p63, ("number 9.2233720368547758e+18 does not fit '%s' (64 bits); \z
            if its bits are meant: ffi.cast(\"%s\", v)"):format(INT64, INT64), INT64},
        {"char", 300, "integer 300 does not fit 'char' (8 bits)"},
        {"char", -129, "integer -129 does not fit 'char' (8 bits)"},
        {"int", 1e300, "number 1e+300 does not fit 'int' (32 bits)"},
        {"int", "5", "cannot convert string \"5\" to 'int'"},
        {"int", true, "cannot convert boolean true to 'int'"},
        {"int", nil, "cannot convert nil to 'int'"},
        {"int", {}, "cannot convert table to 'int'"},
    } do
        it(("%s <- %s"):format(case[1], tostring(case[2])), function()
            local cell = cffi.new(case[1] .. "[1]")
            raises(("element 0 of '%s[1]': %s"):format(case[4] or case[1], case[3]),
                function() cell[0] = case[2] end)
        end)
    end
end)

describe("integers out of C", function()
    it("are Lua integers when they fit, boxed otherwise", function()
        local u = cffi.new("uint64_t[2]", {math.maxinteger, -1})
        assert.equal(math.maxinteger, u[0])
        assert.equal("cdata", cffi.type(u[1]))
        assert.equal("18446744073709551615", tostring(u[1]))
    end)

    it("are Lua integers also from 128 bits, when they fit #int128", function()
        local w = cffi.new("__int128[2]")
        w[0] = -5
        assert.equal(-5, w[0])
        w[1] = cffi.cast("__int128", "-170141183460469231731687303715884105728")
        assert.equal("-170141183460469231731687303715884105728", tostring(w[1]))
    end)
end)
