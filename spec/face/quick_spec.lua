-- The short ways of public functions and operators (docs/design.md, section 5) give what the long
-- ones give, by every rule and on every kind of value.
local support = require "spec.support"

local function output(rules, ...)
    local words = { "env", ... }
    table.move({ support.lua, "spec/support/quick.lua", rules }, 1, 3, #words + 1, words)
    local code, out, err = support.run(words)
    assert.equal("", err)
    assert.equal(0, code)
    return out
end

-- The first line that differs says more than two texts of a megabyte.
local function difference(a, b)
    local next_line = b:gmatch "[^\n]*"
    for line in a:gmatch "[^\n]*" do
        local other = next_line()
        if line ~= other then return line .. "\n" .. tostring(other) end
    end
end

describe("short ways", function()
    for _, rules in ipairs { "default", "luajit" } do
        it("agree with the long ones: " .. rules, function()
            local out = output(rules)
            assert.truthy(#out > 1000000, #out)
            assert.is_nil(difference(out, output(rules, "CFFI_NO_PEEK=1")))
        end)
    end
end)
