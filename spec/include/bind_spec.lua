-- cffi.bind: headers as a Lua module that needs neither them nor a compiler (docs/design.md S21).
local bind = require "cffi.bind"
local chunks = require "cffi.include.chunks"
local core = require "cffi"
local reference = require "cffi.reference"
local support = require "spec.support"

local HEADER = [[
#ifndef MINE_H
#define MINE_H
#include <stddef.h>
#include <time.h>
#define MINE_MAX 40u
#define MINE_NAME "mine"
#define MINE_HALF 0.5
#define MINE_SUM(a, b) ((a) + (b))
#define MINE_LIST(first, ...) MINE_SUM(first, __VA_ARGS__)
#define MINE_ORIGIN { 0, 0 }
enum mine_color { MINE_RED, MINE_BLUE = 5 };
/* A point of the plane.  It has no weight. */
typedef struct mine_point { double x, y; struct { unsigned flags : 3; } inner; struct timespec when; } mine_point;
/* The length of a text, as strlen has it: without the zero. */
size_t strlen(const char *text);
int abs(int number); // the absolute value
int mine_missing(mine_point *end, enum mine_color color, void (*done)(int), ...);
extern char **environ;
static inline int mine_inline(int x) { return x > 0 ? '}' : "};"[0]; }
#endif
]]

-- Binds HEADER; returns the texts, and the namespace of the module as it is elsewhere.
local function bound(text)
    local path = os.tmpname() .. ".h"
    support.write_file(path, text or HEADER)
    local module, editors = bind.text({ path }, {}, "cffi bind mine.h", "mine")
    os.remove(path)
    return module, editors, load(module, "=mine.lua")
end

