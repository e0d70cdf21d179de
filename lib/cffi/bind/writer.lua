-- The text of a bound module: readable Lua, the same each time for the same headers. Its parts are
-- lists of texts, which merge.lua merges for several targets.
local long_string = require "cffi.long_string"
local merge = require "cffi.bind.merge"
local target = require "cffi.bind.target"

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

-- The declarations as items of a target, each with the beginning of its comment in the header.
local function units(list, comment_of, on)
    local items = {}
    for _, chunk in ipairs(list) do
        if chunk.own or chunk.needed or chunk.pragma then
            local comment = chunk.own and not chunk.text:find "{" and comment_of(chunk)
            items[#items + 1] = { text = in_lines(chunk.text), on = { [on] = true },
                comment = comment and short(comment) or nil }
        end
    end
    return items
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
        lines[#lines + 1] = ("%s = %s,"):format(key(name), literal(map[name]))
    end
    return lines
end

-- { name, number of parameters or false, text, variadic = } for each
local function macros(list)
    local lines = {}
    for i, macro in ipairs(list) do
        lines[i] = ("{ %q, %s, %s%s },"):format(macro[1], macro[2], literal(macro[3]),
            macro.variadic and ", variadic = true" or "")
    end
    return lines
end

local function libraries(list)
    local texts = {}
    for i, name in ipairs(list) do
        texts[i] = type(name) == "table" and ("{ %q, %q }"):format(name[1], name[2])
            or ("%q"):format(name)
    end
    return { table.concat(texts, ", ") }
end

-- The parts of a module with those values for one target (`on`).
function writer.parts(values, on)
    return {
        constants = merge.items(constants(values.constants), on),
        macros = merge.items(macros(values.macros), on),
        names = merge.items(values.names, on),
        libraries = merge.items(libraries(values.libraries), on),
        shadowed = merge.items({ ("%q"):format(values.shadowed) }, on),
        units = values.chunks and units(values.chunks, values.comment_of, on),
    }
end

-- ---- the file ----------------------------------------------------------------------------------

local function cdef(items, targets)
    local lines, open = {}, nil
    local function guard(names)
        local shown = names and table.concat(names, ", ")
        if shown ~= open then
            lines[#lines + 1] = open and "#endif" or nil
            lines[#lines + 1] = shown
                and ("#if %s /* %s */"):format(target.condition(names, targets), shown)
            open = shown
        end
    end
    for _, item in ipairs(items) do
        guard(merge.some(item, targets))
        lines[#lines + 1] = item.comment and ("/* %s */"):format(item.comment)
        lines[#lines + 1] = item.text
    end
    guard(nil)
    return table.concat(lines, "\n")
end

local function names(items, targets)
    local number, lines, line = {}, {}, "       "
    for i, name in ipairs(targets) do
        number[name] = i
    end
    for _, item in ipairs(items) do
        local some = merge.some(item, targets)
        for i, name in ipairs(some or {}) do
            some[i] = number[name]
        end
        local word = " " .. item.text .. (some and "@" .. table.concat(some, ",") or "")
        if #line + #word > WIDE then
            lines[#lines + 1] = line
            line = "       "
        end
        line = line .. word
    end
    lines[#lines + 1] = line
    return table.concat(lines, "\n")
end

-- The lines of the items that are on a target, or on all when there is none, each after `indent`.
local function lines_of(items, targets, on, indent)
    local lines = {}
    for _, item in ipairs(items) do
        local some = merge.some(item, targets)
        if on and some and item.on[on] or not on and not some then
            lines[#lines + 1] = indent .. item.text .. "\n"
        end
    end
    return table.concat(lines)
end

-- What a target has that others have not.
local function own_part(parts, targets, on)
    local lines = { ("        [%q] = {"):format(on) }
    for _, list in ipairs { "constants", "macros" } do
        local text = lines_of(parts[list], targets, on, "                ")
        lines[#lines + 1] = text ~= "" and
            ("            %s = {\n%s            },"):format(list, text) or nil
    end
    local found = lines_of(parts.libraries, targets, on, ""):gsub("\n$", "")
    lines[#lines + 1] = found ~= "" and ("            libraries = { %s },"):format(found) or nil
    local shadowed = lines_of(parts.shadowed, targets, on, ""):gsub("\n$", "")
    lines[#lines + 1] = shadowed ~= "" and ("            shadowed = %s,"):format(shadowed) or nil
    return lines[2] and table.concat(lines, "\n") .. "\n        },\n" or ""
end

local function own_parts(parts, targets)
    local texts = {}
    for i, on in ipairs(targets) do
        texts[i] = own_part(parts, targets, on)
    end
    local all = targets[2] and table.concat(texts) or ""
    local text = "    -- what one target has and others have not\n    only = {\n%s    },\n"
    return all ~= "" and text:format(all) or ""
end

local function quoted(list)
    local texts = {}
    for i, text in ipairs(list) do
        texts[i] = ("%q"):format(text)
    end
    return table.concat(texts, ", ")
end

local TEMPLATE = [=[
-- %s, bound by: %s
-- A namespace as ffi.include gives it, for machines without a compiler. Made for %s.
return require("cffi.bind.module").namespace {
    title = %q,
    targets = { %s },
    libraries = { %s },

    cdef = %s,

    constants = {
%s    },

    -- name, number of parameters or false, text: $1 is the first argument, $* those of "..."
    macros = {
%s    },

    -- what the headers declare themselves, in their order%s
    names = [[
%s
]],
    shadowed = %s,
%s}
]=]

-- The text of the module. module: title, command, targets, and its parts.
function writer.module(module)
    local parts, targets = module.parts, module.targets
    local function common(list, indent)
        return lines_of(parts[list], targets, nil, indent)
    end
    local shadowed = common("shadowed", ""):gsub("\n$", "")
    return TEMPLATE:format(module.title, module.command, table.concat(targets, ", "), module.title,
        quoted(targets), (common("libraries", ""):gsub("\n$", "")),
        long_string(cdef(parts.units, targets)), common("constants", "        "),
        common("macros", "        "), targets[2] and "; @1: on the first target" or "",
        names(parts.names, targets), shadowed ~= "" and shadowed or '""',
        own_parts(parts, targets))
end

return writer
