-- ffi.inspect and ffi.hexdump: every kind of value, within limits, and memory that is not there.
local support = require "support"
local memory = require "cffi.memory"
local ffi = require "cffi"

local scope = ffi.scope {}
scope.cdef [[
    enum color { RED, GREEN = 5 };
    struct point { int x, y; };
    struct node { int value; struct node *next; const char *name; };
    typedef struct { char name[8]; struct point at[2]; enum color c; int *p; unsigned n : 3; } item;
    struct later;
    int abs(int number);
    int getpagesize(void);
    void *mmap(void *, size_t, int, int, int, long);
    int munmap(void *, size_t);
]]
local inspect = scope.inspect

-- Text in which addresses are "@".
local function shown(value, options)
    return (inspect(value, options):gsub("0x%x+", "@"))
end

describe("ffi.inspect", function()
    for name, row in pairs {
        strings = { '"a\\x00b\\n\\"q\\""', 'a\0b\n"q"' },
        ["strings of UTF-8 and of bytes"] = { '{"é", "\\xff"}', { "é", "\xff" } },
        numbers = { "{1, 2.5, true}", { 1, 2.5, true } },
        tables = { '{1, {2}, [2.5] = "half", key = {b = true}}', { 1, { 2 }, [2.5] = "half", key = { b = true } } },
        ["tables within tables"] = { "{{{{..}}}}", { { { { 1 } } } } },
        structs = { "struct point {x = 1, y = -2}", scope.new("struct point", 1, -2) },
        ["structs of structs"] = {
            'item {\n    name = "box", at = {{x = 1, y = 2}, {x = 0, y = 0}}, c = GREEN, p = nil,\n    n = 5\n}',
            scope.new("item", { name = "box", at = { { 1, 2 }, {} }, c = "GREEN", n = 5 }) },
        unions = { "union {i = 1, b = {01 00 00 00 |....|}}", scope.new("union { int i; unsigned char b[4]; }", 1) },
        ["unnamed members"] = { "struct {a = 0, b = false, d = 0.0}",
            scope.new "struct { struct { int a; }; int : 3; bool b; double d; }" },
        ["open ends"] = { "struct {n = 0, rest = {}}", scope.new "struct { int n; int rest[]; }" },
        ["unnamed elements"] = { "array {{x = 0}, {x = 0}}", scope.new "struct { int x; }[2]" },
        arrays = { "int[3] {1, 2, 0}", scope.new("int[3]", { 1, 2 }) },
        ["arrays of a length given"] = { "int[?] {0, 0}", scope.new("int[?]", 2) },
        ["arrays of arrays"] = { "int[2][2] {{0, 0}, {0, 0}}", scope.new "int[2][2]" },
        ["arrays of pointers"] = { "int *[1] {nil}", scope.new "int *[1]" },
        ["arrays of characters"] = { 'char[6] "a\\n"', scope.new("char[6]", "a\n") },
        ["few bytes"] = { "unsigned char[3] {01 02 41 |..A|}", scope.new("uint8_t[3]", { 1, 2, 65 }) },
        ["many bytes"] = { "unsigned char[20] {\n"
            .. "    00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
            .. "    00 00 00 00                                       |....|\n}", scope.new "uint8_t[20]" },
        enums = { "{enum color GREEN, enum color 6}", { scope.new("enum color", 5), scope.new("enum color", 6) } },
        ["arrays of enums"] = { "enum color[2] {RED, RED}", scope.new "enum color[2]" },
        ["characters"] = { "struct {c = 65 'A', d = 10}", scope.new("struct { char c, d; }", 65, 10) },
        ["boxed numbers"] = { "{int 5, double 0.5, bool true, 18446744073709551615, 1+2i}",
            { scope.new("int", 5), scope.new("double", 0.5), scope.new("bool", true), scope.cast("uint64_t", -1),
                scope.new("complex", 1, 2) } },
        ["types and functions"] = { "{ctype<struct point>, function: int abs(int number)}",
            { scope.typeof "struct point", scope.C.abs } },
        ["pointers to functions"] = { "int (*)(int) @ (abs in libc.so.6)", scope.cast("int (*)(int)", scope.C.abs) },
        NULL = { "struct point * NULL", scope.new "struct point *" },
        ["wild pointers"] = { "struct point * @ (unreadable)", scope.cast("struct point *", 8) },
        ["wild objects"] = { "struct point @ (unreadable)", scope.cast("struct point *", 8)[0] },
        ["wild arrays"] = { "int[5] @ (unreadable)", scope.cast("int (*)[5]", 8)[0] },
        ["wild texts"] = { "char * @ (unreadable)", scope.cast("char *", 8) },
        ["wild bytes"] = { "unsigned char * @ (unreadable)", scope.cast("unsigned char *", 8) },
        ["pointers to nobody knows what"] = { "{void * @, struct later * @ (opaque)}",
            { scope.cast("void *", 8), scope.cast("struct later *", 8) } },
        texts = { '{char * "text", unsigned char * "text"}',
            { scope.cast("char *", "text"), scope.cast("unsigned char *", "text") } },
        ["bytes that are no text"] = { "unsigned char * @ -> {ff 00 41 00 00 00 00 00 |..A.....|..}",
            scope.cast("unsigned char *", scope.new("uint8_t[8]", { 255, 0, 65 })) },
        ["pointers to numbers"] = { "int * @ -> 7", scope.cast("int *", scope.new("int[1]", 7)) },
    } do
        it("of " .. name, function()
            assert.equal(row[1], shown(row[2], row[3]))
        end)
    end

    it("follows pointers one level", function()
        local last = scope.new("struct node", { value = 3, name = "last" })
        local middle = scope.new("struct node", { 2, last })
        local first = scope.new("struct node", { 1, middle })
        last.next = first
        assert.equal("struct node {value = 1, next = @ -> {value = 2, next = @, name = nil}, name = nil}",
            shown(first, { width = 200 }))
        assert.equal('struct node * @ -> {value = 3, next = @, name = "last"}', shown(middle.next, { width = 200 }))
    end)

    it("cuts cycles and what is long, and is quick about it", function()
        local t = { list = {} }
        t.self = t
        for i = 1, 1000000 do t.list[i] = i end
        local names = {}
        for i = 1, 100000 do names["name" .. i] = i end
        local array = scope.new "int[1000000]"
        local start = os.clock()
        assert.truthy(inspect(t):find "^{\n    list = {\n        1, 2, .* 39, 40, %.%.\n    },\n    self = {..}\n}$")
        assert.truthy(inspect(names):find ",%s+%.%.\n}$")
        assert.truthy(inspect(array):find "^int%[1000000%] {[0,%s]*,%s+%.%.\n}$")
        assert.is_true(#inspect(scope.new("char[100000]", ("x"):rep(9000))) < 500)
        assert.is_true(#inspect { ("x"):rep(9000) } < 500)
        assert.is_true(os.clock() - start < 0.25)
    end)

    it("has depth, width and items as options; a number is the depth", function()
        assert.equal("{{..}}", inspect({ { 1 } }, 1))
        assert.equal("{1, 2, ..}", inspect({ 1, 2, 3 }, { items = 2 }))
        assert.equal("{1, 2}", inspect({ 1, 2 }, { items = 2 }))
        assert.equal("{\n    100, 200,\n    300\n}", inspect({ 100, 200, 300 }, { width = 14 }))
        assert.equal("{{{{{1}}}}}", inspect({ { { { { 1 } } } } }, { depth = 9 }))
    end)

    it("lets what has a __tostring speak, where there is something to read", function()
        local own = scope.metatype("struct { int own; }", {
            __tostring = function(self) return "own " .. self.own end,
        })
        assert.equal("own 5", inspect(own(5)))
        assert.equal("{own 5}", inspect { own(5) })
        local wild = scope.cast(scope.typeof("$ *", own), 8)
        assert.truthy(inspect(wild):find "0x8 %(unreadable%)$")
        assert.equal("mine", inspect(setmetatable({}, { __tostring = function() return "mine" end })))
        assert.truthy(inspect(setmetatable({}, { __tostring = function() error "oh" end }))
            :find "^%(error in __tostring: .*oh%)$")
    end)

    it("refuses what it does not know", function()
        support.raises("bad argument #2 to 'inspect' (no option 'deep': there are depth, items, width)",
            function() inspect(1, { deep = 1 }) end)
        support.raises("bad argument #2 to 'inspect' (depth: number expected, got x)",
            function() inspect(1, { depth = "x" }) end)
        support.raises("bad argument #2 to 'inspect' (depth or table of options expected, got string)",
            function() inspect(1, "x") end)
        support.raises("bad argument #3 to 'inspect' (two arguments are enough)", function() inspect(1, 1, 1) end)
    end)

    it("leaves errno as it was", function()
        ffi.errno(7)
        inspect(scope.cast("char *", 8))
        inspect(scope.cast("int (*)(int)", scope.C.abs))
        assert.equal(7, ffi.errno())
    end)

    it("works in cffi.luajit", function()
        local luajit = require "cffi.luajit"
        assert.equal("int[2] {0, 0}", luajit.inspect(luajit.new "int[2]"))
        assert.equal("00000000  61                                                |a|", luajit.hexdump "a")
    end)
end)

describe("ffi.hexdump", function()
    it("shows addresses, bytes and characters", function()
        local block = scope.new("char[20]", "hello")
        local address = memory.address(block)
        assert.equal(("0x%012x  68 65 6c 6c 6f 00 00 00  00 00 00 00 00 00 00 00  |hello...........|\n"
            .. "0x%012x  00 00 00 00                                       |....|"):format(address, address + 16),
            scope.hexdump(block))
        assert.equal("00000000  61 62                                             |ab|", scope.hexdump("abc", 2))
        assert.equal("", scope.hexdump "")
    end)

    it("shows as much as the type says, else 64 bytes", function()
        local function rows(...) return select(2, scope.hexdump(...):gsub("[^\n]+", "")) end
        local block = scope.new "uint64_t[16]"
        for i = 0, 15 do block[i] = i end
        assert.equal(8, rows(block))
        assert.equal(1, rows(scope.cast("uint64_t *", block)))
        assert.equal(4, rows(scope.cast("void *", block)))
        assert.equal(2, rows(scope.cast("void *", block), 17))
        assert.equal(4, rows(scope.C.abs))
    end)

    it("has a star for rows that repeat", function()
        assert.equal("00000000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|\n*\n"
            .. "00000030  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|",
            scope.hexdump(("x"):rep(64)))
    end)

    it("says where memory ends", function()
        assert.equal("0x000000000008  (unreadable)", scope.hexdump(scope.cast("char *", 8), 4))
        local block = scope.new("char[?]", 3 << 20) -- reading makes the heap behind it grow
        local text = scope.hexdump(block, 1 << 40)
        assert.truthy(text:find("\n%*\n0x%x+  .*\n0x%x+  %(" .. (1 << 40) - (1 << 20) .. " bytes more%)$"))
        local page = scope.C.getpagesize()
        local pages = scope.C.mmap(nil, 2 * page, 3, 0x22, -1, 0)
        local start = memory.address(pages, true)
        scope.C.munmap(scope.cast("char *", pages) + page, page)
        assert.equal(("0x%012x  00 00 00 00                                       |....|\n"
            .. "0x%012x  (unreadable)"):format(start + page - 4, start + page),
            scope.hexdump(scope.cast("char *", pages) + page - 4, 10))
        assert.equal(page, #memory.read(start, 2 * page))
        assert.is_false(memory.is_readable(start, 2 * page))
        assert.is_true(memory.is_readable(start, page))
        scope.C.munmap(pages, page)
    end)

    it("refuses what has no bytes", function()
        support.raises("bad argument #1 to 'hexdump' (C object or string expected, got number)",
            function() scope.hexdump(5) end)
        support.raises("bad argument #1 to 'hexdump' (C object or string expected, got function)",
            function() scope.hexdump(print) end)
        support.raises("bad argument #2 to 'hexdump' (number of bytes expected, got -1)",
            function() scope.hexdump("a", -1) end)
        support.raises("bad argument #3 to 'hexdump' (two arguments are enough)",
            function() scope.hexdump("a", 1, 1) end)
    end)
end)

describe("memory that may not be there", function()
    it("is asked of the kernel one way or the other", function()
        local block = scope.new("char[5]", "text")
        local address = memory.address(block)
        for _, way in ipairs { "by_kernel", "by_pipe" } do
            assert.is_true(memory[way](address, 5), way)
            assert.is_falsy(memory[way](8, 5), way)
        end
        assert.equal("text", memory.text(address, 100))
        assert.equal("te", memory.text(address, 2))
        assert.is_nil(memory.text(8, 100))
        assert.equal("", memory.read(-1, 4))
    end)
end)
