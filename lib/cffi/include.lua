-- ffi.include: the declarations, macros and library of C headers, read by the system's compiler.
-- What runs when is in cffi/include/session.lua.
local compiler = require "cffi.include.compiler"
local namespace = require "cffi.include.namespace"
local options = require "cffi.include.options"
local session = require "cffi.include.session"

local include_options = {
    cc = true, cflags = true, defs = true, undefs = true, pkg = true, lib = true,
}

local function include(ffi, headers, given)
    headers = options.headers("include", 1, headers)
    given = options.check("include", given, include_options)
    local unit, libraries, why = session.include(ffi, headers, given)
    return namespace.new(ffi, unit, compiler.title(headers), libraries, why)
end

return function(ffi)
    local api = {}

    -- ffi.include(headers [, options]): their namespace.
    function api.include(...)
        local ok, result = pcall(function(...)
            if select("#", ...) > 2 then
                error("bad argument #3 to 'include' (surplus: at most 2 expected)", 0)
            end
            return include(ffi, ...)
        end, ...)
        if not ok then
            error(result, 2)
        end
        return result
    end

    return api
end
