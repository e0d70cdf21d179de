-- ffi.reflect, ffi.parse, ffi.declarations, ffi.symbols, ffi.tofunction; objects with __cffi_pointer.
local core = require "cffi"
local support = require "support"

describe("ffi.reflect", function()
    local ffi = core.scope()
    ffi.cdef [[
        struct box { char c; unsigned flags : 3; int : 2; struct { int x, y; }; double tail[]; };
        enum color { RED, GREEN = 5 };
        struct unknown;
        int abs(int number);
    ]]

    it("tells kind, size, alignment, qualifiers", function()
        local r = ffi.reflect "const unsigned short"
        assert.same({ kind = "int", name = "const unsigned short", size = 2, align = 2, bits = 16, signed = false,
            complete = true, const = true }, r)
        for text, kind in pairs { void = "void", bool = "bool", float = "float", ["double _Complex"] = "complex",
            ["enum color"] = "enum", ["int *"] = "pointer", ["int[3]"] = "array", ["struct box"] = "struct",
            ["union { int i; }"] = "union", ["int(int)"] = "function" } do
            assert.equal(kind, ffi.reflect(text).kind)
        end
        assert.is_false(ffi.reflect("struct unknown").complete)
        assert.is_nil(ffi.reflect("struct unknown").size)
        assert.is_nil(ffi.reflect("struct unknown").members)
    end)

    it("tells members with offsets and bits, unnamed ones too #lp64", function()
        local r = ffi.reflect "struct box"
        assert.equal("box", r.tag)
        local rows = {}
        for i, m in ipairs(r.members) do
            rows[i] = { m.name or "-", ffi.reflect(m.type).kind, m.offset, m.bit or "-", m.width or "-", m.text }
        end
        assert.same({ { "c", "int", 0, "-", "-", "char c" }, { "flags", "int", 1, 0, 3, "unsigned int flags:3" },
            { "-", "int", 1, 3, 2, "int:2" }, { "-", "struct", 4, "-", "-", "struct { int x; int y; }" },
            { "tail", "array", 16, "-", "-", "double tail[]" } }, rows)
        assert.is_nil(ffi.reflect(r.members[5].type).count)
    end)

    it("tells which structs, unions and enums nothing names", function()
        ffi.cdef "typedef struct { int x; } reflect_named;"
        for text, anonymous in pairs { ["struct { int i; }"] = true, ["const union { int i; }"] = true,
            ["enum { REFLECT_E }"] = true, ["struct box"] = false, ["reflect_named"] = false, ["int[2]"] = false,
            ["struct unknown"] = false } do
            assert.equal(anonymous or nil, ffi.reflect(text).anonymous, text)
        end
    end)

    it("tells elements, targets, parameters, constants", function()
        assert.equal(3, ffi.reflect("int[3][4]").count)
        assert.equal(ffi.typeof "int[4]", ffi.reflect("int[3][4]").element)
        assert.equal(ffi.typeof "const char", ffi.reflect("const char *").target)
        local r = ffi.reflect "double (int, char *, ...)"
        assert.equal(ffi.typeof "double", r.result)
        assert.same({ ffi.typeof "int", ffi.typeof "char *" }, r.params)
        assert.is_true(r.variadic)
        r = ffi.reflect "enum color"
        assert.same({ { name = "RED", value = 0 }, { name = "GREEN", value = 5 } }, r.constants)
        assert.equal(ffi.typeof "unsigned int", r.underlying)
    end)

    it("tells of a C function what its declaration says", function()
        local r = ffi.reflect(ffi.C.abs)
        assert.equal("abs", r.symbol)
        assert.equal("int abs(int number)", r.text)
        assert.same({ "number" }, r.names)
        assert.equal("function", r.kind)
    end)

    it("takes cdata, and refuses what has no type", function()
        assert.equal(3, ffi.reflect(ffi.new "int[3]").count)
        support.raises("bad argument #1 to 'reflect' (C type expected, got nil)", ffi.reflect, nil)
        support.raises("1:1: unknown type 'zork'\n    zork\n    ^", function() ffi.reflect "zork" end)
    end)
end)

