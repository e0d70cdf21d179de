-- Metatypes: methods, operators and the order in which predefined meanings and metamethods count.

local cffi = require "cffi"
local support = require "support"
local raises = support.raises

local ffi = cffi.scope {}

ffi.cdef [[
    struct vec { double x, y; };
    struct bag { int n; };
    struct plain { int n; };
    typedef struct handle *handle_t;
    struct only_index { int n; };
    struct later { int n; };
]]

local vec
local Vec = {}
Vec.__index = {length = function(v) return (v.x ^ 2 + v.y ^ 2) ^ 0.5 end, x = "hidden"}
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end
Vec.__sub = function(a, b) return vec(a.x - b.x, a.y - b.y) end
Vec.__mul = function(a, b)
    if type(a) == "number" then return vec(a * b.x, a * b.y) end
    return vec(a.x * b, a.y * b)
end
Vec.__div = function() return "div" end
Vec.__mod = function() return "mod" end
Vec.__pow = function() return "pow" end
Vec.__unm = function(a) return vec(-a.x, -a.y) end
Vec.__idiv = function() return "idiv" end
Vec.__band = function() return "band" end
Vec.__bor = function() return "bor" end
Vec.__bxor = function() return "bxor" end
Vec.__shl = function() return "shl" end
Vec.__shr = function() return "shr" end
Vec.__bnot = function() return "bnot" end
Vec.__concat = function(a, b)
    return (type(a) == "string" and a or "vec") .. (type(b) == "string" and b or "vec")
end
Vec.__len = function() return 2 end
Vec.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vec.__lt = function(a, b) return a.x < b.x end
Vec.__le = function(a, b) return a.x <= b.x end
Vec.__call = function(v, ...) return v.x, ... end
Vec.__tostring = function(v) return ("(%g, %g)"):format(v.x, v.y) end
Vec.__pairs = function(v) return coroutine.wrap(function() coroutine.yield("only", v.x) end) end
vec = ffi.metatype("struct vec", Vec)

describe("a metatype", function()
    local a, b = vec(3, 4), vec(1, 2)

    it("gives methods, but members come first", function()
        assert.equal(5.0, a:length())
        assert.equal(3.0, a.x)
        assert.is_nil(a.unknown)
    end)

    it("answers every operator", function()
        assert.equal("(4, 6)", tostring(a + b))
        assert.equal("(2, 2)", tostring(a - b))
        assert.equal("(6, 8)", tostring(a * 2))
        assert.equal("(6, 8)", tostring(2 * a))
        assert.equal("(-3, -4)", tostring(-a))
        assert.same({"div", "mod", "pow", "idiv"}, {a / b, a % b, a ^ b, a // 2})
        assert.same({"band", "bor", "bxor", "shl", "shr", "bnot"},
            {a & 1, 1 | a, a ~ b, a << 1, 1 >> a, ~a})
        assert.equal(2, #a)
    end)

    it("answers concatenation, calls and pairs", function()
        assert.equal("vec!", a .. "!")
        assert.equal("!vec", "!" .. a)
        assert.same({3.0, 7, 8}, {a(7, 8)})
        local names = {}
        for k, v in pairs(a) do names[k] = v end
        assert.same({only = 3.0}, names)
    end)

    it("answers comparison", function()
        assert.is_true(a == vec(3, 4))
        assert.is_false(a == b)
        assert.is_true(b < a)
        assert.is_true(b <= a)
        assert.is_false(a <= b)
    end)

    it("serves pointers too, where nothing is predefined", function()
        local array = ffi.new("struct vec[2]", {{3, 4}, {6, 8}})
        local p = ffi.cast("struct vec *", array)
        assert.equal(5.0, p:length())
        assert.equal("(6, 8)", tostring(p * 2))
        assert.equal(6.0, (p + 1).x)
        assert.equal(1, (p + 1) - p)
        assert.is_true(p < p + 1)
        assert.is_false(p == p + 1)
        assert.equal(8.0, p[1].y)
    end)

    it("counts the left operand first", function()
        ffi.metatype("struct bag", {__add = function() return "bag" end,
                                    __lt = function() return true end})
        local bag = ffi.new "struct bag"
        assert.equal("bag", bag + ffi.new "struct plain")
        assert.equal("bag", ffi.new "struct plain" + bag)
        assert.equal("bag", 1 + bag)
        assert.equal("bag", ffi.cast("int64_t", 1) + bag)
        assert.is_true(bag < 1)
        raises("attempt to perform arithmetic on a 'struct bag' value",
            function() return bag * 2 end)
    end)

    it("may have functions for __index and __newindex", function()
        local log = {}
        ffi.metatype("struct only_index", {
            __index = function(_, k) return "get " .. tostring(k) end,
            __newindex = function(_, k, v) log[#log + 1] = {k, v} end,
        })
        local o = ffi.new("struct only_index", 9)
        assert.equal(9, o.n)
        assert.equal("get other", o.other)
        assert.equal("get 1", o[1])
        assert.equal("get true", o[true])
        o.n = 10
        o.other = 5
        o[1] = 6
        assert.equal(10, o.n)
        assert.same({{"other", 5}, {1, 6}}, log)
    end)

    it("may yield from its metamethods", function()
        ffi.metatype("struct later", {__index = function(_, k) return coroutine.yield(k) end,
                                      __add = function() return coroutine.yield "add" end})
        local o = ffi.new "struct later"
        local co = coroutine.wrap(function() return o.missing .. (o + 1) end)
        assert.equal("missing", co())
        assert.equal("add", co "a")
        assert.equal("ab", co "b")
    end)

    it("serves pointers to incomplete structs", function()
        ffi.metatype("struct handle", {__index = {close = function() return "closed" end}})
        local h = ffi.cast("handle_t", 16)
        assert.equal("closed", h:close())
        assert.is_nil(h.unknown)
        local null = ffi.new "handle_t"
        assert.equal("closed", null:close())
    end)

    it("leaves errors to types without one", function()
        local plain = ffi.new "struct plain"
        raises("'struct plain' has no member 'method'", function() return plain:method() end)
        raises("'struct plain' is not callable", function() return plain() end)
        raises("attempt to get length of a 'struct plain' value", function() return #plain end)
    end)
end)
