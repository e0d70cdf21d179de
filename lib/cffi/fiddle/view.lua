-- MemoryView: memory as an array of a C type, of any number of dimensions: v[i][j] reads and
-- writes, checked by the core's bounds. view(pointer, "int[3][4]").
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local types = require "cffi.fiddle.types"
local Pointer = require "cffi.fiddle.pointer"

local View = { __name = "fiddle.MemoryView" }
local methods = {}

-- The dimensions of an array type and what its elements are.
local function dimensions(ct)
    local shape = {}
    local info = ffi.reflect(ct)
    while info.kind == "array" do
        shape[#shape + 1] = info.count
        ct = info.element
        info = ffi.reflect(ct)
    end
    return shape, ct
end

-- Bytes from one index to the next, for each dimension.
local function strides_of(shape, item_size)
    local strides, step = {}, item_size
    for i = #shape, 1, -1 do
        strides[i] = step
        step = step * shape[i]
    end
    return strides
end

local function check_released(v)
    if not v._array then
        errors.raise("ArgumentError", "the view was released")
    end
    if v._pointer then
        v._pointer:address() -- raises when the memory is gone
    end
    return v._array
end

-- The array over the memory of `object`, and the Pointer that knows about the memory.
local function array_over(object, ct)
    local p = Pointer.to_ptr(object)
    if p:is_null() then
        errors.raise("ArgumentError", "Unable to get a memory view from a null pointer")
    elseif p.size and p.size < ffi.sizeof(ct) then
        errors.raise("IndexError", "'%s' of %d bytes is out of bounds for %d bytes of memory",
            types.text(ct), ffi.sizeof(ct), p.size)
    end
    local readonly = type(object) == "string"
    local pointer = ffi.typeof(readonly and "const $ *" or "$ *", ct)
    return ffi.cast(pointer, p)[0], p, readonly
end

-- MemoryView(object [, type]): `object` is a Pointer, cdata or string (read-only); without a
-- type, its bytes, or what an array or struct cdata is.
local function construct(_, object, t)
    if object == nil or type(object) == "boolean" or type(object) == "number" then
        errors.raise("ArgumentError", "Unable to get a memory view from %s", ffi.type(object))
    end
    if t == nil and ffi.type(object) == "cdata" and ffi.reflect(object).kind == "array" then
        t = ffi.typeof(object)
    elseif t == nil then
        local size = Pointer.to_ptr(object).size
        if not size then
            errors.raise("ArgumentError", "the size of the memory is unknown: give a type")
        end
        t = ffi.typeof("unsigned char[$]", size)
    end
    local ct = types.resolve_object(t)
    if ffi.reflect(ct).kind ~= "array" then
        ct = ffi.typeof("$[1]", ct)
    end
    local shape, item = dimensions(ct)
    local array, pointer, readonly = array_over(object, ct)
    return setmetatable({
        _array = array, _pointer = pointer, obj = object, shape = shape, ndim = #shape,
        item_size = ffi.sizeof(item), byte_size = ffi.sizeof(ct), format = types.text(item),
        strides = strides_of(shape, ffi.sizeof(item)), readonly = readonly, type = ct,
    }, View)
end

local function released(v, ok, ...)
    v:release()
    if not ok then
        error(..., 0)
    end
    return ...
end

-- fn(view), then released; the function's results.
function View.export(object, t, fn)
    if type(t) == "function" then
        t, fn = nil, t
    end
    local v = construct(nil, object, t)
    return released(v, pcall(fn, v))
end

function methods:is_readonly()
    return self.readonly
end

-- The core's array.
function methods:cdata()
    return check_released(self)
end

-- All bytes.
function methods:string()
    return ffi.string(check_released(self), self.byte_size)
end

-- Gives the memory up: no element can be reached any more. True unless it was released before.
function methods:release()
    local held = self._array and true or false
    self._array, self._pointer, self.obj = false, false, nil
    return held
end

local function get(array, index)
    return array[index]
end

local function set(array, index, value)
    array[index] = value
end

function View:__index(key)
    if type(key) == "number" then
        return errors.guard(get, check_released(self), key)
    end
    return methods[key]
end

function View:__newindex(key, value)
    if type(key) == "number" then
        errors.guard(set, check_released(self), key, value)
    else
        rawset(self, key, value)
    end
end

-- v(i, j): the element with these indices, one for each dimension.
function View:__call(...)
    local value = check_released(self)
    local n = select("#", ...)
    if n ~= self.ndim then
        errors.raise("IndexError", "wrong number of index (%d for %d)", n, self.ndim)
    end
    for i = 1, n do
        value = errors.guard(get, value, (select(i, ...)))
    end
    return value
end

function View:__len()
    return self.shape[1]
end

function View:__pairs()
    return pairs(check_released(self))
end

function View:__close()
    self:release()
end

function View:__tostring()
    return "fiddle.MemoryView " .. types.text(self.type) .. (self._array and "" or " (released)")
end

function View:__cffi_pointer()
    return check_released(self)
end

function View.new(...)
    return construct(nil, ...)
end

return setmetatable(View, { __call = construct })
