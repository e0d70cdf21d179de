-- What keeps what alive (docs/design.md S6, S12): values stored in Lua's memory, views, pointers taken
-- from them. Every case runs with the collector emptying all it may in between.

local cffi = require "cffi"
local support = require "support"

local ffi = cffi.scope {}

ffi.cdef [[
    struct holder { const char *s; void (*cb)(int); void *p; int n; };
    struct outer { int k; struct holder h[2]; };
    struct node { struct node *next; int v; };
    union either { int *p; uintptr_t bits; struct { int *q; } inner; };
    struct flexible { int n; int *items[]; };
    void *malloc(size_t); void free(void *);
]]

-- Collects, and overwrites what was freed with other bytes.
local function gc()
    support.gc()
    for i = 1, 30 do
        local _, _ = ffi.new("int[1]", 1000 + i), ("junk"):rep(i)
    end
end

-- An array of one int in C, and whether it is still alive.
local function new_value()
    local value = ffi.new("int[1]", 77)
    local weak = setmetatable({value}, {__mode = "v"})
    return value, function()
        gc()
        return weak[1] ~= nil
    end
end

-- Runs make(value), which returns what should keep the value, and checks that it does; then
-- drop(keeper), or letting the keeper go, must end it.
local function check(make, drop)
    local value, alive = new_value()
    local keeper = make(value)
    value = nil -- luacheck: ignore
    assert.is_true(alive(), "the value died too early")
    if drop then
        drop(keeper)
    else
        keeper = nil
    end
    assert.is_false(alive(), "the value is still kept")
    return keeper
end

describe("a stored pointer keeps its target", function()
    it("in a field, until overwritten", function()
        local function make(v)
            local h = ffi.new "struct holder"
            h.p = v
            return h
        end
        check(make)
        check(make, function(h) h.p = nil end)
        check(make, function(h) h.p = ffi.cast("void *", 16) end)
        check(make, function(h) h.p = ffi.new "int[1]" end)
    end)

    it("in an element, also of an array of pointers made by replication", function()
        check(function(v) return ffi.new("int *[?]", 3, {v}) end, function(a) a[0] = nil end)
        check(function(v) return ffi.new("int *[3]", v) end, function(a)
            a[0], a[1], a[2] = nil, nil, nil
        end)
        check(function(v) return ffi.new("struct flexible", 2, {0, {v}}) end,
            function(f) f.items[0] = nil end)
    end)

    it("through pointers into memory of Lua's, whatever their type", function()
        check(function(v)
            local bytes = ffi.new("char[?]", ffi.sizeof "struct outer")
            local outer = ffi.cast("struct outer *", bytes)
            outer.h[1].p = v
            return bytes
        end, function(bytes) ffi.cast("struct outer *", bytes).h[1].p = nil end)
        check(function(v)
            local h = ffi.new "struct holder"
            ffi.cast("void **", ffi.cast("char *", h) + ffi.offsetof("struct holder", "p"))[0] = v
            return h
        end)
    end)

    it("stored through the address of a pointer", function()
        check(function(v)
            local p = ffi.new "int *"
            ffi.addressof(p)[0] = v
            return p + 0
        end)
    end)

    it("as a Lua string, a Lua object and a callback", function()
        local h = ffi.new("struct holder", {s = ("text"):rep(20)})
        local called
        h.cb = ffi.callback("void (*)(int)", function(n) called = n end)
        gc()
        assert.equal(("text"):rep(20), ffi.string(h.s))
        h.cb(5)
        assert.equal(5, called)
        local weak = setmetatable({}, {__mode = "v"})
        do
            local value = ffi.new("int[1]", 42)
            weak[1] = setmetatable({}, {__cffi_pointer = function() return value end})
            h.p = weak[1]
        end
        gc()
        assert.equal(42, ffi.cast("int *", h.p)[0])
        h.p = nil
        gc()
        assert.is_nil(weak[1])
    end)

    it("with the finaliser of a pointer put off", function()
        local freed = 0
        local h = ffi.new "struct holder"
        h.p = ffi.gc(ffi.C.malloc(8), function(p) freed = freed + 1 ffi.C.free(p) end)
        gc()
        assert.equal(0, freed)
        h.p = nil
        gc()
        assert.equal(1, freed)
    end)

    it("but not in cycles that nothing else reaches", function()
        local weak = setmetatable({}, {__mode = "v"})
        do
            local a, b = ffi.new "struct holder", ffi.new "struct holder"
            a.p, b.p = b, a
            local own = ffi.new "struct holder"
            own.p = own
            weak[1], weak[2] = a, own
        end
        gc()
        assert.same({}, weak)
    end)

    it("and gives it up when an assignment fails half-way, or nothing of it", function()
        check(function(v)
            local o = ffi.new "struct outer"
            o.h[0].p = v
            assert.is_false(pcall(function() o.h[0] = {p = ffi.new "int[1]", n = "x"} end))
            assert.equal(77, ffi.cast("int *", o.h[0].p)[0])
            return o
        end, function(o) o.h[0] = {} end)
    end)
end)

