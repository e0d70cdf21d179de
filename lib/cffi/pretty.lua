-- Lua values as readable text: what the prompt shows. Tables are written as constructors, within
-- limits, so that no value floods the terminal; cdata and ctypes answer through their __tostring.
local MAX_DEPTH = 3
local MAX_ITEMS = 40 -- of one table
local MAX_STRING = 400 -- bytes of a string inside a table
local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

local value_text

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

function value_text(value, depth, seen)
    if type(value) == "string" then
        return quoted(value)
    end
    local text = tostring(value) -- its metatable's, if it has one, even a protected one
    if type(value) == "table" and text:find "^table: " then
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
