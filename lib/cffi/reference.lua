-- The reference of the public names as data, read from cffi.d.lua, which lies beside cffi.lua. It
-- is in the notation of lua-language-server (LuaCATS); this reads as much of that as is used there
-- and raises on the rest, so that the tests find what an editor would not understand.
--
-- `reference.entries()` gives a list, in the file's order, and by name: tables with
--   name       "cdef"
--   call       "cdef(text, ...)", nil for a field
--   text       what it does
--   params     list of { name =, optional =, type =, text = }
--   returns    list of { type =, name =, text = }
--   errors     text, or nil
--   example    Lua code, or nil
--   type       of a field
-- `entries.objects` lists what is no name of `ffi`: { name = "ffi.arena", text = }.
local reference = {}

-- The type at the start of `text`, brackets and functions closed, and what follows it.
local function split_type(text)
    local depth, at = 0, 1
    while at <= #text do
        local char = text:sub(at, at)
        if char:find "[%(%[{<]" then
            depth = depth + 1
        elseif char:find "[%)%]}>]" then
            depth = depth - 1
        elseif char == " " and depth == 0 and not text:sub(1, at - 1):find "[:,|]$" then
            break
        end
        at = at + 1
    end
    return text:sub(1, at - 1), text:sub(at + 1)
end

local tags = {}

function tags.param(entry, rest)
    local name, optional, after = rest:match "^([%w_%.]+)(%??) (.+)$"
    if not name then
        return false
    end
    local kind, text = split_type(after)
    local param = { name = name, optional = optional == "?", type = kind, text = text }
    table.insert(entry.params, param)
    return true
end

-- TYPE [NAME [TEXT]]
tags["return"] = function(entry, rest)
    local kind, after = split_type(rest)
    local name, text = after:match "^([%w_]+) ?(.*)$"
    table.insert(entry.returns, { type = kind, name = name, text = text or "" })
    return kind ~= ""
end

function tags.field(entry, rest)
    local name, optional, after = rest:match "^([%w_]+)(%??) (.+)$"
    if not name then
        return false
    end
    local kind, text = split_type(after)
    local field = { name = name, optional = optional == "?", type = kind, text = text }
    field.params, field.returns = {}, {}
    table.insert(entry.fields, field)
    return true
end

-- NAME[: PARENT], behind its text; the class `ffi` itself is what the entries are of.
function tags.class(entry, rest)
    local name = rest:match "^([%w_%.]+)"
    if name and name ~= "ffi" then
        table.insert(entry.objects, { name = name, text = entry.text })
    end
    entry.text = ""
    return name ~= nil
end

function tags.meta() return true end
function tags.alias() return true end
function tags.generic() return true end

local function new_entry()
    return { text = "", params = {}, returns = {}, fields = {}, objects = {} }
end

-- One line of documentation, without its dashes. False for what is not understood.
local function read_line(entry, line)
    local tag, rest = line:match "^@(%w+) ?(.*)$"
    if tag then
        return tags[tag] ~= nil and tags[tag](entry, rest)
    elseif line == "```" then
        entry.in_example = false
    elseif line == "```lua" then
        entry.in_example = true
        entry.example = ""
    elseif entry.in_example then
        entry.example = entry.example .. line .. "\n"
    elseif line:find "^Errors: " then
        entry.errors = line:sub(9)
    elseif line ~= "Example:" then
        entry.text = entry.text .. (entry.text == "" and "" or "\n") .. line
    end
    return true
end

-- The parameters that the comments tell of are those of the function.
local function check_params(entry, list, where)
    local told, given = {}, {}
    for _, param in ipairs(entry.params) do
        told[#told + 1] = param.name
    end
    for name in list:gmatch "[^,%s]+" do
        given[#given + 1] = name
    end
    if table.concat(told, ", ") ~= table.concat(given, ", ") then
        local text = "%s: parameters (%s), told of (%s)"
        error(text:format(where, list, table.concat(told, ", ")), 0)
    end
end

-- reference.read(text, name): the entries of a text in that notation; `name` is for errors.
function reference.read(text, name)
    local entries, entry, number = { objects = {} }, new_entry(), 0
    local function add(made)
        entries[#entries + 1] = made
        entries[made.name] = made
    end
    for line in (text .. "\n"):gmatch "(.-)\n" do
        number = number + 1
        local where = name .. ":" .. number
        local comment = line:match "^%-%-%-(.*)$"
        local called, list = line:match "^function ffi%.([%w_]+)%((.-)%) end$"
        if comment then
            if not read_line(entry, comment) then
                error(where .. ": not understood: " .. line, 0)
            end
        else
            if called then
                check_params(entry, list, where)
                entry.name, entry.call = called, called .. "(" .. list .. ")"
                add(entry)
            end
            for _, field in ipairs(entry.fields) do
                add(field)
            end
            table.move(entry.objects, 1, #entry.objects, #entries.objects + 1, entries.objects)
            entry = new_entry()
        end
    end
    return entries
end

local cached

-- The entries of the cffi.d.lua that lies beside the cffi.lua in use.
function reference.entries()
    if not cached then
        local path = assert(package.searchpath("cffi", package.path)):gsub("%.lua$", ".d.lua")
        local file = assert(io.open(path))
        local text = file:read "a"
        file:close()
        cached = reference.read(text, path)
    end
    return cached
end

return reference
