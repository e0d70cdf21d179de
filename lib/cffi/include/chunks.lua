-- The declarations of a text that the compiler printed, one by one, and which of them others need.
-- The text has no comments and no directives but line markers and pragmas.
local chunks = {}

-- Where what begins with a quote at `at` ends.
local function skip_quoted(text, at)
    local quote, i = text:sub(at, at), at + 1
    while text:sub(i, i) ~= quote and i <= #text do
        i = i + (text:sub(i, i) == "\\" and 2 or 1)
    end
    return i
end

-- The next place at or after `at` where a declaration can end or a bracket or text begins.
local function interesting(text, at)
    return text:find("[;{}()%[%]\"'\n]", at)
end

-- The file and line of a position, asked for from front to back.
local function position_reader(text)
    local at, file, line = 1, "", 1
    return function(target)
        while true do
            local stop, number, name = text:find("\n", at, true), nil, nil
            if text:byte(at) == 35 then -- '#'
                number, name = text:match('^# (%d+) "(.-)"[^\n]*\n', at)
                number = number or text:match('^# (%d+)[^\n]*\n', at)
            end
            if not stop or not number and stop >= target then
                return file, line
            end
            file = name or file
            line = number and tonumber(number) or line + 1
            at = stop + 1
        end
    end
end

-- Whether a body in braces ends the declaration: a function's, for it follows a parenthesis.
local function is_function_body(text, at)
    local before = text:sub(1, at - 1):match "(%S)%s*$"
    return before == ")"
end

-- One line without what is in the way of reading; bodies of functions are dropped.
local function tidy(text, body)
    text = body and text:sub(1, body - 1) .. ";" or text
    text = text:gsub("#[^\n]*", ""):gsub("__extension__%s+", ""):gsub("[ \t\n]+", " ")
    return text:gsub("^ ", ""):gsub(" ([;,)%]])", "%1"):gsub("([(%[]) ", "%1")
        :gsub("([%w_%)]) %(([^*])", "%1(%2"):gsub("([*&]) ([%w_])", "%1%2")
end

