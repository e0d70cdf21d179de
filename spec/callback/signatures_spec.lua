-- Every signature that calls allow: scalars of each width, structs and unions by value, many parameters (S8, S14).
local ffi = require "cffi"
local callbacks = require "support.callbacks"
local support = require "support"

local types = [[
    struct callbacks_small { signed char c; short s; };
    struct callbacks_mixed { double d; long l; };
    struct callbacks_large { long l[5]; double d; };
    union callbacks_union { int i; double d; };
    struct callbacks_bits { unsigned a : 3, b : 13, c : 20; };
    struct __attribute__((packed)) callbacks_packed { char c; double d; };
    struct callbacks_ld { long double x; };
    struct callbacks_empty {};
]]

local scalars = {
    bool = { "_Bool", { false, true } },
    schar = { "signed char", { -128, 127, 0 } },
    uchar = { "unsigned char", { 0, 255 } },
    short = { "short", { -32768, 32767 } },
    ushort = { "unsigned short", { 0, 65535 } },
    int = { "int", { -2147483648, 2147483647 } },
    uint = { "unsigned", { 0, 4294967295 } },
    int64 = { "int64_t", { math.mininteger, math.maxinteger } },
    uint64 = { "uint64_t", { 0, math.maxinteger } },
    float = { "float", { 1.5, -0.25, math.huge } },
    double = { "double", { 1 / 3, -1e300, math.huge } },
    ldouble = { "long double", { 1 / 3, -1e300 } },
}

local structs = {
    small = { "struct callbacks_small", { c = -1, s = -300 } },
    mixed = { "struct callbacks_mixed", { d = 1.25, l = ffi.sizeof "long" == 8 and math.mininteger or -2147483648 } },
    large = { "struct callbacks_large", { l = { 1, 2, 3, 4, 5 }, d = 6.5 } },
    union = { "union callbacks_union", { d = 2.75 } },
    bits = { "struct callbacks_bits", { a = 5, b = 8000, c = 1000000 } },
    packed = { "struct callbacks_packed", { c = 7, d = 1 / 3 } },
    ld = { "struct callbacks_ld", { x = 1.5 } },
    empty = { "struct callbacks_empty", {} },
}

if ffi.arch == "x86" or ffi.arch == "s390x" then
    structs.empty = nil -- refused: generic_spec
end

-- libffi does not do all.
local function tag_of(name)
    return name == "packed" and " #registers" or ""
end

