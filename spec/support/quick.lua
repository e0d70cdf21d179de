-- Runs every public function and operator that has a short way with values of every kind, and
-- prints what comes back and what memory holds then, or the error: the output is the same whichever
-- way they take. Argument: "luajit" for LuaJIT's rules.
local ffi = require(arg[1] == "luajit" and "cffi.luajit" or "cffi")
if ffi.ffi then ffi = ffi.ffi end

-- Finalisers that cannot be called end a program of Lua 5.3, as any that raises; later ones warn.
if _VERSION == "Lua 5.3" then collectgarbage "stop" end

ffi.cdef [[
struct quick_point { int x, y; };
struct quick_vec { double x, y; };
enum quick_color { QUICK_RED, QUICK_GREEN = 5 };
struct quick_box {
    struct quick_point p;
    const struct quick_point fixed;
    const char *s;
    void *any;
    int (*fn)(int);
    struct quick_box *next;
    enum quick_color color;
    bool flag;
    unsigned bits : 5;
    char name[8];
    uint64_t wide;
    const int still;
    struct quick_point points[2];
    int list[3];
};
struct quick_open { int n; int tail[]; };
struct quick_hidden;
int abs(int);
]]
local own = require "cffi".scope {}
own.cdef "struct quick_point { int x, y; };"

ffi.metatype("struct quick_vec", {
    __index = {get = function(v) return v.x end, answer = 42},
    __add = function() return "added" end,
    __eq = function() return true end,
    __lt = function() return false end,
})

local function fresh()
    local box = ffi.new "struct quick_box"
    box.s, box.any = "kept", box
    local ints = ffi.new("int[8]", 1, 2, 3, 4, 5, 6, 7, 8)
    local chars = ffi.new("char[16]", "some text")
    return {
        {"none"}, {"nil", nil}, {"true", true}, {"3", 3}, {"-1", -1}, {"0", 0}, {"1", 1},
        {"2^40", 1 << 40}, {"mininteger", math.mininteger}, {"1.0", 1.0}, {"1.5", 1.5},
        {"\"x\"", "x"}, {"\"points\"", "points"}, {"\"color\"", "color"},
        {"\"bits\"", "bits"}, {"\"p\"", "p"}, {"\"s\"", "s"}, {"\"get\"", "get"},
        {"\"zero\"", "a\0b"}, {"\"QUICK_GREEN\"", "QUICK_GREEN"},
        {"long text", ("long "):rep(20)}, {"\"int\"", "int"}, {"table", {1, 2}},
        {"\"void *\"", "void *"}, {"\"uint16_t\"", "uint16_t"}, {"\"char[4]\"", "char[4]"},
        {"\"int[?]\"", "int[?]"}, {"\"vec\"", "struct quick_vec"},
        {"\"body\"", "struct { int x; }"},
        {"{x=1}", {x = 1}}, {"function", function() return "called" end}, {"abs", ffi.C.abs},
        {"int", ffi.typeof "int"}, {"char *", ffi.typeof "char *"},
        {"int64_t", ffi.typeof "int64_t"}, {"uint8_t", ffi.typeof "uint8_t"},
        {"double", ffi.typeof "double"}, {"point", ffi.typeof "struct quick_point"},
        {"open", ffi.typeof "struct quick_open"}, {"hidden", ffi.typeof "struct quick_hidden"},
        {"int[?]", ffi.typeof "int[?]"}, {"box", box}, {"box.p", box.p}, {"box.fixed", box.fixed},
        {"box *", ffi.cast("struct quick_box *", box)}, {"ints", ints},
        {"ints + 2", ffi.cast("int *", ints) + 2},
        {"const int *", ffi.cast("const int *", ints)}, {"chars", chars},
        {"const char *", ffi.cast("const char *", "borrowed")},
        {"void *", ffi.cast("void *", ints)}, {"NULL", ffi.cast("int *", nil)},
        {"hidden *", ffi.cast("struct quick_hidden *", ints)},
        {"fn *", ffi.cast("int (*)(int)", ffi.C.abs)}, {"vla", ffi.new("int[?]", 8)},
        {"int64", ffi.cast("int64_t", -7)}, {"uint64", ffi.cast("uint64_t", -7)},
        {"another int64", ffi.cast("int64_t", -7)}, {"boxed int", ffi.cast("int", 2)},
        {"color", ffi.new("enum quick_color", 5)}, {"boxed float", ffi.new("float", 1.5)},
        {"boxed bool", ffi.new("bool", true)}, {"vec", ffi.new("struct quick_vec", 1, 2)},
        {"another point", own.new("struct quick_point", 1, 2)},
        {"finalised", ffi.gc(ffi.new "int[8]", function() end)},
        {"finalised *", ffi.gc(ffi.cast("char *", chars), function() end)},
    }
