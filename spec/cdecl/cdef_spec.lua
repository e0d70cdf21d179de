-- ffi.cdef and its options (docs/design.md S9); what the C text may contain is tested in cdecl_parser/tests.
local core = require "cffi"
local support = require "spec.support"
local raises = support.raises

describe("ffi.cdef", function()
    local ffi
    before_each(function() ffi = core.scope() end)

    describe("options", function()
        it("defines macros for one text", function()
            ffi.cdef([[
                #if WIDTH > 3
                typedef int wide_t[WIDTH];
                #endif
                #ifdef GIVEN
                enum { GIVEN_IS = GIVEN };
                #endif
                #ifndef __CHAR_BIT__
                enum { NO_CHAR_BIT };
                #endif
                static const double ratio = RATIO;
            ]], {defs = {WIDTH = 5, GIVEN = true, __CHAR_BIT__ = false, RATIO = 1.5}})
            assert.equal(20, ffi.sizeof "wide_t")
            assert.equal(1, ffi.C.GIVEN_IS)
            assert.equal(1.5, ffi.C.ratio)
            raises("'WIDTH' is not declared", function() return ffi.C.WIDTH end)
            raises("'NO_CHAR_BIT' is not declared", function() return ffi.C.NO_CHAR_BIT end)
        end)

        it("names the text in errors", function()
            raises("mine.h:2:9: expected ';' after a declaration, got 'c'\n    int b   c;\n            ^", function()
                ffi.cdef("int a;\nint b   c;", {name = "mine.h"})
            end)
        end)

        it("names the first place of a conflict", function()
            ffi.cdef("int a;\nint b;\nstruct s {\nint m; };", {name = "one.h"})
            raises("two.h:2:6: 'b' redeclared as 'extern long b', was 'extern int b', first declared at one.h:2 " ..
                "(ffi.scope{} starts afresh)\n    long b;\n         ^", function()
                    ffi.cdef("int a;\nlong b;", {name = "two.h"})
                end)
            -- Not where both stand in the text.
            raises("1:13: 'c' redeclared as 'extern long c', was 'extern int c'\n    int c; long c;\n                ^",
                function() ffi.cdef "int c; long c;" end)
            raises("1:8: 'struct s' redefined: member 1 is 'long m' at byte 0, was 'int m' at byte 0, first " ..
                "declared at one.h:3 (ffi.scope{} starts afresh)\n    struct s { long m; };\n           ^", function()
                    ffi.cdef "struct s { long m; };"
                end)
            -- Without a name the line alone tells it, and whether it is one of this text.
            ffi.cdef "\nenum { RED };"
            raises("1:8: 'RED' redeclared as 'static const int RED = 1', was 'static const int RED = 0', first " ..
                "declared in line 2 of an earlier text (ffi.scope{} starts afresh)\n" ..
                "    enum { RED = 1 };\n           ^",
                function() ffi.cdef "enum { RED = 1 };" end)
            raises("2:8: 'BLUE' redeclared as 'static const int BLUE = 1', was 'static const int BLUE = 0', first " ..
                "declared in line 1\n    enum { BLUE = 1 };\n           ^",
                function() ffi.cdef "enum { BLUE };\nenum { BLUE = 1 };" end)
            local places = {}
            for name, _, _, file, line in ffi.declarations() do places[name] = (file or "-") .. ":" .. line end
            assert.same({a = "one.h:1", b = "one.h:2", RED = "-:2"}, places)
        end)

        it("may be nil", function()
            ffi.cdef("typedef int t;", nil)
            assert.equal(4, ffi.sizeof "t")
            raises("bad argument #2 to 'cdef' (C type expected, got nil)", function()
                ffi.cdef("typedef $ u;", nil, nil)
            end)
        end)

        it("override replaces functions, variables, typedefs, bodies and constants #lp64", function()
            local text = [[
                TYPE abs(TYPE);
                typedef TYPE t;
                struct s { TYPE a; };
                enum { N = VALUE };
                extern TYPE v;
                #define M VALUE
            ]]
            ffi.cdef((text:gsub("TYPE", "int"):gsub("VALUE", "1")))
            ffi.cdef((text:gsub("TYPE", "long"):gsub("VALUE", "2")), {override = true})
            assert.equal("ctype<long (long)>", tostring(ffi.typeof(ffi.C.abs)))
            assert.equal(8, ffi.sizeof "t")
            assert.equal(8, ffi.sizeof "struct s")
            assert.equal(2, ffi.C.N)
            assert.equal(2, ffi.C.M)
            assert.equal("8", tostring(ffi.eval "sizeof(v)"))
        end)
    end)

    describe("'$'", function()
        it("stands for types, names and numbers #lp64", function()
            local inner = ffi.typeof "struct { int a; }"
            ffi.cdef("struct $ { $ x[$]; const $ *p; }; enum { $ = $ };", "outer", inner, 3, inner,
                "MINUS", -5)
            assert.equal(24, ffi.sizeof "struct outer")
            assert.equal(-5, ffi.C.MINUS)
        end)

        it("needs as many arguments", function()
            raises("1:7: no argument left for this '$'\n    int x[$];\n          ^",
                function() ffi.cdef "int x[$];" end)
            raises("bad argument #2 to 'cdef' (the text has no '$' for it)",
                function() ffi.cdef("int x;", 3) end)
        end)
    end)

    describe("macros", function()
        it("become constants when their value is known", function()
            ffi.cdef [[
                #define I 42
                #define F 1.5f
                #define S "abc" "def"
                #define N (-I)
                #define U 0xffffffffffffffffULL
                #define C 'a'
                #define E (I * 2 + sizeof(int))
                #define BYTE ((unsigned char)300)
            ]]
            assert.equal(42, ffi.C.I)
            assert.equal(1.5, ffi.C.F)
            assert.equal("abcdef", ffi.C.S)
            assert.equal(-42, ffi.C.N)
            assert.equal("18446744073709551615", tostring(ffi.C.U))
            assert.equal(97, ffi.C.C)
            assert.equal(88, ffi.C.E)
            assert.equal(44, ffi.C.BYTE)
        end)

        it("that are pointers are pointers", function()
            ffi.cdef [[
                typedef void (*handler)(int);
                #define NOTHING ((void *)0)
                #define FAILED ((void *)-1)
                #define IGNORE ((handler)1)
            ]]
            assert.is_nil(ffi.C.NOTHING)
            assert.is_true(ffi.C.FAILED == ffi.cast("void *", -1))
            assert.equal("ctype<void (*)(int)>", tostring(ffi.typeof(ffi.C.IGNORE)))
        end)

        it("raise when used and no constant", function()
            ffi.cdef "#define EMPTY\n#define CALL foo(3)\n#define TYPE unsigned int\n"
            raises("macro 'EMPTY' is no constant: expected an expression, got end of text",
                function() return ffi.C.EMPTY end)
            raises("macro 'CALL' is no constant: unknown name 'foo'", function() return ffi.C.CALL end)
            raises("macro 'TYPE' is no constant: expected an expression, got 'unsigned'",
                function() return ffi.C.TYPE end)
        end)
    end)

    describe("function-like macros", function()
        it("are remembered, and raise when used", function()
            ffi.cdef [[
                #define MAX(a, b) ((a) > (b) ? (a) : (b))
                #define LIMIT MAX(3, 4)
                int max(int, int);
            ]]
            raises("macro 'MAX' is no constant: it takes arguments, 'MAX(a, b)'; write what it stands for, " ..
                "'((a) > (b) ? (a) : (b))'", function() return ffi.C.MAX end)
            raises("macro 'LIMIT' is no constant: 'MAX(a, b)' is a function-like macro, which is not expanded here: " ..
                "write what it stands for, '((a) > (b) ? (a) : (b))', or give ffi.cdef what 'cc -E' makes of the text",
                function() return ffi.C.LIMIT end)
            raises("1:7: 'MAX(a, b)' is a function-like macro, which is not expanded here: write what it " ..
                "stands for, '((a) > (b) ? (a) : (b))', or give ffi.cdef what 'cc -E' makes of the text\n" ..
                "    int a[MAX(1, 2)];\n          ^", function() ffi.cdef "int a[MAX(1, 2)];" end)
            raises("attempt to write to constant 'MAX'", function() ffi.C.MAX = 1 end)
            local texts = {}
            for name, kind, text in ffi.declarations() do texts[name] = kind .. " " .. text end
            assert.equal("macro #define MAX(a, b) ((a) > (b) ? (a) : (b))", texts.MAX)
        end)

        it("of ffi.parse are forgotten", function()
            ffi.parse "#define N 3\n#define F(x) x\nint a[N];"
            raises("'N' is not declared", function() return ffi.C.N end)
            raises("'F' is not declared", function() return ffi.C.F end)
        end)
    end)

    describe("the output of a compiler with -dD", function()
        local HEADERS = {"stdio.h", "stdlib.h", "string.h", "math.h", "tgmath.h", "errno.h", "signal.h", "pthread.h",
            "sys/stat.h", "sys/socket.h", "sys/wait.h", "netinet/in.h", "termios.h", "fcntl.h", "limits.h", "zlib.h",
            "sqlite3.h", "gmp.h"}
        -- name, its value as the compiler computes it
        local CONSTANTS = {"EOF", "BUFSIZ", "RAND_MAX", "M_PI", "EINTR", "SIGKILL", "SA_RESTART", "S_IFDIR", "AF_INET6",
            "SOCK_CLOEXEC", "INADDR_LOOPBACK", "ECHO", "O_CREAT", "PATH_MAX", "Z_BEST_SPEED", "SQLITE_IOERR_READ"}

        local function output(command)
            local pipe = assert(io.popen(command))
            local text = pipe:read "a"
            assert(pipe:close())
            return text
        end

        -- Guards for C++, GNU's and MSVC's words, macros of all kinds.
        local TEXT = [[
#pragma once
#ident "x"
#ifdef __cplusplus
extern "C" {
#endif
#ifdef _MSC_VER
#define API __declspec(dllimport)
#define INLINE static __forceinline
typedef unsigned __int64 u64_t;
#else
#define API __attribute__((visibility("default")))
#define INLINE static __inline__ __attribute__((always_inline))
typedef unsigned long long u64_t;
#endif
#define CALLBACK
#define foreach(i, n) for (int i = 0; i < (n); i++)
#define MAX(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define DECLARE_HANDLE(name) struct name##__ { int unused; }; typedef struct name##__ *name
#define SAY(format, args...) printf(format, ##args)
#define SEMICOLON ;
#define BRACE {
#define LINES a \
  b
#define NUMBER 0x20u
typedef int (CALLBACK *callback_t)(void *);
API int do_it(const char *name, ...);
INLINE int twice(int x) { return x + x; }
DECLARE_HANDLE(HWND);
#pragma GCC diagnostic push
#pragma pack(push, 1)
struct tight { char a; u64_t b; };
#pragma pack(pop)
#include <stddef.h>
#line 500 "other.h"
int after_line(void);
#ifdef __cplusplus
}
#endif
]]
        for _, compiler in ipairs {"gcc -E -dD", "gcc -E -dD -dI -CC", "clang -E -dD", "clang -E -dD -dI -C",
            "clang -target x86_64-pc-windows-msvc -fms-compatibility -E -dD"} do
            it("is read, " .. compiler, function()
                local input = os.tmpname()
                local file = assert(io.open(input, "w"))
                file:write((TEXT:gsub("#include", compiler:find "msvc" and "//" or "#include")))
                file:close()
                ffi.cdef(output(compiler .. " -w -x c " .. input))
                os.remove(input)
                assert.same({9, 8, 32}, {ffi.sizeof "struct tight", ffi.sizeof "HWND", ffi.C.NUMBER})
                assert.equal(5, ffi.cast("callback_t", function() return 5 end)(nil))
                raises("macro 'MAX' is no constant: it takes arguments, 'MAX(a,b)'; write what it stands for, '({ " ..
                    "__typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })'",
                    function() return ffi.C.MAX end)
                local places = {}
                for name, kind, _, path, line in ffi.declarations() do
                    places[name] = kind .. " " .. tostring(path):match "[^/]*$" .. ":" .. tostring(line)
                end
                assert.equal("function other.h:500", places.after_line)
                assert.equal("macro", places.foreach:match "%a+")
            end)
        end

        for _, flags in ipairs {"-E -dD", "-E -dD -P", "-E -dD -CC -O2 -D_FORTIFY_SOURCE=2"} do
            it("is read, " .. flags, function()
                local lines = {}
                for i, name in ipairs(HEADERS) do lines[i] = ("#include <%s>"):format(name) end
                local input = os.tmpname()
                local file = assert(io.open(input, "w"))
                file:write(table.concat(lines, "\n"), "\n")
                assert(file:close())
                local compiler = "cc -D_GNU_SOURCE -x c "
                ffi.cdef(output(compiler .. flags .. " " .. input))
                file = assert(io.open(input, "a"))
                for i, name in ipairs(CONSTANTS) do file:write("expanded ", i, " = (", name, ");\n") end
                assert(file:close())
                local count = 0
                for i, text in output(compiler .. "-E -P " .. input):gmatch "expanded (%d+) = (%b());" do
                    count = count + 1
                    assert.equal(ffi.tonumber(ffi.eval(text)), ffi.C[CONSTANTS[tonumber(i)]])
                end
                os.remove(input)
                assert.equal(#CONSTANTS, count)
                raises("macro 'WIFEXITED' is no constant: it takes arguments, 'WIFEXITED(status)'; write what it " ..
                    "stands for, '__WIFEXITED (status)'", function() return ffi.C.WIFEXITED end)
                raises("'linux' is not declared", function() return ffi.C.linux end)
                assert.matches("^1%.%d+", (ffi.string(ffi.load("z").zlibVersion())))
                assert.equal(ffi.C.EOF, -1)
            end)
        end
    end)

    describe("attributes", function()
        it("that decide a layout and are not implemented raise when the type is used", function()
            ffi.cdef [[
                struct big { int a; } __attribute__((scalar_storage_order("big-endian")));
                struct holder { int n; struct big b[2]; };
                int abs(struct big *);
            ]]
            local why = "cannot be used: __attribute__((scalar_storage_order)) is not supported"
            raises("'struct big' " .. why, function() return ffi.new "struct big" end)
            raises("'struct big' " .. why, function() return ffi.offsetof("struct big", "a") end)
            raises("'struct holder' " .. why, function() return ffi.new "struct holder" end)
            raises("'struct big' " .. why, function() return ffi.cast("struct big *", 8).a end)
            assert.equal("function", type(ffi.C.abs))
        end)

        it("may stand alone", function()
            ffi.cdef "[[deprecated]]; int abs(int);"
            assert.equal(3, ffi.C.abs(-3))
        end)
    end)

    it("prints a nameless struct by its typedef, also one with an alignment", function()
        ffi.cdef [[
            typedef struct { int a; } plain_t;
            typedef struct { int a; } aligned_t __attribute__((aligned(16)));
            typedef struct { char c; } first_t __attribute__((aligned(8))), second_t;
        ]]
        for _, text in ipairs {"plain_t *", "aligned_t *", "const aligned_t *[3]", "first_t *"} do
            local printed = tostring(ffi.typeof(text))
            assert.equal("ctype<" .. text .. ">", printed)
        end
        assert.equal("ctype<struct { char c; } *>", tostring(ffi.typeof "second_t *"))
    end)

    it("keeps at most 256 attributes on a name", function()
        local parts = {}
        for i = 1, 256 do
            parts[i] = ("int f(int) __attribute__((deprecated(\"%d\")));"):format(i)
        end
        ffi.cdef(table.concat(parts))
        local ok, message = pcall(ffi.cdef, 'int f(int) __attribute__((deprecated("257")));')
        assert.is_false(ok)
        assert.equal("1:46: more than 256 attributes", message:match "^[^\n]*")
        ffi.cdef("int g(int) " .. ("__attribute__((nonnull(1))) "):rep(256) .. ";")
        local many = "int h(int) " .. ("__attribute__((nonnull(1))) "):rep(257) .. ";"
        ok, message = pcall(ffi.cdef, many)
        assert.is_false(ok)
        assert.equal("1:7202: more than 256 attributes", message:match "^[^\n]*")
    end)

    it("opens at most 256 #pragma pack(push)", function()
        ffi.cdef(("#pragma pack(push, 1)\n"):rep(256))
        local ok, message = pcall(ffi.cdef, ("#pragma pack(push, 1)\n"):rep(257))
        assert.is_false(ok)
        assert.equal("257:13: more than 256 '#pragma pack(push)' inside each other",
            message:match "^[^\n]*")
    end)

    it("has no limit at 65536 types #lp64", function()
        local parts = {}
        for i = 1, 70000 do
            parts[i] = ("struct many%d { struct many%d *p; int a[%d]; };"):format(i, i - 1, i)
        end
        ffi.cdef(table.concat(parts))
        assert.equal(8 + 280000, ffi.sizeof "struct many70000")
        assert.equal(8 + 4 * 65538, ffi.sizeof "struct many65538")
        local last = ffi.new "struct many70000"
        last.p = ffi.new "struct many69999"
        assert.equal(69999, #last.p.a)
    end)
end)

describe("an error in a text of several lines", function()
    local ffi = require "cffi".scope()

    local function line_here()
        return debug.getinfo(2, "l").currentline
    end

    it("has the line of the file where the text is a literal", function()
        local here = line_here()
        local line = support.raises("3:23: unknown type 'place_t'\n"
            .. "                    int g(place_t x);\n                          ^", function()
            ffi.cdef [[
                int f(int);

                int g(place_t x);
            ]]
        end)
        assert.equal(here + 6, line)
        local text = [[
            int f(int);
            int h(place_t x);
        ]]
        here = line_here()
        line = support.raises("2:19: unknown type 'place_t'\n"
            .. "                int h(place_t x);\n                      ^", function() ffi.parse(text) end)
        assert.equal(here - 2, line)
    end)

    it("has the line of the caller where it is none, or has a name", function()
        local text = table.concat({ "int f(int);", "int g(place_t x);" }, "\n")
        local here = line_here()
        local line = support.raises("2:7: unknown type 'place_t'\n    int g(place_t x);\n          ^",
            function() ffi.cdef(text) end)
        assert.equal(here + 2, line)
        line = support.raises("a.h:2:27: unknown type 'place_t'\n                        int g(place_t x);\n"
            .. "                              ^",
            function()
                ffi.cdef([[
                    int f(int);
                    int g(place_t x);
                ]], { name = "a.h" })
            end)
        assert.equal(here + 7, line)
    end)

    it("means the nearest of equal texts", function()
        local here = line_here()
        local function first() ffi.cdef [[
            int twice(
            place_t x);
        ]] end
        local function second() ffi.cdef [[
            int twice(
            place_t x);
        ]] end
        local text = "2:13: unknown type 'place_t'\n                place_t x);\n                ^"
        assert.equal(here + 3, support.raises(text, first))
        assert.equal(here + 7, support.raises(text, second))
    end)
end)
