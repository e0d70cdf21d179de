-- What you learn: arrays, a Lua function as a C callback, and what an error inside it does.
local ffi = require "cffi"

ffi.cdef [[
    void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
]]
ffi.cdef "struct city { const char *name; double degrees; };"

-- Integers. The callback gets untyped pointers, as in C: a cast says what they point to.
local numbers = ffi.new("int[8]", { 5, 3, 9, -2, 7, 3, 0, 1 })
ffi.C.qsort(numbers, 8, ffi.sizeof "int", function(a, b)
    return ffi.cast("const int *", a)[0] - ffi.cast("const int *", b)[0]
end)
local sorted = {}
for i = 0, 7 do
    sorted[#sorted + 1] = numbers[i]
end
print(table.concat(sorted, " "))

-- An array of structs, northernmost first. The strings stay alive with the array.
local cities = ffi.new("struct city[4]", {
    { "Lisbon", 38.7 }, { "Oslo", 59.9 }, { "Nairobi", -1.3 }, { "Prague", 50.1 },
})
local city_pointer = ffi.typeof "const struct city *"
local function northern_first(a, b)
    local difference = ffi.cast(city_pointer, b).degrees - ffi.cast(city_pointer, a).degrees
    return difference > 0 and 1 or difference < 0 and -1 or 0
end
ffi.C.qsort(cities, 4, ffi.sizeof "struct city", northern_first)
for i = 0, 3 do
    print(("%-8s %5.1f"):format(ffi.string(cities[i].name), cities[i].degrees))
end

-- An error in the callback waits until qsort has returned, then it is raised here. If C calls
-- back before, ffi.onerror is told at once: on stderr, unless we say otherwise.
ffi.onerror = function() end
local ok, message = pcall(ffi.C.qsort, numbers, 8, ffi.sizeof "int", function()
    error("cannot compare", 0)
end)
print(ok, message)
