-- What public programs and bug reports showed of declarations (docs/design.md S9, S20).
local ffi = require "cffi"

-- The whole message, its place in the text included.
local function raises(text, fn, ...)
    local ok, message = pcall(fn, ...)
    assert.is_false(ok)
    assert.equal(text, message)
end

describe("a name of <stddef.h> or <stdint.h>", function()
    it("is not declared as another integer #lp64", function()
        raises("1:22: 'size_t' redeclared as 'typedef unsigned int size_t', was 'typedef unsigned "
            .. "long size_t'\n    typedef unsigned int size_t;\n                         ^",
            ffi.cdef, "typedef unsigned int size_t;")
    end)

    it("may be spelt otherwise #lp64", function()
        local scope = ffi.scope()
        scope.cdef "typedef long long int64_t; typedef unsigned long long size_t; typedef int bool;"
        assert.equal(8, scope.sizeof "int64_t")
        assert.equal(4, scope.sizeof "bool")
    end)
end)

describe("clang's block pointers", function()
    it("are pointers to what nobody calls", function()
        local scope = ffi.scope()
        scope.cdef "typedef int (^pr_block)(void); void each(void (^b)(int), int n);"
        assert.equal("ctype<void *>", tostring(scope.typeof "pr_block"))
        assert.equal("void each(void *b, int n)", scope.parse("void each(void (^b)(int), int n);")[1].text)
    end)

    it("point to functions only", function()
        raises("1:10: a block cannot be of type 'int'\n    int *x, (^y);\n             ^", ffi.cdef,
            "int *x, (^y);")
    end)
end)

describe("parameters", function()
    it("have names of their own", function()
        raises("1:19: two parameters are named 'x'\n    int f(int x, int x);\n                      ^",
            ffi.cdef, "int f(int x, int x);")
        local names = {}
        for i = 1, 20 do
            names[i] = "int p" .. i
        end
        local text = ("int f(%s, int p7);"):format(table.concat(names, ", "))
        local _, message = pcall(ffi.cdef, text)
        assert.matches("^[^\n]*two parameters are named 'p7'\n", message)
        ffi.scope().cdef(("int f(%s, int, int);"):format(table.concat(names, ", ")))
    end)
end)

describe("the size of a pointer", function()
    it("is this machine's", function()
        local own, other = "__ptr64", "__ptr32"
        if not ffi.abi "64bit" then
            own, other = other, own
        end
        assert.equal(ffi.typeof "char *", ffi.typeof("char * " .. own))
        raises(("1:8: '%s' is not supported: pointers have %d bytes\n    char * %s\n           ^"):format(
            other, ffi.sizeof "void *", other), ffi.typeof, "char * " .. other)
    end)
end)

describe("a float in a text", function()
    it("is no length of an array", function()
        raises("1:6: array length is not an integer constant (of a Lua float: math.tointeger makes "
            .. "it one)\n    char[8.0]\n         ^", ffi.typeof, "char[" .. 16 / 2 .. "]")
    end)
end)

describe("a member without a name in a type text", function()
    it("is refused, in a header it means nothing", function()
        raises("1:17: 'int' without a name is no member\n    struct { int x; int; }\n                    ^",
            ffi.typeof, "struct { int x; int; }")
        local scope = ffi.scope()
        scope.cdef "struct pr_nothing { int x; int; };"
        assert.equal(4, scope.sizeof "struct pr_nothing")
    end)
end)