describe("ffi.parse", function()
    it("tells what a text declares, without declaring it", function()
        local ffi = core.scope()
        ffi.cdef "typedef int number;"
        local list = ffi.parse "number f(number a, int); extern char c; enum { E = 4 }; typedef long T;"
        local rows = {}
        for i, d in ipairs(list) do
            rows[i] = { d.kind, d.name, ffi.reflect(d.type).name, d.text or d.value }
        end
        assert.same({
            { "function", "f", "int (int, int)", "number f(number a, int)" },
            { "variable", "c", "char", "extern char c" },
            { "constant", "E", "int", 4 },
            { "typedef", "T", "long", "typedef long T" },
        }, rows)
        assert.same({ "a", false }, list[1].names)
        support.raises("'f' is not declared", function() return ffi.C.f end)
        ffi.cdef "long f(void);" -- no re-declaration
        assert.equal("long", ffi.reflect(ffi.parse("long f(void)")[1].type).result and "long")
    end)

    it("forgets what it knew of a text when names change", function()
        local ffi = core.scope()
        ffi.cdef "typedef int T;"
        assert.equal("int (int)", ffi.reflect(ffi.parse("T f(T)")[1].type).name)
        ffi.cdef("typedef long T;", { override = true })
        assert.equal("long (long)", ffi.reflect(ffi.parse("T f(T)")[1].type).name)
    end)

    describe("of more than 10,000 declarations", function()
        local N = 10001
        local ffi, text = core.scope(), {}
        for i = 1, N do text[i] = ("int name%d(char c);"):format(i) end
        text = table.concat(text)

        it("gives a list that makes its tables when asked, the same each time", function()
            local list = ffi.parse(text)
            assert.equal("table", type(list))
            assert.equal(N, #list)
            assert.same({ kind = "function", name = "name7", symbol = "name7", names = { "c" },
                type = ffi.typeof "int(char)", text = "int name7(char c)" }, list[7])
            assert.equal(list[7], list[7])
            assert.equal(list[N], list[N + 0.0])
            for _, key in ipairs { 0, -1, N + 1, 1.5, "1", "name", true } do assert.is_nil(list[key]) end
            local count = 0
            for i, d in ipairs(list) do
                assert.equal("name" .. i, d.name)
                count = count + 1
            end
            assert.equal(N, count)
        end)

        it("is a table like any other once written to or walked", function()
            local list = ffi.parse(text)
            local second = list[2]
            assert.equal("name10001", table.remove(list).name)
            assert.equal(N - 1, #list)
            assert.is_nil(list[N])
            assert.equal(second, rawget(list, 2))
            table.sort(list, function(a, b) return a.name > b.name end)
            assert.equal("name9999", list[1].name)
            list = ffi.parse(text)
            list.own = "mine"
            assert.equal("mine", list.own)
            assert.equal(N, rawlen(list))
            list = ffi.parse(text)
            local names, first = 0, list[1]
            for i, d in pairs(list) do names = names + (d.name == "name" .. i and 1 or 0) end
            assert.equal(N, names)
            assert.equal(first, select(2, next(list)))
            assert.is_nil(getmetatable(list))
            local unpacked = { table.unpack(ffi.parse(text), N - 1, N) }
            assert.equal("name10000", unpacked[1].name)
        end)

        it("keeps what the list is of", function()
            local list = core.scope().parse("struct later; " .. text)
            collectgarbage()
            collectgarbage()
            assert.equal("int name9(char c)", list[9].text)
        end)
    end)

    -- Of a million names each of these is to answer within two seconds, so of 100,000 within 0.2;
    -- where all is slow, within three times what Lua takes for its own tables of that size.
    it("of 100,000 names is soon there, as are ffi.declarations and pairs of a struct", function()
        local N, ffi, text = 100000, core.scope(), {}
        for i = 1, N do text[i] = ("int m%d;"):format(i) end
        text = table.concat(text)
        local function seconds(fn, ...)
            local start = os.clock()
            fn(...)
            return os.clock() - start
        end
        local function within(limit, made, fn)
            local best = math.huge
            for _ = 1, 3 do best = math.min(best, seconds(fn, made and made())) end
            assert.is_true(best <= limit, ("%.3f of %.3f s"):format(best, limit))
        end
        local function each(iterate, ...)
            local count = 0
            for _ in iterate(...) do count = count + 1 end
            assert(count == N)
        end
        local limit = math.max(0.2, 3 * seconds(function()
            local list = {}
            for i = 1, N do
                local name = "other" .. i
                list[i] = { kind = "variable", name = name, symbol = name, text = "int " .. name }
            end
            return list
        end))
        within(limit, nil, function() assert(#ffi.parse(text) == N) end)
        ffi.cdef(text)
        within(limit, nil, function() each(ffi.declarations) end)
        local tags = 0
        within(limit, function()
            tags = tags + 1
            ffi.cdef(("struct first%d { %s };"):format(tags, text))
            return ffi.new("struct first" .. tags) -- whose members are looked up first
        end, function(object) each(pairs, object) end)
    end)

    it("takes $, and says where a text is wrong", function()
        local ffi = core.scope()
        local d = ffi.parse("$ $(int)", ffi.typeof "short", "name")[1]
        assert.equal("short name(int)", d.text)
        support.raises("1:1: unknown type 'zork'\n    zork f()\n    ^", function() ffi.parse "zork f()" end)
        local own = {}
        for i, decl in ipairs(ffi.parse [[typedef unsigned own; enum { OWN = 3, NEXT };
            typedef struct { own x; } pair; own f(own); pair *g(pair p); extern own a[NEXT]; extern __typeof__(a) b;
            typedef float double_t; double_t h(void);]]) do
            own[i] = decl.name .. ": " .. ffi.reflect(decl.type).name
        end
        assert.same({ "own: unsigned int", "OWN: int", "NEXT: int", "pair: pair", "f: unsigned int (unsigned int)",
            "g: pair *(pair)", "a: unsigned int[4]", "b: unsigned int[4]", "double_t: float", "h: float (void)" }, own)
        for _, name in ipairs { "own", "pair" } do
            assert.is_false(pcall(ffi.typeof, name))
        end
        support.raises("unknown name 'OWN'\n    OWN\n    ^", ffi.eval, "OWN")
        support.raises("1:1: the text declares nothing", function() ffi.parse "" end)
        support.raises("bad argument #1 to 'parse' (string expected, got nil)", ffi.parse, nil)
    end)
end)

describe("ffi.declaration", function()
    it("says what a name is and where it was declared #lp64", function()
        local ffi = core.scope {}
        ffi.cdef '# 3 "a.h"\nint puts(const char *text);\n#define LIMIT 3'
        assert.same({ "function", "int puts(const char *text)", "a.h", 3 }, { ffi.declaration "puts" })
        assert.same({ "macro", "a.h", 4 }, (function(kind, _, file, line) return { kind, file, line } end)(
            ffi.declaration "LIMIT"))
        local kind, text, file = ffi.declaration "size_t"
        assert.same({ "typedef", "typedef unsigned long size_t" }, { kind, text })
        assert.is_nil(file)
        assert.is_nil(ffi.declaration "gets")
        ffi.cdef "static inline int twice(int x) { return 2 * x; }"
        assert.equal("it is static, so no library exports it", (select(5, ffi.declaration "twice")))
        local _, _, _, where, line = ffi.declarations "^puts$" ()
        assert.same({ "a.h", 3 }, { where, line })
        support.raises("bad argument #1 to 'declaration' (string expected, got no value)", ffi.declaration)
    end)
end)

describe("ffi.declarations", function()
    it("goes through what was declared, by pattern", function()
        local ffi = core.scope()
        assert.is_nil(ffi.declarations()()) -- nothing is predeclared that shows
        ffi.cdef "int abs(int); long labs(long); typedef int number; enum { BLUE };"
        local seen = {}
        for name, kind, text in ffi.declarations() do
            seen[#seen + 1] = { name, kind, text }
        end
        assert.same({ { "abs", "function", "int abs(int)" }, { "labs", "function", "long labs(long)" },
            { "number", "typedef", "typedef int number" } }, { seen[1], seen[2], seen[3] })
        assert.equal("constant", seen[4][2])
        local names = {}
        for name in ffi.declarations "abs$" do names[#names + 1] = name end
        assert.same({ "abs", "labs" }, names)
        local found = {}
        for _, pattern in ipairs { "^abs", "^", "^ab.$", "^abs_more" } do
            for name, kind, more in ffi.declarations(pattern), "names" do
                assert.is_nil(more)
                found[#found + 1] = name .. " " .. kind
            end
        end
        assert.same({ "abs function", "abs function", "labs function", "number typedef", "BLUE constant",
            "abs function" }, found)
        support.raises("bad argument #1 to 'declarations' (string expected, got table)", ffi.declarations, {})
    end)

    it("shows a replaced declaration once", function()
        local ffi = core.scope()
        ffi.cdef "int abs(int);"
        ffi.cdef("long abs(long);", { override = true })
        local texts = {}
        for _, _, text in ffi.declarations() do texts[#texts + 1] = text end
        assert.same({ "long abs(long)" }, texts)
    end)
end)

describe("ffi.symbols", function()
    local ffi = core.scope()
    local path = support.library "library"
    ffi.cdef "int library_add(int, int);"

    it("goes through what a library exports", function()
        local lib = ffi.load(path)
        local found = {}
        for name, kind, size, declared in ffi.symbols(lib, "^library_") do
            found[name] = { kind, size, declared }
        end
        assert.equal("function", found.library_add[1])
        assert.is_true(found.library_add[3])
        assert.same({ "object", 4, false }, found.library_counter)
        assert.is_nil(found.main)
        local all = 0
        for _ in ffi.symbols(lib) do all = all + 1 end
        assert.is_true(all >= 10)
    end)

    it("goes through all that is loaded, for ffi.C", function()
        local found = {}
        for name in ffi.symbols(ffi.C, "^str[cn]?cmp$") do found[name] = true end
        assert.is_true(found.strcmp)
    end)

    it("ends when the library is closed, and takes libraries only", function()
        local lib = ffi.load(path)
        local next_symbol = ffi.symbols(lib)
        assert.is_string(next_symbol())
        ffi.close(lib)
        assert.is_false((pcall(next_symbol)))
        support.raises("bad argument #1 to 'symbols' (library expected, got integer 5)", ffi.symbols, 5)
    end)
end)

describe("ffi.tofunction", function()
    local ffi = core.scope()
    ffi.cdef "int library_add(int, int);"

    it("makes a function of a pointer, by name or declaration", function()
        local lib = ffi.load(support.library "library")
        local pointer = ffi.addressof(lib.library_add)
        local f = ffi.tofunction(pointer, "plus")
        assert.equal(5, f(2, 3))
        support.raises("bad argument #2 to 'plus' (int plus(int, int)): cannot convert string \"3\" to 'int'",
            f, 2, "3")
        local g = ffi.tofunction(ffi.cast("void *", pointer), "int sum(int first, int second)")
        assert.equal(5, g(2, 3))
        support.raises("wrong number of arguments to 'sum' (int sum(int first, int second)): expected 2, got 1", g, 2)
        assert.equal(ffi.typeof "int(int, int)", ffi.typeof(g))
        assert.equal(pointer, ffi.addressof(g))
    end)

    it("raises once the library is closed", function()
        local lib = ffi.load(support.library "library")
        local f = ffi.tofunction(ffi.addressof(lib.library_add), "add", lib)
        assert.equal(5, f(2, 3))
        ffi.close(lib)
        local ok, err = pcall(f, 2, 3)
        assert.is_false(ok)
        assert.truthy(err:find "cannot call 'add': library '.*' is closed")
    end)

    it("refuses what is no function", function()
        support.raises("bad argument #1 to 'tofunction' (cdata expected, got nil)", ffi.tofunction, nil, "f")
        support.raises("bad argument #1 to 'tofunction' (null pointer)", ffi.tofunction, ffi.cast("void *", nil), "f")
        support.raises("bad argument #1 to 'tofunction' (function pointer expected, got 'int *')", ffi.tofunction,
            ffi.cast("int *", 16), "f")
        support.raises(
            "bad argument #2 to 'tofunction' (declaration of one function expected, got 'int (*f)(int)')",
            ffi.tofunction, ffi.cast("int *", 16), "int (*f)(int)")
        support.raises("bad argument #3 to 'tofunction' (library expected, got integer 5)", ffi.tofunction,
            ffi.cast("int (*)(int)", 16), "f", 5)
    end)
end)

describe("an object with __cffi_pointer", function()
    local ffi = core.scope()
    ffi.cdef "size_t strlen(const char *); int snprintf(char *, size_t, const char *, ...);"
    local seen
    local mt = { __cffi_pointer = function(self, ct)
        seen = ct
        return self.pointer
    end }
    local function object(pointer)
        return setmetatable({ pointer = pointer }, mt)
    end

    it("stands for its pointer, by the rules for that", function()
        assert.equal(3, ffi.C.strlen(object(ffi.new("char[4]", "abc"))))
        assert.equal(ffi.typeof "const char *", seen)
        support.raises("bad argument #1 to 'strlen' (size_t strlen(const char *)): "
            .. "cannot convert 'int *' to 'const char *'", ffi.C.strlen, object(ffi.cast("int *", 16)))
        support.raises("bad argument #1 to 'strlen' (size_t strlen(const char *)): "
            .. "'__cffi_pointer' must give a pointer, got a table", ffi.C.strlen, object {})
        assert.equal(0, ffi.C.strlen {}) -- no such object, but a list
    end)

    it("is a variadic argument, a field, and what ffi.cast takes", function()
        local buffer = ffi.new "char[16]"
        ffi.C.snprintf(buffer, 16, "<%s>", object(ffi.new("char[4]", "abc")))
        assert.equal("<abc>", ffi.string(buffer))
        local s = ffi.new "struct { const char *text; }"
        s.text = object(ffi.new("char[5]", "kept"))
        local p = ffi.cast("char *", object(ffi.new("char[5]", "cast")))
        support.gc()
        assert.equal("kept", ffi.string(s.text))
        assert.equal("cast", ffi.string(p))
    end)

    it("may raise", function()
        local refusing = setmetatable({}, { __cffi_pointer = function() error("not now", 0) end })
        assert.has_error(function() ffi.C.strlen(refusing) end, "not now")
    end)
end)
