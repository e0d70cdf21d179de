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

    it("a nested list is passed as an array, or is an error", function()
        scope.cdef [[
            typedef const int *const *const *const *const *const *stack_lists;
            int stack_lists_abs(stack_lists) __asm__("abs");
        ]]
        local texts = support.crowd(function()
            return (scope.C.stack_lists_abs { { { { { { 1 } } } } } })
        end)
        assert.is_true(texts["stack overflow (table nested too deeply)"])
    end)
end)
