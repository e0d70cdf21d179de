-- Closure and BlockCaller (Ruby: test_closure.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local Closure, Function = fiddle.Closure, fiddle.Function
local raises = helpers.raises

describe("fiddle.Closure", function()
    local live

    before_each(function()
        live = #ffi.callbacks()
    end)

    after_each(function()
        assert.equal(live, #ffi.callbacks(), "a closure was not freed")
    end)

    it("takes result and parameters, a signature or a ctype", function()
        for _, make in ipairs {
            function(fn) return Closure(fiddle.TYPE_INT, { fiddle.TYPE_INT }, fn) end,
            function(fn) return Closure("int", { "int" }, fn) end,
            function(fn) return Closure("int(int)", fn) end,
            function(fn) return Closure("int twice(int x)", fn) end,
            function(fn) return Closure(ffi.typeof "int(*)(int)", fn) end,
            function(fn) return Closure(ffi.typeof "int", { "int" }, fn) end,
            function(fn) return Closure.new("int(int)", fn) end,
            function(fn) return fiddle.BlockCaller("int", { "int" }, fn) end,
        } do
            local c <close> = make(function(x) return 2 * x end)
            assert.equal(42, Function(c, { "int" }, "int")(21))
            assert.equal(42, c(21)) -- without C
            assert.equal(42, c:call(21))
        end
    end)

    it("refuses what is no type, list, function, option", function()
        local function nothing() end
        raises("DLError", "1:1: unknown type 'zork'\n    zork\n    ^", Closure, "zork", { "int" }, nothing)
        raises("TypeError", "unknown type 99", Closure, "int", { 99 }, nothing)
        raises("TypeError", "list of parameter types or signature expected, got number", Closure, 4, nothing)
        raises("TypeError", "function expected for a Closure, got nil", Closure, "int(int)")
        raises("TypeError", "function expected for a Closure, got number", Closure, "int", { "int" }, 5)
        raises("ArgumentError", "unknown option 'onerr' for 'Closure'", Closure, "int(int)", nothing,
            { onerr = print })
        raises("TypeError", "a table with a function 'call' expected", Closure.extend, {})
    end)

    it("takes void as no parameters", function()
        local c <close> = Closure("int", { "void" }, function(...) return select("#", ...) end)
        assert.equal(0, Function(c, {}, "int")())
    end)

    it("says what it is", function()
        local c <close> = Closure("int", { "int", "voidp" }, function() return 0 end)
        assert.equal(ffi.typeof "int", c.result)
        assert.equal(ffi.typeof "int", c.ctype)
        assert.same({ ffi.typeof "int", ffi.typeof "void *" }, c.args)
        assert.equal(ffi.typeof "int(int, void *)", c.type)
        assert.equal(c:address(), c:to_ptr():address())
        assert.equal("fiddle.Closure int (int, void *)", tostring(c))
    end)

    it("takes and gives text", function()
        local c <close> = Closure("const_string", { "const_string" }, function(s)
            assert(type(s) == "string")
            return s
        end)
        assert.equal("hello", Function(c, { "const_string" }, "const_string") "hello")
        local d <close> = Closure("const char *(int)", function(i)
            return i > 0 and ("text"):rep(i) or nil
        end)
        local text = Function(d, "const char *(int)")
        local raw = text:func()
        local first, second = raw(20), raw(30)
        collectgarbage()
        assert.equal(("text"):rep(20), ffi.string(first)) -- until the closure is freed
        assert.equal(("text"):rep(30), ffi.string(second))
        assert.is_nil(text(0))
    end)

    it("does not give text with a zero inside", function()
        local c <close> = Closure("const char *(void)", function() return "a\0b" end)
        local _, err = pcall(Function(c, "const char *(void)"))
        assert.truthy(tostring(err):find("the string contains a zero byte at position 2", 1, true))
    end)

    it("takes and gives booleans", function()
        local c <close> = Closure("bool", { "bool" }, function(b) return not b end)
        local negate = Function(c, { "bool" }, "bool")
        assert.is_false(negate(true))
        assert.is_true(negate(false))
    end)

    it("gets pointers as Pointers, nil for NULL", function()
        local got
        local c <close> = Closure("voidp", { "voidp" }, function(p)
            got = p
            return p
        end)
        local f = Function(c, { "voidp" }, "voidp")
        local buffer = helpers.buffer "abc"
        assert.equal(buffer, f(buffer))
        assert.is_true(fiddle.Pointer.is(got))
        assert.equal(("a"):byte(), got[0])
        assert.is_nil(f(nil))
        assert.is_nil(got)
    end)

    it("gets typed pointers that know their type", function()
        local c <close> = Closure("int(const int *a, const int *b)", function(a, b) return a:deref() - b:deref() end)
        local f = Function(c, "int(const int *, const int *)")
        assert.equal(4, f(fiddle.out("int", 7), fiddle.out("int", 3)))
    end)

    it("gets functions as Functions", function()
        local c <close> = Closure("int", { "int (*)(int)", "int" }, function(f, x) return f(x) + 1 end)
        assert.equal(6, Function(c, { "int (*)(int)", "int" }, "int")(Function(helpers.libc.abs, "int(int)"), -5))
    end)

    it("takes any callable", function()
        local object = setmetatable({}, { __call = function(_, x) return x + 1 end })
        local c <close> = Closure("int(int)", object)
        assert.equal(8, Function(c, "int(int)")(7))
    end)

    it("is freed once or twice, and raises from then on", function()
        local c = Closure("int(int)", function(x) return x end)
        local f = Function(c, "int identity(int)")
        assert.equal(5, f(5))
        assert.is_false(c:is_freed())
        c:free()
        c:free()
        assert.is_true(c:is_freed())
        local text = "the closure was freed: fiddle.Closure int (int) (freed)"
        raises("ArgumentError", text, c.address, c)
        raises("ArgumentError", text, c.to_ptr, c)
        raises("ArgumentError", text, Function, c, "int(int)")
        raises("DLError", "cannot call 'identity': the closure was freed", f, 5)
    end)

    it("create frees after a function, whose results it gives", function()
        local kept
        local a, b = Closure.create("int", { "int" }, function(x) return x end, function(c)
            kept = c
            return Function(c, "int(int)")(5), "two"
        end)
        assert.equal(5, a)
        assert.equal("two", b)
        assert.is_true(kept:is_freed())
        assert.has_error(function()
            Closure.create("int(int)", function(x) return x end, function() error("boom", 0) end)
        end, "boom")
        local c <close> = Closure.create("int(int)", function(x) return x end)
        assert.is_false(c:is_freed())
    end)

    it("extends to classes whose objects carry state", function()
        local Adder = Closure.extend {
            call = function(self, x) return x + self.amount end,
            describe = function(self) return "adds " .. self.amount end,
        }
        local c <close> = Adder("int", { "int" })
        c.amount = 10
        assert.equal(15, Function(c, "int(int)")(5))
        assert.equal("adds 10", c:describe())
        assert.equal(15, c:call(5))
        local d <close> = Adder.new "int(int)"
        d.amount = 1
        assert.equal(6, Function(d, "int(int)")(5))
        assert.is_true(Adder.create("int(int)", function(e) return not e:is_freed() end))
    end)

    it("round-trips the largest and smallest values of every type #lp64", function()
        local limits = {
            CHAR = { -128, 127 }, UCHAR = { 0, 255 }, SHORT = { -32768, 32767 }, USHORT = { 0, 65535 },
            INT = { -2147483648, 2147483647 }, UINT = { 0, 4294967295 },
            LONG = { math.mininteger, math.maxinteger }, LONG_LONG = { math.mininteger, math.maxinteger },
        }
        for name, values in pairs(limits) do
            local t = fiddle["TYPE_" .. name]
            local c <close> = Closure(t, { t }, function(x) return x end)
            local f = Function(c, { t }, t)
            for _, value in ipairs(values) do
                assert.equal(value, f(value), name)
            end
        end
        for _, name in ipairs { "ULONG", "ULONG_LONG" } do
            local t = fiddle["TYPE_" .. name]
            local c <close> = Closure(t, { t }, function(x) return x end)
            local largest = ffi.new("uint64_t", -1)
            assert.equal("18446744073709551615", tostring(Function(c, { t }, t)(largest)))
        end
    end)

    it("refuses a result that does not fit, in the caller", function()
        local c <close> = Closure("int(int)", function() return 2 ^ 40 | 0 end)
        local f = Function(c, "int(int)")
        raises("RangeError", "result of callback 'int (int)': integer 1099511627776 does not fit 'int' (32 bits)",
            f, 1)
        local d <close> = Closure("int(int)", function() end)
        local _, err = pcall(Function(d, "int(int)"), 1)
        assert.truthy(tostring(err):find "result of callback 'int %(int%)'")
    end)

    it("gives C the error value and raises afterwards", function()
        local seen
        local c <close> = Closure("int(int)", function() error("in the callback", 0) end, { error = -1 })
        local d <close> = Closure("int(int)", function(x)
            seen = x
            return x
        end)
        assert.has_error(function() Function(c, "int(int)")(1) end, "in the callback")
        assert.equal(9, Function(d, "int(int)")(9))
        assert.equal(9, seen)
    end)

    it("has its own onerror", function()
        local got
        local c <close> = Closure("int(int)", function() error("handled", 0) end, {
            onerror = function(err)
                got = err
                return 77
            end,
        })
        assert.equal(77, Function(c, "int(int)")(1))
        assert.truthy(tostring(got):find "^handled")
    end)

    it("refuses to be a function of another type", function()
        local qsort = Function(helpers.libc.qsort,
            "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))")
        local c <close> = Closure("int(int)", function() return 0 end)
        raises("TypeError", "cannot convert a function 'int (int)' to 'int (*)(const void *, const void *)'", qsort,
            helpers.buffer "ba", 2, 1, c)
    end)

    it("does not grow with closures that are made and freed", function()
        local function many(n)
            for _ = 1, n do
                Closure("int(int)", function(x) return x end):free()
            end
            collectgarbage()
            collectgarbage()
            return collectgarbage "count"
        end
        local before = many(2000)
        assert.is_true(many(10000) < before * 1.2)
    end)
end)
