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

describe("tools/unreached.lua", function()
    local SOURCE = [[
static int first(int (*f)(int), int x)
{
    return f(x);
}

/* Over two lines. */
static const ElfW(Sym) *second(const char *name,
                               int x)
{
    return 0;
}
MAKES(third)
]]

    -- Of a report that says these lines of SOURCE were never reached, and a page with this row.
    local function unreached(lines, row)
        local dir = os.tmpname()
        os.remove(dir)
        assert(os.execute("mkdir " .. dir))
        finally(function() os.execute("rm -rf " .. dir) end)
        support.write_file(dir .. "/a.c", SOURCE)
        support.write_file(dir .. "/lines.txt", ("File\n%s/a.c\n   12   3   25%%   %s\nTOTAL 1 1 1%%\n"):format(dir,
            lines))
        support.write_file(dir .. "/page.md", ("<!-- unreached -->\n| Where | Why |\n%s\n<!-- /unreached -->\n"):format(
            (row:gsub("FILE", dir .. "/a.c"))))
        local code, out = support.run { support.lua, "tools/unreached.lua", dir .. "/lines.txt", dir .. "/page.md" }
        return code, (out:gsub(dir, "DIR"))
    end

    it("takes what is explained, by function or by file", function()
        local said = "unreached: 3 functions have lines that no test reaches, not explained: 0\n"
        assert.same({ 0, said }, { unreached("3,10,12", "| `FILE` `first` `second` `MAKES` | why |") })
        assert.same({ 0, said }, { unreached("1-12", "| `FILE` | why |") })
    end)

    it("names the functions that are not, and rows of what is not there", function()
        assert.same({ 1, "unreached: DIR/a.c: second, lines 7 10\n"
            .. "unreached: 2 functions have lines that no test reaches, not explained: 1\n" },
            { unreached("3,7,10", "| `FILE` `first` | why |") })
        assert.same({ 1, "unreached: DIR/a.c has no function fourth\nunreached: DIR/a.c: first, lines 3\n"
            .. "unreached: 1 functions have lines that no test reaches, not explained: 2\n" },
            { unreached("3", "| `FILE` `fourth` `second` | why |") })
    end)
end)
