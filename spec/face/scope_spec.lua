-- Scopes: names and rules of their own, and what happens between them (docs/design.md S16).
local core = require "cffi"
local support = require "spec.support"
local raises = support.raises

describe("ffi.scope", function()
    it("has names of its own #lp64", function()
        local a, b = core.scope(), core.scope()
        a.cdef "typedef int scope_t; struct scope_s { int x; }; enum { SCOPE_N = 1 };"
        b.cdef "typedef long scope_t; struct scope_s { double x; }; enum { SCOPE_N = 2 };"
        assert.equal(4, a.sizeof "scope_t")
        assert.equal(8, b.sizeof "scope_t")
        assert.equal(8, b.sizeof "struct scope_s")
        assert.equal(1, a.C.SCOPE_N)
        assert.equal(2, b.C.SCOPE_N)
        assert.has_error(function() core.sizeof "scope_t" end)
    end)

    it("has a table of its own", function()
        local a = core.scope()
        assert.are_not.equal(core, a)
        assert.are_not.equal(core.C, a.C)
        assert.equal("function", type(a.cdef))
        for name, value in pairs(a) do -- the default one has names loaded on first use besides
            assert.equal(type(value), type(core[name]), name)
        end
    end)

    it("has the names that live in Lua, and scopes made from it too", function()
        local outer = core.scope()
        local inner = outer.scope { overflow = "strict" }
        for _, scope in ipairs { outer, inner, (require "cffi.luajit") } do
            assert.equal(core.Pointer, scope.Pointer)
            assert.is_nil(scope.no_such_name)
            scope.Pointer = nil
        end
        core.Pointer = nil -- busted loads cffi.fiddle anew for other files
    end)

    it("can be made from any scope, with rules given and not inherited", function()
        local a = core.scope { overflow = "wrap" }
        assert.equal("wrap", a.overflow())
        assert.equal("fit", a.scope().overflow())
        assert.equal("fit", core.overflow())
    end)

    it("has a policy that can be changed", function()
        local s = core.scope()
        s.cdef "struct scope_b { unsigned char b; };"
        local v = s.new "struct scope_b"
        assert.has_error(function() v.b = 256 end)
        assert.equal("fit", s.overflow "wrap")
        v.b = 257
        assert.equal(1, v.b)
        assert.equal("wrap", s.overflow "saturate")
        v.b = 1000
        assert.equal(255, v.b)
        assert.equal("saturate", s.overflow "strict")
        assert.has_error(function() v.b = -1 end)
        assert.equal(255, v.b)
        assert.equal("strict", s.overflow())
    end)

    it("compares and copies webs of structs in no time #lp64", function()
        local parts = {"struct web0 { int x; };"}
        for i = 1, 100 do
            parts[#parts + 1] = ("struct web%d { struct web%d *a, *b; };"):format(i, i - 1, i - 1)
        end
        local a, b, c = core.scope(), core.scope(), core.scope()
        a.cdef(table.concat(parts))
        b.cdef(table.concat(parts))
        local holder = b.new "struct web100 *[1]"
        holder[0] = a.new "struct web100"
        assert.is_nil(holder[0].b)
        c.cdef("struct $ { $ web; };", "copy", a.typeof "struct web100")
        assert.equal(16, c.sizeof "struct copy")
        parts[#parts] = "struct web100 { struct web99 *a, *c; };"
        local other = core.scope()
        other.cdef(table.concat(parts))
        assert.has_error(function() other.new "struct web100 *[1]"[0] = a.new "struct web100" end)
    end)

    it("can do without bounds checks", function()
        local s = core.scope { bounds = false }
        local whole = s.new("int[4]", 1, 2, 3, 4)
        local part = s.cast("int (*)[2]", whole)[0]
        assert.equal(4, part[3])
        local checked = core.cast("int (*)[2]", core.new("int[4]", 1, 2, 3, 4))[0]
        raises("index 3 out of bounds for 'int[2]'", function() return checked[3] end)
    end)

    it("stores by the rules of the destination's scope", function()
        local wrap = core.scope { overflow = "wrap" }
        wrap.cdef "struct scope_b { unsigned char b; };"
        local fit = core.scope()
        fit.cdef "struct scope_b { unsigned char b; };"
        local w, f = wrap.new "struct scope_b", fit.new "struct scope_b"
        w.b = 257
        assert.equal(1, w.b)
        assert.has_error(function() f.b = 257 end)
    end)

    it("shares types of the same structure with others", function()
        local a, b = core.scope(), core.scope()
        local text = "struct scope_p { int x, y; };"
        a.cdef(text)
        b.cdef(text)
        local p = a.new("struct scope_p", 1, 2)
        local q = b.new("struct scope_p", p)
        assert.equal(2, q.y)
        assert.is_true(a.istype("struct scope_p", q))
        assert.is_true(a.typeof "struct scope_p" == b.typeof "struct scope_p")
        b.cdef "struct scope_q { int x; };"
        assert.is_false(a.istype("struct scope_p", b.new "struct scope_q"))
    end)

    it("refuses options it does not know", function()
        raises("bad argument #1 to 'scope' (unknown option 'overflo')", core.scope,
            { overflo = "wrap" })
        raises("bad argument #1 to 'scope' (invalid option 'trunc')", core.scope,
            { overflow = "trunc" })
        raises("bad argument #1 to 'scope' (table expected, got integer 1)", core.scope, 1)
    end)

    it("replaces metatypes, but not under LuaJIT's rules", function()
        local s = core.scope()
        s.cdef "struct scope_m { int x; };"
        s.metatype("struct scope_m", { __index = { name = "first" } })
        local v = s.new "struct scope_m"
        assert.equal("first", v.name)
        s.metatype("struct scope_m", { __index = { name = "second" } })
        assert.equal("second", v.name)
        local j = core.scope { luajit = true }
        j.cdef "struct scope_m { int x; };"
        j.metatype("struct scope_m", {})
        raises("cannot change a protected metatable", j.metatype, "struct scope_m", {})
    end)

    it("survives its table, and the end of the state", function()
        local code = [[
            local ffi = require "cffi"
            local v
            do
                local s = ffi.scope()
                s.cdef "struct s { int x; };"
                v = s.gc(s.new("struct s", 5), function(cd) print("last", cd.x) end)
            end
            collectgarbage() collectgarbage()
            print(v.x, tostring(v):match "^cdata<struct s>")
        ]]
        assert.same({ 0, "5\tcdata<struct s>\nlast\t5\n", "" }, { support.run_lua(code) })
    end)
end)

describe("ffi.integer_type", function()
    it("makes objects integers wherever one goes", function()
        local mt = {}
        core.integer_type(mt, function(n) return n.text end)
        local function big(text) return setmetatable({ text = text }, mt) end
        local s = core.scope()
        s.cdef "struct scope_i { uint64_t u; int i; };"
        local v = s.new "struct scope_i"
        v.u = big "18446744073709551615"
        assert.equal("18446744073709551615", tostring(v.u))
        v.i = big(7)
        assert.equal(7, v.i)
        assert.has_error(function() v.i = big "99999999999" end)
        assert.equal(7, v.i)
        assert.equal(1, core.tonumber(core.cast("uint8_t", big("1" .. ("0"):rep(100) .. "1"))))
        core.integer_type(mt, nil)
        assert.has_error(function() v.i = big(7) end)
    end)
end)
