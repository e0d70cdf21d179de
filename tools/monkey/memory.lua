-- Operations on memory that Lua owns: made, read, written, viewed, pointed into, copied, dropped.
--
-- A handle is {cd=, type=, region=, offset=, pointer=, const=}: a cdata that denotes (pointer: points to) an object
-- of the type at that offset of the region, which may not be written to through it when const. The region's memory
-- lives as long as one handle does (S12).
local ffi = require "cffi"
local region = require "monkey.region"
local types = require "monkey.types"
local values = require "monkey.values"
local world = require "monkey.world"

local memory = {}
local chance, pick, random = world.chance, world.pick, world.random
local handles = world.pool(50)
memory.handles = handles

-- A nested operation, for objects that are asked in the midst of a conversion: set by the contexts.
memory.hook = nil

local function address_of(cd)
    return ffi.tonumber(ffi.cast("intptr_t", ffi.addressof(cd)))
end

local function add(cd, t, from, offset, pointer, const)
    return handles.add { cd = cd, type = t, region = from, offset = offset, pointer = pointer, const = const }
end
memory.add = add

-- ---- where pointers lead ------------------------------------------------------------------------

-- A pointer value for storing in a `target *`: what Lua passes, its address, what must be kept, a description.
local function pointer_value(t)
    if chance(25) then
        return nil, 0, nil, "nil"
    elseif t.text then
        local text = ("t%d"):format(random(1000)):rep(random(4))
        return text, nil, { text = text }, world.show(text)
    end
    local target = t.target
    local h = handles.any(function(h)
        return not h.pointer and not h.const and (target == types.void or h.type == target or h.type.kind == "array" and
            h.type.element == target and h.type.count > 0)
    end)
    if not h then
        return nil, 0, nil, "nil"
    end
    local v = h.type == target and target ~= types.void and ffi.addressof(h.cd) or h.cd
    return v, h.region.address + h.offset, { region = h.region, offset = h.offset, type = target, handle = h },
        ("pointer to %s"):format(types.text_of(h.type))
end

-- A value that no pointer takes.
local function wrong_pointer()
    return pick { 1, 0.5, true, {}, print }, "no pointer"
end

-- ---- checking -----------------------------------------------------------------------------------

local function check_pointer(t, bytes, kept, got, what)
    local address = string.unpack("<i8", bytes)
    if address == 0 then
        return world.check(got == nil, "%s: expected nil, got %s", what, world.show(got))
    end
    world.check(ffi.type(got) == "cdata", "%s: expected a pointer, got %s", what, world.show(got))
    if not (kept and kept.text) then
        local is = ffi.tonumber(ffi.cast("intptr_t", got))
        world.check(is == address, "%s: another address", what)
    end
    if not kept then
        return
    elseif kept.text then
        -- A text may have been copied to a pointer of any type.
        local text = ffi.string(t.text and got or ffi.cast("const char *", got))
        world.check(text == kept.text, "%s: text %s instead of %s", what, world.show(text), world.show(kept.text))
    elseif t.target ~= types.void and not world.busy[kept.region] then
        local target = t.text and types.ints[1] or t.target
        if kept.offset + target.size <= kept.region.size then
            add(got, target, kept.region, kept.offset, true, t.text)
        end
    end
end

-- Reads a scalar part and compares it with the model.
function memory.check_scalar(h, t, offset, m, got, what)
    local r = h.region
    if m and m.width then
        local raw = r:bits(offset, m.bit, m.width)
        local wanted = raw and values.meaning(values.wide(raw), m.width, t.signed)
        return world.check(values.same(t, wanted, got), "%s: expected %s, got %s", what, world.show(wanted),
            world.show(got))
    end
    local bytes = r:get(offset, t.kind == "ldouble" and 10 or t.size)
    if not bytes then
        return
    elseif t.kind == "pointer" then
        return check_pointer(t, bytes, r.kept[offset], got, what)
    end
    local wanted = values.expected(t, bytes)
    world.check(values.same(t, wanted, got), "%s: expected %s, got %s", what, world.show(wanted), world.show(got))
