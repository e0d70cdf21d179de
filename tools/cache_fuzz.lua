-- Damaged and hostile files in the cache of ffi.include.
--
--   lua tools/cache_fuzz.lua [N [SEED]]
--
-- The files that an include, a package and ffi.compile leave in a cache of their own are changed in
-- N ways by a seeded generator: bytes, lengths, parts removed, doubled and exchanged. Some keep their
-- old checksum; for the others it is made to fit ("forged"), which nobody but the user could do, so
-- that what reads the content is tried, too. Then all is included again. With an old checksum the
-- result must be the right one, and the files those that were there first. With a forged one there
-- may be a wrong value, but no error other than the module's own, and nothing may have been loaded
-- that the cache names and the system does not. A crash ends the program. The status is 1 when
-- anything was wrong.
local ffi = require "cffi"
local fields = require "cffi.include.fields"
local process = require "cffi.include.process"
local system = require "cffi.include.system"

local runs, seed = tonumber(arg[1]) or 2000, tonumber(arg[2]) or 1
math.randomseed(seed)
local random = math.random

local C = ffi.scope {}
C.cdef [[
    int setenv(const char *name, const char *value, int replace);
    char *mkdtemp(char *pattern);
]]

local folder = C.string(C.C.mkdtemp(C.new("char[40]", "/tmp/cffi-cache-fuzz-XXXXXX")))
C.C.setenv("XDG_CACHE_HOME", folder, 1)
local cache = folder .. "/cffi"

-- Renamed, for a library may be in memory.
local function write(path, text)
    local file <close> = assert(io.open(path .. "~", "wb"))
    assert(file:write(text))
    file:close()
    assert(os.rename(path .. "~", path))
end

local function run(...)
    local code, output, messages = process.run { ... }
    assert(code == 0, messages)
    return output
end

-- ---- what is included --------------------------------------------------------------------------

local HEADER = [[
#define ONE 1
#define TWICE(x) (2 * (x))
#define WHO "me"
#define PAIR { 1, 2 }
struct point { int x, y; };
typedef struct point point_t;
enum color { RED, GREEN };
int abs(int);
#define absolute abs
]]

write(folder .. "/one.h", HEADER)
write(folder .. "/evil.c", ([[
#include <stdio.h>
int sqlite3_libversion_number(void) { return 0; }
__attribute__((constructor)) static void executed(void) { fclose(fopen("%s/executed", "w")); }
]]):format(folder))
run("cc", "-shared", "-fPIC", "-o", folder .. "/evil.so", folder .. "/evil.c")
run("touch", "-d", "2 hours ago", folder .. "/one.h")

-- All that may be asked of a namespace; what it says.
local function look(ns, scope)
    local said = { ns.ONE, ns.TWICE(4), ns.WHO, ns.PAIR[2], ns.absolute(-3), ns.GREEN,
        scope.sizeof(ns.point_t) }
    for name, value in pairs(ns) do
        said[#said + 1] = name .. "=" .. scope.type(value)
    end
    for name, kind, text, file, line, lack in scope.declarations(ns) do
        said[#said + 1] = table.concat({ name, kind, text, tostring(file), tostring(line), tostring(lack) }, "|")
    end
    said[#said + 1] = tostring(ns)
    return table.concat(said, "\n")
end

-- Without a compiler: what is there serves, or nothing does.
local function use_without_compiler(header)
    local path = os.getenv "PATH"
    C.C.setenv("PATH", folder .. "/empty", 1)
    local ok, ns = pcall(ffi.scope {}.include, header)
    local said = ok and { pcall(function() return ns.ONE end) } or { false, ns }
    C.C.setenv("PATH", path, 1)
    return table.unpack(said)
end

-- A compiler that says again what cc said to it the first time: that is quick.
local function compiler(name)
    local path = ("%s/cc-%s"):format(folder, name)
    write(path, [[#!/bin/sh
case " $* " in *" -dD "*) run=first ;; *" -E "*) run=second ;; *) exec cc "$@" ;; esac
[ -e $0.$run ] || cc "$@" >$0.$run
exec cat $0.$run
]])
    run("chmod", "+x", path)
    return { path }
end

local compilers = { one = compiler "one", sqlite = compiler "sqlite", zlib = compiler "zlib", text = compiler "text" }

-- What leaves files in the cache; each returns what it found.
local users = {
    function()
        local scope = ffi.scope {}
        return look(scope.include(folder .. "/one.h", { cc = compilers.one }), scope)
    end,
    function() return tostring(ffi.scope {}.include("sqlite3.h", { cc = compilers.sqlite })) end,
    function() return tostring(ffi.scope {}.include("zlib.h", { pkg = "zlib", cc = compilers.zlib })) end,
    function()
        return tostring(ffi.scope {}.compile("int seven(void) { return 7; }", { cc = compilers.text }).seven())
    end,
}

-- ---- mutations ---------------------------------------------------------------------------------

local pieces = {
    "\0", "\255\255\255\255", "\0\0\0\0", "\t", "\n", "\n\n", "os.exit(9)", "}", "(", '"',
    ("x"):rep(300), "\1\0\0\0", "!", "-1", "99999999999999999999", folder .. "/evil.so", "\27Lua",
}

