-- The documents as HTML (make site): every page is there, every link leads somewhere, nothing is fetched.
local support = require "support"

local function exists(path)
    local file = io.open(path)
    return file ~= nil and file:close()
end

describe("make site", function()
    local dir, pages = os.tmpname(), {}
    local has = os.execute "command -v cmark-gfm >/dev/null 2>&1"
    os.remove(dir)

    lazy_setup(function()
        if not has then return end
        assert(os.execute("mkdir " .. dir))
        local code, _, err = support.run { support.lua, "tools/site.lua", dir }
        assert.equal("", err)
        assert.equal(0, code)
        local list = assert(io.popen("ls " .. dir .. "/*.html"))
        for path in list:lines() do pages[path:match "[^/]+$"] = support.read_file(path) end
        list:close()
    end)

    lazy_teardown(function() os.execute("rm -rf " .. dir) end)

    it("has a page for each document, with its heading and a place in the margin", function()
        if not has then return pending "cmark-gfm is not installed" end
        for path in assert(io.popen "ls docs/*.md"):lines() do
            local name = path:match "docs/(.*)%.md"
            name = (name == "README" and "docs" or name) .. ".html"
            assert.truthy(pages[name], name)
            assert.truthy(pages[name]:find "<h1 id=", name)
            assert.truthy(pages["index.html"]:find('href="' .. name .. '"', 1, true), name)
        end
    end)

    it("has the pages for users first, as docs/README.md lists them", function()
        if not has then return pending "cmark-gfm is not installed" end
        local places, last = {}, 0
        for name in support.read_file "docs/README.md":gmatch "\n| %[([%w-]+)%.md%]" do
            places[#places + 1] = name
        end
        assert.is_true(#places > 12)
        places[#places + 1] = "reference"
        places[#places + 1] = "design"
        for _, name in ipairs(places) do
            local at = pages["changelog.html"]:find(('href="%s.html"'):format(name), 1, true)
            assert.is_true(at > last, name)
            last = at
        end
    end)

    it("has links that lead to pages, anchors and pictures of its own", function()
        if not has then return pending "cmark-gfm is not installed" end
        local count = 0
        for name, html in pairs(pages) do
            for target in html:gmatch ' href="([^"]+)"' do
                local file, anchor = target:match "^([^#]*)#?(.*)$"
                if not target:find "^https?:" then
                    count = count + 1
                    local page = file == "" and html or pages[file]
                    assert.truthy(page or exists(dir .. "/" .. file), name .. ": " .. target)
                    if anchor ~= "" then
                        assert.truthy(page:find(('id="%s"'):format(anchor), 1, true), name .. ": " .. target)
                    end
                end
            end
            for source in html:gmatch ' src="([^"]+)"' do
                assert.truthy(exists(dir .. "/" .. source), name .. ": " .. source)
            end
        end
        assert.is_true(count > 500)
    end)

    it("has an index for the search, of sections that are there", function()
        if not has then return pending "cmark-gfm is not installed" end
        local count = 0
        for page, anchor in support.read_file(dir .. "/index.js"):gmatch '\n%["([^"]+)","([^"]*)"' do
            count = count + 1
            assert.truthy(anchor == "" or pages[page]:find(('id="%s"'):format(anchor), 1, true), page .. "#" .. anchor)
        end
        assert.is_true(count > 200)
    end)
end)
