-- Lists of texts of several targets, merged: each item is { text =, [comment =,] on = { [target] =
-- true } }, and a target's items stand in the order in which they stood in its own list.
local merge = {}

local MOST = 3000 -- differences that are looked for; lists with more stand one behind the other

-- Which items of two lists are the same (Myers 1986): places in `a` -> places in `b`.
local function same(a, b)
    local trace, reach = {}, { [1] = 0 }
    local function step(from, k, d)
        if k == -d or k ~= d and from[k - 1] < from[k + 1] then
            return k + 1, from[k + 1]
        end
        return k - 1, from[k - 1] + 1
    end
    local function walk_back(d)
        local pairs_, x, y = {}, #a, #b
        for rest = d, 0, -1 do
            local before = step(trace[rest], x - y, rest)
            local from = rest > 0 and trace[rest][before] or 0
            local from_y = rest > 0 and from - before or 0
            while x > from and y > from_y do
                pairs_[x], x, y = y, x - 1, y - 1
            end
            x, y = from, from_y
        end
        return pairs_
    end
    for d = 0, math.min(#a + #b, MOST) do
        trace[d] = table.move(reach, -d - 1, d + 1, -d - 1, {})
        for k = -d, d, 2 do
            local _, x = step(reach, k, d)
            while x < #a and x - k < #b and a[x + 1].text == b[x - k + 1].text do
                x = x + 1
            end
            reach[k] = x
            if x >= #a and x - k >= #b then
                return walk_back(d)
            end
        end
    end
    return {}
end

-- The items of a target among those of others.
function merge.lists(old, new, target)
    local partner, merged, at = same(old, new), {}, 1
    local function add_new(stop)
        table.move(new, at, stop, #merged + 1, merged)
        at = stop + 1
    end
    for i, item in ipairs(old) do
        if partner[i] then
            add_new(partner[i] - 1)
            item.on[target], at = true, partner[i] + 1
        end
        merged[#merged + 1] = item
    end
    add_new(#new)
    return merged
end

-- Those of the items that are on a target, as items of that alone.
function merge.of(items, target)
    local list = {}
    for _, item in ipairs(items) do
        list[#list + 1] = item.on[target] and { text = item.text, comment = item.comment,
            on = { [target] = true } } or nil
    end
    return list
end

-- The texts as items of one target.
function merge.items(texts, target)
    local items = {}
    for i, text in ipairs(texts) do
        items[i] = { text = text, on = { [target] = true } }
    end
    return items
end

-- The names of an item's targets, in the order of all; nil when it is on all of them.
function merge.some(item, targets)
    local names = {}
    for _, name in ipairs(targets) do
        names[#names + 1] = item.on[name] and name or nil
    end
    return #names < #targets and names or nil
end

return merge
