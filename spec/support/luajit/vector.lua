-- A vector class in the manner of published math libraries: metatype over a struct, arrays of them,
-- pointer arithmetic, ffi.istype, cached constructors.
local ffi = require "ffi"
local sqrt, floor = math.sqrt, math.floor

local function show(...)
    local out = {}
    for i = 1, select("#", ...) do
        local x = select(i, ...)
        out[i] = type(x) == "number" and ("%g"):format(x) or tostring(x)
    end
    print(table.concat(out, " "))
end

ffi.cdef [[
typedef struct { double x, y, z; } vec3_t;
typedef struct { vec3_t *data; int32_t count, capacity; } vec3_list;
void *malloc(size_t size);
void *realloc(void *ptr, size_t size);
void free(void *ptr);
]]

local vec3
local mt = {}
mt.__index = mt
mt.__add = function(a, b) return vec3(a.x + b.x, a.y + b.y, a.z + b.z) end
mt.__sub = function(a, b) return vec3(a.x - b.x, a.y - b.y, a.z - b.z) end
mt.__mul = function(a, b)
    if type(a) == "number" then return vec3(a * b.x, a * b.y, a * b.z) end
    if type(b) == "number" then return vec3(a.x * b, a.y * b, a.z * b) end
    return a.x * b.x + a.y * b.y + a.z * b.z
end
mt.__eq = function(a, b) return ffi.istype(vec3, b) and a.x == b.x and a.y == b.y and a.z == b.z end
mt.__unm = function(a) return vec3(-a.x, -a.y, -a.z) end
mt.__len = function() return 3 end
mt.__tostring = function(a) return ("(%g, %g, %g)"):format(a.x, a.y, a.z) end
mt.__lt = function(a, b) return a:len2() < b:len2() end
mt.__concat = function(a, b) return tostring(a) .. tostring(b) end
mt.__call = function(a, i) return i == 1 and a.x or i == 2 and a.y or a.z end
function mt.len2(a) return a * a end
function mt.len(a) return sqrt(a:len2()) end
function mt.clone(a) return vec3(a) end
function mt.unpack(a) return a.x, a.y, a.z end
function mt.cross(a, b)
    return vec3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
end
vec3 = ffi.metatype("vec3_t", mt)

local list = {}
list.__index = list
function list.push(self, v)
    if self.count == self.capacity then
        self.capacity = self.capacity == 0 and 2 or self.capacity * 2
        local grown = ffi.C.realloc(self.data, self.capacity * ffi.sizeof(vec3))
        assert(grown ~= nil, "out of memory")
        self.data = grown
    end
    self.data[self.count] = v
    self.count = self.count + 1
end
function list.iterate(self)
    local i = -1
    return function()
        i = i + 1
        if i < self.count then return i, self.data[i] end
    end
end
list.__gc = function(self) ffi.C.free(self.data) end
list.__len = function(self) return self.count end
local vec3_list = ffi.metatype("vec3_list", list)

local a, b = vec3(1, 2, 3), vec3 { 4, 5, 6 }
show(tostring(a + b), tostring(a - b), a * b, tostring(2 * a), tostring(a * 2), tostring(-a))
show(a == b, a == vec3(1, 2, 3), a < b, #a, a .. b, a(1), a(2), a(3))
show(floor(a:cross(b):len() * 1000), a:unpack())
local c = a:clone()
c.x = 10
show(a.x, c.x, ffi.istype(vec3, c), ffi.istype("double", c), ffi.istype(vec3, 5), ffi.sizeof(vec3))
local l = vec3_list()
for i = 1, 5 do l:push(vec3(i, i * i, 0)) end
for i, v in l:iterate() do io.write(i, ":", tostring(v), " ") end
show(#l, l.capacity)
local p = l.data + 3
show(p.x, p[0].y, p[-1].y, p - l.data, (p + 1).x)
p.z = 7
show(l.data[3].z, tostring(l.data[3]))
local grid = ffi.new("vec3_t[2][3]")
for i = 0, 1 do for j = 0, 2 do grid[i][j] = { i, j, i * j } end end
show(grid[1][2].x, grid[1][2].y, grid[1][2].z, ffi.sizeof(grid), tostring(grid[1][2]))
local ok, err = pcall(function() return a.w end)
show(ok, err ~= nil)
ok = pcall(function() a.w = 1 end)
show(ok)
