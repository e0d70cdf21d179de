-- The tokens of a Lua text, complete or not, as { kind, text, first, last }. Comments and blanks
-- are left out. A symbol is one character.
local lexer = {}

-- Where the long bracket that begins at `at` ends; nil when none does.
local function end_of_long(text, at)
    local level = text:match("^%[(=*)%[", at)
    if level then
        local _, last = text:find("]" .. level .. "]", at, true)
        return last or #text
    end
end

local function end_of_comment(text, at)
    if text:sub(at, at + 1) == "--" then
        return end_of_long(text, at + 2) or (text:find("\n", at, true) or #text + 1) - 1
    end
end

local function end_of_quoted(text, at)
    local quote = text:match("^[\"']", at)
    if not quote then
        return nil
    end
    local i = at + 1
    while i <= #text do
        local c = text:sub(i, i)
        if c == quote or c == "\n" then
            return i
        end
        i = i + (c == "\\" and 2 or 1)
    end
    return #text
end

local function end_of_number(text, at)
    local _, last = text:find("^%.?%d[%w_.]*", at)
    while last and text:find("^[+-]%d", last + 1) and text:find("^[eEpP]", last) do
        _, last = text:find("^[+-][%w.]*", last + 1)
    end
    return last
end

-- Kind and end of the token at a place where neither a blank nor a comment is.
function lexer.token_at(text, at)
    local _, name = text:find("^[%a_][%w_]*", at)
    if name then
        return "name", name
    end
    local string = end_of_quoted(text, at) or end_of_long(text, at)
    if string then
        return "string", string
    end
    local number = end_of_number(text, at)
    if number then
        return "number", number
    end
    return "symbol", at
end

function lexer.tokens(text)
    local tokens, at = {}, text:find "%S"
    while at do
        local comment = end_of_comment(text, at)
        local last = comment
        if not comment then
            local kind
            kind, last = lexer.token_at(text, at)
            tokens[#tokens + 1] = {
                kind = kind, text = text:sub(at, last), first = at, last = last }
        end
        at = text:find("%S", last + 1)
    end
    return tokens
end

return lexer
