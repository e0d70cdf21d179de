-- ffi.include: the declarations, macros and library of C headers, read by the system's compiler;
-- ffi.compile: C text of one's own. What runs when is in cffi/include/session.lua.
local late = require "cffi.late"
local compiler = require "cffi.include.compiler"
local inline = late "cffi.include.inline"
local namespace = late "cffi.include.namespace"
local options = require "cffi.include.options"
local session = require "cffi.include.session"
local shims = late "cffi.include.shims"
local units = late "cffi.include.unit"

local include_options = {
    cc = true, cflags = true, defs = true, undefs = true, pkg = true, lib = true, compile = true,
    functions = true,
}

local function include(ffi, headers, given)
    headers = options.headers("include", 1, headers)
    given = options.check("include", given, include_options)
    if given.functions and not given.compile then
        error("bad argument #2 to 'include' (option 'functions' wants 'compile = true')", 0)
    end
    local title = compiler.title(headers)
    local unit, libraries, why, known = session.include(ffi, headers, given)
    local compiled
    if given.compile then
        known.libraries, known.source = libraries, compiler.source(headers)
        compiled = shims.make(ffi, known, given.functions or {}, title)
    end
    return namespace.new(ffi, units.without_text(unit), title, libraries, why, nil, compiled)
end

-- A public function: what it raises stands at the caller's line.
local function public(name, fn, ffi)
    return function(...)
        local ok, result = pcall(function(...)
            if select("#", ...) > 2 then
                error(("bad argument #3 to '%s' (surplus: at most 2 expected)"):format(name), 0)
            end
            options.unlocked(ffi)
            return fn(ffi, ...)
        end, ...)
        if not ok then
            error(result, 2)
        end
        return result
    end
end

return function(ffi)
    return {
        -- (headers [, options]): their namespace
        include = public("include", include, ffi),
        -- (text [, options]): its namespace
        compile = public("compile", function(...) return inline.compile(...) end, ffi),
    }
end
