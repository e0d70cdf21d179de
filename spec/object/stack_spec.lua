-- The Lua stack nearly full: what nests in C code ends in Lua's own error (docs/design.md section 6).
local ffi = require "cffi"
local support = require "support"

describe("with a Lua stack that is nearly full", function()
    local scope = ffi.scope()
    local members, initialiser = "int x;", 1
    for i = 1, 40 do
        members = ("struct { %s } level_%d;"):format(members, i)
        initialiser = { initialiser }
    end
    scope.cdef("struct stack_deep { " .. members .. " };")

    it("a nested value becomes a table, or an error", function()
        local deep = scope.new "struct stack_deep"
        local texts = support.crowd(function() return (scope.totable(deep)) end)
        assert.is_true(texts["stack overflow (type nested too deeply)"])
    end)

    it("a nested initialiser is taken, or is an error", function()
        local texts = support.crowd(function()
            return (scope.new("struct stack_deep", { initialiser }))
        end)
        assert.is_true(texts["stack overflow (initializer nested too deeply)"])
    end)
end)
