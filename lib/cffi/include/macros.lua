-- What macros are in Lua: object-like ones their value, function-like ones functions. Their texts
-- are what the compiler expanded them to; nothing is evaluated before it is asked for.
--
-- `state` is what they are evaluated in: `ffi`, lookup(name) for functions, variables and types,
-- address_of(name), and `variables`, a table through which variables are written. Its `active`
-- lists the macros that run: a name among them is no macro, as C has it. `listing`: see
-- evaluate.run.
local evaluate = require "cffi.include.evaluate"
local expression = require "cffi.include.expression"
local reader = require "cffi.include.reader"

local macros = {}

-- The first line of a message, without the position in a text that the user never wrote.
local function reason_of(message)
    if type(message) == "table" then
        return message.reason
    end
    return (tostring(message):gsub("\n.*", ""):gsub("^%d+:%d+: ", "")
        :gsub("^[^\n:]*cffi/include/%l+%.lua:%d+: ", ""))
end

local function is_type(state)
    return function(name)
        return state.ffi.declaration(name) == "typedef"
    end
end

local initialiser, computed

-- What stands in an initialiser between commas: a constant, or anything that has a value.
local function constant_of(state, tokens)
    local text, types = expression.text(tokens, 1, #tokens)
    local value = state.ffi.eval(text, table.unpack(types))
    return type(value) == "string" and value or state.ffi.toretval(value)
end

local function any_of(state, tokens)
    local ok, value = pcall(constant_of, state, tokens)
    if ok then
        return value
    end
    return computed(state, tokens)
end

local function run(state, tree, tokens)
    return evaluate.run(tree, {
        ffi = state.ffi,
        tokens = tokens,
        lookup = state.lookup,
        address_of = state.address_of,
        variables = state.variables,
        listing = state.listing,
        initialiser = function(braces) return initialiser(state, braces, any_of) end,
    })
end

-- ---- object-like macros ------------------------------------------------------------------------

-- One element of a brace initialiser: the key its designator gives, and its value.
local function element(state, tokens, from, to, value_of)
    local key
    if tokens[from].text == "." and tokens[from + 2] and tokens[from + 2].text == "=" then
        key, from = tokens[from + 1].text, from + 3
    elseif tokens[from].text == "[" or tokens[from].text == "." then
        error({ reason = "its initialiser has designators of several levels or of elements" }, 0)
    end
    if tokens[from].text == "{" then
        return key, initialiser(state, table.move(tokens, from, to, 1, {}), value_of)
    end
    return key, value_of(state, table.move(tokens, from, to, 1, {}))
end

-- "{ 0, { 1 }, .x = 3 }" as a table for ffi.new. A NULL is 0, which a pointer takes as well, and
-- keeps its place. value_of(state, tokens) evaluates what is no brace: constants, unless given.
function initialiser(state, tokens, value_of)
    local list, count, depth, from = {}, 0, 0, 2
    for i = 2, #tokens do
        local text = tokens[i].kind == "punctuator" and tokens[i].text or ""
        if depth == 0 and (text == "," or i == #tokens) then
            if i > from then
                local key, value = element(state, tokens, from, i - 1, value_of or constant_of)
                count = count + (key and 0 or 1)
                list[key or count] = value == nil and 0 or value
            end
            from = i + 1
        elseif text == "{" or text == "(" then
            depth = depth + 1
        elseif text == "}" or text == ")" then
            depth = depth - 1
        end
    end
    return list
end

local function closes_at_end(tokens)
    local depth = 0
    for i, token in ipairs(tokens) do
        local text = token.kind == "punctuator" and token.text
        depth = depth + (text == "{" and 1 or text == "}" and -1 or 0)
        if depth == 0 then
            return i == #tokens
        end
    end
    return false
end

-- The parts of a text between commas that stand outside all parentheses. One with such commas is a
-- list, for an initialiser or for arguments, rather than what C's comma operator makes of it.
local function parts_of(tokens)
    local depth, parts = 0, { {} }
    for _, token in ipairs(tokens) do
        local text = token.kind == "punctuator" and token.text
        if text == "," and depth == 0 then
            parts[#parts + 1] = {}
        else
            table.insert(parts[#parts], token)
        end
        local opens = text == "(" or text == "{" or text == "["
        local closes = text == ")" or text == "}" or text == "]"
        depth = depth + (opens and 1 or closes and -1 or 0)
    end
    return parts
end

-- The value of an expression that is no constant: a call, say. It is asked for each time anew.
function computed(state, tokens)
    local tree, why = expression.parse(tokens, is_type(state))
    if not tree then
        error({ reason = why }, 0)
    elseif tree.op == "name" then
        return state.lookup(tree.name)
    end
    return run(state, tree, tokens)
end

-- A text in which NULL is left, for its header does not include what defines it, as if it did.
local function with_null(text)
    if not text:find("NULL", 1, true) or text:find('"', 1, true) then
        return text
    end
    return (text:gsub("%f[%w_]NULL%f[^%w_]", "((void *)0)"))
end

-- The value of an object-like macro whose expansion is `text`, and whether it will always be that.
function macros.value(state, name, text)
    if text == "" then
        return true, true
    end
    text = with_null(text)
    local tokens = expression.tokens(text)
    if text:find(",", 1, true) and parts_of(tokens)[2] then
        local ok, list = pcall(initialiser, state, expression.tokens("{" .. text .. "}"))
        if ok then
            return list, false
        end
    end
    local ok, value = pcall(state.ffi.eval, text)
    if ok then
        return type(value) == "string" and value or state.ffi.toretval(value), true
    end
    local is_ct, ct = pcall(state.ffi.typeof, text)
    if is_ct then
        return ct, true
    end
    local found, result
    local outer = state.active
    state.active = { name = name, outer = outer }
    if tokens[1].text == "{" and closes_at_end(tokens) then
        found, result = pcall(initialiser, state, tokens)
    else
        found, result = pcall(computed, state, tokens)
    end
    state.active = outer
    if not found then
        error(("macro '%s' is no constant: %s (it is %s)"):format(name,
            reason_of(result), macros.shown(text)), 0)
    end
    return result, false
end

-- A macro's text for a message.
function macros.shown(text)
    text = text:gsub(reader.placeholder .. "(%d+)_", "a%1"):gsub(reader.rest, "...")
    return #text <= 70 and text or text:sub(1, 67) .. "..."
end

-- ---- function-like macros ----------------------------------------------------------------------

local placeholder = "^" .. reader.placeholder .. "(%d+)_$"
local inside = reader.placeholder .. "(%d+)_"

-- Which argument a token is; "rest" for those after the named ones.
local function argument_of(token)
    if token.kind ~= "name" then
        return nil
    elseif token.text == reader.rest then
        return "rest"
    end
    return tonumber(token.text:match(placeholder))
end

local type_operators = {
    sizeof = true, _Alignof = true, __alignof__ = true, alignof = true, typeof = true,
    __typeof__ = true, __typeof = true, __builtin_offsetof = true,
    __builtin_types_compatible_p = true, offsetof = true,
}

local tags = { struct = true, union = true, enum = true }

-- Where a string argument is a type, a member's name, or C's string.
local function role_of(tokens, i)
    local before, after = tokens[i - 1], tokens[i + 1]
    local operator = tokens[i - 2]
    if before and (before.text == "." or before.text == "->" or tags[before.text]) then
        return "name"
    elseif before and before.text == "," and tokens[i - 4]
        and tokens[i - 4].text == "__builtin_offsetof" then
        return "name"
    elseif not before or before.text ~= "(" or not after then
        return "string"
    elseif operator and type_operators[operator.text] then
        return "type"
    end
    local j = i + 1
    while tokens[j] and (tokens[j].text == "*" or tokens[j].text == "const") do
        j = j + 1
    end
    local close, follows = tokens[j], tokens[j + 1]
    if close and close.text == ")" and follows and (j > i + 1 or follows.text == "("
        or follows.kind ~= "punctuator") then
        return "type"
    end
    return "string"
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t" }

local function quoted(text)
    return '"' .. text:gsub('["\\%c]', function(c)
        return escapes[c] or ("\\%03o"):format(c:byte())
    end) .. '"'
end

-- The token that an argument becomes in a role.
local function token_of(state, value, role)
    local ffi = state.ffi
    local text = evaluate.text_of(value)
    if text then
        return { kind = "number", text = text, given = true }
    elseif type(value) == "string" then
        if role == "string" then
            return { kind = "string", text = quoted(value) }
        end
        return { kind = role, text = value }
    elseif ffi.type(value) == "ctype" then
        return { kind = "type", text = "$", ctype = value }
    elseif ffi.type(value) == "cdata" and ffi.math_type(value) == "integer" then
        return { kind = "number", text = ("(($)%s)"):format(tostring(ffi.tonumber(value))),
            ctype = ffi.typeof(value) }
    end
    return { kind = "value", text = "argument", value = value }
end

-- An argument where ## or # made it a part of a token: as it would be written.
local function pasted(value, is_string)
    local text = type(value) == "string" and value or evaluate.text_of(value)
    if not text then
        error({ reason = "it takes an argument apart that is no number and no text" }, 0)
    end
    return is_string and quoted(text):sub(2, -2) or text
end

-- Adds what the arguments after the named ones become, and their commas; without any, the comma
-- before them goes.
local function add_rest(state, out, arguments, count)
    if arguments.n <= count and out[#out] and out[#out].text == "," then
        out[#out] = nil
    end
    for i = count + 1, arguments.n do
        if i > count + 1 then
            out[#out + 1] = { kind = "punctuator", text = "," }
        end
        out[#out + 1] = token_of(state, arguments[i], "string")
    end
end

-- The tokens of a call.
local function substitute(state, macro, arguments)
    local out = {}
    for i, token in ipairs(macro.tokens) do
        local which = argument_of(token)
        if which == "rest" then
            add_rest(state, out, arguments, macro.count)
        elseif which then
            out[#out + 1] = token_of(state, arguments[which], role_of(macro.tokens, i))
        elseif token.text:find(reader.placeholder, 1, true) then
            local text = token.text:gsub(inside, function(n)
                return pasted(arguments[tonumber(n)], token.kind == "string")
            end)
            table.move(expression.tokens(text), 1, 1, #out + 1, out)
        else
            out[#out + 1] = token
        end
    end
    return out
end

-- What a macro is, found out once: tokens, and whether its value is true or false.
local function prepare(state, macro)
    macro.tokens = expression.tokens(with_null(macro.text))
    macro.is_list = parts_of(macro.tokens)[2] ~= nil
    if macro.is_list then
        return
    end
    local tree = expression.parse(macro.tokens, is_type(state))
    macro.condition = tree and expression.is_condition(tree)
end

-- The tokens with integers of the caller as wide as Lua's: a macro may shift more than an int has.
local function widened(tokens)
    local out = {}
    for i, token in ipairs(tokens) do
        local wide = token.given and token.text:find "^%d+$"
        out[i] = wide and { kind = "number", text = token.text .. "LL" } or token
    end
    return out
end

-- The value of an expression in which arguments stand.
local function value_of(state, tokens)
    local dynamic = false
    for _, token in ipairs(tokens) do
        dynamic = dynamic or token.kind == "value"
    end
    if not dynamic then
        local text, types = expression.text(tokens, 1, #tokens)
        local ok, value = pcall(state.ffi.eval, text, table.unpack(types))
        if not ok and value:find "shift by %d+ is out of range" then
            text, types = expression.text(widened(tokens), 1, #tokens)
            ok, value = pcall(state.ffi.eval, text, table.unpack(types))
        end
        if ok then
            return type(value) == "string" and value or state.ffi.toretval(value)
        end
    end
    local tree, why = expression.parse(tokens, is_type(state))
    if not tree then
        error({ reason = why }, 0)
    end
    return run(state, tree, tokens)
end

-- What a call gives: an initialiser in braces a table, a list of arguments one value for each.
local function call(state, macro, arguments)
    local tokens = substitute(state, macro, arguments)
    if tokens[1] and tokens[1].text == "{" and closes_at_end(tokens) then
        return initialiser(state, tokens, value_of)
    elseif not macro.is_list then
        return value_of(state, tokens)
    end
    local values = table.pack()
    for i, part in ipairs(parts_of(tokens)) do
        values[i], values.n = value_of(state, part), i
    end
    return table.unpack(values, 1, values.n)
end

local function check_count(name, macro, n)
    if n == macro.count or macro.variadic and n > macro.count then
        return
    end
    error(("macro '%s' takes %s%d argument%s, got %d"):format(name,
        macro.variadic and "at least " or "", macro.count, macro.count == 1 and "" or "s", n), 3)
end

-- A Lua function for a function-like macro { text =, count =, variadic = }.
function macros.callable(state, name, macro)
    return function(...)
        check_count(name, macro, select("#", ...))
        if not macro.tokens then
            prepare(state, macro)
        end
        local outer = state.active
        state.active = { name = name, outer = outer }
        local result = table.pack(pcall(call, state, macro, table.pack(...)))
        state.active = outer
        local value = result[2]
        if not result[1] then
            error(("macro '%s' cannot be called: %s (it is %s)"):format(name, reason_of(value),
                macros.shown(macro.text)), 2)
        elseif macro.condition and value ~= nil then
            return value ~= 0 and value ~= false
        end
        return table.unpack(result, 2, result.n)
    end
end

return macros
