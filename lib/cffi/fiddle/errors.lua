-- Errors of the Fiddle classes: tables with `kind`, `message` and `name` that print and
-- concatenate as strings. What the core raises (strings) is made into one of them, with the same
-- text.
local errors = {}

-- Not the global: a sandbox may have taken the library away, and then errors have no position.
local debug = package.loaded.debug

-- The source names of these files, as debug.getinfo tells them: positions in them are left out.
local directory = debug and debug.getinfo(1, "S").source:match "^(.*)errors%.lua$" or ""
local entry = directory:gsub("[/\\]$", "") .. ".lua"

-- The first pattern that matches decides. Texts are the core's.
local KINDS = {
    { "^not enough memory", "NoMemoryError" },
    { "zero byte", "ArgumentError" },
    { "is not an integer", "TypeError" },
    { "does not fit", "RangeError" },
    { "has no exact", "RangeError" },
    { "is out of range for", "RangeError" },
    { "out of bounds", "IndexError" },
    { "wrong number of arguments", "ArgumentError" },
    { "null pointer", "DLError" },
    { "undefined symbol", "DLError" },
    { "is not declared", "DLError" },
    { "cannot load library", "DLError" },
    { "library '[^']*' is closed", "DLError" },
    { "^%d+:%d+: ", "DLError" },
    { "^[^\n]*:%d+:%d+: ", "DLError" },
    { "is no handle", "ClearedReferenceError" },
    { "expected, got", "TypeError" },
    { "format '[^']*' wants", "TypeError" },
    { "is constant and", "TypeError" },
    { "cannot convert", "TypeError" },
    { "cannot cast", "TypeError" },
    { "cannot index", "TypeError" },
    { "cannot iterate", "TypeError" },
    { "is not callable", "TypeError" },
    { "^size of '.*' is unknown", "TypeError" },
    { "attempt to ", "TypeError" },
}

-- What an error is about: the function, symbol, member, library or type that its text names.
local NAMES = {
    "^bad argument #%d+ to '([^']+)'", "^wrong number of arguments to '([^']+)'",
    "^cannot call '([^']+)'", "^cannot load library '([^']+)'", "symbol '([^']+)'",
    "member '([^']+)'", "^field '([^']+)'", "variable '([^']+)'", "unknown type '([^'\n]+)'",
    "constant '([^']+)'", "^%d+:%d+: '([^']+)' redeclared", "^'([^']+)' is not declared",
}

local Error = { __name = "fiddle.Error" }
Error.__index = Error

function Error:__tostring()
    return self.where .. self.message
end

function Error.__concat(a, b)
    return tostring(a) .. tostring(b)
end

local function is_ours(source)
    return source == entry or source:sub(1, #directory) == directory
end

-- "file:line: " of the innermost function that is not one of these classes.
local function position()
    for level = 2, debug and 200 or 0 do
        local info = debug.getinfo(level, "Sl")
        if not info then
            return ""
        elseif info.currentline > 0 and not is_ours(info.source) then
            return ("%s:%d: "):format(info.short_src, info.currentline)
        end
    end
    return ""
end

-- An error object. `name` is the function, symbol or member that it is about, if any.
function errors.new(kind, message, name)
    return setmetatable({ kind = kind, message = message, name = name, where = position() }, Error)
end

-- Raises; the arguments after `kind` are those of string.format.
function errors.raise(kind, format, ...)
    error(errors.new(kind, format:format(...)), 0)
end

function errors.raise_named(kind, name, format, ...)
    error(errors.new(kind, format:format(...), name), 0)
end

-- Whether a value is an error object, of this kind when one is given.
function errors.is(value, kind)
    return getmetatable(value) == Error and (kind == nil or value.kind == kind)
end

-- The text without a position in these files, which the core adds when they index a cdata.
local function bare(text)
    local source, rest = text:match "^(.-):%d+: (.*)$"
    if source and (is_ours("@" .. source) or source:find "[/\\]fiddle[/\\]%l+%.lua$") then
        return rest
    end
    return text
end

local function kind_of(message)
    for _, rule in ipairs(KINDS) do
        if message:find(rule[1]) then
            return rule[2]
        end
    end
    return "ArgumentError"
end

local function name_in(message)
    for _, pattern in ipairs(NAMES) do
        local name = message:match(pattern)
        if name then
            return name
        end
    end
end

-- Raises what the core raised: its strings as error objects, everything else as it is.
function errors.rethrow(err, name)
    if type(err) ~= "string" then
        error(err, 0)
    end
    local message = bare(err)
    error(errors.new(kind_of(message), message, name or name_in(message)), 0)
end

local function pass(ok, ...)
    if not ok then
        errors.rethrow((...))
    end
    return ...
end

-- fn(...), with the core's errors as error objects.
function errors.guard(fn, ...)
    return pass(pcall(fn, ...))
end

-- An argument error in the words that the core uses.
function errors.argument(index, fname, format, ...)
    local message = ("bad argument #%d to '%s' (%s)"):format(index, fname, format:format(...))
    error(errors.new("TypeError", message, fname), 0)
end

-- Refuses options that are not among the allowed names (a set).
function errors.check_options(options, allowed, fname)
    if options == nil then
        return {}
    elseif type(options) ~= "table" or getmetatable(options) then
        errors.raise_named("TypeError", fname, "options of '%s' must be a table, got %s", fname,
            type(options))
    end
    for key in pairs(options) do
        if not allowed[key] then
            errors.raise_named("ArgumentError", fname, "unknown option '%s' for '%s'",
                tostring(key), fname)
        end
    end
    return options
end

errors.Error = Error

return errors
