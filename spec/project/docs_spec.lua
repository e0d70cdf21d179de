-- Every ```lua block of the README and of the pages in docs/ runs, in order, and prints what its `--> text`
-- comments promise. Links and named files of all pages are there.
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

-- The lines typed in a page's session at the prompt, and all lines after the first of them but
-- those: what it prints.
local function session_of(text)
    local typed, printed = {}, {}
    for line in text:match "\n\n(    > .-)\n\n":gmatch "    ([^\n]*)" do
        local input = line:match "^> (.*)"
        table.insert(input and typed or printed, input or line)
    end
    return table.concat(typed, "\n") .. "\n", table.concat(printed, "\n") .. "\n"
end

-- What Lua 5.3 cannot read.
local function tag_of(program)
    return program:find "<close>" and " #close" or ""
end

-- Runs the blocks of a page, `program`, in a process of its own, so that what C prints is compared as well.
local function runs_blocks(program, blocks)
    local printed = {}

    lazy_setup(function()
        local script = os.tmpname()
        support.write_file(script, program)
        local with_command = [[
            mkdir "$1.bin"
            printf '#!/bin/sh\nexec %s "%s/bin/cffi" "$@"\n' "$2" "$PWD" >"$1.bin/cffi"
            chmod +x "$1.bin/cffi"
            PATH="$1.bin:$PATH" "$2" bin/cffi "$1"
            code=$?
            rm -r "$1" "$1.bin"
            exit "$code"
        ]]
        local code, out, err = support.run { "sh", "-c", with_command, "sh", script, support.lua }
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
end

local PAGES = {}
do
    local files <close> = assert(io.popen "ls *.md */*.md")
    for path in files:lines() do PAGES[#PAGES + 1] = path end
end

-- The page's session prints what it shows; `skip`: a pattern of output that is not shown.
local function runs_session(page, skip)
    it("has a session at the prompt that prints what it shows", function()
        local typed, shown = session_of(support.read_file(page))
        local _, out = support.run({ "sh", "-c", "exec " .. support.lua .. " bin/cffi repl 2>&1" }, typed)
        assert.equal(shown, skip and out:gsub(skip, "", 1) or out)
    end)
end

for _, page in ipairs(PAGES) do
    local runs = page:find "^docs/" and page ~= "docs/luajit.md" -- whose program is the reader's
    if runs and support.read_file(page):find("\n```lua\n", 1, true) then
        local program, blocks = program_of(support.read_file(page))
        describe(page .. tag_of(program), function() runs_blocks(program, blocks) end)
    end
end

describe("README.md", function()
    local program, blocks = program_of(support.read_file "README.md")
    describe("as a program" .. tag_of(program), function() runs_blocks(program, blocks) end)

    it("has a tour of at least 30 lines", function()
        assert.is_true(select(2, program:gsub("%S[^\n]*", "")) >= 30)
    end)

    runs_session "README.md"
end)

describe("docs/prompt.md", function()
    runs_session("docs/prompt.md", "^[^\n]*\n") -- without what :include says of this machine

    it("says of the commands what the table says (make reference)", function()
        local _, made = support.run { support.lua, "-e", "package.path = 'lib/?.lua;' .. package.path",
            "tools/manual.lua", "prompt" }
        assert.equal(made, support.read_file "docs/prompt.md")
    end)
end)

-- ---- links and names -----------------------------------------------------------------------------

local FOLDERS = {
    bench = true, bin = true, cdecl_parser = true, docs = true, examples = true, lib = true, lua_ffi = true,
    spec = true, tools = true,
}

local function exists(path)
    local file = io.open(path)
    if file then file:close() end
    return file ~= nil
end

-- What GitHub makes of a heading: lower case, blanks to hyphens, other punctuation gone.
local function anchors_of(page)
    local anchors = {}
    for heading in ("\n" .. support.read_file(page)):gmatch "\n#+ ([^\n]+)" do
        anchors[heading:lower():gsub("[^%w%s_-]", ""):gsub(" ", "-")] = true
    end
    return anchors
end

describe("the pages", function()
    it("link to files and headings that are there", function()
        local count = 0
        for _, page in ipairs(PAGES) do
            local folder = page:match "^(.*/)" or ""
            for target in support.read_file(page):gmatch "%]%(([^)%s]+)%)" do
                if not target:find "^%a+:" then
                    local path, anchor = target:match "^([^#]*)#?(.*)$"
                    local file = path == "" and page or folder .. path
                    assert.is_true(exists(file), page .. " links to " .. target)
                    assert.is_true(anchor == "" or anchors_of(file)[anchor], page .. " links to " .. target)
                    count = count + 1
                end
            end
        end
        assert.is_true(count > 10)
    end)

    it("name files that are there", function()
        local count = 0
        for _, page in ipairs(PAGES) do
            local text = page == "CHANGELOG.md" and "" or support.read_file(page) -- its past may be gone
            for word in text:gmatch "%f[%w_/.-][%w_/.-]+" do
                local path = word:gsub("[.-]+$", "")
                if FOLDERS[path:match "^([^/]+)/"] and path:find "%.%l+$" then
                    assert.is_true(exists(path), page .. " names " .. path)
                    count = count + 1
                end
            end
        end
        assert.is_true(count > 20)
    end)
end)

describe("make help", function()
    local function targets_in(text, pattern)
        local names, list = {}, {}
        for name in text:gmatch(pattern) do names[name] = true end
        for name in pairs(names) do list[#list + 1] = name end
        table.sort(list)
        return list, names
    end

    it("shows the targets that CONTRIBUTING.md lists", function()
        local _, out = support.run { "make", "-s", "help" }
        local table_of = support.read_file("CONTRIBUTING.md"):match "\n|%-%-%-|[^\n]+\n(|.-)\n\n"
        assert.same(targets_in(out, "\n  make ([%w-]+) +%S"), (targets_in(table_of, "`make ([%w-]+)")))
    end)

    it("and the pages name targets that exist", function()
        local makefiles = {}
        for i, path in ipairs { "Makefile", "bench/bench.mk", "tools/parser.mk", "tools/callbacks.mk",
            "tools/monkey.mk", "tools/package.mk", "tools/proof.mk" } do
            makefiles[i] = support.read_file(path)
        end
        local rules = select(2, targets_in("\n" .. table.concat(makefiles, "\n"), "\n([%l-]+):"))
        for _, page in ipairs(PAGES) do
            for name in support.read_file(page):gmatch "`make ([%l-]+)[^`]*`" do
                assert.is_true(rules[name], page .. " names make " .. name)
            end
        end
    end)
end)
