-- Collection stays linear in the number of objects that keep each other (docs/design.md S12).
local ffi = require "cffi"
local support = require "support"

ffi.cdef [[
    struct collection_node { struct collection_node *next, *previous; int v; };
    struct collection_tree { struct collection_tree *child[2]; int v; };
    struct collection_bytes { char bytes[16]; };
    struct collection_wide { struct collection_wide *next; void *others[7]; int v; };
]]
local node, tree = ffi.typeof "struct collection_node", ffi.typeof "struct collection_tree"
local wide = ffi.typeof "struct collection_wide"

-- The collector read one table again for each step of a chain: 100,000 nodes took minutes.
local N <const>, LIMIT <const> = 100000, 10

local shapes = {}

-- The order in which nodes are made is that of the list, or the opposite.
function shapes.singly_linked(n)
    local first = node(nil, nil, 1)
    local last = first
    for i = 2, n do
        local new = node(nil, nil, i)
        last.next = new
        last = new
    end
    return first
end

function shapes.prepended(n)
    local first
    for i = n, 1, -1 do
        first = node(first, nil, i)
    end
    return first
end

function shapes.doubly_linked(n)
    local first = node(nil, nil, 1)
    local last = first
    for i = 2, n do
        local new = node(nil, last, i)
        last.next = new
        last = new
    end
    return first, last
end

function shapes.ring(n)
    local first, last = shapes.doubly_linked(n)
    first.previous, last.next = last, first
    return first
end

-- With more pointers than have places of their own.
function shapes.wide(n)
    local first
    for i = n, 1, -1 do
        first = wide { next = first, v = i }
        first.others[6] = first.next
    end
    return first
end

local function sum_of_list(first, n)
    local sum, at = 0, first
    for _ = 1, n do
        sum = sum + at.v
        at = at.next
    end
    return sum
end

local function new_tree(first, last)
    if first > last then return nil end
    local middle = (first + last) // 2
    local new = tree({}, middle)
    new.child[0], new.child[1] = new_tree(first, middle - 1), new_tree(middle + 1, last)
    return new
end

local function sum_of_tree(t)
    return t and t.v + sum_of_tree(t.child[0]) + sum_of_tree(t.child[1]) or 0
end

local function new_binary(n) return new_tree(1, n) end

-- Pointers in bytes, which have no places for them.
local buffers = {
    ["an array of bytes"] = function() return ffi.new "char[16]" end,
    ["an array of any length"] = function() return ffi.new("uint8_t[?]", 16) end,
    ["a struct of bytes"] = function() return ffi.new "struct collection_bytes" end,
}

local function chained(new)
    return function(n)
        local first
        for i = n, 1, -1 do
            local buffer = new()
            local words = ffi.cast("void **", buffer)
            words[0] = first
            ffi.cast("long *", buffer)[1] = i
            first = buffer
        end
        return first
    end
end

local function sum_of_buffers(first, n)
    local sum, at = 0, first
    for _ = 1, n do
        sum = sum + ffi.cast("long *", at)[1]
        at = ffi.cast("void **", at)[0]
    end
    return sum
end

describe("100,000 objects that keep each other are collected in linear time #modes:", function()
    local function collected(mode, make, sum)
        collectgarbage(mode)
        local clock = os.clock()
        local before = collectgarbage "count"
        local root = make(N)
        support.gc()
        local all = collectgarbage "count" - before
        assert.equal(N * (N + 1) // 2, sum(root, N))
        root = nil -- luacheck: ignore 311
        support.gc()
        clock = os.clock() - clock
        collectgarbage "incremental"
        assert.is_true(collectgarbage "count" - before < all / 50, "not all was collected")
        assert.is_true(clock < LIMIT, ("%.1f s"):format(clock))
    end

    for _, mode in ipairs {"incremental", "generational"} do
        for name, make in pairs(shapes) do
            it(("%s, %s #clock"):format(name, mode), function() collected(mode, make, sum_of_list) end)
        end
        for name, new in pairs(buffers) do
            it(("%s, %s #clock"):format(name, mode), function() collected(mode, chained(new), sum_of_buffers) end)
        end
        it(("a tree, %s #clock"):format(mode), function() collected(mode, new_binary, sum_of_tree) end)
    end
end)

-- What a new object refers to is written without telling the collector, unless that was there
-- between (base/peek.h): it may be anywhere in its round.
describe("what is made while the collector runs keeps its owner #modes:", function()
    local struct = "struct { int tag; struct { int tag; } inner; int list[2]; }"

    local function makers(api)
        local ct = api.typeof(struct)
        local int_p, char_p = api.typeof "int *", api.typeof "char *"
        local function view(i) return ct { tag = i, inner = { tag = i } }.inner end
        local function array(i) return ct { list = { i } }.list end
        local function cast(i) return api.cast(int_p, ct { tag = i }) end
        return {
            { view, function(made) return made.tag end },
            { array, function(made) return made[0] end },
            { cast, function(made) return made[0] end },
            { function(i) return api.cast(char_p, cast(i)) end,
                function(made) return api.cast(int_p, made)[0] end },
            { function(i) return api.addressof(ct { tag = i }) end, function(made) return made.tag end },
            { function(i) return array(i) + 0 end, function(made) return made[0] end },
        }
    end

    local modes = {
        generational = function() collectgarbage "generational" end,
        incremental = function() collectgarbage("incremental", 200, 100, 13) end,
        ["in tiny steps"] = function() collectgarbage("incremental", 100, 40, 4) end,
    }
    for name, set in pairs(modes) do
        for scope, api in pairs { default = ffi, another = require("cffi.core").scope() } do
            it(("%s, %s scope"):format(name, scope), function()
                local MADE <const>, KEPT <const> = 20000, 300
                local ways = makers(api)
                local kept, alive, wrong = {}, setmetatable({}, { __mode = "k" }), 0
                local function check(one)
                    if one and one.read(one.made) ~= one.i then wrong = wrong + 1 end
                end
                set()
                for i = 1, MADE do
                    local way = ways[i % #ways + 1]
                    local slot = i % KEPT
                    check(kept[slot])
                    kept[slot] = { i = i, made = way[1](i), read = way[2] }
                    alive[kept[slot].made] = true
                end
                for _, one in pairs(kept) do check(one) end
                support.gc()
                local count = 0
                for _ in pairs(alive) do count = count + 1 end
                collectgarbage "incremental"
                assert.equal(0, wrong)
                assert.equal(KEPT, count)
            end)
        end
    end
end)
