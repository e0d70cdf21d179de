-- :lib, and the libraries named on the command line.
local libraries = {}

-- The name that a library is bound to: "/lib/libfoo-2.so.1" is foo_2.
function libraries.stem(name)
    local file = name:match "[^/]*$"
    local stem = file:match "^lib(.-)%.so" or file:match "^(.-)%.so" or file:match "^lib(.-)%.dylib"
        or file
    return (stem:gsub("[^%w_]", "_"):gsub("^%d", "_%0"))
end

local function count_functions(ffi, namespace)
    local count = 0
    for _, kind in ffi.symbols(namespace) do
        count = count + (kind == "function" and 1 or 0)
    end
    return count
end

local function list(session)
    if #session.libraries == 0 then
        error(":lib wants a library: :lib z", 0)
    end
    for _, entry in ipairs(session.libraries) do
        session:print("%s = %s", entry.stem, tostring(entry.namespace))
    end
end

local function open(session, name)
    if name == "" then
        return list(session)
    end
    local namespace = session.ffi.load(name)
    local stem = libraries.stem(name)
    session.globals[stem] = namespace
    table.insert(session.libraries, { stem = stem, namespace = namespace })
    session:keep("lib", { name = name, stem = stem })
    session:print("%s = %s, %d functions", stem, tostring(namespace),
        count_functions(session.ffi, namespace))
end

return setmetatable(libraries, {
    __call = function(_, session, name) return open(session, name) end,
})
