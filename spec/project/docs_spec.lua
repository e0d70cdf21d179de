-- Every ```lua block of the README and of docs/callbacks.md runs, in order, and prints what its `--> text`
-- comments promise.
local support = require "support"

-- A page as a Lua program with the same line numbers, so that an error points at the page.
-- At the end of each block it prints a mark. Also the blocks: first line and expected output.
local function program_of(text)
    local lines, blocks, block = {}, {}, nil
    for line in text:gmatch "([^\n]*)\n" do
        local code = ""
        if line == "```lua" then
            block = { line = #lines + 2, expected = "" }
            blocks[#blocks + 1] = block
        elseif line == "```" and block then
            block, code = nil, "io.write '\\1'"
        elseif block then
            code = line
            local expected = line:match "%-%-> (.*)$"
            block.expected = block.expected .. (expected and expected .. "\n" or "")
        end
        lines[#lines + 1] = code
    end
    return table.concat(lines, "\n"), blocks
end

-- The lines typed in the README's session at the prompt, and all lines after the first of them but
-- those: what it prints.
local function session_of(text)
    local typed, printed = {}, {}
    for line in text:match "\n\n(    > .-)\n\n":gmatch "    ([^\n]*)" do
        local input = line:match "^> (.*)"
        table.insert(input and typed or printed, input or line)
    end
    return table.concat(typed, "\n") .. "\n", table.concat(printed, "\n") .. "\n"
end

-- Runs the blocks of a page in a process of its own, so that what C prints is compared as well. Returns
-- the page as a program.
local function blocks_of(page)
    local program, blocks = program_of(support.read_file(page))
    local printed = {}

    lazy_setup(function()
        local code, out, err = support.run_lua(program)
        assert.equal("", err)
        assert.equal(0, code)
        for text in out:gmatch "([^\1]*)\1" do
            printed[#printed + 1] = text
        end
    end)

    for i, block in ipairs(blocks) do
        it("line " .. block.line .. " prints what it says", function()
            assert.equal(block.expected, printed[i])
        end)
    end
    return program
end

describe("docs/callbacks.md", function()
    blocks_of "docs/callbacks.md"
end)

describe("README.md", function()
    local program = blocks_of "README.md"

    it("has a tour of at least 30 lines", function()
        assert.is_true(select(2, program:gsub("%S[^\n]*", "")) >= 30)
    end)

    it("has a session at the prompt that prints what it shows", function()
        local typed, shown = session_of(support.read_file "README.md")
        local _, out = support.run({ "sh", "-c", "exec " .. support.lua .. " bin/cffi repl 2>&1" }, typed)
        assert.equal(shown, out)
    end)
end)
