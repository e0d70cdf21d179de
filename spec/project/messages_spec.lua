-- docs/messages.md has a row for every error text of the module's sources, and no row for a text that is none.
local support = require "support"

local function pattern(text)
    return "^" .. text:gsub("%.%.%.", "\1"):gsub("%p", "%%%0"):gsub("\1", ".*") .. "$"
end

-- The texts of the rows' first cells, `a`, `b`; of a printf format `...` for what it is given.
local function rows()
    local list = {}
    for cell in support.read_file("docs/messages.md"):gmatch "\n| (`[^\n]-) | " do
        for text in cell:gmatch "`([^`]*)`" do
            list[#list + 1] = { text = text, pattern = pattern(text) }
        end
    end
    return list
end

local function messages()
    local code, out = support.run { "sh", "-c",
        support.lua .. " tools/lint_messages.lua --list lua_ffi/*/*.c lua_ffi/*/*/*.c" }
    assert.equal(0, code)
    local list = {}
    for line in out:gmatch "[^\n]+" do
        list[#list + 1] = line
    end
    return list
end

describe("docs/messages.md", function()
    it("explains every text, and only such", function()
        local all, list, missing, met = messages(), rows(), {}, {}
        assert.is_true(#all > 250 and #list > 150)
        for _, text in ipairs(all) do
            local found
            for _, row in ipairs(list) do
                if text:find(row.pattern) then
                    found, met[row.text] = true, true
                end
            end
            if not found then
                missing[#missing + 1] = text
            end
        end
        assert.equal("", table.concat(missing, "\n"))
        for _, row in ipairs(list) do
            if not met[row.text] then
                missing[#missing + 1] = row.text
            end
        end
        assert.equal("", table.concat(missing, "\n"))
    end)
end)
