-- One program in Ruby and in Lua prints the same.
local support = require "support"

local function lines_of(text)
    local lines = {}
    for line in text:gmatch "[^\n]*" do lines[#lines + 1] = line end
    return lines
end

describe("a program in Ruby and its translation", function()
    it("print the same lines", function()
        if not os.execute "ruby -rfiddle -e 1 2>/dev/null" then
            pending "ruby is not installed"
            return
        end
        local ruby_exit, expected, ruby_errors = support.run { "ruby", "-W0", "spec/support/fiddle_program.rb" }
        assert.equal("", ruby_errors)
        assert.equal(0, ruby_exit)
        local exit, got, errors = support.run { support.lua, "bin/cffi", "spec/support/fiddle_program.lua" }
        assert.equal("", errors)
        assert.equal(0, exit)
        local want = lines_of(expected)
        for i, line in ipairs(lines_of(got)) do
            assert.equal(want[i], line, "line " .. i)
        end
        assert.equal(#want, #lines_of(got))
        assert.is_true(#want > 60)
    end)
end)
