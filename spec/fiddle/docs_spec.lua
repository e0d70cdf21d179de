-- docs/fiddle.md is complete: every name of Ruby's and every name of ours stands in it, and its program runs.
local fiddle = require "cffi.fiddle"
local support = require "support"

local text = support.read_file "docs/fiddle.md"

local function mentions(name)
    return text:find("%f[%w_]" .. name:gsub("%?$", "") .. "%f[^%w_]") ~= nil
end

describe("docs/fiddle.md", function()
    it("has a program that prints what it says", function()
        local program = text:match "```lua\n(.-)```"
        local expected = {}
        for line in program:gmatch "%-%->%s*([^\n]*)" do expected[#expected + 1] = line .. "\n" end
        local exit, out, err = support.run_lua(program)
        assert.equal("", err)
        assert.equal(0, exit)
        assert.equal(table.concat(expected), out)
    end)

    it("names everything that the module has", function()
        for name in pairs(fiddle) do
            if not name:find "^%u+_" then
                assert.is_true(mentions(name), name)
            end
        end
    end)

    it("names a spec for each row that has something of ours", function()
        local rows = 0
        for ours, tested in text:gmatch "\n| [^\n]- | ([^\n]-) | ([^|\n]*) ?|" do
            if not tested:find "^tested" and not ours:find "^none" and not ours:find "^%-" then
                rows = rows + 1
                assert.truthy(tested:find "%l", "no spec for " .. ours)
                for name in tested:gmatch "[%l_]+" do
                    local file = io.open("spec/fiddle/" .. name .. "_spec.lua")
                    assert.truthy(file, "no spec " .. name .. ", for " .. ours)
                    file:close()
                end
            end
        end
        assert.is_true(rows > 60)
    end)

    it("names every method of the classes", function()
        for _, class in ipairs { "handle", "function", "closure", "pointer", "importer", "pinned", "view", "cell" } do
            local source = support.read_file(("lib/cffi/fiddle/%s.lua"):format(class))
            for name in source:gmatch "methods[:.]([%l_]+)" do
                assert.is_true(mentions(name), class .. "." .. name)
            end
        end
    end)

    it("names every public name of Ruby's Fiddle", function()
        if not os.execute "ruby -rfiddle -e 1 2>/dev/null" then
            pending "ruby is not installed"
            return
        end
        local exit, out = support.run { "ruby", "-W0", "-e", [[
            require "fiddle"
            require "fiddle/import"
            classes = [Fiddle::Handle, Fiddle::Function, Fiddle::Closure, Fiddle::Closure::BlockCaller,
                Fiddle::Pointer, Fiddle::Importer, Fiddle::CompositeHandler, Fiddle::CStruct, Fiddle::Pinned]
            classes << Fiddle::MemoryView if defined?(Fiddle::MemoryView)
            classes.each { |c| puts c.instance_methods(false) }
            [Fiddle, Fiddle::Handle, Fiddle::Pointer, Fiddle::Closure, Fiddle::CStructBuilder].each do |c|
                puts c.singleton_methods(false)
            end
            puts Fiddle.constants.grep_v(/^(TYPE|SIZEOF|ALIGN|RTLD)_/)
            puts Fiddle::CParser.instance_methods(false)
        ]] }
        assert.equal(0, exit)
        -- Not Fiddle's own: what any object has, what its classes are for inside.
        local inner = { to_ptr = true, CParser = true, CompositeHandler = true, Types = true, Function = true,
            initialize = true, malloc = true, CStructEntity = true, ValueUtil = true, PackInfo = true,
            BlockCaller = true, Win32Types = true }
        local count = 0
        for name in out:gmatch "[^\n]+" do
            if name:find "^[%a_]+%??$" and not inner[name] then
                count = count + 1
                assert.is_true(mentions(name), name)
            end
        end
        assert.is_true(count > 60)
    end)
end)
