-- The soak of tools/callback_soak.lua, a short one: `make soak N=10000000` is the long one.
local support = require "support"

describe("a soak of 60,000 callbacks", function()
    it("counts what its steps predict, and memory stays flat", function()
        local code, out, err = support.run { support.lua, "tools/callback_soak.lua", "60000", "7",
            support.keeps_freed and "1000000" or "2048" }
        assert.equal("", err)
        assert.equal(0, code)
        assert.truthy(out:find "^%d+ callbacks in .* %(seed 7%): %d+ ran, %d+ errors raised")
    end)
end)
