-- Function: a C function by its address and type. Calling one converts by the core's rules; on
-- top of that pointers come back as Pointers, `const char *` as a string, and errors as error
-- objects. f:func() is the plain function without these.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local signature = require "cffi.fiddle.signature"
local system = require "cffi.fiddle.system"
local types = require "cffi.fiddle.types"
local Handle = require "cffi.fiddle.handle"
local Pointer = require "cffi.fiddle.pointer"

local Function = { __name = "fiddle.Function" }
local methods = {}
Function.__index = methods

-- Calling conventions. 64-bit targets have one; the names of others that a declaration may carry
-- mean the same there.
local ABI = { default = "default", cdecl = "default", sysv = "default" }
if ffi.abi "64bit" then
    ABI.stdcall = "default"
end
Function.ABI = ABI
Function.DEFAULT = "default"
Function.STDCALL = ABI.stdcall

local OPTIONS = { name = true, abi = true }

-- Lua function -> { function type -> what C calls for it }. The core makes one callback for each of
-- the latter, so there must be one for each pair.
local bodies = setmetatable({}, { __mode = "k" })

function Function.check_abi(abi)
    if abi ~= nil and not ABI[abi] then
        errors.raise("ArgumentError", "unknown calling convention '%s'", tostring(abi))
    end
    return abi and ABI[abi] or Function.DEFAULT
end

-- ---- making -------------------------------------------------------------------------------------

-- The parameters that take a function, index -> its type; false for none.
local function function_params(params)
    local found = false
    for i, param in ipairs(params) do
        local fn = ffi.reflect(param).kind == "pointer" and types.as_function(param)
        if fn then
            found = found or {}
            found[i] = fn
        end
    end
    return found
end

-- What is public of a function type: type, args, result, variadic.
local function describe(f, ct)
    local info = ffi.reflect(ct)
    f.type, f.args, f.result, f.variadic = ct, info.params, info.result, info.variadic
    f._convert = types.from_c(info.result) or false
    f._takes = function_params(info.params)
    return f
end

local function is_core_function(value)
    return type(value) == "function" and pcall(ffi.typeof, value)
end

-- A Function around a function of a core namespace.
function Function.of(fn, life, handle)
    local info = ffi.reflect(fn)
    local f = describe({ _call = fn, _life = life, _handle = handle }, ffi.typeof(fn))
    f.name, f.abi, f._text = info.symbol, Function.DEFAULT, info.text
    f.ptr = Pointer.symbol(ffi.addressof(fn), life or {}, info.symbol, handle)
    return setmetatable(f, Function)
end

-- The Pointer to call, and what its life depends on.
local function target_of(value)
    if type(value) == "table" and rawget(value, "_life") and not Pointer.is(value) then
        return value:to_ptr(), value._life, value
    elseif value == nil then
        errors.raise("DLError", "null pointer: there is no function to call")
    elseif type(value) == "string" then
        errors.raise("TypeError", "address of a function expected, got a string: "
            .. "handle:sym(name) finds it by name")
    end
    local p = type(value) == "number" and Pointer(value) or Pointer.to_ptr(value)
    if p:is_null() then
        errors.raise("DLError", "null pointer: there is no function to call")
    end
    return p, p._life, p.handle
end

local function label(p, decl, options)
    return options.name or decl and decl.name or p.name or system.symbol_at(p:cdata()) or "function"
end

-- Function(pointer, {parameters}, result [, options]) or Function(pointer, signature [,
-- options]), the signature being C text or a function ctype.
local function construct(_, pointer, ...)
    if select("#", ...) == 0 and is_core_function(pointer) then
        return Function.of(pointer)
    end
    local first, second = ...
    local ct, decl, used = signature.of_arguments(first, second)
    local options = errors.check_options((select(used + 1, ...)), OPTIONS, "Function")
    if is_core_function(pointer) then
        pointer = ffi.addressof(pointer)
    end
    local p, life, owner = target_of(pointer)
    local f = describe({ ptr = p, _life = life, _handle = owner }, ct)
    local name = label(p, decl, options)
    local library = Handle.is(owner) and Handle.library_of(owner) or nil
    f.name = options.name or decl and decl.name or p.name
    f.abi = Function.check_abi(options.abi)
    local address = ffi.cast(ffi.typeof("$ *", ct), p)
    f._call = errors.guard(ffi.tofunction, address,
        name == (decl and decl.name) and decl.given or name, library)
    f._text = decl and decl.text or ffi.reflect(f._call).text
    return setmetatable(f, Function)
end

function Function.new(...)
    return construct(nil, ...)
end

-- ---- calling ------------------------------------------------------------------------------------

-- How the core's errors of a call begin. Anything else was raised by a callback and is not ours
-- to change.
local CALL_ERRORS = {
    "^bad argument #%d+ to '", "^wrong number of arguments to '", "^cannot call '",
    "^the arguments need more",
}

-- The error of a callback's result, without the line of the function and the traceback.
local RESULT_ERROR = "^[^\n]-:%d+: (result of callback '[^\n]*)"

local function fail(f, err)
    if type(err) == "string" then
        local result_error = err:match(RESULT_ERROR)
        if result_error then
            errors.rethrow(result_error, f.name)
        end
        for _, pattern in ipairs(CALL_ERRORS) do
            if err:find(pattern) then
                errors.rethrow(err, f.name)
            end
        end
    end
    error(err, 0)
end

local function finish(f, ok, ...)
    if not ok then
        fail(f, (...))
    elseif f._convert then
        return f._convert((...))
    end
    return ...
end

local function check_alive(f)
    if f._life and f._life.gone then
        errors.raise_named("DLError", f.name, "cannot call '%s': %s", f.name or "function",
            f._life.gone)
    end
end

local function body_of(fn, ct)
    local known = bodies[fn] or {}
    bodies[fn] = known
    known[ct] = known[ct] or types.for_c(fn, ct, {})
    return known[ct]
end

-- The arguments, with Lua functions made to take and give values as those of a Closure do.
local function with_bodies(takes, ...)
    local args = table.pack(...)
    for i, ct in pairs(takes) do
        if type(args[i]) == "function" and not is_core_function(args[i]) then
            args[i] = body_of(args[i], ct)
        end
    end
    return table.unpack(args, 1, args.n)
end

function Function:__call(...)
    check_alive(self)
    if self._takes then
        return finish(self, pcall(self._call, with_bodies(self._takes, ...)))
    end
    return finish(self, pcall(self._call, ...))
end

-- Frees the callbacks that C may call for a Lua function which was passed as an argument. Returns
-- how many there were.
function Function.release(fn)
    if type(fn) ~= "function" then
        errors.raise("TypeError", "Lua function expected, got %s", ffi.type(fn))
    end
    local count = ffi.release(fn)
    for _, body in pairs(bodies[fn] or {}) do
        count = count + ffi.release(body)
    end
    bodies[fn] = nil
    return count
end

function methods:call(...)
    return self(...)
end

-- The Lua function behind it: results are the core's (cdata for pointers), errors are strings.
function methods:func()
    check_alive(self)
    return self._call
end

methods.to_proc = methods.func

function methods:address()
    return self.ptr:address()
end

function methods:to_ptr()
    return self.ptr
end

function Function:__tostring()
    return self._text
end

function Function:__cffi_pointer(wanted)
    check_alive(self)
    types.check_callable(self.type, wanted)
    return self.ptr:cdata()
end

function Function.is(value)
    return getmetatable(value) == Function
end

return setmetatable(Function, { __call = construct })
