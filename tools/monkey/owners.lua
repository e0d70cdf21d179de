-- Operations on what owns or stands for other things: arenas, handles, finalisers; tables made of objects; numbers of
-- C's types, the policies for them, and LuaJIT's rules.
local ffi = require "cffi"
local luajit = require "cffi.luajit"
local memory = require "monkey.memory"
local types = require "monkey.types"
local values = require "monkey.values"
local world = require "monkey.world"

local owners = {}
local chance, pick, random = world.chance, world.pick, world.random

-- ---- arenas -------------------------------------------------------------------------------------

local arenas = world.pool(4)

function owners.op_arena()
    local one = chance(50) and arenas.any()
    if not one then
        world.log "arena"
        arenas.add { arena = world.succeeds("arena", ffi.arena), lists = {}, texts = {} }
        return
    end
    world.busy[one] = true
    if chance(15) then
        world.log "close arena"
        one.arena:close()
        world.raises("closed", "the arena is closed", function() one.arena:new "int" end)
        world.raises("closed", "the arena is closed", function() one.arena:string "x" end)
        for i = #arenas, 1, -1 do
            if arenas[i] == one then
                arenas.remove(i)
            end
        end
    else
        local n, text = random(0, 40), ("a%d"):format(random(999)):rep(random(30))
        world.log("arena: %d ints, %s", n, world.show(text))
        local list = one.arena:new("int[?]", n)
        for i = 0, n - 1 do
            world.check(list[i] == 0, "an arena's array is not zero")
            list[i] = n * i
        end
        one.lists[#one.lists + 1] = { list, n }
        one.texts[#one.texts + 1] = { one.arena:string(text), text }
        for _, row in ipairs(one.lists) do
            local i = row[2] > 0 and random(0, row[2] - 1)
            world.check(not i or row[1][i] == row[2] * i, "an arena's array has changed")
        end
        for _, row in ipairs(one.texts) do
            world.check(ffi.string(row[1]) == row[2], "an arena's text has changed")
        end
    end
    world.busy[one] = nil
end

-- ---- handles ------------------------------------------------------------------------------------

local tokens = world.pool(12)

function owners.op_handle()
    local value = pick { {}, print, "text", 7, 0.5, true, coroutine.create(print), io.stdout, ffi.new "int" }
    world.log("handle of a %s", type(value))
    tokens.add { handle = world.succeeds("handle", ffi.handle, value), value = value }
    local one = pick(tokens)
    local stored = ffi.new("void *[1]", { one.handle })
    world.check(rawequal(ffi.from_handle(stored[0]), one.value), "another value from a handle")
    local address = ffi.cast("uintptr_t", one.handle)
    if chance(40) then
        collectgarbage()
    end
    world.check(rawequal(ffi.from_handle(ffi.cast("void *", address)), one.value), "another value from an address")
    world.raises("no handle", "no handle", ffi.from_handle, ffi.cast("void *", -1))
end

-- ---- finalisers ---------------------------------------------------------------------------------

function owners.op_gc()
    local n, ran = random(20), 0
    local wanted, kept = 0, {}
    local function finaliser() ran = ran + 1 end
    for i = 1, n do
        local cd = ffi.gc(ffi.new "int[3]", finaliser)
        if i % 3 == 0 then
            ffi.gc(cd, nil)
        elseif i % 3 == 1 then
            kept[#kept + 1] = cd
        else
            wanted = wanted + 1
        end
    end
    world.log("%d finalisers", n)
    collectgarbage()
    collectgarbage()
    -- within a finaliser nothing is collected
    world.check(ran == wanted or world.depth > 0 and ran <= wanted, "%d of %d finalisers ran", ran, wanted)
    world.check(#kept == (n + 2) // 3 and ffi.sizeof(kept[1]) == 12, "kept objects")
    for i = 1, #kept do
        ffi.gc(kept[i], nil)
    end
end

-- ---- tables -------------------------------------------------------------------------------------

function owners.op_totable()
    local h = memory.handles.any(function(h)
        local e = h.type.element
        return h.type.kind == "array" and not h.type.open and not h.pointer and h.type.count > 1 and
            not types.is_aggregate(e) and
            e.kind ~= "pointer"
    end)
    if h then
        world.log("totable %s", types.text_of(h.type))
        local list = world.succeeds("totable", ffi.totable, h.cd)
        world.check(#list == h.type.count, "%d elements of %s", #list, types.text_of(h.type))
        for i, got in ipairs(list) do
            local at = h.offset + (i - 1) * h.type.element.size
            memory.check_scalar(h, h.type.element, at, nil, got, "totable")
        end
    end
end

-- ---- numbers ------------------------------------------------------------------------------------

local WORDS = { { c = "int64_t", signed = true }, { c = "uint64_t" } }

local function show_word(n, signed)
    return signed and ("%d"):format(n) or values.unsigned_text(n)
end

-- By value, whatever the types.
local function less(a, a_signed, b, b_signed)
    if a_signed and a < 0 or b_signed and b < 0 then
        if a_signed and a < 0 and b_signed and b < 0 then
            return a < b
        end
        return a_signed ~= nil and a < 0
    end
    return math.ult(a, b)
end

local function word()
    return chance(40) and random(-5, 5) or chance(50) and random(0)
        or pick { math.mininteger, math.maxinteger, -1, 1 << 32 }
end

function owners.op_arithmetic()
    local ta, tb = pick(WORDS), pick(WORDS)
    local a, b = word(), word()
    local x, y = ffi.cast(ta.c, a), chance(30) and tb.signed and b or ffi.cast(tb.c, b)
    local signed = ta.signed and tb.signed
    world.log("%s %s with %s %s", ta.c, show_word(a, ta.signed), tb.c, show_word(b, tb.signed))
    for name, row in pairs {
        ["+"] = { function() return x + y end, a + b }, ["-"] = { function() return x - y end, a - b },
        ["*"] = { function() return x * y end, a * b }, ["&"] = { function() return x & y end, a & b },
        ["|"] = { function() return x | y end, a | b }, ["~"] = { function() return x ~ y end, a ~ b },
    } do
        local got = tostring(world.succeeds(name, row[1]))
        world.check(got == show_word(row[2], signed), "%s: %s instead of %s", name, got, show_word(row[2], signed))
    end
    world.check((x < y) == less(a, ta.signed, b, tb.signed), "<")
    world.check((x <= y) == not less(b, tb.signed, a, ta.signed), "<=")
    world.check(ffi.eq(x, y) == (not less(a, ta.signed, b, tb.signed) and not less(b, tb.signed, a, ta.signed)), "eq")
    if b == 0 then
        world.raises("//", "'n//0'", function() return x // y end)
        world.raises("%", "'n%%0'", function() return x % y end)
    elseif signed then
        world.check(tostring(x // y) == ("%d"):format(a // b), "//: %s", tostring(x // y))
        world.check(tostring(x % y) == ("%d"):format(a % b), "%%: %s", tostring(x % y))
    end
end

-- ---- policies -----------------------------------------------------------------------------------

local scopes = {}
for _, policy in ipairs { "fit", "strict", "wrap", "saturate" } do
    scopes[policy] = ffi.scope { overflow = policy }
end

local function less_wide(a, b)
    return a.hi < b.hi or a.hi == b.hi and math.ult(a.lo, b.lo)
end

local function range(t)
    if t.bits == 64 then
        return t.signed and values.wide(math.mininteger) or values.wide(0),
            t.signed and values.wide(math.maxinteger) or values.wide(-1, 0)
    end
    return values.wide(t.signed and -(1 << (t.bits - 1)) or 0), values.wide((1 << (t.bits - (t.signed and 1 or 0))) - 1)
end

function owners.op_policy()
    local t
    repeat
        t = types.integer()
    until not t.char
    local policy = pick { "fit", "strict", "wrap", "saturate" }
    local scope, n = scopes[policy], values.number()
    local least, most = range(t)
    local inside = not less_wide(n, least) and not less_wide(most, n)
    local to = scope.new(t.c .. "[1]")
    local v, text = values.dress(n, memory.hook)
    world.log("%s under %s: %s", t.c, policy, text)
    local function store() to[0] = v end
    if policy == "strict" and not inside or policy == "fit" and not values.fits(n, t.bits, t.signed) then
        world.raises(text, values.REFUSED, store)
        world.check(to[0] == 0, "a refused value was stored")
        return
    end
    world.succeeds(text, store)
    if policy == "saturate" and not inside then
        n = less_wide(n, least) and least or most
    end
    local wanted = values.meaning(n, t.bits, t.signed)
    world.check(values.same(t, wanted, to[0]), "%s under %s: expected %s, got %s", text, policy, world.show(wanted),
        world.show(to[0]))
end

-- ---- LuaJIT's rules -----------------------------------------------------------------------------

function owners.op_luajit()
    local t
    repeat
        t = types.integer()
    until t.bits <= 32
    local n, x = random(-1 << 40, 1 << 40), random(-1 << 20, 1 << 20) / 4
    world.log("LuaJIT: %s = %d, int = %g", t.c, n, x)
    local to = luajit.new(t.c .. "[1]")
    local whole = n % (1 << 31)
    to[0] = whole + 0.0
    world.check(to[0] == values.meaning(values.wide(whole), t.bits, t.signed), "LuaJIT: store")
    local int = luajit.new "int[1]"
    int[0] = x
    world.check(int[0] == (x < 0 and math.ceil(x) or math.floor(x)), "LuaJIT: %g is %s", x, tostring(int[0]))
    local a, b = luajit.cast("int64_t", n), luajit.cast("int64_t", pick { -7, -2, 3, 10 })
    local quotient = luajit.tonumber(a / b)
    local exact = n / luajit.tonumber(b)
    world.check(quotient == (exact < 0 and math.ceil(exact) or math.floor(exact)), "LuaJIT: division")
    world.check(tostring(a) == ("%dLL"):format(n), "LuaJIT: %s", tostring(a))
    world.check(tostring(luajit.cast("uint64_t", 5)) == "5ULL", "LuaJIT: unsigned")
end

owners.operations = {
    { 4, "arena", owners.op_arena }, { 3, "handle", owners.op_handle }, { 1, "gc", owners.op_gc },
    { 4, "totable", owners.op_totable }, { 5, "arithmetic", owners.op_arithmetic },
    { 5, "policy", owners.op_policy }, { 2, "luajit", owners.op_luajit },
}

return owners
