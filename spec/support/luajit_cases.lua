-- luacheck: globals unpack loadstring setfenv getfenv jit table.maxn table.getn math.pow math.log10
-- luacheck: globals math.ldexp math.frexp math.tanh math.sinh math.cosh math.mod
-- Runs under LuaJIT and, after install { source = true }, under this module; prints one line for each
-- case. luajit_spec compares the two outputs. Written in Lua 5.1 with LuaJIT's literals.
local ffi = require "ffi"
local bit = require "bit"

local count = 0

-- A value as text that does not depend on how Lua prints floats, on addresses, or on 8-byte integers
-- being boxed.
local function show(v)
    if type(v) == "number" then
        if v ~= v then
            return "nan"
        elseif math.type and math.type(v) == "integer" then
            return ("%d"):format(v)
        elseif v == math.floor(v) and math.abs(v) < 2^53 then
            return ("%.0f"):format(v)
        end
        return ("%.14g"):format(v)
    elseif type(v) == "cdata" then
        return (tostring(v):gsub("0x%x+", "ADDRESS"):gsub("^(%-?%d+)U?LL$", "%1"))
    elseif type(v) == "string" then
        return ("%q"):format(v)
    end
    return tostring(v)
end

local function line(name, ...)
    local out = {}
    for i = 1, select("#", ...) do
        out[i] = show((select(i, ...)))
    end
    count = count + 1
    print(name .. ": " .. table.concat(out, " "))
end

-- The results of fn, or that it failed.
local function case(name, fn, ...)
    local results = { pcall(fn, ...) }
    if results[1] then
        line(name, unpack(results, 2, table.maxn(results)))
    else
        line(name, "error")
    end
end

ffi.cdef [[
    struct p { int x, y; };
    struct nested { struct p a; char c; double d; struct { short s; }; int t[3]; };
    struct bits { int a : 4; int b : 12; unsigned c : 20; int d : 30; bool e : 1; };
    union u { int i; float f; struct p p; unsigned char bytes[8]; };
    enum color { RED, GREEN = 5, BLUE };
    struct names { const char *s; int n; };
    struct vls { int n; int items[?]; };
    struct integers { int8_t i8; uint8_t u8; int16_t i16; uint16_t u16; int32_t i32; uint32_t u32;
                      int64_t i64; uint64_t u64; bool b; float f; double d; };
    typedef int (*compare)(const void *, const void *);
    void qsort(void *, size_t, size_t, compare);
    int abs(int);
    size_t strlen(const char *);
    int snprintf(char *, size_t, const char *, ...);
    int toupper(int);
    double sqrt(double);
    void *malloc(size_t);
    void free(void *);
    int memcmp(const void *, const void *, size_t);
    static const int LIMIT = 10;
]]

-- ---- integers into fields ---------------------------------------------------------------------

local fields = { "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64" }
local values = { 0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 32768, 65535, 65536, 2147483647,
    2147483648, 4294967295, 4294967296, -2147483648, -2147483649, 1.5, -1.5, 0.999, 1e15, -1e15, true,
    false, 5LL, -5LL, 5ULL, 0xFFFFFFFFFFFFFFFFULL, 0x8000000000000000LL }
-- Numbers outside int32_t (uint64_t: negative ones) convert differently from release to release.
local function stable(field, value)
    if type(value) ~= "number" or field == "i64" or field == "u32" then
        return true
    elseif field == "u64" then
        return value >= 0
    end
    return value >= -2147483648 and value <= 2147483647
end
local function each_value(field, run)
    for i, value in ipairs(values) do
        if stable(field, value) then
            run(i, value)
        end
    end
end
for _, field in ipairs(fields) do
    each_value(field, function(i, value)
        case(("store %s %d"):format(field, i), function()
            local s = ffi.new "struct integers"
            s[field] = value
            return s[field]
        end)
        case(("cast %s %d"):format(field, i), function()
            local bits = field:match "%d+"
            return ffi.cast((field:sub(1, 1) == "u" and "uint" or "int") .. bits .. "_t", value)
                + 0LL
        end)
    end)
