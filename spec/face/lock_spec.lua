-- ffi.lock (SECURITY.md): what a host has bound works, nothing is added, by no way round it. Each case in a
-- process of its own, for a lock is for good.
local support = require "support"

local BOUND = [[
    local ffi = require "cffi"
    TEXT = [=[
        int abs(int); size_t strlen(const char *); void *malloc(size_t); void free(void *);
        void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
        struct point { int x, y; }; struct node { struct node *next; int value; };
        struct nodes { struct node *both[2]; };
        typedef int (*binary)(int, int); struct ops { binary add; }; int negated(int) asm("abs");
        int rand();
    ]=]
    ffi.compile "int two(void) { return 2; }"
    ffi.cdef "#define BRACE {"
    ffi.cdef(TEXT)
    local lj = require "cffi.luajit"
    lj.cdef "size_t strlen(const char *); void *malloc(size_t);"
    require "cffi.fiddle"
    require "cffi.include.process" -- as where no cache spared the compiler
    local made = ffi.callback("binary", function(a, b) return a + b end)
    local path = os.tmpname()
    os.remove(path)
    local C = ffi.C
    local memory = C.malloc(16)
    local function says(f, ...)
        local ok, message = pcall(f, ...)
        print(ok and "ok" or (message:gsub("^[^ ]*:%d+: ", "")))
    end
    assert(not ffi.locked())
    ffi.lock()
    assert(ffi.locked())
]]

local function prints(expected, code)
    local exit, out, err = support.run_lua(BOUND .. code)
    assert.equal("", err)
    assert.equal(0, exit)
    assert.equal(expected, out)
end

