-- Members and elements of C values: reading, writing, bounds, pairs (docs/design.md S5, S11, S12).

local cffi = require "cffi"
local support = require "support"
local raises = support.raises

local ffi = cffi.scope {}

ffi.cdef [[
    struct point { int x, y; };
    union number { int32_t i; float f; uint8_t bytes[4]; };
    struct mixed {
        const int fixed;
        struct point inner;
        const char *name;
        int list[3];
        struct { int anonymous; union { short low; long whole; }; };
        struct point *next;
        bool on;
        enum colour { RED, GREEN = 5, BLUE } colour;
        double _Complex z;
        void (*hook)(int);
        static const int LIMIT = 42;
    };
    struct tail { int n; int items[]; };
    struct old_tail { int n; int items[1]; int again[1]; };
    struct zero_tail { int n; char text[0]; };
    struct small_tail { int n; char last[1]; };
    struct opaque;
    struct a_member_name_longer_than_forty_characters {
        int a_member_name_that_is_longer_than_forty_characters_and_not_interned;
    };
]]

describe("members", function()
    it("are read and written by name", function()
        local m = ffi.new "struct mixed"
        m.inner.x = 7
        m.list[2] = 9
        m.on = true
        m.colour = "BLUE"
        assert.same({7, 9, true, 6}, {m.inner.x, m.list[2], m.on, m.colour})
    end)

    it("of anonymous structs and unions are the outer struct's", function()
        local m = ffi.new "struct mixed"
        m.anonymous = 3
        m.whole = 0x10002
        assert.equal(3, m.anonymous)
        assert.equal(2, m.low)
    end)

    it("of a union share their memory", function()
        local n = ffi.new "union number"
        n.f = 1.0
        assert.equal(0x3F800000, n.i)
        assert.equal(0x3F, n.bytes[3])
    end)

    it("are reached through one pointer level", function()
        local p = ffi.new("struct point", 1, 2)
        local ptr = ffi.cast("struct point *", p)
        ptr.y = 5
        assert.equal(5, p.y)
        local pp = ffi.new("struct point *[1]", ptr)
        assert.equal(5, pp[0].y)
        raises("'struct point *[1]' has no member 'y' (index an element first)", function() return pp.y end)
        local ptr2 = ffi.cast("struct point **", pp)
        raises("'struct point **' has no member 'y' (index an element first)", function() return ptr2.y end)
    end)

    it("that do not exist are refused, with the nearest name", function()
        local p = ffi.new "struct point"
        local m = ffi.new "struct mixed"
        raises("'struct point' has no member 'zebra' (members: x, y)", function() return p.zebra end)
        raises("'struct mixed' has no member 'anonymos' (did you mean 'anonymous'?)",
            function() return m.anonymos end)
        raises("'struct mixed' has no member 'nmae' (did you mean 'name'?)",
            function() m.nmae = 1 end)
        raises("'int' has no member 'x'", function() return ffi.new("int").x end)
        raises("'struct point[2]' has no member 'x' (index an element first)",
            function() return ffi.new("struct point[2]").x end)
    end)

    it("with names that Lua does not intern are found", function()
        local s = ffi.new "struct a_member_name_longer_than_forty_characters"
        s["a_member_name_that_is_longer_than_" .. "forty_characters_and_not_interned"] = 8
        assert.equal(8, s["a_member_name_that_is_longer_than_forty_" ..
                          "characters_and_not_interned"])
    end)

    it("that are const refuse writes", function()
        local m = ffi.new "struct mixed"
        raises("attempt to write to constant member 'fixed' of 'struct mixed'",
            function() m.fixed = 1 end)
        local p = ffi.cast("const struct point *", ffi.new("struct point", 3, 4))
        assert.equal(3, p.x)
        raises("attempt to write to constant member 'x' of 'const struct point'",
            function() p.x = 1 end)
        local c = ffi.cast("const struct mixed *", m)
        raises("attempt to write to constant member 'x' of 'const struct point'",
            function() c.inner.x = 1 end)
        raises("attempt to write to constant element of 'const int[3]'",
            function() c.list[0] = 1 end)
    end)

    it("are checked when written", function()
        local p = ffi.new("struct point", 1, 2)
        raises("field 'x' of 'struct point': integer 4294967296 does not fit 'int' (32 bits)",
            function() p.x = 2^32 | 0 end)
        raises("field 'x' of 'struct point': cannot convert string \"1\" to 'int'",
            function() p.x = "1" end)
        assert.equal(1, p.x)
    end)

    it("are shown with the typedefs that they were declared with", function()
        local own = ffi.scope {}
        own.cdef [[
            typedef unsigned ix_count; typedef struct { int a; } ix_pair; typedef int (*ix_fn)(char);
            struct ix { ix_count c : 3; const ix_count *p; union { ix_count u; int i; }; ix_fn fn; ix_pair pair;
                        int plain, list[2]; };
        ]]
        local object = own.new "struct ix"
        for name, shown in pairs {
            c = " (ix_count c): cannot convert table to 'unsigned int'",
            u = " (ix_count u): cannot convert table to 'unsigned int'",
            p = " (const ix_count *p): cannot convert boolean true to 'const unsigned int *'",
            fn = " (ix_fn fn): cannot convert boolean true to 'int (*)(char)'",
            i = ": cannot convert table to 'int'", pair = ": cannot convert boolean true to 'ix_pair'",
            plain = ": cannot convert table to 'int'",
        } do
            local value = shown:find("boolean", 1, true) and true or {}
            raises(("field '%s' of 'struct ix'%s"):format(name, shown), function() object[name] = value end)
        end
        local list = own.reflect("struct ix").members
        assert.equal("ix_count c:3", list[1].text)
        assert.equal("const ix_count *p", list[2].text)
        assert.equal("int list[2]", list[7].text)
        assert.equal("ctype<struct { ix_count n; int k; }>", tostring(own.typeof "struct { ix_count n; int k; }"))
        own.cdef("typedef long ix_count;", { override = true })
        assert.equal("unsigned int c:3", own.reflect("struct ix").members[1].text)
    end)

    it("of aggregate type take tables and copies, or stay as they were", function()
        local m = ffi.new "struct mixed"
        m.inner = {3, 4}
        assert.equal(4, m.inner.y)
        m.inner = ffi.new("struct point", 5, 6)
        assert.equal(5, m.inner.x)
        assert.is_false(pcall(function() m.inner = {1, "two"} end))
        assert.same({5, 6}, {m.inner.x, m.inner.y})
        m.list = {1, 2, 3}
        raises("too many initializers for 'int[3]'", function() m.list = {4, 5, 6, 7} end)
        assert.same({1, 2, 3}, {m.list[0], m.list[1], m.list[2]})
    end)

    it("of pointer type are nil when NULL", function()
        local m = ffi.new "struct mixed"
        assert.is_nil(m.name)
        m.next = ffi.new "struct point"
        assert.is_not_nil(m.next)
        m.next = nil
        assert.is_nil(m.next)
    end)

    it("read as views that keep the struct alive", function()
        local inner = ffi.new("struct mixed").inner
        support.gc()
        inner.x = 77
        for _ = 1, 50 do local _ = ffi.new "struct mixed" end
        support.gc()
        assert.equal(77, inner.x)
    end)

    it("keep a pointer with a finaliser from being finalised", function()
        local memory = ffi.new "struct point[3]"
        local freed = false
        local function make()
            return ffi.gc(ffi.cast("struct point *", ffi.cast("intptr_t", memory)),
                function() freed = true end)
        end
        local view, moved = make()[1], make() + 1
        local cast = ffi.cast("int *", make())
        local holder = ffi.new "struct mixed"
        holder.next = make()
        support.gc()
        assert.is_false(freed)
        view.x, cast[0], moved.y, holder.next.y = 1, 2, 3, 4 -- all are in use until here
        for name, held in pairs {view = view, moved = moved, cast = cast} do
            assert.is_not_nil(held, name)
        end
        view = nil -- luacheck: ignore
        support.gc()
        assert.is_true(freed)
        assert.same({2, 4, 1, 3}, {memory[0].x, memory[0].y, memory[1].x, memory[1].y})
        local p = make()
        raises("field 'name' of 'struct mixed': a Lua string cannot be stored in memory that Lua " ..
            "does not own: copy it with ffi.arena or ffi.new",
            function() ffi.cast("struct mixed *", p).name = "x" end)
    end)

    it("include static constants", function()
        local m = ffi.new "struct mixed"
        assert.equal(42, m.LIMIT)
        raises("attempt to write to constant member 'LIMIT' of 'struct mixed'",
            function() m.LIMIT = 1 end)
    end)

    it("of an incomplete struct do not exist", function()
        local p = ffi.cast("struct opaque *", 16)
        raises("size of 'struct opaque' is unknown", function() return p.x end)
        raises("size of 'struct opaque' is unknown", function() return p[0] end)
        raises("size of 'struct opaque' is unknown", function() p[0] = 1 end)
    end)
end)

