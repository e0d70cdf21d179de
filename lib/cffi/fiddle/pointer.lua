-- Pointer: an address with what is known about the memory behind it: how many bytes, who frees
-- it, what must stay alive for it. Bytes are read and written through the core's `unsigned char
-- *`.
--
-- Fields of a Pointer, all private, false when not set: _bytes the address as a cdata (to const
-- for the bytes of a string); _size bytes known; _life a table whose field `gone` says why the
-- memory must not be used any more; _anchor what is kept alive; _type the C type it had, if it
-- came from C; _slot the cell that p:ref() handed out.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local system = require "cffi.fiddle.system"
local types = require "cffi.fiddle.types"
local Life = require "cffi.fiddle.life"

local raise = errors.raise

local BYTES = ffi.typeof "unsigned char *"
local CONST_BYTES = ffi.typeof "const unsigned char *"
local VOIDP = ffi.typeof "void *"
local CONST_VOIDP = ffi.typeof "const void *"
local FREE_FUNCTION = ffi.typeof "void (*)(void *)"

local Pointer = { __name = "fiddle.Pointer" }
local methods = {}
local properties = {}

local function is_pointer(value)
    return getmetatable(value) == Pointer
end

local function new(bytes, size, life, anchor)
    return setmetatable(
        { _bytes = bytes, _size = size or false, _life = life or false, _anchor = anchor or false,
            _type = false, _slot = false }, Pointer)
end

-- ---- state --------------------------------------------------------------------------------------

-- After p:ref(), C may have changed the address: then nothing is known of what it points to.
local function reload(p)
    local now = p._slot[0]
    if not ffi.eq(now, p._bytes) then
        p._anchor = { p._anchor, p._life }
        p._bytes = ffi.cast(BYTES, now)
        p._size, p._life, p._type = false, false, false
    end
end

local function check_alive(p)
    if p._life and p._life.gone then
        raise("DLError", "%s", p._life.gone)
    end
end

-- The address as `unsigned char *`. Raises when the memory is gone.
local function bytes_of(p)
    check_alive(p)
    if p._slot then
        reload(p)
    end
    return p._bytes
end

-- Likewise, of memory that is to be read or written.
local function memory_of(p)
    local bytes = bytes_of(p)
    if ffi.isnull(bytes) then
        raise("DLError", "null pointer")
    end
    return bytes
end

local function check_integer(value, what)
    local integer = math.tointeger(value)
    if type(value) ~= "number" or not integer then
        raise("TypeError", "%s must be an integer, got %s", what, ffi.type(value))
    end
    return integer
end

local function check_range(p, offset, length)
    if length < 0 then
        raise("ArgumentError", "length %d is negative", length)
    elseif p._size and (offset < 0 or length > p._size or offset > p._size - length) then
        raise("IndexError", "bytes %d..%d are out of bounds for a pointer to %d bytes", offset,
            offset + length - 1, p._size)
    end
end

local function check_index(p, index)
    if p._size and (index < 0 or index >= p._size) then
        raise("IndexError", "index %d is out of bounds for a pointer to %d bytes", index, p._size)
    end
end

-- ---- freeing ------------------------------------------------------------------------------------

-- The function that frees for what a script gave: FREE or "free", a Function, an address, a Lua
-- function (which is called with a Pointer).
local function free_function(value)
    if value == "free" or (is_pointer(value) and value == Pointer.FREE) then
        return system.free
    elseif type(value) == "table" and type(value.func) == "function" then
        return value:func()
    elseif type(value) == "function" then
        if pcall(ffi.typeof, value) then
            return value
        end
        return function(address)
            value(new(ffi.cast(BYTES, address)))
        end
    elseif is_pointer(value) or math.type(value) == "integer" or ffi.type(value) == "cdata" then
        local address = Pointer.address_of(value)
        return errors.guard(ffi.cast, FREE_FUNCTION, address)
    end
    raise("TypeError", "free function expected, got %s", ffi.type(value))
end

-- The Life of a Pointer's block; one of its own when it has none that can free.
local function life_of(p)
    if not Life.is(p._life) then
        p._anchor = { p._anchor, p._life }
        p._life = Life.new(memory_of(p))
    end
    return p._life
end

local function set_finalizer(p, value)
    if value then
        local fn = free_function(value)
        Life.set(life_of(p), fn, value)
    elseif Life.is(p._life) then
        Life.set(p._life)
    end
end

-- ---- making -------------------------------------------------------------------------------------

-- A Pointer for a pointer cdata that came from C; keeps its type, and `anchor` alive.
function Pointer.wrap(cdata, anchor)
    local p = new(ffi.cast(BYTES, cdata), nil, nil, anchor)
    p._type = ffi.typeof(cdata)
    return p
end

-- A Pointer to a symbol of a library, dead when `life.gone` is set; keeps the library's Handle.
function Pointer.symbol(address, life, name, handle)
    local p = new(ffi.cast(BYTES, address), nil, life, handle)
    rawset(p, "_name", name)
    rawset(p, "_handle", handle)
    return p
end

-- A Pointer to `size` bytes that `anchor` holds (a string, a cdata).
function Pointer.to_memory(cdata, size, anchor)
    return new(ffi.cast(BYTES, cdata), size, nil, anchor)
end

-- The address of anything that stands for one, as `void *`.
function Pointer.address_of(value)
    if is_pointer(value) then
        return ffi.cast(VOIDP, bytes_of(value))
    elseif value == nil then
        return ffi.cast(VOIDP, nil)
    elseif type(value) == "number" then
        return ffi.cast(VOIDP, check_integer(value, "address"))
    elseif type(value) == "string" or type(value) == "boolean" then
        raise("TypeError", "address or pointer expected, got %s", type(value))
    end
    return errors.guard(ffi.cast, VOIDP, value)
end

-- Pointer(address [, size [, free]])
local function construct(_, address, size, free)
    local p
    if is_pointer(address) then
        p = new(bytes_of(address), address._size, address._life, address)
    else
        p = new(ffi.cast(BYTES, Pointer.address_of(address)), nil, nil,
            type(address) ~= "number" and address)
    end
    if size ~= nil then
        p.size = size
    end
    if free and not ffi.isnull(p._bytes) then
        set_finalizer(p, free)
    end
    return p
end

function Pointer.new(...)
    return construct(nil, ...)
end

-- Zero-filled memory without a free function.
function Pointer.allocate(size)
    size = check_integer(size, "size")
    if size < 0 then
        raise("ArgumentError", "size %d is negative", size)
    end
    local block = system.calloc(math.max(size, 1), 1)
    if block == nil then
        raise("NoMemoryError", "not enough memory for %d bytes", size)
    end
    local bytes = ffi.cast(BYTES, block)
    return new(bytes, size, Life.new(bytes))
end

local function close_after(p, ok, ...)
    p:free()
    if not ok then
        error((...), 0)
    end
    return ...
end

-- Pointer.malloc(size [, free [, fn]]): zero-filled memory, freed by the collector unless `free` is
-- false. With a function: fn(p), then freed; the function's results.
function Pointer.malloc(size, free, fn)
    if fn and free == false then
        raise("ArgumentError",
            "a free function must be supplied to Pointer.malloc when it is called with a function")
    end
    if free == nil then
        free = "free"
    end
    local run = free and free_function(free) -- what raises does so before there is a block
    local p = Pointer.allocate(size)
    if run then
        Life.set(p._life, run, free)
    end
    if fn then
        return close_after(p, pcall(fn, p))
    end
    return p
end

local function from_object(value)
    local p = value:to_ptr()
    if not is_pointer(p) then
        raise("DLError", "to_ptr should return a fiddle.Pointer, got %s", ffi.type(p))
    end
    return p
end

local function from_cdata(cdata)
    local kind = ffi.reflect(cdata).kind
    if kind == "pointer" then
        return Pointer.wrap(cdata, cdata)
    elseif kind == "array" or kind == "struct" or kind == "union" then
        return new(ffi.cast(BYTES, cdata), ffi.sizeof(cdata), nil, cdata)
    end
    return new(ffi.cast(BYTES, ffi.addressof(cdata)), ffi.sizeof(cdata), nil, cdata)
end

-- A Pointer for a string (its bytes, read-only), an open file (its FILE *), an object with
-- to_ptr, a cdata, an address.
function Pointer.to_ptr(value)
    if is_pointer(value) then
        return value
    elseif type(value) == "string" then
        return new(ffi.cast(CONST_BYTES, value), #value, nil, value)
    elseif type(value) == "table" and type(value.to_ptr) == "function" then
        return from_object(value)
    elseif ffi.type(value) == "cdata" then
        return from_cdata(value)
    elseif io.type(value) then
        return new(ffi.cast(BYTES, errors.guard(ffi.cast, VOIDP, value)), nil, nil, value)
    end
    return construct(nil, value)
end

-- ---- bytes --------------------------------------------------------------------------------------

-- p:sub(offset, length): the bytes as a string.
function methods:sub(offset, length)
    offset, length = check_integer(offset, "offset"), check_integer(length, "length")
    local bytes = memory_of(self)
    check_range(self, offset, length)
    return ffi.string(bytes + offset, length)
end

-- The bytes to copy for p:put's source, as something ffi.copy takes, and how many there are, if
-- known.
local function source_of(value)
    if type(value) == "string" then
        return value, #value
    end
    local p = Pointer.to_ptr(value)
    return memory_of(p), p._size or nil, p
end

-- p:put(offset, source [, length]): copies bytes of a string, Pointer or cdata.
function methods:put(offset, source, length)
    offset = check_integer(offset, "offset")
    local from, available = source_of(source)
    length = length == nil and available or length
    if not length then
        raise("ArgumentError", "the number of bytes at the source is unknown: give a length")
    end
    length = check_integer(length, "length")
    if available and length > available then
        raise("IndexError", "%d bytes asked of a source that has %d: out of bounds", length,
            available)
    end
    local bytes = memory_of(self)
    check_range(self, offset, length)
    errors.guard(ffi.copy, bytes + offset, from, length)
    return self
end

-- p:string([length]): the text up to a zero byte (or to the end of the known memory), or `length`
-- bytes.
function methods:string(length)
    local bytes = memory_of(self)
    if length ~= nil then
        return self:sub(0, length)
    elseif not self._size then
        return ffi.string(bytes)
    end
    local all = ffi.string(bytes, self._size)
    return all:sub(1, (all:find("\0", 1, true) or #all + 1) - 1)
end

-- p:bytes([length]): `length` bytes, or all that the pointer is known to have.
function methods:bytes(length)
    length = length == nil and self.size or length
    if not length then
        raise("ArgumentError", "the size of the memory is unknown: give a length")
    end
    return self:sub(0, length)
end

-- ---- addresses ----------------------------------------------------------------------------------

function methods:address()
    check_alive(self)
    return ffi.tonumber(ffi.cast("intptr_t", bytes_of(self)))
end

function methods:is_null()
    return ffi.isnull(bytes_of(self))
end

-- The address as a cdata, `void *` unless a type is given.
function methods:cdata(ct)
    return errors.guard(ffi.cast, types.resolve_value(ct or VOIDP), self)
end

-- What lies behind the pointer: a value of type `ct`; unless given, of the type the pointer came
-- from C with, or a pointer.
function methods:deref(ct)
    local pointee = ct and types.resolve_object(ct)
    if not pointee and self._type then
        local target = ffi.reflect(self._type).target
        pointee = target and ffi.sizeof(target) and target
    end
    pointee = pointee or VOIDP
    memory_of(self)
    check_range(self, 0, ffi.sizeof(pointee))
    local value = errors.guard(ffi.cast, ffi.typeof("$ *", pointee), self)[0]
    local convert = types.from_c(pointee)
    return convert and convert(value) or value
end

methods.ptr = methods.deref

-- A Pointer to the cell that holds this pointer's address, for `T **` parameters. What C stores
-- there becomes this pointer's address.
function methods:ref()
    if not self._slot then
        self._slot = ffi.new("void *[1]", { ffi.cast(VOIDP, bytes_of(self)) })
    end
    return new(ffi.cast(BYTES, self._slot), ffi.sizeof(VOIDP), nil, { self, self._slot })
end

-- An array over the memory: p:view(type [, count]).
function methods:view(ct, count)
    local resolved = types.resolve_object(ct)
    if count ~= nil then
        resolved = errors.guard(ffi.typeof, "$[$]", resolved, check_integer(count, "count"))
    end
    return require("cffi.fiddle.view")(self, resolved)
end

-- ---- lifetime -----------------------------------------------------------------------------------

-- Frees now; nothing when there is no free function or it ran before.
function methods:free()
    if Life.is(self._life) then
        Life.run(self._life)
    end
end

methods.call_free = methods.free

function methods:is_freed()
    return self._life and self._life.gone ~= nil or false
end

-- Frees a block by C's free, whoever allocated it. Raises when this Pointer's block was freed
-- before.
function Pointer.release(value)
    local p = is_pointer(value) and value or Pointer.to_ptr(Pointer.address_of(value))
    local block = ffi.cast(VOIDP, bytes_of(p))
    if p == Pointer.NULL then
        return
    end
    Life.mark_freed(life_of(p))
    system.free(block)
end

function Pointer.reallocate(value, size)
    size = check_integer(size, "size")
    if size < 0 then
        raise("ArgumentError", "size %d is negative", size)
    end
    local p = is_pointer(value) and value or Pointer.to_ptr(Pointer.address_of(value))
    local block = system.realloc(ffi.cast(VOIDP, bytes_of(p)), math.max(size, 1))
    if block == nil then
        raise("NoMemoryError", "not enough memory for %d bytes", size)
    elseif not p:is_null() then
        Life.mark_freed(life_of(p))
    end
    local bytes = ffi.cast(BYTES, block)
    return new(bytes, size, Life.new(bytes))
end

function properties.size(p)
    return p._size or nil
end

function properties.finalizer(p)
    return p._life and p._life.given or nil
end

function properties.ctype(p)
    return p._type or VOIDP
end

-- Of a symbol: its name, and the Handle of its library.
function properties.name(p)
    return rawget(p, "_name")
end

function properties.handle(p)
    return rawget(p, "_handle")
end

local setters = { finalizer = set_finalizer }

function setters.size(p, value)
    local size = value ~= nil and check_integer(value, "size")
    if size and size < 0 then
        raise("ArgumentError", "size %d is negative", size)
    end
    p._size = size
end

-- ---- operators ----------------------------------------------------------------------------------

function Pointer:__index(key)
    if math.type(key) == "integer" then
        local bytes = memory_of(self)
        check_index(self, key)
        return bytes[key]
    end
    local property = properties[key]
    if property then
        return property(self)
    elseif type(key) == "number" then
        raise("TypeError", "index %s is not an integer", key)
    end
    return methods[key]
end

local function store_byte(bytes, index, value)
    bytes[index] = value
end

function Pointer:__newindex(key, value)
    if math.type(key) == "integer" then
        local bytes = memory_of(self)
        check_index(self, key)
        errors.guard(store_byte, bytes, key, value)
    elseif setters[key] then
        setters[key](self, value)
    else
        raise("ArgumentError", "a Pointer has no field '%s' to set", tostring(key))
    end
end

local function shifted(p, distance)
    local bytes = memory_of(p)
    local size = p._size and math.max(p._size - distance, 0)
    return new(bytes + distance, size, p._life, p)
end

function Pointer.__add(a, b)
    if not is_pointer(a) then
        a, b = b, a
    end
    return shifted(a, check_integer(b, "distance"))
end

function Pointer.__sub(a, b)
    if is_pointer(a) and is_pointer(b) then
        return bytes_of(a) - bytes_of(b)
    elseif not is_pointer(a) then
        raise("TypeError", "cannot subtract a Pointer from a %s", ffi.type(a))
    end
    return shifted(a, -check_integer(b, "distance"))
end

function Pointer:__unm()
    return self:ref()
end

-- The address, also of memory that is gone.
local function address_only(p)
    if p._slot then
        reload(p)
    end
    return p._bytes
end

function Pointer.__eq(a, b)
    return is_pointer(a) and is_pointer(b) and ffi.eq(address_only(a), address_only(b))
end

local function ordered(a, b)
    if not (is_pointer(a) and is_pointer(b)) then
        raise("TypeError", "cannot compare a Pointer with a %s", ffi.type(is_pointer(a) and b or a))
    end
    return bytes_of(a), bytes_of(b)
end

function Pointer.__lt(a, b)
    a, b = ordered(a, b)
    return a < b
end

function Pointer.__le(a, b)
    a, b = ordered(a, b)
    return a <= b
end

function Pointer:__len()
    if not self._size then
        raise("ArgumentError", "the size of the memory is unknown")
    end
    return self._size
end

function Pointer:__tostring()
    local address = ffi.tonumber(ffi.cast("intptr_t", address_only(self)))
    local text = ("fiddle.Pointer 0x%x"):format(address)
    if self._size then
        text = text .. (" size=%d"):format(self._size)
    end
    if self._life and self._life.given then
        local given = self._life.given
        local is_free = given == "free" or (is_pointer(given) and given == Pointer.FREE)
        text = text .. " free=" .. (is_free and "FREE" or tostring(given))
    end
    return self:is_freed() and text .. " (freed)" or text
end

function Pointer:__close()
    self:free()
end

-- How the core takes a Pointer where C wants a pointer.
function Pointer:__cffi_pointer()
    local bytes = bytes_of(self)
    return ffi.cast(ffi.typeof(bytes) == BYTES and VOIDP or CONST_VOIDP, bytes)
end

Pointer.is = is_pointer
Pointer.NULL = new(ffi.cast(BYTES, nil))
Pointer.FREE = new(ffi.cast(BYTES, ffi.addressof(system.free)))

-- Copies to and from any address.
function Pointer.read(address, length)
    return Pointer.to_ptr(address):sub(0, length)
end

function Pointer.write(address, text)
    if type(text) ~= "string" then
        raise("TypeError", "string expected, got %s", ffi.type(text))
    end
    Pointer.to_ptr(address):put(0, text)
end

return setmetatable(Pointer, { __call = construct })