-- The text as a list: { text =, file =, line =, last = (its line), first =, stop = (bytes) };
-- pragmas, which hold for what follows, are { text =, pragma = true }.
function chunks.split(text)
    local list, at, depth, start, body = {}, 1, 0, nil, nil
    local position = position_reader(text)
    local function finish(stop)
        local whole = text:sub(start, stop)
        local file, line = position(start)
        local _, last = position(stop)
        list[#list + 1] = { first = start, stop = stop, file = file, line = line, last = last,
            text = tidy(whole, body and body - start + 1) }
        start, body = nil, nil
    end
    while true do
        -- what begins here, when nothing has begun
        if not start then
            at = text:find("%S", at)
            if not at then
                return list
            elseif text:sub(at, at) == "#" then
                local stop = text:find("\n", at, true) or #text
                local line = text:sub(at, stop - 1)
                if line:find "^#%s*pragma" then
                    list[#list + 1] = { text = line, pragma = true }
                end
                at = stop + 1
                goto continue
            end
            start = at
        end
        do
            local found = interesting(text, at)
            if not found then
                return list
            end
            local char = text:sub(found, found)
            at = found + 1
            if char == '"' or char == "'" then
                at = skip_quoted(text, found) + 1
            elseif char == "\n" then
                -- a marker within a declaration
                if text:sub(at, at) == "#" then
                    at = text:find("\n", at, true) or #text
                end
            elseif char:find "[({%[]" then
                local top = char == "{" and depth == 0
                if top and is_function_body(text:sub(start, found), found - start + 1) then
                    body = found
                end
                depth = depth + 1
            elseif char:find "[)}%]]" then
                depth = depth - 1
                if depth == 0 and char == "}" and body then
                    finish(found)
                end
            elseif depth == 0 then
                finish(found)
            end
        end
        ::continue::
    end
end

-- What a chunk mentions: a set of words.
local function words_of(text)
    local words = {}
    text = text:find('"', 1, true) and text:gsub('"[^"]*"', "") or text
    for word in text:gmatch "[%a_][%w_]*" do
        words[word] = true
    end
    return words
end

local tags, tag_patterns = { "struct", "union", "enum" }, {}
for _, word in ipairs(tags) do
    tag_patterns[word] = "%f[%w_]" .. word .. "%s+([%a_][%w_]*)%s*({?)"
end

-- Without what may stand between "struct" and its tag, as in glibc 2.40's
-- struct __attribute__((__may_alias__)) sockaddr { ... }.
local function without_attributes(text)
    return text:gsub("__attribute_*%s*%b()", " "):gsub("__declspec%s*%b()", " ")
        :gsub("_?_?[aA]lignas%s*%b()", " "):gsub("%[%[.-%]%]", " ")
end

-- The tags that a chunk mentions: those that it gives a body, and the others.
local function tags_of(text)
    local bodies, others = {}, {}
    if text:find "__attribute" or text:find "__declspec" or text:find "lignas"
        or text:find("[[", 1, true) then
        text = without_attributes(text)
    end
    for _, word in ipairs(tags) do
        if text:find(word, 1, true) then -- which most have not
            for name, brace in text:gmatch(tag_patterns[word]) do
                table.insert(brace == "{" and bodies or others, name)
            end
        end
    end
    return bodies, others
end

-- Finds out for each chunk its `words`, a set, and what it `needs`: a list of other chunks. Returns
-- which chunks declare a name, be it that of a tag or another: name -> list. `place_of(name)` gives
-- file and line of a declared name.
function chunks.link(list, place_of)
    local by_tag, mentions, declarers, at_line = {}, {}, {}, {}
    for _, chunk in ipairs(list) do
        chunk.words = chunk.pragma and {} or words_of(chunk.text)
        local bodies, others = tags_of(chunk.pragma and "" or chunk.text)
        for _, tag in ipairs(bodies) do
            by_tag[tag] = by_tag[tag] or chunk
        end
        for _, tag in ipairs(others) do
            mentions[tag] = mentions[tag] or chunk
        end
        if not chunk.pragma then
            local lines = at_line[chunk.file] or {}
            at_line[chunk.file] = lines
            for line = chunk.line, chunk.last do
                lines[line] = lines[line] or {}
                table.insert(lines[line], chunk)
            end
        end
    end
    local function declaring(word)
        if not declarers[word] then
            local named
            local file, line = place_of(word)
            for _, chunk in ipairs(file and at_line[file] and at_line[file][line] or {}) do
                named = chunk.words[word] and chunk or named
            end
            local tagged = by_tag[word]
            declarers[word] = { tagged or named, tagged and named ~= tagged and named or nil }
        end
        return declarers[word]
    end
    for _, chunk in ipairs(list) do
        chunk.needs = {}
        local seen = { [chunk] = true }
        for word in pairs(chunk.words) do
            for _, other in ipairs(declaring(word)) do
                chunk.needs[#chunk.needs + 1] = not seen[other] and other or nil
                seen[other] = true
            end
        end
    end
    for tag, chunk in pairs(mentions) do -- that no body is for
        if not by_tag[tag] then
            table.insert(declaring(tag), chunk)
        end
    end
    return declarers
end

-- Marks which chunks are needed, all that those need included. `wanted(file)` says which files'
-- chunks are needed in any case; place_of is as above.
function chunks.needed(list, place_of, wanted)
    chunks.link(list, place_of)
    local pending = {}
    local function need(chunk)
        if not chunk.needed then
            chunk.needed = true
            pending[#pending + 1] = chunk
        end
    end
    for _, chunk in ipairs(list) do
        if not chunk.pragma and wanted(chunk.file) then
            need(chunk)
        end
    end
    while pending[1] do
        for _, other in ipairs(table.remove(pending).needs) do
            need(other)
        end
    end
end

return chunks
