-- The name that a mistyped one was meant to be.
local nearest = require "cffi.include.nearest"

-- The first of `names` that begins with `name`, else the one that few edits lead to; nil when none
-- is near.
return function(name, names)
    for _, other in ipairs(names) do
        if name ~= "" and other:sub(1, #name) == name then
            return other
        end
    end
    return nearest.of(name, function(visit)
        for _, other in ipairs(names) do
            visit(other)
        end
    end)
end
