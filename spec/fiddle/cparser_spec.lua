-- Signatures, members and types from C text (Ruby: test_cparser.rb; its parser is regular expressions, ours is
-- the core).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises
local parse_ctype, parse_signature = fiddle.parse_ctype, fiddle.parse_signature
local parse_struct_signature = fiddle.parse_struct_signature

local function names_of(list)
    local names = {}
    for i, ct in ipairs(list) do
        names[i] = ct == "..." and ct or ffi.reflect(ct).name
    end
    return names
end

describe("fiddle.parse_ctype", function()
    it("drops the name of what it declares", function()
        assert.equal(ffi.typeof "int", parse_ctype "int x")
        assert.equal(ffi.typeof "const char *[3]", parse_ctype "const char *names[3]")
        assert.equal(ffi.typeof "size_t", parse_ctype("T x", { T = "size_t" }))
    end)

    it("knows every order and spelling of the integers", function()
        local spellings = {
            ["signed char"] = { "signed char", "char signed", "const signed char" },
            ["unsigned char"] = { "unsigned char", "char unsigned", "uchar" },
            ["short"] = { "short", "short int", "int short", "signed short", "short signed int" },
            ["unsigned short"] = { "unsigned short", "unsigned short int", "int short unsigned", "ushort" },
            ["int"] = { "int", "signed", "signed int", "int signed" },
            ["unsigned int"] = { "unsigned", "unsigned int", "int unsigned", "uint" },
            ["long"] = { "long", "long int", "int long", "signed long", "long signed int" },
            ["unsigned long"] = { "unsigned long", "int unsigned long", "long unsigned", "ulong" },
            ["long long"] = { "long long", "long long int", "int long long", "signed long long", "long_long" },
            ["unsigned long long"] = { "unsigned long long", "long long unsigned", "long unsigned long int" },
        }
        for expected, list in pairs(spellings) do
            for _, text in ipairs(list) do
                local name = ffi.reflect(parse_ctype(text)).name:gsub("^const ", "")
                assert.equal(ffi.reflect(expected).name, name, text)
            end
        end
    end)

    it("knows what Fiddle's parser refuses or takes for something else #lp64", function()
        for _, text in ipairs { "long double", "_Bool", "bool", "wchar_t", "char16_t", "uintmax_t", "__int128",
            "volatile int", "int const", "float _Complex", "const int * const", "int (*)(void)", "int[3]" } do
            assert.equal("ctype", ffi.type(parse_ctype(text)), text)
        end
        assert.equal(16, fiddle.sizeof "long double")
        assert.equal(8, fiddle.sizeof(parse_ctype "float _Complex"))
    end)

    it("takes the standard names #lp64", function()
        for name, size in pairs { size_t = 8, ssize_t = 8, ptrdiff_t = 8, intptr_t = 8, uintptr_t = 8, int8_t = 1,
            uint16_t = 2, int32_t = 4, uint64_t = 8, float = 4, double = 8, bool = 1, voidp = 8 } do
            assert.equal(size, ffi.sizeof(parse_ctype(name)), name)
        end
    end)

    it("takes aliases, and says where an unknown type stands", function()
        assert.equal(ffi.typeof "unsigned long", parse_ctype("DWORD", { DWORD = "unsigned long" }))
        assert.equal(ffi.typeof "void **", parse_ctype("HANDLE *", { HANDLE = fiddle.TYPE_VOIDP }))
        raises("DLError", "1:1: unknown type 'DWORD': declare it, 'typedef uint32_t DWORD;'\n    DWORD\n    ^",
            parse_ctype, "DWORD")
        assert.equal("...", parse_ctype "...")
    end)
end)

