-- Bit-fields: values, ranges, neighbours (docs/design.md S1), checked against the compiler's own layout.

local cffi = require "cffi"
local support = require "support"
local raises = support.raises

local ffi = cffi.scope {}

ffi.cdef [[
    enum three { ZERO, ONE, TWO };
    struct bits {
        unsigned a : 1, b : 7;
        signed c : 4;
        _Bool d : 1;
        enum three e : 2;
        unsigned long long f : 33;
        int : 0;
        unsigned char g : 3;
        long long h : 64;
    };
    struct packed { unsigned a : 3; unsigned long long b : 61; unsigned char c : 5; unsigned d : 27; }
        __attribute__((packed));
    struct ipv4 { unsigned char ihl : 4, version : 4; };
    union both { struct { unsigned low : 16, high : 16; }; uint32_t word; };
]]

describe("bit-fields", function()
    it("keep every value that fits, beside untouched neighbours", function()
        local s = ffi.new "struct bits"
        for _, name in ipairs {"a", "b", "f", "g"} do s[name] = 1 end
        s.c, s.d, s.e, s.h = -8, true, "TWO", math.mininteger
        for value = 0, 127 do
            s.b = value
            assert.equal(value, s.b)
        end
        for value = -8, 7 do
            s.c = value
            assert.equal(value, s.c)
        end
        s.f = (1 << 33) - 1
        assert.same({1, 127, 7, true, 2, (1 << 33) - 1, 1, math.mininteger},
            {s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h})
    end)

    it("refuse what does not fit and stay as they were", function()
        local s = ffi.new("struct bits", {b = 5, c = 3})
        raises("field 'b' of 'struct bits': integer 128 does not fit 'unsigned int' (7 bits)",
            function() s.b = 128 end)
        raises("field 'c' of 'struct bits': integer -9 does not fit 'int' (4 bits)",
            function() s.c = -9 end)
        raises("field 'd' of 'struct bits': cannot convert integer 1 to 'bool'",
            function() s.d = 1 end)
        raises("field 'b' of 'struct bits': number 1.5 is not an integer, as 'unsigned int' needs",
            function() s.b = 1.5 end)
        assert.same({5, 3, false}, {s.b, s.c, s.d})
    end)

    it("obey the policy of their scope", function()
        local wrap = cffi.scope {overflow = "wrap"}
        local s = wrap.new "struct { unsigned a : 3; int b : 3; }"
        s.a, s.b = 9, 4
        assert.same({1, -4}, {s.a, s.b})
        local saturate = cffi.scope {overflow = "saturate"}
        s = saturate.new "struct { unsigned a : 3; int b : 3; }"
        s.a, s.b = 9, -100
        assert.same({7, -4}, {s.a, s.b})
        local strict = cffi.scope {overflow = "strict"}
        s = strict.new "struct { unsigned a : 3; int b : 3; }"
        assert.is_false(pcall(function() s.a = -1 end))
        assert.is_false(pcall(function() s.b = 4 end))
    end)

    it("work when packed across bytes", function()
        local s = ffi.new "struct packed"
        s.a, s.b, s.c, s.d = 5, (1 << 61) - 2, 17, (1 << 27) - 3
        assert.same({5, (1 << 61) - 2, 17, (1 << 27) - 3}, {s.a, s.b, s.c, s.d})
        assert.equal(12, ffi.sizeof "struct packed")
    end)

    it("hold up to 128 bits, at any bit #int128", function()
        for bit = 1, 7 do
            for _, width in ipairs {1, 63, 64, 65, 120, 121, 127, 128} do
                local s = ffi.new(([[struct { unsigned char q : %d; unsigned __int128 x : %d;
                    unsigned char r : 7; } __attribute__((packed))]]):format(bit, width))
                s.q, s.r = 1, 85
                local most = ffi.cast("unsigned __int128", -1) >> 128 - width
                for _, value in ipairs {most, most // 3, ffi.cast("unsigned __int128", 1) << width - 1} do
                    s.x = value
                    assert.equal(tostring(value), tostring(s.x))
                    assert.same({1, 85}, {s.q, s.r})
                end
                s.q, s.r, s.x = 0, 0, -1
                assert.equal(tostring(most), tostring(s.x))
                assert.same({0, 0}, {s.q, s.r})
            end
        end
    end)

    it("lie where the compiler puts them", function()
        local header = ffi.cast("struct ipv4 *", ffi.new("uint8_t[1]", {0x45}))
        assert.same({5, 4}, {header.ihl, header.version})
        local u = ffi.new("union both", {word = 0x12345678})
        assert.same({0x5678, 0x1234}, {u.low, u.high})
    end)

    it("appear in pairs, without the unnamed ones", function()
        local names = {}
        for name in pairs(ffi.new "struct bits") do names[#names + 1] = name end
        assert.equal("a b c d e f g h", table.concat(names, " "))
    end)
end)
