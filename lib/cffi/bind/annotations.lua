-- The LuaCATS file beside a bound module: what lua-language-server shows of its names.
local annotations = {}

local RESERVED = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
    return then true until while]]):gmatch "%S+" do
    RESERVED[word] = true
end

local function pointer_into(ffi, target)
    local described = ffi.reflect(target)
    if described.kind == "function" then
        return "function|ffi.cdata|nil"
    elseif described.const and (described.kind == "void" or described.size == 1) then
        return "string|ffi.cdata|nil"
    end
    return "ffi.cdata|nil"
end

local plain = { void = "nil", bool = "boolean", float = "number" }

-- A C type as the editor's. `into`: what is passed to C, else what comes from it.
local function type_of(ffi, ct, into)
    local described = ffi.reflect(ct)
    local kind = described.kind
    if plain[kind] and (kind ~= "float" or described.size <= 8) then
        return plain[kind]
    elseif kind == "enum" then
        return into and "integer|string" or "integer"
    elseif kind == "int" then
        return described.size <= 8 and "integer" or "integer|ffi.cdata"
    elseif kind == "pointer" then
        return into and pointer_into(ffi, described.target) or "ffi.cdata?"
    end
    return into and "ffi.cdata|table" or "ffi.cdata"
end

-- "fun(path: string|ffi.cdata|nil, flags: integer, ...: any): integer" of a declaration's text
local function function_type(ffi, text)
    local declared = ffi.parse(text .. ";")[1]
    local described = ffi.reflect(declared.type)
    local params = {}
    for i, ct in ipairs(described.params) do
        local name = (declared.names or {})[i] or "a" .. i
        name = RESERVED[name] and name .. "_" or name
        params[i] = ("%s: %s"):format(name, type_of(ffi, ct, true))
    end
    if described.variadic then
        params[#params + 1] = "...: any"
    end
    local result = type_of(ffi, described.result, false)
    return ("fun(%s)%s"):format(table.concat(params, ", "),
        result == "nil" and "" or ": " .. result)
end

local function field_type(bound, item)
    local ffi = bound.ffi
    if item.kind == "function-like macro" then
        return "fun(...: any): any"
    elseif item.kind == "macro" then
        local value = bound.constants[item.name]
        return math.type(value) or value ~= nil and type(value) or "any"
    end
    local _, text = ffi.declaration(item.name)
    if item.kind == "typedef" then
        return "ffi.ctype"
    elseif item.kind == "function" then
        return function_type(ffi, text)
    end
    local ct = ffi.parse(text .. ";")[1].type
    return type_of(ffi, ct, false)
end

-- The file's text. `class`: the name of the namespace's class; `old`: the text of a file whose
-- fields are kept where they are no names of these headers (which other targets have).
function annotations.text(bound, class, old)
    local lines = { "---@meta", "", ("---%s, bound by: %s"):format(bound.title, bound.command),
        "---@class " .. class .. ": ffi.namespace" }
    local known = {}
    for _, item in ipairs(bound.own) do
        if item.name:find "^[%a_][%w_]*$" then
            local ok, kind = pcall(field_type, bound, item)
            lines[#lines + 1] = ("---@field %s %s"):format(item.name, ok and kind or "any")
            known[item.name] = true
        end
    end
    for line, name in (old or ""):gmatch "(%-%-%-@field ([%w_]+) [^\n]*)" do
        lines[#lines + 1] = not known[name] and line or nil
    end
    lines[#lines + 1] = "local namespace\n"
    lines[#lines + 1] = "return namespace\n"
    return table.concat(lines, "\n")
end

return annotations
