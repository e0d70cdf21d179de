-- The arguments of printf-like functions against their format (docs/design.md S10).
local ffi = require "cffi"
local support = require "support"

ffi.cdef [[
    int snprintf(char *buffer, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    char *strdup(const char *text);
    void free(void *memory);
    struct format_open { char first; char text[]; };
]]
local C = ffi.C
local buffer = ffi.new "char[200]"
local prefix = "bad argument #%d to 'snprintf' (int snprintf(char *buffer, size_t size, "
    .. "const char *format, ...)): "

local function print_c(format, ...)
    ffi.errno(0)
    C.snprintf(buffer, 200, format, ...)
    return ffi.string(buffer)
end

-- An array whose length nobody knows: the end of a struct in C's memory. And what keeps it.
local function open_array(text)
    local memory = ffi.gc(C.strdup("." .. text), C.free)
    return ffi.cast("struct format_open *", memory).text, memory
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
        { "%1$*2$d|%1$.*3$d", "   42|00042", 42, 5, 5 },
        { "%1$s %1$s", "a a", "a" },
        { "%+d % d %#x %05d %-4d| %'d", "+1  1 0x1 00001 1   | 1", 1, 1, 1, 1, 1, 1 },
        { "%hhd %hd %hhu", "-1 -1 255", -1, -1, 255 },
        { "%hhx %hu %u %llx", "80 32768 4294967295 ffffffffffffffff", -128, -32768, -1, -1 },
        { "%lx", ("ff"):rep(ffi.sizeof "long"), -1 },
        { "%d", "-1", ffi.cast("int", 0xFFFFFFFF) },
        { "%jd %td %qd %Ld %zd", "1 2 3 4 5", 1, 2, 3, 4, 5 },
        { "%X %B %F %a", "FF 101 1.000000 0x1p+0", 255, 5, 1.0, 1.0 },
        { "%lc%C %ls %S", "AB AB AB", 65, 66, ffi.new("wchar_t[3]", { 65, 66 }),
            ffi.new("wchar_t[3]", { 65, 66 }) },
        { "%.3s|%.*s", "abc|ab", ffi.new("char[3]", "abc"), 2, ffi.new("char[2]", "ab") },
        { "%m", "Success" },
        { "%p", tostring(buffer):match "0x%x+", buffer },
    }
    for _, case in ipairs(good) do
        it("passes " .. case[1], function()
            assert.equal(case[2], print_c(case[1], table.unpack(case, 3, case.n)))
        end)
    end

    local bad = {
        { 4, "format '%s' wants 'char *', got integer 5", "%s", 5 },
        { 4, "format '%s' wants 'char *', got nil", "%s", nil, n = 4 },
        { 5, "format '%2$s' wants 'char *', got integer 5", "%2$s %1$s", "x", 5 },
        { 5, "format '%3$d' has no argument", "%3$d", 5 },
        { 4, "the format does not use it", "%2$d", 5, 6 },
        { 5, "the format does not use it", "%d", 1, 2 },
        { 4, "the format does not use it", "%%", 1 },
        { 3, "format '%1$d' cannot stand beside ones that have no number", "%d %1$d", 1 },
        { 3, "format '%d' cannot stand beside ones that have a number", "%1$d %d", 1, 2 },
        { 3, "format '%' ends too early", "100 %" },
        { 3, "format '%-5.l' ends too early", "%-5.l", 1 },
        { 3, "format '%k' is no conversion of printf", "%k", 1 },
        { 4, "format '%hhd' wants 'signed char' (8 bits), got integer 300", "%hhd", 300 },
        { 4, "format '%hhd' wants 'signed char' (8 bits), got integer 200; \z
            if its bits are meant: ffi.cast(\"signed char\", v)", "%hhd", 200 },
        { 4, "format '%hhu' wants 'unsigned char' (8 bits), got integer -129", "%hhu", -129 },
        { 4, "format '%hd' wants 'short' (16 bits), got integer 70000", "%hd", 70000 },
        { 4, "format '%hx' wants 'unsigned short' (16 bits), got integer -32769", "%hx", -32769 },
        { 4, "format '%d' wants 'int' (32 bits), got integer 3000000000; \z
            if its bits are meant: ffi.cast(\"int\", v)", "%d", 3000000000 },
        { 4, "format '%i' wants 'int' (32 bits), got 'unsigned int'; \z
            if its bits are meant: ffi.cast(\"int\", v)", "%i", ffi.new("unsigned int", -1) },
        { 4, "format '%c' wants 'int' (32 bits), got integer 4294967295; \z
            if its bits are meant: ffi.cast(\"int\", v)", "%c", 0xFFFFFFFF },
        { 4, "format '%u' wants 'unsigned int' (32 bits), got integer 4294967296", "%u", 1 << 32 },
        { 4, "format '%x' wants 'unsigned int', got number 0.5", "%x", 0.5 },
        { 4, "format '%o' wants 'unsigned int' (32 bits), got integer -2147483649", "%o", -2147483649 },
        { 4, "format '%hhb' wants 'unsigned char', got string \"x\"", "%hhb", "x" },
        { 4, "format '%hu' wants 'unsigned short', got string \"x\"", "%hu", "x" },
        { 4, "format '%n' wants 'int *', got integer 5", "%n", 5 },
        { 4, "format '%hhn' wants 'signed char *', got 'int[1]'", "%hhn", ffi.new "int[1]" },
        { 4, "format '%s' wants text that ends in a zero byte, which 'char[2]' does not", "%s",
            ffi.new("char[2]", "ab") },
        { 4, "format '%d' wants 'int', got string \"5\"", "%d", "5" },
        { 4, "format '%d' wants 'int', got number 1.5", "%d", 1.5 },
        { 4, "format '%d' wants 'int' (32 bits), got integer 5000000000", "%d", 5000000000 },
        { 5, "format '%lf' wants 'double', got integer 2", "%d %lf", 1, 2 },
        { 4, "format '%p' wants a pointer, got integer 1", "%p", 1 },
        { 4, "format '%s' wants 'char *', got 'int[2]'", "%s", ffi.new "int[2]" },
        { 4, "format '%ls' wants 'wchar_t *', got string \"x\"", "%ls", "x" },
        { 4, "format '%Lf' wants 'long double', got number 1.5", "%Lf", 1.5 },
        { 5, "format '%d' has no argument", "%d %d", 1 },
        { 4, "format '%*d' wants 'int', got string \"w\"", "%*d", "w", 1 },
    }
    if ffi.sizeof "long" == 8 then
        table.move({
            { 4, "format '%ld' wants 'int64_t' (64 bits), got 'unsigned long'; \z
                if its bits are meant: ffi.cast(\"int64_t\", v)", "%ld", ffi.new("uint64_t", -1) },
            { 4, "format '%lu' wants 'uint64_t', got string \"x\"", "%lu", "x" },
            { 4, "format '%d' wants 'int', got '__int128'", "%d", ffi.new("__int128", 1) },
            { 4, "format '%ld' wants 'int64_t', got number 0.5", "%ld", 0.5 },
        }, 1, 4, #bad + 1, bad)
    end
    for _, case in ipairs(bad) do
        it("refuses: " .. case[2], function()
            support.raises(prefix:format(case[1]) .. case[2], function()
                print_c(table.unpack(case, 3, case.n))
            end)
        end)
    end
end)

describe("text in an array", function()
    it("ends where it ends when nobody knows how long the array is", function()
        local text, memory = open_array "of C"
        local format, other = open_array "%d of C"
        assert.equal("of C", print_c("%s", text))
        assert.equal("5 of C", print_c(format, 5))
        support.raises(prefix:format(4) .. "format '%d' wants 'int', got string \"x\"", print_c, format, "x")
        assert.truthy(memory ~= other)
    end)

    it("ends where its block does", function()
        local prefix_of = prefix:format(4) .. "format '%%s' wants text that ends in a zero byte, which '%s' does not"
        support.raises(prefix_of:format "char[?]", print_c, "%s", ffi.new("char[?]", 3, "abc"))
        support.raises(prefix_of:format "char[]", print_c, "%s",
            ffi.new("struct format_open", 3, { text = "abc" }).text)
        assert.equal("abc", print_c("%.3s", ffi.new("char[?]", 3, "abc")))
    end)
end)

describe("%n", function()
    it("counts", function()
        local count, short = ffi.new "int[1]", ffi.new "short[1]"
        assert.equal("abcd", print_c("abc%nd%hn", count, short))
        assert.equal(3, count[0])
        assert.equal(4, short[0])
    end)
end)

describe("a printf format in a scope that wraps", function()
    it("still has its types checked, and not its ranges", function()
        local scope = ffi.scope { overflow = "wrap" }
        scope.cdef [[
            int snprintf(char *buffer, size_t size, const char *format, ...)
                __attribute__((__format__(__printf__, 3, 4)));
        ]]
        local text = scope.new "char[20]"
        scope.C.snprintf(text, 20, "%hhd", 300)
        assert.equal("44", scope.string(text))
        support.raises(prefix:format(4) .. "format '%s' wants 'char *', got integer 1",
            function() scope.C.snprintf(text, 20, "%s", 1) end)
    end)
end)

describe("a scanf format", function()
    ffi.cdef [[
        int sscanf(const char *text, const char *format, ...)
            __asm__("__isoc99_sscanf") __attribute__((format(scanf, 2, 3)));
        void free(void *block);
    ]]
    it("passes pointers to what it names", function()
        local i, s, l, d = ffi.new "int[1]", ffi.new "short[1]", ffi.new "long[1]", ffi.new "double[1]"
        local f, word, set = ffi.new "float[1]", ffi.new "char[8]", ffi.new "char[8]"
        assert.equal(7, C.sscanf("1 2 3 4.5 5.5 word [ab]x", "%d %hd %ld %lf %f %7s %7[][a-b]%*c",
            i, s, l, d, f, word, set))
        assert.same({ 1, 2, 3, 4.5, 5.5, "word", "[ab]" },
            { i[0], s[0], l[0], d[0], f[0], ffi.string(word), ffi.string(set) })
        local p, n = ffi.new "char *[1]", ffi.new "int[1]"
        assert.equal(1, C.sscanf("allocated", "%ms%n", p, n))
        assert.equal("allocated", ffi.string(p[0]))
        assert.equal(9, n[0])
        C.free(p[0])
        local wide, long = ffi.new "long long[1]", ffi.new "long double[1]"
        assert.equal(2, C.sscanf("9000000000 0.5", "%lld %Lf", wide, long))
        assert.same({ 9000000000, 0.5 }, { wide[0], tonumber(long[0]) or ffi.tonumber(long[0]) })
        assert.equal(1, C.sscanf("hello", "%4s", ffi.cast("char *", word)))
        assert.equal("hell", ffi.string(word))
        local a, b = ffi.new "unsigned[1]", ffi.new "int[1]"
        assert.equal(2, C.sscanf("1 2", "%2$u %1$d", b, a))
        assert.same({ 1, 2 }, { a[0], b[0] })
    end)

    local scan_prefix = "bad argument #%d to 'sscanf' (int sscanf(const char *text, const char "
        .. "*format, ...) __asm__(\"__isoc99_sscanf\")): "
    local bad = {
        { 3, "format '%d' wants 'int *', got integer 5", "%d", 5 },
        { 3, "format '%d' wants 'int *', got 'short[1]'", "%d", ffi.new "short[1]" },
        { 3, "format '%d' wants 'int *', got 'const int[1]'", "%d", ffi.new "const int[1]" },
        { 3, "format '%ld' wants 'long *', got 'short[1]'", "%ld", ffi.new "short[1]" },
        { 3, "format '%f' wants 'float *', got 'double[1]'", "%f", ffi.new "double[1]" },
        { 3, "format '%lf' wants 'double *', got 'float[1]'", "%lf", ffi.new "float[1]" },
        { 3, "format '%s' wants 'char *', got string \"text\"", "%s", "text" },
        { 3, "format '%s' has no width and may write beyond 'char[8]': write '%7s'", "%s",
            ffi.new "char[8]" },
        { 3, "format '%[a-z]' has no width and may write beyond 'char[8]': write '%7['", "%[a-z]",
            ffi.new "char[8]" },
        { 3, "format '%9s' writes up to 10 bytes into 8 of 'char[8]'", "%9s", ffi.new "char[8]" },
        { 3, "format '%2147483647ls' writes up to 8589934592 bytes into 16 of 'int[4]'", "%2147483647ls",
            ffi.new "int[4]" },
        { 3, "format '%9c' writes up to 9 bytes into 8 of 'char[8]'", "%9c", ffi.new "char[8]" },
        { 3, "format '%lld' wants a pointer to a 64-bit integer, got 'int[1]'", "%lld", ffi.new "int[1]" },
        { 3, "format '%jd' wants a pointer to a 64-bit integer, got 'short[1]'", "%jd", ffi.new "short[1]" },
        { 3, "format '%Lf' wants 'long double *', got 'double[1]'", "%Lf", ffi.new "double[1]" },
        { 3, "format '%ms' wants 'char **', got 'char[8]'", "%ms", ffi.new "char[8]" },
        { 3, "format '%p' wants 'void **', got 'int[1]'", "%p", ffi.new "int[1]" },
        { 4, "format '%d' has no argument", "%d %d", ffi.new "int[1]" },
        { 4, "the format does not use it", "%d", ffi.new "int[1]", ffi.new "int[1]" },
        { 2, "format '%[a' ends too early", "%[a", ffi.new "char[8]" },
        { 2, "format '%k' is no conversion of scanf", "%k", ffi.new "int[1]" },
    }
    for _, case in ipairs(bad) do
        it("refuses: " .. case[2], function()
            support.raises(scan_prefix:format(case[1]) .. case[2], function()
                C.sscanf("1 2 3", table.unpack(case, 3))
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

    it("see what objects for pointers give, asked once", function()
        local calls = 0
        local object = setmetatable({}, { __cffi_pointer = function()
            calls = calls + 1
            return ffi.new("int[2]", 1, 2)
        end })
        support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, size_t size, "
            .. "const char *format, ...)): format '%s' wants 'char *', got 'int[2]'",
            C.snprintf, buffer, 9, "%s", object)
        assert.equal(1, calls)
    end)

    it("refuse what no object may give for a pointer, by the argument's number", function()
        local given, wanted
        local object = setmetatable({}, { __cffi_pointer = function(_, ct)
            wanted = ct
            return given
        end })
        for problem, value in pairs {
            ["'__cffi_pointer' must give a pointer, got a string"] = "text",
            ["'__cffi_pointer' must give a pointer, got a table"] = {},
            ["cannot convert a Lua function to 'a pointer'"] = print,
        } do
            given = value
            support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, size_t size, "
                .. "const char *format, ...)): " .. problem, C.snprintf, buffer, 9, "%s", object)
        end
        assert.equal(ffi.typeof "const void *", wanted)
    end)

    it("take an object that is an integer and a pointer for an integer", function()
        local both = setmetatable({}, {
            __cffi_integer = function() return 5 end,
            __cffi_pointer = function() return ffi.cast("void *", nil) end,
        })
        support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, size_t size, "
            .. "const char *format, ...)): format '%s' wants 'char *', got table",
            C.snprintf, buffer, 9, "%s", both)
        C.snprintf(buffer, 9, "%d", both)
        assert.equal("5", ffi.string(buffer))
    end)

    it("are read again when a conversion has changed them", function()
        local format = ffi.new("char[8]", "%d")
        -- On machines of 32 bits it is an int by then (S7).
        local function got(what) return ffi.abi "64bit" and what or "'int'" end
        local changer = setmetatable({}, { __cffi_integer = function()
            ffi.copy(format, "%s")
            return 5
        end })
        support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, size_t size, "
            .. "const char *format, ...)): format '%s' wants 'char *', got " .. got "table",
            C.snprintf, buffer, 9, format, changer)
        ffi.copy(format, "%d")
        support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, size_t size, "
            .. "const char *format, ...)): format '%s' wants 'char *', got " .. got "integer 1",
            C.snprintf, buffer, setmetatable({}, { __cffi_integer = function()
                ffi.copy(format, "%s")
                return 9
            end }), format, 1)
    end)

    it("are not mistaken for a function of that name with other parameters", function()
        local other = ffi.scope()
        other.cdef "int snprintf(char *buffer, size_t size, size_t also, ...);"
        local format = ffi.cast("char *", "%.1f")
        assert.equal(3, other.C.snprintf(buffer, 9, ffi.cast("size_t", format), 0.5))
        support.raises("bad argument #4 to 'snprintf' (int snprintf(char *buffer, size_t size, "
            .. "const char *format, ...)): format '%.1f' wants 'double', got string \"no\"",
            C.snprintf, buffer, 9, format, "no")
    end)
end)
