-- Classes of structs: definitions, members, offsets (Ruby: test_c_struct_builder.rb).
local ffi = require "cffi"
local fiddle = require "cffi.fiddle"
local helpers = require "support.fiddle"

local raises = helpers.raises

describe("fiddle.struct", function()
    it("is a ctype of the core, and passes there and back", function()
        local S = fiddle.struct "int quot; int rem"
        assert.equal("ctype", ffi.type(S))
        assert.equal(8, ffi.sizeof(S))
        local object = ffi.new(S, { quot = 1, rem = 2 })
        assert.equal(2, object.rem)
        local core = ffi.typeof "struct { int quot; int rem; }"
        assert.equal(8, fiddle.sizeof(core))
        ffi.cdef "typedef struct fiddle_spec_div { int quot; int rem; } fiddle_spec_div;"
        local T = ffi.typeof "fiddle_spec_div"
        local f = fiddle.Function(helpers.libc.div, { "int", "int" }, T)
        assert.is_true(ffi.istype(T, f(7, 2)))
        assert.equal(3, f(7, 2).quot)
    end)

    it("takes text, a list, and lists in lists", function()
        local Inner = fiddle.struct "char c; double d"
        local S = fiddle.struct { "int x", "int bits : 3", { pos = Inner }, { ["v[2]"] = Inner },
            { deep = { "short a", { er = { "char b" } } } }, { p = fiddle.TYPE_VOIDP }, { same = "long" } }
        local names = {}
        for i, member in ipairs(S:members()) do names[i] = member.name end
        assert.same({ "x", "bits", "pos", "v", "deep", "p", "same" }, names)
        local s = S { x = 1, bits = 2, pos = { c = 3, d = 4 }, v = { { 5, 6 }, { 7, 8 } },
            deep = { a = 9, er = { 10 } } }
        assert.equal(8.0, s.v[1].d)
        assert.equal(10, s.deep.er.b)
        assert.equal(2, s.bits)
    end)

    it("has Fiddle's class methods #lp64", function()
        local S = fiddle.struct "char c; int i : 5; long l[3]; struct { int anonymous; }"
        assert.equal(ffi.sizeof(S), S.size)
        assert.equal(8, S.align)
        assert.equal(8, S.alignment)
        local members = S:members()
        assert.same({ name = "c", type = ffi.typeof "char", offset = 0, size = 1, text = "char c" }, members[1])
        assert.same({ name = "i", type = ffi.typeof "int", offset = 1, bit = 0, width = 5,
            text = "int i:5" }, members[2])
        assert.equal(24, members[3].size)
        assert.is_nil(members[4].name)
        assert.same(ffi.typeof "long[3]", S:types()[3])
        raises("ArgumentError", "'struct { char c; int i : 5; long l[3]; struct { int anonymous; }; }' has no class "
            .. "method 'siz'", function() return S.siz end)
    end)

    it("takes no member's name", function()
        local S = fiddle.struct "int size; int new; int at; int members; int class"
        local s = S { size = 1, new = 2, at = 3, members = 4, class = 5 }
        assert.same({ 1, 2, 3, 4, 5 }, { s.size, s.new, s.at, s.members, s.class })
        assert.equal(20, S.size)
        local plain = fiddle.struct "int x" ()
        assert.is_false((pcall(function() return plain.size end)))
    end)

    it("has offsets, of members of members too #lp64", function()
        local S = fiddle.struct { "char c", { inner = { "char a", { deep = { "int i", "double d" } } } },
            { u = fiddle.union "char text[5]; int i" }, "struct { short s; }" }
        assert.equal(0, S:offsetof "c")
        assert.equal(8, S:offsetof "inner")
        assert.equal(16, S:offsetof "inner.deep")
        assert.equal(24, S:offsetof "inner.deep.d")
        assert.equal(32, S:offsetof "u")
        assert.equal(32, S:offsetof "u.i")
        assert.equal(40, S:offsetof "s")
        local text = "'struct { int i; double d; }' has no member 'ii' (did you mean 'i'?)"
        raises("ArgumentError", text, S.offsetof, S, "inner.deep.ii")
        raises("TypeError", "name of a member expected, got nil", S.offsetof, S, nil)
        local ok, err = pcall(S.offsetof, S, "c.x")
        assert.is_false(ok)
        assert.equal("'char' has no member 'x'", err.message)
    end)

    it("is built from lists of types and names #lp64", function()
        local Builder = fiddle.CStructBuilder
        local S = Builder.create(fiddle.CStruct, { fiddle.TYPE_INT, { fiddle.TYPE_CHAR, 4 }, "voidp" },
            { "i", "text", "p" })
        assert.equal(16, S.size)
        assert.equal(8, S:offsetof "p")
        local s = S()
        s.text = "abc"
        assert.equal("abc", ffi.string(s.text))
        local U = Builder.create(fiddle.CUnion, { "int", "double" }, { "i", "d" })
        assert.equal(8, U.size)
        assert.equal(0, U:offsetof "d")
        raises("ArgumentError", "2 types for 1 names", Builder.create, fiddle.CStruct, { "int", "int" }, { "a" })
        raises("ArgumentError", "CStruct or CUnion expected, got 5", Builder.create, 5, {}, {})
    end)

    it("says where a definition is wrong", function()
        raises("DLError", "1:10: unknown type 'zork'\n    struct { zork x; }\n             ^", fiddle.struct, "zork x")
        raises("TypeError", "unknown type 99", fiddle.struct, { { x = 99 } })
        raises("TypeError", "members of a union expected, got nil", fiddle.union, nil)
        raises("DLError", "1:10: 'int' without a name is no member\n    struct { int; }\n             ^",
            fiddle.struct, "int")
        for _, nothing in ipairs { "", "  ", {} } do
            raises("TypeError", "a struct needs members", fiddle.struct, nothing)
        end
    end)
end)
