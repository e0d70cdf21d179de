-- What Tab offers at the prompt.
local complete = require "cffi.complete"
local ffi = require "cffi"

ffi.cdef [[
    int putchar(int);
    int puts(const char *);
    int complete_no_such_function(int);
    typedef int complete_type;
    struct complete_point { int x, y; struct { int inner; }; int : 3; };
]]

local env = setmetatable({
    ffi = ffi, C = ffi.C, p = ffi.new "struct complete_point", q = ffi.new "struct complete_point *", n = 5,
    s = "text", t = { deep = { down = true, ["no name"] = 1 } }, calls = setmetatable({}, { __index = error }),
    class = setmetatable({ own = 1 }, { __index = { inherited = 2 } }),
}, { __index = { global = 1, globe = 2 } })

describe("completion", function()
    for text, expected in pairs {
        ["ffi.sizeo"] = "ffi.sizeof",
        ["glob"] = "global globe", -- what the environment inherits
        ["C.put"] = "C.putchar C.puts",
        ["ffi.C.putc"] = "ffi.C.putchar",
        ["C.complete_"] = "", -- neither a type nor what the library does not have
        ["p."] = "p.inner p.x p.y",
        ["q.i"] = "q.inner",
        ["s:rev"] = "s:reverse",
        ["t.deep."] = "t.deep.down",
        ["t.deep.down."] = "",
        ["class."] = "class.inherited class.own",
        ["calls.x"] = "",
        ["n."] = "",
        ["nothing.x"] = "",
        ["f(x).y"] = "",
        ["t['deep']."] = "",
        ["1."] = "",
        ["%"] = "",
    } do
        it(("of %q"):format(text), function()
            assert.equal(expected, table.concat(complete(text, env), " "))
        end)
    end

    it("of nothing is every name there is", function()
        local all = table.concat(complete("", env), " ")
        assert.truthy(all:find("ffi global", 1, true))
        assert.truthy(all:find("class", 1, true))
    end)
end)
