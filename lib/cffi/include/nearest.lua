-- The known name that a mistyped one is nearest to.
local nearest = {}

local LONGEST = 64 -- names that are compared: a column has a bit for each letter

-- How many edits a name may be away, as in the core: a third of its length, at most 3.
local function limit_of(name)
    return math.min(3, (#name + 1) // 3)
end

-- Which places of a name each letter has, as bits, be it large or small.
local function places_of(name)
    local places = {}
    for i = 1, #name do
        for _, letter in ipairs { name:sub(i, i):lower():byte(), name:sub(i, i):upper():byte() } do
            places[letter] = (places[letter] or 0) | 1 << i - 1
        end
    end
    return places
end

-- Edits (insertions, deletions, substitutions, neighbours exchanged) between a name of `size`
-- letters and another, as far as they are no more than `limit`: a column of the usual table at a
-- time, as the bits where it goes up and down (Hyyro 2003), as the core has it in suggest.c.
local function distance(places, size, other, limit)
    local up, down, diagonal, before = -1, 0, 0, 0
    local last, edits, byte = 1 << size - 1, size, string.byte
    for i = 1, #other do
        local here = places[byte(other, i)] or 0
        local exchanged = (~diagonal & here) << 1 & before
        diagonal = ((here & up) + up ~ up) | here | down | exchanged
        local right, left = down | ~(diagonal | up), diagonal & up
        if right & last ~= 0 then
            edits = edits + 1
        elseif left & last ~= 0 then
            edits = edits - 1
        end
        if edits - (#other - i) > limit then
            return nil
        end
        right, left = right << 1 | 1, left << 1
        up, down, before = left | ~(diagonal | right), right & diagonal, here
    end
    return edits
end

-- `each(visit)` calls visit with every known name.
function nearest.of(name, each)
    local best, limit, size = nil, limit_of(name), #name
    local places = size <= LONGEST and places_of(name) or {}
    each(function(other)
        local apart = #other - size
        if limit > 0 and size <= LONGEST and apart <= limit and -apart <= limit then
            local edits = distance(places, size, other, limit)
            if edits and other ~= name then
                best, limit = other, edits - 1
            end
        end
    end)
    return best
end

return nearest
