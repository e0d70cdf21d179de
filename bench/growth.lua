-- How the cost grows: arguments, struct size, declarations in scope, live callbacks, objects that
-- keep each other.
--
--   make bench-growth
--
-- Nanoseconds of CPU time per operation, the best of several slices.

local ffi = require "cffi"

local build = os.getenv "CFFI_BUILD" or "build"
local LIBRARY = build .. "/bench/benchlib.so"

local function best(count, fn)
    local ns = math.huge
    fn(count)
    for _ = 1, 15 do
        local start = os.clock()
        fn(count)
        ns = math.min(ns, (os.clock() - start) / count * 1e9)
    end
    return ns
end

local function line(what, ns)
    print(("%-24s %10.1f"):format(what, ns))
end

local function growth_of_arguments()
    print "a call with n arguments (long)"
    local parameters = {}
    for n = 0, 14 do
        parameters[n] = n > 0 and "long" or nil
        local list = n > 0 and table.concat(parameters, ", ", 1, n) or "void"
        ffi.cdef(("long bench_longs%d(%s);"):format(n, list))
        local f = ffi.load(LIBRARY)["bench_longs" .. n]
        local numbers = {}
        for i = 1, n do numbers[i] = i end
        -- A loop with the arguments written out, as a program has them.
        local loop = assert(load(("local f, k = ... for _ = 1, k do f(%s) end"):format(
            table.concat(numbers, ", "))))
        line(tostring(n), best(2e4, function(k) loop(f, k) end))
    end
end

local function growth_of_structs()
    print "a struct of n bytes by value, in and out"
    for _, n in ipairs { 1, 2, 4, 8, 12, 16, 24, 32, 64, 128, 256 } do
        ffi.cdef(([[
            struct bench_bytes%d { unsigned char bytes[%d]; };
            struct bench_bytes%d bench_echo%d(struct bench_bytes%d);
        ]]):format(n, n, n, n, n))
        local f = ffi.load(LIBRARY)["bench_echo" .. n]
        local value = ffi.new("struct bench_bytes" .. n)
        line(tostring(n), best(1e4, function(k) for _ = 1, k do f(value) end end))
    end
end

-- A scope of its own with n functions declared: the time per declaration, per first use of a
-- function, per use of a name afterwards, of a type by its name, and per miss: of a name like all
-- of them, and of one like none. A first miss takes in the names.
local function growth_of_declarations()
    local function probe(lib, name) return lib[name] end
    local function misses(lib, name)
        return best(20, function(k)
            for i = 1, k do assert(not pcall(probe, lib, name .. i)) end
        end)
    end
    print(("%-14s %10s %10s %10s %10s %10s %10s %10s"):format("declarations", "declare",
        "first use", "name", "typeof", "first miss", "near miss", "far miss"))
    for _, n in ipairs { 10, 100, 1000, 10000, 100000 } do
        local scope = ffi.scope()
        local text = { "int bench_add(int a, int b); struct bench_last { int x; };" }
        for i = 2, n do text[i] = ("int bench_declared_%d(int a, char *b);"):format(i) end
        text = table.concat(text, "\n")
        local start = os.clock()
        scope.cdef(text)
        local declare = (os.clock() - start) / n * 1e9
        local lib = scope.load(LIBRARY)
        start = os.clock()
        assert(lib.bench_add(1, 2) == 3)
        local first = (os.clock() - start) * 1e9
        local name = best(2e4, function(k) for _ = 1, k do local _ = lib.bench_add end end)
        local typeof = best(2e4, function(k)
            for _ = 1, k do scope.typeof "struct bench_last" end
        end)
        start = os.clock()
        assert(not pcall(probe, lib, "bench_missed"))
        local missed = (os.clock() - start) * 1e9
        print(("%-14d %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f"):format(n, declare, first,
            name, typeof, missed, misses(lib, "bench_decalred_x"), misses(lib, "SDL_Window")))
    end
end