end

local names = {}
local function number_of(address)
    if not names[address] then
        names.count = (names.count or 0) + 1
        names[address] = "ADDRESS" .. names.count
    end
    return names[address]
end

-- Addresses by the order in which they are met; they differ from run to run.
local function show(v)
    if math.type(v) == "float" then return ("%a"):format(v) end
    if type(v) == "string" then return ("%q"):format(v) end
    return (tostring(v):gsub("0x%x+", number_of))
end

local function hex(box, chars)
    local bytes = ffi.string(ffi.cast("char *", box) + 64, ffi.sizeof(box) - 64)
    return ((bytes .. ffi.string(chars, 16)):gsub(".", function(c)
        return ("%02x"):format(c:byte())
    end))
end

local binary = {
    string = function(a, b) return ffi.string(a, b) end,
    sizeof = function(a, b) return ffi.sizeof(a, b) end,
    istype = function(a, b) return ffi.istype(a, b) end,
    offsetof = function(a, b) return ffi.offsetof(a, b) end,
    cast = function(a, b) return ffi.cast(a, b) end,
    new = function(a, b) return ffi.new(a, b) end,
    call = function(a, b) return a(b) end,
    addressof = function(a, b) return ffi.addressof(a, b) end,
    index = function(a, b) return a[b] end,
    add = function(a, b) return a + b end,
    sub = function(a, b) return a - b end,
    mul = function(a, b) return a * b end,
    mod = function(a, b) return a % b end,
    idiv = function(a, b) return a // b end,
    bor = function(a, b) return a | b end,
    eq = function(a, b) return a == b end,
    lt = function(a, b) return a < b end,
    le = function(a, b) return a <= b end,
    tonumber = function(a, b) return ffi.tonumber(a, b) end,
    copy = function(a, b) return ffi.copy(a, b, 3) end,
    fill = function(a, b) return ffi.fill(a, b) end,
    gc = function(a, b) return ffi.gc(a, b) end,
}
local unary = {
    string = function(a) return ffi.string(a) end,
    sizeof = function(a) return ffi.sizeof(a) end,
    typeof = function(a) return ffi.typeof(a) end,
    new = function(a) return ffi.new(a) end,
    call = function(a) return a() end,
    addressof = function(a) return ffi.addressof(a) end,
    tonumber = function(a) return ffi.tonumber(a) end,
    tostring = function(a) return tostring(a) end,
    errno = function(a) return ffi.errno(a), ffi.errno() end,
    length = function(a) return #a end,
    minus = function(a) return -a end,
    none = function() return ffi.string(), ffi.sizeof() end,
}
local stores = {
    "p", "fixed", "s", "any", "fn", "next", "color", "flag", "bits", "name", "wide", "still",
    "points", "list", "nothing",
}