describe("cffi.bind", function()
    it("writes a module that is the namespace, without a compiler and headers #lp64", function()
        local _, _, chunk = bound()
        local mine = chunk()
        assert.equal(40, mine.MINE_MAX)
        assert.equal("mine", mine.MINE_NAME)
        assert.equal(0.5, mine.MINE_HALF)
        assert.equal(7, mine.MINE_SUM(3, 4))
        assert.equal(7, mine.MINE_LIST(3, 4))
        assert.same({ 0, 0 }, mine.MINE_ORIGIN)
        assert.equal(5, mine.MINE_BLUE)
        assert.equal(5, mine.strlen "seven")
        assert.equal(3, mine.abs(-3))
        assert.equal(40, core.sizeof(mine.mine_point))
        assert.equal(16, core.offsetof(mine.mine_point, "inner"))
        local names = {}
        for name in pairs(mine) do
            names[#names + 1] = name
        end
        assert.equal("MINE_H MINE_MAX MINE_NAME MINE_HALF MINE_SUM MINE_LIST MINE_ORIGIN MINE_RED MINE_BLUE "
            .. "mine_point strlen abs environ", table.concat(names, " "))
    end)

    it("is readable and the same each time", function()
        local module = bound()
        local function shows(text) assert.is_truthy(module:find(text, 1, true), text) end
        shows "/* The length of a text, as strlen has it: */\nsize_t strlen(const char *text);\n"
        shows "/* the absolute value */\nint abs(int number);\n"
        shows "enum mine_color { MINE_RED, MINE_BLUE = 5 };"
        shows "typedef struct mine_point {\n    double x, y;\n    struct {\n        unsigned flags : 3;\n    } inner;\n"
        shows "        MINE_MAX = 40,\n        MINE_NAME = \"mine\",\n"
        shows '{ "MINE_SUM", 2, "(($1) + ($2))" },'
        shows '{ "MINE_LIST", 1, "(($1) + ($*))", variadic = true },'
        shows "static inline int mine_inline(int x);"
        assert.is_nil(module:find("cffi__", 1, true))
        assert.is_nil(module:find("strftime", 1, true)) -- <time.h> is not the header's own
        local first = bind.text({ "zlib.h" }, {}, "cffi bind zlib.h", "zlib")
        assert.equal(first, (bind.text({ "zlib.h" }, {}, "cffi bind zlib.h", "zlib")))
    end)

    it("writes what editors show", function()
        local _, editors = bound()
        local function shows(text) assert.is_truthy(editors:find(text .. "\n", 1, true), text) end
        shows "---@class mine: ffi.namespace"
        shows "---@field MINE_MAX integer"
        shows "---@field MINE_NAME string"
        shows "---@field MINE_SUM fun(...: any): any"
        shows "---@field mine_point ffi.ctype"
        shows "---@field strlen fun(text: string|ffi.cdata|nil): integer"
        shows("---@field mine_missing fun(end_: ffi.cdata|nil, color: integer|string, "
            .. "done: function|ffi.cdata|nil, ...: any): integer")
        assert.is_truthy(reference.read) -- the same notation
        assert.is_truthy(load(editors))
    end)

    it("finds the libraries again by soname, and says what is missing on use", function()
        -- in a process of its own: this one may have loaded the library for all to see
        local _, module = support.run { support.lua, "bin/cffi", "bind", "zlib.h" }
        assert.is_truthy(module:find('libraries = { { "libz.so.1", "z" } },', 1, true))
        local z = load(module)()
        assert.equal(core.string(z.zlibVersion()), z.ZLIB_VERSION)
        local stream = z.z_stream()
        assert.equal(z.Z_OK, z.deflateInit(stream, 6))
        assert.equal(z.Z_OK, z.deflateEnd(stream))
        local elsewhere = load((module:gsub('"libz.so.1", "z"', '"libnone.so.7", "none"')))()
        assert.equal(1, elsewhere.Z_BEST_SPEED)
        local ok, why = pcall(function() return elsewhere.crc32 end)
        assert.is_false(ok)
        assert.is_truthy(why:find("'crc32' has no library: ", 1, true))
    end)

    it("keeps all that real headers declare", function()
        for _, header in ipairs { "sqlite3.h", "expat.h", "gmp.h", "stdio.h", "sys/stat.h", "pthread.h" } do
            local ffi = core.scope()
            local whole = ffi.include(header)
            local module = bind.text({ header }, {}, "cffi bind " .. header, "it")
            local part = load(module)()
            local count = 0
            for name, kind, text in ffi.declarations(whole) do
                count = count + 1
                if kind == "constant" or kind == "macro" then
                    local ok, value = pcall(function() return whole[name] end)
                    local also, got = pcall(function() return part[name] end)
                    assert.equal(ok, also, name)
                    if ok and (type(value) == "number" or type(value) == "string") then
                        assert.equal(value, got, name)
                    end
                elseif kind == "function" then
                    assert.is_truthy(module:find("%f[%w_]" .. name .. "%f[^%w_]"), text)
                end
            end
            assert.is_true(count > 50, header)
        end
    end)

    it("raises what ffi.include raises", function()
        local ok, why = pcall(bind.text, { "no/such/header.h" }, {}, "cffi bind", "x")
        assert.is_false(ok)
        assert.is_truthy(why:find("cannot include <no/such/header.h>", 1, true))
    end)
end)

describe("cffi.include.chunks", function()
    it("splits where declarations end", function()
        local list = chunks.split('# 3 "a.h"\nint a;\n\nstruct s { int x; }\n  b;\n#pragma pack(1)\n'
            .. 'static int f(void) { return ";"[0]; }\n# 20 "b.h"\nint g(char c);\nchar t[] = "};";\n')
        local shown = {}
        for i, chunk in ipairs(list) do
            shown[i] = chunk.pragma and chunk.text or ("%s:%d-%d %s"):format(chunk.file, chunk.line, chunk.last,
                chunk.text)
        end
        assert.same({ "a.h:3-3 int a;", "a.h:5-6 struct s { int x; } b;", "#pragma pack(1)",
            "a.h:8-8 static int f(void);", "b.h:20-20 int g(char c);", 'b.h:21-21 char t[] = "};";' }, shown)
    end)

    it("finds the body of a tag behind its attributes", function()
        local texts = {}
        for i, between in ipairs { "", "__attribute__ ((__may_alias__)) ", "[[deprecated]] ", "_Alignas(8) ",
            "__attribute((packed)) __attribute__((aligned(4))) ", "__declspec(align(8)) " } do
            texts[i] = ("struct %st%d;\nint f%d(struct t%d *);\nstruct %st%d {\n    int x;\n};\n")
                :format(between, i, i, i, between, i)
        end
        local text = '# 1 "a.h"\n' .. table.concat(texts)
        local declarers = chunks.link(chunks.split(text), function(name)
            local number = name:match "^f(%d)$"
            return number and "a.h", number and number * 5 - 3
        end)
        for i = 1, #texts do
            assert.truthy(declarers["t" .. i][1].text:find("{ int x; }", 1, true), i)
        end
    end)

    it("keeps attributes, and adds those of a file", function()
        local path = os.tmpname()
        support.write_file(path, [==[/* how to call */
            [[cffi::string]] char *getenv(const char *name); // HOME ]==])
        local header = os.tmpname() .. ".h"
        support.write_file(header, "[[cffi::status(0)]] int abs(int number); char *getenv(const char *name);")
        local module = bind.text({ header }, { annotate = path }, "cffi bind mine.h", "mine")
        local mine = load(module)()
        assert.equal(os.getenv "HOME", mine.getenv "HOME")
        assert.same({ true }, { mine.abs(0) })
        assert.same({ nil, "'abs' returned 3", 3 }, { mine.abs(-3) })
        support.write_file(path, "int getenv(void);")
        local ok, why = pcall(bind.text, { header }, { annotate = path }, "cffi bind mine.h", "mine")
        assert.is_false(ok)
        assert.equal(path .. ":1:5: 'getenv' redeclared as 'int getenv(void)', was 'char *getenv(const char *name)', "
            .. "first declared at " .. header .. ":1 (ffi.scope{} starts afresh)", (why:match "[^\n]*"))
        os.remove(path)
        os.remove(header)
    end)
end)
