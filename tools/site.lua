-- The documents as plain HTML, for a browser without a network:  lua tools/site.lua FOLDER
--
-- cmark-gfm makes HTML of each page; here headings get the anchors that GitHub gives them, links lead to
-- pages, Lua code is coloured, and what tools/site/search.js searches is written beside them.
local folder = assert(arg[1], "usage: lua tools/site.lua FOLDER")

-- The pages: source, name in the site, title in the margin. The others of docs/ follow: those for users as
-- docs/README.md lists them, the reference, the examples, then what is left by name.
local PAGES = {
    { "README.md", "index.html", "Overview" },
    { "docs/README.md", "docs.html", "Documents" },
}
local LAST = {
    { "bench/README.md", "bench.html", "Benchmarks" },
    { "CHANGELOG.md", "changelog.html" }, { "SECURITY.md", "security.html" },
    { "CONTRIBUTING.md", "contributing.html" },
}

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read "a"
    file:close()
    return text
end

for name in read "docs/README.md":gmatch "\n| %[([%w-]+)%.md%]" do
    PAGES[#PAGES + 1] = { "docs/" .. name .. ".md", name .. ".html" }
end
PAGES[#PAGES + 1] = { "docs/reference.md", "reference.html" }
PAGES[#PAGES + 1] = { "examples/README.md", "examples.html", "Examples" }

local function write(path, text)
    local file = assert(io.open(path, "wb"))
    assert(file:write(text))
    assert(file:close())
end

local function output(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read "a"
    assert(pipe:close(), command .. " failed")
    return text
end

-- All pages in order, each { source, name, title }, those of docs/ that no list has before the last ones.
local function all_pages()
    local pages, known = {}, {}
    local function add(page)
        local title = page[3] or read(page[1]):match "^# ([^\n]+)"
        pages[#pages + 1] = { source = page[1], name = page[2], title = (title:gsub("`", "")) }
        known[page[1]] = true
    end
    for _, page in ipairs(PAGES) do
        if io.open(page[1]) then add(page) end
    end
    for path in output "ls docs/*.md":gmatch "[^\n]+" do
        if not known[path] then add { path, path:match "docs/(.*)%.md" .. ".html" } end
    end
    for _, page in ipairs(LAST) do add(page) end
    return pages
end

-- ---- links ---------------------------------------------------------------------------------------

-- "docs/../bench/x" as "bench/x".
local function normal(path)
    local parts = {}
    for part in path:gmatch "[^/]+" do
        if part == ".." then
            parts[#parts] = nil
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    return table.concat(parts, "/")
end

-- Links between pages; those to other files of the tree become text, for the site stands alone.
local function relink(html, page, names)
    local base = page.source:match "^(.*/)" or ""
    return (html:gsub('<a href="([^"]*)">(.-)</a>', function(target, text)
        if target:find "^%a+:" or target:find "^#" then return nil end
        local path, anchor = target:match "^([^#]*)(#?.*)$"
        local name = names[normal(base .. path)] or names[normal(base .. path) .. "/README.md"]
        return name and ('<a href="%s%s">%s</a>'):format(name, anchor, text) or text
    end))
end

-- Pictures come along.
local function with_pictures(html, page)
    local base = page.source:match "^(.*/)" or ""
    return (html:gsub('<img src="([^":]+)"', function(path)
        local name = path:match "[^/]+$"
        write(folder .. "/" .. name, read(normal(base .. path)))
        return ('<img src="%s"'):format(name)
    end))
end

-- ---- code ----------------------------------------------------------------------------------------

local WORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true " ..
    "until while"):gmatch "%S+" do
    WORDS[word] = true
end

-- Lua as HTML has it (quotes are &quot;): comments, strings and keywords.
local function coloured(code)
    local out, at = {}, 1
    local function put(class, text)
        out[#out + 1] = class and ('<span class="%s">%s</span>'):format(class, text) or text
        at = at + #text
    end
    while at <= #code do
        local comment = code:match("^%-%-[^\n]*", at)
        local string = code:match("^&quot;[^\n]-&quot;", at) or code:match("^%[%[.-%]%]", at)
        local word = code:match("^[%a_][%w_]*", at)
        local entity = code:match("^&%a+;", at)
        if comment then put("comment", comment)
        elseif string then put("string", string)
        elseif word then put(WORDS[word] and "word", word)
        else put(nil, entity or code:sub(at, at)) end
    end
    return table.concat(out)
end

-- ---- pages ---------------------------------------------------------------------------------------

local function plain(html)
    return (html:gsub("<[^>]*>", ""):gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&quot;", '"'):gsub("&amp;", "&"))
end

-- What GitHub makes of a heading: lower case, blanks to hyphens, other punctuation gone.
local function anchor_of(heading)
    return (plain(heading):lower():gsub("[^%w%s_-]", ""):gsub(" ", "-"))
end

local function quoted(text)
    return '"' .. text:gsub('[\\"]', "\\%0"):gsub("%s+", " "):gsub("</", "<\\/") .. '"'
end

local function body_of(page, names)
    local html = output("cmark-gfm -e table -e strikethrough " .. page.source)
    html = html:gsub("<h(%d)>(.-)</h%d>", function(level, text)
        return ('<h%s id="%s">%s</h%s>'):format(level, anchor_of(text), text, level)
    end)
    html = html:gsub('<pre><code class="language%-lua">(.-)</code></pre>', function(code)
        return '<pre><code class="lua">' .. coloured(code) .. "</code></pre>"
    end)
    html = html:gsub("<table>.-</table>", '<div class="table">%0</div>')
    return with_pictures(relink(html, page, names), page)
end

local function nav_of(pages, here)
    local items = {}
    for i, page in ipairs(pages) do
        items[i] = page == here and ('<li><span class="here">%s</span></li>'):format(page.title) or
            ('<li><a href="%s">%s</a></li>'):format(page.name, page.title)
    end
    return "<ul>\n" .. table.concat(items, "\n") .. "\n</ul>"
end

-- Adds the page's sections to the list that is searched: from one heading to the next.
local function sections_of(html, page, sections)
    local at, anchor, heading = 1, "", page.title
    while true do
        local first, last, id, text = html:find('<h%d id="([^"]*)">(.-)</h%d>', at)
        sections[#sections + 1] = { page.name, anchor, heading, plain(html:sub(at, (first or 0) - 1)) }
        if not first then return end
        anchor, heading, at = id, plain(text), last + 1
    end
end

local function index_text(sections)
    local lines = {}
    for i, s in ipairs(sections) do
        lines[i] = ("[%s,%s,%s,%s]"):format(quoted(s[1]), quoted(s[2]), quoted(s[3]), quoted(s[4]))
    end
    return "const SECTIONS = [\n" .. table.concat(lines, ",\n") .. "\n];\n"
end

local pages, names, sections = all_pages(), {}, {}
local frame = read "tools/site/page.html"
for _, page in ipairs(pages) do names[page.source] = page.name end
for _, page in ipairs(pages) do
    local html = body_of(page, names)
    local parts = { TITLE = page.title, NAV = nav_of(pages, page), BODY = html }
    sections_of(html, page, sections)
    write(folder .. "/" .. page.name, (frame:gsub("@(%u+)@", parts)))
end
write(folder .. "/index.js", index_text(sections))
for _, name in ipairs { "style.css", "search.js" } do
    write(folder .. "/" .. name, read("tools/site/" .. name))
end
print(("%d pages in %s, open %s/index.html"):format(#pages, folder, folder))
