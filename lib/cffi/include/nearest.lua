-- The known name that a mistyped one is nearest to.
local nearest = {}

-- How many edits a name may be away, as in the core: a third of its length, at most 3.
local function limit_of(name)
    return math.min(3, (#name + 1) // 3)
end

-- Edits (insertions, deletions, substitutions, neighbours exchanged) between two names, or nil when
-- there are more than `limit`.
local function distance(a, b, limit)
    if math.abs(#a - #b) > limit then
        return nil
    end
    local before, last = nil, {}
    for j = 0, #b do
        last[j] = j
    end
    for i = 1, #a do
        local row, least = { [0] = i }, i
        for j = 1, #b do
            local same = a:byte(i) == b:byte(j)
            local best = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
            if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
                best = math.min(best, before[j - 2] + 1)
            end
            row[j], least = best, math.min(least, best)
        end
        if least > limit then
            return nil
        end
        before, last = last, row
    end
    return last[#b] <= limit and last[#b] or nil
end

-- `each(visit)` calls visit with every known name.
function nearest.of(name, each)
    local best, limit = nil, limit_of(name)
    each(function(other)
        local d = limit > 0 and distance(name:lower(), other:lower(), limit)
        if d and other ~= name then
            best, limit = other, d - 1
        end
    end)
    return best
end

return nearest
