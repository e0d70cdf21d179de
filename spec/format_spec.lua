-- The arguments of printf-like functions against their format (docs/design.md S10).
local ffi = require "cffi"
local support = require "support"

ffi.cdef [[
    int snprintf(char *buffer, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
]]
local C = ffi.C
local buffer = ffi.new "char[200]"
local prefix = "bad argument #%d to 'snprintf' (int snprintf(char *buffer, unsigned long size, "
    .. "const char *format, ...)): "

local function print_c(format, ...)
    C.snprintf(buffer, 200, format, ...)
    return ffi.string(buffer)
end

describe("a printf format", function()
    local good = {
        { "%d %i", "5 -7", 5, -7 },
        { "%u %x %o", "4294967295 ff 17", 0xffffffff, 255, 15 },
        { "%lld %ld %zu", "9000000000 -1 3", 9000000000, -1, 3 },
        { "%c%%%c", "a%b", 97, 98 },
        { "%5.1f|%g|%e", "  1.5|0.5|2.000000e+00", 1.5, 0.5, 2.0 },
        { "%s and %.2s", "one and tw", "one", "two" },
        { "%*d|%-*.*f|", "    7|1.50  |", 5, 7, 6, 2, 1.5 },
        { "%s", "bytes", ffi.new("char[6]", "bytes") },
        { "%p", "(nil)", nil, n = 3 },
        { "%d", "1", true },
        { "%d %llu", "3 18446744073709551615", ffi.new("short", 3), ffi.cast("uint64_t", -1) },
        { "%Lg %g", "0.25 0.5", ffi.new("long double", 0.25), ffi.new("float", 0.5) },
        { "%2$s %1$s", "b a", "a", "b" },
        { "no conversion", "no conversion" },
    }
    for _, case in ipairs(good) do
        it("passes " .. case[1], function()
            assert.equal(case[2], print_c(case[1], table.unpack(case, 3, case.n)))
        end)
    end

    local bad = {
        { 4, "format '%s' wants 'char *', got integer 5", "%s", 5 },
        { 4, "format '%d' wants 'int', got string \"5\"", "%d", "5" },
        { 4, "format '%d' wants 'int', got number 1.5", "%d", 1.5 },
        { 4, "format '%d' wants 'int' (32 bits), got integer 5000000000", "%d", 5000000000 },
        { 5, "format '%lf' wants 'double', got integer 2", "%d %lf", 1, 2 },
        { 4, "format '%ld' wants a 64-bit integer, got number 0.5", "%ld", 0.5 },
        { 4, "format '%p' wants a pointer, got integer 1", "%p", 1 },
        { 4, "format '%s' wants 'char *', got 'int[2]'", "%s", ffi.new "int[2]" },
        { 4, "format '%ls' wants 'wchar_t *', got string \"x\"", "%ls", "x" },
        { 4, "format '%Lf' wants 'long double', got number 1.5", "%Lf", 1.5 },
        { 5, "format '%d' has no argument", "%d %d", 1 },
        { 4, "format '%*d' wants 'int', got string \"w\"", "%*d", "w", 1 },
    }
    for _, case in ipairs(bad) do
        it("refuses: " .. case[2], function()
            support.raises(prefix:format(case[1]) .. case[2], function()
                print_c(table.unpack(case, 3))
            end)
        end)
    end
end)

describe("libc's printf and its like", function()
    local scope = ffi.scope()
    scope.cdef [[
        int printf(const char *, ...);
        int sprintf(char *, const char *, ...);
        int dprintf(int fd, const char *, ...);
    ]]

    it("are checked without an attribute", function()
        support.raises("bad argument #2 to 'printf' (int printf(const char *, ...)): "
            .. "format '%s' wants 'char *', got integer 5", scope.C.printf, "%s", 5)
        support.raises("bad argument #2 to 'printf' (int printf(const char *, ...)): "
            .. "format '%d' has no argument", scope.C.printf, "%d")
        support.raises("bad argument #4 to 'sprintf' (int sprintf(char *, const char *, ...)): "
            .. "format '%s' wants 'char *', got nil", scope.C.sprintf, buffer, "%d %s", 1, nil)
        support.raises("bad argument #3 to 'dprintf' (int dprintf(int fd, const char *, ...)): "
            .. "format '%f' wants 'double', got integer 1", scope.C.dprintf, 1, "%f", 1)
        assert.equal(3, scope.C.sprintf(buffer, "%d%s", 12, "x"))
    end)

    it("take objects that stand for pointers", function()
        local object = setmetatable({}, { __cffi_pointer = function()
            return ffi.cast("char *", "text")
        end })
        scope.C.sprintf(buffer, "%s", object)
        assert.equal("text", ffi.string(buffer))
        assert.is_true(scope.C.sprintf(buffer, "%p", object) > 2)
    end)

    it("are not mistaken for a function of that name with other parameters", function()
        local other = ffi.scope()
        other.cdef "int snprintf(char *buffer, size_t size, size_t also, ...);"
        local format = ffi.cast("char *", "%.1f")
        assert.equal(3, other.C.snprintf(buffer, 9, ffi.cast("size_t", format), 0.5))
        support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, unsigned long size, "
            .. "const char *format, ...)): format '%.1f' wants 'double', got string \"no\"",
            C.snprintf, buffer, 9, format, "no")
    end)
end)
