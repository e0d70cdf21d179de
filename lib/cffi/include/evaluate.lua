-- The value of a C expression whose parts are Lua values and C objects. What is constant is the
-- core's to evaluate, with C's types; calls, members and pointers are looked at here. Raises tables
-- { reason = } for what it cannot do; errors of calls pass through.
local expression = require "cffi.include.expression"

local evaluate = {}

local function refuse(format, ...)
    error({ reason = format:format(...) }, 0)
end

-- ---- Lua values as C text ----------------------------------------------------------------------

local function float_text(value)
    if value ~= value then
        return "(0.0/0.0)"
    elseif value == math.huge or value == -math.huge then
        return value > 0 and "(1.0/0.0)" or "(-1.0/0.0)"
    end
    return ("(%a)"):format(value)
end

-- A number, boolean or nil as C text; nil for all else.
function evaluate.text_of(value)
    if math.type(value) == "integer" then
        if value == math.mininteger then
            return "(-9223372036854775807-1)"
        end
        return value < 0 and ("(%d)"):format(value) or ("%d"):format(value)
    elseif type(value) == "number" then
        return float_text(value)
    elseif type(value) == "boolean" then
        return value and "1" or "0"
    elseif value == nil then
        return "((void *)0)"
    end
end

-- ---- evaluation --------------------------------------------------------------------------------

-- What evaluates one tree: `tokens` of it, the scope `ffi`, and lookup(name) for names.
local Evaluator = {}
Evaluator.__index = Evaluator

local function truth(value)
    return value ~= nil and value ~= 0 and value ~= false and value ~= 0.0
end

function Evaluator:is_null(value)
    return value == nil or self.ffi.type(value) == "cdata" and self.ffi.isnull(value)
end

function Evaluator:is_true(value)
    return truth(value) and not (type(value) == "userdata" and self:is_null(value))
end

-- The core's value of a range of tokens, or nil.
function Evaluator:constant(from, to)
    local text, types = expression.text(self.tokens, from, to)
    local ok, value = pcall(self.ffi.eval, text, table.unpack(types))
    if ok then
        return true, type(value) == "string" and value or self.ffi.toretval(value)
    end
    return false, value
end

local dynamic = {
    call = true, member = true, index = true, step = true, assign = true, value = true,
    literal = true,
}

-- Whether nothing but constants is in it. Names may be enumerators.
function Evaluator:is_constant(node)
    local operator = node.op == "unary" and node.operator
    if dynamic[node.op] or operator == "*" or operator == "&" then
        return false
    elseif node.op == "name" then
        local kind = self.ffi.declaration(node.name)
        return kind == "constant" or kind == "macro" or kind == nil
    end
    for _, part in ipairs { "left", "right", "operand", "condition", "yes", "no" } do
        if node[part] and not self:is_constant(node[part]) then
            return false
        end
    end
    return true
end

function Evaluator:type_of(first, last)
    local text, types = expression.text(self.tokens, first, last)
    local ok, ct = pcall(self.ffi.typeof, text, table.unpack(types))
    if ok then
        return ct
    end
    local stop = text:match "^_*typeof_* %( .* %)()" -- of an object that is no constant
    if stop == #text + 1 then
        return nil
    end
    refuse("'%s' is no type", text)
end

local handlers = {}

function Evaluator:value(node)
    if node.op ~= "constant" and self:is_constant(node) then
        local ok, value = self:constant(node.from, node.to)
        if ok then
            return value
        end
    end
    return handlers[node.op](self, node)
end

function handlers.constant(self, node)
    local ok, value = self:constant(node.from, node.to)
    if not ok then
        refuse("%s", (value:gsub("\n.*", ""):gsub("^%d+:%d+: ", "")))
    end
    return value
end

function handlers.value(_, node)
    return node.value
end

function handlers.name(self, node)
    return self.lookup(node.name)
end

local builtins = {}

function builtins.__builtin_expect(self, arguments)
    return self:value(arguments[1])
end

function builtins.__builtin_constant_p()
    return 0
end

function builtins.__builtin_choose_expr(self, arguments)
    return self:value(arguments[self:is_true(self:value(arguments[1])) and 2 or 3])