describe("where the values are kept depends on the type:", function()
    ffi.cdef [[
        struct one { char c; int *p; };
        struct three { int *a; struct one b; int *c; };
        struct four { int *a, *b; struct one c[2]; };
        struct __attribute__((packed)) odd { char c; int *p; };
        union overlaid { int *p; void *all[2]; struct { int n; int *q; } s; };
        typedef int *vector_of_none[0];
        struct empty_array { vector_of_none none; int *p; };
    ]]
    -- A text that makes an object of a type, and the places of pointers in it.
    local types = {
        {"struct one", {"p"}}, {"struct three", {"a", "c"}}, {"struct four", {"a", "b"}}, {"struct odd", {"p"}},
        {"int *[1]", {0}}, {"int *[3]", {0, 1, 2}}, {"int *[4]", {0, 3}}, {"struct empty_array", {"p"}},
        {"union overlaid", {"p"}}, {"int *[2][2]", nil, function(o) return o[1], 1 end},
        {"struct three", nil, function(o) return o.b, "p" end},
        {"struct four", nil, function(o) return o.c[1], "p" end},
        {"union overlaid", nil, function(o) return o.s, "q" end},
        {"union overlaid", nil, function(o) return o.all, 1 end},
        {"struct four[2]", nil, function(o) return o[1].c[0], "p" end},
    }
    for _, case in ipairs(types) do
        local name, keys, part = table.unpack(case, 1, 3)
        for _, key in ipairs(keys or {false}) do
            local function place(object)
                if part then return part(object) end
                return object, key
            end
            local function get(object)
                local holder, k = place(object)
                return holder[k]
            end
            local function set(object, v)
                local holder, k = place(object)
                holder[k] = v
            end

            it(("%s, %s: keeps, drops, and goes with copies"):format(name, key or "inner"), function()
                local function make(v)
                    local object = ffi.new(name)
                    set(object, v)
                    return object
                end
                local function read(object)
                    assert.equal(77, ffi.cast("int *", get(object))[0])
                    return object
                end
                check(make)
                check(function(v) return read(make(v)) end, function(object) set(object, nil) end)
                check(function(v) return get(make(v)) end)
                check(function(v) return read(ffi.new(name, make(v))) end)
                check(function(v)
                    local copy = ffi.new(name)
                    ffi.copy(copy, make(v), ffi.sizeof(name))
                    gc()
                    return read(copy)
                end, function(object) ffi.fill(object, ffi.sizeof(object)) end)
                check(function(v) -- to a place of its own from a table of all, and back
                    local bytes = ffi.new("char[?]", ffi.sizeof(name))
                    ffi.copy(bytes, make(v), ffi.sizeof(name))
                    gc()
                    local object = ffi.new(name)
                    ffi.copy(object, bytes, ffi.sizeof(name))
                    return read(object)
                end, function(object) ffi.copy(object, ffi.new(name), ffi.sizeof(name)) end)
                check(function(v) -- from one owner to itself
                    local list = ffi.new(ffi.typeof("$[2]", ffi.typeof(name)))
                    set(list[0], v)
                    ffi.copy(list[1], list[0], ffi.sizeof(name))
                    set(list[0], nil)
                    gc()
                    read(list[1])
                    return list
                end, function(list) ffi.fill(list, ffi.sizeof(list)) end)
            end)
        end
    end

    it("a type with very many parts, and one that is nested beyond counting #lp64", function()
        local text = {"struct many_parts { "}
        for i = 1, 3000 do text[#text + 1] = ("int i%d; "):format(i) end
        text[#text + 1] = "int *p; };"
        ffi.cdef(table.concat(text))
        check(function(v)
            local object = ffi.new "struct many_parts"
            object.p = v
            return object
        end, function(object) object.p = nil end)
        ffi.cdef "struct doubled0 { char c; };"
        for i = 1, 40 do
            ffi.cdef(("struct doubled%d { struct doubled%d a, b; };"):format(i, i - 1))
        end
        local ok, message = pcall(ffi.new, "struct doubled40") -- 2^40 bytes
        assert.is_false(ok)
        assert.truthy(message:find "not enough memory for 'struct doubled40' %(1099511627776 bytes%)$")
        assert.equal(1 << 16, ffi.sizeof(ffi.new "struct doubled16"))
    end)
end)

describe("what aggregates keep goes with copies of them", function()
    local function holder(v)
        return ffi.new("struct holder", {p = v})
    end
    it("by ffi.new, assignment and initialiser", function()
        check(function(v) return ffi.new("struct holder", holder(v)) end, function(h) h.p = nil end)
        check(function(v)
            local o = ffi.new "struct outer"
            o.h[1] = holder(v)
            return o
        end, function(o) o.h[1] = ffi.new "struct holder" end)
        check(function(v) return ffi.new("struct outer", {1, {holder(v)}}) end,
            function(o) o.h = {} end)
        check(function(v) return ffi.new("struct outer[2]", {{}, {1, {holder(v)}}}) end,
            function(o) o[1] = o[0] end)
    end)
    it("out of views and through addresses of views", function()
        check(function(v) return ffi.new("struct holder", ffi.new("struct outer", {1, {{}, holder(v)}}).h[1]) end)
        check(function(v)
            local o = ffi.new("struct outer", {1, {{}, holder(v)}})
            local a = ffi.new "struct holder[1]"
            a[0] = ffi.addressof(o.h[1])[0]
            return a
        end)
    end)
    it("by ffi.copy, and is dropped by ffi.copy of other bytes and ffi.fill", function()
        local size = ffi.sizeof "struct holder"
        local function copied(v)
            local h = ffi.new "struct holder"
            ffi.copy(h, holder(v), size)
            return h
        end
        check(copied)
        check(copied, function(h) ffi.fill(h, size) end)
        check(copied, function(h) ffi.copy(h, ("\0"):rep(size), size) end)
        check(copied, function(h) ffi.copy(h, ffi.new "struct holder", size) end)
        local kept = check(function(v)
            local h = copied(v)
            ffi.fill(h, 8) -- other bytes than the pointer's
            return h
        end)
        assert.is_nil(kept)
    end)
    it("within one object", function()
        check(function(v)
            local a = ffi.new("struct holder[2]", {holder(v)})
            a[1] = a[0]
            a[0] = {}
            return a
        end, function(a) a[1] = {} end)
        check(function(v)
            local a = ffi.new "void *[4]"
            a[1] = v
            ffi.copy(a + 1, a, 3 * ffi.sizeof "void *") -- overlapping
            a[1] = nil
            return a
        end, function(a) a[2] = nil end)
    end)
end)

describe("views and pointers keep the memory they refer to", function()
    it("members, elements, and views of views", function()
        local o = ffi.new("struct outer[2]", {{}, {5, {{}, {n = 9}}}})
        local view = o[1].h[1]
        local row = ffi.new("int[2][3]", {{1, 2, 3}, {4, 5, 6}})[1]
        o = nil -- luacheck: ignore
        gc()
        assert.equal(9, view.n)
        assert.same({4, 5, 6}, ffi.totable(row))
    end)
    it("pointers by cast, new, arithmetic and addressof", function()
        for _, make in ipairs {
            function(v) return ffi.cast("int *", v) end,
            function(v) return ffi.new("int *", v) end,
            function(v) return v + 0 end,
            function(v) return ffi.addressof(v) end,
            function(v) return ffi.cast("char *", ffi.cast("void *", v)) + 1 end,
            function(v) return ffi.new("int *", ffi.new("const void *", v) == nil or v) end,
            function(v) return ffi.cast("struct { int n; } *", v)[0] end,
            function(v) return ffi.new("struct holder", {p = ffi.new("int *", v)}) end,
        } do
            check(make)
        end
    end)
    it("pointers read from memory that keeps their targets", function()
        check(function(v) return ffi.new("struct holder", {p = v}).p end)
        check(function(v) return ffi.new("int *[2]", {v})[1] or ffi.new("int *[2]", {v})[0] end)
        check(function(v) return ffi.totable(ffi.new("struct holder", {p = v})).p end)
        check(function(v) return ffi.toretval(ffi.new("int *", v)) end)
        local text = ffi.new("struct holder", {s = ("abc"):rep(30)}).s
        gc()
        assert.equal(("abc"):rep(30), ffi.string(text))
        for name, value in pairs(ffi.new("struct holder", {s = ("xyz"):rep(30)})) do
            gc()
            if name == "s" then assert.equal(("xyz"):rep(30), ffi.string(value)) end
        end
    end)
    it("so that a list of nodes can be taken apart", function()
        local head
        for i = 1, 50 do
            head = ffi.new("struct node", {next = head, v = i})
        end
        local sum = 0
        while head ~= nil do
            sum = sum + head.v
            head = head.next
            gc()
        end
        assert.equal(50 * 51 // 2, sum)
    end)
end)

describe("under constant collection", function()
    it("random stores, copies and reads find what was stored #modes", function()
        local seed = 7
        local function random(n)
            seed = (seed * 1103515245 + 12345) % 2147483648
            return seed // 65536 % n
        end
        local cells, model = ffi.new "struct holder[8]", {}
        collectgarbage "generational"
        for i = 1, 2000 do
            local at = random(8)
            local action = random(6)
            if action == 0 then
                cells[at].p, model[at] = ffi.new("int[1]", i), i
            elseif action == 1 then
                cells[at].p, model[at] = nil, nil
            elseif action == 2 then
                local from = random(8)
                cells[at], model[at] = cells[from], model[from]
            elseif action == 3 then
                local other = ffi.new "struct holder[8]"
                ffi.copy(other, cells, ffi.sizeof(cells))
                cells = other
            elseif action == 4 then
                cells = ffi.new("struct holder[8]", cells)
            else
                local p = cells[at].p
                assert.equal(model[at], p and ffi.cast("int *", p)[0])
            end
            if i % 7 == 0 then collectgarbage "step" end
            if i % 50 == 0 then gc() end
        end
        collectgarbage "incremental"
        for at = 0, 7 do
            local p = cells[at].p
            assert.equal(model[at], p and ffi.cast("int *", p)[0])
        end
    end)
end)