describe("fiddle.parse_struct_signature", function()
    it("gives types and names", function()
        local members, names = parse_struct_signature "int i; char c; double *p; char text[8]; int (*f)(int)"
        assert.same({ "i", "c", "p", "text", "f" }, names)
        assert.same({ "int", "char", "double *", "char[8]", "int (*)(int)" }, names_of(members))
    end)

    it("takes lists, nested structs, arrays of them", function()
        local members, names = parse_struct_signature {
            "int x", { position = { "int a", "int b" } }, { ["v[2]"] = { "bool on", { deep = { "char c" } } } },
        }
        assert.same({ "x", "position", "v" }, names)
        assert.equal(8, ffi.sizeof(members[2]))
        assert.equal(2, ffi.reflect(members[3]).count)
    end)

    it("takes what Fiddle's parser refuses", function()
        local members, names = parse_struct_signature
            "int i : 3; int a[2][3]; int x, y; struct { int u; }; enum { E = 4 } e; int b[E];"
        assert.same({ "i", "a", "x", "y", false, "e", "b" }, names)
        assert.equal("int[2][3]", ffi.reflect(members[2]).name)
        assert.equal(16, ffi.sizeof(members[7]))
    end)

    it("takes aliases, and says where an unknown type stands", function()
        local members = parse_struct_signature("DWORD d; BYTE b", { DWORD = "unsigned long", BYTE = "uchar" })
        assert.same({ "unsigned long", "unsigned char" }, names_of(members))
        raises("DLError", "1:10: unknown type 'zork'\n    struct { zork x; }\n             ^", parse_struct_signature,
            "zork x")
        raises("TypeError", "a struct needs members", parse_struct_signature, "")
        raises("TypeError", "a struct needs members", parse_struct_signature, {})
        raises("TypeError", "members of a struct expected, got number", parse_struct_signature, 5)
        raises("TypeError", "member must be C text or a table, got number", parse_struct_signature, { 5 })
        raises("TypeError", "member must be C text or a table with one name, as { pos = S }",
            parse_struct_signature, { { a = "int", b = "int" } })
    end)
end)

describe("fiddle.parse_signature", function()
    local function parsed(text, aliases)
        local name, result, params = parse_signature(text, aliases)
        return name, ffi.reflect(result).name, table.concat(names_of(params), "|")
    end

    local function check(expected, text, aliases)
        assert.same(expected, { parsed(text, aliases) })
    end

    it("gives name, result and parameters", function()
        check({ "func", "int", "int|const char *" }, "int func(int a, const char *s);")
        check({ "func", "void", "" }, "void func()")
        check({ "func", "void", "" }, "void func(void)")
        check({ "func", "unsigned long", "unsigned int" }, "unsigned long func(unsigned)")
        check({ "printf", "int", "const char *|..." }, "int printf(const char *format, ...)")
    end)

    it("takes many parameters of all kinds", function()
        check({ "f", "void", "char|unsigned char|short|int|unsigned long|long long|float|double|void *|char *|bool" },
            "void f(char, unsigned char, short, int, unsigned long, long long, float, double, void*, char*, bool)")
    end)

    it("keeps what arrays and function pointers are #lp64", function()
        check({ "sum", "double", "double *|int" }, "double sum(double values[], int n)")
        check({ "qsort", "void", "void *|unsigned long|unsigned long|int (*)(const void *, const void *)" },
            "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))")
        check({ "signal", "void (*)(int)", "int|void (*)(int)" }, "void (*signal(int, void (*)(int)))(int)")
        check({ "rows", "int (*)[10]", "int" }, "int (*rows(int i))[10];")
    end)

    it("takes lines, comments, attributes and storage classes", function()
        check({ "f", "int", "int|int" }, [[
            extern int f(int a, /* the first */
                         int b  // and the second
            ) __attribute__((pure));
        ]])
        check({ "f", "char *", "char *" }, "static inline char *f(char *restrict p)")
    end)

    it("takes aliases", function()
        check({ "f", "unsigned long", "unsigned char *" }, "DWORD f(BYTE *)",
            { DWORD = "unsigned long", BYTE = "unsigned char" })
        check({ "f", "bool (*)(int)", "int" }, "PREDICATE f(int)", { PREDICATE = "bool (*)(int)" })
    end)

    it("leaves no trace: nothing is declared", function()
        parse_signature "int fiddle_spec_never_declared(int)"
        assert.has_error(function() return ffi.C.fiddle_spec_never_declared end,
            "'fiddle_spec_never_declared' is not declared")
        parse_signature "long fiddle_spec_never_declared(void)" -- so it is no re-declaration either
    end)

    it("says where a signature is wrong", function()
        raises("DLError", "1:12: expected ')' to close the parameter list, got end of text\n"
            .. "    int f(int a\n               ^", parse_signature, "int f(int a")
        raises("DLError", "1:1: unknown type 'func'\n    func(int)\n    ^", parse_signature, "func(int)")
        raises("ArgumentError", "'int x' declares no function", parse_signature, "int x")
        raises("TypeError", "C text of a signature expected, got nil", parse_signature, nil)
    end)
end)
