-- lib/cffi.d.lua, the one source of the reference: complete, understood, and what docs/reference.md says.
local reference = require "cffi.reference"
local support = require "support"

describe("lib/cffi.d.lua", function()
    it("has every public name, and no other", function()
        local entries, wrong = reference.entries(), {}
        local names = { onerror = true, nullptr = true } -- fields that are nil, one until it is set
        for name in pairs(require "cffi.core") do
            names[name] = true
        end
        local modules = support.read_file("lib/cffi.lua"):match "local modules = (%b{})"
        for name in modules:gmatch "([%w_]+) = \"cffi" do
            names[name] = true
        end
        for name in pairs(names) do
            if not entries[name] and not rawget(require "cffi.fiddle", name) then
                wrong[#wrong + 1] = name .. " is missing"
            end
        end
        for _, entry in ipairs(entries) do
            if not names[entry.name] then
                wrong[#wrong + 1] = entry.name .. " is none"
            end
        end
        table.sort(wrong)
        assert.equal("", table.concat(wrong, ", "))
        assert.is_true(#entries > 45)
    end)

    it("says of every function what it does, takes and gives, with an example", function()
        for _, entry in ipairs(reference.entries()) do
            assert.is_true(#entry.text > 3, entry.name)
            if entry.call then
                assert.is_truthy(entry.text:find "%.$", entry.name)
                assert.is_truthy(entry.example, entry.name .. " has no example")
            end
        end
        local cast = reference.entries().cast
        assert.same({ { name = "ct", optional = false, type = "ffi.type", text = "" },
            { name = "value", optional = false, type = "any", text = "" } }, cast.params)
        assert.same({ { type = "ffi.cdata", text = "" } }, cast.returns)
        assert.equal("cast(ct, value)", cast.call)
        assert.equal('"cannot convert ... to ..." where C has no such cast.', cast.errors)
    end)

    it("raises for what an editor would not understand", function()
        local function refused(message, text)
            assert.equal(message, select(2, pcall(reference.read, text, "x.lua")))
        end
        refused("x.lua:1: not understood: ---@parm a integer", "---@parm a integer")
        refused("x.lua:2: not understood: ---@param a", "---Text.\n---@param a\nfunction ffi.f(a) end")
        refused("x.lua:3: parameters (a, b), told of (a)", "---Text.\n---@param a integer\nfunction ffi.f(a, b) end")
    end)

    it("is what docs/reference.md was made from", function()
        local code, out = support.run { support.lua, "tools/reference.lua" }
        assert.equal(0, code)
        assert.equal(out, support.read_file "docs/reference.md", "run make reference")
    end)
end)
