-- Cell: room for one C value, `cell.value`. It passes as a pointer to the value, so it is what a
-- function with an out-parameter wants; over a C variable it reads and writes that.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local types = require "cffi.fiddle.types"
local Pointer = require "cffi.fiddle.pointer"

local Cell = { __name = "fiddle.Cell" }
local methods = {}

local function store(pointer, value)
    pointer[0] = value
end

-- A new cell for a value of the type, zero unless a value is given.
function Cell.new(t, value, scope)
    local ct = types.resolve_object(t, scope)
    local block = errors.guard(ffi.new, ffi.typeof("$[1]", ct))
    if value ~= nil then
        errors.guard(store, block, value)
    end
    return setmetatable({ _ct = ct, _block = block, _convert = types.from_c(ct) or false }, Cell)
end

-- A cell over the value at an address.
function Cell.at(t, address, scope)
    local ct = types.resolve_object(t, scope)
    local p = Pointer(address)
    if p:is_null() then
        errors.raise("DLError", "null pointer")
    end
    local pointer = ffi.cast(ffi.typeof("$ *", ct), p)
    return setmetatable(
        { _ct = ct, _block = pointer, _pointer = p, _convert = types.from_c(ct) or false }, Cell)
end

local function block_of(cell)
    if rawget(cell, "_pointer") then
        cell._pointer:address() -- raises when the library is closed or the memory freed
    end
    return cell._block
end

-- The Pointer to the value.
function methods:ref()
    return Pointer.to_memory(block_of(self), ffi.sizeof(self._ct), self)
end

methods.to_ptr = methods.ref

function methods:address()
    return self:ref():address()
end

function methods:cdata()
    return block_of(self)
end

function Cell:__index(key)
    if key == "value" then
        local value = block_of(self)[0]
        if self._convert then
            return self._convert(value)
        end
        return value
    elseif key == "ctype" then
        return self._ct
    end
    return methods[key]
end

function Cell:__newindex(key, value)
    if key ~= "value" then
        errors.raise("ArgumentError", "a cell has no field '%s' to set", tostring(key))
    end
    errors.guard(store, block_of(self), value)
end

function Cell:__tostring()
    return ("fiddle.Cell %s: %s"):format(types.text(self._ct), tostring(self.value))
end

function Cell:__cffi_pointer()
    return block_of(self)
end

return setmetatable(Cell, { __call = function(_, ...)
    return Cell.new(...)
end })
