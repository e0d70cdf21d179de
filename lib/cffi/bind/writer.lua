-- The text of a bound module: readable Lua, the same each time for the same headers.
local long_string = require "cffi.long_string"

local writer = {}

local WIDE = 90 -- columns beyond which a body gets lines of its own
local COMMENT = 70 -- bytes of a comment that are kept

-- A body with a line for each member.
local function in_lines(text)
    if #text <= WIDE or not text:find "{" then
        return text
    end
    local depth, parens, lines, is_enum = 0, 0, {}, {}
    local line = ""
    local function flush()
        line = line:gsub("^ ", "")
        if line ~= "" then
            lines[#lines + 1] = ("    "):rep(depth) .. line
        end
        line = ""
    end
    for char in text:gmatch "." do
        if char == "}" and parens == 0 then
            flush()
            depth = depth - 1
        end
        line = line .. char
        if char == "(" then
            parens = parens + 1
        elseif char == ")" then
            parens = parens - 1
        elseif parens == 0 and char == "{" then
            is_enum[depth + 1] = line:find "enum[%s%w_]*{$" ~= nil
            flush()
            depth = depth + 1
        elseif parens == 0 and depth > 0 and char == (is_enum[depth] and "," or ";") then
            flush()
        end
    end
    flush()
    return table.concat(lines, "\n")
end

-- The first sentence of a comment, in one line and short.
local function short(comment)
    local text = comment:gsub("%s+", " "):gsub("%*/", "* /")
    text = text:match "^(.-[%.;:]) " or text
    if #text > COMMENT then
        text = text:sub(1, COMMENT):gsub("%s+%S*$", "") .. " ..."
    end
    return utf8.len(text) and text or nil
end

local function cdef(list, comment_of)
    local lines = {}
    for _, chunk in ipairs(list) do
        local comment = chunk.own and not chunk.text:find "{" and comment_of(chunk)
        comment = comment and short(comment)
        if comment then
            lines[#lines + 1] = ("/* %s */"):format(comment)
        end
        if chunk.own or chunk.needed or chunk.pragma then
            lines[#lines + 1] = in_lines(chunk.text)
        end
    end
    return table.concat(lines, "\n")
end

local function key(name)
    return name:find "^[%a_][%w_]*$" and not load("local " .. name) and ('["%s"]'):format(name)
        or name
end

local function literal(value)
    if type(value) == "string" then
        return (("%q"):format(value):gsub("\\\n", "\\n"))
    end
    return tostring(value)
end

local function sorted(map)
    local names = {}
    for name in pairs(map) do
        names[#names + 1] = name
    end
    table.sort(names)
    return names
end

local function constants(map)
    local lines = {}
    for _, name in ipairs(sorted(map)) do
        lines[#lines + 1] = ("        %s = %s,"):format(key(name), literal(map[name]))
    end
    return table.concat(lines, "\n")
end

local function macros(list)
    local lines = {}
    for _, macro in ipairs(list) do
        local count = macro.count or "false"
        local text = macro.text:gsub("cffi__arg_(%d+)_", "$%1"):gsub("cffi__rest", "$*")
        lines[#lines + 1] = ("        { %q, %s, %s%s },"):format(macro.name, count, literal(text),
            macro.variadic and ", variadic = true" or "")
    end
    return table.concat(lines, "\n")
end

local function names(list)
    local lines, line = {}, "       "
    for _, item in ipairs(list) do
        local word = (" %s:%s"):format(item.name, (item.kind:gsub(" ", "_")))
        if #line + #word > WIDE then
            lines[#lines + 1] = line
            line = "       "
        end
        line = line .. word
    end
    lines[#lines + 1] = line
    return table.concat(lines, "\n")
end

local TEMPLATE = [=[
-- %s, bound by: %s
-- A namespace as ffi.include gives it, for machines without a compiler. Made for %s.
return require("cffi.bind.module").namespace {
    title = %q,
    libraries = { %s },

    cdef = %s,

    constants = {
%s
    },

    -- name, number of parameters or false, text: $1 is the first argument, $* those of "..."
    macros = {
%s
    },

    -- what the headers declare themselves, in their order
    names = [[
%s
]],
    shadowed = %q,
}
]=]

-- The text of the module for what bind.lua gathered.
function writer.module(bound)
    local libraries = {}
    for i, name in ipairs(bound.libraries) do
        libraries[i] = type(name) == "table" and ("{ %q, %q }"):format(name[1], name[2])
            or ("%q"):format(name)
    end
    return TEMPLATE:format(bound.title, bound.command, bound.target, bound.title,
        table.concat(libraries, ", "), long_string(cdef(bound.chunks, bound.comment_of)),
        constants(bound.constants), macros(bound.macros), names(bound.names), bound.shadowed)
end

return writer
