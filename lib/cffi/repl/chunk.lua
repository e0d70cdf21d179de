-- One input of the prompt as a function: an expression, a statement, or C declarations. It also
-- makes the `local`s of an input names of the session, and finds where a syntax error is.
local lexer = require "cffi.repl.lexer"
local open = require "cffi.repl.open"

local chunk = {}

-- A string in quotes ends in its line, unless that ends with a backslash.
local function is_incomplete(err, text)
    if err and err:find "unfinished string near <eof>$" then
        return text:sub(-1) == "\\"
    end
    return err and err:sub(-5) == "<eof>"
end

-- ---- locals that last --------------------------------------------------------------------------

local OPENS = { ["function"] = 1, ["do"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1,
    ["until"] = -1 }

local function blanked(text, from, to)
    return text:sub(1, from - 1) .. (" "):rep(to - from + 1) .. text:sub(to + 1)
end

-- Blanks the attributes among the names behind a `local` at token i, and notes the names. Returns
-- the text and the index of the last token of the names; nil when one is to be closed.
local function names_of(text, tokens, i, names)
    local last = i
    repeat
        local name, attribute = tokens[last + 1], tokens[last + 3]
        names[#names + 1] = name.text
        last = last + 1
        if tokens[last + 1] and tokens[last + 1].text == "<" then
            if attribute.text == "close" then
                return nil
            end
            text = blanked(text, tokens[last + 1].first, tokens[last + 3].last)
            last = last + 3
        end
        last = last + 1
    until not tokens[last] or tokens[last].text ~= ","
    return text, last - 1
end

-- The text with each `local` outside all blocks made an assignment, as long and with as many lines
-- as it was but for " = nil" where nothing is assigned; and the names. The text compiles.
local function without_locals(text)
    local tokens, depth, names = lexer.tokens(text), 0, {}
    local inserts = {}
    for i, token in ipairs(tokens) do
        depth = depth + (token.kind == "name" and OPENS[token.text] or 0)
        if token.kind == "name" and token.text == "local" and depth == 0 then
            if tokens[i + 1].text == "function" then
                names[#names + 1] = tokens[i + 2].text
                text = blanked(text, token.first, token.last)
            else
                local found = {}
                local blank, last = names_of(text, tokens, i, found)
                if blank then
                    table.move(found, 1, #found, #names + 1, names)
                    text = blank:sub(1, token.first - 1) .. ";    " .. blank:sub(token.last + 1)
                    if not tokens[last + 1] or tokens[last + 1].text ~= "=" then
                        inserts[#inserts + 1] = tokens[last].last
                    end
                end
            end
        end
    end
    for i = #inserts, 1, -1 do
        text = text:sub(1, inserts[i]) .. " = nil" .. text:sub(inserts[i] + 1)
    end
    return text, names
end

-- ---- compiling ---------------------------------------------------------------------------------

-- `line` empty lines before it, so that errors name the line of the session.
local function load_at(text, options)
    return load(("\n"):rep(options.line - 1) .. text, options.name, "t", options.env)
end

-- Returns { run =, kind = "expression" or "statement", names = }; or nil, the message, and whether
-- more lines could complete the text. options: name of the chunk, env, line it begins at.
function chunk.compile(text, options)
    local expression = text:match "^%s*=(.*)"
    local run, err = load_at("return " .. (expression or text), options)
    if run then
        return { run = run, kind = "expression", text = expression or text, names = {} }
    elseif expression or is_incomplete(err, text) then
        return nil, err, is_incomplete(err, text)
    end
    run, err = load_at(text, options)
    if not run then
        return nil, err, is_incomplete(err, text)
    end
    local global, names = without_locals(text)
    local lasting = #names > 0 and load_at(global, options)
    if not lasting then
        names = {}
    end
    return { run = lasting or run, kind = "statement", text = text, names = names }
end

-- ---- C -----------------------------------------------------------------------------------------

local C_WORDS = {}
for word in ("typedef struct union enum extern static inline const volatile unsigned signed "
    .. "void char short int long float double _Bool _Complex __attribute__ # /* [["):gmatch "%S+" do
    C_WORDS[word] = true
end

-- Whether a text that is no Lua was meant as C: it begins with a word of C's or with a type.
function chunk.looks_like_c(text, ffi)
    local word = text:match "^%s*([%a_][%w_]*)%s*[%a_*(]" or text:match "^%s*([%a_][%w_]*)%s*{"
        or text:match "^%s*(#)%s*%a" or text:match "^%s*(/%*)" or text:match "^%s*(%[%[)%s*%a"
    return word ~= nil and (C_WORDS[word] or pcall(ffi.typeof, word))
end

-- Whether a C text that is refused may be the beginning of one.
function chunk.is_open_c(text)
    local feed, is_open = open(true), false
    for line in (text .. "\n"):gmatch "(.-)\n" do
        is_open = feed(line)
    end
    return is_open
end

-- ---- where a syntax error is -------------------------------------------------------------------

-- Line and column of what a message of Lua's complains about, from the token it names: the first
-- of that spelling with which the text before it does not go on. Nothing when it cannot be told.
function chunk.error_place(text, message)
    local near = message:match "near '(.-)'$"
    local is_open = message:find "unfinished string near <eof>$"
    if not near and not is_open or text:match "^%s*=" then
        return nil
    end
    local tokens = lexer.tokens(text)
    for i, token in ipairs(tokens) do
        if token.text == near or is_open and i == #tokens then
            local before = text:sub(1, token.last)
            local _, err = load(before, "=c", "t")
            if err and not is_incomplete(err, before) then
                before = text:sub(1, token.first - 1)
                local _, lines = before:gsub("\n", "")
                return lines + 1, token.first - #(before:match "^.*\n" or "")
            end
        end
    end
end

return chunk
