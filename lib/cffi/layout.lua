-- ffi.layout(ct): where the members of a struct or union lie and what lies between them, as text
-- in the manner of pahole. It knows what ffi.reflect tells of types, and nothing of any memory.
local ffi = require "cffi"

local CACHE_LINE = 64
local INDENT = 4
local COLUMN = 44 -- where the offset stands, unless the declaration is longer

local add_members

-- The type below the arrays and pointers of `ct`, and the declaration of `name` as C writes it
-- around that.
local function declarator(ct, name)
    local info = ffi.reflect(ct)
    if info.kind == "array" then
        return declarator(info.element, ("%s[%s]"):format(name, info.count or ""))
    elseif info.kind == "pointer" then
        local target = ffi.reflect(info.target).kind
        local wraps = target == "array" or target == "function"
        return declarator(info.target, (wraps and "(*%s)" or "*%s"):format(name))
    end
    return info, name
end

local function put(list, depth, text, ...)
    list[#list + 1] = (" "):rep(depth * INDENT) .. text:format(...)
end

local function put_member(list, depth, text, place, size)
    local declaration = (" "):rep(depth * INDENT) .. text
    list[#list + 1] = ("%s %s /* %s %5d */"):format(declaration,
        (" "):rep(COLUMN - #declaration), place, size)
end

local function counted(n, what)
    return ("%d %s%s"):format(n, what, n == 1 and "" or "s")
end

local function add_bit_hole(list, depth, sums, bits)
    if bits > 0 then
        sums.bit_holes, sums.hole_bits = sums.bit_holes + 1, sums.hole_bits + bits
        put(list, depth, "/* XXX %s hole */", counted(bits, "bit"))
    end
end

-- A stretch of bits that no member has: to the end of the unit that the bit-field before it began,
-- then bytes up to the unit of the next member, then what that leaves free before a bit-field.
local function add_hole(list, depth, sums, from, to, unit)
    local rest = math.min(to, math.max(from, sums.unit_end))
    local start = math.min(to, math.max(rest, unit))
    add_bit_hole(list, depth, sums, rest - from)
    if start > rest then
        sums.holes, sums.hole_bytes = sums.holes + 1, sums.hole_bytes + (start - rest) // 8
        put(list, depth, "/* XXX %s hole */", counted((start - rest) // 8, "byte"))
    end
    add_bit_hole(list, depth, sums, to - start)
end

local function add_cache_line(list, depth, sums, offset)
    local line = offset // CACHE_LINE
    if line > sums.line then
        local past = offset % CACHE_LINE
        put(list, depth, "/* --- cacheline %d boundary (%d bytes)%s --- */", line,
            line * CACHE_LINE, past == 0 and "" or (" was %s ago"):format(counted(past, "byte")))
        sums.line = line
    end
end

-- One member at `offset` of the whole. Structs and unions that have no name are written out.
local function add_member(list, depth, member, offset, sums)
    local size = ffi.reflect(member.type).size or 0
    local base, name = declarator(member.type, member.name or "")
    if base.anonymous and base.members then
        put(list, depth, "%s {", base.kind)
        add_members(list, depth + 1, base, name:find "%*" and 0 or offset, sums)
        put_member(list, depth, (name == "" and "}%s;" or "} %s;"):format(name),
            ("%5d   "):format(offset), size)
    elseif member.width then
        put_member(list, depth, member.text .. ";", ("%5d:%2d"):format(offset, member.bit), size)
    else
        put_member(list, depth, member.text .. ";", ("%5d   "):format(offset), size)
    end
end

local function no_sums()
    return { members = 0, bytes = 0, bits = 0, holes = 0, hole_bytes = 0, bit_holes = 0,
        hole_bits = 0, unit_end = 0, line = 0 }
end

-- The members as they lie. Those of a structure that no text declares (S20) come in the order of
-- POSIX; where they lie is the system's business.
local function in_order(members)
    local list = table.move(members, 1, #members, 1, {})
    local place = {}
    for i, member in ipairs(members) do place[member] = i end
    table.sort(list, function(a, b)
        local from, to = a.offset * 8 + (a.bit or 0), b.offset * 8 + (b.bit or 0)
        return from < to or from == to and place[a] < place[b]
    end)
    return list
end

-- What is left at the end: of a bit-field's unit in bits.
local function add_padding(sums, position, size)
    local rest = math.min(size, math.max(position, sums.unit_end))
    sums.bit_padding, sums.padding = rest - position, (size - rest) // 8
end

-- Where the storage unit of a bit-field begins and ends; of another member its place. A bit-field
-- that lies in the unit before it, which ends at `unit_end`, begins no other.
local function unit_of(member, from, bits, unit_end)
    if not member.width then
        return from, from + bits
    end
    local unit = ffi.reflect(member.type).size * 8
    local first = from - from % unit
    return first, from + bits <= unit_end and unit_end or first + unit
end

-- The members of a struct or union that begins at `start`, with the holes before them; of a struct
-- also where the next cache line begins, which `outer` counts: of a union's members each from the
-- line where that begins. Returns what they sum up to.
function add_members(list, depth, info, start, outer)
    local sums, position = no_sums(), 0
    local line = outer and outer.line or 0
    local is_struct = info.kind == "struct"
    sums.line = line
    for _, member in ipairs(in_order(info.members)) do
        local from = member.offset * 8 + (member.bit or 0)
        local bits = member.width or (ffi.reflect(member.type).size or 0) * 8
        if member.name or not member.width then
            local first, last = unit_of(member, from, bits, sums.unit_end)
            if is_struct then
                add_hole(list, depth, sums, position, from, first)
                add_cache_line(list, depth, sums, start + from // 8)
            end
            add_member(list, depth, member, start + member.offset, sums)
            position, sums.unit_end = math.max(position, from + bits), last
            sums.line = is_struct and sums.line or line
            sums.members = sums.members + 1
            local unit = member.width and "bits" or "bytes"
            sums[unit] = sums[unit] + (member.width or bits // 8)
        end
    end
    add_padding(sums, position, (info.size or 0) * 8)
    if outer then
        outer.line = sums.line
    end
    return sums
end

local function add_bit_sums(list, sums)
    if sums.bits > 0 then
        put(list, 1, "/* sum bitfield members: %s%s */", counted(sums.bits, "bit"),
            sums.bit_holes == 0 and "" or (", bit holes: %d, sum bit holes: %s"):format(
            sums.bit_holes, counted(sums.hole_bits, "bit")))
    end
end

-- What stands below the members of a struct.
local function add_sums(list, info, sums)
    put(list, 1, "/* size: %d, align: %d, cachelines: %d, members: %d */", info.size, info.align,
        (info.size + CACHE_LINE - 1) // CACHE_LINE, sums.members)
    if info.kind == "union" then
        return
    end
    if sums.holes + sums.bit_holes > 0 then
        if sums.bytes + sums.holes > 0 then
            put(list, 1, "/* sum members: %d%s */", sums.bytes, sums.holes == 0 and ""
                or (", holes: %d, sum holes: %d"):format(sums.holes, sums.hole_bytes))
        end
        add_bit_sums(list, sums)
    end
    if sums.bit_padding > 0 then
        put(list, 1, "/* bit padding: %s */", counted(sums.bit_padding, "bit"))
    end
    if sums.padding > 0 then
        put(list, 1, "/* padding: %d */", sums.padding)
    end
    if info.size % CACHE_LINE ~= 0 then
        put(list, 1, "/* last cacheline: %s */", counted(info.size % CACHE_LINE, "byte"))
    end
end

local function record_text(info)
    local list = {}
    put(list, 0, "%s {", info.anonymous and info.kind or info.name)
    local sums = add_members(list, 1, info, 0)
    if sums.members > 0 then
        list[#list + 1] = ""
    end
    add_sums(list, info, sums)
    put(list, 0, "}%s;", info.packed and " __attribute__((packed))" or "")
    return table.concat(list, "\n")
end

local function enum_text(info)
    local list = {}
    put(list, 0, "%s {", info.anonymous and info.kind or info.name)
    for _, constant in ipairs(info.constants) do
        put(list, 1, "%s = %s,", constant.name, constant.value)
    end
    put(list, 1, "/* size: %d, align: %d, %s */", info.size, info.align,
        ffi.reflect(info.underlying).name)
    put(list, 0, "};")
    return table.concat(list, "\n")
end

return function(scope)
    local function layout(ct, ...)
        local ok, info = pcall(scope.reflect, ct)
        if not ok then
            error((info:gsub("'reflect'", "'layout'")), 2)
        elseif select("#", ...) > 0 then
            error("bad argument #2 to 'layout' (one argument is enough)", 2)
        elseif not info.size then
            error(("size of '%s' is unknown"):format(info.name), 2)
        elseif info.members then
            return record_text(info)
        elseif info.kind == "enum" then
            return enum_text(info)
        end
        return ("%s; /* size: %d, align: %d */"):format(info.name, info.size, info.align)
    end
    return { layout = layout }
end
