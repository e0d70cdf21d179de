-- Pinned: a Lua value that C may hold as a `void *` until it is cleared; and dlwrap/dlunwrap, the
-- same without an object. Both stand on the core's handles, so a pointer whose value is gone is
-- recognised.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local Pointer = require "cffi.fiddle.pointer"

local Pinned = { __name = "fiddle.Pinned" }
local methods = {}
Pinned.__index = methods

local function check(p)
    if not p._handle then
        errors.raise("ClearedReferenceError", "`ref` called on a cleared object")
    end
end

-- The value.
function methods:ref()
    check(self)
    return ffi.from_handle(self._handle)
end

function methods:clear()
    if self._handle then
        debug.getmetatable(self._handle).__close(self._handle) -- now, not when it is collected
        self._handle = false
    end
end

function methods:is_cleared()
    return not self._handle
end

methods.close = methods.clear

function Pinned:__cffi_pointer()
    check(self)
    return self._handle
end

function Pinned:__close()
    self:clear()
end

function Pinned:__tostring()
    return "fiddle.Pinned " .. (self._handle and tostring(self:ref()) or "(cleared)")
end

function Pinned.new(value)
    return setmetatable({ _handle = ffi.handle(value) }, Pinned)
end

-- dlwrap(value): a Pointer that stands for the value as long as the Pointer lives.
function Pinned.dlwrap(value)
    local handle = ffi.handle(value)
    return Pointer.to_memory(handle, 0, handle)
end

-- dlunwrap(pointer): the value. Raises when it is gone.
function Pinned.dlunwrap(pointer)
    return errors.guard(ffi.from_handle, Pointer.address_of(pointer))
end

return setmetatable(Pinned, { __call = function(_, value)
    return Pinned.new(value)
end })
