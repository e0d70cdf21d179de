-- cffi bind --merge: one module for several machines (docs/design.md S21).
local bind = require "cffi.bind"
local core = require "cffi"
local merge = require "cffi.bind.merge"
local support = require "spec.support"
local target = require "cffi.bind.target"

local HEADER = [[
#ifndef PART_H
#define PART_H
#define PART_SAME 4
#define PART_WORD sizeof(long)
#define PART_TEXT "both"
#if defined __aarch64__
#define PART_FLAG 0x10
#define PART_ARM(x) ((x) + 1)
typedef struct part_state { int mode; int links; double pad[3]; void *next; long a_name_that_makes_lines; } part_state;
extern int part_arm(const char *text);
#else
#define PART_FLAG 0x20
#define PART_X64(x) ((x) + 2)
typedef struct part_state { int links; int mode; double pad[3]; void *next; long a_name_that_makes_lines; } part_state;
/* Only there: a text's. */
extern int part_x64(const char *text);
#endif
/* Both have it. */
int abs(int number);
#endif
]]

-- The compiler as one for another machine; the text has no headers that would notice.
local FOREIGN = { "cc", "-U__x86_64__", "-U__i386__", "-U__ILP32__", "-D__aarch64__" }

local function bound(old, cc)
    local path = os.tmpname() .. ".h"
    support.write_file(path, HEADER)
    local module, editors = bind.text({ path }, { cc = cc }, "cffi bind part.h", "part", old)
    os.remove(path)
    return (module:gsub("[^%s\"]*%.h", "part.h")), editors
end

