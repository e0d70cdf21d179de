-- Function (Ruby: test_function.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"
local support = require "support"

local Function = fiddle.Function
local libc, libm, raises = helpers.libc, helpers.libm, helpers.raises

describe("fiddle.Function", function()
    it("takes parameters and result, or a signature, or a ctype", function()
        for _, f in ipairs {
            Function(libm.sin, { fiddle.TYPE_DOUBLE }, fiddle.TYPE_DOUBLE),
            Function(libm.sin, { "double" }, "double"),
            Function(libm.sin, "double(double)"),
            Function(libm.sin, "double (*)(double)"),
            Function(libm.sin, "double sin(double x)"),
            Function(libm.sin, "double sin(double x);"),
            Function(libm.sin, ffi.typeof "double (*)(double)"),
            Function.new(libm.sin, { ffi.typeof "double" }, "double"),
        } do
            assert.near(0.841471, f(1), 1e-6)
            assert.near(0.841471, f:call(1), 1e-6)
        end
    end)

    it("takes a function of the core as it is", function()
        local scope = ffi.scope() -- where no other spec has declared it
        scope.cdef "int abs(int number);"
        local f = Function(scope.C.abs)
        assert.equal(3, f(-3))
        assert.equal("int abs(int number)", tostring(f))
    end)

    it("takes an address, a Pointer, a cdata, a Function, a Closure", function()
        local address = libm.sin:address()
        assert.equal(0.0, Function(address, "double(double)")(0))
        assert.equal(0.0, Function(ffi.cast("void *", address), "double(double)")(0))
        local f = Function(libm.sin, "double(double)")
        assert.equal(0.0, Function(f, "double(double)")(0))
        local c <close> = fiddle.Closure("int(int)", function(i) return i * 2 end)
        assert.equal(42, Function(c, "int(int)")(21))
    end)

    it("says what it is", function()
        local f = Function(libm.sin, { "double" }, "double", { name = "sine" })
        assert.equal("sine", f.name)
        assert.equal("default", f.abi)
        assert.equal(Function.DEFAULT, f.abi)
        assert.equal("double sine(double)", tostring(f))
        assert.equal(libm.sin, f.ptr)
        assert.equal(libm.sin:address(), f:address())
        assert.equal(libm.sin, f:to_ptr())
        assert.equal(ffi.typeof "double(double)", f.type)
        assert.equal(ffi.typeof "double", f.result)
        assert.same({ ffi.typeof "double" }, f.args)
        assert.is_false(f.variadic)
        assert.equal("sin", Function(libm.sin, "double(double)").name) -- the symbol's
        assert.is_nil(Function(libm.sin:address(), "double(double)").name)
    end)

    it("has the loader name what an address is in its errors", function()
        raises("TypeError",
            "bad argument #1 to 'abs' (int abs(int)): cannot convert string \"3\" to 'int'",
            Function(libc.abs:address(), "int(int)"), "3")
    end)

    it("refuses what is no function, no type, no option", function()
        raises("DLError", "null pointer: there is no function to call", Function, nil, {}, "void")
        raises("DLError", "null pointer: there is no function to call", Function, 0, {}, "void")
        raises("TypeError", "address of a function expected, got a string: handle:sym(name) finds it by name",
            Function, "text", { "int" }, "int")
        raises("TypeError", "list of parameter types or signature expected, got number", Function,
            libc.abs, 4, 4)
        raises("TypeError", "unknown type 99", Function, libc.abs, { 99 }, "int")
        raises("TypeError", "C type expected, got nil", Function, libc.abs, { "int" })
        raises("DLError", "1:1: unknown type 'itn' (did you mean 'int'?)\n    itn\n    ^", Function,
            libc.abs, { "itn" }, "int")
        raises("DLError", "1:9: unknown type 'itn' (did you mean 'int'?)\n    int abs(itn)\n            ^",
            Function, libc.abs, "int abs(itn)")
        raises("ArgumentError", "'int x' declares no function", Function, libc.abs, "int x")
        raises("ArgumentError", "one function expected, got more: 'int a(); int b()'", Function, libc.abs,
            "int a(); int b()")
        raises("ArgumentError", "'int *' is no function type", Function, libc.abs, "int *")
        raises("ArgumentError", "unknown option 'nane' for 'Function'", Function, libc.abs, { "int" }, "int",
            { nane = "abs" })
        raises("ArgumentError", "unknown calling convention 'fastcall'", Function, libc.abs, { "int" }, "int",
            { abi = "fastcall" })
        raises("ArgumentError", "'...' must be the last parameter", Function, libc.abs, { "...", "int" },
            "int")
    end)

    it("takes void as no parameters", function()
        local getpid = Function(libc.getpid, { "void" }, "int")
        assert.equal(getpid(), Function(libc.getpid, {}, "int")())
        assert.equal("int getpid(void)", tostring(getpid))
    end)

    it("names the prototype when the number of arguments is wrong", function()
        local f = Function(libm.pow, "double pow(double x, double y)")
        raises("ArgumentError",
            "wrong number of arguments to 'pow' (double pow(double x, double y)): expected 2, got 1", f, 1)
        raises("ArgumentError",
            "wrong number of arguments to 'pow' (double pow(double x, double y)): expected 2, got 3", f, 1,
            2, 3)
    end)

    it("passes any pointer as memory #lp64", function()
        local memcpy = Function(libc.memcpy, { "voidp", "voidp", "size_t" }, "voidp")
        local to, from = fiddle.Pointer.malloc(6), helpers.buffer "hello"
        local result = memcpy(to, from, 6)
        assert.equal("hello", to:string())
        assert.equal(to, result) -- a Pointer
        memcpy(to, ffi.new("char[4]", "abc"), 4)
        assert.equal("abc", to:string())
        raises("TypeError", "bad argument #1 to 'memcpy' (void *memcpy(void *, void *, unsigned long)): "
            .. ("cannot convert integer %d to 'void *'"):format(to:address()), memcpy, to:address(), from, 1)
    end)

    it("gives nil for NULL, a string for const char *, a Pointer for the rest", function()
        local getenv = Function(libc.getenv, { "const_string" }, "const_string")
        assert.equal(os.getenv "PATH", getenv "PATH")
        assert.is_nil(getenv "no such variable")
        local strchr = Function(libc.strchr, "char *strchr(const char *s, int c)")
        assert.is_nil(strchr("abc", ("x"):byte()))
        local buffer = helpers.buffer "abc"
        local p = strchr(buffer, ("b"):byte())
        assert.equal("bc", p:string())
        assert.equal(1, p - buffer)
        assert.equal(ffi.typeof "char *", p.ctype)
        assert.equal(("b"):byte(), p:deref())
    end)

    it("changes the memory it is given", function()
        local strcpy = Function(libc.strcpy, "char *strcpy(char *to, const char *from)")
        local buffer = fiddle.Pointer.malloc(10)
        assert.equal(buffer, strcpy(buffer, "123"))
        assert.equal("123", buffer:string())
    end)

    it("does not let C change a string", function()
        local strcpy = Function(libc.strcpy, "char *strcpy(char *to, const char *from)")
        raises("TypeError", "bad argument #1 to 'strcpy' (char *strcpy(char *to, const char *from)): "
            .. "a Lua string is constant and 'char *' may be written through: "
            .. "use ffi.new(\"char[?]\", #s + 1, s)", strcpy, "text", "x")
        local _, err = pcall(strcpy, fiddle.to_ptr "text", "x")
        assert.truthy(err.message:find("it would drop a qualifier", 1, true))
    end)

    it("promotes and infers variadic arguments", function()
        local snprintf = Function(libc.snprintf, { "voidp", "size_t", "const_string", "..." }, "int")
        local p = fiddle.Pointer.malloc(128)
        assert.is_true(snprintf.variadic)
        local function formatted(...)
            snprintf(p, 128, ...)
            return p:string()
        end
        assert.equal("42 x 1.5", formatted("%d %s %g", 42, "x", 1.5))
        assert.equal("1.5 -3", formatted("%g %d", ffi.cast("float", 1.5), ffi.cast("signed char", -3)))
        assert.equal("1 (nil)", formatted("%d %p", true, nil))
        assert.equal("text|const", formatted("%s|%s", helpers.buffer "text", fiddle.to_ptr "const"))
        assert.equal("7", formatted("%d", 7))
        assert.equal("%s", formatted("%%s"))
    end)

    it("passes and returns structs by value", function()
        local Div = fiddle.struct "int quot; int rem"
        local div = Function(libc.div, { "int", "int" }, Div)
        local result = div(17, 5)
        assert.equal(3, result.quot)
        assert.equal(2, result.rem)
        local c <close> = fiddle.Closure("int", { Div }, function(d) return d.quot * 10 + d.rem end)
        assert.equal(32, Function(c, { Div }, "int")(result))
    end)

    it("passes long double", function()
        local sqrtl = Function(libm.sqrtl, { "long double" }, "long double")
        assert.equal(1.5, sqrtl(2.25))
    end)

    it("has a plain function without the class", function()
        local f = Function(fiddle.DEFAULT.strdup, "char *strdup(const char *s)")
        local strdup = f:func()
        assert.is_function(strdup)
        local p = ffi.gc(strdup "abc", Function(fiddle.DEFAULT.free, "void(void *)"):func())
        assert.equal("cdata", ffi.type(p))
        assert.equal("abc", ffi.string(p))
        assert.equal(strdup, f:to_proc())
        assert.has_error(function() strdup(1) end,
            "bad argument #1 to 'strdup' (char *strdup(const char *s)): "
            .. "cannot convert integer 1 to 'const char *'")
    end)

    it("can be a method", function()
        local object = { x = -5, abs = Function(libc.abs, "int(int)") }
        assert.equal(5, object.abs(object.x))
    end)

    it("raises what a callback raises, unchanged", function()
        local qsort = Function(libc.qsort, { "voidp", "size_t", "size_t", "voidp" }, "void")
        local thrown = { "a value" }
        local c <close> = fiddle.Closure("int", { "voidp", "voidp" }, function() error(thrown) end)
        local ok, err = pcall(qsort, helpers.buffer "ba", 2, 1, c)
        assert.is_false(ok)
        assert.equal(thrown, err)
    end)

    it("leaks nothing when a conversion raises", function()
        local strcpy = Function(libc.strcpy, { "voidp", "const_string" }, "voidp")
        for _ = 1, 1000 do pcall(strcpy, nil, 1) end
        collectgarbage()
        collectgarbage()
        local before = collectgarbage "count"
        for _ = 1, 20000 do pcall(strcpy, nil, 1) end
        collectgarbage()
        collectgarbage()
        assert.is_true(collectgarbage "count" < before + 64)
    end)

    it("gives a Lua function in its arguments what a Closure gets", function()
        local qsort = Function(libc.qsort,
            "void qsort(void *base, size_t n, size_t size, int (*compare)(const void *a, const void *b))")
        local p = helpers.buffer "dcba"
        local live = #ffi.callbacks()
        qsort(p, 4, 1, function(a, b) return a[0] - b[0] end)
        assert.equal("abcd", p:string())
        assert.equal(live, #ffi.callbacks()) -- qsort keeps it no longer than the call
        -- A function of C passes as it is.
        local atoi = ffi.scope()
        atoi.cdef "int strcmp(const char *, const char *);"
        qsort(p, 4, 1, ffi.cast("int (*)(const void *, const void *)", atoi.C.strcmp))
    end)

    it("keeps a Lua function that C may call later, until it is released", function()
        local M = fiddle.importer(support.library "library")
        M:extern [[
            typedef const char *(*shout)(const char *text);
            void library_keep(shout function);
            shout library_get_kept(void);
        ]]
        local live = #ffi.callbacks()
        local function upper(text) return text:upper() end
        M.library_keep(upper)
        M.library_keep(upper) -- the same callback
        assert.equal(live + 1, #ffi.callbacks())
        collectgarbage()
        collectgarbage()
        assert.equal("LOUD", M.library_get_kept()("loud"))
        M.library_keep(nil)
        assert.equal(1, fiddle.release(upper))
        assert.equal(live, #ffi.callbacks())
        assert.equal(0, fiddle.release(upper))
        raises("TypeError", "Lua function expected, got number", fiddle.release, 5)
    end)

    it("passes for a function pointer, where the types pass alike", function()
        local abs = Function(libc.abs, "int(int)")
        local c <close> = fiddle.Closure("int", { "int(*)(int)", "int" }, function(f, x)
            return f(x)
        end)
        local apply = Function(c, { "int(*)(int)", "int" }, "int")
        assert.equal(5, apply(abs, -5))
        raises("TypeError", "cannot convert a function 'double (double)' to 'int (*)(int)'", apply,
            Function(libm.sin, "double(double)"), 1)
    end)
end)
