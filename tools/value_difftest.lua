-- Compares values with what a C compiler makes of them: casts between scalar types, and random aggregates made of
-- random initialisers (in part, by place or by name, nested), each of which is then spoilt, which must raise and change
-- nothing that was there. The types are abi_types.lua's.
--
--   lua5.4 tools/value_difftest.lua [N] [SEED] [KEEP]
--
-- N casts and N initialisers (2000), a seed (the clock). CFFI_DIFFTEST_CC is another compiler than gcc. Exit code 1
-- and the first of what is wrong when anything is. Files go to $CFFI_BUILD/difftest-value and stay there when KEEP
-- is given or something failed.

package.path = arg[0]:match "^(.-)[^/]*$" .. "?.lua;" .. package.path -- for what stands beside this file

local ffi = require "cffi"
local types = require "abi_types"

local N = tonumber(arg[1]) or 2000
local SEED = tonumber(arg[2]) or os.time()
local KEEP = arg[3] ~= nil
local BATCH = 500
local DIR = (os.getenv "CFFI_BUILD" or "build") .. "/difftest-value"
local CC = os.getenv "CFFI_DIFFTEST_CC" or "gcc"

math.randomseed(SEED)
local random, chance = math.random, types.chance

local HEADER = [[
#include <complex.h>
#include <float.h>
#include <string.h>
#if LDBL_MANT_DIG == 64
#define BYTES(T) (__builtin_types_compatible_p(T, long double) ? 10 : sizeof(T)) /* the others are padding */
#else
#define BYTES(T) sizeof(T)
#endif
#define ALIKE(p, x) \
    if (!((p) == (x))) return __LINE__
]]

local wrong = {} -- texts

