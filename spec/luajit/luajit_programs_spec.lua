-- What public LuaJIT programs rely on (docs/design.md S17): each case has its right result, which
-- LuaJIT itself gives where it is installed.
local support = require "spec.support"

local CASES = "spec/support/luajit_programs.lua"

-- Name, right result and result of each case a run printed.
local function cases_of(out)
    local cases = {}
    for name, expected, got in out:gmatch "([^\t\n]*)\t([^\t\n]*)\t([^\n]*)\n" do
        cases[#cases + 1] = { name = name, expected = expected, got = got }
    end
    return cases
end

local exit, out, err = support.run_lua(([[
    require("cffi.luajit").install { source = true }
    dofile %q
]]):format(CASES))

describe("a LuaJIT program may rely on this:", function()
    it("the cases run to their end", function()
        assert.equal("", err)
        assert.equal(0, exit)
        assert.is_true(#cases_of(out) > 20)
    end)

    -- With long and pointers of 64 bits.
    local wide = { ["string.format takes 64-bit cdata"] = true, ["__ptr64 is read"] = true,
        ["typedefs of names that are known take no effect"] = true }
    for _, case in ipairs(cases_of(out)) do
        it(case.name .. (wide[case.name] and " #lp64" or ""), function() assert.equal(case.expected, case.got) end)
    end

    local found, theirs = support.run { "sh", "-c", "luajit -joff " .. CASES .. " 2>&1" }

    it("as in LuaJIT itself", function()
        if found == 127 or not support.luajit_is_of_this_machine() then
            pending "luajit is not installed, or of another architecture"
            return
        end
        assert.equal(0, found, theirs)
        for _, case in ipairs(cases_of(theirs)) do
            assert.equal(case.name .. ": " .. case.expected, case.name .. ": " .. case.got)
        end
        assert.equal(#cases_of(out), #cases_of(theirs))
    end)
end)
