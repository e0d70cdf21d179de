-- Cases for spec/luajit/luajit_diff_spec.lua, written in Lua 5.1 so that LuaJIT and Lua 5.4 both run them.
-- Prints one line per case: its code and its normalised result. As a script it runs under LuaJIT's
-- own ffi; as a chunk with an argument under the ffi given.
--
-- Left out on purpose: what LuaJIT takes from the processor (floats out of range of the integer they
-- are converted to; Debian's 2.1 beta even turns -1.0 into 2^63 as a uint64_t), memory that it leaves
-- uninitialised and cffi.luajit clears, #array, and casts of strings to integers, which are addresses.

local ffi, write = ...
local native = type(ffi) ~= "table"
if native then
    ffi, write = require "ffi", print
end
-- luacheck: read globals loadstring setfenv
local load = loadstring or load
local setfenv = setfenv or function(f) return f end
local pack = table.pack or function(...) return {n = select("#", ...), ...} end

ffi.cdef [[
    enum colour { RED, GREEN = 5, BLUE = -7 };
    struct point { int x, y; };
    struct line { struct point from, to; };
    struct mixed {
        int8_t i8; uint8_t u8; int16_t i16; uint16_t u16; int32_t i32; uint32_t u32;
        int64_t i64; uint64_t u64; float f; double d; bool b; char c; enum colour e;
        char text[8]; int list[3]; struct point at; struct point *next; void *p;
        const char *s; int constant_after[2];
    };
    struct bits { unsigned a : 3, b : 5; int c : 4; bool d : 1; };
    struct anonymous { int a; struct { int b, c; }; union { int d; float e; }; int f; };
    union number { int i; double d; uint8_t bytes[8]; };
    union shapes { struct { int x, y; }; struct { short w, h; }; };
    struct vls { int n; int items[?]; };
    struct consts { static const int LIMIT = 42; int x; };
    struct ro { const int x; int y; };
    struct vec { double x, y; };
    struct opaque;
    typedef int (*function_t)(int, int);
    int abs(int);
]]

-- ---- normalising -----------------------------------------------------------------------------

local kind = native and type or ffi.type

local function number_text(v)
    if v ~= v then return "nan" end
    if math.type and math.type(v) == "integer" then return ("%d"):format(v) end
    if v == math.floor(v) and v > -2^53 and v < 2^53 then return ("%d"):format(v) end
    return ("%.17g"):format(v)
end

-- 8-byte integers and enums are cdata in LuaJIT, Lua integers here; NULL is nil here.
local function cdata_text(v)
    local text = tostring(v)
    if text:find "NULL$" then return "nil" end
    return text:match "^(%-?%d+)U?LL$" or text:match "^cdata<enum.*>: (%-?%d+)$" or
        (text:find "^cdata" and "cdata" or text)
end

local function show(v)
    if type(v) == "number" then return number_text(v) end
    if type(v) == "string" then return ("%q"):format(v) end
    if kind(v) == "cdata" then return cdata_text(v) end
    return tostring(v)
end

-- ---- what the cases may name ---------------------------------------------------------------------

local env = {ffi = ffi, C = ffi.C, tostring = tostring, pairs = pairs, ipairs = ipairs, type = kind,
             pcall = pcall, error = error, math = math, string = string, table = table}
env.tonumber = native and tonumber or ffi.tonumber
env.eq = native and function(a, b) return a == b end or ffi.eq
env.isnull = native and function(p) return p == nil end or ffi.isnull
function env.ll(v) return ffi.cast("int64_t", v) end
function env.ull(v) return ffi.cast("uint64_t", v) end
env.minll = ffi.cast("int64_t", -2^63)
env.maxll = env.minll - 1
env.maxull = ffi.cast("uint64_t", env.maxll) * 2 + 1
env.int = ffi.new("int", -3)
env.byte = ffi.new("uint8_t", 200)
env.dbl = ffi.new("double", 2.5)
env.flag = ffi.new("bool", true)
env.enum = ffi.new("enum colour", "GREEN")
env.arr = ffi.new("int[5]", {10, 20, 30, 40, 50})
env.ptr = ffi.cast("int *", env.arr)
function env.list(a, n)
    local out = {}
    for i = 0, n - 1 do out[#out + 1] = show(a[i]) end
    return table.concat(out, " ")
end
-- Stores v as a T and reads it back.
function env.through(T, v)
    local a = ffi.new(T .. "[1]")
    a[0] = v
    return a[0]
end

local function run(code)
    local chunk = assert(load(code, code, "t", env))
    setfenv(chunk, env)
    local results = pack(pcall(chunk))
    if not results[1] then
        write(code .. " --> error")
        return
    end
    local out = {}
    for i = 2, results.n do out[#out + 1] = show(results[i]) end
    write(code .. " --> " .. table.concat(out, ", "))
end

-- ---- generated cases -------------------------------------------------------------------------------

local function each(format, ...)
    local lists = {...}
    local function expand(i, chosen)
        if not lists[i] then
            return run(format:gsub("$(%d)", function(n) return chosen[tonumber(n)] end), nil)
        end
        for _, v in ipairs(lists[i]) do
            chosen[i] = v
            expand(i + 1, chosen)
        end
    end
    expand(1, {})
end

local operators = {"+", "-", "*", "/", "%", "^"}
each("return $1 $2 $3", {"ll(7)", "ll(-7)", "minll", "maxll"}, operators,
    {"2", "-2", "0", "1.5", "ll(3)", "ll(-1)", "int", "byte", "dbl", "flag", "enum"})
each("return $1 $2 $3", {"ull(7)", "maxull"}, operators,
    {"2", "0", "1.5", "ll(3)", "ll(-1)", "ull(5)", "byte", "enum"})
each("return $3 $2 $1", {"ll(7)", "ull(7)"}, operators, {"2", "0", "1.5", "ll(-3)"})
each("return $1 $2 $3", {"int", "byte", "dbl", "flag", "enum"}, operators, {"2", "int", "dbl"})
each("return $1 < $2, $1 <= $2, $1 > $2, eq($1, $2)",
    {"ll(7)", "ll(-1)", "minll", "maxll", "int", "dbl", "enum"},
    {"7", "2.5", "-1", "ll(7)", "maxll", "int", "byte", "flag"})
each("return $1 < $2, $1 <= $2, eq($1, $2)", {"ull(7)", "maxull"},
    {"7", "6.5", "ll(-1)", "maxull", "ull(6)"})
each("return -$1", {"ll(7)", "minll", "ull(1)", "maxull", "int", "byte", "dbl", "enum"})
each("return $1", {"enum + 'BLUE'", "'GREEN' * enum", "enum < 'BLUE'", "enum <= 'GREEN'",
                   "eq(enum, 'GREEN')", "eq(enum, 'NONE')", "enum + 'NONE'", "ll(1) + '1'",
                   "ll(1) + nil", "ll(1) + {}", "ll(1) .. 'x'", "#ll(1)"})

each("return through('$1', $2)",
    {"int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "int64_t", "double"},
    {"0", "1", "-1", "127", "128", "255", "256", "-129", "1.5", "-1.5", "40000", "true", "false",
     "ll(-5)", "maxull", "int", "dbl", "enum", "nil", "'1'", "{}", "ptr"})
each("return through('$1', $2)", {"uint32_t", "uint64_t"},
    {"0", "1", "4294967295", "1.5", "true", "maxull", "ll(-5)", "byte"})
each("return through('$1', $2)", {"bool"},
    {"0", "1", "0.2", "true", "false", "ll(0)", "ll(2)", "nil", "'x'", "0/0", "ptr", "{}"})
each("return through('float', $1)", {"1", "0.1", "1e30", "ll(3)", "true", "'1'", "nil"})
each("return through('enum colour', $1)", {"5", "'GREEN'", "'BLUE'", "'NONE'", "enum", "1.9", "{}"})
each("return eq(through('$1', $2), ptr)", {"int *", "const int *", "void *", "char *", "int **",
     "unsigned int *", "double *", "enum colour *", "struct point *"},
    {"ptr", "arr", "nil", "ffi.cast('void *', ptr)", "ffi.cast('char *', ptr)", "1", "'x'",
     "ffi.cast('const int *', ptr)"})

each("local a = ffi.new('int[3]'$1) return list(a, 3)",
    {"", ", 5", ", 1, 2", ", 1, 2, 3, 4", ", {}", ", {5}", ", {1, 2}", ", {1, 2, 3, 4}",
     ", {[0] = 1, 2}", ", {[0] = 9}", ", {1, nil, 3}", ", {[2] = 5}", ", {x = 1}", ", 'x'", ", nil",
     ", {1.9, -1.9}", ", arr", ", ffi.new('int[3]', 7)", ", ptr", ", true", ", {true, false}",
     ", ll(4)", ", {1, '2'}"})
each("local a = ffi.new('int[?]', 3$1) return list(a, 3)", {"", ", 5", ", 1, 2", ", 1, 2, 3"})
each("local a = ffi.new('char[4]'$1) return list(a, 4)",
    {", 'abc'", ", 'abcd'", ", 'abcdef'", ", 'a\\0b'", ", {97, 98}", ", 65", ", {'a'}"})
each("return ffi.string(ffi.new('char[4]'$1))", {"", ", 'ab'", ", ''"})
each("local a = ffi.new('int[2][2]'$1) return list(a[0], 2), list(a[1], 2)",
    {"", ", {{1, 2}, {3, 4}}", ", {{1}, {3}}", ", {{1, 2}}", ", {1, 2}", ", {{1, 2, 3}}", ", {1}"})
each("local p = ffi.new('struct point'$1) return p.x, p.y",
    {"", ", 1", ", 1, 2", ", 1, 2, 3", ", {1}", ", {1, 2}", ", {1, 2, 3}", ", {[0] = 1, 2}",
     ", {x = 1}", ", {y = 2}", ", {y = 2, z = 3}", ", {1, y = 5}", ", {x = 'a'}", ", 'x'",
     ", ffi.new('struct point', 5, 6)", ", arr", ", {ll(1), ull(2)}", ", true", ", nil"})
each("local l = ffi.new('struct line'$1) return l.from.x, l.from.y, l.to.x, l.to.y",
    {", {{1, 2}, {3, 4}}", ", {to = {y = 1}}", ", {1}", ", {1, 2}, {3, 4}",
     ", ffi.new('struct point', 1, 2)", ", {from = ffi.new('struct point', 1, 2)}"})
each("local a = ffi.new('struct anonymous'$1) return a.a, a.b, a.c, a.d, a.f",
    {", 1, 2, 3, 4, 5", ", {1, 2, 3, 4, 5}", ", {b = 1, f = 2}", ", 1, 2", ", {1, 2}", ", {d = 8}"})
each("local u = ffi.new('union number'$1) return u.i",
    {"", ", 1", ", {1}", ", {i = 3}", ", {i = 3, d = 1}", ", {bytes = {1, 2}}", ", 1, 2"})
each("local u = ffi.new('union shapes'$1) return u.x, u.y, u.w, u.h",
    {", 1, 2", ", {1, 2}", ", {w = 3, h = 4}", ", {1, 2, 3, 4}"})
each("local b = ffi.new('struct bits'$1) return b.a, b.b, b.c, b.d",
    {"", ", 1, 2, 3, true", ", 9, 33, 8, 0", ", {7, 31, -8, false}", ", {c = 7}", ", {d = 1}",
     ", {1.9}", ", {ll(3)}"})
each("local b = ffi.new('struct bits') b.$1 = $2 return b.a, b.b, b.c, b.d", {"a", "c", "d"},
    {"1", "9", "-1", "true", "1.7", "'x'", "nil"})
each("local v = ffi.new('struct vls', 3$1) return v.n, list(v.items, 3)",
    {"", ", 7", ", {7, {1, 2, 3}}"})

each("local m = ffi.new('struct mixed') m.$1 return m.$2", {
    "text = 'abc'", "text = 'abcdefghijkl'", "list = {1, 2}", "at = {3, 4}", "at = {y = 4}",
    "at = ffi.new('struct point', 1, 2)", "list = ffi.new('int[3]', 4)", "list = arr", "at = 5",
    "next = m.at", "next = ffi.new('struct line')", "p = arr", "p = 'text'", "s = 'text'",
    "c = 'x'", "e = 'BLUE'", "b = 5", "i64 = maxll", "u64 = maxull", "nothing = 1", "f = 0.5"},
    {"text[2]", "list[1]", "at.y", "e", "b", "i64", "u64", "f"})

each("return arr[$1]", {"0", "4", "1.7", "ll(2)", "ull(3)", "int + 4", "enum - 3", "byte - 199", "'0'",
                        "nil", "true", "{}", "dbl"})
each("return $1", {"(ptr + 2)[0]", "(1 + ptr)[0]", "(arr + 4)[0]", "(ptr + 1.9)[0]", "(ptr + 4)[-1]",
     "(ptr + 3) - ptr", "ptr - (arr + 2)", "arr - ptr", "ptr - ffi.cast('char *', ptr)",
     "ptr - ffi.cast('const int *', ptr)", "ptr - ffi.cast('unsigned int *', ptr)", "ptr + ptr",
     "1 - ptr", "ptr * 2", "ptr + 'x'", "ptr + nil", "ptr + ll(1) == arr + 1", "ptr < arr + 1",
     "ptr <= ptr", "ptr < ffi.cast('char *', ptr)", "ptr < ffi.cast('unsigned int *', ptr) + 1",
     "ptr < nil", "ptr < 1", "ptr == arr", "ptr == ffi.cast('char *', ptr)",
     "ffi.cast('void *', ptr) + 1", "ffi.cast('void *', ptr) - ptr", "ffi.cast('void *', ptr)[0]",
     "ffi.cast('struct opaque *', ptr) + 1", "ffi.cast('struct opaque *', ptr).x",
     "ffi.cast('int (*)[2]', ptr)[1][0]", "(ffi.cast('int (*)[2]', ptr) + 1)[0][1]",
     "isnull(ffi.new('int *'))", "isnull(ptr)", "isnull(ffi.cast('int *', 0))", "eq(ptr, nil)",
     "eq(ffi.new('void *'), nil)", "eq(ptr, 1)", "eq(ll(1), nil)", "eq(ll(1), '1')", "ptr .. 'x'"})

each("return ffi.new('$1').$2", {"struct point", "struct consts", "int", "struct point[2]", "struct ro"},
    {"x", "LIMIT", "z", "y"})
each("local v = ffi.new('$1') $2 return true", {"struct ro", "struct consts", "const int[2]"},
    {"v.x = 1", "v.LIMIT = 2", "v[0] = 1", "v.z = 1", "v.y = 1"})
each("return ffi.new('struct point')[$1]", {"0", "1", "true", "nil"})
each("return ffi.new('int', 5)[$1]", {"0", "'x'"})
each("local c = ffi.new('complex', $1) return c.re, c.im, c[0], c[1]", {"1, 2", "3", "{4, 5}", "-1, -2"})
each("return tostring(ffi.new('complex', $1))", {"1, 2", "-1, -2", "1.5", "0, 0"})

each("return tonumber(ffi.cast('$1', $2))",
    {"int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "int64_t", "float", "double", "bool"},
    {"0", "1", "-1", "200", "70000", "1.5", "-1.5", "true", "ll(300)", "enum", "dbl"})
each("return tonumber(ffi.cast('$1', ffi.cast('$2', $3)))", {"intptr_t", "uint32_t", "int *"},
    {"void *", "char *", "uintptr_t"}, {"0", "1", "4096"})
each("return eq(ffi.cast('$1', $2), ptr)", {"int *", "void *", "const char *", "uintptr_t"},
    {"ptr", "arr", "nil", "ffi.cast('intptr_t', ptr)", "true", "{}"})
each("return pcall(ffi.cast, '$1', $2) and true",
    {"struct point", "int[2]", "void", "int"}, {"1", "arr", "ffi.new('struct point')"})

each("return ffi.sizeof($1)", {"'int'", "'struct mixed'", "'struct bits'", "'union number'", "arr",
     "ptr", "'int[3]'", "'struct vls', 4", "'int[?]', 5", "ffi.new('int[?]', 6)",
     "ffi.new('struct vls', 2)", "ffi.typeof('struct line')", "'struct opaque'", "'void'",
     "'int(int)'", "'function_t'"})
each("return ffi.alignof('$1')", {"int8_t", "struct mixed", "struct bits", "double", "void *"})
each("return ffi.offsetof('struct mixed', '$1')", {"i8", "u16", "i64", "f", "text", "s", "none"})
each("return ffi.offsetof('struct $1')", {"bits', 'c", "bits', 'b", "anonymous', 'c", "line', 'to"})
each("return ffi.istype('$1', $2)", {"int", "int *", "const int *", "struct point", "int64_t", "int[5]"},
    {"int", "ptr", "arr", "ll(1)", "ull(1)", "1", "nil", "ffi.new('struct point')",
     "ffi.new('struct line').to", "ffi.typeof('int')", "enum"})
each("return ffi.string($1)", {"'abc'", "ffi.new('char[4]', 'abc')", "ffi.cast('const char *', 'xyz')",
     "ffi.new('char[4]', 'abc'), 2", "ffi.new('uint8_t[3]', {65, 66}), 3", "ptr", "1",
     "ffi.cast('void *', ffi.new('char[3]', 'hi'))"})
each("local d = ffi.new('char[8]', 'zzzzzzz') ffi.copy(d, $1) return ffi.string(d, 8)",
    {"'abc'", "'abc', 2", "'abcdef', 6", "ffi.new('char[3]', 'xy'), 2", "ffi.new('char[3]', 'xy')"})
each("local d = ffi.new('char[4]') ffi.fill(d, $1) return ffi.string(d, 4)",
    {"4", "4, 65", "2, 66", "3, 300", "0, 65"})

each("return C.abs($1)", {"-5", "5.9", "ll(-6)", "int", "true", "nil", "'5'", "", "1, 2", "enum",
                          "{}", "byte"})
each("return C.$1", {"RED", "GREEN", "BLUE", "NOTHING"})
each("return ffi.cast('function_t', function(a, b) return a $1 b end)(7, 2)", {"+", "-", "*", "%"})
each("local M = {__index = function(_, k) return k end} " ..
     "local V = ffi.metatype('struct { int $1; }', M) return V(3).$1, V(3).other, V(3)[1]", {"x", "y"})