local function pick(list) return list[random(#list)] end

local function fail(...) wrong[#wrong + 1] = string.format(...) end

-- ---- casts ------------------------------------------------------------------------------------------

-- Scalar types by name. A float's `digits` are those of its significand; an integer's are its bits.
local SCALARS = {
    { c = "char", bits = 8, signed = ffi.tonumber(ffi.cast("char", -1)) < 0 },
    { c = "signed char", bits = 8, signed = true }, { c = "unsigned char", bits = 8 },
    { c = "short", bits = 16, signed = true }, { c = "unsigned short", bits = 16 },
    { c = "int", bits = 32, signed = true }, { c = "unsigned int", bits = 32 },
    { c = "long", bits = 8 * ffi.sizeof "long", signed = true }, { c = "unsigned long", bits = 8 * ffi.sizeof "long" },
    { c = "long long", bits = 64, signed = true }, { c = "unsigned long long", bits = 64 },
    { c = "__int128", bits = 128, signed = true }, { c = "unsigned __int128", bits = 128 },
    { c = "_Bool" }, { c = "float", float = true }, { c = "double", float = true }, { c = "long double", float = true },
    { c = "_Float128", float = true }, { c = "_Float16", float = true },
}

-- A Lua number and its C text: whole numbers beside powers of two, fractions, and what only floats reach.
local function number(of_float)
    local edge = 1 << random(0, 62)
    if not of_float or chance(40) then
        local v = pick { edge, edge - 1, edge + 1, -edge, -edge - 1, random(0), random(-300, 300), 0 }
        return v, v == math.mininteger and "(-9223372036854775807LL - 1)" or ("%dLL"):format(v)
    end
    local v = pick { random(-4000, 4000) / 4, edge + 0.5, -edge / 1024, random() * 2.0 ^ random(-160, 160), 65504.0,
        65520.0, 2.0 ^ -24, 2.0 ^ -25, 1e300, -1e-300, 16777217.0, 3.4028235677973366e38, 0.0, -0.0, math.huge }
    return v, v == math.huge and "__builtin_inf()" or ("%a"):format(v)
end

-- C leaves open what a float becomes that the integer type does not have.
local function guard(from, to)
    if not (from.float and to.bits) then return "" end
    local low = to.signed and ("-0x1p%dL - 1"):format(to.bits - 1) or "-1.0L"
    return ("    if (!(f > %s && f < 0x1p%dL)) return -1;\n"):format(low, to.signed and to.bits - 1 or to.bits)
end

local function cast_case(index, known)
    local from, to = pick(known), pick(known)
    local v, text = number(from.float)
    return {
        from = from, to = to, v = v, name = "k" .. index,
        body = ("int k%d(const void *got)\n{\n    volatile %s f = (%s)%s;\n%s    %s t = (%s)f;\n"
            .. "    return memcmp(got, &t, BYTES(%s)) ? __LINE__ : 0;\n}\n"):format(index, from.c, from.c, text,
            guard(from, to), to.c, to.c, to.c),
    }
end

local function run_cast(lib, case)
    local ok, got = pcall(function()
        return ffi.new(case.to.c .. "[1]", { ffi.cast(case.to.c, ffi.cast(case.from.c, case.v)) })
    end)
    if not ok and case.to.bits and tostring(got):find "cannot convert number %-?inf to" then
        return 0 -- C leaves open what it would be
    elseif not ok then
        fail("(%s)(%s)%s raised %s", case.to.c, case.from.c, case.v, got)
        return 0
    end
    local line = lib[case.name](got)
    if line > 0 then
        fail("(%s)(%s)%s is %s here (line %d)", case.to.c, case.from.c, case.v, tostring(got[0]), line)
    end
    return line < 0 and 0 or 1
end

-- ---- initialisers -----------------------------------------------------------------------------------

local initialiser

local function named(members)
    local list = {}
    for _, m in ipairs(members) do
        if not m.padding then list[#list + 1] = m end
    end
    return list
end

-- Each of these gives C's text, Lua's table, and what must be compared: a list of {place, type}.
local function elements(type, count)
    local text, init = {}, {}
    local given = chance(60) and count or random(0, count)
    if given == 1 and count > 1 then given = 0 end -- one element stands for all in Lua
    for i = 1, given do
        text[i], init[i] = initialiser(type)
    end
    return ("{ %s }"):format(table.concat(text, ", ")), init
end

local function member_initialiser(m)
    if m.count then return elements(m.type, m.count) end
    if m.width then
        local v = m.type.value(m.width)
        return m.type.literal(v), m.type.lua(v)
    end
    return initialiser(m.type)
end

local function by_place(members)
    local text, init = {}, {}
    for i = 1, random(0, #members) do
        text[i], init[i] = member_initialiser(members[i])
    end
    return text, init
end

local function by_name(members)
    local text, init = {}, {}
    for _, m in ipairs(members) do
        if chance(60) then
            local member, value = member_initialiser(m)
            text[#text + 1], init[m.name] = ("." .. m.name .. " = " .. member), value
        end
    end
    return text, init
end

local function union_initialiser(t)
    local m = t.members[t.active]
    local text, init = member_initialiser(m)
    return ("{ .%s = %s }"):format(m.name, text), { [m.name] = init }
end

-- C's text and Lua's value. A table of no members says nothing of a union: the object is zeroed.
function initialiser(t)
    if t.kind == "vector" then return elements(t.element, t.count) end
    if t.kind ~= "aggregate" then
        local v = t.value()
        return t.literal(v), t.lua(v)
    end
    if t.union then return union_initialiser(t) end
    local members = named(t.members)
    local text, init = (chance(50) and by_place or by_name)(members)
    return ("{ %s }"):format(table.concat(text, ", ")), init
end

-- A statement for each leaf, of the members of unions the one that is used.
local function comparisons(t, place, lines)
    if t.kind == "vector" then
        for i = 0, t.count - 1 do comparisons(t.element, ("%s[%d]"):format(place, i), lines) end
    elseif t.kind ~= "aggregate" then
        lines[#lines + 1] = ("    ALIKE((*p)%s, x%s);"):format(place, place)
    else
        for _, m in ipairs(t.union and { t.members[t.active] } or named(t.members)) do
            for i = 0, m.count and m.count - 1 or 0 do
                comparisons(m.type, ("%s.%s%s"):format(place, m.name, m.count and ("[%d]"):format(i) or ""), lines)
            end
        end
    end
    return lines
end

local function init_case(index, options)
    local t
    repeat
        t = types.argument(options)
    until t.kind == "aggregate"
    local text, init = initialiser(t)
    return {
        type = t, init = init, text = text, name = "i" .. index,
        body = ("int i%d(const void *object)\n{\n    static const %s x = %s;\n    const %s *p = object;\n"
            .. "    (void)x, (void)p;\n%s\n    return 0;\n}\n"):format(index, t.c, text, t.c,
            table.concat(comparisons(t, "", {}), "\n")),
    }
end

local function thread() return coroutine.create(print) end

-- What no scalar takes. (A table is one for an aggregate, whose fields are read without metamethods.)
local function unfit()
    return chance(50) and thread() or setmetatable({}, { __index = function() error "asked" end })
end

local NOT_SCALAR = { aggregate = true, complex = true, vector = true }

-- Instead of what the member is given; `deeper` makes such a table for an aggregate.
local function unfit_member(m, deeper)
    if m.count then return { thread(), thread() } end
    if not NOT_SCALAR[m.type.kind] then return unfit() end
    return m.type.kind == "aggregate" and chance(50) and deeper(m.type, {}) or thread()
end

-- A copy of the table with one thing in it that cannot be: a value, a name, a place, or one element too many.
local function spoil(t, init)
    local copy, members = {}, named(t.members)
    for key, value in pairs(init) do copy[key] = value end
    if #members == 0 or chance(20) then
        copy[pick { "nothing", #members + 1, -1, 2.5, true }] = 1
    elseif #copy == 0 then
        local m = pick(members)
        copy[m.name] = unfit_member(m, spoil)
    else
        local at = random(#copy)
        copy[at] = unfit_member(members[at], spoil)
    end
    return copy
end

local function run_init(scope, lib, case)
    local ok, object = pcall(scope.new, case.type.c, case.init)
    if not ok then
        fail("%s of %s raised %s", case.text, case.type.c, object)
        return
    end
    local line = lib[case.name](object)
    if line ~= 0 then
        fail("%s of %s differs in line %d", case.text, case.type.c, line)
    end
    local before = ffi.string(object, ffi.sizeof(object))
    local holder = scope.cast(case.type.c .. " *", object)
    local bad = spoil(case.type, case.init)
    if pcall(scope.new, case.type.c, bad) or pcall(function() holder[0] = bad end) then
        fail("a spoilt initialiser of %s was taken for %s", case.type.c, case.text)
    elseif ffi.string(object, ffi.sizeof(object)) ~= before then
        fail("a spoilt initialiser of %s changed the object", case.type.c)
    end
end

-- ---- batches ----------------------------------------------------------------------------------------

local function write_file(path, text)
    local file = assert(io.open(path, "w"))
    assert(file:write(text))
    assert(file:close())
end

-- Keys: the types that the compiler or cffi has not.
local function lacking()
    local lacks = {}
    for _, name in ipairs { "_Float16", "_Float128", "__int128" } do
        write_file(DIR .. "/probe.c", name .. " x;\n")
        local has = os.execute(("%s -fsyntax-only %s/probe.c 2>/dev/null"):format(CC, DIR))
        lacks[name] = not (has and pcall(ffi.new, name)) or nil
    end
    return lacks
end

local function make_batch(index, size, lacks)
    local known, options = {}, { compiler = "gcc", lacks = lacks, count = 0, types = {} }
    for _, scalar in ipairs(SCALARS) do
        if not lacks[scalar.c:match "%S+$"] then known[#known + 1] = scalar end
    end
    local batch = { casts = {}, inits = {}, path = ("%s/b%d"):format(DIR, index) }
    local bodies, declarations = {}, {}
    for i = 1, size do
        local cast, init = cast_case(i, known), init_case(i, options)
        batch.casts[i], batch.inits[i] = cast, init
        bodies[#bodies + 1] = cast.body .. init.body
        declarations[i] = ("int k%d(const void *); int i%d(const void *);"):format(i, i)
    end
    local definitions = types.vector_definitions() .. "\n" .. table.concat(options.types, "\n") .. "\n"
    batch.cdef = definitions .. table.concat(declarations, "\n")
    write_file(batch.path .. ".c", HEADER .. definitions .. table.concat(bodies, "\n"))
    local command = "%s -w -Wno-packed-bitfield-compat -O1 -shared -fPIC -o %s.so %s.c"
    assert(os.execute(command:format(CC, batch.path, batch.path)), "the compiler failed")
    return batch
end

local function run(batch)
    local compared = 0
    local scope = ffi.scope {}
    scope.cdef(batch.cdef)
    local lib = scope.load((DIR:sub(1, 1) == "/" and "" or "./") .. batch.path .. ".so")
    for i, cast in ipairs(batch.casts) do
        compared = compared + run_cast(lib, cast)
        run_init(scope, lib, batch.inits[i])
    end
    return compared
end

local function main()
    assert(os.execute("mkdir -p " .. DIR))
    local lacks, casts = lacking(), 0
    for done = 0, N - 1, BATCH do
        casts = casts + run(make_batch(done // BATCH + 1, math.min(BATCH, N - done), lacks))
    end
    for i = 1, math.min(#wrong, 20) do print(wrong[i]) end
    print(("%d casts and %d initialisers compared, %d wrong (seed %d)"):format(casts, N, #wrong, SEED))
    if not KEEP and #wrong == 0 then
        os.execute("rm -rf " .. DIR)
    end
    os.exit(#wrong == 0)
end

main()