local function report(what, ...)
    local out = {what}
    for i = 1, select("#", ...) do out[#out + 1] = show((select(i, ...))) end
    print(table.concat(out, "\t"))
end

-- In an order that is the same each time.
local function sorted(t)
    local list = {}
    for name in pairs(t) do list[#list + 1] = name end
    table.sort(list)
    return ipairs(list)
end

local function unaddressed(text)
    return (text:gsub("0x%x+", "ADDRESS"))
end

-- What is made of a value's type and content, without its address.
local function outcome(...)
    local out = {}
    for i = 1, select("#", ...) do
        local v = select(i, ...)
        out[i] = unaddressed(show(v)):gsub("ADDRESS%d*", "ADDRESS")
    end
    return table.concat(out, "\t")
end

-- What C does through a pointer with no bounds known is not asked.
local is_far = {
    ["2^40"] = true, mininteger = true, ["-1"] = true, int64 = true, uint64 = true,
    ["another int64"] = true,
}
local goes_there = {string = true, index = true, fill = true, new = true, call = true}

-- ... of addresses, which differ from run to run
local makes_integers = {cast = true, new = true, call = true}
local orders = {lt = true, le = true, sub = true}
local one_object = {
    ints = true, ["ints + 2"] = true, ["const int *"] = true, ["void *"] = true,
}
local function has_address(value)
    return value[1]:find "%*" or ffi.type(value[2]) == "cdata" and ffi.type(value[2]) ~= "ctype"
        and not ffi.tonumber(value[2])
end
if arg[1] == "luajit" then binary.fill = nil end -- where nothing has bounds

local count = #fresh()
for _, name in sorted(unary) do
    for i = 1, count do
        local value = fresh()[i]
        report(name .. " " .. value[1], outcome(pcall(unary[name], value[2])))
    end
end
for _, name in sorted(binary) do
    for i = 1, count do
        local values = fresh()
        for j = 1, count do
            if j % 20 == 0 then values = fresh() end
            local text
            if not (goes_there[name] and is_far[values[j][1]]) then
                text = outcome(pcall(binary[name], values[i][2], values[j][2]))
            end
            if makes_integers[name] and type(values[j][2]) ~= "number" then
                text = text and text:gsub(": %-?%d+", ": N"):gsub("%-?%d+U?LL", "N")
                    :gsub("%-?%d%d%d%d%d%d%d+", "N")
            end
            if orders[name] and has_address(values[i]) and has_address(values[j])
                and not (one_object[values[i][1]] and one_object[values[j][1]]) then
                text = text:gsub("\t.*", "")
            end
            if text then report(("%s %s, %s"):format(name, values[i][1], values[j][1]), text) end
        end
    end
end
for _, member in ipairs(stores) do
    for i = 1, count do
        local values = fresh()
        local box, chars = ffi.new "struct quick_box", ffi.new "char[16]"
        for _, target in ipairs {box, ffi.cast("struct quick_box *", box)} do
            local fine, message = pcall(function() target[member] = values[i][2] end)
            report(("%s = %s"):format(member, values[i][1]), fine, fine and "" or outcome(message),
                hex(box, chars))
        end
        local fine, message = pcall(function()
            local list = ffi.new "const char *[3]"
            list[1] = values[i][2]
            collectgarbage()
            return list[1] ~= nil and ffi.string(list[1])
        end)
        report("list[1] = " .. values[i][1], fine, outcome(message))
    end
end

-- Initialisers of a struct of numbers, of one with more in it.
local point, box = ffi.typeof "struct quick_point", ffi.typeof "struct quick_box"
local function members(v)
    return v, v.x, v.y
end
local initialisers = {
    function(a, b) return members(point(a, b)) end,
    function(a, b) return members(ffi.new(point, a, b)) end,
    function(a, b) return members(point {x = a, y = b}) end,
    function(a, b) return members(point {a, b}) end,
    function(a, b) return members(point {[0] = a, b}) end,
    function(a, b) return members(point {a, y = b}) end,
    function(a, b) return members(point(a, b, a)) end,
    function(a, b) return members(point {a, b, b}) end,
    function(a) return members(point {z = a}) end,
    function(a) return members(point {[3] = a}) end,
    function(a) return members(point(setmetatable({x = a}, {__cffi_integer = function() return 3 end}))) end,
    function(a) return members(box {wide = a}.p) end,
}
for at, make in ipairs(initialisers) do
    for i = 1, count do
        local values = fresh()
        for _, other in ipairs {1, 4, 10} do
            report(("initialiser %d of %s"):format(at, values[i][1]),
                outcome(pcall(make, values[i][2], values[other][2])))
        end
    end
end

-- Surplus and missing arguments.
for _, name in ipairs {"string", "sizeof", "istype", "offsetof", "cast", "addressof", "tonumber",
    "copy", "fill", "errno", "gc"} do
    local values = fresh()
    for n = 0, 4 do
        local arguments = {n = n}
        for i = 1, n do arguments[i] = values[40][2] end
        report(("%s of %d"):format(name, n),
            outcome(pcall(ffi[name], table.unpack(arguments, 1, n))))
    end
end

-- Lengths and the elements of a table.
for _, type in ipairs {"int[?]", "uint8_t[?]", "double[?]", "const int[?]", "bool[?]"} do
    local size = ffi.sizeof((type:gsub("%[%?]", "")))
    for _, length in ipairs {0, 1, 2, 3, -1, 2.0, "2"} do
        for i, list in ipairs {
            {}, {1}, {1, 2}, {1, 2, 3}, {[0] = 1, 2}, {[0] = 1, [2] = 2}, {1, 2, x = 3}, {1, "a"},
            {1, 300}, {1.5, 2}, {2.0, 1}, {nil, 2}, {true, false},
            setmetatable({1, 2}, {__index = function() return 7 end}),
        } do
            local ok, made = pcall(ffi.new, type, length, list)
            local elements = ok and {ffi.sizeof(made)} or {unaddressed(show(made))}
            for at = 0, ok and ffi.sizeof(made) // size - 1 or -1 do
                elements[#elements + 1] = show(made[at])
            end
            report(("new %s %s %d"):format(type, show(length), i), table.unpack(elements))
        end
    end
end
for _, type in ipairs {"int64_t", "uint64_t"} do
    for _, n in ipairs {0, 7, -1, -12, 1 << 40, math.maxinteger, math.mininteger} do
        print(type, n, tostring(ffi.cast(type, n)))
    end
end
