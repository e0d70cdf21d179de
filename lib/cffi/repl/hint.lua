-- What a misspelt name was meant to be: among the session's names, Lua's, and those of headers.
local nearest = require "cffi.include.nearest"

local hint = {}

-- Every name that works at the prompt without prefix. Namespaces that were given metatables are not
-- asked.
local function each(session)
    return function(visit)
        for _, names in ipairs { session.names.env, session.globals, _G } do
            for name in next, names do
                if type(name) == "string" then
                    visit(name)
                end
            end
        end
        if #session.headers > 0 then
            session:each_name("", visit)
        end
    end
end

local function has(namespace, name)
    return (pcall(function() return namespace[name] end))
end

-- A declared name where it can be used: only those of headers need no prefix.
local function with_prefix(session, name)
    if not session.ffi.declaration(name) then
        return nil
    end
    for _, entry in ipairs(session.libraries) do
        if has(entry.namespace, name) then
            return entry.stem .. "." .. name
        end
    end
    return has(session.ffi.C, name) and "C." .. name or nil
end

-- "did you mean 'deflate'?", or nil.
function hint.of(session, name)
    local near = with_prefix(session, name) or nearest.of(name, each(session))
    return near and ("did you mean '%s'?"):format(near)
end

-- A hint for an input that is nothing but a name and gave nil: for no name of the session's own.
function hint.of_nil(session, text)
    local name = text:match "^%s*=?%s*([%a_][%w_]*)%s*$"
    if not name or name == "nil" or session.names.is_known(name) then
        return nil
    end
    return hint.of(session, name)
end

-- The same for a name behind a path that the input has: ffi.sizoef.
local function of_field(session, name)
    local path = ("\n" .. session.text):match("([%a_][%w_.]*[.:])%s*" .. name .. "%f[^%w_]")
    if not path then
        return nil
    end
    local list = require "cffi.repl.complete"(session, path)
    local near = nearest.of(name, function(visit)
        for _, candidate in ipairs(list) do
            visit(candidate:sub(#path + 1))
        end
    end)
    return near and ("did you mean '%s'?"):format(path .. near)
end

-- What gives a name of the C library a declaration: its header, as far as that is known.
local function way_to_declare(session, name)
    local posix = require "cffi.posix"
    local known, path = pcall(function()
        return select(4, session.ffi.declarations(posix, "^" .. name .. "$")())
    end)
    local header = known and path and path:match "^/usr/include/(.*%.h)$"
    header = header and header:gsub("^[^/]*%-linux%-[^/]*/", "")
    return header and not header:find "^bits/" and ":include " .. header or ":find " .. name
end

-- The message with a hint, where Lua found nil under a name, or nobody declared one.
function hint.complete(session, message)
    local undeclared = message:match "symbol '([%w_]+)' exists in [^\n]* but is not declared"
    if undeclared then
        return ("%s, or %s"):format(message, way_to_declare(session, undeclared))
    end
    local kind, name = message:match "^[^\n]*a nil value %((%l+) '([%w_]+)'%)"
    local near
    if kind == "global" then
        near = hint.of(session, name)
    elseif kind == "field" or kind == "method" then
        near = of_field(session, name)
    end
    return near and message:gsub("^[^\n]*", function(line) return line .. " (" .. near .. ")" end)
        or message
end

return hint
