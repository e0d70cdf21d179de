-- Values as readable text: what the prompt shows. Tables are written as constructors, structs and
-- arrays likewise behind their type, C functions as prototypes; all within limits, so that no value
-- floods the terminal. What has a __tostring of the script's answers through that. Pointers are not
-- followed.
local ffi = require "cffi"

local MAX_DEPTH = 3
local MAX_ITEMS = 40 -- of one table
local MAX_STRING = 400 -- bytes of a string inside a table
local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

local value_text, inner_text

local function quoted(s)
    if #s > MAX_STRING then
        return quoted(s:sub(1, MAX_STRING)) .. ".."
    end
    local escaped = s:gsub('[%c"\\]', function(c)
        return ESCAPES[c] or ("\\x%02x"):format(c:byte())
    end)
    return '"' .. escaped .. '"'
end

local function key_text(key, depth, seen)
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then
        return key
    end
    return "[" .. value_text(key, depth, seen) .. "]"
end

-- Keys outside the sequence part, in an order that does not change from run to run.
local function sorted_keys(t, length)
    local keys = {}
    for key in next, t do
        if math.type(key) ~= "integer" or key < 1 or key > length then
            keys[#keys + 1] = key
        end
    end
    table.sort(keys, function(a, b)
        local ta, tb = type(a), type(b)
        if ta ~= tb then
            return ta < tb
        elseif ta == "number" or ta == "string" then
            return a < b
        end
        return tostring(a) < tostring(b)
    end)
    return keys
end

local function table_text(t, depth, seen)
    if seen[t] or depth > MAX_DEPTH then
        return "{..}"
    end
    seen[t] = true
    local items, length = {}, rawlen(t)
    for i = 1, math.min(length, MAX_ITEMS) do
        items[i] = value_text(rawget(t, i), depth + 1, seen)
    end
    for _, key in ipairs(sorted_keys(t, length)) do
        if #items >= MAX_ITEMS then
            break
        end
        items[#items + 1] = key_text(key, depth + 1, seen) .. " = "
            .. value_text(rawget(t, key), depth + 1, seen)
    end
    if #items >= MAX_ITEMS then
        items[#items + 1] = ".."
    end
    seen[t] = nil
    return "{" .. table.concat(items, ", ") .. "}"
end

-- ---- C objects ----------------------------------------------------------------------------------

local function enum_text(info, value)
    for _, constant in ipairs(info.constants or {}) do
        if ffi.eq(constant.value, value) then
            return constant.name
        end
    end
    return tostring(value)
end

-- Appends "name = value" for each member. Those of an unnamed struct or union are the object's.
local function append_members(items, object, members, depth)
    for _, member in ipairs(members) do
        local info = ffi.reflect(member.type)
        if #items >= MAX_ITEMS then
            items[#items + 1] = ".."
            return
        elseif member.name then
            local value = object[member.name]
            items[#items + 1] = member.name .. " = "
                .. (info.kind == "enum" and enum_text(info, value) or inner_text(value, depth + 1))
        elseif not member.width then
            append_members(items, object, info.members, depth)
        end
    end
end

local function elements_text(array, info, depth)
    local element = ffi.reflect(info.element)
    if element.name == "char" then
        return quoted(ffi.string(array))
    end
    local items, count = {}, #array
    for i = 0, math.min(count, MAX_ITEMS) - 1 do
        items[i + 1] = element.kind == "enum" and enum_text(element, array[i])
            or inner_text(array[i], depth + 1)
    end
    if count > MAX_ITEMS then
        items[#items + 1] = ".."
    end
    return "{" .. table.concat(items, ", ") .. "}"
end

-- What an object holds, without its type.
local function contents(object, info, depth)
    if info.members and depth > MAX_DEPTH then
        return "{..}"
    elseif info.members then
        local items = {}
        append_members(items, object, info.members, depth)
        return "{" .. table.concat(items, ", ") .. "}"
    elseif info.kind == "array" then
        return depth > MAX_DEPTH and "{..}" or elements_text(object, info, depth)
    elseif info.kind == "enum" then
        return enum_text(info, ffi.tonumber(object))
    elseif info.kind == "bool" or info.kind == "float" then
        return tostring(ffi.toretval(object))
    end
end

-- The contents of a cdata that says nothing else of itself, and its type; otherwise nothing.
local function opened(cdata, depth)
    if tostring(cdata):find "^cdata<" then
        local info = ffi.reflect(cdata)
        local ok, text = pcall(contents, cdata, info, depth) -- an open-ended array has no length
        return ok and text, info
    end
end

-- What a member or element gave.
function inner_text(value, depth)
    return ffi.type(value) == "cdata" and opened(value, depth) or tostring(value)
end

-- "struct" instead of the whole text of one without a name, "array" for an array of such.
local function type_text(info)
    local innermost = info
    while innermost.element do
        innermost = ffi.reflect(innermost.element)
    end
    return innermost.anonymous and info.kind or info.name
end

local function cdata_text(cdata, depth)
    local text, info = opened(cdata, depth)
    if not text then
        return tostring(cdata)
    end
    return type_text(info) .. " " .. text
end

local function function_text(fn)
    local is_c, info = pcall(ffi.reflect, fn)
    return is_c and "function: " .. info.text or tostring(fn)
end

-- ---- any value ----------------------------------------------------------------------------------

function value_text(value, depth, seen)
    local kind = ffi.type(value)
    if kind == "string" then
        return quoted(value)
    elseif kind == "cdata" then
        return cdata_text(value, depth)
    elseif kind == "function" then
        return function_text(value)
    end
    local text = tostring(value) -- its metatable's, if it has one, even a protected one
    if kind == "table" and text:find "^table: " then
        return table_text(value, depth, seen)
    end
    return text
end

-- A string by itself is shown as it is, as `print` does; inside a table it is quoted.
return function(value)
    if type(value) == "string" then
        return value
    end
    return value_text(value, 1, {})
end
