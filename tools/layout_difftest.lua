-- Random struct, union and enum declarations, laid out by compilers and by the parser, and compared.
--
--   lua tools/layout_difftest.lua [N [SEED [DIRECTORY [DUMP]]]]
--
-- N members (20,000) from SEED (the clock) go into files in DIRECTORY (build/difftest). Each file is
-- compiled by gcc and by clang, whichever is there, into a program that finds sizes, alignments and the
-- bits of each member by storing ones; DUMP (build/drivers/layout_dump) prints the parser's answer in the
-- same form. DIFFTEST_CC names a compiler ("aarch64-linux-gnu-gcc -static"), RUN what runs its programs and
-- DUMP ("qemu-aarch64"). Every difference is printed with its declaration. The exit status is 1 when the parser
-- differs from the compilers; declarations on which the compilers differ among themselves are only
-- counted, and there the parser must agree with the first compiler (the one that built it).

local wanted = tonumber(arg[1]) or 20000
local seed = tonumber(arg[2] or "") or os.time()
local directory = arg[3] or "build/difftest"
local dump = arg[4] or "build/drivers/layout_dump"
local runner = os.getenv("RUN") or ""

local PER_FILE = 4000 -- members: keeps a compiler below some seconds per file

local function run(command)
    local pipe = assert(io.popen(command))
    local output = pipe:read("a")
    if not pipe:close() then
        io.stderr:write("failed: ", command, "\n", output, "\n")
        os.exit(2)
    end
    return output
end