-- A module as it is on a machine of that name: what the parser would choose is chosen here.
local function on(machine, text)
    local found
    local env = { require = function() return { namespace = function(t) found = t end } end }
    load(text, "=module", "t", env)()
    local lines, keep = {}, true
    for line in found.cdef:gmatch "[^\n]+" do
        local names = line:match "^#if.*/%* (.*) %*/"
        if names or line == "#endif" then
            keep = not names or names:find(machine, 1, true) ~= nil
        else
            lines[#lines + 1] = keep and line or nil
        end
    end
    return table.concat(lines, "\n"), found.only and found.only[machine], found
end

describe("cffi bind --merge", function()
    local own = target.own()
    local single, single_editors = bound()
    local foreign, foreign_editors = bound(nil, FOREIGN)
    local both, editors = bound({ module = foreign, editors = foreign_editors })

    it("puts what differs behind guards #x64", function()
        assert.equal("x64 Linux", own) -- FOREIGN is another one
        local function shows(text) assert.is_truthy(both:find(text, 1, true), text) end
        shows "Made for arm64 Linux, x64 Linux."
        shows 'targets = { "arm64 Linux", "x64 Linux" },'
        shows("#endif\n#if defined __x86_64__ /* x64 Linux */\ntypedef struct part_state {\n    int links;\n")
        shows("/* Only there: */\nextern int part_x64(const char *text);\n#endif\n"
            .. "/* Both have it. */\nint abs(int number);\n")
        shows "        PART_SAME = 4,\n        PART_TEXT = \"both\",\n    },"
        shows('        ["arm64 Linux"] = {\n            constants = {\n'
            .. '                PART_FLAG = 16,\n            },\n'
            .. '            macros = {\n                { "PART_WORD", false, "sizeof(long)" },\n'
            .. '                { "PART_ARM", 1, "(($1) + 1)" },\n            },\n        },\n')
        shows "PART_ARM:function-like_macro@1"
        assert.equal(select(2, both:gsub("\n#if ", "")), select(2, both:gsub("\n#endif", "")))
    end)

    it("gives each machine what it would have alone", function()
        for name, alone in pairs { [own] = single, ["arm64 Linux"] = foreign } do
            assert.equal((on(name, alone)), (on(name, both)))
        end
    end)

    it("is the namespace of this machine", function()
        local part = load(both)()
        assert.equal(0x20, part.PART_FLAG)
        assert.equal(core.sizeof "long", part.PART_WORD)
        assert.equal(7, part.PART_X64(5))
        assert.equal(3, part.abs(-3))
        assert.equal(4, core.offsetof(part.part_state, "mode"))
        assert.has_error(function() return part.PART_ARM end)
        local names = {}
        for name in pairs(part) do
            names[#names + 1] = name
        end
        assert.equal("PART_H PART_SAME PART_WORD PART_TEXT PART_FLAG PART_X64 part_state abs", table.concat(names, " "))
        assert.is_truthy(editors:find("---@field PART_ARM fun(...: any): any\n", 1, true))
        assert.is_truthy(editors:find("---@field PART_X64 fun(...: any): any\n", 1, true))
        assert.is_truthy(single_editors:find("---@field PART_X64", 1, true))
    end)

    it("is the same in whatever order and however often machines were bound", function()
        assert.equal(both, (bound({ module = single }, FOREIGN)))
        assert.equal(both, (bound({ module = both })))
        assert.equal(both, (bound({ module = both }, FOREIGN)))
        assert.equal(single, (bound({ module = single })))
    end)

    it("says for which machines a module is #x64", function()
        local elsewhere = both:gsub('"x64 Linux"', '"s390x Linux"')
        support.raises("\"part.h\" was bound for arm64 Linux, s390x Linux, not for x64 Linux: bind it there with "
            .. "'cffi bind --merge'", function()
            load((elsewhere:gsub("title = [^\n]*", "title = '\"part.h\"',")))()
        end)
    end)

    it("refuses what is no bound module, and runs none", function()
        local wrong = "the file is no module that this version of 'cffi bind' wrote: bind it anew"
        for _, text in ipairs { "", "return 1", "x = = 1", "os.exit(7)", "\27Lua", "error {}" } do
            local ok, why = pcall(bound, { module = text })
            assert.is_false(ok)
            assert.equal(wrong, why)
        end
        local code, _, err = support.run { support.lua, "bin/cffi", "bind", "--merge", "zlib.h" }
        assert.equal(1, code)
        assert.equal("cffi: --merge wants -o FILE\n", err)
    end)

    it("takes headers of a real system for another machine #x64", function()
        local old = { module = bind.text({ "stddef.h" }, { cc = { "cc", "-m32" } }, "cffi bind", "x") }
        local text = bind.text({ "stddef.h" }, {}, "cffi bind", "x", old)
        assert.is_truthy((on("x86 Linux", text)):find("typedef int ptrdiff_t;", 1, true))
        assert.is_truthy((on("x64 Linux", text)):find("typedef long int ptrdiff_t;", 1, true))
        local x = load(text)()
        assert.equal(8, core.sizeof(x.ptrdiff_t))
        assert.equal(core.alignof "max_align_t", core.alignof(x.max_align_t))
    end)
end)

describe("cffi.bind.merge", function()
    it("keeps each target's order", function()
        math.randomseed(7)
        local function random()
            local list = {}
            for i = 1, math.random(0, 12) do
                list[i] = string.char(96 + math.random(6))
            end
            return list
        end
        for _ = 1, 300 do
            local lists, merged = { a = random(), b = random(), c = random() }, {}
            for _, name in ipairs { "a", "b", "c" } do
                merged = merge.lists(merged, merge.items(lists[name], name), name)
            end
            for name, list in pairs(lists) do
                local got = {}
                for i, item in ipairs(merge.of(merged, name)) do
                    got[i] = item.text
                end
                assert.same(list, got)
            end
        end
        local first = merge.items({ "1", "2", "3", "4" }, "a")
        local merged = merge.lists(first, merge.items({ "1", "x", "3", "5" }, "b"), "b")
        local shown = {}
        for i, item in ipairs(merged) do
            shown[i] = item.text .. table.concat(merge.some(item, { "a", "b" }) or { "*" })
        end
        assert.equal("1* 2a xb 3* 4a 5b", table.concat(shown, " "))
    end)
end)