describe("after ffi.lock()", function()
    it("what is declared works, functions that were not fetched too", function()
        prints("3\t5\t7\t2\n1\tok\n", [[
            local p = ffi.new("struct point[2]", { { 7 } })
            print(C.abs(-3), C.strlen "fives", p[0].x, #p)
            print(ffi.new("struct node", { value = 1 }).value, ffi.string(ffi.new("char[8]", "ok")))
            C.free(memory)
        ]])
    end)

    it("declarations raise, in every scope and by every function that reads C text", function()
        prints(("no new declarations after ffi.lock()\n"):rep(7), [[
            says(function() ffi.cdef "int labs(int);" end)
            says(function() require("cffi").scope().cdef "int labs(int);" end)
            says(function() require("cffi.luajit").cdef "int labs(int);" end)
            says(function() ffi.new "struct { int x; }" end)
            says(function() ffi.typeof "union { long n; void *p; }" end)
            says(function() ffi.sizeof "struct { int x; }" end)
            print((select(2, pcall(function() return require("cffi.posix").getppid end)):match "no new.*"))
        ]])
    end)

    it("types with a body raise, however their brace is spelt and whoever reads them", function()
        prints(("no new declarations after ffi.lock()\n"):rep(6), [[
            says(function() return ffi.new("union <% long n; struct node *p; %>", { n = 4096 }).p end)
            says(function() return ffi.new("union BRACE long n; struct node *p; }", { n = 4096 }).p end)
            says(ffi.parse, "typedef union { long n; struct node *p; } u;")
            says(ffi.parse, "typedef union <% long n; struct node *p; %> u;")
            says(ffi.parse, "int f(void); struct opaque { int x; };")
            says(ffi.eval, "((union { long n; struct node *p; }){4096}).n")
        ]])
    end)

    it("how functions are called is not changed", function()
        prints(("no new declarations after ffi.lock()\n"):rep(2) .. "3\n", [[
            says(ffi.annotate, C, "strlen", { status = "0, system" })
            says(ffi.annotate, lj.C, "strlen", { errno = 3 })
            print(C.negated(-3))
        ]])
    end)

    it("the same text again, which adds nothing, is taken", function()
        prints("ok\n", "says(ffi.cdef, TEXT)")
    end)

    it("arrays are looked into", function()
        local refusal = "bad argument #1 to 'copy' (bytes of '%s' may be pointers: no new pointer casts after "
            .. "ffi.lock())\n"
        prints(refusal:format "struct nodes" .. refusal:format "void *[2]" .. "ok\n", [[
            says(function() ffi.copy(ffi.new "struct nodes", "12345678", 8) end)
            says(function() ffi.copy(ffi.new "void *[2]", "12345678", 8) end)
            says(function() ffi.copy(ffi.new "int[2]", "12345678", 8) end)
        ]])
    end)

    it("libraries raise", function()
        prints(("no new libraries after ffi.lock()\n"):rep(3), [[
            says(function() ffi.load "z" end)
            says(function() ffi.scope().load "z" end)
            says(function() require("cffi.luajit").load "z" end)
        ]])
    end)

    it("pointer casts raise, and casts in disguise", function()
        prints([[
no new pointer casts after ffi.lock()
no new pointer casts after ffi.lock()
no new pointer casts after ffi.lock()
field 'next' of 'struct node': cannot convert 'void *' to 'struct node *'
element 0 of 'struct point *[1]': cannot convert 'void *' to 'struct point *'
bad argument #1 to 'copy' (bytes of 'struct node' may be pointers: no new pointer casts after ffi.lock())
bad argument #1 to 'fill' (bytes of 'void *' may be pointers: no new pointer casts after ffi.lock())
]], [[
            says(function() ffi.cast("int *", 4096) end)
            says(function() ffi.cast("int *", memory) end)
            says(function() ffi.cast("binary", 4096) end)
            says(function() ffi.new("struct node", { next = memory }) end)
            says(function() ffi.new("struct point *[1]", { memory }) end)
            says(function() ffi.copy(ffi.new "struct node", ("x"):rep(8), 8) end)
            says(function() ffi.fill(memory, 8, 1) end)
        ]])
    end)

    it("a function is not made another's, by no chain of types", function()
        local size = require "cffi".abi "64bit" and "unsigned long" or "unsigned int"
        prints((([[
no new pointer casts after ffi.lock()
no new pointer casts after ffi.lock()
cannot convert 'int (int)' to 'int (*)()'
cannot convert 'int (int)' to 'int (*)(const char *)'
element 0 of 'int (*[1])()': cannot convert 'int (int)' to 'int (*)()'
cannot convert 'int (*[1])(int)' to 'int (**)()'
cannot convert 'int ()' to 'int (*)(void *, void *)'
cannot convert 'SIZE (const char *)' to 'int (*)(void *)'
4
]]):gsub("SIZE", size)), [[
            says(function() return ffi.tofunction(memory, "int f(int)") end)
            says(function() return lj.tofunction(lj.C.malloc(8), "int f(int)") end)
            says(function() return ffi.new("int (*)(const char *)", ffi.new("int (*)()", C.negated)) end)
            says(function() return ffi.new("int (*)(const char *)", C.negated) end)
            says(function() return ffi.new("int (*[1])()", { C.negated }) end)
            says(function() return ffi.new("int (**)()", ffi.new("int (*[1])(int)", { C.negated })) end)
            says(function() return ffi.new("int (*)(void *, void *)", C.rand) end)
            says(function() return lj.new("int (*)(void *)", lj.C.strlen) end)
            print(ffi.tofunction(ffi.addressof(C.negated), "mine")(-4))
        ]])
    end)

    it("light userdata, which C modules give, is a void pointer and no other", function()
        prints("ok\ncannot convert userdata to 'struct node *'\ncannot convert userdata to 'int (*)(int, int)'\n", [[
            local light = debug.upvalueid(function() return C end, 1)
            says(function() return ffi.new("void *", light) end)
            says(function() return ffi.new("struct node *", light) end)
            says(function() return ffi.new("binary", light) end)
        ]])
    end)

    it("the modules behind the API open no library and run no program", function()
        prints("no new libraries after ffi.lock()\nno new libraries after ffi.lock()\n" ..
            ("no new declarations after ffi.lock()\n"):rep(3) .. "nothing ran\n", [[
            local hidden, process = require "cffi.fiddle.system", require "cffi.include.process"
            says(hidden.dlopen, "libz.so.1", 1)
            says(hidden.load, "z")
            says(process.run, { "touch", path })
            require("cffi.include.options").unlocked = function() end
            ffi.locked = function() return false end
            says(ffi.compile, "int one;", { cc = { "touch", path } })
            says(ffi.verify, "int abs(int);", "stdlib.h", { cc = { "touch", path } })
            print(io.open(path) and "ran" or "nothing ran")
        ]])
    end)

    it("callbacks raise, however they are made", function()
        prints(("no new callbacks after ffi.lock()\n"):rep(2) .. "no new pointer casts after ffi.lock()\n" ..
            ("no new callbacks after ffi.lock()\n"):rep(3) .. "5\n", [[
            local function fn() return 0 end
            says(function() ffi.callback("binary", fn) end)
            says(function() C.qsort(ffi.new "int[2]", 2, 4, fn) end)
            says(function() ffi.cast("binary", fn) end)
            says(function() ffi.new("struct ops", { add = fn }) end)
            says(function() ffi.new("binary[1]")[0] = fn end)
            says(function() made:set(fn) end)
            print(made(2, 3))
        ]])
    end)

    it("headers are not read, and no compiler runs", function()
        prints(("no new declarations after ffi.lock()\n"):rep(3), [[
            says(function() ffi.include "zlib.h" end)
            says(function() ffi.compile "int one(void) { return 1; }" end)
            says(function() ffi.verify("int abs(int);", "stdlib.h") end)
        ]])
    end)

    it("bytes of numbers may still be copied and filled", function()
        prints("255\t66\n", [[
            local p = ffi.new "struct point"
            ffi.fill(p, 1, 255)
            local s = ffi.new "char[4]"
            ffi.copy(s, "AB")
            print(p.x, s[1])
        ]])
    end)
end)
