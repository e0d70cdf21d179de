-- Calls functions with values of every kind and prints what comes back, or the error: the output
-- is the same whichever way the calls take. Argument: the library.
local ffi = require "cffi"

ffi.cdef [[
enum paths_color { PATHS_RED, PATHS_GREEN = -5, PATHS_BLUE = 7 };
int8_t paths_i8(int8_t);
uint8_t paths_u8(uint8_t);
int16_t paths_i16(int16_t);
uint16_t paths_u16(uint16_t);
int32_t paths_i32(int32_t);
uint32_t paths_u32(uint32_t);
int64_t paths_i64(int64_t);
uint64_t paths_u64(uint64_t);
bool paths_bool(bool);
float paths_float(float);
double paths_double(double);
enum paths_color paths_color(enum paths_color);
const int *paths_ints(const int *);
struct paths_bits { short : 4; bool b[1]; union { int : 0; unsigned char c; } u[3]; };
int paths_bits(struct paths_bits);
int paths_bits_back(struct paths_bits (*)(struct paths_bits), struct paths_bits);
const char *paths_text(const char *);
void paths_nothing(void);
int paths_nothings(void);
int8_t paths_last_of_stack(long, long, long, long, long, long, long, long, float, double, uint8_t,
    int8_t);
double paths_all(float, int8_t, double, uint16_t, float);
double paths_sum(const char *letters, ...);
int paths_hash(const char *format, ...) __attribute__((format(printf, 1, 2), nonnull(1)));
size_t paths_length(const char *text) __attribute__((nonnull));
int snprintf(char *, size_t, const char *, ...);
int paths_compare(const int *, const int *, size_t) __asm__("memcmp");
int paths_write(int *, const int *, size_t) __asm__("memcmp");
]]
local lib = ffi.load(arg[1])

local function show(v)
    if math.type(v) == "float" then return ("%a"):format(v) end
    if ffi.istype("const char *", v) then return ("text %q"):format(ffi.string(v)) end
    if ffi.istype("const int *", v) then return "ints " .. v[1] end
    return tostring(v)
end

local function report_of(fn, name, ...)
    local results = table.pack(pcall(fn, ...))
    for i = 1, results.n do results[i] = show(results[i]) end
    print(name, table.concat(results, " ", 1, results.n))
end

local function report(name, ...)
    report_of(lib[name], name, ...)
end

-- By its name, and by way of a pointer to it.
local function report_both(name, ...)
    local pointer = ffi.cast(ffi.typeof("$ *", ffi.typeof(lib[name])), lib[name])
    report(name, ...)
    report_of(pointer, name .. " through a pointer", ...)
end

local ints = ffi.new("int[4]", 10, 11, 12, 13)
local values = { 0, 1, -1, 127, 128, 200, 255, 256, -128, -129, 32767, 65535, 65536, 2147483647,
    2147483648, -2147483648, -2147483649, 4294967295, 4294967296, math.maxinteger, math.mininteger,
    16777216, 16777217, 2 ^ 53 | 0, (2 ^ 53 | 0) + 1, 0.0, -0.0, 1.5, 3.0, 1e10, 1e39, 3.4028235e38,
    3.5e38, -1e300, 1 / 0, -1 / 0, 2.0 ^ 63, true, false, "12", "0x10", "", "a\0b", ("x"):rep(100),
    "PATHS_RED", "PATHS_GREEN", "PATHS_BLUE", "PATHS_PINK", {}, print, ints, ints + 1,
    ffi.new("int", 5), ffi.new("uint64_t", -1), ffi.new("double[2]"), ffi.new("char[4]", "abc"),
    ffi.new("volatile int[2]"), ffi.cast("void *", ints), ffi.cast("void *", nil), io.stdout }
local names = { "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool", "float", "double",
    "color", "ints", "text" }
for _, name in ipairs(names) do
    name = "paths_" .. name
    -- Twice: tables of names are made by the first.
    for _ = 1, 2 do
        for _, value in ipairs(values) do
            -- Addresses differ from run to run.
            if type(value) ~= "table" and type(value) ~= "function" then report_both(name, value) end
        end
    end
    report_both(name, nil)
    report_both(name)
    report_both(name, 1, 2)
end

local bits = ffi.new("struct paths_bits", { true }, { { 2 }, { 3 }, { 4 } })
report("paths_bits", bits)
report("paths_bits_back", function(s)
    s.u[2].c = s.u[2].c + 1
    return s
end, bits)

for _ = 1, 3 do lib.paths_nothing() end
report "paths_nothings"
report_both("paths_nothing", 1)
local buffer = ffi.new "char[200]"
local function format(...)
    buffer[0] = 0
    local results = table.pack(pcall(ffi.C.snprintf, buffer, 200, ...))
    print(show(results[1]), show(results[2]), ffi.string(buffer))
end
-- A format that was right once must still be checked for values of other kinds.
for _ = 1, 2 do
    for _, text in ipairs { "%d", "%u", "%hhd", "%hhu", "%hd", "%hu",
    "%lld", "%s", "%5.1f", "%x %%", "%c", "none", "%d %s", "" } do
        for _, value in ipairs(values) do
            if type(value) ~= "userdata" and type(value) ~= "table" then
                format(text, value)
                format(text, value, value)
            end
        end
        format(text, nil)
        format(text)
    end
