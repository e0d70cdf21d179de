-- The module that users require: the default scope of the C core.
local ffi = require "cffi.core"

return ffi
