-- The same few hundred cases under LuaJIT and under cffi.luajit: the outputs must be equal
-- (docs/design.md S17).

local support = require "support"

local CASES = "spec/support/luajit_values.lua"

local function lines(text)
    local out = {}
    for line in text:gmatch "[^\n]+" do out[#out + 1] = line end
    return out
end

local function ours()
    local out = {}
    local chunk = assert(loadfile(CASES))
    chunk(require "cffi.luajit", function(line) out[#out + 1] = line end)
    return out
end

describe("cffi.luajit", function()
    local exit, out, err = support.run {"env", "-u", "LUA_INIT", "luajit", CASES}
    if exit == 127 then
        pending "needs luajit"
        return
    elseif not support.luajit_is_of_this_machine() then
        pending "luajit is of another architecture"
        return
    end

    it("gives LuaJIT's results", function()
        assert.equal("", err)
        local expected, got, differing = lines(out), ours(), {}
        assert.is_true(#expected > 800)
        for i, line in ipairs(expected) do
            if got[i] ~= line then
                differing[#differing + 1] = ("LuaJIT: %s\n  here: %s"):format(line, got[i] or "nothing")
            end
        end
        assert.equal("", table.concat(differing, "\n"))
        assert.equal(#expected, #got)
    end)
end)
