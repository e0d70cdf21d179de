-- ffi.lock (SECURITY.md): what a host has bound works, nothing is added, by no way round it. Each case in a
-- process of its own, for a lock is for good.
local support = require "support"

local BOUND = [[
    local ffi = require "cffi"
    TEXT = [=[
        int abs(int); size_t strlen(const char *); void *malloc(size_t); void free(void *);
        void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
        struct point { int x, y; }; struct node { struct node *next; int value; };
        typedef int (*binary)(int, int); struct ops { binary add; };
    ]=]
    ffi.cdef(TEXT)
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

    it("the same text again, which adds nothing, is taken", function()
        prints("ok\n", "says(ffi.cdef, TEXT)")
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

    it("callbacks raise, however they are made", function()
        prints(("no new callbacks after ffi.lock()\n"):rep(2) .. "no new pointer casts after ffi.lock()\n" ..
            ("no new callbacks after ffi.lock()\n"):rep(2), [[
            local function fn() return 0 end
            says(function() ffi.callback("binary", fn) end)
            says(function() C.qsort(ffi.new "int[2]", 2, 4, fn) end)
            says(function() ffi.cast("binary", fn) end)
            says(function() ffi.new("struct ops", { add = fn }) end)
            says(function() ffi.new("binary[1]")[0] = fn end)
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
