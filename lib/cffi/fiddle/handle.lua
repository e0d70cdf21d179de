-- Handle: an open library. `h.name` or h:sym(name) is the Pointer to a symbol; h:close() unmaps the
-- library, after which its symbols and functions raise.
--
-- The core finds and opens the file (ffi.load); a dlopen handle of the same file gives the
-- address that Fiddle programs ask for. Private fields: _library the core's namespace, _pointer
-- the dlopen handle as a cdata, _life what the symbols share (see pointer.lua), _closes whether
-- the collector closes it.
local ffi = require "cffi"
local errors = require "cffi.fiddle.errors"
local system = require "cffi.fiddle.system"
local Pointer = require "cffi.fiddle.pointer"

local rtld = system.rtld

local Handle = { __name = "fiddle.Handle" }
local methods = {}

local function is_handle(value)
    return getmetatable(value) == Handle
end

local function new(library, pointer, path)
    return setmetatable({
        _library = library, _pointer = pointer, _path = path, _life = {}, _closes = false,
        _pseudo = false, _namespaces = {},
    }, Handle)
end

-- ---- opening ------------------------------------------------------------------------------------

local function open_program(flags)
    return new(false, system.dlopen(nil, flags), false)
end

-- The core names the file that it found in the text of the namespace.
local function open_library(name, flags)
    local library = errors.guard(system.load, name, { flags = flags })
    local path = tostring(library):match "^library: (.*)$"
    return new(library, system.dlopen(path, rtld.LAZY | rtld.NOLOAD), path)
end

local function closing(h, ok, ...)
    if not h:is_closed() then
        h:close()
    end
    if not ok then
        error((...), 0)
    end
    return ...
end

-- Handle([library or list of libraries [, flags [, fn]]]): nil is the program itself. With a
-- function: fn(handle), then closed; the function's results.
local function construct(_, library, flags, fn)
    if type(flags) == "function" then
        flags, fn = nil, flags
    end
    if flags ~= nil and math.type(flags) ~= "integer" then
        errors.raise("TypeError", "RTLD_ flags expected, got %s", ffi.type(flags))
    end
    local kind = type(library)
    if library ~= nil and kind ~= "string" and (kind ~= "table" or getmetatable(library)) then
        errors.raise("TypeError", "name of a library or list of names expected, got %s",
            ffi.type(library))
    end
    flags = flags or rtld.LAZY | rtld.LOCAL
    local h
    if library == nil then
        h = open_program(flags)
    else
        h = open_library(library, flags)
    end
    if fn then
        return closing(h, pcall(fn, h))
    end
    return h
end

-- ---- symbols ------------------------------------------------------------------------------------

local function check_open(h)
    if h._life.gone then
        errors.raise("DLError", "%s", h._life.gone)
    end
end

local function check_name(name)
    if type(name) ~= "string" then
        errors.raise("TypeError", "name of a symbol expected, got %s", ffi.type(name))
    end
end

-- h:has(name): the Pointer to the symbol, or nil.
function methods:has(name)
    check_open(self)
    check_name(name)
    local address = system.dlsym(self._pointer, name)
    return address and Pointer.symbol(address, self._life, name, self)
end

-- h:sym(name): the Pointer to the symbol; raises when there is none.
function methods:sym(name)
    local p = self:has(name)
    if p then
        return p
    elseif self._library then
        errors.guard(ffi.addressof, self._library, name) -- raises, with the near misses
    end
    errors.raise_named("DLError", name, "undefined symbol '%s'", name)
end

-- ---- closing ------------------------------------------------------------------------------------

local function close(h)
    h._life.gone = ("library '%s' is closed"):format(h._path or "the program")
    if h._library then
        ffi.close(h._library)
    end
    for _, namespace in pairs(h._namespaces) do
        ffi.close(namespace)
    end
    system.dlclose(h._pointer)
end

function methods:close()
    check_open(self)
    if self._pseudo then
        errors.raise("DLError", "%s cannot be closed", tostring(self))
    end
    close(self)
    return true
end

function methods:is_closed()
    return self._life.gone ~= nil
end

-- Whether the collector closes the library with its last Handle, Function and symbol. Off at first.
function methods:enable_close()
    self._closes = not self._pseudo
end

function methods:disable_close()
    self._closes = false
end

function methods:is_close_enabled()
    return self._closes
end

-- ---- what it is ---------------------------------------------------------------------------------

function methods:address()
    check_open(self)
    return ffi.tonumber(ffi.cast("intptr_t", self._pointer))
end

function methods:to_ptr()
    check_open(self)
    return Pointer.symbol(self._pointer, self._life, nil, self)
end

-- The path of the file, nil where the system cannot tell.
function methods:file_name()
    check_open(self)
    return not self._pseudo and system.file_name(self._pointer) or self._path or nil
end

-- h:symbols([pattern]): iterator over the exported symbols.
function methods:symbols(pattern)
    check_open(self)
    return errors.guard(ffi.symbols, self._library or ffi.C, pattern)
end

function Handle:__index(key)
    return methods[key] or methods.sym(self, key)
end

function Handle.__newindex(_, key)
    errors.raise("ArgumentError", "a Handle has no field '%s' to set", tostring(key))
end

function Handle:__tostring()
    local state = self._life.gone and " (closed)" or ""
    return ("fiddle.Handle %s%s"):format(self._path or self._pseudo or "program", state)
end

function Handle:__close()
    if not self._life.gone and not self._pseudo then
        close(self)
    end
end

function Handle:__gc()
    if self._closes and not self._life.gone then
        close(self)
    end
end

function Handle:__cffi_pointer()
    check_open(self)
    return self._pointer
end

function Handle.new(...)
    return construct(nil, ...)
end

-- ---- the loader's own handles -------------------------------------------------------------------

local function pseudo(address, name)
    local h = new(false, ffi.cast("void *", address), false)
    rawset(h, "_pseudo", name)
    return h
end

Handle.DEFAULT = pseudo(system.DEFAULT, "RTLD_DEFAULT")
Handle.NEXT = pseudo(system.NEXT, "RTLD_NEXT")

-- Fiddle's class methods search what comes after this module, and then all that is global: a
-- library opened with RTLD_GLOBAL does not count as coming after.
function Handle.has(name)
    return Handle.NEXT:has(name) or Handle.DEFAULT:has(name)
end

function Handle.sym(name)
    return Handle.has(name) or Handle.NEXT:sym(name)
end

function Handle.library_of(h)
    return h._library or nil
end

-- The library as a namespace of a scope of the core: closed with the Handle.
function Handle.namespace_in(h, scope)
    check_open(h)
    if not h._library then
        return scope.C
    end
    local namespace = h._namespaces[scope]
    if not namespace then
        namespace = errors.guard(scope.load, h._path)
        h._namespaces[scope] = namespace
    end
    return namespace
end

function Handle.life_of(h)
    return h._life
end

for name, flag in pairs(rtld) do
    Handle["RTLD_" .. name] = flag
end

Handle.is = is_handle

return setmetatable(Handle, { __call = construct })
