-- ffi.inspect(v [, options]): any Lua value or C object as readable text: what the prompt shows.
-- Tables are written as constructors, structs and arrays likewise behind their type, C functions as
-- prototypes, pointers with what they lead to; all within limits. What has a __tostring of the
-- script's answers through that. It looks only where the kernel says that memory can be read.
local bytes = require "cffi.bytes"
local fold = require "cffi.fold"
local memory = require "cffi.memory"

-- `depth`: levels of tables and structs; `width`: columns of a line; `items`: of a table or array.
local DEFAULTS = { depth = 3, width = 80, items = 40 }
local MAX_STRING = 400 -- bytes shown of a string
local MAX_KEYS = 1000 -- of a table that are put in order
local FEW_BYTES = 16

-- What functions below pass on as `st`: scope, options, `seen` tables, `follow` pointers or not.
local lua_node, value_node, object_node

local function braces()
    return { open = "{", close = "}" }
end

-- ---- C objects ---------------------------------------------------------------------------------

local function enum_text(st, info, value)
    for _, constant in ipairs(info.constants or {}) do
        if st.scope.eq(constant.value, value) then
            return constant.name
        end
    end
    return tostring(value)
end

local function unqualified(info)
    return (info.name:gsub("%f[%w]const ", ""):gsub("%f[%w]volatile ", ""))
end

local function is_char(info)
    return unqualified(info) == "char"
end

local function is_byte(info)
    return unqualified(info) == "unsigned char"
end

local function char_text(value)
    local byte = value & 0xFF
    return byte > 32 and byte < 127 and ("%d '%c'"):format(value, byte) or tostring(value)
end

