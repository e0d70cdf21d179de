-- The soaks of tools/callback_soak.lua and tools/thread_soak.lua, short ones: `make soak N=10000000` is the long one.
local support = require "support"

describe("a soak of 60,000 callbacks", function()
    it("counts what its steps predict, and memory stays flat #resident", function()
        local code, out, err = support.run { support.lua, "tools/callback_soak.lua", "60000", "7",
            support.keeps_freed and "1000000" or "2048" }
        assert.equal("", err)
        assert.equal(0, code)
        assert.truthy(out:find "^%d+ callbacks in .* %(seed 7%): %d+ ran, %d+ errors raised")
    end)
end)

describe("a soak of 60,000 calls on four threads", function()
    it("finds each call counted once, whatever it came to", function()
        local code, out, err = support.run { support.lua, "tools/thread_soak.lua", "60000", "7" }
        assert.equal("", err)
        assert.equal(0, code)
        assert.truthy(out:find "^%d+ calls on 4 threads in %d+ s %(seed 7%): %d+ ran, %d+ errors, %d+ answered, ")
    end)
end)
