-- What a header and the manual say of a declaration: the comment above it or beside it, and the
-- first sentence of its manual page.
local source = {}

local MAX_ABOVE = 12 -- lines that a declaration may have before its name
local MAX_GROUP = 60 -- lines of declarations below one comment
local MAX_LINES = 12 -- of a comment that are shown

local recent = {} -- the file read last: one comment after another is asked for

local function lines_of(path)
    if recent.path == path then
        return recent.lines
    end
    local lines = {}
    local file = io.open(path)
    for line in file and file:lines() or function() end do
        lines[#lines + 1] = line
    end
    if file then
        file:close()
    end
    recent = { path = path, lines = lines }
    return lines
end

-- A comment's text without its marks and without common indentation.
local function stripped(comment)
    local lines = {}
    for _, line in ipairs(comment) do
        line = line:gsub("^%s*/[*/]+[!<]?", ""):gsub("%*+/%s*$", ""):gsub("^%s*%*+ ?", "")
        line = line:gsub("%s+$", "")
        if line ~= "" and not line:find "^[-=*_/ ]+$" then
            lines[#lines + 1] = line:gsub("^%s+", "")
        end
    end
    if #lines > MAX_LINES then
        lines[MAX_LINES] = ".."
    end
    return #lines > 0 and table.concat(lines, "\n", 1, math.min(#lines, MAX_LINES)) or nil
end

-- The comment that ends in line `last`, as a list of lines.
local function comment_up(lines, last)
    local comment, at = {}, last
    if lines[at]:find "^%s*//" then
        while lines[at] and lines[at]:find "^%s*//" do
            table.insert(comment, 1, lines[at])
            at = at - 1
        end
        return comment
    elseif not lines[at]:find "%*/%s*$" or lines[at]:find ";.*/%*.*%*/" then
        return nil -- beside the declaration before
    end
    while lines[at] do
        table.insert(comment, 1, lines[at])
        if lines[at]:find "/%*" then
            return lines[at]:find "^%s*/%*" and comment or nil
        end
        at = at - 1
    end
end

-- The first line of the declaration whose name stands in line `at`.
local function start_of(lines, at)
    for _ = 1, MAX_ABOVE do
        local above = lines[at - 1]
        if not above or not above:find "%S" or above:find "[;}]%s*$" or above:find "%*/%s*$"
            or above:find "[;}]%s*/[*/]" or above:find "^%s*#" or above:find "^%s*//"
            or above:find '^extern "C"' then
            break
        end
        at = at - 1
    end
    return at
end

-- The comment that begins in line `first`, as a list of lines, and the line it ends in.
local function comment_down(lines, first)
    local comment = { lines[first]:match "/[*/].*$" }
    local at = first
    while not comment[#comment]:find "%*/" and comment[1]:find "^/%*" and lines[at + 1] do
        at = at + 1
        comment[#comment + 1] = lines[at]
    end
    return comment, at
end

-- The comment in the declaration's own lines, or one below that belongs to nothing further down.
local function comment_beside(lines, at)
    for i = at, math.min(at + MAX_ABOVE, #lines) do
        if lines[i]:find "/[*/]" then
            return (comment_down(lines, i))
        elseif lines[i]:find ";" then
            if lines[i + 1] and lines[i + 1]:find "^%s*/%*" then
                local comment, last = comment_down(lines, i + 1)
                return not (lines[last + 1] and lines[last + 1]:find "%S") and comment or nil
            end
            return nil
        end
    end
end

-- The comment above the declarations that follow each other without a blank line down to `at`.
local function comment_of_group(lines, at)
    for i = at - 1, math.max(1, at - MAX_GROUP), -1 do
        if not lines[i]:find "%S" then
            return nil
        elseif lines[i]:find "%*/%s*$" and not lines[i]:find "^.*[;,%w)].*/%*.*%*/" then
            return comment_up(lines, i)
        end
    end
end

-- The comment of the declaration that stands at this line of this file; nil when it has none.
-- Above it, beside it, below it, or above with a blank line between, whichever there is first.
function source.comment(path, line)
    local lines = lines_of(path)
    if not lines[line] then
        return nil
    end
    local start = start_of(lines, line)
    local comment = start > 1 and comment_up(lines, start - 1)
        or lines[start]:find ";%s*/[*/]" and (comment_down(lines, start))
        or comment_of_group(lines, start) or comment_beside(lines, start)
    if not comment and start > 2 and not lines[start - 1]:find "%S" then
        comment = comment_up(lines, start - 2)
    end
    return comment and stripped(comment)
end

-- ---- manual pages ------------------------------------------------------------------------------

local SECTIONS = { "2", "3" }

local function output_of(command)
    local pipe = io.popen(command .. " 2>/dev/null")
    local output = pipe:read "a"
    pipe:close()
    return output
end

-- "strlen - calculate the length of a string" of its manual page; nil when the system has none.
function source.manual(name)
    if not name:find "^[%w_]+$" then
        return nil
    end
    for _, section in ipairs(SECTIONS) do
        local path = output_of(("man -w %s %s"):format(section, name)):match "[^\n]+"
        if path then
            local cat = path:find "%.gz$" and "gzip -dc" or "cat"
            local page = output_of(("%s '%s'"):format(cat, path))
            local sentence = page:match "\n%.S[Hh] \"?NAME\"?\n(.-)\n%.S[Hh]"
            sentence = sentence and sentence:match "\\%-%s*([^\n]+)"
            if sentence then
                sentence = sentence:gsub("\\f.", ""):gsub("\\", "")
                return ("%s(%s): %s"):format(name, section, sentence)
            end
        end
    end
end

return source