-- Adds a node for each member. Those of an unnamed struct or union are the object's.
local function add_members(node, st, object, members, depth)
    for _, member in ipairs(members) do
        local info = st.scope.reflect(member.type)
        if #node >= st.items then
            node[#node + 1] = ".."
            return
        elseif member.name then
            local inner = value_node(st, object[member.name], info, depth + 1)
            local head = member.name .. " = "
            if type(inner) == "table" then
                inner.head = head .. (inner.head or "")
            else
                inner = head .. inner
            end
            node[#node + 1] = inner
        elseif not member.width then
            add_members(node, st, object, info.members, depth)
        end
    end
end

local function byte_rows(s, is_cut)
    if #s <= FEW_BYTES and not is_cut then
        return "{" .. bytes.short(s) .. "}"
    end
    local node = { open = "{", close = "}", rows = true }
    for at = 1, #s, bytes.ROW do
        node[#node + 1] = bytes.row(s:sub(at, at + bytes.ROW - 1))
    end
    if is_cut then
        node[#node + 1] = ".."
    end
    return node
end

-- An open-ended array has no length.
local function count_of(array)
    local ok, count = pcall(function() return #array end)
    return ok and count or 0
end

local function elements_node(st, array, info, depth)
    local element = st.scope.reflect(info.element)
    local count = count_of(array)
    if (element.members or element.element) and depth > st.depth then
        return "{..}"
    elseif is_char(element) then
        return bytes.quoted(memory.text(memory.address(array), math.min(count, MAX_STRING + 1))
            or "", MAX_STRING)
    elseif is_byte(element) then
        local shown = math.min(count, (st.items + bytes.ROW - 1) // bytes.ROW * bytes.ROW)
        return byte_rows(memory.read(memory.address(array), shown), count > shown)
    end
    local node = braces()
    for i = 0, math.min(count, st.items) - 1 do
        node[i + 1] = value_node(st, array[i], element, depth + 1)
    end
    if count > st.items then
        node[#node + 1] = ".."
    end
    return node
end

-- What an object holds, without its type. Nothing when it has no such form.
local function contents(st, object, info, depth)
    if info.element then
        return elements_node(st, object, info, depth)
    elseif info.members then
        if depth > st.depth then
            return "{..}"
        end
        local node = braces()
        add_members(node, st, object, info.members, depth)
        return node
    elseif info.kind == "enum" then
        return enum_text(st, info, st.scope.tonumber(object))
    elseif info.kind == "bool" or info.kind == "float" or info.kind == "int" then
        return tostring(st.scope.toretval(object))
    end
end

-- ---- pointers -----------------------------------------------------------------------------------

local function function_at(address)
    local name, file = memory.symbol(address)
    return name and ("0x%x (%s in %s)"):format(address, name, file) or ("0x%x"):format(address)
end

-- What unsigned characters lead to: text when it looks like that, else the first few bytes.
local function bytes_at(address)
    local text = memory.text(address, MAX_STRING + 1)
    if text == nil or #text > 0 and bytes.is_text(text) then
        return text and bytes.quoted(text, MAX_STRING)
    end
    return ("0x%x -> {%s..}"):format(address, bytes.short(memory.read(address, FEW_BYTES // 2)))
end

local function text_at(address)
    local text = memory.text(address, MAX_STRING + 1)
    return text and bytes.quoted(text, MAX_STRING)
end

-- The object that a pointer leads to, behind its address.
local function target_node(st, pointer, target, address, depth)
    if not st.follow then
        return ("0x%x"):format(address)
    elseif not memory.is_readable(address, target.size) then
        return nil
    end
    st.follow = false
    local node = value_node(st, pointer[0], target, depth + 1)
    st.follow = true
    if type(node) == "string" then
        return ("0x%x -> %s"):format(address, node)
    end
    node.head = ("0x%x -> %s"):format(address, node.head or "")
    return node
end

-- A pointer without its type.
local function pointer_node(st, pointer, info, depth)
    local address = memory.address(pointer, true)
    local target = st.scope.reflect(info.target)
    local node
    if address == 0 then
        return "NULL"
    elseif target.kind == "function" then
        return function_at(address)
    elseif target.kind == "void" then
        return ("0x%x"):format(address)
    elseif not target.size then
        return ("0x%x (opaque)"):format(address)
    elseif is_char(target) then
        node = text_at(address)
    elseif is_byte(target) then
        node = bytes_at(address)
    else
        node = target_node(st, pointer, target, address, depth)
    end
    return node or ("0x%x (unreadable)"):format(address)
end

-- ---- any C object -------------------------------------------------------------------------------

-- How many bytes must be there to show what is shown of an object.
local function needed_size(st, object, info)
    if info.kind == "array" then
        local size = st.scope.reflect(info.element).size or 0
        return size * math.min(count_of(object), math.max(st.items, MAX_STRING))
    end
    return info.size or 0
end

-- Whether the object, or what it points to, lies where it can be read.
local function is_there(st, cdata, info)
    if info.kind == "pointer" then
        local size = st.scope.reflect(info.target).size or 0
        return memory.is_readable(memory.address(cdata, true), size)
    end
    return memory.is_readable(memory.address(cdata, false), needed_size(st, cdata, info))
end

-- What a __tostring of the script's says, one that fails included; nothing when there is none.
local function own_text(cdata)
    local ok, text = pcall(tostring, cdata)
    if not ok then
        return ("(error in __tostring: %s)"):format(text)
    end
    return not text:find "^cdata<" and text or nil
end

-- A C object without its type, and whether that goes before it.
function object_node(st, cdata, info, depth)
    local is_pointer = info.kind == "pointer"
    local there = is_there(st, cdata, info)
    local own = there and own_text(cdata)
    if own then
        return own, false
    elseif is_pointer then
        return pointer_node(st, cdata, info, depth), true
    elseif not there then
        return ("0x%x (unreadable)"):format(memory.address(cdata, false)), true
    end
    return contents(st, cdata, info, depth), true
end

-- What a member, an element or a pointer gave, whose declared type `info` tells of.
function value_node(st, value, info, depth)
    if st.scope.type(value) == "cdata" then
        return object_node(st, value, info, depth) or tostring(value)
    elseif info.kind == "enum" then
        return enum_text(st, info, value)
    elseif is_char(info) then
        return char_text(value)
    end
    return tostring(value)
end

-- "struct" instead of the whole text of one without a name, "array" for an array of such.
local function type_text(st, info)
    local innermost = info
    while innermost.element do
        innermost = st.scope.reflect(innermost.element)
    end
    return innermost.anonymous and info.kind or info.name
end

local function cdata_node(st, cdata, depth)
    local info = st.scope.reflect(cdata)
    local node, is_typed = object_node(st, cdata, info, depth)
    if not node or not is_typed then
        return node or tostring(cdata)
    elseif type(node) == "string" then
        return type_text(st, info) .. " " .. node
    end
    node.head = type_text(st, info) .. " " .. (node.head or "")
    return node
end

-- ---- Lua values --------------------------------------------------------------------------------

local function key_text(st, key, depth)
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then
        return key
    end
    return "[" .. fold(lua_node(st, key, depth), math.huge) .. "]"
end

-- Keys outside the sequence, in an order that does not change from run to run; of many not all.
local function sorted_keys(t, length)
    local keys = {}
    local seen, key = 0, length > MAX_KEYS and length or nil
    for k in next, t, key do
        if math.type(k) ~= "integer" or k < 1 or k > length then
            keys[#keys + 1] = k
        end
        seen = seen + 1
        if seen == MAX_KEYS then
            break
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

local function with_key(key, node)
    if type(node) == "string" then
        return key .. " = " .. node
    end
    node.head = key .. " = " .. (node.head or "")
    return node
end

local function table_node(st, t, depth)
    if st.seen[t] or depth > st.depth then
        return "{..}"
    end
    st.seen[t] = true
    local length = rawlen(t)
    local node = braces()
    for i = 1, math.min(length, st.items) do
        node[i] = lua_node(st, rawget(t, i), depth + 1)
    end
    for _, key in ipairs(#node < st.items and sorted_keys(t, length) or {}) do
        if #node >= st.items then
            break
        end
        node[#node + 1] = with_key(key_text(st, key, depth + 1),
            lua_node(st, rawget(t, key), depth + 1))
    end
    if #node >= st.items and (length > #node or next(t, length > 0 and length or nil)) then
        node[#node + 1] = ".."
    end
    st.seen[t] = nil
    return node
end

local function function_text(st, fn)
    local is_c, info = pcall(st.scope.reflect, fn)
    return is_c and "function: " .. info.text or tostring(fn)
end

function lua_node(st, value, depth)
    local kind = st.scope.type(value)
    if kind == "string" then
        return bytes.quoted(value, MAX_STRING)
    elseif kind == "cdata" then
        return cdata_node(st, value, depth)
    elseif kind == "function" then
        return function_text(st, value)
    end
    local ok, text = pcall(tostring, value) -- its metatable's, if it has one, even a protected one
    if not ok then
        return ("(error in __tostring: %s)"):format(text)
    elseif kind == "table" and text:find "^table: " then
        return table_node(st, value, depth)
    end
    return text
end

-- ---- options -----------------------------------------------------------------------------------

local function refuse(text, ...)
    error("bad argument #2 to 'inspect' (" .. text:format(...) .. ")", 4)
end

local function settings(scope, options)
    local st = { scope = scope, seen = {}, follow = true }
    for name, value in pairs(DEFAULTS) do
        st[name] = value
    end
    if math.type(options) then
        options = { depth = options }
    elseif options ~= nil and type(options) ~= "table" then
        refuse("depth or table of options expected, got %s", type(options))
    end
    for name, value in pairs(options or {}) do
        if not DEFAULTS[name] then
            refuse("no option '%s': there are depth, items, width", name)
        elseif type(value) ~= "number" or value < 0 then
            refuse("%s: number expected, got %s", name, value)
        end
        st[name] = value
    end
    return st
end

return function(scope)
    local function inspect(value, options, ...)
        if select("#", ...) > 0 then
            error("bad argument #3 to 'inspect' (two arguments are enough)", 2)
        end
        local st = settings(scope, options)
        return fold(lua_node(st, value, 1), st.width)
    end
    return { inspect = inspect }
end
