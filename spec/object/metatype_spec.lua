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
        ffi.cdef "struct writes_later { int a; };"
        ffi.metatype("struct writes_later", {__newindex = function(_, k, v) coroutine.yield(k, v) end})
        o = ffi.new "struct writes_later"
        co = coroutine.wrap(function() o.missing = 5 return "written" end)
        assert.same({"missing", 5}, {co()})
        assert.equal("written", co())
    end)

    it("may yield from __pairs #yields", function()
        ffi.cdef "struct walks_later { int a; };"
        ffi.metatype("struct walks_later", {__pairs = function() coroutine.yield "pairs" return 1, 2, 3 end})
        local o = ffi.new "struct walks_later"
        local co = coroutine.wrap(function() return pairs(o) end)
        assert.equal("pairs", co())
        assert.same({1, 2, 3}, {co()})
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
        raises("'struct plain' has no member 'method' (members: n)", function() return plain:method() end)
        raises("'struct plain' is not callable: ffi.typeof \"struct plain\" is, and ffi.new takes values as well",
            function() return plain() end)
        raises("attempt to get length of a 'struct plain' value", function() return #plain end)
    end)
end)

-- Every metamethod of Lua 5.4 on every kind of type that takes a metatype, each answering its own name.
describe("all metamethods #close", function()
    local BINARY = {
        __add = function(a, b) return a + b end, __sub = function(a, b) return a - b end,
        __mul = function(a, b) return a * b end, __div = function(a, b) return a / b end,
        __mod = function(a, b) return a % b end, __pow = function(a, b) return a ^ b end,
        __idiv = function(a, b) return a // b end, __band = function(a, b) return a & b end,
        __bor = function(a, b) return a | b end, __bxor = function(a, b) return a ~ b end,
        __shl = function(a, b) return a << b end, __shr = function(a, b) return a >> b end,
    }
    local UNARY = {__unm = function(a) return -a end, __bnot = function(a) return ~a end,
                   __len = function(a) return #a end}
    local OTHERS = {"__concat", "__eq", "__lt", "__le", "__index", "__newindex", "__call",
                    "__tostring", "__pairs", "__close", "__gc", "__new"}

    -- The metatype, and the list of what it was asked; __gc, which comes at any time, is counted.
    local function logging()
        local log, mt = {collected = 0}, {}
        local function answer(name)
            mt[name] = function(...)
                log[#log + 1] = name
                return name, ...
            end
        end
        for name in pairs(BINARY) do answer(name) end
        for name in pairs(UNARY) do answer(name) end
        for _, name in ipairs(OTHERS) do answer(name) end
        mt.__gc = function() log.collected = log.collected + 1 end
        mt.__close = function(_, err) log[#log + 1] = "__close" .. tostring(err) end
        mt.__newindex = function(_, k, v) log[#log + 1] = k .. v end
        mt.__new = function(ct, ...)
            log[#log + 1] = "__new"
            return ffi.new(ct, ...)
        end
        return mt, log
    end

    local function check_operators(v, other)
        for name, operate in pairs(BINARY) do
            assert.equal(name, operate(v, other), name)
            assert.equal(name, operate(other, v), name)
            assert.equal(name, operate(v, v), name)
        end
        for name, operate in pairs(UNARY) do
            assert.equal(name, operate(v), name)
        end
        assert.equal("__concat", v .. "x")
        assert.equal("__concat", "x" .. v)
        assert.is_true(v < other and other < v and v <= other and v >= other)
    end

    local function check_the_rest(v, log)
        assert.equal("__index", v.no_member)
        v.no_member = 5
        assert.equal("no_member5", log[#log])
        assert.equal("__call", (v(1, 2)))
        assert.equal("__tostring", tostring(v))
        assert.equal("__pairs", (pairs(v)))
        do local _ <close> = v end
        assert.equal("__closenil", log[#log])
        assert.is_false(pcall(function() local _ <close> = v error("oops", 0) end))
        assert.equal("__closeoops", log[#log])
    end

    for _, text in ipairs {"struct { int n; }", "union { int n; float f; }"} do
        it("on " .. text, function()
            local mt, log = logging()
            local T = ffi.metatype(text, mt)
            local v = T(5)
            assert.equal("__new", log[#log])
            check_operators(v, {})
            assert.is_true(v == T(5))
            assert.equal("__eq", log[#log])
            check_the_rest(v, log)
            support.gc()
            assert.equal(1, log.collected) -- the T(5) compared
            v = nil -- luacheck: ignore
            support.gc()
            assert.equal(2, log.collected)
        end)
    end

    it("on a typedef'd pointer to an incomplete struct, where pointers have no meaning of their own",
        function()
            ffi.cdef "typedef struct mt_opaque *mt_handle;"
            local mt, log = logging()
            ffi.metatype("mt_handle", mt)
            local h = ffi.cast("mt_handle", 16)
            for name, operate in pairs(BINARY) do
                if name ~= "__add" and name ~= "__sub" then
                    assert.equal(name, operate(h, 2), name)
                    assert.equal(name, operate(2, h), name)
                end
            end
            for name, operate in pairs(UNARY) do assert.equal(name, operate(h), name) end
            assert.equal("__concat", h .. "x")
            assert.is_true(h == ffi.cast("mt_handle", 16) and h < ffi.cast("mt_handle", 32))
            assert.is_true(h < 5) -- no address: the metamethod's
            check_the_rest(h, log)
            h = nil -- luacheck: ignore
            support.gc()
            assert.equal(0, log.collected) -- the memory is C's
        end)

    it("on an enum, whose members are numbers first", function()
        local mt, log = logging()
        local E = ffi.metatype("enum { MT_A, MT_B = 7 }", mt)
        local e = E "MT_B"
        assert.equal("__new", log[#log])
        assert.equal("8", tostring(e + 1))
        assert.is_true(e > 6 and e == ffi.cast("int64_t", 7))
        assert.equal("__add", e + {})
        assert.equal("__concat", e .. "x")
        assert.equal("__len", #e)
        check_the_rest(e, log)
        support.gc()
        assert.equal(0, log.collected)
        e = nil -- luacheck: ignore
        support.gc()
        assert.equal(1, log.collected)
    end)

    it("are refused on all other types, by name", function()
        for _, text in ipairs {"int", "int *", "int[3]", "double", "void", "int (*)(void)"} do
            raises(("bad argument #1 to 'metatype' ('%s' cannot have a metatype: struct, union or " ..
                "enum expected)"):format(text), ffi.metatype, text, {})
        end
        raises("bad argument #2 to 'metatype' (table expected, got integer 5)", ffi.metatype,
            "struct vec", 5)
    end)
end)
