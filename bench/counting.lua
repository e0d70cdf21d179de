-- Instructions of a loop, by the dump that callgrind writes (build/bench/count.so asks it to).

local counter = require "count"
assert(counter.running(), "counting needs callgrind: make bench-count")

local dumps = 0

-- Of each of `count` runs, after as many that are not counted. The dumps are PREFIX.1 and on.
local function instructions(fn, count, prefix)
    fn(count)
    dumps = dumps + 1
    counter.start()
    fn(count)
    counter.stop "slice"
    local file = assert(io.open(("%s.%d"):format(prefix, dumps)))
    local total = file:read "a":match "\ntotals: (%d+)"
    file:close()
    return tonumber(total) / count
end

return {instructions = instructions}
