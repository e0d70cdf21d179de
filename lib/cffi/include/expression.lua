-- C expressions of expanded macros: tokens, and a tree of what the tokens say. Whoever asks knows
-- the types (`is_type(name)`). A text that is no expression gives nil and why.
local expression = {}

-- ---- tokens ------------------------------------------------------------------------------------

local punctuators = { "^<<=", "^>>=", "^%.%.%.", "^%->", "^%+%+", "^%-%-", "^<<", "^>>", "^<=",
    "^>=", "^==", "^!=", "^&&", "^||", "^[*/%%+%-&|^]=" }

local function punctuator(text, at)
    for _, pattern in ipairs(punctuators) do
        local found = text:match(pattern, at)
        if found then
            return found
        end
    end
    return text:sub(at, at)
end

-- Where the literal ends whose opening quote is at `at`.
local function end_of_literal(text, at)
    local quote = text:sub(at, at)
    repeat
        at = text:find("[\\" .. quote .. "]", at + 1)
        if at and text:sub(at, at) == "\\" then
            at = at + 1
        elseif at then
            return at
        end
    until not at
    return #text
end

-- A list of { kind =, text = }: "name", "number", "string", "character" or "punctuator".
function expression.tokens(text)
    local tokens, at = {}, 1
    local function add(kind, stop)
        tokens[#tokens + 1] = { kind = kind, text = text:sub(at, stop) }
        at = stop + 1
    end
    while true do
        at = text:find("%S", at)
        if not at then
            return tokens
        end
        local prefix = text:match("^[LuU]8?()[\"']", at) or text:match("^()[\"']", at)
        if prefix then
            local kind = text:sub(prefix, prefix) == '"' and "string" or "character"
            add(kind, end_of_literal(text, prefix))
        elseif text:find("^[%a_\x80-\xff]", at) then
            add("name", text:match("^[%w_\x80-\xff]+()", at) - 1)
        elseif text:find("^%.?%d", at) then
            local stop = at
            repeat
                stop = text:match("^[%w_.]+()", stop) or stop
                local sign = text:find("^[eEpP]", stop - 1) and text:match("^[+-]()", stop)
                stop = sign or stop
            until not sign
            add("number", stop - 1)
        else
            add("punctuator", at + #punctuator(text, at) - 1)
        end
    end
end

-- ---- the tree ----------------------------------------------------------------------------------

local binding = {
    ["*"] = 10, ["/"] = 10, ["%"] = 10, ["+"] = 9, ["-"] = 9, ["<<"] = 8, [">>"] = 8,
    ["<"] = 7, [">"] = 7, ["<="] = 7, [">="] = 7, ["=="] = 6, ["!="] = 6,
    ["&"] = 5, ["^"] = 4, ["|"] = 3, ["&&"] = 2, ["||"] = 1,
}

local type_words = {}
for word in ([[void char short int long float double signed unsigned struct union enum const
    volatile restrict _Bool _Complex __signed__ __const __volatile__ __restrict typeof __typeof__
    __typeof
    __int128 _Float128 __float128 bool]]):gmatch "%S+" do
    type_words[word] = true
end

-- Words that begin no expression, nor a type in parentheses.
local no_operand = {}
for word in ([[extern static inline __inline __inline__ register auto typedef return if else do
    while for switch case default goto break continue _Noreturn __asm__ __asm asm __attribute__
    __attribute __declspec _Alignas __extension__ _Static_assert __thread _Thread_local]]
):gmatch "%S+" do
    no_operand[word] = true
end
for word in pairs(type_words) do
    no_operand[word] = true
end

local type_operators = {
    sizeof = true, _Alignof = true, __alignof__ = true, alignof = true, __alignof = true,
}

-- The parser of one text. A node has `op`, and `from` and `to`, its tokens.
local Parser = {}
Parser.__index = Parser

function Parser:peek(offset)
    local token = self.tokens[self.at + (offset or 0)]
    return token and token.text, token and token.kind
end

local function fail(what)
    error({ reason = what }, 0)
end

function Parser:take(text)
    if self:peek() ~= text then
        fail(("expected '%s', got '%s'"):format(text, self:peek() or "the end"))
    end
    self.at = self.at + 1
end

function Parser:accept(text)
    local found, kind = self:peek()
    if found == text and kind ~= "string" then
        self.at = self.at + 1
        return true
    end
end

function Parser:node(op, from, fields)
    fields = fields or {}
    fields.op, fields.from, fields.to = op, from, self.at - 1
    return fields
end

-- Whether a type begins `offset` tokens further on.
function Parser:at_type(offset)
    local token = self.tokens[self.at + (offset or 0)]
    return token and (token.kind == "type"
        or token.kind == "name" and (type_words[token.text] or self.is_type(token.text)))
end

-- The tokens up to the parenthesis that closes the one before them.
function Parser:skip_to_close()
    local depth = 1
    while true do
        local text, kind = self:peek()
        if not text then
            fail "a parenthesis is not closed"
        elseif kind == "punctuator" and text == "(" then
            depth = depth + 1
        elseif kind == "punctuator" and text == ")" then
            depth = depth - 1
            if depth == 0 then
                return
            end
        end
        self.at = self.at + 1
    end
end

function Parser:arguments()
    local list = {}
    if self:accept ")" then
        return list
    end
    repeat
        if self:at_type() then -- of a builtin: __builtin_offsetof(T, m)
            local from = self.at
            self:skip_type()
            list[#list + 1] = self:node("type", from)
        else
            list[#list + 1] = self:assignment()
        end
    until not self:accept ","
    self:take ")"
    return list
end

-- A type among arguments ends at a comma or the closing parenthesis.
function Parser:skip_type()
    local depth = 0
    while true do
        local text = self:peek()
        if not text or depth == 0 and (text == "," or text == ")") then
            return
        end
        depth = depth + (text == "(" and 1 or text == ")" and -1 or 0)
        self.at = self.at + 1
    end
end

function Parser:primary()
    local from = self.at
    local text, kind = self:peek()
    if not text then
        fail "the expression is not complete"
    elseif self:accept "(" then
        if self:peek() == "{" then
            fail "it is a statement expression"
        end
        local inner = self:comma()
        self:take ")"
        return inner
    elseif kind == "string" then
        while select(2, self:peek()) == "string" do
            self.at = self.at + 1
        end
        return self:node("constant", from)
    elseif kind == "punctuator" or kind == "name" and no_operand[text] then
        fail(("'%s' begins no expression"):format(text))
    end
    local token = self.tokens[from]
    self.at = from + 1
    if kind == "name" then
        return self:node("name", from, { name = text })
    elseif kind == "value" then
        return self:node("value", from, { value = token.value })
    end
    return self:node("constant", from)
end

function Parser:postfix()
    local from = self.at
    local node = self:primary()
    while true do
        if self:accept "(" then
            node = self:node("call", from, { callee = node, arguments = self:arguments() })
        elseif self:accept "[" then
            local index = self:comma()
            self:take "]"
            node = self:node("index", from, { base = node, index = index })
        elseif self:peek() == "." or self:peek() == "->" then
            local arrow = self:peek() == "->"
            local name, kind = self:peek(1)
            if kind ~= "name" then
                fail "a member has no name"
            end
            self.at = self.at + 2
            node = self:node("member", from, { base = node, name = name, arrow = arrow })
        elseif self:peek() == "++" or self:peek() == "--" then
            local operator = self:peek():sub(1, 1)
            self.at = self.at + 1
            node = self:node("step", from, { target = node, operator = operator, after = true })
        else
            node.from, node.to = from, self.at - 1 -- parentheses belong to what they hold
            return node
        end
    end
end

function Parser:cast()
    local from = self.at
    self:take "("
    local first = self.at
    self:skip_to_close()
    local last = self.at - 1
    self:take ")"
    if self:peek() == "{" then
        local depth = 0
        repeat
            local text, kind = self:peek()
            if not text then
                fail "a brace is not closed"
            end
            local open, close = text == "{", text == "}"
            depth = depth + (kind ~= "punctuator" and 0 or open and 1 or close and -1 or 0)
            self.at = self.at + 1
        until depth == 0
        return self:node("literal", from, { first = first, last = last, stop = self.at - 1 })
    end
    return self:node("cast", from, { first = first, last = last, operand = self:unary() })
end

local prefix = {
    ["-"] = true, ["+"] = true, ["!"] = true, ["~"] = true, ["*"] = true, ["&"] = true,
}

function Parser:unary()
    local from = self.at
    local text, kind = self:peek()
    self.depth = self.depth + 1
    if self.depth > 150 then
        fail "it is nested too deeply"
    end
    local node
    if text == "__extension__" then
        self.at = from + 1
        node = self:unary()
    elseif type_operators[text] and kind == "name" then
        self.at = from + 1
        if self:peek() == "(" and self:at_type(1) then
            self:take "("
            self:skip_to_close()
            self:take ")"
        else
            self:unary()
        end
        node = self:node("constant", from)
    elseif kind == "punctuator" and text == "(" and self:at_type(1) then
        node = self:cast()
    elseif kind == "punctuator" and (text == "++" or text == "--") then
        self.at = from + 1
        node = self:node("step", from, { target = self:unary(), operator = text:sub(1, 1) })
    elseif kind == "punctuator" and prefix[text] then
        self.at = from + 1
        local operand = self:unary()
        node = self:node("unary", from, { operator = text, operand = operand })
    else
        node = self:postfix()
    end
    self.depth = self.depth - 1
    return node
end

function Parser:binary(least)
    local from = self.at
    local left = self:unary()
    while true do
        local operator, kind = self:peek()
        local strength = kind == "punctuator" and binding[operator]
        if not strength or strength < least then
            return left
        end
        self.at = self.at + 1
        local right = self:binary(strength + 1)
        left = self:node("binary", from, { operator = operator, left = left, right = right })
    end
end

function Parser:conditional()
    local from = self.at
    local condition = self:binary(1)
    if not self:accept "?" then
        return condition
    end
    local yes = self:peek() ~= ":" and self:comma() or nil -- GNU: a ?: b
    self:take ":"
    local no = self:conditional()
    return self:node("conditional", from, { condition = condition, yes = yes, no = no })
end

function Parser:assignment()
    local from = self.at
    local target = self:conditional()
    local operator = self:peek()
    if not operator or not (operator:find "^[^=!<>]?=$" or operator:find "^[<>][<>]=$") then
        return target
    end
    self.at = self.at + 1
    local value = self:assignment()
    operator = operator:sub(1, -2)
    return self:node("assign", from, { target = target, operator = operator, value = value })
end

function Parser:comma()
    local from = self.at
    local node = self:assignment()
    while self:accept "," do
        local right = self:assignment()
        node = self:node("comma", from, { left = node, right = right })
    end
    return node
end

-- The tree of a list of tokens; nil and the reason when they are no expression.
function expression.parse(tokens, is_type)
    local parser = setmetatable({ tokens = tokens, at = 1, depth = 0, is_type = is_type }, Parser)
    local ok, tree = pcall(function()
        local node = parser:comma()
        if parser:peek() then
            fail(("'%s' follows an expression"):format(parser:peek()))
        end
        return node
    end)
    if ok then
        return tree
    elseif type(tree) == "table" then
        return nil, tree.reason
    end
    error(tree, 0)
end

-- Whether the outermost operator compares: such a value is true or false.
function expression.is_condition(node)
    if node.op == "unary" then
        return node.operator == "!"
    elseif node.op == "binary" then
        local strength = binding[node.operator]
        return strength == 6 or strength == 7 or strength <= 2
    elseif node.op == "comma" then
        return expression.is_condition(node.right)
    elseif node.op == "call" and node.callee.name == "__builtin_expect" and node.arguments[1] then
        return expression.is_condition(node.arguments[1])
    end
    return false
end

-- ---- text again --------------------------------------------------------------------------------

-- The C text of tokens `from` to `to`, and the types that stand for its "$".
function expression.text(tokens, from, to)
    local words, types = {}, {}
    for i = from, to do
        words[#words + 1] = tokens[i].text
        types[#types + 1] = tokens[i].ctype
    end
    return table.concat(words, " "), types
end

return expression