end

-- ---- arithmetic -------------------------------------------------------------------------------

local operands = { 7LL, -7LL, 2LL, 3ULL, 0xFFFFFFFFFFFFFFF0ULL, 5, -3LL, 2.75, 0LL, 1LL,
    0x7FFFFFFFFFFFFFFFLL, -0x7FFFFFFFFFFFFFFFLL - 1LL }
local operators = {
    add = function(a, b) return a + b end,
    sub = function(a, b) return a - b end,
    mul = function(a, b) return a * b end,
    div = function(a, b) return a / b end,
    mod = function(a, b) return a % b end,
    pow = function(a, b) return a ^ b end,
    lt = function(a, b) return a < b end,
    le = function(a, b) return a <= b end,
}
for _, name in ipairs { "add", "sub", "mul", "div", "mod", "pow", "lt", "le" } do
    for i, a in ipairs(operands) do
        for j, b in ipairs(operands) do
            if type(a) == "cdata" or type(b) == "cdata" then
                case(("%s %d %d"):format(name, i, j), operators[name], a, b)
            end
        end
    end
end
for i, a in ipairs(operands) do
    case("unm " .. i, function() return -(a + 0LL) end)
    case("tostring " .. i, function() return tostring(a + 0LL), tostring(a + 0ULL) end)
    case("tonumber " .. i, function() return tonumber(a) * 1.0 end)
    for j, b in ipairs(operands) do
        if type(a) == "cdata" and type(b) == "cdata" then
            case(("eq %d %d"):format(i, j), function() return a == b end)
        end
    end
end

-- ---- bit --------------------------------------------------------------------------------------

local bits = { 0, 1, -1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678, -0x12345678, 2^40 + 5, 1.5,
    0x123456789ABCDEFLL, -2LL, 0xFEDCBA9876543210ULL, "0x10", "12" }
for i, a in ipairs(bits) do
    for _, name in ipairs { "tobit", "bnot", "bswap", "tohex" } do
        if name ~= "tobit" or type(a) ~= "cdata" then
            case(("bit.%s %d"):format(name, i), bit[name], a)
        end
    end
    case("tohex " .. i, function() return bit.tohex(a, 4), bit.tohex(a, -6), bit.tohex(a, 1) end)
    for j, b in ipairs(bits) do
        -- uint64_t with a negative number: as above.
        local unstable = (type(a) == "number" and a < 0 or type(b) == "number" and b < 0)
            and (type(a) == "cdata" or type(b) == "cdata")
        for _, name in ipairs(unstable and {} or { "band", "bor", "bxor" }) do
            case(("bit.%s %d %d"):format(name, i, j), bit[name], a, b)
        end
    end
    for _, n in ipairs { 0, 1, 5, 31, 32, 33, 63 } do
        for _, name in ipairs { "lshift", "rshift", "arshift", "rol", "ror" } do
            case(("bit.%s %d %d"):format(name, i, n), bit[name], a, n)
        end
    end
end
case("bit.band many", bit.band, 0xFF, 0x3C, 0x18)
case("bit.band none", bit.band)
case("bit.bor table", bit.bor, {}, 1)

-- ---- initialisers -----------------------------------------------------------------------------

