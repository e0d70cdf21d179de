-- Importer (Ruby: test_import.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"
local support = require "support"

local raises = helpers.raises

describe("fiddle.Importer", function()
    local M

    before_each(function()
        M = fiddle.importer("libc.so.6", "libm.so.6")
    end)

    it("needs a library before it imports", function()
        local empty = fiddle.Importer()
        local text = "call dlload before importing symbols and functions"
        raises("DLError", text, empty.extern, empty, "int abs(int)")
        raises("DLError", text, empty.symbol, empty, "abs")
        raises("DLError", text, empty.handler, empty)
        assert.equal(empty, empty:dlload "libc.so.6")
        assert.equal(3, empty:extern("int abs(int)")(-3))
    end)

    it("imports functions by declarations, many at once", function()
        local strlen, cos = M:extern "size_t strlen(const char *text); double cos(double);"
        assert.equal(strlen, M.strlen)
        assert.equal(cos, M:func "cos")
        assert.equal(5, M.strlen "hello")
        assert.equal(1.0, M.cos(0))
        assert.equal("size_t strlen(const char *text)", (tostring(M.strlen):gsub("^unsigned long", "size_t")))
        assert.equal("strlen", M.strlen.name)
        assert.is_nil(M.no_such_function)
        assert.is_nil(M:func "no_such_function")
    end)

    it("imports variables, constants, macros of the text", function()
        M:extern "extern int optind; enum { FIRST = 3, SECOND };"
        M.optind = 7
        assert.equal(7, M.optind)
        assert.equal(7, M:global("int", "optind").value)
        M.optind = 1
        assert.equal(4, M.SECOND)
        raises("TypeError", "variable 'optind': cannot convert string \"x\" to 'int': (\"x\"):byte() is its code",
            function() M.optind = "x" end)
    end)

    it("names the libraries when a symbol is missing", function()
        local libm = fiddle.importer "libm.so.6"
        local err = raises("DLError", ("undefined symbol 'hypott' in %s (did you mean 'hypot'?)"):format(
            helpers.libm:file_name()), libm.extern, libm, "double hypott(double, double)")
        assert.equal("hypott", err.name)
        raises("DLError", ("undefined symbol 'nope_fn' in %s, %s"):format(helpers.libc:file_name(),
            helpers.libm:file_name()), M.extern, M, "int nope_fn(void)")
        raises("DLError", "1:1: unknown type 'nop'\n    nop *f(int)\n    ^", M.extern, M, "nop *f(int)")
        raises("TypeError", "C text of a declaration expected, got nil", M.extern, M, nil)
    end)

    it("refuses unknown options and a differing re-declaration #lp64", function()
        M:extern("int abs(int)", "cdecl")
        M:extern("int abs(int)", { call = "stdcall" })
        raises("ArgumentError", "unknown option 'cal' for 'extern'", M.extern, M, "int abs(int)", { cal = 1 })
        raises("ArgumentError", "unknown calling convention 'vectorcall'", M.extern, M, "int abs(int)",
            { call = "vectorcall" })
        local _, err = pcall(M.extern, M, "long abs(long)")
        assert.truthy(err.message:find("'abs' redeclared as 'long abs(long)', was 'int abs(int)'", 1, true))
    end)

    it("checks what attributes say", function()
        M:extern "int atoi(const char *) __attribute__((nonnull));"
        raises("ArgumentError",
            "bad argument #1 to 'atoi' (int atoi(const char *)): NULL is not allowed here (nonnull)", M.atoi, nil)
    end)

    it("keeps its names to itself, unless it is given a scope", function()
        M:typealias("fiddle_spec_alias", "int")
        assert.has_error(function() ffi.typeof "fiddle_spec_alias" end)
        ffi.cdef "typedef int fiddle_spec_shared;"
        local shared = fiddle.Importer({ scope = ffi }):dlload "libc.so.6"
        shared:extern "fiddle_spec_shared abs(fiddle_spec_shared)"
        assert.equal(2, shared.abs(-2))
        raises("ArgumentError", "unknown option 'scop' for 'Importer'", fiddle.Importer, { scop = ffi })
    end)

    it("loads names, the program, Handles, importers", function()
        local I = fiddle.importer(nil, helpers.libm, M, { "nosuchlibrary", "libz.so.1" })
        assert.equal(5, #I:handlers())
        local h = I:handler()
        assert.equal(5, #h.handlers)
        assert.equal(helpers.libm.cos, h:sym "cos")
        assert.equal(helpers.libm.cos, h.cos)
        assert.is_nil(h:sym "no_such_symbol")
        I:extern "const char *zlibVersion(void)"
        assert.truthy(I.zlibVersion():find "^%d")
        I:dlload "libc.so.6"
        assert.is_nil(I.zlibVersion) -- forgotten
    end)

    it("raises after the library's Handle is closed", function()
        local h = fiddle.dlopen "libm.so.6"
        local I = fiddle.importer(h)
        local cos = I:extern "double cos(double)"
        local bare = cos:func()
        h:close()
        raises("DLError", ("cannot call 'cos': library '%s' is closed"):format(helpers.libm:file_name()), cos, 0)
        assert.has_error(function() bare(0) end,
            ("cannot call 'cos': library '%s' is closed"):format(helpers.libm:file_name()))
    end)

    it("keeps a function whose name is a method's, under func", function()
        M:extern "int bind(int fd, const void *address, unsigned length);"
        assert.is_true(fiddle.Function.is(M:func "bind"))
        assert.equal("function", type(M.bind))
    end)

    it("is a table for the script's own fields", function()
        M.Point = M:struct "int x; int y"
        assert.equal(8, M.Point.size)
        M:extern "int abs(int)"
        raises("ArgumentError", "attempt to write to function 'abs'", function() M.abs = 1 end)
    end)

    it("makes functions of Lua functions", function()
        local compare = M:bind("int compare(const char *a, const char *b)", function(a, b)
            return a < b and -1 or a > b and 1 or 0
        end)
        finally(function() compare._handle:free() end)
        assert.equal(compare, M.compare)
        assert.equal(-1, M.compare("a", "b")) -- through C
        M:extern "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *))"
        local bytes = M:bind_function("bytes", "int", { "voidp", "voidp" }, function(a, b) return a[0] - b[0] end)
        finally(function()
            compare._handle:free()
            bytes._handle:free()
        end)
        local buffer = helpers.buffer "9341"
        M.qsort(buffer, 4, 1, M.bytes)
        assert.equal("1349", buffer:string())
        raises("ArgumentError", "the signature 'int(int)' has no name", M.bind, M, "int(int)", print)
        raises("ArgumentError", "unknown option 'temp' for 'Closure'", M.bind, M, "int f(int)", print, { temp = true })
    end)

    it("imports by name and types", function()
        local f = M:import_function("abs", "int", { "int" })
        assert.equal(4, f(-4))
        assert.equal(f, M.abs)
        assert.equal(helpers.libc.abs, M:symbol "abs")
        assert.equal(helpers.libc.abs, M:import_symbol "abs")
        raises("DLError", ("undefined symbol 'nope_fn' in %s, %s"):format(helpers.libc:file_name(),
            helpers.libm:file_name()), M.symbol, M, "nope_fn")
    end)

    it("knows sizes of types, structs and objects #lp64", function()
        assert.equal(10, M:sizeof "char[10]")
        assert.equal(4, M:sizeof(fiddle.TYPE_INT))
        assert.equal(8, M:sizeof "voidp")
        local S = M:struct { "char c", "double d" }
        assert.equal(16, M:sizeof(S))
        assert.equal(16, M:sizeof(S()))
        M:typealias("pair", S)
        assert.equal(16, M:sizeof "pair")
        raises("DLError", "1:1: unknown type 'zork'\n    zork\n    ^", M.sizeof, M, "zork")
        raises("DLError", "size of 'void' is unknown", M.sizeof, M, "void")
    end)

    it("has the aliases of Windows and of BSD #lp64", function()
        M:include(fiddle.Win32Types):include(fiddle.BasicTypes)
        local sizes = { ATOM = 2, BOOL = 4, BYTE = 1, DWORD = 8, DWORD32 = 4, DWORD64 = 8, HANDLE = 8, HDC = 8,
            HINSTANCE = 8, HWND = 8, LPCSTR = 8, LPSTR = 8, PBYTE = 8, PDWORD = 8, PHANDLE = 8, PVOID = 8,
            PWORD = 8, UCHAR = 1, UINT = 4, ULONG = 8, WORD = 2, uint = 4, u_int = 4, ulong = 8, u_long = 8 }
        for name, size in pairs(sizes) do
            assert.equal(size, M:sizeof(name), name)
        end
        M:extern "UINT abs(BOOL)"
        assert.equal(1, M.abs(-1))
        assert.is_true(M.abs:func()(-1) == 1)
    end)

    it("has cells for values", function()
        local cell = M:value("int", 5)
        assert.equal(5, cell.value)
        cell.value = -7
        assert.equal(-7, cell.value)
        assert.equal(ffi.typeof "int", cell.ctype)
        assert.equal(4, cell:ref().size)
        assert.equal(cell:address(), cell:ref():address())
        assert.equal("fiddle.Cell int: -7", tostring(cell))
        raises("RangeError", "element 0 of 'int[1]': integer 1099511627776 does not fit 'int' (32 bits)", function()
            cell.value = 1 << 40
        end)
        raises("ArgumentError", "a cell has no field 'valu' to set", function() cell.valu = 1 end)
        local list = M:create_value("int[3]", { 1, 2, 3 })
        assert.equal(3, list.value[2])
        list.value[2] = 9
        assert.equal(9, list.value[2])
        M:extern "double frexp(double x, int *exponent)"
        assert.equal(0.5, M.frexp(8, cell))
        assert.equal(4, cell.value)
        local text = fiddle.out "const char *"
        assert.is_nil(text.value)
    end)

    it("has cells over C variables", function()
        M:extern "extern int optind"
        local cell = M:import_value("int", M:symbol "optind")
        cell.value = 12
        assert.equal(12, M.optind)
        cell.value = 1
        raises("DLError", "null pointer", M.global, M, "int", nil)
    end)

    it("fills a struct: gettimeofday", function()
        M:extern "int gettimeofday(void *time, void *zone)"
        local Timeval = M:struct { "long tv_sec", "long tv_usec" }
        local now = Timeval()
        assert.equal(0, M.gettimeofday(now, nil))
        assert.is_true(math.abs(now.tv_sec - os.time()) <= 1)
    end)

    it("passes numbers beyond the sign bit and open files #lp64", function()
        M:extern "unsigned long strtoul(const char *text, char **rest, int base); int fputs(const char *, void *);"
        assert.equal(4294967295, M.strtoul("4294967295", nil, 0))
        assert.equal("18446744073709551615", tostring(M.strtoul("18446744073709551615", nil, 0)))
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        local file <close> = io.open(path, "w")
        M.fputs("hello", file)
        file:close()
        assert.equal("hello", support.read_file(path))
    end)

    it("says what it has loaded", function()
        assert.equal(("fiddle.Importer %s, %s"):format(helpers.libc:file_name(), helpers.libm:file_name()),
            tostring(M))
        assert.equal("fiddle.Importer", tostring(fiddle.Importer()))
    end)
end)
