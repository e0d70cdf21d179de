-- What Tab offers at the prompt.
local complete = require "cffi.repl.complete"
local session = require "cffi.repl.session"
local ffi = require "cffi"

ffi.cdef [[
    int putchar(int);
    int puts(const char *);
    int complete_no_such_function(int);
    typedef int complete_type;
    enum { COMPLETE_RED, COMPLETE_GREEN };
    struct complete_point { int x, y; struct { int inner; }; int : 3; struct complete_point *link; };
    struct complete_point *complete_pointer(void);
]]

local env = setmetatable({
    p = ffi.new "struct complete_point", q = ffi.cast("struct complete_point *", 8), n = 5,
    row = ffi.new "struct complete_point[2]", s = "text",
    t = { deep = { down = true, ["no name"] = 1 }, list = { { x = 1 } } },
    calls = setmetatable({}, { __index = error }), m = ffi.load "m",
    class = setmetatable({ own = 1 }, { __index = { inherited = 2 } }),
}, { __index = { global = 1, globe = 2 } })
local self = session.new { env = env }
ffi.cdef "struct complete_typed { int x; };"

describe("completion", function()
    for text, expected in pairs {
        ["ffi.sizeo"] = "ffi.sizeof",
        ["ffi.includ"] = "ffi.include", -- not loaded yet
        ["x = {ffi.sizeo"] = "ffi.sizeof",
        ["glob"] = "global globe", -- what the environment inherits
        ["C.putch"] = "C.putchar C.putchar_unlocked", -- exported and not declared
        ["ffi.C.putcha"] = "ffi.C.putchar ffi.C.putchar_unlocked",
        ["C.complete_"] = "", -- neither a type nor what the library does not have
        ["m.cosh"] = "m.cosh m.coshf m.coshf128 m.coshf32 m.coshf32x m.coshf64 m.coshf64x m.coshl",
        ["p."] = "p.inner p.link p.x p.y",
        ["q.i"] = "q.inner", -- it points nowhere
        ["q.link.link.in"] = "q.link.link.inner",
        ["row[0].y"] = "row[0].y",
        ["q[1].y + row[1].i"] = "row[1].inner",
        ["t.list[1].x"] = "t.list[1].x",
        ["t['deep'].d"] = "t['deep'].down",
        ["s:rev"] = "s:reverse",
        ["t.deep."] = "t.deep.down",
        ["t.deep.down."] = "",
        ["class."] = "class.inherited class.own",
        ["calls.x"] = "",
        ["n."] = "",
        ["nothing.x"] = "",
        ["f(x).y"] = "",
        ["loca"] = "local",
        [":la"] = "layout",
        [":layout struct complete_p"] = "complete_point",
        [":lib gm"] = "gmp",
        [":help ti"] = "time",
        [":include sys/statv"] = "sys/statvfs.h",
        [":include stdio.h string"] = "string.h strings.h",
        [":nonsense x"] = "",
        ["?complete_no"] = "complete_no_such_function",
        ["?ffi.sizeo"] = "ffi.sizeof",
        ["ffi.new('struct complete_t"] = "complete_typed",
        ["ffi.new('union complete_t"] = "",
        ["ffi.new \"complete_"] = "complete_type",
        ["ffi.new('enum x', 'COMPLETE_R"] = "COMPLETE_RED",
        ["ffi.sizeof('uint3"] = "uint32_t",
        ["ffi.sizeof 'pid_"] = "pid_t", -- of POSIX, declared by nobody
        ["ffi.new 'struct passw"] = "passwd",
        ["ffi.sizeof('ptrd"] = "ptrdiff_t",
        [":layout struct termio"] = "termios",
        [":layout sigse"] = "sigset_t",
        ["ffi.include 'zli"] = "zlib.h",
        ["ffi.load('m', true), 'x', p.in"] = "p.inner",
        ["io.open 'spec/prompt/complete_s"] = "spec/prompt/complete_spec.lua",
        ["io.open '$(x)"] = "",
        ["1."] = "",
        ["%zz"] = "",
    } do
        it(("of %q"):format(text), function()
            local list, from = complete(self, text)
            local found = table.concat(list, " ")
            if text == ":lib gm" then
                found = found:match "%f[%w]gmp%f[ ]" -- and what else the system has
            end
            assert.equal(expected, found)
            assert.is_true(from >= 1 and from <= #text + 1)
            if list[1] then
                assert.equal(text:sub(from), list[1]:sub(1, #text - from + 1))
            end
        end)
    end

    it("shows the prototype where a call of C wants an argument", function()
        for text, expected in pairs {
            ["C.putchar("] = "int putchar(int", ["x = C.puts( "] = "int puts(const char *",
            ["C.puts('a') C.putchar(5, "] = "int putchar(int",
            ["C.putchar(5"] = false, ["print("] = false, ["nothing("] = false, ["C.putchar(ffi.sizeof("] = false,
        } do
            local list, from, wanted = complete(self, text)
            if expected then -- and the parameter's name, if another spec gave it one
                assert.equal(expected, wanted:sub(1, #expected), text)
            else
                assert.is_nil(wanted, text)
            end
            assert.is_true(not expected or #list == 0 and from == #text + 1)
        end
    end)

    it("knows the names of included headers, with and without the namespace", function()
        local one = session.new { env = setmetatable({}, { __index = _G }), write = function() end }
        one.ffi = ffi.scope {}
        one:take ":include zlib.h"
        assert.same({ "_.deflateInit", "_.deflateInit2", "_.deflateInit2_", "_.deflateInit_" },
            (complete(one, "x = _.deflateI")))
        assert.same({ "Z_BEST_COMPRESSION", "Z_BEST_SPEED" }, (complete(one, "Z_BEST")))
        assert.same({ "z_stream_s" }, (complete(one, "ffi.new 'struct z_")))
        assert.same({ "z_stream", "z_streamp" }, (complete(one, "ffi.new 'z_st")))
    end)

    it("of more names than anybody reads is what they have in common, at once", function()
        local many = session.new { env = setmetatable({}, { __index = _G }), write = function() end }
        many.ffi = ffi.scope {}
        local text = {}
        for i = 1, 20000 do text[i] = ("int many_of_%d(int);"):format(i) end
        many.ffi.cdef("int mine(int);" .. table.concat(text))
        local start = os.clock()
        local list, from, note = complete(many, "?m", 1000)
        assert.is_true(os.clock() - start < 0.05)
        assert.same({ { "m" }, 2, "more than 1000 names begin with 'm'" }, { list, from, note })
        list, from, note = complete(many, "?man", 1000)
        assert.same({ { "many_of_" }, 2, "more than 1000 names begin with 'many_of_'" }, { list, from, note })
        assert.equal(11, #complete(many, "?many_of_1234", 1000)) -- and 12340 to 12349
        assert.equal(20000, #complete(many, "?many")) -- without a limit
    end)

    it("of nothing is every name there is", function()
        local all = table.concat((complete(self, "")), " ")
        assert.truthy(all:find("ffi for function global", 1, true))
        assert.truthy(all:find("class", 1, true))
    end)
end)
