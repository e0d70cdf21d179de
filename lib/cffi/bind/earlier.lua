-- A bound module that was written earlier, as parts that another target's can be merged with.
local merge = require "cffi.bind.merge"
local writer = require "cffi.bind.writer"

local earlier = {}

-- The table in a module's text. It is a program: it gets nothing that it could do harm with.
local function table_of(text)
    local found
    local function capture() return { namespace = function(bound) found = bound end } end
    local chunk = load(text, "=module", "t", { require = capture })
    local ok = chunk and pcall(chunk)
    if not ok or type(found) ~= "table" or type(found.targets) ~= "table" then
        error("the file is no module that this version of 'cffi bind' wrote: bind it anew", 0)
    end
    return found
end

-- Brackets opened and not closed in a line.
local function depth_of(line)
    line = line:gsub("\\.", ""):gsub('"[^"]*"', ""):gsub("'[^']*'", "")
    return select(2, line:gsub("{", "")) - select(2, line:gsub("}", ""))
end

local function set_of(names)
    local set = {}
    for name in names:gmatch "[^,]+" do
        set[name:match "^ ?(.*)$"] = true
    end
    return set
end

-- The declarations, as writer.lua wrote them.
local function units_of(text, targets)
    local items, all = {}, table.concat(targets, ",")
    local on, lines, depth, comment = set_of(all), {}, 0, nil
    for line in text:gmatch "[^\n]+" do
        local names = line:match "^#if .* /%* (.*) %*/$"
        if depth == 0 and (names or line == "#endif") then
            on = set_of(names or all)
        elseif depth == 0 and line:find "^/%* .* %*/$" then
            comment = line:match "^/%* (.*) %*/$"
        else
            lines[#lines + 1] = line
            depth = depth + depth_of(line)
            if depth == 0 then
                local copy = {}
                for name in pairs(on) do
                    copy[name] = true
                end
                local unit = table.concat(lines, "\n")
                items[#items + 1] = { text = unit, comment = comment, on = copy }
                lines, comment = {}, nil
            end
        end
    end
    return items
end

-- The values of one target: those of all, and its own.
local function values_of(bound, number)
    local only = (bound.only or {})[bound.targets[number]] or {}
    local values = { constants = {}, macros = {}, names = {},
        libraries = only.libraries or bound.libraries, shadowed = only.shadowed or bound.shadowed }
    for _, part in ipairs { bound, only } do
        for name, value in pairs(part.constants or {}) do
            values.constants[name] = value
        end
        table.move(part.macros or {}, 1, #(part.macros or {}), #values.macros + 1, values.macros)
    end
    for word, on in bound.names:gmatch "([%w_\x80-\xff]+:[%a_%-]+)(@?[%d,]*)" do
        if on == "" or ("," .. on:sub(2) .. ","):find("," .. number .. ",", 1, true) then
            values.names[#values.names + 1] = word
        end
    end
    return values
end

local function merge_parts(into, parts, target)
    for name, items in pairs(parts) do
        into[name] = merge.lists(into[name] or {}, items, target)
    end
end

-- The targets and parts in a module's text.
function earlier.read(text)
    local bound, parts = table_of(text), {}
    for number, target in ipairs(bound.targets) do
        merge_parts(parts, writer.parts(values_of(bound, number), target), target)
    end
    parts.units = units_of(bound.cdef, bound.targets)
    return { targets = bound.targets, parts = parts }
end

-- A module with one target, and one that was read, which loses what that target had: what has both.
-- It is the same in whatever order the targets were bound.
function earlier.merged(module, old)
    local new, targets = module.targets[1], { module.targets[1] }
    for _, name in ipairs(old.targets) do
        targets[#targets + 1] = name ~= new and name or nil
    end
    table.sort(targets)
    local parts = {}
    for _, name in ipairs(targets) do
        for part, items in pairs(module.parts) do
            local own = name == new and items or merge.of(old.parts[part], name)
            parts[part] = merge.lists(parts[part] or {}, own, name)
        end
    end
    return { title = module.title, command = module.command, targets = targets, parts = parts }
end

return earlier
