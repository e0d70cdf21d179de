-- Arguments of ffi.include and ffi.compile, checked: what is wrong with them is said as the core
-- says it, and stands at the caller's line.
local options = {}

local kinds = {
    cc = "words", cflags = "words", undefs = "names", defs = "definitions", pkg = "names",
    lib = "library", headers = "headers", compile = "boolean", functions = "prototypes",
    name = "text",
}

local function bad(fn, argument, text, ...)
    error(("bad argument #%d to '%s' (%s)"):format(argument, fn, text:format(...)), 0)
end

local function is_list_of(value, kind)
    if type(value) ~= "table" then
        return false
    end
    for key, item in pairs(value) do
        if math.type(key) ~= "integer" or type(item) ~= kind then
            return false
        end
    end
    return true
end

local checks = {}

function checks.words(value)
    return type(value) == "string" or is_list_of(value, "string"), "a string or a list of strings"
end

function checks.text(value)
    return type(value) == "string", "a string"
end

checks.names = checks.words
checks.headers = checks.words

function checks.boolean(value)
    return type(value) == "boolean", "true or false"
end

local function is_name(value)
    return type(value) == "string" and value:find "^[%a_][%w_]*$"
end

function checks.definitions(value)
    local ok = type(value) == "table"
    for name, text in pairs(ok and value or {}) do
        local kind = type(text)
        ok = ok and (is_name(name) and (kind == "string" or kind == "number" or kind == "boolean")
            or math.type(name) == "integer" and is_name(text))
    end
    return ok, "a table of macros: {NAME = value}"
end

-- {"NAME"} as what it means, {NAME = true}.
local function by_name(definitions)
    local named = {}
    for name, text in pairs(definitions) do
        if type(name) == "string" then
            named[name] = text
        else
            named[text] = true
        end
    end
    return named
end

function checks.prototypes(value)
    local ok = type(value) == "table"
    for name, text in pairs(ok and value or {}) do
        ok = ok and is_name(name) and type(text) == "string"
    end
    return ok, 'a table of prototypes: {NAME = "int (int)"}'
end

function checks.library(value)
    local kind = type(value)
    return kind == "string" or kind == "table" or value == false,
        "a name, a library, a list of these, or false"
end

local function unknown(fn, argument, name, allowed)
    local names = {}
    for known in pairs(allowed) do
        names[#names + 1] = known
    end
    table.sort(names)
    bad(fn, argument, "unknown option '%s'; there are %s", tostring(name),
        table.concat(names, ", "))
end

-- Checks the table of options at argument 2 (or another) of `fn`; `allowed` is a set of names.
-- Returns a copy.
function options.check(fn, given, allowed, argument)
    argument = argument or 2
    if given == nil then
        return {}
    elseif type(given) ~= "table" then
        bad(fn, argument, "table of options expected, got %s", type(given))
    end
    local checked = {}
    for name, value in pairs(given) do
        if not allowed[name] then
            unknown(fn, argument, name, allowed)
        end
        local ok, wanted = checks[kinds[name]](value)
        if not ok then
            bad(fn, argument, "option '%s' must be %s, not %s", name, wanted, type(value))
        end
        checked[name] = kinds[name] == "definitions" and by_name(value) or value
    end
    return checked
end

-- The headers: one name or a list of them.
function options.headers(fn, argument, value)
    local list = type(value) == "string" and { value } or value
    if not is_list_of(list, "string") or not list[1] then
        bad(fn, argument, "name of a header, or a list of names, expected, got %s",
            type(value) == "table" and "another table" or type(value))
    end
    for _, header in ipairs(list) do
        if header:find "[\n\0]" or not header:find "%S" then
            bad(fn, argument, "'%s' is no name of a header", (header:gsub("%c", "?")))
        end
    end
    return table.move(list, 1, #list, 1, {})
end

-- Raises when a host has locked the scope's state: asked before a compiler runs.
function options.unlocked(ffi)
    if ffi.locked() then
        error("no new declarations after ffi.lock()", 0)
    end
end

-- "a", {"a", "b"} -> list
function options.list(value)
    if value == nil then
        return {}
    end
    return type(value) == "table" and value or { value }
end

return options
