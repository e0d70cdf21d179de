-- What the Fiddle classes take for a type, and how values of a type come back from C. A type is a
-- TYPE_* number, a Fiddle name ("voidp"), C text, a ctype, or a cdata; all become ctypes of the
-- core.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"

local types = {}

-- Fiddle's type numbers; the unsigned type is the negative of the signed one.
local CODES = {
    VOID = 0, VOIDP = 1, CHAR = 2, SHORT = 3, INT = 4, LONG = 5, LONG_LONG = 6, FLOAT = 7,
    DOUBLE = 8, VARIADIC = 9, CONST_STRING = 10, BOOL = 11,
}
local UNSIGNED = { "CHAR", "SHORT", "INT", "LONG", "LONG_LONG" }
-- C types that are numbers of their width, with the sign.
local WIDTHS = {
    INT8_T = 1, INT16_T = 1, INT32_T = 1, INT64_T = 1, SSIZE_T = 1, PTRDIFF_T = 1, INTPTR_T = 1,
    UINT8_T = -1, UINT16_T = -1, UINT32_T = -1, UINT64_T = -1, SIZE_T = -1, UINTPTR_T = -1,
}

-- Fiddle's `char` is signed on every machine.
local CHAR = ffi.cast("char", -1) < 0 and "char" or "signed char"

-- Names that are no C, or not C's.
local NAMES = {
    voidp = "void *", const_string = "const char *", long_long = "long long", variadic = "...",
    uchar = "unsigned char", ushort = "unsigned short", uint = "unsigned int",
    ulong = "unsigned long", ulong_long = "unsigned long long",
}

types.VARIADIC = "..."
types.constants = {} -- name without TYPE_ -> number

local text_of = {} -- number -> C text

for name, code in pairs(CODES) do
    types.constants[name] = code
    text_of[code] = NAMES[name:lower()] or name:lower()
end
text_of[CODES.CHAR] = CHAR
for _, name in ipairs(UNSIGNED) do
    types.constants["U" .. name] = -CODES[name]
    text_of[-CODES[name]] = NAMES["u" .. name:lower()]
end
for name, sign in pairs(WIDTHS) do
    local size = ffi.sizeof(name:lower())
    for _, base in ipairs { "CHAR", "SHORT", "INT", "LONG", "LONG_LONG" } do
        if ffi.sizeof(text_of[CODES[base]]) == size then
            types.constants[name] = sign * CODES[base]
            break
        end
    end
end

local function c_text(scope, text)
    if text == types.VARIADIC or NAMES[text] == types.VARIADIC then
        return types.VARIADIC
    end
    return errors.guard(scope.typeof, NAMES[text] or text)
end

local function of_number(scope, code)
    local text = text_of[code]
    if not text then
        errors.raise("TypeError", "unknown type %s", tostring(code))
    elseif text == types.VARIADIC then
        return text
    end
    return scope.typeof(text)
end

-- The ctype for `t`, or types.VARIADIC. C text is read in `scope` (the default one unless given).
function types.resolve(t, scope)
    scope = types.scope(scope)
    if type(t) == "string" then
        return c_text(scope, t)
    elseif type(t) == "number" then
        return of_number(scope, t)
    end
    local kind = ffi.type(t)
    if kind == "ctype" then
        return t
    elseif kind == "cdata" then
        return ffi.typeof(t)
    elseif type(t) == "table" and ffi.type(t.ctype) == "ctype" then
        return t.ctype
    end
    errors.raise("TypeError", "C type expected, got %s", kind)
end

-- Likewise, of a type that has values: not "...".
function types.resolve_value(t, scope)
    local ct = types.resolve(t, scope)
    if ct == types.VARIADIC then
        errors.raise("TypeError", "'...' is no type of a value")
    end
    return ct
end

-- Likewise, of a type whose values have a size: objects in memory.
function types.resolve_object(t, scope)
    local ct = types.resolve_value(t, scope)
    if not ffi.sizeof(ct) then
        errors.raise("TypeError", "size of '%s' is unknown", types.text(ct))
    end
    return ct
end

-- The scope that C text is read in: the one given, else the default.
function types.scope(scope)
    if scope ~= nil and (type(scope) ~= "table" or type(scope.cdef) ~= "function") then
        errors.raise("TypeError", "scope of ffi.scope expected, got %s", ffi.type(scope))
    end
    return scope or ffi
end

local function is_void(ct)
    return ct ~= types.VARIADIC and ffi.reflect(ct).kind == "void"
end