end
for _ = 1, 2 do
    format("%*d", 5, 7)
    format("%*d", 5.5, 7)
    format("%*d", 5)
end
for i = 1, 20 do format(("%d"):rep(i), table.unpack({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, 1, i)) end
-- On machines of 32 bits an integer is an int (docs/design.md S7).
local function l(n) return ffi.abi "64bit" and n or ffi.new("int64_t", n) end
report("paths_sum", "lllllll", l(1), l(2), l(3), l(4), l(5), l(6), l(7))
report("paths_sum", "ldldldldldldldldldld", l(1), 2.5, l(3), 4.5, l(5), 6.5, l(7), 8.5, l(9), 10.5, l(11), 12.5,
    l(13), 14.5, l(15), 16.5, l(17), 18.5, l(19), 20.5)
report("paths_sum", "dddddddddd", 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5)
report("paths_sum", "siis", "abc", true, false, nil)
report("paths_sum", "s", "a\0b")
report("paths_sum", "")
report("paths_sum")
report("paths_hash", "%d", 3)
report("paths_hash", nil, 3)
report("paths_length", nil)
report("paths_length", "four")
report_both("paths_last_of_stack", 1, 2, 3, 4, 5, 6, 7, 8, 1.5, 2.5, 200, -100)
report_both("paths_last_of_stack", 1, 2, 3, 4, 5, 6, 7, 8, 1.5, 2.5, 200, 128)
report_both("paths_all", 1.5, -3, 2, 65535, 0.25)
report_both("paths_all", 1.5, -3, 2, 65536, 0.25)
report("paths_compare", { 1, 2 }, { 1, 2, 3 }, 8)
report("paths_compare", ints, { 10, 11, 12, 13 }, 16)
report("paths_compare", {}, { 0 }, 4)
report("paths_compare", ints, { 1, "2" }, 4)
report("paths_write", { 1, 2 }, ints, 4)

-- Few arguments, and each kind of result.
local FEW = [[
type paths_NAME_of_none(void);
type paths_NAME_of_integer(int8_t);
type paths_NAME_of_two(uint32_t, int16_t);
type paths_NAME_of_three(int, uint64_t, uint8_t);
type paths_NAME_of_text(const char *);
type paths_NAME_of_words(const int *, bool);
type paths_NAME_of_all(enum paths_color, const char *, const int *) __attribute__((nonnull(2)));
type paths_NAME_of_floats(double, float, double);
]]
ffi.cdef "void paths_keep(int (*)(int)); const char *paths_said(void);"
local answers = { nothing = "void", int = "int", long = "int64_t", huge = "uint64_t", small = "uint8_t",
    truth = "bool", pointer = "const char *", half = "double" }
local takes = { none = {}, integer = { 1 }, two = { 1, 2 }, three = { 1, 2, 3 }, text = { "text" },
    words = { ints, true }, all = { 7, "text", ints }, floats = { 0.5, 1.5, 2.5 } }
local few = {}
for answer, ctype in pairs(answers) do
    ffi.cdef((FEW:gsub("type", ctype):gsub("NAME", answer)))
    for kind in pairs(takes) do few[#few + 1] = { answer .. "_of_" .. kind, kind } end
end
table.sort(few, function(a, b) return a[1] < b[1] end)

local function report_few(name, ...)
    ffi.errno(5)
    report("paths_" .. name, ...)
    print(ffi.string(lib.paths_said()), ffi.errno())
end

-- Each argument is every value in turn, the others are right.
local function vary(name, right, n)
    for i = 1, n do
        local args = table.move(right, 1, n, 1, {})
        for _, value in ipairs(values) do
            if type(value) ~= "table" and type(value) ~= "function" then
                args[i] = value
                report_few(name, table.unpack(args, 1, n))
            end
        end
        args[i] = nil
        report_few(name, table.unpack(args, 1, n))
    end
end

local function call_few()
    for _, f in ipairs(few) do
        local name, args = f[1], takes[f[2]]
        report_few(name, table.unpack(args))
    end
end

for _, f in ipairs(few) do
    local name, args = f[1], takes[f[2]]
    local n = #args
    vary(name, args, n)
    report_few(name, table.unpack(args, 1, n - 1))
    report_few(name, table.unpack(table.move(args, 1, n, 2, { 4 })))
end

-- Texts of each length that is looked at in another way, and with a zero in each place.
for size = 0, 70 do
    local text = ("abc\xff\x80\x01xyz"):rep(10):sub(1, size)
    report_few("int_of_text", text)
    for i = 1, size do
        local ok = pcall(lib.paths_int_of_text, text:sub(1, i - 1) .. "\0" .. text:sub(i + 1))
        assert(not ok, i)
    end
end

-- What a callback returns, changes and raises while one of them runs.
local result = 0
local failure = setmetatable({}, { __tostring = function() return "kept" end })
local callback = ffi.cast("int (*)(int)", function(n)
    ffi.errno(n)
    if result == nil then error(failure) end
    return result
end)
lib.paths_keep(callback)
for _, r in ipairs { 0, 1, -1, 2147483647, -2147483648 } do
    result = r
    call_few()
end
result = nil
call_few()
lib.paths_keep(nil)
result = 3
call_few()
