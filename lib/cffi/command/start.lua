-- What -i, -l and -p ask for, and scripts that have it.
local start = {}

-- Headers that are read together: all of them when packages are named, else each by itself.
function start.groups(plan)
    if plan.packages then
        return { plan.headers }
    end
    local groups = {}
    for i, header in ipairs(plan.headers or {}) do
        groups[i] = { header }
    end
    return groups
end

-- Reads the headers; returns their namespaces.
function start.include(plan)
    local namespaces = {}
    for i, headers in ipairs(start.groups(plan)) do
        namespaces[i] = require "cffi".include(headers, { pkg = plan.packages })
    end
    return namespaces
end

-- The global table of a script or of -e: with -i one that has the headers' names, too.
function start.environment(plan)
    local ffi = require "cffi"
    for _, name in ipairs(plan.libraries or {}) do
        _G[require "cffi.repl.libraries".stem(name)] = ffi.load(name)
    end
    local namespaces = start.include(plan)
    if #namespaces == 0 then
        return _G
    end
    local names = require "cffi.repl.names"(_G)
    for _, namespace in ipairs(namespaces) do
        names.include(namespace)
    end
    return names.env
end

return start
