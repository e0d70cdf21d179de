-- The module that users require: the default scope of the C core.
local ffi = require "cffi.core"

-- Names that the core does not have are those of cffi.fiddle, loaded when the first is asked for.
return setmetatable(ffi, {
    __index = function(_, name)
        local value = require("cffi.fiddle")[name]
        ffi[name] = value
        return value
    end,
})
