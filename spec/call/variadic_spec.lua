-- How Lua values travel as variadic arguments (docs/design.md S7); formats are in format_spec.
local ffi = require "cffi"
local support = require "support"

local raises = support.raises

local scope = ffi.scope()
scope.cdef [[
    struct variadic_small { int i; double d; };
    struct variadic_large { long l[5]; };
    enum colour { RED, GREEN = 5 };
    int variadic_read(char *out, size_t size, const char *kinds, ...);
    int abs(int);
    int snprintf(char *, size_t, const char *, ...);
]]

local prototype = "(int variadic_read(char *out, size_t size, const char *kinds, ...)): "

for _, compiler in ipairs { "", "-clang" } do
    local path = ("%s/spec/variadic%s.so"):format(support.build, compiler)
    local found = io.open(path)
    if found then
        found:close()
        local lib = scope.load(path:sub(1, 1) == "/" and path or "./" .. path)
        local out = scope.new "char[1000]"
        local function read(kinds, ...)
            lib.variadic_read(out, 1000, kinds, ...)
            return scope.string(out)
        end

        describe("a variadic argument" .. compiler, function()
            it("is what C's default promotions and Lua's types make of the value #lp64", function()
                assert.equal("-5 7 9000000000", read("ill", -5, 7, 9000000000))
                assert.equal("-9223372036854775808", read("l", math.mininteger))
                assert.equal("2.5 3 inf", read("ddd", 2.5, 3.0, math.huge))
                assert.equal("text (nil)", read("sp", "text", nil))
                assert.equal("1 0", read("ii", true, false))
                assert.equal("1 2", read("FF", io.stdout, io.stderr))
                assert.equal("4", read("f", scope.C.abs))
                assert.equal("4", read("f", scope.cast("int (*)(int)", scope.C.abs)))
            end)

            it("is as wide as its value asks for, where that matters", function()
                assert.equal("5 -7 1099511627776 3", read("iili", 5, -7, 1 << 40, 3))
                assert.equal("-2147483648 -2147483649 1.5", read("ild", -2147483648, -2147483649, 1.5))
                local boxed = setmetatable({}, { __cffi_integer = function() return 9 end })
                assert.equal("9 4294967296", read("il", boxed, 1 << 32))
            end)

            it("is a cdata's promoted type #lp64", function()
                for _, ctype in ipairs { "signed char", "int8_t", "short", "int", "long", "int64_t" } do
                    assert.equal("-3", read(ctype:find "64" and "l" or "i", scope.new(ctype, -3)))
                end
                assert.equal("200 60000 1", read("iii", scope.new("uint8_t", 200),
                    scope.new("uint16_t", 60000), scope.new("bool", true)))
                local odd = scope.new "bool"
                scope.fill(scope.addressof(odd), 1, 2) -- no bool has this byte
                assert.equal("1", read("i", odd))
                assert.equal("5", read("i", scope.new("enum colour", "GREEN")))
                assert.equal("1.5 2.5", read("dd", scope.new("float", 1.5), scope.new("double", 2.5)))
                assert.equal("18446744073709551615", read("u", scope.cast("uint64_t", -1)))
                assert.equal("0.25 1", read("Di", scope.new("long double", 0.25), 1))
                assert.equal("1:0000000000000000 7",
                    read("qi", scope.cast("__int128", "0x10000000000000000"), 7))
                assert.equal("1-2i", read("c", scope.new("double _Complex", 1, -2)))
            end)

            it("is an array's, function's or struct's address", function()
                assert.equal("array", read("s", scope.new("char[10]", "array")))
                local ints = scope.new("int[3]")
                assert.equal(tostring(ints):match "0x%x+", read("p", ints))
                local small = scope.new("struct variadic_small", 4, 0.5)
                local address = tostring(scope.addressof(small)):match "0x%x+"
                assert.equal(address, read("p", small))
                assert.equal(address, read("p", scope.cast("const struct variadic_small *", small)[0]))
                assert.equal(address, read("p", scope.addressof(small)))
                assert.equal("{4,0.5} 3", read("Pi", small, 3))
                local text = scope.new("union { char text[5]; double d; }", { text = "text" })
                assert.equal("text", read("s", text))
            end)

            it("is a struct or union by value when it says so", function()
                local small = scope.byvalue(scope.new("struct variadic_small", 4, 0.5))
                local large = scope.byvalue(scope.new("struct variadic_large", { { 1, 2, 3, 4, 5 } }))
                collectgarbage()
                assert.equal("{4,0.5} 9 {1,5} 1.5", read("SiLd", small, 9, large, 1.5))
                assert.equal("{1,5} {4,0.5} {4,0.5} {4,0.5} {4,0.5}",
                    read("LSSSS", large, small, small, small, small))
                local object = scope.new("struct variadic_small", 4, 0.5)
                local marked = scope.byvalue(object)
                object.i = 5
                assert.equal("{5,0.5}", read("S", marked))
                local view = scope.cast("const struct variadic_small *", object)[0]
                assert.equal("{5,0.5}", read("S", scope.byvalue(view)))
                local huge = scope.new "struct { char bytes[300000]; }"
                assert.equal("p", read("p", huge):gsub("^0x%x+$", "p"))
                raises("the arguments need more than 256 KiB of stack", read, "p", scope.byvalue(huge))
            end)

            it("by value is a struct or union", function()
                raises("bad argument #1 to 'byvalue' (struct or union expected, got 'int[2]')",
                    scope.byvalue, scope.new "int[2]")
                raises("bad argument #1 to 'byvalue' (struct or union expected, got table)",
                    scope.byvalue, {})
                raises("bad argument #1 to 'byvalue' (struct or union expected, got no value)",
                    scope.byvalue)
                raises("bad argument #4 to 'snprintf' (int snprintf(char *, size_t, const char *, ...)): "
                    .. "format '%p' wants a pointer, got userdata", function()
                    scope.C.snprintf(out, 9, "%p", scope.byvalue(scope.new "struct variadic_small"))
                end)
            end)

            it("is an address that userdata or an object with __cffi_pointer has #format", function()
                local light = debug.upvalueid(function() return read end, 1)
                assert.equal(("%p"):format(light), read("p", light))
                local object = setmetatable({}, { __cffi_pointer = function()
                    return scope.cast("char *", "object")
                end })
                assert.equal("object", read("s", object))
            end)

            it("fills the registers and then the stack #lp64", function()
                local values, kinds, want = {}, {}, {}
                for i = 1, 30 do
                    values[i] = i % 2 == 0 and i or i + 0.5
                    kinds[i] = i % 2 == 0 and "l" or "d"
                    want[i] = tostring(values[i])
                end
                assert.equal(table.concat(want, " "), read(table.concat(kinds), table.unpack(values)))
            end)

            it("with a zero byte passes whole as a pointer", function()
                raises("bad argument #4 to 'variadic_read' " .. prototype
                    .. "the string contains a zero byte at position 2; "
                    .. 'ffi.cast("const char *", s) passes it whole', read, "s", "a\0b")
                assert.equal("b", read("z", scope.cast("const char *", "a\0b")))
            end)
        end)

        describe("what has no C type" .. compiler, function()
            it("is refused", function()
                raises("bad argument #4 to 'variadic_read' " .. prototype
                    .. "a Lua function has no C type here: use ffi.callback(type, function)",
                    read, "p", function() end)
                raises("bad argument #5 to 'variadic_read' " .. prototype
                    .. "a table cannot be a variadic argument: use ffi.new or ffi.cast to give it a type",
                    read, "ip", 1, {})
                raises("bad argument #4 to 'variadic_read' " .. prototype
                    .. "a thread cannot be a variadic argument: use ffi.new or ffi.cast to give it a type",
                    read, "p", coroutine.create(print))
                local file = assert(io.open("/dev/null"))
                file:close()
                raises("bad argument #4 to 'variadic_read' " .. prototype .. "the file is closed",
                    read, "p", file)
                raises("wrong number of arguments to 'variadic_read' " .. prototype:gsub("%): $", ")")
                    .. ": expected at least 3, got 2", function() lib.variadic_read(out, 3) end)
            end)
        end)
    end
end
