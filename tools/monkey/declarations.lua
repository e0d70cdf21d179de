-- Operations on declarations: random texts, right and wrong ones, and what the types then say of themselves.
local ffi = require "cffi"
local types = require "monkey.types"
local world = require "monkey.world"

local declarations = {}
local chance, pick, random = world.chance, world.pick, world.random

-- What is declared stays until the state ends, and each collection walks it.
local LIMITS = { records = 120, scopes = 15, enums = 40, others = 150 }
local made = {}
local function may(what)
    made[what] = (made[what] or 0) + 1
    return made[what] <= LIMITS[what]
end

function declarations.declare_record()
    if not may "records" then
        return
    end
    local t, text = types.new_record()
    world.log("cdef %s", text)
    world.succeeds(text, ffi.cdef, text)
    types.learn(t)
    if #types.records >= 25 then
        table.remove(types.records, random(#types.records))
    end
    types.records[#types.records + 1] = t
end

function declarations.declare_enum()
    if not may "enums" then
        return
    end
    local t, text = types.new_enum()
    world.log("cdef %s", text)
    world.succeeds(text, ffi.cdef, text)
    types.enums[#types.enums + 1] = t
    for _, row in ipairs(t.names) do
        world.check(ffi.C[row[1]] == row[2], "%s is %s", row[1], tostring(ffi.C[row[1]]))
        world.check(ffi.tonumber(ffi.eval(row[1])) == row[2], "eval of %s", row[1])
    end
end

-- A text with a mistake at its end: nothing of it may stay.
local MISTAKES = { "zork y;", "struct { int a; int a; };", "int f(void);  double f(int);", "int a[-1];",
    "#if 1", "struct no_end {", "typedef int t; typedef long t;", "@", "int i[99999999999999999999];", "\"text", "/*" }

function declarations.op_mistake()
    if not may "others" then
        return
    end
    local t, text = types.new_record()
    local mistake = pick(MISTAKES)
    world.log("cdef %s %s", text, mistake)
    local ok, err = pcall(ffi.cdef, text .. "\n" .. mistake)
    world.check(not ok and type(err) == "string", "cdef of '%s' passes", mistake)
    world.raises("sizeof", "undeclared tag", ffi.sizeof, t.tag)
    local declared = false
    for name in ffi.declarations(t.tag:match "%w+$") do
        declared = declared or t.tag:find(name, 1, true)
    end
    world.check(not declared, "%s is listed", t.tag)
    -- The same text without its mistake still passes.
    world.succeeds(text, ffi.cdef, text)
    types.learn(t)
end

function declarations.op_again()
    local t = types.records[1] and pick(types.records)
    if t and may "others" then
        local name = types.fresh "f"
        local text = ("%s *%s(int, %s *);"):format(t.tag, name, t.tag)
        world.log("cdef %s twice", text)
        world.succeeds(text, ffi.cdef, text)
        world.succeeds(text, ffi.cdef, text)
        world.raises(text, name, ffi.cdef, ("int %s(int);"):format(name))
        world.raises(name, "undefined symbol '" .. name .. "'", function() return ffi.C[name] end)
    end
end

function declarations.op_constant()
    if not may "others" then
        return
    end
    local name, value = types.fresh "k", random(-(1 << 40), 1 << 40)
    world.log("constant %s = %d", name, value)
    if chance(50) then
        ffi.cdef(("#define %s %d\n"):format(name, value))
    else
        ffi.cdef(("static const long %s = %d;"):format(name, value))
    end
    world.check(ffi.C[name] == value, "constant %s is %s", name, world.show(ffi.C[name]))
    local n = random(0, 62)
    local sum = ffi.eval(("(%s * 2L) + (1L << %d)"):format(name, n))
    world.check(ffi.tonumber(sum) == (value << 1) + (1 << n), "eval of %s", name)
end

-- All that a type tells, by its text, its ctype, and a pointer to it.
function declarations.op_ask()
    local t = types.records[1] and chance(60) and pick(types.records) or types.scalar()
    local text = types.text_of(t)
    world.log("ask %s", text)
    local ct = world.succeeds(text, ffi.typeof, text)
    world.check(ct == ffi.typeof(text) and ct == ffi.typeof(ct), "typeof '%s' differs", text)
    world.check(ffi.sizeof(ct, t.flexible and 0 or nil) == t.size, "sizeof '%s'", text)
    world.check(ffi.alignof(ct) == ffi.alignof(text), "alignof '%s'", text)
    world.check(ffi.istype(ct, t.flexible and ffi.new(ct, 0) or ffi.new(ct)), "istype '%s'", text)
    world.check(tostring(ct):find "^ctype<", "tostring of '%s'", text)
    local told = world.succeeds(text, ffi.reflect, chance(50) and ct or text)
    world.check(told.size == ffi.sizeof(ct), "reflect '%s'", text)
    if types.is_record(t) then
        for _, m in ipairs(t.members) do
            local offset, bit = ffi.offsetof(ct, m.name)
            world.check(8 * offset + (bit or 0) == 8 * m.offset + (m.bit or 0), "offsetof '%s', %s", text, m.name)
        end
        world.check(not pcall(ffi.offsetof, ct, "no_such"), "offsetof of no member")
    end
    local parsed = world.succeeds(text, ffi.parse, types.spell(t, "probe") .. ";")
    world.check(#parsed == 1 and parsed[1].name == "probe", "parse of '%s'", text)
end

-- An iteration over the declarations while more are declared.
function declarations.op_iterate()
    world.log "declarations, and a cdef in their midst"
    local seen, limit = 0, random(30)
    for name, kind, text in ffi.declarations() do
        world.check(type(name) == "string" and type(kind) == "string" and type(text) == "string", "declarations")
        seen = seen + 1
        if seen == limit then
            declarations.declare_record()
            break
        elseif seen % 7 == 0 then
            ffi.cdef(("typedef int %s;"):format(types.fresh "t"))
        end
    end
end

local function use_scope()
    local scope = world.succeeds("scope", ffi.scope, chance(50) and { overflow = "wrap" } or nil)
    local name = types.fresh "z"
    scope.cdef(("struct %s { int a; double b; struct %s *next; };"):format(name, name))
    world.raises("scope", "undeclared tag", ffi.sizeof, "struct " .. name)
    local one = scope.new("struct " .. name, { 1, 2.5 })
    one.next = one
    world.check(one.next.next.a == 1 and one.next.b == 2.5, "struct of a scope")
    local list = scope.new("int[3]", { 1, 2, 3 })
    local to = ffi.new("int[3]")
    ffi.copy(to, list, 12)
    world.check(to[2] == 3 and ffi.istype("int[3]", list), "array of a scope")
    return list, one
end

-- Another ffi: its own names, types equal by structure, all dropped at once.
function declarations.op_scope()
    if not may "scopes" then
        return
    end
    world.log "scope"
    local list = use_scope()
    collectgarbage "step"
    world.check(list[1] == 2, "array of a dropped scope")
end

declarations.operations = {
    { 3, "declare_record", declarations.declare_record }, { 1, "declare_enum", declarations.declare_enum },
    { 2, "mistake", declarations.op_mistake }, { 1, "again", declarations.op_again },
    { 1, "constant", declarations.op_constant }, { 4, "ask", declarations.op_ask },
    { 1, "iterate", declarations.op_iterate }, { 1, "scope", declarations.op_scope },
}

return declarations