-- Each name of n that are listed, or a struct has: ffi.parse, ffi.declarations, and pairs of an
-- object, which makes the table of the members first.
local function growth_of_listings()
    print(("%-14s %10s %10s %10s %10s"):format("listed names", "parse", "list", "pairs", "again"))
    for _, n in ipairs { 1000, 10000, 100000, 1000000 } do
        local names = {}
        for i = 1, n do names[i] = ("int bench_listed_%d;"):format(i) end
        local text = table.concat(names, "\n")
        names = nil -- luacheck: ignore 311
        local scope = ffi.scope()
        local start, at = os.clock(), {}
        assert(#scope.parse(text) == n)
        at[1] = os.clock()
        scope.cdef(text)
        scope.cdef(("struct bench_listed { %s };"):format(text))
        local object = scope.new "struct bench_listed"
        collectgarbage()
        local listed, iterated = os.clock(), 0
        for _ in scope.declarations() do iterated = iterated + 1 end
        at[2] = os.clock()
        for _ = 1, 2 do
            for _ in pairs(object) do iterated = iterated + 1 end
            at[#at + 1] = os.clock()
        end
        assert(iterated == 3 * n)
        print(("%-14d %10.1f %10.1f %10.1f %10.1f"):format(n, (at[1] - start) / n * 1e9,
            (at[2] - listed) / n * 1e9, (at[3] - at[2]) / n * 1e9, (at[4] - at[3]) / n * 1e9))
        collectgarbage()
    end
end

local function growth_of_callbacks()
    print "a call of one callback while n live"
    ffi.cdef "int bench_repeat(int (*fn)(int, int), int n);"
    local lib = ffi.load(LIBRARY)
    local function add(a, b) return a + b end
    local live = {}
    for _, n in ipairs { 1, 10, 100, 1000, 10000 } do
        while #live < n do live[#live + 1] = ffi.callback("int (*)(int, int)", add) end
        local first, last = live[1], live[n]
        line(n .. ": the first", best(2e4, function(k) lib.bench_repeat(first, k) end))
        line(n .. ": the last", best(2e4, function(k) lib.bench_repeat(last, k) end))
    end
    for _, cb in ipairs(live) do cb:free() end
end

-- Objects that keep each other: how each is made with its links, gone over by the collector while
-- all live, and freed; and what it occupies, links included. In both modes of the collector.
local shapes = {}

function shapes.list(node, n)
    local first = node()
    local last = first
    for _ = 2, n do
        local new = node()
        last.next = new
        last = new
    end
    return first
end

function shapes.ring(node, n)
    local first = node()
    local last = first
    for _ = 2, n do
        local new = node()
        last.next, new.previous = new, last
        last = new
    end
    last.next, first.previous = first, last
    return first
end

function shapes.tree(node, n)
    if n == 0 then return nil end
    local half = (n - 1) // 2
    local root = node()
    root.next, root.previous = shapes.tree(node, half), shapes.tree(node, n - 1 - half)
    return root
end

local function growth_of_collections()
    ffi.cdef "struct bench_node { struct bench_node *next, *previous; int v; };"
    local node = ffi.typeof "struct bench_node"
    print(("%-14s %8s %10s %10s %10s %10s"):format("ns a node", "n", "make", "collect", "free",
        "bytes"))
    for _, mode in ipairs { "incremental", "generational" } do
        for _, name in ipairs { "list", "ring", "tree" } do
            for _, n in ipairs { 25000, 50000, 100000 } do
                collectgarbage(mode)
                collectgarbage()
                collectgarbage()
                local bytes, start = collectgarbage "count", os.clock()
                local root = shapes[name](node, n) -- luacheck: ignore 231
                local made = os.clock()
                collectgarbage()
                local gone = os.clock()
                bytes = (collectgarbage "count" - bytes) * 1024
                root = nil -- luacheck: ignore 311
                collectgarbage()
                local freed = os.clock()
                print(("%-14s %8d %10.1f %10.1f %10.1f %10.1f"):format(
                    mode:sub(1, 3) .. ". " .. name, n, (made - start) / n * 1e9,
                    (gone - made) / n * 1e9, (freed - gone) / n * 1e9, bytes / n))
            end
        end
    end
    collectgarbage "incremental"
end

growth_of_collections()
growth_of_arguments()
growth_of_structs()
growth_of_declarations()
growth_of_listings()
growth_of_callbacks()
