-- make proof: its table, and that a step which fails, or says nothing, is told so.
local support = require "support"

local PAGE = "before\n<!-- proof -->\n<!-- /proof -->\nafter\n"

-- Runs the tool with a `make` of our own, which prints `said` and ends with `code`.
local function proof(said, code, ...)
    local dir = os.tmpname()
    os.remove(dir)
    assert(os.execute("mkdir " .. dir))
    finally(function() os.execute("rm -rf " .. dir) end)
    support.write_file(dir .. "/make", ("#!/bin/sh\necho '%s'\nexit %d\n"):format(said, code))
    support.write_file(dir .. "/report.md", PAGE)
    local exit, out, err = support.run { "sh", "-c", 'chmod +x "$0/make"; PATH="$0:$PATH" exec "$@"', dir, support.lua,
        "tools/proof.lua", dir .. "/report.md", ... }
    return exit, out .. err, support.read_file(dir .. "/report.md")
end

describe("make proof", function()
    it("writes what a step said into the page, beside what stands there", function()
        local exit, _, page = proof("100%: Checks: 7, Failures: 0, Errors: 0", 0, "0.01", "check")
        assert.equal(0, exit)
        assert.truthy(page:find "^before\n<!%-%- proof %-%->\n| Command | Said ")
        assert.truthy(page:find("| `make check` | 100%: Checks: 7, Failures: 0, Errors: 0 | ", 1, true))
        assert.truthy(page:find "<!%-%- /proof %-%->\nafter\n$")
    end)

    it("ends with 1 for a step that fails, and one that prints no result", function()
        local exit, out, page = proof("3 successes / 1 failures / 0 errors / 0 pending", 2, "0.01", "specs")
        assert.equal(1, exit)
        assert.truthy(out:find "proof: 1 failed")
        assert.truthy(page:find("FAILED, exit code 2: 3 successes / 1 failures / 0 errors / 0 pending", 1, true))
        exit, out, page = proof("nothing", 0, "0.01", "specs")
        assert.equal(1, exit)
        assert.truthy(out:find "proof: 1 failed")
        assert.truthy(page:find("FAILED: nothing was found in what it printed", 1, true))
    end)

    it("knows its steps, and names targets that exist", function()
        local exit, out = proof("", 0, "1", "spces")
        assert.equal(1, exit)
        assert.truthy(out:find "no step is called spces")
        local count = 0
        for target in support.read_file "tools/proof.lua":gmatch '"make ([%l-]+)' do
            count = count + 1
            local code, _, err = support.run { "make", "-n", target, "N=1", "SEED=1" }
            assert.equal(0, code, target .. ": " .. err)
        end
        assert.is_true(count > 10)
    end)
end)
