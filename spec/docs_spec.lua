-- Every ```lua block of the README runs, in order, and prints what its `--> text` comments promise.
local support = require "support"

-- Blocks of the text: { line = first line's number, code = ... }
local function blocks_of(text)
    local blocks, number, block = {}, 0, nil
    for line in text:gmatch "([^\n]*)\n" do
        number = number + 1
        if line == "```lua" then
            block = { line = number + 1, code = {} }
        elseif line == "```" and block then
            block.expected = {}
            for _, code in ipairs(block.code) do
                block.expected[#block.expected + 1] = code:match "%-%-> (.*)$"
            end
            block.code = table.concat(block.code, "\n")
            blocks[#blocks + 1], block = block, nil
        elseif block then
            table.insert(block.code, line)
        end
    end
    return blocks
end

-- The blocks share their locals, as a reader takes them, and run in a process of their own: so what C
-- prints is compared as well.
describe("README.md", function()
    local blocks = blocks_of(support.read_file "README.md")

    it("has a tour of at least 30 lines", function()
        local lines = 0
        for _, block in ipairs(blocks) do
            lines = lines + select(2, block.code:gsub("\n", "")) + 1
        end
        assert.is_true(lines >= 30)
    end)

    local printed = {}

    lazy_setup(function()
        local script = {}
        for i, block in ipairs(blocks) do
            script[i] = block.code .. "\nio.write '\\1'"
        end
        local code, out, err = support.run_lua(table.concat(script, "\n"))
        assert.equal("", err)
        assert.equal(0, code)
        for text in out:gmatch "([^\1]*)\1" do
            printed[#printed + 1] = text
        end
    end)

    for i, block in ipairs(blocks) do
        it("line " .. block.line .. " prints what it says", function()
            local lines = table.concat(block.expected, "\n")
            assert.equal(lines == "" and "" or lines .. "\n", printed[i])
        end)
    end
end)
