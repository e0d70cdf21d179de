-- Helpers of the specs of cffi.fiddle.
local luassert = require "luassert"
local fiddle = require "cffi.fiddle"

local helpers = {}

-- Asserts that fn(...) raises an error object of this kind with exactly this message.
function helpers.raises(kind, message, fn, ...)
    local ok, err = pcall(fn, ...)
    luassert.is_false(ok, "no error, expected: " .. message)
    luassert.equal(fiddle.Error, getmetatable(err), "no error object: " .. tostring(err))
    luassert.equal(message, err.message)
    luassert.equal(kind, err.kind)
    return err
end

helpers.libc = fiddle.dlopen "libc.so.6"
helpers.libm = fiddle.dlopen "libm.so.6"

-- A text of type "void *" that C may write to.
function helpers.buffer(text, size)
    local p = fiddle.Pointer.malloc(size or #text + 1)
    p:put(0, text)
    return p
end

return helpers
