-- Life: how long a block of memory may be used, and who frees it. All Pointers into a block share
-- its Life, so the block is freed when the last of them is collected, and none can be used after
-- it was freed. `gone` says why the memory must not be used any more; nil as long as it may.
local ffi = require "cffi"

local Life = {}

local VOIDP = ffi.typeof "void *"

-- Runs the free function, once; false when there is none or it has run.
local function run(life)
    local fn = life.fn
    if life.gone or not fn then
        return false
    end
    life.gone = "the memory was freed"
    life.fn = nil
    fn(ffi.cast(VOIDP, life.bytes))
    return true
end

Life.__gc = run
Life.run = run

-- The Life of the block at `bytes`, which nobody frees yet.
function Life.new(bytes)
    return setmetatable({ bytes = bytes }, Life)
end

-- fn frees the block from now on; `given` is what the script gave for it. Both nil: nobody.
function Life.set(life, fn, given)
    life.fn, life.given = fn, given
end

-- C has taken the block back.
function Life.mark_freed(life)
    life.fn, life.gone = nil, "the memory was freed"
end

function Life.is(value)
    return getmetatable(value) == Life
end

return Life