end

-- All bytes of a handle's object are those of the model.
function memory.check_bytes(h)
    local n = h.type.size
    local bytes = world.succeeds("ffi.string", ffi.string, h.pointer and h.cd or ffi.addressof(h.cd), n)
    for i = 1, n do
        local wanted = h.region[h.offset + i]
        world.check(not wanted or bytes:byte(i) == wanted, "byte %d of %s is %d instead of %s", i - 1,
            types.text_of(h.type), bytes:byte(i), tostring(wanted))
    end
end

-- ---- making -------------------------------------------------------------------------------------

local function object_type()
    if chance(55) and types.records[1] then
        local t = pick(types.records)
        return chance(30) and not t.flexible and types.array(t, random(4)) or t
    end
    return types.array(chance(15) and types.array(types.scalar(), random(3)) or types.scalar(), random(8))
end

-- The type of one object of a struct with n elements at its end.
local function with_tail(t, n)
    local tail = types.array(t.flexible.type.element, n)
    local one = { kind = t.kind, tag = t.tag, size = ffi.sizeof(t.tag, n), members = { table.unpack(t.members) } }
    one.members[#one.members + 1] = { name = t.flexible.name, type = tail, offset = t.flexible.offset }
    one.no_copy, tail.no_copy, tail.open = true, true, true
    one.size = math.max(one.size, t.flexible.offset + tail.size)
    return one
end

local function new_region(cd, t)
    local r = region.new(t.size, true)
    r.address = address_of(cd)
    return r
end

function memory.op_new()
    local t = object_type()
    local cd
    if t.flexible then
        local n = random(0, 5)
        world.log("new %s with %d", t.tag, n)
        cd = world.succeeds("new", ffi.new, t.tag, n)
        t = with_tail(t, n)
    elseif t.kind == "array" and chance(20) and t.element.size > 0 then
        local text = types.spell(t.element, "[?]")
        world.log("new %s, %d", text, t.count)
        cd = world.succeeds("new", ffi.new, text, t.count)
        world.check(#cd == t.count, "length of %s", text)
    else
        world.log("new %s", types.text_of(t))
        local ct = ffi.typeof(types.text_of(t))
        cd = chance(40) and world.succeeds("new", ct)
            or world.succeeds("new", ffi.new, chance(50) and types.text_of(t) or ct)
    end
    world.check(ffi.sizeof(cd) == t.size or t.no_copy, "size of %s: %d instead of %d", types.text_of(t), ffi.sizeof(cd),
        t.size)
    local h = add(cd, t, new_region(cd, t), 0)
    if t.size > 0 then
        memory.check_bytes(h)
    end
end

-- ffi.new "T" from the same type: a copy that keeps what the original kept.
function memory.op_new_copy()
    local h = handles.any(function(h)
        -- A view of a last T[1] has no length (S11).
        return not h.pointer and not h.type.no_copy and (h.offset == 0 and h.region.size == h.type.size or
            h.type.kind ~= "array" or h.type.count > 1)
    end)
    if h then
        world.log("copy of a %s", types.text_of(h.type))
        local cd = world.succeeds("new", ffi.new, types.text_of(h.type), h.cd)
        local r = new_region(cd, h.type)
        r:copy(0, h.region, h.offset, h.type.size)
        memory.check_bytes(add(cd, h.type, r, 0))
    end
end

-- ---- parts --------------------------------------------------------------------------------------

-- Follows all keys but the last.
local function walk(cd, path)
    for i = 1, #path - 1 do
        cd = cd[path[i]]
    end
    return cd, path[#path]
end

-- A handle with a random part of it: container and key to read or write, type, offset, member, text.
local function random_part(stop)
    local h = handles.any(function(h) return h.type.size > 0 end)
    if not h then
        return nil
    end
    local path, t, offset, m = types.part(h.type, stop)
    if not path then
        return nil
    end
    if h.pointer and (h.type.kind ~= "struct" and h.type.kind ~= "union" or chance(30)) then
        table.insert(path, 1, 0)
    end
    local text = ("%s%s (%s)"):format(types.text_of(h.type), types.path_text(path), types.text_of(t))
    return h, path, t, h.offset + offset, m, text
end

function memory.op_read()
    local h, path, t, offset, m, text = random_part()
    if h then
        world.log("read %s", text)
        local got = world.succeeds(text, function()
            local cd, key = walk(h.cd, path)
            return cd[key]
        end)
        memory.check_scalar(h, t, offset, m, got, text)
    end
end

local function store(h, path, v)
    local cd, key = walk(h.cd, path)
    cd[key] = v
end

local function write_pointer(h, path, t, offset, text)
    if chance(10) then
        local v, description = wrong_pointer()
        world.log("write %s = %s", text, description)
        world.raises(text, "cannot convert", store, h, path, v)
        return
    end
    local v, address, kept, description = pointer_value(t)
    world.log("write %s = %s", text, description)
    world.succeeds(text, store, h, path, v)
    if not address then -- where Lua has the string
        local cd, key = walk(h.cd, path)
        address = ffi.tonumber(ffi.cast("intptr_t", cd[key]))
    end
    h.region:put(offset, string.pack("<i8", address))
    h.region.kept[offset] = kept
end

function memory.op_write()
    local h, path, t, offset, m, text = random_part()
    if not h then
        return
    elseif h.const then
        world.log("write to constant %s", text)
        world.raises(text, "attempt to write to constant", store, h, path, 1)
        return
    end
    world.while_busy(h.region, function()
        if t.kind == "pointer" then
            return write_pointer(h, path, t, offset, text)
        end
        local v, ok, becomes, description = values.into(t, m and m.width, memory.hook)
        world.log("write %s = %s", text, description)
        if not ok then
            return world.raises(text .. " = " .. description, values.REFUSED, store, h, path, v)
        end
        world.succeeds(text .. " = " .. description, store, h, path, v)
        if m and m.width then
            h.region:put_bits(offset, m.bit, m.width, becomes)
        else
            h.region:put(offset, becomes)
        end
    end)
    memory.check_bytes(h)
end

-- A view of an aggregate inside, or a pointer to it.
function memory.op_view()
    local h, path, t, offset, _, text = random_part(types.is_aggregate)
    if h and types.is_aggregate(t) and #path > 0 then
        world.log("view %s", text)
        local view = world.succeeds(text, function()
            local cd, key = walk(h.cd, path)
            return cd[key]
        end)
        -- A pointer to an open-ended array (S11) does not know its length.
        if chance(30) and not t.open and (t.kind ~= "array" or t.count > 1) then
            add(world.succeeds("addressof", ffi.addressof, view), t, h.region, offset, true, h.const)
        else
            add(view, t, h.region, offset, false, h.const)
        end
    end
end

-- Whole aggregates assigned.
function memory.op_assign()
    local h, path, t, offset, _, text = random_part(function(t) return types.is_aggregate(t) and not t.no_copy end)
    if not h or h.const or #path == 0 or not types.is_aggregate(t) then
        return
    end
    local from = handles.any(function(o)
        return not o.pointer and (o.type == t or t.kind == "array" and o.type.kind == "array" and
            o.type.element == t.element and o.type.count == t.count)
    end)
    if from then
        world.log("assign %s from a %s", text, types.text_of(from.type))
        world.succeeds(text, store, h, path, from.cd)
        h.region:copy(offset, from.region, from.offset, t.size)
        memory.check_bytes(h)
    end
end

-- ---- out of bounds, NULL ------------------------------------------------------------------------

local function is_bounded(h)
    return h.type.kind == "array" and not h.pointer
end

function memory.op_out_of_bounds()
    local h = handles.any(is_bounded)
    if h then
        local i = pick { -1, h.type.count, h.type.count + random(1000), math.maxinteger, math.mininteger }
        world.log("%s[%d]", types.text_of(h.type), i)
        -- A member of a flexible struct or of length 0 or 1 at its end is open-ended (S11): those are read through
        -- their own structs only.
        local text = "out of bounds"
        if h.offset == 0 and h.region.size == h.type.size then
            world.raises("index", text, function() return h.cd[i] end)
            world.raises("index", text, function() h.cd[i] = nil end)
        end
    end
end

function memory.op_null()
    local t = object_type()
    local text = types.spell(types.pointer(t), "")
    local null = world.succeeds("cast", ffi.cast, text, chance(50) and nil or 0)
    world.log("NULL as %s", text)
    world.check(ffi.isnull(null) and ffi.string(null, 1) == nil, "isnull")
    local name = t.members and t.members[1] and t.members[1].name or 0
    for i, fn in ipairs {
        function() return null[0] end, function() null[1] = 0 end,
        function() ffi.copy(null, "x", 1) end, function() ffi.fill(null, 1) end, function() return null[name] end,
        function() null[name] = 0 end,
    } do
        world.raises(("%s, %d"):format(text, i), "null pointer", fn)
    end
end

-- ---- pointers -----------------------------------------------------------------------------------

function memory.op_pointer()
    local h = handles.any(function(h)
        return h.type.kind == "array" and h.type.count > 0 and not h.pointer and not h.const
    end)
    if not h then
        return
    end
    local t, count = h.type.element, h.type.count
    local i, j = random(0, count), random(0, count)
    world.log("pointers %d and %d of %s", i, j, types.text_of(h.type))
    local text = types.spell(types.pointer(t), "")
    local p = world.succeeds("cast", ffi.cast, text, h.cd) + i
    local q = chance(50) and h.cd + j or ffi.cast(text, h.cd) + j
    world.check(p - q == i - j, "difference %s of pointers %d and %d of %s", world.show(p - q), i, j,
        types.text_of(h.type))
    world.check((p == q) == (i == j) and (p < q) == (i < j) and (p <= q) == (i <= j), "comparison of pointers")
    world.check(ffi.tonumber(ffi.cast("intptr_t", p)) == h.region.address + h.offset + i * t.size, "address")
    if i < count then
        add(p, t, h.region, h.offset + i * t.size, true, h.const)
    end
    if i > 0 then
        add(p - 1, t, h.region, h.offset + (i - 1) * t.size, true, h.const)
    end
end

-- The same memory as another type: a cast, which must keep the owner as well.
function memory.op_cast()
    local h = handles.any(function(h) return h.type.size > 0 and not h.const end)
    if h then
        local t = pick { types.ints[1], types.ints[3], types.ints[6], types.double, types.ints[9] }
        if h.type.size >= t.size then
            local count = h.type.size // t.size
            local i = random(0, count - 1)
            local text = types.spell(types.pointer(t), "")
            world.log("%s as %s, %d", types.text_of(h.type), text, i)
            local p = world.succeeds("cast", ffi.cast, text, h.pointer and h.cd or ffi.addressof(h.cd))
            local one = add(p + i, t, h.region, h.offset + i * t.size, true)
            memory.check_scalar(one, t, one.offset, nil, p[i], "cast")
        end
    end
end

-- ---- bytes --------------------------------------------------------------------------------------

local function place(h)
    return h.pointer and h.cd or chance(50) and ffi.addressof(h.cd) or h.cd
end

local function extent(h)
    local from = random(0, h.type.size)
    return from, random(0, h.type.size - from)
end

function memory.op_fill()
    local h = handles.any()
    if h and h.const then
        world.log("fill constant %s", types.text_of(h.type))
        world.raises("fill", "attempt to write to constant", ffi.fill, place(h), 1)
        world.raises("copy", "attempt to write to constant", ffi.copy, place(h), "", 1)
    elseif h then
        local n, byte = random(0, h.type.size), random(0, 255)
        world.log("fill %d of %s with %d", n, types.text_of(h.type), byte)
        world.succeeds("fill", ffi.fill, place(h), n, byte)
        h.region:fill(h.offset, n, byte)
        memory.check_bytes(h)
    end
end

function memory.op_fill_too_far()
    local h = handles.any(function(h) return not h.pointer and h.offset == 0 and h.region.size == h.type.size end)
    if h then
        local n = pick { h.type.size + random(100), math.maxinteger }
        world.log("fill %d of %s", n, types.text_of(h.type))
        world.raises("fill", "bytes, but argument", ffi.fill, h.cd, n, 1)
        world.raises("copy", "bytes, but argument", ffi.copy, h.cd, h.cd, n)
        world.raises("string", "bytes, but argument", ffi.string, h.cd, n)
    end
end

function memory.op_copy()
    local to, from = handles.any(function(h) return not h.const end), handles.any()
    if not to or not from then
        return
    end
    if chance(25) then
        local text = ("copied%d"):format(random(99)):sub(1, random(0, 8))
        if #text < to.type.size then
            world.log("copy %s to %s", world.show(text), types.text_of(to.type))
            world.succeeds("copy", ffi.copy, place(to), text)
            to.region:put(to.offset, text .. "\0")
        end
    else
        local n = math.min(to.type.size, from.type.size, random(0, 200))
        world.log("copy %d from %s to %s", n, types.text_of(from.type), types.text_of(to.type))
        world.succeeds("copy", ffi.copy, place(to), place(from), n)
        to.region:copy(to.offset, from.region, from.offset, n)
    end
    memory.check_bytes(to)
    memory.check_bytes(from)
end

function memory.op_string()
    local h = handles.any(function(h) return h.type.size > 0 end)
    if h then
        local from, n = extent(h)
        local wanted = h.region:get(h.offset + from, n)
        local p = ffi.cast("const char *", h.pointer and h.cd or ffi.addressof(h.cd)) + from
        local got = world.succeeds("string", ffi.string, p, n)
        world.log("string of %d from %d of %s", n, from, types.text_of(h.type))
        world.check(not wanted or got == wanted, "string: expected %s, got %s", world.show(wanted), world.show(got))
        if from < h.type.size then
            add(p, types.ints[1], h.region, h.offset + from, true, true)
        end
    end
end

-- ---- the life of things -------------------------------------------------------------------------

function memory.op_drop()
    if #handles > 0 then
        world.log "drop"
        for _ = 1, random(4) do
            if #handles > 0 then
                handles.remove(random(#handles))
            end
        end
    end
end

function memory.op_check()
    local h = handles.any(function(h) return h.type.size > 0 end)
    if h then
        world.log("check %s", types.text_of(h.type))
        memory.check_bytes(h)
    end
end

local function set_pause(pause)
    if _VERSION == "Lua 5.5" then return collectgarbage("param", "pause", pause) end
    return collectgarbage("setpause", pause)
end

function memory.op_collect()
    world.log "collect"
    local kind = random(4)
    if kind == 1 then
        collectgarbage()
    elseif kind == 2 then
        collectgarbage "step"
    else -- a whole collection at every allocation, or very often: dear, so for one operation only
        local pause = set_pause(0)
        collectgarbage(kind == 3 and "incremental" or "generational")
        memory.hook()
        collectgarbage "incremental"
        set_pause(pause)
    end
end

memory.operations = {
    { 12, "new", memory.op_new }, { 3, "new_copy", memory.op_new_copy }, { 20, "read", memory.op_read },
    { 20, "write", memory.op_write }, { 8, "view", memory.op_view }, { 5, "assign", memory.op_assign },
    { 2, "out_of_bounds", memory.op_out_of_bounds }, { 2, "null", memory.op_null }, { 4, "pointer", memory.op_pointer },
    { 3, "cast", memory.op_cast }, { 3, "fill", memory.op_fill }, { 2, "fill_too_far", memory.op_fill_too_far },
    { 5, "copy", memory.op_copy }, { 3, "string", memory.op_string }, { 4, "drop", memory.op_drop },
    { 6, "check", memory.op_check }, { 2, "collect", memory.op_collect },
}

return memory
