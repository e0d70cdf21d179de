-- ffi.layout against pahole: where members, holes and cache lines are, and what they sum up to.
local ffi = require "cffi"
local support = require "support"
local layouts = require "support.layouts"
local pahole = require "support.pahole"

local WANTED = 500

-- Where headers are tame.
local ODD = [[
struct odd1 { int a:30; int b:10; char c; } __attribute__((packed));
struct odd2 { char a; int :0; char b; int c:3; int :7; int d:5; long e:40; };
struct odd3 { _Bool a:1; _Bool b:1; unsigned char c:3; short d:9; long long e:33; char f; };
struct odd4 {
    struct { int x; char y; } in[3];
    struct { int q; } *p;
    union { int a; struct { char b; double c; } d; } u[2];
};
struct odd5 { char n; long double l; char z; __int128 i; char e; };
struct odd6 { int n; struct { int a; int b[]; } tail; };
struct odd7 { char c; short s __attribute__((aligned(16))); char t; } __attribute__((aligned(64)));
struct odd8 { char a[100]; int x:4; int y:4; char b[30]; long c; };
struct odd9 { unsigned a:1; unsigned long b:1; unsigned char c:1; unsigned d:31; };
union odd10 { struct { int a:3; int b:7; char c; } s; int i:5; char text[70]; struct { char t[65]; int z; } w; };
struct odd11 { int :3; int a:4; int :9; };
struct odd12 { char a; int b:20; char c; };
struct odd13 { void (*f)(int, char *); int (*g[4])(void); int *(*h)(int (*)(int)); };
]]

-- The lists must be one, and so must the sums, but for what one of the two does not tell.
local function compare(tag, theirs, ours)
    local their_lines, their_sums = pahole.facts(theirs)
    local lines, sums = pahole.facts(ours)
    for _, name in ipairs { "forced alignments", "forced holes", "sum forced holes", "paddings", "sum paddings",
        "member types with holes", "member types with bit holes", "total", "end", "middle" } do
        their_sums[name] = nil
    end
    sums.align = nil
    if tag:find "^union" then
        sums.size, sums.cachelines, sums.members = nil, nil, nil
    end
    assert.same({ their_lines, their_sums }, { lines, sums }, tag .. theirs .. "\n" .. ours)
end

describe("ffi.layout against pahole", function()
    if not pahole.is_here() then
        pending("pahole (package dwarves) or gcc is not here")
        return
    end
    local compared = 0

    for _, header in ipairs(layouts.headers) do
        it("of <" .. header .. ">", function()
            local scope = layouts.scope_of(header)
            for tag, text in pairs(scope and pahole.texts(header) or {}) do
                compare(tag, text, scope.layout(tag))
                compared = compared + 1
            end
        end)
    end

    it("was tried on enough structs and unions", function()
        assert.is_true(compared >= WANTED, compared .. " compared")
    end)

    it("of what headers seldom have", function()
        local path = os.tmpname()
        finally(function() os.remove(path) end)
        support.write_file(path, ODD)
        local scope = ffi.scope {}
        scope.cdef(ODD)
        local texts, count = pahole.texts(path), 0
        for tag, text in pairs(texts) do
            compare(tag, text, scope.layout(tag))
            count = count + 1
        end
        assert.equal(13, count)
    end)
end)
