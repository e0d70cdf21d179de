-- S8, S9 where libffi alone makes the calls (call/abi/generic.c): what it is told of types, and what is
-- refused since it would do wrong. The tests of refusals are there in such a build only.
local ffi = require "cffi"
local support = require "support"
local raises = support.raises

local function words(n, form)
    local list = {}
    for i = 1, n do list[i] = form:format(i) end
    return table.concat(list, ", ")
end

describe("a call of many arguments", function()
    local lib = ffi.compile([[
        #include <stdarg.h>
        struct pair { int a; double b; };
        long many(]] .. words(100, "long a%d") .. [[) { return a1 + 2 * a50 + 3 * a100; }
        long sum(int n, ...)
        {
            va_list ap;
            long total = 0;
            va_start(ap, n);
            for (int i = 0; i < n; i++)
                total = total * 3 + va_arg(ap, long);
            va_end(ap);
            return total;
        }
        double pairs(int n, ...)
        {
            va_list ap;
            double total = 0;
            va_start(ap, n);
            for (int i = 0; i < n; i++) {
                struct pair p = va_arg(ap, struct pair);
                total = total * 2 + p.a + p.b;
            }
            va_end(ap);
            return total;
        }
        long back(long (*f)(]] .. words(30, "long") .. [[))
        { return f(]] .. words(30, "%d") .. [[); }
    ]])

    it("takes a hundred", function()
        local list = {}
        for i = 1, 100 do list[i] = i end
        assert.equal(1 + 2 * 50 + 3 * 100, lib.many(table.unpack(list)))
    end)

    it("takes variadic ones without end", function()
        local list, want = {}, 0
        for i = 1, 90 do
            list[i] = ffi.new("long", i)
            want = want * 3 + i
        end
        assert.equal(ffi.tonumber(ffi.cast("long", want)), lib.sum(90, table.unpack(list)))
        assert.equal(0, lib.sum(0))
    end)

    it("takes structs by value among the variadic ones", function()
        local list, want = {}, 0
        for i = 1, 20 do
            list[i] = ffi.byvalue(ffi.new("struct pair", {i, i / 4}))
            want = want * 2 + i + i / 4
        end
        assert.equal(want, lib.pairs(20, table.unpack(list)))
    end)

    it("comes back with thirty", function()
        local got
        assert.equal(7, lib.back(function(...) got = {...} return 7 end))
        assert.equal(30, #got)
        for i = 1, 30 do assert.equal(i, got[i]) end
    end)
end)

local scope = ffi.scope()
scope.cdef [[
    typedef float v4 __attribute__((vector_size(16)));
    v4 vector(v4) __asm__("abs");
    struct holder { v4 v[2]; char c; };
    int held(struct holder) __asm__("abs");
    int more(int, ...) __asm__("abs");
]]
local _, why = pcall(function() return scope.C.vector end)
if not tostring(why):find("libffi cannot pass vectors", 1, true) then
    return -- a machine with a calling convention of its own
end

describe("what libffi cannot pass", function()
    local function refuses(reason, declarations, name)
        local own = ffi.scope()
        own.cdef(declarations)
        local ok, message = pcall(function() return own.C[name] end)
        assert.is_false(ok, name)
        assert.equal(reason, message:match ".*: (libffi cannot pass .*)$" or message)
    end

    it("is refused when the function is looked up, the callback made, the variadic argument met", function()
        raises("cannot call 'vector' (v4 vector(v4) __asm__(\"abs\")): libffi cannot pass vectors",
            function() return scope.C.vector end)
        raises("cannot call 'held' (int held(struct holder) __asm__(\"abs\")): libffi cannot pass vectors",
            function() return scope.C.held end)
        raises("no callback of type 'float __attribute__((vector_size(16))) (int)' is possible: libffi cannot pass "
            .. "vectors", scope.callback, "v4 (int)", function(v) return v end)
        raises("bad argument #2 to 'more' (int more(int, ...) __asm__(\"abs\")): 'struct holder' cannot be "
            .. "passed: libffi cannot pass vectors",
            function() scope.C.more(1, scope.byvalue(scope.new "struct holder")) end)
    end)

    it("are small floats, and structs without an end", function()
        refuses("libffi cannot pass '_Float16'", 'int half(_Float16) __asm__("abs");', "half")
        if ffi.arch ~= "x86" then
            refuses("libffi cannot pass a struct with a flexible array member",
                'int open(struct { int n; short a[]; }) __asm__("abs");', "open")
        end
    end)

    local by_machine = {
        x64 = {
            {"libffi cannot pass '_Float128' on this machine", "_Float128"},
            {"libffi cannot pass a struct with members out of alignment",
                "struct { char c; int i; } __attribute__((packed))"},
            {"libffi cannot pass a struct with eight bytes of padding",
                "struct { int i; } __attribute__((aligned(16)))"},
            {"libffi cannot pass a union with such floating members", "union { long double d; long l; }"},
        },
        riscv64 = {
            {"libffi cannot pass floating members beside bit-fields or out of alignment",
                "struct { int i : 3; float f; }"},
        },
        ppc64le = {{"libffi cannot pass complex numbers on this machine", "float _Complex"}},
        other = {
            {"libffi cannot pass unions, bit-fields and packed structs on this machine", "union { int i; }"},
        },
    }
    for _, case in ipairs(by_machine[ffi.arch] or {}) do
        it("is " .. case[2], function()
            refuses(case[1], ("int f(%s) __asm__(\"abs\");"):format(case[2]), "f")
            refuses(case[1], ("%s f(int) __asm__(\"abs\");"):format(case[2]), "f")
        end)
    end
end)
