-- Random C types. A type is a table: kind ("int", "bool", "float", "ldouble", "complex", "enum", "pointer",
-- "function", "array", "struct", "union"), size, align, and what the kind needs. spell(t, name) is C text.
--
-- Sizes, offsets and bit positions are asked of ffi: whether those are the compiler's is what the layout
-- difftest says. Little-endian machines only.
local ffi = require "cffi"
local world = require "monkey.world"

local types = { records = {}, enums = {} }
local chance, pick, random = world.chance, world.pick, world.random

-- ---- scalars ------------------------------------------------------------------------------------

local function int(c, size, signed, extra)
    local t = { kind = "int", c = c, size = size, bits = 8 * size, signed = signed,
        pack = size <= 8 and (signed and "<i" or "<I") .. size }
    for k, v in pairs(extra or {}) do
        t[k] = v
    end
    return t
end

types.ints = {
    int("char", 1, true, { char = true }), int("signed char", 1, true), int("uint8_t", 1, false),
    int("int16_t", 2, true), int("unsigned short", 2, false), int("int", 4, true), int("uint32_t", 4, false),
    int("long", 8, true), int("uint64_t", 8, false), int("int64_t", 8, true), int("size_t", 8, false),
    int("unsigned char", 1, false),
}
types.wide = { int("__int128", 16, true), int("unsigned __int128", 16, false) }
types.bool = { kind = "bool", c = "bool", size = 1 }
types.float = { kind = "float", c = "float", size = 4, pack = "<f" }
types.double = { kind = "float", c = "double", size = 8, pack = "<d" }
types.ldouble = { kind = "ldouble", c = "long double", size = 16 }
types.complex = { kind = "complex", c = "double _Complex", size = 16, part = types.double }
types.void = { kind = "void", c = "void" }
types.text = { kind = "pointer", c = "const char *", size = 8, text = true,
    target = { kind = "int", c = "const char", size = 1, bits = 8, signed = true, pack = "<i1", char = true } }
types.handle = { kind = "pointer", c = "void *", size = 8, target = types.void }

function types.pointer(target)
    return { kind = "pointer", size = 8, target = target }
end

function types.array(element, count)
    return { kind = "array", element = element, count = count, size = element.size * count }
end

-- C text of a declaration of `name` ("" for the type itself).
function types.spell(t, name)
    if t.c then
        return name == "" and t.c or t.c .. " " .. name
    elseif t.kind == "pointer" then
        local inner = "*" .. name
        return types.spell(t.target, t.target.kind == "array" and "(" .. inner .. ")" or inner)
    elseif t.kind == "array" then
        return types.spell(t.element, ("%s[%s]"):format(name, t.flexible and "" or t.count))
    end
    return name == "" and t.tag or t.tag .. " " .. name
end

function types.text_of(t)
    return types.spell(t, "")
end

function types.integer()
    return pick(types.ints)
end

function types.is_record(t)
    return t.kind == "struct" or t.kind == "union"
end

function types.is_aggregate(t)
    return types.is_record(t) or t.kind == "array"
end

local SCALARS = world.wheel {
    { 12, types.integer }, { 2, function() return types.bool end }, { 3, function() return types.double end },
    { 2, function() return types.float end }, { 1, function() return pick(types.wide) end },
    { 1, function() return ffi.arch == "x64" and types.ldouble or types.double end },
    { 1, function() return types.complex end }, { 3, function() return types.text end },
    { 2, function() return types.handle end },
    { 2, function() return types.enums[1] and pick(types.enums) or types.bool end },
    { 3, function()
        return types.pointer(types.records[1] and chance(50) and pick(types.records) or types.integer())
    end },
}

function types.scalar()
    return pick(SCALARS)()
end

-- ---- declarations -------------------------------------------------------------------------------

local made = 0
local function fresh(prefix)
    made = made + 1
    return ("%s%d"):format(prefix, made)
end
types.fresh = fresh

