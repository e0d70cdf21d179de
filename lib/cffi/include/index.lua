-- Where the lines of a text stand that begin with a name and a tab: a hash table that is a string
-- itself, so that it is kept beside the text and nothing is built before a name is looked up.
local index = {}

-- Of a name, alike on every machine: four bytes at a time, the last four once more.
local function hash(name)
    local size = #name
    if size < 4 then
        name, size = name .. "\0\0\0\0", size + 4
    end
    local sum, unpack = size, string.unpack
    for at = 1, math.min(size, 64) - 3, 4 do
        sum = (sum ~ unpack("<I4", name, at)) * 16777619 & 0xffffffff
    end
    sum = (sum ~ unpack("<I4", name, size - 3)) * 16777619 & 0xffffffff
    return sum ~ sum >> 15
end

-- The table of a text; of lines with the same name, the last is found. Names stand in it in the
-- order of the text, so that equal texts have equal tables.
function index.of(text)
    local names, places, count = {}, {}, 0
    for name, at in text:gmatch "([^\t\n]+)()\t[^\n]*\n" do
        if not places[name] then
            count = count + 1
            names[count] = name
        end
        places[name] = at - #name
    end
    local size = 4
    while size < 2 * count do
        size = size * 2
    end
    local slots = {}
    for i = 1, size do
        slots[i] = 0
    end
    for _, name in ipairs(names) do
        local at = hash(name) & size - 1
        while slots[at + 1] ~= 0 do
            at = at + 1 & size - 1
        end
        slots[at + 1] = places[name]
    end
    local parts, pack, unpack = {}, string.pack, table.unpack
    for i = 1, size, 4 do
        parts[#parts + 1] = pack("<I4I4I4I4", unpack(slots, i, i + 3))
    end
    return table.concat(parts)
end

-- What is left of the line that `place` is in.
local function line_at(text, place)
    local size = 200
    while true do
        local part = text:sub(place, place + size - 1)
        local stop = part:find("\n", 1, true)
        if stop or #part < size then
            return part:sub(1, (stop or 0) - 1)
        end
        size = size * 8
    end
end

-- The line of a name in the text, without the name and its tab; nil when no line begins so. Both
-- the table and the text may be views (cffi/include/fields.lua): `size` is the table's size.
function index.find(slots, size, text, name)
    if name:find "[\t\n]" then
        return nil
    end
    local last, key = size // 4 - 1, name .. "\t"
    local at = hash(name) & last
    for _ = 0, last do
        local place = string.unpack("<I4", slots:sub(at * 4 + 1, at * 4 + 4))
        if place == 0 then
            return nil
        elseif text:sub(place, place + #name) == key then
            return line_at(text, place + #key)
        end
        at = at + 1 & last
    end
end

return index
