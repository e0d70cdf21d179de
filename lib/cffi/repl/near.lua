-- The name that a mistyped one was meant to be.
local function distance(a, b)
    local row = {}
    for j = 0, #b do
        row[j] = j
    end
    for i = 1, #a do
        local diagonal = row[0]
        row[0] = i
        for j = 1, #b do
            local cost = a:byte(i) == b:byte(j) and 0 or 1
            diagonal, row[j] = row[j], math.min(diagonal + cost, row[j] + 1, row[j - 1] + 1)
        end
    end
    return row[#b]
end

-- The nearest of `names` to `name`: one it begins, or one that differs in at most a third of the
-- letters; nil when none is near.
return function(name, names)
    local best, least
    local most = name == "" and -1 or math.max(#name, 3) // 3
    for _, other in ipairs(names) do
        local d = #name > 0 and other:sub(1, #name) == name and 0 or distance(name, other)
        if d <= most and (not least or d < least) then
            best, least = other, d
        end
    end
    return best
end
