-- Closure: a Lua function as a C function pointer. It lives until it is freed, c:free() or
-- `<close>`, or the program ends: C may have kept the pointer, so the collector does not take it.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local signature = require "cffi.fiddle.signature"
local types = require "cffi.fiddle.types"
local Function = require "cffi.fiddle.function"
local Pointer = require "cffi.fiddle.pointer"

local Closure = { __name = "fiddle.Closure" }
local methods = {}
Closure.__index = methods

local OPTIONS = {
    abi = true, error = true, onerror = true, always = true, signal = true, thread = true,
}

-- ---- making -------------------------------------------------------------------------------------

local function is_callable(value)
    if type(value) == "function" then
        return true
    end
    local mt = getmetatable(value)
    return type(mt) == "table" and mt.__call ~= nil
end

-- What the core's callback takes of the options.
local function core_options(options)
    local given = {}
    for key, value in pairs(options) do
        if key ~= "abi" then
            given[key] = value
        end
    end
    return given
end

local function open(self, ct, fn, options)
    options = errors.check_options(options, OPTIONS, "Closure")
    Function.check_abi(options.abi)
    local info = ffi.reflect(ct)
    self.type, self.args, self.result, self.ctype = ct, info.params, info.result, info.result
    self._fn, self._life = fn, {}
    self._texts = {}
    local body = types.for_c(fn, ct, self._texts)
    self._callback = errors.guard(ffi.callback, ct, body, core_options(options))
    return self
end

-- The function type in (result, {parameters}, ...) or (signature, ...), and what follows.
local function split(first, ...)
    if type((...)) == "table" and not getmetatable((...)) and not (ffi.type(first) == "ctype"
        and types.as_function(first)) then
        return types.function_type(first, (...)), select(2, ...)
    end
    return signature.of_arguments(first), ...
end

local function construct_with(ct, fn, options)
    if not is_callable(fn) then
        errors.raise("TypeError", "function expected for a Closure, got %s", ffi.type(fn))
    end
    return open(setmetatable({}, Closure), ct, fn, options)
end

-- Closure(result, {parameters}, fn [, options]) or Closure(signature, fn [, options])
local function construct(_, ...)
    return construct_with(split(...))
end

function Closure.new(...)
    return construct(nil, ...)
end

local function freeing(c, ok, ...)
    c:free()
    if not ok then
        error((...), 0)
    end
    return ...
end

-- The arguments without the trailing function, and that function; `own` of them belong to the
-- closure.
local function split_body(own, ...)
    local args = table.pack(...)
    local count = 0
    for i = 1, args.n do
        count = count + (type(args[i]) == "function" and 1 or 0)
    end
    if count <= own then
        return args
    end
    local body = table.remove(args, args.n)
    args.n = args.n - 1
    return args, body
end

local function create(make, own, ...)
    local args, body = split_body(own, ...)
    local c = make(table.unpack(args, 1, args.n))
    if not body then
        return c
    end
    return freeing(c, pcall(body, c))
end

-- As Closure(...), but with a further function: body(closure), then freed; the body's results.
function Closure.create(...)
    return create(Closure.new, 1, ...)
end

-- ---- classes ------------------------------------------------------------------------------------

-- Closure.extend { call = function(self, ...) end, ... }: a class whose objects are closures that
-- run its `call`. Sub(result, {parameters} [, options]), Sub(signature [, options]).
function Closure.extend(definition)
    if type(definition) ~= "table" or not is_callable(definition.call) then
        errors.raise("TypeError", "a table with a function 'call' expected")
    end
    local class = {}
    for key, value in pairs(Closure) do
        class[key] = value
    end
    class.__index = setmetatable(definition, { __index = methods })
    local function make(ct, options)
        local self = setmetatable({}, class)
        return open(self, ct, function(...)
            return self:call(...)
        end, options)
    end
    function class.new(...)
        return make(split(...))
    end
    function class.create(...)
        return create(class.new, 0, ...)
    end
    return setmetatable(class, { __call = function(_, ...)
        return class.new(...)
    end })
end

-- ---- use ----------------------------------------------------------------------------------------

local function check_alive(c)
    if c._life.gone then
        errors.raise("ArgumentError", "%s: %s", c._life.gone, tostring(c))
    end
end

-- Frees the closure; nothing when it is freed already.
function methods:free()
    if not self._life.gone then
        self._life.gone = "the closure was freed"
        self._callback:free()
        self._texts = {}
    end
end

function methods:is_freed()
    return self._life.gone ~= nil
end

function methods:address()
    check_alive(self)
    return ffi.tonumber(ffi.cast("intptr_t", self._callback))
end

function methods:to_ptr()
    check_alive(self)
    return Pointer.symbol(self._callback, self._life, nil, self)
end

-- The callback object of the core.
function methods:cdata()
    check_alive(self)
    return self._callback
end

-- Runs the Lua function, as any other.
function methods:call(...)
    return self._fn(...)
end

function Closure:__call(...)
    return self._fn(...)
end

function Closure:__close()
    self:free()
end

function Closure:__tostring()
    local text = "fiddle.Closure " .. types.text(self.type)
    return self._life.gone and text .. " (freed)" or text
end

function Closure:__cffi_pointer(wanted)
    check_alive(self)
    types.check_callable(self.type, wanted)
    return ffi.cast("void *", self._callback)
end

Closure.BlockCaller = Closure

return setmetatable(Closure, { __call = construct })
