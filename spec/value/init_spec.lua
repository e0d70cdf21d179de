-- Aggregate initialisers (docs/design.md S1, S6; LuaJIT's rules made safe).

local cffi = require "cffi"
local support = require "support"
local raises = support.raises

local ffi = cffi.scope {}
local jit = cffi.scope {luajit = true, bounds = false, overflow = "wrap"}

local TYPES = [[
    struct point { int x, y; };
    struct line { struct point from, to; };
    struct flags { unsigned a : 3; unsigned : 5; int b : 4; bool c : 1; };
    struct named { const char *name; int n; };
    struct nested { int a; struct { int b, c; }; union { int d; float e; }; int f; };
    union number { int i; double d; char text[8]; };
    union shapes { struct { int x, y; }; struct { short w, h; }; };
    struct vls { int n; struct point items[?]; };
    struct flexible { int n; char text[]; };
    struct one { int n; int items[1]; };
]]
ffi.cdef(TYPES)
jit.cdef(TYPES)

local function list(a)
    local out = {}
    for i = 0, #a - 1 do out[#out + 1] = a[i] end
    return out
end

describe("array initialisers", function()
    it("are zeros when there are none", function()
        assert.same({0, 0, 0}, list(ffi.new "int[3]"))
        assert.same({0, 0}, list(ffi.new("int[?]", 2)))
    end)

    it("fill the array with one value", function()
        assert.same({5, 5, 5}, list(ffi.new("int[3]", 5)))
        assert.same({5, 5, 5}, list(ffi.new("int[?]", 3, 5)))
        assert.same({5, 5, 5}, list(ffi.new("int[3]", {5})))
        local a = ffi.new("const char *[3]", {"same"})
        assert.equal("same", ffi.string(a[2]))
    end)

    it("go to the elements in order, the rest is zero", function()
        assert.same({1, 2, 0}, list(ffi.new("int[3]", 1, 2)))
        assert.same({1, 2, 0}, list(ffi.new("int[3]", {1, 2})))
        assert.same({1, 2, 0}, list(ffi.new("int[3]", {[0] = 1, 2})))
        assert.same({1, 2, 0, 0}, list(ffi.new("int[?]", 4, {1, 2})))
        assert.same({7, 0, 0}, list(ffi.new("int[?]", 3, {7})))
    end)

    it("end at the first nil, and lose nothing behind it", function()
        assert.same({1, 2, 0}, list(ffi.new("int[3]", {1, 2, nil})))
        raises("initializer for 'int[3]' has a gap at position 2", ffi.new, "int[3]", {1, nil, 3})
        raises("initializer for 'int[3]' has a gap at position 1", ffi.new, "int[3]", {[0] = 1, [2] = 3})
        raises("initializer for 'int[3]' has a gap at position 1", ffi.new, "int[3]", {[2] = 3})
        raises("initializer for 'int[3]' has a key that is no position: x", ffi.new, "int[3]",
            {1, 2, x = 3})
        raises("initializer for 'int[3]' has a key that is no position: 1.5", ffi.new, "int[3]",
            {[1.5] = 3})
        raises("initializer for 'int[3]' has a key that is no position: -1", ffi.new, "int[3]",
            {[-1] = 3, 1})
        raises("initializer for 'int[2]' has a gap at position 2", ffi.new, "int[2][2]",
            {{1, 2}, {1, nil, 3}})
    end)

    it("give an array without a length theirs, as in C", function()
        local function made(...)
            local a = ffi.new(...)
            return tostring(ffi.typeof(a)), list(a)
        end
        assert.same({"ctype<char[4]>", {97, 98, 99, 0}}, {made("char[]", "abc")})
        assert.same({"ctype<int[3]>", {1, 2, 3}}, {made("int[]", {1, 2, 3})})
        assert.same({"ctype<int[2]>", {1, 2}}, {made("int[]", {[0] = 1, 2})})
        assert.same({"ctype<int[1]>", {7}}, {made("int[]", {7})})
        assert.same({"ctype<int[0]>", {}}, {made("int[]", {})})
        assert.same({"ctype<int[2]>", {4, 5}}, {made("int[]", ffi.new("int[?]", 2, {4, 5}))})
        local names = ffi.new("const char *[]", {"a", "bc"})
        assert.same({2, "bc"}, {#names, ffi.string(names[1])})
        assert.equal(2, #ffi.new("struct point[]", {{1, 2}, {x = 3}}))
        raises("length of 'int[]' is unknown: give a table, or a number as in ffi.new(\"int[?]\", n)",
            ffi.new, "int[]", 3)
        raises("length of 'int[]' is unknown: give a table, or a number as in ffi.new(\"int[?]\", n)", ffi.new, "int[]")
        raises("length of 'int[]' is unknown: give a table, or a number as in ffi.new(\"int[?]\", n)",
            ffi.new, "int[]", "abc")
        raises("length of 'char[]' is unknown: give a table, or a number as in ffi.new(\"char[?]\", n)",
            jit.new, "char[]", "abc")
    end)

    it("are refused when there are too many", function()
        raises("too many initializers for 'int[3]'", ffi.new, "int[3]", 1, 2, 3, 4)
        raises("too many initializers for 'int[3]'", ffi.new, "int[3]", {1, 2, 3, 4})
        raises("too many initializers for 'int[?]'", ffi.new, "int[?]", 2, {1, 2, 3})
        raises("the number of elements of a variable-length type is negative: integer -1", ffi.new,
            "int[?]", -1)
        raises("too many initializers for 'int[2]'", ffi.new, "int[2][2]", {{1, 2, 3}})
        raises("too many initializers for 'int[0]'", ffi.new, "int[0]", 1)
    end)

    it("nest", function()
        local m = ffi.new("int[2][3]", {{1, 2, 3}, {4, 5, 6}})
        assert.equal(6, m[1][2])
        local p = ffi.new("struct point[2]", {1, 2}, {x = 3})
        assert.same({1, 2, 3, 0}, {p[0].x, p[0].y, p[1].x, p[1].y})
        raises("element 0 of 'int[2][3]': cannot convert integer 1 to 'int[3]'", ffi.new,
            "int[2][3]", 1, 2)
    end)

    it("name the element that does not convert", function()
        raises("element 1 of 'signed char[3]': integer 200000 does not fit 'signed char' (8 bits)", ffi.new,
            "int8_t[3]", {1, 200000})
        raises("element 2 of 'int[3]': cannot convert string \"x\" to 'int': (\"x\"):byte() is its code", ffi.new,
            "int[3]", 1, 2, "x")
    end)

    it("copy an array of the same type", function()
        local a = ffi.new("int[3]", {1, 2, 3})
        assert.same({1, 2, 3}, list(ffi.new("int[3]", a)))
        assert.same({1, 2, 3}, list(ffi.new("const int[3]", a)))
        local v = ffi.new("int[?]", 2, {4, 5})
        assert.same({4, 5, 0}, list(ffi.new("int[?]", 3, v)))
        raises("too many initializers for 'int[?]'", ffi.new, "int[?]", 1, v)
    end)

    it("copy strings into arrays of bytes", function()
        assert.same({97, 98, 0, 0}, list(ffi.new("char[4]", "ab")))
        assert.same({97, 98, 99, 100}, list(ffi.new("uint8_t[4]", "abcd")))
        assert.same({97, 0, 98}, list(ffi.new("char[3]", "a\0b")))
        assert.same({97, 0, 0}, list(ffi.new("char[?]", 3, "a")))
        local m = ffi.new("char[2][4]", {"ab", "cd"})
        assert.equal("cd", ffi.string(m[1]))
        raises("string of 5 bytes does not fit 'char[4]' (4 bytes)", ffi.new, "char[4]", "abcde")
        raises("string of 5 bytes does not fit 'char[?]' (2 bytes)", ffi.new, "char[?]", 2, "abcde")
        raises("element 1 of 'char[2][2]': string of 3 bytes does not fit 'char[2]' (2 bytes)",
            ffi.new, "char[2][2]", {"ab", "cde"})
        raises("cannot convert string \"ab\" to 'int[3]': wide characters are {utf8.codepoint(s, 1, -1)}",
            ffi.new, "int[3]", "ab")
        raises("cannot convert string \"ab\" to 'const char *[2]'", ffi.new, "const char *[2]", "ab")
    end)

    it("take big integers as values, not as tables", function()
        local big = setmetatable({}, {__cffi_integer = function() return "77" end})
        assert.same({77, 77}, list(ffi.new("int[2]", big)))
        assert.same({77, 1}, list(ffi.new("int[2]", {big, 1})))
    end)

    it("keep stored strings alive", function()
        local a = ffi.new("const char *[2]", {("x"):rep(50), ("y"):rep(60)})
        support.gc()
        for i = 1, 200 do local _ = ("z"):rep(50 + i % 20) end
        assert.equal(("x"):rep(50), ffi.string(a[0]))
        assert.equal(("y"):rep(60), ffi.string(a[1]))
    end)
end)

describe("struct initialisers", function()
    it("go by order, by position or by name", function()
        for _, p in ipairs {ffi.new("struct point", 1, 2), ffi.new("struct point", {1, 2}),
                            ffi.new("struct point", {[0] = 1, 2}),
                            ffi.new("struct point", {y = 2, x = 1})} do
            assert.same({1, 2}, {p.x, p.y})
        end
        assert.equal(0, ffi.new("struct point", {x = 1}).y)
        assert.equal(0, ffi.new("struct point", 1).y)
        assert.equal(0, ffi.new("struct point", {}).x)
    end)

    it("nest", function()
        local l = ffi.new("struct line", {{1, 2}, {x = 3, y = 4}})
        assert.same({1, 2, 3, 4}, {l.from.x, l.from.y, l.to.x, l.to.y})
        l = ffi.new("struct line", {to = {y = 9}})
        assert.same({0, 9}, {l.from.x, l.to.y})
        l = ffi.new("struct line", l.to, ffi.new("struct point", 5, 6))
        assert.same({9, 5}, {l.from.y, l.to.x})
    end)

    it("go through anonymous members in order", function()
        local n = ffi.new("struct nested", 1, 2, 3, 4, 5)
        assert.same({1, 2, 3, 4, 5}, {n.a, n.b, n.c, n.d, n.f})
        n = ffi.new("struct nested", {1, 2, 3, 4, 5})
        assert.same({1, 2, 3, 4, 5}, {n.a, n.b, n.c, n.d, n.f})
        n = ffi.new("struct nested", {c = 3, e = 1.5})
        assert.same({3, 1.5}, {n.c, n.e})
    end)

    it("skip unnamed bit-fields and check ranges", function()
        local f = ffi.new("struct flags", 7, -8, true)
        assert.same({7, -8, true}, {f.a, f.b, f.c})
        raises("field 'a' of 'struct flags': integer 8 does not fit 'unsigned int' (3 bits)",
            ffi.new, "struct flags", {8})
        raises("field 'b' of 'struct flags': integer 16 does not fit 'int' (4 bits)",
            ffi.new, "struct flags", {b = 16})
    end)

    it("are refused when there are too many", function()
        raises("too many initializers for 'struct point'", ffi.new, "struct point", 1, 2, 3)
        raises("too many initializers for 'struct point'", ffi.new, "struct point", {1, 2, 3})
        raises("field 'to' of 'struct line': cannot convert integer 2 to 'struct point'",
            ffi.new, "struct line", {{1}, 2})
    end)

    it("are refused when they name no member", function()
        raises("'struct point' has no member 'z' (members: x, y)", ffi.new, "struct point", {z = 1})
        raises("'struct named' has no member 'nam' (did you mean 'name'?)", ffi.new,
            "struct named", {nam = "x"})
        raises("initializer for 'struct point' mixes positions and the name 'y'", ffi.new,
            "struct point", {1, y = 2})
        raises("initializer for 'struct point' has a key that is no member name: true", ffi.new,
            "struct point", {[true] = 2})
        raises("initializer for 'struct nested' has a gap at position 2", ffi.new,
            "struct nested", {1, nil, 3})
    end)

    it("set the first member from one string", function()
        assert.equal("abc", ffi.string(ffi.new("struct named", "abc").name))
    end)

    it("copy a struct of the same type, with the strings it keeps", function()
        local a = ffi.new("struct named", {("n"):rep(45), 3})
        local b = ffi.new("struct named", a)
        a = nil -- luacheck: ignore
        support.gc()
        for _ = 1, 100 do local _ = ("m"):rep(45) end
        assert.equal(("n"):rep(45), ffi.string(b.name))
        assert.equal(3, b.n)
    end)

    it("name the field that does not convert", function()
        raises("field 'y' of 'struct point': cannot convert string \"b\" to 'int': (\"b\"):byte() is its code", ffi.new,
            "struct line", {{1, "b"}})
    end)
end)

describe("union initialisers", function()
    it("set the first member, or the one named", function()
        assert.equal(5, ffi.new("union number", 5).i)
        assert.equal(5, ffi.new("union number", {5}).i)
        assert.equal(2.5, ffi.new("union number", {d = 2.5}).d)
        assert.equal("hi", ffi.string(ffi.new("union number", {text = "hi"}).text))
    end)

    it("take one member only", function()
        raises("too many initializers for 'union number'", ffi.new, "union number", 1, 2)
        raises("too many initializers for 'union number'", ffi.new, "union number", {1, 2})
        raises("too many initializers for 'union number'", ffi.new, "union number",
            {i = 1, d = 2})
        raises("'union number' has no member 'j' (members: i, d, text)", ffi.new, "union number", {j = 1})
    end)

    it("have C's own braces around anonymous members, or their first member's", function()
        local T = ffi.typeof "struct { int a; union { struct { short x, y; } pair; int both; }; int z; }"
        for _, values in ipairs { { 1, { 2, 3 }, 4 }, { 1, { { 2, 3 } }, 4 }, { 1, { { x = 2, y = 3 } }, 4 } } do
            local v = T(values)
            assert.same({ 1, 2, 3, 4 }, { v.a, v.pair.x, v.pair.y, v.z })
        end
        local U = ffi.typeof "struct { struct { int v[2]; int w; }; }"
        for _, values in ipairs { { { 5, 6 }, 7 }, { { { 5, 6 }, 7 } } } do
            local v = U(values)
            assert.same({ 5, 6, 7 }, { v.v[0], v.v[1], v.w })
        end
        local deep = ffi.new("struct { union { struct { struct { int i; } in; } out; int n; }; }", { { { 9 } } })
        assert.equal(9, deep.out["in"].i)
    end)

    it("fill one anonymous alternative", function()
        local s = ffi.new("union shapes", {3, 4})
        assert.same({3, 4}, {s.x, s.y})
        s = ffi.new("union shapes", {w = 5, h = 6})
        assert.same({5, 6}, {s.w, s.h})
    end)
end)

describe("variable-length structs", function()
    it("take their length first and are zeroed", function()
        local v = ffi.new("struct vls", 3)
        assert.equal(0, v.items[2].y)
        v = ffi.new("struct vls", 2, {7, {{1, 2}}})
        assert.same({7, 1, 2, 0, 0},
            {v.n, v.items[0].x, v.items[0].y, v.items[1].x, v.items[1].y})
        raises("too many initializers for 'struct point[?]'", ffi.new, "struct vls", 1,
            {7, {{1, 2}, {3, 4}}})
    end)

    it("take no length but an integer #lp64", function()
        local text = "the number of elements of a variable-length type "
        for value, name in pairs {[2.5] = "number 2.5", ["2"] = 'string "2"', [false] = "boolean false",
                                  [math.huge] = "number inf"} do
            raises(text .. "must be an integer, got " .. name, ffi.new, "int[?]", value)
        end
        raises(text .. "must be an integer, got 'struct point'", ffi.new, "int[?]",
            ffi.new "struct point")
        raises(text .. "is negative: integer -1", ffi.new, "struct vls", -1)
        raises("size of 'int[?]' is too large", ffi.new, "int[?]", ffi.cast("uint64_t", -1))
        raises("size of 'int[?]' is too large", ffi.new, "int[?]", math.maxinteger)
        local function make() local _ = ffi.new("int[?]", 1e15) end
        assert.equal(debug.getinfo(make, "S").linedefined,
            raises("not enough memory for 'int[?]' (4000000000000000 bytes)", make))
        raises("'int[?]' needs its number of elements", ffi.new, "int[?]")
        assert.equal(3, #ffi.new("int[?]", ffi.new("uint64_t", 3)))
        assert.equal(3, #ffi.new("int[?]", 3.0))
        assert.equal(2, #jit.new("int[?]", 2.5)) -- LuaJIT drops the fraction
    end)

    it("know the length of over-aligned objects, wherever the memory lies #lp64", function()
        for n = 1, 20 do
            local f = ffi.new("struct { long double d; char text[]; }", n)
            assert.equal(n, #f.text)
            raises(("bad argument #2 to 'fill' (%d bytes, but argument #1 has only %d)"):format(n + 1, n),
                ffi.fill, f.text, n + 1)
            local wide = ffi.new("__int128[?]", n)
            assert.equal(n, #ffi.new(("__int128[%d]"):format(n), wide))
        end
    end)

    it("initialise flexible members within their memory", function()
        local f = ffi.new("struct flexible", 4, {1, "abc"})
        assert.equal("abc", ffi.string(f.text))
        raises("field 'text' of 'struct flexible': string of 6 bytes does not fit 'char[]' (4 bytes)",
            ffi.new, "struct flexible", 4, {1, "abcdef"})
        assert.equal(9, ffi.new("struct one", {1, {9}}).items[0])
        raises("too many initializers for 'int[1]'", ffi.new, "struct one", {1, {9, 8}})
    end)
end)

describe("vector and complex initialisers", function()
    it("set parts", function()
        ffi.cdef "typedef int v4 __attribute__((vector_size(16)));"
        local v = ffi.new("v4", 1, 2, 3, 4)
        assert.same({1, 4}, {v[0], v[3]})
        assert.same({6, 6}, {ffi.new("v4", 6)[0], ffi.new("v4", 6)[3]})
        assert.same({1, 0}, {ffi.new("v4", {1, 2})[0], ffi.new("v4", {1, 2})[3]})
        local z = ffi.new("double _Complex", 1, 2)
        assert.same({1.0, 2.0}, {z.re, z.im})
        raises("too many initializers for 'double _Complex'", ffi.new, "double _Complex", 1, 2, 3)
    end)
end)

describe("LuaJIT's rules for initialisers", function()
    it("cut strings and ignore unknown and excess entries", function()
        assert.same({97, 98}, {jit.new("char[2]", "abcd")[0], jit.new("char[2]", "abcd")[1]})
        assert.same({1, 1, 1}, list(jit.new("int[3]", {1, nil, 3, x = 5})))
        assert.equal(1, jit.new("struct point", {x = 1, z = 5}).x)
        assert.equal(2, jit.new("struct point", {1, 2, 3}).y)
        assert.equal(0, jit.new("struct point", {1, y = 5}).y)
        assert.equal(1, jit.new("union number", {i = 1, d = 2}).i)
    end)

    it("go through members without a name to the first one that has one", function()
        local a = ffi.new("struct { struct { int a, b; }; int c; }[2]", { { 1, 2, 3 }, { 4 } })
        assert.same({ 1, 2, 3, 4 }, { a[0].a, a[0].b, a[0].c, a[1].a })
        local u = ffi.new("struct { union { struct { int a, b; }; }; int c; }", { { 1, 2 }, 3 })
        assert.same({ 1, 2, 3 }, { u.a, u.b, u.c })
        ffi.cdef "struct init_part { int x, y; };"
        local s = ffi.new("struct { struct { struct init_part p; int b; }; int c; }",
            { ffi.new("struct init_part", 1, 2), 7, 3 })
        assert.same({ 1, 2, 7, 3 }, { s.p.x, s.p.y, s.b, s.c })
    end)

    it("give an open end within its length", function()
        ffi.cdef "struct init_open { int k; short v[]; }; struct init_outer { int n; struct init_open inner; };"
        local outer = ffi.new("struct init_outer", 5)
        assert.equal(8 + 5 * 2, ffi.sizeof(outer))
        outer.inner.v[4] = 7
        assert.equal(7, outer.inner.v[4])
        raises("index 5 out of bounds for 'short[]'", function() outer.inner.v[5] = 7 end)
    end)

    it("still refuse what would overflow the object", function()
        raises("too many initializers for 'int[3]'", jit.new, "int[3]", {1, 2, 3, 4})
        raises("too many initializers for 'int[?]'", jit.new, "int[?]", 2, {1, 2, 3})
        raises("too many initializers for 'struct point'", jit.new, "struct point", 1, 2, 3)
    end)
end)