local function compilers()
    local found = {os.getenv("DIFFTEST_CC")}
    for _, name in ipairs(found[1] and {} or {"gcc", "clang"}) do
        if os.execute("command -v " .. name .. " >/dev/null") then
            found[#found + 1] = name
        end
    end
    assert(#found > 0, "neither gcc nor clang is here")
    return found
end

local tools = compilers()

-- The compiler's predefined macros: what the target has.
local macros = run(tools[1] .. " -std=gnu11 -dM -E -x c /dev/null")

local function macro(name)
    return macros:match("#define " .. name .. " (%d+)")
end

local LONG = 8 * tonumber(macro("__SIZEOF_LONG__"))

math.randomseed(seed)
local random = math.random

local function chance(percent)
    return random(100) <= percent
end

local function pick(list)
    return list[random(#list)]
end

-- What every file begins with: types for members to have.
local PROLOGUE = [[
typedef int under1 __attribute__((aligned(1)));
typedef long under2 __attribute__((aligned(2)));
typedef short over16 __attribute__((aligned(16)));
typedef char bytes3[3];
typedef int vector4 __attribute__((vector_size(16)));
typedef float vector2 __attribute__((vector_size(8)));
typedef char vector32 __attribute__((vector_size(32)));
typedef int function_type(int, char *);
struct empty { };
struct small { char a; short b; };
struct packed_small { char a; int b; } __attribute__((packed));
struct aligned_small { char a; } __attribute__((aligned(8)));
union either { int a; double b; char c[5]; };
typedef struct small loose_small __attribute__((aligned(1)));
typedef union either strict_either __attribute__((aligned(16)));
typedef unsigned under1_bits __attribute__((aligned(1)));
enum plain_enum { PLAIN_A, PLAIN_B = 5 };
enum signed_enum { SIGNED_A = -3, SIGNED_B = 5 };
enum wide_enum { WIDE_A = 0x100000000 };
enum __attribute__((packed)) tiny_enum { TINY_A, TINY_B = 200 };
]]

-- name, bits of a bit-field of that type (nil: none allowed)
local INTEGERS = {
    {"char", 8}, {"signed char", 8}, {"unsigned char", 8}, {"short", 16}, {"unsigned short", 16},
    {"int", 32}, {"unsigned", 32}, {"long", LONG}, {"unsigned long", LONG}, {"long long", 64},
    {"unsigned long long", 64}, {"_Bool", 1}, {"enum plain_enum", 32}, {"enum signed_enum", 32},
    {"enum wide_enum", 64}, {"enum tiny_enum", 8}, {"under1_bits", 32},
}
local OTHERS = {
    "float", "double", "long double", "_Complex float", "_Complex double", "_Complex long double", "void *", "int (*",
    "function_type *",
    "under1", "under2", "over16", "bytes3", "vector4", "vector2", "struct empty", "struct small",
    "struct packed_small", "struct aligned_small", "union either", "_Atomic int", "_Atomic(long)",
    "const int", "volatile short", "loose_small", "strict_either", "vector32",
    "_Atomic struct small", "_Atomic union either", "_Atomic _Complex float", "_Atomic double",
}
if macro("__SIZEOF_INT128__") then
    table.move({{"__int128", 128}, {"unsigned __int128", 128}}, 1, 2, #INTEGERS + 1, INTEGERS)
    table.move({"__int128", "unsigned __int128"}, 1, 2, #OTHERS + 1, OTHERS)
end
if macro("__SIZEOF_FLOAT128__") then
    OTHERS[#OTHERS + 1] = "__float128"
end

local made -- structs and unions of this file, to be members of later ones
local counter = 0

local function fresh(prefix)
    counter = counter + 1
    return prefix .. counter
end

local function attributes()
    local list = {}
    if chance(10) then
        list[#list + 1] = "packed"
    end
    if chance(8) then
        list[#list + 1] = "aligned(" .. (1 << random(0, 6)) .. ")"
    end
    if #list == 0 then
        return ""
    end
    return " __attribute__((" .. table.concat(list, ", ") .. "))"
end

-- Members are recorded as {name, "bits" | "bytes" | "open"}.
local function bitfield(members)
    local integer = pick(INTEGERS)
    if chance(8) then
        return integer[1] .. " : 0;"
    end
    local width = random(integer[2])
    if chance(10) then
        return ("%s : %d;"):format(integer[1], width)
    end
    local name = fresh("b")
    members[#members + 1] = {name, "bits"}
    return ("%s %s : %d%s;"):format(integer[1], name, width, attributes())
end

local function array_suffix()
    if chance(15) then
        return "[" .. random(0, 5) .. "]"
    elseif chance(4) then
        return "[2][" .. random(3) .. "]"
    end
    return ""
end

local function scalar(members)
    local name = fresh("m")
    members[#members + 1] = {name, "bytes"}
    local which = random(100)
    local type = which <= 50 and pick(INTEGERS)[1] or which <= 85 and pick(OTHERS)
        or #made > 0 and pick(made) or "char"
    -- _Alignas may not reduce: all but the structs made here are aligned to 16 at most
    local may_align = which <= 85 and type ~= "vector32"
    local alignas = may_align and chance(4) and "_Alignas(" .. (1 << random(4, 6)) .. ") " or ""
    if type == "int (*" then
        return ("%sint (*%s%s)(void)%s;"):format(alignas, name, array_suffix(), attributes())
    end
    local is_element = type ~= "over16" and type ~= "strict_either" -- its size is a multiple of its alignment
    local suffix = is_element and array_suffix() or ""
    return ("%s%s %s%s%s;"):format(alignas, type, name, suffix, attributes())
end

local body
local before -- declarations that the aggregate at hand needs

local function anonymous(members, depth)
    return ("%s %s%s;"):format(chance(60) and "struct" or "union", body(members, depth + 1, random(4)),
        attributes())
end

-- A member without a name whose struct has one (-fms-extensions).
local function tagged_anonymous(members, depth)
    local name = fresh("A")
    local inner = body(members, depth + 1, random(3)) -- which may need others
    before[#before + 1] = ("struct %s %s%s;"):format(name, inner, attributes())
    return ("struct %s;"):format(name)
end

local function named_nested(members, depth)
    local inner, name = {}, fresh("n")
    members[#members + 1] = {name, "bytes"}
    return ("struct %s%s %s%s;"):format(body(inner, depth + 1, random(3)), attributes(), name,
        attributes())
end

function body(members, depth, count)
    local lines = {}
    local bitty = chance(40) and 70 or 25 -- runs of bit-fields are where layouts get interesting
    for _ = 1, count do
        local member
        if depth < 4 and chance(6) then
            member = anonymous(members, depth)
        elseif depth < 4 and chance(3) then
            member = named_nested(members, depth)
        elseif depth < 3 and chance(2) then
            member = tagged_anonymous(members, depth)
        elseif chance(bitty) then
            member = bitfield(members)
        else
            member = scalar(members)
        end
        lines[#lines + 1] = member
    end
    return "{ " .. table.concat(lines, " ") .. " }"
end

local function aggregate()
    local members, kind, name = {}, chance(85) and "struct" or "union", fresh("T")
    before = {}
    local inner = body(members, 1, random(0, 12))
    local pack = chance(12) and 1 << random(0, 4)
    local flexible = kind == "struct" and #members > 0 and chance(6)
    if flexible then
        local member = fresh("f")
        members[#members + 1] = {member, "open"}
        inner = inner:sub(1, -3) .. (" %s %s[]; }"):format(pick(INTEGERS)[1], member)
    end
    local text = ("%s %s %s%s;"):format(kind, name, inner, attributes())
    if pack then
        text = ("#pragma pack(push, %d)\n%s\n#pragma pack(pop)"):format(pack, text)
    end
    before[#before + 1] = text
    text = table.concat(before, "\n")
    if not flexible then
        made[#made + 1] = kind .. " " .. name
    end
    return {kind = kind, name = name, members = members, text = text}
end

local EDGES = {"0", "1", "-1", "127", "128", "-128", "-129", "255", "256", "32767", "32768", "-32768",
    "-32769", "65535", "65536", "0x7fffffff", "0x80000000", "-0x7fffffff - 1", "-0x80000001LL",
    "0xffffffff", "0x100000000", "0x7ffffffffffffff0", "-0x7fffffffffffffff - 1"}

local function enum()
    local name, constants, lines, has_negative, huge = fresh("E"), {}, {}, false, false
    local previous
    for _ = 1, random(6) do
        local constant = fresh("C")
        local value = not chance(30) and pick(EDGES)
        if not has_negative and not huge and chance(3) then
            value, huge = "0xffffffffffffffff", true
        end
        has_negative = has_negative or value and value:find("^-")
        if huge and (not value or value:find("^-")) then
            value = "7" -- after 2^64 - 1 neither "one more" nor negative ones fit any type
        end
        if (previous == "0x7fffffff" or previous == "0xffffffff") and not value then
            value = "7" -- gcc refuses to go on from the end of a type, clang takes the next one
        end
        previous = value
        constants[#constants + 1] = {constant, "constant"}
        lines[#lines + 1] = value and constant .. " = " .. value or constant
    end
    local packed = chance(25) and " __attribute__((packed))" or ""
    local text = ("enum %s { %s }%s;"):format(name, table.concat(lines, ", "), packed)
    return {kind = "enum", name = name, members = constants, text = text}
end

-- ---- the program that asks the compiler ----

local PROGRAM_HEAD = [[
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* Within a byte, in the order in which bit-fields fill it. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define PLACE(i) (7 - (i) % 8)
#else
#define PLACE(i) ((i) % 8)
#endif
static void bits(const char *name, const unsigned char *object, size_t size)
{
    size_t first = 0, count = 0;
    for (size_t i = 0; i < size * 8; i++)
        if (object[i / 8] >> PLACE(i) & 1) {
            if (count++ == 0)
                first = i;
        }
    printf(" %s %zu %zu\n", name, first, count);
}
static _Alignas(4096) unsigned char memory[1 << 20];
#define BITS(T, m) \
    { T *o = (T *)memory; memset(o, 0, sizeof *o); o->m = -1; bits(#m, memory, sizeof *o); }
#define BYTES(T, m) printf(" %s %zu %zu\n", #m, offsetof(T, m) * 8, sizeof((T *)0)->m * 8);
#define OPEN(T, m) printf(" %s %zu open\n", #m, offsetof(T, m) * 8);
#define CONSTANT(c) \
    if ((c) < 0) printf(" %s %lld\n", #c, (long long)(c)); \
    else printf(" %s %llu\n", #c, (unsigned long long)(c));
]]

-- gcc caps what _Alignof says of a struct; __alignof__ does not
local function probe(item)
    local type = item.kind .. " " .. item.name
    local lines = {('printf("%s %%zu %%zu\\n", sizeof(%s), %s(%s));'):format(type, type,
        item.kind == "enum" and "_Alignof" or "__alignof__", type)}
    for _, member in ipairs(item.members) do
        if member[2] == "constant" then
            lines[#lines + 1] = ("CONSTANT(%s)"):format(member[1])
        else
            lines[#lines + 1] = ("%s(%s, %s)"):format(member[2]:upper(), type, member[1])
        end
    end
    return ("static void probe_%s(void)\n{\n%s\n}\n"):format(item.name, table.concat(lines, "\n"))
end

local function write(path, text)
    local file = assert(io.open(path, "w"))
    assert(file:write(text))
    assert(file:close())
end

local function write_files(items, stem)
    local declarations, probes, calls = {PROLOGUE}, {}, {}
    for i, item in ipairs(items) do
        declarations[i + 1] = item.text
        probes[i] = probe(item)
        calls[i] = ("probe_%s();"):format(item.name)
    end
    local text = table.concat(declarations, "\n") .. "\n"
    write(stem .. ".h", text)
    write(stem .. ".c", PROGRAM_HEAD .. text .. table.concat(probes) ..
        "int main(void)\n{\n" .. table.concat(calls, "\n") .. "\nreturn 0;\n}\n")
end

-- ---- comparing ----

-- The output cut into one text per declaration, by the name in its first line.
local function by_name(output)
    local result, name = {}, nil
    for line in output:gmatch("[^\n]+") do
        local declared = line:match("^%a+ ([%w_]+) ")
        name = declared or name
        result[name] = (result[name] or "") .. line .. "\n"
    end
    return result
end

local function show(item, answers)
    print(item.text)
    for _, answer in ipairs(answers) do
        print(answer[1] .. ":\n" .. tostring(answer[2]))
    end
end

local totals = {members = 0, declarations = 0, wrong = 0, disagreements = 0}

local function compare(items, stem)
    write_files(items, stem)
    local answers = {}
    for i, compiler in ipairs(tools) do
        local program = stem .. "." .. compiler:match("^[%w_-]+")
        run(("%s -std=gnu11 -fms-extensions -w -Wno-packed-bitfield-compat -O0 -o %s %s.c"):format(compiler,
            program, stem))
        answers[i] = by_name(run(("%s %s"):format(runner, program)))
    end
    local ours = by_name(run(("%s %s %s.h"):format(runner, dump, stem)))
    for _, item in ipairs(items) do
        local first, second = answers[1][item.name], answers[#tools][item.name]
        totals.members = totals.members + #item.members
        totals.declarations = totals.declarations + 1
        if first ~= second then
            totals.disagreements = totals.disagreements + 1
            if os.getenv("VERBOSE") then
                show(item, {{tools[1], first}, {tools[#tools], second}, {"cffi", ours[item.name]}})
            end
        end
        if ours[item.name] ~= first then
            totals.wrong = totals.wrong + 1
            show(item, {{tools[1], first}, {tools[#tools], second}, {"cffi", ours[item.name]}})
        end
    end
end

os.execute("mkdir -p '" .. directory .. "'")
print(("layout_difftest: seed %d, %d members, against %s"):format(seed, wanted, table.concat(tools, " and ")))
local file = 0
while totals.members < wanted do
    local items, members = {}, 0
    made, file = {}, file + 1
    while members < math.min(PER_FILE, wanted - totals.members) do
        local item = chance(12) and enum() or aggregate()
        items[#items + 1] = item
        members = members + #item.members
    end
    compare(items, ("%s/layout%d"):format(directory, file))
end
print(("layout_difftest: %d declarations, %d members: %d wrong; the compilers disagree on %d"):format(
    totals.declarations, totals.members, totals.wrong, totals.disagreements))
os.exit(totals.wrong == 0)