local function list(a, n)
    local out = {}
    for i = 0, n - 1 do
        out[#out + 1] = show(a[i])
    end
    return table.concat(out, ",")
end
case("array one", function() return list(ffi.new("int[4]", 7), 4) end)
case("array two", function() return list(ffi.new("int[4]", 7, 8), 4) end)
case("array many", function() return list(ffi.new("int[2]", 7, 8, 9), 2) end)
case("array table one", function() return list(ffi.new("int[4]", { 7 }), 4) end)
case("array table two", function() return list(ffi.new("int[4]", { 7, 8 }), 4) end)
case("array table zero", function() return list(ffi.new("int[4]", { [0] = 5, 6 }), 4) end)
case("array table hole", function() return list(ffi.new("int[4]", { 1, nil, 3 }), 4) end)
case("array nested", function() return ffi.new("int[2][2]", { { 1, 2 }, { 3, 4 } })[1][0] end)
case("vla", function() return list(ffi.new("int[?]", 3, 1, 2, 3), 3), ffi.sizeof(ffi.new("int[?]", 3)) end)
case("char array", function() return ffi.string(ffi.new("char[10]", "hello")) end)
case("char array cut", function() return ffi.string(ffi.new("char[3]", "hello"), 3) end)
case("struct flat", function() local s = ffi.new("struct p", 1, 2) return s.x, s.y end)
case("struct positional", function() local s = ffi.new("struct p", { 1, 2 }) return s.x, s.y end)
case("struct named", function() local s = ffi.new("struct p", { y = 2 }) return s.x, s.y end)
case("struct mixed", function() local s = ffi.new("struct p", { 1, y = 2 }) return s.x, s.y end)
case("struct unknown", function() local s = ffi.new("struct p", { z = 2, x = 1 }) return s.x, s.y end)
case("struct excess", function() local s = ffi.new("struct p", { 1, 2, 3 }) return s.x, s.y end)
case("struct excess flat", function() return ffi.new("struct p", 1, 2, 3).x end)
case("struct copy", function()
    local a = ffi.new("struct p", 1, 2)
    local b = ffi.new("struct p", a)
    a.x = 9
    return b.x, b.y
end)
case("struct string", function()
    local s = ffi.new("struct names", "abc", 3)
    return ffi.string(s.s), s.n
end)
case("union", function() local v = ffi.new("union u", 5) return v.i, v.bytes[0], v.p.x end)
case("union named", function() return ffi.new("union u", { f = 1 }).i end)
case("nested", function()
    local n = ffi.new("struct nested", { a = { 1, 2 }, c = 65, d = 0.5, s = 7, t = { 1, 2, 3 } })
    return n.a.y, n.c, n.d, n.s, n.t[2]
end)
case("nested flat", function()
    local n = ffi.new("struct nested", { { 1, 2 }, 65, 0.5 })
    return n.a.x, n.c, n.d
end)
case("vls", function() local v = ffi.new("struct vls", 3) return ffi.sizeof(v), v.items[2] end)
case("scalar", function() return tonumber(ffi.new("int", 5)), tonumber(ffi.new("double", 0.5)) end)
case("scalar bool", function() return ffi.new("bool", true) and true end)
case("scalar excess", function() return ffi.new("int", 1, 2) end)
case("enum name", function() return tonumber(ffi.new("enum color", "GREEN")) end)
case("enum number", function() return tonumber(ffi.new("enum color", 6)) end)
case("enum wrong", function() return ffi.new("enum color", "PINK") end)
case("pointer number", function() return ffi.new("void *", 0) end)
case("ctype call", function() local s = ffi.typeof "struct p"(3, 4) return s.x, s.y end)

-- ---- bit-fields -------------------------------------------------------------------------------

for _, value in ipairs { 0, 1, -1, 7, 8, 15, 16, 4095, 1048575, 1048576, 2^39, true } do
    for _, field in ipairs { "a", "b", "c", "d", "e" } do
        case(("bits.%s %s"):format(field, show(value)), function()
            local b = ffi.new "struct bits"
            b[field] = value
            return b[field], b.a, b.b, b.c
        end)
    end
end

-- ---- types ------------------------------------------------------------------------------------

for _, name in ipairs { "int", "char", "long", "struct p", "struct nested", "struct bits", "union u",
    "enum color", "void *", "int[3]", "struct names", "compare", "float", "double", "bool", "void",
    "int[?]", "struct vls", "struct integers", "double _Complex" } do
    case("sizeof " .. name, ffi.sizeof, name)
end
for _, name in ipairs { "int", "char", "struct p", "struct nested", "double", "void *", "int[3]" } do
    case("alignof " .. name, ffi.alignof, name)
end
case("sizeof vla", ffi.sizeof, "int[?]", 5)
case("sizeof vls", ffi.sizeof, "struct vls", 5)
for _, field in ipairs { "a", "c", "d", "s", "t", "none" } do
    case("offsetof nested." .. field, ffi.offsetof, "struct nested", field)
end
for _, field in ipairs { "a", "b", "c", "d", "e" } do
    case("offsetof bits." .. field, ffi.offsetof, "struct bits", field)
end
local kinds = { "int", "unsigned int", "long", "long long", "uint64_t", "char *", "const char *", "void *",
    "struct p", "struct p *", "int[3]", "enum color", "double", "bool" }
for _, a in ipairs(kinds) do
    for _, b in ipairs(kinds) do
        case(("istype %s, %s"):format(a, b), function() return ffi.istype(a, ffi.new(b)) end)
    end
    case("istype ctype " .. a, function() return ffi.istype(a, ffi.typeof(a)) end)
    case("istype number " .. a, ffi.istype, a, 5)
end

-- ---- pointers ---------------------------------------------------------------------------------

local array = ffi.new("int[5]", { 10, 20, 30, 40, 50 })
local p = ffi.cast("int *", array)
case("pointer index", function() return p[0], p[4], (p + 2)[0], (p + 2)[-1] end)
case("pointer difference", function() return (p + 3) - p, p - (p + 3) end)
case("pointer compare", function() return p < p + 1, p <= p, p + 1 > p, p == p, p == p + 1 end)
case("array plus", function() return (array + 1)[0] end)
case("pointer fraction", function() return p[1.9], p[1LL] end)
case("pointer write", function() p[1] = 21 return array[1] end)
case("pointer mixed compare", function() return p < ffi.cast("char *", p) end)
case("pointer void arithmetic", function() return ffi.cast("void *", p) + 1 end)
case("pointer to struct", function()
    local s = ffi.new("struct p", 1, 2)
    local q = ffi.cast("struct p *", s)
    q.y = 5
    return s.y, q[0].x
end)
case("pointer string key", function() return p.x end)
case("const write", function() ffi.cast("const int *", p)[0] = 1 end)
case("pointer conversion", function() return ffi.new("struct names", { s = p }) end)
case("char pointer from string", function() return ffi.new("char *[1]", "abc") end)
case("cast string", function() return ffi.string(ffi.cast("const char *", "abc")) end)
case("cast pointer to integer", function()
    return tonumber(ffi.cast("intptr_t", ffi.cast("void *", 4096)))
end)
case("cast double to pointer", function() return tonumber(ffi.cast("intptr_t", ffi.cast("void *", 8))) end)
case("cast struct", function() return ffi.cast("struct p", 1) end)
case("cast same", function() local v = ffi.new("int", 5) return rawequal(ffi.cast("int", v), v) end)
case("cast other", function() local v = ffi.new("int", 5) return rawequal(ffi.cast("long", v), v) end)
case("cast float", function() return tonumber(ffi.cast("float", 0.1)), tonumber(ffi.cast("int", 3.9)) end)
case("null index", function() return tostring(ffi.cast("int *", 0)) end)

-- ---- calls ------------------------------------------------------------------------------------

case("call", function() return ffi.C.abs(-5), ffi.C.sqrt(2), ffi.C.toupper(97) end)
case("call fraction", function() return ffi.C.abs(-5.9) end)
case("call string", function() return tonumber(ffi.C.strlen("hello")) end)
case("call zero", function() return tonumber(ffi.C.strlen("he\0llo")) end)
case("call few", function() return ffi.C.abs() end)
case("call many", function() return ffi.C.abs(1, 2) end)
case("call boolean", function() return ffi.C.abs(true) end)
case("call nil", function() return ffi.C.abs(nil) end)
case("call text", function() return ffi.C.abs("5") end)
local function format(...)
    local buffer = ffi.new "char[100]"
    ffi.C.snprintf(buffer, 100, ...)
    return ffi.string(buffer)
end
case("variadic", function()
    return format("%d %s %g %c", ffi.new("int", 5), "text", 2.5, ffi.new("int", 65))
end)
case("variadic doubles", function() return format("%g %g %.1f", 1, -2, 3.25) end)
case("variadic 64", function() return format("%lld %llu", 5LL, 0xFFFFFFFFFFFFFFFFULL) end)
case("variadic pointer", function() return format("%s", ffi.new("char[4]", "abc")) end)
case("variadic small", function() return format("%d %d", ffi.new("int8_t", -3), ffi.new("bool", true)) end)
case("callback", function()
    local a = ffi.new("int[5]", { 5, 3, 4, 1, 2 })
    local cb = ffi.cast("compare", function(x, y)
        return ffi.cast("const int *", x)[0] - ffi.cast("const int *", y)[0]
    end)
    ffi.C.qsort(a, 5, 4, cb)
    cb:free()
    return list(a, 5)
end)
case("undeclared", function() return ffi.C.no_such_function end)
case("constant", function() return ffi.C.LIMIT, ffi.C.GREEN, ffi.C.BLUE end)
case("constant write", function() ffi.C.RED = 1 end)

-- ---- memory -----------------------------------------------------------------------------------

case("string", function()
    local buffer = ffi.new("char[10]", "a\0bc")
    return ffi.string(buffer), ffi.string(buffer, 4), ffi.string("lua"), ffi.string("lua", 2)
end)
case("string of struct", function() return ffi.string(ffi.new("struct p", 65, 66), 5) end)
case("string of int array", function() return ffi.string(ffi.new("int[2]")) end)
case("string of number", function() return ffi.string(5) end)
case("copy", function()
    local buffer = ffi.new("char[10]", "xxxxxxxxx")
    ffi.copy(buffer, "abc")
    local first = ffi.string(buffer, 9)
    ffi.copy(buffer, "zz", 2)
    return first, ffi.string(buffer)
end)
case("copy no length", function() ffi.copy(ffi.new "char[4]", ffi.new "char[4]") end)
case("fill", function()
    local a = ffi.new("uint8_t[4]", 1, 2, 3, 4)
    ffi.fill(a, 2)
    ffi.fill(a + 2, 1, 0x1FF)
    return list(a, 4)
end)
case("malloc", function()
    local m = ffi.gc(ffi.C.malloc(16), ffi.C.free)
    local q = ffi.cast("int *", m)
    q[3] = 42
    return q[3]
end)
case("array element struct", function()
    local a = ffi.new("struct p[2]", { { 1, 2 }, { 3, 4 } })
    a[0] = a[1]
    return a[0].x, a[0].y
end)
case("struct assign table", function()
    local n = ffi.new "struct nested"
    n.a = { 5, 6 }
    n.t = { 7, 8, 9 }
    return n.a.x, n.t[2]
end)

-- ---- text -------------------------------------------------------------------------------------

for _, v in ipairs { 5LL, -5LL, 5ULL, 0xFFFFFFFFFFFFFFFFULL, 3i, 2.5i, ffi.new("double _Complex", 1, -2),
    ffi.new "struct p", ffi.cast("void *", 0), ffi.new("enum color", 5),
    ffi.new("int", 5), ffi.new("double", 5) } do
    case("text", function()
        return (tostring(v):gsub("0x%x+", "ADDRESS"))
    end)
end
case("type", function() return type(5LL), type(ffi.new "int"), type(ffi.typeof "int"), type(5) end)
case("tonumber", function()
    return tonumber(5LL), tonumber(0xFFFFFFFFFFFFFFFFULL), tonumber(ffi.new("int", 3)), tonumber("10"),
        tonumber("ff", 16), tonumber(ffi.new "struct p"), tonumber({})
end)
case("complex", function() local z = ffi.new("double _Complex", 1, 2) return z.re, z.im, z[0], z[1] end)

-- ---- metatypes --------------------------------------------------------------------------------

ffi.cdef "typedef struct { double x, y; } vector; typedef struct { int id; } resource;"
local vector
vector = ffi.metatype("vector", {
    __add = function(a, b) return vector(a.x + b.x, a.y + b.y) end,
    __len = function(a) return math.sqrt(a.x * a.x + a.y * a.y) end,
    __eq = function(a, b) return a.x == b.x and a.y == b.y end,
    __lt = function(a, b) return a.x < b.x end,
    __call = function(a, n) return a.x + n end,
    __concat = function() return "concat" end,
    __unm = function(a) return vector(-a.x, -a.y) end,
    __tostring = function(a) return ("<%g,%g>"):format(a.x, a.y) end,
    __index = { norm = function(a) return #a end, zero = 0 },
    __newindex = function(_, k) error("no " .. k) end,
})
local v, w = vector(3, 4), vector(1, 1)
case("metatype", function()
    local s = v + w
    return s.x, s.y, #v, v == w, v == vector(3, 4), w < v, v(10), v .. "x", tostring(-v), v:norm()
end)
case("metatype newindex", function() v.z = 1 end)
case("metatype static", function() return vector.zero end)
case("metatype again", function() ffi.metatype("vector", {}) end)
case("metatype scalar", function() ffi.metatype("int", {}) end)
case("metatype new", function()
    local t = ffi.metatype("resource", { __new = function(ct, id) return ffi.new(ct, id * 2) end })
    return t(5).id, ffi.new(t, 5).id
end)
case("gc order", function()
    local order = {}
    do
        ffi.gc(ffi.new "int[1]", function() order[#order + 1] = "a" end)
        ffi.gc(ffi.new "int[1]", function() order[#order + 1] = "b" end)
    end
    collectgarbage()
    collectgarbage()
    return table.concat(order, " ")
end)
case("gc scalar", function() ffi.gc(ffi.new "int", print) end)
case("errno", function()
    ffi.errno(5)
    return ffi.errno(), ffi.errno(7), ffi.errno()
end)
case("abi", function() return ffi.abi "64bit", ffi.abi "le", ffi.abi "win", ffi.os, ffi.arch end)

-- ---- declarations -----------------------------------------------------------------------------

case("redeclare", function()
    ffi.cdef "typedef int again; typedef long again;"
    return ffi.sizeof "again"
end)
case("redefine struct", function() ffi.cdef "struct p { int z; };" end)
case("parameters", function()
    ffi.cdef("typedef struct { $ v; int n[$]; } $;", ffi.typeof "short", 3, "made")
    return ffi.sizeof "made"
end)
case("parameters missing", function() ffi.cdef("typedef $ $;", "x") end)
case("syntax", function() ffi.cdef "int x y;" end)
case("transaction", function()
    pcall(ffi.cdef, "struct tx { int a; }; int broken(;")
    return (pcall(ffi.sizeof, "struct tx"))
end)

-- ---- spellings ------------------------------------------------------------------------------

for _, name in ipairs { "int", "unsigned", "char", "signed char", "unsigned char", "short",
    "unsigned short", "long", "unsigned long", "long long", "unsigned long long", "size_t", "ssize_t",
    "intptr_t", "int8_t", "uint8_t", "int16_t", "int32_t", "int64_t", "uint64_t", "wchar_t", "float",
    "double", "long double", "bool", "void", "void *", "const void *", "char *", "const char *",
    "const char *const *", "char *const", "int[3]", "int[3][4]", "int[?]", "int *[3]", "int (*)[3]",
    "const struct p", "struct p *", "struct p[2]", "enum color", "union u", "compare",
    "int (int, double)", "void (*)(void)", "double _Complex", "float _Complex", "const int",
    "volatile int", "const volatile char *", "int (*(*)(int))[3]", "compare[4]", "compare *",
    "enum color *", "const int[2]", "const char *const[3]" } do
    case("spelling " .. name, function() return tostring(ffi.typeof(name)) end)
end
case("spelling of values", function()
    return (tostring(ffi.new "int[3]"):gsub("0x%x+", "ADDRESS")),
        (tostring(ffi.new "const char *[2]"):gsub("0x%x+", "ADDRESS")),
        (tostring(ffi.cast("compare", 0))), (tostring(ffi.cast("size_t *", 0)))
end)

-- ---- members that are not there -----------------------------------------------------------------

ffi.cdef "struct m1 { int a; }; struct m2 { int a; }; struct m3 { int a; }; struct m4 { int a; };"
local m1 = ffi.metatype("struct m1", { __index = { f = 1, no = false }, __newindex = {} })
local m2 = ffi.metatype("struct m2", { __index = function() end, __newindex = function() end })
local m3 = ffi.metatype("struct m3", { __index = setmetatable({ f = 1 }, { __index = function(_, k)
    return k == "g" and 2 or nil
end }) })
local m4 = ffi.metatype("struct m4", { __index = setmetatable({}, { __index = { f = 1 } }) })
for _, key in ipairs { "a", "f", "g", "no", 0, 1LL } do
    for i, ct in ipairs { m1, m2, m3, m4 } do
        case(("member %d.%s"):format(i, tostring(key)), function() return ct()[key] end)
        case(("member %d.%s through a pointer"):format(i, tostring(key)), function()
            if type(key) ~= "string" then return end
            local object = ct()
            return ffi.cast(ffi.typeof("$ *", ct), object)[key]
        end)
        case(("static %d.%s"):format(i, tostring(key)), function() return ct[key] end)
    end
end
case("new members", function() m1().b = 1 end)
case("new members by function", function() m2().b = 1 return 5 end)
case("no new members", function() m3().b = 1 end)

-- ---- names of Lua 5.1 -------------------------------------------------------------------------

case("unpack", function() return unpack { 1, 2, 3 } end)
case("loadstring", function() return loadstring "return 1LL + 1"() end)
case("loadstring bad", function() return (loadstring "return +") end)
case("table.getn", function() return table.getn { 1, 2 }, table.maxn { [5] = 1 } end)
case("math", function()
    return math.pow(2, 10), math.log10(1000), math.ldexp(0.5, 4), math.frexp(8), math.tanh(0.5),
        math.sinh(1), math.cosh(1), math.mod and 1 or 1
end)
case("setfenv", function()
    local f = setfenv(function() return answer end, { answer = 42 }) -- luacheck: ignore answer
    return f(), getfenv(f).answer
end)
case("jit", function() return jit.os, jit.arch, type(jit.version), jit.version_num >= 20000 end)
case("table.new", function() return #require "table.new"(4, 0) end)

-- ---- what LuaJIT's own tests of conversions ask -----------------------------------------------

ffi.cdef [[
    typedef int v4si __attribute__((vector_size(16)));
    typedef uint8_t v16qi __attribute__((vector_size(16)));
    typedef double v2df __attribute__((vector_size(16)));
    struct wide { v4si i; v16qi b; v2df d; complex c; };
    struct texts { char name[8]; char guard; int numbers[3]; };
    struct listed { const int fixed[3]; int free[3]; const char text[4]; };
    union named { char all[0]; char bytes[12]; };
    typedef struct { int x; } nameless_a;
    typedef struct { int x; } nameless_b;
    struct holder { enum { HOLDER_SIZE = 12 }; static const int DEPTH = 5; int x; } held;
    typedef struct { int x; } written;
]]
local wide = ffi.new "struct wide"
local function elements(of, n)
    local out = {}
    for i = 0, n - 1 do
        out[#out + 1] = of[i]
    end
    return unpack(out)
end
case("vector number", function() wide.i = -17 return elements(wide.i, 4) end)
case("vector int cdata", function() wide.i = ffi.new("int32_t", 712) return elements(wide.i, 4) end)
case("vector double cdata", function() wide.i = ffi.new("double", 2.5) return elements(wide.i, 4) end)
case("vector complex", function() wide.d = ffi.new("complex", 9.5, -2) return elements(wide.d, 2) end)
case("vector vector", function() wide.i = 0x33333333 wide.b = wide.i return elements(wide.b, 16) end)
case("vector new", function() return elements(ffi.new("v4si", ffi.new("int16_t", 3)), 4) end)
for i, value in ipairs { true, "x", ffi.new("bool", true), ffi.new "int[4]", ffi.new "uint8_t[16]" } do
    case("vector refuses " .. i, function() wide.i = value end)
    case("complex refuses " .. i, function() wide.c = value end)
end
case("cast bool to complex", function() return ffi.cast("complex", true) end)
case("float cdata to pointer", function() return ffi.cast("int *", ffi.new("double", 1.5)) end)
case("float to pointer", function() return ffi.cast("intptr_t", ffi.cast("int *", 1234.5)) + 0LL end)
case("int cdata to pointer", function()
    return ffi.cast("intptr_t", ffi.cast("int *", ffi.new("int", 77))) + 0LL
end)

local texts = ffi.new "struct texts"
for i, text in ipairs { "", "ab", "abcdefg", "abcdefgh", "abcdefghijk", "a\0b" } do
    case("text into array " .. i, function()
        ffi.fill(texts, ffi.sizeof(texts), 0x37)
        texts.name = text
        return texts.guard, ffi.string(texts.name, 8)
    end)
    case("text into a member without elements " .. i, function()
        local u = ffi.new "union named"
        ffi.fill(u, ffi.sizeof(u), 0x37)
        u.all = text
        return ffi.string(u.bytes, 12)
    end)
end
case("text into element", function()
    local rows = ffi.new "char[2][4]"
    ffi.fill(rows, 8, 0x37)
    rows[0] = "xyz!and more"
    rows[1] = "a"
    return ffi.string(rows, 8)
end)
case("text into ints", function() texts.numbers = "abc" end)

local listed = ffi.new "struct listed"
case("array of const", function() listed.free = listed.fixed end)
case("into array of const", function() listed.fixed = listed.free end)
case("new from array of const", function() return ffi.new("int[3]", listed.fixed) end)

local names = {}
local writable = ffi.metatype("written", {
    __index = { kind = "w" },
    __newindex = function(_, k, value) names[k] = value end,
})
case("newindex", function() writable(1).other = 5 return names.other end)
case("newindex const", function() ffi.new("const written", 1).one = 6 end)
case("newindex const pointer", function() ffi.new("const written *", writable(1)).two = 6 end)
case("newindex const number", function() ffi.new("const written", 1)[10] = 6 end)
case("newindex const left", function() return names.one, names.two, names[10] end)
case("index const", function() return ffi.new("const written", 1).kind end)

case("sizeof of a negative length", function()
    return ffi.sizeof("int[?]", -1), ffi.sizeof("struct { int n; short a[?]; }", -3)
end)
case("istype nameless", function()
    return ffi.istype("nameless_a", ffi.typeof "nameless_b"),
        ffi.istype("nameless_a", ffi.new "nameless_a"),
        ffi.istype("nameless_a", ffi.typeof "nameless_a *"),
        ffi.istype("nameless_b", ffi.typeof "nameless_a *"),
        ffi.istype("nameless_a *", ffi.typeof "nameless_a")
end)
for i, text in ipairs { "char[HOLDER_SIZE]", "char[held.HOLDER_SIZE]", "char[held.DEPTH]",
    "char[((struct holder *)0)->DEPTH]", "char[DEPTH]", "char[held.none]" } do
    case("constants of a struct " .. i, ffi.sizeof, text)
end
case("aligned by a quotient", function()
    return ffi.alignof("struct { char __attribute__((aligned(" .. 32 / 2 .. "))) a; }"),
        ffi.sizeof("struct { int a : " .. 6 / 2 .. "; }")
end)
case("signs of imaginary numbers", function()
    return tostring(-1.5i), tostring(2 - 1) .. tostring(- 3i), tostring(-0i), tostring(-1e400i)
end)
case("sign of a difference", function() return 1i - 2i end)
case("userdata as a pointer", function()
    local u = io.stdout
    return ffi.cast("int *", u) ~= nil, ffi.new("int *", u) ~= nil
end)
case("where a result fails", function()
    local function nothing()
        local _ = 1
        return
    end
    local ok, message = pcall(ffi.cast("int (*)(void)", nothing))
    return ok, message:match(":" .. debug.getinfo(nothing, "S").lastlinedefined .. ":") ~= nil
end)

print(count .. " cases")
