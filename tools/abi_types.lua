-- Random C types for abi_difftest.lua, with values of them in both languages.
--
-- A type is a table: c (how C names it), value() -> a value, literal(v) -> C text (scalars only), lua(v) ->
-- what is passed to cffi, same(v, got) -> is `got` the value. `options` of a batch: compiler ("gcc" or
-- "clang", whose disagreements and bugs are kept out), lacks (the types that it does not know, as keys),
-- count (aggregates made so far) and types (the list of their definitions, which grows). All randomness
-- is math.random's, for the caller to seed.
local ffi = require "cffi"
local decimal128 = require "decimal128"

local types = {}
local random = math.random

local function pick(list)
    return list[random(#list)]
end

-- True that often.
function types.chance(percent)
    return random(100) <= percent
end

local chance = types.chance

-- Iterates over a table of strings and values in the order of the strings.
function types.sorted(t)
    local keys, i = {}, 0
    for key in pairs(t) do keys[#keys + 1] = key end
    table.sort(keys)
    return function()
        i = i + 1
        return keys[i], t[keys[i]]
    end
end

-- ---- scalar types -------------------------------------------------------------------------------
local function is(v, got)
    return v == got
end

local function same(v)
    return v
end

local function integer_type(c, bits, signed)
    local suffix = signed and "LL" or "ULL"
    return {
        kind = "integer", c = c, bits = bits, signed = signed,
        value = function(width)
            width = width or bits
            local v = random(0)
            if width < 64 then
                v = v & ((1 << width) - 1)
                if signed and v >> (width - 1) == 1 then
                    v = v - (1 << width)
                end
            elseif not signed then
                v = v >> 1
            end
            return v
        end,
        literal = function(v)
            if v == math.mininteger then
                return "(-9223372036854775807LL - 1)"
            end
            return ("(%s)%d%s"):format(c, v, suffix)
        end,
        lua = same, same = is,
    }
end

local function float_type(c, scale)
    return {
        kind = "float", c = c,
        value = function() return random(-scale, scale) / 4 end,
        literal = function(v) return ("(%s)%.17g"):format(c, v) end,
        lua = same, same = is,
    }
end

local function int128_type(c, signed)
    return {
        kind = "int128", c = c,
        value = function() return {random(0), random(0)} end,
        literal = function(v)
            return ("(%s)((unsigned __int128)0x%xULL << 64 | 0x%xULL)"):format(c, v[1], v[2])
        end,
        lua = function(v) return ffi.cast(c, decimal128(v[1], v[2], signed)) end,
        same = function(v, got) return tostring(got) == decimal128(v[1], v[2], signed) end,
    }
end

local function complex_type(c, part)
    return {
        kind = "complex", c = c,
        value = function() return {random(-99, 99) / 4, random(-99, 99) / 4} end,
        literal = function(v)
            return ("(%s)((%s)%.17g + (%s)%.17g * (float _Complex)1.0iF)"):format(c, part, v[1], part, v[2])
        end,
        lua = same,
        same = function(v, got) return got.re == v[1] and got.im == v[2] end,
    }
end

-- A vector: `count` elements of the given scalar type.
local function vector_type(element, count, bytes)
    return {
        kind = "vector", c = ("v%d%s"):format(bytes, element.c:gsub("%s", "_")),
        definition = ("typedef %s v%d%s __attribute__((vector_size(%d)));"):format(element.c, bytes,
            element.c:gsub("%s", "_"), bytes),
        element = element, count = count,
        value = function()
            local list = {}
            for i = 1, count do list[i] = element.value() end
            return list
        end,
        lua = same,
        same = function(v, got)
            for i = 1, count do
                if got[i - 1] ~= v[i] then return false end
            end
            return true
        end,
    }
end

-- _BitInt(N), which travels unlike the next wider integer beyond 64 bits. N is a number of bytes:
-- the psABI leaves the bits above N open, and clang before 19 takes them for zero all the same.
-- (On AArch64 clang 14 does not know yet that the wide ones are aligned to 16 bytes.)
local function bitint_type(bits, signed)
    local c = ("%s_BitInt(%d)"):format(signed and "" or "unsigned ", bits)
    local spare = (bits > 64 and 128 or 64) - bits
    local function cut(v)
        v = v << spare
        local sign = signed and v < 0 and ~(-1 >> spare) or 0
        return v >> spare | sign
    end
    local function halves()
        if bits > 64 then return {cut(random(0)), random(0)} end
        local lo = cut(random(0))
        return {signed and lo < 0 and -1 or 0, lo}
    end
    return {
        kind = "bitint", c = c,
        value = halves,
        literal = function(v)
            return ("(%s)((unsigned __int128)0x%xULL << 64 | 0x%xULL)"):format(c, v[1], v[2])
        end,
        lua = function(v) return ffi.cast(c, decimal128(v[1], v[2], signed)) end,
        same = function(v, got) return tostring(got) == decimal128(v[1], v[2], signed) end,
    }
end

local BOOL = {
    kind = "bool", c = "_Bool",
    value = function() return chance(50) end,
    literal = function(v) return v and "1" or "0" end,
    lua = same, same = is,
}

local POINTER = {
    kind = "pointer", c = "void *",
    value = function() return random(0) & (ffi.sizeof "void *" == 8 and 0x7FFFFFFFFFFF or 0x7FFFFFFF) | 1 end,
    literal = function(v) return ("(void *)0x%xUL"):format(v) end,
    lua = function(v) return ffi.cast("void *", v) end,
    same = function(v, got) return ffi.tonumber(ffi.cast("uintptr_t", got)) == v end,
}

local INTEGERS = {
    integer_type("char", 8, ffi.tonumber(ffi.cast("char", -1)) < 0), integer_type("signed char", 8, true),
    integer_type("unsigned char", 8, false), integer_type("short", 16, true),
    integer_type("unsigned short", 16, false), integer_type("int", 32, true),
    integer_type("unsigned int", 32, false), integer_type("long", 8 * ffi.sizeof "long", true),
    integer_type("unsigned long", 8 * ffi.sizeof "long", false), integer_type("long long", 64, true),
}
local FLOATS = {float_type("float", 4000), float_type("double", 1000000)}
local LONG_DOUBLE = float_type("long double", 1000000)
local QUAD = float_type("_Float128", 1000000)
local INT128 = {int128_type("__int128", true), int128_type("unsigned __int128", false)}
local HALF = float_type("_Float16", 1000)
local VECTORS = {}
for _, bytes in ipairs {8, 16} do
    for _, element in ipairs {INTEGERS[2], INTEGERS[4], INTEGERS[6], FLOATS[1]} do
        local size = {["signed char"] = 1, short = 2, int = 4, float = 4}
        VECTORS[#VECTORS + 1] = vector_type(element, bytes // size[element.c], bytes)
    end
end
VECTORS[#VECTORS + 1] = vector_type(FLOATS[2], 2, 16)
VECTORS[#VECTORS + 1] = vector_type(INTEGERS[8], 2, 16)
local COMPLEX = {complex_type("float _Complex", "float"), complex_type("double _Complex", "double"),
                 complex_type("long double _Complex", "long double")}

-- gcc passes a struct of _Float128 in a register, as the ABI says; clang 14 in memory.
local function scalar(options, inside)
    local r = random(104)
    if r > 102 then return pick(VECTORS) end
    if r == 102 and options.compiler == "gcc" then return options.lacks._Float16 and INTEGERS[4] or HALF end
    if r > 100 and options.compiler == "clang" then
        return bitint_type(8 * random(ffi.arch == "arm64" and 8 or 16), chance(50))
    end
    if r <= 40 or r > 100 then return pick(INTEGERS) end
    if r <= 70 then return pick(FLOATS) end
    if r <= 76 then return BOOL end
    if r <= 82 then return POINTER end
    if r <= 88 then return LONG_DOUBLE end
    if r <= 93 then return pick(COMPLEX) end
    if r <= 97 and not options.lacks.__int128 then return pick(INT128) end
    if not options.lacks._Float128 and (options.compiler == "gcc" or not inside) then return QUAD end
    return pick(INTEGERS)
end

-- ---- aggregates -----------------------------------------------------------------------------------

local aggregate

local function member_type(options, depth)
    if depth > 0 and chance(25) then
        return aggregate(options, depth - 1, true)
    end
    return scalar(options, true)
end

-- Arrays of packed structs, and structs inside packed ones, are classified differently by gcc and
-- clang: gcc's rules are ours.
local function may_repeat(t, options)
    return options.compiler == "gcc" or not t.packed
end

-- Inside others clang 14 does not even agree with itself on packed ones.
local function may_be_packed(options, nested)
    return options.compiler == "gcc" or not nested
end

-- Where a padding bit-field stands is where gcc and clang differ most.
local function add_padding(t, options)
    if options.compiler == "gcc" and chance(3) then
        t.members[#t.members + 1] = {padding = true, text = pick {"int : 0;", "int : 3;", "char : 0;", "long : 17;"}}
    end
end

local function array_length()
    return chance(97) and random(3) or random(20)
end

local function add_member(t, options, depth)
    add_padding(t, options)
    local m = {name = "m" .. #t.members + 1}
    if chance(12) then
        m.type = pick(INTEGERS)
        m.width = random(m.type.bits)
    elseif chance(2) then
        m.type, m.width = BOOL, 1
    else
        m.type = member_type(options, depth)
        if chance(15) and may_repeat(m.type, options) then
            m.count = array_length()
        end
        if chance(4) then
            m.aligned = pick {2, 4, 8, 16}
        end
        t.packed = t.packed or m.type.packed
    end
    t.members[#t.members + 1] = m
end

local function member_text(m)
    if m.padding then
        return m.text
    end
    local c = m.type.c
    if m.width then
        return ("%s %s : %d;"):format(c, m.name, m.width)
    end
    return ("%s %s%s%s;"):format(c, m.name, m.count and "[" .. m.count .. "]" or "",
        m.aligned and (" __attribute__((aligned(%d)))"):format(m.aligned) or "")
end

local function aggregate_text(t, attributes)
    local lines = {}
    for i, m in ipairs(t.members) do
        lines[i] = member_text(m)
    end
    return ("%s { %s }%s;"):format(t.c, table.concat(lines, " "), attributes)
end

local function member_value(m)
    if m.width then
        return m.type.value(m.width)
    end
    if not m.count then
        return m.type.value()
    end
    local list = {}
    for i = 1, m.count do
        list[i] = m.type.value()
    end
    return list
end

local function member_lua(m, v)
    if not m.count then
        return m.type.lua(v)
    end
    local list = {}
    for i = 1, m.count do
        list[i] = m.type.lua(v[i])
    end
    return list
end

local function member_same(m, v, got)
    if not m.count then
        return m.type.same(v, got)
    end
    for i = 1, m.count do
        if not m.type.same(v[i], got[i - 1]) then
            return false
        end
    end
    return true
end

-- The members of a union lie over each other: one of them is used.
local function used_members(t)
    if t.union then
        return {t.members[t.active]}
    end
    local used = {}
    for _, m in ipairs(t.members) do
        if not m.padding then
            used[#used + 1] = m
        end
    end
    return used
end

local function aggregate_value(t)
    local v = {}
    for _, m in ipairs(used_members(t)) do
        v[m.name] = member_value(m)
    end
    return v
end

local function aggregate_lua(t, v)
    local init = {}
    for _, m in ipairs(used_members(t)) do
        init[m.name] = member_lua(m, v[m.name])
    end
    return init
end

local function aggregate_same(t, v, got)
    for _, m in ipairs(used_members(t)) do
        if not member_same(m, v[m.name], got[m.name]) then
            return false
        end
    end
    return true
end

function aggregate(options, depth, nested)
    local t = {kind = "aggregate", members = {}, union = chance(15)}
    options.count = options.count + 1
    t.c = ("%s t%d"):format(t.union and "union" or "struct", options.count)
    local attributes = ""
    if chance(3) then
        attributes = (" __attribute__((aligned(%d)))"):format(pick {4, 8, 16})
    elseif chance(10) and may_be_packed(options, nested) then
        attributes, t.packed = " __attribute__((packed))", true
        depth = options.compiler == "gcc" and depth or 0
    end
    for _ = 1, chance(2) and not t.union and 0 or random(chance(80) and 4 or 9) do
        add_member(t, options, depth)
    end
    while t.union and (not t.active or t.members[t.active].padding) do
        t.active = random(#t.members)
    end
    options.types[#options.types + 1] = aggregate_text(t, attributes)
    t.value = function() return aggregate_value(t) end
    t.lua = function(v) return aggregate_lua(t, v) end
    t.same = function(v, got) return aggregate_same(t, v, got) end
    return t
end

-- ---- C text ---------------------------------------------------------------------------------------

local function each_leaf(t, place, v, leaf)
    if t.kind == "vector" then
        for i = 1, t.count do
            leaf(t.element, ("%s[%d]"):format(place, i - 1), v[i])
        end
        return
    end
    if t.kind ~= "aggregate" then
        leaf(t, place, v)
        return
    end
    for _, m in ipairs(used_members(t)) do
        for i = 1, m.count or 1 do
            if m.count then
                each_leaf(m.type, ("%s.%s[%d]"):format(place, m.name, i - 1), v[m.name][i], leaf)
            else
                each_leaf(m.type, place .. "." .. m.name, v[m.name], leaf)
            end
        end
    end
end

-- A statement of this form for each leaf, of its place and its value.
local function statements(form, t, place, v)
    local lines = {}
    each_leaf(t, place, v, function(leaf, at, value)
        lines[#lines + 1] = form:format(at, leaf.literal(value))
    end)
    return table.concat(lines, "\n")
end

-- Statements that set `place` to the value.
function types.setting(t, place, v)
    return statements("    %s = %s;", t, place, v)
end

-- Statements that count the leaves of `place` that differ from the value.
function types.checking(t, place, v)
    return statements("    CHECK(%s == %s);", t, place, v)
end

-- ---- parameters and results -----------------------------------------------------------------------

-- Of a parameter or a result.
function types.argument(options)
    return chance(35) and aggregate(options, 3) or scalar(options)
end

-- A type that survives "...": what default promotions leave alone, or what S7 makes of Lua values.
-- Others are given their type by a cdata. (clang 14 fetches a _Float128 from where its own callers
-- do not put it.)
local BOXED = {INTEGERS[6], INTEGERS[7], INTEGERS[8], INTEGERS[9], LONG_DOUBLE}
for _, list in ipairs {COMPLEX, VECTORS} do
    table.move(list, 1, #list, #BOXED + 1, BOXED)
end
local VARIADIC = {integer_type("long long", 64, true), FLOATS[2], POINTER}

local function boxed(t)
    return setmetatable({boxed = true}, {__index = t})
end

local function contains(t, wanted)
    if t.kind ~= "aggregate" then
        return t == wanted or t.kind == wanted
    end
    for _, m in ipairs(t.members) do
        if not m.padding and contains(m.type, wanted) then
            return true
        end
    end
    return false
end

-- A union of these two travels in general registers, from which gcc 12's va_arg reads it with an
-- instruction for aligned memory: its own callers crash.
local function breaks_va_arg(t)
    return contains(t, LONG_DOUBLE) and contains(t, "int128")
end

-- Of an argument for "...".
function types.variadic(options)
    local r = random(100)
    if r <= 25 then
        local t
        repeat
            t = aggregate(options, 2)
        until not breaks_va_arg(t)
        return t
    end
    if r <= 50 then return boxed(pick(BOXED)) end
    if r <= 55 and options.compiler == "gcc" then
        local wide = chance(50) and QUAD or pick(INT128)
        return boxed(options.lacks[wide.c:match "%S+$"] and LONG_DOUBLE or wide)
    end
    return pick(VARIADIC)
end

-- Whether gcc and clang agree on the type as parameter `position` of `count`: clang 14 passes a scalar
-- __int128 differently once registers run out, and loses count of the registers after a _Float128.
function types.settled(t, options, position, count)
    if options.compiler == "gcc" then
        return true
    end
    return (t.kind ~= "int128" or position <= 2) and (t ~= QUAD or count <= 4)
end

-- The C text that defines the vector types, one line each, to stand before the aggregates of a batch.
function types.vector_definitions()
    local lines = {}
    for i, vector in ipairs(VECTORS) do
        lines[i] = vector.definition
    end
    return table.concat(lines, "\n")
end

return types
