-- What Ruby's Fiddle 1.1.9 does wrong, and what happens here. One test for each.
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"
local support = require "support"

local raises = helpers.raises
local libc, libm = helpers.libc, helpers.libm

describe("where Fiddle fails, cffi.fiddle", function()
    it("refuses to close Handle::DEFAULT (there: a segmentation fault)", function()
        raises("DLError", "fiddle.Handle RTLD_DEFAULT cannot be closed", fiddle.DEFAULT.close, fiddle.DEFAULT)
        raises("DLError", "fiddle.Handle RTLD_NEXT cannot be closed", fiddle.NEXT.close, fiddle.NEXT)
        fiddle.DEFAULT:enable_close()
        assert.is_false(fiddle.DEFAULT:is_close_enabled())
        assert.is_false(fiddle.DEFAULT.malloc:is_null())
    end)

    it("runs a callback on a foreign thread (there: the VM aborts)", function()
        local exit, out, err = support.run_lua [[
            local fiddle = require "cffi.fiddle"
            local C = fiddle.importer "libc.so.6"
            C:extern [=[
                int pthread_create(unsigned long *thread, const void *attributes, void *(*run)(void *), void *data);
                int pthread_join(unsigned long thread, void **result);
            ]=]
            local ran = false
            local c = fiddle.Closure("void *(void *)", function(data) ran = true return data end)
            local thread, result = fiddle.out "unsigned long", fiddle.out "void *"
            C.pthread_create(thread, nil, c, fiddle.Pointer(1234))
            C.pthread_join(thread.value, result)
            print(ran, result.value == fiddle.Pointer(1234))
        ]]
        assert.equal("", err)
        assert.equal(0, exit)
        assert.equal("true\ttrue\n", out)
    end)

    it("lets C clean up when a callback raises (there: the exception jumps over C)", function()
        local qsort = fiddle.Function(libc.qsort, { "voidp", "size_t", "size_t", "voidp" }, "void")
        local calls = 0
        local c <close> = fiddle.Closure("int", { "voidp", "voidp" }, function()
            calls = calls + 1
            error("first comparison", 0)
        end)
        local buffer = helpers.buffer "dcba"
        local reported
        ffi.onerror = function(text) reported = text end
        finally(function() ffi.onerror = nil end)
        assert.has_error(function() qsort(buffer, 4, 1, c) end, "first comparison")
        assert.is_nil(reported) -- it is raised
        assert.equal(1, calls) -- the later ones of this call return at once
        local sorted = { buffer:string():byte(1, -1) } -- qsort came to its end: all bytes are there
        table.sort(sorted)
        assert.equal("abcd", string.char(table.unpack(sorted)))
    end)

    it("reads C as C (there: regular expressions that misread it) #lp64", function()
        assert.equal(16, fiddle.sizeof(fiddle.parse_ctype "long double")) -- there: long
        assert.equal(ffi.typeof "unsigned long long", fiddle.parse_ctype "long long unsigned") -- there: signed
        assert.equal(8, fiddle.sizeof(fiddle.parse_ctype "float _Complex")) -- there: float
        local name, _, params = fiddle.parse_signature "int f(int a, char *b) __attribute__((pure));"
        assert.equal("f", name)
        assert.equal(2, #params) -- there: none
        raises("DLError", "1:13: expected a parameter, got ')'\n    int f(int a,)\n                ^",
            fiddle.parse_signature, "int f(int a,)") -- there: accepted
        raises("ArgumentError", "one function expected, got more: 'int f(int); int g(int)'", fiddle.parse_signature,
            "int f(int); int g(int)") -- there: the second is ignored
    end)

    it("promotes float and char in variadic arguments (there: cannot create the call)", function()
        local snprintf = fiddle.Function(libc.snprintf, { "voidp", "size_t", "const_string", "..." }, "int")
        local p = fiddle.Pointer.malloc(32)
        snprintf(p, 32, "%g %d %d", ffi.cast("float", 2.5), ffi.cast("signed char", -1), ffi.cast("short", 300))
        assert.equal("2.5 -1 300", p:string())
    end)

    it("refuses text for an int member (there: the low bytes of an address)", function()
        local s = fiddle.struct "int i; double d" ()
        assert.has_error(function() s.i = "a" end,
            "field 'i' of 'struct { int i; double d; }': cannot convert string \"a\" to 'int': "
            .. "(\"a\"):byte() is its code")
        assert.has_error(function() s.d = "x" end,
            "field 'd' of 'struct { int i; double d; }': cannot convert string \"x\" to 'double'")
        assert.has_error(function() s.i = 2.0 ^ 70 end,
            "field 'i' of 'struct { int i; double d; }': number 1.1805916207174113e+21 does not fit 'int' (32 bits)")
    end)

    it("keeps the text that a char * member points to (there: it dangles)", function()
        local s = fiddle.struct "const char *name" ()
        s.name = ("kept "):rep(10)
        for _ = 1, 3 do collectgarbage() end
        assert.equal(("kept "):rep(10), ffi.string(s.name))
    end)

    it("pads a char array from a shorter string (there: exactly N bytes or an error)", function()
        local s = fiddle.struct "char name[8]" ()
        s.name = "hi"
        assert.equal("hi", ffi.string(s.name))
        assert.has_error(function() s.name = "too long for it" end)
    end)

    it("pads unions (there: size 5)", function()
        assert.equal(8, fiddle.union "char c[5]; int i".size)
    end)

    it("writes through arrays of signed members (there: a detached copy)", function()
        local s = fiddle.struct "int v[3]" ()
        s.v[1] = -5
        assert.equal(-5, s.v[1])
        assert.equal(-5, (fiddle.addr(s) + 4):deref "int")
    end)

    it("knows that char[10] has 10 bytes (there: 8)", function()
        assert.equal(10, fiddle.Importer():sizeof "char[10]")
    end)

    it("refuses unknown options (there: ignored)", function()
        raises("ArgumentError", "unknown calling convention 'sdtcall'", function()
            fiddle.importer("libc.so.6"):extern("int abs(int)", "sdtcall")
        end)
        raises("ArgumentError", "unknown option 'nmae' for 'Function'", fiddle.Function, libc.abs, "int(int)",
            { nmae = "x" })
    end)

    it("notices use after free (there: not detected)", function()
        local p = fiddle.Pointer.malloc(8)
        p:free()
        raises("DLError", "the memory was freed", p.string, p)
    end)

    it("keeps memory alive for pointers into it (there: the parent is dropped)", function()
        local q = fiddle.Pointer.malloc(100):put(0, ("a"):rep(99)) + 50
        for _ = 1, 3 do collectgarbage() end
        assert.equal(("a"):rep(49), q:string())
    end)

    it("copies no more than the source has (there: reads beyond it)", function()
        local p = fiddle.Pointer.malloc(64)
        raises("IndexError", "64 bytes asked of a source that has 5: out of bounds", p.put, p, 0, "short", 64)
    end)

    it("subtracts pointers (there: nonsense)", function()
        local p = fiddle.Pointer.malloc(64)
        assert.equal(40, (p + 40) - p)
    end)

    it("opens libraries locally, and closes them if asked (there: global, never closed)", function()
        local exit, out = support.run_lua [[
            local fiddle = require "cffi.fiddle"
            local h = fiddle.dlopen "libz.so.1"
            print(fiddle.DEFAULT:has "zlibVersion")
            h:close()
            print(pcall(fiddle.dlopen, "libz.so.1", fiddle.RTLD_LAZY | fiddle.RTLD_NOLOAD))
        ]]
        assert.equal(0, exit)
        assert.truthy(out:find "^nil\nfalse\t")
    end)

    it("passes structs by value, bit-fields and long double (there: not supported)", function()
        local S = fiddle.struct "unsigned a : 4; unsigned b : 12; long double d"
        local c <close> = fiddle.Closure(S, { S }, function(s)
            return S { a = s.b & 15, b = s.a, d = s.d * 2 }
        end)
        local r = fiddle.Function(c, { S }, S)(S { a = 3, b = 0x125, d = 1.25 })
        assert.same({ 5, 3, 2.5 }, { r.a, r.b, r.d })
    end)

    it("checks integers (there: 300 becomes 44, 3.9 becomes 3)", function()
        local abs = fiddle.Function(libc.abs, "int abs(int)")
        raises("RangeError", "bad argument #1 to 'abs' (int abs(int)): integer 4294967296 does not fit 'int' (32 bits)",
            abs, 1 << 32)
        assert.is_false((pcall(abs, 3.9)))
        assert.is_false((pcall(abs, true)))
        assert.is_false((pcall(abs, "3")))
        assert.is_false((pcall(abs)))
        local tochar = fiddle.Function(libc.abs, "char(char)")
        assert.is_false((pcall(tochar, 300)))
    end)

    it("refuses 1.5 as an address (there: address 1)", function()
        local strlen = fiddle.Function(libc.strlen, { "voidp" }, "size_t")
        assert.is_false((pcall(strlen, 1.5)))
        assert.is_false((pcall(strlen, 1)))
        raises("TypeError", "address must be an integer, got number", fiddle.Pointer, 1.5)
    end)

    it("refuses text with a zero inside for const char * #lp64", function()
        local strlen = fiddle.Function(libc.strlen, { "const_string" }, "size_t")
        raises("ArgumentError", "bad argument #1 to 'strlen' (unsigned long strlen(const char *)): "
            .. "the string contains a zero byte at position 2; ffi.cast(\"const char *\", s) passes it whole",
            strlen, "a\0b")
    end)

    it("can do without a wrapper where speed matters (there: 2.3 us a call)", function()
        local sin = fiddle.Function(libm.sin, "double(double)"):func()
        assert.equal(0.0, sin(0))
        assert.equal("C", debug.getinfo(sin, "S").what)
    end)
end)
