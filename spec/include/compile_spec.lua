-- S21: ffi.compile, and what of headers only the compiler can make callable.
local core = require "cffi"
local support = require "support"
local headers = require "support.headers"

describe("ffi.compile", function()
    local ffi, cache

    before_each(function()
        cache, ffi = headers.own_cache(), core.scope {}
    end)
    after_each(headers.clean)

    it("builds C text and declares what is in it", function()
        local ns = ffi.compile [[
            #include <string.h>
            struct point { int x, y; };
            static int helper(int x) { return x * 2; }
            int twice(int x) { return helper(x); }
            struct point make(int x, int y) { return (struct point){ x, y }; }
            unsigned long size(const char *s) { return strlen(s); }
            int counter = 5;
            #define LIMIT 10
            #define SQUARE(x) ((x) * (x))
        ]]
        assert.same({ 8, 2, 5, 10, 9, 5 }, { ns.twice(4), ns.make(1, 2).y, ns.size "hello", ns.LIMIT, ns.SQUARE(3),
            ns.counter })
        ns.counter = 7
        assert.equal(7, ns.counter)
        local names = {}
        for name in pairs(ns) do names[#names + 1] = name end
        assert.same({ "twice", "make", "size", "counter", "LIMIT", "SQUARE" }, names)
        support.raises("'helper' is static, so no library exports it: the option 'compile = true' makes it callable",
            function() return ns.helper end)
        assert.matches("^the C text: .*%.so$", tostring(ns))
    end)

    it("links and includes", function()
        local flags = ffi.compile("unsigned long flags(void) { return zlibCompileFlags(); }",
            { headers = "zlib.h", lib = "z" })
        assert.is_true(flags.flags() > 0)
        local version = ffi.compile("const char *version(void) { return zlibVersion(); }",
            { headers = { "zlib.h" }, pkg = "zlib" })
        assert.matches("^1%.", ffi.string(version.version()))
        local seven = ffi.compile("int seven(void) { return SEVEN * SURE; }",
            { defs = { "SURE", SEVEN = 7 }, cflags = "-O1" })
        assert.equal(7, seven.seven())
    end)

    it("points into the text", function()
        local function failing()
            ffi.compile("int f(void) {\n    return x;\n}", { cc = "gcc" })
        end
        local _, message = pcall(failing)
        assert.matches("cannot compile the C text: 'gcc', which the option 'cc' names, says:\n", message)
        assert.matches("C text:2:12: error: .+x.+ undeclared", message)
        support.raises("bad argument #1 to 'compile' (C text expected, got no value)", function() ffi.compile() end)
        support.raises("bad argument #1 to 'compile' (C text expected, got number)", function() ffi.compile(1) end)
        support.raises("bad argument #2 to 'compile' (unknown option 'libs'; there are cc, cflags, defs, headers, lib, "
            .. "pkg, undefs)", function() ffi.compile("", { libs = "z" }) end)
        support.raises("bad argument #2 to 'compile' (option 'lib' must be a name or a list of names)",
            function() ffi.compile("int f(void);", { lib = { ffi.C } }) end)
    end)

    it("builds once, and again when the object or what it reads has changed", function()
        local folder = headers.folder()
        local calls = folder .. "/calls"
        local cc = headers.program(folder, "cc", 'printf x >>"' .. calls .. '"\nexec cc "$@"\n')
        headers.write(folder, "number.h", "#define NUMBER 1\n")
        local function number()
            local ns = core.scope {}.compile("int number(void) { return NUMBER; }",
                { cc = { cc }, headers = folder .. "/number.h" })
            return ns.number()
        end
        assert.equal(1, number())
        assert.equal("xxx", support.read_file(calls))
        assert.equal(1, number())
        assert.equal("xxx", support.read_file(calls))
        headers.write(folder, "number.h", "#define NUMBER 22\n")
        assert.equal(22, number())
        assert.equal("xxxxxx", support.read_file(calls))
        -- A damaged object is never opened. (The one in use is replaced, not overwritten.)
        for path in select(2, support.run { "sh", "-c", "ls " .. cache .. "/*.so" }):gmatch "[^\n]+" do
            os.remove(path)
            support.write_file(path, "\127ELF and nothing else")
        end
        assert.equal(22, number())
        assert.equal("xxxxxxx", support.read_file(calls))
    end)

    it("keeps functions of equal names apart", function()
        local one = ffi.compile "int same(int x) { return x + 1; }"
        local two = ffi.compile "double same(double x) { return x / 2; }"
        assert.same({ 4, 1.5 }, { one.same(3), two.same(3) })
    end)

    it("works without a cache", function()
        headers.set_environment("XDG_CACHE_HOME", "/proc/nowhere")
        local _, out, err = support.run { support.lua, "-e",
            'io.write(require "cffi".compile("int f(void) { return 3; }").f())' }
        assert.equal("3", out)
        assert.equal("cffi: warning: headers are not cached: /proc/nowhere: No such file or directory\n", err)
    end)
end)

describe("ffi.include with compile", function()
    local ffi, path

    before_each(function()
        headers.own_cache()
        ffi = core.scope {}
        path = headers.write(headers.folder(), "inline.h", [[
static inline int add(int a, int b) { return a + b; }
static unsigned long long twice(unsigned long long x) { return 2 * x; }
#define SWAP(x, y) do { int t = *(x); *(x) = *(y); *(y) = t; } while (0)
#define ABSOLUTE(x) ({ int v = (x); v < 0 ? -v : v; })
#define ANSWER (sizeof(struct { int a[21]; }) / 2)
#define CALL_ADD(x) add(x, 1)
]])
    end)
    after_each(headers.clean)

    it("makes static functions callable", function()
        local ns = ffi.include(path, { compile = true })
        assert.same({ 5, 8, 4 }, { ns.add(2, 3), ns.twice(4), ns.CALL_ADD(3) })
        support.raises("bad argument #1 to 'add' (int add(int a, int b)): cannot convert table to 'int'",
            ns.add, {}, 1)
    end)

    it("makes macros callable that have a prototype", function()
        local ns = ffi.include(path, { compile = true, functions = {
            SWAP = "void (int *, int *)", ABSOLUTE = "int (int)", ANSWER = "int (void)",
        } })
        local a, b = ffi.new("int[1]", { 1 }), ffi.new("int[1]", { 2 })
        ns.SWAP(a, b)
        assert.same({ 2, 1, 7, 42 }, { a[0], b[0], ns.ABSOLUTE(-7), ns.ANSWER() })
    end)

    it("says what is wrong", function()
        support.raises("bad argument #2 to 'include' (option 'functions' wants 'compile = true')",
            function() ffi.include(path, { functions = { ABSOLUTE = "int (int)" } }) end)
        support.raises(('"%s" has no macro \'NOWHERE\''):format(path),
            function() ffi.include(path, { compile = true, functions = { NOWHERE = "int (int)" } }) end)
        support.raises("'int' is no prototype for macro 'ABSOLUTE': write \"int (int)\"",
            function() ffi.include(path, { compile = true, functions = { ABSOLUTE = "int" } }) end)
        local _, message = pcall(ffi.include, path, { compile = true, functions = { ABSOLUTE = "int (void)" } })
        assert.matches("\nmacro ABSOLUTE:1:%d+: ", message) -- gcc notes it, clang calls it the error
        support.raises("bad argument #2 to 'include' (option 'functions' must be a table of prototypes: "
            .. '{NAME = "int (int)"}, not string)',
            function() ffi.include(path, { compile = true, functions = "x" }) end)
        support.raises("bad argument #2 to 'include' (option 'compile' must be true or false, not number)",
            function() ffi.include(path, { compile = 1 }) end)
    end)
end)