local function place(text)
    return random(0, #text)
end

local changes = {
    function(text) -- a byte
        local at = random(1, #text)
        return text:sub(1, at - 1) .. string.char(random(0, 255)) .. text:sub(at + 1)
    end,
    function(text) -- a bit
        local at = random(1, #text)
        return text:sub(1, at - 1) .. string.char(text:byte(at) ~ 1 << random(0, 7)) .. text:sub(at + 1)
    end,
    function(text) return text:sub(1, place(text)) end,
    function(text) -- a part less
        local from = place(text)
        return text:sub(1, from) .. text:sub(from + random(1, 64))
    end,
    function(text) -- a part twice
        local from = place(text)
        return text:sub(1, from + random(1, 64)) .. text:sub(from)
    end,
    function(text)
        local at = place(text)
        return text:sub(1, at) .. pieces[random(#pieces)] .. text:sub(at + 1)
    end,
    function(text) -- over what is there
        local at, piece = place(text), pieces[random(#pieces)]
        return text:sub(1, at) .. piece .. text:sub(at + #piece + 1)
    end,
    function(text) -- exchanged parts
        local at, size = place(text), random(1, 40)
        return text:sub(1, at) .. text:sub(at + size + 1, at + 2 * size) .. text:sub(at + 1, at + size)
            .. text:sub(at + 2 * size + 1)
    end,
    function() return "" end,
    function(text) return text .. text end,
}

local function mutated(text)
    for _ = 1, random(1, 3) do
        text = changes[random(#changes)](text ~= "" and text or "x")
    end
    return text
end

-- A table of fields with one changed, renamed or gone; and one that names the hostile library.
local function forge_fields(content)
    local names = {}
    for name in pairs(content) do
        names[#names + 1] = name
    end
    table.sort(names)
    local name, way = names[random(#names)], random(5)
    if way == 1 then
        content[name] = nil
    elseif way == 2 then
        content[name] = content[names[random(#names)]]
    elseif way == 3 and content.library then
        content.library, content.library_why = folder .. "/evil.so", ""
    else
        content[name] = mutated(content[name])
    end
    return content
end

local function key_of(text)
    return (string.unpack("<s4", text, #fields.encode("", {}) - 3))
end

-- ---- files -------------------------------------------------------------------------------------

local function files()
    local list = {}
    for _, name in ipairs(system.names_in(cache)) do
        list[#list + 1] = name:sub(1, 1) ~= "." and name or nil
    end
    table.sort(list)
    return list
end

local function snapshot()
    local all = {}
    for _, name in ipairs(files()) do
        all[name] = system.read_file(cache .. "/" .. name)
    end
    return all
end

local function restore(all)
    for name, text in pairs(all) do
        write(cache .. "/" .. name, text)
    end
end

-- ---- the runs ----------------------------------------------------------------------------------

local wrong = 0
local function complain(...)
    wrong = wrong + 1
    print(("run %d of seed %d: "):format(...) .. table.concat({ select(3, ...) }, " "))
end

-- Whether an error is one that a user understands: no accident inside of the module.
local function is_plain(why)
    return type(why) == "string" and not why:find "attempt to" and not why:find "bad argument"
        and not why:find "include/%l+%.lua" and not why:find "stack overflow" and not why:find "malformed pattern"
        and not why:find "data string" and not why:find "nil value"
end

-- Whether the file of a name can be read again.
local function is_whole(name)
    local text = system.read_file(cache .. "/" .. name)
    local ok, key = pcall(key_of, text)
    return ok and fields.decode(text, key) ~= nil
end

-- What each user says, and which of them a file is of.
local expected, user_of = {}, {}
for i, use in ipairs(users) do
    expected[i] = use()
    assert(use() == expected[i])
    for _, name in ipairs(files()) do
        user_of[name] = user_of[name] or i
    end
end
local whole, names = snapshot(), files()
local anew, errors = 0, 0
for n = 1, runs do
    local name = names[random(#names)]
    local is_object = name:find "%.so$"
    local forged = not is_object and random(2) == 1
    local text = whole[name]
    if forged then
        local key = key_of(text)
        text = fields.encode(key, forge_fields(assert(fields.decode(text, key))))
    else
        text = mutated(text)
    end
    write(cache .. "/" .. name, text)
    local is_last = name:find "%.last$" -- is read without a compiler
    if is_last then
        local served, value = use_without_compiler(folder .. "/one.h")
        if not served and not is_plain(value) or served and not forged and value ~= 1 then
            complain(n, seed, name, "without a compiler:", tostring(value))
        end
    end
    local ok, said = pcall(users[user_of[name]])
    if not forged and said ~= expected[user_of[name]] then
        complain(n, seed, name, "damaged:", tostring(said))
    elseif not ok and not is_plain(said) then
        complain(n, seed, name, "forged:", tostring(said))
    elseif not forged and not is_last and not is_object and not is_whole(name) then
        complain(n, seed, name, "was not made anew")
    end
    errors = errors + (ok and 0 or 1)
    anew = anew + (system.read_file(cache .. "/" .. name) ~= text and 1 or 0)
    if system.state(folder .. "/executed") then
        complain(n, seed, name, "had the hostile library loaded")
        os.remove(folder .. "/executed")
    end
    restore(whole)
end
run("rm", "-rf", folder)
print(("cache-fuzz: %d files changed (seed %d): %d made anew, %d refused, %d wrong"):format(runs, seed, anew, errors,
    wrong))
os.exit(wrong == 0)