-- The C text of the parameters, with the ctypes for its "$" appended to `args`.
local function parameter_text(params, args, scope)
    local words = {}
    for i, param in ipairs(params) do
        local ct = types.resolve(param, scope)
        if ct == types.VARIADIC and i < #params then
            errors.raise("ArgumentError", "'...' must be the last parameter")
        elseif ct == types.VARIADIC then
            words[i] = "..."
        elseif is_void(ct) and #params == 1 then
            break
        else
            words[i] = "$"
            args[#args + 1] = ct
        end
    end
    return #words > 0 and table.concat(words, ", ") or "void"
end

-- The function type with these parameters and result.
function types.function_type(result, params, scope)
    if type(params) ~= "table" or getmetatable(params) then
        errors.raise("TypeError", "list of parameter types expected, got %s", ffi.type(params))
    end
    local args = { types.resolve_value(result, scope) }
    local text = "$(" .. parameter_text(params, args, scope) .. ")"
    return errors.guard((scope or ffi).typeof, text, table.unpack(args))
end

-- The function type of a function type or of a pointer to one, else nil.
function types.as_function(ct)
    local info = ffi.reflect(ct)
    if info.kind == "pointer" then
        ct = info.target
        info = ffi.reflect(ct)
    end
    if info.kind == "function" then
        return ct, info
    end
end

-- Whether C passes values of the two types in the same way: pointers to whatever, integers of one
-- size.
local function same_value(a, b)
    if a == b then
        return true
    end
    a, b = ffi.reflect(a), ffi.reflect(b)
    local kind = a.kind == "enum" and "int" or a.kind
    return kind == (b.kind == "enum" and "int" or b.kind) and a.size == b.size
        and (kind == "pointer" or kind == "int")
end

local function same_call(a, b)
    a, b = ffi.reflect(a), ffi.reflect(b)
    if a.variadic ~= b.variadic or #a.params ~= #b.params or not same_value(a.result, b.result) then
        return false
    end
    for i, param in ipairs(a.params) do
        if not same_value(param, b.params[i]) then
            return false
        end
    end
    return true
end

-- Refuses the function type `own` where C expects a pointer of type `wanted`: Fiddle's types say
-- "pointer", not to what, so parameters may differ in that, but in nothing else.
function types.check_callable(own, wanted)
    local target = wanted and types.as_function(wanted)
    if target and target ~= own and not same_call(own, target) then
        errors.raise("TypeError", "cannot convert a function '%s' to '%s'", types.text(own),
            types.text(wanted))
    end
end

-- How a value of type `ct` that came from C is given to Lua: nil when as it is, else a function.
-- Text becomes a string, a pointer to a function a Function, any other pointer a Pointer.
function types.from_c(ct)
    local info = ffi.reflect(ct)
    if info.kind ~= "pointer" then
        return nil
    end
    local target = ffi.reflect(info.target)
    if target.name == "const char" then
        return function(value)
            return value and ffi.string(value)
        end
    end
    local wrap = require("cffi.fiddle.pointer").wrap
    if target.kind == "function" then
        local Function = require "cffi.fiddle.function"
        return function(value)
            return value and Function(value, ct)
        end
    end
    return function(value)
        return value and wrap(value)
    end
end

-- fn, with strings as results: C gets the address of text that lives in `kept`.
local function giving_text(fn, kept)
    return function(...)
        local text = fn(...)
        if type(text) ~= "string" then
            return text
        end
        kept[text] = kept[text] or ffi.new("const char *[1]", { text })
        return kept[text][0]
    end
end

-- fn, with what C passes to it converted.
local function taking(fn, params)
    local converters, any = {}, false
    for i, param in ipairs(params) do
        converters[i] = types.from_c(param) or false
        any = any or converters[i]
    end
    if not any then
        return type(fn) == "function" and fn or function(...)
            return fn(...)
        end
    end
    return function(...)
        local args = table.pack(...)
        for i, convert in ipairs(converters) do
            if convert then
                args[i] = convert(args[i])
            end
        end
        return fn(table.unpack(args, 1, args.n))
    end
end

-- The function that C calls as a `ct` when Lua's is fn, any callable: values are converted as those
-- of a Function are. Strings that it returns live in the table `kept`.
function types.for_c(fn, ct, kept)
    local info = ffi.reflect(ct)
    local body = taking(fn, info.params)
    if types.text(info.result) == "const char *" then
        body = giving_text(body, kept)
    end
    return body
end

-- A ctype's C text, without the dress of tostring.
function types.text(ct)
    return ffi.reflect(ct).name
end

-- Sizes and alignments: name -> C text, for the constants SIZEOF_* and ALIGN_*.
types.measured = {
    VOIDP = "void *", CHAR = "char", UCHAR = "unsigned char", SHORT = "short",
    USHORT = "unsigned short", INT = "int", UINT = "unsigned int", LONG = "long",
    ULONG = "unsigned long", LONG_LONG = "long long", ULONG_LONG = "unsigned long long",
    FLOAT = "float", DOUBLE = "double", CONST_STRING = "const char *", BOOL = "bool",
}
for name in pairs(WIDTHS) do
    types.measured[name] = name:lower()
end

return types