for _, library in ipairs { "callbacks", "callbacks-clang" } do
    local path = support.library(library)
    local file = io.open(path)
    if file then
        file:close()
        local lib = ffi.load(path)

        local function same(name, ctype)
            ffi.cdef(("%s callbacks_same_%s(%s (*f)(%s), %s x);"):format(ctype, name, ctype, ctype, ctype))
            return lib["callbacks_same_" .. name]
        end

        -- As an implicit conversion: with an entry of its own, and as a libffi closure among many.
        describe("a callback from " .. library, function()
            lazy_setup(function()
                ffi.cdef(callbacks.declarations)
                ffi.cdef(types)
            end)

            for name, case in pairs(scalars) do
                it("takes and gives " .. case[1], function()
                    local call = same(name, case[1])
                    for _, value in ipairs(case[2]) do
                        local got
                        local result = call(function(x)
                            got = x
                            return x
                        end, value)
                        assert.equal(value, got)
                        assert.equal(value, result)
                    end
                end)
            end

            it("gives small integers the whole register", function()
                ffi.cdef "int64_t callbacks_widened(signed char (*f)(void));"
                assert.equal(0xFFFFFFFD, lib.callbacks_widened(function() return -3 end) & 0xFFFFFFFF)
            end)

            it("takes and gives boxed 64 and 128 bits #lp64", function()
                local call = same("uint64", "uint64_t")
                assert.equal("18446744073709551615", tostring(call(function(x)
                    assert.equal("18446744073709551615", tostring(x))
                    return x
                end, ffi.cast("uint64_t", -1))))
                for name, ctype in pairs { int128 = "__int128", uint128 = "unsigned __int128" } do
                    call = same(name, ctype)
                    local value = ffi.cast(ctype, "123456789012345678901234567890")
                    assert.equal("123456789012345678901234567891", tostring(call(function(x) return x + 1 end, value)))
                    assert.equal(5, call(function(x) return x end, 5))
                end
            end)

            it("takes and gives complex numbers", function()
                for name, ctype in pairs { cfloat = "float _Complex", cdouble = "double _Complex",
                    cldouble = "long double _Complex" } do
                    local result = same(name, ctype)(function(z)
                        assert.equal(1.5, z.re)
                        return ffi.new(ctype, { z.im, z.re })
                    end, ffi.new(ctype, { 1.5, -2.5 }))
                    assert.equal(-2.5, result.re)
                    assert.equal(1.5, result.im)
                end
            end)

            it("takes and gives pointers, nil for NULL", function()
                local call = same("pointer", "void *")
                local buffer = ffi.new "int[1]"
                assert.is_true(ffi.eq(buffer, call(function(p) return p end, buffer)))
                assert.is_nil(call(function(p) assert.is_nil(p) return nil end, nil))
            end)

            for name, case in pairs(structs) do
                it("takes and gives " .. case[1] .. tag_of(name), function()
                    local call = same(name, case[1])
                    local value = ffi.new(case[1], case[2])
                    local kept
                    local result = call(function(x)
                        kept = x
                        return x
                    end, value)
                    support.gc() -- the argument is an object of its own
                    for field in pairs(case[2]) do
                        if field == "l" and name == "large" then
                            assert.same(ffi.totable(value.l), ffi.totable(result.l))
                            assert.same(ffi.totable(value.l), ffi.totable(kept.l))
                        else
                            assert.equal(value[field], result[field])
                            assert.equal(value[field], kept[field])
                        end
                    end
                    assert.equal(ffi.typeof(case[1]), ffi.typeof(kept))
                end)

                it("gives a table as " .. case[1] .. ", and zeros after an error" .. tag_of(name), function()
                    local call = same(name, case[1])
                    local result = call(function() return case[2] end, ffi.new(case[1]))
                    for field, value in pairs(case[2]) do
                        if type(value) ~= "table" then
                            assert.equal(value, result[field])
                        end
                    end
                    local ok, err = pcall(call, function() return "x" end, ffi.new(case[1]))
                    assert.is_false(ok)
                    assert.equal(("result of callback '%s (%s)': cannot convert string \"x\" to '%s'"):format(
                        case[1], case[1], case[1]), callbacks.first_line(err))
                end)
            end

            it("gives floats that C reckons with, also as an error's value", function()
                ffi.cdef [[
                    struct callbacks_point { float x, y; };
                    void callbacks_reckon(float (*f)(float), float x, float *sum);
                    void callbacks_reckon_point(struct callbacks_point (*f)(struct callbacks_point), float x,
                        float *sum);
                ]]
                local sum = ffi.new "float[1]"
                local function fail() error("boom", 0) end
                local function check(reckon, ctype, value, error_value)
                    lib[reckon](function(x) return x end, 8, sum)
                    assert.equal(value + 1.5, sum[0])
                    assert.is_false(pcall(lib[reckon], fail, 8, sum))
                    assert.equal(1.5, sum[0])
                    local cb <close> = ffi.callback(ctype, fail, { error = error_value })
                    assert.is_false(pcall(lib[reckon], cb, 8, sum))
                    assert.equal(-1.5, sum[0])
                end
                check("callbacks_reckon", "float (float)", 4, -3)
                check("callbacks_reckon_point", "struct callbacks_point (struct callbacks_point)", 6, { -5, 2 })
            end)

            it("takes 40 parameters of both kinds", function()
                local list = {}
                for i = 1, 20 do
                    list[i] = "int, double"
                end
                local parameters = table.concat(list, ", ")
                ffi.cdef(("double callbacks_forty(double (*f)(%s));"):format(parameters))
                local got
                local result = lib.callbacks_forty(function(...)
                    got = table.pack(...)
                    return 0.5
                end)
                assert.equal(0.5, result)
                assert.equal(40, got.n)
                for i = 1, 40 do
                    assert.equal(i, got[i])
                    assert.equal(i % 2 == 1 and "integer" or "float", math.type(got[i]))
                end
            end)

            it("is the same as a libffi closure, when the entries are used up", function()
                local held = {}
                local function hold(ctype)
                    for _ = 1, 400 do
                        local ok, cb = pcall(ffi.callback, ctype, function(x) return x end)
                        if not ok then break end
                        held[#held + 1] = cb
                    end
                end
                finally(function()
                    for _, cb in ipairs(held) do
                        cb:free()
                    end
                end)
                hold "int (int)"
                local cb <close> = ffi.callback("double (float, signed char, struct callbacks_large, int)",
                    function(a, b, c, d) return a + b + c.l[4] + c.d + d end)
                assert.equal(1.5 + 2 + 5 + 6.5 + 7, cb(1.5, 2, { { 1, 2, 3, 4, 5 }, 6.5 }, 7))
                local s <close> = ffi.callback("signed char (signed char)", function(x) return x end)
                assert.equal(-5, s(-5))
                local large <close> = ffi.callback("struct callbacks_large (double)", function(x)
                    return { { 1, 2, 3, 4, 5 }, x }
                end, { error = { { 9 }, 8 } })
                assert.equal(2.5, large(2.5).d)
                assert.equal(5, large(2.5).l[4])
            end)
        end)
    end
end

describe("a callback that cannot be", function()
    local function refused(ctype, why)
        support.raises(("no callback of type '%s' is possible: %s"):format(ctype, why), ffi.callback, ctype, print)
    end

    it("is refused with the reason", function()
        refused("int (const char *, ...)", "the types of its variadic arguments are not known")
        ffi.cdef "struct callbacks_unknown;"
        refused("int (struct callbacks_unknown)", "'struct callbacks_unknown' is incomplete")
        refused("struct callbacks_unknown (int)", "'struct callbacks_unknown' is incomplete")
    end)

    it("is one of more than 64 with 128-bit vector results, where libffi has none #registers", function()
        local list = {}
        local ok, err
        for _ = 1, 100 do
            local cb
            ok, cb = pcall(ffi.callback, "_Float128 (int)", function(x) return x end)
            if not ok then err = cb break end
            list[#list + 1] = cb
        end
        if ffi.arch == "arm64" or ffi.arch == "riscv64" then
            assert.is_true(ok)
            assert.equal(3.0, list[100](3))
        else
            assert.is_false(ok)
            assert.equal("too many callbacks with results of 128 bits", callbacks.first_line(err))
        end
        assert.equal(3.0, list[1](3))
        for _, cb in ipairs(list) do
            cb:free()
        end
    end)

    it("is not mistaken for one whose struct has another's name, and registers", function()
        local words, floats = ffi.scope {}, ffi.scope {}
        words.cdef "struct callbacks_named { int64_t x; };"
        floats.cdef "struct callbacks_named { double x; };"
        local function check(scope, x)
            local got
            local cb <close> = scope.callback("void (struct callbacks_named)", function(s) got = s.x end)
            cb(scope.new("struct callbacks_named", { x }))
            assert.equal(x, got)
        end
        check(words, 5)
        check(floats, 2.5)
        check(words, 7)
        check(floats, 3.5)
    end)

    it("is none: a type without a prototype takes no arguments", function()
        local cb <close> = ffi.callback("int (*)()", function(...) return select("#", ...) end)
        assert.equal(0, cb())
    end)
end)
