-- Signatures: C text read by the core into a name, a function type and names of parameters.
-- Nothing here looks into the text.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local types = require "cffi.fiddle.types"

local signature = {}

-- Where a parse error points, as one number.
local function progress(message)
    local line, column = tostring(message):match "^(%d+):(%d+):"
    return line and tonumber(line) * 1e6 + tonumber(column) or 0
end

local function only_function(list, text)
    local found
    for _, decl in ipairs(list) do
        if decl.kind == "function" then
            if found then
                errors.raise("ArgumentError", "one function expected, got more: '%s'", text)
            end
            found = decl
        end
    end
    if not found then
        errors.raise("ArgumentError", "'%s' declares no function", text)
    end
    return found
end

-- A table with type (a function type), and name, names, and the text as given when it has them.
-- `text` may also be a function type without a name: "double(double)", or a pointer to one.
function signature.read(text, scope)
    scope = scope or ffi
    if type(text) ~= "string" then
        errors.raise("TypeError", "C text of a signature expected, got %s", ffi.type(text))
    end
    local ok, list = pcall(scope.parse, text)
    if ok then
        local decl = only_function(list, text)
        decl.given = #list == 1 and text or nil
        return decl
    end
    local is_type, ct = pcall(scope.typeof, text)
    if is_type then
        local fn = types.as_function(ct)
        if not fn then
            errors.raise("ArgumentError", "'%s' is no function type", text)
        end
        return { type = fn }
    end
    errors.rethrow(progress(ct) > progress(list) and ct or list)
end

-- The function type and the options of Function(ptr, ...) and Closure(...): either a signature,
-- or parameters and a result. `rest` are the arguments; returns type, declaration or nil, next
-- argument.
function signature.of_arguments(first, second, scope)
    if type(first) == "table" and not getmetatable(first) then
        return types.function_type(second, first, scope), nil, 2
    elseif ffi.type(first) == "ctype" then
        local fn = types.as_function(first)
        if not fn then
            errors.raise("TypeError", "function type expected, got '%s'", types.text(first))
        end
        return fn, nil, 1
    elseif type(first) == "string" then
        local decl = signature.read(first, scope)
        return decl.type, decl, 1
    end
    errors.raise("TypeError", "list of parameter types or signature expected, got %s",
        ffi.type(first))
end

-- ---- Fiddle's functions -------------------------------------------------------------------------

-- An alias table, as Fiddle's parsers take, becomes a scope that knows the aliases.
local function scope_with(aliases)
    if aliases == nil then
        return ffi
    elseif type(aliases) ~= "table" or getmetatable(aliases) then
        errors.raise("TypeError", "table of aliases expected, got %s", ffi.type(aliases))
    end
    local scope = ffi.scope()
    for name, original in pairs(aliases) do
        errors.guard(scope.cdef, "typedef $ $;", types.resolve_value(original, scope), name)
    end
    return scope
end

-- "double sum(double *, int)" -> "sum", result ctype, list of parameter ctypes ("..." for a
-- variadic end)
function signature.parse_signature(text, aliases)
    local decl = signature.read(text, scope_with(aliases))
    local info = ffi.reflect(decl.type)
    if info.variadic then
        info.params[#info.params + 1] = types.VARIADIC
    end
    return decl.name, info.result, info.params
end

-- "int x; struct point p[2]" (or a list, see struct.lua) -> list of ctypes, list of names
function signature.parse_struct_signature(text, aliases)
    local ct = require("cffi.fiddle.struct").define("struct", text, scope_with(aliases))
    local members, names = {}, {}
    for i, member in ipairs(ffi.reflect(ct).members) do
        members[i], names[i] = member.type, member.name or false
    end
    return members, names
end

-- "int" or "int x": the type, as Fiddle's parser drops the name.
function signature.parse_ctype(text, aliases)
    local scope = scope_with(aliases)
    local ok, list = pcall(scope.parse, type(text) == "string" and text .. ";" or text)
    if ok and #list == 1 and list[1].kind == "variable" then
        return list[1].type
    end
    return types.resolve(text, scope)
end

return signature