end

-- What has effects does not run only because names are listed.
function Evaluator:check_listing()
    if self.listing then
        refuse "it calls or changes something"
    end
end

function handlers.call(self, node)
    local builtin = builtins[node.callee.name]
    if builtin then
        return builtin(self, node.arguments)
    end
    local whole, constant = self:constant(node.from, node.to) -- __builtin_offsetof and the like
    if whole then
        return constant
    end
    self:check_listing()
    local callee = node.callee
    while callee.op == "unary" and (callee.operator == "*" or callee.operator == "&") do
        callee = callee.operand
    end
    local fn, values = self:value(callee), {}
    for i, argument in ipairs(node.arguments) do
        if argument.op == "type" then
            refuse("'%s' takes a type", node.callee.name)
        end
        values[i] = self:value(argument)
    end
    return fn(table.unpack(values, 1, #node.arguments))
end

-- A Lua function or string passes as itself: what it becomes depends on where it goes.
function handlers.cast(self, node)
    local ct = self:type_of(node.first, node.last)
    local value = self:value(node.operand)
    if ct == nil or type(value) == "function" or type(value) == "string" then
        return value
    end
    local kind = self.ffi.reflect(ct).kind
    if kind == "void" then
        return nil
    elseif kind == "pointer" and value == nil then
        return nil
    elseif type(value) == "boolean" then
        value = value and 1 or 0
    end
    local cast = self.ffi.cast(ct, value)
    return kind == "pointer" and cast or self.ffi.toretval(cast)
end

local aggregates = { array = true, struct = true, union = true }

-- A compound literal: a new object each time.
function handlers.literal(self, node)
    local ct = self:type_of(node.first, node.last)
    if ct == nil then
        refuse "it is a compound literal of a type that is not known before"
    end
    local list = self.initialiser(table.move(self.tokens, node.last + 2, node.stop, 1, {}))
    if not aggregates[self.ffi.reflect(ct).kind] then
        return self.ffi.toretval(self.ffi.new(ct, table.unpack(list)))
    end
    return self.ffi.new(ct, list)
end

-- The struct that "->" or "." takes a member of: an array is a pointer to its first element.
function Evaluator:aggregate(node)
    local base = self:value(node.base)
    if node.arrow and self.ffi.type(base) == "cdata" and self.ffi.reflect(base).kind == "array" then
        return base[0]
    end
    return base
end

function handlers.member(self, node)
    return self:aggregate(node)[node.name]
end

function handlers.index(self, node)
    return self:value(node.base)[self:value(node.index)]
end

function handlers.unary(self, node)
    if node.operator == "&" then
        return self:address(node.operand)
    end
    local value = self:value(node.operand)
    if node.operator == "*" then
        return value[0]
    elseif node.operator == "!" then
        return self:is_true(value) and 0 or 1
    end
    return self:combine(("%s (%%s)"):format(node.operator), value)
end

-- Type and offset of a member, also of an unnamed struct inside; nil when there is none.
local function find_member(ffi, ct, name)
    for _, member in ipairs(ffi.reflect(ct).members or {}) do
        if member.name == name then
            return member.type, member.offset
        elseif not member.name and not member.width then
            local inner, offset = find_member(ffi, member.type, name)
            if inner then
                return inner, member.offset + offset
            end
        end
    end
end

local function member_address(ffi, object, name)
    local described = ffi.reflect(object)
    local pointer = described.kind == "pointer"
    local ct, offset = find_member(ffi, pointer and described.target or ffi.typeof(object), name)
    if not ct then
        return ffi.addressof(object[name]) -- raises
    end
    local bytes = ffi.cast("char *", pointer and object or ffi.addressof(object))
    return ffi.cast(ffi.typeof("$ *", ct), bytes + offset)
end

-- Where an expression lies.
function Evaluator:address(node)
    local ffi = self.ffi
    if node.op == "name" then
        return self.address_of(node.name)
    elseif node.op == "value" then
        return ffi.addressof(node.value)
    elseif node.op == "literal" then
        return ffi.addressof(self:value(node))
    elseif node.op == "unary" and node.operator == "*" then
        return self:value(node.operand)
    elseif node.op == "member" then
        return member_address(ffi, self:aggregate(node), node.name)
    elseif node.op == "index" then
        return self:value(node.base) + self:value(node.index)
    end
    refuse "'&' wants an object"
end

-- An operator on numbers that were read, as the core evaluates it.
function Evaluator:combine(format, ...)
    local texts = {}
    for i = 1, select("#", ...) do
        local value = select(i, ...)
        if self.ffi.type(value) == "cdata" and self.ffi.math_type(value) then
            texts[i] = ("((%s)%s)"):format(self.ffi.reflect(value).name, tostring(value))
        else
            texts[i] = evaluate.text_of(value)
        end
        if not texts[i] or value == nil then
            refuse("it calculates with a %s", self.ffi.type(value))
        end
    end
    return self.ffi.toretval(self.ffi.eval(format:format(table.unpack(texts))))
end

local function is_pointer(ffi, value)
    return ffi.type(value) == "cdata" and not ffi.math_type(value)
end

function handlers.binary(self, node)
    local operator = node.operator
    local left = self:value(node.left)
    if operator == "&&" then
        return self:is_true(left) and self:is_true(self:value(node.right)) and 1 or 0
    elseif operator == "||" then
        return (self:is_true(left) or self:is_true(self:value(node.right))) and 1 or 0
    end
    local right = self:value(node.right)
    if left == nil or right == nil or is_pointer(self.ffi, left) or is_pointer(self.ffi, right) then
        if operator == "==" or operator == "!=" then
            return self:same_pointer(left, right) == (operator == "==") and 1 or 0
        elseif operator == "+" then
            return left + right
        elseif operator == "-" then
            return left - right
        end
    end
    return self:combine(("(%%s) %s (%%s)"):format(operator:gsub("%%", "%%%%")), left, right)
end

function Evaluator:same_pointer(left, right)
    local function address(value)
        return (value == nil or value == 0) and 0
            or self.ffi.tonumber(self.ffi.cast("uintptr_t", value))
    end
    return address(left) == address(right)
end

function handlers.conditional(self, node)
    local condition = self:value(node.condition)
    if self:is_true(condition) then
        return node.yes and self:value(node.yes) or not node.yes and condition or nil
    end
    return self:value(node.no)
end

function handlers.comma(self, node)
    self:value(node.left)
    return self:value(node.right)
end

-- ---- assignments -------------------------------------------------------------------------------

-- The object and key that a target stands for.
function Evaluator:place(node)
    if node.op == "member" then
        return self:aggregate(node), node.name
    elseif node.op == "index" then
        return self:value(node.base), self:value(node.index)
    elseif node.op == "unary" and node.operator == "*" then
        return self:value(node.operand), 0
    elseif node.op == "name" then
        return self.variables, node.name
    elseif node.op == "cast" or node.op == "value" then
        refuse "it assigns to an argument"
    end
    refuse "it assigns to what is no object"
end

function handlers.assign(self, node)
    self:check_listing()
    local object, key = self:place(node.target)
    local value = self:value(node.value)
    if node.operator ~= "" then
        local format = ("(%%s) %s (%%s)"):format(node.operator:gsub("%%", "%%%%"))
        local old = object[key]
        if is_pointer(self.ffi, old) then
            value = node.operator == "+" and old + value or old - value
        else
            value = self:combine(format, old, value)
        end
    end
    object[key] = value
    return object[key]
end

function handlers.step(self, node)
    self:check_listing()
    local object, key = self:place(node.target)
    local old = object[key]
    local by = node.operator == "+" and 1 or -1
    object[key] = is_pointer(self.ffi, old) and old + by
        or self:combine("(%s) + (%s)", old, by)
    return node.after and old or object[key]
end

-- Evaluates a tree. `env`: tokens, ffi, lookup(name), address_of(name), variables, initialiser(a
-- list of tokens in braces), and `listing`: whether the value is only listed.
function evaluate.run(tree, env)
    return setmetatable(env, Evaluator):value(tree)
end

return evaluate
