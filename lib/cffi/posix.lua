-- The system's own interface: what C's, POSIX's and, on Linux, the kernel's common headers declare,
-- as the compiler that built this module read them. No compiler is needed to use it. Nothing is
-- read before a name is asked for; they stand in a scope of their own, so that none gets in the
-- way of declarations typed by hand.
--
--     local posix = require "cffi.posix"
--     local state = posix["struct stat"]()
--     if posix.stat("/etc", state) == 0 and posix.S_ISDIR(state.st_mode) then ... end
local core = require "cffi"

local posix = {}

local function load()
    setmetatable(posix, nil)
    local namespace = require "cffi.include.namespace"
    local unit, why = require("cffi.include.snapshot").unit()
    if not unit then
        error("cannot load cffi.posix: " .. why, 0)
    end
    local ffi = require("cffi.include.pieces").scope(core.scope(), unit)
    local libraries = { ffi.C }
    local has_libm, libm = pcall(ffi.load, { "m", "libm.so.6" })
    libraries[2] = has_libm and libm or nil
    namespace.new(ffi, unit, "cffi.posix", libraries, nil, posix)
end

local function loading(use)
    return function(...)
        local ok, why = pcall(load)
        if not ok then
            error(why, 2)
        end
        return use(...)
    end
end

return setmetatable(posix, {
    __index = loading(function(ns, name) return ns[name] end),
    __newindex = loading(function(ns, name, value) ns[name] = value end),
    __pairs = loading(function(ns) return pairs(ns) end),
    __tostring = loading(tostring),
    __cffi_library = core.C,
    __cffi_declarations = loading(core.declarations),
})