describe("parts of complex numbers", function()
    it("are read by name and index", function()
        local z = ffi.new("double _Complex", 1, -2)
        assert.same({1.0, -2.0, 1.0, -2.0}, {z.re, z.im, z[0], z[1]})
        raises("index 2 out of bounds for 'double _Complex'", function() return z[2] end)
        raises("'double _Complex' has no member 'abs'", function() return z.abs end)
    end)

    it("are not written: the value may be a copy", function()
        local m = ffi.new "struct mixed"
        m.z = {re = 1, im = 2}
        assert.equal(2.0, m.z.im)
        raises("attempt to write to constant member 're' of 'double _Complex'",
            function() m.z.re = 5 end)
        raises("attempt to write to constant element of 'double _Complex'",
            function() m.z[0] = 5 end)
    end)
end)

describe("elements", function()
    it("take integers, integral floats, boxed integers and enums #lp64", function()
        local a = ffi.new("int[4]", {10, 11, 12, 13})
        assert.equal(11, a[1])
        assert.equal(12, a[2.0])
        assert.equal(13, a[ffi.new("uint64_t", 3)])
        assert.equal(13, a[ffi.new("uint8_t", 3)])
        assert.equal(10, a[ffi.new("enum colour", "RED")])
        a[ffi.new("__int128", 2)] = 99
        assert.equal(99, a[2])
    end)

    it("refuse indices that are no integers", function()
        local a = ffi.new "int[4]"
        raises("index 1.5 is not an integer", function() return a[1.5] end)
        raises("index inf is not an integer", function() return a[math.huge] end)
        raises("index 18446744073709551615 is out of range",
            function() return a[ffi.cast("uint64_t", -1)] end)
        raises("'int[4]' has no member '1'", function() return a["1"] end)
        raises("cannot index 'int[4]' with boolean true", function() return a[true] end)
        raises("cannot index 'int[4]' with table", function() a[{}] = 1 end)
        raises("cannot index 'int[4]' with 'double'", function() return a[ffi.new("double", 1)] end)
    end)

    it("outside an array's length are refused", function()
        local a = ffi.new "int[3]"
        raises("index 3 out of bounds for 'int[3]'", function() return a[3] end)
        raises("index -1 out of bounds for 'int[3]'", function() return a[-1] end)
        raises("index 3 out of bounds for 'int[3]'", function() a[3] = 1 end)
        local v = ffi.new("int[?]", 5)
        assert.equal(0, v[4])
        raises("index 5 out of bounds for 'int[?]'", function() return v[5] end)
        local m = ffi.new "int[2][3]"
        m[1][2] = 6
        assert.equal(6, m[1][2])
        raises("index 3 out of bounds for 'int[3]'", function() return m[1][3] end)
        raises("index 2 out of bounds for 'int[2][3]'", function() return m[2] end)
    end)

    it("are unchecked through pointers and in scopes without bounds", function()
        local a = ffi.new("int[4]", {1, 2, 3, 4})
        local p = ffi.cast("int *", a) + 2
        assert.equal(2, p[-1])
        assert.equal(4, p[1])
        local free = cffi.scope {bounds = false}
        local big = free.new("int[4]", {1, 2, 3, 4})
        local row = free.cast("int (*)[2]", big)[0]
        assert.equal(4, row[3])
    end)

    it("of a trailing array without a length are open-ended", function()
        local t = ffi.new("struct tail", 3)
        t.items[2] = 5
        assert.equal(5, t.items[2])
        raises("index 3 out of bounds for 'int[]'", function() return t.items[3] end)
        local memory = ffi.new("int[8]", {1, 2, 3, 4, 5, 6, 7, 8})
        local old = ffi.cast("struct old_tail *", memory)
        assert.equal(8, old.again[5])
        raises("index 1 out of bounds for 'int[1]'", function() return old.items[1] end)
        local zero = ffi.cast("struct zero_tail *", ffi.new("char[8]", "\1\0\0\0abc"))
        assert.equal(("c"):byte(), zero.text[2])
    end)

    it("of a trailing array are assigned as far as its memory is known", function()
        local t = ffi.new("struct tail", 3)
        t.items = {4, 5, 6}
        assert.same({4, 6}, {t.items[0], t.items[2]})
        raises("too many initializers for 'int[3]'", function() t.items = {1, 2, 3, 4} end)
        local memory = ffi.new "int[8]"
        local old = ffi.cast("struct old_tail *", ffi.cast("intptr_t", memory))
        old.again = {7}
        assert.equal(7, memory[2])
        raises("too many initializers for 'int[1]'", function() old.again = {7, 8} end)
        local open = ffi.cast("struct tail *", ffi.cast("intptr_t", memory))
        raises("length of 'int[]' is unknown", function() open.items = {1} end)
    end)

    it("of a trailing array take an array of as many elements as that was made with", function()
        local s = ffi.new "struct small_tail[2]" -- padding and a neighbour follow its end
        s[0].last, s[1].n = {1, 2, 3}, 77
        s[0].last = ffi.new("char[1]", 9)
        s[0].last = ffi.new("char[?]", 1, {8})
        assert.same({8, 2, 3, 77}, {s[0].last[0], s[0].last[1], s[0].last[2], s[1].n})
        s[1].last = {5, 6}
        s[0].last = s[1].last -- of an open end, what is declared
        assert.same({5, 2, 3, 77}, {s[0].last[0], s[0].last[1], s[0].last[2], s[1].n})
        s[0].last = ffi.new("char[2]", {4, 4})
        assert.same({4, 4, 3}, {s[0].last[0], s[0].last[1], s[0].last[2]})
        raises("field 'last' of 'struct small_tail': cannot convert 'char[5]' to 'char[4]'",
            function() s[1].last = ffi.new "char[5]" end)
        raises("field 'last' of 'struct small_tail': cannot convert 'char[?]' of 5 elements to 'char[4]'",
            function() s[1].last = ffi.new("char[?]", 5) end)
        raises("field 'last' of 'struct small_tail': cannot convert 'int[1]' to 'char[1]'",
            function() s[1].last = ffi.new "int[1]" end)
        local t, u = ffi.new("struct tail", 3, {0, {1, 2, 3}}), ffi.new("struct tail", 2)
        u.items = t.items
        assert.same({1, 2}, {u.items[0], u.items[1]})
        u.items = ffi.new("int[1]", 9)
        assert.same({9, 2}, {u.items[0], u.items[1]})
    end)

    it("of a trailing array fill one of its declared length", function()
        local t = ffi.new("struct tail[1]")
        local s = ffi.new "struct small_tail[2]"
        s[0].last = {1, 2, 3}
        assert.equal(1, ffi.new("char[1]", s[0].last)[0])
        assert.equal(3, ffi.new("char[3]", s[0].last)[2])
        assert.equal(1, ffi.new("struct small_tail", 0, s[0].last).last[0])
        raises("too many initializers for 'char[1]'", ffi.new, "char[1]", ffi.new("char[?]", 2))
        assert.equal(0, t[0].n)
    end)

    it("of an array that is assigned are as many as it has", function()
        local o = ffi.new "struct { int list[2]; int rows[2][2]; }"
        raises("field 'list' of 'struct { int list[2]; int rows[2][2]; }': \z
            cannot convert 'int[?]' of 1 elements to 'int[2]'", function() o.list = ffi.new("int[?]", 1) end)
        raises("element 0 of 'int[2][2]': cannot convert 'int[?]' of 3 elements to 'int[2]'",
            function() o.rows[0] = ffi.new("int[?]", 3) end)
        o.list = ffi.new("int[?]", 2, {3, 4})
        assert.same({3, 4}, {o.list[0], o.list[1]})
    end)

    it("of void, functions and incomplete types have no size", function()
        local v = ffi.cast("void *", ffi.new "int[1]")
        raises("'void *' has no elements: ffi.cast(\"int *\", p)[0]", function() return v[0] end)
        local f = ffi.cast("int (*)(void)", 16)
        raises("size of 'int (void)' is unknown", function() return f[0] end)
    end)

    it("behind NULL are refused", function()
        raises("null pointer: cannot index 'int *'", function() return ffi.new("int *")[0] end)
        raises("null pointer: cannot index 'int *'", function() ffi.new("int *")[0] = 1 end)
        raises("null pointer: cannot index 'struct point *' with 'x'",
            function() return ffi.new("struct point *").x end)
        raises("null pointer: cannot index 'struct point *' with 'x'",
            function() ffi.new("struct point *").x = 1 end)
    end)

    it("that are const refuse writes", function()
        local a = ffi.new("const int[2]", {1, 2})
        raises("attempt to write to constant element of 'const int[2]'", function() a[0] = 1 end)
        local s = ffi.cast("const char *", "abc")
        assert.equal(98, s[1])
        raises("attempt to write to constant element of 'const char *'", function() s[0] = 1 end)
    end)

    it("are checked when written", function()
        local a = ffi.new("uint8_t[2]", {1, 2})
        raises("element 1 of 'unsigned char[2]': integer 300 does not fit 'unsigned char' (8 bits)",
            function() a[1] = 300 end)
        assert.equal(2, a[1])
    end)

    it("do not exist in scalars and structs", function()
        raises("cannot index 'int' with integer 0", function() return ffi.new("int", 5)[0] end)
        raises("cannot index 'int' with integer 0", function() ffi.new("int", 5)[0] = 1 end)
        raises("cannot index 'struct point' with integer 1",
            function() return ffi.new("struct point")[1] end)
    end)

    it("that are structs read as views, also through pointers", function()
        local a = ffi.new "struct point[3]"
        a[1].x = 5
        assert.equal(5, a[1].x)
        local p = ffi.cast("struct point *", a)
        p[2] = {7, 8}
        assert.equal(8, a[2].y)
        p[0] = p[2]
        assert.equal(7, a[0].x)
    end)
end)

describe("stored Lua strings", function()
    it("live as long as the memory they were stored in", function()
        local m = ffi.new "struct mixed"
        m.name = ("kept "):rep(3)
        local a = ffi.new "const char *[2]"
        a[1] = ("also "):rep(2)
        support.gc()
        for i = 1, 100 do local _ = ("junk %d"):format(i) end
        support.gc()
        assert.equal("kept kept kept ", ffi.string(m.name))
        assert.equal("also also ", ffi.string(a[1]))
    end)
end)

describe("pairs", function()
    it("takes time in proportion to the number of members, long names and nameless structs too", function()
        local function seconds(n)
            local parts = {}
            for i = 1, n do
                parts[i] = ("struct { int a_member_of_the_longest_struct_in_this_spec_%d; };"):format(i)
            end
            local s = ffi.new(("struct { %s }"):format(table.concat(parts)))
            local count, start = 0, os.clock()
            for name in pairs(s) do s[name], count = 1, count + 1 end
            assert.equal(n, count)
            return os.clock() - start
        end
        seconds(10) -- what is built once
        local few, many = seconds(5000), seconds(40000)
        assert.is_true(many < 25 * few + 0.1, ("%g and %g s"):format(few, many))
    end)

    it("gives members in order, anonymous ones in place", function()
        local names = {}
        for name in pairs(ffi.new "struct mixed") do names[#names + 1] = name end
        assert.equal("fixed inner name list anonymous low whole next on colour z hook",
            table.concat(names, " "))
    end)

    it("gives names with values, through a pointer too", function()
        local p = ffi.new("struct point", 3, 4)
        local seen = {}
        for k, v in pairs(ffi.cast("struct point *", p)) do seen[k] = v end
        assert.same({x = 3, y = 4}, seen)
    end)

    it("gives elements from 0", function()
        local keys, values = {}, {}
        for i, v in pairs(ffi.new("int[3]", {5, 6, 7})) do
            keys[#keys + 1], values[#values + 1] = i, v
        end
        assert.same({0, 1, 2}, keys)
        assert.same({5, 6, 7}, values)
    end)

    it("refuses what has no members or no length", function()
        raises("cannot iterate over 'int'", function() pairs(ffi.new "int") end)
        raises("cannot iterate over 'int *'", function() pairs(ffi.new "int *") end)
        local memory = ffi.new "int[4]"
        local address = ffi.cast("intptr_t", memory)
        raises("length of 'int[]' is unknown",
            function() pairs(ffi.cast("struct tail *", address).items) end)
        ffi.cdef "extern const int in6addr_any[];"
        raises("length of 'const int[]' is unknown", function() pairs(ffi.C.in6addr_any) end)
        raises("length of 'const int[]' is unknown", function() return #ffi.C.in6addr_any end)
        assert.is_nil(ffi.sizeof(ffi.C.in6addr_any))
        raises("null pointer: cannot index 'struct point *' with 'pairs'",
            function() pairs(ffi.new "struct point *") end)
    end)
end)
