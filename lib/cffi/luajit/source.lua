-- Rewrites LuaJIT's number literals (1LL, 0x2aULL, 3i) in Lua source into calls that make the
-- cdata. Strings and comments are left alone, and so is every line number.
local source = {}

local NAME = "__cffi_literal"

-- The end of a quoted string that begins at `from`, or of the text when it is not closed.
local function skip_quoted(text, from)
    local quote = text:sub(from, from)
    local at = from + 1
    while true do
        local stop = text:find("[\\\n" .. quote .. "]", at)
        if not stop then
            return #text
        end
        if text:byte(stop) ~= 0x5C then -- not a backslash
            return stop
        end
        at = stop + 2
    end
end

-- The end of a long bracket that opens at `from`, or nil when none does.
local function skip_long(text, from)
    local level = text:match("^%[(=*)%[", from)
    if not level then
        return nil
    end
    local _, stop = text:find("]" .. level .. "]", from, true)
    return stop or #text
end

local function skip_comment(text, from)
    local stop = skip_long(text, from + 2)
    return stop or (text:find("\n", from, true) or #text + 1) - 1
end

-- The number that begins at `from`, whole; names like `x1` never come here.
local function match_number(text, from)
    return text:match("^0[xX][%x.]+[pP][+-]?%w*", from) or text:match("^0[xX][%w.]*", from)
        or text:match("^[%d.]+[eE][+-]?%w*", from) or text:match("^[%d.]+%w*", from)
end

local function is_literal(number)
    local lower = number:lower()
    local digits, suffix = lower:match "^(.-)([ul]*)$"
    if suffix == "ll" or suffix == "ull" or suffix == "llu" then
        return digits:match "^%d+$" or digits:match "^0x%x+$" or digits:match "^0b[01]+$"
    end
    return lower:match "^0b[01]+$" or lower:match "^[%d.]+e?[+-]?%d*i$"
        or lower:match "^0x[%x.]+p?[+-]?%d*i$"
end

-- The end of the token at `from`, whose first character is `char`, and whether it is a literal to
-- rewrite. Characters that can neither hide nor begin a number are tokens of their own.
local function match_token(text, from, char)
    if char:match "[%a_]" then
        return select(2, text:find("^[%w_]+", from)), false
    elseif char == '"' or char == "'" then
        return skip_quoted(text, from), false
    elseif char == "[" then
        return skip_long(text, from) or from, false
    elseif text:match("^%-%-", from) then
        return skip_comment(text, from), false
    elseif text:match("^%.?%d", from) then
        local number = match_number(text, from)
        return from + #number - 1, is_literal(number)
    elseif char == "." then
        return select(2, text:find("^%.+", from)), false
    end
    return from, false
end

local before_operand = {}
for word in ("and do else elseif if in local not or repeat return then until while"):gmatch "%a+" do
    before_operand[word] = true
end

-- The place of the minus sign in front of the literal at `start`, when the minus has no other
-- operand: LuaJIT counts it to an imaginary literal, for there is no arithmetic of complex numbers.
local function minus_before(text, start)
    local function skip(at)
        while at > 0 and text:find("^%s", at) do
            at = at - 1
        end
        return at
    end
    local minus = skip(start - 1)
    if text:sub(minus, minus) ~= "-" then
        return nil
    end
    local last = skip(minus - 1)
    local first = last
    while first > 0 and text:find("^[%w_]", first) do
        first = first - 1
    end
    if first < last then
        return before_operand[text:sub(first + 1, last)] and minus
    end
    return not text:find("^[%)%]}\"'.]", last) and minus or nil
end

-- The source with its literals rewritten, and whether there was one.
local function rewrite(text)
    local out, changed, at = {}, false, 1
    while true do
        local start = text:find("[%w_.\"'%-%[]", at)
        if not start then
            break
        end
        local stop, literal = match_token(text, start, text:sub(start, start))
        out[#out + 1] = text:sub(at, start - 1)
        if literal then
            local sign = ""
            if text:find("^[iI]", stop) and minus_before(text, start) then
                out[#out - 1], sign = "", "-"
            end
            out[#out + 1] = NAME .. '"' .. sign .. text:sub(start, stop) .. '"'
            changed = true
        else
            out[#out + 1] = text:sub(start, stop)
        end
        at = stop + 1
    end
    out[#out + 1] = text:sub(at)
    return table.concat(out), changed
end

-- Source that plain Lua 5.4 can load: literals rewritten, and a "#!" line made a comment.
function source.translate(text)
    if text:byte() == 27 then -- precompiled
        return text
    end
    text = text:gsub("^#", "--#", 1)
    local out, changed = rewrite(text)
    if changed then -- in front of the first line, which may end in a comment
        out = ("local %s = require('cffi.luajit').literal; "):format(NAME) .. out
    end
    return out
end

return source