-- A new enum, not declared yet: its type and text.
function types.new_enum()
    local t = { kind = "enum", c = "enum " .. fresh "e", size = 4, bits = 32, signed = false, pack = "<I4", names = {} }
    local parts, value = {}, 0
    for i = 1, random(5) do
        local name = ("%s_%d"):format(t.c:gsub(" ", "_"), i)
        if chance(30) then
            value = random(0, 1000)
            parts[i] = ("%s = %d"):format(name, value)
        else
            parts[i] = name
        end
        t.names[#t.names + 1] = { name, value }
        value = value + 1
    end
    return t, ("%s { %s };"):format(t.c, table.concat(parts, ", "))
end

local function random_member(depth)
    local n = random(100)
    if n <= 60 then
        return types.scalar()
    elseif n <= 85 or not types.records[1] then
        local element = depth > 0 and chance(25) and random_member(depth - 1) or types.scalar()
        return types.array(element, random(5))
    end
    local t = pick(types.records)
    return t.size <= 96 and not t.flexible and t or types.integer()
end

-- Members as text, into `out`; an anonymous struct now and then.
local function write_members(t, out, count, depth)
    for _ = 1, count do
        if depth > 0 and chance(8) then
            out[#out + 1] = chance(60) and "struct {" or "union {"
            t.nested = true
            write_members(t, out, random(3), depth - 1)
            out[#out + 1] = "};"
        elseif chance(12) then
            local base = types.integer()
            local m = { name = fresh "b", type = base, width = random(base.bits) }
            t.members[#t.members + 1] = m
            out[#out + 1] = ("%s : %d;"):format(types.spell(base, m.name), m.width)
        else
            local m = { name = fresh "m", type = random_member(1) }
            t.members[#t.members + 1] = m
            out[#out + 1] = types.spell(m.type, m.name) .. ";"
        end
    end
end

-- A new struct or union, not declared yet: its type and text. learn(t) completes it once it is declared.
function types.new_record()
    local kind = chance(85) and "struct" or "union"
    local t = { kind = kind, tag = ("%s %s"):format(kind, fresh "s"), members = {} }
    local out = {}
    write_members(t, out, random(6), 1)
    if kind == "struct" and chance(8) then
        t.flexible = { name = fresh "m", type = types.array(types.integer(), 0) }
        t.flexible.type.flexible = true
        out[#out + 1] = types.spell(t.flexible.type, t.flexible.name) .. ";"
    end
    local attribute = chance(10) and " __attribute__((packed))" or ""
    return t, ("%s { %s }%s;"):format(t.tag, table.concat(out, " "), attribute)
end

-- Bit positions from the outermost struct: reflect tells them for each level.
local function learn_bits(t, ct, base)
    for _, m in ipairs(ffi.reflect(ct).members) do
        if m.width and m.name then
            t.by_name[m.name].offset, t.by_name[m.name].bit = base + m.offset, m.bit
        elseif not m.name and not m.width then
            learn_bits(t, m.type, base + m.offset)
        end
    end
end

function types.learn(t)
    t.size, t.align, t.by_name = ffi.sizeof(t.tag, t.flexible and 0 or nil), ffi.alignof(t.tag), {}
    for _, m in ipairs(t.members) do
        t.by_name[m.name] = m
        if not m.width then
            m.offset = ffi.offsetof(t.tag, m.name)
        end
    end
    learn_bits(t, t.tag, 0)
    if t.flexible then
        t.flexible.offset = ffi.offsetof(t.tag, t.flexible.name)
    end
end

-- ---- parts --------------------------------------------------------------------------------------

-- A random part of an object of type t: the path of keys to it, its type and offset; for a bit-field the
-- member. `stop(t)` true: an aggregate that may be the answer.
function types.part(t, stop)
    local path, offset = {}, 0
    while types.is_aggregate(t) and not (#path > 0 and stop and chance(40) and stop(t)) do
        if t.kind == "array" then
            if t.count == 0 then
                return nil
            end
            local i = random(0, t.count - 1)
            path[#path + 1], offset, t = i, offset + i * t.element.size, t.element
        else
            local m = pick(t.members)
            path[#path + 1], offset, t = m.name, offset + m.offset, m.type
            if m.width then
                return path, t, offset, m
            end
        end
    end
    return path, t, offset
end

function types.path_text(path)
    local parts = {}
    for i, key in ipairs(path) do
        parts[i] = type(key) == "string" and "." .. key or ("[%s]"):format(key)
    end
    return table.concat(parts)
end

return types
